# METADATA
# title: A bucket allows only accounts that are inside
# description: >-
#   Reads policy, access control list, ownership and the public access blocks of bucket and account of each declared bucket. Concludes that
#   access control lists count for nothing or let in nobody but the owner (an access block that ignores public lists does not help against a list that
#   names another account), and that nobody outside is let in by the policy, with what it denies: inside are
#   the accounts of the declared targets and those a control names in `accounts` or `organizations`. Services must say on whose behalf they come,
#   by a condition that names an account inside, except those in `services`. A public access block that restricts public policies does not help
#   a policy that lets in another account. A condition that it does not understand makes it undetermined, in the condition's words (docs/policies.md
#   has what each means). Cannot see access points and their policies, nor presigned URLs.
# scope: package
# related_resources:
#   - ref: https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
# schemas:
#   - input.resource: schema["aws-s3-bucket"]
# custom:
#   subject: aws-s3/bucket
#   needs:
#     conforms:
#       - [policy, policy_is_public, ownership]
#       - [policy, policy_is_public, acl]
#       - [policy, policy_is_public, acl, public_access_block]
#       - [policy, policy_is_public, acl, account_public_access_block]
#     deviates: []
#     undetermined: [policy]
#   severity: critical
#   remediation: Block public access, let the bucket's owner own all objects, and narrow the policy to accounts inside.
#   parameters:
#     accounts:
#       type: array
#       items: {type: string, pattern: "^[0-9]{12}$"}
#       uniqueItems: true
#       default: []
#       x-stricter: fewer
#       x-names: true
#     organizations:
#       type: array
#       items: {type: string, pattern: "^o-[a-z0-9]{10,32}$"}
#       uniqueItems: true
#       default: []
#       x-stricter: fewer
#       x-names: true
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
	"own": "",
	"accounts": (aws.declared_accounts | aws.named_accounts),
	"organizations": {organization | some organization in input.parameters.organizations},
	"services": {service | some service in input.parameters.services},
	"tenants": {},
}

# Each of these holds only on what was read: a list counts unless something says that it does not.
lists_count if {
	"ownership" in object.keys(input.resource)
	ownership := input.resource.ownership
	ownership != "BucketOwnerEnforced"
}

# Only lists that let in everybody are ignored.
public_lists_count if {
	lists_count
	lets_public("public_access_block")
	lets_public("account_public_access_block")
}

lets_public(part) if is_null(input.resource[part])

lets_public(part) if input.resource[part].ignore_public_acls == false

allowed contains n if {
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
	public_lists_count
}

problems contains {
	"path": sprintf("/acl/%d", [n]),
	"because": sprintf("%s is not the owner and has %s by the access control list", [grant.grantee, grant.permission]),
} if {
	some n, grant in input.resource.acl
	grant.kind != "group"
	grant.is_owner == false
	lists_count
}

problems contains {
	"path": sprintf("/policy/%s", [policy.place(n, let_in)]),
	"because": let_in.sentence,
} if {
	some n, statement in input.resource.policy.statements
	some let_in in statement.lets_in
	policy.open(let_in, scope)
}

undetermined contains {
	"path": sprintf("/policy/%s", [policy.place(n, let_in)]),
	"because": policy.why(let_in),
} if {
	some n, statement in input.resource.policy.statements
	some let_in in statement.lets_in
	policy.unclear(let_in, scope)
}

undetermined contains {
	"path": sprintf("/policy/statements/%d", [n]),
	"because": "it names no principal: who is allowed cannot be determined",
} if {
	some n in policy.names_nobody(input.resource.policy)
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
	lists_are_harmless
	"policy" in object.keys(input.resource)
}

lists_are_harmless if input.resource.ownership == "BucketOwnerEnforced"

lists_are_harmless if {
	is_array(input.resource.acl)
	count(strangers) == 0
}

lists_are_harmless if {
	is_array(input.resource.acl)
	count(strangers - public) == 0
	some part in ["public_access_block", "account_public_access_block"]
	input.resource[part].ignore_public_acls == true
}

public contains n if {
	some n, grant in input.resource.acl
	grant.kind == "group"
}

strangers contains n if {
	some n, grant in input.resource.acl
	grant.kind == "group"
	grant.grantee != "http://acs.amazonaws.com/groups/s3/LogDelivery"
}

strangers contains n if {
	some n, grant in input.resource.acl
	grant.kind != "group"
	not grant.is_owner
}

conforms contains {
	"path": "/policy",
	"expected": sort([account | some account in scope.accounts]),
	"because": sprintf("%d statements allow something, and each stays inside", [count(allowed)]),
} if {
	whole
	count(problems) == 0
	count(undetermined) == 0
}
