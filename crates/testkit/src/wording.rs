//! How a kind of source speaks: what a request asks it, and how it words its refusals and lists.
//!
//! Faults and the conformance suite are the same for all sources; what they look like on the wire is not.

use std::fmt::Debug;

use http::request::Parts;
use serde_json::{Map, Value};

use crate::reply::Reply;
use crate::request::{Request, Understood, form};

/// The protocol of a source, as a fake of it speaks it.
pub trait Wording: Debug + Send + Sync {
    /// What a request asks for.
    fn understand(&self, head: &Parts, body: &[u8]) -> Understood;

    /// Secrets that the source hands out in its answers: to be found in no output.
    fn secrets(&self) -> &[&str];

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

/// A source that is nothing but HTTP: no operations, no pages, and refusals by their status alone.
#[derive(Clone, Copy, Debug, Default)]
pub struct HttpWording;

fn status(status: u16) -> Reply {
    Reply::new(status, "text/plain", "")
}

impl Wording for HttpWording {
    fn understand(&self, head: &Parts, _: &[u8]) -> Understood {
        Understood { operation: None, parameters: Value::Object(query(head)), region: None }
    }

    fn secrets(&self) -> &[&str] {
        &[]
    }

    fn denied(&self, _: &Request) -> Reply {
        status(403)
    }

    fn denied_by_organization(&self, _: &Request) -> Option<Reply> {
        None
    }

    fn expired(&self, _: &Request) -> Reply {
        status(401)
    }

    fn throttled(&self, _: &Request) -> Reply {
        status(429)
    }

    fn internal(&self, _: &Request) -> Reply {
        status(500)
    }

    fn unknown(&self, _: &Request) -> Reply {
        status(404)
    }

    fn wrong_shape(&self, _: &Request) -> Reply {
        Reply::new(200, "text/plain", "4711")
    }

    fn is_page(&self, _: &[u8], _: bool) -> bool {
        false
    }

    fn more(&self, request: &Request, _: Reply, _: Option<&str>) -> Reply {
        panic!("`{}` has no pages", request.path)
    }

    fn first_page(&self, _: &mut Request) {}

    fn with_member(&self, _: &Request, body: &[u8], text: &str) -> Vec<u8> {
        [body, text.as_bytes()].concat()
    }
}

/// The members of a query string, decoded.
#[must_use]
pub fn query(head: &Parts) -> Map<String, Value> {
    head.uri.query().map(|query| form(query.as_bytes())).unwrap_or_default()
}
