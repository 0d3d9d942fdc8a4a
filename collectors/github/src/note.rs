//! Facts on their way to the recorder.

use std::collections::BTreeMap;

use sdk::{CoverageNote, GapNote, GapReason, Recorder, ResourceNote, SinkError, Source, Timestamp};
use serde::Serialize;
use serde_json::Value;

use crate::resource::Moment;

/// One resource being put together: its facts, and for each part where it was read.
#[derive(Debug)]
pub struct Note {
    population: String,
    kind: &'static str,
    id: String,
    facts: Value,
    parts: BTreeMap<String, Vec<Source>>,
}

impl Note {
    /// All parts that `facts` has, read at `source`.
    pub fn new<T: Serialize>(population: &str, kind: &'static str, id: String, facts: &T, source: &Source) -> Self {
        // The types of `resource` hold nothing that JSON cannot.
        let facts = serde_json::to_value(facts).unwrap_or(Value::Null);
        let names = facts.as_object().into_iter().flat_map(serde_json::Map::keys);
        let parts = names.map(|name| (name.clone(), vec![source.clone()])).collect();
        Self { population: population.to_owned(), kind, id, facts, parts }
    }

    /// Parts that are members of the object that was read, by the members' names: their values as they stand there, so that anyone can
    /// compare them. What is `null` may as well not have been there.
    pub fn members(mut self, names: &[(&str, &str)]) -> Self {
        for (part, member) in names {
            let is_there = self.facts.get(*part).is_some_and(|fact| !fact.is_null());
            if let Some([source]) = self.parts.get_mut(*part).filter(|_| is_there).map(Vec::as_mut_slice) {
                source.path.push('/');
                source.path.push_str(member);
            }
        }
        self
    }

    /// One more part, read elsewhere.
    pub fn part<T: Serialize>(&mut self, name: &str, fact: &T, sources: Vec<Source>) {
        if let (Some(facts), Ok(fact)) = (self.facts.as_object_mut(), serde_json::to_value(fact)) {
            facts.insert(name.to_owned(), fact);
            self.parts.insert(name.to_owned(), sources);
        }
    }

    pub fn write(self, recorder: &Recorder) -> Result<(), SinkError> {
        recorder.resource(ResourceNote {
            population: self.population,
            kind: self.kind.to_owned(),
            id: self.id,
            parts: self.parts,
            facts: self.facts,
        })
    }
}

/// A population of which nothing was asked, and why.
pub fn left_out(recorder: &Recorder, population: &str, reason: GapReason, detail: &str) -> Result<(), SinkError> {
    recorder.gap(GapNote {
        population: Some(population.to_owned()),
        subject: None,
        part: None,
        right: None,
        reason,
        detail: detail.to_owned(),
        exchange: None,
    })?;
    recorder.coverage(CoverageNote {
        population: population.to_owned(),
        calls: 0,
        pages: 0,
        items: 0,
        complete: false,
        total: None,
    })
}

/// A time as GitHub writes it: RFC 3339. `Err`: it is none.
pub fn moment(text: Option<&str>) -> Result<Option<Moment>, String> {
    match text {
        None => Ok(None),
        Some(text) => match Timestamp::from_rfc3339(text) {
            Ok(moment) => Ok(Some(Moment::new(moment))),
            Err(error) => Err(format!("`{text}` is not a time: {error}")),
        },
    }
}
