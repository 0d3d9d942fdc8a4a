//! CloudTrail: `X-Amz-Target` and JSON in, JSON out.

use serde_json::{Value, json};

use super::world::World;
use super::{error, name};
use testkit::{Reply, Request};

/// A trail. One of the organisation belongs to its management account and shows in every member.
#[derive(Clone, Debug)]
pub struct Trail {
    pub name: String,
    pub arn: String,
    pub home_region: String,
    pub bucket: String,
    pub key: Option<String>,
    pub multi_region: bool,
    pub organization: bool,
    pub log_validation: bool,
    pub logging: bool,
    /// Seconds since 1970.
    pub delivered: Option<f64>,
    pub delivery_error: Option<String>,
    pub digest_delivered: Option<f64>,
    pub digest_error: Option<String>,
    pub selectors: Selectors,
}

/// Which events a trail takes: a trail has the one form or the other.
#[derive(Clone, Debug)]
pub enum Selectors {
    /// `ReadWriteType`, `IncludeManagementEvents`, `ExcludeManagementEventSources`.
    Classic { which: String, management: bool, excluded: Vec<String> },
    /// `AdvancedEventSelectors` as they stand in the answer.
    Advanced(Value),
}

/// 2026-11-20T05:55:00Z, shortly before the fake's answers are dated.
const DELIVERED: f64 = 1_795_154_100.0;

impl Trail {
    /// A trail of one region that takes every management event.
    #[must_use]
    pub fn new(name: &str, region: &str, account: &str) -> Self {
        Self {
            name: name.to_owned(),
            arn: format!("arn:aws:cloudtrail:{region}:{account}:trail/{name}"),
            home_region: region.to_owned(),
            bucket: "northbank-trail".to_owned(),
            key: Some(format!("arn:aws:kms:{region}:{account}:key/00000000-1234-4321-8765-000000000000")),
            multi_region: false,
            organization: false,
            log_validation: true,
            logging: true,
            delivered: Some(DELIVERED),
            delivery_error: None,
            digest_delivered: Some(DELIVERED),
            digest_error: None,
            selectors: Selectors::Classic { which: "All".to_owned(), management: true, excluded: Vec::new() },
        }
    }

    /// The organisation's trail, of all regions, with advanced selectors.
    #[must_use]
    pub fn organization(region: &str, account: &str) -> Self {
        let selectors = json!([{"Name": "management", "FieldSelectors": [
            {"Field": "eventCategory", "Equals": ["Management"]}]}]);
        Self {
            multi_region: true,
            organization: true,
            key: None,
            selectors: Selectors::Advanced(selectors),
            ..Self::new("organization", region, account)
        }
    }

    fn listed(&self) -> Value {
        let mut trail = json!({
            "Name": self.name, "S3BucketName": self.bucket, "IncludeGlobalServiceEvents": true,
            "IsMultiRegionTrail": self.multi_region, "HomeRegion": self.home_region, "TrailARN": self.arn,
            "LogFileValidationEnabled": self.log_validation, "HasInsightSelectors": false,
            "HasCustomEventSelectors": matches!(self.selectors, Selectors::Advanced(_)),
            "IsOrganizationTrail": self.organization});
        if let Some(key) = &self.key {
            trail["KmsKeyId"] = key.as_str().into();
        }
        trail
    }

    fn status(&self) -> Value {
        let mut status = json!({"IsLogging": self.logging, "StartLoggingTime": 1_741_064_767.125});
        for (name, value) in [
            ("LatestDeliveryTime", self.delivered.map(Value::from)),
            ("LatestDeliveryError", self.delivery_error.as_deref().map(Value::from)),
            ("LatestDigestDeliveryTime", self.digest_delivered.map(Value::from)),
            ("LatestDigestDeliveryError", self.digest_error.as_deref().map(Value::from)),
            ("StopLoggingTime", (!self.logging).then(|| Value::from(DELIVERED))),
        ] {
            if let Some(value) = value {
                status[name] = value;
            }
        }
        status
    }

    fn selected(&self) -> Value {
        match &self.selectors {
            Selectors::Classic { which, management, excluded } => json!({"TrailARN": self.arn, "EventSelectors": [{
                "ReadWriteType": which, "IncludeManagementEvents": management, "DataResources": [],
                "ExcludeManagementEventSources": excluded}]}),
            Selectors::Advanced(selectors) => json!({"TrailARN": self.arn, "AdvancedEventSelectors": selectors}),
        }
    }
}

pub fn answer(world: &World, request: &Request) -> Reply {
    let region = request.region.as_deref().unwrap_or("");
    let there = world.regions.iter().any(|known| known.name == region && known.opt_status != "DISABLED");
    if !there {
        let code = "UnrecognizedClientException";
        return error::error(request, 400, code, "The security token included in the request is invalid.");
    }
    let seen = |trail: &&Trail| trail.home_region == region || trail.multi_region;
    let named =
        |member: &str| {
            let wanted = request.parameter(member).unwrap_or("");
            world.trails.iter().filter(seen).find(|trail| trail.arn == wanted || trail.name == wanted).ok_or_else(
                || error::error(request, 400, "TrailNotFoundException", &format!("Unknown trail: {wanted}")),
            )
        };
    let answer = match name(request) {
        "DescribeTrails" => {
            // Copies of trails of other regions are shown unless the request says otherwise.
            let shadows = request.parameters.get("includeShadowTrails").and_then(Value::as_bool).unwrap_or(true);
            let trails = world.trails.iter().filter(seen).filter(|trail| shadows || trail.home_region == region);
            Ok(json!({"trailList": trails.map(Trail::listed).collect::<Vec<_>>()}))
        }
        "GetTrailStatus" => named("Name").map(Trail::status),
        "GetEventSelectors" => named("TrailName").map(Trail::selected),
        _ => Err(error::unknown(request)),
    };
    match answer {
        Ok(value) => Reply::new(200, "application/x-amz-json-1.1", value.to_string()),
        Err(reply) => reply,
    }
}
