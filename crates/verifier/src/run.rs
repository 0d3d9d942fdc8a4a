//! What every command does: reads the bundle that the command line names, decides, and says why where it cannot.

use std::io::Write as _;

use bundle::read::OpenError;
use verify::{Demands, Observer, Verdict};

use crate::args::BundleArgs;
use crate::human;
use crate::input::{self, LastSeen};
use crate::stop::Stop;

pub fn warn(error: &anyhow::Error) -> std::io::Result<()> {
    let style = human::OPEN;
    writeln!(anstream::stderr(), "{style}warning{style:#}: {error:#}")
}

/// Verifies the bundle that the command line names, and keeps the head of its ledger.
pub fn run(args: &BundleArgs, observer: &mut (dyn Observer + Send)) -> Result<Verdict, Stop> {
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
        allow_unsigned_redaction: args.allow_unsigned_redaction,
        last_seen: last_seen.head.as_ref(),
    };
    let verdict = verify::verify(source.as_mut(), &demands, observer);
    if let (Some(head), Some(report), true) = (&verdict.head, &verdict.report.head, verdict.report.accepted)
        && let Err(error) = last_seen.keep(head, report.since_last_seen)
    {
        // The answer holds nevertheless.
        warn(&error)?;
    }
    Ok(verdict)
}
