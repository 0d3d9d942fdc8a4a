//! The registers of a declaration as tables: risks, keys and wallets, people, third parties, and the rest.

use links::{CertificateRow, HolderRow, KeyRow, OtherRow, PartyRow, ReviewRow, RiskNode, RiskRow, WalletRow};

use super::joined;
use super::pieces::{
    Cell, Line, MOST_ROWS, Once, Part, Row, Table, code, listed_up_to, plain, said, soft, strong, unknown,
};
use super::sources::Sources;
use super::text::clean;

/// Things of one kind that are named in one cell.
const MOST_IN_CELL: usize = 12;
/// Threats that are named at a key: each has its own place with all that it affects.
const MOST_THREATS: usize = 4;

/// The threat model, the register, the inventory, the plan: how often it is reviewed, when it last was, and what was looked at.
pub fn reviewed(sources: &Sources<'_>, ids: &[&str]) -> Vec<Line> {
    let mut lines = Vec::new();
    for row in sources.inventory.reviewed.iter().filter(|row| ids.contains(&row.id)) {
        let mut line = vec![strong(row.what), plain(" ")];
        if !row.said.is_empty() {
            line.push(plain(&format!("{}; ", row.said.join("; "))));
        }
        line.push(match &row.review_every {
            Some(every) => plain(&format!("reviewed every {every}; ")),
            None => soft("no frequency of reviews is declared; "),
        });
        line.extend(last_review(row.last.as_ref()));
        line.push(plain("; the declaration's rules: "));
        for (at, judged) in sources.judged("declaration/reviewed-part", row.id).into_iter().enumerate() {
            if at > 0 {
                line.push(plain(", "));
            }
            line.extend(judged);
        }
        lines.push(line);
    }
    lines
}

fn last_review(last: Option<&ReviewRow>) -> Line {
    let Some(ReviewRow { on, by, looked_at, changed }) = last else { return vec![unknown("no review is declared")] };
    let looked =
        looked_at.as_ref().map_or("what was looked at is not said".to_owned(), |one| format!("looked at {one}"));
    let changed = changed.as_ref().map_or("what was changed is not said".to_owned(), |one| format!("changed: {one}"));
    vec![plain(&format!("last on {on} by {by} ({looked}; {changed})"))]
}

/// Who accepted what remains. A name in a declaration is the custodian's word.
pub fn accepted(risk: &RiskNode) -> Line {
    match (&risk.accepted_by, &risk.accepted) {
        (Some(who), Some(day)) => {
            vec![plain(&format!("accepted by {who} on {day}")), soft(" (the custodian's claim)")]
        }
        (Some(who), None) => {
            vec![plain(&format!("accepted by {who}")), soft(" (the custodian's claim, without a date)")]
        }
        (None, Some(day)) => {
            vec![plain(&format!("accepted on {day}")), soft(" (the custodian's claim, without a name)")]
        }
        (None, None) => vec![unknown("accepted by nobody")],
    }
}

/// The risk register.
pub fn risks(sources: &Sources<'_>) -> Part {
    let mut once = Once::default();
    let inventory = sources.inventory;
    let mut notes = reviewed(sources, &["risk-register"]);
    for rule in &inventory.tolerances {
        let title = rule.title.as_ref().map(|title| format!(": {title}")).unwrap_or_default();
        let levels = rule.levels.join(", ");
        notes.push(vec![plain("Tolerance "), strong(&rule.id), plain(&format!(" bears {levels}{title}"))]);
    }
    if inventory.register_elsewhere {
        notes.push(vec![unknown(
            "The register is declared in a file of its own, and has no row that this program reads.",
        )]);
    } else if inventory.risks.is_empty() {
        notes.push(vec![plain("No risk is declared.")]);
    }
    let columns =
        vec!["Risk", "Likelihood", "Impact", "Treatment", "Owner", "Residual", "Accepted", "Monitored", "Judged"];
    let rows = inventory.risks.iter().take(MOST_ROWS).map(|row| risk_row(row, sources, &mut once)).collect();
    Part {
        id: "register",
        title: "Risk register",
        short: "Risk register",
        count: inventory.risks.len(),
        lead: "How each threat is rated in the entity's own scale, what is done about it, what remains, and who accepted that.",
        notes,
        folds: Vec::new(),
        folds_left_out: 0,
        tables: vec![table("Risk register", columns, rows, inventory.risks.len())],
    }
}

fn table(caption: &'static str, columns: Vec<&'static str>, rows: Vec<Row>, in_all: usize) -> Table {
    let left_out = in_all.saturating_sub(rows.len());
    Table { caption, columns, rows, left_out, elsewhere: "the sealed declaration" }
}

fn risk_row(row: &RiskRow, sources: &Sources<'_>, once: &mut Once) -> Row {
    let risk = &row.risk;
    let residual = match (&risk.residual, &risk.within_tolerance) {
        (Some(level), Some(rule)) => vec![vec![plain(level)], vec![soft(&format!("within {rule}"))]],
        (Some(level), None) => vec![vec![plain(level)], vec![soft("no tolerance is named")]],
        (None, _) => vec![vec![soft("not declared")]],
    };
    let threat = sources.link("threat", &row.threat);
    let head = match row.id == row.threat {
        true => vec![vec![threat]],
        false => vec![vec![strong(&row.id)], vec![soft("threat "), threat]],
    };
    let answering = sources.inventory.threats.iter().find(|threat| threat.id == row.threat);
    Row {
        anchor: once.first(sources.place("risk", &row.id)),
        head,
        cells: vec![
            Cell::one("likelihood", vec![plain(&risk.likelihood)]),
            Cell::one("impact", vec![plain(&risk.impact)]),
            Cell::one("treatment", vec![plain(&risk.treatment)]),
            Cell::one("owner", vec![plain(&risk.owner)]),
            Cell::new("residual", residual),
            Cell::one("accepted", if risk.residual.is_some() { accepted(risk) } else { vec![soft("–")] }),
            Cell::one("monitored", vec![said(risk.monitored.as_deref(), "no date")]),
            sources.judged_cell(&["declaration/risk"], &row.id),
        ],
        controls: answering.map(|threat| clean(&threat.controls.join(" "))).unwrap_or_default(),
    }
}

/// The key inventory, and the wallets that keys sign for.
pub fn keys(sources: &Sources<'_>) -> Part {
    let mut once = Once::default();
    let inventory = sources.inventory;
    let mut notes = reviewed(sources, &["key-inventory", "compromise-plan"]);
    if inventory.keys.is_empty() {
        notes.push(vec![plain("No key is declared.")]);
    }
    let joined = &sources.gathered.joined;
    let mut columns = vec!["Key", "Where", "Holders", "Wallets", "Threats"];
    columns.extend(joined.has("joined/key").then_some("Found"));
    columns.extend(joined.has("joined/reach").then_some("Reach"));
    columns.extend(["Reviewed", "Judged"]);
    if !joined.has("joined/key") && !inventory.keys.is_empty() {
        notes.push(vec![soft("In this bundle the inventory is not compared with what was found.")]);
    }
    let rows = inventory.keys.iter().take(MOST_ROWS).map(|row| key_row(row, sources, &mut once)).collect();
    let mut tables = vec![table("Key inventory", columns, rows, inventory.keys.len())];
    tables.extend(joined::reached_by(sources));
    tables.extend(joined::undeclared_keys(sources));
    if !inventory.wallets.is_empty() {
        let rows = inventory.wallets.iter().take(MOST_ROWS).map(|row| wallet_row(row, sources, &mut once)).collect();
        let mut columns = vec!["Wallet", "Signatures", "Signing, step by step", "Keys"];
        columns.extend(joined.has("joined/wallet").then_some("Enough for a transfer alone"));
        columns.push("Judged");
        tables.push(table("Wallets", columns, rows, inventory.wallets.len()));
    }
    Part {
        id: "keys",
        title: "Keys",
        short: "Keys",
        count: inventory.keys.len(),
        lead: "The key inventory as it is declared: what each key is, where it is, who holds it, and what it signs for.",
        notes,
        folds: Vec::new(),
        folds_left_out: 0,
        tables,
    }
}

fn key_row(row: &KeyRow, sources: &Sources<'_>, once: &mut Once) -> Row {
    let key = &row.key;
    let material = key.material.as_deref().unwrap_or("material not declared");
    let mut head = vec![vec![strong(&key.id)], vec![soft(&format!("{} · {material}", key.class))]];
    let made = [&row.spec, &row.origin].into_iter().flatten().map(String::as_str).collect::<Vec<_>>().join(" · ");
    if !made.is_empty() {
        head.push(vec![soft(&made)]);
    }
    for (words, keys) in [("backup of ", &row.backup_of), ("backed up by ", &row.backups)] {
        if !keys.is_empty() {
            let mut line = vec![soft(words)];
            line.extend(listed_up_to(MOST_IN_CELL, sources.links("key", keys), ""));
            head.push(line);
        }
    }
    let mut kept = match &key.kept {
        Some(kept) => {
            vec![vec![code(&sources.gathered.aliases.named(&kept.key))], vec![soft(&format!("at {}", kept.target))]]
        }
        None => vec![vec![soft("no place is declared")]],
    };
    kept.extend(row.location.as_ref().map(|words| vec![plain(words)]));
    let mut cells = vec![
        Cell::new("where", kept),
        Cell::one("holders", listed_up_to(MOST_IN_CELL, sources.links("holder", &key.holders), "nobody")),
        Cell::one("wallets", listed_up_to(MOST_IN_CELL, sources.links("wallet", &key.wallets), "none")),
        Cell::one("threats", listed_up_to(MOST_THREATS, sources.links("threat", &key.threats), "in no threat")),
    ];
    let joined = &sources.gathered.joined;
    cells.extend(joined.has("joined/key").then(|| joined::key_cell(sources, &key.id)));
    cells.extend(joined.has("joined/reach").then(|| joined::reach_cell(sources, &key.id)));
    cells.push(Cell::one("reviewed", vec![said(key.reviewed.as_deref(), "no date")]));
    cells.push(sources.judged_cell(&["declaration/key", "joined/key"], &key.id));
    Row { anchor: once.first(sources.place("key", &key.id)), head, cells, controls: String::new() }
}

fn wallet_row(row: &WalletRow, sources: &Sources<'_>, once: &mut Once) -> Row {
    let signatures = row.signatures.map(|(needed, of)| format!("{needed} of {of}"));
    let step = |(number, (what, by)): (usize, &(String, Vec<String>))| {
        let by = if by.is_empty() { String::new() } else { format!(" ({})", by.join(", ")) };
        vec![plain(&format!("{}. {what}{by}", number + 1))]
    };
    let mut workflow: Vec<Line> = row.workflow.iter().enumerate().map(step).collect();
    if workflow.is_empty() {
        workflow.push(vec![soft("not declared")]);
    }
    let mut cells = vec![
        Cell::one("signatures", vec![said(signatures.as_deref(), "not declared")]),
        Cell::new("steps", workflow),
        Cell::one("keys", listed_up_to(MOST_IN_CELL, sources.links("key", &row.keys), "none")),
    ];
    cells.extend(sources.gathered.joined.has("joined/wallet").then(|| joined::wallet_cell(sources, row)));
    cells.push(sources.judged_cell(&["declaration/wallet", "joined/wallet"], &row.id));
    Row {
        anchor: once.first(sources.place("wallet", &row.id)),
        head: vec![vec![strong(&row.id)], vec![soft(&row.title)]],
        cells,
        controls: String::new(),
    }
}

/// The people who hold or use keys.
pub fn people(sources: &Sources<'_>) -> Part {
    let mut once = Once::default();
    let people = &sources.inventory.people;
    let mut notes = Vec::new();
    if people.is_empty() {
        notes.push(vec![plain("No key holder is declared.")]);
    }
    let mut columns = vec!["Key holder", "Identities", "Keys"];
    columns.extend(sources.gathered.joined.has("joined/person").then_some("Found"));
    columns.extend(["Acknowledged", "Trained", "Judged"]);
    let rows = people.iter().take(MOST_ROWS).map(|row| holder_row(row, sources, &mut once)).collect();
    Part {
        id: "people",
        title: "People",
        short: "People",
        count: people.len(),
        lead: "Who holds or uses keys, who they are at the targets, and when they were trained and acknowledged their duties: the entity's word.",
        notes,
        folds: Vec::new(),
        folds_left_out: 0,
        tables: std::iter::once(table("People", columns, rows, people.len()))
            .chain(joined::identities_of_nobody(sources))
            .collect(),
    }
}

fn holder_row(row: &HolderRow, sources: &Sources<'_>, once: &mut Once) -> Row {
    let mut identities: Vec<Line> = Vec::new();
    for (target, there) in &row.identities {
        let mut line = vec![soft(&format!("{target}: "))];
        line.extend(listed_up_to(MOST_IN_CELL, there.iter().map(|one| code(one)).collect(), "none"));
        identities.push(line);
    }
    if identities.is_empty() {
        identities.push(vec![soft("none is declared")]);
    }
    let every = row.train_every.as_ref().map_or("no frequency".to_owned(), |every| format!("every {every}"));
    let keys = listed_up_to(MOST_IN_CELL, sources.links("key", &row.keys), "none");
    let mut cells = vec![Cell::new("identities", identities), Cell::one("keys", keys)];
    cells.extend(sources.gathered.joined.has("joined/person").then(|| joined::person_cell(sources, &row.id)));
    cells.push(Cell::one("acknowledged", vec![said(row.acknowledged.as_deref(), "no date")]));
    cells.push(Cell::new("trained", vec![vec![said(row.trained.as_deref(), "no date")], vec![soft(&every)]]));
    cells.push(sources.judged_cell(&["declaration/holder", "joined/person"], &row.id));
    let mut head = vec![
        vec![strong(&row.id)],
        vec![soft(&if row.roles.is_empty() { "no role".to_owned() } else { row.roles.join(", ") })],
    ];
    head.extend(row.left.as_ref().map(|day| vec![plain(&format!("left on {day}"))]));
    Row { anchor: once.first(sources.place("holder", &row.id)), head, cells, controls: String::new() }
}

/// Others who can affect key material.
pub fn third_parties(sources: &Sources<'_>) -> Part {
    let mut once = Once::default();
    let parties = &sources.inventory.third_parties;
    let mut notes = Vec::new();
    if parties.is_empty() {
        notes.push(vec![plain("No third party is declared.")]);
    }
    let mut columns = vec!["Third party", "Threats", "Keys"];
    columns.extend(sources.gathered.joined.has("joined/third-party").then_some("Seen"));
    columns.extend(["Declared to cover", "Certificate", "Reviewed", "Judged"]);
    let rows = parties.iter().take(MOST_ROWS).map(|row| party_row(row, sources, &mut once)).collect();
    Part {
        id: "third-parties",
        title: "Third parties",
        short: "Third parties",
        count: parties.len(),
        lead: "Others who can affect key material. What one certifies is its own system, not its customer's.",
        notes,
        folds: Vec::new(),
        folds_left_out: 0,
        tables: std::iter::once(table("Third parties", columns, rows, parties.len()))
            .chain(joined::outsiders(sources))
            .collect(),
    }
}

fn party_row(row: &PartyRow, sources: &Sources<'_>, once: &mut Once) -> Row {
    let covers = row.covers.iter().map(|one| sources.requirement(one)).collect();
    let every = row.review_every.as_ref().map_or("no frequency".to_owned(), |every| format!("every {every}"));
    let mut reviewed = vec![vec![said(row.reviewed.as_deref(), "no date")], vec![soft(&every)]];
    if row.review.is_some() {
        reviewed.push(last_review(row.review.as_ref()));
    }
    let threats = listed_up_to(MOST_IN_CELL, sources.links("threat", &row.threats), "in no threat");
    let keys = listed_up_to(MOST_IN_CELL, sources.links("key", &row.keys), "none");
    let mut cells = vec![Cell::one("threats", threats), Cell::one("keys", keys)];
    cells.extend(sources.gathered.joined.has("joined/third-party").then(|| joined::party_cell(sources, &row.id)));
    cells.push(Cell::one("covers", listed_up_to(MOST_IN_CELL, covers, "nothing")));
    cells.push(Cell::new("certificate", certificate(row.certificate.as_ref(), sources)));
    cells.push(Cell::new("reviewed", reviewed));
    cells.push(sources.judged_cell(&["declaration/third-party", "joined/third-party"], &row.id));
    Row {
        anchor: once.first(sources.place("party", &row.id)),
        head: vec![vec![strong(&row.id)], vec![soft(&row.role)]],
        cells,
        controls: String::new(),
    }
}

fn certificate(held: Option<&CertificateRow>, sources: &Sources<'_>) -> Vec<Line> {
    let Some(CertificateRow { standard, system, level, expires, covers }) = held else {
        return vec![vec![soft("none is declared")]];
    };
    let words = format!("{standard}, level {level}, of {system}, until {expires}");
    let covers = covers.iter().map(|one| sources.requirement(one)).collect();
    let mut of = vec![soft("covers ")];
    of.extend(listed_up_to(MOST_IN_CELL, covers, "all of that level"));
    vec![vec![plain(&words)], of]
}

/// Roles, documents, components, exclusions.
pub fn others(sources: &Sources<'_>) -> Part {
    let others = &sources.inventory.others;
    let row = |row: &OtherRow| Row {
        anchor: None,
        head: vec![vec![strong(&row.id)], vec![soft(row.what)]],
        cells: vec![
            Cell::one("", vec![plain(&row.said.join("; "))]),
            sources.judged_cell(&[row.kind], &row.id),
            Cell::one("declared", sources.declared_at(row.at.as_ref())),
        ],
        controls: String::new(),
    };
    let rows = others.iter().take(MOST_ROWS).map(row).collect();
    let notes = if others.is_empty() { vec![vec![plain("None is declared.")]] } else { Vec::new() };
    Part {
        id: "others",
        title: "Roles, documents, components, exclusions",
        short: "Documents and the rest",
        count: others.len(),
        lead: "The rest of what is declared of the trusted environment.",
        notes,
        folds: Vec::new(),
        folds_left_out: 0,
        tables: vec![table(
            "Roles, documents, components, exclusions",
            vec!["Name", "What is said", "Judged", "Declared"],
            rows,
            others.len(),
        )],
    }
}
