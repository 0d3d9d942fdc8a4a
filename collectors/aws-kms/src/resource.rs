//! The resources of this collector. Their JSON Schemas are what checks are written against.
//!
//! The members of a resource are its parts. A part that was not read is absent and named by a gap;
//! a part that was read and holds nothing is `null` or empty. Names of values are the source's own.

use std::collections::BTreeMap;

use aws::Moment;
use aws::policy_document::{PolicyDocument, PrincipalForm};
use schemars::JsonSchema;
use serde::Serialize;

/// The collector.
pub const NAME: &str = "aws-kms";
pub const KEY: &str = "aws-kms/key";
pub const ALIAS: &str = "aws-kms/alias";
pub const CUSTOM_KEY_STORE: &str = "aws-kms/custom-key-store";
pub const REGION: &str = "aws-kms/region";

/// A KMS key of the account, managed by AWS or by the customer.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Key {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arn: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// `CUSTOMER` or `AWS`. Where the description was refused: `CUSTOMER` if a name of the customer's own, or a policy that
    /// can be changed, shows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub manager: Option<String>,
    /// `Enabled`, `Disabled`, `PendingDeletion`, `PendingImport`, `PendingReplicaDeletion`, `Unavailable`, `Creating`, `Updating`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    /// `SYMMETRIC_DEFAULT`, `RSA_4096`, `ECC_SECG_P256K1`, `HMAC_256` and so on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub spec: Option<String>,
    /// `ENCRYPT_DECRYPT`, `SIGN_VERIFY`, `GENERATE_VERIFY_MAC`, `KEY_AGREEMENT`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub usage: Option<String>,
    /// All algorithms the source names for this key, of whatever usage.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub algorithms: Option<Vec<String>>,
    /// `AWS_KMS`, `EXTERNAL`, `AWS_CLOUDHSM`, `EXTERNAL_KEY_STORE`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub creation_date: Option<Moment>,
    /// When KMS deletes the key; `null`: no deletion is scheduled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deletion_date: Option<Option<Moment>>,
    /// Waiting period of a multi-Region primary that is scheduled for deletion and still has replicas.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pending_deletion_days: Option<Option<i64>>,
    /// When imported material expires; `null`: it does not, or the material is not imported.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub valid_to: Option<Option<Moment>>,
    /// `KEY_MATERIAL_EXPIRES`, `KEY_MATERIAL_DOES_NOT_EXPIRE`; `null`: the material is not imported.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expiration_model: Option<Option<String>>,
    /// `null`: a key of one region.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub multi_region: Option<Option<MultiRegion>>,
    /// `null`: the key is in no custom key store.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub custom_key_store: Option<Option<CustomKeyStoreOfKey>>,
    /// `null`: KMS names no current material for this key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub current_material: Option<Option<String>>,
    /// Names, `alias/…`, sorted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub aliases: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tags: Option<BTreeMap<String, String>>,
    /// In normal form; `text` is the source's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy: Option<PolicyDocument>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grants: Option<Vec<Grant>>,
    /// `null`: KMS rotates no key of this spec, origin and store automatically, so there is nothing to ask.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rotation: Option<Option<Rotation>>,
    /// Completed rotations, oldest first as the source lists them; `null`: such a key has no rotations.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rotations: Option<Option<Vec<CompletedRotation>>>,
}

/// A key's place among its copies in other regions.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MultiRegion {
    /// `PRIMARY` or `REPLICA`.
    pub kind: String,
    pub primary: KeyElsewhere,
    pub replicas: Vec<KeyElsewhere>,
}

/// A related key.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KeyElsewhere {
    pub arn: String,
    pub region: String,
}

/// The custom key store that holds a key's material.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CustomKeyStoreOfKey {
    pub id: String,
    /// `null`: an external key store.
    pub cloudhsm_cluster: Option<String>,
    /// Id of the key in an external key store; `null` otherwise.
    pub external_key: Option<String>,
}

/// A grant: a permission to use a key, besides its policy.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Grant {
    pub id: String,
    /// `null`: unnamed.
    pub name: Option<String>,
    /// ARN or service; `null`: the source names none, `grantee_service` then does.
    pub grantee: Option<String>,
    /// What `grantee` denotes.
    pub grantee_form: Option<PrincipalForm>,
    pub grantee_service: Option<String>,
    /// `null`: only who may revoke can end it.
    pub retiring: Option<String>,
    /// What `retiring` denotes.
    pub retiring_form: Option<PrincipalForm>,
    pub retiring_service: Option<String>,
    /// The account under which the grant was issued.
    pub issuing_account: Option<String>,
    /// `Decrypt`, `Sign`, `CreateGrant` and so on.
    pub operations: Vec<String>,
    /// `null`: unconstrained.
    pub constraints: Option<GrantConstraints>,
    pub creation_date: Option<Moment>,
}

/// What narrows a grant.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GrantConstraints {
    /// The encryption context must hold at least these pairs.
    pub encryption_context_subset: Option<BTreeMap<String, String>>,
    /// The encryption context must be exactly these pairs.
    pub encryption_context_equals: Option<BTreeMap<String, String>>,
    /// Only for requests on behalf of this resource.
    pub source_arn: Option<String>,
}

/// Automatic rotation.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Rotation {
    pub enabled: bool,
    /// `null`: the source gave none (it does not while rotation is off).
    pub period_days: Option<i64>,
    pub next: Option<Moment>,
    /// Since when a rotation on demand is under way; `null`: none is.
    pub on_demand_start: Option<Moment>,
}

/// One rotation that has taken place.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CompletedRotation {
    /// `null`: imported material that was not rotated in yet.
    pub date: Option<Moment>,
    /// `AUTOMATIC` or `ON_DEMAND`.
    pub kind: Option<String>,
    pub material: Option<String>,
    /// `CURRENT`, `NON_CURRENT`, `PENDING_ROTATION`, `PENDING_MULTI_REGION_IMPORT_AND_ROTATION`.
    pub material_state: Option<String>,
    /// When imported material expires.
    pub valid_to: Option<Moment>,
}

/// A name for a key.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Alias {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arn: Option<String>,
    /// `alias/…`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// Whether the name is one of AWS' own, `alias/aws/…`. Such an alias has no target until the service is first used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reserved: Option<bool>,
    /// Id of the key it points to; `null`: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target_key: Option<Option<String>>,
    /// Whether the account's list of keys of this region holds the target. False without a target; absent, as the list was not
    /// read to its end, where the target was not met in what was read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target_exists: Option<bool>,
    /// State of the key it points to, as that key's own `state`; `null`: the account has no such key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target_state: Option<Option<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub creation_date: Option<Option<Moment>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_updated: Option<Option<Moment>>,
}

/// A CloudHSM cluster or an external key manager behind KMS.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CustomKeyStore {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<Option<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// `AWS_CLOUDHSM` or `EXTERNAL_KEY_STORE`; `null`: the source did not say.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<Option<String>>,
    /// `CONNECTED`, `CONNECTING`, `FAILED`, `DISCONNECTED`, `DISCONNECTING`; `null`: the source did not say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connection_state: Option<Option<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connection_error: Option<Option<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cloudhsm_cluster: Option<Option<String>>,
    /// `null`: not an external key store.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_proxy: Option<Option<ExternalProxy>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub creation_date: Option<Option<Moment>>,
}

/// Where an external key store's proxy is reached.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExternalProxy {
    /// `PUBLIC_ENDPOINT` or `VPC_ENDPOINT_SERVICE`.
    pub connectivity: Option<String>,
    pub uri_endpoint: Option<String>,
    pub uri_path: Option<String>,
    pub vpc_endpoint_service: Option<String>,
    pub vpc_endpoint_service_owner: Option<String>,
}
