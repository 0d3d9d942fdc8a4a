//! The order of a verification, `docs/spec/bundle.md` §9.
//!
//! A signature or contents that are false stop it: nothing that is read after them says anything. What only keeps the bundle
//! from being decided (a part that is missing, a key that is not in the trust file), and what is false about its place, never
//! stops the search for what is false in its contents.

use std::sync::Arc;

use bundle::consistency;
use bundle::layout::{self, Entry};
use bundle::read::Source;
use bundle::redact::Redaction;
use bundle::sigstore::{self, CounterSigned, Envelope, SealedStatement};
use bundle::statement::{Kind, Statement};
use bundle::trust::{Role, Trust};
use conclude::{Marks, Rehearsals};
use ledger::Checkpoint;
use model::record::RunStatus;
use model::{Digest, ExitStatus, Output, RecordType};
use sha2::{Digest as _, Sha256};

use crate::audit::{self, AuditDemands};
use crate::contents::Contents;
use crate::continuity::{Continuity, Owner};
use crate::files::{Files, HeldFiles};
use crate::level::Level;
use crate::observer::Observer;
use crate::problem::{Problem, Step};
use crate::report::{
    About, AcceptanceReport, AuditReport, DatesReport, HeadReport, LevelReport, RecordsReport, RedactionReport,
    Refusal, Report, TypeReport,
};
use crate::seen::{Seen, Shown};
use crate::verdict::{Demands, Verdict, VerifiedBundle};
use crate::{custodian, ed25519, ledger_position, rehearsal, seen, stream};

/// Piece in which raw files are hashed.
const PIECE: usize = 64 * 1024;
/// So many anchors are named one by one.
const ANCHORS_NAMED: usize = 100;

pub(crate) fn decide(source: &mut dyn Source, demands: &Demands<'_>, observer: &mut (dyn Observer + Send)) -> Verdict {
    let mut found = Findings::default();
    if let Err((step, problem)) = found.read(source, demands, observer) {
        found.stopped = true;
        found.note(step, problem);
    }
    found.conclude(demands)
}

pub(crate) fn sealed_anew(before: &VerifiedBundle, file: &[u8], trust: &Trust) -> Result<VerifiedBundle, Problem> {
    let sealed = SealedStatement::parse(file)?;
    let statement_sha256 = sealed.envelope.statement_sha256();
    if statement_sha256 != before.statement_sha256 {
        return Err(Problem::OtherStatement);
    }
    let mut found = Findings::default();
    let statement = found.authenticate(&sealed, trust).map_err(|(_, problem)| problem)?;
    found.place(&sealed, &statement, trust);
    let noted = found.problems.into_iter().map(|(_, problem)| problem);
    match noted.chain(found.key_problem).chain(found.position_problem).next() {
        Some(problem) => Err(problem),
        None => {
            // They follow from the files, which the statement binds, and from the approvers' keys.
            let (acceptances, rehearsals) = (before.acceptances.clone(), before.rehearsals.clone());
            let (signer, level, marks) = (sealed.signer.id(), Level::Position, before.marks.clone());
            Ok(VerifiedBundle { statement, statement_sha256, signer, level, acceptances, rehearsals, marks })
        }
    }
}

/// What is known so far.
#[derive(Default)]
struct Findings {
    statement: Option<Statement>,
    about: Option<About>,
    /// What is false, and what cannot be decided, with the step that found it.
    problems: Vec<(Step, Problem)>,
    /// Nothing could be read, or nothing that is read says anything, after the last problem.
    stopped: bool,
    /// Why the signature decides nothing.
    key_problem: Option<Problem>,
    /// Why the place in the ledger is not decided.
    position_problem: Option<Problem>,
    /// The head the bundle was sealed under, and the newest one.
    own: Option<Checkpoint>,
    newest: Option<Checkpoint>,
    continuity: Option<Continuity>,
    /// What the bundle shows of its ledger.
    shown: Option<Shown>,
    records: Option<RecordsReport>,
    acceptances: Vec<AcceptanceReport>,
    rehearsals: Rehearsals,
    marks: Option<Arc<Marks>>,
    /// The text of `ledger/checkpoint`.
    checkpoint: Option<Vec<u8>>,
    /// What an audit of the whole ledger found, where the export holds it.
    ledger: Option<AuditReport>,
    /// What that audit proved.
    audited: Option<Seen>,
}

/// Ends the reading: nothing after it says anything.
type Stop = (Step, Problem);

/// Puts a step beside a problem that ends the reading.
fn at<E: Into<Problem>>(step: Step) -> impl Fn(E) -> Stop {
    move |problem| (step, problem.into())
}

impl Findings {
    fn note(&mut self, step: Step, problem: impl Into<Problem>) {
        self.problems.push((step, problem.into()));
    }

    /// The value, or `None` with the problem noted.
    fn noting<T>(&mut self, step: Step, result: Result<T, Problem>) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            Err(problem) => {
                self.note(step, problem);
                None
            }
        }
    }

    fn read(
        &mut self,
        source: &mut dyn Source,
        demands: &Demands<'_>,
        observer: &mut (dyn Observer + Send),
    ) -> Result<(), Stop> {
        let trust = demands.trust;
        let files = at::<Problem>(Step::Files);
        let mut input = Files::new(source);

        let bytes = match input.whole(&Entry::Statement) {
            Ok(bytes) => bytes,
            Err(missing @ Problem::Missing { .. }) => {
                // It may stand in another place: that is false, and not only missing.
                names_of_the_rest(&mut input)?;
                return Err((Step::Files, missing));
            }
            Err(problem) => return Err((Step::Files, problem)),
        };
        let sealed = match SealedStatement::parse(&bytes) {
            Ok(sealed) => sealed,
            Err(error) => return Err((Step::StatementFile, of_another_version(&bytes, trust, error.into()))),
        };
        let statement = self.authenticate(&sealed, trust)?;
        self.place(&sealed, &statement, trust);

        let redaction = match input.whole_if(&Entry::Redaction).map_err(&files)? {
            Some(bytes) => {
                let read = redaction(&bytes, &sealed, trust);
                self.noting(Step::Redaction, read).flatten()
            }
            None => None,
        };

        let leaves = if self.there(&mut input, &Entry::Leaves)? {
            let leaves = stream::read_leaves(input.source, &statement).map_err(at(Step::Leaves))?;
            input.advance();
            Some(leaves)
        } else {
            None
        };

        self.heads(&mut input, &statement, demands)?;
        self.whole_ledger(&mut input, demands)?;
        self.compare(demands);
        self.anchors(&mut input)?;

        if !self.there(&mut input, &Entry::Records)? {
            // Nothing says what the rest should be.
            return names_of_the_rest(&mut input);
        }
        let mut contents = Contents::new(&statement, demands.texts);
        let digest = stream::read_records(input.source, &statement, leaves, &mut contents, observer)
            .map_err(at(Step::Records))?;
        if !contents.reads() {
            self.note(Step::Records, Problem::Assessment);
        }
        contents.finish().map_err(at(Step::Records))?;
        input.advance();
        let withheld: u64 = contents.withheld().values().map(|h| h.count).sum();
        if withheld == 0 && digest != statement.records_sha256 {
            return Err((Step::Records, Problem::Records));
        }
        self.withheld(&contents, withheld, digest, redaction.as_ref(), demands);

        let raw_files = self.raw(&mut input, &mut contents, observer)?;
        if let Some(entry) = input.entry().map_err(&files)? {
            return Err((Step::Files, Problem::Stray { path: entry.path() }));
        }
        let hidden = contents.withheld().contains_key(&RecordType::Declaration) || contents.approvals.lacks_a_file();
        let judged = std::mem::take(&mut contents.approvals).finish(&statement, trust, hidden);
        if contents.reads() {
            self.acceptances = self.noting(Step::Approvals, judged).unwrap_or_default();
        }
        self.rehearsals = std::mem::take(&mut contents.found.rehearsals);
        self.marks = contents.found.marks.take().map(|mut marks| {
            marks.finish();
            Arc::new(marks)
        });
        self.records = Some(records_report(&statement, &contents, withheld, raw_files, redaction));
        Ok(())
    }

    /// Whether this file comes next. That it is missing is noted; something else that stands before it is not passed over.
    fn there(&mut self, files: &mut Files<'_>, entry: &Entry) -> Result<bool, Stop> {
        match files.expect(entry) {
            Ok(()) => Ok(true),
            Err(problem @ Problem::Missing { .. }) => {
                self.note(Step::Files, problem);
                Ok(false)
            }
            Err(problem) => Err((Step::Files, problem)),
        }
    }

    /// Proves the signature; from here on only the signed bytes are used.
    fn authenticate(&mut self, sealed: &SealedStatement, trust: &Trust) -> Result<Statement, Stop> {
        let id = sealed.signer.id();
        let envelope = &sealed.envelope;
        if !ed25519::verify(sealed.signer.as_bytes(), &envelope.pae(), &envelope.signature) {
            return Err((Step::Signature, Problem::BadSignature { id }));
        }
        let statement = Statement::parse(&envelope.statement).map_err(at(Step::Statement))?;
        let kind = statement.predicate.kind;
        let role = Role::for_kind(kind);
        let index = statement.predicate.chain.index;
        let holder = trust.holder(&id, index).filter(|_| kind == Kind::Record).cloned();
        self.about = Some(About { holder, ..About::of(&statement, envelope.statement_sha256(), id) });
        if !trust.keys.iter().any(|key| key.spki.0 == sealed.signer) {
            self.key_problem = Some(Problem::UnknownKey { id });
        } else if !trust.allows(&sealed.signer, role, index) {
            self.key_problem = Some(Problem::KeyNotForThis { id, role: role.as_str(), index });
        }
        if !matches!(kind, Kind::Run | Kind::Record) {
            self.note(Step::Statement, Problem::UnsupportedKind { kind: kind.as_str() });
        }
        self.rehearsals = Rehearsals::new(&statement.predicate.rehearsal);
        self.statement = Some(statement.clone());
        Ok(statement)
    }

    fn place(&mut self, sealed: &SealedStatement, statement: &Statement, trust: &Trust) {
        let proven = trust
            .log_key()
            .map_err(Problem::Trust)
            .and_then(|key| ledger_position::prove(sealed, statement, trust, &key));
        match proven {
            Ok(head) => self.own = Some(head),
            Err(problem) if problem.class().exit_status() == ExitStatus::Undecided => {
                self.position_problem = Some(problem);
            }
            Err(problem) => self.note(Step::Position, problem),
        }
    }

    /// Reads the newest head and the proof that leads to it.
    fn heads(&mut self, files: &mut Files<'_>, statement: &Statement, demands: &Demands<'_>) -> Result<(), Stop> {
        let checkpoint = files.whole_if(&Entry::Checkpoint).map_err(at(Step::Files))?;
        self.checkpoint.clone_from(&checkpoint);
        let proof = files.whole_if(&Entry::Consistency).map_err(at(Step::Files))?;
        let since = files.whole_if(&Entry::Since).map_err(at(Step::Files))?;
        let held = self.held(checkpoint, proof, since.as_deref(), statement, demands);
        self.noting(Step::Checkpoint, held);
        Ok(())
    }

    fn held(
        &mut self,
        checkpoint: Option<Vec<u8>>,
        proof: Option<Vec<u8>>,
        since: Option<&[u8]>,
        statement: &Statement,
        demands: &Demands<'_>,
    ) -> Result<(), Problem> {
        let proof = match proof {
            Some(bytes) => Some(consistency::parse(&bytes)?),
            None => None,
        };
        for (path, there) in [(layout::CONSISTENCY, proof.is_some()), (layout::SINCE, since.is_some())] {
            if there && checkpoint.is_none() {
                return Err(Problem::Stray { path: path.to_owned() });
            }
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
        let since = since.map(|bytes| ledger_position::since(bytes, &newest)).transpose()?;
        let chain = &statement.predicate.chain;
        let about = self.about.as_ref().map(|about| about.statement_sha256);
        self.shown = Some(Shown {
            prior: seen::Entry { size: chain.prior_size, root: chain.prior_root, statement: chain.previous_statement },
            own: seen::Entry { size: own.size, root: own.root, statement: about },
            newest: (newest.size, newest.root),
            since,
        });
        self.newest = Some(newest);
        Ok(())
    }

    /// Holds what the bundle shows of its ledger against what was proven of it before. Not comparable is not accepted: a ledger
    /// that was rewritten would say nothing else.
    fn compare(&mut self, demands: &Demands<'_>) {
        let (Some(shown), Some(statement)) = (&self.shown, &self.statement) else { return };
        let owner = Owner::of(&statement.predicate);
        let named = &demands.trust.ledger;
        let expected = Owner {
            entity: named.entity.clone().unwrap_or_else(|| owner.entity.clone()),
            system: named.system.clone().unwrap_or_else(|| owner.system.clone()),
        };
        if expected != owner {
            self.note(Step::Checkpoint, Problem::OtherSystem { expected, found: owner });
            return;
        }
        let Some(seen) = demands.seen else {
            self.continuity = Some(Continuity::NothingSeen);
            return;
        };
        // A ledger that was read whole has been held against all of it.
        let compared = match seen.same(&statement.predicate.chain.origin, &owner) {
            Ok(()) if self.audited.is_some() => return,
            Ok(()) => seen.compare(shown),
            Err(problem) => Err(problem),
        };
        match compared {
            Ok(continuity) => self.continuity = Some(continuity),
            Err(problem) => {
                self.continuity = Some(Continuity::NotComparable);
                self.note(Step::Checkpoint, problem);
            }
        }
    }

    /// What was proven before, with what is proven now.
    fn learnt(&self, demands: &Demands<'_>) -> Option<Seen> {
        let (shown, statement) = (self.shown.as_ref()?, self.statement.as_ref()?);
        let mut seen = match (&self.audited, demands.seen) {
            (Some(audited), _) => audited.clone(),
            (None, Some(seen)) => seen.clone(),
            (None, None) => Seen::new(&statement.predicate.chain.origin),
        };
        seen.learn(Owner::of(&statement.predicate), shown);
        Some(seen)
    }

    /// Audits the ledger, where the export holds all of it.
    fn whole_ledger(&mut self, files: &mut Files<'_>, demands: &Demands<'_>) -> Result<(), Stop> {
        let mut held = Ok(HeldFiles::default());
        while let Some(entry @ (Entry::Tile(_) | Entry::LedgerStatement(_) | Entry::LedgerControls(_))) =
            files.entry().map_err(at(Step::Files))?
        {
            let entry = entry.clone();
            let path = entry.path();
            let bytes = files.whole(&entry).map_err(at(Step::Files))?;
            if let Ok(kept) = &mut held
                && let Err(problem) = kept.keep(path, bytes)
            {
                // No more is kept, and the rest of the bundle is read on.
                held = Err(problem);
            }
        }
        let audited = held.and_then(|held| self.audited(held, demands));
        self.noting(Step::Ledger, audited);
        Ok(())
    }

    fn audited(&mut self, mut held: HeldFiles, demands: &Demands<'_>) -> Result<(), Problem> {
        if held.files.is_empty() || self.own.is_none() {
            return Ok(());
        }
        let Some(checkpoint) = self.checkpoint.take() else {
            return Err(Problem::Missing { path: layout::CHECKPOINT.to_owned() });
        };
        held.files.insert(layout::CHECKPOINT.to_owned(), checkpoint);
        let asked = AuditDemands { trust: demands.trust, seen: demands.seen, from: None, until: None };
        let (report, continuity, seen) = audit::audit_within(&mut held, &asked)?;
        held.all_read()?;
        self.continuity = continuity.or(self.continuity);
        self.ledger = Some(report);
        self.audited = Some(seen);
        Ok(())
    }

    /// What cannot be judged is not passed over: a file of which any byte could be another one would look accepted.
    fn anchors(&mut self, files: &mut Files<'_>) -> Result<(), Stop> {
        let mut count = 0;
        while let Some(entry @ Entry::Anchor(..)) = files.entry().map_err(at(Step::Files))? {
            let path = entry.path();
            if count < ANCHORS_NAMED {
                self.note(Step::Anchors, Problem::Anchor { path });
            }
            count += 1;
            files.skip().map_err(at(Step::Files))?;
        }
        Ok(())
    }

    /// Holds what is withheld against what the redactor signed.
    fn withheld(
        &mut self,
        contents: &Contents,
        withheld: u64,
        digest: Digest,
        redaction: Option<&Redaction>,
        demands: &Demands<'_>,
    ) {
        let problem = match redaction {
            Some(redaction) if digest != redaction.records_sha256 => Problem::RedactionRecords,
            Some(redaction) if !counts_fit(contents, redaction) => Problem::RedactionCounts,
            None if withheld > 0 && !demands.allow_unsigned_redaction => Problem::UnsignedRedaction { withheld },
            _ => return,
        };
        self.note(Step::Redaction, problem);
    }

    /// Hashes the raw files and holds them against the records that name them.
    fn raw(
        &mut self,
        files: &mut Files<'_>,
        contents: &mut Contents,
        observer: &mut (dyn Observer + Send),
    ) -> Result<u64, Stop> {
        let mut buffer = vec![0; PIECE];
        while let Some(&Entry::Raw(ordinal)) = files.entry().map_err(at(Step::Files))? {
            let wanted = observer.wants_raw(ordinal);
            let may_approve = contents.approvals.wants(ordinal);
            let mut hasher = Sha256::new();
            let mut length = 0_u64;
            loop {
                let count = files.source.read(&mut buffer).map_err(at(Step::Files))?;
                let piece = buffer.get(..count).unwrap_or_default();
                if piece.is_empty() {
                    break;
                }
                hasher.update(piece);
                contents.raw.piece(ordinal, length, piece);
                length += count as u64;
                if wanted {
                    observer.raw(ordinal, piece);
                }
                if may_approve {
                    contents.approvals.raw(ordinal, piece);
                }
            }
            if contents.reads() {
                let sha256 = Digest::from_bytes(hasher.finalize().into());
                contents.raw.file(ordinal, length, &sha256).map_err(at(Step::Raw))?;
                contents.approvals.raw_ends(ordinal);
            }
            files.advance();
        }
        let (found, missing) = contents.raw.finish().map_err(at(Step::Raw))?;
        for problem in missing {
            self.note(Step::Raw, problem);
        }
        Ok(found)
    }

    /// The level that what could be checked reaches; none where something in the contents is false, or nothing could be
    /// checked.
    fn level(&self) -> Option<Level> {
        self.statement.as_ref()?;
        let false_contents = self
            .problems
            .iter()
            .any(|(step, problem)| *step <= Step::Raw && problem.class().exit_status() != ExitStatus::Undecided);
        if false_contents {
            return None;
        }
        if self.key_problem.is_some() {
            return Some(Level::Integrity);
        }
        let false_place = self.problems.iter().any(|(step, problem)| {
            (Step::Position..=Step::Ledger).contains(step) && problem.class().exit_status() == ExitStatus::NotAuthentic
        });
        Some(if self.own.is_none() || false_place { Level::Authenticity } else { Level::Position })
    }

    fn conclude(mut self, demands: &Demands<'_>) -> Verdict {
        let level = self.level();
        let holds = self.problems.iter().all(|(_, problem)| problem.class().exit_status() == ExitStatus::Undecided);
        let levels = self.levels(level);
        if let Some(level) = level {
            self.hold_against(demands, level, &levels);
        }
        let known = holds && !self.stopped && self.key_problem.is_none();
        let learnt = self.learnt(demands).filter(|_| known && self.continuity != Some(Continuity::NotComparable));
        // First what leaves nothing to conclude, then what is false, then what is not decided; each in the order of the steps.
        self.problems.sort_by_key(|(step, problem)| (problem.class().exit_status(), *step));
        let problems: Vec<&Problem> = self.problems.iter().map(|(_, problem)| problem).collect();
        let accepted = problems.is_empty();
        let report = Report {
            accepted,
            exit_code: problems.first().map_or(ExitStatus::Success, |first| first.class().exit_status()),
            problems: problems.into_iter().map(Refusal::of).collect(),
            level,
            required: demands.require,
            rests_on_custodian: match (level, &self.statement) {
                (Some(level), Some(statement)) => {
                    let unproven = learnt.as_ref().map(Seen::unproven).unwrap_or_default();
                    let records = self.records.as_ref();
                    custodian::rests_on(statement, level, self.continuity, self.ledger.is_some(), &unproven, records)
                }
                _ => Vec::new(),
            },
            levels,
            bundle: self.about.clone(),
            records: self.records,
            ledger: self.ledger.map(Output),
            acceptances: self.acceptances.clone(),
            rehearsal_targets: self.rehearsals.targets().clone(),
            marks: self.marks.as_ref().map(|marks| marks.counts()),
            rehearsal_targets_more: self.rehearsals.more(),
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
                signer: about.signer,
                level,
                acceptances: self.acceptances,
                rehearsals: self.rehearsals,
                marks: self.marks,
            }),
            _ => None,
        };
        // What is not accepted is never remembered.
        let seen = learnt.filter(|_| accepted);
        let shown = self.shown.filter(|_| seen.is_some());
        Verdict { seen, shown, report, bundle }
    }

    /// What was asked for, and is not so.
    fn hold_against(&mut self, demands: &Demands<'_>, level: Level, levels: &[LevelReport]) {
        if level < demands.require {
            // The reason of the first level that is missing; a missing key says more than its level.
            let because = levels
                .iter()
                .find(|report| report.level > level)
                .map_or_else(String::new, |report| report.because.clone());
            self.note(Step::Demands, Problem::Level { required: demands.require, reached: level, because });
        }
        let Some(said) = self.statement.as_ref().map(|statement| statement.predicate.clone()) else {
            return;
        };
        if !said.rehearsal.is_empty() && !demands.allow_rehearsal {
            let words = rehearsal::words(&said.rehearsal, &self.rehearsals);
            self.note(Step::Demands, Problem::Rehearsal { words });
        }
        if let Some(wanted) = demands.challenge
            && said.challenge.as_deref() != Some(wanted)
        {
            let wanted = wanted.to_owned();
            self.note(
                Step::Demands,
                match said.challenge {
                    Some(found) => Problem::OtherChallenge { wanted, found },
                    None => Problem::NoChallenge { wanted },
                },
            );
        }
        if said.status == RunStatus::Failed && !demands.allow_failed {
            self.note(Step::Demands, Problem::Failed);
        }
    }

    fn levels(&self, reached: Option<Level>) -> Vec<LevelReport> {
        Level::ALL
            .into_iter()
            .map(|level| LevelReport {
                level,
                name: level.name(),
                reached: Some(level) <= reached,
                because: match reached {
                    None => "the verification stopped before".to_owned(),
                    Some(_) => self.because(level),
                },
            })
            .collect()
    }

    fn because(&self, level: Level) -> String {
        let said = self.statement.as_ref().map(|statement| &statement.predicate);
        match level {
            Level::Integrity => self.records.as_ref().map_or_else(|| "what is there belongs to one statement".to_owned(), |records| {
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
                _ => "its place in the ledger is not the one that it says".to_owned(),
            },
            Level::Time => "no third party has stamped the ledger's head".to_owned(),
            Level::NonEquivocation => "no witness outside the custodian has signed the ledger's head".to_owned(),
        }
    }
}

/// Names and order hold of files too that nothing else is known of.
fn names_of_the_rest(input: &mut Files<'_>) -> Result<(), Stop> {
    while input.entry().map_err(at(Step::Files))?.is_some() {
        input.skip().map_err(at(Step::Files))?;
    }
    Ok(())
}

/// What a statement file that is not of our version comes to: somebody who is trusted may have made a later one.
fn of_another_version(bytes: &[u8], trust: &Trust, otherwise: Problem) -> Problem {
    match sigstore::of_another_version(bytes) {
        Some((media_type, envelope)) if signed_by_any(&envelope, trust) => Problem::MediaType { found: media_type },
        _ => otherwise,
    }
}

fn signed_by_any(envelope: &Envelope, trust: &Trust) -> bool {
    let pae = envelope.pae();
    trust.keys.iter().any(|key| ed25519::verify(key.spki.0.as_bytes(), &pae, &envelope.signature))
}

/// Proves who withheld records. `None` where it is signed by a key that the trust file does not name: it says nothing then,
/// as if it were not there.
fn redaction(bytes: &[u8], sealed: &SealedStatement, trust: &Trust) -> Result<Option<Redaction>, Problem> {
    let signed =
        CounterSigned::parse(bytes).map_err(|error| of_another_version(bytes, trust, Problem::RedactionFile(error)))?;
    let id = signed.signer_id;
    let Some(key) = trust.keys.iter().find(|key| key.spki.0.id() == id && key.role == Role::Record) else {
        return Ok(None);
    };
    let envelope = &signed.envelope;
    if !ed25519::verify(key.spki.0.as_bytes(), &envelope.pae(), &envelope.signature) {
        return Err(Problem::RedactionSignature { id });
    }
    let redaction = Redaction::parse(&envelope.statement).map_err(Problem::Redaction)?;
    if redaction.statement_sha256 != sealed.envelope.statement_sha256() {
        return Err(Problem::RedactionOfOther);
    }
    Ok(Some(redaction))
}

/// One entry for each type and reason; together they must be what is really withheld.
fn counts_fit(contents: &Contents, redaction: &Redaction) -> bool {
    RecordType::ALL.into_iter().all(|kind| {
        let said: Vec<_> = redaction.withheld.iter().filter(|w| w.t == kind).collect();
        let count: u64 = said.iter().fold(0, |sum, w| sum.saturating_add(w.count));
        match contents.withheld().get(&kind) {
            None => said.is_empty(),
            Some(hidden) => {
                count == hidden.count
                    && said.iter().map(|w| w.first).min() == Some(hidden.first)
                    && said.iter().map(|w| w.last).max() == Some(hidden.last)
            }
        }
    })
}

fn records_report(
    statement: &Statement,
    contents: &Contents,
    withheld: u64,
    raw_files: u64,
    redaction: Option<Redaction>,
) -> RecordsReport {
    let found = &contents.found;
    let dates = &found.dates;
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
                withheld: contents.withheld().get(&segment.t).map_or(0, |h| h.count),
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
        bodies_masked: found.bodies_masked,
        texts_masked: found.texts_masked,
        dates: DatesReport {
            compared: dates.compared,
            unreadable: dates.unreadable,
            absent: dates.absent,
            apart: dates.apart,
            apart_first: dates.first,
            apart_most_seconds: (dates.apart > 0).then_some(dates.farthest / 1000),
        },
        raw_files,
        raw_bytes: contents.raw.bytes,
        checks: found.checks,
        failure: found.failure.clone(),
    }
}
