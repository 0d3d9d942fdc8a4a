//! Reads AWS CloudHSM: clusters, the modules in them, and their backups, in every declared region.
//!
//! What is read, by which right, and what cannot be seen: `README.md`. Users and keys inside a cluster are not AWS' to tell.

pub mod resource;
mod wire;

use async_trait::async_trait;
use aws::fact::Parts;
use aws::{Bounded, Call, Region, Session, json, own_endpoints, record_closed, right_status, settings_schema};
use aws_sdk_cloudhsmv2::Client;
use sdk::{
    CallerIdentity, CollectError, Collector, CollectorKind, DeclaredCollector, Descriptor, Environment, Feed, Recorder,
    ResourceKind, Right, RightStatus, RightsForm, SinkError, Target, population,
};
use serde::Serialize;
use serde_json::Value;

use crate::resource::{BACKUP, Backup, CLUSTER, Cluster, Hsm, REGION};

const CLUSTERS: &str = "cloudhsm:DescribeClusters";
const BACKUPS: &str = "cloudhsm:DescribeBackups";
/// Kinds that each region has its own of.
const OF_REGIONS: [&str; 2] = [CLUSTER, BACKUP];

/// The collector `aws-cloudhsm`.
#[derive(Clone, Copy, Debug, Default)]
pub struct AwsCloudhsm;

#[async_trait]
impl CollectorKind for AwsCloudhsm {
    fn descriptor(&self) -> Descriptor {
        Descriptor {
            name: "aws-cloudhsm".to_owned(),
            summary: "Clusters of AWS CloudHSM, the modules in them, and their backups.".to_owned(),
            resources: vec![ResourceKind::of::<Cluster>(CLUSTER), ResourceKind::of::<Backup>(BACKUP), ResourceKind::of::<Region>(REGION)],
            rights: rights(),
            settings: settings_schema(),
            endpoints: own_endpoints(&["cloudhsmv2", "account", "sts"]),
            also: Vec::new(),
            thief: "Learn which clusters and backups exist, in which networks, and when backups expire. A cluster that was \
                    never initialised shows its first password to whoever may read it. It gives no access to a module, restores no backup and changes nothing."
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
        let session = Session::connect(target, environment, recorder).await?;
        Ok(Box::new(Account { session }))
    }
}

/// The clusters of one account.
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
            let client = client(&self.session, region);
            let call = || client.describe_clusters().max_results(1).send();
            let asked = self.session.call(Call::new(CLUSTERS), call).await?;
            statuses.push(right_status(CLUSTERS, Some(region), &asked));
            let call = || client.describe_backups().max_results(1).send();
            let asked = self.session.call(Call::new(BACKUPS), call).await?;
            statuses.push(right_status(BACKUPS, Some(region), &asked));
        }
        Ok(statuses)
    }

    async fn collect(&self, recorder: &Recorder) -> Result<(), CollectError> {
        let listed = self.session.list_regions(recorder, REGION).await?;
        self.session.record_regions(recorder, &listed, REGION, &OF_REGIONS)?;
        let mut work = Bounded::new(self.session.concurrency());
        for region in self.session.regions_to_read(&listed) {
            if let Some(closed) = listed.closed(&region) {
                record_closed(recorder, &region, closed, &OF_REGIONS)?;
                continue;
            }
            work.start(self.read(recorder, region)).await?;
        }
        Ok(work.finish().await?)
    }
}

impl Account {
    async fn read(&self, recorder: &Recorder, region: String) -> Result<(), SinkError> {
        let client = client(&self.session, &region);
        self.clusters(recorder, &client, &region).await?;
        self.backups(recorder, &client, &region).await
    }

    async fn clusters(&self, recorder: &Recorder, client: &Client, region: &str) -> Result<(), SinkError> {
        let name = population(CLUSTER, Some(region));
        let info = Call::new(CLUSTERS).population(&name);
        let mut listed = json::read_list::<wire::Cluster, _, _, _>(&self.session, info, "Clusters", |token| {
            client.describe_clusters().set_next_token(token).send()
        })
        .await?;
        let entries = listed.take();
        let items = entries.len() as u64;
        for (entry, source) in entries {
            let facts = Cluster {
                id: Some(entry.cluster_id.clone()),
                region: Some(region.to_owned()),
                state: Some(entry.state),
                hsm_type: Some(entry.hsm_type),
                mode: Some(entry.mode),
                hsms: Some(entry.hsms.into_iter().map(hsm).collect()),
                backup_retention_days: Some(entry.backup_retention_policy.and_then(|policy| policy.days())),
                source_backup: Some(entry.source_backup_id),
                vpc: Some(entry.vpc_id),
                security_group: Some(entry.security_group),
                created: Some(entry.create_timestamp),
                tags: Some(wire::tags(entry.tag_list)),
            };
            record(recorder, (&name, CLUSTER, &entry.cluster_id), &facts, &source)?;
        }
        listed.close(recorder, &name, items)?;
        Ok(())
    }

    async fn backups(&self, recorder: &Recorder, client: &Client, region: &str) -> Result<(), SinkError> {
        let name = population(BACKUP, Some(region));
        let info = Call::new(BACKUPS).population(&name);
        let mut listed = json::read_list::<wire::Backup, _, _, _>(&self.session, info, "Backups", |token| {
            client.describe_backups().set_next_token(token).send()
        })
        .await?;
        let entries = listed.take();
        let items = entries.len() as u64;
        for (entry, source) in entries {
            let facts = Backup {
                id: Some(entry.backup_id.clone()),
                region: Some(region.to_owned()),
                state: Some(entry.backup_state),
                cluster: Some(entry.cluster_id),
                never_expires: Some(entry.never_expires),
                created: Some(entry.create_timestamp),
                deletion: Some(entry.delete_timestamp),
                source_region: Some(entry.source_region),
                source_backup: Some(entry.source_backup),
                tags: Some(wire::tags(entry.tag_list)),
            };
            record(recorder, (&name, BACKUP, &entry.backup_id), &facts, &source)?;
        }
        listed.close(recorder, &name, items)?;
        Ok(())
    }
}

fn hsm(entry: wire::Hsm) -> Hsm {
    Hsm { id: entry.hsm_id, state: entry.state, availability_zone: entry.availability_zone, subnet: entry.subnet_id }
}

/// Records a resource of a population and kind, all of whose parts are at one place.
fn record<T: Serialize>(
    recorder: &Recorder,
    (population, kind, id): (&str, &str, &str),
    facts: &T,
    source: &sdk::Source,
) -> Result<(), SinkError> {
    let mut parts = Parts::of(population, kind, id);
    let value = sdk::facts(facts)?;
    for part in value.as_object().into_iter().flat_map(|members| members.keys()) {
        parts.place(part, vec![source.clone()]);
    }
    parts.record(recorder, facts)
}

/// A client of one region.
fn client(session: &Session, region: &str) -> Client {
    let config = aws_sdk_cloudhsmv2::config::Builder::from(&session.config_in(region)).build();
    Client::from_conf(config)
}

fn rights() -> Vec<Right> {
    let right = |name: &str, kind: &str, note: &str| Right {
        name: name.to_owned(),
        feeds: vec![Feed::list(kind)],
        deniable: true,
        note: note.to_owned(),
    };
    vec![
        aws::caller_identity_right(),
        aws::list_regions_right(REGION),
        right(CLUSTERS, CLUSTER, "clusters, the modules in them, and how long backups are kept"),
        right(BACKUPS, BACKUP, "backups, from which a cluster with the same keys can be made"),
    ]
}
