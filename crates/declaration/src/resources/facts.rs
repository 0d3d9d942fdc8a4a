//! What is sealed of each declared thing. A member that was not written is `null`, a list of which nothing was written is empty.

use std::collections::BTreeMap;

use model::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::declared::{ControlStatus, Designation, Treatment};

/// A declared date.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub struct Day {
    pub date: Date,
    /// Its first second in UTC, in seconds since 1970.
    pub epoch: i64,
}

/// What the ledger saw of a declared thing. Times are the beginnings of runs, in seconds since 1970.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct SeenFacts {
    /// The first bundle with a declaration. What is dated before that the ledger cannot know.
    pub ledger_since: i64,
    /// For each part that is a date, or holds one, the first bundle that has it with this value.
    pub dates: BTreeMap<String, i64>,
    /// The bundle in which what it rests on was last seen to differ from the one before: of a threat its title, category and what it affects; of a
    /// risk its threat; of a part that is reviewed as a whole, and of the system, the environment. `null`: it was not.
    pub changed: Option<i64>,
    /// The first bundle that has it, without one between that had not.
    pub first: i64,
    /// Of a task: the first bundle that has one of the threats that its control answers. `null` of everything else, and where it answers none.
    pub threats: Option<i64>,
}

/// `declaration/system`: the system that is audited, and how much is declared of it.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct SystemFacts {
    pub designation: Option<Designation>,
    /// With its version.
    pub standard: Option<String>,
    pub level: Option<u32>,
    /// How many are declared.
    pub keys: usize,
    pub threats: usize,
    pub controls: usize,
    pub third_parties: usize,
    pub threat_model: bool,
    pub compromise_plan: bool,
    /// Categories that some threat has, ascending.
    pub categories: Vec<String>,
    /// Categories that the threat model declines.
    pub declined: Vec<DeclinedFacts>,
    /// Ids of the roles of executive management.
    pub executives: Vec<String>,
    /// Things of the declared files that belong to other systems of the entity: they are sealed with them, and not among these.
    pub of_other_systems: usize,
    /// What the risk register is said to follow; `null`: nothing is said.
    pub framework: Option<String>,
    /// Rows of the risk register.
    pub risks: usize,
    /// SHA-256 over the declared targets, keys with class and place, components and third parties, in hexadecimal digits.
    pub environment: String,
    /// Added by a run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seen: Option<SeenFacts>,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct DeclinedFacts {
    pub category: String,
    pub reason: String,
}

/// `declaration/threat`.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ThreatFacts {
    pub title: String,
    pub category: Option<String>,
    pub affects: AffectsFacts,
    /// The controls that name it.
    pub controls: Vec<AnsweringControl>,
    /// Its rows of the risk register.
    pub risks: Vec<String>,
    /// Those of its rows by which it is borne: the treatment is `accept`, and somebody accepted the residual risk on some day.
    pub accepted: Vec<AcceptedFacts>,
    /// Added by a run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seen: Option<SeenFacts>,
}

/// A row of the risk register by which a threat is borne.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct AcceptedFacts {
    pub id: String,
    pub on: Day,
    /// Whether who accepted it has a declared role of executive management.
    pub executive: bool,
}

/// What a threat can hurt: ids of things of this system. Third parties also where they name the threat themselves.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub struct AffectsFacts {
    pub keys: Vec<String>,
    pub targets: Vec<String>,
    pub components: Vec<String>,
    pub third_parties: Vec<String>,
    pub wallets: Vec<String>,
    pub classes: Vec<String>,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct AnsweringControl {
    pub id: String,
    pub status: ControlStatus,
}

/// `declaration/risk`: a row of the risk register.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct RiskFacts {
    pub threat: String,
    pub likelihood: String,
    pub impact: String,
    pub treatment: Treatment,
    pub owner: String,
    /// The level of what remains.
    pub residual: Option<String>,
    /// The rule of tolerance that it is said to be within.
    pub tolerance: Option<ToleranceFacts>,
    pub accepted_by: Option<AcceptorFacts>,
    pub accepted: Option<Day>,
    pub monitored: Option<Day>,
    /// Added by a run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seen: Option<SeenFacts>,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ToleranceFacts {
    pub id: String,
    /// The levels that are within it; `null`: no such rule is stated.
    pub levels: Option<Vec<String>>,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct AcceptorFacts {
    pub name: String,
    /// The declared role of this id or title.
    pub role: Option<String>,
    /// Whether that role belongs to executive management.
    pub executive: bool,
}

/// `declaration/control`.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ControlFacts {
    pub title: String,
    pub requirements: Vec<String>,
    pub threats: Vec<String>,
    pub status: ControlStatus,
    /// The checks that it uses.
    pub checks: Vec<String>,
    pub not_inspectable: Option<String>,
    /// Ids and paths of the documents that describe it.
    pub documents: Vec<String>,
    /// Whether people do it again and again.
    pub task: bool,
    /// How often it is to be observed; `null`: as often as the system is.
    pub every_seconds: Option<u64>,
    /// So long after it was due an observation still counts; `null`: half the interval.
    pub grace_seconds: Option<u64>,
    /// Added by a run; `null`: it has no interval of its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observed: Option<ObservedFacts>,
}

/// Whether runs came as often as a control declares. Times are the beginnings of runs, in seconds since 1970.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ObservedFacts {
    /// The first bundle that has the control with an interval.
    pub since: i64,
    /// Times in which it was due and not observed, ascending.
    #[schemars(extend("x-ordered" = true))]
    pub gaps: Vec<GapFacts>,
}

/// Two runs after each other that are further apart than a control declares.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct GapFacts {
    pub after: i64,
    pub until: i64,
    /// As it was declared then.
    pub every_seconds: i64,
    /// How often it was due in between.
    pub missed: i64,
}

/// `declaration/task`: what people do again and again for a control; its id is the control's.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct TaskFacts {
    /// As written.
    pub every: Option<String>,
    /// As written.
    pub detection_window: Option<String>,
    /// Whether the window is as long as the time from one to the next, in whatever months; `null` where one of both is not written.
    pub window_covers_every: Option<bool>,
    pub because: Option<String>,
    /// Threats of the control that the reason names.
    pub because_of: Vec<String>,
    /// Threats that the control answers.
    pub threats: Vec<String>,
    /// The folder of its records.
    pub records: Option<String>,
    pub done: Vec<DoneFacts>,
    /// Times that came too late: of each the day on which it was due, and the one on which it was done at last.
    pub late: Vec<LateFacts>,
    /// The last day on which it was done.
    pub last_done: Option<Day>,
    /// The last day on which it is due again.
    pub due: Option<Day>,
    /// The first day on which the threat model is declared to have been reviewed; `null`: none is declared.
    pub model_since: Option<Day>,
    /// What is in the folder of its records; `null`: none is named.
    pub kept: Option<KeptFacts>,
    /// So many days after its due day it still counts for it. As written.
    pub grace: Option<String>,
    /// Added by a run; `null`: it is not declared how often.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operated: Option<OperatedFacts>,
    /// Added by a run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seen: Option<SeenFacts>,
}

/// The due days of a task, counted from the first, and what met them.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct OperatedFacts {
    /// From which the due days are counted: the earliest day that the first bundle with the task declares, or that bundle's.
    pub from: Day,
    /// Due days until now, ascending.
    #[schemars(extend("x-ordered" = true))]
    pub days: Vec<DueFacts>,
    /// For each declared day the first bundle that has it: the beginning of its run, in seconds since 1970.
    pub seen: BTreeMap<String, i64>,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct DueFacts {
    pub due: Day,
    /// The last day that still meets it.
    pub until: Day,
    /// The day that meets it; `null`: none is declared.
    pub done: Option<Day>,
    /// What shows it.
    pub record: Option<String>,
    /// Whether that was after the due day.
    pub late: bool,
    /// The first bundle that has that day: the beginning of its run, in seconds since 1970.
    pub seen: Option<i64>,
}

/// What a folder of records holds. The records themselves are not sealed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct KeptFacts {
    /// Files and folders in it, but for those whose names begin with a dot; `null`: it could not be read.
    pub entries: Option<usize>,
    /// Why it could not be read.
    pub because: Option<String>,
    /// Records that the declaration names and that are not among them; none where it could not be read.
    pub missing: Vec<String>,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct LateFacts {
    pub due: Day,
    pub done: Day,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct DoneFacts {
    pub on: Day,
    pub by: String,
    pub record: Option<String>,
}

/// `declaration/key`: a key of the inventory.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct KeyFacts {
    pub class: String,
    pub material: Option<String>,
    pub spec: Option<String>,
    pub origin: Option<String>,
    pub at: Option<KeyPlaceFacts>,
    pub location: Option<String>,
    /// Keys that it is a backup of.
    pub backup_of: Vec<String>,
    pub holders: Vec<String>,
    pub wallets: Vec<KeyWallet>,
    pub reviewed: Option<Day>,
    /// Threats that name the key itself.
    pub named_by: Vec<String>,
    /// Threats that name its class, one of its wallets or its target.
    pub covered_by: Vec<String>,
    /// Whether the compromise plan answers for its class.
    pub in_compromise_plan: bool,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct KeyPlaceFacts {
    pub target: String,
    pub key: String,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct KeyWallet {
    pub id: String,
    /// Signatures that a transfer from it needs; `null`: not declared.
    pub signatures: Option<u32>,
}

/// `declaration/wallet`.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct WalletFacts {
    pub title: String,
    pub signatures: Option<SignaturesFacts>,
    #[schemars(extend("x-ordered" = true))]
    pub workflow: Vec<StepFacts>,
    /// Keys that sign for it.
    pub keys: Vec<String>,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct SignaturesFacts {
    pub needed: u32,
    pub of: u32,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct StepFacts {
    pub what: String,
    /// Roles.
    pub by: Vec<String>,
}

/// `declaration/holder`: a person who holds or uses keys.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct HolderFacts {
    pub identities: Vec<IdentityFacts>,
    /// Keys that name the person.
    pub keys: Vec<String>,
    pub roles: Vec<String>,
    pub acknowledged: Option<Day>,
    pub trained: Option<Day>,
    /// As written.
    pub train_every: Option<String>,
    /// The last day on which training is due again, by `train_every`.
    pub training_due: Option<Day>,
    /// The last day on which they had any duty.
    pub left: Option<Day>,
    /// Added by a run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seen: Option<SeenFacts>,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct IdentityFacts {
    pub target: String,
    pub identity: String,
}

/// `declaration/role`.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct RoleFacts {
    pub title: String,
    pub executive: bool,
    /// Key holders who have it.
    pub holders: Vec<String>,
}

/// `declaration/third-party`.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ThirdPartyFacts {
    pub role: String,
    /// Threats in which it stands: those that it names, and those that name it.
    pub threats: Vec<String>,
    /// Keys that it holds a part of, can use, or can keep from being used.
    pub keys: Vec<String>,
    pub certificate: Option<CertificateFacts>,
    /// Requirements that it meets in the entity's stead.
    pub covers: Vec<String>,
    /// Those of them that its certificate does not cover: of another standard, of a higher level, or not among those it is for.
    pub uncovered: Vec<String>,
    /// The last review.
    pub reviewed: Option<Day>,
    /// As written.
    pub review_every: Option<String>,
    /// The last day on which a review is due again, by `review_every`.
    pub review_due: Option<Day>,
    pub reviews: Vec<ReviewFacts>,
    /// What it is called where it is found.
    pub seen_as: Vec<SeenAsFacts>,
    /// Added by a run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seen: Option<SeenFacts>,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct SeenAsFacts {
    /// `account`, `organization`, `issuer`, `tenant`, `app`, `collaborator`, `host`, `cloud`.
    pub kind: String,
    pub name: String,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct CertificateFacts {
    pub standard: String,
    pub system: String,
    pub level: u32,
    pub expires: Day,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ReviewFacts {
    pub on: Day,
    pub by: String,
    pub looked_at: Option<String>,
    pub changed: Option<String>,
}

/// `declaration/component`.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ComponentFacts {
    pub name: Option<String>,
    /// Ids of the records that show it.
    pub evidence: Vec<String>,
    /// Threats that name it.
    pub threats: Vec<String>,
}

/// `declaration/exclusion`.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ExclusionFacts {
    pub what: String,
    pub reason: String,
    pub approved_by: Option<String>,
    pub approved: Option<Day>,
    /// What it is called where it is found.
    pub seen_as: Vec<SeenAsFacts>,
}

/// `declaration/document`.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct DocumentFacts {
    pub title: String,
    #[serde(rename = "type")]
    pub kind: String,
    /// Where it is sealed, relative to the declaration's folder; `null`: it is private.
    pub path: Option<String>,
    /// As declared, in hexadecimal digits.
    pub sha256: Option<String>,
    /// Of the file that is sealed.
    pub sealed_sha256: Option<String>,
    pub version: Option<String>,
    pub owner: Option<String>,
    pub approved_by: Option<String>,
    pub approved: Option<Day>,
    pub reviewed: Option<Day>,
    /// As written.
    pub review_every: Option<String>,
    /// The last day on which a review is due again, by `review_every`, after the last review or the approval.
    pub review_due: Option<Day>,
    pub external: bool,
    /// Added by a run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seen: Option<SeenFacts>,
}

/// `declaration/acceptance`.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct AcceptanceFacts {
    pub reason: String,
    pub approved_by: String,
    pub approved: Day,
    pub expires: Day,
    pub control: Option<String>,
    pub check: Option<String>,
    pub subject: Option<String>,
    pub target: Option<String>,
    /// Whether its control uses its check; `null`: it is about a gap.
    pub used: Option<bool>,
    /// Added by a run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seen: Option<SeenFacts>,
}

/// `declaration/reviewed-part`: what is reviewed as a whole. `threat-model`, `risk-register`, `key-inventory`, `compromise-plan`.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ReviewedPartFacts {
    /// As written.
    pub review_every: Option<String>,
    pub reviews: Vec<ReviewFacts>,
    /// The latest of them.
    pub last: Option<ReviewFacts>,
    /// The last day on which a review is due again, by `review_every`.
    pub due: Option<Day>,
    /// Added by a run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seen: Option<SeenFacts>,
}
