//! Each cause alone, and each two of them together.

use serde_json::json;

use super::world::{All, World, drift};
use crate::cause::{Cause, Causes};
use crate::found::{FindingWhat, What};

/// One key that just conforms.
fn usual() -> World {
    World::default().with("k", json!({"n": 3, "tags": ["a", "b"]}))
}

/// Makes the finding of the key another one, by this cause.
fn by(cause: Cause, world: World) -> World {
    match cause {
        Cause::Environment => {
            let n = if world.gaps.is_empty() { json!({"n": 9, "tags": ["a"]}) } else { json!({"tags": ["a"]}) };
            world.with("k", n)
        }
        Cause::Declaration => World { max: 1, file: "system: cold", ..world },
        Cause::Checks => World { check: 4, ..world },
        Cause::Tool => World { program: 2, ..world },
        Cause::Visibility => world.unread(Some("k"), Some("n")),
        Cause::Time => World { day: 20, ..world },
    }
}

fn causes_of_the_finding(all: &All) -> Causes {
    assert_eq!(all.findings.len(), 1, "{all:#?}");
    all.findings[0].causes
}

#[test]
fn each_alone() {
    for cause in Cause::ALL {
        let before = World { asks_time: cause == Cause::Time, max: 20, ..usual() };
        let before = if cause == Cause::Time { before } else { World { max: 5, ..before } };
        let all = drift(&before, &by(cause, before.clone()));
        assert_eq!(causes_of_the_finding(&all), cause.into(), "{cause:?}: {all:#?}");
        let what = all.findings[0].what;
        let expected = if cause == Cause::Visibility { FindingWhat::Incomparable } else { FindingWhat::Outcome };
        assert_eq!(what, expected, "{cause:?}");
        assert_eq!(all.controls[0].causes, cause.into(), "{cause:?}");
        let objects: Vec<Causes> = all.objects.iter().map(|one| one.causes).collect();
        let of_object = matches!(cause, Cause::Environment | Cause::Visibility);
        assert_eq!(objects, if of_object { vec![cause.into()] } else { Vec::new() }, "{cause:?}");
    }
}

#[test]
fn each_two_together() {
    let mut pairs = 0;
    for one in Cause::ALL {
        for other in Cause::ALL.into_iter().filter(|other| *other > one && *other != Cause::Time) {
            // What is not seen is done first, so that what changes behind it is not seen either.
            let (first, second) = if other == Cause::Visibility { (other, one) } else { (one, other) };
            let before = usual();
            let after = by(second, by(first, before.clone()));
            let expected: Causes = [one, other].into_iter().collect();
            for (before, after) in [(&before, &after), (&after, &before)] {
                let all = drift(before, after);
                assert_eq!(causes_of_the_finding(&all), expected, "{all:#?}");
                assert_eq!(all.controls[0].causes, expected, "{all:#?}");
            }
            pairs += 1;
        }
    }
    assert_eq!(pairs, 10);
}

/// The day alone is only a cause where nothing else is: it is another one in any two runs.
#[test]
fn the_day_is_no_cause_beside_others() {
    let before = World { asks_time: true, max: 20, ..usual() };
    let after = World { day: 20, ..before.clone() }.with("k", json!({"n": 9, "tags": ["a", "b"]}));
    assert_eq!(causes_of_the_finding(&drift(&before, &after)), Cause::Environment.into());
    // Of another program it cannot be told.
    let after = World { day: 20, program: 2, ..before.clone() };
    let all = drift(&before, &after);
    assert_eq!(causes_of_the_finding(&all), [Cause::Tool, Cause::Time].into_iter().collect());
}

#[test]
fn another_program_may_read_otherwise() {
    let before = usual();
    let after = World { program: 2, ..before.clone() }.with("k", json!({"n": 3, "tags": ["a", "c"]}));
    let all = drift(&before, &after);
    assert_eq!(all.objects[0].causes, [Cause::Environment, Cause::Tool].into_iter().collect());
    assert_eq!(all.basis.len(), 1);
    // The same bytes were answered: the source did not change.
    let same = |world: &World| {
        let mut items = world.items();
        for item in &mut items {
            if let crate::item::Seen::Object(object) = &mut item.what {
                object.answers = Some(7);
            }
        }
        items
    };
    let mut all = All::default();
    crate::compare(&mut same(&before).into_iter(), &mut same(&after).into_iter(), &mut all);
    assert_eq!(all.objects[0].causes, Cause::Tool.into());
}

#[test]
fn a_new_control_is_declared() {
    let before = usual();
    let after = World { controls: vec!["C", "D"], ..before.clone() };
    let all = drift(&before, &after);
    assert_eq!(all.findings.len(), 1);
    assert_eq!((all.findings[0].what, all.findings[0].causes), (FindingWhat::New, Cause::Declaration.into()));
    assert_eq!((all.controls[0].what, all.controls[0].causes), (What::Added, Cause::Declaration.into()));
    let all = drift(&after, &before);
    assert_eq!((all.findings[0].what, all.controls[0].what), (FindingWhat::Gone, What::Removed));
}

#[test]
fn an_acceptance_ends_by_the_day_or_is_taken_back() {
    let deviating = World { accepted: ["k".to_owned()].into(), ..World::default() }.with("k", json!({"n": 9}));
    let without = |day| World { day, accepted: Default::default(), ..deviating.clone() };
    let all = drift(&deviating, &without(20));
    assert_eq!((all.findings[0].what, all.findings[0].causes), (FindingWhat::Acceptance, Cause::Time.into()));
    assert_eq!(all.basis[0].causes, Cause::Time.into());
    assert!(all.findings[0].deviates_anew());
    let taken_back = World { file: "system: without", ..without(2) };
    let all = drift(&deviating, &taken_back);
    assert_eq!(all.findings[0].causes, Cause::Declaration.into());
    assert!(all.basis.iter().all(|one| one.causes == Cause::Declaration.into()), "{:#?}", all.basis);
}

#[test]
fn the_same_outcome_by_another_value_is_told() {
    let before = World::default().with("k", json!({"n": 8}));
    let after = World::default().with("k", json!({"n": 9}));
    let all = drift(&before, &after);
    assert_eq!((all.findings[0].what, all.findings[0].causes), (FindingWhat::Evidence, Cause::Environment.into()));
    assert!(all.findings[0].deviates_anew());
    assert!(all.controls.is_empty());
}
