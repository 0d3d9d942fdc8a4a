//! What answers are made of: JSON, the address of another page, the time.

use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::Value;
use testkit::{Reply, Request};

pub fn json_reply(status: u16, body: &Value) -> Reply {
    Reply::new(status, "application/json; charset=utf-8", body.to_string())
}

/// The request's own address with another page.
pub fn turned(request: &Request, cursor: &str, value: &str) -> String {
    let scheme = if request.secure { "https" } else { "http" };
    let host = request.header("host").unwrap_or("127.0.0.1");
    let (path, query) = request.path.split_once('?').unwrap_or((&request.path, ""));
    let mut pairs: Vec<String> = query
        .split('&')
        .filter(|pair| !pair.is_empty() && !pair.starts_with(&format!("{cursor}=")))
        .map(str::to_owned)
        .collect();
    pairs.push(format!("{cursor}={value}"));
    format!("{scheme}://{host}{path}?{}", pairs.join("&"))
}

/// Seconds since 1970.
#[must_use]
pub fn epoch() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock after 1970").as_secs()
}
