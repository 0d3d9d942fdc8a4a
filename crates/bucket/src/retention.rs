//! For how long, and how strictly, an object stays.

use aws_sdk_s3::primitives::DateTime;
use aws_sdk_s3::types::ObjectLockMode;

/// For how long, and how strictly, what is written now stays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Retention {
    pub mode: ObjectLockMode,
    /// In whole seconds.
    pub until: DateTime,
}
