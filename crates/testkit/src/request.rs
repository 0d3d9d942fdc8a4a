//! One request, understood as far as the source's wording allows: which operation, with which parameters; for AWS also
//! which service in which region.

use bytes::Bytes;
use http::HeaderMap;
use http::request::Parts;
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

use crate::Wording;

/// A request as a handler sees it.
#[derive(Clone, Debug)]
pub struct Request {
    pub method: String,
    /// With the query, as it was sent.
    pub path: String,
    pub headers: HeaderMap,
    pub body: Bytes,
    /// It came over TLS.
    pub secure: bool,
    /// `kms:ListKeys`; `METHOD /path` for what is no operation of the source.
    pub operation: String,
    pub protocol: Protocol,
    /// From the signature's scope.
    pub region: Option<String>,
    /// The access key id the request is signed with.
    pub access_key: Option<String>,
    /// A JSON object; members of a query request are strings.
    pub parameters: Value,
}

/// Marks a request that came over TLS.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Secure;

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
    /// Not AWS, or not understood.
    Other,
}

impl Request {
    pub(crate) fn new(head: &Parts, body: Bytes, wording: &dyn Wording) -> Self {
        let path = head.uri.path_and_query().map_or_else(|| "/".to_owned(), ToString::to_string);
        let scope = Scope::of(&head.headers);
        let (protocol, operation, parameters) = wording.understand(head, &body);
        Self {
            method: head.method.to_string(),
            operation: operation.unwrap_or_else(|| format!("{} {path}", head.method)),
            path,
            headers: head.headers.clone(),
            body,
            secure: head.extensions.get::<Secure>().is_some(),
            protocol,
            parameters,
            region: scope.as_ref().map(|scope| scope.region.clone()),
            access_key: scope.map(|scope| scope.access_key),
        }
    }

    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// A parameter as text.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.get(name)?.as_str()
    }

    /// A parameter as a number, whichever way the protocol writes it.
    #[must_use]
    pub fn number(&self, name: &str) -> Option<usize> {
        match self.parameters.get(name)? {
            Value::Number(number) => usize::try_from(number.as_u64()?).ok(),
            Value::String(text) => text.parse().ok(),
            _ => None,
        }
    }

    /// `kms` of `kms:ListKeys`.
    #[must_use]
    pub fn service(&self) -> &str {
        self.operation.split_once(':').map_or("", |(service, _)| service)
    }
}

struct Scope {
    access_key: String,
    region: String,
    service: String,
}

impl Scope {
    /// `AWS4-HMAC-SHA256 Credential=AKID/20260101/eu-west-1/kms/aws4_request, SignedHeaders=…`
    fn of(headers: &HeaderMap) -> Option<Self> {
        let text = headers.get("authorization")?.to_str().ok()?;
        let credential = text.split_once("Credential=")?.1.split([',', ' ']).next()?;
        let mut parts = credential.split('/');
        let (access_key, _date) = (parts.next()?, parts.next()?);
        Some(Self {
            access_key: access_key.to_owned(),
            region: parts.next()?.to_owned(),
            service: parts.next()?.to_owned(),
        })
    }
}

/// What the AWS protocols tell.
pub(crate) fn understand_aws(head: &Parts, body: &[u8]) -> (Protocol, Option<String>, Value) {
    let scope = Scope::of(&head.headers);
    let service = scope.as_ref().map(|scope| scope.service.as_str());
    let text = |name: &str| head.headers.get(name).and_then(|value| value.to_str().ok());
    let json = || serde_json::from_slice(body).unwrap_or(Value::Object(Map::new()));
    if let Some((_, operation)) = text("x-amz-target").and_then(|target| target.rsplit_once('.')) {
        let service = service.unwrap_or("json");
        return (Protocol::Json, Some(format!("{service}:{operation}")), json());
    }
    if text("content-type").is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded")) {
        let mut form = form(body);
        form.remove("Version");
        if let Some(Value::String(action)) = form.remove("Action") {
            let service = service.unwrap_or("query");
            return (Protocol::Query, Some(format!("{service}:{action}")), Value::Object(form));
        }
    }
    if service == Some("s3") {
        let (operation, parameters) = s3(head);
        return (Protocol::Xml, operation, Value::Object(parameters));
    }
    if service == Some("eks") {
        let (operation, parameters) = eks(head);
        return (Protocol::Rest, operation, Value::Object(parameters));
    }
    if let Some(service) = service {
        let name = head.uri.path().rsplit('/').next().unwrap_or("");
        let mut letters = name.chars();
        let operation: String =
            letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default();
        return (Protocol::Rest, Some(format!("{service}:{operation}")), json());
    }
    (Protocol::Other, None, Value::Object(Map::new()))
}

/// S3 in path style, by the right that each read needs.
fn s3(head: &Parts) -> (Option<String>, Map<String, Value>) {
    let mut parameters = Map::new();
    for (header, name) in [("x-amz-account-id", "AccountId"), ("x-amz-expected-bucket-owner", "ExpectedBucketOwner")] {
        if let Some(value) = head.headers.get(header).and_then(|value| value.to_str().ok()) {
            parameters.insert(name.to_owned(), value.into());
        }
    }
    let path = head.uri.path();
    if head.method != http::Method::GET {
        return (None, parameters);
    }
    if path == "/v20180820/configuration/publicAccessBlock" {
        return (Some("s3:GetAccountPublicAccessBlock".to_owned()), parameters);
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
    (operation.map(str::to_owned), parameters)
}

/// EKS: the operation is in the path, `/clusters/NAME/access-entries/ARN/access-policies`.
fn eks(head: &Parts) -> (Option<String>, Map<String, Value>) {
    let mut parameters = form(head.uri.query().unwrap_or("").as_bytes());
    let decode = |part: &str| Value::from(percent_decode_str(part).decode_utf8_lossy().into_owned());
    let mut parts = head.uri.path().trim_matches('/').split('/');
    let (kind, cluster, entries, principal, policies) =
        (parts.next(), parts.next(), parts.next(), parts.next(), parts.next());
    parameters.insert("clusterName".to_owned(), decode(cluster.unwrap_or("")));
    if let Some(principal) = principal {
        parameters.insert("principalArn".to_owned(), decode(principal));
    }
    let operation = match (head.method.as_str(), kind, entries, principal, policies) {
        ("GET", Some("clusters"), None, None, None) => Some("eks:DescribeCluster"),
        ("GET", Some("clusters"), Some("access-entries"), None, None) => Some("eks:ListAccessEntries"),
        ("GET", Some("clusters"), Some("access-entries"), Some(_), None) => Some("eks:DescribeAccessEntry"),
        ("GET", Some("clusters"), Some("access-entries"), Some(_), Some("access-policies")) => {
            Some("eks:ListAssociatedAccessPolicies")
        }
        _ => None,
    };
    (operation.map(str::to_owned), parameters)
}

pub(crate) fn form(body: &[u8]) -> Map<String, Value> {
    let decode = |text: &str| percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned();
    String::from_utf8_lossy(body)
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, value)| (decode(name), Value::String(decode(value))))
        .collect()
}
