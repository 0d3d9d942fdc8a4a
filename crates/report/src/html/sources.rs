//! How what is declared hangs together with what was found: where each thing stands in the page, and which findings belong to it.

use std::collections::{BTreeMap, BTreeSet};

use links::{Inventory, Place};
use model::record::{Counts, Finding};
use serde_json::Value;
use verify::Rehearsals;

use super::gather::{Gathered, anchor, is_about_declared};
use super::pieces::{Cell, Line, MOST_FOLDS, MOST_ROWS, Piece, code, counts, link, outcome, plain, soft};
use super::select::rank;
use crate::declared::Declared;

/// Findings of one use of a check, or about one declared thing, that are named where it stands.
const MOST_NAMED: usize = 5;

/// What the parts are made from.
pub struct Sources<'a> {
    pub inventory: &'a Inventory,
    pub declared: &'a Declared,
    pub gathered: &'a Gathered,
    pub rehearsals: &'a Rehearsals,
    /// Findings of the page by control and check, those first that need a look.
    by_use: BTreeMap<(&'a str, &'a str), Vec<(u64, &'a Finding)>>,
    /// Findings of the page about a declared thing.
    by_thing: BTreeMap<(&'a str, &'a str), Vec<(u64, &'a Finding)>>,
    /// Who reaches a key of the inventory, as far as it was found out.
    pub reach: BTreeMap<&'a str, Vec<&'a Value>>,
    /// Ids of the page.
    pub anchors: BTreeSet<String>,
}

impl<'a> Sources<'a> {
    pub fn new(
        inventory: &'a Inventory,
        declared: &'a Declared,
        gathered: &'a Gathered,
        rehearsals: &'a Rehearsals,
        items: impl Iterator<Item = String>,
    ) -> Self {
        let mut by_use: BTreeMap<_, Vec<_>> = BTreeMap::new();
        let mut by_thing: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for (number, finding) in &gathered.findings {
            by_use.entry((finding.control.as_str(), finding.check.as_str())).or_default().push((*number, finding));
            if let Some(subject) = finding.subject.as_ref().filter(|_| is_about_declared(finding)) {
                let things = by_thing.entry((subject.kind.as_str(), subject.id.as_str())).or_default();
                things.push((*number, finding));
            }
        }
        for found in by_use.values_mut().chain(by_thing.values_mut()) {
            found.sort_by_key(|(number, finding)| (rank(finding.outcome, finding.acceptance.is_some()), *number));
        }
        let mut anchors: BTreeSet<String> = items.collect();
        anchors.extend(inventory.threats.iter().take(MOST_FOLDS).map(|one| format!("threat-{}", one.id)));
        anchors.extend(controls_shown(inventory, gathered).map(|id| format!("control-{id}")));
        anchors.extend(inventory.risks.iter().take(MOST_ROWS).map(|one| format!("risk-{}", one.id)));
        anchors.extend(inventory.keys.iter().take(MOST_ROWS).map(|one| format!("key-{}", one.key.id)));
        anchors.extend(inventory.wallets.iter().take(MOST_ROWS).map(|one| format!("wallet-{}", one.id)));
        anchors.extend(inventory.people.iter().take(MOST_ROWS).map(|one| format!("holder-{}", one.id)));
        anchors.extend(inventory.third_parties.iter().take(MOST_ROWS).map(|one| format!("party-{}", one.id)));
        Self { inventory, declared, gathered, rehearsals, by_use, by_thing, reach: gathered.joined.reach(), anchors }
    }

    /// The id of a thing's place, if it has one.
    pub fn place(&self, kind: &str, id: &str) -> Option<String> {
        Some(format!("{kind}-{id}")).filter(|place| self.anchors.contains(place))
    }

    /// A thing by its id, leading to its place.
    pub fn link(&self, kind: &str, id: &str) -> Piece {
        link(id, self.place(kind, id))
    }

    pub fn links<'i>(&self, kind: &str, ids: impl IntoIterator<Item = &'i String>) -> Vec<Piece> {
        ids.into_iter().map(|id| self.link(kind, id)).collect()
    }

    /// A requirement; those of the declared standard lead to their row.
    pub fn requirement(&self, id: &str) -> Piece {
        link(id, self.place("requirement", id))
    }

    /// Where something is declared.
    pub fn declared_at(&self, at: Option<&Place>) -> Line {
        let Some(Place { file, line, column }) = at else { return vec![soft("at a place that is not known")] };
        let shown = self.gathered.declarations.iter().find(|(_, declared, _)| declared.path == *file);
        vec![link(&format!("{file}:{line}:{column}"), shown.and_then(|(record, ..)| anchor(*record)))]
    }

    /// The findings of one use of a check: how many, and some of them one by one.
    pub fn found(&self, control: &str, check: &str, on: Option<&[String]>) -> Vec<Line> {
        let all = self.declared.found.of_use_on(control, check, on).unwrap_or_default();
        let shown = self.by_use.get(&(control, check)).map(Vec::as_slice).unwrap_or_default();
        let here = |(_, finding): &&(u64, &Finding)| on.is_none_or(|on| on.contains(&finding.target));
        self.named(&all, shown.iter().filter(here).copied())
    }

    /// What the checks of the declaration say about a thing.
    pub fn judged(&self, kind: &str, id: &str) -> Vec<Line> {
        self.judged_as(&[kind], id)
    }

    /// The same about a thing that is judged by itself and beside what was found.
    fn judged_as(&self, kinds: &[&str], id: &str) -> Vec<Line> {
        let all = kinds.iter().filter_map(|kind| self.gathered.about.of(kind, id)).reduce(links::sum);
        let Some(all) = all else {
            return vec![vec![soft(if self.gathered.about.is_whole() {
                "by no check"
            } else {
                "not counted in this page"
            })]];
        };
        let shown = kinds.iter().filter_map(|kind| self.by_thing.get(&(*kind, id))).flatten();
        let open = shown.filter(|(_, finding)| rank(finding.outcome, false) < 2).copied();
        let mut lines = vec![counts(&all)];
        for (number, finding) in open.take(MOST_NAMED) {
            lines.push(vec![link(&finding.check, Some(format!("finding-{number}")))]);
        }
        lines
    }

    fn named(&self, all: &Counts, shown: impl Iterator<Item = (u64, &'a Finding)>) -> Vec<Line> {
        let mut lines = vec![counts(all)];
        let mut named: u64 = 0;
        for (number, finding) in shown.take(MOST_NAMED) {
            named += 1;
            lines.push(self.finding(number, finding));
        }
        let in_all = all.deviates + all.undetermined + all.conforms + all.not_applicable;
        if in_all > named && named > 0 {
            lines.push(vec![soft(&format!("and {} more", in_all - named))]);
        }
        lines
    }

    /// One finding of the page.
    pub fn finding(&self, number: u64, finding: &Finding) -> Line {
        let about = match (&finding.subject, &finding.population) {
            (Some(subject), _) => self.gathered.aliases.named(&subject.id),
            (None, Some(population)) => format!("all of {population}"),
            (None, None) => finding.target.clone(),
        };
        let rehearsal = if self.rehearsals.includes(&finding.target) { " (a rehearsal, not evidence)" } else { "" };
        vec![
            outcome(finding.outcome, finding.acceptance.is_some()),
            plain(" "),
            link(&format!("finding {number}"), Some(format!("finding-{number}"))),
            plain(" "),
            code(&about),
            soft(&format!(" at {}{rehearsal}", finding.target)),
        ]
    }

    /// What the checks of a control found, in one line.
    pub fn found_by(&self, control: &str) -> Line {
        counts(&self.found_in_all(control).unwrap_or_default())
    }

    /// All that the checks of a control found; `None`: no finding.
    pub fn found_in_all(&self, control: &str) -> Option<Counts> {
        self.declared.found.of_control(control).map(|(_, found)| found).reduce(links::sum)
    }

    /// The findings of a control that need a look most.
    pub fn worst_of(&self, control: &str, most: usize) -> Vec<Line> {
        let of_control = self.by_use.range((control, "")..).take_while(|((of, _), _)| *of == control);
        let mut open: Vec<(u64, &Finding)> =
            of_control.flat_map(|(_, found)| found).filter(|(_, f)| rank(f.outcome, false) < 2).copied().collect();
        open.sort_by_key(|(number, f)| (rank(f.outcome, f.acceptance.is_some()), *number));
        open.into_iter().take(most).map(|(number, finding)| self.finding(number, finding)).collect()
    }

    /// The cell that says what checks of the declaration found.
    pub fn judged_cell(&self, kinds: &[&str], id: &str) -> Cell {
        Cell::new("judged", self.judged_as(kinds, id))
    }
}

/// The controls with a place of their own: those declared, then those of the program's own that were judged.
pub fn controls_shown<'a>(inventory: &'a Inventory, gathered: &'a Gathered) -> impl Iterator<Item = &'a str> {
    let declared: BTreeSet<&str> = inventory.controls.iter().map(|one| one.id.as_str()).collect();
    let own =
        gathered.overview.controls.iter().map(|one| one.value.id.as_str()).filter(move |id| !declared.contains(id));
    inventory.controls.iter().map(|one| one.id.as_str()).take(MOST_FOLDS).chain(own.take(MOST_FOLDS))
}
