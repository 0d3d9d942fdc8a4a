//! The chart of `deploy/helm`: as helm, kubeconform and a real API server read it, and a run as its account.
//!
//! kubeconform's own schemas lie on a code host that no test asks; it is given those that the API server publishes of itself.

#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "helpers of tests may stop at the first surprise"
)]

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use testkit::system;
use workspace_tests::cluster::Cluster;
use workspace_tests::desk::{Answer, Desk, Sealed};
use workspace_tests::root;

const NAMESPACE: &str = "witnessmark";
/// What everybody has to say.
const IMAGE: [&str; 4] = [
    "--set=image.repository=registry.example.com/witnessmark",
    "--set=image.digest=sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
    "--namespace",
    NAMESPACE,
];
/// All that can be said.
const EVERYTHING: [&str; 11] = [
    "--set=cluster.read=true",
    "--set=failOn=new",
    "--set=schedule=@hourly",
    "--set=state.size=20Gi",
    "--set=state.storageClass=fast",
    "--set=image.pullSecrets[0].name=registry",
    "--set=env[0].name=AWS_REGION,env[0].value=eu-west-1",
    "--set=serviceAccount.annotations.eks\\.amazonaws\\.com/role-arn=arn:aws:iam::111122223333:role/witnessmark",
    "--set=nodeSelector.pool=custody",
    "--set=tolerations[0].key=custody,tolerations[0].operator=Exists",
    "--set=resources.limits.memory=2Gi",
];

fn fed(command: &mut Command, input: &str) -> Answer {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    Answer::of(&child.wait_with_output().unwrap())
}

/// helm with nothing of the machine's own.
fn helm(arguments: &[&str], more: &[&str]) -> Answer {
    let home = tempfile::tempdir().unwrap();
    let mut command = Command::new(Path::new(&system("WITNESSMARK_TEST_HELM")).join("helm"));
    let _ = command.env_clear().env("HOME", home.path()).current_dir(root().join("deploy/helm"));
    fed(command.args(arguments).args(more), "")
}

fn rendered(more: &[&str]) -> String {
    let answer = helm(&["template", "custody", "witnessmark"], &[&IMAGE[..], more].concat());
    assert_eq!(answer.code, 0, "{answer:?}");
    answer.stdout
}

/// Objects that kubectl printed, one after the other or in a list.
fn objects(text: &str) -> Vec<Value> {
    let all = serde_json::Deserializer::from_str(text).into_iter::<Value>().map(Result::unwrap);
    all.flat_map(|one| one.get("items").and_then(Value::as_array).cloned().unwrap_or_else(|| vec![one.clone()]))
        .collect()
}

fn of_kind<'a>(objects: &'a [Value], kind: &str) -> &'a Value {
    let mut found = objects.iter().filter(|one| one["kind"] == kind);
    let one = found.next().unwrap_or_else(|| panic!("no {kind}"));
    assert!(found.next().is_none(), "two {kind}");
    one
}

#[test]
fn helm_finds_nothing_wrong_and_refuses_wrong_values() {
    for more in [&[][..], &EVERYTHING[..]] {
        let answer = helm(&["lint", "--strict", "witnessmark"], &[&IMAGE[..2], more].concat());
        assert_eq!(answer.code, 0, "{answer:?}");
    }
    let refused = |more: &[&str], word: &str| {
        let answer = helm(&["template", "custody", "witnessmark"], more);
        assert!(answer.code != 0 && answer.stderr.contains(word), "{more:?}: {answer:?}");
    };
    // An image is named, by digest.
    refused(&[], "digest");
    for (wrong, word) in [
        // A local time has days with two 02:30 and days with none.
        ("--set=schedule=CRON_TZ=Europe/Berlin 17 3 * * *", "schedule"),
        ("--set=backoffLimit=3", "backoffLimit"),
        ("--set=image.tag=latest", "tag"),
        ("--set=failOn=nothing", "failOn"),
        ("--set=startingDeadlineSeconds=5", "startingDeadlineSeconds"),
        ("--set-string=cluster.read=yes", "read"),
    ] {
        refused(&[&IMAGE[..], &[wrong]].concat(), word);
    }
}

/// The schemas of what the API server knows, closed: a member that it does not know is an error.
fn schemas(cluster: &Cluster, folder: &Path) {
    let mut known: Value = serde_json::from_str(&cluster.kubectl(&["get", "--raw", "/openapi/v2"], "")).unwrap();
    let definitions = known["definitions"].as_object_mut().unwrap();
    for (name, schema) in definitions.iter_mut() {
        match name.as_str() {
            "io.k8s.apimachinery.pkg.util.intstr.IntOrString" => *schema = json!({"type": ["string", "integer"]}),
            "io.k8s.apimachinery.pkg.api.resource.Quantity" => *schema = json!({"type": ["string", "number"]}),
            _ if schema.get("properties").is_some() => schema["additionalProperties"] = false.into(),
            _ => {}
        }
    }
    for name in [
        "core.v1.ServiceAccount",
        "core.v1.PersistentVolumeClaim",
        "batch.v1.CronJob",
        "rbac.v1.ClusterRole",
        "rbac.v1.ClusterRoleBinding",
    ] {
        let reference = format!("io.k8s.api.{name}");
        assert!(definitions.contains_key(&reference), "{name}");
        let schema = json!({"$ref": format!("#/definitions/{reference}"), "definitions": definitions});
        let kind = name.rsplit('.').next().unwrap().to_lowercase();
        fs::write(folder.join(format!("{kind}.json")), schema.to_string()).unwrap();
    }
}

fn kubeconform(schemas: &Path, manifests: &str) -> Answer {
    let mut command = Command::new(Path::new(&system("WITNESSMARK_TEST_KUBECONFORM")).join("kubeconform"));
    let location = format!("{}/{{{{ .ResourceKind }}}}.json", schemas.display());
    fed(command.env_clear().args(["-strict", "-summary", "-schema-location", &location, "-"]), manifests)
}

/// What keeps one run one run, and a pod that was taken over small.
fn is_one_run(objects: &[Value], token: bool) {
    let job = &of_kind(objects, "CronJob")["spec"];
    assert_eq!((&job["concurrencyPolicy"], &job["timeZone"]), (&"Forbid".into(), &"Etc/UTC".into()));
    assert_eq!(job["startingDeadlineSeconds"], 21600);
    let template = &job["jobTemplate"]["spec"];
    assert_eq!(template["backoffLimit"], 0);
    assert!(template.get("podFailurePolicy").is_none() && template["activeDeadlineSeconds"].is_u64());
    let pod = &template["template"]["spec"];
    assert_eq!((&pod["restartPolicy"], &pod["terminationGracePeriodSeconds"]), (&"Never".into(), &120.into()));
    assert_eq!(pod["automountServiceAccountToken"], token);
    assert_eq!(of_kind(objects, "ServiceAccount")["automountServiceAccountToken"], token);
    let security = &pod["securityContext"];
    assert_eq!((&security["runAsNonRoot"], &security["runAsUser"]), (&true.into(), &65532.into()));
    assert_eq!(security["seccompProfile"]["type"], "RuntimeDefault");
    let [container] = pod["containers"].as_array().unwrap().as_slice() else { panic!("{pod}") };
    let closed =
        json!({"allowPrivilegeEscalation": false, "readOnlyRootFilesystem": true, "capabilities": {"drop": ["ALL"]}});
    assert_eq!(container["securityContext"], closed);
    assert!(container["image"].as_str().unwrap().contains("@sha256:"));
    let writable = container["volumeMounts"].as_array().unwrap().iter().filter(|mount| mount["readOnly"] != true);
    assert_eq!(writable.map(|mount| mount["name"].as_str().unwrap()).collect::<Vec<_>>(), ["state", "tmp"]);
    // No secret reaches the program by its arguments or variables that others can list.
    assert!(
        !container["args"].to_string().contains("secret")
            && container["env"].to_string().matches("PASSPHRASE").count() == 0
    );
    let claim = of_kind(objects, "PersistentVolumeClaim");
    assert_eq!(claim["spec"]["accessModes"], json!(["ReadWriteOncePod"]));
    assert_eq!(claim["metadata"]["annotations"]["helm.sh/resource-policy"], "keep");
}

/// The commands that the page says, with this cluster.
fn follow(cluster: &Cluster, begins: &str) {
    let page = fs::read_to_string(root().join("deploy/README.md")).unwrap();
    let blocks = page.split("```sh\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    let text = blocks.filter(|block| block.starts_with(begins)).collect::<Vec<_>>();
    let [text] = text.as_slice() else { panic!("{begins}: {text:?}") };
    let answer = Command::new("/bin/sh")
        .env("PATH", format!("{}:/usr/bin:/bin", system("WITNESSMARK_TEST_KUBERNETES")))
        .env("KUBECONFIG", cluster.admin())
        .args(["-euc", text])
        .output()
        .unwrap();
    assert!(answer.status.success(), "{begins}: {answer:?}");
}

#[test]
fn the_chart_is_what_a_real_api_server_takes_and_its_account_may_read_what_is_printed() {
    let scratch = tempfile::tempdir().unwrap();
    let cluster = Cluster::start(scratch.path());
    let _ = cluster.kubectl(&["create", "namespace", NAMESPACE], "");
    schemas(&cluster, scratch.path());
    let dry_run = ["apply", "--dry-run=server", "--validate=strict", "-o", "json", "-f", "-"];
    for (more, count, token) in [(&[][..], 3, false), (&EVERYTHING[..], 5, true)] {
        let manifests = rendered(more);
        let answer = kubeconform(scratch.path(), &manifests);
        assert_eq!(answer.code, 0, "{answer:?}");
        assert!(answer.stdout.contains(&format!("Valid: {count}, Invalid: 0, Errors: 0, Skipped: 0")), "{answer:?}");
        let taken = objects(&cluster.kubectl(&dry_run, &manifests));
        assert_eq!(taken.len(), count, "{taken:#?}");
        is_one_run(&taken, token);
    }
    // It would say what is wrong.
    let wrong = rendered(&[]).replace("concurrencyPolicy:", "concurencyPolicy:");
    let answer = kubeconform(scratch.path(), &wrong);
    assert!(answer.code != 0 && answer.stdout.contains("concurencyPolicy"), "{answer:?}");
    // A claim that is there is used, and none is made.
    let own = rendered(&["--set=state.existingClaim=evidence"]);
    assert!(!own.contains("PersistentVolumeClaim\n") && own.contains("claimName: evidence"), "{own}");

    let _ = cluster.kubectl(&["apply", "-f", "-"], &rendered(&["--set=cluster.read=true"]));
    let arguments = a_run_as_its_account(&cluster);
    jobs_by_hand(&cluster, &arguments);
}

/// The role in the cluster has the printed rules and no other, and with the token of its account the pod's command line reads the cluster.
/// Returns that line.
fn a_run_as_its_account(cluster: &Cluster) -> Vec<String> {
    let uid = cluster.kubectl(&["get", "namespace", "kube-system", "-o", "jsonpath={.metadata.uid}"], "");
    let declared = |kubeconfig: &str| {
        format!(
            "witnessmark: 1\nentity: Northbank Custody Ltd\nsystem: {{id: hot-wallet}}\ntargets:\n  - {{id: signing, collector: kubernetes-rbac, \
             uid: {uid}, kubeconfig: \"{kubeconfig}\", authorizers: [Node, RBAC]}}\ncontrols:\n  - id: K8S-REACH\n    title: Bindings lead somewhere\n    \
             checks: [{{use: kubernetes-rbac/no-dangling-bindings}}]\n"
        )
    };
    let desk = Desk::new(&declared("not-yet"));
    let printed = desk.witnessmark(&["rights", "--format", "cluster-role"]);
    assert_eq!(printed.code, 0, "{printed:?}");
    let file = fs::read_to_string(root().join("deploy/helm/witnessmark/files/cluster-role.yaml")).unwrap();
    assert_eq!(printed.stdout, file, "deploy/helm/witnessmark/files/cluster-role.yaml");
    let _ = cluster.kubectl(&["apply", "-f", "-"], &printed.stdout);
    let got = |kind: &str, name: &str| {
        let arguments = ["get", kind, name, "--namespace", NAMESPACE, "-o", "json"];
        objects(&cluster.kubectl(&arguments, "")).remove(0)
    };
    let ours = "witnessmark-custody-witnessmark";
    assert_eq!(got("clusterrole", ours)["rules"], got("clusterrole", "witnessmark")["rules"]);
    let subject = json!([{"kind": "ServiceAccount", "name": "custody-witnessmark", "namespace": NAMESPACE}]);
    assert_eq!(got("clusterrolebinding", ours)["subjects"], subject);
    let _ = cluster.kubectl(&["delete", "-f", "-"], &printed.stdout);

    let kubeconfig = cluster.service_account(NAMESPACE, "custody-witnessmark");
    fs::write(desk.path("witnessmark.yaml"), declared(kubeconfig.to_str().unwrap())).unwrap();
    private(&desk, "passphrase");
    let job = got("cronjob", "custody-witnessmark");
    let arguments = of_container(&job["spec"]["jobTemplate"]["spec"]);
    let answer = here(&desk, &arguments);
    // Loopback is nobody's cluster: a rehearsal.
    assert_eq!(answer.code, 4, "{answer:?}");
    let sealed = Sealed::read(&desk.path("evidence/bundles"), 0);
    assert_eq!(sealed.of("gap").count(), 0, "{answer:?}\n{:#?}", sealed.of("gap").collect::<Vec<_>>());
    assert!(sealed.of("derived").any(|one| one["kind"] == "kubernetes-rbac/subject"), "{answer:?}");
    arguments
}

/// The first commands on the volume and a run by hand, as the page says them: Jobs of the same pod, which are not tried again either.
fn jobs_by_hand(cluster: &Cluster, of_a_run: &[String]) {
    follow(cluster, "job() {");
    let jobs = objects(&cluster.kubectl(&["get", "jobs", "--namespace", NAMESPACE, "-o", "json"], ""));
    let arguments = |name: &str| {
        let job = jobs.iter().find(|job| job["metadata"]["name"] == name);
        let spec = &job.unwrap_or_else(|| panic!("{name}: {jobs:#?}"))["spec"];
        let again = (&spec["backoffLimit"], &spec["template"]["spec"]["restartPolicy"]);
        assert_eq!(again, (&0.into(), &"Never".into()), "{name}");
        of_container(spec)
    };
    assert_eq!(arguments("witnessmark-now"), of_a_run);
    let desk = Desk::bare();
    private(&desk, "passphrase");
    for name in ["witnessmark-keys", "witnessmark-ledger", "witnessmark-trust"] {
        let answer = here(&desk, &arguments(name));
        assert_eq!(answer.code, 0, "{name}: {answer:?}");
        if name == "witnessmark-trust" {
            assert_eq!(answer.stdout, fs::read_to_string(desk.path("keys/trust.json")).unwrap());
        }
    }
    assert!(desk.path("evidence").is_dir());
}

fn of_container(job: &Value) -> Vec<String> {
    let arguments = job["template"]["spec"]["containers"][0]["args"].as_array().unwrap();
    arguments.iter().map(|one| one.as_str().unwrap().to_owned()).collect()
}

fn private(desk: &Desk, name: &str) {
    fs::write(desk.path(name), "correct horse battery").unwrap();
    fs::set_permissions(desk.path(name), fs::Permissions::from_mode(0o600)).unwrap();
}

/// A command line of the pod, with the desk in the place of its volumes.
fn here(desk: &Desk, arguments: &[String]) -> Answer {
    let volumes = ["/etc/witnessmark/", "/var/lib/witnessmark/", "/run/witnessmark/"];
    let arguments: Vec<String> =
        arguments.iter().map(|one| volumes.iter().fold(one.clone(), |text, volume| text.replace(volume, ""))).collect();
    desk.plainly(&arguments.iter().map(String::as_str).collect::<Vec<_>>())
}
