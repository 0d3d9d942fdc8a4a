# METADATA
# title: Trails and regions for the tests of checks
# description: A trail as CloudTrail describes it, and what a region says of its trails.
package lib.fixture_cloudtrail

import data.lib.fixture

status := {
	"logging": true,
	"started": fixture.days_ago(300),
	"stopped": null,
	"latest_delivery": fixture.moment(fixture.now - 300),
	"latest_delivery_error": null,
	"latest_digest_delivery": fixture.moment(fixture.now - 3000),
	"latest_digest_delivery_error": null,
	"latest_log_group_delivery": null,
	"latest_log_group_delivery_error": null,
}

trail := {
	"arn": "arn:aws:cloudtrail:eu-west-1:111122223333:trail/main",
	"name": "main",
	"home_region": "eu-west-1",
	"log_file_validation": true,
	"status": status,
}

with_status(parts) := object.union(object.remove(trail, ["status"]), {"status": object.union(status, parts)})

classic(which, management, excluded) := {
	"trail": "a",
	"advanced": null,
	"classic": [{
		"read_write": which,
		"management_events": management,
		"excluded_sources": excluded,
		"data_resources": [],
	}],
}

advanced(fields) := {
	"trail": "a",
	"classic": null,
	"advanced": [{"name": null, "fields": fields}],
}

field(name, equals, not_equals) := {
	"field": name,
	"equals": equals,
	"not_equals": not_equals,
	"starts_with": [],
	"ends_with": [],
	"not_starts_with": [],
	"not_ends_with": [],
}

region(selectors, logging) := {
	"name": "eu-west-1",
	"status": "ENABLED_BY_DEFAULT",
	"declared": true,
	"trails": [selector.trail | some selector in selectors],
	"logging": logging,
	"selectors": selectors,
}
