package checks.declaration.wallet_says_how_it_signs_test

import data.checks.declaration.wallet_says_how_it_signs
import data.lib.fixture
import data.lib.fixture_declaration

case(parts) := fixture.case(fixture_declaration.but(fixture_declaration.wallet, parts), {})

test_conforms_when_whole if {
	count(wallet_says_how_it_signs.conforms) == 1 with input as case({})
	count(wallet_says_how_it_signs.deviates) == 0 with input as case({})
}

test_deviates_otherwise if {
	count(wallet_says_how_it_signs.deviates) == 1 with input as case({"signatures": null})
	count(wallet_says_how_it_signs.deviates) == 1 with input as case({"workflow": []})
	count(wallet_says_how_it_signs.deviates) == 1 with input as case({"keys": []})
	count(wallet_says_how_it_signs.conforms) == 0 with input as case({"keys": []})
}
