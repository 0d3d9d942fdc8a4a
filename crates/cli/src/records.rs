//! The records of persons: those of a store, and those that lie in files of their own, each verified before it is believed.

use std::path::{Path, PathBuf};

use anyhow::anyhow;
use bundle::layout;
use bundle::statement::Kind;
use bundle::trust::Trust;
use links::{NotBelieved, PersonRecord, Records};
use model::Date;
use report::RecordReader;
use store::Store;
use verify::Demands;

use crate::bundles::Bundle;
use crate::failure::Failure;
use crate::{stores, summary};

/// Of whom the records are, and what is trusted.
pub struct Asked<'a> {
    pub trust: &'a Trust,
    pub entity: &'a str,
    pub system: &'a str,
    pub day: Date,
}

/// All records that a store holds.
///
/// # Errors
/// When the store cannot be read. A record that is not believed is among them, with the reason.
pub fn of_store(store: &dyn Store, asked: &Asked<'_>) -> Result<Records, Failure> {
    let mut records = Records { day: asked.day, ..Records::default() };
    let mut index = 0;
    while let Some(kind) = stores::kind_of(store, index)? {
        if kind == Kind::Record {
            match stored(store, index, asked)? {
                Ok(record) => records.all.push(record),
                Err(why) => records.not_believed.push(NotBelieved { bundle: index, why }),
            }
        }
        index += 1;
    }
    Ok(records)
}

fn stored(store: &dyn Store, index: u64, asked: &Asked<'_>) -> Result<Result<PersonRecord, String>, Failure> {
    let path = layout::bundle(index);
    let Some(file) = store.open(&path).map_err(stores::failed)? else {
        return Ok(Err("its file is not in this store any more".to_owned()));
    };
    let mut source = match bundle::read::open_stream(file, &path, u64::MAX) {
        Ok(source) => source,
        Err(error) => return Ok(Err(format!("it cannot be read: {error}"))),
    };
    let mut reader = RecordReader::new();
    let verdict = verify::verify(source.as_mut(), &Demands::of_evidence(asked.trust), &mut reader);
    let Some(bundle) = verdict.bundle else {
        let problems: Vec<&str> = verdict.report.problems.iter().map(|problem| problem.message.as_str()).collect();
        return Ok(Err(problems.join("; ")));
    };
    if bundle.statement().predicate.chain.index != index {
        return Ok(Err("its file is that of another bundle".to_owned()));
    }
    Ok(reader.finish(&bundle, asked.trust).and_then(|record| of_this_system(&bundle, asked).map(|()| record)))
}

/// Adds records that were named one by one.
///
/// # Errors
/// When one is no record of this system that can be believed: whoever names a file means it.
pub fn add_files(records: &mut Records, files: &[PathBuf], asked: &Asked<'_>) -> Result<(), Failure> {
    for file in files {
        let mut reader = RecordReader::new();
        let (bundle, _) = summary::verified(&Bundle::At(file.clone()), asked.trust, &mut reader)?;
        let record = reader
            .finish(&bundle, asked.trust)
            .and_then(|record| of_this_system(&bundle, asked).map(|()| record))
            .map_err(|why| Failure::input(anyhow!("`{}` is no record that counts: {why}", file.display())))?;
        let known = records.all.iter().any(|one| (one.bundle, &one.id) == (record.bundle, &record.id));
        if !known {
            records.all.push(record);
        }
    }
    Ok(())
}

fn of_this_system(bundle: &verify::VerifiedBundle, asked: &Asked<'_>) -> Result<(), String> {
    let said = &bundle.statement().predicate;
    if said.entity == asked.entity && said.system == asked.system {
        return Ok(());
    }
    Err(format!("it is about {}, system {}", said.entity, said.system))
}

/// Whether a store is there to be asked at all.
pub fn is_store(folder: &Path) -> bool {
    stores::in_bucket(folder).is_some() || folder.join(store::CHECKPOINT).is_file()
}
