//! `witnessmark trace`: one thing and all that hangs on it, upwards to threats and requirements, downwards to exchanges.

use anyhow::anyhow;
use declaration::DECLARATION;
use links::{Kind, Links, Rule};
use model::ExitStatus;
use report::TraceReader;
use report::outputs::TraceOutput;

use crate::args::{Trace, TraceKind};
use crate::commands::{gaps, keys};
use crate::failure::{CommandResult, Failure};
use crate::output::{self, Format};
use crate::summary;

pub fn run(arguments: &Trace) -> CommandResult {
    let (id, from) = gaps::in_order(&arguments.id, &arguments.from);
    let declared = gaps::declared(&from)?;
    let context = &declared.context;
    let kind = arguments.kind.map(|kind| match kind {
        TraceKind::Control => Kind::Control,
        TraceKind::Threat => Kind::Threat,
        TraceKind::Key => Kind::Key,
        TraceKind::Requirement => Kind::Requirement,
    });
    // What is sealed says which checks were used: the plan of now may be another.
    let plan = if declared.sealed.is_none() { Some(context.plan()?) } else { None };
    let of_plan = plan.iter().flat_map(|plan| plan.assignments_of(DECLARATION));
    let of_plan = of_plan.map(|used| Rule { check: used.check.clone(), targets: used.targets.clone() });
    let rules: Vec<Rule> = declared.sealed.iter().flatten().cloned().chain(of_plan).collect();
    let links = Links::new(&context.loaded, &context.environment.standards).with_rules(&rules);
    let records = gaps::records(context, &from)?;
    let links = records.as_ref().map_or(links, |records| links.with_records(records));
    let mut found = None;
    let mut trace = links.trace(&id, kind).map_err(gaps::unanswerable)?;
    for used in plan.iter().flat_map(|plan| &plan.assignments) {
        trace.mark_weaker(&used.control, &used.check, &used.targets, &used.weaker);
    }
    let basis = match gaps::bundle(&from)? {
        Ok(bundle) => {
            let trust = keys::read_trust(&from.trust)?;
            let (basis, counted) = gaps::counted(&declared, &bundle, &trust)?;
            found = Some(counted);
            let mut reader = TraceReader::new(trace);
            let verified = loop {
                let (verified, _) = summary::verified(&bundle, &trust, &mut reader)?;
                let same = basis.bundle.as_ref().is_some_and(|of| of.statement_sha256 == verified.statement_sha256());
                if !same {
                    return Err(Failure::tool(anyhow!("the bundle `{}` changed while it was read", bundle.name())));
                }
                if !reader.goes_on() {
                    break verified;
                }
            };
            trace = reader.finish(&verified);
            basis
        }
        Err(why) => gaps::alone(context, why),
    };
    links.take_records(&mut trace, found.as_ref());
    match arguments.printed.format {
        Format::Json => output::json(&TraceOutput { from: &basis, trace: &trace })?,
        Format::Human => output::text(&report::render_trace(&basis, &trace))?,
    }
    Ok(ExitStatus::Success)
}
