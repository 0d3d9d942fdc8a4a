//! What tables and folds of the declared side are put together from: texts that are cleaned once, here, and escaped by the template.

use model::Outcome;
use model::record::Counts;

use super::text::{clean, short};

/// Characters of one text.
const MOST_OF_TEXT: usize = 600;
/// Rows of one table.
pub const MOST_ROWS: usize = 1_000;
/// Threats, and controls, that are shown one by one.
pub const MOST_FOLDS: usize = 500;

/// A text, what it looks like, and where it leads.
pub struct Piece {
    pub text: String,
    /// An id of the page.
    pub href: Option<String>,
    /// A class of the style sheet, `code`, or nothing.
    pub class: &'static str,
    /// What stands for the class where no colour is seen.
    pub sign: &'static str,
}

/// Pieces side by side.
pub type Line = Vec<Piece>;

/// Lines below each other, under a name.
pub struct Cell {
    pub label: &'static str,
    pub lines: Vec<Line>,
}

/// A table; or nothing but its rows' absence.
pub struct Table {
    /// For whoever does not see it.
    pub caption: &'static str,
    /// The names of the columns; the first is that of the row's own.
    pub columns: Vec<&'static str>,
    pub rows: Vec<Row>,
    /// Rows that are not in the page, and where they are.
    pub left_out: usize,
    pub elsewhere: &'static str,
}

/// A row.
pub struct Row {
    pub anchor: Option<String>,
    pub head: Vec<Line>,
    pub cells: Vec<Cell>,
    /// The controls that it has to do with, for the filter.
    pub controls: String,
}

/// Something that opens.
pub struct Fold {
    pub anchor: Option<String>,
    pub head: Line,
    pub cells: Vec<Cell>,
    pub controls: String,
}

/// A part of the page about what is declared.
pub struct Part {
    pub id: &'static str,
    pub title: &'static str,
    /// The title among the contents.
    pub short: &'static str,
    pub count: usize,
    pub lead: &'static str,
    /// What is said before the list.
    pub notes: Vec<Line>,
    pub folds: Vec<Fold>,
    pub folds_left_out: usize,
    pub tables: Vec<Table>,
}

pub fn plain(text: &str) -> Piece {
    styled("", text)
}

pub fn soft(text: &str) -> Piece {
    styled("sub", text)
}

pub fn code(text: &str) -> Piece {
    styled("code", text)
}

pub fn strong(text: &str) -> Piece {
    styled("id", text)
}

fn styled(class: &'static str, text: &str) -> Piece {
    let text = short(&clean(text), MOST_OF_TEXT);
    Piece { text, href: None, class, sign: "" }
}

/// A text that leads to an id of the page, if there is one.
pub fn link(text: &str, href: Option<String>) -> Piece {
    Piece { href, ..plain(text) }
}

/// Something that is known, or is said not to be: a state of evidence or of a declaration, no outcome.
pub fn known(text: &str) -> Piece {
    Piece { sign: "●", ..styled("mark covered", text) }
}

/// Something that was not found out: never shown like what was.
pub fn unknown(text: &str) -> Piece {
    Piece { sign: "?", ..styled("mark unknown", text) }
}

/// Something that was looked for and is otherwise than declared.
pub fn otherwise(text: &str) -> Piece {
    Piece { sign: "✗", ..styled("mark deviates", text) }
}

/// An outcome as word, sign and class: never by colour alone.
#[derive(Clone, Copy)]
pub struct Mark {
    pub class: &'static str,
    pub sign: &'static str,
    pub words: &'static str,
}

pub const fn mark(outcome: Outcome, accepted: bool) -> Mark {
    match (outcome, accepted) {
        (Outcome::Deviates, false) => Mark { class: "deviates", sign: "✗", words: "deviates" },
        (Outcome::Deviates, true) => Mark { class: "accepted", sign: "✗", words: "deviates, accepted" },
        (Outcome::Undetermined, _) => Mark { class: "unknown", sign: "?", words: "undetermined" },
        (Outcome::Conforms, _) => Mark { class: "conforms", sign: "✓", words: "conforms" },
        (Outcome::NotApplicable, _) => Mark { class: "na", sign: "–", words: "not applicable" },
    }
}

pub fn outcome(outcome: Outcome, accepted: bool) -> Piece {
    let mark = mark(outcome, accepted);
    Piece { text: mark.words.to_owned(), href: None, class: mark_class(mark.class), sign: mark.sign }
}

const fn mark_class(class: &'static str) -> &'static str {
    match class.as_bytes() {
        b"deviates" => "mark deviates",
        b"accepted" => "mark accepted",
        b"unknown" => "mark unknown",
        b"conforms" => "mark conforms",
        _ => "mark na",
    }
}

/// How many findings of each outcome, those first that need a look.
pub fn counts(counts: &Counts) -> Line {
    let mut line = Vec::new();
    let parts = [
        (counts.deviates.saturating_sub(counts.accepted), "mark deviates", "✗", "deviate"),
        (counts.undetermined, "mark unknown", "?", "undetermined"),
        (counts.accepted, "mark accepted", "✗", "deviate, accepted"),
        (counts.conforms, "mark conforms", "✓", "conform"),
        (counts.not_applicable, "mark na", "–", "not applicable"),
    ];
    for (count, class, sign, words) in parts {
        if count > 0 {
            separate(&mut line, ", ");
            line.push(Piece { text: format!("{count} {words}"), href: None, class, sign });
        }
    }
    if line.is_empty() {
        line.push(unknown("no finding"));
    }
    line
}

/// Puts something between what is there and what comes.
pub fn separate(line: &mut Line, between: &str) {
    if !line.is_empty() {
        line.push(plain(between));
    }
}

/// Pieces with something between them; `none` where there is none.
pub fn listed(pieces: impl IntoIterator<Item = Piece>, none: &str) -> Line {
    let mut line = Vec::new();
    for piece in pieces {
        separate(&mut line, ", ");
        line.push(piece);
    }
    if line.is_empty() {
        line.push(soft(none));
    }
    line
}

/// The same, cut where it becomes long; what is left out is counted.
pub fn listed_up_to(most: usize, pieces: Vec<Piece>, none: &str) -> Line {
    let more = pieces.len().saturating_sub(most);
    let mut line = listed(pieces.into_iter().take(most), none);
    if more > 0 {
        line.push(soft(&format!(", and {more} more")));
    }
    line
}

/// A text, or that nothing is declared.
pub fn said(text: Option<&str>, none: &str) -> Piece {
    text.map_or_else(|| soft(none), plain)
}

impl Cell {
    pub const fn new(label: &'static str, lines: Vec<Line>) -> Self {
        Self { label, lines }
    }

    pub fn one(label: &'static str, line: Line) -> Self {
        Self { label, lines: vec![line] }
    }
}

/// Gives each place of the page out once: a declaration that nobody validated may name two things alike.
#[derive(Default)]
pub struct Once {
    given: std::collections::BTreeSet<String>,
}

impl Once {
    pub fn first(&mut self, place: Option<String>) -> Option<String> {
        place.filter(|place| self.given.insert(place.clone()))
    }
}
