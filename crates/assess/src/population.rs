//! What the subjects cannot say: whether the lists they come from were complete, and whether there were any at all.

use std::collections::{BTreeMap, HashMap, HashSet};

use model::RecordRef;
use model::record::{Coverage, Gap};

use crate::gaps::{self, GapIndex, SubjectRef};

/// Something that keeps a population from being whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Problem {
    pub population: String,
    pub why: String,
    pub records: Vec<RecordRef>,
}

/// A subject that was listed and of which nothing was recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Missing<'p> {
    pub id: &'p str,
    pub population: Option<&'p str>,
    pub why: String,
    pub records: Vec<RecordRef>,
}

/// What can be said of all lists of one kind of one target.
#[derive(Clone, Debug)]
pub(crate) struct Whole<'p> {
    pub problems: Vec<Problem>,
    pub missing: Vec<Missing<'p>>,
    /// Every list was read to its end and nothing was in any.
    pub empty: bool,
    /// The coverage records that say so.
    pub coverage: Vec<RecordRef>,
}

/// What coverage and gaps say of one list.
type Said<'p> = (Vec<&'p (RecordRef, Coverage)>, Vec<&'p (RecordRef, Gap)>);

/// Coverage, gaps and what was recorded.
#[derive(Debug, Default)]
pub(crate) struct Populations {
    coverage: Vec<(RecordRef, Coverage)>,
    /// target → kind → indices of `coverage`.
    by_kind: HashMap<String, HashMap<String, Vec<usize>>>,
    pub gaps: GapIndex,
    /// target → population → resources seen.
    recorded: HashMap<String, HashMap<String, u64>>,
    /// Subjects with gaps of which a resource was seen: target, kind, id.
    seen: HashSet<(String, String, String)>,
}

impl Populations {
    pub(crate) fn new(coverage: Vec<(RecordRef, Coverage)>, gaps: Vec<(RecordRef, Gap)>) -> Self {
        let mut by_kind: HashMap<String, HashMap<String, Vec<usize>>> = HashMap::new();
        for (at, (_, coverage)) in coverage.iter().enumerate() {
            by_kind
                .entry(coverage.target.clone())
                .or_default()
                .entry(gaps::kind_of(&coverage.population).to_owned())
                .or_default()
                .push(at);
        }
        Self { coverage, by_kind, gaps: GapIndex::new(gaps), ..Self::default() }
    }

    /// Counts a resource. `has_gaps`: some gap names this very subject.
    pub(crate) fn count(&mut self, subject: SubjectRef<'_>, has_gaps: bool) {
        let populations = match self.recorded.get_mut(subject.target) {
            Some(found) => found,
            None => self.recorded.entry(subject.target.to_owned()).or_default(),
        };
        match populations.get_mut(subject.population) {
            Some(count) => *count += 1,
            None => {
                populations.insert(subject.population.to_owned(), 1);
            }
        }
        if has_gaps {
            self.seen.insert((subject.target.to_owned(), subject.kind.to_owned(), subject.id.to_owned()));
        }
    }

    /// Once every resource was counted: the lists of a kind of a target.
    pub(crate) fn whole<'p>(&'p self, target: &str, kind: &'p str) -> Whole<'p> {
        let missing = self.missing(target, kind);
        let covered = self.by_kind.get(target).and_then(|kinds| kinds.get(kind));
        let mut lists: BTreeMap<&str, Said<'p>> = BTreeMap::new();
        for found in covered.into_iter().flatten().filter_map(|at| self.coverage.get(*at)) {
            lists.entry(&found.1.population).or_default().0.push(found);
        }
        let mut wide = Vec::new();
        for gap in self.gaps.of_lists(target, kind) {
            match &gap.1.population {
                Some(population) => lists.entry(population).or_default().1.push(gap),
                None => wide.push(gap),
            }
        }
        let mut problems = Vec::new();
        if !wide.is_empty() {
            problems.push(Problem {
                population: kind.to_owned(),
                why: blamed(&wide),
                records: wide.iter().map(|(r, _)| *r).collect(),
            });
        } else if lists.is_empty() {
            problems.push(Problem {
                population: kind.to_owned(),
                why: "no list was made, and no gap says why".to_owned(),
                records: Vec::new(),
            });
        }
        let mut members = u64::try_from(missing.len()).unwrap_or(u64::MAX);
        let mut coverage = Vec::new();
        for (population, (covered, gaps)) in &lists {
            let recorded = self.recorded_in(target, population);
            members = members.saturating_add(recorded);
            coverage.extend(covered.iter().map(|(r, _)| *r));
            let absent = missing.iter().filter(|m| m.population.is_none_or(|p| p == *population)).count();
            let whys = problems_of(covered, gaps, recorded, u64::try_from(absent).unwrap_or(u64::MAX));
            if !whys.is_empty() {
                let mut records: Vec<RecordRef> = covered.iter().map(|(r, _)| *r).collect();
                records.extend(gaps.iter().map(|(r, _)| *r));
                let why = whys.join("; ");
                // One finding says all that is wrong with a list, also where the target as a whole is.
                match problems.iter_mut().find(|known| known.population == *population) {
                    Some(known) => {
                        known.why = format!("{}; {why}", known.why);
                        known.records.extend(records);
                    }
                    None => problems.push(Problem { population: (*population).to_owned(), why, records }),
                }
            }
        }
        Whole { empty: problems.is_empty() && members == 0, problems, missing, coverage }
    }

    /// All gaps that touch a kind in any way: for checks that are given whole populations.
    pub(crate) fn of_members<'p>(&'p self, target: &str, kind: &'p str) -> Vec<&'p (RecordRef, Gap)> {
        let mut found: Vec<_> = self.gaps.of_parts(target, kind).collect();
        found.extend(self.gaps.of_subjects(target, kind).into_iter().flat_map(|(_, gaps)| gaps));
        found
    }

    fn recorded_in(&self, target: &str, population: &str) -> u64 {
        self.recorded.get(target).and_then(|populations| populations.get(population)).copied().unwrap_or(0)
    }

    fn missing<'p>(&'p self, target: &str, kind: &str) -> Vec<Missing<'p>> {
        self.gaps
            .of_subjects(target, kind)
            .into_iter()
            .filter(|(id, _)| !self.seen.contains(&(target.to_owned(), kind.to_owned(), (*id).to_owned())))
            .map(|(id, gaps)| Missing {
                id,
                population: gaps.iter().find_map(|(_, gap)| gap.population.as_deref()),
                why: blamed(&gaps),
                records: gaps.iter().map(|(r, _)| *r).collect(),
            })
            .collect()
    }
}

fn blamed(gaps: &[&(RecordRef, Gap)]) -> String {
    let said: Vec<String> = gaps.iter().map(|(_, gap)| gaps::name(gap)).collect();
    crate::judge::listed(&said)
}

/// What is wrong with one list.
fn problems_of(
    covered: &[&(RecordRef, Coverage)],
    gaps: &[&(RecordRef, Gap)],
    recorded: u64,
    absent: u64,
) -> Vec<String> {
    let mut whys = Vec::new();
    if !gaps.is_empty() {
        whys.push(blamed(gaps));
    }
    for (_, coverage) in covered {
        if !coverage.complete {
            whys.push(format!(
                "the end of the list was not reached: {} items on {} pages",
                coverage.items, coverage.pages
            ));
        }
        if let Some(total) = &coverage.total
            && total.count != coverage.items.saturating_sub(coverage.repeated)
            && gaps.is_empty()
        {
            whys.push(format!("the source counts {} and lists {}", total.count, coverage.items));
        }
    }
    let listed: u64 = covered.iter().map(|(_, one)| one.items.saturating_sub(one.repeated)).sum();
    if !covered.is_empty() && whys.is_empty() && listed > recorded.saturating_add(absent) {
        whys.push(format!("{listed} items were listed and {recorded} recorded, and no gap says why"));
    }
    if covered.is_empty() && gaps.is_empty() {
        whys.push("no list was made, and no gap says why".to_owned());
    }
    whys
}
