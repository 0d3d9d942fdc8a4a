//! Audits a whole ledger from its checkpoint, tiles and statements: nothing missing, nothing altered,
//! one chain, and where the declared schedule was not kept.
//!
//! First the tiles, down from the signed head, then the statements, which must be the entries in them: so that a changed statement and
//! a changed tile are told apart. Everything is read once, in order of index; of each entry 32 bytes are kept.

use std::collections::{BTreeMap, VecDeque};

use bundle::layout;
use bundle::sigstore::{Envelope, entry_body};
use bundle::statement::{Kind, Predicate, Statement};
use bundle::trust::{Role, Trust};
use conclude::{Began, Rehearsals, Schedule, Worth};
use ledger::{Checkpoint, CompactRange, EntryBundle, Tile, decode_entries, leaf_hash};
use model::record::RunStatus;
use model::{Digest, ExitStatus, Timestamp};

use crate::changes::Following;
use crate::continuity::{Continuity, Owner};
use crate::files::{HeldFiles, LedgerFiles};
use crate::operation::Operating;
use crate::problem::Problem;
use crate::report::{AuditReport, HeadReport, Newest, Period, Refusal};
use crate::seen::{Entry, KEPT, Seen};
use crate::{ed25519, ledger_position};

/// Most entries that are audited at once: 32 bytes of memory each.
const ENTRIES_MAX: u64 = 4_000_000;
/// So many irregularities of a kind are named; the rest are counted.
const NAMED: usize = 1000;

/// What to audit.
#[derive(Debug, Clone, Copy)]
pub struct AuditDemands<'a> {
    pub trust: &'a Trust,
    /// What was proven of this ledger before.
    pub seen: Option<&'a Seen>,
    /// The period of which schedule and changes are told begins here; else with the first run.
    pub from: Option<Timestamp>,
    /// It ends here; else with the last run.
    pub until: Option<Timestamp>,
}

/// The outcome of an audit.
#[derive(Debug)]
pub struct Audit {
    pub report: AuditReport,
    /// What was proven before, with what is proven now: what to keep. Absent where the ledger does not hold.
    pub seen: Option<Seen>,
}

/// Audits a ledger.
pub fn audit(files: &mut dyn LedgerFiles, demands: &AuditDemands<'_>) -> Audit {
    let mut state = State::new(demands);
    let stopped = state.read(files, demands).err();
    state.conclude(stopped.as_ref(), demands)
}

/// The same of an export, which holds this ledger and nothing more of one.
pub fn audit_export(mut held: HeldFiles, demands: &AuditDemands<'_>) -> Audit {
    let mut state = State::new(demands);
    let stopped = state.read(&mut held, demands).and_then(|()| held.all_read()).err();
    state.conclude(stopped.as_ref(), demands)
}

/// The same inside the verification of a bundle: a ledger that does not hold stops it.
pub(crate) fn audit_within(
    files: &mut dyn LedgerFiles,
    demands: &AuditDemands<'_>,
) -> Result<(AuditReport, Option<Continuity>, Seen), Problem> {
    let mut state = State::new(demands);
    state.read(files, demands)?;
    let (continuity, seen) = (state.continuity, state.learnt(demands));
    Ok((state.conclude(None, demands).report, continuity, seen))
}

#[derive(Default)]
struct State {
    head: Option<Checkpoint>,
    continuity: Option<Continuity>,
    leaves: Vec<Digest>,
    tree: CompactRange,
    previous: Option<Digest>,
    schedule: Schedule,
    changes: Following,
    operating: Operating,
    /// Whose bundles it holds, by its first entry.
    owner: Option<Owner>,
    /// The newest heads, each proven entry by entry.
    heads: VecDeque<Entry>,
    by_kind: BTreeMap<&'static str, u64>,
    failed: u64,
    partial: u64,
    rehearsals: Vec<u64>,
    rehearsals_in_all: u64,
    rehearsals_in_part: u64,
    newest: Option<Newest>,
}

impl State {
    fn new(demands: &AuditDemands<'_>) -> Self {
        Self { changes: Following::within(demands.from, demands.until), ..Self::default() }
    }

    fn read(&mut self, files: &mut dyn LedgerFiles, demands: &AuditDemands<'_>) -> Result<(), Problem> {
        let trust = demands.trust;
        let key = trust.log_key().map_err(Problem::Trust)?;
        let bytes = required(files, layout::CHECKPOINT, bundle::limits::CHECKPOINT_MAX)?;
        let head = ledger_position::newest_or_none(&bytes, trust, &key)?;
        if head.size > ENTRIES_MAX {
            return Err(Problem::LedgerTooLarge { size: head.size, max: ENTRIES_MAX });
        }

        self.entries(files, &head)?;
        self.tiles(files, head.size)?;
        let leaves = std::mem::take(&mut self.leaves);
        for (index, leaf) in (0..head.size).zip(&leaves) {
            let path = layout::ledger_statement(index);
            let bytes = required(files, &path, bundle::limits::ENVELOPE_MAX)?;
            self.statement(index, &bytes, demands, leaf, files)?;
        }
        self.leaves = leaves;
        self.compare(demands.seen, &head)?;
        self.head = Some(head);
        Ok(())
    }

    /// Proves one statement and takes it up. `leaf` is the hash of the ledger's entry at its place.
    fn statement(
        &mut self,
        index: u64,
        bytes: &[u8],
        demands: &AuditDemands<'_>,
        leaf: &Digest,
        files: &mut dyn LedgerFiles,
    ) -> Result<(), Problem> {
        let trust = demands.trust;
        let envelope = Envelope::parse(bytes).map_err(|error| Problem::Envelope { index, error })?;
        // The envelope does not name its key: one of the trusted ones must be it. Before that, nothing that it says is looked at.
        let pae = envelope.pae();
        let mut keys = trust.keys.iter().map(|key| &key.spki.0);
        let signer = keys
            .find(|key| ed25519::verify(key.as_bytes(), &pae, &envelope.signature))
            .ok_or(Problem::LedgerSigner { index })?;
        let statement =
            Statement::parse(&envelope.statement).map_err(|error| Problem::LedgerStatement { index, error })?;
        let said = &statement.predicate;
        if !trust.allows(signer, Role::for_kind(said.kind), index) {
            return Err(Problem::LedgerSigner { index });
        }
        if said.chain.origin != trust.ledger.origin || said.chain.index != index {
            return Err(Problem::ChainPlace { index, signed: said.chain.index });
        }
        if said.chain.prior_root != self.tree.root() {
            return Err(Problem::ChainRoot { index });
        }
        if said.chain.previous_statement != self.previous {
            return Err(Problem::ChainPrevious { index });
        }
        if leaf_hash(&entry_body(&envelope, signer)) != *leaf {
            return Err(Problem::ChainEntry { index });
        }
        self.owned(index, said, demands)?;
        self.tree.append(*leaf);
        let statement = envelope.statement_sha256();
        self.previous = Some(statement);
        let head = Entry { size: self.tree.size(), root: self.tree.root(), statement: Some(statement) };
        if let Some(seen) = demands.seen {
            seen.hold(head.size, &head.root, head.statement.as_ref())?;
        }
        if self.heads.len() as u64 >= KEPT {
            self.heads.pop_front();
        }
        self.heads.push_back(head);
        self.count(index, said, signer.id(), files)
    }

    /// One ledger holds one system: that of its first entry, that which the trust file names, and that which was seen before.
    fn owned(&mut self, index: u64, said: &Predicate, demands: &AuditDemands<'_>) -> Result<(), Problem> {
        let found = Owner::of(said);
        let first = match &self.owner {
            Some(first) => first.clone(),
            None => {
                if let Some(seen) = demands.seen {
                    seen.same(&demands.trust.ledger.origin, &found)?;
                }
                self.owner = Some(found.clone());
                found.clone()
            }
        };
        let named = &demands.trust.ledger;
        let expected = Owner {
            entity: named.entity.clone().unwrap_or(first.entity),
            system: named.system.clone().unwrap_or(first.system),
        };
        if found == expected { Ok(()) } else { Err(Problem::TwoSystems { index, expected, found }) }
    }

    fn count(
        &mut self,
        index: u64,
        said: &Predicate,
        signer: Digest,
        files: &mut dyn LedgerFiles,
    ) -> Result<(), Problem> {
        *self.by_kind.entry(said.kind.as_str()).or_default() += 1;
        let rehearsals = Rehearsals::new(&said.rehearsal);
        self.rehearsals_in_part += u64::from(!said.rehearsal.is_empty() && !rehearsals.is_whole());
        if rehearsals.is_whole() {
            self.rehearsals_in_all += 1;
            if self.rehearsals.len() < NAMED {
                self.rehearsals.push(index);
            }
        }
        if said.kind == Kind::Record {
            return self.operating.recorded(said, files);
        }
        if said.kind != Kind::Run {
            return Ok(());
        }
        self.failed += u64::from(said.status == RunStatus::Failed);
        self.partial += u64::from(said.status == RunStatus::Partial);
        // Rehearsals keep no schedule; one that is evidence of some targets does.
        let worth = match said.status {
            _ if rehearsals.is_whole() => Worth::Rehearsal,
            RunStatus::Failed => Worth::Failed,
            RunStatus::Partial => Worth::Partial,
            RunStatus::Complete => Worth::Complete,
        };
        let began =
            Began { index, started: said.started, every_seconds: said.chain.every_seconds, grace_seconds: None, worth };
        self.schedule.run(began);
        if worth != Worth::Rehearsal {
            self.changes.run(index, said, signer, worth == Worth::Failed);
        }
        self.newest = Some(Newest { index, bundle: said.bundle.clone(), status: said.status, summary: said.summary });
        self.operating.run(began, said, files)
    }

    /// Reads the entries and holds them against the head.
    fn entries(&mut self, files: &mut dyn LedgerFiles, head: &Checkpoint) -> Result<(), Problem> {
        let mut tree = CompactRange::new();
        for entries in EntryBundle::all(head.size) {
            let path = layout::tile(&entries.path());
            let bytes = required(files, &path, bundle::limits::TILE_MAX)?;
            let found = decode_entries(&bytes, entries.width).map_err(|_| Problem::LedgerFile { path })?;
            for entry in found {
                let leaf = leaf_hash(entry);
                tree.append(leaf);
                self.leaves.push(leaf);
            }
        }
        if tree.root() == head.root { Ok(()) } else { Err(Problem::LedgerRoot) }
    }

    /// Every tile of the tree must hold the hashes that follow from the entries.
    fn tiles(&self, files: &mut dyn LedgerFiles, size: u64) -> Result<(), Problem> {
        let mut level = 0;
        let mut hashes = self.leaves.clone();
        let mut tiles = Tile::all(size).peekable();
        while tiles.peek().is_some() {
            while let Some(tile) = tiles.next_if(|tile| tile.level == level) {
                let path = layout::tile(&tile.path());
                let found = required(files, &path, bundle::limits::TILE_MAX)?;
                let from = usize::try_from(tile.index * ledger::TILE_WIDTH).unwrap_or(usize::MAX);
                let width = usize::try_from(tile.width).unwrap_or(usize::MAX);
                let expected: Vec<u8> =
                    hashes.iter().skip(from).take(width).flat_map(|hash| *hash.as_bytes()).collect();
                if found != expected {
                    return Err(Problem::LedgerFile { path });
                }
            }
            level += 1;
            hashes = above(&hashes);
        }
        Ok(())
    }

    /// The heads that were seen of these sizes have been compared on the way; a larger one cannot be.
    fn compare(&mut self, seen: Option<&Seen>, head: &Checkpoint) -> Result<(), Problem> {
        let Some(seen) = seen else {
            self.continuity = Some(Continuity::NothingSeen);
            return Ok(());
        };
        if seen.origin() != head.origin {
            return Err(Problem::OtherLedger { expected: seen.origin().to_owned(), found: head.origin.clone() });
        }
        if let Some(proven) = seen.proven_beyond(head.size) {
            return Err(Problem::HeadOlderThanSeen { size: head.size, seen: proven });
        }
        self.continuity = Some(match seen.newest() {
            None => Continuity::NothingSeen,
            Some(newest) if newest == head.size => Continuity::Same,
            Some(_) => Continuity::Continues,
        });
        Ok(())
    }

    fn learnt(&self, demands: &AuditDemands<'_>) -> Seen {
        let mut seen = demands.seen.cloned().unwrap_or_else(|| Seen::new(&demands.trust.ledger.origin));
        seen.learn_ledger(self.heads.iter().copied());
        if let Some(owner) = &self.owner {
            seen.learn_owner(owner.clone());
        }
        seen
    }

    fn conclude(self, stopped: Option<&Problem>, demands: &AuditDemands<'_>) -> Audit {
        let whole = stopped.is_none();
        let schedule = self.schedule.kept(demands.from, demands.until);
        let operation = self.operating.told(demands.from, demands.until);
        let exit_code = match stopped {
            Some(problem) => problem.class().exit_status(),
            None if schedule.unobserved() > 0 => ExitStatus::RunsMissing,
            None if operation.as_ref().is_some_and(|told| told.unobserved() > 0 || told.not_operated() > 0) => {
                ExitStatus::RunsMissing
            }
            None if !schedule.said() => ExitStatus::Undecided,
            None if operation.as_ref().is_some_and(|operation| !operation.said()) => ExitStatus::Undecided,
            None => ExitStatus::Success,
        };
        let seen = whole.then(|| self.learnt(demands));
        let unproven = seen.as_ref().and_then(|seen| seen.unproven().pop());
        let report = AuditReport {
            accepted: whole,
            exit_code,
            problem: stopped.map(Refusal::of),
            entity: self.owner.as_ref().map(|owner| owner.entity.clone()),
            system: self.owner.as_ref().map(|owner| owner.system.clone()),
            head: self.head.as_ref().map(|head| HeadReport {
                origin: head.origin.clone(),
                size: head.size,
                root: head.root,
                since_last_seen: self.continuity.unwrap_or(Continuity::NothingSeen),
            }),
            entries: self.tree.size(),
            by_kind: self.by_kind,
            failed_runs: self.failed,
            partial_runs: self.partial,
            rehearsals: self.rehearsals,
            rehearsals_in_all: self.rehearsals_in_all,
            rehearsals_in_part: self.rehearsals_in_part,
            period: Period { from: demands.from, until: demands.until },
            missing_runs: (schedule.due > 0).then_some(schedule.missing),
            schedule,
            changes: self.changes.finish(),
            newest: self.newest,
            rests_on_custodian: if whole {
                rests_on_custodian(self.continuity, unproven, operation.is_some())
            } else {
                Vec::new()
            },
            operation,
        };
        // Of nothing, nothing is proven.
        Audit { seen: seen.filter(|_| report.entries > 0), report }
    }
}

/// The hashes eight levels up: one for each 256 below; an incomplete group has none.
fn above(hashes: &[Digest]) -> Vec<Digest> {
    let width = usize::try_from(ledger::TILE_WIDTH).unwrap_or(usize::MAX);
    hashes
        .chunks_exact(width)
        .map(|group| {
            let mut tree = CompactRange::new();
            group.iter().for_each(|hash| tree.append(*hash));
            tree.root()
        })
        .collect()
}

fn required(files: &mut dyn LedgerFiles, path: &str, max: u64) -> Result<Vec<u8>, Problem> {
    files.read(path, max)?.ok_or_else(|| Problem::Missing { path: path.to_owned() })
}

fn rests_on_custodian(continuity: Option<Continuity>, unproven: Option<u64>, controls: bool) -> Vec<String> {
    let since = match continuity {
        Some(Continuity::Same | Continuity::Continues) => " Since the head you saw last, entries were only appended.",
        _ => "",
    };
    let mut rests = vec![
        "When the runs were made: the times are the custodian's own clock.".to_owned(),
        format!(
            "That no one is shown a different ledger, and that it was not rewritten before you first saw it: no witness outside the custodian has signed its head.{since}"
        ),
        if controls {
            "What the outcomes of controls rest on: this audit reads what was sealed of them; `witnessmark-verify` on a bundle holds that against its findings, and `reassess` the findings against what was read."
        } else {
            "What the bundles hold: this audit reads the signed statements; `witnessmark-verify` on each bundle reads the records."
        }
        .to_owned(),
        "That every run was sealed: one that was killed and whose traces were removed is in no ledger. The source's own log has its session, `witnessmark-<run id>`.".to_owned(),
    ];
    if let Some(size) = unproven {
        rests.push(format!(
            "That the ledger continues the head of {size} entries that its key signed and you were shown: it has fewer entries. Ask the custodian where the others are."
        ));
    }
    rests
}
