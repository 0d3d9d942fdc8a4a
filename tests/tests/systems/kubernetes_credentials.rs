//! Where the credentials for a cluster come from: a plugin of the kubeconfig, as clouds have it, or the pod's own account.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "helpers of tests may stop at the first surprise"
)]

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use testkit::executable;
use workspace_tests::cluster::Cluster;
use workspace_tests::desk::{Answer, Desk, Sealed, program};

/// A desk that reads this cluster, by way of `settings` if any.
fn desk_of(cluster: &Cluster, settings: &str) -> Desk {
    Desk::new(&declaration(&uid(cluster), settings))
}

fn uid(cluster: &Cluster) -> String {
    cluster.kubectl(&["get", "namespace", "kube-system", "-o", "jsonpath={.metadata.uid}"], "")
}

fn declaration(uid: &str, settings: &str) -> String {
    format!(
        "witnessmark: 1\nentity: Northbank Custody Ltd\nsystem: {{id: hot-wallet}}\ntargets:\n  - {{id: signing, collector: kubernetes-rbac, \
         uid: {uid}{settings}, authorizers: [Node, RBAC]}}\ncontrols:\n  - id: K8S\n    title: Nobody is bound to everyone\n    \
         checks: [{{use: kubernetes-rbac/no-binding-to-everyone}}]\n"
    )
}

/// A desk whose kubeconfig asks this program for credentials.
fn desk(cluster: &Cluster, plugin: &Path) -> Desk {
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
    desk_of(cluster, &format!(", kubeconfig: \"{}\"", kubeconfig.display()))
}

fn run(desk: &Desk, deadline: &str) -> Sealed {
    let answer = desk.witnessmark(&["run", "--quiet", "--format", "json", "--deadline", deadline]);
    let index = answer.json()["index"].as_u64().unwrap_or_else(|| panic!("nothing was sealed: {answer:?}"));
    Sealed::read(&desk.path("evidence/bundles"), index)
}

/// An account of the cluster that may read who has which rights, and its token.
fn reader(cluster: &Cluster) -> String {
    let _ = cluster.kubectl(&["create", "serviceaccount", "reader"], "");
    let kinds = "--resource=namespaces,serviceaccounts,roles,clusterroles,rolebindings,clusterrolebindings";
    let _ = cluster.kubectl(&["create", "clusterrole", "reader", "--verb=get,list", kinds], "");
    let _ = cluster.kubectl(
        &["create", "clusterrolebinding", "reader", "--clusterrole=reader", "--serviceaccount=default:reader"],
        "",
    );
    cluster.kubectl(&["create", "token", "reader"], "").trim().to_owned()
}

/// Who the cluster said that we are; the token by which it knew is in no record.
fn caller(sealed: &Sealed, token: &str) -> String {
    let records = sealed.text();
    assert!(!records.contains(token), "the token is in the bundle");
    let facts = sealed.facts();
    let found = facts.iter().find(|((kind, _), _)| kind == "kubernetes-rbac/cluster");
    found.unwrap().1["caller"]["username"].as_str().unwrap().to_owned()
}

#[test]
fn a_plugin_of_the_kubeconfig_gives_the_token() {
    let scratch = tempfile::tempdir().unwrap();
    let cluster = Cluster::start(scratch.path());
    let token = reader(&cluster);
    let plugin = scratch.path().join("gives.sh");
    let answer = format!(
        r#"{{"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": {{"token": "{token}"}}}}"#
    );
    // Once, with the arguments and what the protocol promises, and without what opens our keys.
    let noted = scratch.path().join("noted");
    executable(
        &plugin,
        &format!(
            "#!/bin/sh\n[ \"$1\" = get-token ] || exit 2\necho \"$KUBERNETES_EXEC_INFO $WITNESSMARK_PASSPHRASE\" >>'{}'\ncat <<'EOF'\n{answer}\nEOF\n",
            noted.display()
        ),
    );
    let given = desk(&cluster, &plugin);
    let sealed = run(&given, "60");
    assert_eq!(caller(&sealed, &token), "system:serviceaccount:default:reader");
    let asked: Value = serde_json::from_str(&fs::read_to_string(&noted).unwrap()).expect("one run, and no passphrase");
    assert_eq!(asked["kind"], "ExecCredential");
    assert_eq!(asked["apiVersion"], "client.authentication.k8s.io/v1");
    assert_eq!(asked["spec"], json!({"interactive": false}));

    // One that gives a certificate in place of a token.
    let plugin = scratch.path().join("certifies.sh");
    let [certificate, key] = ["admin.crt", "admin.key"].map(|name| fs::read_to_string(cluster.file(name)).unwrap());
    let answer = json!({"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential",
        "status": {"clientCertificateData": certificate, "clientKeyData": key}});
    let printed = scratch.path().join("certificate.json");
    fs::write(&printed, answer.to_string()).unwrap();
    executable(&plugin, &format!("#!/bin/sh\nexec cat '{}'\n", printed.display()));
    let certified = desk(&cluster, &plugin);
    let sealed = run(&certified, "60");
    assert_eq!(caller(&sealed, key.lines().nth(1).unwrap()), "test-admin");

    // A plugin that fails, says what is no credential, or never ends, costs its target and no more.
    for (name, program) in [
        ("fails.sh", "#!/bin/sh\necho 'session expired: log in again' >&2\nexit 1\n"),
        ("lies.sh", "#!/bin/sh\necho '{\"kind\": \"Secret\"}'\n"),
        ("hangs.sh", "#!/bin/sh\necho $$ >\"$0.pid\"\nsleep 600 &\necho $! >>\"$0.pid\"\nwait\n"),
    ] {
        let plugin = scratch.path().join(name);
        executable(&plugin, program);
        let desk = desk(&cluster, &plugin);
        // Only the one that hangs is to reach it, also where much else runs.
        let deadline = if name == "hangs.sh" { "15" } else { "60" };
        let began = Instant::now();
        let sealed = run(&desk, deadline);
        let preflight = desk.witnessmark(&["preflight", "--quiet", "--format", "json", "--deadline", deadline]);
        assert!(began.elapsed() < Duration::from_secs(180), "{name}: {:?}", began.elapsed());
        assert!(!preflight.stdout.contains("granted"), "{name}: {preflight:?}");
        let reasons: Vec<String> = sealed.of("gap").map(|gap| format!("{} {}", gap["reason"], gap["detail"])).collect();
        // The plugin's time and the run's end with the same deadline here.
        let expected: &[&str] = if name == "hangs.sh" { &["timed-out", "\"deadline\""] } else { &["unauthenticated"] };
        let said = |word: &&str| reasons.iter().any(|reason| reason.contains(*word));
        assert!(expected.iter().any(said), "{name}: {reasons:?}");
        assert_eq!(sealed.outcome_of_population("kubernetes-rbac/no-binding-to-everyone"), "undetermined", "{name}");
        if name == "fails.sh" {
            assert!(reasons.iter().any(|reason| reason.contains("session expired: log in again")), "{reasons:?}");
        }
        if name == "hangs.sh" {
            gone(&plugin);
        }
    }
}

/// The processes that this plugin noted, itself and what it started, are there no more.
#[track_caller]
fn gone(plugin: &Path) {
    let noted = fs::read_to_string(format!("{}.pid", plugin.display())).unwrap();
    assert_eq!(noted.lines().count(), 2, "{noted}");
    let end = Instant::now() + Duration::from_secs(30);
    for pid in noted.lines() {
        // One that was killed and not yet waited for is a zombie: its command line is empty. On a busy machine it takes a moment to die.
        let command = || fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        while !command().is_empty() {
            assert!(Instant::now() < end, "{pid} still runs: {}", String::from_utf8_lossy(&command()));
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

#[test]
fn a_token_that_ends_is_replaced_and_who_hangs_then_holds_up_nobody() {
    let scratch = tempfile::tempdir().unwrap();
    let cluster = Cluster::start(scratch.path());
    let token = reader(&cluster);
    let gives = |then: &str| {
        format!(
            "#!/bin/sh\necho run >>\"$0.count\"\n{then}\nprintf 'apiVersion: client.authentication.k8s.io/v1\\nkind: ExecCredential\\nstatus:\\n  \
             token: {token}\\n  expirationTimestamp: \"%s\"\\n' \"$(date -u +%Y-%m-%dT%H:%M:%SZ)\"\n"
        )
    };
    // A token that is about to end as soon as it comes is asked for anew for each call. This one is printed as YAML.
    let plugin = scratch.path().join("renews.sh");
    executable(&plugin, &gives(""));
    let renewing = desk(&cluster, &plugin);
    let sealed = run(&renewing, "60");
    assert_eq!(caller(&sealed, &token), "system:serviceaccount:default:reader");
    assert_eq!(sealed.of("gap").count(), 0, "{:#?}", sealed.of("gap").collect::<Vec<_>>());
    let runs = fs::read_to_string(format!("{}.count", plugin.display())).unwrap().lines().count();
    assert!(runs >= sealed.of("exchange").count(), "{runs} runs");

    // One that hangs when it is asked again holds up no other source: here another target that reads the same cluster.
    let plugin = scratch.path().join("hangs-later.sh");
    let note =
        "if [ $(wc -l <\"$0.count\") -gt 3 ]; then echo $$ >\"$0.pid\"; sleep 600 & echo $! >>\"$0.pid\"; wait; fi";
    executable(&plugin, &gives(note));
    let desk = desk(&cluster, &plugin);
    let declaration = fs::read_to_string(desk.path("witnessmark.yaml")).unwrap();
    let line = declaration.lines().find(|line| line.contains("id: signing")).unwrap();
    let (head, tail) = line.split_once(", kubeconfig: ").unwrap();
    let (_, tail) = tail.split_once("\", ").unwrap();
    let other = format!("{}, kubeconfig: \"{}\", {tail}", head.replace("signing", "other"), cluster.admin().display());
    fs::write(desk.path("witnessmark.yaml"), declaration.replace(line, &format!("{line}\n{other}"))).unwrap();
    let began = Instant::now();
    let sealed = run(&desk, "40");
    assert!(began.elapsed() < Duration::from_secs(180), "{:?}", began.elapsed());
    gone(&plugin);
    let of = |target: &str| sealed.of("gap").filter(|gap| gap["target"] == target).collect::<Vec<_>>();
    assert_eq!(of("other"), Vec::<&Value>::new());
    assert!(
        of("signing").iter().any(|gap| ["timed-out", "deadline"].iter().any(|reason| gap["reason"] == *reason)),
        "{:#?}",
        of("signing")
    );
}

/// What the kubelet lays into a pod lies at a path that no setting names. It is laid over this machine's own for one process.
fn in_a_pod(desk: &Desk, account: &Path, arguments: &[&str]) -> Answer {
    let script = "set -eu\nmount -t tmpfs none /run\nmkdir -p /run/secrets/kubernetes.io\n\
                  cp -r \"$1\" /run/secrets/kubernetes.io/serviceaccount\nshift\nexec \"$@\"";
    let output = desk
        .command(Path::new("unshare"))
        .args(["--user", "--map-root-user", "--mount", "sh", "-c", script, "sh"])
        .arg(account)
        .arg(program("witnessmark"))
        .args(arguments)
        .output();
    Answer::of(&output.unwrap_or_else(|error| panic!("`unshare` (of util-linux): {error}")))
}

#[test]
fn inside_a_cluster_the_pods_own_account_is_used() {
    let scratch = tempfile::tempdir().unwrap();
    let cluster = Cluster::start(scratch.path());
    let token = reader(&cluster);
    let account = scratch.path().join("account");
    fs::create_dir(&account).unwrap();
    fs::write(account.join("token"), &token).unwrap();
    fs::write(account.join("namespace"), "default").unwrap();
    fs::copy(cluster.file("ca.crt"), account.join("ca.crt")).unwrap();

    let url = cluster.url();
    let mut desk = desk_of(&cluster, "");
    desk.set("KUBERNETES_SERVICE_HOST", "127.0.0.1");
    desk.set("KUBERNETES_SERVICE_PORT", url.rsplit(':').next().unwrap());
    let seal = |desk: &Desk| {
        let answer = in_a_pod(desk, &account, &["run", "--quiet", "--format", "json", "--allow-rehearsal"]);
        let index = if answer.stdout.is_empty() { None } else { answer.json()["index"].as_u64() };
        let index = index.unwrap_or_else(|| panic!("nothing was sealed: {answer:?}"));
        Sealed::read(&desk.path("evidence/bundles"), index)
    };
    let sealed = seal(&desk);
    assert_eq!(caller(&sealed, &token), "system:serviceaccount:default:reader");
    assert_eq!(sealed.of("gap").count(), 0, "{:?}", sealed.of("gap").collect::<Vec<_>>());
    let findings = sealed.findings();
    assert!(!findings.is_empty() && findings.iter().all(|one| one.outcome != "undetermined"), "{findings:?}");

    // Another authority than the server's, and no token at all.
    let strangers = rcgen::generate_simple_self_signed(["elsewhere.example".to_owned()]).unwrap();
    fs::write(account.join("ca.crt"), strangers.cert.pem()).unwrap();
    let reasons = |sealed: &Sealed| -> Vec<String> {
        sealed.of("gap").map(|gap| format!("{} {}", gap["reason"], gap["detail"])).collect()
    };
    let strange = seal(&desk);
    assert!(!reasons(&strange).is_empty());
    assert_eq!(
        strange.outcome_of_population("kubernetes-rbac/no-binding-to-everyone"),
        "undetermined",
        "{:?}",
        reasons(&strange)
    );
    fs::remove_file(account.join("token")).unwrap();
    let without = seal(&desk);
    assert!(reasons(&without).iter().any(|said| said.contains("unauthenticated")), "{:?}", reasons(&without));
    assert_eq!(without.outcome_of_population("kubernetes-rbac/no-binding-to-everyone"), "undetermined");
}

/// Who answers to a kubeconfig: by kubectl, and by `witnessmark preflight` of a target that names it or finds it in `KUBECONFIG`.
struct Both {
    kubectl: Result<String, String>,
    ours: Result<String, String>,
}

/// Both are asked; `list`: the files of `KUBECONFIG`, in place of one that the target names.
fn both(uid: &str, folder: &Path, first: &Path, list: Option<&str>) -> Both {
    let programs = testkit::system("WITNESSMARK_TEST_KUBERNETES");
    let mut kubectl = std::process::Command::new(Path::new(&programs).join("kubectl"));
    kubectl.args(["auth", "whoami", "-o", "jsonpath={.status.userInfo.username}"]).env_clear().env("HOME", folder);
    kubectl.stdin(std::process::Stdio::null()).current_dir(folder);
    // Nothing is sealed: no keys, and no ledger.
    let mut desk = Desk::bare();
    let settings = match list {
        Some(list) => {
            kubectl.env("KUBECONFIG", list);
            desk.set("KUBECONFIG", list);
            String::new()
        }
        None => {
            kubectl.arg("--kubeconfig").arg(first);
            format!(", kubeconfig: \"{}\"", first.display())
        }
    };
    fs::write(desk.path("witnessmark.yaml"), declaration(uid, &settings)).unwrap();
    let output = kubectl.output().unwrap();
    let said = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let kubectl = if output.status.success() { Ok(said(&output.stdout)) } else { Err(said(&output.stderr)) };
    let answer = desk.witnessmark(&["preflight", "--quiet", "--format", "json", "--deadline", "60"]);
    let of_target = answer.json()["targets"][0].clone();
    let ours = match of_target["caller"].as_str() {
        Some(caller) => Ok(caller.to_owned()),
        None => Err(of_target["failure"].as_str().unwrap_or_else(|| panic!("neither: {answer:?}")).to_owned()),
    };
    Both { kubectl, ours }
}

/// What is expected of a shape.
enum Expected {
    /// Both are this user.
    Same(&'static str),
    /// Neither asks anybody.
    Neither(&'static str),
    /// kubectl does, and this program says that it does not.
    Refused(&'static str),
}

#[test]
fn every_shape_of_kubeconfig_leads_to_whom_kubectl_is() {
    use Expected::{Neither, Refused, Same};
    let scratch = tempfile::tempdir().unwrap();
    let cluster = Cluster::start(scratch.path());
    let token = reader(&cluster);
    let _ = cluster.kubectl(&["create", "clusterrolebinding", "too", "--clusterrole=reader", "--user=collector"], "");
    let uid = uid(&cluster);
    let folder = scratch.path().join("shapes");
    fs::create_dir(&folder).unwrap();
    let other = "collector-test-token-000000000000";
    let (account, user, admin) = ("system:serviceaccount:default:reader", "collector", "test-admin");
    fs::write(folder.join("token"), format!("{token}\n")).unwrap();
    fs::write(folder.join("empty"), "\n").unwrap();
    for name in ["ca.crt", "admin.crt", "admin.key"] {
        fs::copy(cluster.file(name), folder.join(name)).unwrap();
    }
    executable(
        &folder.join("plugin.sh"),
        &format!(
            "#!/bin/sh\necho '{{\"apiVersion\": \"client.authentication.k8s.io/v1\", \"kind\": \"ExecCredential\", \"status\": {{\"token\": \"{token}\"}}}}'\n"
        ),
    );
    let data = |name: &str| {
        use base64::Engine as _;
        base64::engine::general_purpose::STANDARD.encode(fs::read(folder.join(name)).unwrap())
    };
    let (certificate, key, authority) = (data("admin.crt"), data("admin.key"), data("ca.crt"));
    let plugin = "exec: {apiVersion: client.authentication.k8s.io/v1, command: ./plugin.sh, interactiveMode: Never}";
    let url = cluster.url();
    let usual = format!("{{server: \"{url}\", certificate-authority: ca.crt}}");
    let config = |cluster: &str, user: &str| {
        format!(
            "apiVersion: v1\nkind: Config\nclusters: [{{name: k, cluster: {cluster}}}]\nusers: [{{name: u, user: {user}}}]\n\
             contexts: [{{name: c, context: {{cluster: k, user: u}}}}]\ncurrent-context: c\n"
        )
    };
    let by_user: Vec<(String, Expected)> = vec![
        (format!("{{token: {other}}}"), Same(user)),
        ("{tokenFile: token}".to_owned(), Same(account)),
        (format!("{{token: {other}, tokenFile: token}}"), Same(account)),
        (format!("{{token: {other}, tokenFile: empty}}"), Same(user)),
        (format!("{{token: {other}, tokenFile: nowhere}}"), Same(user)),
        ("{tokenFile: nowhere}".to_owned(), Neither("cannot be used")),
        (format!("{{token: {other}, tokenFile: \"\"}}"), Same(user)),
        (format!("{{token: \"\", username: \"\", {plugin}}}"), Same(account)),
        (format!("{{token: {other}, {plugin}}}"), Same(user)),
        (format!("{{tokenFile: token, {plugin}}}"), Same(account)),
        (format!("{{client-certificate: admin.crt, client-key: admin.key, {plugin}}}"), Same(admin)),
        ("{client-certificate: admin.crt, client-key: admin.key}".to_owned(), Same(admin)),
        (format!("{{client-certificate-data: {certificate}, client-key-data: {key}}}"), Same(admin)),
        (format!("{{client-certificate: admin.crt, client-key: admin.key, token: {other}}}"), Same(admin)),
        (
            format!("{{client-certificate: admin.crt, client-certificate-data: {certificate}, client-key: admin.key}}"),
            Neither("both given"),
        ),
        ("{client-certificate: admin.crt}".to_owned(), Neither("no key")),
        (format!("{{client-key: nowhere, token: {other}}}"), Same(user)),
        (format!("{{username: a, password: b, token: {other}}}"), Neither("password and a token")),
        ("{username: a, password: b, tokenFile: token}".to_owned(), Neither("password and a token")),
        (
            "{exec: {apiVersion: client.authentication.k8s.io/v1, command: ./plugin.sh}}".to_owned(),
            Neither("interactiveMode"),
        ),
        ("{auth-provider: {name: gcp}}".to_owned(), Neither("auth-provider")),
        ("{client-certificate: admin.crt, client-key: admin.key, as: collector}".to_owned(), Refused("impersonates")),
    ];
    let mut shapes: Vec<(String, String, Expected)> =
        by_user.into_iter().map(|(shape, expected)| (shape.clone(), config(&usual, &shape), expected)).collect();
    let asked = format!("{{token: {other}}}");
    let bare = url.trim_start_matches("https://");
    let by_cluster: Vec<(String, Expected)> = vec![
        (format!("{{server: \"{url}/\", certificate-authority: ca.crt}}"), Same(user)),
        // Plain HTTP to both, whatever the authority: the server refuses that.
        (format!("{{server: \"{bare}\", certificate-authority: ca.crt}}"), Neither("HTTP request to an HTTPS server")),
        (format!("{{server: \"{bare}\", insecure-skip-tls-verify: true}}"), Neither("insecure-skip-tls-verify")),
        (format!("{{server: \"{url}\", certificate-authority-data: {authority}}}"), Same(user)),
        (
            format!("{{server: \"{url}\", certificate-authority: \"\", certificate-authority-data: {authority}}}"),
            Same(user),
        ),
        (
            format!("{{server: \"{url}\", certificate-authority: ca.crt, certificate-authority-data: {authority}}}"),
            Neither("both given"),
        ),
        (format!("{{server: \"{url}\", certificate-authority: nowhere}}"), Neither("cannot be read")),
        (format!("{{server: \"{url}\", certificate-authority: ca.crt, tls-server-name: localhost}}"), Same(user)),
        (
            format!("{{server: \"{url}\", certificate-authority: ca.crt, tls-server-name: other.example}}"),
            Neither("TLS"),
        ),
        (format!("{{server: \"{url}\", insecure-skip-tls-verify: true}}"), Refused("insecure-skip-tls-verify")),
        (
            format!("{{server: \"{url}\", certificate-authority: ca.crt, proxy-url: \"socks5://127.0.0.1:9\"}}"),
            Neither("socks5"),
        ),
        (
            format!("{{server: \"{url}\", certificate-authority: ca.crt, proxy-url: \"127.0.0.1:9\"}}"),
            Neither("proxy-url"),
        ),
    ];
    shapes.extend(by_cluster.into_iter().map(|(shape, expected)| (shape.clone(), config(&shape, &asked), expected)));
    let whole = config(&usual, &asked);
    shapes.extend([
        ("a mark of byte order".to_owned(), format!("\u{feff}{whole}"), Same(user)),
        ("a second document".to_owned(), format!("{whole}---\ncurrent-context: gone\n"), Same(user)),
        (
            "a user that is not there".to_owned(),
            whole.replace("users: [{name: u", "users: [{name: v"),
            Neither("not there"),
        ),
        (
            "a context that is not there".to_owned(),
            whole.replace("current-context: c", "current-context: d"),
            Neither("no context `d`"),
        ),
        (
            "twice the same user".to_owned(),
            whole.replace("users: [", "users: [{name: u, user: {token: x}}, "),
            Neither("twice"),
        ),
        (
            "no current context".to_owned(),
            whole.replace("current-context: c\n", ""),
            Neither("no context as the current one"),
        ),
    ]);
    let mut wrong = Vec::new();
    let mut judge = |shape: &str, found: Both, expected: Expected| {
        let fits = match (&expected, &found.kubectl, &found.ours) {
            (Same(who), Ok(kubectl), Ok(ours)) => kubectl == who && ours == who,
            (Neither(words), Err(_), Err(ours)) => ours.contains(words),
            (Refused(words), Ok(_), Err(ours)) => ours.contains(words),
            _ => false,
        };
        if !fits {
            wrong.push(format!("{shape}: kubectl {:?}, ours {:?}", found.kubectl, found.ours));
        }
    };
    for (at, (shape, text, expected)) in shapes.into_iter().enumerate() {
        let path = folder.join(format!("{at}.kubeconfig"));
        fs::write(&path, text).unwrap();
        judge(&shape, both(&uid, &folder, &path, None), expected);
    }
    // Lists of files: some are not there, some say nothing, and of each name the first one counts.
    let file = |name: &str, text: &str| {
        let path = folder.join(name);
        fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let (nowhere, whole) = (folder.join("none").display().to_string(), file("whole", &whole));
    let blank = file("blank", "apiVersion: v1\nkind: Config\ncurrent-context: \"\"\n");
    let first = file("first", "users: [{name: u, user: {tokenFile: token}}]\n");
    let broken = file("broken", "clusters: {\n");
    for (list, expected) in [
        (format!("{nowhere}:{whole}"), Same(user)),
        (format!("{blank}:{whole}"), Same(user)),
        (format!(":{whole}:{whole}:"), Same(user)),
        (format!("{first}:{whole}"), Same(account)),
        (format!("{whole}:{first}"), Same(user)),
        (format!("{whole}:{broken}"), Neither("cannot be read")),
    ] {
        judge(&list, both(&uid, &folder, &folder, Some(&list)), expected);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
