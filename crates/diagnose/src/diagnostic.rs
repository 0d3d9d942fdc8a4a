//! What is wrong with a text that a person wrote, said as a compiler would: place, caret, reason, help.

use std::ops::Range;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use schemars::JsonSchema;
use serde::Serialize;

use crate::source::{SourceMap, Span};

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The declaration cannot be used.
    Error,
    /// It can be used, and probably does not say what was meant.
    Warning,
    /// Worth knowing.
    Note,
}

macro_rules! codes {
    ($($(#[doc = $doc:literal])+ $variant:ident = $text:literal,)+) => {
        /// What kind of fault it is. The text is stable; `docs/spec/declaration.md` lists all.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
        #[non_exhaustive]
        pub enum Code { $($(#[doc = $doc])+ #[serde(rename = $text)] $variant,)+ }

        impl Code {
            /// Every code.
            pub const ALL: &[Self] = &[$(Self::$variant,)+];

            /// The text that is printed and written to JSON.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }
        }
    };
}

codes! {
    /// A file could not be read.
    Unreadable = "unreadable",
    /// The text is not YAML, or uses a part of YAML that a declaration may not use.
    Yaml = "yaml",
    /// A key that the schema does not know at this place.
    UnknownKey = "unknown-key",
    /// A key written twice in one object.
    DuplicateKey = "duplicate-key",
    /// A key that must be there and is not.
    MissingKey = "missing-key",
    /// A list where a text was expected, and the like.
    WrongType = "wrong-type",
    /// The right type and no possible value.
    BadValue = "bad-value",
    /// Two things of one kind with one id.
    DuplicateId = "duplicate-id",
    /// A value that a template left to be written.
    Placeholder = "placeholder",
    /// Comments of a template that ask for a change.
    TemplateComment = "template-comment",
    /// A name that nothing in the declaration, the catalogue or the tool has.
    UnknownReference = "unknown-reference",
    /// An included file leaves the declaration's folder, includes itself, or is included twice.
    Include = "include",
    /// A register that is no CSV or JSON, or lacks what its import names.
    Register = "register",
    /// A setting of a target that its collectors refuse.
    BadSetting = "bad-setting",
    /// A parameter that the check refuses.
    BadParameter = "bad-parameter",
    /// A parameter that demands less than the check does by default.
    WeakerParameter = "weaker-parameter",
    /// A run that is due more often than every hour.
    ShortPeriod = "short-period",
    /// A category of threats that is none of the known ones.
    UnknownCategory = "unknown-category",
    /// Records of a task that are not where they are said to be.
    MissingRecord = "missing-record",
    /// Things of other systems of the entity, which are kept out of this one.
    OtherSystem = "other-system",
    /// One check put twice to one target by one control.
    DuplicateAssignment = "duplicate-assignment",
    /// A check that has no target it could read.
    NoTarget = "no-target",
    /// An acceptance that says both or neither of a deviation and a gap.
    UnclearAcceptance = "unclear-acceptance",
    /// An acceptance whose last day has passed.
    ExpiredAcceptance = "expired-acceptance",
    /// An acceptance that covers nothing.
    UnusedAcceptance = "unused-acceptance",
    /// A declaration that puts no check to any target.
    NothingChecked = "nothing-checked",
    /// A part that is read and not judged yet.
    NotJudgedYet = "not-judged-yet",
}

/// One fault. Lines and columns are counted from 1, columns in characters; the end is exclusive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Diagnostic {
    pub severity: Severity,
    pub code: Code,
    /// Lower case, no final period, input in backticks.
    pub message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end_line: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end_column: Option<usize>,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
    /// Other places that belong to it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub related: Vec<Related>,
    #[serde(skip)]
    pub at: Span,
}

impl Diagnostic {
    pub fn new(sources: &SourceMap, severity: Severity, at: Span, code: Code, message: String) -> Self {
        let places = sources.places(at);
        Self {
            severity,
            code,
            message,
            file: sources.name(at).map(str::to_owned),
            line: places.map(|(start, _)| start.line),
            column: places.map(|(start, _)| start.column),
            end_line: places.map(|(_, end)| end.line),
            end_column: places.map(|(_, end)| end.column),
            help: None,
            related: Vec::new(),
            at,
        }
    }
}

/// Another place that belongs to a fault.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Related {
    pub message: String,
    pub file: String,
    pub line: usize,
    pub column: usize,
    #[serde(skip)]
    pub at: Span,
}

/// Faults of one severity that one reading reports: past this no one reads on.
const MOST: usize = 200;

/// Collects faults; nothing stops at the first.
#[derive(Debug)]
pub struct Reporter<'a> {
    pub sources: &'a SourceMap,
    pub found: Vec<Diagnostic>,
}

impl<'a> Reporter<'a> {
    pub fn new(sources: &'a SourceMap) -> Self {
        Self { sources, found: Vec::new() }
    }

    pub fn error(&mut self, at: Span, code: Code, message: impl Into<String>) -> Pending<'_, 'a> {
        self.push(Severity::Error, at, code, message.into())
    }

    pub fn warn(&mut self, at: Span, code: Code, message: impl Into<String>) -> Pending<'_, 'a> {
        self.push(Severity::Warning, at, code, message.into())
    }

    pub fn note(&mut self, at: Span, code: Code, message: impl Into<String>) -> Pending<'_, 'a> {
        self.push(Severity::Note, at, code, message.into())
    }

    fn push(&mut self, severity: Severity, at: Span, code: Code, message: String) -> Pending<'_, 'a> {
        // Counted by severity, so that no error is lost behind warnings.
        if self.found.iter().filter(|d| d.severity == severity).count() >= MOST {
            return Pending { reporter: self, added: false };
        }
        self.found.push(Diagnostic::new(self.sources, severity, at, code, message));
        Pending { reporter: self, added: true }
    }
}

/// The fault just reported, to which help can be added.
#[derive(Debug)]
pub struct Pending<'r, 'a> {
    reporter: &'r mut Reporter<'a>,
    added: bool,
}

impl Pending<'_, '_> {
    pub fn help(self, text: impl Into<String>) -> Self {
        if self.added
            && let Some(last) = self.reporter.found.last_mut()
        {
            last.help = Some(text.into());
        }
        self
    }

    /// Help, where there is some.
    pub fn maybe_help(self, text: Option<String>) -> Self {
        match text {
            Some(text) => self.help(text),
            None => self,
        }
    }

    pub fn related(self, at: Span, message: impl Into<String>) -> Self {
        let sources = self.reporter.sources;
        if !self.added {
            return self;
        }
        if let (Some(last), Some((start, _)), Some(file)) =
            (self.reporter.found.last_mut(), sources.places(at), sources.name(at))
        {
            last.related.push(Related {
                message: message.into(),
                file: file.to_owned(),
                line: start.line,
                column: start.column,
                at,
            });
        }
        self
    }
}

/// "did you mean": the known word closest to what was written, if it is close.
pub fn suggestion<'k>(written: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    let lower = written.to_lowercase().replace('-', "_");
    known
        .into_iter()
        .map(|word| (strsim::damerau_levenshtein(&lower, &word.to_lowercase().replace('-', "_")), word))
        .filter(|(distance, word)| *distance <= tolerance(word.chars().count().max(lower.chars().count())))
        .min()
        .map(|(_, word)| word)
}

/// How many letters may differ in words of this length.
const fn tolerance(length: usize) -> usize {
    match length {
        0..=2 => 0,
        3..=5 => 1,
        more => more / 3,
    }
}

/// Help naming the closest known word, or all of them when they are few.
pub fn help_known(written: &str, known: &[&str], what: &str) -> Option<String> {
    if let Some(word) = suggestion(written, known.iter().copied()) {
        return Some(format!("did you mean `{word}`?"));
    }
    match known {
        [] => None,
        few if few.len() <= 12 => {
            Some(format!("{what}: {}", few.iter().map(|k| format!("`{k}`")).collect::<Vec<_>>().join(", ")))
        }
        _ => None,
    }
}

/// Whether one of them makes the declaration unusable.
#[must_use]
pub fn has_errors(diagnostics: &[Diagnostic]) -> bool {
    diagnostics.iter().any(|d| d.severity == Severity::Error)
}

/// The diagnostics as text for a person, with the lines they are about. `colour` adds ANSI styles.
#[must_use]
pub fn render(diagnostics: &[Diagnostic], sources: &SourceMap, colour: bool) -> String {
    let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
    let mut out = String::new();
    for diagnostic in diagnostics {
        let level = match diagnostic.severity {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
            Severity::Note => Level::NOTE,
        };
        let title = level.primary_title(diagnostic.message.as_str()).id(diagnostic.code.as_str());
        let mut group = Group::with_title(title);
        if diagnostic.at.is_some() {
            // A second place in the same file shows in the same snippet, one in another file in its own.
            let (here, elsewhere): (Vec<_>, Vec<_>) =
                diagnostic.related.iter().partition(|r| r.at.file() == diagnostic.at.file());
            let here = here.into_iter().map(|r| (r.at, Some(r.message.as_str())));
            if let Some(snippet) =
                snippet(sources, &std::iter::once((diagnostic.at, None)).chain(here).collect::<Vec<_>>())
            {
                group = group.element(snippet);
            }
            for other in elsewhere {
                if let Some(snippet) = snippet(sources, &[(other.at, Some(other.message.as_str()))]) {
                    group = group.element(snippet);
                }
            }
        }
        if let Some(help) = &diagnostic.help {
            group = group.element(Level::HELP.message(help.as_str()));
        }
        // The renderer replaces control characters; what cannot be seen it shows as it stands. The mark with which spreadsheets begin a
        // file hides nothing.
        let rendered = renderer.render(&[group]).replacen("| \u{feff}", "| ", 1);
        out.push_str(&model::printable::screen(&rendered));
        out.push_str("\n\n");
    }
    out
}

/// The lines of one file that hold all these places; a place without a label is the fault itself.
fn snippet<'s>(
    sources: &'s SourceMap,
    places: &[(Span, Option<&'s str>)],
) -> Option<Snippet<'s, annotate_snippets::Annotation<'s>>> {
    let (at, _) = places.first()?;
    let ranges: Vec<Range<usize>> = places.iter().map(|(place, _)| visible(sources, *place)).collect();
    let whole = ranges.iter().map(|r| r.start).min()?..ranges.iter().map(|r| r.end).max()?;
    let (text, offset, line) = sources.lines(*at, whole)?;
    let mut snippet = Snippet::source(text).path(sources.name(*at)?).line_start(line);
    for (range, (_, label)) in ranges.into_iter().zip(places) {
        let within = range.start.saturating_sub(offset)..range.end.saturating_sub(offset);
        snippet = snippet.annotation(match label {
            None => AnnotationKind::Primary.span(within),
            Some(label) => AnnotationKind::Context.span(within).label(*label),
        });
    }
    Some(snippet)
}

/// At most the first line of the span, at least one character, never past the end of the text.
fn visible(sources: &SourceMap, at: Span) -> Range<usize> {
    let text = sources.text(at).unwrap_or_default();
    let range = at.range();
    let start = range.start.min(text.len());
    let end = range.end.min(text.len());
    let line_end = text.get(start..end).and_then(|t| t.find('\n')).map_or(end, |n| start + n);
    if line_end > start {
        start..line_end
    } else {
        start..text.get(start..).and_then(|t| t.chars().next()).map_or(start, |c| start + c.len_utf8())
    }
}
