//! The resources this collector records: what a check sees under `input.resource`.
//!
//! The top-level members of each kind are its parts. A part that was not read is absent and named by a gap; what was read and
//! is empty is present and empty. Times are the moment's RFC 3339 text beside its seconds since 1970, which Rego can compare.

use aws::Moment;
use aws::policy_document::PolicyDocument;
use aws::policy_document::account::Who;
pub use aws::policy_document::account::{AttachedPolicy, InlinePolicy, Permissions, PermissionsBoundary};
use schemars::transform::{RecursiveTransform, Transform as _};
use schemars::{JsonSchema, Schema};
use sdk::{Digest, ResourceKind};
use serde::Serialize;
use serde_json::Value;

pub const USER: &str = "aws-iam/user";
pub const GROUP: &str = "aws-iam/group";
pub const ROLE: &str = "aws-iam/role";
pub const POLICY: &str = "aws-iam/policy";
pub const ACCOUNT: &str = "aws-iam/account";
pub const SAML_PROVIDER: &str = "aws-iam/saml-provider";
pub const OIDC_PROVIDER: &str = "aws-iam/oidc-provider";
pub const SERVER_CERTIFICATE: &str = "aws-iam/server-certificate";
pub const PERMISSIONS: &str = "aws-iam/permissions";

/// Conditions on tags of principals are undetermined whatever the tags are: nothing is computed from them.
const TAGS: &str = "tags";

/// All kinds with their schemas.
pub fn kinds() -> Vec<ResourceKind> {
    vec![
        kind::<User>(USER).with_annotations(&[TAGS]),
        kind::<Group>(GROUP),
        kind::<Role>(ROLE).with_annotations(&[TAGS]),
        kind::<Policy>(POLICY),
        kind::<Account>(ACCOUNT),
        kind::<SamlProvider>(SAML_PROVIDER),
        kind::<OidcProvider>(OIDC_PROVIDER),
        kind::<ServerCertificate>(SERVER_CERTIFICATE),
        kind::<Permissions>(PERMISSIONS),
    ]
}

/// An IAM user. Its id is its ARN.
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct User {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identity: Option<Identity>,
    /// Names of the groups the user is in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub groups: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inline_policies: Option<Vec<InlinePolicy>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attached_policies: Option<Vec<AttachedPolicy>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub permissions_boundary: Option<PermissionsBoundary>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tags: Option<Vec<Tag>>,
    /// The password for the console.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub login_profile: Option<LoginProfile>,
    /// How that password was used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password_use: Option<PasswordUse>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mfa_devices: Option<Vec<MfaDevice>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access_keys: Option<Vec<AccessKey>>,
    /// The last use of each of `access_keys`, by its id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access_key_use: Option<Vec<AccessKeyUse>>,
    /// Names and passwords for one service: CodeCommit, Keyspaces, Bedrock.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_credentials: Option<Vec<ServiceCredential>>,
    /// Keys for CodeCommit over SSH.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ssh_public_keys: Option<Vec<SshPublicKey>>,
    /// X.509 certificates that sign requests to some old APIs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signing_certificates: Option<Vec<SigningCertificate>>,
    /// The user's row of the credential report.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub credential_report: Option<ReportRow>,
}

/// An IAM group. Its id is its ARN.
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Group {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identity: Option<Identity>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inline_policies: Option<Vec<InlinePolicy>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attached_policies: Option<Vec<AttachedPolicy>>,
}

/// An IAM role. Its id is its ARN.
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Role {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identity: Option<Identity>,
    /// Who may assume the role. Roles of services have a path that starts with `/aws-service-role/`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trust_policy: Option<PolicyDocument>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inline_policies: Option<Vec<InlinePolicy>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attached_policies: Option<Vec<AttachedPolicy>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub permissions_boundary: Option<PermissionsBoundary>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tags: Option<Vec<Tag>>,
    /// ARNs of the instance profiles that hand the role to virtual machines.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instance_profiles: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_use: Option<RoleUse>,
}

/// A managed policy: every one of the account, and those of AWS that are in use. Its id is its ARN.
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Policy {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identity: Option<Identity>,
    /// Whether AWS wrote it and may change it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub aws_managed: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub usage: Option<PolicyUsage>,
    /// The version in force.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub document: Option<PolicyDocument>,
}

/// The account, with its root user. Its id is the root user's ARN.
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Account {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub aliases: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password_policy: Option<PasswordPolicy>,
    /// What IAM itself counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub summary: Option<Summary>,
    /// The root user's row of the credential report.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub root_credential_report: Option<ReportRow>,
    /// The root user's virtual MFA devices. One that has MFA and none here has a hardware device or a passkey.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub root_virtual_mfa_devices: Option<Vec<MfaDevice>>,
}

/// A SAML identity provider that the account trusts. Its id is its ARN.
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct SamlProvider {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created: Option<Moment>,
    /// When the metadata ends to be valid.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub valid_until: Option<Moment>,
    /// What says whose signatures are trusted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata: Option<SamlMetadata>,
}

/// An OpenID Connect identity provider that the account trusts. Its id is its ARN.
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct OidcProvider {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub settings: Option<OidcSettings>,
}

/// Who or what a user, group, role or policy is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Identity {
    pub arn: String,
    pub name: String,
    /// IAM's own id (`AIDA…`), which is never given twice.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unique_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created: Option<Moment>,
}

impl Identity {
    /// As its policies are weighed.
    pub fn who(&self) -> Who<'_> {
        Who { arn: &self.arn, name: &self.name, path: self.path.as_deref() }
    }
}

/// A tag.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Tag {
    pub key: String,
    pub value: String,
}

/// A password for the console.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct LoginProfile {
    pub exists: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created: Option<Moment>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password_reset_required: Option<bool>,
}

/// The use of a password for the console: from the password itself, and from the credential report where one is older than it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct PasswordUse {
    /// `false`: there is no password, and nothing to use.
    pub exists: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created: Option<Moment>,
    /// Whether the report says that there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_used: Option<LastUse>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub changed: Option<Moment>,
    /// When the report was made. Absent: the password is younger than it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub as_of: Option<Moment>,
}

/// An MFA device that is registered. Registered is not enforced: policies decide that.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct MfaDevice {
    /// The serial number of a hardware device, otherwise an ARN.
    pub serial: String,
    /// Absent where the serial number has no form that AWS documents.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<MfaDeviceType>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enabled: Option<Moment>,
}

/// What kind of thing an MFA device is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum MfaDeviceType {
    /// An app with a shared secret (`arn:…:mfa/…`).
    Virtual,
    /// A passkey or FIDO security key (`arn:…:u2f/…`); IAM does not tell the two apart.
    Passkey,
    /// A TOTP token of hardware, which has a serial number and no ARN.
    Hardware,
    /// A phone number (`arn:…:sms-mfa/…`), which AWS no longer offers.
    Sms,
}

/// A long-term access key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct AccessKey {
    pub id: String,
    pub active: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created: Option<Moment>,
}

/// The last use of an access key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct AccessKeyUse {
    pub id: String,
    /// Whether IAM knows of a use. It has tracked uses since April 2015.
    pub used: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last: Option<Moment>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
}

/// A name and a password that are good for one service, past every MFA device.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct ServiceCredential {
    pub id: String,
    /// `codecommit.amazonaws.com`, `cassandra.amazonaws.com`, `bedrock.amazonaws.com`.
    pub service: String,
    pub active: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created: Option<Moment>,
    /// When it ends by itself. Absent: it does not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires: Option<Moment>,
}

/// A public key of a user, as its list gives it: without the key itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct SshPublicKey {
    pub id: String,
    pub active: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uploaded: Option<Moment>,
}

/// A certificate whose private key signs requests in a user's name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct SigningCertificate {
    pub id: String,
    pub active: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uploaded: Option<Moment>,
    /// Of the certificate's PEM text as IAM gives it.
    #[schemars(with = "String")]
    pub sha256: Digest,
}

/// A certificate that IAM keeps, with its private key, for servers. Its id is its ARN.
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct ServerCertificate {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uploaded: Option<Moment>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires: Option<Moment>,
}

/// The last use of a role. IAM looks back 400 days.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct RoleUse {
    pub used: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last: Option<Moment>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
}

/// How a managed policy is used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct PolicyUsage {
    /// The version in force.
    pub version: String,
    /// To how many users, groups and roles it is attached.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attachments: Option<i64>,
    /// For how many users and roles it is the permissions boundary.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub boundaries: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub updated: Option<Moment>,
}

/// The account's password policy.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct PasswordPolicy {
    /// Without one AWS's default holds: eight characters of three kinds, no expiry. The other members are absent then.
    pub exists: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub minimum_length: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub require_symbols: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub require_numbers: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub require_uppercase: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub require_lowercase: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub users_may_change: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires: Option<bool>,
    /// Absent where passwords do not expire.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub maximum_age_days: Option<i64>,
    /// How many earlier passwords may not be used again. Absent where none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reuse_prevention: Option<i64>,
    /// Whether an expired password can be reset by an administrator alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hard_expiry: Option<bool>,
}

/// IAM's own counts of the account. A count that IAM did not give is absent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Summary {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub users: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub groups: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub roles: Option<i64>,
    /// The account's own managed policies.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policies: Option<i64>,
    /// SAML and OpenID Connect providers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub providers: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server_certificates: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mfa_devices: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mfa_devices_in_use: Option<i64>,
    /// `AccountMFAEnabled`: whether the root user has an MFA device.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub root_mfa_enabled: Option<bool>,
    /// `AccountAccessKeysPresent`: whether the root user has access keys.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub root_access_keys_present: Option<bool>,
    /// `AccountPasswordPresent`: whether the root user has a password. Roots of member accounts can be without.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub root_password_present: Option<bool>,
    /// `AccountSigningCertificatesPresent`: whether the root user has X.509 signing certificates.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub root_signing_certificates_present: Option<bool>,
}

/// A row of the credential report. All of it is as of `generated`, which can be four hours ago.
/// A member whose cell says that it does not apply, or that IAM does not know, is absent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct ReportRow {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub generated: Option<Moment>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created: Option<Moment>,
    /// Absent where IAM says `not_supported`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password_enabled: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password_last_used: Option<LastUse>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password_last_changed: Option<Moment>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password_next_rotation: Option<Moment>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mfa_active: Option<bool>,
    /// The two slots for access keys, in the report's order.
    pub access_keys: Vec<ReportKey>,
    /// The two slots for X.509 signing certificates, in the report's order.
    pub certificates: Vec<ReportCertificate>,
}

/// The last use of something, as the credential report says it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct LastUse {
    /// `false` where the report says that no use is known (`no_information`): none, or none since tracking began.
    pub used: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last: Option<Moment>,
}

/// A slot for an access key in the credential report, which does not name the key.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct ReportKey {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub active: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rotated: Option<Moment>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_used: Option<Moment>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_used_region: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_used_service: Option<String>,
}

/// A slot for a signing certificate in the credential report.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct ReportCertificate {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub active: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rotated: Option<Moment>,
}

/// The metadata of a SAML provider: the document itself is in the exchange.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct SamlMetadata {
    /// SHA-256 of the document: another value is another trust.
    #[schemars(with = "String")]
    pub sha256: Digest,
    /// Bytes of the document.
    pub size: u64,
}

/// The settings of an OpenID Connect provider.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct OidcSettings {
    /// The issuer, as IAM writes it: without `https://`.
    pub url: String,
    /// Audiences.
    pub client_ids: Vec<String>,
    /// SHA-1 of the certificates that the issuer's server may show.
    pub thumbprints: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created: Option<Moment>,
}

fn kind<T: JsonSchema>(name: &str) -> ResourceKind {
    let mut kind = ResourceKind::of::<T>(name);
    if let Ok(schema) = <&mut Schema>::try_from(&mut kind.schema) {
        RecursiveTransform(without_null).transform(schema);
    }
    kind
}

/// What is not there is absent, never `null`: takes the alternative out that schemars gives every `Option`.
fn without_null(schema: &mut Schema) {
    let Some(object) = schema.as_object_mut() else {
        return;
    };
    if let Some(Value::Array(types)) = object.get_mut("type") {
        types.retain(|t| t != "null");
        if let [only] = types.as_slice() {
            let only = only.clone();
            object.insert("type".to_owned(), only);
        }
    }
    if let Some(Value::Array(mut any)) = object.remove("anyOf") {
        any.retain(|s| s.get("type").is_none_or(|t| t != "null"));
        match (any.len(), any.pop()) {
            (1, Some(Value::Object(only))) => object.extend(only),
            (_, Some(last)) => {
                any.push(last);
                object.insert("anyOf".to_owned(), Value::Array(any));
            }
            (_, None) => {}
        }
    }
}
