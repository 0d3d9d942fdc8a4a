//! What the child process may use.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Bounds of the child process. The defaults are what both programs use; tests make them smaller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// Address space, bytes.
    pub memory: u64,
    /// Seconds of processor time over the life of one child.
    pub cpu_seconds: u64,
    /// Instructions of the Rego machine for one outcome of one subject.
    pub instructions: u64,
    /// Stack of the thread that evaluates, bytes. Enough for the instruction limit to come first.
    pub stack: u64,
    /// How long the parent waits for one answer.
    pub answer_within: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            memory: 1 << 30,
            cpu_seconds: 3600,
            instructions: 2_000_000,
            stack: 64 << 20,
            answer_within: Duration::from_secs(10),
        }
    }
}
