//! OASIS SARIF 2.1.0 (<https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html>).

use std::collections::BTreeMap;
use std::io;

use model::printable::line;
use model::record::{Finding, RunStatus};
use model::{Digest, Severity};
use serde_json::{Map, Value, json};

use super::gather::{Chosen, Rank};
use super::said::Said;
use crate::terminal::{acceptance_name, finding_words};

const SCHEMA: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

pub fn render(said: &Said<'_>) -> io::Result<String> {
    let statement = &said.bundle.statement().predicate;
    let run = said.gathered.overview.run.as_ref();
    let rules = rules(said);
    let places: BTreeMap<&str, usize> = rules.keys().enumerate().map(|(at, id)| (*id, at)).collect();
    let results: Vec<Value> = said.gathered.findings.iter().map(|one| result(said, one, &places)).collect();
    let document = json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "witnessmark",
                "version": line(run.map_or("unknown", |run| run.tool.version.as_str())),
                "rules": rules.values().collect::<Vec<_>>(),
            }},
            "automationDetails": { "id": format!("witnessmark/{}/", said.title()) },
            "invocations": [{
                "executionSuccessful": statement.status != RunStatus::Failed,
                "startTimeUtc": statement.started,
                "endTimeUtc": statement.finished,
                "toolExecutionNotifications": notifications(said),
            }],
            // Characters are counted as the declaration counts them.
            "columnKind": "unicodeCodePoints",
            "results": results,
            "properties": { "bundle": said.place() },
        }],
    });
    let mut text = serde_json::to_string_pretty(&document)?;
    text.push('\n');
    Ok(text)
}

fn rules<'s>(said: &'s Said<'_>) -> BTreeMap<&'s str, Value> {
    let mut severest: BTreeMap<&str, Severity> = BTreeMap::new();
    for one in &said.gathered.findings {
        let known = severest.entry(&one.finding.check).or_insert(one.finding.severity);
        *known = (*known).max(one.finding.severity);
    }
    let rule = |(id, severity): (&'s str, Severity)| {
        let title = said.gathered.titles.get(id).map_or_else(|| line(id), |title| line(title));
        let rule = json!({
            "id": line(id),
            "shortDescription": { "text": title },
            "help": { "text": format!("`witnessmark checks show {}` says what it demands and what it reads.", line(id)) },
            "defaultConfiguration": { "level": level(severity) },
            "properties": { "tags": ["security"], "security-severity": score(severity) },
        });
        (id, rule)
    };
    severest.into_iter().map(rule).collect()
}

fn result(said: &Said<'_>, one: &Chosen, places: &BTreeMap<&str, usize>) -> Value {
    let finding = &one.finding;
    let mut result = Map::new();
    result.insert("ruleId".to_owned(), json!(line(&finding.check)));
    if let Some(at) = places.get(finding.check.as_str()) {
        result.insert("ruleIndex".to_owned(), json!(at));
    }
    // What could not be found out is `open` (§3.27.9), which has no level.
    let (kind, level) = match one.rank {
        Rank::Undetermined => ("open", "none"),
        Rank::Deviates | Rank::Accepted => ("fail", level(finding.severity)),
    };
    result.insert("kind".to_owned(), json!(kind));
    result.insert("level".to_owned(), json!(level));
    result.insert("message".to_owned(), json!({ "text": message(one) }));
    let mut location = Map::new();
    if let Some(place) = &one.place {
        let physical = json!({
            "artifactLocation": { "uri": uri(&place.path) },
            "region": { "startLine": place.line, "startColumn": place.column },
        });
        location.insert("physicalLocation".to_owned(), physical);
    }
    location.insert("logicalLocations".to_owned(), json!([logical(finding)]));
    result.insert("locations".to_owned(), json!([location]));
    result.insert("partialFingerprints".to_owned(), json!({ "witnessmark/v1": fingerprint(finding) }));
    if let Some(acceptance) = finding.acceptance {
        let name = acceptance_name(said.bundle, acceptance);
        let words = said.gathered.acceptances.get(&acceptance).map_or_else(
            || format!("acceptance {name}, which is withheld in this copy"),
            |known| format!("acceptance {name}, until {}: {}", known.expires, known.reason),
        );
        let suppression = json!({ "kind": "external", "status": "accepted", "justification": line(&words) });
        result.insert("suppressions".to_owned(), json!([suppression]));
    }
    let marks: Vec<String> = one.marks.iter().map(|mark| line(&mark.words()).into_owned()).collect();
    let properties =
        json!({ "control": line(&finding.control), "outcome": finding.outcome, "record": one.record, "marks": marks });
    result.insert("properties".to_owned(), properties);
    Value::Object(result)
}

fn message(one: &Chosen) -> String {
    let finding = &one.finding;
    let begin = match one.rank {
        Rank::Deviates => "Deviates",
        Rank::Undetermined => "Undetermined",
        Rank::Accepted => "Deviates, accepted",
    };
    let subject = finding.subject.as_ref().map_or_else(|| finding.target.clone(), |subject| subject.id.clone());
    format!("{begin}: {} of {}: {}", line(&subject), line(&finding.control), finding_words(finding))
}

fn logical(finding: &Finding) -> Value {
    match &finding.subject {
        Some(subject) => json!({
            "name": line(&subject.id),
            "fullyQualifiedName": line(&format!("{}/{}/{}", finding.target, subject.kind, subject.id)),
            "kind": "resource",
        }),
        None => json!({
            "name": line(&finding.target),
            "fullyQualifiedName": line(&finding.target),
            "kind": "resource",
        }),
    }
}

/// The same for a finding of the same thing in the next run: whatever it says this time.
fn fingerprint(finding: &Finding) -> String {
    let subject = finding.subject.as_ref().map(|subject| [&*subject.kind, &*subject.id]);
    let key = json!([finding.control, finding.check, finding.target, finding.population, subject]);
    Digest::of(key.to_string().as_bytes()).to_string()
}

const fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low | Severity::Info => "note",
    }
}

/// By which code scanning of GitHub sorts.
const fn score(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "9.5",
        Severity::High => "8.0",
        Severity::Medium => "5.5",
        Severity::Low => "3.0",
        Severity::Info => "0.1",
    }
}

/// A path as a relative reference of RFC 3986.
fn uri(path: &str) -> String {
    const KEPT: &percent_encoding::AsciiSet =
        &percent_encoding::NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'_').remove(b'.').remove(b'~');
    percent_encoding::utf8_percent_encode(path, KEPT).to_string()
}

/// What is no result: what has to be known first, what was not read, what is left out.
fn notifications(said: &Said<'_>) -> Vec<Value> {
    let one = |id: &str, level: &str, text: String| json!({ "descriptor": { "id": id }, "level": level, "message": { "text": text } });
    let mut all: Vec<Value> = said.first().into_iter().map(|text| one("first", "warning", text)).collect();
    all.extend(said.gaps().into_iter().map(|(text, accepted)| match accepted {
        true => one("gap", "note", format!("Not read, accepted: {text}")),
        false => one("gap", "warning", format!("Not read: {text}")),
    }));
    if let Some(why) = &said.gathered.without_places {
        all.push(one(
            "places",
            "note",
            format!("No finding has a place in the declaration by its control: {}", line(why)),
        ));
    }
    for (rank, count) in &said.gathered.left_out {
        let what = match rank {
            Rank::Deviates => "deviations",
            Rank::Undetermined => "undetermined findings",
            Rank::Accepted => "accepted deviations",
        };
        all.push(one("left-out", "error", format!("{count} more {what} are in the bundle, and not in this file")));
    }
    all
}
