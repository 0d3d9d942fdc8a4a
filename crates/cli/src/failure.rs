//! What a command says when it could not do its work: what, where, whose move.

use std::fmt::Display;
use std::io::Write as _;

/// Exit code: the tool failed; conclude nothing.
pub const TOOL_FAILED: u8 = 1;
/// Exit code: command line or declaration wrong.
pub const WRONG_INPUT: u8 = 2;

/// Why a command ended without a result.
#[derive(Debug)]
pub struct Failure {
    code: u8,
    error: anyhow::Error,
    help: Option<String>,
}

/// The result of a command: its exit code.
pub type Outcome = Result<u8, Failure>;

impl Failure {
    /// The command line, a file or the declaration is not usable.
    pub fn input(error: impl Into<anyhow::Error>) -> Self {
        Self { code: WRONG_INPUT, error: error.into(), help: None }
    }

    /// The tool, the machine or the store failed.
    pub fn tool(error: impl Into<anyhow::Error>) -> Self {
        Self { code: TOOL_FAILED, error: error.into(), help: None }
    }

    /// What the reader can do about it.
    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// As [`Failure::with_help`], where there is help.
    pub fn with_help_if(self, help: Option<String>) -> Self {
        match help {
            Some(help) => self.with_help(help),
            None => self,
        }
    }

    pub const fn code(&self) -> u8 {
        self.code
    }

    /// Prints the error, its causes and the help to stderr.
    pub fn tell(&self) {
        let mut stderr = anstream::stderr().lock();
        let red = anstyle::AnsiColor::Red.on_default().bold();
        let cyan = anstyle::AnsiColor::Cyan.on_default().bold();
        writeln!(stderr, "{red}error{red:#}: {}", self.error).ok();
        // None repeats another: an error names its cause as `#[source]` or in its message, never both.
        for cause in self.error.chain().skip(1) {
            writeln!(stderr, "  because: {cause}").ok();
        }
        if let Some(help) = &self.help {
            writeln!(stderr, "{cyan}help{cyan:#}: {help}").ok();
        }
    }
}

/// Says that something is off without ending the command.
pub fn warn(text: impl Display) {
    let yellow = anstyle::AnsiColor::Yellow.on_default().bold();
    writeln!(anstream::stderr().lock(), "{yellow}warning{yellow:#}: {text}").ok();
}
