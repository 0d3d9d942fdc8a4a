//! Who reaches a key: the right answer for each rule, as rows of tables.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests may stop at the first surprise")]
#![expect(clippy::needless_pass_by_value, reason = "rows of tables are easier to read without ampersands")]

#[path = "worlds/rows.rs"]
mod rows;
#[path = "worlds/scene.rs"]
mod scene;

use rows::{allow, deny, with};
use scene::{KEY, OTHER, OWN, Scene, arn, policy};
use serde_json::{Value, json};
use witnessmark_iam_policy::May;
use witnessmark_iam_policy::access::{
    Cluster, Does, Holds, Link, PodIdentity, Reach, Reacher, Sealed, Step, Walker, Who, WhoKind, World,
};

impl Scene {
    /// The account was not listed to its end.
    fn partly(mut self, account: &str) -> Self {
        self.whole.remove(account);
        self
    }

    /// A part of the resource recorded last was not read; `false`: only a part of it.
    fn without(mut self, part: &str, at_all: bool) -> Self {
        let (_, _, facts, unread) = self.resources.last_mut().unwrap();
        if at_all {
            facts.as_object_mut().unwrap().remove(part);
        }
        unread.push(part.to_owned());
        self
    }
}

/// Of a key's policy.
fn to(principal: Value, action: &str) -> Value {
    with(allow(action), "Principal", principal)
}

fn aws(name: &str) -> Value {
    json!({"AWS": name})
}

/// Of a role's policy.
fn trust(principal: Value) -> Value {
    json!([{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal}])
}

fn of(world: &World) -> Reach {
    Walker::new(world, Vec::new()).reach(&world.keys[0])
}

fn reach(scene: &Scene) -> Reach {
    of(&scene.world())
}

fn found<'r>(reach: &'r Reach, name: &str, does: Does) -> Option<&'r Reacher> {
    // Administrators have the number of their account for a name.
    let is = |one: &&Reacher| one.who.name == name && one.who.kind != WhoKind::Administrators && one.does == does;
    reach.reachers.iter().find(is)
}

/// Of use, administration and destruction, each `y`, `?` or `-`.
fn letters(reach: &Reach, name: &str) -> String {
    let letter = |does| match found(reach, name, does).map(|one| one.may) {
        Some(May::Yes) => 'y',
        Some(May::Undetermined) => '?',
        None => '-',
    };
    [Does::Use, Does::Administer, Does::Destroy].into_iter().map(letter).collect()
}

/// Whether the administrators of an account reach the key, in one way or another.
fn administrators(scene: &Scene, account: &str) -> bool {
    let who = Who::new(WhoKind::Administrators, account);
    reach(scene).reachers.iter().any(|one| one.who == who)
}

fn check(scene: &Scene, rows: &[(&str, &str)]) {
    let reach = reach(scene);
    let wrong: Vec<String> = rows
        .iter()
        .filter(|(name, expected)| letters(&reach, name) != *expected)
        .map(|(name, expected)| format!("{name}: expected {expected}, found {}", letters(&reach, name)))
        .collect();
    assert!(wrong.is_empty(), "{}\n{}", wrong.join("\n"), serde_json::to_string_pretty(&reach).unwrap());
}

const ROOT: &str = "arn:aws:iam::111122223333:root";

// https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html
#[test]
fn a_key_policy_that_leaves_it_to_the_account() {
    let jane = arn("user", "jane");
    let scene = |own: Value| Scene::new().user("jane", own).key(json!([to(aws(ROOT), "kms:*")]), json!({}));
    for (own, expected) in [
        (json!([]), "---"),
        (json!([allow("kms:Sign")]), "y--"),
        (json!([allow("kms:Describe*")]), "---"),
        (json!([allow("kms:ScheduleKeyDeletion")]), "--y"),
        (json!([allow("kms:DisableKey")]), "--y"),
        (json!([allow("kms:DeleteImportedKeyMaterial")]), "--y"),
        (json!([allow("kms:EnableKey")]), "-y-"),
        // Whoever creates grants gives themselves its use, whoever changes the policy everything.
        (json!([allow("kms:CreateGrant")]), "yy-"),
        (json!([allow("kms:PutKeyPolicy")]), "yyy"),
        (json!([allow("kms:ReplicateKey")]), "yy-"),
        (json!([with(allow("kms:*"), "Resource", json!(KEY))]), "yyy"),
        (json!([with(allow("kms:*"), "Resource", json!(format!("{KEY}x")))]), "---"),
        (json!([with(allow("kms:*"), "Resource", json!("arn:aws:kms:*:444455556666:key/*"))]), "---"),
        (json!([allow("kms:*"), deny("kms:*")]), "---"),
        (json!([allow("kms:*"), deny("kms:PutKeyPolicy"), deny("kms:S*")]), "yyy"),
    ] {
        let scene = scene(own.clone());
        assert_eq!(letters(&reach(&scene), &jane), expected, "{own}");
        // The root user needs no policy.
        assert_eq!(letters(&reach(&scene), ROOT), "yyy");
    }
    // Where the account is not named, its policies give nothing.
    let scene = Scene::new()
        .user("jane", json!([allow("kms:*")]))
        .user("joe", json!([]))
        .key(json!([to(aws(&arn("user", "joe")), "kms:Sign")]), json!({}));
    check(&scene, &[(&jane, "---"), (&arn("user", "joe"), "y--"), (ROOT, "y--")]);
    let of_root = reach(&scene);
    let path = &found(&of_root, ROOT, Does::Use).unwrap().path;
    assert_eq!(path.iter().map(|step| step.action.as_str()).collect::<Vec<_>>(), ["*", "kms:Sign"]);
    assert_eq!(path[1].conditions[0].words, format!("as {}", arn("user", "joe")));
}

// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-basics-single-account.html
// https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html
#[test]
fn a_key_policy_that_names_them_is_enough_within_the_account() {
    let jane = arn("user", "jane");
    let of = |own: Value, statement: Value, boundary: Option<Value>| {
        let mut scene = Scene::new();
        let mut more = json!({});
        if let Some(boundary) = boundary {
            scene = scene.managed("arn:aws:iam::111122223333:policy/edge", boundary);
            more["permissions_boundary"] = json!({"exists": true, "arn": "arn:aws:iam::111122223333:policy/edge"});
        }
        let role = arn("role", "app");
        let mut of_role = more.clone();
        of_role["trust_policy"] = policy(&json!([]));
        let scene = scene
            .entity("user", "jane", own.clone(), more)
            .entity("role", "app", own, of_role)
            .key(json!([statement]), json!({}));
        let reach = reach(&scene);
        (letters(&reach, &jane), letters(&reach, &role))
    };
    let both = json!({"AWS": [jane, arn("role", "app")]});
    let found = |own, statement, boundary| {
        let (user, role) = of(own, statement, boundary);
        format!("{user} {role}")
    };
    assert_eq!(found(json!([]), to(both.clone(), "kms:Decrypt"), None), "y-- y--");
    assert_eq!(found(json!([deny("kms:Decrypt")]), to(both.clone(), "kms:Decrypt"), None), "--- ---");
    // A boundary takes what it does not allow from a role that is named, not from a user; what it denies, from both.
    assert_eq!(found(json!([]), to(both.clone(), "kms:Decrypt"), Some(json!([allow("s3:*")]))), "y-- ---");
    assert_eq!(found(json!([]), to(both.clone(), "kms:Decrypt"), Some(json!([allow("*")]))), "y-- y--");
    assert_eq!(found(json!([]), to(both, "kms:Decrypt"), Some(json!([allow("*"), deny("kms:*")]))), "--- ---");
    // Everyone is anybody within the account.
    assert_eq!(found(json!([]), to(json!("*"), "kms:Decrypt"), None), "y-- y--");
    let condition = |value: Value| with(to(json!("*"), "kms:Decrypt"), "Condition", value);
    assert_eq!(found(json!([]), condition(json!({"StringEquals": {"kms:CallerAccount": OWN}})), None), "y-- y--");
    assert_eq!(found(json!([]), condition(json!({"StringEquals": {"kms:CallerAccount": OTHER}})), None), "--- ---");
    assert_eq!(found(json!([]), condition(json!({"StringEquals": {"aws:PrincipalOrgID": "o-a"}})), None), "?-- ?--");
    // One session of a role is the role.
    let session = aws("arn:aws:sts::111122223333:assumed-role/app/deploy");
    assert_eq!(found(json!([]), to(session, "kms:Decrypt"), None), "--- y--");
    // What was deleted is nobody.
    assert_eq!(found(json!([]), to(aws("AIDAEXAMPLEEXAMPLE12"), "kms:Decrypt"), None), "--- ---");
}

// https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-modifying-external-accounts.html
#[test]
fn from_another_account_both_are_needed() {
    let (mary, theirs) = (arn("user", "444455556666:mary"), arn("role", "777788889999:app"));
    let other_root = "arn:aws:iam::444455556666:root";
    let of =
        |own: Value, statement: Value| Scene::new().user("444455556666:mary", own).key(json!([statement]), json!({}));
    let sign = || json!([allow("kms:Sign")]);
    check(&of(json!([]), to(aws(&mary), "kms:Sign")), &[(&mary, "---")]);
    check(&of(sign(), to(aws(&mary), "kms:Sign")), &[(&mary, "y--")]);
    // What mary lacks, whoever can give it can give themselves her.
    for (statement, expected) in [
        (to(aws(&mary), "kms:Sign"), true),
        (to(aws(OTHER), "kms:Sign"), true),
        (to(json!("*"), "kms:Sign"), true),
        (to(aws(ROOT), "kms:Sign"), false),
    ] {
        assert_eq!(administrators(&of(json!([]), statement.clone()), OTHER), expected, "{statement}");
    }
    check(&of(sign(), to(aws(OTHER), "kms:Sign")), &[(&mary, "y--"), (other_root, "y--"), (ROOT, "---")]);
    check(&of(json!([]), to(aws(OTHER), "kms:Sign")), &[(&mary, "---"), (other_root, "y--")]);
    check(&of(sign(), to(aws(ROOT), "kms:Sign")), &[(&mary, "---"), (other_root, "---"), (ROOT, "y--")]);
    check(&of(sign(), to(json!("*"), "kms:Sign")), &[(&mary, "y--"), ("anyone", "y--")]);
    check(&of(json!([]), to(json!("*"), "kms:Sign")), &[(&mary, "---"), ("anyone", "y--")]);
    // Of an account that was not read, whoever its policies let, and whoever is named.
    check(&of(json!([]), to(aws("777788889999"), "kms:Sign")), &[("777788889999", "y--")]);
    check(&of(json!([]), to(aws(&theirs), "kms:Sign")), &[(&theirs, "y--")]);
    // Of one that was read in part, whoever is named and whoever was not listed.
    let part = of(json!([]), to(aws(OTHER), "kms:Sign")).partly(OTHER);
    check(&part, &[(&mary, "---"), (OTHER, "y--")]);
}

// https://docs.aws.amazon.com/kms/latest/developerguide/grants.html
// https://docs.aws.amazon.com/kms/latest/APIReference/API_GrantConstraints.html
#[test]
fn a_grant_is_enough_by_itself() {
    let jane = arn("user", "jane");
    let of = |grant: Value, own: Value, statements: Value| {
        Scene::new().user("jane", own).key(statements, json!({"grants": [grant]}))
    };
    let grant = |grantee: &str, operations: Value, constraints: Value| {
        json!({"id": "g", "grantee": grantee, "operations": operations, "constraints": constraints,
            "retiring": null, "name": null, "grantee_service": null})
    };
    let none = || json!([]);
    let plain = |operations: Value| grant(&jane, operations, Value::Null);
    check(&of(plain(json!(["Sign"])), none(), none()), &[(&jane, "y--")]);
    check(&of(plain(json!(["DescribeKey", "GetPublicKey"])), none(), none()), &[(&jane, "---")]);
    check(&of(plain(json!(["CreateGrant"])), none(), none()), &[(&jane, "yy-")]);
    check(&of(plain(json!(["Sign"])), json!([deny("kms:Sign")]), none()), &[(&jane, "---")]);
    check(
        &of(plain(json!(["Sign"])), none(), json!([with(deny("kms:*"), "Principal", json!("*"))])),
        &[(&jane, "---")],
    );
    let context = json!({"encryption_context_subset": {"app": "a"}, "encryption_context_equals": null});
    let narrowed = of(grant(&jane, json!(["Decrypt", "Sign"]), context), none(), none());
    let found_by = reach(&narrowed);
    let one = found(&found_by, &jane, Does::Use).unwrap();
    assert_eq!((one.may, one.actions.as_slice()), (May::Yes, ["kms:Decrypt".to_owned()].as_slice()));
    let step = &one.path[0];
    assert_eq!((step.conditions[0].holds, step.by[0].name.as_deref()), (Holds::Unmet, Some("g")));
    let source = json!({"source_arn": "arn:aws:s3:::a"});
    check(&of(grant(&jane, json!(["Decrypt"]), source), none(), none()), &[(&jane, "?--")]);
    // A whole account, a role that was not read, a service.
    let account = |own: Value| of(grant(ROOT, json!(["Decrypt"]), Value::Null), own, none());
    check(&account(none()), &[(&jane, "---"), (ROOT, "y--")]);
    check(&account(json!([allow("kms:Decrypt")])), &[(&jane, "y--")]);
    let (theirs, service) = (arn("role", "777788889999:app"), "dynamodb.eu-west-1.amazonaws.com");
    check(&of(grant(&theirs, json!(["Decrypt"]), Value::Null), none(), none()), &[(&theirs, "y--")]);
    check(&of(grant(service, json!(["Decrypt"]), Value::Null), none(), none()), &[(service, "y--")]);
}

// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html
#[test]
fn what_is_denied_is_denied_whatever_allows_it() {
    let jane = arn("user", "jane");
    let of = |denial: Value| {
        Scene::new()
            .user("jane", json!([allow("kms:Decrypt")]))
            .key(json!([to(aws(ROOT), "kms:*"), to(aws(&jane), "kms:*"), denial]), json!({}))
    };
    let keys = |member: &str, who: Value| with(deny("kms:*"), member, who);
    let where_ = |condition: Value| with(keys("Principal", json!("*")), "Condition", condition);
    for (denial, expected) in [
        (keys("Principal", json!("*")), "---"),
        (keys("Principal", aws(&jane)), "---"),
        (keys("Principal", aws(ROOT)), "---"),
        (keys("Principal", aws(&arn("user", "joe"))), "yyy"),
        (keys("NotPrincipal", aws(&arn("user", "joe"))), "???"),
        (where_(json!({"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}})), "yyy"),
        (where_(json!({"ArnNotLike": {"aws:PrincipalArn": jane}})), "yyy"),
        (where_(json!({"ArnLike": {"aws:PrincipalArn": jane}})), "---"),
        (where_(json!({"StringNotEquals": {"aws:PrincipalOrgID": "o-abcdefghij"}})), "???"),
        (where_(json!({"StringEquals": {"new:Key": "x"}})), "???"),
    ] {
        assert_eq!(letters(&reach(&of(denial.clone())), &jane), expected, "{denial}");
    }
    let factor = reach(&of(where_(json!({"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}))));
    let step = &found(&factor, &jane, Does::Use).unwrap().path[0];
    assert!(
        step.conditions.iter().any(|one| one.holds == Holds::Unmet && one.words.contains("multifactor")),
        "{step:?}"
    );
}

#[test]
fn conditions_are_listed_as_they_stand() {
    let jane = arn("user", "jane");
    let of = |condition: Value| {
        let own = json!([with(allow("kms:Decrypt"), "Condition", condition)]);
        let scene = Scene::new().user("jane", own).key(json!([to(aws(ROOT), "kms:*")]), json!({}));
        let reach = reach(&scene);
        let one = found(&reach, &jane, Does::Use)?;
        let own: Vec<Holds> = one.path[0].conditions.iter().map(|given| given.holds).collect();
        Some((one.may, own))
    };
    for (condition, expected) in [
        (json!({"ArnLike": {"aws:PrincipalArn": jane}}), Some((May::Yes, vec![Holds::Met]))),
        (json!({"StringEquals": {"kms:KeySpec": "SYMMETRIC_DEFAULT"}}), Some((May::Yes, vec![Holds::Met]))),
        (json!({"StringEquals": {"kms:KeySpec": "RSA_4096"}}), None),
        (json!({"StringEquals": {"aws:username": "joe"}}), None),
        (json!({"Bool": {"aws:MultiFactorAuthPresent": "true"}}), Some((May::Yes, vec![Holds::Unmet]))),
        (json!({"StringEquals": {"kms:EncryptionContext:app": "a"}}), Some((May::Yes, vec![Holds::Unmet]))),
        // Aliases and tags can be changed.
        (
            json!({"ForAnyValue:StringEquals": {"kms:ResourceAliases": "alias/a"}}),
            Some((May::Undetermined, vec![Holds::NotUnderstood])),
        ),
        (json!({"StringEquals": {"aws:ResourceTag/team": "a"}}), Some((May::Undetermined, vec![Holds::NotUnderstood]))),
        (json!({"StringEquals": {"new:Key": "a"}}), Some((May::Undetermined, vec![Holds::NotUnderstood]))),
    ] {
        assert_eq!(of(condition.clone()), expected, "{condition}");
    }
}

// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_terms-and-concepts.html#iam-term-role-chaining
#[test]
fn steps_are_followed_to_the_key() {
    let names = [arn("user", "jane"), arn("role", "deploy"), arn("role", "signer")];
    let assume = || json!([with(allow("sts:AssumeRole"), "Resource", json!(names[2]))]);
    let chain = |own: Value, foreign: &str| {
        Scene::new()
            .user("jane", own)
            .user("444455556666:mary", json!([allow("sts:AssumeRole")]))
            .role("deploy", assume(), trust(aws(&names[0])))
            .role("signer", json!([]), trust(json!({"AWS": [ROOT, foreign]})))
            .key(json!([to(aws(&names[2]), "kms:Sign")]), json!({}))
    };
    let scene = chain(json!([]), OTHER);
    let mary = arn("user", "444455556666:mary");
    check(&scene, &[(&names[0], "y--"), (&names[1], "y--"), (&names[2], "y--"), (&mary, "y--")]);
    let of_jane = reach(&scene);
    let path = &found(&of_jane, &names[0], Does::Use).unwrap().path;
    let shown: Vec<(&str, &str)> = path.iter().map(|step| (step.who.name.as_str(), step.to.as_str())).collect();
    assert_eq!(shown, [(&*names[0], &*names[1]), (&*names[1], &*names[2]), (&*names[2], KEY)]);
    let parts: Vec<&str> = path.iter().flat_map(|step| &step.by).map(|place| place.part.as_str()).collect();
    assert_eq!(parts, ["trust_policy", "trust_policy", "inline_policies", "policy"]);
    check(&chain(json!([deny("sts:AssumeRole")]), &names[0]), &[(&names[0], "---"), (&mary, "---")]);
    // Somebody of another account who is named needs their own policy too.
    let named = |own: Value| {
        Scene::new()
            .user("444455556666:mary", own)
            .role("signer", json!([]), trust(aws(&mary)))
            .key(json!([to(aws(&names[2]), "kms:Sign")]), json!({}))
    };
    check(&named(json!([])), &[(&mary, "---")]);
    assert!(administrators(&named(json!([])), OTHER));
    check(&named(json!([allow("sts:AssumeRole")])), &[(&mary, "y--")]);
}

#[test]
fn whoever_becomes_them_reaches_what_they_reach() {
    let (jane, boss) = (arn("user", "jane"), arn("user", "boss"));
    let of = |own: Value| {
        let team = json!({});
        Scene::new()
            .user("jane", own)
            .user("boss", json!([]))
            .entity("group", "team", json!([allow("kms:Sign")]), team)
            .role("app", json!([]), trust(json!({"Service": "lambda.amazonaws.com"})))
            .key(
                json!([to(json!({"AWS": [boss, arn("role", "app")]}), "kms:Decrypt"), to(aws(ROOT), "kms:Sign")]),
                json!({}),
            )
    };
    for (own, expected) in [
        (json!([allow("iam:CreateAccessKey")]), "y--"),
        (json!([allow("iam:UpdateLoginProfile")]), "y--"),
        (json!([allow("iam:PassRole")]), "y--"),
        (json!([allow("iam:UpdateAssumeRolePolicy")]), "y--"),
        (json!([allow("iam:AddUserToGroup")]), "y--"),
        // Everything can be given to oneself: what the key leaves to policies, and whoever it names.
        (json!([allow("iam:PutUserPolicy")]), "y--"),
        (json!([allow("iam:GetUser")]), "---"),
        (json!([with(allow("iam:CreateAccessKey"), "Resource", json!(jane))]), "---"),
        (json!([with(allow("iam:CreateAccessKey"), "Condition", json!({"StringEquals": {"new:Key": "x"}}))]), "?--"),
    ] {
        let scene = of(own.clone());
        assert_eq!(letters(&reach(&scene), &jane), expected, "{own}");
    }
    // A group may lead on, and so may who says who the people of a provider are.
    let team = Scene::new()
        .user("jane", json!([allow("iam:AddUserToGroup")]))
        .entity("group", "team", json!([allow("sts:AssumeRole")]), json!({}))
        .role("app", json!([]), trust(aws(ROOT)))
        .key(json!([to(aws(&arn("role", "app")), "kms:Decrypt")]), json!({}));
    check(&team, &[(&jane, "y--")]);
    let provider = "arn:aws:iam::111122223333:saml-provider/idp";
    let saml = json!([{"Effect": "Allow", "Action": "sts:AssumeRoleWithSAML", "Principal": {"Federated": provider}}]);
    let people = Scene::new()
        .user("jane", json!([allow("iam:UpdateSAMLProvider")]))
        .role("app", json!([]), saml)
        .key(json!([to(aws(&arn("role", "app")), "kms:Decrypt")]), json!({}));
    check(&people, &[(&jane, "y--"), (provider, "y--")]);
    // A member has what the group has.
    let member = Scene::new()
        .entity("group", "team", json!([allow("kms:Sign")]), json!({}))
        .entity("user", "jane", json!([]), json!({"groups": ["team"]}))
        .key(json!([to(aws(ROOT), "kms:Sign")]), json!({}));
    check(&member, &[(&jane, "y--")]);
    let by = reach(&member);
    let place = found(&by, &jane, Does::Use).unwrap().path[0].by[1].clone();
    assert_eq!((place.kind.as_str(), place.id, place.statement), ("aws-iam/group", arn("group", "team"), Some(0)));
}

// https://docs.aws.amazon.com/eks/latest/userguide/iam-roles-for-service-accounts.html
// https://docs.aws.amazon.com/eks/latest/userguide/pod-id-how-it-works.html
// https://docs.github.com/en/actions/reference/security/oidc
#[test]
fn who_comes_by_a_token_is_named() {
    let issuer = "oidc.eks.eu-west-1.amazonaws.com/id/EXAMPLED539D4633E53DE1B71EXAMPLE";
    let web = |provider: &str, condition: Value| {
        json!([{"Effect": "Allow", "Action": "sts:AssumeRoleWithWebIdentity", "Condition": condition,
            "Principal": {"Federated": format!("arn:aws:iam::{OWN}:oidc-provider/{provider}")}}])
    };
    let of = |trust: Value| {
        Scene::new()
            .role("app", json!([]), trust)
            .key(json!([to(aws(&arn("role", "app")), "kms:Sign")]), json!({}))
            .world()
    };
    let account = "system:serviceaccount:pay:signer";
    let irsa = of(web(
        issuer,
        json!({"StringEquals": {format!("{issuer}:sub"): account, format!("{issuer}:aud"): "sts.amazonaws.com"}}),
    ));
    let pod = format!("{issuer}:{account}");
    assert_eq!(letters(&self::of(&irsa), &pod), "y--", "{:?}", self::of(&irsa));
    let github = of(web(
        "token.actions.githubusercontent.com",
        json!({"StringLike": {"token.actions.githubusercontent.com:sub": "repo:northbank/app:*"}}),
    ));
    let answer = self::of(&github);
    let tenant = answer.reachers.iter().find(|one| one.who.kind == WhoKind::Tenant).unwrap();
    assert!(tenant.who.name.starts_with("github northbank"), "{tenant:?}");
    assert_eq!((tenant.may, tenant.does), (May::Yes, Does::Use));
    // A whole issuer.
    let anybody = self::of(&of(web("login.example.org", json!({}))));
    assert_eq!(letters(&anybody, "login.example.org"), "y--", "{anybody:?}");
    // Pods, by an association.
    let mut pods = of(json!([{"Effect": "Allow", "Action": ["sts:AssumeRole", "sts:TagSession"],
        "Principal": {"Service": "pods.eks.amazonaws.com"}}]));
    assert_eq!(letters(&self::of(&pods), "pods.eks.amazonaws.com"), "?--");
    let cluster = "arn:aws:eks:eu-west-1:111122223333:cluster/signing".to_owned();
    let one = |role: &str| PodIdentity { role: Some(arn("role", role)), ..association() };
    pods.clusters =
        vec![Cluster { arn: cluster.clone(), pod_identities: vec![one("app"), one("other")], ..Cluster::default() }];
    let found_pods = self::of(&pods);
    let pod = format!("{cluster}:{account}");
    assert_eq!(letters(&found_pods, &pod), "y--", "{found_pods:?}");
    let by = &found(&found_pods, &pod, Does::Use).unwrap().path[0].by;
    assert_eq!(by[1].kind, "kubernetes-rbac/pod-identity", "{by:?}");
    // Which other clusters the account has is in no list that is read.
    assert_eq!(letters(&found_pods, "pods.eks.amazonaws.com"), "?--");
    // What the cluster says leads further back: an access entry, and who may make pods there.
    let (jane, person) = (Who::of_arn(&arn("user", "jane")), Who::new(WhoKind::Other, "User/jane"));
    let link = |from: &Who, to: &Who, action: &str| Link {
        to: to.clone(),
        step: Step {
            who: from.clone(),
            action: action.to_owned(),
            to: to.name.clone(),
            by: Vec::new(),
            may: May::Yes,
            conditions: Vec::new(),
        },
    };
    let links = vec![
        link(&jane, &person, "eks:AccessKubernetesApi"),
        link(&person, &Who::new(WhoKind::ServiceAccount, &pod), "create pods"),
    ];
    let joined = Walker::new(&pods, links).reach(&pods.keys[0]);
    assert_eq!(letters(&joined, &jane.name), "y--", "{joined:?}");
    assert_eq!(found(&joined, &jane.name, Does::Use).unwrap().path.len(), 4);
}

const CLUSTER: &str = "arn:aws:eks:eu-west-1:111122223333:cluster/signing";

fn association() -> PodIdentity {
    PodIdentity {
        id: "arn:aws:eks:eu-west-1:111122223333:podidentityassociation/signing/a-1".to_owned(),
        namespace: "pay".to_owned(),
        service_account: "signer".to_owned(),
        ..PodIdentity::default()
    }
}

/// A role that EKS' agent takes on, where that is so, and a key that one role may use.
fn world_of_pods(condition: Value, user: &str, of_key: Value) -> World {
    let pods = with(trust(json!({"Service": "pods.eks.amazonaws.com"}))[0].clone(), "Condition", condition);
    let far = trust(aws(&arn("role", "app")));
    Scene::new()
        .role("app", json!([allow("sts:AssumeRole")]), json!([pods]))
        .role("444455556666:far", json!([allow("kms:Sign")]), far)
        .user("ops", json!([allow(user)]))
        .user("444455556666:ops", json!([allow(user)]))
        .key(json!([of_key]), json!({}))
        .world()
}

// https://docs.aws.amazon.com/eks/latest/userguide/pod-id-role.html
#[test]
fn pods_are_known_by_the_associations_of_their_cluster() {
    const AGENT: &str = "pods.eks.amazonaws.com";
    let pod = format!("{CLUSTER}:system:serviceaccount:pay:signer");
    let source = || json!({"ArnEquals": {"aws:SourceArn": CLUSTER}});
    let of = |condition: Value, one: PodIdentity, unread: Option<&str>| {
        let mut world = world_of_pods(condition, "s3:*", to(aws(&arn("role", "app")), "kms:Sign"));
        let unread = unread.map(str::to_owned);
        world.clusters = vec![Cluster { arn: CLUSTER.to_owned(), pod_identities: vec![one], unread, issuer: None }];
        let reach = of(&world);
        format!("{} {}", letters(&reach, &pod), letters(&reach, AGENT))
    };
    let given = |role: Option<String>| PodIdentity { role, ..association() };
    let app = || given(Some(arn("role", "app")));
    assert_eq!(of(json!({}), app(), None), "y-- ?--", "another cluster may give it too");
    // A trust policy that names one cluster, all of which was read, leaves nothing open.
    assert_eq!(of(source(), app(), None), "y-- ---");
    assert_eq!(of(source(), app(), Some("the list was cut")), "y-- ?--");
    assert_eq!(of(source(), given(Some(arn("role", "other"))), None), "--- ---");
    assert_eq!(of(source(), given(None), None), "?-- ---", "which role it gives was not read");
    let other = json!({"ArnEquals": {"aws:SourceArn": format!("{CLUSTER}-2")}});
    assert_eq!(of(other, app(), None), "--- ?--");
}

// https://docs.aws.amazon.com/eks/latest/userguide/pod-id-assign-target-role.html
#[test]
fn pods_get_the_target_of_an_association_in_place_of_its_role() {
    let pod = format!("{CLUSTER}:system:serviceaccount:pay:signer");
    let far = arn("role", "444455556666:far");
    let source = || json!({"ArnEquals": {"aws:SourceArn": CLUSTER}});
    let one = |target: &str| PodIdentity {
        role: Some(arn("role", "app")),
        target_role: Some(target.to_owned()),
        ..association()
    };
    let of = |target: &str, of_key: Value| {
        let mut world = world_of_pods(source(), "s3:*", of_key);
        world.clusters =
            vec![Cluster { arn: CLUSTER.to_owned(), pod_identities: vec![one(target)], ..Cluster::default() }];
        of(&world)
    };
    let chained = of(&far, to(aws(&far), "kms:Sign"));
    assert_eq!(letters(&chained, &pod), "y--", "{chained:?}");
    let path = &found(&chained, &pod, Does::Use).unwrap().path;
    assert_eq!(path[0].to, far);
    let kinds: Vec<&str> = path[0].by.iter().map(|place| place.part.as_str()).collect();
    assert_eq!(kinds, ["trust_policy", "role", "trust_policy", "inline_policies"]);
    // They never have the role of the association itself.
    assert_eq!(letters(&of(&far, to(aws(&arn("role", "app")), "kms:Sign")), &pod), "---");
    // A target of an account that was not read.
    let elsewhere = "arn:aws:iam::777788889999:role/far";
    assert_eq!(letters(&of(elsewhere, to(aws(elsewhere), "kms:Sign")), &pod), "?--");
    // One that does not let the first role in.
    let world = arn("role", "444455556666:ops");
    assert_eq!(letters(&of(&world, to(aws(&far), "kms:Sign")), &pod), "---");
}

// https://docs.aws.amazon.com/eks/latest/userguide/creating-access-entries.html
#[test]
fn whoever_changes_access_entries_comes_to_be_any_service_account() {
    let of = |account: &str, action: &str| {
        let mut world = world_of_pods(json!({}), action, to(aws(&arn("role", "app")), "kms:Sign"));
        let arn_of = CLUSTER.replace(OWN, account);
        // Of pods: the association's role is of the cluster's account. Of tokens: any account's role may trust the issuer.
        let issuer = "oidc.eks.eu-west-1.amazonaws.com/id/ABC";
        let trust = json!([{"Effect": "Allow", "Action": "sts:AssumeRoleWithWebIdentity",
            "Principal": {"Federated": format!("arn:aws:iam::{OWN}:oidc-provider/{issuer}")},
            "Condition": {"StringEquals": {format!("{issuer}:sub"): "system:serviceaccount:pay:signer"}}}]);
        let by_token = Scene::new()
            .role("app", json!([]), trust)
            .user("ops", json!([allow(action)]))
            .user("444455556666:ops", json!([allow(action)]))
            .key(json!([to(aws(&arn("role", "app")), "kms:Sign")]), json!({}))
            .world();
        world.accounts = by_token.accounts;
        world.clusters = vec![Cluster { arn: arn_of, issuer: Some(issuer.to_owned()), ..Cluster::default() }];
        let reach = of(&world);
        let mighty = |number: &str| {
            let who = Who::new(WhoKind::Administrators, number);
            if reach.reachers.iter().any(|one| one.who == who) { "y" } else { "-" }
        };
        let (own, other) = (arn("user", "ops"), arn("user", "444455556666:ops"));
        format!("{} {} {}", letters(&reach, &own), letters(&reach, &other), mighty(OTHER))
    };
    for action in ["eks:AssociateAccessPolicy", "eks:CreateAccessEntry", "eks:UpdateAccessEntry", "eks:*"] {
        assert_eq!(of(OWN, action), "y-- --- -", "{action}");
        assert_eq!(of(OTHER, action), "--- y-- y", "{action}: whoever administers the cluster's account, too");
    }
    assert_eq!(of(OWN, "eks:DescribeCluster"), "--- --- -");
    assert_eq!(of("777788889999", "eks:*"), "--- --- -");
}

#[test]
fn what_was_not_read_is_never_nobody() {
    let (jane, app) = (arn("user", "jane"), arn("role", "app"));
    let key = || json!([to(aws(ROOT), "kms:*")]);
    let with_role = |statements: Value, trusts: Value| {
        Scene::new().user("jane", json!([allow("sts:AssumeRole")])).role("app", statements, trusts)
    };
    // The key's policy, its grants.
    let bare = || Scene::new().user("jane", json!([])).key(key(), json!({}));
    check(&bare(), &[("anyone", "---")]);
    check(&bare().without("policy", true), &[("anyone", "???")]);
    check(&bare().without("policy", false), &[("anyone", "???")]);
    check(&bare().without("grants", true), &[("anyone", "??-"), (ROOT, "yyy")]);
    check(&bare().without("grants", false), &[("anyone", "??-")]);
    // A role's policies, and whoever may assume it.
    let unread = with_role(json!([]), trust(aws(ROOT))).without("inline_policies", true).key(key(), json!({}));
    check(&unread, &[(&app, "???"), (&jane, "???")]);
    let unread = with_role(json!([]), trust(aws(ROOT))).without("attached_policies", false).key(key(), json!({}));
    check(&unread, &[(&app, "???"), (&jane, "???")]);
    // Its trust.
    let unread = with_role(json!([allow("kms:Sign")]), trust(aws(ROOT))).without("trust_policy", true);
    check(&unread.key(key(), json!({})), &[(&app, "y--"), ("anyone", "?--")]);
    // A boundary takes away, and gives nothing.
    let bounded =
        |own: Value| Scene::new().user("jane", own).without("permissions_boundary", true).key(key(), json!({}));
    check(&bounded(json!([allow("kms:Sign")])), &[(&jane, "?--")]);
    check(&bounded(json!([])), &[(&jane, "---")]);
    // The groups of a user; a policy that is attached and not listed.
    let groups = Scene::new().user("jane", json!([])).without("groups", true).key(key(), json!({}));
    check(&groups, &[(&jane, "???")]);
    let attached = json!({"attached_policies": [{"arn": "arn:aws:iam::111122223333:policy/x", "name": "x"}]});
    let listed = Scene::new().entity("user", "jane", json!([]), attached).key(key(), json!({}));
    check(&listed, &[(&jane, "???")]);
    // Not everybody was listed.
    check(&bare().partly(OWN), &[(OWN, "yyy")]);
    let named = Scene::new().user("jane", json!([])).key(json!([to(aws(&jane), "kms:Sign")]), json!({}));
    check(&named.clone().partly(OWN), &[(OWN, "?--")]);
    check(&named, &[(OWN, "---")]);
}

#[test]
fn answers_are_written_and_read_again() {
    let scene = Scene::new()
        .user("jane", json!([allow("sts:AssumeRole")]))
        .role("app", json!([allow("kms:*")]), trust(aws(ROOT)))
        .key(json!([to(aws(ROOT), "kms:*")]), json!({}));
    let reach = reach(&scene);
    let text = serde_json::to_string(&reach).unwrap();
    assert_eq!(serde_json::from_str::<Reach>(&text).unwrap(), reach);
    assert!(!reach.reachers.is_empty() && reach.key == KEY);
    for one in &reach.reachers {
        assert_eq!(one.path.first().map(|step| &step.who), Some(&one.who));
        assert_eq!(one.path.last().map(|step| step.to.as_str()), Some(KEY));
        assert_eq!(one.path.iter().all(|step| step.may == May::Yes), one.may == May::Yes);
    }
}

#[test]
fn facts_of_another_form_are_refused() {
    let facts = json!({"grants": 7});
    let sealed = Sealed { kind: "aws-kms/key", id: KEY, facts: &facts, unread: &[] };
    let error = World::read([sealed].into_iter(), &Default::default(), 0).unwrap_err();
    assert!(error.to_string().contains(KEY), "{error}");
}
