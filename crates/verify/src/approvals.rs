//! Who approved the acceptances that a bundle applies: *shown*, where a key that is trusted for it signed exactly what was
//! accepted, and *claimed* everywhere else. Nothing here refuses a bundle: an acceptance without a signature is a claim of the
//! custodian, and is told as one.
//!
//! The declaration is not read: what the approver signed says itself what it covers, and is held against the accepted records.

use std::collections::BTreeMap;

use bundle::approval::{Approval, FILE_MAX, FILE_START, SignedApproval};
use bundle::statement::Statement;
use bundle::trust::{Role, Trust};
use model::record::{Acceptance, Declaration, Finding, Gap};
use model::{Digest, RecordRef};
use serde::Serialize;

use crate::ed25519;

/// So many signed files are kept; beyond that the approver stays claimed.
const FILES_MAX: usize = 4096;
/// So many accepted records of one bundle are held against what was signed.
const ITEMS_MAX: usize = 100_000;

/// One acceptance that the bundle applies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AcceptanceReport {
    /// Its record.
    pub record: RecordRef,
    /// Absent where the record is withheld.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Findings and gaps that it covers.
    pub covered: u64,
    pub approver: Approver,
    /// Who approved it, as the signed text says; absent where nothing is shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approved_by: Option<String>,
    /// SHA-256 of the SPKI of the key that signed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<Digest>,
    /// Its last day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires: Option<String>,
    /// What that rests on, or why it is no more than claimed.
    pub because: String,
}

/// How an approver is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Approver {
    /// A key that the trust file names in the role `approve` signed it.
    Shown,
    /// The custodian says so.
    Claimed,
}

impl Approver {
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Shown => "shown",
            Self::Claimed => "claimed",
        }
    }
}

/// An accepted record.
#[derive(Debug)]
enum Item {
    Finding(Box<Finding>),
    Gap(Box<Gap>),
}

/// Gathers what is accepted and what is signed while a bundle is read.
#[derive(Debug, Default)]
pub(crate) struct Approvals {
    acceptances: BTreeMap<RecordRef, Acceptance>,
    accepted: BTreeMap<RecordRef, Vec<Item>>,
    counts: BTreeMap<RecordRef, u64>,
    items: usize,
    /// Raw files of the declaration that are small enough to be one.
    candidates: BTreeMap<u64, Vec<u8>>,
}

impl Approvals {
    pub(crate) fn declared(&mut self, file: &Declaration) {
        if file.size <= FILE_MAX && self.candidates.len() < FILES_MAX {
            self.candidates.insert(file.raw, Vec::new());
        }
    }

    pub(crate) fn acceptance(&mut self, at: RecordRef, acceptance: &Acceptance) {
        self.acceptances.insert(at, acceptance.clone());
    }

    pub(crate) fn finding(&mut self, finding: &Finding) {
        if let Some(at) = finding.acceptance {
            let kept = Finding { evidence: Vec::new(), rests_on: Vec::new(), ..finding.clone() };
            self.accept(at, || Item::Finding(Box::new(kept)));
        }
    }

    pub(crate) fn gap(&mut self, gap: &Gap) {
        if let Some(at) = gap.acceptance {
            self.accept(at, || Item::Gap(Box::new(gap.clone())));
        }
    }

    fn accept(&mut self, at: RecordRef, item: impl FnOnce() -> Item) {
        *self.counts.entry(at).or_default() += 1;
        if self.items < ITEMS_MAX {
            self.items += 1;
            self.accepted.entry(at).or_default().push(item());
        }
    }

    /// Whether the bytes of a raw file are wanted.
    pub(crate) fn wants(&self, ordinal: u64) -> bool {
        !self.counts.is_empty() && self.candidates.contains_key(&ordinal)
    }

    pub(crate) fn raw(&mut self, ordinal: u64, piece: &[u8]) {
        if let Some(bytes) = self.candidates.get_mut(&ordinal) {
            bytes.extend_from_slice(piece);
            // Most declared files are none; no more than their beginning is kept.
            if !bytes.starts_with(FILE_START) && bytes.len() >= FILE_START.len() {
                self.candidates.remove(&ordinal);
            }
        }
    }

    /// Judges every acceptance that the bundle applies, in the order of their ids.
    pub(crate) fn finish(self, statement: &Statement, trust: &Trust) -> Vec<AcceptanceReport> {
        let signed: Vec<(SignedApproval, Approval)> =
            self.candidates.values().filter_map(|bytes| SignedApproval::parse(bytes).ok()).collect();
        self.counts
            .iter()
            .map(|(at, count)| {
                let items = self.accepted.get(at).map(Vec::as_slice).unwrap_or_default();
                let all_kept = items.len() as u64 == *count;
                let id = self.acceptances.get(at).map(|acceptance| acceptance.id.as_str());
                judge((*at, id), *count, items, all_kept, &signed, statement, trust)
            })
            .collect()
    }
}

fn judge(
    (record, id): (RecordRef, Option<&str>),
    covered: u64,
    items: &[Item],
    all_kept: bool,
    signed: &[(SignedApproval, Approval)],
    statement: &Statement,
    trust: &Trust,
) -> AcceptanceReport {
    let claimed = |because: String| AcceptanceReport {
        record,
        id: id.map(str::to_owned),
        covered,
        approver: Approver::Claimed,
        approved_by: None,
        key: None,
        expires: None,
        because,
    };
    if !all_kept {
        return claimed(format!(
            "more than {ITEMS_MAX} records are accepted; they were not held against what was signed"
        ));
    }
    let mut why = "no signature of it is in the bundle".to_owned();
    for (envelope, approval) in signed.iter().filter(|(_, approval)| Some(approval.id.as_str()) == id) {
        match fault(envelope, approval, items, statement, trust) {
            Ok(key) => {
                return AcceptanceReport {
                    approver: Approver::Shown,
                    approved_by: Some(approval.approved_by.clone()),
                    key: Some(key),
                    expires: Some(approval.expires.clone()),
                    ..claimed(format!("signed by key {key}, which the trust file names in the role `approve`"))
                };
            }
            Err(reason) => why = reason.to_owned(),
        }
    }
    claimed(why)
}

/// The key that signed, or why nothing is shown by it.
fn fault(
    envelope: &SignedApproval,
    approval: &Approval,
    items: &[Item],
    statement: &Statement,
    trust: &Trust,
) -> Result<Digest, &'static str> {
    let said = &statement.predicate;
    let pae = SignedApproval::pae(&envelope.payload);
    let mut of_role = trust.keys.iter().filter(|k| k.role == Role::Approve && k.indices.contains(said.chain.index));
    let key = of_role
        .find(|key| ed25519::verify(key.spki.0.as_bytes(), &pae, &envelope.signature))
        .ok_or("it is not signed by a key that the trust file names in the role `approve` at this index")?;
    if approval.entity != said.entity || approval.system != said.system {
        return Err("what was signed is about another system");
    }
    if !approval.holds_at(said.started) {
        return Err("what was signed does not hold on the day of the run");
    }
    let covers = |item: &Item| match item {
        Item::Finding(finding) => approval.covers.finding(finding),
        Item::Gap(gap) => approval.covers.gap(gap),
    };
    if items.iter().all(covers) {
        Ok(key.spki.0.id())
    } else {
        Err("what was signed covers less than what is accepted")
    }
}
