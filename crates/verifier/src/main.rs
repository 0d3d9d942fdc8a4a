//! `witnessmark-verify`: the auditor's program. Reads, decides, shows; no network, and nothing of a
//! bundle is executed.

mod ask;
mod audit;
mod both;
mod chain;
mod computed;
mod drift;
mod human;
mod input;
mod operation;
mod output;
mod page;
mod people;
mod reassess;
mod run;
mod show;
mod stop;
mod tasks;
mod uses;
mod within;

use std::io::Write as _;

use model::ExitStatus;
use verify::Unobserved;
use witnessmark_verifier::args;

use crate::args::{Cli, Command, Format, VerifyArgs};
use crate::run::run;
use crate::stop::Stop;

fn main() -> ExitStatus {
    let result = if args::is_worker(std::env::args_os()) {
        assess::worker_main().map(|()| ExitStatus::Success).map_err(Stop::from)
    } else {
        match Cli::command_given() {
            Ok(command) => {
                report::fit(terminal_size::terminal_size_of(std::io::stdout()).map(|(columns, _)| columns.0));
                obey(&command)
            }
            Err(error) => {
                // With nowhere to say it, the exit code still says it.
                let _ = error.print();
                // Help and version are not errors and go to stdout; clap knows which is which.
                return ExitStatus::when(!error.use_stderr(), ExitStatus::WrongInput);
            }
        }
    };
    match result {
        Ok(status) => status,
        Err(Stop::Wrong(error)) => complain(&error, ExitStatus::WrongInput),
        Err(Stop::Undecided(error)) => complain(&error, ExitStatus::Undecided),
        Err(Stop::NotAuthentic(error)) => complain(&error, ExitStatus::NotAuthentic),
        Err(Stop::Failed(error)) => complain(&error, ExitStatus::ToolFailed),
    }
}

fn obey(command: &Command) -> Result<ExitStatus, Stop> {
    match command {
        Command::Verify(args) => verify_bundle(args),
        Command::Show(args) => show::show(args),
        Command::Gaps(args) => chain::gaps(args),
        Command::Trace(args) => chain::trace(args),
        Command::Roster(args) => chain::roster(args),
        Command::Report(args) => page::report(args),
        Command::Audit(args) => audit::audit(args),
        Command::Ask(args) => ask::ask(args),
        Command::Drift(args) => drift::drift(args),
        Command::Reassess(args) => reassess::reassess(args),
    }
}

fn complain(error: &anyhow::Error, status: ExitStatus) -> ExitStatus {
    let style = human::BAD;
    // With nowhere to say it, the exit code still says it.
    let _ = writeln!(anstream::stderr(), "{style}error{style:#}: {}", model::printable::block(&format!("{error:#}")));
    status
}

fn verify_bundle(args: &VerifyArgs) -> Result<ExitStatus, Stop> {
    let verdict = run(&args.bundle, &mut Unobserved)?;
    match args.format {
        Format::Human => {
            output::text(&human::report(&verdict.report))?;
            if verdict.report.accepted && verdict.seen.is_some() {
                let kept = format!(
                    "What this proves of the ledger is kept in {}.",
                    input::memory(&args.bundle.trust).display()
                );
                output::text(&format!("\n{}", output::wrapped("  ", &output::safe(&kept))))?;
            }
        }
        Format::Json => output::json(&verdict.report)?,
    }
    Ok(verdict.report.exit_code)
}
