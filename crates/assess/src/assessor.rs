//! The run of judging: resources in, findings out, a child process in between.
//!
//! Resources are fed one by one and forgotten once they are judged; only a small window is under way in the child.
//! Findings of a subject come as soon as it is judged, those of populations and whole targets at the end.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::io;
use std::sync::Arc;

use model::record::{Assignment, Coverage, Derived, Finding, Gap, Resource, Subject};
use model::{Outcome, RecordRef, Severity};
use serde_json::value::{RawValue, to_raw_value};

use crate::catalogue::{Check, CheckSet};
use crate::client::WorkerCommand;
use crate::gaps::{SubjectRef, collector_of};
use crate::judge::{Answer, Askable, Blame, Known, Question, Verdict, conclude};
use crate::limits::Limits;
use crate::meta::SubjectKind;
use crate::pool::{Job, Load, Pool, Summary};
use crate::population::{Populations, Whole};
use crate::protocol::{Asked, LoadAssignment, LoadCheck, SharedInput};

/// Resources that a check with `subject: target` may be given.
const MAX_WHOLE: usize = 100_000;
/// Bytes of facts that a check with `subject: target` may be given.
const MAX_WHOLE_BYTES: usize = 64 << 20;

/// What is judged, and by what. References are those of the records, so that findings can name what they rest on.
#[derive(Clone, Debug, Default)]
pub struct Case {
    pub checks: CheckSet,
    pub assignments: Vec<(RecordRef, Assignment)>,
    pub coverage: Vec<(RecordRef, Coverage)>,
    pub gaps: Vec<(RecordRef, Gap)>,
}

/// A resource or a derived object, as the assessor reads it.
#[derive(Clone, Copy, Debug)]
pub struct Member<'m> {
    pub target: &'m str,
    pub collector: &'m str,
    pub population: &'m str,
    pub kind: &'m str,
    pub id: &'m str,
    pub facts: &'m RawValue,
}

impl<'m> From<&'m Resource> for Member<'m> {
    fn from(r: &'m Resource) -> Self {
        Self {
            target: &r.target,
            collector: &r.collector,
            population: &r.population,
            kind: &r.kind,
            id: &r.id,
            facts: &r.facts,
        }
    }
}

impl<'m> From<&'m Derived> for Member<'m> {
    fn from(d: &'m Derived) -> Self {
        Self {
            target: &d.target,
            collector: &d.collector,
            population: &d.population,
            kind: &d.kind,
            id: &d.id,
            facts: &d.facts,
        }
    }
}

/// Why judging could not go on. Nothing of a check's own doing is among this: that makes a finding undetermined.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AssessError {
    #[error("the process that evaluates checks cannot be started from `{program}`")]
    Start {
        program: String,
        #[source]
        cause: io::Error,
    },
    #[error("assignment of control `{control}` names the check `{check}`, which does not exist")]
    UnknownCheck { control: String, check: String },
    #[error("findings cannot be written")]
    Sink(#[source] io::Error),
}

/// Where findings go.
pub type Sink<'s> = &'s mut dyn FnMut(Finding) -> io::Result<()>;

/// One use of a check, ready to be judged.
#[derive(Debug)]
struct Use {
    reference: RecordRef,
    assignment: Assignment,
    check: usize,
    /// The number of what it asks: uses of one check with the same date, parameters and declaration ask the same.
    question: usize,
}

/// What is asked about the subjects of one kind of one target: each question once, however many controls use it.
#[derive(Debug, Default)]
struct Asking {
    /// Numbers of the questions, as the child knows them.
    questions: Vec<usize>,
    /// Uses in the order of the assignments, each with the place of its question in `questions`.
    uses: Vec<(usize, usize)>,
}

impl Asking {
    fn add(&mut self, used: usize, question: usize) {
        let place = self.questions.iter().position(|known| *known == question).unwrap_or_else(|| {
            self.questions.push(question);
            self.questions.len() - 1
        });
        self.uses.push((used, place));
    }
}

/// What a finding needs to know of its subject once the answer is there.
#[derive(Debug)]
struct Waiting {
    reference: Option<RecordRef>,
    target: String,
    subject: Option<Subject>,
    population: Option<String>,
    facts: Box<RawValue>,
    asking: Arc<Asking>,
    /// As many as `asking` has.
    questions: Vec<Question>,
    /// For whole targets: the coverage they rest on.
    rests_on: Vec<RecordRef>,
}

/// Judges. Feed it every resource, then [`Assessor::finish`].
#[derive(Debug)]
pub struct Assessor {
    checks: Vec<Check>,
    uses: Vec<Use>,
    /// The check of each question.
    asked: Vec<usize>,
    /// target → kind → what is asked about that kind.
    by_kind: HashMap<String, HashMap<String, Arc<Asking>>>,
    /// target → kinds that some check is given whole.
    read_whole: HashMap<String, Vec<String>>,
    whole: HashMap<(String, String), Gathered>,
    populations: Populations,
    pool: Pool,
    waiting: VecDeque<Waiting>,
}

/// All members of one kind of one target.
#[derive(Debug, Default)]
struct Gathered {
    facts: Vec<Box<RawValue>>,
    references: Vec<RecordRef>,
    bytes: usize,
    refused: bool,
}

impl Assessor {
    /// Starts the child process and loads the checks that are used. A check that does not load is not an error: its findings say so.
    ///
    /// # Errors
    /// When the child cannot be started, or an assignment names a check that is not there.
    pub fn new(command: WorkerCommand, limits: Limits, case: Case) -> Result<Self, AssessError> {
        let Case { checks: set, assignments, coverage, gaps } = case;
        let mut checks: Vec<Check> = Vec::new();
        let mut places: HashMap<String, usize> = HashMap::new();
        let mut uses = Vec::with_capacity(assignments.len());
        let mut by_kind: HashMap<String, HashMap<String, Asking>> = HashMap::new();
        let mut questions = Vec::new();
        let mut asked: HashMap<(usize, i64, String, String), usize> = HashMap::new();
        let mut read_whole: HashMap<String, Vec<String>> = HashMap::new();
        let mut load = Load::default();
        for (reference, assignment) in assignments {
            let at = match places.get(&assignment.check) {
                Some(at) => *at,
                None => {
                    let check = set.get(&assignment.check).ok_or_else(|| AssessError::UnknownCheck {
                        control: assignment.control.clone(),
                        check: assignment.check.clone(),
                    })?;
                    load.checks.push(load_check(&set, check));
                    places.insert(assignment.check.clone(), checks.len());
                    checks.push(check.clone());
                    checks.len() - 1
                }
            };
            let n = uses.len();
            let now = assignment.now.as_seconds();
            let input = (at, now, assignment.parameters.get().to_owned(), assignment.declared.get().to_owned());
            let question = *asked.entry(input).or_insert_with(|| {
                load.assignments.push(LoadAssignment {
                    n: u32::try_from(load.assignments.len()).unwrap_or(u32::MAX),
                    check: assignment.check.clone(),
                    input: SharedInput {
                        now,
                        parameters: assignment.parameters.clone(),
                        declaration: assignment.declared.clone(),
                    },
                });
                questions.push(at);
                questions.len() - 1
            });
            if let Some(check) = checks.get(at) {
                for target in &assignment.targets {
                    match &check.meta.custom.subject {
                        SubjectKind::Kind(kind) => {
                            let kinds = by_kind.entry(target.clone()).or_default();
                            kinds.entry(kind.clone()).or_default().add(n, question);
                        }
                        SubjectKind::Target => {
                            read_whole
                                .entry(target.clone())
                                .or_default()
                                .extend(check.meta.custom.reads.iter().cloned());
                        }
                    }
                }
            }
            uses.push(Use { reference, assignment, check: at, question });
        }
        let by_kind = by_kind
            .into_iter()
            .map(|(target, kinds)| (target, kinds.into_iter().map(|(kind, asks)| (kind, Arc::new(asks))).collect()))
            .collect();
        let program = command.program.display().to_string();
        let pool = Pool::start(command, limits, load).map_err(|cause| AssessError::Start { program, cause })?;
        Ok(Self {
            checks,
            uses,
            asked: questions,
            by_kind,
            read_whole,
            whole: HashMap::new(),
            populations: Populations::new(coverage, gaps),
            pool,
            waiting: VecDeque::new(),
        })
    }

    /// Takes one resource. Findings of earlier ones may come out.
    ///
    /// # Errors
    /// When findings cannot be written, or no child process can be started any more.
    pub fn feed(&mut self, reference: RecordRef, member: Member<'_>, sink: Sink<'_>) -> Result<(), AssessError> {
        let subject = SubjectRef {
            target: member.target,
            collector: member.collector,
            population: member.population,
            kind: member.kind,
            id: member.id,
        };
        let (touching, named) = self.populations.gaps.touching(subject);
        let blame: Vec<Blame> = touching.into_iter().map(|(r, gap)| Blame::of(*r, gap)).collect();
        self.populations.count(subject, named);
        self.gather(reference, member);
        let Some(asking) = self.by_kind.get(member.target).and_then(|kinds| kinds.get(member.kind)).cloned() else {
            return Ok(());
        };
        let known = Known::new(member.facts, &blame);
        let questions = asking
            .questions
            .iter()
            .map(|number| match (&known, self.asked.get(*number).and_then(|check| self.checks.get(*check))) {
                (Some(known), Some(check)) => Question::new(&check.meta.custom.needs, known),
                _ => Question::nothing("the facts are not a JSON object"),
            })
            .collect();
        let waiting = Waiting {
            reference: Some(reference),
            target: member.target.to_owned(),
            subject: Some(Subject { kind: member.kind.to_owned(), id: member.id.to_owned() }),
            population: Some(member.population.to_owned()),
            facts: member.facts.to_owned(),
            asking,
            questions,
            rests_on: Vec::new(),
        };
        let input = input_of(member.target, member.collector, "resource", member.facts);
        self.ask(waiting, input, sink)
    }

    /// Judges what is still under way, then populations and whole targets.
    ///
    /// # Errors
    /// As [`Self::feed`].
    pub fn finish(mut self, sink: Sink<'_>) -> Result<Summary, AssessError> {
        self.whole_targets(sink)?;
        while !self.waiting.is_empty() {
            self.settle_one(sink)?;
        }
        let mut wholes: HashMap<(&str, &str), Whole<'_>> = HashMap::new();
        for used in &self.uses {
            let Some(check) = self.checks.get(used.check) else { continue };
            if let SubjectKind::Kind(kind) = &check.meta.custom.subject {
                for target in &used.assignment.targets {
                    let whole = wholes.entry((target, kind)).or_insert_with(|| self.populations.whole(target, kind));
                    judge_population(used, check, (target, kind), whole, sink)?;
                }
            }
        }
        Ok(self.pool.summary())
    }

    /// Sends a subject to the child, and settles earlier ones when too much is under way.
    fn ask(&mut self, waiting: Waiting, input: Vec<u8>, sink: Sink<'_>) -> Result<(), AssessError> {
        let jobs = waiting
            .asking
            .questions
            .iter()
            .zip(&waiting.questions)
            .filter(|(_, question)| question.askable != Askable::NONE)
            .map(|(n, question)| Asked {
                n: u32::try_from(*n).unwrap_or(u32::MAX),
                outcomes: question.askable.bits(),
                hidden: question.hidden.clone(),
            })
            .collect();
        self.waiting.push_back(waiting);
        self.pool.push(Job::new(input, jobs));
        while self.pool.is_full() {
            self.settle_one(sink)?;
        }
        Ok(())
    }

    /// Turns the oldest subject's answers into findings.
    fn settle_one(&mut self, sink: Sink<'_>) -> Result<(), AssessError> {
        let answers = self.pool.pop();
        let Some(waiting) = self.waiting.pop_front() else {
            return Ok(());
        };
        let mut answers: HashMap<u32, Answer> = answers.into_iter().collect();
        let verdicts: Vec<Verdict> = waiting
            .asking
            .questions
            .iter()
            .zip(&waiting.questions)
            .map(|(number, question)| {
                let answer = u32::try_from(*number).ok().and_then(|n| answers.remove(&n)).unwrap_or(Answer::Nothing);
                conclude(question, &waiting.facts, answer)
            })
            .collect();
        for (n, place) in &waiting.asking.uses {
            let (Some(used), Some(verdict)) = (self.uses.get(*n), verdicts.get(*place)) else { continue };
            let Some(check) = self.checks.get(used.check) else { continue };
            let finding = subject_finding(used, check.meta.custom.severity, &waiting, verdict.clone());
            sink(finding).map_err(AssessError::Sink)?;
        }
        Ok(())
    }

    /// Keeps a resource for the checks that are given its kind whole.
    fn gather(&mut self, reference: RecordRef, member: Member<'_>) {
        let wanted = self.read_whole.get(member.target).is_some_and(|kinds| kinds.iter().any(|k| k == member.kind));
        if !wanted {
            return;
        }
        let gathered = self.whole.entry((member.target.to_owned(), member.kind.to_owned())).or_default();
        gathered.bytes += member.facts.get().len();
        if gathered.facts.len() >= MAX_WHOLE || gathered.bytes > MAX_WHOLE_BYTES {
            gathered.refused = true;
            gathered.facts.clear();
            gathered.references.clear();
        }
        if !gathered.refused {
            gathered.facts.push(member.facts.to_owned());
            gathered.references.push(reference);
        }
    }

    /// Puts the question for every use of a check with `subject: target`.
    fn whole_targets(&mut self, sink: Sink<'_>) -> Result<(), AssessError> {
        let mut asked = Vec::new();
        let mut asking: BTreeMap<(usize, &str), Asking> = BTreeMap::new();
        for (n, used) in self.uses.iter().enumerate() {
            let whole = self.checks.get(used.check).is_some_and(|c| c.meta.custom.subject == SubjectKind::Target);
            for target in used.assignment.targets.iter().filter(|_| whole) {
                asking.entry((used.question, target)).or_default().add(n, used.question);
            }
        }
        for ((question, target), asking) in asking {
            if let Some(check) = self.asked.get(question).and_then(|check| self.checks.get(*check)) {
                asked.push(self.whole_target(asking, check, target));
            }
        }
        for (waiting, input) in asked {
            self.ask(waiting, input, sink)?;
        }
        Ok(())
    }

    fn whole_target(&self, asking: Asking, check: &Check, target: &str) -> (Waiting, Vec<u8>) {
        let mut facts: BTreeMap<&str, &[Box<RawValue>]> = BTreeMap::new();
        let mut blame = Vec::new();
        let mut rests_on = Vec::new();
        for kind in &check.meta.custom.reads {
            let whole = self.populations.whole(target, kind);
            rests_on.extend(&whole.coverage);
            let part = Some(kind.clone());
            for problem in &whole.problems {
                let record = problem.records.first().copied();
                blame.push(Blame {
                    part: part.clone(),
                    why: format!("{}: {}", problem.population, problem.why),
                    record,
                });
            }
            for (reference, gap) in self.populations.of_members(target, kind) {
                blame.push(Blame { part: part.clone(), ..Blame::of(*reference, gap) });
            }
            let gathered = self.whole.get(&(target.to_owned(), kind.clone()));
            if gathered.is_some_and(|g| g.refused) {
                blame.push(Blame {
                    part,
                    why: format!("more than {MAX_WHOLE} resources or {} MiB", MAX_WHOLE_BYTES >> 20),
                    record: None,
                });
            }
            rests_on.extend(gathered.into_iter().flat_map(|g| &g.references));
            facts.insert(kind, gathered.map(|g| g.facts.as_slice()).unwrap_or_default());
        }
        // Lists of JSON texts under text keys: writing them cannot fail, and an empty object proves nothing.
        let facts = to_raw_value(&facts).or_else(|_| RawValue::from_string("{}".to_owned())).unwrap_or_default();
        let question = match Known::new(&facts, &blame) {
            Some(known) => Question::new(&check.meta.custom.needs, &known),
            None => Question::nothing("the facts are not a JSON object"),
        };
        let collector = check.meta.custom.reads.first().map_or("", |kind| collector_of(kind));
        let input = input_of(target, collector, "resources", &facts);
        let waiting = Waiting {
            reference: None,
            target: target.to_owned(),
            subject: None,
            population: None,
            facts,
            asking: Arc::new(asking),
            questions: vec![question],
            rests_on,
        };
        (waiting, input)
    }
}

/// What one use of a check says of a kind of a target as a whole: members that are missing, lists that are not complete, none.
fn judge_population(
    used: &Use,
    check: &Check,
    (target, kind): (&str, &str),
    whole: &Whole<'_>,
    sink: Sink<'_>,
) -> Result<(), AssessError> {
    let severity = check.meta.custom.severity;
    let finding =
        |population: &str, subject: Option<Subject>, outcome, reason: String, records: Vec<RecordRef>| Finding {
            control: used.assignment.control.clone(),
            check: used.assignment.check.clone(),
            target: target.to_owned(),
            population: Some(population.to_owned()),
            subject,
            outcome,
            severity,
            evidence: Vec::new(),
            reason: Some(reason),
            rests_on: sorted(std::iter::once(used.reference).chain(records)),
            acceptance: None,
        };
    for missing in &whole.missing {
        let subject = Subject { kind: kind.to_owned(), id: missing.id.to_owned() };
        let reason = format!("listed, but nothing of it was read: {}", missing.why);
        let population = missing.population.unwrap_or(kind);
        sink(finding(population, Some(subject), Outcome::Undetermined, reason, missing.records.clone()))
            .map_err(AssessError::Sink)?;
    }
    for problem in &whole.problems {
        let reason = format!("the population is not complete: {}", problem.why);
        sink(finding(&problem.population, None, Outcome::Undetermined, reason, problem.records.clone()))
            .map_err(AssessError::Sink)?;
    }
    if whole.empty {
        let (outcome, reason) = match &used.assignment.expect {
            Some(expected) => (Outcome::NotApplicable, format!("complete, 0 members, as expected: {}", expected.none)),
            None => (Outcome::Undetermined, "complete, 0 members: nothing was tested".to_owned()),
        };
        sink(finding(kind, None, outcome, reason, whole.coverage.clone())).map_err(AssessError::Sink)?;
    }
    Ok(())
}

fn load_check(set: &CheckSet, check: &Check) -> LoadCheck {
    let needs = &check.meta.custom.needs;
    LoadCheck {
        id: check.id.clone(),
        package: crate::catalogue::package(&check.id),
        outcomes: Askable::all_of(needs).bits(),
        modules: set.modules(check),
    }
}

/// The members of a subject's line that are the same however often it is sent.
fn input_of(target: &str, collector: &str, name: &str, facts: &RawValue) -> Vec<u8> {
    let target = serde_json::json!({"id": target, "collector": collector}).to_string();
    let mut input = Vec::with_capacity(target.len() + facts.get().len() + 32);
    input.extend_from_slice(b"\"target\":");
    input.extend_from_slice(target.as_bytes());
    input.extend_from_slice(b",\"");
    input.extend_from_slice(name.as_bytes());
    input.extend_from_slice(b"\":");
    // One line per message: JSON text may hold line feeds between its tokens, and nowhere else.
    let facts = facts.get().as_bytes();
    if facts.contains(&b'\n') || facts.contains(&b'\r') {
        input.extend(facts.iter().map(|b| if matches!(b, b'\n' | b'\r') { b' ' } else { *b }));
    } else {
        input.extend_from_slice(facts);
    }
    input
}

fn subject_finding(used: &Use, severity: Severity, waiting: &Waiting, verdict: Verdict) -> Finding {
    let mut reason = verdict.reason;
    let of_program = used.assignment.control == model::record::OWN_CONTROL;
    if let (Some(expected), Some(_), false) = (&used.assignment.expect, &waiting.subject, of_program) {
        let broken = format!("none was expected ({}), but this one exists", expected.none);
        reason = Some(reason.map_or_else(|| broken.clone(), |r| format!("{r}; {broken}")));
    }
    let rests_on = std::iter::once(used.reference)
        .chain(waiting.reference)
        .chain(waiting.rests_on.iter().copied())
        .chain(verdict.gaps);
    Finding {
        control: used.assignment.control.clone(),
        check: used.assignment.check.clone(),
        target: waiting.target.clone(),
        population: waiting.population.clone(),
        subject: waiting.subject.clone(),
        outcome: verdict.outcome,
        severity,
        evidence: verdict.evidence,
        reason,
        rests_on: sorted(rests_on),
        acceptance: None,
    }
}

fn sorted(records: impl Iterator<Item = RecordRef>) -> Vec<RecordRef> {
    let mut records: Vec<RecordRef> = records.collect();
    records.sort_unstable();
    records.dedup();
    records
}
