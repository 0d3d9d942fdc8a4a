//! What GitHub says in requests and answers: operation, refusals, pages.

use bytes::Bytes;
use http::{HeaderMap, Uri, request};
use sdk::GapReason;
use serde::Deserialize;
use serde_json::{Map, Value};
use transport::{Asked, Dialect};

use crate::routes::{self, ACCESS_TOKENS};

/// GitHub's protocol, under a server's own path.
#[derive(Clone, Debug)]
pub struct GitHub {
    /// `/api/v3` of an Enterprise Server; empty on github.com.
    pub prefix: String,
}

impl Dialect for GitHub {
    fn asked(&self, request: &request::Parts, _: &Bytes) -> Asked {
        let (path, query) = (request.uri.path(), request.uri.query().unwrap_or_default());
        let path = path.strip_prefix(&self.prefix).unwrap_or(path);
        let operation = routes::operation(request.method.as_str(), path, query);
        let mut parameters = Map::from_iter([("path".to_owned(), Value::from(path))]);
        for (name, value) in query.split('&').filter_map(|pair| pair.split_once('=')) {
            let value = percent_encoding::percent_decode_str(value).decode_utf8_lossy().into_owned();
            parameters.insert(name.to_owned(), value.into());
        }
        Asked {
            operation: operation.map_or_else(|| format!("{} {path}", request.method), str::to_owned),
            parameters: Value::Object(parameters),
            credential_bearing: operation.is_none_or(|operation| operation == ACCESS_TOKENS),
            attempt: None,
        }
    }

    fn request_id(&self, answer: &HeaderMap) -> Option<String> {
        text(answer, "x-github-request-id").map(str::to_owned)
    }

    fn error_code(&self, status: u16, _: &HeaderMap, body: &Bytes) -> Option<String> {
        if status < 400 {
            return None;
        }
        // GitHub has no codes, and its sentences may name who asked: only those that name no one are kept here.
        let said = message(body)?;
        KNOWN.iter().find(|known| said.starts_with(*known)).map(|known| (*known).to_owned())
    }
}

/// How GitHub's sentences begin.
const KNOWN: [&str; 12] = [
    "Bad credentials",
    "Requires authentication",
    "Not Found",
    "Branch not protected",
    "Resource not accessible by integration",
    "Resource not accessible by personal access token",
    "Only owners can use this filter",
    "Must authenticate as a GitHub App",
    "You must be an admin",
    "API rate limit exceeded",
    "You have exceeded a secondary rate limit",
    "Server Error",
];

/// A header as text.
pub fn text<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name)?.to_str().ok()
}

#[derive(Deserialize)]
struct Refused {
    message: String,
}

/// GitHub's own sentence in a refusal.
pub fn message(body: &[u8]) -> Option<String> {
    serde_json::from_slice::<Refused>(body).ok().map(|refused| refused.message)
}

/// Why a request was refused, and what GitHub said: its own words, as long as they are.
pub fn sort(status: u16, body: &[u8]) -> (GapReason, String) {
    let said = message(body);
    let words = said.as_deref().unwrap_or_default();
    let lower = words.to_ascii_lowercase();
    // https://docs.github.com/rest/using-the-rest-api/troubleshooting-the-rest-api
    let closed = ["ip allow list", "saml enforcement", "saml sso", "oauth app access restrictions", "forbids access"]
        .iter()
        .any(|sign| lower.contains(sign));
    let reason = match status {
        300..=399 => GapReason::Unsupported,
        401 | 407 => GapReason::Unauthenticated,
        403 if closed => GapReason::ClosedByPolicy,
        403 => GapReason::Denied,
        // "Only owners can use this filter."
        422 if lower.contains("owner") => GapReason::Denied,
        404 | 405 | 410 | 422 | 501 => GapReason::Unsupported,
        408 => GapReason::TimedOut,
        429 => GapReason::Throttled,
        500..=599 => GapReason::SourceError,
        _ => GapReason::Malformed,
    };
    let detail = match (said, status) {
        (_, 300..=399) => {
            format!(
                "HTTP status {status}: GitHub redirects elsewhere (a renamed repository?); the redirect is not followed"
            )
        }
        (Some(said), 404) => {
            format!("HTTP status 404: {said}; GitHub also answers this for what this credential may not see")
        }
        (Some(said), _) => format!("HTTP status {status}: {said}"),
        (None, _) => format!("HTTP status {status}; GitHub gave no reason"),
    };
    (reason, detail)
}

/// What a limit says of waiting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// So many seconds from now.
    Seconds(u64),
    /// Until this second since 1970.
    Until(i64),
    /// It does not say; GitHub asks for a minute at least.
    Unsaid,
}

/// Whether an answer is a limit's, and not a refusal for want of a right: both come as 403.
/// <https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api>
pub fn limit(status: u16, headers: &HeaderMap, body: &[u8]) -> Option<Limit> {
    if status != 403 && status != 429 {
        return None;
    }
    let said = message(body);
    let words = said.as_deref().unwrap_or_default().to_ascii_lowercase();
    let of_a_limit = status == 429 || words.contains("rate limit") || words.contains("abuse detection");
    // Whoever has used up their last request and lacks the right for it is told both: the sentence is the reason, the headers are not.
    if said.is_some() && !of_a_limit && text(headers, "retry-after").is_none() {
        return None;
    }
    if let Some(seconds) = text(headers, "retry-after").and_then(|text| text.trim().parse().ok()) {
        return Some(Limit::Seconds(seconds));
    }
    if text(headers, "x-ratelimit-remaining") == Some("0")
        && let Some(reset) = text(headers, "x-ratelimit-reset").and_then(|text| text.trim().parse().ok())
    {
        return Some(Limit::Until(reset));
    }
    of_a_limit.then_some(Limit::Unsaid)
}

/// Where a list goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    End,
    At(Uri),
    /// It goes on, and not in a way that may be followed.
    Broken(String),
}

/// The `Link` of an answer to a request for `asked`. Only the same list at the same place is followed:
/// whoever could put another origin there would be sent our token.
pub fn next(headers: &HeaderMap, asked: &Uri) -> Next {
    let Some(header) = headers.get("link") else { return Next::End };
    let Ok(header) = header.to_str() else {
        return Next::Broken("the `Link` to the next page cannot be read".to_owned());
    };
    for link in header.split(',') {
        let Some((target, parameters)) = link.trim().split_once(';') else { continue };
        let is_next = parameters.split(';').any(|one| matches!(one.trim(), "rel=\"next\"" | "rel=next"));
        if !is_next {
            continue;
        }
        let target = target.trim().trim_start_matches('<').trim_end_matches('>');
        let Ok(uri) = target.parse::<Uri>() else {
            return Next::Broken("the list continues, but the `Link` to its next page leads nowhere".to_owned());
        };
        let same = uri.scheme() == asked.scheme() && uri.authority() == asked.authority();
        if !same {
            return Next::Broken("the `Link` to the next page names another origin, which is not followed".to_owned());
        }
        // GitHub links lists by number (`/organizations/4711/members`). Their own path is kept, the place is in the query.
        let (Some(query), true) = (uri.query(), last_segment(&uri) == last_segment(asked)) else {
            return Next::Broken("the `Link` to the next page names another list, which is not followed".to_owned());
        };
        let mut parts = asked.clone().into_parts();
        parts.path_and_query = format!("{}?{query}", asked.path()).parse().ok();
        return match Uri::from_parts(parts) {
            Ok(uri) => Next::At(uri),
            Err(_) => Next::Broken("the `Link` to the next page cannot be read".to_owned()),
        };
    }
    Next::End
}

fn last_segment(uri: &Uri) -> Option<&str> {
    uri.path().rsplit('/').next()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (http::HeaderName::from_static(name), value.parse().unwrap())).collect()
    }

    #[test]
    fn tells_limits_from_refusals() {
        let denied = br#"{"message":"Resource not accessible by integration"}"#;
        let secondary = br#"{"message":"You have exceeded a secondary rate limit."}"#;
        assert_eq!(limit(403, &headers(&[]), denied), None);
        assert_eq!(limit(403, &headers(&[("x-ratelimit-remaining", "42"), ("x-ratelimit-reset", "9")]), denied), None);
        let used_up = headers(&[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "9")]);
        for words in [
            "Resource not accessible by integration",
            "Resource not accessible by personal access token",
            "Must have admin rights to Repository.",
            "You must be an admin of this organization",
            "Resource protected by organization SAML enforcement. You must grant your OAuth token access to this organization.",
        ] {
            let body = format!("{{\"message\":\"{words}\"}}");
            assert_eq!(limit(403, &used_up, body.as_bytes()), None, "{words}");
        }
        let primary = br#"{"message":"API rate limit exceeded for installation ID 88."}"#;
        assert_eq!(limit(403, &used_up, primary), Some(Limit::Until(9)));
        assert_eq!(limit(429, &used_up, primary), Some(Limit::Until(9)));
        // Without words, as from something between us and GitHub, the headers are all there is.
        assert_eq!(limit(403, &used_up, b"<html>"), Some(Limit::Until(9)));
        assert_eq!(limit(403, &headers(&[]), secondary), Some(Limit::Unsaid));
        assert_eq!(limit(403, &headers(&[("retry-after", "7")]), secondary), Some(Limit::Seconds(7)));
        assert_eq!(
            limit(429, &headers(&[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "9")]), b""),
            Some(Limit::Until(9))
        );
        assert_eq!(limit(404, &headers(&[("retry-after", "7")]), b""), None);
    }

    #[test]
    fn sorts_refusals() {
        let said = |words: &str| format!("{{\"message\":\"{words}\"}}");
        for (status, words, reason) in [
            (401, "Bad credentials", GapReason::Unauthenticated),
            (403, "Resource not accessible by integration", GapReason::Denied),
            (
                403,
                "Although you appear to have the correct authorization credentials, the `x` organization has an IP allow list enabled",
                GapReason::ClosedByPolicy,
            ),
            (
                403,
                "Resource protected by organization SAML enforcement. You must grant your OAuth token access",
                GapReason::ClosedByPolicy,
            ),
            (422, "Only owners can use this filter.", GapReason::Denied),
            (422, "Validation Failed", GapReason::Unsupported),
            (404, "Not Found", GapReason::Unsupported),
            (301, "Moved Permanently", GapReason::Unsupported),
            (502, "Server Error", GapReason::SourceError),
        ] {
            let (found, detail) = sort(status, said(words).as_bytes());
            assert_eq!(found, reason, "{detail}");
        }
        assert_eq!(sort(500, b"<html>").0, GapReason::SourceError);
    }

    #[test]
    fn follows_the_same_list_at_the_same_origin_alone() {
        let asked: Uri = "https://api.github.com/orgs/northbank/members?per_page=100".parse().unwrap();
        let link = |text: &str| next(&headers(&[("link", text)]), &asked);
        let at = |text: &str| Next::At(text.parse().unwrap());
        assert_eq!(next(&headers(&[]), &asked), Next::End);
        assert_eq!(link("<https://api.github.com/orgs/northbank/members?page=1>; rel=\"prev\""), Next::End);
        assert_eq!(
            link(
                "<https://api.github.com/orgs/northbank/members?page=1>; rel=\"prev\", <https://api.github.com/orgs/northbank/members?page=3>; rel=\"next\""
            ),
            at("https://api.github.com/orgs/northbank/members?page=3")
        );
        assert_eq!(
            link("<https://api.github.com/organizations/9/members?page=2>; rel=\"next\""),
            at("https://api.github.com/orgs/northbank/members?page=2")
        );
        for bad in [
            "<https://api.github.example/orgs/northbank/members?page=2>; rel=\"next\"",
            "<http://api.github.com/orgs/northbank/members?page=2>; rel=\"next\"",
            "<https://api.github.com:8443/orgs/northbank/members?page=2>; rel=\"next\"",
            "<https://api.github.com/orgs/northbank/teams?page=2>; rel=\"next\"",
            "</orgs/northbank/members?page=2>; rel=\"next\"",
            "<>; rel=\"next\"",
        ] {
            assert!(matches!(link(bad), Next::Broken(_)), "{bad}");
        }
    }
}
