//! Who approved the acceptances of a bundle: *shown*, where a key that is trusted for it signed exactly what the record says, and
//! *claimed* everywhere else. An acceptance without a signature is a claim of the custodian, and is told as one.
//!
//! The record names the signed text by its digest, so that no other file can stand in for it.

use std::collections::{BTreeMap, BTreeSet};

use bundle::approval::{Approval, FILE_MAX, FILE_START, SignedApproval};
use bundle::limits;
use bundle::statement::Statement;
use bundle::trust::{Role, Trust};
use model::record::{Acceptance, Declaration, Finding, Gap};
use model::{Date, Digest, RecordRef, RecordType};

use crate::ed25519;
use crate::problem::Problem;
use crate::report::{AcceptanceReport, Approver};

/// Gathers what is accepted and what is signed while a bundle is read.
#[derive(Debug, Default)]
pub(crate) struct Approvals {
    acceptances: BTreeMap<u64, Acceptance>,
    last_id: Option<String>,
    covered: BTreeMap<u64, u64>,
    /// Digests of the signed texts that records name.
    wanted: BTreeSet<Digest>,
    /// Raw files of the declaration that were not read yet, and whether they are small enough to be one.
    declared: BTreeMap<u64, bool>,
    current: Option<(u64, Vec<u8>)>,
    /// Files that have the form of an approval.
    files: u64,
    signed: BTreeMap<Digest, (SignedApproval, Approval)>,
}

impl Approvals {
    pub(crate) fn declared(&mut self, file: &Declaration) {
        self.declared.insert(file.raw, file.size <= FILE_MAX);
    }

    pub(crate) fn acceptance(
        &mut self,
        at: RecordRef,
        acceptance: &Acceptance,
        statement: &Statement,
    ) -> Result<(), Problem> {
        let problem = |problem| Err(Problem::Record { at, problem });
        if self.last_id.as_ref().is_some_and(|last| *last >= acceptance.id) {
            return problem("acceptances are not in the order of ids, each once");
        }
        let day = Date::of(statement.predicate.started);
        if day < acceptance.approved || acceptance.expires < day {
            return problem("it does not hold on the day of the run");
        }
        self.last_id = Some(acceptance.id.clone());
        self.wanted.extend(acceptance.payload);
        self.acceptances.insert(at.ordinal, acceptance.clone());
        Ok(())
    }

    pub(crate) fn finding(&mut self, at: RecordRef, finding: &Finding, by: RecordRef) -> Result<(), Problem> {
        self.cover(at, by, |acceptance| acceptance.covers.finding(finding))
    }

    pub(crate) fn gap(&mut self, at: RecordRef, gap: &Gap, by: RecordRef) -> Result<(), Problem> {
        self.cover(at, by, |acceptance| acceptance.covers.gap(gap))
    }

    fn cover(&mut self, at: RecordRef, by: RecordRef, covers: impl Fn(&Acceptance) -> bool) -> Result<(), Problem> {
        // Of one that is withheld nothing is known.
        if self.acceptances.get(&by.ordinal).is_some_and(|acceptance| !covers(acceptance)) {
            return Err(Problem::Record { at, problem: "the acceptance that it names does not cover it" });
        }
        *self.covered.entry(by.ordinal).or_default() += 1;
        Ok(())
    }

    /// Whether the bytes of a raw file are wanted.
    pub(crate) fn wants(&self, ordinal: u64) -> bool {
        self.declared.get(&ordinal) == Some(&true)
    }

    /// Whether a declared file that is shown was not there to be read.
    pub(crate) fn lacks_a_file(&self) -> bool {
        !self.declared.is_empty()
    }

    pub(crate) fn raw(&mut self, ordinal: u64, piece: &[u8]) {
        let (at, bytes) = self.current.get_or_insert_with(|| (ordinal, Vec::new()));
        if *at != ordinal {
            (*at, *bytes) = (ordinal, Vec::new());
        }
        // Most declared files are none; no more than their beginning is kept.
        if bytes.len() < FILE_START.len() || bytes.starts_with(FILE_START) {
            bytes.extend_from_slice(piece);
        }
    }

    /// A raw file is read to its end.
    pub(crate) fn raw_ends(&mut self, ordinal: u64) -> Result<(), Problem> {
        self.declared.remove(&ordinal);
        let Some((_, bytes)) = self.current.take() else { return Ok(()) };
        let Ok((signed, approval)) = SignedApproval::parse(&bytes) else { return Ok(()) };
        self.files += 1;
        if self.files > limits::APPROVALS_MAX {
            return Err(Problem::Approvals { max: limits::APPROVALS_MAX });
        }
        let digest = Digest::of(&signed.payload);
        if self.wanted.contains(&digest) {
            self.signed.insert(digest, (signed, approval));
        }
        Ok(())
    }

    /// Judges every acceptance, in the order of the records; `counts` are those records, `declarations_hidden` says whether
    /// some declared file is withheld or missing.
    pub(crate) fn finish(
        self,
        statement: &Statement,
        trust: &Trust,
        declarations_hidden: bool,
    ) -> Result<Vec<AcceptanceReport>, Problem> {
        let count = statement.predicate.records.count_of(RecordType::Acceptance);
        (0..count)
            .map(|ordinal| {
                let record = RecordRef::new(RecordType::Acceptance, ordinal);
                let report = AcceptanceReport {
                    record,
                    id: None,
                    covered: self.covered.get(&ordinal).copied().unwrap_or_default(),
                    approver: Approver::Claimed,
                    approved_by: None,
                    key: None,
                    expires: None,
                    because: "its record is withheld".to_owned(),
                };
                let Some(acceptance) = self.acceptances.get(&ordinal) else { return Ok(report) };
                let report = AcceptanceReport { id: Some(acceptance.id.clone()), ..report };
                let claimed = |because: &str| AcceptanceReport { because: because.to_owned(), ..report.clone() };
                let Some(payload) = acceptance.payload else {
                    return Ok(claimed("no signature of it is in the bundle"));
                };
                let Some((envelope, approval)) = self.signed.get(&payload) else {
                    if declarations_hidden {
                        return Ok(claimed("the file with its signature is withheld or missing"));
                    }
                    let problem = "no declared file has the signed text that it names";
                    return Err(Problem::Record { at: record, problem });
                };
                if !says(approval, acceptance, statement) {
                    return Err(Problem::Record {
                        at: record,
                        problem: "the signed text that it names says otherwise",
                    });
                }
                let index = statement.predicate.chain.index;
                let pae = SignedApproval::pae(&envelope.payload);
                let mut keys = trust.keys.iter().filter(|k| k.role == Role::Approve && k.indices.contains(index));
                let key = keys.find(|key| ed25519::verify(key.spki.0.as_bytes(), &pae, &envelope.signature));
                let Some(key) = key.map(|key| key.spki.0.id()) else {
                    return Ok(claimed(
                        "it is not signed by a key that the trust file names in the role `approve` at this index",
                    ));
                };
                Ok(AcceptanceReport {
                    approver: Approver::Shown,
                    approved_by: Some(acceptance.approved_by.clone()),
                    key: Some(key),
                    expires: Some(acceptance.expires.to_string()),
                    because: format!("signed by key {key}, which the trust file names in the role `approve`"),
                    ..report
                })
            })
            .collect()
    }
}

/// Whether the signed text says what the record says, of this entity and system.
fn says(approval: &Approval, acceptance: &Acceptance, statement: &Statement) -> bool {
    let said = &statement.predicate;
    approval.entity == said.entity
        && approval.system == said.system
        && approval.id == acceptance.id
        && approval.covers == acceptance.covers
        && approval.reason == acceptance.reason
        && approval.approved_by == acceptance.approved_by
        && approval.approved == acceptance.approved.to_string()
        && approval.expires == acceptance.expires.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn approvals_are_bounded_and_other_files_are_not_counted() {
        let approval = Approval {
            witnessmark_acceptance: Approval::version(),
            id: "A".into(),
            entity: "E".into(),
            system: "s".into(),
            covers: model::Covers::Gap {
                target: "t".into(),
                population: None,
                right: None,
                part: None,
                subject: None,
                reason_is: None,
            },
            reason: "r".into(),
            approved_by: "b".into(),
            approved: "2026-01-01".into(),
            expires: "2026-12-31".into(),
        };
        let payload = approval.render().unwrap().into_bytes();
        let file = SignedApproval { payload, signature: [7; 64] }.render();
        let mut approvals = Approvals::default();
        let mut read = |ordinal, text: &str| {
            approvals.raw(ordinal, text.as_bytes());
            approvals.raw_ends(ordinal)
        };
        for ordinal in 0..limits::APPROVALS_MAX {
            read(ordinal, &file).unwrap();
        }
        read(5000, "{\"payload\":\"no approval\"}").unwrap();
        read(5001, "witnessmark: 1").unwrap();
        assert!(matches!(read(5002, &file), Err(Problem::Approvals { max: limits::APPROVALS_MAX })));
    }
}
