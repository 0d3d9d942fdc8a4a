//! `witnessmark`: collects evidence of how key custody is configured, judges it against what is declared, seals it.
//!
//! This program joins the run (`agent`) with the collectors. It computes nothing itself: each command reads its
//! arguments, calls what does the work, and says what came of it.

mod bundles;
mod catalogues;
mod clock;
mod commands;
mod conceal;
mod context;
mod failure;
mod jobs;
mod output;
mod passphrase;
mod pins;
mod progress;
mod records;
mod salts;
mod signals;
mod stores;
mod summary;
mod trace;
mod unrotated;

use clap::Parser;
use model::ExitStatus;
use witnessmark::{args, outputs, rights_forms};

use crate::failure::CommandResult;

fn main() -> ExitStatus {
    let words: Vec<_> = std::env::args_os().skip(1).collect();
    let ended = conceal::settle()
        .and_then(|()| if args::Child::is_meant(&words) { start(commands::child) } else { start(commands::run) });
    ended.unwrap_or_else(|failure| {
        failure.tell();
        failure.exit_status()
    })
}

/// Reads the command line and does what it asks for.
fn start<A: Parser>(run: fn(A) -> CommandResult) -> CommandResult {
    let arguments = match A::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            error.print().ok();
            // Help and version are not errors and go to stdout; clap knows which is which.
            return Ok(ExitStatus::when(!error.use_stderr(), ExitStatus::WrongInput));
        }
    };
    // The AWS SDK and whatever comes later share one provider; without this a second one in the tree would be ambiguous at run time.
    rustls::crypto::aws_lc_rs::default_provider().install_default().ok();
    report::fit(terminal_size::terminal_size_of(std::io::stdout()).map(|(columns, _)| columns.0));
    run(arguments)
}
