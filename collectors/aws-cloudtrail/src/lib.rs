//! Reads AWS CloudTrail: the trails that take events of an account, whether they deliver, and which events they exclude.
//!
//! What is read, by which right, and what cannot be seen: `README.md`.

mod client;
mod read;
pub mod resource;
mod rights;
mod wire;

use async_trait::async_trait;
use aws::{Call, Session, own_endpoints, right_status, settings_schema};
use sdk::{
    CallerIdentity, CollectError, Collector, CollectorKind, DeclaredCollector, Descriptor, Environment, FoundTarget,
    Recorder, ResourceKind, RightState, RightStatus, RightsForm, SinkError, Target,
};
use serde_json::Value;

use crate::read::Reader;
use crate::resource::{REGION, Region, TRAIL, Trail};
use crate::rights::{DESCRIBE, SELECTORS, STATUS};

/// The collector `aws-cloudtrail`.
#[derive(Clone, Copy, Debug, Default)]
pub struct AwsCloudtrail;

#[async_trait]
impl CollectorKind for AwsCloudtrail {
    fn descriptor(&self) -> Descriptor {
        Descriptor {
            name: "aws-cloudtrail".to_owned(),
            summary:
                "Trails of AWS CloudTrail: which events of the account are logged, where to, and whether they arrive."
                    .to_owned(),
            resources: vec![ResourceKind::of::<Trail>(TRAIL), ResourceKind::of::<Region>(REGION)],
            rights: rights::rights(),
            settings: settings_schema(),
            endpoints: own_endpoints(&["cloudtrail", "account", "sts"]),
            also: Vec::new(),
            thief:
                "Learn which of the account's events are logged and which are not, and which bucket holds the logs: where an intruder would not be seen. It reads no event and changes no trail."
                    .to_owned(),
        }
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
        let session = Session::connect(target, environment, recorder).await?;
        Ok(Box::new(Account { session }))
    }
}

/// The trails of one account.
#[derive(Debug)]
struct Account {
    session: Session,
}

#[async_trait]
impl Collector for Account {
    async fn identify(&self, _: &Recorder) -> Result<CallerIdentity, CollectError> {
        self.session.identify().await
    }

    async fn preflight(&self, _: &Recorder) -> Result<Vec<RightStatus>, CollectError> {
        let (mut statuses, regions) = self.session.preflight_regions().await?;
        for region in &regions {
            statuses.extend(preflight(&self.session, region).await?);
        }
        Ok(statuses)
    }

    async fn collect(&self, recorder: &Recorder) -> Result<(), CollectError> {
        Ok(Reader::new(&self.session, recorder).read().await?)
    }
}

/// Each right once in a region; those of trails on the first one that shows there.
async fn preflight(session: &Session, region: &str) -> Result<Vec<RightStatus>, SinkError> {
    let client = client::in_region(session, region);
    let asked = session.call(Call::new(DESCRIBE), || client.describe_trails().send()).await?;
    let mut statuses = vec![right_status(DESCRIBE, Some(region), &asked)];
    let first =
        asked.ok().and_then(|answer| read::entries(&answer.body)).and_then(|list| list.into_iter().flatten().next());
    let Some(trail) = first else {
        statuses.extend([STATUS, SELECTORS].map(|right| RightStatus {
            right: right.to_owned(),
            state: RightState::Undecided,
            scope: Some(region.to_owned()),
            detail: "no trail of the region can be read".to_owned(),
        }));
        return Ok(statuses);
    };
    let info = |right: &str| Call::new(right).subject(TRAIL, &trail.arn);
    let asked = session.call(info(STATUS), || client.get_trail_status().name(&trail.arn).send()).await?;
    statuses.push(right_status(STATUS, Some(&trail.arn), &asked));
    let asked = session.call(info(SELECTORS), || client.get_event_selectors().trail_name(&trail.arn).send()).await?;
    statuses.push(right_status(SELECTORS, Some(&trail.arn), &asked));
    Ok(statuses)
}
