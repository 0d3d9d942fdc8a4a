//! `witnessmark demo`: the three days, what an auditor's program says of them, and what it says of altered copies.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests may stop at the first surprise")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::process::Command;
use std::sync::OnceLock;

use bundle::read::TarSource;
use bundle::trust::Trust;
use model::record::{GapReason, Override, RunStatus};
use model::{ExitStatus, Outcome};
use verify::Class;
use workspace_tests::contents::{Contents, verdict_on};
use workspace_tests::desk::{Answer, Desk, program};

/// The demonstration, made once for all tests, at a desk with nothing else on it.
pub(crate) fn desk() -> &'static Desk {
    static MADE: OnceLock<Desk> = OnceLock::new();
    MADE.get_or_init(|| {
        let desk = Desk::bare();
        let answer = desk.witnessmark(&["demo", "--dir", "d"]);
        assert_eq!(answer.code, 0, "{answer:?}");
        for sentence in ["Day 3", "REFUSED, exit code 20", "Try next:"] {
            assert!(answer.stdout.contains(sentence), "{}", answer.stdout);
        }
        fs::write(desk.path("said"), answer.stdout).unwrap();
        desk
    })
}

pub(crate) fn tar(day: usize) -> Vec<u8> {
    fs::read(desk().path(&format!("d/bundle-{day}.tar"))).unwrap()
}

fn trust() -> Trust {
    Trust::parse(&fs::read(desk().path("d/keys/trust.json")).unwrap()).unwrap()
}

fn contents(day: usize) -> Contents {
    Contents::of(&mut TarSource::new(tar(day).as_slice(), "bundle.tar"), &trust())
}

#[track_caller]
fn verifier(day: usize, arguments: &[&str], code: i32) -> Answer {
    let bundle = format!("d/bundle-{day}.tar");
    let seen = format!("seen-{day}-{}", arguments.len());
    let usual = [bundle.as_str(), "--trust", "d/keys/trust.json", "--last-seen", &seen];
    let answer = desk().verify(&[&usual, arguments].concat());
    assert_eq!(answer.code, code, "{answer:?}");
    answer
}

#[test]
fn an_auditor_accepts_the_three_bundles_as_the_rehearsals_they_are() {
    for day in 0..3 {
        let answer = verifier(day, &["--allow-rehearsal"], 0);
        assert!(answer.stdout.starts_with("Accepted: authentic and complete, to level L2"), "{}", answer.stdout);
        let report = verifier(day, &["--allow-rehearsal", "--format", "json"], 0).json();
        assert_eq!((&report["accepted"], &report["level"]), (&true.into(), &"L2".into()), "{report}");
        let answer = verifier(day, &[], 21);
        assert!(answer.stdout.contains("rehearsal"), "{}", answer.stdout);
    }
}

#[test]
fn the_outcomes_and_facts_of_each_day_come_out_again() {
    for day in 0..3 {
        let bundle = format!("d/bundle-{day}.tar");
        let usual =
            ["--trust", "d/keys/trust.json", "--last-seen", "seen-again", "--allow-rehearsal", "--format", "json"];
        let answer = desk().verify(&[&["reassess", &bundle], &usual[..]].concat());
        assert_eq!(answer.code, 0, "{answer:?}");
        let said = answer.json();
        assert!(said["facts"]["compared"].as_u64().unwrap() > 90, "{said}");
        assert_eq!((&said["facts"]["not_compared"], &said["not_judged"]), (&0.into(), &0.into()), "{said}");
        let derived = &said["derived"];
        assert!(derived["same"].as_u64().unwrap() > 20, "{derived}");
        assert_eq!(
            (&derived["differ"], &derived["not_computed"]),
            (&serde_json::json!([]), &serde_json::json!([])),
            "{derived}"
        );
    }
}

#[test]
fn the_ledger_of_the_three_days_is_whole() {
    let answer = desk().verify(&["audit", "--trust", "d/keys/trust.json", "--last-seen", "seen", "d/evidence"]);
    // Rehearsals keep no schedule: what was due cannot be said.
    assert_eq!(answer.code, 21, "{answer:?}");
    assert!(answer.stdout.starts_with("Whole: 3 entries in one chain"), "{answer:?}");
}

const READ: [&str; 7] = ["aws-cloudtrail", "aws-iam", "aws-kms", "aws-s3", "github", "kubernetes-rbac", "pkcs11"];

#[test]
fn each_day_tells_its_story() {
    let days = [contents(0), contents(1), contents(2)];
    for day in &days {
        let read: BTreeSet<&str> = day.host[0].identities.iter().map(|identity| identity.collector.as_str()).collect();
        assert_eq!(read, BTreeSet::from(READ));
        assert_eq!(day.run[0].overrides, [Override::Clock, Override::Endpoint, Override::Replay]);
        let sealed: BTreeSet<&str> = day.checks.iter().map(|check| check.id.as_str()).collect();
        assert!(day.assignments.iter().all(|assignment| sealed.contains(assignment.check.as_str())));
    }
    let statuses: Vec<RunStatus> = days.iter().map(|day| day.run[0].status).collect();
    assert_eq!(statuses, [RunStatus::Complete, RunStatus::Complete, RunStatus::Partial]);
    let deviating = |day: &Contents| -> BTreeSet<String> {
        let deviates = day.findings.iter().filter(|f| f.outcome == Outcome::Deviates && f.acceptance.is_none());
        deviates.map(|f| f.check.clone()).collect()
    };
    assert!(deviating(&days[0]).is_empty());
    let expected = [
        "aws-iam/console-users-have-mfa",
        "aws-iam/other-credentials-are-declared",
        "aws-kms/grants-stay-inside",
        "aws-kms/key-policy-is-bounded",
        "declaration/task-has-records",
        "declaration/threat-is-answered",
        "github/apps-are-declared",
        "github/members-have-secure-2fa",
        "keys/declared-key-is-there",
        "keys/found-key-is-declared",
        "keys/reach-is-declared",
        "kubernetes-rbac/exec-is-declared",
        "people/identity-belongs-to-a-person",
        "people/two-kinds-of-factor",
        "pkcs11/keys-never-extractable",
        "third-parties/found-one-is-declared",
    ];
    assert_eq!(deviating(&days[1]).iter().map(String::as_str).collect::<Vec<_>>(), expected);
    let unknown = |day: &Contents| -> BTreeSet<String> {
        day.findings.iter().filter(|f| f.outcome == Outcome::Undetermined).map(|f| f.check.clone()).collect()
    };
    assert!(unknown(&days[0]).is_empty());
    // A task that nobody says was ever done has no day on which it is due.
    assert_eq!(unknown(&days[1]).into_iter().collect::<Vec<_>>(), ["declaration/task-is-done-on-time"]);
    // Whom a grant names that was not read is somebody who reaches the key, and might be anybody's.
    let unknown = unknown(&days[2]);
    for check in ["aws-kms/grants-stay-inside", "declaration/task-is-done-on-time", "keys/reach-is-declared"] {
        assert!(unknown.contains(check), "{check}: {unknown:?}");
    }
    let of_denied = |finding: &&model::record::Finding| finding.check != "declaration/task-is-done-on-time";
    for finding in days[2].findings.iter().filter(of_denied).filter(|f| f.outcome == Outcome::Undetermined) {
        let reason = finding.reason.as_deref().unwrap_or_default();
        let words = ["kms:ListGrants", "`grants` of arn:aws:kms:"];
        assert!(words.iter().any(|words| reason.contains(words)), "{finding:?}");
    }
    let of_targets = |gap: &&model::record::Gap| gap.target != "joined";
    for gap in days[2].gaps.iter().filter(of_targets) {
        assert_eq!((gap.reason, gap.right.as_deref()), (GapReason::Denied, Some("kms:ListGrants")), "{gap:?}");
        assert!(gap.exchange.is_some(), "{gap:?}");
    }
    assert!(!days[2].gaps.is_empty());
    let said = fs::read_to_string(desk().path("said")).unwrap();
    let days = said.lines().filter(|line| line.starts_with("Day "));
    let codes: Vec<&str> = days.map(|line| line.rsplit(' ').next().unwrap()).collect();
    assert!(matches!(codes.as_slice(), ["0", "12", "12"]), "{codes:?}");
}

/// What the accounts, the organisation and the declaration do not say of each other is found on the second day, and leads down to what proves it:
/// the words of an answer, or the line of the declaration.
#[test]
fn what_does_not_agree_is_found_down_to_the_bytes() {
    let day = contents(1);
    for (what, check, subject, proof) in [
        ("a declared key that is gone", "keys/declared-key-is-there", "standby-signing", "witnessmark.yaml:"),
        ("an undeclared key", "keys/found-key-is-declared", "key/e4a9d730", "e4a9d730-6b15-4c28-8f93-1d0e2c3b4a59"),
        (
            "a role of another account that reaches a key",
            "keys/reach-is-declared",
            "key/6d1f0c52",
            "role `arn:aws:iam::999988887777:role/support` may use, by kms:Sign on it",
        ),
        (
            "another account",
            "third-parties/found-one-is-declared",
            "account 999988887777",
            "arn:aws:iam::999988887777:role/support",
        ),
        (
            "an App nobody declared, as a third party",
            "third-parties/found-one-is-declared",
            "app release-bot",
            "release-bot",
        ),
        ("a holder's weak second factor", "people/two-kinds-of-factor", "bo.officer", "insecure"),
        (
            "a role of another account that may sign",
            "aws-kms/key-policy-is-bounded",
            "key/6d1f0c52",
            "arn:aws:iam::999988887777:role/support",
        ),
        (
            "a role of another account that may decrypt",
            "aws-kms/grants-stay-inside",
            "key/3f82ab6d",
            "arn:aws:iam::999988887777:role/restore",
        ),
        ("an App nobody declared", "github/apps-are-declared", "9402", "release-bot"),
        ("a holder with a weak second factor", "github/members-have-secure-2fa", "bo", "insecure"),
        ("a task without records", "declaration/task-has-records", "SEALS", "risk.yaml:"),
        ("a threat without a control", "declaration/threat-is-answered", "T-BRIDGE", "risk.yaml:"),
    ] {
        let found: Vec<usize> = (0..day.findings.len())
            .filter(|&number| {
                let finding = &day.findings[number];
                let of = finding.subject.as_ref().map_or("", |subject| subject.id.as_str());
                finding.check == check && finding.outcome == Outcome::Deviates && of.contains(subject)
            })
            .collect();
        assert_eq!(found.len(), 1, "{what}: {found:?}");
        let number = found[0].to_string();
        let answer = desk().witnessmark(&[
            "show",
            "--store",
            "d/evidence",
            "--trust",
            "d/keys/trust.json",
            "--bundle",
            "1",
            "--finding",
            &number,
        ]);
        assert_eq!(answer.code, 0, "{what}: {answer:?}");
        assert!(answer.stdout.contains(proof), "{what}: {}", answer.stdout);
        if check.starts_with("declaration/") || check == "keys/declared-key-is-there" {
            // The line itself is there.
            assert!(answer.stdout.contains("│"), "{what}: {}", answer.stdout);
        } else {
            assert!(
                answer.stdout.contains("from exchange:") && answer.stdout.contains("request id"),
                "{what}: {}",
                answer.stdout
            );
        }
    }
}

#[test]
fn the_readme_shows_what_it_prints() {
    let readme = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../README.md")).unwrap();
    let (_, shown) = readme.split_once("```text\n").unwrap();
    let (shown, _) = shown.split_once("\n```").unwrap();
    let printed = fs::read_to_string(desk().path("said")).unwrap();
    assert!(shown.lines().count() > 30 && printed.contains(shown), "{printed}");
}

/// Every file of the tar, header and contents, with bytes spread evenly over it.
#[test]
fn no_altered_byte_is_accepted() {
    let (tar, trust) = (tar(0), trust());
    assert!(verdict_on(&tar, &trust).bundle.is_some());
    let mut tried: BTreeMap<Class, usize> = BTreeMap::new();
    let mut positions = 0;
    for (start, length) in blocks(&tar) {
        let of_this = if length > 100_000 { 200 } else { 1 + usize::from(length > 512) };
        for nth in 0..of_this {
            let at = start + nth * length / of_this + (nth * 37) % (length / of_this).max(1);
            let mut altered = tar.clone();
            altered[at] ^= 1 << (positions % 8);
            let verdict = verdict_on(&altered, &trust);
            assert!(verdict.bundle.is_none(), "byte {at} altered and accepted");
            assert!(
                [ExitStatus::NotAuthentic, ExitStatus::Undecided].contains(&verdict.report.exit_code),
                "byte {at}: {}",
                verdict.report.exit_code
            );
            *tried.entry(verdict.report.problems[0].class).or_default() += 1;
            positions += 1;
        }
    }
    assert!(positions >= 500, "only {positions} positions were tried");
    assert!(tried.contains_key(&Class::Altered) && tried.contains_key(&Class::Malformed), "{tried:?}");
}

/// Headers and contents of a USTAR archive: where each begins and how long it is, padding included.
fn blocks(tar: &[u8]) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    let mut at = 0;
    while tar[at] != 0 {
        let size = std::str::from_utf8(&tar[at + 124..at + 135]).unwrap();
        let size = usize::from_str_radix(size, 8).unwrap().div_ceil(512) * 512;
        found.push((at, 512));
        if size > 0 {
            found.push((at + 512, size));
        }
        at += 512 + size;
    }
    found.push((at, tar.len() - at));
    found
}

#[test]
fn needs_no_network() {
    let folder = tempfile::tempdir().unwrap();
    let script = "ip link set lo up && test \"$(ip -o link | wc -l)\" = 1 && exec \"$0\" demo --dir \"$1\"";
    let mut inside = Command::new("unshare");
    // A user who is not root becomes root of the new namespace.
    inside.args(["--map-root-user", "--net", "sh", "-c", script]).arg(program("witnessmark"));
    let output = inside.arg(folder.path().join("d")).output().unwrap_or_else(|error| {
        panic!("this test needs `unshare` (Debian: apt install util-linux): {error}");
    });
    let (said, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(!stderr.contains("ip: not found"), "this test needs `ip` (Debian: apt install iproute2)");
    assert!(
        !stderr.contains("unshare failed"),
        "this test makes a network namespace: run it as root, or allow user namespaces: {stderr}"
    );
    assert!(output.status.success(), "{said}{stderr}");
    assert!(said.contains("REFUSED, exit code 20"), "{said}");
}
