//! Threats and controls for what was found, out of the templates for single sources.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use crate::failure::Failure;

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
}
