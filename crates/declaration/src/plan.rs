//! From a declaration to what a run does: targets, uses of checks with all parameters, cadence.

use std::collections::BTreeSet;

use diagnose::{Code, Diagnostic, Located, Reporter, Span, has_errors, help_known};
use model::record::{self, GapReason};
use model::{Covers, Date, Digest, Outcome};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::declared::{Acceptance, Control, Declaration, Designation, Target};
use crate::environment::Environment;
use crate::load::Loaded;
use crate::parameters::{self, sorted_map};
use crate::references::{Known, references};

/// What a run does. Two equal plans have equal JSON, whatever the order of keys or the spelling in the files was.
#[derive(Clone, Debug, Serialize)]
pub struct Plan {
    pub entity: String,
    pub system: PlannedSystem,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ledger: Option<PlannedLedger>,
    /// A bundle is due this often: `ledger.every`, else the shortest `observe.every`. Absent: no cadence is declared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub every_seconds: Option<u64>,
    /// In the order declared.
    pub targets: Vec<PlannedTarget>,
    /// In the order declared; one per use of a check.
    pub assignments: Vec<Assignment>,
    /// In the order declared.
    pub controls: Vec<PlannedControl>,
    /// In the order declared.
    pub acceptances: Vec<PlannedAcceptance>,
}

/// The system the plan is about.
#[derive(Clone, Debug, Serialize)]
pub struct PlannedSystem {
    pub id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub designation: Option<Designation>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub standard: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub level: Option<u32>,
}

/// Where the bundle is chained.
#[derive(Clone, Debug, Serialize)]
pub struct PlannedLedger {
    pub origin: String,
}

/// One target and who reads it.
#[derive(Clone, Debug, Serialize)]
pub struct PlannedTarget {
    pub id: String,
    pub collectors: Vec<PlannedCollector>,
    /// Its collectors run in processes of their own.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub isolate: bool,
}

/// One collector and the settings of the target that it knows.
#[derive(Clone, Debug, Serialize)]
pub struct PlannedCollector {
    pub name: String,
    /// Sorted by name.
    pub settings: Map<String, Value>,
}

/// One use of a check by a control.
#[derive(Clone, Debug, Serialize)]
pub struct Assignment {
    pub control: String,
    pub check: String,
    /// In the order declared.
    pub targets: Vec<String>,
    /// Defaults filled in, sorted by name.
    pub parameters: Map<String, Value>,
    /// The check's own values, sorted by name.
    pub defaults: Map<String, Value>,
    /// Names of parameters that demand less than the default.
    pub weaker: Vec<String>,
    /// Why a complete and empty population is as it should be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expect_none: Option<String>,
}

/// One control, without its checks: those are the assignments of its id.
#[derive(Clone, Debug, Serialize)]
pub struct PlannedControl {
    pub id: String,
    pub title: String,
    pub requirements: Vec<String>,
    pub threats: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observe_seconds: Option<u64>,
}

/// Acceptances of one declaration: a bundle holds no more (`docs/spec/bundle.md` §10).
const MOST_ACCEPTANCES: usize = 4096;

/// Bytes of the words of one acceptance: its record has 16,384 with all that stands around them.
const ACCEPTANCE_BYTES: usize = 16_000;

/// One acceptance.
#[derive(Clone, Debug, Serialize)]
pub struct PlannedAcceptance {
    pub id: String,
    pub covers: Covers,
    pub reason: String,
    /// Claimed, unless a signature is shown to be good.
    pub approved_by: String,
    pub approved: Date,
    /// The last day.
    pub expires: Date,
    /// Path of a detached signature, relative to the declaration's folder.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signature: Option<String>,
}

impl Plan {
    /// SHA-256 over the plan's JSON.
    #[must_use]
    pub fn digest(&self) -> Digest {
        // Every member is a text, a number, a list or a map with text keys: writing it cannot fail.
        Digest::of(&serde_json::to_vec(self).unwrap_or_default())
    }

    #[must_use]
    pub fn target(&self, id: &str) -> Option<&PlannedTarget> {
        self.targets.iter().find(|t| t.id == id)
    }

    /// The records of its controls before anything was judged: `undetermined` where there are checks, no outcome where not.
    #[must_use]
    pub fn unjudged_controls(&self) -> Vec<record::Control> {
        self.controls
            .iter()
            .map(|control| record::Control {
                id: control.id.clone(),
                title: control.title.clone(),
                requirements: control.requirements.clone(),
                outcome: self.assignments_of(&control.id).next().map(|_| Outcome::Undetermined),
                counts: record::Counts::default(),
                observe: control.observe_seconds.map(|every_seconds| record::Observation { every_seconds }),
            })
            .collect()
    }

    /// The uses of checks of one control.
    pub fn assignments_of<'p>(&'p self, control: &'p str) -> impl Iterator<Item = &'p Assignment> {
        self.assignments.iter().filter(move |a| a.control == control)
    }
}

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
    let targets = declaration.targets.iter().map(|t| plan_target(t, environment, &mut reporter)).collect();
    let mut assignments = Vec::new();
    for control in &declaration.controls {
        plan_checks(control, declaration, &known, environment, &mut assignments, &mut reporter);
    }
    let acceptances: Vec<PlannedAcceptance> = declaration
        .acceptances
        .iter()
        .filter_map(|a| plan_acceptance(a, &assignments, environment, &mut reporter))
        .collect();
    if assignments.is_empty() && !has_errors(&reporter.found) && !loaded.has_errors() {
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
            })
            .collect(),
        acceptances,
    };
    let mut found = reporter.found;
    found.sort_by_key(|d| (d.at, d.severity));
    (found, plan)
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
    environment: &Environment,
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
        match &check_use.on {
            None => {
                targets.extend(declaration.targets.iter().filter(|t| reads(t)).map(|t| t.id.to_string()));
                if targets.is_empty() {
                    reporter
                        .error(
                            check_use.check.at,
                            Code::NoTarget,
                            format!("no target is read by `{}`, which `{id}` needs", meta.collector),
                        )
                        .help(format!("add `{}` to the `collector` of a target", meta.collector));
                }
            }
            Some(named) => {
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
