//! The records of a bundle, one type each. `docs/spec/bundle.md` describes every field.
//!
//! A record's line is `{"salt":"…","t":"…",` and then the members of the type in the order of its fields here;
//! a member whose value is `None` or empty where marked is left out. `bundle` writes the line, `verify` reads it.

mod collected;
mod covers;
mod judged;
mod recorded;
mod run;

pub use collected::{
    Body, Certificate, Coverage, Decode, Derived, Exchange, Failure, Gap, GapReason, InAnswer, InDeclaration, Locator,
    Masked, NotKept, Params, Peer, Rehearsed, Resource, Route, Subject, Syntax, Total,
};
pub use covers::Covers;
pub use judged::{
    Acceptance, Assignment, Check, CheckRole, Control, Counts, Evidence, Expectation, Finding, FindingPlace, JOINED,
    OWN_CONTROL, Observation, Provenance, Task, TaskDone,
};
pub use recorded::{About, ActsFor, Attachment, RecordMethod, Recorded, Says};
pub use run::{ClockSource, Declaration, Host, Identity, Override, Purpose, Run, RunStatus, Tool};
