package checks.github.actions_trust_is_bounded_test

import data.checks.github.actions_trust_is_bounded
import data.lib.fixture
import data.lib.fixture_github

given(parts) := fixture.case(fixture_github.repository(parts), {})

actions(enabled, allowed) := {"actions": {"enabled": enabled, "allowed_actions": allowed, "sha_pinning_required": true}}

token(permissions, approve) := {"workflow_token": {"default_permissions": permissions, "can_approve_reviews": approve}}

subject(standard, claims) := {"oidc_subject": {"standard": standard, "claims": claims}}

conforming(case) if {
	count(actions_trust_is_bounded.conforms) == 1 with input as case
	count(actions_trust_is_bounded.deviates) == 0 with input as case
}

deviating(case) if {
	count(actions_trust_is_bounded.deviates) == 1 with input as case
	count(actions_trust_is_bounded.conforms) == 0 with input as case
}

test_conforms_with_chosen_actions_and_a_reading_token if conforming(given({}))

test_conforms_with_a_subject_of_the_repository if conforming(given(subject(false, ["repo", "context"])))

test_deviates_with_every_action if deviating(given(actions(true, "all")))

test_deviates_with_a_writing_token if deviating(given(token("write", false)))

test_deviates_where_workflows_approve if deviating(given(token("read", true)))

test_deviates_where_the_subject_is_anybodys if deviating(given(subject(false, ["actor"])))

test_deviates_where_the_subject_names_what_is_called if deviating(given(subject(false, ["job_workflow_ref"])))

test_undetermined_where_the_subject_is_the_organisations if {
	of_organisation := given(subject(false, null))
	count(actions_trust_is_bounded.undetermined) == 1 with input as of_organisation
	count(actions_trust_is_bounded.deviates) == 0 with input as of_organisation
	count(actions_trust_is_bounded.conforms) == 0 with input as of_organisation
}

test_is_not_about_repositories_without_actions if {
	off := given(actions(false, null))
	count(actions_trust_is_bounded.not_applicable) == 1 with input as off
	count(actions_trust_is_bounded.deviates) == 0 with input as off
}

patterns(all) := {"selected_actions": {"github_owned": true, "verified": true, "patterns": all}}

# A pattern that names no owner chooses nothing.
test_deviates_where_a_pattern_lets_in_everybody if {
	every pattern in ["*", "**", "*/*", "*@*", "*/*@*", "*/checkout@*", " * ", "north*/*", "*bank/x@v1", "northbank/*, */*"] {
		deviating(given(patterns(["northbank/*", pattern])))
	}
}

test_conforms_where_each_pattern_names_its_owner if {
	every pattern in ["northbank/*", "actions/checkout@*", "northbank/signer@v1", "!*/*", "!evil/*"] {
		conforming(given(patterns([pattern])))
	}
	conforming(given(patterns([])))
	conforming(given(object.union(actions(true, "local_only"), {"selected_actions": null})))
}

test_undetermined_where_github_does_not_say_the_patterns if {
	silent := given(patterns(null))
	count(actions_trust_is_bounded.undetermined) == 1 with input as silent
	count(actions_trust_is_bounded.conforms) == 0 with input as silent
	count(actions_trust_is_bounded.deviates) == 0 with input as silent
}
