//! The record of a run that failed, or died before it signed: a bundle with the status `failed`,
//! under the run's own id, that says why and holds nothing else. What the run had read is thrown
//! away: no one can say how much of it there is.

use std::io;

use bundle::layout::Entry;
use bundle::statement::Summary;
use bundle::writer::{RecordWriter, SALT};
use model::record::{ClockSource, Override, Run, RunStatus, Tool};
use model::{RecordType, Timestamp};

use super::error::SealError;
use super::pack::BodyWriter;
use super::sealer::Sealer;
use super::session::{SealInput, Sealed, Session, Unfinished};

/// Who records the failure, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recording {
    /// The program that records, which need not be the one that died.
    pub tool: Tool,
    /// Version of the rules of judging.
    pub assessment: u32,
    pub clock: ClockSource,
    pub now: Timestamp,
    /// The recording run's own overrides; those of the intent are added.
    pub overrides: Vec<Override>,
}

impl Sealer<'_> {
    /// Seals the record of a run that cannot go on. `randomness` fills a salt.
    pub fn record_failure(
        &self,
        mut session: Session,
        why: &str,
        by: &Recording,
        randomness: impl FnMut(&mut [u8; SALT]) -> io::Result<()>,
    ) -> Result<Sealed, SealError> {
        self.workshop.clear_run(&session.run)?;
        let intent = &mut session.intent;
        let mut overrides = by.overrides.clone();
        overrides.extend(&intent.overrides);
        overrides.sort_unstable();
        overrides.dedup();
        intent.tool = by.tool.clone();
        // A set clock may be before the run's start.
        let finished = by.now.max(intent.started);
        let run = Run {
            id: intent.run.clone(),
            tool: by.tool.clone(),
            assessment: by.assessment,
            clock: match (intent.clock, by.clock) {
                (ClockSource::System, ClockSource::System) => ClockSource::System,
                (ClockSource::Set, _) | (_, ClockSource::Set) => ClockSource::Set,
            },
            started: intent.started,
            finished,
            plan: intent.plan,
            purpose: intent.purpose,
            status: RunStatus::Failed,
            overrides: overrides.clone(),
            challenge: intent.challenge.clone(),
            failure: Some(why.to_owned()),
        };
        let mut writer = RecordWriter::new(Vec::new(), Vec::new(), randomness);
        writer.push(RecordType::Run, &run)?;
        let (records, lines, leaves) = writer.finish()?;
        let mut body = BodyWriter::create(&session.staged)
            .map_err(|source| SealError::File { place: session.staged.display().to_string(), source })?;
        body.append(Entry::Leaves, leaves.len() as u64, leaves.as_slice())?;
        body.append(Entry::Records, lines.len() as u64, lines.as_slice())?;
        body.finish()?;
        self.seal(
            session,
            SealInput {
                finished,
                status: RunStatus::Failed,
                rehearsal: overrides,
                summary: Summary::default(),
                records,
            },
        )
    }

    /// Seals the record of a run that died before it signed. `randomness` fills a salt.
    pub fn record_unfinished(
        &self,
        unfinished: Unfinished,
        by: &Recording,
        randomness: impl FnMut(&mut [u8; SALT]) -> io::Result<()>,
    ) -> Result<Sealed, SealError> {
        let Unfinished { run, intent, guard } = unfinished;
        let why = format!(
            "the run `{run}` (version {}, begun {}) ended without a seal; nothing of it was kept",
            intent.tool.version, intent.started
        );
        let (staged, scratch) = (self.workshop.staged(&run), self.workshop.scratch(&run)?);
        let session = Session { run, intent, staged, scratch, guard };
        self.record_failure(session, &why, by, randomness)
    }
}
