//! What a run can be asked for besides reading everything: some targets only, an exit code for what is new, a memory of the
//! ledger's head that does not lie beside the keys.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests may stop at the first surprise")]

use std::collections::BTreeSet;
use std::fs;

use fakes::aws::{AwsFake, Size, World};
use testkit::{Fault, Faulty, Rule, Server};
use workspace_tests::desk::{Desk, Sealed, template};

const ACCOUNT: &str = "111122223333";

fn desk(declaration: &str, server: &Server) -> Desk {
    let mut desk = Desk::new(declaration);
    desk.aws(&server.url(), "AKIAIOSFODNN7EXAMPLE", "an example of a secret key");
    desk
}

/// Runs with these options; the exit code and what was sealed.
fn run(desk: &Desk, options: &[&str]) -> (i32, Sealed) {
    let answer = desk.witnessmark(&[&["run", "--quiet", "--format", "json"], options].concat());
    let json = answer.json();
    assert_eq!(json["exit_code"], answer.code, "{answer:?}");
    (answer.code, Sealed::read(&desk.path("evidence/bundles"), json["index"].as_u64().unwrap()))
}

/// Two accounts, of which one answers.
fn two_targets() -> String {
    let text = template(ACCOUNT, "[eu-west-1]");
    let at = text.find("\nthird_parties:").unwrap();
    let second =
        "  - id: second\n    collector: [aws-iam, aws-kms]\n    account: \"444455556666\"\n    regions: [eu-west-1]\n";
    format!("{}\n{second}{}", &text[..at], &text[at..])
}

#[test]
fn a_target_that_is_left_out_is_said_to_be() {
    let server = Server::http(AwsFake::new(World::new(Size::SMALL)));
    let desk = desk(&two_targets(), &server);
    let first = "aws-prod";
    let (_, whole) = run(&desk, &[]);
    let (code, some) = run(&desk, &["--target", first]);
    assert!([11, 12].contains(&code), "{code}");

    let left_out: BTreeSet<(String, String)> = some
        .of("gap")
        .filter(|gap| gap["reason"] == "skipped" && gap["population"].is_null())
        .map(|gap| (gap["target"].as_str().unwrap().to_owned(), gap["collector"].as_str().unwrap().to_owned()))
        .collect();
    let expected = ["aws-iam", "aws-kms"].map(|collector| ("second".to_owned(), collector.to_owned()));
    assert_eq!(left_out, BTreeSet::from(expected));
    assert!(some.of("exchange").all(|exchange| exchange["target"] == first), "the other was not asked anything");
    let of_second: Vec<_> = some.findings().into_iter().filter(|f| f.key.contains("\"second\"")).collect();
    assert!(!of_second.is_empty() && of_second.iter().all(|f| f.outcome == "undetermined"), "{of_second:?}");
    assert!(of_second.iter().all(|f| f.reason.contains("left out on purpose")), "{of_second:?}");

    // What is said of the chosen one is the same as ever, and no check falls silent.
    let of_first = |sealed: &Sealed| -> BTreeSet<(String, String)> {
        sealed.findings().into_iter().filter(|f| f.key.contains("\"aws-prod\"")).map(|f| (f.key, f.outcome)).collect()
    };
    assert_eq!(of_first(&some), of_first(&whole));
    let checks = |sealed: &Sealed| -> BTreeSet<String> {
        sealed.findings().into_iter().filter(|f| f.key.contains("\"second\"")).map(|f| f.check).collect()
    };
    assert_eq!(checks(&some), checks(&whole));

    let unknown = desk.witnessmark(&["run", "--target", "aws-prd"]);
    assert_eq!(unknown.code, 2, "{unknown:?}");
    assert!(unknown.stderr.contains("no target `aws-prd`") && unknown.stderr.contains("second"), "{unknown:?}");
}

#[test]
fn one_targets_failure_costs_the_other_nothing() {
    let server = Server::http(AwsFake::new(World::new(Size::SMALL)));
    let desk = desk(&two_targets(), &server);
    let (_, sealed) = run(&desk, &[]);
    // The server is the first account: asked as the second it is another one, and nothing is read.
    let wrong: BTreeSet<&str> = sealed
        .of("gap")
        .filter(|gap| gap["reason"] == "wrong-identity")
        .map(|gap| gap["target"].as_str().unwrap())
        .collect();
    // What is computed from both is not known either.
    assert_eq!(wrong, BTreeSet::from(["joined", "second"]));
    let read = || sealed.of("resource").filter(|one| one["target"] != "declaration");
    assert!(read().count() > 10 && read().all(|one| one["target"] == "aws-prod"));
}

#[test]
fn only_what_is_new_may_decide_the_exit_code() {
    let fake = AwsFake::new(World::new(Size::SMALL));
    let stop_rotating = || {
        let mut world = fake.change();
        world
            .kms
            .values_mut()
            .flat_map(|region| &mut region.keys)
            .find(|key| key.rotation.is_some())
            .unwrap()
            .rotation = None;
    };
    stop_rotating();
    let faulty = Faulty::new(fake.clone(), Vec::new());
    let server = Server::http(faulty.clone());
    let desk = desk(&template(ACCOUNT, "[eu-west-1]"), &server);
    let new = ["--fail-on", "new"];
    let (first, sealed) = run(&desk, &new);
    assert!(first >= 10, "before the first bundle nothing was so: {first}");
    assert!(sealed.findings().iter().any(|f| f.outcome == "deviates"));
    let (as_before, _) = run(&desk, &new);
    assert_eq!(as_before, 0, "what deviates was so before, and everything was read");

    // Something that was known no longer is.
    faulty.set(vec![Rule::always("kms:GetKeyRotationStatus", Fault::Deny)]);
    let answer = desk.witnessmark(&["run", "--quiet", "--fail-on", "new"]);
    assert_eq!(answer.code, 11, "{answer:?}");
    // What stops a pipeline is named, and told from what was so before.
    let (_, news) = answer.stdout.split_once("New since their targets were last read: ").unwrap();
    let named: Vec<&str> = news.lines().skip(1).take_while(|line| line.starts_with("  ")).collect();
    assert!(news.starts_with(&format!("{} of these findings", named.len())), "{news}");
    assert!(!named.is_empty() && named.iter().all(|line| line.contains("undetermined")), "{named:?}");
    assert!(named.iter().all(|line| line.contains("aws-kms/key-rotates")), "{named:?}");
    assert!(named.iter().all(|line| line.ends_with("; cause: visibility)")), "{named:?}");
    assert!(news.contains("Since bundle 1: Nothing that can be compared differs, and "), "{news}");
    assert_eq!(run(&desk, &new).0, 3, "and stays unknown: never clean, and not new");
    faulty.set(Vec::new());
    assert_eq!(run(&desk, &new).0, 10, "what deviated before it was unknown is new against the bundle before");
    assert_eq!(run(&desk, &new).0, 0);

    // A change that deviates, and one of both kinds.
    stop_rotating();
    assert_eq!(run(&desk, &new).0, 10);
    let (any, _) = run(&desk, &[]);
    assert!(any >= 10, "without the option everything counts: {any}");
    assert_eq!(run(&desk, &new).0, 0);
}

#[test]
fn the_memory_of_the_head_may_lie_elsewhere() {
    let server = Server::http(AwsFake::new(World::new(Size::SMALL)));
    let mut desk = Desk::bare();
    fs::write(desk.path("witnessmark.yaml"), template(ACCOUNT, "[eu-west-1]")).unwrap();
    desk.aws(&server.url(), "AKIAIOSFODNN7EXAMPLE", "an example of a secret key");
    assert_eq!(desk.witnessmark(&["keys", "new", "--out", "keys", "--origin", "northbank.example/hot-wallet"]).code, 0);
    let files = |desk: &Desk| -> BTreeSet<String> {
        fs::read_dir(desk.path("keys")).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect()
    };
    let before = files(&desk);
    fs::create_dir(desk.path("state")).unwrap();
    let answer = desk.witnessmark(&["ledger", "init", "--store", "evidence", "--head", "state/head"]);
    assert_eq!(answer.code, 0, "{answer:?}");
    desk.set("WITNESSMARK_HEAD", "state/head");
    let (_, sealed) = run(&desk, &[]);
    assert_eq!(files(&desk), before, "nothing is written beside the keys");
    let seen = fs::read_to_string(desk.path("state/head")).unwrap();

    // It is the memory that notices a store that was put back.
    let copied = std::process::Command::new("cp").args(["-a", "evidence", "old"]).current_dir(desk.path("")).status();
    assert!(copied.unwrap().success());
    let (_, second) = run(&desk, &[]);
    assert_eq!(second.index, sealed.index + 1);
    assert_ne!(fs::read_to_string(desk.path("state/head")).unwrap(), seen);
    fs::rename(desk.path("evidence"), desk.path("new")).unwrap();
    fs::rename(desk.path("old"), desk.path("evidence")).unwrap();
    let refused = desk.witnessmark(&["run", "--quiet"]);
    assert_eq!(refused.code, 1, "{refused:?}");
    assert!(refused.stderr.contains("rolled back"), "{refused:?}");
}

/// `AWS_ENDPOINT_URL` that somebody left in the environment.
#[test]
fn a_rehearsal_is_not_green() {
    let server = Server::http(AwsFake::new(World::new(Size::SMALL)));
    let desk = desk(&template(ACCOUNT, "[eu-west-1]"), &server);
    for options in
        [&["run", "--quiet", "--format", "json"][..], &["run", "--quiet", "--format", "json", "--fail-on", "new"]]
    {
        let answer = desk.plainly(options);
        assert_eq!((answer.code, &answer.json()["exit_code"]), (4, &4.into()), "{answer:?}");
        assert_eq!(answer.json()["rehearsal"], serde_json::json!(["endpoint"]), "{answer:?}");
        assert!(answer.stderr.contains("this run is a rehearsal, not evidence"), "{answer:?}");
    }
    let (code, _) = run(&desk, &[]);
    assert_eq!(desk.plainly(&["run", "--quiet", "--allow-rehearsal"]).code, code);
    assert!([0, 3, 10, 11, 12].contains(&code), "{code}");
}

#[test]
fn an_endpoint_that_is_not_a_url_is_said_and_nothing_is_asked() {
    let mut desk = Desk::new(&template(ACCOUNT, "[eu-west-1]"));
    desk.aws("https://kms example", "AKIAIOSFODNN7EXAMPLE", "an example of a secret key");
    let (code, sealed) = run(&desk, &[]);
    assert_eq!(code, 11);
    let said =
        |gap: &serde_json::Value| gap["detail"].as_str().is_some_and(|text| text.contains("`https://kms example`"));
    let of_target: Vec<_> = sealed.of("gap").filter(|gap| gap["population"].is_null()).collect();
    assert!(!of_target.is_empty() && of_target.iter().all(|gap| said(gap)), "{of_target:?}");
    assert_eq!(sealed.of("exchange").count(), 0);
}

#[test]
fn what_to_do_next_leads_to_what_was_written() {
    let server = Server::http(AwsFake::new(World::new(Size::SMALL)));
    let desk = desk(&template(ACCOUNT, "[eu-west-1]"), &server);
    fs::rename(desk.path("evidence"), desk.path("a store")).unwrap();
    fs::rename(desk.path("keys"), desk.path("k")).unwrap();
    for (arguments, options) in
        [(&["--store", "a store", "--keys", "k"][..], "--store 'a store' --trust k/trust.json"), (&[], "")]
    {
        let answer = desk.witnessmark(&[&["run", "--quiet"][..], arguments].concat());
        let next =
            answer.stdout.lines().find_map(|line| line.strip_prefix("Next: ")).unwrap_or_else(|| panic!("{answer:?}"));
        assert!(next.starts_with(format!("witnessmark show {options}").trim_end()), "{next}");
        // As they stand, but for the number that a person chooses.
        for command in next.split(", ") {
            let programs = workspace_tests::desk::program("witnessmark").parent().unwrap().display().to_string();
            let output = desk
                .command(std::path::Path::new("/bin/sh"))
                .env("PATH", format!("{programs}:/usr/bin:/bin"))
                .args(["-euc", &command.replace(" N", " 0")])
                .output()
                .unwrap();
            assert!(output.status.success(), "`{command}`: {output:?}");
        }
        fs::rename(desk.path("a store"), desk.path("evidence")).ok();
        fs::rename(desk.path("k"), desk.path("keys")).ok();
    }
}
