//! A way to a key that is planted among things that lead nowhere is found and named right: each kind of way alone, every two of them one after
//! the other, and each end of them. The same with its last door shut is not there.

use std::collections::BTreeMap;
use std::io;

use declaration::Loader;
use iam_policy::PolicyDocument;
use serde_json::value::to_raw_value;
use serde_json::{Value, json};

use witnessmark_joins::World;
use witnessmark_joins::reach::{JOIN, REACH};

use crate::coverage::whole;

const OWN: &str = "111122223333";
const OTHER: &str = "444455556666";
const GITHUB: &str = "token.actions.githubusercontent.com";
const KEY: &str = "arn:aws:kms:eu-west-1:111122223333:key/mrk-1";
const COPY: &str = "arn:aws:kms:us-east-1:111122223333:key/mrk-1";
const BINDING: &str = "RoleBinding/pay/x";

/// How the last one on the way acts on the key.
#[derive(Clone, Copy, Debug)]
enum End {
    /// The key's policy names them.
    Named,
    /// It leaves it to the account's policies.
    Account,
    Grant,
    /// They are named by the policy of the same key in another region.
    Copy,
}

const ENDS: [End; 4] = [End::Named, End::Account, End::Grant, End::Copy];

/// How somebody comes to be a role.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Door {
    /// A role that its trust policy names.
    Chain,
    /// One of another account, all of which it trusts.
    Abroad,
    UpdateTrust,
    PassRole,
    /// Of a user whom it trusts.
    AccessKey,
    /// Into a group that may take it on.
    Group,
    /// Of a provider whose people it trusts.
    Saml,
    /// By an access entry, as somebody who may make pods with its service account (IRSA).
    EntryToken,
    /// The same, where an association gives the role to the pods.
    EntryPods,
    /// By making an access entry.
    LetInToken,
    LetInPods,
    /// By an association whose target it is.
    Target,
    /// As somebody of the cluster who is no principal of IAM.
    Token,
    Pods,
    /// As a member of the organisation who pushes to a repository whose workflows take it on.
    Push,
}

const DOORS: [Door; 15] = [
    Door::Chain,
    Door::Abroad,
    Door::UpdateTrust,
    Door::PassRole,
    Door::AccessKey,
    Door::Group,
    Door::Saml,
    Door::EntryToken,
    Door::EntryPods,
    Door::LetInToken,
    Door::LetInPods,
    Door::Target,
    Door::Token,
    Door::Pods,
    Door::Push,
];

impl Door {
    /// Whether whoever comes by it is a role that others may become in turn.
    fn goes_on(self) -> bool {
        !matches!(self, Self::Token | Self::Pods | Self::Push)
    }
}

fn arn(account: &str, kind: &str, name: &str) -> String {
    format!("arn:aws:iam::{account}:{kind}/{name}")
}

fn policy(statements: &[Value]) -> Value {
    let text = json!({"Version": "2012-10-17", "Statement": statements}).to_string();
    serde_json::to_value(PolicyDocument::parse(&text).unwrap()).unwrap()
}

fn allow(action: &str, on: &str) -> Value {
    json!({"Effect": "Allow", "Action": action, "Resource": on})
}

fn trust(action: &str, principal: Value) -> Value {
    let mut statement = json!({"Effect": "Allow", "Action": action});
    statement["Principal"] = principal;
    statement
}

/// Users, groups and roles.
#[derive(Clone, Debug, Default)]
struct Entity {
    statements: Vec<Value>,
    trust: Vec<Value>,
}

/// What is found, as it is put together.
#[derive(Clone, Debug, Default)]
struct Planted {
    /// By account, kind and name.
    entities: BTreeMap<(&'static str, &'static str, String), Entity>,
    /// By target, kind and id.
    others: BTreeMap<(String, &'static str, String), Value>,
    /// Targets that read a cluster.
    clusters: Vec<String>,
    made: usize,
}

/// A cluster of EKS: each door has its own, as whoever lets themselves into one comes to be all of its service accounts.
#[derive(Clone, Debug)]
struct Cluster {
    target: String,
    arn: String,
    issuer: String,
}

/// A role on the way.
#[derive(Clone, Debug)]
struct Role {
    account: &'static str,
    name: String,
}

impl Role {
    fn arn(&self) -> String {
        arn(self.account, "role", &self.name)
    }
}

/// Somebody who comes by a door: their name, the steps to the role behind it, and the role that they are, if others may become it.
type Comer = (String, Vec<String>, Option<Role>);

fn steps(all: &[&str]) -> Vec<String> {
    all.iter().map(|one| (*one).to_owned()).collect()
}

impl Planted {
    fn fresh(&mut self, of: &str) -> String {
        self.made += 1;
        format!("{of}-{}", self.made)
    }

    fn role(&mut self, account: &'static str) -> Role {
        let role = Role { account, name: self.fresh("role") };
        self.entity(account, "role", &role.name);
        role
    }

    fn entity(&mut self, account: &'static str, kind: &'static str, name: &str) -> &mut Entity {
        self.entities.entry((account, kind, name.to_owned())).or_default()
    }

    fn of(&mut self, role: &Role) -> &mut Entity {
        self.entity(role.account, "role", &role.name)
    }

    fn other(&mut self, target: &str, kind: &'static str, id: String, facts: Value) {
        self.others.insert((target.to_owned(), kind, id), facts);
    }

    fn cluster(&mut self, account: &str) -> Cluster {
        let target = self.fresh("k8s");
        let arn = format!("arn:aws:eks:eu-west-1:{account}:cluster/{target}");
        let issuer = format!("oidc.eks.eu-west-1.amazonaws.com/id/{target}");
        let eks = json!({"eks": {"arn": arn, "issuer": format!("https://{issuer}")}});
        self.other(&target, "kubernetes-rbac/cluster", "x".to_owned(), eks);
        let elsewhere = json!({"right": "mint-tokens", "namespace": "other", "names": null, "binding": BINDING});
        let nobody = json!({"grants": [elsewhere], "access_entries": []});
        self.other(&target, "kubernetes-rbac/subject", "User/elsewhere".to_owned(), nobody);
        self.clusters.push(target.clone());
        Cluster { target, arn, issuer }
    }

    /// A cluster, of which a service account gets the role, by its token or by an association; the action.
    fn service_account(&mut self, role: &Role, by_token: bool) -> (Cluster, String, &'static str) {
        let account = self.fresh("account");
        if by_token {
            let cluster = self.cluster(OWN);
            let provider = arn(role.account, "oidc-provider", &cluster.issuer);
            let mut statement = trust("sts:AssumeRoleWithWebIdentity", json!({"Federated": provider}));
            let subject = format!("{}:sub", cluster.issuer);
            statement["Condition"] = json!({"StringEquals": {subject: format!("system:serviceaccount:pay:{account}")}});
            self.of(role).trust.push(statement);
            return (cluster, account, "sts:AssumeRoleWithWebIdentity");
        }
        // The role of an association is of the cluster's account.
        let cluster = self.cluster(role.account);
        self.of(role).trust.push(trust("sts:AssumeRole", json!({"Service": "pods.eks.amazonaws.com"})));
        self.association(&cluster, &account, &role.arn(), None);
        (cluster, account, "sts:AssumeRole")
    }

    fn association(&mut self, cluster: &Cluster, account: &str, role: &str, target: Option<&str>) {
        let id = format!("{}/{account}", cluster.arn.replace(":cluster/", ":podidentityassociation/"));
        let facts = json!({"namespace": "pay", "service_account": account, "role": role, "target_role": target});
        self.other(&cluster.target, "kubernetes-rbac/pod-identity", id, facts);
    }

    /// A user of the cluster who mints tokens of one service account.
    fn minter(&mut self, cluster: &Cluster, account: &str, entry: Option<&Role>) -> String {
        let id = format!("User/{}", self.fresh("user"));
        let grant = json!({"right": "mint-tokens", "namespace": "pay", "names": [account], "binding": BINDING});
        let entries: Vec<String> = entry.iter().map(|role| role.arn()).collect();
        let facts = json!({"grants": [grant], "access_entries": entries});
        self.other(&cluster.target, "kubernetes-rbac/subject", id.clone(), facts);
        format!("{} {id}", cluster.target)
    }

    /// Plants a door to the role. Not `open`: what comes by it comes to something else that is of no use.
    fn door(&mut self, door: Door, to: &Role, open: bool) -> Comer {
        let aside = Role { account: to.account, name: format!("{}-aside", to.name) };
        if !open {
            self.entity(aside.account, "role", &aside.name);
        }
        let to = if open { to } else { &aside };
        let minted = format!("mint-tokens by {BINDING}");
        match door {
            Door::Chain => {
                let from = self.role(to.account);
                self.of(to).trust.push(trust("sts:AssumeRole", json!({"AWS": from.arn()})));
                (from.arn(), steps(&["sts:AssumeRole"]), Some(from))
            }
            Door::Abroad => {
                let from = self.role(if to.account == OWN { OTHER } else { OWN });
                self.of(to).trust.push(trust("sts:AssumeRole", json!({"AWS": from.account})));
                self.of(&from).statements.push(allow("sts:AssumeRole", &to.arn()));
                (from.arn(), steps(&["sts:AssumeRole"]), Some(from))
            }
            Door::UpdateTrust | Door::PassRole => {
                let action = if door == Door::PassRole { "iam:PassRole" } else { "iam:UpdateAssumeRolePolicy" };
                let from = self.role(to.account);
                self.of(to).trust.push(trust("sts:AssumeRole", json!({"Service": "lambda.amazonaws.com"})));
                self.of(&from).statements.push(allow(action, &to.arn()));
                (from.arn(), steps(&[action]), Some(from))
            }
            Door::AccessKey => {
                let (from, user) = (self.role(to.account), self.fresh("user"));
                let of = arn(to.account, "user", &user);
                self.entity(to.account, "user", &user);
                self.of(to).trust.push(trust("sts:AssumeRole", json!({"AWS": of})));
                self.of(&from).statements.push(allow("iam:CreateAccessKey", &of));
                (from.arn(), steps(&["iam:CreateAccessKey", "sts:AssumeRole"]), Some(from))
            }
            Door::Group => {
                let (from, group) = (self.role(to.account), self.fresh("group"));
                self.entity(to.account, "group", &group).statements.push(allow("sts:AssumeRole", &to.arn()));
                self.of(to).trust.push(trust("sts:AssumeRole", json!({"AWS": to.account})));
                self.of(&from).statements.push(allow("iam:AddUserToGroup", &arn(to.account, "group", &group)));
                (from.arn(), steps(&["iam:AddUserToGroup", "sts:AssumeRole"]), Some(from))
            }
            Door::Saml => {
                let from = self.role(to.account);
                let provider = arn(to.account, "saml-provider", &self.fresh("people"));
                self.of(to).trust.push(trust("sts:AssumeRoleWithSAML", json!({"Federated": provider})));
                self.of(&from).statements.push(allow("iam:UpdateSAMLProvider", &provider));
                (from.arn(), steps(&["iam:UpdateSAMLProvider", "sts:AssumeRoleWithSAML"]), Some(from))
            }
            Door::EntryToken | Door::EntryPods => {
                let (cluster, account, action) = self.service_account(to, door == Door::EntryToken);
                let from = self.role(OWN);
                self.minter(&cluster, &account, Some(&from));
                (from.arn(), steps(&["eks access entry", &minted, action]), Some(from))
            }
            Door::LetInToken | Door::LetInPods => {
                let (cluster, _, action) = self.service_account(to, door == Door::LetInToken);
                let from = self.role(if cluster.arn.contains(OWN) { OWN } else { OTHER });
                let on = cluster.arn.replace(":cluster/", ":access-entry/") + "/*";
                self.of(&from).statements.push(allow("eks:AssociateAccessPolicy", &on));
                (from.arn(), steps(&["eks:AssociateAccessPolicy", action]), Some(from))
            }
            Door::Target => {
                let (cluster, account) = (self.cluster(OWN), self.fresh("account"));
                let (first, from) = (self.role(OWN), self.role(OWN));
                self.of(&first).trust.push(trust("sts:AssumeRole", json!({"Service": "pods.eks.amazonaws.com"})));
                self.of(&first).statements.push(allow("sts:AssumeRole", &to.arn()));
                self.of(to).trust.push(trust("sts:AssumeRole", json!({"AWS": first.arn()})));
                self.association(&cluster, &account, &first.arn(), Some(&to.arn()));
                self.minter(&cluster, &account, Some(&from));
                (from.arn(), steps(&["eks access entry", &minted, "sts:AssumeRole"]), Some(from))
            }
            Door::Token | Door::Pods => {
                let (cluster, account, action) = self.service_account(to, door == Door::Token);
                let who = self.minter(&cluster, &account, None);
                (who, steps(&[&minted, action]), None)
            }
            Door::Push => {
                let (repository, login) = (self.fresh("repository"), self.fresh("login"));
                let provider = arn(to.account, "oidc-provider", GITHUB);
                let mut statement = trust("sts:AssumeRoleWithWebIdentity", json!({"Federated": provider}));
                statement["Condition"] = json!({"StringEquals": {
                    format!("{GITHUB}:sub"): format!("repo:northbank/{repository}:ref:refs/heads/main"), format!("{GITHUB}:aud"): "sts.amazonaws.com"}});
                self.of(to).trust.push(statement);
                let team = json!({"repositories": {format!("northbank/{repository}"): "push"}, "members": [login]});
                let member = json!({"login": login, "role": "member", "two_factor": "secure"});
                self.other("code", "github/team", self.made.to_string(), team);
                self.other("code", "github/member", login.clone(), member);
                (format!("code {login}"), steps(&["push", "sts:AssumeRoleWithWebIdentity"]), None)
            }
        }
    }

    /// The key, and its copy, which one role uses.
    fn keys(&mut self, end: End, role: &Role) {
        let sign = |principal: Value| json!({"Effect": "Allow", "Action": "kms:Sign", "Resource": "*", "Principal": principal});
        let (mut here, mut there, mut grants) = (Vec::new(), Vec::new(), Vec::new());
        match end {
            End::Named => here.push(sign(json!({"AWS": role.arn()}))),
            End::Copy => there.push(sign(json!({"AWS": role.arn()}))),
            End::Grant => grants.push(json!({"id": "g-1", "grantee": role.arn(), "operations": ["Sign"]})),
            End::Account => {
                here.push(sign(json!({"AWS": arn(OWN, "root", "").trim_end_matches('/')})));
                self.of(role).statements.push(allow("kms:Sign", KEY));
            }
        }
        let related = json!({"kind": "PRIMARY", "primary": {"arn": KEY, "region": "eu-west-1"}, "replicas": [{"arn": COPY, "region": "us-east-1"}]});
        for (id, statements, grants) in [(KEY, here, grants), (COPY, there, Vec::new())] {
            let facts = json!({"policy": policy(&statements), "grants": grants, "spec": "ECC_SECG_P256K1", "usage": "SIGN_VERIFY",
                "origin": "AWS_KMS", "manager": "CUSTOMER", "multi_region": related, "key_id": "mrk-1", "aliases": []});
            self.other("aws", "aws-kms/key", id.to_owned(), facts);
        }
    }

    /// Things that look like ways and lead nowhere.
    fn noise(&mut self) {
        let nowhere = self.role(OWN);
        for door in DOORS {
            self.door(door, &nowhere, true);
        }
        let organization = json!({"default_repository_permission": "read"});
        self.other("code", "github/organization", "northbank".to_owned(), organization);
    }

    /// The entries of the key, by who they are.
    fn entries(&self) -> BTreeMap<String, Value> {
        let loaded = declaration::load("witnessmark.yaml", &Texts(&self.clusters));
        assert!(!loaded.has_errors(), "{:?}", loaded.diagnostics);
        let mut world = World::builder(&loaded.declaration, 1_795_982_400);
        world.asked(REACH);
        let clusters = self.clusters.iter().map(|target| (target.as_str(), OF_CLUSTERS));
        for (target, kinds) in LISTS.iter().copied().chain(clusters) {
            for kind in kinds {
                world.coverage(whole(target, kind));
            }
        }
        for ((account, kind, name), entity) in &self.entities {
            let id = arn(account, kind, name);
            let mut facts = json!({"identity": {"arn": id, "name": name}, "attached_policies": [], "permissions_boundary": {"exists": false},
                "inline_policies": [{"name": "own", "document": policy(&entity.statements)}]});
            match *kind {
                "user" => facts["groups"] = json!([]),
                "role" => facts["trust_policy"] = policy(&entity.trust),
                _ => {}
            }
            let (target, kind) = (if *account == OWN { "aws" } else { "far" }, format!("aws-iam/{kind}"));
            world.object((target, "aws-iam", &kind), (&kind, &id), &to_raw_value(&facts).unwrap()).unwrap();
        }
        for ((target, kind, id), facts) in &self.others {
            world.object((target, collector(kind), kind), (kind, id), &to_raw_value(facts).unwrap()).unwrap();
        }
        let world = world.build();
        let mut found = BTreeMap::new();
        (JOIN.run)(&world, &mut |joined| {
            if joined.kind == REACH && joined.id == KEY {
                let entries = joined.facts["entries"].as_array().unwrap().iter();
                found.extend(entries.map(|one| (one["who"]["name"].as_str().unwrap().to_owned(), one.clone())));
            }
        });
        found
    }
}

fn collector(kind: &str) -> &str {
    kind.split('/').next().unwrap()
}

const LISTS: &[(&str, &[&str])] = &[
    ("aws", &["aws-iam/user", "aws-iam/group", "aws-iam/role", "aws-iam/policy", "aws-kms/key"]),
    ("far", &["aws-iam/user", "aws-iam/group", "aws-iam/role", "aws-iam/policy"]),
    (
        "code",
        &[
            "github/organization",
            "github/member",
            "github/team",
            "github/outside-collaborator",
            "github/deploy-key",
            "github/app-installation",
        ],
    ),
];

const OF_CLUSTERS: &[&str] = &["kubernetes-rbac/cluster", "kubernetes-rbac/subject", "kubernetes-rbac/pod-identity"];

/// The declaration, with these targets beside.
struct Texts<'c>(&'c [String]);

impl Loader for Texts<'_> {
    fn load(&self, _: &str) -> io::Result<Vec<u8>> {
        let mut text = r#"witnessmark: 1
entity: Northbank Custody Ltd
system: {id: hot}
targets:
  - {id: aws, collector: [aws-iam, aws-kms], account: "111122223333"}
  - {id: far, collector: aws-iam, account: "444455556666"}
  - {id: code, collector: github, organization: northbank, organization_id: 1}
"#
        .to_owned();
        for target in self.0 {
            text.push_str(&format!("  - {{id: {target}, collector: kubernetes-rbac, uid: {target}}}\n"));
        }
        Ok(text.into_bytes())
    }
}

/// From somebody to the key, by the actions of the steps; `None`: they are not there, or not for sure.
fn way(entries: &BTreeMap<String, Value>, from: &str) -> Option<Vec<String>> {
    let mut taken = Vec::new();
    let mut at = entries.get(from)?;
    for _ in 0..entries.len() {
        if at["may"] != "yes" || at["does"] != json!(["use"]) {
            return None;
        }
        taken.push(at["action"].as_str()?.to_owned());
        match at["becomes"]["name"].as_str() {
            Some(next) => at = entries.get(next)?,
            None => return Some(taken),
        }
    }
    None
}

/// Plants the doors one behind the other, and asks for whoever comes by the last of them.
fn check(doors: &[Door], end: End, open: bool) {
    let mut world = Planted::default();
    world.noise();
    let mut at = world.role(OWN);
    world.keys(end, &at);
    let (mut expected, mut name) = (steps(&["kms:Sign"]), at.arn());
    for (n, door) in doors.iter().enumerate() {
        let last = n + 1 == doors.len();
        let (comer, taken, role) = world.door(*door, &at, open || !last);
        expected.splice(0..0, taken);
        name = comer;
        if let Some(role) = role {
            at = role;
        }
    }
    let entries = world.entries();
    let found = way(&entries, &name);
    let why = || format!("{doors:?} {end:?} {name}\n{}", serde_json::to_string_pretty(&entries).unwrap());
    if open {
        assert_eq!(found, Some(expected), "{}", why());
    } else {
        // What is not read of a cluster or repository may lead to whomever: nobody of these is such.
        assert!(!entries.contains_key(&name), "{}", why());
    }
}

#[test]
fn each_door_alone_is_found_and_shut_is_not() {
    for end in ENDS {
        for door in DOORS {
            check(&[door], end, true);
            check(&[door], end, false);
        }
    }
}

#[test]
fn every_two_doors_one_behind_the_other_are_found() {
    for first in DOORS.into_iter().filter(|door| door.goes_on()) {
        for second in DOORS {
            check(&[first, second], End::Named, true);
        }
    }
}
