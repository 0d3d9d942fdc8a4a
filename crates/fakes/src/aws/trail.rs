//! A trail of AWS CloudTrail.

use serde_json::{Value, json};

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
pub(super) const DELIVERED: f64 = 1_795_154_100.0;

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
}
