//! Parts of a resource on their way to the recorder: a value with its places, or the gap in its stead.

use std::collections::BTreeMap;

use sdk::{GapNote, GapReason, Recorder, ResourceNote, SinkError, Source, Subject};
use serde::Serialize;
use transport::{Call, Refusal};

/// What came of reading one part. A list that was cut has both a value and a gap.
#[derive(Debug)]
pub struct Fact<T> {
    pub value: Option<T>,
    pub sources: Vec<Source>,
    pub gaps: Vec<GapNote>,
}

impl<T> Fact<T> {
    /// A part that was read.
    #[must_use]
    pub fn read(value: T, sources: Vec<Source>) -> Self {
        Self { value: Some(value), sources, gaps: Vec::new() }
    }

    /// A part that was not read.
    #[must_use]
    pub fn unread(gap: GapNote) -> Self {
        Self { value: None, sources: Vec::new(), gaps: vec![gap] }
    }

    /// A part whose call was refused.
    #[must_use]
    pub fn refused(refusal: &Refusal, part: &str) -> Self {
        Self::unread(refusal.gap(Some(part)))
    }
}

/// A gap for an answer that does not have the documented form.
#[must_use]
pub fn malformed(info: &Call, source: &Source, problem: &dyn std::error::Error) -> Refusal {
    let mut refusal = info.refused(GapReason::Malformed, problem.to_string());
    refusal.exchange = Some(source.exchange);
    refusal
}

/// The parts of one resource.
#[derive(Clone, Debug)]
pub struct Parts {
    population: String,
    subject: Subject,
    sources: BTreeMap<String, Vec<Source>>,
    gaps: Vec<GapNote>,
}

impl Parts {
    /// Of a kind that is listed for the whole target.
    #[must_use]
    pub fn new(kind: &str, id: &str) -> Self {
        Self::of(kind, kind, id)
    }

    /// Of a population.
    #[must_use]
    pub fn of(population: &str, kind: &str, id: &str) -> Self {
        Self {
            population: population.to_owned(),
            subject: Subject { kind: kind.to_owned(), id: id.to_owned() },
            sources: BTreeMap::new(),
            gaps: Vec::new(),
        }
    }

    /// Of which object these are.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.subject.id
    }

    /// Takes a part over: its value for the resource, its places and gaps for the record.
    pub fn take<T>(&mut self, part: &str, fact: Fact<T>) -> Option<T> {
        for mut gap in fact.gaps {
            gap.population = Some(self.population.clone());
            gap.subject = Some(self.subject.clone());
            gap.part = Some(part.to_owned());
            self.gaps.push(gap);
        }
        if fact.value.is_some() {
            self.sources.insert(part.to_owned(), fact.sources);
        }
        fact.value
    }

    /// Says where a part stands whose value the resource already has.
    pub fn place(&mut self, part: &str, sources: Vec<Source>) {
        self.sources.insert(part.to_owned(), sources);
    }

    /// The parts of the same object where its list names it again: what could not be read of it is said once.
    #[must_use]
    pub fn again(&self) -> Self {
        Self { gaps: Vec::new(), ..self.clone() }
    }

    /// Records the resource and what could not be read of it.
    ///
    /// # Errors
    /// When evidence can no longer be written.
    pub fn record<T: Serialize>(self, recorder: &Recorder, resource: &T) -> Result<(), SinkError> {
        let facts = serde_json::to_value(resource).map_err(|error| SinkError(error.into()))?;
        recorder.resource(ResourceNote {
            population: self.population,
            kind: self.subject.kind,
            id: self.subject.id,
            parts: self.sources,
            facts,
        })?;
        for gap in self.gaps {
            recorder.gap(gap)?;
        }
        Ok(())
    }
}
