//! What the ledger's past demands: chains, determinism, stores that do not match what was seen.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read as _;

use bundle::layout::Entry;
use bundle::trust::{Range, Role};
use model::record::{ClockSource, Override, RunStatus};
use sign::Ed25519Signer;
use store::{HeadFile, RealDisk, Store, StoreError};

use super::super::{Beside, export};
use super::{Intent, SealError, at, copy_folder, empty_world, files, intent, recording, salts};
use super::{scratch, world_of_one, write_altered, write_bundle};

#[test]
fn runs_are_chained() {
    let folder = tempfile::tempdir().unwrap();
    let world = world_of_one(folder.path());
    for run in ["b", "c", "d"] {
        let sealed = world.run(run);
        assert_eq!(sealed.len(), 1);
        assert_eq!(sealed[0].run, run);
        assert!(world.store().join(format!("bundles/{}.tar.zst", sealed[0].index)).is_file());
    }
    let runs: Vec<String> = world.audit().into_iter().map(|(run, _)| run).collect();
    assert_eq!(runs, ["a", "b", "c", "d"]);
    world.audit_signatures();
}

/// More entries than a tile holds.
#[test]
fn a_ledger_outgrows_its_tiles() {
    let folder = tempfile::tempdir().unwrap();
    let world = world_of_one(folder.path());
    let lossy = store::faults::LossyDisk::new(folder.path()).unwrap();
    for run in 1..260 {
        world.run_on(&lossy, &format!("r{run}"), &mut false).unwrap();
    }
    assert_eq!(world.audit().len(), 260);
}

#[test]
fn the_same_runs_give_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let made: Vec<_> = ["one", "two"]
        .iter()
        .map(|name| {
            let world = world_of_one(&folder.path().join(name));
            world.run("b");
            files(&world.store())
        })
        .collect();
    let names = |at: usize| made[at].keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(0), names(1));
    for (path, bytes) in &made[0] {
        // Locks say who held them: the tests' process, at the tests' time.
        assert_eq!(bytes, &made[1][path], "{path}");
    }
    assert!(names(0).contains(&"bundles/1.tar.zst".to_owned()));
}

#[test]
fn a_run_that_died_is_recorded_as_failed() {
    let folder = tempfile::tempdir().unwrap();
    let world = world_of_one(folder.path());
    let store = world.open();
    world
        .with(&RealDisk, &*store, |sealer| {
            let mut dying = intent("b");
            dying.overrides = vec![Override::Endpoint];
            let begun = sealer.begin(dying).unwrap();
            fs::write(begun.session.scratch().join("half"), "half").unwrap();
            drop(begun);

            let begun = sealer.begin(intent("c"))?;
            assert_eq!(begun.unfinished.len(), 1);
            assert_eq!(begun.unfinished[0].intent().run, "b");
            // Named but not recorded, it is named again.
            drop(begun);
            let mut begun = sealer.begin(intent("d"))?;
            assert_eq!(begun.unfinished.len(), 2);
            let mut by = recording();
            by.overrides = vec![Override::Clock];
            for dead in begun.unfinished.drain(..) {
                let sealed = sealer.record_unfinished(dead, &by, salts())?;
                assert_eq!(sealed.statement.predicate.status, RunStatus::Failed);
            }
            let input = write_bundle(&begun.session);
            sealer.seal(begun.session, input)
        })
        .unwrap();
    let runs = world.audit();
    let of = |at: usize| (runs[at].0.as_str(), runs[at].1);
    assert_eq!(of(1), ("b", RunStatus::Failed));
    assert_eq!(of(2), ("c", RunStatus::Failed));
    assert_eq!(of(3), ("d", RunStatus::Complete));
    let record = world.records(1);
    assert!(record.contains("the run `b` (version 0.1.0, begun 2026-"), "{record}");
    assert!(record.contains(r#""overrides":["clock","endpoint"]"#), "{record}");
}

#[test]
fn a_run_that_cannot_go_on_is_recorded_as_failed() {
    let folder = tempfile::tempdir().unwrap();
    let world = world_of_one(folder.path());
    let store = world.open();
    world
        .with(&RealDisk, &*store, |sealer| {
            let begun = sealer.begin(intent("b"))?;
            // Whatever it had written so far.
            write_bundle(&begun.session);
            let why = "the credentials expired";
            sealer.record_failure(begun.session, why, &recording(), salts())
        })
        .unwrap();
    assert_eq!(world.audit()[1], ("b".to_owned(), RunStatus::Failed));
    let record = world.records(1);
    assert!(record.contains(r#""failure":"the credentials expired""#), "{record}");
    assert!(!world.bundle(1).contains_key(&bundle::layout::raw(0)), "nothing of what it had written is kept");
}

/// What does not verify is not signed.
#[test]
fn nothing_is_signed_that_does_not_verify() {
    type Alteration = fn(&mut BTreeMap<Entry, Vec<u8>>);
    let folder = tempfile::tempdir().unwrap();
    let world = world_of_one(folder.path());
    let store = world.open();
    let signed = world.collector.signed.lock().unwrap().len();
    let alterations: [Alteration; 6] = [
        |files| files.insert(Entry::Records, b"something else".to_vec()).map_or((), drop),
        |files| files.insert(Entry::Leaves, b"something else".to_vec()).map_or((), drop),
        |files| files.insert(Entry::Raw(0), b"something else".to_vec()).map_or((), drop),
        |files| files.insert(Entry::Raw(1), b"stray".to_vec()).map_or((), drop),
        |files| files.remove(&Entry::Raw(0)).map_or((), drop),
        |files| files.insert(Entry::Checkpoint, b"a head".to_vec()).map_or((), drop),
    ];
    for (number, alter) in alterations.iter().enumerate() {
        let refused = world.with(&RealDisk, &*store, |sealer| {
            let begun = sealer.begin(intent(&format!("r{number}")))?;
            let input = write_altered(&begun.session, alter);
            sealer.seal(begun.session, input)
        });
        assert!(matches!(refused, Err(SealError::NotVerified { index: 1, .. })), "{number}: {refused:?}");
    }
    // Or a byte of the packed file itself: cut off, altered, or one more.
    let spoils: [fn(&mut Vec<u8>); 3] = [
        |bytes| bytes.truncate(bytes.len() - 1),
        |bytes| {
            let middle = bytes.len() / 2;
            bytes[middle] ^= 1;
        },
        |bytes| bytes.push(0),
    ];
    for (number, spoil) in spoils.iter().enumerate() {
        let refused = world.with(&RealDisk, &*store, |sealer| {
            let begun = sealer.begin(intent(&format!("s{number}")))?;
            let input = write_bundle(&begun.session);
            let mut bytes = fs::read(begun.session.staged()).unwrap();
            spoil(&mut bytes);
            fs::write(begun.session.staged(), bytes).unwrap();
            sealer.seal(begun.session, input)
        });
        assert!(matches!(refused, Err(SealError::NotVerified { index: 1, .. })), "{number}: {refused:?}");
    }
    assert_eq!(world.collector.signed.lock().unwrap().len(), signed);
    world.run("c");
    assert_eq!(world.audit().len(), 11);
}

/// What is published is what was verified, byte for byte.
#[test]
fn nothing_is_published_that_changed_after_it_was_verified() {
    let folder = tempfile::tempdir().unwrap();
    let world = world_of_one(folder.path());
    let store = Altering { inner: world.open(), staged: world.store().join("pending/b/body.tar.zst") };
    let refused = world.with(&RealDisk, &store, |sealer| {
        let begun = sealer.begin(intent("b"))?;
        let input = write_bundle(&begun.session);
        sealer.seal(begun.session, input)
    });
    let Err(SealError::Store(error)) = refused else { panic!("{refused:?}") };
    let why = std::error::Error::source(&error).unwrap().to_string();
    assert_eq!(why, "what was prepared changed after it was verified");
    assert!(!world.store().join("bundles/1.tar.zst").exists());
}

/// Lets somebody write into what was prepared just before it is published.
#[derive(Debug)]
struct Altering {
    inner: Box<dyn Store>,
    staged: std::path::PathBuf,
}

impl Store for Altering {
    fn location(&self) -> String {
        self.inner.location()
    }
    fn read(&self, path: &str, limit: u64) -> Result<Option<Vec<u8>>, StoreError> {
        self.inner.read(path, limit)
    }
    fn open(&self, path: &str) -> Result<Option<Box<dyn std::io::Read + Send>>, StoreError> {
        self.inner.open(path)
    }
    fn holds(&self, path: &str) -> Result<bool, StoreError> {
        self.inner.holds(path)
    }
    fn list(&self, prefix: &str) -> Result<Vec<String>, StoreError> {
        self.inner.list(prefix)
    }
    fn create(&self, files: &[(&str, &[u8])]) -> Result<(), StoreError> {
        self.inner.create(files)
    }
    fn create_from(&self, path: &str, content: &dyn store::Content) -> Result<(), StoreError> {
        let mut bytes = fs::read(&self.staged).unwrap();
        bytes.push(0);
        fs::write(&self.staged, bytes).unwrap();
        self.inner.create_from(path, content)
    }
    fn replace_head(&self, expected: &[u8], new: &[u8]) -> Result<(), StoreError> {
        self.inner.replace_head(expected, new)
    }
    fn remove_pending(&self, path: &str) -> Result<(), StoreError> {
        self.inner.remove_pending(path)
    }
}

#[test]
fn a_ledger_is_made_once() {
    let folder = tempfile::tempdir().unwrap();
    let world = world_of_one(folder.path());
    assert!(matches!(world.init_on(&RealDisk), Err(SealError::AlreadyInitialised { size: 1, .. })));
    world.run("b");
    assert_eq!(world.audit().len(), 2);
}

#[test]
fn a_run_needs_a_ledger() {
    let folder = tempfile::tempdir().unwrap();
    let world = empty_world(folder.path());
    let missing = world.run_on(&RealDisk, "a", &mut false);
    assert!(matches!(missing, Err(SealError::Store(StoreError::NotInitialised { .. }))));
    store::init(&world.store()).unwrap();
    let empty = world.run_on(&RealDisk, "a", &mut false);
    assert!(matches!(empty, Err(SealError::NotInitialised { .. })));
}

/// An empty store with a known key is an error, never a new chain at index 0.
#[test]
fn a_known_ledger_is_not_begun_again() {
    let folder = tempfile::tempdir().unwrap();
    let world = world_of_one(folder.path());
    fs::remove_dir_all(world.store()).unwrap();
    assert!(matches!(world.init_on(&RealDisk), Err(SealError::LedgerGone { size: 1, .. })));
    assert!(matches!(world.run_on(&RealDisk, "b", &mut false), Err(SealError::LedgerGone { size: 1, .. })));
    assert!(!world.store().join("ledger/checkpoint").exists());
}

/// Nor where the memory went with the head, as long as there is a bundle.
#[test]
fn bundles_without_a_head_are_not_begun_again() {
    let folder = tempfile::tempdir().unwrap();
    let world = world_of_one(folder.path());
    fs::remove_file(world.memory()).unwrap();
    fs::remove_file(world.store().join("ledger/checkpoint")).unwrap();
    assert!(matches!(world.init_on(&RealDisk), Err(SealError::Damaged { .. })));
    fs::remove_dir_all(world.store().join("ledger")).unwrap();
    assert!(matches!(world.init_on(&RealDisk), Err(SealError::Damaged { .. })));
}

#[test]
fn a_store_that_was_rolled_back_or_rewritten_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let world = world_of_one(&folder.path().join("w"));
    let older = folder.path().join("older");
    copy_folder(&world.store(), &older);
    world.run("b");
    let newer = folder.path().join("newer");
    fs::rename(world.store(), &newer).unwrap();

    copy_folder(&older, &world.store());
    assert!(matches!(world.run_on(&RealDisk, "c", &mut false), Err(SealError::RolledBack { seen: 2, found: 1, .. })));

    // Another history with the same keys: as long, and longer.
    let other = world_of_one(&folder.path().join("other"));
    for run in ["x", "y"] {
        other.run(run);
        fs::remove_dir_all(world.store()).unwrap();
        copy_folder(&other.store(), &world.store());
        assert!(matches!(world.run_on(&RealDisk, "c", &mut false), Err(SealError::Rewritten { seen: 2, .. })));
    }

    fs::remove_dir_all(world.store()).unwrap();
    copy_folder(&newer, &world.store());
    world.run("c");
    assert_eq!(world.audit().len(), 3);
}

#[test]
fn nothing_is_built_on_a_damaged_ledger() {
    let folder = tempfile::tempdir().unwrap();
    let base = world_of_one(&folder.path().join("base"));
    base.run("b");
    let damaged: Vec<String> = files(&base.store())
        .into_keys()
        .filter(|path| path == "ledger/checkpoint" || path == "ledger/statements/1.json" || path.ends_with(".p/2"))
        .collect();
    assert_eq!(damaged.len(), 4);
    for path in damaged {
        for gone in [false, true] {
            let place = folder.path().join("copy");
            copy_folder(&base.folder, &place);
            let world = base.at(&place);
            let file = world.store().join(&path);
            if gone {
                fs::remove_file(&file).unwrap();
            } else {
                let mut bytes = fs::read(&file).unwrap();
                let middle = bytes.len() / 2;
                bytes[middle] ^= 1;
                fs::write(&file, bytes).unwrap();
            }
            let before = files(&world.store().join("bundles"));
            let outcome = world.run_on(&RealDisk, "c", &mut false);
            if path.starts_with("ledger/tile/entries") && !gone {
                // The entries are not read to append; the next export or audit tells.
                assert!(outcome.is_ok());
            } else {
                assert!(
                    matches!(outcome, Err(SealError::Damaged { .. } | SealError::LedgerGone { .. })),
                    "{path}: {outcome:?}"
                );
                assert_eq!(files(&world.store().join("bundles")), before);
            }
            fs::remove_dir_all(place).unwrap();
        }
    }
}

#[test]
fn keys_must_be_those_of_the_trust_file() {
    let folder = tempfile::tempdir().unwrap();
    let mut world = world_of_one(folder.path());
    let right = std::mem::replace(&mut world.ledger, Ed25519Signer::from_seed(&[3; 32]));
    assert!(matches!(world.run_on(&RealDisk, "b", &mut false), Err(SealError::OtherLedgerKey { .. })));
    world.ledger = right;
    world.trust.keys[0].indices = Range { from: 0, to: Some(0) };
    let mut began = false;
    assert!(matches!(world.run_on(&RealDisk, "b", &mut began), Err(SealError::KeyNotTrusted { index: 1, .. })));
    assert!(!began, "learned only after the run");
    assert_eq!(world.trust.keys[0].role, Role::Run);
    assert_eq!(world.audit().len(), 1);
}

#[test]
fn an_export_has_everything_and_always_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let world = world_of_one(folder.path());
    world.run("b");
    world.run("c");
    let store = world.open();
    let memory = HeadFile::new(&world.memory());
    let make_with = |index, beside| export(&*store, &memory, &world.trust, index, beside, Vec::new());
    let make = |index, ledger| make_with(index, Beside { ledger, ..Beside::default() });
    let listed = |bytes: &[u8]| {
        let path = folder.path().join("b.tar");
        fs::write(&path, bytes).unwrap();
        let output = std::process::Command::new("tar")
            .arg("-tf")
            .arg(&path)
            .output()
            .expect("this test needs tar: install the package `tar`");
        let mut text = String::new();
        output.stdout.as_slice().read_to_string(&mut text).unwrap();
        text.lines().map(str::to_owned).collect::<Vec<_>>()
    };
    let first = make(0, false).unwrap();
    assert_eq!(first, make(0, false).unwrap());
    assert_eq!(
        listed(&first),
        [
            "statement.sigstore.json",
            "leaves.txt",
            "ledger/checkpoint",
            "ledger/consistency",
            "records.jsonl",
            "raw/000/000000000"
        ]
    );
    // The newest bundle needs no proof of consistency with itself.
    assert!(!listed(&make(2, false).unwrap()).contains(&"ledger/consistency".to_owned()));
    let whole = listed(&make(1, true).unwrap());
    for path in
        ["ledger/tile/0/000.p/3", "ledger/tile/entries/000.p/3", "ledger/statements/0.json", "ledger/statements/2.json"]
    {
        assert!(whole.contains(&path.to_owned()), "{path} in {whole:?}");
    }
    assert!(matches!(make(3, false), Err(SealError::NoBundle { index: 3, .. })));
    // The proof for whoever saw an earlier head; of the newest there is none, and of a later one there can be none.
    let since = |size| make_with(0, Beside { since: Some(size), ..Beside::default() });
    for size in [1, 2] {
        assert!(listed(&since(size).unwrap()).contains(&"ledger/since".to_owned()), "{size}");
    }
    assert_eq!(since(3).unwrap(), first);
    assert!(matches!(since(4), Err(SealError::NotSince { size: 4, found: 3, .. })));
    // Of each run what it says of its controls, as far as its bundle is there.
    fs::remove_file(world.store().join("bundles/1.tar.zst")).unwrap();
    let shown = listed(&make_with(0, Beside { ledger: true, controls: true, since: None }).unwrap());
    let of = |index: u64| shown.contains(&format!("ledger/controls/{index}.txt"));
    assert_eq!((of(0), of(1), of(2)), (true, false, true));
}

/// A memory that is gone looks like a store that was exchanged: nothing is sealed until somebody says how many bundles there must be.
#[test]
fn a_memory_that_is_gone_is_not_passed_over() {
    let folder = tempfile::tempdir().unwrap();
    let world = world_of_one(folder.path());
    fs::remove_file(world.memory()).unwrap();
    let mut began = false;
    assert!(matches!(world.run_on(&RealDisk, "b", &mut began), Err(SealError::NotRemembered { size: 1, .. })));
    assert!(!began && world.audit().len() == 1);
    let remember = |size| world.with(&RealDisk, &*world.open(), |sealer| sealer.remember(size));
    assert!(matches!(remember(2), Err(SealError::OtherSize { size: 2, found: 1, .. })));
    assert!(!world.memory().exists());
    remember(1).unwrap();
    world.run("b");
    assert_eq!(world.audit().len(), 2);
}

#[test]
fn one_ledger_holds_one_system() {
    let folder = tempfile::tempdir().unwrap();
    let world = world_of_one(folder.path());
    let begin = |intent| world.with(&RealDisk, &*world.open(), |sealer| sealer.begin(intent).map(drop));
    for other in
        [Intent { entity: "Another Ltd".into(), ..intent("b") }, Intent { system: "cold-wallet".into(), ..intent("b") }]
    {
        assert!(matches!(begin(other), Err(SealError::OtherSystem { .. })));
    }
    begin(intent("b")).unwrap();
}

#[test]
fn a_clock_behind_the_newest_bundle_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let world = world_of_one(folder.path());
    let begin = |intent| world.with(&RealDisk, &*world.open(), |sealer| sealer.begin(intent).map(drop));
    let ten_days = |run| Intent { started: at(-10 * 86_400), ..intent(run) };
    assert!(matches!(begin(ten_days("b")), Err(SealError::ClockBack { index: 0, .. })));
    begin(Intent { despite_clock: true, ..ten_days("c") }).unwrap();
    begin(Intent { clock: ClockSource::Set, ..ten_days("d") }).unwrap();
    begin(Intent { started: at(-60), ..intent("e") }).unwrap();
}

/// The memory of another ledger is no memory.
#[test]
fn a_memory_of_another_ledger_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let world = world_of_one(folder.path());
    fs::write(world.memory(), "test.example/other\n0\nx\n").unwrap();
    assert!(matches!(world.run_on(&RealDisk, "b", &mut false), Err(SealError::BadMemory { .. })));
}

#[test]
fn a_text_that_no_statement_can_hold_is_refused_before_the_first_request() {
    let folder = scratch();
    let world = world_of_one(folder.path());
    for (change, what) in [
        ((|intent| intent.entity = "Northbank\n".to_owned()) as fn(&mut Intent), "entity"),
        (|intent| intent.system = "s".repeat(257), "system"),
        (|intent| intent.challenge = Some(String::new()), "challenge"),
    ] {
        let mut intent = intent("b");
        change(&mut intent);
        let store = store::FolderStore::open_on(std::sync::Arc::new(RealDisk), &world.store()).unwrap();
        let refused = world.with(&RealDisk, &store, |sealer| sealer.begin(intent)).expect_err("it cannot be sealed");
        assert!(matches!(refused, SealError::BadText { what: found } if found == what), "{refused}");
    }
    // Nothing was begun.
    assert_eq!(world.run("b").len(), 1);
}
