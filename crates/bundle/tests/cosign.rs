//! Stock cosign 3.1.3 verifies signature and place in the ledger offline, without an `--insecure`
//! flag, and refuses what was altered. The command is the one of `docs/spec/bundle.md`.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "helpers of tests may stop at the first surprise"
)]

mod common;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use common::{Ledger, ORIGIN, public};
use sign::public_pem;
use witnessmark_bundle::layout;
use witnessmark_bundle::trust::Trust;

fn cosign() -> PathBuf {
    std::env::var_os("WITNESSMARK_TEST_COSIGN")
        .map(PathBuf::from)
        .expect("this test needs cosign 3.1.3: `./scripts/test` installs it and sets WITNESSMARK_TEST_COSIGN")
}

fn verify(folder: &Path, subject: &str) -> Output {
    Command::new(cosign())
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

fn write(ledger: &Ledger, index: usize, folder: &Path) {
    let trust = Trust::new(ORIGIN, public(&ledger.log), public(&ledger.collector)).unwrap();
    let sealed = &ledger.bundles[index];
    for (name, content) in [
        (
            "collector.pub.pem",
            public_pem(&ledger.collector).into_bytes(),
        ),
        (
            "trusted_root.json",
            trust.trusted_root().unwrap().into_bytes(),
        ),
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
            let output = verify(folder.path(), subject);
            assert!(output.status.success(), "bundle {index}: {output:?}");
        }
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
        let output = verify(folder.path(), layout::LEAVES);
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
    }

    write(&ledger, 2, folder.path());
    std::fs::write(
        folder.path().join("collector.pub.pem"),
        public_pem(&ledger.log),
    )
    .unwrap();
    refused("another signer");

    write(&ledger, 2, folder.path());
    let strangers = Trust::new(ORIGIN, public(&ledger.collector), public(&ledger.log)).unwrap();
    std::fs::write(
        folder.path().join("trusted_root.json"),
        strangers.trusted_root().unwrap(),
    )
    .unwrap();
    refused("another ledger key");
}
