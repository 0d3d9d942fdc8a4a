//! The declaration: read and checked with diagnostics (`diagnose`), resolved to a plan.
//!
//! Pure: no clock, network, environment or file system. Files come through a [`Loader`], the moment through arguments.
//! Format and meaning: `docs/spec/declaration.md`.
//!
//! ```text
//! load(path, loader) ─ Loaded ─┬─ check(&loaded, &environment) ─ diagnostics
//!                              └─ plan(&loaded, &environment)  ─ Plan
//! ```

mod catalogue;
mod declared;
mod environment;
mod ids;
mod load;
mod members;
mod own_rules;
mod parameters;
mod person;
mod placeholders;
mod plan;
mod planned;
mod redaction;
mod references;
mod registers;
mod resources;
mod schema;
mod steering;
mod systems;
mod unjudged;

pub use catalogue::{CatalogueError, Method, Reach, Requirement, Standard, Wanted, catalogue_schema};
pub use declared::{
    Acceptance, Affects, Certificate, CheckUse, Columns, Component, CompromisePlan, Control, ControlStatus,
    Declaration, Declined, Designation, Document, DocumentUse, Done, Exclusion, Expect, Identities, Import, Key,
    KeyHolder, KeyInventory, KeyPlace, LedgerSettings, NamedSystem, NotApplicable, Observe, Parameters, Residual,
    Review, Risk, RiskRegister, Role, Rows, SeenAs, Separator, Settings, Signatures, Step, System, Target, Task,
    ThirdParty, Threat, ThreatModel, Tolerance, Treatment, Values, Wallet,
};
pub use environment::{CheckCatalogue, CheckMeta, CheckSubject, CollectorInfo, Environment, Reads};
pub use ids::{CheckId, Origin, RequirementId, Sha256, StandardId};
pub use load::{Attachment, DeclaredFile, Loaded, Loader, load};
pub use own_rules::OWN_RULES;
pub use person::{
    FormAgainst, FormAttachment, FormMethod, FormRole, FormSays, RECORD_TEMPLATE, ReadForm, RecordForm, read_form,
    record_schema,
};
pub use plan::{check, plan, uses};
pub use planned::{
    Assignment, Plan, PlannedAcceptance, PlannedCollector, PlannedControl, PlannedLedger, PlannedSystem, PlannedTarget,
};
pub use redaction::{
    Glob, MOST_RULES, PlanRule, RedactionPlan, RuleFault, RulePart, Selector, WithholdRule, WrittenRule,
    read_redaction_plan,
};
pub use resources::{
    Before, DECLARATION, DeclaredKind, DeclaredThing, JOINED, KeptFacts, SEEN, ThingError, WrittenAt, carry_on,
    is_watched, kinds, seen_parts,
};
pub use schema::declaration_schema;
pub use unjudged::{Judged, Unjudged, UnjudgedMember, judged, judged_by, notes};
