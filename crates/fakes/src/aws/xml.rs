//! XML as the query protocol writes it.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// RFC 3986: what stays readable in a policy document inside XML.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

#[derive(Debug, Default)]
pub struct Xml(String);

impl Xml {
    pub fn open(&mut self, name: &str) {
        self.0.push('<');
        self.0.push_str(name);
        self.0.push('>');
    }

    pub fn close(&mut self, name: &str) {
        self.0.push_str("</");
        self.0.push_str(name);
        self.0.push('>');
    }

    /// An element with text.
    pub fn text(&mut self, name: &str, text: &str) {
        self.open(name);
        self.0.push_str(&escape(text));
        self.close(name);
    }

    /// An element where there is a text.
    pub fn optional(&mut self, name: &str, text: Option<&str>) {
        if let Some(text) = text {
            self.text(name, text);
        }
    }

    /// A policy document, percent-encoded as AWS does.
    pub fn document(&mut self, name: &str, json: &str) {
        self.open(name);
        self.0.extend(utf8_percent_encode(json, RESERVED));
        self.close(name);
    }

    /// A list: one `member` each.
    pub fn list<T>(&mut self, name: &str, items: impl IntoIterator<Item = T>, mut each: impl FnMut(&mut Self, T)) {
        self.open(name);
        for item in items {
            self.open("member");
            each(self, item);
            self.close("member");
        }
        self.close(name);
    }

    /// A list of texts.
    pub fn texts<'a>(&mut self, name: &str, items: impl IntoIterator<Item = &'a str>) {
        self.list(name, items, |xml, text| xml.0.push_str(&escape(text)));
    }

    pub fn into_text(self) -> String {
        self.0
    }
}

pub fn escape(text: &str) -> String {
    if !text.contains(['&', '<', '>', '"']) {
        return text.to_owned();
    }
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
