//! Sealing: the order in which a bundle is signed, put into the ledger and published, and what is
//! made of a run that was killed anywhere in between (`docs/spec/bundle.md`, writing).
//!
//! 1. [`Sealer::init`] makes the ledger, once.
//! 2. [`Sealer::begin`] completes what a killed run had signed, names the runs that died before
//!    that, writes this run's intent and holds its liveness lock.
//! 3. The run collects into [`Session::scratch`] and writes all of the bundle but its statement (leaves, records, raw
//!    answers, as one packed tar: [`pack::BodyWriter`]) into the file [`Session::staged`].
//! 4. [`Sealer::seal`]: under the lock of the ledger: statement, signature, entry, head, and the bundle: the statement's
//!    own frame, then what was prepared.
//!
//! What `pending/` holds between the steps:
//!
//! * `pending/<run>/intent.json`: the run began. Dead without more: [`Unfinished`].
//! * `pending/<run>/body.tar.zst`: what was prepared.
//! * `pending/<index>.reserved.json`: the statement for this index, before it is signed. Whoever
//!   comes next signs exactly these bytes, so that no index is ever signed over two statements, not
//!   even when the signature was made and lost.
//! * `pending/<index>.signed.json`: the signature. The index is appended with it and with no other.
//!
//! Clock and randomness are arguments.

mod error;
mod export;
mod failed;
mod head;
pub mod pack;
mod pending;
mod proof;
mod sealer;
mod session;
mod shared;
mod steps;

#[cfg(test)]
mod tests;

pub use error::SealError;
pub use export::{Beside, Less, export, export_less, less};
pub use failed::Recording;
pub use head::{last_size_seen, ledger_size};
pub use sealer::Sealer;
pub use session::{Begun, Intent, SealInput, Sealed, Session, Unfinished};
