//! What people saw, beside what was inspected: where the two say otherwise.

use declaration::{ControlStatus, RequirementId};
use model::Date;
use model::record::{About, Counts, Says};

use crate::found::{Found, sum};
use crate::links::{Links, status};
use crate::records::{Contradiction, PersonRecord, RecordRow, RecordTotals, Weight, about_words};

impl<'d> Links<'d> {
    /// All records that are at hand; none where they were not looked at.
    fn at_hand(&self) -> &'d [PersonRecord] {
        self.records().map_or(&[], |records| records.all.as_slice())
    }

    fn day(&self) -> Date {
        self.records().map(|records| records.day).unwrap_or_default()
    }

    fn rows(&self, is_about: impl Fn(&PersonRecord) -> bool) -> Vec<RecordRow> {
        let row = |record: &PersonRecord| RecordRow { counts: record.weight(self.day()), record: record.clone() };
        self.at_hand().iter().filter(|record| is_about(record)).map(row).collect()
    }

    /// The records about a requirement, or about a control that serves it and is in place.
    pub(crate) fn of_requirement(&self, id: &RequirementId) -> Vec<RecordRow> {
        let controls: Vec<&str> = self
            .serving(id)
            .filter(|control| status(control) == ControlStatus::Implemented)
            .map(|control| control.id.as_str())
            .collect();
        self.rows(|record| record.about_requirement(id) || controls.iter().any(|control| record.about_control(control)))
    }

    /// The records about some controls and requirements.
    pub(crate) fn of_things(&self, controls: &[&str], requirements: &[&str]) -> Vec<RecordRow> {
        self.rows(|record| record.about.iter().any(|about| touches(about, controls, requirements)))
    }

    /// Where records say otherwise than what was inspected, or than each other; of these controls and requirements.
    pub(crate) fn contradictions(
        &self,
        controls: &[&str],
        requirements: &[&str],
        found: Option<&Found>,
    ) -> Vec<Contradiction> {
        let day = self.day();
        let mut things: Vec<&About> = self.at_hand().iter().flat_map(|record| &record.about).collect();
        things.sort_unstable();
        things.dedup();
        let mut all = Vec::new();
        for about in things.into_iter().filter(|about| touches(about, controls, requirements)) {
            let of = |says: Says| -> Vec<&PersonRecord> {
                let told = |record: &&PersonRecord| {
                    record.says == says && record.weight(day) != Weight::Expired && record.about.contains(about)
                };
                self.at_hand().iter().filter(told).collect()
            };
            let (supports, contradicts) = (of(Says::Supports), of(Says::Contradicts));
            let inspected = found.map(|found| self.inspected(about, found)).unwrap_or_default();
            let mut say = |records: &[&PersonRecord], text: String| {
                let records = records.iter().map(|record| (record.id.clone(), record.bundle)).collect();
                all.push(Contradiction { about: about_words(about), records, text });
            };
            if !contradicts.is_empty() && inspected.conforms > 0 && inspected.deviates == 0 {
                let text = format!("contradicted, where inspection conforms ({})", findings(inspected.conforms));
                say(&contradicts, text);
            }
            if !supports.is_empty() && inspected.deviates > 0 {
                say(&supports, format!("supported, where inspection deviates ({})", findings(inspected.deviates)));
            }
            if !supports.is_empty() && !contradicts.is_empty() {
                let both: Vec<&PersonRecord> = contradicts.iter().chain(&supports).copied().collect();
                say(&both, "records of persons say the opposite of each other".to_owned());
            }
        }
        all
    }

    /// What was found for a control, or for those that serve a requirement and are in place.
    fn inspected(&self, about: &About, found: &Found) -> Counts {
        let of_control = |control: &declaration::Control| {
            let mut checks: Vec<&str> = control.checks.iter().map(|used| used.check.as_str()).collect();
            checks.sort_unstable();
            checks.dedup();
            checks.iter().fold(Counts::default(), |all, check| sum(all, found.inspected(control.id.as_str(), check)))
        };
        match about {
            About::Control(id) => {
                let control = self.declaration().controls.iter().find(|control| control.id.as_str() == id);
                control.map(of_control).unwrap_or_default()
            }
            About::Requirement(id) => match <RequirementId as diagnose::Form>::read(id) {
                Some(id) => self
                    .serving(&id)
                    .filter(|control| status(control) == ControlStatus::Implemented)
                    .fold(Counts::default(), |all, control| sum(all, of_control(control))),
                None => Counts::default(),
            },
        }
    }

    /// How many records there are; `None` where nobody looked. `shown` are those that are shown somewhere.
    pub(crate) fn record_totals(&self, shown: &[(String, u64)]) -> Option<RecordTotals> {
        let records = self.records()?;
        let elsewhere = |record: &&PersonRecord| !shown.contains(&(record.id.clone(), record.bundle));
        Some(RecordTotals {
            day: records.day,
            count: records.all.len() as u64,
            expired: records.all.iter().filter(|record| record.weight(records.day) == Weight::Expired).count() as u64,
            elsewhere: records.all.iter().filter(elsewhere).map(|record| record.id.clone()).collect(),
            not_believed: records.not_believed.clone(),
        })
    }
}

fn touches(about: &About, controls: &[&str], requirements: &[&str]) -> bool {
    match about {
        About::Control(id) => controls.contains(&id.as_str()),
        About::Requirement(id) => requirements.contains(&id.as_str()),
    }
}

fn findings(count: u64) -> String {
    if count == 1 { "1 finding".to_owned() } else { format!("{count} findings") }
}
