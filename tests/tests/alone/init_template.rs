//! `witnessmark init --template`: a whole declaration, filled in with what was found, and what is left to a person.

#![expect(clippy::unwrap_used, reason = "helpers of tests may stop at the first surprise")]

use std::collections::BTreeMap;
use std::fs;

use workspace_tests::desk::{Answer, Desk};

const TEMPLATES: [&str; 3] = ["exchange-aws", "self-custody-pkcs11", "qsp-kubernetes"];

fn init(desk: &Desk, template: &str, more: &[&str]) -> (Answer, String) {
    let answer = desk.witnessmark(&[&["init", "--quiet", "--template", template], more].concat());
    (answer, fs::read_to_string(desk.path("witnessmark.yaml")).unwrap_or_default())
}

/// The lines that say something, without what is said about them.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines()
        .map(|line| line.split("  #").next().unwrap_or_default().trim())
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
}

#[test]
fn without_a_source_all_of_it_is_left_to_write() {
    for template in TEMPLATES {
        let desk = Desk::bare();
        let (answer, text) = init(&desk, template, &[]);
        assert_eq!(answer.code, 3, "{template}: {answer:?}");
        assert!(text.contains("# The story.") && text.contains("NOT SEEN"), "{template}: {text}");
        // No day and no acceptance of an example is anybody's.
        let claimed: Vec<&str> =
            lines(&text).filter(|line| line.contains("2026-") || line.contains("accepted_by")).collect();
        assert!(claimed.is_empty(), "{template}: {claimed:?}");
        assert!(
            lines(&text).all(|line| !line.contains("northbank") && !line.contains("111122223333")),
            "{template}: {text}"
        );
        let validated = desk.witnessmark(&["validate", "--format", "json"]);
        assert_eq!(validated.code, 2, "{template}: {validated:?}");
        let said = validated.json();
        let all = said["diagnostics"].as_array().unwrap();
        let at = |one: &serde_json::Value| (one["line"].as_u64(), one["column"].as_u64());
        let asked: Vec<_> = all.iter().filter(|one| one["code"] == "placeholder").map(at).collect();
        assert!(asked.len() >= 10, "{template}: {said}");
        let others: Vec<_> = all.iter().filter(|one| one["severity"] == "error" && !asked.contains(&at(one))).collect();
        assert!(others.is_empty(), "{template}: {others:#?}");
        assert!(answer.stdout.contains(&format!("write the {} values", asked.len())), "{template}: {answer:?}");
    }
}

#[test]
fn a_template_that_is_none_is_refused_with_those_that_are() {
    let desk = Desk::bare();
    let (answer, text) = init(&desk, "exchange", &[]);
    assert_eq!((answer.code, text.as_str()), (2, ""), "{answer:?}");
    for template in TEMPLATES {
        assert!(answer.stderr.contains(template), "{answer:?}");
    }
}

/// A desk whose sources are the recorded answers of the demonstration's first day.
fn company(url: &str) -> Desk {
    let mut desk = Desk::bare();
    desk.aws(url, "AKIAIOSFODNN7EXAMPLE", "an example of a secret key");
    for (name, value) in [
        ("GITHUB_TOKEN", "token-of-the-demonstration"),
        ("GITHUB_API_URL", url),
        ("GITHUB_REPOSITORY_OWNER", "northbank"),
        ("GITHUB_REPOSITORY", "northbank/signer"),
    ] {
        desk.set(name, value);
    }
    let kubeconfig = desk.path("kubeconfig");
    let cluster = format!(
        "{{apiVersion: v1, kind: Config, current-context: c, contexts: [{{name: c, context: {{cluster: c, user: u}}}}], \
         clusters: [{{name: c, cluster: {{server: \"{url}\"}}}}], users: [{{name: u, user: {{token: t}}}}]}}"
    );
    fs::write(&kubeconfig, cluster).unwrap();
    desk.set("KUBECONFIG", kubeconfig.to_str().unwrap());
    desk
}

/// Of the lines of the company's own declaration, as many as 60 in 100 stand in what `init` writes, exactly as they are: without comments and
/// blank lines, each as often as it is there.
#[test]
fn most_of_the_companys_declaration_is_filled_in() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let [day, ..] = demo::DAYS;
    let replay = runtime.block_on(demo::serve(day.tape().unwrap())).unwrap();
    let desk = company(&replay.url());
    let (answer, text) = init(&desk, "exchange-aws", &["--region", "eu-west-1", "--deadline", "9000"]);
    assert!([0, 3].contains(&answer.code), "{answer:?}");
    assert_eq!(replay.unmatched(), Vec::<String>::new(), "record the demonstration again (scripts/demo/record)");

    let mut written: BTreeMap<&str, usize> = BTreeMap::new();
    lines(&text).for_each(|line| *written.entry(line).or_default() += 1);
    let declared = [demo::DECLARATION, day.risk()].join("\n");
    let (mut kept, mut others) = (0, Vec::new());
    for line in lines(&declared) {
        match written.get_mut(line) {
            Some(left) if *left > 0 => {
                *left -= 1;
                kept += 1;
            }
            _ => others.push(line),
        }
    }
    let of = kept + others.len();
    assert!(of > 200, "{of}");
    assert!(kept * 100 >= of * 60, "{kept} of {of} lines are filled in; not these:\n{}", others.join("\n"));

    // What a person decides about each thing that was found is asked, and about nothing else.
    for (asked, times) in [
        ("class: \"CHANGE: operational | backup\"", 3),
        ("holders: [\"CHANGE: ids of those who can use or administer it\"]", 3),
        ("roles: [\"CHANGE: one of the roles above\"]", 4),
    ] {
        assert_eq!(lines(&text).filter(|line| *line == asked).count(), times, "{asked}\n{text}");
    }
    let validated = desk.witnessmark(&["validate"]);
    assert_eq!(validated.code, 2, "{validated:?}");
}
