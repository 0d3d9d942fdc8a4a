//! The arguments of `witnessmark redact`.

use std::path::PathBuf;

use clap::{Args, ValueHint};
use model::{ExitStatus, exit_codes_help};

use super::folders::{BundleNamed, KeyFolder};
use super::printed::Printed;

const EXIT_CODES: &[(ExitStatus, &str)] = &[
    (ExitStatus::Success, "written, and verified; with `--dry-run`: nothing written"),
    (ExitStatus::ToolFailed, "the tool failed: conclude nothing"),
    (ExitStatus::WrongInput, "the command line or the plan is wrong, or a rule is about no record; nothing is written"),
];

/// What no redaction hides, whatever it withholds: `docs/operating.md` has more of it.
const NOT_HIDDEN: &str = "A plan is a YAML file:\n\n        \
witnessmark_redaction: 1\n        \
withhold:\n          \
- {records: body, target: aws-prod, operation: \"iam:*\", reason: answers about staff}\n          \
- {subject: [\"*:user/alice\", \"*:user/bob\"], answers: true, reason: personal data}\n\n\
In patterns `*` is any text, `?` one character, and `\\` takes that meaning away. Types that can be withheld: host, declaration, acceptance, params, body, \
resource, derived, recorded, finding. All others are always disclosed: the run, what was asked, what could not be read, what was judged by and how strictly, outcome and counts of each control.\n\n\
What a redaction does not hide: that a record was made, of which type, and its place in an order by target, kind and id, so between which neighbours it is; how many there are of each kind; \
when what was asked, with the source's request id; counts and outcomes of controls; ids that shown findings, gaps and parameters name. Its digest is salted, so that nobody can try guesses on it; \
but the statement has one unsalted digest over paths, sizes and digests of all declared files together, and one of the plan of the run: who can guess all of these can confirm it. A copy that was given out before says what it says.";

#[derive(Debug, Args)]
#[command(after_help = format!("{NOT_HIDDEN}\n\n{}", exit_codes_help(EXIT_CODES)))]
pub struct Redact {
    #[command(flatten)]
    pub bundle: BundleNamed,
    /// What is withheld, and why (YAML).
    #[arg(long, value_name = "FILE", required_unless_present = "reason", conflicts_with_all = ["reason", "one"], value_hint = ValueHint::FilePath)]
    pub plan: Option<PathBuf>,
    #[command(flatten)]
    pub rule: RuleArguments,
    /// Without a plan: why; signed, and shown to whoever gets the copy.
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
    /// Tar file to write; must not exist.
    #[arg(long, value_name = "FILE", required_unless_present = "dry_run", value_hint = ValueHint::FilePath)]
    pub out: Option<PathBuf>,
    /// Write nothing: say what would be withheld, what would then rest on your word, and what could be read all the same.
    #[arg(long, conflicts_with_all = ["out", "key", "since", "with_ledger"])]
    pub dry_run: bool,
    /// Key file that signs for what is withheld; the trust file names it in the role `record`. Default: `redactor.key.pem` in the folder of
    /// keys.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub key: Option<PathBuf>,
    #[command(flatten)]
    pub printed: Printed,
    #[command(flatten)]
    pub keys: KeyFolder,
    /// Include the ledger's tiles and statements, so that the whole chain can be audited.
    #[arg(long, conflicts_with = "file")]
    pub with_ledger: bool,
    /// Include the proof that the ledger continues its head of SIZE bundles: for an auditor who saw that head.
    #[arg(long, value_name = "SIZE", conflicts_with = "file", value_parser = clap::value_parser!(u64).range(1..))]
    pub since: Option<u64>,
}

/// One rule in place of a plan.
#[derive(Clone, Debug, Args)]
#[group(id = "one", multiple = true)]
pub struct RuleArguments {
    /// Without a plan: withhold records of this type; repeatable. Default: all types that have what the other options name.
    #[arg(long, value_name = "TYPE", requires = "reason")]
    pub records: Vec<String>,
    /// Of this target; repeatable, as all patterns are.
    #[arg(long, value_name = "PATTERN", requires = "reason")]
    pub target: Vec<String>,
    /// Of this collector.
    #[arg(long, value_name = "PATTERN", requires = "reason")]
    pub collector: Vec<String>,
    /// Parameters and answers of this operation, as the source spells it.
    #[arg(long, value_name = "PATTERN", requires = "reason")]
    pub operation: Vec<String>,
    /// About something of this kind.
    #[arg(long, value_name = "PATTERN", requires = "reason")]
    pub kind: Vec<String>,
    /// About something with this id.
    #[arg(long, value_name = "PATTERN", requires = "reason")]
    pub subject: Vec<String>,
    /// Acceptances, objects and people's records with this id.
    #[arg(long, value_name = "PATTERN", requires = "reason")]
    pub id: Vec<String>,
    /// Of this control.
    #[arg(long, value_name = "PATTERN", requires = "reason")]
    pub control: Vec<String>,
    /// Of this check.
    #[arg(long, value_name = "PATTERN", requires = "reason")]
    pub check: Vec<String>,
    /// Declared files of this path.
    #[arg(long, value_name = "PATTERN", requires = "reason")]
    pub path: Vec<String>,
    /// The record of this name: `body:3`.
    #[arg(long, value_name = "PATTERN", requires = "reason")]
    pub reference: Vec<String>,
    /// Withhold the whole answers too from which the resources were read that are withheld.
    #[arg(long, requires = "reason")]
    pub answers: bool,
}
