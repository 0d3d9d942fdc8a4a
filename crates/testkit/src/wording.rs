//! How a kind of source speaks: what a request asks it, and how it words its refusals and lists.
//!
//! Faults and the conformance suite are the same for all sources; what they look like on the wire is not.

use std::fmt::Debug;

use http::request::Parts;
use serde_json::{Map, Value};

use crate::fault::{more, with_member, wrong_shape};
use crate::{Protocol, Reply, Request, aws_fake, request};

/// The protocol of a source, as a fake of it speaks it.
pub trait Wording: Debug + Send + Sync {
    /// The operation a request asks for, named as a right is, and its parameters as a JSON object; `None` for what is no
    /// operation of this source.
    fn understand(&self, head: &Parts, body: &[u8]) -> (Protocol, Option<String>, Value);

    /// Refused for want of a right.
    fn denied(&self, request: &Request) -> Reply;

    /// Refused by a policy of the organisation; `None` where the source knows no such thing.
    fn denied_by_organization(&self, request: &Request) -> Option<Reply>;

    /// Credentials that are no longer good.
    fn expired(&self, request: &Request) -> Reply;

    /// Too many requests.
    fn throttled(&self, request: &Request) -> Reply;

    /// A failure of the source, in its own words.
    fn internal(&self, request: &Request) -> Reply;

    /// An operation the source does not know.
    fn unknown(&self, request: &Request) -> Reply;

    /// Well-formed and not what the operation answers.
    fn wrong_shape(&self, request: &Request) -> Reply;

    /// Whether an answer is a page of a list that can say that it goes on, as `fault` would make it say so.
    fn is_page(&self, body: &[u8], without_marker: bool) -> bool;

    /// Makes a page say that more follows: at this marker, or without saying where.
    fn more(&self, request: &Request, reply: Reply, marker: Option<&str>) -> Reply;

    /// Turns a request for any page into one for the first.
    fn first_page(&self, request: &mut Request);

    /// Puts a text into an answer, as the value of a member that the operation does not have.
    fn with_member(&self, request: &Request, body: &[u8], text: &str) -> Vec<u8>;
}

/// AWS, in all its protocols.
#[derive(Clone, Copy, Debug, Default)]
pub struct AwsWording;

impl Wording for AwsWording {
    fn understand(&self, head: &Parts, body: &[u8]) -> (Protocol, Option<String>, Value) {
        request::understand_aws(head, body)
    }

    fn denied(&self, request: &Request) -> Reply {
        aws_fake::error::denied(request, "because no identity-based policy allows the action")
    }

    fn denied_by_organization(&self, request: &Request) -> Option<Reply> {
        Some(aws_fake::error::denied(request, "with an explicit deny in a service control policy"))
    }

    fn expired(&self, request: &Request) -> Reply {
        aws_fake::error::expired(request)
    }

    fn throttled(&self, request: &Request) -> Reply {
        aws_fake::error::throttled(request)
    }

    fn internal(&self, request: &Request) -> Reply {
        aws_fake::error::internal(request)
    }

    fn unknown(&self, request: &Request) -> Reply {
        aws_fake::error::unknown(request)
    }

    fn wrong_shape(&self, request: &Request) -> Reply {
        wrong_shape(request)
    }

    fn is_page(&self, body: &[u8], without_marker: bool) -> bool {
        let text = String::from_utf8_lossy(body);
        // Some lists say that they go on by their token alone.
        let by_token = !without_marker && (text.contains("\"NextToken\"") || text.contains("\"nextToken\""));
        text.contains("<IsTruncated>") || text.contains("\"Truncated\"") || by_token
    }

    fn more(&self, request: &Request, reply: Reply, marker: Option<&str>) -> Reply {
        let body = more(&reply.body, request.protocol, marker);
        reply.with_body(body)
    }

    fn first_page(&self, request: &mut Request) {
        if let Some(parameters) = request.parameters.as_object_mut() {
            parameters.remove("Marker");
            parameters.remove("NextToken");
            parameters.remove("nextToken");
        }
    }

    fn with_member(&self, request: &Request, body: &[u8], text: &str) -> Vec<u8> {
        with_member(body, request.protocol, text)
    }
}

/// The members of a query string, decoded.
#[must_use]
pub fn query(head: &Parts) -> Map<String, Value> {
    head.uri.query().map(|query| request::form(query.as_bytes())).unwrap_or_default()
}
