//! A cluster of EKS, whom it lets in, and which roles its pods get.

use serde_json::{Value, json};

/// One cluster.
#[derive(Clone, Debug)]
pub struct EksCluster {
    pub name: String,
    /// Where its API server answers; `None`: where this request was sent to.
    pub endpoint: Option<String>,
    /// PEM of its certificate authority.
    pub authority: String,
    /// `API`, `CONFIG_MAP` or `API_AND_CONFIG_MAP`.
    pub mode: String,
    pub entries: Vec<EksEntry>,
    pub pods: Vec<EksPods>,
}

/// Pods that get a role.
#[derive(Clone, Debug)]
pub struct EksPods {
    /// `a-1a2b3c4d5e6f7a8b9`
    pub id: String,
    pub namespace: String,
    pub service_account: String,
    pub role: String,
    /// What an association may have beside, as in its description: `targetRoleArn`, `policy`, `ownerArn`, `disableSessionTags`.
    pub more: serde_json::Map<String, serde_json::Value>,
}

/// One principal who is let in.
#[derive(Clone, Debug)]
pub struct EksEntry {
    pub principal: String,
    pub kind: String,
    pub username: String,
    pub groups: Vec<String>,
    /// Names of access policies, and the namespaces that each is limited to.
    pub policies: Vec<(String, Option<Vec<String>>)>,
}

impl EksCluster {
    /// One with a few of everything.
    #[must_use]
    pub fn small(name: &str) -> Self {
        let entry = |role: &str, groups: &[&str], policies: &[(&str, Option<&str>)]| EksEntry {
            principal: format!("arn:aws:iam::111122223333:role/{role}"),
            kind: "STANDARD".to_owned(),
            username: format!("arn:aws:sts::111122223333:assumed-role/{role}/{{{{SessionName}}}}"),
            groups: groups.iter().map(|group| (*group).to_owned()).collect(),
            policies: policies
                .iter()
                .map(|(policy, namespace)| {
                    (
                        (*policy).to_owned(),
                        namespace.map(|namespace| vec![namespace.to_owned(), "staging-*".to_owned()]),
                    )
                })
                .collect(),
        };
        let pods = |id: &str, account: &str, more: Value| EksPods {
            id: id.to_owned(),
            namespace: "team-0".to_owned(),
            service_account: account.to_owned(),
            role: format!("arn:aws:iam::111122223333:role/of-{account}"),
            more: more.as_object().cloned().unwrap_or_default(),
        };
        Self {
            name: name.to_owned(),
            endpoint: None,
            authority: "-----BEGIN CERTIFICATE-----\nTm90IGEgY2VydGlmaWNhdGUu\n-----END CERTIFICATE-----\n".to_owned(),
            mode: "API_AND_CONFIG_MAP".to_owned(),
            entries: vec![
                entry("platform", &[], &[("AmazonEKSClusterAdminPolicy", None)]),
                entry(
                    "viewers",
                    &["viewers"],
                    &[("AmazonEKSViewPolicy", None), ("AmazonEKSEditPolicy", Some("team-0"))],
                ),
                EksEntry {
                    kind: "EC2_LINUX".to_owned(),
                    username: "system:node:{{EC2PrivateDNSName}}".to_owned(),
                    ..entry("nodes", &["system:nodes"], &[])
                },
            ],
            pods: vec![
                pods("a-00000000000000001", "deployer", json!({})),
                pods("a-00000000000000002", "ci", json!({"targetRoleArn": "arn:aws:iam::444455556666:role/far"})),
                pods(
                    "a-00000000000000003",
                    "addon",
                    json!({
                        "policy": "{}", "disableSessionTags": true,
                        "ownerArn": format!("arn:aws:eks:eu-west-1:111122223333:addon/{name}/s3/1"),
                    }),
                ),
            ],
        }
    }
}
