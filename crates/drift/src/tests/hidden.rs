//! What cannot be compared is never called removed.

use serde_json::json;

use super::world::{All, World, drift};
use crate::cause::{Cause, Causes};
use crate::found::{Because, FindingWhat, What, Which};

fn two() -> World {
    World::default().with("a", json!({"n": 1})).with("b", json!({"n": 2}))
}

fn one() -> World {
    World::default().with("a", json!({"n": 1}))
}

fn only_object(all: &All) -> (What, Option<Because>, Causes) {
    assert_eq!(all.objects.len(), 1, "{all:#?}");
    let one = &all.objects[0];
    (one.what, one.unclear.as_ref().map(|unclear| unclear.because), one.causes)
}

#[test]
fn what_was_listed_to_the_end_is_removed() {
    let all = drift(&two(), &one());
    assert_eq!(only_object(&all), (What::Removed, None, Cause::Environment.into()));
    assert_eq!((all.findings[0].what, all.findings[0].causes), (FindingWhat::Gone, Cause::Environment.into()));
    let all = drift(&one(), &two());
    assert_eq!(only_object(&all), (What::Added, None, Cause::Environment.into()));
    assert_eq!(all.findings[0].what, FindingWhat::New);
}

#[test]
fn what_a_gap_may_hide_is_incomparable() {
    let seen: Causes = Cause::Visibility.into();
    let worlds = [
        ("the list", one().unread(None, None), Because::NotRead, seen),
        ("the subject", one().unread(Some("b"), None), Because::NotRead, seen),
        ("no end", World { listed: Some(false), ..one() }, Because::NotRead, seen),
        ("never listed", World { listed: None, ..one() }, Because::NotListed, Cause::Environment.into()),
        (
            "never listed, by what is declared",
            World { listed: None, file: "system: other", ..one() },
            Because::NotListed,
            Cause::Declaration.into(),
        ),
        ("withheld", World { withheld: ["b".to_owned()].into(), ..two() }, Because::Withheld, seen),
    ];
    for (name, less, because, causes) in worlds {
        for (before, after, bundle) in [(&two(), &less, Which::After), (&less, &two(), Which::Before)] {
            let all = drift(before, after);
            assert_eq!(only_object(&all), (What::Incomparable, Some(because), causes), "{name}");
            assert_eq!(all.objects[0].unclear.as_ref().unwrap().bundle, bundle, "{name}");
            // The finding of the copy is shown: it is the same. In the others nobody judged it.
            let expected = if name == "withheld" { None } else { Some(FindingWhat::Incomparable) };
            assert_eq!(all.findings.first().map(|finding| finding.what), expected, "{name}: {all:#?}");
        }
    }
}

/// Records are sorted: what would stand where nothing is withheld is not there.
#[test]
fn what_is_withheld_elsewhere_hides_nothing() {
    let three = |middle: bool| {
        let world = World::default().with("a", json!({"n": 1})).with("c", json!({"n": 1})).with("e", json!({"n": 1}));
        if middle { world.with("b", json!({"n": 1})) } else { world }
    };
    let withheld = |id: &str| World { withheld: [id.to_owned()].into(), ..three(false) };
    let what = |after: &World| {
        let all = drift(&three(true), after);
        all.objects.iter().find(|object| object.id == "b").map(|object| object.what)
    };
    assert_eq!(what(&withheld("e")), Some(What::Removed));
    assert_eq!(what(&withheld("c")), Some(What::Incomparable), "it would stand beside `b`");
    assert_eq!(what(&withheld("a")), Some(What::Incomparable));
}

#[test]
fn a_part_that_was_not_read_is_no_removed_part() {
    let with = World::default().with("k", json!({"n": 1, "grants": ["g"], "state": "on"}));
    let without = with.clone().unread(Some("k"), Some("grants"));
    let all = drift(&with, &without);
    assert_eq!(only_object(&all), (What::Incomparable, Some(Because::NotRead), Cause::Visibility.into()));
    assert_eq!(all.objects[0].unclear.as_ref().unwrap().part.as_deref(), Some("grants"));
    // A list that was cut short is there, and named by a gap.
    let cut = World::default().with("k", json!({"n": 1, "grants": [], "state": "on"}));
    let mut cut = cut;
    cut.gaps.insert((Some("k".to_owned()), Some("grants".to_owned())));
    assert_eq!(only_object(&drift(&with, &cut)).0, What::Incomparable);
    // What was read beside it changed.
    let mut also = cut.clone();
    also.keys.insert("k".to_owned(), json!({"n": 1, "grants": [], "state": "off"}));
    let all = drift(&with, &also);
    assert_eq!(only_object(&all), (What::Changed, None, [Cause::Environment, Cause::Visibility].into_iter().collect()));
    let unclear: Vec<(&str, bool)> =
        all.objects[0].fields.iter().map(|one| (one.field.path.as_str(), one.unclear.is_some())).collect();
    assert_eq!(unclear, [("/grants", true), ("/state", false)]);
    // Without a gap it is gone.
    let gone = World::default().with("k", json!({"n": 1, "state": "on"}));
    assert_eq!(only_object(&drift(&with, &gone)), (What::Changed, None, Cause::Environment.into()));
}

#[test]
fn another_account_is_compared_with_nothing() {
    let other = World { identity: "999988887777", ..one() };
    let all = drift(&two(), &other);
    let (what, because, causes) = only_object(&all);
    assert_eq!((what, because, causes), (What::Incomparable, Some(Because::OtherIdentity), Cause::Visibility.into()));
    assert!(all.findings.iter().all(|finding| finding.what == FindingWhat::Incomparable));
}

#[test]
fn a_rehearsal_is_compared_with_rehearsals() {
    let rehearsal = |world: World| World { rehearsal: true, ..world };
    assert_eq!(only_object(&drift(&two(), &rehearsal(one()))).1, Some(Because::Rehearsal));
    assert_eq!(only_object(&drift(&rehearsal(two()), &rehearsal(one()))).0, What::Removed);
}

#[test]
fn what_neither_shows_is_counted() {
    let gap = one().unread(None, None);
    let all = drift(&gap, &gap);
    assert!(all.is_empty());
    assert_eq!(all.alike.gaps, 1);
    let withheld = World { withheld: ["b".to_owned()].into(), ..two() };
    let all = drift(&withheld, &withheld);
    assert!(all.is_empty(), "{all:#?}");
    assert_eq!((all.alike.withheld_before, all.alike.withheld_after), (1, 1));
}
