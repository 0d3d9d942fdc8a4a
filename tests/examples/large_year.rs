//! Writes the export of a year of daily runs, with its controls, and its trust file, for measuring an audit: `large_year DIR [RESOURCES] [CONTROLS]`.
//!
//! Every run has one finding for each resource and control that it is judged by, each resource by one; every control has a task each month.

#![expect(
    clippy::disallowed_methods,
    reason = "tests read real clocks, take their systems from the environment and write files for themselves alone"
)]

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use bundle::controls::{self, Wanted};
use bundle::layout::Entry;
use bundle::read::TarSource;
use bundle::statement::{Statement, Summary};
use model::RecordType;
use serde_json::{Value, json};
use workspace_tests::sealed::{Book, Files, Story, tar};
use workspace_tests::year;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let folder = PathBuf::from(arguments.next().ok_or("usage: large_year DIR [RESOURCES] [CONTROLS]")?);
    let resources: u64 = arguments.next().map_or(Ok(2_000), |text| text.parse())?;
    let controls: u64 = arguments.next().map_or(Ok(40), |text| text.parse())?.max(1);

    let mut book = Book::new();
    let mut wanted = Wanted::default();
    let mut beside = Files::new();
    for number in 0..365 {
        let index = book.size();
        book.seal(run(number, resources, controls));
        let Some(sealed) = book.bundles.last() else { continue };
        let said = Statement::parse(&sealed.statement.envelope.statement)?.predicate;
        if let Some(kinds) = wanted.of(&said) {
            let bytes = tar(&book.files(index));
            let file = controls::of_bundle(&mut TarSource::new(bytes.as_slice(), "bundle"), &said, &kinds)?;
            beside.insert(Entry::LedgerControls(index), file);
            wanted.took(&said);
        }
        // The last one is exported whole; a year of them is more than memory.
        if number < 364
            && let Some(sealed) = book.bundles.last_mut()
        {
            (sealed.records, sealed.leaves, sealed.raw) = (Vec::new(), Vec::new(), BTreeMap::new());
        }
    }
    let mut files = book.exported(364);
    files.extend(book.ledger_files());
    files.extend(beside);
    fs::create_dir_all(&folder)?;
    fs::write(folder.join("ledger.tar"), tar(&files))?;
    fs::write(folder.join("trust.json"), book.trust().render()?)?;
    Ok(())
}

fn run(number: i64, resources: u64, controls: u64) -> Story {
    let mut story = year::run(&format!("day-{number}"), year::day(number), &[]);
    let months = ["01-31", "02-28", "03-31", "04-30", "05-31", "06-30", "07-31", "08-31", "09-30", "10-31", "11-30"];
    let month = usize::try_from(number / 31).unwrap_or_default();
    let done: Vec<Value> = std::iter::once("2025-12-31".to_owned())
        .chain(months.iter().take(month.saturating_sub(1)).map(|day| format!("2026-{day}")))
        .map(|on| json!({"on": on, "record": format!("review of {on}")}))
        .collect();
    let id = |n: u64| format!("arn:aws:kms:eu-west-1:111122223333:key/{n:036}");
    let at = json!([{"exchange": "exchange:0", "syntax": "json", "path": "/KeyMetadata"}]);
    let name = |control: u64| format!("AC-{control:04}");
    let uses = (0..controls).map(|control| {
        json!({
            "control": name(control), "check": "aws-kms/key-rotates", "targets": ["aws-prod"], "parameters": {"max_days": 90},
            "weaker": [], "declared": {}, "now": year::day(number),
        })
    });
    story.records.retain(|(kind, _)| *kind != RecordType::Route);
    let mut add = |kind, records: Vec<Value>| story.records.extend(records.into_iter().map(|record| (kind, record)));
    add(RecordType::Assignment, uses.collect());
    add(RecordType::Route, vec![json!({"target": "aws-prod", "collector": "aws-kms"})]);
    let exchange = json!({
        "target": "aws-prod", "collector": "aws-kms", "endpoint": "https://kms.eu-west-1.amazonaws.com", "operation": "kms:ListKeys",
        "page": 0, "attempt": 1, "started": year::day(number), "status": 200,
    });
    add(RecordType::Exchange, vec![exchange]);
    let coverage = json!({
        "target": "aws-prod", "collector": "aws-kms", "population": "aws-kms/key", "calls": 1, "pages": 1, "items": resources,
        "complete": true,
    });
    add(RecordType::Coverage, vec![coverage]);
    let found = (0..resources).map(|n| {
        json!({
            "target": "aws-prod", "collector": "aws-kms", "population": "aws-kms/key", "kind": "aws-kms/key", "id": id(n),
            "parts": {"id": at, "metadata": at}, "facts": {"id": id(n), "metadata": {"enabled": true, "spec": "ECC_SECG_P256K1"}},
        })
    });
    add(RecordType::Resource, found.collect());
    let mut order: Vec<u64> = (0..resources).collect();
    order.sort_by_key(|n| (n % controls, *n));
    let findings = order.iter().map(|n| {
        json!({
            "control": name(n % controls), "check": "aws-kms/key-rotates", "target": "aws-prod",
            "subject": {"kind": "aws-kms/key", "id": id(*n)}, "outcome": "conforms", "severity": "high",
            "rests_on": [format!("resource:{n}")],
            "evidence": [{"path": "/metadata/enabled", "actual": true, "because": "it rotates"}],
        })
    });
    add(RecordType::Finding, findings.collect());
    let judged = (0..controls).map(|control| {
        let conforms = resources / controls + u64::from(control < resources % controls);
        json!({
            "id": name(control), "title": format!("Control {control}"), "requirements": ["ccss-9.0:1.01.1.1"], "outcome": "conforms",
            "counts": {"conforms": conforms, "deviates": 0, "undetermined": 0, "not_applicable": 0, "accepted": 0},
            "observe": {"every_seconds": 86_400}, "task": {"every": {"months": 1}, "done": done},
        })
    });
    add(RecordType::Control, judged.collect());
    story.metadata.summary = Summary { conforms: resources, ..Summary::default() };
    story
}
