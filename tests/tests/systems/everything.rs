//! One declaration, four sources: AWS, a token, a cluster, an organisation. One that is dead, frozen or ends in the middle costs
//! nothing elsewhere.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "helpers of tests may stop at the first surprise"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;
use std::thread::sleep;
use std::time::Duration;

use fakes::aws::{self, AwsFake};
use fakes::emulators;
use fakes::github::{GithubFake, World};
use tempfile::TempDir;
use testkit::{Emulator, Server, system};
use workspace_tests::cluster::Cluster;
use workspace_tests::desk::{Answer, Desk, Sealed, program};
use workspace_tests::hsm::{Hsm, PIN, component};
use workspace_tests::trip::{After, Trip};

const TOKEN: &str = "github_pat_11AAAAAAA0aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

/// The sources, as targets are called.
const SOURCES: [&str; 4] = ["aws", "vault", "cluster", "github"];

/// Who reads them.
const COLLECTORS: [(&str, &str); 5] =
    [("aws", "aws-iam"), ("aws", "aws-kms"), ("vault", "pkcs11"), ("cluster", "kubernetes-rbac"), ("github", "github")];

/// An account at a server of its own.
enum Account {
    /// A process, that can be stopped and killed.
    Moto(Emulator),
    Fake(Server),
}

impl Account {
    fn moto(scratch: &Path) -> Self {
        let moto = emulators::moto(scratch);
        let seeded = Command::new(system("WITNESSMARK_TEST_MOTO_PYTHON"))
            .arg(workspace_tests::root().join("testenv/seed.py"))
            .args([moto.url(), "123456789012", "company"])
            .env("AWS_CONFIG_FILE", "/dev/null")
            .env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
            .output()
            .expect("the seed");
        assert!(seeded.status.success(), "{seeded:?}");
        Self::Moto(moto)
    }

    fn fake(_: &Path) -> Self {
        Self::Fake(Server::http(AwsFake::new(aws::World::new(aws::Size::SMALL))))
    }

    const fn number(&self) -> &'static str {
        match self {
            Self::Moto(_) => "123456789012",
            Self::Fake(_) => "111122223333",
        }
    }

    fn url(&self) -> String {
        match self {
            Self::Moto(moto) => moto.url().to_owned(),
            Self::Fake(server) => server.url(),
        }
    }

    fn pid(&self) -> String {
        match self {
            Self::Moto(moto) => moto.pid().to_string(),
            Self::Fake(_) => panic!("it is no process"),
        }
    }
}

/// All sources, alive.
struct Sources {
    account: Account,
    cluster: Cluster,
    hsm: Hsm,
    github: Server,
    uid: String,
    _folder: TempDir,
}

/// Where a run finds each source.
struct Places {
    aws: String,
    kubeconfig: String,
    module: String,
    odd: &'static str,
    github: String,
}

impl Sources {
    fn start(account: impl FnOnce(&Path) -> Account) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let account = account(folder.path());
        let cluster = Cluster::start(folder.path());
        let uid = cluster.kubectl(&["get", "namespace", "kube-system", "-o", "jsonpath={.metadata.uid}"], "");
        let github = Server::http(GithubFake::new(World::calm(TOKEN)));
        Self { account, cluster, hsm: Hsm::soft(false), github, uid, _folder: folder }
    }

    fn places(&self) -> Places {
        Places {
            aws: self.account.url(),
            kubeconfig: fs::read_to_string(self.cluster.admin()).expect("a kubeconfig"),
            module: self.hsm.module().display().to_string(),
            odd: "",
            github: self.github.url(),
        }
    }

    /// A desk whose one declaration names all four.
    fn desk(&self, places: &Places) -> Desk {
        let mut desk = Desk::new("witnessmark: 1\n");
        // Beside the files that it names relative to itself.
        let kubeconfig =
            self.cluster.file(&format!("kubeconfig-{}", desk.path("x").display().to_string().replace('/', "-")));
        fs::write(&kubeconfig, &places.kubeconfig).expect("a kubeconfig");
        let vault = self.hsm.target(
            "vault",
            Path::new(&places.module),
            &format!("    environment: [SOFTHSM2_CONF, ODD_MODULE, ODD_HOW]\n    seconds: 8\n{}", self.hsm.login(PIN)),
        );
        let account = self.account.number();
        let declaration = format!(
            "witnessmark: 1
entity: Northbank Custody Ltd
system: {{id: hot-wallet}}
targets:
  - {{id: aws, collector: [aws-iam, aws-kms], account: \"{account}\", regions: [eu-west-1]}}
{vault}  - {{id: cluster, collector: kubernetes-rbac, uid: {}, kubeconfig: \"{}\", authorizers: [Node, RBAC]}}
  - {{id: github, collector: github, organization: northbank, organization_id: 4711201, repositories: [signer], api_url: \"{}\"}}
controls:
  - id: KS-1
    title: Keys rotate, and people are known
    checks:
      - use: aws-kms/key-rotates
      - use: aws-iam/console-users-have-mfa
      - use: pkcs11/keys-never-extractable
      - use: pkcs11/token-login-is-healthy
      - use: kubernetes-rbac/no-binding-to-everyone
      - use: kubernetes-rbac/exec-is-declared
      - use: github/members-have-2fa
      - use: github/org-requires-2fa
",
            self.uid,
            kubeconfig.display(),
            places.github,
        );
        fs::write(desk.path("witnessmark.yaml"), declaration).expect("a declaration");
        desk.aws(&places.aws, account, "an example of a secret key");
        desk.set("AWS_REGION", "eu-west-1");
        desk.set("GITHUB_TOKEN", TOKEN);
        let token = self.hsm.copy_to(&desk.path(""));
        desk.set(self.hsm.variable.0, &token);
        desk.set("ODD_MODULE", &self.hsm.module().display().to_string());
        desk.set("ODD_HOW", places.odd);
        desk
    }
}

/// Every finding by target and key, with its outcome.
type Found = BTreeMap<String, BTreeMap<String, String>>;

fn found(sealed: &Sealed) -> Found {
    let mut all: Found = BTreeMap::new();
    for (record, finding) in sealed.of("finding").zip(sealed.findings()) {
        let target = record["target"].as_str().expect("a target").to_owned();
        all.entry(target).or_default().insert(finding.key, finding.outcome);
    }
    all
}

fn sealed(desk: &Desk, answer: &Answer) -> Sealed {
    let index = answer.json()["index"].as_u64().unwrap_or_else(|| panic!("nothing was sealed: {answer:?}"));
    Sealed::read(&desk.path("evidence/bundles"), index)
}

fn run(desk: &Desk) -> (Answer, Sealed) {
    let answer = desk.witnessmark(&["run", "--quiet", "--format", "json", "--deadline", "180"]);
    let sealed = sealed(desk, &answer);
    (answer, sealed)
}

/// A run that is told to stop as soon as everybody but `lost` is read, and `it_happened`: a source that has failed for ever would be
/// waited for until the deadline.
fn run_without(desk: &Desk, lost: &[&str], it_happened: impl Fn() -> bool) -> Sealed {
    let file = |name: &str| File::create(desk.path(name)).expect("a file");
    let mut running = desk
        .command(&program("witnessmark"))
        .args(["run", "--allow-rehearsal", "--format", "json", "--deadline", "180"])
        .stdout(file("stdout"))
        .stderr(file("stderr"))
        .spawn()
        .expect("a run");
    let text = |name: &str| fs::read_to_string(desk.path(name)).expect("what it said");
    let read = COLLECTORS.iter().filter(|(source, _)| !lost.contains(source));
    let awaited: Vec<String> = read.map(|(source, collector)| format!("  {source} {collector}: read")).collect();
    let mut told = false;
    let status = loop {
        if let Some(status) = running.try_wait().expect("a status") {
            break status;
        }
        let said = text("stderr");
        if !told && it_happened() && awaited.iter().all(|line| said.lines().any(|one| one == line)) {
            signal("-TERM", &running.id().to_string());
            told = true;
        }
        sleep(Duration::from_millis(20));
    };
    let answer = Answer { code: status.code().unwrap_or(-1), stdout: text("stdout"), stderr: text("stderr") };
    sealed(desk, &answer)
}

/// Sources that are not well: what is found of them is what was found before, or undetermined. Nobody else's findings are changed.
fn only_lost(how: &str, lost: &[&str], sealed: &Sealed, whole: &Found) {
    let now = found(sealed);
    for source in SOURCES {
        let (before, after) = (&whole[source], &now[source]);
        if lost.contains(&source) {
            let other: Vec<_> = after
                .iter()
                .filter(|(key, outcome)| *outcome != "undetermined" && before.get(*key) != Some(outcome))
                .collect();
            assert!(other.is_empty(), "{how}: `{source}` is concluded of: {other:?}");
            // A list that was not read has no members to find anything of: what was found of the list itself stays.
            let of_lists = |all: &BTreeMap<String, String>| {
                all.keys().filter(|key| key.ends_with(" null")).cloned().collect::<BTreeSet<_>>()
            };
            assert!(of_lists(after).is_superset(&of_lists(before)), "{how}: `{source}` lost a finding of a list");
        } else {
            let gaps: Vec<_> = sealed.of("gap").filter(|gap| gap["target"] == source).take(3).collect();
            assert_eq!(after, before, "{how}: `{source}`: {gaps:?}");
        }
    }
}

/// A source is missed: a gap says so, and something is not concluded.
fn is_missed(how: &str, source: &str, sealed: &Sealed) {
    assert!(sealed.of("gap").any(|gap| gap["target"] == source), "{how}: `{source}` has no gap");
    let outcomes = &found(sealed)[source];
    assert!(
        outcomes.values().any(|outcome| outcome == "undetermined"),
        "{how}: `{source}` is concluded of: {outcomes:?}"
    );
}

/// An address at which nobody answers: closed, or taken and silent.
fn nobody(frozen: bool) -> (String, Option<TcpListener>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address").to_string();
    (address, frozen.then_some(listener))
}

#[test]
fn one_run_reads_four_sources_and_one_that_fails_costs_nothing_elsewhere() {
    let sources = Sources::start(Account::fake);
    let desk = sources.desk(&sources.places());
    let (answer, sealed) = run(&desk);
    let whole = found(&sealed);
    assert_eq!(whole.keys().map(String::as_str).collect::<BTreeSet<_>>(), BTreeSet::from(SOURCES), "{answer:?}");
    for source in ["vault", "cluster", "github"] {
        let gaps: Vec<_> = sealed.of("gap").filter(|gap| gap["target"] == source).collect();
        assert!(gaps.is_empty(), "{gaps:?}");
        // Whether the past of the token's derived key counts is settled on no token.
        let settled =
            |(key, outcome): (&String, &String)| outcome != "undetermined" || key.contains("secret/0d/derived");
        assert!(whole[source].iter().all(settled), "{source}: {:?}", whole[source]);
    }
    let index = sealed.index.to_string();
    let exported = desk.witnessmark(&["export", "--bundle", &index, "--out", "b.tar"]);
    assert_eq!(exported.code, 0, "{exported:?}");
    let verified = desk.verify(&["b.tar", "--trust", "keys/trust.json", "--allow-rehearsal"]);
    assert_eq!(verified.code, 0, "{verified:?}");

    // Dead from the start, and silent, each in turn, all at once.
    std::thread::scope(|scope| {
        for source in SOURCES {
            for frozen in [false, true] {
                let (sources, whole) = (&sources, &whole);
                scope.spawn(move || {
                    let (address, held) = nobody(frozen);
                    let mut places = sources.places();
                    match source {
                        "aws" => places.aws = format!("http://{address}"),
                        "cluster" => {
                            places.kubeconfig =
                                places.kubeconfig.replace(&sources.cluster.url(), &format!("https://{address}"));
                        }
                        "github" => places.github = format!("http://{address}"),
                        _ => {
                            places.module = component("odd.so").display().to_string();
                            places.odd = if frozen { "hang-when-asked" } else { "abort-when-asked" };
                        }
                    }
                    let sealed = run_without(&sources.desk(&places), &[source], || true);
                    let how = format!("{source}, frozen: {frozen}");
                    only_lost(&how, &[source], &sealed, whole);
                    is_missed(&how, source, &sealed);
                    drop(held);
                });
            }
        }
    });
}

/// Sends a signal to a process.
fn signal(name: &str, pid: &str) {
    let sent = Command::new("kill").args([name, pid]).status().expect("kill");
    assert!(sent.success(), "{name} {pid}");
}

/// A run in which something happens to one source while it is read. `dead`: sources to which it has happened before.
fn in_the_middle(sources: &Sources, source: &str, how: &'static str, dead: &[&str], whole: &Found) {
    let mut places = sources.places();
    let host = |url: &str| url.split("://").nth(1).expect("an address").trim_end_matches('/').to_owned();
    // Bytes that come before: the TLS of a cluster takes some thousand of them.
    let (upstream, pid, at) = match source {
        "aws" => (host(&places.aws), Some(sources.account.pid()), 3_000),
        "cluster" => {
            let pid = fs::read_to_string(sources.cluster.file("apiserver.pid")).expect("a pid").trim().to_owned();
            (host(&sources.cluster.url()), Some(pid), 12_000)
        }
        _ => (host(&places.github), None, 2_000),
    };
    // What was on its way is lost with the process; one that is asked to end may say first what it was asked for.
    let after = match how {
        "-STOP" => After::Silent,
        "-KILL" => After::Cut,
        _ => After::Passed,
    };
    let hit = pid.clone();
    let act = move || hit.into_iter().for_each(|pid| signal(how, &pid));
    let trip = Trip::before(&upstream, at, after, act).expect("a port");
    match source {
        "aws" => places.aws = format!("http://{}", trip.address()),
        "cluster" => places.kubeconfig = places.kubeconfig.replace(&upstream, &trip.address()),
        _ => places.github = format!("http://{}", trip.address()),
    }
    let lost: Vec<&str> = dead.iter().copied().chain([source]).collect();
    let sealed = run_without(&sources.desk(&places), &lost, || trip.has_tripped());
    assert!(trip.has_tripped(), "{source} was read with fewer than {at} bytes");
    if let (Some(pid), "-STOP") = (&pid, how) {
        signal("-CONT", pid);
    }
    let how_it_was = format!("{source} {how} while it was read");
    only_lost(&how_it_was, &lost, &sealed, whole);
    for missed in dead.iter().copied().chain((how != "-TERM").then_some(source)) {
        is_missed(&how_it_was, missed, &sealed);
    }
    // It had been read in part.
    let read = sealed.of("exchange").filter(|one| one["target"] == source && one["status"] == 200).count();
    assert!(read > 0, "{source} {how}: nothing had been read");
}

#[test]
fn a_source_that_fails_while_it_is_read_costs_nothing_elsewhere() {
    std::thread::scope(|scope| {
        for (first, second) in [("aws", "cluster"), ("cluster", "aws")] {
            scope.spawn(move || {
                let sources = Sources::start(Account::moto);
                let whole = found(&run(&sources.desk(&sources.places())).1);
                let hurt = |source, how, dead: &[&str]| in_the_middle(&sources, source, how, dead, &whole);
                hurt("github", if first == "aws" { "-STOP" } else { "-KILL" }, &[]);
                hurt(first, "-STOP", &[]);
                hurt(first, "-TERM", &[]);
                hurt(second, "-KILL", &[first]);
            });
        }
    });
}
