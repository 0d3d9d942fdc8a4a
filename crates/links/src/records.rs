//! What people saw, beside what was inspected: what each record counts for, and where the two say otherwise.

use declaration::{ControlStatus, Method, RequirementId};
use model::record::{About, ActsFor, Counts, Says};
use model::{Date, Digest};
use serde::Serialize;

use crate::found::{Found, sum};
use crate::links::{Links, status};

/// The records of persons that are at hand, and the day for which is asked what they count.
#[derive(Clone, Debug, Default)]
pub struct Records {
    pub day: Date,
    pub all: Vec<PersonRecord>,
    pub not_believed: Vec<NotBelieved>,
}

/// A record that was verified.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PersonRecord {
    /// Its index in the ledger.
    pub bundle: u64,
    pub id: String,
    pub method: Method,
    pub about: Vec<About>,
    /// The name that they wrote.
    pub by: String,
    /// For whom they say they act.
    pub role: ActsFor,
    /// Whose key signed it; absent where the trust file does not say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub holder: Option<HolderOf>,
    pub on: Date,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub done_on: Option<Date>,
    pub expires: Date,
    pub says: Says,
    pub text: String,
    /// How many files belong to it.
    pub attachments: usize,
    /// SHA-256 of the SPKI of the key that signed it.
    pub key: Digest,
}

/// Whose key it is, as the trust file says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct HolderOf {
    pub name: String,
    #[serde(rename = "as")]
    pub acts_for: ActsFor,
}

/// A record that counts for nothing, as it could not be verified.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NotBelieved {
    pub bundle: u64,
    pub why: String,
}

/// What a record counts for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Weight {
    /// It is an auditor's: its method is covered.
    Covers,
    /// It is the entity's own, or its implementer's, or of somebody who is not shown to be an auditor: material for one.
    Prepares,
    /// It has expired.
    Expired,
}

/// A record where it is shown, with what it counts for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RecordRow {
    #[serde(flatten)]
    pub record: PersonRecord,
    pub counts: Weight,
}

/// Two ways to look at one thing that do not say the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Contradiction {
    /// `control AC-MFA`, `requirement ccss-9.0:1.05.1.1`
    pub about: String,
    /// Ids of the records that say it, each with its bundle.
    pub records: Vec<(String, u64)>,
    pub text: String,
}

/// How many records there are, and which are not shown at any of the things that were asked about.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct RecordTotals {
    pub day: Date,
    pub count: u64,
    pub expired: u64,
    /// Ids of those that are about other things.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub elsewhere: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub not_believed: Vec<NotBelieved>,
}

impl PersonRecord {
    /// Whether it is shown to be an auditor's: they say so, and the trust file says it of the key's holder.
    #[must_use]
    pub fn is_auditors(&self) -> bool {
        self.role == ActsFor::Auditor && self.holder.as_ref().is_some_and(|holder| holder.acts_for == ActsFor::Auditor)
    }

    /// What it counts for on a day.
    #[must_use]
    pub fn weight(&self, day: Date) -> Weight {
        match (self.expires < day, self.is_auditors()) {
            (true, _) => Weight::Expired,
            (false, true) => Weight::Covers,
            (false, false) => Weight::Prepares,
        }
    }

    /// Who it is by, and how that is known, in words.
    #[must_use]
    pub fn who(&self) -> String {
        let role = self.role.as_str();
        match &self.holder {
            None => format!("{}, who says: {role}; the trust file names no holder of the key", self.by),
            Some(holder) => {
                let name = if holder.name == self.by { String::new() } else { format!(", with the key of {}", holder.name) };
                let shown = holder.acts_for.as_str();
                let role = if holder.acts_for == self.role {
                    shown.to_owned()
                } else {
                    format!("says: {role}; the trust file says: {shown}")
                };
                format!("{}{name} ({role})", self.by)
            }
        }
    }

    fn about_control(&self, id: &str) -> bool {
        self.about.iter().any(|one| matches!(one, About::Control(control) if control == id))
    }

    fn about_requirement(&self, id: &RequirementId) -> bool {
        let id = id.to_string();
        self.about.iter().any(|one| matches!(one, About::Requirement(requirement) if *requirement == id))
    }
}

/// What a record is about, in words.
#[must_use]
pub fn about_words(about: &About) -> String {
    match about {
        About::Control(id) => format!("control {id}"),
        About::Requirement(id) => format!("requirement {id}"),
    }
}

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
                let text = format!("contradicted, where inspection conforms ({} findings)", inspected.conforms);
                say(&contradicts, text);
            }
            if !supports.is_empty() && inspected.deviates > 0 {
                say(&supports, format!("supported, where inspection deviates ({} findings)", inspected.deviates));
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
