# METADATA
# title: Accounts of an organisation for the tests of checks
# description: An account with denials that bind it.
package lib.fixture_organizations

import data.lib.fixture

statement(actions, conditions) := {
	"effect": "Deny",
	"actions": actions,
	"resources": ["*"],
	"conditions": conditions,
}

denial(what) := {
	"policy": "p-keys0001",
	"type": "SERVICE_CONTROL_POLICY",
	"to": "ou-ab12-11111111",
	"statement": what,
}

account(statements) := {
	"id": "111122223333",
	"name": "prod",
	"management": false,
	"denials": [denial(what) | some what in statements],
}

exempting(operator, arns) := fixture.condition(operator, "aws:PrincipalArn", arns)
