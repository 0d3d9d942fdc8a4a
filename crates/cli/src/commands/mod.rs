//! One module per command.

pub mod acceptances;
mod approved;
mod ask;
mod checks;
mod checks_test;
mod collectors;
mod collectors_test;
mod demo;
mod drift;
mod export;
mod gaps;
mod init;
mod init_hidden;
mod init_seen;
mod init_stock;
mod init_template;
mod init_text;
pub mod keys;
mod keys_change;
mod ledger;
mod preflight;
mod record;
mod redact;
mod redact_text;
mod report;
mod rights;
mod roster;
mod run;
mod show;
mod trace;
mod validate;

use anyhow::anyhow;
use model::ExitStatus;

use crate::args::{Arguments, Child, Command, Schema, SchemaOf, program};
use crate::failure::{CommandResult, Failure};
use crate::output;
use crate::progress::Speech;

/// Runs the command of the command line.
///
/// # Errors
/// When it could not do its work.
pub fn run(arguments: Arguments) -> CommandResult {
    let quiet = arguments.quiet;
    crate::trace::start(arguments.verbose);
    let speech = Speech::of(quiet, arguments.verbose);
    match arguments.command {
        Command::Demo(arguments) => demo::run(&arguments, quiet),
        Command::Init(arguments) => init::run(&arguments, speech),
        Command::Keys(command) => keys_change::run(command),
        Command::Ledger(command) => ledger::run(command),
        Command::Validate(arguments) => validate::run(&arguments),
        Command::Rights(arguments) => rights::run(&arguments),
        Command::Preflight(arguments) => preflight::run(&arguments, quiet),
        Command::Run(arguments) => run::run(&arguments, speech),
        Command::Record(arguments) => record::run(&arguments),
        Command::Show(arguments) => show::run(&arguments),
        Command::Drift(arguments) => drift::run(&arguments),
        Command::Report(arguments) => report::run(&arguments),
        Command::Gaps(arguments) => gaps::run(&arguments),
        Command::Trace(arguments) => trace::run(&arguments),
        Command::Roster(arguments) => roster::run(&arguments),
        Command::Ask(arguments) => ask::run(&arguments),
        Command::Export(arguments) => export::run(&arguments),
        Command::Redact(arguments) => redact::run(&arguments),
        Command::Acceptances(command) => acceptances::run(command),
        Command::Collectors(command) => collectors::run(command),
        Command::Checks(command) => checks::run(command),
        Command::Schema(arguments) => schema(&arguments),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut program(), "witnessmark", &mut script);
            output::exact(&String::from_utf8_lossy(&script)).map(|()| ExitStatus::Success)
        }
    }
}

/// Is a child process of this program.
///
/// # Errors
/// When it could not do its work.
pub fn child(child: Child) -> CommandResult {
    match child {
        Child::Collect { name } => collectors::serve(&name),
        Child::Replay { name, day } => collectors::replay(&name, &day),
        Child::Assess => assess::worker_main().map(|()| ExitStatus::Success).map_err(|e| Failure::tool(anyhow!(e))),
    }
}

fn schema(arguments: &Schema) -> CommandResult {
    match arguments.what {
        SchemaOf::Declaration => output::foreign_json(&declaration::declaration_schema())?,
        SchemaOf::Record => output::foreign_json(&declaration::record_schema())?,
        SchemaOf::Catalogue => output::foreign_json(&declaration::catalogue_schema())?,
    }
    Ok(ExitStatus::Success)
}
