//! What the exit code of a program says. One list for `witnessmark` and `witnessmark-verify`, so that a number never says two things.

use std::borrow::Cow;
use std::fmt;
use std::process::{ExitCode, Termination};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Serialize, Serializer};

/// How a command ended. The numbers do not change: scripts and schedulers act on them.
///
/// README.md, `deploy/README.md` and `docs/spec/verify-classes.md` say what each means for whom; `tests/tests/alone/deploy.rs` and
/// `format.rs` hold those pages and the programs' help against each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum ExitStatus {
    /// Done, and nothing to say against it.
    Success = 0,
    /// The tool, the machine or the store failed: conclude nothing.
    ToolFailed = 1,
    /// The command line, or a file that it names, cannot be used.
    WrongInput = 2,
    /// Done, and not everything was read or may be read.
    NotAllRead = 3,
    /// Done, but it is not evidence.
    Rehearsal = 4,
    /// Something is not as declared, or as it must be.
    Deviates = 10,
    /// Something is undetermined.
    Undetermined = 11,
    /// Both: something deviates, something else is undetermined.
    DeviatesAndUndetermined = 12,
    /// A bundle or a ledger is not authentic.
    NotAuthentic = 20,
    /// Whether it is authentic cannot be decided, or it is not what was asked for.
    Undecided = 21,
    /// Checks that are run again come to another outcome than the sealed one.
    OtherOutcome = 22,
    /// A ledger is whole, and runs that were due by its own schedule are not in it.
    RunsMissing = 23,
    /// The answer to a question is no.
    No = 24,
    /// Two bundles differ.
    Changed = 25,
}

impl ExitStatus {
    pub const ALL: [Self; 14] = [
        Self::Success,
        Self::ToolFailed,
        Self::WrongInput,
        Self::NotAllRead,
        Self::Rehearsal,
        Self::Deviates,
        Self::Undetermined,
        Self::DeviatesAndUndetermined,
        Self::NotAuthentic,
        Self::Undecided,
        Self::OtherOutcome,
        Self::RunsMissing,
        Self::No,
        Self::Changed,
    ];

    /// The number that the operating system is given.
    #[must_use]
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// `Success` where something holds, otherwise `or`.
    #[must_use]
    pub const fn when(holds: bool, or: Self) -> Self {
        if holds { Self::Success } else { or }
    }
}

impl Termination for ExitStatus {
    fn report(self) -> ExitCode {
        ExitCode::from(self.code())
    }
}

/// As its number.
impl fmt::Display for ExitStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.code().fmt(f)
    }
}

/// As its number.
impl Serialize for ExitStatus {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u8(self.code())
    }
}

impl JsonSchema for ExitStatus {
    fn schema_name() -> Cow<'static, str> {
        "ExitStatus".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "enum": Self::ALL.map(Self::code), "description": "the exit code of the program" })
    }
}

/// Columns of a help text.
const WIDTH: usize = 96;

/// The part of a help text that lists exit codes: the number, then what it means here.
#[must_use]
pub fn exit_codes_help(codes: &[(ExitStatus, &str)]) -> String {
    let mut text = "Exit codes:".to_owned();
    for (status, meaning) in codes {
        let start = format!("  {status:>2} ");
        text.push('\n');
        text.push_str(&start);
        let mut column = start.len();
        for word in meaning.split(' ') {
            if column + 1 + word.len() > WIDTH {
                text.push('\n');
                text.push_str(&" ".repeat(start.len()));
                column = start.len();
            }
            text.push(' ');
            text.push_str(word);
            column += 1 + word.len();
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_do_not_change() {
        assert_eq!(ExitStatus::ALL.map(ExitStatus::code), [0, 1, 2, 3, 4, 10, 11, 12, 20, 21, 22, 23, 24, 25]);
        assert_eq!(serde_json::to_string(&ExitStatus::NotAuthentic).unwrap(), "20");
        assert_eq!(format!("{}", ExitStatus::Undecided), "21");
    }

    #[test]
    fn help_breaks_between_words() {
        let long = "word ".repeat(30);
        let help = exit_codes_help(&[(ExitStatus::Success, "fine"), (ExitStatus::Deviates, long.trim_end())]);
        assert!(help.starts_with("Exit codes:\n   0  fine\n  10  word word "), "{help}");
        assert!(help.lines().all(|line| line.len() <= WIDTH), "{help}");
        assert!(help.lines().skip(3).all(|line| line.starts_with("      word")) && help.lines().count() > 3, "{help}");
    }
}
