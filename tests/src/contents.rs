//! What a bundle holds, as typed records, after it was verified.
#![expect(clippy::expect_used, clippy::panic, reason = "what a test stands on stops at the first surprise")]

use std::collections::BTreeMap;
use std::path::Path;

use bundle::layout;
use bundle::read::source::read_all;
use bundle::read::{self, Line, Record, Source, TarSource, UNPACKED_MAX};
use bundle::trust::Trust;
use model::RecordRef;
use model::record::{
    Acceptance, Assignment, Body, Check, Control, Coverage, Derived, Exchange, Finding, Gap, Host, Params, Peer,
    Resource, Route, Run,
};
use verify::{Demands, Observer, Unobserved, Verdict};

/// The files of a bundle by their names in it, in whatever form it lies there. Nothing of it is verified.
///
/// # Panics
/// When it is not there, or is no bundle.
#[must_use]
#[track_caller]
pub fn files_of(path: &Path) -> BTreeMap<String, Vec<u8>> {
    let failed = |error: String| format!("`{}`: {error}", path.display());
    let mut source = read::open(path, UNPACKED_MAX).map_err(|error| failed(error.to_string())).expect("a bundle");
    let mut files = BTreeMap::new();
    while let Some(item) = source.next_item().map_err(|error| failed(error.to_string())).expect("a file") {
        let bytes = read_all(source.as_mut(), &item).map_err(|error| failed(error.to_string())).expect("its bytes");
        files.insert(item.entry.path(), bytes);
    }
    files
}

/// The records of a bundle that was accepted.
#[derive(Debug, Default)]
pub struct Contents {
    pub run: Vec<Run>,
    pub host: Vec<Host>,
    pub checks: Vec<Check>,
    pub acceptances: Vec<Acceptance>,
    pub routes: Vec<Route>,
    pub peers: Vec<Peer>,
    pub assignments: Vec<Assignment>,
    pub exchanges: Vec<Exchange>,
    pub params: Vec<Params>,
    pub bodies: Vec<Body>,
    pub coverage: Vec<Coverage>,
    pub gaps: Vec<Gap>,
    pub resources: Vec<Resource>,
    pub derived: Vec<Derived>,
    pub findings: Vec<Finding>,
    pub controls: Vec<Control>,
}

impl Contents {
    /// # Panics
    /// When the bundle is not accepted, rehearsals and failed runs taken for what they are.
    #[must_use]
    #[track_caller]
    pub fn of(source: &mut dyn Source, trust: &Trust) -> Self {
        let mut contents = Self::default();
        let verdict = verify::verify(source, &demands(trust), &mut contents);
        assert!(verdict.bundle.is_some(), "not accepted: {:?}", verdict.report.problems);
        contents
    }

    /// The contents of one bundle of a store.
    ///
    /// # Panics
    /// When it is not accepted.
    #[must_use]
    #[track_caller]
    pub fn of_store(store: &Path, index: u64, trust: &Trust) -> Self {
        let mut source = read::open(&store.join(layout::bundle(index)), UNPACKED_MAX)
            .unwrap_or_else(|error| panic!("bundle {index} of `{}`: {error}", store.display()));
        Self::of(source.as_mut(), trust)
    }

    /// The findings by their key.
    ///
    /// # Panics
    /// When two have the same.
    #[must_use]
    #[track_caller]
    pub fn by_key(&self) -> BTreeMap<String, &Finding> {
        let mut by_key = BTreeMap::new();
        for finding in &self.findings {
            assert!(by_key.insert(finding.key(), finding).is_none(), "two findings of {}", finding.key());
        }
        by_key
    }
}

impl Observer for Contents {
    fn record(&mut self, _at: RecordRef, line: &Line, _text: &[u8]) {
        let Line::Disclosed(record) = line else { return };
        match record.as_ref().clone() {
            Record::Run(record) => self.run.push(record),
            Record::Host(record) => self.host.push(record),
            Record::Check(record) => self.checks.push(record),
            Record::Assignment(record) => self.assignments.push(record),
            Record::Exchange(record) => self.exchanges.push(record),
            Record::Params(record) => self.params.push(record),
            Record::Body(record) => self.bodies.push(record),
            Record::Coverage(record) => self.coverage.push(record),
            Record::Gap(record) => self.gaps.push(record),
            Record::Resource(record) => self.resources.push(record),
            Record::Derived(record) => self.derived.push(record),
            Record::Finding(record) => self.findings.push(record),
            Record::Control(record) => self.controls.push(record),
            Record::Acceptance(record) => self.acceptances.push(record),
            Record::Route(record) => self.routes.push(record),
            Record::Peer(record) => self.peers.push(record),
            Record::Declaration(_) | Record::Recorded(_) => {}
        }
    }
}

const fn demands(trust: &Trust) -> Demands<'_> {
    Demands { allow_rehearsal: true, allow_failed: true, ..Demands::of_evidence(trust) }
}

/// Decides on a tar in memory, a rehearsal taken for what it is.
#[must_use]
pub fn verdict_on(tar: &[u8], trust: &Trust) -> Verdict {
    let mut source = TarSource::new(tar, "bundle.tar");
    verify::verify(&mut source, &Demands { allow_failed: false, ..demands(trust) }, &mut Unobserved)
}
