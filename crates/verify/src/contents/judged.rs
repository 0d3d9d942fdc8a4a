//! Uses of checks, findings and their roll-ups: that they add up.

use std::collections::HashMap;

use bundle::limits;
use bundle::statement::{Predicate, Summary};
use model::record::{Assignment, Control, Counts, Finding};
use model::{Outcome, RecordRef, RecordType, Timestamp};

use super::found::{Found, NAMED};
use super::frame::Frame;
use super::hold::hold;
use super::key::Key;
use crate::problem::Problem;

/// What a finding may rest on.
const GROUNDS: [RecordType; 9] = [
    RecordType::Declaration,
    RecordType::Check,
    RecordType::Assignment,
    RecordType::Exchange,
    RecordType::Coverage,
    RecordType::Gap,
    RecordType::Resource,
    RecordType::Derived,
    RecordType::Recorded,
];

#[derive(Debug)]
pub(super) struct Judged {
    started: Timestamp,
    summary: Summary,
    controls: HashMap<Key, usize>,
    tallies: Vec<Tally>,
    /// The control of the last finding, and which it is.
    current: Option<(String, usize)>,
    last_finding: Option<Place>,
    /// Of all `control` records.
    claimed: Counts,
}

#[derive(Debug, Default)]
struct Tally {
    /// The first assignment that names it.
    assigned: Option<u64>,
    shown: Counts,
    claimed: bool,
}

impl Judged {
    pub(super) fn new(said: &Predicate) -> Self {
        Self {
            started: said.started,
            summary: said.summary,
            controls: HashMap::new(),
            tallies: Vec::new(),
            current: None,
            last_finding: None,
            claimed: Counts::default(),
        }
    }

    pub(super) fn assignment(&mut self, at: RecordRef, assignment: &Assignment) -> Result<(), Problem> {
        hold(assignment.now == self.started, at, "`now` is not the start of the run")?;
        self.tally(&assignment.control)?.assigned.get_or_insert(at.ordinal);
        Ok(())
    }

    fn tally(&mut self, control: &str) -> Result<&mut Tally, Problem> {
        let next = self.tallies.len();
        let index = *self.controls.entry(Key::of(&[control])).or_insert(next);
        if index == next {
            self.tallies.push(Tally::default());
        }
        self.tallies.get_mut(index).ok_or(Problem::Controls { max: limits::CONTROLS_MAX })
    }

    pub(super) fn finding(
        &mut self,
        at: RecordRef,
        finding: &Finding,
        frame: &Frame,
        found: &mut Found,
    ) -> Result<(), Problem> {
        self.proven(at, finding)?;
        if let Some(last) = &self.last_finding {
            hold(last.stands_before(finding), at, "findings are not strictly ordered by what they are about")?;
        }
        if let Some(acceptance) = finding.acceptance {
            frame.refer(at, acceptance, &[RecordType::Acceptance])?;
        }
        let mut hidden = false;
        for to in &finding.rests_on {
            frame.refer(at, *to, &GROUNDS)?;
            hidden |= frame.is_withheld(*to);
        }
        found.marks.iter_mut().for_each(|marks| marks.finding(at.ordinal, finding, hidden));
        if hidden {
            found.resting += 1;
            if found.resting_first.len() < NAMED {
                found.resting_first.push(at);
            }
        }
        let index = match &self.current {
            Some((control, index)) if *control == finding.control => Some(*index),
            _ => self.controls.get(&Key::of(&[&finding.control])).copied(),
        };
        let Some((index, tally)) = index.and_then(|index| Some((index, self.tallies.get_mut(index)?))) else {
            return Err(Problem::NoControl { at });
        };
        tally.shown.add(finding);
        if self.current.as_ref().is_none_or(|known| known.1 != index) {
            self.current = Some((finding.control.clone(), index));
        }
        match &mut self.last_finding {
            Some(last) => last.become_that_of(finding),
            None => self.last_finding = Some(Place::of(finding)),
        }
        Ok(())
    }

    /// An outcome that something proves has evidence, another one a reason.
    fn proven(&self, at: RecordRef, finding: &Finding) -> Result<(), Problem> {
        match finding.outcome {
            Outcome::Conforms | Outcome::Deviates => {
                hold(!finding.evidence.is_empty(), at, "its outcome has no evidence")?;
            }
            Outcome::Undetermined | Outcome::NotApplicable => {
                hold(finding.reason.is_some(), at, "its outcome has no reason")?;
            }
        }
        Ok(())
    }

    pub(super) fn control(&mut self, at: RecordRef, control: &Control, frame: &Frame) -> Result<(), Problem> {
        let some_hidden = frame.some_withheld(RecordType::Finding);
        let tally = self.tally(&control.id)?;
        hold(!tally.claimed, at, "duplicate control")?;
        tally.claimed = true;
        let assigned = tally.assigned.is_some();
        let (shown, claimed) = (fields(&tally.shown), fields(&control.counts));
        let fits = shown.iter().zip(&claimed).all(|((_, shown), (_, claimed))| match some_hidden {
            true => shown <= claimed,
            false => shown == claimed,
        });
        let counts = &control.counts;
        let any = claimed.iter().any(|(_, count)| *count > 0);
        let outcome_fits = match control.outcome {
            Some(outcome) => assigned && outcome == counts.outcome(),
            None => !assigned && !any,
        };
        if !fits || !outcome_fits || counts.accepted > counts.deviates {
            return Err(Problem::RollUp { at });
        }
        let sum = &mut self.claimed;
        for (total, count) in [
            (&mut sum.conforms, counts.conforms),
            (&mut sum.deviates, counts.deviates),
            (&mut sum.undetermined, counts.undetermined),
            (&mut sum.not_applicable, counts.not_applicable),
            (&mut sum.accepted, counts.accepted),
        ] {
            *total = total.saturating_add(count);
        }
        Ok(())
    }

    pub(super) fn finish(&self) -> Result<(), Problem> {
        // The lowest one, so that the same bundle always gives the same message.
        let orphan = self.tallies.iter().filter(|tally| !tally.claimed).filter_map(|tally| tally.assigned).min();
        if let Some(ordinal) = orphan {
            return Err(Problem::NoControl { at: RecordRef::new(RecordType::Assignment, ordinal) });
        }
        let signed = &self.summary;
        let signed = [signed.conforms, signed.deviates, signed.undetermined, signed.not_applicable, signed.accepted];
        let differs = fields(&self.claimed).into_iter().zip(signed).find(|((_, found), signed)| found != signed);
        match differs {
            Some(((field, _), _)) => Err(Problem::Summary { field }),
            None => Ok(()),
        }
    }
}

/// [`Finding::place`] of the last finding.
#[derive(Debug)]
struct Place {
    control: String,
    check: String,
    target: String,
    about: String,
    id: Option<String>,
}

impl Place {
    fn of(finding: &Finding) -> Self {
        let (control, check, target, about, id) = finding.place();
        Self {
            control: control.to_owned(),
            check: check.to_owned(),
            target: target.to_owned(),
            about: about.to_owned(),
            id: id.map(str::to_owned),
        }
    }

    /// In place: most findings follow others of their control and check.
    fn become_that_of(&mut self, finding: &Finding) {
        let (control, check, target, about, id) = finding.place();
        for (text, new) in [
            (&mut self.control, control),
            (&mut self.check, check),
            (&mut self.target, target),
            (&mut self.about, about),
        ] {
            if text != new {
                new.clone_into(text);
            }
        }
        self.id = id.map(str::to_owned);
    }

    fn stands_before(&self, finding: &Finding) -> bool {
        (&*self.control, &*self.check, &*self.target, &*self.about, self.id.as_deref()) < finding.place()
    }
}

fn fields(counts: &Counts) -> [(&'static str, u64); 5] {
    [
        ("conforms", counts.conforms),
        ("deviates", counts.deviates),
        ("undetermined", counts.undetermined),
        ("not_applicable", counts.not_applicable),
        ("accepted", counts.accepted),
    ]
}
