//! With what a finding was judged and how its target was read, on every output: computed by whoever verifies, whatever the records say.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests may stop at the first surprise")]

use std::collections::BTreeSet;
use std::fs;

use assess::CheckSet;
use bundle::redact::{self, RedactError};
use bundle::statement::Statement;
use model::{Digest, RecordType};
use serde_json::{Value, json};
use workspace_tests::root;
use workspace_tests::sealed::{Book, Files, Story};

use crate::exec;
use crate::format_cli::Desk;
use crate::html_report::{Html, section};

/// A run that was judged by shipped texts alone.
fn shipped() -> Story {
    let mut story = Story::usual(0);
    story.records.retain(|(kind, _)| *kind != RecordType::Check);
    for (at, record) in CheckSet::stock().unwrap().records(["aws-kms/key-rotates"]).iter().enumerate() {
        story.insert(RecordType::Check, at, serde_json::to_value(record).unwrap());
    }
    story.change(RecordType::Assignment, 1, |used| {
        used["check"] = json!("aws-kms/key-rotates");
        used["parameters"] = json!({"max_days": 365});
    });
    story
}

/// Puts another text in the place of a sealed one.
fn retell(story: &mut Story, id: &str, provenance: &str) {
    let wanted = |(kind, record): &&mut (RecordType, Value)| *kind == RecordType::Check && record["id"] == id;
    let (_, record) = story.records.iter_mut().find(wanted).unwrap();
    let text = format!("{}\n# turned\n", record["text"].as_str().unwrap());
    record["sha256"] = json!(Digest::of(text.as_bytes()));
    record["text"] = json!(text);
    record["provenance"] = json!(provenance);
}

fn sealed(story: Story) -> (Book, Files) {
    let mut book = Book::new();
    book.seal(story);
    let files = book.exported(0);
    (book, files)
}

/// The marks of a bundle, with how many findings have each.
fn counted(story: Story) -> Vec<(String, u64)> {
    let (book, files) = sealed(story);
    let desk = Desk::new(&book, &files);
    let report = desk.with_trust(&["b.tar", "--format", "json"]).json();
    assert_eq!(report["accepted"], json!(true), "a mark refuses nothing: {report}");
    let marks = report["marks"].as_array().unwrap().iter();
    marks.map(|one| (one["mark"].as_str().unwrap().to_owned(), one["findings"].as_u64().unwrap())).collect()
}

fn marks(names: &[(&str, u64)]) -> Vec<(String, u64)> {
    names.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect()
}

#[test]
fn what_is_as_shipped_has_no_marks() {
    assert_eq!(counted(shipped()), []);
    let (book, files) = sealed(shipped());
    let desk = Desk::new(&book, &files);
    for arguments in [&["b.tar"][..], &["show", "b.tar"]] {
        let said = desk.with_trust(arguments);
        assert!(said.text().contains("No marks: "), "{}", said.text());
        assert!(!said.text().contains("mark: "), "{}", said.text());
    }
}

/// auditor.md 3.1 and 3.2: a library of the custodian's, and a text that is another one, whatever its record says.
#[test]
fn another_text_is_marked_whatever_its_record_says() {
    for (id, provenance, expected) in [
        ("lib/kms", "changed", &[("changed-library", 3)][..]),
        ("lib/kms", "stock", &[("contradicted", 3), ("changed-library", 3)]),
        ("aws-kms/key-rotates", "changed", &[("changed-check", 3)]),
        ("aws-kms/key-rotates", "stock", &[("contradicted", 3), ("changed-check", 3)]),
        ("aws-kms/key-rotates", "own", &[("changed-check", 3)]),
    ] {
        let mut story = shipped();
        retell(&mut story, id, provenance);
        assert_eq!(counted(story), marks(expected), "{id} {provenance}");
    }
    // Of another version: not known, which is no change.
    let mut story = shipped();
    retell(&mut story, "aws-kms/key-rotates", "stock");
    story.metadata.tool.version = "9.9.9".to_owned();
    story.change(RecordType::Run, 0, |run| run["tool"]["version"] = json!("9.9.9"));
    assert_eq!(counted(story), marks(&[("unknown-check", 3)]));
    // A check of no shipped id.
    let mut story = shipped();
    for kind in [RecordType::Check, RecordType::Assignment, RecordType::Finding] {
        for (_, record) in story.records.iter_mut().filter(|(of, _)| *of == kind) {
            let name = if kind == RecordType::Check { "id" } else { "check" };
            if record[name] == "aws-kms/key-rotates" {
                record[name] = json!("aws-kms/key-turns");
            }
        }
    }
    story.change(RecordType::Check, 0, |check| check["provenance"] = json!("own"));
    story.change(RecordType::Acceptance, 0, |one| one["covers"]["deviation"]["check"] = json!("aws-kms/key-turns"));
    assert_eq!(counted(story), marks(&[("own-check", 3)]));
    // A library that is left out.
    let mut story = shipped();
    story.records.retain(|(_, record)| record["id"] != "lib/kms");
    assert_eq!(counted(story), marks(&[("unsealed", 3)]));
}

/// auditor.md 3.2 and 3.3: `weaker` is computed, of one use and not of the other.
#[test]
fn weaker_parameters_are_marked_whatever_their_record_says() {
    for (parameters, said, expected) in [
        (json!({"max_days": 400}), json!(["max_days"]), &[("weaker-parameters", 2)][..]),
        (json!({"max_days": 400}), json!([]), &[("contradicted", 2), ("weaker-parameters", 2)]),
        (json!({"max_days": "forever"}), json!([]), &[("contradicted", 2), ("weaker-parameters", 2)]),
        (json!({}), json!(["max_days"]), &[("weaker-parameters", 2)]),
        (json!({"max_days": 90}), json!([]), &[]),
    ] {
        let mut story = shipped();
        story.change(RecordType::Assignment, 0, |used| {
            (used["parameters"], used["weaker"]) = (parameters.clone(), said.clone());
        });
        assert_eq!(counted(story), marks(expected), "{parameters} {said}");
    }
}

#[test]
fn the_way_to_the_source_is_marked() {
    let mut story = shipped();
    story.change(RecordType::Route, 0, |route| {
        route["endpoints"] = json!(["https://kms.internal.example"]);
        route["proxies"] = json!(["http://proxy.example:3128"]);
        route["authorities"] = json!([Digest::of(b"an authority")]);
    });
    assert_eq!(counted(story), marks(&[("own-endpoint", 3), ("own-proxy", 3), ("own-authority", 3)]));
}

/// The route names no endpoint of one's own, and the answers came from one.
#[test]
fn an_answer_from_elsewhere_is_marked_whatever_the_route_says() {
    let mut story = shipped();
    story.change(RecordType::Exchange, 0, |exchange| exchange["endpoint"] = json!("https://kms.evil.example"));
    assert_eq!(counted(story), marks(&[("own-endpoint", 3)]));
}

/// A story of which several things have to be known.
fn marked() -> Story {
    let mut story = shipped();
    retell(&mut story, "lib/kms", "stock");
    story.change(RecordType::Assignment, 0, |used| used["parameters"] = json!({"max_days": 400}));
    story.change(RecordType::Route, 0, |route| route["proxies"] = json!(["http://proxy.example:3128"]));
    story
}

#[test]
fn marks_stand_on_every_output() {
    let (book, files) = sealed(marked());
    let desk = Desk::new(&book, &files);

    let said = desk.with_trust(&["b.tar"]);
    let first = said.text().split("\n\n").next().unwrap().split_whitespace().collect::<Vec<_>>().join(" ");
    for words in [
        "Marks: 3 findings: a record says otherwise",
        "3 findings: judged through a library whose text is not the shipped one",
        "2 findings: parameters weaker than by default",
        "3 findings: read through a proxy",
    ] {
        assert!(first.contains(words), "`{words}` is not in the first lines: {first}");
    }
    let whole = said.text().split_whitespace().collect::<Vec<_>>().join(" ");
    for words in ["(lib/kms)", "(aws-kms/key-rotates: max_days)", "read through a proxy (aws-prod)"] {
        assert!(whole.contains(words), "`{words}`: {whole}");
    }

    let said = desk.with_trust(&["show", "b.tar", "--all"]);
    let (top, rest) = said.text().split_once("\n\n").unwrap();
    assert!(top.contains("Marks: 3 findings: a record says otherwise"), "{top}");
    for (words, count) in [
        ("mark: judged through a library whose text is not the shipped one: lib/kms", 3),
        ("mark: parameters weaker than by default: max_days", 2),
        ("mark: read through a proxy: http://proxy.example:3128", 3),
        ("2 of its findings: parameters weaker than by default", 1),
    ] {
        assert_eq!(rest.matches(words).count(), count, "`{words}`: {rest}");
    }
    let overview = desk.with_trust(&["show", "b.tar", "--all", "--format", "json"]).json();
    assert_eq!(overview["marks"].as_array().unwrap().len(), 4, "{overview}");
    let of = |one: &Value| -> BTreeSet<String> {
        one["marks"].as_array().unwrap().iter().map(|mark| mark["mark"].as_str().unwrap().to_owned()).collect()
    };
    let all: BTreeSet<String> =
        ["contradicted", "changed-library", "weaker-parameters", "own-proxy"].map(str::to_owned).into();
    let findings = overview["overview"]["findings"].as_array().unwrap();
    assert_eq!((findings.len(), of(&findings[0])), (3, all.clone()));
    assert!(!of(&findings[2]).contains("weaker-parameters"), "{}", findings[2]);
    assert_eq!(of(&overview["overview"]["controls"][0]), all);
    assert_eq!(overview["overview"]["controls"][2]["marks"], json!([]));

    let said = desk.with_trust(&["show", "b.tar", "--finding", "0"]);
    assert!(said.text().contains("mark: parameters weaker than by default: max_days"), "{}", said.text());
    let finding = desk.with_trust(&["show", "b.tar", "--finding", "0", "--format", "json"]).json();
    assert_eq!(of(&finding["finding"]), all);

    let said = desk.with_trust(&["report", "b.tar", "--out", "b.html"]);
    assert_eq!(said.code, 0, "{}", said.stderr);
    let html = Html::read(&fs::read_to_string(desk.path("b.html")).unwrap());
    html.holds_together();
    let (top, _) = html.text.split_once("Made from a bundle").unwrap();
    assert!(top.contains("2 findings: parameters weaker than by default"), "{top}");
    assert!(
        html.code["style"][1].contains("marks\\3a  contradicted\\2c  changed\\2d library and 2 more"),
        "every sheet says it"
    );
    assert!(
        section(&html, "controls").contains("mark: 3 of its findings: read through a proxy")
            || section(&html, "controls").contains("mark: 2 of its findings: read through a proxy")
    );
    for words in [
        "Mark: parameters weaker than by default: max_days",
        "Mark: judged through a library whose text is not the shipped one: lib/kms",
    ] {
        assert!(
            section(&html, "accepted").contains(words) || section(&html, "undetermined").contains(words),
            "{words}"
        );
    }
    assert!(section(&html, "run").contains("lib/kms library, a record says otherwise"), "{}", section(&html, "run"));
}

/// auditor.md §4: a redacted copy is never "complete", and counts that nobody can count again are said to be the custodian's word.
#[test]
fn a_redacted_copy_says_first_what_rests_on_word() {
    let mut book = Book::new();
    book.seal(shipped());
    let withheld = |of: &'static [RecordType]| {
        let files = book.redacted(0, |_, kind, _| of.contains(&kind));
        Desk::new(&book, &files)
    };
    let count = Story::usual(0).records.len() + CheckSet::stock().unwrap().records(["aws-kms/key-rotates"]).len() - 1;

    let desk = withheld(&[RecordType::Finding]);
    let said = desk.with_trust(&["b.tar"]);
    assert_eq!(said.code, 0, "{}", said.text());
    let first = said.text().lines().next().unwrap();
    assert_eq!(
        first,
        format!("Accepted: authentic, with 3 of {count} records withheld, to level L2 (position in the ledger)")
    );
    let word = "3 of 3 findings are withheld: what is counted of them is the custodian's word.";
    assert!(said.text().lines().take(4).any(|line| line.contains(word)), "{}", said.text());
    assert!(said.text().contains("What 3 of 3 findings conclude: they are withheld"), "{}", said.text());
    let shown = desk.with_trust(&["show", "b.tar"]);
    assert!(shown.text().lines().take(5).any(|line| line == word), "{}", shown.text());
    desk.with_trust(&["report", "b.tar", "--out", "b.html"]);
    let html = Html::read(&fs::read_to_string(desk.path("b.html")).unwrap());
    let (top, _) = html.text.split_once("Made from a bundle").unwrap();
    assert!(
        top.contains(&format!(
            "3 of {count} records; 3 of 3 findings: what is counted of them is the custodian's word"
        )),
        "{top}"
    );

    // What rests on withheld records has a mark of its own.
    let desk = withheld(&[RecordType::Resource]);
    let said = desk.with_trust(&["b.tar"]);
    assert!(
        !said.text().contains("complete, to level") && said.text().contains("2 findings: rests on withheld records"),
        "{}",
        said.text()
    );
    let shown = desk.with_trust(&["show", "b.tar", "--all"]);
    assert_eq!(shown.text().matches("mark: rests on withheld records").count(), 2, "{}", shown.text());

    // With nothing withheld it is complete.
    let files = book.exported(0);
    let said = Desk::new(&book, &files).with_trust(&["b.tar"]);
    assert!(said.text().starts_with("Accepted: authentic and complete, to level L2"), "{}", said.text());
}

/// What findings alone would tell, their control keeps where they are withheld: that none was expected, that a program of the custodian's read there.
#[test]
fn a_control_keeps_what_withheld_findings_would_tell() {
    let mut story = shipped();
    story.change(RecordType::Assignment, 0, |used| used["expect"] = json!({"none": "we have none"}));
    let read = json!({"target": "aws-prod", "collector": "openssh", "population": "openssh/host", "calls": 1, "pages": 1,
        "items": 0, "complete": true});
    story.insert(RecordType::Coverage, 2, read);
    let mut book = Book::new();
    book.seal(story);
    let counted = |files: &Files| -> Vec<(String, u64, u64)> {
        let report = Desk::new(&book, files).with_trust(&["b.tar", "--format", "json"]).json();
        assert_eq!(report["accepted"], json!(true), "{report}");
        let number = |one: &Value, name: &str| one[name].as_u64().unwrap();
        let marks = report["marks"].as_array().unwrap().iter();
        marks
            .map(|one| (one["mark"].as_str().unwrap().to_owned(), number(one, "findings"), number(one, "controls")))
            .collect()
    };
    let without = |control: &str| {
        let of = format!("\"control\":\"{control}");
        let withheld = |text: &[u8]| std::str::from_utf8(text).unwrap().contains(&of);
        counted(&book.redacted(0, |_, kind, text| kind == RecordType::Finding && withheld(text)))
    };
    let (none, program) = ("expects-none".to_owned(), "own-program".to_owned());
    assert_eq!(
        counted(&book.exported(0)),
        [(program.clone(), 0, 0)],
        "its findings are about other kinds, and about something"
    );
    assert_eq!(without("AC-USE"), [(program.clone(), 0, 1)]);
    assert_eq!(without("AC-ROT"), [(none.clone(), 0, 1), (program.clone(), 0, 1)]);
    assert_eq!(without("AC-"), [(none, 0, 1), (program, 0, 2)]);
}

/// auditor.md 3.4: with what a finding was judged is never withheld. That whoever verifies refuses such a copy of another's making is a vector
/// (`undisclosed`).
#[test]
fn parameters_cannot_be_withheld() {
    let mut book = Book::new();
    book.seal(shipped());
    let bundle = &book.bundles[0];
    let statement = Statement::parse(&bundle.statement.envelope.statement).unwrap();
    for kind in [RecordType::Assignment, RecordType::Check, RecordType::Route, RecordType::Coverage] {
        let refused = redact::redact(
            &statement.predicate.records,
            bundle.records.as_slice(),
            &mut Vec::new(),
            |_, _| String::new(),
            |_, of, _| (of == kind).then(|| "names of staff".to_owned()),
        );
        assert!(
            matches!(refused, Err(RedactError::AlwaysDisclosed { kind: of, .. }) if of == kind),
            "{kind}: {refused:?}"
        );
    }
}

/// auditor.md 3.1 in a real run: a library of the custodian's own turns a rule that ships, and a program of theirs reads the target. The run itself
/// says so, and so does everything after it.
#[test]
fn a_run_says_by_what_it_was_judged() {
    let desk = exec::desk("witnessmark: 1\n");
    let tested =
        desk.witnessmark(&["collectors", "test", "--settings", "settings.json", "--format", "json", "./openssh.py"]);
    let identity = tested.json()["identity"].as_str().unwrap().to_owned();
    let declaration = format!(
        "witnessmark: 1\nentity: Northbank Custody Ltd\nsystem: {{id: hot-wallet}}\npolicies: [own]\n\
         targets:\n  - {{id: bastion, collector: exec, name: openssh, identity: \"{identity}\", program: openssh.py, {}}}\n\
         third_parties: [{{id: vault-ltd, role: custody-of-backups, reviewed: 2001-01-01}}]\n\
         controls:\n  - {{id: AC-SSH, title: Nobody logs in as root, checks: [{{use: openssh/root-login-is-off}}]}}\n  \
         - {{id: AC-TP, title: Third parties are reviewed, checks: [{{use: declaration/third-party-is-reviewed, with: {{max_days: 3000}}}}]}}\n",
        exec::SETTINGS
    );
    let here = desk.path("").to_string_lossy().trim_end_matches('/').to_owned();
    fs::write(desk.path("witnessmark.yaml"), declaration.replace("DESK", &here)).unwrap();
    fs::create_dir_all(desk.path("own/checks/openssh")).unwrap();
    fs::create_dir_all(desk.path("own/lib")).unwrap();
    fs::write(desk.path("own/checks/openssh/root_login_is_off.rego"), exec::CHECK).unwrap();
    let library = fs::read_to_string(root().join("policies/lib/declaration.rego")).unwrap();
    let turned = library.replacen("\nage(day) := aws.days(day.epoch, input.now)\n", "\nage(_) := 0\n", 1);
    assert_ne!(library, turned, "the library has no `age` any more");
    fs::write(desk.path("own/lib/declaration.rego"), turned).unwrap();

    let ran = desk.witnessmark(&["run", "--quiet"]);
    let text = &ran.stdout;
    for words in [
        "judged through a library whose text is not the shipped one",
        "judged by a check of the custodian's own",
        "parameters weaker than by default",
        "read by a program of the custodian's own",
    ] {
        let marks = text.lines().find(|line| line.starts_with("Marks: ")).unwrap_or_default();
        assert!(marks.contains(words), "`{words}`: {ran:?}");
    }
    assert!(!text.contains("a record says otherwise"), "our own program lies about nothing: {text}");
    let shown = desk.witnessmark(&["show", "--all", "--format", "json"]).json();
    let findings = shown["overview"]["findings"].as_array().unwrap();
    let of = |check: &str| findings.iter().find(|one| one["check"] == check).unwrap();
    let names = |one: &Value| -> Vec<String> {
        one["marks"].as_array().unwrap().iter().map(|mark| mark["mark"].as_str().unwrap().to_owned()).collect()
    };
    let turned = of("declaration/third-party-is-reviewed");
    assert_eq!(turned["outcome"], json!("conforms"), "the library did not turn it: {turned}");
    assert_eq!(names(turned), ["changed-library", "weaker-parameters"]);
    assert_eq!(names(of("openssh/root-login-is-off")), ["own-check", "own-program"]);
    let traced = desk.witnessmark(&["trace", "AC-TP"]);
    for words in ["weaker than by default: max_days", "mark: judged through a library"] {
        assert!(traced.stdout.contains(words), "`{words}`: {traced:?}");
    }
}
