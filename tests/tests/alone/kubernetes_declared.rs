//! Who may, as a declaration says it: what could mean two things is refused, with what to write in its place.
#![expect(clippy::unwrap_used, reason = "helpers of tests may stop at the first surprise")]

use std::fs;

use workspace_tests::desk::Desk;

/// Exit code and words of `validate` for this list of a check.
fn validated(check: &str, declared: &str) -> (i32, String) {
    let desk = Desk::bare();
    let text = format!(
        "witnessmark: 1\nentity: Northbank Custody Ltd\nsystem: {{id: hot-wallet}}\ntargets:\n  - {{id: signing, collector: kubernetes-rbac, uid: u}}\n\
         controls:\n  - id: K8S\n    title: Declared\n    checks:\n      - use: kubernetes-rbac/{check}\n        with: {{declared: [{declared}]}}\n"
    );
    fs::write(desk.path("witnessmark.yaml"), text).unwrap();
    let answer = desk.witnessmark(&["validate", "-d", "witnessmark.yaml"]);
    (answer.code, format!("{}{}", answer.stdout, answer.stderr))
}

#[test]
fn one_meaning_is_taken_and_two_are_refused() {
    for declared in [
        "{user: Jane Smith in eu}",
        "{user: Jane Smith, namespaces: [eu]}",
        "{group: \"ops*\", namespaces: [eu], names: [one]}",
        "{serviceAccount: signer/app}",
        "{serviceAccount: \"signer/*\"}",
        "ServiceAccount/signer/app in signer",
        "ServiceAccount/kube-system/*",
        "User/Jane Smith",
        "Group/system:masters",
    ] {
        let (code, said) = validated("exec-is-declared", declared);
        assert_eq!(code, 0, "{declared}: {said}");
    }
    for declared in [
        "User/Jane Smith in eu",
        "Group/on-call in signer",
        "\"User/*\"",
        "\"Group/ops*\"",
        "{user: a, group: b}",
        "{namespaces: [eu]}",
        "{serviceAccount: app}",
        "{user: a, in: eu}",
        "app",
    ] {
        let (code, said) = validated("exec-is-declared", declared);
        assert_eq!(code, 2, "{declared}: {said}");
        assert!(said.contains("with: {declared: [") && said.contains("write `{user: NAME}`"), "{declared}: {said}");
    }
}

#[test]
fn a_binding_is_declared_with_what_it_grants_and_a_role_by_its_name() {
    for (check, declared, code) in [
        ("no-binding-to-everyone", "{clusterRoleBinding: open, clusterRole: view}", 0),
        ("no-binding-to-everyone", "{roleBinding: signer/open, role: view}", 0),
        ("no-binding-to-everyone", "open", 2),
        ("no-binding-to-everyone", "{clusterRoleBinding: open}", 2),
        ("no-wildcard-roles", "cluster-admin, signer/app", 0),
        ("no-wildcard-roles", "\"app*\"", 2),
    ] {
        let (found, said) = validated(check, declared);
        assert_eq!(found, code, "{check} {declared}: {said}");
    }
}
