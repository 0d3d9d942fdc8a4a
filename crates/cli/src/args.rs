//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum, ValueHint};
use model::{ExitStatus, exit_codes_help};

use crate::output::Format;

/// Collects evidence of how key custody is really configured, compares it with what is declared, and seals both.
#[derive(Debug, Parser)]
#[command(name = "witnessmark", version, max_term_width = 110, after_help = EXIT_CODES)]
pub struct Arguments {
    /// No progress on stderr.
    #[arg(long, short, global = true)]
    pub quiet: bool,
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
    (ExitStatus::Deviates, "at least one finding deviates and is not accepted"),
    (
        ExitStatus::Undetermined,
        "none deviates, at least one is undetermined for another reason than accepted gaps, or there is no finding at all",
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
    (ExitStatus::Deviates, "a test fails, or an outcome does not need what the check says it needs"),
];

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Show the whole way offline: three recorded days of a small custody company, collected, judged, sealed, verified, altered.
    Demo(Demo),
    /// Write a first declaration from what the credentials at hand can see.
    Init(Init),
    /// Make and show key files.
    #[command(subcommand)]
    Keys(Keys),
    /// Start a ledger, list and audit it.
    #[command(subcommand)]
    Ledger(Ledger),
    /// Check a declaration and say what is wrong with it, with file, line and column.
    Validate(Validate),
    /// Print the rights that the declared targets need, and what a thief of them could do.
    Rights(Rights),
    /// Ask every source which of the needed rights we have, without collecting anything.
    Preflight(Preflight),
    /// Read the declared targets, judge, and seal one bundle.
    Run(Run),
    /// Show what a bundle holds: what was read, judged and not read, down to the exact bytes.
    Show(Show),
    /// Write what a bundle holds as one HTML page, to read, search and print.
    Report(Report),
    /// Write one bundle as a tar that an auditor verifies.
    Export(Export),
    /// What was accepted, what its approvers sign, and whether they have.
    #[command(subcommand)]
    Acceptances(Acceptances),
    /// The collectors built into this program.
    #[command(subcommand)]
    Collectors(Collectors),
    /// The checks built into this program, and tests for your own.
    #[command(subcommand)]
    Checks(Checks),
    /// Print a JSON Schema.
    Schema(Schema),
    /// Print a completion script for a shell.
    Completions {
        /// The shell that will read it.
        shell: clap_complete::Shell,
    },
    /// Serve one collector to a parent process, by the exec protocol.
    #[command(name = "__collect", hide = true)]
    Collect {
        /// Its name.
        name: String,
    },
    /// Say again what a collector wrote on a recorded day of the demonstration.
    #[command(name = "__replay", hide = true)]
    Replay {
        /// Its name.
        name: String,
        /// The day: `day1`.
        day: String,
    },
    /// Evaluate checks for a parent process.
    #[command(name = "__assess", hide = true)]
    Assess,
}

#[derive(Clone, Copy, Debug, Args)]
pub struct Printed {
    /// How data on stdout is printed.
    #[arg(long, value_enum, default_value_t = Format::Human, value_name = "FORMAT")]
    pub format: Format,
}

#[derive(Clone, Debug, Args)]
pub struct DeclarationFile {
    /// The declaration.
    #[arg(short, long, value_name = "FILE", default_value = "witnessmark.yaml", value_hint = ValueHint::FilePath)]
    pub declaration: PathBuf,
}

#[derive(Clone, Debug, Args)]
pub struct KeyFolder {
    /// The folder that `keys new` made.
    #[arg(long, value_name = "FOLDER", default_value = "keys", env = "WITNESSMARK_KEYS", value_hint = ValueHint::DirPath)]
    pub keys: PathBuf,
    /// File with the passphrase of the key files. Otherwise WITNESSMARK_PASSPHRASE_FILE, WITNESSMARK_PASSPHRASE, or a question.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub passphrase_file: Option<PathBuf>,
    /// Where the last head of the ledger is remembered, by which a store that was rolled back is noticed; `last-head` in the
    /// folder of keys otherwise. It is written by every run: name another place where the keys are mounted read-only.
    #[arg(long, value_name = "FILE", env = "WITNESSMARK_HEAD", value_hint = ValueHint::FilePath)]
    pub head: Option<PathBuf>,
}

#[derive(Clone, Debug, Args)]
pub struct StoreFolder {
    /// The evidence store.
    #[arg(long, value_name = "FOLDER", default_value = "evidence", value_hint = ValueHint::DirPath)]
    pub store: PathBuf,
}

#[derive(Debug, Args)]
pub struct Demo {
    /// An empty or new folder for the demonstration's files; a temporary one otherwise, which is kept.
    #[arg(long, value_name = "FOLDER", value_hint = ValueHint::DirPath)]
    pub dir: Option<PathBuf>,
}

#[derive(Debug, Args)]
#[command(
    after_help = format!("Credentials are found as each source's own tools find them: AWS by environment, profile or role; Kubernetes by kubeconfig or pod; \
                  GitHub by GITHUB_TOKEN and the organisation's name in GITHUB_REPOSITORY_OWNER, which jobs of GitHub Actions have. Tokens of \
                  PKCS#11 are named by hand.\n\n{}", exit_codes_help(INIT_EXIT_CODES))
)]
pub struct Init {
    /// The declaration to write; it must not exist.
    #[arg(long, value_name = "FILE", default_value = "witnessmark.yaml", value_hint = ValueHint::FilePath)]
    pub out: PathBuf,
    /// Seconds until what was not read is not seen.
    #[arg(long, value_name = "SECONDS", default_value_t = 600)]
    pub deadline: u64,
    /// Requests under way at once, for each source.
    #[arg(long, value_name = "NUMBER", default_value_t = 16)]
    pub concurrency: usize,
}

#[derive(Debug, Subcommand)]
pub enum Keys {
    /// Make the collector's key and the ledger's key (Ed25519, encrypted, mode 0600) and `trust.json` for the auditor.
    New {
        /// The folder to make.
        #[arg(long, value_name = "FOLDER", value_hint = ValueHint::DirPath)]
        out: PathBuf,
        /// The ledger's name, for example `northbank.example/hot-wallet`. Made from the ledger's key otherwise.
        #[arg(long, value_name = "NAME")]
        origin: Option<String>,
        /// File with the passphrase.
        #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
        passphrase_file: Option<PathBuf>,
    },
    /// Print `trust.json` again, or `trusted_root.json` for cosign.
    Trust {
        /// The folder that `keys new` made.
        #[arg(long, value_name = "FOLDER", default_value = "keys", env = "WITNESSMARK_KEYS", value_hint = ValueHint::DirPath)]
        keys: PathBuf,
        /// Print cosign's `trusted_root.json` in place of `trust.json`.
        #[arg(long)]
        cosign: bool,
        /// Print it with this public key (PEM) as an approver's, from the first bundle on; may be given again.
        #[arg(long, value_name = "FILE", conflicts_with = "cosign", value_hint = ValueHint::FilePath)]
        approver: Vec<PathBuf>,
    },
    /// Make the key with which a person approves acceptances; he keeps it, away from the collector's.
    Approver {
        /// The key file to make (Ed25519, encrypted, mode 0600); its public key goes beside it, as `<FILE>.pub`.
        #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
        out: PathBuf,
        /// File with the passphrase.
        #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
        passphrase_file: Option<PathBuf>,
    },
}

#[derive(Debug, Subcommand)]
pub enum Ledger {
    /// Start a new, empty ledger in a store. Once; a store that lost its ledger is never started again.
    Init {
        #[command(flatten)]
        store: StoreFolder,
        #[command(flatten)]
        keys: KeyFolder,
    },
    /// List the bundles of the ledger.
    Log {
        #[command(flatten)]
        store: StoreFolder,
        /// What is trusted.
        #[arg(long, value_name = "FILE", default_value = "keys/trust.json", value_hint = ValueHint::FilePath)]
        trust: PathBuf,
        #[command(flatten)]
        printed: Printed,
    },
}

#[derive(Debug, Args)]
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
    /// `human`, `json`, `aws-policy`: the policy to attach to the reading role, or `aws-key-policy`: the statement for
    /// policies of KMS keys that do not let the account's IAM policies decide; `github-permissions`: what to grant a GitHub
    /// App or a fine-grained token; `cluster-role`: a ClusterRole and its binding; `pkcs11-user`: which callers a token knows, and
    /// which of them to be.
    #[arg(long, value_enum, default_value_t = RightsForm::Human, value_name = "FORMAT")]
    pub format: RightsForm,
    /// What this target needs only; may be given again.
    #[arg(long = "target", value_name = "ID")]
    pub targets: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum RightsForm {
    Human,
    Json,
    AwsPolicy,
    AwsKeyPolicy,
    GithubPermissions,
    ClusterRole,
    #[value(name = "pkcs11-user")]
    Pkcs11User,
}

#[derive(Debug, Args)]
#[command(after_help = exit_codes_help(PREFLIGHT_EXIT_CODES))]
pub struct Preflight {
    #[command(flatten)]
    pub printed: Printed,
    #[command(flatten)]
    pub declaration: DeclarationFile,
    /// Seconds until what did not answer is undecided.
    #[arg(long, value_name = "SECONDS", default_value_t = 120)]
    pub deadline: u64,
    /// Ask this target only; may be given again.
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
    /// An auditor's nonce, sealed in to show that the run was made after it was given out.
    #[arg(long, value_name = "NONCE")]
    pub challenge: Option<String>,
    /// What the run is for.
    #[arg(long, value_enum, default_value_t = PurposeArgument::Readiness)]
    pub purpose: PurposeArgument,
    /// Seconds until what was not read becomes a gap.
    #[arg(long, value_name = "SECONDS", default_value_t = 1800)]
    pub deadline: u64,
    /// Requests under way at once, for each source: an account, whichever targets and collectors read it.
    #[arg(long, value_name = "NUMBER", default_value_t = 16)]
    pub concurrency: usize,
    /// Read this target only; may be given again. The others are sealed as left out: gaps, and findings that are undetermined.
    #[arg(long = "target", value_name = "ID")]
    pub targets: Vec<String>,
    /// Ask at the terminal for the PIN of this target's token, for this run only; may be given again.
    #[arg(long = "pin", value_name = "TARGET")]
    pub pins: Vec<String>,
    /// Read the PIN of this target's token from an open file descriptor, for this run only: `--pin-descriptor vault-hsm=3 3<pipe`.
    #[arg(long = "pin-descriptor", value_name = "TARGET=NUMBER")]
    pub pin_descriptors: Vec<String>,
    /// What the exit codes 10 to 12 are about: every finding, or what was not so in the bundle before.
    #[arg(long, value_enum, default_value_t = FailOn::Any)]
    pub fail_on: FailOn,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FailOn {
    /// Every finding that deviates and is not accepted, or is undetermined.
    Any,
    /// Only those that were not so in the newest bundle before whose run did not fail. What was so already gives 3 while
    /// something is undetermined or unread, and 0 otherwise.
    New,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum PurposeArgument {
    Readiness,
    Audit,
}

#[derive(Debug, Args)]
pub struct Show {
    #[command(flatten)]
    pub printed: Printed,
    /// A store, or a bundle's folder.
    #[arg(value_name = "PATH", value_hint = ValueHint::AnyPath)]
    pub path: PathBuf,
    /// Which bundle of a store; the newest otherwise.
    #[arg(long, value_name = "INDEX")]
    pub bundle: Option<u64>,
    /// What is trusted.
    #[arg(long, value_name = "FILE", default_value = "keys/trust.json", value_hint = ValueHint::FilePath)]
    pub trust: PathBuf,
    /// One finding, down to the bytes it rests on.
    #[arg(long, value_name = "NUMBER")]
    pub finding: Option<u64>,
    /// One exchange with its answer.
    #[arg(long, value_name = "NUMBER", conflicts_with = "finding")]
    pub exchange: Option<u64>,
    /// All findings, not only those that need a look.
    #[arg(long)]
    pub all: bool,
}

#[derive(Debug, Args)]
pub struct Report {
    /// A store, or a bundle's folder.
    #[arg(value_name = "PATH", default_value = "evidence", value_hint = ValueHint::AnyPath)]
    pub path: PathBuf,
    /// Which bundle of a store; the newest otherwise.
    #[arg(long, value_name = "INDEX")]
    pub bundle: Option<u64>,
    /// What is trusted.
    #[arg(long, value_name = "FILE", default_value = "keys/trust.json", value_hint = ValueHint::FilePath)]
    pub trust: PathBuf,
    /// The form of the report.
    #[arg(long, value_enum, default_value_t = ReportForm::Html, value_name = "FORMAT")]
    pub format: ReportForm,
    /// The file to write; it must not exist. Only its owner may read it: a report is a map for attackers.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub out: PathBuf,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ReportForm {
    /// One page without anything outside it.
    Html,
}

#[derive(Debug, Args)]
pub struct Export {
    #[command(flatten)]
    pub store: StoreFolder,
    /// Which bundle.
    #[arg(long, value_name = "INDEX")]
    pub bundle: u64,
    /// The tar to write; it must not exist.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub out: PathBuf,
    /// What is trusted.
    #[arg(long, value_name = "FILE", default_value = "keys/trust.json", value_hint = ValueHint::FilePath)]
    pub trust: PathBuf,
    /// Add the ledger's tiles and statements, so that the reader can audit the whole chain.
    #[arg(long)]
    pub with_ledger: bool,
}

#[derive(Debug, Subcommand)]
pub enum Acceptances {
    /// List them, and whether their approvers are shown or merely claimed.
    List {
        #[command(flatten)]
        declaration: DeclarationFile,
        /// What is trusted: its keys in the role `approve` are those of approvers.
        #[arg(long, value_name = "FILE", default_value = "keys/trust.json", value_hint = ValueHint::FilePath)]
        trust: PathBuf,
        #[command(flatten)]
        printed: Printed,
    },
    /// Print the words that an approver signs.
    Text {
        /// Its id in the declaration.
        id: String,
        #[command(flatten)]
        declaration: DeclarationFile,
        /// The exact bytes to sign, for `openssl pkeyutl -sign -rawin` or whatever holds the key.
        #[arg(long)]
        to_sign: bool,
    },
    /// Write the file that the declaration names under `signature`.
    Sign(SignAcceptance),
}

#[derive(Debug, Args)]
pub struct SignAcceptance {
    /// Its id in the declaration.
    pub id: String,
    #[command(flatten)]
    pub declaration: DeclarationFile,
    /// The approver's key file, as `keys approver` makes it.
    #[arg(long, value_name = "FILE", required_unless_present = "signature", conflicts_with = "signature", value_hint = ValueHint::FilePath)]
    pub key: Option<PathBuf>,
    /// 64 bytes of Ed25519 over what `acceptances text --to-sign` prints, made elsewhere.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub signature: Option<PathBuf>,
    /// File with the passphrase of the approver's key.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub passphrase_file: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub enum Collectors {
    /// List them.
    List(Printed),
    /// What one reads, which rights it needs, which settings it knows.
    Describe {
        /// Its name, as `collectors list` prints it.
        name: String,
        #[command(flatten)]
        printed: Printed,
    },
    /// Run the conformance suite for programs of your own that speak the exec protocol (docs/spec/exec-protocol.md).
    ///
    /// Each point says what is wrong and whose move it is. The program is started several times and reads for real.
    #[command(after_help = exit_codes_help(COLLECTORS_TEST_EXIT_CODES))]
    Test(TestProgram),
}

#[derive(Debug, Args)]
pub struct TestProgram {
    /// The program.
    #[arg(value_hint = ValueHint::FilePath)]
    pub program: PathBuf,
    /// Its arguments.
    #[arg(value_name = "ARGUMENT", trailing_var_arg = true, allow_hyphen_values = true)]
    pub arguments: Vec<String>,
    /// JSON file with the settings that a target would give it. Without it: none.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub settings: Option<PathBuf>,
    /// A variable of the environment that it is given; may be named several times.
    #[arg(long, value_name = "NAME")]
    pub environment: Vec<String>,
    /// Wall time in seconds of each start.
    #[arg(long, value_name = "SECONDS", default_value_t = 300, value_parser = clap::value_parser!(u64).range(1..=86400))]
    pub seconds: u64,
    #[command(flatten)]
    pub printed: Printed,
}

#[derive(Debug, Subcommand)]
pub enum Checks {
    /// List them.
    List(Printed),
    /// The text of one.
    Show {
        /// Its id, as `checks list` prints it.
        id: String,
    },
    /// Run the tests of checks in a folder, and prove what their outcomes need.
    #[command(after_help = exit_codes_help(CHECKS_TEST_EXIT_CODES))]
    Test {
        /// A folder laid out as `policies/`: `checks/<collector>/<check>.rego` and `…_test.rego`.
        #[arg(value_hint = ValueHint::DirPath)]
        folder: PathBuf,
    },
}

#[derive(Debug, Args)]
pub struct Schema {
    /// Of what.
    pub what: SchemaOf,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum SchemaOf {
    /// The declaration (`witnessmark.yaml`).
    Declaration,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_consistent() {
        use clap::CommandFactory as _;
        Arguments::command().debug_assert();
    }
}
