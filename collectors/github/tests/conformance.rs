//! What every collector has to pass, for this one.

use collector_github::Github;
use fakes::github::{GithubFake, World};
use testkit::conformance::CANARY;

testkit::conformance!(
    Github,
    GithubFake::new(World::small(CANARY).paged(2)),
    {"organization": "northbank", "organization_id": 4711201, "repositories": ["signer", "deploy"]}
);
