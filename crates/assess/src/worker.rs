//! The child process: bounds itself, loads checks, answers for subjects. Reads nothing but its input, writes nothing but its output.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::io::{self, BufRead, BufReader, BufWriter, Read, Write};

use model::Outcome;
use regorus::Value;
use rustix::process::{Resource, Rlimit, setrlimit};

use crate::engine::{self, Compiled};
use crate::judge::{Askable, MAX_EVIDENCE};
use crate::limits::Limits;
use crate::protocol::{Asked, Loaded, LoadedCheck, MAX_LINE, SubjectJob, ToChild};

/// Why the child ended early. The parent sees only that it did.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WorkerError {
    #[error("input or output of the worker")]
    Io(#[from] io::Error),
    #[error("a line the worker does not understand")]
    Protocol(#[from] serde_json::Error),
    #[error("the first line must give the limits")]
    NoLimits,
    #[error("the limits could not be set")]
    Limits(#[from] rustix::io::Errno),
    #[error("the evaluating thread ended early")]
    Thread,
}

/// What a binary runs when it is started with the hidden subcommand `__assess`: speaks `protocol` on standard input and output.
///
/// # Errors
/// When the parent breaks off, or a line cannot be understood.
pub fn worker_main() -> Result<(), WorkerError> {
    worker_with(|limits| {
        let mut state = State::new(limits);
        move |line: &[u8], answer: &mut String| state.take(line, answer)
    })
}

/// A child like that of [`worker_main`], with the same limits, that answers each line by what `start` gives instead of by the engine.
///
/// That gets a line of the parent after the first and leaves its own line, without the line feed, or nothing. Tests of the limits
/// give one that dies, hangs or grows on command, so that no text has to make an engine do so.
///
/// # Errors
/// When the parent breaks off, the limits cannot be set, or an answer fails.
pub fn worker_with<A>(start: impl FnOnce(Limits) -> A + Send + 'static) -> Result<(), WorkerError>
where
    A: FnMut(&[u8], &mut String) -> Result<(), WorkerError>,
{
    let mut input = BufReader::with_capacity(256 << 10, io::stdin());
    let mut line = Vec::new();
    read_line(&mut input, &mut line)?;
    let ToChild::Limits(limits) = serde_json::from_slice(&line)? else {
        return Err(WorkerError::NoLimits);
    };
    bound(&limits)?;
    let stack = usize::try_from(limits.stack).unwrap_or(64 << 20);
    std::thread::Builder::new()
        .stack_size(stack)
        .spawn(move || serve(&mut input, BufWriter::with_capacity(64 << 10, io::stdout()), start(limits)))?
        .join()
        .map_err(|_| WorkerError::Thread)?
}

/// Bounds this process: memory, processor time, no files written, no new processes' core dumps.
fn bound(limits: &Limits) -> Result<(), rustix::io::Errno> {
    let at = |value: u64| Rlimit { current: Some(value), maximum: Some(value) };
    setrlimit(Resource::As, at(limits.memory))?;
    // At the hard limit the kernel kills without a reason; the soft one comes first, with a signal that gives it.
    let hard = Some(limits.cpu_seconds.saturating_add(1));
    setrlimit(Resource::Cpu, Rlimit { current: Some(limits.cpu_seconds), maximum: hard })?;
    setrlimit(Resource::Fsize, at(0))?;
    setrlimit(Resource::Core, at(0))?;
    setrlimit(Resource::Nofile, at(16))
}

fn read_line(input: &mut impl BufRead, line: &mut Vec<u8>) -> io::Result<bool> {
    line.clear();
    input.by_ref().take(MAX_LINE).read_until(b'\n', line)?;
    Ok(!line.is_empty())
}

/// One assignment: its check, and its part of the input.
struct Use {
    check: usize,
    now: Value,
    parameters: Value,
    declaration: Value,
}

/// An outcome, its first proofs as JSON text, and how many more there are.
type Proven = (Outcome, (String, usize));

struct Keys {
    now: Value,
    target: Value,
    parameters: Value,
    declaration: Value,
    resource: Value,
    resources: Value,
}

struct State {
    limits: Limits,
    ids: HashMap<String, usize>,
    compiled: Vec<Result<Compiled, String>>,
    uses: HashMap<u32, Use>,
    keys: Keys,
    target: (String, Value),
}

fn serve(
    input: &mut BufReader<io::Stdin>,
    mut output: impl Write,
    mut answers: impl FnMut(&[u8], &mut String) -> Result<(), WorkerError>,
) -> Result<(), WorkerError> {
    let mut line = Vec::new();
    let mut answer = String::new();
    loop {
        // Nothing more to read at once: the parent may be waiting.
        if input.buffer().is_empty() {
            output.flush()?;
        }
        if !read_line(input, &mut line)? {
            output.flush()?;
            return Ok(());
        }
        answer.clear();
        answers(&line, &mut answer)?;
        if !answer.is_empty() {
            output.write_all(answer.as_bytes())?;
            output.write_all(b"\n")?;
        }
    }
}

impl State {
    fn new(limits: Limits) -> Self {
        let key = |name: &str| Value::from(name);
        Self {
            limits,
            ids: HashMap::new(),
            compiled: Vec::new(),
            uses: HashMap::new(),
            keys: Keys {
                now: key("now"),
                target: key("target"),
                parameters: key("parameters"),
                declaration: key("declaration"),
                resource: key("resource"),
                resources: key("resources"),
            },
            target: (String::new(), Value::Undefined),
        }
    }

    fn take(&mut self, line: &[u8], answer: &mut String) -> Result<(), WorkerError> {
        match serde_json::from_slice(line)? {
            ToChild::Limits(_) => Err(WorkerError::NoLimits),
            ToChild::Check(check) => {
                let compiled = engine::compile(
                    &check.modules,
                    &check.package,
                    Askable::from_bits(check.outcomes),
                    self.limits.instructions,
                );
                let loaded =
                    Loaded { loaded: LoadedCheck { id: check.id.clone(), error: compiled.as_ref().err().cloned() } };
                self.ids.insert(check.id, self.compiled.len());
                self.compiled.push(compiled);
                answer.push_str(&serde_json::to_string(&loaded)?);
                Ok(())
            }
            ToChild::Assignment(assignment) => {
                let Some(check) = self.ids.get(&assignment.check) else {
                    return Ok(());
                };
                let read = |text: &str| Value::from_json_str(text).unwrap_or(Value::Undefined);
                let used = Use {
                    check: *check,
                    now: Value::from(assignment.input.now),
                    parameters: read(assignment.input.parameters.get()),
                    declaration: read(assignment.input.declaration.get()),
                };
                self.uses.insert(assignment.n, used);
                Ok(())
            }
            ToChild::Subject(job) => {
                self.judge(&job, answer);
                Ok(())
            }
        }
    }

    fn judge(&mut self, job: &SubjectJob<'_>, answer: &mut String) {
        if self.target.0 != job.target.get() {
            let value = Value::from_json_str(job.target.get()).unwrap_or(Value::Undefined);
            self.target = (job.target.get().to_owned(), value);
        }
        let facts = match (&job.resource, &job.resources) {
            (Some(facts), None) => Value::from_json_str(facts.get()).map(|v| (self.keys.resource.clone(), v)),
            (None, Some(facts)) => Value::from_json_str(facts.get()).map(|v| (self.keys.resources.clone(), v)),
            _ => Ok((self.keys.resource.clone(), Value::Undefined)),
        };
        let _ = write!(answer, "{{\"s\":{},\"r\":[", job.s);
        for (at, asked) in job.jobs.iter().enumerate() {
            let n = asked.n;
            if at > 0 {
                answer.push(',');
            }
            let found = match &facts {
                Ok((key, value)) => self.evaluate(asked, key, value),
                Err(error) => Err(format!("the facts are not JSON that the engine reads: {error}")),
            };
            let _ = match found {
                Ok(Some((outcome, (proofs, more)))) => write!(answer, "[{n},\"{outcome}\",{proofs},{more}]"),
                Ok(None) => write!(answer, "[{n},\"nothing\",null,0]"),
                Err(error) => write!(answer, "[{n},\"error\",{},0]", serde_json::Value::from(error)),
            };
        }
        answer.push_str("]}");
    }

    fn evaluate(&mut self, asked: &Asked, key: &Value, facts: &Value) -> Result<Option<Proven>, String> {
        let used = self.uses.get(&asked.n).ok_or("an assignment that was not given")?;
        let check =
            self.compiled.get_mut(used.check).ok_or("a check that was not given")?.as_mut().map_err(|e| e.clone())?;
        let mut input = Value::new_object();
        let members = input.as_object_mut().map_err(|e| e.to_string())?;
        members.insert(self.keys.now.clone(), used.now.clone());
        members.insert(self.keys.target.clone(), self.target.1.clone());
        members.insert(self.keys.parameters.clone(), used.parameters.clone());
        members.insert(self.keys.declaration.clone(), used.declaration.clone());
        members.insert(key.clone(), facts.clone());
        let proven = check.first_proven(&input, key, Askable::from_bits(asked.outcomes), &asked.hidden)?;
        // Why something does not apply is the first word that any proof has.
        let most = |outcome| if outcome == Outcome::NotApplicable { usize::MAX } else { MAX_EVIDENCE };
        proven.map(|(outcome, all)| Ok((outcome, engine::first(&all, most(outcome))?))).transpose()
    }
}
