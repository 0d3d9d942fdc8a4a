//! Collectors in a process of their own: any program that speaks `docs/spec/exec-protocol.md`, and the collectors that are
//! built in, run by the same protocol.
//!
//! What goes wrong in such a process costs its target only. What it says is not trusted: every line is held against the
//! program's own description before anything of it is recorded, and a program that contradicts itself is believed nothing more.

mod child;
mod describe;
mod intake;
mod isolated;
mod limits;
mod program;
pub mod protocol;
mod replayed;
mod schemas;
mod serve;
mod session;
mod settings;
mod suite;

use std::sync::Arc;

pub use isolated::{Isolated, Sandbox};
pub use limits::Limits;
pub use program::{Program, Start};
pub use replayed::replay;
pub use schemas::schemas;
pub use serve::{ServeError, serve};
pub use settings::{NAME, ProgramSettings, descriptor};
pub use suite::{Move, Point, Report, test};

/// Shows a person what a program wrote to stderr before it failed. It is not evidence and never sealed.
pub type Warnings = Arc<dyn Fn(&str) + Send + Sync>;
