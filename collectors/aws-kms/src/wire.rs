//! What KMS answers, member by member, as far as this collector reads it.
//!
//! Every member is optional here although most are documented as always present: the SDK's own types would turn a
//! missing `KeyRotationEnabled` into `false`, and that is a fact no one gave.

use std::collections::BTreeMap;

use aws::{Answer, Moment, Turn};
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// A page of `ListKeys`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Keys {
    pub keys: Option<Vec<KeyEntry>>,
    pub truncated: Option<bool>,
    pub next_marker: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct KeyEntry {
    pub key_id: Option<String>,
    pub key_arn: Option<String>,
}

/// A page of `ListAliases`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Aliases {
    pub aliases: Option<Vec<AliasEntry>>,
    pub truncated: Option<bool>,
    pub next_marker: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct AliasEntry {
    pub alias_name: Option<String>,
    pub alias_arn: Option<String>,
    pub target_key_id: Option<String>,
    pub creation_date: Option<f64>,
    pub last_updated_date: Option<f64>,
}

/// A page of `DescribeCustomKeyStores`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct CustomKeyStores {
    pub custom_key_stores: Option<Vec<CustomKeyStoreEntry>>,
    pub truncated: Option<bool>,
    pub next_marker: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct CustomKeyStoreEntry {
    pub custom_key_store_id: Option<String>,
    pub custom_key_store_name: Option<String>,
    pub custom_key_store_type: Option<String>,
    pub cloud_hsm_cluster_id: Option<String>,
    pub connection_state: Option<String>,
    pub connection_error_code: Option<String>,
    pub creation_date: Option<f64>,
    pub xks_proxy_configuration: Option<XksProxy>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct XksProxy {
    pub connectivity: Option<String>,
    pub uri_endpoint: Option<String>,
    pub uri_path: Option<String>,
    pub vpc_endpoint_service_name: Option<String>,
    pub vpc_endpoint_service_owner: Option<String>,
}

/// The answer of `DescribeKey`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Described {
    pub key_metadata: Option<KeyMetadata>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct KeyMetadata {
    pub description: Option<String>,
    pub key_manager: Option<String>,
    pub key_state: Option<String>,
    pub enabled: Option<bool>,
    pub key_spec: Option<String>,
    pub key_usage: Option<String>,
    pub encryption_algorithms: Option<Vec<String>>,
    pub signing_algorithms: Option<Vec<String>>,
    pub mac_algorithms: Option<Vec<String>>,
    pub key_agreement_algorithms: Option<Vec<String>>,
    pub encapsulation_algorithms: Option<Vec<String>>,
    pub origin: Option<String>,
    pub creation_date: Option<f64>,
    pub deletion_date: Option<f64>,
    pub pending_deletion_window_in_days: Option<i64>,
    pub valid_to: Option<f64>,
    pub expiration_model: Option<String>,
    pub multi_region: Option<bool>,
    pub multi_region_configuration: Option<MultiRegionConfiguration>,
    pub custom_key_store_id: Option<String>,
    pub cloud_hsm_cluster_id: Option<String>,
    pub xks_key_configuration: Option<XksKey>,
    pub current_key_material_id: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct MultiRegionConfiguration {
    pub multi_region_key_type: Option<String>,
    pub primary_key: Option<MultiRegionKey>,
    pub replica_keys: Option<Vec<MultiRegionKey>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct MultiRegionKey {
    pub arn: Option<String>,
    pub region: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct XksKey {
    pub id: Option<String>,
}

/// The answer of `GetKeyPolicy`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Policy {
    pub policy: Option<String>,
}

/// A page of `ListGrants`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Grants {
    pub grants: Option<Vec<GrantEntry>>,
    pub truncated: Option<bool>,
    pub next_marker: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct GrantEntry {
    pub grant_id: Option<String>,
    pub name: Option<String>,
    pub grantee_principal: Option<String>,
    pub grantee_service_principal: Option<String>,
    pub retiring_principal: Option<String>,
    pub retiring_service_principal: Option<String>,
    pub issuing_account: Option<String>,
    pub operations: Option<Vec<String>>,
    pub constraints: Option<GrantConstraints>,
    pub creation_date: Option<f64>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct GrantConstraints {
    pub encryption_context_subset: Option<BTreeMap<String, String>>,
    pub encryption_context_equals: Option<BTreeMap<String, String>>,
    pub source_arn: Option<String>,
}

/// A page of `ListResourceTags`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Tags {
    pub tags: Option<Vec<Tag>>,
    pub truncated: Option<bool>,
    pub next_marker: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Tag {
    pub tag_key: Option<String>,
    pub tag_value: Option<String>,
}

/// The answer of `GetKeyRotationStatus`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct RotationStatus {
    pub key_rotation_enabled: Option<bool>,
    pub rotation_period_in_days: Option<i64>,
    pub next_rotation_date: Option<f64>,
    pub on_demand_rotation_start_date: Option<f64>,
}

/// A page of `ListKeyRotations`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Rotations {
    pub rotations: Option<Vec<RotationEntry>>,
    pub truncated: Option<bool>,
    pub next_marker: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct RotationEntry {
    pub rotation_date: Option<f64>,
    pub rotation_type: Option<String>,
    pub key_material_id: Option<String>,
    pub key_material_state: Option<String>,
    pub valid_to: Option<f64>,
}

/// A page of a list of KMS: they all say `Truncated` and `NextMarker`.
pub trait Page: DeserializeOwned {
    type Entry;
    /// The name of the list in the answer.
    const LIST: &'static str;
    fn turn(&self) -> Turn;
    fn entries(self) -> Vec<Self::Entry>;
}

macro_rules! page {
    ($page:ty, $entry:ty, $member:ident, $list:literal) => {
        impl Page for $page {
            type Entry = $entry;
            const LIST: &'static str = $list;

            fn turn(&self) -> Turn {
                let marker = self.next_marker.clone();
                Turn {
                    // A marker without `Truncated` still says that there is more.
                    more: self.truncated.unwrap_or(marker.is_some()),
                    missing: self.$member.is_none().then_some($list),
                    marker,
                }
            }

            fn entries(self) -> Vec<$entry> {
                self.$member.unwrap_or_default()
            }
        }
    };
}

page!(Keys, KeyEntry, keys, "Keys");
page!(Aliases, AliasEntry, aliases, "Aliases");
page!(CustomKeyStores, CustomKeyStoreEntry, custom_key_stores, "CustomKeyStores");
page!(Grants, GrantEntry, grants, "Grants");
page!(Tags, Tag, tags, "Tags");
page!(Rotations, RotationEntry, rotations, "Rotations");

/// What a page says of its list. A page that cannot be read lacks its list.
pub fn turn<P: Page, T>(answer: &Answer<T>) -> Turn {
    match serde_json::from_slice::<P>(&answer.body) {
        Ok(page) => page.turn(),
        Err(_) => Turn { missing: Some(P::LIST), ..Turn::default() },
    }
}

/// The entries of a page that [`turn`] accepted.
pub fn entries<P: Page, T>(answer: &Answer<T>) -> Vec<P::Entry> {
    serde_json::from_slice::<P>(&answer.body).map_or_else(|_| Vec::new(), P::entries)
}

/// Where an entry is in its page.
pub fn place<P: Page>(index: usize) -> String {
    format!("/{}/{index}", P::LIST)
}

/// A date that may be missing. `Err`: one is there and is not a date.
pub fn date(seconds: Option<f64>) -> Result<Option<Moment>, ()> {
    match seconds {
        None => Ok(None),
        Some(seconds) => Moment::from_epoch_seconds(seconds).map(Some).ok_or(()),
    }
}
