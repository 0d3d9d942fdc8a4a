//! `witnessmark-verify ask`: questions about who may do what, put to sealed evidence.

use anyhow::anyhow;
use bundle::read::{Line, Record};
use model::{ExitStatus, RecordRef};
use rbac::sealed::Sealed;
use report::outputs::AskOutput;
use report::{Ask, AskReader, Basis, Verdict};

use crate::args::{AskArgs, Format};
use crate::output;
use crate::show::accepted;
use crate::stop::Stop;
use crate::within::{Within, shown};

pub fn ask(args: &AskArgs) -> Result<ExitStatus, Stop> {
    let ask = match (&args.question, &args.who_can) {
        (Some(question), _) => Ask::may(question),
        (None, Some(action)) => Ask::who_can(action),
        (None, None) => return Err(Stop::Wrong(anyhow!("nothing is asked"))),
    };
    let ask = ask.map_err(|unclear| Stop::Wrong(anyhow!("the question cannot be read, {unclear}")))?;
    let mut reader = AskReader::new();
    let mut within = Within::new(&mut reader, kept);
    let bundle = match accepted(&args.bundle, args.format, &mut within)? {
        Ok(bundle) => bundle,
        Err(code) => return Ok(code),
    };
    within.whole()?;
    let reply = reader.finish(&bundle, &ask, args.target.as_deref()).map_err(|why| Stop::Wrong(anyhow!(why)))?;
    let basis = Basis::of(&bundle, Vec::new(), None);
    match args.format {
        Format::Human => output::print(report::render_ask(&basis, &reply).as_bytes())?,
        Format::Json => output::json(&AskOutput { from: &basis, reply: &reply })?,
    }
    Ok(match reply.verdict() {
        Verdict::Yes => ExitStatus::Success,
        Verdict::No => ExitStatus::No,
        Verdict::Undetermined => ExitStatus::Undetermined,
    })
}

/// What an answer keeps of a line.
fn kept(_: RecordRef, line: &Line, length: usize) -> usize {
    match shown(line) {
        Some(Record::Resource(resource)) if Sealed::KINDS.contains(&resource.kind.as_str()) => length,
        Some(Record::Coverage(_) | Record::Gap(_)) => length,
        _ => 0,
    }
}
