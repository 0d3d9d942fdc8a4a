//! Which gaps touch which subject, and how a gap is named in a reason.

use std::collections::HashMap;

use model::RecordRef;
use model::record::Gap;

/// A subject as a record names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SubjectRef<'s> {
    pub target: &'s str,
    pub collector: &'s str,
    pub population: &'s str,
    pub kind: &'s str,
    pub id: &'s str,
}

type BySubject = HashMap<String, HashMap<(String, String), Vec<usize>>>;

/// All gaps of a run, found by what they touch.
#[derive(Clone, Debug, Default)]
pub(crate) struct GapIndex {
    gaps: Vec<(RecordRef, Gap)>,
    /// target → (kind, id) → gaps of that subject.
    subjects: BySubject,
    /// target → gaps without a subject.
    wide: HashMap<String, Vec<usize>>,
}

/// The kind whose members a population lists: `aws-kms/key@eu-west-1` → `aws-kms/key`.
pub(crate) fn kind_of(population: &str) -> &str {
    population.split_once('@').map_or(population, |(kind, _)| kind)
}

/// The collector that a kind belongs to: `aws-kms/key` → `aws-kms`.
pub(crate) fn collector_of(kind: &str) -> &str {
    kind.split_once('/').map_or(kind, |(collector, _)| collector)
}

impl GapIndex {
    pub(crate) fn new(gaps: Vec<(RecordRef, Gap)>) -> Self {
        let mut subjects = BySubject::new();
        let mut wide: HashMap<String, Vec<usize>> = HashMap::new();
        for (at, (_, gap)) in gaps.iter().enumerate() {
            match &gap.subject {
                Some(subject) => subjects
                    .entry(gap.target.clone())
                    .or_default()
                    .entry((subject.kind.clone(), subject.id.clone()))
                    .or_default()
                    .push(at),
                None => wide.entry(gap.target.clone()).or_default().push(at),
            }
        }
        Self { gaps, subjects, wide }
    }

    fn get(&self, at: usize) -> Option<&(RecordRef, Gap)> {
        self.gaps.get(at)
    }

    /// Gaps that touch this subject or a part of it; not those that touch only the list it is in.
    /// Also says whether one of them names this very subject.
    pub(crate) fn touching(&self, subject: SubjectRef<'_>) -> (Vec<&(RecordRef, Gap)>, bool) {
        let mut found = Vec::new();
        if let Some(wide) = self.wide.get(subject.target) {
            for gap in wide.iter().filter_map(|at| self.get(*at)) {
                let here = match &gap.1.population {
                    Some(population) => population == subject.population || population == subject.kind,
                    None => gap.1.collector == subject.collector,
                };
                if gap.1.part.is_some() && here {
                    found.push(gap);
                }
            }
        }
        let before = found.len();
        if let Some(own) = self.subjects.get(subject.target) {
            // The map is keyed by owned texts; most targets have no gap of a subject and do not come here.
            let key = (subject.kind.to_owned(), subject.id.to_owned());
            found.extend(own.get(&key).into_iter().flatten().filter_map(|at| self.get(*at)));
        }
        let named = found.len() > before;
        (found, named)
    }

    /// Gaps of a part of every member of a kind.
    pub(crate) fn of_parts<'g>(&'g self, target: &str, kind: &'g str) -> impl Iterator<Item = &'g (RecordRef, Gap)> {
        self.without_subject(target, kind).filter(|(_, gap)| gap.part.is_some())
    }

    fn without_subject<'g>(&'g self, target: &str, kind: &'g str) -> impl Iterator<Item = &'g (RecordRef, Gap)> {
        self.wide.get(target).into_iter().flatten().filter_map(|at| self.get(*at)).filter(move |(_, gap)| {
            match &gap.population {
                Some(population) => kind_of(population) == kind,
                None => gap.collector == collector_of(kind),
            }
        })
    }

    /// Gaps of a target that touch lists: without subject and part, of the collector of `kind`.
    pub(crate) fn of_lists<'g>(&'g self, target: &str, kind: &'g str) -> impl Iterator<Item = &'g (RecordRef, Gap)> {
        self.without_subject(target, kind).filter(|(_, gap)| gap.part.is_none())
    }

    /// Subjects of a kind that were listed and of which something was not read, with their gaps, in the order of their ids.
    pub(crate) fn of_subjects<'g>(&'g self, target: &str, kind: &str) -> Vec<(&'g str, Vec<&'g (RecordRef, Gap)>)> {
        let mut found: Vec<_> = self
            .subjects
            .get(target)
            .into_iter()
            .flatten()
            .filter(|((k, _), _)| k == kind)
            .map(|((_, id), gaps)| (id.as_str(), gaps.iter().filter_map(|at| self.get(*at)).collect()))
            .collect();
        found.sort_unstable_by_key(|(id, _)| *id);
        found
    }
}

/// `access denied, kms:GetKeyRotationStatus, exchange:412`
pub(crate) fn name(gap: &Gap) -> String {
    let mut text = gap.reason.words().to_owned();
    if let Some(right) = &gap.right {
        text.push_str(", ");
        text.push_str(right);
    }
    match gap.exchange {
        Some(exchange) => {
            text.push_str(", ");
            text.push_str(&exchange.to_string());
        }
        // Without a call to look up, what was noted is all there is.
        None if !gap.detail.is_empty() => {
            text.push_str(", ");
            text.push_str(&gap.detail);
        }
        None => {}
    }
    text
}
