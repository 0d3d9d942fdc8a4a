//! Answers to questions about who may do what, as a text for a terminal.

use std::fmt::Write as _;

use anstyle::Style;
use rbac::answer::{By, Path, Verdict};
use rbac::rules::Rule;
use verify::Mark;

use crate::ask_read::{Reply, Said};
use crate::gaps_text::Basis;
use crate::style::{BOLD, DIM};
use crate::terminal::clean;
use crate::wrap::wrapped;

/// The answer, and what it follows from.
#[must_use]
pub fn render_ask(from: &Basis, reply: &Reply) -> String {
    let mut text = String::new();
    let head: Style = BOLD;
    match &reply.said {
        Said::Answer(answer) => {
            let word = match answer.verdict {
                Verdict::Yes => "yes",
                Verdict::No => "no",
                Verdict::Undetermined => "undetermined",
            };
            writeln!(text, "{head}{word}{head:#}: {}", clean(&reply.question)).ok();
        }
        Said::WhoCan(found) => {
            let more = if found.because.is_empty() { "" } else { ", and perhaps others" };
            let count = found.subjects.len();
            writeln!(text, "{head}{count} may{more}{head:#}: {}", clean(&reply.question)).ok();
        }
    }
    about(&mut text, from, reply);
    let because = match &reply.said {
        Said::Answer(answer) => {
            for path in &answer.paths {
                said(&mut text, "  ", path, reply);
            }
            let groups = answer.groups.join(", ");
            let asked = if groups.is_empty() { "no group".to_owned() } else { format!("the groups {groups}") };
            let words = format!(
                "Asked with {asked}. Groups that a certificate or a token brings are in no object of the cluster: name them, `with Group/NAME`."
            );
            writeln!(text).ok();
            wrapped(&mut text, "  ", &clean(&words));
            &answer.because
        }
        Said::WhoCan(found) => {
            for holder in &found.subjects {
                writeln!(text, "  {}", clean(&holder.subject)).ok();
                for path in &holder.paths {
                    said(&mut text, "    ", path, reply);
                }
            }
            writeln!(text, "\n  A group stands for all its members.").ok();
            &found.because
        }
    };
    if !because.is_empty() {
        writeln!(text, "\n{BOLD}Undetermined, because{BOLD:#}").ok();
        for why in because {
            wrapped(&mut text, "  - ", &clean(why));
        }
    }
    for note in &reply.notes {
        wrapped(&mut text, "  ", &clean(note));
    }
    text
}

/// Which cluster of which bundle was asked.
fn about(text: &mut String, from: &Basis, reply: &Reply) {
    let of = from
        .bundle
        .as_ref()
        .map_or_else(String::new, |of| format!(", as sealed in bundle {} of {}, {}", of.index, of.ledger, of.finished));
    let words = format!("{}, {}: target `{}`{of}", from.entity, from.system, reply.target);
    wrapped(text, "  ", &clean(&words));
    if let Some(rehearsal) = from.bundle.as_ref().and_then(|of| of.rehearsal.as_ref()) {
        wrapped(text, "  ", &clean(&format!("it is {rehearsal}")));
    }
    // That it is a rehearsal stands above.
    for mark in reply.marks.iter().flatten().filter(|one| one.mark != Mark::Rehearsal) {
        wrapped(text, "  ", &clean(&format!("mark: {}", mark.words())));
    }
    writeln!(text).ok();
}

fn said(text: &mut String, indent: &str, path: &Path, reply: &Reply) {
    let place = |id: &str| match reply.places.get(id) {
        Some(place) => match (&place.exchange, &place.path) {
            (Some(exchange), Some(path)) => format!("{id} ({}, {exchange} {path})", place.record),
            _ => format!("{id} ({})", place.record),
        },
        None => id.to_owned(),
    };
    let words = match &path.by {
        By::Binding { binding, role, rule, text } => {
            format!("{}: {} gives {}, rule {rule}: {}", path.via, place(binding), place(role), of_rule(text))
        }
        By::AccessPolicy { principal, policy } => {
            format!("{}: the access entry of {principal} has the access policy {policy} of EKS", path.via)
        }
        By::SystemMasters => format!("{}: the API server lets it through before any authorizer is asked", path.via),
    };
    let first = format!("{indent}- ");
    write!(text, "{DIM}").ok();
    wrapped(text, &first, &clean(&words));
    write!(text, "{DIM:#}").ok();
}

fn of_rule(rule: &Rule) -> String {
    let list = |name: &str, values: &[String]| {
        let values: Vec<String> = values.iter().map(|one| format!("\"{one}\"")).collect();
        (!values.is_empty()).then(|| format!("{name} [{}]", values.join(", ")))
    };
    let parts = [
        list("verbs", &rule.verbs),
        list("apiGroups", &rule.api_groups),
        list("resources", &rule.resources),
        list("resourceNames", &rule.resource_names),
        list("nonResourceURLs", &rule.non_resource_urls),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}
