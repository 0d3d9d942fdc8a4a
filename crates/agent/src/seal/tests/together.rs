//! Two runs at once, as threads and as processes.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Barrier;
use std::time::Duration;

use model::record::RunStatus;
use store::{Holder, RealDisk, StoreError};

use super::{Begun, recording};
use super::{SealError, World, at, intent, salts, world_of_one, write_bundle};

const PATIENCE: Duration = Duration::from_secs(120);

#[test]
fn threads_seal_one_after_another() {
    let folder = tempfile::tempdir().unwrap();
    let mut world = world_of_one(folder.path());
    world.wait = PATIENCE;
    let world = &world;
    let all_began = &Barrier::new(4);
    std::thread::scope(|scope| {
        for number in 0..4 {
            scope.spawn(move || {
                let store = world.open();
                world
                    .with(&RealDisk, &*store, |sealer| {
                        let Begun { session, unfinished, completed, .. } =
                            sealer.begin(intent(&format!("thread-{number}")))?;
                        // The others live: they are neither completed nor taken for dead.
                        assert!(unfinished.is_empty() && completed.is_empty());
                        all_began.wait();
                        let input = write_bundle(&session);
                        sealer.seal(session, input)
                    })
                    .unwrap();
            });
        }
    });
    let runs = world.audit();
    assert_eq!(runs.len(), 5);
    assert!(runs.iter().all(|(_, status)| *status == RunStatus::Complete));
    world.audit_signatures();
}

#[test]
fn who_holds_a_lock_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let world = world_of_one(folder.path());
    let workshop = store::open(&world.store()).unwrap().workshop;
    let holder = Holder { pid: 4711, since: at(0) };
    let guard = workshop.lock_ledger(&holder, Duration::ZERO).unwrap();
    let refused = world.run_on(&RealDisk, "b", &mut false).unwrap_err();
    assert!(matches!(refused, SealError::Store(StoreError::Locked { .. })));
    let text = refused.to_string();
    assert!(text.starts_with("the ledger is locked by pid 4711 since 2026-11-21T10:06:40.000Z ("), "{text}");
    drop(guard);
    world.run("b");
}

/// A run's id is used once, also while the run is still alive.
#[test]
fn two_runs_of_one_name_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let world = world_of_one(folder.path());
    let store = world.open();
    world
        .with(&RealDisk, &*store, |sealer| {
            let begun = sealer.begin(intent("b"))?;
            assert!(matches!(sealer.begin(intent("b")), Err(SealError::Store(StoreError::RunExists { .. }))));
            let input = write_bundle(&begun.session);
            sealer.seal(begun.session, input)
        })
        .unwrap();
    assert_eq!(world.audit().len(), 2);
}

/// Not a test of its own: what the processes below run. Without its variable it has nothing to do.
#[test]
fn process() {
    let Ok(job) = std::env::var("WITNESSMARK_TEST_SEAL") else {
        return;
    };
    let (run, folder) = job.split_once(' ').unwrap();
    let mut world = World::new(Path::new(folder));
    world.wait = PATIENCE;
    let store = world.open();
    let said = world.with(&RealDisk, &*store, |sealer| {
        let begun = sealer.begin(intent(run))?;
        for dead in begun.unfinished {
            sealer.record_unfinished(dead, &recording(), salts())?;
        }
        println!("\nbegan");
        std::io::stdout().flush().unwrap();
        // Until the parent says so, or kills us.
        let mut line = String::new();
        std::io::stdin().lock().read_line(&mut line).unwrap();
        let input = write_bundle(&begun.session);
        sealer.seal(begun.session, input)
    });
    said.unwrap();
}

struct Process {
    child: Child,
    began: BufReader<std::process::ChildStdout>,
}

impl Process {
    fn start(world: &World, run: &str) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "seal::tests::together::process", "--nocapture"])
            .env("WITNESSMARK_TEST_SEAL", format!("{run} {}", world.folder.display()))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let began = BufReader::new(child.stdout.take().unwrap());
        Self { child, began }
    }

    fn wait_until_it_began(&mut self) {
        let mut line = String::new();
        while line.trim() != "began" {
            line.clear();
            assert_ne!(self.began.read_line(&mut line).unwrap(), 0, "it ended");
        }
    }

    fn seal(mut self) {
        self.child.stdin.take().unwrap().write_all(b"seal\n").unwrap();
        // Whatever it still says must not block it.
        std::io::copy(&mut self.began, &mut std::io::sink()).unwrap();
        assert!(self.child.wait().unwrap().success());
    }

    fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

#[test]
fn processes_seal_one_after_another_and_the_killed_are_recorded() {
    let folder = tempfile::tempdir().unwrap();
    let world = world_of_one(folder.path());
    let mut processes: Vec<Process> = ["p1", "p2", "p3"].iter().map(|run| Process::start(&world, run)).collect();
    for process in &mut processes {
        process.wait_until_it_began();
    }
    let mut left = processes.into_iter();
    left.next().unwrap().kill();
    // Sealing at the same time.
    std::thread::scope(|scope| {
        for process in left {
            scope.spawn(move || process.seal());
        }
    });
    world.run("z");
    let mut runs = world.audit();
    assert_eq!(runs[0].0, "a");
    runs.sort_by(|a, b| a.0.cmp(&b.0));
    let expected = [
        ("a", RunStatus::Complete),
        ("p1", RunStatus::Failed),
        ("p2", RunStatus::Complete),
        ("p3", RunStatus::Complete),
        ("z", RunStatus::Complete),
    ];
    let runs: Vec<(&str, RunStatus)> = runs.iter().map(|(r, s)| (r.as_str(), *s)).collect();
    assert_eq!(runs, expected);
}
