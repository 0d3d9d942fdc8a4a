//! The suite every collector has to pass.

use collector_kubernetes_rbac::KubernetesRbac;
use fakes::aws::EksCluster;
use fakes::eks::EksFake;

/// What nodes may do is never known (`tests/eks.rs`): here everything can be.
fn without_nodes() -> EksCluster {
    let mut cluster = EksCluster::small("signing");
    cluster.entries.retain(|entry| !entry.username.starts_with("system:node:"));
    cluster
}

testkit::conformance!(KubernetesRbac, EksFake::new(without_nodes()), {
    "uid": "5f3c1a52-7c1b-4c1e-9a57-0d8f0f6a2b11",
    "eks": {"cluster": "signing", "region": "eu-west-1", "account": "111122223333"}
});
