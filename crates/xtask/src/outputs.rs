//! The JSON Schemas of all that the two programs print as JSON.

use std::collections::BTreeMap;

use model::Form;
use serde_json::Value;

/// By form. Both programs have the forms that they share from one place.
pub fn schemas() -> BTreeMap<Form, Value> {
    witnessmark::outputs::schemas().into_iter().chain(witnessmark_verifier::outputs::schemas()).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::Path;

    use clap::Command;

    use super::*;

    /// The commands below `command` that take `--format json`, with their whole names.
    fn with_json(command: &Command, name: &str, found: &mut BTreeSet<String>) {
        let takes = |argument: &clap::Arg| {
            argument.get_id() == "format"
                && argument.get_possible_values().iter().any(|value| value.get_name() == "json")
        };
        if command.get_subcommands().next().is_none() && command.get_arguments().any(takes) {
            found.insert(name.to_owned());
        }
        for inner in command.get_subcommands() {
            with_json(inner, &format!("{name} {}", inner.get_name()), found);
        }
    }

    #[test]
    fn every_command_with_json_has_a_form_and_a_schema() {
        let mut commands = BTreeSet::new();
        for mut program in [witnessmark::args::program(), witnessmark_verifier::args::program()] {
            program.build();
            let name = program.get_name().to_owned();
            with_json(&program, &name, &mut commands);
        }
        let told: BTreeSet<String> =
            Form::ALL.iter().flat_map(|form| form.commands()).map(|&command| command.to_owned()).collect();
        assert_eq!(commands, told, "commands that print JSON, and those of `model::Form`");
        let schemas = schemas();
        assert_eq!(schemas.keys().copied().collect::<Vec<_>>(), Form::ALL);
        let page =
            fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/spec/outputs.md")).unwrap();
        for (form, schema) in &schemas {
            let row = format!("| `{}` | [{name}](outputs/{name}.schema.json) |", form.text(), name = form.name());
            assert!(page.contains(&row), "docs/spec/outputs.md has no row `{row}`");
            assert_eq!(schema["properties"]["form"]["const"], form.text());
        }
    }
}
