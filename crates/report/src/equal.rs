//! Findings that say the same of several subjects stand together, so that what is different is seen.

use std::collections::BTreeMap;

use model::record::Finding;
use model::{Digest, RecordRef, RecordType};
use verify::Marked;

/// So many say the same before they stand together.
const MANY: usize = 3;

/// What a finding says, without of which subject: those of which this is equal say the same.
pub fn said(finding: &Finding, marks: &[Marked]) -> Digest {
    let kind = finding.subject.as_ref().map(|subject| subject.kind.as_str());
    let reason = finding.reason.as_deref().map(|reason| apart(reason).0);
    let assigned: Vec<&RecordRef> = finding.rests_on.iter().filter(|at| at.kind == RecordType::Assignment).collect();
    let of_use = (&finding.control, &finding.check, &finding.target, &finding.population, kind, assigned);
    let of_outcome = (finding.outcome, finding.severity, &finding.evidence, reason, finding.acceptance, marks);
    // A finding was read as JSON, and can be written as it.
    let text = serde_json::to_string(&(of_use, of_outcome)).unwrap_or_else(|_| format!("{finding:?}"));
    Digest::of(text.as_bytes())
}

/// A reason without the records that it names, each by its type alone, and those records: `/grants: access denied, exchange:48`.
pub fn apart(reason: &str) -> (String, Vec<String>) {
    let mut records = Vec::new();
    let word = |word: &str| {
        let name = word.trim_matches([',', ';', '.', ':', '(', ')', '`']);
        match name.parse::<RecordRef>() {
            Ok(at) => {
                records.push(at.to_string());
                word.replacen(name, &format!("{}:…", at.kind), 1)
            }
            Err(_) => word.to_owned(),
        }
    };
    let words: Vec<String> = reason.split(' ').map(word).collect();
    (words.join(" "), records)
}

/// Puts together what has the same key, where it is much enough; everything else by itself. The order is that of the first of each.
pub fn together<T>(all: Vec<T>, key: impl Fn(&T) -> Digest) -> Vec<Vec<T>> {
    let keys: Vec<Digest> = all.iter().map(key).collect();
    let mut counts: BTreeMap<Digest, usize> = BTreeMap::new();
    for key in &keys {
        *counts.entry(*key).or_default() += 1;
    }
    let mut places: BTreeMap<Digest, usize> = BTreeMap::new();
    let mut groups: Vec<Vec<T>> = Vec::new();
    for (key, one) in keys.into_iter().zip(all) {
        let place = places.get(&key).and_then(|place| groups.get_mut(*place));
        match place {
            Some(group) => group.push(one),
            None => {
                if counts.get(&key).is_some_and(|count| *count >= MANY) {
                    places.insert(key, groups.len());
                }
                groups.push(vec![one]);
            }
        }
    }
    groups
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn finding(id: &str, outcome: &str, reason: &str) -> Finding {
        let finding = json!({
            "control": "C", "check": "a/b", "target": "t", "subject": {"kind": "k", "id": id}, "outcome": outcome, "severity": "high",
            "evidence": [{"path": "/state", "actual": "off"}], "reason": reason, "rests_on": ["assignment:0", format!("resource:{id}")],
        });
        serde_json::from_str(&finding.to_string()).unwrap()
    }

    #[test]
    fn what_says_the_same_of_many_stands_together() {
        let all = vec![
            finding("1", "deviates", "denied, exchange:4"),
            finding("2", "conforms", "denied, exchange:4"),
            finding("3", "deviates", "denied, exchange:5"),
            finding("4", "deviates", "denied, exchange:6"),
            finding("5", "conforms", "denied, exchange:4"),
            finding("6", "deviates", "otherwise"),
        ];
        let ids = |group: Vec<Finding>| group.into_iter().map(|one| one.subject.unwrap().id).collect::<String>();
        let groups: Vec<String> = together(all, |one| said(one, &[])).into_iter().map(ids).collect();
        assert_eq!(groups, ["134", "2", "5", "6"], "two are few");
        let marks = |id: &str| match id {
            "2" => vec![Marked { mark: verify::Mark::OwnProxy, of: Vec::new() }],
            _ => Vec::new(),
        };
        let all = ["1", "2", "3"].map(|id| finding(id, "conforms", "")).to_vec();
        let keyed = together(all, |one| said(one, &marks(&one.subject.as_ref().unwrap().id)));
        assert_eq!(keyed.len(), 3, "a mark is something that is said");
    }

    #[test]
    fn records_in_a_reason_are_told_apart_from_its_words() {
        let (words, records) = apart("/grants: access denied, kms:ListGrants, exchange:48 (gap:3)");
        assert_eq!(words, "/grants: access denied, kms:ListGrants, exchange:… (gap:…)");
        assert_eq!(records, ["exchange:48", "gap:3"]);
        assert_eq!(apart("no day is declared"), ("no day is declared".to_owned(), Vec::new()));
    }
}
