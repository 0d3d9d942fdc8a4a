//! Registers kept elsewhere: the rows of a CSV or JSON file become the tree that would stand in the declaration in their place, each value
//! with its place in that file. What reads the declaration from there on need not know where a row was written.

mod csv;
mod json;

use std::collections::BTreeSet;

use diagnose::yaml::{Entry, Value};
use diagnose::{Code, Located, Node, Reporter, Span, help_known, unknown_key};

use crate::declared::{Columns, Import, Separator};

/// A key of a row, and where in it its value belongs.
#[derive(Clone, Copy, Debug)]
struct Member {
    key: &'static str,
    path: &'static [&'static str],
    /// Whether one cell may hold several, apart by commas, semicolons or white space.
    several: bool,
    required: bool,
}

const fn one(key: &'static str, path: &'static [&'static str]) -> Member {
    Member { key, path, several: false, required: false }
}

const fn required(key: &'static str, path: &'static [&'static str]) -> Member {
    Member { key, path, several: false, required: true }
}

const fn several(key: &'static str, path: &'static [&'static str]) -> Member {
    Member { key, path, several: true, required: false }
}

const THREATS: &[Member] = &[
    required("id", &["id"]),
    required("title", &["title"]),
    one("category", &["category"]),
    several("keys", &["affects", "keys"]),
    several("classes", &["affects", "classes"]),
    several("wallets", &["affects", "wallets"]),
    several("targets", &["affects", "targets"]),
    several("components", &["affects", "components"]),
    several("third_parties", &["affects", "third_parties"]),
    several("systems", &["systems"]),
];

const RISKS: &[Member] = &[
    one("id", &["id"]),
    required("threat", &["threat"]),
    required("likelihood", &["likelihood"]),
    required("impact", &["impact"]),
    required("treatment", &["treatment"]),
    required("owner", &["owner"]),
    one("residual", &["residual", "level"]),
    one("within_tolerance", &["residual", "within_tolerance"]),
    one("accepted_by", &["residual", "accepted_by"]),
    one("accepted", &["residual", "accepted"]),
    one("monitored", &["monitored"]),
    several("systems", &["systems"]),
];

/// The lists that may be imported.
fn members_of(list: &str) -> Option<&'static [Member]> {
    match list {
        "threats" => Some(THREATS),
        "risks" => Some(RISKS),
        _ => None,
    }
}

/// Whether this key of a declaration holds an import instead of its list.
pub(crate) fn is_import(list: &str, value: &Node) -> bool {
    members_of(list).is_some() && matches!(value.value, Value::Map(_))
}

/// The import under a key of a declaration, where there is one.
pub(crate) fn import_of(value: &Node, reporter: &mut Reporter<'_>) -> Option<Import> {
    let Value::Map(members) = &value.value else { return None };
    let mut import = None;
    for member in members {
        if member.key.value == "import" {
            import = Some(diagnose::Decode::decode(&member.value, reporter));
        } else {
            unknown_key(member, &["import"], reporter);
        }
    }
    import
}

/// A file of rows, read once however many lists come from it.
#[derive(Debug)]
pub(crate) struct Register {
    /// Its number among the sources.
    pub file: u32,
    rows: Form,
    /// Columns or members, in the order of their first appearance.
    headings: Vec<Located<String>>,
    /// Those that some list takes, by number.
    used: BTreeSet<usize>,
}

#[derive(Debug)]
enum Form {
    /// For each row its cells, one for each heading.
    Csv(Vec<csv::Row>),
    Json(Vec<Node>),
}

impl Register {
    /// Reads a file; what is wrong with it goes to `reporter`.
    pub fn read(file: u32, text: &str, shown: &str, import: &Import, reporter: &mut Reporter<'_>) -> Option<Self> {
        if import.file.value.to_ascii_lowercase().ends_with(".json") {
            return Self::json(file, text, import, reporter);
        }
        let separator = match import.separator.as_ref().map(|separator| separator.value) {
            None | Some(Separator::Comma) => b',',
            Some(Separator::Semicolon) => b';',
            Some(Separator::Tab) => b'\t',
        };
        if let Some(list) = &import.list {
            reporter.error(list.at, Code::Register, "`list` is for JSON: a CSV file is one list");
        }
        let mut rows = match csv::rows(text, separator) {
            Ok(rows) => rows.into_iter(),
            Err(fault) => {
                let at = Span::new(file, fault.at);
                reporter.error(at, Code::Register, format!("not valid CSV: {}", fault.message)).help(fault.help);
                return None;
            }
        };
        let Some(heading) = rows.next() else {
            reporter.error(
                import.file.at,
                Code::Register,
                format!("`{shown}` has no heading: nothing is written in it"),
            );
            return None;
        };
        let rows: Vec<csv::Row> = rows.collect();
        let ragged = rows.iter().filter(|row| row.cells.len() != heading.cells.len());
        let mut sound = true;
        for row in ragged {
            sound = false;
            let (has, wanted) = (row.cells.len(), heading.cells.len());
            reporter
                .error(
                    Span::new(file, row.at.clone()),
                    Code::Register,
                    format!("this row has {has} cells, and the heading {wanted}"),
                )
                .related(Span::new(file, heading.at.clone()), "the heading")
                .help("a cell that holds a separator or a line break must be in quotes");
        }
        let headings =
            heading.cells.into_iter().map(|cell| Located::new(cell.text, Span::new(file, cell.at))).collect();
        sound.then_some(Self { file, rows: Form::Csv(rows), headings, used: BTreeSet::new() })
    }

    fn json(file: u32, text: &str, import: &Import, reporter: &mut Reporter<'_>) -> Option<Self> {
        if let Some(separator) = &import.separator {
            reporter.error(separator.at, Code::Register, "`separator` is for CSV");
        }
        let before = reporter.found.len();
        let tree = json::tree(file, text, reporter);
        if reporter.found.len() > before {
            return None;
        }
        let whole = Span::new(file, 0..text.len());
        let list = match (tree, &import.list) {
            (Some(Node { value: Value::Map(members), at }), Some(list)) => {
                let known: Vec<&str> = members.iter().map(|member| member.key.value.as_str()).collect();
                let found = members.iter().find(|member| member.key.value == list.value);
                let Some(found) = found else {
                    reporter
                        .error(list.at, Code::Register, format!("the register has no member `{}`", list.value))
                        .related(at, "this object")
                        .maybe_help(help_known(&list.value, &known, "it has"));
                    return None;
                };
                Some(found.value.clone())
            }
            (tree, _) => tree,
        };
        let Some(Node { value: Value::List(rows), .. }) = list else {
            let what = list.as_ref().map_or_else(|| "nothing".to_owned(), Node::describe);
            let pending = reporter.error(
                list.as_ref().map_or(whole, |node| node.at),
                Code::Register,
                format!("expected a list of rows, found {what}"),
            );
            if import.list.is_none() {
                pending.help("name under `list` the member that holds it");
            }
            return None;
        };
        let mut headings: Vec<Located<String>> = Vec::new();
        let mut known = BTreeSet::new();
        for row in &rows {
            let Value::Map(members) = &row.value else {
                reporter.error(
                    row.at,
                    Code::Register,
                    format!("expected a row as an object, found {}", row.describe()),
                );
                return None;
            };
            for member in members {
                if known.insert(member.key.value.clone()) {
                    headings.push(member.key.clone());
                }
            }
        }
        Some(Self { file, rows: Form::Json(rows), headings, used: BTreeSet::new() })
    }

    /// The rows as they would stand in the declaration under `list`.
    pub fn rows(&mut self, list: &str, import: &Import, reporter: &mut Reporter<'_>) -> Vec<Node> {
        let members = members_of(list).unwrap_or_default();
        let keys: Vec<&str> = members.iter().map(|member| member.key).collect();
        let written =
            import.columns.by_key.iter().map(|(key, _)| key).chain(import.values.by_key.iter().map(|(key, _)| key));
        for key in written.filter(|key| !keys.contains(&key.value.as_str())) {
            reporter.error(key.at, Code::UnknownKey, format!("unknown key `{}`", key.value)).maybe_help(help_known(
                &key.value,
                &keys,
                "a row has",
            ));
        }
        if let (Form::Csv(_), [only]) = (&self.rows, self.headings.as_slice())
            && only.value.contains([',', ';', '\t'])
        {
            reporter
                .error(only.at, Code::Register, "the heading has one column")
                .help("name under `separator` what stands between two cells");
            return Vec::new();
        }
        let mut sound = true;
        let mut missing: Vec<&str> = Vec::new();
        let mut taken: Vec<(Member, Place)> = Vec::new();
        for member in members {
            match self.place(*member, import, reporter) {
                Ok(Some(place)) => taken.push((*member, place)),
                Ok(None) if member.required && !self.is_empty() => missing.push(member.key),
                Ok(None) => {}
                Err(Missing) => sound = false,
            }
        }
        // What is written of what remains needs its level; said once, and not at the cells beside it.
        let of_residual = |path: &[&str]| path.first() == Some(&"residual");
        if taken.iter().any(|(member, _)| of_residual(member.path))
            && !taken.iter().any(|(member, _)| member.key == "residual")
            && !self.is_empty()
        {
            missing.push("residual");
        }
        if !missing.is_empty() {
            let names: Vec<String> = missing.iter().map(|key| format!("`{key}`")).collect();
            let known: Vec<&str> = self.headings.iter().map(|heading| heading.value.as_str()).collect();
            let problem = format!(
                "the register has no {} {}, and `columns` names none in its place",
                self.column(),
                names.join(", ")
            );
            reporter
                .error(import.file.at, Code::Register, problem)
                .related(self.headings.first().map_or(Span::NONE, |heading| heading.at), "its columns")
                .maybe_help(help_known("", &known, "there are"));
        }
        if !sound || !missing.is_empty() {
            return Vec::new();
        }
        self.used.extend(taken.iter().filter_map(|(_, place)| place.heading));
        let file = self.file;
        let rows: Vec<(Span, Vec<(Member, Node)>)> = match &self.rows {
            Form::Csv(rows) => rows
                .iter()
                .map(|row| {
                    let cells = taken.iter().filter_map(|(member, place)| {
                        let cell = row.cells.get(place.heading?).filter(|cell| !cell.text.is_empty())?;
                        Some((*member, text(&cell.text, Span::new(file, cell.at.clone()))))
                    });
                    (Span::new(file, row.at.clone()), cells.collect())
                })
                .collect(),
            Form::Json(rows) => rows
                .iter()
                .map(|row| {
                    let cells = taken.iter().filter_map(|(member, place)| Some((*member, place.in_row(row)?.clone())));
                    (row.at, cells.filter(|(_, cell)| !is_empty(cell)).collect())
                })
                .collect(),
        };
        let mut words = Words { import, reporter };
        rows.into_iter().map(|(at, cells)| row(at, cells, &mut words)).collect()
    }

    /// Which column a key comes from. `None`: from none.
    fn place(&self, member: Member, import: &Import, reporter: &mut Reporter<'_>) -> Result<Option<Place>, Missing> {
        let named = import.columns.by_key.iter().find(|(key, _)| key.value == member.key).map(|(_, heading)| heading);
        let heading = named.map_or(member.key, |heading| heading.value.as_str());
        if let (Form::Json(rows), Some(pointer)) = (&self.rows, heading.strip_prefix('/')) {
            let steps: Vec<String> =
                pointer.split('/').map(|step| step.replace("~1", "/").replace("~0", "~")).collect();
            let first = steps.first().and_then(|step| self.headings.iter().position(|heading| heading.value == *step));
            let place = Place { heading: first, steps };
            if rows.is_empty() || rows.iter().any(|row| place.in_row(row).is_some()) {
                return Ok(Some(place));
            }
        } else {
            let mut found = self.headings.iter().enumerate().filter(|(_, one)| one.value == heading);
            if let Some((number, first)) = found.next() {
                if let Some((_, again)) = found.next() {
                    reporter
                        .error(again.at, Code::Register, format!("a second column with the heading `{heading}`"))
                        .related(first.at, "the first one");
                    return Err(Missing);
                }
                return Ok(Some(Place { heading: Some(number), steps: vec![heading.to_owned()] }));
            }
            if self.is_empty() {
                return Ok(None);
            }
        }
        let known: Vec<&str> = self.headings.iter().map(|heading| heading.value.as_str()).collect();
        let what = self.column();
        match named {
            // What is named where nothing could be read was reported there.
            Some(named) if named.is_written() => {
                reporter
                    .error(named.at, Code::Register, format!("the register has no {what} `{heading}`"))
                    .maybe_help(help_known(heading, &known, "there are"));
                Err(Missing)
            }
            Some(_) => Err(Missing),
            None => Ok(None),
        }
    }

    /// A JSON file without rows has no members either.
    fn is_empty(&self) -> bool {
        matches!(&self.rows, Form::Json(rows) if rows.is_empty())
    }

    const fn column(&self) -> &'static str {
        match self.rows {
            Form::Csv(_) => "column",
            Form::Json(_) => "member",
        }
    }

    /// Names what of the file nothing reads.
    pub fn note(&self, shown: &str, reporter: &mut Reporter<'_>) {
        let unread =
            self.headings.iter().enumerate().filter(|(n, one)| !self.used.contains(n) && !one.value.is_empty());
        let unread: Vec<&Located<String>> = unread.map(|(_, heading)| heading).collect();
        if let Some(first) = unread.first() {
            let names: Vec<String> = unread.iter().map(|heading| format!("`{}`", heading.value)).collect();
            let what = self.column();
            reporter.note(
                first.at,
                Code::NotJudgedYet,
                format!("{what}s of `{shown}` that nothing reads; they are sealed: {}", names.join(", ")),
            );
        }
    }
}

/// A column that must be there and is not: it was reported.
struct Missing;

/// Where the value of a key is in each row.
#[derive(Debug)]
struct Place {
    /// The number of its column.
    heading: Option<usize>,
    /// The way to it in a JSON object.
    steps: Vec<String>,
}

impl Place {
    fn in_row<'n>(&self, row: &'n Node) -> Option<&'n Node> {
        self.steps.iter().try_fold(row, |node, step| match &node.value {
            Value::Map(members) => members.iter().find(|member| member.key.value == *step).map(|member| &member.value),
            Value::List(items) => step.parse().ok().and_then(|n: usize| items.get(n)),
            Value::Scalar { .. } => None,
        })
    }
}

fn is_empty(cell: &Node) -> bool {
    match &cell.value {
        Value::Scalar { text, .. } => text.trim().is_empty(),
        Value::List(items) => items.is_empty(),
        Value::Map(_) => false,
    }
}

fn text(text: &str, at: Span) -> Node {
    Node { at, value: Value::Scalar { text: text.to_owned(), plain: false } }
}

/// One row as it would stand in the declaration.
fn row(at: Span, cells: Vec<(Member, Node)>, words: &mut Words<'_, '_, '_>) -> Node {
    let mut entries: Vec<Entry> = Vec::new();
    for (member, cell) in cells {
        let at = cell.at;
        let value = if member.several {
            Node { at, value: Value::List(parts(cell).into_iter().map(|part| words.here(member.key, part)).collect()) }
        } else {
            words.here(member.key, cell)
        };
        let entry = |key: &str, value: Node| Entry { key: Located::new(key.to_owned(), at), value };
        match member.path {
            [outer, inner] => {
                let inner = entry(inner, value);
                match entries.iter_mut().find(|entry| entry.key.value == *outer) {
                    Some(Entry { value: Node { value: Value::Map(members), .. }, .. }) => members.push(inner),
                    _ => entries.push(entry(outer, Node { at, value: Value::Map(vec![inner]) })),
                }
            }
            path => entries.extend(path.first().map(|key| entry(key, value))),
        }
    }
    Node { at, value: Value::Map(entries) }
}

/// What one cell lists.
fn parts(cell: Node) -> Vec<Node> {
    match cell.value {
        Value::List(items) => items,
        Value::Map(_) => vec![cell],
        Value::Scalar { text: all, .. } => {
            // In a cell whose quotation marks are doubled, or a JSON text, a part has no place of its own.
            let whole = cell.at.range();
            let exact = whole.len() == all.len();
            let apart = |c: char| c.is_whitespace() || matches!(c, ',' | ';');
            let mut found = Vec::new();
            let mut from = 0;
            for piece in all.split(apart) {
                let end = from + piece.len();
                let at = if exact { Span::new(cell.at.file(), whole.start + from..whole.start + end) } else { cell.at };
                if !piece.is_empty() {
                    found.push(text(piece, at));
                }
                from = end + all.get(end..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
            }
            found
        }
    }
}

/// What the words of the register are here.
struct Words<'i, 'r, 'a> {
    import: &'i Import,
    reporter: &'r mut Reporter<'a>,
}

impl Words<'_, '_, '_> {
    /// The same value in the declaration's own words. Without a list of words for its key it stays as it is.
    fn here(&mut self, key: &str, cell: Node) -> Node {
        let Some((_, Columns { by_key: words })) =
            self.import.values.by_key.iter().find(|(known, _)| known.value == key)
        else {
            return cell;
        };
        let Value::Scalar { text: word, .. } = &cell.value else { return cell };
        if let Some((_, here)) = words.iter().find(|(theirs, _)| theirs.value == *word) {
            return text(&here.value, cell.at);
        }
        // A register may use our words already.
        if words.iter().any(|(_, here)| here.value == *word) {
            return cell;
        }
        let known: Vec<&str> = words.iter().map(|(theirs, _)| theirs.value.as_str()).collect();
        self.reporter
            .error(cell.at, Code::Register, format!("`values.{key}` does not say what `{word}` is"))
            .maybe_help(help_known(word, &known, "it knows"));
        cell
    }
}
