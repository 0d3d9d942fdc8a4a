//! Clients of S3 in the regions that buckets are in, and the one call that is about the whole account.

use aws::{Call, Refusal, Session};
use aws_sdk_s3control::config::endpoint::{Endpoint, EndpointFuture, Params, ResolveEndpoint};
use sdk::SinkError;

use crate::page::Page;

/// Makes clients for one session.
#[derive(Debug)]
pub struct Clients<'s> {
    pub session: &'s Session,
}

/// S3 Control puts the account before its host name. Where an endpoint is given instead of AWS' own, it is taken as it is.
#[derive(Debug)]
struct AsGiven(String);

impl ResolveEndpoint for AsGiven {
    fn resolve_endpoint<'a>(&'a self, _: &'a Params) -> EndpointFuture<'a> {
        EndpointFuture::ready(Ok(Endpoint::builder().url(self.0.clone()).build()))
    }
}

impl<'s> Clients<'s> {
    pub fn new(session: &'s Session) -> Self {
        Self { session }
    }

    /// The account whose buckets are read.
    pub fn account(&self) -> &str {
        &self.session.settings().account
    }

    /// The region that is asked first.
    pub fn first_region(&self) -> String {
        self.session.config().region().map_or_else(|| "us-east-1".to_owned(), ToString::to_string)
    }

    /// In path style: the name of a bucket with a dot in it fits no certificate, and so a bucket's name is in one
    /// place of every request.
    pub fn in_region(&self, region: &str) -> aws_sdk_s3::Client {
        let config = aws_sdk_s3::config::Builder::from(&self.session.config_in(region)).force_path_style(true).build();
        aws_sdk_s3::Client::from_conf(config)
    }

    /// The public access block of the account.
    pub async fn account_block(&self, info: Call) -> Result<Result<Page, Refusal>, SinkError> {
        let config = self.session.config();
        let mut builder = aws_sdk_s3control::config::Builder::from(config);
        if let Some(url) = config.endpoint_url() {
            builder = builder.endpoint_resolver(AsGiven(url.to_owned()));
        }
        let client = aws_sdk_s3control::Client::from_conf(builder.build());
        let call = || client.get_public_access_block().account_id(self.account()).send();
        Ok(self.session.call(info.clone(), call).await?.map(|answer| Page::new(answer, info)))
    }
}

/// The region of a partition that knows where all its buckets lie.
pub fn home(region: &str) -> &'static str {
    match region.split('-').next() {
        Some("cn") => "cn-north-1",
        _ if region.starts_with("us-gov-") => "us-gov-west-1",
        _ => "us-east-1",
    }
}
