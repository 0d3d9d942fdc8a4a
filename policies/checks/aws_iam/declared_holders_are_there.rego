# METADATA
# title: Every identity of a key holder that is declared here is here
# description: >-
#   Reads all users and roles of the account and compares their ARNs with the identities of declared key holders at this target. An identity
#   that is neither a user nor a role (a session, a person of Identity Center) is undetermined: it lives elsewhere. Does not apply where no
#   identity is declared at the target. Cannot see who uses an identity.
# scope: package
# custom:
#   subject: target
#   reads: [aws-iam/user, aws-iam/role]
#   needs:
#     conforms: [aws-iam/user, aws-iam/role]
#     deviates: [aws-iam/user, aws-iam/role]
#     undetermined: []
#     not_applicable: []
#   severity: high
#   remediation: Correct the declared identities, or find out where the identity went.
#   declares: [key_holders]
package checks.aws_iam.declared_holders_are_there

declared contains [holder.id, identity] if {
	some holder in input.declaration.key_holders
	some identity in holder.identities[input.target.id]
}

known contains pair if {
	some pair in declared
	some kind in [":user/", ":role/"]
	contains(pair[1], kind)
}

arns contains resource.identity.arn if {
	some kind in ["aws-iam/user", "aws-iam/role"]
	some resource in input.resources[kind]
}

read if {
	is_array(input.resources["aws-iam/user"])
	is_array(input.resources["aws-iam/role"])
}

missing contains pair if {
	some pair in known
	not pair[1] in arns
}

not_applicable contains {"because": "no identity of a key holder is declared at this target"} if count(declared) == 0

conforms contains {"because": sprintf("each of the %d identities that are declared here was found", [count(declared)])} if {
	read
	count(declared) > 0
	count(known) == count(declared)
	count(missing) == 0
}

deviates contains {
	"expected": pair[1],
	"because": sprintf("the key holder `%s` is declared as `%s`, and no user or role here has this ARN", pair),
} if {
	read
	some pair in missing
}

undetermined contains {"because": sprintf("`%s` of the key holder `%s` is neither a user nor a role", [pair[1], pair[0]])} if {
	some pair in (declared - known)
}
