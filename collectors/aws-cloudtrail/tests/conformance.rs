//! What every collector has to pass, for this one.

use collector_aws_cloudtrail::AwsCloudtrail;
use fakes::aws::{AwsFake, Size, World};

testkit::conformance!(
    AwsCloudtrail,
    AwsFake::new(World::new(Size::SMALL).paged(2)),
    {"account": "111122223333", "regions": ["eu-west-1"]}
);
