//! Refusals as GitHub words them.

use serde_json::json;

use testkit::Reply;

const DOCUMENTATION: &str = "https://docs.github.com/rest";

/// A refusal with GitHub's sentence for it.
#[must_use]
pub fn error(status: u16, message: &str) -> Reply {
    let body = json!({"message": message, "documentation_url": DOCUMENTATION, "status": status.to_string()});
    Reply::new(status, "application/json; charset=utf-8", body.to_string())
}

#[must_use]
pub fn denied() -> Reply {
    error(403, "Resource not accessible by integration")
}

/// The organisation lets only some networks in.
#[must_use]
pub fn denied_by_organization() -> Reply {
    error(
        403,
        "Although you appear to have the correct authorization credentials, the `northbank` organization has an IP \
         allow list enabled, and your IP address is not permitted to access this resource.",
    )
}

#[must_use]
pub fn bad_credentials() -> Reply {
    error(401, "Bad credentials")
}

#[must_use]
pub fn not_found() -> Reply {
    error(404, "Not Found")
}

#[must_use]
pub fn internal() -> Reply {
    error(500, "Server Error")
}

/// The primary limit: nothing is left until `reset`, in seconds since 1970.
#[must_use]
pub fn primary_limit(limit: u64, reset: u64) -> Reply {
    error(403, "API rate limit exceeded for installation ID 1.")
        .with_header("x-ratelimit-limit", limit.to_string())
        .with_header("x-ratelimit-remaining", "0")
        .with_header("x-ratelimit-reset", reset.to_string())
        .with_header("x-ratelimit-resource", "core")
}

/// A secondary limit, which says how long to wait.
#[must_use]
pub fn secondary_limit(seconds: u32) -> Reply {
    error(403, "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.")
        .with_header("retry-after", seconds.to_string())
}
