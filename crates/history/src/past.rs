//! The one way to the past: bundles of a store, newest first, each verified before anything is taken from it.

use bundle::layout;
use bundle::read::{OpenError, open_stream};
use bundle::statement::Kind;
use bundle::trust::Trust;
use model::record::RunStatus;
use store::{Store, StoreError};
use verify::{Demands, Observer, VerifiedBundle};

/// How many bundles are looked at, newest first. What was in none of them has not been read for that long.
pub const MOST_BUNDLES: usize = 400;

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
    /// Rehearsals count too. Only a rehearsal may ask for that: evidence rests on evidence.
    pub rehearsals: bool,
}

/// A verified bundle that is evidence, and what was seen in it.
#[derive(Debug)]
pub struct Earlier<O> {
    pub index: u64,
    pub bundle: VerifiedBundle,
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
        Ok(NewestFirst { past: *self, indices, left: MOST_BUNDLES, observer })
    }

    /// Whether it says anything of the systems that it is about.
    fn counts(&self, bundle: &VerifiedBundle) -> bool {
        let said = &bundle.statement().predicate;
        said.kind == Kind::Run && said.status != RunStatus::Failed && (self.rehearsals || said.rehearsal.is_empty())
    }
}

/// Gives at most [`MOST_BUNDLES`]; reading ends with the first error.
#[derive(Debug)]
pub struct NewestFirst<'a, F> {
    past: Past<'a>,
    /// The next one last.
    indices: Vec<u64>,
    left: usize,
    observer: F,
}

impl<O: Observer + Send, F: FnMut() -> O> Iterator for NewestFirst<'_, F> {
    type Item = Result<Earlier<O>, HistoryError>;

    fn next(&mut self) -> Option<Self::Item> {
        while self.left > 0 {
            self.left -= 1;
            let index = self.indices.pop()?;
            let mut seen = (self.observer)();
            match self.past.read(index, &mut seen) {
                Ok(bundle) if self.past.counts(&bundle) => return Some(Ok(Earlier { index, bundle, seen })),
                Ok(_) => {}
                Err(error) => {
                    self.left = 0;
                    return Some(Err(error));
                }
            }
        }
        None
    }
}
