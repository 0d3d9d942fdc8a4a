//! What a custodian withholds from a copy of a bundle: rules, and the plan that has them (`docs/operating.md`, *Give an auditor less*).

mod glob;
mod plan;
mod rule;

pub use glob::Glob;
pub use plan::{MOST_RULES, PlanRule, RedactionPlan, read_redaction_plan};
pub use rule::{RuleFault, RulePart, Selector, WithholdRule, WrittenRule};
