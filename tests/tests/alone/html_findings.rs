//! Findings in the HTML report: equal ones stand together, keys have their aliases, and each leads down to statement, rule and bytes.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests may stop at the first surprise")]

use std::collections::BTreeMap;

use model::RecordType;
use serde_json::json;
use workspace_tests::pages::page_of;
use workspace_tests::sealed::{Book, Story};

use crate::html_report::{Html, large, page};

/// A run in which this many keys more conform to one check.
pub(crate) fn conforming(count: u64) -> Story {
    let mut story = Story::usual(0);
    let more = (0..count).map(|n| {
        let body = json!({
            "control": "AC-ROT", "check": "aws-kms/key-rotates", "target": "aws-prod",
            "subject": {"kind": "aws-kms/key", "id": format!("key-{n:05}")}, "outcome": "conforms", "severity": "medium",
            "evidence": [{"path": "/rotation/enabled", "actual": true, "expected": true}], "rests_on": ["assignment:0"],
        });
        (RecordType::Finding, body)
    });
    // Before the last one, which is of the other control.
    let at = story.records.iter().position(|(kind, _)| *kind == RecordType::Control).unwrap() - 1;
    story.records.splice(at..at, more);
    story.change(RecordType::Control, 0, |control| control["counts"]["conforms"] = json!(count + 1));
    story.metadata.summary.conforms += count;
    story
}

#[test]
fn what_many_subjects_have_in_common_stands_once() {
    let html = page(conforming(500));
    html.holds_together();
    assert!(html.text.contains("501 findings that say the same"), "{}", html.text);
    // Each of them has its place and its name: nothing is lost.
    for n in [0, 1, 250, 499] {
        assert!(html.text.contains(&format!("key-{n:05}")), "key-{n:05}");
    }
    let of = |class: &str, name: &str| {
        let has = |a: &&BTreeMap<String, String>| a.get("class").is_some_and(|c| c.split(' ').any(|one| one == class));
        html.of(name).filter(has).count()
    };
    assert_eq!((of("equal", "details"), of("member", "details")), (1, 501), "one row that opens into the subjects");
    assert!(html.whole.matches("rotation/enabled").count() < 20, "what they say stands once");
    // What deviates is never behind something that is closed.
    let deviating = page(large(25));
    deviating.holds_together();
    assert!(deviating.text.contains("25 findings that say the same"));
    assert!(!deviating.whole.contains("<details class=\"equal"));
    let member = r#"<div class="item member deviates" id="finding-2" data-outcome="deviates" data-control="AC-USE">"#;
    assert!(deviating.whole.contains(member));
    // Printed, and found by who searches.
    let (style, script) = (&deviating.code["style"][0], &deviating.code["script"][0]);
    let (_, print) = style.split_once("@media print").unwrap();
    assert!(print.contains("details.equal::details-content") && print.contains(".member>details::details-content"));
    assert!(script.contains("beforeprint") && script.contains(".equal"));
    // Two are few.
    assert!(!page(large(2)).text.contains("that say the same"));
}

/// A key with two aliases, whose policy's second statement a finding names; `change` comes after.
pub(crate) fn with_policy(change: impl FnOnce(&mut Story)) -> Book {
    let mut story = Story::usual(0);
    let text = r#"{"Statement":[{"Sid":"Root","Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"kms:*","Resource":"*"},{"Sid":"<b>Other</b>","Effect":"Allow","Principal":"*","Action":"kms:Sign","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"true"}}}]}"#;
    let policy = json!({"text": text, "statements": [
        {"sid": "Root", "effect": "Allow", "actions": ["kms:*"], "resources": ["*"], "conditions": []},
        {"sid": "<b>Other</b>", "effect": "Allow", "actions": ["kms:sign"], "resources": ["*"],
            "principals": [{"type": "*", "form": "everyone", "value": "*"}],
            "conditions": [{"operator": "Bool", "base": "bool", "if_exists": false, "key": "aws:securetransport", "values": ["true"]}]},
    ]});
    story.change(RecordType::Resource, 0, |key| {
        key["facts"]["aliases"] = json!(["alias/hot", "alias/warm"]);
        key["facts"]["policy"] = policy;
        key["parts"]["policy"] = key["parts"]["rotation"].clone();
        key["parts"]["aliases"] = key["parts"]["id"].clone();
    });
    story.change(RecordType::Finding, 0, |finding| {
        finding["evidence"] = json!([{"path": "/policy/statements/1/principals/0", "because": "it lets everybody in"}]);
    });
    change(&mut story);
    let mut book = Book::new();
    book.seal(story);
    book
}

#[test]
fn the_statement_behind_a_policy_finding_stands_beside_it() {
    let book = with_policy(|_| {});
    let html = Html::read(&page_of(&book, &book.exported(0)).html);
    html.holds_together();
    let (_, finding) = html.whole.split_once(r#"id="finding-0""#).unwrap();
    let (finding, _) = finding.split_once("</details>").unwrap();
    for words in [
        "<dt>Sid</dt><dd><code>&#60;b&#62;Other&#60;/b&#62;</code>",
        "<dt>Effect</dt><dd><code>Allow</code>",
        "<dt>Principal</dt><dd><code>*</code>",
        "<dt>Action</dt><dd><code>kms:sign</code>",
        "<dt>Condition</dt><dd><code>Bool aws:securetransport: true</code>",
        "<code>/policy/statements/1</code>",
        // In the source's own spelling, and where it was read.
        "kms:Sign",
        r##"read at <a href="#exchange-1">exchange:1</a>, JSON /Keys/0"##,
    ] {
        assert!(finding.contains(words), "`{words}`: {finding}");
    }
    assert!(!finding.contains("Root"), "the other statement is not what the finding is about");

    // Without the answer, and without the policy.
    let files = book.redacted(0, |_, kind, text| {
        kind == RecordType::Body && String::from_utf8_lossy(text).contains(r#""exchange:1""#)
    });
    let html = Html::read(&page_of(&book, &files).html);
    assert!(html.text.contains("the answer is withheld in this copy"), "{}", html.text);
    assert!(html.text.contains("<b>Other</b>"));
    let files = book.redacted(0, |_, kind, _| kind == RecordType::Resource);
    let html = Html::read(&page_of(&book, &files).html);
    let words = "Not shown: resource:0 is withheld in this copy, and the policy's statement with it.";
    assert!(html.text.contains(words) && !html.text.contains("<b>Other</b>"), "{}", html.text);
}

#[test]
fn keys_have_their_aliases_and_their_id() {
    let book = with_policy(|_| {});
    let html = Html::read(&page_of(&book, &book.exported(0)).html);
    // At the finding, among the records; the other key has no alias.
    assert!(html.text.matches("alias/hot, alias/warm (k-1)").count() >= 2, "{}", html.text);
    assert!(html.text.contains("k-2") && !html.text.contains("(k-2)"));
}

#[test]
fn ids_and_times_of_requests_are_on_paper_too() {
    let html = page(Story::usual(0));
    let summaries: Vec<&str> =
        html.whole.split("<summary>").skip(1).map(|one| one.split("</summary>").next().unwrap()).collect();
    let of = summaries.iter().find(|one| one.contains("kms:ListKeys")).unwrap();
    // What is folded is not printed; what stands in the line is.
    let time = model::Timestamp::from_millis(1_795_255_611_120).unwrap().to_string();
    for words in ["run-0-kms:ListKeys", "exchange:0", time.as_str()] {
        assert!(of.contains(words), "`{words}`: {of}");
    }
}

/// A finding about an object that is computed from a computed one, and that names a key.
pub(crate) fn computed_twice() -> Story {
    let mut story = Story::usual(0);
    // A joined object, computed from the roster, which was computed from keys.
    let joined = json!({
        "target": "aws-prod", "collector": "aws-kms", "population": "aws-kms/ways", "kind": "aws-kms/ways", "id": "all",
        "inputs": ["resource:0", "derived:0"],
        "facts": {"entries": [{"by": [{"kind": "aws-kms/key", "id": "k-1", "part": "rotation"}]}]},
    });
    let coverage = json!({
        "target": "aws-prod", "collector": "aws-kms", "population": "aws-kms/ways",
        "calls": 0, "pages": 0, "items": 1, "complete": true,
    });
    story.insert(RecordType::Coverage, 2, coverage);
    story.insert(RecordType::Derived, 1, joined);
    story.change(RecordType::Finding, 2, |finding| {
        finding["subject"] = json!({"kind": "aws-kms/ways", "id": "all"});
        finding["rests_on"] = json!(["assignment:1", "derived:1"]);
        finding["evidence"] = json!([{"path": "/entries/0"}]);
    });
    story.change(RecordType::Acceptance, 0, |acceptance| {
        acceptance["covers"]["deviation"]["subject"] = json!("all");
    });
    story
}

#[test]
fn what_is_computed_of_computed_things_leads_down_to_the_bytes() {
    let html = page(computed_twice());
    html.holds_together();
    let (_, finding) = html.whole.split_once(r#"id="finding-2""#).unwrap();
    let (finding, _) = finding.split_once("</article>").unwrap();
    for words in [
        "What it comes down to:",
        r##"<a href="#resource-0">resource:0</a> aws-kms/key <code>k-1</code> <code>/rotation</code>"##,
        "{&#34;enabled&#34;:true}",
        r##"read at <a href="#exchange-1">exchange:1</a>"##,
    ] {
        assert!(finding.contains(words), "`{words}`: {finding}");
    }
    for id in ["derived-0", "derived-1", "resource-0", "resource-1", "exchange-1"] {
        assert!(html.ids().contains(id), "no {id}");
    }
}
