//! Asking every source which of the needed rights we have, without collecting anything and without keeping the answers.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::StreamExt as _;
use model::record::Rehearsed;
use schemars::JsonSchema;
use sdk::{
    CoverageNote, DerivedNote, Environment, ExchangeId, GapNote, KnownSecrets, NewBody, NewExchange, Recorder,
    ResourceNote, RightState, RouteNote, Sink, SinkError, WithheldReason,
};
use serde::Serialize;

use crate::collect::Job;
use crate::rehearsal::{Own, rehearsed};
use crate::spool::Asked;

/// What one source said of our rights.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Checked {
    pub target: String,
    pub collector: String,
    /// Who we are there.
    pub caller: Option<String>,
    pub rights: Vec<CheckedRight>,
    /// Why nothing can be read at all.
    pub failure: Option<String>,
    /// Endpoints whose answers prove nothing about the source: a run would be a rehearsal of this target.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rehearsal: Vec<Rehearsed>,
}

/// What one source said of one right.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct CheckedRight {
    pub right: String,
    #[serde(serialize_with = "state_word")]
    #[schemars(extend("enum" = ["granted", "denied", "undecided"]), with = "String")]
    pub state: RightState,
    pub scope: Option<String>,
    pub detail: String,
}

/// Keeps nothing: a preflight is not evidence.
#[derive(Debug, Default)]
pub struct Forget(AtomicU64);

impl Sink for Forget {
    fn exchange(&self, _: &str, _: &str, _: NewExchange, _: Option<WithheldReason>) -> Result<ExchangeId, SinkError> {
        Ok(ExchangeId(self.0.fetch_add(1, Ordering::Relaxed)))
    }

    fn resource(&self, _: &str, _: &str, _: ResourceNote) -> Result<(), SinkError> {
        Ok(())
    }

    fn derived(&self, _: &str, _: &str, _: DerivedNote) -> Result<(), SinkError> {
        Ok(())
    }

    fn coverage(&self, _: &str, _: &str, _: CoverageNote) -> Result<(), SinkError> {
        Ok(())
    }

    fn gap(&self, _: &str, _: &str, _: GapNote) -> Result<(), SinkError> {
        Ok(())
    }

    fn route(&self, _: &str, _: &str, _: RouteNote) -> Result<(), SinkError> {
        Ok(())
    }
}

/// Notes from where answers came, and hands on what is recorded.
#[derive(Debug)]
struct Noting {
    sink: Arc<dyn Sink>,
    noted: Mutex<Noted>,
}

#[derive(Debug, Default)]
struct Noted {
    pinned: bool,
    /// Operation, endpoint, whether the server's certificates are known, whether the body is kept.
    answers: BTreeSet<(String, String, bool, bool)>,
}

impl Sink for Noting {
    fn exchange(
        &self,
        target: &str,
        collector: &str,
        exchange: NewExchange,
        withheld: Option<WithheldReason>,
    ) -> Result<ExchangeId, SinkError> {
        let body = !matches!(exchange.body, NewBody::None);
        if exchange.status.is_some() || body {
            let kept = matches!(exchange.body, NewBody::Received(_)) && withheld.is_none();
            let answer = (exchange.operation.clone(), exchange.endpoint.clone(), exchange.peer.is_some(), kept);
            self.noted().answers.insert(answer);
        }
        self.sink.exchange(target, collector, exchange, withheld)
    }

    fn resource(&self, target: &str, collector: &str, note: ResourceNote) -> Result<(), SinkError> {
        self.sink.resource(target, collector, note)
    }

    fn derived(&self, target: &str, collector: &str, note: DerivedNote) -> Result<(), SinkError> {
        self.sink.derived(target, collector, note)
    }

    fn coverage(&self, target: &str, collector: &str, note: CoverageNote) -> Result<(), SinkError> {
        self.sink.coverage(target, collector, note)
    }

    fn gap(&self, target: &str, collector: &str, note: GapNote) -> Result<(), SinkError> {
        self.sink.gap(target, collector, note)
    }

    fn route(&self, target: &str, collector: &str, route: RouteNote) -> Result<(), SinkError> {
        self.noted().pinned |= !route.pinned.is_empty();
        self.sink.route(target, collector, route)
    }
}

impl Noting {
    fn noted(&self) -> MutexGuard<'_, Noted> {
        self.noted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What a run would seal as a rehearsal, by what was answered so far.
    fn rehearsal(&self, job: &Job) -> Vec<Rehearsed> {
        let descriptor = job.kind.descriptor();
        let (target, collector) = (job.target.id.as_str(), descriptor.name.clone());
        let own = Own::of(descriptor);
        let noted = self.noted();
        let answers = noted.answers.iter().map(|(operation, endpoint, certificates, kept)| Asked {
            target,
            collector: &collector,
            operation,
            endpoint,
            certificates: *certificates,
            answered: true,
            kept: *kept,
        });
        rehearsed(answers.map(|asked| (asked, Some(&own), noted.pinned))).into_values().flatten().collect()
    }
}

/// Asks all sources, four at once. A right that the source said nothing of is undecided.
pub async fn preflight(jobs: Vec<Job>, environment: &Environment, sink: Arc<dyn Sink>) -> Vec<Checked> {
    let secrets = KnownSecrets::default();
    let mut checked: Vec<Checked> = futures_util::stream::iter(jobs)
        .map(|job| {
            let noting = Arc::new(Noting { sink: Arc::clone(&sink), noted: Mutex::default() });
            let recorder = Recorder::new(
                Arc::clone(&noting) as Arc<dyn Sink>,
                &job.target.id,
                &job.kind.descriptor().name,
                secrets.clone(),
            );
            async move {
                let checked = ask(&job, environment, &recorder).await;
                Checked { rehearsal: noting.rehearsal(&job), ..checked }
            }
        })
        .buffer_unordered(4)
        .collect()
        .await;
    checked.sort_by(|a, b| (&a.target, &a.collector).cmp(&(&b.target, &b.collector)));
    checked
}

async fn ask(job: &Job, environment: &Environment, recorder: &Recorder) -> Checked {
    let mut checked = Checked {
        target: recorder.target().to_owned(),
        collector: recorder.collector().to_owned(),
        caller: None,
        rights: Vec::new(),
        failure: None,
        rehearsal: Vec::new(),
    };
    let collector = match job.kind.connect(&job.target, environment, recorder).await {
        Ok(collector) => collector,
        Err(error) => return failed(checked, &error),
    };
    match collector.identify(recorder).await {
        Ok(identity) => checked.caller = Some(identity.caller),
        Err(error) => return failed(checked, &error),
    }
    match collector.preflight(recorder).await {
        Ok(rights) => {
            checked.rights = rights
                .into_iter()
                .map(|r| CheckedRight { right: r.right, state: r.state, scope: r.scope, detail: r.detail })
                .collect();
        }
        Err(error) => return failed(checked, &error),
    }
    // What no source can refuse needs no answer.
    let descriptor = job.kind.descriptor().for_target(&job.target.settings);
    for right in descriptor.rights.into_iter().filter(|right| right.deniable) {
        if !checked.rights.iter().any(|known| known.right == right.name) {
            let detail = "the source does not say".to_owned();
            checked.rights.push(CheckedRight { right: right.name, state: RightState::Undecided, scope: None, detail });
        }
    }
    checked
}

fn failed(mut checked: Checked, error: &sdk::CollectError) -> Checked {
    checked.failure = Some(error.to_string());
    checked
}

fn state_word<S: serde::Serializer>(state: &RightState, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(match state {
        RightState::Granted => "granted",
        RightState::Denied => "denied",
        RightState::Undecided => "undecided",
    })
}
