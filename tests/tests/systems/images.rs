//! The recipes of images in `deploy/container`, as hadolint reads them, held against the commands at their top and the pod. No image is built: that
//! needs a container's runtime, and for one of them a registry of images.

#![expect(clippy::unwrap_used, reason = "helpers of tests may stop at the first surprise")]

use std::fs;
use std::path::Path;
use std::process::Command;

use testkit::system;
use workspace_tests::desk::Answer;
use workspace_tests::root;

fn hadolint(files: &[&str]) -> Answer {
    let program = Path::new(&system("WITNESSMARK_TEST_LINTERS")).join("hadolint");
    Answer::of(&Command::new(program).args(files).current_dir(root()).output().unwrap())
}

#[test]
fn recipes_are_clean() {
    let answer = hadolint(&["deploy/container/Containerfile", "deploy/container/Containerfile.glibc"]);
    assert_eq!((answer.code, answer.stdout.as_str()), (0, ""), "{answer:?}");
    let scratch = tempfile::tempdir().unwrap();
    let wrong = scratch.path().join("Containerfile");
    fs::write(&wrong, "FROM debian:latest\n").unwrap();
    let answer = hadolint(&[wrong.to_str().unwrap()]);
    assert!(answer.code != 0 && answer.stdout.contains("DL3007"), "{answer:?}");
}

/// What a recipe copies is what the commands at its top make, and the user and the paths are those of the pod.
#[test]
fn an_image_has_what_its_recipe_makes_and_the_pod_expects() {
    let manifest: toml::Table = fs::read_to_string(root().join("Cargo.toml")).unwrap().parse().unwrap();
    assert!(manifest["profile"].as_table().unwrap().contains_key("dist"));
    let job = fs::read_to_string(root().join("deploy/kubernetes/cronjob.yaml")).unwrap();
    let user = job.lines().find_map(|line| line.trim().strip_prefix("runAsUser: ")).unwrap();
    for (name, base, made) in [
        ("Containerfile", "scratch", "target/x86_64-unknown-linux-musl/dist/witnessmark"),
        ("Containerfile.glibc", "docker.io/library/debian:trixie-slim", "target/dist/witnessmark"),
    ] {
        let text = fs::read_to_string(root().join("deploy/container").join(name)).unwrap();
        let steps: Vec<&str> = text.lines().filter(|line| !line.starts_with(['#', ' '])).collect();
        let of =
            |word: &str| steps.iter().filter_map(|step| step.strip_prefix(word)).map(str::trim).collect::<Vec<_>>();
        assert_eq!(of("FROM "), [base], "{name}");
        assert!(base == "scratch" || base.split_once(':').is_some_and(|(_, tag)| tag != "latest"), "{base}");
        // The last word on the user, and nothing is done as another one after it.
        assert_eq!(of("USER "), [format!("{user}:{user}")], "{name}");
        assert!(steps[steps.len() - 2].starts_with("USER "), "{name}: {steps:?}");
        assert_eq!(of("ENTRYPOINT "), ["[\"/usr/local/bin/witnessmark\"]"], "{name}");
        assert!(of("COPY ").contains(&format!("{made} /usr/local/bin/witnessmark").as_str()), "{name}");
        assert!(
            text.contains("org.opencontainers.image.title=")
                && text.contains("org.opencontainers.image.licenses=\"Apache-2.0\"")
        );
        // Nothing that is secret can get into a layer: no argument, no variable, no file but these.
        assert!(of("ARG ").is_empty() && of("ENV ").is_empty() && of("ADD ").is_empty(), "{name}");
        let build =
            text.lines().find_map(|line| line.strip_prefix("#   cargo build ")).unwrap_or_else(|| panic!("{name}"));
        let target = made.split('/').nth(1).filter(|part| *part != "dist");
        assert!(build.contains("--locked --profile dist") && build.ends_with("-p witnessmark"), "{build}");
        assert_eq!(build.split("--target ").nth(1).and_then(|rest| rest.split(' ').next()), target, "{name}");
        for copied in of("COPY ").iter().map(|step| step.split(' ').next().unwrap()).filter(|one| *one != made) {
            assert!(text.lines().any(|line| line.starts_with("#   cp ") && line.ends_with(copied)), "{name}: {copied}");
        }
    }
}
