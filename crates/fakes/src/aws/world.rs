//! What an account holds, and how one of any size is made: the same size gives the same account.

use std::collections::BTreeMap;

use serde_json::json;

use super::bucket::{Block, Bucket};
use super::cluster::EksCluster;
use super::organization::Organization;
use super::trail::Trail;

/// The root of the account; changed freely by tests.
#[derive(Clone, Debug)]
pub struct World {
    pub account: String,
    pub alias: Option<String>,
    pub regions: Vec<Region>,
    pub root: Root,
    pub users: Vec<User>,
    pub groups: Vec<Group>,
    pub roles: Vec<Role>,
    pub policies: Vec<Policy>,
    pub password_policy: Option<PasswordPolicy>,
    pub saml: Vec<Provider>,
    pub oidc: Vec<Provider>,
    pub eks: Vec<EksCluster>,
    /// Names of certificates kept for servers.
    pub server_certificates: Vec<String>,
    /// By region.
    pub kms: BTreeMap<String, KmsRegion>,
    pub trails: Vec<Trail>,
    pub buckets: Vec<Bucket>,
    /// The public access block of the whole account.
    pub account_block: Option<Block>,
    /// `None`: the account is in none.
    pub organization: Option<Organization>,
    /// When the credential report was made, RFC 3339.
    pub report_generated: String,
    /// The `Date` of every answer.
    pub http_date: String,
    /// Largest page of IAM's lists, as far as a request asks for no smaller one.
    pub iam_page: usize,
    /// Largest page of KMS's lists, as far as a request asks for no smaller one.
    pub kms_page: usize,
    /// Largest page of the lists of Organizations.
    pub organizations_page: usize,
}

#[derive(Clone, Debug)]
pub struct Region {
    pub name: String,
    /// `ENABLED_BY_DEFAULT`, `ENABLED`, `DISABLED`.
    pub opt_status: String,
}

#[derive(Clone, Debug, Default)]
pub struct Root {
    pub mfa: bool,
    /// The device is a hardware one: it is not in the list of virtual devices.
    pub hardware: bool,
    pub access_keys: usize,
    pub password_last_used: Option<String>,
}

#[derive(Clone, Debug, Default)]
pub struct User {
    pub name: String,
    pub id: String,
    pub path: String,
    pub created: String,
    pub tags: Vec<(String, String)>,
    pub groups: Vec<String>,
    pub attached: Vec<String>,
    /// Name and JSON text.
    pub inline: Vec<(String, String)>,
    pub boundary: Option<String>,
    pub login: Option<Login>,
    pub mfa: Vec<Mfa>,
    pub keys: Vec<AccessKey>,
    pub service_credentials: Vec<Credential>,
    pub ssh_keys: Vec<Credential>,
    pub signing_certificates: Vec<Credential>,
}

/// A credential of a user beside passwords and access keys.
#[derive(Clone, Debug)]
pub struct Credential {
    pub id: String,
    pub active: bool,
    pub created: String,
    /// The service that a password is for, or a certificate's text.
    pub what: String,
}

#[derive(Clone, Debug, Default)]
pub struct Login {
    pub created: String,
    pub last_used: Option<String>,
    pub last_changed: String,
    pub reset_required: bool,
}

#[derive(Clone, Debug)]
pub struct Mfa {
    /// `arn:aws:iam::…:mfa/…` virtual, `arn:aws:iam::…:u2f/…` passkey or security key, anything else hardware.
    pub serial: String,
    pub enabled: String,
}

#[derive(Clone, Debug)]
pub struct AccessKey {
    pub id: String,
    pub active: bool,
    pub created: String,
    /// Date, region, service.
    pub last_used: Option<(String, String, String)>,
}

#[derive(Clone, Debug, Default)]
pub struct Group {
    pub name: String,
    pub id: String,
    pub path: String,
    pub created: String,
    pub attached: Vec<String>,
    pub inline: Vec<(String, String)>,
}

#[derive(Clone, Debug, Default)]
pub struct Role {
    pub name: String,
    pub id: String,
    pub path: String,
    pub created: String,
    pub trust: String,
    pub attached: Vec<String>,
    pub inline: Vec<(String, String)>,
    pub boundary: Option<String>,
    pub tags: Vec<(String, String)>,
    /// Date and region.
    pub last_used: Option<(String, String)>,
    pub max_session_seconds: u32,
}

#[derive(Clone, Debug)]
pub struct Policy {
    pub name: String,
    pub id: String,
    pub arn: String,
    pub path: String,
    pub created: String,
    pub versions: Vec<PolicyVersion>,
}

#[derive(Clone, Debug)]
pub struct PolicyVersion {
    pub id: String,
    pub default: bool,
    pub document: String,
    pub created: String,
}

#[derive(Clone, Debug)]
pub struct PasswordPolicy {
    pub minimum_length: u32,
    pub symbols: bool,
    pub numbers: bool,
    pub uppercase: bool,
    pub lowercase: bool,
    pub users_may_change: bool,
    pub max_age_days: Option<u32>,
    pub reuse_prevention: Option<u32>,
    pub hard_expiry: bool,
}

/// A SAML or OpenID Connect provider.
#[derive(Clone, Debug)]
pub struct Provider {
    pub arn: String,
    pub created: String,
    /// SAML only: the metadata document.
    pub metadata: String,
    /// SAML only.
    pub valid_until: Option<String>,
    /// OpenID Connect only.
    pub url: String,
    pub clients: Vec<String>,
    pub thumbprints: Vec<String>,
}

#[derive(Clone, Debug, Default)]
pub struct KmsRegion {
    pub keys: Vec<Key>,
    pub aliases: Vec<Alias>,
    pub stores: Vec<CustomKeyStore>,
}

#[derive(Clone, Debug)]
pub struct Key {
    pub id: String,
    pub description: String,
    /// Seconds since 1970, with a fraction, as KMS writes times.
    pub created: f64,
    /// `CUSTOMER` or `AWS`.
    pub manager: String,
    pub state: String,
    pub spec: String,
    pub usage: String,
    pub origin: String,
    pub multi_region: bool,
    pub deletion: Option<f64>,
    /// Imported material expires then.
    pub valid_to: Option<f64>,
    pub custom_store: Option<String>,
    pub policy: String,
    pub grants: Vec<Grant>,
    pub tags: Vec<(String, String)>,
    /// Days between rotations, where rotation is on.
    pub rotation: Option<u32>,
    pub rotations: Vec<Rotation>,
}

#[derive(Clone, Debug)]
pub struct Rotation {
    pub date: f64,
    /// `AUTOMATIC` or `ON_DEMAND`.
    pub kind: String,
}

#[derive(Clone, Debug)]
pub struct Grant {
    pub id: String,
    pub name: String,
    pub grantee: String,
    pub retiring: Option<String>,
    pub operations: Vec<String>,
    pub created: f64,
}

#[derive(Clone, Debug)]
pub struct Alias {
    /// `alias/…`
    pub name: String,
    /// `None`: points to nothing, as aliases of AWS-managed keys do before their first use.
    pub target: Option<String>,
}

#[derive(Clone, Debug)]
pub struct CustomKeyStore {
    pub id: String,
    pub name: String,
    /// `CONNECTED`, `DISCONNECTED`, `FAILED`.
    pub state: String,
}

/// How large a made account is.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    pub users: usize,
    pub roles: usize,
    pub groups: usize,
    pub policies: usize,
    /// In each enabled region.
    pub keys: usize,
    pub grants_per_key: usize,
}

impl Size {
    /// Everything at least once, and lists of more than one page where pages are small.
    pub const SMALL: Self = Self { users: 7, roles: 5, groups: 3, policies: 4, keys: 6, grants_per_key: 3 };
}

/// The least of a SAML identity provider's description; the certificate is a word, not one.
const METADATA: &str = r#"<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="https://sso.northbank.example/saml"><IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol"><KeyDescriptor use="signing"><KeyInfo xmlns="http://www.w3.org/2000/09/xmldsig#"><X509Data><X509Certificate>MIIBszCCAVmgAwIBAgIUQ2VydGlmaWNhdGUgb2YgYSB0ZXN0</X509Certificate></X509Data></KeyInfo></KeyDescriptor><SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="https://sso.northbank.example/saml/post"/></IDPSSODescriptor></EntityDescriptor>"#;
const STORE: &str = "cks-1234567890abcdef0";
const CREATED: &str = "2025-03-04T05:06:07Z";
const DAY: f64 = 86_400.0;
/// 2025-03-04.
const CREATED_EPOCH: f64 = 1_741_064_767.0;

impl World {
    /// An account of this size with one enabled region, `eu-west-1`, and one disabled, `af-south-1`.
    #[must_use]
    pub fn new(size: Size) -> Self {
        let account = "111122223333".to_owned();
        let policies: Vec<Policy> = (0..size.policies).map(|n| policy(&account, n)).collect();
        let groups = (0..size.groups).map(|n| group(&policies, n)).collect::<Vec<_>>();
        let users = (0..size.users).map(|n| user(&account, &groups, &policies, n)).collect();
        let roles = (0..size.roles).map(|n| role(&account, &policies, n)).collect();
        let kms = BTreeMap::from([("eu-west-1".to_owned(), kms_region(&account, size))]);
        Self {
            alias: Some("northbank".to_owned()),
            regions: vec![
                Region { name: "af-south-1".to_owned(), opt_status: "DISABLED".to_owned() },
                Region { name: "eu-west-1".to_owned(), opt_status: "ENABLED_BY_DEFAULT".to_owned() },
            ],
            root: Root { mfa: true, hardware: true, access_keys: 0, password_last_used: None },
            users,
            groups,
            roles,
            policies,
            password_policy: Some(PasswordPolicy {
                minimum_length: 16,
                symbols: true,
                numbers: true,
                uppercase: true,
                lowercase: true,
                users_may_change: true,
                max_age_days: Some(90),
                reuse_prevention: Some(24),
                hard_expiry: false,
            }),
            saml: vec![Provider {
                arn: format!("arn:aws:iam::{account}:saml-provider/staff"),
                created: CREATED.to_owned(),
                metadata: METADATA.to_owned(),
                valid_until: Some("2035-03-04T05:06:07Z".to_owned()),
                url: String::new(),
                clients: Vec::new(),
                thumbprints: Vec::new(),
            }],
            oidc: vec![Provider {
                arn: format!("arn:aws:iam::{account}:oidc-provider/token.actions.githubusercontent.com"),
                created: CREATED.to_owned(),
                metadata: String::new(),
                valid_until: None,
                url: "token.actions.githubusercontent.com".to_owned(),
                clients: vec!["sts.amazonaws.com".to_owned()],
                thumbprints: vec!["6938fd4d98bab03faadb97b34396831e3780aea1".to_owned()],
            }],
            eks: Vec::new(),
            server_certificates: vec!["signer-api".to_owned(), "ops".to_owned()],
            kms,
            trails: vec![Trail::organization("eu-west-1", &account), Trail::new("keys", "eu-west-1", &account)],
            buckets: vec![Bucket::evidence("northbank-evidence"), Bucket::plain("northbank-trail")],
            account_block: Some(Block::ALL),
            organization: Some(Organization::new(&account)),
            account,
            report_generated: "2026-11-20T06:00:00+00:00".to_owned(),
            http_date: "Fri, 20 Nov 2026 06:00:01 GMT".to_owned(),
            iam_page: 1000,
            kms_page: 1000,
            organizations_page: 20,
        }
    }

    /// The same account, answered in small pages.
    #[must_use]
    pub fn paged(mut self, items: usize) -> Self {
        (self.iam_page, self.kms_page, self.organizations_page) = (items, items, items);
        self
    }

    /// How many entities a managed policy is attached to.
    #[must_use]
    pub fn attachments(&self, arn: &str) -> usize {
        let has = |list: &[String]| list.iter().any(|attached| attached == arn);
        self.users.iter().filter(|user| has(&user.attached)).count()
            + self.groups.iter().filter(|group| has(&group.attached)).count()
            + self.roles.iter().filter(|role| has(&role.attached)).count()
    }
}

fn document(actions: &[&str]) -> String {
    json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": actions, "Resource": "*"}]}).to_string()
}

/// The twenty-one letters of an IAM id.
fn id(prefix: &str, n: usize) -> String {
    format!("{prefix}{:017X}", n + 0x1000_0000)
}

fn policy(account: &str, n: usize) -> Policy {
    let name = format!("policy-{n:05}");
    Policy {
        arn: format!("arn:aws:iam::{account}:policy/{name}"),
        id: id("ANPA", n),
        path: "/".to_owned(),
        created: CREATED.to_owned(),
        versions: vec![
            PolicyVersion {
                id: "v2".to_owned(),
                default: true,
                document: document(&["kms:Decrypt", "kms:DescribeKey"]),
                created: CREATED.to_owned(),
            },
            PolicyVersion {
                id: "v1".to_owned(),
                default: false,
                document: document(&["kms:*"]),
                created: CREATED.to_owned(),
            },
        ],
        name,
    }
}

fn attached(policies: &[Policy], n: usize) -> Vec<String> {
    n.checked_rem(policies.len())
        .and_then(|index| policies.get(index))
        .map(|policy| policy.arn.clone())
        .into_iter()
        .collect()
}

fn group(policies: &[Policy], n: usize) -> Group {
    Group {
        name: format!("group-{n:03}"),
        id: id("AGPA", n),
        path: "/".to_owned(),
        created: CREATED.to_owned(),
        attached: attached(policies, n),
        inline: vec![("read".to_owned(), document(&["kms:ListKeys"]))],
    }
}

fn user(account: &str, groups: &[Group], policies: &[Policy], n: usize) -> User {
    let name = format!("user-{n:05}");
    let console = n.is_multiple_of(2);
    let serial = match n % 6 {
        0 => format!("GAHT{n:08}"),
        2 => format!("arn:aws:iam::{account}:u2f/user/{name}/default-{n:08X}"),
        _ => format!("arn:aws:iam::{account}:mfa/{name}"),
    };
    User {
        id: id("AIDA", n),
        path: "/people/".to_owned(),
        created: CREATED.to_owned(),
        tags: vec![("team".to_owned(), "signing & custody".to_owned())],
        groups: n
            .checked_rem(groups.len())
            .and_then(|index| groups.get(index))
            .map(|group| group.name.clone())
            .into_iter()
            .collect(),
        attached: if n.is_multiple_of(3) { attached(policies, n) } else { Vec::new() },
        inline: if n.is_multiple_of(5) {
            vec![("own".to_owned(), document(&["iam:ChangePassword"]))]
        } else {
            Vec::new()
        },
        boundary: None,
        login: console.then(|| Login {
            created: CREATED.to_owned(),
            last_used: Some("2026-11-19T08:00:00Z".to_owned()),
            last_changed: "2026-10-01T08:00:00Z".to_owned(),
            reset_required: false,
        }),
        mfa: if console { vec![Mfa { serial, enabled: CREATED.to_owned() }] } else { Vec::new() },
        keys: if console {
            Vec::new()
        } else {
            vec![AccessKey {
                id: id("AKIA", n).chars().take(20).collect(),
                active: true,
                created: "2026-10-15T08:00:00Z".to_owned(),
                last_used: Some(("2026-11-19T09:00:00Z".to_owned(), "eu-west-1".to_owned(), "kms".to_owned())),
            }]
        },
        service_credentials: if n % 4 == 1 {
            vec![credential("ACCA", n, "codecommit.amazonaws.com")]
        } else {
            Vec::new()
        },
        ssh_keys: if n % 4 == 1 { vec![credential("APKA", n, "")] } else { Vec::new() },
        signing_certificates: if n % 4 == 3 { vec![credential("ASCA", n, CERTIFICATE)] } else { Vec::new() },
        name,
    }
}

/// Not a certificate that any program could read, and in the form of one.
const CERTIFICATE: &str = "-----BEGIN CERTIFICATE-----\nMIIBfakefakefake\n-----END CERTIFICATE-----\n";

fn credential(prefix: &str, n: usize, what: &str) -> Credential {
    Credential { id: id(prefix, n), active: n % 8 != 5, created: CREATED.to_owned(), what: what.to_owned() }
}

fn role(account: &str, policies: &[Policy], n: usize) -> Role {
    let trust = json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": {"AWS": format!("arn:aws:iam::{account}:root")}, "Action": "sts:AssumeRole",
        "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}]});
    Role {
        name: format!("role-{n:05}"),
        id: id("AROA", n),
        path: "/".to_owned(),
        created: CREATED.to_owned(),
        trust: trust.to_string(),
        attached: attached(policies, n),
        inline: vec![("sign".to_owned(), document(&["kms:Sign"]))],
        boundary: None,
        tags: Vec::new(),
        last_used: Some(("2026-11-19T09:00:00Z".to_owned(), "eu-west-1".to_owned())),
        max_session_seconds: 3600,
    }
}

fn kms_region(account: &str, size: Size) -> KmsRegion {
    let keys: Vec<Key> = (0..size.keys).map(|n| key(account, size.grants_per_key, n)).collect();
    let mut aliases: Vec<Alias> = keys
        .iter()
        .enumerate()
        .map(|(n, key)| Alias { name: format!("alias/key-{n:05}"), target: Some(key.id.clone()) })
        .collect();
    aliases.push(Alias { name: "alias/aws/acm".to_owned(), target: None });
    let store = CustomKeyStore { id: STORE.to_owned(), name: "treasury-hsm".to_owned(), state: "CONNECTED".to_owned() };
    KmsRegion { keys, aliases, stores: vec![store] }
}

/// The id of the key of this number, in every account.
#[must_use]
pub fn key_id(n: usize) -> String {
    format!("{n:08x}-1234-4321-8765-{:012x}", n * 7919)
}

fn key(account: &str, grants: usize, n: usize) -> Key {
    let policy = json!({"Version": "2012-10-17", "Id": "key-default-1", "Statement": [{
        "Sid": "Enable IAM User Permissions", "Effect": "Allow",
        "Principal": {"AWS": format!("arn:aws:iam::{account}:root")}, "Action": "kms:*", "Resource": "*"}]});
    let signing = n % 3 == 1;
    let in_store = n % 6 == 5;
    let rotates = !signing && !in_store;
    Key {
        id: key_id(n),
        description: format!("key {n}"),
        created: CREATED_EPOCH + 0.125,
        manager: "CUSTOMER".to_owned(),
        state: "Enabled".to_owned(),
        spec: if signing { "ECC_SECG_P256K1" } else { "SYMMETRIC_DEFAULT" }.to_owned(),
        usage: if signing { "SIGN_VERIFY" } else { "ENCRYPT_DECRYPT" }.to_owned(),
        origin: if in_store { "AWS_CLOUDHSM" } else { "AWS_KMS" }.to_owned(),
        multi_region: false,
        deletion: None,
        valid_to: None,
        custom_store: in_store.then(|| STORE.to_owned()),
        policy: policy.to_string(),
        grants: (0..grants)
            .map(|g| Grant {
                id: format!("{:064x}", n * 1000 + g),
                name: format!("grant-{g}"),
                grantee: format!("arn:aws:iam::{account}:role/role-{g:05}"),
                retiring: None,
                operations: vec!["Decrypt".to_owned(), "DescribeKey".to_owned()],
                created: CREATED_EPOCH + DAY,
            })
            .collect(),
        tags: vec![("system".to_owned(), "hot-wallet".to_owned())],
        rotation: rotates.then_some(365),
        rotations: if rotates {
            vec![Rotation { date: CREATED_EPOCH + 365.0 * DAY, kind: "AUTOMATIC".to_owned() }]
        } else {
            Vec::new()
        },
    }
}
