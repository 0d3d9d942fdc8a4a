//! One run: begin, collect, judge, write, seal.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::Arc;

use assess::{CheckSet, WorkerCommand};
use bundle::statement::{Kind, Summary};
use bundle::writer::SALT;
use conclude::{AcceptanceUse, Acceptances, Rehearsals, Verdict};
use declaration::{Loaded, Plan};
use history::Past;
use model::Timestamp;
use model::record::{
    Acceptance, Assignment, ClockSource, Expectation, Gap, GapReason, Host, Identity, Override, Purpose, Run,
    RunStatus, Tool,
};
use sdk::{Environment, GapNote, KnownSecrets, Recorder, Sink};
use serde_json::value::to_raw_value;
use verify::{Observer, VerifiedBundle};

use crate::approvals;
use crate::collect::{Job, Progress, collect};
use crate::declared::Declared;
use crate::judge::{JudgeError, Judging, excused, judge};
use crate::rehearsal::{mark, own_endpoints};
use crate::seal::{Intent, Recording, SealError, SealInput, Sealed, Sealer, Session};
use crate::spool::{DeclaredFiles, Recorded, Spool, target_gap};
use crate::write::{Evidence, WriteBundleError, write};

/// Version of the rules by which findings come from facts, gaps and checks (`docs/spec/checks.md`).
pub const ASSESSMENT_VERSION: u32 = 1;

/// Everything a run is given.
pub struct Setup<'a> {
    pub plan: &'a Plan,
    pub loaded: &'a Loaded,
    /// Documents that the declaration names: path and bytes.
    pub attached: &'a [(String, Vec<u8>)],
    pub checks: &'a CheckSet,
    pub jobs: Vec<Job>,
    /// What is declared and not read in this run: a gap each, so that nobody takes the rest for the whole.
    pub left_out: Vec<Job>,
    pub sealer: &'a Sealer<'a>,
    pub tool: Tool,
    /// Who asked for the run, and where: user, host, operating system.
    pub asked: (String, String, String),
    pub purpose: Purpose,
    pub challenge: Option<String>,
    /// Run although the clock shows a time before the newest bundle's.
    pub despite_clock: bool,
    pub clock: ClockSource,
    /// Overrides known before anything was read.
    pub overrides: Vec<Override>,
    pub environment: Environment,
    /// Targets read side by side.
    pub side_by_side: usize,
    /// How the process that evaluates checks is started.
    pub worker: WorkerCommand,
    pub randomness: &'a mut dyn FnMut(&mut [u8; SALT]) -> io::Result<()>,
    pub progress: &'a dyn Progress,
    /// Sees the records as they are verified before they are signed.
    pub observer: &'a mut (dyn Observer + Send),
}

impl std::fmt::Debug for Setup<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Setup").field("sealer", &self.sealer).finish_non_exhaustive()
    }
}

/// What came of a run.
#[derive(Debug)]
pub struct Ran {
    pub sealed: Sealed,
    /// What verifying it gave; with it, what the observer saw is proven.
    pub verified: VerifiedBundle,
    pub verdict: Verdict,
    pub acceptances: Vec<AcceptanceUse>,
    /// Findings that are undetermined because of accepted gaps alone.
    pub excused: u64,
    /// Bundles of killed runs that were completed or recorded as failed before this one.
    pub recovered: Vec<Sealed>,
    /// Records of persons that were broken off before they were signed: they are not in the ledger.
    pub dropped: Vec<Intent>,
    /// Checks that could not be evaluated, with the reason.
    pub broken_checks: BTreeMap<String, String>,
    /// How far the machine's clock was set back while the run went on: its times stand still for as long.
    pub set_back_millis: i64,
}

/// Why a run left no bundle of its own.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    #[error(transparent)]
    Seal(#[from] SealError),
    #[error(transparent)]
    Sink(#[from] sdk::SinkError),
    #[error("the run's scratch cannot be used")]
    Scratch(#[source] io::Error),
    #[error(transparent)]
    Write(#[from] WriteBundleError),
    /// The run could not go on; that is sealed.
    #[error("the run failed, and bundle {index} records that")]
    Failed {
        index: u64,
        #[source]
        cause: Box<RunError>,
    },
    #[error(transparent)]
    Judge(#[from] JudgeError),
    #[error("a part of the plan cannot be written as JSON")]
    Json(#[from] serde_json::Error),
    #[error(transparent)]
    Declared(#[from] declaration::ThingError),
    #[error(transparent)]
    History(#[from] history::HistoryError),
}

/// Makes one run. Whatever goes wrong at the sources is sealed as gaps; a run that cannot go on is sealed as failed.
///
/// # Errors
/// When the store, the keys or the disk fail, or the run could not go on.
pub fn run(mut setup: Setup<'_>, runtime: &tokio::runtime::Runtime) -> Result<Ran, RunError> {
    // Everything in a bundle lies between its start and its end, also where the machine's clock is set back meanwhile.
    let (clock, set_back) = setup.environment.clock.clone().never_back();
    setup.environment.clock = clock;
    let started = setup.environment.clock.now();
    let intent = Intent {
        kind: Kind::Run,
        run: setup.environment.run_id.clone(),
        entity: setup.plan.entity.clone(),
        system: setup.plan.system.id.clone(),
        tool: setup.tool.clone(),
        clock: setup.clock,
        started,
        plan: setup.plan.digest(),
        purpose: setup.purpose,
        overrides: setup.overrides.clone(),
        challenge: setup.challenge.clone(),
        every_seconds: setup.plan.every_seconds,
        until: Some(setup.environment.deadline),
        despite_clock: setup.despite_clock,
    };
    let by = Recording {
        tool: setup.tool.clone(),
        assessment: ASSESSMENT_VERSION,
        clock: setup.clock,
        now: started,
        overrides: setup.overrides.clone(),
    };
    let sealer = setup.sealer;
    let begun = sealer.begin(intent)?;
    let (mut recovered, mut dropped) = (begun.completed, begun.dropped);
    for unfinished in begun.unfinished {
        recovered.push(sealer.record_unfinished(unfinished, &by, &mut *setup.randomness)?);
    }
    let session = begun.session;
    match prepare(&session, &mut setup, runtime) {
        Ok(prepared) => {
            let Prepared { seal, verdict, acceptances, excused, broken_checks } = prepared;
            let (sealed, verified) = sealer.seal_observed(session, seal, setup.observer)?;
            dropped.extend(sealed.dropped.iter().cloned());
            let set_back_millis = set_back.millis();
            Ok(Ran {
                sealed,
                verified,
                verdict,
                acceptances,
                excused,
                recovered,
                dropped,
                broken_checks,
                set_back_millis,
            })
        }
        Err(cause) => {
            let by = Recording { now: setup.environment.clock.now(), ..by };
            let why = told(&cause);
            // Where even this cannot be sealed the next run finds the intent and records it.
            match sealer.record_failure(session, &why, &by, &mut *setup.randomness) {
                Ok(sealed) => Err(RunError::Failed { index: sealed.index, cause: Box::new(cause) }),
                Err(_) => Err(cause),
            }
        }
    }
}

/// An error with its causes, in one line.
fn told(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        text = format!("{text}: {next}");
        cause = next.source();
    }
    text
}

/// What a run has written and is about to seal.
struct Prepared {
    seal: SealInput,
    verdict: Verdict,
    acceptances: Vec<AcceptanceUse>,
    excused: u64,
    broken_checks: BTreeMap<String, String>,
}

/// Collects, judges and writes; everything between the intent and the signature.
fn prepare(session: &Session, setup: &mut Setup<'_>, runtime: &tokio::runtime::Runtime) -> Result<Prepared, RunError> {
    let Setup { plan, loaded, attached, checks, sealer, progress, .. } = *setup;
    let intent = session.intent();
    let started = intent.started;

    let files = loaded.files.iter().map(|file| (file.path.as_str(), file.bytes.as_slice()));
    let attached = attached.iter().map(|(path, bytes)| (path.as_str(), bytes.as_slice()));
    let sealed: Vec<(&str, &[u8])> = files.chain(attached).collect();

    // What was declared was declared, wherever the answers of that run came from: bundles of rehearsals count too.
    let any = Rehearsals::new(&[Override::Endpoint]);
    let past = Past { store: sealer.store, trust: sealer.trust, rehearsals: &any };

    progress.phase("reading the declared targets");
    let work = Work {
        jobs: std::mem::take(&mut setup.jobs),
        left_out: std::mem::take(&mut setup.left_out),
        declared: DeclaredFiles::new(sealed.iter().copied()),
        things: Declared::new(loaded.things(setup.attached)?, &past, started)?,
    };
    let endpoints = own_endpoints(&work.jobs);
    let (mut recorded, identities) = read(session, work, &setup.environment, setup.side_by_side, runtime, progress)?;

    progress.phase("judging");
    let assignments = assignments(plan.assignments.iter(), loaded, checks, started)?;
    let acceptances = Acceptances::new(acceptances(plan), started);
    let mut rehearsal = setup.overrides.clone();
    mark(&mut recorded, &endpoints);
    // What rests on a rehearsal is one: so this comes after answers were told from rehearsed ones.
    let used = plan.assignments.iter().filter_map(|used| checks.get(&used.check));
    let asked = used.flat_map(|check| {
        let custom = &check.meta.custom;
        custom.subject.kind().into_iter().chain(custom.reads.iter().map(String::as_str))
    });
    crate::joined::record(&mut recorded, &loaded.declaration, started, asked).map_err(RunError::Scratch)?;
    let mut rehearsals = Rehearsals::of(&rehearsal, recorded.routes());
    if !rehearsal.contains(&Override::Endpoint) {
        rehearsal.extend(rehearsals.said(recorded.routes()));
        rehearsals = Rehearsals::of(&rehearsal, recorded.routes());
    }
    rehearsal.sort_unstable();
    rehearsal.dedup();
    let past = Past { store: sealer.store, trust: sealer.trust, rehearsals: &rehearsals };
    let open: Vec<Gap> = recorded.gaps().iter().filter(|gap| acceptances.ask_about(gap)).cloned().collect();
    let last = history::last_deviations(&past, &open, &assignments)?;
    let findings = session.scratch().join("findings");
    let judging =
        Judging { plan, checks, assignments: &assignments, recorded: &recorded, findings: &findings, last: &last };
    let mut judged = judge(&judging, acceptances, setup.worker.clone())?;
    judged.acceptances.cover_gaps(recorded.gaps_mut(), &judged.definite, &last);
    let excused = excused(&judged.findings, recorded.gaps()).map_err(RunError::Scratch)?;
    let verdict = judged.tally.verdict(recorded.gaps(), excused);

    progress.phase("writing and sealing");
    let finished = setup.environment.clock.now();
    let whole = recorded.gaps().is_empty() && recorded.coverage().iter().all(|c| c.complete);
    let status = if whole { RunStatus::Complete } else { RunStatus::Partial };
    let run = Run {
        id: intent.run.clone(),
        tool: intent.tool.clone(),
        assessment: ASSESSMENT_VERSION,
        clock: intent.clock,
        started,
        finished,
        plan: intent.plan,
        purpose: intent.purpose,
        status,
        overrides: rehearsal.clone(),
        challenge: intent.challenge.clone(),
        failure: None,
    };
    let (user, name, os) = setup.asked.clone();
    let used: BTreeSet<&str> = assignments.iter().map(|a| a.check.as_str()).collect();
    let mut acceptances = judged.acceptances.records();
    approvals::find(&mut acceptances, &sealed, (&plan.entity, &plan.system.id), &identities);
    let evidence = Evidence {
        run: &run,
        host: &Host { user, name, os, identities },
        declared: &sealed,
        checks: &checks.records(used),
        acceptances: &acceptances,
        assignments: &assignments,
        recorded: &recorded,
        findings: &judged.findings,
        controls: judged.tally.controls(),
    };
    let records = write(session, &evidence, &mut *setup.randomness)?;
    let counts = judged.tally.total();
    let summary = Summary {
        conforms: counts.conforms,
        deviates: counts.deviates,
        undetermined: counts.undetermined,
        not_applicable: counts.not_applicable,
        accepted: counts.accepted,
        gaps: recorded.gaps().len() as u64,
    };
    Ok(Prepared {
        seal: SealInput { finished, status, rehearsal, summary, records },
        verdict,
        acceptances: judged.acceptances.uses().to_vec(),
        excused,
        broken_checks: judged.broken,
    })
}

/// What is read, and what is left out.
struct Work {
    jobs: Vec<Job>,
    left_out: Vec<Job>,
    declared: DeclaredFiles,
    things: Declared,
}

/// Runs all collectors and puts what they recorded into order.
fn read(
    session: &Session,
    work: Work,
    environment: &Environment,
    side_by_side: usize,
    runtime: &tokio::runtime::Runtime,
    progress: &dyn Progress,
) -> Result<(Recorded, Vec<Identity>), RunError> {
    let Work { jobs, left_out, declared, things } = work;
    let folder = session.scratch().join("spool");
    std::fs::create_dir(&folder).map_err(RunError::Scratch)?;
    let promised: Vec<(String, sdk::Descriptor)> = jobs
        .iter()
        .map(|job| (job.target.id.clone(), job.kind.descriptor().for_target(&job.target.settings)))
        .collect();
    let spool = Spool::create(&folder, declared).map_err(RunError::Scratch)?;
    let spool = Arc::new(spool.with_annotations(promised.iter().map(|(_, descriptor)| descriptor)));
    let sink: Arc<dyn Sink> = Arc::clone(&spool) as Arc<dyn Sink>;
    let secrets = KnownSecrets::default();
    crate::declared::record(&sink, &secrets, things)?;
    for job in left_out {
        let recorder = Recorder::new(Arc::clone(&sink), &job.target.id, &job.kind.descriptor().name, secrets.clone());
        let detail = "this run was asked to read other targets only".to_owned();
        recorder.gap(target_gap(GapReason::Skipped, None, detail, None))?;
    }
    let identities =
        runtime.block_on(collect(jobs, environment, Arc::clone(&sink), &secrets, side_by_side, progress))?;
    for (target, descriptor) in promised {
        let recorder = Recorder::new(Arc::clone(&sink), &target, &descriptor.name, secrets.clone());
        for kind in spool.unheard(&target, &descriptor) {
            recorder.gap(GapNote {
                population: Some(kind),
                subject: None,
                part: None,
                right: None,
                reason: GapReason::CollectorFailed,
                detail: "the collector said nothing of this population".to_owned(),
                exchange: None,
            })?;
        }
    }
    Ok((spool.finish().map_err(RunError::Scratch)?, identities))
}

/// Uses of checks as records, in the order of the plan.
pub(crate) fn assignments<'u>(
    uses: impl Iterator<Item = &'u declaration::Assignment>,
    loaded: &Loaded,
    checks: &CheckSet,
    now: Timestamp,
) -> Result<Vec<Assignment>, serde_json::Error> {
    uses.map(|use_| {
        let wanted = checks.get(&use_.check).map(|check| check.meta.custom.declares.as_slice()).unwrap_or_default();
        let declared: BTreeMap<&str, serde_json::Value> =
            wanted.iter().filter_map(|name| Some((name.as_str(), loaded.part(name)?))).collect();
        Ok(Assignment {
            control: use_.control.clone(),
            check: use_.check.clone(),
            targets: use_.targets.clone(),
            parameters: to_raw_value(&use_.parameters)?,
            weaker: use_.weaker.clone(),
            expect: use_.expect_none.clone().map(|none| Expectation { none }),
            declared: to_raw_value(&declared)?,
            now,
        })
    })
    .collect()
}

/// What is declared to be accepted, as records.
pub(crate) fn acceptances(plan: &Plan) -> Vec<Acceptance> {
    plan.acceptances
        .iter()
        .map(|planned| Acceptance {
            id: planned.id.clone(),
            covers: planned.covers.clone(),
            reason: planned.reason.clone(),
            approved_by: planned.approved_by.clone(),
            approved: planned.approved,
            expires: planned.expires,
            payload: None,
        })
        .collect()
}
