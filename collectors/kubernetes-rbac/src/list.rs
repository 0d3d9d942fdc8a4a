//! Lists in chunks, each member in the form that its kind has.

use std::collections::BTreeSet;

use http::Method;
use sdk::{ExchangeId, GapReason, SinkError};
use transport::{Call, Refusal};

use crate::client::Client;
use crate::wire;

/// Objects asked for at once, as `kubectl` does.
const CHUNK: u32 = 500;
const MOST_PAGES: u64 = 10_000;

/// One list, as far as it could be read.
#[derive(Debug, Default)]
pub struct List {
    pub items: Vec<Listed>,
    pub last: Option<ExchangeId>,
    pub calls: u64,
    pub pages: u64,
    /// The server's own count, and where it says so.
    pub total: Option<(u64, ExchangeId)>,
    pub stopped: Option<Refusal>,
}

/// What every member of a list has to have; without it the answer is not what was asked for.
#[derive(Clone, Copy, Debug)]
pub struct Form {
    /// Belongs to a namespace. The others must not: a Role without one would pass for a ClusterRole.
    pub namespaced: bool,
    /// Names a role.
    pub binding: bool,
}

impl Form {
    fn lacks(self, object: &wire::Object) -> Option<&'static str> {
        match (&object.metadata.namespace, self.namespaced) {
            (None, true) => Some("it is in no namespace"),
            (Some(_), false) => Some("it is in a namespace"),
            _ if self.binding && object.role_ref.is_none() => Some("it names no role"),
            _ => None,
        }
    }
}

/// One object and where it stands.
#[derive(Debug)]
pub struct Listed {
    pub object: wire::Object,
    pub exchange: ExchangeId,
    pub index: usize,
}

impl Client {
    /// A whole list in chunks. What it is read from may be gone in the middle: then it is read once more from the start.
    /// `calls`: those that were made for it already.
    pub async fn list(
        &self,
        right: &'static str,
        path: &str,
        population: &str,
        form: Form,
        calls: u64,
    ) -> Result<List, SinkError> {
        let start = List { calls, ..List::default() };
        let (first, gone) = self.list_once(right, path, population, form, start).await?;
        if !gone {
            return Ok(first);
        }
        let again = List { calls: first.calls, ..List::default() };
        Ok(self.list_once(right, path, population, form, again).await?.0)
    }

    async fn list_once(
        &self,
        right: &'static str,
        path: &str,
        population: &str,
        form: Form,
        mut list: List,
    ) -> Result<(List, bool), SinkError> {
        let mut token: Option<String> = None;
        let mut seen = BTreeSet::new();
        loop {
            let call = Call::new(right).population(population).page(list.pages + 1);
            let at = match &token {
                Some(token) => format!("{path}?limit={CHUNK}&continue={}", query_value(token)),
                None => format!("{path}?limit={CHUNK}"),
            };
            let answer = match self.call(&call, Method::GET, &at, None).await? {
                Ok(answer) => answer,
                Err(refusal) => {
                    list.calls += u64::from(refusal.attempts);
                    // 410: what the list was read from is no longer kept.
                    let gone = refusal.status == Some(410) && token.is_some();
                    list.stopped = Some(refusal);
                    return Ok((list, gone));
                }
            };
            list.calls += u64::from(answer.attempts);
            let stop = |reason, detail: String| {
                Some(Refusal { exchange: Some(answer.exchange), ..call.refused(reason, detail) })
            };
            let page = match serde_json::from_slice::<wire::Page>(&answer.body) {
                Ok(page) => page,
                Err(error) => {
                    list.stopped =
                        stop(GapReason::Malformed, format!("the answer is not a list of Kubernetes: {error}"));
                    return Ok((list, false));
                }
            };
            list.pages = call.page;
            list.last = Some(answer.exchange);
            let more = page.metadata.remaining_item_count.unwrap_or(0);
            if token.is_none() && more > 0 {
                let count = u64::try_from(page.items.len()).unwrap_or(u64::MAX).saturating_add(more);
                list.total = Some((count, answer.exchange));
            }
            for (index, item) in page.items.into_iter().enumerate() {
                let read = serde_json::from_str::<wire::Object>(item.get()).map_err(|error| error.to_string());
                let whole = read.and_then(|object| match form.lacks(&object) {
                    Some(lack) => Err(lack.to_owned()),
                    None => Ok(object),
                });
                match whole {
                    Ok(object) => list.items.push(Listed { object, exchange: answer.exchange, index }),
                    Err(problem) => {
                        list.stopped = stop(
                            GapReason::Malformed,
                            format!("`/items/{index}` does not have the documented form: {problem}"),
                        );
                        return Ok((list, false));
                    }
                }
            }
            let next = page.metadata.continue_.filter(|next| !next.is_empty());
            list.stopped = match next {
                None if more > 0 => stop(
                    GapReason::Truncated,
                    format!("page {} says that {more} more follow, but not where", list.pages),
                ),
                None => return Ok((list, false)),
                Some(next) if !seen.insert(next.clone()) => {
                    stop(GapReason::Truncated, format!("page {} leads back to a page already read", list.pages))
                }
                Some(_) if list.pages >= MOST_PAGES => {
                    stop(GapReason::Truncated, format!("the list did not end within {MOST_PAGES} pages"))
                }
                Some(next) => {
                    token = Some(next);
                    continue;
                }
            };
            return Ok((list, false));
        }
    }
}

/// A continue token is base64; what means something in a query is written so that it does not.
fn query_value(token: &str) -> String {
    token
        .bytes()
        .map(|byte| {
            if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
                char::from(byte).to_string()
            } else {
                format!("%{byte:02X}")
            }
        })
        .collect()
}
