//! What this collector makes of lists that do not agree with themselves.

#![expect(clippy::expect_used, clippy::indexing_slicing, reason = "helpers of tests may stop at the first surprise")]

use std::sync::atomic::{AtomicBool, Ordering};

use collector_github::Github;
use fakes::github::{GithubFake, World};
use sdk::{CoverageNote, GapReason};
use serde_json::{Value, json};
use testkit::{Changed, Reply, Request, Seen, TOKEN, collect};

/// Collects from an organisation whose answers are changed so.
fn read(change: impl Fn(&Request, &mut Value) + Send + Sync + 'static) -> Seen {
    let source = Changed(GithubFake::new(World::small(TOKEN).paged(2)), move |request: &Request, reply: Reply| {
        let Ok(mut body) = serde_json::from_slice(&reply.body) else { return reply };
        change(request, &mut body);
        reply.with_body(body.to_string())
    });
    let settings =
        json!({"organization": "northbank", "organization_id": 4_711_201, "repositories": ["signer", "deploy"]});
    collect(&Github, source, settings)
}

/// A gap: whom it is about, and why.
type Unread = (Option<String>, GapReason, String);

/// Of each member what is said of a second factor, and the gaps of it.
fn factors(world: World, settings: Value) -> (Vec<(String, Value)>, Vec<Unread>) {
    let seen = collect(&Github, GithubFake::new(world), settings);
    let members = seen.resources.iter().filter(|one| one.kind == "github/member");
    let members = members.map(|one| (one.id.clone(), one.facts["two_factor"].clone())).collect();
    let gaps = seen
        .gaps
        .iter()
        .filter(|gap| gap.part.as_deref() == Some("two_factor") && gap.population.as_deref() == Some("github/member"));
    let whom = |gap: &sdk::GapNote| gap.subject.as_ref().map(|subject| subject.id.clone());
    (members, gaps.map(|gap| (whom(gap), gap.reason, gap.detail.clone())).collect())
}

// G3
#[test]
fn who_signs_in_elsewhere_is_not_secure_by_standing_in_no_list() {
    let settings = || json!({"organization": "northbank", "organization_id": 4_711_201});
    let with_logins = |rename: fn(&str) -> String| {
        let mut world = World::small(TOKEN);
        world.people.iter_mut().for_each(|person| person.login = rename(&person.login));
        world
    };
    let (members, gaps) = factors(with_logins(|login| format!("{login}_nbank")), settings());
    assert!(members.iter().all(|(_, factor)| factor != "secure"), "{members:?}");
    // What GitHub does say of somebody stays said.
    assert!(members.contains(&("di_nbank".to_owned(), json!("disabled"))), "{members:?}");
    let [(None, GapReason::Unsupported, why)] = gaps.as_slice() else { panic!("{gaps:?}") };
    assert!(why.contains("(EMU)") && why.contains("identity provider"), "{why}");

    // One account of an enterprise among others, as an organisation that is being moved has it: it alone is not known.
    let (members, gaps) = factors(with_logins(|login| login.replace("ada", "ada_nbank")), settings());
    assert!(members.contains(&("bo".to_owned(), json!("secure"))), "{members:?}");
    assert!(members.contains(&("ada_nbank".to_owned(), Value::Null)), "{members:?}");
    assert!(matches!(gaps.as_slice(), [(Some(whom), GapReason::Unsupported, _)] if whom == "ada_nbank"), "{gaps:?}");

    // With data residency there are no others, whatever their logins are.
    let mut residing = settings();
    residing["api_url"] = "https://api.northbank.ghe.com".into();
    let (members, gaps) = factors(World::small(TOKEN), residing);
    assert!(members.iter().all(|(_, factor)| factor != "secure"), "{members:?}");
    assert!(gaps.len() == 1 && gaps[0].2.contains("all of its accounts"), "{gaps:?}");

    let (members, gaps) = factors(World::small(TOKEN), settings());
    assert!(members.contains(&("ada".to_owned(), json!("secure"))) && gaps.is_empty(), "{members:?} {gaps:?}");
}

/// Somebody comes in without a second factor while the lists are read, right after the list of members was answered.
#[test]
fn who_comes_in_while_the_lists_are_read_is_not_secure_by_standing_in_no_list() {
    for all in ["GET /orgs/{org}/members", "GET /orgs/{org}/outside_collaborators"] {
        let came = AtomicBool::new(false);
        let seen = read(move |request, body| {
            let (Some(list), Some(rest)) = (body.as_array_mut(), request.operation.strip_prefix(all)) else { return };
            let eve = json!({"id": 999, "login": "eve"});
            match rest {
                "?filter=2fa_disabled" if came.load(Ordering::SeqCst) => list.push(eve),
                "" if request.parameter("role") != Some("admin") && !came.swap(true, Ordering::SeqCst) => {
                    list.push(eve);
                }
                _ => {}
            }
        });
        let eve = seen.resources.iter().find(|one| one.id == "eve").expect("her");
        assert_eq!(eve.facts["two_factor"], "disabled", "{all}");
    }
}

// G1
#[test]
fn a_ruleset_that_cannot_be_read_hides_no_other() {
    let seen = read(|request, body| {
        if request.operation == "GET /repos/{owner}/{repo}/rules/branches/{branch}"
            && let Some(list) = body.as_array_mut().filter(|list| !list.is_empty())
        {
            list.push(json!({
                "type": "required_signatures", "ruleset_id": 9999,
                "ruleset_source_type": "Organization", "ruleset_source": "northbank",
            }));
        }
    });
    let deploy = seen.resources.iter().find(|one| one.id == "northbank/deploy").expect("the repository with a ruleset");
    let sets: Vec<&Value> = deploy.facts["rulesets"].as_array().expect("a list").iter().map(|set| &set["id"]).collect();
    assert_eq!(sets, [&json!(1302)]);
    let of_part = seen.gaps.iter().filter(|gap| gap.part.as_deref() == Some("rulesets"));
    let of: Vec<&str> = of_part.filter_map(|gap| gap.subject.as_ref()).map(|subject| subject.id.as_str()).collect();
    assert_eq!(of, ["northbank/deploy"]);
}

fn coverage<'s>(seen: &'s Seen, population: &str) -> &'s CoverageNote {
    seen.coverage.iter().find(|one| one.population == population).expect("a list of this name")
}

#[test]
fn who_changed_roles_while_being_listed_is_recorded_as_often_as_listed() {
    let admin = std::sync::Mutex::new(None);
    let seen = read(move |request, body| {
        if request.operation != "GET /orgs/{org}/members" {
            return;
        }
        let list = body.as_array_mut().expect("a list");
        let mut first = admin.lock().expect("nobody failed");
        match request.parameter("role") {
            Some("admin") if first.is_none() => *first = list.first().cloned(),
            // Asked for side by side: whichever list comes later ends with somebody of the other one.
            Some("member") if list.len() == 1 => list.extend(first.clone()),
            _ => {}
        }
    });
    let of_login =
        |login: &str| seen.resources.iter().filter(|one| one.kind == "github/member" && one.id == login).count();
    let members: Vec<&str> =
        seen.resources.iter().filter(|one| one.kind == "github/member").map(|one| one.id.as_str()).collect();
    let twice: Vec<&&str> = members.iter().filter(|login| of_login(login) == 2).collect();
    assert_eq!(twice.len(), 2, "one person, said twice: {members:?}");
    let roles: Vec<&Value> =
        seen.resources.iter().filter(|one| one.id == *twice[0]).map(|one| &one.facts["role"]).collect();
    assert_eq!(roles, ["admin", "member"], "which of them holds is not for a collector to say");
    let list = coverage(&seen, "github/member");
    assert_eq!((list.items, list.complete), (members.len() as u64, true));
}

#[test]
fn a_team_that_a_repositorys_list_names_again_keeps_both_permissions() {
    let seen = read(|request, body| {
        if request.operation == "GET /repos/{owner}/{repo}/teams" && request.path.contains("/deploy/") {
            let list = body.as_array_mut().expect("a list");
            let mut again = list.first().cloned().expect("a team");
            again["permission"] = "admin".into();
            list.push(again);
        }
    });
    let teams: Vec<&Value> = seen
        .resources
        .iter()
        .filter(|one| one.kind == "github/team")
        .map(|one| &one.facts["repositories"]["deploy"])
        .collect();
    assert!(teams.contains(&&json!("admin")) && teams.contains(&&json!("push")), "{teams:?}");
    assert_eq!(coverage(&seen, "github/team").items, teams.len() as u64);
}

#[test]
fn lists_are_held_against_githubs_own_counts() {
    for (operation, member, population) in [
        ("GET /orgs/{org}/installations", "total_count", "github/app-installation"),
        ("GET /repos/{owner}/{repo}/environments", "total_count", "github/environment@signer"),
    ] {
        let seen = read(move |request, body| {
            if request.operation == operation {
                body[member] = (body[member].as_u64().expect("a count") + 1).into();
            }
        });
        let list = coverage(&seen, population);
        let counted = list.total.as_ref().map(|total| total.count);
        assert_eq!((counted, list.complete), (Some(list.items + 1), false), "{population}");
        let gap = seen.gaps.iter().find(|gap| gap.population.as_deref() == Some(population)).expect("a gap");
        assert_eq!(gap.reason, GapReason::TotalMismatch);
        assert_eq!(gap.detail, format!("{} listed, and GitHub itself counts {}", list.items, list.items + 1));
    }
}

#[test]
fn a_page_of_identities_that_repeats_one_hides_none() {
    let repeat = |request: &Request, body: &mut Value| {
        if request.operation == "GET /scim/v2/organizations/{org}/Users" {
            let list = body["Resources"].as_array_mut().expect("a list");
            list.extend(list.first().cloned());
        }
    };
    let (before, seen) = (read(|_, _| {}), read(repeat));
    let ids = |seen: &Seen| -> std::collections::BTreeSet<String> {
        seen.resources.iter().filter(|one| one.kind == "github/saml-identity").map(|one| one.id.clone()).collect()
    };
    assert_eq!(ids(&seen), ids(&before), "the next page begins where the server counts, not where items were counted");
    let list = coverage(&seen, "github/saml-identity");
    assert!(list.complete && list.items > coverage(&before, "github/saml-identity").items, "{list:?}");
    // A server that counts the repetition as one of its items shows fewer people than it counts.
    let seen = read(move |request, body| {
        repeat(request, body);
        if let Some(held) = body["Resources"].as_array().map(Vec::len) {
            body["itemsPerPage"] = held.into();
        }
    });
    assert!(!coverage(&seen, "github/saml-identity").complete);
    assert!(seen.gaps.iter().any(|gap| gap.population.as_deref() == Some("github/saml-identity")), "{:?}", seen.gaps);
}

/// Whom both lists of second factors would miss: who has left the one when it is read, and has not come into the other yet.
#[test]
fn who_changes_from_one_list_to_the_other_is_not_secure_by_standing_in_neither() {
    let asked = std::sync::Mutex::new([0, 0]);
    let seen = read(move |request, body| {
        let Some(list) = body.as_array_mut() else { return };
        let mut asked = asked.lock().expect("nobody failed");
        match request.operation.strip_prefix("GET /orgs/{org}/members?filter=2fa_") {
            Some("disabled") => {
                asked[0] += 1;
                list.retain(|one| one["login"] != "di");
            }
            // Her message by SMS is set up right after this list was read for the first time.
            Some("insecure") => {
                asked[1] += 1;
                if asked[1] > 1 {
                    list.push(json!({"id": 104, "login": "di"}));
                }
            }
            _ => {}
        }
    });
    let di = seen.resources.iter().find(|one| one.id == "di").expect("her");
    assert_eq!(di.facts["two_factor"], "insecure");
    assert!(seen.gaps.is_empty(), "{:?}", seen.gaps);
}

#[test]
fn nobody_is_secure_by_lists_that_never_stand_still() {
    let asked = std::sync::atomic::AtomicU64::new(0);
    let seen = read(move |request, body| {
        if request.operation == "GET /orgs/{org}/members?filter=2fa_insecure"
            && let Some(list) = body.as_array_mut()
        {
            let n = asked.fetch_add(1, Ordering::SeqCst);
            list.push(json!({"id": 900 + n, "login": format!("other-{n}")}));
        }
    });
    let members: Vec<&Value> =
        seen.resources.iter().filter(|one| one.kind == "github/member").map(|one| &one.facts["two_factor"]).collect();
    assert!(!members.is_empty() && members.iter().all(|factor| *factor != "secure"), "{members:?}");
    let gap = seen.gaps.iter().find(|gap| gap.part.as_deref() == Some("two_factor")).expect("a gap");
    assert_eq!(gap.reason, GapReason::TotalMismatch);
    assert!(gap.detail.contains("something else each time"), "{}", gap.detail);
    // The collaborators' lists stand still.
    let out = seen.resources.iter().find(|one| one.id == "out").expect("a collaborator");
    assert_eq!(out.facts["two_factor"], "secure");
}

/// The lists are read again, and cut then: what the first reading said of her is not lost by that.
#[test]
fn whom_the_lists_have_named_stays_named_when_they_are_cut_later() {
    let asked = std::sync::atomic::AtomicU64::new(0);
    let seen = read(move |request, body| {
        if request.operation == "GET /orgs/{org}/members?filter=2fa_disabled"
            && asked.fetch_add(1, Ordering::SeqCst) > 0
        {
            *body = json!({"message": "later"});
        }
    });
    let of = |id: &str| seen.resources.iter().find(|one| one.id == id).expect("a member").facts["two_factor"].clone();
    assert_eq!((of("di"), of("ada")), (json!("disabled"), Value::Null));
    assert!(seen.gaps.iter().any(|gap| gap.part.as_deref() == Some("two_factor")), "{:?}", seen.gaps);
}

/// Which Actions are chosen is read where they are chosen, and only there.
#[test]
fn chosen_actions_are_read_with_their_patterns() {
    let mut world = World::small(TOKEN);
    world.repositories[0].patterns = vec!["*/*".to_owned()];
    world.repositories[1].allowed_actions = "local_only".to_owned();
    let settings =
        json!({"organization": "northbank", "organization_id": 4_711_201, "repositories": ["signer", "deploy"]});
    let seen = collect(&Github, GithubFake::new(world), settings);
    let of = |id: &str| {
        let found = seen.resources.iter().find(|one| one.kind == "github/repository" && one.id == id);
        found.expect("a repository").facts["selected_actions"].clone()
    };
    assert_eq!(of("northbank/signer"), json!({"github_owned": true, "verified": false, "patterns": ["*/*"]}));
    assert_eq!(of("northbank/deploy"), Value::Null);
    assert!(seen.gaps.is_empty(), "{:?}", seen.gaps);
}
