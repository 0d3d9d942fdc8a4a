//! A sink that keeps everything in memory, for tests to look at.

use std::sync::{Arc, Mutex};

use sdk::{
    CoverageNote, DerivedNote, ExchangeId, GapNote, KnownSecrets, NewBody, NewExchange, Recorder, ResourceNote,
    RouteNote, Sink, SinkError, WithheldReason,
};

use crate::server::lock;

/// What a collector recorded.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    pub exchanges: Vec<SeenExchange>,
    pub resources: Vec<ResourceNote>,
    pub derived: Vec<DerivedNote>,
    pub coverage: Vec<CoverageNote>,
    pub gaps: Vec<GapNote>,
    /// The routes, each with the number of exchanges that were recorded before it.
    pub routes: Vec<(usize, RouteNote)>,
}

/// An exchange as it would be sealed: a withheld body is gone.
#[derive(Clone, Debug)]
pub struct SeenExchange {
    pub exchange: NewExchange,
    pub withheld: Option<WithheldReason>,
}

/// The sink; clones share it.
#[derive(Clone, Debug, Default)]
pub struct Memory(Arc<Mutex<Seen>>);

impl Memory {
    /// A recorder for one target that writes here.
    #[must_use]
    pub fn recorder(&self, target: &str, collector: &str, secrets: KnownSecrets) -> Recorder {
        Recorder::new(Arc::new(self.clone()), target, collector, secrets)
    }

    /// Everything so far.
    #[must_use]
    pub fn seen(&self) -> Seen {
        lock(&self.0).clone()
    }
}

impl Sink for Memory {
    fn exchange(
        &self,
        _target: &str,
        _collector: &str,
        mut exchange: NewExchange,
        withheld: Option<WithheldReason>,
    ) -> Result<ExchangeId, SinkError> {
        if withheld.is_some() {
            exchange.body = NewBody::None;
        }
        let mut seen = lock(&self.0);
        let id = ExchangeId(seen.exchanges.len() as u64);
        seen.exchanges.push(SeenExchange { exchange, withheld });
        Ok(id)
    }

    fn resource(&self, _: &str, _: &str, resource: ResourceNote) -> Result<(), SinkError> {
        lock(&self.0).resources.push(resource);
        Ok(())
    }

    fn derived(&self, _: &str, _: &str, derived: DerivedNote) -> Result<(), SinkError> {
        lock(&self.0).derived.push(derived);
        Ok(())
    }

    fn coverage(&self, _: &str, _: &str, coverage: CoverageNote) -> Result<(), SinkError> {
        lock(&self.0).coverage.push(coverage);
        Ok(())
    }

    fn gap(&self, _: &str, _: &str, gap: GapNote) -> Result<(), SinkError> {
        lock(&self.0).gaps.push(gap);
        Ok(())
    }

    fn route(&self, _: &str, _: &str, route: RouteNote) -> Result<(), SinkError> {
        let mut seen = lock(&self.0);
        let before = seen.exchanges.len();
        seen.routes.push((before, route));
        Ok(())
    }
}
