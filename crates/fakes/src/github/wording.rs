//! How GitHub words requests, refusals and pages.

use http::request::Parts;
use serde_json::{Value, json};

use super::reply::{epoch, turned};
use super::{error, routes};
use testkit::{Reply, Request, Understood, Wording, query};

/// GitHub's protocol.
#[derive(Clone, Copy, Debug, Default)]
pub struct GithubWording;

impl Wording for GithubWording {
    fn understand(&self, head: &Parts, _: &[u8]) -> Understood {
        let path = head.uri.path_and_query().map_or("/", |path| path.as_str());
        let operation = routes::operation(head.method.as_str(), path);
        Understood { operation, parameters: Value::Object(query(head)), region: None }
    }

    fn secrets(&self) -> &[&str] {
        &[]
    }

    fn denied(&self, _: &Request) -> Reply {
        error::denied()
    }

    fn denied_by_organization(&self, _: &Request) -> Option<Reply> {
        Some(error::denied_by_organization())
    }

    fn expired(&self, _: &Request) -> Reply {
        error::bad_credentials()
    }

    fn throttled(&self, _: &Request) -> Reply {
        error::primary_limit(5000, epoch())
    }

    fn internal(&self, _: &Request) -> Reply {
        error::internal()
    }

    fn unknown(&self, _: &Request) -> Reply {
        error::not_found()
    }

    fn wrong_shape(&self, _: &Request) -> Reply {
        Reply::new(200, "application/json; charset=utf-8", r#"{"Unexpected":[4711]}"#)
    }

    fn is_page(&self, body: &[u8], _: bool) -> bool {
        let body: Value = serde_json::from_slice(body).unwrap_or(Value::Null);
        body.is_array() || ["total_count", "totalResults"].iter().any(|count| body[count].is_u64())
    }

    /// By its `Link`, and where it counts instead by a larger count.
    fn more(&self, request: &Request, mut reply: Reply, marker: Option<&str>) -> Reply {
        reply.headers.retain(|(name, _)| name != "link");
        if let Ok(mut value) = serde_json::from_slice::<Value>(&reply.body)
            && value["totalResults"].is_u64()
        {
            value["totalResults"] = 4711.into();
            return reply.with_body(value.to_string());
        }
        let target = marker.map(|marker| turned(request, "page", marker)).unwrap_or_default();
        reply.with_header("link", format!("<{target}>; rel=\"next\""))
    }

    fn first_page(&self, request: &mut Request) {
        if let Some(parameters) = request.parameters.as_object_mut() {
            for marker in ["page", "after", "startIndex"] {
                parameters.remove(marker);
            }
        }
    }

    fn with_member(&self, _: &Request, body: &[u8], text: &str) -> Vec<u8> {
        let mut value: Value = serde_json::from_slice(body).expect("the fake answers JSON");
        match &mut value {
            Value::Array(entries) => entries.push(json!({"Note": text})),
            _ => value["Note"] = text.into(),
        }
        value.to_string().into_bytes()
    }
}
