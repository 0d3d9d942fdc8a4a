//! The records of a run, or of a person, handed to those who know their rules.

use bundle::read::Record;
use bundle::statement::{Kind, Statement};
use model::record::{Check, ClockSource, Override, Run, RunStatus};
use model::{Digest, RecordRef, RecordType};

use super::collected::Collected;
use super::found::Found;
use super::frame::Frame;
use super::hold::hold;
use super::judged::Judged;
use super::person::OfPerson;
use crate::approvals::Approvals;
use crate::problem::Problem;

/// What is known of a run's records so far.
#[derive(Debug)]
pub(super) struct OfRun {
    statement: Statement,
    collected: Collected,
    judged: Judged,
    /// Of a person's record.
    person: Option<OfPerson>,
    last_check: Option<String>,
}

impl OfRun {
    pub(super) fn new(statement: &Statement) -> Self {
        Self {
            statement: statement.clone(),
            collected: Collected::new(&statement.predicate),
            judged: Judged::new(&statement.predicate),
            person: (statement.predicate.kind == Kind::Record).then(|| OfPerson::new(statement.predicate.started)),
            last_check: None,
        }
    }

    pub(super) fn record(
        &mut self,
        at: RecordRef,
        record: &Record,
        frame: &Frame,
        approvals: &mut Approvals,
        found: &mut Found,
    ) -> Result<(), Problem> {
        match record {
            Record::Run(run) => self.run(at, run, found),
            Record::Host(host) => {
                approvals.host(host);
                Ok(())
            }
            Record::Declaration(file) => {
                if let Some(person) = &mut self.person {
                    person.declaration(at, file);
                }
                Ok(())
            }
            Record::Recorded(recorded) => match &self.person {
                Some(person) => person.recorded(at, recorded, frame),
                None => Ok(()),
            },
            Record::Check(check) => {
                approvals.check(check);
                self.check(at, check, found)
            }
            Record::Acceptance(acceptance) => approvals.acceptance(at, acceptance, &self.statement),
            Record::Assignment(assignment) => {
                approvals.assignment(assignment);
                found.marks.iter_mut().for_each(|marks| marks.assignment(assignment));
                self.judged.assignment(at, assignment)
            }
            Record::Route(route) => {
                found.rehearsals.route(route);
                found.marks.iter_mut().for_each(|marks| marks.route(route));
                self.collected.route(at, route)
            }
            Record::Peer(peer) => self.collected.peer(at, peer),
            Record::Exchange(exchange) => {
                approvals.exchange(at, exchange);
                found.marks.iter_mut().for_each(|marks| marks.exchange(at.ordinal, exchange));
                // What does not come from the source has no date of the source's.
                if !found.rehearsals.includes(&exchange.target) {
                    found.dates.exchange(at, exchange);
                }
                self.collected.exchange(at, exchange, frame)
            }
            Record::Params(params) => {
                approvals.params(params);
                self.collected.params(at, params, frame)
            }
            Record::Body(body) => {
                found.bodies_not_kept += u64::from(body.withheld.is_some());
                found.bodies_masked += u64::from(!body.masked.is_empty());
                found.texts_masked += body.masked.len() as u64;
                found.marks.iter_mut().for_each(|marks| marks.body(body));
                self.collected.body(at, body, frame)
            }
            Record::Coverage(coverage) => {
                approvals.coverage(coverage);
                found.marks.iter_mut().for_each(|marks| marks.coverage(coverage));
                self.collected.coverage(at, coverage, frame)
            }
            Record::Gap(gap) => {
                self.collected.gap(at, gap, frame)?;
                if let Some(acceptance) = gap.acceptance {
                    frame.refer(at, acceptance, &[RecordType::Acceptance])?;
                    approvals.gap(at, gap, acceptance)?;
                }
                *found.gaps.entry(gap.reason).or_default() += 1;
                found.accepted_gaps += u64::from(gap.acceptance.is_some());
                Ok(())
            }
            Record::Resource(resource) => self.collected.resource(at, resource, frame),
            Record::Derived(derived) => self.collected.derived(at, derived, frame),
            Record::Finding(finding) => {
                self.judged.finding(at, finding, frame, found)?;
                match finding.acceptance {
                    Some(acceptance) => approvals.finding(at, finding, acceptance),
                    None => Ok(()),
                }
            }
            Record::Control(control) => {
                found.marks.iter_mut().for_each(|marks| marks.control(control));
                self.judged.control(at, control, frame)
            }
        }
    }

    fn run(&mut self, at: RecordRef, run: &Run, found: &mut Found) -> Result<(), Problem> {
        let signed = &self.statement.predicate;
        let mut overrides = run.overrides.clone();
        overrides.sort_unstable();
        overrides.dedup();
        let same = [
            ("bundle", run.id == signed.bundle),
            ("tool.version", run.tool.version == signed.tool.version),
            ("tool.sha256", run.tool.sha256 == signed.tool.sha256),
            ("started", run.started == signed.started),
            ("finished", run.finished == signed.finished),
            ("status", run.status == signed.status),
            ("rehearsal", overrides == signed.rehearsal),
            ("challenge", run.challenge == signed.challenge),
            ("basis.plan", signed.basis.is_none_or(|basis| basis.plan == run.plan)),
            (
                // A set clock makes a rehearsal, whatever else is said.
                "rehearsal",
                run.clock == ClockSource::System || overrides.contains(&Override::Clock),
            ),
        ];
        if let Some((field, _)) = same.into_iter().find(|(_, same)| !same) {
            return Err(Problem::RunDisagrees { field });
        }
        let failed = run.status == RunStatus::Failed;
        hold(failed == run.failure.is_some(), at, "`failure` must be present if the run failed, and only then")?;
        found.failure.clone_from(&run.failure);
        Ok(())
    }

    fn check(&mut self, at: RecordRef, check: &Check, found: &mut Found) -> Result<(), Problem> {
        found.checks += 1;
        hold(
            Digest::of(check.text.as_bytes()) == check.sha256,
            at,
            "the check's text does not have the digest that the record states",
        )?;
        hold(
            self.last_check.as_ref().is_none_or(|last| *last < check.id),
            at,
            "checks are not strictly ordered by id",
        )?;
        self.last_check = Some(check.id.clone());
        found.marks.iter_mut().for_each(|marks| marks.check(check));
        Ok(())
    }

    pub(super) fn finish(&self, frame: &Frame) -> Result<(), Problem> {
        self.collected.finish(frame)?;
        self.judged.finish()
    }
}
