//! The one way to the past: bundles of a store, newest first, each verified before anything is taken from it, and target by
//! target: of a target that was a rehearsal then, and is none now, nothing is taken.

use bundle::layout;
use bundle::read::{Line, OpenError, Record, open_stream};
use bundle::statement::Kind;
use bundle::trust::Trust;
use conclude::Rehearsals;
use model::RecordRef;
use model::record::RunStatus;
use store::{Store, StoreError};
use verify::{Demands, Observer, VerifiedBundle};

/// Why the past could not be read. What rests on it cannot be decided then.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HistoryError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(
        "bundle {index} of this store is not accepted: {problems}; restore it from a copy that `witnessmark-verify` accepts"
    )]
    NotAccepted { index: u64, problems: String },
    #[error("the file of bundle {index} in this store is that of bundle {signed}; restore it from a backup")]
    Misplaced { index: u64, signed: u64 },
    #[error("bundle {index} of this store is missing; restore it from a backup")]
    Gone { index: u64 },
    #[error("bundle {index} of this store cannot be read; restore it from a backup")]
    NoBundle {
        index: u64,
        #[source]
        source: OpenError,
    },
}

/// The bundles of a store, for whoever draws conclusions from them.
#[derive(Clone, Copy, Debug)]
pub struct Past<'a> {
    pub store: &'a dyn Store,
    pub trust: &'a Trust,
    /// Which targets of the run that asks are rehearsals. Of these, rehearsals count too; evidence rests on evidence.
    pub rehearsals: &'a Rehearsals,
}

/// A verified bundle that says something of the targets, and what was seen in it.
#[derive(Debug)]
pub struct Earlier<O> {
    pub index: u64,
    pub bundle: VerifiedBundle,
    /// Nothing of targets that do not count is in it.
    pub seen: O,
}

impl<'a> Past<'a> {
    /// One bundle, verified, whatever it is the record of. What `observer` saw is proven when this gives a bundle.
    ///
    /// # Errors
    /// When it is not there, is not accepted, or is another one than its place says.
    pub fn read(&self, index: u64, observer: &mut (dyn Observer + Send)) -> Result<VerifiedBundle, HistoryError> {
        let path = layout::bundle(index);
        let file = self.store.open(&path)?.ok_or(HistoryError::Gone { index })?;
        // It was verified before it was put there: nothing bounds what comes out of it.
        let mut source =
            open_stream(file, &path, u64::MAX).map_err(|source| HistoryError::NoBundle { index, source })?;
        let demands = Demands { allow_rehearsal: true, allow_failed: true, ..Demands::of_evidence(self.trust) };
        let verdict = verify::verify(source.as_mut(), &demands, observer);
        let Some(bundle) = verdict.bundle else {
            let problems: Vec<&str> = verdict.report.problems.iter().map(|p| p.message.as_str()).collect();
            return Err(HistoryError::NotAccepted { index, problems: problems.join("; ") });
        };
        match bundle.statement().predicate.chain.index {
            signed if signed == index => Ok(bundle),
            signed => Err(HistoryError::Misplaced { index, signed }),
        }
    }

    /// The bundles before `before`, or all of them, newest first; each with an observer of its own.
    ///
    /// # Errors
    /// When the store cannot be listed.
    pub fn newest_first<F>(&self, before: Option<u64>, observer: F) -> Result<NewestFirst<'a, F>, HistoryError> {
        let mut indices: Vec<u64> = self
            .store
            .list(layout::BUNDLES)?
            .iter()
            .filter_map(|name| layout::bundle_index(name))
            .filter(|index| before.is_none_or(|before| *index < before))
            .collect();
        indices.sort_unstable();
        Ok(NewestFirst { past: *self, indices, observer })
    }

    /// Whether a bundle with these rehearsals says anything of this target.
    #[must_use]
    pub fn counts(&self, target: &str, rehearsals: &Rehearsals) -> bool {
        !rehearsals.includes(target) || self.rehearsals.includes(target)
    }

    /// Whether it says anything of the systems that it is about, as far as its statement tells.
    fn may_count(&self, bundle: &VerifiedBundle) -> bool {
        let said = &bundle.statement().predicate;
        // Of a run that has a rehearsal at all, rehearsals of these targets count.
        let asks = self.rehearsals.is_whole() || !self.rehearsals.targets().is_empty() || self.rehearsals.more() > 0;
        said.kind == Kind::Run && said.status != RunStatus::Failed && (asks || !bundle.rehearsals().is_whole())
    }
}

/// Gives every one of them: how far back is for the reader to say. Reading ends with the first error.
#[derive(Debug)]
pub struct NewestFirst<'a, F> {
    past: Past<'a>,
    /// The next one last.
    indices: Vec<u64>,
    observer: F,
}

/// Shows an observer of a bundle only what is about targets that count.
struct OfCounted<'a, O> {
    past: Past<'a>,
    /// As far as it was read: routes stand before all that is about a target's answers.
    rehearsals: Rehearsals,
    seen: O,
}

impl<O: Observer + Send> Observer for OfCounted<'_, O> {
    fn record(&mut self, at: RecordRef, line: &Line, text: &[u8]) {
        if let Line::Disclosed(record) = line {
            match record.as_ref() {
                Record::Run(run) => self.rehearsals = Rehearsals::new(&run.overrides),
                Record::Route(route) => self.rehearsals.route(route),
                _ => {}
            }
            if target_of(record).is_some_and(|target| !self.past.counts(target, &self.rehearsals)) {
                return;
            }
        }
        self.seen.record(at, line, text);
    }

    fn wants_raw(&mut self, ordinal: u64) -> bool {
        self.seen.wants_raw(ordinal)
    }

    fn raw(&mut self, ordinal: u64, piece: &[u8]) {
        self.seen.raw(ordinal, piece);
    }
}

/// The target that a record is about, where it is one.
fn target_of(record: &Record) -> Option<&str> {
    match record {
        Record::Route(route) => Some(&route.target),
        Record::Exchange(exchange) => Some(&exchange.target),
        Record::Coverage(coverage) => Some(&coverage.target),
        Record::Gap(gap) => Some(&gap.target),
        Record::Resource(resource) => Some(&resource.target),
        Record::Derived(derived) => Some(&derived.target),
        Record::Finding(finding) => Some(&finding.target),
        _ => None,
    }
}

impl<O: Observer + Send, F: FnMut() -> O> Iterator for NewestFirst<'_, F> {
    type Item = Result<Earlier<O>, HistoryError>;

    fn next(&mut self) -> Option<Self::Item> {
        while let Some(index) = self.indices.pop() {
            let mut seen = OfCounted { past: self.past, rehearsals: Rehearsals::default(), seen: (self.observer)() };
            match self.past.read(index, &mut seen) {
                Ok(bundle) if self.past.may_count(&bundle) => {
                    return Some(Ok(Earlier { index, bundle, seen: seen.seen }));
                }
                Ok(_) => {}
                Err(error) => {
                    self.indices.clear();
                    return Some(Err(error));
                }
            }
        }
        None
    }
}
