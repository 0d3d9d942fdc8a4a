//! The bundle that a person names: in a store, or in a file or folder of its own.

use std::path::PathBuf;

use anyhow::anyhow;
use bundle::layout;
use bundle::read::{self, Source, UNPACKED_MAX};
use bundle::statement::Kind;
use store::Store;

use crate::args::BundleNamed;
use crate::failure::Failure;
use crate::stores;

/// A bundle that can be read as often as it takes.
pub enum Bundle {
    Stored { store: Box<dyn Store>, index: u64 },
    At(PathBuf),
}

impl Bundle {
    /// The store's newest or numbered bundle, or a bundle's own file or folder.
    ///
    /// # Errors
    /// When there is no such bundle.
    pub fn named(named: &BundleNamed) -> Result<Self, Failure> {
        let Some(path) = &named.file else {
            let store = stores::open(&named.store.store)?.store;
            let index = index(&*store, named.bundle)?;
            return Ok(Self::Stored { store, index });
        };
        if path.join(store::CHECKPOINT).is_file() && !path.join(layout::STATEMENT).is_file() {
            return Err(Failure::input(anyhow!("`{}` is not a bundle but a store", path.display())).with_help(
                format!("name it with `--store {}`, and the bundle with `--bundle INDEX`", path.display()),
            ));
        }
        Ok(Self::At(path.to_owned()))
    }

    /// Its name for a person.
    pub fn name(&self) -> String {
        match self {
            Self::Stored { store, index } => format!("{}/{}", store.location(), layout::bundle(*index)),
            Self::At(path) => path.display().to_string(),
        }
    }

    /// Reads it from the beginning.
    ///
    /// # Errors
    /// When it is not there or is not a bundle.
    pub fn open(&self) -> Result<Box<dyn Source>, Failure> {
        match self {
            Self::Stored { store, index } => {
                let file = store.open(&layout::bundle(*index)).map_err(stores::failed)?.ok_or_else(|| {
                    Failure::input(anyhow!("the store `{}` holds no bundle {index}", store.location()))
                        .with_help("`witnessmark ledger log` lists them")
                })?;
                // It was verified before it was put there: nothing bounds what comes out of it.
                read::open_stream(file, &self.name(), u64::MAX).map_err(Failure::tool)
            }
            Self::At(path) => read::open(path, UNPACKED_MAX).map_err(Failure::input),
        }
    }
}

/// The bundle with this index; without one that of the newest run. What a person saw is never taken for one.
///
/// # Errors
/// When the store holds none yet.
pub fn index(store: &dyn Store, index: Option<u64>) -> Result<u64, Failure> {
    if let Some(index) = index {
        return Ok(index);
    }
    newest_run(store)?.ok_or_else(|| {
        Failure::input(anyhow!("the store `{}` holds no bundle of a run yet", store.location()))
            .with_help("`witnessmark run` makes one")
    })
}

/// The index of the newest run's bundle.
///
/// # Errors
/// When the store cannot be read.
pub fn newest_run(store: &dyn Store) -> Result<Option<u64>, Failure> {
    let names = store.list(layout::BUNDLES).map_err(stores::failed)?;
    let mut indices: Vec<u64> = names.iter().filter_map(|name| layout::bundle_index(name)).collect();
    indices.sort_unstable();
    for index in indices.into_iter().rev() {
        // One that the ledger says nothing of is read, and refused.
        if stores::kind_of(store, index)?.is_none_or(|kind| kind == Kind::Run) {
            return Ok(Some(index));
        }
    }
    Ok(None)
}
