//! The forms in which `witnessmark rights` prints what is needed.

use clap::builder::PossibleValue;

pub const HUMAN: &str = "human";
pub const JSON: &str = "json";

/// What `--format` takes: our own forms, and those of the collectors that are built in.
pub fn all() -> Vec<PossibleValue> {
    let mut forms =
        vec![PossibleValue::new(HUMAN).help("Text for a person"), PossibleValue::new(JSON).help("JSON for a program")];
    for form in collectors::all().iter().flat_map(|kind| kind.rights_forms()) {
        if forms.iter().all(|known| known.get_name() != form.name) {
            forms.push(PossibleValue::new(form.name).help(form.help));
        }
    }
    forms
}
