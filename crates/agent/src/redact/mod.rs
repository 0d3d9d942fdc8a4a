//! A copy of a bundle that says less: which records rules withhold from it, and what then rests on the custodian's word.
//!
//! 1. [`Chooser`] looks on while the bundle is verified, and chooses the lines that are withheld.
//! 2. [`measure`] reads the records again: what the copy's file of records will be, and what follows from it ([`Effect`]).
//! 3. `seal::redacted` writes the copy.
//!
//! Memory: two bytes for each record, some more for each exchange and each answer, and the ids of the objects that are withheld.

mod choose;
mod cut;
mod effect;
mod facets;
mod names;

pub use choose::{Choice, Chooser};
pub use cut::{Cut, CutError, measure};
pub use effect::{ControlEffect, Effect, Left, LeftKind, Word};
