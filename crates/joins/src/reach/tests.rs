use std::collections::BTreeMap;
use std::io;

use declaration::{Loaded, Loader};
use iam_policy::PolicyDocument;
use model::record::{Coverage, Gap, GapReason, Subject};
use serde_json::value::to_raw_value;
use serde_json::{Value, json};

use super::{ADMINISTRATORS, JOIN, REACH, WALLET};
use crate::reaching::IDENTITY;
use crate::{Input, Joined, List, Sink, World};

mod common;

const OWN: &str = "111122223333";
const ISSUER: &str = "oidc.eks.eu-west-1.amazonaws.com/id/ABC";

fn arn(kind: &str, name: &str) -> String {
    format!("arn:aws:iam::{OWN}:{kind}/{name}")
}

fn key_arn(id: &str) -> String {
    format!("arn:aws:kms:eu-west-1:{OWN}:key/{id}")
}

fn policy(statements: &Value) -> Value {
    let text = json!({"Version": "2012-10-17", "Statement": statements}).to_string();
    serde_json::to_value(PolicyDocument::parse(&text).unwrap()).unwrap()
}

fn to(principal: impl Into<Value>, action: &str) -> Value {
    let principal: Value = principal.into();
    json!({"Effect": "Allow", "Principal": principal, "Action": action, "Resource": "*"})
}

fn entity(kind: &str, name: &str, statements: &Value, trust: Option<Value>) -> (String, Value) {
    let id = arn(kind, name);
    let mut facts = json!({
        "identity": {"arn": id, "name": name},
        "inline_policies": [{"name": "own", "document": policy(statements)}],
        "attached_policies": [],
        "permissions_boundary": {"exists": false},
    });
    if kind == "user" {
        facts["groups"] = json!([]);
        facts["mfa_devices"] = json!([{"serial": "x", "type": "passkey"}]);
    }
    if let Some(trust) = trust {
        facts["trust_policy"] = policy(&trust);
    }
    (id, facts)
}

fn key(id: &str, statements: &Value) -> (String, Value) {
    let facts = json!({"policy": policy(statements), "grants": [], "spec": "ECC_SECG_P256K1", "usage": "SIGN_VERIFY", "origin": "AWS_KMS",
        "manager": "CUSTOMER", "multi_region": null, "key_id": id, "aliases": [format!("alias/{id}")]});
    (key_arn(id), facts)
}

struct Texts(String);

impl Loader for Texts {
    fn load(&self, _: &str) -> io::Result<Vec<u8>> {
        Ok(self.0.clone().into_bytes())
    }
}

fn declared(more: &str) -> Loaded {
    let text = format!(
        r#"witnessmark: 1
entity: Northbank Custody Ltd
system: {{id: hot}}
targets:
  - {{id: aws, collector: [aws-iam, aws-kms], account: "{OWN}"}}
  - {{id: k8s, collector: kubernetes-rbac, uid: x}}
  - {{id: code, collector: github, organization: northbank, organization_id: 1}}
{more}
"#
    );
    let loaded = declaration::load("witnessmark.yaml", &Texts(text));
    assert!(!loaded.has_errors(), "{:?}", loaded.diagnostics);
    loaded
}

const INVENTORY: &str = r"
keys:
  - {id: hot-a, class: operational, holders: [kh-1], wallets: [hot], at: {target: aws, key: alias/a}}
  - {id: hot-b, class: operational, holders: [kh-2], wallets: [hot], at: {target: aws, key: b}}
wallets: [{id: hot, title: Hot wallet, signatures: {needed: 2, of: 2}}]
key_holders:
  - {id: kh-1, identities: {aws: ['arn:aws:iam::111122223333:user/ada']}}
  - {id: kh-2, identities: {aws: ['arn:aws:iam::111122223333:user/bob']}}
";

/// What was found, by target and kind.
#[derive(Default)]
struct Found {
    objects: Vec<(&'static str, &'static str, String, Value)>,
    gaps: Vec<Gap>,
    /// Kinds of which not everything was listed.
    open: Vec<&'static str>,
}

impl Found {
    fn with(mut self, target: &'static str, kind: &'static str, (id, facts): (String, Value)) -> Self {
        self.objects.push((target, kind, id, facts));
        self
    }

    fn aws(self, kind: &'static str, object: (String, Value)) -> Self {
        self.with("aws", kind, object)
    }

    fn without(mut self, kind: &str, id: &str, part: &str) -> Self {
        let its = |(_, of, name, _): &&mut (&str, &str, String, Value)| *of == kind && name == id;
        let (target, _, _, facts) = self.objects.iter_mut().find(its).unwrap();
        facts.as_object_mut().unwrap().remove(part);
        self.gaps.push(Gap {
            target: (*target).to_owned(),
            collector: kind.split('/').next().unwrap().to_owned(),
            population: Some(kind.to_owned()),
            subject: Some(Subject { kind: kind.to_owned(), id: id.to_owned() }),
            part: Some(part.to_owned()),
            right: Some("kms:GetKeyPolicy".to_owned()),
            reason: GapReason::Denied,
            detail: "refused".to_owned(),
            exchange: None,
            acceptance: None,
        });
        self
    }

    fn joined(&self, loaded: &Loaded) -> BTreeMap<(String, String), Joined> {
        self.told(loaded, JOIN.run)
    }

    fn told(
        &self,
        loaded: &Loaded,
        run: impl Fn(&World<'_>, &mut Sink<'_>) -> Vec<List>,
    ) -> BTreeMap<(String, String), Joined> {
        let mut world = World::builder(&loaded.declaration, 1_795_982_400);
        let kinds = [
            ("aws", "aws-iam/user"),
            ("aws", "aws-iam/group"),
            ("aws", "aws-iam/role"),
            ("aws", "aws-iam/policy"),
            ("aws", "aws-kms/key"),
            ("k8s", "kubernetes-rbac/cluster"),
            ("k8s", "kubernetes-rbac/subject"),
            ("k8s", "kubernetes-rbac/pod-identity"),
            ("code", "github/organization"),
            ("code", "github/member"),
            ("code", "github/team"),
            ("code", "github/outside-collaborator"),
            ("code", "github/deploy-key"),
            ("code", "github/app-installation"),
        ];
        for (target, kind) in kinds {
            world.coverage(Coverage {
                target: target.to_owned(),
                collector: kind.split('/').next().unwrap().to_owned(),
                population: kind.to_owned(),
                calls: 1,
                pages: 1,
                items: 1,
                repeated: 0,
                complete: !self.open.contains(&kind),
                total: None,
            });
        }
        self.gaps.iter().cloned().for_each(|gap| world.gap(gap));
        for (target, kind, id, facts) in &self.objects {
            let collector = kind.split('/').next().unwrap();
            world.object((target, collector, kind), (kind, id), &to_raw_value(facts).unwrap()).unwrap();
        }
        let world = world.build();
        assert!((JOIN.applies)(&world));
        let mut all = BTreeMap::new();
        let lists = run(&world, &mut |joined| {
            let known = all.insert((joined.kind.to_owned(), joined.id.clone()), joined);
            assert!(known.is_none(), "an object comes twice: {known:?}");
        });
        assert!(lists.len() >= 3);
        all
    }
}

fn of<'j>(all: &'j BTreeMap<(String, String), Joined>, kind: &str, id: &str) -> &'j Joined {
    all.get(&(kind.to_owned(), id.to_owned())).unwrap_or_else(|| panic!("no {kind} {id} among {:?}", all.keys()))
}

fn entry<'j>(joined: &'j Joined, name: &str) -> Option<&'j Value> {
    joined.facts.get("entries")?.as_array()?.iter().find(|one| one["who"]["name"] == name)
}

fn two_keys() -> Found {
    let root = || json!({"AWS": format!("arn:aws:iam::{OWN}:root")});
    Found::default()
        .aws(
            "aws-iam/user",
            entity("user", "ada", &json!([{"Effect": "Allow", "Action": "kms:Sign", "Resource": key_arn("a")}]), None),
        )
        .aws(
            "aws-iam/user",
            entity("user", "bob", &json!([{"Effect": "Allow", "Action": "kms:Sign", "Resource": key_arn("b")}]), None),
        )
        .aws("aws-iam/user", entity("user", "eve", &json!([{"Effect": "Allow", "Action": "*", "Resource": "*"}]), None))
        .aws("aws-kms/key", key("a", &json!([to(root(), "kms:*")])))
        .aws("aws-kms/key", key("b", &json!([to(root(), "kms:*")])))
}

#[test]
fn a_key_has_its_holders_and_an_account_its_administrators() {
    let all = two_keys().joined(&declared(INVENTORY));
    let a = of(&all, REACH, &key_arn("a"));
    assert_eq!(a.facts["declared"], json!([{"id": "hot-a", "holders": ["kh-1"]}]));
    assert_eq!(a.facts["everyone"], true);
    assert!(a.gaps.is_empty(), "{:?}", a.gaps);
    let ada = entry(a, &arn("user", "ada")).unwrap();
    assert_eq!(ada["holders"], json!(["kh-1"]));
    assert_eq!(ada["factors"], json!({"devices": ["passkey"]}));
    assert_eq!((&ada["does"], &ada["may"], &ada["asks_for_mfa"]), (&json!(["use"]), &json!("yes"), &json!(false)));
    assert_eq!(ada["by"].as_array().unwrap().len(), 2, "the key's policy and their own: {ada}");
    assert!(entry(a, &arn("user", "bob")).is_none());
    // Whoever administers the account is named there.
    assert!(entry(a, &arn("user", "eve")).is_none());
    assert_eq!(entry(a, OWN).unwrap()["who"]["kind"], "administrators");
    let administrators = of(&all, ADMINISTRATORS, OWN);
    assert_eq!(administrators.facts["everyone"], true);
    assert_eq!(entry(administrators, &arn("user", "eve")).unwrap()["may"], "yes");
    for input in [
        Input::Object { target: "aws".to_owned(), kind: "aws-kms/key".to_owned(), id: key_arn("a") },
        Input::Object { target: "aws".to_owned(), kind: "aws-iam/user".to_owned(), id: arn("user", "ada") },
        Input::Object { target: "joined".to_owned(), kind: ADMINISTRATORS.to_owned(), id: OWN.to_owned() },
        Input::List { target: "aws".to_owned(), kind: "aws-iam/role".to_owned() },
        Input::declared("declaration/key", "hot-a"),
        Input::declared("declaration/holder", "kh-1"),
    ] {
        assert!(a.inputs.contains(&input), "{input:?} among {:?}", a.inputs);
    }
}

#[test]
fn whoever_reaches_as_many_keys_as_a_transfer_needs_is_alone() {
    let all = two_keys().joined(&declared(INVENTORY));
    let wallet = of(&all, WALLET, "hot");
    let names = |part: &str| -> Vec<String> {
        wallet.facts[part].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names("alone"), [format!("arn:aws:iam::{OWN}:root"), arn("user", "eve")]);
    assert_eq!(names("perhaps"), Vec::<String>::new());
    assert_eq!(wallet.facts["unseen"], json!([]));
    // Two identities of one person are one person.
    let one = INVENTORY
        .replace("{id: kh-2, identities", "{id: kh-3, identities")
        .replace("user/ada']", "user/ada', 'arn:aws:iam::111122223333:user/bob']");
    let one = one
        .replace("{aws: ['arn:aws:iam::111122223333:user/bob']}", "{}")
        .replace("holders: [kh-2]", "holders: [kh-3]");
    let all = two_keys().joined(&declared(&one));
    let alone = &of(&all, WALLET, "hot").facts["alone"];
    assert_eq!(alone[0], json!({"kind": "holder", "name": "kh-1", "keys": ["hot-a", "hot-b"]}), "{alone:?}");
    // A key that is nowhere to be found.
    let lost = INVENTORY.replace("alias/a", "alias/else");
    let all = two_keys().joined(&declared(&lost));
    assert_eq!(of(&all, WALLET, "hot").facts["unseen"], json!(["hot-a"]));
}

#[test]
fn what_was_not_read_is_somebody() {
    let unread = two_keys().without("aws-kms/key", &key_arn("a"), "policy").joined(&declared(INVENTORY));
    let a = of(&unread, REACH, &key_arn("a"));
    assert_eq!(entry(a, "anyone").unwrap()["may"], "undetermined");
    assert!(!a.facts.contains_key("everyone"));
    assert!(a.gaps.iter().any(|gap| gap.part == "everyone" && gap.reason == GapReason::Denied), "{:?}", a.gaps);
    // The other key is as it was.
    assert_eq!(of(&unread, REACH, &key_arn("b")).facts["everyone"], true);
    let wallet = of(&unread, WALLET, "hot");
    assert!(wallet.facts["alone"].as_array().unwrap().is_empty(), "{wallet:?}");
    // Users that were not all listed: one of them may administer the account.
    let found = Found { open: vec!["aws-iam/user"], ..two_keys() };
    let open = found.joined(&declared(INVENTORY));
    let administrators = of(&open, ADMINISTRATORS, OWN);
    assert!(!administrators.facts.contains_key("everyone"));
    let rest = administrators.facts["entries"].as_array().unwrap().iter().find(|one| one["who"]["kind"] == "account");
    assert_eq!(rest.unwrap()["may"], "undetermined");
}

#[test]
fn a_copy_in_another_region_is_the_same_material() {
    let there = format!("arn:aws:kms:us-east-1:{OWN}:key/mrk-1");
    let here = key_arn("mrk-1");
    let related = json!({"kind": "PRIMARY", "primary": {"arn": here, "region": "eu-west-1"}, "replicas": [{"arn": there, "region": "us-east-1"}]});
    let ada = json!({"AWS": arn("user", "ada")});
    let of_key = |id: &str, statements: Value| {
        let (_, mut facts) = key("mrk-1", &statements);
        facts["multi_region"] = related.clone();
        (id.to_owned(), facts)
    };
    let users = two_keys().aws("aws-kms/key", of_key(&here, json!([])));
    let both = two_keys()
        .aws("aws-kms/key", of_key(&here, json!([])))
        .aws("aws-kms/key", of_key(&there, json!([to(ada, "kms:*")])));
    let all = both.joined(&declared(INVENTORY));
    let found = of(&all, REACH, &here);
    assert_eq!(found.facts["copies"], json!([there]));
    let ada = entry(found, &arn("user", "ada")).unwrap();
    assert_eq!((&ada["copy"], &ada["does"]), (&json!(there), &json!(["use"])), "{ada}");
    // One that was not found: anyone may use it there.
    let all = users.joined(&declared(INVENTORY));
    let anyone = entry(of(&all, REACH, &here), "anyone").unwrap();
    assert_eq!(
        (&anyone["copy"], &anyone["may"], &anyone["does"]),
        (&json!(there), &json!("undetermined"), &json!(["use"]))
    );
}

fn with_web_identity(subject: &str, issuer: &str) -> Found {
    let provider = format!("arn:aws:iam::{OWN}:oidc-provider/{issuer}");
    let trust = json!([{"Effect": "Allow", "Action": "sts:AssumeRoleWithWebIdentity", "Principal": {"Federated": provider},
        "Condition": {"StringEquals": {format!("{issuer}:sub"): subject, format!("{issuer}:aud"): "sts.amazonaws.com"}}}]);
    let sign = json!([{"Effect": "Allow", "Action": "kms:Sign", "Resource": "*"}]);
    two_keys().aws("aws-iam/role", entity("role", "signer", &sign, Some(trust)))
}

#[test]
fn whoever_gets_the_token_of_a_service_account_reaches_what_its_role_does() {
    let grant = |right: &str, namespace: Option<&str>, names: Option<&str>| json!([{"right": right, "namespace": namespace, "names": names.map(|name| [name]), "binding": "RoleBinding/signing/x"}]);
    let subject =
        |id: &str, grants: Value, entries: Value| (id.to_owned(), json!({"grants": grants, "access_entries": entries}));
    let cluster =
        json!({"eks": {"arn": "arn:aws:eks:eu-west-1:111122223333:cluster/x", "issuer": format!("https://{ISSUER}")}});
    let found = |cluster: Value| {
        with_web_identity("system:serviceaccount:signing:signer", ISSUER)
            .with("k8s", "kubernetes-rbac/cluster", ("x".to_owned(), cluster))
            .with(
                "k8s",
                "kubernetes-rbac/subject",
                subject("User/pods", grant("create-pods", Some("signing"), None), json!([arn("user", "bob")])),
            )
            .with(
                "k8s",
                "kubernetes-rbac/subject",
                subject("User/elsewhere", grant("create-pods", Some("other"), None), json!([])),
            )
            .with(
                "k8s",
                "kubernetes-rbac/subject",
                subject("User/token", grant("mint-tokens", None, Some("signer")), json!([])),
            )
            .with(
                "k8s",
                "kubernetes-rbac/subject",
                subject("User/secrets", grant("read-secrets", None, None), json!([])),
            )
    };
    let all = found(cluster).joined(&declared(INVENTORY));
    let a = of(&all, REACH, &key_arn("a"));
    for name in ["k8s User/pods", "k8s User/token", "k8s Group/system:masters"] {
        assert!(entry(a, name).is_some(), "{name}");
    }
    assert_eq!(entry(a, "k8s User/pods").unwrap()["may"], "yes");
    assert_eq!(entry(a, "k8s Group/system:masters").unwrap()["may"], "undetermined");
    for name in ["k8s User/elsewhere", "k8s User/secrets"] {
        assert!(entry(a, name).is_none(), "{name}");
    }
    // The principal that an access entry of EKS makes that user.
    let bob = entry(a, &arn("user", "bob")).unwrap();
    assert_eq!((&bob["becomes"]["name"], &bob["may"]), (&json!("k8s User/pods"), &json!("yes")));
    // A cluster that nobody reads: anyone.
    let all = found(json!({"eks": null})).joined(&declared(INVENTORY));
    let anyone = entry(of(&all, REACH, &key_arn("a")), "anyone").unwrap();
    assert_eq!(anyone["may"], "undetermined");
    assert!(
        anyone["conditions"][0]["words"]
            .as_str()
            .unwrap()
            .contains("no target that was read is known to be the cluster")
    );
}

/// An organisation whose repository's workflows reach a key.
fn with_repository(organization: &str) -> Found {
    let issuer = "token.actions.githubusercontent.com";
    let member =
        |login: &str, role: &str| (login.to_owned(), json!({"login": login, "role": role, "two_factor": "secure"}));
    with_web_identity(&format!("repo:{organization}/signer:ref:refs/heads/main"), issuer)
        .with("code", "github/organization", ("northbank".to_owned(), json!({"default_repository_permission": "read"})))
        .with("code", "github/member", member("ada", "admin"))
        .with("code", "github/member", member("bob", "member"))
        .with("code", "github/member", member("joe", "member"))
        .with(
            "code",
            "github/team",
            ("t".to_owned(), json!({"repositories": {"northbank/signer": "push"}, "members": ["joe"]})),
        )
        .with(
            "code",
            "github/team",
            ("r".to_owned(), json!({"repositories": {"northbank/signer": "pull"}, "members": ["bob"]})),
        )
}

#[test]
fn whoever_pushes_to_a_repository_reaches_what_its_workflows_do() {
    let found = with_repository;
    let all = found("northbank").joined(&declared(INVENTORY));
    let a = of(&all, REACH, &key_arn("a"));
    assert_eq!(entry(a, "github northbank/signer").unwrap()["who"]["kind"], "tenant");
    for (login, expected) in [("ada", Some("yes")), ("joe", Some("yes")), ("bob", None)] {
        assert_eq!(entry(a, &format!("code {login}")).map(|one| one["may"].as_str().unwrap()), expected, "{login}");
    }
    assert_eq!(entry(a, "code ada").unwrap()["factors"]["devices"], json!(["secure"]));
    assert_eq!(entry(a, "anyone").unwrap()["may"], "undetermined", "who was invited by name is in no list");
    // Somebody else's organisation: nobody says who may push there.
    let all = found("elsewhere").joined(&declared(INVENTORY));
    let a = of(&all, REACH, &key_arn("a"));
    assert!(entry(a, "code ada").is_none());
    assert!(
        entry(a, "anyone").unwrap()["conditions"][0]["words"]
            .as_str()
            .unwrap()
            .contains("no target reads who may push")
    );
}

#[test]
fn a_team_that_was_not_read_may_push() {
    let may = |part: &str, team: &str, login: &str| {
        let all = with_repository("northbank").without("github/team", team, part).joined(&declared(INVENTORY));
        let a = of(&all, REACH, &key_arn("a"));
        entry(a, &format!("code {login}")).map(|one| one["may"].as_str().unwrap().to_owned())
    };
    // Which repositories they may enter was not read: one of them may be this one.
    assert_eq!(may("repositories", "r", "bob").as_deref(), Some("undetermined"));
    // What another team gives for sure stays so.
    assert_eq!(may("repositories", "r", "joe").as_deref(), Some("yes"));
    // Who is in a team that pushes was not read: the team itself is among those who reach the key.
    assert_eq!(may("members", "t", "team t").as_deref(), Some("undetermined"));
    assert_eq!(may("members", "t", "joe"), None);
    // Of a team that only reads nobody reaches it, whoever they are.
    assert_eq!(may("members", "r", "team r"), None);
}

fn holder(id: &str, identities: &[(&str, &str)]) -> (String, Value) {
    let identities: Vec<Value> =
        identities.iter().map(|(target, identity)| json!({"target": target, "identity": identity})).collect();
    (id.to_owned(), json!({"identities": identities, "keys": [], "roles": []}))
}

/// Who reaches a key, whose they are, and by whom they are taken on.
fn identities(all: &BTreeMap<(String, String), Joined>) -> Vec<String> {
    let of_kind = all.iter().filter(|((kind, _), _)| kind == IDENTITY);
    of_kind
        .map(|((_, id), one)| {
            let facts = &one.facts;
            let by = facts["taken_on_by"].as_str().unwrap();
            let sure = if facts["sure"] == json!(true) { "" } else { ", perhaps" };
            let id = id.replace("arn:aws:iam::", "");
            format!("{id}: {by}{sure} {}", *facts["owners"]).replace('"', "")
        })
        .collect()
}

#[test]
fn whoever_is_let_in_by_a_key_alone_is_somebody() {
    let foreign = |name: &str| format!("arn:aws:iam::999988887777:{name}");
    let vendor = "arn:aws:iam::222233334444:role/theirs";
    let chain = json!([{"Effect": "Allow", "Principal": {"AWS": arn("user", "cy")}, "Action": "sts:AssumeRole"}]);
    let nothing = json!([{"Effect": "Deny", "Action": "s3:*", "Resource": "*"}]);
    let key_policy = json!([
        to(
            json!({"AWS": [foreign("role/sign"), foreign("user/x"), vendor, arn("role", "signer"), arn("user", "dot")]}),
            "kms:Sign"
        ),
        to(json!({"AWS": "arn:aws:iam::333344445555:root"}), "kms:Sign"),
    ]);
    let mut found = Found::default()
        .aws("aws-kms/key", key("a", &key_policy))
        .aws("aws-iam/user", entity("user", "cy", &nothing, None))
        .aws("aws-iam/user", entity("user", "dot", &nothing, None))
        .aws("aws-iam/user", entity("user", "eve", &nothing, None))
        .aws("aws-iam/role", entity("role", "signer", &nothing, Some(chain)))
        .with("declaration", "declaration/holder", holder("kh-1", &[("aws", &arn("user", "dot"))]));
    let text =
        format!("{INVENTORY}\nthird_parties: [{{id: vendor, role: qsp, seen_as: {{accounts: ['222233334444']}}}}]\n");
    let all = found.joined(&declared(&text));
    assert_eq!(
        identities(&all),
        [
            "333344445555: elsewhere []".to_owned(),
            format!("{OWN}:role/signer: principals []"),
            // By a role that they take on: their own policies give them nothing.
            format!("{OWN}:user/cy: person []"),
            format!("{OWN}:user/dot: person [kh-1]"),
            "222233334444:role/theirs: third-party []".to_owned(),
            "999988887777:role/sign: unread []".to_owned(),
            "999988887777:user/x: person []".to_owned(),
        ]
    );
    let cy = of(&all, IDENTITY, &arn("user", "cy"));
    assert_eq!(
        cy.facts["ways"],
        json!([{"key": key_arn("a"), "does": ["use"], "may": "yes", "by": "sts:AssumeRole", "becomes": arn("role", "signer")}])
    );
    let reach = Input::Object { target: "joined".to_owned(), kind: REACH.to_owned(), id: key_arn("a") };
    assert!(cy.inputs.contains(&reach), "{:?}", cy.inputs);
    assert!(of(&all, IDENTITY, vendor).inputs.contains(&Input::declared("declaration/third-party", "vendor")));
    assert_eq!(of(&all, IDENTITY, &foreign("user/x")).facts["target"], Value::Null);

    // What was not read of the key may let in more of them: their number is not known.
    found = found.without("aws-kms/key", &key_arn("a"), "grants");
    let all = found.joined(&declared(&text));
    assert!(of(&all, IDENTITY, &arn("user", "cy")).gaps.iter().any(|gap| gap.part == "among"));
    // Keys that AWS manages hold nothing of the entity.
    let (id, mut of_aws) = key("a", &json!([to(json!({"AWS": foreign("role/sign")}), "kms:Sign")]));
    of_aws["manager"] = json!("AWS");
    let all = Found::default().aws("aws-kms/key", (id, of_aws)).joined(&declared(&text));
    assert!(identities(&all).is_empty());
}

#[test]
fn a_role_that_the_target_of_its_account_did_not_read_may_be_anybodys() {
    let ghost = arn("role", "ghost");
    let mut found = Found::default().aws("aws-kms/key", key("a", &json!([to(json!({"AWS": ghost}), "kms:Sign")])));
    let by = |found: &Found| {
        let all = found.joined(&declared(INVENTORY));
        let one = of(&all, IDENTITY, &ghost);
        assert_eq!(one.facts["target"], "aws");
        let gap = one.gaps.iter().find(|gap| gap.part == "taken_on_by").map(|gap| gap.detail.clone());
        (one.facts.get("taken_on_by").cloned(), gap.unwrap())
    };
    let list = Input::List { target: "aws".to_owned(), kind: "aws-iam/role".to_owned() };
    let (word, why) = by(&found);
    assert_eq!(word, None);
    assert!(why.contains("is not there"), "{why}");
    assert!(of(&found.joined(&declared(INVENTORY)), IDENTITY, &ghost).inputs.contains(&list));
    // Where roles were not listed to the end, that is why.
    found.open.push("aws-iam/role");
    let (word, why) = by(&found);
    assert_eq!(word, None);
    assert!(!why.contains("is not there"), "{why}");
}

#[test]
fn whoever_comes_from_a_cluster_or_a_repository_is_somebody() {
    let found =
        with_repository("northbank").with("declaration", "declaration/holder", holder("kh-1", &[("code", "Ada")]));
    let all =
        found.joined(&declared(&INVENTORY.replace("{aws: ['arn:aws:iam::111122223333:user/ada']}", "{code: [ADA]}")));
    let role = format!("{OWN}:role/signer: elsewhere []");
    assert_eq!(
        identities(&all).into_iter().filter(|one| !one.contains(":user/")).collect::<Vec<_>>(),
        [role.as_str(), "code ada: person [kh-1]", "code joe: person []"]
    );
    // A login is a holder's in whatever case it is written.
    assert_eq!(entry(of(&all, REACH, &key_arn("a")), "code ada").unwrap()["holders"], json!(["kh-1"]));

    let grants =
        json!([{"right": "create-pods", "namespace": "signing", "names": null, "binding": "RoleBinding/signing/x"}]);
    let cluster =
        json!({"eks": {"arn": "arn:aws:eks:eu-west-1:111122223333:cluster/x", "issuer": format!("https://{ISSUER}")}});
    let mut found = with_web_identity("system:serviceaccount:signing:signer", ISSUER)
        .with("k8s", "kubernetes-rbac/cluster", ("x".to_owned(), cluster))
        .with("declaration", "declaration/holder", holder("kh-2", &[("k8s", "User:ada")]));
    for name in ["User/ada", "User/joe", "User/system:x", "Group/ops", "ServiceAccount/signing/deploy"] {
        let facts = json!({"grants": grants, "access_entries": []});
        found = found.with("k8s", "kubernetes-rbac/subject", (name.to_owned(), facts));
    }
    let text = INVENTORY.replace("{aws: ['arn:aws:iam::111122223333:user/bob']}", "{k8s: ['User:ada']}");
    let all = found.joined(&declared(&text));
    assert_eq!(
        identities(&all).into_iter().filter(|one| one.starts_with("k8s")).collect::<Vec<_>>(),
        [
            "k8s Group/ops: elsewhere []",
            "k8s Group/system:masters: elsewhere, perhaps []",
            "k8s ServiceAccount/signing/deploy: workload []",
            "k8s User/ada: person [kh-2]",
            "k8s User/joe: person []",
            "k8s User/system:x: elsewhere []",
        ]
    );
    assert_eq!(entry(of(&all, REACH, &key_arn("a")), "k8s User/ada").unwrap()["holders"], json!(["kh-2"]));
}
