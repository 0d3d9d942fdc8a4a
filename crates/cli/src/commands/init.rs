//! `witnessmark init`: a first declaration, from what the credentials at hand can see.
//!
//! It is a start for people: what no one but them can know is marked `CHANGE`, what could not be read `NOT SEEN`. The result is
//! a declaration that `validate` accepts once everything of the first kind is written.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::sync::Arc;
use std::time::Duration;

use agent::discover::{Discovery, Looking, discover};
use anyhow::{Context as _, anyhow};
use declaration::Standard;
use diagnose::Code;
use model::{ExitStatus, Timestamp};
use sdk::{CollectorKind, Environment, Patience};
use serde_json::{Map, Value};

use crate::args::Init;
use crate::commands::init_hidden::KeptOut;
use crate::commands::init_seen::Seen;
use crate::commands::init_stock::Stock;
use crate::commands::init_template::{self, Found};
use crate::commands::init_text::{
    REGIONS_UNKNOWN, comment, reasons, regions_unknown, target, unique, unseen, word, wrapped,
};
use crate::commands::run::{run_id, runtime, sdk_environment};
use crate::context;
use crate::failure::{CommandResult, Failure};
use crate::progress::Speech;
use crate::{output, progress};

/// Collectors read side by side.
const SIDE_BY_SIDE: usize = 8;

/// What a source may take to say who we are.
const PROBE: Duration = Duration::from_secs(8);

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
    let mut discovery = discovery?;
    drop(progress);
    let kept_out = KeptOut::of(&mut discovery, &mut seen, &mut found);
    if discovery.targets.is_empty() && arguments.template.is_none() {
        let mut why = String::new();
        for reason in reasons(&discovery).into_iter().chain(kept_out.lines()) {
            wrapped(&mut why, "  ", &reason);
        }
        return Err(Failure::input(anyhow!("no target was found\n{}", why.trim_end()))
            .with_help("give the reading role's credentials as the source's own tools take them, for AWS by environment or profile"));
    }
    let mut text = match arguments.template {
        Some(template) => init_template::declaration(template, &discovery, &seen, &found, now)?,
        None => declaration(&discovery, &seen, now)?,
    };
    kept_out.write(&mut text);
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
    let marked = Marked { unseen, kept_out: kept_out.count(), asked };
    output::text(&summary(&discovery, &seen, &out.display().to_string(), &marked))?;
    let whole = marked.unseen + marked.kept_out == 0 && !discovery.targets.is_empty();
    Ok(ExitStatus::when(whole, ExitStatus::NotAllRead))
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

/// How much of what was written is marked, and by which word.
struct Marked {
    unseen: usize,
    kept_out: usize,
    asked: usize,
}

fn summary(discovery: &Discovery, seen: &Seen, out: &str, marked: &Marked) -> String {
    let Marked { unseen, kept_out, asked } = marked;
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
    if *unseen > 0 {
        writeln!(text, "{unseen} things could not be seen; each is marked NOT SEEN in the file").ok();
    }
    if *kept_out > 0 {
        writeln!(text, "{kept_out} things have names that cannot be written; each is marked NOT WRITTEN in the file")
            .ok();
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

fn keys(text: &mut String, discovery: &Discovery) {
    text.push_str("# ---- The key inventory: which of these keys hold or move what is in custody, who holds them, when each was last reviewed.\n");
    if discovery.targets.iter().all(|target| target.keys.is_empty()) {
        text.push_str("# NOT SEEN: no key was found that can be declared. Where access to a list was denied above, there may be some.\n");
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_standard_is_offered() {
        assert_eq!(standard(&[]), "");
        assert_eq!(standard(&["a-1"]), "standard: a-1\n  ");
        assert_eq!(standard(&["a-1", "b-2"]), "standard: a-1                        # CHANGE: a-1 | b-2\n  ");
    }
}
