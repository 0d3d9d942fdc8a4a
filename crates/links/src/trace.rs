//! From one thing to all that hangs on it, upwards and downwards.

use std::collections::BTreeMap;

use declaration::{
    Acceptance, Control, ControlStatus, DECLARATION, JOINED, Key, OWN_RULES, RequirementId, Risk, Standard, Threat,
};
use diagnose::{Form as _, help_known};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::aliases::Aliases;
use crate::found::{Found, UseFound};
use crate::gaps::{Declined, ThirdPartyRow, third_party};
use crate::links::{Links, Place, Unanswerable, status};
use crate::records::{Contradiction, RecordRow};

/// Ids of what was found under the name of one key.
const MOST_FOUND: usize = 20;
/// The kind of a declared key.
const OF_DECLARATION: &str = "declaration/key";

/// What a trace can begin at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    Control,
    Threat,
    Key,
    Requirement,
}

impl Kind {
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Control => "control",
            Self::Threat => "threat",
            Self::Key => "key",
            Self::Requirement => "requirement",
        }
    }
}

/// One thing and all that hangs on it. Each list has every thing once; ids lead from one to the other, in both directions.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Trace {
    pub kind: Kind,
    pub id: String,
    /// Where people's records say otherwise than what was inspected, or than each other. They come first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub contradictions: Vec<Contradiction>,
    pub keys: Vec<KeyNode>,
    pub threats: Vec<ThreatNode>,
    pub controls: Vec<ControlNode>,
    pub requirements: Vec<RequirementNode>,
    /// What a reader has to know of the catalogues that they are in.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// Declared acceptances that are about these controls.
    pub acceptances: Vec<AcceptanceNode>,
    /// What people saw of these controls and requirements.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub records: Vec<RecordRow>,
    /// The aliases of KMS keys that are named here, by the key's id, as a bundle has them sealed.
    #[serde(skip_serializing_if = "Aliases::is_empty")]
    pub key_aliases: Aliases,
    /// Of a trace of a key: findings that name it are shown, the others counted.
    #[serde(skip)]
    about: Option<About>,
    /// Of a trace of a key: the program's own rules, of which those that name it are shown once a bundle says what they found.
    #[serde(skip)]
    rules: Option<ControlNode>,
}

/// The place of a use of a check in a [`Trace`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct UsePlace(usize, usize);

/// A use of a check in a [`Trace`].
#[derive(Clone, Copy, Debug)]
pub struct UseOf<'t> {
    pub place: UsePlace,
    pub control: &'t str,
    pub check: &'t str,
    /// Absent: every target that the check's collector reads.
    pub targets: Option<&'t [String]>,
}

/// The place of a key, its name there, and the ids of what was found under that name.
#[derive(Clone, Debug)]
struct About {
    key: String,
    place: Option<KeptAt>,
    found: Vec<String>,
}

/// A key of the inventory.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct KeyNode {
    pub id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<Place>,
    pub class: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub material: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kept: Option<KeptAt>,
    /// The ids of what a bundle found under its name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub found: Vec<String>,
    pub holders: Vec<String>,
    pub wallets: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reviewed: Option<String>,
    /// Threats that affect it: by its id, by its class, by one of its wallets or by the target that holds it.
    pub threats: Vec<String>,
}

/// Where a key is kept.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct KeptAt {
    pub target: String,
    /// Its name there.
    pub key: String,
}

/// A threat with its rows of the risk register.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ThreatNode {
    pub id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<Place>,
    pub title: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// What it can hurt, each with its kind: `key hot-signing`.
    pub affects: Vec<String>,
    pub risks: Vec<RiskNode>,
    /// Third parties that name it.
    pub third_parties: Vec<String>,
    /// Controls that name it.
    pub controls: Vec<String>,
    /// Those of them that are planned: they do not answer it yet.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub planned: Vec<String>,
}

/// A row of the risk register.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct RiskNode {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<Place>,
    pub likelihood: String,
    pub impact: String,
    pub treatment: String,
    pub owner: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub residual: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub within_tolerance: Option<String>,
    /// Who accepted what remains; the entity's word.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accepted_by: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accepted: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub monitored: Option<String>,
}

/// A control with all it rests on.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ControlNode {
    pub id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<Place>,
    pub title: String,
    pub status: ControlStatus,
    /// Why no configuration can show it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_inspectable: Option<String>,
    pub threats: Vec<String>,
    pub requirements: Vec<String>,
    /// How often this program looks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observed_every: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task: Option<TaskNode>,
    pub documents: Vec<DocumentNode>,
    pub checks: Vec<UseNode>,
}

/// What people do again and again.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct TaskNode {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub every: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detection_window: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub because: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub records: Option<String>,
    /// When it was done, in the order declared; the entity's word.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub done: Vec<DoneNode>,
}

/// A day on which a task was done.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct DoneNode {
    pub on: String,
    pub by: String,
    /// The record that shows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub record: Option<String>,
}

/// Where a control is written down.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct DocumentNode {
    /// Its path, or the id of one of `documents`.
    pub name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub section: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
}

/// One use of a check.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct UseNode {
    pub check: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<Place>,
    /// Absent: every target that the check's collector reads.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub targets: Option<Vec<String>>,
    /// As written; what is not has the check's default.
    #[serde(skip_serializing_if = "serde_json::Map::is_empty")]
    pub parameters: serde_json::Map<String, Value>,
    /// Names of parameters that demand less than the check does by default.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub weaker: Vec<String>,
    /// Why a complete and empty population is as it should be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expect_none: Option<String>,
    /// Absent without a bundle.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub found: Option<UseFound>,
}

/// A requirement.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct RequirementNode {
    pub id: String,
    /// Absent where no catalogue has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub level: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub demand: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_applicable: Option<Declined>,
    /// When an inspection is expected, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inspect_condition: Option<String>,
    /// All controls that say they serve it.
    pub controls: Vec<String>,
    /// Those of them that are planned: they do not serve it yet.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub planned: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub third_parties: Vec<ThirdPartyRow>,
}

/// A declared acceptance.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct AcceptanceNode {
    pub id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<Place>,
    pub control: String,
    pub check: String,
    pub subject: String,
    pub reason: String,
    /// The entity's word, unless a bundle shows the signature.
    pub approved_by: String,
    pub approved: String,
    pub expires: String,
}

/// What a trace is made of, before it is told.
#[derive(Default)]
struct Parts<'d> {
    keys: Vec<&'d Key>,
    threats: Vec<&'d Threat>,
    controls: Vec<&'d Control>,
    requirements: Vec<RequirementId>,
}

impl<'d> Links<'d> {
    /// What hangs on the control, threat, key or requirement with this id. A requirement may be named without its standard, if
    /// the declaration names one.
    ///
    /// # Errors
    /// Where nothing, or more than one thing, has this id; `kind` tells them apart.
    pub fn trace(&self, id: &str, kind: Option<Kind>) -> Result<Trace, Unanswerable> {
        let declaration = self.declaration();
        if id == DECLARATION && kind.is_none_or(|kind| kind == Kind::Control) && !self.rules().is_empty() {
            return Ok(self.own_rules());
        }
        let control = declaration.controls.iter().find(|one| one.id.as_str() == id);
        let threat = self.threat(id);
        let key = declaration.keys.iter().find(|one| one.id.as_str() == id);
        let requirement = self.named(id);
        let found = [
            (Kind::Control, control.is_some()),
            (Kind::Threat, threat.is_some()),
            (Kind::Key, key.is_some()),
            (Kind::Requirement, requirement.is_some()),
        ];
        let kinds: Vec<Kind> =
            found.iter().filter(|(of, there)| *there && kind.is_none_or(|one| one == *of)).map(|(of, _)| *of).collect();
        let kind = match kinds.as_slice() {
            [only] => *only,
            [] => return Err(self.nothing_named(id, kind)),
            several => {
                let names: Vec<&str> = several.iter().map(|kind| kind.as_str()).collect();
                let help = Some(format!("say which with `--kind`: {}", names.join(", ")));
                return Err(Unanswerable::new(format!("`{id}` is the id of several things"), help));
            }
        };
        let mut parts = Parts::default();
        match kind {
            Kind::Control => parts.controls.extend(control),
            Kind::Threat => parts.threats.extend(threat),
            Kind::Key => parts.keys.extend(key),
            Kind::Requirement => parts.requirements.extend(requirement.clone()),
        }
        self.fill(kind, &mut parts);
        let about = match kind {
            Kind::Key => key.map(|key| About { key: key.id.to_string(), place: kept_at(key), found: Vec::new() }),
            _ => None,
        };
        let id = requirement.filter(|_| kind == Kind::Requirement).map_or_else(|| id.to_owned(), |one| one.to_string());
        let mut trace = self.told(kind, id, &parts, about);
        if kind == Kind::Key && !self.rules().is_empty() {
            trace.rules = self.own_rules().controls.pop();
        }
        Ok(trace)
    }

    /// Puts in what people saw of the controls and requirements of a trace, and where that contradicts what was inspected.
    pub fn take_records(&self, trace: &mut Trace, found: Option<&Found>) {
        let controls: Vec<&str> = trace.controls.iter().map(|control| control.id.as_str()).collect();
        let requirements: Vec<&str> = trace.requirements.iter().map(|one| one.id.as_str()).collect();
        let (records, contradictions) =
            (self.of_things(&controls, &requirements), self.contradictions(&controls, &requirements, found));
        (trace.records, trace.contradictions) = (records, contradictions);
    }

    /// The control of the program's own that holds the entity to its declaration.
    fn own_rules(&self) -> Trace {
        let mut trace = self.told(Kind::Control, DECLARATION.to_owned(), &Parts::default(), None);
        let uses = self.rules().iter().map(|rule| UseNode {
            check: rule.check.clone(),
            at: None,
            targets: Some(rule.targets.clone()),
            parameters: serde_json::Map::new(),
            weaker: Vec::new(),
            expect_none: None,
            found: None,
        });
        trace.controls.push(ControlNode {
            id: DECLARATION.to_owned(),
            at: None,
            title: OWN_RULES.to_owned(),
            status: ControlStatus::Implemented,
            not_inspectable: None,
            threats: Vec::new(),
            requirements: Vec::new(),
            observed_every: None,
            task: None,
            documents: Vec::new(),
            checks: uses.collect(),
        });
        let of_rules = |one: &&Acceptance| one.control.as_ref().is_some_and(|control| control.as_str() == DECLARATION);
        let acceptances = self.declaration().acceptances.iter().filter(of_rules);
        trace.acceptances.extend(acceptances.map(|one| self.acceptance_node(one)));
        trace
    }

    /// The requirement with this id, with or without its standard. One that no catalogue has is found if a control names it.
    fn named(&self, id: &str) -> Option<RequirementId> {
        let whole = RequirementId::read(id).or_else(|| {
            let standard = self.declaration().system.standard.as_ref()?;
            RequirementId::read(&format!("{standard}:{id}"))
        })?;
        (self.requirement(&whole).is_some() || self.serving(&whole).next().is_some()).then_some(whole)
    }

    fn nothing_named(&self, id: &str, kind: Option<Kind>) -> Unanswerable {
        let declaration = self.declaration();
        let of = |one: Kind| kind.is_none_or(|kind| kind == one);
        let mut known: Vec<&str> = Vec::new();
        if of(Kind::Control) {
            known.extend(declaration.controls.iter().map(|one| one.id.as_str()));
        }
        if of(Kind::Threat) {
            known.extend(declaration.threats.iter().map(|one| one.id.as_str()));
        }
        if of(Kind::Key) {
            known.extend(declaration.keys.iter().map(|one| one.id.as_str()));
        }
        if of(Kind::Requirement) {
            known.extend(self.standards().iter().flat_map(|one| &one.requirements).map(|one| one.id.as_str()));
        }
        let what = kind.map_or("control, threat, key or requirement", Kind::as_str);
        Unanswerable::new(format!("there is no {what} `{id}`"), help_known(id, &known, "there are"))
    }

    /// From what the trace begins at to the rest: keys, threats, controls and requirements depend on each other in this order.
    fn fill(&self, kind: Kind, parts: &mut Parts<'d>) {
        let declaration = self.declaration();
        // Upwards from requirements and controls, downwards from keys and threats.
        if kind == Kind::Key {
            let keys = parts.keys.clone();
            parts
                .threats
                .extend(declaration.threats.iter().filter(|threat| keys.iter().any(|key| affects(threat, key))));
        }
        if matches!(kind, Kind::Key | Kind::Threat) {
            let answers = |control: &&Control| {
                parts.threats.iter().any(|threat| control.threats.iter().any(|one| one.value == threat.id.value))
            };
            parts.controls.extend(declaration.controls.iter().filter(answers));
        }
        if kind == Kind::Requirement {
            for requirement in &parts.requirements {
                parts.controls.extend(self.serving(requirement));
            }
        } else {
            for requirement in parts.controls.iter().flat_map(|control| &control.requirements) {
                if !parts.requirements.contains(&requirement.value) {
                    parts.requirements.push(requirement.value.clone());
                }
            }
        }
        if matches!(kind, Kind::Control | Kind::Requirement) {
            let named = |threat: &&Threat| {
                parts.controls.iter().any(|control| control.threats.iter().any(|one| one.value == threat.id.value))
            };
            parts.threats.extend(declaration.threats.iter().filter(named));
        }
        if kind != Kind::Key {
            let hurt = |key: &&Key| parts.threats.iter().any(|threat| affects(threat, key));
            parts.keys.extend(declaration.keys.iter().filter(hurt));
        }
    }

    fn told(&self, kind: Kind, id: String, parts: &Parts<'d>, about: Option<About>) -> Trace {
        let mine = |acceptance: &&Acceptance| {
            acceptance.control.as_ref().is_some_and(|of| parts.controls.iter().any(|one| one.id.value == of.value))
        };
        let named = |standard: &&Standard| parts.requirements.iter().any(|one| one.standard == standard.id);
        let notes = self.standards().iter().filter(named).flat_map(|standard| &standard.notes);
        Trace {
            kind,
            id,
            contradictions: Vec::new(),
            records: Vec::new(),
            notes: notes.cloned().collect(),
            keys: parts.keys.iter().map(|key| self.key_node(key)).collect(),
            threats: parts.threats.iter().map(|threat| self.threat_node(threat)).collect(),
            controls: parts.controls.iter().map(|control| self.control_node(control)).collect(),
            requirements: parts.requirements.iter().map(|id| self.requirement_node(id)).collect(),
            acceptances: self
                .declaration()
                .acceptances
                .iter()
                .filter(mine)
                .map(|one| self.acceptance_node(one))
                .collect(),
            key_aliases: Aliases::default(),
            about,
            rules: None,
        }
    }

    pub(crate) fn key_node(&self, key: &Key) -> KeyNode {
        let threats = self.declaration().threats.iter().filter(|threat| affects(threat, key));
        KeyNode {
            id: key.id.to_string(),
            at: self.place(key.id.at),
            class: key.class.to_string(),
            material: text(key.material.as_ref()),
            kept: kept_at(key),
            found: Vec::new(),
            holders: texts(&key.holders),
            wallets: texts(&key.wallets),
            reviewed: text(key.reviewed.as_ref()),
            threats: threats.map(|threat| threat.id.to_string()).collect(),
        }
    }

    pub(crate) fn threat_node(&self, threat: &Threat) -> ThreatNode {
        let declaration = self.declaration();
        let mut hurt = Vec::new();
        if let Some(affects) = &threat.affects {
            for (kind, ids) in [
                ("key", &affects.keys),
                ("class of keys", &affects.classes),
                ("wallet", &affects.wallets),
                ("target", &affects.targets),
                ("component", &affects.components),
                ("third party", &affects.third_parties),
            ] {
                hurt.extend(ids.iter().map(|id| format!("{kind} {id}")));
            }
        }
        let risks = declaration.risks.rows.iter().filter(|risk| risk.threat.value == threat.id.value);
        let parties =
            declaration.third_parties.iter().filter(|p| p.in_threats.iter().any(|t| t.value == threat.id.value));
        ThreatNode {
            id: threat.id.to_string(),
            at: self.place(threat.id.at),
            title: threat.title.value.clone(),
            category: text(threat.category.as_ref()),
            affects: hurt,
            risks: risks.map(|risk| self.risk_node(risk)).collect(),
            third_parties: parties.map(|party| party.id.to_string()).collect(),
            controls: self.answering(threat.id.as_str()).map(|control| control.id.to_string()).collect(),
            planned: planned(self.answering(threat.id.as_str())),
        }
    }

    pub(crate) fn risk_node(&self, risk: &Risk) -> RiskNode {
        let residual = risk.residual.as_ref();
        let treatment = serde_json::to_value(risk.treatment.value).ok();
        RiskNode {
            at: self.place(risk.threat.at),
            likelihood: risk.likelihood.value.clone(),
            impact: risk.impact.value.clone(),
            treatment: treatment.as_ref().and_then(Value::as_str).unwrap_or("unknown").to_owned(),
            owner: risk.owner.value.clone(),
            residual: residual.map(|one| one.level.value.clone()),
            within_tolerance: residual.and_then(|one| text(one.within_tolerance.as_ref())),
            accepted_by: residual.and_then(|one| text(one.accepted_by.as_ref())),
            accepted: residual.and_then(|one| text(one.accepted.as_ref())),
            monitored: text(risk.monitored.as_ref()),
        }
    }

    pub(crate) fn control_node(&self, control: &Control) -> ControlNode {
        let uses = control.checks.iter().map(|used| UseNode {
            check: used.check.to_string(),
            at: self.place(used.check.at),
            targets: used.on.as_deref().map(texts),
            parameters: used.with.to_json(),
            weaker: Vec::new(),
            expect_none: used.expect.as_ref().map(|expect| expect.none.value.clone()),
            found: None,
        });
        let documents = control.documents.iter().map(|document| DocumentNode {
            name: document.name().to_owned(),
            kind: text(document.kind.as_ref()),
            section: text(document.section.as_ref()),
            owner: text(document.owner.as_ref()),
        });
        ControlNode {
            id: control.id.to_string(),
            at: self.place(control.id.at),
            title: control.title.value.clone(),
            status: status(control),
            not_inspectable: text(control.not_inspectable.as_ref()),
            threats: texts(&control.threats),
            requirements: texts(&control.requirements),
            observed_every: control.observe.as_ref().map(|observe| observe.every.to_string()),
            task: control.task.as_ref().map(|task| TaskNode {
                every: text(task.every.as_ref()),
                detection_window: text(task.detection_window.as_ref()),
                because: text(task.because.as_ref()),
                records: text(task.records.as_ref()),
                done: task
                    .done
                    .iter()
                    .map(|done| DoneNode {
                        on: done.on.to_string(),
                        by: done.by.value.clone(),
                        record: text(done.record.as_ref()),
                    })
                    .collect(),
            }),
            documents: documents.collect(),
            checks: uses.collect(),
        }
    }

    fn requirement_node(&self, id: &RequirementId) -> RequirementNode {
        let entry = self.requirement(id).map(|(_, requirement)| requirement);
        let parties = self.declaration().third_parties.iter();
        RequirementNode {
            id: id.to_string(),
            level: entry.map(|one| one.level),
            demand: entry.map(|one| one.demand.clone()),
            not_applicable: self
                .not_applicable(id)
                .map(|one| Declined { reason: one.reason.value.clone(), at: self.place(one.requirement.at) }),
            inspect_condition: entry.and_then(|one| one.inspect_condition.clone()),
            controls: self.serving(id).map(|control| control.id.to_string()).collect(),
            planned: planned(self.serving(id)),
            third_parties: parties.filter(|p| p.covers.iter().any(|one| one.value == *id)).map(third_party).collect(),
        }
    }

    pub(crate) fn acceptance_node(&self, acceptance: &Acceptance) -> AcceptanceNode {
        AcceptanceNode {
            id: acceptance.id.to_string(),
            at: self.place(acceptance.id.at),
            control: text(acceptance.control.as_ref()).unwrap_or_default(),
            check: text(acceptance.check.as_ref()).unwrap_or_default(),
            subject: text(acceptance.subject.as_ref()).unwrap_or_default(),
            reason: acceptance.reason.value.clone(),
            approved_by: acceptance.approved_by.value.clone(),
            approved: acceptance.approved.to_string(),
            expires: acceptance.expires.to_string(),
        }
    }
}

impl Trace {
    /// The uses of checks whose findings belong into it.
    pub fn uses(&self) -> impl Iterator<Item = UseOf<'_>> {
        let controls = self.controls.iter().enumerate();
        controls.flat_map(|(number, control)| {
            control.checks.iter().enumerate().map(move |(at, used)| UseOf {
                place: UsePlace(number, at),
                control: &control.id,
                check: &used.check,
                targets: used.targets.as_deref(),
            })
        })
    }

    /// Whether a finding about this subject is shown one by one: in the trace of a key only one that names it.
    #[must_use]
    pub fn shows(&self, target: &str, subject: Option<(&str, &str)>) -> bool {
        let Some(about) = &self.about else { return true };
        let Some((kind, id)) = subject else { return false };
        if target == DECLARATION || target == JOINED {
            let of_inventory = kind == OF_DECLARATION || kind == joins::keys::KEY;
            return if of_inventory { id == about.key } else { about.found.iter().any(|found| found == id) };
        }
        let Some(place) = about.place.as_ref().filter(|place| place.target == target) else { return false };
        if about.found.iter().any(|found| found == id) {
            return true;
        }
        // The inventory names a token's key by its label, which stands between others in the id.
        if id.split('/').any(|part| part == place.key) {
            return true;
        }
        // An ARN ends with the alias, or with `key/` and the id.
        let before = id.strip_suffix(&place.key);
        before.is_some_and(|before| before.is_empty() || before.ends_with(':') || before.ends_with('/'))
    }

    /// Takes what a bundle found under the names of keys: the facts of one `joined/key`, by the key's id. An alias leads to a key this way.
    pub fn resolve(&mut self, key: &str, facts: &Value) {
        let found = || {
            let found = facts.get("found").and_then(Value::as_array).into_iter().flatten();
            found.filter_map(|one| one.get("id")?.as_str()).map(str::to_owned)
        };
        for node in self.keys.iter_mut().filter(|node| node.id == key) {
            node.found = found().take(MOST_FOUND).collect();
        }
        if let Some(about) = self.about.as_mut().filter(|about| about.key == key) {
            about.found.extend(found());
        }
    }

    /// For a trace that is filled from a bundle: with the program's own rules where they may name what it is about.
    #[must_use]
    pub fn with_rules(mut self) -> Self {
        self.controls.extend(self.rules.take());
        self
    }

    /// Marks the parameters of a use that demand less than its check does by default, as a plan or a bundle says. One use that is declared may be
    /// several that are sealed: each adds its own.
    pub fn mark_weaker(&mut self, control: &str, check: &str, targets: &[String], weaker: &[String]) {
        let controls = self.controls.iter_mut().filter(|one| one.id == control);
        for used in controls.flat_map(|one| &mut one.checks).filter(|used| used.check == check) {
            if used.targets.as_ref().is_none_or(|of_use| of_use.iter().any(|target| targets.contains(target))) {
                used.weaker.extend_from_slice(weaker);
                used.weaker.sort();
                used.weaker.dedup();
            }
        }
    }

    /// Puts in what a bundle found: every use has an entry then, an empty one where there is no finding.
    pub fn take(&mut self, mut found: BTreeMap<UsePlace, UseFound>) {
        for (number, control) in self.controls.iter_mut().enumerate() {
            for (at, used) in control.checks.iter_mut().enumerate() {
                used.found = Some(found.remove(&UsePlace(number, at)).unwrap_or_default());
            }
        }
        if self.about.is_some() {
            for rules in self.controls.iter_mut().filter(|control| control.id == DECLARATION) {
                rules.checks.retain(|used| used.found.as_ref().is_some_and(|found| !found.findings.is_empty()));
            }
            self.controls.retain(|control| control.id != DECLARATION || !control.checks.is_empty());
        }
    }
}

fn kept_at(key: &Key) -> Option<KeptAt> {
    key.place.as_ref().map(|place| KeptAt { target: place.target.to_string(), key: place.key.value.clone() })
}

/// Whether a threat hurts a key: by its id, by its class, by one of its wallets, or by the target that holds it.
fn affects(threat: &Threat, key: &Key) -> bool {
    threat.affects.as_ref().is_some_and(|hurt| {
        hurt.keys.iter().any(|one| one.value == key.id.value)
            || hurt.classes.iter().any(|one| one.value == key.class.value)
            || hurt.wallets.iter().any(|one| key.wallets.iter().any(|wallet| wallet.value == one.value))
            || key.place.as_ref().is_some_and(|place| hurt.targets.iter().any(|one| one.value == place.target.value))
    })
}

/// The ids of those that are planned.
fn planned<'d>(controls: impl Iterator<Item = &'d Control>) -> Vec<String> {
    controls.filter(|control| status(control) == ControlStatus::Planned).map(|control| control.id.to_string()).collect()
}

pub fn text(value: Option<&impl ToString>) -> Option<String> {
    value.map(ToString::to_string)
}

pub fn texts(values: &[impl ToString]) -> Vec<String> {
    values.iter().map(ToString::to_string).collect()
}
