//! What a process may use.

use std::time::Duration;

/// The bounds of one process, from its start to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Wall time.
    pub wall: Duration,
    /// Address space in bytes.
    pub memory: u64,
    /// Bytes on stdout in all.
    pub output: u64,
    /// Bytes of one line on stdout.
    pub line: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { wall: Duration::from_secs(300), memory: 2 << 30, output: 256 << 20, line: 16 << 20 }
    }
}

/// What a program says of itself comes at once, or it is not going to come.
pub(crate) const DESCRIBE_WITHIN: Duration = Duration::from_secs(20);
