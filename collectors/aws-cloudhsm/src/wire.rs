//! What CloudHSM answers, member by member, as far as this collector reads it.

use std::collections::BTreeMap;

use aws::Moment;
use aws::json::moment;
use serde::Deserialize;

/// An entry of `DescribeClusters`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Cluster {
    pub cluster_id: String,
    pub state: String,
    pub hsm_type: String,
    pub mode: Option<String>,
    pub hsms: Vec<Hsm>,
    pub backup_retention_policy: Option<Retention>,
    pub source_backup_id: Option<String>,
    pub vpc_id: Option<String>,
    pub security_group: Option<String>,
    #[serde(default, deserialize_with = "moment")]
    pub create_timestamp: Option<Moment>,
    #[serde(default)]
    pub tag_list: Vec<Tag>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Hsm {
    pub hsm_id: String,
    pub state: Option<String>,
    pub availability_zone: Option<String>,
    pub subnet_id: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Retention {
    #[serde(rename = "Type")]
    kind: Option<String>,
    /// A number, as a text.
    value: Option<String>,
}

impl Retention {
    /// `None`: it is not given in days.
    pub fn days(&self) -> Option<i64> {
        self.value.as_ref().filter(|_| self.kind.as_deref() == Some("DAYS"))?.parse().ok()
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Tag {
    key: String,
    value: String,
}

pub fn tags(list: Vec<Tag>) -> BTreeMap<String, String> {
    list.into_iter().map(|tag| (tag.key, tag.value)).collect()
}

/// An entry of `DescribeBackups`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Backup {
    pub backup_id: String,
    pub backup_state: String,
    pub cluster_id: Option<String>,
    pub never_expires: Option<bool>,
    #[serde(default, deserialize_with = "moment")]
    pub create_timestamp: Option<Moment>,
    #[serde(default, deserialize_with = "moment")]
    pub delete_timestamp: Option<Moment>,
    pub source_region: Option<String>,
    pub source_backup: Option<String>,
    #[serde(default)]
    pub tag_list: Vec<Tag>,
}
