package checks.github.protected_branch_cannot_be_bypassed_test

import data.checks.github.protected_branch_cannot_be_bypassed as check
import data.lib.fixture
import data.lib.fixture_github

given(parts) := with_bypass(parts, [])

with_bypass(parts, bypass) := fixture.case(fixture_github.repository(parts), {"approvals": 2, "bypass": bypass, "stale_approvals": false})

conforming(case) if {
	count(check.conforms) > 0 with input as case
	count(check.deviates) == 0 with input as case
}

deviating(case) if {
	count(check.deviates) > 0 with input as case
	count(check.conforms) == 0 with input as case
}

protection(admins, approvals, bypass) := {"protection": {
	"enforce_admins": admins,
	"reviews": fixture_github.reviews(approvals, bypass),
	"allow_force_pushes": false,
	"allow_deletions": false,
}}

rules(approvals, actors) := {
	"protection": null,
	"branch_rules": [
		fixture_github.rule("deletion"),
		fixture_github.rule("non_fast_forward"),
		fixture_github.pull_request(approvals),
	],
	"rulesets": [fixture_github.ruleset("active", actors)],
}

team := {"actor_type": "Team", "actor_id": 12, "mode": "always"}

owners := {"actor_type": "OrganizationAdmin", "actor_id": null, "mode": "always"}

test_conforms_by_classic_protection if conforming(given(protection(true, 2, [])))

test_conforms_by_rulesets if conforming(given(rules(2, [])))

# G1: of another ruleset nothing could be read, or it demands less.
test_conforms_by_one_ruleset_of_several if {
	more := object.union(fixture_github.pull_request(0), {"ruleset": 9999, "code_owner_approval": null})
	beside := object.union(rules(2, []), {"branch_rules": array.concat(rules(2, []).branch_rules, [more])})
	conforming(given(beside))
	unread := object.union(rules(1, []), {"branch_rules": array.concat(rules(1, []).branch_rules, [object.union(more, {"required_approvals": 2})])})
	count(check.conforms) == 0 with input as given(unread)
}

test_conforms_with_declared_bypass if {
	conforming(with_bypass(rules(2, [team]), ["Team:12"]))
	conforming(with_bypass(rules(2, [owners]), ["OrganizationAdmin"]))
	conforming(with_bypass(protection(true, 2, ["user:ada"]), ["user:ada"]))
}

test_deviates_unprotected if deviating(given({"protection": null}))

test_deviates_where_admins_are_free if deviating(given(protection(false, 2, [])))

test_deviates_with_too_few_approvals if {
	deviating(given(protection(true, 1, [])))
	deviating(given(rules(1, [])))
}

test_deviates_where_somebody_may_leave_reviews_out if deviating(given(protection(true, 2, ["user:ada"])))

test_deviates_without_reviews if {
	parts := {"protection": {"enforce_admins": true, "reviews": null, "allow_force_pushes": false, "allow_deletions": false}}
	deviating(given(parts))
}

test_deviates_where_a_ruleset_can_be_bypassed if {
	deviating(given(rules(2, [team])))
	deviating(with_bypass(rules(2, [team, owners]), ["Team:12"]))
}

test_deviates_where_a_ruleset_is_only_evaluated if {
	deviating(given(object.union(rules(2, []), {"rulesets": [fixture_github.ruleset("evaluate", [])]})))
}

test_is_not_about_archived_ones if {
	archived := given({"archived": true, "protection": null})
	count(check.not_applicable) == 1 with input as archived
	count(check.deviates) == 0 with input as archived
}

after_approval(dismiss, last) := {"dismiss_stale": dismiss, "last_push_approval": last}

classic(dismiss, last) := {"protection": object.union(fixture_github.classic, {"reviews": object.union(fixture_github.reviews(2, []), after_approval(dismiss, last))})}

by_rule(dismiss, last) := object.union(rules(2, []), {"branch_rules": [
	fixture_github.rule("deletion"),
	fixture_github.rule("non_fast_forward"),
	object.union(fixture_github.pull_request(2), after_approval(dismiss, last)),
]})

# Approved, and then something else is pushed: nobody has reviewed what comes into the branch.
test_deviates_where_an_approval_counts_for_what_is_pushed_after_it if {
	deviating(given(classic(false, false)))
	deviating(given(classic(false, null)))
	deviating(given(by_rule(false, false)))
	some evidence in check.deviates with input as given(classic(false, false))
	evidence.path == "/protection/reviews/dismiss_stale"
}

test_conforms_where_what_is_pushed_last_is_approved if {
	conforming(given(classic(false, true)))
	conforming(given(by_rule(false, true)))
	conforming(given(by_rule(true, false)))
}

test_conforms_where_stale_approvals_are_declared_to_count if {
	every parts in [classic(false, false), by_rule(false, false)] {
		conforming(fixture.case(fixture_github.repository(parts), {"approvals": 2, "bypass": [], "stale_approvals": true}))
	}
}
