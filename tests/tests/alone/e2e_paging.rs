//! Accounts of many pages: every member is read once, the pages are counted, the totals are the source's own.

#![expect(clippy::unwrap_used, reason = "helpers of tests may stop at the first surprise")]

use std::collections::{BTreeMap, BTreeSet};

use fakes::aws::{AwsFake, Size, World};
use testkit::Server;
use workspace_tests::contents::Contents;
use workspace_tests::desk::{Desk, template};

fn sealed(desk: &Desk) -> (i32, Contents) {
    let (answer, sealed) = desk.seal();
    let trust = bundle::trust::Trust::parse(&std::fs::read(desk.path("keys/trust.json")).unwrap()).unwrap();
    (answer.code, Contents::of_store(&desk.path("evidence"), sealed.index, &trust))
}

fn desk(server: &Server) -> Desk {
    let mut desk = Desk::new(&template("111122223333", "[eu-west-1]"));
    desk.aws(&server.url(), "AKIAIOSFODNN7EXAMPLE", "an example of a secret key");
    desk
}

#[test]
fn a_large_account_is_read_to_its_last_page() {
    let size = Size { users: 1_050, roles: 320, groups: 12, policies: 130, keys: 510, grants_per_key: 2 };
    let world = World::new(size);
    let expected: BTreeSet<String> = world
        .users
        .iter()
        .map(|user| format!("arn:aws:iam::{}:user{}{}", world.account, user.path, user.name))
        .collect();
    let aliases = world.kms["eu-west-1"].aliases.len();
    let server = Server::http(AwsFake::new(World { kms_page: 100, iam_page: 300, ..world }));
    let (_, contents) = sealed(&desk(&server));

    let coverage: BTreeMap<&str, _> = contents.coverage.iter().map(|c| (c.population.as_str(), c)).collect();
    for (population, items, pages) in [
        ("aws-iam/user", size.users, 4),
        ("aws-iam/role", size.roles, 4),
        ("aws-iam/group", size.groups, 1),
        ("aws-iam/policy", size.policies, 1),
        ("aws-kms/key@eu-west-1", size.keys, 6),
        ("aws-kms/alias@eu-west-1", aliases, 6),
    ] {
        let covered = coverage[population];
        assert!(covered.complete, "{covered:?}");
        assert_eq!(covered.items, items as u64, "{covered:?}");
        assert!(covered.pages >= pages, "{covered:?}");
        if population.starts_with("aws-iam") {
            assert_eq!(covered.total.as_ref().map(|total| total.count), Some(items as u64), "{covered:?}");
        }
        let of_this = contents.resources.iter().filter(|resource| resource.population == population).count();
        assert_eq!(of_this, items, "{population}");
    }
    let read: BTreeSet<String> =
        contents.resources.iter().filter(|r| r.kind == "aws-iam/user").map(|r| r.id.clone()).collect();
    assert_eq!(read, expected);
    // Everything but the region that is left out on purpose was read.
    assert!(contents.gaps.iter().all(|gap| gap.right.is_none() && gap.subject.is_some()), "{:?}", contents.gaps);

    // Each page is one exchange, numbered without holes.
    let pages: Vec<u64> = contents.exchanges.iter().filter(|e| e.operation == "kms:ListKeys").map(|e| e.page).collect();
    assert_eq!(pages, (1..=pages.len() as u64).collect::<Vec<_>>());
    assert!(pages.len() >= 6, "{pages:?}");
    // Every subject has one finding for each use of a check of its kind.
    for assignment in &contents.assignments {
        let findings =
            contents.findings.iter().filter(|f| f.check == assignment.check && f.control == assignment.control);
        let subjects = findings.filter(|finding| finding.subject.is_some()).count();
        let (checked, kind) = (assignment.check.as_str(), kind_of(&contents, &assignment.check));
        let read = contents.resources.iter().filter(|resource| resource.kind == kind).count();
        let there = read + contents.derived.iter().filter(|derived| derived.kind == kind).count();
        assert_eq!(subjects, there, "{checked}");
    }
}

fn kind_of(contents: &Contents, check: &str) -> String {
    let finding = contents.findings.iter().find(|finding| finding.check == check && finding.subject.is_some());
    finding.and_then(|finding| finding.subject.as_ref()).map(|subject| subject.kind.clone()).unwrap_or_default()
}
