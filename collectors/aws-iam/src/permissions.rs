//! Who may do what by identity policies, computed from all of them once they were read.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use aws::policy_document::{Digest, Held, Holder, PolicyDocument, Power, Raised, Shared, raised};
use sdk::{CoverageNote, DerivedNote, GapNote, GapReason, Input, Recorder, SinkError, Subject};

use crate::descriptor::DETAILS;
use crate::resource::{
    AttachedPolicy, GROUP, Identity, InlinePolicy, PERMISSIONS, POLICY, Permissions, PermissionsBoundary, Principal,
    PrincipalKind, ROLE, USER,
};

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
    pub fn new(identity: &Identity, parts: Parts<'_>) -> Self {
        let unread = |what: &str| Reference::Unread(format!("{what} of {}", identity.arn));
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
            arn: identity.arn.clone(),
            name: identity.name.clone(),
            path: identity.path.clone(),
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

/// Why something of the lists was not read.
pub struct Ending {
    /// The gap of the list itself. `None`: it reached its end.
    pub stopped: Option<GapNote>,
    /// Whether all users, groups, roles and policies are there.
    pub complete: bool,
    /// Whether all whom somebody could become are there: users, groups and roles.
    pub everybody: bool,
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
        }
    }

    /// Records what each user and role may do. `root`: the ARN of the account's root user.
    pub fn record(self, recorder: &Recorder, root: &str, ending: Ending) -> Result<(), SinkError> {
        let mut fields = root.split(':').skip(1);
        let (partition, account) = (fields.next().unwrap_or("aws"), fields.nth(2).unwrap_or_default());
        let principals: Vec<(&Entry, PrincipalKind)> = self
            .users
            .values()
            .map(|one| (one, PrincipalKind::User))
            .chain(self.roles.values().map(|one| (one, PrincipalKind::Role)))
            .collect();
        let holders: Vec<Holder> =
            principals.iter().map(|(one, _)| *one).chain(self.groups.values()).map(|one| self.holder(one)).collect();
        let answers = raised(&holders, partition, account);
        for (((entry, kind), holder), found) in principals.iter().zip(&holders).zip(answers) {
            for held in holder.policies.iter().chain(&holder.boundary).filter(|held| held.digest.is_none()) {
                for part in ["administers", "keys"] {
                    recorder.gap(unread(&entry.arn, part, &held.name))?;
                }
            }
            recorder.derived(DerivedNote {
                population: PERMISSIONS.to_owned(),
                kind: PERMISSIONS.to_owned(),
                id: entry.arn.clone(),
                inputs: self.inputs(entry, *kind, &found),
                facts: sdk::facts(&Permissions {
                    principal: Some(Principal {
                        arn: entry.arn.clone(),
                        kind: *kind,
                        name: entry.name.clone(),
                        path: entry.path.clone(),
                        groups: entry.groups.clone(),
                        of_service: entry.arn.contains(":role/aws-service-role/"),
                    }),
                    administers: Some(found.administers),
                    keys: Some(found.keys),
                })?,
            })?;
        }
        if !ending.everybody && !principals.is_empty() {
            recorder.gap(somebody_unread())?;
        }
        if let Some(mut gap) = ending.stopped {
            gap.population = Some(PERMISSIONS.to_owned());
            recorder.gap(gap)?;
        }
        recorder.coverage(CoverageNote {
            population: PERMISSIONS.to_owned(),
            calls: 0,
            pages: 0,
            items: u64::try_from(principals.len()).unwrap_or(u64::MAX),
            complete: ending.complete,
            total: None,
        })
    }

    /// All that the answer about one principal rests on.
    fn inputs(&self, entry: &Entry, kind: PrincipalKind, found: &Raised) -> Vec<Input> {
        let own = if kind == PrincipalKind::User { USER } else { ROLE };
        let resource = |kind: &str, id: &str| Input::Resource { kind: kind.to_owned(), id: id.to_owned() };
        let mut inputs: BTreeSet<Input> =
            [USER, GROUP, ROLE, POLICY].into_iter().map(|kind| Input::Population(kind.to_owned())).collect();
        inputs.insert(resource(own, &entry.arn));
        let groups: Vec<&Entry> = entry.groups.iter().filter_map(|name| self.groups.get(name)).collect();
        inputs.extend(groups.iter().map(|group| resource(GROUP, &group.arn)));
        for one in groups.into_iter().chain([entry]).flat_map(|one| one.own.iter().chain(&one.boundary)) {
            if let Reference::Managed(arn) = one
                && self.policies.contains_key(arn)
            {
                inputs.insert(resource(POLICY, arn));
            }
        }
        let over = found.administers.iter().filter_map(|power: &Power| power.over.as_deref());
        for arn in over {
            let kind = if self.users.contains_key(arn) {
                USER
            } else if self.roles.contains_key(arn) {
                ROLE
            } else {
                GROUP
            };
            inputs.insert(resource(kind, arn));
        }
        inputs.into_iter().collect()
    }
}

/// A role that was not read may trust anybody and be an administrator: nobody's part is whole without it.
fn somebody_unread() -> GapNote {
    GapNote {
        population: Some(PERMISSIONS.to_owned()),
        subject: None,
        part: Some("administers".to_owned()),
        right: Some(DETAILS.to_owned()),
        reason: GapReason::TotalMismatch,
        detail: "not all users, groups and roles were read: who becomes an administrator by one of them is not known"
            .to_owned(),
        exchange: None,
    }
}

fn unread(arn: &str, part: &str, what: &str) -> GapNote {
    GapNote {
        population: Some(PERMISSIONS.to_owned()),
        subject: Some(Subject { kind: PERMISSIONS.to_owned(), id: arn.to_owned() }),
        part: Some(part.to_owned()),
        right: Some(DETAILS.to_owned()),
        reason: GapReason::Malformed,
        detail: format!("{what} was not read, and may give or take back anything"),
        exchange: None,
    }
}
