# METADATA
# title: Workflows run only chosen Actions, with a token that can only read
# description: >-
#   Reads which Actions a declared repository's workflows may run (where they are chosen one by one, by which patterns), what the token of a workflow may do where the workflow does not say,
#   whether workflows may approve reviews, and what the subject of their OIDC tokens is made of. Concludes that not every Action of everyone
#   may run: that each pattern names the owner of what it lets in; that the token can only read and not approve, and that the subject names the repository. Does not apply where Actions are off.
#   Cannot see what a workflow itself requests, nor what
#   the chosen Actions do; whose creators GitHub's Marketplace has verified count as chosen where that is allowed.
# scope: package
# related_resources:
#   - ref: https://docs.github.com/en/repositories/managing-your-repositorys-settings-and-features/enabling-features-for-your-repository/managing-github-actions-settings-for-a-repository
#   - ref: https://docs.github.com/en/actions/reference/security/oidc
# schemas:
#   - input.resource: schema["github-repository"]
# custom:
#   subject: github/repository
#   needs:
#     conforms: [[actions, workflow_token, oidc_subject], [actions, selected_actions, workflow_token, oidc_subject]]
#     deviates: [[actions], [actions, selected_actions], [actions, oidc_subject]]
#     undetermined: [[actions, oidc_subject], [actions, selected_actions]]
#     not_applicable: [actions]
#   severity: high
#   remediation: Allow selected Actions only, by patterns that name their owner, set the workflow token to read, do not let workflows approve, keep the repository in the OIDC subject.
package checks.github.actions_trust_is_bounded

not_applicable contains {"path": "/actions/enabled", "actual": false, "because": "no workflow can run"} if {
	input.resource.actions.enabled == false
}

# Claims that name one repository, and cannot be taken over by another. `job_workflow_ref` names the one whose workflow is called, not who calls.
names_repository(subject) if subject.standard == true

names_repository(subject) if {
	is_array(subject.claims)
	some claim in subject.claims
	claim in {"repo", "repository", "repository_id", "workflow_ref"}
}

# Whom a pattern `OWNER/REPOSITORY@TAG` lets in is said by its owner: a `*` there is everybody, and so is one after the beginning of a name, which
# everybody may choose. One that begins with `!` lets in nobody.
owner(pattern) := split(split(trim_space(pattern), "/")[0], "@")[0]

everybodys contains n if {
	input.resource.actions.allowed_actions == "selected"
	is_array(input.resource.selected_actions.patterns)
	some n, written in input.resource.selected_actions.patterns
	some pattern in split(written, ",")
	not startswith(trim_space(pattern), "!")
	contains(owner(pattern), "*")
}

chosen if input.resource.actions.allowed_actions == "local_only"

chosen if {
	input.resource.actions.allowed_actions == "selected"
	is_array(input.resource.selected_actions.patterns)
	count(everybodys) == 0
}

deviates contains {
	"path": sprintf("/selected_actions/patterns/%d", [n]),
	"actual": input.resource.selected_actions.patterns[n],
	"expected": "a pattern that names its owner",
	"because": "it lets in Actions of everybody",
} if {
	input.resource.actions.enabled == true
	some n in everybodys
}

undetermined contains {"path": "/selected_actions", "because": "GitHub does not say by which patterns Actions are chosen"} if {
	input.resource.actions.enabled == true
	input.resource.actions.allowed_actions == "selected"
	is_object(input.resource.selected_actions)
	not is_array(input.resource.selected_actions.patterns)
}

conforms contains {"path": "/actions/allowed_actions", "actual": input.resource.actions.allowed_actions} if {
	input.resource.actions.enabled == true
	chosen
	input.resource.workflow_token.default_permissions == "read"
	input.resource.workflow_token.can_approve_reviews == false
	names_repository(input.resource.oidc_subject)
}

deviates contains {"path": "/actions/allowed_actions", "actual": "all", "expected": "selected or local_only"} if {
	input.resource.actions.enabled == true
	input.resource.actions.allowed_actions == "all"
}

deviates contains {"path": "/workflow_token/default_permissions", "actual": "write", "expected": "read"} if {
	input.resource.actions.enabled == true
	input.resource.workflow_token.default_permissions == "write"
}

deviates contains {"path": "/workflow_token/can_approve_reviews", "actual": true, "expected": false} if {
	input.resource.actions.enabled == true
	input.resource.workflow_token.can_approve_reviews == true
}

deviates contains {"path": "/oidc_subject", "because": "the subject of OIDC tokens does not name the repository"} if {
	input.resource.actions.enabled == true
	is_array(input.resource.oidc_subject.claims)
	not names_repository(input.resource.oidc_subject)
}

# The repository takes the template of its organisation.
undetermined contains {
	"path": "/oidc_subject/claims",
	"because": "the subject of OIDC tokens is not the standard one, and GitHub does not say for the repository what it is made of",
} if {
	input.resource.actions.enabled == true
	is_null(input.resource.oidc_subject.claims)
	input.resource.oidc_subject.standard == false
}
