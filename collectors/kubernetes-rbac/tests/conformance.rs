//! The suite every collector has to pass.

use collector_kubernetes_rbac::KubernetesRbac;
use testkit::k8s_fake::K8sFake;

testkit::conformance!(KubernetesRbac, K8sFake::small(), {
    "uid": "5f3c1a52-7c1b-4c1e-9a57-0d8f0f6a2b11",
    "authorizers": ["Node", "RBAC"]
});
