//! `witnessmark-verify drift`: two bundles verified side by side, and in what they differ.

use std::path::Path;

use anyhow::anyhow;
use drift::{Drift, Keeper};
use model::ExitStatus;
use report::outputs::DriftOutput;
use report::{Basis, Since};
use verify::{Demands, Level, Observer, Verdict, VerifiedBundle};

use crate::args::{BundleArgs, DriftArgs, DriftFormat, Format, TrustArgs};
use crate::input::{self, Memory};
use crate::output;
use crate::run::{not_opened, warn};
use crate::show::refuse;
use crate::stop::Stop;

pub fn drift(args: &DriftArgs) -> Result<ExitStatus, Stop> {
    let asked = Asked {
        old: &args.old,
        new: &args.new,
        trust: &args.trust,
        require: args.require,
        allow_rehearsal: args.allow_rehearsal,
        allow_failed: args.allow_failed,
        allow_unsigned_redaction: args.allow_unsigned_redaction,
        max_unpacked: args.max_unpacked.0,
        challenge: None,
    };
    let format = if args.format == DriftFormat::Json { Format::Json } else { Format::Human };
    let (old, new, drift) = match compare(&asked, format)? {
        Ok(compared) => compared,
        Err(code) => return Ok(code),
    };
    let (since, from) = (Basis::of(&old, Vec::new(), None), Basis::of(&new, Vec::new(), None));
    match args.format {
        DriftFormat::Human => output::text(&report::render_drift(&since, &from, &drift))?,
        DriftFormat::Markdown => output::text(&report::markdown_drift(&since, &from, &drift))?,
        DriftFormat::Json => output::json(&DriftOutput::of(&since, &from, &drift))?,
    }
    Ok(drift.exit_status())
}

/// In what a bundle differs from the earlier one at `old`, for its page; or the exit code of the one of them that is not accepted.
pub fn since(old: &Path, args: &BundleArgs) -> Result<Result<Since, ExitStatus>, Stop> {
    let asked = Asked {
        old,
        new: &args.input,
        trust: &args.trust,
        require: args.require,
        allow_rehearsal: args.allow_rehearsal,
        allow_failed: args.allow_failed,
        allow_unsigned_redaction: args.allow_unsigned_redaction,
        max_unpacked: args.max_unpacked.0,
        challenge: args.challenge.as_deref(),
    };
    Ok(compare(&asked, Format::Human)?.map(|(old, new, drift)| Since {
        basis: Basis::of(&old, Vec::new(), None),
        later: new.statement_sha256(),
        drift,
    }))
}

/// Two bundles, and what is demanded of both.
#[derive(Clone, Copy)]
struct Asked<'a> {
    old: &'a Path,
    new: &'a Path,
    trust: &'a TrustArgs,
    require: Level,
    allow_rehearsal: bool,
    allow_failed: bool,
    allow_unsigned_redaction: bool,
    max_unpacked: u64,
    /// Of the later one.
    challenge: Option<&'a str>,
}

type Compared = (VerifiedBundle, VerifiedBundle, Drift);

/// Verifies both and compares them. Where one is not accepted, says why and gives the exit code.
fn compare(asked: &Asked<'_>, format: Format) -> Result<Result<Compared, ExitStatus>, Stop> {
    if asked.old == Path::new("-") && asked.new == Path::new("-") {
        return Err(Stop::Wrong(anyhow!("only one of the two bundles can come on standard input")));
    }
    let trust = input::trust(&asked.trust.trust)?;
    let memory = Memory::read(asked.trust)?;
    let verified = |path: &Path, challenge, observer: &mut (dyn Observer + Send)| -> Result<Verdict, Stop> {
        let demands = Demands {
            trust: &trust,
            require: asked.require,
            allow_rehearsal: asked.allow_rehearsal,
            allow_failed: asked.allow_failed,
            allow_unsigned_redaction: asked.allow_unsigned_redaction,
            seen: memory.seen.as_ref(),
            challenge,
            texts: Some(assess::shipped()),
        };
        // Opened where it is read: a source stays on its thread.
        let mut source = input::bundle(path, asked.max_unpacked).map_err(not_opened)?;
        Ok(verify::verify(source.as_mut(), &demands, observer))
    };
    let mut keeper = Keeper::default();
    let (old, new, alike) = drift::between(
        |observer| verified(asked.old, None, observer),
        |observer| verified(asked.new, asked.challenge, observer),
        &mut keeper,
    );
    let (old, new) = (old?, new?);
    for (path, verdict) in [(asked.old, &old), (asked.new, &new)] {
        if verdict.bundle.is_none() {
            if format == Format::Human {
                output::text(&format!("{}:\n", model::printable::line(&path.display().to_string())))?;
            }
            refuse(&verdict.report, format)?;
            return Ok(Err(verdict.report.exit_code));
        }
    }
    if let (Some(one), Some(other)) = (&old.bundle, &new.bundle) {
        let at = |bundle: &VerifiedBundle| bundle.statement().predicate.chain.index;
        let (one, other) = (at(one), at(other));
        if one > other {
            let why = anyhow!(
                "the bundle that is to be the earlier one is the later one: its index is {one}, that of the other {other}"
            );
            return Err(Stop::Wrong(why));
        }
    }
    match verify::one_chain(&old, &new) {
        Err(problem) => {
            let stop = match problem.class().exit_status() {
                ExitStatus::Undecided => Stop::Undecided,
                _ => Stop::NotAuthentic,
            };
            return Err(stop(anyhow!("the two bundles cannot be held against each other: {problem}")));
        }
        Ok(Some(seen)) => {
            // The answer holds nevertheless.
            if let Err(error) = memory.keep(&seen) {
                warn(&error)?;
            }
        }
        Ok(None) => {}
    }
    match (old.bundle, new.bundle) {
        (Some(old), Some(new)) => Ok(Ok((old, new, keeper.finish(alike)))),
        _ => Err(Stop::Failed(anyhow!("nothing was read"))),
    }
}
