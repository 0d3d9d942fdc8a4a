//! In what two bundles differ, and why. Pure: bundles come through readings of `verify`, and what is found goes to a [`Sink`].
//!
//! ```text
//! verify ─ Feed ─┐ records of both,           ┌ Ground: with what was read and judged
//!                ├─ in order ────── compare ──┤ coverage, gaps: what may be hidden
//! verify ─ Feed ─┘                            │ objects, findings, controls, each with its causes
//!                                             └──────────────────────────── Sink ─ Keeper ─ Drift
//! ```
//!
//! Records are sorted, so that one walk side by side is enough. What one bundle lacks is only *removed* where it would be there if it existed: its list
//! reached the end, no gap may hide it, and nothing is withheld where it would stand. Everything else is incomparable, with the reason.
//!
//! A difference has as its causes whatever it rests on that is itself another one in the two bundles. Several causes stand beside each other; none is
//! chosen.

mod between;
mod cause;
mod compare;
mod feed;
mod found;
mod ground;
mod item;
mod lists;
mod merge;
mod report;
mod side;
#[cfg(test)]
mod tests;
mod tree;

pub use between::between;
pub use cause::{Cause, Causes};
pub use compare::compare;
pub use found::{
    Alike, Aspect, BasisDrift, Because, ControlDrift, CoverageDrift, FieldDrift, FindingDrift, FindingWhat, GapDrift,
    Judgement, ObjectDrift, Sink, Unclear, UnreadReason, What, Which,
};
pub use item::{Item, Seen, SeenCheck, SeenCoverage, SeenFile, SeenObject, SeenRoute, SeenRun, SeenUse};
pub use report::{Drift, FieldEntry, Keeper, ObjectEntry, Section};
pub use tree::{Field, FieldWhat, Tree};
