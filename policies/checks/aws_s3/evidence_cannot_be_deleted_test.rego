package checks.aws_s3.evidence_cannot_be_deleted_test

import data.checks.aws_s3.evidence_cannot_be_deleted
import data.lib.fixture
import data.lib.fixture_s3

case(bucket) := fixture.case(bucket, {"min_days": 365})

locked(lock) := case(fixture_s3.replaced("object_lock", lock))

conforming(lock) if {
	count(evidence_cannot_be_deleted.conforms) == 1 with input as locked(lock)
	count(evidence_cannot_be_deleted.deviates) == 0 with input as locked(lock)
}

deviating(lock) if {
	count(evidence_cannot_be_deleted.deviates) == 1 with input as locked(lock)
	count(evidence_cannot_be_deleted.conforms) == 0 with input as locked(lock)
}

test_conforms_when_nobody_can_delete if {
	conforming(fixture_s3.lock("COMPLIANCE", null, 2))
	conforming(fixture_s3.lock("COMPLIANCE", 365, null))
}

test_deviates_without_a_lock if deviating(null)

test_deviates_when_some_may_bypass_it if deviating(fixture_s3.lock("GOVERNANCE", null, 10))

test_deviates_without_a_retention if deviating(fixture_s3.lock(null, null, null))

# A8
test_undetermined_without_a_period if {
	undated := locked(fixture_s3.lock("COMPLIANCE", null, null))
	count(evidence_cannot_be_deleted.undetermined) == 1 with input as undated
	count(evidence_cannot_be_deleted.conforms) == 0 with input as undated
	count(evidence_cannot_be_deleted.deviates) == 0 with input as undated
}

test_deviates_when_it_is_too_short if deviating(fixture_s3.lock("COMPLIANCE", 364, null))

test_deviates_when_it_is_off if {
	deviating(object.union(fixture_s3.lock("COMPLIANCE", null, 2), {"enabled": false}))
}

test_deviates_without_versions if {
	suspended := fixture_s3.replaced("versioning", {"status": "Suspended", "mfa_delete": null})
	count(evidence_cannot_be_deleted.deviates) == 1 with input as case(suspended)
	never := fixture_s3.replaced("versioning", {"status": null, "mfa_delete": null})
	count(evidence_cannot_be_deleted.deviates) == 1 with input as case(never)
}
