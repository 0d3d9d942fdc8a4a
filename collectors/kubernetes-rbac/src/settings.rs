//! The settings of a target.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use sdk::{CollectError, Target};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One cluster.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ClusterSettings {
    /// The UID of the namespace `kube-system`: `kubectl get namespace kube-system -o jsonpath={.metadata.uid}`. Another one is another cluster.
    pub uid: String,
    /// SHA-256 (hex) of each certificate of the cluster's authority in DER form. Others than these are not trusted.
    pub ca: Option<Vec<String>>,
    /// The context of the kubeconfig; without it the current one, and inside a cluster the pod's own account.
    pub context: Option<String>,
    /// The kubeconfig, where it is not the one of the environment.
    pub kubeconfig: Option<String>,
    /// Namespaces to read one by one where the list of the whole cluster is denied.
    #[serde(default)]
    pub namespaces: Vec<String>,
    /// What the API server's `--authorization-mode` is claimed to be: `[Node, RBAC]`. Others decide beside RBAC and are not read.
    pub authorizers: Option<Vec<String>>,
    /// The EKS cluster that this cluster is: who has access by EKS is read from AWS, and EKS need not be declared as an authorizer.
    pub eks: Option<EksSettings>,
}

impl ClusterSettings {
    /// # Errors
    /// When a setting is missing, unknown or not of its form.
    pub fn of(target: &Target) -> Result<Self, CollectError> {
        let settings = serde_json::from_value(Value::Object(target.settings.clone()));
        let mut settings: Self = settings.map_err(|error: serde_json::Error| CollectError::Settings {
            target: target.id.clone(),
            setting: "uid".to_owned(),
            problem: error.to_string(),
        })?;
        // One that is named twice is read once.
        let mut named = BTreeSet::new();
        settings.namespaces.retain(|name| named.insert(name.clone()));
        Ok(settings)
    }

    /// The declared authorizers that decide beside Node and RBAC, and beside EKS where that is read.
    #[must_use]
    pub fn others(&self) -> Vec<&str> {
        let is_read = |name: &str| name == "node" || name == "rbac" || (name == "eks" && self.eks.is_some());
        let known = |name: &&str| !is_read(&name.to_ascii_lowercase());
        self.authorizers.iter().flatten().map(String::as_str).filter(known).collect()
    }
}

/// The EKS cluster that this cluster is, and how its account is entered.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EksSettings {
    /// The cluster's name at AWS.
    pub cluster: String,
    #[schemars(regex(pattern = r"^[a-z]+(-[a-z]+)+-[0-9]+$"))]
    pub region: String,
    /// Twelve digits, in quotation marks. Nothing is read of any other account.
    #[schemars(regex(pattern = r"^[0-9]{12}$"))]
    pub account: String,
    /// ARN of a role to take on with the AWS credentials found.
    #[schemars(regex(pattern = r"^arn:[a-z-]+:iam::[0-9]{12}:role/.+$"))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assume_role: Option<String>,
    /// What the trust policy of `assume_role` asks for as `sts:ExternalId`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    /// Profile of the AWS configuration files instead of the default one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub profile: Option<String>,
}
