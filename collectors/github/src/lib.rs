//! Reads one organisation of GitHub: who is in it and with which second factor, which Apps and tokens get in, and how
//! the declared repositories are protected. It changes nothing.

mod client;
mod credentials;
mod discover;
mod grants;
mod list;
mod note;
mod organization;
mod people;
mod preflight;
mod repository;
pub mod resource;
mod rights;
mod routes;
mod session;
mod settings;
mod wire;

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use futures_util::future::try_join4;
use sdk::{
    CallerIdentity, CollectError, Collector, CollectorKind, DeclaredCollector, Descriptor, Environment, FoundTarget,
    Recorder, ResourceKind, RightStatus, RightsForm, Target,
};
use serde_json::Value;

use crate::session::{Answer, Session};

/// The collector `github`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Github;

#[async_trait]
impl CollectorKind for Github {
    fn descriptor(&self) -> Descriptor {
        Descriptor {
            name: "github".to_owned(),
            summary: "An organisation of GitHub: members and their second factors, Apps, tokens, and how declared \
                      repositories are protected."
                .to_owned(),
            resources: vec![
                ResourceKind::of::<resource::Organization>(resource::ORGANIZATION),
                ResourceKind::of::<resource::Member>(resource::MEMBER),
                ResourceKind::of::<resource::OutsideCollaborator>(resource::OUTSIDE_COLLABORATOR),
                ResourceKind::of::<resource::Team>(resource::TEAM),
                ResourceKind::of::<resource::SamlIdentity>(resource::SAML_IDENTITY),
                ResourceKind::of::<resource::AppInstallation>(resource::APP_INSTALLATION),
                ResourceKind::of::<resource::TokenGrant>(resource::TOKEN_GRANT),
                ResourceKind::of::<resource::Repository>(resource::REPOSITORY),
                ResourceKind::of::<resource::Environment>(resource::ENVIRONMENT),
                ResourceKind::of::<resource::Webhook>(resource::WEBHOOK),
                ResourceKind::of::<resource::DeployKey>(resource::DEPLOY_KEY),
                ResourceKind::of::<resource::AuditEvent>(resource::AUDIT_EVENT),
            ],
            rights: rights::rights(),
            settings: settings::schema(),
            // Data residency gives an enterprise a host of its own under ghe.com.
            endpoints: vec!["api.github.com".to_owned(), "api.{name}.ghe.com".to_owned()],
            also: Vec::new(),
            thief:
                "Learn who is in the organisation, who has no second factor or a weak one, which Apps, tokens and keys have access with which permissions, and where branches are badly protected: a list of whom to attack first. It cannot read or change code, change a setting or give anyone access."
                    .to_owned(),
        }
    }

    fn pinned_by(&self) -> &'static str {
        "organization_id"
    }

    async fn connect(
        &self,
        target: &Target,
        environment: &Environment,
        recorder: &Recorder,
    ) -> Result<Box<dyn Collector>, CollectError> {
        let session = Session::connect(target, environment, recorder).await?;
        Ok(Box::new(Organization { session, identified: Mutex::default() }))
    }

    async fn discover(&self, environment: &Environment, recorder: &Recorder) -> Result<Vec<FoundTarget>, CollectError> {
        discover::discover(environment, recorder).await
    }

    fn rights_forms(&self) -> Vec<RightsForm> {
        vec![rights::FORM]
    }

    fn rights_in(&self, form: &str, _: &[DeclaredCollector]) -> Option<Value> {
        (form == rights::FORM.name).then(rights::permissions)
    }

    fn template(&self) -> Option<&'static str> {
        Some(include_str!("../../../policies/templates/github.yaml"))
    }
}

/// A collector of one organisation.
#[derive(Debug)]
struct Organization {
    session: Session,
    /// What the organisation said of itself when it was identified: it is not asked twice.
    identified: Mutex<Option<Arc<Answer>>>,
}

impl Organization {
    async fn identified(&self) -> Result<Arc<Answer>, CollectError> {
        if let Some(answer) = self.identified.lock().unwrap_or_else(PoisonError::into_inner).clone() {
            return Ok(answer);
        }
        let call = organization::call(&self.session);
        let answer = Arc::new(self.session.get(&call).await?.map_err(session::Refusal::fatal)?);
        *self.identified.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&answer));
        Ok(answer)
    }
}

#[async_trait]
impl Collector for Organization {
    async fn identify(&self, _: &Recorder) -> Result<CallerIdentity, CollectError> {
        let answer = self.identified().await?;
        let call = organization::call(&self.session);
        let told: organization::Told = answer.read(&call).map_err(session::Refusal::fatal)?;
        let (expected, found) = (self.session.settings.organization_id, told.id);
        if expected != found {
            return Err(CollectError::WrongIdentity { expected: expected.to_string(), found: found.to_string() });
        }
        Ok(CallerIdentity { caller: self.session.caller(), found: found.to_string() })
    }

    async fn preflight(&self, _: &Recorder) -> Result<Vec<RightStatus>, CollectError> {
        let identified = self.identified().await?;
        Ok(preflight::preflight(&self.session, &identified).await?)
    }

    async fn collect(&self, recorder: &Recorder) -> Result<(), CollectError> {
        let identified = self.identified().await?;
        let session = &self.session;
        try_join4(
            organization::read(session, recorder, &identified),
            people::read(session, recorder),
            grants::read(session, recorder),
            repository::read(session, recorder),
        )
        .await?;
        Ok(())
    }
}
