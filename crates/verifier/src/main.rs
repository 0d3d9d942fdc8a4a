//! `witnessmark-verify`: the auditor's program. Reads, decides, shows; no network, and nothing of a
//! bundle is executed.

mod audit;
mod human;
mod input;
mod output;
mod page;
mod reassess;
mod show;

use std::io::Write as _;

use bundle::read::OpenError;
use input::{LastSeen, Wrong};
use model::ExitStatus;
use verify::{Demands, Observer, Unobserved, Verdict};
use witnessmark_verifier::args;

use crate::args::{BundleArgs, Cli, Command, Format, VerifyArgs};

/// Why a command ended without an answer.
enum Stop {
    Wrong(anyhow::Error),
    Failed(anyhow::Error),
}

impl From<Wrong> for Stop {
    fn from(wrong: Wrong) -> Self {
        Self::Wrong(wrong.0)
    }
}

impl<E: Into<anyhow::Error>> From<E> for Stop {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

fn main() -> ExitStatus {
    let result = if args::is_worker(std::env::args_os()) {
        assess::worker_main().map(|()| ExitStatus::Success).map_err(Stop::from)
    } else {
        match Cli::command_given() {
            Ok(command) => obey(&command),
            Err(error) => {
                // With nowhere to say it, the exit code still says it.
                let _ = error.print();
                // Help and version are no errors and go to stdout; clap knows which is which.
                return ExitStatus::when(!error.use_stderr(), ExitStatus::WrongInput);
            }
        }
    };
    match result {
        Ok(status) => status,
        Err(Stop::Wrong(error)) => complain(&error, ExitStatus::WrongInput),
        Err(Stop::Failed(error)) => complain(&error, ExitStatus::ToolFailed),
    }
}

fn obey(command: &Command) -> Result<ExitStatus, Stop> {
    match command {
        Command::Verify(args) => verify_bundle(args),
        Command::Show(args) => show::show(args),
        Command::Report(args) => page::report(args),
        Command::Audit(args) => audit::audit(args),
        Command::Reassess(args) => reassess::reassess(args),
    }
}

fn complain(error: &anyhow::Error, status: ExitStatus) -> ExitStatus {
    let style = human::BAD;
    // With nowhere to say it, the exit code still says it.
    let _ = writeln!(anstream::stderr(), "{style}error{style:#}: {error:#}");
    status
}

fn warn(error: &anyhow::Error) -> std::io::Result<()> {
    let style = human::OPEN;
    writeln!(anstream::stderr(), "{style}warning{style:#}: {error:#}")
}

fn verify_bundle(args: &VerifyArgs) -> Result<ExitStatus, Stop> {
    let verdict = run(&args.bundle, &mut Unobserved)?;
    match args.format {
        Format::Human => output::print(human::report(&verdict.report).as_bytes())?,
        Format::Json => output::json(&verdict.report)?,
    }
    Ok(verdict.report.exit_code)
}

/// Verifies the bundle that the command line names, and keeps the head of its ledger.
fn run(args: &BundleArgs, observer: &mut (dyn Observer + Send)) -> Result<Verdict, Stop> {
    let trust = input::trust(&args.trust.trust)?;
    let last_seen = LastSeen::read(&args.trust)?;
    let mut source = input::bundle(&args.input, args.max_unpacked.0).map_err(|error| match error {
        OpenError::Read { .. } => Stop::Failed(error.into()),
        other => Stop::Wrong(other.into()),
    })?;
    let demands = Demands {
        trust: &trust,
        require: args.require,
        allow_rehearsal: args.allow_rehearsal,
        allow_failed: args.allow_failed,
        last_seen: last_seen.head.as_ref(),
    };
    let verdict = verify::verify(source.as_mut(), &demands, observer);
    if let (Some(head), Some(report), true) = (&verdict.head, &verdict.report.head, verdict.report.accepted)
        && let Err(error) = last_seen.keep(head, report.since_last_seen)
    {
        // The answer stands all the same.
        warn(&error)?;
    }
    Ok(verdict)
}
