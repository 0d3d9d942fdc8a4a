//! Requirement by requirement: what stands for it, by which methods it can be looked at, and what is missing.

use std::collections::{BTreeMap, BTreeSet};

use declaration::{
    Control, ControlStatus, Designation, DocumentUse, Method, Reach, Requirement, RequirementId, Standard, ThirdParty,
    Wanted,
};
use diagnose::Id;
use model::record::Counts;
use schemars::JsonSchema;
use serde::Serialize;

use crate::found::{Found, sum};
use crate::links::{Links, Place, Unanswerable, status};
use crate::records::{Contradiction, RecordRow, RecordTotals, Weight};

/// All requirements of a standard up to a level.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Gaps {
    pub standard: String,
    pub level: u32,
    /// What a reader has to know of the catalogue.
    pub notes: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub designation: Option<Designation>,
    /// Where people's records say otherwise than what was inspected, or than each other. They come first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub contradictions: Vec<Contradiction>,
    pub totals: Totals,
    /// Absent where nobody looked for records of persons.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub records: Option<RecordTotals>,
    /// In the catalogue's order.
    pub requirements: Vec<RequirementGaps>,
}

/// Numbers over all requirements. Those that are declared not to apply are in `requirements` and `not_applicable` only. Planned controls
/// are in none of them.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub struct Totals {
    pub requirements: u64,
    pub not_applicable: u64,
    pub with_control: u64,
    /// Those that only planned controls serve are among them.
    pub without_control: u64,
    /// At least one of its controls answers a threat.
    pub with_threat: u64,
    /// At least one of its controls uses a check.
    pub with_check: u64,
    pub methods: BTreeMap<Method, MethodTotals>,
}

/// In how many requirements a method is expected, and in what state it is there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct MethodTotals {
    pub expected: u64,
    pub covered: u64,
    pub prepared: u64,
    pub open: u64,
}

/// One requirement.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct RequirementGaps {
    /// With its standard: `name-version:item`.
    pub id: String,
    /// The title of its group.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub aspect: Option<String>,
    pub level: u32,
    pub demand: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reach: Option<Reach>,
    /// When an inspection is expected, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inspect_condition: Option<String>,
    /// The reason for which it is declared not to apply, and where.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_applicable: Option<Declined>,
    /// The controls that say they serve it, in the order declared, planned ones too.
    pub controls: Vec<ControlRow>,
    /// Ids of the threats that those of them that are implemented answer.
    pub threats: Vec<String>,
    /// Third parties that are declared to cover it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub third_parties: Vec<ThirdPartyRow>,
    /// The methods that the catalogue asks for. Empty where it does not apply.
    pub methods: BTreeMap<Method, MethodState>,
    /// What the checks of its implemented controls found; absent without a bundle.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub findings: Option<Counts>,
    /// What people saw of it, or of its controls that are in place.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub records: Vec<RecordRow>,
    pub missing: Vec<Missing>,
}

/// Why something does not apply, and where that is declared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Declined {
    pub reason: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<Place>,
}

/// One control that serves a requirement.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ControlRow {
    pub id: String,
    pub title: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<Place>,
    pub status: ControlStatus,
    pub threats: Vec<String>,
    pub checks: Vec<String>,
    /// Why no configuration can show it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_inspectable: Option<String>,
    pub documents: Vec<String>,
    /// It is a recurring task of people.
    pub task: bool,
    /// Absent without a bundle.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub findings: Option<Counts>,
}

impl ControlRow {
    /// Whether it is in place: a planned control serves no requirement yet.
    #[must_use]
    pub fn is_implemented(&self) -> bool {
        self.status == ControlStatus::Implemented
    }
}

/// A third party that is declared to cover a requirement. What it certifies is its own system, not its customer's.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ThirdPartyRow {
    pub id: String,
    pub role: String,
    /// Standard, level and last day of its certificate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certificate: Option<String>,
    /// The day of the last review, whether it is declared as that day or as one of the reviews.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reviewed: Option<String>,
}

/// How far a method got.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// There is evidence by this method.
    Covered,
    /// The entity has something that an auditor can look at by it.
    Prepared,
    /// There is nothing.
    Open,
}

impl State {
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Covered => "covered",
            Self::Prepared => "prepared",
            Self::Open => "open",
        }
    }
}

/// A method of a requirement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct MethodState {
    pub wanted: Wanted,
    pub state: State,
    /// What it rests on: documents, records and folders of them, checks.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub by: Vec<String>,
}

/// Something that is missing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Missing {
    /// For programs; docs/gaps.md lists all.
    pub code: &'static str,
    pub text: String,
}

impl Missing {
    fn new(code: &'static str, text: impl Into<String>) -> Self {
        Self { code, text: text.into() }
    }
}

impl Links<'_> {
    /// All requirements of a standard up to a level, by default the declared ones; with what a bundle found, if there is one.
    ///
    /// # Errors
    /// Where standard or level are not known.
    pub fn gaps(
        &self,
        standard: Option<&str>,
        level: Option<u32>,
        found: Option<&Found>,
    ) -> Result<Gaps, Unanswerable> {
        let system = &self.declaration().system;
        let standard = self.standard(standard)?;
        let highest = standard.highest_level();
        let Some(level) = level.or_else(|| system.level.as_ref().map(|level| level.value)) else {
            let help = format!("name one with `--level`: `{}` has levels 1 to {highest}", standard.id);
            return Err(Unanswerable::new("the declaration names no level under `system`", Some(help)));
        };
        if level == 0 || level > highest {
            let problem = format!("`{}` has levels 1 to {highest}, and no level {level}", standard.id);
            return Err(Unanswerable::new(problem, None));
        }
        let within = standard.requirements.iter().filter(|requirement| requirement.level <= level);
        let requirements: Vec<RequirementGaps> =
            within.map(|requirement| self.requirement_gaps(standard, requirement, found)).collect();
        let controls: BTreeSet<&str> =
            requirements.iter().flat_map(|one| &one.controls).map(|control| control.id.as_str()).collect();
        let controls: Vec<&str> = controls.into_iter().collect();
        let ids: Vec<&str> = requirements.iter().map(|one| one.id.as_str()).collect();
        let shown = requirements.iter().flat_map(|one| &one.records);
        let shown: Vec<(String, u64)> = shown.map(|row| (row.record.id.clone(), row.record.bundle)).collect();
        Ok(Gaps {
            contradictions: self.contradictions(&controls, &ids, found),
            records: self.record_totals(&shown),
            standard: standard.id.clone(),
            level,
            notes: standard.notes.clone(),
            designation: system.designation.as_ref().map(|designation| designation.value),
            totals: totals(&requirements),
            requirements,
        })
    }

    fn requirement_gaps(
        &self,
        standard: &Standard,
        requirement: &Requirement,
        found: Option<&Found>,
    ) -> RequirementGaps {
        let id = RequirementId { standard: standard.id.clone(), item: requirement.id.clone() };
        let controls: Vec<ControlRow> = self.serving(&id).map(|control| self.control_row(control, found)).collect();
        let serving: Vec<&Control> =
            self.serving(&id).filter(|control| status(control) == ControlStatus::Implemented).collect();
        let mut threats: Vec<String> = Vec::new();
        for threat in implemented(&controls).flat_map(|control| &control.threats) {
            if !threats.contains(threat) {
                threats.push(threat.clone());
            }
        }
        let declined = self.not_applicable(&id);
        let records = self.of_requirement(&id);
        let methods: BTreeMap<Method, MethodState> = match declined {
            Some(_) => BTreeMap::new(),
            None => {
                let state = |(method, wanted): (&Method, &Wanted)| {
                    (*method, self.method_state(*method, *wanted, &serving, found, &records))
                };
                requirement.methods.iter().map(state).collect()
            }
        };
        let missing = match declined {
            Some(_) => contradictions(&controls),
            None => {
                missing(requirement, &controls, &methods, serving.iter().any(|one| self.external(one).next().is_some()))
            }
        };
        let third_parties = self.declaration().third_parties.iter();
        RequirementGaps {
            aspect: requirement.aspect.as_ref().map(|aspect| title(standard, aspect)),
            level: requirement.level,
            demand: requirement.demand.clone(),
            reach: requirement.reach,
            inspect_condition: requirement.inspect_condition.clone(),
            not_applicable: declined
                .map(|one| Declined { reason: one.reason.value.clone(), at: self.place(one.requirement.at) }),
            threats,
            third_parties: third_parties
                .filter(|party| party.covers.iter().any(|one| one.value == id))
                .map(third_party)
                .collect(),
            methods,
            findings: found
                .map(|_| implemented(&controls).filter_map(|control| control.findings).fold(Counts::default(), sum)),
            missing,
            controls,
            records,
            id: id.to_string(),
        }
    }

    /// The documents of a control that somebody else wrote: an external text alone is not the entity's own policy.
    fn external<'c>(&self, control: &'c Control) -> impl Iterator<Item = &'c DocumentUse> + use<'c, '_> {
        let documents = &self.declaration().documents;
        let others = |id: &Id| {
            documents
                .iter()
                .any(|one| one.id.value == *id && one.external.as_ref().is_some_and(|external| external.value))
        };
        control.documents.iter().filter(move |used| used.document.as_ref().is_some_and(|id| others(&id.value)))
    }

    /// What the implemented controls, what was found, and what people saw give for one method. Only findings and records of auditors cover one:
    /// whatever else there is, is the entity's own material for somebody who reviews, watches or asks.
    fn method_state(
        &self,
        method: Method,
        wanted: Wanted,
        serving: &[&Control],
        found: Option<&Found>,
        records: &[RecordRow],
    ) -> MethodState {
        let mut by: Vec<String> = Vec::new();
        let mut covered = false;
        for control in serving {
            match method {
                Method::Review => {
                    let external: Vec<&str> = self.external(control).map(DocumentUse::name).collect();
                    let own = control.documents.iter().map(DocumentUse::name).filter(|name| !external.contains(name));
                    by.extend(own.map(str::to_owned));
                    let done = control.task.iter().flat_map(|task| &task.done).filter_map(|done| done.record.as_ref());
                    let records = control.task.iter().filter_map(|task| task.records.as_ref());
                    by.extend(records.chain(done).map(|record| record.value.clone()));
                }
                Method::Inspect => {
                    for used in &control.checks {
                        covered |= found.is_some_and(|f| f.definite(control.id.as_str(), used.check.as_str()) > 0);
                        by.push(used.check.to_string());
                    }
                }
                // Nothing that is declared says that somebody watched, or asked.
                Method::Observe | Method::Interview => {}
            }
        }
        for row in records.iter().filter(|row| row.record.method == method && row.counts != Weight::Expired) {
            covered |= row.counts == Weight::Covers;
            by.push(format!("record {}", row.record.id));
        }
        by.sort_unstable();
        by.dedup();
        let state = match (covered, by.is_empty()) {
            (true, _) => State::Covered,
            (false, false) => State::Prepared,
            (false, true) => State::Open,
        };
        MethodState { wanted, state, by }
    }

    fn control_row(&self, control: &Control, found: Option<&Found>) -> ControlRow {
        let checks: BTreeSet<&str> = control.checks.iter().map(|used| used.check.as_str()).collect();
        let of_use = |found: &Found| {
            checks.iter().filter_map(|check| found.of_use(control.id.as_str(), check)).fold(Counts::default(), sum)
        };
        ControlRow {
            id: control.id.to_string(),
            title: control.title.value.clone(),
            at: self.place(control.id.at),
            status: status(control),
            not_inspectable: control.not_inspectable.as_ref().map(ToString::to_string),
            threats: control.threats.iter().map(ToString::to_string).collect(),
            findings: found.map(of_use),
            documents: control.documents.iter().map(|document| document.name().to_owned()).collect(),
            task: control.task.is_some(),
            checks: checks.into_iter().map(str::to_owned).collect(),
        }
    }
}

fn implemented(controls: &[ControlRow]) -> impl Iterator<Item = &ControlRow> {
    controls.iter().filter(|control| control.is_implemented())
}

/// The group as it is shown: its id and its title.
fn title(standard: &Standard, aspect: &str) -> String {
    standard.aspects.get(aspect).map_or_else(|| aspect.to_owned(), |title| format!("{aspect} {title}"))
}

pub fn third_party(party: &ThirdParty) -> ThirdPartyRow {
    let reviews = party.reviews.iter().map(|review| review.on.value);
    let reviewed = party.reviewed.iter().map(|day| day.value).chain(reviews).max();
    ThirdPartyRow {
        id: party.id.to_string(),
        role: party.role.to_string(),
        certificate: party
            .certificate
            .as_ref()
            .map(|held| format!("{}, level {}, until {}", held.standard, held.level, held.expires)),
        reviewed: reviewed.map(|day| day.to_string()),
    }
}

fn missing(
    requirement: &Requirement,
    controls: &[ControlRow],
    methods: &BTreeMap<Method, MethodState>,
    external: bool,
) -> Vec<Missing> {
    if controls.is_empty() {
        return vec![Missing::new("no-control", "no control serves it")];
    }
    let mut missing = Vec::new();
    let only_planned = implemented(controls).next().is_none();
    if only_planned {
        let text = "no control serves it yet: those that say so are planned";
        missing.push(Missing::new("only-planned", text));
    }
    for control in controls.iter().filter(|control| control.threats.is_empty()) {
        missing.push(Missing::new("no-threat", format!("control `{}` answers no threat", control.id)));
    }
    if only_planned {
        return missing;
    }
    let open = |method: Method| {
        methods.get(&method).is_some_and(|one| one.wanted == Wanted::Expected && one.state == State::Open)
    };
    if open(Method::Review) {
        let text = if external {
            "the documents of its controls are somebody else's: an external text alone is not the entity's own policy"
        } else {
            "none of its controls names a document, or records of a task"
        };
        missing.push(Missing::new("no-document", text));
    }
    // A control that says why no configuration shows it is judged by its word: the reason is in the table, for whoever reads it.
    if open(Method::Inspect) && implemented(controls).any(|control| control.not_inspectable.is_none()) {
        let text = match requirement.reach {
            Some(Reach::D) => "none of its controls uses a check, and reading configuration cannot show it",
            Some(Reach::C) => {
                "none of its controls uses a check; reading configuration shows no more of it than the entity's own registers"
            }
            _ => "none of its controls uses a check",
        };
        missing.push(Missing::new("no-check", text));
    }
    let inspect = methods.get(&Method::Inspect);
    let bundle = implemented(controls).any(|control| control.findings.is_some());
    if bundle && inspect.is_some_and(|one| one.state == State::Prepared) {
        let text = "no finding of its checks says anything definite about a target that was no rehearsal";
        missing.push(Missing::new("nothing-inspected", text));
    }
    missing
}

fn contradictions(controls: &[ControlRow]) -> Vec<Missing> {
    let said = |control: &ControlRow| {
        let text = format!("it is declared not to apply, and control `{}` says that it serves it", control.id);
        Missing::new("applies-after-all", text)
    };
    controls.iter().map(said).collect()
}

fn totals(requirements: &[RequirementGaps]) -> Totals {
    let mut totals = Totals::default();
    for one in requirements {
        totals.requirements += 1;
        if one.not_applicable.is_some() {
            totals.not_applicable += 1;
            continue;
        }
        let served = implemented(&one.controls).next().is_some();
        *(if served { &mut totals.with_control } else { &mut totals.without_control }) += 1;
        totals.with_threat += u64::from(!one.threats.is_empty());
        totals.with_check += u64::from(implemented(&one.controls).any(|control| !control.checks.is_empty()));
        for (method, state) in one.methods.iter().filter(|(_, state)| state.wanted == Wanted::Expected) {
            let of = totals.methods.entry(*method).or_default();
            of.expected += 1;
            match state.state {
                State::Covered => of.covered += 1,
                State::Prepared => of.prepared += 1,
                State::Open => of.open += 1,
            }
        }
    }
    totals
}
