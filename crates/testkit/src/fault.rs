//! Failures on demand, by operation: what a source can do to a collector.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;

use crate::items;
use crate::server::lock;
use crate::{Delivery, Handler, Reply, Request, Wording};

/// One way to fail.
#[derive(Clone, Debug, PartialEq)]
pub enum Fault {
    /// Refused for want of a right, in the service's own words.
    Deny,
    /// Refused by a policy of the organisation.
    DenyByOrganization,
    /// Credentials that are no longer good.
    ExpiredToken,
    /// Too many requests, with the seconds to wait where given.
    Throttle {
        retry_after: Option<u32>,
    },
    /// A failure of the service, in its own words.
    Internal,
    /// A failure as an emulator's web framework words it.
    Html500,
    /// HTML of a proxy's log-in page in place of an answer, with status 200.
    Html200,
    /// An operation the service does not know.
    Unknown,
    Reset,
    Cut,
    Slow(Duration),
    Never,
    /// The right status and length, and a body that stops being JSON or XML half-way.
    Malformed,
    /// Well-formed and not what the operation answers.
    WrongShape,
    /// Says that more follows and gives no marker.
    TruncatedWithoutMarker,
    /// Says that more follows and gives the marker that was asked with, for ever.
    RepeatedMarker,
    /// The first item of the answer's first list stands there again, at the end.
    ListedTwice,
    /// The first item of the answer's first list says nothing.
    EmptyItem,
    Redirect(String),
    /// A body of this many bytes.
    Oversized(u64),
    /// A member that the operation does not have, with this text.
    Smuggle(String),
    /// These texts put in place of others in the answer.
    Rewrite(Vec<(String, String)>),
}

/// When to fail.
#[derive(Clone, Debug)]
pub struct Rule {
    /// `kms:ListKeys`, `kms:*` or `*`.
    pub operation: String,
    /// A parameter and its value that the request must have.
    pub parameter: Option<(String, String)>,
    /// So many matching requests are let through first.
    pub after: usize,
    /// Then so many fail; `None`: all.
    pub times: Option<usize>,
    pub fault: Fault,
}

impl Rule {
    /// Fails every request of an operation.
    #[must_use]
    pub fn always(operation: &str, fault: Fault) -> Self {
        Self { operation: operation.to_owned(), parameter: None, after: 0, times: None, fault }
    }

    /// Fails the first so many requests of an operation.
    #[must_use]
    pub fn times(operation: &str, times: usize, fault: Fault) -> Self {
        Self { times: Some(times), ..Self::always(operation, fault) }
    }

    #[must_use]
    pub fn after(mut self, requests: usize) -> Self {
        self.after = requests;
        self
    }

    #[must_use]
    pub fn when(mut self, parameter: &str, value: &str) -> Self {
        self.parameter = Some((parameter.to_owned(), value.to_owned()));
        self
    }

    fn matches(&self, request: &Request) -> bool {
        let operation = match self.operation.strip_suffix('*') {
            Some(prefix) => request.operation.starts_with(prefix),
            None => request.operation == self.operation,
        };
        operation && self.parameter.as_ref().is_none_or(|(name, value)| request.parameter(name) == Some(value))
    }
}

/// Fails as its rules say, and passes everything else on.
#[derive(Clone)]
pub struct Faulty {
    inner: Arc<dyn Handler>,
    rules: Arc<Mutex<Vec<Rule>>>,
    hits: Arc<Mutex<Vec<String>>>,
}

impl std::fmt::Debug for Faulty {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Faulty").field("rules", &self.rules).finish_non_exhaustive()
    }
}

impl Faulty {
    #[must_use]
    pub fn new(inner: impl Handler + 'static, rules: Vec<Rule>) -> Self {
        Self { inner: Arc::new(inner), rules: Arc::new(Mutex::new(rules)), hits: Arc::default() }
    }

    /// Replaces the rules; clones share them.
    pub fn set(&self, rules: Vec<Rule>) {
        *lock(&self.rules) = rules;
        lock(&self.hits).clear();
    }

    /// The operations that were made to fail, in order.
    #[must_use]
    pub fn hits(&self) -> Vec<String> {
        lock(&self.hits).clone()
    }

    fn choose(&self, request: &Request) -> Option<Fault> {
        let mut rules = lock(&self.rules);
        let rule = rules.iter_mut().find(|rule| rule.matches(request) && rule.times != Some(0))?;
        if rule.after > 0 {
            rule.after -= 1;
            return None;
        }
        if let Some(times) = &mut rule.times {
            *times -= 1;
        }
        lock(&self.hits).push(request.operation.clone());
        Some(rule.fault.clone())
    }
}

#[async_trait]
impl Handler for Faulty {
    async fn answer(&self, request: &Request) -> Reply {
        let Some(fault) = self.choose(request) else {
            return self.inner.answer(request).await;
        };
        let wording = self.inner.wording();
        match fault {
            Fault::Deny => wording.denied(request),
            Fault::DenyByOrganization => {
                wording.denied_by_organization(request).expect("a source that knows organisations")
            }
            Fault::ExpiredToken => wording.expired(request),
            Fault::Throttle { retry_after } => {
                let reply = wording.throttled(request);
                match retry_after {
                    Some(seconds) => reply.with_header("retry-after", seconds.to_string()),
                    None => reply,
                }
            }
            Fault::Internal => wording.internal(request),
            Fault::Unknown => wording.unknown(request),
            Fault::Html500 => Reply::new(
                500,
                "text/html",
                "<!doctype html><title>500 Internal Server Error</title><h1>Internal Server Error</h1>",
            ),
            Fault::Html200 => {
                Reply::new(200, "text/html", "<!doctype html><title>Sign in</title><form action=\"/login\"></form>")
            }
            Fault::Redirect(to) => Reply::new(302, "text/plain", "").with_header("location", to),
            Fault::Reset => Reply::new(200, "text/plain", "").delivered(Delivery::Reset),
            Fault::Never => Reply::new(200, "text/plain", "").delivered(Delivery::Never),
            Fault::WrongShape => wording.wrong_shape(request),
            Fault::Oversized(size) => {
                let piece = " ".repeat(64 << 10);
                self.inner.answer(request).await.with_body(piece).delivered(Delivery::Repeated(size))
            }
            Fault::Cut => self.inner.answer(request).await.delivered(Delivery::Cut),
            Fault::Slow(wait) => self.inner.answer(request).await.delivered(Delivery::Slow(wait)),
            Fault::Malformed => {
                let reply = self.inner.answer(request).await;
                let half = reply.body.len() / 2;
                // Padding a control character keeps the announced length and breaks either syntax.
                let mut body = reply.body.get(..half).unwrap_or_default().to_vec();
                body.resize(reply.body.len(), 0x01);
                reply.with_body(body)
            }
            Fault::TruncatedWithoutMarker => {
                let reply = self.inner.answer(request).await;
                wording.more(request, reply, None)
            }
            Fault::RepeatedMarker => {
                // The first page again and again, whatever the marker: `again` is none that the inner handler made.
                let mut first = request.clone();
                wording.first_page(&mut first);
                let reply = self.inner.answer(&first).await;
                wording.more(request, reply, Some("again"))
            }
            Fault::ListedTwice => {
                let reply = self.inner.answer(request).await;
                let body = items::listed_twice(&reply.body);
                reply.with_body(body)
            }
            Fault::EmptyItem => {
                let reply = self.inner.answer(request).await;
                let body = items::empty_item(&reply.body);
                reply.with_body(body)
            }
            Fault::Smuggle(text) => {
                let reply = self.inner.answer(request).await;
                let body = wording.with_member(request, &reply.body, &text);
                reply.with_body(body)
            }
            Fault::Rewrite(changes) => {
                let reply = self.inner.answer(request).await;
                let text = String::from_utf8_lossy(&reply.body).into_owned();
                let text = changes.iter().fold(text, |text, (from, to)| text.replace(from.as_str(), to));
                reply.with_body(text)
            }
        }
    }

    fn wording(&self) -> &dyn Wording {
        self.inner.wording()
    }
}
