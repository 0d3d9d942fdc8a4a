//! What S3 answers, element by element, as far as this collector reads it.

use aws::Refusal;
use aws::fact::{Fact, malformed};
use aws::policy_document::PolicyDocument;
use aws::xml::{Document, MalformedAnswer, Node};
use sdk::Source;

use crate::page::Page;
use crate::resource::{AclGrant, Encryption, ObjectLock, PublicAccessBlock, Versioning};

/// Codes by which S3 says that a bucket, or the account, has none of what was asked for.
const NONE: [&str; 5] = [
    "NoSuchBucketPolicy",
    "NoSuchPublicAccessBlockConfiguration",
    "ObjectLockConfigurationNotFoundError",
    "OwnershipControlsNotFoundError",
    "ServerSideEncryptionConfigurationNotFoundError",
];

/// Whether S3 says that there is none. The answer may still be broken.
pub fn says_none(refusal: &Refusal) -> bool {
    NONE.iter().any(|code| refusal.has_code(code))
}

/// Reads a part that an answer gives whole. `root`: the element it is.
pub fn read<T>(
    asked: &Result<Page, Refusal>,
    root: &'static str,
    read: impl Fn(&Node<'_>) -> Result<T, MalformedAnswer>,
) -> Fact<T> {
    match asked {
        Ok(page) => {
            let found = Document::parse(&page.body, page.exchange).and_then(|document| read(&document.at(root)?));
            let place = Source::xml(page.exchange, root);
            match found {
                Ok(value) => Fact::read(value, vec![place]),
                Err(problem) => Fact::unread(malformed(&page.info, &place, &problem).gap(None)),
            }
        }
        Err(refusal) => Fact::unread(refusal.gap(None)),
    }
}

/// Reads a part that a bucket need not have.
pub fn read_optional<T>(
    asked: &Result<Page, Refusal>,
    root: &'static str,
    read_whole: impl Fn(&Node<'_>) -> Result<T, MalformedAnswer>,
) -> Fact<Option<T>> {
    match asked {
        Err(refusal) if says_none(refusal) => none(refusal),
        asked => read(asked, root, |node| read_whole(node).map(Some)),
    }
}

/// That there is none: by its code, in an answer that is whole.
fn none<T>(refusal: &Refusal) -> Fact<Option<T>> {
    let Some(exchange) = refusal.exchange else { return Fact::unread(refusal.gap(None)) };
    let at = |path: &str| {
        let document = Document::parse(&refusal.body, exchange)?;
        document.at(path)?.required("Code")?;
        Ok::<_, MalformedAnswer>(Source::xml(exchange, format!("{path}/Code")))
    };
    // S3 Control wraps its errors once more.
    match at("/Error").or_else(|problem| at("/ErrorResponse/Error").map_err(|_| problem)) {
        Ok(source) => Fact::read(None, vec![source]),
        Err(problem) => Fact::unread(malformed(&refusal.call, &Source::xml(exchange, "/Error"), &problem).gap(None)),
    }
}

/// The policy, which is the whole answer.
pub fn policy(asked: &Result<Page, Refusal>) -> Fact<Option<PolicyDocument>> {
    match asked {
        Err(refusal) if says_none(refusal) => none(refusal),
        Err(refusal) => Fact::unread(refusal.gap(None)),
        Ok(page) => {
            let place = Source::json(page.exchange, "");
            match PolicyDocument::parse(&String::from_utf8_lossy(&page.body)) {
                Ok(document) => Fact::read(Some(document), vec![place]),
                Err(problem) => Fact::unread(malformed(&page.info, &place, &problem).gap(None)),
            }
        }
    }
}

/// Where a bucket lies. No place is the oldest one, and `EU` the second oldest.
pub fn location(node: &Node<'_>) -> Result<String, MalformedAnswer> {
    Ok(match node.text() {
        "" => "us-east-1",
        "EU" => "eu-west-1",
        region => region,
    }
    .to_owned())
}

pub fn block(node: &Node<'_>) -> Result<PublicAccessBlock, MalformedAnswer> {
    let member = |name: &str| Ok::<_, MalformedAnswer>(node.boolean(name)?.unwrap_or_default());
    // One of them at least: anything else is no such answer.
    let any = ["BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"];
    if !any.iter().any(|name| node.value(name).is_some()) {
        node.required("BlockPublicAcls")?;
    }
    // What is not set is off: <https://docs.aws.amazon.com/AmazonS3/latest/API/API_PublicAccessBlockConfiguration.html>.
    Ok(PublicAccessBlock {
        block_public_acls: member("BlockPublicAcls")?,
        ignore_public_acls: member("IgnorePublicAcls")?,
        block_public_policy: member("BlockPublicPolicy")?,
        restrict_public_buckets: member("RestrictPublicBuckets")?,
    })
}

pub fn is_public(node: &Node<'_>) -> Result<bool, MalformedAnswer> {
    match node.boolean("IsPublic")? {
        Some(public) => Ok(public),
        None => node.required("IsPublic").map(|_| false),
    }
}

pub fn versioning(node: &Node<'_>) -> Result<Versioning, MalformedAnswer> {
    let word = |name: &str| node.value(name).map(str::to_owned);
    Ok(Versioning { status: word("Status"), mfa_delete: word("MfaDelete") })
}

pub fn object_lock(node: &Node<'_>) -> Result<ObjectLock, MalformedAnswer> {
    let enabled = node.required("ObjectLockEnabled")? == "Enabled";
    let nothing = ObjectLock { enabled, mode: None, days: None, years: None };
    let Some(retention) = node.child("Rule").and_then(|rule| rule.child("DefaultRetention")) else {
        return Ok(nothing);
    };
    Ok(ObjectLock {
        mode: retention.value("Mode").map(str::to_owned),
        days: retention.integer("Days")?,
        years: retention.integer("Years")?,
        ..nothing
    })
}

pub fn ownership(node: &Node<'_>) -> Result<String, MalformedAnswer> {
    node.child_or_self("Rule").required("ObjectOwnership").map(str::to_owned)
}

pub fn encryption(node: &Node<'_>) -> Result<Encryption, MalformedAnswer> {
    let rule = node.child_or_self("Rule");
    let default = rule.child_or_self("ApplyServerSideEncryptionByDefault");
    Ok(Encryption {
        algorithm: default.required("SSEAlgorithm")?.to_owned(),
        kms_key: default.value("KMSMasterKeyID").map(str::to_owned),
        bucket_key: rule.boolean("BucketKeyEnabled")?,
    })
}

pub fn acl(node: &Node<'_>) -> Result<Vec<AclGrant>, MalformedAnswer> {
    let Some(list) = node.child("AccessControlList") else {
        return Err(MalformedAnswer::Missing("/AccessControlPolicy/AccessControlList".to_owned()));
    };
    let owner = node.child_or_self("Owner").required("ID")?.to_owned();
    list.each("Grant")
        .map(|grant| {
            let grantee = grant.child_or_self("Grantee");
            let named = [("URI", "group"), ("ID", "canonical-user"), ("EmailAddress", "email")]
                .into_iter()
                .find_map(|(element, kind)| Some((grantee.value(element)?, kind)));
            let (who, kind) = match named {
                Some(named) => named,
                None => (grantee.required("ID")?, "canonical-user"),
            };
            Ok(AclGrant {
                is_owner: kind == "canonical-user" && who == owner,
                grantee: who.to_owned(),
                kind: kind.to_owned(),
                permission: grant.required("Permission")?.to_owned(),
            })
        })
        .collect()
}
