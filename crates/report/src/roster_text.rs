//! Who reaches keys, as a text for a terminal.

use std::fmt::Write as _;

use iam_policy::May;
use iam_policy::access::{Does, Holds, Step, Who, WhoKind};
use links::{Aliases, KeyRoster, Line, Person, Roster, Way};

use crate::gaps_text::{Basis, basis};
use crate::style::{BOLD, DIM};
use crate::terminal::clean;
use crate::wrap::wrapped;

/// People who are shown one by one.
const MOST_PEOPLE: usize = 200;

/// One key with everybody who reaches it, or a line for each.
#[must_use]
pub fn render_roster(from: &Basis, roster: &Roster) -> String {
    let mut text = String::new();
    let of = format!("{}, {}", clean(&from.entity), clean(&from.system));
    match &roster.key {
        Some(key) => {
            writeln!(text, "{BOLD}who reaches {}{BOLD:#} of {of}", clean(&roster.key_aliases.named(&key.key))).ok()
        }
        None => writeln!(text, "{BOLD}who reaches the keys{BOLD:#} of {of}").ok(),
    };
    basis(&mut text, from);
    match &roster.key {
        Some(key) => of_key(&mut text, key, &roster.key_aliases),
        None => lines(&mut text, &roster.lines, &roster.key_aliases),
    }
    if roster.withheld > 0 {
        wrapped(&mut text, "", &format!("{} records that might say more are withheld in this copy", roster.withheld));
    }
    text
}

fn lines(text: &mut String, lines: &[Line], aliases: &Aliases) {
    writeln!(text).ok();
    if lines.is_empty() {
        writeln!(text, "  no key is declared, and none was found").ok();
    }
    for line in lines {
        let holders = if line.holders.is_empty() {
            "no holder".to_owned()
        } else {
            format!("held by {}", line.holders.join(", "))
        };
        let words = match (&line.reached, &line.why) {
            (Some(one), _) => {
                let open = if one.open { ", and not all that could name more was read" } else { "" };
                let perhaps =
                    if one.undetermined > 0 { format!(", {} undetermined", one.undetermined) } else { String::new() };
                format!(
                    "used by {}, administered by {}, destroyed by {}{perhaps}{open}",
                    one.r#use, one.administer, one.destroy
                )
            }
            (None, Some(why)) => format!("undetermined: {why}"),
            (None, None) => "undetermined".to_owned(),
        };
        let found = line.arn.as_ref().map(|arn| aliases.named(arn));
        let key = match found {
            Some(found) if line.arn.as_ref() == Some(&line.key) => found,
            Some(found) => format!("{}, found as {found}", line.key),
            None => line.key.clone(),
        };
        wrapped(text, "  ", &clean(&format!("{key}, {holders}: {words}")));
    }
    writeln!(text, "\n  Administrators of an account count as one. `roster KEY` names everybody.").ok();
}

fn line(text: &mut String, label: &str, words: &str) {
    wrapped(text, &format!("    {label:<11} "), &clean(words));
}

fn of_key(text: &mut String, key: &KeyRoster, aliases: &Aliases) {
    let at = key.at.as_ref().map(|at| format!(" [{}:{}]", at.file, at.line)).unwrap_or_default();
    writeln!(text, "\n{BOLD}Key{BOLD:#}").ok();
    wrapped(text, "  ", &clean(&format!("{}{at}", key.key)));
    if let Some(kept) = &key.kept {
        line(text, "kept", &format!("{} at {}", kept.key, kept.target));
    }
    if let Some(arn) = &key.arn {
        line(text, "found", &aliases.named(arn));
    }
    match key.holders.is_empty() {
        true => line(text, "holders", "none is declared"),
        false => line(text, "holders", &key.holders.join(", ")),
    }
    for copy in &key.copies {
        let copy = aliases.named(copy);
        line(text, "material", &format!("also in {copy}: whoever uses that uses the same material"));
    }
    for why in &key.unread {
        line(text, "not read", why);
    }
    let (sure, perhaps): (Vec<&Person>, Vec<&Person>) =
        key.people.iter().partition(|one| one.ways.iter().any(|way| way.may == May::Yes));
    people(text, "Who reaches it", &sure, "nobody who is known for sure", aliases);
    people(text, "Who may reach it: undetermined", &perhaps, "nobody beside those", aliases);
    if !key.holders_without.is_empty() {
        writeln!(text, "\n{BOLD}Declared holders of whom nothing that was read leads to it{BOLD:#}").ok();
        wrapped(text, "  ", &clean(&key.holders_without.join(", ")));
    }
}

fn people(text: &mut String, title: &str, people: &[&Person], none: &str, aliases: &Aliases) {
    writeln!(text, "\n{BOLD}{title}{BOLD:#}").ok();
    if people.is_empty() {
        writeln!(text, "  {none}").ok();
    }
    for one in people.iter().take(MOST_PEOPLE) {
        person(text, one, aliases);
    }
    if people.len() > MOST_PEOPLE {
        let more = people.len() - MOST_PEOPLE;
        writeln!(text, "  {DIM}and {more} more; `--format json` has them{DIM:#}").ok();
    }
}

/// Somebody, for a sentence.
fn words(who: &Who) -> String {
    let name = &who.name;
    match who.kind {
        WhoKind::User => format!("user {name}"),
        WhoKind::Group => format!("group {name}"),
        WhoKind::Role => format!("role {name}"),
        WhoKind::Root => format!("root user {name}"),
        WhoKind::Administrators => format!("administrators of account {name}"),
        WhoKind::Account => format!("whoever account {name} lets"),
        WhoKind::Organization => format!("everybody of organisation {name}"),
        WhoKind::Service => format!("service {name}"),
        WhoKind::ServiceAccount => format!("pods of service account {name}"),
        WhoKind::People => format!("people of {name}"),
        WhoKind::Tenant => format!("jobs of {name}"),
        WhoKind::Subject => format!("bearer of {name}"),
        WhoKind::Cluster => format!("workloads of {name}"),
        WhoKind::Issuer => format!("everybody with a token of {name}"),
        WhoKind::ClusterSubject => format!("cluster user {name}"),
        WhoKind::Contributor => format!("contributor {name}"),
        WhoKind::Anyone | WhoKind::Other => name.clone(),
    }
}

fn person(text: &mut String, one: &Person, aliases: &Aliases) {
    let declared = if one.holders.is_empty() { "not declared".to_owned() } else { one.holders.join(", ") };
    wrapped(text, "  ", &clean(&format!("{declared}: {}", words(&one.who))));
    if let Some(factors) = &one.factors {
        match (&factors.devices, &factors.undetermined) {
            (Some(devices), _) if devices.is_empty() => line(text, "factors", "no second factor is registered"),
            (Some(devices), _) => line(text, "factors", &devices.join(", ")),
            (None, why) => {
                line(text, "factors", &format!("undetermined: {}", why.as_deref().unwrap_or("nothing was read")));
            }
        }
    }
    for way in &one.ways {
        self::way(text, way, aliases);
    }
}

fn way(text: &mut String, way: &Way, aliases: &Aliases) {
    let does = |one: &Does| match one {
        Does::Use => "use",
        Does::Administer => "administer",
        Does::Destroy => "destroy",
    };
    let does: Vec<&str> = way.does.iter().map(does).collect();
    let mfa = if way.asks_for_mfa { " (asks for a second factor)" } else { "" };
    line(text, &does.join(", "), &format!("{}{mfa}", if way.may == May::Yes { "surely" } else { "undetermined" }));
    for step in &way.path {
        self::step(text, step, aliases);
    }
}

fn step(text: &mut String, step: &Step, aliases: &Aliases) {
    wrapped(text, "      ", &clean(&format!("{} → {} of {}", words(&step.who), step.action, aliases.named(&step.to))));
    for place in &step.by {
        let name = place.name.as_ref().map(|name| format!(" {name}")).unwrap_or_default();
        let statement = place.statement.map(|n| format!(", statement {n}")).unwrap_or_default();
        let words = format!("{} {}: {}{name}{statement}", place.kind, aliases.named(&place.id), place.part);
        wrapped(text, &format!("        {DIM}by{DIM:#} "), &clean(&words));
    }
    for one in &step.conditions {
        let holds = match one.holds {
            Holds::Met => "met",
            Holds::Unmet => "if they meet",
            Holds::NotUnderstood => "undetermined",
        };
        wrapped(text, &format!("        {DIM}{holds}{DIM:#} "), &clean(&one.words));
    }
}
