//! Foreign texts, made fit to be read. Escaping is the template's; here they lose what could steer the reader's eye ([`model::printable`]).

pub fn short(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", clean_block(text.get(..end).unwrap_or_default())),
        None => clean_block(text),
    }
}

/// Foreign text of one line.
pub fn clean(text: &str) -> String {
    model::printable::line(text).into_owned()
}

/// Foreign text of several lines.
pub fn clean_block(text: &str) -> String {
    model::printable::block(text).into_owned()
}

pub fn word<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_default().trim_matches('"').to_owned()
}
