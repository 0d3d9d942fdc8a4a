//! How a command ends that gives no answer.

/// Why a command ended without an answer.
pub enum Stop {
    Wrong(anyhow::Error),
    /// `unsupported`: of a later version than this program knows.
    Undecided(anyhow::Error),
    /// Two things that are authentic by themselves, and not together.
    NotAuthentic(anyhow::Error),
    Failed(anyhow::Error),
}

impl<E: Into<anyhow::Error>> From<E> for Stop {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}
