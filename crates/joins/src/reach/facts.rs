//! What is sealed of who reaches a key.

use iam_policy::access::{Entry, Who};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub const REACH: &str = "joined/reach";
pub const ADMINISTRATORS: &str = "joined/administrators";
/// Earlier in the alphabet than [`REACH`], whose objects refer to it.
pub const COMMON: &str = "joined/common-reach";
/// In an entry of [`COMMON`], in the place of the key's ARN: whichever of its keys it is.
pub const ITS_KEY: &str = "*";

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
    /// Everybody who is not in `common`, by who they are; administrators of an account as a whole (`joined/administrators`). Who was not to be found
    /// out stands among them, undetermined.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entries: Option<Vec<Reacher>>,
    /// Those who reach other keys of the account in the same way: they are listed once for all of these (`joined/common-reach`). `null`: nobody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub common: Option<Option<Common>>,
    /// All that could let somebody reach it was read of the key itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub everyone: Option<bool>,
}

/// Who reaches a key as they reach others. Nobody of them is among the key's own entries. Users and roles that both use the key and administer or destroy
/// it by acting on it, and do not simply do everything, are not among them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Common {
    /// The id of the `joined/common-reach` that lists them.
    pub of: String,
    /// How many of those reach this key so.
    pub people: usize,
    /// Who of those does not: they reach it otherwise, which is among the entries, or not at all.
    pub except: Vec<Who>,
    /// Those who hold none of the keys of the inventory that this one is. Groups, which are nobody by themselves, are left out.
    pub not_holders: Among,
    /// Users of IAM of whom nothing on their step asks for a second factor.
    pub users_without_mfa: Among,
    /// Users and roles that do everything to it (`kms:*`).
    pub do_everything: Among,
}

/// Some of many entries.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Among {
    /// How many entries there are.
    pub count: usize,
    /// The first of them, at most five: those who surely do before those who perhaps do.
    pub first: Vec<Reacher>,
}

/// `joined/common-reach`: who reaches several keys of an account in one way; its id is the account's number, with a blank and a number behind it where an
/// account has several. A key that it is about names it (`joined/reach`, part `common`).
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CommonFacts {
    /// The account that owns the keys.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// ARNs of the keys.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keys: Option<Vec<String>>,
    /// By who they are. In the place of the key stands `*`. Those whom a key excepts reach it otherwise or not at all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entries: Option<Vec<Reacher>>,
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

impl Reacher {
    /// The same of one of the keys that a `joined/common-reach` is about.
    #[must_use]
    pub fn of_key(&self, arn: &str) -> Self {
        let mut one = self.clone();
        for place in one.entry.by.iter_mut().filter(|place| place.id == ITS_KEY) {
            arn.clone_into(&mut place.id);
        }
        one
    }
}

impl ReachFacts {
    /// The object that lists those who are in no entry of this one, and who of it is not meant.
    #[must_use]
    pub fn refers_to(&self) -> Option<&Common> {
        self.common.as_ref()?.as_ref()
    }

    /// Everybody who reaches the key: its own entries, and those of `common` whom it does not except, each with the ARN in its place.
    #[must_use]
    pub fn everybody(&self, arn: &str, common: Option<&CommonFacts>) -> Vec<Reacher> {
        let mut all = self.entries.clone().unwrap_or_default();
        if let (Some(refers), Some(common)) = (self.refers_to(), common) {
            all.extend(common.of(refers).map(|one| one.of_key(arn)));
        }
        all.sort_by(|a, b| (&a.entry.who, &a.entry.does).cmp(&(&b.entry.who, &b.entry.does)));
        all
    }
}

impl CommonFacts {
    /// Those who reach a key that refers to this so.
    pub fn of<'c>(&'c self, refers: &Common) -> impl Iterator<Item = &'c Reacher> {
        let mut except = refers.except.clone();
        except.sort_unstable();
        self.entries.iter().flatten().filter(move |one| except.binary_search(&one.entry.who).is_err())
    }
}
