//! The command line of `witnessmark-verify`.

use std::ffi::OsString;
use std::path::PathBuf;
use std::str::FromStr;

use clap::{Args, CommandFactory as _, FromArgMatches as _, Parser, Subcommand, ValueEnum};
use model::{ExitStatus, RecordRef, exit_codes_help};
use schemars::JsonSchema;
use serde::Serialize;
use verify::Level;

use crate::period;

/// Of every command; docs/spec/verify-classes.md repeats them word for word (`tests/tests/alone/format.rs`).
const EXIT_CODES: &[(ExitStatus, &str)] = &[
    (ExitStatus::Success, "authentic, to the required level, complete"),
    (ExitStatus::ToolFailed, "the tool failed, or the input could not be read: conclude nothing"),
    (ExitStatus::WrongInput, "the command line, or a file it names (such as the trust file), is wrong"),
    (ExitStatus::NotAllRead, "`drift`: nothing that both bundles read differs, and neither read everything"),
    (ExitStatus::Undetermined, "`ask`: undetermined"),
    (ExitStatus::NotAuthentic, "not authentic"),
    (ExitStatus::Undecided, "cannot be decided, or is not what was asked for"),
    (
        ExitStatus::OtherOutcome,
        "`reassess` comes to another outcome, derived object, declared thing or use of a check than the bundle says, or finds another value in an answer than a fact says",
    ),
    (
        ExitStatus::RunsMissing,
        "`audit`: the ledger is whole, and runs that were due by its own schedule, observations of a control, or days of a task, are not in it",
    ),
    (ExitStatus::No, "`ask`: no"),
    (ExitStatus::Changed, "`drift`: both bundles are authentic, and they differ"),
];

/// Of `ask`.
const ASK_EXIT_CODES: &[(ExitStatus, &str)] = &[
    (ExitStatus::Success, "yes; with `--who-can`: listed, and these are all"),
    (ExitStatus::ToolFailed, "the tool failed, or the input could not be read: conclude nothing"),
    (ExitStatus::WrongInput, "the command line is wrong, or the question cannot be put to this bundle"),
    (ExitStatus::Undetermined, "undetermined: what was not read could make it another answer"),
    (ExitStatus::NotAuthentic, "not authentic"),
    (ExitStatus::Undecided, "cannot be decided, or is not what was asked for"),
    (ExitStatus::No, "no"),
];

/// Of `drift`.
const DRIFT_EXIT_CODES: &[(ExitStatus, &str)] = &[
    (ExitStatus::Success, "nothing differs, and both read everything"),
    (ExitStatus::ToolFailed, "the tool failed, or the input could not be read: conclude nothing"),
    (ExitStatus::WrongInput, "the command line, or a file it names (such as the trust file), is wrong"),
    (ExitStatus::NotAllRead, "nothing that both read differs; something neither read, or it is withheld"),
    (ExitStatus::NotAuthentic, "not authentic, or of two histories under one name"),
    (
        ExitStatus::Undecided,
        "cannot be decided, or is not what was asked for; or nothing that can be compared differs, and something cannot be compared",
    ),
    (ExitStatus::Changed, "they differ"),
];

/// Verify sealed evidence offline: who signed it, whether it is complete and unaltered, its position in the ledger,
/// and what still
/// rests on the custodian's word.
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

/// The command line as clap knows it.
pub fn program() -> clap::Command {
    Cli::command()
}

/// Whether this is the limited child process in which checks run, by the program's own command line. No help text and
/// no completion
/// shows it.
pub fn is_worker(mut words: impl Iterator<Item = OsString>) -> bool {
    words.nth(1).is_some_and(|word| word == "__assess")
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Verify one bundle (the default command).
    Verify(VerifyArgs),
    /// Verify a bundle, then show its findings with their marks, gaps and coverage, or one record down to the exact bytes.
    Show(ShowArgs),
    /// Verify a bundle, then list the requirements of a standard up to a level: what stands for each, and what is missing.
    Gaps(GapsArgs),
    /// Verify a bundle, then trace one control, threat, key or requirement to all that hangs on it, down to the exchanges.
    Trace(TraceArgs),
    /// Verify a bundle, then list who can use, administer and destroy a key, by which way and with which factors.
    Roster(RosterArgs),
    /// Verify a bundle, then write its contents as one HTML page.
    Report(ReportArgs),
    /// Audit a whole ledger: missing, altered or reordered entries; for a period, runs that are missing, late, failed, rehearsed or
    /// partial, and all changes of what was observed and judged with.
    Audit(AuditArgs),
    /// Verify a bundle, then answer who may do what in a Kubernetes cluster, and by what: yes, no, or undetermined.
    #[command(after_help = exit_codes_help(ASK_EXIT_CODES))]
    Ask(AskArgs),
    /// Verify two bundles of a ledger, then say in what the later one differs, and why: the environment, the declaration, the checks, the
    /// program, or what could be seen.
    #[command(after_help = exit_codes_help(DRIFT_EXIT_CODES))]
    Drift(DriftArgs),
    /// Verify a bundle, then evaluate its checks again on its resources and compare the outcomes.
    Reassess(ReassessArgs),
}

#[derive(Debug, Args)]
pub struct VerifyArgs {
    #[command(flatten)]
    pub bundle: BundleArgs,
    /// Output format.
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

/// Which bundle, and what is asked of it.
#[derive(Clone, Debug, Args)]
pub struct BundleArgs {
    /// Bundle: a tar file, plain or packed (zstd, gzip), a folder, or `-` for standard input.
    #[arg(value_name = "FILE|DIR|-")]
    pub input: PathBuf,
    #[command(flatten)]
    pub trust: TrustArgs,
    /// Level that must be reached.
    #[arg(long, value_name = "LEVEL", default_value = "L2")]
    pub require: Level,
    /// Accept a rehearsal: recorded answers, a set clock, or an endpoint that is not the source's own.
    #[arg(long)]
    pub allow_rehearsal: bool,
    /// Accept the record of a failed run.
    #[arg(long)]
    pub allow_failed: bool,
    /// Accept a redacted copy without the signature of a key that the trust file names for redactions.
    #[arg(long)]
    pub allow_unsigned_redaction: bool,
    /// Challenge that must be sealed in it: the nonce that you gave the custodian before the run.
    #[arg(long, value_name = "NONCE")]
    pub challenge: Option<String>,
    /// Unpack at most this many bytes of a packed bundle; K, M, G and T are powers of 1024.
    #[arg(long, value_name = "SIZE", default_value = "16G")]
    pub max_unpacked: Size,
}

/// A number of bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size(pub u64);

impl FromStr for Size {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (digits, unit) = match text.char_indices().last() {
            Some((at, 'k' | 'K')) => (text.get(..at), 1 << 10),
            Some((at, 'm' | 'M')) => (text.get(..at), 1 << 20),
            Some((at, 'g' | 'G')) => (text.get(..at), 1 << 30),
            Some((at, 't' | 'T')) => (text.get(..at), 1 << 40),
            _ => (Some(text), 1_u64),
        };
        digits
            .filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))
            .and_then(|digits| digits.parse::<u64>().ok()?.checked_mul(unit))
            .map(Self)
            .ok_or_else(|| "a size is a number of bytes, optionally followed by K, M, G or T".to_owned())
    }
}

#[derive(Clone, Debug, Args)]
pub struct TrustArgs {
    /// Trust file (`trust.json`), received separately from the bundle.
    #[arg(long, value_name = "FILE")]
    pub trust: PathBuf,
    /// File that remembers what was proven of the ledger: heads, and the statement of each entry [default: name of the trust file
    /// with `.seen`].
    #[arg(long, value_name = "FILE")]
    pub last_seen: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct ShowArgs {
    #[command(flatten)]
    pub bundle: BundleArgs,
    #[command(flatten)]
    pub what: What,
    /// Of `--requests` only those to this target.
    #[arg(long, value_name = "ID", requires = "requests")]
    pub target: Option<String>,
    /// Print only the exact bytes of the response, as received.
    #[arg(long, requires = "exchange")]
    pub raw: bool,
    /// Output format.
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

/// What to show; without any of these: findings, gaps and coverage.
#[derive(Debug, Args)]
#[group(multiple = false)]
pub struct What {
    /// Show one finding, with all it rests on.
    #[arg(long, value_name = "N")]
    pub finding: Option<u64>,
    /// Show one exchange: request, response, and what was made of it.
    #[arg(long, value_name = "N")]
    pub exchange: Option<u64>,
    /// List every request of the run with its time and the source's own id of it, to be held against the source's log.
    #[arg(long)]
    pub requests: bool,
    /// Print one record as it was sealed, for example `resource:12`.
    #[arg(long, value_name = "TYPE:N")]
    pub record: Option<RecordRef>,
    /// Include findings that conform or do not apply.
    #[arg(long)]
    pub all: bool,
}

/// What people saw, beside the bundle of a run.
#[derive(Debug, Args)]
pub struct RecordArgs {
    /// Bundle of a person's record; repeatable. Each is verified as the bundle is.
    #[arg(long = "record", value_name = "FILE|DIR")]
    pub record: Vec<PathBuf>,
    /// Day for which is asked what records count [default: that of the newest of these bundles].
    #[arg(long, value_name = "DATE", requires = "record")]
    pub on: Option<model::Date>,
}

#[derive(Debug, Args)]
pub struct GapsArgs {
    #[command(flatten)]
    pub bundle: BundleArgs,
    /// Level up to which requirements are listed [default: the declared one].
    #[arg(long, value_name = "N")]
    pub level: Option<u32>,
    /// Standard with its version, `name-version` [default: the declared one].
    #[arg(long, value_name = "ID")]
    pub standard: Option<String>,
    #[command(flatten)]
    pub people: RecordArgs,
    /// Output format.
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

#[derive(Debug, Args)]
pub struct TraceArgs {
    #[command(flatten)]
    pub bundle: BundleArgs,
    /// Id of a control, a threat, a key of the inventory, or a requirement (`name-version:item`; of the declared standard also the
    /// item alone).
    pub id: String,
    /// What it is the id of, where it could be several things.
    #[arg(long, value_enum, value_name = "KIND")]
    pub kind: Option<TraceKind>,
    #[command(flatten)]
    pub people: RecordArgs,
    /// Output format.
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

#[derive(Debug, Args)]
pub struct RosterArgs {
    #[command(flatten)]
    pub bundle: BundleArgs,
    /// Id of a key of the inventory, or the ARN, id or alias of a key of KMS. Default: a line for each key.
    pub key: Option<String>,
    /// Output format.
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

/// What a trace begins at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum TraceKind {
    Control,
    Threat,
    Key,
    Requirement,
}

#[derive(Debug, Args)]
pub struct ReportArgs {
    #[command(flatten)]
    pub bundle: BundleArgs,
    /// File to write; must not exist. Only its owner may read it: a report is a map for attackers.
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// Format of the report.
    #[arg(long, value_enum, default_value_t)]
    pub format: ReportForm,
    /// An earlier bundle of the ledger, verified too: the page says first what changed since.
    #[arg(long, value_name = "FILE|DIR")]
    pub since: Option<PathBuf>,
    #[command(flatten)]
    pub people: RecordArgs,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ReportForm {
    /// One self-contained page.
    #[default]
    Html,
    /// SARIF 2.1.0, for code scanning: what deviates or is undetermined.
    Sarif,
    /// JUnit's XML, for a CI: what is accepted is skipped, and turns nothing red.
    Junit,
    /// Markdown, for the summary of a job or a pull request.
    Markdown,
}

#[derive(Debug, Args)]
pub struct AuditArgs {
    /// Export with the ledger (`export --with-ledger`, and `--with-controls` for the tables of controls and tasks), packed or not, a store, or a folder with a copy of its `ledger/`; `-` for
    /// an export on standard input.
    #[arg(value_name = "FILE|DIR|-")]
    pub store: PathBuf,
    #[command(flatten)]
    pub trust: TrustArgs,
    /// The period that is told of, whole (UTC): a year (`2026`), a quarter (`2026-Q1`) or a month (`2026-03`).
    #[arg(long, value_name = "PERIOD", value_parser = period::whole, conflicts_with_all = ["from", "until"])]
    pub period: Option<period::Whole>,
    /// Its begin, where it is none of these: a date (`2026-01-01`: from its begin, UTC) or a time
    /// (`2026-01-01T12:00:00Z`) [default: the first run].
    #[arg(long, value_name = "DATE|TIME", value_parser = period::begin)]
    pub from: Option<model::Timestamp>,
    /// Its end: a date (to its end, UTC) or a time [default: the last run].
    #[arg(long, value_name = "DATE|TIME", value_parser = period::end)]
    pub until: Option<model::Timestamp>,
    /// Unpack at most this many bytes of a packed export; K, M, G and T are powers of 1024.
    #[arg(long, value_name = "SIZE", default_value = "16G")]
    pub max_unpacked: Size,
    /// Output format.
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

#[derive(Debug, Args)]
pub struct AskArgs {
    #[command(flatten)]
    pub bundle: BundleArgs,
    /// `may SUBJECT VERB RESOURCE [named NAME] [in NAMESPACE]`, for example `may User/alice get secrets in signer`. A subject is
    /// `User/NAME`, `Group/NAME` or `ServiceAccount/NAMESPACE/NAME`, and may be followed by `with Group/NAME`; a resource is written as in a
    /// rule (`pods/exec`, `deployments.apps`), and a path begins with `/`.
    #[arg(conflicts_with = "who_can", required_unless_present = "who_can")]
    pub question: Option<String>,
    /// Instead: list everybody who may, and by what, for example `get secrets in signer`.
    #[arg(long, value_name = "ACTION")]
    pub who_can: Option<String>,
    /// Which cluster, where the bundle holds several.
    #[arg(long, value_name = "ID")]
    pub target: Option<String>,
    /// Output format.
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

#[derive(Debug, Args)]
pub struct DriftArgs {
    /// The earlier bundle: a tar file, plain or packed (zstd, gzip), a folder, or `-` for standard input.
    #[arg(value_name = "OLD")]
    pub old: PathBuf,
    /// The later one.
    #[arg(value_name = "NEW")]
    pub new: PathBuf,
    #[command(flatten)]
    pub trust: TrustArgs,
    /// Level that both must reach.
    #[arg(long, value_name = "LEVEL", default_value = "L2")]
    pub require: Level,
    /// Accept rehearsals: recorded answers, a set clock, or an endpoint that is not the source's own.
    #[arg(long)]
    pub allow_rehearsal: bool,
    /// Accept the record of a failed run.
    #[arg(long)]
    pub allow_failed: bool,
    /// Accept a redacted copy without the signature of a key that the trust file names for redactions.
    #[arg(long)]
    pub allow_unsigned_redaction: bool,
    /// Unpack at most this many bytes of each packed bundle; K, M, G and T are powers of 1024.
    #[arg(long, value_name = "SIZE", default_value = "16G")]
    pub max_unpacked: Size,
    /// Output format.
    #[arg(long, value_enum, default_value_t)]
    pub format: DriftFormat,
}

/// How a comparison is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum DriftFormat {
    /// Text for a person.
    #[default]
    Human,
    /// JSON for a program.
    Json,
    /// Markdown, for example for a pull request.
    Markdown,
}

#[derive(Debug, Args)]
pub struct ReassessArgs {
    #[command(flatten)]
    pub bundle: BundleArgs,
    /// Which checks to evaluate.
    #[arg(long, value_enum, default_value_t)]
    pub checks: Checks,
    /// Output format.
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

/// Which checks are run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Checks {
    /// The checks sealed in the bundle.
    #[default]
    Sealed,
    /// The checks shipped with this program.
    Shipped,
}

/// How data is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Text for a person.
    #[default]
    Human,
    /// JSON for a program.
    Json,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_units() {
        for (text, bytes) in
            [("0", 0), ("512", 512), ("1k", 1024), ("8M", 8 << 20), ("16G", bundle::read::UNPACKED_MAX)]
        {
            assert_eq!(text.parse(), Ok(Size(bytes)), "{text}");
        }
        for text in ["", "G", "1.5G", "-1", "+1", "1GB", "1 G", "99999999999T", "1é"] {
            assert!(text.parse::<Size>().is_err(), "{text}");
        }
    }
}
