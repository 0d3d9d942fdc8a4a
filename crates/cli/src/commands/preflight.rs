//! `witnessmark preflight`: may we read all that the checks need?

use std::fmt::Write as _;
use std::sync::Arc;

use agent::preflight::{Checked, preflight};
use model::printable::line;
use model::{ExitStatus, Timestamp};
use sdk::{Environment, Patience, RightState};

use crate::args::Preflight;
use crate::commands::run::{runtime, sdk_environment};
use crate::failure::{CommandResult, Failure};
use crate::output::{self, Format};
use crate::outputs::PreflightOutput;
use crate::{context, jobs};

pub fn run(arguments: &Preflight, quiet: bool) -> CommandResult {
    let now = crate::clock::now()?;
    let context = context::usable(&arguments.declaration.declaration, now)?;
    let plan = context.plan()?;
    let deadline = i64::try_from(arguments.deadline.saturating_mul(1000)).unwrap_or(i64::MAX);
    let deadline = Timestamp::from_millis(now.as_millis().saturating_add(deadline)).map_err(Failure::input)?;
    let environment = Environment {
        patience: Patience::attended(),
        ..sdk_environment(&crate::commands::run::run_id(now)?, deadline, 4)?
    };
    let runtime = runtime()?;
    let (jobs, _) = runtime.block_on(jobs::chosen(&plan, &context.folder, &arguments.targets, None))?;
    if !quiet {
        anstream::eprintln!("asking {} sources", jobs.len());
    }
    let checked: Vec<Checked> =
        runtime.block_on(preflight(jobs, &environment, Arc::new(agent::preflight::Forget::default())));
    let all = checked.iter().all(|c| c.failure.is_none() && c.rights.iter().all(|r| r.state == RightState::Granted));
    match arguments.printed.format {
        Format::Json => {
            let (entity, system) = context.about();
            output::json(&PreflightOutput { entity, system, targets: &checked })?;
        }
        Format::Human => output::text(&rendered(&checked))?,
    }
    Ok(ExitStatus::when(all, ExitStatus::NotAllRead))
}

fn rendered(checked: &[Checked]) -> String {
    let mut text = String::new();
    for one in checked {
        writeln!(text, "{} {}", one.target, one.collector).ok();
        if let Some(caller) = &one.caller {
            writeln!(text, "  as {}", line(caller)).ok();
        }
        if let Some(failure) = &one.failure {
            writeln!(text, "  nothing can be read: {}", line(failure)).ok();
        }
        for from in &one.rehearsal {
            let from = from.to_string();
            writeln!(text, "  a run would be a rehearsal of this target, not evidence: {}", line(&from)).ok();
        }
        for right in &one.rights {
            let word = match right.state {
                RightState::Granted => "granted",
                RightState::Denied => "DENIED",
                RightState::Undecided => "undecided",
            };
            let scope = line(right.scope.as_deref().unwrap_or_default());
            writeln!(text, "  {word:<10} {:<42} {scope} {}", line(&right.right), line(&right.detail)).ok();
        }
        text.push('\n');
    }
    let denied = checked.iter().flat_map(|c| &c.rights).filter(|r| r.state == RightState::Denied).count();
    let undecided = checked.iter().flat_map(|c| &c.rights).filter(|r| r.state == RightState::Undecided).count();
    let unread = checked.iter().filter(|c| c.failure.is_some()).count();
    if unread > 0 {
        writeln!(
            text,
            "{unread} of {} cannot be read at all, and nothing was asked about their permissions.",
            checked.len()
        )
        .ok();
    }
    writeln!(
        text,
        "{denied} denied, {undecided} undecided. What is not granted becomes a signed gap; undecided is not granted."
    )
    .ok();
    text
}

#[cfg(test)]
mod tests {
    use agent::preflight::CheckedRight;

    use super::*;

    #[test]
    fn what_a_source_says_begins_no_line() {
        let hostile = |what: &str| format!("{what}\n  granted    forged\n::error::{what}");
        let right = CheckedRight {
            right: "kms:ListKeys".to_owned(),
            state: RightState::Denied,
            scope: Some(hostile("scope")),
            detail: hostile("detail"),
        };
        let one = Checked {
            target: "aws".to_owned(),
            collector: "aws-kms".to_owned(),
            caller: Some(hostile("caller")),
            rights: vec![right],
            failure: Some(hostile("failure")),
            rehearsal: Vec::new(),
        };
        let text = rendered(&[one]);
        for what in ["caller", "failure", "scope", "detail"] {
            assert!(
                text.contains(&format!("{what}\u{fffd}  granted    forged\u{fffd}\u{fffd}:error::{what}")),
                "{text}"
            );
        }
        // Target, caller, failure, right, a line that is empty, and the two that count.
        assert_eq!(text.lines().count(), 7, "{text}");
    }
}
