//! A desk to run the programs at: a folder with keys, a ledger and a declaration, and an environment that holds
//! nothing of the machine's own.
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "what a test is built from stops at the first surprise"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use fakes::aws::{Size, World};
use serde_json::Value;
use tempfile::TempDir;

use crate::contents::files_of;

/// The declaration that ships as a start, with its account and regions set.
#[must_use]
pub fn template(account: &str, regions: &str) -> String {
    let text = fs::read_to_string(crate::root().join("policies/templates/aws.yaml")).expect("the template");
    let changed =
        text.replace("\"111122223333\"            # CHANGE", &format!("\"{account}\"\n    regions: {regions}"));
    assert_ne!(text, changed, "the template no longer has the line that this replaces");
    let declared = changed.replace("# with: {credentials: [APKAEXAMPLEEXAMPLE12]}", &other_credentials());
    assert_ne!(changed, declared, "the template no longer has the line that this replaces");
    let whole = declared.replace(
        "# with: {declared: [{role: signer, actions: [\"kms:Sign\"]}, {group: administrators}]}",
        &key_permissions(),
    );
    assert_ne!(declared, whole, "the template no longer has the line that this replaces");
    held_to(&whole, account)
}

/// What a declaration that names a standard is held to, so that the account alone decides what a run says: a model, an inventory, what the
/// threats are about, and whom a small account names.
fn held_to(declaration: &str, account: &str) -> String {
    let mut text = String::new();
    for line in declaration.lines() {
        text.push_str(line);
        text.push('\n');
        if line.starts_with("    category: ") {
            text.push_str("    affects: {targets: [aws-prod], classes: [operational]}\n");
        }
    }
    let reviewed = text.replace("reviewed: 2026-09-01}", "reviewed: TODAY}");
    assert_ne!(text, reviewed, "the template no longer has the line that this replaces");
    // The keys of a small account are not those of the system.
    let keys: Vec<String> = (0..32).map(fakes::aws::key_id).collect();
    // One more of the controls, with which the template ends.
    let others = OTHERS.replace("KEYS", &keys.join(", "));
    (reviewed + &others + REST).replace("TODAY", &today()).replace("ACCOUNT", account)
}

/// The date, as the programs will read it from the same clock.
#[expect(clippy::disallowed_methods, reason = "the programs that are tested read the real clock too")]
fn today() -> String {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("a clock after 1970");
    let millis = i64::try_from(since.as_millis()).expect("a clock before the year 9999");
    model::Date::of(model::Timestamp::from_millis(millis).expect("a moment")).to_string()
}

const OTHERS: &str = "  - {id: KM-OTHERS, title: Keys of others are known, requirements: [ccss-9.0:2.04.1.1], threats: [T-OUTSIDE], \
    checks: [{use: keys/found-key-is-declared, with: {others: [KEYS]}}]}\n";

const REST: &str = r#"
keys: [{id: signing, class: operational, wallets: [hot]}]
wallets: [{id: hot, title: Withdrawals, signatures: {needed: 2, of: 3}, workflow: [{what: two officers approve}]}]
compromise_plan: {classes: [operational], reviews: [{on: TODAY, by: CISO, looked_at: the exercise, changed: nothing}]}
key_inventory: {reviews: [{on: TODAY, by: CISO, looked_at: every key, changed: nothing}]}
threat_model:
  version: "1"
  reviews: [{on: TODAY, by: CISO, looked_at: all of it, changed: nothing}]
  declined: [{category: supply-chain, reason: out of scope of the tests}, {category: physical, reason: there is no site}]
exclusions:
  - {id: staff, what: the directory of our own staff, reason: we run it, approved_by: CISO, approved: TODAY, seen_as: {issuers: ["arn:aws:iam::ACCOUNT:saml-provider/staff"]}}
  - {id: builds, what: tokens of our builds, reason: no role for keys trusts them, approved_by: CISO, approved: TODAY, seen_as: {issuers: ["https://token.actions.githubusercontent.com"]}}
"#;

/// Who of a small account may decrypt, declared: everybody.
fn key_permissions() -> String {
    let world = World::new(Size::SMALL);
    let users = world.users.iter().map(|user| format!("{{user: {}}}", user.name));
    let roles = world.roles.iter().map(|role| format!("{{role: {}}}", role.name));
    format!("with: {{declared: [{}]}}", users.chain(roles).collect::<Vec<_>>().join(", "))
}

/// What the users of a small account have beside passwords and access keys, declared.
fn other_credentials() -> String {
    let world = World::new(Size::SMALL);
    let all = world
        .users
        .iter()
        .flat_map(|user| user.service_credentials.iter().chain(&user.ssh_keys).chain(&user.signing_certificates));
    format!("with: {{credentials: [{}]}}", all.map(|one| one.id.as_str()).collect::<Vec<_>>().join(", "))
}

/// A program of this workspace, as `cargo build` leaves it.
///
/// # Panics
/// When it was not built.
#[must_use]
pub fn program(name: &str) -> PathBuf {
    let folder = std::env::var_os("WITNESSMARK_TEST_BIN").map(PathBuf::from).unwrap_or_else(|| {
        // target/debug/deps/<this test>
        let own = std::env::current_exe().expect("the path of this test");
        own.ancestors().nth(2).expect("a target folder").to_owned()
    });
    let path = folder.join(name);
    assert!(
        path.is_file(),
        "`{}` is not there: run ./scripts/test, or `cargo build --workspace --bins` first",
        path.display()
    );
    path
}

/// Keys, ledger and declaration in a folder that goes away.
#[derive(Debug)]
pub struct Desk {
    folder: TempDir,
    variables: BTreeMap<String, String>,
}

/// What a program answered.
#[derive(Debug)]
pub struct Answer {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Answer {
    #[must_use]
    pub fn of(output: &Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// What stdout says as JSON. An object that names its form is as the schema of that form says.
    ///
    /// # Panics
    /// When it is not.
    #[must_use]
    pub fn json(&self) -> Value {
        let value: Value = serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:?}"));
        if value.get("form").is_some() {
            let faults = crate::outputs::faults(&value);
            assert!(faults.is_empty(), "{faults:#?}\n{self:?}");
        }
        value
    }
}

impl Desk {
    /// A desk with a new ledger. `declaration` is written to `witnessmark.yaml`.
    #[must_use]
    pub fn new(declaration: &str) -> Self {
        let desk = Self::bare();
        fs::write(desk.path("witnessmark.yaml"), declaration).expect("a declaration");
        let answer = desk.witnessmark(&["keys", "new", "--out", "keys", "--origin", "northbank.example/hot-wallet"]);
        assert_eq!(answer.code, 0, "{answer:?}");
        let answer = desk.witnessmark(&["ledger", "init", "--store", "evidence"]);
        assert_eq!(answer.code, 0, "{answer:?}");
        desk
    }

    /// A desk with nothing on it.
    #[must_use]
    pub fn bare() -> Self {
        Self {
            folder: tempfile::tempdir().expect("a folder"),
            variables: BTreeMap::from([("WITNESSMARK_PASSPHRASE".to_owned(), "correct horse battery".to_owned())]),
        }
    }

    #[must_use]
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Sets a variable for everything that is run from now on.
    pub fn set(&mut self, name: &str, value: &str) {
        self.variables.insert(name.to_owned(), value.to_owned());
    }

    /// Points the AWS SDK at a server on loopback, with these credentials.
    pub fn aws(&mut self, endpoint: &str, access_key: &str, secret: &str) {
        self.set("AWS_ENDPOINT_URL", endpoint);
        self.set("AWS_ACCESS_KEY_ID", access_key);
        self.set("AWS_SECRET_ACCESS_KEY", secret);
        self.set("AWS_REGION", "eu-west-1");
    }

    /// Runs a program with these variables and no others, in the desk's folder.
    ///
    /// # Panics
    /// When it cannot be started.
    #[must_use]
    pub fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("HOME", self.folder.path())
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .envs(&self.variables)
            .current_dir(self.folder.path());
        command
    }

    /// `run` is told that a rehearsal is meant: servers on loopback make every run one, and nearly all tests ask what it found.
    ///
    /// # Panics
    /// When it cannot be started.
    #[must_use]
    pub fn witnessmark(&self, arguments: &[&str]) -> Answer {
        let command = arguments.iter().find(|argument| !argument.starts_with('-'));
        let rehearsal: &[&str] = if command == Some(&"run") { &["--allow-rehearsal"] } else { &[] };
        self.run("witnessmark", &[arguments, rehearsal].concat())
    }

    /// The arguments and no others.
    ///
    /// # Panics
    /// When it cannot be started.
    #[must_use]
    pub fn plainly(&self, arguments: &[&str]) -> Answer {
        self.run("witnessmark", arguments)
    }

    /// # Panics
    /// When it cannot be started.
    #[must_use]
    pub fn verify(&self, arguments: &[&str]) -> Answer {
        self.run("witnessmark-verify", arguments)
    }

    fn run(&self, name: &str, arguments: &[&str]) -> Answer {
        let output = self.command(&program(name)).args(arguments).output();
        Answer::of(&output.unwrap_or_else(|error| panic!("`{name}`: {error}")))
    }

    /// `witnessmark run`, and what it sealed.
    ///
    /// # Panics
    /// When nothing was sealed.
    #[must_use]
    pub fn seal(&self) -> (Answer, Sealed) {
        let answer = self.witnessmark(&["run", "--quiet", "--format", "json"]);
        let index = if answer.stdout.is_empty() { None } else { answer.json()["index"].as_u64() };
        let Some(index) = index else { panic!("nothing was sealed: {answer:?}") };
        (answer, Sealed::read(&self.path("evidence").join("bundles"), index))
    }
}

/// The records of a sealed bundle, as JSON.
#[derive(Debug)]
pub struct Sealed {
    pub index: u64,
    /// What it is made of, by the names in it.
    pub files: BTreeMap<String, Vec<u8>>,
    records: Vec<Value>,
}

/// One finding, and what names it in any run: control, check, target, population, subject.
#[derive(Clone, Debug)]
pub struct Finding {
    pub key: String,
    pub check: String,
    pub outcome: String,
    pub population: Option<String>,
    /// Kind and id.
    pub subject: Option<(String, String)>,
    pub reason: String,
}

impl Sealed {
    /// Reads the bundle with this index.
    ///
    /// # Panics
    /// When it is not there.
    #[must_use]
    pub fn read(bundles: &Path, index: u64) -> Self {
        let files = files_of(&bundles.join(format!("{index}.tar.zst")));
        let lines = files.get("records.jsonl").expect("records").split(|byte| *byte == b'\n');
        let lines = lines.filter(|line| !line.is_empty());
        let records = lines.map(|line| serde_json::from_slice(line).expect("a record")).collect();
        Self { index, files, records }
    }

    /// The text of all its records.
    ///
    /// # Panics
    /// When it is no text.
    #[must_use]
    pub fn text(&self) -> String {
        let bytes = self.files.get("records.jsonl").expect("records").clone();
        String::from_utf8(bytes).expect("text")
    }

    /// All records of a type, in order.
    pub fn of<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Value> {
        self.records.iter().filter(move |record| record["t"] == kind)
    }

    #[must_use]
    pub fn findings(&self) -> Vec<Finding> {
        let text = |value: &Value| value.as_str().map(str::to_owned);
        self.of("finding")
            .map(|record| {
                let subject = &record["subject"];
                Finding {
                    key: format!(
                        "{} {} {} {} {}",
                        record["control"], record["check"], record["target"], record["population"], subject
                    ),
                    check: text(&record["check"]).expect("a check"),
                    outcome: text(&record["outcome"]).expect("an outcome"),
                    population: text(&record["population"]),
                    subject: text(&subject["kind"]).zip(text(&subject["id"])),
                    reason: text(&record["reason"]).unwrap_or_default(),
                }
            })
            .collect()
    }

    /// For each resource, by kind and id: its parts.
    #[must_use]
    pub fn resources(&self) -> BTreeMap<(String, String), BTreeSet<String>> {
        self.of("resource")
            .map(|record| {
                let name = |member: &str| record[member].as_str().expect("a text").to_owned();
                let parts = record["facts"].as_object().expect("facts").keys().cloned().collect();
                ((name("kind"), name("id")), parts)
            })
            .collect()
    }

    /// The facts of all resources, by kind and id.
    #[must_use]
    pub fn facts(&self) -> BTreeMap<(String, String), Value> {
        self.of("resource")
            .map(|record| {
                let name = |member: &str| record[member].as_str().expect("a text").to_owned();
                ((name("kind"), name("id")), record["facts"].clone())
            })
            .collect()
    }

    /// What a check says of a list as a whole.
    ///
    /// # Panics
    /// When it says nothing of any.
    #[must_use]
    pub fn outcome_of_population(&self, check: &str) -> String {
        let mut of_lists = self.findings().into_iter().filter(|one| one.check == check && one.subject.is_none());
        of_lists.next().unwrap_or_else(|| panic!("`{check}` says nothing of a list")).outcome
    }
}
