//! The rights as ClusterRole and ClusterRoleBinding, ready for `kubectl apply`.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use sdk::{Right, RightsForm, Target};

use crate::rights::{GET_KUBE_SYSTEM, NAMESPACED, parts_of, rights};
use crate::settings::ClusterSettings;

pub const FORM: RightsForm = RightsForm { name: "cluster-role", help: "ClusterRole and ClusterRoleBinding" };

/// The namespaces that are enough for all of these targets; none where one of them is read as a whole.
pub fn namespaces<'a>(targets: impl Iterator<Item = &'a Target>) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    for target in targets {
        match ClusterSettings::of(target) {
            Ok(settings) if !settings.namespaces.is_empty() => all.extend(settings.namespaces),
            _ => return BTreeSet::new(),
        }
    }
    all
}

/// Rights that the source can refuse; what Kubernetes gives to everyone is left out. With namespaces: what can be given there is.
pub fn manifest(namespaces: &BTreeSet<String>) -> String {
    let deniable: Vec<Right> = rights().into_iter().filter(|right| right.deniable).collect();
    let (inside, everywhere): (Vec<&Right>, Vec<&Right>) =
        deniable.iter().partition(|right| !namespaces.is_empty() && NAMESPACED.contains(&right.name.as_str()));
    let mut text = objects(None, &everywhere);
    for namespace in namespaces {
        text.push_str("---\n");
        text.push_str(&objects(Some(namespace), &inside));
    }
    text
}

/// A role with these rights, and its binding.
fn objects(namespace: Option<&str>, rights: &[&Right]) -> String {
    let (kind, place) = match namespace {
        None => ("Cluster", String::new()),
        Some(namespace) => ("", format!("  namespace: {namespace}\n")),
    };
    let mut text = format!(
        "apiVersion: rbac.authorization.k8s.io/v1\nkind: {kind}Role\nmetadata:\n  name: witnessmark\n{place}rules:\n"
    );
    for right in rights {
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
    write!(
        text,
        "---\napiVersion: rbac.authorization.k8s.io/v1\nkind: {kind}RoleBinding\nmetadata:\n  name: witnessmark\n{place}roleRef:\n  \
         apiGroup: rbac.authorization.k8s.io\n  kind: {kind}Role\n  name: witnessmark\nsubjects:\n  # Or the user or group that \
         the reading credentials belong to.\n  - kind: ServiceAccount\n    name: witnessmark\n    namespace: witnessmark\n"
    )
    .ok();
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_right_that_can_be_refused_is_a_rule() {
        let text = manifest(&BTreeSet::new());
        let deniable = rights().iter().filter(|right| right.deniable).count();
        assert_eq!(text.matches("    verbs: [").count(), deniable, "{text}");
        assert!(text.contains("resources: [clusterroles]\n    verbs: [list]"), "{text}");
        assert!(text.contains("resources: [namespaces]\n    verbs: [get]\n    resourceNames: [kube-system]"), "{text}");
        assert!(!text.contains("secrets"), "{text}");
    }

    #[test]
    fn what_is_read_namespace_by_namespace_is_granted_there() {
        let text = manifest(&BTreeSet::from(["signer".to_owned(), "team".to_owned()]));
        let (cluster, inside) = text.split_once("kind: Role\n").unwrap_or_default();
        for resource in ["serviceaccounts", "roles", "rolebindings"] {
            assert!(!cluster.contains(&format!("[{resource}]")), "{cluster}");
            assert_eq!(text.matches(&format!("[{resource}]")).count(), 2, "{text}");
        }
        assert!(cluster.contains("[clusterrolebindings]") && !inside.contains("[namespaces]"), "{text}");
        assert!(inside.contains("name: witnessmark\n  namespace: signer\n"), "{inside}");
        assert_eq!(text.matches("kind: RoleBinding\n").count(), 2, "{text}");
    }
}
