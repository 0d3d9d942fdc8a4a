//! `witnessmark validate`: what is wrong with a declaration, where, and what to do about it.

use anyhow::anyhow;
use declaration::DECLARATION;
use model::ExitStatus;
use serde_json::json;

use crate::args::Validate;
use crate::commands::acceptances;
use crate::context::{Examined, colour_of_stdout, examine};
use crate::failure::{CommandResult, Failure, warn};
use crate::output::{self, Format};

pub fn run(arguments: &Validate) -> CommandResult {
    let file = &arguments.declaration.declaration;
    let Examined { context, mut diagnostics } = examine(file, crate::clock::now()?)?;
    let faulty = diagnose::has_errors(&diagnostics);
    if !faulty {
        let judged = context.judged(&context.plan()?);
        diagnostics.extend(declaration::notes(&context.loaded, &judged));
    }
    if arguments.printed.format == Format::Json {
        output::json(&json!({"usable": !faulty, "diagnostics": diagnostics}))?;
        return Ok(ExitStatus::when(!faulty, ExitStatus::WrongInput));
    }
    output::text(&context.loaded.render(&diagnostics, colour_of_stdout()))?;
    if faulty {
        return Err(Failure::input(anyhow!("the declaration `{}` cannot be used", file.display())));
    }
    let plan = context.plan()?;
    for seen in acceptances::examine(&context, &plan, None)?.iter().filter(|seen| seen.broken) {
        warn(format!("acceptance `{}` is not shown to be approved: {}", seen.id, seen.because));
    }
    let (rules, uses): (Vec<_>, Vec<_>) = plan.assignments.iter().partition(|one| one.control == DECLARATION);
    let rules = match rules.len() {
        0 => String::new(),
        some => format!(", and {some} of the declaration's own rules"),
    };
    output::text(&format!(
        "{}: {} targets, {} controls, {} uses of checks{rules}. It can be used.\n",
        file.display(),
        plan.targets.len(),
        plan.controls.iter().filter(|control| control.id != DECLARATION).count(),
        uses.len()
    ))?;
    Ok(ExitStatus::Success)
}
