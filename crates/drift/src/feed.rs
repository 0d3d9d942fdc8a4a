//! From a bundle that is being verified to the comparison: what of each record is looked at, in batches.

use std::collections::HashMap;
use std::sync::mpsc::SyncSender;

use bundle::read::{Line, Record};
use conclude::Rehearsals;
use model::record::{Assignment, Locator, Resource, Route};
use model::rego::{TEXT_MAX, Token, libraries, tokens};
use model::{Digest, RecordRef, RecordType};
use verify::Observer;

use crate::item::{Item, Seen, SeenCheck, SeenCoverage, SeenFile, SeenObject, SeenRoute, SeenRun, SeenUse};

/// Records that are handed on together, and their bytes.
const BATCH: usize = 256;
const BYTES: usize = 256 << 10;
/// Answers of which the digest is remembered, 16 bytes each.
const ANSWERS: usize = 2 << 20;

/// Looks on while a bundle is verified.
pub(crate) struct Feed {
    out: SyncSender<Vec<Item>>,
    batch: Vec<Item>,
    bytes: usize,
    /// By exchange the digest of its answer, cut.
    answers: HashMap<u64, u128>,
    /// Nobody takes anything more.
    closed: bool,
}

impl Feed {
    pub(crate) fn new(out: SyncSender<Vec<Item>>) -> Self {
        Self { out, batch: Vec::new(), bytes: 0, answers: HashMap::new(), closed: false }
    }

    /// Hands on what is left.
    pub(crate) fn flush(&mut self) {
        let batch = std::mem::take(&mut self.batch);
        self.bytes = 0;
        if !batch.is_empty() && !self.closed {
            self.closed = self.out.send(batch).is_err();
        }
    }

    fn push(&mut self, at: RecordRef, what: Seen, bytes: usize) {
        self.batch.push(Item { at, what });
        self.bytes += bytes;
        if self.batch.len() >= BATCH || self.bytes >= BYTES {
            self.flush();
        }
    }

    /// Of all answers that an object was read from. Nothing where one is not there, or the places are not in answers.
    fn answers_of(&self, resource: &Resource) -> Option<u128> {
        let mut bytes = Vec::new();
        for (part, places) in &resource.parts {
            bytes.extend_from_slice(part.as_bytes());
            bytes.push(0);
            for place in places {
                let Locator::Answer(place) = place else { return None };
                bytes.extend_from_slice(&self.answers.get(&place.exchange.ordinal)?.to_le_bytes());
                bytes.extend_from_slice(place.path.as_bytes());
                bytes.push(0);
            }
        }
        Some(cut(&Digest::of(&bytes)))
    }

    fn seen(&mut self, record: &Record) -> Option<Seen> {
        Some(match record {
            Record::Run(run) => Seen::Run(SeenRun {
                started: run.started,
                program: format!("{} {}", run.tool.name, run.tool.version),
                program_sha256: run.tool.sha256,
                rehearsal: Rehearsals::new(&run.overrides).is_whole(),
            }),
            Record::Host(host) => {
                Seen::Host(host.identities.iter().map(|one| (one.target.clone(), one.found.clone())).collect())
            }
            Record::Declaration(file) => Seen::File(SeenFile { path: file.path.clone(), sha256: file.sha256 }),
            Record::Check(check) => {
                let short = check.text.len() <= TEXT_MAX;
                let asks = |text: &str| tokens(text).map_or(true, |all| all.iter().any(asks_time));
                Seen::Check(SeenCheck {
                    id: check.id.clone(),
                    sha256: check.sha256,
                    libraries: if short { libraries(&check.text) } else { Vec::new() },
                    asks_time: !short || asks(&check.text),
                })
            }
            Record::Acceptance(acceptance) => Seen::Acceptance(Box::new(acceptance.clone())),
            Record::Assignment(one) => Seen::Assignment(SeenUse {
                control: one.control.clone(),
                check: one.check.clone(),
                targets: one.targets.clone(),
                parameters: one.parameters.get().to_owned(),
                rest: rest_of(one),
            }),
            Record::Route(route) => Seen::Route(route_of(route)),
            Record::Body(body) => {
                if let Some(sha256) = body.sha256.filter(|_| self.answers.len() < ANSWERS) {
                    self.answers.insert(body.exchange.ordinal, cut(&sha256));
                }
                return None;
            }
            Record::Coverage(coverage) => Seen::Coverage(SeenCoverage {
                target: coverage.target.clone(),
                collector: coverage.collector.clone(),
                population: coverage.population.clone(),
                complete: coverage.complete,
            }),
            Record::Gap(gap) => Seen::Gap(Box::new(gap.clone())),
            Record::Resource(resource) => Seen::Object(Box::new(SeenObject {
                target: resource.target.clone(),
                collector: resource.collector.clone(),
                population: resource.population.clone(),
                kind: resource.kind.clone(),
                id: resource.id.clone(),
                facts: resource.facts.clone(),
                inputs: Vec::new(),
                answers: self.answers_of(resource),
            })),
            Record::Derived(derived) => Seen::Object(Box::new(SeenObject {
                target: derived.target.clone(),
                collector: derived.collector.clone(),
                population: derived.population.clone(),
                kind: derived.kind.clone(),
                id: derived.id.clone(),
                facts: derived.facts.clone(),
                inputs: derived.inputs.clone(),
                answers: None,
            })),
            Record::Finding(finding) => Seen::Finding(Box::new(finding.clone())),
            Record::Control(control) => Seen::Control(Box::new(control.clone())),
            Record::Peer(_) | Record::Exchange(_) | Record::Params(_) | Record::Recorded(_) => return None,
        })
    }
}

impl Observer for Feed {
    fn record(&mut self, at: RecordRef, line: &Line, text: &[u8]) {
        if self.closed {
            return;
        }
        let seen = match line {
            Line::Withheld(_) => Some(Seen::Withheld),
            Line::Disclosed(record) => self.seen(record),
        };
        if let Some(seen) = seen {
            // Of a body, and of what is withheld, next to nothing is handed on.
            let bytes = if at.kind == RecordType::Check { 256 } else { text.len() };
            self.push(at, seen, bytes);
        }
    }
}

fn asks_time(token: &Token<'_>) -> bool {
    matches!(token, Token::Word("now" | "now_ns"))
}

/// All that a use says beside its parameters; not the time, which is another in every run.
fn rest_of(one: &Assignment) -> Digest {
    let Assignment { weaker, expect, declared, .. } = one;
    let mut bytes = Vec::new();
    for text in weaker.iter().map(String::as_str).chain(expect.iter().map(|expect| expect.none.as_str())) {
        bytes.extend_from_slice(&(text.len() as u64).to_le_bytes());
        bytes.extend_from_slice(text.as_bytes());
    }
    bytes.push(u8::from(expect.is_some()));
    bytes.extend_from_slice(declared.get().as_bytes());
    Digest::of(&bytes)
}

fn route_of(route: &Route) -> SeenRoute {
    SeenRoute {
        target: route.target.clone(),
        collector: route.collector.clone(),
        // What it says as the bundle spells it; nothing of it can fail to be written.
        digest: Digest::of(&serde_json::to_vec(route).unwrap_or_default()),
        rehearsal: !route.rehearsal.is_empty(),
    }
}

/// The first half.
fn cut(digest: &Digest) -> u128 {
    digest.as_bytes().iter().take(16).fold(0, |value, byte| value << 8 | u128::from(*byte))
}
