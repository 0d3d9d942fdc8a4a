package checks.people.identity_belongs_to_a_person_test

import data.checks.people.identity_belongs_to_a_person
import data.lib.fixture

case(of) := fixture.case(
	object.union(
		{
			"target": "prod",
			"type": "user",
			"powers": [{"action": "kms:Sign", "may": "yes", "sentence": "kms:Sign is allowed"}],
			"ways": [],
			"sure": true,
			"owners": [],
			"taken_on_by": "person",
			"among": {"reaching": 14, "users_of_nobody": 2},
		},
		of,
	),
	{},
)

role(by, owners) := case({"type": "role", "taken_on_by": by, "owners": owners})

test_deviates_where_it_is_declared_for_nobody if {
	count(identity_belongs_to_a_person.deviates) == 1 with input as case({})
	count(identity_belongs_to_a_person.conforms) == 0 with input as case({})
	some evidence in identity_belongs_to_a_person.deviates with input as case({})
	endswith(evidence.because, "; of 14 identities that may reach a key, 2 people's are declared for nobody")
}

test_says_no_number_where_not_all_was_read if {
	partly := fixture.case(object.remove(case({}).resource, ["among"]), {})
	some evidence in identity_belongs_to_a_person.deviates with input as partly
	evidence.because == "it is one person's, may reach keys, and is declared for nobody"
}

test_names_the_way_that_was_found if {
	way := {"key": "arn:aws:kms:eu-west-1:111122223333:key/1", "does": ["use"], "may": "yes", "by": "kms:Sign", "becomes": null}
	found := fixture.case(object.remove(case({"powers": [], "ways": [way]}).resource, ["among"]), {})
	some evidence in identity_belongs_to_a_person.deviates with input as found
	endswith(evidence.because, "declared for nobody: by kms:Sign it reaches arn:aws:kms:eu-west-1:111122223333:key/1")
}

test_names_no_way_that_is_not_sure if {
	perhaps := {"key": "arn:aws:kms:eu-west-1:111122223333:key/2", "does": ["use"], "may": "undetermined", "by": "kms:Decrypt", "becomes": null}
	found := fixture.case(object.remove(case({"ways": [perhaps]}).resource, ["among"]), {})
	some evidence in identity_belongs_to_a_person.deviates with input as found
	evidence.because == "it is one person's, may reach keys, and is declared for nobody"
	sure := object.union(perhaps, {"may": "yes", "by": "kms:Sign"})
	both := fixture.case(object.remove(case({"ways": [perhaps, sure]}).resource, ["among"]), {})
	some other in identity_belongs_to_a_person.deviates with input as both
	contains(other.because, ": by kms:Sign it reaches ")
}

test_deviates_where_a_role_of_another_account_is_nobodys if {
	count(identity_belongs_to_a_person.deviates) == 1 with input as role("unread", [])
	count(identity_belongs_to_a_person.not_applicable) == 0 with input as role("unread", [])
	count(identity_belongs_to_a_person.conforms) == 1 with input as role("unread", ["kh-1"])
	count(identity_belongs_to_a_person.deviates) == 0 with input as role("unread", ["kh-1"])
}

test_deviates_where_two_share_it if {
	shared := case({"owners": ["kh-1", "kh-2"]})
	count(identity_belongs_to_a_person.deviates) == 1 with input as shared
	count(identity_belongs_to_a_person.conforms) == 0 with input as shared
}

test_conforms_where_it_belongs_to_one if {
	count(identity_belongs_to_a_person.conforms) == 1 with input as case({"owners": ["kh-1"]})
	count(identity_belongs_to_a_person.deviates) == 0 with input as case({"owners": ["kh-1"]})
	count(identity_belongs_to_a_person.conforms) == 1 with input as case({"owners": ["kh-1"], "sure": false})
}

test_a_role_may_be_of_several if {
	count(identity_belongs_to_a_person.conforms) == 1 with input as role("elsewhere", ["kh-1", "kh-2"])
	count(identity_belongs_to_a_person.deviates) == 0 with input as role("elsewhere", ["kh-1", "kh-2"])
}

test_undetermined_where_conditions_decide if {
	perhaps := case({"sure": false})
	count(identity_belongs_to_a_person.undetermined) == 1 with input as perhaps
	count(identity_belongs_to_a_person.deviates) == 0 with input as perhaps
	count(identity_belongs_to_a_person.conforms) == 0 with input as perhaps
}

test_undetermined_where_a_provider_knows_them if {
	count(identity_belongs_to_a_person.undetermined) == 1 with input as role("elsewhere", [])
	count(identity_belongs_to_a_person.not_applicable) == 0 with input as role("elsewhere", [])
}

test_not_applicable_to_roles_of_nobody if {
	count(identity_belongs_to_a_person.not_applicable) == 1 with input as role("workload", [])
	count(identity_belongs_to_a_person.not_applicable) == 1 with input as role("principals", [])
	count(identity_belongs_to_a_person.not_applicable) == 1 with input as role("third-party", [])
	count(identity_belongs_to_a_person.deviates) == 0 with input as role("principals", [])
}
