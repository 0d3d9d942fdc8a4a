//! Where a value was written: files, byte spans, lines and columns.

use std::borrow::Cow;
use std::fmt;
use std::ops::{Deref, Range};

use schemars::{JsonSchema, Schema, SchemaGenerator};

/// A range of bytes in one file of a [`SourceMap`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    file: u32,
    start: u32,
    end: u32,
}

impl Span {
    /// No place: the value was not written, or could not be read.
    pub const NONE: Self = Self { file: u32::MAX, start: 0, end: 0 };

    /// `file` as [`SourceMap::add`] gave it.
    #[must_use]
    pub fn new(file: u32, range: Range<usize>) -> Self {
        let clamp = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Self { file, start: clamp(range.start), end: clamp(range.end.max(range.start)) }
    }

    /// Whether something was written there.
    #[must_use]
    pub const fn is_some(self) -> bool {
        self.file != u32::MAX
    }

    /// The number of its file.
    #[must_use]
    pub const fn file(self) -> u32 {
        self.file
    }

    /// Byte offsets in that file.
    #[must_use]
    pub fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }
}

impl Default for Span {
    fn default() -> Self {
        Self::NONE
    }
}

/// A value and where it was written. Two are equal when their values are.
#[derive(Clone, Copy, Debug, Default)]
pub struct Located<T> {
    pub value: T,
    pub at: Span,
}

impl<T> Located<T> {
    pub const fn new(value: T, at: Span) -> Self {
        Self { value, at }
    }

    /// Whether it was written and could be read; what could not be read was already reported.
    #[must_use]
    pub const fn is_written(&self) -> bool {
        self.at.is_some()
    }
}

impl<T> Deref for Located<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T: PartialEq> PartialEq for Located<T> {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

impl<T: fmt::Display> fmt::Display for Located<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.value.fmt(f)
    }
}

/// The schema describes what a person writes; a position is not written.
impl<T: JsonSchema> JsonSchema for Located<T> {
    fn inline_schema() -> bool {
        T::inline_schema()
    }

    fn schema_name() -> Cow<'static, str> {
        T::schema_name()
    }

    fn schema_id() -> Cow<'static, str> {
        T::schema_id()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        T::json_schema(generator)
    }
}

/// The texts that spans point into.
#[derive(Clone, Debug, Default)]
pub struct SourceMap {
    files: Vec<SourceFile>,
}

#[derive(Clone, Debug)]
struct SourceFile {
    name: String,
    text: String,
    /// Byte offsets at which lines start.
    lines: Vec<usize>,
}

/// Line and column, both counted from 1, columns in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    pub line: usize,
    pub column: usize,
}

impl SourceMap {
    /// Takes up a file under the name that a person is shown; its number for [`Span::new`].
    pub fn add(&mut self, name: String, text: String) -> u32 {
        let lines = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        self.files.push(SourceFile { name, text, lines });
        u32::try_from(self.files.len().saturating_sub(1)).unwrap_or(u32::MAX)
    }

    /// The name of the span's file.
    #[must_use]
    pub fn name(&self, span: Span) -> Option<&str> {
        self.file(span).map(|f| f.name.as_str())
    }

    /// The whole text of the span's file.
    #[must_use]
    pub fn text(&self, span: Span) -> Option<&str> {
        self.file(span).map(|f| f.text.as_str())
    }

    /// First and last place of a span.
    #[must_use]
    pub fn places(&self, span: Span) -> Option<(Place, Place)> {
        let file = self.file(span)?;
        let range = span.range();
        Some((file.place(range.start), file.place(range.end)))
    }

    /// The whole lines that hold these bytes, the offset at which they start, and the number of the first.
    #[must_use]
    pub fn lines(&self, span: Span, range: Range<usize>) -> Option<(&str, usize, usize)> {
        let file = self.file(span)?;
        let (first, last) = (file.line(range.start), file.line(range.end));
        let start = file.lines.get(first).copied().unwrap_or_default();
        let end = file.lines.get(last + 1).copied().unwrap_or(file.text.len());
        Some((file.text.get(start..end)?, start, first + 1))
    }

    fn file(&self, span: Span) -> Option<&SourceFile> {
        self.files.get(usize::try_from(span.file()).ok()?)
    }
}

impl SourceFile {
    /// The line of an offset, counted from 0.
    fn line(&self, offset: usize) -> usize {
        self.lines.partition_point(|start| *start <= offset).saturating_sub(1)
    }

    fn place(&self, offset: usize) -> Place {
        let offset = offset.min(self.text.len());
        let line = self.line(offset);
        let start = self.lines.get(line).copied().unwrap_or_default();
        Place { line: line + 1, column: self.text.get(start..offset).map_or(0, |t| t.chars().count()) + 1 }
    }
}
