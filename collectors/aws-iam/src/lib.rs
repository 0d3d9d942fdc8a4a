//! Reads AWS IAM: the account and its root user, users with their credentials and MFA devices, groups, roles, managed policies, identity providers.
//!
//! What is read, by which right, and what cannot be seen: `README.md`.

mod account;
mod authorization;
mod descriptor;
mod entities;
mod iam;
mod mfa;
mod other_credentials;
mod passwords;
mod permissions;
mod preflight;
mod providers;
mod report;
mod report_fetch;
pub mod resource;
mod users;

use std::sync::OnceLock;

use async_trait::async_trait;
use aws::Session;
use sdk::{
    CallerIdentity, CollectError, Collector, CollectorKind, DeclaredCollector, Descriptor, Environment, FoundTarget,
    Recorder, RightStatus, RightsForm, Target,
};
use serde_json::Value;

use crate::authorization::Details;
use crate::iam::Iam;

/// The kind of collector `aws-iam`.
#[derive(Clone, Copy, Debug, Default)]
pub struct AwsIam;

#[async_trait]
impl CollectorKind for AwsIam {
    fn descriptor(&self) -> Descriptor {
        descriptor::descriptor()
    }

    fn pinned_by(&self) -> &'static str {
        aws::PINNED_BY
    }

    async fn discover(&self, environment: &Environment, recorder: &Recorder) -> Result<Vec<FoundTarget>, CollectError> {
        aws::discover(environment, recorder).await
    }

    fn rights_forms(&self) -> Vec<RightsForm> {
        aws::rights_forms()
    }

    fn rights_in(&self, form: &str, declared: &[DeclaredCollector]) -> Option<Value> {
        aws::rights_in(form, declared)
    }

    fn template(&self) -> Option<&'static str> {
        Some(aws::TEMPLATE)
    }

    async fn connect(
        &self,
        target: &Target,
        environment: &Environment,
        recorder: &Recorder,
    ) -> Result<Box<dyn Collector>, CollectError> {
        Ok(Box::new(Account {
            session: Session::connect(target, environment, recorder).await?,
            partition: OnceLock::new(),
        }))
    }
}

/// IAM of one account.
#[derive(Debug)]
struct Account {
    session: Session,
    /// `aws`, `aws-cn`, `aws-us-gov`, from the caller's ARN.
    partition: OnceLock<String>,
}

impl Account {
    /// The ARN of the account's root user.
    fn root(&self) -> String {
        let partition = self.partition.get().map_or("aws", String::as_str);
        format!("arn:{partition}:iam::{}:root", self.session.settings().account)
    }
}

#[async_trait]
impl Collector for Account {
    async fn identify(&self, _: &Recorder) -> Result<CallerIdentity, CollectError> {
        let identity = self.session.identify().await?;
        if let Some(partition) = identity.caller.split(':').nth(1) {
            // Asked again it is the same partition: an account is in one.
            self.partition.get_or_init(|| partition.to_owned());
        }
        Ok(identity)
    }

    async fn preflight(&self, recorder: &Recorder) -> Result<Vec<RightStatus>, CollectError> {
        let iam = Iam::new(self.session.clone(), recorder.clone());
        Ok(preflight::preflight(&iam, &self.root()).await?)
    }

    async fn collect(&self, recorder: &Recorder) -> Result<(), CollectError> {
        let iam = Iam::new(self.session.clone(), recorder.clone());
        let root = self.root();
        let entities = async {
            let mut details = Details::new(&iam, &root);
            let (first, account, report) =
                tokio::try_join!(details.next(), account::read(&iam, &root), report_fetch::fetch(&iam),)?;
            tokio::try_join!(
                details.record(first, &account.counts, &report),
                other_credentials::server_certificates(&iam, &account.counts),
            )?;
            account.record(&iam, &root, &report)
        };
        tokio::try_join!(entities, providers::record(&iam))?;
        Ok(())
    }
}
