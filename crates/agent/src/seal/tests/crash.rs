//! A failure, a death, a full disk and a cut of the power at every operation on the disk.

use std::path::PathBuf;

use model::record::RunStatus;
use store::RealDisk;
use store::faults::{FailAt, Fault, FaultyDisk, LossyDisk};

use super::{World, copy_folder, empty_world, files, scratch, world_of_one};

/// What survives the end of the process.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Power {
    Stays,
    Cut,
    CutWhileWriting,
}

/// What is tried at every operation. Dying before an operation is dying after the one before it.
const DISTURBANCES: [(Power, &[Fault]); 3] = [
    (Power::Stays, &[Fault::Fail, Fault::FailAfter, Fault::KillDuring, Fault::KillAfter, Fault::Full]),
    (Power::Cut, &[Fault::FailAfter, Fault::KillDuring, Fault::KillAfter, Fault::Full]),
    (Power::CutWhileWriting, &[Fault::KillDuring, Fault::KillAfter]),
];

/// A run on a disk that faults at one operation; then the power goes, or not.
/// Gives whether the run's intent stood, whether it was sealed, and how many operations there were.
fn disturbed(world: &World, number: u64, fault: Fault, run: &str, power: Power) -> (bool, bool, u64) {
    let lossy = LossyDisk::new(&world.folder).unwrap();
    let failpoint = FailAt::new(number, fault);
    let disk = FaultyDisk::new(lossy.clone(), failpoint.clone());
    let mut began = false;
    let outcome = world.run_on(&disk, run, &mut began);
    match power {
        Power::Stays => {}
        Power::Cut => lossy.cut_power().unwrap(),
        Power::CutWhileWriting => lossy.cut_power_while_writing(number).unwrap(),
    }
    (began, outcome.is_ok(), failpoint.met())
}

fn fresh_copy(base: &World, number: u64) -> (World, PathBuf) {
    let place = base.folder.with_file_name(format!("copy-{number}"));
    copy_folder(&base.folder, &place);
    (base.at(&place), place)
}

fn check_after(world: &World, earlier: &[(String, Vec<u8>)], context: &str) -> Vec<(String, RunStatus)> {
    let runs = world.audit();
    let now = files(&world.store());
    for (path, bytes) in earlier {
        assert_eq!(now.get(path), Some(bytes), "{context}: {path} was touched");
    }
    runs
}

fn earlier_files(world: &World) -> Vec<(String, Vec<u8>)> {
    files(&world.store())
        .into_iter()
        .filter(|(path, _)| path.starts_with("bundles/") || path.starts_with("ledger/statements/"))
        .collect()
}

/// Every fault at every operation of a run: the ledger verifies, what was there before is
/// untouched, no index is signed twice, and the next run completes the run or records that it died.
#[test]
fn a_fault_anywhere_in_a_run() {
    let folder = scratch();
    disturb_every_operation(&world_of_one(&folder.path().join("base")), &DISTURBANCES);
}

/// The first run of a ledger makes every folder that later runs find.
#[test]
fn a_fault_anywhere_in_the_first_run() {
    let folder = scratch();
    let base = empty_world(&folder.path().join("base"));
    base.init_on(&RealDisk).unwrap();
    disturb_every_operation(&base, &[(Power::Cut, &[Fault::FailAfter, Fault::KillAfter])]);
}

fn disturb_every_operation(base: &World, disturbances: &[(Power, &[Fault])]) {
    let earlier = earlier_files(base);
    let mut number = 0;
    loop {
        let mut operations = 0;
        for (power, faults) in disturbances {
            for &fault in *faults {
                let context = format!("{fault:?} at {number}, power {power:?}");
                let (mut world, place) = fresh_copy(base, number);
                world.collector = World::new(&place).collector;
                let (began, sealed, met) = disturbed(&world, number, fault, "b", *power);
                operations = operations.max(met);
                let lossy = LossyDisk::new(&world.folder).unwrap();
                let mut again = false;
                world.run_on(&lossy, "c", &mut again).unwrap_or_else(|error| panic!("{context}: {error:?}"));
                // What the next run says is done is done, power or not.
                lossy.cut_power().unwrap();
                let runs = check_after(&world, &earlier, &context);
                world.audit_signatures();
                let of_b: Vec<RunStatus> =
                    runs.iter().filter(|(run, _)| run == "b").map(|(_, status)| *status).collect();
                if sealed {
                    assert_eq!(of_b, [RunStatus::Complete], "{context}");
                } else if began {
                    assert_eq!(of_b.len(), 1, "{context}: {runs:?}");
                }
                assert_eq!(runs.last().unwrap().0, "c", "{context}");
                std::fs::remove_dir_all(place).unwrap();
            }
        }
        number += 1;
        if number > operations {
            break;
        }
    }
    assert!(number > 100, "only {number} operations were disturbed");
}

/// The run that recovers dies too, anywhere; the one after it still puts everything right.
#[test]
fn a_death_while_another_is_recovered_from() {
    let folder = scratch();
    let base = world_of_one(&folder.path().join("base"));
    let earlier = earlier_files(&base);
    let mut operations = u64::MAX;
    let mut first = 0;
    while first < operations {
        let (world, place) = fresh_copy(&base, first);
        let (_, _, met) = disturbed(&world, first, Fault::KillAfter, "b", Power::Stays);
        operations = met.max(first + 1);
        let mut second = 0;
        let mut recovery = u64::MAX;
        while second < recovery {
            let context = format!("killed at {first}, then at {second}");
            let inner = place.with_file_name("inner");
            copy_folder(&place, &inner);
            let again = World { collector: World::new(&inner).collector, ..world.at(&inner) };
            let power = [Power::Stays, Power::Cut, Power::CutWhileWriting][second as usize % 3];
            let (_, _, met) = disturbed(&again, second, Fault::KillAfter, "c", power);
            recovery = met.max(second + 1);
            let lossy = LossyDisk::new(&again.folder).unwrap();
            again.run_on(&lossy, "d", &mut false).unwrap_or_else(|error| panic!("{context}: {error:?}"));
            check_after(&again, &earlier, &context);
            again.audit_signatures();
            std::fs::remove_dir_all(inner).unwrap();
            second += 7;
        }
        std::fs::remove_dir_all(place).unwrap();
        first += 5;
    }
}

/// A person's record that dies anywhere is in the ledger once and whole, or not at all; and the next run goes on, which has not their key.
#[test]
fn a_death_anywhere_in_a_persons_record() {
    let folder = scratch();
    let base = world_of_one(&folder.path().join("base"));
    let earlier = earlier_files(&base);
    let (mut number, mut lost) = (0, 0);
    loop {
        let mut operations = 0;
        for (power, fault) in
            [(Power::Stays, Fault::KillDuring), (Power::Stays, Fault::KillAfter), (Power::Cut, Fault::KillAfter)]
        {
            let context = format!("{fault:?} at {number}, power {power:?}");
            let (world, place) = fresh_copy(&base, number);
            let lossy = LossyDisk::new(&world.folder).unwrap();
            let failpoint = FailAt::new(number, fault);
            let sealed = world.record_on(&FaultyDisk::new(lossy.clone(), failpoint.clone()), "b").is_ok();
            operations = operations.max(failpoint.met());
            if power == Power::Cut {
                lossy.cut_power().unwrap();
            }
            // Every second time the person comes before the run, who completes what they had begun, or begins anew.
            let again = number % 2 == 0;
            if again {
                world.record_on(&RealDisk, "b2").unwrap_or_else(|error| panic!("{context}: {error:?}"));
            }
            world.run_on(&RealDisk, "c", &mut false).unwrap_or_else(|error| panic!("{context}: {error:?}"));
            let runs = check_after(&world, &earlier, &context);
            let count = |id: &str| runs.iter().filter(|(run, _)| run == id).count();
            assert!(count("b") <= 1 && (count("b") == 1 || !sealed), "{context}: {runs:?}");
            assert_eq!((count("b2"), count("c")), (usize::from(again), 1), "{context}: {runs:?}");
            assert!(runs.iter().all(|(_, status)| *status == RunStatus::Complete), "{context}: {runs:?}");
            lost += usize::from(count("b") == 0);
            std::fs::remove_dir_all(place).unwrap();
        }
        number += 1;
        if number > operations {
            break;
        }
    }
    assert!(number > 60 && lost > 10, "only {number} operations were disturbed, and {lost} records lost");
}

/// A run that died leaves its place to its own key: a record does not take it.
#[test]
fn a_record_leaves_runs_to_the_next_run() {
    let folder = scratch();
    let base = world_of_one(&folder.path().join("base"));
    let (mut number, mut waited, mut went_on) = (0, 0, 0);
    loop {
        let (mut world, place) = fresh_copy(&base, number);
        world.collector = World::new(&place).collector;
        let (began, _, operations) = disturbed(&world, number, Fault::KillAfter, "b", Power::Stays);
        match world.record_on(&RealDisk, "c") {
            Ok(done) => {
                assert!(done.dropped.is_empty());
                went_on += 1;
            }
            Err(crate::record::RecordError::Seal(super::SealError::RunWaits { index: 1 })) => waited += 1,
            Err(error) => panic!("killed at {number}: {error:?}"),
        }
        world.run_on(&RealDisk, "d", &mut false).unwrap();
        let runs = world.audit();
        // Its intent may stand before the run knows that it does.
        let of_b = runs.iter().filter(|(run, _)| run == "b").count();
        assert!(of_b <= 1 && (of_b == 1 || !began), "killed at {number}: {runs:?}");
        world.audit_signatures();
        std::fs::remove_dir_all(place).unwrap();
        number += 1;
        if number > operations {
            break;
        }
    }
    assert!(waited > 0 && went_on > 10, "{waited} waited, {went_on} went on");
}

/// A fault anywhere in `init`: doing it again makes the ledger, or finds it made.
#[test]
fn a_fault_anywhere_while_the_ledger_is_made() {
    let folder = scratch();
    let mut number = 0;
    loop {
        let mut operations = 0;
        for (power, faults) in DISTURBANCES {
            for &fault in faults {
                let context = format!("{fault:?} at {number}, power {power:?}");
                let place = folder.path().join("world");
                let world = empty_world(&place);
                let lossy = LossyDisk::new(&place).unwrap();
                let failpoint = FailAt::new(number, fault);
                let first = world.init_on(&FaultyDisk::new(lossy.clone(), failpoint.clone()));
                operations = operations.max(failpoint.met());
                match power {
                    Power::Stays => {}
                    Power::Cut => lossy.cut_power().unwrap(),
                    Power::CutWhileWriting => lossy.cut_power_while_writing(number).unwrap(),
                }
                match world.init_on(&LossyDisk::new(&place).unwrap()) {
                    Ok(()) => {}
                    // The fault came after the ledger stood.
                    Err(super::SealError::AlreadyInitialised { size: 0, .. }) => {}
                    Err(error) => panic!("{context}: {error:?}"),
                }
                if first.is_ok() {
                    assert!(world.memory().exists(), "{context}");
                }
                world
                    .run_on(&LossyDisk::new(&place).unwrap(), "a", &mut false)
                    .unwrap_or_else(|error| panic!("{context}: {error:?}"));
                assert_eq!(world.audit().len(), 1, "{context}");
                std::fs::remove_dir_all(place).unwrap();
            }
        }
        number += 1;
        if number > operations {
            break;
        }
    }
    assert!(number > 20, "only {number} operations were disturbed");
}

/// A signature that was made and kept is the one that is appended, by whoever comes next.
#[test]
fn a_signature_that_was_kept_is_used() {
    let folder = scratch();
    let base = world_of_one(&folder.path().join("base"));
    let mut completed = 0;
    for number in 0.. {
        let (mut world, place) = fresh_copy(&base, number);
        world.collector = World::new(&place).collector;
        let (_, sealed, _) = disturbed(&world, number, Fault::KillAfter, "b", Power::Stays);
        let signed = std::fs::read_to_string(world.store().join("pending/1.signed.json")).ok();
        world.run_on(&RealDisk, "c", &mut false).unwrap();
        if let Some(signed) = signed {
            let envelope = std::fs::read_to_string(world.store().join("ledger/statements/1.json"));
            assert!(signed.contains(&envelope.unwrap().replace('"', "\\\"")));
            assert_eq!(world.audit()[1], ("b".to_owned(), RunStatus::Complete));
            completed += 1;
        }
        std::fs::remove_dir_all(place).unwrap();
        if sealed {
            break;
        }
    }
    assert!(completed > 20, "only {completed} deaths after the signature");
}
