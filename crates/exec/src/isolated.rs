//! A collector that is built in, run in a process of its own: what its foreign code does there costs its target only.

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use sdk::{
    CallerIdentity, CollectError, Collector, CollectorKind, DeclaredCollector, Descriptor, Environment, Overrides,
    Recorder, RightStatus, RightsForm, Target,
};
use tokio::sync::Mutex;

use crate::child::Launch;
use crate::intake::Intake;
use crate::program::{environment, identify_request, showing_stderr};
use crate::protocol::{self, Identify};
use crate::session::{Session, describe, failed, show};
use crate::{Limits, Warnings};

/// How a collector of ours is started in a process of its own.
#[derive(Clone, Debug)]
pub struct Sandbox {
    /// This program's own file.
    pub program: PathBuf,
    /// With these it must run [`crate::serve`] with the same collector, or [`crate::replay`].
    pub arguments: Vec<OsString>,
    /// Names of variables that it is given beside the usual ones. `None`: our whole environment.
    pub environment: Option<Vec<String>>,
    pub limits: Limits,
}

/// A collector of ours that runs in a child process of this program.
pub struct Isolated {
    inner: Arc<dyn CollectorKind>,
    launch: Launch,
    warnings: Warnings,
}

impl std::fmt::Debug for Isolated {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Isolated").field("inner", &self.inner).finish_non_exhaustive()
    }
}

impl Isolated {
    /// The same collector, apart.
    #[must_use]
    pub fn new(inner: Arc<dyn CollectorKind>, sandbox: Sandbox, warnings: Warnings) -> Self {
        let launch = Launch {
            program: sandbox.program,
            arguments: sandbox.arguments,
            environment: sandbox.environment.as_deref().map(environment),
            folder: None,
            limits: sandbox.limits,
        };
        Self { inner, launch, warnings }
    }
}

#[async_trait]
impl CollectorKind for Isolated {
    fn descriptor(&self) -> Descriptor {
        self.inner.descriptor()
    }

    fn pinned_by(&self) -> &'static str {
        self.inner.pinned_by()
    }

    fn rights_forms(&self) -> Vec<RightsForm> {
        self.inner.rights_forms()
    }

    fn rights_in(&self, form: &str, declared: &[DeclaredCollector]) -> Option<serde_json::Value> {
        self.inner.rights_in(form, declared)
    }

    fn template(&self) -> Option<&'static str> {
        self.inner.template()
    }

    fn takes_pin(&self) -> bool {
        self.inner.takes_pin()
    }

    async fn connect(
        &self,
        target: &Target,
        given: &Environment,
        recorder: &Recorder,
    ) -> Result<Box<dyn Collector>, CollectError> {
        let left = given.deadline.as_millis().saturating_sub(given.clock.now().as_millis());
        let wall = Duration::from_millis(u64::try_from(left).unwrap_or(0)).saturating_add(Duration::from_secs(1));
        let described = match describe(&self.launch, wall.min(self.launch.limits.wall)).await {
            Ok(described) => described,
            Err((fault, stderr)) => {
                show(&self.warnings, &target.id, &stderr, recorder);
                return Err(failed(&fault.0));
            }
        };
        let descriptor = self.inner.descriptor();
        if described.descriptor != descriptor {
            return Err(failed("this program's own file was replaced by another one while it ran"));
        }
        let mut request = identify_request(target, target.settings.clone(), given);
        request.overrides = overrides(&given.overrides);
        if let Some(pin) = given.pins.get(&target.id) {
            recorder.secrets().add(pin.clone());
            request.pin = Some(protocol::Pin(pin.expose().to_owned()));
        }
        let intake = Intake::new(&descriptor, false, given.clock.now());
        let session = Session::new(described.child, intake, given.clock.clone(), given.stop.clone());
        Ok(Box::new(IsolatedCollector {
            session: Mutex::new(session),
            request,
            warnings: Warnings::clone(&self.warnings),
        }))
    }
}

fn overrides(given: &Overrides) -> Option<protocol::Overrides> {
    let carried = protocol::Overrides {
        endpoint_url: given.endpoint_url.clone(),
        endpoint_urls: given.endpoint_urls.clone(),
        credentials: given
            .credentials
            .as_ref()
            .map(|c| (c.access_key_id.clone(), c.secret_access_key.expose().to_owned())),
        token: given.token.as_ref().map(|token| token.expose().to_owned()),
        extra_roots: given.extra_roots.clone(),
    };
    (carried != protocol::Overrides::default()).then_some(carried)
}

struct IsolatedCollector {
    session: Mutex<Session>,
    request: Identify,
    warnings: Warnings,
}

#[async_trait]
impl Collector for IsolatedCollector {
    async fn identify(&self, recorder: &Recorder) -> Result<CallerIdentity, CollectError> {
        let mut session = self.session.lock().await;
        let identity = session.identify(self.request.clone(), recorder).await;
        showing_stderr(identity, &session, &self.warnings, recorder)
    }

    async fn preflight(&self, recorder: &Recorder) -> Result<Vec<RightStatus>, CollectError> {
        let mut session = self.session.lock().await;
        let rights = session.preflight(recorder).await;
        showing_stderr(rights, &session, &self.warnings, recorder)
    }

    async fn collect(&self, recorder: &Recorder) -> Result<(), CollectError> {
        let mut session = self.session.lock().await;
        let collected = session.collect(recorder).await;
        showing_stderr(collected, &session, &self.warnings, recorder)
    }
}
