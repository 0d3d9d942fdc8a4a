//! A fake of IAM, STS, KMS, CloudHSM, CloudTrail, S3, Organizations and Account Management that answers as AWS does on the wire, and really pages.
//!
//! It knows the read operations only, holds its [`World`] in memory and answers from it quickly: figures are measured
//! against it. The wire format was taken from the answers of moto, ministack and fakecloud and from the API
//! references; what those disagree on follows the reference. Nothing here depends on the order requests come in:
//! request ids are derived from the request, so that the same calls get the same answers.

mod bucket;
mod cloudhsm;
mod cloudtrail;
mod cluster;
mod common;
mod eks;
pub mod error;
mod iam;
mod kms;
mod organization;
mod organizations;
mod protocol;
mod s3;
mod trail;
mod wording;
mod world;
mod xml;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, RwLock, RwLockReadGuard, RwLockWriteGuard};

use async_trait::async_trait;
use serde_json::{Value, json};
use testkit::{Handler, Reply, Request, Wording, lock};

use common::{page, service};

pub use bucket::{Block, Bucket, Lock};
pub use cluster::{EksCluster, EksEntry, EksPods};
pub use iam::{SESSION_SECRET, SESSION_TOKEN};
pub use organization::{Member, Organization, OrganizationPolicy, Unit};
pub use trail::{Selectors, Trail};
pub use wording::AwsWording;
pub use world::key_id;
pub use world::{
    AccessKey, Alias, Credential, CustomKeyStore, Grant, Group, Key, KmsRegion, Login, Mfa, PasswordPolicy, Policy,
    PolicyVersion, Provider, Region, Role, Root, Rotation, Size, User, World,
};

/// An account that answers. Clones share it.
#[derive(Clone, Debug)]
pub struct AwsFake {
    world: Arc<RwLock<World>>,
    /// How often each request came; `None`: no answer tells.
    asked: Option<Arc<Mutex<HashMap<String, u64>>>>,
}

impl AwsFake {
    #[must_use]
    pub fn new(world: World) -> Self {
        Self { world: Arc::new(RwLock::new(world)), asked: Some(Arc::default()) }
    }

    /// The account as it is.
    pub fn world(&self) -> RwLockReadGuard<'_, World> {
        self.world.read().expect("no test failed while it changed the account")
    }

    /// The account, to be changed.
    pub fn change(&self) -> RwLockWriteGuard<'_, World> {
        self.world.write().expect("no test failed while it changed the account")
    }

    /// The same request gets the same id each time: several collectors ask who they are, and which of them came first must not show.
    #[must_use]
    pub fn with_ids_of_requests(self) -> Self {
        Self { asked: None, ..self }
    }

    fn request_id(&self, request: &Request) -> String {
        let what = format!("{} {} {}", request.operation, request.region.as_deref().unwrap_or(""), request.parameters);
        let times = self.asked.as_ref().map_or(1, |asked| {
            let mut asked = lock(asked);
            let times = asked.entry(what.clone()).or_insert(0);
            *times += 1;
            *times
        });
        let high = fnv(what.as_bytes(), times);
        let low = fnv(what.as_bytes(), times ^ 0x5bd1_e995);
        format!(
            "{:08x}-{:04x}-4{:03x}-8{:03x}-{:012x}",
            high >> 32,
            (high >> 16) & 0xffff,
            high & 0xfff,
            low >> 52,
            low & 0xffff_ffff_ffff
        )
    }
}

/// FNV-1a: ids need to be stable and different, no more.
fn fnv(bytes: &[u8], seed: u64) -> u64 {
    bytes
        .iter()
        .chain(&seed.to_le_bytes())
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

#[async_trait]
impl Handler for AwsFake {
    async fn answer(&self, request: &Request) -> Reply {
        let id = self.request_id(request);
        let world = self.world();
        let reply = match service(request) {
            "iam" => iam::answer(&world, request, &id),
            "sts" => iam::answer_sts(&world, request, &id),
            "kms" => kms::answer(&world, request),
            "cloudhsm" => cloudhsm::answer(&world, request),
            "cloudtrail" => cloudtrail::answer(&world, request),
            "organizations" => organizations::answer(&world, request),
            "eks" => eks::answer(&world, request),
            "s3" => s3::answer(&world, request),
            "account" => account(&world, request),
            _ => error::unknown(request),
        };
        reply.with_header("x-amzn-requestid", id).with_header("date", world.http_date.clone())
    }

    fn wording(&self) -> &dyn Wording {
        &AwsWording
    }
}

fn account(world: &World, request: &Request) -> Reply {
    if request.operation != "account:ListRegions" {
        return error::unknown(request);
    }
    let wanted: Option<Vec<&str>> = request
        .parameters
        .get("RegionOptStatusContains")
        .and_then(Value::as_array)
        .map(|list| list.iter().filter_map(Value::as_str).collect());
    let regions: Vec<Value> = world
        .regions
        .iter()
        .filter(|region| wanted.as_ref().is_none_or(|wanted| wanted.contains(&region.opt_status.as_str())))
        .map(|region| json!({"RegionName": region.name, "RegionOptStatus": region.opt_status}))
        .collect();
    let limit = request.number("MaxResults").unwrap_or(50);
    let (page, next) = page(&regions, request.parameter("NextToken"), limit);
    let mut body = json!({"Regions": page});
    if let Some(next) = next {
        body["NextToken"] = next.into();
    }
    Reply::new(200, "application/json", body.to_string())
}
