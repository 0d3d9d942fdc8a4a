//! `witnessmark roster`: who can use, administer and destroy a key, by which way and with which factors.

use anyhow::anyhow;
use links::{FoundReach, Links};
use model::ExitStatus;
use report::RosterReader;
use report::outputs::RosterOutput;

use crate::args::Roster;
use crate::commands::{gaps, keys};
use crate::failure::{CommandResult, Failure};
use crate::output::{self, Format};
use crate::summary;

pub fn run(arguments: &Roster) -> CommandResult {
    let (key, from) = match &arguments.key {
        Some(key) => {
            let (key, from) = gaps::in_order(key, &arguments.from);
            (Some(key), from)
        }
        None => (None, arguments.from.clone()),
    };
    let key = key.as_deref();
    let declared = gaps::declared(&from)?;
    let context = &declared.context;
    let (basis, found) = match gaps::bundle(&from)? {
        Ok(bundle) => {
            let trust = keys::read_trust(&from.trust)?;
            let (basis, _) = gaps::counted(&declared, &bundle, &trust)?;
            let mut reader = RosterReader::new(key);
            let (verified, _) = summary::verified(&bundle, &trust, &mut reader)?;
            if basis.bundle.as_ref().is_none_or(|of| of.statement_sha256 != verified.statement_sha256()) {
                return Err(Failure::tool(anyhow!("the bundle `{}` changed while it was read", bundle.name())));
            }
            (basis, reader.finish())
        }
        Err(why) => (gaps::alone(context, why), FoundReach::default()),
    };
    let links = Links::new(&context.loaded, &context.environment.standards);
    let roster = links.roster(key, &found).map_err(gaps::unanswerable)?;
    match arguments.printed.format {
        Format::Json => output::json(&RosterOutput { from: &basis, roster: &roster })?,
        Format::Human => output::text(&report::render_roster(&basis, &roster))?,
    }
    Ok(ExitStatus::Success)
}
