//! One run of a collector against a source, and what came out of it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use sdk::{
    CallerIdentity, Clock, CollectError, CoverageNote, DerivedNote, Environment, ExchangeId, GapNote, GapReason, Input,
    KnownSecrets, NewBody, Overrides, ResourceNote, RightStatus, Secret, StaticCredentials, Target, Timestamp,
};
use serde_json::{Value, json};

use super::Suite;
use crate::{Faulty, Handler, Logged, Memory, Rule, Seen, Server};

/// Our own secret key in every run: found in any output, it is a leak.
pub const CANARY: &str = "canary/own/secret/key/00000000000000000000";

/// How a run is set up.
#[derive(Clone, Debug)]
pub struct How {
    pub rules: Vec<Rule>,
    pub https: bool,
    /// The authority of the server is trusted.
    pub trusted: bool,
    pub seconds: u64,
    pub preflight: bool,
    /// Answers come in another order than asked for.
    pub shuffled: bool,
}

impl Default for How {
    fn default() -> Self {
        Self { rules: Vec::new(), https: false, trusted: true, seconds: 600, preflight: false, shuffled: false }
    }
}

/// What came out of a run.
#[derive(Debug)]
pub struct Run {
    pub seen: Seen,
    pub identity: Option<CallerIdentity>,
    pub preflight: Vec<RightStatus>,
    /// Where the source answered.
    pub at: String,
    /// Why the run ended early.
    pub error: Option<CollectError>,
    pub log: Vec<Logged>,
    /// The operations that were made to fail.
    pub hits: Vec<String>,
}

impl Suite {
    pub(super) async fn run(&self, how: How) -> Run {
        let faulty = Faulty::new((self.source)(), how.rules);
        let server = match (how.https, how.shuffled) {
            (true, _) => Server::https(faulty.clone()),
            (false, true) => Server::http(Shuffled(faulty.clone())),
            (false, false) => Server::http(faulty.clone()),
        };
        let memory = Memory::default();
        let recorder = memory.recorder("target", &self.descriptor().name, KnownSecrets::default());
        let target = Target { id: "target".to_owned(), settings: self.settings.clone() };
        let environment = Environment {
            run_id: "01J0000000000000000000TEST".to_owned(),
            user_agent: "witnessmark/0.0.0".to_owned(),
            concurrency: 8,
            clock: Clock::new(|| now(Duration::ZERO)),
            deadline: now(Duration::from_secs(how.seconds)),
            patience: crate::HASTY,
            stop: sdk::Stop::default(),
            pins: std::collections::BTreeMap::new(),
            overrides: Overrides {
                endpoint_url: Some(server.url()),
                token: Some(Secret::new(CANARY.to_owned())),
                credentials: Some(StaticCredentials {
                    access_key_id: "AKIACANARY0000000000".to_owned(),
                    secret_access_key: Secret::new(CANARY.to_owned()),
                }),
                extra_roots: server.roots().filter(|_| how.trusted).map(str::to_owned),
                ..Overrides::default()
            },
        };
        let (mut identity, mut preflight, mut error) = (None, Vec::new(), None);
        match self.kind.connect(&target, &environment, &recorder).await {
            Err(refused) => error = Some(refused),
            Ok(collector) => match collector.identify(&recorder).await {
                Err(refused) => error = Some(refused),
                Ok(found) => {
                    identity = Some(found);
                    if how.preflight {
                        match collector.preflight(&recorder).await {
                            Ok(statuses) => preflight = statuses,
                            Err(refused) => error = Some(refused),
                        }
                    } else if let Err(refused) = collector.collect(&recorder).await {
                        error = Some(refused);
                    }
                }
            },
        }
        let at = server.url();
        Run { seen: memory.seen(), identity, preflight, at, error, log: server.log(), hits: faulty.hits() }
    }

    /// A run that nothing disturbs.
    pub(super) async fn undisturbed(&self) -> Run {
        self.run(How::default()).await
    }
}

impl Run {
    /// The operations that were asked for.
    pub fn operations(&self) -> BTreeSet<String> {
        self.log.iter().map(|one| one.operation.clone()).collect()
    }

    /// The operations that facts of this part of a resource came from.
    pub fn origins(&self, places: &[sdk::Place]) -> BTreeSet<String> {
        places.iter().filter_map(|place| self.operation_of(place.exchange()?)).collect()
    }

    pub fn operation_of(&self, id: ExchangeId) -> Option<String> {
        let index = usize::try_from(id.0).ok()?;
        Some(self.seen.exchanges.get(index)?.exchange.operation.clone())
    }

    pub fn resource(&self, kind: &str, id: &str) -> Option<&ResourceNote> {
        self.seen.resources.iter().find(|one| one.kind == kind && one.id == id)
    }

    /// Whether a gap, or the error that ended the run, says that this was not read.
    pub fn says_unread(&self, resource: &ResourceNote, part: Option<&str>) -> bool {
        let place = Place { population: &resource.population, kind: &resource.kind, id: &resource.id };
        self.error.is_some() || self.seen.gaps.iter().any(|gap| place.touched(gap, part))
    }

    /// The same of a computed object.
    pub fn says_uncomputed(&self, derived: &DerivedNote, part: Option<&str>) -> bool {
        let place = Place { population: &derived.population, kind: &derived.kind, id: &derived.id };
        self.error.is_some() || self.seen.gaps.iter().any(|gap| place.touched(gap, part))
    }

    pub fn derived(&self, kind: &str, id: &str) -> Option<&DerivedNote> {
        self.seen.derived.iter().find(|one| one.kind == kind && one.id == id)
    }

    /// How many objects of a population were recorded again.
    pub fn repeated(&self, population: &str) -> u64 {
        let members = self.seen.resources.iter().filter(|one| one.population == population);
        let ids: BTreeSet<&String> = members.clone().map(|one| &one.id).collect();
        (members.count() - ids.len()) as u64
    }

    /// Computed objects that name as their ground what was never recorded.
    pub fn inputs_from_nowhere(&self) -> BTreeSet<String> {
        let there = |input: &Input| match input {
            Input::Exchange(id) => self.operation_of(*id).is_some(),
            Input::Resource { kind, id } => self.resource(kind, id).is_some(),
            Input::Population(population) => {
                self.seen.coverage.iter().any(|one| one.population == *population)
                    || self
                        .seen
                        .gaps
                        .iter()
                        .any(|gap| gap.subject.is_none() && gap.population.as_ref() == Some(population))
            }
        };
        let mut wrong = BTreeSet::new();
        for one in &self.seen.derived {
            if one.inputs.is_empty() {
                wrong.insert(format!("`{} {}` does not say what it was computed from", one.kind, one.id));
            }
            for input in one.inputs.iter().filter(|input| !there(input)) {
                wrong.insert(format!("`{} {}` was computed from {input:?}, which was not recorded", one.kind, one.id));
            }
        }
        wrong
    }

    /// Whether anything at all says that something was not read.
    pub fn says_something_is_missing(&self) -> bool {
        self.error.is_some() || !self.seen.gaps.is_empty()
    }

    /// Gaps for one reason, that name a right.
    pub fn gaps_of(&self, right: &str) -> Vec<&GapNote> {
        self.seen.gaps.iter().filter(|gap| gap.right.as_deref() == Some(right)).collect()
    }

    /// The reason that ended the run, where one did.
    pub fn ended_by(&self) -> Option<GapReason> {
        match &self.error {
            Some(CollectError::Refused { reason, .. }) => Some(*reason),
            _ => None,
        }
    }

    /// Everything that could reach a bundle or a terminal, as one text.
    pub fn everything(&self) -> String {
        let mut text = format!(
            "{:?}\n{:?}\n{:?}\n{:?}\n{:?}\n{:?}\n",
            self.error, self.identity, self.seen.resources, self.seen.derived, self.seen.coverage, self.seen.gaps
        );
        if let Some(error) = &self.error {
            text.push_str(&error.to_string());
        }
        for one in &self.seen.exchanges {
            let exchange = &one.exchange;
            text.push_str(&format!(
                "{} {} {:?} {:?} {:?} {}\n",
                exchange.endpoint,
                exchange.operation,
                exchange.error,
                exchange.failure,
                exchange.request_id,
                exchange.parameters
            ));
            if let NewBody::Received(bytes) | NewBody::Masked { bytes, .. } = &exchange.body {
                text.push_str(&String::from_utf8_lossy(bytes));
            }
        }
        text
    }

    /// What was concluded, without how it was come by: the same in any order and after any number of attempts.
    pub fn conclusions(&self) -> Value {
        let resources: BTreeMap<String, Value> = self
            .seen
            .resources
            .iter()
            .map(|one| (format!("{} {} {}", one.population, one.kind, one.id), one.facts.clone()))
            .chain(
                self.seen
                    .derived
                    .iter()
                    .map(|one| (format!("derived {} {} {}", one.population, one.kind, one.id), one.facts.clone())),
            )
            .collect();
        let coverage: BTreeMap<String, Value> = self
            .seen
            .coverage
            .iter()
            .map(|one: &CoverageNote| {
                let total = one.total.as_ref().map(|total| total.count);
                (
                    one.population.clone(),
                    json!({"pages": one.pages, "items": one.items, "complete": one.complete, "total": total}),
                )
            })
            .collect();
        let mut gaps: Vec<String> = self
            .seen
            .gaps
            .iter()
            .map(|gap| {
                format!("{:?} {:?} {:?} {:?} {:?}", gap.population, gap.subject, gap.part, gap.right, gap.reason)
            })
            .collect();
        gaps.sort();
        json!({"resources": resources, "coverage": coverage, "gaps": gaps, "count": self.seen.resources.len(), "ended": self.error.is_some()})
    }

    /// Everything recorded, in an order of its own, with exchanges named by what they asked instead of when they came.
    pub fn in_order(&self) -> Vec<String> {
        let name = |id: ExchangeId| {
            usize::try_from(id.0)
                .ok()
                .and_then(|index| self.seen.exchanges.get(index))
                .map(|one| {
                    let exchange = &one.exchange;
                    format!(
                        "{} {} {:?} {} {}",
                        exchange.operation, exchange.parameters, exchange.subject, exchange.page, exchange.attempt
                    )
                })
                .unwrap_or_else(|| "an exchange that does not exist".to_owned())
        };
        let mut lines: Vec<String> = Vec::new();
        for (index, one) in self.seen.exchanges.iter().enumerate() {
            let exchange = &one.exchange;
            // Each run has a server of its own, and some sources say in an answer where they are.
            let body = format!("{:?}", exchange.body).replace(&self.at, "the source");
            lines.push(format!(
                "exchange {} {:?} {:?} {:?} {:?} {:?} {body}",
                name(ExchangeId(index as u64)),
                exchange.population,
                exchange.status,
                exchange.error,
                exchange.failure,
                exchange.request_id,
            ));
        }
        for one in &self.seen.resources {
            let parts: BTreeMap<&String, Vec<String>> = one
                .parts
                .iter()
                .map(|(part, sources)| {
                    let sources = sources.iter().map(|place| match place {
                        sdk::Place::Answer(source) => format!("{} {}", name(source.exchange), source.path),
                        sdk::Place::Declared(at) => format!("{}:{}:{}", at.path, at.line, at.column),
                    });
                    (part, sources.collect())
                })
                .collect();
            lines.push(format!("resource {} {} {} {} {parts:?}", one.population, one.kind, one.id, one.facts));
        }
        for one in &self.seen.derived {
            let inputs: BTreeSet<String> = one
                .inputs
                .iter()
                .map(|input| match input {
                    Input::Exchange(id) => name(*id),
                    Input::Resource { kind, id } => format!("{kind} {id}"),
                    Input::Population(population) => population.clone(),
                })
                .collect();
            lines.push(format!("derived {} {} {} {} {inputs:?}", one.population, one.kind, one.id, one.facts));
        }
        for one in &self.seen.coverage {
            lines.push(format!(
                "coverage {} {} {} {} {}",
                one.population, one.calls, one.pages, one.items, one.complete
            ));
        }
        for gap in &self.seen.gaps {
            lines.push(format!(
                "gap {:?} {:?} {:?} {:?} {:?} {} {:?}",
                gap.population,
                gap.subject,
                gap.part,
                gap.right,
                gap.reason,
                gap.detail,
                gap.exchange.map(name)
            ));
        }
        lines.sort();
        lines
    }
}

/// Where a recorded object stands.
struct Place<'r> {
    population: &'r str,
    kind: &'r str,
    id: &'r str,
}

impl Place<'_> {
    /// Whether a gap covers this part of the object, or with `None` the object itself.
    fn touched(&self, gap: &GapNote, part: Option<&str>) -> bool {
        let population = gap.population.as_ref().is_none_or(|population| {
            population == self.population || sdk::kind_of_population(self.population) == population
        });
        // Without a subject it is the whole population; with one of another kind (an account, a region) all that hangs on it.
        let subject = gap.subject.as_ref().is_none_or(|subject| subject.kind != self.kind || subject.id == self.id);
        let named = gap.population.is_some()
            || gap.subject.is_none()
            || gap.subject.as_ref().is_some_and(|subject| subject.kind == self.kind);
        let covers = match (&gap.part, part) {
            (None, _) => true,
            (Some(gone), Some(part)) => gone == part,
            (Some(_), None) => false,
        };
        population && subject && named && covers
    }
}

fn now(later: Duration) -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock after 1970") + later;
    Timestamp::from_millis(i64::try_from(since.as_millis()).expect("a clock before the year 292 million"))
        .expect("a clock within range")
}

/// Answers after a wait that depends on the request: quick ones overtake slow ones.
struct Shuffled(Faulty);

#[async_trait::async_trait]
impl Handler for Shuffled {
    async fn answer(&self, request: &crate::Request) -> crate::Reply {
        let sum: u64 = request.path.bytes().chain(request.body.iter().copied()).map(u64::from).sum();
        tokio::time::sleep(Duration::from_millis(sum % 23)).await;
        self.0.answer(request).await
    }

    fn wording(&self) -> &dyn crate::Wording {
        self.0.wording()
    }
}
