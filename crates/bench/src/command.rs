//! The command that is measured.

use std::ffi::OsString;
use std::process::{Command, ExitCode, ExitStatus};

use anyhow::anyhow;

pub fn started(command: &[OsString]) -> anyhow::Result<Command> {
    let (program, arguments) = command.split_first().ok_or_else(|| anyhow!("no command was given"))?;
    let mut child = Command::new(program);
    child.args(arguments);
    Ok(child)
}

pub fn command_name(command: &[OsString]) -> String {
    command.first().map(|name| format!("`{}`", name.display())).unwrap_or_default()
}

pub fn code(status: ExitStatus) -> ExitCode {
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    ExitCode::from(code.unwrap_or(1))
}

pub fn tell(line: &str) -> std::io::Result<()> {
    use std::io::Write as _;
    writeln!(std::io::stderr(), "{line}")
}
