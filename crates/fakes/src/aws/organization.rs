//! An organisation of AWS accounts.

use serde_json::{Value, json};

/// An organisation whose management account is the fake's own.
#[derive(Clone, Debug)]
pub struct Organization {
    pub id: String,
    pub management: String,
    /// `r-…`
    pub root: String,
    /// Policy types that are switched on.
    pub types: Vec<String>,
    pub units: Vec<Unit>,
    pub accounts: Vec<Member>,
    pub policies: Vec<OrganizationPolicy>,
    /// Account and service.
    pub delegated: Vec<(String, String)>,
}

#[derive(Clone, Debug)]
pub struct Unit {
    pub id: String,
    pub name: String,
    pub parent: String,
}

#[derive(Clone, Debug)]
pub struct Member {
    pub id: String,
    pub name: String,
    pub parent: String,
    /// `ACTIVE`, `SUSPENDED`, `PENDING_CLOSURE`.
    pub status: String,
}

#[derive(Clone, Debug)]
pub struct OrganizationPolicy {
    pub id: String,
    pub name: String,
    /// `SERVICE_CONTROL_POLICY` or `RESOURCE_CONTROL_POLICY`.
    pub kind: String,
    /// JSON text.
    pub content: String,
    /// Ids of roots, units and accounts.
    pub targets: Vec<String>,
}

const SCP: &str = "SERVICE_CONTROL_POLICY";
const RCP: &str = "RESOURCE_CONTROL_POLICY";

impl Organization {
    /// A management account apart, the given account in a unit below a unit, and a policy on the upper unit that
    /// denies the deletion of keys.
    #[must_use]
    pub fn new(account: &str) -> Self {
        let deny = json!({"Version": "2012-10-17", "Statement": [{"Sid": "Keys", "Effect": "Deny",
            "Action": ["kms:ScheduleKeyDeletion", "kms:DisableKey"], "Resource": "*"}]});
        let allow =
            json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]});
        let outside = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Principal": "*",
            "Action": "kms:*", "Resource": "*",
            "Condition": {"StringNotEqualsIfExists": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}}]});
        let member = |id: &str, name: &str, parent: &str| Member {
            id: id.to_owned(),
            name: name.to_owned(),
            parent: parent.to_owned(),
            status: "ACTIVE".to_owned(),
        };
        let unit = |id: &str, name: &str, parent: &str| Unit {
            id: id.to_owned(),
            name: name.to_owned(),
            parent: parent.to_owned(),
        };
        let policy = |id: &str, name: &str, kind: &str, content: &Value, target: &str| OrganizationPolicy {
            id: id.to_owned(),
            name: name.to_owned(),
            kind: kind.to_owned(),
            content: content.to_string(),
            targets: vec![target.to_owned()],
        };
        Self {
            id: "o-a1b2c3d4e5".to_owned(),
            management: "999900001111".to_owned(),
            root: "r-ab12".to_owned(),
            types: vec![SCP.to_owned(), RCP.to_owned()],
            units: vec![
                unit("ou-ab12-11111111", "custody", "r-ab12"),
                unit("ou-ab12-22222222", "signing", "ou-ab12-11111111"),
                unit("ou-ab12-33333333", "sandbox", "r-ab12"),
            ],
            accounts: vec![
                member("999900001111", "management", "r-ab12"),
                member(account, "prod", "ou-ab12-22222222"),
                member("555566667777", "sandbox", "ou-ab12-33333333"),
            ],
            policies: vec![
                policy("p-FullAWSAccess", "FullAWSAccess", SCP, &allow, "r-ab12"),
                policy("p-keys0001", "keys-stay", SCP, &deny, "ou-ab12-11111111"),
                policy("p-outside1", "only-ours", RCP, &outside, "r-ab12"),
            ],
            delegated: vec![(account.to_owned(), "cloudtrail.amazonaws.com".to_owned())],
        }
    }
}
