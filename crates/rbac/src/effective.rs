//! Everybody who is named by a binding, is a service account or is let in by EKS, with what they may do.

use std::collections::BTreeSet;

use serde::{Deserialize, Deserializer};

use crate::access::{AccessEntry, Described};
use crate::built_in::BuiltIn;
use crate::resource;
use crate::rules::Rbac;
use crate::sensitive::Holders;
use crate::subject::Subject;
use crate::ways::{self, OWN, OwnRight, Version};

/// What the declaration claims of a cluster: the settings of its target that count here. Others are not looked at.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Claimed {
    /// What the API server's `--authorization-mode` is claimed to be.
    #[serde(default)]
    pub authorizers: Option<Vec<String>>,
    #[serde(default)]
    pub rights: Vec<OwnRight>,
    /// Whether it is one of EKS, and AWS is asked who has access.
    #[serde(default, deserialize_with = "is_there")]
    pub eks: bool,
}

impl Claimed {
    /// The declared authorizers that decide beside Node and RBAC, and beside EKS where that is read.
    #[must_use]
    pub fn others(&self) -> Vec<&str> {
        let is_read = |name: &str| name == "node" || name == "rbac" || (name == "eks" && self.eks);
        let known = |name: &&str| !is_read(&name.to_ascii_lowercase());
        self.authorizers.iter().flatten().map(String::as_str).filter(known).collect()
    }

    /// What decides, as the declaration claims it; of a cluster of EKS, which nobody else can set up, AWS has said it.
    #[must_use]
    pub fn authorizers(&self, described: Option<&Described>) -> Option<Vec<String>> {
        let claimed = self.authorizers.clone();
        if !self.eks {
            return claimed;
        }
        let described = described?;
        let mut all = claimed.unwrap_or_else(|| vec!["Node".to_owned(), "RBAC".to_owned()]);
        if described.lets_in() && !all.iter().any(|one| one.eq_ignore_ascii_case("EKS")) {
            all.push("EKS".to_owned());
        }
        Some(all)
    }
}

/// All that the rights of subjects are computed from.
#[derive(Clone, Copy, Debug)]
pub struct Known<'a> {
    pub rbac: &'a Rbac,
    /// `namespace/name` of every service account.
    pub accounts: &'a BTreeSet<String>,
    /// Whom EKS lets in.
    pub entries: &'a [AccessEntry],
    /// What AWS says of the cluster.
    pub described: Option<&'a Described>,
    pub version: Version,
    pub claimed: &'a Claimed,
}

/// Who may do what is worth watching.
#[derive(Debug)]
pub struct Effective {
    pub holders: Holders,
    pub authorizers: Option<Vec<String>>,
    subjects: BTreeSet<Subject>,
    own_rights: Vec<String>,
}

impl Effective {
    #[must_use]
    pub fn of(known: Known<'_>, built_in: &BuiltIn) -> Self {
        let Known { rbac, accounts, entries, described, version, claimed } = known;
        let mut holders = Holders::of(rbac, ways::ways(version, &claimed.rights), built_in);
        holders.let_in(entries);
        let mut subjects: BTreeSet<Subject> = holders.subjects().cloned().collect();
        subjects.extend(accounts.iter().filter_map(|account| {
            let (namespace, name) = account.split_once('/')?;
            Some(Subject::ServiceAccount { namespace: namespace.to_owned(), name: name.to_owned() })
        }));
        let own_rights = claimed.rights.iter().map(|right| format!("{OWN}{}", right.name)).collect();
        Self { holders, authorizers: claimed.authorizers(described), subjects, own_rights }
    }

    /// Everybody, each once.
    #[must_use]
    pub const fn subjects(&self) -> &BTreeSet<Subject> {
        &self.subjects
    }

    /// What is sealed of one of them.
    #[must_use]
    pub fn facts(&self, subject: &Subject) -> resource::Subject {
        let (kind, namespace, name) = match subject {
            Subject::User(name) => ("User", None, name),
            Subject::Group(name) => ("Group", None, name),
            Subject::ServiceAccount { namespace, name } => ("ServiceAccount", Some(namespace.clone()), name),
        };
        resource::Subject {
            id: subject.id(),
            kind: kind.to_owned(),
            namespace,
            name: name.clone(),
            groups: self.holders.groups(subject),
            access_entries: self.holders.entries(subject).to_vec(),
            bindings: self.holders.bindings(subject).to_vec(),
            grants: self.holders.grants(subject),
            own_rights: self.own_rights.clone(),
            authorizers: self.authorizers.clone(),
        }
    }
}

/// Of a setting only whether it is set.
fn is_there<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    Ok(Option::<serde::de::IgnoredAny>::deserialize(deserializer)?.is_some())
}
