//! S3 and S3 Control: paths in, XML out; what a bucket does not have is an error with a code of its own.

use testkit::{Reply, Request};

use super::bucket::{Block, Bucket, Lock};
use super::common::name;
use super::error;
use super::world::World;
use super::xml::Xml;

const NAMESPACE: &str = "http://s3.amazonaws.com/doc/2006-03-01/";

pub fn answer(world: &World, request: &Request) -> Reply {
    let nothing = |code: &str, message: &str| Err(error::error(request, 404, code, message));
    let answer = if name(request) == "GetAccountPublicAccessBlock" {
        match (request.parameter("AccountId") == Some(world.account.as_str()), world.account_block) {
            (false, _) => Err(error::error(request, 403, "AccessDenied", "Access Denied")),
            (true, Some(block)) => Ok(element("PublicAccessBlockConfiguration", |xml| block_members(xml, block))),
            (true, None) => {
                nothing("NoSuchPublicAccessBlockConfiguration", "The public access block configuration was not found")
            }
        }
    } else {
        let named = world.buckets.iter().find(|bucket| Some(bucket.name.as_str()) == request.parameter("Bucket"));
        match named {
            None => nothing("NoSuchBucket", "The specified bucket does not exist"),
            Some(_) if request.parameter("ExpectedBucketOwner").is_some_and(|owner| owner != world.account) => {
                Err(error::error(request, 403, "AccessDenied", "Access Denied"))
            }
            Some(bucket) => of_bucket(world, bucket, request),
        }
    };
    match answer {
        Ok(body) if body.starts_with('{') => Reply::new(200, "application/json", body),
        Ok(body) => Reply::new(200, "application/xml", format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{body}")),
        Err(reply) => reply,
    }
}

fn of_bucket(world: &World, bucket: &Bucket, request: &Request) -> Result<String, Reply> {
    let nothing = |code: &str, message: &str| error::error(request, 404, code, message);
    match name(request) {
        "GetBucketLocation" => Ok(if bucket.region == "us-east-1" {
            format!("<LocationConstraint xmlns=\"{NAMESPACE}\"></LocationConstraint>")
        } else {
            format!("<LocationConstraint xmlns=\"{NAMESPACE}\">{}</LocationConstraint>", bucket.region)
        }),
        "GetBucketPolicy" => {
            bucket.policy.clone().ok_or_else(|| nothing("NoSuchBucketPolicy", "The bucket policy does not exist"))
        }
        "GetBucketPolicyStatus" => bucket
            .policy
            .as_ref()
            .map(|policy| {
                let public = policy.contains(r#""Effect":"Allow","Principal":"*""#);
                element("PolicyStatus", |xml| xml.text("IsPublic", if public { "true" } else { "false" }))
            })
            .ok_or_else(|| nothing("NoSuchBucketPolicy", "The bucket policy does not exist")),
        "GetBucketPublicAccessBlock" => bucket
            .block
            .map(|block| element("PublicAccessBlockConfiguration", |xml| block_members(xml, block)))
            .ok_or_else(|| {
                nothing("NoSuchPublicAccessBlockConfiguration", "The public access block configuration was not found")
            }),
        "GetBucketVersioning" => {
            Ok(element("VersioningConfiguration", |xml| xml.optional("Status", bucket.versioning.as_deref())))
        }
        "GetBucketObjectLockConfiguration" => bucket
            .lock
            .as_ref()
            .map(|lock| element("ObjectLockConfiguration", |xml| lock_members(xml, lock)))
            .ok_or_else(|| {
                nothing(
                    "ObjectLockConfigurationNotFoundError",
                    "Object Lock configuration does not exist for this bucket",
                )
            }),
        "GetEncryptionConfiguration" => bucket
            .encryption
            .as_ref()
            .map(|algorithm| {
                element("ServerSideEncryptionConfiguration", |xml| {
                    xml.open("Rule");
                    xml.open("ApplyServerSideEncryptionByDefault");
                    xml.text("SSEAlgorithm", algorithm);
                    if algorithm == "aws:kms" {
                        xml.text("KMSMasterKeyID", &format!("arn:aws:kms:eu-west-1:{}:alias/evidence", world.account));
                    }
                    xml.close("ApplyServerSideEncryptionByDefault");
                    xml.text("BucketKeyEnabled", "true");
                    xml.close("Rule");
                })
            })
            .ok_or_else(|| {
                nothing(
                    "ServerSideEncryptionConfigurationNotFoundError",
                    "The server side encryption configuration was not found",
                )
            }),
        "GetBucketOwnershipControls" => bucket
            .ownership
            .as_ref()
            .map(|ownership| {
                element("OwnershipControls", |xml| {
                    xml.open("Rule");
                    xml.text("ObjectOwnership", ownership);
                    xml.close("Rule");
                })
            })
            .ok_or_else(|| nothing("OwnershipControlsNotFoundError", "The bucket ownership controls were not found")),
        "GetBucketAcl" => Ok(acl(bucket)),
        _ => Err(error::unknown(request)),
    }
}

fn element(name: &str, members: impl FnOnce(&mut Xml)) -> String {
    let mut xml = Xml::default();
    members(&mut xml);
    format!("<{name} xmlns=\"{NAMESPACE}\">{}</{name}>", xml.into_text())
}

fn block_members(xml: &mut Xml, block: Block) {
    for (name, on) in [
        ("BlockPublicAcls", block.acls),
        ("IgnorePublicAcls", block.ignore_acls),
        ("BlockPublicPolicy", block.policy),
        ("RestrictPublicBuckets", block.restrict),
    ] {
        xml.text(name, if on { "true" } else { "false" });
    }
}

fn lock_members(xml: &mut Xml, lock: &Lock) {
    xml.text("ObjectLockEnabled", "Enabled");
    if let Some(mode) = &lock.mode {
        xml.open("Rule");
        xml.open("DefaultRetention");
        xml.text("Mode", mode);
        xml.optional("Days", lock.days.map(|days| days.to_string()).as_deref());
        xml.optional("Years", lock.years.map(|years| years.to_string()).as_deref());
        xml.close("DefaultRetention");
        xml.close("Rule");
    }
}

fn acl(bucket: &Bucket) -> String {
    const OWNER: &str = "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be";
    let user = format!(
        "<Grant><Grantee xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:type=\"CanonicalUser\"><ID>{OWNER}</ID></Grantee><Permission>FULL_CONTROL</Permission></Grant>"
    );
    let groups: String = bucket
        .acl
        .iter()
        .map(|(grantee, permission)| {
            let (kind, element) = if grantee.starts_with("http") { ("Group", "URI") } else { ("CanonicalUser", "ID") };
            format!(
                "<Grant><Grantee xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:type=\"{kind}\"><{element}>{grantee}</{element}></Grantee><Permission>{permission}</Permission></Grant>"
            )
        })
        .collect();
    format!(
        "<AccessControlPolicy xmlns=\"{NAMESPACE}\"><Owner><ID>{OWNER}</ID></Owner><AccessControlList>{user}{groups}</AccessControlList></AccessControlPolicy>"
    )
}
