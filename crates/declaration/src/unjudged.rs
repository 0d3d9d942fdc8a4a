//! What is declared and sealed, and judged by no check: it is named after every run, so that nobody takes it for judged.

use std::collections::BTreeSet;

use diagnose::{Code, Diagnostic, Reporter, Span};

use crate::environment::Environment;
use crate::load::Loaded;
use crate::planned::Plan;
use crate::resources::kinds;

/// Declared things of one kind that no check of the plan reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unjudged {
    /// As a person reads it: `key holders`.
    pub what: &'static str,
    pub count: usize,
    /// Where the first stands.
    pub at: Span,
}

/// How much is declared, and what of it nothing judges.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Judged {
    /// Declared things, whatever their kind.
    pub things: usize,
    pub unjudged: Vec<Unjudged>,
    /// Things of other systems of the entity in the same files, kept out of this one and in no other count.
    pub of_other_systems: usize,
}

impl Judged {
    /// How many things no check reads.
    #[must_use]
    pub fn not_judged(&self) -> usize {
        self.unjudged.iter().map(|one| one.count).sum()
    }
}

/// Counts the declared things, and those of kinds that no check of the plan reads.
#[must_use]
pub fn judged(loaded: &Loaded, environment: &Environment, plan: &Plan) -> Judged {
    let used = plan.assignments.iter().filter_map(|one| environment.checks.checks.get(&one.check));
    judged_by(loaded, &used.flat_map(|check| check.kinds()).map(String::as_str).collect())
}

/// The same where it is known by itself which kinds the checks read: those of a bundle are sealed in it.
#[must_use]
pub fn judged_by(loaded: &Loaded, read: &BTreeSet<&str>) -> Judged {
    let counts = loaded.counts();
    let mut unjudged: Vec<Unjudged> = kinds()
        .into_iter()
        .filter(|kind| !read.contains(kind.kind))
        .filter_map(|kind| {
            let count = match kind.kind {
                // What it is called claims nothing.
                "declaration/system" => 0,
                // One that uses checks is judged by them.
                "declaration/control" => loaded.declaration.controls.iter().filter(|one| one.checks.is_empty()).count(),
                kind => *counts.get(kind)?,
            };
            (count > 0).then(|| Unjudged { what: kind.plural, count, at: first(loaded, kind.kind) })
        })
        .collect();
    let mut things: usize = counts.values().sum();
    let by_path: Vec<Span> = loaded
        .declaration
        .controls
        .iter()
        .flat_map(|control| &control.documents)
        .filter(|document| document.path.is_some())
        .map(|document| document.written)
        .collect();
    // What is no thing of its own.
    let reasons: Vec<Span> = loaded.declaration.not_applicable.iter().map(|one| one.written).collect();
    for (what, places) in [
        ("reasons why a requirement does not apply", reasons),
        ("documents that a control names by their path", by_path),
    ] {
        if let Some(at) = places.first() {
            things += places.len();
            unjudged.push(Unjudged { what, count: places.len(), at: *at });
        }
    }
    Judged { things, unjudged, of_other_systems: loaded.of_other_systems() }
}

/// The same as notes, for a person who writes.
#[must_use]
pub fn notes(loaded: &Loaded, judged: &Judged) -> Vec<Diagnostic> {
    let mut reporter = Reporter::new(&loaded.sources);
    for Unjudged { what, count, at } in &judged.unjudged {
        reporter.note(*at, Code::NotJudgedYet, format!("{what} ({count}) are sealed, and no check judges them"));
    }
    reporter.found
}

/// Where things of the kind begin: the name of their list.
fn first(loaded: &Loaded, kind: &str) -> Span {
    let part = match kind {
        "declaration/acceptance" => "acceptances",
        "declaration/component" => "components",
        "declaration/document" => "documents",
        "declaration/exclusion" => "exclusions",
        "declaration/holder" => "key_holders",
        "declaration/key" => "keys",
        "declaration/risk" => "risks",
        "declaration/role" => "roles",
        "declaration/third-party" => "third_parties",
        "declaration/threat" => "threats",
        "declaration/wallet" => "wallets",
        "declaration/control" | "declaration/task" => "controls",
        "declaration/reviewed-part" => {
            let named = ["threat_model", "compromise_plan", "key_inventory", "risk_register", "keys", "risks"];
            return named.iter().find_map(|name| loaded.has_part(name)).unwrap_or(Span::NONE);
        }
        _ => "system",
    };
    loaded.has_part(part).unwrap_or(Span::NONE)
}
