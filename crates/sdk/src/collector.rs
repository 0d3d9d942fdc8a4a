//! The contract of a collector.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use model::record::GapReason;
use model::{Secret, Timestamp};
use serde_json::{Map, Value};

use crate::{Descriptor, FoundKey, FoundTarget, Patience, Recorder, RightsForm, SinkError, Stop};

/// A kind of collector: what it says of itself, and how one is made for a target.
#[async_trait]
pub trait CollectorKind: Debug + Send + Sync {
    /// Known without running anything.
    fn descriptor(&self) -> Descriptor;

    /// The setting that pins a target to its identity: what [`Collector::identify`] must find, else nothing is read. Every target has it.
    fn pinned_by(&self) -> &'static str;

    /// The forms in which its source grants rights.
    fn rights_forms(&self) -> Vec<RightsForm> {
        Vec::new()
    }

    /// The rights that a declaration takes, in one of these forms; `None`: there is none to grant. `declared`: all collectors of the
    /// declaration, for a form that grants to several at once. A text is printed as it is, anything else as JSON.
    fn rights_in(&self, _form: &str, _declared: &[DeclaredCollector]) -> Option<Value> {
        None
    }

    /// A declaration to begin with, for targets of this source.
    fn template(&self) -> Option<&'static str> {
        None
    }

    /// Whether its targets can be read with a PIN that a person gives for one run.
    fn takes_pin(&self) -> bool {
        false
    }

    /// What code that is not ours is given, where reading this target loads some: a module that its declaration names. Such a
    /// collector is always run in a process of its own.
    fn foreign_code(&self, _target: &Target) -> Option<ForeignCode> {
        None
    }

    /// Makes a collector for one target. Makes no request whose answer is evidence; may load credentials.
    ///
    /// # Errors
    /// When the settings cannot be used or no credentials are found.
    async fn connect(
        &self,
        target: &Target,
        environment: &Environment,
        recorder: &Recorder,
    ) -> Result<Box<dyn Collector>, CollectError>;

    /// Targets that the credentials at hand lead to, for a first declaration. Asks the source for no more than who we are; a
    /// collector whose targets cannot be found that way finds none, and they are named by hand.
    ///
    /// # Errors
    /// When no credentials are found, or the source does not say who we are.
    async fn discover(
        &self,
        _environment: &Environment,
        _recorder: &Recorder,
    ) -> Result<Vec<FoundTarget>, CollectError> {
        Ok(Vec::new())
    }

    /// The key that a resource is, for the inventory of a first declaration; most resources are none.
    fn key_of(&self, _kind: &str, _facts: &Value) -> Option<FoundKey> {
        None
    }
}

/// A collector of one target.
#[async_trait]
pub trait Collector: Send + Sync {
    /// Who am I at the source, and is it the pinned one? Once per target, before anything else is read.
    ///
    /// # Errors
    /// [`CollectError::WrongIdentity`] when the source is not the pinned one: nothing more may be read then.
    async fn identify(&self, recorder: &Recorder) -> Result<CallerIdentity, CollectError>;

    /// For each right of the descriptor: may it be used? What the source does not tell is undecided, and undecided is not granted.
    async fn preflight(&self, recorder: &Recorder) -> Result<Vec<RightStatus>, CollectError>;

    /// Reads everything and records it. What cannot be read becomes a gap.
    ///
    /// # Errors
    /// Only when nothing at all can be read, or the recorder can no longer write.
    async fn collect(&self, recorder: &Recorder) -> Result<(), CollectError>;
}

/// What code of someone else's is given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ForeignCode {
    /// Names of variables of our environment, beside the usual few; no others.
    pub environment: Vec<String>,
    /// Wall time in seconds; `None`: as any program.
    pub seconds: Option<u64>,
}

/// One declared target, as a collector sees it.
#[derive(Clone, Debug)]
pub struct Target {
    pub id: String,
    /// The members of the target besides `id` and `collector`.
    pub settings: Map<String, Value>,
}

/// One collector of a declaration, and what is read with it.
#[derive(Clone, Debug)]
pub struct DeclaredCollector {
    /// With the rights that these targets take, and no others.
    pub descriptor: Descriptor,
    pub targets: Vec<Target>,
}

/// What the run gives to every collector.
#[derive(Clone, Debug)]
pub struct Environment {
    /// Stands in session names and user agents, so that the source's own log shows whose calls these were.
    pub run_id: String,
    /// `witnessmark/0.1.0`, first part of the user agent.
    pub user_agent: String,
    /// Requests of one target under way at once.
    pub concurrency: usize,
    /// A collector has no clock of its own.
    pub clock: Clock,
    /// When the run must have ended; what is not read by then is a gap.
    pub deadline: Timestamp,
    /// How long what fails is tried again.
    pub patience: Patience,
    /// Ends the reading before the deadline.
    pub stop: Stop,
    /// What makes the run a rehearsal.
    pub overrides: Overrides,
    /// PINs that a person gave for this one run, by target.
    pub pins: BTreeMap<String, Secret>,
}

/// Gives the moment now: the operating system's, or a set one.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> Timestamp + Send + Sync>);

impl Clock {
    pub fn new(now: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }

    /// The moment now.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        (self.0)()
    }

    /// The same clock, which never goes back: where this one is set back, it stays at the last moment that it said until this
    /// one has caught up. [`SetBack`] knows by how much.
    #[must_use]
    pub fn never_back(self) -> (Self, SetBack) {
        let last = Arc::new(Mutex::new((None, 0)));
        let set_back = SetBack(Arc::clone(&last));
        let steady = Self::new(move || {
            let now = self.now();
            // A panic of another task does not make the moments before untrue.
            let mut last = last.lock().unwrap_or_else(PoisonError::into_inner);
            let said: Timestamp = last.0.map_or(now, |before: Timestamp| before.max(now));
            *last = (Some(said), last.1.max(said.as_millis().saturating_sub(now.as_millis())));
            said
        });
        (steady, set_back)
    }
}

/// By how much a clock was set back since [`Clock::never_back`].
#[derive(Clone, Debug)]
pub struct SetBack(Arc<Mutex<(Option<Timestamp>, i64)>>);

impl SetBack {
    /// Milliseconds that it was behind the last moment said, at most; 0 where it never was.
    #[must_use]
    pub fn millis(&self) -> i64 {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).1
    }
}

impl Debug for Clock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Clock")
    }
}

/// Replacements for what a collector would find out by itself. Any of them makes the run a rehearsal.
#[derive(Clone, Debug, Default)]
pub struct Overrides {
    /// In place of the source's own endpoint; a demonstration or a test.
    pub endpoint_url: Option<String>,
    /// The same for the collectors named here, before `endpoint_url`.
    pub endpoint_urls: BTreeMap<String, String>,
    /// In place of the credential chain.
    pub credentials: Option<StaticCredentials>,
    /// In place of the tokens that sources with bearer tokens would be asked with.
    pub token: Option<Secret>,
    /// PEM of further certificate authorities.
    pub extra_roots: Option<String>,
}

impl Overrides {
    /// Where this collector finds its source, if not where it would look by itself.
    #[must_use]
    pub fn endpoint_for(&self, collector: &str) -> Option<&str> {
        self.endpoint_urls.get(collector).or(self.endpoint_url.as_ref()).map(String::as_str)
    }
}

/// Credentials given by a test or the demonstration.
#[derive(Clone, Debug)]
pub struct StaticCredentials {
    pub access_key_id: String,
    pub secret_access_key: Secret,
}

/// Who the caller is at the source, and which target was found there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallerIdentity {
    /// As the source names the caller: an ARN.
    pub caller: String,
    /// The identity of the target: an account id.
    pub found: String,
}

/// Whether one right may be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RightStatus {
    pub right: String,
    pub state: RightState,
    /// Where it applies, for example a region or key; `None`: everywhere.
    pub scope: Option<String>,
    /// What the source said.
    pub detail: String,
}

/// Undecided is not granted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RightState {
    Granted,
    Denied,
    Undecided,
}

/// Why nothing at all could be read of a target.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CollectError {
    #[error("setting `{setting}` of target `{target}`: {problem}")]
    Settings { target: String, setting: String, problem: String },
    #[error("no usable credentials: {problem}")]
    Credentials { problem: String },
    #[error("expected `{expected}` and found `{found}`: nothing was read")]
    WrongIdentity { expected: String, found: String },
    #[error("{detail}")]
    Refused { reason: GapReason, right: Option<String>, detail: String, exchange: Option<crate::ExchangeId> },
    #[error(transparent)]
    Sink(#[from] SinkError),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_is_set_back_stays_where_it_was() {
        let moments = Mutex::new([10, 20, 7, 8, 15, 21].into_iter());
        let clock = Clock::new(move || Timestamp::from_millis(moments.lock().unwrap().next().unwrap()).unwrap());
        let (clock, set_back) = clock.never_back();
        let other = clock.clone();
        let next = |clock: &Clock| clock.now().as_millis();
        assert_eq!([next(&clock), next(&other)], [10, 20]);
        assert_eq!(set_back.millis(), 0);
        assert_eq!([next(&clock), next(&other), next(&clock)], [20, 20, 20]);
        assert_eq!(set_back.millis(), 13);
        assert_eq!(next(&other), 21);
        assert_eq!(set_back.millis(), 13);
    }
}
