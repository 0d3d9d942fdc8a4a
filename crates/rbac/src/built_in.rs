//! The roles and bindings that an API server makes for itself, known by what they grant and never by a name alone.
//!
//! `built_in.json` is written by `scripts/kubernetes-built-in` out of Kubernetes' own test data (Apache-2.0), version by version.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use crate::rules::{Named, RoleKey, RoleRef, Rule, resource_matches};
use crate::subject::Subject;
use crate::ways::Version;

/// One thing that rules allow: verb, group, resource and name, or verb and path; wildcards stand for themselves.
type Atom = (String, String, String, String);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Object {
    kind: String,
    name: String,
    namespace: Option<String>,
    #[serde(default)]
    rules: Vec<Rule>,
    role_ref: Option<RoleRef>,
    #[serde(default)]
    subjects: Vec<Named>,
    minors: BTreeSet<u32>,
}

/// What the version that answers makes for itself.
#[derive(Debug, Default)]
pub struct BuiltIn {
    /// By the namespace, or none for a ClusterRole, and the name.
    roles: BTreeMap<RoleKey, BTreeSet<Atom>>,
    /// What each subject is given in a namespace, or everywhere.
    given: BTreeMap<(Option<String>, Subject), Vec<BTreeSet<Atom>>>,
    /// Of a version that is known: what is not here is not made by it.
    whole: bool,
}

impl BuiltIn {
    /// Of an unknown version: what any version makes.
    ///
    /// # Errors
    /// When the list that this program was built with is not one.
    pub fn of(version: Version) -> Result<Self, serde_json::Error> {
        let mut objects: Vec<Object> = serde_json::from_str(include_str!("built_in.json"))?;
        objects.retain(|one| version.minor().is_none_or(|minor| one.minors.contains(&minor)));
        let mut found = Self { whole: version.minor().is_some(), ..Self::default() };
        for role in objects.iter().filter(|one| one.role_ref.is_none()) {
            // A feature that is off by default has rules of its own: both are the server's.
            found.roles.entry((role.namespace.clone(), role.name.clone())).or_default().extend(atoms(&role.rules));
        }
        for binding in &objects {
            let Some(role) = &binding.role_ref else { continue };
            let of_role = if role.kind == "Role" { binding.namespace.clone() } else { None };
            let Some(atoms) = found.roles.get(&(of_role, role.name.clone())) else { continue };
            let scope = if binding.kind == "RoleBinding" { binding.namespace.clone() } else { None };
            for named in &binding.subjects {
                let namespace = named.namespace.as_deref().or(binding.namespace.as_deref());
                if let Some(subject) = Subject::of(named, namespace) {
                    found.given.entry((scope.clone(), subject)).or_default().push(atoms.clone());
                }
            }
        }
        Ok(found)
    }

    /// Whether a role of this name allows nothing beyond what the server gives it.
    #[must_use]
    pub fn has_role(&self, key: &RoleKey, rules: &[Rule]) -> bool {
        self.roles.get(key).is_some_and(|known| atoms(rules).is_subset(known))
    }

    /// Whether a role of the server's own speaks of a resource, with whatever verb; `None`: of that version no such role is known, or
    /// not all that is in it.
    #[must_use]
    pub fn speaks_of(&self, key: &RoleKey, group: &str, resource: &str, subresource: &str) -> Option<bool> {
        let spoken =
            |(_, of, known, _): &Atom| (of == group || of == "*") && resource_matches(known, resource, subresource);
        let found = self.roles.get(key)?.iter().any(spoken);
        (found || self.whole).then_some(found)
    }

    /// Whether the server itself gives that subject, there, all that these rules allow.
    #[must_use]
    pub fn gives(&self, namespace: Option<&str>, subject: &Subject, rules: &[Rule]) -> bool {
        let place = (namespace.map(str::to_owned), subject.clone());
        self.given.get(&place).is_some_and(|known| {
            let asked = atoms(rules);
            known.iter().any(|one| asked.is_subset(one))
        })
    }
}

fn atoms(rules: &[Rule]) -> BTreeSet<Atom> {
    let mut all = BTreeSet::new();
    for rule in rules {
        for verb in &rule.verbs {
            for path in &rule.non_resource_urls {
                // No group has a blank in its name.
                all.insert((verb.clone(), " path".to_owned(), path.clone(), String::new()));
            }
            for group in &rule.api_groups {
                for resource in &rule.resources {
                    let mut add = |name: &str| {
                        all.insert((verb.clone(), group.clone(), resource.clone(), name.to_owned()));
                    };
                    if rule.resource_names.is_empty() {
                        // Every name; a name of this form exists nowhere.
                        add("/");
                    }
                    rule.resource_names.iter().for_each(|name| add(name));
                }
            }
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(verbs: &[&str], group: &str, resources: &[&str], names: &[&str]) -> Rule {
        let owned = |all: &[&str]| all.iter().map(|one| (*one).to_owned()).collect();
        Rule {
            verbs: owned(verbs),
            api_groups: vec![group.to_owned()],
            resources: owned(resources),
            resource_names: owned(names),
            ..Rule::default()
        }
    }

    #[test]
    fn every_version_makes_the_roles_and_bindings_it_starts_with() {
        for minor in 30..=36 {
            let known = BuiltIn::of(Version::of(&format!("v1.{minor}.1"))).unwrap();
            let (roles, given) = (known.roles.len(), known.given.len());
            assert!(roles > 60 && given > 40, "1.{minor}: {roles} roles, {given} given");
            let all = [rule(&["*"], "*", &["*"], &[])];
            let masters = Subject::Group("system:masters".to_owned());
            assert!(known.gives(None, &masters, &all), "1.{minor}");
            assert!(known.has_role(&(None, "cluster-admin".to_owned()), &all), "1.{minor}");
        }
        // What a controller needs changes from version to version.
        let texts: BTreeSet<String> = (30..=36)
            .map(|minor| format!("{:?}", BuiltIn::of(Version::of(&format!("v1.{minor}.0"))).unwrap().roles))
            .collect();
        assert!(texts.len() > 3, "{} different", texts.len());
    }

    #[test]
    fn what_a_role_of_the_server_speaks_of_is_known() {
        let known = BuiltIn::of(Version::of("v1.34.1")).unwrap();
        let node = (None, "system:node".to_owned());
        let asked = |group, resource, subresource| known.speaks_of(&node, group, resource, subresource);
        assert_eq!(asked("", "secrets", ""), Some(true));
        assert_eq!(asked("", "serviceaccounts", "token"), Some(true));
        assert_eq!(asked("", "pods", "exec"), Some(false));
        assert_eq!(asked("apps", "secrets", ""), Some(false));
        assert_eq!(known.speaks_of(&(None, "mine".to_owned()), "", "secrets", ""), None);
        // Of a version that is not known nothing is.
        let later = BuiltIn::of(Version::of("v1.99.0")).unwrap();
        assert_eq!(later.speaks_of(&node, "", "pods", "exec"), None);
    }

    #[test]
    fn a_name_makes_no_role_the_servers_own_and_another_name_takes_none_of_its_rules() {
        let known = BuiltIn::of(Version::of("v1.36.3")).unwrap();
        let all = [rule(&["*"], "*", &["*"], &[])];
        let everyone = Subject::Group("system:authenticated".to_owned());
        assert!(!known.gives(None, &everyone, &all));
        assert!(!known.has_role(&(None, "system:discovery".to_owned()), &all));
        assert!(!known.has_role(&(None, "mine".to_owned()), &all));
        assert!(!known.has_role(&(Some("kube-system".to_owned()), "cluster-admin".to_owned()), &all));
        let reviews = "authentication.k8s.io";
        let own = [rule(&["create"], reviews, &["selfsubjectreviews"], &[])];
        assert!(known.gives(None, &everyone, &own));
        assert!(!known.gives(Some("team"), &everyone, &own), "another place");
        assert!(!known.gives(None, &Subject::Group("system:unauthenticated".to_owned()), &own), "another subject");
        // A limit by names is less, and its absence more.
        assert!(!known.gives(None, &everyone, &[rule(&["get"], "", &["secrets"], &["one"])]));
    }
}
