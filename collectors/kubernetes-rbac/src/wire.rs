//! What the API server answers, member by member, as far as this collector reads it.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::selector::AggregationRule;
use rbac::rules::{Named, RoleRef, Rule};

/// A page of a list.
#[derive(Debug, Deserialize)]
pub struct Page<'a> {
    pub metadata: ListMeta,
    #[serde(borrow)]
    pub items: Vec<&'a RawValue>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ListMeta {
    #[serde(rename = "continue")]
    pub continue_: Option<String>,
    pub remaining_item_count: Option<u64>,
}

/// Any object that is read; each kind has some of these.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Object {
    pub metadata: Meta,
    pub rules: Option<Vec<Rule>>,
    pub aggregation_rule: Option<AggregationRule>,
    pub role_ref: Option<RoleRef>,
    pub subjects: Option<Vec<Named>>,
    pub automount_service_account_token: Option<bool>,
}

#[derive(Debug, Deserialize)]
pub struct Meta {
    pub name: String,
    pub namespace: Option<String>,
    pub uid: String,
    #[serde(default)]
    pub labels: Option<BTreeMap<String, String>>,
}

/// A refusal.
#[derive(Debug, Deserialize)]
pub struct Status {
    pub message: Option<String>,
    pub reason: Option<String>,
}

/// The answer of `/version`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Version {
    pub git_version: String,
}

/// A review that was answered.
#[derive(Debug, Deserialize)]
pub struct Reviewed<T> {
    pub status: T,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SelfStatus {
    pub user_info: UserInfo,
}

#[derive(Clone, Debug, Deserialize)]
pub struct UserInfo {
    pub username: String,
    #[serde(default)]
    pub groups: Vec<String>,
}

#[derive(Debug, Deserialize)]
pub struct RulesStatus {
    pub incomplete: bool,
}

#[derive(Debug, Deserialize)]
pub struct AccessStatus {
    pub allowed: bool,
    #[serde(default)]
    pub denied: bool,
    #[serde(default)]
    pub reason: String,
    /// Why an authorizer could not decide; others may have decided all the same.
    #[serde(default, rename = "evaluationError")]
    pub evaluation_error: String,
}
