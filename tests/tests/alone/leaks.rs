//! What must not leak. The programs that a run starts see of it no passphrase, no PIN, no descriptor that was opened for the run; and a
//! secret that somebody wrote into a tag is masked in the evidence, which costs nothing but that tag.
//!
//! Each of the programs prints its environment, whatever it can read from its descriptors, and the environment of the process that started it.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use fakes::aws::{AwsFake, Size, World};
use fakes::kubernetes::K8sFake;
use testkit::{Server, executable};
use workspace_tests::desk::{Desk, Sealed, program, template};

const PASSPHRASE: &str = "canary of the passphrase";
const PIN: &str = "canary-pin-7391";
const FOURTH: &str = "canary of another descriptor";

/// A program that notes what it sees, and then does `rest`.
fn spy(desk: &Desk, name: &str, rest: &str) -> String {
    let path = desk.path(name);
    let seen = desk.path(&format!("{name}.seen"));
    executable(
        &path,
        &format!(
            "#!/bin/sh\n{{ env; for at in /proc/$$/fd/*; do n=${{at##*/}}; [ \"$n\" -lt 3 ] && continue; echo \"open $n $(readlink \"$at\")\"; \
             case $(readlink \"$at\") in *.seen|*/{name}) ;; *) timeout 2 cat \"$at\" ;; esac; done; tr '\\0' '\\n' <\"/proc/$PPID/environ\"; }} \
             >>'{}' 2>&1\n{rest}\n",
            seen.display()
        ),
    );
    path.display().to_string()
}

fn declaration(desk: &Desk, kubeconfig: &Path, own: &str) -> String {
    format!(
        "witnessmark: 1\nentity: Northbank Custody Ltd\nsystem: {{id: hot-wallet}}\ntargets:\n  \
         - {{id: aws-prod, collector: aws-kms, account: \"111122223333\", regions: [eu-west-1]}}\n  \
         - {{id: cluster, collector: kubernetes-rbac, uid: 9b2f8f0e-0000-4000-8000-000000000001, kubeconfig: \"{}\", authorizers: [Node, RBAC]}}\n  \
         - {{id: own, collector: exec, name: own, identity: x, program: \"{own}\"}}\n  \
         - {{id: vault, collector: pkcs11, module: \"{}\", token: treasury, serial: \"1\"}}\n\
         controls:\n  - {{id: KEYS, title: Keys rotate, checks: [{{use: aws-kms/key-rotates}}]}}\n",
        kubeconfig.display(),
        desk.path("nothing.so").display()
    )
}

#[test]
fn programs_see_neither_passphrase_nor_pin() {
    let server = Server::http(AwsFake::new(World::new(Size::SMALL)));
    let cluster = Server::https(K8sFake::small());
    let mut desk = Desk::bare();
    desk.set("WITNESSMARK_PASSPHRASE", PASSPHRASE);
    desk.set("WITNESSMARK_TEST_SEEN", "visible");
    for command in
        [&["keys", "new", "--out", "keys", "--origin", "northbank.example/hot-wallet"][..], &["ledger", "init"]]
    {
        let answer = desk.witnessmark(command);
        assert_eq!(answer.code, 0, "{answer:?}");
    }
    let credentials = r#"{"Version": 1, "AccessKeyId": "AKIAIOSFODNN7EXAMPLE", "SecretAccessKey": "zzzz0000zzzz0000zzzz0000zzzz0000zzzz0000"}"#;
    let process = spy(&desk, "process", &format!("echo '{credentials}'"));
    fs::write(desk.path("aws"), format!("[default]\nregion = eu-west-1\ncredential_process = {process}\n"))
        .expect("a profile");
    desk.set("AWS_CONFIG_FILE", &desk.path("aws").display().to_string());
    desk.set("AWS_ENDPOINT_URL", &server.url());
    let plugin = spy(&desk, "plugin", "exit 1");
    let kubeconfig = desk.path("kubeconfig");
    fs::write(
        &kubeconfig,
        format!(
            "apiVersion: v1\nkind: Config\nclusters: [{{name: c, cluster: {{server: \"{}\", certificate-authority-data: {}}}}}]\ncontexts: [{{name: c, context: {{cluster: c, user: u}}}}]\n\
             current-context: c\nusers:\n  - name: u\n    user:\n      exec: {{apiVersion: client.authentication.k8s.io/v1, command: \"{plugin}\", interactiveMode: Never}}\n",
            cluster.url(),
            STANDARD.encode(cluster.roots().expect("a server with TLS"))
        ),
    )
    .expect("a kubeconfig");
    let own = spy(&desk, "own", "exit 1");
    fs::write(desk.path("witnessmark.yaml"), declaration(&desk, &kubeconfig, &own)).expect("a declaration");
    fs::write(desk.path("pin"), format!("{PIN}\n")).expect("a PIN");
    fs::write(desk.path("fourth"), FOURTH).expect("a file");

    let line = format!(
        "exec '{}' run --quiet --format json --allow-rehearsal --pin-descriptor vault=3 3<pin 4<fourth",
        program("witnessmark").display()
    );
    let output = desk.command(Path::new("/bin/sh")).args(["-c", &line]).output().expect("a shell");
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("\"index\""), "{said}");
    for name in ["process", "plugin", "own"] {
        let seen = fs::read_to_string(desk.path(&format!("{name}.seen")))
            .unwrap_or_else(|error| panic!("{name}: {error}: {said}"));
        // It did see something: its environment. A library starts the first of them with all of ours.
        let ours = seen.contains("WITNESSMARK_TEST_SEEN=visible") || name != "process";
        assert!(seen.contains("PATH=") && ours, "{name}: {seen}");
        for secret in [PASSPHRASE, PIN, FOURTH] {
            assert!(!seen.contains(secret), "{name} sees `{secret}`: {seen}");
        }
    }
    for secret in [PASSPHRASE, PIN] {
        assert!(!said.contains(secret), "{said}");
    }
}

fn sealed_of(world: World) -> (Desk, Sealed) {
    let server = Server::http(AwsFake::new(world));
    let mut desk = Desk::new(&template("111122223333", "[eu-west-1]"));
    desk.aws(&server.url(), "AKIAEXAMPLE000000000", "an example of a secret key");
    let (_, sealed) = desk.seal();
    (desk, sealed)
}

fn outcomes(sealed: &Sealed) -> BTreeMap<String, String> {
    sealed.findings().into_iter().map(|one| (one.key, one.outcome)).collect()
}

#[test]
fn a_secret_in_a_tag_blinds_nobody() {
    const SECRET: &str = "login with password=see-vault-path";
    let (_, usual) = sealed_of(World::new(Size::SMALL));
    let mut world = World::new(Size::SMALL);
    let role = world.roles.first_mut().expect("a role");
    role.tags.push(("note".to_owned(), SECRET.to_owned()));
    let region = world.kms.get_mut("eu-west-1").expect("a region");
    let key = region.keys.first_mut().expect("a key");
    key.tags.push(("password".to_owned(), SECRET.to_owned()));
    let (desk, sealed) = sealed_of(world);

    // The tags were not read, of those two alone.
    let gaps = |sealed: &Sealed| -> Vec<String> {
        let named = |gap: &serde_json::Value| format!("{} {} {}", gap["reason"], gap["subject"]["kind"], gap["part"]);
        sealed.of("gap").map(named).collect()
    };
    let mut new = gaps(&sealed);
    for gap in gaps(&usual) {
        let at = new.iter().position(|one| *one == gap).expect("a gap that was there before");
        new.remove(at);
    }
    new.sort();
    let of = |kind: &str| format!("\"withheld-secret\" \"{kind}\" \"tags\"");
    assert_eq!(new, [of("aws-iam/role"), of("aws-kms/key")]);
    // Whatever rests on them is not judged, and all the rest is, as before.
    let (before, after) = (outcomes(&usual), outcomes(&sealed));
    assert_eq!(before.keys().collect::<Vec<_>>(), after.keys().collect::<Vec<_>>());
    let other: Vec<_> = after.iter().filter(|(key, outcome)| before.get(*key) != Some(*outcome)).collect();
    assert!(other.iter().all(|(_, outcome)| *outcome == "undetermined") && other.len() <= 2, "{other:?}");
    for (name, bytes) in &sealed.files {
        assert!(!String::from_utf8_lossy(bytes).contains("see-vault-path"), "{name}");
    }

    let (index, trust) = (sealed.index.to_string(), ["--trust", "keys/trust.json", "--allow-rehearsal"]);
    let answer = desk.witnessmark(&["export", "--bundle", &index, "--out", "b.tar"]);
    assert_eq!(answer.code, 0, "{answer:?}");
    let accepted = desk.verify(&[&["b.tar"][..], &trust].concat());
    assert!(accepted.code == 0 && accepted.stdout.contains("2 texts in 2 answers"), "{accepted:?}");
    let again = desk.verify(&[&["reassess", "b.tar"][..], &trust].concat());
    // All is judged again and comes out the same; what was computed from the masked answer cannot be computed again.
    assert_eq!(again.code, 21, "{again:?}");
    assert!(again.stdout.starts_with("Not everything could be judged or compared again: "), "{again:?}");
    let (said, findings) = (again.stdout.split_whitespace().collect::<Vec<_>>().join(" "), sealed.findings().len());
    for words in [
        format!(
            "{findings} of {findings} findings were judged again: {findings} have the sealed outcome, 0 have another"
        ),
        "are the sealed ones, 0 differ, 12 could not be computed again".to_owned(),
        "12 aws-iam/permissions of target `aws-prod` could not be computed again".to_owned(),
        "of the answer is masked: it seems to hold a secret".to_owned(),
        "facts were compared with the answers they stand in, 0 of them differ".to_owned(),
    ] {
        assert!(said.contains(&words), "`{words}`: {again:?}");
    }
}
