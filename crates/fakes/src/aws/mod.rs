//! A fake of IAM, STS, KMS, CloudHSM, CloudTrail, S3, Organizations and Account Management that answers as AWS does on the wire, and really pages.
//!
//! It knows the read operations only, holds its [`World`] in memory and answers from it quickly: figures are measured
//! against it. The wire format was taken from the answers of moto, ministack and fakecloud and from the API
//! references; what those disagree on follows the reference. Nothing here depends on the order requests come in:
//! request ids are derived from the request, so that the same calls get the same answers.

mod cloudhsm;
mod cloudtrail;
mod eks;
pub mod error;
mod iam;
mod kms;
mod organizations;
mod protocol;
mod s3;
mod wording;
mod world;
mod xml;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, RwLock, RwLockReadGuard, RwLockWriteGuard};

use async_trait::async_trait;
use serde_json::{Value, json};
use testkit::{Handler, Reply, Request, Wording, lock};

use protocol::Protocol;

pub use cloudtrail::{Selectors, Trail};
pub use eks::{EksCluster, EksEntry};
pub use iam::{SESSION_SECRET, SESSION_TOKEN};
pub use organizations::{Member, Organization, OrganizationPolicy, Unit};
pub use s3::{Block, Bucket, Lock};
pub use wording::AwsWording;
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

/// One page of a list, and the marker of the next. Markers are opaque to clients: here, the position in disguise.
fn page<'a, T>(items: &'a [T], marker: Option<&str>, limit: usize) -> (&'a [T], Option<String>) {
    let start = marker.and_then(position).unwrap_or(0).min(items.len());
    let end = start.saturating_add(limit.max(1)).min(items.len());
    let next = (end < items.len()).then(|| disguise(end));
    (items.get(start..end).unwrap_or_default(), next)
}

fn disguise(position: usize) -> String {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD.encode(format!("v1:{position}"))
}

fn position(marker: &str) -> Option<usize> {
    use base64::Engine;
    let bytes = base64::engine::general_purpose::STANDARD.decode(marker).ok()?;
    std::str::from_utf8(&bytes).ok()?.strip_prefix("v1:")?.parse().ok()
}

/// Whether a marker was given that this fake did not make.
fn bad_marker(marker: Option<&str>) -> bool {
    marker.is_some_and(|marker| position(marker).is_none())
}

/// `kms` of `kms:ListKeys`.
fn service(request: &Request) -> &str {
    request.operation.split_once(':').map_or("", |(service, _)| service)
}

/// How an operation of a protocol names itself: `ListKeys` of `kms:ListKeys`.
fn name(request: &Request) -> &str {
    request.operation.split_once(':').map_or("", |(_, name)| name)
}

fn is_xml(request: &Request) -> bool {
    matches!(Protocol::of(request), Protocol::Query | Protocol::Xml)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_reach_the_end_once() {
        let items: Vec<usize> = (0..250).collect();
        let (mut seen, mut marker) = (Vec::new(), None);
        loop {
            let (part, next) = page(&items, marker.as_deref(), 100);
            seen.extend_from_slice(part);
            match next {
                Some(next) => marker = Some(next),
                None => break,
            }
        }
        assert_eq!(seen, items);
        assert!(bad_marker(Some("nonsense")));
        assert!(!bad_marker(None));
    }
}
