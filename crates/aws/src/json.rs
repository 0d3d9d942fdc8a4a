//! Answers of AWS' JSON protocols: lists that go on by `NextToken`, members, times.
//!
//! Read from the answer's own text: the SDK's types turn a missing list into an empty one.

use std::error::Error;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use sdk::{Recorder, SinkError, Source};
use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use transport::{Answer, Call, Refusal};

use crate::moment::Moment;
use crate::pager::{Pager, Turn};
use crate::session::Session;

/// A list as far as it could be read.
#[derive(Debug)]
pub struct Listed<'s, E> {
    /// Each with the place it is at.
    pub entries: Vec<(E, Source)>,
    /// Where the pages' lists stand. Empty: not even a first page was read.
    pub pages: Vec<Source>,
    pager: Pager<'s>,
}

impl<'s, E> Listed<'s, E> {
    /// Why the list was not read to its end.
    #[must_use]
    pub fn stopped(&self) -> Option<&Refusal> {
        self.pager.stopped()
    }

    /// Writes the coverage of a population with so many members, and the gap if the list did not reach its end.
    ///
    /// # Errors
    /// When evidence can no longer be written.
    pub fn close(self, recorder: &Recorder, population: &str, items: u64) -> Result<bool, SinkError> {
        self.pager.close(recorder, population, items, None)
    }

    /// Gives the entries out; what remains is for [`Listed::close`].
    pub fn take(&mut self) -> Vec<(E, Source)> {
        std::mem::take(&mut self.entries)
    }
}

/// Reads a list to its end. `list`: the member that holds it; `send` asks for the page at a token.
///
/// # Errors
/// When evidence can no longer be written.
pub async fn read_list<'s, E, T, X, F>(
    session: &'s Session,
    info: Call,
    list: &'static str,
    send: impl Fn(Option<String>) -> F + Send + Sync,
) -> Result<Listed<'s, E>, SinkError>
where
    E: DeserializeOwned + Send,
    F: Future<Output = Result<T, SdkError<X, HttpResponse>>> + Send,
    X: Error + ProvideErrorMetadata + Send + Sync + 'static,
    T: Send,
{
    let mut pager = Pager::new(session, info);
    let (mut entries, mut pages) = (Vec::new(), Vec::new());
    while let Some(answer) = pager.next(|token| Box::pin(send(token)), |answer| turn(answer, list)).await? {
        pages.push(Source::json(answer.exchange, format!("/{list}")));
        for (index, entry) in items(&answer.body, list).into_iter().enumerate() {
            let place = format!("/{list}/{index}");
            match serde_json::from_value(entry) {
                Ok(entry) => entries.push((entry, Source::json(answer.exchange, place))),
                Err(_) => pager.stop_at(answer.exchange, &place),
            }
        }
    }
    Ok(Listed { entries, pages, pager })
}

/// What a page says of its list. A page that cannot be read lacks it.
#[must_use]
pub fn turn<T>(answer: &Answer<T>, list: &'static str) -> Turn {
    let Ok(Value::Object(members)) = serde_json::from_slice(&answer.body) else {
        return Turn { missing: Some(list), ..Turn::default() };
    };
    let missing = |name| Turn { missing: Some(name), ..Turn::default() };
    if !members.get(list).is_some_and(Value::is_array) {
        return missing(list);
    }
    // Services that speak REST write their members small.
    match members.get("NextToken").or_else(|| members.get("nextToken")) {
        None | Some(Value::Null) => Turn::default(),
        Some(Value::String(token)) => Turn { more: !token.is_empty(), marker: Some(token.clone()), ..Turn::default() },
        Some(_) => missing("NextToken"),
    }
}

fn items(body: &[u8], list: &str) -> Vec<Value> {
    match serde_json::from_slice(body) {
        Ok(Value::Object(mut members)) => match members.remove(list) {
            Some(Value::Array(items)) => items,
            _ => Vec::new(),
        },
        _ => Vec::new(),
    }
}

/// A whole answer; `None` where it does not have this form.
#[must_use]
pub fn whole<T: DeserializeOwned>(body: &[u8]) -> Option<T> {
    serde_json::from_slice(body).ok()
}

/// For `deserialize_with`: seconds since 1970, as the JSON protocols write times; what is no such time is an error.
///
/// # Errors
/// When it is no time of the years 1 to 9999.
pub fn moment<'de, D: Deserializer<'de>>(source: D) -> Result<Option<Moment>, D::Error> {
    let Some(seconds) = Option::<f64>::deserialize(source)? else { return Ok(None) };
    Moment::from_epoch_seconds(seconds).map(Some).ok_or_else(|| D::Error::custom("no time"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use sdk::ExchangeId;

    fn said(body: &str) -> Turn {
        let body = Bytes::copy_from_slice(body.as_bytes());
        turn(&Answer { value: (), exchange: ExchangeId(0), body, attempts: 1 }, "Accounts")
    }

    #[test]
    fn a_list_ends_without_a_token() {
        assert_eq!(said(r#"{"Accounts":[]}"#), Turn::default());
        assert_eq!(said(r#"{"Accounts":[],"NextToken":null}"#), Turn::default());
        let more = said(r#"{"Accounts":[],"NextToken":"t"}"#);
        assert_eq!((more.more, more.marker.as_deref()), (true, Some("t")));
        let more = said(r#"{"Accounts":[],"nextToken":"t"}"#);
        assert_eq!((more.more, more.marker.as_deref()), (true, Some("t")));
        for body in ["", "[]", "{}", r#"{"Accounts":null}"#, r#"{"Accounts":{}}"#] {
            assert_eq!(said(body).missing, Some("Accounts"), "{body}");
        }
        assert_eq!(said(r#"{"Accounts":[],"NextToken":7}"#).missing, Some("NextToken"));
    }

    #[test]
    fn reads_times_and_refuses_what_is_none() {
        #[derive(Deserialize)]
        struct Dated {
            #[serde(default, deserialize_with = "moment")]
            at: Option<Moment>,
        }
        let at = |text: &str| whole::<Dated>(text.as_bytes()).map(|dated| dated.at.map(|at| at.epoch));
        assert_eq!(at(r#"{"at":1630000000.5}"#), Some(Some(1_630_000_000)));
        assert_eq!((at("{}"), at(r#"{"at":null}"#)), (Some(None), Some(None)));
        assert_eq!((at(r#"{"at":"now"}"#), at(r#"{"at":1e300}"#)), (None, None));
    }
}
