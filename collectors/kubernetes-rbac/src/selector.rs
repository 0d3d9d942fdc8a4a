//! Which ClusterRoles an aggregated one is made of: those whose labels its selectors match
//! (<https://kubernetes.io/docs/reference/access-authn-authz/rbac/#aggregated-clusterroles>).

use std::collections::BTreeMap;

use serde::Deserialize;

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AggregationRule {
    #[serde(default)]
    pub cluster_role_selectors: Option<Vec<LabelSelector>>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LabelSelector {
    #[serde(default)]
    match_labels: Option<BTreeMap<String, String>>,
    #[serde(default)]
    match_expressions: Option<Vec<Requirement>>,
}

#[derive(Clone, Debug, Deserialize)]
struct Requirement {
    key: String,
    operator: String,
    #[serde(default)]
    values: Option<Vec<String>>,
}

impl AggregationRule {
    /// Whether a ClusterRole with these labels is one of them. `None`: a selector has an operator that is not known.
    #[must_use]
    pub fn selects(&self, labels: &BTreeMap<String, String>) -> Option<bool> {
        let each: Option<Vec<bool>> =
            self.cluster_role_selectors.iter().flatten().map(|selector| selector.matches(labels)).collect();
        each.map(|each| each.contains(&true))
    }
}

impl LabelSelector {
    fn matches(&self, labels: &BTreeMap<String, String>) -> Option<bool> {
        let plain = self.match_labels.iter().flatten().all(|(key, value)| labels.get(key) == Some(value));
        let each: Option<Vec<bool>> = self.match_expressions.iter().flatten().map(|one| one.holds(labels)).collect();
        each.map(|each| plain && !each.contains(&false))
    }
}

impl Requirement {
    fn holds(&self, labels: &BTreeMap<String, String>) -> Option<bool> {
        let value = labels.get(&self.key);
        let among = || value.is_some_and(|value| self.values.iter().flatten().any(|one| one == value));
        Some(match self.operator.as_str() {
            "In" => among(),
            "NotIn" => !among(),
            "Exists" => value.is_some(),
            "DoesNotExist" => value.is_none(),
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn labels_are_selected_as_the_api_says() {
        let selects = |selectors: Value, labels: Value| {
            let rule: AggregationRule = serde_json::from_value(json!({"clusterRoleSelectors": selectors})).unwrap();
            rule.selects(&serde_json::from_value(labels).unwrap())
        };
        let view = json!({"to": "view"});
        let one = |operator: &str, values: Value| json!([{"matchExpressions": [{"key": "to", "operator": operator, "values": values}]}]);
        for (selectors, labels, expected) in [
            (json!([{"matchLabels": {"to": "view"}}]), &view, Some(true)),
            (json!([{"matchLabels": {"to": "edit"}}]), &view, Some(false)),
            (json!([{"matchLabels": {"to": "edit"}}, {"matchLabels": {"to": "view"}}]), &view, Some(true)),
            (json!([{"matchLabels": {"to": "view", "of": "x"}}]), &view, Some(false)),
            (json!([{}]), &json!({}), Some(true)),
            (json!([]), &view, Some(false)),
            (json!(null), &view, Some(false)),
            (one("In", json!(["edit", "view"])), &view, Some(true)),
            (one("In", json!(["edit"])), &view, Some(false)),
            (one("NotIn", json!(["view"])), &view, Some(false)),
            (one("NotIn", json!(["view"])), &json!({}), Some(true)),
            (one("Exists", json!(null)), &view, Some(true)),
            (one("DoesNotExist", json!(null)), &view, Some(false)),
            (one("Resembles", json!(["view"])), &view, None),
        ] {
            assert_eq!(selects(selectors.clone(), labels.clone()), expected, "{selectors} {labels}");
        }
    }
}
