//! Where bundles and the ledger lie: a [`Store`] that keeps bytes, and the [`Workshop`] on this machine in which a run
//! prepares them. A folder is both; a store that other machines write too is elsewhere (`crates/bucket`).
//!
//! A store promises that what it said is kept survives a power cut. It knows the
//! places of `docs/spec/bundle.md` §1 and nothing of what is in them: order of writing,
//! signatures and recovery are `agent::seal`.

mod disk;
mod error;
#[cfg(feature = "faults")]
pub mod faults;
mod folder;
mod keep;
mod location;
mod memory;
mod run;
#[cfg(feature = "faults")]
pub mod shared;
mod tree;
mod workshop;

pub use disk::{Disk, Guard, LockOutcome, RealDisk, Stat};
pub use error::StoreError;
pub use folder::FolderStore;
pub use keep::{CHECKPOINT, Content, Store, same_bytes};
pub use location::{Place, far, init, open};
pub use memory::{HeadFile, HeadMemory};
pub use run::{Holder, ParseRunIdError, RunId};
pub use workshop::Workshop;
