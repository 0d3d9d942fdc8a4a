//! The HTML report: all of a bundle is in it, nothing that a source said becomes markup, nothing is loaded from anywhere, and what
//! is left out is said.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests may stop at the first surprise")]

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bundle::trust::Range;
use model::record::{Override, RunStatus};
use model::{Digest as Sha, RecordType};
use serde_json::json;
use sha2::{Digest as _, Sha256};
use sign::Ed25519Signer;
use workspace_tests::pages::{HOSTILE, hostile, page_of, page_under};
use workspace_tests::sealed::{Book, Story};

fn page(story: Story) -> Html {
    let mut book = Book::new();
    book.seal(story);
    Html::read(&page_of(&book, &book.exported(0)).html)
}

/// A page taken apart by a strict reader: every tag closed in order, every attribute in quotes.
#[derive(Debug, Default)]
struct Html {
    whole: String,
    /// Name and attributes of every element.
    elements: Vec<(String, BTreeMap<String, String>)>,
    /// Texts, escapes undone, outside of script and style.
    text: String,
    /// Contents of script and style.
    code: BTreeMap<String, Vec<String>>,
}

impl Html {
    fn read(page: &str) -> Self {
        let mut html = Self { whole: page.to_owned(), ..Self::default() };
        let mut rest = page.strip_prefix("<!DOCTYPE html>").unwrap();
        let mut open: Vec<String> = Vec::new();
        while let Some(at) = rest.find('<') {
            html.text.push_str(&unescaped(&rest[..at]));
            rest = &rest[at + 1..];
            if let Some(after) = rest.strip_prefix('/') {
                let end = after.find('>').unwrap();
                assert_eq!(
                    open.pop().as_deref(),
                    Some(&after[..end]),
                    "closed out of order: {}",
                    &html.text[html.text.len().saturating_sub(80)..]
                );
                rest = &after[end + 1..];
                html.text.push('\n');
                continue;
            }
            let (name, attributes, after) = tag(rest);
            rest = after;
            let void = ["meta", "input", "link", "br", "img"].contains(&name.as_str());
            html.elements.push((name.clone(), attributes));
            if name == "script" || name == "style" {
                let end = rest.find(&format!("</{name}>")).unwrap();
                html.code.entry(name.clone()).or_default().push(rest[..end].to_owned());
                rest = &rest[end + name.len() + 3..];
            } else if !void {
                open.push(name);
            }
        }
        assert!(open.is_empty(), "left open: {open:?}");
        html
    }

    fn of(&self, name: &str) -> impl Iterator<Item = &BTreeMap<String, String>> {
        self.elements.iter().filter(move |(n, _)| n == name).map(|(_, attributes)| attributes)
    }

    fn ids(&self) -> BTreeSet<&str> {
        self.elements.iter().filter_map(|(_, a)| a.get("id").map(String::as_str)).collect()
    }

    /// What holds for every page.
    #[track_caller]
    fn holds_together(&self) {
        let known = [
            "html",
            "head",
            "meta",
            "title",
            "style",
            "script",
            "body",
            "a",
            "header",
            "p",
            "h1",
            "h2",
            "h3",
            "span",
            "div",
            "strong",
            "em",
            "b",
            "ul",
            "li",
            "nav",
            "form",
            "label",
            "input",
            "select",
            "option",
            "button",
            "output",
            "main",
            "section",
            "table",
            "thead",
            "tbody",
            "tr",
            "th",
            "td",
            "article",
            "details",
            "summary",
            "dl",
            "dt",
            "dd",
            "code",
            "pre",
            "figure",
            "figcaption",
        ];
        let mut ids = BTreeSet::new();
        for (name, attributes) in &self.elements {
            assert!(known.contains(&name.as_str()), "an element that the template does not have: {name}");
            for (attribute, value) in attributes {
                assert!(
                    !attribute.starts_with("on") && !["src", "style", "action", "srcdoc"].contains(&attribute.as_str()),
                    "{attribute} of {name}"
                );
                if attribute == "href" {
                    assert!(value.starts_with('#'), "a link out of the page: {value}");
                    assert!(self.ids().contains(&value[1..]), "a link to nothing: {value}");
                }
                if attribute == "id" {
                    assert!(ids.insert(value), "twice: {value}");
                }
                if attribute == "aria-labelledby" {
                    assert!(self.ids().contains(value.as_str()), "labelled by nothing: {value}");
                }
            }
        }
        for table in self.of("th") {
            assert!(table.contains_key("scope"), "a table header without scope");
        }
        let landmarks: Vec<usize> =
            ["header", "nav", "main", "h1", "script", "style"].map(|n| self.of(n).count()).to_vec();
        assert_eq!(landmarks, [1; 6]);
        let policy =
            self.of("meta").find(|a| a.get("http-equiv").is_some_and(|v| v == "Content-Security-Policy")).unwrap();
        let policy = &policy["content"];
        assert!(policy.starts_with("default-src 'none'; "), "{policy}");
        for (name, source) in [("style", "style-src"), ("script", "script-src")] {
            let hash = STANDARD.encode(Sha256::digest(self.code[name][0].as_bytes()));
            assert!(policy.contains(&format!("{source} 'sha256-{hash}';")), "{policy}");
        }
        let style = &self.code["style"][0];
        assert!(!style.contains("url(") && !style.contains("@import"), "the style loads something");
        // Without script there is no filter, and nothing is hidden by one.
        assert!(self.of("form").all(|form| form.contains_key("hidden")));
        let hidden = self.elements.iter().filter(|(_, a)| a.contains_key("hidden"));
        assert_eq!(hidden.map(|(_, a)| a["id"].as_str()).collect::<Vec<_>>(), ["filter", "filtered"]);
    }
}

fn tag(text: &str) -> (String, BTreeMap<String, String>, &str) {
    let name_end = text.find(|c: char| !c.is_ascii_alphanumeric()).unwrap();
    let (name, mut rest) = text.split_at(name_end);
    let mut attributes = BTreeMap::new();
    loop {
        rest = rest.trim_start();
        if let Some(after) = rest.strip_prefix('>') {
            return (name.to_owned(), attributes, after);
        }
        let end = rest.find(['=', '>', ' ']).unwrap();
        let (attribute, after) = rest.split_at(end);
        if let Some(value) = after.strip_prefix("=\"") {
            let end = value.find('"').unwrap();
            assert!(attributes.insert(attribute.to_owned(), unescaped(&value[..end])).is_none(), "{attribute} twice");
            rest = &value[end + 1..];
        } else {
            attributes.insert(attribute.to_owned(), String::new());
            rest = after;
        }
    }
}

fn unescaped(text: &str) -> String {
    [
        ("&#60;", "<"),
        ("&#62;", ">"),
        ("&#34;", "\""),
        ("&#39;", "'"),
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&#38;", "&"),
        ("&amp;", "&"),
    ]
    .iter()
    .fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
}

#[test]
fn everything_of_a_bundle_is_in_it() {
    let html = page(Story::usual(0));
    html.holds_together();
    for wanted in [
        "Northbank Custody Ltd",
        "hot-wallet",
        "run-0",
        "collector-1",
        "assumed-role/witnessmark/run",
        "AC-ROOM",
        "no checks",
        // The gap, and whose move it is.
        "1 × access denied:",
        "kms:GetKeyRotationStatus",
        "whoever grants permissions at the source",
        // The finding that depends on it.
        "/rotation: denied, kms:GetKeyRotationStatus",
        // What was accepted still deviates.
        "deviates, accepted",
        "It still deviates.",
        // Coverage with the source's own count; the answer that was not kept; the rest of the custodian's word.
        "aws-kms/key@eu-west-1",
        "to its end",
        "What still rests on the custodian's word",
        "1 answers were received and not kept",
        // Down to the bytes: the exchange, the place, the answer.
        "JSON /Keys/0",
        r#"{"KeyRotationEnabled":true}"#,
        "run-0-kms:ListKeys",
        "Computed from",
    ] {
        assert!(html.text.contains(wanted), "not in the page: {wanted}");
    }
    for id in ["finding-0", "finding-1", "finding-2", "resource-0", "derived-0", "exchange-0", "not-read"] {
        assert!(html.ids().contains(id), "no {id}");
    }
    assert!(!html.text.contains("This is a rehearsal") && !html.text.contains("This run failed"));
}

#[test]
fn same_bundle_same_page() {
    let book = Book::of(2);
    let files = book.exported(1);
    assert_eq!(page_of(&book, &files).html, page_of(&book, &files).html);
}

#[test]
fn what_a_source_says_never_becomes_markup() {
    let html = page(hostile());
    html.holds_together();
    assert!(!html.whole.contains("<img") && !html.whole.contains("<script>document.title"));
    let said = HOSTILE.replace('\u{202e}', "\u{fffd}");
    // Answer, excerpt, gap, reason, evidence, title, host, request id: read as they are, and as texts.
    assert!(html.text.matches("<script>document.title='owned'</script>").count() >= 8);
    assert!(html.text.contains(&said));
    assert!(!html.whole.contains('\u{202e}'), "the direction of writing can be turned");
}

/// The story with this text as its declaration.
fn declaring(text: &str) -> Story {
    let mut story = Story::usual(0);
    story.change(RecordType::Declaration, 0, |file| {
        file["size"] = json!(text.len());
        file["sha256"] = json!(Sha::of(text.as_bytes()));
    });
    story.raw.insert(0, text.as_bytes().to_vec());
    story
}

#[test]
fn each_requirement_of_the_declared_level_is_in_it() {
    let reason = HOSTILE.replace('\u{202e}', "");
    let declared = format!(
        "witnessmark: 1\nentity: N\nsystem: {{id: hot-wallet, standard: ccss-9.0, level: 1}}\n\
         controls: [{{id: AC-ROT, title: Keys rotate, requirements: [ccss-9.0:1.05.1.1], threats: [T], checks: [{{use: aws-kms/key-rotates}}]}}]\n\
         threats: [{{id: T, title: t}}]\n\
         not_applicable: [{{requirement: ccss-9.0:2.01.2.1, reason: {}}}]\n",
        json!(reason)
    );
    let html = page(declaring(&declared));
    html.holds_together();
    let rows = html.whole.matches("<span class=\"sub\">level 1 · ").count();
    assert_eq!(rows, 30, "all of level 1, and no more");
    let section = html.text.split("Whether one is met is an auditor's word").nth(1).unwrap();
    let section = section.split("Every population that was listed").next().unwrap();
    for words in [
        "1 with a control",
        "1 declared not to apply",
        "Nothing here covers 9.1",
        "answers T",
        "inspect covered",
        "interview open",
        "no control serves it",
        reason.as_str(),
    ] {
        assert!(section.contains(words), "`{words}`: {section}");
    }
}

#[test]
fn why_no_requirement_is_listed_is_said() {
    let said = |text: &str| {
        let html = page(declaring(text));
        html.holds_together();
        let at = html.text.find("No requirement is listed: ").unwrap();
        html.text[at..].lines().next().unwrap().to_owned()
    };
    assert_eq!(
        said("witnessmark: 1\nentity: N\nsystem: {id: s}\n"),
        "No requirement is listed: the declaration names no standard under `system`."
    );
    assert_eq!(
        said("witnessmark: 2\nentity: N\nsystem: {id: s}\n"),
        "No requirement is listed: the sealed declaration cannot be read by this program: witnessmark.yaml:1:14: the declaration is of version 2, and this program reads version 1."
    );
}

#[test]
fn rehearsed_and_failed_runs_are_marked_at_the_top() {
    let html = page(Story::usual(0).rehearsed(&[Override::Replay]));
    html.holds_together();
    let banner = html.text.find("This is a rehearsal.").unwrap();
    assert!(banner < html.text.find("Controls").unwrap());
    assert!(html.text.contains("It is a rehearsal, not evidence (recorded answers)."));

    let mut story = Story::usual(0);
    story.metadata.status = RunStatus::Failed;
    story.change(RecordType::Run, 0, |run| {
        run["status"] = json!("failed");
        run["failure"] = json!("the disk was full");
    });
    let html = page(story);
    html.holds_together();
    assert!(html.text.find("This run failed.").unwrap() < html.text.find("Controls").unwrap());
    assert!(html.text.contains("the disk was full"));
}

#[test]
fn withheld_findings_are_counted_and_not_clean() {
    let book = Book::of(1);
    let files = book.redacted(0, |_, kind, _| matches!(kind, RecordType::Finding | RecordType::Params));
    let html = Html::read(&page_of(&book, &files).html);
    html.holds_together();
    assert!(html.text.contains("This is a redacted copy."));
    assert!(html.text.contains("3 findings are withheld in this copy."));
    assert!(html.text.contains("0 of 1 are shown."), "the signed statement's own counts stand in the page");
    assert!(html.text.contains("not in this copy"));
}

#[test]
fn a_withheld_declaration_is_said() {
    let book = Book::of(1);
    let files = book.redacted(0, |_, kind, _| kind == RecordType::Declaration);
    let html = Html::read(&page_of(&book, &files).html);
    html.holds_together();
    assert!(html.text.contains("No requirement is listed: the declaration is withheld in this copy."));
}

/// A run with this many deviating findings, and one that is not determined.
fn large(count: u64) -> Story {
    let mut story = Story::usual(0);
    // Before the last finding, which is about another check of the same control.
    let at = story.records.iter().position(|(kind, _)| *kind == RecordType::Control).unwrap() - 1;
    story.records.splice(
        at..at,
        (0..count).map(|n| {
            let body = json!({
                "control": "AC-USE", "check": "aws-kms/key-is-usable", "target": "aws-prod",
                "subject": {"kind": "aws-kms/key", "id": format!("key-{n:05}")}, "outcome": "deviates", "severity": "high",
                "evidence": [{"path": "/state", "actual": "disabled", "expected": "enabled"}], "rests_on": ["assignment:1"],
            });
            (RecordType::Finding, body)
        }),
    );
    story.change(RecordType::Control, 1, |control| control["counts"]["deviates"] = json!(count + 1));
    story.metadata.summary.deviates += count;
    story
}

#[test]
fn a_large_bundle_makes_a_bounded_page_that_says_what_it_leaves_out() {
    let mut book = Book::new();
    book.seal(large(3_000));
    let page = page_of(&book, &book.exported(0));
    assert_eq!((page.findings_in_all, page.findings_shown), (3_003, 1_000));
    assert!(page.html.len() < 4_000_000, "{} bytes", page.html.len());
    let html = Html::read(&page.html);
    assert!(html.text.contains("This page shows 1000 of 3003 findings one by one:"));
    assert!(html.text.contains("997 of 3000 are shown."));
    assert!(html.text.contains("witnessmark show FILE --all --format json"));
    // A crowd of one check pushes nothing else out.
    for id in ["finding-0", "finding-1", "finding-2"] {
        assert!(html.ids().contains(id), "no {id}");
    }
}

#[test]
fn an_approval_is_shown_or_claimed_as_the_verifier_says() {
    let claimed = page(Story::usual(0));
    assert!(claimed.text.contains("approval claimed") && !claimed.text.contains("approval shown"));
    let why = "Its approval is the custodian's claim: no signature of it is in the bundle. It still deviates.";
    assert!(claimed.text.contains(why), "{}", claimed.text);
    assert!(claimed.text.contains("(the custodian's claim)"));

    // Signed by a key that this trust file names for it.
    let approver = Ed25519Signer::from_seed(&[9; 32]);
    let mut book = Book::new();
    book.seal(Story::usual(0).approved(&approver, |_| {}));
    let trust = book.trust_with(&approver, Range::from(0));
    let shown = Html::read(&page_under(&trust, &book.exported(0)).html);
    assert!(shown.text.contains("approval shown") && !shown.text.contains("approval claimed"));
    assert!(shown.text.contains("Its approval is shown: signed by key "), "{}", shown.text);
    assert!(!shown.text.contains("custodian's claim)"));

    // The same file under a trust file that names no approver.
    let unknown = Html::read(&page_of(&book, &book.exported(0)).html);
    assert!(unknown.text.contains("approval claimed") && !unknown.text.contains("approval shown"));
    assert!(unknown.text.contains("the custodian's claim: it is not signed by a key that the trust file names"));
}
