//! The kinds this collector records. Top-level members are the parts; one that was not read is absent.

use schemars::JsonSchema;
use serde::Serialize;

use crate::access::Described;
use crate::rules::{Named, RoleRef, Rule};
use crate::sensitive::Grant;

pub const CLUSTER: &str = "kubernetes-rbac/cluster";
pub const NAMESPACE: &str = "kubernetes-rbac/namespace";
pub const SERVICE_ACCOUNT: &str = "kubernetes-rbac/service-account";
pub const ROLE: &str = "kubernetes-rbac/role";
pub const BINDING: &str = "kubernetes-rbac/binding";
pub const SUBJECT: &str = "kubernetes-rbac/subject";
pub const ACCESS_ENTRY: &str = "kubernetes-rbac/access-entry";
pub const POD_IDENTITY: &str = "kubernetes-rbac/pod-identity";
/// What the cluster says of itself at AWS: a part of `kubernetes-rbac/cluster`.
pub const EKS: &str = "eks";

/// The cluster itself.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Cluster {
    /// The UID of the namespace `kube-system`.
    pub uid: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub caller: Option<Caller>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// The API server says that other authorizers than those that can list their rules decide too. A hint, no proof.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rules_review_incomplete: Option<bool>,
    /// What AWS says of the cluster, where the target names it as one of EKS.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub eks: Option<Described>,
}

/// Who this program is to the API server.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Caller {
    pub username: String,
    pub groups: Vec<String>,
}

/// A namespace.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Namespace {
    pub name: String,
    pub uid: String,
}

/// A service account. Its tokens are never read.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct ServiceAccount {
    pub namespace: String,
    pub name: String,
    pub uid: String,
    /// `null`: not set, which means yes.
    pub automount_token: Option<bool>,
}

/// A Role or a ClusterRole, with the rules as the server stored them.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Role {
    /// `Role` or `ClusterRole`.
    pub kind: String,
    /// `null` for a ClusterRole.
    pub namespace: Option<String>,
    pub name: String,
    pub uid: String,
    pub rules: Vec<Rule>,
    /// A controller writes the rules, from other ClusterRoles that bear certain labels.
    pub aggregated: bool,
    /// Those other ClusterRoles, by the labels that they bear now; `null`: it is not aggregated. Where there are none, and it has rules all
    /// the same, somebody typed these: they count, and are gone as soon as a ClusterRole bears the labels.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub aggregates: Option<Option<Vec<String>>>,
    /// The API server makes it by itself, in this version, and its rules allow nothing beyond that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub built_in: Option<bool>,
}

/// A RoleBinding or a ClusterRoleBinding.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Binding {
    /// `RoleBinding` or `ClusterRoleBinding`.
    pub kind: String,
    /// `null` for a ClusterRoleBinding.
    pub namespace: Option<String>,
    pub name: String,
    pub uid: String,
    pub role: RoleRef,
    pub subjects: Vec<Named>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role_exists: Option<bool>,
    /// Service accounts that it names and that do not exist: `namespace/name`. Whoever may create one gets its rights.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub missing_accounts: Option<Vec<String>>,
    /// The API server gives each of these subjects, by itself and in this version, all that the role allows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub built_in: Option<bool>,
}

/// Someone who is named by a binding, or a service account: what RBAC lets them do that is worth watching. Computed.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Subject {
    /// `User/name`, `Group/name` or `ServiceAccount/namespace/name`.
    pub id: String,
    /// `User`, `Group` or `ServiceAccount`.
    pub kind: String,
    pub namespace: Option<String>,
    pub name: String,
    /// Groups that every such subject is in, and those that access entries of EKS put it in. Others, such as `system:masters`,
    /// come with a certificate or token and are in no object of the cluster.
    pub groups: Vec<String>,
    /// Principals of IAM that access entries of EKS make this user.
    pub access_entries: Vec<String>,
    /// The bindings that name it.
    pub bindings: Vec<String>,
    /// Sensitive rights, its own and those of its groups.
    pub grants: Vec<Grant>,
    /// Names of the rights that the declaration adds to those that are watched (`rights` of the target).
    pub own_rights: Vec<String>,
    /// The authorizers that are claimed to decide; absent where the declaration does not say. Of an EKS cluster that AWS
    /// described, they are known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authorizers: Option<Vec<String>>,
}
