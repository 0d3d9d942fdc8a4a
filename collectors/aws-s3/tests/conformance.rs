//! What every collector has to pass, for this one.

use collector_aws_s3::AwsS3;
use fakes::aws::{AwsFake, Size, World};

testkit::conformance!(
    AwsS3,
    AwsFake::new(World::new(Size::SMALL).paged(2)),
    {"account": "111122223333", "regions": ["eu-west-1"], "buckets": ["northbank-trail", "northbank-evidence"]}
);
