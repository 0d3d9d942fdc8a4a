//! What tests and proofs found, and what a test gives to a check.

use model::Outcome;
use regorus::{Engine, Value};
use serde_json::value::RawValue;

use crate::catalogue::{Check, CheckSet};

/// What came out.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Every test in the order of the checks and of their text.
    pub tests: Vec<Test>,
    /// What is wrong with a check besides failed tests.
    pub defects: Vec<Defect>,
    /// What a developer should know, and what fails no test.
    pub warnings: Vec<Defect>,
    /// The inputs that the tests gave to checks.
    pub cases: Vec<Case>,
}

impl Report {
    /// Nothing failed and nothing is wrong.
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.defects.is_empty() && self.tests.iter().all(|t| t.failure.is_none())
    }

    pub(super) fn defect(&mut self, check: &Check, test: Option<&str>, what: &str) {
        note(&mut self.defects, check, test, what);
    }

    pub(super) fn warning(&mut self, check: &Check, test: Option<&str>, what: &str) {
        // The first test that shows it is enough.
        if !self.warnings.iter().any(|known| known.check == check.id && known.what == what) {
            note(&mut self.warnings, check, test, what);
        }
    }
}

fn note(list: &mut Vec<Defect>, check: &Check, test: Option<&str>, what: &str) {
    let defect = Defect { check: check.id.clone(), test: test.map(str::to_owned), what: what.to_owned() };
    if !list.contains(&defect) {
        list.push(defect);
    }
}

/// One `test_*` rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Test {
    pub check: String,
    pub name: String,
    pub failure: Option<String>,
}

/// One thing that is wrong with a check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Defect {
    pub check: String,
    /// The test whose input showed it.
    pub test: Option<String>,
    pub what: String,
}

/// One input that a test gave to a check, and what a run would conclude from it.
#[derive(Clone, Debug)]
pub struct Case {
    pub check: String,
    pub test: String,
    pub input: Box<RawValue>,
    pub outcome: Outcome,
}

/// An input that a test gave, and the first test that gave it.
#[derive(Debug)]
pub(super) struct Input {
    pub(super) test: String,
    pub(super) value: Value,
}

/// An interpreter with a check and its libraries.
pub(super) fn interpreter(set: &CheckSet, check: &Check) -> Result<Engine, String> {
    let mut engine = Engine::new();
    // As in the machine that judges.
    engine.set_strict_builtin_errors(true);
    for (path, text) in set.modules(check) {
        engine.add_policy(path, text).map_err(|e| e.to_string())?;
    }
    Ok(engine)
}
