//! Who holds which sensitive right, by which binding and rule. Computed from bindings and roles; no input or output.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use crate::access::{AccessEntry, AssociatedPolicy};
use crate::access_policies;
use crate::built_in::BuiltIn;
use crate::rules::{Binding, Rbac, RoleKey, RoleRef, Rule};
pub use crate::subject::Subject;
use crate::ways::{Limit, Names, Place, Step, Way};

/// One sensitive right of one subject, and what gives it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Grant {
    /// `all-powerful`, `approve-csrs`, `change-pods`, `control-admission`, `create-pods`, `escalate`, `exec`, `impersonate`,
    /// `label-namespaces`, `mint-tokens`, `node-data`, `node-proxy`, `port-forward`, `proxy`, `read-secrets`, `write-apis`, `write-crds`,
    /// `write-identities`, `write-secrets`, `write-volumes`, or `own:` and the name that the declaration gives a right.
    pub right: String,
    /// `null`: everywhere. Where EKS gives it, a `*` in it stands for any characters.
    pub namespace: Option<String>,
    /// The names it is limited to; `null`: all.
    pub names: Option<Vec<String>>,
    /// Who holds all of it: this subject, or a group that it is a member of.
    pub via: String,
    /// `ClusterRoleBinding/name` or `RoleBinding/namespace/name`; `AccessEntry/` and an ARN where EKS gives it.
    pub binding: String,
    pub role: Role,
    /// The rule's place in the role.
    pub rule: usize,
    /// Further bindings and rules that give the same.
    pub more: usize,
    /// The API server gives it to that subject by itself, in this version, and the rules give nothing beyond that.
    pub built_in: bool,
    /// The second half of a right that takes two permissions.
    pub with: Option<Ground>,
}

/// A binding and the rule by which a half of a right is given.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Ground {
    /// The subject that the binding names.
    pub via: String,
    pub namespace: Option<String>,
    pub names: Option<Vec<String>>,
    pub binding: String,
    pub role: Role,
    /// The rule's place in the role.
    pub rule: usize,
    pub built_in: bool,
}

/// What is in a grant's `binding` before the principal that EKS lets in.
pub const ENTRY: &str = "AccessEntry";
/// The kind of a grant's `role` that is an access policy of EKS.
pub const POLICY: &str = "AccessPolicy";

/// The role behind a grant.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Role {
    pub kind: String,
    pub name: String,
}

/// A half of a right that takes two: which way, which half.
type Half = (usize, bool);

/// What is known of the holders of sensitive rights.
#[derive(Debug)]
pub struct Holders {
    ways: Vec<Way>,
    direct: BTreeMap<Subject, BTreeMap<Given, Grant>>,
    halves: BTreeMap<Subject, BTreeMap<Half, Vec<Ground>>>,
    bindings: BTreeMap<Subject, Vec<String>>,
    /// Groups that access entries put a subject in.
    groups: BTreeMap<Subject, Vec<String>>,
    /// The access entries that are a subject.
    entries: BTreeMap<Subject, Vec<String>>,
}

/// What makes two grants the same: right, namespace, names, whose they are.
type Given = (String, Option<String>, Names, bool);

/// What one rule gives of one way.
#[derive(Clone, Debug)]
struct Part {
    way: usize,
    /// Of a right that takes two permissions, which it is.
    half: Option<bool>,
    cluster: bool,
    /// The one namespace in which it is one.
    within: Option<&'static str>,
    rule: usize,
    names: Names,
}

impl Holders {
    /// Looks at every binding once.
    #[must_use]
    pub fn of(rbac: &Rbac, ways: Vec<Way>, built_in: &BuiltIn) -> Self {
        let of_roles: BTreeMap<&RoleKey, Vec<Part>> =
            rbac.roles.iter().map(|(key, rules)| (key, parts(&ways, rules))).collect();
        let mut holders = Self {
            ways,
            direct: BTreeMap::new(),
            halves: BTreeMap::new(),
            bindings: BTreeMap::new(),
            groups: BTreeMap::new(),
            entries: BTreeMap::new(),
        };
        // The first binding that gives something stands for all: the same one in whatever order they were listed.
        let mut bindings: Vec<&Binding> = rbac.bindings.iter().collect();
        bindings.sort_by_cached_key(|binding| binding.id());
        for binding in bindings {
            let key = binding.role_key();
            let found = of_roles.get(&key).map(Vec::as_slice).unwrap_or_default();
            let rules = rbac.roles.get(&key).map(Vec::as_slice).unwrap_or_default();
            for named in &binding.subjects {
                let Some(subject) = Subject::of(named, binding.namespace_of(named)) else {
                    continue;
                };
                holders.bindings.entry(subject.clone()).or_default().push(binding.id());
                holders.direct.entry(subject.clone()).or_default();
                if found.is_empty() {
                    continue;
                }
                let own = built_in.gives(binding.namespace.as_deref(), &subject, rules);
                for part in found {
                    let ground = Ground {
                        via: subject.id(),
                        namespace: binding.namespace.clone(),
                        names: part.names.clone(),
                        binding: binding.id(),
                        role: Role::of(&binding.role),
                        rule: part.rule,
                        built_in: own,
                    };
                    holders.give(&subject, part, ground, binding.namespace.is_some());
                }
            }
        }
        holders
    }

    /// Adds whom EKS lets in, as which user, in which groups, with which access policies.
    pub fn let_in(&mut self, entries: &[AccessEntry]) {
        let mut entries: Vec<&AccessEntry> = entries.iter().collect();
        entries.sort_by(|one, other| one.principal.cmp(&other.principal));
        for entry in entries {
            let Some(subject) = entry.username.as_deref().and_then(Subject::user) else {
                continue;
            };
            self.entries.entry(subject.clone()).or_default().push(entry.principal.clone());
            let groups = self.groups.entry(subject.clone()).or_default();
            groups.extend(entry.groups.iter().flatten().cloned());
            self.direct.entry(subject.clone()).or_default();
            for policy in entry.policies.iter().flatten() {
                self.by_policy(entry, policy, &subject);
            }
        }
    }

    /// What an access policy of an entry gives: everywhere, or once for each namespace of its scope. A scope of `*` is everywhere too, but
    /// for what belongs to no namespace.
    fn by_policy(&mut self, entry: &AccessEntry, policy: &AssociatedPolicy, subject: &Subject) {
        let scopes: Vec<Option<String>> = match &policy.namespaces {
            None => vec![None],
            Some(namespaces) => namespaces.iter().cloned().map(Some).collect(),
        };
        let rules = access_policies::rules(policy.name()).unwrap_or_default();
        let parts = parts(&self.ways, &rules);
        for scope in scopes {
            let everywhere = |pattern: &String| !pattern.is_empty() && pattern.bytes().all(|b| b == b'*');
            for part in &parts {
                let ground = Ground {
                    via: subject.id(),
                    namespace: scope.clone().filter(|pattern| !everywhere(pattern)),
                    names: part.names.clone(),
                    binding: format!("{ENTRY}/{}", entry.principal),
                    role: Role { kind: POLICY.to_owned(), name: policy.name().to_owned() },
                    rule: part.rule,
                    built_in: false,
                };
                self.give(subject, part, ground, scope.is_some());
            }
        }
    }

    /// One entry for the same right in the same place; the first binding stands for all.
    fn give(&mut self, subject: &Subject, part: &Part, ground: Ground, in_namespace: bool) {
        if in_namespace && part.cluster {
            return;
        }
        if let (Some(within), Some(here)) = (part.within, &ground.namespace)
            && !matches(here, within)
        {
            return;
        }
        let Some(way) = self.ways.get(part.way) else {
            return;
        };
        if let Some(second) = part.half {
            let known = self.halves.entry(subject.clone()).or_default().entry((part.way, second)).or_default();
            let same = |one: &Ground| {
                (&one.namespace, &one.names, one.built_in) == (&ground.namespace, &ground.names, ground.built_in)
            };
            if !known.iter().any(same) {
                known.push(ground);
            }
            return;
        }
        let given = (way.right.clone(), ground.namespace.clone(), ground.names.clone(), ground.built_in);
        let grants = self.direct.entry(subject.clone()).or_default();
        match grants.get_mut(&given) {
            Some(known) => known.more = known.more.saturating_add(1),
            None => {
                let grant = Grant::of(given.0.clone(), ground);
                grants.insert(given, grant);
            }
        }
    }

    /// The access entries that are this subject.
    #[must_use]
    pub fn entries(&self, subject: &Subject) -> &[String] {
        self.entries.get(subject).map(Vec::as_slice).unwrap_or_default()
    }

    /// All groups that the subject is known to be in.
    #[must_use]
    pub fn groups(&self, subject: &Subject) -> Vec<String> {
        let mut groups = subject.groups();
        for group in self.groups.get(subject).into_iter().flatten() {
            for one in std::iter::once(group.clone()).chain(Subject::Group(group.clone()).groups()) {
                if !groups.contains(&one) {
                    groups.push(one);
                }
            }
        }
        groups
    }

    /// Every subject that a binding names, or that is let in by an access entry.
    pub fn subjects(&self) -> impl Iterator<Item = &Subject> {
        self.direct.keys()
    }

    /// The bindings that name it.
    #[must_use]
    pub fn bindings(&self, subject: &Subject) -> &[String] {
        self.bindings.get(subject).map(Vec::as_slice).unwrap_or_default()
    }

    /// All its sensitive rights, its own and those of its groups.
    #[must_use]
    pub fn grants(&self, subject: &Subject) -> Vec<Grant> {
        let mut everybody = vec![subject.clone()];
        everybody.extend(self.groups(subject).into_iter().map(Subject::Group));
        let mut all: Vec<Grant> = everybody
            .iter()
            .filter_map(|one| self.direct.get(one))
            .flat_map(|grants| grants.values().cloned())
            .collect();
        let mut joined: BTreeMap<Given, Grant> = BTreeMap::new();
        for (at, way) in self.ways.iter().enumerate() {
            let Some(second) = &way.second else { continue };
            let of = |half: bool| {
                let halves = everybody.iter().filter_map(move |one| self.halves.get(one)?.get(&(at, half)));
                halves.flatten()
            };
            for first in of(false) {
                for other in of(true) {
                    let Some(mut ground) = meet(first, other, second.place, second.limit) else { continue };
                    ground.built_in = first.built_in && other.built_in;
                    ground.via = self.holder(&everybody, first, other);
                    let given = (way.right.clone(), ground.namespace.clone(), ground.names.clone(), ground.built_in);
                    let grant = Grant { with: Some(other.clone()), ..Grant::of(way.right.clone(), ground) };
                    match joined.get_mut(&given) {
                        Some(known) => known.more = known.more.saturating_add(1),
                        None => drop(joined.insert(given, grant)),
                    }
                }
            }
        }
        // What the server itself gives needs no other binding to be given: two halves of which one is somebody else's add nothing.
        let covered: Vec<Given> = joined.keys().filter(|given| given.3).cloned().collect();
        for (right, namespace, names, _) in covered {
            joined.remove(&(right, namespace, names, false));
        }
        all.extend(joined.into_values());
        all.sort();
        all
    }

    /// Who holds both halves: the group that one of them is given to, where it has the other too, else the subject itself.
    fn holder(&self, everybody: &[Subject], first: &Ground, other: &Ground) -> String {
        let has = |group: &Subject, via: &String| {
            *via == group.id() || self.groups(group).into_iter().any(|name| *via == Subject::Group(name).id())
        };
        let named = |group: &&Subject| [&first.via, &other.via].contains(&&group.id());
        let mut groups = everybody.iter().skip(1).filter(named);
        let both = groups.find(|group| has(group, &first.via) && has(group, &other.via));
        both.or(everybody.first()).map(Subject::id).unwrap_or_default()
    }
}

impl Grant {
    fn of(right: String, ground: Ground) -> Self {
        let Ground { via, namespace, names, binding, role, rule, built_in } = ground;
        Self { right, namespace, names, via, binding, role, rule, more: 0, built_in, with: None }
    }
}

/// Where and for which names two halves are held together; `None`: nowhere.
fn meet(first: &Ground, other: &Ground, place: Place, limit: Limit) -> Option<Ground> {
    let namespace = match place {
        Place::Any => first.namespace.clone(),
        Place::Same => match (&first.namespace, &other.namespace) {
            (here, None) => here.clone(),
            (None, there) => there.clone(),
            (Some(here), Some(there)) if matches(there, here) => Some(here.clone()),
            (Some(here), Some(there)) if matches(here, there) => Some(there.clone()),
            // Two patterns may have names in common: then it is held under the first, rather than nowhere.
            (Some(here), Some(there)) if here.contains('*') && there.contains('*') => Some(here.clone()),
            _ => return None,
        },
    };
    let names = match limit {
        Limit::First => first.names.clone(),
        Limit::Nothing => None,
        Limit::Both => match (&first.names, &other.names) {
            (some, None) | (None, some) => some.clone(),
            (Some(some), Some(others)) => {
                let both: Vec<String> = some.iter().filter(|name| others.contains(name)).cloned().collect();
                if both.is_empty() {
                    return None;
                }
                Some(both)
            }
        },
    };
    Some(Ground { namespace, names, ..first.clone() })
}

/// Whether the pattern of an access scope, in which a `*` stands for any characters, matches the namespace.
pub(crate) fn matches(pattern: &str, namespace: &str) -> bool {
    let mut pieces = pattern.split('*');
    let Some(mut rest) = pieces.next().and_then(|start| namespace.strip_prefix(start)) else {
        return false;
    };
    let pieces: Vec<&str> = pieces.collect();
    let Some((end, middle)) = pieces.split_last() else {
        return rest.is_empty();
    };
    for piece in middle {
        match rest.find(piece).and_then(|at| rest.get(at + piece.len()..)) {
            Some(left) => rest = left,
            None => return false,
        }
    }
    rest.ends_with(end)
}

impl Role {
    fn of(reference: &RoleRef) -> Self {
        Self { kind: reference.kind.clone(), name: reference.name.clone() }
    }
}

/// What the rules of one role give, each way and half once for each rule.
fn parts(ways: &[Way], rules: &[Rule]) -> Vec<Part> {
    let mut found: Vec<Part> = Vec::new();
    for (rule, written) in rules.iter().enumerate() {
        for (way, one) in ways.iter().enumerate() {
            let mut add = |step: &Step, half: Option<bool>| {
                let Some(names) = step.allowed_by(written) else { return };
                // Several resources of one rule give the same right once.
                let same = |part: &&Part| {
                    half.is_none()
                        && part.half.is_none()
                        && part.rule == rule
                        && part.names == names
                        && part.cluster == step.cluster
                        && ways.get(part.way).is_some_and(|known| known.right == one.right)
                };
                if found.iter().rev().take_while(|part| part.rule == rule).find(same).is_none() {
                    let within = step.only.map(|(namespace, _)| namespace);
                    found.push(Part { way, half, cluster: step.cluster, within, rule, names });
                }
            };
            match &one.second {
                None => add(&one.first, None),
                Some(second) => {
                    add(&one.first, Some(false));
                    add(&second.step, Some(true));
                }
            }
        }
    }
    found
}
