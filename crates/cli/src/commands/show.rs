//! `witnessmark show`: what a bundle holds, down to the bytes.

use std::path::{Path, PathBuf};

use anyhow::anyhow;
use model::ExitStatus;
use report::{EvidenceReader, Selection};
use serde_json::json;
use store::Store as _;

use crate::args::Show;
use crate::commands::{keys, ledger};
use crate::failure::{CommandResult, Failure};
use crate::output::{self, Format};
use crate::summary;

pub fn run(arguments: &Show) -> CommandResult {
    let trust = keys::read_trust(&arguments.trust)?;
    let folder = folder(&arguments.path, arguments.bundle)?;
    let selection = match (arguments.finding, arguments.exchange) {
        (Some(finding), _) => Some(Selection::Finding(finding)),
        (None, Some(exchange)) => Some(Selection::Exchange(exchange)),
        (None, None) => None,
    };
    let Some(selection) = selection else {
        let (bundle, overview) = summary::overview(&folder, &trust, arguments.all)?;
        match arguments.printed.format {
            Format::Json => output::json(&json!({
                "statement": bundle.statement_sha256(),
                "acceptances": bundle.acceptances(),
                "overview": overview,
            }))?,
            Format::Human => output::text(&report::render_overview(&bundle, &overview))?,
        }
        return Ok(ExitStatus::Success);
    };
    let mut reader = EvidenceReader::new(selection);
    let mut bundle = None;
    for _ in 0..reader.readings() {
        reader.begin();
        bundle = Some(summary::verified(&folder, &trust, &mut reader)?);
    }
    let evidence = reader.finish();
    if evidence.finding.is_none() && evidence.exchanges.is_empty() {
        return Err(Failure::input(anyhow!("there is no such record in this bundle, or it is withheld"))
            .with_help("`witnessmark show` without a number lists what there is"));
    }
    let bundle = bundle.ok_or_else(|| Failure::tool(anyhow!("nothing was read")))?;
    match arguments.printed.format {
        Format::Json => output::json(&evidence)?,
        Format::Human => output::text(&report::render_evidence(&bundle, &evidence))?,
    }
    Ok(ExitStatus::Success)
}

/// The folder of the bundle that a path means: a store's newest or numbered one, or a bundle's own folder.
pub fn folder(path: &Path, index: Option<u64>) -> Result<PathBuf, Failure> {
    if path.join(bundle::layout::STATEMENT).is_file() {
        return Ok(path.to_owned());
    }
    if path.is_file() {
        return Err(Failure::input(anyhow!("`{}` is a file", path.display()))
            .with_help("an exported tar is read by `witnessmark-verify show`"));
    }
    let store = ledger::open(path)?;
    let index = match index {
        Some(index) => index,
        None => {
            let names = store.list(bundle::layout::BUNDLES).map_err(Failure::tool)?;
            let newest = names.iter().filter_map(|name| name.parse::<u64>().ok()).max();
            newest.ok_or_else(|| {
                Failure::input(anyhow!("the store `{}` holds no bundle yet", path.display()))
                    .with_help("`witnessmark run` makes one")
            })?
        }
    };
    store.bundle(index).map_err(Failure::tool)?.ok_or_else(|| {
        Failure::input(anyhow!("the store `{}` holds no bundle {index}", path.display()))
            .with_help("`witnessmark ledger log` lists them")
    })
}
