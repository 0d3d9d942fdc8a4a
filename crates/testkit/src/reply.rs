//! One answer of a fake source, and how it reaches the client.

use std::time::Duration;

use bytes::Bytes;

/// One answer, and how it reaches the client.
#[derive(Clone, Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Bytes,
    pub delivery: Delivery,
}

impl Reply {
    #[must_use]
    pub fn new(status: u16, content_type: &str, body: impl Into<Bytes>) -> Self {
        Self {
            status,
            headers: vec![("content-type".to_owned(), content_type.to_owned())],
            body: body.into(),
            delivery: Delivery::Whole,
        }
    }

    #[must_use]
    pub fn with_header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// The same answer with another body.
    #[must_use]
    pub fn with_body(mut self, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        self.headers.retain(|(name, _)| !name.eq_ignore_ascii_case("content-length"));
        self
    }

    #[must_use]
    pub fn delivered(mut self, delivery: Delivery) -> Self {
        self.delivery = delivery;
        self
    }
}

/// What happens to an answer on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    Whole,
    /// The announced length, half of the bytes, then the connection is closed.
    Cut,
    /// No answer: the connection is reset.
    Reset,
    /// The whole answer, after a while.
    Slow(Duration),
    /// No answer and no end of the connection.
    Never,
    /// The body again and again up to this many bytes, without an announced length.
    Repeated(u64),
}
