//! Objects that are computed once everything was recorded and put into order.

use std::io;

use model::record::{Coverage, Gap, Route};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::fits;
use super::gaps::gap_order;
use super::index::{self, ResourceKey};
use super::lines::LineFile;
use super::recorded::Recorded;
use super::rows::{DerivedLine, InputLine};

/// One such object. Its target, its collector and the first word of its kind are one name.
#[derive(Debug)]
pub(crate) struct Computed {
    pub(crate) target: &'static str,
    pub(crate) kind: &'static str,
    pub(crate) id: String,
    pub(crate) inputs: Vec<ComputedFrom>,
    /// A JSON object.
    pub(crate) facts: Box<RawValue>,
}

/// What it was computed from, of whatever target.
#[derive(Debug)]
pub(crate) enum ComputedFrom {
    Object {
        target: String,
        kind: String,
        id: String,
    },
    /// All lists of a kind.
    List {
        target: String,
        kind: String,
    },
    /// A gap by its place before anything was computed.
    Gap(u64),
}

/// The facts of a line of the spool, without where they were read.
#[derive(Deserialize)]
struct FactsOf<'l> {
    #[serde(borrow)]
    facts: &'l RawValue,
}

/// Takes an object: target, collector and population; kind and id; facts.
pub(crate) type TakeObject<'t> = dyn FnMut((&str, &str, &str), (&str, &str), &RawValue) -> io::Result<()> + 't;

impl Recorded {
    /// Gives every resource and derived object of the kinds that are wanted. Others are not read.
    ///
    /// # Errors
    /// When the spool cannot be read; those of `take`.
    pub(crate) fn each_of(&self, wanted: impl Fn(&str) -> bool, take: &mut TakeObject<'_>) -> io::Result<()> {
        let parts: [(&[ResourceKey], &LineFile); 2] =
            [(&self.resource_keys, &self.resources), (&self.derived_keys, &self.derived)];
        let mut line = Vec::new();
        for (keys, file) in parts {
            for key in keys.iter().filter(|key| wanted(self.names.text(key.kind))) {
                line.clear();
                file.read_onto(key.span, &mut line)?;
                let FactsOf { facts } = serde_json::from_slice(&line)?;
                let text = |name| self.names.text(name);
                let place = (text(key.target), text(key.collector), text(key.population));
                take(place, (text(key.kind), &key.id), facts)?;
            }
        }
        Ok(())
    }

    /// Keeps an object; [`Recorded::computed`] has to follow. `Some` says why it does not fit into a record, and was not kept.
    ///
    /// # Errors
    /// When the spool cannot be written.
    pub(crate) fn compute(&mut self, one: Computed) -> io::Result<Option<String>> {
        let Computed { target, kind, id, inputs, facts } = one;
        if let Err(problem) = fits::derived(facts.get(), inputs.len()) {
            return Ok(Some(problem));
        }
        let line = DerivedLine { inputs: inputs.into_iter().map(line_of).collect(), facts };
        let span = self.derived.append(&serde_json::to_vec(&line)?)?;
        let (target, kind) = (self.names.of(target), self.names.of(kind));
        self.derived_keys.push(ResourceKey {
            target,
            collector: target,
            population: kind,
            kind,
            id: id.into_boxed_str(),
            span,
        });
        Ok(None)
    }

    /// Puts what was computed into the order of the bundle, with how completely each kind of it is known, why not more is, and the route of
    /// its target, where one says something. All of one target that nothing else is of.
    ///
    /// # Errors
    /// When the spool cannot be written.
    pub(crate) fn computed(&mut self, coverage: Vec<Coverage>, gaps: Vec<Gap>, route: Option<Route>) -> io::Result<()> {
        self.derived.flush()?;
        index::sort_resources(&mut self.derived_keys, &self.names.ranks());
        self.coverage.extend(coverage);
        self.coverage
            .sort_by(|a, b| (&a.target, &a.collector, &a.population).cmp(&(&b.target, &b.collector, &b.population)));
        if let Some(route) = route {
            self.routes.push(route);
            self.routes.sort_by(|a, b| (&a.target, &a.collector).cmp(&(&b.target, &b.collector)));
        }
        self.add_gaps(gaps);
        Ok(())
    }

    /// Adds gaps of one target. Those that were there keep their order.
    fn add_gaps(&mut self, mut gaps: Vec<Gap>) {
        for gap in &mut gaps {
            gap.detail = fits::detail(std::mem::take(&mut gap.detail));
        }
        gaps.sort_by(|a, b| gap_order(a).cmp(&gap_order(b)));
        gaps.dedup();
        let Some(first) = gaps.first() else { return };
        let at = self.gaps.partition_point(|known| gap_order(known) < gap_order(first));
        self.added_gaps = at as u64..at.saturating_add(gaps.len()) as u64;
        self.gaps.splice(at..at, gaps);
    }
}

fn line_of(from: ComputedFrom) -> InputLine {
    match from {
        ComputedFrom::Object { target, kind, id } => InputLine::Object(target, kind, id),
        ComputedFrom::List { target, kind } => InputLine::Lists(target, kind),
        ComputedFrom::Gap(before) => InputLine::Gap(before),
    }
}
