//! What is declared and sealed, and judged by no check: it is named after every run, so that nobody takes it for judged.

use std::collections::{BTreeMap, BTreeSet};

use diagnose::{Code, Diagnostic, Reporter, Span};

use crate::environment::{CheckSubject, Environment, Reads};
use crate::load::Loaded;
use crate::members;
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

/// A member that is written in things of one kind, and that no check of the plan reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnjudgedMember {
    /// As a person reads it: `key holders`.
    pub what: &'static str,
    /// As it is written: `roles`.
    pub member: &'static str,
    /// The things, in the order declared.
    pub ids: Vec<String>,
    /// Things of that kind in all.
    pub of: usize,
    /// Where the first stands.
    pub at: Span,
}

/// Things that are named one by one.
const MOST_NAMED: usize = 4;

impl UnjudgedMember {
    /// Which member of which things, for a person: `` `roles` of ada, bo ``.
    #[must_use]
    pub fn words(&self) -> String {
        let (member, what) = (self.member, self.what);
        match self.ids.len() {
            some if some <= MOST_NAMED => format!("`{member}` of {}", self.ids.join(", ")),
            all if all == self.of => format!("`{member}` of all {all} {what}"),
            some => format!("`{member}` of {some} of {} {what}", self.of),
        }
    }
}

/// How much is declared, and what of it nothing judges.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Judged {
    /// Declared things, whatever their kind.
    pub things: usize,
    pub unjudged: Vec<Unjudged>,
    /// Of the other things, by kind.
    pub members: Vec<UnjudgedMember>,
    /// Things of other systems of the entity in the same files, kept out of this one and in no other count.
    pub of_other_systems: usize,
}

impl Judged {
    /// How many things no check reads.
    #[must_use]
    pub fn not_judged(&self) -> usize {
        self.unjudged.iter().map(|one| one.count).sum()
    }

    /// How many members of the other things no check reads.
    #[must_use]
    pub fn members_not_judged(&self) -> usize {
        self.members.iter().map(|one| one.ids.len()).sum()
    }
}

/// Counts the declared things, and those of kinds that no check of the plan reads.
#[must_use]
pub fn judged(loaded: &Loaded, environment: &Environment, plan: &Plan) -> Judged {
    let used = plan.assignments.iter().filter_map(|one| environment.checks.checks.get(&one.check));
    let mut reads = Reads::default();
    for check in used {
        let whole = matches!(check.subject, CheckSubject::Target(_));
        reads.add(check.kinds(), whole, check.parts.iter().cloned(), &check.declares);
    }
    judged_by(loaded, &reads)
}

/// The same where it is known by itself what the checks read: those of a bundle are sealed in it.
#[must_use]
pub fn judged_by(loaded: &Loaded, read: &Reads) -> Judged {
    let counts = loaded.counts();
    let mut unjudged: Vec<Unjudged> = kinds()
        .into_iter()
        .filter(|kind| !read.kind(kind.kind))
        .filter_map(|kind| {
            let count = match kind.kind {
                // What it is called claims nothing.
                "declaration/system" => 0,
                // One that uses checks is judged by them.
                "declaration/control" => loaded.declaration.controls.iter().filter(|one| one.checks.is_empty()).count(),
                // Whether a role is of executive management decides who may accept a risk.
                "declaration/role" if read.kind("declaration/risk") || read.kind("declaration/threat") => loaded
                    .declaration
                    .roles
                    .iter()
                    .filter(|role| !role.executive.as_ref().is_some_and(|one| one.value))
                    .count(),
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
    Judged { things, unjudged, members: members(loaded, read, &counts), of_other_systems: loaded.of_other_systems() }
}

/// The members of things that some check reads, and that are themselves read by none.
fn members(loaded: &Loaded, read: &Reads, counts: &BTreeMap<&'static str, usize>) -> Vec<UnjudgedMember> {
    // A control with checks is judged by these, whatever reads its own words.
    let with_checks: BTreeSet<&str> =
        loaded.declaration.controls.iter().filter(|one| !one.checks.is_empty()).map(|one| one.id.as_str()).collect();
    let listed = |one: &members::Written| match one.kind {
        "declaration/control" => read.kind(one.kind) || with_checks.contains(one.id.as_str()),
        "declaration/system" => true,
        kind => read.kind(kind),
    };
    let open = |one: &members::Written| !one.facts.iter().any(|(kind, part)| read.fact(kind, part));
    let plurals: BTreeMap<&str, &'static str> = kinds().into_iter().map(|kind| (kind.kind, kind.plural)).collect();
    let mut found: Vec<UnjudgedMember> = Vec::new();
    let mut at: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for one in members::written(&loaded.declaration).into_iter().filter(|one| listed(one) && open(one)) {
        let place = *at.entry((one.kind, one.member)).or_insert(found.len());
        match found.get_mut(place) {
            Some(known) => known.ids.push(one.id),
            None => found.push(UnjudgedMember {
                what: plurals.get(one.kind).copied().unwrap_or(one.kind),
                member: one.member,
                ids: vec![one.id],
                of: counts.get(one.kind).copied().unwrap_or_default(),
                at: one.at,
            }),
        }
    }
    found
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
