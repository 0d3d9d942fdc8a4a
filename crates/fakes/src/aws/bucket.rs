//! A bucket of Amazon S3.

#[derive(Clone, Debug)]
pub struct Bucket {
    pub name: String,
    pub region: String,
    /// JSON text.
    pub policy: Option<String>,
    pub block: Option<Block>,
    /// `Enabled`, `Suspended`; `None`: never switched on.
    pub versioning: Option<String>,
    pub lock: Option<Lock>,
    /// `aws:kms` or `AES256`.
    pub encryption: Option<String>,
    /// `BucketOwnerEnforced`, `BucketOwnerPreferred`, `ObjectWriter`.
    pub ownership: Option<String>,
    /// Whom the access control list lets in beside the owner: a group's URI or a canonical user's id, and the permission.
    pub acl: Vec<(String, String)>,
}

/// A public access block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Block {
    pub acls: bool,
    pub ignore_acls: bool,
    pub policy: bool,
    pub restrict: bool,
}

impl Block {
    pub const ALL: Self = Self { acls: true, ignore_acls: true, policy: true, restrict: true };
}

/// Object Lock, with the retention that objects get when they are put.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lock {
    /// `COMPLIANCE`, `GOVERNANCE`; `None`: no default retention.
    pub mode: Option<String>,
    pub days: Option<u32>,
    pub years: Option<u32>,
}

impl Bucket {
    /// A bucket that nobody can delete anything from for two years.
    #[must_use]
    pub fn evidence(name: &str) -> Self {
        let policy = format!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Sid":"Tls","Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"arn:aws:s3:::{name}/*","Condition":{{"Bool":{{"aws:SecureTransport":"false"}}}}}}]}}"#
        );
        Self {
            policy: Some(policy),
            block: Some(Block::ALL),
            ownership: Some("BucketOwnerEnforced".to_owned()),
            ..Self::plain(name)
        }
    }

    /// The same without what a bucket need not have.
    #[must_use]
    pub fn plain(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            region: "eu-west-1".to_owned(),
            policy: None,
            block: None,
            versioning: Some("Enabled".to_owned()),
            lock: Some(Lock { mode: Some("COMPLIANCE".to_owned()), days: None, years: Some(2) }),
            encryption: Some("aws:kms".to_owned()),
            ownership: None,
            acl: Vec::new(),
        }
    }
}
