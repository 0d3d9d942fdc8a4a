//! Where the credentials for a cluster come from: a plugin of the kubeconfig, as clouds have it.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "helpers of tests may stop at the first surprise"
)]

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use testkit::executable;
use workspace_tests::cluster::Cluster;
use workspace_tests::desk::{Desk, Sealed};

/// A desk whose kubeconfig asks this program for credentials.
fn desk(cluster: &Cluster, plugin: &Path) -> Desk {
    let uid = cluster.kubectl(&["get", "namespace", "kube-system", "-o", "jsonpath={.metadata.uid}"], "");
    let name = plugin.file_stem().unwrap().to_string_lossy();
    let kubeconfig = cluster.file(&format!("{name}.kubeconfig"));
    let text = format!(
        "apiVersion: v1\nkind: Config\nclusters: [{{name: test, cluster: {{server: \"{}\", certificate-authority: ca.crt}}}}]\n\
         contexts: [{{name: test, context: {{cluster: test, user: test}}}}]\ncurrent-context: test\nusers:\n  - name: test\n    user:\n      exec:\n        \
         apiVersion: client.authentication.k8s.io/v1\n        command: {}\n        args: [get-token]\n        interactiveMode: Never\n",
        cluster.url(),
        plugin.display(),
    );
    fs::write(&kubeconfig, text).unwrap();
    Desk::new(&format!(
        "witnessmark: 1\nentity: Northbank Custody Ltd\nsystem: {{id: hot-wallet}}\ntargets:\n  - {{id: signing, collector: kubernetes-rbac, \
         uid: {uid}, kubeconfig: \"{}\", authorizers: [Node, RBAC]}}\ncontrols:\n  - id: K8S\n    title: Nobody is bound to everyone\n    \
         checks: [{{use: kubernetes-rbac/no-binding-to-everyone}}]\n",
        kubeconfig.display()
    ))
}

fn run(desk: &Desk, deadline: &str) -> Sealed {
    let answer = desk.witnessmark(&["run", "--quiet", "--format", "json", "--deadline", deadline]);
    let index = answer.json()["index"].as_u64().unwrap_or_else(|| panic!("nothing was sealed: {answer:?}"));
    Sealed::read(&desk.path("evidence/bundles"), index)
}

#[test]
fn a_plugin_of_the_kubeconfig_gives_the_token() {
    let scratch = tempfile::tempdir().unwrap();
    let cluster = Cluster::start(scratch.path());
    let _ = cluster.kubectl(&["create", "serviceaccount", "reader"], "");
    let _ = cluster.kubectl(
        &["create", "clusterrolebinding", "reader", "--clusterrole=view", "--serviceaccount=default:reader"],
        "",
    );
    let token = cluster.kubectl(&["create", "token", "reader"], "").trim().to_owned();
    let plugin = scratch.path().join("gives.sh");
    let answer = format!(
        r#"{{"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": {{"token": "{token}"}}}}"#
    );
    executable(&plugin, &format!("#!/bin/sh\n[ \"$1\" = get-token ] || exit 2\ncat <<'EOF'\n{answer}\nEOF\n"));
    let given = desk(&cluster, &plugin);
    let sealed = run(&given, "60");
    let facts = sealed.facts();
    let found = facts.iter().find(|((kind, _), _)| kind == "kubernetes-rbac/cluster");
    assert_eq!(found.unwrap().1["caller"]["username"], "system:serviceaccount:default:reader");
    let records = fs::read_to_string(sealed.folder.join("records.jsonl")).unwrap();
    assert!(!records.contains(&token), "the token is in the bundle");

    // A plugin that fails, says what is no credential, or never ends, costs its target and no more.
    for (name, program) in [
        ("fails.sh", "#!/bin/sh\necho 'session expired: log in again' >&2\nexit 1\n"),
        ("lies.sh", "#!/bin/sh\necho '{\"kind\": \"Secret\"}'\n"),
        ("hangs.sh", "#!/bin/sh\nexec sleep 600\n"),
    ] {
        let plugin = scratch.path().join(name);
        executable(&plugin, program);
        let desk = desk(&cluster, &plugin);
        let began = Instant::now();
        let sealed = run(&desk, "5");
        let preflight = desk.witnessmark(&["preflight", "--quiet", "--format", "json", "--deadline", "5"]);
        assert!(began.elapsed() < Duration::from_secs(60), "{name}: {:?}", began.elapsed());
        assert!(!preflight.stdout.contains("granted"), "{name}: {preflight:?}");
        let reasons: Vec<String> = sealed.of("gap").map(|gap| format!("{} {}", gap["reason"], gap["detail"])).collect();
        // The plugin's time and the run's end with the same deadline here.
        let expected: &[&str] = if name == "hangs.sh" { &["timed-out", "\"deadline\""] } else { &["unauthenticated"] };
        let said = |word: &&str| reasons.iter().any(|reason| reason.contains(*word));
        assert!(expected.iter().any(said), "{name}: {reasons:?}");
        assert_eq!(sealed.outcome_of_population("kubernetes-rbac/no-binding-to-everyone"), "undetermined", "{name}");
    }
}
