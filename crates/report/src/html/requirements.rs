//! The view by requirement: what is declared for each, by which methods it can be looked at, and what is missing.

use links::{Gaps, Links, Method, MethodState, Records, RequirementGaps, State, Unanswerable, Wanted};

use super::template::{MethodCell, MethodRow, RequirementGroup, RequirementRow, RequirementsView};
use super::text::clean;
use crate::declared::Declared;
use crate::gaps_text::counted;
use crate::recorded::{contradiction_words, row_words, totals_words};

/// Requirements that are shown.
const MOST_ROWS: usize = 1_000;

/// The requirements of the declared standard up to the declared level, or all of them where none is declared.
///
/// # Errors
/// Why there are none to show, for a person.
pub fn view(declared: &Declared, records: Option<&Records>) -> Result<RequirementsView, String> {
    let (loaded, standards) = declared.read().map_err(|why| format!("No requirement is listed: {}.", clean(&why)))?;
    let links = Links::new(&loaded, &standards);
    let links = records.map_or(links, |records| links.with_records(records));
    let said = |error: Unanswerable| format!("No requirement is listed: {}.", clean(&error.problem));
    let found = Some(&declared.found);
    let level = loaded.declaration.system.level.as_ref().map(|level| level.value);
    let gaps = match level {
        Some(_) => links.gaps(None, None, found),
        None => {
            let id = loaded.declaration.system.standard.as_ref().map(|standard| standard.as_str());
            let highest = standards.iter().find(|standard| Some(standard.id.as_str()) == id);
            links.gaps(None, highest.map(declaration::Standard::highest_level), found)
        }
    };
    gaps.map(|gaps| shown(&gaps)).map_err(said)
}

fn shown(gaps: &Gaps) -> RequirementsView {
    let t = &gaps.totals;
    let mut groups: Vec<RequirementGroup> = Vec::new();
    for requirement in gaps.requirements.iter().take(MOST_ROWS) {
        let title = requirement.aspect.as_deref().map(clean);
        match groups.last_mut().filter(|group| group.title == title) {
            Some(group) => group.rows.push(row(requirement)),
            None => groups.push(RequirementGroup { title, rows: vec![row(requirement)] }),
        }
    }
    RequirementsView {
        standard: clean(&gaps.standard),
        level: gaps.level,
        contradictions: gaps.contradictions.iter().map(|one| clean(&contradiction_words(one))).collect(),
        records: gaps.records.iter().flat_map(totals_words).map(|words| clean(&words)).collect(),
        notes: gaps.notes.iter().map(|note| clean(note)).collect(),
        totals: vec![
            (t.requirements, "requirements"),
            (t.with_control, "with a control"),
            (t.without_control, "without"),
            (t.not_applicable, "declared not to apply"),
            (t.with_threat, "with a threat behind a control"),
            (t.with_check, "with a check"),
        ],
        methods: t
            .methods
            .iter()
            .map(|(method, of)| MethodRow {
                name: method.as_str(),
                expected: of.expected,
                covered: of.covered,
                prepared: of.prepared,
                open: of.open,
            })
            .collect(),
        groups,
        left_out: gaps.requirements.len().saturating_sub(MOST_ROWS),
    }
}

fn row(requirement: &RequirementGaps) -> RequirementRow {
    let item = requirement.id.split_once(':').map_or(requirement.id.as_str(), |(_, item)| item);
    RequirementRow {
        item: clean(item),
        level: requirement.level,
        demand: clean(&requirement.demand),
        declined: requirement.not_applicable.as_ref().map(|declined| clean(&declined.reason)),
        controls: requirement
            .controls
            .iter()
            .map(|control| {
                let found = match (control.checks.is_empty(), &control.findings, &control.not_inspectable) {
                    (true, _, Some(why)) => format!("no check: no configuration shows it: {}", clean(why)),
                    (true, _, None) => "no check".to_owned(),
                    (false, Some(counts), _) => counted(counts),
                    (false, None, _) => "no bundle".to_owned(),
                };
                let planned = if control.is_implemented() { "" } else { "planned, " };
                (clean(&control.id), format!("{planned}{found}"))
            })
            .collect(),
        threats: clean(&requirement.threats.join(", ")),
        others: requirement
            .third_parties
            .iter()
            .map(|party| clean(&format!("{} ({}) is declared to cover it", party.id, party.role)))
            .collect(),
        methods: requirement.methods.iter().map(|(method, state)| cell(*method, state)).collect(),
        records: requirement.records.iter().map(|row| clean(&row_words(row))).collect(),
        missing: requirement.missing.iter().map(|missing| clean(&missing.text)).collect(),
    }
}

fn cell(method: Method, state: &MethodState) -> MethodCell {
    // A state of evidence, no outcome: its colours are not those of findings.
    let (class, sign) = match state.state {
        State::Covered => ("covered", "●"),
        State::Prepared => ("na", "◐"),
        State::Open => ("na", "○"),
    };
    let optional = if state.wanted == Wanted::Optional { " (optional)" } else { "" };
    MethodCell { class, sign, words: format!("{}{optional} {}", method.as_str(), state.state.as_str()) }
}
