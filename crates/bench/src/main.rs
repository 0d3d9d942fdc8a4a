//! What the figures of `docs/performance.md` are measured with: an account of any size behind HTTPS on loopback, a plain
//! client on the same SDK that makes the same calls and nothing else, and the memory of a whole process tree.
//!
//! It measures programs from outside; benches of single functions are beside the crates they belong to.

#![expect(clippy::disallowed_methods, reason = "it measures real time, in an environment of its own")]

mod command;
mod declare;
mod peak;
mod plain;
mod seed;

use std::ffi::OsString;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Parser, Subcommand, ValueEnum};
use fakes::aws::{AwsFake, Size, World};
use testkit::Server;

use crate::command::{code, command_name, started, tell};
use crate::seed::Account;

/// Measures `witnessmark` as a whole process.
#[derive(Debug, Parser)]
struct Arguments {
    #[command(subcommand)]
    command: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Run a command against an account served over HTTPS on loopback; its environment leads the AWS SDK there.
    Serve {
        #[command(flatten)]
        account: Account,
        /// Plain HTTP.
        #[arg(long)]
        http: bool,
        #[arg(last = true, required = true)]
        command: Vec<OsString>,
    },
    /// Make the calls that a run makes, as many at once, and drop the answers.
    Plain {
        what: Service,
        /// Requests under way at once.
        #[arg(long, default_value_t = 16)]
        concurrency: usize,
    },
    /// Make keys, users and roles in an emulator that the environment leads to.
    Seed(Account),
    /// Write a whole declaration of this size.
    Declare(declare::Declared),
    /// Run a command and print the peak memory of its process tree.
    Peak {
        #[arg(last = true, required = true)]
        command: Vec<OsString>,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Service {
    Kms,
    Iam,
    Both,
}

fn main() -> anyhow::Result<ExitCode> {
    match Arguments::parse().command {
        What::Serve { account, http, command } => serve(account, http, &command),
        What::Plain { what, concurrency } => {
            let calls = runtime()?.block_on(plain::read(
                matches!(what, Service::Kms | Service::Both),
                matches!(what, Service::Iam | Service::Both),
                concurrency,
            ))?;
            tell(&format!("{calls} calls"))?;
            Ok(ExitCode::SUCCESS)
        }
        What::Seed(account) => {
            runtime()?.block_on(seed::seed(account))?;
            Ok(ExitCode::SUCCESS)
        }
        What::Declare(size) => {
            declare::write(&size)?;
            Ok(ExitCode::SUCCESS)
        }
        What::Peak { command } => peak::of(&command),
    }
}

fn serve(account: Account, http: bool, command: &[OsString]) -> anyhow::Result<ExitCode> {
    let world = World::new(Size {
        users: account.users,
        roles: account.roles,
        groups: 20,
        policies: 50,
        keys: account.keys,
        grants_per_key: 1,
    });
    let fake = AwsFake::new(world);
    let server = if http { Server::http(fake) } else { Server::https(fake) };
    let mut child = started(command)?;
    child
        .env("AWS_ENDPOINT_URL", server.url())
        .env("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
        .env("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
        .env("AWS_REGION", "eu-west-1");
    // The file lives as long as the command.
    let folder = tempfile::tempdir()?;
    if let Some(roots) = server.roots() {
        let file = folder.path().join("roots.pem");
        std::fs::write(&file, roots)?;
        child.env("AWS_CA_BUNDLE", file);
    }
    let status = child.status().with_context(|| format!("cannot start {}", command_name(command)))?;
    Ok(code(status))
}

/// One thread: the work is waiting, as in a run.
fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_current_thread().enable_all().build()?)
}
