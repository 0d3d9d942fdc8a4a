//! Which call of a collector a request belongs to.
//!
//! An SDK makes requests the collector did not ask for, such as those for credentials. The collector's call runs inside a scope;
//! a request of the scope's operation belongs to it, any other is recorded under its own name alone.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use sdk::{ExchangeFailure, ExchangeId, Subject};

tokio::task_local! {
    static CURRENT: Scope;
}

/// One call of a collector: what it asks for, and what came of it so far. Clones are the same call.
#[derive(Clone, Debug)]
pub struct Scope(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    operation: String,
    population: Option<String>,
    subject: Option<Subject>,
    page: u64,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    attempts: BTreeMap<String, u32>,
    last: Option<Seen>,
}

/// The newest attempt of a scope's own operation.
#[derive(Clone, Debug)]
pub struct Seen {
    pub exchange: ExchangeId,
    /// Who was asked: scheme, host and port.
    pub endpoint: String,
    pub status: Option<u16>,
    /// The source's own error code.
    pub error: Option<String>,
    /// What went wrong on the way, as in `NewExchange::failure`.
    pub failure: Option<ExchangeFailure>,
    /// The same for a person.
    pub words: Option<String>,
    /// The answer was not handed on because a secret is suspected in it.
    pub withheld: bool,
    /// The body as received; empty where it was withheld.
    pub body: Bytes,
}

impl Scope {
    /// A call of `operation` (`kms:ListKeys`). `page` counts from 1; 0 where the call has no pages.
    #[must_use]
    pub fn new(operation: String, population: Option<String>, subject: Option<Subject>, page: u64) -> Self {
        Self(Arc::new(Inner { operation, population, subject, page, state: Mutex::default() }))
    }

    /// Runs the call; requests made by it, in the same task, belong to this scope.
    pub async fn run<F: Future>(&self, call: F) -> F::Output {
        CURRENT.scope(self.clone(), call).await
    }

    /// The newest attempt.
    #[must_use]
    pub fn last(&self) -> Option<Seen> {
        self.state().last.clone()
    }

    /// Attempts of the scope's own operation.
    #[must_use]
    pub fn attempts(&self) -> u32 {
        self.state().attempts.get(&self.0.operation).copied().unwrap_or_default()
    }

    pub(crate) fn current() -> Option<Self> {
        CURRENT.try_with(Self::clone).ok()
    }

    pub(crate) fn owns(&self, operation: &str) -> bool {
        self.0.operation == operation
    }

    pub(crate) fn population(&self) -> Option<&String> {
        self.0.population.as_ref()
    }

    pub(crate) fn subject(&self) -> Option<&Subject> {
        self.0.subject.as_ref()
    }

    pub(crate) fn page(&self) -> u64 {
        self.0.page
    }

    /// Counts one more attempt of an operation and gives its number.
    pub(crate) fn count(&self, operation: &str) -> u32 {
        let mut state = self.state();
        let attempts = state.attempts.entry(operation.to_owned()).or_default();
        *attempts = attempts.saturating_add(1);
        *attempts
    }

    pub(crate) fn saw(&self, seen: Seen) {
        self.state().last = Some(seen);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
