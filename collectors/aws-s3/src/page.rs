//! One answer of S3, as far as it is read later.

use aws::{Answer, Call};
use bytes::Bytes;
use sdk::ExchangeId;

/// An answer's bytes, and the call it answers.
#[derive(Clone, Debug)]
pub struct Page {
    pub body: Bytes,
    pub exchange: ExchangeId,
    pub info: Call,
}

impl Page {
    pub fn new<T>(answer: Answer<T>, info: Call) -> Self {
        Self { body: answer.body, exchange: answer.exchange, info }
    }
}
