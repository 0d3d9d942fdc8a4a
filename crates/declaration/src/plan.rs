//! From a declaration to what a run does: targets, uses of checks with all parameters, cadence.

use std::collections::BTreeSet;

use diagnose::{Code, Diagnostic, Located, Reporter, Span, has_errors, help_known};
use model::record::{self, GapReason};
use model::{Covers, Date};
use serde_json::{Map, Value};

use crate::declared::{Acceptance, Control, Declaration, Done, Target, Task};
use crate::environment::{CheckCatalogue, Environment};
use crate::load::Loaded;
use crate::own_rules::own_rules;
use crate::parameters::{self, sorted_map};
use crate::planned::{
    Assignment, Plan, PlannedAcceptance, PlannedCollector, PlannedControl, PlannedLedger, PlannedSystem, PlannedTarget,
};
use crate::references::{Known, references, unread};
use crate::resources::DECLARATION;

/// Acceptances of one declaration: a bundle holds no more (`docs/spec/bundle.md` §10).
const MOST_ACCEPTANCES: usize = 4096;

/// Seconds.
const HOUR: u64 = 3_600;

/// Bytes of the words of one acceptance: its record has 16,384 with all that stands around them.
const ACCEPTANCE_BYTES: usize = 16_000;

/// Resolves the declaration. `Err` has every diagnostic, at least one of them an error.
pub fn plan(loaded: &Loaded, environment: &Environment) -> Result<Plan, Vec<Diagnostic>> {
    let (found, plan) = analyse(loaded, environment);
    let mut all = loaded.diagnostics.clone();
    all.extend(found);
    if has_errors(&all) { Err(all) } else { Ok(plan) }
}

/// What can be said about a declaration beyond its form. What `load` found is not repeated.
#[must_use]
pub fn check(loaded: &Loaded, environment: &Environment) -> Vec<Diagnostic> {
    analyse(loaded, environment).0
}

/// The uses of these checks that it declares, those of its own rules among them, in the order of a plan. What is wrong with it beside that is no matter.
#[must_use]
pub fn uses(loaded: &Loaded, checks: &CheckCatalogue) -> Vec<Assignment> {
    let environment = Environment { checks: checks.clone(), ..Environment::default() };
    analyse(loaded, &environment).1.assignments
}

/// Everything that can be said about the declaration, and the plan it would give.
fn analyse(loaded: &Loaded, environment: &Environment) -> (Vec<Diagnostic>, Plan) {
    let declaration = &loaded.declaration;
    let mut reporter = Reporter::new(&loaded.sources);
    let known = Known::of(declaration);
    references(loaded, &known, environment, &mut reporter);

    if declaration.entity.is_written() && !model::is_statement_text(&declaration.entity) {
        reporter
            .error(declaration.entity.at, Code::BadValue, "the entity's name has more than 256 bytes, or a line end")
            .help("it is in every signed statement: one line of at most 256 bytes");
    }
    if let Some(first) = declaration.acceptances.get(MOST_ACCEPTANCES) {
        let problem = format!("this is one of more than {MOST_ACCEPTANCES} acceptances, and a bundle holds no more");
        reporter.error(first.id.at, Code::BadValue, problem);
    }
    short_periods(declaration, &mut reporter);
    graces(declaration, &mut reporter);
    let targets = declaration.targets.iter().map(|t| plan_target(t, environment, &mut reporter)).collect();
    // Where a collector is not known it may be the one that a check needs.
    let named = declaration.targets.iter().flat_map(|t| t.collector.as_slice()).filter(|name| name.is_written());
    let all_read = !unread(loaded).contains("target")
        && named.map(|name| name.as_str()).all(|name| environment.collectors.contains_key(name));
    let mut assignments = Vec::new();
    for control in &declaration.controls {
        plan_checks(control, declaration, &known, (environment, all_read), &mut assignments, &mut reporter);
    }
    let nothing_checked = assignments.is_empty();
    let own = own_rules(declaration, environment, &assignments).map(|(control, rules)| {
        assignments.extend(rules);
        control
    });
    let acceptances: Vec<PlannedAcceptance> = declaration
        .acceptances
        .iter()
        .filter_map(|a| plan_acceptance(a, &assignments, environment, &mut reporter))
        .collect();
    if nothing_checked && !has_errors(&reporter.found) && !loaded.has_errors() {
        reporter
            .warn(declaration.system.written, Code::NothingChecked, "no check is assigned to any target")
            .help("name checks under `checks` of a control; `witnessmark checks` lists them");
    }
    let shortest = declaration
        .controls
        .iter()
        .filter_map(|c| c.observe.as_ref())
        .filter(|o| o.every.is_written())
        .map(|o| o.every.seconds())
        .min();
    let declared =
        declaration.ledger.as_ref().and_then(|l| l.every.as_ref()).filter(|e| e.is_written()).map(|e| e.seconds());
    let system = &declaration.system;
    let plan = Plan {
        entity: declaration.entity.value.clone(),
        system: PlannedSystem {
            id: system.id.to_string(),
            name: system.name.as_ref().map(|n| n.value.clone()),
            designation: system.designation.as_ref().map(|d| d.value),
            standard: system.standard.as_ref().map(ToString::to_string),
            level: system.level.as_ref().map(|l| l.value),
        },
        ledger: declaration.ledger.as_ref().map(|l| PlannedLedger { origin: l.origin.to_string() }),
        every_seconds: declared.or(shortest),
        targets,
        assignments,
        controls: declaration
            .controls
            .iter()
            .map(|c| PlannedControl {
                id: c.id.to_string(),
                title: c.title.value.clone(),
                requirements: c.requirements.iter().map(ToString::to_string).collect(),
                threats: c.threats.iter().map(ToString::to_string).collect(),
                observe_seconds: c.observe.as_ref().map(|o| o.every.seconds()),
                grace_seconds: c.observe.as_ref().and_then(|o| o.grace.as_ref()).map(|grace| grace.seconds()),
                task: c.task.as_ref().map(plan_task),
            })
            .chain(own)
            .collect(),
        acceptances,
    };
    let mut found = reporter.found;
    found.sort_by_key(|d| (d.at, d.severity));
    (found, plan)
}

/// A run more often than hourly was probably meant to be a month's.
fn short_periods(declaration: &Declaration, reporter: &mut Reporter<'_>) {
    let observed = declaration.controls.iter().filter_map(|control| Some(&control.observe.as_ref()?.every));
    let bundles = declaration.ledger.iter().filter_map(|ledger| ledger.every.as_ref());
    for every in observed.chain(bundles).filter(|every| every.is_written() && every.seconds() < HOUR) {
        let minutes = every.seconds() / 60;
        let plural = if minutes == 1 { "" } else { "s" };
        reporter
            .warn(
                every.at,
                Code::ShortPeriod,
                format!("`{}` is {minutes} minute{plural}, and a run is due as often", every.value),
            )
            .help("`m` is minutes; 30 days are `30d`");
    }
}

/// What people do, without who did it: that is of the declared task, which can be withheld.
fn plan_task(task: &Task) -> record::Task {
    let done = |one: &Done| record::TaskDone {
        on: one.on.value,
        record: one.record.as_ref().map(|record| record.value.clone()),
    };
    let mut done: Vec<_> = task.done.iter().map(done).collect();
    done.sort_unstable();
    record::Task {
        every: task.every.as_ref().and_then(|every| every.every()),
        grace_days: task.grace.as_ref().and_then(|grace| grace.whole_days()),
        done,
    }
}

/// A grace that reaches into the time of the next one would let one thing count for two.
fn graces(declaration: &Declaration, reporter: &mut Reporter<'_>) {
    for control in &declaration.controls {
        if let Some(observe) = &control.observe
            && let Some(grace) = observe.grace.as_ref().filter(|grace| grace.is_written() && observe.every.is_written())
            && grace.seconds() > observe.every.seconds() / 2
        {
            let message = format!("the grace `{}` is more than half of `{}`", grace.value, observe.every.value);
            reporter
                .error(grace.at, Code::BadValue, message)
                .help("what comes later than half the time is nearer to the next one");
        }
        if let Some(task) = &control.task
            && let Some(grace) = task.grace.as_ref().filter(|grace| grace.is_written())
        {
            if grace.whole_days().is_none() {
                reporter
                    .error(grace.at, Code::BadValue, format!("the grace `{}` is not in days or weeks", grace.value))
                    .help("write days, as `14d`, or weeks, as `2w`");
            } else if task.every.as_ref().is_some_and(|every| every.is_written() && grace.covers(&every.value)) {
                let message = format!("the grace `{}` is as long as the time until it is due again", grace.value);
                reporter.error(grace.at, Code::BadValue, message);
            }
        }
    }
}

fn plan_target(target: &Target, environment: &Environment, reporter: &mut Reporter<'_>) -> PlannedTarget {
    let mut schemas = Vec::new();
    let mut all_known = true;
    let mut seen = BTreeSet::new();
    for name in target.collector.as_slice().iter().filter(|n| n.is_written()) {
        if !seen.insert(name.as_str()) {
            reporter.error(name.at, Code::DuplicateId, format!("collector `{name}` is named twice"));
            continue;
        }
        match environment.collectors.get(name.as_str()) {
            Some(info) => schemas.push((info.name.as_str(), &info.settings)),
            None => {
                all_known = false;
                let names: Vec<&str> = environment.collectors.keys().map(String::as_str).collect();
                reporter
                    .error(name.at, Code::UnknownReference, format!("there is no collector `{name}`"))
                    .maybe_help(help_known(name.as_str(), &names, "collectors"));
            }
        }
    }
    if target.collector.as_slice().is_empty() && target.written.is_some() {
        reporter.error(target.written, Code::BadValue, "this target names no collector");
    }
    // A setting may belong to a collector that this program does not have.
    if all_known && !schemas.is_empty() {
        parameters::settings(&target.settings.entries, &schemas, target.written, reporter);
    }
    let settings = target.settings.to_json();
    let collectors = schemas
        .iter()
        .map(|(name, schema)| {
            let mine: Map<String, Value> = settings
                .iter()
                .filter(|(key, _)| schema.get("properties").and_then(|p| p.get(key)).is_some())
                .map(|(k, v)| (k.clone(), v.clone()))
                .collect();
            PlannedCollector { name: (*name).to_owned(), settings: sorted_map(&mine) }
        })
        .collect();
    let isolate = target.isolate.as_ref().is_some_and(|isolate| isolate.value);
    PlannedTarget { id: target.id.to_string(), collectors, isolate }
}

fn plan_checks(
    control: &Control,
    declaration: &Declaration,
    known: &Known<'_>,
    (environment, all_read): (&Environment, bool),
    assignments: &mut Vec<Assignment>,
    reporter: &mut Reporter<'_>,
) {
    let mut used: Vec<(String, String, Span)> = Vec::new();
    for check_use in control.checks.iter().filter(|u| u.check.is_written()) {
        let id = check_use.check.as_str();
        let Some(meta) = environment.checks.checks.get(id) else {
            let ids: Vec<&str> = environment.checks.checks.keys().map(String::as_str).collect();
            reporter
                .error(check_use.check.at, Code::UnknownReference, format!("there is no check `{id}`"))
                .maybe_help(help_known(id, &ids, "checks"));
            continue;
        };
        let reads = |target: &Target| target.is_read_by(&meta.collector);
        let mut targets: Vec<String> = Vec::new();
        match (&check_use.on, meta.own_target()) {
            (on, Some(own)) => {
                targets.push(own.to_owned());
                if on.is_some() {
                    let what = if own == DECLARATION { "the declaration itself" } else { "all targets together" };
                    reporter
                        .error(check_use.check.at, Code::NoTarget, format!("`{id}` judges {what}"))
                        .help("leave `on` out");
                }
            }
            (None, None) => {
                targets.extend(declaration.targets.iter().filter(|t| reads(t)).map(|t| t.id.to_string()));
                if targets.is_empty() && all_read {
                    reporter
                        .error(
                            check_use.check.at,
                            Code::NoTarget,
                            format!("no target is read by `{}`, which `{id}` needs", meta.collector),
                        )
                        .help(format!("add `{}` to the `collector` of a target", meta.collector));
                }
            }
            (Some(named), None) => {
                if named.is_empty() {
                    reporter
                        .error(check_use.written, Code::NoTarget, format!("`{id}` is assigned to no target"))
                        .help("name targets under `on`, or leave `on` out for all that can be read");
                }
                for name in named.iter().filter(|n| n.is_written()) {
                    if targets.iter().any(|t| t == name.as_str()) {
                        reporter.error(name.at, Code::DuplicateAssignment, format!("target `{name}` is named twice"));
                        continue;
                    }
                    // An unknown target was reported with the other references.
                    let Some(target) = known.target(name.as_str()) else {
                        continue;
                    };
                    if !reads(target) {
                        reporter
                            .error(
                                name.at,
                                Code::NoTarget,
                                format!(
                                    "`{id}` needs collector `{}`, which does not read target `{name}`",
                                    meta.collector
                                ),
                            )
                            .related(target.written, "this target");
                        continue;
                    }
                    targets.push(name.to_string());
                }
            }
        }
        for target in &targets {
            if let Some((_, _, first)) = used.iter().find(|(c, t, _)| c == id && t == target) {
                reporter
                    .error(
                        check_use.check.at,
                        Code::DuplicateAssignment,
                        format!("control `{}` assigns `{id}` to target `{target}` twice", control.id),
                    )
                    .related(*first, "first assigned here")
                    .help("two sets of parameters for one target need two controls");
            }
            used.push((id.to_owned(), target.clone(), check_use.check.at));
        }
        let resolved = parameters::resolve(check_use, meta, reporter);
        assignments.push(Assignment {
            control: control.id.to_string(),
            check: id.to_owned(),
            targets,
            parameters: resolved.parameters,
            defaults: resolved.defaults,
            weaker: resolved.weaker,
            expect_none: check_use.expect.as_ref().map(|e| e.none.value.clone()),
        });
    }
}

/// Why something was not read, by the word that is in a bundle.
fn gap_reason(word: &Located<String>, reporter: &mut Reporter<'_>) -> Option<GapReason> {
    let reason = serde_json::from_value(Value::from(word.as_str())).ok();
    if reason.is_none() && word.is_written() {
        // Those that another's decision makes; the others pass by themselves or are faults.
        let known = ["closed-by-policy", "denied", "unsupported", "skipped", "withheld-secret"];
        reporter
            .error(word.at, Code::BadValue, format!("`{}` is not a reason of a gap", word.as_str()))
            .maybe_help(help_known(word.as_str(), &known, "for instance"));
    }
    reason
}

fn plan_acceptance(
    acceptance: &Acceptance,
    assignments: &[Assignment],
    environment: &Environment,
    reporter: &mut Reporter<'_>,
) -> Option<PlannedAcceptance> {
    let text = |value: &Option<Located<String>>| value.as_ref().map(|v| v.value.clone());
    let target = acceptance.target.as_ref().map(ToString::to_string);
    let deviation = acceptance.control.is_some() || acceptance.check.is_some();
    let gap_only: Vec<&str> = [
        ("population", acceptance.population.is_some()),
        ("right", acceptance.right.is_some()),
        ("part", acceptance.part.is_some()),
        ("reason_is", acceptance.reason_is.is_some()),
    ]
    .into_iter()
    .filter_map(|(name, there)| there.then_some(name))
    .collect();
    let covers = if deviation {
        if let Some(name) = gap_only.first() {
            reporter
                .error(
                    acceptance.id.at,
                    Code::UnclearAcceptance,
                    format!("`{name}` is about a gap, `control` and `check` are about a deviation"),
                )
                .help("write two acceptances: each has its own reason");
            return None;
        }
        let (Some(control), Some(check), Some(subject)) = (&acceptance.control, &acceptance.check, &acceptance.subject)
        else {
            reporter.error(
                acceptance.id.at,
                Code::UnclearAcceptance,
                "an accepted deviation names `control`, `check` and `subject`",
            );
            return None;
        };
        if control.is_written()
            && check.is_written()
            && !assignments.iter().any(|a| a.control == control.as_str() && a.check == check.as_str())
        {
            reporter.warn(
                check.at,
                Code::UnusedAcceptance,
                format!("control `{control}` does not use `{check}`: the acceptance covers nothing"),
            );
        }
        Covers::Deviation {
            control: control.to_string(),
            check: check.to_string(),
            subject: subject.value.clone(),
            target,
        }
    } else {
        let Some(target) = target.filter(|_| !gap_only.is_empty() || acceptance.subject.is_some()) else {
            reporter
                .error(
                    acceptance.id.at,
                    Code::UnclearAcceptance,
                    "this names neither a deviation nor a gap",
                )
                .help(
                    "a deviation: `control`, `check`, `subject`; a gap: `target` with `population`, `right`, `part` or `reason_is`",
                );
            return None;
        };
        Covers::Gap {
            target,
            population: text(&acceptance.population),
            right: text(&acceptance.right),
            part: text(&acceptance.part),
            subject: text(&acceptance.subject),
            reason_is: match &acceptance.reason_is {
                None => None,
                Some(word) => Some(gap_reason(word, reporter)?),
            },
        }
    };
    if acceptance.approved.is_written() && acceptance.expires.is_written() {
        if acceptance.expires.value < acceptance.approved.value {
            reporter
                .error(acceptance.expires.at, Code::BadValue, "it expires before it was approved")
                .related(acceptance.approved.at, "approved here");
        } else if let Some(now) = environment.now {
            let today = Date::of(now);
            if acceptance.expires.value < today {
                reporter.warn(
                    acceptance.expires.at,
                    Code::ExpiredAcceptance,
                    format!("acceptance `{}` has expired and covers nothing any more", acceptance.id),
                );
            } else if acceptance.approved.value > today {
                reporter.warn(
                    acceptance.approved.at,
                    Code::UnusedAcceptance,
                    format!("acceptance `{}` is approved only from a later date on", acceptance.id),
                );
            }
        }
    }
    let words = [acceptance.reason.value.as_str(), &acceptance.approved_by.value, acceptance.id.as_str()];
    let bytes = serde_json::to_string(&(words, &covers)).map_or(usize::MAX, |text| text.len());
    if bytes > ACCEPTANCE_BYTES {
        let problem = format!("this acceptance has {bytes} bytes of text, and its record holds {ACCEPTANCE_BYTES}");
        reporter
            .error(acceptance.id.at, Code::BadValue, problem)
            .help("say why elsewhere, and name that document here");
        return None;
    }
    Some(PlannedAcceptance {
        id: acceptance.id.to_string(),
        covers,
        reason: acceptance.reason.value.clone(),
        approved_by: acceptance.approved_by.value.clone(),
        approved: acceptance.approved.value,
        expires: acceptance.expires.value,
        signature: text(&acceptance.signature),
    })
}
