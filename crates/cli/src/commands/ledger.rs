//! `witnessmark ledger`: start one, list it, remember its head.

use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use agent::seal::{SealError, Sealer};
use anyhow::anyhow;
use model::ExitStatus;
use store::{HeadFile, Holder, Place};

use crate::args::{Ledger, Printed};
use crate::commands::keys;
use crate::failure::{CommandResult, Failure};
use crate::output::{self, Format};
use crate::outputs::{LedgerLog, LoggedBundle};
use crate::stores;

/// How long a run waits while another one seals.
pub const WAIT_FOR_LEDGER: Duration = Duration::from_secs(60);

pub fn run(command: Ledger) -> CommandResult {
    match command {
        Ledger::Init { store, keys } => {
            let opened = keys::open(&keys)?;
            init(&store.store, &opened)?;
            output::text(&format!(
                "Started ledger {} in {}.\n",
                opened.trust.ledger.origin,
                stores::shown(&store.store)
            ))?;
        }
        Ledger::Remember { store, keys, size } => {
            let opened = keys::open(&keys)?;
            let place = stores::open(&store.store)?;
            let memory = HeadFile::new(&opened.head);
            sealer(&place, &opened, &memory)?.remember(size).map_err(seal_failure)?;
            output::text(&format!(
                "Remembered the head of {size} bundles of ledger {} in {}.\n",
                opened.trust.ledger.origin,
                opened.head.display()
            ))?;
        }
        Ledger::Log { store, trust, printed } => log(&store.store, &trust, printed)?,
    }
    Ok(ExitStatus::Success)
}

/// Starts a ledger in a new store.
///
/// # Errors
/// When there is one, or was one.
pub fn init(folder: &Path, opened: &keys::Opened) -> Result<(), Failure> {
    let place = stores::init(folder)?;
    let memory = HeadFile::new(&opened.head);
    sealer(&place, opened, &memory)?.init().map_err(seal_failure)
}

/// What seals in this store with these keys, as the collector.
///
/// # Errors
/// When the machine's clock shows no time that can be written.
pub fn sealer<'a>(place: &'a Place, opened: &'a keys::Opened, memory: &'a HeadFile) -> Result<Sealer<'a>, Failure> {
    Ok(Sealer {
        store: &*place.store,
        workshop: &place.workshop,
        memory,
        trust: &opened.trust,
        collector: &*opened.collector,
        ledger: &*opened.ledger,
        holder: holder()?,
        wait: WAIT_FOR_LEDGER,
        texts: Some(assess::shipped()),
    })
}

/// This process, for whoever meets one of its locks.
///
/// # Errors
/// When the machine's clock shows no time that can be written.
pub fn holder() -> Result<Holder, Failure> {
    Ok(Holder { pid: std::process::id(), since: crate::clock::now()? })
}

/// An error of sealing with whose move it is.
pub fn seal_failure(error: SealError) -> Failure {
    let help = error.help();
    Failure::tool(error).with_help_if(help)
}

fn log(folder: &Path, trust: &Path, printed: Printed) -> Result<(), Failure> {
    let store = stores::open(folder)?.store;
    let trust = keys::read_trust(trust)?;
    let mut lines = Vec::new();
    for index in 0.. {
        let path = bundle::layout::ledger_statement(index);
        let Some(bytes) = store.read(&path, bundle::limits::ENVELOPE_MAX).map_err(stores::failed)? else { break };
        let envelope = bundle::sigstore::Envelope::parse(&bytes).map_err(Failure::tool)?;
        let statement = bundle::statement::Statement::parse(&envelope.statement).map_err(Failure::tool)?;
        if statement.predicate.chain.origin != trust.ledger.origin {
            return Err(Failure::tool(anyhow!(
                "`{path}` belongs to ledger `{}`, not to `{}`",
                statement.predicate.chain.origin,
                trust.ledger.origin
            )));
        }
        let predicate = statement.predicate;
        lines.push(LoggedBundle {
            index,
            kind: predicate.kind,
            bundle: predicate.bundle,
            entity: predicate.entity,
            system: predicate.system,
            started: predicate.started.to_string(),
            finished: predicate.finished.to_string(),
            status: predicate.status,
            rehearsal: predicate.rehearsal,
            summary: predicate.summary,
        });
    }
    if printed.format == Format::Json {
        return output::json(&LedgerLog { ledger: trust.ledger.origin, bundles: lines });
    }
    let mut text = format!(
        "Ledger {}: {} bundles. Nothing here is verified: `witnessmark-verify` does that.\n\n",
        trust.ledger.origin,
        lines.len()
    );
    writeln!(
        text,
        "{:>6}  {:<24}  {:<8}  {:>8} {:>8} {:>8} {:>6}",
        "index", "started", "status", "conform", "deviate", "undeterm", "gaps"
    )
    .ok();
    for line in &lines {
        let s = &line.summary;
        if line.kind == bundle::statement::Kind::Record {
            writeln!(text, "{:>6}  {:<24}  {:<8}  a person's", line.index, line.started, line.kind.as_str()).ok();
            continue;
        }
        let status = serde_json::to_string(&line.status).unwrap_or_default();
        let note = match (line.rehearsal.is_empty(), verify::Rehearsals::new(&line.rehearsal).is_whole()) {
            (true, _) => "",
            (false, true) => "  rehearsal",
            (false, false) => "  rehearsal of some targets",
        };
        writeln!(
            text,
            "{:>6}  {:<24}  {:<8}  {:>8} {:>8} {:>8} {:>6}{note}",
            line.index,
            line.started,
            status.trim_matches('"'),
            s.conforms,
            s.deviates,
            s.undetermined,
            s.gaps
        )
        .ok();
    }
    output::text(&text)
}
