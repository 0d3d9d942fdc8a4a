//! An exported bundle as a tar.

use sign::Signer as _;
use witnessmark_bundle::export::TarWriter;
use witnessmark_bundle::layout::Entry;
use witnessmark_bundle::{consistency, read};

use crate::common::{Ledger, Sealed};

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

#[test]
fn the_reader_takes_what_was_exported() {
    use read::Source as _;
    let mut ledger = Ledger::new();
    (0..6).for_each(|_| ledger.seal());
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
