//! Reading all targets side by side. What goes wrong with one costs nothing elsewhere and is recorded.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use model::record::{GapReason, Identity};
use sdk::{CollectError, CollectorKind, Environment, KnownSecrets, Recorder, Sink, SinkError, Stop, Target};

use crate::spool::target_gap;

/// How long a collector that was told to stop may take to say what it has. One that waits for its source is woken at once.
const GRACE: Duration = if cfg!(test) { Duration::from_millis(20) } else { Duration::from_secs(5) };

/// One collector to be run on one target.
#[derive(Clone, Debug)]
pub struct Job {
    pub target: Target,
    pub kind: Arc<dyn CollectorKind>,
}

/// What a run tells a person while it works.
pub trait Progress: Send + Sync {
    /// A phase begins.
    fn phase(&self, what: &str);
    /// One collector is done with one target.
    fn collected(&self, target: &str, collector: &str, failure: Option<&str>);
}

/// Tells no one.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Progress for Silent {
    fn phase(&self, _what: &str) {}
    fn collected(&self, _target: &str, _collector: &str, _failure: Option<&str>) {}
}

/// Runs all jobs, `side_by_side` at once, and gives who we were at each source that let us in.
///
/// # Errors
/// Only when evidence cannot be written; everything else is a gap.
pub async fn collect(
    jobs: Vec<Job>,
    environment: &Environment,
    sink: Arc<dyn Sink>,
    secrets: &KnownSecrets,
    side_by_side: usize,
    progress: &dyn Progress,
) -> Result<Vec<Identity>, SinkError> {
    let mut identities = Vec::new();
    let mut running = futures_util::stream::iter(jobs)
        .map(|job| {
            let name = job.kind.descriptor().name;
            let recorder = Recorder::new(Arc::clone(&sink), &job.target.id, &name, secrets.clone());
            run_one(job, environment.clone(), recorder)
        })
        .buffer_unordered(side_by_side.max(1));
    while let Some(done) = running.next().await {
        let Done { identity, target, collector, failure } = done?;
        progress.collected(&target, &collector, failure.as_deref());
        identities.extend(identity);
    }
    identities.sort_by(|a: &Identity, b| (&a.target, &a.collector).cmp(&(&b.target, &b.collector)));
    Ok(identities)
}

struct Done {
    target: String,
    collector: String,
    identity: Option<Identity>,
    failure: Option<String>,
}

async fn run_one(job: Job, environment: Environment, recorder: Recorder) -> Result<Done, SinkError> {
    let (target, collector) = (recorder.target().to_owned(), recorder.collector().to_owned());
    let stop = environment.stop.clone();
    if let Some(by) = stop.told() {
        let gap = stopped(by, "before anything was read");
        let failure = Some(gap.detail.clone());
        recorder.gap(gap)?;
        return Ok(Done { target, collector, identity: None, failure });
    }
    let left = environment.deadline.as_millis().saturating_sub(environment.clock.now().as_millis());
    let left = Duration::from_millis(u64::try_from(left).unwrap_or(0));
    let work_recorder = recorder.clone();
    tracing::info!(target_id = target, collector, seconds_left = left.as_secs(), "reading");
    // A task of its own, so that a panic in a collector ends that collector only.
    let mut task = tokio::spawn(async move { read_target(&job, &environment, &work_recorder).await });
    let ended = tokio::select! {
        biased;
        done = &mut task => Ok(done),
        () = tokio::time::sleep(left) => Err(None),
        by = grace_after(&stop) => Err(Some(by)),
    };
    let (identity, failure) = match ended {
        Ok(Ok((identity, Ok(())))) => (identity, None),
        Ok(Ok((identity, Err(error)))) => (identity, Some(failure_gap(error)?)),
        Ok(Err(broken)) => {
            let how = if broken.is_panic() { "the collector panicked" } else { "the collector was ended" };
            (None, Some(target_gap(GapReason::CollectorFailed, None, how.to_owned(), None)))
        }
        Err(Some(by)) => {
            task.abort();
            (None, Some(stopped(by, "before the collector was done")))
        }
        Err(None) => {
            task.abort();
            let detail = "the run's deadline was reached before the collector was done".to_owned();
            (None, Some(target_gap(GapReason::Deadline, None, detail, None)))
        }
    };
    let text = failure.as_ref().map(|gap| gap.detail.clone());
    if let Some(gap) = failure {
        recorder.gap(gap)?;
    }
    Ok(Done { target, collector, identity, failure: text })
}

/// Waits for the word to stop, and then as long as collectors are given.
async fn grace_after(stop: &Stop) -> &'static str {
    let by = stop.wait().await;
    tokio::time::sleep(GRACE).await;
    by
}

fn stopped(by: &str, when: &str) -> sdk::GapNote {
    target_gap(GapReason::Deadline, None, format!("the run was told to stop ({by}) {when}"), None)
}

async fn read_target(
    job: &Job,
    environment: &Environment,
    recorder: &Recorder,
) -> (Option<Identity>, Result<(), CollectError>) {
    let collector = match job.kind.connect(&job.target, environment, recorder).await {
        Ok(collector) => collector,
        Err(error) => return (None, Err(error)),
    };
    tracing::debug!(target_id = recorder.target(), collector = recorder.collector(), "connected");
    let identity = match collector.identify(recorder).await {
        Ok(found) => Identity {
            target: recorder.target().to_owned(),
            collector: recorder.collector().to_owned(),
            caller: found.caller,
            found: found.found,
        },
        Err(error) => return (None, Err(error)),
    };
    let Identity { target, collector: name, caller, .. } = &identity;
    tracing::debug!(target_id = target, collector = name, caller, "identified");
    (Some(identity), collector.collect(recorder).await)
}

/// An error of a collector as the gap of its whole target; an error of the recorder stays one.
fn failure_gap(error: CollectError) -> Result<sdk::GapNote, SinkError> {
    let detail = error.to_string();
    Ok(match error {
        CollectError::Sink(error) => return Err(error),
        CollectError::WrongIdentity { .. } => target_gap(GapReason::WrongIdentity, None, detail, None),
        CollectError::Credentials { .. } => target_gap(GapReason::Unauthenticated, None, detail, None),
        CollectError::Refused { reason, right, exchange, .. } => target_gap(reason, right, detail, exchange),
        CollectError::Settings { .. } | _ => target_gap(GapReason::CollectorFailed, None, detail, None),
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use async_trait::async_trait;
    use model::Timestamp;
    use sdk::{
        CallerIdentity, Clock, Collector, CoverageNote, DerivedNote, Descriptor, ExchangeId, GapNote, NewExchange,
        Overrides, ResourceNote, RightStatus, RouteNote, WithheldReason,
    };
    use serde_json::json;

    use super::*;

    /// Keeps gaps.
    #[derive(Debug, Default)]
    struct Gaps(Mutex<Vec<(String, GapReason, String)>>);

    impl Sink for Gaps {
        fn exchange(
            &self,
            _: &str,
            _: &str,
            _: NewExchange,
            _: Option<WithheldReason>,
        ) -> Result<ExchangeId, SinkError> {
            Ok(ExchangeId(0))
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
        fn gap(&self, target: &str, _: &str, gap: GapNote) -> Result<(), SinkError> {
            self.0.lock().unwrap().push((target.to_owned(), gap.reason, gap.detail));
            Ok(())
        }
        fn route(&self, _: &str, _: &str, _: RouteNote) -> Result<(), SinkError> {
            Ok(())
        }
    }

    /// Does what its target is called.
    #[derive(Debug)]
    struct Named;

    struct Doing(String);

    #[async_trait]
    impl CollectorKind for Named {
        fn descriptor(&self) -> Descriptor {
            Descriptor {
                name: "named".into(),
                summary: String::new(),
                resources: Vec::new(),
                rights: Vec::new(),
                settings: json!({}),
                endpoints: Vec::new(),
                also: Vec::new(),
                thief: String::new(),
            }
        }
        fn pinned_by(&self) -> &'static str {
            "account"
        }
        async fn connect(
            &self,
            target: &Target,
            environment: &Environment,
            _: &Recorder,
        ) -> Result<Box<dyn Collector>, CollectError> {
            if target.id == "stop" {
                environment.stop.tell("SIGTERM");
                std::future::pending::<()>().await;
            }
            match target.id.as_str() {
                "no-credentials" => Err(CollectError::Credentials { problem: "none found".into() }),
                id => Ok(Box::new(Doing(id.to_owned()))),
            }
        }
    }

    #[async_trait]
    impl Collector for Doing {
        async fn identify(&self, _: &Recorder) -> Result<CallerIdentity, CollectError> {
            match self.0.as_str() {
                "other" => Err(CollectError::WrongIdentity { expected: "1".into(), found: "2".into() }),
                _ => Ok(CallerIdentity { caller: "me".into(), found: self.0.clone() }),
            }
        }
        async fn preflight(&self, _: &Recorder) -> Result<Vec<RightStatus>, CollectError> {
            Ok(Vec::new())
        }
        async fn collect(&self, _: &Recorder) -> Result<(), CollectError> {
            assert_ne!(self.0, "panic", "as asked for");
            if self.0 == "hang" {
                std::future::pending::<()>().await;
            }
            Ok(())
        }
    }

    fn environment() -> Environment {
        let now = Timestamp::from_millis(1_000).unwrap();
        Environment {
            run_id: "r".into(),
            user_agent: "w/1".into(),
            concurrency: 1,
            clock: Clock::new(move || now),
            deadline: Timestamp::from_millis(1_200).unwrap(),
            patience: sdk::Patience::default(),
            stop: sdk::Stop::default(),
            overrides: Overrides::default(),
            pins: std::collections::BTreeMap::new(),
        }
    }

    #[test]
    fn a_run_that_is_told_to_stop_says_what_it_did_not_read() {
        let deadline = Timestamp::from_millis(600_000).unwrap();
        let environment = Environment { deadline, ..environment() };
        let job = |id: &str| Job {
            target: Target { id: id.to_owned(), settings: serde_json::Map::new() },
            kind: Arc::new(Named),
        };
        // The first is read before the word, the second gives it and never ends, the third would come after it.
        let jobs = ["good", "stop", "later"].map(job).to_vec();
        let gaps = Arc::new(Gaps::default());
        let sink = Arc::clone(&gaps) as Arc<dyn Sink>;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let secrets = KnownSecrets::default();
        let identities = runtime.block_on(collect(jobs, &environment, sink, &secrets, 1, &Silent)).unwrap();
        assert_eq!(identities.iter().map(|i| i.found.as_str()).collect::<Vec<_>>(), ["good"]);
        assert_eq!(
            *gaps.0.lock().unwrap(),
            [
                ("stop", "the run was told to stop (SIGTERM) before the collector was done"),
                ("later", "the run was told to stop (SIGTERM) before anything was read"),
            ]
            .map(|(target, detail)| (target.to_owned(), GapReason::Deadline, detail.to_owned()))
        );
    }

    #[test]
    fn what_goes_wrong_with_one_costs_nothing_elsewhere() {
        let names = ["good", "hang", "no-credentials", "other", "panic"];
        let jobs = names
            .iter()
            .map(|id| Job {
                target: Target { id: (*id).to_owned(), settings: serde_json::Map::new() },
                kind: Arc::new(Named),
            })
            .collect();
        let environment = environment();
        let gaps = Arc::new(Gaps::default());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let sink = Arc::clone(&gaps) as Arc<dyn Sink>;
        let secrets = KnownSecrets::default();
        let collecting = collect(jobs, &environment, sink, &secrets, 8, &Silent);
        let identities = runtime.block_on(collecting).unwrap();
        let found: Vec<&str> = identities.iter().map(|i| i.found.as_str()).collect();
        assert_eq!(found, ["good"]);
        let mut gaps = gaps.0.lock().unwrap().clone();
        gaps.sort();
        let said: Vec<(&str, GapReason)> = gaps.iter().map(|(target, reason, _)| (target.as_str(), *reason)).collect();
        assert_eq!(
            said,
            [
                ("hang", GapReason::Deadline),
                ("no-credentials", GapReason::Unauthenticated),
                ("other", GapReason::WrongIdentity),
                ("panic", GapReason::CollectorFailed),
            ]
        );
        assert!(gaps.iter().all(|(_, _, detail)| !detail.is_empty()));
    }
}
