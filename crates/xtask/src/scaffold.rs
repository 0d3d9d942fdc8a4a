//! Writes what a new collector or a new check starts from. Both work as they are written, and nothing is overwritten.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, bail, ensure};

const COLLECTOR: &[(&str, &str)] = &[
    ("Cargo.toml", include_str!("../templates/collector/Cargo.toml.txt")),
    ("README.md", include_str!("../templates/collector/README.md.txt")),
    ("src/lib.rs", include_str!("../templates/collector/lib.rs.txt")),
    ("tests/conformance.rs", include_str!("../templates/collector/conformance.rs.txt")),
];
const CHECK: &str = include_str!("../templates/check/check.rego.txt");
const CHECK_TEST: &str = include_str!("../templates/check/check_test.rego.txt");

/// `collectors/NAME`, and the lines that make the program know it.
pub fn collector(root: &Path, name: &str) -> Result<()> {
    named(name)?;
    let folder = root.join("collectors").join(name);
    ensure!(!folder.exists(), "`{}` exists", folder.display());
    let camel: String = name.split('-').map(capital).collect();
    let values = [("{{name}}", name), ("{{name_}}", &name.replace('-', "_")), ("{{Name}}", &camel)];
    for (path, template) in COLLECTOR {
        create(&folder.join(path), &fill(template, &values))?;
    }
    // The registry's build script asks for exactly these two.
    let registry = root.join("crates/collectors/Cargo.toml");
    insert_sorted(&registry, "[features]", &format!("{name} = [\"dep:collector-{name}\"]"), |line| {
        line.contains("= [\"dep:collector-")
    })?;
    insert_sorted(
        &registry,
        "[dependencies]",
        &format!("collector-{name} = {{ workspace = true, optional = true }}"),
        |line| line.starts_with("collector-"),
    )?;
    add_default(&registry, name)?;
    let program = root.join("crates/cli/Cargo.toml");
    insert_sorted(&program, "[features]", &format!("{name} = [\"collectors/{name}\"]"), |line| {
        line.contains("= [\"collectors/")
    })?;
    add_default(&program, name)?;
    insert_sorted(
        &root.join("Cargo.toml"),
        "[workspace.dependencies]",
        &format!("collector-{name} = {{ path = \"collectors/{name}\" }} # reads what its README says"),
        |line| line.starts_with("collector-"),
    )?;
    eprintln!("collectors/{name} is there. Next: cargo test -p collector-{name} && cargo xtask generate");
    Ok(())
}

/// Builds it in unless someone asks for others.
fn add_default(manifest: &Path, name: &str) -> Result<()> {
    change(manifest, |text| {
        let start = text.find("default = [").with_context(|| format!("`{}` has no `default`", manifest.display()))?;
        let end = text.get(start..).and_then(|rest| rest.find(']')).context("`default` does not end")? + start;
        Ok(format!("{}, \"{name}\"{}", text.get(..end).unwrap_or(""), text.get(end..).unwrap_or("")))
    })
}

/// `policies/checks/COLLECTOR/CHECK.rego` and its test, on the collector's first kind of resource.
pub fn check(root: &Path, id: &str) -> Result<()> {
    let Some((collector, check)) = id.split_once('/') else {
        bail!("a check is named COLLECTOR/CHECK, for example `aws-kms/key-rotates`");
    };
    named(collector)?;
    named(check)?;
    let Some(kind) = collectors::find(collector).and_then(|kind| kind.descriptor().resources.into_iter().next()) else {
        bail!("there is no collector `{collector}` that records resources");
    };
    let Some(part) = kind.parts().into_iter().next() else {
        bail!("`{}` has no parts", kind.kind);
    };
    let (collector_, check_) = (collector.replace('-', "_"), check.replace('-', "_"));
    let values = [
        ("{{collector_}}", collector_.as_str()),
        ("{{collector}}", collector),
        ("{{check_}}", &check_),
        ("{{kind}}", &kind.kind),
        ("{{schema}}", &kind.kind.replace('/', "-")),
        ("{{part}}", &part),
    ];
    let folder = root.join("policies/checks").join(&collector_);
    create(&folder.join(format!("{check_}.rego")), &fill(CHECK, &values))?;
    create(&folder.join(format!("{check_}_test.rego")), &fill(CHECK_TEST, &values))?;
    eprintln!(
        "policies/checks/{collector_}/{check_}.rego is there. Next: cargo run -- checks test policies && cargo xtask generate"
    );
    Ok(())
}

fn named(name: &str) -> Result<()> {
    let good = name.starts_with(|c: char| c.is_ascii_lowercase())
        && !name.ends_with('-')
        && !name.contains("--")
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
    ensure!(good, "`{name}` is not a name: lower case, digits and single hyphens, for example `aws-kms`");
    Ok(())
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect()
}

fn fill(template: &str, values: &[(&str, &str)]) -> String {
    values.iter().fold(template.to_owned(), |text, (name, value)| text.replace(name, value))
}

fn create(path: &Path, text: &str) -> Result<()> {
    ensure!(!path.exists(), "`{}` exists", path.display());
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).with_context(|| format!("`{}`", folder.display()))?;
    }
    fs::write(path, text).with_context(|| format!("`{}`", path.display()))
}

fn change(path: &Path, how: impl FnOnce(&str) -> Result<String>) -> Result<()> {
    let text = fs::read_to_string(path).with_context(|| format!("`{}`", path.display()))?;
    fs::write(path, how(&text)?).with_context(|| format!("`{}`", path.display()))
}

/// Puts a line behind the last one of its kind in a section.
fn insert_sorted(path: &Path, section: &str, line: &str, is_kind: impl Fn(&str) -> bool) -> Result<()> {
    change(path, |text| {
        let mut lines: Vec<&str> = text.lines().collect();
        let start = lines
            .iter()
            .position(|l| *l == section)
            .with_context(|| format!("`{}` has no `{section}`", path.display()))?;
        let within = lines.iter().enumerate().skip(start + 1).take_while(|(_, l)| !l.starts_with('['));
        let after = within.filter(|(_, l)| is_kind(l)).map(|(index, _)| index).last().unwrap_or(start);
        lines.insert(after + 1, line);
        Ok(lines.join("\n") + "\n")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_a_collector_and_its_lines() {
        let root = tempfile::tempdir().unwrap();
        let registry = root.path().join("crates/collectors/Cargo.toml");
        create(
            &registry,
            "[features]\ndefault = [\"aws-kms\"]\naws-kms = [\"dep:collector-aws-kms\"]\n\n[dependencies]\nsdk.workspace = true\ncollector-aws-kms = { workspace = true, optional = true }\n\n[dev-dependencies]\n",
        )
        .unwrap();
        let program = root.path().join("crates/cli/Cargo.toml");
        create(&program, "[features]\ndefault = [\"aws-kms\"]\naws-kms = [\"collectors/aws-kms\"]\n").unwrap();
        let manifest = root.path().join("Cargo.toml");
        create(
            &manifest,
            "[workspace.dependencies]\ncollector-aws-kms = { path = \"collectors/aws-kms\" } # x\nserde = \"1\" # y\n",
        )
        .unwrap();

        collector(root.path(), "aws-s3").unwrap();

        let text = fs::read_to_string(&registry).unwrap();
        assert_eq!(
            text,
            "[features]\ndefault = [\"aws-kms\", \"aws-s3\"]\naws-kms = [\"dep:collector-aws-kms\"]\naws-s3 = [\"dep:collector-aws-s3\"]\n\n[dependencies]\nsdk.workspace = true\ncollector-aws-kms = { workspace = true, optional = true }\ncollector-aws-s3 = { workspace = true, optional = true }\n\n[dev-dependencies]\n"
        );
        assert_eq!(
            fs::read_to_string(&program).unwrap(),
            "[features]\ndefault = [\"aws-kms\", \"aws-s3\"]\naws-kms = [\"collectors/aws-kms\"]\naws-s3 = [\"collectors/aws-s3\"]\n"
        );
        let text = fs::read_to_string(&manifest).unwrap();
        assert!(text.contains("# x\ncollector-aws-s3 = { path = \"collectors/aws-s3\" }"), "{text}");
        let lib = fs::read_to_string(root.path().join("collectors/aws-s3/src/lib.rs")).unwrap();
        assert!(lib.contains("pub struct AwsS3;") && !lib.contains("{{"), "{lib}");
        assert!(collector(root.path(), "aws-s3").is_err(), "nothing is overwritten");
        assert!(collector(root.path(), "Aws").is_err());
    }

    #[test]
    fn writes_a_check() {
        let root = tempfile::tempdir().unwrap();
        check(root.path(), "aws-kms/key-is-ours").unwrap();
        let text = fs::read_to_string(root.path().join("policies/checks/aws_kms/key_is_ours.rego")).unwrap();
        assert!(text.contains("package checks.aws_kms.key_is_ours\n") && !text.contains("{{"), "{text}");
        assert!(check(root.path(), "aws-kms/key-is-ours").is_err());
        assert!(check(root.path(), "nothing/at-all").is_err());
    }
}
