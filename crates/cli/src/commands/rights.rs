//! `witnessmark rights`: the permissions that the declared targets need, and what could be done with them if they were stolen.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use agent::collect::Job;
use model::ExitStatus;
use sdk::DeclaredCollector;

use crate::args::Rights;
use crate::commands::run::runtime;
use crate::failure::{CommandResult, Failure};
use crate::output;
use crate::outputs::{CollectorRights, RightsOutput};
use crate::rights_forms::{HUMAN, JSON};
use crate::{context, jobs};

pub fn run(arguments: &Rights) -> CommandResult {
    let context = context::usable(&arguments.declaration.declaration, crate::clock::now()?)?;
    let plan = context.plan()?;
    let (jobs, _) = runtime()?.block_on(jobs::chosen(&plan, &context.folder, &arguments.targets, None))?;
    let declared = declared(&jobs);
    match arguments.format.as_str() {
        HUMAN => output::text(&rendered(&declared))?,
        JSON => {
            let collectors = declared
                .iter()
                .map(|DeclaredCollector { descriptor, .. }| CollectorRights {
                    collector: &descriptor.name,
                    rights: &descriptor.rights,
                    thief: &descriptor.thief,
                })
                .collect();
            let (entity, system) = context.about();
            output::json(&RightsOutput { entity, system, collectors })?;
        }
        form => worded(form, &jobs, &declared)?,
    }
    Ok(ExitStatus::Success)
}

/// Each collector once, with the rights that its targets take.
fn declared(jobs: &[Job]) -> Vec<DeclaredCollector> {
    let mut all: BTreeMap<String, DeclaredCollector> = BTreeMap::new();
    for job in jobs {
        let taken = job.kind.descriptor().for_target(&job.target.settings);
        let known = all
            .entry(taken.name.clone())
            .or_insert_with(|| DeclaredCollector { descriptor: taken.clone(), targets: Vec::new() });
        let more =
            taken.rights.into_iter().filter(|right| !known.descriptor.rights.contains(right)).collect::<Vec<_>>();
        known.descriptor.rights.extend(more);
        known.targets.push(job.target.clone());
    }
    all.into_values().collect()
}

/// Prints the rights as the source that words them so wants them: a text as it is, anything else as JSON.
fn worded(form: &str, jobs: &[Job], declared: &[DeclaredCollector]) -> Result<(), Failure> {
    let mut words = jobs.iter().filter(|job| job.kind.rights_forms().iter().any(|known| known.name == form));
    let worded = words.find_map(|job| job.kind.rights_in(form, declared)).ok_or_else(|| {
        Failure::input(anyhow::anyhow!("no target of the declaration is read from a source that grants `{form}`"))
    })?;
    match worded {
        serde_json::Value::String(text) => output::exact(&text),
        worded => output::foreign_json(&worded),
    }
}

fn rendered(declared: &[DeclaredCollector]) -> String {
    let mut text = String::new();
    for DeclaredCollector { descriptor, .. } in declared {
        writeln!(text, "{}: {}\n", descriptor.name, descriptor.summary).ok();
        for right in &descriptor.rights {
            let feeds: Vec<String> = right
                .feeds
                .iter()
                .map(|feed| match &feed.part {
                    Some(part) => format!("{} /{part}", feed.kind),
                    None => format!("the list of {}", feed.kind),
                })
                .collect();
            writeln!(text, "  {}", right.name).ok();
            writeln!(text, "      {}", right.note).ok();
            if !feeds.is_empty() {
                writeln!(text, "      without it unread: {}", feeds.join(", ")).ok();
            }
        }
        writeln!(text, "\n  If these permissions were stolen: {}\n", descriptor.thief).ok();
    }
    text
}
