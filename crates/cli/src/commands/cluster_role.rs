//! Rights of a Kubernetes collector as a ClusterRole and its binding, ready for `kubectl apply`.

use std::fmt::Write as _;

use sdk::Descriptor;

/// Rights that the source can refuse; what Kubernetes gives to everyone is left out. Rights are named as
/// `kubectl auth can-i` takes them: `list roles.rbac.authorization.k8s.io`.
pub fn manifest(descriptor: &Descriptor) -> String {
    let mut text = String::from(
        "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata:\n  name: witnessmark\nrules:\n",
    );
    for right in descriptor.rights.iter().filter(|right| right.deniable) {
        let Some((verb, what)) = right.name.split_once(' ') else {
            continue;
        };
        writeln!(text, "  # {}", right.note).ok();
        let (resource, group) = what.split_once('.').unwrap_or((what, ""));
        writeln!(text, "  - apiGroups: [\"{group}\"]\n    resources: [{resource}]\n    verbs: [{verb}]").ok();
        if verb == "get" && resource == "namespaces" {
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
        let kind = collectors::find("kubernetes-rbac").unwrap();
        let text = manifest(&kind.descriptor());
        let deniable = kind.descriptor().rights.iter().filter(|right| right.deniable).count();
        assert_eq!(text.matches("- apiGroups:").count(), deniable, "{text}");
        assert!(text.contains("resources: [clusterroles]\n    verbs: [list]"), "{text}");
        assert!(text.contains("resources: [namespaces]\n    verbs: [get]\n    resourceNames: [kube-system]"), "{text}");
        assert!(!text.contains("secrets"), "{text}");
    }
}
