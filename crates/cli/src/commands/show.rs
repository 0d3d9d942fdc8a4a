//! `witnessmark show`: what a bundle holds, down to the bytes.

use anyhow::anyhow;
use model::ExitStatus;
use report::outputs::{EvidenceOutput, RequestsOutput, ShowOutput};
use report::{Basis, EvidenceReader, RequestsReader, Selection};
use verify::Marks;

use crate::args::Show;
use crate::bundles::Bundle;
use crate::commands::keys;
use crate::failure::{CommandResult, Failure};
use crate::output::{self, Format};
use crate::summary;

pub fn run(arguments: &Show) -> CommandResult {
    let trust = keys::read_trust(&arguments.trust)?;
    let bundle = Bundle::named(&arguments.bundle)?;
    if arguments.requests {
        let mut reader = RequestsReader::new(arguments.target.as_deref());
        let (verified, _) = summary::verified(&bundle, &trust, &mut reader)?;
        let (from, requests) = (Basis::of(&verified, Vec::new(), None), reader.finish());
        match arguments.printed.format {
            Format::Json => output::json(&RequestsOutput { from: &from, requests: &requests })?,
            Format::Human => output::text(&report::render_requests(&from, &requests))?,
        }
        return Ok(ExitStatus::Success);
    }
    let selection = match (arguments.finding, arguments.exchange) {
        (Some(finding), _) => Some(Selection::Finding(finding)),
        (None, Some(exchange)) => Some(Selection::Exchange(exchange)),
        (None, None) => None,
    };
    let Some(selection) = selection else {
        let (bundle, overview) = summary::overview(&bundle, &trust, arguments.all)?;
        match arguments.printed.format {
            Format::Json => output::json(&ShowOutput {
                from: &Basis::of(&bundle, Vec::new(), overview.withheld_findings()),
                acceptances: bundle.acceptances(),
                marks: bundle.marks().map(Marks::counts),
                overview: &overview,
            })?,
            Format::Human => output::text(&report::render_overview(&bundle, &overview))?,
        }
        return Ok(ExitStatus::Success);
    };
    let mut reader = EvidenceReader::new(selection);
    let mut verified = None;
    while reader.begin() {
        verified = Some(summary::verified(&bundle, &trust, &mut reader)?.0);
    }
    let bundle = verified.ok_or_else(|| Failure::tool(anyhow!("nothing was read")))?;
    let evidence = reader.finish(&bundle);
    if evidence.finding.is_none() && evidence.exchanges.is_empty() {
        return Err(Failure::input(anyhow!("there is no such record in this bundle, or it is withheld"))
            .with_help("`witnessmark show` without a number lists what there is"));
    }
    match arguments.printed.format {
        Format::Json => {
            output::json(&EvidenceOutput { from: &Basis::of(&bundle, Vec::new(), None), evidence: &evidence })?;
        }
        Format::Human => output::text(&report::render_evidence(&bundle, &evidence))?,
    }
    Ok(ExitStatus::Success)
}
