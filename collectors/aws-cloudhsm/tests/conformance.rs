//! What every collector has to pass, for this one.

use collector_aws_cloudhsm::AwsCloudhsm;
use fakes::aws::{AwsFake, Size, World};

testkit::conformance!(
    AwsCloudhsm,
    AwsFake::new(World::new(Size::SMALL).paged(1)),
    {"account": "111122223333", "regions": ["eu-west-1"]}
);
