//! regorus: one compiled program per check, evaluated per subject. The only file of the judging path that knows the engine.

use std::sync::Arc;

use model::Outcome;
use regorus::languages::rego::compiler::Compiler;
use regorus::rvm::{Program, RegoVM};
use regorus::{Engine, Value};

use crate::judge::{self, Askable, Hidden, ORDER, Proof};

/// One check, compiled.
pub(crate) struct Compiled {
    vm: RegoVM,
    entries: [Option<String>; 4],
    /// The entry point of a rule that lists what every outcome's rule holds.
    together: String,
    outcomes: Askable,
}

/// The name of that rule: no check may have one of its own that begins so.
const TOGETHER: &str = "witnessmark_outcomes";

/// The name of an outcome's rule.
pub(crate) const fn rule(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Conforms => "conforms",
        Outcome::Deviates => "deviates",
        Outcome::NotApplicable => "not_applicable",
        Outcome::Undetermined => "undetermined",
    }
}

/// Compiles a check and its libraries, given as path and text, with an entry point for each outcome it can give.
///
/// # Errors
/// The engine's message: it names file, line and column.
pub(crate) fn compile(
    modules: &[(String, String)],
    package: &str,
    outcomes: Askable,
    instructions: u64,
) -> Result<Compiled, String> {
    let mut engine = Engine::new();
    let listing = ("together.rego".to_owned(), listing(package, outcomes));
    for (path, text) in modules.iter().chain([&listing]) {
        engine.add_policy(path.clone(), text.clone()).map_err(|e| e.to_string())?;
    }
    let name = |outcome| format!("data.{package}.{}", rule(outcome));
    let entries = ORDER.map(|outcome| outcomes.contains(outcome).then(|| name(outcome)));
    let wanted: Vec<&str> = entries.iter().flatten().map(String::as_str).collect();
    let first: Arc<str> = (*wanted.first().ok_or("it can give no outcome")?).into();
    let policy = engine.compile_with_entrypoint(&first).map_err(|e| match e.to_string() {
        text if text.contains("not a valid rule path") => no_rule(&first),
        text => text,
    })?;
    for entry in &wanted {
        if !policy.get_rules().contains_key(*entry) {
            return Err(no_rule(entry));
        }
    }
    let together = format!("data.{package}.{TOGETHER}");
    let entry_points: Vec<&str> = wanted.iter().copied().chain([together.as_str()]).collect();
    let program: Arc<Program> = Compiler::compile_from_policy(&policy, &entry_points).map_err(|e| e.to_string())?;
    let mut vm = RegoVM::new();
    vm.load_program(program);
    vm.set_data(Value::new_object()).map_err(|e| e.to_string())?;
    // A builtin that fails ends the body it is in. Otherwise its value would be undefined, and a `not` before it would hold.
    vm.set_strict_builtin_errors(true);
    vm.set_max_instructions(usize::try_from(instructions).unwrap_or(usize::MAX));
    Ok(Compiled { vm, entries, together, outcomes })
}

fn no_rule(entry: &str) -> String {
    format!("there is no rule `{entry}`, which `needs` names")
}

impl Compiled {
    /// Gives the machine its input; it holds for the evaluations that follow.
    pub(crate) fn input(&mut self, input: Value) {
        self.vm.set_input(input);
    }

    /// The first outcome that is proven, and the set of its proofs. `member`: that of the input which holds the subject.
    ///
    /// # Errors
    /// The engine's message.
    pub(crate) fn first_proven(
        &mut self,
        input: &Value,
        member: &Value,
        askable: Askable,
        hidden: &Hidden,
    ) -> Result<Option<(Outcome, Value)>, String> {
        self.input(input.clone());
        if !hidden.parts.is_empty() {
            let without = without(input, member, &hidden.parts)?;
            return judge::first_proven(askable, |outcome| {
                let hides = hidden.outcomes().contains(outcome);
                self.input(if hides { without.clone() } else { input.clone() });
                self.prove(outcome)
            });
        }
        // Where every outcome may be asked for, one evaluation shares what their rules have in common. When it fails, one of the
        // outcomes alone may still be proven.
        if askable == self.outcomes
            && let Ok(Value::Array(all)) = self.vm.execute_entry_point_by_name(&self.together)
        {
            let mut all = all.iter();
            let next = |outcome| all.next().cloned().map_or(Ok(None), |value| proofs(outcome, value));
            return judge::first_proven(askable, next);
        }
        judge::first_proven(askable, |outcome| self.prove(outcome))
    }

    /// The set of the proofs of one outcome; `None` when there are none.
    ///
    /// # Errors
    /// The engine's message.
    pub(crate) fn prove(&mut self, outcome: Outcome) -> Result<Option<Value>, String> {
        let entry = ORDER
            .iter()
            .position(|o| *o == outcome)
            .and_then(|n| self.entries.get(n))
            .and_then(Option::as_deref)
            .ok_or_else(|| format!("it cannot give `{outcome}`"))?;
        let value = self.vm.execute_entry_point_by_name(entry).map_err(|e| e.to_string())?;
        proofs(outcome, value)
    }
}

/// The input with a subject that lacks these parts.
fn without(input: &Value, member: &Value, parts: &[String]) -> Result<Value, String> {
    let mut changed = input.clone();
    let members = changed.as_object_mut().map_err(|e| e.to_string())?;
    if let Some(subject) = members.get_mut(member) {
        let subject = subject.as_object_mut().map_err(|e| e.to_string())?;
        for part in parts {
            subject.remove(&Value::from(part.as_str()));
        }
    }
    Ok(changed)
}

fn proofs(outcome: Outcome, value: Value) -> Result<Option<Value>, String> {
    match value {
        Value::Undefined => Ok(None),
        Value::Set(proofs) if proofs.is_empty() => Ok(None),
        Value::Set(_) => Ok(Some(value)),
        _ => Err(format!("`{0}` is not a set: write `{0} contains …`", rule(outcome))),
    }
}

/// The first proofs of a set as a JSON list on one line, as a line is a message, and how many more there are. Of those only the first that is no
/// proof is among the list: whoever reads it finds fault with the check, however many proofs come before.
///
/// # Errors
/// When they cannot be written: a number that JSON has not.
pub(crate) fn first(proofs: &Value, most: usize) -> Result<(String, usize), String> {
    let Value::Set(all) = proofs else { return Ok(("[]".to_owned(), 0)) };
    let mut first: Vec<&Value> = all.iter().take(most).collect();
    for later in all.iter().skip(most) {
        if !is_proof(later)? {
            first.push(later);
            break;
        }
    }
    let text = serde_json::to_string(&first).map_err(|e| e.to_string())?;
    Ok((text, all.len().saturating_sub(first.len())))
}

/// Whether a value is read as a [`Proof`]. What obviously is one is not written out for that: of many thousands nearly all are.
fn is_proof(value: &Value) -> Result<bool, String> {
    let plain = |(name, value): (&Value, &Value)| match (name, value) {
        (Value::String(name), Value::String(_)) => matches!(&**name, "path" | "actual" | "expected" | "because"),
        (Value::String(name), Value::Bool(_) | Value::Null) => matches!(&**name, "actual" | "expected"),
        _ => false,
    };
    if let Value::Object(members) = value
        && members.iter().all(plain)
    {
        return Ok(true);
    }
    let text = serde_json::to_string(value).map_err(|e| e.to_string())?;
    Ok(serde_json::from_str::<Proof>(&text).is_ok())
}

/// A module beside the check's: the sets of all outcomes it can give, in the order in which they count.
fn listing(package: &str, outcomes: Askable) -> String {
    let names: Vec<&str> = ORDER.into_iter().filter(|o| outcomes.contains(*o)).map(rule).collect();
    format!("package {package}\n\n{TOGETHER} := [{}]\n", names.join(", "))
}
