//! What a verifier has to know of the shipped texts, for the marks of findings.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use conclude::Texts;
use model::{Digest, demand};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::catalogue;
use crate::guard;
use crate::meta::CheckMeta;

/// The texts of this program.
#[must_use]
pub fn shipped() -> &'static dyn Texts {
    static SHIPPED: LazyLock<Shipped> = LazyLock::new(Shipped::default);
    &*SHIPPED
}

type Schemas = Map<String, Value>;

/// Texts are parsed when they are asked for, each once: a bundle uses a few of all.
#[derive(Debug, Default)]
struct Shipped {
    schemas: Mutex<BTreeMap<Digest, Arc<Schemas>>>,
}

impl Shipped {
    /// The schemas of a check's parameters; none where it does not say what it is.
    fn schemas(&self, text: &str) -> Arc<Schemas> {
        let digest = Digest::of(text.as_bytes());
        let mut known = self.schemas.lock().unwrap_or_else(PoisonError::into_inner);
        let parse = || Arc::new(CheckMeta::parse(text).map(|meta| meta.custom.parameters).unwrap_or_default());
        Arc::clone(known.entry(digest).or_insert_with(parse))
    }
}

impl Texts for Shipped {
    fn version(&self) -> &str {
        env!("CARGO_PKG_VERSION")
    }

    fn sha256(&self, id: &str) -> Option<Digest> {
        catalogue::stock_text(id).map(|text| Digest::of(text.as_bytes()))
    }

    fn libraries(&self, text: &str) -> Vec<String> {
        guard::libraries(text)
    }

    fn weaker(&self, check: &str, sealed: Option<&str>, parameters: &RawValue) -> Vec<String> {
        let texts = sealed.into_iter().chain(catalogue::stock_text(check));
        let schemas: Vec<Arc<Schemas>> = texts.map(|text| self.schemas(text)).collect();
        // The shipped one comes last, and counts.
        let schemas: BTreeMap<&String, &Value> = schemas.iter().flat_map(|schemas| schemas.iter()).collect();
        // A bundle's parameters are an object. Of what is none nobody can say what it demands.
        let given: Schemas = serde_json::from_str(parameters.get()).unwrap_or_default();
        let weaker = |(name, schema): (&&String, &&Value)| match given.get(*name) {
            Some(value) => demand::demands_less(schema, value),
            // Defaults are filled in: where one is missing the check saw no value at all.
            None => schema.get("default").is_some() && schema.get(demand::STRICTER).is_some(),
        };
        schemas.iter().filter(|one| weaker(*one)).map(|(name, _)| (*name).clone()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn weaker(check: &str, sealed: Option<&str>, parameters: &str) -> Vec<String> {
        shipped().weaker(check, sealed, &RawValue::from_string(parameters.to_owned()).unwrap())
    }

    #[test]
    fn knows_its_own_texts() {
        for check in crate::CheckSet::stock().unwrap().checks() {
            assert_eq!(shipped().sha256(&check.id), Some(Digest::of(check.text.as_bytes())), "{}", check.id);
            for library in &check.libraries {
                assert!(shipped().sha256(library).is_some(), "{library}");
            }
        }
        assert_eq!(shipped().sha256("own/check"), None);
        assert_eq!(shipped().sha256("aws-kms/key_rotates"), None);
    }

    #[test]
    fn says_which_parameters_demand_less() {
        assert!(weaker("aws-kms/key-rotates", None, r#"{"max_days":365}"#).is_empty());
        assert_eq!(weaker("aws-kms/key-rotates", None, r#"{"max_days":366}"#), ["max_days"]);
        assert_eq!(weaker("aws-kms/key-rotates", None, "{}"), ["max_days"]);
        // Exemptions are weaker, names of what is declared are not.
        assert_eq!(weaker("keys/two-people-needed", None, r#"{"except":["arn:aws:iam::1:root"]}"#), ["except"]);
        assert!(weaker("github/owners-are-declared", None, r#"{"owners":["ada"]}"#).is_empty());
        // A check of somebody's own goes by what it says of itself, but never against what the shipped one says.
        let own = "# METADATA\n# title: T\n# description: D\n# scope: package\n# custom:\n#   subject: a/b\n#   needs: {conforms: [x]}\n#   severity: low\n#   remediation: R\n#   parameters:\n#     max_days: {type: integer, default: 9999, x-stricter: lower}\n#     skip: {type: array, default: [], x-stricter: fewer}\npackage checks.a.b\n";
        let given = r#"{"max_days":400,"skip":["k"]}"#;
        assert_eq!(weaker("a/b", Some(own), given), ["skip"]);
        assert_eq!(weaker("aws-kms/key-rotates", Some(own), given), ["max_days", "skip"]);
    }

    /// A list that is empty by default either names what only a declaration can know, or exempts: nothing in between is guessed.
    #[test]
    fn every_direction_is_known() {
        for check in crate::CheckSet::stock().unwrap().checks() {
            for (name, schema) in &check.meta.custom.parameters {
                let directed = schema.get(demand::STRICTER).is_some() || schema.get("default").is_none();
                assert!(directed, "{}: `{name}` has a default and no `x-stricter`", check.id);
            }
        }
    }
}
