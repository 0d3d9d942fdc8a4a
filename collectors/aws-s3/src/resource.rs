//! The resource of this collector. Its JSON Schema is what checks are written against.
//!
//! The members of a resource are its parts. A part that was not read is absent and named by a gap;
//! a part that was read and holds nothing is `null` or empty. Names of values are the source's own.

use aws::policy_document::PolicyDocument;
use schemars::JsonSchema;
use serde::Serialize;

pub const BUCKET: &str = "aws-s3/bucket";

/// A declared bucket of the account.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Bucket {
    /// Where it lies; where S3 names no place, that is `us-east-1`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// In normal form; `text` is the source's own. `null`: it has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy: Option<Option<PolicyDocument>>,
    /// Whether S3 itself takes the policy for one that lets the public in; `null`: there is no policy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy_is_public: Option<Option<bool>>,
    /// The bucket's own; `null`: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub public_access_block: Option<Option<PublicAccessBlock>>,
    /// That of the whole account, which holds for this bucket as well; `null`: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account_public_access_block: Option<Option<PublicAccessBlock>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub acl: Option<Vec<AclGrant>>,
    /// `BucketOwnerEnforced` (access control lists count for nothing), `BucketOwnerPreferred`, `ObjectWriter`; `null`: not set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ownership: Option<Option<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub versioning: Option<Versioning>,
    /// `null`: the bucket has no Object Lock.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub object_lock: Option<Option<ObjectLock>>,
    /// How objects are encrypted that are put without saying how; `null`: not set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encryption: Option<Option<Encryption>>,
}

/// What is shut to the public whatever policies and lists say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PublicAccessBlock {
    pub block_public_acls: bool,
    pub ignore_public_acls: bool,
    pub block_public_policy: bool,
    pub restrict_public_buckets: bool,
}

/// One entry of the access control list.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AclGrant {
    /// The group's URI, a canonical user id, or an address.
    pub grantee: String,
    /// `group`, `canonical-user`, `email`.
    pub kind: String,
    /// `READ`, `WRITE`, `READ_ACP`, `WRITE_ACP`, `FULL_CONTROL`.
    pub permission: String,
    /// Whether the grantee is the bucket's owner, whom the same answer names.
    pub is_owner: bool,
}

/// Whether deleted and overwritten objects are kept.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Versioning {
    /// `Enabled`, `Suspended`; `null`: never switched on.
    pub status: Option<String>,
    /// `Enabled`, `Disabled`; `null`: never set.
    pub mfa_delete: Option<String>,
}

/// Object Lock, and the retention that an object gets when it is put without one of its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ObjectLock {
    pub enabled: bool,
    /// `COMPLIANCE`, `GOVERNANCE`; `null`: no default retention.
    pub mode: Option<String>,
    pub days: Option<i64>,
    pub years: Option<i64>,
}

/// Default encryption.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Encryption {
    /// `AES256`, `aws:kms`, `aws:kms:dsse`.
    pub algorithm: String,
    /// `null`: S3's own key, or the account's default one of KMS.
    pub kms_key: Option<String>,
    pub bucket_key: Option<bool>,
}
