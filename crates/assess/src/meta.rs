//! What a check says of itself in its `# METADATA` block (OPA's annotations), as types.

use std::collections::BTreeMap;

use model::{Outcome, Severity, demand};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

/// What a check says of itself. `docs/spec/checks.md` describes every member.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CheckMeta {
    pub title: String,
    /// What it reads, what it concludes, what it cannot see.
    pub description: String,
    #[serde(default)]
    pub related_resources: Vec<RelatedResource>,
    /// Which parts of the input are described by which file under `schemas/`.
    #[serde(default)]
    pub schemas: Vec<BTreeMap<String, String>>,
    /// Always `package`: the block stands for the whole file.
    pub scope: Scope,
    #[serde(default)]
    pub authors: Vec<Value>,
    #[serde(default)]
    pub organizations: Vec<String>,
    pub custom: Custom,
}

/// The members that are ours.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Custom {
    pub subject: SubjectKind,
    /// For `subject: target`: the kinds the check is given whole.
    #[serde(default)]
    pub reads: Vec<String>,
    pub needs: Needs,
    pub severity: Severity,
    pub remediation: String,
    /// A JSON Schema for each parameter of a control's `with:`.
    #[serde(default)]
    pub parameters: Map<String, Value>,
    /// The parts of the declaration the check asks for.
    #[serde(default)]
    pub declares: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scope {
    Package,
}

/// The source's own documentation of what the check looks at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RelatedResource {
    pub reference: String,
    pub description: Option<String>,
}

impl<'de> Deserialize<'de> for RelatedResource {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // OPA allows both forms.
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Form {
            Bare(String),
            Full {
                #[serde(rename = "ref")]
                reference: String,
                #[serde(default)]
                description: Option<String>,
            },
        }
        Ok(match Form::deserialize(deserializer)? {
            Form::Bare(reference) => Self { reference, description: None },
            Form::Full { reference, description } => Self { reference, description },
        })
    }
}

/// What one evaluation of a check is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SubjectKind {
    /// One resource of this kind.
    Kind(String),
    /// A target as a whole.
    Target,
}

impl SubjectKind {
    /// The kind of resource, if it is about one.
    #[must_use]
    pub fn kind(&self) -> Option<&str> {
        match self {
            Self::Kind(kind) => Some(kind),
            Self::Target => None,
        }
    }
}

impl<'de> Deserialize<'de> for SubjectKind {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        match text.as_str() {
            "target" => Ok(Self::Target),
            kind if kind.split_once('/').is_some_and(|(a, b)| !a.is_empty() && !b.is_empty()) => Ok(Self::Kind(text)),
            _ => Err(serde::de::Error::custom(format!(
                "subject `{text}` is neither `target` nor a kind such as `aws-kms/key`"
            ))),
        }
    }
}

/// Per outcome the parts of the subject (for `subject: target` the populations) without which it may not be concluded.
/// An outcome that is absent here cannot be given by the check.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Needs {
    #[serde(default)]
    pub conforms: Option<Grounds>,
    #[serde(default)]
    pub deviates: Option<Grounds>,
    #[serde(default)]
    pub not_applicable: Option<Grounds>,
    /// For a check that says in its own words what it does not understand.
    #[serde(default)]
    pub undetermined: Option<Grounds>,
}

/// What one outcome rests on.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(untagged, expecting = "what an outcome needs is a list of parts, or a list of such lists")]
pub enum Grounds {
    /// All of these parts.
    All(Vec<String>),
    /// All the parts of one of these lists: where two sources each prove it, one that was read is enough.
    AnyOf(Vec<Vec<String>>),
}

impl Grounds {
    /// The lists of parts each of which is enough.
    pub fn ways(&self) -> impl Iterator<Item = &[String]> {
        let (all, any): (Option<&[String]>, &[Vec<String>]) = match self {
            Self::All(parts) => (Some(parts), &[]),
            Self::AnyOf(ways) => (None, ways),
        };
        all.into_iter().chain(any.iter().map(Vec::as_slice))
    }

    /// Every part that is in some way, as often as it is.
    pub fn parts(&self) -> impl Iterator<Item = &str> {
        self.ways().flatten().map(String::as_str)
    }
}

impl Needs {
    /// What `outcome` rests on; `None` if the check does not give it.
    #[must_use]
    pub fn of(&self, outcome: Outcome) -> Option<&Grounds> {
        match outcome {
            Outcome::Conforms => self.conforms.as_ref(),
            Outcome::Deviates => self.deviates.as_ref(),
            Outcome::NotApplicable => self.not_applicable.as_ref(),
            Outcome::Undetermined => self.undetermined.as_ref(),
        }
    }

    /// Every part that is under some outcome, sorted.
    #[must_use]
    pub fn all(&self) -> Vec<&str> {
        let outcomes = [&self.conforms, &self.deviates, &self.not_applicable, &self.undetermined];
        let mut parts: Vec<&str> = outcomes.into_iter().flatten().flat_map(Grounds::parts).collect();
        parts.sort_unstable();
        parts.dedup();
        parts
    }
}

impl CheckMeta {
    /// From the text of a check.
    ///
    /// # Errors
    /// What is wrong, for a person, with the line of the text where the parser knows it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut lines = text.lines();
        if lines.next() != Some("# METADATA") {
            return Err("it does not begin with a `# METADATA` block".to_owned());
        }
        // As many lines as the text has before the block, so that faults name lines of the text.
        let mut block = "\n".to_owned();
        for line in lines {
            let Some(rest) = line.strip_prefix('#') else { break };
            block.push_str(rest.strip_prefix(' ').unwrap_or(rest));
            block.push('\n');
        }
        let value = diagnose::to_json(&block).map_err(|e| format!("its metadata: {e}"))?;
        let meta: Self = serde_json::from_value(value).map_err(|e| format!("its metadata: {e}"))?;
        meta.check()?;
        Ok(meta)
    }

    fn check(&self) -> Result<(), String> {
        let custom = &self.custom;
        if custom.needs == Needs::default() {
            return Err("`needs` names no outcome".to_owned());
        }
        match &custom.subject {
            SubjectKind::Kind(_) if !custom.reads.is_empty() => {
                return Err("`reads` is for `subject: target`".to_owned());
            }
            SubjectKind::Target if custom.reads.is_empty() => {
                return Err("`subject: target` needs `reads`, the kinds it is given".to_owned());
            }
            SubjectKind::Target => {
                for part in custom.needs.all() {
                    if !custom.reads.iter().any(|kind| kind == part) {
                        return Err(format!("`needs` names the population `{part}`, which `reads` does not"));
                    }
                }
            }
            SubjectKind::Kind(_) => {}
        }
        for (name, schema) in &custom.parameters {
            if schema.get(demand::NAMES).is_some_and(|names| !names_only(schema, names)) {
                return Err(format!(
                    "parameter `{name}`: `x-names` is `true`, and stands at a list that is empty by default and of which fewer are stricter"
                ));
            }
            if schema.get(demand::STRICTER).is_some_and(|word| !is_direction(word)) {
                return Err(format!(
                    "parameter `{name}`: `x-stricter` is one of lower, higher, fewer, more, or the stricter truth value"
                ));
            }
        }
        Ok(())
    }
}

/// Whether this is a list in which only the declaration can name somebody.
fn names_only(schema: &Value, names: &Value) -> bool {
    let default = schema.get("default");
    let empty = default == Some(&Value::Array(Vec::new())) || default == Some(&Value::Object(Map::new()));
    *names == Value::Bool(true) && empty && schema.get(demand::STRICTER).and_then(Value::as_str) == Some("fewer")
}

/// In which direction a parameter becomes stricter.
fn is_direction(word: &Value) -> bool {
    match word {
        Value::Bool(_) => true,
        Value::String(word) => matches!(word.as_str(), "lower" | "higher" | "fewer" | "more"),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# METADATA
# title: T
# description: D
# scope: package
# related_resources:
#   - ref: https://example.org/a
#   - https://example.org/b
# schemas:
#   - input.resource: schema[\"aws-kms-key\"]
# custom:
#   subject: aws-kms/key
#   needs:
#     conforms: [key_spec, rotation]
#     not_applicable: [key_spec]
#   severity: medium
#   remediation: R
#   parameters:
#     max_days: {type: integer, minimum: 1, default: 365, x-stricter: lower}
#     accept: {type: array, default: [a, b], x-stricter: fewer}
package checks.x.y
";

    #[test]
    fn reads_a_block() {
        let meta = CheckMeta::parse(TEXT).unwrap();
        assert_eq!(meta.custom.subject, SubjectKind::Kind("aws-kms/key".into()));
        assert_eq!(meta.custom.needs.of(Outcome::Deviates), None);
        assert_eq!(meta.custom.needs.all(), ["key_spec", "rotation"]);
        let ways = TEXT.replace("[key_spec, rotation]", "[[key_spec, rotation], [policy]]");
        let meta = CheckMeta::parse(&ways).unwrap();
        let ways: Vec<&[String]> = meta.custom.needs.of(Outcome::Conforms).unwrap().ways().collect();
        assert_eq!(ways, [vec!["key_spec".to_owned(), "rotation".to_owned()], vec!["policy".to_owned()]]);
        assert_eq!(meta.custom.needs.all(), ["key_spec", "policy", "rotation"]);
        assert_eq!(meta.related_resources.len(), 2);
        assert_eq!(meta.custom.parameters["max_days"]["default"], 365);
    }

    #[test]
    fn says_what_is_wrong() {
        for (from, to, says) in [
            ("# METADATA", "# metadata", "METADATA"),
            ("severity: medium", "severity: awful", "awful"),
            ("subject: aws-kms/key", "subject: key", "neither"),
            ("subject: aws-kms/key", "subject: target", "reads"),
            ("x-stricter: lower", "x-stricter: less", "x-stricter"),
            ("default: [a, b], x-stricter: fewer", "default: [a], x-stricter: fewer, x-names: true", "x-names"),
            ("default: [a, b], x-stricter: fewer", "default: [], x-stricter: more, x-names: true", "x-names"),
            ("default: [a, b], x-stricter: fewer", "default: [], x-stricter: fewer, x-names: false", "x-names"),
            ("remediation: R", "remediation: R\n#   colour: red", "colour"),
            ("[key_spec, rotation]", "[key_spec, [rotation]]", "list of parts"),
        ] {
            let error = CheckMeta::parse(&TEXT.replace(from, to)).unwrap_err();
            assert!(error.contains(says), "{error}");
        }
    }
}
