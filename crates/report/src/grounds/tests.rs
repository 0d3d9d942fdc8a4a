use serde_json::json;

use super::*;

const KEY: &str = "arn:aws:kms:eu-west-1:111122223333:key/1";
const TEXT: &str = r#"{"Statement": [{"Sid":"Root","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:root"},"Action":"kms:*","Resource":"*"}, {"Sid" : "Other", "Effect":"Allow","Principal":"*","Action":["kms:Sign"],"Resource":"*","Condition":{"StringEquals":{"kms:ViaService":"s3"}}}]}"#;

fn document(text: &str) -> Value {
    serde_json::to_value(iam_policy::PolicyDocument::parse(text).unwrap()).unwrap()
}

#[expect(clippy::needless_pass_by_value, reason = "a value that is written where it is given")]
fn resource(kind: &str, id: &str, facts: Value, part: &str) -> Resource {
    let record = json!({
        "target": "aws", "collector": "c", "population": kind, "kind": kind, "id": id,
        "parts": {part: [{"exchange": "exchange:7", "syntax": "json", "path": "/Policy"}]}, "facts": facts,
    });
    serde_json::from_str(&record.to_string()).unwrap()
}

#[expect(clippy::needless_pass_by_value, reason = "a value that is written where it is given")]
fn derived(kind: &str, id: &str, inputs: &[&str], facts: Value) -> Derived {
    let record = json!({
        "target": "aws", "collector": "c", "population": kind, "kind": kind, "id": id, "inputs": inputs, "facts": facts,
    });
    serde_json::from_str(&record.to_string()).unwrap()
}

fn finding(kind: &str, id: &str, path: &str, rests_on: &str) -> Finding {
    let record = json!({
        "control": "C", "check": "a/b", "target": "aws", "subject": {"kind": kind, "id": id}, "outcome": "deviates", "severity": "high",
        "evidence": [{"path": path}], "rests_on": ["assignment:0", rests_on],
    });
    serde_json::from_str(&record.to_string()).unwrap()
}

fn resources(all: &[Resource]) -> AtHand<'_> {
    let numbered = (0..).map(|n| RecordRef::new(RecordType::Resource, n)).zip(all);
    AtHand { resources: numbered.collect(), ..AtHand::default() }
}

/// With what is derived from them.
fn with<'r>(all: &'r [Resource], derived: &'r Derived) -> AtHand<'r> {
    let derived = BTreeMap::from([(RecordRef::new(RecordType::Derived, 0), derived)]);
    AtHand { derived, ..resources(all) }
}

/// Record, place, and the id of the statement or what stands there instead.
fn told(finding: &Finding, at_hand: &AtHand<'_>) -> Vec<String> {
    let told = |one: Ground| {
        let record = one.record.unwrap_or_else(|| "none".to_owned());
        let is = match (one.statement, one.text, one.problem) {
            (Some(statement), _, None) => statement.sid.unwrap_or_default(),
            (None, Some(text), None) => text,
            (.., problem) => problem.unwrap_or_default(),
        };
        format!("{record} {} {}: {is}", one.id, one.path)
    };
    grounds(finding, at_hand).shown.into_iter().map(told).collect()
}

#[test]
fn evidence_in_a_policy_leads_to_its_statement() {
    let all = [resource("aws-kms/key", KEY, json!({"policy": document(TEXT), "state": "Enabled"}), "policy")];
    let at_hand = resources(&all);
    let of = |path: &str| finding("aws-kms/key", KEY, path, "resource:0");
    let found = grounds(&of("/policy/statements/1/principals/0"), &at_hand).shown;
    let [one] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!((one.record.as_deref(), one.path.as_str()), (Some("resource:0"), "/policy/statements/1"));
    let statement = one.statement.as_ref().unwrap();
    assert!(statement.lets_in.is_none(), "that is computed");
    let said = statement_words(statement);
    let wanted = [
        ("Sid", "Other"),
        ("Effect", "Allow"),
        ("Principal", "*"),
        ("Action", "kms:sign"),
        ("Resource", "*"),
        ("Condition", "StringEquals kms:viaservice: s3"),
    ];
    assert_eq!(said.iter().map(|(label, words)| (*label, words.as_str())).collect::<Vec<_>>(), wanted);
    // In the source's own spelling, and where that was read.
    assert!(one.text.as_ref().unwrap().starts_with(r#"{"Sid" : "Other""#), "{:?}", one.text);
    let read = ReadAt { record: "exchange:7".to_owned(), place: "/Policy".to_owned(), problem: None };
    assert_eq!(one.from, [read]);

    let both = [
        "resource:0 arn:aws:kms:eu-west-1:111122223333:key/1 /policy/statements/0: Root".to_owned(),
        "resource:0 arn:aws:kms:eu-west-1:111122223333:key/1 /policy/statements/1: Other".to_owned(),
    ];
    assert_eq!(told(&of("/policy/statements"), &at_hand), both);
    for path in ["/state", "/policy", "/policy/statements/9", "", "/policy/version/0"] {
        assert_eq!(told(&of(path), &at_hand), Vec::<String>::new(), "{path}");
    }
    // Another target's, or one that it does not rest on, is not its policy.
    let other = finding("aws-kms/key", KEY, "/policy/statements/1", "resource:4");
    assert_eq!(told(&other, &at_hand), Vec::<String>::new());
}

#[test]
fn a_withheld_policy_is_said() {
    let at = RecordRef::new(RecordType::Resource, 0);
    let at_hand = AtHand { withheld: BTreeSet::from([at]), ..AtHand::default() };
    let said = told(&finding("aws-kms/key", KEY, "/policy/statements/1", "resource:0"), &at_hand);
    let words = "resource:0 is withheld in this copy, and the policy's statement with it";
    assert_eq!(said, [format!("resource:0 {KEY} /policy/statements/1: {words}")]);
    assert_eq!(told(&finding("aws-kms/key", KEY, "/state", "resource:0"), &at_hand), Vec::<String>::new());
}

#[test]
fn a_sensitive_right_leads_to_binding_and_rule() {
    let rules = json!([{"verbs": ["get"]}, {"resources": ["pods/exec"], "verbs": ["create"]}]);
    let all = [
        resource("kubernetes-rbac/binding", "RoleBinding/signer/ops", json!({"name": "ops"}), "name"),
        resource("kubernetes-rbac/role", "Role/signer/ops", json!({"rules": rules}), "rules"),
        resource("kubernetes-rbac/role", "ClusterRole/ops", json!({"rules": rules}), "rules"),
        resource("kubernetes-rbac/access-entry", "arn:aws:iam::1:role/x", json!({"type": "STANDARD"}), "type"),
    ];
    let grant = |binding: &str, kind: &str| json!({"right": "exec", "binding": binding, "role": {"kind": kind, "name": "ops"}, "rule": 1, "via": "User/a"});
    let facts = json!({"grants": [
        grant("RoleBinding/signer/ops", "Role"), grant("RoleBinding/signer/ops", "ClusterRole"), grant("AccessEntry/arn:aws:iam::1:role/x", "AccessPolicy"),
        grant("ClusterRoleBinding/gone", "ClusterRole"),
    ]});
    let inputs = ["resource:0", "resource:1", "resource:2", "resource:3"];
    let subject = derived("kubernetes-rbac/subject", "User/a", &inputs, facts);
    let at_hand = with(&all, &subject);
    let of = |path: &str| finding("kubernetes-rbac/subject", "User/a", path, "derived:0");
    let rule = r#"{"resources":["pods/exec"],"verbs":["create"]}"#;
    let binding = r#"resource:0 RoleBinding/signer/ops : {"name":"ops"}"#;
    // A member of the grant is named by all of it.
    let wanted = [binding.to_owned(), format!("resource:1 Role/signer/ops /rules/1: {rule}")];
    assert_eq!(told(&of("/grants/0/via"), &at_hand), wanted);
    let wanted = [binding.to_owned(), format!("resource:2 ClusterRole/ops /rules/1: {rule}")];
    assert_eq!(told(&of("/grants/1"), &at_hand), wanted);
    assert_eq!(told(&of("/grants/2"), &at_hand), [r#"resource:3 arn:aws:iam::1:role/x : {"type":"STANDARD"}"#]);
    let missing = told(&of("/grants/3"), &at_hand);
    assert!(missing[0].starts_with("none ClusterRoleBinding/gone : no record of it is among"), "{missing:?}");
    assert_eq!(told(&of("/grants"), &at_hand).len(), 5);

    let findings = [of("/grants/0")];
    let names = names(findings.iter(), &at_hand.derived);
    let known = |n: usize| names.include(RecordRef::new(RecordType::Resource, n as u64), &all[n]);
    assert_eq!([0, 1, 2, 3].map(known), [true, true, false, false]);
    assert!(!names.include(RecordRef::new(RecordType::Resource, 9), &all[0]), "it is no input");
}

#[test]
fn a_way_to_a_key_leads_to_each_statement_on_it() {
    let inline = json!({"inline_policies": [{"name": "a", "document": document(TEXT)}, {"name": "ops", "document": document(TEXT)}]});
    let all = [
        resource(
            "aws-kms/key",
            KEY,
            json!({"policy": document(TEXT), "grants": [{"id": "g1"}, {"id": "g2"}]}),
            "policy",
        ),
        resource("aws-iam/user", "arn:aws:iam::1:user/a", inline, "inline_policies"),
    ];
    let place = |kind: &str, id: &str, part: &str, name: Option<&str>, statement: Option<u64>| json!({"kind": kind, "id": id, "part": part, "name": name, "statement": statement});
    let facts = json!({"entries": [{"by": [
        place("aws-kms/key", KEY, "policy", None, Some(0)),
        place("aws-iam/user", "arn:aws:iam::1:user/a", "inline_policies", Some("ops"), Some(1)),
        place("aws-kms/key", KEY, "grants", Some("g2"), None),
    ]}]});
    let reach = derived("joined/reach", KEY, &["resource:0", "resource:1"], facts);
    let said = told(&finding("joined/reach", KEY, "/entries/0", "derived:0"), &with(&all, &reach));
    let wanted = [
        format!("resource:0 {KEY} /policy/statements/0: Root"),
        "resource:1 arn:aws:iam::1:user/a /inline_policies/1/document/statements/1: Other".to_owned(),
        format!(r#"resource:0 {KEY} /grants/1: {{"id":"g2"}}"#),
    ];
    assert_eq!(said, wanted);
}

#[test]
fn a_power_leads_to_the_statements_that_give_it() {
    let policy = r#"{"Statement":[{"Sid":"Read","Effect":"Allow","Action":"iam:Get*","Resource":"*"},{"Sid":"Write","Effect":"Allow","Action":"iam:Put*","Resource":"*"},{"Sid":"No","Effect":"Deny","Action":"iam:Put*","Resource":"*"}]}"#;
    let (user, group, managed) = ("arn:aws:iam::1:user/a", "arn:aws:iam::1:group/g", "arn:aws:iam::1:policy/p");
    let own = json!({"inline_policies": [{"name": "own", "document": document(policy)}]});
    let all = [
        resource("aws-iam/user", user, own.clone(), "inline_policies"),
        resource("aws-iam/group", group, own, "inline_policies"),
        resource("aws-iam/policy", managed, json!({"document": document(policy)}), "document"),
    ];
    let power = |policy: &str, group: Option<&str>, action: &str| json!({"action": action, "may": "yes", "policy": policy, "group": group, "sentence": "s"});
    let facts = json!({"administers": [
        power("own", None, "iam:PutUserPolicy"), power("own", Some(group), "iam:PutUserPolicy"), power(managed, None, "iam:PutUserPolicy"), power(managed, None, "*"),
    ]});
    let inputs = ["resource:0", "resource:1", "resource:2", "coverage:0"];
    let permissions = derived("aws-iam/permissions", user, &inputs, facts);
    let at_hand = with(&all, &permissions);
    let of =
        |n: usize| told(&finding("aws-iam/permissions", user, &format!("/administers/{n}"), "derived:0"), &at_hand);
    assert_eq!(of(0), [format!("resource:0 {user} /inline_policies/0/document/statements/1: Write")]);
    assert_eq!(of(1), [format!("resource:1 {group} /inline_policies/0/document/statements/1: Write")]);
    assert_eq!(of(2), [format!("resource:2 {managed} /document/statements/1: Write")]);
    // No statement of it allows everything: the policy as a whole.
    assert!(of(3)[0].starts_with(&format!("resource:2 {managed} /document: ")), "{:?}", of(3));
}

#[test]
fn very_many_are_counted() {
    let entry = |n: usize| json!({"by": [{"kind": "aws-iam/user", "id": format!("u{n}"), "part": "inline_policies"}]});
    let entries: Vec<Value> = (0..MOST_GROUNDS + 7).map(entry).collect();
    let reach = derived("joined/reach", KEY, &[], json!({"entries": entries}));
    let found = grounds(&finding("joined/reach", KEY, "/entries", "derived:0"), &with(&[], &reach));
    assert_eq!((found.shown.len(), found.not_shown), (MOST_GROUNDS, 7));
}
