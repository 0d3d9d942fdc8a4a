//! The command line.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use clap::{ArgAction, Args, CommandFactory as _, Parser, Subcommand, ValueEnum, ValueHint};
use model::{ExitStatus, exit_codes_help};

use crate::rights_forms;

mod drift;
mod folders;
mod keys;
mod printed;
mod redact;

pub use self::drift::{Drift, DriftFormat, Since};
pub use folders::{BundleNamed, KeyFolder, StoreFolder};
pub use keys::{ActsForArgument, ChangePassphrase, Close, Keys, Rotate};
pub use printed::{Format, Printed};
pub use redact::{Redact, RuleArguments};

/// Collect evidence of how key custody is configured, compare it with the declaration, and seal both in a signed
/// bundle.
#[derive(Debug, Parser)]
#[command(name = "witnessmark", version, max_term_width = 110, after_help = EXIT_CODES)]
pub struct Arguments {
    /// Show no progress on stderr.
    #[arg(long, short, global = true)]
    pub quiet: bool,
    /// Show on stderr what is done: phases and targets; with -vv every request, with its host, status and duration. Never headers,
    /// parameters or bodies.
    #[arg(long, short, global = true, action = ArgAction::Count, conflicts_with = "quiet")]
    pub verbose: u8,
    #[command(subcommand)]
    pub command: Command,
}

const EXIT_CODES: &str = "Exit codes: 0 done, 1 the tool failed, 2 the command line or the declaration is wrong. Commands that have \
    others list them in their help.";
/// Of `run`. README.md and deploy/README.md repeat them word for word (`tests/tests/alone/deploy.rs`).
const RUN_EXIT_CODES: &[(ExitStatus, &str)] = &[
    (
        ExitStatus::Success,
        "sealed; every finding conforms or its deviation is accepted; everything was read or its gap is accepted",
    ),
    (ExitStatus::ToolFailed, "the tool failed: conclude nothing"),
    (ExitStatus::WrongInput, "the command line or the declaration is wrong"),
    (
        ExitStatus::NotAllRead,
        "sealed; as 0, but with a gap that is not accepted, or with findings undetermined only because of accepted gaps",
    ),
    (
        ExitStatus::Rehearsal,
        "sealed as a rehearsal (an endpoint that is not the source's own, for example): it is not evidence, whatever was found; not with `--allow-rehearsal`",
    ),
    (ExitStatus::Deviates, "at least one finding deviates and is not accepted"),
    (
        ExitStatus::Undetermined,
        "none deviates, but at least one is undetermined for a reason other than accepted gaps, or there is no finding at all",
    ),
    (ExitStatus::DeviatesAndUndetermined, "both"),
];
const FAILED: (ExitStatus, &str) = (ExitStatus::ToolFailed, "the tool failed: conclude nothing");
const INIT_EXIT_CODES: &[(ExitStatus, &str)] = &[
    (ExitStatus::Success, "written"),
    FAILED,
    (ExitStatus::WrongInput, "the command line is wrong, or no target was found"),
    (ExitStatus::NotAllRead, "written, and not everything could be read"),
];
const PREFLIGHT_EXIT_CODES: &[(ExitStatus, &str)] = &[
    (ExitStatus::Success, "every permission is granted"),
    FAILED,
    (ExitStatus::WrongInput, "the command line or the declaration is wrong"),
    (ExitStatus::NotAllRead, "at least one permission is denied or undecided, or a target cannot be read at all"),
];
const COLLECTORS_TEST_EXIT_CODES: &[(ExitStatus, &str)] = &[
    (ExitStatus::Success, "every point holds"),
    FAILED,
    (ExitStatus::WrongInput, "the command line is wrong"),
    (ExitStatus::Deviates, "a point does not hold"),
];
const CHECKS_TEST_EXIT_CODES: &[(ExitStatus, &str)] = &[
    (ExitStatus::Success, "every test passes, and every check needs what it says"),
    FAILED,
    (ExitStatus::WrongInput, "the command line is wrong, or a check cannot be read"),
    (ExitStatus::Deviates, "a test fails, or an outcome does not need what its check says it needs"),
];

/// The command line as clap knows it.
pub fn program() -> clap::Command {
    Arguments::command()
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run a demonstration, offline: three recorded days of a small custody company are collected, judged, sealed and
    /// verified.
    Demo(Demo),
    /// Write a first declaration from what the available credentials can read.
    Init(Init),
    /// Create, rotate and end keys, and print what an auditor is given.
    #[command(subcommand)]
    Keys(Keys),
    /// Start a ledger, or list its bundles (`witnessmark-verify audit` audits it).
    #[command(subcommand)]
    Ledger(Ledger),
    /// Validate a declaration; every error has file, line and column.
    Validate(Validate),
    /// Print the permissions that the declared targets need, and what could be done with them if they were stolen.
    Rights(Rights),
    /// Check which of the needed permissions are granted, without collecting anything.
    Preflight(Preflight),
    /// Collect from the declared targets, evaluate the checks, and seal one bundle.
    Run(Run),
    /// Seal what a person saw, read or was told, signed with that person's key.
    Record(Record),
    /// Show the findings, gaps and coverage of a bundle, or one finding or exchange down to the exact bytes.
    Show(Show),
    /// Say in what the newest bundle differs from an earlier one, and why: the environment, the declaration, the checks, the program, or what
    /// could be seen.
    Drift(Drift),
    /// Write the contents of a bundle as one HTML page.
    Report(Report),
    /// List the requirements of a standard up to a level: what stands for each, and what is missing.
    Gaps(Gaps),
    /// Trace one control, threat, key or requirement to all that hangs on it, down to the exchanges.
    Trace(Trace),
    /// List who can use, administer and destroy a key, by which way and with which factors.
    Roster(Roster),
    /// Answer from a bundle who may do what in a Kubernetes cluster, and by what: yes, no, or undetermined.
    #[command(after_help = exit_codes_help(ASK_EXIT_CODES))]
    Ask(Ask),
    /// Export one bundle as a tar file, to be verified by an auditor.
    Export(Export),
    /// Write a copy of a bundle from which records or whole answers are withheld, signed, for somebody who may see less.
    Redact(Box<Redact>),
    /// List, print and sign acceptances (accepted deviations and gaps).
    #[command(subcommand)]
    Acceptances(Acceptances),
    /// List, describe and test collectors.
    #[command(subcommand)]
    Collectors(Collectors),
    /// List, print and test checks.
    #[command(subcommand)]
    Checks(Checks),
    /// Print the JSON Schema of the declaration, of a catalogue, or of the form of a record.
    Schema(Schema),
    /// Print a completion script for a shell.
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
}

/// What this program is to itself: the child processes that it starts. A command line of its own, so that no help
/// text and no completion script shows them.
#[derive(Debug, Parser)]
#[command(name = "witnessmark", disable_help_subcommand = true)]
pub enum Child {
    /// Serve one collector to a parent process, by the exec protocol.
    #[command(name = "__collect")]
    Collect {
        /// Its name.
        name: String,
    },
    /// Print again what a collector wrote on a recorded day of the demonstration.
    #[command(name = "__replay")]
    Replay {
        /// Its name.
        name: String,
        /// The day: `day1`.
        day: String,
    },
    /// Evaluate checks for a parent process.
    #[command(name = "__assess")]
    Assess,
}

impl Child {
    /// Whether a command line (without the program's name) is one of these.
    pub fn is_meant(arguments: &[OsString]) -> bool {
        arguments.first().is_some_and(|first| first.as_encoded_bytes().starts_with(b"__"))
    }
}

#[derive(Clone, Debug, Args)]
pub struct DeclarationFile {
    /// Declaration file.
    #[arg(short, long, value_name = "FILE", default_value = "witnessmark.yaml", value_hint = ValueHint::FilePath)]
    pub declaration: PathBuf,
}

#[derive(Debug, Args)]
pub struct Demo {
    /// New or empty folder for the files of the demonstration. Default: a temporary folder, which is kept.
    #[arg(long, value_name = "FOLDER", value_hint = ValueHint::DirPath)]
    pub dir: Option<PathBuf>,
}

#[derive(Debug, Args)]
#[command(
    after_help = format!("Credentials are found as the tools of each source find them: AWS by environment, profile or role; Kubernetes by kubeconfig or pod; \
                  GitHub by GITHUB_TOKEN, and the organisation's name in GITHUB_REPOSITORY_OWNER, as in jobs of GitHub Actions. PKCS#11 tokens \
                  are not searched for: name them by hand.\n\n{}", exit_codes_help(INIT_EXIT_CODES))
)]
pub struct Init {
    /// Declaration file to write; must not exist.
    #[arg(long, value_name = "FILE", default_value = "witnessmark.yaml", value_hint = ValueHint::FilePath)]
    pub out: PathBuf,
    /// Fill in a whole declaration: threats, risks, controls and people, too. What is found takes the places of its examples; without any source
    /// all of it is left to write.
    #[arg(long, value_name = "NAME")]
    pub template: Option<Template>,
    /// Look only with this collector, as `collectors list` prints it; repeatable.
    #[arg(long = "source", value_name = "COLLECTOR")]
    pub sources: Vec<String>,
    /// Read only this AWS region; repeatable. Needed where the account does not say which regions it has (`account:ListRegions`).
    #[arg(long = "region", value_name = "REGION")]
    pub regions: Vec<String>,
    /// Stop looking after this many seconds. A source that does not say who we are is given up after 8 of them.
    #[arg(long, value_name = "SECONDS", default_value_t = 600)]
    pub deadline: u64,
    /// Concurrent requests per source.
    #[arg(long, value_name = "NUMBER", default_value_t = 16)]
    pub concurrency: usize,
}

/// A whole declaration to start from, with its story in its comments.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Template {
    /// An exchange: keys in AWS KMS, code on GitHub.
    ExchangeAws,
    /// An entity with its own coins: keys on a hardware security module.
    SelfCustodyPkcs11,
    /// A provider that co-signs for others, in a Kubernetes cluster.
    QspKubernetes,
}

impl Template {
    /// As it is written on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ExchangeAws => "exchange-aws",
            Self::SelfCustodyPkcs11 => "self-custody-pkcs11",
            Self::QspKubernetes => "qsp-kubernetes",
        }
    }

    /// The declaration.
    pub const fn text(self) -> &'static str {
        match self {
            Self::ExchangeAws => include_str!("../../../policies/templates/exchange-aws.yaml"),
            Self::SelfCustodyPkcs11 => include_str!("../../../policies/templates/self-custody-pkcs11.yaml"),
            Self::QspKubernetes => include_str!("../../../policies/templates/qsp-kubernetes.yaml"),
        }
    }
}

#[derive(Debug, Subcommand)]
pub enum Ledger {
    /// Start a new, empty ledger in a store. Done once: never again for a store that lost its ledger.
    Init {
        #[command(flatten)]
        store: StoreFolder,
        #[command(flatten)]
        keys: KeyFolder,
    },
    /// Remember the store's head, where the file that remembers it (`keys/last-head`) is gone. Asked for because a store that was
    /// set back, or exchanged, looks the same then.
    Remember {
        #[command(flatten)]
        store: StoreFolder,
        #[command(flatten)]
        keys: KeyFolder,
        /// How many bundles the ledger has, as you know it from elsewhere: a log, an export, an auditor.
        #[arg(long, value_name = "SIZE")]
        size: u64,
    },
    /// List the bundles of the ledger, without verifying them.
    Log {
        #[command(flatten)]
        store: StoreFolder,
        /// Trust file.
        #[arg(long, value_name = "FILE", default_value = "keys/trust.json", value_hint = ValueHint::FilePath)]
        trust: PathBuf,
        #[command(flatten)]
        printed: Printed,
    },
}

#[derive(Debug, Args)]
#[command(
    after_help = "docs/declaration.md goes through a declaration part by part, with common mistakes and what is said of them; docs/spec/declaration.md has \
                  every key. `witnessmark init` begins one."
)]
pub struct Validate {
    #[command(flatten)]
    pub declaration: DeclarationFile,
    #[command(flatten)]
    pub printed: Printed,
}

#[derive(Debug, Args)]
pub struct Rights {
    #[command(flatten)]
    pub declaration: DeclarationFile,
    /// Output format: for a person or a program, or in the form in which a source grants permissions.
    #[arg(long, value_parser = PossibleValuesParser::new(rights_forms::all()), default_value = rights_forms::HUMAN, value_name = "FORMAT")]
    pub format: String,
    /// Only the permissions that this target needs; repeatable.
    #[arg(long = "target", value_name = "ID")]
    pub targets: Vec<String>,
}

#[derive(Debug, Args)]
#[command(after_help = exit_codes_help(PREFLIGHT_EXIT_CODES))]
pub struct Preflight {
    #[command(flatten)]
    pub printed: Printed,
    #[command(flatten)]
    pub declaration: DeclarationFile,
    /// Stop asking after this many seconds; permissions without an answer are undecided.
    #[arg(long, value_name = "SECONDS", default_value_t = 120)]
    pub deadline: u64,
    /// Only this target; repeatable.
    #[arg(long = "target", value_name = "ID")]
    pub targets: Vec<String>,
}

#[derive(Debug, Args)]
#[command(after_help = exit_codes_help(RUN_EXIT_CODES))]
pub struct Run {
    #[command(flatten)]
    pub printed: Printed,
    #[command(flatten)]
    pub declaration: DeclarationFile,
    #[command(flatten)]
    pub store: StoreFolder,
    #[command(flatten)]
    pub keys: KeyFolder,
    /// Nonce from an auditor. Sealed into the bundle: it shows that the bundle was made after the nonce was given out.
    #[arg(long, value_name = "NONCE")]
    pub challenge: Option<String>,
    /// Run although the clock shows a time before that of the newest bundle, for example after a bundle that was made with a clock
    /// that was ahead.
    #[arg(long)]
    pub despite_clock: bool,
    /// Purpose of the run; sealed into the bundle.
    #[arg(long, value_enum, default_value_t = PurposeArgument::Readiness)]
    pub purpose: PurposeArgument,
    /// Stop reading after this many seconds; what was not read is a gap.
    #[arg(long, value_name = "SECONDS", default_value_t = 1800)]
    pub deadline: u64,
    /// Concurrent requests per source (such as one AWS account), across its targets and collectors.
    #[arg(long, value_name = "NUMBER", default_value_t = 16)]
    pub concurrency: usize,
    /// Only this target; repeatable. The other targets are sealed as skipped: gaps, and findings that are undetermined.
    #[arg(long = "target", value_name = "ID")]
    pub targets: Vec<String>,
    /// Prompt for the PIN of this target's token, for this run only; repeatable.
    #[arg(long = "pin", value_name = "TARGET")]
    pub pins: Vec<String>,
    /// Read the PIN of this target's token from an open file descriptor, for this run only; repeatable. Example:
    /// `--pin-descriptor vault-hsm=3 3<pipe`.
    #[arg(long = "pin-descriptor", value_name = "TARGET=NUMBER")]
    pub pin_descriptors: Vec<String>,
    /// End with the exit code of what was found where the run is a rehearsal, in place of 4.
    #[arg(long)]
    pub allow_rehearsal: bool,
    /// Which findings exit codes 10 to 12 are about.
    #[arg(long, value_enum, default_value_t = FailOn::Any, value_name = "WHICH")]
    pub fail_on: FailOn,
}

const RECORD_EXIT_CODES: &[(ExitStatus, &str)] = &[
    (ExitStatus::Success, "the record is in the ledger"),
    FAILED,
    (ExitStatus::WrongInput, "the command line, the form or the declaration is wrong; nothing was sealed"),
];

#[derive(Debug, Args)]
#[command(after_help = exit_codes_help(RECORD_EXIT_CODES))]
pub struct Record {
    /// The form (YAML), filled in. Its attachments lie beside or below it.
    #[arg(value_name = "FILE", required_unless_present = "template", value_hint = ValueHint::FilePath)]
    pub form: Option<PathBuf>,
    /// Key file of the person whose record it is; the trust file names it in the role `record`.
    #[arg(long, value_name = "FILE", required_unless_present = "template", value_hint = ValueHint::FilePath)]
    pub key: Option<PathBuf>,
    /// File with the passphrase of that key. Default: a prompt.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub key_passphrase_file: Option<PathBuf>,
    /// Print a form to fill in, with comments, and do nothing else.
    #[arg(long, conflicts_with_all = ["form", "key", "key_passphrase_file", "challenge"])]
    pub template: bool,
    /// Nonce from an auditor. Sealed with the record: it shows that it was made after the nonce was given out.
    #[arg(long, value_name = "NONCE")]
    pub challenge: Option<String>,
    #[command(flatten)]
    pub declaration: DeclarationFile,
    #[command(flatten)]
    pub store: StoreFolder,
    #[command(flatten)]
    pub keys: KeyFolder,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FailOn {
    /// Every finding that deviates and is not accepted, or is undetermined.
    Any,
    /// Only findings that are new since their target was last read. If there is none: 3 while something is
    /// undetermined or a gap is not accepted, else 0.
    New,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum PurposeArgument {
    /// Regular run, between audits.
    Readiness,
    /// Run made for an audit.
    Audit,
}

#[derive(Debug, Args)]
pub struct Show {
    #[command(flatten)]
    pub printed: Printed,
    #[command(flatten)]
    pub bundle: BundleNamed,
    /// Trust file.
    #[arg(long, value_name = "FILE", default_value = "keys/trust.json", value_hint = ValueHint::FilePath)]
    pub trust: PathBuf,
    /// Show one finding, down to the bytes it rests on.
    #[arg(long, value_name = "NUMBER")]
    pub finding: Option<u64>,
    /// Show one exchange (request and response).
    #[arg(long, value_name = "NUMBER", conflicts_with = "finding")]
    pub exchange: Option<u64>,
    /// List every request of the run with its time and the source's own id of it, to be held against the source's log.
    #[arg(long, conflicts_with_all = ["finding", "exchange", "all"])]
    pub requests: bool,
    /// Of `--requests` only those to this target.
    #[arg(long, value_name = "ID", requires = "requests")]
    pub target: Option<String>,
    /// All findings, not only those that need a look.
    #[arg(long)]
    pub all: bool,
}

#[derive(Debug, Args)]
pub struct Report {
    #[command(flatten)]
    pub bundle: BundleNamed,
    /// Trust file.
    #[arg(long, value_name = "FILE", default_value = "keys/trust.json", value_hint = ValueHint::FilePath)]
    pub trust: PathBuf,
    /// Format of the report.
    #[arg(long, value_enum, default_value_t = ReportForm::Html, value_name = "FORMAT")]
    pub format: ReportForm,
    #[command(flatten)]
    pub people: RecordFiles,
    /// File to write; must not exist. Only its owner may read it: a report is a map for attackers.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub out: PathBuf,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ReportForm {
    /// One self-contained page.
    Html,
    /// SARIF 2.1.0, for code scanning: what deviates or is undetermined.
    Sarif,
    /// JUnit's XML, for a CI: what is accepted is skipped, and turns nothing red.
    Junit,
    /// Markdown, for the summary of a job or a pull request.
    Markdown,
}

const ASK_EXIT_CODES: &[(ExitStatus, &str)] = &[
    (ExitStatus::Success, "yes; with `--who-can`: listed, and these are all"),
    FAILED,
    (ExitStatus::WrongInput, "the command line is wrong, or the question cannot be put to this bundle"),
    (ExitStatus::Undetermined, "undetermined: what was not read could make it another answer"),
    (ExitStatus::No, "no"),
];

#[derive(Debug, Args)]
pub struct Ask {
    /// `may SUBJECT VERB RESOURCE [named NAME] [in NAMESPACE]`, for example `may User/alice get secrets in signer`. A subject is
    /// `User/NAME`, `Group/NAME` or `ServiceAccount/NAMESPACE/NAME`, and may be followed by `with Group/NAME`; a resource is written as in a
    /// rule (`pods/exec`, `deployments.apps`), and a path begins with `/`.
    // Beside `--who-can` it is the file, which stands in its place.
    #[arg(required_unless_present = "who_can")]
    pub question: Option<String>,
    /// Instead: list everybody who may, and by what, for example `get secrets in signer`.
    #[arg(long, value_name = "ACTION")]
    pub who_can: Option<String>,
    /// Which cluster, where the bundle holds several.
    #[arg(long, value_name = "ID")]
    pub target: Option<String>,
    #[command(flatten)]
    pub printed: Printed,
    #[command(flatten)]
    pub bundle: BundleNamed,
    /// Trust file.
    #[arg(long, value_name = "FILE", default_value = "keys/trust.json", value_hint = ValueHint::FilePath)]
    pub trust: PathBuf,
}

const GAPS_EXIT_CODES: &[(ExitStatus, &str)] = &[
    (ExitStatus::Success, "listed, whatever is missing: a list says nothing about being met"),
    FAILED,
    (ExitStatus::WrongInput, "the command line or the declaration is wrong"),
];

#[derive(Debug, Args)]
#[command(after_help = exit_codes_help(GAPS_EXIT_CODES))]
pub struct Gaps {
    /// Level up to which requirements are listed. Default: the declared one.
    #[arg(long, value_name = "NUMBER")]
    pub level: Option<u32>,
    /// Standard with its version, `name-version`. Default: the declared one.
    #[arg(long, value_name = "ID")]
    pub standard: Option<String>,
    #[command(flatten)]
    pub printed: Printed,
    #[command(flatten)]
    pub from: DeclaredAndFound,
}

#[derive(Debug, Args)]
pub struct Trace {
    /// Id of a control, a threat, a key of the inventory, or a requirement (`name-version:item`; of the declared standard also
    /// the item alone).
    pub id: String,
    /// What it is the id of, where it could be several things.
    #[arg(long, value_enum, value_name = "KIND")]
    pub kind: Option<TraceKind>,
    #[command(flatten)]
    pub printed: Printed,
    #[command(flatten)]
    pub from: DeclaredAndFound,
}

#[derive(Debug, Args)]
pub struct Roster {
    /// Id of a key of the inventory, or the ARN, id or alias of a key of KMS. Default: a line for each key.
    pub key: Option<String>,
    #[command(flatten)]
    pub printed: Printed,
    #[command(flatten)]
    pub from: DeclaredAndFound,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum TraceKind {
    Control,
    Threat,
    Key,
    Requirement,
}

/// A declaration, and the bundle whose findings are looked at with it. Without a declaration beside it a bundle's own file has the one that is
/// sealed in it.
#[derive(Clone, Debug, Args)]
pub struct DeclaredAndFound {
    #[command(flatten)]
    pub declaration: DeclarationFile,
    #[command(flatten)]
    pub bundle: BundleNamed,
    /// Trust file.
    #[arg(long, value_name = "FILE", default_value = "keys/trust.json", value_hint = ValueHint::FilePath)]
    pub trust: PathBuf,
    /// Look at no bundle: the declaration alone.
    #[arg(long, conflicts_with_all = ["store", "bundle", "file", "trust", "record"])]
    pub declared_only: bool,
    #[command(flatten)]
    pub people: RecordFiles,
}

/// Records of persons that are not in the store.
#[derive(Clone, Debug, Args)]
pub struct RecordFiles {
    /// Bundle of a person's record, beside those of the store; repeatable.
    #[arg(long = "record", value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub record: Vec<PathBuf>,
    /// The day for which is asked what records count. Default: today (UTC).
    #[arg(long, value_name = "DATE")]
    pub on: Option<model::Date>,
}

#[derive(Debug, Args)]
pub struct Export {
    #[command(flatten)]
    pub store: StoreFolder,
    /// Index of the bundle. Default: that of the newest run.
    #[arg(long, value_name = "INDEX")]
    pub bundle: Option<u64>,
    /// Tar file to write; must not exist.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub out: PathBuf,
    /// Compress the tar file with zstd.
    #[arg(long)]
    pub zstd: bool,
    /// Trust file.
    #[arg(long, value_name = "FILE", default_value = "keys/trust.json", value_hint = ValueHint::FilePath)]
    pub trust: PathBuf,
    /// Include the ledger's tiles and statements, so that the whole chain can be audited.
    #[arg(long)]
    pub with_ledger: bool,
    /// Also include what each run says of its controls (outcomes and counts, which checks with which parameters, texts of checks, days on which
    /// tasks were done), and people's records, so that an auditor sees how each control and task did over a period. Reads every bundle of the store.
    #[arg(long, requires = "with_ledger")]
    pub with_controls: bool,
    /// Include the proof that the ledger continues its head of SIZE bundles: for an auditor who saw that head.
    #[arg(long, value_name = "SIZE", value_parser = clap::value_parser!(u64).range(1..))]
    pub since: Option<u64>,
}

#[derive(Debug, Subcommand)]
pub enum Acceptances {
    /// List acceptances, and whether the signature of their approver is verified or only claimed.
    List {
        #[command(flatten)]
        declaration: DeclarationFile,
        /// Trust file; its keys in the role `approve` are the approvers' keys.
        #[arg(long, value_name = "FILE", default_value = "keys/trust.json", value_hint = ValueHint::FilePath)]
        trust: PathBuf,
        #[command(flatten)]
        printed: Printed,
    },
    /// Print the text of an acceptance, as its approver signs it.
    Text {
        /// Id of the acceptance in the declaration.
        id: String,
        #[command(flatten)]
        declaration: DeclarationFile,
        /// Print the exact bytes to sign, for `openssl pkeyutl -sign -rawin` or another holder of the key.
        #[arg(long)]
        to_sign: bool,
        /// Say in words what is signed: what is accepted, and to which account, check and parameters that is bound.
        #[arg(long, conflicts_with = "to_sign")]
        words: bool,
    },
    /// Sign an acceptance, and write the file that the declaration names under `signature`.
    Sign(SignAcceptance),
}

#[derive(Debug, Args)]
pub struct SignAcceptance {
    /// Id of the acceptance in the declaration.
    pub id: String,
    #[command(flatten)]
    pub declaration: DeclarationFile,
    /// Key file of the approver, as `keys approver` creates it.
    #[arg(long, value_name = "FILE", required_unless_present = "signature", conflicts_with = "signature", value_hint = ValueHint::FilePath)]
    pub key: Option<PathBuf>,
    /// File with a signature made elsewhere: 64 bytes, Ed25519 over what `acceptances text --to-sign` prints.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub signature: Option<PathBuf>,
    /// Trust file; a key that has another role in it does not approve.
    #[arg(long, value_name = "FILE", default_value = "keys/trust.json", value_hint = ValueHint::FilePath)]
    pub trust: PathBuf,
    /// File with the passphrase of the approver's key. Default: WITNESSMARK_PASSPHRASE_FILE, else
    /// WITNESSMARK_PASSPHRASE, else a prompt.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub passphrase_file: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub enum Collectors {
    /// List the collectors.
    List(Printed),
    /// Describe a collector: what it reads, the permissions it needs, its settings.
    Describe {
        /// Name of the collector, as `collectors list` prints it.
        name: String,
        #[command(flatten)]
        printed: Printed,
    },
    /// Run the conformance suite for programs of your own that speak the exec protocol (docs/spec/exec-protocol.md).
    ///
    /// A point that fails says what is wrong and who can fix it. The program is started several times, and reads from
    /// its real source.
    #[command(after_help = exit_codes_help(COLLECTORS_TEST_EXIT_CODES))]
    Test(TestProgram),
}

#[derive(Debug, Args)]
pub struct TestProgram {
    /// Program to test.
    #[arg(value_hint = ValueHint::FilePath)]
    pub program: PathBuf,
    /// Arguments of the program.
    #[arg(value_name = "ARGUMENT", trailing_var_arg = true, allow_hyphen_values = true)]
    pub arguments: Vec<String>,
    /// JSON file with the settings of the target. Default: no settings.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub settings: Option<PathBuf>,
    /// Environment variable that is passed on to the program; repeatable.
    #[arg(long, value_name = "NAME")]
    pub environment: Vec<String>,
    /// Time limit of each start, in seconds (wall time).
    #[arg(long, value_name = "SECONDS", default_value_t = 300, value_parser = clap::value_parser!(u64).range(1..=86400))]
    pub seconds: u64,
    #[command(flatten)]
    pub printed: Printed,
}

#[derive(Debug, Subcommand)]
pub enum Checks {
    /// List the checks.
    List(Printed),
    /// Print the source of a check (Rego).
    Show {
        /// Id of the check, as `checks list` prints it.
        id: String,
    },
    /// Run the tests of the checks in a folder, and prove that each outcome needs the parts that its check names.
    #[command(after_help = exit_codes_help(CHECKS_TEST_EXIT_CODES))]
    Test {
        /// Folder laid out as `policies/`: `checks/<collector>/<check>.rego` and `<check>_test.rego` beside it.
        #[arg(value_hint = ValueHint::DirPath)]
        folder: PathBuf,
    },
}

#[derive(Debug, Args)]
pub struct Schema {
    /// What to print the schema of.
    pub what: SchemaOf,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum SchemaOf {
    /// The declaration (`witnessmark.yaml`).
    Declaration,
    /// A catalogue of a standard.
    Catalogue,
    /// The form of a person's record.
    Record,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_consistent() {
        program().debug_assert();
        Child::command().debug_assert();
    }
}
