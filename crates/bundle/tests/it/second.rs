//! The second verifier, written from the specification alone, on exported bundles: it accepts what we
//! make and refuses what was altered. Where it differs from ours, the specification is not precise.

use std::path::Path;
use std::process::Command;

use crate::common::{Ledger, ORIGIN, Sealed, public};
use sign::Signer as _;
use witnessmark_bundle::export::TarWriter;
use witnessmark_bundle::layout::Entry;
use witnessmark_bundle::redact::redact;
use witnessmark_bundle::statement::Statement;
use witnessmark_bundle::trust::Trust;
use witnessmark_bundle::{consistency, read};

/// An export of a bundle under the newest head of its ledger.
fn export(ledger: &Ledger, index: usize, records: &[u8], raw: &[(u64, &[u8])]) -> Vec<u8> {
    let Sealed { sealed, leaves, .. } = &ledger.bundles[index];
    let key = ledger.log_key();
    let head = key.c2sp_checkpoint(ledger.size(), ledger.root);
    let signature = ledger.log.sign(head.body().as_bytes()).unwrap();
    let checkpoint = key.c2sp_note(ledger.size(), ledger.root, &signature).unwrap();

    let mut tar = TarWriter::new(Vec::new());
    let mut add = |entry, content: &[u8]| tar.append(entry, content.len() as u64, content).unwrap();
    add(Entry::Statement, sealed.render().as_bytes());
    add(Entry::Leaves, leaves);
    add(Entry::Checkpoint, checkpoint.as_bytes());
    if sealed.position.tree_size < ledger.size() {
        let proof = ledger.consistency(sealed.position.tree_size);
        add(Entry::Consistency, consistency::render(&proof).as_bytes());
    }
    add(Entry::Records, records);
    for (ordinal, content) in raw {
        add(Entry::Raw(*ordinal), content);
    }
    tar.finish().unwrap()
}

fn whole(ledger: &Ledger, index: usize) -> Vec<u8> {
    let bundle = &ledger.bundles[index];
    let raw: Vec<(u64, &[u8])> = (0..).zip(bundle.raw.iter().map(Vec::as_slice)).collect();
    export(ledger, index, &bundle.records, &raw)
}

/// What the second verifier says.
fn second(folder: &Path, bundle: &[u8]) -> Result<String, String> {
    let path = folder.join("bundle.tar");
    std::fs::write(&path, bundle).unwrap();
    let output = Command::new("python3")
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/second_verifier.py"))
        .args([folder.join("trust.json"), path])
        .output()
        .expect("this test needs python3 and openssl: install the packages of these names");
    let said = String::from_utf8(output.stdout).unwrap().trim().to_owned();
    match (output.status.code(), said.split_once(' ')) {
        (Some(0), Some(("accepted", index))) => Ok(index.to_owned()),
        (Some(1), Some(("refused:", why))) => Err(why.to_owned()),
        _ => panic!("{said}\n{}", String::from_utf8_lossy(&output.stderr)),
    }
}

fn setting() -> (Ledger, tempfile::TempDir) {
    let mut ledger = Ledger::new();
    for _ in 0..6 {
        ledger.seal();
    }
    let folder = tempfile::tempdir().unwrap();
    let trust = Trust::new(ORIGIN, public(&ledger.log), public(&ledger.collector)).unwrap();
    std::fs::write(folder.path().join("trust.json"), trust.render().unwrap()).unwrap();
    (ledger, folder)
}

#[test]
fn accepts_what_we_export() {
    let (ledger, folder) = setting();
    for index in 0..ledger.bundles.len() {
        assert_eq!(second(folder.path(), &whole(&ledger, index)), Ok(index.to_string()));
    }

    let bundle = &ledger.bundles[1];
    let statement = Statement::parse(&bundle.sealed.envelope.statement).unwrap();
    let mut records = Vec::new();
    let redacted = redact(&statement.predicate.records, bundle.records.as_slice(), &mut records, "", |line, _, _| {
        (line == 3).then(|| "customer data".to_owned())
    })
    .unwrap();
    assert_eq!(redacted.raw, [0]);
    let copy = export(&ledger, 1, &records, &[(1, &bundle.raw[1])]);
    assert_eq!(second(folder.path(), &copy), Ok("1".into()));
    let leaked = export(&ledger, 1, &records, &[(0, &bundle.raw[0]), (1, &bundle.raw[1])]);
    assert_eq!(second(folder.path(), &leaked), Err("raw files missing or stray".into()));
}

#[test]
fn refuses_what_was_altered() {
    let (ledger, folder) = setting();
    let good = whole(&ledger, 3);
    // A prime stride: every part of the file is hit, at another place within its blocks.
    for at in (0..good.len()).step_by(509) {
        let mut bad = good.clone();
        bad[at] ^= 0x04;
        assert!(second(folder.path(), &bad).is_err(), "byte {at}");
    }
    for bad in [&good[..good.len() - 1], &good[..good.len() - 512], &good[512..], &[&good[..], &[0]].concat()] {
        assert!(second(folder.path(), bad).is_err());
    }
    let bundle = &ledger.bundles[3];
    let missing = export(&ledger, 3, &bundle.records, &[(0, &bundle.raw[0])]);
    assert_eq!(second(folder.path(), &missing), Err("raw files missing or stray".into()));
    // Another bundle's records under this statement.
    let other = export(&ledger, 3, &ledger.bundles[2].records, &[]);
    assert!(second(folder.path(), &other).is_err());
}

/// Both read the same tars as tars.
#[test]
fn our_reader_takes_the_export_too() {
    use read::Source as _;
    let (ledger, _) = setting();
    let tar = whole(&ledger, 0);
    let mut source = read::TarSource::new(tar.as_slice(), "bundle.tar");
    let mut names = Vec::new();
    while let Some(item) = source.next_item().unwrap() {
        names.push(item.entry.path());
        let mut buffer = [0; 4096];
        while source.read(&mut buffer).unwrap() > 0 {}
    }
    assert_eq!(
        names,
        [
            "statement.sigstore.json",
            "leaves.txt",
            "ledger/checkpoint",
            "ledger/consistency",
            "records.jsonl",
            "raw/000/000000000",
            "raw/000/000000001"
        ]
    );
}
