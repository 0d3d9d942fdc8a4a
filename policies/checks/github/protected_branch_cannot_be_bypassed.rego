# METADATA
# title: The default branch of a repository changes only after review, without exception
# description: >-
#   Reads the rules of all rulesets as they apply to the default branch, and its classic protection. Concludes that one of the two by itself
#   asks for at least `approvals` reviews, lets nobody push after an approval what nobody approves (a push takes approvals back, or somebody else
#   than who pushed last must approve, unless `stale_approvals` count), keeps history from being rewritten and the branch from being deleted, and lets no one bypass it:
#   rulesets that no one may bypass; classic protection that binds administrators too and lets no one skip reviews. Actors named in `bypass`
#   are accepted (`Team:12`, `OrganizationAdmin`, `user:ada`, `app:release-bot`). Does not apply to archived repositories, which no one can
#   change. Parts of both that are enough only together are not combined. Cannot see who can change the rules: owners and administrators of
#   the repository.
# scope: package
# related_resources:
#   - ref: https://docs.github.com/en/repositories/configuring-branches-and-merges-in-your-repository/managing-rulesets/about-rulesets
#   - ref: https://docs.github.com/en/repositories/configuring-branches-and-merges-in-your-repository/managing-protected-branches/about-protected-branches
# schemas:
#   - input.resource: schema["github-repository"]
# custom:
#   subject: github/repository
#   needs:
#     conforms: [[archived], [archived, protection]]
#     deviates: [archived, branch_rules, rulesets, protection]
#     not_applicable: [archived]
#   severity: high
#   remediation: Put a ruleset without bypass on the default branch that requires a pull request with reviews, takes them back after a push, and forbids force pushes and deletion.
#   parameters:
#     approvals:
#       type: integer
#       minimum: 1
#       default: 1
#       x-stricter: higher
#     stale_approvals:
#       description: Whether an approval may count for what was pushed after it.
#       type: boolean
#       default: false
#       x-stricter: false
#     bypass:
#       description: Who may bypass the rules nevertheless.
#       type: array
#       items: {type: string}
#       uniqueItems: true
#       default: []
#       x-stricter: fewer
package checks.github.protected_branch_cannot_be_bypassed

not_applicable contains {"path": "/archived", "actual": true, "because": "an archived repository cannot be changed"} if {
	input.resource.archived == true
}

actor(given) := sprintf("%s:%d", [given.actor_type, given.actor_id]) if is_number(given.actor_id)

actor(given) := given.actor_type if is_null(given.actor_id)

declared(given) if actor(given) in input.parameters.bypass

declared(given) if given.actor_type in input.parameters.bypass

loose contains [set.id, n] if {
	some set in input.resource.rulesets
	some n, given in set.bypass
	not declared(given)
}

# A ruleset that nobody may bypass but those who are declared.
firm contains set.id if {
	some set in input.resource.rulesets
	set.enforcement == "active"
	count([n | some [id, n] in loose; id == set.id]) == 0
}

held(kind) if {
	some rule in input.resource.branch_rules
	rule.type == kind
	rule.ruleset in firm
}

reviewed if {
	some rule in input.resource.branch_rules
	rule.type == "pull_request"
	rule.ruleset in firm
	rule.required_approvals >= input.parameters.approvals
}

# What is pushed after an approval has to be approved too.
anew(given) if given.dismiss_stale == true

anew(given) if given.last_push_approval == true

anew(_) if input.parameters.stale_approvals == true

reviewed_anew if {
	some rule in input.resource.branch_rules
	rule.type == "pull_request"
	rule.ruleset in firm
	anew(rule)
}

by_rulesets if {
	reviewed
	reviewed_anew
	held("non_fast_forward")
	held("deletion")
}

let_round := [who |
	some who in input.resource.protection.reviews.bypass
	not who in input.parameters.bypass
]

by_protection if {
	otherwise_enough
	anew(input.resource.protection.reviews)
}

# But for what is pushed after an approval.
otherwise_enough if {
	is_object(input.resource.protection)
	input.resource.protection.enforce_admins == true
	input.resource.protection.allow_force_pushes == false
	input.resource.protection.allow_deletions == false
	is_object(input.resource.protection.reviews)
	input.resource.protection.reviews.required_approvals >= input.parameters.approvals
	count(let_round) == 0
}

open if {
	input.resource.archived == false
	is_array(input.resource.branch_rules)
	is_array(input.resource.rulesets)
	not by_rulesets
	not by_protection
}

conforms contains {"path": "/branch_rules", "because": "rulesets that no one may bypass protect the branch"} if {
	input.resource.archived == false
	by_rulesets
}

conforms contains {"path": "/protection", "because": "classic protection binds everyone"} if {
	input.resource.archived == false
	by_protection
}

deviates contains {"path": "/protection", "actual": null, "because": "neither a ruleset nor classic protection protects the branch"} if {
	open
	is_null(input.resource.protection)
	count(input.resource.branch_rules) == 0
}

deviates contains {"path": "/branch_rules", "because": sprintf("no rulesets without bypass require %d approvals%s and forbid force pushes and deletion", [input.parameters.approvals, also])} if {
	open
	count(input.resource.branch_rules) > 0
}

also := "" if input.parameters.stale_approvals == true

also := ", take them back after a push," if input.parameters.stale_approvals == false

deviates contains {
	"path": "/protection/reviews/dismiss_stale",
	"actual": false,
	"because": "who has an approval may push something else, which nobody approves",
} if {
	open
	is_object(input.resource.protection.reviews)
	not anew(input.resource.protection.reviews)
	input.resource.protection.reviews.dismiss_stale == false
	otherwise_enough
}

deviates contains {"path": "/protection", "because": sprintf("classic protection can be bypassed, or requires fewer than %d approvals", [input.parameters.approvals])} if {
	open
	is_object(input.resource.protection)
	not otherwise_enough
}
