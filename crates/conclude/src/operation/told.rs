//! What is said of controls over a period, as data.

use model::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::reset::Reset;
use super::tasks::TaskOperation;
use crate::schedule::{Slots, Unsaid};

/// So many entries of a kind are named; the rest are counted.
const NAMED: usize = 1000;

/// Entries of the ledger, at most a thousand of them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Entries {
    pub entries: Vec<u64>,
    pub in_all: u64,
}

impl Entries {
    pub(super) fn add(&mut self, entry: u64) {
        self.in_all += 1;
        if self.entries.len() < NAMED {
            self.entries.push(entry);
        }
    }
}

/// Every control of a ledger over a period.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Operated {
    /// By id.
    pub controls: Vec<ControlOperation>,
    /// What people do again and again, by control.
    pub tasks: Vec<TaskOperation>,
    /// Runs of the period that observed something, and whose controls are not at hand: what they saw cannot be said.
    pub unread: Entries,
}

impl Operated {
    /// Observations that were due and not made.
    #[must_use]
    pub fn unobserved(&self) -> u64 {
        self.controls.iter().map(|control| control.observations.unobserved()).fold(0, u64::saturating_add)
    }

    /// Due days of tasks of which nothing shows in time that they were done.
    #[must_use]
    pub fn not_operated(&self) -> u64 {
        self.tasks.iter().map(TaskOperation::not_shown).fold(0, u64::saturating_add)
    }

    /// Whether of all of the period can be said what was due, and what was seen.
    #[must_use]
    pub fn said(&self) -> bool {
        self.tasks.iter().all(|task| task.unsaid == 0)
            && self.unread.in_all == 0
            && self.controls.iter().all(|control| control.unsaid_in_all == 0)
    }
}

/// How often something was due, and what came of it. `due` is the sum of all but `late` and `not_applicable`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Observations {
    /// By the control's own interval, or by that of the runs where it has none.
    pub due: u64,
    /// Made, and nothing deviated. Those where it did not apply are among them.
    pub no_deviation: u64,
    pub not_applicable: u64,
    /// Made, and something deviated that was not accepted.
    pub deviates: u64,
    /// Made, and all that deviated was accepted. It still deviates.
    pub accepted: u64,
    /// Made, and something that it depends on could not be read.
    pub undetermined: u64,
    /// Made, and what it saw is not at hand: it cannot be said.
    pub unread: u64,
    /// Not made: no run, or none with this control.
    pub missing: u64,
    /// Not made: only runs that failed.
    pub failed: u64,
    /// Not made: only rehearsals.
    pub rehearsed: u64,
    /// Made, more than a tenth of the interval after it was due.
    pub late: u64,
}

impl Observations {
    #[must_use]
    pub const fn made(&self) -> u64 {
        self.due.saturating_sub(self.unobserved())
    }

    /// Not made.
    #[must_use]
    pub const fn unobserved(&self) -> u64 {
        self.missing.saturating_add(self.failed).saturating_add(self.rehearsed)
    }

    /// Of which it is not known whether something deviated, though a run was made.
    #[must_use]
    pub const fn not_known(&self) -> u64 {
        self.undetermined.saturating_add(self.unread)
    }
}

/// Since when a control, as it is now, was observed without a deviation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct InForce {
    pub since: Timestamp,
    /// The run that began then.
    pub entry: u64,
    /// What was due from then on.
    #[serde(flatten)]
    pub observations: Observations,
}

/// One control over a period.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ControlOperation {
    pub control: String,
    /// As the newest run has it.
    pub title: String,
    pub requirements: Vec<String>,
    /// Whether any run had an outcome for it. Where none had, people have to show it, and nothing is counted.
    pub inspected: bool,
    /// Its own interval in the newest run that has it; `null`: it is observed as often as runs are due.
    pub every_seconds: Option<u64>,
    /// The first and the last entry that has it.
    pub first: u64,
    pub last: u64,
    #[serde(flatten)]
    pub observations: Observations,
    /// `null`: it is not in force at the end of the period, or nothing shows it.
    pub in_force: Option<InForce>,
    /// What ended the time in which it was in force, in the order of the entries; at most a thousand.
    pub resets: Vec<Reset>,
    pub resets_in_all: u64,
    /// The entries that show it: of each due moment the worst that was seen.
    #[serde(rename = "entries_without_deviation")]
    pub no_deviation: Entries,
    #[serde(rename = "entries_that_deviate")]
    pub deviates: Entries,
    #[serde(rename = "entries_accepted")]
    pub accepted: Entries,
    #[serde(rename = "entries_undetermined")]
    pub undetermined: Entries,
    #[serde(rename = "entries_unread")]
    pub unread: Entries,
    #[serde(rename = "entries_late")]
    pub late: Entries,
    /// What was due and not made, or made late; at most a thousand rows.
    pub slots: Vec<Slots>,
    pub slots_in_all: u64,
    /// Times of which it cannot be said what was due, because no interval was declared; at most a thousand.
    pub unsaid: Vec<Unsaid>,
    pub unsaid_in_all: u64,
}
