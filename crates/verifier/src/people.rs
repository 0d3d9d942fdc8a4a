//! The records of persons that are named beside the bundle of a run: each is verified as that is, with the same trust file.

use anyhow::anyhow;
use links::Records;
use model::{Date, ExitStatus};
use report::RecordReader;
use verify::VerifiedBundle;

use crate::args::{BundleArgs, Format, RecordArgs};
use crate::input;
use crate::show::accepted;
use crate::stop::Stop;

/// The records that are named, of the run's ledger and system; `None` where none is named. One that is not accepted is told as the bundle
/// would be, and its exit code given.
pub fn records(
    args: &RecordArgs,
    of: &BundleArgs,
    format: Format,
    run: &VerifiedBundle,
) -> Result<Result<Option<Records>, ExitStatus>, Stop> {
    if args.record.is_empty() {
        return Ok(Ok(None));
    }
    let trust = input::trust(&of.trust.trust)?;
    let said = &run.statement().predicate;
    let mut newest = Date::of(said.finished);
    let mut records = Records::default();
    for file in &args.record {
        let this = BundleArgs { input: file.clone(), ..of.clone() };
        let mut reader = RecordReader::new();
        let bundle = match accepted(&this, format, &mut reader)? {
            Ok(bundle) => bundle,
            Err(code) => return Ok(Err(code)),
        };
        let refused = |why: String| Stop::Wrong(anyhow!("`{}` is no record that counts: {why}", file.display()));
        let told = &bundle.statement().predicate;
        if (&told.entity, &told.system, &told.chain.origin) != (&said.entity, &said.system, &said.chain.origin) {
            return Err(refused(format!("it is about {}, system {}", told.entity, told.system)));
        }
        newest = newest.max(Date::of(told.finished));
        let record = reader.finish(&bundle, &trust).map_err(refused)?;
        if !records.all.iter().any(|known| known.bundle == record.bundle) {
            records.all.push(record);
        }
    }
    records.all.sort_by_key(|record| record.bundle);
    records.day = args.on.unwrap_or(newest);
    Ok(Ok(Some(records)))
}
