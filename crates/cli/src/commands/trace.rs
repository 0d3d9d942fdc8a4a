//! `witnessmark trace`: one thing and all that hangs on it, upwards to threats and requirements, downwards to exchanges.

use anyhow::anyhow;
use declaration::DECLARATION;
use links::{Kind, Links, Rule};
use model::ExitStatus;
use report::TraceReader;
use serde_json::json;

use crate::args::{Trace, TraceKind};
use crate::commands::{gaps, keys};
use crate::failure::{CommandResult, Failure};
use crate::output::{self, Format};
use crate::{clock, context, summary};

pub fn run(arguments: &Trace) -> CommandResult {
    let context = context::usable(&arguments.from.declaration.declaration, clock::now()?)?;
    let kind = arguments.kind.map(|kind| match kind {
        TraceKind::Control => Kind::Control,
        TraceKind::Threat => Kind::Threat,
        TraceKind::Key => Kind::Key,
        TraceKind::Requirement => Kind::Requirement,
    });
    let plan = context.plan()?;
    let rules: Vec<Rule> = plan
        .assignments_of(DECLARATION)
        .map(|used| Rule { check: used.check.clone(), targets: used.targets.clone() })
        .collect();
    let links = Links::new(&context.loaded, &context.environment.standards).with_rules(&rules);
    let records = gaps::records(&context, &arguments.from)?;
    let links = records.as_ref().map_or(links, |records| links.with_records(records));
    let mut found = None;
    let mut trace = links.trace(&arguments.id, kind).map_err(gaps::unanswerable)?;
    for used in &plan.assignments {
        trace.mark_weaker(&used.control, &used.check, &used.targets, &used.weaker);
    }
    let basis = match gaps::bundle(&arguments.from)? {
        Ok(bundle) => {
            let trust = keys::read_trust(&arguments.from.trust)?;
            let (basis, counted) = gaps::counted(&context, &bundle, &trust)?;
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
        Err(why) => gaps::alone(&context, why),
    };
    links.take_records(&mut trace, found.as_ref());
    match arguments.printed.format {
        Format::Json => output::json(&json!({"from": basis, "trace": trace}))?,
        Format::Human => output::text(&report::render_trace(&basis, &trace))?,
    }
    Ok(ExitStatus::Success)
}
