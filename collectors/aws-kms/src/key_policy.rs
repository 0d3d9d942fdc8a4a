//! What is granted in keys' own policies, which may shut the account's IAM policies out.

use std::collections::BTreeSet;

use aws::statement_id;
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
                None => format!("arn:aws:iam::{}:role/THE-READING-ROLE", setting("account").unwrap_or_default()),
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
