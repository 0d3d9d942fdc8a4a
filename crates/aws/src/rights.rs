//! Rights as AWS spells them, and the policy that grants them.

use std::collections::BTreeSet;

use sdk::{Descriptor, Feed, Right};
use serde_json::{Value, json};

/// The one call that AWS lets everyone make.
pub const GET_CALLER_IDENTITY: &str = "sts:GetCallerIdentity";

/// The right to ask who one is.
#[must_use]
pub fn caller_identity_right() -> Right {
    Right {
        name: GET_CALLER_IDENTITY.to_owned(),
        feeds: Vec::new(),
        deniable: false,
        note: "Shows that the account is the declared one. AWS refuses it to nobody.".to_owned(),
    }
}

/// The right to list the account's regions, which feeds the resources of `kind`.
#[must_use]
pub fn list_regions_right(kind: &str) -> Right {
    Right {
        name: crate::regions::LIST_REGIONS.to_owned(),
        feeds: vec![Feed::list(kind)],
        deniable: true,
        note: "Shows which regions are read and which are left out. Without `regions` in the declaration nothing can be read without it.".to_owned(),
    }
}

/// The IAM policy that grants exactly what these collectors use.
#[must_use]
pub fn iam_policy<'a>(descriptors: impl IntoIterator<Item = &'a Descriptor>) -> Value {
    let statements: Vec<Value> = descriptors
        .into_iter()
        .map(|descriptor| {
            let actions: BTreeSet<&str> = descriptor
                .rights
                .iter()
                .filter(|right| right.deniable)
                .map(|right| right.name.as_str())
                .collect();
            json!({
                "Sid": sid(&descriptor.name),
                "Effect": "Allow",
                "Action": actions,
                "Resource": "*",
            })
        })
        .collect();
    json!({"Version": "2012-10-17", "Statement": statements})
}

/// `aws-kms` is `WitnessmarkAwsKms`: a statement's id holds letters and digits only.
fn sid(name: &str) -> String {
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
            rights: vec![
                caller_identity_right(),
                list_regions_right("aws-kms/region"),
            ],
            settings: Value::Null,
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
