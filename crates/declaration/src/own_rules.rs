//! The declaration's own rules: checks of `declaration/…`, and of what was found joined with it, put to every declaration that names a
//! standard or declares threats, by a control of the program's own. A control of the entity's that uses one of them takes its place.

use serde_json::{Map, Value};

use crate::declared::{Declaration, Key};
use crate::environment::{CheckMeta, CheckSubject, Environment};
use crate::ids::CheckId;
use crate::parameters::{sorted, sorted_map};
use crate::planned::{Assignment, PlannedControl};
use crate::resources::{DECLARATION, JOINED};

/// Families of checks that judge the declaration, or what was found joined with it.
const FAMILIES: &[&str] = &[DECLARATION, "keys", "people", "third-parties"];

/// Why there may be nothing that a check of joined objects could judge.
const NONE: &str = "nothing was found that could be compared with what is declared";

/// The title of the control, as reports show it.
pub const OWN_RULES: &str = "The declaration's own rules";

/// The control and what it uses, where the declaration is to be held to it.
pub(crate) fn own_rules(
    declaration: &Declaration,
    environment: &Environment,
    used: &[Assignment],
) -> Option<(PlannedControl, Vec<Assignment>)> {
    if !applies(declaration) {
        return None;
    }
    let checks = environment.checks.checks.values();
    let rules: Vec<Assignment> = checks.filter_map(|check| rule(check, declaration, used)).collect();
    if rules.is_empty() {
        return None;
    }
    let control = PlannedControl {
        id: DECLARATION.to_owned(),
        title: OWN_RULES.to_owned(),
        requirements: Vec::new(),
        threats: Vec::new(),
        observe_seconds: None,
        grace_seconds: None,
        task: None,
    };
    Some((control, rules))
}

/// Whether the program's own control may put this check to the declaration. Whether the check exists is known to who reads checks.
pub(crate) fn may_use(declaration: &Declaration, check: &CheckId) -> bool {
    let id = check.to_string();
    let mut uses = declaration.controls.iter().flat_map(|control| &control.checks);
    // A control of the entity's takes its place.
    applies(declaration)
        && id.split_once('/').is_some_and(|(family, _)| FAMILIES.contains(&family))
        && !uses.any(|used| used.check.value == *check)
}

/// Whoever names a standard, or begins a threat model, is held to what they declare. Where nothing but targets and controls is declared there is
/// nothing to be held to.
pub(crate) fn applies(declaration: &Declaration) -> bool {
    declaration.system.standard.is_some()
        || declaration.threat_model.is_some()
        || !declaration.threats.is_empty()
        || !declaration.risks.is_empty()
}

fn rule(check: &CheckMeta, declaration: &Declaration, used: &[Assignment]) -> Option<Assignment> {
    let target = check.own_target()?;
    let of_kind = match &check.subject {
        CheckSubject::Resource(kind) => is_declared(declaration, kind),
        CheckSubject::Target(kinds) => target == DECLARATION || kinds.iter().all(|kind| is_declared(declaration, kind)),
    };
    let ours = check.id.to_string().split_once('/').is_some_and(|(family, _)| FAMILIES.contains(&family));
    if !ours || !of_kind || used.iter().any(|one| one.check == check.id) {
        return None;
    }
    // What needs a parameter is used by a control, which gives it one.
    let defaults: Option<Map<String, Value>> =
        check.parameters.iter().map(|(name, schema)| Some((name.clone(), sorted(schema.get("default")?)))).collect();
    let parameters = sorted_map(&defaults?);
    Some(Assignment {
        control: DECLARATION.to_owned(),
        check: check.id.clone(),
        targets: vec![target.to_owned()],
        defaults: parameters.clone(),
        parameters,
        weaker: Vec::new(),
        // A rule is put to what is declared only: `is_declared`. What is joined with it may be nothing.
        expect_none: (target == JOINED).then(|| NONE.to_owned()),
    })
}

fn is_kept_in_kms(declaration: &Declaration, key: &Key) -> bool {
    let at = key.place.as_ref().map(|place| place.target.as_str());
    declaration.targets.iter().any(|target| Some(target.id.as_str()) == at && target.is_read_by("aws-kms"))
}

/// Whether there is something of this kind.
fn is_declared(declaration: &Declaration, kind: &str) -> bool {
    let d = declaration;
    match kind {
        "declaration/system" => true,
        "declaration/acceptance" => !d.acceptances.is_empty(),
        "declaration/component" => !d.components.is_empty(),
        "declaration/control" => !d.controls.is_empty(),
        "declaration/document" => !d.documents.is_empty(),
        "declaration/exclusion" => !d.exclusions.is_empty(),
        "declaration/holder" => !d.key_holders.is_empty(),
        "declaration/key" => !d.keys.is_empty(),
        "declaration/reviewed-part" => {
            d.threat_model.is_some()
                || d.compromise_plan.is_some()
                || d.key_inventory.is_some()
                || d.risk_register.is_some()
                || !(d.threats.is_empty() && d.keys.is_empty() && d.risks.is_empty())
        }
        "declaration/risk" => !d.risks.is_empty(),
        "declaration/role" => !d.roles.is_empty(),
        "declaration/task" => d.controls.iter().any(|control| control.task.is_some()),
        "declaration/third-party" => !d.third_parties.is_empty(),
        "declaration/threat" => !d.threats.is_empty(),
        "declaration/wallet" => !d.wallets.is_empty(),
        "joined/found-key" | "joined/key" => !d.keys.is_empty(),
        "joined/reach" | "joined/administrators" => d.keys.iter().any(|key| is_kept_in_kms(d, key)),
        "joined/outside-party" => !d.targets.is_empty(),
        "joined/person" | "joined/reaching-identity" => !d.key_holders.is_empty(),
        "joined/third-party" => !d.third_parties.is_empty(),
        _ => false,
    }
}
