//! `witnessmark ask`: questions about who may do what, put to a bundle.

use anyhow::anyhow;
use model::ExitStatus;
use report::{Ask as Question, AskReader, Basis, Verdict};
use serde_json::json;

use crate::args::Ask;
use crate::bundles::Bundle;
use crate::commands::keys;
use crate::failure::{CommandResult, Failure};
use crate::output::{self, Format};
use crate::summary;

pub fn run(arguments: &Ask) -> CommandResult {
    let question = match (&arguments.question, &arguments.who_can) {
        (Some(question), _) => Question::may(question),
        (None, Some(action)) => Question::who_can(action),
        (None, None) => return Err(Failure::input(anyhow!("nothing is asked"))),
    };
    let question = question.map_err(|unclear| Failure::input(anyhow!("the question cannot be read, {unclear}")))?;
    let trust = keys::read_trust(&arguments.trust)?;
    let bundle = Bundle::named(&arguments.bundle)?;
    let mut reader = AskReader::new();
    let (verified, _) = summary::verified(&bundle, &trust, &mut reader)?;
    let reply =
        reader.finish(&verified, &question, arguments.target.as_deref()).map_err(|why| Failure::input(anyhow!(why)))?;
    let basis = Basis::of(&verified, Vec::new(), 0);
    match arguments.printed.format {
        Format::Json => output::json(&json!({"form": "witnessmark-ask/1", "from": basis, "reply": reply}))?,
        Format::Human => output::text(&report::render_ask(&basis, &reply))?,
    }
    Ok(match reply.verdict() {
        Verdict::Yes => ExitStatus::Success,
        Verdict::No => ExitStatus::No,
        Verdict::Undetermined => ExitStatus::Undetermined,
    })
}
