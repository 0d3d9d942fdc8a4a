//! Rights as a source itself words them.

/// A form in which a source grants rights.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RightsForm {
    /// As `witnessmark rights --format` takes it.
    pub name: &'static str,
    /// What it is, for whoever chooses one.
    pub help: &'static str,
}
