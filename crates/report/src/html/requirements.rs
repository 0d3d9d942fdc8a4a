//! The view by requirement: what is declared for each, by which methods it can be looked at, and what is missing; level by level.

use declaration::{Loaded, Standard};
use links::{
    ControlRow, Found, Gaps, Links, Method, MethodState, MethodTotals, RequirementGaps, State, Totals, Wanted,
};

use super::pieces::{
    Cell, Line, MOST_ROWS, Once, Piece, Row, Table, counts, known, link, listed, otherwise, plain, soft,
};
use super::sources::Sources;
use super::template::{RequirementGroup, RequirementsView};
use super::text::clean;
use crate::recorded::{contradiction_words, row_words, totals_words};

/// All requirements of the declared standard, and the same level by level.
pub struct ByLevel {
    /// Up to the highest level there is.
    all: Gaps,
    /// Up to each level, the lowest first.
    levels: Vec<Gaps>,
    /// The level that is declared.
    aimed: Option<u32>,
}

/// The requirements of the declared standard.
///
/// # Errors
/// Why there are none to show, for a person.
pub fn gaps(links: &Links<'_>, loaded: &Loaded, standards: &[Standard], found: &Found) -> Result<ByLevel, String> {
    let system = &loaded.declaration.system;
    let id = system.standard.as_ref().map(|standard| standard.as_str());
    let highest = standards.iter().find(|standard| Some(standard.id.as_str()) == id).map(Standard::highest_level);
    let said = |problem: &str| format!("No requirement is listed: {}.", clean(problem));
    let up_to = |level| links.gaps(None, level, Some(found)).map_err(|error| said(&error.problem));
    let levels = (1..=highest.unwrap_or(0)).map(|level| up_to(Some(level))).collect::<Result<Vec<_>, _>>()?;
    let Some(all) = levels.last().cloned() else {
        // No standard, no catalogue of it, or one without levels: the same words as the commands have.
        return Err(up_to(Some(1)).err().unwrap_or_else(|| said("its catalogue has no level")));
    };
    Ok(ByLevel { all, levels, aimed: system.level.as_ref().map(|level| level.value) })
}

/// The places of the requirements in the page.
pub fn anchors(gaps: &ByLevel) -> impl Iterator<Item = String> {
    gaps.all.requirements.iter().take(MOST_ROWS).map(|one| format!("requirement-{}", one.id))
}

/// All of it, as it is shown.
pub fn shown(gaps: &ByLevel, sources: &Sources<'_>) -> RequirementsView {
    let mut once = Once::default();
    let mut groups: Vec<RequirementGroup> = Vec::new();
    for requirement in gaps.all.requirements.iter().take(MOST_ROWS) {
        let title = requirement.aspect.as_deref().map(clean);
        let row = row(requirement, gaps.aimed, sources, &mut once);
        match groups.last_mut().filter(|group| group.title == title) {
            Some(group) => group.table.rows.push(row),
            None => groups.push(RequirementGroup {
                title,
                table: Table {
                    caption: "Requirements",
                    columns: vec!["Requirement", "Controls", "Methods", "Missing"],
                    rows: vec![row],
                    left_out: 0,
                    elsewhere: "",
                },
            }),
        }
    }
    RequirementsView {
        standard: clean(&gaps.all.standard),
        aimed: gaps.aimed,
        contradictions: gaps.all.contradictions.iter().map(|one| clean(&contradiction_words(one))).collect(),
        records: gaps.all.records.iter().flat_map(totals_words).map(|words| clean(&words)).collect(),
        notes: gaps.all.notes.iter().map(|note| clean(note)).collect(),
        levels: by_level(gaps, sources),
        groups,
        left_out: gaps.all.requirements.len().saturating_sub(MOST_ROWS),
    }
}

/// A number of the totals of a level.
type Number = fn(&Totals) -> u64;

/// The levels, one beside the other: each counts those below it.
fn by_level(gaps: &ByLevel, sources: &Sources<'_>) -> Table {
    let mut rows = missing(gaps, sources);
    let numbers: [(&str, Number); 6] = [
        ("requirements", |t| t.requirements),
        ("with a control", |t| t.with_control),
        ("without a control", |t| t.without_control),
        ("declared not to apply", |t| t.not_applicable),
        ("with a threat behind a control", |t| t.with_threat),
        ("with a check", |t| t.with_check),
    ];
    let contradictions = rows.iter().take_while(|(code, _)| is_contradiction(code)).count();
    let missing = rows.split_off(contradictions).into_iter().map(|(_, row)| row);
    let mut all: Vec<Row> = rows.into_iter().map(|(_, row)| row).collect();
    for (words, number) in numbers {
        all.push(level_row(words, gaps, |level| vec![vec![plain(&number(&level.totals).to_string())]]));
    }
    let methods: Vec<Method> = gaps.all.totals.methods.keys().copied().collect();
    for method in methods {
        let words = format!("{} expected", method.as_str());
        all.push(level_row(&words, gaps, |level| {
            let of = level.totals.methods.get(&method).copied().unwrap_or_default();
            let MethodTotals { expected, covered, prepared, open } = of;
            let state = format!("{covered} covered, {prepared} prepared, {open} open");
            vec![vec![plain(&format!("{expected} ")), soft(&state)]]
        }));
    }
    all.extend(missing);
    let names = ["level 1", "level 2", "level 3", "level 4", "level 5", "level 6", "level 7", "level 8", "level 9"];
    Table {
        caption: "Levels, one beside the other",
        columns: std::iter::once("Up to").chain(names.into_iter().take(gaps.levels.len())).collect(),
        rows: all,
        left_out: gaps.levels.len().saturating_sub(names.len()),
        elsewhere: "witnessmark-verify gaps",
    }
}

fn level_row(words: &str, gaps: &ByLevel, lines: impl Fn(&Gaps) -> Vec<Line>) -> Row {
    let labels = ["1", "2", "3", "4", "5", "6", "7", "8", "9"];
    Row {
        anchor: None,
        head: vec![vec![plain(words)]],
        cells: labels.into_iter().zip(&gaps.levels).map(|(label, level)| Cell::new(label, lines(level))).collect(),
        controls: String::new(),
    }
}

/// What is missing, contradictions first: how often up to each level, and in which requirements of that level.
fn missing<'g>(gaps: &'g ByLevel, sources: &Sources<'_>) -> Vec<(&'g str, Row)> {
    let mut codes: Vec<&str> = Vec::new();
    for missing in gaps.all.requirements.iter().flat_map(|one| &one.missing) {
        if !codes.contains(&missing.code) {
            codes.push(missing.code);
        }
    }
    codes.sort_by_key(|code| (!is_contradiction(code), CODES.iter().position(|(known, _)| known == code)));
    let row = |code: &&'g str| {
        let of = |one: &&RequirementGaps| one.missing.iter().any(|missing| missing.code == *code);
        let words = CODES.iter().find(|(known, _)| known == code).map_or(*code, |(_, words)| words);
        let row = level_row(words, gaps, |level| {
            let number = level.requirements.iter().filter(of).count();
            let here = level.requirements.iter().filter(|one| one.level == level.level).filter(of);
            let items = here.map(|one| link(item(one), sources.place("requirement", &one.id)));
            let mut lines = vec![vec![plain(&number.to_string())]];
            let items = listed(items, "");
            if items.iter().any(|piece| !piece.text.is_empty()) {
                lines.push(items);
            }
            lines
        });
        (*code, row)
    };
    codes.iter().map(row).collect()
}

/// What is missing, in the words of docs/gaps.md.
const CODES: [(&str, &str); 7] = [
    ("applies-after-all", "contradiction: declared not to apply, and a control serves it"),
    ("no-control", "missing: a control"),
    ("only-planned", "missing: a control that is not only planned"),
    ("no-threat", "missing: a threat that each control answers"),
    ("no-document", "missing: a document or records to review"),
    ("no-check", "missing: a check to inspect by"),
    ("nothing-inspected", "missing: a definite finding of its checks"),
];

fn is_contradiction(code: &str) -> bool {
    matches!(code, "applies-after-all")
}

fn item(requirement: &RequirementGaps) -> &str {
    requirement.id.split_once(':').map_or(requirement.id.as_str(), |(_, item)| item)
}

fn row(requirement: &RequirementGaps, aimed: Option<u32>, sources: &Sources<'_>, once: &mut Once) -> Row {
    let beyond = if aimed.is_some_and(|aimed| requirement.level > aimed) { ", above the declared one" } else { "" };
    let about = soft(&format!("level {} · {}{beyond}", requirement.level, requirement.demand));
    let mut controls: Vec<Line> = Vec::new();
    if let Some(declined) = &requirement.not_applicable {
        controls.push(vec![Piece { class: "mark na", sign: "–", ..plain("declared not to apply") }]);
        controls.push(vec![plain(&declined.reason)]);
    }
    controls.extend(requirement.controls.iter().map(|control| control_line(control, sources)));
    if !requirement.threats.is_empty() {
        let mut line = vec![soft("answers ")];
        line.extend(listed(sources.links("threat", &requirement.threats), ""));
        controls.push(line);
    }
    for party in &requirement.third_parties {
        let name = sources.link("party", &party.id);
        controls.push(vec![name, soft(&format!(" ({}) is declared to cover it", party.role))]);
    }
    let missing = requirement.missing.iter().map(|missing| match is_contradiction(missing.code) {
        true => vec![otherwise("contradiction: "), plain(&missing.text)],
        false => vec![plain(&missing.text)],
    });
    let ids: Vec<&str> = requirement.controls.iter().map(|control| control.id.as_str()).collect();
    Row {
        anchor: once.first(sources.place("requirement", &requirement.id)),
        head: vec![vec![plain(item(requirement)), plain(" "), about]],
        cells: vec![Cell::new("", controls), Cell::new("", methods(requirement)), Cell::new("", missing.collect())],
        controls: clean(&ids.join(" ")),
    }
}

fn control_line(control: &ControlRow, sources: &Sources<'_>) -> Line {
    let mut line = vec![sources.link("control", &control.id), plain(" ")];
    if !control.is_implemented() {
        line.push(soft("planned, "));
    }
    match (control.checks.is_empty(), &control.findings, &control.not_inspectable) {
        (true, _, Some(why)) => line.push(soft(&format!("no check: no configuration shows it: {why}"))),
        (true, _, None) => line.push(soft("no check")),
        (false, Some(found), _) => line.extend(counts(found)),
        (false, None, _) => line.push(soft("no bundle")),
    }
    line
}

/// Each method, and what people saw.
fn methods(requirement: &RequirementGaps) -> Vec<Line> {
    let states = requirement.methods.iter().map(|(method, state)| vec![method_piece(*method, state)]);
    states.chain(requirement.records.iter().map(|row| vec![soft(&row_words(row))])).collect()
}

fn method_piece(method: Method, state: &MethodState) -> Piece {
    let optional = if state.wanted == Wanted::Optional { " (optional)" } else { "" };
    let words = format!("{}{optional} {}", method.as_str(), state.state.as_str());
    // A state of evidence, no outcome: its colours are not those of findings.
    match state.state {
        State::Covered => known(&words),
        State::Prepared => Piece { class: "mark na", sign: "◐", ..plain(&words) },
        State::Open => Piece { class: "mark na", sign: "○", ..plain(&words) },
    }
}
