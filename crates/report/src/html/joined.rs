//! What is declared beside what was found: the objects of the target `joined`, as columns and rows of the registers.
//!
//! A member of an object that was not found out is absent, and shown as undetermined: never like one that is empty.

use std::collections::BTreeMap;

use links::WalletRow;
use serde_json::Value;

use super::objects::{list, text};
use super::pieces::{
    Cell, Line, MOST_ROWS, Piece, Row, Table, code, known, listed_up_to, otherwise, plain, soft, strong, unknown,
};
use super::sources::Sources;

/// Things that are named in one cell.
const MOST_IN_CELL: usize = 6;
/// People who are named in one cell.
const MOST_PEOPLE: usize = 20;

fn undetermined() -> Vec<Line> {
    vec![vec![unknown("undetermined")]]
}

fn texts(values: &[Value]) -> Vec<Piece> {
    values.iter().map(|value| code(value.as_str().unwrap_or_default())).collect()
}

/// Whether a declared key was found where it is said to be.
pub fn key_cell(sources: &Sources<'_>, id: &str) -> Cell {
    let lines = match sources.gathered.joined.of("joined/key", id) {
        Some(facts) => key_found(facts, sources),
        None => vec![vec![unknown("not compared in this page")]],
    };
    Cell::new("found", lines)
}

fn key_found(facts: &Value, sources: &Sources<'_>) -> Vec<Line> {
    let mut lines = match (facts.get("at"), list(facts, "found")) {
        (Some(Value::Null), _) => return vec![vec![soft("nowhere that is read")]],
        (_, None) => undetermined(),
        (_, Some(found)) if found.is_empty() => vec![vec![otherwise("absent")]],
        (_, Some(found)) => found_lines(found, sources),
    };
    match list(facts, "elsewhere") {
        Some(elsewhere) => {
            for one in elsewhere.iter().take(MOST_IN_CELL) {
                lines.push(vec![
                    plain("also at "),
                    plain(text(one, "target")),
                    soft(&format!(" by its {}", text(one, "by"))),
                ]);
            }
        }
        None => lines.push(vec![unknown("elsewhere undetermined")]),
    }
    match list(facts, "differs") {
        Some(differs) => {
            for one in differs.iter().take(MOST_IN_CELL) {
                let words =
                    format!("{}: declared {}, found {}", text(one, "what"), text(one, "declared"), text(one, "found"));
                lines.push(vec![otherwise(&words)]);
            }
        }
        None if list(facts, "found").is_some_and(|found| !found.is_empty()) => {
            lines.push(vec![unknown("whether it is as declared is undetermined")]);
        }
        None => {}
    }
    if let Some(backups) = list(facts, "backups") {
        for one in backups.iter().take(MOST_IN_CELL) {
            let words = format!("backup {}", text(one, "id"));
            lines.push(match one.get("apart").and_then(Value::as_bool) {
                Some(true) => vec![known(&format!("{words} lies elsewhere"))],
                Some(false) => vec![otherwise(&format!("{words} does not lie elsewhere"))],
                None => vec![unknown(&format!("{words}: where it lies is undetermined"))],
            });
        }
    }
    lines
}

fn found_lines(found: &[Value], sources: &Sources<'_>) -> Vec<Line> {
    let line = |one: &Value| {
        let certain =
            if one.get("certain").and_then(Value::as_bool) == Some(true) { "" } else { ", which may be another's too" };
        let at = ["account", "region", "token"].iter().filter_map(|member| one.get(member)?.as_str());
        let at: Vec<&str> = at.collect();
        let named = code(&sources.gathered.aliases.named(text(one, "id")));
        let by = soft(&format!(" by its {}{certain}; {}: ", text(one, "by"), at.join(", ")));
        vec![known("found"), by, named]
    };
    found.iter().take(MOST_IN_CELL).map(line).collect()
}

/// Keys that were found and that no key of the inventory names, and those of which that was not found out.
pub fn undeclared_keys(sources: &Sources<'_>) -> Option<Table> {
    const KIND: &str = "joined/found-key";
    let joined = &sources.gathered.joined;
    joined.has(KIND).then_some(())?;
    let open = |facts: &Value| {
        let managed = facts.get("managed").and_then(Value::as_bool) == Some(true);
        !managed && list(facts, "declared_as").is_none_or(Vec::is_empty)
    };
    let all: Vec<_> = joined.all(KIND).filter(|(_, facts)| open(facts)).collect();
    let row = |(id, facts): &(&str, &Value)| {
        let declared = match list(facts, "declared_as") {
            Some(_) => vec![vec![otherwise("in no row of the inventory")]],
            None => vec![vec![unknown("undetermined")]],
        };
        let copies = list(facts, "copy_of").filter(|of| !of.is_empty());
        let copies = copies.map(|of| {
            let mut line = vec![soft("has the material of ")];
            line.extend(listed_up_to(
                MOST_IN_CELL,
                of.iter().filter_map(Value::as_str).map(|id| sources.link("key", id)).collect(),
                "",
            ));
            line
        });
        let names = list(facts, "names")
            .map_or_else(undetermined, |names| vec![listed_up_to(MOST_IN_CELL, texts(names), "none")]);
        let targets = list(facts, "targets")
            .map_or_else(undetermined, |all| vec![listed_up_to(MOST_IN_CELL, texts(all), "none")]);
        let at = ["account", "region", "token"].iter().filter_map(|member| facts.get(member)?.as_str());
        let at: Vec<&str> = at.collect();
        let signs = match facts.get("signs") {
            Some(Value::Bool(true)) => plain("can sign"),
            Some(Value::Bool(false)) => soft("cannot sign"),
            Some(_) => soft("its source does not say"),
            None => unknown("undetermined"),
        };
        Row {
            anchor: None,
            head: vec![vec![strong(&sources.gathered.aliases.named(id))]],
            cells: vec![
                Cell::new("names", names),
                Cell::new("targets", targets),
                Cell::one("where", vec![plain(&at.join(", "))]),
                Cell::one("signs", vec![signs]),
                Cell::new("declared", declared.into_iter().chain(copies).collect()),
            ],
            controls: String::new(),
        }
    };
    let left_out = all.len().saturating_sub(MOST_ROWS);
    Some(Table {
        caption: "Keys that were found and are in no row of the inventory",
        columns: vec!["Found key", "Names", "Targets", "Where", "Signs", "Declared"],
        rows: all.iter().take(MOST_ROWS).map(row).collect(),
        left_out: left_out.saturating_add(usize::try_from(joined.left_out(KIND)).unwrap_or(usize::MAX)),
        elsewhere: "records of the target `joined`",
    })
}

/// What somebody may do to a key, as a bundle spells it, and of how many it is said.
const ACTS: [(&str, &str); 3] = [("use", "used by"), ("administer", "administered by"), ("destroy", "destroyed by")];

/// How many may use, administer or destroy a key. Who they are is told once for all keys that the same people reach.
pub fn reach_cell(sources: &Sources<'_>, id: &str) -> Cell {
    let Some(objects) = sources.reach.get(id) else {
        return Cell::one("reach", vec![unknown("undetermined")]);
    };
    let mut lines = Vec::new();
    for facts in objects {
        let Some((entries, whole)) = sources.gathered.joined.reaching(facts) else {
            lines.extend(undetermined());
            continue;
        };
        for (act, words) in ACTS {
            let (sure, open) = who(&entries, act);
            let mut line = vec![soft(&format!("{words} ")), plain(&sure.len().to_string())];
            if !open.is_empty() {
                line.push(plain(", "));
                line.push(unknown(&format!("{} undetermined", open.len())));
            }
            lines.push(line);
        }
        if !whole || facts.get("everyone").and_then(Value::as_bool) != Some(true) {
            lines.push(vec![unknown("and perhaps others")]);
        }
    }
    Cell::new("reach", lines)
}

/// Everybody who reaches keys of the inventory: keys that the same people reach stand in one row.
pub fn reached_by(sources: &Sources<'_>) -> Option<Table> {
    let mut groups: BTreeMap<(Vec<Reaching>, bool), Vec<&str>> = BTreeMap::new();
    // Nobody found out who reaches these.
    let mut unread: Vec<&str> = Vec::new();
    for (id, objects) in &sources.reach {
        for facts in objects {
            let Some((entries, whole)) = sources.gathered.joined.reaching(facts) else {
                unread.push(id);
                continue;
            };
            let everyone = whole && facts.get("everyone").and_then(Value::as_bool) == Some(true);
            let reaching = ACTS.into_iter().map(|(act, _)| who(&entries, act)).collect();
            groups.entry((reaching, everyone)).or_default().push(id);
        }
    }
    if groups.is_empty() && unread.is_empty() {
        return None;
    }
    let in_all = groups.len();
    let mut groups: Vec<_> = groups.into_iter().collect();
    groups.sort_by_key(|(_, keys)| std::cmp::Reverse(keys.len()));
    let of = |keys: Vec<&str>| -> Vec<Line> {
        let count = match keys.len() {
            1 => "1 key".to_owned(),
            many => format!("{many} keys"),
        };
        let links = keys.into_iter().map(|id| sources.link("key", id)).collect();
        vec![vec![soft(&count)], listed_up_to(MOST_IN_CELL, links, "")]
    };
    let row = |((reaching, everyone), keys): ((Vec<Reaching>, bool), Vec<&str>)| {
        let mut head = of(keys);
        if !everyone {
            head.push(vec![unknown("not all was read: perhaps others too")]);
        }
        let cells = reaching.into_iter().zip(["use", "administer", "destroy"]).map(|((sure, open), label)| {
            let named = sure.iter().map(|one| plain(one));
            let all = named.chain(open.iter().map(|one| unknown(&format!("{one}, undetermined")))).collect();
            Cell::one(label, listed_up_to(MOST_PEOPLE, all, "nobody"))
        });
        Row { anchor: None, head, cells: cells.collect(), controls: String::new() }
    };
    let open = (!unread.is_empty()).then(|| Row {
        anchor: None,
        head: of(unread),
        cells: ["use", "administer", "destroy"].map(|label| Cell::new(label, undetermined())).into(),
        controls: String::new(),
    });
    Some(Table {
        caption: "Who reaches the keys",
        columns: vec!["Keys", "Use", "Administer", "Destroy"],
        rows: open.into_iter().chain(groups.into_iter().take(MOST_ROWS).map(row)).collect(),
        left_out: in_all.saturating_sub(MOST_ROWS),
        elsewhere: "`witnessmark-verify roster`",
    })
}

/// Those who surely may, and those of whom that was not found out.
type Reaching = (Vec<String>, Vec<String>);

/// Everybody who may do this to a key, each once.
fn who(entries: &[&Value], act: &str) -> Reaching {
    let mut all: BTreeMap<(&str, &str), bool> = BTreeMap::new();
    for entry in entries {
        if list(entry, "does").is_some_and(|does| does.iter().any(|one| one.as_str() == Some(act))) {
            let Some(who) = entry.get("who") else { continue };
            let surely = text(entry, "may") == "yes";
            *all.entry((text(who, "kind"), text(who, "name"))).or_default() |= surely;
        }
    }
    let (sure, open): (Vec<_>, Vec<_>) = all.into_iter().partition(|(_, surely)| *surely);
    let name = |((kind, name), _): ((&str, &str), bool)| match kind {
        "administrators" => format!("administrators of account {name}"),
        "root" => format!("root user {name}"),
        "anyone" | "other" => name.to_owned(),
        kind => format!("{} {name}", kind.replace('-', " ")),
    };
    (sure.into_iter().map(name).collect(), open.into_iter().map(name).collect())
}

/// Who alone can give as many signatures as a transfer from a wallet needs.
pub fn wallet_cell(sources: &Sources<'_>, row: &WalletRow) -> Cell {
    const LABEL: &str = "enough alone";
    let Some(facts) = sources.gathered.joined.of("joined/wallet", &row.id) else {
        return Cell::one(
            LABEL,
            vec![match row.signatures {
                None => soft("how many signatures are needed is not declared"),
                Some((needed, _)) if needed < 2 => soft("one signature is enough"),
                Some(_) => unknown("not compared in this page"),
            }],
        );
    };
    let with = |one: &Value| -> Line {
        let keys = list(one, "keys").into_iter().flatten().filter_map(Value::as_str);
        let mut line = vec![soft(" by ")];
        line.extend(listed_up_to(MOST_IN_CELL, keys.map(|id| sources.link("key", id)).collect(), "no key"));
        line
    };
    let mut lines: Vec<Line> = Vec::new();
    for (member, none, sign) in [("alone", "nobody surely", otherwise as fn(&str) -> Piece), ("perhaps", "", unknown)] {
        match list(facts, member) {
            Some(all) if all.is_empty() && none.is_empty() => {}
            Some(all) if all.is_empty() => lines.push(vec![known(none)]),
            Some(all) => {
                let perhaps = if member == "perhaps" { "perhaps " } else { "" };
                for one in all.iter().take(MOST_PEOPLE) {
                    let mut line = vec![sign(&format!("{perhaps}{} {}", text(one, "kind"), text(one, "name")))];
                    line.extend(with(one));
                    lines.push(line);
                }
                if all.len() > MOST_PEOPLE {
                    lines.push(vec![soft(&format!("and {perhaps}{} more", all.len() - MOST_PEOPLE))]);
                }
            }
            None => {
                lines.push(vec![unknown(if member == "alone" { "undetermined" } else { "who else: undetermined" })]);
            }
        }
    }
    match list(facts, "unseen") {
        Some(keys) if keys.is_empty() => {}
        Some(keys) => {
            let links = keys.iter().filter_map(Value::as_str).map(|id| sources.link("key", id)).collect();
            let mut line = vec![unknown("only the declared holders are known of ")];
            line.extend(listed_up_to(MOST_IN_CELL, links, ""));
            lines.push(line);
        }
        None => lines.push(vec![unknown("of which keys only the holders are known: undetermined")]),
    }
    Cell::new(LABEL, lines)
}

/// A person's identities as they are at their targets, and the factors by which they sign in.
pub fn person_cell(sources: &Sources<'_>, id: &str) -> Cell {
    let Some(facts) = sources.gathered.joined.of("joined/person", id) else {
        return Cell::one("found", vec![unknown("not compared in this page")]);
    };
    let mut lines = Vec::new();
    let named = |one: &Value| format!("{} at {}", text(one, "identity"), text(one, "target"));
    for (member, word, mark) in [
        ("found", "found", known as fn(&str) -> Piece),
        ("absent", "absent", otherwise),
        ("elsewhere", "decided elsewhere", unknown),
    ] {
        match list(facts, member) {
            Some(all) => {
                for one in all.iter().take(MOST_IN_CELL) {
                    let shared = one.get("shared").and_then(Value::as_bool) == Some(true);
                    let shared = if shared { ", which several may be" } else { "" };
                    lines.push(vec![mark(word), plain(&format!(" {}{shared}", named(one)))]);
                }
                if all.len() > MOST_IN_CELL {
                    lines.push(vec![soft(&format!("and {} more {word}", all.len() - MOST_IN_CELL))]);
                }
            }
            None => lines.push(vec![unknown(&format!("{word}: undetermined"))]),
        }
    }
    match list(facts, "ways") {
        Some(ways) => {
            lines.extend(ways.iter().take(MOST_IN_CELL).map(way));
            if ways.len() > MOST_IN_CELL {
                lines.push(vec![soft(&format!("and {} more ways to sign in", ways.len() - MOST_IN_CELL))]);
            }
        }
        None => lines.push(vec![unknown("ways to sign in: undetermined")]),
    }
    Cell::new("found", lines)
}

fn way(way: &Value) -> Line {
    let by = format!("{} at {}", text(way, "by"), text(way, "target"));
    match list(way, "second") {
        Some(kinds) if kinds.is_empty() => vec![otherwise(&format!("{by}: no second factor"))],
        Some(kinds) => {
            let mut line = vec![soft(&format!("{by}: "))];
            line.extend(listed_up_to(MOST_IN_CELL, texts(kinds), ""));
            line
        }
        None => vec![unknown(&format!("{by}: second factor undetermined"))],
    }
}

/// The names of a third party that were found at targets, and those that were not.
pub fn party_cell(sources: &Sources<'_>, id: &str) -> Cell {
    let Some(facts) = sources.gathered.joined.of("joined/third-party", id) else {
        return Cell::one("seen", vec![unknown("not compared in this page")]);
    };
    let mut lines = Vec::new();
    for (member, word, mark) in [
        ("seen", "seen", known as fn(&str) -> Piece),
        ("unseen", "not seen", otherwise),
        ("nowhere", "no target can show", soft),
    ] {
        match list(facts, member) {
            Some(all) if all.is_empty() => {}
            Some(all) => {
                let mut line = vec![mark(word), plain(" ")];
                line.extend(listed_up_to(MOST_IN_CELL, all.iter().map(|one| plain(&named(one))).collect(), ""));
                lines.push(line);
            }
            None => lines.push(vec![unknown(&format!("{word}: undetermined"))]),
        }
    }
    if lines.is_empty() {
        lines.push(vec![soft("no name at targets is declared")]);
    }
    Cell::new("seen", lines)
}

fn named(name: &Value) -> String {
    format!("{} {}", text(name, "kind"), text(name, "name"))
}

/// Others who were found and for whom nothing that is declared accounts, and those of whom that was not found out.
pub fn outsiders(sources: &Sources<'_>) -> Option<Table> {
    const KIND: &str = "joined/outside-party";
    let joined = &sources.gathered.joined;
    joined.has(KIND).then_some(())?;
    let standing = |facts: &Value| facts.get("standing").map(|standing| text(standing, "as").to_owned());
    let open = |facts: &Value| standing(facts).is_none_or(|word| word == "undeclared");
    let all: Vec<_> = joined.all(KIND).filter(|(_, facts)| open(facts)).collect();
    let row = |(id, facts): &(&str, &Value)| {
        let who = facts.get("who").map_or_else(|| (*id).to_owned(), named);
        let seen = list(facts, "seen").map_or_else(undetermined, |seen| {
            let line = |one: &Value| vec![code(text(one, "target")), plain(&format!(": {}", text(one, "says")))];
            let mut lines: Vec<Line> = seen.iter().take(MOST_IN_CELL).map(line).collect();
            if seen.len() > MOST_IN_CELL {
                lines.push(vec![soft(&format!("and {} more places", seen.len() - MOST_IN_CELL))]);
            }
            lines
        });
        let declared = match standing(facts) {
            Some(_) => otherwise("by nothing"),
            None => unknown("undetermined"),
        };
        Row {
            anchor: None,
            head: vec![vec![strong(&who)]],
            cells: vec![Cell::new("seen", seen), Cell::one("declared", vec![declared])],
            controls: String::new(),
        }
    };
    let left_out = all.len().saturating_sub(MOST_ROWS);
    Some(Table {
        caption: "Others who were found and are not declared",
        columns: vec!["Who", "Where they are named", "Accounted for"],
        rows: all.iter().take(MOST_ROWS).map(row).collect(),
        left_out: left_out.saturating_add(usize::try_from(joined.left_out(KIND)).unwrap_or(usize::MAX)),
        elsewhere: "records of the target `joined`",
    })
}

/// Identities that may reach a key and belong to nobody who is declared, and those of which that was not found out.
pub fn identities_of_nobody(sources: &Sources<'_>) -> Option<Table> {
    const KIND: &str = "joined/reaching-identity";
    let joined = &sources.gathered.joined;
    joined.has(KIND).then_some(())?;
    let all: Vec<_> = joined.all(KIND).filter(|(_, facts)| list(facts, "owners").is_none_or(Vec::is_empty)).collect();
    let row = |(id, facts): &(&str, &Value)| {
        let powers = list(facts, "powers").map_or_else(undetermined, |powers| {
            let action = |one: &Value| match text(one, "may") {
                "yes" => code(text(one, "action")),
                _ => unknown(&format!("{}, undetermined", text(one, "action"))),
            };
            let key = |one: &Value| sources.gathered.aliases.named(text(one, "key"));
            let way = |one: &Value| match text(one, "may") {
                "yes" => code(&format!("{} → {}", text(one, "by"), key(one))),
                _ => unknown(&format!("{} → {}, undetermined", text(one, "by"), key(one))),
            };
            let ways = list(facts, "ways").into_iter().flatten().map(way);
            vec![listed_up_to(MOST_IN_CELL, powers.iter().map(action).chain(ways).collect(), "nothing")]
        });
        let by = match facts.get("taken_on_by").and_then(Value::as_str) {
            Some(by) => plain(by),
            None => unknown("undetermined"),
        };
        let user = text(facts, "type") == "user";
        let surely = facts.get("sure").and_then(Value::as_bool) == Some(true);
        let owners = match list(facts, "owners") {
            // Whoever takes on a role has an identity of their own.
            Some(_) if !user => soft("no person by itself"),
            Some(_) if surely => otherwise("nobody who is declared"),
            Some(_) => unknown("nobody who is declared; whether it reaches a key is undetermined"),
            None => unknown("undetermined"),
        };
        Row {
            anchor: None,
            head: vec![vec![strong(id)], vec![soft(text(facts, "type"))]],
            cells: vec![
                Cell::new("may", powers),
                Cell::one("taken on by", vec![by]),
                Cell::one("belongs to", vec![owners]),
            ],
            controls: String::new(),
        }
    };
    let left_out = all.len().saturating_sub(MOST_ROWS);
    Some(Table {
        caption: "Identities that may reach a key and belong to nobody who is declared",
        columns: vec!["Identity", "May", "Taken on by", "Belongs to"],
        rows: all.iter().take(MOST_ROWS).map(row).collect(),
        left_out: left_out.saturating_add(usize::try_from(joined.left_out(KIND)).unwrap_or(usize::MAX)),
        elsewhere: "records of the target `joined`",
    })
}
