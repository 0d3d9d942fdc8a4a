//! Parts that are read and sealed, and that nothing judges yet.

use diagnose::{Code, Diagnostic, Reporter, Span};

use crate::load::Loaded;

/// What is read and not judged yet, as notes. `validate` and `run` say so instead of keeping silent about it.
#[must_use]
pub fn not_judged_yet(loaded: &Loaded) -> Vec<Diagnostic> {
    let mut reporter = Reporter::new(&loaded.sources);
    for name in
        ["components", "third_parties", "key_holders", "keys", "threat_model", "threats", "risks", "not_applicable"]
    {
        if let Some(at) = loaded.has_part(name) {
            reporter.note(at, Code::NotJudgedYet, format!("`{name}` is read and sealed, not judged yet"));
        }
    }
    let controls = &loaded.declaration.controls;
    let tasks: Vec<Span> = controls.iter().filter_map(|c| c.task.as_ref()).map(|t| t.written).collect();
    let documents: Vec<Span> = controls.iter().flat_map(|c| &c.documents).map(|d| d.written).collect();
    for (name, places) in [("task", tasks), ("documents", documents)] {
        if let Some(first) = places.first() {
            reporter.note(
                *first,
                Code::NotJudgedYet,
                format!("`{name}` of controls is read and sealed, not judged yet"),
            );
        }
    }
    reporter.found
}
