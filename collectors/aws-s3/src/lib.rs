//! Reads declared buckets of Amazon S3: who has access to them, and whether their objects can be deleted.
//!
//! What is read, by which right, and what cannot be seen: `README.md`. No object is listed or read.

mod bucket;
mod client;
mod page;
pub mod resource;
mod rights;
mod settings;
mod wire;

use std::sync::OnceLock;

use async_trait::async_trait;
use aws::{Bounded, Call, Refusal, Session, own_endpoints, right_status};
use sdk::{
    CallerIdentity, CollectError, Collector, CollectorKind, CoverageNote, DeclaredCollector, Descriptor, Environment,
    Recorder, ResourceKind, RightState, RightStatus, RightsForm, Target,
};
use serde_json::Value;

use crate::bucket::Reader;
use crate::client::Clients;
use crate::page::Page;
use crate::resource::{BUCKET, Bucket};
use crate::rights::ACCOUNT_BLOCK;

/// The collector `aws-s3`.
#[derive(Clone, Copy, Debug, Default)]
pub struct AwsS3;

#[async_trait]
impl CollectorKind for AwsS3 {
    fn descriptor(&self) -> Descriptor {
        Descriptor {
            name: "aws-s3".to_owned(),
            summary: "Declared buckets of Amazon S3: who has access to them, and whether their objects can be deleted."
                .to_owned(),
            resources: vec![ResourceKind::of::<Bucket>(BUCKET)],
            rights: rights::rights(),
            settings: settings::schema(),
            endpoints: own_endpoints(&["s3", "s3-control", "account", "sts"]),
            also: Vec::new(),
            thief: "Learn who may read and change buckets, how they are encrypted and whether objects can be deleted. \
                    Granted on every bucket, as the printed policy does, it shows the same of buckets that are not declared, if their names are known. It cannot list, read, write or delete an object."
                .to_owned(),
        }
    }

    fn pinned_by(&self) -> &'static str {
        aws::PINNED_BY
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
        let (buckets, target) = settings::split(target)?;
        let session = Session::connect(&target, environment, recorder).await?;
        Ok(Box::new(Account { session, buckets, partition: OnceLock::new() }))
    }
}

/// The declared buckets of one account.
#[derive(Debug)]
struct Account {
    session: Session,
    buckets: Vec<String>,
    /// `aws`, `aws-cn`, `aws-us-gov`, from the caller's ARN.
    partition: OnceLock<String>,
}

impl Account {
    fn arn(&self, bucket: &str) -> String {
        format!("arn:{}:s3:::{bucket}", self.partition.get().map_or("aws", String::as_str))
    }
}

#[async_trait]
impl Collector for Account {
    async fn identify(&self, _: &Recorder) -> Result<CallerIdentity, CollectError> {
        let identity = self.session.identify().await?;
        if let Some(partition) = identity.caller.split(':').nth(1) {
            self.partition.get_or_init(|| partition.to_owned());
        }
        Ok(identity)
    }

    /// Each right on the first declared bucket: a bucket's policy may refuse on the next what it grants on this one.
    async fn preflight(&self, _: &Recorder) -> Result<Vec<RightStatus>, CollectError> {
        let Some(bucket) = self.buckets.first() else { return Ok(Vec::new()) };
        let clients = Clients::new(&self.session);
        let arn = self.arn(bucket);
        let reader = Reader::new(&clients, bucket, &arn);
        let mut statuses = Vec::new();
        let mut say = |right: &str, scope: Option<&str>, asked: &Result<Page, Refusal>| {
            let mut status = match asked {
                Ok(_) => RightStatus {
                    right: right.to_owned(),
                    state: RightState::Granted,
                    scope: scope.map(str::to_owned),
                    detail: "answered".to_owned(),
                },
                Err(refusal) => right_status::<()>(right, scope, &Err(refusal.clone())),
            };
            // That there is none of it is an answer too.
            if asked.as_ref().is_err_and(wire::says_none) {
                status.state = RightState::Granted;
            }
            statuses.push(status);
        };
        let info = Call::new(ACCOUNT_BLOCK);
        say(ACCOUNT_BLOCK, None, &clients.account_block(info).await?);
        for (right, asked) in reader.ask_everything().await? {
            say(right, Some(&arn), &asked);
        }
        Ok(statuses)
    }

    async fn collect(&self, recorder: &Recorder) -> Result<(), CollectError> {
        let clients = Clients::new(&self.session);
        let block = clients.account_block(Call::new(ACCOUNT_BLOCK).population(BUCKET)).await?;
        let mut work = Bounded::new(self.session.concurrency());
        for name in &self.buckets {
            let (arn, block, clients) = (self.arn(name), &block, &clients);
            work.start(async move { Reader::new(clients, name, &arn).read(recorder, block).await }).await?;
        }
        work.finish().await?;
        // The list is the declaration's: it is always whole.
        recorder.coverage(CoverageNote {
            population: BUCKET.to_owned(),
            calls: 0,
            pages: 0,
            items: self.buckets.len() as u64,
            complete: true,
            total: None,
        })?;
        Ok(())
    }
}
