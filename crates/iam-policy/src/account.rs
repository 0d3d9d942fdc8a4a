//! Who may do what by the identity policies of an account, from all users, groups, roles and policies as they were read.

use std::collections::BTreeMap;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::document::PolicyDocument;
use crate::permissions::{Digest, Held, Holder, Loose, Power, Raised, Shared, raised};

/// What a user or a role may do by identity policies: their own, those of their groups, within a permissions boundary. Computed from all
/// that was read of users, groups, roles and policies. Its id is the principal's ARN.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Permissions {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub principal: Option<Principal>,
    /// By what the principal is an administrator, or can become one. Empty: by nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub administers: Option<Vec<Power>>,
    /// What the principal may do to keys of KMS, where the keys' own policies leave that to identity policies.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keys: Option<Vec<Power>>,
}

/// Whose permissions these are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Principal {
    pub arn: String,
    #[serde(rename = "type")]
    pub kind: PrincipalKind,
    pub name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Names of the groups that count.
    pub groups: Vec<String>,
    /// Whether it is a service's own role (`/aws-service-role/`), whose policies AWS writes.
    pub of_service: bool,
}

/// What a principal is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PrincipalKind {
    User,
    Role,
}

/// A policy inside a user, group or role.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct InlinePolicy {
    pub name: String,
    /// Absent where the text has no form that AWS documents: then a gap says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub document: Option<PolicyDocument>,
}

/// A managed policy attached to a user, group or role; its text is the resource `aws-iam/policy` of this ARN.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct AttachedPolicy {
    pub arn: String,
    pub name: String,
}

/// The managed policy that bounds what a user or role can be allowed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct PermissionsBoundary {
    pub exists: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arn: Option<String>,
}

/// What was read of a user, a role or a group, as far as it counts here.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Entry {
    arn: String,
    name: String,
    path: Option<String>,
    own: Vec<Reference>,
    /// Names of groups.
    groups: Vec<String>,
    /// `None`: there is none.
    boundary: Option<Reference>,
    trust: Option<Shared>,
}

/// A policy as its holder has it.
#[derive(Clone, Debug, PartialEq)]
enum Reference {
    Inline(String, Shared),
    Managed(String),
    Unread(String),
}

/// Who an entity is.
#[derive(Clone, Copy, Debug)]
pub struct Who<'a> {
    pub arn: &'a str,
    pub name: &'a str,
    pub path: Option<&'a str>,
}

/// Parts of an entity as they were read.
#[derive(Clone, Copy, Debug, Default)]
pub struct Parts<'a> {
    pub inline: Option<&'a [InlinePolicy]>,
    /// Whether a gap says that some of them were not read.
    pub inline_cut: bool,
    pub attached: Option<&'a [AttachedPolicy]>,
    /// `None`: it was not read. For groups, which have none, an absent one is given.
    pub boundary: Option<&'a PermissionsBoundary>,
    /// `None`: they were not read. For those that can be in none, an empty list is given.
    pub groups: Option<&'a [String]>,
    pub trust: Option<&'a PolicyDocument>,
}

impl Entry {
    #[must_use]
    pub fn new(who: Who<'_>, parts: Parts<'_>) -> Self {
        let unread = |what: &str| Reference::Unread(format!("{what} of {}", who.arn));
        let mut own = Vec::new();
        match parts.inline {
            Some(list) => own.extend(list.iter().map(|one| match &one.document {
                Some(document) => {
                    Reference::Inline(format!("the inline policy {}", one.name), Arc::new(Digest::of(document)))
                }
                None => unread(&format!("the inline policy {}", one.name)),
            })),
            None => own.push(unread("the inline policies")),
        }
        if parts.inline_cut && !own.iter().any(|one| matches!(one, Reference::Unread(_))) {
            own.push(unread("an inline policy"));
        }
        match parts.attached {
            Some(list) => own.extend(list.iter().map(|one| Reference::Managed(one.arn.clone()))),
            None => own.push(unread("the attached policies")),
        }
        if parts.groups.is_none() {
            own.push(unread("the groups"));
        }
        let boundary = match parts.boundary {
            Some(PermissionsBoundary { exists: false, .. }) => None,
            Some(PermissionsBoundary { arn: Some(arn), .. }) => Some(Reference::Managed(arn.clone())),
            _ => Some(unread("the permissions boundary")),
        };
        Self {
            arn: who.arn.to_owned(),
            name: who.name.to_owned(),
            path: who.path.map(str::to_owned),
            own,
            groups: parts.groups.unwrap_or_default().to_vec(),
            boundary,
            trust: parts.trust.map(|document| Arc::new(Digest::of(document))),
        }
    }
}

/// All that was read.
#[derive(Debug, Default)]
pub struct Book {
    users: BTreeMap<String, Entry>,
    roles: BTreeMap<String, Entry>,
    groups: BTreeMap<String, Entry>,
    policies: BTreeMap<String, Option<Shared>>,
}

fn add(all: &mut BTreeMap<String, Entry>, key: String, entry: Entry) {
    match all.get_mut(&key) {
        // Listed again and otherwise: neither is believed.
        Some(known) if *known != entry => {
            known.trust = None;
            known.own.push(Reference::Unread(format!("what the list says otherwise of {key} the second time")));
        }
        Some(_) => {}
        None => {
            all.insert(key, entry);
        }
    }
}

impl Book {
    pub fn user(&mut self, entry: Entry) {
        add(&mut self.users, entry.arn.clone(), entry);
    }

    pub fn role(&mut self, entry: Entry) {
        add(&mut self.roles, entry.arn.clone(), entry);
    }

    pub fn group(&mut self, entry: Entry) {
        add(&mut self.groups, entry.name.clone(), entry);
    }

    pub fn policy(&mut self, arn: &str, document: Option<&PolicyDocument>) {
        let digest = document.map(|document| Arc::new(Digest::of(document)));
        let known = self.policies.entry(arn.to_owned()).or_insert_with(|| digest.clone());
        if *known != digest {
            *known = None;
        }
    }

    fn held(&self, reference: &Reference, group: Option<&str>) -> Held {
        let (name, digest) = match reference {
            Reference::Inline(name, digest) => (name, Some(digest.clone())),
            Reference::Managed(arn) => (arn, self.policies.get(arn).cloned().flatten()),
            Reference::Unread(what) => (what, None),
        };
        Held { name: name.clone(), group: group.map(str::to_owned), digest }
    }

    fn holder(&self, entry: &Entry) -> Holder {
        let mut policies: Vec<Held> = entry.own.iter().map(|one| self.held(one, None)).collect();
        for name in &entry.groups {
            match self.groups.get(name) {
                Some(group) => policies.extend(group.own.iter().map(|one| self.held(one, Some(name)))),
                None => {
                    policies.push(Held { name: format!("the group {name}"), group: Some(name.clone()), digest: None });
                }
            }
        }
        Holder {
            arn: entry.arn.clone(),
            name: entry.name.clone(),
            policies,
            boundary: entry.boundary.as_ref().map(|one| self.held(one, None)),
            trust: entry.trust.clone(),
            // Asked for where who reaches a key is asked for.
            loose: Loose::default(),
        }
    }

    /// What each user and role may do, users first. `partition` and `account` are those of the account's ARNs.
    #[must_use]
    pub fn answers(&self, partition: &str, account: &str) -> Vec<Answered<'_>> {
        let principals: Vec<(&Entry, PrincipalKind)> = self
            .users
            .values()
            .map(|one| (one, PrincipalKind::User))
            .chain(self.roles.values().map(|one| (one, PrincipalKind::Role)))
            .collect();
        let holders: Vec<Holder> =
            principals.iter().map(|(one, _)| *one).chain(self.groups.values()).map(|one| self.holder(one)).collect();
        let found = raised(&holders, partition, account);
        let answered = principals.into_iter().zip(holders).zip(found);
        answered.map(|(((entry, kind), holder), found)| Answered { entry, kind, holder, found }).collect()
    }

    /// ARNs of the groups of an entity that were read.
    pub fn groups_of<'b>(&'b self, entry: &'b Entry) -> impl Iterator<Item = &'b str> {
        entry.groups.iter().filter_map(|name| Some(self.groups.get(name)?.arn.as_str()))
    }

    /// ARNs of the managed policies that were read and count for an entity: its own, its boundary, those of its groups.
    pub fn policies_of<'b>(&'b self, entry: &'b Entry) -> impl Iterator<Item = &'b str> {
        let groups = entry.groups.iter().filter_map(|name| self.groups.get(name));
        let references = groups.chain([entry]).flat_map(|one| one.own.iter().chain(&one.boundary));
        references.filter_map(|one| match one {
            Reference::Managed(arn) => self.policies.contains_key(arn).then_some(arn.as_str()),
            Reference::Inline(..) | Reference::Unread(_) => None,
        })
    }

    #[must_use]
    pub fn is_user(&self, arn: &str) -> bool {
        self.users.contains_key(arn)
    }

    #[must_use]
    pub fn is_role(&self, arn: &str) -> bool {
        self.roles.contains_key(arn)
    }
}

/// What one user or role may do, and by what that was found out.
#[derive(Debug)]
pub struct Answered<'b> {
    pub entry: &'b Entry,
    pub kind: PrincipalKind,
    holder: Holder,
    pub found: Raised,
}

impl Answered<'_> {
    #[must_use]
    pub fn arn(&self) -> &str {
        &self.entry.arn
    }

    /// What counts and was not read: it may give or take back anything.
    pub fn unread(&self) -> impl Iterator<Item = &str> {
        let held = self.holder.policies.iter().chain(&self.holder.boundary);
        held.filter(|held| held.digest.is_none()).map(|held| held.name.as_str())
    }

    /// What is sealed of it.
    #[must_use]
    pub fn facts(&self) -> Permissions {
        let Self { entry, kind, found, .. } = self;
        Permissions {
            principal: Some(Principal {
                arn: entry.arn.clone(),
                kind: *kind,
                name: entry.name.clone(),
                path: entry.path.clone(),
                groups: entry.groups.clone(),
                of_service: entry.arn.contains(":role/aws-service-role/"),
            }),
            administers: Some(found.administers.clone()),
            keys: Some(found.keys.clone()),
        }
    }
}
