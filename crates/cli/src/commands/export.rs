//! `witnessmark export`: one bundle as a tar, packed or not.

use std::fs::{self, OpenOptions};
use std::io::{BufWriter, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;

use agent::seal;
use anyhow::Context as _;
use model::ExitStatus;
use model::record::RunStatus;
use store::HeadFile;

use crate::args::Export;
use crate::bundles;
use crate::commands::{keys, ledger};
use crate::failure::{CommandResult, Failure};
use crate::output;
use crate::stores;

pub fn run(arguments: &Export) -> CommandResult {
    let store = stores::open(&arguments.store.store)?.store;
    let trust = keys::read_trust(&arguments.trust)?;
    let index = bundles::index(&*store, arguments.bundle)?;
    let head = HeadFile::new(&arguments.trust.with_file_name("last-head"));
    let file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&arguments.out)
        .with_context(|| format!("cannot create `{}`", arguments.out.display()))
        .map_err(|e| {
            Failure::input(e).with_help("name a file that does not exist, in a folder that this user may write")
        })?;
    let what =
        seal::Beside { ledger: arguments.with_ledger, controls: arguments.with_controls, since: arguments.since };
    let out = BufWriter::new(file);
    let written = if arguments.zstd {
        seal::pack::packer(out).map_err(Failure::tool).and_then(|out| {
            let out = seal::export(&*store, &head, &trust, index, what, out).map_err(ledger::seal_failure)?;
            out.finish().map_err(Failure::tool)
        })
    } else {
        seal::export(&*store, &head, &trust, index, what, out).map_err(ledger::seal_failure)
    };
    let written =
        written.and_then(|mut out| out.flush().and_then(|()| out.get_ref().sync_all()).map_err(Failure::tool));
    if let Err(failure) = written {
        // Half a tar would be taken for evidence.
        fs::remove_file(&arguments.out).ok();
        return Err(failure);
    }
    let path = arguments.out.display();
    let said = stores::statement_of(&*store, index)?.map(|statement| statement.predicate);
    let allow = said.map_or("", |said| allowed(!said.rehearsal.is_empty(), said.status == RunStatus::Failed));
    output::text(&format!(
        "Wrote bundle {index} to {path}.\nNext: witnessmark-verify {path} --trust {}{allow}\n",
        arguments.trust.display()
    ))?;
    Ok(ExitStatus::Success)
}

/// What will be accepted: a rehearsal and a failed run only by whoever says that they take one.
const fn allowed(rehearsal: bool, failed: bool) -> &'static str {
    match (rehearsal, failed) {
        (false, false) => "",
        (true, false) => " --allow-rehearsal",
        (false, true) => " --allow-failed",
        (true, true) => " --allow-rehearsal --allow-failed",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_command_takes_what_was_exported() {
        assert_eq!((allowed(false, false), allowed(true, false)), ("", " --allow-rehearsal"));
        assert_eq!(
            (allowed(false, true), allowed(true, true)),
            (" --allow-failed", " --allow-rehearsal --allow-failed")
        );
    }
}
