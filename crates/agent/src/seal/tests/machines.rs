//! Machines that share a store: one that dies, stands still or is never answered leaves nothing that the others do not put right,
//! and no two of them ever seal at one index.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Barrier, Mutex};
use std::time::Duration;

use model::record::RunStatus;
use store::faults::{FailAt, Failpoint, Fault};
use store::shared::SharedStore;
use store::{FolderStore, HeadFile, Holder, RealDisk, Store, StoreError, Workshop};

use super::super::{Begun, Intent, SealError, Sealed, Sealer};
use super::{World, at, empty_world, intent, recording, salts, scratch, write_bundle};

const HOUR: i64 = 60 * 60;

/// A machine with its own workshop and its own memory, the keys of the world, and a way to the store.
struct Machine<'w> {
    world: &'w World,
    folder: PathBuf,
    store: SharedStore,
    /// Seconds its clock is ahead.
    clock: i64,
    wait: Duration,
}

impl<'w> Machine<'w> {
    fn new(world: &'w World, name: &str, store: SharedStore) -> Self {
        let folder = world.folder.join(name);
        fs::create_dir_all(folder.join("keys")).unwrap();
        Self { world, folder, store, clock: 0, wait: Duration::ZERO }
    }

    /// Another one, which has seen what this one has.
    fn beside(&self, name: &str, failpoint: Arc<dyn Failpoint>) -> Self {
        let other = Self::new(self.world, name, self.store.for_another(failpoint));
        if self.memory().exists() {
            fs::copy(self.memory(), other.memory()).unwrap();
        }
        other
    }

    fn memory(&self) -> PathBuf {
        self.folder.join("keys/last-head")
    }

    fn with<T>(&self, act: impl FnOnce(&Sealer<'_>) -> Result<T, SealError>) -> Result<T, SealError> {
        let disk = Arc::new(RealDisk);
        let root = self.folder.join("workshop");
        FolderStore::init_on(disk.clone(), &root).unwrap();
        let workshop = Workshop::on(disk, &root);
        let memory = HeadFile::new(&self.memory());
        act(&Sealer {
            store: &self.store,
            workshop: &workshop,
            memory: &memory,
            trust: &self.world.trust,
            collector: &*self.world.collector,
            ledger: &self.world.ledger,
            holder: Holder { pid: std::process::id(), since: at(0) },
            wait: self.wait,
            texts: None,
        })
    }

    fn intent(&self, run: &str) -> Intent {
        Intent { started: at(self.clock), until: Some(at(self.clock + HOUR)), ..intent(run) }
    }

    fn run(&self, run: &str, began: &mut bool) -> Result<Vec<Sealed>, SealError> {
        self.with(|sealer| {
            let Begun { session, completed: mut sealed, unfinished, .. } = sealer.begin(self.intent(run))?;
            *began = true;
            for dead in unfinished {
                sealed.push(sealer.record_unfinished(dead, &recording(), salts())?);
            }
            let input = write_bundle(&session);
            sealed.push(sealer.seal(session, input)?);
            Ok(sealed)
        })
    }
}

/// The store's objects as a folder, for the audit that trusts nothing.
fn audited(world: &World, store: &SharedStore) -> Vec<(String, RunStatus)> {
    let objects = store.all();
    no_name_is_a_folder(&objects);
    let root = world.store();
    let folder = |path: &Path| fs::DirBuilder::new().recursive(true).mode(0o700).create(path).unwrap();
    let _none = fs::remove_dir_all(&root);
    folder(&root.join("pending/tmp"));
    for (path, bytes) in objects {
        let path = root.join(path);
        folder(path.parent().unwrap());
        let mut file = fs::OpenOptions::new().create_new(true).write(true).mode(0o600).open(path).unwrap();
        std::io::Write::write_all(&mut file, &bytes).unwrap();
    }
    world.audit()
}

/// Some object stores hide what lies below a name that is an object itself.
fn no_name_is_a_folder(objects: &BTreeMap<String, Vec<u8>>) {
    for name in objects.keys() {
        let mut above = name.as_str();
        while let Some((folder, _)) = above.rsplit_once('/') {
            assert!(!objects.contains_key(folder), "`{folder}` is a name and a folder of `{name}`");
            above = folder;
        }
    }
}

fn ledger_of_one(world: &World) -> Machine<'_> {
    let machine = Machine::new(world, "base", SharedStore::new(FailAt::never()));
    machine.with(|sealer| sealer.init()).unwrap();
    machine.run("a", &mut false).unwrap();
    machine
}

/// Every request of a run fails, is done and not answered, or is the machine's last. A later run on another machine puts it right.
#[test]
fn a_fault_at_every_request_of_a_run() {
    let folder = scratch();
    let world = empty_world(folder.path());
    let base = ledger_of_one(&world);
    let mut number = 0;
    loop {
        let mut requests = 0;
        for fault in [Fault::Fail, Fault::FailAfter, Fault::KillBefore, Fault::KillAfter] {
            let context = format!("{fault:?} at {number}");
            let world = world.at(&folder.path().join(format!("{number}-{fault:?}")));
            let world = World { collector: World::new(&world.folder).collector, ..world };
            let failpoint = FailAt::new(number, fault);
            let mut one = Machine::new(&world, "one", base.store.copied(failpoint.clone()));
            fs::copy(base.memory(), one.memory()).unwrap();
            one.clock = 60;
            let mut began = false;
            let outcome = one.run("b", &mut began);
            requests = requests.max(failpoint.met());
            let mut other = Machine::new(&world, "other", one.store.for_another(FailAt::never()));
            fs::copy(base.memory(), other.memory()).unwrap();
            other.clock = 60 + 3 * HOUR;
            other.run("c", &mut false).unwrap_or_else(|error| panic!("{context}: {error:?}"));
            let runs = audited(&world, &other.store);
            world.audit_signatures();
            let of_b: Vec<RunStatus> = runs.iter().filter(|(run, _)| run == "b").map(|(_, status)| *status).collect();
            if outcome.is_ok() {
                assert_eq!(of_b, [RunStatus::Complete], "{context}");
            } else if began {
                assert_eq!(of_b.len(), 1, "{context}: {runs:?}");
            }
            assert_eq!(runs.last().unwrap().0, "c", "{context}");
            fs::remove_dir_all(&world.folder).unwrap();
        }
        number += 1;
        if number > requests {
            break;
        }
    }
    assert!(number > 40, "only {number} requests were disturbed");
}

/// Eight machines that begin and seal at once: one chain, nothing lost, no index signed twice.
#[test]
fn eight_machines_seal_at_once() {
    let folder = scratch();
    let world = &empty_world(folder.path());
    let base = &ledger_of_one(world);
    let all_began = &Barrier::new(8);
    std::thread::scope(|scope| {
        for number in 0..8 {
            scope.spawn(move || {
                let mut machine = base.beside(&format!("m{number}"), FailAt::never());
                machine.wait = Duration::from_secs(120);
                machine
                    .with(|sealer| {
                        let begun = sealer.begin(machine.intent(&format!("machine-{number}")))?;
                        assert!(begun.unfinished.is_empty() && begun.completed.is_empty());
                        all_began.wait();
                        let input = write_bundle(&begun.session);
                        sealer.seal(begun.session, input)
                    })
                    .unwrap();
            });
        }
    });
    let runs = audited(world, &base.store);
    assert_eq!(runs.len(), 9);
    assert!(runs.iter().all(|(_, status)| *status == RunStatus::Complete));
    world.audit_signatures();
}

/// Does something once, before a request that it waits for.
struct Before<F> {
    action: &'static str,
    path: &'static str,
    act: Mutex<Option<F>>,
}

impl<F> std::fmt::Debug for Before<F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Before").field("action", &self.action).finish_non_exhaustive()
    }
}

impl<F: FnOnce() + Send> Failpoint for Before<F> {
    fn meet(&self, action: &'static str, path: &Path) -> Option<Fault> {
        if action == self.action && path == Path::new(self.path) {
            let act = self.act.lock().unwrap().take();
            if let Some(act) = act {
                act();
            }
        }
        None
    }
}

/// A machine that stands still before one of its requests, while another one takes its place, says what became of its run. Nothing of the
/// ledger is sealed twice.
#[test]
fn a_machine_that_stands_still() {
    for (action, path) in [
        ("create", "pending/1.reserved.json"),
        ("create", "pending/1.signed.json"),
        ("create", "ledger/statements/0000000001.json"),
        ("replace", "ledger/checkpoint"),
    ] {
        let folder = scratch();
        let world: &'static World = Box::leak(Box::new(empty_world(folder.path())));
        let base = ledger_of_one(world);
        let mut other = base.beside("other", FailAt::never());
        // Too early to take the run for dead: it only completes what is reserved.
        other.clock = 120;
        let path = if path.starts_with("ledger/statements") {
            Box::leak(bundle::layout::ledger_statement(1).into_boxed_str())
        } else {
            path
        };
        let act = Mutex::new(Some(move || drop(other.run("c", &mut false).unwrap())));
        let still = base.beside("still", Arc::new(Before { action, path, act }));
        let outcome = still.run("b", &mut false);
        let runs: Vec<String> = audited_of_still(world, &still).into_iter().map(|(run, _)| run).collect();
        if path.ends_with("reserved.json") {
            // It had no place yet: it takes the next one.
            outcome.unwrap();
            assert_eq!(runs, ["a", "c", "b"]);
        } else {
            assert!(
                matches!(outcome, Err(SealError::SealedByOthers { index: 1, .. })) || outcome.is_ok(),
                "{outcome:?}"
            );
            assert_eq!(runs, ["a", "b", "c"], "{action} {path}");
        }
        world.audit_signatures();
    }
}

fn audited_of_still(world: &World, still: &Machine<'_>) -> Vec<(String, RunStatus)> {
    // What a machine that is awake again had still written is put away by the next run.
    let mut next = still.beside("next", FailAt::never());
    next.clock = 240;
    next.run("z", &mut false).unwrap();
    let mut runs = audited(world, &next.store);
    assert_eq!(runs.pop().unwrap().0, "z");
    runs
}

/// A run that lives although another machine took it for dead learns so, and seals nothing.
#[test]
fn a_run_that_was_given_up() {
    let folder = scratch();
    let world = empty_world(folder.path());
    let base = ledger_of_one(&world);
    let slow = base.beside("slow", FailAt::never());
    let outcome = slow.with(|sealer| {
        let begun = sealer.begin(slow.intent("slow"))?;
        let mut early = base.beside("early", FailAt::never());
        early.clock = HOUR;
        early.run("early", &mut false).unwrap();
        let mut late = base.beside("late", FailAt::never());
        late.clock = 3 * HOUR;
        late.run("late", &mut false).unwrap();
        let input = write_bundle(&begun.session);
        sealer.seal(begun.session, input)
    });
    assert!(matches!(outcome, Err(SealError::GivenUp { .. })), "{outcome:?}");
    let mut next = base.beside("next", FailAt::never());
    next.clock = 3 * HOUR + 60;
    next.run("next", &mut false).unwrap();
    let runs = audited(&world, &base.store);
    let runs: Vec<(&str, RunStatus)> = runs.iter().map(|(run, status)| (run.as_str(), *status)).collect();
    let whole = RunStatus::Complete;
    assert_eq!(runs, [("a", whole), ("early", whole), ("slow", RunStatus::Failed), ("late", whole), ("next", whole)]);
}

/// Two that found the head at the same place: the second one learns that it was moved.
#[test]
fn the_head_is_moved_once() {
    let store = SharedStore::new(FailAt::never());
    store.create(&[(store::CHECKPOINT, b"0".as_slice())]).unwrap();
    store.replace_head(b"0", b"1").unwrap();
    // Its own answer was lost.
    store.replace_head(b"0", b"1").unwrap();
    assert!(matches!(store.replace_head(b"0", b"2"), Err(StoreError::HeadMoved { .. })));
}
