//! What every collector has to pass, for this one.

use collector_aws_iam::AwsIam;
use fakes::aws::{AwsFake, Size, World};

testkit::conformance!(
    AwsIam,
    AwsFake::new(World::new(Size::SMALL).paged(2)),
    {"account": "111122223333"}
);
