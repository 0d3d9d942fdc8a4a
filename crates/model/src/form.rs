//! The forms of what the programs print as JSON: their names and versions, the one place that writes them, and their schemas.
//!
//! `docs/spec/outputs.md` says what may change within a version.

use std::borrow::Cow;

use schemars::generate::SchemaSettings;
use schemars::transform::{Transform, transform_subschemas};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Serialize, Serializer};
use serde_json::{Map, Value};

/// A form of output. One form may be printed by several commands, and a command may print several.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Form {
    Acceptances,
    Ask,
    Audit,
    Checks,
    Collector,
    CollectorTest,
    Collectors,
    Drift,
    Evidence,
    Gaps,
    LedgerLog,
    Preflight,
    Reassess,
    Redact,
    Requests,
    Rights,
    Roster,
    Run,
    Show,
    Trace,
    Validate,
    Verify,
}

impl Form {
    /// All forms, by name.
    pub const ALL: [Self; 22] = [
        Self::Acceptances,
        Self::Ask,
        Self::Audit,
        Self::Checks,
        Self::Collector,
        Self::CollectorTest,
        Self::Collectors,
        Self::Drift,
        Self::Evidence,
        Self::Gaps,
        Self::LedgerLog,
        Self::Preflight,
        Self::Reassess,
        Self::Redact,
        Self::Requests,
        Self::Rights,
        Self::Roster,
        Self::Run,
        Self::Show,
        Self::Trace,
        Self::Validate,
        Self::Verify,
    ];

    /// Name, version, and the commands that print it.
    const fn told(self) -> (&'static str, u32, &'static [&'static str]) {
        match self {
            Self::Acceptances => ("acceptances", 1, &["witnessmark acceptances list"]),
            Self::Ask => ("ask", 1, &["witnessmark ask", "witnessmark-verify ask"]),
            Self::Audit => ("ledger-audit", 2, &["witnessmark-verify audit"]),
            Self::Checks => ("checks", 1, &["witnessmark checks list"]),
            Self::Collector => ("collector", 1, &["witnessmark collectors describe"]),
            Self::CollectorTest => ("collector-test", 1, &["witnessmark collectors test"]),
            Self::Collectors => ("collectors", 1, &["witnessmark collectors list"]),
            Self::Drift => ("drift", 1, &["witnessmark drift", "witnessmark-verify drift"]),
            Self::Evidence => ("evidence", 1, &["witnessmark show", "witnessmark-verify show"]),
            Self::Gaps => ("gaps", 1, &["witnessmark gaps", "witnessmark-verify gaps"]),
            Self::LedgerLog => ("ledger-log", 1, &["witnessmark ledger log"]),
            Self::Preflight => ("preflight", 1, &["witnessmark preflight"]),
            Self::Reassess => ("reassessment", 1, &["witnessmark-verify reassess"]),
            Self::Redact => ("redaction", 1, &["witnessmark redact"]),
            Self::Requests => ("requests", 1, &["witnessmark show", "witnessmark-verify show"]),
            Self::Rights => ("rights", 1, &["witnessmark rights"]),
            Self::Roster => ("roster", 1, &["witnessmark roster", "witnessmark-verify roster"]),
            Self::Run => ("run", 1, &["witnessmark run"]),
            Self::Show => ("show", 1, &["witnessmark show", "witnessmark-verify show"]),
            Self::Trace => ("trace", 1, &["witnessmark trace", "witnessmark-verify trace"]),
            Self::Validate => ("validate", 1, &["witnessmark validate"]),
            // Beside its own command, every other one that meets a bundle it does not accept prints it.
            Self::Verify => ("verify-report", 2, &["witnessmark-verify verify"]),
        }
    }

    /// Its name, without version and without the prefix: also that of its schema's file.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.told().0
    }

    #[must_use]
    pub const fn version(self) -> u32 {
        self.told().1
    }

    /// The commands that print it, for example `witnessmark-verify audit`.
    #[must_use]
    pub const fn commands(self) -> &'static [&'static str] {
        self.told().2
    }

    /// What the member `form` says: `witnessmark-ledger-audit/2`.
    #[must_use]
    pub fn text(self) -> String {
        format!("witnessmark-{}/{}", self.name(), self.version())
    }
}

impl Serialize for Form {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text())
    }
}

/// What can be printed as JSON: an object of a form.
pub trait Formed: Serialize + JsonSchema {
    const FORM: Form;
}

impl<T: Formed> Formed for &T {
    const FORM: Form = T::FORM;
}

/// The object as it is printed: `form` first, then its own members.
#[derive(Clone, Debug)]
pub struct Output<T>(pub T);

impl<T: Formed> Serialize for Output<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Written<'o, T> {
            form: Form,
            #[serde(flatten)]
            object: &'o T,
        }
        Written { form: T::FORM, object: &self.0 }.serialize(serializer)
    }
}

impl<T: Formed> JsonSchema for Output<T> {
    fn schema_name() -> Cow<'static, str> {
        T::schema_name()
    }

    fn schema_id() -> Cow<'static, str> {
        format!("{}::Output<{}>", module_path!(), T::schema_id()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut schema = T::json_schema(generator);
        let form = json_schema!({"const": T::FORM.text(), "description": "Name and version of this form."});
        let object = schema.ensure_object();
        let mut properties = Map::from_iter([("form".to_owned(), form.to_value())]);
        if let Some(Value::Object(own)) = object.remove("properties") {
            properties.extend(own);
        }
        let mut required = vec![Value::from("form")];
        if let Some(Value::Array(own)) = object.remove("required") {
            required.extend(own);
        }
        object.insert("properties".to_owned(), properties.into());
        object.insert("required".to_owned(), required.into());
        schema
    }
}

/// The JSON Schema (2020-12) of an output. It knows every member: one that is not in it is refused.
#[must_use]
pub fn schema<T: Formed>() -> (Form, Value) {
    let form = T::FORM;
    let generator = SchemaSettings::draft2020_12().for_serialize().into_generator();
    let mut schema = generator.into_root_schema_for::<Output<T>>();
    Closed.transform(&mut schema);
    let (name, version) = (form.name(), form.version());
    let commands: Vec<String> = form.commands().iter().map(|command| format!("`{command} --format json`")).collect();
    let mut object = Map::from_iter([
        ("$schema".to_owned(), "https://json-schema.org/draft/2020-12/schema".into()),
        ("$id".to_owned(), format!("urn:witnessmark:{name}:v{version}").into()),
        ("title".to_owned(), format!("What {} prints, version {version}", commands.join(" and ")).into()),
    ]);
    let derived = schema.ensure_object();
    derived.retain(|key, _| key != "$schema" && key != "title");
    object.append(derived);
    (form, object.into())
}

/// What the types do not say: an object has no other members than those that are named. Descriptions lose the brackets of rustdoc's links.
#[derive(Clone, Debug)]
struct Closed;

/// Keys under which a schema has others that the same object has to fit.
const TOGETHER: [&str; 3] = ["allOf", "anyOf", "oneOf"];

impl Transform for Closed {
    fn transform(&mut self, schema: &mut Schema) {
        transform_subschemas(self, schema);
        let Some(object) = schema.as_object_mut() else { return };
        if let Some(Value::String(text)) = object.get_mut("description") {
            *text = text.replace("[`", "`").replace("`]", "`");
        }
        if !object.contains_key("properties") {
            return;
        }
        // Where several schemas speak of one object, only the one around them can say that there is nothing else.
        let together = object.contains_key("$ref") || TOGETHER.iter().any(|key| object.contains_key(*key));
        for branch in
            TOGETHER.iter().filter_map(|key| object.get(*key).cloned().map(|value| (*key, value))).collect::<Vec<_>>()
        {
            let (key, Value::Array(mut branches)) = branch else { continue };
            for one in branches.iter_mut().filter_map(Value::as_object_mut) {
                open(one);
            }
            object.insert(key.to_owned(), branches.into());
        }
        open(object);
        let closed = if together { "unevaluatedProperties" } else { "additionalProperties" };
        object.insert(closed.to_owned(), false.into());
    }
}

fn open(object: &mut Map<String, Value>) {
    object.retain(|key, value| {
        !((key == "additionalProperties" || key == "unevaluatedProperties") && value.is_boolean())
    });
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::json;

    use super::*;

    #[derive(Serialize, JsonSchema)]
    struct Whole {
        /// Of [`Form`].
        count: u64,
        #[serde(skip_serializing_if = "Option::is_none")]
        left_out: Option<u64>,
        null: Option<u64>,
        #[serde(flatten)]
        one: One,
        inner: Vec<Inner>,
    }

    #[derive(Serialize, JsonSchema)]
    struct Inner {
        a: bool,
    }

    #[derive(Serialize, JsonSchema)]
    #[serde(rename_all = "kebab-case")]
    enum One {
        This(Inner),
    }

    impl Formed for Whole {
        const FORM: Form = Form::Audit;
    }

    #[test]
    fn names_are_unique_and_sorted() {
        let texts: Vec<String> = Form::ALL.iter().map(|form| form.text()).collect();
        assert_eq!(texts.iter().collect::<BTreeSet<_>>().len(), Form::ALL.len());
        assert!(Form::ALL.is_sorted());
    }

    #[test]
    fn the_form_comes_first() {
        let whole = Whole {
            count: 1,
            left_out: None,
            null: None,
            one: One::This(Inner { a: true }),
            inner: vec![Inner { a: false }],
        };
        assert_eq!(
            serde_json::to_string(&Output(&whole)).unwrap(),
            r#"{"form":"witnessmark-ledger-audit/2","count":1,"null":null,"this":{"a":true},"inner":[{"a":false}]}"#
        );
    }

    #[test]
    fn a_schema_is_closed_at_every_depth() {
        let (form, schema) = schema::<Whole>();
        assert_eq!(form, Form::Audit);
        assert_eq!(schema["$id"], "urn:witnessmark:ledger-audit:v2");
        assert_eq!(schema["required"], json!(["form", "count", "null", "inner"]));
        assert_eq!(schema["properties"]["form"]["const"], "witnessmark-ledger-audit/2");
        assert_eq!(schema["properties"]["count"]["description"], "Of `Form`.");
        assert_eq!(schema["unevaluatedProperties"], false);
        assert_eq!(schema["$defs"]["Inner"]["additionalProperties"], false);
        assert!(schema["oneOf"][0].get("additionalProperties").is_none(), "{schema:#}");
    }
}
