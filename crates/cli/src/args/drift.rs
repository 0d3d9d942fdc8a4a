//! The command line of `drift`.

use std::path::PathBuf;
use std::str::FromStr;

use clap::{Args, ValueEnum, ValueHint};
use model::{Date, ExitStatus, exit_codes_help};

use super::folders::StoreFolder;

const EXIT_CODES: &[(ExitStatus, &str)] = &[
    (ExitStatus::Success, "nothing differs, and both bundles read everything"),
    (ExitStatus::ToolFailed, "the tool failed: conclude nothing"),
    (ExitStatus::WrongInput, "the command line is wrong, or there are no two bundles to compare"),
    (ExitStatus::NotAllRead, "nothing that both read differs; something neither read"),
    (ExitStatus::Undecided, "nothing that can be compared differs; something cannot be compared"),
    (ExitStatus::Changed, "they differ"),
];

#[derive(Debug, Args)]
#[command(after_help = exit_codes_help(EXIT_CODES))]
pub struct Drift {
    /// The earlier bundle: its index, or a date (UTC), for the newest bundle that was begun by its end. Default: the newest bundle
    /// before the later one that is evidence.
    #[arg(long, value_name = "INDEX|DATE")]
    pub since: Option<Since>,
    /// Index of the later bundle. Default: the newest bundle that is evidence.
    #[arg(long, value_name = "INDEX")]
    pub bundle: Option<u64>,
    /// Compare rehearsals too, with rehearsals.
    #[arg(long)]
    pub allow_rehearsal: bool,
    #[command(flatten)]
    pub store: StoreFolder,
    /// Trust file.
    #[arg(long, value_name = "FILE", default_value = "keys/trust.json", value_hint = ValueHint::FilePath)]
    pub trust: PathBuf,
    /// Output format.
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    pub format: DriftFormat,
}

/// How a comparison is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum DriftFormat {
    /// Text for a person.
    #[default]
    Human,
    /// JSON for a program.
    Json,
    /// Markdown, for example for a pull request.
    Markdown,
}

/// Since which bundle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Since {
    Index(u64),
    Date(Date),
}

impl FromStr for Since {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Ok(index) = text.parse() {
            return Ok(Self::Index(index));
        }
        text.parse().map(Self::Date).map_err(|_| format!("`{text}` is neither an index nor a date (`2026-11-21`)"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bundle_is_named_by_index_or_date() {
        assert_eq!("7".parse(), Ok(Since::Index(7)));
        assert_eq!("2026-11-21".parse(), Ok(Since::Date("2026-11-21".parse().unwrap())));
        assert!("yesterday".parse::<Since>().is_err());
        assert!("2026-13-01".parse::<Since>().is_err());
    }
}
