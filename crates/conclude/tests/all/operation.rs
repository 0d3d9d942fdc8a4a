//! Controls over a period: what was due of each, what came of it, since when it is in force.

#![expect(clippy::unwrap_used, reason = "helpers of tests may stop at the first surprise")]

use std::sync::Arc;

use model::origin::Unproven;
use model::record::{
    Assignment, Check, CheckRole, Control, Counts, Expectation, Observation, Provenance, Rehearsed, Route,
};
use model::{Digest, Outcome, Timestamp};
use serde_json::value::RawValue;
use witnessmark_conclude::{
    Began, CheckTexts, ControlOperation, Judged, Operated, Operation, Rehearsals, Slot, Uses, Why, Worth,
};

const DAY: u64 = 86_400;

fn day(number: i64) -> Timestamp {
    // 2026-01-01T02:30:00Z is day 0.
    Timestamp::from_millis(1_767_234_600_000 + number * 86_400_000).unwrap()
}

/// What a run says of the one control of these tests.
#[derive(Clone)]
struct Said {
    worth: Worth,
    read: bool,
    there: bool,
    outcome: Option<Outcome>,
    accepted: u64,
    every: Option<u64>,
    grace: Option<u64>,
    uses: Vec<Assignment>,
    text: &'static str,
    route: Option<Route>,
    hours: i64,
}

fn assignment(check: &str, targets: &[&str], parameters: &str, weaker: &[&str]) -> Assignment {
    Assignment {
        control: "C".to_owned(),
        check: check.to_owned(),
        targets: targets.iter().map(|target| (*target).to_owned()).collect(),
        parameters: RawValue::from_string(parameters.to_owned()).unwrap(),
        weaker: weaker.iter().map(|name| (*name).to_owned()).collect(),
        expect: None,
        declared: RawValue::from_string("{}".to_owned()).unwrap(),
        now: day(0),
    }
}

fn conforms() -> Said {
    Said {
        worth: Worth::Complete,
        read: true,
        there: true,
        outcome: Some(Outcome::Conforms),
        accepted: 0,
        every: Some(DAY),
        grace: None,
        uses: vec![assignment("a/rotates", &["prod"], "{\"max_days\":90}", &[])],
        text: "first",
        route: None,
        hours: 0,
    }
}

fn saw(outcome: Outcome) -> Said {
    Said { outcome: Some(outcome), ..conforms() }
}

fn changed(change: impl FnOnce(&mut Said)) -> Said {
    let mut said = conforms();
    change(&mut said);
    said
}

/// One run on each of these days.
fn told_of(runs: &[(i64, Said)], from: Option<i64>, until: Option<i64>) -> Operated {
    let mut operation = Operation::default();
    for (index, (number, said)) in (0..).zip(runs) {
        let started = Timestamp::from_millis(day(*number).as_millis() + said.hours * 3_600_000).unwrap();
        let began = Began { index, started, every_seconds: Some(DAY), grace_seconds: None, worth: said.worth };
        let deviates = u64::from(said.outcome == Some(Outcome::Deviates));
        let control = Control {
            id: "C".to_owned(),
            title: "Keys rotate".to_owned(),
            requirements: vec!["ccss-9.0:1.01".to_owned()],
            outcome: said.outcome,
            counts: Counts { deviates, accepted: said.accepted, ..Counts::default() },
            observe: said.every.map(|every_seconds| Observation { every_seconds, grace_seconds: said.grace }),
            task: None,
        };
        let controls: Vec<Control> = said.there.then_some(control).into_iter().collect();
        let text = |id: &str, role, text: &str| Check {
            id: id.to_owned(),
            role,
            sha256: Digest::of(text.as_bytes()),
            provenance: Provenance::Stock,
            text: String::new(),
        };
        let texts = [text("a/rotates", CheckRole::Check, said.text), text("lib/a", CheckRole::Library, "library")];
        let rehearsals = Rehearsals::of(&[], &said.route.clone().into_iter().collect::<Vec<_>>());
        let judged = Judged {
            controls: &controls,
            uses: &Arc::new(Uses::of(&said.uses)),
            texts: &Arc::new(CheckTexts::of(&texts)),
            rehearsals: &rehearsals,
        };
        let judges = said.read && matches!(said.worth, Worth::Complete | Worth::Partial);
        operation.run(began, judges.then_some(judged));
    }
    // To the end of the last day.
    let end = |number: i64| Timestamp::from_millis(day(number).as_millis() + 77_000_000).unwrap();
    operation.told(from.map(day), until.map(end))
}

fn told(runs: &[(i64, Said)]) -> ControlOperation {
    told_of(runs, None, None).controls.remove(0)
}

fn days(runs: &[Said]) -> Vec<(i64, Said)> {
    (0..).zip(runs.iter().cloned()).collect()
}

fn resets(told: &ControlOperation) -> Vec<(Why, u64, u64, u64)> {
    told.resets.iter().map(|reset| (reset.why, reset.entry, reset.until_entry, reset.runs)).collect()
}

fn in_force(told: &ControlOperation) -> Option<(u64, u64, u64)> {
    told.in_force.as_ref().map(|held| (held.entry, held.observations.due, held.observations.no_deviation))
}

#[test]
fn what_each_observation_saw_is_counted_apart() {
    let accepted = changed(|said| (said.outcome, said.accepted) = (Some(Outcome::Deviates), 1));
    let told = told(&days(&[
        conforms(),
        saw(Outcome::NotApplicable),
        saw(Outcome::Undetermined),
        saw(Outcome::Deviates),
        accepted,
        conforms(),
    ]));
    let of = told.observations;
    assert_eq!((of.due, of.made(), of.no_deviation, of.not_applicable), (6, 6, 3, 1));
    assert_eq!((of.undetermined, of.deviates, of.accepted), (1, 1, 1));
    assert_eq!((&told.no_deviation.entries[..], &told.deviates.entries[..]), (&[0, 1, 5][..], &[3][..]));
    assert_eq!((&told.undetermined.entries[..], &told.accepted.entries[..]), (&[2][..], &[4][..]));
    assert_eq!(resets(&told), [(Why::Deviates, 3, 3, 1), (Why::Accepted, 4, 4, 1)]);
    assert_eq!(in_force(&told), Some((5, 1, 1)));
    assert_eq!((told.title.as_str(), told.first, told.last, told.every_seconds), ("Keys rotate", 0, 5, Some(DAY)));
}

/// What could not be read costs an observation. It neither ends nor begins the time in which a control is in force.
#[test]
fn one_throttled_page_costs_one_observation() {
    let unknown = saw(Outcome::Undetermined);
    let told_once = told(&days(&[conforms(), unknown.clone(), conforms()]));
    assert_eq!((in_force(&told_once), told_once.resets_in_all), (Some((0, 3, 2)), 0));
    let begins = told(&days(&[unknown.clone(), conforms(), unknown.clone()]));
    assert_eq!(in_force(&begins), Some((1, 2, 1)));
    let after = told(&days(&[conforms(), saw(Outcome::Deviates), unknown.clone(), saw(Outcome::Deviates), unknown]));
    assert_eq!((resets(&after), in_force(&after)), (vec![(Why::Deviates, 1, 3, 2)], None));
}

#[test]
fn a_day_without_a_run_is_missing_and_ends_nothing() {
    let told = told(&[(0, conforms()), (1, conforms()), (4, conforms())]);
    let of = told.observations;
    assert_eq!((of.due, of.made(), of.missing, of.unobserved()), (5, 3, 2, 2));
    assert_eq!((in_force(&told), told.slots[0].slot, told.slots[0].count), (Some((0, 5, 3)), Slot::Missing, 2));
    let tried = changed(|said| said.worth = Worth::Failed);
    let rehearsed = changed(|said| said.worth = Worth::Rehearsal);
    let whole = told_of(&days(&[conforms(), tried, rehearsed, conforms()]), None, None);
    let of = whole.controls[0].observations;
    assert_eq!((of.due, of.failed, of.rehearsed, of.missing, whole.unobserved()), (4, 1, 1, 0, 2));
    assert!(whole.said());
}

/// A rehearsal of one target says nothing of the controls that are put to it, and of what is joined from it.
#[test]
fn a_control_put_to_a_rehearsed_target_is_not_observed() {
    let rehearsed = Rehearsed { endpoint: "http://127.0.0.1:4566".to_owned(), because: Unproven::PlainHttp };
    let route = |target: &str| Route {
        target: target.to_owned(),
        collector: "c".to_owned(),
        endpoints: Vec::new(),
        proxies: Vec::new(),
        authorities: Vec::new(),
        pinned: Vec::new(),
        rehearsal: vec![rehearsed.clone()],
    };
    let with = |target: &str| changed(|said| said.route = Some(route(target)));
    let own = told(&days(&[conforms(), with("prod"), conforms()]));
    assert_eq!((own.observations.rehearsed, own.observations.made()), (1, 2));
    let other = told(&days(&[conforms(), with("test"), conforms()]));
    assert_eq!((other.observations.rehearsed, other.observations.made()), (0, 3));
    let joined = |mut said: Said| {
        said.uses = vec![assignment("a/rotates", &["joined"], "{}", &[])];
        said
    };
    let of = told(&days(&[joined(conforms()), joined(with("test")), joined(conforms())])).observations;
    assert_eq!((of.rehearsed, of.made()), (1, 2));
    // One that was never anything else is in the table all the same.
    let only = told(&days(&[with("prod"), with("prod")]));
    assert_eq!((only.inspected, only.observations.rehearsed, only.observations.made()), (true, 1, 0));
    assert_eq!(in_force(&only), None);
}

/// A bundle that nobody has is an observation of which nothing can be said: it conforms for nobody.
#[test]
fn what_is_not_at_hand_is_never_without_a_deviation() {
    let gone = changed(|said| said.read = false);
    let whole = told_of(&days(&[gone.clone(), conforms(), gone.clone(), conforms(), gone.clone()]), None, None);
    let told = &whole.controls[0];
    let of = told.observations;
    assert_eq!((of.due, of.no_deviation, of.unread, of.missing, of.not_known()), (5, 2, 3, 0, 3));
    assert_eq!((&told.unread.entries[..], &whole.unread.entries[..]), (&[0, 2, 4][..], &[0, 2, 4][..]));
    assert_eq!((in_force(told), whole.said(), whole.unobserved()), (Some((1, 4, 2)), false, 0));
    // Beside another run of the same day, too.
    let evening = changed(|said| (said.read, said.hours) = (false, 6));
    let both = told_of(&[(0, conforms()), (0, evening), (1, conforms())], None, None);
    let of = both.controls[0].observations;
    assert_eq!((of.due, of.unread, of.no_deviation), (2, 1, 1));
    // Nothing is known of any control.
    let nothing = told_of(&days(&[gone.clone(), gone]), None, None);
    assert_eq!((nothing.controls.len(), nothing.unread.in_all, nothing.said()), (0, 2, false));
}

#[test]
fn a_control_that_is_gone_or_asks_nothing_is_not_in_force() {
    let absent = changed(|said| said.there = false);
    let back = told(&days(&[conforms(), absent.clone(), absent.clone(), conforms()]));
    assert_eq!(resets(&back), [(Why::Missing, 1, 2, 2)]);
    assert_eq!((back.observations.missing, in_force(&back)), (2, Some((3, 1, 1))));
    let removed = told(&days(&[conforms(), conforms(), absent.clone(), absent]));
    assert_eq!((removed.observations.missing, removed.last, in_force(&removed)), (1, 1, None));
    let empty = changed(|said| (said.outcome, said.uses) = (None, Vec::new()));
    let emptied = told(&days(&[conforms(), empty.clone(), empty.clone(), conforms()]));
    let why: Vec<Why> = emptied.resets.iter().map(|reset| reset.why).collect();
    assert_eq!(why, [Why::Weaker, Why::NoOutcome, Why::Changed]);
    assert_eq!((emptied.observations.missing, in_force(&emptied)), (2, Some((3, 1, 1))));
    // What only people can show was never observed, and nothing of it is due.
    let people = told_of(&days(&[empty.clone(), empty]), None, None);
    assert_eq!((people.controls[0].inspected, people.controls[0].observations.due, people.said()), (false, 0, true));
}

#[test]
fn whatever_it_asks_otherwise_begins_anew() {
    let with = |parameters: &str, weaker: &[&str]| {
        let uses = vec![assignment("a/rotates", &["prod"], parameters, weaker)];
        changed(|said| said.uses = uses)
    };
    let once = |said: Said| {
        let told = told(&days(&[conforms(), said, conforms()]));
        let mut both = told.resets.iter().map(|reset| (reset.why, reset.because.clone().unwrap()));
        let first = both.next().unwrap();
        // Taken back is something else once more.
        assert!(both.next().is_some(), "{first:?}");
        assert_eq!(in_force(&told), Some((2, 1, 1)), "{first:?}");
        first
    };
    let weaker = once(with("{\"max_days\":900}", &["max_days"]));
    assert_eq!(weaker.0, Why::Weaker);
    assert_eq!(weaker.1, "`max_days` of `a/rotates` at `prod` became weaker than the check's default");
    let other = once(with("{\"max_days\":91}", &[]));
    assert_eq!(other, (Why::Changed, "the parameters of `a/rotates` at `prod` are others".to_owned()));
    let more = vec![conforms().uses.remove(0), assignment("a/other", &["prod"], "{}", &[])];
    let more = once(changed(|said| said.uses = more));
    assert_eq!(more, (Why::Changed, "`a/other` is put to `prod`, and was not before".to_owned()));
    let elsewhere =
        once(changed(|said| said.uses = vec![assignment("a/rotates", &["test"], "{\"max_days\":90}", &[])]));
    assert_eq!(elsewhere, (Why::Weaker, "`a/rotates` is not put to `prod` any more".to_owned()));
    let nothing = once(changed(|said| {
        said.uses[0].expect = Some(Expectation { none: "no keys yet".to_owned() });
    }));
    assert_eq!(nothing, (Why::Weaker, "`a/rotates` at `prod` now expects that there may be nothing".to_owned()));
    let text = once(changed(|said| said.text = "second"));
    assert_eq!(text, (Why::Changed, "the text of `a/rotates` is another one".to_owned()));
    let seldom = once(changed(|said| said.every = Some(2 * DAY)));
    assert_eq!(seldom, (Why::Weaker, format!("it is observed every {} s; it was every {DAY} s", 2 * DAY)));
}

/// A control that is observed more seldom than runs are made has one slot for each of its own intervals.
#[test]
fn each_control_has_its_own_interval() {
    let weekly = changed(|said| said.every = Some(7 * DAY));
    let mut runs = days(&vec![weekly; 29]);
    runs[9].1.outcome = Some(Outcome::Deviates);
    let told = told(&runs);
    let of = told.observations;
    // A deviation on any day of a week is one of that week.
    assert_eq!((of.due, of.no_deviation, of.deviates, of.late), (5, 4, 1, 0));
    assert_eq!((told.deviates.entries, in_force(&told_of(&runs, None, None).controls[0])), (vec![9], Some((10, 3, 3))));
    // Without one of its own, that of the runs.
    let none = changed(|said| said.every = None);
    assert_eq!(told_of(&days(&[none.clone(), none]), None, None).controls[0].observations.due, 2);
}

#[test]
fn a_period_is_told_of_and_in_force_reaches_further_back() {
    let mut runs = days(&vec![conforms(); 30]);
    runs[3].1.outcome = Some(Outcome::Deviates);
    let told = told_of(&runs, Some(10), Some(19)).controls.remove(0);
    assert_eq!((told.observations.due, told.observations.no_deviation, told.resets_in_all), (10, 10, 0));
    assert_eq!(in_force(&told), Some((4, 16, 16)));
    // What comes after the period is not looked at.
    runs[25].1.outcome = Some(Outcome::Deviates);
    assert_eq!(in_force(&told_of(&runs, Some(10), Some(19)).controls[0]), Some((4, 16, 16)));
    // Nothing of a control was due before it was declared.
    let mut later = days(&vec![conforms(); 10]);
    later[..4].iter_mut().for_each(|(_, said)| said.there = false);
    let told = told_of(&later, Some(0), Some(9)).controls.remove(0);
    assert_eq!((told.observations.due, told.observations.missing, told.first, told.resets_in_all), (6, 0, 4, 0));
    assert!(told_of(&later, Some(0), Some(2)).controls.is_empty());
}

#[test]
fn a_clock_that_went_back_fills_no_slot_and_hides_no_deviation() {
    let runs = [(0, conforms()), (5, conforms()), (2, saw(Outcome::Deviates)), (6, conforms())];
    let told = told(&runs);
    let of = told.observations;
    assert_eq!((of.due, of.no_deviation, of.deviates, of.missing), (7, 3, 0, 4));
    assert_eq!((resets(&told), in_force(&told)), (vec![(Why::Deviates, 2, 2, 1)], Some((3, 1, 1))));
}

/// What comes after a declared grace meets no slot, and begins the next interval.
#[test]
fn a_declared_grace_tells_late_from_missing() {
    let with = |hours, grace| Said { hours, grace, ..conforms() };
    let counts = |runs: &[Said]| {
        let told = told(&days(runs));
        let of = told.observations;
        (of.due, of.no_deviation, of.late, of.missing)
    };
    let hour = Some(3_600);
    // Six hours late: late by default, missing with a grace of an hour, and the next is due a day after it.
    assert_eq!(counts(&[with(0, None), with(6, None), with(6, None)]), (3, 3, 1, 0));
    assert_eq!(counts(&[with(0, hour), with(6, hour), with(6, hour)]), (3, 2, 0, 1));
    // Within the grace, and early.
    assert_eq!(counts(&[with(1, hour), with(2, hour), with(0, hour), with(0, hour)]), (4, 4, 0, 0));
    // A grace that became longer is weaker.
    let longer = told(&days(&[with(0, hour), with(0, Some(7_200))]));
    assert_eq!(longer.resets.iter().map(|reset| reset.why).collect::<Vec<_>>(), [Why::Weaker]);
    let shorter = told(&days(&[with(0, None), with(0, hour)]));
    assert_eq!(shorter.resets.iter().map(|reset| reset.why).collect::<Vec<_>>(), [Why::Changed]);
}
