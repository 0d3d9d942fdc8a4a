//! Lists that an entity may keep in a register of its own: written here, or imported from a file.

use std::ops::Deref;

use diagnose::{Decode, Located, Node, Reporter, entries, record, words};
use schemars::JsonSchema;

/// A list that may be imported from a register. Imported rows are read like written ones: whoever has it need not know.
#[derive(Clone, Debug)]
pub struct Rows<T> {
    pub rows: Vec<T>,
}

impl<T> Default for Rows<T> {
    fn default() -> Self {
        Self { rows: Vec::new() }
    }
}

impl<T> Deref for Rows<T> {
    type Target = Vec<T>;

    fn deref(&self) -> &Vec<T> {
        &self.rows
    }
}

impl<'r, T> IntoIterator for &'r Rows<T> {
    type Item = &'r T;
    type IntoIter = std::slice::Iter<'r, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.rows.iter()
    }
}

impl<T: Decode> Decode for Rows<T> {
    fn decode(node: &Node, reporter: &mut Reporter<'_>) -> Self {
        Self { rows: Decode::decode(node, reporter) }
    }
}

impl<T: JsonSchema> JsonSchema for Rows<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        format!("RowsOf{}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let rows = generator.subschema_for::<Vec<T>>();
        let import = generator.subschema_for::<Import>();
        schemars::json_schema!({ "anyOf": [
            rows,
            { "type": "object", "properties": { "import": import }, "required": ["import"], "additionalProperties": false },
        ] })
    }
}

record! {
    /// A register that is kept in a file of its own.
    pub struct Import ("import") {
        required {
            /// A CSV file, or a JSON file whose name ends in `.json`, relative to this one. It is sealed.
            file: Located<String>,
        }
        optional {
            /// For each key of a row the heading of its column (CSV), or the name or JSON pointer of its member (JSON). A key that is left out
            /// is looked for under its own name.
            columns: Columns,
            /// For each key the words that the register has, and what they are here.
            values: Values,
            /// What stands between two cells of a CSV file. Without it: `comma`.
            separator: Option<Located<Separator>>,
            /// The member of a JSON file that holds the list of rows, where the file is not that list.
            list: Option<Located<String>>,
        }
    }
}

words! {
    /// What stands between two cells.
    pub enum Separator {
        /// `,`
        Comma = "comma",
        /// `;`
        Semicolon = "semicolon",
        /// A tab.
        Tab = "tab",
    }
}

/// For each key of a row the heading of its column.
#[derive(Clone, Debug, Default)]
pub struct Columns {
    pub by_key: Vec<(Located<String>, Located<String>)>,
}

impl Decode for Columns {
    fn decode(node: &Node, reporter: &mut Reporter<'_>) -> Self {
        let members = entries(node, reporter).unwrap_or_default();
        Self { by_key: members.iter().map(|e| (e.key.clone(), Decode::decode(&e.value, reporter))).collect() }
    }
}

impl JsonSchema for Columns {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Columns".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "object", "additionalProperties": { "type": "string" } })
    }
}

/// For each key of a row what the words of the register are here.
#[derive(Clone, Debug, Default)]
pub struct Values {
    pub by_key: Vec<(Located<String>, Columns)>,
}

impl Decode for Values {
    fn decode(node: &Node, reporter: &mut Reporter<'_>) -> Self {
        let members = entries(node, reporter).unwrap_or_default();
        Self { by_key: members.iter().map(|e| (e.key.clone(), Decode::decode(&e.value, reporter))).collect() }
    }
}

impl JsonSchema for Values {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Values".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "object",
            "additionalProperties": { "type": "object", "additionalProperties": { "type": "string" } },
        })
    }
}
