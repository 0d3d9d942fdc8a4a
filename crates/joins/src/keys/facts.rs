//! What is sealed of keys. A part that was not found out is absent; `null`: it was, and there is none.

use schemars::JsonSchema;
use serde::Serialize;

/// `joined/key`: a key of the inventory, and what was found under its name.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct KeyFacts {
    /// As declared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub class: Option<String>,
    /// Where it is declared to be; `null`: nowhere that is read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<Option<AtFacts>>,
    /// The keys of that target that have this name. Empty: every key there was listed, and none has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub found: Option<Vec<FoundFacts>>,
    /// Keys of other targets that have this name, as far as those were read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub elsewhere: Option<Vec<FoundFacts>>,
    /// In what the keys found here are otherwise than declared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub differs: Option<Vec<DifferenceFacts>>,
    /// How many properties are declared that were compared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub compared: Option<usize>,
    /// The keys that are declared to be backups of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backups: Option<Vec<BackupFacts>>,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct AtFacts {
    pub target: String,
    pub key: String,
}

/// A key that was found under a declared name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FoundFacts {
    /// The id of the `joined/found-key`.
    pub id: String,
    pub target: String,
    /// By which of its names: `arn`, `key-id`, `alias`, `alias-arn`, `label`, `fingerprint` (of its public key), `id` (of the resource),
    /// `name`.
    pub by: By,
    /// Whether that name is this key's alone, wherever it is found. An alias, a label or an id on a token may be another key's elsewhere.
    pub certain: bool,
    /// `null` where the source has none; so are those below.
    pub account: Option<String>,
    pub region: Option<String>,
    /// The serial number of the token.
    pub token: Option<String>,
}

/// A kind of name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum By {
    Arn,
    Fingerprint,
    AliasArn,
    KeyId,
    Id,
    Alias,
    Label,
    Name,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct DifferenceFacts {
    /// `spec`, `origin`, `material`, or `number`: the name is that of several keys.
    pub what: &'static str,
    pub declared: String,
    pub found: String,
    /// The id of the `joined/found-key`; `null`: it is about all of them.
    pub of: Option<String>,
}

/// A declared backup of a key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct BackupFacts {
    /// The key of the inventory that is the backup.
    pub id: String,
    /// Whether it lies elsewhere than the key; `null`: nothing says where one of them lies.
    pub apart: Option<bool>,
    pub because: String,
}

/// `joined/found-key`: a key that was found, and what the inventory calls it.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct FoundKeyFacts {
    /// The targets at which it was read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub targets: Option<Vec<String>>,
    /// Its names there, as far as they were read, ascending.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub names: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<Option<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<Option<String>>,
    /// The serial number of the token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token: Option<Option<String>>,
    /// Whether the source's provider made and manages it by itself (KMS: an AWS managed key). Nobody can keep anything of their own in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub managed: Option<bool>,
    /// Whether it can sign; `null`: the source does not say what it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signs: Option<Option<bool>>,
    /// As the source names it; `null`: it does not say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub spec: Option<Option<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub origin: Option<Option<String>>,
    /// Keys of the inventory that name it, ascending. Empty: none does, by any of its names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub declared_as: Option<Vec<String>>,
    /// Keys of the inventory that name it without doubt, and say that it is at another target.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub declared_elsewhere: Option<Vec<String>>,
    /// Keys of the inventory of which it has the same material: it is a copy in another region.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub copy_of: Option<Vec<String>>,
}
