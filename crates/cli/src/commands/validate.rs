//! `witnessmark validate`: what is wrong with a declaration, where, and what to do about it; and what its own rules find in it.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use agent::rules::{Found, Open};
use anyhow::anyhow;
use assess::WorkerCommand;
use declaration::{DECLARATION, Plan};
use model::printable::{block, line};
use model::{ExitStatus, Outcome, Timestamp};

use crate::args::Validate;
use crate::commands::acceptances;
use crate::context::{Context, Examined, colour_of_stdout, examine};
use crate::failure::{CommandResult, Failure, warn};
use crate::output::{self, Format};
use crate::outputs::{NotMet, RulesFound, Validated};

/// Findings of one check that are listed for a person.
const MOST_OF_CHECK: usize = 20;

/// What only a run can say.
const LEFT_OUT: &str = "what the ledger saw earlier, and what is found at targets";

pub fn run(arguments: &Validate) -> CommandResult {
    let file = &arguments.declaration.declaration;
    let now = crate::clock::now()?;
    let Examined { context, mut diagnostics } = examine(file, now)?;
    if diagnose::has_errors(&diagnostics) {
        if arguments.printed.format == Format::Json {
            output::json(&Validated {
                usable: false,
                entity: None,
                system: None,
                diagnostics: &diagnostics,
                rules: None,
            })?;
            return Ok(ExitStatus::WrongInput);
        }
        output::text(&context.loaded.render(&diagnostics, colour_of_stdout()))?;
        return Err(Failure::input(anyhow!("the declaration `{}` cannot be used", file.display())));
    }
    let plan = context.plan()?;
    diagnostics.extend(declaration::notes(&context.loaded, &context.judged(&plan)));
    if arguments.printed.format == Format::Json {
        let found = judged(&context, &plan, now)?;
        let (entity, system) = context.about();
        output::json(&Validated {
            usable: true,
            entity: Some(entity),
            system: Some(system),
            diagnostics: &diagnostics,
            rules: Some(of_program(&context, &found)),
        })?;
        return Ok(ExitStatus::Success);
    }
    output::text(&context.loaded.render(&diagnostics, colour_of_stdout()))?;
    // What was found before is said, also where the rules cannot be put.
    let found = judged(&context, &plan, now)?;
    for seen in acceptances::examine(&context, &plan, None).iter().filter(|seen| seen.broken) {
        warn(format!("acceptance `{}` is not shown to be approved: {}", seen.id, seen.because));
    }
    let (rules, uses): (Vec<_>, Vec<_>) = plan.assignments.iter().partition(|one| one.control == DECLARATION);
    let rules = match rules.len() {
        0 => String::new(),
        some => format!(", and {some} of the declaration's own rules"),
    };
    output::text(&format!(
        "{}{}: {} targets, {} controls, {} uses of checks{rules}. It can be used.{}\n",
        of_person(&context, &found),
        file.display(),
        plan.targets.len(),
        plan.controls.iter().filter(|control| control.id != DECLARATION).count(),
        uses.len(),
        not_met(&found)
    ))?;
    Ok(ExitStatus::Success)
}

/// Judges the declaration as a run would.
fn judged(context: &Context, plan: &Plan, now: Timestamp) -> Result<Found, Failure> {
    let program = std::env::current_exe()
        .map_err(|e| Failure::tool(anyhow!(e).context("cannot find this program's own executable")))?;
    let worker = WorkerCommand::of_program(program);
    agent::rules::judge(plan, &context.loaded, &context.attached, &context.checks, now, worker).map_err(Failure::tool)
}

/// The last words: how much is not met, and what was not looked at.
fn not_met(found: &Found) -> String {
    let of = |outcome| found.open.iter().filter(|one| one.finding.outcome == outcome).count();
    let (deviates, undetermined) = (of(Outcome::Deviates), of(Outcome::Undetermined));
    let mut text = match deviates {
        0 => String::new(),
        1 => " 1 thing does not meet a rule of the declaration yet (listed above); a run would find it too.".to_owned(),
        some => {
            format!(
                " {some} things do not meet a rule of the declaration yet (listed above); a run would find them too."
            )
        }
    };
    if undetermined > 0 {
        write!(text, " {undetermined} cannot be decided.").ok();
    }
    match found.broken.len() {
        0 => {}
        1 => text.push_str(" 1 check could not be evaluated (listed above): what it is about is not known."),
        some => {
            write!(text, " {some} checks could not be evaluated (listed above): what they are about is not known.")
                .ok();
        }
    }
    match found.accepted {
        0 => {}
        1 => text.push_str(" 1 thing that is not met is accepted."),
        some => {
            write!(text, " {some} things that are not met are accepted.").ok();
        }
    }
    if !text.is_empty() {
        write!(text, " Not looked at: {LEFT_OUT}.").ok();
    }
    text
}

/// By check, in the order of their ids.
fn by_check(found: &Found) -> BTreeMap<&str, Vec<&Open>> {
    let mut all: BTreeMap<&str, Vec<&Open>> = BTreeMap::new();
    for one in &found.open {
        all.entry(&one.finding.check).or_default().push(one);
    }
    all
}

/// What is not met, by rule: where it stands, and the words of the finding.
fn of_person(context: &Context, found: &Found) -> String {
    let mut text = String::new();
    for (check, open) in by_check(found) {
        let meta = context.checks.get(check).map(|check| &check.meta);
        let title = meta.map(|meta| meta.title.as_str()).unwrap_or_default();
        writeln!(text, "{}: {}", line(check), line(title)).ok();
        for one in open.iter().take(MOST_OF_CHECK) {
            let words = report::finding_words(&one.finding);
            let outcome = if one.finding.outcome == Outcome::Undetermined { "undetermined: " } else { "" };
            match &one.at {
                Some(at) => write!(text, "  {}:{}:{}  ", line(shown(context, &at.path)), at.line, at.column),
                None => write!(text, "  "),
            }
            .ok();
            if let Some(subject) = &one.finding.subject {
                write!(text, "{}: ", line(&subject.id)).ok();
            }
            writeln!(text, "{outcome}{words}").ok();
        }
        if open.len() > MOST_OF_CHECK {
            writeln!(text, "  and {} more; `--format json` has them all", open.len() - MOST_OF_CHECK).ok();
        }
        if let Some(meta) = meta {
            writeln!(text, "  = help: {}", set_in(&meta.custom.remediation)).ok();
        }
        text.push('\n');
    }
    for (check, why) in &found.broken {
        writeln!(text, "{} could not be evaluated: {}\n", line(check), set_in(why)).ok();
    }
    text
}

/// Foreign words of several lines: none begins at the margin, where ours do.
fn set_in(text: &str) -> String {
    block(text.trim_end()).replace('\n', "\n    ")
}

/// A file of the declaration as the caller names it.
fn shown<'c>(context: &'c Context, path: &'c str) -> &'c str {
    context.loaded.files.iter().find(|file| file.path == path).map_or(path, |file| &file.shown)
}

fn of_program<'o>(context: &'o Context, found: &'o Found) -> RulesFound<'o> {
    let open = found.open.iter().map(|one| {
        let finding = &one.finding;
        NotMet {
            control: &finding.control,
            check: &finding.check,
            title: context.checks.get(&finding.check).map(|check| check.meta.title.as_str()),
            outcome: finding.outcome,
            severity: finding.severity,
            subject: finding.subject.as_ref(),
            file: one.at.as_ref().map(|at| at.path.as_str()),
            line: one.at.as_ref().map(|at| at.line),
            column: one.at.as_ref().map(|at| at.column),
            evidence: &finding.evidence,
            reason: finding.reason.as_deref(),
        }
    });
    RulesFound {
        not_met: open.collect(),
        accepted: found.accepted,
        broken_checks: &found.broken,
        not_looked_at: LEFT_OUT,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_words_name_what_is_not_known() {
        assert_eq!(not_met(&Found::default()), "");
        let why = "it does not load:\n::error::x\n".to_owned();
        let broken = Found { broken: BTreeMap::from([("own/one".to_owned(), why.clone())]), ..Found::default() };
        let words = not_met(&broken);
        assert!(words.starts_with(" 1 check could not be evaluated (listed above)"), "{words}");
        assert!(words.ends_with(&format!("Not looked at: {LEFT_OUT}.")), "{words}");
        let accepted = Found { accepted: 2, ..Found::default() };
        assert!(not_met(&accepted).starts_with(" 2 things that are not met are accepted."), "{}", not_met(&accepted));
        assert_eq!(set_in(&why), "it does not load:\n    \u{fffd}:error::x");
    }
}
