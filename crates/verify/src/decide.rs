//! The order of a verification: signature, statement, leaves, ledger, records, raw files, demands.
//!
//! What shows a bundle to be false stops it at once. What only keeps it from being decided (a key
//! that is not in the trust file) is kept, so that the report can still say how far it holds.

use std::collections::BTreeMap;

use bundle::consistency;
use bundle::layout::{self, Entry};
use bundle::read::source::read_all;
use bundle::read::{Item, Source};
use bundle::redact::Redaction;
use bundle::sigstore::{CounterSigned, SealedStatement};
use bundle::statement::{Kind, Statement};
use bundle::trust::{Role, Trust};
use ledger::Checkpoint;
use model::record::RunStatus;
use model::{Digest, ExitStatus, RecordType};
use sha2::{Digest as _, Sha256};

use crate::approvals::AcceptanceReport;
use crate::audit::{self, AuditDemands, AuditReport, LedgerFiles};
use crate::contents::Contents;
use crate::problem::{Problem, role_name};
use crate::report::{
    About, Continuity, HeadReport, Level, LevelReport, RecordsReport, RedactionReport, Refusal, Report, TypeReport,
};
use crate::{Demands, Observer, Verdict, VerifiedBundle, ed25519, ledger_position, stream};

/// Version of the report's form.
const FORM: &str = "witnessmark-verify-report/1";
/// Piece in which raw files are hashed.
const PIECE: usize = 64 * 1024;

pub(crate) fn decide(source: &mut dyn Source, demands: &Demands<'_>, observer: &mut (dyn Observer + Send)) -> Verdict {
    let mut found = Findings::default();
    let stopped = found.read(source, demands, observer).err();
    found.conclude(demands, stopped)
}

pub(crate) fn sealed_anew(before: &VerifiedBundle, file: &[u8], trust: &Trust) -> Result<VerifiedBundle, Problem> {
    let sealed = SealedStatement::parse(file)?;
    let statement_sha256 = sealed.envelope.statement_sha256();
    if statement_sha256 != before.statement_sha256 {
        return Err(Problem::OtherStatement);
    }
    let mut found = Findings::default();
    let statement = found.authenticate(&sealed, trust)?;
    found.place(&sealed, &statement, trust)?;
    match found.key_problem.or(found.position_problem) {
        Some(problem) => Err(problem),
        None => {
            // They follow from the files, which the statement binds, and from the approvers' keys.
            let acceptances = before.acceptances.clone();
            Ok(VerifiedBundle { statement, statement_sha256, level: Level::Position, acceptances })
        }
    }
}

/// What is known so far.
#[derive(Default)]
struct Findings {
    statement: Option<Statement>,
    about: Option<About>,
    /// Why the signature decides nothing.
    key_problem: Option<Problem>,
    /// Why the place in the ledger is not decided.
    position_problem: Option<Problem>,
    /// The head the bundle was sealed under, and the newest one.
    own: Option<Checkpoint>,
    newest: Option<Checkpoint>,
    continuity: Option<Continuity>,
    records: Option<RecordsReport>,
    acceptances: Vec<AcceptanceReport>,
    /// The text of `ledger/checkpoint`.
    checkpoint: Option<Vec<u8>>,
    /// What an audit of the whole ledger found, where the export holds it.
    ledger: Option<AuditReport>,
}

impl Findings {
    fn read(
        &mut self,
        source: &mut dyn Source,
        demands: &Demands<'_>,
        observer: &mut (dyn Observer + Send),
    ) -> Result<(), Problem> {
        let trust = demands.trust;
        let mut files = Files::new(source)?;

        let bytes = files.whole(&Entry::Statement)?;
        let sealed = SealedStatement::parse(&bytes)?;
        let statement = self.authenticate(&sealed, trust)?;
        self.place(&sealed, &statement, trust)?;

        let redaction = match files.next_is(&Entry::Redaction) {
            true => Some(self.redaction(&files.whole(&Entry::Redaction)?, &sealed, trust)?),
            false => None,
        };

        files.expect(&Entry::Leaves)?;
        let leaves = stream::read_leaves(files.source, &statement)?;
        files.advance()?;

        self.heads(&mut files, &statement, demands)?;
        self.whole_ledger(&mut files, demands)?;
        // What cannot be judged is not passed over: a file of which any byte could be another one would look accepted.
        if let Some(entry @ Entry::Anchor(..)) = files.entry() {
            return Err(Problem::Anchor { path: entry.path() });
        }

        files.expect(&Entry::Records)?;
        let mut contents = Contents::new(&statement);
        let digest = stream::read_records(files.source, &statement, leaves, &mut contents, observer)?;
        contents.finish()?;
        files.advance()?;
        let withheld: u64 = contents.found.withheld.values().map(|h| h.count).sum();
        check_records_file(&statement, &contents, withheld, digest, redaction.as_ref())?;

        let raw_files = read_raw(&mut files, &mut contents, observer)?;
        if let Some(entry) = files.entry() {
            return Err(Problem::Stray { path: entry.path() });
        }
        self.acceptances = std::mem::take(&mut contents.approvals).finish(&statement, trust);
        self.records = Some(records_report(&statement, &contents, withheld, raw_files, redaction));
        Ok(())
    }

    /// Proves the signature; from here on only the signed bytes are used.
    fn authenticate(&mut self, sealed: &SealedStatement, trust: &Trust) -> Result<Statement, Problem> {
        let id = sealed.signer.id();
        let envelope = &sealed.envelope;
        if !ed25519::verify(sealed.signer.as_bytes(), &envelope.pae(), &envelope.signature) {
            return Err(Problem::BadSignature { id });
        }
        let statement = Statement::parse(&envelope.statement)?;
        self.about = Some(About::of(&statement, envelope.statement_sha256(), id));
        let role = Role::for_kind(statement.predicate.kind);
        let index = statement.predicate.chain.index;
        if !trust.keys.iter().any(|key| key.spki.0 == sealed.signer) {
            self.key_problem = Some(Problem::UnknownKey { id });
        } else if !trust.allows(&sealed.signer, role, index) {
            self.key_problem = Some(Problem::KeyNotForThis { id, role: role_name(role), index });
        }
        if statement.predicate.kind != Kind::Run {
            return Err(Problem::UnsupportedKind { kind: kind_name(statement.predicate.kind) });
        }
        self.statement = Some(statement.clone());
        Ok(statement)
    }

    fn place(&mut self, sealed: &SealedStatement, statement: &Statement, trust: &Trust) -> Result<(), Problem> {
        match trust.log_key() {
            Ok(key) => match ledger_position::prove(sealed, statement, trust, &key) {
                Ok(head) => self.own = Some(head),
                Err(problem) if problem.class().exit_status() == ExitStatus::Undecided => {
                    self.position_problem = Some(problem);
                }
                Err(problem) => return Err(problem),
            },
            Err(error) => self.position_problem = Some(Problem::Trust(error)),
        }
        Ok(())
    }

    /// Reads the newest head and the proof that leads to it.
    fn heads(&mut self, files: &mut Files<'_>, statement: &Statement, demands: &Demands<'_>) -> Result<(), Problem> {
        let checkpoint = files.whole_if(&Entry::Checkpoint)?;
        self.checkpoint.clone_from(&checkpoint);
        let proof = match files.whole_if(&Entry::Consistency)? {
            Some(bytes) => Some(consistency::parse(&bytes)?),
            None => None,
        };
        if proof.is_some() && checkpoint.is_none() {
            return Err(Problem::Stray { path: layout::CONSISTENCY.to_owned() });
        }
        let (Some(own), Ok(key)) = (&self.own, demands.trust.log_key()) else {
            return Ok(());
        };
        let newest = match checkpoint {
            Some(bytes) => {
                let newest = ledger_position::newest(&bytes, demands.trust, &key)?;
                ledger_position::continues(own, &newest, proof.as_deref())?;
                newest
            }
            None => own.clone(),
        };
        self.continuity = Some(ledger_position::since_last_seen(demands.last_seen, statement, own, &newest)?);
        self.newest = Some(newest);
        Ok(())
    }

    /// Audits the ledger, where the export holds all of it.
    fn whole_ledger(&mut self, files: &mut Files<'_>, demands: &Demands<'_>) -> Result<(), Problem> {
        let mut held = HeldFiles::default();
        while let Some(entry @ (Entry::Tile(_) | Entry::LedgerStatement(_))) = files.entry() {
            let entry = entry.clone();
            let path = entry.path();
            let bytes = files.whole(&entry)?;
            held.keep(path, bytes)?;
        }
        if held.files.is_empty() || self.own.is_none() {
            return Ok(());
        }
        let Some(checkpoint) = self.checkpoint.take() else {
            return Err(Problem::Missing { path: layout::CHECKPOINT.to_owned() });
        };
        held.files.insert(layout::CHECKPOINT.to_owned(), checkpoint);
        let asked = AuditDemands { trust: demands.trust, last_seen: demands.last_seen, from: None, until: None };
        let (report, continuity) = audit::audit_within(&mut held, &asked)?;
        // What no reader asked for belongs to no tree of this size.
        if let Some(path) = held.files.into_keys().next() {
            return Err(Problem::Stray { path });
        }
        self.continuity = continuity.or(self.continuity);
        self.ledger = Some(report);
        Ok(())
    }

    /// Proves who withheld records.
    fn redaction(&self, bytes: &[u8], sealed: &SealedStatement, trust: &Trust) -> Result<Redaction, Problem> {
        let signed = CounterSigned::parse(bytes).map_err(Problem::RedactionFile)?;
        let id = signed.signer_id;
        let key = trust
            .keys
            .iter()
            .find(|key| key.spki.0.id() == id && key.role == Role::Record)
            .ok_or(Problem::UnknownRedactor { id })?;
        let envelope = &signed.envelope;
        let public = key.spki.0;
        if !ed25519::verify(public.as_bytes(), &envelope.pae(), &envelope.signature) {
            return Err(Problem::RedactionSignature { id });
        }
        let redaction = Redaction::parse(&envelope.statement).map_err(Problem::Redaction)?;
        if redaction.statement_sha256 != sealed.envelope.statement_sha256() {
            return Err(Problem::RedactionOfOther);
        }
        Ok(redaction)
    }

    fn conclude(self, demands: &Demands<'_>, stopped: Option<Problem>) -> Verdict {
        let holds = stopped.is_none();
        let level = if !holds {
            None
        } else if self.key_problem.is_some() {
            Some(Level::Integrity)
        } else if self.own.is_none() {
            Some(Level::Authenticity)
        } else {
            Some(Level::Position)
        };
        let levels = self.levels(level, stopped.as_ref());
        let mut problems: Vec<Problem> = stopped.into_iter().collect();
        if let Some(level) = level {
            self.hold_against(demands, level, &levels, &mut problems);
        }
        let accepted = problems.is_empty();
        let report = Report {
            form: FORM,
            accepted,
            exit_code: problems.first().map_or(ExitStatus::Success, |first| first.class().exit_status()),
            problems: problems.iter().map(Refusal::of).collect(),
            level,
            required: demands.require,
            rests_on_custodian: rests_on_custodian(&self, level),
            levels,
            bundle: self.about.clone(),
            records: self.records,
            ledger: self.ledger,
            acceptances: self.acceptances.clone(),
            head: self.newest.as_ref().map(|head| HeadReport {
                origin: head.origin.clone(),
                size: head.size,
                root: head.root,
                since_last_seen: self.continuity.unwrap_or(Continuity::NothingSeen),
            }),
        };
        let bundle = match (self.statement, &self.about, level) {
            (Some(statement), Some(about), Some(level)) if accepted => Some(VerifiedBundle {
                statement,
                statement_sha256: about.statement_sha256,
                level,
                acceptances: self.acceptances,
            }),
            _ => None,
        };
        Verdict { head: self.newest.filter(|_| holds && self.key_problem.is_none()), report, bundle }
    }

    /// What was asked for, and is not so.
    fn hold_against(&self, demands: &Demands<'_>, level: Level, levels: &[LevelReport], problems: &mut Vec<Problem>) {
        if level < demands.require {
            // The reason of the first level that is missing; a missing key says more than its level.
            let because = levels
                .iter()
                .find(|report| report.level > level)
                .map_or_else(String::new, |report| report.because.clone());
            problems.push(Problem::Level { required: demands.require, reached: level, because });
        }
        let Some(statement) = &self.statement else {
            return;
        };
        let said = &statement.predicate;
        if !said.rehearsal.is_empty() && !demands.allow_rehearsal {
            problems.push(Problem::Rehearsal { overrides: said.rehearsal.clone() });
        }
        if said.status == RunStatus::Failed && !demands.allow_failed {
            problems.push(Problem::Failed);
        }
    }

    fn levels(&self, reached: Option<Level>, stopped: Option<&Problem>) -> Vec<LevelReport> {
        Level::ALL
            .into_iter()
            .map(|level| {
                let reached = Some(level) <= reached;
                LevelReport {
                    level,
                    name: level.name(),
                    reached,
                    because: match stopped {
                        Some(_) => "the verification stopped before".to_owned(),
                        None => self.because(level),
                    },
                }
            })
            .collect()
    }

    fn because(&self, level: Level) -> String {
        let said = self.statement.as_ref().map(|statement| &statement.predicate);
        match level {
            Level::Integrity => self.records.as_ref().map_or_else(String::new, |records| {
                format!(
                    "every record and every raw file is the one the statement was made of; records: {}, raw files: {}",
                    records.count, records.raw_files
                )
            }),
            Level::Authenticity => match (&self.key_problem, &self.about) {
                (Some(problem), _) => problem.to_string(),
                (None, Some(about)) => {
                    format!("signed by key {}, which the trust file names for this role and index", about.signer)
                }
                (None, None) => String::new(),
            },
            Level::Position => match (&self.position_problem, &self.own, said) {
                (Some(problem), ..) => problem.to_string(),
                (None, Some(own), Some(said)) => format!(
                    "entry {} of `{}`, under a head of size {} that the trusted ledger key signed; the ledger before it is the one the statement names",
                    said.chain.index, own.origin, own.size
                ),
                _ => String::new(),
            },
            Level::Time => "no third party has stamped the ledger's head".to_owned(),
            Level::NonEquivocation => "no witness outside the custodian has signed the ledger's head".to_owned(),
        }
    }
}

/// Most bytes of a ledger inside an export that are held in memory.
const HELD_MAX: usize = 256 * 1024 * 1024;

/// The ledger's files out of an export; each is given away once.
#[derive(Default)]
struct HeldFiles {
    files: BTreeMap<String, Vec<u8>>,
    bytes: usize,
}

impl HeldFiles {
    fn keep(&mut self, path: String, bytes: Vec<u8>) -> Result<(), Problem> {
        self.bytes = self.bytes.saturating_add(path.len()).saturating_add(bytes.len());
        if self.bytes > HELD_MAX {
            return Err(Problem::LedgerInExport { max: HELD_MAX });
        }
        self.files.insert(path, bytes);
        Ok(())
    }
}

impl LedgerFiles for HeldFiles {
    fn read(&mut self, path: &str, max: u64) -> Result<Option<Vec<u8>>, Problem> {
        match self.files.remove(path) {
            Some(bytes) if bytes.len() as u64 > max => Err(Problem::LedgerFile { path: path.to_owned() }),
            found => Ok(found),
        }
    }
}

/// The files of the bundle, with the next one known.
struct Files<'a> {
    source: &'a mut dyn Source,
    next: Option<Item>,
}

impl<'a> Files<'a> {
    fn new(source: &'a mut dyn Source) -> Result<Self, Problem> {
        let next = source.next_item()?;
        Ok(Self { source, next })
    }

    fn entry(&self) -> Option<&Entry> {
        self.next.as_ref().map(|item| &item.entry)
    }

    fn next_is(&self, entry: &Entry) -> bool {
        self.entry() == Some(entry)
    }

    /// The next file must be this one. Files come in order: another one means that it is missing, or
    /// that something stands before it that does not belong there.
    fn expect(&self, expected: &Entry) -> Result<(), Problem> {
        match self.entry() {
            Some(entry) if entry == expected => Ok(()),
            Some(entry) if entry < expected => Err(Problem::Stray { path: entry.path() }),
            _ => Err(Problem::Missing { path: expected.path() }),
        }
    }

    fn advance(&mut self) -> Result<(), Problem> {
        self.next = self.source.next_item()?;
        Ok(())
    }

    fn whole(&mut self, expected: &Entry) -> Result<Vec<u8>, Problem> {
        self.expect(expected)?;
        let Some(item) = &self.next else {
            return Ok(Vec::new());
        };
        let bytes = read_all(self.source, item)?;
        self.advance()?;
        Ok(bytes)
    }

    fn whole_if(&mut self, entry: &Entry) -> Result<Option<Vec<u8>>, Problem> {
        if self.next_is(entry) { self.whole(entry).map(Some) } else { Ok(None) }
    }
}

/// Holds the file's digest against the statement, or, where lines are withheld, against the redaction.
fn check_records_file(
    statement: &Statement,
    contents: &Contents,
    withheld: u64,
    digest: Digest,
    redaction: Option<&Redaction>,
) -> Result<(), Problem> {
    let Some(redaction) = redaction else {
        // Every line is still proven by its leaf; only that nobody has signed for the holes.
        return if withheld > 0 || digest == statement.records_sha256 { Ok(()) } else { Err(Problem::Records) };
    };
    if digest != redaction.records_sha256 {
        return Err(Problem::RedactionRecords);
    }
    // One entry for each type and reason; together they must be what is really withheld.
    let fits = RecordType::ALL.into_iter().all(|kind| {
        let said: Vec<_> = redaction.withheld.iter().filter(|w| w.t == kind).collect();
        let count: u64 = said.iter().fold(0, |sum, w| sum.saturating_add(w.count));
        match contents.found.withheld.get(&kind) {
            None => said.is_empty(),
            Some(hidden) => {
                count == hidden.count
                    && said.iter().map(|w| w.first).min() == Some(hidden.first)
                    && said.iter().map(|w| w.last).max() == Some(hidden.last)
            }
        }
    });
    if fits { Ok(()) } else { Err(Problem::RedactionCounts) }
}

/// Hashes the raw files and holds them against the records that name them.
fn read_raw(
    files: &mut Files<'_>,
    contents: &mut Contents,
    observer: &mut (dyn Observer + Send),
) -> Result<u64, Problem> {
    let mut buffer = vec![0; PIECE];
    while let Some(Item { entry: Entry::Raw(ordinal), size }) = files.next {
        let wanted = observer.wants_raw(ordinal);
        let may_approve = contents.approvals.wants(ordinal);
        let mut hasher = Sha256::new();
        let mut length = 0_u64;
        loop {
            let count = files.source.read(&mut buffer)?;
            let piece = buffer.get(..count).unwrap_or_default();
            if piece.is_empty() {
                break;
            }
            hasher.update(piece);
            length += count as u64;
            if wanted {
                observer.raw(ordinal, piece);
            }
            if may_approve {
                contents.approvals.raw(ordinal, piece);
            }
        }
        debug_assert_eq!(length, size, "a source gives what it announces");
        let sha256 = Digest::from_bytes(hasher.finalize().into());
        contents.raw.file(ordinal, length, &sha256)?;
        files.advance()?;
    }
    contents.raw.finish()
}

fn records_report(
    statement: &Statement,
    contents: &Contents,
    withheld: u64,
    raw_files: u64,
    redaction: Option<Redaction>,
) -> RecordsReport {
    let found = &contents.found;
    RecordsReport {
        count: statement.predicate.records.count,
        by_type: statement
            .predicate
            .records
            .segments
            .iter()
            .map(|segment| TypeReport {
                kind: segment.t,
                count: segment.count,
                withheld: found.withheld.get(&segment.t).map_or(0, |h| h.count),
            })
            .collect(),
        withheld,
        redaction: redaction.map(|redaction| RedactionReport {
            by: redaction.by,
            made: redaction.made,
            reasons: redaction.withheld.into_iter().map(|w| w.reason).collect(),
        }),
        findings_on_withheld: found.resting,
        findings_on_withheld_first: found.resting_first.clone(),
        gaps: found.gaps.clone(),
        gaps_accepted: found.accepted_gaps,
        bodies_not_kept: found.bodies_not_kept,
        raw_files,
        raw_bytes: contents.raw.bytes,
        checks: found.checks,
        checks_changed: found.checks_changed.clone(),
        checks_own: found.checks_own.clone(),
        failure: found.failure.clone(),
    }
}

/// What no signature can prove. Said at every level, in words for an auditor.
fn rests_on_custodian(found: &Findings, level: Option<Level>) -> Vec<String> {
    let (Some(level), Some(statement)) = (level, &found.statement) else {
        return Vec::new();
    };
    let said = &statement.predicate;
    let mut rests = Vec::new();
    if level < Level::Authenticity {
        rests.push("Who made it: no key that you trust has signed it.".to_owned());
    }
    if level < Level::Time {
        rests.push(
            "When it was made: the times are the custodian's own clock; no time stamp of a third party is part of this verification."
                .to_owned(),
        );
    }
    if level < Level::NonEquivocation {
        let since = match found.continuity {
            Some(Continuity::Same | Continuity::Continues) => {
                " Since the head you saw last, entries were only appended."
            }
            _ => "",
        };
        rests.push(format!(
            "That the ledger was not rewritten, and that nobody is shown another one: no witness outside the custodian has signed its head.{since}"
        ));
    }
    if found.ledger.is_none() {
        rests.push(
            "That no bundle is missing beside this one: the whole ledger shows that (`witnessmark-verify audit`)."
                .to_owned(),
        );
    }
    rests.push(
        "That the program was unaltered and the answers came from the source: the request ids in the records can be found in the source's own log."
            .to_owned(),
    );
    if said.challenge.is_none() {
        rests.push(
            "That the run was made for you, now: no challenge of yours is sealed in it (`run --challenge`).".to_owned(),
        );
    }
    rests.push("That the declared targets are all that matters.".to_owned());
    rests
}

pub(crate) const fn kind_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Run => "run",
        Kind::Record => "record",
        Kind::Baseline => "baseline",
        Kind::Trust => "trust",
    }
}
