//! Foreign texts, made fit to be read. Escaping is the template's; here they lose what could steer the reader's eye.

pub fn short(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", clean_block(text.get(..end).unwrap_or_default())),
        None => clean_block(text),
    }
}

/// Foreign text of one line.
pub fn clean(text: &str) -> String {
    text.chars().map(|c| if c.is_control() || steers(c) { '\u{fffd}' } else { c }).collect()
}

/// Foreign text of several lines.
pub fn clean_block(text: &str) -> String {
    text.chars().map(|c| if (c.is_control() && c != '\n' && c != '\t') || steers(c) { '\u{fffd}' } else { c }).collect()
}

/// Characters that turn the direction of writing, so that a text reads otherwise than it is.
const fn steers(c: char) -> bool {
    matches!(c, '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

pub fn word<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_default().trim_matches('"').to_owned()
}
