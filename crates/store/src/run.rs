//! Who writes: the id of a run, and the process behind it.

use std::fmt;
use std::str::FromStr;

use model::Timestamp;

/// The id of a run: 1 to 64 lower-case letters, digits and `-`, first a letter or digit. It is a
/// folder's name, and is in session names at the sources.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RunId(String);

/// Why a text is not an id of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a run id is 1 to 64 lower-case letters, digits and `-`, first a letter or digit")]
pub struct ParseRunIdError;

impl RunId {
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for RunId {
    type Err = ParseRunIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        if text.is_empty()
            || text.len() > 64
            || text.starts_with('-')
            || !text.bytes().all(plain)
            || RESERVED.contains(&text)
        {
            return Err(ParseRunIdError);
        }
        Ok(Self(text.to_owned()))
    }
}

/// Names below `pending/` that are no runs.
const RESERVED: [&str; 1] = ["tmp"];

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Who takes a lock, for the message that whoever meets it reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Holder {
    pub pid: u32,
    pub since: Timestamp,
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "pid {} since {}", self.pid, self.since)
    }
}
