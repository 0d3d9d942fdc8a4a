//! An organisation of GitHub, read from a fake that asks for credentials, knows roles and has limits.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use async_trait::async_trait;
use fakes::github::routes::ROUTES;
use fakes::github::{App, GithubFake, GithubWording, Kind, Limits, PERMISSIONS, World};
use sdk::{GapReason, RightState};
use serde_json::json;
use testkit::{Handler, Reply, Request, Seen, Server, Wording};
use workspace_tests::desk::Desk;
use workspace_tests::github::{self, declaration, settings};

const TOKEN: &str = "token-of-a-test-000000000000";

fn everything() -> World {
    World::small(TOKEN)
}

async fn collected(world: World) -> (Seen, Vec<String>, GithubFake) {
    let fake = GithubFake::new(world);
    let server = Server::http(fake.clone());
    let seen = github::collect(&server.url(), TOKEN, settings(), 60).await;
    (seen, server.log().into_iter().map(|one| one.operation).collect(), fake)
}

fn rights(seen: &Seen) -> BTreeSet<String> {
    seen.gaps.iter().filter_map(|gap| gap.right.clone()).collect()
}

#[test]
fn a_token_that_may_not_see_second_factors_concludes_nothing_of_them() {
    // A member's fine-grained token with every permission: only owners are told.
    let world = everything().asked_by(TOKEN, Kind::FineGrained, false, &PERMISSIONS);
    let server = Server::http(GithubFake::new(world));
    let mut desk = Desk::new(&declaration(&server.url(), ""));
    desk.set("GITHUB_TOKEN", TOKEN);
    let (answer, sealed) = desk.seal();
    assert_eq!(answer.code, 11, "{answer:?}");

    let of = |check: &str| sealed.findings().into_iter().filter(|one| one.check == check).collect::<Vec<_>>();
    let members = of("github/members-have-2fa");
    assert!(members.len() >= 5, "{members:?}");
    for finding in &members {
        assert_eq!(finding.outcome, "undetermined", "{finding:?}");
        assert!(finding.reason.contains("GET /orgs/{org}/members?filter=2fa_"), "{finding:?}");
    }
    let organization = of("github/org-requires-2fa");
    assert_eq!(organization.len(), 1);
    assert_eq!(organization[0].outcome, "undetermined");
    assert!(organization[0].reason.contains("two_factor_required"), "{organization:?}");
    let gap = sealed.of("gap").find(|gap| gap["right"] == "GET /orgs/{org}/members?filter=2fa_disabled").unwrap();
    assert_eq!(gap["reason"], "denied");
    assert!(gap["detail"].as_str().unwrap().contains("Only owners can use this filter"), "{gap}");
    // What GitHub does tell such a token is concluded from.
    assert!(
        of("github/actions-trust-is-bounded").iter().all(|one| one.outcome == "undetermined"),
        "administration is for owners"
    );
    assert!(of("github/owners-are-declared").iter().any(|one| one.outcome == "conforms"));
}

#[test]
fn an_organisation_in_order_conforms_and_one_that_is_not_deviates() {
    let run = |world: World| {
        let server = Server::http(GithubFake::new(world));
        let mut desk = Desk::new(&declaration(&server.url(), ""));
        desk.set("GITHUB_TOKEN", TOKEN);
        let (answer, sealed) = desk.seal();
        let outcomes: BTreeMap<String, BTreeSet<String>> =
            sealed.findings().into_iter().fold(BTreeMap::new(), |mut all, one| {
                all.entry(one.check).or_default().insert(one.outcome);
                all
            });
        (answer, outcomes, sealed.of("gap").cloned().collect::<Vec<_>>())
    };
    let (answer, outcomes, gaps) = run(World::calm(TOKEN));
    assert_eq!(answer.code, 0, "{outcomes:?} {gaps:?}");
    assert!(gaps.is_empty(), "{gaps:?}");
    assert_eq!(outcomes.len(), 9, "{outcomes:?}");
    let fine = BTreeSet::from(["conforms".to_owned(), "not-applicable".to_owned()]);
    assert!(outcomes.values().all(|found| found.is_subset(&fine)), "{outcomes:?}");

    let mut loose = everything();
    loose.two_factor_required = false;
    loose.apps[0].slug = "unknown".to_owned();
    loose.people[4].admin = true;
    let signer = &mut loose.repositories[0];
    signer.keys[0].1 = false;
    signer.allowed_actions = "all".to_owned();
    signer.protection.as_mut().unwrap().enforce_admins = false;
    let (answer, outcomes, _) = run(loose);
    assert_eq!(answer.code, 10, "{outcomes:?}");
    for (check, found) in outcomes {
        assert!(found.contains("deviates"), "`{check}` gives {found:?}");
    }
}

#[tokio::test]
async fn an_app_with_exactly_the_printed_permissions_reads_everything_and_each_one_is_needed() {
    let folder = tempfile::tempdir().unwrap();
    let (private, public) = github::rsa_key();
    let key = folder.path().join("app.pem");
    fs::write(&key, private).unwrap();
    let mut settings = settings();
    settings.insert("app".to_owned(), json!({"id": 77, "installation": 88, "private_key_file": key}));

    let printed = collectors::find("github").unwrap().rights_in("github-permissions", &[]).unwrap();
    let printed: Vec<String> =
        printed.as_object().unwrap().values().flat_map(|level| level.as_object().unwrap().keys().cloned()).collect();
    assert_eq!(printed.iter().collect::<BTreeSet<_>>(), PERMISSIONS.map(str::to_owned).iter().collect());

    let read = async |permissions: Vec<String>| {
        let mut world = everything();
        world.access.clear();
        world.app = Some(App { id: 77, installation: 88, public_key: public.clone(), permissions });
        let server = Server::http(GithubFake::new(world));
        github::collect_as_declared(&server.url(), settings.clone(), 60).await
    };
    let whole = read(printed.clone()).await;
    assert!(whole.gaps.is_empty(), "{:?}", whole.gaps);
    let minted = whole.exchanges.iter().find(|one| one.exchange.operation.starts_with("POST /app/")).unwrap();
    assert_eq!(minted.withheld, Some(sdk::WithheldReason::CredentialBearing));

    for removed in &printed {
        let left = printed.iter().filter(|one| *one != removed).cloned().collect();
        let seen = read(left).await;
        let lost = ROUTES.iter().filter(|route| route.needs.permission == Some(removed.as_str()));
        let mut expected: BTreeSet<String> = lost.map(|route| route.name.to_owned()).collect();
        if removed == "metadata" {
            // Without the repository its default branch is not known, and nothing about that is asked.
            expected = BTreeSet::from(["GET /repos/{owner}/{repo}".to_owned()]);
        }
        if removed == "administration" {
            // Which Actions are chosen is asked only where it is known that some are.
            expected.remove("GET /repos/{owner}/{repo}/actions/permissions/selected-actions");
        }
        if removed == "organization_administration" {
            expected.insert("GET /orgs/{org}".to_owned());
        }
        assert_eq!(rights(&seen), expected, "without `{removed}`");
        assert!(seen.gaps.iter().all(|gap| gap.reason == GapReason::Denied), "without `{removed}`: {:?}", seen.gaps);
    }
}

#[tokio::test]
async fn an_app_that_signs_with_another_key_is_not_let_in() {
    let folder = tempfile::tempdir().unwrap();
    let key = folder.path().join("app.pem");
    fs::write(&key, github::rsa_key().0).unwrap();
    let mut settings = settings();
    settings.insert("app".to_owned(), json!({"id": 77, "installation": 88, "private_key_file": key}));
    let mut world = everything();
    world.app = Some(App { id: 77, installation: 88, public_key: github::rsa_key().1, permissions: Vec::new() });
    let server = Server::http(GithubFake::new(world));
    let error = github::try_collect(&server.url(), None, settings, 10).await.1.unwrap();
    assert!(error.contains("could not be decoded"), "{error}");
}

#[tokio::test]
async fn limits_are_waited_for_and_nobody_asks_meanwhile() {
    let mut primary = everything();
    primary.limits = Limits { primary: Some((30, 2)), secondary: None };
    let (seen, _, fake) = collected(primary).await;
    assert!(seen.gaps.is_empty(), "{:?}", seen.gaps);
    let refused = fake.refused();
    assert!(refused.primary >= 1, "{refused:?}");
    // At most those that were under way when the limit was reached.
    assert!(refused.too_early <= 8 * 3, "{refused:?}");

    let mut secondary = everything();
    secondary.limits = Limits { primary: None, secondary: Some(20) };
    let (seen, _, fake) = collected(secondary).await;
    assert!(seen.gaps.is_empty() && fake.refused().secondary >= 1, "{:?}", seen.gaps);
}

#[tokio::test]
async fn a_limit_that_ends_after_the_deadline_is_a_gap_at_once() {
    let mut world = everything();
    world.limits = Limits { primary: Some((5, 3600)), secondary: None };
    let fake = GithubFake::new(world);
    let server = Server::http(fake.clone());
    let started = std::time::Instant::now();
    let seen = github::collect(&server.url(), TOKEN, settings(), 30).await;
    assert!(started.elapsed().as_secs() < 20, "it was waited for in vain");
    assert!(seen.gaps.iter().any(|gap| gap.reason == GapReason::Throttled), "{:?}", seen.gaps);
}

/// Sends the reader of a list elsewhere for its next page.
struct Elsewhere {
    fake: GithubFake,
    other: String,
}

#[async_trait]
impl Handler for Elsewhere {
    async fn answer(&self, request: &Request) -> Reply {
        let mut reply = self.fake.answer(request).await;
        for (name, value) in &mut reply.headers {
            if name == "link" {
                *value = format!("<{}/orgs/northbank/members?page=2>; rel=\"next\"", self.other);
            }
        }
        reply
    }

    fn wording(&self) -> &dyn Wording {
        &GithubWording
    }
}

#[tokio::test]
async fn a_link_to_another_origin_is_not_followed() {
    let other = Server::http(GithubFake::new(everything()));
    let server = Server::http(Elsewhere { fake: GithubFake::new(everything().paged(2)), other: other.url() });
    let seen = github::collect(&server.url(), TOKEN, settings(), 30).await;
    assert!(other.log().is_empty(), "our token went elsewhere: {:?}", other.log());
    let cut =
        seen.gaps.iter().find(|gap| gap.population.as_deref() == Some("github/member") && gap.part.is_none()).unwrap();
    assert_eq!(cut.reason, GapReason::Truncated);
    assert!(cut.detail.contains("another origin"), "{cut:?}");
    // Half a list makes nobody secure.
    let secure = seen.resources.iter().any(|one| one.kind == "github/member" && one.facts["two_factor"] == "secure");
    assert!(!secure);
}

#[tokio::test]
async fn an_enterprise_servers_path_is_kept() {
    let server = Server::http(GithubFake::new(everything().paged(2)));
    let seen = github::collect(&format!("{}/api/v3", server.url()), TOKEN, settings(), 60).await;
    assert!(seen.gaps.is_empty(), "{:?}", seen.gaps);
    assert!(seen.exchanges.iter().all(|one| !one.exchange.operation.contains("/api/v3")));
}

#[tokio::test]
async fn what_a_plan_or_a_reader_does_not_show_is_a_gap_with_its_reason() {
    let mut world = everything();
    world.audit_log = false;
    world.saml = false;
    world.readers_see_bypass = false;
    let (seen, _, _) = collected(world).await;
    let expected: BTreeMap<&str, GapReason> = BTreeMap::from([
        ("GET /orgs/{org}/audit-log", GapReason::Unsupported),
        ("GET /orgs/{org}/credential-authorizations", GapReason::Unsupported),
        ("GET /scim/v2/organizations/{org}/Users", GapReason::Unsupported),
        ("GET /repos/{owner}/{repo}/rulesets/{ruleset_id}", GapReason::Denied),
    ]);
    let found: BTreeMap<&str, GapReason> =
        seen.gaps.iter().map(|gap| (gap.right.as_deref().unwrap(), gap.reason)).collect();
    assert_eq!(found, expected);
    let deploy = seen.resources.iter().find(|one| one.id == "northbank/deploy").unwrap();
    assert!(deploy.facts.get("rulesets").is_none() && deploy.facts["protection"].is_null());
    let signer = seen.resources.iter().find(|one| one.id == "northbank/signer").unwrap();
    assert_eq!(signer.facts["rulesets"], json!([]), "no rule, so no ruleset");
}

#[tokio::test]
async fn preflight_says_what_github_says() {
    let mut world = everything().asked_by(TOKEN, Kind::Classic, true, &["read:org", "repo"]);
    world.readers_see_bypass = false;
    let server = Server::http(GithubFake::new(world));
    let statuses = github::preflight(&server.url(), TOKEN, settings()).await;
    let of = |right: &str| statuses.iter().find(|one| one.right == right).unwrap();
    assert_eq!(of("GET /orgs/{org}/members?filter=2fa_disabled").state, RightState::Granted);
    assert!(of("GET /orgs/{org}/members").detail.contains("read:org"), "{statuses:?}");
    assert_eq!(of("GET /orgs/{org}/actions/permissions").state, RightState::Denied);
    assert_eq!(of("GET /orgs/{org}/personal-access-tokens").state, RightState::Denied);
    assert_eq!(of("GET /orgs/{org}").state, RightState::Undecided, "the setting is for `admin:org`");
}

/// Counted, not timed: what is asked, against the least that can be asked for the same facts.
#[tokio::test]
async fn a_large_organisation_is_read_with_the_least_number_of_calls() {
    const MEMBERS: u64 = 5_000;
    const REPOSITORIES: u64 = 200;
    let world = everything().sized(MEMBERS, REPOSITORIES);
    let names: Vec<String> = world.repositories.iter().map(|one| one.name.clone()).collect();
    assert!(world.repositories.iter().all(|one| one.allowed_actions == "selected"));
    let fake = GithubFake::new(world);
    let server = Server::http(fake);
    let mut settings = settings();
    settings.insert("repositories".to_owned(), json!(names));
    let seen = github::collect(&server.url(), TOKEN, settings, 300).await;
    assert!(seen.gaps.is_empty(), "{:?}", seen.gaps.first());
    assert_eq!(seen.resources.iter().filter(|one| one.kind == "github/member").count() as u64, MEMBERS);
    let made = server.log().len() as u64;
    // Owners, other members, those with an insecure factor, and everybody by SCIM: pages of 100. What fits on one page: one.
    let pages = |entries: u64| entries.div_ceil(100).max(1);
    // Lists of second factors stand still once they have been read twice.
    let factors = 2 * (pages(0) + pages(100));
    let collaborators = 1 + 2 * 2;
    let organization = 1 + collaborators + pages(2) + pages(MEMBERS - 2) + factors + pages(MEMBERS) + 3 + 4 + 3;
    // The repository, its rules, protection, Actions, the chosen ones of them, workflow token, OIDC subject, teams, environments,
    // hooks, keys; the one team that enters all of them once.
    let least = organization + 11 * REPOSITORIES + 1;
    println!("{MEMBERS} members, {REPOSITORIES} repositories: {made} calls, {least} at least");
    assert_eq!(made, least);
}

// G1
#[test]
fn a_firm_ruleset_counts_where_classic_protection_cannot_be_read() {
    let permissions: Vec<&str> = PERMISSIONS.into_iter().filter(|one| *one != "administration").collect();
    let world = everything().asked_by(TOKEN, Kind::Installation, false, &permissions);
    let server = Server::http(GithubFake::new(world));
    let mut desk = Desk::new(&declaration(&server.url(), ""));
    desk.set("GITHUB_TOKEN", TOKEN);
    let (_, sealed) = desk.seal();
    let unread = |gap: &&serde_json::Value| gap["part"] == "protection" && gap["reason"] == "denied";
    assert_eq!(sealed.of("gap").filter(unread).count(), 2, "of both repositories");
    let of = |name: &str| {
        let mut found = sealed
            .findings()
            .into_iter()
            .filter(|one| one.check == "github/protected-branch-cannot-be-bypassed" && one.key.contains(name));
        found.next().unwrap()
    };
    let (by_ruleset, by_classic) = (of("deploy"), of("signer"));
    assert_eq!(by_ruleset.outcome, "conforms", "{by_ruleset:?}");
    assert_eq!(by_classic.outcome, "undetermined", "{by_classic:?}");
    assert!(by_classic.reason.contains("/protection: access denied"), "{by_classic:?}");
}
