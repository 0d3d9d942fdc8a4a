//! Rights as AWS spells them, and the policy that grants them.

use std::collections::BTreeSet;

use sdk::{AlsoAsks, DeclaredCollector, Descriptor, Feed, GapReason, Right, RightState, RightStatus, RightsForm};
use serde_json::{Value, json};
use transport::{Answer, Refusal};

/// The one call that AWS lets everyone make.
pub const GET_CALLER_IDENTITY: &str = "sts:GetCallerIdentity";
pub(crate) const LIST_REGIONS: &str = "account:ListRegions";

/// The right to ask who one is.
#[must_use]
pub fn caller_identity_right() -> Right {
    Right {
        name: GET_CALLER_IDENTITY.to_owned(),
        feeds: Vec::new(),
        deniable: false,
        note: "Shows that the account is the declared one. AWS allows it to every caller.".to_owned(),
    }
}

/// The right to list the account's regions, which feeds the resources of `kind`.
#[must_use]
pub fn list_regions_right(kind: &str) -> Right {
    Right {
        name: LIST_REGIONS.to_owned(),
        feeds: vec![Feed::list(kind)],
        deniable: true,
        note: "Shows which regions are read and which are left out. Unless the declaration lists `regions`, nothing can be read without it.".to_owned(),
    }
}

/// What a call in preflight shows of a right. `scope`: the region or resource it was tried on.
#[must_use]
pub fn status<T>(right: &str, scope: Option<&str>, asked: &Result<Answer<T>, Refusal>) -> RightStatus {
    let (state, detail) = match asked {
        Ok(_) => (RightState::Granted, "answered".to_owned()),
        Err(refusal) => (
            match refusal.reason {
                GapReason::Denied | GapReason::ClosedByPolicy => RightState::Denied,
                _ => RightState::Undecided,
            },
            refusal.detail.clone(),
        ),
    };
    RightStatus { right: right.to_owned(), state, scope: scope.map(str::to_owned), detail }
}

/// The forms that every AWS collector knows.
const AWS_POLICY: &str = "aws-policy";
const CLOUDFORMATION: &str = "cloudformation";

/// Controls to begin with, for an account.
pub const TEMPLATE: &str = include_str!("../../../policies/templates/aws.yaml");

/// The forms in which AWS grants what its collectors need.
#[must_use]
pub fn rights_forms() -> Vec<RightsForm> {
    vec![
        RightsForm { name: AWS_POLICY, help: "IAM policy to attach to the reading role" },
        RightsForm { name: CLOUDFORMATION, help: "CloudFormation template of a reading role with that policy" },
    ]
}

/// What all declared collectors ask of AWS, those included whose own source is another one.
#[must_use]
pub fn rights_in(form: &str, declared: &[DeclaredCollector]) -> Option<Value> {
    let asked: Vec<Descriptor> = declared.iter().filter_map(|one| of_aws(&one.descriptor)).collect();
    match form {
        _ if asked.is_empty() => None,
        AWS_POLICY => Some(iam_policy(&asked)),
        CLOUDFORMATION => Some(reading_role(&iam_policy(&asked))),
        _ => None,
    }
}

/// A collector's rights as far as it asks AWS with them.
fn of_aws(descriptor: &Descriptor) -> Option<Descriptor> {
    let mut asked = descriptor.clone();
    if !are_of_aws(&asked.endpoints) {
        let also: Vec<&AlsoAsks> = descriptor.also.iter().filter(|also| are_of_aws(&also.endpoints)).collect();
        asked.rights.retain(|right| also.iter().any(|also| right.name.starts_with(&also.operations)));
    }
    (!asked.rights.is_empty()).then_some(asked)
}

/// Whether these are names of AWS.
fn are_of_aws(endpoints: &[String]) -> bool {
    endpoints.iter().any(|name| name.ends_with(".{aws}"))
}

/// The IAM policy that grants exactly what these collectors use.
fn iam_policy<'a>(descriptors: impl IntoIterator<Item = &'a Descriptor>) -> Value {
    let statements: Vec<Value> = descriptors
        .into_iter()
        .map(|descriptor| {
            let actions: BTreeSet<&str> =
                descriptor.rights.iter().filter(|right| right.deniable).map(|right| right.name.as_str()).collect();
            json!({
                "Sid": statement_id(&descriptor.name),
                "Effect": "Allow",
                "Action": actions,
                "Resource": "*",
            })
        })
        .collect();
    json!({"Version": "2012-10-17", "Statement": statements})
}

/// A stack with one role that one principal may assume and that has `policy`, inline: it goes with the role, and nobody attaches it
/// to something else.
fn reading_role(policy: &Value) -> Value {
    json!({
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": "The role with which Witnessmark reads this account: what its declaration needs, and no more",
        "Parameters": {
            "RoleName": {
                "Type": "String",
                "Description": "Name of the role; `assume_role` of the declaration has its ARN",
                "AllowedPattern": "^[A-Za-z0-9+=,.@_-]{1,64}$",
                "Default": "witnessmark",
            },
            "TrustedPrincipal": {
                "Type": "String",
                "Description": "ARN of the role or user that runs Witnessmark, which may assume this role",
                "AllowedPattern": "^arn:aws[a-z-]*:iam::[0-9]{12}:(role|user)/[A-Za-z0-9+=,.@_/-]+$",
            },
            "ExternalId": {
                "Type": "String",
                "Description": "`external_id` of the declaration, or nothing",
                "AllowedPattern": "^[A-Za-z0-9+=,.@:/_-]*$",
                "Default": "",
            },
        },
        "Conditions": {"HasExternalId": {"Fn::Not": [{"Fn::Equals": [{"Ref": "ExternalId"}, ""]}]}},
        "Resources": {
            "Reader": {
                "Type": "AWS::IAM::Role",
                "Properties": {
                    "RoleName": {"Ref": "RoleName"},
                    "Description": "Read by Witnessmark, and nothing else",
                    "MaxSessionDuration": 3600,
                    "AssumeRolePolicyDocument": {
                        "Version": "2012-10-17",
                        "Statement": [{
                            "Effect": "Allow",
                            "Principal": {"AWS": {"Ref": "TrustedPrincipal"}},
                            "Action": "sts:AssumeRole",
                            "Condition": {"Fn::If": [
                                "HasExternalId",
                                {"StringEquals": {"sts:ExternalId": {"Ref": "ExternalId"}}},
                                {"Ref": "AWS::NoValue"},
                            ]},
                        }],
                    },
                    "Policies": [{"PolicyName": "witnessmark", "PolicyDocument": policy}],
                },
            },
        },
        "Outputs": {
            "RoleArn": {"Description": "For `assume_role` of the declaration", "Value": {"Fn::GetAtt": ["Reader", "Arn"]}},
        },
    })
}

/// `aws-kms` is `WitnessmarkAwsKms`: a statement's id holds letters and digits only.
#[must_use]
pub fn statement_id(name: &str) -> String {
    let mut text = "Witnessmark".to_owned();
    for word in name.split('-') {
        let mut letters = word.chars();
        text.extend(letters.next().map(|c| c.to_ascii_uppercase()));
        text.extend(letters);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grants_what_can_be_refused() {
        let descriptor = Descriptor {
            name: "aws-kms".to_owned(),
            summary: String::new(),
            resources: Vec::new(),
            rights: vec![caller_identity_right(), list_regions_right("aws-kms/region")],
            settings: Value::Null,
            endpoints: Vec::new(),
            also: Vec::new(),
            thief: String::new(),
        };
        assert_eq!(
            iam_policy([&descriptor]),
            json!({
                "Version": "2012-10-17",
                "Statement": [{
                    "Sid": "WitnessmarkAwsKms",
                    "Effect": "Allow",
                    "Action": ["account:ListRegions"],
                    "Resource": "*",
                }],
            })
        );
    }
}
