//! `witnessmark run`: read, judge, seal.

use std::path::Path;

use ::drift::{Drift, FindingDrift};
use agent::collect::Progress;
use agent::run::{Ran, RunError, Setup};
use anyhow::anyhow;
use assess::WorkerCommand;
use bundle::trust::Trust;
use declaration::Plan;
use history::{NewFinding, Novelty, Past};
use model::record::{ClockSource, Override, Purpose, Tool};
use model::{Digest, ExitStatus, Timestamp};
use report::{Overview, OverviewReader};
use sdk::{Environment, Overrides, Patience};
use store::{HeadFile, Place, Store};
use tokio::runtime::Runtime;

use crate::args::{FailOn, PurposeArgument, Run};
use crate::commands::{drift, keys, ledger};
use crate::context::{self, Context};
use crate::failure::{CommandResult, Failure, warn};
use crate::jobs;
use crate::output::{self, Format};
use crate::pins;
use crate::progress::{self, Speech};
use crate::salts::Salts;
use crate::signals;
use crate::stores;
use crate::summary;

/// Targets read side by side.
const SIDE_BY_SIDE: usize = 8;

pub fn run(arguments: &Run, speech: Speech) -> CommandResult {
    let now = crate::clock::now()?;
    let opened = keys::open_unasked(&arguments.keys)?;
    let context = context::usable(&arguments.declaration.declaration, now)?;
    let opened = opened.map_or_else(|| keys::open(&arguments.keys), Ok)?;
    let place = stores::open(&arguments.store.store)?;
    let deadline = i64::try_from(arguments.deadline.saturating_mul(1000)).unwrap_or(i64::MAX);
    let deadline = Timestamp::from_millis(now.as_millis().saturating_add(deadline))
        .map_err(|_| Failure::input(anyhow!("a deadline of {} seconds is beyond the year 9998", arguments.deadline)))?;
    let mut environment = sdk_environment(&run_id(now)?, deadline, arguments.concurrency)?;
    environment.pins = pins::given(&context.plan()?, &arguments.pins, &arguments.pin_descriptors)?;
    // From here on, and not before: a question for a passphrase ends as any other program's.
    signals::listen(environment.stop.clone())?;
    let stop = environment.stop.clone();
    let progress = progress::reporter(speech);
    let making = Making {
        context: &context,
        opened: &opened,
        place: &place,
        environment,
        only: &arguments.targets,
        clock: ClockSource::System,
        overrides: Vec::new(),
        purpose: match arguments.purpose {
            PurposeArgument::Readiness => Purpose::Readiness,
            PurposeArgument::Audit => Purpose::Audit,
        },
        challenge: arguments.challenge.clone(),
        despite_clock: arguments.despite_clock,
        replayed: None,
        progress: progress.as_ref(),
    };
    let runtime = runtime()?;
    let made = make(making, &runtime);
    // What never comes back (a program for credentials that hangs) is not waited for: what was read is sealed.
    runtime.shutdown_background();
    let (ran, overview) = made?;
    drop(progress);
    for recovered in &ran.recovered {
        warn(format!(
            "an earlier run was interrupted: its bundle {} is sealed now ({})",
            recovered.index,
            recovered.statement.predicate.status.as_str()
        ));
    }
    for dropped in &ran.dropped {
        warn(summary::dropped(dropped));
    }
    for (check, reason) in &ran.broken_checks {
        warn(format!("check `{check}` could not be evaluated: {reason}"));
    }
    let rehearsal = &ran.sealed.statement.predicate.rehearsal;
    let mut new = match arguments.fail_on {
        FailOn::Any => None,
        FailOn::New => Some(only_new(&ran, &*place.store, &opened.trust)?),
    };
    let drift = drifted(&ran, &*place.store, &opened.trust);
    if let (Some(new), Some((_, drift))) = (&mut new, &drift) {
        explain(&mut new.findings, drift);
    }
    let code = match &new {
        _ if !rehearsal.is_empty() && !arguments.allow_rehearsal => {
            // Also where nothing else is printed: a variable that was left set must not look green.
            let words = verify::rehearsal::words(rehearsal, ran.verified.rehearsals());
            warn(format!("this run is {words}; exit code {}", ExitStatus::Rehearsal));
            ExitStatus::Rehearsal
        }
        None => ran.verdict.exit_status(),
        Some(new) => new.verdict.exit_status(),
    };
    let judged = context.judged(&context.plan()?);
    let found = summary::Found {
        judged: &judged,
        store: &arguments.store.store,
        trust: &arguments.keys.keys.join(keys::TRUST),
        stopped: stop.told(),
        new: new.as_ref().map(|new| new.findings.as_slice()),
        drift: drift.as_ref(),
    };
    match arguments.printed.format {
        Format::Json => summary::print_run(&ran, code, &overview, &found)?,
        Format::Human => output::text(&summary::of_run(&ran, code, &overview, &found))?,
    }
    Ok(code)
}

/// What is new in this run. Of each target a rehearsal is compared with rehearsals too, evidence with evidence alone.
fn only_new(ran: &Ran, store: &dyn Store, trust: &Trust) -> Result<Novelty, Failure> {
    let past = Past { store, trust, rehearsals: ran.verified.rehearsals() };
    history::only_new(&past, ran.sealed.index, ran.verdict).map_err(Failure::tool)
}

/// In what this bundle differs from the one before it of its sort, and which one that is. The run is sealed, whatever the past is like.
fn drifted(ran: &Ran, store: &dyn Store, trust: &Trust) -> Option<(u64, Drift)> {
    let past = Past { store, trust, rehearsals: ran.verified.rehearsals() };
    match drift::of_bundle(&past, ran.sealed.index) {
        Ok(found) => found.map(|found| (found.since.statement().predicate.chain.index, found.drift)),
        Err(failure) => {
            warn(format!("what differs from the bundle before this one is not known: {}", failure.in_short()));
            None
        }
    }
}

/// Says of what is new why it differs, as far as it is named.
fn explain(new: &mut [NewFinding], drift: &Drift) {
    for one in new {
        let same = |found: &&FindingDrift| found.after.as_ref().is_some_and(|after| after.number == one.number);
        one.causes = drift.findings.named.iter().find(same).map(|found| found.causes);
    }
}

/// What one run is made of.
pub struct Making<'a> {
    pub context: &'a Context,
    pub opened: &'a keys::Opened,
    pub place: &'a Place,
    pub environment: Environment,
    /// The targets that are read; all of them where none is named.
    pub only: &'a [String],
    pub clock: ClockSource,
    pub overrides: Vec<Override>,
    pub purpose: Purpose,
    pub challenge: Option<String>,
    pub despite_clock: bool,
    /// The recorded day of the demonstration.
    pub replayed: Option<&'a str>,
    pub progress: &'a dyn Progress,
}

/// Makes one run and seals it. The overview is of the records as they were read back and verified.
///
/// # Errors
/// When the store, the keys or the disk fail; what was sealed before is untouched.
pub fn make(making: Making<'_>, runtime: &Runtime) -> Result<(Ran, Overview), Failure> {
    let plan = making.context.plan()?;
    same_ledger(&plan, making.opened)?;
    let (jobs, left_out) =
        runtime.block_on(jobs::chosen(&plan, &making.context.folder, making.only, making.replayed))?;
    let memory = HeadFile::new(&making.opened.head);
    let sealer = ledger::sealer(making.place, making.opened, &memory)?;
    let program = std::env::current_exe()
        .map_err(|e| Failure::tool(anyhow!(e).context("cannot find this program's own executable")))?;
    let mut overview = OverviewReader::new(false);
    let mut salts = Salts::new();
    let setup = Setup {
        plan: &plan,
        loaded: &making.context.loaded,
        attached: &making.context.attached,
        checks: &making.context.checks,
        jobs,
        left_out,
        sealer: &sealer,
        tool: tool(&program)?,
        asked: asked(),
        purpose: making.purpose,
        challenge: making.challenge,
        despite_clock: making.despite_clock,
        clock: making.clock,
        overrides: making.overrides,
        environment: making.environment,
        side_by_side: SIDE_BY_SIDE,
        worker: WorkerCommand::of_program(program),
        randomness: &mut |salt| salts.fill(salt),
        progress: making.progress,
        observer: &mut overview,
    };
    let ran = agent::run::run(setup, runtime).map_err(|error| {
        let help = help(&error).unwrap_or_else(|| {
            "nothing that was sealed is lost; the next run completes this one or records that it failed".to_owned()
        });
        Failure::tool(error).with_help(help)
    })?;
    let overview = overview.finish(&ran.verified);
    Ok((ran, overview))
}

/// Whose move it is, where store and ledger know it.
fn help(error: &RunError) -> Option<String> {
    match error {
        RunError::Seal(error) => error.help(),
        RunError::Failed { cause, .. } => help(cause),
        _ => None,
    }
}

/// What collectors are given in a run on the system's clock, without overrides.
///
/// # Errors
/// When the machine's clock shows no time that can be sealed.
pub fn sdk_environment(run_id: &str, deadline: Timestamp, concurrency: usize) -> Result<Environment, Failure> {
    Ok(Environment {
        run_id: run_id.to_owned(),
        user_agent: concat!("witnessmark/", env!("CARGO_PKG_VERSION")).to_owned(),
        concurrency: concurrency.max(1),
        clock: crate::clock::running()?,
        deadline,
        patience: Patience::default(),
        stop: sdk::Stop::default(),
        overrides: Overrides::default(),
        pins: std::collections::BTreeMap::new(),
    })
}

/// `20261121t100650-9f86d081`: sorts by time, fits into a role session's name.
///
/// # Errors
/// When the operating system gives no randomness.
pub fn run_id(now: Timestamp) -> Result<String, Failure> {
    let mut random = [0u8; 4];
    getrandom::fill(&mut random)
        .map_err(|e| Failure::tool(anyhow!("the operating system gives no randomness: {e}")))?;
    let moment: String = now.to_string().chars().take(19).filter(|c| c.is_ascii_alphanumeric()).collect();
    let random: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(format!("{}-{random}", moment.to_lowercase()))
}

/// A run time for one run: the work is waiting, one thread is enough.
///
/// # Errors
/// When the operating system refuses it.
pub fn runtime() -> Result<Runtime, Failure> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|e| Failure::tool(anyhow!(e).context("cannot start the async runtime")))
}

pub fn same_ledger(plan: &Plan, opened: &keys::Opened) -> Result<(), Failure> {
    match &plan.ledger {
        Some(ledger) if ledger.origin != opened.trust.ledger.origin => Err(Failure::input(anyhow!(
            "the declaration names the ledger `{}`, the keys are those of `{}`",
            ledger.origin,
            opened.trust.ledger.origin
        ))
        .with_help("name the right keys with `--keys`, or correct `ledger.origin`")),
        _ => Ok(()),
    }
}

pub fn tool(program: &Path) -> Result<Tool, Failure> {
    // Piece by piece: the whole file would be a third of all the memory that a run needs.
    let sha256 = std::fs::File::open(program)
        .and_then(Digest::of_reader)
        .map_err(|e| Failure::tool(anyhow!(e).context("cannot read this program's own executable")))?;
    Ok(Tool { name: "witnessmark".to_owned(), version: env!("CARGO_PKG_VERSION").to_owned(), sha256 })
}

/// User, host and operating system, as the machine tells them.
#[expect(clippy::disallowed_methods, reason = "the command line program reads the environment")]
pub fn asked() -> (String, String, String) {
    let uname = rustix::system::uname();
    let user = std::env::var("USER")
        .or_else(|_| std::env::var("LOGNAME"))
        .unwrap_or_else(|_| format!("uid {}", rustix::process::getuid().as_raw()));
    let name = uname.nodename().to_string_lossy().into_owned();
    let os = format!("{} {}", uname.sysname().to_string_lossy(), uname.release().to_string_lossy());
    (user, name, os)
}
