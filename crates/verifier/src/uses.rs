//! The uses of checks that the sealed declaration says, held against those that are sealed: who judged with fewer, with other parameters, or gave a
//! check another declaration than the one that is in the bundle, is found.

use std::collections::BTreeMap;

use assess::CheckSet;
use declaration::{CheckCatalogue, CheckMeta, CheckSubject, Loaded};
use model::RecordRef;
use model::record::Assignment;
use serde_json::Value;
use witnessmark_verifier::outputs::{OtherUse, UseProblem, UsesCompared};

/// So many uses that differ are named; the rest are counted.
const NAMED: usize = 1_000;

/// Control, check, targets in their order.
type Key = (String, String, Vec<String>);

/// What a use of a check consists of beside that.
struct Use {
    parameters: Value,
    expect_none: Option<String>,
    declared: Value,
}

/// Compares. `checks`: those that are sealed; what the declaration uses beside them is looked for among `shipped`. `version`: of another program that
/// sealed it, which may have other rules of its own.
pub fn compared(
    loaded: Result<&Loaded, String>,
    (checks, shipped): (&CheckSet, &CheckSet),
    sealed: &[(RecordRef, Assignment)],
    version: Option<&str>,
) -> UsesCompared {
    let mut found = UsesCompared::default();
    let loaded = match loaded {
        Ok(loaded) => loaded,
        Err(why) => {
            found.not_compared = Some(why);
            return found;
        }
    };
    let mut differ = differences(loaded, (checks, shipped), sealed, &mut found.same);
    if let (Some(version), Some(first)) = (version, differ.first()) {
        found.not_compared = Some(format!(
            "version {version} of the program sealed them, and by this one, {}, {} are others, such as {} of {}",
            env!("CARGO_PKG_VERSION"),
            differ.len(),
            first.check,
            first.control
        ));
        return found;
    }
    found.differ_not_shown = differ.len().saturating_sub(NAMED) as u64;
    differ.truncate(NAMED);
    found.differ = differ;
    found
}

fn differences(
    loaded: &Loaded,
    (checks, shipped): (&CheckSet, &CheckSet),
    sealed: &[(RecordRef, Assignment)],
    same: &mut u64,
) -> Vec<OtherUse> {
    let metas = shipped.checks().chain(checks.checks()).map(|check| (check.id.clone(), meta(check)));
    let catalogue = CheckCatalogue { checks: metas.collect() };
    let mut expected: BTreeMap<Key, Vec<Use>> = BTreeMap::new();
    for one in declaration::uses(loaded, &catalogue) {
        let declares = catalogue.checks.get(&one.check).map(|meta| meta.declares.as_slice()).unwrap_or_default();
        let declared = declares.iter().filter_map(|name| Some((name.clone(), loaded.part(name)?))).collect();
        let of = Use {
            parameters: Value::Object(one.parameters.into_iter().collect()),
            expect_none: one.expect_none,
            declared: Value::Object(declared),
        };
        expected.entry(key(one.control, one.check, one.targets)).or_default().push(of);
    }
    let mut differ = Vec::new();
    let mut otherwise = |(control, check, targets): Key, record, problem| {
        differ.push(OtherUse { control, check, targets, record, problem });
    };
    for (at, one) in sealed {
        let key = key(one.control.clone(), one.check.clone(), one.targets.clone());
        let Some(of) = expected.get_mut(&key).and_then(Vec::pop) else {
            otherwise(key, Some(*at), UseProblem::NotDeclared);
            continue;
        };
        let json = |text: &str| serde_json::from_str::<Value>(text).unwrap_or(Value::Null);
        if of.parameters != json(one.parameters.get()) {
            otherwise(key, Some(*at), UseProblem::OtherParameters);
        } else if of.declared != json(one.declared.get()) {
            otherwise(key, Some(*at), UseProblem::OtherDeclaration);
        } else if of.expect_none != one.expect.as_ref().map(|expect| expect.none.clone()) {
            otherwise(key, Some(*at), UseProblem::OtherExpectation);
        } else {
            *same += 1;
        }
    }
    for (key, left) in expected {
        left.iter().for_each(|_| otherwise(key.clone(), None, UseProblem::NotSealed));
    }
    // A check that is not among the texts at hand gives no use.
    for control in &loaded.declaration.controls {
        for used in control.checks.iter().filter(|used| !catalogue.checks.contains_key(used.check.as_str())) {
            otherwise((control.id.to_string(), used.check.to_string(), Vec::new()), None, UseProblem::NotSealed);
        }
    }
    differ
}

fn key(control: String, check: String, mut targets: Vec<String>) -> Key {
    targets.sort_unstable();
    (control, check, targets)
}

/// What a declaration needs to know of a check.
fn meta(check: &assess::Check) -> CheckMeta {
    let custom = &check.meta.custom;
    let subject = match &custom.subject {
        assess::SubjectKind::Kind(kind) => CheckSubject::Resource(kind.clone()),
        assess::SubjectKind::Target => CheckSubject::Target(custom.reads.clone()),
    };
    CheckMeta {
        id: check.id.clone(),
        title: check.meta.title.clone(),
        collector: check.id.split('/').next().unwrap_or_default().to_owned(),
        subject,
        parts: custom.needs.all().into_iter().map(str::to_owned).collect(),
        declares: custom.declares.clone(),
        parameters: custom.parameters.clone(),
    }
}
