//! Findings on the terminal and in JSON: equal ones stand together, keys have their aliases, and each leads down to statement, rule and bytes.

use model::RecordType;
use serde_json::json;
use workspace_tests::sealed::{Book, Files, Story};

use crate::format_cli::Desk;
use crate::html_findings::{computed_twice, conforming, with_policy};
use crate::html_report::large;

fn sealed(story: Story) -> (Book, Files) {
    let mut book = Book::new();
    book.seal(story);
    let files = book.exported(0);
    (book, files)
}

#[test]
fn what_many_subjects_have_in_common_is_said_once() {
    let (book, files) = sealed(large(25));
    let desk = Desk::new(&book, &files);
    let said = desk.with_trust(&["show", "b.tar"]);
    let text = said.text();
    assert!(text.contains("  25 × deviates       aws-kms/key-is-usable  AC-USE"), "{text}");
    assert_eq!(text.matches("/state is \"disabled\", expected enabled").count(), 1, "{text}");
    for n in 0..25 {
        assert!(text.contains(&format!("{:>6} key-{n:05}\n", n + 2)), "each with its number: {text}");
    }
    // What conforms, where it is asked for.
    let (book, files) = sealed(conforming(40));
    let desk = Desk::new(&book, &files);
    let text = desk.with_trust(&["show", "b.tar", "--all"]).text().to_owned();
    assert!(text.contains("41 × conforms") && text.contains("key-00039"), "{text}");
    let json = desk.with_trust(&["show", "b.tar", "--all", "--format", "json"]).json();
    assert_eq!(json["overview"]["findings"].as_array().unwrap().len(), 43, "programs have each");
}

#[test]
fn what_is_not_listed_is_said_and_where_it_is() {
    let (book, files) = sealed(large(2_100));
    let desk = Desk::new(&book, &files);
    let said = desk.with_trust(&["show", "b.tar"]);
    let words = said.text().split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("Deviates from what is declared: 1999 of 2101"), "{words}");
    assert!(words.contains("and 102 more findings, which are not in `--format json` either"), "{words}");
    let json = desk.with_trust(&["show", "b.tar", "--format", "json"]).json();
    assert_eq!(json["overview"]["findings_not_shown"], 102);
    let last = desk.with_trust(&["show", "b.tar", "--finding", "2102"]);
    assert_eq!(last.code, 0, "each is shown by its number: {}", last.stderr);
}

#[test]
fn a_policy_finding_leads_to_its_statement() {
    let book = with_policy(|_| {});
    let desk = Desk::new(&book, &book.exported(0));
    let said = desk.with_trust(&["show", "b.tar", "--finding", "0"]);
    let text = said.text();
    let (_, grounds) = text.split_once("What it comes down to\n").unwrap();
    let (grounds, _) = grounds.split_once("\n\n").unwrap();
    for line in [
        "  aws-kms/key alias/hot, alias/warm (k-1) resource:0 /policy/statements/1",
        "    Sid           <b>Other</b>",
        "    Effect        Allow",
        "    Principal     *",
        "    Action        kms:sign",
        "    Resource      *",
        "    Condition     Bool aws:securetransport: true",
        "    as its source wrote it",
        "    read at       exchange:1 /Keys/0",
    ] {
        assert!(grounds.lines().any(|one| one == line), "`{line}`: {grounds}");
    }
    assert!(grounds.contains(r#"    │ {"Sid":"<b>Other</b>","Effect":"Allow""#), "{grounds}");
    let json = desk.with_trust(&["show", "b.tar", "--finding", "0", "--format", "json"]).json();
    let ground = &json["grounds"][0];
    assert_eq!(ground["statement"]["actions"], json!(["kms:sign"]));
    assert_eq!(ground["from"], json!([{"record": "exchange:1", "place": "/Keys/0"}]));
    assert_eq!(json["key_aliases"], json!({"k-1": ["alias/hot", "alias/warm"]}));

    // Of a copy without the answer, and of one without the policy.
    let files = book.redacted(0, |_, kind, text| {
        kind == RecordType::Body && String::from_utf8_lossy(text).contains(r#""exchange:1""#)
    });
    let less = Desk::new(&book, &files);
    let without = less.with_trust(&["show", "b.tar", "--finding", "0"]);
    assert!(without.text().contains("exchange:1 /Keys/0: the answer is withheld in this copy"), "{}", without.text());
    let files = book.redacted(0, |_, kind, _| kind == RecordType::Resource);
    let less = Desk::new(&book, &files);
    let without = less.with_trust(&["show", "b.tar", "--finding", "0"]);
    let words = without.text().split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        words.contains("not shown resource:0 is withheld in this copy, and the policy's statement with it"),
        "{words}"
    );
}

#[test]
fn what_is_computed_leads_down_to_the_bytes() {
    let (book, files) = sealed(computed_twice());
    let desk = Desk::new(&book, &files);
    let said = desk.with_trust(&["show", "b.tar", "--finding", "2"]);
    let text = said.text();
    for words in [
        "  aws-kms/key k-1 resource:0 /rotation\n",
        "    │ {\"enabled\":true}",
        "    read at       exchange:1 /Keys/0",
        "aws-kms/ways all",
        "aws-kms/roster roster",
        "kms:GetKeyRotationStatus",
        "run-0-kms:GetKeyRotationStatus",
        r#"  │ {"KeyRotationEnabled":true}"#,
    ] {
        assert!(text.contains(words), "`{words}`: {text}");
    }
    let json = desk.with_trust(&["show", "b.tar", "--finding", "2", "--format", "json"]).json();
    assert_eq!(json["grounds"][0]["record"], "resource:0");
    assert_eq!(json["derived"].as_array().unwrap().len(), 2);
}

#[test]
fn keys_have_their_aliases_beside_their_id() {
    let book = with_policy(|story| {
        story.change(RecordType::Gap, 0, |gap| gap["detail"] = json!("AccessDenied"));
        story.change(RecordType::Resource, 1, |key| {
            key["facts"]["aliases"] = json!(["alias/\u{1b}[31mcold"]);
            key["parts"]["aliases"] = key["parts"]["id"].clone();
        });
    });
    let desk = Desk::new(&book, &book.exported(0));
    let said = desk.with_trust(&["show", "b.tar", "--all"]);
    let text = said.text();
    assert!(text.contains("       alias/hot, alias/warm (k-1)\n"), "{text}");
    // A finding and a gap about the other one; what a source says steers nothing.
    assert_eq!(text.matches("alias/\u{fffd}[31mcold (k-2)").count(), 2, "{text}");
    let json = desk.with_trust(&["show", "b.tar", "--format", "json"]).json();
    assert_eq!(json["overview"]["key_aliases"]["k-1"], json!(["alias/hot", "alias/warm"]));
}

#[test]
fn why_a_run_failed_is_said() {
    let mut story = Story::usual(0).failed();
    story.change(RecordType::Run, 0, |run| run["failure"] = json!("the disk was full"));
    let (book, files) = sealed(story);
    let desk = Desk::new(&book, &files);
    let said = desk.with_trust(&["show", "b.tar", "--allow-failed"]);
    assert_eq!(said.code, 0, "{}{}", said.text(), said.stderr);
    let (top, _) = said.text().split_once("\n\n").unwrap();
    assert!(top.contains("Nothing can be concluded from it. What it says: the disk was full"), "{top}");
}
