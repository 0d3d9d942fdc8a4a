//! Attempts to hide somebody who reaches a key: each row is one, with who must be named all the same.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests may stop at the first surprise")]
#![expect(clippy::needless_pass_by_value, reason = "rows of tables are easier to read without ampersands")]

#[path = "worlds/rows.rs"]
mod rows;
#[path = "worlds/scene.rs"]
mod scene;

use rows::{allow, deny, with};
use scene::{KEY, OWN, Scene, arn};
use serde_json::{Value, json};
use witnessmark_iam_policy::May;
use witnessmark_iam_policy::access::{Does, Reach, Walker};

fn when(statement: Value, condition: Value) -> Value {
    with(statement, "Condition", condition)
}

fn to(principal: Value) -> Value {
    with(allow("kms:Sign"), "Principal", principal)
}

fn of(scene: &Scene) -> Reach {
    let world = scene.world();
    Walker::new(&world, Vec::new()).reach(&world.keys[0])
}

/// Whether somebody uses the key: `y`, `?` or `-`.
fn letter(reach: &Reach, name: &str) -> &'static str {
    match reach.reachers.iter().find(|one| one.does == Does::Use && one.who.name == name).map(|one| one.may) {
        Some(May::Yes) => "y",
        Some(May::Undetermined) => "?",
        None => "-",
    }
}

const ROOT: &str = "arn:aws:iam::111122223333:root";
const SESSION: &str = "arn:aws:sts::111122223333:assumed-role/app/deploy";

fn account() -> Value {
    to(json!({"AWS": ROOT}))
}

/// Jane with these policies, the role `app` that nobody takes on, and the key.
fn letters(own: Value, of_key: Value) -> String {
    let scene = Scene::new().user("jane", own.clone()).role("app", own, json!([])).key(of_key, json!({}));
    let reach = of(&scene);
    format!("{}{}", letter(&reach, &arn("user", "jane")), letter(&reach, &arn("role", "app")))
}

fn check(rows: &[(&str, Value, Value, &str)]) {
    let wrong: Vec<String> = rows
        .iter()
        .map(|(what, own, of_key, expected)| (what, letters(own.clone(), of_key.clone()), expected))
        .filter(|(_, found, expected)| found != *expected)
        .map(|(what, found, expected)| format!("{what}: expected {expected}, found {found}"))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn in_the_key_policy() {
    let none = || json!([]);
    let others = json!({"AWS": [arn("user", "joe"), ROOT]});
    let mut not = allow("kms:Sign");
    not["NotPrincipal"] = json!({"AWS": arn("user", "joe")});
    let mut spared = deny("kms:*");
    spared["NotPrincipal"] = json!({"AWS": [arn("role", "app"), SESSION, ROOT]});
    let everyone = || to(json!("*"));
    let denied = |principal: Value| with(deny("kms:*"), "Principal", principal);
    check(&[
        ("everyone but somebody else", none(), json!([not]), "??"),
        ("one session of a role", none(), json!([to(json!({"AWS": SESSION}))]), "-y"),
        ("one session is denied: others are not", none(), json!([everyone(), denied(json!({"AWS": SESSION}))]), "yy"),
        ("all but some are denied", none(), json!([everyone(), spared]), "??"),
        ("others are named", none(), json!([to(others)]), "--"),
        ("a service, and nobody else", none(), json!([to(json!({"Service": "logs.amazonaws.com"}))]), "--"),
        (
            "by the id of a role's sessions",
            none(),
            json!([when(everyone(), json!({"StringLike": {"aws:userid": "AROAEXAMPLEEXAMPLE12:*"}}))]),
            "??",
        ),
        (
            "in an organisation",
            none(),
            json!([when(everyone(), json!({"StringEquals": {"aws:PrincipalOrgID": "o-a"}}))]),
            "??",
        ),
        (
            "by a tag of theirs",
            none(),
            json!([when(everyone(), json!({"StringEquals": {"aws:PrincipalTag/team": "pay"}}))]),
            "??",
        ),
        (
            "not denied by a tag for sure",
            none(),
            json!([everyone(), when(denied(json!("*")), json!({"StringEquals": {"aws:PrincipalTag/team": "pay"}}))]),
            "??",
        ),
        (
            "through a service",
            none(),
            json!([when(everyone(), json!({"StringEquals": {"kms:ViaService": "s3.eu-west-1.amazonaws.com"}}))]),
            "yy",
        ),
        (
            "from a network",
            none(),
            json!([when(everyone(), json!({"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}))]),
            "yy",
        ),
        (
            "with a second factor",
            none(),
            json!([when(everyone(), json!({"Bool": {"aws:MultiFactorAuthPresent": "true"}}))]),
            "yy",
        ),
        (
            "a role of any account by pattern",
            none(),
            json!([when(everyone(), json!({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/a*"}}))]),
            "-y",
        ),
        ("the account as a number", json!([allow("kms:*")]), json!([to(json!({"AWS": OWN}))]), "yy"),
    ]);
}

#[test]
fn in_identity_policies() {
    let one = |statement: Value, expected: &'static str| ("", json!([statement]), json!([account()]), expected);
    let mut not_action = allow("*");
    not_action.as_object_mut().unwrap().remove("Action");
    not_action["NotAction"] = json!(["iam:*", "s3:*"]);
    let mut not_resource = allow("kms:Sign");
    not_resource.as_object_mut().unwrap().remove("Resource");
    not_resource["NotResource"] = json!("arn:aws:kms:eu-west-1:111122223333:key/other");
    let alias = |key: &str, operator: &str| when(allow("kms:Sign"), json!({operator: {key: "alias/hot"}}));
    check(&[
        one(not_action, "yy"),
        one(not_resource, "yy"),
        one(alias("kms:RequestAlias", "StringEquals"), "yy"),
        one(alias("kms:ResourceAliases", "ForAnyValue:StringEquals"), "??"),
        one(when(allow("kms:Sign"), json!({"StringEquals": {"aws:ResourceTag/use": "hot"}})), "??"),
        one(with(allow("kms:Sign"), "Resource", json!("arn:aws:kms:*:111122223333:key/*")), "yy"),
        one(with(allow("kms:Sign"), "Resource", json!("arn:aws:kms:*:111122223333:alias/hot")), "--"),
        one(with(allow("KMS:sIG*"), "Resource", json!(KEY)), "yy"),
    ]);
    let aliases = when(deny("kms:Sign"), json!({"ForAnyValue:StringEquals": {"kms:ResourceAliases": "alias/hot"}}));
    let tagged = when(deny("kms:Sign"), json!({"StringEquals": {"aws:ResourceTag/use": "hot"}}));
    let rows = [aliases, tagged]
        .map(|denial| ("not denied for sure", json!([allow("kms:*"), denial]), json!([account()]), "??"));
    check(&rows);
}

#[test]
fn in_grants() {
    let jane = arn("user", "jane");
    let with_grant = |grant: Value| {
        let scene = Scene::new().user("jane", json!([])).role("app", json!([]), json!([]));
        let reach = of(&scene.key(json!([]), json!({"grants": [grant]})));
        format!("{}{}", letter(&reach, &jane), letter(&reach, &arn("role", "app")))
    };
    let grant = |grantee: &str, operations: Value| json!({"id": "g-1", "grantee": grantee, "operations": operations});
    assert_eq!(with_grant(grant(&jane, json!(["Sign"]))), "y-");
    assert_eq!(with_grant(grant(&jane, json!(["DescribeKey", "RetireGrant"]))), "--");
    // Whoever makes grants gives themselves the rest.
    assert_eq!(with_grant(grant(&jane, json!(["CreateGrant"]))), "y-");
    assert_eq!(with_grant(grant(SESSION, json!(["Sign"]))), "-y");
    let retiring = json!({"id": "g-1", "grantee": SESSION, "retiring": jane, "operations": ["Sign"]});
    assert_eq!(with_grant(retiring), "-y", "who may retire a grant does not use the key");
    let bound = json!({"encryption_context_equals": {"a": "b"}});
    assert_eq!(with_grant(with(grant(&jane, json!(["Decrypt"])), "constraints", bound)), "y-");
}

/// Jane, whose policies are several, with a group and a boundary perhaps.
fn loose(
    inline: Value,
    managed: Option<Value>,
    group: Option<Value>,
    boundary: Option<Value>,
    of_key: Value,
) -> &'static str {
    let id = |name: &str| format!("arn:aws:iam::{OWN}:policy/{name}");
    let (mut scene, mut more) = (Scene::new(), json!({}));
    if let Some(managed) = managed {
        scene = scene.managed(&id("own"), managed);
        more["attached_policies"] = json!([{"arn": id("own")}]);
    }
    if let Some(boundary) = boundary {
        scene = scene.managed(&id("edge"), boundary);
        more["permissions_boundary"] = json!({"exists": true, "arn": id("edge")});
    }
    if let Some(group) = group {
        scene = scene.entity("group", "held", group, json!({}));
        more["groups"] = json!(["held"]);
    }
    let reach = of(&scene.entity("user", "jane", inline, more).key(json!([of_key]), json!({})));
    letter(&reach, &arn("user", "jane"))
}

/// Jane, whose group has one policy that stands in it and one that is attached.
fn in_group(own: Value, inline: Value, attached: Value) -> &'static str {
    let id = format!("arn:aws:iam::{OWN}:policy/of-group");
    let scene = Scene::new()
        .managed(&id, attached)
        .entity("group", "held", inline, json!({"attached_policies": [{"arn": id}]}))
        .entity("user", "jane", own, json!({"groups": ["held"]}));
    letter(&of(&scene.key(json!([account()]), json!({}))), &arn("user", "jane"))
}

#[test]
fn who_leaves_a_group_leaves_what_it_allows() {
    let held = || json!([deny("kms:Sign")]);
    let gives = || json!([allow("kms:Sign")]);
    let by = |action: &str, inline: Value, attached: Value| in_group(json!([allow(action)]), inline, attached);
    assert_eq!(by("iam:RemoveUserFromGroup", held(), gives()), "-");
    assert_eq!(by("iam:DeleteGroupPolicy", held(), gives()), "y");
    assert_eq!(by("iam:DetachGroupPolicy", gives(), held()), "y");
    assert_eq!(by("iam:DeleteGroupPolicy", gives(), held()), "-");
    // Of both, the one that leaves them the rest.
    let both = with(allow(""), "Action", json!(["iam:RemoveUserFromGroup", "iam:DeleteGroupPolicy"]));
    assert_eq!(in_group(json!([both]), held(), gives()), "y");
}

// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
#[test]
fn what_holds_somebody_back_and_they_take_away_themselves() {
    let jane = || to(json!({"AWS": arn("user", "jane")}));
    let may = |actions: &[&str]| Some(json!([allow("kms:Sign"), with(allow(actions[0]), "Action", json!(actions))]));
    let held = || json!([deny("kms:Sign")]);
    // A policy that stands in them.
    assert_eq!(loose(held(), may(&["s3:*"]), None, None, account()), "-");
    assert_eq!(loose(held(), may(&["iam:DeleteUserPolicy"]), None, None, account()), "y");
    assert_eq!(loose(held(), may(&["iam:DetachUserPolicy"]), None, None, account()), "-", "it is not attached");
    assert_eq!(
        loose(held(), may(&["iam:DeleteUserPolicy"]), None, None, jane()),
        "y",
        "where the key's policy names them"
    );
    // What allows it goes with it.
    let both = || json!([allow("kms:Sign"), deny("kms:Sign")]);
    assert_eq!(loose(both(), Some(json!([allow("iam:DeleteUserPolicy")])), None, None, account()), "-");
    assert_eq!(loose(both(), Some(json!([allow("iam:DeleteUserPolicy")])), None, None, jane()), "y");
    // Unless that is denied too.
    let firm = || json!([deny("kms:Sign"), deny("iam:*")]);
    assert_eq!(loose(firm(), may(&["iam:DeleteUserPolicy"]), None, None, account()), "-");
    // An attached one.
    let attached = |actions: Value| json!([allow("kms:Sign"), with(allow(""), "Action", actions)]);
    assert_eq!(loose(attached(json!(["iam:DetachUserPolicy"])), Some(held()), None, None, account()), "y");
    assert_eq!(loose(attached(json!(["iam:DeleteUserPolicy"])), Some(held()), None, None, account()), "-");
    // One of a group.
    for action in ["iam:RemoveUserFromGroup", "iam:DeleteGroupPolicy"] {
        assert_eq!(loose(attached(json!([action])), None, Some(held()), None, account()), "y", "{action}");
    }
    // Not one that stands in the group, or in no group of theirs.
    for action in ["iam:DetachGroupPolicy", "iam:DeleteUserPolicy"] {
        assert_eq!(loose(attached(json!([action])), None, Some(held()), None, account()), "-", "{action}");
    }
    for (group, expected) in [("held", "y"), ("other", "-")] {
        let leave = with(allow("iam:RemoveUserFromGroup"), "Resource", json!(arn("group", group)));
        let own = json!([allow("kms:Sign"), leave]);
        assert_eq!(loose(own, None, Some(held()), None, account()), expected, "{group}");
    }
    // A boundary.
    let edge = || Some(json!([allow("iam:*")]));
    for action in ["iam:DeleteUserPermissionsBoundary", "iam:PutUserPermissionsBoundary"] {
        assert_eq!(loose(attached(json!([action])), None, None, edge(), account()), "y", "{action}");
    }
    assert_eq!(loose(attached(json!(["iam:DeleteUserPolicy"])), None, None, edge(), account()), "-");
    let outside = Some(json!([allow("s3:*")]));
    assert_eq!(loose(attached(json!(["iam:DeleteUserPermissionsBoundary"])), None, None, outside, account()), "-");
}
