//! `witnessmark collectors`: what is built in.

use std::fmt::Write as _;
use std::sync::Arc;

use anyhow::anyhow;
use model::ExitStatus;
use sdk::{CollectorKind, Descriptor};

use crate::args::Collectors;
use crate::commands::collectors_test;
use crate::failure::{CommandResult, Failure};
use crate::output::{self, Format};
use crate::outputs::{CollectorOutput, CollectorsOutput};
use crate::signals;

pub fn run(command: Collectors) -> CommandResult {
    match command {
        Collectors::List(printed) => {
            let all: Vec<Descriptor> =
                collectors::all().iter().map(|kind| kind.descriptor()).chain([exec::descriptor()]).collect();
            match printed.format {
                Format::Json => output::json(&CollectorsOutput { collectors: all })?,
                Format::Human => output::text(&all.iter().fold(String::new(), |mut text, d| {
                    writeln!(text, "{:<16} {}", d.name, d.summary).ok();
                    text
                }))?,
            }
        }
        Collectors::Describe { name, printed } => {
            let descriptor = if name == exec::NAME { exec::descriptor() } else { find(&name)?.descriptor() };
            match printed.format {
                Format::Json => output::json(&CollectorOutput { collector: descriptor })?,
                Format::Human => output::text(&described(&descriptor))?,
            }
        }
        Collectors::Test(arguments) => return collectors_test::run(&arguments),
    }
    Ok(ExitStatus::Success)
}

fn find(name: &str) -> Result<Arc<dyn CollectorKind>, Failure> {
    collectors::find(name).ok_or_else(|| {
        Failure::input(anyhow!("there is no collector `{name}`")).with_help("`witnessmark collectors list` lists them")
    })
}

/// Serves one collector on stdin and stdout.
pub fn serve(name: &str) -> CommandResult {
    let stop = sdk::Stop::default();
    signals::listen_quietly(stop.clone())?;
    exec::serve(&find(name)?, &crate::clock::running()?, &stop).map_err(Failure::tool)?;
    Ok(ExitStatus::Success)
}

/// Says again on stdout what a collector wrote on a recorded day of the demonstration.
pub fn replay(name: &str, day: &str) -> CommandResult {
    let Some(recorded) = demo::DAYS.iter().find(|one| one.name == day) else {
        return Err(Failure::input(anyhow::anyhow!("the demonstration has no `{day}`")));
    };
    exec::replay(&find(name)?, recorded.token()).map_err(Failure::tool)?;
    Ok(ExitStatus::Success)
}

fn described(descriptor: &Descriptor) -> String {
    let mut text = format!("{}: {}\n\nIt records:\n", descriptor.name, descriptor.summary);
    for resource in &descriptor.resources {
        writeln!(text, "  {:<28} {}", resource.kind, resource.parts().join(", ")).ok();
    }
    text.push_str("\nIt needs:\n");
    for right in &descriptor.rights {
        writeln!(text, "  {:<42} {}", right.name, right.note).ok();
    }
    if let Some(serde_json::Value::Object(settings)) = descriptor.settings.get("properties") {
        text.push_str("\nSettings of a target:\n");
        for (name, schema) in settings {
            let description = schema.get("description").and_then(|d| d.as_str()).unwrap_or_default();
            writeln!(text, "  {name:<16} {description}").ok();
        }
    }
    write!(text, "\nIf these permissions were stolen: {}\n", descriptor.thief).ok();
    text
}
