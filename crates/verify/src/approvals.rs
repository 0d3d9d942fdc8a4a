//! Who approved the acceptances of a bundle: *shown*, where a key that is trusted for it signed exactly what the record says, and
//! *claimed* everywhere else. An acceptance without a signature is a claim of the custodian, and is told as one.
//!
//! The record names the signed text by its digest, so that no other file can stand in for it. What the text says of what is behind the
//! ids is compared with what the bundle holds ([`crate::held`]).

use std::collections::{BTreeMap, BTreeSet};

use bundle::approval::{Approval, ApprovalError, FILE_MAX, FILE_START, SignedApproval};
use bundle::limits;
use bundle::statement::Statement;
use bundle::trust::{Role, Spki, Trust};
use model::record::{Acceptance, Assignment, Check, Coverage, Declaration, Exchange, Finding, Gap, Host, Params};
use model::{Date, Digest, RecordRef, RecordType};

use crate::ed25519;
use crate::held::Held;
use crate::problem::Problem;
use crate::report::{AcceptanceReport, Approver};

/// Gathers what is accepted and what is signed while a bundle is read.
#[derive(Debug, Default)]
pub(crate) struct Approvals {
    acceptances: BTreeMap<u64, Acceptance>,
    last_id: Option<String>,
    covered: BTreeMap<u64, u64>,
    /// Targets of what is covered.
    targets: BTreeMap<u64, BTreeSet<String>>,
    /// Whether there are acceptances at all: else nothing has to be kept.
    any: bool,
    held: Held,
    /// Digests of the signed texts that records name.
    wanted: BTreeSet<Digest>,
    /// Raw files of the declaration that were not read yet, and whether they are small enough to be one.
    declared: BTreeMap<u64, bool>,
    current: Option<(u64, Vec<u8>)>,
    /// Files that have the form of an approval.
    files: u64,
    /// By the digest of a text that is wanted.
    signed: BTreeMap<Digest, Signed>,
}

/// A signed text.
#[derive(Debug)]
struct Signed {
    says: Says,
    payload: Vec<u8>,
    /// Several people may have signed the same words.
    signatures: Vec<[u8; 64]>,
}

/// What a signed text says.
#[derive(Debug)]
enum Says {
    Approval(Box<Approval>),
    /// It is of a version that this program does not know.
    Later(ApprovalError),
}

impl Approvals {
    pub(crate) fn new(statement: &Statement) -> Self {
        let count = statement.predicate.records.count_of(RecordType::Acceptance);
        Self { any: count > 0, ..Self::default() }
    }

    pub(crate) fn host(&mut self, host: &Host) {
        if self.any {
            self.held.host(host);
        }
    }

    pub(crate) fn check(&mut self, check: &Check) {
        if self.any {
            self.held.check(check);
        }
    }

    pub(crate) fn assignment(&mut self, assignment: &Assignment) {
        self.held.assignment(assignment);
    }

    pub(crate) fn exchange(&mut self, at: RecordRef, exchange: &Exchange) {
        if self.any {
            self.held.exchange(at.ordinal, exchange);
        }
    }

    pub(crate) fn params(&mut self, params: &Params) {
        self.held.params(params);
    }

    pub(crate) fn coverage(&mut self, coverage: &Coverage) {
        if self.any {
            self.held.coverage(coverage);
        }
    }

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
        self.held.acceptance(acceptance);
        self.acceptances.insert(at.ordinal, acceptance.clone());
        Ok(())
    }

    pub(crate) fn finding(&mut self, at: RecordRef, finding: &Finding, by: RecordRef) -> Result<(), Problem> {
        self.cover(at, by, &finding.target, |acceptance| acceptance.covers.finding(finding))
    }

    pub(crate) fn gap(&mut self, at: RecordRef, gap: &Gap, by: RecordRef) -> Result<(), Problem> {
        self.cover(at, by, &gap.target, |acceptance| acceptance.covers.gap(gap))
    }

    fn cover(
        &mut self,
        at: RecordRef,
        by: RecordRef,
        target: &str,
        covers: impl Fn(&Acceptance) -> bool,
    ) -> Result<(), Problem> {
        // Of one that is withheld nothing is known.
        if self.acceptances.get(&by.ordinal).is_some_and(|acceptance| !covers(acceptance)) {
            return Err(Problem::Record { at, problem: "the acceptance that it names does not cover it" });
        }
        *self.covered.entry(by.ordinal).or_default() += 1;
        let targets = self.targets.entry(by.ordinal).or_default();
        if !targets.contains(target) && self.held.room(&[target]) {
            targets.insert(target.to_owned());
        }
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
    pub(crate) fn raw_ends(&mut self, ordinal: u64) {
        self.declared.remove(&ordinal);
        let Some((_, bytes)) = self.current.take() else { return };
        let Ok(signed) = SignedApproval::envelope(&bytes) else { return };
        let says = match signed.approval() {
            Ok(approval) => Says::Approval(Box::new(approval)),
            Err(later) if later.is_later() => Says::Later(later),
            Err(_) => return,
        };
        // Too many are refused in the end: what is false in the files that come comes first.
        self.files += 1;
        let digest = Digest::of(&signed.payload);
        if self.files <= limits::APPROVALS_MAX && self.wanted.contains(&digest) {
            let SignedApproval { payload, signature } = signed;
            let known = self.signed.entry(digest).or_insert_with(|| Signed { says, payload, signatures: Vec::new() });
            known.signatures.push(signature);
        }
    }

    /// Judges every acceptance, in the order of the records; `counts` are those records, `declarations_hidden` says whether
    /// some declared file is withheld or missing.
    pub(crate) fn finish(
        self,
        statement: &Statement,
        trust: &Trust,
        declarations_hidden: bool,
    ) -> Result<Vec<AcceptanceReport>, Problem> {
        if self.files > limits::APPROVALS_MAX {
            return Err(Problem::Approvals { max: limits::APPROVALS_MAX });
        }
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
                let Some(signed) = self.signed.get(&payload) else {
                    if declarations_hidden {
                        return Ok(claimed("the file with its signature is withheld or missing"));
                    }
                    let problem = "no declared file has the signed text that it names";
                    return Err(Problem::Record { at: record, problem });
                };
                let approval = match &signed.says {
                    Says::Approval(approval) => approval,
                    Says::Later(later) => return Ok(claimed(&later.to_string())),
                };
                if !is_of(approval, acceptance, statement) {
                    return Err(Problem::Record {
                        at: record,
                        problem: "the signed text that it names says otherwise",
                    });
                }
                let key = match signer(signed, trust, statement.predicate.chain.index) {
                    Ok(key) => key,
                    Err(why) => return Ok(claimed(&why)),
                };
                if self.held.is_full() {
                    return Ok(claimed("the bundle holds more of what it would have to be compared with than is kept"));
                }
                let nothing = BTreeSet::new();
                if let Err(differs) = self.held.is_as(approval, self.targets.get(&ordinal).unwrap_or(&nothing)) {
                    return Ok(claimed(&differs.to_string()));
                }
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

/// A key that signed it and may, or why there is none.
fn signer(signed: &Signed, trust: &Trust, index: u64) -> Result<Digest, String> {
    let pae = SignedApproval::pae(&signed.payload);
    let by = |spki: &Spki| signed.signatures.iter().any(|one| ed25519::verify(spki.0.as_bytes(), &pae, one));
    let mut keys = trust.keys.iter().filter(|key| key.role == Role::Approve && key.indices.contains(index));
    if let Some(key) = keys.find(|key| by(&key.spki)) {
        return Ok(key.spki.0.id());
    }
    let others = trust.keys.iter().filter(|key| key.role != Role::Approve).map(|key| (&key.spki, key.role.as_str()));
    if let Some((spki, role)) = others.chain([(&trust.ledger.spki, "ledger")]).find(|(spki, _)| by(spki)) {
        return Err(format!("it is signed by key {}, whose role is `{role}`: a key has one role", spki.0.id()));
    }
    Err("it is not signed by a key that the trust file names in the role `approve` at this index".to_owned())
}

/// Whether the signed text says what the record says, of this entity and system.
fn is_of(approval: &Approval, acceptance: &Acceptance, statement: &Statement) -> bool {
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
