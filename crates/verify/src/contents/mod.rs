//! What the records say, read once in order: types in their places, references that lead somewhere, raw files that records
//! name; and, by the kind of the statement, what records of that kind must say of each other.
//!
//! Memory does not grow with the records but where `docs/spec/bundle.md` §10 bounds it: one bit a line for what is withheld, a
//! bounded list of raw files, some bytes for each control, coverage and gap.

mod collected;
mod found;
mod frame;
mod hold;
mod judged;
mod key;
mod person;
mod raw;
mod run;

use std::collections::BTreeMap;

use bundle::basis::{Basis, BasisHasher};
use bundle::read::{Line, Record};
use bundle::statement::{Kind, Statement};
use conclude::{Marks, Rehearsals, Texts};
use model::{RecordRef, RecordType};

pub(crate) use found::Found;
use frame::Frame;
pub(crate) use frame::Hidden;
pub(crate) use raw::RawPlan;
use run::OfRun;

use crate::approvals::Approvals;
use crate::problem::Problem;

/// What was found in the records.
#[derive(Debug)]
pub(crate) struct Contents {
    frame: Frame,
    rules: Rules,
    pub(crate) raw: RawPlan,
    pub(crate) approvals: Approvals,
    pub(crate) found: Found,
    basis: BasisHasher,
    /// The digests that the statement names.
    signed_basis: Option<Basis>,
}

/// Which rules hold among the records.
#[derive(Debug)]
enum Rules {
    Run(Box<OfRun>),
    /// Of a kind whose rules this program does not know: places and raw files only.
    Places,
    /// Of later rules, under which records may have other members: nothing but their hashes.
    Later,
}

impl Contents {
    /// `texts`: those against which marks are computed.
    pub(crate) fn new(statement: &Statement, texts: Option<&'static dyn Texts>) -> Self {
        let said = &statement.predicate;
        let rehearsals = Rehearsals::new(&said.rehearsal);
        let marks = texts.filter(|_| said.kind == Kind::Run);
        let marks = marks.map(|texts| Marks::new(texts, &said.tool.version, rehearsals.is_whole()));
        Self {
            frame: Frame::new(statement),
            rules: match statement.predicate.kind {
                // What a person's record cannot hold the rules of a run say nothing about.
                Kind::Run | Kind::Record => Rules::Run(Box::new(OfRun::new(statement))),
                Kind::Baseline | Kind::Trust => Rules::Places,
            },
            raw: RawPlan::default(),
            approvals: Approvals::new(statement),
            found: Found { rehearsals, marks, ..Found::default() },
            basis: BasisHasher::default(),
            signed_basis: statement.predicate.basis,
        }
    }

    /// From here on only hashes count.
    pub(crate) fn later_rules(&mut self) {
        self.rules = Rules::Later;
        self.found.marks = None;
    }

    /// Whether lines are to be read at all.
    pub(crate) fn reads(&self) -> bool {
        !matches!(self.rules, Rules::Later)
    }

    /// The reference of the line that comes next. `None` after the last one.
    pub(crate) fn next_reference(&self) -> Option<RecordRef> {
        self.frame.next_reference()
    }

    /// Of each type how many lines are withheld.
    pub(crate) fn withheld(&self) -> &BTreeMap<RecordType, Hidden> {
        &self.frame.hidden
    }

    /// Takes up the next line; `text` is its text.
    pub(crate) fn line(&mut self, line: &Line, text: &[u8]) -> Result<(), Problem> {
        let at = self.frame.place()?;
        match line {
            Line::Withheld(_) => {
                self.frame.hide(at)?;
                if matches!(at.kind, RecordType::Declaration | RecordType::Body) {
                    self.raw.hide();
                }
            }
            Line::Disclosed(record) => {
                self.frame.fits(at, record.kind())?;
                self.record(at, record)?;
                if self.signed_basis.is_some() {
                    self.basis.line(at.kind, text);
                }
            }
        }
        self.frame.advance();
        Ok(())
    }

    fn record(&mut self, at: RecordRef, record: &Record) -> Result<(), Problem> {
        match record {
            Record::Declaration(file) => {
                self.approvals.declared(file);
                self.raw.expect(at, file.raw, file.size, file.sha256)?;
            }
            Record::Body(body) => {
                if let (Some(raw), Some(sha256)) = (body.raw, body.sha256) {
                    self.raw.expect(at, raw, body.size, sha256)?;
                    self.raw.masks(raw, &body.masked)?;
                }
            }
            _ => {}
        }
        match &mut self.rules {
            Rules::Run(run) => run.record(at, record, &self.frame, &mut self.approvals, &mut self.found),
            Rules::Places | Rules::Later => Ok(()),
        }
    }

    /// The digests of what was judged with are those of the records. Of declared files that are withheld nobody can tell.
    fn basis(&self) -> Result<(), Problem> {
        let Some(signed) = self.signed_basis else { return Ok(()) };
        let found = self.basis.clone().finish().with(signed.plan);
        for ((member, signed), (_, found)) in signed.members().into_iter().zip(found.members()) {
            let withheld = member == "declaration" && self.frame.some_withheld(RecordType::Declaration);
            if signed != found && !withheld {
                return Err(Problem::Basis { member });
            }
        }
        Ok(())
    }

    /// What can only be said after the last line.
    pub(crate) fn finish(&self) -> Result<(), Problem> {
        match &self.rules {
            Rules::Run(run) => {
                self.frame.finish()?;
                run.finish(&self.frame)?;
                self.basis()
            }
            Rules::Places => self.frame.finish(),
            Rules::Later => Ok(()),
        }
    }
}
