//! What changed between one run and the next: with what was observed and judged, by whom, how often.

use std::collections::BTreeMap;

use bundle::statement::Predicate;
use model::{Digest, Timestamp};
use schemars::JsonSchema;
use serde::Serialize;

/// So many changes are named; the rest are counted.
const NAMED: usize = 1000;
/// Of so many values is remembered in which entry they stood first; of the others it is not said that they stood before.
const VALUES: usize = 10_000;

/// What can change between two runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Aspect {
    /// The resolved plan.
    Plan,
    /// The declared files.
    Declaration,
    /// The texts that took part in judging.
    Checks,
    /// The uses of checks: controls, targets, parameters.
    Parameters,
    /// The ways to the sources.
    Targets,
    /// The declared interval of runs, in seconds.
    Schedule,
    /// The version of the program, and its digest.
    Tool,
    /// The key that signs runs.
    Collector,
}

impl Aspect {
    pub const ALL: [Self; 8] = [
        Self::Plan,
        Self::Declaration,
        Self::Checks,
        Self::Parameters,
        Self::Targets,
        Self::Schedule,
        Self::Tool,
        Self::Collector,
    ];

    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Plan => "plan",
            Self::Declaration => "declaration",
            Self::Checks => "checks",
            Self::Parameters => "parameters",
            Self::Targets => "targets",
            Self::Schedule => "schedule",
            Self::Tool => "tool",
            Self::Collector => "collector",
        }
    }
}

/// One change. `entry` is the first run with the new value; `before` the last one with the old.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Change {
    pub aspect: Aspect,
    pub before: u64,
    pub entry: u64,
    /// When that run began.
    pub started: Timestamp,
    /// `null`: nothing was declared.
    pub from: Option<String>,
    pub to: Option<String>,
    /// The first run that had the new value already: it was changed back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub as_in: Option<u64>,
}

/// All changes of a period.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Changes {
    /// In the order of the entries, at most a thousand.
    pub changes: Vec<Change>,
    pub in_all: u64,
    /// Of each aspect how often it changed; those that never did are not there.
    pub by_aspect: BTreeMap<Aspect, u64>,
    /// Runs whose statement does not say with what was judged (an earlier version sealed them): between them and others nothing can
    /// be said of plan, declaration, checks, parameters, targets.
    pub unsaid: Vec<u64>,
    pub unsaid_in_all: u64,
}

/// The newest values, and where each stood first.
#[derive(Debug, Default)]
pub(crate) struct Following {
    last: BTreeMap<Aspect, (u64, Option<String>)>,
    first: BTreeMap<(Aspect, Option<String>), u64>,
    from: Option<Timestamp>,
    until: Option<Timestamp>,
    found: Changes,
}

impl Following {
    /// Names what changed in runs that began within these times, both inclusive.
    pub(crate) fn within(from: Option<Timestamp>, until: Option<Timestamp>) -> Self {
        Self { from, until, ..Self::default() }
    }

    /// Takes up the next run that is no rehearsal. A failed one judged nothing.
    pub(crate) fn run(&mut self, index: u64, said: &Predicate, signer: Digest, failed: bool) {
        let mut value = |aspect, to: Option<String>| self.value(index, said.started, aspect, to);
        if let Some(basis) = &said.basis {
            for (aspect, (_, digest)) in Aspect::ALL.into_iter().zip(basis.members()) {
                value(aspect, Some(digest.to_string()));
            }
        }
        value(Aspect::Schedule, said.chain.every_seconds.map(|seconds| seconds.to_string()));
        value(Aspect::Tool, Some(format!("{} {}", said.tool.version, said.tool.sha256)));
        value(Aspect::Collector, Some(signer.to_string()));
        if said.basis.is_none() && !failed && self.in_period(said.started) {
            self.found.unsaid_in_all += 1;
            if self.found.unsaid.len() < NAMED {
                self.found.unsaid.push(index);
            }
        }
    }

    fn in_period(&self, started: Timestamp) -> bool {
        self.from.is_none_or(|from| started >= from) && self.until.is_none_or(|until| started <= until)
    }

    fn value(&mut self, index: u64, started: Timestamp, aspect: Aspect, to: Option<String>) {
        let key = (aspect, to);
        let as_in = self.first.get(&key).copied();
        if as_in.is_none() && self.first.len() < VALUES {
            self.first.insert(key.clone(), index);
        }
        let to = key.1;
        let before = self.last.insert(aspect, (index, to.clone()));
        let Some((before, from)) = before.filter(|(_, from)| *from != to) else { return };
        if !self.in_period(started) {
            return;
        }
        self.found.in_all += 1;
        *self.found.by_aspect.entry(aspect).or_default() += 1;
        if self.found.changes.len() < NAMED {
            self.found.changes.push(Change { aspect, before, entry: index, started, from, to, as_in });
        }
    }

    pub(crate) fn finish(self) -> Changes {
        self.found
    }
}
