//! Asking every source which of the needed rights we have, without collecting anything and without keeping the answers.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use futures_util::StreamExt as _;
use sdk::{
    CoverageNote, DerivedNote, Environment, ExchangeId, GapNote, KnownSecrets, NewExchange, Recorder, ResourceNote,
    RightState, RouteNote, Sink, SinkError, WithheldReason,
};
use serde::Serialize;

use crate::collect::Job;

/// What one source said of our rights.
#[derive(Clone, Debug, Serialize)]
pub struct Checked {
    pub target: String,
    pub collector: String,
    /// Who we are there.
    pub caller: Option<String>,
    pub rights: Vec<CheckedRight>,
    /// Why nothing can be read at all.
    pub failure: Option<String>,
}

/// What one source said of one right.
#[derive(Clone, Debug, Serialize)]
pub struct CheckedRight {
    pub right: String,
    #[serde(serialize_with = "state_word")]
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

/// Asks all sources, four at once. A right that the source said nothing of is undecided.
pub async fn preflight(jobs: Vec<Job>, environment: &Environment, sink: Arc<dyn Sink>) -> Vec<Checked> {
    let secrets = KnownSecrets::default();
    let mut checked: Vec<Checked> = futures_util::stream::iter(jobs)
        .map(|job| {
            let recorder =
                Recorder::new(Arc::clone(&sink), &job.target.id, &job.kind.descriptor().name, secrets.clone());
            async move { ask(&job, environment, &recorder).await }
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
