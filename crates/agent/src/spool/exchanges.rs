//! Exchanges as they are in the spool: the text of their three records but for references, and their bodies.
//!
//! The texts are made once, when an exchange comes, and handed to the writer as they are. All bodies are in one file.

use std::cmp::Ordering;
use std::collections::{BTreeMap, HashSet};
use std::io::{self, Write as _};
use std::path::Path;

use model::record::{self, Subject};
use model::{Digest, RecordRef, RecordType};
use sdk::{Certificates, NewBody, NewExchange, WithheldReason};
use serde::Serialize;

use super::fits;
use super::index::{self, Name, Names, Ranks};
use super::lines::{LineFile, Span, SpanReader};

/// Chains of certificates in one bundle (`docs/spec/bundle.md` §10).
pub(super) const MOST_PEERS: usize = 4096;

/// The files of all exchanges.
#[derive(Debug)]
pub(super) struct ExchangeFiles {
    texts: LineFile,
    bodies: LineFile,
    asked: HashSet<AskedKey>,
    /// Each chain of certificates by its digest, and which it was in the order of arrival.
    peers: BTreeMap<Digest, (u32, Certificates)>,
    /// The same in the order of arrival → ordinal of the `peer` record.
    peer_ordinals: Vec<u64>,
}

/// An exchange's texts before they are appended.
pub(super) struct Drafted {
    text: Vec<u8>,
    /// Where the text of `params` begins, and that of `body`.
    params: usize,
    body: usize,
    tie: u64,
    exchange: record::Exchange,
    /// Where the reference to the peer belongs.
    head: usize,
    peer: Option<Certificates>,
    subject: Option<Subject>,
}

/// Where the texts of an exchange stand, one after the other, and its body.
#[derive(Clone, Copy, Debug)]
pub(super) struct Spans {
    from: u64,
    exchange: u32,
    params: u32,
    body: u32,
    /// Where in the exchange's text the reference to the peer belongs, and which in the order of arrival it is.
    peer: Option<(u32, u32)>,
    kept: Option<Span>,
}

/// Whether a bundle has room for the peer of an exchange. One that there is not is kept whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PeerKept {
    Yes,
    No,
}

/// From where answers came: an endpoint, and what was asked there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asked<'r> {
    pub target: &'r str,
    pub collector: &'r str,
    pub operation: &'r str,
    pub endpoint: &'r str,
    /// Whether the certificates of the server that answered are recorded.
    pub certificates: bool,
    /// Whether an answer came.
    pub answered: bool,
    /// Whether its body is kept.
    pub kept: bool,
}

/// The same in names, in the order of the members.
pub(super) type AskedKey = (Name, Name, Name, Name, bool, bool, bool);

/// `exchange` before the reference to its peer.
#[derive(Serialize)]
struct ExchangeHead<'a> {
    target: &'a str,
    collector: &'a str,
    endpoint: &'a str,
}

/// `params` after its reference.
#[derive(Serialize)]
struct ParamsRest<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<&'a Subject>,
}

/// `body` after its reference and without the number of its file.
#[derive(Serialize)]
struct BodyRest<'a> {
    size: u64,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    masked: &'a [record::Masked],
    #[serde(skip_serializing_if = "Option::is_none")]
    sha256: Option<Digest>,
    #[serde(skip_serializing_if = "Option::is_none")]
    withheld: Option<&'a str>,
}

impl Drafted {
    /// The texts of an exchange. `kept` is its body, where that is kept.
    pub(super) fn new(
        target: &str,
        collector: &str,
        exchange: NewExchange,
        withheld: Option<WithheldReason>,
    ) -> io::Result<(Self, Option<bytes::Bytes>)> {
        let mut masked = Vec::new();
        let (size, kept) = match exchange.body {
            NewBody::Received(bytes) => (Some(bytes.len() as u64), withheld.is_none().then_some(bytes)),
            NewBody::Masked { bytes, texts } => {
                let size = bytes.len() as u64;
                if withheld.is_none() {
                    masked = texts.iter().map(|text| record::Masked { at: text.at, length: text.length }).collect();
                }
                (Some(size), withheld.is_none().then_some(bytes))
            }
            NewBody::CredentialBearing { size } | NewBody::Suspected { size } => (Some(size), None),
            NewBody::None => (None, None),
        };
        let record = record::Exchange {
            target: target.to_owned(),
            collector: collector.to_owned(),
            endpoint: exchange.endpoint,
            peer: None,
            operation: exchange.operation,
            population: exchange.population,
            page: exchange.page,
            attempt: exchange.attempt,
            started: exchange.started,
            status: exchange.status,
            error: exchange.error,
            failure: exchange.failure,
            request_id: exchange.request_id,
            date: exchange.date,
        };
        let mut text = Vec::with_capacity(1024);
        let head = ExchangeHead { target, collector, endpoint: &record.endpoint };
        serde_json::to_writer(&mut text, &head)?;
        // Without the brace that ends it, it is how the record begins.
        let head = text.len().saturating_sub(1);
        text.clear();
        serde_json::to_writer(&mut text, &record)?;

        let params = text.len();
        serde_json::to_writer(&mut text, &ParamsRest { subject: exchange.subject.as_ref() })?;
        members_go_on(&mut text, params);
        text.extend_from_slice(b",\"parameters\":");
        let from = text.len();
        serde_json::to_writer(&mut text, &exchange.parameters)?;
        let written = text.len().saturating_sub(from);
        if let Err(problem) = fits::value(&exchange.parameters).and_then(|()| fits::size(written)) {
            text.truncate(from);
            serde_json::to_writer(&mut text, &serde_json::json!({ "not_kept": problem }))?;
        }
        let tie = index::short(&Digest::of(text.get(from..).unwrap_or_default()));
        text.push(b'}');

        let body = text.len();
        if let Some(size) = size {
            let sha256 = kept.as_ref().map(|bytes| Digest::of(bytes));
            let rest = BodyRest { size, masked: &masked, sha256, withheld: withheld.map(WithheldReason::as_str) };
            serde_json::to_writer(&mut text, &rest)?;
            members_go_on(&mut text, body);
        }
        let (peer, subject) = (exchange.peer, exchange.subject);
        Ok((Self { text, params, body, tie, exchange: record, head, peer, subject }, kept))
    }
}

/// Makes of an object's text the members that follow others: `,"a":1` of `{"a":1}`, nothing of `{}`.
fn members_go_on(text: &mut Vec<u8>, from: usize) {
    text.pop();
    if text.len() == from + 1 {
        text.truncate(from);
    } else if let Some(first) = text.get_mut(from) {
        *first = b',';
    }
}

impl ExchangeFiles {
    pub(super) fn create(folder: &Path) -> io::Result<Self> {
        Ok(Self {
            texts: LineFile::create(&folder.join("exchanges"))?,
            bodies: LineFile::create(&folder.join("bodies"))?,
            asked: HashSet::new(),
            peers: BTreeMap::new(),
            peer_ordinals: Vec::new(),
        })
    }

    /// Appends an exchange and its body.
    pub(super) fn append(
        &mut self,
        names: &mut Names,
        drafted: Drafted,
        kept: Option<&[u8]>,
    ) -> io::Result<(ExchangeKey, PeerKept)> {
        let whole = self.texts.append(&drafted.text)?;
        let long = |from: usize, to: usize| u32::try_from(to.saturating_sub(from)).map_err(io::Error::other);
        let kept = kept.map(|bytes| self.bodies.append(bytes)).transpose()?;
        let over_tls = drafted.peer.is_some();
        let peer = match drafted.peer {
            Some(peer) if self.peers.len() < MOST_PEERS || self.peers.contains_key(&peer.digest()) => {
                let next = u32::try_from(self.peers.len()).map_err(io::Error::other)?;
                let (arrival, _) = self.peers.entry(peer.digest()).or_insert((next, peer));
                Some((long(0, drafted.head)?, *arrival))
            }
            Some(_) | None => None,
        };
        let peer_kept = if over_tls == peer.is_some() { PeerKept::Yes } else { PeerKept::No };
        let spans = Spans {
            from: whole.offset(),
            exchange: long(0, drafted.params)?,
            params: long(drafted.params, drafted.body)?,
            body: long(drafted.body, drafted.text.len())?,
            peer,
            kept,
        };
        let exchange = drafted.exchange;
        let (collector, operation) = (names.of(&exchange.collector), names.of(&exchange.operation));
        let endpoint = names.of(&exchange.endpoint);
        // What is on this machine answers without a status.
        let answered = exchange.status.is_some() || spans.body > 0;
        let target = names.of(&exchange.target);
        self.asked.insert((target, collector, operation, endpoint, peer.is_some(), answered, kept.is_some()));
        let key = ExchangeKey {
            target,
            collector,
            population: names.of(exchange.population.as_deref().unwrap_or_default()),
            operation,
            subject: drafted.subject.map(|s| s.id.into_boxed_str()).unwrap_or_default(),
            page: exchange.page,
            attempt: exchange.attempt,
            tie: drafted.tie,
            spans,
        };
        Ok((key, peer_kept))
    }

    /// The `peer` records in their order. From here on exchanges refer to them.
    pub(super) fn number_peers(&mut self) -> Vec<record::Peer> {
        self.peer_ordinals = vec![0; self.peers.len()];
        for (ordinal, (arrival, _)) in (0..).zip(self.peers.values()) {
            if let Some(slot) = self.peer_ordinals.get_mut(*arrival as usize) {
                *slot = ordinal;
            }
        }
        let certificates = |peer: &Certificates| peer.chain().iter().cloned().map(record::Certificate).collect();
        self.peers
            .iter()
            .map(|(sha256, (_, peer))| record::Peer { sha256: *sha256, certificates: certificates(peer) })
            .collect()
    }

    pub(super) fn flush(&mut self) -> io::Result<()> {
        self.texts.flush()?;
        self.bodies.flush()
    }

    pub(super) fn asked(&self) -> impl Iterator<Item = &AskedKey> {
        self.asked.iter()
    }

    /// The text of the `exchange` record.
    pub(super) fn exchange(&self, spans: &Spans, text: &mut Vec<u8>) -> io::Result<()> {
        text.clear();
        self.texts.read_onto(Span::new(spans.from, spans.exchange), text)?;
        if let Some((at, arrival)) = spans.peer {
            let ordinal = self.peer_ordinals.get(arrival as usize).copied();
            let ordinal = ordinal.ok_or_else(|| io::Error::other("a peer that has no number"))?;
            let member = format!(",\"peer\":\"{}\"", RecordRef::new(RecordType::Peer, ordinal));
            let at = (at as usize).min(text.len());
            text.splice(at..at, member.bytes());
        }
        Ok(())
    }

    /// The text of the `params` record of the exchange with this ordinal.
    pub(super) fn params(&self, ordinal: u64, spans: &Spans, text: &mut Vec<u8>) -> io::Result<()> {
        begin(ordinal, text)?;
        self.texts.read_onto(Span::new(spans.from + u64::from(spans.exchange), spans.params), text)
    }

    /// The text of the `body` record; `raw` is the number of the body's file. `false` where no answer came.
    pub(super) fn body(&self, ordinal: u64, spans: &Spans, raw: Option<u64>, text: &mut Vec<u8>) -> io::Result<bool> {
        begin(ordinal, text)?;
        let from = spans.from + u64::from(spans.exchange) + u64::from(spans.params);
        self.texts.read_onto(Span::new(from, spans.body), text)?;
        if let Some(raw) = raw {
            write!(text, ",\"raw\":{raw}")?;
        }
        text.push(b'}');
        Ok(spans.body > 0)
    }

    /// The body, where it was kept.
    pub(super) fn kept(&self, spans: &Spans) -> Option<SpanReader<'_>> {
        spans.kept.map(|span| self.bodies.reader(span))
    }

    /// Whether it was kept.
    pub(super) fn is_kept(spans: &Spans) -> bool {
        spans.kept.is_some()
    }
}

/// Begins a record that belongs to an exchange.
fn begin(ordinal: u64, text: &mut Vec<u8>) -> io::Result<()> {
    text.clear();
    write!(text, "{{\"exchange\":\"{}\"", RecordRef::new(RecordType::Exchange, ordinal))
}

/// What an exchange is sorted by, and where it lies: all of it that stays in memory.
#[derive(Debug)]
pub(super) struct ExchangeKey {
    pub(super) target: Name,
    pub(super) collector: Name,
    pub(super) population: Name,
    pub(super) operation: Name,
    pub(super) subject: Box<str>,
    pub(super) page: u64,
    pub(super) attempt: u32,
    /// The parameters, shortened: separates calls that are alike otherwise.
    pub(super) tie: u64,
    pub(super) spans: Spans,
}

/// Into (target, collector, population, subject, operation, page, parameters, attempt); what is still alike stays in order of arrival.
pub(super) fn sort_exchanges(order: &mut [u64], keys: &[ExchangeKey], ranks: &Ranks) {
    order.sort_by(|&a, &b| {
        let (Some(a), Some(b)) = (at(keys, a), at(keys, b)) else {
            return Ordering::Equal;
        };
        (
            ranks.of(a.target),
            ranks.of(a.collector),
            ranks.of(a.population),
            &a.subject,
            ranks.of(a.operation),
            a.page,
            a.tie,
            a.attempt,
        )
            .cmp(&(
                ranks.of(b.target),
                ranks.of(b.collector),
                ranks.of(b.population),
                &b.subject,
                ranks.of(b.operation),
                b.page,
                b.tie,
                b.attempt,
            ))
    });
}

fn at(keys: &[ExchangeKey], arrival: u64) -> Option<&ExchangeKey> {
    usize::try_from(arrival).ok().and_then(|i| keys.get(i))
}
