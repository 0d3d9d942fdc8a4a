//! What every read of an organisation needs.

use aws::Session;
use aws_sdk_organizations::Client;

/// The service's own limit.
pub const PAGE: i32 = 20;

/// The organisation of one account.
#[derive(Debug)]
pub struct Collecting {
    pub session: Session,
    pub client: Client,
}
