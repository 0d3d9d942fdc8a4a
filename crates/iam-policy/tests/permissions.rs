//! What principals may do by their own policies: the right answer for each kind of policy, as rows of tables.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests may stop at the first surprise")]
#![expect(clippy::needless_pass_by_value, reason = "rows of tables are easier to read without ampersands")]

use std::sync::Arc;

use serde_json::{Value, json};
use witnessmark_iam_policy::{Digest, Held, Holder, May, PolicyDocument, Power, Raised, raised};

fn digest(statements: Value) -> Arc<Digest> {
    let text = json!({"Version": "2012-10-17", "Statement": statements}).to_string();
    Arc::new(Digest::of(&PolicyDocument::parse(&text).unwrap()))
}

fn held(name: &str, statements: Value) -> Held {
    Held { name: name.to_owned(), group: None, digest: Some(digest(statements)) }
}

fn allow(action: Value, resource: Value) -> Value {
    json!({"Effect": "Allow", "Action": action, "Resource": resource})
}

fn where_(mut statement: Value, condition: Value) -> Value {
    statement["Condition"] = condition;
    statement
}

fn deny(action: Value, resource: Value) -> Value {
    json!({"Effect": "Deny", "Action": action, "Resource": resource})
}

fn user(name: &str, policies: Vec<Held>) -> Holder {
    Holder {
        arn: format!("arn:aws:iam::111122223333:user/{name}"),
        name: name.to_owned(),
        policies,
        ..Holder::default()
    }
}

fn role(name: &str, policies: Vec<Held>, trusts: Value) -> Holder {
    let trust = json!([{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": trusts}]);
    Holder {
        arn: format!("arn:aws:iam::111122223333:role/{name}"),
        name: name.to_owned(),
        policies,
        trust: Some(digest(trust)),
        ..Holder::default()
    }
}

fn of(holders: &[Holder]) -> Vec<Raised> {
    raised(holders, "aws", "111122223333")
}

fn letter(powers: &[Power]) -> char {
    match powers.iter().map(|power| power.may).max() {
        Some(May::Yes) => 'y',
        Some(May::Undetermined) => '?',
        None => 'n',
    }
}

fn may(powers: &[Power], action: &str) -> char {
    let of_it: Vec<Power> = powers.iter().filter(|power| power.action == action).cloned().collect();
    letter(&of_it)
}

/// Rows of a user's policies and whether they are an administrator.
fn administrators(rows: &[(Value, char)]) {
    let wrong: Vec<String> = rows
        .iter()
        .filter_map(|(statements, expected)| {
            let found = of(&[user("jane", vec![held("own", statements.clone())])]).remove(0);
            (letter(&found.administers) != *expected).then(|| format!("{statements}: expected {expected}, {found:?}"))
        })
        .collect();
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), rows.len(), wrong.join("\n"));
}

#[test]
fn everything_is_said_in_one_word() {
    let found = of(&[user(
        "jane",
        vec![held("arn:aws:iam::aws:policy/AdministratorAccess", json!([allow(json!("*"), json!("*"))]))],
    )]);
    let [one] = found[0].administers.as_slice() else { panic!("{found:?}") };
    assert_eq!((one.action.as_str(), one.may), ("*", May::Yes));
    assert!(one.sentence.starts_with("everything is allowed by statement 0"), "{}", one.sentence);
    assert_eq!(may(&found[0].keys, "kms:Sign"), 'y');
    assert_eq!(may(&found[0].keys, "kms:ScheduleKeyDeletion"), 'y');
}

#[test]
fn whoever_signs_for_a_provider_comes_as_its_people() {
    let provider = "arn:aws:iam::111122223333:saml-provider/idp";
    let by_saml = |provider: &str| {
        json!([{
            "Effect": "Allow", "Action": ["sts:AssumeRoleWithSAML", "sts:TagSession"], "Principal": {"Federated": provider},
            "Condition": {"StringEquals": {"SAML:aud": "https://signin.aws.amazon.com/saml"}}
        }])
    };
    for (trust, resource, expected) in [
        (by_saml(provider), json!("*"), 'y'),
        (by_saml(provider), json!("arn:aws:iam::*:saml-provider/*"), 'y'),
        (by_saml(provider), json!(provider), 'y'),
        (by_saml(provider), json!("arn:aws:iam::111122223333:saml-provider/other"), 'n'),
        // Another account's provider is another's to change.
        (by_saml("arn:aws:iam::999999999999:saml-provider/idp"), json!(provider), 'n'),
        (json!([]), json!("*"), 'n'),
    ] {
        let admin = Holder {
            trust: Some(digest(trust.clone())),
            ..role("admin", vec![held("all", json!([allow(json!("*"), json!("*"))]))], json!({}))
        };
        let jane = user("jane", vec![held("own", json!([allow(json!("iam:UpdateSAMLProvider"), resource.clone())]))]);
        let found = of(&[admin, jane]).remove(1);
        assert_eq!(may(&found.administers, "iam:UpdateSAMLProvider"), expected, "{trust} {resource} {found:?}");
        assert!(found.administers.iter().all(|power| power.over.is_some()), "{found:?}");
    }
    administrators(&[(json!([allow(json!("iam:UpdateSAMLProvider"), json!("*"))]), 'n')]);
}

#[test]
fn each_way_to_raise_oneself() {
    let mut rows = Vec::new();
    for action in [
        "iam:PutUserPolicy",
        "iam:AttachUserPolicy",
        "iam:PutGroupPolicy",
        "iam:AttachGroupPolicy",
        "iam:PutRolePolicy",
        "iam:AttachRolePolicy",
        "iam:CreatePolicyVersion",
        "iam:SetDefaultPolicyVersion",
        "IAM:putuserpolicy",
        "iam:Put*",
        "iam:*",
        "i*",
        "*",
    ] {
        rows.push((json!([allow(json!(action), json!("*"))]), 'y'));
    }
    rows.extend([
        // Their own policies are enough.
        (json!([allow(json!("iam:PutUserPolicy"), json!("arn:aws:iam::111122223333:user/${aws:username}"))]), 'y'),
        (json!([allow(json!("iam:PutUserPolicy"), json!("arn:aws:iam::*:user/*"))]), 'y'),
        (json!([allow(json!("iam:PutUserPolicy"), json!("arn:aws:iam::999999999999:user/*"))]), 'n'),
        (json!([allow(json!("iam:PutUserPolicy"), json!("arn:aws:iam::111122223333:role/*"))]), 'n'),
        (json!([allow(json!("iam:CreatePolicyVersion"), json!("arn:aws:iam::aws:policy/*"))]), 'n'),
        (json!([{"Effect": "Allow", "NotAction": "s3:*", "Resource": "*"}]), 'y'),
        (json!([{"Effect": "Allow", "NotAction": ["iam:*", "organizations:*", "account:*"], "Resource": "*"}]), 'n'),
        (json!([{"Effect": "Allow", "Action": "iam:PutUserPolicy", "NotResource": "arn:aws:s3:::*"}]), 'y'),
        (json!([{"Effect": "Allow", "Action": "iam:PutUserPolicy", "NotResource": "arn:aws:iam::*:user/*"}]), 'n'),
        (json!([allow(json!(["s3:*", "iam:GetUser", "iam:List*"]), json!("*"))]), 'n'),
        // One's own password and keys give nothing new.
        (
            json!([allow(
                json!(["iam:CreateAccessKey", "iam:ChangePassword", "iam:UpdateLoginProfile"]),
                json!("arn:aws:iam::*:user/${aws:username}")
            )]),
            'n',
        ),
        (json!([allow(json!(["iam:CreateAccessKey", "iam:PassRole", "sts:AssumeRole"]), json!("*"))]), 'n'),
    ]);
    administrators(&rows);
}

#[test]
fn conditions_that_they_can_meet_do_not_help() {
    let given = |condition: Value| json!([where_(allow(json!("*"), json!("*")), condition)]);
    administrators(&[
        (given(json!({"Bool": {"aws:MultiFactorAuthPresent": "true"}})), 'y'),
        (given(json!({"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}})), 'y'),
        (given(json!({"StringEquals": {"aws:RequestedRegion": "eu-west-1"}})), 'y'),
        (given(json!({"StringEquals": {"aws:PrincipalTag/team": "admins"}})), '?'),
        (given(json!({"StringEquals": {"aws:ResourceTag/team": "admins"}})), '?'),
        (given(json!({"StringEquals": {"iam:PermissionsBoundary": "arn:aws:iam::111122223333:policy/edge"}})), '?'),
        (given(json!({"StringEquals": {"aws:PrincipalOrgID": "o-abcdefghij"}})), '?'),
        (given(json!({"StringEquals": {"new:Key": "x"}})), '?'),
        (given(json!({"SomethingNew": {"aws:SourceIp": "x"}})), 'y'),
        // Whose they are is known.
        (given(json!({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::111122223333:user/jane"}})), 'y'),
        (given(json!({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::111122223333:user/joe"}})), 'n'),
        (given(json!({"StringEquals": {"aws:PrincipalAccount": "999999999999"}})), 'n'),
        (given(json!({"StringEquals": {"aws:username": "joe"}})), 'n'),
        (given(json!({"StringEquals": {"aws:username": ["joe", "jane"]}})), 'y'),
        (given(json!({"Bool": {"aws:PrincipalIsAWSService": "true"}})), 'n'),
    ]);
}

#[test]
fn what_denies_is_weighed() {
    let with = |denial: Value| json!([allow(json!("*"), json!("*")), denial]);
    let deny_where = |condition: Value| with(where_(deny(json!("iam:*"), json!("*")), condition));
    administrators(&[
        (with(deny(json!("iam:*"), json!("*"))), 'n'),
        (with(deny(json!("iam:*"), json!("arn:aws:iam::*:*"))), 'n'),
        (with(deny(json!("*"), json!("*"))), 'n'),
        (with(deny(json!("iam:PutUserPolicy"), json!("*"))), 'y'),
        (with(deny(json!("iam:*"), json!("arn:aws:iam::111122223333:user/boss"))), 'y'),
        (with(deny(json!("s3:*"), json!("*"))), 'y'),
        (with(json!({"Effect": "Deny", "NotAction": "s3:*", "Resource": "*"})), 'n'),
        (with(json!({"Effect": "Deny", "Action": "iam:*", "NotResource": "arn:aws:s3:::*"})), 'n'),
        // Anybody gets around this one, and this one holds for others.
        (deny_where(json!({"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}})), 'y'),
        (deny_where(json!({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::111122223333:user/joe"}})), 'y'),
        (deny_where(json!({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::111122223333:user/jane"}})), 'n'),
        (deny_where(json!({"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::111122223333:user/boss"}})), 'n'),
        (deny_where(json!({"StringNotEquals": {"aws:PrincipalTag/team": "admins"}})), '?'),
        (deny_where(json!({"StringEquals": {"aws:ResourceTag/team": "admins"}})), '?'),
        (deny_where(json!({"StringNotEquals": {"new:Key": "x"}})), '?'),
    ]);
}

#[test]
fn a_boundary_leaves_what_both_allow() {
    let bounded = |boundary: Option<Value>| {
        let mut jane = user("jane", vec![held("own", json!([allow(json!("*"), json!("*"))]))]);
        jane.boundary = Some(Held { name: "edge".to_owned(), group: None, digest: boundary.map(digest) });
        of(&[jane]).remove(0)
    };
    for (boundary, admin, sign) in [
        (json!([allow(json!("*"), json!("*"))]), 'y', 'y'),
        (json!([allow(json!("s3:*"), json!("*"))]), 'n', 'n'),
        (json!([allow(json!("kms:Sign"), json!("*"))]), 'n', 'y'),
        (json!([allow(json!("*"), json!("*")), deny(json!("iam:*"), json!("*"))]), 'n', 'y'),
        (json!([where_(allow(json!("*"), json!("*")), json!({"StringEquals": {"new:Key": "x"}}))]), '?', '?'),
    ] {
        let found = bounded(Some(boundary.clone()));
        assert_eq!((letter(&found.administers), may(&found.keys, "kms:Sign")), (admin, sign), "{boundary} {found:?}");
    }
    // Not read: it may leave nothing.
    let found = bounded(None);
    assert_eq!((letter(&found.administers), may(&found.keys, "kms:Sign")), ('?', '?'), "{found:?}");
    // What is allowed here is not what is allowed there.
    let mut jane = user(
        "jane",
        vec![held("own", json!([allow(json!("kms:Sign"), json!("arn:aws:kms:eu-west-1:111122223333:key/a"))]))],
    );
    jane.boundary =
        Some(held("edge", json!([allow(json!("kms:*"), json!("arn:aws:kms:eu-west-1:111122223333:key/b"))])));
    assert_eq!(letter(&of(&[jane])[0].keys), 'n');
}

#[test]
fn who_may_take_away_what_holds_them_back_is_an_administrator() {
    let all = || json!([allow(json!("*"), json!("*"))]);
    let bounded = |boundary: Value| {
        let mut jane = user("jane", vec![held("own", all())]);
        jane.boundary = Some(held("edge", boundary));
        letter(&of(&[jane])[0].administers)
    };
    let own = json!("arn:aws:iam::111122223333:user/jane");
    assert_eq!(bounded(json!([allow(json!(["s3:*", "iam:DeleteUserPermissionsBoundary"]), json!("*"))])), 'y');
    assert_eq!(bounded(json!([allow(json!("iam:PutUserPermissionsBoundary"), own.clone())])), 'y');
    assert_eq!(
        bounded(json!([allow(json!("iam:DeleteUserPermissionsBoundary"), json!("arn:aws:iam::*:user/joe"))])),
        'n'
    );
    assert_eq!(bounded(json!([allow(json!("iam:DeleteRolePermissionsBoundary"), json!("*"))])), 'n');
    let eight = json!([
        "iam:AttachGroupPolicy",
        "iam:AttachRolePolicy",
        "iam:AttachUserPolicy",
        "iam:CreatePolicyVersion",
        "iam:PutGroupPolicy",
        "iam:PutRolePolicy",
        "iam:PutUserPolicy",
        "iam:SetDefaultPolicyVersion"
    ]);
    let with = |denial: Value| json!([allow(json!("*"), json!("*")), denial]);
    // What allows it goes with what denies it.
    administrators(&[
        (with(deny(eight.clone(), json!("*"))), 'n'),
        (json!([allow(json!("iam:DetachUserPolicy"), json!("*"))]), 'n'),
    ]);
    let managed = "arn:aws:iam::111122223333:policy/held";
    let few = |actions: Value| {
        json!([allow(json!(["iam:PutUserPolicy", "kms:Sign"]), json!("*")), allow(actions, own.clone())])
    };
    let denied = || json!([deny(json!(["iam:PutUserPolicy", "kms:Sign"]), json!("*"))]);
    for (own, name, denying, expected) in [
        (all(), managed, json!([deny(eight, json!("*"))]), 'y'),
        (all(), managed, json!([deny(json!(["iam:Attach*", "iam:*Version", "iam:Put*", "iam:De*"]), json!("*"))]), 'n'),
        // Each by what is meant for where it stands.
        (few(json!("iam:DetachUserPolicy")), managed, denied(), 'y'),
        (few(json!("iam:DeleteUserPolicy")), managed, denied(), 'n'),
        (few(json!("iam:DeleteUserPolicy")), "held", denied(), 'y'),
        (few(json!("iam:DetachUserPolicy")), "held", denied(), 'n'),
        (few(json!("iam:DetachRolePolicy")), managed, denied(), 'n'),
    ] {
        let found = of(&[user("jane", vec![held("own", own.clone()), held(name, denying.clone())])]).remove(0);
        let shown = format!("{own} {name} {denying} {found:?}");
        assert_eq!(letter(&found.administers), expected, "{shown}");
        // Keys likewise, where that is denied.
        let signs = denying[0]["Action"].as_array().unwrap().contains(&json!("kms:Sign"));
        assert_eq!(may(&found.keys, "kms:Sign"), if signs { expected } else { 'y' }, "{shown}");
        let first = "where they first take away what holds them back, by iam:Det";
        assert!(name != managed || expected == 'n' || found.administers[0].sentence.contains(first), "{shown}");
    }
    // Whether it is all allowed is not understood: neither is whether they are an administrator.
    let perhaps = where_(
        allow(json!("iam:PutUserPolicy"), json!("*")),
        json!({"StringEquals": {"aws:PrincipalTag/team": "pay"}}),
    );
    for (away, expected) in [("iam:DetachUserPolicy", '?'), ("iam:DeleteUserPolicy", 'n')] {
        let own = json!([perhaps, allow(json!(away), json!("*"))]);
        let found = of(&[user("jane", vec![held("own", own), held(managed, denied())])]).remove(0);
        assert_eq!(letter(&found.administers), expected, "{away} {found:?}");
    }
}

#[test]
fn what_a_group_denies_is_left_with_it() {
    let of_group = |name: &str, statements: Value| Held { group: Some("held".to_owned()), ..held(name, statements) };
    let denied = || json!([deny(json!("iam:PutUserPolicy"), json!("*"))]);
    let gives = || json!([allow(json!("iam:PutUserPolicy"), json!("*"))]);
    let managed = "arn:aws:iam::111122223333:policy/of-group";
    let group = |policies: Vec<Held>| Holder {
        arn: "arn:aws:iam::111122223333:group/held".to_owned(),
        name: "held".to_owned(),
        policies,
        ..Holder::default()
    };
    let answer = |own: Vec<Value>, inline: Value, attached: Value| {
        let of_its = [of_group("own", inline), of_group(managed, attached)];
        let policies = [vec![held("own", json!(own))], of_its.to_vec()].concat();
        letter(&of(&[user("jane", policies), group(of_its.to_vec())])[0].administers)
    };
    let may = |action: &str, on: &str| allow(json!(action), json!(format!("arn:aws:iam::111122223333:group/{on}")));
    let none = || json!([]);
    for (action, on, expected) in [
        ("iam:RemoveUserFromGroup", "held", 'y'),
        ("iam:RemoveUserFromGroup", "other", 'n'),
        ("iam:DeleteGroupPolicy", "held", 'y'),
        ("iam:DetachGroupPolicy", "held", 'n'),
    ] {
        let own = vec![allow(json!("iam:PutUserPolicy"), json!("*")), may(action, on)];
        assert_eq!(answer(own, denied(), none()), expected, "{action} {on}");
    }
    // What it allows is left too.
    let by = |action: &str, inline: Value, attached: Value| answer(vec![may(action, "held")], inline, attached);
    assert_eq!(by("iam:RemoveUserFromGroup", denied(), gives()), 'n');
    assert_eq!(by("iam:DeleteGroupPolicy", denied(), gives()), 'y');
    assert_eq!(by("iam:DetachGroupPolicy", gives(), denied()), 'y');
    assert_eq!(by("iam:DeleteGroupPolicy", gives(), denied()), 'n');
}

#[test]
fn a_policy_that_was_not_read_may_take_back() {
    let unread = Held { name: "arn:aws:iam::111122223333:policy/unread".to_owned(), group: None, digest: None };
    let found = of(&[user("jane", vec![held("own", json!([allow(json!("*"), json!("*"))])), unread])]);
    assert_eq!(letter(&found[0].administers), '?');
    assert!(found[0].administers[0].sentence.contains("policy/unread, which was not read"), "{found:?}");
}

#[test]
fn what_was_not_read_of_somebody_is_not_known_of_whoever_can_become_them() {
    let unread = || Held { name: "arn:aws:iam::111122223333:policy/unread".to_owned(), group: None, digest: None };
    let own_account = json!({"AWS": "111122223333"});
    let jane = |action: &str| user("jane", vec![held("own", json!([allow(json!(action), json!("*"))]))]);
    let group = |policies: Vec<Held>| Holder {
        arn: "arn:aws:iam::111122223333:group/team".to_owned(),
        name: "team".to_owned(),
        policies,
        ..Holder::default()
    };
    let untrusted = |policies: Vec<Held>| Holder { trust: None, ..role("other", policies, json!("*")) };
    let admin = || vec![held("AdministratorAccess", json!([allow(json!("*"), json!("*"))]))];
    let edged = |policies: Vec<Held>| Holder { boundary: Some(unread()), ..user("other", policies) };
    for (action, other, expected) in [
        ("sts:AssumeRole", role("other", vec![unread()], own_account.clone()), '?'),
        ("sts:TagSession", role("other", vec![unread()], own_account.clone()), 'n'),
        ("s3:*", role("other", vec![unread()], json!({"AWS": "arn:aws:iam::111122223333:user/jane"})), '?'),
        ("iam:PassRole", role("other", vec![unread()], json!({"Service": "ec2.amazonaws.com"})), '?'),
        ("iam:PassRole", role("other", vec![unread()], own_account.clone()), 'n'),
        ("iam:UpdateAssumeRolePolicy", role("other", vec![unread()], own_account.clone()), '?'),
        ("iam:CreateAccessKey", user("other", vec![unread()]), '?'),
        ("iam:CreateAccessKey", user("other", vec![]), 'n'),
        ("iam:AddUserToGroup", group(vec![unread()]), '?'),
        ("s3:*", user("other", vec![unread()]), 'n'),
        // What a boundary leaves is not known, but it gives nothing.
        ("iam:CreateAccessKey", edged(admin()), '?'),
        ("iam:CreateAccessKey", edged(vec![]), 'n'),
        // A trust policy that was not read may name anybody.
        ("s3:*", untrusted(admin()), '?'),
        ("iam:PassRole", untrusted(admin()), '?'),
        ("s3:*", untrusted(vec![]), 'n'),
        ("s3:*", untrusted(vec![unread()]), '?'),
    ] {
        let shown = format!("{action} {} {:?}", other.arn, other.trust.is_some());
        let found = of(&[jane(action), other]).remove(0);
        assert_eq!(letter(&found.administers), expected, "{shown} {found:?}");
    }
    // Over three steps, and of whom a better way is known it is known.
    let chain = |last: Holder| {
        of(&[
            jane("sts:AssumeRole"),
            role(
                "deploy",
                vec![held("own", json!([allow(json!("iam:CreateAccessKey"), json!("*"))]))],
                own_account.clone(),
            ),
            last,
        ])
    };
    let answers = |found: Vec<Raised>| found.iter().map(|one| letter(&one.administers)).collect::<String>();
    assert_eq!(answers(chain(user("boss", vec![unread()]))), "???");
    assert_eq!(answers(chain(user("boss", admin()))), "yyy");
    assert_eq!(answers(chain(user("boss", vec![]))), "nnn");
}

#[test]
fn who_can_become_an_administrator_is_one() {
    let admin = || vec![held("AdministratorAccess", json!([allow(json!("*"), json!("*"))]))];
    let boss = || user("boss", admin());
    let jane = |statements: Value| user("jane", vec![held("own", statements)]);
    let answer = |statements: Value, other: Holder| {
        let found = of(&[jane(statements), other]).remove(0);
        (letter(&found.administers), found)
    };
    let own_account = json!({"AWS": "111122223333"});
    let service = json!({"Service": "ec2.amazonaws.com"});
    let all = json!("*");
    // https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create_for-idp_saml.html
    let provider = "arn:aws:iam::111122223333:saml-provider/people";
    let of_people = || {
        let trust =
            json!([{"Effect": "Allow", "Action": "sts:AssumeRoleWithSAML", "Principal": {"Federated": provider}}]);
        Holder { trust: Some(digest(trust)), ..role("admin", admin(), service.clone()) }
    };
    for (statements, other, expected) in [
        // Whoever says who the people of an identity provider are comes as one of them.
        (json!([allow(json!("iam:UpdateSAMLProvider"), all.clone())]), of_people(), 'y'),
        (json!([allow(json!("iam:CreateSAMLProvider"), json!(provider))]), of_people(), 'y'),
        (json!([allow(json!("iam:UpdateSAMLProvider"), json!(format!("{provider}-else")))]), of_people(), 'n'),
        (json!([allow(json!("iam:UpdateSAMLProvider"), all.clone())]), role("admin", admin(), service.clone()), 'n'),
        (json!([allow(json!("iam:CreateAccessKey"), all.clone())]), boss(), 'y'),
        (json!([allow(json!("iam:CreateLoginProfile"), json!("arn:aws:iam::*:user/b*"))]), boss(), 'y'),
        (json!([allow(json!("iam:UpdateLoginProfile"), json!("arn:aws:iam::*:user/other"))]), boss(), 'n'),
        (
            json!([allow(json!("iam:CreateAccessKey"), json!("arn:aws:iam::111122223333:user/${aws:username}"))]),
            boss(),
            'n',
        ),
        (json!([allow(json!("sts:AssumeRole"), all.clone())]), role("admin", admin(), own_account.clone()), 'y'),
        (
            json!([allow(json!("sts:AssumeRole"), json!("arn:aws:iam::111122223333:role/other"))]),
            role("admin", admin(), own_account.clone()),
            'n',
        ),
        (json!([]), role("admin", admin(), own_account.clone()), 'n'),
        // A role that trusts them by name asks for nothing else.
        (json!([]), role("admin", admin(), json!({"AWS": "arn:aws:iam::111122223333:user/jane"})), 'y'),
        (json!([]), role("admin", admin(), json!({"AWS": "arn:aws:iam::111122223333:user/joe"})), 'n'),
        // So does one that trusts everyone.
        (json!([]), role("admin", admin(), json!("*")), 'y'),
        (json!([allow(json!("sts:AssumeRole"), all.clone())]), role("admin", admin(), service.clone()), 'n'),
        (json!([allow(json!("iam:PassRole"), all.clone())]), role("admin", admin(), service.clone()), 'y'),
        (json!([allow(json!("iam:PassRole"), all.clone())]), role("admin", admin(), own_account.clone()), 'n'),
        (
            json!([where_(
                allow(json!("iam:PassRole"), all.clone()),
                json!({"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}})
            )]),
            role("admin", admin(), service),
            '?',
        ),
        (
            json!([allow(json!("iam:UpdateAssumeRolePolicy"), all.clone())]),
            role("admin", admin(), json!({"AWS": "999999999999"})),
            'y',
        ),
        (
            json!([allow(json!("iam:AddUserToGroup"), all.clone())]),
            Holder {
                arn: "arn:aws:iam::111122223333:group/admins".to_owned(),
                name: "admins".to_owned(),
                policies: admin(),
                ..Holder::default()
            },
            'y',
        ),
        // Nobody calls as a group: whether a condition on who calls holds is told of its members.
        (
            json!([allow(json!("iam:AddUserToGroup"), all.clone())]),
            Holder {
                arn: "arn:aws:iam::111122223333:group/admins".to_owned(),
                name: "admins".to_owned(),
                policies: vec![held(
                    "own",
                    json!([where_(
                        allow(json!("*"), json!("*")),
                        json!({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:user/jane"}})
                    )]),
                )],
                ..Holder::default()
            },
            '?',
        ),
        (
            json!([
                allow(json!("iam:CreateAccessKey"), all.clone()),
                deny(json!("iam:CreateAccessKey"), json!("arn:aws:iam::111122223333:user/boss"))
            ]),
            boss(),
            'n',
        ),
        (json!([allow(json!("iam:CreateAccessKey"), all)]), user("nobody", vec![]), 'n'),
    ] {
        let shown = format!("{statements} {}", other.arn);
        let (found, raised) = answer(statements, other);
        assert_eq!(found, expected, "{shown} {raised:?}");
    }
    // Over three steps.
    let chain = [
        user(
            "jane",
            vec![held("own", json!([allow(json!("sts:AssumeRole"), json!("arn:aws:iam::111122223333:role/deploy"))]))],
        ),
        role(
            "deploy",
            vec![held(
                "own",
                json!([allow(json!("iam:CreateAccessKey"), json!("arn:aws:iam::111122223333:user/boss"))]),
            )],
            own_account,
        ),
        boss(),
    ];
    let found = of(&chain);
    assert_eq!(found.iter().map(|one| letter(&one.administers)).collect::<String>(), "yyy", "{found:?}");
    assert_eq!(found[0].administers[0].over.as_deref(), Some("arn:aws:iam::111122223333:role/deploy"));
    // By a group that may take a role on.
    let joined = [
        user("jane", vec![held("own", json!([allow(json!("iam:AddUserToGroup"), json!("*"))]))]),
        Holder {
            arn: "arn:aws:iam::111122223333:group/team".to_owned(),
            name: "team".to_owned(),
            policies: vec![held("own", json!([allow(json!("sts:AssumeRole"), json!("*"))]))],
            ..Holder::default()
        },
        role("admin", admin(), json!({"AWS": "111122223333"})),
    ];
    let found = of(&joined);
    assert_eq!(found.iter().map(|one| letter(&one.administers)).collect::<String>(), "yyy", "{found:?}");
}

#[test]
fn what_they_may_do_to_keys() {
    let keys = |statements: Value| of(&[user("jane", vec![held("own", statements)])]).remove(0).keys;
    for (statements, action, expected) in [
        (json!([allow(json!("kms:Sign"), json!("*"))]), "kms:Sign", 'y'),
        (json!([allow(json!("kms:Sign"), json!("arn:aws:kms:eu-west-1:111122223333:key/a"))]), "kms:Sign", 'y'),
        (json!([allow(json!("kms:Sign"), json!("arn:aws:kms:eu-west-1:999999999999:key/a"))]), "kms:Sign", 'n'),
        (json!([allow(json!("kms:Sign"), json!("arn:aws:kms:*:999999999999:key/*"))]), "kms:Sign", 'n'),
        (json!([allow(json!("kms:Sign"), json!("arn:aws:kms:*:*:key/*"))]), "kms:Sign", 'y'),
        (json!([allow(json!("kms:Sign"), json!("arn:aws:kms:*"))]), "kms:Sign", 'y'),
        (json!([allow(json!("kms:Sign"), json!("arn:aws:kms:eu-west-1:111122223333:alias/a"))]), "kms:Sign", 'n'),
        (json!([allow(json!("kms:*"), json!("*"))]), "kms:PutKeyPolicy", 'y'),
        (json!([allow(json!("kms:Describe*"), json!("*"))]), "kms:Decrypt", 'n'),
        (
            json!([where_(
                allow(json!("kms:Decrypt"), json!("*")),
                json!({"StringEquals": {"kms:ViaService": "s3.eu-west-1.amazonaws.com"}})
            )]),
            "kms:Decrypt",
            'y',
        ),
        (
            json!([where_(
                allow(json!("kms:Decrypt"), json!("*")),
                json!({"StringEquals": {"kms:EncryptionContext:app": "a"}})
            )]),
            "kms:Decrypt",
            'y',
        ),
        (
            json!([where_(
                allow(json!("kms:Sign"), json!("*")),
                json!({"ForAnyValue:StringEquals": {"kms:ResourceAliases": "alias/a"}})
            )]),
            "kms:Sign",
            '?',
        ),
        (
            json!([
                allow(json!("kms:*"), json!("*")),
                deny(json!("kms:ScheduleKeyDeletion"), json!("arn:aws:kms:*:111122223333:key/*"))
            ]),
            "kms:ScheduleKeyDeletion",
            'n',
        ),
        (
            json!([
                allow(json!("kms:*"), json!("*")),
                deny(json!("kms:ScheduleKeyDeletion"), json!("arn:aws:kms:eu-west-1:111122223333:key/a"))
            ]),
            "kms:ScheduleKeyDeletion",
            'y',
        ),
    ] {
        let found = keys(statements.clone());
        assert_eq!(may(&found, action), expected, "{statements} {found:?}");
    }
}
