//! `witnessmark checks`: what is built in, and tests for your own.

use std::fmt::Write as _;

use anyhow::anyhow;
use assess::CheckSet;
use model::{ExitStatus, Outcome as Judgement};
use serde_json::json;

use crate::args::Checks;
use crate::failure::{CommandResult, Failure};
use crate::output::{self, Format};
use crate::outputs::{CheckListed, ChecksOutput, NeedsListed};

pub fn run(command: Checks) -> CommandResult {
    let stock = CheckSet::stock().map_err(Failure::tool)?;
    match command {
        Checks::List(printed) => match printed.format {
            Format::Json => {
                let checks = stock
                    .checks()
                    .map(|check| {
                        let custom = &check.meta.custom;
                        let needs = |outcome| custom.needs.of(outcome).map(|grounds| json!(grounds));
                        CheckListed {
                            id: &check.id,
                            title: &check.meta.title,
                            severity: custom.severity,
                            parameters: &custom.parameters,
                            subject: custom.subject.kind().unwrap_or("target"),
                            reads: &custom.reads,
                            needs: NeedsListed {
                                conforms: needs(Judgement::Conforms),
                                deviates: needs(Judgement::Deviates),
                                not_applicable: needs(Judgement::NotApplicable),
                            },
                        }
                    })
                    .collect();
                output::json(&ChecksOutput { checks })?;
            }
            Format::Human => output::text(&stock.checks().fold(String::new(), |mut text, check| {
                writeln!(text, "{:<40} {}", check.id, check.meta.title).ok();
                text
            }))?,
        },
        Checks::Show { id } => {
            let check = stock.get(&id).ok_or_else(|| {
                Failure::input(anyhow!("there is no check `{id}`")).with_help("`witnessmark checks list` lists them")
            })?;
            output::exact(&check.text)?;
        }
        Checks::Test { folder } => return crate::commands::checks_test::run(&folder),
    }
    Ok(ExitStatus::Success)
}
