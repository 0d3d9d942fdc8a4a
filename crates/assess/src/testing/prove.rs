//! `needs`, proven: what is concluded without a part may not depend on that part.
//!
//! For every case and every part of its subject:
//! * removed, with a gap that says so: the outcome stays or becomes undetermined;
//! * a truncated list, with a gap: the same;
//! * an outcome that stays although the part is gone must stay whatever the part holds: it is given the values it has in all other cases;
//! * where several lists of parts are each enough, the same with all parts of the other lists gone.
//!
//! And the other way round: a part that an outcome is said to need, and that decides nothing, is warned of.

use std::collections::BTreeSet;

use model::record::{Gap, GapReason};
use model::{Outcome, RecordRef, RecordType};
use regorus::Value;
use serde_json::value::RawValue;

use super::report::{Case, Input, Report, interpreter};
use crate::catalogue::{Check, CheckSet, package};
use crate::engine::{self, Compiled, rule};
use crate::guard;
use crate::judge::{self, Answer, Askable, Blame, Hidden, Known, ORDER, Proof, Question, Verdict};
use crate::limits::Limits;
use crate::meta::SubjectKind;
use crate::pointer;

struct Prover<'p> {
    check: &'p Check,
    machine: Compiled,
    /// The member of the input that holds the subject.
    member: &'static str,
}

pub(super) fn prove(set: &CheckSet, check: &Check, inputs: &[Input], report: &mut Report) {
    let needs = &check.meta.custom.needs;
    let outcomes = Askable::all_of(needs);
    let modules = set.modules(check);
    let machine = match engine::compile(&modules, &package(&check.id), outcomes, Limits::default().instructions) {
        Ok(machine) => machine,
        Err(error) => return report.defect(check, None, &format!("it does not compile: {error}")),
    };
    let member = match check.meta.custom.subject {
        SubjectKind::Kind(_) => "resource",
        SubjectKind::Target => "resources",
    };
    let mut prover = Prover { check, machine, member };
    let mut judged = Vec::new();
    for input in inputs {
        match prover.case(input, report) {
            Ok(outcome) => judged.push((input, outcome)),
            Err(what) => report.defect(check, Some(&input.test), &what),
        }
    }
    for outcome in ORDER {
        if outcomes.contains(outcome) && !judged.iter().any(|(_, o)| *o == outcome) {
            report.defect(check, None, &format!("no test makes it say `{outcome}`"));
        }
    }
    prover.mentioned(inputs, report);
    prover.differ(set, inputs, report);
    for (input, outcome) in &judged {
        if let Err(what) = prover.disturb(input, *outcome, inputs) {
            report.defect(check, Some(&input.test), &what);
        }
    }
    for (input, outcome) in judged.iter().filter(|(_, outcome)| *outcome != Outcome::Undetermined) {
        match prover.idle(input, *outcome, inputs) {
            Ok(parts) => {
                for part in parts {
                    let what =
                        format!("`needs` says that `{outcome}` needs `{part}`, which decides nothing about it here");
                    report.warning(check, Some(&input.test), &what);
                }
            }
            Err(what) => report.defect(check, Some(&input.test), &what),
        }
    }
}

impl Prover<'_> {
    fn facts<'v>(&self, input: &'v Value) -> Result<&'v Value, String> {
        let object = input.as_object().map_err(|_| "its input is not an object".to_owned())?;
        object.get(&Value::from(self.member)).ok_or_else(|| format!("its input has no `{}`", self.member))
    }

    /// The input with these facts instead of its own.
    fn with_facts(&self, input: &Value, facts: Value) -> Result<Value, String> {
        let mut changed = input.clone();
        changed.as_object_mut().map_err(|e| e.to_string())?.insert(Value::from(self.member), facts);
        Ok(changed)
    }

    /// Judges as a run does, with a gap for each part that was not read.
    fn judge(&mut self, input: &Value, unread: &[&str]) -> Result<Verdict, String> {
        let facts: Box<RawValue> = serde_json::to_string(self.facts(input)?)
            .ok()
            .and_then(|t| serde_json::from_str(&t).ok())
            .ok_or("its subject is not JSON")?;
        let blame: Vec<Blame> = unread.iter().map(|part| gap(part)).map(|(r, g)| Blame::of(r, &g)).collect();
        let known = Known::new(&facts, &blame).ok_or("its subject is not an object")?;
        let question = Question::new(&self.check.meta.custom.needs, &known);
        let member = Value::from(self.member);
        let answer = match self.machine.first_proven(input, &member, question.askable, &question.hidden) {
            Ok(None) => Answer::Nothing,
            Ok(Some((outcome, all))) => {
                let text = serde_json::to_string(&all).map_err(|e| e.to_string())?;
                let proofs: Vec<Proof> = serde_json::from_str(&text).map_err(|e| {
                    format!("a piece of evidence has the members `path`, `actual`, `expected`, `because`: {e}")
                })?;
                evidence_holds(&facts, &proofs)?;
                Answer::Proved(outcome, proofs.into())
            }
            Err(error) => return Err(format!("it cannot be evaluated: {error}")),
        };
        Ok(judge::conclude(&question, &facts, answer))
    }

    fn case(&mut self, input: &Input, report: &mut Report) -> Result<Outcome, String> {
        let verdict = self.judge(&input.value, &[])?;
        let text = serde_json::to_string(&input.value).map_err(|e| e.to_string())?;
        report.cases.push(Case {
            check: self.check.id.clone(),
            test: input.test.clone(),
            input: RawValue::from_string(text).map_err(|e| e.to_string())?,
            outcome: verdict.outcome,
        });
        Ok(verdict.outcome)
    }

    /// Parts that the text or `needs` names must be in some case: otherwise nothing was shown of them.
    fn mentioned(&self, inputs: &[Input], report: &mut Report) {
        let mut named: Vec<String> = self.check.meta.custom.needs.all().into_iter().map(str::to_owned).collect();
        if self.member == "resource" {
            named.extend(guard::parts(&self.check.text));
        }
        named.sort();
        named.dedup();
        for part in named {
            let key = Value::from(part.as_str());
            let shown = inputs
                .iter()
                .filter_map(|i| self.facts(&i.value).ok()?.as_object().ok())
                .any(|facts| facts.contains_key(&key));
            if !shown {
                report.defect(self.check, None, &format!("it names the part `{part}`, which no test has"));
            }
        }
    }

    /// The machine and the interpreter prove the same.
    fn differ(&mut self, set: &CheckSet, inputs: &[Input], report: &mut Report) {
        let mut other = match interpreter(set, self.check) {
            Ok(engine) => engine,
            Err(error) => return report.defect(self.check, None, &error),
        };
        for input in inputs {
            other.set_input(input.value.clone());
            self.machine.input(input.value.clone());
            for outcome in ORDER {
                if self.check.meta.custom.needs.of(outcome).is_none() {
                    continue;
                }
                let name = format!("data.{}.{}", package(&self.check.id), rule(outcome));
                let interpreted = other.eval_rule(name).map_err(|e| e.to_string()).and_then(|v| match &v {
                    Value::Set(proofs) if proofs.is_empty() => Ok(None),
                    Value::Undefined => Ok(None),
                    _ => serde_json::to_string(&v).map(Some).map_err(|e| e.to_string()),
                });
                let machine = self.machine.prove(outcome);
                let text = |all: Value| serde_json::to_string(&all).map_err(|e| e.to_string());
                if machine.and_then(|all| all.map(text).transpose()) != interpreted {
                    report.defect(self.check, Some(&input.test), &format!("the two engines differ about `{outcome}`"));
                }
            }
        }
    }

    fn disturb(&mut self, input: &Input, outcome: Outcome, others: &[Input]) -> Result<(), String> {
        let facts = self.facts(&input.value)?.clone();
        let parts: Vec<(Value, Value)> = facts
            .as_object()
            .map_err(|_| "its subject is not an object".to_owned())?
            .iter()
            .map(|(k, v)| (k.clone(), v.clone()))
            .collect();
        for (key, value) in parts {
            let part = key.as_string().map_err(|e| e.to_string())?.to_string();
            let mut without = facts.clone();
            without.as_object_mut().map_err(|e| e.to_string())?.remove(&key);
            let removed = self.with_facts(&input.value, without)?;
            let verdict = self.judge(&removed, &[&part])?;
            tolerable(outcome, verdict.outcome, &format!("without `{part}`"))?;
            // No gap beside it: absence alone must be enough.
            let bare = self.judge(&removed, &[])?;
            tolerable(outcome, bare.outcome, &format!("without `{part}` and without a gap"))?;
            for shorter in shortened(&value) {
                let cut = self.replaced(&input.value, &facts, &key, shorter)?;
                let verdict = self.judge(&cut, &[&part])?;
                tolerable(outcome, verdict.outcome, &format!("with `{part}` cut short"))?;
            }
            if verdict.outcome == outcome && outcome != Outcome::Undetermined {
                self.exchange(input, outcome, &facts, &key, others)?;
            }
        }
        self.one_way_only(input, outcome, &facts)
    }

    /// Where several lists of parts are each enough: with one of them alone, whatever else they name not read at all or in part.
    fn one_way_only(&mut self, input: &Input, outcome: Outcome, facts: &Value) -> Result<(), String> {
        let needs = self.check.meta.custom.needs.clone();
        for grounds in ORDER.iter().filter_map(|one| needs.of(*one)) {
            for way in grounds.ways() {
                let mut others: Vec<&str> = grounds.parts().filter(|part| !way.iter().any(|own| own == part)).collect();
                others.sort_unstable();
                others.dedup();
                if others.is_empty() {
                    continue;
                }
                let mut alone = facts.clone();
                let members = alone.as_object_mut().map_err(|e| e.to_string())?;
                for part in &others {
                    members.remove(&Value::from(*part));
                }
                let how = format!("with nothing of {} read", others.join(", "));
                let verdict = self.judge(&self.with_facts(&input.value, alone)?, &others)?;
                tolerable(outcome, verdict.outcome, &how)?;
                let verdict = self.judge(&input.value, &others)?;
                tolerable(outcome, verdict.outcome, &format!("with only a part of {} read", others.join(", ")))?;
            }
        }
        Ok(())
    }

    /// Parts that the outcome is said to need, and that decide nothing about it here: where they cannot be read, what was proven by
    /// others would be lost.
    fn idle(&mut self, input: &Input, outcome: Outcome, others: &[Input]) -> Result<Vec<String>, String> {
        let Some(grounds) = self.check.meta.custom.needs.of(outcome).cloned() else {
            return Ok(Vec::new());
        };
        let facts = self.facts(&input.value)?.clone();
        let members = facts.as_object().map_err(|_| "its subject is not an object".to_owned())?.clone();
        let present = |part: &str| members.contains_key(&Value::from(part));
        let possible: Vec<&[String]> = grounds.ways().filter(|way| way.iter().all(|part| present(part))).collect();
        let mut idle = Vec::new();
        for part in possible.first().into_iter().copied().flatten() {
            if !possible.iter().all(|way| way.contains(part)) {
                continue;
            }
            let key = Value::from(part.as_str());
            let Some(own) = members.get(&key) else { continue };
            let mut without = facts.clone();
            without.as_object_mut().map_err(|e| e.to_string())?.remove(&key);
            let mut inputs = vec![self.with_facts(&input.value, without)?];
            for cut in shortened(own) {
                inputs.push(self.replaced(&input.value, &facts, &key, cut)?);
            }
            let mut another = false;
            for value in others.iter().filter_map(|other| self.facts(&other.value).ok()?.as_object().ok()?.get(&key)) {
                if value != own {
                    another = true;
                    inputs.push(self.replaced(&input.value, &facts, &key, value.clone())?);
                }
            }
            let stays = |prover: &mut Self, input: &Value| {
                let member = Value::from(prover.member);
                let all = Askable::all_of(&prover.check.meta.custom.needs);
                let proven = prover.machine.first_proven(input, &member, all, &Hidden::default());
                // What is evidence has to be there.
                matches!(proven, Ok(Some((found, all))) if found == outcome && prover.shows(input, &all))
            };
            if another && inputs.iter().all(|changed| stays(self, changed)) {
                idle.push(part.clone());
            }
        }
        Ok(idle)
    }

    /// What was concluded without the part holds whatever the part is.
    fn exchange(
        &mut self,
        input: &Input,
        outcome: Outcome,
        facts: &Value,
        key: &Value,
        others: &[Input],
    ) -> Result<(), String> {
        // Most tests share most parts: each other value is tried once.
        let mut tried: BTreeSet<&Value> = facts.as_object().ok().and_then(|f| f.get(key)).into_iter().collect();
        for other in others {
            let Some(value) = self.facts(&other.value)?.as_object().ok().and_then(|f| f.get(key)) else {
                continue;
            };
            if !tried.insert(value) {
                continue;
            }
            let changed = self.replaced(&input.value, facts, key, value.clone())?;
            let verdict = self.judge(&changed, &[])?;
            if verdict.outcome != outcome {
                return Err(format!(
                    "`needs` says that `{outcome}` does not need {key}, but with its value from `{}` it becomes `{}`",
                    other.test, verdict.outcome
                ));
            }
        }
        Ok(())
    }

    /// Whether these proofs name places that are there.
    fn shows(&self, input: &Value, proofs: &Value) -> bool {
        let facts = self.facts(input).ok().and_then(|facts| serde_json::to_string(facts).ok());
        let facts = facts.and_then(|text| serde_json::from_str::<Box<RawValue>>(&text).ok());
        let proofs = serde_json::to_string(proofs).ok();
        let proofs = proofs.and_then(|text| serde_json::from_str::<Vec<Proof>>(&text).ok());
        facts.zip(proofs).is_some_and(|(facts, proofs)| evidence_holds(&facts, &proofs).is_ok())
    }

    fn replaced(&self, input: &Value, facts: &Value, key: &Value, value: Value) -> Result<Value, String> {
        let mut changed = facts.clone();
        changed.as_object_mut().map_err(|e| e.to_string())?.insert(key.clone(), value);
        self.with_facts(input, changed)
    }
}

fn tolerable(whole: Outcome, disturbed: Outcome, how: &str) -> Result<(), String> {
    if disturbed == whole || disturbed == Outcome::Undetermined {
        Ok(())
    } else {
        Err(format!("it says `{whole}`, and {how} `{disturbed}`"))
    }
}

/// The value with each list in it, at its top or one level below, cut after every length but its own.
fn shortened(value: &Value) -> Vec<Value> {
    let cuts = |list: &Value| -> Vec<Value> {
        let Ok(items) = list.as_array() else { return Vec::new() };
        (0..items.len()).map(|n| Value::from(items.iter().take(n).cloned().collect::<Vec<_>>())).collect()
    };
    let mut all = cuts(value);
    if let Ok(members) = value.as_object() {
        for (key, list) in members.iter() {
            for shorter in cuts(list) {
                let mut changed = value.clone();
                if let Ok(object) = changed.as_object_mut() {
                    object.insert(key.clone(), shorter);
                    all.push(changed);
                }
            }
        }
    }
    all
}

/// Each place that is named is there, and the value shown is what is there.
fn evidence_holds(facts: &RawValue, proofs: &[Proof]) -> Result<(), String> {
    for proof in proofs {
        let Some(path) = &proof.path else {
            if proof.because.is_none() {
                return Err("the evidence names neither a place nor a reason".to_owned());
            }
            continue;
        };
        let Some(there) = pointer::cut(facts, path) else {
            return Err(format!("the evidence names `{path}`, where there is nothing"));
        };
        if let Some(actual) = &proof.actual {
            let read = |raw: &RawValue| serde_json::from_str::<serde_json::Value>(raw.get()).ok();
            if read(actual) != read(there) {
                return Err(format!("the evidence shows {actual} for `{path}`, where the value is {there}"));
            }
        }
    }
    Ok(())
}

fn gap(part: &str) -> (RecordRef, Gap) {
    let gap = Gap {
        target: String::new(),
        collector: String::new(),
        population: None,
        subject: None,
        part: Some(part.to_owned()),
        right: None,
        reason: GapReason::Denied,
        detail: "removed by the test".to_owned(),
        exchange: None,
        acceptance: None,
    };
    (RecordRef::new(RecordType::Gap, 0), gap)
}
