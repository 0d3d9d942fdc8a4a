//! Work under way in the child process, and what becomes of it when the child dies.
//!
//! Subjects are sent ahead in a small window and answered in order. When the child dies or does not answer, everything under way is
//! judged again subject by subject, and a subject that fails again check by check, so that only the check that is to blame suffers.
//! A check that has brought down the child too often is given up for the rest of the run.

use std::collections::{BTreeMap, VecDeque};
use std::io;

use crate::client::{Died, Worker, WorkerCommand};
use crate::judge::Answer;
use crate::limits::Limits;
use crate::protocol::{Answered, Asked, LoadAssignment, LoadCheck, Loaded, ToChild};

/// Subjects under way at once.
const MAX_JOBS: usize = 256;
/// Bytes of their facts.
const MAX_BYTES: usize = 4 << 20;
/// How often one check may bring down the child.
const MAX_STRIKES: u32 = 3;
/// How often the child may be started again before nothing more is asked.
const MAX_RESTARTS: u32 = 200;

/// What became of the checks themselves.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Checks that could not be loaded or were given up, with the reason.
    pub broken: BTreeMap<String, String>,
    /// How often the child process had to be started again.
    pub restarts: u32,
}

/// What every child is told before the first subject.
#[derive(Clone, Debug, Default)]
pub(crate) struct Load {
    pub checks: Vec<LoadCheck>,
    pub assignments: Vec<LoadAssignment>,
}

/// One subject to judge.
#[derive(Debug)]
pub(crate) struct Job {
    input: Vec<u8>,
    jobs: Vec<Asked>,
    /// Answers of checks that were given up before the subject was sent.
    refused: Vec<(u32, Answer)>,
    answers: Option<Vec<(u32, Answer)>>,
}

impl Job {
    pub(crate) fn new(input: Vec<u8>, jobs: Vec<Asked>) -> Self {
        Self { input, jobs, refused: Vec::new(), answers: None }
    }
}

/// The child and the work under way.
#[derive(Debug)]
pub(crate) struct Pool {
    command: WorkerCommand,
    limits: Limits,
    load: Load,
    worker: Option<Worker>,
    queue: VecDeque<Job>,
    bytes: usize,
    /// Number of the oldest subject in the queue.
    first: u64,
    /// Checks that could not be loaded or were given up.
    broken: BTreeMap<String, String>,
    strikes: BTreeMap<String, u32>,
    restarts: u32,
    /// Why no child is started any more.
    stopped: Option<String>,
}

impl Pool {
    pub(crate) fn start(command: WorkerCommand, limits: Limits, load: Load) -> io::Result<Self> {
        let mut pool = Self {
            command,
            limits,
            load,
            worker: None,
            queue: VecDeque::new(),
            bytes: 0,
            first: 0,
            broken: BTreeMap::new(),
            strikes: BTreeMap::new(),
            restarts: 0,
            stopped: None,
        };
        pool.worker = Some(pool.spawn()?);
        Ok(pool)
    }

    pub(crate) fn summary(&self) -> Summary {
        Summary { broken: self.broken.clone(), restarts: self.restarts }
    }

    pub(crate) fn is_full(&self) -> bool {
        self.queue.len() >= MAX_JOBS || (self.bytes > MAX_BYTES && !self.queue.is_empty())
    }

    /// Puts a subject at the end of the queue and sends it.
    pub(crate) fn push(&mut self, mut job: Job) {
        job.refused = self.refuse(&job.jobs);
        job.jobs.retain(|asked| !job.refused.iter().any(|(r, _)| *r == asked.n));
        if job.jobs.is_empty() {
            job.answers = Some(Vec::new());
        } else if let Some(worker) = &mut self.worker {
            let number = self.first + self.queue.len() as u64;
            // A child that died is found when its answer is awaited.
            let _ = send(worker, number, &job.input, &job.jobs);
        }
        self.bytes += job.input.len();
        self.queue.push_back(job);
    }

    /// The answers of the oldest subject. Assignments without an answer had nothing to be asked.
    pub(crate) fn pop(&mut self) -> Vec<(u32, Answer)> {
        self.answer_front();
        let Some(job) = self.queue.pop_front() else {
            return Vec::new();
        };
        self.first += 1;
        self.bytes = self.bytes.saturating_sub(job.input.len());
        let mut answers = job.answers.unwrap_or_default();
        answers.extend(job.refused);
        answers
    }

    fn answer_front(&mut self) {
        let Some(front) = self.queue.front() else { return };
        if front.answers.is_some() {
            return;
        }
        let read = match &mut self.worker {
            Some(worker) => receive(worker, self.first, &front.jobs),
            None => Err(Died("no worker".to_owned())),
        };
        match read {
            Ok(answers) => {
                if let Some(front) = self.queue.front_mut() {
                    front.answers = Some(answers);
                }
            }
            Err(_) => self.recover(),
        }
    }

    /// Judges everything under way again, one by one.
    fn recover(&mut self) {
        self.worker = None;
        let mut queue = std::mem::take(&mut self.queue);
        for (number, job) in (self.first..).zip(queue.iter_mut()) {
            if job.answers.is_none() {
                job.answers = Some(match self.alone(number, &job.input, &job.jobs) {
                    Ok(answers) => answers,
                    Err(_) if job.jobs.len() > 1 => self.one_by_one(number, job),
                    Err(Died(why)) => self.blame(&job.jobs, &why),
                });
            }
        }
        self.queue = queue;
    }

    fn one_by_one(&mut self, number: u64, job: &Job) -> Vec<(u32, Answer)> {
        let mut answers = Vec::new();
        for single in &job.jobs {
            let single = std::slice::from_ref(single);
            match self.alone(number, &job.input, single) {
                Ok(found) => answers.extend(found),
                Err(Died(why)) => answers.extend(self.blame(single, &why)),
            }
        }
        answers
    }

    /// Sends one subject and waits for it.
    fn alone(&mut self, number: u64, input: &[u8], jobs: &[Asked]) -> Result<Vec<(u32, Answer)>, Died> {
        let mut refused = self.refuse(jobs);
        let left: Vec<Asked> =
            jobs.iter().filter(|asked| !refused.iter().any(|(r, _)| *r == asked.n)).cloned().collect();
        if left.is_empty() {
            return Ok(refused);
        }
        self.revive();
        let Some(worker) = &mut self.worker else {
            let why = self.stopped.clone().unwrap_or_default();
            refused.extend(left.iter().map(|asked| (asked.n, Answer::Failed(why.clone()))));
            return Ok(refused);
        };
        let answered = send(worker, number, input, &left).and_then(|()| receive(worker, number, &left));
        match answered {
            Ok(answers) => {
                refused.extend(answers);
                Ok(refused)
            }
            Err(died) => {
                self.worker = None;
                Err(died)
            }
        }
    }

    /// A failure that only these jobs can have caused.
    fn blame(&mut self, jobs: &[Asked], why: &str) -> Vec<(u32, Answer)> {
        for asked in jobs {
            let Some(check) = self.check_of(asked.n).map(str::to_owned) else { continue };
            let strikes = self.strikes.entry(check.clone()).or_default();
            *strikes += 1;
            if *strikes >= MAX_STRIKES {
                self.broken.insert(check, format!("given up after {MAX_STRIKES} failures: {why}"));
            }
        }
        jobs.iter().map(|asked| (asked.n, Answer::Failed(why.to_owned()))).collect()
    }

    fn check_of(&self, n: u32) -> Option<&str> {
        let at = usize::try_from(n).ok()?;
        self.load.assignments.get(at).map(|a| a.check.as_str())
    }

    /// Answers for those of the jobs whose check is broken.
    fn refuse(&self, jobs: &[Asked]) -> Vec<(u32, Answer)> {
        if self.broken.is_empty() {
            return Vec::new();
        }
        jobs.iter()
            .filter_map(|asked| Some((asked.n, Answer::Failed(self.broken.get(self.check_of(asked.n)?)?.clone()))))
            .collect()
    }

    /// Makes sure that there is a child, unless there have been too many.
    fn revive(&mut self) {
        if self.worker.is_some() || self.stopped.is_some() {
            return;
        }
        self.restarts += 1;
        if self.restarts > MAX_RESTARTS {
            self.stopped = Some(format!("the worker had to be started {MAX_RESTARTS} times"));
            return;
        }
        match self.spawn() {
            Ok(worker) => self.worker = Some(worker),
            Err(error) => self.stopped = Some(format!("the worker cannot be started: {error}")),
        }
    }

    /// A child with every check loaded that can be. One that dies of a check is started again without it.
    fn spawn(&mut self) -> io::Result<Worker> {
        loop {
            let mut worker = Worker::start(&self.command, self.limits)?;
            match load_all(&mut worker, &self.load, &mut self.broken) {
                Ok(()) => return Ok(worker),
                Err((check, Died(why))) => {
                    if self.broken.contains_key(&check) {
                        return Err(io::Error::other(why));
                    }
                    self.broken.insert(check, why);
                }
            }
        }
    }
}

/// Loads every check that is not known to be broken, then the assignments.
fn load_all(worker: &mut Worker, load: &Load, broken: &mut BTreeMap<String, String>) -> Result<(), (String, Died)> {
    for check in load.checks.iter().filter(|c| !broken.contains_key(&c.id)).cloned().collect::<Vec<_>>() {
        let id = check.id.clone();
        let loaded = worker
            .say(&ToChild::Check(check))
            .and_then(|()| worker.answer())
            .and_then(|line| serde_json::from_slice::<Loaded>(&line).map_err(|e| Died(e.to_string())))
            .map_err(|died| (id.clone(), died))?;
        if let Some(error) = loaded.loaded.error {
            broken.insert(id, format!("it does not load: {error}"));
        }
    }
    for assignment in &load.assignments {
        let id = assignment.check.clone();
        worker.say(&ToChild::Assignment(assignment.clone())).map_err(|died| (id, died))?;
    }
    worker.flush().map_err(|died| (String::new(), died))
}

fn send(worker: &mut Worker, number: u64, input: &[u8], jobs: &[Asked]) -> Result<(), Died> {
    let jobs = serde_json::to_vec(jobs).map_err(|e| Died(e.to_string()))?;
    let head = format!("{{\"subject\":{{\"s\":{number},");
    worker.write(&[head.as_bytes(), input, b",\"jobs\":", &jobs, b"}}\n"])
}

/// The answer of this very subject, one for each job.
fn receive(worker: &mut Worker, number: u64, jobs: &[Asked]) -> Result<Vec<(u32, Answer)>, Died> {
    let line = worker.answer()?;
    let answered: Answered =
        serde_json::from_slice(&line).map_err(|e| Died(format!("an answer that cannot be read: {e}")))?;
    let answers: Vec<(u32, Answer)> = answered.r.into_iter().map(crate::protocol::JobAnswer::read).collect();
    let asked = jobs.iter().map(|asked| asked.n);
    if answered.s != number || !asked.eq(answers.iter().map(|(n, _)| *n)) {
        return Err(Died("an answer that was not asked for".to_owned()));
    }
    Ok(answers)
}
