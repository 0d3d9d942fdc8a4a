//! Writes a sealed bundle with very much of one thing, as a tar, and its trust file, for measuring what readers keep (ADR 107):
//! `odd_bundle KIND DIR [COUNT]`.

#![expect(
    clippy::disallowed_methods,
    reason = "tests read real clocks, take their systems from the environment and write files for themselves alone"
)]

use std::path::PathBuf;

use bundle::statement::Summary;
use model::RecordType as T;
use serde_json::{Value, json};
use workspace_tests::sealed::{Book, Story, tar};

const KINDS: [(&str, Make); 12] = [
    ("checks", |s, n| findings(s, n, |n| json!({"check": format!("own/check-{n:07}")}))),
    ("targets", |s, n| findings(s, n, |n| json!({"target": format!("target-{n:07}")}))),
    ("findings", |s, n| findings(s, n, |n| json!({"subject": {"kind": "aws-kms/key", "id": format!("k-{n:08}")}}))),
    ("evidence", |s, n| {
        findings(s, n, |n| {
            let shown = "x".repeat(400_000);
            json!({"subject": {"kind": "aws-kms/key", "id": format!("k-{n:08}")}, "evidence": [{"path": "/a", "actual": shown}]})
        });
    }),
    ("kinds", |s, n| resources(s, n, |n| json!({"kind": format!("k/{n:07}"), "parts": {}, "facts": {}}))),
    ("parts", |s, n| {
        let places = vec![json!({"exchange": "exchange:0", "syntax": "json", "path": "/"}); 240];
        let names: Vec<String> = (0..1000).map(|part| format!("p{part:04}")).collect();
        let parts: serde_json::Map<_, _> = names.iter().map(|name| (name.clone(), json!(places))).collect();
        let facts: serde_json::Map<_, _> = names.iter().map(|name| (name.clone(), json!(1))).collect();
        resources(s, n, |n| json!({"kind": "aws-kms/key", "id": format!("k-{n:07}"), "parts": parts, "facts": facts}));
    }),
    ("gaps", |s, n| gaps(s, n, "x")),
    ("details", |s, n| gaps(s, n, &"x".repeat(500_000))),
    ("controls", |s, n| {
        let title = "x".repeat(8_000);
        s.records.extend((0..n).map(|n| (T::Control, control(&format!("C-{n:07}"), &title, [0; 4], None))));
    }),
    ("coverage", |s, n| {
        let long = "x".repeat(4_000);
        s.records.extend((0..n).map(|n| {
            (
                T::Coverage,
                json!({"target": "aws-prod", "collector": "aws-kms", "population": format!("b/{n:06}{long}"),
                "calls": 0, "pages": 0, "items": 0, "complete": true}),
            )
        }));
    }),
    ("identities", |s, n| {
        let one = |n| json!({"target": format!("t{n}"), "collector": "c", "caller": "c", "found": "f"});
        s.change(T::Host, 0, |host| host["identities"] = (0..n).map(one).collect());
    }),
    ("failed", |s, n| {
        let started = s.metadata.started;
        s.records.retain(|(kind, _)| *kind == T::Run);
        s.raw.clear();
        s.records.extend((0..n).map(|n| {
            (
                T::Exchange,
                json!({"target": format!("target-{n:07}"), "collector": "c", "endpoint": "https://a.example",
                "operation": "o", "page": 1, "attempt": 1, "started": started}),
            )
        }));
    }),
];

type Make = fn(&mut Story, u64);

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let usage = "usage: odd_bundle KIND DIR [COUNT]";
    let mut arguments = std::env::args().skip(1);
    let kind = arguments.next().ok_or(usage)?;
    let folder = PathBuf::from(arguments.next().ok_or(usage)?);
    let count: u64 = arguments.next().map_or(Ok(10_000), |text| text.parse())?;
    let known: Vec<&str> = KINDS.iter().map(|(name, _)| *name).collect();
    let (_, make) = KINDS.iter().find(|(name, _)| *name == kind).ok_or(format!("KIND is one of {known:?}"))?;

    let mut story = Story::usual(0);
    make(&mut story, count);
    let order = |kind: T| T::ALL.iter().position(|one| *one == kind);
    story.records.sort_by_key(|(kind, _)| order(*kind));
    story.metadata.summary.gaps = story.records.iter().filter(|(kind, _)| *kind == T::Gap).count() as u64;
    let story = if kind == "failed" { story.failed() } else { story };
    let mut book = Book::new();
    book.seal(story);
    std::fs::create_dir_all(&folder)?;
    std::fs::write(folder.join(format!("{kind}.tar")), tar(&book.exported(0)))?;
    std::fs::write(folder.join("trust.json"), book.trust().render()?)?;
    Ok(())
}

fn control(
    id: &str,
    title: &str,
    [conforms, deviates, undetermined, not_applicable]: [u64; 4],
    outcome: Option<&str>,
) -> Value {
    let mut control = json!({
        "id": id, "title": title, "requirements": [],
        "counts": {"conforms": conforms, "deviates": deviates, "undetermined": undetermined, "not_applicable": not_applicable, "accepted": 0},
    });
    if let Some(outcome) = outcome {
        control.as_object_mut().into_iter().for_each(|members| {
            members.insert("outcome".into(), json!(outcome));
        });
    }
    control
}

/// Nothing was found but what is told.
fn judged(story: &mut Story, deviates: u64) {
    story.records.retain(|(kind, _)| !matches!(kind, T::Finding | T::Control));
    let outcome = if deviates > 0 { "deviates" } else { "undetermined" };
    story.records.push((T::Control, control("AC-ROT", "Keys rotate", [0, deviates, 0, 0], Some(outcome))));
    story.records.push((T::Control, control("AC-USE", "Keys are usable", [0; 4], Some("undetermined"))));
    story.metadata.summary = Summary { deviates, ..Summary::default() };
}

fn findings(story: &mut Story, count: u64, what: impl Fn(u64) -> Value) {
    judged(story, count);
    story.records.extend((0..count).map(|n| {
        let mut finding = json!({
            "control": "AC-ROT", "check": "aws-kms/key-rotates", "target": "aws-prod", "subject": {"kind": "aws-kms/key", "id": "k-1"},
            "outcome": "deviates", "severity": "medium", "evidence": [{"path": "/a", "actual": 1}], "rests_on": ["resource:0"],
        });
        put(&mut finding, what(n));
        (T::Finding, finding)
    }));
}

fn resources(story: &mut Story, count: u64, what: impl Fn(u64) -> Value) {
    judged(story, 0);
    story.records.retain(|(kind, _)| !matches!(kind, T::Gap | T::Resource | T::Derived));
    story.change(T::Coverage, 0, |coverage| coverage["items"] = json!(count));
    story.change(T::Coverage, 1, |coverage| coverage["items"] = json!(0));
    story.records.extend((0..count).map(|n| {
        let mut resource =
            json!({"target": "aws-prod", "collector": "aws-kms", "population": "aws-kms/key@eu-west-1", "id": "i"});
        put(&mut resource, what(n));
        (T::Resource, resource)
    }));
}

fn gaps(story: &mut Story, count: u64, detail: &str) {
    judged(story, 0);
    // A complete list counts what only its own gaps name.
    story.records.retain(|(kind, _)| *kind != T::Gap);
    story.records.extend((0..count).map(|n| {
        (T::Gap, json!({"target": format!("target-{n:07}"), "collector": "c", "right": format!("r:{n}"), "reason": "denied", "detail": detail}))
    }));
}

fn put(record: &mut Value, members: Value) {
    if let (Some(record), Value::Object(members)) = (record.as_object_mut(), members) {
        record.extend(members);
    }
}
