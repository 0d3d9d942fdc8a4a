//! What CloudTrail answers, member by member, as far as this collector reads it.

use aws::Moment;
use aws::json::moment;
use serde::Deserialize;

use crate::resource::{AdvancedSelector, ClassicSelector, DataResource, FieldSelector, Selectors, TrailStatus};

/// One entry of `DescribeTrails`.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct TrailEntry {
    #[serde(rename = "TrailARN")]
    pub arn: String,
    pub name: String,
    pub home_region: String,
    #[serde(rename = "S3BucketName")]
    pub bucket: String,
    #[serde(rename = "S3KeyPrefix")]
    pub prefix: Option<String>,
    pub include_global_service_events: Option<bool>,
    pub is_multi_region_trail: bool,
    pub is_organization_trail: bool,
    pub log_file_validation_enabled: bool,
    #[serde(rename = "CloudWatchLogsLogGroupArn")]
    pub log_group: Option<String>,
    pub kms_key_id: Option<String>,
}

/// The answer of `GetTrailStatus`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Status {
    is_logging: bool,
    #[serde(default, deserialize_with = "moment")]
    start_logging_time: Option<Moment>,
    #[serde(default, deserialize_with = "moment")]
    stop_logging_time: Option<Moment>,
    #[serde(default, deserialize_with = "moment")]
    latest_delivery_time: Option<Moment>,
    latest_delivery_error: Option<String>,
    #[serde(default, deserialize_with = "moment")]
    latest_digest_delivery_time: Option<Moment>,
    latest_digest_delivery_error: Option<String>,
    #[serde(default, deserialize_with = "moment")]
    latest_cloud_watch_logs_delivery_time: Option<Moment>,
    latest_cloud_watch_logs_delivery_error: Option<String>,
}

impl From<Status> for TrailStatus {
    fn from(status: Status) -> Self {
        // No error is sometimes written as an empty one.
        let error = |text: Option<String>| text.filter(|text| !text.is_empty());
        Self {
            logging: status.is_logging,
            started: status.start_logging_time,
            stopped: status.stop_logging_time,
            latest_delivery: status.latest_delivery_time,
            latest_delivery_error: error(status.latest_delivery_error),
            latest_digest_delivery: status.latest_digest_delivery_time,
            latest_digest_delivery_error: error(status.latest_digest_delivery_error),
            latest_log_group_delivery: status.latest_cloud_watch_logs_delivery_time,
            latest_log_group_delivery_error: error(status.latest_cloud_watch_logs_delivery_error),
        }
    }
}

/// The answer of `GetEventSelectors`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct EventSelectors {
    event_selectors: Option<Vec<Classic>>,
    advanced_event_selectors: Option<Vec<Advanced>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Classic {
    read_write_type: String,
    include_management_events: bool,
    #[serde(default)]
    exclude_management_event_sources: Vec<String>,
    #[serde(default)]
    data_resources: Vec<Data>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Data {
    #[serde(rename = "Type")]
    kind: Option<String>,
    #[serde(default)]
    values: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Advanced {
    name: Option<String>,
    field_selectors: Vec<Field>,
}

/// A field may be compared in ways that no one knows yet: what is not understood is malformed, never left out.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Field {
    field: String,
    equals: Option<Vec<String>>,
    starts_with: Option<Vec<String>>,
    ends_with: Option<Vec<String>>,
    not_equals: Option<Vec<String>>,
    not_starts_with: Option<Vec<String>>,
    not_ends_with: Option<Vec<String>>,
}

impl Field {
    /// Whether it compares with anything. A list that is left out, `null` or empty is not used; where none is, nobody can say what is selected.
    fn compares(&self) -> bool {
        let lists = [
            &self.equals,
            &self.starts_with,
            &self.ends_with,
            &self.not_equals,
            &self.not_starts_with,
            &self.not_ends_with,
        ];
        lists.into_iter().flatten().any(|list| !list.is_empty())
    }
}

impl EventSelectors {
    /// `None`: the answer has neither form, which no trail has, or a field that is compared with nothing.
    pub fn selectors(self) -> Option<Selectors> {
        if self.event_selectors.is_none() && self.advanced_event_selectors.is_none() {
            return None;
        }
        let mut fields = self.advanced_event_selectors.iter().flatten().flat_map(|selector| &selector.field_selectors);
        if !fields.all(Field::compares) {
            return None;
        }
        // The form that a trail does not have is left out or empty.
        let filled = |empty: bool, other: bool| !empty || !other;
        let no_classic = self.event_selectors.as_ref().is_none_or(Vec::is_empty);
        let no_advanced = self.advanced_event_selectors.as_ref().is_none_or(Vec::is_empty);
        let classic = self.event_selectors.filter(|_| filled(no_classic, !no_advanced));
        let advanced = self.advanced_event_selectors.filter(|_| filled(no_advanced, !no_classic));
        Some(Selectors {
            classic: classic.map(|list| list.into_iter().map(ClassicSelector::from).collect()),
            advanced: advanced.map(|list| list.into_iter().map(AdvancedSelector::from).collect()),
        })
    }
}

impl From<Classic> for ClassicSelector {
    fn from(selector: Classic) -> Self {
        let data = |data: Data| DataResource { kind: data.kind, values: data.values };
        Self {
            read_write: selector.read_write_type,
            management_events: selector.include_management_events,
            excluded_sources: selector.exclude_management_event_sources,
            data_resources: selector.data_resources.into_iter().map(data).collect(),
        }
    }
}

impl From<Advanced> for AdvancedSelector {
    fn from(selector: Advanced) -> Self {
        let field = |field: Field| FieldSelector {
            field: field.field,
            equals: field.equals.unwrap_or_default(),
            starts_with: field.starts_with.unwrap_or_default(),
            ends_with: field.ends_with.unwrap_or_default(),
            not_equals: field.not_equals.unwrap_or_default(),
            not_starts_with: field.not_starts_with.unwrap_or_default(),
            not_ends_with: field.not_ends_with.unwrap_or_default(),
        };
        Self { name: selector.name, fields: selector.field_selectors.into_iter().map(field).collect() }
    }
}
