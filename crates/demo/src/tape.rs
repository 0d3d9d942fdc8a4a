//! Recorded exchanges, one JSON line each.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

/// One recorded exchange. Requests carry no header but the one that names the operation; none holds a credential.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    pub method: String,
    pub path: String,
    /// `X-Amz-Target`, where the protocol names the operation there.
    pub target: String,
    pub request: String,
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub answer: String,
}

/// Recorded exchanges by request. Equal requests are answered in the order in which they were recorded, the last one again and again.
#[derive(Debug, Default)]
pub struct Tape {
    answers: HashMap<Request, Vec<Entry>>,
}

/// What must be equal for an answer to be given.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Request {
    pub method: String,
    pub path: String,
    pub target: String,
    pub body: String,
}

/// Why a tape cannot be played.
#[derive(Debug, thiserror::Error)]
#[error("line {line} of the recording is no exchange: {cause}")]
pub struct TapeError {
    line: usize,
    cause: serde_json::Error,
}

impl Tape {
    /// Parses JSON lines.
    ///
    /// # Errors
    /// Names the line that is no exchange.
    pub fn parse(text: &str) -> Result<Self, TapeError> {
        let mut tape = Self::default();
        for (number, line) in text.lines().enumerate() {
            let entry: Entry = serde_json::from_str(line).map_err(|cause| TapeError { line: number + 1, cause })?;
            let request = Request {
                method: entry.method.clone(),
                path: entry.path.clone(),
                target: entry.target.clone(),
                body: entry.request.clone(),
            };
            tape.answers.entry(request).or_default().push(entry);
        }
        Ok(tape)
    }

    /// The answer to the `nth` (from 0) request that is equal to this one.
    #[must_use]
    pub fn answer(&self, request: &Request, nth: usize) -> Option<&Entry> {
        let answers = self.answers.get(request)?;
        answers.get(nth).or_else(|| answers.last())
    }

    /// The requests that have an answer.
    pub fn requests(&self) -> impl Iterator<Item = &Request> {
        self.answers.keys()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str =
        r#"{"method":"POST","path":"/","target":"T.L","request":"{}","status":200,"headers":[],"answer":"ANSWER"}"#;

    #[test]
    fn gives_equal_requests_their_answers_in_order() {
        let text = format!("{}\n{}\n", LINE.replace("ANSWER", "one"), LINE.replace("ANSWER", "two"));
        let tape = Tape::parse(&text).unwrap();
        let request = Request { method: "POST".into(), path: "/".into(), target: "T.L".into(), body: "{}".into() };
        let given: Vec<&str> = (0..3).map(|nth| tape.answer(&request, nth).unwrap().answer.as_str()).collect();
        assert_eq!(given, ["one", "two", "two"]);
        assert!(tape.answer(&Request { body: "{\"x\":1}".into(), ..request }, 0).is_none());
    }

    #[test]
    fn names_the_damaged_line() {
        let error = Tape::parse(&format!("{LINE}\n{{}}\n")).unwrap_err();
        assert!(error.to_string().starts_with("line 2 of the recording is no exchange"), "{error}");
    }
}
