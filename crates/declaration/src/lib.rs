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
mod parameters;
mod placeholders;
mod plan;
mod references;
mod schema;
mod unjudged;

pub use catalogue::{CatalogueError, Method, Reach, Requirement, Standard, Wanted, catalogue_schema};
pub use declared::{
    Acceptance, Affects, Certificate, CheckUse, Columns, Component, Control, Declaration, Designation, Document,
    Expect, Identities, Key, KeyHolder, KeyPlace, LedgerSettings, NotApplicable, Observe, Parameters, Residual, Review,
    Risk, RiskImport, Risks, Settings, System, Target, Task, ThirdParty, Threat, ThreatModel, Treatment,
};
pub use environment::{CheckCatalogue, CheckMeta, CheckSubject, CollectorInfo, Environment};
pub use ids::{CheckId, Origin, RequirementId, StandardId};
pub use load::{Attachment, DeclaredFile, Loaded, Loader, load};
pub use plan::{
    Assignment, Plan, PlannedAcceptance, PlannedCollector, PlannedControl, PlannedLedger, PlannedSystem, PlannedTarget,
    check, plan,
};
pub use schema::declaration_schema;
pub use unjudged::not_judged_yet;
