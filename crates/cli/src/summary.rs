//! What a run prints at its end: what was read back and verified, and sealed.

use std::path::Path;

use agent::run::Ran;
use agent::seal::Intent;
use anyhow::anyhow;
use bundle::trust::Trust;
use declaration::Judged;
use drift::Drift;
use history::NewFinding;
use model::ExitStatus;
use model::printable::line;
use report::{Basis, Overview, OverviewReader};
use verify::{Demands, Marks, VerifiedBundle};

use crate::bundles::Bundle;
use crate::failure::Failure;
use crate::output;
use crate::outputs::{DeclaredCounts, DriftCounts, RunOutput, Unjudged, UnjudgedMember};

/// Milliseconds from which a clock that was set back is told of: two tasks that ask at once may be some apart.
const TOLD_SET_BACK: i64 = 1_000;

/// Where a run's bundle is found, and what ended its reading.
pub struct Found<'a> {
    pub store: &'a Path,
    pub trust: &'a Path,
    /// The signal that told the run to stop.
    pub stopped: Option<&'static str>,
    /// How much is declared, and what of it no check judges.
    pub judged: &'a Judged,
    /// What is new, where that was asked for.
    pub new: Option<&'a [NewFinding]>,
    /// In what it differs from the bundle before it that is of its sort, and the index of that one.
    pub drift: Option<&'a (u64, Drift)>,
}

/// The overview of the bundle that a run sealed, for a person.
pub fn of_run(ran: &Ran, code: ExitStatus, overview: &Overview, found: &Found<'_>) -> String {
    let bundle = &ran.verified;
    let mut text = declared(found.judged);
    text.push_str(&report::render_overview(bundle, overview));
    for acceptance in ran.acceptances.iter().filter(|a| a.is_unused()) {
        text.push_str(&format!("Acceptance {} covers nothing in this run.\n", line(&acceptance.id)));
    }
    for acceptance in ran.acceptances.iter().filter(|a| !a.refused.is_empty()) {
        text.push_str(&format!(
            "Acceptance {} does not cover its gap: {} of the subjects behind it deviated when they were last read.\n",
            line(&acceptance.id),
            acceptance.refused.len()
        ));
    }
    if ran.excused > 0 {
        text.push_str(&format!(
            "Undetermined because of accepted gaps alone: {}. They stay undetermined, and nothing is concluded of them.\n",
            ran.excused
        ));
    }
    if ran.set_back_millis >= TOLD_SET_BACK {
        text.push_str(&format!(
            "The clock of this machine was set back by {} s during the run. Times in the bundle do not go back: they stand still until the clock has caught up.\n",
            ran.set_back_millis / 1000
        ));
    }
    for one in &found.judged.unjudged {
        text.push_str(&format!("Declared, sealed, and judged by no check: {} ({}).\n", one.what, one.count));
    }
    for one in &found.judged.members {
        text.push_str(&format!("Declared, sealed, and judged by no check: {}.\n", one.words()));
    }
    let index = ran.sealed.index;
    if let Some(new) = found.new {
        text.push_str(&news(new));
    }
    if let Some((since, drift)) = found.drift {
        let more =
            if drift.changed() + drift.incomparable() > 0 { " `witnessmark drift` lists all of it." } else { "" };
        text.push_str(&format!("\nSince bundle {since}: {}{more}\n", report::drift_summary(drift)));
    }
    if let Some(by) = found.stopped {
        text.push_str(&format!("The run was told to stop ({by}). What it had not read by then is a gap.\n"));
    }
    text.push_str(&format!("\nSealed as bundle {index} in {}; exit code {code}.\n", found.store.display()));
    let place = place(found);
    text.push_str(&format!(
        "Next: witnessmark show{place} --finding N, witnessmark export{place} --bundle {index} --out bundle-{index}.tar\n"
    ));
    text
}

/// The same for a program.
///
/// # Errors
/// When stdout cannot be written.
pub fn print_run(ran: &Ran, code: ExitStatus, overview: &Overview, found: &Found<'_>) -> Result<(), Failure> {
    let bundle = &ran.verified;
    let judged = found.judged;
    let unjudged = judged.unjudged.iter().map(|one| Unjudged { what: one.what, count: one.count });
    let members =
        judged.members.iter().map(|one| UnjudgedMember { what: one.what, member: one.member, things: &one.ids });
    output::json(&RunOutput {
        from: &Basis::of(bundle, Vec::new(), overview.withheld_findings()),
        index: ran.sealed.index,
        bundle: &ran.sealed.run,
        exit_code: code,
        rehearsal: &bundle.statement().predicate.rehearsal,
        rehearsal_targets: bundle.rehearsals().targets(),
        marks: bundle.marks().map(Marks::counts),
        excused: ran.excused,
        statement_sha256: bundle.statement_sha256(),
        stopped: found.stopped,
        declared: DeclaredCounts {
            things: judged.things,
            of_other_systems: judged.of_other_systems,
            judged_by_no_check: unjudged.collect(),
            members_judged_by_no_check: members.collect(),
        },
        new: found.new,
        drift: found.drift.map(|(since, drift)| DriftCounts {
            since: *since,
            changed: drift.changed(),
            incomparable: drift.incomparable(),
            deviating_anew: drift.deviating_anew,
            by_cause: &drift.by_cause,
            without_cause: drift.without_cause,
        }),
        recovered: ran.recovered.iter().map(|r| r.index).collect(),
        broken_checks: &ran.broken_checks,
        clock_set_back_millis: ran.set_back_millis,
        acceptances: bundle.acceptances(),
        overview,
    })
}

/// The first line: how much is declared, and how much of it is no more than said.
fn declared(judged: &Judged) -> String {
    let others = match judged.of_other_systems {
        0 => String::new(),
        some => format!(" {some} of other systems in the same files are kept out."),
    };
    let things = judged.things;
    match (judged.not_judged(), judged.members_not_judged()) {
        (0, 0) => format!("{things} things are declared, each read by a check in all its members.{others}\n"),
        (0, some) => {
            format!("{things} things are declared, with {some} members that no check judges (listed below).{others}\n")
        }
        (some, 0) => {
            format!("{things} things are declared, {some} of them judged by no check (listed below).{others}\n")
        }
        (some, members) => format!(
            "{things} things are declared, {some} of them judged by no check, and {members} members of the others neither (listed below).{others}\n"
        ),
    }
}

/// What is new, one line each: the rest was so when its target was last read.
fn news(new: &[NewFinding]) -> String {
    let mut text = format!("\nNew since their targets were last read: {} of these findings\n", new.len());
    for one in new {
        let of = line(one.subject.as_deref().unwrap_or("the list as a whole"));
        text.push_str(&format!(
            "  {:<13} {:<38} {}  {of} (finding {}{})\n",
            one.outcome.as_str(),
            line(&one.check),
            line(&one.target),
            one.number,
            one.causes.map(|causes| format!("; cause: {causes}")).unwrap_or_default()
        ));
    }
    text
}

/// The options by which later commands find what this one wrote; nothing where it is where they look by themselves.
fn place(found: &Found<'_>) -> String {
    let mut options = String::new();
    for (option, path, usual) in [("--store", found.store, "evidence"), ("--trust", found.trust, "keys/trust.json")] {
        if path != Path::new(usual) {
            options.push_str(&format!(" {option} {}", for_shell(&path.display().to_string())));
        }
    }
    options
}

/// A path as a shell takes it for one word.
pub fn for_shell(path: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "._-/+@%,:=".contains(c);
    if !path.is_empty() && path.chars().all(plain) {
        path.to_owned()
    } else {
        format!("'{}'", path.replace('\'', "'\\''"))
    }
}

/// Verifies a bundle and gathers its overview.
///
/// # Errors
/// When it cannot be read, or is not accepted.
pub fn overview(bundle: &Bundle, trust: &Trust, all: bool) -> Result<(VerifiedBundle, Overview), Failure> {
    let mut reader = OverviewReader::new(all);
    let (verified, _) = verified(bundle, trust, &mut reader)?;
    let overview = reader.finish(&verified);
    Ok((verified, overview))
}

/// Verifies a bundle while `observer` looks on, and gives what the verification says. Our own reading takes rehearsals and
/// failed runs for what they are.
///
/// # Errors
/// When it cannot be read, or is not accepted.
pub fn verified(
    bundle: &Bundle,
    trust: &Trust,
    observer: &mut (dyn verify::Observer + Send),
) -> Result<(VerifiedBundle, verify::Report), Failure> {
    let texts = Some(assess::shipped());
    let demands = Demands { allow_rehearsal: true, allow_failed: true, texts, ..Demands::of_evidence(trust) };
    let verdict = verify::verify(bundle.open()?.as_mut(), &demands, observer);
    let report = verdict.report;
    verdict.bundle.map(|bundle| (bundle, report.clone())).ok_or_else(|| {
        let why: Vec<String> = report.problems.iter().map(|p| p.message.clone()).collect();
        Failure::tool(anyhow!("the bundle `{}` is not accepted: {}", bundle.name(), why.join("; ")))
            .with_help("`witnessmark-verify` says more; restore the bundle from a copy that it accepts")
    })
}

/// Whose record is lost, as a warning.
pub fn dropped(intent: &Intent) -> String {
    format!(
        "a person's record that was begun at {} was broken off before it was signed: it is not in the ledger, and has to be recorded again",
        intent.started
    )
}
