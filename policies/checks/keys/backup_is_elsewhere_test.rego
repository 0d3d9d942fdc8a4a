package checks.keys.backup_is_elsewhere_test

import data.checks.keys.backup_is_elsewhere
import data.lib.fixture
import data.lib.fixture_keys

backup(apart) := {"id": "hot-backup", "apart": apart, "because": "the key is in eu-west-1"}

case(backups) := fixture.case(object.union(fixture_keys.key, {"backups": backups}), {})

test_conforms_where_each_lies_elsewhere if {
	count(backup_is_elsewhere.conforms) == 2 with input as case([backup(true), backup(true)])
	count(backup_is_elsewhere.deviates) == 0 with input as case([backup(true), backup(true)])
	count(backup_is_elsewhere.undetermined) == 0 with input as case([backup(true), backup(true)])
}

test_deviates_where_one_does_not if {
	count(backup_is_elsewhere.deviates) == 1 with input as case([backup(true), backup(false)])
	count(backup_is_elsewhere.conforms) == 0 with input as case([backup(true), backup(false)])
}

test_open_where_nothing_says_where_it_lies if {
	count(backup_is_elsewhere.undetermined) == 1 with input as case([backup(true), backup(null)])
	count(backup_is_elsewhere.conforms) == 0 with input as case([backup(true), backup(null)])
	count(backup_is_elsewhere.deviates) == 0 with input as case([backup(true), backup(null)])
}

test_does_not_apply_without_a_backup if {
	count(backup_is_elsewhere.not_applicable) == 1 with input as case([])
	count(backup_is_elsewhere.conforms) == 0 with input as case([])
}
