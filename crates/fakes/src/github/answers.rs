//! What is answered to those who may ask.

use serde_json::{Value, json};
use testkit::{Reply, Request};

use super::description::filled;
use super::error;
use super::reply::{json_reply, turned};
use super::world::{Access, Kind, Person, Protection, Repository, TwoFactor, World};

const CREATED: &str = "2026-01-05T10:00:00Z";

/// The answer to an operation; `arguments` stand for the names of its template.
pub fn answer(world: &World, access: &Access, name: &str, arguments: &[String], request: &Request) -> Reply {
    let argument = |index: usize| arguments.get(index).map_or("", String::as_str);
    let page = |entries: Vec<Value>| paged(world, request, entries, None);
    // Put into form page by page: thousands of people are asked for often.
    let people = |all: Vec<&Person>| paged_as(world, request, all, None, |one| user("simple-user", one));
    if let Some(rest) = name.strip_prefix("GET /repos/{owner}/{repo}") {
        let Some(repository) = world.repositories.iter().find(|one| one.name == argument(1)) else {
            return error::not_found();
        };
        return of_repository(world, repository, rest, argument(2), request);
    }
    match name {
        "GET /orgs/{org}" => json_reply(200, &organization(world, access)),
        "GET /orgs/{org}/members" => {
            let role = request.parameter("role").unwrap_or("all");
            let wanted = |one: &&Person| role == "all" || (role == "admin") == one.admin;
            people(world.people.iter().filter(wanted).collect())
        }
        "GET /orgs/{org}/members?filter=2fa_disabled" => people(having(&world.people, TwoFactor::Disabled)),
        "GET /orgs/{org}/members?filter=2fa_insecure" => people(having(&world.people, TwoFactor::Insecure)),
        "GET /orgs/{org}/outside_collaborators" => people(world.collaborators.iter().collect()),
        "GET /orgs/{org}/outside_collaborators?filter=2fa_disabled" => {
            people(having(&world.collaborators, TwoFactor::Disabled))
        }
        "GET /orgs/{org}/outside_collaborators?filter=2fa_insecure" => {
            people(having(&world.collaborators, TwoFactor::Insecure))
        }
        "GET /orgs/{org}/installations" => {
            let all = world.apps.iter().map(|app| {
                let permissions: serde_json::Map<String, Value> =
                    app.permissions.iter().map(|(name, level)| (name.clone(), level.as_str().into())).collect();
                let members = json!({
                    "id": app.id + 9000, "app_id": app.id, "app_slug": app.slug, "target_id": world.id,
                    "target_type": "Organization", "repository_selection": "selected", "permissions": permissions,
                    "events": ["push"], "suspended_at": null, "created_at": CREATED, "updated_at": CREATED,
                });
                filled("installation", members)
            });
            paged(world, request, all.collect(), Some("installations"))
        }
        "GET /orgs/{org}/personal-access-tokens" => page(grants("organization-programmatic-access-grant", world)),
        "GET /orgs/{org}/personal-access-token-requests" => {
            page(grants("organization-programmatic-access-grant-request", world))
        }
        "GET /orgs/{org}/credential-authorizations" if !world.saml => error::not_found(),
        "GET /orgs/{org}/credential-authorizations" => {
            let all = world.people.iter().take(3).map(|one| {
                let members = json!({
                    "login": one.login, "credential_id": one.id + 5000, "credential_type": "personal access token",
                    "token_last_eight": "abcd1234", "credential_authorized_at": CREATED,
                    "credential_accessed_at": null, "authorized_credential_id": one.id + 6000,
                    "scopes": ["repo", "read:org"], "authorized_credential_note": "laptop",
                    "authorized_credential_expires_at": null,
                });
                filled("credential-authorization", members)
            });
            page(all.collect())
        }
        "GET /scim/v2/organizations/{org}/Users" if !world.saml => error::not_found(),
        "GET /scim/v2/organizations/{org}/Users" => identities(world, request),
        "GET /orgs/{org}/audit-log" if !world.audit_log => error::not_found(),
        "GET /orgs/{org}/audit-log" => page(audit_events(world, request.parameter("phrase").unwrap_or_default())),
        "GET /orgs/{org}/actions/permissions" => {
            let members = json!({"enabled_repositories": "selected", "allowed_actions": "selected", "sha_pinning_required": true});
            json_reply(200, &filled("actions-organization-permissions", members))
        }
        "GET /orgs/{org}/actions/permissions/workflow" => json_reply(200, &workflow("read")),
        "GET /orgs/{org}/actions/oidc/customization/sub" => {
            json_reply(200, &filled("oidc-custom-sub", json!({"include_claim_keys": ["repo", "context"]})))
        }
        "GET /orgs/{org}/teams/{team_slug}/members" => {
            page(world.people.iter().take(3).map(|one| user("team-member", one)).collect())
        }
        _ => error::not_found(),
    }
}

fn of_repository(world: &World, one: &Repository, rest: &str, last: &str, request: &Request) -> Reply {
    let page = |entries: Vec<Value>| paged(world, request, entries, None);
    match rest {
        "" => {
            let members = json!({
                "id": one.id, "name": one.name, "full_name": format!("{}/{}", world.login, one.name),
                "default_branch": "main", "visibility": "private", "private": true, "archived": false,
                "fork": false, "pushed_at": CREATED,
            });
            json_reply(200, &filled("full-repository", members))
        }
        "/teams" => page(one.team.iter().map(|slug| team(world, slug)).collect()),
        "/rules/branches/{branch}" => page(rules(world, one)),
        "/rulesets/{ruleset_id}" => match one.ruleset.as_ref().filter(|set| set.id.to_string() == last) {
            None => error::not_found(),
            Some(set) => {
                let mut members = json!({
                    "id": set.id, "name": "default branch", "target": "branch", "source_type": "Repository",
                    "source": format!("{}/{}", world.login, one.name), "enforcement": "active", "rules": [],
                });
                if world.readers_see_bypass {
                    let actors = set
                        .bypass
                        .iter()
                        .map(|id| json!({"actor_id": id, "actor_type": "Team", "bypass_mode": "always"}));
                    members["bypass_actors"] = actors.collect::<Vec<_>>().into();
                }
                json_reply(200, &filled("repository-ruleset", members))
            }
        },
        "/branches/{branch}/protection" => match &one.protection {
            None => error::error(404, "Branch not protected"),
            Some(protection) => json_reply(200, &protected(protection)),
        },
        "/environments" => {
            let environment = |n: u64, name: &str| {
                let reviewers = json!([{"type": "User", "reviewer": user("simple-user", &world.people[0])}]);
                let members = json!({
                    "id": one.id * 10 + n, "name": name, "can_admins_bypass": false,
                    "protection_rules": [{"id": n, "node_id": "x", "type": "required_reviewers", "prevent_self_review": true, "reviewers": reviewers}],
                    "deployment_branch_policy": {"protected_branches": true, "custom_branch_policies": false},
                });
                filled("environment", members)
            };
            let all = ["production", "staging", "vault"].iter().zip(1..).map(|(name, n)| environment(n, name));
            paged(world, request, all.collect(), Some("environments"))
        }
        "/actions/permissions" => {
            let members =
                json!({"enabled": true, "allowed_actions": one.allowed_actions, "sha_pinning_required": true});
            json_reply(200, &filled("actions-repository-permissions", members))
        }
        "/actions/permissions/selected-actions" if one.allowed_actions != "selected" => error::error(409, "Conflict"),
        "/actions/permissions/selected-actions" => {
            let members =
                json!({"github_owned_allowed": true, "verified_allowed": false, "patterns_allowed": one.patterns});
            json_reply(200, &filled("selected-actions", members))
        }
        "/actions/permissions/workflow" => json_reply(200, &workflow(&one.workflow_permissions)),
        "/actions/oidc/customization/sub" => {
            json_reply(200, &filled("oidc-custom-sub-repo", json!({"use_default": true})))
        }
        "/hooks" => {
            let hook = |n: u64| {
                let config = json!({"url": format!("https://ci.northbank.example/hook/{n}"), "content_type": "json", "insecure_ssl": "0", "secret": "********"});
                filled(
                    "hook",
                    json!({"id": one.id * 100 + n, "type": "Repository", "name": "web", "active": true, "events": ["push"], "config": config}),
                )
            };
            page((1..=3).map(hook).collect())
        }
        "/keys" => {
            let key = |(n, (title, read_only)): (usize, &(String, bool))| {
                filled(
                    "deploy-key",
                    json!({
                        "id": one.id * 1000 + n as u64, "title": title, "read_only": read_only, "added_by": "ada",
                        "key": "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl",
                        "verified": true, "created_at": CREATED, "last_used": null, "enabled": true,
                    }),
                )
            };
            page(one.keys.iter().enumerate().map(key).collect())
        }
        _ => error::not_found(),
    }
}

fn organization(world: &World, access: &Access) -> Value {
    let privileged = match access.kind {
        Kind::Installation => {
            world.apps_see_two_factor && access.permissions.iter().any(|one| one == "organization_administration")
        }
        Kind::Classic => access.owner && access.permissions.iter().any(|one| one == "admin:org"),
        Kind::FineGrained => access.owner,
    };
    let mut members = json!({
        "id": world.id, "login": world.login, "name": "North Bank", "type": "Organization",
        "default_repository_permission": "read", "members_can_create_repositories": false,
        "two_factor_requirement_enabled": null, "created_at": CREATED,
        "plan": {"name": "enterprise", "space": 1, "private_repos": 100, "filled_seats": world.people.len(), "seats": 100},
    });
    if privileged {
        members["two_factor_requirement_enabled"] = world.two_factor_required.into();
    }
    filled("organization-full", members)
}

fn user(schema: &str, person: &Person) -> Value {
    let mut made = filled(schema, json!({"id": person.id, "login": person.login, "type": "User", "site_admin": false}));
    made["role"] = "member".into();
    if schema == "simple-user" {
        made.as_object_mut().expect("an object").remove("role");
    }
    made
}

fn having(people: &[Person], state: TwoFactor) -> Vec<&Person> {
    people.iter().filter(|one| one.two_factor == state).collect()
}

fn grants(schema: &str, world: &World) -> Vec<Value> {
    let grant = |one: &Person| {
        let mut members = json!({
            "id": one.id + 7000, "owner": user("simple-user", one), "repository_selection": "subset",
            "permissions": {"repository": {"contents": "read"}}, "token_id": one.id + 8000, "token_name": "laptop",
            "token_expired": false, "token_expires_at": "2027-01-01T00:00:00Z", "token_last_used_at": null,
        });
        if schema.ends_with("request") {
            members["reason"] = "needed".into();
            members["created_at"] = CREATED.into();
        } else {
            members["access_granted_at"] = CREATED.into();
        }
        filled(schema, members)
    };
    world.people.iter().take(3).map(grant).collect()
}

fn identities(world: &World, request: &Request) -> Reply {
    let start = request.number("startIndex").unwrap_or(1).max(1);
    let count = request.number("count").unwrap_or(30).min(world.page);
    let some = world.people.iter().skip(start - 1).take(count).map(|one| {
        filled("scim-user", json!({
            "id": format!("00000000-0000-4000-8000-{:012}", one.id), "userName": format!("{}@northbank.example", one.login),
            "externalId": one.id.to_string(), "active": true, "emails": [{"value": format!("{}@northbank.example", one.login), "primary": true}],
            "name": {"givenName": one.login, "familyName": "North"},
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        }))
    });
    let some: Vec<Value> = some.collect();
    let body = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"], "totalResults": world.people.len(),
        "itemsPerPage": some.len(), "startIndex": start, "Resources": some,
    });
    Reply::new(200, "application/scim+json; charset=utf-8", body.to_string())
}

/// Events of the category that the phrase begins with; older ones than asked for are not here.
fn audit_events(world: &World, phrase: &str) -> Vec<Value> {
    let actions = [
        "org.enable_two_factor_requirement",
        "org.update_member",
        "org.add_member",
        "protected_branch.create",
        "protected_branch.policy_override",
        "protected_branch.destroy",
        "repository_ruleset.create",
        "repository_ruleset.update",
        "repository_ruleset.destroy",
    ];
    let category = phrase.split(' ').find_map(|word| word.strip_prefix("action:")).unwrap_or_default();
    let event = |(n, action): (usize, &&str)| {
        filled(
            "audit-log-event",
            json!({
                "@timestamp": 1_767_607_200_000_i64 + n as i64, "created_at": 1_767_607_200_000_i64 + n as i64, "action": action,
                "actor": "ada", "org": world.login, "_document_id": format!("doc-{n:04}"), "user": "bo",
            }),
        )
    };
    actions.iter().enumerate().filter(|(_, action)| action.split('.').next() == Some(category)).map(event).collect()
}

fn team(world: &World, slug: &str) -> Value {
    filled(
        "team",
        json!({
            "id": 501, "name": slug, "slug": slug, "description": null, "permission": "push", "privacy": "closed",
            "parent": null, "type": "organization", "organization_id": world.id,
        }),
    )
}

fn rules(world: &World, one: &Repository) -> Vec<Value> {
    let Some(set) = &one.ruleset else { return Vec::new() };
    let from = json!({"ruleset_source_type": "Repository", "ruleset_source": format!("{}/{}", world.login, one.name), "ruleset_id": set.id});
    let with = |mut rule: Value| {
        rule.as_object_mut().expect("a rule").extend(from.as_object().expect("members").clone());
        rule
    };
    vec![
        with(json!({"type": "deletion"})),
        with(json!({"type": "non_fast_forward"})),
        with(json!({"type": "pull_request", "parameters": {
            "dismiss_stale_reviews_on_push": true, "require_code_owner_review": true, "require_last_push_approval": true,
            "required_approving_review_count": set.reviews, "required_review_thread_resolution": true,
        }})),
    ]
}

fn protected(protection: &Protection) -> Value {
    let url = "https://api.github.com/";
    let people: Vec<Value> = protection
        .bypass
        .iter()
        .map(|login| {
            user("simple-user", &Person { login: login.clone(), id: 1, admin: false, two_factor: TwoFactor::Secure })
        })
        .collect();
    let reviews = json!({
        "dismiss_stale_reviews": true, "require_code_owner_reviews": true,
        "required_approving_review_count": protection.reviews,
        "bypass_pull_request_allowances": {"users": people, "teams": [], "apps": []},
    });
    filled(
        "branch-protection",
        json!({
            "enforce_admins": {"url": url, "enabled": protection.enforce_admins},
            "required_pull_request_reviews": filled("protected-branch-pull-request-review", reviews),
            "allow_force_pushes": {"enabled": false}, "allow_deletions": {"enabled": false},
        }),
    )
}

fn workflow(permissions: &str) -> Value {
    json!({"default_workflow_permissions": permissions, "can_approve_pull_request_reviews": permissions == "write"})
}

/// One page of entries, with the `Link` to the next. `member`: where the entries stand beside their count.
fn paged(world: &World, request: &Request, entries: Vec<Value>, member: Option<&str>) -> Reply {
    paged_as(world, request, entries, member, |entry| entry)
}

/// The same for entries that are put into form only where they are answered.
fn paged_as<T>(
    world: &World,
    request: &Request,
    entries: Vec<T>,
    member: Option<&str>,
    form: impl Fn(T) -> Value,
) -> Reply {
    let size = request.number("per_page").unwrap_or(30).clamp(1, 100).min(world.page);
    // The audit log is gone through by cursor, which is an opaque word; everything else by number.
    let cursor = if request.operation.ends_with("/audit-log") { "after" } else { "page" };
    let number = request.parameter(cursor).and_then(|text| text.trim_start_matches("cursor-").parse().ok());
    let number: usize = number.unwrap_or(1).max(1);
    let total = entries.len();
    let some: Vec<Value> = entries.into_iter().skip((number - 1) * size).take(size).map(form).collect();
    let more = number * size < total;
    let reply = match member {
        None => json_reply(200, &Value::Array(some)),
        Some(member) => json_reply(200, &json!({"total_count": total, member: some})),
    };
    if !more {
        return reply;
    }
    let next = if cursor == "after" { format!("cursor-{}", number + 1) } else { (number + 1).to_string() };
    reply.with_header(
        "link",
        format!(
            "<{}>; rel=\"next\", <{}>; rel=\"first\"",
            turned(request, cursor, &next),
            turned(request, cursor, "1")
        ),
    )
}
