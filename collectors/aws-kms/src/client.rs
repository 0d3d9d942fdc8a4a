//! Clients of AWS KMS.

use aws::Session;
use aws_sdk_kms::Client;

/// A client of one region.
pub fn in_region(session: &Session, region: &str) -> Client {
    let config = aws_sdk_kms::config::Builder::from(&session.config_in(region)).build();
    Client::from_conf(config)
}
