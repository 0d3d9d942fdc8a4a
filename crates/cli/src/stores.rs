//! Opens the store that a person names.

use std::path::Path;

use anyhow::anyhow;
use bundle::sigstore::Envelope;
use bundle::statement::{Kind, Statement};
use bundle::{layout, limits};
use store::{Place, Store, StoreError};

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

/// What the ledger says of a bundle, without a proof: which kind it is of. `None` past the end of the ledger.
///
/// # Errors
/// When the store cannot be read, or holds something else in its place.
pub fn kind_of(store: &dyn Store, index: u64) -> Result<Option<Kind>, Failure> {
    Ok(statement_of(store, index)?.map(|statement| statement.predicate.kind))
}

/// The statement of a bundle as the ledger has it, without a proof. `None` past the end of the ledger.
///
/// # Errors
/// When the store cannot be read, or holds something else in its place.
pub fn statement_of(store: &dyn Store, index: u64) -> Result<Option<Statement>, Failure> {
    let path = layout::ledger_statement(index);
    let Some(bytes) = store.read(&path, limits::ENVELOPE_MAX).map_err(failed)? else { return Ok(None) };
    let damaged = |error: &dyn std::fmt::Display| Failure::tool(anyhow!("`{path}` of this store is damaged: {error}"));
    let envelope = Envelope::parse(&bytes).map_err(|error| damaged(&error))?;
    let statement = Statement::parse(&envelope.statement).map_err(|error| damaged(&error))?;
    Ok(Some(statement))
}
