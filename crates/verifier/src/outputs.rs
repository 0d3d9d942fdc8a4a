//! What `witnessmark-verify` prints as JSON. What both programs print of a bundle is in `report::outputs`; what `verify` and `audit`
//! print are the reports of the crate `verify`.

use std::collections::BTreeMap;

use model::record::Provenance;
use model::{Digest, Form, Formed, Outcome, RecordRef};
use report::Basis;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;
use verify::{AuditReport, Report};

use crate::args::Checks;

/// How it went to judge a bundle again.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Reassessment<'o> {
    pub from: &'o Basis,
    pub statement_sha256: Digest,
    /// Records of the bundle, and how many of them this copy withholds.
    pub records: u64,
    pub withheld: u64,
    pub checks: Checks,
    /// Findings that came out again.
    pub same: u64,
    /// The first of those that came out otherwise.
    pub differences: Vec<OtherOutcome<'o>>,
    /// How many more there are.
    pub differences_not_shown: u64,
    /// Findings that could not be judged again.
    pub not_judged: u64,
    pub not_judged_because: NotJudgedBecause,
    pub checks_with_other_text: Vec<OtherText<'o>>,
    /// Ids of checks of the bundle that this program does not ship, where its own were asked for.
    pub checks_not_shipped: &'o [String],
    /// Checks that could not be run, and why.
    pub broken: &'o BTreeMap<String, String>,
    pub derived: &'o Computed,
    pub facts: FactsCompared<'o>,
    pub uses: &'o UsesCompared,
}

/// A finding that comes out otherwise.
#[derive(Debug, Serialize, JsonSchema)]
pub struct OtherOutcome<'o> {
    /// Control, check, target and subject or population.
    pub finding: &'o str,
    /// `null`: the bundle has no such finding.
    pub sealed: Option<Outcome>,
    /// `null`: it does not come out any more.
    pub again: Option<Outcome>,
}

/// Why findings could not be judged again, and how many.
#[derive(Debug, Serialize, JsonSchema)]
pub struct NotJudgedBecause {
    /// What they rest on is withheld.
    pub withheld: u64,
    /// They are withheld themselves.
    pub finding_withheld: u64,
    /// Their check is not there, or could not be run here.
    pub no_check: u64,
}

/// A check whose text is not the one that this program ships.
#[derive(Debug, Serialize, JsonSchema)]
pub struct OtherText<'o> {
    pub check: &'o str,
    pub text: Provenance,
}

/// Facts against the answers that they stand in.
#[derive(Debug, Serialize, JsonSchema)]
pub struct FactsCompared<'o> {
    pub compared: u64,
    /// Their answer is withheld, missing or too large.
    pub not_compared: u64,
    /// Made by a collector of what stands at their place, or of several places.
    pub normalised: u64,
    /// Parts of which texts, numbers and truth values were compared for some resources of a kind and not for others.
    pub both_ways: Vec<BothWays<'o>>,
    /// They stand in declared files.
    pub declared: u64,
    pub differ_in_all: u64,
    /// The first of them.
    pub differ: Vec<OtherFact<'o>>,
}

/// A part that is read both ways: a place that leads to what is around a value is how a false fact escapes comparison.
#[derive(Debug, Serialize, JsonSchema)]
pub struct BothWays<'o> {
    pub kind: &'o str,
    pub part: &'o str,
    pub compared: u64,
    /// Made by a collector of what stands at their place, or of several places.
    pub made: u64,
}

/// A fact that stands otherwise in its answer.
#[derive(Debug, Serialize, JsonSchema)]
pub struct OtherFact<'o> {
    pub resource: RecordRef,
    pub part: &'o str,
    /// JSON text of the fact.
    pub sealed: &'o str,
    /// JSON text of what stands there; `null`: nothing does.
    pub in_the_answer: Option<&'o str>,
}

/// Uses of checks against the sealed declaration.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct UsesCompared {
    /// Those that are as the declaration says.
    pub same: u64,
    /// The first of those that are not.
    pub differ: Vec<OtherUse>,
    /// How many more there are.
    pub differ_not_shown: u64,
    /// Why they could not be compared; `null`: they were.
    pub not_compared: Option<String>,
}

/// A use of a check that is not as the declaration says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct OtherUse {
    pub control: String,
    pub check: String,
    /// Ascending.
    pub targets: Vec<String>,
    /// The sealed record; `null`: there is none.
    pub record: Option<RecordRef>,
    pub problem: UseProblem,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum UseProblem {
    /// It is declared, and not sealed.
    NotSealed,
    /// It is sealed, and not declared.
    NotDeclared,
    /// Other parameters are declared.
    OtherParameters,
    /// The check was given another declaration than the sealed one.
    OtherDeclaration,
    /// That there is nothing is expected otherwise.
    OtherExpectation,
}

impl UseProblem {
    /// As it follows the use.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::NotSealed => "it is declared, and no such use is sealed",
            Self::NotDeclared => "it is sealed, and the declaration has no such use",
            Self::OtherParameters => "the declaration has other parameters",
            Self::OtherDeclaration => "the check was given another declaration than the sealed one",
            Self::OtherExpectation => "the declaration does not expect none, or for another reason",
        }
    }
}

/// An object that came out otherwise.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Otherwise {
    pub target: String,
    pub kind: String,
    pub id: String,
    /// The sealed record; `null`: there is none.
    pub record: Option<RecordRef>,
    pub problem: Problem,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Problem {
    /// Other facts come out.
    OtherFacts,
    /// It is sealed, and does not come out.
    DoesNotComeOut,
    /// It comes out, and is not sealed.
    NotSealed,
}

/// Sealed objects that could not be computed again, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct NotComputed {
    pub target: String,
    pub kind: String,
    pub count: u64,
    pub because: String,
}

/// How computing again went.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub struct Computed {
    /// Derived objects.
    pub same: u64,
    /// Declared things, read again from the sealed declaration. Not compared: what the ledger saw of them, and what is in folders of records.
    pub declared_same: u64,
    /// The first of those that come out otherwise.
    pub differ: Vec<Otherwise>,
    /// How many more there are.
    pub differ_not_shown: u64,
    pub not_computed: Vec<NotComputed>,
}

impl Computed {
    /// How many could not be computed again.
    #[must_use]
    pub fn not_computed(&self) -> u64 {
        self.not_computed.iter().map(|one| one.count).sum()
    }
}

impl Formed for Reassessment<'_> {
    const FORM: Form = Form::Reassess;
}

/// The schemas of all that `witnessmark-verify` prints as JSON.
#[must_use]
pub fn schemas() -> Vec<(Form, Value)> {
    let own = [model::schema::<Report>(), model::schema::<AuditReport>(), model::schema::<Reassessment<'static>>()];
    own.into_iter().chain(report::outputs::schemas()).collect()
}
