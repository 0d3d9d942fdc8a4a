//! CloudHSM: `X-Amz-Target` and JSON in, JSON out. One cluster with two modules and two backups, in `eu-west-1`.

use serde_json::{Map, Value, json};
use testkit::{Reply, Request};

use super::common::{name, page};
use super::error;
use super::world::World;

const CLUSTER: &str = "cluster-1a23b4cdefg";
const CREATED: f64 = 1_741_064_767.5;

pub fn answer(world: &World, request: &Request) -> Reply {
    let region = request.region.as_deref().unwrap_or("");
    let here = region == "eu-west-1" && world.regions.iter().any(|known| known.name == region);
    let (list, items) = match name(request) {
        "DescribeClusters" => ("Clusters", vec![cluster()]),
        "DescribeBackups" => ("Backups", vec![backup(1, false), backup(2, true)]),
        _ => return error::unknown(request),
    };
    let items = if here { items } else { Vec::new() };
    let limit = request.number("MaxResults").unwrap_or(25).min(world.organizations_page);
    let (items, next) = page(&items, request.parameter("NextToken"), limit);
    let mut answer = Map::from_iter([(list.to_owned(), Value::from(items.to_vec()))]);
    if let Some(next) = next {
        answer.insert("NextToken".to_owned(), next.into());
    }
    Reply::new(200, "application/x-amz-json-1.1", Value::Object(answer).to_string())
}

fn cluster() -> Value {
    let hsm = |zone: &str, id: &str| {
        json!({"AvailabilityZone": zone, "ClusterId": CLUSTER, "SubnetId": "subnet-0a1b2c3d", "EniIp": "10.0.0.7",
            "EniId": "eni-0a1b2c3d", "HsmId": id, "HsmType": "hsm2m.medium", "State": "ACTIVE"})
    };
    json!({"ClusterId": CLUSTER, "State": "ACTIVE", "HsmType": "hsm2m.medium", "Mode": "FIPS",
        "BackupPolicy": "DEFAULT", "BackupRetentionPolicy": {"Type": "DAYS", "Value": "90"},
        "CreateTimestamp": CREATED, "VpcId": "vpc-0a1b2c3d", "SecurityGroup": "sg-0a1b2c3d",
        "SubnetMapping": {"eu-west-1a": "subnet-0a1b2c3d"}, "Certificates": {}, "NetworkType": "IPV4",
        "Hsms": [hsm("eu-west-1a", "hsm-aaaaaaaaaaa"), hsm("eu-west-1b", "hsm-bbbbbbbbbbb")],
        "TagList": [{"Key": "system", "Value": "treasury"}]})
}

fn backup(n: u32, keeps: bool) -> Value {
    json!({"BackupId": format!("backup-{n}"), "BackupState": "READY", "ClusterId": CLUSTER, "CreateTimestamp": CREATED,
        "NeverExpires": keeps, "HsmType": "hsm2m.medium", "Mode": "FIPS", "TagList": []})
}
