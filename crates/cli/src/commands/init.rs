//! `witnessmark init`: a first declaration, from what the credentials at hand can see.
//!
//! It is a start for people: what no one but them can know is marked `CHANGE`, what could not be read `NOT SEEN`. The result is
//! a declaration that `validate` accepts once everything of the first kind is written.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::sync::Arc;
use std::time::Duration;

use agent::discover::{DiscoveredTarget, Discovery, Looking, discover};
use anyhow::{Context as _, anyhow};
use declaration::Standard;
use diagnose::Code;
use model::record::Gap;
use model::{ExitStatus, Timestamp};
use sdk::{CollectorKind, Environment, Patience};
use serde_json::{Map, Value};

use crate::args::Init;
use crate::commands::init_seen::Seen;
use crate::commands::init_template::{self, Found};
use crate::commands::run::{run_id, runtime, sdk_environment};
use crate::context;
use crate::failure::{CommandResult, Failure};
use crate::progress::Speech;
use crate::{output, progress};

/// Collectors read side by side.
const SIDE_BY_SIDE: usize = 8;

/// What a source may take to say who we are.
const PROBE: Duration = Duration::from_secs(8);

/// Characters of a line, where words allow it.
const WIDTH: usize = 110;

pub fn run(arguments: &Init, speech: Speech) -> CommandResult {
    let out = &arguments.out;
    if out.exists() {
        return Err(Failure::input(anyhow!("`{}` already exists; a declaration is never overwritten", out.display()))
            .with_help("name another file with `--out`"));
    }
    let now = crate::clock::now()?;
    let deadline = i64::try_from(arguments.deadline.saturating_mul(1000)).unwrap_or(i64::MAX);
    let deadline = Timestamp::from_millis(now.as_millis().saturating_add(deadline)).map_err(Failure::input)?;
    let environment = Environment {
        patience: Patience::attended(),
        ..sdk_environment(&run_id(now)?, deadline, arguments.concurrency)?
    };
    let scratch = tempfile::tempdir().context("cannot create a temporary folder").map_err(Failure::tool)?;
    let progress = progress::reporter(speech);
    let kinds = wanted(&arguments.sources)?;
    let (mut seen, mut found) = (Seen::default(), Found::default());
    let mut look = |target: &str, kind: &str, id: &str, facts: &Value| {
        // So `aws::discover` names an account; a second one of the name would have `-2` behind it.
        let account = target.strip_prefix("aws-").map(|rest| rest.split('-').next().unwrap_or(rest));
        seen.look(target, kind, id, facts, account);
        found.look(target, kind, facts);
    };
    let looking = Looking {
        kinds: &kinds,
        environment: &environment,
        folder: scratch.path(),
        side_by_side: SIDE_BY_SIDE,
        // Who gives it all more time gives each source more, too.
        probe: PROBE.max(Duration::from_secs(arguments.deadline / 75)).min(Duration::from_secs(arguments.deadline)),
        settings: &settings(arguments),
        progress: progress.as_ref(),
        look: &mut look,
    };
    let runtime = runtime()?;
    let discovery = runtime.block_on(discover(looking)).map_err(Failure::tool);
    // A source that is silent is not waited for at the end either.
    runtime.shutdown_background();
    let discovery = discovery?;
    drop(progress);
    if discovery.targets.is_empty() && arguments.template.is_none() {
        let mut why = String::new();
        for reason in reasons(&discovery) {
            wrapped(&mut why, "  ", &reason);
        }
        return Err(Failure::input(anyhow!("no target was found\n{}", why.trim_end()))
            .with_help("give the reading role's credentials as the source's own tools take them, for AWS by environment or profile"));
    }
    let text = match arguments.template {
        Some(template) => init_template::declaration(template, &discovery, &seen, &found, now)?,
        None => declaration(&discovery, &seen, now)?,
    };
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(out)
        .and_then(|mut file| file.write_all(text.as_bytes()).and_then(|()| file.sync_all()))
        .with_context(|| format!("cannot write `{}`", out.display()))
        .map_err(Failure::input)?;
    let examined = context::examine(out, now)?;
    let written = |fault: &&diagnose::Diagnostic| fault.code != Code::Placeholder;
    let faults: Vec<_> = examined.diagnostics.iter().filter(written).cloned().collect();
    let asked = examined.diagnostics.len() - faults.len();
    if diagnose::has_errors(&faults) {
        let shown = examined.context.loaded.render(&faults, false);
        return Err(Failure::tool(anyhow!("what was written to `{}` cannot be used:\n{shown}", out.display()))
            .with_help("this is a bug in this program: report it with that text"));
    }
    let unseen: usize = discovery.targets.iter().map(|target| unseen(&target.gaps).len()).sum();
    output::text(&summary(&discovery, &seen, &out.display().to_string(), unseen, asked))?;
    Ok(ExitStatus::when(unseen == 0 && !discovery.targets.is_empty(), ExitStatus::NotAllRead))
}

/// Controls to start from, of each source once; those are taken whose collectors found a target.
fn templates() -> Vec<&'static str> {
    let mut templates = Vec::new();
    for template in collectors::all().iter().filter_map(|kind| kind.template()) {
        if !templates.contains(&template) {
            templates.push(template);
        }
    }
    templates
}

/// The collectors that look.
fn wanted(sources: &[String]) -> Result<Vec<Arc<dyn CollectorKind>>, Failure> {
    let all = collectors::all();
    let names: Vec<String> = all.iter().map(|kind| kind.descriptor().name).collect();
    if let Some(unknown) = sources.iter().find(|source| !names.contains(source)) {
        return Err(Failure::input(anyhow!("there is no collector `{unknown}`"))
            .with_help(format!("there are: {}", names.join(", "))));
    }
    let meant = |kind: &Arc<dyn CollectorKind>| sources.is_empty() || sources.contains(&kind.descriptor().name);
    Ok(all.into_iter().filter(meant).collect())
}

/// Settings that a person gave for whatever target has them.
fn settings(arguments: &Init) -> Map<String, Value> {
    let mut settings = Map::new();
    if !arguments.regions.is_empty() {
        settings.insert("regions".to_owned(), Value::from(arguments.regions.clone()));
    }
    settings
}

fn summary(discovery: &Discovery, seen: &Seen, out: &str, unseen: usize, asked: usize) -> String {
    let mut text = format!("Wrote {out}:\n");
    for target in &discovery.targets {
        let collectors: Vec<&str> = target.collectors.iter().map(String::as_str).collect();
        let kinds: Vec<String> = target.resources.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
        writeln!(text, "  target {} ({}): {}", target.found.id, collectors.join(", "), kinds.join(", ")).ok();
        writeln!(text, "    {} keys for the inventory", target.keys.len()).ok();
        if regions_unknown(target) {
            wrapped(&mut text, "    ", REGIONS_UNKNOWN);
        }
        for (_, groups) in seen.lines().filter(|(of, _)| *of == target.found.id) {
            for (heading, lines) in groups {
                writeln!(text, "    {} {heading}", lines.len()).ok();
            }
        }
    }
    for reason in reasons(discovery) {
        wrapped(&mut text, "  ", &reason);
    }
    if unseen > 0 {
        writeln!(text, "{unseen} things could not be seen; each is marked NOT SEEN in the file").ok();
    }
    writeln!(
        text,
        "\nNext: write the {asked} values that are marked CHANGE, then witnessmark validate -d {out}, witnessmark rights -d {out}"
    )
    .ok();
    text
}

/// The whole text.
fn declaration(discovery: &Discovery, seen: &Seen, now: Timestamp) -> Result<String, Failure> {
    let collectors: BTreeSet<&str> =
        discovery.targets.iter().flat_map(|target| &target.collectors).map(String::as_str).collect();
    let standards = Standard::shipped().map_err(Failure::tool)?;
    let standard = standard(&standards.iter().map(|standard| standard.id.as_str()).collect::<Vec<_>>());
    let mut text = format!(
        "# A first declaration, written by `witnessmark init` on {now}.\n\
         #\n\
         # It lists what the available credentials could see, and what could be declared about it. Nothing in it was judged or\n\
         # sealed, and it is not yet your own declaration: go through it from top to bottom.\n\
         #   CHANGE    what only you know; where it is a value, nothing runs before it is written\n\
         #   NOT SEEN  what could not be read; it may exist nevertheless\n\
         # `witnessmark validate` says what is wrong with it; docs/spec/declaration.md describes every key.\n\n\
         witnessmark: 1\n\
         entity: \"CHANGE: your organisation\"\n\
         system:\n  \
           id: change-me                        # CHANGE: short; part of every bundle, cannot change later\n  \
           name: \"CHANGE: what is audited\"\n  \
           designation: full                    # CHANGE: self-custody | qsp | full\n  \
           {standard}\
           level: 1                             # CHANGE: the level you aim at\n\n"
    );
    targets(&mut text, discovery);
    keys(&mut text, discovery);
    offered(&mut text, seen);
    controls(&mut text, &collectors)?;
    Ok(text)
}

/// The line that names the standard: the first that is shipped, beside the others there are.
fn standard(ids: &[&str]) -> String {
    match ids {
        [] => String::new(),
        [only] => format!("standard: {only}\n  "),
        [first, ..] => format!("{:<36} # CHANGE: {}\n  ", format!("standard: {first}"), ids.join(" | ")),
    }
}

fn targets(text: &mut String, discovery: &Discovery) {
    text.push_str("# ---- What is read, pinned by its identity: if the credentials lead to another one of the same name, nothing is read.\ntargets:\n");
    for one in &discovery.targets {
        target(text, one);
    }
    for reason in reasons(discovery) {
        comment(text, "  ", &format!("NOT SEEN: {reason}"));
    }
    text.push('\n');
}

/// One target, with the name that it was found under.
pub(super) fn target(text: &mut String, target: &DiscoveredTarget) {
    let collectors: Vec<&str> = target.collectors.iter().map(String::as_str).collect();
    writeln!(text, "  - id: {}", target.found.id).ok();
    writeln!(text, "    collector: [{}]", collectors.join(", ")).ok();
    for (name, value) in &target.found.settings {
        writeln!(text, "    {name}: {value}").ok();
    }
    if target.collectors.contains("kubernetes-rbac") {
        text.push_str(
            "    # authorizers: [Node, RBAC]          # CHANGE: as the API server's --authorization-mode has it\n",
        );
    }
    notes(text, target);
}

/// As whom a target was read, what is there, and what could not be seen.
pub(super) fn notes(text: &mut String, target: &DiscoveredTarget) {
    comment(text, "    ", &target.found.note);
    for identity in &target.identities {
        comment(text, "    ", &format!("{} was read as {}", identity.collector, identity.caller));
    }
    for (kind, count) in &target.resources {
        comment(text, "    ", &format!("{count} {kind}"));
    }
    for line in unseen(&target.gaps) {
        comment(text, "    ", &format!("NOT SEEN: {line}"));
    }
    if regions_unknown(target) {
        comment(text, "    ", REGIONS_UNKNOWN);
    }
}

/// What was seen that a parameter of a check can name.
fn offered(text: &mut String, seen: &Seen) {
    let mut any = false;
    for (target, groups) in seen.lines() {
        if !any {
            text.push_str(
                "# ---- What was seen, and what only you can say is meant: name it in the parameters (`with:`) of the checks below, which\n\
                 #      say what each takes (`witnessmark checks show ID`), or take it away at the source. What is not named deviates.\n",
            );
            any = true;
        }
        for (heading, lines) in groups {
            writeln!(text, "#   {target}: {heading}").ok();
            for line in lines {
                comment(text, "", &format!("    {line}"));
            }
        }
    }
    if any {
        text.push('\n');
    }
}

const REGIONS_UNKNOWN: &str = "Which regions the account has was not said (`account:ListRegions`), so that nothing of a region was read. \
    Name them: `witnessmark init --region eu-west-1`, or `regions` of the target.";

/// Whether nothing of any region was read because nobody said which there are.
fn regions_unknown(target: &DiscoveredTarget) -> bool {
    !target.found.settings.contains_key("regions")
        && target.gaps.iter().any(|gap| gap.right.as_deref() == Some("account:ListRegions"))
}

/// Why collectors found no target, those with one reason together.
pub(super) fn reasons(discovery: &Discovery) -> Vec<String> {
    let mut by_reason: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (name, why) in &discovery.without_target {
        by_reason.entry(why).or_default().push(name);
    }
    by_reason.into_iter().map(|(why, names)| format!("{}: {}", names.join(", "), one_line(why))).collect()
}

/// Gaps that differ only in the subject, as one line each.
fn unseen(gaps: &[Gap]) -> Vec<String> {
    let mut groups: BTreeMap<(String, String), (u64, &Gap)> = BTreeMap::new();
    for gap in gaps {
        let of = match (&gap.subject, &gap.population) {
            (Some(subject), _) => subject.kind.clone(),
            (None, Some(population)) => population.clone(),
            (None, None) => format!("everything {} reads", gap.collector),
        };
        let what = gap.part.as_ref().map_or_else(|| of.clone(), |part| format!("/{part} of {of}"));
        let right = gap.right.as_deref().map(|right| format!(": {right}")).unwrap_or_default();
        let why = format!("{}{right}", report::gap_words(gap.reason));
        groups.entry((what, why)).or_insert((0, gap)).0 += 1;
    }
    groups
        .into_iter()
        .map(|((what, why), (count, example))| {
            let times = if count > 1 { format!(" ({count} of them)") } else { String::new() };
            let detail = if example.right.is_none() { format!(": {}", example.detail) } else { String::new() };
            format!("{what}{times}: {why}{detail}")
        })
        .collect()
}

fn keys(text: &mut String, discovery: &Discovery) {
    text.push_str("# ---- The key inventory: which of these keys hold or move what is in custody, who holds them, when each was last reviewed.\n");
    if discovery.targets.iter().all(|target| target.keys.is_empty()) {
        text.push_str("# NOT SEEN: no key was found. Where access to a list was denied above, there may be some.\n");
        text.push_str(
            "# keys:\n#   - {id: hot-signing, class: operational, at: {target: TARGET, key: alias/hot-signing}}\n\n",
        );
        return;
    }
    text.push_str("keys:\n");
    let mut taken = BTreeSet::new();
    for (target, key) in discovery.targets.iter().flat_map(|target| target.keys.iter().map(move |key| (target, key))) {
        let id = unique(&word(&key.id), &mut taken);
        writeln!(text, "  - id: {id}").ok();
        text.push_str("    class: operational                   # CHANGE: operational | backup\n");
        writeln!(text, "    at: {{target: {}, key: {}}}", target.found.id, Value::from(key.key.as_str())).ok();
        comment(text, "    ", &key.note);
    }
    text.push('\n');
}

/// Threats and controls of the templates for single sources, in the form of a declaration's lists.
#[derive(Debug, Default)]
pub(super) struct Stock {
    pub threats: String,
    pub controls: String,
}

impl Stock {
    /// Those for what these collectors read, and a control for each collector that has none there. `named`: first lines of threats
    /// that are there already.
    pub fn of(collectors: &BTreeSet<&str>, mut named: BTreeSet<String>) -> Result<Self, Failure> {
        let stock = assess::CheckSet::stock().map_err(Failure::tool)?;
        let mut threats = String::new();
        let mut controls = String::new();
        let mut used: BTreeSet<String> = BTreeSet::new();
        for template in templates() {
            let mut any = false;
            for block in blocks(template, "controls:") {
                let uses: Vec<&str> = uses(&block).collect();
                let readable =
                    uses.iter().all(|check| check.split('/').next().is_some_and(|name| collectors.contains(name)));
                if readable && !uses.is_empty() {
                    used.extend(uses.iter().map(|check| (*check).to_owned()));
                    controls.push_str(&block);
                    any = true;
                }
            }
            if any {
                // Templates share threats, and a declaration names each once: the first template's words count.
                let mut fresh = |block: &String| {
                    named.insert(block.lines().find(|l| l.starts_with("  - ")).unwrap_or_default().to_owned())
                };
                threats.extend(blocks(template, "threats:").into_iter().filter(|block| fresh(block)));
            }
        }
        for collector in collectors {
            let of_this = |id: &&str| id.split('/').next() == Some(*collector) && !used.contains(*id);
            let rest: Vec<&str> = stock.checks().map(|check| check.id.as_str()).filter(of_this).collect();
            if rest.is_empty() {
                continue;
            }
            writeln!(controls, "  - id: C-{}", collector.to_ascii_uppercase()).ok();
            writeln!(controls, "    title: \"CHANGE: what you say you do about what {collector} reads\"").ok();
            controls.push_str("    # requirements: []                   # CHANGE: what it serves\n");
            controls.push_str("    # threats: []                        # CHANGE: what it answers\n");
            controls.push_str("    observe: {every: 1d}\n    checks:\n");
            for check in rest {
                writeln!(controls, "      - use: {check}").ok();
            }
            controls.push('\n');
        }
        Ok(Self { threats, controls })
    }
}

/// Threats and controls for what was found.
fn controls(text: &mut String, collectors: &BTreeSet<&str>) -> Result<(), Failure> {
    let Stock { threats, controls } = Stock::of(collectors, BTreeSet::new())?;
    if !threats.is_empty() {
        text.push_str(
            "# ---- What your controls answer. CHANGE: they are candidates, your threat model decides.\nthreats:\n",
        );
        text.push_str(threats.trim_end());
        text.push_str("\n\n");
    }
    if controls.is_empty() {
        text.push_str("# NOT SEEN: nothing that a shipped check is about. `witnessmark checks list` lists them.\n");
    } else {
        text.push_str(
            "# ---- What you say you do, and the checks that show whether it is so. CHANGE: candidates; leave out what you do not\n\
             #      do. `witnessmark checks show ID` says what each check reads, concludes and cannot see.\ncontrols:\n",
        );
        text.push_str(controls.trim_end());
        text.push('\n');
    }
    Ok(())
}

/// The items of a top-level list of a template, with the comments that are before each.
fn blocks(template: &str, heading: &str) -> Vec<String> {
    let items = template
        .lines()
        .skip_while(|line| *line != heading)
        .skip(1)
        // The list ends where something is at the margin: the next key, or the comment before it.
        .take_while(|line| line.is_empty() || line.starts_with(' '));
    let mut blocks: Vec<String> = Vec::new();
    let mut before = String::new();
    for line in items {
        if line.starts_with("  - ") {
            blocks.push(std::mem::take(&mut before));
        }
        match blocks.last_mut() {
            // A comment at the depth of items belongs to the next one.
            Some(block) if !line.starts_with("  #") => block.push_str(&format!("{line}\n")),
            _ => before.push_str(&format!("{line}\n")),
        }
    }
    blocks
}

/// The checks that a control's block uses.
fn uses(block: &str) -> impl Iterator<Item = &str> {
    block
        .lines()
        .filter_map(|line| line.trim_start().strip_prefix("- use: "))
        .map(|rest| rest.split_whitespace().next().unwrap_or_default())
}

/// Foreign text as a comment: on one line, whatever it holds.
pub(super) fn comment(text: &mut String, indent: &str, said: &str) {
    if !said.is_empty() {
        wrapped(text, &format!("{indent}# "), &one_line(said));
    }
}

/// Lines of bearable length; a word that is longer stays whole. Lines after the first are set in.
fn wrapped(text: &mut String, indent: &str, said: &str) {
    let lead: String = said.chars().take_while(|c| *c == ' ').collect();
    let mut line = format!("{indent}{lead}");
    let mut empty = true;
    for word in said.split_whitespace() {
        if !empty && line.chars().count() + 1 + word.chars().count() > WIDTH {
            text.push_str(line.trim_end());
            text.push('\n');
            line = format!("{indent}{lead}  ");
            empty = true;
        }
        if !empty {
            line.push(' ');
        }
        line.push_str(word);
        empty = false;
    }
    text.push_str(line.trim_end());
    text.push('\n');
}

fn one_line(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() || matches!(c, '\u{85}' | '\u{2028}' | '\u{2029}') { ' ' } else { c })
        .collect()
}

/// A text as an id may be written.
pub(super) fn word(text: &str) -> String {
    let mut word: String =
        text.chars().map(|c| if c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-') { c } else { '-' }).collect();
    word.truncate(100);
    let word = word.trim_start_matches(|c: char| !c.is_ascii_alphanumeric());
    if word.is_empty() { "key".to_owned() } else { word.to_owned() }
}

pub(super) fn unique(id: &str, taken: &mut BTreeSet<String>) -> String {
    let mut name = id.to_owned();
    let mut number = 2;
    while !taken.insert(name.clone()) {
        name = format!("{id}-{number}");
        number += 1;
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_fall_into_their_items() {
        let found = blocks(templates()[0], "controls:");
        assert!(found.len() >= 8, "{found:#?}");
        assert!(found.iter().all(|block| uses(block).count() > 0 && block.contains("    title: ")), "{found:#?}");
        let rotates = found.iter().find(|block| block.contains("KM-ROTATE")).unwrap();
        assert!(rotates.starts_with("  # "), "its comment stands before it: {rotates}");
        assert!(blocks(templates()[0], "threats:").iter().all(|block| block.starts_with("  - id: T-")));
    }

    #[test]
    fn a_long_reason_is_several_lines() {
        let mut text = String::new();
        wrapped(&mut text, "# ", &"word ".repeat(60));
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines.len() == 3 && lines.iter().all(|line| line.starts_with("# ") && line.len() <= WIDTH), "{text}");
        assert_eq!(text.split_whitespace().filter(|word| *word == "word").count(), 60);
        let mut text = String::new();
        wrapped(&mut text, "", &"x".repeat(300));
        assert_eq!(text, format!("{}\n", "x".repeat(300)));
    }

    #[test]
    fn every_standard_is_offered() {
        assert_eq!(standard(&[]), "");
        assert_eq!(standard(&["a-1"]), "standard: a-1\n  ");
        assert_eq!(standard(&["a-1", "b-2"]), "standard: a-1                        # CHANGE: a-1 | b-2\n  ");
    }

    #[test]
    fn foreign_text_stays_a_comment() {
        let mut text = String::new();
        comment(&mut text, "", "a\nb: c\u{2028}d");
        assert_eq!(text, "# a b: c d\n");
        assert_eq!(word("alias/ü hot"), "alias---hot");
        assert_eq!(word("--"), "key");
        let mut taken = BTreeSet::new();
        assert_eq!([unique("a", &mut taken), unique("a", &mut taken)], ["a", "a-2"]);
    }
}
