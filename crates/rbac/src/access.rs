//! Whom EKS lets into a cluster, as AWS says it. Top-level members of an access entry are its parts; one that was not read is absent.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The cluster as AWS describes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Described {
    pub arn: String,
    /// SHA-256 of each certificate of its authority in DER form.
    pub authorities: Vec<String>,
    /// `API`, `CONFIG_MAP` or `API_AND_CONFIG_MAP`: where principals of IAM become users of the cluster.
    pub authentication_mode: String,
    /// Who issues tokens to its service accounts, by which roles of IAM know them. `null`: AWS does not say.
    pub issuer: Option<String>,
    /// Whoever made the cluster got all rights in it. With `CONFIG_MAP` no list names them. `null`: AWS does not say.
    pub creator_is_admin: Option<bool>,
}

impl Described {
    /// Whether access entries and their policies decide too, beside Node and RBAC.
    #[must_use]
    pub fn lets_in(&self) -> bool {
        self.authentication_mode != "CONFIG_MAP"
    }
}

/// One access entry: a principal of IAM who is let into the cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct AccessEntry {
    /// Its ARN.
    pub principal: String,
    /// `STANDARD`, or the kind of node that it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// Who the principal is inside the cluster; parts in double braces stand for what a session or node brings.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// Groups of RBAC.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub groups: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policies: Option<Vec<AssociatedPolicy>>,
}

/// One association of pod identity: pods with this service account get a role of IAM.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct PodIdentity {
    pub namespace: String,
    pub service_account: String,
    /// The add-on of EKS that made it, an ARN. `null`: none did.
    pub owner: Option<String>,
    /// The ARN of the role, which is of the cluster's account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// The ARN of a role, perhaps of another account, that is taken on as the first one and given to the pods in its place. `null`: there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target_role: Option<Option<String>>,
    /// A policy of the association takes from what the role allows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limited: Option<bool>,
    /// Sessions bear tags that name the cluster, namespace, service account and pod.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session_tags: Option<bool>,
}

/// An access policy of EKS that an entry has. Its rules are AWS' own and no object of the cluster.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct AssociatedPolicy {
    pub arn: String,
    /// `null`: in the whole cluster. A `*` stands for any characters.
    pub namespaces: Option<Vec<String>>,
}

impl AssociatedPolicy {
    /// `AmazonEKSViewPolicy`
    #[must_use]
    pub fn name(&self) -> &str {
        self.arn.rsplit('/').next().unwrap_or(&self.arn)
    }
}
