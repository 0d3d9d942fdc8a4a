# METADATA
# title: Resources of GitHub for the tests of checks
# description: Whole resources as the collector records them, changed part by part.
package lib.fixture_github

import data.lib.fixture

organization(required) := {
	"id": 4711201,
	"login": "northbank",
	"two_factor_required": required,
	"default_repository_permission": "read",
	"plan": "enterprise",
	"actions": {"enabled_repositories": "selected", "allowed_actions": "selected", "sha_pinning_required": true},
	"workflow_token": {"default_permissions": "read", "can_approve_reviews": false},
	"oidc_subject": ["repo", "context"],
}

member(login, role, state) := {"id": 101, "login": login, "role": role, "two_factor": state}

collaborator(login, state) := {"id": 201, "login": login, "two_factor": state}

app(slug, suspended) := {
	"id": 9401,
	"app_id": 401,
	"app": slug,
	"permissions": {"contents": "read"},
	"events": ["push"],
	"repository_selection": "selected",
	"suspended": suspended,
	"created": fixture.days_ago(100),
}

deploy_key(title, read_only) := {
	"id": 301000,
	"repository": "northbank/signer",
	"title": title,
	"key": "ssh-ed25519 AAAA",
	"read_only": read_only,
	"added_by": "ada",
	"created": fixture.days_ago(100),
	"last_used": null,
}

webhook := {
	"id": 601,
	"repository": "northbank/signer",
	"url": "https://ci.northbank.example/hook",
	"active": true,
	"events": ["push"],
	"has_secret": true,
	"verifies_tls": true,
}

reviews(approvals, bypass) := {
	"required_approvals": approvals,
	"code_owner_approval": true,
	"dismiss_stale": true,
	"last_push_approval": false,
	"bypass": bypass,
}

rule(kind) := {
	"type": kind,
	"ruleset": 1302,
	"required_approvals": null,
	"code_owner_approval": null,
	"dismiss_stale": null,
	"last_push_approval": null,
}

pull_request(approvals) := {
	"type": "pull_request",
	"ruleset": 1302,
	"required_approvals": approvals,
	"code_owner_approval": true,
	"dismiss_stale": true,
	"last_push_approval": false,
}

ruleset(enforcement, actors) := {
	"id": 1302,
	"name": "default branch",
	"enforcement": enforcement,
	"source_type": "Repository",
	"bypass": actors,
}

classic := {"enforce_admins": true, "reviews": reviews(2, []), "allow_force_pushes": false, "allow_deletions": false}

# A repository of which every check says that it conforms, with these parts in place of its own.
repository(parts) := object.union(
	{
		"id": 301,
		"full_name": "northbank/signer",
		"default_branch": "main",
		"visibility": "private",
		"archived": false,
		"branch_rules": [],
		"rulesets": [],
		"protection": classic,
		"actions": {"enabled": true, "allowed_actions": "selected", "sha_pinning_required": true},
		"selected_actions": {"github_owned": true, "verified": false, "patterns": ["northbank/*"]},
		"workflow_token": {"default_permissions": "read", "can_approve_reviews": false},
		"oidc_subject": {"standard": true, "claims": null},
	},
	parts,
)
