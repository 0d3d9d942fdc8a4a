//! What the exports are made of, gathered in one reading. Bounded, and what does not fit is counted.

use std::collections::BTreeMap;

use bundle::read::{Line, Record};
use declaration::DECLARATION;
use model::record::{Acceptance, Counts, Finding, Locator};
use model::{Outcome, RecordRef};
use verify::{Marked, Observer, VerifiedBundle};

use crate::declared::DeclaredReader;
use crate::overview::{Overview, OverviewReader};
use crate::room::Room;

/// Findings in all: code scanning of GitHub shows no more of one run
/// (<https://docs.github.com/en/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning>).
const MOST_FINDINGS: usize = 5_000;
/// Bytes of the findings of each rank.
const MOST_BYTES: usize = 16 * 1024 * 1024;
/// Pairs of control and check whose findings are counted.
const MOST_PAIRS: usize = 20_000;
/// Declared things whose place is known.
const MOST_PLACES: usize = 100_000;
/// Checks whose title is known, and acceptances.
const MOST_TITLES: usize = 10_000;
/// Characters of a title.
const MOST_OF_TITLE: usize = 300;

/// Of which rank a finding is: what should be seen first comes first, and stays where not all do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rank {
    Deviates,
    Undetermined,
    /// A deviation that is accepted.
    Accepted,
}

impl Rank {
    /// `None`: there is nothing to do about it.
    pub const fn of(finding: &Finding) -> Option<Self> {
        match (finding.outcome, finding.acceptance) {
            (Outcome::Deviates, None) => Some(Self::Deviates),
            (Outcome::Deviates, Some(_)) => Some(Self::Accepted),
            (Outcome::Undetermined, _) => Some(Self::Undetermined),
            (Outcome::Conforms | Outcome::NotApplicable, _) => None,
        }
    }
}

/// A place in a declared file, from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    pub path: String,
    pub line: u64,
    pub column: u64,
}

/// A finding that is written.
#[derive(Debug)]
pub struct Chosen {
    pub rank: Rank,
    pub record: RecordRef,
    pub finding: Finding,
    pub marks: Vec<Marked>,
    /// Of the declared thing that it is about, or of the control that asked.
    pub place: Option<Place>,
}

/// What is written.
#[derive(Debug, Default)]
pub struct Gathered {
    pub overview: Overview,
    /// By rank, and in the order of the bundle.
    pub findings: Vec<Chosen>,
    pub left_out: BTreeMap<Rank, u64>,
    /// By control and check.
    pub counts: BTreeMap<(String, String), Counts>,
    /// Findings of pairs that do not fit.
    pub uncounted: u64,
    /// Titles of checks, by id.
    pub titles: BTreeMap<String, String>,
    pub acceptances: BTreeMap<RecordRef, Acceptance>,
    /// Why it is not known where controls stand.
    pub without_places: Option<String>,
}

/// Where a declared thing stands: the declared file, line and column.
#[derive(Clone, Debug)]
struct At {
    kind: String,
    id: String,
    file: RecordRef,
    line: u64,
    column: u64,
}

/// Gathers it while a bundle is verified.
#[derive(Debug)]
pub struct ExportReader {
    overview: OverviewReader,
    declared: DeclaredReader,
    ranks: BTreeMap<Rank, (Vec<(RecordRef, Finding)>, Room)>,
    /// Where declared things stand, by their resource and by what is joined with them.
    places: BTreeMap<RecordRef, At>,
    files: BTreeMap<RecordRef, String>,
    gathered: Gathered,
}

impl Default for ExportReader {
    fn default() -> Self {
        Self {
            overview: OverviewReader::new(false),
            declared: DeclaredReader::new(),
            ranks: BTreeMap::new(),
            places: BTreeMap::new(),
            files: BTreeMap::new(),
            gathered: Gathered::default(),
        }
    }
}

impl ExportReader {
    pub(super) fn finish(self, bundle: &VerifiedBundle) -> Gathered {
        let Self { overview, declared, ranks, places, files, mut gathered } = self;
        gathered.overview = overview.finish(bundle);
        // Where the declaration is withheld, findings have no place in it.
        let loaded = match declared.finish(bundle).read() {
            Ok((loaded, _)) => Some(loaded),
            Err(why) => {
                gathered.without_places = Some(why);
                None
            }
        };
        let controls: BTreeMap<&str, Place> = loaded
            .iter()
            .flat_map(|loaded| loaded.declaration.controls.iter().map(move |control| (loaded, control)))
            .filter_map(|(loaded, control)| {
                let (place, _) = loaded.sources.places(control.id.at)?;
                let path = loaded.sources.name(control.id.at)?.to_owned();
                Some((control.id.as_str(), Place { path, line: place.line as u64, column: place.column as u64 }))
            })
            .collect();
        for (rank, (findings, _)) in ranks {
            for (record, finding) in findings {
                if gathered.findings.len() == MOST_FINDINGS {
                    *gathered.left_out.entry(rank).or_default() += 1;
                    continue;
                }
                let of_thing = finding.rests_on.iter().find_map(|at| places.get(at)).and_then(|at| {
                    Some(Place { path: files.get(&at.file)?.clone(), line: at.line, column: at.column })
                });
                let place = of_thing.or_else(|| controls.get(finding.control.as_str()).cloned());
                let marks = bundle.marks().map(|marks| marks.of(record.ordinal, &finding)).unwrap_or_default();
                gathered.findings.push(Chosen { rank, record, finding, marks, place });
            }
        }
        gathered
    }

    fn finding(&mut self, at: RecordRef, finding: &Finding, bytes: usize) {
        let pair = (finding.control.clone(), finding.check.clone());
        if self.gathered.counts.contains_key(&pair) || self.gathered.counts.len() < MOST_PAIRS {
            self.gathered.counts.entry(pair).or_default().add(finding);
        } else {
            self.gathered.uncounted += 1;
        }
        let Some(rank) = Rank::of(finding) else { return };
        let (kept, room) = self.ranks.entry(rank).or_insert_with(|| (Vec::new(), Room::of(MOST_BYTES)));
        if kept.len() < MOST_FINDINGS && room.take(bytes) {
            kept.push((at, finding.clone()));
        } else {
            *self.gathered.left_out.entry(rank).or_default() += 1;
        }
    }
}

/// The title that a check says of itself (`# title: …` of its metadata, `docs/spec/checks.md`).
fn title(text: &str) -> Option<String> {
    let comments = text.lines().take_while(|line| line.starts_with('#') || line.trim().is_empty());
    let said = comments.filter_map(|line| line.trim_start_matches('#').trim().strip_prefix("title:")).next()?;
    let said = said.trim().trim_matches(|c| c == '"' || c == '\'');
    Some(model::printable::line(said).chars().take(MOST_OF_TITLE).collect())
}

impl Observer for ExportReader {
    fn record(&mut self, at: RecordRef, line: &Line, text: &[u8]) {
        self.overview.record(at, line, text);
        self.declared.record(at, line, text);
        let Line::Disclosed(record) = line else { return };
        match record.as_ref() {
            Record::Declaration(file) if self.files.len() < MOST_TITLES => {
                self.files.insert(at, file.path.clone());
            }
            Record::Check(check) if self.gathered.titles.len() < MOST_TITLES => {
                if let Some(title) = title(&check.text) {
                    self.gathered.titles.insert(check.id.clone(), title);
                }
            }
            Record::Acceptance(acceptance) if self.gathered.acceptances.len() < MOST_TITLES => {
                self.gathered.acceptances.insert(at, acceptance.clone());
            }
            Record::Resource(resource) if resource.target == DECLARATION && self.places.len() < MOST_PLACES => {
                // Where it begins.
                let places = resource.parts.values().flatten().filter_map(|locator| match locator {
                    Locator::Declared(place) => Some(place),
                    Locator::Answer(_) => None,
                });
                if let Some(place) = places.min_by_key(|place| (place.declaration, place.line, place.column)) {
                    let (file, line, column) = (place.declaration, place.line, place.column);
                    let (kind, id) = (resource.kind.clone(), resource.id.clone());
                    self.places.insert(at, At { kind, id, file, line, column });
                }
            }
            // A declared key, person or third party, joined with what was found of it.
            Record::Derived(derived) if self.places.len() < MOST_PLACES => {
                let kind = match derived.kind.as_str() {
                    "joined/person" => "declaration/holder",
                    _ => &derived.kind.replacen("joined/", "declaration/", 1),
                };
                let mut known = derived.inputs.iter().filter_map(|input| self.places.get(input));
                if let Some(known) = known.find(|known| known.kind == kind && known.id == derived.id).cloned() {
                    self.places.insert(at, known);
                }
            }
            Record::Finding(finding) => self.finding(at, finding, text.len()),
            _ => {}
        }
    }

    fn wants_raw(&mut self, ordinal: u64) -> bool {
        self.declared.wants_raw(ordinal)
    }

    fn raw(&mut self, ordinal: u64, piece: &[u8]) {
        self.declared.raw(ordinal, piece);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::{RecordType, Severity};

    fn finding(outcome: Outcome, accepted: bool) -> Finding {
        Finding {
            control: "C".into(),
            check: "a/b".into(),
            target: "t".into(),
            population: None,
            subject: None,
            outcome,
            severity: Severity::High,
            evidence: Vec::new(),
            reason: None,
            rests_on: Vec::new(),
            acceptance: accepted.then(|| RecordRef::new(RecordType::Acceptance, 0)),
        }
    }

    #[test]
    fn what_does_not_fit_is_counted_by_its_rank() {
        let mut reader = ExportReader::default();
        let half = MOST_BYTES / 2;
        for n in 0..3 {
            reader.finding(RecordRef::new(RecordType::Finding, n), &finding(Outcome::Undetermined, false), half);
        }
        reader.finding(RecordRef::new(RecordType::Finding, 3), &finding(Outcome::Deviates, false), half);
        reader.finding(RecordRef::new(RecordType::Finding, 4), &finding(Outcome::Deviates, true), half);
        reader.finding(RecordRef::new(RecordType::Finding, 5), &finding(Outcome::Conforms, false), half);
        let kept: Vec<_> = reader.ranks.iter().map(|(rank, (kept, _))| (*rank, kept.len())).collect();
        assert_eq!(kept, [(Rank::Deviates, 1), (Rank::Undetermined, 2), (Rank::Accepted, 1)]);
        assert_eq!(reader.gathered.left_out, BTreeMap::from([(Rank::Undetermined, 1)]));
        let counts = reader.gathered.counts.values().next().unwrap();
        assert_eq!((counts.conforms, counts.deviates, counts.accepted, counts.undetermined), (1, 2, 1, 3));
    }

    #[test]
    fn a_check_has_the_title_of_its_metadata() {
        let text = "# METADATA\n# title: Keys rotate\n# custom: {}\npackage a.b\n# title: no\n";
        assert_eq!(title(text).as_deref(), Some("Keys rotate"));
        assert_eq!(title("package a.b\n# title: no\n"), None);
    }
}
