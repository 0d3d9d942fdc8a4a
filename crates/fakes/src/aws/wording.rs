//! How AWS words requests, refusals and pages.

use http::request::Parts;
use testkit::{Reply, Request, Understood, Wording};

use super::error;
use super::iam::{SESSION_SECRET, SESSION_TOKEN};
use super::protocol::{self, Protocol};

/// AWS, in all its protocols.
#[derive(Clone, Copy, Debug, Default)]
pub struct AwsWording;

impl Wording for AwsWording {
    fn understand(&self, head: &Parts, body: &[u8]) -> Understood {
        protocol::understand(head, body)
    }

    fn secrets(&self) -> &[&str] {
        &[SESSION_SECRET, SESSION_TOKEN]
    }

    fn denied(&self, request: &Request) -> Reply {
        error::denied(request, "because no identity-based policy allows the action")
    }

    fn denied_by_organization(&self, request: &Request) -> Option<Reply> {
        Some(error::denied(request, "with an explicit deny in a service control policy"))
    }

    fn expired(&self, request: &Request) -> Reply {
        error::expired(request)
    }

    fn throttled(&self, request: &Request) -> Reply {
        error::throttled(request)
    }

    fn internal(&self, request: &Request) -> Reply {
        error::internal(request)
    }

    fn unknown(&self, request: &Request) -> Reply {
        error::unknown(request)
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
        let body = more(&reply.body, Protocol::of(request), marker);
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
        with_member(body, Protocol::of(request), text)
    }
}

/// Makes an answer say that more follows.
fn more(body: &[u8], protocol: Protocol, marker: Option<&str>) -> Vec<u8> {
    if protocol == Protocol::Query {
        let text = String::from_utf8_lossy(body);
        let without = without_element(&text, "Marker");
        let marker = marker.map(|marker| format!("<Marker>{marker}</Marker>")).unwrap_or_default();
        let truncated = format!("<IsTruncated>true</IsTruncated>{marker}");
        let changed = without.replace("<IsTruncated>false</IsTruncated>", "<IsTruncated>true</IsTruncated>");
        return changed.replacen("<IsTruncated>true</IsTruncated>", &truncated, 1).into_bytes();
    }
    let mut value: serde_json::Value = serde_json::from_slice(body).expect("the inner handler answers JSON");
    let members = value.as_object_mut().expect("an object");
    // Such a list says that it goes on by its token alone.
    if let Some(token) = ["NextToken", "nextToken"].into_iter().find(|token| members.contains_key(*token)) {
        match marker {
            Some(marker) => members.insert(token.to_owned(), marker.into()),
            None => members.remove(token),
        };
        return value.to_string().into_bytes();
    }
    members.insert("Truncated".to_owned(), true.into());
    match marker {
        Some(marker) => members.insert("NextMarker".to_owned(), marker.into()),
        None => members.remove("NextMarker"),
    };
    value.to_string().into_bytes()
}

fn with_member(body: &[u8], protocol: Protocol, text: &str) -> Vec<u8> {
    if protocol == Protocol::Query {
        let answer = String::from_utf8_lossy(body);
        let member = format!("Result><Note>{text}</Note>");
        if !answer.contains("Result>") {
            // A refusal can hold a secret as well.
            return answer.replacen("<Error>", &format!("<Error><Note>{text}</Note>"), 1).into_bytes();
        }
        return answer.replacen("Result>", &member, 1).into_bytes();
    }
    // A bucket's policy is JSON in the midst of XML.
    if protocol == Protocol::Xml && !body.starts_with(b"{") {
        let answer = String::from_utf8_lossy(body);
        let (prolog, rest) = answer.split_once("?>").expect("the inner handler answers XML");
        return format!("{prolog}?>{}", rest.replacen('>', &format!("><Note>{text}</Note>"), 1)).into_bytes();
    }
    let mut value: serde_json::Value = serde_json::from_slice(body).expect("the inner handler answers JSON");
    value["Note"] = text.into();
    value.to_string().into_bytes()
}

fn without_element(text: &str, name: &str) -> String {
    let (open, close) = (format!("<{name}>"), format!("</{name}>"));
    match (text.split_once(&open), text.split_once(&close)) {
        (Some((before, _)), Some((_, after))) => format!("{before}{after}"),
        _ => text.to_owned(),
    }
}

fn wrong_shape(request: &Request) -> Reply {
    let name = request.operation.rsplit(':').next().unwrap_or("");
    match Protocol::of(request) {
        Protocol::Query | Protocol::Xml => {
            Reply::new(200, "text/xml", format!("<{name}Response><Nothing>4711</Nothing></{name}Response>"))
        }
        _ => Reply::new(200, "application/x-amz-json-1.1", r#"{"Unexpected":[4711]}"#),
    }
}
