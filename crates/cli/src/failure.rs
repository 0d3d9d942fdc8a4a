//! What a command says when it could not do its work: what, where, whose move.

use std::fmt::Display;
use std::io::Write as _;

use model::ExitStatus;
use model::printable::block;

/// Why a command ended without a result.
#[derive(Debug)]
pub struct Failure {
    status: ExitStatus,
    error: anyhow::Error,
    help: Option<String>,
}

/// How a command ended.
pub type CommandResult = Result<ExitStatus, Failure>;

impl Failure {
    /// The command line, a file or the declaration is not usable.
    pub fn input(error: impl Into<anyhow::Error>) -> Self {
        Self { status: ExitStatus::WrongInput, error: error.into(), help: None }
    }

    /// The tool, the machine or the store failed.
    pub fn tool(error: impl Into<anyhow::Error>) -> Self {
        Self { status: ExitStatus::ToolFailed, error: error.into(), help: None }
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

    /// What went wrong and why, in one line.
    pub fn in_short(&self) -> String {
        format!("{:#}", self.error)
    }

    pub const fn exit_status(&self) -> ExitStatus {
        self.status
    }

    /// Prints the error, its causes and the help to stderr.
    pub fn tell(&self) {
        let mut stderr = anstream::stderr().lock();
        let red = anstyle::AnsiColor::Red.on_default().bold();
        let cyan = anstyle::AnsiColor::Cyan.on_default().bold();
        writeln!(stderr, "{red}error{red:#}: {}", block(&self.error.to_string())).ok();
        // None repeats another: an error names its cause as `#[source]` or in its message, never both.
        for cause in self.error.chain().skip(1) {
            writeln!(stderr, "  because: {}", block(&cause.to_string())).ok();
        }
        if let Some(help) = &self.help {
            writeln!(stderr, "{cyan}help{cyan:#}: {}", block(help)).ok();
        }
    }
}

/// Says that something is off without ending the command.
pub fn warn(text: impl Display) {
    let yellow = anstyle::AnsiColor::Yellow.on_default().bold();
    writeln!(anstream::stderr().lock(), "{yellow}warning{yellow:#}: {}", block(&text.to_string())).ok();
}
