//! `witnessmark ask`: questions about who may do what, put to a bundle.

use std::path::PathBuf;

use anyhow::anyhow;
use model::ExitStatus;
use report::outputs::AskOutput;
use report::{Ask as Question, AskReader, Basis, Verdict};

use crate::args::{Ask, BundleNamed};
use crate::bundles::Bundle;
use crate::commands::keys;
use crate::failure::{CommandResult, Failure};
use crate::output::{self, Format};
use crate::summary;

pub fn run(arguments: &Ask) -> CommandResult {
    let mut named = arguments.bundle.clone();
    let question = match (&arguments.question, &arguments.who_can) {
        (Some(question), None) => Question::may(question),
        (first, Some(action)) => {
            if let Some(first) = first {
                named = of_file(named, first)?;
            }
            Question::who_can(action)
        }
        (None, None) => return Err(Failure::input(anyhow!("nothing is asked"))),
    };
    let question = question.map_err(|unclear| Failure::input(anyhow!("the question cannot be read, {unclear}")))?;
    let trust = keys::read_trust(&arguments.trust)?;
    let bundle = Bundle::named(&named)?;
    let mut reader = AskReader::new();
    let (verified, _) = summary::verified(&bundle, &trust, &mut reader)?;
    let reply =
        reader.finish(&verified, &question, arguments.target.as_deref()).map_err(|why| Failure::input(anyhow!(why)))?;
    let basis = Basis::of(&verified, Vec::new(), None);
    match arguments.printed.format {
        Format::Json => output::json(&AskOutput { from: &basis, reply: &reply })?,
        Format::Human => output::text(&report::render_ask(&basis, &reply))?,
    }
    Ok(match reply.verdict() {
        Verdict::Yes => ExitStatus::Success,
        Verdict::No => ExitStatus::No,
        Verdict::Undetermined => ExitStatus::Undetermined,
    })
}

/// With `--who-can` no question stands before the file: what stands in its place is the file.
fn of_file(named: BundleNamed, file: &str) -> Result<BundleNamed, Failure> {
    if named.file.is_some() || named.bundle.is_some() {
        let why = anyhow!(
            "with `--who-can` there is no question, so `{file}` is the bundle's file, and another bundle is named too"
        );
        return Err(Failure::input(why));
    }
    Ok(BundleNamed { file: Some(PathBuf::from(file)), ..named })
}
