//! What a process says, held against what it said of itself before anything of it is recorded.
//!
//! INVARIANT: nothing that a process says can make the bundle refuse itself: depths and sizes are bounded here, exchanges that
//! records name exist, and secrets are looked for in every text that goes on.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use jsonschema::Validator;
use model::record::{GapReason, Subject};
use model::Timestamp;
use sdk::{
    CoverageNote, Descriptor, ExchangeId, GapNote, NewBody, NewExchange, Recorder, ResourceNote, SinkError, SourceTotal,
    WithheldReason, kind_of_population, suspects_secret,
};
use serde_json::Value;

use crate::protocol::{Body, Coverage, Exchange, Gap, Resource, Source, Why};

/// Open arrays and objects in facts and parameters: a record has 64 in all.
const DEPTH: usize = 48;

/// Bytes of one resource: a record has 16 MiB.
const RESOURCE_BYTES: usize = 8 << 20;

/// Bytes of one text that becomes a member of a record.
const TEXT_BYTES: usize = 64 << 10;

/// Why a line is not recorded.
#[derive(Debug)]
pub(crate) enum Refused {
    /// The process contradicts itself, and why.
    Lie(String),
    /// Evidence can no longer be written.
    Sink(SinkError),
}

impl From<SinkError> for Refused {
    fn from(error: SinkError) -> Self {
        Self::Sink(error)
    }
}

fn lie<T>(why: impl Into<String>) -> Result<T, Refused> {
    Err(Refused::Lie(why.into()))
}

/// One kind of resource that may come.
#[derive(Debug)]
struct Kind {
    parts: BTreeSet<String>,
    /// `None`: the types of a collector of our own hold it.
    schema: Option<Validator>,
}

/// What came of a sent exchange.
#[derive(Clone, Copy, Debug)]
struct Came {
    id: ExchangeId,
    suspected: bool,
}

/// What was said by one process about one target.
#[derive(Debug)]
pub(crate) struct Intake {
    /// Rights of the description: operations outside are a lie. `None`: built in, its credentials may come by other calls.
    rights: Option<BTreeSet<String>>,
    kinds: BTreeMap<String, Kind>,
    exchanges: HashMap<u64, Came>,
    ids: HashSet<(String, String)>,
    /// Members recorded of each population.
    members: BTreeMap<String, u64>,
    /// Items that the source listed of each population.
    covered: BTreeMap<String, u64>,
}

impl Intake {
    /// `foreign`: a program that is not ours, whose facts are held against its own schemas too.
    pub(crate) fn new(descriptor: &Descriptor, foreign: bool) -> Self {
        let kinds = descriptor.resources.iter().map(|kind| {
            let schema = if foreign { jsonschema::validator_for(&kind.schema).ok() } else { None };
            (kind.kind.clone(), Kind { parts: kind.parts().into_iter().collect(), schema })
        });
        Self {
            rights: foreign.then(|| descriptor.rights.iter().map(|right| right.name.clone()).collect()),
            kinds: kinds.collect(),
            exchanges: HashMap::new(),
            ids: HashSet::new(),
            members: BTreeMap::new(),
            covered: BTreeMap::new(),
        }
    }

    pub(crate) fn exchange(&mut self, said: Exchange, now: Timestamp, recorder: &Recorder) -> Result<(), Refused> {
        if self.exchanges.contains_key(&said.id) {
            return lie(format!("two exchanges have the id {}", said.id));
        }
        if self.rights.as_ref().is_some_and(|rights| !rights.contains(&said.operation)) {
            return lie(format!("the call `{}` is none of the rights that it declares", shown(&said.operation)));
        }
        if said.attempt == 0 || said.page > (1 << 53) {
            return lie("attempts are counted from 1, pages up to 2^53");
        }
        self.population(said.population.as_deref())?;
        self.subject(said.subject.as_ref())?;
        let texts = [
            Some(&said.endpoint),
            Some(&said.operation),
            said.error.as_ref(),
            said.failure.as_ref(),
            said.request_id.as_ref(),
            said.date.as_ref(),
        ];
        for text in texts.into_iter().flatten() {
            sized("a text of an exchange", text)?;
            if suspects_secret(text.as_bytes(), recorder.secrets()) {
                return lie("a secret is suspected in the description of an exchange, where none may stand");
            }
        }
        let parameters = Value::Object(said.parameters);
        bounded("parameters", &parameters)?;
        let body = match said.body {
            None => NewBody::None,
            Some(Body::Base64(text)) => match STANDARD.decode(&text) {
                Ok(bytes) => NewBody::Received(Bytes::from(bytes)),
                Err(error) => return lie(format!("the body of exchange {} is no base64: {error}", said.id)),
            },
            Some(Body::Withheld(withheld)) if withheld.size > (1 << 53) => return lie("a size beyond 2^53"),
            Some(Body::Withheld(withheld)) => match withheld.why {
                Why::CredentialBearing => NewBody::CredentialBearing { size: withheld.size },
                Why::SuspectedSecret => NewBody::Suspected { size: withheld.size },
            },
        };
        let captured = recorder.exchange(NewExchange {
            endpoint: said.endpoint,
            peer: said.peer,
            operation: said.operation,
            population: said.population,
            subject: said.subject,
            page: said.page,
            attempt: said.attempt,
            started: said.started.unwrap_or(now),
            status: said.status,
            error: said.error,
            failure: said.failure,
            request_id: said.request_id,
            date: said.date,
            parameters,
            body,
        })?;
        let suspected = captured.withheld == Some(WithheldReason::SuspectedSecret);
        self.exchanges.insert(said.id, Came { id: captured.id, suspected });
        Ok(())
    }

    pub(crate) fn resource(&mut self, said: Resource, recorder: &Recorder) -> Result<(), Refused> {
        let Some(kind) = self.kinds.get(&said.kind) else {
            return lie(format!("it recorded `{}`, a kind that it does not describe", shown(&said.kind)));
        };
        let population = said.population.unwrap_or_else(|| said.kind.clone());
        if kind_of_population(&population) != said.kind {
            return lie(format!("a `{}` cannot be a member of `{}`", said.kind, shown(&population)));
        }
        let what = || format!("`{}` `{}`", said.kind, shown(&said.id));
        sized("an id", &said.id)?;
        if said.id.is_empty() {
            return lie(format!("a `{}` without an id", said.kind));
        }
        if suspects_secret(said.id.as_bytes(), recorder.secrets()) {
            return lie(format!("a secret is suspected in the id of a `{}`", said.kind));
        }
        let mut facts = said.facts;
        for part in facts.keys() {
            if !kind.parts.contains(part) {
                return lie(format!("{} has a part `{}` that it does not describe", what(), shown(part)));
            }
            if said.parts.get(part).is_none_or(Vec::is_empty) {
                return lie(format!("{} does not say where `{part}` was read", what()));
            }
        }
        if let Some(part) = said.parts.keys().find(|part| !facts.contains_key(*part)) {
            return lie(format!("{} says where `{}` was read and does not have it", what(), shown(part)));
        }
        let value = Value::Object(std::mem::take(&mut facts));
        bounded("facts", &value)?;
        if let Some(Err(error)) = kind.schema.as_ref().map(|schema| schema.validate(&value)) {
            return lie(format!("{} is not as its schema says, at `{}`", what(), shown(error.instance_path().as_str())));
        }
        let Value::Object(mut facts) = value else {
            return lie("facts are an object");
        };
        if facts.values().map(|value| value.to_string().len()).sum::<usize>() > RESOURCE_BYTES {
            return lie(format!("{} has more than {RESOURCE_BYTES} bytes", what()));
        }
        let mut parts = BTreeMap::new();
        for (part, sources) in said.parts {
            let mut hidden = None;
            let mut places = Vec::new();
            for source in sources {
                let (place, suspected) = self.source(source)?;
                if suspected {
                    hidden = Some(place.exchange);
                }
                places.push(place);
            }
            let text = facts.get(&part).map(ToString::to_string).unwrap_or_default();
            let suspicious = suspects_secret(text.as_bytes(), recorder.secrets());
            if hidden.is_some() || suspicious {
                // The process has seen what we may not keep; what it took from there is not kept either.
                facts.remove(&part);
                recorder.gap(GapNote {
                    population: Some(population.clone()),
                    subject: Some(Subject { kind: said.kind.clone(), id: said.id.clone() }),
                    part: Some(part),
                    right: None,
                    reason: GapReason::WithheldSecret,
                    detail: "what was read seems to hold a secret and is not kept".to_owned(),
                    exchange: hidden.or_else(|| places.first().map(|place| place.exchange)),
                })?;
                continue;
            }
            parts.insert(part, places);
        }
        if !self.ids.insert((said.kind.clone(), said.id.clone())) {
            return lie(format!("{} was recorded twice", what()));
        }
        let count = self.members.entry(population.clone()).or_default();
        *count = count.saturating_add(1);
        let facts = Value::Object(facts);
        Ok(recorder.resource(ResourceNote { population, kind: said.kind, id: said.id, parts, facts })?)
    }

    pub(crate) fn coverage(&mut self, said: Coverage, recorder: &Recorder) -> Result<(), Refused> {
        self.population(Some(&said.population))?;
        if self.covered.insert(said.population.clone(), said.items).is_some() {
            return lie(format!("the coverage of `{}` was given twice", shown(&said.population)));
        }
        if [said.calls, said.pages, said.items].iter().any(|count| *count > (1 << 53)) {
            return lie("a count beyond 2^53");
        }
        let total = match said.total {
            Some(total) => {
                let (from, suspected) = self.source(total.from)?;
                (!suspected).then_some(SourceTotal { count: total.count, from })
            }
            None => None,
        };
        Ok(recorder.coverage(CoverageNote {
            population: said.population,
            calls: said.calls,
            pages: said.pages,
            items: said.items,
            complete: said.complete,
            total,
        })?)
    }

    pub(crate) fn gap(&mut self, said: Gap, recorder: &Recorder) -> Result<(), Refused> {
        self.population(said.population.as_deref())?;
        self.subject(said.subject.as_ref())?;
        let kind = said.subject.as_ref().map(|subject| subject.kind.as_str());
        let kind = kind.or_else(|| said.population.as_deref().map(kind_of_population));
        if let Some(part) = &said.part {
            match kind.and_then(|kind| self.kinds.get(kind)) {
                Some(kind) if kind.parts.contains(part) => {}
                _ => return lie(format!("a gap names the part `{}`, which it does not describe", shown(part))),
            }
        }
        if let (Some(rights), Some(right)) = (&self.rights, &said.right)
            && !rights.contains(right)
        {
            return lie(format!("a gap names the right `{}`, which it does not declare", shown(right)));
        }
        sized("the detail of a gap", &said.detail)?;
        let exchange = said.exchange.map(|id| self.came(id)).transpose()?.map(|came| came.id);
        Ok(recorder.gap(GapNote {
            population: said.population,
            subject: said.subject,
            part: said.part,
            right: said.right,
            reason: said.reason,
            detail: said.detail,
            exchange,
        })?)
    }

    /// What a right's state may name.
    pub(crate) fn right(&self, name: &str) -> Result<(), Refused> {
        match &self.rights {
            Some(rights) if !rights.contains(name) => {
                lie(format!("it tells of the right `{}`, which it does not declare", shown(name)))
            }
            _ => Ok(()),
        }
    }

    /// The exchange that an error names.
    pub(crate) fn named(&self, id: Option<u64>) -> Result<Option<ExchangeId>, Refused> {
        id.map(|id| self.came(id)).transpose().map(|came| came.map(|came| came.id))
    }

    /// Everything was said: each member belongs to a population of which the extent is known.
    pub(crate) fn whole(&self, recorder: &Recorder) -> Result<(), Refused> {
        for (population, members) in &self.members {
            let detail = match self.covered.get(population) {
                None => format!("{members} members were recorded, and no coverage"),
                Some(items) if items < members => {
                    format!("{members} members were recorded of a list that is said to have {items}")
                }
                Some(_) => continue,
            };
            recorder.gap(GapNote {
                population: Some(population.clone()),
                subject: None,
                part: None,
                right: None,
                reason: GapReason::CollectorFailed,
                detail,
                exchange: None,
            })?;
        }
        Ok(())
    }

    fn population(&self, population: Option<&str>) -> Result<(), Refused> {
        let Some(population) = population else {
            return Ok(());
        };
        sized("a population", population)?;
        if !self.kinds.contains_key(kind_of_population(population)) {
            return lie(format!("`{}` is no population of a kind that it describes", shown(population)));
        }
        Ok(())
    }

    fn subject(&self, subject: Option<&Subject>) -> Result<(), Refused> {
        let Some(subject) = subject else {
            return Ok(());
        };
        sized("a subject", &subject.id)?;
        // A collector of ours may name what is no kind of its own: a region that was closed.
        if self.rights.is_some() && !self.kinds.contains_key(&subject.kind) {
            return lie(format!("`{}` is no kind that it describes", shown(&subject.kind)));
        }
        Ok(())
    }

    fn came(&self, id: u64) -> Result<Came, Refused> {
        match self.exchanges.get(&id) {
            Some(came) => Ok(*came),
            None => lie(format!("it names exchange {id}, which it did not send before")),
        }
    }

    fn source(&self, said: Source) -> Result<(sdk::Source, bool), Refused> {
        let came = self.came(said.exchange)?;
        sized("a path", &said.path)?;
        let source = sdk::Source {
            exchange: came.id,
            syntax: said.syntax,
            path: said.path,
            decode: said.decode,
            inner: said.inner,
        };
        Ok((source, came.suspected))
    }
}

fn sized(what: &str, text: &str) -> Result<(), Refused> {
    if text.len() > TEXT_BYTES {
        return lie(format!("{what} has more than {TEXT_BYTES} bytes"));
    }
    Ok(())
}

fn bounded(what: &str, value: &Value) -> Result<(), Refused> {
    if deeper(value, DEPTH) {
        return lie(format!("{what} more than {DEPTH} arrays and objects deep"));
    }
    Ok(())
}

fn deeper(value: &Value, than: usize) -> bool {
    let Some(less) = than.checked_sub(1) else {
        return value.is_array() || value.is_object();
    };
    match value {
        Value::Array(items) => items.iter().any(|item| deeper(item, less)),
        Value::Object(members) => members.values().any(|member| deeper(member, less)),
        _ => false,
    }
}

/// A text of the process inside a sentence of ours.
fn shown(text: &str) -> String {
    let mut short: String = text.chars().take(80).flat_map(char::escape_default).collect();
    if text.chars().nth(80).is_some() {
        short.push('…');
    }
    short
}
