//! The rights as ClusterRole and ClusterRoleBinding, ready for `kubectl apply`.

use std::fmt::Write as _;

use sdk::RightsForm;

use crate::rights::{GET_KUBE_SYSTEM, parts_of, rights};

pub const FORM: RightsForm = RightsForm { name: "cluster-role", help: "ClusterRole and ClusterRoleBinding" };

/// Rights that the source can refuse; what Kubernetes gives to everyone is left out.
pub fn manifest() -> String {
    let mut text = String::from(
        "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata:\n  name: witnessmark\nrules:\n",
    );
    for right in rights().into_iter().filter(|right| right.deniable) {
        writeln!(text, "  # {}", right.note).ok();
        match parts_of(&right.name) {
            Some((verb, resource, group)) => {
                writeln!(text, "  - apiGroups: [\"{group}\"]\n    resources: [{resource}]\n    verbs: [{verb}]").ok();
            }
            None => {
                let (verb, path) = right.name.split_once(' ').unwrap_or(("get", &right.name));
                writeln!(text, "  - nonResourceURLs: [\"{path}\"]\n    verbs: [{verb}]").ok();
            }
        }
        if right.name == GET_KUBE_SYSTEM {
            // The identity of a cluster; no other namespace is asked for by name.
            text.push_str("    resourceNames: [kube-system]\n");
        }
    }
    text.push_str(
        "---\napiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata:\n  name: witnessmark\nroleRef:\n  \
         apiGroup: rbac.authorization.k8s.io\n  kind: ClusterRole\n  name: witnessmark\nsubjects:\n  # Or the user or group that \
         the reading credentials belong to.\n  - kind: ServiceAccount\n    name: witnessmark\n    namespace: witnessmark\n",
    );
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_right_that_can_be_refused_is_a_rule() {
        let text = manifest();
        let deniable = rights().iter().filter(|right| right.deniable).count();
        assert_eq!(text.matches("    verbs: [").count(), deniable, "{text}");
        assert!(text.contains("resources: [clusterroles]\n    verbs: [list]"), "{text}");
        assert!(text.contains("resources: [namespaces]\n    verbs: [get]\n    resourceNames: [kube-system]"), "{text}");
        assert!(!text.contains("secrets"), "{text}");
    }
}
