//! The settings of a target.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use sdk::{CollectError, Target};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use rbac::effective::Claimed;
use rbac::ways::OwnRight;

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
    /// Rights to be watched beside those that always are. A control judges each with `kubernetes-rbac/own-right-is-declared`.
    #[serde(default)]
    pub rights: Vec<OwnRight>,
    /// The EKS cluster that this cluster is: who has access by EKS is read from AWS, and EKS need not be declared as an authorizer.
    pub eks: Option<EksSettings>,
}

impl ClusterSettings {
    /// # Errors
    /// When a setting is missing, unknown or not of its form.
    pub fn of(target: &Target) -> Result<Self, CollectError> {
        let refuse = |setting: &str, problem: String| CollectError::Settings {
            target: target.id.clone(),
            setting: setting.to_owned(),
            problem,
        };
        let mut settings: Self = serde_json::from_value(Value::Object(target.settings.clone()))
            .map_err(|error| refuse("uid", error.to_string()))?;
        let mut names: Vec<&str> = settings.rights.iter().map(|right| right.name.as_str()).collect();
        names.sort_unstable();
        if let Some([twice, _]) = names.array_windows().find(|[one, next]| one == next) {
            return Err(refuse("rights", format!("`{twice}` names two rights: give each a name of its own")));
        }
        // One that is named twice is read once.
        let mut named = BTreeSet::new();
        settings.namespaces.retain(|name| named.insert(name.clone()));
        Ok(settings)
    }

    /// What of them the rights of subjects follow from.
    #[must_use]
    pub fn claimed(&self) -> Claimed {
        Claimed { authorizers: self.authorizers.clone(), rights: self.rights.clone(), eks: self.eks.is_some() }
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
