//! What was read, as it is sealed: `aws-iam/user`, `group`, `role` and `policy`, `aws-kms/key`.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use serde::Deserialize;
use serde_json::Value;

use super::answer::{Place, Who, WhoKind};
use crate::arn;
use crate::document::PolicyDocument;
use crate::permissions::{Digest, Held, Holder, Loose, Shared};

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
    /// Clusters of EKS that were read.
    pub clusters: Vec<Cluster>,
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
    /// Their ARNs.
    pub(crate) arns: HashSet<String>,
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
#[derive(Clone, Debug, Default)]
pub struct Key {
    pub arn: String,
    pub account: String,
    /// `None`: it was not read. Shared by keys that have the same.
    pub(crate) policy: Option<Shared>,
    /// `None`: they were not read, or not all of them.
    pub(crate) grants: Option<Vec<Grant>>,
    /// Those that were read, if not all were.
    pub(crate) some_grants: Vec<Grant>,
    /// What conditions can ask of the key and nobody can change, by lower-case key.
    pub(crate) fixed: BTreeMap<String, Vec<String>>,
    /// ARNs of the other keys that have the same material, in other regions. `None`: that was not read.
    pub copies: Option<Vec<String>>,
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

/// A cluster of EKS that was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cluster {
    pub arn: String,
    /// Who issues tokens to its service accounts, without `https://`. `None`: that was not read, or nobody does.
    pub issuer: Option<String>,
    /// Which of its service accounts EKS gives which role.
    pub pod_identities: Vec<PodIdentity>,
    /// Why these are not all. `None`: they are.
    pub unread: Option<String>,
}

/// An association of EKS: pods with this service account get the role.
/// <https://docs.aws.amazon.com/eks/latest/userguide/pod-identities.html>
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PodIdentity {
    /// Its ARN.
    pub id: String,
    pub namespace: String,
    pub service_account: String,
    /// `None`: that was not read, and neither was whether there is a target.
    pub role: Option<String>,
    /// The role that EKS takes on as the first one, perhaps in another account, and gives to the pods in its place.
    pub target_role: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Identity {
    arn: String,
    name: String,
}

#[derive(Debug, Deserialize)]
struct Inline {
    name: String,
    #[serde(default)]
    document: Option<PolicyDocument>,
}

#[derive(Debug, Deserialize)]
struct Attached {
    arn: String,
}

#[derive(Debug, Deserialize)]
struct Boundary {
    exists: bool,
    #[serde(default)]
    arn: Option<String>,
}

#[derive(Debug, Deserialize)]
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
    /// Absent: it was not read; `null`: a key of one region.
    #[serde(default, deserialize_with = "present")]
    multi_region: Option<Option<Related>>,
}

/// What KMS says of a key's copies in other regions.
#[derive(Deserialize)]
struct Related {
    primary: Elsewhere,
    replicas: Vec<Elsewhere>,
}

#[derive(Deserialize)]
struct Elsewhere {
    arn: String,
}

/// Tells a member that is `null` from one that is not there.
fn present<'de, D: serde::Deserializer<'de>, T: Deserialize<'de>>(from: D) -> Result<Option<T>, D::Error> {
    T::deserialize(from).map(Some)
}

/// Policies, and where each of them stands.
type Policies = (Vec<Held>, Vec<Place>);
/// ARNs of groups and their policies, by account and name.
type Groups = BTreeMap<(String, String), (String, Policies)>;
/// Managed policies by ARN. `None`: it was not read.
type Documents = BTreeMap<String, Option<Shared>>;

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

/// Reads sealed resources one after the other; nothing of one is kept that is not asked for.
#[derive(Debug, Default)]
pub struct Reader {
    world: World,
    managed: Documents,
    entities: Vec<(Origin, Entity)>,
    /// Policies of keys, by their text.
    of_keys: HashMap<String, Shared>,
}

/// Where facts come from.
#[derive(Clone, Debug)]
struct Origin {
    kind: String,
    id: String,
    /// Parts that a gap names.
    unread: Vec<String>,
}

impl Reader {
    /// `now`: seconds since 1970.
    #[must_use]
    pub fn new(now: i64) -> Self {
        Self { world: World { now, ..World::default() }, ..Self::default() }
    }

    /// Takes one resource. Kinds that do not count here are passed over.
    ///
    /// # Errors
    /// When facts are not of the form of their kind.
    pub fn take(&mut self, one: &Sealed<'_>) -> Result<(), MalformedFacts> {
        let origin = Origin { kind: one.kind.to_owned(), id: one.id.to_owned(), unread: one.unread.to_vec() };
        match one.kind {
            POLICY => {
                let document = parsed::<Managed>(one)?.document.filter(|_| origin.read("document"));
                let digest = document.map(|document| Arc::new(Digest::whole(&document)));
                let known = self.managed.entry(origin.id).or_insert_with(|| digest.clone());
                // Read twice and otherwise: neither is believed.
                if *known != digest {
                    *known = None;
                }
            }
            USER | GROUP | ROLE => self.entities.push((origin, parsed::<Entity>(one)?)),
            KEY => self.world.keys.push(Key::of(&origin, one.facts, parsed(one)?, &mut self.of_keys)),
            _ => {}
        }
        Ok(())
    }

    /// All that was taken. `whole`: the accounts of which all users, groups and roles were listed.
    #[must_use]
    pub fn finish(self, whole: &BTreeSet<String>) -> World {
        let Self { mut world, managed, entities, .. } = self;
        let mut groups = Groups::new();
        for (one, entity) in entities.iter().filter(|(one, _)| one.kind == GROUP) {
            let arn = entity.arn(one);
            let policies = entity.policies(one, &arn, &managed);
            groups.insert((account_of(&arn), entity.name(&arn)), (arn, policies));
        }
        for (one, entity) in &entities {
            let principal = entity.principal(one, &groups, &managed);
            let number = account_of(&principal.who.name);
            let account = world.accounts.entry(number.clone()).or_insert_with(|| Account {
                partition: principal.who.name.split(':').nth(1).unwrap_or("aws").to_owned(),
                whole: whole.contains(&number),
                ..Account::default()
            });
            account.arns.insert(principal.holder.arn.clone());
            account.principals.push(principal);
        }
        // An account without anybody was read all the same: its root user is there.
        for number in whole {
            let empty = || Account { partition: "aws".to_owned(), whole: true, ..Account::default() };
            world.accounts.entry(number.clone()).or_insert_with(empty);
        }
        world
    }
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
        let mut reader = Reader::new(now);
        for one in resources {
            reader.take(&one)?;
        }
        Ok(reader.finish(whole))
    }

    /// Whom the trust policies of roles let in that are no principals of IAM: service accounts, tenants of issuers, people of providers.
    #[must_use]
    pub fn bearers(&self) -> BTreeSet<Who> {
        let mut found = BTreeSet::new();
        for (number, account) in &self.accounts {
            for trust in account.principals.iter().filter_map(|one| one.holder.trust.as_deref()) {
                found.extend(self.outsiders(trust, number).into_iter().map(|one| one.who));
            }
        }
        for cluster in &self.clusters {
            found.extend(cluster.pod_identities.iter().map(|one| cluster.pod(one)));
        }
        found.retain(|who| {
            use WhoKind::{Cluster, Issuer, People, ServiceAccount, Subject, Tenant};
            matches!(who.kind, Cluster | Issuer | People | ServiceAccount | Subject | Tenant)
        });
        found
    }
}

impl Cluster {
    /// Who gets the role of an association.
    #[must_use]
    pub fn pod(&self, one: &PodIdentity) -> Who {
        let name = format!("{}:system:serviceaccount:{}:{}", self.arn, one.namespace, one.service_account);
        Who::new(WhoKind::ServiceAccount, name)
    }

    /// Whether somebody is a service account of this cluster.
    pub(crate) fn has(&self, who: &Who) -> bool {
        let names = self.issuer.iter().chain([&self.arn]);
        let of = |name: &String| who.name.strip_prefix(name.as_str()).is_some_and(|rest| rest.starts_with(':'));
        who.kind == WhoKind::ServiceAccount && names.into_iter().any(of)
    }
}

fn account_of(arn: &str) -> String {
    arn::account(arn).unwrap_or_default().to_owned()
}

fn not_read(name: String) -> Held {
    Held { name, group: None, digest: None }
}

fn held(arn: &str, managed: &Documents) -> Held {
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

impl Origin {
    /// Whether no gap names the part.
    fn read(&self, part: &str) -> bool {
        !self.unread.iter().any(|one| one == part)
    }
}

impl Entity {
    fn principal(&self, one: &Origin, groups: &Groups, managed: &Documents) -> Principal {
        let arn = self.arn(one);
        let group = |name: &str| groups.get(&(account_of(&arn), name.to_owned()));
        let (mut policies, mut places) = self.policies(one, &arn, managed);
        if one.kind == USER {
            let mut missing = |what: String, name: Option<&str>| {
                policies.push(not_read(what));
                places.push(place(USER, &arn, "groups", name));
            };
            if self.groups.is_none() || !one.read("groups") {
                missing(format!("the groups of {arn}"), None);
            }
            let (known, unknown): (Vec<&String>, Vec<&String>) =
                self.groups.iter().flatten().partition(|name| group(name).is_some());
            for name in unknown {
                missing(format!("the group {name}"), Some(name));
            }
            for (name, (_, (held, at))) in known.into_iter().filter_map(|name| Some((name, group(name)?))) {
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
        let mut holder = Holder {
            name: self.name(&arn),
            policies,
            boundary,
            trust: trust.map(|document| Arc::new(Digest::whole(document))),
            arn: arn.clone(),
            loose: Loose::default(),
        };
        let is_managed: Vec<bool> = places.iter().map(|place| place.kind == POLICY).collect();
        holder.loose = Loose::of(&holder, &is_managed, |name| group(name).map(|(arn, _)| arn.as_str()));
        Principal { who: Who::of_arn(&arn), holder, places }
    }

    fn arn(&self, one: &Origin) -> String {
        self.identity.as_ref().map_or_else(|| one.id.clone(), |identity| identity.arn.clone())
    }

    fn name(&self, arn: &str) -> String {
        match &self.identity {
            Some(identity) => identity.name.clone(),
            None => arn.rsplit('/').next().unwrap_or(arn).to_owned(),
        }
    }

    /// Their own policies, each with where it stands. What was not read stands among them.
    fn policies(&self, one: &Origin, arn: &str, managed: &Documents) -> Policies {
        let (mut policies, mut places) = (Vec::new(), Vec::new());
        for inline in self.inline_policies.iter().flatten() {
            let digest = inline.document.as_ref().map(|document| Arc::new(Digest::whole(document)));
            policies.push(Held { name: format!("the inline policy {} of {arn}", inline.name), group: None, digest });
            places.push(place(&one.kind, arn, "inline_policies", Some(&inline.name)));
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
                places.push(place(&one.kind, arn, part, None));
            }
        }
        (policies, places)
    }
}

impl Key {
    /// `policies`: those of other keys, by their text.
    fn of(one: &Origin, sealed: &Value, facts: KeyFacts, policies: &mut HashMap<String, Shared>) -> Self {
        let whole = one.read("grants") && facts.grants.is_some();
        let grants = facts.grants.unwrap_or_default();
        let mut fixed = BTreeMap::new();
        for (key, value) in
            [("kms:keyspec", &facts.spec), ("kms:keyusage", &facts.usage), ("kms:keyorigin", &facts.origin)]
        {
            if let Some(value) = value {
                fixed.insert(key.to_owned(), vec![value.clone()]);
            }
        }
        Self {
            arn: one.id.clone(),
            account: account_of(&one.id),
            policy: facts.policy.filter(|_| one.read("policy")).map(|document| {
                let text = sealed.get("policy").map(Value::to_string).unwrap_or_default();
                Arc::clone(policies.entry(text).or_insert_with(|| Arc::new(Digest::whole(&document))))
            }),
            some_grants: if whole { Vec::new() } else { grants.clone() },
            grants: whole.then_some(grants),
            fixed,
            copies: facts.multi_region.filter(|_| one.read("multi_region")).map(|related| {
                let related = related.into_iter().flat_map(|one| std::iter::once(one.primary).chain(one.replicas));
                let mut arns: Vec<String> = related.map(|one| one.arn).filter(|arn| *arn != one.id).collect();
                arns.sort();
                arns.dedup();
                arns
            }),
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
