//! Answers to questions, with what they follow from: yes, no, or undetermined.
//!
//! Yes and no are what a `SubjectAccessReview` of the API server says of the same user and groups (`tests/tests/systems/kubernetes.rs` puts
//! thousands of questions to both). Whatever was not read, and could make the answer another one, makes it undetermined.
//! <https://kubernetes.io/docs/reference/kubernetes-api/authorization-resources/subject-access-review-v1/>

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use crate::access::AccessEntry;
use crate::access_policies;
use crate::built_in::BuiltIn;
use crate::effective::Claimed;
use crate::question::Question;
use crate::resource::{ACCESS_ENTRY, BINDING, ROLE};
use crate::rules::{Asked, Binding, Rule, Who};
use crate::sealed::{Sealed, role_id};
use crate::sensitive::matches;
use crate::subject::Subject;
use crate::ways::Version;

/// Let through before any authorizer is asked.
const MASTERS: &str = "system:masters";
/// The ClusterRole of the same rules that the Node authorizer begins with.
const NODE_ROLE: &str = "system:node";
const BY_NODE: &str = "the Node authorizer decides beside RBAC what a node may do, by the pods that run on it, which no object of RBAC shows";

/// All that is known of one cluster.
#[derive(Debug)]
pub struct World {
    pub sealed: Sealed,
    /// What the declaration claims; or why that is not known.
    pub claimed: Result<Claimed, String>,
    /// The lists that were made, under the names of their populations, with why one is not whole.
    pub lists: BTreeMap<String, Option<String>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    Yes,
    No,
    Undetermined,
}

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Answer {
    pub verdict: Verdict,
    /// The groups with which was asked.
    pub groups: Vec<String>,
    /// All that gives it.
    pub paths: Vec<Path>,
    /// What was not read, and could make it another answer. Empty unless it is undetermined.
    pub because: Vec<String>,
}

/// Everybody who may do something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct WhoCan {
    pub subjects: Vec<Holder>,
    /// Why there may be others. Empty: these are all.
    pub because: Vec<String>,
}

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Holder {
    pub subject: String,
    pub paths: Vec<Path>,
}

/// What gives it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Path {
    /// Whom it is given to: the subject, or a group that it is in.
    pub via: String,
    pub by: By,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "type")]
pub enum By {
    /// A rule of a role that a binding gives.
    Binding {
        binding: String,
        role: String,
        /// The rule's place in the role, from 0.
        rule: usize,
        text: Rule,
    },
    /// An access policy of EKS that an entry has.
    AccessPolicy { principal: String, policy: String },
    /// The API server lets this group through before any authorizer is asked.
    SystemMasters,
}

impl World {
    /// Whether a subject may do it.
    #[must_use]
    pub fn answer(&self, question: &Question) -> Answer {
        let Question { subject, with, asked } = question;
        let groups = self.groups(subject, with);
        let user = match subject {
            Subject::User(name) => name.clone(),
            Subject::ServiceAccount { namespace, name } => format!("system:serviceaccount:{namespace}:{name}"),
            Subject::Group(_) => String::new(),
        };
        let who = Who { user: &user, groups: &groups };
        if groups.iter().any(|group| group == MASTERS) {
            let paths = vec![Path { via: Subject::Group(MASTERS.to_owned()).id(), by: By::SystemMasters }];
            return Answer { verdict: Verdict::Yes, groups, paths, because: Vec::new() };
        }
        let mut paths: Vec<Path> = Vec::new();
        let mut because = Vec::new();
        for binding in self.bindings().filter(|binding| binding.reaches(asked)) {
            let Some(named) = binding.subjects.iter().find(|one| binding.means(one, who)) else { continue };
            let via = Subject::of(named, binding.namespace_of(named)).map(|subject| subject.id()).unwrap_or_default();
            match self.by(binding, asked) {
                Ok(by) => paths.extend(by.map(|by| Path { via, by })),
                Err(why) => because.push(why),
            }
        }
        for entry in self.entries_of(subject) {
            self.by_policies(entry, asked, &mut |by| paths.push(Path { via: subject.id(), by }), &mut because);
        }
        let before = self.asked_before();
        if !paths.is_empty() {
            return match before {
                None => Answer { verdict: Verdict::Yes, groups, paths, because: Vec::new() },
                Some(why) => Answer { verdict: Verdict::Undetermined, groups, paths, because: vec![why] },
            };
        }
        because.extend(self.unseen(asked));
        let node = |name: &String| name == "system:nodes";
        if (groups.iter().any(node) || user.starts_with("system:node:")) && self.decides("Node") {
            because.push(BY_NODE.to_owned());
        }
        let verdict = if because.is_empty() { Verdict::No } else { Verdict::Undetermined };
        Answer { verdict, groups, paths, because }
    }

    /// Everybody who may do it. A group stands for all its members.
    #[must_use]
    pub fn who_can(&self, asked: &Asked) -> WhoCan {
        let mut found: BTreeMap<String, Vec<Path>> = BTreeMap::new();
        let mut because = Vec::new();
        let masters = Subject::Group(MASTERS.to_owned()).id();
        found.insert(masters.clone(), vec![Path { via: masters, by: By::SystemMasters }]);
        for binding in self.bindings().filter(|binding| binding.reaches(asked)) {
            let by = match self.by(binding, asked) {
                Ok(Some(by)) => by,
                Ok(None) => continue,
                Err(why) => {
                    because.push(why);
                    continue;
                }
            };
            for named in &binding.subjects {
                let Some(subject) = Subject::of(named, binding.namespace_of(named)) else { continue };
                let paths = found.entry(subject.id()).or_default();
                let path = Path { via: subject.id(), by: by.clone() };
                if !paths.contains(&path) {
                    paths.push(path);
                }
            }
        }
        for entry in &self.sealed.entries {
            let Some(subject) = entry.username.as_deref().and_then(Subject::user) else { continue };
            let mut given = Vec::new();
            self.by_policies(entry, asked, &mut |by| given.push(Path { via: subject.id(), by }), &mut because);
            for group in self.groups(&subject, &[]) {
                let group = Subject::Group(group).id();
                // Whoever is authenticated is in some groups: that is no way of EKS.
                if entry.groups.iter().flatten().any(|one| Subject::Group(one.clone()).id() == group) {
                    given.extend(found.get(&group).into_iter().flatten().cloned());
                }
            }
            if !given.is_empty() {
                found.entry(subject.id()).or_default().extend(given);
            }
        }
        because.extend(self.unseen(asked));
        if self.decides("Node") && self.nodes_may(asked) {
            because.push(BY_NODE.to_owned());
        }
        because.extend(self.asked_before());
        because.sort_unstable();
        because.dedup();
        let subjects = found.into_iter().map(|(subject, paths)| Holder { subject, paths }).collect();
        WhoCan { subjects, because }
    }

    /// Why the question may not be what was meant: rules name the resource in other groups only.
    #[must_use]
    pub fn doubt(&self, asked: &Asked) -> Option<String> {
        let Asked::Resource { group, resource, .. } = asked else { return None };
        let names = |rule: &&Rule| {
            let base = |known: &String| known.split('/').next() == Some(resource.as_str());
            rule.resources.iter().any(base)
        };
        let rules = || self.sealed.rbac.roles.values().flatten().filter(names);
        if rules().any(|rule| rule.api_groups.contains(group)) {
            return None;
        }
        let mut others: Vec<&str> =
            rules().flat_map(|rule| &rule.api_groups).map(String::as_str).filter(|other| *other != "*").collect();
        others.sort_unstable();
        others.dedup();
        let first = others.first()?;
        let here = if group.is_empty() { "the core group".to_owned() } else { format!("the group `{group}`") };
        let written = if first.is_empty() { resource.clone() } else { format!("{resource}.{first}") };
        Some(format!(
            "no rule of this cluster names `{resource}` in {here}, others do in `{}`: write `{written}`",
            others.join("`, `")
        ))
    }

    /// Whether any rule names the resource; where none does, it may be misspelt.
    #[must_use]
    pub fn is_named(&self, asked: &Asked) -> bool {
        let Asked::Resource { resource, .. } = asked else { return true };
        let mut rules = self.sealed.rbac.roles.values().flatten();
        rules.any(|rule| rule.resources.iter().any(|known| known.split('/').next() == Some(resource.as_str())))
    }

    /// The groups that a subject is known to be in, with those that are given.
    fn groups(&self, subject: &Subject, with: &[String]) -> Vec<String> {
        let own = match subject {
            Subject::Group(name) => Some(name.clone()),
            Subject::User(_) | Subject::ServiceAccount { .. } => None,
        };
        let of_entries = self.entries_of(subject).flat_map(|entry| entry.groups.iter().flatten().cloned());
        let given: Vec<String> = own.into_iter().chain(of_entries).chain(with.iter().cloned()).collect();
        let mut groups = subject.groups();
        for group in given {
            for one in std::iter::once(group.clone()).chain(Subject::Group(group).groups()) {
                if !groups.contains(&one) {
                    groups.push(one);
                }
            }
        }
        groups
    }

    fn entries_of<'a>(&'a self, subject: &'a Subject) -> impl Iterator<Item = &'a AccessEntry> {
        let is = move |entry: &&AccessEntry| entry.username.as_deref().is_some_and(|name| stands_for(name, subject));
        self.sealed.entries.iter().filter(is)
    }

    fn bindings(&self) -> impl Iterator<Item = &Binding> {
        self.sealed.rbac.bindings.iter()
    }

    /// The rule by which a binding gives it; `Err`: why that is not known.
    fn by(&self, binding: &Binding, asked: &Asked) -> Result<Option<By>, String> {
        let key = binding.role_key();
        let role = role_id(&key);
        let Some(rules) = self.sealed.rbac.roles.get(&key) else {
            // A binding to a role that does not exist gives nothing.
            let unread = self.sealed.unread.get(&(ROLE.to_owned(), role.clone())).cloned();
            let why = unread.or_else(|| self.list_is_cut(ROLE, key.0.as_deref()));
            return why
                .map_or(Ok(None), |why| Err(format!("{} gives {role}, which was not read: {why}", binding.id())));
        };
        let found = rules.iter().enumerate().find(|(_, rule)| rule.allows(asked));
        Ok(found.map(|(rule, text)| By::Binding { binding: binding.id(), role, rule, text: text.clone() }))
    }

    fn by_policies(&self, entry: &AccessEntry, asked: &Asked, give: &mut dyn FnMut(By), because: &mut Vec<String>) {
        if entry.policies.is_none() {
            because.push(format!("the access policies of {} were not read", entry.principal));
        }
        for policy in entry.policies.iter().flatten() {
            let reaches = match (&policy.namespaces, asked) {
                (None, _) => true,
                (Some(scopes), Asked::Resource { namespace, .. }) if !namespace.is_empty() => {
                    scopes.iter().any(|scope| matches(scope, namespace))
                }
                (Some(_), _) => false,
            };
            if !reaches {
                continue;
            }
            let known = access_policies::rules(policy.name()).unwrap_or_default();
            if known.iter().any(|rule| rule.allows(asked)) {
                give(By::AccessPolicy { principal: entry.principal.clone(), policy: policy.name().to_owned() });
            } else {
                because.push(format!(
                    "the access policy {} of EKS, which {} has, may give it: AWS publishes its rules in no API, and only its sensitive rights are known here",
                    policy.name(),
                    entry.principal
                ));
            }
        }
    }

    /// Whether the Node authorizer may have something to say about the resource, whatever the verb: it looks at more than at its rules.
    fn nodes_may(&self, asked: &Asked) -> bool {
        let Asked::Resource { group, resource, subresource, .. } = asked else { return false };
        let node = (None, NODE_ROLE.to_owned());
        let version = self.sealed.version.as_deref().map_or(Version::UNKNOWN, Version::of);
        let own = BuiltIn::of(version).ok().and_then(|known| known.speaks_of(&node, group, resource, subresource));
        let covers = |rule: &Rule| rule.verbs.iter().any(|verb| rule.covers(verb, group, resource, subresource));
        // The authorizer's rules are compiled in: an emptied role takes none of them away. What is not known may be spoken of.
        own.unwrap_or(true) || self.sealed.rbac.roles.get(&node).is_some_and(|rules| rules.iter().any(covers))
    }

    fn decides(&self, authorizer: &str) -> bool {
        let all = self.claimed.as_ref().ok().and_then(|claimed| claimed.authorizers(self.sealed.described.as_ref()));
        all.is_some_and(|all| all.iter().any(|one| one.eq_ignore_ascii_case(authorizer)))
    }

    /// An authorizer that is not read, is asked before RBAC and may deny what RBAC gives.
    fn asked_before(&self) -> Option<String> {
        let claimed = self.claimed.as_ref().ok()?;
        let others = claimed.others();
        let mut before = claimed.authorizers.iter().flatten().take_while(|one| !one.eq_ignore_ascii_case("RBAC"));
        let first = before.find(|one| others.contains(&one.as_str()))?;
        Some(format!("the authorizer {first} is asked before RBAC, may deny it, and was not read"))
    }

    /// What was not read and could give it to anybody.
    fn unseen(&self, asked: &Asked) -> Vec<String> {
        let mut why = Vec::new();
        match &self.claimed {
            Err(problem) => why.push(format!("which authorizers decide is not known: {problem}")),
            Ok(claimed) => {
                let others = claimed.others();
                if !others.is_empty() {
                    why.push(format!("declared to decide besides RBAC, but not read: {}", others.join(", ")));
                } else if claimed.authorizers.is_none() && !claimed.eks {
                    why.push(
                        "no object of the cluster shows which authorizers decide besides RBAC, and the declaration does not say (`authorizers` of the target)"
                            .to_owned(),
                    );
                }
                if claimed.eks {
                    why.extend(self.cut(ACCESS_ENTRY));
                }
            }
        }
        // Whoever it is, they may be in any group.
        for entry in self.sealed.entries.iter().filter(|one| one.username.is_none() || one.groups.is_none()) {
            why.push(format!("who {} is in the cluster, and in which groups, was not read", entry.principal));
        }
        why.extend(self.cut(&format!("{BINDING}@cluster")));
        let namespace = match asked {
            Asked::Resource { namespace, .. } if !namespace.is_empty() => Some(namespace.as_str()),
            _ => None,
        };
        why.extend(namespace.and_then(|namespace| self.list_is_cut(BINDING, Some(namespace))));
        for ((kind, id), problem) in &self.sealed.unread {
            let inside = id.strip_prefix("RoleBinding/").and_then(|rest| rest.split('/').next());
            let here = kind == ACCESS_ENTRY || (kind == BINDING && (inside.is_none() || inside == namespace));
            if self.sealed.astray.contains(&(kind.clone(), id.clone())) {
                why.push(format!("what {id} is, nobody can tell: {problem}"));
            } else if here {
                why.push(format!("{id} was not read whole: {problem}"));
            }
        }
        why
    }

    /// Why a list of what belongs to a namespace, or to none, is not whole.
    fn list_is_cut(&self, kind: &str, namespace: Option<&str>) -> Option<String> {
        let Some(namespace) = namespace else { return self.cut(&format!("{kind}@cluster")) };
        let by_itself = format!("{kind}@namespace:{namespace}");
        if let Some(said) = self.lists.get(&by_itself) {
            return said.as_ref().map(|why| format!("{by_itself}: {why}"));
        }
        // Lists of single namespaces are those of declared ones, and say nothing of another.
        self.cut(&format!("{kind}@namespaces"))
    }

    fn cut(&self, population: &str) -> Option<String> {
        match self.lists.get(population) {
            Some(None) => None,
            Some(Some(why)) => Some(format!("{population}: {why}")),
            None => Some(format!("{population}: no list was made")),
        }
    }
}

/// Whether a user name of an access entry is that of the subject. Its parts in double braces stand for what a session or node brings.
fn stands_for(username: &str, subject: &Subject) -> bool {
    let Subject::User(name) = subject else { return Subject::user(username).as_ref() == Some(subject) };
    if !username.contains("{{") {
        return username == name;
    }
    let (mut pattern, mut rest) = (String::new(), username);
    while let Some((before, brought)) = rest.split_once("{{") {
        let Some((_, after)) = brought.split_once("}}") else { break };
        pattern.push_str(before);
        pattern.push('*');
        rest = after;
    }
    pattern.push_str(rest);
    matches(&pattern, name)
}
