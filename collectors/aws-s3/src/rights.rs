//! Every call this collector makes, and what is lost without it.

use sdk::{Feed, Right};

use crate::resource::BUCKET;

pub const ACCOUNT_BLOCK: &str = "s3:GetAccountPublicAccessBlock";
pub const ACL: &str = "s3:GetBucketAcl";
pub const BLOCK: &str = "s3:GetBucketPublicAccessBlock";
pub const ENCRYPTION: &str = "s3:GetEncryptionConfiguration";
pub const LOCATION: &str = "s3:GetBucketLocation";
pub const LOCK: &str = "s3:GetBucketObjectLockConfiguration";
pub const OWNERSHIP: &str = "s3:GetBucketOwnershipControls";
pub const POLICY: &str = "s3:GetBucketPolicy";
pub const POLICY_STATUS: &str = "s3:GetBucketPolicyStatus";
pub const VERSIONING: &str = "s3:GetBucketVersioning";

pub fn rights() -> Vec<Right> {
    let right = |name: &str, part: &str, note: &str| Right {
        name: name.to_owned(),
        feeds: vec![Feed::part(BUCKET, part)],
        deniable: true,
        note: note.to_owned(),
    };
    vec![
        aws::caller_identity_right(),
        right(ACCOUNT_BLOCK, "account_public_access_block", "what is shut to the public in all buckets of the account"),
        right(ACL, "acl", "who is let in by the access control list"),
        right(LOCATION, "region", "where each bucket is to be asked"),
        right(LOCK, "object_lock", "whether objects can be deleted before their time, and by whom"),
        right(OWNERSHIP, "ownership", "whether access control lists count at all"),
        right(POLICY, "policy", "who is let in by the bucket's policy"),
        right(POLICY_STATUS, "policy_is_public", "whether S3 takes the policy for public"),
        right(BLOCK, "public_access_block", "what is shut to the public in this bucket"),
        right(VERSIONING, "versioning", "whether overwritten and deleted objects are kept"),
        right(ENCRYPTION, "encryption", "how objects are encrypted by default"),
    ]
}
