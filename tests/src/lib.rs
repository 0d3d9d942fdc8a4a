//! Tests that look at the workspace as a whole, or run its programs: they belong to no single crate.
//!
//! What needs a system beside the Rust toolchain stands behind the feature `systems`; `scripts/test` starts those
//! systems and enables it. Here: what several of these tests share.

#![expect(
    clippy::disallowed_methods,
    reason = "tests read real clocks, take their systems from the environment and write files for themselves alone"
)]

pub mod chromium;
pub mod cluster;
pub mod company;
pub mod contents;
pub mod desk;
pub mod github;
pub mod hsm;
pub mod outputs;
pub mod pages;
pub mod procedures;
pub mod sealed;
pub mod trip;
pub mod vectors;
pub mod year;

use std::path::{Path, PathBuf};

/// The root of the workspace.
#[must_use]
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().map(Path::to_path_buf).unwrap_or_default()
}
