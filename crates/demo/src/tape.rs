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

/// What is before the day from which on events are asked for. A run asks from its own day on back.
const SINCE: &str = "created%3A%3E%3D";

/// The path without the days that depend on when it is asked: `2026-11-28` after [`SINCE`].
#[must_use]
pub fn undated(path: &str) -> String {
    let mut parts = path.split(SINCE);
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let day = |c: char| c.is_ascii_digit() || c == '-';
        text.push_str(SINCE);
        text.push_str(part.trim_start_matches(day));
    }
    text
}

/// Why a tape cannot be played.
#[derive(Debug, thiserror::Error)]
#[error("line {line} of the recording is not an exchange: {cause}")]
pub struct TapeError {
    line: usize,
    cause: serde_json::Error,
}

impl Tape {
    /// Parses JSON lines.
    ///
    /// # Errors
    /// Names the line that is not an exchange.
    pub fn parse(text: &str) -> Result<Self, TapeError> {
        let mut tape = Self::default();
        for (number, line) in text.lines().enumerate() {
            let entry: Entry = serde_json::from_str(line).map_err(|cause| TapeError { line: number + 1, cause })?;
            let request = Request {
                method: entry.method.clone(),
                path: undated(&entry.path),
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
    fn a_day_that_moves_with_the_run_does_not_count() {
        let asked = |day: &str| undated(&format!("/audit-log?phrase=a%20created%3A%3E%3D{day}&per_page=100"));
        assert_eq!(asked("2026-08-23"), asked("2026-11-28"));
        assert_eq!(undated("/users/2026-08-23"), "/users/2026-08-23");
    }

    #[test]
    fn names_the_damaged_line() {
        let error = Tape::parse(&format!("{LINE}\n{{}}\n")).unwrap_err();
        assert!(error.to_string().starts_with("line 2 of the recording is not an exchange"), "{error}");
    }
}
