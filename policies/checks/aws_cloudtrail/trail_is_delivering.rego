# METADATA
# title: A trail delivers its log files
# description: >-
#   Reads a trail's status in its home region. Concludes that it is logging, that its last delivery had no error and is no older than
#   `max_hours`. A trail delivers only when something happened: if nothing happens for longer than that, raise `max_hours`.
#   A delivery more than six hours after the start of the run makes it undetermined.
#   Cannot see whether log files are still in the bucket, nor deliveries from other regions than its home.
# scope: package
# related_resources:
#   - ref: https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_GetTrailStatus.html
# schemas:
#   - input.resource: schema["aws-cloudtrail-trail"]
# custom:
#   subject: aws-cloudtrail/trail
#   needs:
#     conforms: [status]
#     deviates: [status]
#     undetermined: [status]
#   severity: high
#   remediation: Start logging again, and let CloudTrail write to the bucket, and with the key, of the trail.
#   parameters:
#     max_hours:
#       description: Hours since the last delivery.
#       type: integer
#       minimum: 1
#       default: 24
#       x-stricter: lower
package checks.aws_cloudtrail.trail_is_delivering

import data.lib.aws
import data.lib.clock

status := input.resource.status

hours(from, to) := aws.whole(to - from, 3600)

problems contains {
	"path": "/status/logging",
	"actual": false,
	"expected": true,
	"because": "logging is stopped",
} if {
	status.logging == false
}

problems contains {
	"path": "/status/latest_delivery_error",
	"actual": status.latest_delivery_error,
	"because": "the last log file could not be delivered",
} if {
	is_string(status.latest_delivery_error)
}

problems contains {
	"path": "/status/latest_delivery",
	"actual": null,
	"because": "it never delivered a log file",
} if {
	is_null(status.latest_delivery)
}

problems contains {
	"path": "/status/latest_delivery/at",
	"actual": status.latest_delivery.at,
	"expected": sprintf("at most %d hours ago", [input.parameters.max_hours]),
} if {
	is_object(status.latest_delivery)
	hours(status.latest_delivery.epoch, input.now) > input.parameters.max_hours
}

deviates contains problem if some problem in problems

undetermined contains {"path": "/status/latest_delivery/at", "because": clock.why(status.latest_delivery)} if {
	is_object(status.latest_delivery)
	clock.ahead(status.latest_delivery)
}

conforms contains {
	"path": "/status/latest_delivery/at",
	"actual": status.latest_delivery.at,
	"expected": sprintf("at most %d hours ago", [input.parameters.max_hours]),
} if {
	count(problems) == 0
	status.logging == true
	not clock.ahead(status.latest_delivery)
	is_object(status.latest_delivery)
}
