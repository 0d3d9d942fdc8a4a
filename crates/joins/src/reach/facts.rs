//! What is sealed of who reaches a key.

use iam_policy::access::Entry;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub const REACH: &str = "joined/reach";
pub const ADMINISTRATORS: &str = "joined/administrators";

/// `joined/reach`: who may use, administer or destroy a key of KMS; its id is the key's ARN. A part that was not found out is absent.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReachFacts {
    /// The account that owns it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// `CUSTOMER`, or `AWS`, whose services use it for the account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub manager: Option<String>,
    /// Keys of the inventory that are this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub declared: Option<Vec<DeclaredKey>>,
    /// Other keys with the same material, in other regions: who uses one of them uses the material of all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub copies: Option<Vec<String>>,
    /// Everybody, by who they are; administrators of an account as a whole (`joined/administrators`). Who was not to be found out stands among
    /// them, undetermined.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entries: Option<Vec<Reacher>>,
    /// All that could let somebody reach it was read of the key itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub everyone: Option<bool>,
}

/// `joined/administrators`: who comes to be an administrator of an account, and so becomes anybody of it; its id is the account's number.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AdministratorsFacts {
    /// The account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// Everybody, by who they are; administrators of another account as a whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entries: Option<Vec<Reacher>>,
    /// All users, groups and roles of the account were listed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub everyone: Option<bool>,
}

/// A key of the inventory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DeclaredKey {
    pub id: String,
    pub holders: Vec<String>,
}

/// Somebody, with who they are declared to be and by which factors they come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Reacher {
    #[serde(flatten)]
    pub entry: Entry,
    /// Key holders who are declared to be this identity.
    #[serde(default)]
    pub holders: Vec<String>,
    /// Whether a condition of this step asks for a second factor.
    #[serde(default)]
    pub asks_for_mfa: bool,
    /// Absent: of such a one there are none, or they are somebody else's (a service, an account).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub factors: Option<Factors>,
}

/// By which second factors somebody signs in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Factors {
    /// `virtual`, `passkey`, `hardware`, `sms` of a user of IAM, each once; `secure`, `insecure` or `disabled` of a login of GitHub. Absent: undetermined.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub devices: Option<Vec<String>>,
    /// Why they are undetermined: where they live, or what was not read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undetermined: Option<String>,
}

impl Factors {
    pub(crate) fn unknown(why: impl Into<String>) -> Self {
        Self { devices: None, undetermined: Some(why.into()) }
    }
}
