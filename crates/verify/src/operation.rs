//! What the runs of a ledger say of their controls, and people of what was done for them: read from the file of each entry, proven from the statement, and handed to whoever counts.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use bundle::controls::{self, Wanted};
use bundle::layout;
use bundle::read::{Line, LineReader, Record};
use bundle::statement::Predicate;
use conclude::{Began, CheckTexts, Judged, Operated, Operation, Rehearsals, Uses};
use model::record::{Assignment, Check, Control, Recorded, Route};
use model::{Digest, RecordType, Timestamp};

use crate::files::LedgerFiles;
use crate::problem::Problem;

/// The runs so far.
#[derive(Debug, Default)]
pub(crate) struct Operating {
    operation: Operation,
    wanted: Wanted,
    lines: LineReader,
    uses: BTreeMap<Digest, Arc<Uses>>,
    texts: BTreeMap<Digest, Arc<CheckTexts>>,
    /// Whether there was a file for any entry.
    any: bool,
}

/// The records of a file.
#[derive(Default)]
struct Found {
    checks: Vec<Check>,
    assignments: Vec<Assignment>,
    routes: Vec<Route>,
    controls: Vec<Control>,
    recorded: Vec<Recorded>,
}

impl Operating {
    /// Takes up the next run. Its statement is proven.
    pub(crate) fn run(&mut self, began: Began, said: &Predicate, files: &mut dyn LedgerFiles) -> Result<(), Problem> {
        let Some(found) = self.found(began.index, said, files)? else {
            self.operation.run(began, None);
            return Ok(());
        };
        let path = || layout::ledger_controls(began.index);
        let mut ids = BTreeSet::new();
        if found.controls.iter().any(|control| !ids.insert(control.id.as_str())) {
            return Err(Problem::ControlsOther { path: path() });
        }
        let uses = known(&mut self.uses, said.basis.map(|basis| basis.parameters), || Uses::of(&found.assignments));
        let texts = known(&mut self.texts, said.basis.map(|basis| basis.checks), || CheckTexts::of(&found.checks));
        self.wanted.took(said);
        let rehearsals = Rehearsals::of(&said.rehearsal, &found.routes);
        let judged = Judged { controls: &found.controls, uses: &uses, texts: &texts, rehearsals: &rehearsals };
        self.operation.run(began, Some(judged));
        Ok(())
    }

    /// Takes up a person's record. Its statement is proven.
    pub(crate) fn recorded(&mut self, said: &Predicate, files: &mut dyn LedgerFiles) -> Result<(), Problem> {
        let index = said.chain.index;
        if self.wanted.of(said).is_none() {
            // A rehearsal shows nothing.
            return Ok(());
        }
        match self.found(index, said, files)? {
            None => self.operation.recorded(index, said.started, None),
            Some(found) => {
                found.recorded.iter().for_each(|one| self.operation.recorded(index, said.started, Some(one)));
                self.wanted.took(said);
            }
        }
        Ok(())
    }

    /// The proven records of an entry. `None`: it has no file, or that is not at hand.
    fn found(&mut self, index: u64, said: &Predicate, files: &mut dyn LedgerFiles) -> Result<Option<Found>, Problem> {
        let Some(wanted) = self.wanted.of(said) else { return Ok(None) };
        let Some(bytes) = files.controls(index, said, &wanted)? else { return Ok(None) };
        self.any = true;
        let path = || layout::ledger_controls(index);
        let parts =
            controls::parse(&bytes, said, &wanted).map_err(|error| Problem::ControlsFile { path: path(), error })?;
        let mut found = Found::default();
        for part in &parts {
            for line in &part.lines {
                let record = self.lines.read(line).map_err(|error| Problem::ControlsLine { path: path(), error })?;
                if !found.take(part.kind, record) {
                    return Err(Problem::ControlsOther { path: path() });
                }
            }
        }
        Ok(Some(found))
    }

    /// `None`: there was no file at all, and nothing is said of controls.
    pub(crate) fn told(&self, from: Option<Timestamp>, until: Option<Timestamp>) -> Option<Operated> {
        self.any.then(|| self.operation.told(from, until))
    }
}

/// Of one digest once; without one made anew each time.
fn known<T>(all: &mut BTreeMap<Digest, Arc<T>>, digest: Option<Digest>, make: impl FnOnce() -> T) -> Arc<T> {
    match digest {
        Some(digest) => Arc::clone(all.entry(digest).or_insert_with(|| Arc::new(make()))),
        None => Arc::new(make()),
    }
}

impl Found {
    /// Whether it is a record of this type, and one that such a file has.
    fn take(&mut self, kind: RecordType, line: Line) -> bool {
        let Line::Disclosed(record) = line else { return false };
        match (kind, *record) {
            (RecordType::Check, Record::Check(check)) => self.checks.push(check),
            (RecordType::Assignment, Record::Assignment(assignment)) => self.assignments.push(assignment),
            (RecordType::Route, Record::Route(route)) => self.routes.push(route),
            (RecordType::Control, Record::Control(control)) => self.controls.push(control),
            (RecordType::Recorded, Record::Recorded(recorded)) => self.recorded.push(recorded),
            _ => return false,
        }
        true
    }
}
