//! What earlier bundles of the ledger say: which subjects deviated when they were last read.

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, BufRead as _, BufReader};
use std::path::PathBuf;

use bundle::layout;
use bundle::read::{Line, LineError, LineReader, Record};
use conclude::LastDeviation;
use declaration::Plan;
use model::{Covers, Outcome};
use store::{Store, StoreError};

/// How many bundles are looked at, newest first. A subject that was in none of them has not been read for that long.
const MOST_BUNDLES: u64 = 400;

/// Why earlier bundles could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HistoryError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("cannot read `{}` of an earlier bundle", path.display())]
    Read {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("line {line} of `{}` of an earlier bundle is no record", path.display())]
    Record {
        path: PathBuf,
        line: usize,
        #[source]
        source: LineError,
    },
}

/// Subjects whose newest definite finding is a deviation. Empty where no acceptance of a gap asks for it.
///
/// # Errors
/// When an earlier bundle is there and cannot be read: an acceptance that rests on it cannot be decided.
pub fn last_deviations(store: &dyn Store, plan: &Plan) -> Result<Vec<LastDeviation>, HistoryError> {
    let asked = plan.acceptances.iter().any(|a| matches!(a.covers, Covers::Gap { .. }));
    if !asked {
        return Ok(Vec::new());
    }
    let mut settled = HashSet::new();
    let mut found = Vec::new();
    let mut indices: Vec<u64> = store.list(layout::BUNDLES)?.iter().filter_map(|name| name.parse().ok()).collect();
    indices.sort_unstable();
    for index in indices.into_iter().rev().take(usize::try_from(MOST_BUNDLES).unwrap_or(usize::MAX)) {
        let Some(folder) = store.bundle(index)? else {
            continue;
        };
        if !read_bundle(&folder.join(layout::RECORDS), &mut settled, &mut found)? {
            break;
        }
    }
    Ok(found)
}

/// Takes the definite findings of one bundle. `false` when it left nothing open, so that older ones add nothing.
fn read_bundle(
    path: &PathBuf,
    settled: &mut HashSet<String>,
    found: &mut Vec<LastDeviation>,
) -> Result<bool, HistoryError> {
    let read = |source| HistoryError::Read { path: path.clone(), source };
    let file = File::open(path).map_err(read)?;
    let mut reader = LineReader::new();
    let mut anything_open = true;
    for (number, line) in BufReader::new(file).split(b'\n').enumerate() {
        let line = line.map_err(read)?;
        let record = |source| HistoryError::Record { path: path.clone(), line: number + 1, source };
        let parsed = reader.read(&line).map_err(record)?;
        let Line::Disclosed(parsed) = parsed else {
            continue;
        };
        match *parsed {
            Record::Run(run) => anything_open = run.status != model::record::RunStatus::Complete,
            Record::Finding(finding) if finding.outcome != Outcome::Undetermined => {
                let Some(subject) = finding.subject.clone() else {
                    continue;
                };
                if settled.insert(finding.key()) && finding.outcome == Outcome::Deviates {
                    found.push(LastDeviation {
                        control: finding.control,
                        check: finding.check,
                        target: finding.target,
                        subject,
                    });
                }
            }
            _ => {}
        }
    }
    Ok(anything_open)
}
