//! What Organizations answers, member by member, as far as this collector reads it.

use aws::Moment;
use aws::json::moment;
use serde::Deserialize;

/// The answer of `DescribeOrganization`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Described {
    pub organization: Organization,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Organization {
    pub id: String,
    pub feature_set: Option<String>,
    pub master_account_id: String,
}

/// An entry of `ListRoots`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Root {
    pub id: String,
    pub arn: String,
    pub name: String,
    pub policy_types: Vec<PolicyType>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct PolicyType {
    #[serde(rename = "Type")]
    pub kind: String,
    pub status: String,
}

/// An entry of `ListOrganizationalUnitsForParent`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Unit {
    pub id: String,
    pub arn: String,
    pub name: String,
}

/// An entry of `ListAccounts`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Account {
    pub id: String,
    pub arn: String,
    pub name: Option<String>,
    pub status: Option<String>,
    #[serde(default, deserialize_with = "moment")]
    pub joined_timestamp: Option<Moment>,
}

/// An entry of a list of accounts of which only the number is read.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Id {
    pub id: String,
}

/// An entry of `ListPolicies`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct PolicySummary {
    pub id: String,
    pub arn: String,
    pub name: String,
    #[serde(rename = "Type")]
    pub kind: String,
    pub aws_managed: bool,
}

/// The answer of `DescribePolicy`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DescribedPolicy {
    pub policy: Policy,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Policy {
    pub content: String,
}

/// An entry of `ListTargetsForPolicy`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Target {
    pub target_id: String,
    #[serde(rename = "Type")]
    pub kind: String,
}

/// An entry of `ListDelegatedServicesForAccount`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DelegatedService {
    pub service_principal: String,
}
