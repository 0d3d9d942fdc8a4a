//! What was read, as it is sealed: `aws-iam/user`, `group`, `role` and `policy`, `aws-kms/key`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::Deserialize;
use serde_json::Value;

use super::answer::{Place, Who, WhoKind};
use crate::arn;
use crate::document::PolicyDocument;
use crate::permissions::{Digest, Held, Holder, Shared};

/// One sealed resource.
#[derive(Clone, Copy, Debug)]
pub struct Sealed<'a> {
    /// `aws-iam/role`. Kinds that do not count here are passed over.
    pub kind: &'a str,
    pub id: &'a str,
    /// A JSON object; a part that is absent was not read.
    pub facts: &'a Value,
    /// Parts that a gap names: what is there of them is not all.
    pub unread: &'a [String],
}

/// Facts that are not of the form of their kind.
#[derive(Debug, thiserror::Error)]
#[error("the facts of {kind} `{id}` are not of its form: {problem}")]
pub struct MalformedFacts {
    pub kind: String,
    pub id: String,
    pub problem: String,
}

/// Everything that may let somebody reach a key.
#[derive(Clone, Debug, Default)]
pub struct World {
    /// Accounts of which something was read, by number.
    pub accounts: BTreeMap<String, Account>,
    pub keys: Vec<Key>,
    /// Which service account of which cluster EKS gives which role. `None`: that was not read.
    pub pod_identities: Option<Vec<PodIdentity>>,
    /// Seconds since 1970.
    pub now: i64,
}

/// An account of which something was read.
#[derive(Clone, Debug, Default)]
pub struct Account {
    pub partition: String,
    pub principals: Vec<Principal>,
    /// Whether all users, groups and roles are among them.
    pub whole: bool,
}

/// A user, group or role.
#[derive(Clone, Debug)]
pub struct Principal {
    pub who: Who,
    pub(crate) holder: Holder,
    /// Where each of the holder's policies stands, in their order.
    pub(crate) places: Vec<Place>,
}

/// A key of KMS.
#[derive(Clone, Debug)]
pub struct Key {
    pub arn: String,
    pub account: String,
    /// `None`: it was not read.
    pub(crate) policy: Option<Digest>,
    /// `None`: they were not read, or not all of them.
    pub(crate) grants: Option<Vec<Grant>>,
    /// Those that were read, if not all were.
    pub(crate) some_grants: Vec<Grant>,
    /// What conditions can ask of the key and nobody can change, by lower-case key.
    pub(crate) fixed: BTreeMap<String, Vec<String>>,
}

/// A grant of a key.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Grant {
    pub id: String,
    #[serde(default)]
    pub grantee: Option<String>,
    #[serde(default)]
    pub grantee_service: Option<String>,
    #[serde(default)]
    pub retiring: Option<String>,
    pub operations: Vec<String>,
    #[serde(default)]
    pub constraints: Option<GrantConstraints>,
}

/// What narrows a grant. <https://docs.aws.amazon.com/kms/latest/APIReference/API_GrantConstraints.html>
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct GrantConstraints {
    #[serde(default)]
    pub encryption_context_subset: Option<BTreeMap<String, String>>,
    #[serde(default)]
    pub encryption_context_equals: Option<BTreeMap<String, String>>,
    #[serde(default)]
    pub source_arn: Option<String>,
}

/// An association of EKS: pods with this service account get the role.
/// <https://docs.aws.amazon.com/eks/latest/userguide/pod-identities.html>
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PodIdentity {
    /// The cluster's ARN.
    pub cluster: String,
    pub namespace: String,
    pub service_account: String,
    pub role: String,
}

#[derive(Deserialize)]
struct Identity {
    arn: String,
    name: String,
}

#[derive(Deserialize)]
struct Inline {
    name: String,
    #[serde(default)]
    document: Option<PolicyDocument>,
}

#[derive(Deserialize)]
struct Attached {
    arn: String,
}

#[derive(Deserialize)]
struct Boundary {
    exists: bool,
    #[serde(default)]
    arn: Option<String>,
}

#[derive(Deserialize)]
struct Entity {
    #[serde(default)]
    identity: Option<Identity>,
    #[serde(default)]
    groups: Option<Vec<String>>,
    #[serde(default)]
    inline_policies: Option<Vec<Inline>>,
    #[serde(default)]
    attached_policies: Option<Vec<Attached>>,
    #[serde(default)]
    permissions_boundary: Option<Boundary>,
    #[serde(default)]
    trust_policy: Option<PolicyDocument>,
}

#[derive(Deserialize)]
struct Managed {
    #[serde(default)]
    document: Option<PolicyDocument>,
}

#[derive(Deserialize)]
struct KeyFacts {
    #[serde(default)]
    policy: Option<PolicyDocument>,
    #[serde(default)]
    grants: Option<Vec<Grant>>,
    #[serde(default)]
    spec: Option<String>,
    #[serde(default)]
    usage: Option<String>,
    #[serde(default)]
    origin: Option<String>,
}

/// Policies, and where each of them stands.
type Policies = (Vec<Held>, Vec<Place>);
/// Those of groups, by account and name.
type Groups = BTreeMap<(String, String), Policies>;
/// Managed policies by ARN. `None`: it was not read.
type Documents<'a> = BTreeMap<&'a str, Option<Shared>>;

const USER: &str = "aws-iam/user";
const GROUP: &str = "aws-iam/group";
const ROLE: &str = "aws-iam/role";
const POLICY: &str = "aws-iam/policy";
const KEY: &str = "aws-kms/key";

fn parsed<'a, T: Deserialize<'a>>(one: &Sealed<'a>) -> Result<T, MalformedFacts> {
    T::deserialize(one.facts).map_err(|problem| MalformedFacts {
        kind: one.kind.to_owned(),
        id: one.id.to_owned(),
        problem: problem.to_string(),
    })
}

impl World {
    /// Reads sealed resources. `whole`: the accounts of which all users, groups and roles were listed. `now`: seconds since 1970.
    ///
    /// # Errors
    /// When facts are not of the form of their kind.
    pub fn read<'a>(
        resources: impl Iterator<Item = Sealed<'a>>,
        whole: &BTreeSet<String>,
        now: i64,
    ) -> Result<Self, MalformedFacts> {
        let mut world = Self { now, ..Self::default() };
        let mut managed = Documents::new();
        let mut entities = Vec::new();
        for one in resources {
            match one.kind {
                POLICY => {
                    let document = parsed::<Managed>(&one)?.document.filter(|_| one.read("document"));
                    let digest = document.map(|document| Arc::new(Digest::whole(&document)));
                    let known = managed.entry(one.id).or_insert_with(|| digest.clone());
                    // Read twice and otherwise: neither is believed.
                    if *known != digest {
                        *known = None;
                    }
                }
                USER | GROUP | ROLE => entities.push((one, parsed::<Entity>(&one)?)),
                KEY => world.keys.push(Key::of(&one, parsed(&one)?)),
                _ => {}
            }
        }
        let mut groups = Groups::new();
        for (one, entity) in entities.iter().filter(|(one, _)| one.kind == GROUP) {
            let arn = entity.arn(one);
            groups.insert((account_of(&arn), entity.name(&arn)), entity.policies(one, &arn, &managed));
        }
        for (one, entity) in &entities {
            let principal = entity.principal(one, &groups, &managed);
            let number = account_of(&principal.who.name);
            let account = world.accounts.entry(number.clone()).or_insert_with(|| Account {
                partition: principal.who.name.split(':').nth(1).unwrap_or("aws").to_owned(),
                principals: Vec::new(),
                whole: whole.contains(&number),
            });
            account.principals.push(principal);
        }
        // An account without anybody was read all the same: its root user is there.
        for number in whole {
            world.accounts.entry(number.clone()).or_insert_with(|| Account {
                partition: "aws".to_owned(),
                principals: Vec::new(),
                whole: true,
            });
        }
        Ok(world)
    }
}

fn account_of(arn: &str) -> String {
    arn::account(arn).unwrap_or_default().to_owned()
}

fn not_read(name: String) -> Held {
    Held { name, group: None, digest: None }
}

fn held(arn: &str, managed: &Documents<'_>) -> Held {
    Held { name: arn.to_owned(), group: None, digest: managed.get(arn).cloned().flatten() }
}

/// A part of a resource.
pub fn place(kind: &str, id: &str, part: &str, name: Option<&str>) -> Place {
    Place {
        kind: kind.to_owned(),
        id: id.to_owned(),
        part: part.to_owned(),
        name: name.map(str::to_owned),
        statement: None,
    }
}

impl Sealed<'_> {
    /// Whether no gap names the part.
    fn read(&self, part: &str) -> bool {
        !self.unread.iter().any(|one| one == part)
    }
}

impl Entity {
    fn principal(&self, one: &Sealed<'_>, groups: &Groups, managed: &Documents<'_>) -> Principal {
        let arn = self.arn(one);
        let (mut policies, mut places) = self.policies(one, &arn, managed);
        if one.kind == USER {
            let mut missing = |what: String, name: Option<&str>| {
                policies.push(not_read(what));
                places.push(place(USER, &arn, "groups", name));
            };
            if self.groups.is_none() || !one.read("groups") {
                missing(format!("the groups of {arn}"), None);
            }
            let (known, unknown): (Vec<&String>, Vec<&String>) = self
                .groups
                .iter()
                .flatten()
                .partition(|name| groups.contains_key(&(account_of(&arn), (*name).clone())));
            for name in unknown {
                missing(format!("the group {name}"), Some(name));
            }
            for (name, (held, at)) in
                known.into_iter().filter_map(|name| Some((name, groups.get(&(account_of(&arn), name.clone()))?)))
            {
                policies.extend(held.iter().cloned().map(|held| Held { group: Some(name.clone()), ..held }));
                places.extend(at.iter().cloned());
            }
        }
        let boundary = match &self.permissions_boundary {
            _ if one.kind == GROUP => None,
            Some(Boundary { exists: false, .. }) if one.read("permissions_boundary") => None,
            Some(Boundary { arn: Some(of), .. }) if one.read("permissions_boundary") => Some(held(of, managed)),
            _ => Some(not_read(format!("the permissions boundary of {arn}"))),
        };
        let trust = self.trust_policy.as_ref().filter(|_| one.read("trust_policy"));
        let holder = Holder {
            name: self.name(&arn),
            policies,
            boundary,
            trust: trust.map(|document| Arc::new(Digest::whole(document))),
            arn: arn.clone(),
        };
        Principal { who: Who::of_arn(&arn), holder, places }
    }

    fn arn(&self, one: &Sealed<'_>) -> String {
        self.identity.as_ref().map_or_else(|| one.id.to_owned(), |identity| identity.arn.clone())
    }

    fn name(&self, arn: &str) -> String {
        match &self.identity {
            Some(identity) => identity.name.clone(),
            None => arn.rsplit('/').next().unwrap_or(arn).to_owned(),
        }
    }

    /// Their own policies, each with where it stands. What was not read stands among them.
    fn policies(&self, one: &Sealed<'_>, arn: &str, managed: &Documents<'_>) -> Policies {
        let (mut policies, mut places) = (Vec::new(), Vec::new());
        for inline in self.inline_policies.iter().flatten() {
            let digest = inline.document.as_ref().map(|document| Arc::new(Digest::whole(document)));
            policies.push(Held { name: format!("the inline policy {} of {arn}", inline.name), group: None, digest });
            places.push(place(one.kind, arn, "inline_policies", Some(&inline.name)));
        }
        for attached in self.attached_policies.iter().flatten() {
            policies.push(held(&attached.arn, managed));
            places.push(place(POLICY, &attached.arn, "document", None));
        }
        for (part, there) in [
            ("inline_policies", self.inline_policies.is_some()),
            ("attached_policies", self.attached_policies.is_some()),
        ] {
            // A document that is not there is named above already.
            let named = part == "inline_policies"
                && self.inline_policies.iter().flatten().any(|inline| inline.document.is_none());
            if !there || !one.read(part) && !named {
                policies.push(not_read(format!("`{part}` of {arn}")));
                places.push(place(one.kind, arn, part, None));
            }
        }
        (policies, places)
    }
}

impl Key {
    fn of(one: &Sealed<'_>, facts: KeyFacts) -> Self {
        let grants = facts.grants.unwrap_or_default();
        let whole = one.read("grants") && one.facts.get("grants").is_some();
        let mut fixed = BTreeMap::new();
        for (key, value) in
            [("kms:keyspec", &facts.spec), ("kms:keyusage", &facts.usage), ("kms:keyorigin", &facts.origin)]
        {
            if let Some(value) = value {
                fixed.insert(key.to_owned(), vec![value.clone()]);
            }
        }
        Self {
            arn: one.id.to_owned(),
            account: account_of(one.id),
            policy: facts.policy.filter(|_| one.read("policy")).map(|document| Digest::whole(&document)),
            some_grants: if whole { Vec::new() } else { grants.clone() },
            grants: whole.then_some(grants),
            fixed,
        }
    }

    /// The grants that were read.
    pub(crate) fn known_grants(&self) -> impl Iterator<Item = &Grant> {
        self.grants.iter().flatten().chain(&self.some_grants)
    }
}

impl Principal {
    pub(crate) fn is_group(&self) -> bool {
        self.who.kind == WhoKind::Group
    }
}
