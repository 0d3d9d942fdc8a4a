//! What is granted in keys' own policies, which may shut the account's IAM policies out.

use std::collections::BTreeSet;

use aws::{Partition, statement_id};
use sdk::{DeclaredCollector, Descriptor, RightsForm};
use serde_json::{Value, json};

use crate::resource::NAME;

pub const FORM: RightsForm = RightsForm {
    name: "aws-key-policy",
    help: "Statement for the policies of KMS keys that do not delegate to IAM policies",
};

/// One statement for each role that reads keys; `None`: no target of the declaration is read by this collector.
pub fn statements(declared: &[DeclaredCollector]) -> Option<Value> {
    let kms = declared.iter().find(|one| one.descriptor.name == NAME)?;
    let roles: BTreeSet<String> = kms
        .targets
        .iter()
        .map(|target| {
            let setting = |name: &str| target.settings.get(name).and_then(Value::as_str);
            match setting("assume_role") {
                Some(role) => role.to_owned(),
                // Whose credentials the environment holds is not known here.
                None => {
                    let region =
                        target.settings.get("regions").and_then(|regions| regions.get(0)).and_then(Value::as_str);
                    // Without a region it could be any.
                    let partition = region.map_or("THE-PARTITION", |region| Partition::of_region(region).name);
                    let account = setting("account").unwrap_or_default();
                    format!("arn:{partition}:iam::{account}:role/THE-READING-ROLE")
                }
            }
        })
        .collect();
    Some(roles.iter().map(|role| statement(&kms.descriptor, role)).collect())
}

/// The statement for a key's policy that lets `principal` (an ARN) use these rights where the policy shuts the account's
/// IAM policies out. AWS asks a key's policy first: <https://docs.aws.amazon.com/kms/latest/developerguide/key-policies.html>.
fn statement(descriptor: &Descriptor, principal: &str) -> Value {
    // Lists of a whole region ask no key.
    const OF_NO_KEY: [&str; 3] = ["kms:ListKeys", "kms:ListAliases", "kms:DescribeCustomKeyStores"];
    let actions: BTreeSet<&str> = descriptor
        .rights
        .iter()
        .map(|right| right.name.as_str())
        .filter(|name| name.starts_with("kms:") && !OF_NO_KEY.contains(name))
        .collect();
    json!({
        "Sid": statement_id(&descriptor.name),
        "Effect": "Allow",
        "Principal": {"AWS": principal},
        "Action": actions,
        "Resource": "*",
    })
}

#[cfg(test)]
mod tests {
    use sdk::{CollectorKind as _, DeclaredCollector, Target};
    use serde_json::Value;

    use super::statements;

    // A19
    #[test]
    fn names_the_role_in_the_accounts_own_partition() {
        let principal = |settings: Value| {
            let Value::Object(settings) = settings else { panic!("an object") };
            let targets = vec![Target { id: "prod".to_owned(), settings }];
            let declared = DeclaredCollector { descriptor: crate::AwsKms.descriptor(), targets };
            statements(&[declared]).unwrap()[0]["Principal"]["AWS"].as_str().unwrap().to_owned()
        };
        for (settings, expected) in [
            (serde_json::json!({"regions": ["eu-west-1"]}), "arn:aws:iam::111122223333:role/THE-READING-ROLE"),
            (
                serde_json::json!({"regions": ["us-gov-east-1"]}),
                "arn:aws-us-gov:iam::111122223333:role/THE-READING-ROLE",
            ),
            (serde_json::json!({"regions": ["cn-north-1"]}), "arn:aws-cn:iam::111122223333:role/THE-READING-ROLE"),
            (serde_json::json!({}), "arn:THE-PARTITION:iam::111122223333:role/THE-READING-ROLE"),
            (
                serde_json::json!({"assume_role": "arn:aws-cn:iam::111122223333:role/a"}),
                "arn:aws-cn:iam::111122223333:role/a",
            ),
        ] {
            let mut settings = settings;
            settings["account"] = "111122223333".into();
            assert_eq!(principal(settings), expected);
        }
    }
}
