//! What every collector has to pass, for this one.

use collector_aws_kms::AwsKms;
use fakes::aws::{AwsFake, Size, World};

testkit::conformance!(
    AwsKms,
    AwsFake::new(World::new(Size::SMALL).paged(2)),
    {"account": "111122223333", "regions": ["eu-west-1"]}
);
