//! Reads AWS CloudHSM: clusters, the modules in them, and their backups, in every declared region.
//!
//! What is read, by which right, and what cannot be seen: `README.md`. Users and keys inside a cluster are not AWS' to tell.

pub mod resource;
mod wire;

use async_trait::async_trait;
use aws::fact::Parts;
use aws::{Bounded, CallInfo, ListedRegions, Session, json, own_endpoints, right_status, settings_schema};
use aws_sdk_cloudhsmv2::Client;
use schemars::JsonSchema;
use sdk::{
    CallerIdentity, CollectError, Collector, CollectorKind, CoverageNote, Descriptor, Environment, ExchangeId, Feed,
    GapNote, GapReason, Recorder, ResourceKind, Right, RightStatus, SinkError, Subject, Target, population,
};
use serde::Serialize;

use crate::resource::{BACKUP, Backup, CLUSTER, Cluster, Hsm, REGION, Region};

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
            resources: vec![kind::<Cluster>(CLUSTER), kind::<Backup>(BACKUP), kind::<Region>(REGION)],
            rights: rights(),
            settings: settings_schema(),
            endpoints: own_endpoints(),
            thief: "Learn which clusters and backups exist, in which networks, and when backups expire. A cluster that was \
                    never initialised shows its first password to whoever may read it. No module is entered with it, no \
                    backup restored, nothing changed."
                .to_owned(),
        }
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
            let call = Box::pin(client.describe_clusters().max_results(1).send());
            let asked = self.session.call(CallInfo::new(CLUSTERS), call).await?;
            statuses.push(right_status(CLUSTERS, Some(region), &asked));
            let call = Box::pin(client.describe_backups().max_results(1).send());
            let asked = self.session.call(CallInfo::new(BACKUPS), call).await?;
            statuses.push(right_status(BACKUPS, Some(region), &asked));
        }
        Ok(statuses)
    }

    async fn collect(&self, recorder: &Recorder) -> Result<(), CollectError> {
        let listed = self.session.list_regions(recorder, REGION).await?;
        self.record_regions(recorder, &listed)?;
        let mut work = Bounded::new(self.session.concurrency());
        for region in self.session.regions_to_read(&listed) {
            if let Some((words, exchange)) = listed.closed(&region) {
                closed(recorder, &region, &words, exchange)?;
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
        let info = CallInfo::new(CLUSTERS).population(&name);
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
        let info = CallInfo::new(BACKUPS).population(&name);
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

    /// Which regions there are, which this run leaves out, and what that means where it is not known.
    fn record_regions(&self, recorder: &Recorder, listed: &ListedRegions) -> Result<(), SinkError> {
        let declared = self.session.settings().regions.as_ref();
        for region in &listed.regions {
            let read = declared.is_none_or(|names| names.contains(&region.name));
            let facts =
                Region { name: Some(region.name.clone()), status: Some(region.status.clone()), declared: Some(read) };
            record(recorder, (REGION, REGION, &region.name), &facts, &region.source)?;
            if !read && region.may_be_used() {
                recorder.gap(GapNote {
                    population: Some(REGION.to_owned()),
                    subject: Some(Subject { kind: REGION.to_owned(), id: region.name.clone() }),
                    part: None,
                    right: None,
                    reason: GapReason::Skipped,
                    detail: "the account may use this region, and the declaration leaves it out".to_owned(),
                    exchange: Some(region.source.exchange),
                })?;
            }
        }
        if let (None, Some(refusal)) = (declared, &listed.stopped) {
            for kind in OF_REGIONS {
                let mut gap = refusal.gap(None);
                gap.population = Some(kind.to_owned());
                gap.detail = format!("which regions hold any is unknown: {}", refusal.detail);
                recorder.gap(gap)?;
                recorder.coverage(unread(kind.to_owned()))?;
            }
        }
        Ok(())
    }
}

/// The account's own list of regions says that this declared one cannot be read.
fn closed(recorder: &Recorder, region: &str, words: &str, exchange: Option<ExchangeId>) -> Result<(), SinkError> {
    for kind in OF_REGIONS {
        let population = population(kind, Some(region));
        recorder.gap(GapNote {
            population: Some(population.clone()),
            subject: None,
            part: None,
            right: None,
            reason: GapReason::Unsupported,
            detail: words.to_owned(),
            exchange,
        })?;
        recorder.coverage(unread(population))?;
    }
    Ok(())
}

fn unread(population: String) -> CoverageNote {
    CoverageNote { population, calls: 0, pages: 0, items: 0, complete: false, total: None }
}

fn hsm(entry: wire::Hsm) -> Hsm {
    Hsm { id: entry.hsm_id, state: entry.state, availability_zone: entry.availability_zone, subnet: entry.subnet_id }
}

/// Records a resource of a population and kind, all of whose parts stand at one place.
fn record<T: Serialize>(
    recorder: &Recorder,
    (population, kind, id): (&str, &str, &str),
    facts: &T,
    source: &sdk::Source,
) -> Result<(), SinkError> {
    let mut parts = Parts::of(population, kind, id);
    let value = serde_json::to_value(facts).map_err(|error| SinkError(error.into()))?;
    for part in value.as_object().into_iter().flat_map(|members| members.keys()) {
        parts.place(part, vec![source.clone()]);
    }
    parts.record(recorder, facts)
}

/// A client of one region.
fn client(session: &Session, region: &str) -> Client {
    let config = aws_sdk_cloudhsmv2::config::Builder::from(&session.config_in(region))
        .retry_partition(session.retry_budget())
        .build();
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
        right(CLUSTERS, CLUSTER, "clusters, the modules in them, and for how long backups are kept"),
        right(BACKUPS, BACKUP, "backups, from which a cluster with the same keys can be made"),
    ]
}

fn kind<T: JsonSchema>(name: &str) -> ResourceKind {
    ResourceKind { kind: name.to_owned(), schema: schemars::schema_for!(T).to_value() }
}
