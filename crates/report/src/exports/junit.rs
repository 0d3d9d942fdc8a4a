//! JUnit's XML. It has no standard: this keeps to what Jenkins, GitLab and GitHub's readers have in common.

use std::collections::BTreeMap;
use std::io::{self, Cursor};

use model::printable::line;
use quick_xml::Writer;
use quick_xml::events::{BytesEnd, BytesStart, BytesText, Event};

use super::gather::{Chosen, Rank};
use super::said::Said;
use crate::terminal::{acceptance_name, finding_words};

/// One test case.
struct Case {
    class: String,
    name: String,
    came: Came,
}

enum Came {
    Passed,
    /// With the words.
    Failed(String),
    Error(String),
    Skipped(String),
}

struct Suite {
    name: String,
    cases: Vec<Case>,
}

pub fn render(said: &Said<'_>) -> io::Result<String> {
    let mut shown: BTreeMap<(&str, &str), Vec<&Chosen>> = BTreeMap::new();
    for one in &said.gathered.findings {
        shown.entry((&one.finding.control, &one.finding.check)).or_default().push(one);
    }
    let overview = &said.gathered.overview;
    let mut suites: Vec<Suite> = Vec::new();
    for control in overview.controls.iter().map(|control| &control.value) {
        let name = line(&format!("{}: {}", control.id, control.title)).into_owned();
        let mut cases = Vec::new();
        for ((of, check), counts) in &said.gathered.counts {
            if *of == control.id {
                let shown = shown.remove(&(of.as_str(), check.as_str())).unwrap_or_default();
                of_check(said, of, check, counts, &shown, &mut cases);
            }
        }
        if cases.is_empty() {
            let came = match control.outcome {
                None => Came::Skipped("no check looks at this control".to_owned()),
                Some(outcome) => Came::Error(format!("{outcome}, and none of its findings is shown")),
            };
            cases.push(Case { class: control.id.clone(), name: "no finding".to_owned(), came });
        }
        suites.push(Suite { name, cases });
    }
    let mut rest: Vec<Case> = Vec::new();
    let gap = |(text, accepted): (String, bool)| {
        let came = if accepted { Came::Skipped("accepted".to_owned()) } else { Came::Error("not read".to_owned()) };
        Case { class: "gaps".to_owned(), name: text, came }
    };
    rest.extend(said.gaps().into_iter().map(gap));
    // Of controls that are not shown, or of more pairs than are counted.
    let more = overview.controls_not_shown.saturating_add(said.gathered.uncounted);
    if more > 0 || !shown.is_empty() {
        let words = "controls and findings that are in the bundle, and not in this file".to_owned();
        rest.push(Case { class: "left-out".to_owned(), name: words.clone(), came: Came::Error(words) });
    }
    if !rest.is_empty() {
        suites.push(Suite { name: "What was not read".to_owned(), cases: rest });
    }
    written(said, &suites)
}

/// The findings of one check for one control: those that are something to look at one by one, the others by their number.
fn of_check(
    said: &Said<'_>,
    control: &str,
    check: &str,
    counts: &model::record::Counts,
    shown: &[&Chosen],
    cases: &mut Vec<Case>,
) {
    let class = format!("{control}.{check}");
    let mut add = |name: String, came: Came| cases.push(Case { class: class.clone(), name, came });
    if counts.conforms > 0 {
        add(format!("{check}: {} conform", counts.conforms), Came::Passed);
    }
    if counts.not_applicable > 0 {
        let words = "it does not apply to them".to_owned();
        add(format!("{check}: {} not applicable", counts.not_applicable), Came::Skipped(words));
    }
    for one in shown {
        let finding = &one.finding;
        let of =
            finding.subject.as_ref().map_or_else(String::new, |subject| format!("{} {} ", subject.kind, subject.id));
        let marks: String = one.marks.iter().map(|mark| format!(" [{}]", mark.words())).collect();
        let words = line(&format!("{}{marks}", finding_words(finding))).into_owned();
        let came = match (one.rank, finding.acceptance) {
            (Rank::Undetermined, _) => Came::Error(words),
            (_, Some(acceptance)) => {
                let name = acceptance_name(said.bundle, acceptance);
                Came::Skipped(line(&format!("deviates, accepted by {name}: {words}")).into_owned())
            }
            (_, None) => Came::Failed(words),
        };
        add(line(&format!("{of}at {}", finding.target)).into_owned(), came);
    }
    let of = |rank: Rank| shown.iter().filter(|one| one.rank == rank).count() as u64;
    let not_shown = |all: u64, rank: Rank| all.saturating_sub(of(rank));
    for (count, what, came) in [
        (
            not_shown(counts.deviates.saturating_sub(counts.accepted), Rank::Deviates),
            "deviate",
            Came::Failed as fn(String) -> Came,
        ),
        (not_shown(counts.undetermined, Rank::Undetermined), "are undetermined", Came::Error),
        (not_shown(counts.accepted, Rank::Accepted), "deviate and are accepted", Came::Skipped),
    ] {
        if count > 0 {
            let words = format!("{check}: {count} more {what}");
            add(words.clone(), came(format!("{words}; they are in the bundle, and not in this file")));
        }
    }
}

fn written(said: &Said<'_>, suites: &[Suite]) -> io::Result<String> {
    let mut writer = Writer::new_with_indent(Cursor::new(Vec::new()), b' ', 2);
    writer.write_event(Event::Decl(quick_xml::events::BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    let all: Vec<&Case> = suites.iter().flat_map(|suite| &suite.cases).collect();
    let mut root = BytesStart::new("testsuites");
    root.push_attribute(("name", said.title().as_str()));
    counted(&mut root, &all);
    writer.write_event(Event::Start(root))?;
    let started = said.bundle.statement().predicate.started.to_string();
    for suite in suites {
        let mut element = BytesStart::new("testsuite");
        element.push_attribute(("name", suite.name.as_str()));
        element.push_attribute(("timestamp", started.as_str()));
        counted(&mut element, &suite.cases.iter().collect::<Vec<_>>());
        writer.write_event(Event::Start(element))?;
        // Some readers show properties of a suite, and none those of the whole.
        let first = said.first();
        let properties = std::iter::once(("bundle", said.place())).chain(first.into_iter().map(|one| ("first", one)));
        writer.write_event(Event::Start(BytesStart::new("properties")))?;
        for (name, value) in properties {
            let mut property = BytesStart::new("property");
            property.push_attribute(("name", name));
            property.push_attribute(("value", value.as_str()));
            writer.write_event(Event::Empty(property))?;
        }
        writer.write_event(Event::End(BytesEnd::new("properties")))?;
        for case in &suite.cases {
            written_case(&mut writer, case)?;
        }
        writer.write_event(Event::End(BytesEnd::new("testsuite")))?;
    }
    writer.write_event(Event::End(BytesEnd::new("testsuites")))?;
    let mut bytes = writer.into_inner().into_inner();
    bytes.push(b'\n');
    String::from_utf8(bytes).map_err(io::Error::other)
}

fn counted(element: &mut BytesStart<'_>, cases: &[&Case]) {
    let of = |is: fn(&Came) -> bool| cases.iter().filter(|case| is(&case.came)).count().to_string();
    element.push_attribute(("tests", of(|_| true).as_str()));
    element.push_attribute(("failures", of(|came| matches!(came, Came::Failed(_))).as_str()));
    element.push_attribute(("errors", of(|came| matches!(came, Came::Error(_))).as_str()));
    element.push_attribute(("skipped", of(|came| matches!(came, Came::Skipped(_))).as_str()));
}

fn written_case(writer: &mut Writer<Cursor<Vec<u8>>>, case: &Case) -> io::Result<()> {
    let mut element = BytesStart::new("testcase");
    element.push_attribute(("classname", &*line(&case.class)));
    element.push_attribute(("name", case.name.as_str()));
    let (tag, kind, words) = match &case.came {
        Came::Passed => return writer.write_event(Event::Empty(element)),
        Came::Failed(words) => ("failure", Some("deviates"), words),
        Came::Error(words) => ("error", Some("undetermined"), words),
        Came::Skipped(words) => ("skipped", None, words),
    };
    writer.write_event(Event::Start(element))?;
    let mut inner = BytesStart::new(tag);
    inner.push_attribute(("message", words.as_str()));
    if let Some(kind) = kind {
        inner.push_attribute(("type", kind));
        writer.write_event(Event::Start(inner))?;
        writer.write_event(Event::Text(BytesText::new(words)))?;
        writer.write_event(Event::End(BytesEnd::new(tag)))?;
    } else {
        writer.write_event(Event::Empty(inner))?;
    }
    writer.write_event(Event::End(BytesEnd::new("testcase")))
}
