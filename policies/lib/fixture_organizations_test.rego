# METADATA
# title: Accounts of an organisation for the tests of checks
# description: An account with denials that bind it.
package lib.fixture_organizations

denial(what) := object.union(
	{
		"policy": "p-keys0001",
		"type": "SERVICE_CONTROL_POLICY",
		"to": "ou-ab12-11111111",
	},
	what,
)

# A statement with what the collector found that it guards.
guard(actions, parts) := {"guard": object.union({"actions": actions, "except": [], "sometimes": [], "unclear": []}, parts)}

# One that guards nothing that is asked for.
other := {}

# A level that does not allow these.
level(actions, parts) := object.union(guard(actions, parts), {"to": "ou-ab12-22222222", "policies": ["p-list0001"]})

account(denials) := {
	"id": "111122223333",
	"name": "prod",
	"management": false,
	"denials": [denial(what) | some what in denials],
	"unallowed": [],
}
