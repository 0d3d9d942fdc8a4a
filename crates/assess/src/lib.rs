//! Judging: declared checks, written in Rego, against what was read.
//!
//! Three values, and nothing is clean by default: a check has to prove an outcome, and what an outcome rests on has to have been read
//! ([`judge`]). The engine runs in a limited child process ([`Assessor`], [`worker_main`]); a child that dies leaves its findings
//! `undetermined`, and the run goes on. No network, no clock, no files: resources and texts come from the caller.

mod assessor;
mod catalogue;
mod client;
pub mod differing;
mod engine;
mod gaps;
mod guard;
pub mod judge;
mod limits;
mod meta;
mod pointer;
mod pool;
mod population;
mod protocol;
mod reassess;
mod shipped;
pub mod testing;
mod worker;

pub use assessor::{AssessError, Assessor, Case, Member, Sink};
pub use catalogue::{Check, CheckSet, Library, LoadError};
pub use client::WorkerCommand;
pub use gaps::SubjectRef;
pub use limits::Limits;
pub use meta::{CheckMeta, Custom, Grounds, Needs, RelatedResource, Scope, SubjectKind};
pub use pool::Summary;
pub use reassess::{Compared, Comparison, Difference, NotJudged, Withheld, reassess};
pub use shipped::shipped;
pub use worker::{WorkerError, worker_main, worker_with};
