//! The least that must be known of Rego without evaluating it: of what a text is made, and which libraries it needs.

/// Bytes of a text that an engine may see.
pub const TEXT_MAX: usize = 64 << 10;

/// What a text is made of, but for blanks and comments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Token<'t> {
    Word(&'t str),
    /// A string without its quotes; escapes as written.
    Text(&'t str),
    Open(usize, char),
    Close,
    Other(char),
}

/// Every `data.lib.<name>` the text mentions, as `lib/<name>`, ascending and each once: the libraries it needs (`docs/spec/bundle.md` §12).
#[must_use]
pub fn libraries(text: &str) -> Vec<String> {
    let tokens = tokens(text).unwrap_or_default();
    let mut found: Vec<String> = tokens
        .windows(5)
        .filter_map(|window| match window {
            [Token::Word("data"), Token::Other('.'), Token::Word("lib"), Token::Other('.'), Token::Word(name)] => {
                Some(format!("lib/{name}"))
            }
            _ => None,
        })
        .collect();
    found.sort();
    found.dedup();
    found
}

/// The text in pieces.
///
/// # Errors
/// A quoted text without its end.
pub fn tokens(text: &str) -> Result<Vec<Token<'_>>, String> {
    let mut tokens = Vec::new();
    let mut rest = text;
    let mut line = 1;
    while let Some(c) = rest.chars().next() {
        let mut used = c.len_utf8();
        match c {
            '\n' => line += 1,
            '#' => used = rest.find('\n').unwrap_or(rest.len()),
            '"' => {
                let inner = rest.get(1..).unwrap_or_default();
                let length = quoted(inner).ok_or_else(|| format!("line {line}: a text without its end"))?;
                tokens.push(Token::Text(inner.get(..length).unwrap_or_default()));
                used = length + 2;
            }
            '`' => {
                let inner = rest.get(1..).unwrap_or_default();
                let length = inner.find('`').ok_or_else(|| format!("line {line}: a text without its end"))?;
                let raw = inner.get(..length).unwrap_or_default();
                line += raw.matches('\n').count();
                tokens.push(Token::Text(raw));
                used = length + 2;
            }
            '(' | '[' | '{' => tokens.push(Token::Open(line, c)),
            ')' | ']' | '}' => tokens.push(Token::Close),
            c if c.is_alphanumeric() || c == '_' => {
                used = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
                tokens.push(Token::Word(rest.get(..used).unwrap_or_default()));
            }
            c if c.is_whitespace() => {}
            other => tokens.push(Token::Other(other)),
        }
        rest = rest.get(used..).unwrap_or_default();
    }
    Ok(tokens)
}

/// Length of a quoted text up to its closing quote.
fn quoted(inner: &str) -> Option<usize> {
    let mut escaped = false;
    for (at, c) in inner.char_indices() {
        match c {
            '\n' => return None,
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return Some(at),
            _ => {}
        }
    }
    None
}
