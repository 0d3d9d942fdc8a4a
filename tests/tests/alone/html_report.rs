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
use workspace_tests::company::declaration;
use workspace_tests::pages::{HOSTILE, hostile, page_of, page_under};
use workspace_tests::sealed::{Book, Story};

pub(crate) fn page(story: Story) -> Html {
    let mut book = Book::new();
    book.seal(story);
    Html::read(&page_of(&book, &book.exported(0)).html)
}

/// A page taken apart by a strict reader: every tag closed in order, every attribute in quotes.
#[derive(Debug, Default)]
pub(crate) struct Html {
    pub(crate) whole: String,
    /// Name and attributes of every element.
    elements: Vec<(String, BTreeMap<String, String>)>,
    /// Texts, escapes undone, outside of script and style.
    pub(crate) text: String,
    /// Contents of script and style.
    pub(crate) code: BTreeMap<String, Vec<String>>,
}

impl Html {
    pub(crate) fn read(page: &str) -> Self {
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

    pub(crate) fn of(&self, name: &str) -> impl Iterator<Item = &BTreeMap<String, String>> {
        self.elements.iter().filter(move |(n, _)| n == name).map(|(_, attributes)| attributes)
    }

    pub(crate) fn ids(&self) -> BTreeSet<&str> {
        self.elements.iter().filter_map(|(_, a)| a.get("id").map(String::as_str)).collect()
    }

    /// What holds for every page.
    #[track_caller]
    pub(crate) fn holds_together(&self) {
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
        let (mut ids, all) = (BTreeSet::new(), self.ids());
        for (name, attributes) in &self.elements {
            assert!(known.contains(&name.as_str()), "an element that the template does not have: {name}");
            for (attribute, value) in attributes {
                assert!(
                    !attribute.starts_with("on") && !["src", "style", "action", "srcdoc"].contains(&attribute.as_str()),
                    "{attribute} of {name}"
                );
                if attribute == "href" {
                    assert!(value.starts_with('#'), "a link out of the page: {value}");
                    assert!(all.contains(&value[1..]), "a link to nothing: {value}");
                }
                if attribute == "id" {
                    assert!(ids.insert(value), "twice: {value}");
                }
                if attribute == "aria-labelledby" {
                    assert!(all.contains(value.as_str()), "labelled by nothing: {value}");
                }
            }
        }
        for table in self.of("th") {
            assert!(table.contains_key("scope"), "a table header without scope");
        }
        let landmarks: Vec<usize> = ["header", "nav", "main", "h1", "style"].map(|n| self.of(n).count()).to_vec();
        // The second style is the foot of printed pages.
        assert_eq!(landmarks, [1, 1, 1, 1, 2]);
        let searched = self.of("form").count();
        assert_eq!(self.of("script").count(), searched);
        let policy =
            self.of("meta").find(|a| a.get("http-equiv").is_some_and(|v| v == "Content-Security-Policy")).unwrap();
        let policy = &policy["content"];
        assert!(policy.starts_with("default-src 'none'; "), "{policy}");
        for (name, source) in [("style", "style-src"), ("script", "script-src")] {
            let Some(code) = self.code.get(name) else { continue };
            let hash = |text: &String| format!(" 'sha256-{}'", STANDARD.encode(Sha256::digest(text.as_bytes())));
            let hashes: String = code.iter().map(hash).collect();
            assert!(policy.contains(&format!("{source}{hashes};")), "{policy}");
        }
        let style = &self.code["style"][0];
        assert!(!style.contains("url(") && !style.contains("@import"), "the style loads something");
        // Without script there is no filter, and nothing is hidden by one.
        assert!(self.of("form").all(|form| form.contains_key("hidden")));
        let hidden = self.elements.iter().filter(|(_, a)| a.contains_key("hidden"));
        let wanted: &[&str] = if searched == 1 { &["filter", "filtered"] } else { &[] };
        assert_eq!(hidden.map(|(_, a)| a["id"].as_str()).collect::<Vec<_>>(), wanted);
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
    let rows = |words: &str| html.whole.matches(&format!("<span class=\"sub\">level {words}")).count();
    assert_eq!((rows("1 · "), rows("2 · "), rows("3 · ")), (30, 18, 11), "all of the standard");
    assert_eq!(
        html.text.matches(", above the declared one").count(),
        29,
        "with what lies above the declared level marked"
    );
    let section = html.text.split("Whether one is met is an auditor's word").nth(1).unwrap();
    let section = section.split("Every population that was listed").next().unwrap();
    for words in [
        "with a control\n1\n1\n1\n",
        "declared not to apply\n1\n1\n1\n",
        "Nothing here covers 9.1",
        // Up to each level, one beside the other.
        "missing: a control",
        "Up to\nlevel 1\nlevel 2\nlevel 3",
        "answers \nT\n",
        "inspect covered",
        "interview open",
        "no control serves it",
        reason.as_str(),
    ] {
        assert!(section.contains(words), "`{words}`: {section}");
    }
}

/// The story with this text as its declaration, and findings of the program's own rules about two things in it.
pub(crate) fn judged(text: &str) -> Story {
    let mut story = declaring(text);
    let rule = |kind: &str| {
        format!(
            "# METADATA\n# title: t\n# custom:\n#   subject: {kind}\n#   needs: {{conforms: [id]}}\n#   severity: low\npackage checks.a.b\n"
        )
    };
    let check = |id: &str, kind: &str| {
        let text = rule(kind);
        json!({"id": id, "role": "check", "sha256": Sha::of(text.as_bytes()), "provenance": "stock", "text": text})
    };
    let rotates = check("aws-kms/key-rotates", "aws-kms/key");
    story.change(RecordType::Check, 0, |old| *old = rotates);
    story.insert(RecordType::Check, 0, check("aws-kms/key-is-usable", "aws-kms/key"));
    story.insert(RecordType::Check, 2, check("declaration/key-is-in-a-threat", "declaration/key"));
    let (_, first) = story.records.iter().find(|(kind, _)| *kind == RecordType::Assignment).unwrap();
    let now = first["now"].clone();
    story.insert(
        RecordType::Assignment,
        2,
        json!({"control": "declaration", "check": "declaration/key-is-in-a-threat", "targets": ["declaration"],
            "parameters": {}, "weaker": [], "declared": {}, "now": now}),
    );
    for (at, (key, outcome)) in [("hot-key", "deviates"), ("spare", "undetermined")].into_iter().enumerate() {
        let mut finding = json!({"control": "declaration", "check": "declaration/key-is-in-a-threat", "target": "declaration",
            "subject": {"kind": "declaration/key", "id": key}, "outcome": outcome, "severity": "medium",
            "evidence": [{"path": "/threats", "actual": [], "because": "no threat"}], "rests_on": ["assignment:2"]});
        if outcome == "undetermined" {
            finding["evidence"] = json!([]);
            finding["reason"] = json!("its part was not read");
        }
        story.insert(RecordType::Finding, 3 + at, finding);
    }
    story.insert(
        RecordType::Control,
        3,
        json!({"id": "declaration", "title": "The declaration keeps its own rules", "requirements": [], "outcome": "deviates",
            "counts": {"conforms": 0, "deviates": 1, "undetermined": 1, "not_applicable": 0, "accepted": 0}}),
    );
    story.metadata.summary.deviates += 1;
    story.metadata.summary.undetermined += 1;
    story
}

pub(crate) const CHAIN: &str = r#"witnessmark: 1
entity: Northbank
system: {id: hot-wallet, standard: ccss-9.0, level: 1}
targets: [{id: aws-prod, collector: aws-kms, account: "111122223333"}]
third_parties: [{id: vault-ltd, role: qsp, in_threats: [T-IN], keys: [hot-key], reviewed: 2026-06-01, certificate: {standard: ccss-9.0, system: Vault, level: 2, expires: 2020-12-31}}]
key_holders: [{id: kh-ada, identities: {aws-prod: ["arn:ada"]}, acknowledged: 2026-06-01}]
wallets: [{id: hot, title: Withdrawals, signatures: {needed: 2, of: 3}}]
keys:
  - {id: hot-key, class: operational, at: {target: aws-prod, key: alias/hot}, holders: [kh-ada], wallets: [hot]}
  - {id: spare, class: backup, wallets: [hot]}
threat_model: {version: "3", reviews: [{on: 2026-05-01, by: CISO, looked_at: all of it, changed: nothing}]}
threats:
  - {id: T-IN, title: An insider signs alone, category: insider, affects: {keys: [hot-key]}}
  - {id: T-OPEN, title: Nobody answers this}
risk_register: {framework: ISO/IEC 27005, tolerances: [{id: RT-1, levels: [low]}]}
risks:
  - {threat: T-IN, likelihood: rare, impact: ruinous, treatment: reduce, owner: CISO, residual: {level: low, within_tolerance: RT-1, accepted_by: CEO, accepted: 2026-02-01}}
  - {threat: T-OPEN, likelihood: rare, impact: ruinous, treatment: accept, owner: CISO, residual: {level: high}}
roles: [{id: ceo, title: Chief Executive Officer, executive: true}]
controls:
  - id: AC-ROT
    title: Keys rotate
    requirements: [ccss-9.0:1.05.1.1]
    threats: [T-IN]
    task: {every: 90d, detection_window: 90d, because: "T-IN: a quarter is soon enough", records: reviews/, done: [{on: 2026-06-01, by: Ada, record: R-1}]}
    checks: [{use: aws-kms/key-rotates, on: [aws-prod]}]
  - {id: AC-LATER, title: Later, status: planned, threats: [T-OPEN]}
acceptances: [{id: AC-7, control: AC-ROT, check: aws-kms/key-rotates, subject: k-1, reason: until the new module is there, approved_by: CISO, approved: 2026-01-01, expires: 2026-12-31}]
"#;

/// The texts of one section, up to the next one.
pub(crate) fn section(html: &Html, id: &str) -> String {
    let (_, from) = html.whole.split_once(&format!("<h2 id=\"{id}\">")).unwrap();
    let (section, _) = from.split_once("</section>").unwrap();
    let texts = section.split('<').map(|piece| piece.split_once('>').map_or(piece, |(_, text)| text));
    unescaped(&texts.collect::<String>())
}

#[test]
fn the_chain_goes_from_threat_to_finding_and_back() {
    let html = page(judged(CHAIN));
    html.holds_together();
    let links: BTreeSet<&str> = html.of("a").map(|a| a["href"].as_str()).collect();
    for link in [
        "#threat-T-IN",
        "#control-AC-ROT",
        "#control-declaration",
        "#requirement-ccss-9.0:1.05.1.1",
        "#risk-T-IN",
        "#key-hot-key",
        "#wallet-hot",
        "#holder-kh-ada",
        "#party-vault-ltd",
        "#finding-0",
        "#finding-1",
    ] {
        assert!(links.contains(link), "nothing leads to {link}");
    }
    let threats = &section(&html, "threats");
    let controls = &section(&html, "chains");
    let register = &section(&html, "register");
    let keys = &section(&html, "keys");
    let people = &section(&html, "people");
    let parties = &section(&html, "third-parties");
    let unjudged = &section(&html, "unjudged");
    for (part, words) in [
        (threats, "no control in place answers it"),
        (threats, "planned: it does not answer the threat yet"),
        (threats, "likelihood rare, impact ruinous, reduce, owner CISO"),
        (threats, "accepted by CEO on 2026-02-01"),
        (threats, "(the custodian's claim)"),
        (threats, "accepted by nobody"),
        (threats, "1 undetermined"),
        (threats, "last on 2026-05-01 by CISO (looked at all of it; changed: nothing)"),
        (controls, "every 90d"),
        (controls, "detection window 90d"),
        (controls, "T-IN: a quarter is soon enough"),
        (controls, "records in reviews/"),
        (controls, "2026-06-01 by Ada, "),
        (controls, "record R-1"),
        (controls, "finding 0"),
        (controls, "until the new module is there"),
        (controls, "this program's own: nobody declared it"),
        (register, "no tolerance is named"),
        (keys, "alias/hot"),
        (keys, "no place is declared"),
        (keys, "1 deviate"),
        (keys, "1 undetermined"),
        (keys, "declaration/key-is-in-a-threat"),
        (keys, "2 of 3"),
        (people, "arn:ada"),
        (people, "no frequency"),
        (parties, "ccss-9.0, level 2, of Vault, until 2020-12-31"),
        (unjudged, "third parties (1)"),
        (unjudged, "roles (1)"),
    ] {
        assert!(part.contains(words), "`{words}`: {part}");
    }
    // Of all this only keys are read by a check; what else there is, is the entity's word, and the first lines count it.
    let first = html.text.find("of them judged by no check").unwrap();
    assert!(first < html.text.find("Made from a bundle").unwrap());
    assert!(html.text[..first].contains(" things are declared, "), "{}", &html.text[..first]);
}

/// With objects of the target `joined`, as a run computes them.
pub(crate) fn joined(mut story: Story, objects: &[(&str, &str, serde_json::Value)]) -> Story {
    for (at, (kind, id, facts)) in objects.iter().enumerate() {
        let body = json!({"target": "joined", "collector": "joined", "population": kind, "kind": kind, "id": id,
            "inputs": ["resource:0"], "facts": facts});
        story.insert(RecordType::Derived, 1 + at, body);
    }
    let mut kinds: Vec<&str> = objects.iter().map(|(kind, ..)| *kind).collect();
    kinds.dedup();
    for (at, kind) in kinds.into_iter().enumerate() {
        let items = objects.iter().filter(|(of, ..)| *of == kind).count();
        let body = json!({"target": "joined", "collector": "joined", "population": kind, "calls": 0, "pages": 0,
            "items": items, "complete": true});
        story.insert(RecordType::Coverage, 2 + at, body);
    }
    story
}

#[test]
fn what_was_found_stands_beside_what_is_declared() {
    let story = joined(
        judged(CHAIN),
        &[
            (
                "joined/found-key",
                "arn:stranger",
                json!({"names": ["alias/stranger"], "targets": ["aws-prod"], "declared_as": []}),
            ),
            ("joined/found-key", "arn:unsure", json!({"names": ["alias/unsure"], "targets": ["aws-prod"]})),
            (
                "joined/key",
                "hot-key",
                json!({"at": {"target": "aws-prod", "key": "alias/hot"}, "found": [], "elsewhere": []}),
            ),
            // What is not there was not found out.
            ("joined/key", "spare", json!({"at": {"target": "aws-prod", "key": "alias/spare"}})),
            (
                "joined/outside-party",
                "app stranger",
                json!({"who": {"kind": "app", "name": "stranger"}, "seen": [{"target": "code", "says": "installed"}], "standing": {"as": "undeclared"}}),
            ),
            (
                "joined/person",
                "kh-ada",
                json!({"found": [], "absent": [{"target": "aws-prod", "identity": "arn:ada", "because": "b"}], "ways": [{"target": "aws-prod", "identity": "x", "by": "password", "second": [], "because": "b"}]}),
            ),
            (
                "joined/reach",
                "arn:hot",
                json!({"declared": [{"id": "hot-key", "holders": []}], "everyone": false, "entries": [
                {"who": {"kind": "role", "name": "arn:signer"}, "does": ["use"], "may": "yes"},
                {"who": {"kind": "user", "name": "arn:eve"}, "does": ["use", "destroy"], "may": "undetermined"}]}),
            ),
            (
                "joined/third-party",
                "vault-ltd",
                json!({"seen": [], "unseen": [{"kind": "account", "name": "999988887777"}]}),
            ),
        ],
    );
    let html = page(story);
    html.holds_together();
    let (keys, people, parties) = (section(&html, "keys"), section(&html, "people"), section(&html, "third-parties"));
    for (part, words) in [
        (&keys, "absent"),
        (&keys, "elsewhere undetermined"),
        (&keys, "role arn:signer"),
        (&keys, "user arn:eve, undetermined"),
        (&keys, "administered by 0"),
        (&keys, "not all was read: perhaps others too"),
        (&keys, "arn:stranger"),
        (&keys, "in no row of the inventory"),
        (&keys, "arn:unsure"),
        (&people, "absent arn:ada at aws-prod"),
        (&people, "decided elsewhere: undetermined"),
        (&people, "password at aws-prod: no second factor"),
        (&parties, "account 999988887777"),
        (&parties, "no target can show: undetermined"),
        (&parties, "app stranger"),
    ] {
        assert!(part.contains(words), "`{words}`: {part}");
    }
    // A key of which nothing was found out is not like one that is absent.
    let row = html.whole.split("id=\"key-spare\"").nth(1).unwrap().split("</tr>").next().unwrap();
    assert!(row.contains("mark unknown") && !row.contains("absent"), "{row}");
    // Without these objects the page says that nothing was compared.
    let without = page(judged(CHAIN));
    assert!(section(&without, "keys").contains("is not compared with what was found"));
}

#[test]
fn declared_texts_never_become_markup() {
    let text = |words: &str| json!(format!("{words} {}", HOSTILE.replace('\u{202e}', "")));
    let declared = CHAIN
        .replace("An insider signs alone", &text("insider").to_string())
        .replace("likelihood: rare", &format!("likelihood: {}", text("rare")))
        .replace("accepted_by: CEO", &format!("accepted_by: {}", text("CEO")))
        .replace("\"T-IN: a quarter is soon enough\"", &text("T-IN").to_string())
        .replace("title: Keys rotate", &format!("title: {}", text("rotate")))
        .replace("title: Withdrawals", &format!("title: {}", text("w")))
        .replace("key: alias/hot}", &format!("key: {}}}", text("alias")))
        .replace("\"arn:ada\"", &text("arn").to_string())
        .replace("system: Vault", &format!("system: {}", text("Vault")))
        .replace("looked_at: all of it", &format!("looked_at: {}", text("all")));
    let html = page(judged(&declared));
    html.holds_together();
    assert!(!html.whole.contains("<img") && !html.whole.contains("<script>document.title"));
    let said = HOSTILE.replace('\u{202e}', "");
    assert!(html.text.matches(&said).count() >= 12, "{}", html.text.matches(&said).count());
}

#[test]
fn a_check_that_does_not_say_what_it_reads_leaves_the_count_open() {
    // The checks of the usual story have no metadata.
    let html = page(declaring(CHAIN));
    html.holds_together();
    assert!(html.text.contains("How many of them no check judges cannot be said"), "{}", html.text);
    assert!(!html.ids().contains("unjudged"));
}

#[test]
fn a_large_declaration_makes_a_bounded_page() {
    let html = page(judged(&declaration(200, 300, 150)));
    html.holds_together();
    assert!(html.whole.len() < 2_000_000, "{} bytes", html.whole.len());
    for id in ["control-AC-0199", "threat-T-049", "key-k-0299", "holder-kh-149", "party-provider-23"] {
        assert!(html.ids().contains(id), "no {id}");
    }
    assert_eq!(html.of("tr").filter(|row| row.get("id").is_some_and(|id| id.starts_with("key-"))).count(), 300);
    // Of more than fit, the page says how many it leaves out.
    let more = page(judged(&declaration(700, 1_200, 20)));
    more.holds_together();
    assert!(more.text.contains("200 more are not in this page; witnessmark-verify trace"), "controls");
    assert!(more.text.contains("200 more are not in this page; the sealed declaration"), "keys");
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
    // Said of all at the top, it is repeated neither at controls nor at findings.
    for words in ["of its findings: a rehearsal, not evidence", "Mark: a rehearsal, not evidence"] {
        assert!(!html.text.contains(words), "`{words}` is repeated");
    }

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
    assert!(html.text.contains("Nothing that is declared is listed: the declaration is withheld in this copy."));
    let first = html.text.find("What is declared is not in this page").unwrap();
    assert!(first < html.text.find("Made from a bundle").unwrap());
}

/// A run with this many deviating findings, and one that is not determined.
pub(crate) fn large(count: u64) -> Story {
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
    assert!(html.text.contains("lists up to 2000"), "`show` and its JSON end there");
    // Who searches is told that these are not searched: the script looks for this place.
    assert!(html.ids().contains("left-out") && html.code["script"][0].contains("getElementById(\"left-out\")"));
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
