//! What people saw: from a form to a signed bundle of its own, and what it counts for, in both programs.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests may stop at the first surprise")]

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use workspace_tests::desk::{Answer, Desk};

use crate::exec;

/// A desk with one run that is evidence: AC-SSH conforms, of AC-ROOM nothing can be inspected. And the keys of three people.
fn desk() -> Desk {
    let desk = exec::desk("witnessmark: 1\n");
    let tested =
        desk.witnessmark(&["collectors", "test", "--settings", "settings.json", "--format", "json", "./openssh.py"]);
    let identity = tested.json()["identity"].as_str().unwrap().to_owned();
    let declaration = format!(
        "witnessmark: 1\nentity: Northbank Custody Ltd\nsystem: {{id: hot-wallet, standard: ccss-9.0, level: 1}}\npolicies: [own]\n\
         targets:\n  - {{id: bastion, collector: exec, name: openssh, identity: \"{identity}\", program: openssh.py, {}}}\n\
         controls:\n  - {{id: AC-SSH, title: Nobody logs in as root, requirements: [ccss-9.0:1.05.1.1], checks: [{{use: openssh/root-login-is-off}}]}}\n  \
         - {{id: AC-ROOM, title: Two people open the safe, requirements: [ccss-9.0:1.05.1.1], not_inspectable: a safe has no API, task: {{every: 1mo}}}}\n",
        exec::SETTINGS
    );
    let here = desk.path("").to_string_lossy().trim_end_matches('/').to_owned();
    fs::write(desk.path("witnessmark.yaml"), declaration.replace("DESK", &here)).unwrap();
    fs::create_dir_all(desk.path("own/checks/openssh")).unwrap();
    fs::write(desk.path("own/checks/openssh/root_login_is_off.rego"), exec::CHECK).unwrap();
    fs::write(desk.path("own-words"), "another passphrase").unwrap();
    private(&desk.path("own-words"));
    for (file, name, acts_for) in
        [("jane.pem", "Jane Doe", "auditor"), ("paul.pem", "Paul Roe", "entity"), ("eve.pem", "", "")]
    {
        let made = desk.witnessmark(&["keys", "recorder", "--out", file, "--passphrase-file", "own-words"]);
        assert_eq!(made.code, 0, "{made:?}");
        if name.is_empty() {
            continue;
        }
        let public = format!("{file}.pub");
        let trust = desk.witnessmark(&["keys", "trust", "--recorder", &public, "--holder", name, "--as", acts_for]);
        assert_eq!(trust.code, 0, "{trust:?}");
        fs::write(desk.path("keys/trust.json"), trust.stdout).unwrap();
    }
    // What this small declaration leaves out deviates; the server conforms.
    let ran = desk.witnessmark(&["run", "--quiet"]);
    assert_eq!(ran.code, 12, "{ran:?}");
    desk
}

fn private(path: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
}

/// Today and other days, as the programs will read them from the same clock.
fn day(later: i64) -> String {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    let millis = i64::try_from(since.as_millis()).unwrap() + later * 86_400_000;
    model::Date::of(model::Timestamp::from_millis(millis).unwrap()).to_string()
}

/// A form, filled in.
fn form(id: &str, method: &str, about: &str, who: (&str, &str), says: &str) -> String {
    let (by, role) = who;
    format!(
        "witnessmark_record: 1\nid: {id}\nmethod: {method}\n{about}\nby: {by}\nrole: {role}\non: {}\nexpires: {}\nsays: {says}\ntext: seen at the safe\n",
        day(0),
        day(30)
    )
}

const JANE: (&str, &str) = ("Jane Doe", "auditor");
const PAUL: (&str, &str) = ("Paul Roe", "entity");

fn record(desk: &Desk, form: &str, key: &str) -> Answer {
    fs::write(desk.path("observation.yaml"), form).unwrap();
    desk.witnessmark(&["record", "observation.yaml", "--key", key, "--key-passphrase-file", "own-words"])
}

fn recorded(desk: &Desk, form: &str, key: &str) -> Answer {
    let answer = record(desk, form, key);
    assert_eq!(answer.code, 0, "{answer:?}");
    answer
}

fn gaps(desk: &Desk, more: &[&str]) -> Value {
    let answer = desk.witnessmark(&[&["gaps", "--format", "json"], more].concat());
    assert_eq!(answer.code, 0, "{answer:?}");
    answer.json()
}

/// What was printed, in one line.
fn words(answer: &Answer) -> String {
    answer.stdout.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn requirement(gaps: &Value) -> &Value {
    let all = gaps["gaps"]["requirements"].as_array().unwrap();
    all.iter().find(|one| one["id"] == "ccss-9.0:1.05.1.1").unwrap()
}

fn state<'v>(gaps: &'v Value, method: &str) -> &'v Value {
    &requirement(gaps)["methods"][method]["state"]
}

fn export(desk: &Desk, index: &str, out: &str) {
    let answer = desk.witnessmark(&["export", "--bundle", index, "--out", out]);
    assert_eq!(answer.code, 0, "{answer:?}");
}

#[test]
fn records_count_for_what_they_are_in_both_programs() {
    let desk = desk();
    let before = gaps(&desk, &[]);
    assert_eq!((state(&before, "inspect"), state(&before, "observe")), (&"covered".into(), &"open".into()));

    let done = format!("{}done_on: {}\n", form("REC-1", "observe", "controls: [AC-ROOM]", PAUL, "supports"), day(-1));
    let first = recorded(&desk, &done, "paul.pem");
    assert!(first.stdout.contains("Sealed record REC-1 as bundle 1 of ledger"), "{first:?}");
    // An auditor says that no one logs in as root is not so; the configuration says that it is.
    recorded(&desk, &form("REC-2", "interview", "controls: [AC-SSH]", JANE, "contradicts"), "jane.pem");
    // The key of somebody of the entity makes no auditor.
    recorded(
        &desk,
        &form("REC-3", "review", "requirements: [ccss-9.0:1.05.1.1]", ("Paul Roe", "auditor"), "supports"),
        "paul.pem",
    );

    let after = gaps(&desk, &[]);
    let states = ["inspect", "observe", "interview", "review"].map(|method| state(&after, method));
    assert_eq!(states, ["covered", "prepared", "covered", "prepared"].map(Value::from).each_ref());
    let contradiction = &after["gaps"]["contradictions"][0];
    assert_eq!((&contradiction["about"], &contradiction["records"][0][0]), (&"control AC-SSH".into(), &"REC-2".into()));
    assert_eq!(after["from"]["bundle"]["index"], 0, "a record is never the last run");
    let counts: Vec<&Value> =
        requirement(&after)["records"].as_array().unwrap().iter().map(|row| &row["counts"]).collect();
    assert_eq!(counts, ["prepares", "covers", "prepares"].map(Value::from).each_ref());

    // What contradicts comes before everything that is listed.
    let text = words(&desk.witnessmark(&["gaps"]));
    let at = |word: &str| text.find(word).unwrap_or_else(|| panic!("no `{word}`: {text}"));
    assert!(at("Contradictions: 1") < at(" requirements: "), "{text}");
    assert!(text.contains("says: auditor; the trust file says: entity"), "{text}");
    assert!(text.contains("Records: 3 of persons"), "{text}");

    // The auditor has files, and the same trust.
    for (index, out) in [("0", "run.tar"), ("1", "r1.tar"), ("2", "r2.tar"), ("3", "r3.tar")] {
        export(&desk, index, out);
    }
    let usual = ["--trust", "keys/trust.json", "--last-seen", "seen"];
    let files = ["--record", "r1.tar", "--record", "r2.tar", "--record", "r3.tar", "--format", "json"];
    let auditors = desk.verify(&[&["gaps", "run.tar"][..], &usual, &files].concat());
    assert_eq!(auditors.code, 0, "{auditors:?}");
    assert_eq!(auditors.json()["gaps"], after["gaps"]);
    let auditors = desk.verify(&[&["trace", "run.tar", "AC-SSH"][..], &usual, &files].concat()).json();
    let ours = desk.witnessmark(&["trace", "AC-SSH", "--format", "json"]).json();
    assert_eq!(auditors["trace"], ours["trace"]);
    assert_eq!(ours["trace"]["contradictions"][0]["records"][0][0], "REC-2", "{ours}");

    // Each bundle by itself.
    let shown = desk.verify(&[&["show", "r1.tar"][..], &usual].concat());
    assert!(
        shown.stdout.contains("Paul Roe, who says: entity") && shown.stdout.contains("seen at the safe"),
        "{shown:?}"
    );
    let alone = desk.verify(&[&["gaps", "r1.tar"][..], &usual].concat());
    assert!(alone.code == 21 && alone.stderr.contains("a person's record"), "{alone:?}");
    let log = desk.witnessmark(&["ledger", "log"]);
    assert_eq!(log.stdout.matches("a person's").count(), 3, "{log:?}");
    let audit =
        desk.verify(&["audit", "evidence", "--trust", "keys/trust.json", "--last-seen", "seen", "--format", "json"]);
    // The declaration says of no observation how often it is due.
    assert_eq!((audit.code, &audit.json()["accepted"]), (21, &true.into()), "{audit:?}");
    assert_eq!(audit.json()["by_kind"], serde_json::json!({"record": 3, "run": 1}), "{audit:?}");
    let page = desk.witnessmark(&["report", "--out", "page.html"]);
    assert_eq!(page.code, 0, "{page:?}");
    let page = fs::read_to_string(desk.path("page.html")).unwrap();
    assert!(page.contains("<h3>Contradictions</h3>") && page.contains("REC-2 (bundle 2)"), "the page has the records");

    // A run afterwards is the newest again, and its past is the run before.
    assert_eq!(desk.witnessmark(&["run", "--quiet", "--fail-on", "new"]).code, 3, "nothing is new");
    assert_eq!(gaps(&desk, &[])["from"]["bundle"]["index"], 4);
}

#[test]
fn what_expired_or_is_not_believed_counts_for_nothing() {
    let desk = desk();
    recorded(&desk, &form("REC-1", "observe", "controls: [AC-ROOM]", JANE, "supports"), "jane.pem");
    recorded(&desk, &form("REC-2", "observe", "controls: [AC-ROOM]", PAUL, "contradicts"), "paul.pem");
    let now = gaps(&desk, &[]);
    assert_eq!(state(&now, "observe"), "covered");
    let opposite = &now["gaps"]["contradictions"][0];
    assert_eq!(opposite["about"], "control AC-ROOM");
    assert!(opposite["text"].as_str().unwrap().contains("the opposite of each other"), "{opposite}");
    let later = gaps(&desk, &["--on", &day(31)]);
    assert_eq!((state(&later, "observe"), &later["gaps"]["contradictions"]), (&"open".into(), &Value::Null));
    assert_eq!(later["gaps"]["records"]["expired"], 2);
    let text = words(&desk.witnessmark(&["gaps", "--on", &day(31)]));
    assert!(text.contains("expired: it counts for nothing"), "{text}");

    // The trust file of somebody who does not know Jane.
    let trusted = fs::read_to_string(desk.path("keys/trust.json")).unwrap();
    let mut trust: Value = serde_json::from_str(&trusted).unwrap();
    let keys = trust["keys"].as_array_mut().unwrap();
    keys.retain(|key| key["holder"]["name"] != "Jane Doe");
    fs::write(desk.path("other.json"), trust.to_string()).unwrap();
    let other = gaps(&desk, &["--trust", "other.json"]);
    assert_eq!(state(&other, "observe"), "prepared");
    assert_eq!(other["gaps"]["records"]["not_believed"][0]["bundle"], 1, "{other}");
    export(&desk, "0", "run.tar");
    export(&desk, "1", "r1.tar");
    let asked = ["gaps", "run.tar", "--record", "r1.tar", "--trust", "other.json", "--last-seen", "seen"];
    let refused = desk.verify(&asked);
    assert_eq!(refused.code, 21, "{refused:?}");
}

#[test]
fn a_wrong_form_or_key_seals_nothing() {
    let desk = desk();
    let said = |answer: &Answer, words: &[&str]| {
        assert_eq!(answer.code, 2, "{answer:?}");
        for word in words {
            assert!(answer.stderr.contains(word), "`{word}`: {}", answer.stderr);
        }
    };
    let good = form("REC-1", "observe", "controls: [AC-ROOM]", PAUL, "supports");
    let wrong = good.replace("AC-ROOM", "AC-ROOMS").replace(&day(0), &day(2)).replace("observe", "observed");
    said(
        &record(&desk, &wrong, "paul.pem"),
        &["observation.yaml:3:9", "did you mean `observe`", "no control `AC-ROOMS`", "is after today", "^"],
    );
    said(&record(&desk, &good, "eve.pem"), &["the trust file names no holder", "--recorder eve.pem.pub"]);
    let template = desk.witnessmark(&["record", "--template"]);
    assert_eq!(template.code, 0, "{template:?}");
    said(&record(&desk, &template.stdout, "paul.pem"), &["is still to be written"]);
    assert_eq!(desk.witnessmark(&["record"]).code, 2);

    // Attachments: regular files beside or below the form, and no links.
    fs::create_dir(desk.path("more")).unwrap();
    fs::write(desk.path("more/minutes.txt"), "who was there").unwrap();
    std::os::unix::fs::symlink(desk.path("keys/ledger.key.pem"), desk.path("link.txt")).unwrap();
    std::os::unix::fs::symlink(desk.path("more"), desk.path("behind")).unwrap();
    for (path, word) in [
        ("link.txt", "is a link"),
        ("behind/minutes.txt", "is a link, or lies behind one"),
        ("more", "is not a regular file"),
        ("nothing.txt", "cannot be read"),
        ("../elsewhere.txt", "leaves the form's folder"),
        ("observation.yaml", "the form itself"),
    ] {
        said(&record(&desk, &format!("{good}attachments: [{{path: {path}}}]\n"), "paul.pem"), &[word]);
    }
    let log = desk.witnessmark(&["ledger", "log"]);
    assert!(!log.stdout.contains("a person's"), "{log:?}");

    // With an attachment, of which the other is private: its bytes are nowhere.
    fs::write(desk.path("secret.txt"), "the combination").unwrap();
    let attached = "attachments: [{path: more/minutes.txt}, {path: secret.txt, private: true}]\n";
    recorded(&desk, &format!("{good}{attached}"), "paul.pem");
    let sealed = workspace_tests::desk::Sealed::read(&desk.path("evidence/bundles"), 1);
    let attachments = &sealed.of("recorded").next().unwrap()["attachments"];
    assert_eq!(
        (&attachments[0]["declaration"], &attachments[1]["declaration"]),
        (&"declaration:1".into(), &Value::Null)
    );
    assert_eq!(sealed.files["raw/000/000000001"], b"who was there");
    assert!(sealed.files.values().all(|bytes| !String::from_utf8_lossy(bytes).contains("the combination")));
    // A name is given once.
    said(&record(&desk, &good, "paul.pem"), &["has the record `REC-1` already"]);

    // Whatever is altered in it is found.
    export(&desk, "1", "r1.tar");
    let mut tar = fs::read(desk.path("r1.tar")).unwrap();
    let at = tar.windows(13).position(|bytes| bytes == b"who was there").unwrap();
    tar[at] = b'W';
    fs::write(desk.path("altered.tar"), tar).unwrap();
    let asked = |file| desk.verify(&["verify", file, "--trust", "keys/trust.json", "--last-seen", "seen"]);
    assert_eq!((asked("r1.tar").code, asked("altered.tar").code), (0, 20));

    // Stock openssl verifies what Paul signed.
    let statement: Value = serde_json::from_slice(&sealed.files["statement.sigstore.json"]).unwrap();
    let decode = |value: &Value| {
        use base64::Engine as _;
        base64::engine::general_purpose::STANDARD.decode(value.as_str().unwrap()).unwrap()
    };
    let envelope = &statement["dsseEnvelope"];
    fs::write(desk.path("signed"), bundle::statement::pae(&decode(&envelope["payload"]))).unwrap();
    fs::write(desk.path("signature"), decode(&envelope["signatures"][0]["sig"])).unwrap();
    let verify =
        ["pkeyutl", "-verify", "-pubin", "-inkey", "paul.pem.pub", "-rawin", "-in", "signed", "-sigfile", "signature"];
    let done = Command::new("openssl").args(verify).current_dir(desk.path("")).output().unwrap();
    assert!(done.status.success(), "{done:?}");
}

/// The holder goes with the name of the key that follows.
#[test]
fn a_person_gets_another_key() {
    let desk = desk();
    recorded(&desk, &form("REC-1", "observe", "controls: [AC-ROOM]", JANE, "supports"), "jane.pem");
    let made = desk.witnessmark(&["keys", "recorder", "--out", "jane-2.pem", "--passphrase-file", "own-words"]);
    assert_eq!(made.code, 0, "{made:?}");
    let rotated = desk.witnessmark(&["keys", "rotate", "--recorder", "jane.pem.pub", "jane-2.pem.pub"]);
    assert_eq!(rotated.code, 0, "{rotated:?}");
    let again = form("REC-2", "interview", "controls: [AC-ROOM]", JANE, "supports");
    assert_eq!(record(&desk, &again, "jane.pem").code, 1, "the old key signs nothing any more");
    recorded(&desk, &again, "jane-2.pem");
    let gaps = gaps(&desk, &[]);
    assert_eq!((state(&gaps, "observe"), state(&gaps, "interview")), (&"covered".into(), &"covered".into()));
    assert!(requirement(&gaps)["records"].as_array().unwrap().iter().all(|row| row["holder"]["name"] == "Jane Doe"));
}
