//! What this collector makes of an account, and of answers that only IAM gives.

#![expect(
    clippy::disallowed_methods,
    reason = "tests read real clocks, take their systems from the environment and write files for themselves alone"
)]
#![expect(clippy::unwrap_used, clippy::panic, reason = "the helpers of a test stop at the first surprise")]

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use collector_aws_iam::AwsIam;
use fakes::aws::{AwsFake, Size, World};
use sdk::{
    Clock, CollectorKind as _, Environment, GapNote, GapReason, KnownSecrets, NewBody, Overrides, Place, ResourceNote,
    Secret, Source, StaticCredentials, Syntax, Target, Timestamp,
};
use serde_json::{Value, json};
use testkit::{Changed, HASTY, Memory, Reply, Request, Seen, Server};

const PERMISSIONS: &str = "aws-iam/permissions";
const ROOT: &str = "arn:aws:iam::111122223333:root";

fn now(later: Duration) -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap() + later;
    Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap()).unwrap()
}

fn small() -> World {
    World::new(Size::SMALL).paged(3)
}

/// Collects from an account whose answers are changed so.
fn collect(world: World, change: impl Fn(&Request, Reply) -> Reply + Send + Sync + 'static) -> Seen {
    let server = Server::http(Changed(AwsFake::new(world), change));
    let memory = Memory::default();
    let recorder = memory.recorder("prod", "aws-iam", KnownSecrets::default());
    let settings = json!({"account": "111122223333"});
    let target = Target { id: "prod".to_owned(), settings: settings.as_object().unwrap().clone() };
    let environment = Environment {
        run_id: "01J0000000000000000000TEST".to_owned(),
        user_agent: "witnessmark/0.0.0".to_owned(),
        concurrency: 4,
        clock: Clock::new(|| now(Duration::ZERO)),
        deadline: now(Duration::from_secs(120)),
        patience: HASTY,
        stop: sdk::Stop::default(),
        pins: std::collections::BTreeMap::new(),
        overrides: Overrides {
            endpoint_url: Some(server.url()),
            credentials: Some(StaticCredentials {
                access_key_id: "AKIATEST000000000000".to_owned(),
                secret_access_key: Secret::new("a secret of no account".to_owned()),
            }),
            ..Overrides::default()
        },
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let collector = AwsIam.connect(&target, &environment, &recorder).await.unwrap();
        collector.identify(&recorder).await.unwrap();
        collector.collect(&recorder).await.unwrap();
    });
    let seen = memory.seen();
    assert_eq!(seen.lists_that_do_not_add_up(), BTreeSet::new());
    seen
}

fn resource<'a>(seen: &'a Seen, kind: &str, id: &str) -> &'a ResourceNote {
    seen.resources.iter().find(|one| one.kind == kind && one.id == id).unwrap_or_else(|| panic!("no {kind} {id}"))
}

fn account(seen: &Seen) -> &Value {
    &resource(seen, "aws-iam/account", ROOT).facts
}

fn user(n: usize) -> String {
    format!("arn:aws:iam::111122223333:user/people/user-{n:05}")
}

fn server_certificate(name: &str) -> String {
    format!("arn:aws:iam::111122223333:server-certificate/{name}")
}

/// The gaps but those of what is computed from all of it.
fn of_lists(seen: &Seen) -> Vec<&GapNote> {
    seen.gaps.iter().filter(|gap| gap.population.as_deref() != Some(PERMISSIONS)).collect()
}

fn permissions<'a>(seen: &'a Seen, id: &str) -> &'a Value {
    &seen.derived.iter().find(|one| one.id == id).unwrap_or_else(|| panic!("no permissions of {id}")).facts
}

fn gap_of<'a>(seen: &'a Seen, part: &str) -> &'a GapNote {
    let mut gaps = seen.gaps.iter().filter(|gap| gap.part.as_deref() == Some(part));
    let gap = gaps.next().unwrap_or_else(|| panic!("no gap for {part}: {:?}", seen.gaps));
    assert!(gaps.next().is_none(), "more than one gap for {part}: {:?}", seen.gaps);
    gap
}

fn is(request: &Request, name: &str) -> bool {
    request.operation == format!("iam:{name}")
}

fn replaced(mut reply: Reply, from: &str, to: &str) -> Reply {
    let text = String::from_utf8(reply.body.to_vec()).unwrap();
    assert!(text.contains(from), "{from} is not in {text}");
    reply.body = text.replace(from, to).into();
    reply
}

fn error(status: u16, code: &str) -> Reply {
    let body = format!(
        "<ErrorResponse xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\"><Error><Type>Sender</Type><Code>{code}</Code>\
         <Message>{code}</Message></Error><RequestId>0</RequestId></ErrorResponse>"
    );
    Reply::new(status, "text/xml", body)
}

#[test]
fn an_account_as_it_is() {
    let seen = collect(small(), |_, reply| reply);
    assert!(seen.gaps.is_empty(), "{:?}", seen.gaps);
    let one = &resource(&seen, "aws-iam/user", &user(1)).facts;
    assert_eq!(one["login_profile"], json!({"exists": false}));
    assert_eq!(one["mfa_devices"], json!([]));
    assert_eq!(one["permissions_boundary"], json!({"exists": false}));
    assert_eq!(one["tags"], json!([{"key": "team", "value": "signing & custody"}]));
    assert_eq!(one["access_keys"][0]["active"], json!(true));
    assert_eq!(one["access_key_use"][0]["id"], one["access_keys"][0]["id"]);
    assert_eq!(one["access_key_use"][0]["service"], json!("kms"));
    assert_eq!(one["service_credentials"][0]["service"], json!("codecommit.amazonaws.com"));
    assert_eq!(one["ssh_public_keys"][0]["active"], json!(true));
    assert_eq!(one["signing_certificates"], json!([]));
    let certificate = &resource(&seen, "aws-iam/server-certificate", &server_certificate("ops")).facts;
    assert_eq!(certificate["expires"]["at"], json!("2028-01-02T03:04:05.000Z"));
    assert_eq!(one["credential_report"]["generated"]["at"], json!("2026-11-20T06:00:00.000Z"));
    let types: BTreeSet<String> = seen
        .resources
        .iter()
        .flat_map(|one| one.facts["mfa_devices"].as_array().cloned().unwrap_or_default())
        .map(|device| device["type"].as_str().unwrap_or("unknown").to_owned())
        .collect();
    assert_eq!(types.into_iter().collect::<Vec<_>>(), ["hardware", "passkey", "virtual"]);
    let role = &resource(&seen, "aws-iam/role", "arn:aws:iam::111122223333:role/role-00000").facts;
    assert_eq!(role["trust_policy"]["statements"][0]["principals"][0]["value"], json!("111122223333"));
    assert_eq!(role["last_use"]["region"], json!("eu-west-1"));
    let policy = &resource(&seen, "aws-iam/policy", "arn:aws:iam::111122223333:policy/policy-00000").facts;
    assert_eq!(policy["usage"]["version"], json!("v2"));
    assert_eq!(policy["document"]["statements"][0]["actions"], json!(["kms:decrypt", "kms:describekey"]));
    assert_eq!(account(&seen)["root_credential_report"]["mfa_active"], json!(true));
    assert_eq!(account(&seen)["summary"]["root_mfa_enabled"], json!(true));
    assert_eq!(account(&seen)["aliases"], json!(["northbank"]));
}

#[test]
fn facts_fit_their_schemas() {
    let seen = collect(small(), |_, reply| reply);
    for kind in AwsIam.descriptor().resources {
        let text = kind.schema.to_string();
        assert!(!text.contains("\"null\""), "what is not there is absent, never null: {text}");
        let validator = jsonschema::validator_for(&kind.schema).unwrap();
        let read = seen.resources.iter().map(|one| (&one.kind, &one.id, &one.facts));
        let computed = seen.derived.iter().map(|one| (&one.kind, &one.id, &one.facts));
        let mut members = read.chain(computed).filter(|(name, _, _)| **name == kind.kind).peekable();
        assert!(members.peek().is_some(), "{}", kind.kind);
        for (_, id, facts) in members {
            let wrong: Vec<String> = validator.iter_errors(facts).map(|error| error.to_string()).collect();
            assert!(wrong.is_empty(), "{id} {wrong:?}");
        }
    }
}

#[test]
fn every_place_can_be_found() {
    let seen = collect(small(), |_, reply| reply);
    let totals = seen.coverage.iter().filter_map(|one| one.total.as_ref()).map(|total| &total.from);
    let sources: Vec<&Source> = seen
        .resources
        .iter()
        .flat_map(|one| one.parts.values().flatten())
        .filter_map(Place::answer)
        .chain(totals)
        .collect();
    assert!(sources.len() > 100, "{}", sources.len());
    for source in sources {
        let exchange = &seen.exchanges[usize::try_from(source.exchange.0).unwrap()].exchange;
        let NewBody::Received(body) = &exchange.body else { panic!("{source:?} has no body") };
        assert_eq!(source.syntax, Syntax::Xml);
        let text = String::from_utf8(body.to_vec()).unwrap();
        assert!(element(&text, &source.path).is_some(), "{source:?} is not in {text}");
    }
}

/// The text between the tags of the element at a path, found without the collector's own reader.
fn element<'a>(text: &'a str, path: &str) -> Option<&'a str> {
    let mut inner = text;
    for step in path.split('/').skip(1) {
        let (name, number) = match step.split_once('[') {
            Some((name, number)) => (name, number.trim_end_matches(']').parse::<usize>().ok()?),
            None => (step, 1),
        };
        inner = children(inner).into_iter().filter(|(n, _)| *n == name).nth(number - 1)?.1;
    }
    Some(inner)
}

/// Names and contents of the elements directly inside a text.
fn children(text: &str) -> Vec<(&str, &str)> {
    let (mut found, mut rest) = (Vec::new(), text);
    while let Some(start) = rest.find('<') {
        let end = start + rest[start..].find('>').unwrap();
        let tag = &rest[start + 1..end];
        if tag.starts_with('?') || tag.starts_with('!') {
            rest = &rest[end + 1..];
            continue;
        }
        let name = tag.trim_end_matches('/').split_whitespace().next().unwrap();
        if tag.ends_with('/') {
            found.push((name, ""));
            rest = &rest[end + 1..];
            continue;
        }
        let (mut depth, mut at) = (1, end + 1);
        let inside = at;
        while depth > 0 {
            at += rest[at..].find('<').unwrap();
            let end = at + rest[at..].find('>').unwrap();
            let tag = &rest[at + 1..end];
            match (tag.starts_with('/'), tag.ends_with('/')) {
                (true, _) => depth -= 1,
                (false, false) => depth += 1,
                (false, true) => {}
            }
            if depth == 0 {
                found.push((name, &rest[inside..at]));
            }
            at = end + 1;
        }
        rest = &rest[at..];
    }
    found
}

#[test]
fn lists_are_held_against_iams_own_counts() {
    let seen = collect(small(), |request, reply| {
        if is(request, "GetAccountSummary") {
            return replaced(
                reply,
                "<key>Users</key>",
                "<key>Users</key><value>8</value></entry><entry><key>Other</key>",
            );
        }
        reply
    });
    let gaps = of_lists(&seen);
    let [gap] = gaps.as_slice() else { panic!("{:?}", seen.gaps) };
    assert_eq!(
        (gap.reason, gap.population.as_deref(), gap.detail.as_str()),
        (GapReason::TotalMismatch, Some("aws-iam/user"), "7 listed, but IAM counts 8")
    );
    for coverage in &seen.coverage {
        // What is computed from users is not whole either.
        let whole = ![PERMISSIONS, "aws-iam/user"].contains(&coverage.population.as_str());
        assert_eq!(coverage.complete, whole, "{coverage:?}");
    }
}

/// Who is an administrator: `n` nobody says so, `?` it is not known, `y`.
fn administers(seen: &Seen, id: &str) -> char {
    let powers = permissions(seen, id)["administers"].as_array().unwrap();
    match (powers.iter().any(|power| power["may"] == "yes"), powers.is_empty()) {
        (true, _) => 'y',
        (false, true) => 'n',
        (false, false) => '?',
    }
}

#[test]
fn what_was_not_read_of_a_role_is_not_known_of_whoever_may_assume_it() {
    let role = "arn:aws:iam::111122223333:role/role-00000";
    let mut world = small();
    for one in &mut world.users {
        (one.attached, one.inline, one.groups) = (Vec::new(), Vec::new(), Vec::new());
    }
    for one in &mut world.roles {
        (one.attached, one.inline) = (Vec::new(), Vec::new());
    }
    let assume = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"*"}}"#;
    let trust = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"AWS":"111122223333"}}}"#;
    world.users[0].inline = vec![("assume".to_owned(), assume.to_owned())];
    trust.clone_into(&mut world.roles[0].trust);
    let whole = collect(world.clone(), |_, reply| reply);
    assert_eq!((administers(&whole, &user(0)), administers(&whole, &user(1))), ('n', 'n'));
    // A policy of the role, then the role's trust policy too.
    world.roles[0].inline = vec![("broken".to_owned(), "not a policy".to_owned())];
    let seen = collect(world.clone(), |_, reply| reply);
    assert_eq!((administers(&seen, &user(0)), administers(&seen, &user(1))), ('?', 'n'));
    assert_eq!(permissions(&seen, &user(0))["administers"][0]["over"], json!(role));
    "not a policy".clone_into(&mut world.roles[0].trust);
    let seen = collect(world, |_, reply| reply);
    assert_eq!((administers(&seen, &user(0)), administers(&seen, &user(1))), ('?', '?'));
}

#[test]
fn a_role_that_is_not_listed_may_make_anybody_an_administrator() {
    let wide = |seen: &Seen| {
        let of = |gap: &&GapNote| gap.subject.is_none() && gap.part.as_deref() == Some("administers");
        seen.gaps.iter().filter(of).count()
    };
    assert_eq!(wide(&collect(small(), |_, reply| reply)), 0);
    for (count, expected) in [("Roles", 1), ("Groups", 1), ("Policies", 0)] {
        let seen = collect(small(), move |request, reply| {
            if is(request, "GetAccountSummary") {
                let key = format!("<key>{count}</key>");
                return replaced(reply, &key, &format!("{key}<value>99</value></entry><entry><key>Other</key>"));
            }
            reply
        });
        assert_eq!(wide(&seen), expected, "{count}: {:?}", seen.gaps);
    }
}

#[test]
fn a_policy_that_is_attached_and_not_listed_is_missed() {
    let mut world = small();
    world.users[0].boundary = Some("arn:aws:iam::aws:policy/Unlisted".to_owned());
    let seen = collect(world, |_, reply| reply);
    let gaps = of_lists(&seen);
    let [gap] = gaps.as_slice() else { panic!("{:?}", seen.gaps) };
    let unknown = seen.gaps.iter().filter(|gap| gap.part.as_deref() == Some("administers"));
    assert_eq!(unknown.map(|gap| gap.subject.as_ref().unwrap().id.as_str()).collect::<Vec<_>>(), [user(0)]);
    assert_eq!(gap.subject.as_ref().unwrap().id, "arn:aws:iam::aws:policy/Unlisted");
    assert_eq!(gap.reason, GapReason::TotalMismatch);
    let coverage = seen.coverage.iter().find(|one| one.population == "aws-iam/policy").unwrap();
    assert!(!coverage.complete);
    let facts = &resource(&seen, "aws-iam/user", &user(0)).facts;
    assert_eq!(facts["permissions_boundary"], json!({"exists": true, "arn": "arn:aws:iam::aws:policy/Unlisted"}));
}

#[test]
fn policies_of_aws_are_recorded_where_they_are_in_use() {
    let mut world = small();
    for name in ["InUse", "NotInUse"] {
        let mut policy = world.policies[0].clone();
        policy.name = name.to_owned();
        policy.arn = format!("arn:aws:iam::aws:policy/{name}");
        world.policies.push(policy);
    }
    world.roles[0].attached.push("arn:aws:iam::aws:policy/InUse".to_owned());
    // IAM's own count of policies leaves those of AWS out.
    let seen = collect(world, |request, reply| {
        if is(request, "GetAccountSummary") {
            return replaced(
                reply,
                "<key>Policies</key>",
                "<key>Policies</key><value>4</value></entry><entry><key>Other</key>",
            );
        }
        reply
    });
    assert!(seen.gaps.is_empty(), "{:?}", seen.gaps);
    let foreign: Vec<&str> = seen
        .resources
        .iter()
        .filter(|one| one.facts["aws_managed"] == json!(true))
        .map(|one| one.id.as_str())
        .collect();
    assert_eq!(foreign, ["arn:aws:iam::aws:policy/InUse"]);
}

#[test]
fn policy_documents_are_read_raw_too_and_a_malformed_one_is_a_gap() {
    let mut world = small();
    world.roles[0].trust = r#"{"Statement":[],"Statement":[]}"#.to_owned();
    world.users[0].inline = vec![
        ("broken".to_owned(), "not a policy".to_owned()),
        ("whole".to_owned(), r#"{"Statement":{"Effect":"Deny","Action":"*","Resource":"*"}}"#.to_owned()),
    ];
    let seen = collect(world, |request, reply| {
        if is(request, "GetAccountAuthorizationDetails") {
            // As some sources send them.
            let text = String::from_utf8(reply.body.to_vec()).unwrap();
            let raw: String = text.replace("%22", "\"").replace("%7B", "{").replace("%7D", "}").replace("%3A", ":");
            return Reply { body: raw.replace("%2C", ",").replace("%5B", "[").replace("%5D", "]").into(), ..reply };
        }
        reply
    });
    let role = resource(&seen, "aws-iam/role", "arn:aws:iam::111122223333:role/role-00000");
    assert!(role.facts.get("trust_policy").is_none() && !role.parts.contains_key("trust_policy"));
    let gap = gap_of(&seen, "trust_policy");
    assert_eq!((gap.reason, gap.subject.as_ref().unwrap().id.as_str()), (GapReason::Malformed, role.id.as_str()));
    let inline = &resource(&seen, "aws-iam/user", &user(0)).facts["inline_policies"];
    assert_eq!(inline[0], json!({"name": "broken"}));
    assert_eq!(inline[1]["document"]["statements"][0]["effect"], json!("Deny"));
    assert_eq!(gap_of(&seen, "inline_policies").reason, GapReason::Malformed);
    let other = &resource(&seen, "aws-iam/role", "arn:aws:iam::111122223333:role/role-00001").facts;
    assert_eq!(other["trust_policy"]["statements"][0]["conditions"][0]["key"], json!("aws:multifactorauthpresent"));
}

// A18
#[test]
fn who_may_what_is_computed_from_all_policies() {
    const ADMINISTRATOR: &str = "arn:aws:iam::111122223333:policy/policy-00001";
    let everything = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#;
    let only = |action: &str, resource: &str| {
        format!(
            r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Action":"{action}","Resource":"{resource}"}}}}"#
        )
    };
    let mut world = small();
    for one in &mut world.users {
        (one.attached, one.inline, one.groups) = (Vec::new(), Vec::new(), Vec::new());
    }
    for one in &mut world.roles {
        (one.attached, one.inline) = (Vec::new(), Vec::new());
    }
    for one in &mut world.groups {
        (one.attached, one.inline) = (Vec::new(), Vec::new());
    }
    assert_eq!(world.policies[1].arn, ADMINISTRATOR);
    for version in &mut world.policies[1].versions {
        everything.clone_into(&mut version.document);
    }
    world.groups[0].attached = vec![ADMINISTRATOR.to_owned()];
    let admins = world.groups[0].name.clone();
    world.users[0].groups = vec![admins.clone()];
    world.users[1].inline = vec![("sign".to_owned(), only("kms:Sign", "*"))];
    world.users[2].inline = vec![("keys".to_owned(), only("iam:CreateAccessKey", "*"))];
    world.users[3].attached = vec![ADMINISTRATOR.to_owned()];
    world.users[3].boundary = Some(world.policies[0].arn.clone());
    let seen = collect(world, |_, reply| reply);
    assert!(seen.gaps.is_empty(), "{:?}", seen.gaps);
    let by_group = permissions(&seen, &user(0));
    assert_eq!(by_group["administers"][0]["action"], json!("*"));
    assert_eq!(
        (&by_group["administers"][0]["group"], &by_group["administers"][0]["policy"]),
        (&json!(admins), &json!(ADMINISTRATOR))
    );
    let signs = permissions(&seen, &user(1));
    assert_eq!((&signs["administers"], signs["keys"].as_array().map(Vec::len)), (&json!([]), Some(1)));
    assert_eq!((&signs["keys"][0]["action"], &signs["keys"][0]["may"]), (&json!("kms:Sign"), &json!("yes")));
    let becomes = permissions(&seen, &user(2));
    assert_eq!(becomes["administers"][0]["over"], json!(user(0)));
    // A boundary that allows `kms:Decrypt` leaves that and nothing else.
    let bounded = permissions(&seen, &user(3));
    assert_eq!(bounded["administers"], json!([]));
    assert_eq!(
        bounded["keys"].as_array().unwrap().iter().map(|one| &one["action"]).collect::<Vec<_>>(),
        ["kms:Decrypt"]
    );
    let coverage = seen.coverage.iter().find(|one| one.population == PERMISSIONS).unwrap();
    assert!(coverage.complete && coverage.items == seen.derived.len() as u64, "{coverage:?}");
}

#[test]
fn nothing_is_computed_from_what_are_called_annotations() {
    let facts = |seen: Seen| seen.derived.into_iter().map(|one| (one.id, one.facts)).collect::<Vec<_>>();
    let mut other = small();
    let tags = other.users.iter_mut().map(|one| &mut one.tags).chain(other.roles.iter_mut().map(|one| &mut one.tags));
    for list in tags {
        *list = vec![("team".to_owned(), "another".to_owned())];
    }
    let kinds = AwsIam.descriptor().resources;
    let named = kinds.iter().flat_map(|kind| kind.annotations.iter().map(|part| format!("{} {part}", kind.kind)));
    // What is changed below.
    assert_eq!(named.collect::<Vec<_>>(), ["aws-iam/user tags", "aws-iam/role tags"]);
    assert_eq!(facts(collect(small(), |_, reply| reply)), facts(collect(other, |_, reply| reply)));
}

#[test]
fn an_entity_that_is_listed_twice_counts_once_against_iams_own_number() {
    let (mut once, arn) = (small(), "arn:aws:iam::aws:policy/InUse");
    let mut of_aws = once.policies[0].clone();
    of_aws.arn = arn.to_owned();
    once.roles[0].attached.push(arn.to_owned());
    once.policies.push(of_aws.clone());
    let mut twice = once.clone();
    twice.groups.push(once.groups[0].clone());
    twice.roles.push(once.roles[0].clone());
    twice.policies.extend([once.policies[0].clone(), of_aws]);
    let (before, seen) = (collect(once, |_, reply| reply), collect(twice, |_, reply| reply));
    assert!(seen.gaps.is_empty(), "IAM counts entities, whatever the list repeats: {:?}", seen.gaps);
    for (kind, again) in [("aws-iam/user", 0), ("aws-iam/group", 1), ("aws-iam/role", 1), ("aws-iam/policy", 2)] {
        let of = |seen: &Seen| seen.coverage.iter().find(|one| one.population == kind).unwrap().clone();
        let recorded = seen.resources.iter().filter(|one| one.kind == kind).count() as u64;
        assert_eq!((of(&seen).items, recorded), (of(&before).items + again, of(&before).items + again), "{kind}");
        assert!(of(&seen).complete, "{kind}");
        let total = |seen: &Seen| of(seen).total.map(|total| total.count);
        assert_eq!(total(&seen), total(&before), "{kind}");
    }
}

#[test]
fn what_is_listed_twice_does_not_stand_for_what_is_missing() {
    let mut world = small();
    let again = world.groups[0].clone();
    world.groups.push(again);
    // One more group than the list names, with the one that it names twice as many as lines.
    let seen = collect(world, |request, reply| match request.operation.as_str() {
        "iam:GetAccountSummary" => {
            replaced(reply, "<key>Groups</key><value>3</value>", "<key>Groups</key><value>4</value>")
        }
        _ => reply,
    });
    assert!(seen.gaps.iter().any(|gap| gap.detail == "3 listed, but IAM counts 4"), "{:?}", seen.gaps);
    let coverage = seen.coverage.iter().find(|one| one.population == "aws-iam/group").unwrap();
    assert_eq!((coverage.items, coverage.complete), (4, false));
}

#[test]
fn an_account_without_password_policy_says_so() {
    let mut world = small();
    world.password_policy = None;
    let seen = collect(world, |_, reply| reply);
    assert!(seen.gaps.is_empty(), "{:?}", seen.gaps);
    assert_eq!(account(&seen)["password_policy"], json!({"exists": false}));
}

#[test]
fn a_user_who_vanishes_is_not_one_without_a_password() {
    let seen = collect(small(), |request, reply| {
        if request.parameter("UserName") == Some("user-00001") {
            let gone = error(404, "NoSuchEntity");
            let words = "<Message>The user with name user-00001 cannot be found.</Message>";
            return replaced(gone, "<Message>NoSuchEntity</Message>", words);
        }
        reply
    });
    let facts = &resource(&seen, "aws-iam/user", &user(1)).facts;
    for part in ["login_profile", "mfa_devices", "access_keys", "access_key_use"] {
        assert!(facts.get(part).is_none(), "{part}");
        assert_eq!(gap_of(&seen, part).reason, GapReason::Vanished);
    }
}

#[test]
fn a_device_of_an_unknown_kind_is_a_gap() {
    let mut world = small();
    world.users[0].mfa[0].serial = "arn:aws:iam::111122223333:retina/user-00000".to_owned();
    let seen = collect(world, |_, reply| reply);
    let device = &resource(&seen, "aws-iam/user", &user(0)).facts["mfa_devices"][0];
    assert_eq!(device["serial"], json!("arn:aws:iam::111122223333:retina/user-00000"));
    assert!(device.get("type").is_none());
    assert_eq!(gap_of(&seen, "mfa_devices").reason, GapReason::Unsupported);
}

#[test]
fn waits_for_the_credential_report() {
    // What IAM answers before the report is there; then it is.
    for (codes, generated) in [
        (vec!["ReportInProgress", "ReportInProgress"], 1),
        (vec!["ReportNotPresent"], 2),
        (vec!["ReportExpired", "ReportInProgress"], 2),
    ] {
        let asked = Arc::new(AtomicUsize::new(0));
        let seen = collect(small(), move |request, reply| {
            if is(request, "GetCredentialReport")
                && let Some(code) = codes.get(asked.fetch_add(1, Ordering::SeqCst))
            {
                return error(if *code == "ReportInProgress" { 404 } else { 410 }, code);
            }
            reply
        });
        assert!(seen.gaps.is_empty(), "{:?}", seen.gaps);
        let count = |name: &str| seen.exchanges.iter().filter(|one| one.exchange.operation == name).count();
        assert_eq!(count("iam:GenerateCredentialReport"), generated);
    }
}

#[test]
fn a_report_without_the_root_user_is_a_gap() {
    let seen = collect(small(), |request, reply| {
        if is(request, "GetCredentialReport") {
            let body = String::from_utf8(reply.body.to_vec()).unwrap();
            let content = element(&body, "/GetCredentialReportResponse/GetCredentialReportResult/Content").unwrap();
            let csv = String::from_utf8(base64(content)).unwrap();
            let without: Vec<&str> = csv.lines().filter(|line| !line.starts_with("<root_account>")).collect();
            return replaced(reply, content, &encoded(without.join("\n").as_bytes()));
        }
        reply
    });
    assert!(account(&seen).get("root_credential_report").is_none());
    let gap = gap_of(&seen, "root_credential_report");
    assert!(gap.detail.ends_with("has no row for the root user"), "{}", gap.detail);
    assert_eq!(gap.right.as_deref(), Some("iam:GetCredentialReport"));
    assert!(resource(&seen, "aws-iam/user", &user(1)).facts.get("credential_report").is_some());
}

/// The credential report without some rows.
fn report_without(reply: Reply, gone: impl Fn(&str) -> bool) -> Reply {
    let body = String::from_utf8(reply.body.to_vec()).unwrap();
    let content = element(&body, "/GetCredentialReportResponse/GetCredentialReportResult/Content").unwrap();
    let csv = String::from_utf8(base64(content)).unwrap();
    let rest: Vec<&str> = csv.lines().filter(|line| !gone(line)).collect();
    replaced(reply, content, &encoded(rest.join("\n").as_bytes()))
}

// A15
#[test]
fn who_is_younger_than_the_report_passes_by_itself() {
    const LATER: &str = "2026-11-20T07:00:00Z";
    let mut world = small();
    for user in &mut world.users[..2] {
        LATER.clone_into(&mut user.created);
    }
    let login = fakes::aws::Login { created: LATER.to_owned(), last_changed: LATER.to_owned(), ..Default::default() };
    world.users[0].login = Some(login);
    let seen = collect(world, |request, reply| {
        if is(request, "GetCredentialReport") {
            return report_without(reply, |line| line.starts_with("user-00000,") || line.starts_with("user-00001,"));
        }
        reply
    });
    let gaps: Vec<&GapNote> = seen.gaps.iter().collect();
    assert!(gaps.iter().all(|gap| gap.part.as_deref() == Some("credential_report")), "{gaps:?}");
    assert_eq!(gaps.len(), 2);
    for gap in gaps {
        assert_eq!(gap.reason, GapReason::TotalMismatch, "run again, not: evidence it in another way");
        assert!(gap.detail.contains("made after it (2026-11-20T07:00:00.000Z)"), "{}", gap.detail);
    }
    // What is needed is known all the same: one has no password, the other's is younger than the report.
    assert_eq!(resource(&seen, "aws-iam/user", &user(1)).facts["password_use"], json!({"exists": false}));
    let used = &resource(&seen, "aws-iam/user", &user(0)).facts["password_use"];
    assert_eq!((&used["exists"], &used["created"]["at"]), (&json!(true), &json!("2026-11-20T07:00:00.000Z")));
    assert_eq!(used.get("as_of"), None);
}

// A12
#[test]
fn a_user_with_a_comma_costs_their_own_row() {
    let mut world = small();
    "a,b".clone_into(&mut world.users[1].name);
    let seen = collect(world, |_, reply| reply);
    let gap = gap_of(&seen, "credential_report");
    assert_eq!((gap.reason, gap.subject.as_ref().unwrap().id.ends_with("/a,b")), (GapReason::Malformed, true));
    assert!(account(&seen).get("root_credential_report").is_some());
    assert!(resource(&seen, "aws-iam/user", &user(0)).facts.get("credential_report").is_some());
}

// A9
#[test]
fn sources_that_contradict_each_other_are_both_named() {
    type Change = (&'static str, &'static str, &'static str);
    let read = |(operation, from, to): Change| {
        let seen = collect(small(), move |request, reply| {
            let user = request.parameter("UserName");
            if is(request, operation) && user.is_none_or(|user| user == "user-00001") {
                return replaced(reply, from, to);
            }
            reply
        });
        assert!(!seen.gaps.is_empty(), "{operation}");
        seen
    };
    let no_mfa = (
        "GetAccountSummary",
        "<key>AccountMFAEnabled</key><value>1</value>",
        "<key>AccountMFAEnabled</key><value>0</value>",
    );
    let inactive = ("ListAccessKeys", "<Status>Active</Status>", "<Status>Inactive</Status>");
    let device = (
        "ListMFADevices",
        "<MFADevices></MFADevices>",
        "<MFADevices><member><UserName>user-00001</UserName><SerialNumber>GAHT1</SerialNumber><EnableDate>2026-01-01T00:00:00Z</EnableDate></member></MFADevices>",
    );
    for (change, part, words) in [
        (no_mfa, "summary", ["`GetAccountSummary`", "the credential report of 2026-11-20T06:00:00.000Z"]),
        (inactive, "access_keys", ["`ListAccessKeys` gives 0 active keys", "the credential report of"]),
        (device, "mfa_devices", ["`ListMFADevices` gives an MFA device", "none"]),
    ] {
        let seen = read(change);
        let gap =
            seen.gaps.iter().find(|gap| gap.part.as_deref() == Some(part)).unwrap_or_else(|| panic!("{:?}", seen.gaps));
        assert_eq!(gap.reason, GapReason::TotalMismatch);
        assert!(words.iter().all(|word| gap.detail.contains(word)), "{}", gap.detail);
    }
}

fn base64(text: &str) -> Vec<u8> {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.decode(text).unwrap()
}

fn encoded(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

#[test]
fn a_list_that_breaks_off_keeps_what_was_read() {
    // The users stand before everything else: the third page is refused, two were read.
    let pages = Arc::new(AtomicUsize::new(0));
    let seen = collect(small(), move |request, reply| {
        if is(request, "GetAccountAuthorizationDetails") && pages.fetch_add(1, Ordering::SeqCst) >= 2 {
            return error(403, "AccessDenied");
        }
        reply
    });
    let users = seen.resources.iter().filter(|one| one.kind == "aws-iam/user").count();
    assert_eq!(users, 6);
    for kind in ["aws-iam/user", "aws-iam/group", "aws-iam/role", "aws-iam/policy"] {
        let coverage = seen.coverage.iter().find(|one| one.population == kind).unwrap();
        assert!(!coverage.complete, "{coverage:?}");
        assert_eq!(coverage.pages, 2);
        let gaps = seen.gaps.iter().filter(|gap| gap.population.as_deref() == Some(kind) && gap.part.is_none());
        assert_eq!(gaps.map(|gap| gap.reason).collect::<Vec<_>>(), [GapReason::Denied]);
    }
}

#[test]
fn a_credential_in_a_state_that_nobody_knows_is_a_gap() {
    let seen = collect(small(), |request, reply| {
        if is(request, "ListSSHPublicKeys") && request.parameter("UserName") == Some("user-00001") {
            return replaced(reply, "<Status>Active</Status>", "<Status>Quarantined</Status>");
        }
        reply
    });
    assert_eq!(gap_of(&seen, "ssh_public_keys").reason, GapReason::Malformed);
    assert_eq!(resource(&seen, "aws-iam/user", &user(1)).facts["service_credentials"][0]["active"], json!(true));
}

#[test]
fn server_certificates_that_are_not_listed_are_missed() {
    let seen = collect(small(), |request, reply| {
        if is(request, "ListServerCertificates") {
            let opened = replaced(reply, "<ServerCertificateMetadataList>", "<ServerCertificateMetadataList><!--");
            return replaced(opened, "</ServerCertificateMetadataList>", "--></ServerCertificateMetadataList>");
        }
        reply
    });
    let gap = seen.gaps.iter().find(|gap| gap.population.as_deref() == Some("aws-iam/server-certificate")).unwrap();
    assert_eq!(gap.reason, GapReason::TotalMismatch);
    assert_eq!(gap.detail, "0 listed, but IAM counts 2");
    let coverage = seen.coverage.iter().find(|one| one.population == "aws-iam/server-certificate").unwrap();
    assert!(!coverage.complete);
}

/// IAM refuses a request from a clock that is wrong as one whose signature is.
#[test]
fn a_refusal_that_a_wrong_clock_may_explain_is_asked_once_more() {
    for (refused, gaps, asked) in [(1, 0, 2), (usize::MAX, 1, 2)] {
        let came = AtomicUsize::new(0);
        let seen = collect(small(), move |request, reply| {
            let wrong = is(request, "GetAccountSummary") && came.fetch_add(1, Ordering::SeqCst) < refused;
            if wrong { error(403, "SignatureDoesNotMatch") } else { reply }
        });
        let of = |right: &Option<String>| right.as_deref() == Some("iam:GetAccountSummary");
        assert_eq!(seen.gaps.iter().filter(|gap| of(&gap.right)).count().min(1), gaps, "{:?}", seen.gaps);
        assert!(seen.gaps.iter().all(|gap| gap.reason == GapReason::Unauthenticated), "{:?}", seen.gaps);
        let exchanges = seen.exchanges.iter().filter(|one| one.exchange.operation == "iam:GetAccountSummary");
        assert_eq!(exchanges.count(), asked);
    }
}
