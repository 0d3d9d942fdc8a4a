//! The steps of sealing, in their order.

use bundle::seal::{Metadata, Unsigned};
use bundle::statement::{Chain, Kind, Statement, StatementError};
use model::Digest;
use model::record::{ClockSource, Override, RunStatus};
use store::RunId;
use verify::{Observer, Unobserved, VerifiedBundle};

use super::error::SealError;
use super::sealer::Sealer;
use super::session::{Begun, Intent, SealInput, Sealed, Session, Unfinished};
use super::{head, pending, proof};

/// So many milliseconds the clocks of two machines that seal into one ledger may differ.
const CLOCKS_DIFFER: i64 = 5 * 60 * 1000;
/// How often a run looks for a place in a ledger that other machines write, too.
const MOST_TRIES: u32 = 100;

impl Sealer<'_> {
    /// Makes the ledger: signs the head of the empty tree. Done once; what an earlier, broken-off
    /// try left is completed.
    pub fn init(&self) -> Result<(), SealError> {
        let key = self.log_key()?;
        let _lock = self.workshop.lock_ledger(&self.holder, self.wait)?;
        let known = head::remembered(self.memory, &key)?;
        match (head::stored(self.store, &key)?, known) {
            (None, Some(known)) => Err(SealError::LedgerGone {
                origin: key.name().to_owned(),
                size: known.size,
                store: self.store.location(),
            }),
            (Some(found), None) if found.checkpoint.size == 0 => Ok(self.memory.save(&found.text)?),
            (Some(found), _) => Err(SealError::AlreadyInitialised {
                origin: key.name().to_owned(),
                size: found.checkpoint.size,
                store: self.store.location(),
            }),
            (None, None) => {
                // A head that is gone must not make its bundles go, too.
                for left in ["ledger/statements", bundle::layout::BUNDLES] {
                    if !self.store.list(left)?.is_empty() {
                        return Err(head::damaged(self.store, store::CHECKPOINT, "is missing, but there are bundles"));
                    }
                }
                let note = self.sign_head(&key, 0, ledger::empty_root())?;
                self.store.create(&[(store::CHECKPOINT, note.as_bytes())])?;
                Ok(self.memory.save(&note)?)
            }
        }
    }

    /// Remembers the head of a store whose memory is gone. `size` is what whoever asks knows from elsewhere.
    ///
    /// # Errors
    /// When the ledger has another size, or something is remembered that it does not continue.
    pub fn remember(&self, size: u64) -> Result<(), SealError> {
        let key = self.log_key()?;
        let _lock = self.workshop.lock_ledger(&self.holder, self.wait)?;
        let head = head::Head::read(self.store, self.memory, &key)?;
        if head.size() != size {
            let (origin, store) = (head.origin().to_owned(), self.store.location());
            return Err(SealError::OtherSize { origin, size, found: head.size(), store });
        }
        Ok(self.memory.save(head.text())?)
    }

    /// That this run goes on where the ledger stands: of the same entity and system, and not before its newest bundle.
    fn goes_on(&self, head: &head::Head<'_>, intent: &Intent) -> Result<(), SealError> {
        for index in (0..head.size()).rev() {
            let said = Statement::parse(&head.envelope(index, self.trust)?.statement)?.predicate;
            if (&said.entity, &said.system) != (&intent.entity, &intent.system) {
                return Err(SealError::OtherSystem {
                    entity: said.entity,
                    system: said.system,
                    of_entity: intent.entity.clone(),
                    of_system: intent.system.clone(),
                });
            }
            if intent.clock == ClockSource::Set || intent.despite_clock {
                return Ok(());
            }
            // A clock that was set for a rehearsal says nothing about the time.
            if said.rehearsal.contains(&Override::Clock) {
                continue;
            }
            let behind = said.finished.as_millis().saturating_sub(intent.started.as_millis());
            return if behind <= CLOCKS_DIFFER {
                Ok(())
            } else {
                Err(SealError::ClockBack { index, finished: said.finished, now: intent.started })
            };
        }
        Ok(())
    }

    /// Begins a run. Whatever a killed run had signed is completed first.
    pub fn begin(&self, intent: Intent) -> Result<Begun, SealError> {
        let key = self.log_key()?;
        let run: RunId = intent.run.parse().map_err(|_| SealError::BadRunId { run: intent.run.clone() })?;
        let challenge = intent.challenge.as_deref().map(|text| ("challenge", text));
        let texts = [("entity", intent.entity.as_str()), ("system", &intent.system), ("tool", &intent.tool.version)];
        for (what, text) in texts.into_iter().chain(challenge) {
            if !model::is_statement_text(text) {
                return Err(SealError::BadText { what });
            }
        }
        let _lock = self.workshop.lock_ledger(&self.holder, self.wait)?;
        let mut head = head::Head::read(self.store, self.memory, &key)?;
        head.remember(self.memory)?;
        // Before the first request: at the end it would be too late to learn it.
        self.check_signer(intent.kind, head.size())?;
        let (completed, mut dropped) = self.complete_all(&mut head)?;
        self.goes_on(&head, &intent)?;
        let (unfinished, records) = self.dead_runs(&intent)?;
        dropped.extend(records);
        let guard = self.workshop.open_run(&run, &self.holder)?;
        let (staged, scratch) = (self.workshop.staged(&run), self.workshop.scratch(&run)?);
        pending::write_intent(self.store, &run, &intent)?;
        Ok(Begun { session: Session { run, intent, staged, scratch, guard }, completed, unfinished, dropped })
    }

    /// Seals what the session's run prepared. After an error nothing that was
    /// published is touched; the next [`Sealer::begin`] completes this run or names it unfinished.
    pub fn seal(&self, session: Session, input: SealInput) -> Result<Sealed, SealError> {
        Ok(self.seal_observed(session, input, &mut Unobserved)?.0)
    }

    /// The same, for whoever wants to tell what was sealed: `observer` sees the records as they are verified, and what it
    /// saw is proven when this has returned.
    #[expect(clippy::needless_pass_by_value, reason = "what was prepared is sealed once, if perhaps at the second try")]
    pub fn seal_observed(
        &self,
        session: Session,
        input: SealInput,
        observer: &mut (dyn Observer + Send),
    ) -> Result<(Sealed, VerifiedBundle), SealError> {
        let Session {
            run,
            intent,
            staged,
            // Until the end: as long as it lives no one takes the run for dead.
            guard: _guard,
            ..
        } = session;
        let key = self.log_key()?;
        self.workshop.sync_staged(&run)?;
        let _lock = self.workshop.lock_ledger(&self.holder, self.wait)?;
        // Whoever completes this run in our place finds there what it prepared.
        let body = self.hand_over(&run, &staged)?;
        let (mut tries, mut dropped): (u32, Vec<Intent>) = (0, Vec::new());
        let mut observer = Some(observer);
        loop {
            let mut head = head::Head::read(self.store, self.memory, &key)?;
            head.remember(self.memory)?;
            // Another run may have been killed while this one collected.
            dropped.extend(self.complete_all(&mut head)?.1);
            let index = head.size();
            self.check_signer(intent.kind, index)?;
            let previous = head.previous_statement(self.trust)?;
            let statement = statement(&intent, input.clone(), &head, previous)?;
            let mut again = Unobserved;
            // The same records as the first time.
            let shown = observer.take().unwrap_or(&mut again);
            let verified = proof::before_signing(&head, &statement, &staged, self.trust, (self.texts, shown))?;
            if !(self.reserve(&run, index, &statement, body)? && self.has_place(&mut head, &run, index)?) {
                tries = tries.saturating_add(1);
                if tries == MOST_TRIES {
                    return Err(SealError::NoPlace { run: run.to_string(), tries });
                }
                continue;
            }
            return match self.complete(&mut head, index, Some(&verified)) {
                // A machine that stood still had signed for this index before: its bundle has the place.
                Ok((sealed, _)) if sealed.run != run.as_str() => continue,
                Ok((sealed, Some(verified))) => Ok((Sealed { dropped, ..sealed }, verified)),
                // Where no other machine writes, no one else can have published it: the index was taken under the lock that is still held.
                Ok((_, None)) => Err(self.or_sealed_by_others(&run, index, || {
                    head::damaged(self.store, &bundle::layout::bundle(index), "already exists")
                })),
                Err(error) => Err(self.or_sealed_by_others(&run, index, || error)),
            };
        }
    }

    /// Does something to the keys while no one seals, and says at which index the next bundle will stand: `then` runs under the
    /// lock of the ledger, after what was signed before is completed.
    pub fn between_bundles<T, E: From<SealError>>(&self, then: impl FnOnce(u64) -> Result<T, E>) -> Result<T, E> {
        let key = self.log_key()?;
        let _lock = self.workshop.lock_ledger(&self.holder, self.wait).map_err(SealError::from)?;
        let mut head = head::Head::read(self.store, self.memory, &key)?;
        head.remember(self.memory)?;
        self.complete_signed(&mut head)?;
        then(head.size())
    }

    /// Runs whose process is gone and which signed nothing, and records of persons of which that is so. Runs without an intent asked
    /// no one for anything: they are removed, and so are the records, which ask no one at all. Who begins a record leaves runs to the
    /// next run: `begun` is what is begun.
    fn dead_runs(&self, begun: &Intent) -> Result<(Vec<Unfinished>, Vec<Intent>), SealError> {
        let (mut unfinished, mut records) = (Vec::new(), Vec::new());
        let mut runs = self.workshop.runs()?;
        runs.extend(self.given_up(begun.started, &runs)?);
        for run in runs {
            let left = |intent: &Intent| begun.kind == Kind::Record && intent.kind != Kind::Record;
            if pending::read_intent(self.store, &run)?.as_ref().is_some_and(left) {
                continue;
            }
            let Some(guard) = self.claim_run(&run)? else {
                continue;
            };
            match pending::read_intent(self.store, &run)? {
                Some(intent) if intent.kind == Kind::Record => {
                    self.drop_run(&run)?;
                    records.push(intent);
                }
                Some(intent) => unfinished.push(Unfinished { run, intent, guard }),
                None => self.drop_run(&run)?,
            }
        }
        Ok((unfinished, records))
    }
}

fn statement(
    intent: &Intent,
    input: SealInput,
    head: &head::Head<'_>,
    previous_statement: Option<Digest>,
) -> Result<Unsigned, StatementError> {
    let chain = Chain {
        origin: head.origin().to_owned(),
        index: head.size(),
        prior_size: head.size(),
        prior_root: head.root(),
        previous_statement,
        every_seconds: intent.every_seconds,
    };
    let metadata = Metadata {
        kind: intent.kind,
        bundle: intent.run.clone(),
        entity: intent.entity.clone(),
        system: intent.system.clone(),
        tool: bundle::statement::Tool { version: intent.tool.version.clone(), sha256: intent.tool.sha256 },
        started: intent.started,
        finished: input.finished,
        status: input.status,
        rehearsal: input.rehearsal,
        challenge: intent.challenge.clone(),
        summary: input.summary,
        // A failed run judged nothing.
        plan: (intent.kind == Kind::Run && input.status != RunStatus::Failed).then_some(intent.plan),
    };
    bundle::seal::statement(&input.records, metadata, chain)
}
