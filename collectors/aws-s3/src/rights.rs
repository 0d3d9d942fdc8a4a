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
        right(
            ACCOUNT_BLOCK,
            "account_public_access_block",
            "public access that is blocked in all buckets of the account",
        ),
        right(ACL, "acl", "whom the access control list grants access"),
        right(LOCATION, "region", "the region of each bucket"),
        right(LOCK, "object_lock", "whether locked objects can be deleted early, and by whom"),
        right(OWNERSHIP, "ownership", "whether access control lists apply at all"),
        right(POLICY, "policy", "whom the bucket's policy grants access"),
        right(POLICY_STATUS, "policy_is_public", "whether S3 considers the policy public"),
        right(BLOCK, "public_access_block", "public access that is blocked in this bucket"),
        right(VERSIONING, "versioning", "whether overwritten and deleted objects are kept"),
        right(ENCRYPTION, "encryption", "how objects are encrypted by default"),
    ]
}
