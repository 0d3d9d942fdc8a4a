//! What is declared, as the page shows it: part by part.

use std::collections::BTreeSet;

use declaration::{Designation, Judged, Loaded, System, UnjudgedMember};
use links::{Links, Records};
use verify::Rehearsals;

use super::gather::Gathered;
use super::pieces::{Cell, Line, Part, Row, Table, code, listed_up_to, plain, soft};
use super::requirements;
use super::sources::Sources;
use super::template::{First, Side};
use super::text::clean;
use crate::declared::Declared;

/// The declared side of a bundle.
pub fn view(declared: &Declared, gathered: &Gathered, rehearsals: &Rehearsals, records: Option<&Records>) -> Side {
    let (loaded, standards) = match declared.read() {
        Ok(read) => read,
        Err(why) => {
            let why = clean(&why);
            return Side {
                name: None,
                aim: format!("not known: {why}"),
                requirements: Err(format!("No requirement is listed: {why}.")),
                parts: Err(format!("Nothing that is declared is listed: {why}.")),
                first: First::Nothing(why),
                controls: BTreeSet::new(),
            };
        }
    };
    let links = Links::new(&loaded, &standards);
    let links = records.map_or(links, |records| links.with_records(records));
    let inventory = links.inventory();
    let requirements = requirements::gaps(&links, &loaded, &standards, &declared.found);
    let items = requirements.iter().flat_map(requirements::anchors);
    let sources = Sources::new(&inventory, declared, gathered, rehearsals, items);
    let judged = declared.judged(&loaded);
    let first = match &judged {
        Ok(judged) => First::Counted {
            things: judged.things,
            not_judged: judged.not_judged(),
            members: judged.members_not_judged(),
        },
        Err(why) => First::Uncounted { things: why.things, why: clean(&why.why) },
    };
    let mut parts = vec![
        super::chains::threats(&sources),
        super::chains::controls(&sources),
        super::registers::risks(&sources),
        super::registers::keys(&sources),
        super::registers::people(&sources),
        super::registers::third_parties(&sources),
        super::registers::others(&sources),
    ];
    if let Ok(judged) = &judged {
        parts.push(unjudged(&sources, judged, &loaded));
    }
    let requirements = requirements.map(|gaps| requirements::shown(&gaps, &sources));
    let controls = sources.anchors.into_iter().filter(|one| one.starts_with("control-")).collect();
    let system = &loaded.declaration.system;
    let name = system.name.as_ref().map(|name| clean(&name.value));
    Side { name, aim: aim(system), requirements, parts: Ok(parts), first, controls }
}

/// The standard and level that are declared, and as what the system is audited.
fn aim(system: &System) -> String {
    let designation = system.designation.as_ref().map(|one| match one.value {
        Designation::SelfCustody => ", as self-custody",
        Designation::Qsp => ", as a qualified service provider",
        Designation::Full => ", as a full system",
    });
    let designation = designation.unwrap_or(", without a designation");
    match (&system.standard, &system.level) {
        (Some(standard), Some(level)) => clean(&format!("level {} of {standard}{designation}", level.value)),
        (Some(standard), None) => clean(&format!("{standard}, no level is declared{designation}")),
        (None, _) => "no standard is declared".to_owned(),
    }
}

/// What no check judges: said, sealed, and no more.
fn unjudged(sources: &Sources<'_>, judged: &Judged, loaded: &Loaded) -> Part {
    let line = |one: &declaration::Unjudged| {
        let mut line = vec![plain(&format!("{} ({})", one.what, one.count))];
        if let Some((file, row, _)) = loaded.written_at(one.at) {
            line.push(soft(&format!(" from {file}:{row} on")));
        }
        line
    };
    let mut notes: Vec<Line> = judged.unjudged.iter().map(line).collect();
    if notes.is_empty() {
        notes.push(vec![plain("Every declared thing is of a kind that a check reads.")]);
    }
    let row = |one: &UnjudgedMember| {
        let kind = PLACES.iter().find(|(what, _)| *what == one.what).map_or("", |(_, kind)| *kind);
        let at = loaded.written_at(one.at).map(|(file, line, _)| format!("{file}:{line}"));
        Row {
            anchor: None,
            head: vec![vec![plain(one.what)]],
            cells: vec![
                Cell::one("member", vec![code(one.member)]),
                Cell::one("in", vec![plain(&format!("{} of {}", one.ids.len(), one.of))]),
                Cell::one("of", listed_up_to(MOST_NAMED, sources.links(kind, &one.ids), "none")),
                Cell::one("from", vec![soft(&at.unwrap_or_default())]),
            ],
            controls: String::new(),
        }
    };
    let tables = vec![Table {
        caption: "Members that no check judges, of things that are judged otherwise",
        columns: vec!["Things", "Member", "In how many", "Which", "First at"],
        rows: judged.members.iter().map(row).collect(),
        left_out: 0,
        elsewhere: "",
    }];
    Part {
        id: "unjudged",
        title: "Judged by no check",
        short: "Judged by no check",
        count: judged.not_judged() + judged.members_not_judged(),
        lead: "Declared and sealed, and no check of this run reads it: it is the entity's word, for somebody to look at.",
        notes,
        folds: Vec::new(),
        folds_left_out: 0,
        tables,
    }
}

/// Things that are named of one member.
const MOST_NAMED: usize = 12;
/// Things with a place in the page, and what it is called there.
const PLACES: [(&str, &str); 7] = [
    ("controls", "control"),
    ("key holders", "holder"),
    ("keys", "key"),
    ("risks", "risk"),
    ("third parties", "party"),
    ("threats", "threat"),
    ("wallets", "wallet"),
];
