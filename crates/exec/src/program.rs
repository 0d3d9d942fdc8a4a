//! A program of somebody else's as a collector.

use std::ffi::OsString;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use model::{Digest, Secret};
use sdk::{
    CallerIdentity, CollectError, Collector, CollectorKind, Descriptor, Environment, NewBody, NewExchange, Recorder,
    RightStatus, RouteNote, Target,
};
use serde_json::{Map, Value, json};
use tokio::sync::Mutex;

use crate::child::Launch;
use crate::intake::Intake;
use crate::limits::DESCRIBE_WITHIN;
use crate::protocol::{Identify, VERSION};
use crate::session::{self, Session, describe, failed, show};
use crate::settings::ProgramSettings;
use crate::{Limits, NAME, Warnings};

/// Variables that every program is given.
const ALWAYS: [&str; 5] = ["PATH", "HOME", "LANG", "TZ", "TMPDIR"];

/// What code that is not ours is given of our environment: the usual variables, and those named here.
pub(crate) fn environment(named: &[String]) -> Vec<(OsString, OsString)> {
    sdk::variables(ALWAYS.into_iter().chain(named.iter().map(String::as_str)))
}

/// A program that a target names, and what it said of itself.
pub struct Program {
    settings: ProgramSettings,
    launch: Launch,
    /// Values of variables that the target names: they may be credentials.
    passed: Vec<Secret>,
    /// Why it cannot be used, else what it is.
    described: Result<Descriptor, String>,
    warnings: Warnings,
}

/// What starting a program needs to know of its surroundings.
#[derive(Clone)]
pub struct Start<'a> {
    /// Programs are named relative to it, and run in it.
    pub folder: &'a Path,
    /// Names of collectors that are built in: no program may bear one.
    pub built_in: &'a [String],
    pub warnings: Warnings,
}

impl std::fmt::Debug for Start<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Start").field("folder", &self.folder).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Program {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Program").field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl Program {
    /// Asks the program that a target names what it is. One that cannot say it is a collector that cannot be used: a gap of
    /// its target, when it comes to reading.
    pub async fn of_target(settings: &Map<String, Value>, start: &Start<'_>) -> Self {
        let (mut program, usable) = Self::named(settings, start);
        program.described = match usable {
            Ok(()) => program.ask(start).await,
            Err(why) => Err(why),
        };
        program
    }

    /// The program of a target that is left out of a run: it is not started.
    #[must_use]
    pub fn left_out(settings: &Map<String, Value>, start: &Start<'_>) -> Self {
        Self::named(settings, start).0
    }

    /// A program that was not asked yet, and why it cannot be.
    fn named(settings: &Map<String, Value>, start: &Start<'_>) -> (Self, Result<(), String>) {
        let parsed = serde_json::from_value::<ProgramSettings>(Value::Object(settings.clone()));
        let (settings, usable) = match parsed {
            Ok(settings) => (settings, Ok(())),
            Err(error) => (nothing(), Err(format!("its settings cannot be used: {error}"))),
        };
        let launch = launch(&settings, start.folder);
        let passed = settings.environment.iter().filter_map(|name| sdk::variable(&[name])).map(Secret::new).collect();
        let described = Err("it was not asked what it is".to_owned());
        (Self { settings, launch, passed, described, warnings: Warnings::clone(&start.warnings) }, usable)
    }

    async fn ask(&self, start: &Start<'_>) -> Result<Descriptor, String> {
        let name = &self.settings.name;
        if start.built_in.contains(name) || name == NAME {
            return Err(format!("`{name}` is the name of a collector that is built in: a program needs another"));
        }
        let described = describe(&self.launch, DESCRIBE_WITHIN.min(self.launch.limits.wall)).await;
        let mut described = described.map_err(|(fault, stderr)| {
            let quiet = sdk::KnownSecrets::default();
            self.passed.iter().for_each(|secret| quiet.add(secret.clone()));
            if !stderr.is_empty() && !sdk::suspects_secret(stderr.as_bytes(), &quiet) {
                let clean: String = stderr.chars().filter(|c| !c.is_control() || *c == '\n').take(1000).collect();
                (self.warnings)(&format!("`{}` wrote to stderr: {clean}", self.settings.program));
            }
            fault.0
        })?;
        described.child.finish().await.map_err(|fault| format!("after `describe`, {}", fault.0))?;
        let descriptor = described.descriptor;
        if descriptor.name != *name {
            let said: String = descriptor.name.chars().take(80).flat_map(char::escape_default).collect();
            return Err(format!("the declaration calls it `{name}`, and it calls itself `{said}`"));
        }
        if let Some(first) = crate::describe::faults(&descriptor).first() {
            return Err(format!("its description cannot be used: {first}"));
        }
        let validator = jsonschema::validator_for(&descriptor.settings).map_err(|error| error.to_string())?;
        validator.validate(&Value::Object(self.settings.settings.clone())).map_err(|error| {
            format!("its settings are not as it wants them, at `{}`: {error}", error.instance_path())
        })?;
        Ok(descriptor)
    }

    fn digest(&self) -> Option<Digest> {
        File::open(&self.launch.program).and_then(Digest::of_reader).ok()
    }

    /// Records which program was started, and what it answered first.
    fn record_start(
        &self,
        digest: Option<Digest>,
        answer: Option<Vec<u8>>,
        environment: &Environment,
        recorder: &Recorder,
    ) -> Result<(), CollectError> {
        let mut parameters = json!({
            "program": self.settings.program,
            "arguments": self.settings.arguments,
            "version": VERSION,
        });
        if let (Some(digest), Value::Object(members)) = (digest, &mut parameters) {
            members.insert("sha256".to_owned(), Value::String(digest.to_string()));
        }
        recorder.exchange(NewExchange {
            endpoint: "local:exec".to_owned(),
            peer: None,
            operation: "describe".to_owned(),
            population: None,
            subject: None,
            page: 0,
            attempt: 1,
            started: environment.clock.now(),
            status: None,
            error: None,
            failure: None,
            request_id: None,
            date: None,
            parameters,
            body: answer.map_or(NewBody::None, |line| NewBody::Received(Bytes::from(line))),
        })?;
        Ok(())
    }
}

#[async_trait]
impl CollectorKind for Program {
    fn descriptor(&self) -> Descriptor {
        self.described.clone().unwrap_or_else(|_| {
            let mut nothing = crate::settings::descriptor();
            nothing.name.clone_from(&self.settings.name);
            nothing
        })
    }

    fn pinned_by(&self) -> &'static str {
        "identity"
    }

    async fn connect(
        &self,
        target: &Target,
        environment: &Environment,
        recorder: &Recorder,
    ) -> Result<Box<dyn Collector>, CollectError> {
        for secret in &self.passed {
            recorder.secrets().add(secret.clone());
        }
        // The program says the rest, if there is any.
        recorder.route(RouteNote::default())?;
        let digest = self.digest();
        let expected = match &self.described {
            Ok(descriptor) => descriptor,
            Err(why) => {
                self.record_start(digest, None, environment, recorder)?;
                return Err(failed(why));
            }
        };
        let left = environment.deadline.as_millis().saturating_sub(environment.clock.now().as_millis());
        let left = Duration::from_millis(u64::try_from(left).unwrap_or(0));
        // Past the run's deadline the run itself ends us and says so.
        let wall = self.launch.limits.wall.min(left.saturating_add(Duration::from_secs(1)));
        let described = match describe(&self.launch, wall).await {
            Ok(described) => described,
            Err((fault, stderr)) => {
                self.record_start(digest, None, environment, recorder)?;
                show(&self.warnings, &target.id, &stderr, recorder);
                return Err(failed(&fault.0));
            }
        };
        self.record_start(digest, Some(described.line), environment, recorder)?;
        if digest.is_none() {
            return Err(failed("the program's file can be run and not be read: which one ran is not known"));
        }
        if described.descriptor != *expected {
            return Err(failed("it describes itself in another way than a moment ago"));
        }
        let intake = Intake::new(expected, true, environment.clock.now());
        Ok(Box::new(Reading {
            session: Mutex::new(Session::new(
                described.child,
                intake,
                environment.clock.clone(),
                environment.stop.clone(),
            )),
            request: identify_request(target, self.settings.settings.clone(), environment),
            pinned: self.settings.identity.clone(),
            program: self.launch.program.clone(),
            digest,
            warnings: Warnings::clone(&self.warnings),
        }))
    }
}

/// A program that reads its target.
struct Reading {
    session: Mutex<Session>,
    request: Identify,
    pinned: String,
    program: PathBuf,
    digest: Option<Digest>,
    warnings: Warnings,
}

#[async_trait]
impl Collector for Reading {
    async fn identify(&self, recorder: &Recorder) -> Result<CallerIdentity, CollectError> {
        let mut session = self.session.lock().await;
        let identity = session.identify(self.request.clone(), recorder).await;
        let identity = showing_stderr(identity, &session, &self.warnings, recorder)?;
        if identity.found != self.pinned {
            return Err(CollectError::WrongIdentity { expected: self.pinned.clone(), found: identity.found });
        }
        Ok(identity)
    }

    async fn preflight(&self, recorder: &Recorder) -> Result<Vec<RightStatus>, CollectError> {
        let mut session = self.session.lock().await;
        let rights = session.preflight(recorder).await;
        showing_stderr(rights, &session, &self.warnings, recorder)
    }

    async fn collect(&self, recorder: &Recorder) -> Result<(), CollectError> {
        let mut session = self.session.lock().await;
        let collected = session.collect(recorder).await;
        showing_stderr(collected, &session, &self.warnings, recorder)?;
        if File::open(&self.program).and_then(Digest::of_reader).ok() != self.digest {
            return Err(failed("the program's file was changed while it ran: which one ran is not known"));
        }
        Ok(())
    }
}

/// Shows what a failed process wrote, and passes the failure on.
pub(crate) fn showing_stderr<T>(
    came: Result<T, CollectError>,
    session: &Session,
    warnings: &Warnings,
    recorder: &Recorder,
) -> Result<T, CollectError> {
    if came.is_err() {
        session::show(warnings, recorder.target(), &session.stderr(), recorder);
    }
    came
}

pub(crate) fn identify_request(target: &Target, settings: Map<String, Value>, environment: &Environment) -> Identify {
    Identify {
        target: target.id.clone(),
        settings,
        run_id: environment.run_id.clone(),
        user_agent: environment.user_agent.clone(),
        concurrency: environment.concurrency,
        now: environment.clock.now(),
        deadline: environment.deadline,
        overrides: None,
        pin: None,
    }
}

fn launch(settings: &ProgramSettings, folder: &Path) -> Launch {
    let usual = Limits::default();
    Launch {
        program: folder.join(&settings.program),
        arguments: settings.arguments.iter().map(OsString::from).collect(),
        environment: Some(environment(&settings.environment)),
        folder: Some(folder.to_owned()),
        limits: Limits {
            wall: settings.seconds.map_or(usual.wall, Duration::from_secs),
            memory: settings.memory_mib.map_or(usual.memory, |mib| mib << 20),
            output: settings.output_mib.map_or(usual.output, |mib| mib << 20),
            line: usual.line,
        },
    }
}

/// In place of settings that cannot be read.
fn nothing() -> ProgramSettings {
    ProgramSettings {
        name: NAME.to_owned(),
        identity: String::new(),
        program: String::new(),
        arguments: Vec::new(),
        settings: Map::new(),
        environment: Vec::new(),
        seconds: None,
        memory_mib: None,
        output_mib: None,
    }
}
