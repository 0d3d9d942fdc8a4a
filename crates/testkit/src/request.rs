//! One request, understood as far as the source's wording allows: which operation, with which parameters, in which region.

use bytes::Bytes;
use http::HeaderMap;
use http::request::Parts;
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

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
    /// Named as a right is; `METHOD /path` for what is no operation of the source.
    pub operation: String,
    /// Of a source that has several, the one that is asked.
    pub region: Option<String>,
    /// A JSON object; members of a query request are strings.
    pub parameters: Value,
}

/// What a request asks for, as far as the source's protocol tells.
#[derive(Clone, Debug)]
pub struct Understood {
    /// Named as a right is; `None` for what is no operation of this source.
    pub operation: Option<String>,
    /// A JSON object; members of a form or a query string are strings.
    pub parameters: Value,
    /// Of a source that has several, the one that is asked.
    pub region: Option<String>,
}

/// Marks a request that came over TLS.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Secure;

impl Request {
    pub(crate) fn new(head: &Parts, body: Bytes, understand: impl FnOnce(&Parts, &[u8]) -> Understood) -> Self {
        let path = head.uri.path_and_query().map_or_else(|| "/".to_owned(), ToString::to_string);
        let Understood { operation, parameters, region } = understand(head, &body);
        Self {
            method: head.method.to_string(),
            operation: operation.unwrap_or_else(|| format!("{} {path}", head.method)),
            path,
            headers: head.headers.clone(),
            body,
            secure: head.extensions.get::<Secure>().is_some(),
            parameters,
            region,
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
}

/// The members of a form or a query string, decoded.
#[must_use]
pub fn form(body: &[u8]) -> Map<String, Value> {
    let decode = |text: &str| percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned();
    String::from_utf8_lossy(body)
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, value)| (decode(name), Value::String(decode(value))))
        .collect()
}
