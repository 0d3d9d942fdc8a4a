//! Reads AWS KMS: keys, their policies, grants, tags and rotation, aliases, custom key stores, in every declared region.
//!
//! It makes no call that changes anything; above all it never describes a key by alias: `DescribeKey` of a predefined
//! alias `alias/aws/…` creates the key.

mod client;
mod key;
mod key_policy;
mod preflight;
mod region;
pub mod resource;
mod wire;

use async_trait::async_trait;
use aws::{Bounded, Region, Session, own_endpoints, record_closed, settings_schema};
use futures_util::future::{BoxFuture, try_join_all};
use sdk::{
    CallerIdentity, CollectError, Collector, CollectorKind, DeclaredCollector, Descriptor, Environment, Feed, FoundKey,
    FoundTarget, Recorder, ResourceKind, Right, RightStatus, RightsForm, Target,
};
use serde_json::Value;

use crate::region::RegionReader;
use crate::resource::{ALIAS, Alias, CUSTOM_KEY_STORE, CustomKeyStore, KEY, Key, NAME, REGION};

/// Regions read at once. The session bounds the requests of all of them together.
const REGIONS_AT_ONCE: usize = 8;

/// Kinds that each region has its own of.
const OF_REGIONS: [&str; 3] = [KEY, ALIAS, CUSTOM_KEY_STORE];

/// The collector `aws-kms`.
#[derive(Clone, Copy, Debug, Default)]
pub struct AwsKms;

#[async_trait]
impl CollectorKind for AwsKms {
    fn descriptor(&self) -> Descriptor {
        Descriptor {
            name: NAME.to_owned(),
            summary: "Keys of AWS KMS: who may use and administer them, where they came from, whether they rotate."
                .to_owned(),
            resources: vec![
                ResourceKind::of::<Key>(KEY),
                ResourceKind::of::<Alias>(ALIAS),
                ResourceKind::of::<CustomKeyStore>(CUSTOM_KEY_STORE),
                ResourceKind::of::<Region>(REGION),
            ],
            rights: rights(),
            settings: settings_schema(),
            endpoints: own_endpoints(&["kms", "account", "sts"]),
            also: Vec::new(),
            thief: "Learn which keys exist, who may use and administer them, through which grants, and how they are \
                    tagged: a map for an attack on those people and roles. It cannot use, change or delete a key, decrypt or sign."
                .to_owned(),
        }
    }

    fn pinned_by(&self) -> &'static str {
        aws::PINNED_BY
    }

    async fn discover(&self, environment: &Environment, recorder: &Recorder) -> Result<Vec<FoundTarget>, CollectError> {
        aws::discover(environment, recorder).await
    }

    fn key_of(&self, kind: &str, facts: &Value) -> Option<FoundKey> {
        let text = |part: &str| facts.get(part).and_then(Value::as_str);
        // Keys that AWS manages are no one's to hold.
        if kind != KEY || text("manager") != Some("CUSTOMER") {
            return None;
        }
        let arn = text("arn")?;
        let alias = facts.get("aliases").and_then(|names| names.get(0)).and_then(Value::as_str);
        let known = |part: &str| text(part).map_or_else(|| format!("{part} NOT SEEN"), str::to_owned);
        let id = match alias {
            Some(alias) => alias.trim_start_matches("alias/").to_owned(),
            None => format!("key-{:.8}", text("key_id").unwrap_or_default()),
        };
        Some(FoundKey {
            id,
            key: alias.unwrap_or(arn).to_owned(),
            note: format!(
                "{arn}: {}, {}, origin {}, {}",
                known("spec"),
                known("usage"),
                known("origin"),
                known("state")
            ),
        })
    }

    fn rights_forms(&self) -> Vec<RightsForm> {
        let mut forms = aws::rights_forms();
        forms.push(key_policy::FORM);
        forms
    }

    fn rights_in(&self, form: &str, declared: &[DeclaredCollector]) -> Option<Value> {
        if form == key_policy::FORM.name { key_policy::statements(declared) } else { aws::rights_in(form, declared) }
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
        Ok(Box::new(Kms { session }))
    }
}

/// A collector of one account.
#[derive(Debug)]
struct Kms {
    session: Session,
}

#[async_trait]
impl Collector for Kms {
    async fn identify(&self, _: &Recorder) -> Result<CallerIdentity, CollectError> {
        self.session.identify().await
    }

    async fn preflight(&self, _: &Recorder) -> Result<Vec<RightStatus>, CollectError> {
        let (mut statuses, regions) = self.session.preflight_regions().await?;
        let mut asked: Vec<BoxFuture<'_, _>> = Vec::new();
        for region in &regions {
            asked.push(Box::pin(preflight::region(&self.session, region)));
        }
        statuses.extend(try_join_all(asked).await?.into_iter().flatten());
        Ok(statuses)
    }

    async fn collect(&self, recorder: &Recorder) -> Result<(), CollectError> {
        let listed = self.session.list_regions(recorder, REGION).await?;
        self.session.record_regions(recorder, &listed, REGION, &OF_REGIONS)?;
        let regions = self.session.regions_to_read(&listed);
        let mut work = Bounded::new(REGIONS_AT_ONCE);
        for region in &regions {
            if let Some(closed) = listed.closed(region) {
                record_closed(recorder, region, closed, &OF_REGIONS)?;
                continue;
            }
            work.start(RegionReader::new(&self.session, recorder, region).read()).await?;
        }
        Ok(work.finish().await?)
    }
}

/// Every call, and what is lost without it.
fn rights() -> Vec<Right> {
    let right = |name: &str, feeds: Vec<Feed>, note: &str| Right {
        name: name.to_owned(),
        feeds,
        deniable: true,
        note: note.to_owned(),
    };
    let key = |parts: &[&str]| -> Vec<Feed> { parts.iter().map(|part| Feed::part(KEY, part)).collect() };
    // Whether a key can have rotations at all is known from its description alone.
    let mut described = key(&key::DESCRIBED);
    described.extend(key(&["rotation", "rotations"]));
    described.push(Feed::part(ALIAS, "target_state"));
    const BY_KEY_POLICY: &str = "Denied where a key's policy does not delegate to IAM policies.";
    vec![
        aws::caller_identity_right(),
        aws::list_regions_right(REGION),
        right(
            "kms:ListKeys",
            vec![Feed::list(KEY), Feed::part(ALIAS, "target_exists"), Feed::part(ALIAS, "target_state")],
            "Without it nothing is known about any key.",
        ),
        right(
            "kms:ListAliases",
            vec![Feed::list(ALIAS), Feed::part(KEY, "aliases"), Feed::part(KEY, "manager")],
            "One list for each region, joined to the keys.",
        ),
        right(
            "kms:DescribeCustomKeyStores",
            vec![Feed::list(CUSTOM_KEY_STORE)],
            "CloudHSM clusters and external key managers behind KMS.",
        ),
        right("kms:DescribeKey", described, BY_KEY_POLICY),
        right("kms:GetKeyPolicy", key(&["policy", "manager"]), BY_KEY_POLICY),
        right("kms:ListGrants", key(&["grants"]), BY_KEY_POLICY),
        right("kms:ListResourceTags", key(&["tags"]), BY_KEY_POLICY),
        right("kms:GetKeyRotationStatus", key(&["rotation"]), BY_KEY_POLICY),
        right("kms:ListKeyRotations", key(&["rotations"]), BY_KEY_POLICY),
    ]
}
