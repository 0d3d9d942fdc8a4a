//! From what a person names to a store and its workshop.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::disk::{Disk, RealDisk};
use crate::error::StoreError;
use crate::folder::FolderStore;
use crate::keep::Store;
use crate::workshop::Workshop;

/// A store, and where a run on this machine prepares what goes into it.
#[derive(Debug)]
pub struct Place {
    pub store: Box<dyn Store>,
    pub workshop: Workshop,
}

/// Opens the store at a location: a folder.
///
/// # Errors
/// When there is none, or it cannot be used.
pub fn open(location: &Path) -> Result<Place, StoreError> {
    let root = folder(location)?;
    let disk: Arc<dyn Disk> = Arc::new(RealDisk);
    let store = FolderStore::open_on(Arc::clone(&disk), &root)?;
    Ok(Place { store: Box::new(store), workshop: Workshop::on(disk, &root) })
}

/// Makes a store where there is none, or completes one that holds no ledger yet.
///
/// # Errors
/// When something else is there.
pub fn init(location: &Path) -> Result<Place, StoreError> {
    let root = folder(location)?;
    let disk: Arc<dyn Disk> = Arc::new(RealDisk);
    let store = FolderStore::init_on(Arc::clone(&disk), &root)?;
    Ok(Place { store: Box::new(store), workshop: Workshop::on(disk, &root) })
}

/// A store that lies elsewhere, with a workshop in a folder of this machine; the folder is made if it is not there.
///
/// # Errors
/// When the folder cannot be used.
pub fn far(store: Box<dyn Store>, workshop: &Path) -> Result<Place, StoreError> {
    let root = folder(workshop)?;
    let disk: Arc<dyn Disk> = Arc::new(RealDisk);
    // As strict as with a store: what runs prepare is as secret as what they seal.
    FolderStore::init_on(Arc::clone(&disk), &root)?;
    Ok(Place { store, workshop: Workshop::on(disk, &root) })
}

/// Follows links of the root itself, also where its last part does not exist yet: whoever names a
/// store by a link means what it points to.
fn folder(location: &Path) -> Result<PathBuf, StoreError> {
    // A mistyped or future kind must not become a folder `s3:`.
    if let Some((kind, _)) = location.to_str().and_then(|text| text.split_once("://")) {
        return Err(StoreError::UnknownKind { kind: kind.to_owned() });
    }
    let failed = |error| StoreError::io("find", location, error);
    match location.canonicalize() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let absolute = std::path::absolute(location).map_err(failed)?;
            match (absolute.parent(), absolute.file_name()) {
                (Some(parent), Some(name)) => Ok(parent.canonicalize().map_err(failed)?.join(name)),
                _ => Ok(absolute),
            }
        }
        other => other.map_err(failed),
    }
}
