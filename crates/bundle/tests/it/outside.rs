//! Outside verifiers on our files: stock cosign 3.1.3 and sigstore-js verify signature and place in
//! the ledger offline, without an `--insecure` flag, and refuse what was altered; the reference in Go
//! reads our checkpoints. The command is the one of `docs/spec/bundle.md`.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use crate::common::{Ledger, ORIGIN, public};
use sign::{Signer as _, public_pem};
use witnessmark_bundle::layout;
use witnessmark_bundle::trust::Trust;

/// A component that `./scripts/test` installs.
fn component(variable: &str, name: &str) -> PathBuf {
    std::env::var_os(variable)
        .map(PathBuf::from)
        .unwrap_or_else(|| panic!("this test needs {name}: `./scripts/test` installs it and sets {variable}"))
}

fn cosign(folder: &Path, subject: &str) -> Output {
    Command::new(component("WITNESSMARK_TEST_COSIGN", "cosign 3.1.3"))
        .current_dir(folder)
        // Nothing of the user's own configuration or cache, and no network to fall back to.
        .env_clear()
        .env("HOME", folder)
        .env("HTTPS_PROXY", "http://127.0.0.1:9")
        .args([
            "verify-blob-attestation",
            "--key",
            "collector.pub.pem",
            "--bundle",
            layout::STATEMENT,
            "--trusted-root",
            "trusted_root.json",
            "--type",
            witnessmark_bundle::statement::PREDICATE_TYPE,
            subject,
        ])
        .output()
        .unwrap()
}

fn sigstore_js(folder: &Path) -> Output {
    let installed = component("WITNESSMARK_TEST_SIGSTORE_JS", "sigstore-js");
    Command::new("node")
        .current_dir(folder)
        .arg(installed.join("verify.mjs"))
        .args([layout::STATEMENT, "collector.pub.pem", "trusted_root.json"])
        .output()
        .expect("this test needs Node.js 20 or newer")
}

fn write(ledger: &Ledger, index: usize, folder: &Path) {
    let trust = Trust::new(ORIGIN, public(&ledger.log), public(&ledger.collector)).unwrap();
    let sealed = &ledger.bundles[index];
    for (name, content) in [
        ("collector.pub.pem", public_pem(&ledger.collector).into_bytes()),
        ("trusted_root.json", trust.trusted_root().unwrap().into_bytes()),
        (layout::STATEMENT, sealed.sealed.render().into_bytes()),
        (layout::LEAVES, sealed.leaves.clone()),
        (layout::RECORDS, sealed.records.clone()),
    ] {
        std::fs::write(folder.join(name), content).unwrap();
    }
}

#[test]
fn accepts_every_bundle_of_a_ledger() {
    let mut ledger = Ledger::new();
    for index in 0..5 {
        ledger.seal();
        let folder = tempfile::tempdir().unwrap();
        write(&ledger, index, folder.path());
        for subject in [layout::LEAVES, layout::RECORDS] {
            let output = cosign(folder.path(), subject);
            assert!(output.status.success(), "bundle {index}: {output:?}");
        }
        let output = sigstore_js(folder.path());
        assert!(output.status.success(), "bundle {index}: {output:?}");
    }
}

#[test]
fn refuses_what_was_altered() {
    let mut ledger = Ledger::new();
    ledger.seal();
    ledger.seal();
    ledger.seal();
    let folder = tempfile::tempdir().unwrap();
    let statement = folder.path().join(layout::STATEMENT);
    let refused = |what: &str| {
        let output = cosign(folder.path(), layout::LEAVES);
        assert!(!output.status.success(), "{what}: {output:?}");
    };

    write(&ledger, 2, folder.path());
    std::fs::write(folder.path().join(layout::LEAVES), b"0\n").unwrap();
    refused("other leaves");

    let good = ledger.bundles[2].sealed.clone();
    let mut altered = vec![("signature", good); 4];
    altered[0].1.envelope.signature[0] ^= 1;
    altered[1].0 = "proof";
    altered[1].1.position.proof.clear();
    altered[2].0 = "index";
    altered[2].1.position.index = 1;
    altered[3].0 = "root";
    altered[3].1.position.root = model::Digest::of(b"other");
    for (what, sealed) in altered {
        write(&ledger, 2, folder.path());
        std::fs::write(&statement, sealed.render()).unwrap();
        refused(what);
        // sigstore-js takes the root from the checkpoint and does not look at the member.
        if what != "root" {
            let output = sigstore_js(folder.path());
            assert!(!output.status.success(), "{what}: {output:?}");
        }
    }

    write(&ledger, 2, folder.path());
    std::fs::write(folder.path().join("collector.pub.pem"), public_pem(&ledger.log)).unwrap();
    refused("another signer");

    write(&ledger, 2, folder.path());
    let strangers = Trust::new(ORIGIN, public(&ledger.collector), public(&ledger.log)).unwrap();
    std::fs::write(folder.path().join("trusted_root.json"), strangers.trusted_root().unwrap()).unwrap();
    refused("another ledger key");
}

#[test]
fn the_reference_reads_our_checkpoint() {
    let mut ledger = Ledger::new();
    ledger.seal();
    let oracle = component("WITNESSMARK_TEST_ORACLE", "the Go oracle");
    let key = ledger.log_key();
    let public_key: String = key.public_key().as_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    let vkey = Command::new(&oracle).args(["vkey", ORIGIN, &public_key]).output().unwrap();
    let vkey = String::from_utf8(vkey.stdout).unwrap();
    let parse = |text: &str| {
        let mut child = Command::new(&oracle)
            .args(["parse", vkey.trim(), ORIGIN])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
        child.wait_with_output().unwrap()
    };

    let head = key.c2sp_checkpoint(1, ledger.root);
    let signature = ledger.log.sign(head.body().as_bytes()).unwrap();
    let text = key.c2sp_note(1, ledger.root, &signature).unwrap();
    let output = parse(&text);
    assert!(output.status.success(), "{output:?}");
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.contains(&ledger.root.to_string()), "{said}");
    assert!(!parse(&text.replacen("\n1\n", "\n2\n", 1)).status.success());
}
