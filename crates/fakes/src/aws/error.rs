//! Errors as each protocol writes them.

use serde_json::json;
use testkit::{Reply, Request};

use super::common::{is_xml, name, service};
use super::protocol::Protocol;

const CALLER: &str = "arn:aws:iam::111122223333:user/witnessmark";

/// An error with a code of the service.
#[must_use]
pub fn error(request: &Request, status: u16, code: &str, message: &str) -> Reply {
    match Protocol::of(request) {
        Protocol::Query => {
            let kind = if status >= 500 { "Receiver" } else { "Sender" };
            let namespace = match service(request) {
                "sts" => "https://sts.amazonaws.com/doc/2011-06-15/",
                _ => "https://iam.amazonaws.com/doc/2010-05-08/",
            };
            let message = super::xml::escape(message);
            Reply::new(
                status,
                "text/xml",
                format!(
                    "<ErrorResponse xmlns=\"{namespace}\">\n  <Error>\n    <Type>{kind}</Type>\n    <Code>{code}</Code>\n    <Message>{message}</Message>\n  </Error>\n  <RequestId>0a1b2c3d-0000-4000-8000-00000000e44f</RequestId>\n</ErrorResponse>\n"
                ),
            )
        }
        Protocol::Xml => {
            let (open, close) = match name(request) {
                "GetAccountPublicAccessBlock" => ("<ErrorResponse><Error>", "</Error></ErrorResponse>"),
                _ => ("<Error>", "</Error>"),
            };
            let message = super::xml::escape(message);
            Reply::new(
                status,
                "application/xml",
                format!(
                    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{open}<Code>{code}</Code><Message>{message}</Message><RequestId>0A1B2C3D4E5F6071</RequestId><HostId>aG9zdA==</HostId>{close}"
                ),
            )
        }
        // KMS answers errors of the caller with 400, whatever they are.
        Protocol::Json => Reply::new(
            if status < 500 { 400 } else { status },
            "application/x-amz-json-1.1",
            json!({"__type": code, "message": message}).to_string(),
        ),
        Protocol::Rest | Protocol::Other => {
            Reply::new(status, "application/json", json!({"message": message}).to_string())
                .with_header("x-amzn-errortype", code)
        }
    }
}

/// Refused, with the reason AWS gives at the end of its sentence.
#[must_use]
pub fn denied(request: &Request, because: &str) -> Reply {
    let code = if is_xml(request) { "AccessDenied" } else { "AccessDeniedException" };
    let message =
        format!("User: {CALLER} is not authorized to perform: {} on resource: * {because}", request.operation);
    error(request, 403, code, &message)
}

#[must_use]
pub fn expired(request: &Request) -> Reply {
    let code = if is_xml(request) { "ExpiredToken" } else { "ExpiredTokenException" };
    error(request, 403, code, "The security token included in the request is expired")
}

#[must_use]
pub fn throttled(request: &Request) -> Reply {
    let (status, code) = match Protocol::of(request) {
        Protocol::Xml => (503, "SlowDown"),
        Protocol::Query => (400, "Throttling"),
        _ => (400, "ThrottlingException"),
    };
    error(request, status, code, "Rate exceeded")
}

#[must_use]
pub fn internal(request: &Request) -> Reply {
    let code = match Protocol::of(request) {
        Protocol::Query => "ServiceFailure",
        Protocol::Json if service(request) == "kms" => "KMSInternalException",
        Protocol::Json => "ServiceException",
        Protocol::Xml => "InternalError",
        Protocol::Rest | Protocol::Other => "InternalServerException",
    };
    error(request, 500, code, "The request processing has failed because of an unknown error, exception or failure.")
}

#[must_use]
pub fn unknown(request: &Request) -> Reply {
    match Protocol::of(request) {
        Protocol::Query => {
            let message = format!("Could not find operation {}", name(request));
            error(request, 400, "InvalidAction", &message)
        }
        Protocol::Xml => {
            error(request, 501, "NotImplemented", "A header you provided implies functionality that is not implemented")
        }
        _ => error(request, 404, "UnknownOperationException", &format!("unknown operation {}", name(request))),
    }
}

#[must_use]
pub fn invalid(request: &Request, message: &str) -> Reply {
    let code = if is_xml(request) { "ValidationError" } else { "ValidationException" };
    error(request, 400, code, message)
}

#[must_use]
pub fn not_found(request: &Request, message: &str) -> Reply {
    if is_xml(request) {
        error(request, 404, "NoSuchEntity", message)
    } else {
        error(request, 400, "NotFoundException", message)
    }
}
