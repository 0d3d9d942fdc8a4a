//! Opens the store that a person names.

use std::path::Path;

use store::{Place, StoreError};

use crate::failure::Failure;

/// Opens a store that has a ledger.
///
/// # Errors
/// When it has none, or it cannot be used.
pub fn open(location: &Path) -> Result<Place, Failure> {
    store::open(location).map_err(failed)
}

/// An error of the store with whose move it is.
pub fn failed(error: StoreError) -> Failure {
    let help = error.help();
    Failure::tool(error).with_help_if(help)
}
