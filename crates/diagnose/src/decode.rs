//! From the tree to types, reporting every fault instead of the first.
//!
//! A value that cannot be read becomes its default without a place (`Located::is_written` is false), so that what stands
//! beside it is still checked and nothing is reported twice.

use crate::diagnostic::{Code, Reporter, help_known, suggestion};
use crate::source::{Located, Span};
use crate::yaml::{Core, Entry, Node, Value};

/// Reads a value from the tree.
pub trait Decode: Default {
    fn decode(node: &Node, reporter: &mut Reporter<'_>) -> Self;
}

impl<T: Decode> Decode for Option<T> {
    fn decode(node: &Node, reporter: &mut Reporter<'_>) -> Self {
        Some(T::decode(node, reporter))
    }
}

impl<T: Decode> Decode for Vec<T> {
    fn decode(node: &Node, reporter: &mut Reporter<'_>) -> Self {
        match &node.value {
            Value::List(items) => items.iter().map(|item| T::decode(item, reporter)).collect(),
            Value::Scalar { text, .. } if node.core() != Some(Core::Null) && !text.contains(['\n', '`']) => {
                reporter
                    .error(node.at, Code::WrongType, format!("expected a list, found {}", node.describe()))
                    .help(format!("put it in brackets: `[{text}]`"));
                Self::new()
            }
            _ => {
                wrong_type(node, "a list", reporter);
                Self::new()
            }
        }
    }
}

impl Decode for Located<String> {
    fn decode(node: &Node, reporter: &mut Reporter<'_>) -> Self {
        text(node, reporter).map_or_else(Self::default, |t| Self::new(t.to_owned(), node.at))
    }
}

impl Decode for Located<bool> {
    fn decode(node: &Node, reporter: &mut Reporter<'_>) -> Self {
        if let Some(Core::Bool(value)) = node.core() {
            return Self::new(value, node.at);
        }
        wrong_type(node, "`true` or `false`", reporter);
        Self::default()
    }
}

impl Decode for Located<u32> {
    fn decode(node: &Node, reporter: &mut Reporter<'_>) -> Self {
        if let Some(Core::Integer(number)) = node.core()
            && let Ok(value) = u32::try_from(number)
        {
            return Self::new(value, node.at);
        }
        wrong_type(node, "a whole number", reporter);
        Self::default()
    }
}

/// One value, or a list of them: `collector: aws-kms` and `collector: [aws-iam, aws-kms]`.
#[derive(Clone, Debug, PartialEq, schemars::JsonSchema)]
#[schemars(untagged)]
pub enum OneOrMany<T> {
    One(T),
    Many(Vec<T>),
}

impl<T> Default for OneOrMany<T> {
    fn default() -> Self {
        Self::Many(Vec::new())
    }
}

impl<T> OneOrMany<T> {
    /// All of them.
    #[must_use]
    pub fn as_slice(&self) -> &[T] {
        match self {
            Self::One(one) => std::slice::from_ref(one),
            Self::Many(many) => many,
        }
    }
}

impl<T: Decode> Decode for OneOrMany<T> {
    fn decode(node: &Node, reporter: &mut Reporter<'_>) -> Self {
        match &node.value {
            Value::List(items) => Self::Many(items.iter().map(|item| T::decode(item, reporter)).collect()),
            _ => Self::One(T::decode(node, reporter)),
        }
    }
}

/// The text at a node that must be one.
pub fn text<'n>(node: &'n Node, reporter: &mut Reporter<'_>) -> Option<&'n str> {
    match (&node.value, node.core()) {
        (Value::Scalar { text, .. }, Some(Core::Text)) if !text.trim().is_empty() => Some(text),
        (Value::Scalar { .. }, Some(Core::Text)) => {
            reporter.error(node.at, Code::BadValue, "the text is empty");
            None
        }
        (Value::Scalar { text, .. }, Some(Core::Bool(_) | Core::Integer(_) | Core::Float(_))) => {
            // Other programs would read another value than we do (011122223333, 1.10), so it must be said what is meant.
            reporter
                .error(node.at, Code::WrongType, format!("expected a text, found {}", node.describe()))
                .help(format!("put it in quotes: \"{text}\""));
            None
        }
        _ => {
            wrong_type(node, "a text", reporter);
            None
        }
    }
}

pub fn wrong_type(node: &Node, expected: &str, reporter: &mut Reporter<'_>) {
    let pending = reporter.error(node.at, Code::WrongType, format!("expected {expected}, found {}", node.describe()));
    if node.core() == Some(Core::Null) {
        pending.help("a key without a value is left out");
    }
}

/// The members of an object.
pub fn entries<'n>(node: &'n Node, reporter: &mut Reporter<'_>) -> Option<&'n [Entry]> {
    match &node.value {
        Value::Map(entries) => Some(entries),
        _ => {
            wrong_type(node, "keys with values", reporter);
            None
        }
    }
}

/// The members of an object with these keys, of which the first `required` must be there.
pub fn entries_of<'n>(
    node: &'n Node,
    keys: &[&str],
    required: usize,
    reporter: &mut Reporter<'_>,
) -> Option<&'n [Entry]> {
    let text = match &node.value {
        Value::Map(entries) => return Some(entries),
        // What stands there is probably the value of the one key that is needed.
        Value::Scalar { text, .. } if required <= 1 && !text.contains(['\n', '`']) => Some(text.as_str()),
        _ => None,
    };
    if node.core() == Some(Core::Null) || keys.is_empty() {
        return entries(node, reporter);
    }
    let shown = keys.get(..required.max(1)).unwrap_or(keys);
    let example: Vec<String> = shown.iter().map(|key| format!("{key}: {}", text.unwrap_or("…"))).collect();
    reporter
        .error(node.at, Code::WrongType, format!("expected keys with values, found {}", node.describe()))
        .help(format!("write `{{{}}}`", example.join(", ")));
    None
}

pub fn unknown_key(entry: &Entry, known: &[&str], reporter: &mut Reporter<'_>) {
    let key = &entry.key.value;
    let pending = reporter.error(entry.key.at, Code::UnknownKey, format!("unknown key `{key}`"));
    let help = help_known(key, known, "known here");
    // In braces a comma ends a value: what follows is read as a key that has none.
    let behind_a_comma = suggestion(key, known.iter().copied()).is_none() && entry.value.core() == Some(Core::Null);
    let quote = "if it belongs to the text before a comma, put that whole text in quotes";
    pending.maybe_help(match (help, behind_a_comma) {
        (Some(help), true) => Some(format!("{help}; {quote}")),
        (None, true) => Some(quote.to_owned()),
        (help, false) => help,
    });
}

pub fn missing_key(at: Span, key: &str, what: &str, reporter: &mut Reporter<'_>) {
    reporter.error(at, Code::MissingKey, format!("`{key}` is missing in this {what}"));
}

/// The key under which a field is written.
#[macro_export]
macro_rules! key_of {
    ($field:ident) => {
        stringify!($field)
    };
    ($field:ident $key:literal) => {
        $key
    };
}

/// A struct that is read from an object, and its schema, from one list of fields: the two cannot differ.
/// `as "word"` gives a field another key; `rest` takes what no field names.
#[macro_export]
macro_rules! record {
    (
        $(#[doc = $doc:literal])+
        pub struct $name:ident ($what:literal) {
            required { $( $(#[doc = $rdoc:literal])+ $rfield:ident $(as $rkey:literal)? : $rty:ty, )* }
            optional { $( $(#[doc = $odoc:literal])+ $ofield:ident $(as $okey:literal)? : $oty:ty, )* }
            $( rest { $(#[doc = $xdoc:literal])+ $xfield:ident : $xty:ty } )?
        }
    ) => {
        $(#[doc = $doc])+
        #[derive(Clone, Debug, Default, schemars::JsonSchema)]
        #[schemars(deny_unknown_fields)]
        $( #[schemars(extend("additionalProperties" = <$xty>::OPEN))] )?
        pub struct $name {
            $( $(#[doc = $rdoc])+ $(#[schemars(rename = $rkey)])? pub $rfield: $rty, )*
            $( $(#[doc = $odoc])+ $(#[schemars(rename = $okey)])? #[schemars(default)] pub $ofield: $oty, )*
            $( $(#[doc = $xdoc])+ #[schemars(skip)] pub $xfield: $xty, )?
            /// Where it was written.
            #[schemars(skip)]
            pub written: $crate::Span,
        }

        impl $crate::Decode for $name {
            fn decode(node: &$crate::Node, reporter: &mut $crate::Reporter<'_>) -> Self {
                const KEYS: &[&str] = &[
                    $( $crate::key_of!($rfield $($rkey)?), )*
                    $( $crate::key_of!($ofield $($okey)?), )*
                ];
                let mut value = Self { written: node.at, ..Self::default() };
                const REQUIRED: usize = <[&str]>::len(&[$( $crate::key_of!($rfield $($rkey)?), )*]);
                let Some(entries) = $crate::decode::entries_of(node, KEYS, REQUIRED, reporter) else { return value };
                for entry in entries {
                    let key = entry.key.value.as_str();
                    $( if key == $crate::key_of!($rfield $($rkey)?) {
                        value.$rfield = $crate::Decode::decode(&entry.value, reporter);
                        continue;
                    } )*
                    $( if key == $crate::key_of!($ofield $($okey)?) {
                        value.$ofield = $crate::Decode::decode(&entry.value, reporter);
                        continue;
                    } )*
                    $( { value.$xfield.push(entry); continue; } )?
                    #[allow(unreachable_code, reason = "a record with `rest` knows every key")]
                    $crate::unknown_key(entry, KEYS, reporter);
                }
                for key in [$( $crate::key_of!($rfield $($rkey)?), )*] as [&str; <[&str]>::len(&[$( $crate::key_of!($rfield $($rkey)?), )*])] {
                    if !entries.iter().any(|e| e.key.value == key) {
                        $crate::missing_key(node.at, key, $what, reporter);
                    }
                }
                value
            }
        }
    };
}
