//! What AWS' protocols say in requests and answers: operation, parameters, error codes.
//!
//! The service is read from the signature's scope, which every signed request bears. What is not signed asks for
//! credentials (metadata services, single sign-on, web identity): its answers are never kept.

use bytes::Bytes;
use http::header::AUTHORIZATION;
use http::{HeaderMap, request};
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};
use transport::{Asked, Dialect};

/// The protocols of AWS' services.
#[derive(Clone, Copy, Debug)]
pub struct Aws;

/// Parameters of operations around credentials that are none themselves. All others are left out.
const HARMLESS: [&str; 8] =
    ["Version", "RoleArn", "RoleSessionName", "DurationSeconds", "role_name", "account_id", "path", "SerialNumber"];

impl Dialect for Aws {
    fn asked(&self, request: &request::Parts, body: &Bytes) -> Asked {
        let service = signed_service(&request.headers);
        let (name, mut parameters) = match service {
            Some("s3") => s3(request),
            Some("eks") => eks(request),
            _ => operation(request, body),
        };
        let operation = match service {
            Some(service) => format!("{service}:{name}"),
            None => format!("{}:{name}", unsigned_service(request)),
        };
        let credential_bearing = service.is_none()
            || (matches!(service, Some("sts" | "sso" | "sso-oauth" | "signin"))
                && operation != "sts:GetCallerIdentity");
        if credential_bearing {
            for (name, value) in &mut parameters {
                if !HARMLESS.contains(&name.as_str()) {
                    *value = Value::from("**REDACTED**");
                }
            }
        }
        Asked {
            operation,
            parameters: Value::Object(parameters),
            credential_bearing,
            attempt: attempt(&request.headers),
        }
    }

    fn request_id(&self, answer: &HeaderMap) -> Option<String> {
        ["x-amzn-requestid", "x-amz-request-id", "x-amzn-request-id"]
            .iter()
            .find_map(|name| answer.get(*name)?.to_str().ok())
            .map(str::to_owned)
    }

    fn error_code(&self, status: u16, answer: &HeaderMap, body: &Bytes) -> Option<String> {
        if status < 400 {
            return None;
        }
        let header = answer.get("x-amzn-errortype").and_then(|value| value.to_str().ok()).map(bare_code);
        header.or_else(|| json_code(body)).or_else(|| xml_code(body)).filter(|code| !code.is_empty())
    }
}

/// The service that a request's signature is for: `Credential=…/20261121/eu-west-1/kms/aws4_request`.
fn signed_service(headers: &HeaderMap) -> Option<&str> {
    let authorization = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (_, rest) = authorization.split_once("Credential=")?;
    let scope = rest.split([',', ' ']).next()?;
    scope.rsplit('/').nth(1)
}

/// A name for a source of credentials.
fn unsigned_service(request: &request::Parts) -> &'static str {
    let host = request.uri.host().unwrap_or_default();
    match host.trim_start_matches('[').trim_end_matches(']') {
        "169.254.169.254" | "fd00:ec2::254" => "imds",
        "169.254.170.2" | "169.254.170.23" | "fd00:ec2::23" => "container-credentials",
        host if host.starts_with("portal.sso.") => "sso",
        host if host.starts_with("oidc.") => "sso-oauth",
        host if host.starts_with("sts.") => "sts",
        _ => "unsigned",
    }
}

/// Name and parameters of an operation, from whichever protocol the request speaks.
fn operation(request: &request::Parts, body: &Bytes) -> (String, Map<String, Value>) {
    let target = request.headers.get("x-amz-target").and_then(|value| value.to_str().ok());
    if let Some(target) = target {
        let name = target.rsplit('.').next().unwrap_or(target);
        return (name.to_owned(), json_object(body));
    }
    let is_form = request
        .headers
        .get(http::header::CONTENT_TYPE)
        .is_some_and(|value| value.as_bytes().starts_with(b"application/x-www-form-urlencoded"));
    if is_form {
        let mut members = form_members(&String::from_utf8_lossy(body));
        if let Some(Value::String(action)) = members.remove("Action") {
            return (action, members);
        }
    }
    let mut parameters = json_object(body);
    if let Some(query) = request.uri.query() {
        parameters.extend(form_members(query));
    }
    let path = request.uri.path();
    // REST services of one call per path, `POST /listRegions`: the operation's name is the path's.
    let name = path.strip_prefix('/').filter(|name| {
        !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphabetic()) && request.method == http::Method::POST
    });
    if let Some(name) = name {
        let mut letters = name.chars();
        let first = letters.next().map(|c| c.to_ascii_uppercase());
        return (first.into_iter().chain(letters).collect(), parameters);
    }
    parameters.insert("path".to_owned(), Value::from(path));
    (request.method.to_string(), parameters)
}

/// What is asked of a bucket is in the query, of an account in the path. S3 has no names for its operations in its
/// requests: they are named here by the right that they need.
const S3: [(&str, &str); 9] = [
    ("acl", "GetBucketAcl"),
    ("encryption", "GetEncryptionConfiguration"),
    ("location", "GetBucketLocation"),
    ("object-lock", "GetBucketObjectLockConfiguration"),
    ("ownershipControls", "GetBucketOwnershipControls"),
    ("policy", "GetBucketPolicy"),
    ("policyStatus", "GetBucketPolicyStatus"),
    ("publicAccessBlock", "GetBucketPublicAccessBlock"),
    ("versioning", "GetBucketVersioning"),
];
const S3_ACCOUNT: &str = "/v20180820/configuration/publicAccessBlock";

/// Name and parameters of an operation of S3 in path style.
fn s3(request: &request::Parts) -> (String, Map<String, Value>) {
    let path = request.uri.path();
    let header = |name: &str| request.headers.get(name).and_then(|value| value.to_str().ok());
    let mut parameters = Map::new();
    for (name, member) in [("x-amz-account-id", "AccountId"), ("x-amz-expected-bucket-owner", "ExpectedBucketOwner")] {
        if let Some(value) = header(name) {
            parameters.insert(member.to_owned(), Value::from(value));
        }
    }
    let is_get = request.method == http::Method::GET;
    if is_get && path == S3_ACCOUNT {
        return ("GetAccountPublicAccessBlock".to_owned(), parameters);
    }
    let query = form_members(request.uri.query().unwrap_or_default());
    let bucket = path.trim_matches('/');
    let asked = S3.iter().find(|(sub_resource, _)| query.contains_key(*sub_resource));
    if let (true, Some((_, name)), false) = (is_get, asked, bucket.is_empty() || bucket.contains('/')) {
        parameters.insert("Bucket".to_owned(), Value::from(bucket));
        return ((*name).to_owned(), parameters);
    }
    parameters.extend(query);
    parameters.insert("path".to_owned(), Value::from(path));
    (request.method.to_string(), parameters)
}

/// EKS names its operations by their paths: <https://docs.aws.amazon.com/eks/latest/APIReference/API_Operations.html>.
fn eks(request: &request::Parts) -> (String, Map<String, Value>) {
    let mut parameters = form_members(request.uri.query().unwrap_or_default());
    let path = request.uri.path();
    let decoded = |part: &str| Value::from(percent_decode_str(part).decode_utf8_lossy().into_owned());
    let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
    if let (true, ["clusters", cluster, rest @ ..]) = (request.method == http::Method::GET, parts.as_slice()) {
        let named = match rest {
            [] => Some(("DescribeCluster", None)),
            ["access-entries"] => Some(("ListAccessEntries", None)),
            ["access-entries", principal] => Some(("DescribeAccessEntry", Some(("principalArn", principal)))),
            ["access-entries", principal, "access-policies"] => {
                Some(("ListAssociatedAccessPolicies", Some(("principalArn", principal))))
            }
            ["pod-identity-associations"] => Some(("ListPodIdentityAssociations", None)),
            ["pod-identity-associations", id] => Some(("DescribePodIdentityAssociation", Some(("associationId", id)))),
            _ => None,
        };
        if let Some((name, of)) = named {
            parameters.insert("clusterName".to_owned(), decoded(cluster));
            if let Some((member, value)) = of {
                parameters.insert(member.to_owned(), decoded(value));
            }
            return (name.to_owned(), parameters);
        }
    }
    parameters.insert("path".to_owned(), Value::from(path));
    (request.method.to_string(), parameters)
}

fn json_object(body: &Bytes) -> Map<String, Value> {
    match serde_json::from_slice(body) {
        Ok(Value::Object(members)) => members,
        _ => Map::new(),
    }
}

fn form_members(text: &str) -> Map<String, Value> {
    let decode = |part: &str| percent_decode_str(&part.replace('+', " ")).decode_utf8_lossy().into_owned();
    text.split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decode(name), Value::from(decode(value)))
        })
        .collect()
}

/// The SDK numbers its attempts: `amz-sdk-request: attempt=2; max=6`.
fn attempt(headers: &HeaderMap) -> Option<u32> {
    let value = headers.get("amz-sdk-request")?.to_str().ok()?;
    value.split(';').find_map(|part| part.trim().strip_prefix("attempt="))?.parse().ok()
}

/// `com.amazonaws.kms#NotFoundException:http://…` is `NotFoundException`.
fn bare_code(text: &str) -> String {
    let text = text.split(':').next().unwrap_or(text);
    text.rsplit('#').next().unwrap_or(text).trim().to_owned()
}

fn json_code(body: &Bytes) -> Option<String> {
    let Ok(Value::Object(members)) = serde_json::from_slice(body) else {
        return None;
    };
    ["__type", "code", "Code"].iter().find_map(|name| members.get(*name)?.as_str()).map(bare_code)
}

fn xml_code(body: &Bytes) -> Option<String> {
    let text = std::str::from_utf8(body).ok()?;
    let (_, rest) = text.split_once("<Code>")?;
    let (code, _) = rest.split_once("</Code>")?;
    (code.len() < 128).then(|| code.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const SIGNED: &str =
        "AWS4-HMAC-SHA256 Credential=AKIA/20261121/eu-west-1/SERVICE/aws4_request, SignedHeaders=host, Signature=00";

    fn asked(request: http::request::Builder, service: Option<&str>, body: &str) -> Asked {
        let request = match service {
            Some(service) => request.header(AUTHORIZATION, SIGNED.replace("SERVICE", service)),
            None => request,
        };
        let (parts, ()) = request.body(()).unwrap().into_parts();
        Aws.asked(&parts, &Bytes::copy_from_slice(body.as_bytes()))
    }

    #[test]
    fn reads_three_protocols() {
        let kms = asked(
            http::Request::post("https://kms.eu-west-1.amazonaws.com/")
                .header("x-amz-target", "TrentService.ListKeys")
                .header("amz-sdk-request", "attempt=2; max=6"),
            Some("kms"),
            r#"{"Limit":1000,"Marker":"m"}"#,
        );
        assert_eq!(kms.operation, "kms:ListKeys");
        assert_eq!(kms.parameters, json!({"Limit": 1000, "Marker": "m"}));
        assert_eq!(kms.attempt, Some(2));
        assert!(!kms.credential_bearing);

        let iam = asked(
            http::Request::post("https://iam.amazonaws.com/")
                .header("content-type", "application/x-www-form-urlencoded"),
            Some("iam"),
            "Action=ListUsers&Version=2010-05-08&PathPrefix=%2Fa+b%2F",
        );
        assert_eq!(iam.operation, "iam:ListUsers");
        assert_eq!(iam.parameters, json!({"Version": "2010-05-08", "PathPrefix": "/a b/"}));

        let account = asked(
            http::Request::post("https://account.us-east-1.amazonaws.com/listRegions"),
            Some("account"),
            r#"{"MaxResults":50}"#,
        );
        assert_eq!(account.operation, "account:ListRegions");
        assert_eq!(account.parameters, json!({"MaxResults": 50}));
    }

    #[test]
    fn names_what_is_asked_of_s3_by_the_right_it_needs() {
        let policy = asked(
            http::Request::get("https://s3.eu-west-1.amazonaws.com/evidence?policy")
                .header("x-amz-expected-bucket-owner", "111122223333"),
            Some("s3"),
            "",
        );
        assert_eq!(policy.operation, "s3:GetBucketPolicy");
        assert_eq!(policy.parameters, json!({"Bucket": "evidence", "ExpectedBucketOwner": "111122223333"}));
        let lock =
            asked(http::Request::get("https://s3.eu-west-1.amazonaws.com/evidence/?object-lock="), Some("s3"), "");
        assert_eq!(lock.operation, "s3:GetBucketObjectLockConfiguration");
        let account = asked(
            http::Request::get(format!("https://111122223333.s3-control.eu-west-1.amazonaws.com{S3_ACCOUNT}"))
                .header("x-amz-account-id", "111122223333"),
            Some("s3"),
            "",
        );
        assert_eq!(account.operation, "s3:GetAccountPublicAccessBlock");
        // An object's content, or a change: no name that a right stands for.
        for request in
            [http::Request::get("https://h/evidence/object?acl"), http::Request::put("https://h/evidence?acl")]
        {
            let other = asked(request, Some("s3"), "").operation;
            assert!(["s3:GET", "s3:PUT"].contains(&other.as_str()), "{other}");
        }
    }

    #[test]
    fn knows_what_bears_credentials() {
        let form = |action: &str| format!("Action={action}&RoleArn=r&WebIdentityToken=t");
        let sts = || {
            http::Request::post("https://sts.eu-west-1.amazonaws.com/")
                .header("content-type", "application/x-www-form-urlencoded")
        };
        let assume = asked(sts(), Some("sts"), &form("AssumeRole"));
        assert!(assume.credential_bearing);
        assert_eq!(assume.operation, "sts:AssumeRole");
        assert_eq!(assume.parameters, json!({"RoleArn": "r", "WebIdentityToken": "**REDACTED**"}));
        let web = asked(sts(), None, &form("AssumeRoleWithWebIdentity"));
        assert!(web.credential_bearing);
        assert_eq!(web.operation, "sts:AssumeRoleWithWebIdentity");
        assert!(!asked(sts(), Some("sts"), "Action=GetCallerIdentity").credential_bearing);

        let imds =
            asked(http::Request::get("http://169.254.169.254/latest/meta-data/iam/security-credentials/r"), None, "");
        assert!(imds.credential_bearing);
        assert_eq!(imds.operation, "imds:GET");
        assert_eq!(imds.parameters, json!({"path": "/latest/meta-data/iam/security-credentials/r"}));
        let unknown = asked(http::Request::get("http://127.0.0.1/creds?token=x"), None, "");
        assert!(unknown.credential_bearing);
        assert_eq!(unknown.parameters, json!({"path": "/creds", "token": "**REDACTED**"}));
    }

    #[test]
    fn reads_error_codes() {
        let code = |header: Option<&str>, body: &str| {
            let mut headers = HeaderMap::new();
            if let Some(header) = header {
                headers.insert("x-amzn-errortype", header.parse().unwrap());
            }
            Aws.error_code(400, &headers, &Bytes::copy_from_slice(body.as_bytes()))
        };
        assert_eq!(code(Some("AccessDeniedException:http://x"), "").as_deref(), Some("AccessDeniedException"));
        assert_eq!(
            code(None, r#"{"__type":"com.amazonaws.kms#NotFoundException"}"#).as_deref(),
            Some("NotFoundException")
        );
        assert_eq!(
            code(None, "<ErrorResponse><Error><Code>AccessDenied</Code></Error></ErrorResponse>").as_deref(),
            Some("AccessDenied")
        );
        assert_eq!(code(None, "<html>502</html>"), None);
        let ok = Aws.error_code(200, &HeaderMap::new(), &Bytes::from_static(b"<Code>x</Code>"));
        assert_eq!(ok, None);
    }
}
