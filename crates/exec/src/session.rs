//! One process reading one target, from its first line to its end.

use std::time::Duration;

use model::record::GapReason;
use sdk::{CallerIdentity, Clock, CollectError, Descriptor, Recorder, RightState, RightStatus, Stop, suspects_secret};

use crate::Warnings;
use crate::child::{Child, Fault, Launch};
use crate::intake::{Intake, Refused};
use crate::protocol::{self, Answer, Describe, Identify, Nothing, Request, VERSION};

/// Characters of a process's error that are shown.
const SHOWN: usize = 1000;

/// A process that has said what it is.
#[derive(Debug)]
pub(crate) struct Session {
    child: Child,
    intake: Intake,
    clock: Clock,
    /// A second identity is a lie.
    identified: bool,
}

/// A process that was asked what it is, and its answer as it came.
pub(crate) struct Described {
    pub child: Child,
    pub descriptor: Descriptor,
    pub line: Vec<u8>,
}

/// Starts a process and asks what it is.
///
/// # Errors
/// With what it wrote to stderr, when it does not say.
pub(crate) async fn describe(launch: &Launch, wall: Duration) -> Result<Described, (Fault, String)> {
    let mut child = Child::start(launch, wall).map_err(|fault| (fault, String::new()))?;
    match ask_descriptor(&mut child).await {
        Ok((descriptor, line)) => Ok(Described { child, descriptor, line }),
        Err(fault) => {
            child.kill().await;
            let stderr = child.stderr();
            Err((fault, stderr))
        }
    }
}

async fn ask_descriptor(child: &mut Child) -> Result<(Descriptor, Vec<u8>), Fault> {
    child.ask(&Request::Describe(Describe { version: VERSION })).await?;
    let line = child.line().await?;
    match parse(&line)? {
        Answer::Descriptor(descriptor) => Ok((*descriptor, line)),
        Answer::Error(error) => Err(Fault(format!("it says: {}", error.detail))),
        other => Err(Fault(format!("`describe` was answered by `{}`", other.word()))),
    }
}

fn parse(line: &[u8]) -> Result<Answer, Fault> {
    serde_json::from_slice(line).map_err(|error| {
        let start: String = String::from_utf8_lossy(line).chars().take(60).flat_map(char::escape_default).collect();
        Fault(format!("it wrote a line that is not of the protocol ({error}), which begins with `{start}`"))
    })
}

impl Session {
    /// `stop`: what ends the run's reading, and is passed on to the process.
    pub(crate) fn new(mut child: Child, intake: Intake, clock: Clock, stop: Stop) -> Self {
        child.obey(stop);
        Self { child, intake, clock, identified: false }
    }

    /// Asks who we are and what it found.
    pub(crate) async fn identify(
        &mut self,
        request: Identify,
        recorder: &Recorder,
    ) -> Result<CallerIdentity, CollectError> {
        self.ask(&Request::Identify(Box::new(request))).await?;
        loop {
            match self.next(recorder).await? {
                Some(Answer::Identity(identity)) => {
                    self.identified = true;
                    for text in [&identity.caller, &identity.found] {
                        if suspects_secret(text.as_bytes(), recorder.secrets()) || text.len() > 4096 {
                            return Err(self
                                .fault(Fault("a secret is suspected in the identity it gave".to_owned()))
                                .await);
                        }
                    }
                    return Ok(CallerIdentity { caller: identity.caller, found: identity.found });
                }
                Some(other) => return Err(self.unexpected("identify", &other).await),
                None => {}
            }
        }
    }

    pub(crate) async fn preflight(&mut self, recorder: &Recorder) -> Result<Vec<RightStatus>, CollectError> {
        self.ask(&Request::Preflight(Nothing {})).await?;
        let mut rights = Vec::new();
        loop {
            match self.next(recorder).await? {
                Some(Answer::Right(said)) => {
                    if let Err(refused) = self.intake.right(&said.right) {
                        return Err(self.refused(refused).await);
                    }
                    let open = |text: &str| !suspects_secret(text.as_bytes(), recorder.secrets());
                    if !said.scope.iter().chain([&said.detail]).all(|text| open(text)) {
                        let why = "a secret is suspected in what it says of a right";
                        return Err(self.fault(Fault(why.to_owned())).await);
                    }
                    rights.push(RightStatus {
                        right: said.right,
                        state: match said.state {
                            protocol::RightState::Granted => RightState::Granted,
                            protocol::RightState::Denied => RightState::Denied,
                            protocol::RightState::Undecided => RightState::Undecided,
                        },
                        scope: said.scope,
                        detail: said.detail,
                    });
                }
                Some(Answer::Done(_)) => return Ok(rights),
                Some(other) => return Err(self.unexpected("preflight", &other).await),
                None => {}
            }
        }
    }

    /// Lets it read everything, and ends it.
    pub(crate) async fn collect(&mut self, recorder: &Recorder) -> Result<(), CollectError> {
        self.ask(&Request::Collect(Nothing {})).await?;
        loop {
            match self.next(recorder).await? {
                Some(Answer::Done(_)) => break,
                Some(other) => return Err(self.unexpected("collect", &other).await),
                None => {}
            }
        }
        if let Err(refused) = self.intake.whole(recorder) {
            return Err(self.refused(refused).await);
        }
        match self.child.finish().await {
            Ok(()) => Ok(()),
            Err(fault) => Err(self.fault(fault).await),
        }
    }

    pub(crate) fn stderr(&self) -> String {
        self.child.stderr()
    }

    async fn ask(&mut self, request: &Request) -> Result<(), CollectError> {
        match self.child.ask(request).await {
            Ok(()) => Ok(()),
            Err(fault) => Err(self.fault(fault).await),
        }
    }

    /// Takes one line. `None`: it was recorded, and the answer goes on.
    async fn next(&mut self, recorder: &Recorder) -> Result<Option<Answer>, CollectError> {
        let line = match self.child.line().await {
            Ok(line) => line,
            Err(fault) => return Err(self.fault(fault).await),
        };
        let answer = match parse(&line) {
            Ok(answer) => answer,
            Err(fault) => return Err(self.fault(fault).await),
        };
        let taken = match answer {
            Answer::Route(said) => self.intake.route(said, recorder),
            Answer::Peer(said) => self.intake.peer(&said),
            Answer::Exchange(said) => self.intake.exchange(*said, self.clock.now(), recorder),
            Answer::Resource(_) | Answer::Derived(_) | Answer::Coverage(_) | Answer::Gap(_) if !self.identified => {
                Err(Refused::Lie("it recorded something before it had said which target it found".to_owned()))
            }
            Answer::Resource(said) => self.intake.resource(said, recorder),
            Answer::Derived(said) => self.intake.derived(said, recorder),
            Answer::Coverage(said) => self.intake.coverage(said, recorder),
            Answer::Gap(said) => self.intake.gap(said, recorder),
            Answer::Error(said) => return Err(self.said(said, recorder).await),
            Answer::Identity(_) if self.identified => Err(Refused::Lie("it gave a second identity".to_owned())),
            other => return Ok(Some(other)),
        };
        match taken {
            Ok(()) => Ok(None),
            Err(refused) => Err(self.refused(refused).await),
        }
    }

    /// The process says itself that it cannot go on.
    async fn said(&mut self, error: protocol::Error, recorder: &Recorder) -> CollectError {
        let exchange = match self.intake.named(error.exchange) {
            Ok(exchange) => exchange,
            Err(refused) => return self.refused(refused).await,
        };
        if let Some(Err(refused)) = error.right.as_ref().map(|right| self.intake.right(right)) {
            return self.refused(refused).await;
        }
        self.child.kill().await;
        let mut detail: String = error.detail.chars().take(SHOWN).collect();
        if suspects_secret(detail.as_bytes(), recorder.secrets()) {
            detail = "the text is withheld: it seems to hold a secret".to_owned();
        }
        CollectError::Refused { reason: error.reason, right: error.right, detail, exchange }
    }

    async fn unexpected(&mut self, request: &str, answer: &Answer) -> CollectError {
        self.fault(Fault(format!("`{request}` was answered by `{}`", answer.word()))).await
    }

    async fn refused(&mut self, refused: Refused) -> CollectError {
        match refused {
            Refused::Lie(why) => self.fault(Fault(why)).await,
            Refused::Sink(error) => CollectError::Sink(error),
        }
    }

    async fn fault(&mut self, fault: Fault) -> CollectError {
        self.child.kill().await;
        match self.child.stopped() {
            Some(by) => CollectError::Refused {
                reason: GapReason::Deadline,
                right: None,
                detail: format!("the run was told to stop ({by}) before the collector was done"),
                exchange: None,
            },
            None => failed(&fault.0),
        }
    }
}

/// A process that is of no more use, as the gap of its target.
pub(crate) fn failed(why: &str) -> CollectError {
    CollectError::Refused {
        reason: GapReason::CollectorFailed,
        right: None,
        detail: format!("the collector's process failed: {why}"),
        exchange: None,
    }
}

/// Shows a person the end of what a failed process wrote to stderr.
pub(crate) fn show(warnings: &Warnings, target: &str, stderr: &str, recorder: &Recorder) {
    if stderr.is_empty() {
        return;
    }
    if suspects_secret(stderr.as_bytes(), recorder.secrets()) {
        warnings(&format!(
            "{target}: what the failed collector wrote to stderr is withheld: it seems to hold a secret"
        ));
        return;
    }
    let clean: String = stderr
        .chars()
        .map(|c| {
            if c == '\n' || c == '\t' {
                c
            } else if c.is_control() {
                '\u{fffd}'
            } else {
                c
            }
        })
        .collect();
    let skip = clean.chars().count().saturating_sub(SHOWN);
    let end: String = clean.chars().skip(skip).collect();
    let dots = if skip > 0 { "…" } else { "" };
    warnings(&format!("{target}: the failed collector wrote to stderr: {dots}{end}"));
}
