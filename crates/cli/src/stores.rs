//! Opens the store that a person names: a folder, or a place in a bucket.

use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use anyhow::anyhow;
use bundle::sigstore::Envelope;
use bundle::statement::{Kind, Statement};
use bundle::{layout, limits};
use model::Digest;
use store::{Place, Store, StoreError};

use crate::failure::Failure;

/// Opens a store that has a ledger.
///
/// # Errors
/// When it has none, or it cannot be used.
pub fn open(location: &Path) -> Result<Place, Failure> {
    match in_bucket(location) {
        Some(text) => far(text, open_bucket(text).map_err(failed)?),
        None => store::open(location).map_err(failed),
    }
}

/// Makes a store where there is none, or completes one that holds no ledger yet.
///
/// # Errors
/// When something else is there, or it cannot hold a ledger.
pub fn init(location: &Path) -> Result<Place, Failure> {
    match in_bucket(location) {
        Some(text) => far(text, init_bucket(text).map_err(failed)?),
        None => store::init(location).map_err(failed),
    }
}

/// The location as text, where it lies in a bucket.
pub fn in_bucket(location: &Path) -> Option<&str> {
    location.to_str().filter(|text| cfg!(feature = "object-store") && text.starts_with("s3://"))
}

#[cfg(feature = "object-store")]
fn open_bucket(text: &str) -> Result<Box<dyn Store>, StoreError> {
    Ok(Box::new(bucket::open(text)?))
}

#[cfg(feature = "object-store")]
fn init_bucket(text: &str) -> Result<Box<dyn Store>, StoreError> {
    Ok(Box::new(bucket::init(text)?))
}

#[cfg(not(feature = "object-store"))]
use {not_built_in as open_bucket, not_built_in as init_bucket};

#[cfg(not(feature = "object-store"))]
fn not_built_in(_: &str) -> Result<Box<dyn Store>, StoreError> {
    Err(StoreError::UnknownKind { kind: "s3".to_owned() })
}

fn far(location: &str, store: Box<dyn Store>) -> Result<Place, Failure> {
    let folder = workshop(location)?;
    if let Some(above) = folder.parent() {
        DirBuilder::new().recursive(true).mode(0o700).create(above).map_err(|error| {
            Failure::tool(
                anyhow!(error).context(format!("cannot make `{}`, where runs prepare bundles", above.display())),
            )
        })?;
    }
    store::far(store, &folder).map_err(failed)
}

/// Where runs on this machine prepare what goes into a store that lies elsewhere: each store has a folder of its own, which is the same for
/// every run, so that a later one finds what a killed one left.
#[expect(clippy::disallowed_methods, reason = "the command line program reads the environment")]
fn workshop(location: &str) -> Result<PathBuf, Failure> {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let cache = set("XDG_CACHE_HOME").or_else(|| set("HOME").map(|home| home.join(".cache"))).ok_or_else(|| {
        // Not the folder for temporary files: others write there, and what is prepared is not theirs to read.
        Failure::input(anyhow!(
            "where can runs prepare bundles? Neither `XDG_CACHE_HOME` nor `HOME` names a folder of this user's"
        ))
    })?;
    Ok(cache.join("witnessmark/runs").join(Digest::of(location.as_bytes()).to_string()))
}

/// A location as it is told: a folder ends with `/`.
pub fn shown(location: &Path) -> String {
    match in_bucket(location) {
        Some(text) => text.to_owned(),
        None => format!("{}/", location.display().to_string().trim_end_matches('/')),
    }
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
