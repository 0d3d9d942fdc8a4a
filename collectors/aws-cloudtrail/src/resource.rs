//! The resources of this collector. Their JSON Schemas are what checks are written against.
//!
//! The members of a resource are its parts. A part that was not read is absent and named by a gap;
//! a part that was read and holds nothing is `null` or empty. Names of values are the source's own.

use aws::Moment;
use schemars::JsonSchema;
use serde::Serialize;

pub const TRAIL: &str = "aws-cloudtrail/trail";
pub const REGION: &str = "aws-cloudtrail/region";

/// A trail that takes events of this account, its own or its organisation's.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Trail {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arn: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub home_region: Option<String>,
    /// The regions among those read in which it shows, sorted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seen_in: Option<Vec<String>>,
    /// `false`: it takes only events of its home region.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub multi_region: Option<bool>,
    /// It is the organisation's, set up in its management account or by a delegated administrator.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub organization: Option<bool>,
    /// Whether it takes events of services that belong to no region, such as IAM; `null`: the source did not say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub global_service_events: Option<Option<bool>>,
    /// Name of the bucket it delivers to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bucket: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prefix: Option<Option<String>>,
    /// The key that log files are encrypted with; `null`: with S3's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kms_key: Option<Option<String>>,
    /// Whether it writes digests by which changed and missing log files show.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log_file_validation: Option<bool>,
    /// The log group it also delivers to; `null`: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log_group: Option<Option<String>>,
    /// As of its home region.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<TrailStatus>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub selectors: Option<Selectors>,
}

/// What a trail does, and how it last fared.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TrailStatus {
    pub logging: bool,
    pub started: Option<Moment>,
    pub stopped: Option<Moment>,
    /// `null`: it never delivered a log file.
    pub latest_delivery: Option<Moment>,
    /// What S3 answered when it last could not deliver; `null`: nothing.
    pub latest_delivery_error: Option<String>,
    /// `null`: it never delivered a digest.
    pub latest_digest_delivery: Option<Moment>,
    pub latest_digest_delivery_error: Option<String>,
    pub latest_log_group_delivery: Option<Moment>,
    pub latest_log_group_delivery_error: Option<String>,
}

/// Which events a trail takes. It has the one form or the other; the other is `null`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Selectors {
    pub classic: Option<Vec<ClassicSelector>>,
    pub advanced: Option<Vec<AdvancedSelector>>,
}

/// One classic event selector. An event is taken if any selector takes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ClassicSelector {
    /// `All`, `ReadOnly`, `WriteOnly`.
    pub read_write: String,
    pub management_events: bool,
    /// Services whose management events are left out: `kms.amazonaws.com`, `rdsdata.amazonaws.com`.
    pub excluded_sources: Vec<String>,
    pub data_resources: Vec<DataResource>,
}

/// Data events of a kind of resource.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DataResource {
    #[serde(rename = "type")]
    pub kind: Option<String>,
    pub values: Vec<String>,
}

/// One advanced event selector. An event is taken if every field of any selector fits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AdvancedSelector {
    pub name: Option<String>,
    pub fields: Vec<FieldSelector>,
}

/// What one field of an event must be. Lists that the source leaves out are empty.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FieldSelector {
    /// `eventCategory`, `readOnly`, `eventSource` and so on.
    pub field: String,
    pub equals: Vec<String>,
    pub starts_with: Vec<String>,
    pub ends_with: Vec<String>,
    pub not_equals: Vec<String>,
    pub not_starts_with: Vec<String>,
    pub not_ends_with: Vec<String>,
}

/// A region of the account, with what is logged of it. Parts besides the first three are `null` where the account has not
/// enabled the region: there is nothing to ask then.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Region {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// `ENABLED`, `ENABLED_BY_DEFAULT`, `ENABLING`, `DISABLING`, `DISABLED`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// Whether the declaration lets this run read it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub declared: Option<bool>,
    /// ARNs of the trails that show here, sorted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trails: Option<Option<Vec<String>>>,
    /// Those of them that are logging.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub logging: Option<Option<Vec<String>>>,
    /// Which events they take.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub selectors: Option<Option<Vec<TrailSelectors>>>,
}

/// Which events one trail takes.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TrailSelectors {
    pub trail: String,
    pub classic: Option<Vec<ClassicSelector>>,
    pub advanced: Option<Vec<AdvancedSelector>>,
}
