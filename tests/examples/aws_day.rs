//! The tests' AWS as a server, with the account of the demonstration: `aws_day 1|2|3` prints its port and serves until its input ends.
//! On day 2 somebody has been there; on day 3 the reader may not list grants any more.
#![expect(clippy::print_stdout, reason = "whoever records reads the port")]

use std::collections::BTreeMap;
use std::io::Read as _;

use fakes::aws::{
    AccessKey, Alias, AwsFake, Block, Bucket, Credential, Grant, Group, Key, KmsRegion, Login, Mfa, PasswordPolicy,
    Policy, PolicyVersion, Region, Role, Root, Rotation, Selectors, Trail, User, World,
};
use serde_json::{Value, json};
use testkit::{Fault, Faulty, Rule, Server};

const ACCOUNT: &str = "111122223333";
/// Of somebody else.
const OUTSIDE: &str = "999988887777";
const REGION: &str = "eu-west-1";
/// 2026-11-28T18:20:00Z, shortly before the first day is read.
const NOW: f64 = 1_795_890_000.0;
const DAY: f64 = 86_400.0;
const CREATED: &str = "2026-02-02T09:00:00Z";
const HOT: &str = "6d1f0c52-8a3e-4b7d-9c41-2f5e7a90b1c3";
const STANDBY: &str = "b07c9e14-53d2-4f86-a1be-7c2d4e6f8091";
const BACKUP: &str = "3f82ab6d-1c94-4e05-b7d8-90a1c2e3f405";
const UNKNOWN: &str = "e4a9d730-6b15-4c28-8f93-1d0e2c3b4a59";

fn main() {
    let day = std::env::args().nth(1).unwrap_or_default();
    let mut world = company(&day);
    if day != "1" {
        intrude(&mut world);
    }
    let rules = if day == "3" { vec![Rule::always("kms:ListGrants", Fault::Deny)] } else { Vec::new() };
    let server = Server::http(Faulty::new(AwsFake::new(world).with_ids_of_requests(), rules));
    println!("{}", server.url().rsplit(':').next().unwrap_or_default());
    // Until whoever started it has enough.
    let _ = std::io::stdin().read(&mut [0]);
}

fn company(day: &str) -> World {
    let (later, date) = match day {
        "2" => (DAY, "Sun, 29"),
        "3" => (2.0 * DAY, "Mon, 30"),
        _ => (0.0, "Sat, 28"),
    };
    let sign = arn("policy/sign-with-hot-keys");
    World {
        account: ACCOUNT.to_owned(),
        alias: Some("northbank-custody".to_owned()),
        // One: a recorded answer does not say of which region it is.
        regions: [("af-south-1", "DISABLED"), (REGION, "ENABLED_BY_DEFAULT")]
            .map(|(name, status)| Region { name: name.to_owned(), opt_status: status.to_owned() })
            .into(),
        root: Root { mfa: false, hardware: false, access_keys: 0, password_last_used: None },
        users: vec![
            officer("ada.officer", 1),
            officer("bo.officer", 2),
            User {
                keys: vec![AccessKey {
                    id: "AKIAEXAMPLEBACKUP001".to_owned(),
                    active: true,
                    created: "2026-10-15T08:00:00Z".to_owned(),
                    last_used: Some(("2026-11-28T02:00:00Z".to_owned(), REGION.to_owned(), "kms".to_owned())),
                }],
                ..user("backup-agent", 3)
            },
        ],
        groups: vec![Group {
            name: "officers".to_owned(),
            id: "AGPAEXAMPLEOFFICERS01".to_owned(),
            path: "/".to_owned(),
            created: CREATED.to_owned(),
            attached: Vec::new(),
            inline: vec![(
                "look-with-a-second-factor".to_owned(),
                document(&[
                    json!({"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}}),
                    json!({"Effect": "Allow", "Action": ["kms:DescribeKey", "kms:GetPublicKey"], "Resource": "*"}),
                ]),
            )],
        }],
        roles: vec![
            Role {
                attached: vec![sign.clone()],
                ..role(
                    "signer",
                    1,
                    &json!({"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}),
                )
            },
            Role {
                inline: vec![(
                    "administer-keys".to_owned(),
                    document(&[
                        json!({"Effect": "Allow", "Action": ["kms:PutKeyPolicy", "kms:CreateGrant", "kms:RevokeGrant", "kms:EnableKeyRotation", "kms:DisableKey", "kms:ScheduleKeyDeletion", "kms:CancelKeyDeletion"], "Resource": "*"}),
                    ]),
                )],
                ..role(
                    "key-administrator",
                    2,
                    &json!({
                        "Effect": "Allow", "Principal": {"AWS": [arn("user/ada.officer"), arn("user/bo.officer")]}, "Action": "sts:AssumeRole",
                        "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}},
                    }),
                )
            },
        ],
        policies: vec![Policy {
            name: "sign-with-hot-keys".to_owned(),
            id: "ANPAEXAMPLESIGN000001".to_owned(),
            arn: sign,
            path: "/".to_owned(),
            created: CREATED.to_owned(),
            versions: vec![PolicyVersion {
                id: "v1".to_owned(),
                default: true,
                document: document(&[
                    json!({"Effect": "Allow", "Action": ["kms:Sign", "kms:GetPublicKey"], "Resource": [key_arn(HOT), key_arn(STANDBY)]}),
                ]),
                created: CREATED.to_owned(),
            }],
        }],
        password_policy: Some(PasswordPolicy {
            minimum_length: 16,
            symbols: true,
            numbers: true,
            uppercase: true,
            lowercase: true,
            users_may_change: true,
            max_age_days: Some(365),
            reuse_prevention: Some(24),
            hard_expiry: false,
        }),
        saml: Vec::new(),
        oidc: Vec::new(),
        eks: Vec::new(),
        server_certificates: Vec::new(),
        kms: BTreeMap::from([(REGION.to_owned(), keys())]),
        trails: vec![Trail {
            name: "everything".to_owned(),
            arn: format!("arn:aws:cloudtrail:{REGION}:{ACCOUNT}:trail/everything"),
            home_region: REGION.to_owned(),
            bucket: "northbank-trail".to_owned(),
            key: None,
            multi_region: true,
            organization: false,
            log_validation: true,
            logging: true,
            delivered: Some(NOW + later - 600.0),
            delivery_error: None,
            digest_delivered: Some(NOW + later - 1800.0),
            digest_error: None,
            selectors: Selectors::Classic { which: "All".to_owned(), management: true, excluded: Vec::new() },
        }],
        buckets: vec![Bucket::evidence("northbank-trail")],
        account_block: Some(Block::ALL),
        organization: None,
        report_generated: format!("2026-11-{}T18:00:00+00:00", date.get(5..).unwrap_or_default()),
        http_date: format!("{date} Nov 2026 18:20:00 GMT"),
        iam_page: 1000,
        kms_page: 1000,
        organizations_page: 20,
    }
}

fn arn(of: &str) -> String {
    format!("arn:aws:iam::{ACCOUNT}:{of}")
}

fn key_arn(id: &str) -> String {
    format!("arn:aws:kms:{REGION}:{ACCOUNT}:key/{id}")
}

fn document(statements: &[Value]) -> String {
    json!({"Version": "2012-10-17", "Statement": statements}).to_string()
}

fn user(name: &str, number: usize) -> User {
    User {
        name: name.to_owned(),
        id: format!("AIDAEXAMPLE{number:010}"),
        path: "/".to_owned(),
        created: CREATED.to_owned(),
        ..User::default()
    }
}

/// Who signs in with a security key.
fn officer(name: &str, number: usize) -> User {
    User {
        groups: vec!["officers".to_owned()],
        login: Some(Login {
            created: CREATED.to_owned(),
            last_used: Some("2026-11-27T08:00:00Z".to_owned()),
            last_changed: "2026-06-01T08:00:00Z".to_owned(),
            reset_required: false,
        }),
        mfa: vec![Mfa { serial: arn(&format!("u2f/user/{name}/own-{number:08}")), enabled: CREATED.to_owned() }],
        ..user(name, number)
    }
}

fn role(name: &str, number: usize, trust: &Value) -> Role {
    Role {
        name: name.to_owned(),
        id: format!("AROAEXAMPLE{number:010}"),
        path: "/".to_owned(),
        created: CREATED.to_owned(),
        trust: document(std::slice::from_ref(trust)),
        last_used: Some(("2026-11-28T18:00:00Z".to_owned(), REGION.to_owned())),
        max_session_seconds: 3600,
        ..Role::default()
    }
}

fn keys() -> KmsRegion {
    let signer = json!({"Sid": "SignerSigns", "Effect": "Allow", "Principal": {"AWS": arn("role/signer")}, "Action": ["kms:Sign", "kms:GetPublicKey"], "Resource": "*"});
    let signing = |id: &str, what: &str| Key {
        spec: "ECC_SECG_P256K1".to_owned(),
        usage: "SIGN_VERIFY".to_owned(),
        tags: vec![("wallet".to_owned(), "hot".to_owned())],
        ..key(id, what, &policy(std::slice::from_ref(&signer)))
    };
    let backup = Key {
        tags: vec![("purpose".to_owned(), "backup".to_owned())],
        rotation: Some(180),
        rotations: vec![Rotation { date: NOW - 120.0 * DAY, kind: "AUTOMATIC".to_owned() }],
        grants: vec![grant(1, "backup-agent", &arn("user/backup-agent"), &["Encrypt", "GenerateDataKey"])],
        ..key(BACKUP, "encrypts backups of key shares", &policy(&[]))
    };
    // As AWS gives it to aws/ebs.
    let managed = document(&[
        json!({"Sid": "Allow access through EBS for all principals in the account that are authorized to use EBS", "Effect": "Allow", "Principal": {"AWS": "*"}, "Action": ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:CreateGrant", "kms:DescribeKey"], "Resource": "*", "Condition": {"StringEquals": {"kms:CallerAccount": ACCOUNT, "kms:ViaService": format!("ec2.{REGION}.amazonaws.com")}}}),
        json!({"Sid": "Allow direct access to key metadata to the account", "Effect": "Allow", "Principal": {"AWS": arn("root")}, "Action": ["kms:Describe*", "kms:Get*", "kms:List*", "kms:RevokeGrant"], "Resource": "*"}),
    ]);
    let ebs = Key {
        manager: "AWS".to_owned(),
        rotation: Some(365),
        ..key(
            "5c6d7e8f-9a0b-4c1d-8e2f-3a4b5c6d7e8f",
            "Default key that protects my EBS volumes when no other key is defined",
            &managed,
        )
    };
    let alias = |name: &str, of: &Key| Alias { name: format!("alias/{name}"), target: Some(of.id.clone()) };
    let (hot, standby) =
        (signing(HOT, "signs customer withdrawals"), signing(STANDBY, "takes over when the hot key is gone"));
    let aliases = vec![
        alias("hot-signing", &hot),
        alias("standby-signing", &standby),
        alias("share-backup", &backup),
        alias("aws/ebs", &ebs),
    ];
    KmsRegion { keys: vec![hot, standby, backup, ebs], aliases, stores: Vec::new() }
}

/// A policy of a key: the account's own, and what is beside it.
fn policy(more: &[Value]) -> String {
    let own = json!({"Sid": "AccountAdministers", "Effect": "Allow", "Principal": {"AWS": arn("root")}, "Action": "kms:*", "Resource": "*"});
    document(&[&[own], more].concat())
}

fn key(id: &str, description: &str, policy: &str) -> Key {
    Key {
        id: id.to_owned(),
        description: description.to_owned(),
        created: NOW - 290.0 * DAY,
        manager: "CUSTOMER".to_owned(),
        state: "Enabled".to_owned(),
        spec: "SYMMETRIC_DEFAULT".to_owned(),
        usage: "ENCRYPT_DECRYPT".to_owned(),
        origin: "AWS_KMS".to_owned(),
        multi_region: false,
        deletion: None,
        valid_to: None,
        custom_store: None,
        policy: policy.to_owned(),
        grants: Vec::new(),
        tags: Vec::new(),
        rotation: None,
        rotations: Vec::new(),
    }
}

fn grant(number: usize, name: &str, grantee: &str, operations: &[&str]) -> Grant {
    Grant {
        id: format!("{number:064x}"),
        name: name.to_owned(),
        grantee: grantee.to_owned(),
        retiring: None,
        operations: operations.iter().map(|&operation| operation.to_owned()).collect(),
        created: NOW - 100.0 * DAY,
    }
}

/// A user without a second factor; a role of another account signs and decrypts; one key is gone, and one is there that nobody declared.
fn intrude(world: &mut World) {
    world.users.push(User {
        login: Some(Login {
            created: "2026-11-28T20:00:00Z".to_owned(),
            last_used: None,
            last_changed: "2026-11-28T20:00:00Z".to_owned(),
            reset_required: false,
        }),
        service_credentials: vec![Credential {
            id: "ACCAEXAMPLE0000000001".to_owned(),
            active: true,
            created: "2026-11-28T20:05:00Z".to_owned(),
            what: "codecommit.amazonaws.com".to_owned(),
        }],
        created: "2026-11-28T20:00:00Z".to_owned(),
        ..user("m.visitor", 9)
    });
    let support = json!({"Sid": "Support", "Effect": "Allow", "Principal": {"AWS": format!("arn:aws:iam::{OUTSIDE}:role/support")}, "Action": ["kms:Sign", "kms:GetPublicKey"], "Resource": "*"});
    for region in world.kms.values_mut() {
        region.keys.retain(|key| key.id != STANDBY);
        region.aliases.retain(|alias| alias.target.as_deref() != Some(STANDBY));
        for key in &mut region.keys {
            if key.id == HOT {
                let signer = json!({"Sid": "SignerSigns", "Effect": "Allow", "Principal": {"AWS": arn("role/signer")}, "Action": ["kms:Sign", "kms:GetPublicKey"], "Resource": "*"});
                key.policy = policy(&[signer, support.clone()]);
            }
            if key.id == BACKUP {
                key.grants.push(grant(2, "restore", &format!("arn:aws:iam::{OUTSIDE}:role/restore"), &["Decrypt"]));
            }
        }
        region.keys.push(Key {
            created: NOW + 0.1 * DAY,
            spec: "ECC_SECG_P256K1".to_owned(),
            usage: "SIGN_VERIFY".to_owned(),
            ..key(UNKNOWN, "test", &policy(&[]))
        });
    }
}
