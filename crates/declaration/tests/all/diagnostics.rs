//! What a person is told about a faulty declaration, word for word. Every entry is one fault or a few that belong together.

mod form;
mod meaning;

use crate::common::{environment, load_one};

const HEAD: &str = r#"witnessmark: 1
entity: Northbank
system: {id: hot}
targets:
  - {id: aws-prod, collector: [aws-iam, aws-kms], account: "111122223333"}
"#;

/// All that `validate` prints.
fn said(text: &str) -> String {
    let loaded = load_one(text);
    let mut all = loaded.diagnostics.clone();
    all.extend(witnessmark_declaration::check(&loaded, &environment()));
    loaded.render(&all, false)
}
