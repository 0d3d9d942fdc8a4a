//! The command line of `witnessmark-verify`.

use std::path::PathBuf;

use clap::{Args, CommandFactory as _, FromArgMatches as _, Parser, Subcommand, ValueEnum};
use model::{ExitStatus, RecordRef, exit_codes_help};
use serde::Serialize;
use verify::Level;

/// Of every command; docs/spec/verify-classes.md repeats them word for word (`tests/tests/alone/format.rs`).
const EXIT_CODES: &[(ExitStatus, &str)] = &[
    (ExitStatus::Success, "authentic, to the required level, complete"),
    (ExitStatus::ToolFailed, "the tool failed, or the input could not be read: conclude nothing"),
    (ExitStatus::WrongInput, "the command line, or a file it names (such as the trust file), is wrong"),
    (ExitStatus::NotAuthentic, "not authentic"),
    (ExitStatus::Undecided, "cannot be decided, or is not what was asked for"),
    (ExitStatus::OtherOutcome, "`reassess` comes to another outcome than the bundle says"),
];

/// Verifies sealed evidence offline: who made it, whether it is complete and unaltered, where it
/// stands in its ledger, and what still rests on the custodian's word.
#[derive(Debug, Parser)]
#[command(
    name = "witnessmark-verify",
    version,
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    after_help = exit_codes_help(EXIT_CODES)
)]
pub struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    verify: Option<VerifyArgs>,
}

impl Cli {
    /// What the command line asks for.
    ///
    /// # Errors
    /// Where it asks for nothing that exists, or for help or the version.
    pub fn command_given() -> Result<Command, clap::Error> {
        let matches = Self::command().try_get_matches()?;
        Self::from_arg_matches(&matches).and_then(|cli| match cli.command {
            Some(command) => Ok(command),
            // `cli.verify` does not help: clap never takes a group with groups in it for given.
            None => VerifyArgs::from_arg_matches(&matches).map(Command::Verify),
        })
    }
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Verify one bundle (the default)
    Verify(VerifyArgs),
    /// Verify a bundle, then show what is in it, down to the exact bytes of an answer
    Show(ShowArgs),
    /// Verify a bundle, then write what is in it as one HTML page, to read, search and print
    Report(ReportArgs),
    /// Audit a whole ledger: no entry missing, altered or out of order, no run missing
    Audit(AuditArgs),
    /// Verify a bundle, then run its checks on its resources once more and compare
    Reassess(ReassessArgs),
    /// The limited child process in which checks run
    #[command(name = "__assess", hide = true)]
    Assess,
}

#[derive(Debug, Args)]
pub struct VerifyArgs {
    #[command(flatten)]
    pub bundle: BundleArgs,
    /// How to print the report
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

/// Which bundle, and what is asked of it.
#[derive(Debug, Args)]
pub struct BundleArgs {
    /// An exported bundle (tar), a folder with one, or `-` for a tar on standard input
    #[arg(value_name = "FILE|DIR|-")]
    pub input: PathBuf,
    #[command(flatten)]
    pub trust: TrustArgs,
    /// The level that must be reached
    #[arg(long, value_name = "LEVEL", default_value = "L2")]
    pub require: Level,
    /// Accept a rehearsal: recorded answers, a set clock, an endpoint that is not the source's own
    #[arg(long)]
    pub allow_rehearsal: bool,
    /// Accept the record of a run that failed
    #[arg(long)]
    pub allow_failed: bool,
}

#[derive(Debug, Args)]
pub struct TrustArgs {
    /// Whom to trust: `trust.json`, obtained from the custodian on another way than the bundle
    #[arg(long, value_name = "FILE")]
    pub trust: PathBuf,
    /// Where the newest head that was seen is kept [default: the trust file's name with `.seen`]
    #[arg(long, value_name = "FILE")]
    pub last_seen: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct ShowArgs {
    #[command(flatten)]
    pub bundle: BundleArgs,
    #[command(flatten)]
    pub what: What,
    /// Only the exact bytes of the answer, as they were received
    #[arg(long, requires = "exchange")]
    pub raw: bool,
    /// How to print it
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

/// What to show; without any of these: findings, gaps and coverage.
#[derive(Debug, Args)]
#[group(multiple = false)]
pub struct What {
    /// One finding, with all it rests on
    #[arg(long, value_name = "N")]
    pub finding: Option<u64>,
    /// One exchange: request, answer, what was made of it
    #[arg(long, value_name = "N")]
    pub exchange: Option<u64>,
    /// One record as it was sealed, for example `resource:12`
    #[arg(long, value_name = "TYPE:N")]
    pub record: Option<RecordRef>,
    /// Also findings that conform or do not apply
    #[arg(long)]
    pub all: bool,
}

#[derive(Debug, Args)]
pub struct ReportArgs {
    #[command(flatten)]
    pub bundle: BundleArgs,
    /// The page to write; it must not exist
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
}

#[derive(Debug, Args)]
pub struct AuditArgs {
    /// A store, or a folder with its `ledger/`
    #[arg(value_name = "DIR")]
    pub store: PathBuf,
    #[command(flatten)]
    pub trust: TrustArgs,
    /// Only list runs missing from here on, for example `2026-01-01T00:00:00.000Z`
    #[arg(long, value_name = "TIME")]
    pub from: Option<model::Timestamp>,
    /// Only list runs missing until here
    #[arg(long, value_name = "TIME")]
    pub until: Option<model::Timestamp>,
    /// How to print the report
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

#[derive(Debug, Args)]
pub struct ReassessArgs {
    #[command(flatten)]
    pub bundle: BundleArgs,
    /// Which checks to run: those sealed in the bundle, or those this program ships
    #[arg(long, value_enum, default_value_t)]
    pub checks: Checks,
    /// How to print the result
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

/// Which checks are run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Checks {
    #[default]
    Sealed,
    Shipped,
}

/// How data is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For a person
    #[default]
    Human,
    /// For a program
    Json,
}
