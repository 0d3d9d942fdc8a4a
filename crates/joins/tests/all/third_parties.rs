//! Others, found and declared.

use serde_json::{Value, json};

use crate::world::{Found, each, one, unread};

const HEAD: &str = r#"witnessmark: 1
entity: Northbank Custody Ltd
system: {id: hot-wallet}
targets:
  - {id: prod, collector: [aws-iam, aws-kms, aws-s3], account: "111122223333"}
  - {id: code, collector: github, organization: northbank, organization_id: 1}
key_holders: [{id: kh-1, identities: {code: [Contractor]}}]
"#;

const LISTS: [&str; 5] =
    ["aws-iam/role", "aws-kms/key", "aws-s3/bucket", "aws-iam/oidc-provider", "aws-iam/saml-provider"];

fn policy(principal: &str, conditions: &str) -> Value {
    let text = format!(
        r#"{{"Version": "2012-10-17", "Statement": [{{"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*",
        "Principal": {principal}{conditions}}}]}}"#
    );
    serde_json::to_value(iam_policy::PolicyDocument::parse(&text).unwrap()).unwrap()
}

fn listed() -> Found {
    let mut found = Found::default();
    found
        .listed("prod", &LISTS)
        .listed("code", &["github/app-installation", "github/webhook", "github/outside-collaborator"]);
    found
}

fn role(found: &mut Found, name: &str, principal: &str, conditions: &str) {
    let id = format!("arn:aws:iam::111122223333:role/{name}");
    found.object("prod", "aws-iam/role", &id, json!({"trust_policy": policy(principal, conditions)}));
}

/// Who was found, each with what accounts for them.
fn standings(found: &Found, declaration: &str) -> Vec<String> {
    let (all, _) = found.joined(declaration);
    let outside = all.iter().filter(|((kind, _), _)| kind == "joined/outside-party");
    outside
        .map(|((_, id), one)| {
            let standing = &one.facts["standing"];
            match standing["id"].as_str() {
                Some(by) => format!("{id}: {} {by}", standing["as"].as_str().unwrap()),
                None => format!("{id}: {}", standing["as"].as_str().unwrap()),
            }
        })
        .collect()
}

fn everybody() -> Found {
    let mut found = listed();
    role(&mut found, "vendor", r#"{"AWS": "arn:aws:iam::999988887777:role/theirs"}"#, "");
    role(&mut found, "own", r#"{"AWS": "arn:aws:iam::111122223333:root"}"#, "");
    role(&mut found, "service", r#"{"Service": "ec2.amazonaws.com"}"#, "");
    let oidc = "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com";
    let subject = |of: &str| {
        format!(
            r#", "Condition": {{"StringLike": {{"token.actions.githubusercontent.com:sub": "repo:{of}/signer:ref:refs/heads/main"}}}}"#
        )
    };
    role(&mut found, "ci", &format!(r#"{{"Federated": "{oidc}"}}"#), &subject("northbank"));
    role(&mut found, "their-ci", &format!(r#"{{"Federated": "{oidc}"}}"#), &subject("otherorg"));
    found
        .object("prod", "aws-iam/oidc-provider", oidc, json!({"settings": {"url": "token.actions.githubusercontent.com"}}))
        .object("prod", "aws-iam/saml-provider", "arn:aws:iam::111122223333:saml-provider/okta", json!({"name": "okta"}))
        .object("prod", "aws-kms/key", "arn:aws:kms:eu-west-1:111122223333:key/1", json!({
            "policy": policy(r#"{"AWS": "arn:aws:iam::111122223333:root"}"#, ""),
            "grants": [{"grantee": "arn:aws:iam::222233334444:role/x", "retiring": null, "issuing_account": "111122223333", "operations": ["Sign"]}],
        }))
        .object("prod", "aws-s3/bucket", "arn:aws:s3:::evidence", json!({"policy": null}))
        .object("code", "github/app-installation", "1", json!({"app": "ci-runner", "suspended": null}))
        .object("code", "github/app-installation", "2", json!({"app": "old-bot", "suspended": {"at": "2026-01-01T00:00:00.000Z", "epoch": 1}}))
        .object("code", "github/webhook", "northbank/signer 7", json!({"url": "https://user@Hooks.Chat.example:8443/x?y", "active": true}))
        .object("code", "github/outside-collaborator", "contractor", json!({}))
        .object("code", "github/outside-collaborator", "visitor", json!({}));
    found
}

#[test]
fn everybody_else_is_found_once_and_accounted_for() {
    let found = everybody();
    let nobody_declared = [
        "account 222233334444: undeclared",
        "account 999988887777: undeclared",
        "app ci-runner: undeclared",
        "app old-bot: undeclared",
        "cloud aws: undeclared",
        "cloud github: undeclared",
        "collaborator contractor: holder kh-1",
        "collaborator visitor: undeclared",
        "host hooks.chat.example: undeclared",
        "issuer arn:aws:iam::111122223333:saml-provider/okta: undeclared",
        "issuer token.actions.githubusercontent.com: undeclared",
        "tenant github/otherorg: undeclared",
    ];
    assert_eq!(standings(&found, HEAD), nobody_declared);
    let declared = format!(
        r#"{HEAD}third_parties:
  - {{id: aws, role: cloud}}
  - {{id: github, role: vendor}}
  - {{id: vault-ltd, role: qsp, seen_as: {{accounts: ["999988887777"], hosts: ["*.chat.example"], apps: [CI-Runner], issuers: ["arn:aws:iam::111122223333:saml-provider/okta"]}}}}
exclusions:
  - {{id: logs, what: our account for logs, reason: no key is there, seen_as: {{accounts: ["222233334444"], tenants: [github/otherorg]}}}}
"#
    );
    let all_declared = [
        "account 222233334444: exclusion logs",
        "account 999988887777: third-party vault-ltd",
        "app ci-runner: third-party vault-ltd",
        "app old-bot: undeclared",
        "cloud aws: third-party aws",
        "cloud github: third-party github",
        "collaborator contractor: holder kh-1",
        "collaborator visitor: undeclared",
        "host hooks.chat.example: third-party vault-ltd",
        "issuer arn:aws:iam::111122223333:saml-provider/okta: third-party vault-ltd",
        // Whoever declares GitHub need not declare who signs its tokens.
        "issuer token.actions.githubusercontent.com: third-party github",
        "tenant github/otherorg: exclusion logs",
    ];
    assert_eq!(standings(&found, &declared), all_declared);
    let (all, _) = found.joined(&declared);
    assert_eq!(one(&all, "joined/outside-party", "app old-bot").facts["active"], false);
    let vendor = one(&all, "joined/outside-party", "account 999988887777");
    assert_eq!((&*vendor.facts["active"], &*vendor.facts["sure"]), (&json!(true), &json!(true)));
    assert_eq!(vendor.facts["among"], json!({"found": 12, "undeclared": 2}));
    assert_eq!(vendor.facts["seen"][0]["resource"]["path"], "/trust_policy/statements/0/principals/0");
    let vault = one(&all, "joined/third-party", "vault-ltd");
    assert_eq!(each(vault, "seen", "kind"), ["account", "issuer", "app", "host"]);
    assert_eq!(vault.facts["unseen"], json!([]));
}

#[test]
fn a_condition_that_is_not_understood_leaves_it_open() {
    let mut found = listed();
    role(&mut found, "odd", r#"{"AWS": "*"}"#, r#", "Condition": {"StringEquals": {"aws:PrincipalTag/team": "x"}}"#);
    let (all, _) = found.joined(HEAD);
    let everyone = one(&all, "joined/outside-party", "anyone everyone");
    // A tag narrows nobody that could be named: either way they are in.
    assert_eq!(everyone.facts["active"], true);
    assert_eq!(everyone.facts["standing"]["as"], "undeclared");
}

#[test]
fn a_target_that_was_not_read_hides_nobody() {
    let declared = format!(
        r#"{HEAD}third_parties: [{{id: vault-ltd, role: qsp, seen_as: {{accounts: ["999988887777"], apps: [gone], hosts: [gone.example]}}}}]
"#
    );
    let mut found = listed();
    found.denied("code", "github/app-installation", None);
    let (all, lists) = found.joined(&declared);
    let vault = one(&all, "joined/third-party", "vault-ltd");
    // The Apps were not listed: it may be there. Hosts and accounts were, and it is not.
    assert_eq!(each(vault, "unseen", "kind"), ["account", "host"]);
    assert_eq!(unread(vault), ["seen", "unseen"]);
    let outside = lists.iter().find(|list| list.kind == "joined/outside-party").unwrap();
    assert_eq!(outside.open.len(), 1);
    assert!(!one(&all, "joined/outside-party", "cloud aws").facts.contains_key("among"));

    // Whether GitHub is there as an issuer alone is not known where the providers were not listed.
    let at_home =
        HEAD.replace("organization_id: 1}", "organization_id: 1, api_url: \"https://github.northbank.example\"}");
    let declared_github = format!("{at_home}third_parties: [{{id: github, role: vendor}}]\n");
    let mut found = listed();
    let (all, _) = found.joined(&declared_github);
    assert_eq!(each(one(&all, "joined/third-party", "github"), "unseen", "name"), ["github"]);
    found.denied("prod", "aws-iam/oidc-provider", None);
    let (all, _) = found.joined(&declared_github);
    assert_eq!(unread(one(&all, "joined/third-party", "github")), ["seen", "unseen"]);

    // A trust policy that was not read may let in anybody.
    let mut found = listed();
    let role = "arn:aws:iam::111122223333:role/x";
    found.object("prod", "aws-iam/role", role, json!({})).denied("prod", "aws-iam/role", Some((role, "trust_policy")));
    let (all, _) = found.joined(&declared);
    assert_eq!(each(one(&all, "joined/third-party", "vault-ltd"), "unseen", "kind"), ["app", "host"]);
}

#[test]
fn what_no_target_could_show_is_seen_nowhere() {
    let text = r#"witnessmark: 1
entity: Northbank Custody Ltd
system: {id: hot-wallet}
targets: [{id: hsm, collector: pkcs11, module: /lib/m.so, token: treasury}]
third_parties: [{id: vault-ltd, role: qsp, seen_as: {apps: [ci-runner]}}, {id: notary, role: vendor}]
"#;
    let (all, _) = Found::default().joined(text);
    assert_eq!(each(one(&all, "joined/third-party", "vault-ltd"), "nowhere", "name"), ["ci-runner"]);
    assert_eq!(one(&all, "joined/third-party", "notary").facts["seen_as"], json!([]));
    assert!(all.keys().all(|(kind, _)| kind != "joined/outside-party"));
}

#[test]
fn an_account_of_the_own_organisation_is_no_third_party() {
    let text = r#"witnessmark: 1
entity: Northbank Custody Ltd
system: {id: hot-wallet}
targets: [{id: prod, collector: [aws-iam, aws-organizations], account: "111122223333"}]
"#;
    let mut found = listed();
    found.listed("prod", &["aws-organizations/organization", "aws-organizations/account"]);
    role(&mut found, "sister", r#"{"AWS": "arn:aws:iam::222233334444:root"}"#, "");
    role(
        &mut found,
        "all-of-us",
        r#"{"AWS": "*"}"#,
        r#", "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}"#,
    );
    assert_eq!(
        standings(&found, text),
        ["account 222233334444: undeclared", "cloud aws: undeclared", "organization o-a1b2c3d4e5: undeclared"]
    );
    found.object("prod", "aws-organizations/organization", "o-a1b2c3d4e5", json!({"id": "o-a1b2c3d4e5"})).object(
        "prod",
        "aws-organizations/account",
        "222233334444",
        json!({"id": "222233334444"}),
    );
    assert_eq!(standings(&found, text), ["account 222233334444: own", "cloud aws: undeclared"]);
}

#[test]
fn where_an_organisation_was_not_read_no_account_is_undeclared() {
    let text = r#"witnessmark: 1
entity: Northbank Custody Ltd
system: {id: hot-wallet}
targets: [{id: prod, collector: [aws-iam, aws-organizations], account: "111122223333"}]
"#;
    let lists = ["aws-organizations/organization", "aws-organizations/account"];
    let sister = "account 222233334444";
    let mut found = listed();
    role(&mut found, "sister", r#"{"AWS": "arn:aws:iam::222233334444:root"}"#, "");
    let okta = "arn:aws:iam::111122223333:saml-provider/okta";
    found.object("prod", "aws-iam/saml-provider", okta, json!({"name": "okta"}));
    let standing = |found: &Found, who: &str| {
        let (all, _) = found.joined(text);
        let party = one(&all, "joined/outside-party", who);
        (party.facts.get("standing").map(|standing| standing["as"].clone()), unread(party).contains(&"standing"))
    };
    let open = (None, true);
    let undeclared = (Some(json!("undeclared")), false);
    // Neither list was made, or one of them was denied.
    assert_eq!(standing(&found, sister), open);
    for denied in lists {
        let mut found = found.clone();
        found.listed("prod", &lists).denied("prod", denied, None);
        assert_eq!(standing(&found, sister), open, "{denied}");
        // Nobody else can be an account of one's own.
        assert_eq!(standing(&found, &format!("issuer {okta}")), undeclared, "{denied}");
    }
    // Of an account that was listed nothing more was read.
    let mut unread_one = found.clone();
    unread_one.listed("prod", &lists).object("prod", lists[1], "222233334444", json!({}));
    unread_one.denied("prod", lists[1], Some(("222233334444", "id")));
    assert_eq!(standing(&unread_one, sister), open);
    // Both were read to their ends, and it is in neither.
    found.listed("prod", &lists);
    assert_eq!(standing(&found, sister), undeclared);
}

#[test]
fn a_cluster_whose_version_was_not_read_may_be_anybodys() {
    let text = r#"witnessmark: 1
entity: Northbank Custody Ltd
system: {id: hot-wallet}
targets: [{id: cluster, collector: kubernetes-rbac, uid: u}]
third_parties: [{id: google, role: cloud}]
"#;
    let google = |found: &Found| {
        let (all, _) = found.joined(text);
        let google = one(&all, "joined/third-party", "google");
        (each(google, "seen", "name"), each(google, "unseen", "name"), unread(google).contains(&"unseen"))
    };
    let name = || vec!["google".to_owned()];
    let mut found = Found::default();
    found.listed("cluster", &["kubernetes-rbac/access-entry"]);
    let of_version = |version: &str| {
        let mut found = found.clone();
        found.object("cluster", "kubernetes-rbac/cluster", "u", json!({"version": version}));
        google(&found)
    };
    assert_eq!(of_version("v1.34.0-gke.1234"), (name(), Vec::new(), false));
    assert_eq!(of_version("v1.34.0"), (Vec::new(), name(), false));
    // Its version was denied; then all of it.
    let mut denied = found.clone();
    denied.object("cluster", "kubernetes-rbac/cluster", "u", json!({}));
    denied.denied("cluster", "kubernetes-rbac/cluster", Some(("u", "version")));
    assert_eq!(google(&denied), (Vec::new(), Vec::new(), true));
    assert_eq!(google(&found), (Vec::new(), Vec::new(), true));
    found.denied("cluster", "kubernetes-rbac/cluster", None);
    assert_eq!(google(&found), (Vec::new(), Vec::new(), true));
}

/// Each template of one source declares the providers that a first run finds because of its targets alone.
#[test]
fn the_templates_declare_the_providers_of_their_targets() {
    let templates: [(&str, &str, &[&str]); 4] = [
        ("aws", include_str!("../../../../policies/templates/aws.yaml"), &["cloud aws"]),
        ("github", include_str!("../../../../policies/templates/github.yaml"), &["cloud github"]),
        ("kubernetes", include_str!("../../../../policies/templates/kubernetes.yaml"), &[]),
        ("pkcs11", include_str!("../../../../policies/templates/pkcs11.yaml"), &[]),
    ];
    for (name, text, clouds) in templates {
        let (all, _) = Found::default().joined(text);
        let outside = all.iter().filter(|((kind, _), _)| kind == "joined/outside-party");
        let found: Vec<(&str, &Value)> = outside.map(|((_, id), one)| (id.as_str(), &*one.facts["standing"])).collect();
        assert_eq!(found.iter().map(|(id, _)| *id).collect::<Vec<_>>(), clouds, "{name}");
        for (id, standing) in found {
            assert_eq!(standing["as"], "third-party", "{name}: {id}");
            assert!(standing["reviewed"].is_object(), "{name}: {id} {standing}");
        }
    }
}
