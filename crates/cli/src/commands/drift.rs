//! `witnessmark drift`: in what the newest bundle differs from an earlier one, and why.

use anyhow::anyhow;
use bundle::layout;
use bundle::statement::{Kind, Predicate};
use conclude::Rehearsals;
use history::{Drifted, Past};
use model::Date;
use model::record::{Override, RunStatus};
use report::Basis;
use report::outputs::DriftOutput;
use store::Store;

use crate::args::{Drift, DriftFormat, Since};
use crate::commands::keys;
use crate::failure::{CommandResult, Failure, warn};
use crate::output;
use crate::stores;

pub fn run(arguments: &Drift) -> CommandResult {
    let trust = keys::read_trust(&arguments.trust)?;
    let store = stores::open(&arguments.store.store)?.store;
    let Pair { since, to, passed_over } = choose(&*store, arguments)?;
    for over in &passed_over {
        warn(over);
    }
    let past = Past { store: &*store, trust: &trust, rehearsals: &Rehearsals::default() };
    let found = history::drifted(&past, since, to).map_err(Failure::tool)?;
    let (since, from) = (Basis::of(&found.since, Vec::new(), None), Basis::of(&found.bundle, Vec::new(), None));
    match arguments.format {
        DriftFormat::Human => output::text(&report::render_drift(&since, &from, &found.drift))?,
        DriftFormat::Markdown => output::text(&report::markdown_drift(&since, &from, &found.drift))?,
        DriftFormat::Json => output::json(&DriftOutput::of(&since, &from, &found.drift))?,
    }
    Ok(found.drift.exit_status())
}

/// Which two bundles are compared, and which lie between that are not asked.
struct Pair {
    since: u64,
    to: u64,
    passed_over: Vec<String>,
}

fn choose(store: &dyn Store, arguments: &Drift) -> Result<Pair, Failure> {
    let names = store.list(layout::BUNDLES).map_err(stores::failed)?;
    let mut indices: Vec<u64> = names.iter().filter_map(|name| layout::bundle_index(name)).collect();
    indices.sort_unstable();
    let mut passed_over = Vec::new();
    let to = match arguments.bundle {
        Some(index) => Candidate::of(store, index)?.demanded(arguments.allow_rehearsal)?,
        None => newest(store, &indices, &mut passed_over, |one| one.counts(arguments.allow_rehearsal))?
            .ok_or_else(|| nothing(store, "holds no bundle that is evidence"))?,
    };
    let earlier: Vec<u64> = indices.into_iter().filter(|index| *index < to.index).collect();
    // Evidence is compared with evidence, and a rehearsal with rehearsals.
    let alike = |one: &Candidate| one.counts(arguments.allow_rehearsal) && one.rehearsal() == to.rehearsal();
    let since = match arguments.since {
        Some(Since::Index(index)) if index >= to.index => {
            let why = anyhow!("bundle {index} is not before bundle {}, with which it is to be compared", to.index);
            return Err(Failure::input(why));
        }
        Some(Since::Index(index)) => Candidate::of(store, index)?.demanded(arguments.allow_rehearsal)?,
        Some(Since::Date(date)) => {
            newest(store, &earlier, &mut passed_over, |one| alike(one) && Date::of(one.said.started) <= date)?
                .ok_or_else(|| nothing(store, &format!("holds no bundle from {date} or before to compare with")))?
        }
        None => newest(store, &earlier, &mut passed_over, alike)?
            .ok_or_else(|| nothing(store, "holds no earlier bundle to compare with"))?,
    };
    // By a date others are passed over on purpose.
    if matches!(arguments.since, Some(Since::Date(_))) {
        passed_over.clear();
    }
    Ok(Pair { since: since.index, to: to.index, passed_over })
}

/// The newest of these for which something is so. What the ledger says of them is not verified here: the two that are chosen are when they are read.
fn newest(
    store: &dyn Store,
    indices: &[u64],
    passed_over: &mut Vec<String>,
    is_so: impl Fn(&Candidate) -> bool,
) -> Result<Option<Candidate>, Failure> {
    for index in indices.iter().rev() {
        let one = Candidate::of(store, *index)?;
        if is_so(&one) {
            return Ok(Some(one));
        }
        if one.said.kind == Kind::Run {
            passed_over.push(format!("bundle {index} is passed over: {}", one.why_not()));
        }
    }
    Ok(None)
}

fn nothing(store: &dyn Store, what: &str) -> Failure {
    Failure::input(anyhow!("the store `{}` {what}", store.location()))
        .with_help("`witnessmark ledger log` lists what there is; `--allow-rehearsal` compares rehearsals")
}

/// A bundle as the ledger tells of it.
struct Candidate {
    index: u64,
    said: Predicate,
}

impl Candidate {
    fn of(store: &dyn Store, index: u64) -> Result<Self, Failure> {
        let statement = stores::statement_of(store, index)?.ok_or_else(|| {
            Failure::input(anyhow!("the ledger in `{}` has no bundle {index}", store.location()))
                .with_help("`witnessmark ledger log` lists them")
        })?;
        Ok(Self { index, said: statement.predicate })
    }

    /// Nothing of it is evidence. Where only some targets are none, these cannot be compared, and the others are.
    fn rehearsal(&self) -> bool {
        self.said.rehearsal.iter().any(|one| *one != Override::Target)
    }

    fn counts(&self, allow_rehearsal: bool) -> bool {
        self.said.kind == Kind::Run && self.said.status != RunStatus::Failed && (allow_rehearsal || !self.rehearsal())
    }

    fn why_not(&self) -> &'static str {
        if self.said.kind != Kind::Run {
            "it is a person's record"
        } else if self.said.status == RunStatus::Failed {
            "its run failed"
        } else if self.rehearsal() {
            "it is a rehearsal"
        } else {
            "it is evidence, and the other one a rehearsal"
        }
    }

    /// Itself, if it may be compared.
    fn demanded(self, allow_rehearsal: bool) -> Result<Self, Failure> {
        if self.counts(allow_rehearsal) {
            return Ok(self);
        }
        let failure = Failure::input(anyhow!("bundle {} is not compared: {}", self.index, self.why_not()));
        Err(if self.rehearsal() { failure.with_help("`--allow-rehearsal` compares it") } else { failure })
    }
}

/// In what a run's bundle differs from the newest one before it that is of its sort: nothing where there is none.
///
/// # Errors
/// When an earlier bundle cannot be read or relied on.
pub fn of_bundle(past: &Past<'_>, index: u64) -> Result<Option<Drifted>, Failure> {
    let this = Candidate::of(past.store, index)?;
    if !this.counts(true) {
        return Ok(None);
    }
    let names = past.store.list(layout::BUNDLES).map_err(stores::failed)?;
    let mut earlier: Vec<u64> =
        names.iter().filter_map(|name| layout::bundle_index(name)).filter(|one| *one < index).collect();
    earlier.sort_unstable();
    let alike = |one: &Candidate| one.counts(true) && one.rehearsal() == this.rehearsal();
    let Some(since) = newest(past.store, &earlier, &mut Vec::new(), alike)? else { return Ok(None) };
    history::drifted(past, since.index, index).map(Some).map_err(Failure::tool)
}
