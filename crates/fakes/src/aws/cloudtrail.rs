//! CloudTrail: `X-Amz-Target` and JSON in, JSON out.

use serde_json::{Value, json};
use testkit::{Reply, Request};

use super::common::name;
use super::error;
use super::trail::{DELIVERED, Selectors, Trail};
use super::world::World;

impl Trail {
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
