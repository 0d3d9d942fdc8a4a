//! What every command does: reads the bundle that the command line names, decides, and says why where it cannot.

use std::io::Write as _;

use bundle::read::OpenError;
use verify::{Demands, Observer, Verdict};

use crate::args::BundleArgs;
use crate::human;
use crate::input::{self, Memory};
use crate::stop::Stop;

pub fn warn(error: &anyhow::Error) -> std::io::Result<()> {
    let style = human::OPEN;
    writeln!(anstream::stderr(), "{style}warning{style:#}: {}", model::printable::block(&format!("{error:#}")))
}

/// What is no bundle at all is a wrong argument.
pub fn not_opened(error: OpenError) -> Stop {
    match error {
        OpenError::Read { .. } => Stop::Failed(error.into()),
        other => Stop::Wrong(other.into()),
    }
}

/// Verifies the bundle that the command line names, and keeps what it proves of its ledger.
pub fn run(args: &BundleArgs, observer: &mut (dyn Observer + Send)) -> Result<Verdict, Stop> {
    let trust = input::trust(&args.trust.trust)?;
    let memory = Memory::read(&args.trust)?;
    let mut source = input::bundle(&args.input, args.max_unpacked.0).map_err(not_opened)?;
    let demands = Demands {
        trust: &trust,
        require: args.require,
        allow_rehearsal: args.allow_rehearsal,
        allow_failed: args.allow_failed,
        allow_unsigned_redaction: args.allow_unsigned_redaction,
        seen: memory.seen.as_ref(),
        challenge: args.challenge.as_deref(),
        texts: Some(assess::shipped()),
    };
    let mut verdict = verify::verify(source.as_mut(), &demands, observer);
    if verdict.report.accepted
        && let Some(seen) = &verdict.seen
        && let Err(error) = memory.keep(seen)
    {
        // The answer holds nevertheless; nobody is told that it is kept.
        warn(&error)?;
        verdict.seen = None;
    }
    Ok(verdict)
}
