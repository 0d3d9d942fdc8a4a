//! The suite every collector has to pass.

use collector_kubernetes_rbac::KubernetesRbac;
use fakes::eks::EksFake;

testkit::conformance!(KubernetesRbac, EksFake::small(), {
    "uid": "5f3c1a52-7c1b-4c1e-9a57-0d8f0f6a2b11",
    "eks": {"cluster": "signing", "region": "eu-west-1", "account": "111122223333"}
});
