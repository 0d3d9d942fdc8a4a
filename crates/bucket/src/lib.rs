//! A store in a bucket of an S3-compatible object store, which several machines may write at once.
//!
//! Everything rests on two conditions of the object store: `If-None-Match: *` (nothing is overwritten) and `If-Match` (the head
//! is moved from what it was). That it knows both is tried when a ledger is made, see [`init`]. No answer is believed that says
//! only that something failed: our own request may have arrived and its answer been lost, so what is there is read back.
//! Conditions on deleting and copying are not relied on: some stores ignore them.

mod bucket;
mod client;
mod http_client;
mod location;
mod operations;
mod probe;
mod retention;
mod rule;
mod stream;
mod upload;

use store::StoreError;

pub use bucket::Bucket;
pub use location::Location;

/// Opens the store that [`init`] made.
///
/// # Errors
/// When the location cannot be used, the object store does not answer, or there is no ledger.
pub fn open(location: &str) -> Result<Bucket, StoreError> {
    let bucket = Bucket::connect(&location.parse()?)?;
    if bucket.is_empty()? {
        return Err(StoreError::NotInitialised { place: location.to_owned() });
    }
    Ok(bucket)
}

/// Makes a store in an empty bucket or below an empty prefix, or completes one that holds no ledger yet.
///
/// # Errors
/// When something else is there, or the object store does not know conditional writes.
pub fn init(location: &str) -> Result<Bucket, StoreError> {
    let bucket = Bucket::connect(&location.parse()?)?;
    bucket.only_ours()?;
    probe::conditions(&bucket)?;
    Ok(bucket)
}
