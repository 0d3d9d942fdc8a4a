# METADATA
# title: A bucket allows only accounts that are inside
# description: >-
#   Reads policy, access control list, ownership and the public access blocks of bucket and account of each declared bucket. Concludes that
#   access control lists do not apply or allow no group, and that every statement of the policy that allows something stays inside: the
#   accounts of the declared targets and those a control names in `accounts` or `organizations`. Services must say on whose behalf they act,
#   by a condition that names an account inside, except those in `services`. A public access block that restricts public policies does not
#   help a policy that allows another account. Cannot see access points and their policies, nor presigned URLs.
# scope: package
# related_resources:
#   - ref: https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
# schemas:
#   - input.resource: schema["aws-s3-bucket"]
# custom:
#   subject: aws-s3/bucket
#   needs:
#     conforms: [acl, ownership, policy, policy_is_public, public_access_block, account_public_access_block]
#     deviates: [acl, ownership, policy, policy_is_public, public_access_block, account_public_access_block]
#   severity: critical
#   remediation: Block public access, let the bucket's owner own all objects, and narrow the policy to accounts inside.
#   parameters:
#     accounts:
#       type: array
#       items: {type: string, pattern: "^[0-9]{12}$"}
#       uniqueItems: true
#       default: []
#       x-stricter: fewer
#     organizations:
#       type: array
#       items: {type: string, pattern: "^o-[a-z0-9]{10,32}$"}
#       uniqueItems: true
#       default: []
#       x-stricter: fewer
#     services:
#       description: AWS services that may act without saying on whose behalf.
#       type: array
#       items: {type: string}
#       uniqueItems: true
#       default: []
#       x-stricter: fewer
#   declares: [targets]
package checks.aws_s3.bucket_is_private

import data.lib.aws
import data.lib.policy

# An ARN of a bucket names no account: inside are the declared ones.
scope := {
	"accounts": (aws.declared_accounts | aws.named_accounts),
	"organizations": {organization | some organization in input.parameters.organizations},
}

lists_are_off if input.resource.ownership == "BucketOwnerEnforced"

lists_are_off if input.resource.public_access_block.ignore_public_acls == true

lists_are_off if input.resource.account_public_access_block.ignore_public_acls == true

allowed[n] := statement if {
	some n, statement in input.resource.policy.statements
	statement.effect == "Allow"
}

problems contains {
	"path": sprintf("/acl/%d", [n]),
	"because": "the access control list allows a public group",
} if {
	some n, grant in input.resource.acl
	grant.kind == "group"
	grant.grantee != "http://acs.amazonaws.com/groups/s3/LogDelivery"
	not lists_are_off
}

problems contains {
	"path": sprintf("/policy/statements/%d/principals/%d", [n, m]),
	"because": why,
} if {
	some n, statement in allowed
	some m, principal in statement.principals
	why := policy.outside(principal, statement, scope)
}

problems contains {
	"path": sprintf("/policy/statements/%d/principals/%d", [n, m]),
	"because": sprintf("%s may act on behalf of any account", [principal.value]),
} if {
	some n, statement in allowed
	some m, principal in statement.principals
	principal.form == "service"
	not principal.value in input.parameters.services
	not policy.source_is_inside(statement, scope)
	not policy.caller_is_inside(statement, scope)
}

problems contains {
	"path": sprintf("/policy/statements/%d/principals/%d", [n, m]),
	"because": "an identity provider's users cannot be shown to be inside",
} if {
	some n, statement in allowed
	some m, principal in statement.principals
	principal.type == "Federated"
}

problems contains {
	"path": sprintf("/policy/statements/%d", [n]),
	"because": "everyone except some is allowed, or it cannot be determined who",
} if {
	some n, statement in allowed
	not statement.principals
	not policy.caller_is_inside(statement, scope)
}

problems contains {
	"path": "/policy_is_public",
	"actual": true,
	"because": "S3 considers the policy public",
} if {
	input.resource.policy_is_public == true
}

deviates contains problem if some problem in problems

whole if {
	is_array(input.resource.acl)
	"policy" in object.keys(input.resource)
}

conforms contains {
	"path": "/policy",
	"expected": sort([account | some account in scope.accounts]),
	"because": sprintf("%d statements allow something, and each stays inside", [count(allowed)]),
} if {
	whole
	count(problems) == 0
}
