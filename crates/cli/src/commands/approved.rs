//! What an approver signs: not ids alone, but what is behind them today. The declaration pins each target to its identity, and a run reads
//! nothing of another one; so what a run will find is known before it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs::File;

use anyhow::{Context as _, anyhow};
use assess::CheckSet;
use bundle::approval::{Approval, ApprovedProgram, ApprovedTarget, Differs, check_digest};
use declaration::{DECLARATION, JOINED, Plan, PlannedAcceptance, PlannedCollector};
use model::printable::line;
use model::record::CheckRole;
use model::{Covers, Digest};
use serde_json::{Value, json};

use crate::context::Context;
use crate::failure::Failure;

/// The words that an approver signs today.
///
/// # Errors
/// When the control does not use the check, or the file of a program that reads a target cannot be read.
pub fn approval(context: &Context, plan: &Plan, planned: &PlannedAcceptance) -> Result<Approval, Failure> {
    let (mut about, check) = match &planned.covers {
        Covers::Gap { target, .. } => (BTreeMap::from([(target.as_str(), None)]), None),
        Covers::Deviation { check, .. } => (uses(plan, planned)?, check_with_libraries(&context.checks, check)),
    };
    // What is joined rests on everything that is read.
    if about.contains_key(JOINED) {
        plan.targets.iter().for_each(|target| {
            about.entry(&target.id).or_default();
        });
    }
    let targets = about.into_iter().map(|(id, parameters)| target(context, plan, id, parameters));
    Ok(Approval {
        witnessmark_acceptance: Approval::version(),
        id: planned.id.clone(),
        entity: plan.entity.clone(),
        system: plan.system.id.clone(),
        covers: planned.covers.clone(),
        targets: targets.collect::<Result<_, _>>()?,
        check,
        reason: planned.reason.clone(),
        approved_by: planned.approved_by.clone(),
        approved: planned.approved.to_string(),
        expires: planned.expires.to_string(),
    })
}

/// Whether the words that were signed cover what is declared today.
///
/// # Errors
/// In what they are otherwise, as the end of a sentence.
pub fn covers(signed: &Approval, today: &Approval) -> Result<(), String> {
    let ids = |of: &Approval| Approval { targets: Vec::new(), check: None, witnessmark_acceptance: 0, ..of.clone() };
    if ids(signed) != ids(today) {
        return Err("is not the one in the declaration".to_owned());
    }
    let compared = if signed.names_ids_only() { Err(Differs::IdsOnly) } else { compare(signed, today) };
    compared.map_err(|differs| format!("covers something else than what is declared: {differs}"))
}

fn compare(signed: &Approval, today: &Approval) -> Result<(), Differs> {
    let check = match &today.covers {
        Covers::Deviation { check, .. } => Some(check),
        Covers::Gap { .. } => None,
    };
    for now in &today.targets {
        let approved = signed.target(&now.target)?;
        let programs = now.programs.iter().map(|program| (program.collector.as_str(), Some(program)));
        approved.is(now.found.iter().map(String::as_str), programs)?;
        if let (Some(check), true) = (check, now.parameters.is_some()) {
            approved.judged_with(check, now.parameters)?;
        }
    }
    check.map_or(Ok(()), |check| signed.by_check(check, today.check))
}

/// By target, the digest of the parameters with which the control puts the check to it.
fn uses<'p>(plan: &'p Plan, planned: &'p PlannedAcceptance) -> Result<BTreeMap<&'p str, Option<Digest>>, Failure> {
    let mut found = BTreeMap::new();
    for (one, parameters) in parameters(plan, planned)? {
        found.insert(one, Some(Digest::of(parameters.as_bytes())));
    }
    if found.is_empty() {
        return Err(Failure::input(anyhow!(
            "what acceptance `{}` covers cannot be found by any run: the control does not put the check to this target",
            planned.id
        ))
        .with_help("correct its `control`, `check` or `target`"));
    }
    Ok(found)
}

/// By target, the parameters as a run seals them.
fn parameters<'p>(plan: &'p Plan, planned: &'p PlannedAcceptance) -> Result<BTreeMap<&'p str, String>, Failure> {
    let Covers::Deviation { control, check, target: only, .. } = &planned.covers else { return Ok(BTreeMap::new()) };
    let mut found = BTreeMap::new();
    for used in plan.assignments_of(control).filter(|used| used.check == *check) {
        let text = serde_json::to_string(&used.parameters).map_err(Failure::tool)?;
        for id in used.targets.iter().filter(|id| only.as_ref().is_none_or(|only| only == *id)) {
            found.insert(id.as_str(), text.clone());
        }
    }
    Ok(found)
}

/// Of a check that is not there nothing can be said; the declaration is refused for it before.
fn check_with_libraries(checks: &CheckSet, check: &str) -> Option<Digest> {
    let records = checks.records([check]);
    (!records.is_empty()).then(|| check_digest(records.iter().map(|one| (one.id.as_str(), &one.sha256))))
}

fn target(context: &Context, plan: &Plan, id: &str, parameters: Option<Digest>) -> Result<ApprovedTarget, Failure> {
    let (mut found, mut programs) = (BTreeSet::new(), BTreeMap::new());
    for collector in plan.target(id).into_iter().flat_map(|target| &target.collectors) {
        if collector.name == exec::NAME {
            let (identity, program) = program(context, id, collector)?;
            found.insert(identity);
            programs.insert(program.collector.clone(), program);
        } else {
            found.insert(pinned(id, collector)?);
        }
    }
    if found.is_empty() && ![DECLARATION, JOINED].contains(&id) {
        return Err(Failure::input(anyhow!("the declaration has no target `{id}`")));
    }
    Ok(ApprovedTarget {
        target: id.to_owned(),
        found: found.into_iter().collect(),
        programs: programs.into_values().collect(),
        parameters,
    })
}

/// The identity to which a collector holds a target.
fn pinned(target: &str, collector: &PlannedCollector) -> Result<String, Failure> {
    let kind = collectors::find(&collector.name)
        .ok_or_else(|| Failure::input(anyhow!("the collector `{}` is not built into this program", collector.name)))?;
    match collector.settings.get(kind.pinned_by()) {
        Some(Value::String(text)) => Ok(text.clone()),
        Some(Value::Number(number)) => Ok(number.to_string()),
        _ => Err(Failure::input(anyhow!(
            "the target `{target}` has no `{}`: to what an approval of it is bound cannot be said",
            kind.pinned_by()
        ))),
    }
}

/// A program of somebody's own: what it must find, and which file it is.
fn program(
    context: &Context,
    target: &str,
    collector: &PlannedCollector,
) -> Result<(String, ApprovedProgram), Failure> {
    let settings = Value::Object(collector.settings.clone());
    let settings: exec::ProgramSettings = serde_json::from_value(settings)
        .with_context(|| format!("the settings of the program that reads `{target}` cannot be used"))
        .map_err(Failure::input)?;
    let path = context.folder.join(&settings.program);
    let sha256 = File::open(&path)
        .and_then(Digest::of_reader)
        .with_context(|| format!("cannot read the program `{}` that reads `{target}`", path.display()))
        .map_err(Failure::input)?;
    Ok((settings.identity, ApprovedProgram { collector: settings.name, sha256, arguments: settings.arguments }))
}

/// What is signed, in words for the person who signs it.
pub fn in_words(
    context: &Context,
    plan: &Plan,
    planned: &PlannedAcceptance,
    approval: &Approval,
) -> Result<String, Failure> {
    let mut text = String::new();
    writeln!(
        text,
        "Acceptance {} of {}, system {}",
        line(&approval.id),
        line(&approval.entity),
        line(&approval.system)
    )
    .ok();
    match &approval.covers {
        Covers::Deviation { control, check, subject, target } => {
            let only = target.as_ref().map(|target| format!(", on target {} only", line(target))).unwrap_or_default();
            let (control, check, subject) = (line(control), line(check), line(subject));
            writeln!(text, "  accepts that {subject} deviates: control {control}, check {check}{only}").ok();
        }
        Covers::Gap { target, population, right, part, subject, reason_is } => {
            writeln!(text, "  accepts what is not read of target {}", line(target)).ok();
            let named = [("population", population), ("right", right), ("part", part), ("subject", subject)];
            for (what, value) in named {
                if let Some(value) = value {
                    writeln!(text, "    only: {what} {}", line(value)).ok();
                }
            }
            if let Some(reason) = reason_is {
                let reason = json!(reason);
                writeln!(text, "    only where the reason is {}", reason.as_str().unwrap_or_default()).ok();
            }
        }
    }
    writeln!(text, "  because: {}", line(&approval.reason)).ok();
    let (by, first, last) = (line(&approval.approved_by), &approval.approved, &approval.expires);
    writeln!(text, "  approved by {by}, from {first} to the end of {last} (UTC)").ok();
    writeln!(text, "It counts for what is behind these ids today, and for nothing else:").ok();
    let parameters = parameters(plan, planned)?;
    for target in &approval.targets {
        let id = line(&target.target);
        match target.target.as_str() {
            DECLARATION => writeln!(text, "  what this entity declares of this system"),
            JOINED => writeln!(text, "  what is computed from the declaration and all targets together"),
            _ => writeln!(text, "  target {id} is {}", line(&target.found.join(" and "))),
        }
        .ok();
        for program in &target.programs {
            let arguments = program.arguments.iter().map(|one| format!(" {}", line(one))).collect::<String>();
            let (collector, sha256) = (line(&program.collector), &program.sha256);
            writeln!(
                text,
                "    read by your own program {collector}, arguments:{arguments}; its file has SHA-256 {sha256}"
            )
            .ok();
        }
        if let (Some(digest), Some(known)) = (&target.parameters, parameters.get(target.target.as_str())) {
            writeln!(text, "    with the parameters {} (SHA-256 {digest})", line(known)).ok();
        }
    }
    if let (Some(digest), Covers::Deviation { check, .. }) = (&approval.check, &approval.covers) {
        let records = context.checks.records([check.as_str()]);
        let libraries = records.iter().filter(|one| one.role == CheckRole::Library);
        let libraries: Vec<&str> = libraries.map(|one| one.id.as_str()).collect();
        let with = if libraries.is_empty() { String::new() } else { format!(" with {}", libraries.join(", ")) };
        writeln!(text, "  the text of check {}{with} (digest of both: {digest})", line(check)).ok();
    }
    Ok(text)
}
