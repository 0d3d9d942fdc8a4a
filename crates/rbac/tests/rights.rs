//! What gives a sensitive right, by the version of the server that answers; each row as that server answers it.

#![expect(clippy::unwrap_used, reason = "helpers of tests may stop at the first surprise")]

use std::collections::BTreeSet;

use serde_json::{Value, json};
use witnessmark_rbac::built_in::BuiltIn;
use witnessmark_rbac::rules::{Binding, Named, Rbac, RoleRef, Rule};
use witnessmark_rbac::sensitive::{Grant, Holders, Subject};
use witnessmark_rbac::ways::{self, OwnRight, Version};

const NEW: &str = "v1.36.3";

fn named(kind: &str, name: &str) -> Named {
    Named {
        kind: kind.to_owned(),
        name: name.to_owned(),
        namespace: Some("red".to_owned()).filter(|_| kind == "ServiceAccount"),
    }
}

/// A role of these rules for each of these subjects, in a namespace or everywhere.
fn given(rbac: &mut Rbac, namespace: Option<&str>, subjects: Vec<Named>, rules: Value) {
    let name = format!("role-{}", rbac.roles.len());
    let rules: Vec<Rule> = serde_json::from_value(rules).unwrap();
    rbac.roles.insert((None, name.clone()), rules);
    let role = RoleRef { kind: "ClusterRole".to_owned(), name: name.clone() };
    rbac.bindings.push(Binding { namespace: namespace.map(str::to_owned), name, role, subjects });
}

fn holders(rbac: &Rbac, version: &str) -> Holders {
    let version = Version::of(version);
    Holders::of(rbac, ways::ways(version, &[]), &BuiltIn::of(version).unwrap())
}

/// What a user has who is given these rules.
fn of_rules(version: &str, namespace: Option<&str>, rules: Value) -> Vec<Grant> {
    let mut rbac = Rbac::default();
    given(&mut rbac, namespace, vec![named("User", "ann")], rules);
    holders(&rbac, version).grants(&Subject::User("ann".to_owned()))
}

fn rule(verbs: &[&str], group: &str, resources: &[&str], names: &[&str]) -> Value {
    json!({"verbs": verbs, "apiGroups": [group], "resources": resources, "resourceNames": names})
}

fn rights(grants: &[Grant]) -> BTreeSet<&str> {
    grants.iter().map(|grant| grant.right.as_str()).collect()
}

#[track_caller]
fn assert_rights(version: &str, namespace: Option<&str>, rules: &Value, expected: &[&str]) {
    let grants = of_rules(version, namespace, rules.clone());
    assert_eq!(rights(&grants), expected.iter().copied().collect(), "{version} {namespace:?} {rules}");
}

/// K1: a verb whose answer holds the object reads it.
#[test]
fn every_verb_whose_answer_holds_a_secret_reads_it() {
    for verb in ["get", "list", "watch", "delete", "deletecollection"] {
        assert_rights(NEW, None, &json!([rule(&[verb], "", &["secrets"], &[])]), &["read-secrets"]);
    }
    assert_rights(
        NEW,
        Some("red"),
        &json!([rule(&["patch"], "", &["secrets"], &[])]),
        &["read-secrets", "write-secrets"],
    );
    assert_rights(NEW, None, &json!([rule(&["update"], "", &["secrets"], &[])]), &["write-secrets"]);
    assert_rights(NEW, None, &json!([rule(&["get"], "", &["secrets/status"], &[])]), &[]);
}

/// K3: names limit a request only where it has a name.
#[test]
fn names_limit_only_what_has_a_name() {
    let reads = |verb: &str, names: &[&str]| -> Vec<Option<Vec<String>>> {
        let grants = of_rules(NEW, None, json!([rule(&[verb], "", &["secrets"], names)]));
        grants.into_iter().filter(|grant| grant.right == "read-secrets").map(|grant| grant.names).collect()
    };
    let one = || Some(vec!["one".to_owned()]);
    for verb in ["list", "watch", "deletecollection"] {
        assert_eq!(reads(verb, &[""]), [None], "{verb}: a list without a name is the whole list");
        assert_eq!(reads(verb, &["one", ""]), [None], "{verb}");
        assert_eq!(reads(verb, &["one"]), [one()], "{verb} by a field selector");
    }
    for verb in ["get", "patch", "delete"] {
        assert_eq!(reads(verb, &[""]), [], "{verb}: no object is called so");
        assert_eq!(reads(verb, &["one", ""]), [one()], "{verb}");
    }
    // A creation has no name: names never let one through.
    assert_rights(NEW, None, &json!([rule(&["create"], "", &["pods", "secrets"], &["one"])]), &[]);
    assert_rights(NEW, None, &json!([rule(&["create"], "", &["pods"], &[""])]), &["create-pods"]);
    // A subresource stands in the path of its object.
    assert_rights(NEW, None, &json!([rule(&["create"], "", &["pods/exec"], &["one"])]), &["exec"]);
    assert_rights(NEW, None, &json!([rule(&["create"], "", &["pods/exec"], &[""])]), &[]);
}

/// K7: since 1.35 a web socket, which is a GET, wants `create` too.
#[test]
fn getting_into_pods_takes_what_the_version_asks_for() {
    for (path, right) in [("pods/exec", "exec"), ("pods/attach", "exec"), ("pods/portforward", "port-forward")] {
        for minor in 28..=36 {
            let version = format!("v1.{minor}.1");
            let expected: &[&str] = if minor < 35 { &[right] } else { &[] };
            assert_rights(&version, Some("red"), &json!([rule(&["get"], "", &[path], &[])]), expected);
            assert_rights(&version, Some("red"), &json!([rule(&["create"], "", &[path], &[])]), &[right]);
        }
    }
    assert_rights(NEW, Some("red"), &json!([rule(&["patch"], "", &["pods/ephemeralcontainers"], &[])]), &["exec"]);
}

/// K7: a secret of the right type is filled with a token.
#[test]
fn to_create_secrets_and_read_them_makes_tokens() {
    for read in ["get", "list", "watch", "patch", "deletecollection"] {
        let found = of_rules(NEW, Some("red"), json!([rule(&["create", read], "", &["secrets"], &[])]));
        assert!(rights(&found).contains("mint-tokens"), "{read}: {found:?}");
    }
    // Only in the namespace where both are held.
    let mut rbac = Rbac::default();
    given(&mut rbac, Some("red"), vec![named("User", "ann")], json!([rule(&["create"], "", &["secrets"], &[])]));
    given(&mut rbac, Some("blue"), vec![named("User", "ann")], json!([rule(&["get"], "", &["secrets"], &[])]));
    let ann = Subject::User("ann".to_owned());
    assert!(!rights(&holders(&rbac, NEW).grants(&ann)).contains("mint-tokens"));
    given(
        &mut rbac,
        None,
        vec![named("Group", "system:authenticated")],
        json!([rule(&["get"], "", &["secrets"], &["one"])]),
    );
    let grants = holders(&rbac, NEW).grants(&ann);
    let minted: Vec<&Grant> = grants.iter().filter(|grant| grant.right == "mint-tokens").collect();
    assert_eq!(minted.len(), 1, "{grants:?}");
    // Half of it by a group and half by itself: nobody else has the whole.
    assert_eq!((minted[0].namespace.as_deref(), minted[0].via.as_str()), (Some("red"), "User/ann"));
    assert_eq!(minted[0].with.as_ref().map(|with| with.via.as_str()), Some("Group/system:authenticated"));
}

/// K7: users and groups are asked for in no namespace, accounts in their own; and groups never without a user.
#[test]
fn a_role_binding_lets_nobody_impersonate_but_accounts_of_its_namespace() {
    let all = || json!([rule(&["impersonate"], "", &["users", "groups", "serviceaccounts"], &[])]);
    let inside = of_rules(NEW, Some("red"), all());
    assert_eq!(inside.iter().map(|grant| grant.namespace.as_deref()).collect::<Vec<_>>(), [Some("red")], "{inside:?}");
    assert_rights(NEW, Some("red"), &json!([rule(&["impersonate"], "", &["users", "groups"], &[])]), &[]);
    assert_rights(NEW, None, &json!([rule(&["impersonate"], "", &["users"], &[])]), &["impersonate"]);
    assert_rights(NEW, None, &json!([rule(&["impersonate"], "", &["groups"], &[])]), &[]);
    // One user by name and every group: that user in `system:masters`.
    let both = of_rules(
        NEW,
        None,
        json!([rule(&["impersonate"], "", &["users"], &["dev"]), rule(&["impersonate"], "", &["groups"], &[])]),
    );
    assert!(both.iter().any(|grant| grant.right == "impersonate" && grant.names.is_none()), "{both:?}");
}

/// Constrained impersonation decides since 1.36, and wants a permission for what is done too.
#[test]
fn constrained_impersonation_takes_both_permissions_and_a_version_that_knows_it() {
    const GROUP: &str = "authentication.k8s.io";
    let act = rule(&["impersonate:user-info"], GROUP, &["users"], &[]);
    let on = rule(&["impersonate-on:user-info:list"], "", &["pods"], &[]);
    assert_rights(NEW, None, &json!([act, on]), &["impersonate"]);
    assert_rights(NEW, None, &json!([act]), &[]);
    assert_rights("v1.34.4", None, &json!([act, on]), &[]);
    // A verb by the wildcard is each of them.
    assert!(rights(&of_rules(NEW, None, json!([rule(&["*"], GROUP, &["nodes"], &[])]))).contains("impersonate"));
}

/// K7: to approve takes the right to the signer and the right to write the approval.
#[test]
fn half_of_an_approval_is_none() {
    const GROUP: &str = "certificates.k8s.io";
    let signer = rule(&["approve"], GROUP, &["signers"], &["kubernetes.io/kube-apiserver-client"]);
    let approval = rule(&["update"], GROUP, &["certificatesigningrequests/approval"], &[]);
    assert_rights(NEW, None, &json!([signer]), &[]);
    assert_rights(NEW, None, &json!([approval]), &[]);
    assert_rights(NEW, Some("red"), &json!([signer, approval]), &[]);
    let both = of_rules(NEW, None, json!([signer, approval]));
    assert_eq!(both.len(), 1, "{both:?}");
    assert_eq!(both[0].names, Some(vec!["kubernetes.io/kube-apiserver-client".to_owned()]));
}

/// `escalate` and `bind` lift a limit; what is written has to be allowed all the same.
#[test]
fn whoever_lifts_a_limit_has_to_be_able_to_write() {
    const GROUP: &str = "rbac.authorization.k8s.io";
    assert_rights(NEW, None, &json!([rule(&["escalate", "bind"], GROUP, &["roles", "clusterroles"], &[])]), &[]);
    assert_rights(NEW, None, &json!([rule(&["escalate", "patch"], GROUP, &["clusterroles"], &[])]), &["escalate"]);
    assert_rights(NEW, None, &json!([rule(&["escalate", "create"], GROUP, &["roles"], &["one"])]), &[]);
    assert_rights(NEW, None, &json!([rule(&["escalate", "update"], GROUP, &["roles"], &["one"])]), &["escalate"]);
    assert_rights(
        NEW,
        Some("red"),
        &json!([
            rule(&["bind"], GROUP, &["clusterroles"], &["admin"]),
            rule(&["create"], GROUP, &["rolebindings"], &[])
        ]),
        &["escalate"],
    );
}

/// K8: every right that is computed, and what does not give it.
#[test]
fn each_watched_right_is_found() {
    for (right, verbs, group, resource) in [
        ("create-pods", "create", "", "pods"),
        ("create-pods", "patch", "apps", "deployments"),
        ("create-pods", "create", "tekton.dev", "taskruns"),
        ("create-pods", "create", "argoproj.io", "workflows"),
        ("change-pods", "patch", "", "pods"),
        ("node-proxy", "get", "", "nodes/proxy"),
        ("node-data", "get", "", "nodes/log"),
        ("node-data", "create", "", "nodes/checkpoint"),
        ("node-data", "get", "", "nodes/pods"),
        ("node-data", "get", "", "nodes/configz"),
        ("write-identities", "update", "", "configmaps"),
        ("write-identities", "create", "iamauthenticator.k8s.aws", "iamidentitymappings"),
        ("port-forward", "create", "", "pods/portforward"),
        ("proxy", "get", "", "services/proxy"),
        ("proxy", "create", "", "pods/proxy"),
        ("write-secrets", "create", "", "secrets"),
        ("write-volumes", "create", "", "persistentvolumes"),
        ("label-namespaces", "patch", "", "namespaces"),
        ("label-namespaces", "update", "", "namespaces/status"),
        ("label-namespaces", "update", "", "namespaces/finalize"),
        ("write-apis", "update", "apiregistration.k8s.io", "apiservices"),
        ("write-crds", "patch", "apiextensions.k8s.io", "customresourcedefinitions"),
        ("control-admission", "delete", "admissionregistration.k8s.io", "validatingwebhookconfigurations"),
        ("mint-tokens", "create", "", "serviceaccounts/token"),
    ] {
        assert_rights(NEW, None, &json!([rule(&[verbs], group, &[resource], &[])]), &[right]);
        assert_rights(NEW, None, &json!([rule(&[verbs], "other.example.com", &[resource], &[])]), &[]);
        assert_rights(NEW, None, &json!([rule(&["unheard-of"], group, &[resource], &[])]), &[]);
    }
    // A RoleBinding gives no right to what belongs to no namespace, but to the namespace itself.
    assert_rights(NEW, Some("red"), &json!([rule(&["*"], "", &["nodes/proxy", "persistentvolumes"], &[])]), &[]);
    assert_rights(NEW, Some("red"), &json!([rule(&["patch"], "", &["namespaces"], &[])]), &["label-namespaces"]);
    assert_rights(NEW, None, &json!([rule(&["create"], "", &["*/token"], &[])]), &["mint-tokens"]);
    let all = of_rules(NEW, None, json!([rule(&["*"], "*", &["*"], &[])]));
    assert_eq!(rights(&all), ways::rights().iter().map(String::as_str).collect(), "whoever may do everything has each");
}

/// Since 1.33 a kubelet asks for parts of what `nodes/proxy` gives.
#[test]
fn parts_of_a_kubelet_are_asked_for_by_the_version_that_knows_them() {
    for path in ["nodes/pods", "nodes/configz"] {
        for minor in 30..=36 {
            let expected: &[&str] = if minor < 33 { &[] } else { &["node-data"] };
            assert_rights(&format!("v1.{minor}.1"), None, &json!([rule(&["get"], "", &[path], &[])]), expected);
        }
        assert_rights(NEW, Some("red"), &json!([rule(&["get"], "", &[path], &[])]), &[]);
        let one = of_rules(NEW, None, json!([rule(&["get"], "", &[path], &["node-a"])]));
        assert_eq!(one.iter().map(|grant| grant.names.clone()).collect::<Vec<_>>(), [Some(vec!["node-a".to_owned()])]);
    }
    // Whether a node is well is no secret.
    assert_rights(NEW, None, &json!([rule(&["get"], "", &["nodes/healthz"], &[])]), &[]);
}

/// Whose requests for the certificate of a node are approved by themselves becomes any node.
#[test]
fn a_request_that_is_approved_by_itself_is_an_approval() {
    const GROUP: &str = "certificates.k8s.io";
    let asked = rule(&["create"], GROUP, &["certificatesigningrequests"], &[]);
    let approved = rule(&["create"], GROUP, &["certificatesigningrequests/nodeclient"], &[]);
    assert_rights(NEW, None, &json!([asked, approved]), &["approve-csrs"]);
    assert_rights("v1.30.4", None, &json!([asked, approved]), &["approve-csrs"]);
    assert_rights(NEW, None, &json!([rule(&["create"], GROUP, &["*"], &[])]), &["approve-csrs"]);
    assert_rights(NEW, None, &json!([asked]), &[]);
    assert_rights(NEW, None, &json!([approved]), &[]);
    assert_rights(NEW, Some("red"), &json!([asked, approved]), &[]);
    // The controller asks without a name.
    let by_name = rule(&["create"], GROUP, &["certificatesigningrequests/nodeclient"], &["one"]);
    assert_rights(NEW, None, &json!([asked, by_name]), &[]);
    // A node renews its own name and no other.
    let own = rule(&["create"], GROUP, &["certificatesigningrequests/selfnodeclient"], &[]);
    assert_rights(NEW, None, &json!([asked, own]), &[]);
    // Half by a group: whoever is in it and may do the other half becomes a node.
    let mut rbac = Rbac::default();
    given(&mut rbac, None, vec![named("Group", "system:authenticated")], json!([approved]));
    given(&mut rbac, None, vec![named("User", "ann")], json!([asked]));
    let grants = holders(&rbac, NEW).grants(&Subject::User("ann".to_owned()));
    assert_eq!(rights(&grants), BTreeSet::from(["approve-csrs"]));
}

/// Whoever writes the object that says who somebody is, is whom they like: there, and under that name.
#[test]
fn objects_that_say_who_somebody_is_are_watched_by_name_and_namespace() {
    let write = |names: &[&str]| json!([rule(&["patch"], "", &["configmaps"], names)]);
    let of = |namespace: Option<&str>, names: &[&str]| -> Vec<Option<Vec<String>>> {
        of_rules(NEW, namespace, write(names)).into_iter().map(|grant| grant.names).collect()
    };
    let one = |name: &str| Some(vec![name.to_owned()]);
    let both = vec![one("aws-auth"), one("extension-apiserver-authentication")];
    assert_eq!(of(None, &[]), both);
    assert_eq!(of(Some("kube-system"), &[]), both);
    assert_eq!(of(Some("kube-system"), &["aws-auth", "other"]), [one("aws-auth")]);
    assert_eq!(of(Some("red"), &[]), []);
    assert_eq!(of(Some("kube-system"), &["other"]), []);
    for verb in ["get", "list", "delete"] {
        assert_rights(NEW, None, &json!([rule(&[verb], "", &["configmaps"], &[])]), &[]);
    }
    // A creation has no name.
    let create = |names: &[&str]| json!([rule(&["create"], "", &["configmaps"], names)]);
    assert_rights(NEW, Some("kube-system"), &create(&[]), &["write-identities"]);
    assert_rights(NEW, Some("kube-system"), &create(&["aws-auth"]), &[]);
}

/// K16: whoever is in a group is in the groups that its members are all in.
#[test]
fn a_group_has_what_all_its_members_have() {
    let mut rbac = Rbac::default();
    let reads = || json!([rule(&["get"], "", &["secrets"], &[])]);
    given(&mut rbac, None, vec![named("Group", "system:serviceaccounts")], reads());
    given(
        &mut rbac,
        None,
        vec![named("Group", "system:authenticated")],
        json!([rule(&["create"], "", &["pods"], &[])]),
    );
    for name in ["system:serviceaccounts:red", "system:serviceaccounts", "ops", "system:unauthenticated"] {
        given(&mut rbac, None, vec![named("Group", name)], json!([]));
    }
    let holders = holders(&rbac, NEW);
    let of = |name: &str| holders.grants(&Subject::Group(name.to_owned()));
    assert_eq!(rights(&of("system:serviceaccounts:red")), BTreeSet::from(["create-pods", "read-secrets"]));
    assert_eq!(rights(&of("system:serviceaccounts")), BTreeSet::from(["create-pods", "read-secrets"]));
    assert_eq!(rights(&of("ops")), BTreeSet::from(["create-pods"]));
    assert_eq!(rights(&of("system:unauthenticated")), BTreeSet::new());
    let inherited = of("system:serviceaccounts:red");
    assert!(inherited.iter().all(|grant| grant.via != "Group/system:serviceaccounts:red"), "{inherited:?}");
}

/// Rights that a declaration names itself.
#[test]
fn a_right_of_ones_own_is_found_like_the_others() {
    let own = OwnRight {
        name: "rotate".to_owned(),
        verbs: vec!["create".to_owned()],
        group: "keys.example.com".to_owned(),
        resource: "rotations".to_owned(),
        namespaced: true,
    };
    let mut rbac = Rbac::default();
    given(
        &mut rbac,
        Some("red"),
        vec![named("User", "ann")],
        json!([rule(&["*"], "keys.example.com", &["rotations"], &[])]),
    );
    let version = Version::of(NEW);
    let all = |own: OwnRight| {
        let holders = Holders::of(&rbac, ways::ways(version, &[own]), &BuiltIn::of(version).unwrap());
        holders.grants(&Subject::User("ann".to_owned()))
    };
    assert_eq!(rights(&all(own.clone())), BTreeSet::from(["own:rotate"]));
    assert_eq!(all(OwnRight { namespaced: false, ..own }), []);
}

#[test]
fn versions_are_read_as_servers_write_them() {
    for (text, minor) in [
        ("v1.36.3", Some(36)),
        ("v1.30.4-eks-a18cd3a", Some(30)),
        ("v1.32.1+k3s1", Some(32)),
        ("v1.31.5-gke.100", Some(31)),
        ("v1.27.16", Some(30)),
        ("v1.37.0", None),
        ("v2.0.0", None),
        ("unknown", None),
    ] {
        assert_eq!(Version::of(text).minor(), minor, "{text}");
    }
}

/// K15: what the server gives by itself is marked, and what somebody else adds to it is not.
#[test]
fn what_the_server_gives_by_itself_is_told_from_what_is_given_beside_it() {
    let mut rbac = Rbac::default();
    let everything = || json!([{"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}]);
    given(&mut rbac, None, vec![named("Group", "system:masters")], everything());
    given(&mut rbac, None, vec![named("Group", "ops")], everything());
    given(&mut rbac, Some("red"), vec![named("Group", "system:masters")], everything());
    let holders = holders(&rbac, NEW);
    let of = |name: &str| holders.grants(&Subject::Group(name.to_owned()));
    assert!(of("system:masters").iter().all(|grant| grant.built_in == grant.namespace.is_none()), "not in `red`");
    assert!(of("ops").iter().all(|grant| !grant.built_in));
}
