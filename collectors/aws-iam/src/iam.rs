//! Calls to IAM of one target, read from the answers' own text.

use std::error::Error;
use std::future::Future;

use aws::{Answer, Call, Pager, Refusal, Session, Turn};
use aws_sdk_iam::Client;
use aws_sdk_iam::config::http::HttpResponse;
use aws_sdk_iam::error::{ProvideErrorMetadata, SdkError};
use bytes::Bytes;
use sdk::{ExchangeId, Recorder, SinkError, Source};

use aws::fact::{Fact, malformed};
use aws::xml::{Document, MalformedAnswer, Node};

/// One account's IAM.
#[derive(Debug)]
pub struct Iam {
    pub session: Session,
    pub client: Client,
    pub recorder: Recorder,
}

/// The bytes of an answer.
#[derive(Clone, Debug)]
pub struct Page {
    pub body: Bytes,
    pub exchange: ExchangeId,
}

/// A list inside an answer.
#[derive(Clone, Copy, Debug)]
pub struct List {
    /// The element that says whether the list goes on: `/ListUsersResponse/ListUsersResult`.
    pub result: &'static str,
    /// The list's element in it.
    pub name: &'static str,
}

impl Page {
    pub fn document(&self) -> Result<Document<'_>, MalformedAnswer> {
        Document::parse(&self.body, self.exchange)
    }

    /// Where the whole answer stands.
    pub fn source(&self, path: &str) -> Source {
        Source::xml(self.exchange, path)
    }
}

impl<T> From<Answer<T>> for Page {
    fn from(answer: Answer<T>) -> Self {
        Self { body: answer.body, exchange: answer.exchange }
    }
}

impl Iam {
    pub fn new(session: Session, recorder: Recorder) -> Self {
        let config = aws_sdk_iam::config::Builder::from(session.config()).build();
        Self { client: Client::from_conf(config), session, recorder }
    }

    /// Makes one call.
    pub async fn ask<T, E, F>(
        &self,
        info: &Call,
        call: impl FnMut() -> F + Send,
    ) -> Result<Result<Page, Refusal>, SinkError>
    where
        F: Future<Output = Result<T, SdkError<E, HttpResponse>>> + Send,
        E: Error + ProvideErrorMetadata + Send + Sync + 'static,
        T: Send,
    {
        Ok(self.session.call(info.clone(), call).await?.map(Page::from))
    }

    /// Reads the next page of a list.
    pub async fn turn<T, E, F>(
        &self,
        pager: &mut Pager<'_>,
        mut send: impl FnMut(Option<String>) -> F + Send,
        turn: impl FnOnce(&Answer<T>) -> Turn + Send,
    ) -> Result<Option<Page>, SinkError>
    where
        F: Future<Output = Result<T, SdkError<E, HttpResponse>>> + Send,
        E: Error + ProvideErrorMetadata + Send + Sync + 'static,
        T: Send,
    {
        Ok(pager.next(|marker| Box::pin(send(marker)), turn).await?.map(Page::from))
    }

    /// Reads a list to its end as one part of a resource. `send` asks for the page at a marker.
    pub async fn list<T, V, E, F>(
        &self,
        info: Call,
        list: List,
        send: impl Fn(Option<String>) -> F + Send + Sync,
        read: impl Fn(&Node<'_>) -> Result<Option<T>, MalformedAnswer> + Send + Sync,
    ) -> Result<Fact<Vec<T>>, SinkError>
    where
        F: Future<Output = Result<V, SdkError<E, HttpResponse>>> + Send,
        E: Error + ProvideErrorMetadata + Send + Sync + 'static,
        V: Send,
        T: Send,
    {
        let mut fact = Fact::read(Vec::new(), Vec::new());
        let mut pager = Pager::new(&self.session, info.clone());
        while let Some(page) = self.turn(&mut pager, &send, |answer| turn_of(&answer.body, list.result)).await? {
            if let Err(problem) = read_page(&page, list, &read, &mut fact) {
                let place = page.source(list.result);
                fact.gaps.push(malformed(&info, &place, &problem).gap(None));
            }
        }
        if let Some(refusal) = pager.stopped() {
            fact.gaps.push(refusal.gap(None));
        }
        // Nothing was read: not even that there is nothing.
        if fact.sources.is_empty() {
            fact.value = None;
        }
        Ok(fact)
    }
}

fn read_page<T>(
    page: &Page,
    list: List,
    read: &(impl Fn(&Node<'_>) -> Result<Option<T>, MalformedAnswer> + Sync),
    fact: &mut Fact<Vec<T>>,
) -> Result<(), MalformedAnswer> {
    let document = page.document()?;
    let result = document.at(list.result)?;
    let container =
        result.child(list.name).ok_or_else(|| MalformedAnswer::Missing(format!("{}/{}", list.result, list.name)))?;
    fact.sources.push(container.source());
    for member in container.each("member") {
        if let (Some(item), Some(items)) = (read(&member)?, fact.value.as_mut()) {
            items.push(item);
        }
    }
    Ok(())
}

/// What an answer says of its list. Some sources leave `IsTruncated` out of lists that end; with a marker that would be a contradiction.
pub fn turn_of(body: &[u8], result: &str) -> Turn {
    let read = || -> Result<Turn, MalformedAnswer> {
        let document = Document::parse(body, ExchangeId(0))?;
        let result = document.at(result)?;
        let more = result.boolean("IsTruncated")?;
        let marker = result.value("Marker").map(str::to_owned);
        let missing = (more.is_none() && marker.is_some()).then_some("IsTruncated");
        Ok(Turn { more: more.unwrap_or_default(), marker, missing })
    };
    // An answer that cannot be read ends the list; reading it again for its items says why.
    read().unwrap_or_default()
}

/// Where IAM says that there is nothing: by `NoSuchEntity`, in an answer that is whole. `Ok(None)`: it says something else.
/// `gone` are words that stand for a subject which is itself no longer there.
pub fn absence(refusal: &Refusal, gone: Option<&str>) -> Result<Option<Source>, Box<Refusal>> {
    let Some(exchange) = refusal.exchange.filter(|_| refusal.has_code("NoSuchEntity")) else {
        return Ok(None);
    };
    const ERROR: &str = "/ErrorResponse/Error";
    let read = || -> Result<Option<Source>, MalformedAnswer> {
        let document = Document::parse(&refusal.body, exchange)?;
        let error = document.at(ERROR)?;
        error.required("Code")?;
        let message = error.value("Message").unwrap_or_default().to_lowercase();
        let absent = gone.is_none_or(|gone| !message.contains(gone));
        Ok(absent.then(|| error.child_or_self("Code").source()))
    };
    read().map_err(|problem| Box::new(malformed(&refusal.call, &Source::xml(exchange, ERROR), &problem)))
}
