# METADATA
# title: Every use of a key is logged in every region
# description: >-
#   Reads, for each region that the declaration lets this run read, the trails that show there, whether they are logging, and which events
#   they record. Concludes that management events of KMS, those that read (Decrypt and Sign count as such) and those that write, are
#   recorded by trails that are logging. A classic selector with `kms.amazonaws.com` among its `ExcludeManagementEventSources` does not
#   record them; an advanced selector counts if it selects management events only by category, `readOnly` and `eventSource`: one that uses
#   any other field does not count as complete. Cannot see whether log files arrive (`aws-cloudtrail/trail-is-delivering`), nor event data
#   stores of CloudTrail Lake.
# scope: package
# related_resources:
#   - ref: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/logging-management-events-with-cloudtrail.html
#   - ref: https://docs.aws.amazon.com/kms/latest/developerguide/logging-using-cloudtrail.html
# schemas:
#   - input.resource: schema["aws-cloudtrail-region"]
# custom:
#   subject: aws-cloudtrail/region
#   needs:
#     conforms: [status, declared]
#     deviates:
#       - [status, declared, trails, logging]
#       - [status, declared, trails, selectors]
#     not_applicable: [[status], [declared]]
#   severity: high
#   remediation: Let a trail of all regions record management events, read and write, without excluding kms.amazonaws.com.
package checks.aws_cloudtrail.kms_events_are_logged

kms := "kms.amazonaws.com"

both := {"read", "write"}

not_applicable contains {
	"path": "/declared",
	"actual": false,
	"because": "the declaration leaves this region out",
} if {
	input.resource.declared == false
}

not_applicable contains {
	"path": "/status",
	"actual": "DISABLED",
	"because": "the account has not enabled this region: no key can be in it",
} if {
	input.resource.status == "DISABLED"
}

applies if {
	input.resource.declared == true
	input.resource.status != "DISABLED"
}

which(selector) := both if selector.read_write == "All"

which(selector) := {"read"} if selector.read_write == "ReadOnly"

which(selector) := {"write"} if selector.read_write == "WriteOnly"

classic(selector) := which(selector) if {
	selector.management_events == true
	not kms in selector.excluded_sources
}

advanced(selector) := takes if {
	some category in selector.fields
	category.field == "eventCategory"
	"Management" in category.equals
	every field in selector.fields {
		lets_kms_through(field)
	}
	takes := both - {kind | some kind in both; shuts_out(selector, kind)}
}

lets_kms_through(field) if field.field in {"eventCategory", "readOnly"}

lets_kms_through(field) if {
	field.field == "eventSource"
	not kms in field.not_equals
	names_kms_or_none(field)
	((count(field.starts_with) + count(field.ends_with)) + count(field.not_starts_with)) + count(field.not_ends_with) == 0
}

names_kms_or_none(field) if count(field.equals) == 0

names_kms_or_none(field) if kms in field.equals

read_only := {"read": "true", "write": "false"}

shuts_out(selector, kind) if {
	some field in selector.fields
	field.field == "readOnly"
	not read_only[kind] in field.equals
}

# What each logging trail takes of KMS.
taken[n] := kinds if {
	some n, trail in input.resource.selectors
	trail.trail in input.resource.logging
	kinds := of_classic(trail) | of_advanced(trail)
}

of_classic(trail) := {kind |
	is_array(trail.classic)
	some selector in trail.classic
	some kind in classic(selector)
}

of_advanced(trail) := {kind |
	is_array(trail.advanced)
	some selector in trail.advanced
	some kind in advanced(selector)
}

all_taken := {kind | some kinds in taken; some kind in kinds}

conforms contains {
	"path": sprintf("/selectors/%d/trail", [n]),
	"actual": input.resource.selectors[n].trail,
	"because": sprintf("records events of KMS that %s", [concat(" and ", sort([kind | some kind in kinds]))]),
} if {
	applies
	count(both - all_taken) == 0
	some n, kinds in taken
	count(kinds) > 0
}

# What the trails take whose selectors were read, whether or not they are logging.
selected := {kind |
	some trail in input.resource.selectors
	some kind in (of_classic(trail) | of_advanced(trail))
}

lacking contains missing if {
	is_array(input.resource.selectors)
	is_array(input.resource.logging)
	some missing in (both - all_taken)
}

lacking contains missing if {
	is_array(input.resource.selectors)
	some missing in (both - selected)
}

lacking contains missing if {
	input.resource.logging == []
	some missing in both
}

deviates contains {
	"path": "/trails",
	"because": sprintf("no trail that is logging records events of KMS that %s", [missing]),
} if {
	applies
	some missing in lacking
}
