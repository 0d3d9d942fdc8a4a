//! What every collector has to pass, for this one.

use collector_github::Github;
use testkit::conformance::CANARY;
use testkit::github_fake::{GithubFake, World};

testkit::conformance!(
    Github,
    GithubFake::new(World::small(CANARY).paged(2)),
    {"organization": "northbank", "organization_id": 4711201, "repositories": ["signer", "deploy"]}
);
