//! Answers of which texts are masked: a part that was read where one stands was not read, whatever the collector made of it.

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use bundle::limits;
use model::places_touch;
use model::record::{GapReason, Subject};
use sdk::{ExchangeId, GapNote, MaskedText, NewBody, NewExchange, Place, WithheldReason};

use super::index::{Names, ResourceKey};
use super::lines::LineFile;
use super::rows::{DerivedLine, GapRow, InputLine};

/// What is known of masked texts so far.
#[derive(Debug, Default)]
pub(super) struct Masked {
    /// By arrival of the exchange.
    answers: BTreeMap<u64, Answer>,
    count: u64,
    /// Objects of which a part was read where a text is masked: target, kind, id.
    objects: BTreeSet<(String, String, String)>,
    /// Their populations: target, collector, population.
    populations: BTreeSet<(String, String, String)>,
}

#[derive(Debug)]
pub(super) struct Answer {
    target: String,
    collector: String,
    population: Option<String>,
    subject: Option<Subject>,
    /// Each with whether a gap of a part names it.
    texts: Vec<(MaskedText, bool)>,
}

/// The masked texts of an exchange, before it is kept.
pub(super) fn of(target: &str, collector: &str, exchange: &NewExchange) -> Option<Answer> {
    let NewBody::Masked { texts, .. } = &exchange.body else { return None };
    Some(Answer {
        target: target.to_owned(),
        collector: collector.to_owned(),
        population: exchange.population.clone(),
        subject: exchange.subject.clone(),
        texts: texts.iter().map(|text| (text.clone(), false)).collect(),
    })
}

impl Masked {
    /// Takes the texts of an answer up. Where a bundle has no room for where they stand, the answer is withheld whole.
    pub(super) fn reserve(&mut self, exchange: &mut NewExchange, withheld: &mut Option<WithheldReason>) {
        let NewBody::Masked { bytes, texts } = &exchange.body else { return };
        let count = self.count.saturating_add(texts.len() as u64);
        if count > limits::MASKED_MAX {
            exchange.body = NewBody::Suspected { size: bytes.len() as u64 };
            *withheld = Some(WithheldReason::SuspectedSecret);
        } else if withheld.is_none() {
            self.count = count;
        }
    }

    /// The exchange that arrived as this one has these texts.
    pub(super) fn add(&mut self, arrival: u64, answer: Answer) {
        self.answers.insert(arrival, answer);
    }

    /// The parts of an object that were read where a text is masked, with the text. Of parts that lead to it and around it, those that
    /// come closest: what leads to a whole object rests on what no other part leads to.
    pub(super) fn met(&mut self, parts: &BTreeMap<String, Vec<Place>>) -> BTreeMap<String, (ExchangeId, String)> {
        let mut closest: BTreeMap<(u64, usize), (usize, Vec<&str>)> = BTreeMap::new();
        for (part, places) in parts {
            for source in places.iter().filter_map(Place::answer) {
                let Some(answer) = self.answers.get(&source.exchange.0) else { continue };
                for (number, (text, _)) in answer.texts.iter().enumerate() {
                    let steps = |path: &str| path.matches('/').count();
                    let close = if source.syntax != text.syntax {
                        // In another syntax than the answer's a place may be anywhere.
                        0
                    } else if places_touch(text.syntax, &source.path, &text.path) {
                        steps(&source.path).min(steps(&text.path))
                    } else {
                        continue;
                    };
                    let (most, of) = closest.entry((source.exchange.0, number)).or_default();
                    if close > *most {
                        of.clear();
                        *most = close;
                    }
                    if close == *most {
                        of.push(part);
                    }
                }
            }
        }
        let mut met = BTreeMap::new();
        for ((arrival, number), (_, of)) in closest {
            let Some((text, named)) = self.answers.get_mut(&arrival).and_then(|answer| answer.texts.get_mut(number))
            else {
                continue;
            };
            *named = true;
            for part in of {
                met.entry(part.to_owned()).or_insert_with(|| (ExchangeId(arrival), text.path.clone()));
            }
        }
        met
    }

    pub(super) fn is_empty(&self) -> bool {
        self.answers.is_empty()
    }

    /// Something of this object was not read: what is computed from it is not known either.
    pub(super) fn hide(&mut self, target: &str, collector: &str, population: &str, subject: &Subject) {
        self.objects.insert((target.to_owned(), subject.kind.clone(), subject.id.clone()));
        self.populations.insert((target.to_owned(), collector.to_owned(), population.to_owned()));
    }

    fn hides(&self, target: &str, collector: &str, inputs: &[InputLine]) -> bool {
        let text = str::to_owned;
        inputs.iter().any(|input| match input {
            InputLine::Resource(kind, id) => self.objects.contains(&(text(target), text(kind), text(id))),
            InputLine::Population(population) => {
                self.populations.contains(&(text(target), text(collector), text(population)))
            }
            InputLine::Exchange(arrival) => self.answers.contains_key(arrival),
            // What is computed from several targets is computed from what was settled before.
            InputLine::Object(..) | InputLine::Lists(..) | InputLine::Gap(_) => false,
        })
    }

    /// A gap for each text that no part was read at: nobody knows what it would have meant.
    fn unnamed(&self) -> impl Iterator<Item = GapRow> {
        self.answers.iter().flat_map(|(arrival, answer)| {
            let texts = answer.texts.iter().filter(|(_, named)| !named);
            texts.map(|(text, _)| {
                let part = if text.path.is_empty() { "answer".to_owned() } else { text.path.clone() };
                let note = GapNote {
                    population: answer.population.clone(),
                    subject: answer.subject.clone(),
                    detail: detail(&text.path),
                    ..gap(Some(part), Some(ExchangeId(*arrival)))
                };
                GapRow { target: answer.target.clone(), collector: answer.collector.clone(), note }
            })
        })
    }
}

/// What a gap says of a text.
pub(super) fn detail(path: &str) -> String {
    let place = if path.is_empty() { String::new() } else { format!(" at `{path}`") };
    format!("a text{place} of the answer is masked: it seems to hold a secret")
}

/// A gap for a masked text, without whom it is about.
pub(super) fn gap(part: Option<String>, exchange: Option<ExchangeId>) -> GapNote {
    let reason = GapReason::WithheldSecret;
    GapNote { population: None, subject: None, part, right: None, reason, detail: String::new(), exchange }
}

/// Names every masked text by a gap, and takes away what was computed from something that was not read.
///
/// # Errors
/// When the spool cannot be read.
pub(super) fn settle(
    masked: &mut Masked,
    gaps: &mut Vec<GapRow>,
    names: &Names,
    derived_keys: &mut Vec<ResourceKey>,
    derived: &LineFile,
) -> io::Result<()> {
    if masked.is_empty() {
        return Ok(());
    }
    gaps.extend(masked.unnamed());
    // What is computed may have been computed from what was computed.
    let mut before = usize::MAX;
    while derived_keys.len() < before {
        before = derived_keys.len();
        let mut kept = Vec::with_capacity(before);
        for key in std::mem::take(derived_keys) {
            let line: DerivedLine = serde_json::from_slice(&derived.read(key.span)?)?;
            let (target, collector) = (names.text(key.target), names.text(key.collector));
            if !masked.hides(target, collector, &line.inputs) {
                kept.push(key);
                continue;
            }
            let population = names.text(key.population);
            let subject = Subject { kind: names.text(key.kind).to_owned(), id: key.id.to_string() };
            masked.hide(target, collector, population, &subject);
            let note = GapNote {
                population: Some(population.to_owned()),
                subject: Some(subject),
                detail: "it is computed from what is masked in an answer, as it seems to hold a secret".to_owned(),
                ..gap(None, None)
            };
            gaps.push(GapRow { target: target.to_owned(), collector: collector.to_owned(), note });
        }
        *derived_keys = kept;
    }
    Ok(())
}
