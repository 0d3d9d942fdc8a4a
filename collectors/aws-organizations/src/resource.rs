//! The resources of this collector. Their JSON Schemas are what checks are written against.
//!
//! The members of a resource are its parts. A part that was not read is absent and named by a gap;
//! a part that was read and holds nothing is `null` or empty. Names of values are the source's own.

use aws::Moment;
use aws::policy_document::{Guard, PolicyDocument, Statement};
use schemars::JsonSchema;
use serde::Serialize;

pub const ORGANIZATION: &str = "aws-organizations/organization";
pub const UNIT: &str = "aws-organizations/unit";
pub const ACCOUNT: &str = "aws-organizations/account";
pub const POLICY: &str = "aws-organizations/policy";

/// The organisation that the target's account is in.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Organization {
    /// `false`: the account is in none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exists: Option<bool>,
    /// `o-…`; `null`: there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<Option<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub management_account: Option<Option<String>>,
    /// `ALL` or `CONSOLIDATED_BILLING`; only the first has policies.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub feature_set: Option<Option<String>>,
}

/// The root, or an organisational unit.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Unit {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arn: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Id of the unit, or the root, above; `null`: this is the root.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent: Option<Option<String>>,
    /// Types of policies that are switched on, by their names and states; `null`: not the root, which alone has them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy_types: Option<Option<Vec<PolicyType>>>,
}

/// Whether a type of policy is switched on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PolicyType {
    /// `SERVICE_CONTROL_POLICY`, `RESOURCE_CONTROL_POLICY` and so on.
    #[serde(rename = "type")]
    pub kind: String,
    /// `ENABLED`, `PENDING_ENABLE`, `PENDING_DISABLE`.
    pub status: String,
}

/// An account of the organisation, and the policies that bind it.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Account {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arn: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// `ACTIVE`, `SUSPENDED`, `PENDING_CLOSURE`; `null`: the source did not say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<Option<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub joined: Option<Option<Moment>>,
    /// The organisation's management account, which no policy of it binds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub management: Option<bool>,
    /// Ids from the root down to the unit the account is in.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-ordered" = true))]
    pub path: Option<Vec<String>>,
    /// Service and resource control policies attached to the account or to anything above it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policies: Option<Vec<Attached>>,
    /// Every statement of these policies that denies something. One denial anywhere above the account binds it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub denials: Option<Vec<Denial>>,
    /// What the service control policies of a level above the account, or of its own, guard by not allowing it. An account may do only what
    /// every level allows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unallowed: Option<Vec<Unallowed>>,
    /// Services for which the account administers the organisation instead of the management account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delegated_services: Option<Vec<String>>,
}

/// A policy in the place it is attached at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Attached {
    pub policy: String,
    #[serde(rename = "type")]
    pub kind: String,
    /// Id of the root, unit or account.
    pub to: String,
}

/// A statement that denies, and where it comes from.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Denial {
    pub policy: String,
    #[serde(rename = "type")]
    pub kind: String,
    pub to: String,
    pub statement: Statement,
    /// What the statement guards of keys in this account. Absent: nothing that is asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guard: Option<Guard>,
}

/// What the policies of one level do not allow.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Unallowed {
    /// Id of the root, unit or account.
    pub to: String,
    /// Ids of all service control policies that are attached there.
    pub policies: Vec<String>,
    pub guard: Guard,
}

/// A service or resource control policy.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arn: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// `SERVICE_CONTROL_POLICY` or `RESOURCE_CONTROL_POLICY`.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub aws_managed: Option<bool>,
    /// In normal form; `text` is the source's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub document: Option<PolicyDocument>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub targets: Option<Vec<PolicyTarget>>,
}

/// What a policy is attached to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PolicyTarget {
    pub id: String,
    /// `ROOT`, `ORGANIZATIONAL_UNIT`, `ACCOUNT`.
    #[serde(rename = "type")]
    pub kind: String,
}
