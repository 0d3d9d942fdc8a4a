//! What parent and child say to each other: one JSON object per line, UTF-8, version 1.
//!
//! ```text
//! parent  {"limits":{…}}                                    first line; the child bounds itself, then goes on
//! parent  {"check":{"id":…,"package":…,"outcomes":7,"modules":[[path,text],…]}}
//! child   {"loaded":{"id":…,"error":null|"…"}}              one for each check, before anything else is asked
//! parent  {"assignment":{"n":0,"check":"aws-kms/key-rotates","input":{now, parameters, declaration}}}
//! parent  {"subject":{"s":17,"target":{…},"resource":{…},"jobs":[{"n":0,"outcomes":7},{"n":3,"outcomes":2}]}}
//! parent  {"subject":{"s":18,"target":{…},"resources":{kind:[…]},"jobs":[{"n":5,"outcomes":7}]}}
//! child   {"s":17,"r":[[0,"conforms",[{…}],0],[3,"nothing",null,0],[5,"error","…",0]]}
//! ```
//! A job is the number of an assignment and the outcomes that may be asked for (not-applicable 1, deviates 2, conforms 4, undetermined 8);
//! with `hidden` some of them are asked for without these parts of the subject.
//! Answers come in the order of the subjects, jobs in the order of the job list. The child ends when its input does.
//! What the child says is not trusted: answers that were not asked for are refused by the parent.

use model::Outcome;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::judge::{Answer, Hidden, Proof, Proofs};
use crate::limits::Limits;

/// Bytes of one line in either direction.
pub(crate) const MAX_LINE: u64 = 256 << 20;

/// A check to load.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LoadCheck {
    pub id: String,
    pub package: String,
    /// The outcomes it can give, as bits.
    pub outcomes: u8,
    pub modules: Vec<(String, String)>,
}

/// A use of a check: the part of the input that is the same for every subject.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LoadAssignment {
    pub n: u32,
    pub check: String,
    pub input: SharedInput,
}

/// `{now, parameters, declaration}` of a check's input.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SharedInput {
    /// Seconds since 1970.
    pub now: i64,
    pub parameters: Box<RawValue>,
    pub declaration: Box<RawValue>,
}

/// What the parent says.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
pub(crate) enum ToChild<'l> {
    Limits(Limits),
    Check(LoadCheck),
    Assignment(LoadAssignment),
    #[serde(borrow)]
    Subject(SubjectJob<'l>),
}

/// One subject and what is to be judged of it. The parent writes this line itself; neither side copies the facts.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SubjectJob<'l> {
    pub s: u64,
    #[serde(borrow)]
    pub target: &'l RawValue,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub resource: Option<&'l RawValue>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub resources: Option<&'l RawValue>,
    pub jobs: Vec<Asked>,
}

/// What is asked of one use of a check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Asked {
    /// The number of the assignment.
    pub n: u32,
    /// The outcomes that may be asked for, as bits.
    pub outcomes: u8,
    #[serde(default, skip_serializing_if = "is_nothing")]
    pub hidden: Hidden,
}

fn is_nothing(hidden: &Hidden) -> bool {
    hidden.parts.is_empty()
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Loaded {
    pub loaded: LoadedCheck,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LoadedCheck {
    pub id: String,
    pub error: Option<String>,
}

/// What the child says of one subject.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Answered {
    pub s: u64,
    pub r: Vec<JobAnswer>,
}

/// `[n, word, what, more]`: the number of the assignment; `nothing`, `error` or an outcome; null, the error's text or the first proofs; how many
/// more proofs there are.
#[derive(Debug, Deserialize)]
pub(crate) struct JobAnswer(u32, String, Box<RawValue>, usize);

impl JobAnswer {
    /// The number of the assignment, and the answer.
    pub(crate) fn read(self) -> (u32, Answer) {
        let Self(n, word, what, more) = self;
        let outcome = match word.as_str() {
            "nothing" => return (n, Answer::Nothing),
            "error" => return (n, Answer::Failed(serde_json::from_str(what.get()).unwrap_or_default())),
            "conforms" => Outcome::Conforms,
            "deviates" => Outcome::Deviates,
            "not-applicable" => Outcome::NotApplicable,
            "undetermined" => Outcome::Undetermined,
            _ => return (n, Answer::Failed("an answer of unknown form".to_owned())),
        };
        match serde_json::from_str::<Vec<Proof>>(what.get()) {
            Ok(first) => (n, Answer::Proved(outcome, Proofs { first, more })),
            Err(error) => (
                n,
                Answer::Failed(format!(
                    "a piece of evidence has members `path`, `actual`, `expected`, `because`: {error}"
                )),
            ),
        }
    }
}
