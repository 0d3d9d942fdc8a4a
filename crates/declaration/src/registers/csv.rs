//! CSV (RFC 4180) as cells with their places. Stricter than most readers: what two programs would split differently is refused, since the
//! file is sealed as evidence and others read it too.

use std::ops::Range;

/// One cell: its text without quotes and without white space around it, and where that is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Cell {
    pub text: String,
    pub at: Range<usize>,
}

/// One row: at least one cell, and all that is written of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Row {
    pub cells: Vec<Cell>,
    pub at: Range<usize>,
}

/// Why the text is no CSV, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub at: Range<usize>,
    pub message: &'static str,
    pub help: &'static str,
}

/// The mark that some programs write before UTF-8.
const MARK: &str = "\u{feff}";

/// All rows, the heading first. Lines of which nothing is written are none.
///
/// # Errors
/// The first place at which it is no CSV.
pub(super) fn rows(text: &str, separator: u8) -> Result<Vec<Row>, Fault> {
    let mut reader = Reader { text, separator, at: if text.starts_with(MARK) { MARK.len() } else { 0 } };
    let mut all = Vec::new();
    while reader.at < text.len() {
        let row = reader.row()?;
        if row.cells.iter().any(|cell| !cell.text.is_empty()) {
            all.push(row);
        }
    }
    Ok(all)
}

struct Reader<'t> {
    text: &'t str,
    separator: u8,
    /// The next byte.
    at: usize,
}

impl Reader<'_> {
    fn next(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn row(&mut self) -> Result<Row, Fault> {
        let start = self.at;
        let mut cells = Vec::new();
        loop {
            cells.push(if self.next() == Some(b'"') { self.quoted()? } else { self.plain()? });
            if self.next() != Some(self.separator) {
                break;
            }
            self.at += 1;
        }
        let end = self.at;
        // What ends a cell is the end of the line or of the file.
        if self.next() == Some(b'\r') {
            self.at += 1;
        }
        self.at += 1;
        Ok(Row { cells, at: start..end })
    }

    fn plain(&mut self) -> Result<Cell, Fault> {
        let start = self.at;
        while let Some(byte) = self.next() {
            match byte {
                b'\n' => break,
                b'\r' => {
                    self.line_ends()?;
                    break;
                }
                b'"' => {
                    return Err(Fault {
                        at: self.at..self.at + 1,
                        message: "a quotation mark in a cell that is not in quotes",
                        help: "put the whole cell in quotes, and double each quotation mark in it",
                    });
                }
                byte if byte == self.separator => break,
                _ => self.at += 1,
            }
        }
        Ok(self.cell(start..self.at, None))
    }

    fn quoted(&mut self) -> Result<Cell, Fault> {
        let open = self.at;
        self.at += 1;
        let start = self.at;
        let mut doubled = false;
        loop {
            match self.next() {
                None => {
                    return Err(Fault {
                        at: open..open + 1,
                        message: "this quotation mark is never closed",
                        help: "end the cell with a quotation mark, and double each one in it",
                    });
                }
                Some(b'"') => {
                    self.at += 1;
                    if self.next() != Some(b'"') {
                        break;
                    }
                    doubled = true;
                    self.at += 1;
                }
                Some(_) => self.at += 1,
            }
        }
        let inside = start..self.at - 1;
        match self.next() {
            None | Some(b'\n') => {}
            Some(b'\r') => self.line_ends()?,
            Some(byte) if byte == self.separator => {}
            Some(_) => {
                return Err(Fault {
                    at: self.at..self.at,
                    message: "a cell in quotes goes on behind its closing quotation mark",
                    help: "double each quotation mark inside a cell",
                });
            }
        }
        let undoubled = doubled.then(|| self.text.get(inside.clone()).unwrap_or_default().replace("\"\"", "\""));
        Ok(self.cell(inside, undoubled))
    }

    /// A CR is the beginning of CR LF.
    fn line_ends(&self) -> Result<(), Fault> {
        if self.text.as_bytes().get(self.at + 1) == Some(&b'\n') {
            return Ok(());
        }
        Err(Fault {
            at: self.at..self.at + 1,
            message: "a line that ends in CR alone",
            help: "save the file with lines that end in LF or CR LF",
        })
    }

    fn cell(&self, at: Range<usize>, undoubled: Option<String>) -> Cell {
        let written = self.text.get(at.clone()).unwrap_or_default();
        let start = at.start + (written.len() - written.trim_start().len());
        let end = start.max(at.end - (written.len() - written.trim_end().len()));
        let text = undoubled.unwrap_or_else(|| written.to_owned());
        Cell { text: text.trim().to_owned(), at: start..end }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn texts(text: &str) -> Result<Vec<Vec<String>>, &'static str> {
        let rows = rows(text, b',').map_err(|fault| fault.message)?;
        Ok(rows.into_iter().map(|row| row.cells.into_iter().map(|cell| cell.text).collect()).collect())
    }

    #[test]
    fn cells_are_as_rfc_4180_has_them() {
        let cells = |all: &[&[&str]]| Ok(all.iter().map(|row| row.iter().map(|c| (*c).to_owned()).collect()).collect());
        assert_eq!(texts("a,b\r\nc,d"), cells(&[&["a", "b"], &["c", "d"]]));
        assert_eq!(texts("\u{feff}a,b\n\n,\n1, x y ,\n"), cells(&[&["a", "b"], &["1", "x y", ""]]));
        assert_eq!(texts("\"a,\"\"b\"\"\nc\",\"\"\r\n"), cells(&[&["a,\"b\"\nc", ""]]));
        assert_eq!(texts(""), cells(&[]));
        for (text, problem) in [
            ("a\"b\n", "a quotation mark in a cell that is not in quotes"),
            ("\"a\n", "this quotation mark is never closed"),
            ("\"a\"b\n", "a cell in quotes goes on behind its closing quotation mark"),
            ("a\rb\n", "a line that ends in CR alone"),
            ("\"a\"\rb\n", "a line that ends in CR alone"),
        ] {
            assert_eq!(texts(text), Err(problem), "{text:?}");
        }
    }

    /// Pieces of which CSV consists, so that most of what is made is nearly CSV.
    fn nearly() -> impl Strategy<Value = String> {
        let piece =
            prop::sample::select(vec![",", "\"", "\"\"", "\n", "\r\n", "\r", " ", "é", "a", "7", "\u{feff}", ";"]);
        prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        /// What is read is what the crate `csv` reads, and each cell stands where it is said to.
        #[test]
        fn what_is_accepted_others_read_alike(text in nearly()) {
            let Ok(found) = rows(&text, b',') else { return Ok(()) };
            let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).trim(csv::Trim::All).from_reader(text.as_bytes());
            let expected: Vec<Vec<String>> = reader
                .records()
                .map(|record| record.unwrap().iter().map(str::to_owned).collect::<Vec<_>>())
                .filter(|row: &Vec<String>| row.iter().any(|cell| !cell.is_empty()))
                .collect();
            let cells: Vec<Vec<String>> =
                found.iter().map(|row| row.cells.iter().map(|cell| cell.text.clone()).collect()).collect();
            prop_assert_eq!(cells, expected);
            for cell in found.iter().flat_map(|row| &row.cells) {
                let written = text.get(cell.at.clone()).unwrap();
                prop_assert!(written == cell.text || written.replace("\"\"", "\"") == cell.text, "{:?}", cell);
            }
        }
    }
}
