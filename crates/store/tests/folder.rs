//! What the folder store promises, and what it says when it cannot.

#![expect(
    clippy::disallowed_methods,
    reason = "tests read real clocks, take their systems from the environment and write files for themselves alone"
)]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test may stop at the first surprise, also outside of its function"
)]

use std::fs;
use std::io::{self, Read};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown, symlink};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use model::Timestamp;
use witnessmark_store as store;

use store::faults::{FailAt, Failpoint, Fault, FaultyDisk};
use store::{
    Content, FolderStore, Guard, HeadFile, HeadMemory as _, Holder, LockOutcome, Place, RealDisk, RunId, Store as _,
    StoreError, Workshop,
};

const NOW: Duration = Duration::ZERO;

fn holder() -> Holder {
    Holder { pid: 4711, since: Timestamp::from_millis(1_795_255_600_000).unwrap() }
}

fn run(name: &str) -> RunId {
    name.parse().unwrap()
}

fn new_store(folder: &Path) -> Place {
    store::init(&folder.join("evidence")).unwrap()
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

#[test]
fn a_store_is_made_in_a_new_or_empty_folder_only() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("evidence");
    assert!(matches!(store::open(&root), Err(StoreError::NotInitialised { .. })));
    store::init(&root).unwrap();
    store::init(&root).unwrap();
    store::open(&root).unwrap();
    for path in ["", "ledger", "bundles", "pending", "pending/tmp"] {
        assert_eq!(mode(&root.join(path)), 0o700, "{path}");
    }

    let other = folder.path().join("other");
    fs::create_dir(&other).unwrap();
    fs::set_permissions(&other, fs::Permissions::from_mode(0o700)).unwrap();
    fs::write(other.join("letters.txt"), "").unwrap();
    let refused = store::init(&other).unwrap_err();
    assert!(matches!(&refused, StoreError::NotAStore { found, .. } if found == "letters.txt"));
    assert_eq!(fs::read_dir(&other).unwrap().count(), 1);

    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    assert!(matches!(store::init(&file), Err(StoreError::NotPlain { .. })));
}

/// A copy of a store need not keep its empty folders.
#[test]
fn empty_folders_may_be_missing() {
    let folder = tempfile::tempdir().unwrap();
    new_store(folder.path());
    let root = folder.path().join("evidence");
    fs::remove_dir_all(root.join("pending")).unwrap();
    fs::remove_dir_all(root.join("bundles")).unwrap();
    let Place { store, workshop } = store::open(&root).unwrap();
    assert!(!store.holds("bundles/0.tar.zst").unwrap());
    assert!(workshop.runs().unwrap().is_empty());
    workshop.lock_ledger(&holder(), NOW).unwrap();
    assert_eq!(mode(&root.join("bundles")), 0o700);
}

/// Whoever names a store by a link means what it points to; links inside are nobody's.
#[test]
fn links_are_followed_to_the_store_and_not_in_it() {
    let folder = tempfile::tempdir().unwrap();
    new_store(folder.path());
    let link = folder.path().join("link");
    symlink(folder.path().join("evidence"), &link).unwrap();
    let opened = store::open(&link).unwrap();
    assert!(opened.store.location().ends_with("/evidence"));
    let bundles = folder.path().join("evidence/bundles");
    fs::remove_dir(&bundles).unwrap();
    symlink("/", &bundles).unwrap();
    assert!(matches!(store::open(&link), Err(StoreError::NotPlain { .. })));
}

#[test]
fn other_users_permissions_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    new_store(folder.path());
    let root = folder.path().join("evidence");
    for path in ["", "bundles"] {
        let path = root.join(path);
        for open in [0o750, 0o701, 0o702] {
            fs::set_permissions(&path, fs::Permissions::from_mode(open)).unwrap();
            let refused = store::open(&root).unwrap_err();
            assert!(matches!(refused, StoreError::TooOpen { mode, .. } if mode == open));
            assert!(refused.help().unwrap().contains("chmod -R go="));
        }
        fs::set_permissions(&path, fs::Permissions::from_mode(0o700)).unwrap();
    }

    // As root we give it away; as anybody else we look at what is root's.
    let foreign = if fs::metadata(&root).unwrap().uid() == 0 {
        chown(&root, Some(12_345), None).unwrap();
        root
    } else {
        Path::new("/").to_owned()
    };
    let refused = store::open(&foreign).unwrap_err();
    assert!(matches!(refused, StoreError::OtherOwner { .. }), "{refused}");
    assert!(refused.to_string().contains("belongs to user "));
}

#[test]
fn files_are_created_once() {
    let folder = tempfile::tempdir().unwrap();
    let Place { store, .. } = new_store(folder.path());
    let deep = "ledger/tile/entries/x001/067.p/3";
    store.create(&[(deep, b"three"), ("ledger/statements/2.json", b"{}")]).unwrap();
    assert_eq!(store.read(deep, 5).unwrap().unwrap(), b"three");
    assert!(matches!(store.read(deep, 4), Err(StoreError::TooLarge { limit: 4, .. })));
    store.create(&[(deep, b"three")]).unwrap();
    for other in [&b"four"[..], b"threethree", b""] {
        assert!(matches!(store.create(&[(deep, other)]), Err(StoreError::Differs { .. })));
    }
    assert_eq!(store.read(deep, 9).unwrap().unwrap(), b"three");
    let path = folder.path().join("evidence").join(deep);
    assert_eq!(mode(&path), 0o600);
    assert_eq!(mode(path.parent().unwrap()), 0o700);
    assert_eq!(store.list("ledger").unwrap(), ["statements", "tile"]);
    assert!(store.list("anchors").unwrap().is_empty());
    assert!(store.list("pending/tmp").unwrap().is_empty());
    assert_eq!(store.read("ledger/checkpoint", 9).unwrap(), None);
}

#[test]
fn paths_stay_inside() {
    let folder = tempfile::tempdir().unwrap();
    let Place { store, .. } = new_store(folder.path());
    for path in ["", "/", "/etc/passwd", "..", "../x", "ledger/../../x", "a//b", "a/", "./a", "a/.", "a\0b", "a b"] {
        assert!(matches!(store.create(&[(path, b"")]), Err(StoreError::BadPath { .. })), "{path:?}");
    }
    for path in ["ledger/checkpoint", "pendinglike/x", "bundles/0/leaves.txt"] {
        assert!(matches!(store.remove_pending(path), Err(StoreError::BadPath { .. })));
    }
    for id in ["", "-a", "A", "a/b", "..", "tmp", &"a".repeat(65)] {
        assert!(id.parse::<RunId>().is_err(), "{id:?}");
    }
    assert_eq!(run("20261121t100640z-7f").as_str(), "20261121t100640z-7f");
}

#[test]
fn the_head_moves_only_from_where_it_was_seen() {
    let folder = tempfile::tempdir().unwrap();
    let Place { store, .. } = new_store(folder.path());
    assert!(matches!(store.replace_head(b"0", b"1"), Err(StoreError::HeadMoved { .. })));
    store.create(&[(store::CHECKPOINT, b"0")]).unwrap();
    store.replace_head(b"0", b"1").unwrap();
    for wrong in [&b"0"[..], b"", b"11"] {
        assert!(matches!(store.replace_head(wrong, b"2"), Err(StoreError::HeadMoved { .. })));
    }
    assert_eq!(store.read(store::CHECKPOINT, 9).unwrap().unwrap(), b"1");
}

/// Many at once: exactly one of each round moves it.
#[test]
fn one_of_many_moves_the_head() {
    let folder = tempfile::tempdir().unwrap();
    let Place { store, .. } = new_store(folder.path());
    store.create(&[(store::CHECKPOINT, b"0")]).unwrap();
    for round in 0..20_u8 {
        let now = store.read(store::CHECKPOINT, 99).unwrap().unwrap();
        let store = &store;
        let now = &now;
        let moved = std::thread::scope(|scope| {
            let tries: Vec<_> =
                (0..4_u8).map(|who| scope.spawn(move || store.replace_head(now, &[round, who, 9]))).collect();
            tries.into_iter().map(|t| t.join().unwrap()).filter(Result::is_ok).count()
        });
        assert_eq!(moved, 1, "round {round}");
    }
}

#[test]
fn locks_say_who_holds_them_and_end_with_their_holder() {
    let folder = tempfile::tempdir().unwrap();
    let first = new_store(folder.path()).workshop;
    let second = store::open(&folder.path().join("evidence")).unwrap().workshop;
    let guard = first.lock_ledger(&holder(), NOW).unwrap();
    let refused = second.lock_ledger(&holder(), NOW).unwrap_err();
    assert!(
        refused.to_string().starts_with("the ledger is locked by pid 4711 since 2026-11-21T10:06:40.000Z (`"),
        "{refused}"
    );
    assert!(refused.help().is_some());
    drop(guard);
    let held: Guard = second.lock_ledger(&holder(), NOW).unwrap();
    drop(held);
    // Whoever waits gets it.
    let guard = first.lock_ledger(&holder(), NOW).unwrap();
    std::thread::scope(|scope| {
        scope.spawn(|| second.lock_ledger(&holder(), Duration::from_secs(600)).unwrap());
        drop(guard);
    });
}

#[test]
fn a_run_is_alive_as_long_as_its_guard() {
    let folder = tempfile::tempdir().unwrap();
    let Place { workshop, .. } = new_store(folder.path());
    let guard = workshop.open_run(&run("a"), &holder()).unwrap();
    assert!(matches!(workshop.open_run(&run("a"), &holder()), Err(StoreError::RunExists { .. })));
    assert!(workshop.claim_run(&run("a"), &holder()).unwrap().is_none());
    assert!(workshop.claim_run(&run("b"), &holder()).unwrap().is_none());
    drop(guard);
    let claimed = workshop.claim_run(&run("a"), &holder()).unwrap();
    assert!(claimed.is_some());
    // Claimed is alive again.
    assert!(workshop.claim_run(&run("a"), &holder()).unwrap().is_none());
    assert_eq!(workshop.runs().unwrap(), [run("a")]);
    fs::write(workshop.scratch(&run("a")).unwrap().join("x"), "x").unwrap();
    workshop.drop_run(&run("a")).unwrap();
    workshop.drop_run(&run("a")).unwrap();
    assert!(workshop.runs().unwrap().is_empty());
}

/// Bytes that are made as they are read.
struct Repeated {
    byte: u8,
    count: u64,
}

impl Content for Repeated {
    fn open(&self) -> io::Result<Box<dyn Read + '_>> {
        Ok(Box::new(io::repeat(self.byte).take(self.count)))
    }
}

#[test]
fn a_large_file_is_there_whole_or_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let Place { store, .. } = new_store(folder.path());
    let path = "bundles/7.tar.zst";
    assert!(!store.holds(path).unwrap());
    assert!(store.open(path).unwrap().is_none());
    let large = Repeated { byte: b'x', count: 1_000_000 };
    store.create_from(path, &large).unwrap();
    // Again, as after a death between writing and saying so.
    store.create_from(path, &large).unwrap();
    assert!(store.holds(path).unwrap());
    for count in [0, 999_999, 1_000_001] {
        let other = Repeated { byte: b'x', count };
        assert!(matches!(store.create_from(path, &other), Err(StoreError::Differs { .. })));
    }
    let mut bytes = Vec::new();
    store.open(path).unwrap().unwrap().read_to_end(&mut bytes).unwrap();
    assert!(bytes.len() == 1_000_000 && bytes.iter().all(|byte| *byte == b'x'));
    let root = folder.path().join("evidence");
    assert_eq!(mode(&root.join(path)), 0o600);
    assert_eq!(store.list("bundles").unwrap(), ["7.tar.zst"]);
    assert!(store.list("pending/tmp").unwrap().is_empty());

    /// Ends with an error.
    struct Broken;
    impl Content for Broken {
        fn open(&self) -> io::Result<Box<dyn Read + '_>> {
            struct Never;
            impl Read for Never {
                fn read(&mut self, _buffer: &mut [u8]) -> io::Result<usize> {
                    Err(io::Error::other("it changed"))
                }
            }
            Ok(Box::new(io::repeat(1).take(100_000).chain(Never)))
        }
    }
    store.create_from("bundles/8.tar.zst", &Broken).unwrap_err();
    assert!(!store.holds("bundles/8.tar.zst").unwrap());
    fs::create_dir(root.join("bundles/9.tar.zst")).unwrap();
    assert!(matches!(store.holds("bundles/9.tar.zst"), Err(StoreError::NotPlain { .. })));
}

#[test]
fn what_was_prepared_is_a_file_of_ours() {
    let folder = tempfile::tempdir().unwrap();
    let Place { workshop, .. } = new_store(folder.path());
    let a = run("a");
    assert!(matches!(workshop.sync_staged(&a), Err(StoreError::NothingStaged { .. })));
    let _guard = workshop.open_run(&a, &holder()).unwrap();
    let staged = workshop.staged(&a);
    symlink("/etc/passwd", &staged).unwrap();
    assert!(matches!(workshop.sync_staged(&a), Err(StoreError::NotPlain { .. })));
    fs::remove_file(&staged).unwrap();
    fs::write(&staged, "x").unwrap();
    fs::set_permissions(&staged, fs::Permissions::from_mode(0o640)).unwrap();
    assert!(matches!(workshop.sync_staged(&a), Err(StoreError::TooOpen { mode: 0o640, .. })));
    fs::set_permissions(&staged, fs::Permissions::from_mode(0o600)).unwrap();
    workshop.sync_staged(&a).unwrap();
    fs::write(workshop.scratch(&a).unwrap().join("x"), "x").unwrap();
    workshop.clear_run(&a).unwrap();
    workshop.clear_run(&a).unwrap();
    assert_eq!(fs::read_dir(staged.parent().unwrap()).unwrap().count(), 1, "the lock stays");
}

/// A store of another kind is opened elsewhere, or not at all: no folder `s3:` is made.
#[test]
fn a_location_is_a_folder() {
    for location in ["s3://evidence/hot-wallet", "file:///tmp"] {
        for opened in [store::open(Path::new(location)), store::init(Path::new(location))] {
            assert!(matches!(opened, Err(StoreError::UnknownKind { .. })), "{location}");
        }
    }
}

/// Gives one error of the system to every write.
#[derive(Debug)]
struct Refusing(io::ErrorKind);

impl store::Disk for Refusing {
    fn stat(&self, path: &Path) -> io::Result<Option<store::Stat>> {
        RealDisk.stat(path)
    }
    fn read(&self, path: &Path, limit: u64) -> io::Result<Vec<u8>> {
        RealDisk.read(path, limit)
    }
    fn open(&self, path: &Path) -> io::Result<Box<dyn Read + Send>> {
        RealDisk.open(path)
    }
    fn list(&self, path: &Path) -> io::Result<Vec<String>> {
        RealDisk.list(path)
    }
    fn make_folder(&self, _path: &Path) -> io::Result<()> {
        Err(self.0.into())
    }
    fn write_new(&self, _path: &Path, _content: &mut dyn Read) -> io::Result<()> {
        Err(self.0.into())
    }
    fn link(&self, _from: &Path, _to: &Path) -> io::Result<()> {
        Err(self.0.into())
    }
    fn rename(&self, _from: &Path, _to: &Path) -> io::Result<()> {
        Err(self.0.into())
    }
    fn remove_file(&self, _path: &Path) -> io::Result<()> {
        Err(self.0.into())
    }
    fn remove_folder(&self, _path: &Path) -> io::Result<()> {
        Err(self.0.into())
    }
    fn sync_file(&self, _path: &Path) -> io::Result<()> {
        Err(self.0.into())
    }
    fn sync_folder(&self, _path: &Path) -> io::Result<()> {
        Err(self.0.into())
    }
    fn try_lock(&self, _path: &Path, _create: bool, _note: &str) -> io::Result<LockOutcome> {
        Err(self.0.into())
    }
}

#[test]
fn what_the_system_refuses_is_said_with_whose_move_it_is() {
    let folder = tempfile::tempdir().unwrap();
    new_store(folder.path());
    let root = folder.path().join("evidence");
    for (kind, starts) in [
        (io::ErrorKind::StorageFull, "the disk is full: cannot "),
        (io::ErrorKind::QuotaExceeded, "the disk is full: cannot "),
        (io::ErrorKind::ReadOnlyFilesystem, "the file system is read-only: cannot "),
        (io::ErrorKind::PermissionDenied, "not permitted to "),
    ] {
        let store = FolderStore::open_on(Arc::new(Refusing(kind)), &root).unwrap();
        let workshop = Workshop::on(Arc::new(Refusing(kind)), &root);
        for refused in [
            store.create(&[("ledger/x", b"x")]).unwrap_err(),
            workshop.lock_ledger(&holder(), NOW).unwrap_err(),
            workshop.open_run(&run("a"), &holder()).unwrap_err(),
        ] {
            let text = refused.to_string();
            assert!(text.starts_with(starts), "{text}");
            assert!(text.contains("/evidence/"), "{text}");
            assert!(refused.help().is_some());
        }
    }
}

/// Does everything but give a file a second name.
#[derive(Debug)]
struct WithoutLinks(i32);

impl store::Disk for WithoutLinks {
    fn stat(&self, path: &Path) -> io::Result<Option<store::Stat>> {
        RealDisk.stat(path)
    }
    fn read(&self, path: &Path, limit: u64) -> io::Result<Vec<u8>> {
        RealDisk.read(path, limit)
    }
    fn open(&self, path: &Path) -> io::Result<Box<dyn Read + Send>> {
        RealDisk.open(path)
    }
    fn list(&self, path: &Path) -> io::Result<Vec<String>> {
        RealDisk.list(path)
    }
    fn make_folder(&self, path: &Path) -> io::Result<()> {
        RealDisk.make_folder(path)
    }
    fn write_new(&self, path: &Path, content: &mut dyn Read) -> io::Result<()> {
        RealDisk.write_new(path, content)
    }
    fn link(&self, _from: &Path, _to: &Path) -> io::Result<()> {
        Err(io::Error::from_raw_os_error(self.0))
    }
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        RealDisk.rename(from, to)
    }
    fn remove_file(&self, path: &Path) -> io::Result<()> {
        RealDisk.remove_file(path)
    }
    fn remove_folder(&self, path: &Path) -> io::Result<()> {
        RealDisk.remove_folder(path)
    }
    fn sync_file(&self, path: &Path) -> io::Result<()> {
        RealDisk.sync_file(path)
    }
    fn sync_folder(&self, path: &Path) -> io::Result<()> {
        RealDisk.sync_folder(path)
    }
    fn try_lock(&self, path: &Path, create: bool, note: &str) -> io::Result<LockOutcome> {
        RealDisk.try_lock(path, create, note)
    }
}

#[test]
fn a_file_system_without_hard_links_is_named_as_such() {
    let folder = tempfile::tempdir().unwrap();
    new_store(folder.path());
    let root = folder.path().join("evidence");
    let (perm, acces, nosys, opnotsupp) = (1, 13, 38, 95);
    for number in [perm, nosys, opnotsupp] {
        let store = FolderStore::open_on(Arc::new(WithoutLinks(number)), &root).unwrap();
        let error = store.create(&[("ledger/x", b"x")]).unwrap_err();
        assert!(error.to_string().ends_with("the file system makes no hard links"), "{error}");
        assert!(error.help().unwrap().contains("file system"));
    }
    let store = FolderStore::open_on(Arc::new(WithoutLinks(acces)), &root).unwrap();
    let error = store.create(&[("ledger/x", b"x")]).unwrap_err();
    assert!(error.to_string().starts_with("not permitted to create"), "{error}");
}

#[test]
fn a_memory_holds_the_newest_head() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.head");
    let memory = HeadFile::new(&path);
    assert_eq!(memory.load().unwrap(), None);
    memory.save("one").unwrap();
    memory.save("two").unwrap();
    assert_eq!(memory.load().unwrap().unwrap(), "two");
    assert_eq!(mode(&path), 0o600);
    // What a death while saving left does not matter.
    fs::write(folder.path().join("ledger.head.new"), "half").unwrap();
    memory.save("three").unwrap();
    assert_eq!(memory.load().unwrap().unwrap(), "three");
}

/// A memory that was being replaced when the process died is the old or the new one.
#[test]
fn a_memory_survives_every_death() {
    for fault in Fault::ALL {
        for number in 0.. {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("ledger.head");
            HeadFile::new(&path).save("old").unwrap();
            let failpoint = FailAt::new(number, fault);
            let disk = FaultyDisk::new(RealDisk, Arc::clone(&failpoint) as Arc<dyn Failpoint>);
            let saved = HeadFile::on(disk, &path).save("new").is_ok();
            let now = HeadFile::new(&path).load().unwrap().unwrap();
            assert!(now == "new" || (now == "old" && !saved), "{now}");
            if failpoint.met() <= number {
                break;
            }
        }
    }
}
