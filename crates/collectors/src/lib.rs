//! The registry: every collector built into this program, derived by `build.rs` from the folders under `collectors/`.

use std::sync::Arc;

use sdk::CollectorKind;

include!(concat!(env!("OUT_DIR"), "/registry.rs"));

/// The collector of this name.
#[must_use]
pub fn find(name: &str) -> Option<Arc<dyn CollectorKind>> {
    all().into_iter().find(|kind| kind.descriptor().name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_collector_bears_the_name_of_its_folder() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../collectors");
        let mut folders: Vec<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap())
            .filter(|entry| entry.path().join("Cargo.toml").is_file())
            .map(|entry| entry.file_name().into_string().unwrap())
            .collect();
        folders.sort();
        let names: Vec<String> = all().iter().map(|kind| kind.descriptor().name).collect();
        assert_eq!(names, folders);
    }

    /// An approval is bound to what stands there: so every target has it, and it is a text or a number.
    #[test]
    fn every_target_is_pinned_to_an_identity() {
        for kind in all() {
            let (name, setting, schema) = (kind.descriptor().name, kind.pinned_by(), kind.descriptor().settings);
            let required = schema["required"].as_array().unwrap();
            assert!(required.iter().any(|one| one == setting), "{name}: `{setting}` is not required: {schema}");
            let of = schema["properties"][setting]["type"].as_str().unwrap();
            assert!(["string", "integer"].contains(&of), "{name}: `{setting}` is of type {of}");
        }
    }

    #[test]
    fn descriptors_are_consistent() {
        for kind in all() {
            let descriptor = kind.descriptor();
            let kinds: Vec<&str> = descriptor.resources.iter().map(|r| r.kind.as_str()).collect();
            for resource in &descriptor.resources {
                assert!(resource.kind.starts_with(&format!("{}/", descriptor.name)), "{}", resource.kind);
                assert_eq!(
                    resource.schema.get("additionalProperties"),
                    Some(&serde_json::Value::Bool(false)),
                    "{}",
                    resource.kind
                );
                assert!(!resource.parts().is_empty(), "{}", resource.kind);
            }
            for right in &descriptor.rights {
                for feed in &right.feeds {
                    assert!(kinds.contains(&feed.kind.as_str()), "{}: {}", right.name, feed.kind);
                    if let Some(part) = &feed.part {
                        let known =
                            descriptor.resources.iter().any(|r| r.kind == feed.kind && r.parts().contains(part));
                        assert!(known, "{}: {} has no part {part}", right.name, feed.kind);
                    }
                }
            }
            assert!(!descriptor.thief.is_empty() && !descriptor.summary.is_empty());
        }
    }
}
