//! `witnessmark checks test`: runs the tests of checks, and holds what a check says of itself against what it does.
//!
//! * The `test_*` rules run in regorus' interpreter, as stock `opa test` runs them. Every input they give to a check is noted: a *case*.
//! * Each case is judged as a run would judge it. Each outcome that `needs` names must come out of some case; each place that evidence names
//!   must be there, and the value it shows must be the one that is there.
//! * `needs` is not taken on trust (`prove`): parts are removed, cut short and exchanged, and no other outcome may come out.
//! * The machine that judges (RVM) and the interpreter must prove the same of each case.
//!
//! Texts are run in this process: they are the developer's own.

mod prove;
mod report;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use regorus::Value;

use crate::catalogue::{Check, CheckSet, check_path, package};
use crate::differing::differing;
use crate::engine::rule;
use crate::guard;
use crate::judge::ORDER;

use report::{Input, interpreter};

pub use report::{Case, Defect, Report, Test};

/// Stack of the thread that runs tests, bytes: as in the child process.
const STACK: usize = 64 << 20;
/// What the noting rule calls.
const NOTE: &str = "witnessmark_note";

/// Runs the tests of every check of the set that has some in `tests` (path and text of `_test.rego` files, those under `lib/` for all).
/// A check without tests is a defect.
#[must_use]
pub fn run(set: &CheckSet, tests: &[(String, String)]) -> Report {
    let outcome = std::thread::scope(|scope| {
        std::thread::Builder::new()
            .stack_size(STACK)
            .spawn_scoped(scope, || run_here(set, tests))
            .map(std::thread::ScopedJoinHandle::join)
    });
    match outcome {
        Ok(Ok(report)) => report,
        _ => Report {
            defects: vec![Defect { check: String::new(), test: None, what: "the engine ended early".to_owned() }],
            ..Report::default()
        },
    }
}

fn run_here(set: &CheckSet, tests: &[(String, String)]) -> Report {
    let mut report = Report::default();
    for check in set.checks() {
        let path = check_path(&check.id).replace(".rego", "_test.rego");
        let Some((_, text)) = tests.iter().find(|(p, _)| *p == path) else {
            report.defect(check, None, "it has no tests");
            continue;
        };
        for (path, text) in set.modules(check) {
            for (line, one) in differing(&text) {
                let what = format!(
                    "{path}:{line}: `{}` {}: a run and stock OPA differ (docs/spec/checks.md, section 5)",
                    one.name, one.when
                );
                report.warning(check, None, &what);
            }
        }
        let shared: Vec<&(String, String)> = tests.iter().filter(|(p, _)| p.starts_with("lib/")).collect();
        match run_check(set, check, &path, text, &shared, &mut report.tests) {
            Ok(inputs) => prove::prove(set, check, &inputs, &mut report),
            Err(what) => report.defect(check, None, &what),
        }
    }
    report
}

fn run_check(
    set: &CheckSet,
    check: &Check,
    path: &str,
    text: &str,
    shared: &[&(String, String)],
    results: &mut Vec<Test>,
) -> Result<Vec<Input>, String> {
    let mut engine = interpreter(set, check)?;
    let noted: Arc<Mutex<Vec<Value>>> = Arc::default();
    let notes = Arc::clone(&noted);
    engine
        .add_extension(
            NOTE.to_owned(),
            1,
            Box::new(move |arguments: Vec<Value>| {
                notes.lock().unwrap_or_else(PoisonError::into_inner).extend(arguments);
                Ok(Value::Bool(false))
            }),
        )
        .map_err(|e| e.to_string())?;
    engine.add_policy("note.rego".to_owned(), noting(check)).map_err(|e| e.to_string())?;
    let mut names = BTreeMap::new();
    for (path, text) in shared.iter().map(|(p, t)| (p.as_str(), t.as_str())).chain([(path, text)]) {
        guard::admit(text).map_err(|e| format!("`{path}`: {e}"))?;
        engine.add_policy(path.to_owned(), text.to_owned()).map_err(|e| e.to_string())?;
    }
    for (line, name) in test_names(text) {
        names.entry(name).or_insert(line);
    }
    if names.is_empty() {
        return Err(format!("`{path}` has no rule whose name starts with `test_`"));
    }
    let package = guard::package(text).ok_or_else(|| format!("`{path}` has no package"))?;
    let mut inputs: Vec<Input> = Vec::new();
    let mut ordered: Vec<(usize, String)> = names.into_iter().map(|(name, line)| (line, name)).collect();
    ordered.sort();
    for (line, name) in ordered {
        let failure = match engine.eval_rule(format!("data.{package}.{name}")) {
            Ok(Value::Bool(true)) => None,
            Ok(Value::Undefined | Value::Bool(false)) => Some(format!("{path}:{line}: it does not hold")),
            Ok(_) => Some(format!("{path}:{line}: it is neither true nor false")),
            Err(error) => Some(error.to_string()),
        };
        for value in noted.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
            if !inputs.iter().any(|i| i.value == value) {
                inputs.push(Input { test: name.clone(), value });
            }
        }
        results.push(Test { check: check.id.clone(), name, failure });
    }
    Ok(inputs)
}

/// A rule beside each outcome that adds nothing to it and notes the input it was asked about.
fn noting(check: &Check) -> String {
    let mut text = format!("package {}\n", package(&check.id));
    for outcome in ORDER {
        if check.meta.custom.needs.of(outcome).is_some() {
            text.push_str(&format!("\n{} contains \"\" if {NOTE}(input)\n", rule(outcome)));
        }
    }
    text
}

/// Lines and names of the test rules of a text.
fn test_names(text: &str) -> Vec<(usize, String)> {
    text.lines()
        .enumerate()
        .filter(|(_, line)| line.starts_with("test_"))
        .map(|(n, line)| {
            let end = line.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(line.len());
            (n + 1, line.get(..end).unwrap_or_default().to_owned())
        })
        .collect()
}
