//! The protocols of AWS: which operation of which service, in which region, a request asks for.

use http::HeaderMap;
use http::request::Parts;
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};
use testkit::{Request, Understood, form};

/// How a service is spoken to, which decides how it answers errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// IAM, STS: form in, XML out.
    Query,
    /// KMS: `X-Amz-Target` and JSON.
    Json,
    /// Account: JSON, the operation is the path.
    Rest,
    /// S3: the operation is a member of the query or the path, and answers are XML.
    Xml,
    /// Not understood.
    Other,
}

impl Protocol {
    pub(super) fn of(request: &Request) -> Self {
        Self::of_parts(&request.headers, &request.body)
    }

    fn of_parts(headers: &HeaderMap, body: &[u8]) -> Self {
        let service = Scope::of(headers).map(|scope| scope.service);
        if target(headers).is_some() {
            Self::Json
        } else if action(headers, body).is_some() {
            Self::Query
        } else {
            match service.as_deref() {
                Some("s3") => Self::Xml,
                Some(_) => Self::Rest,
                None => Self::Other,
            }
        }
    }
}

/// `ListKeys` of `X-Amz-Target: TrentService.ListKeys`.
fn target(headers: &HeaderMap) -> Option<&str> {
    Some(headers.get("x-amz-target")?.to_str().ok()?.rsplit_once('.')?.1)
}

/// The action of a form, and its other members.
fn action(headers: &HeaderMap, body: &[u8]) -> Option<(String, Map<String, Value>)> {
    let kind = headers.get("content-type")?.to_str().ok()?;
    let mut form = kind.starts_with("application/x-www-form-urlencoded").then(|| form(body))?;
    form.remove("Version");
    match form.remove("Action")? {
        Value::String(action) => Some((action, form)),
        _ => None,
    }
}

struct Scope {
    region: String,
    service: String,
}

impl Scope {
    /// `AWS4-HMAC-SHA256 Credential=AKID/20260101/eu-west-1/kms/aws4_request, SignedHeaders=…`
    fn of(headers: &HeaderMap) -> Option<Self> {
        let text = headers.get("authorization")?.to_str().ok()?;
        let credential = text.split_once("Credential=")?.1.split([',', ' ']).next()?;
        let mut parts = credential.split('/');
        let (_access_key, _date) = (parts.next()?, parts.next()?);
        Some(Self { region: parts.next()?.to_owned(), service: parts.next()?.to_owned() })
    }
}

/// What the AWS protocols tell.
pub(super) fn understand(head: &Parts, body: &[u8]) -> Understood {
    let scope = Scope::of(&head.headers);
    let service = scope.as_ref().map(|scope| scope.service.as_str());
    let json = || serde_json::from_slice(body).unwrap_or(Value::Object(Map::new()));
    let (operation, parameters) = if let Some(operation) = target(&head.headers) {
        (Some(format!("{}:{operation}", service.unwrap_or("json"))), json())
    } else if let Some((action, form)) = action(&head.headers, body) {
        (Some(format!("{}:{action}", service.unwrap_or("query"))), Value::Object(form))
    } else {
        match service {
            Some("s3") => s3(head),
            Some("eks") => eks(head),
            Some(service) => {
                let name = head.uri.path().rsplit('/').next().unwrap_or("");
                let mut letters = name.chars();
                let operation: String =
                    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default();
                (Some(format!("{service}:{operation}")), json())
            }
            None => (None, Value::Object(Map::new())),
        }
    };
    Understood { operation, parameters, region: scope.map(|scope| scope.region) }
}

/// S3 in path style, by the right that each read needs.
fn s3(head: &Parts) -> (Option<String>, Value) {
    let mut parameters = Map::new();
    for (header, name) in [("x-amz-account-id", "AccountId"), ("x-amz-expected-bucket-owner", "ExpectedBucketOwner")] {
        if let Some(value) = head.headers.get(header).and_then(|value| value.to_str().ok()) {
            parameters.insert(name.to_owned(), value.into());
        }
    }
    let path = head.uri.path();
    if head.method != http::Method::GET {
        return (None, Value::Object(parameters));
    }
    if path == "/v20180820/configuration/publicAccessBlock" {
        return (Some("s3:GetAccountPublicAccessBlock".to_owned()), Value::Object(parameters));
    }
    parameters.insert("Bucket".to_owned(), path.trim_matches('/').into());
    let query = head.uri.query().unwrap_or("");
    let operation = query.split('&').find_map(|member| {
        Some(match member.split('=').next().unwrap_or("") {
            "acl" => "s3:GetBucketAcl",
            "encryption" => "s3:GetEncryptionConfiguration",
            "location" => "s3:GetBucketLocation",
            "object-lock" => "s3:GetBucketObjectLockConfiguration",
            "ownershipControls" => "s3:GetBucketOwnershipControls",
            "policy" => "s3:GetBucketPolicy",
            "policyStatus" => "s3:GetBucketPolicyStatus",
            "publicAccessBlock" => "s3:GetBucketPublicAccessBlock",
            "versioning" => "s3:GetBucketVersioning",
            _ => return None,
        })
    });
    (operation.map(str::to_owned), Value::Object(parameters))
}

/// EKS: the operation is in the path, `/clusters/NAME/access-entries/ARN/access-policies`.
fn eks(head: &Parts) -> (Option<String>, Value) {
    let mut parameters = form(head.uri.query().unwrap_or("").as_bytes());
    let decode = |part: &str| Value::from(percent_decode_str(part).decode_utf8_lossy().into_owned());
    let mut parts = head.uri.path().trim_matches('/').split('/');
    let (kind, cluster, entries, principal, policies) =
        (parts.next(), parts.next(), parts.next(), parts.next(), parts.next());
    parameters.insert("clusterName".to_owned(), decode(cluster.unwrap_or("")));
    if let Some(value) = principal {
        let member = if entries == Some("pod-identity-associations") { "associationId" } else { "principalArn" };
        parameters.insert(member.to_owned(), decode(value));
    }
    let operation = match (head.method.as_str(), kind, entries, principal, policies) {
        ("GET", Some("clusters"), None, None, None) => Some("eks:DescribeCluster"),
        ("GET", Some("clusters"), Some("access-entries"), None, None) => Some("eks:ListAccessEntries"),
        ("GET", Some("clusters"), Some("access-entries"), Some(_), None) => Some("eks:DescribeAccessEntry"),
        ("GET", Some("clusters"), Some("access-entries"), Some(_), Some("access-policies")) => {
            Some("eks:ListAssociatedAccessPolicies")
        }
        ("GET", Some("clusters"), Some("pod-identity-associations"), None, None) => {
            Some("eks:ListPodIdentityAssociations")
        }
        ("GET", Some("clusters"), Some("pod-identity-associations"), Some(_), None) => {
            Some("eks:DescribePodIdentityAssociation")
        }
        _ => None,
    };
    (operation.map(str::to_owned), Value::Object(parameters))
}
