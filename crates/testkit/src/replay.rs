//! Answers recorded from a real system or an emulator, given back to the requests they belong to.

use std::collections::BTreeMap;
use std::sync::Mutex;

use async_trait::async_trait;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::server::lock;
use crate::{Handler, Reply, Request, Wording};

/// One recorded request and its answer: one line of a recording file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recording {
    pub operation: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    pub parameters: Value,
    pub status: u16,
    pub headers: Vec<(String, String)>,
    /// Text, or base64 where it is none.
    pub body: RecordedBody,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RecordedBody {
    Text(String),
    Base64(String),
}

impl RecordedBody {
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        match std::str::from_utf8(bytes) {
            Ok(text) => Self::Text(text.to_owned()),
            Err(_) => Self::Base64(STANDARD.encode(bytes)),
        }
    }

    /// # Panics
    /// When the base64 is none.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        match self {
            Self::Text(text) => text.clone().into_bytes(),
            Self::Base64(text) => STANDARD.decode(text).expect("a recording in base64"),
        }
    }
}

/// Answers each request with the recording of the same operation, region and parameters; several recordings of one
/// request are given in their order, the last one then again and again.
#[derive(Debug)]
pub struct Replay {
    wording: &'static dyn Wording,
    recordings: Vec<Recording>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Per request: how often it came.
    asked: BTreeMap<String, usize>,
    used: Vec<bool>,
    unmatched: Vec<String>,
}

impl Replay {
    #[must_use]
    pub fn new(wording: &'static dyn Wording, recordings: Vec<Recording>) -> Self {
        let used = vec![false; recordings.len()];
        Self { wording, recordings, state: Mutex::new(State { used, ..State::default() }) }
    }

    /// Reads JSON lines.
    #[must_use]
    pub fn parse(wording: &'static dyn Wording, text: &str) -> Self {
        Self::new(
            wording,
            text.lines()
                .filter(|line| !line.is_empty())
                .map(|line| serde_json::from_str(line).expect("a recording"))
                .collect(),
        )
    }

    /// Requests that no recording matched.
    #[must_use]
    pub fn unmatched(&self) -> Vec<String> {
        lock(&self.state).unmatched.clone()
    }

    /// Recordings that no request asked for.
    #[must_use]
    pub fn unused(&self) -> Vec<String> {
        let state = lock(&self.state);
        self.recordings
            .iter()
            .zip(&state.used)
            .filter(|(_, used)| !**used)
            .map(|(recording, _)| key(&recording.operation, recording.region.as_deref(), &recording.parameters))
            .collect()
    }

    /// # Panics
    /// When a request was not matched or a recording not used.
    pub fn assert_used_up(&self) {
        let (unmatched, unused) = (self.unmatched(), self.unused());
        assert!(
            unmatched.is_empty() && unused.is_empty(),
            "unmatched requests: {unmatched:#?}\nunused recordings: {unused:#?}"
        );
    }
}

#[async_trait]
impl Handler for Replay {
    async fn answer(&self, request: &Request) -> Reply {
        let wanted = key(&request.operation, request.region.as_deref(), &request.parameters);
        let matching: Vec<usize> = self
            .recordings
            .iter()
            .enumerate()
            .filter(|(_, recording)| {
                recording.operation == request.operation
                    && (recording.region.is_none() || recording.region == request.region)
                    && recording.parameters == request.parameters
            })
            .map(|(index, _)| index)
            .collect();
        let mut state = lock(&self.state);
        let times = state.asked.entry(wanted.clone()).or_insert(0);
        let nth = *times;
        *times += 1;
        let Some(index) = matching.get(nth).or(matching.last()).copied() else {
            state.unmatched.push(wanted.clone());
            return Reply::new(501, "text/plain", format!("no recording of {wanted}"));
        };
        if let Some(used) = state.used.get_mut(index) {
            *used = true;
        }
        let recording = self.recordings.get(index).expect("an index just found");
        Reply {
            status: recording.status,
            headers: recording.headers.clone(),
            body: recording.body.bytes().into(),
            delivery: crate::Delivery::Whole,
        }
    }

    fn wording(&self) -> &dyn Wording {
        self.wording
    }
}

fn key(operation: &str, region: Option<&str>, parameters: &Value) -> String {
    format!("{operation} {} {parameters}", region.unwrap_or("-"))
}
