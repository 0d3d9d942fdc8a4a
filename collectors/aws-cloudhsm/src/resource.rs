//! The resources of this collector. Their JSON Schemas are what checks are written against.
//!
//! The members of a resource are its parts. A part that was not read is absent and named by a gap;
//! a part that was read and holds nothing is `null` or empty. Names of values are the source's own.

use std::collections::BTreeMap;

use aws::Moment;
use schemars::JsonSchema;
use serde::Serialize;

pub const CLUSTER: &str = "aws-cloudhsm/cluster";
pub const BACKUP: &str = "aws-cloudhsm/backup";
pub const REGION: &str = "aws-cloudhsm/region";

/// A cluster of hardware security modules.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Cluster {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// `UNINITIALIZED`, `INITIALIZED`, `ACTIVE`, `DEGRADED`, `DELETED` and so on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// `hsm1.medium`, `hsm2m.medium`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hsm_type: Option<String>,
    /// `FIPS` or `NON_FIPS`; `null`: the source did not say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<Option<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hsms: Option<Vec<Hsm>>,
    /// Days for which backups are kept; `null`: the source names no policy in days.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backup_retention_days: Option<Option<i64>>,
    /// The backup it was made from; `null`: from none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_backup: Option<Option<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vpc: Option<Option<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub security_group: Option<Option<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created: Option<Option<Moment>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tags: Option<BTreeMap<String, String>>,
}

/// One hardware security module.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Hsm {
    pub id: String,
    pub state: Option<String>,
    pub availability_zone: Option<String>,
    pub subnet: Option<String>,
}

/// A backup of a cluster: whoever can restore it into a cluster of their own has its keys, behind its users' passwords.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Backup {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// `CREATE_IN_PROGRESS`, `READY`, `DELETED`, `PENDING_DELETION`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cluster: Option<Option<String>>,
    /// The retention of its cluster does not end it; `null`: the source did not say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub never_expires: Option<Option<bool>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created: Option<Option<Moment>>,
    /// When it is deleted for good; `null`: no deletion is under way.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deletion: Option<Option<Moment>>,
    /// The region it was copied from; `null`: it is not a copy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_region: Option<Option<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_backup: Option<Option<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tags: Option<BTreeMap<String, String>>,
}
