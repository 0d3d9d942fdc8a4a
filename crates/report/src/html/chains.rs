//! Threats and controls, each with all that hangs on it: threat, controls, requirements, checks, findings, and back.

use links::{AcceptanceNode, ControlNode, ControlStatus, RiskNode, TaskNode, ThreatNode};
use model::record::Control;
use verify::Approver;

use super::pieces::{
    Cell, Fold, Line, MOST_FOLDS, Once, Part, Piece, code, counts, known, link, listed, listed_up_to, outcome, plain,
    said, soft, strong, unknown,
};
use super::registers::{accepted, reviewed};
use super::sources::{Sources, controls_shown};
use super::text::{clean, short};

/// Controls of a threat whose findings are named, and findings of each.
const MOST_WORST: usize = 3;
/// Days on which a task was done that are listed.
const MOST_DONE: usize = 5;
/// Characters of the parameters of a check.
const MOST_OF_PARAMETERS: usize = 300;

/// Every threat: what it affects, how it is rated, who accepted what remains, which controls answer it and what their checks found.
pub fn threats(sources: &Sources<'_>) -> Part {
    let mut once = Once::default();
    let threats = &sources.inventory.threats;
    let mut notes = reviewed(sources, &["threat-model"]);
    if threats.is_empty() {
        notes.push(vec![plain("No threat is declared.")]);
    }
    Part {
        id: "threats",
        title: "Threats",
        short: "Threats",
        count: threats.len(),
        lead: "Each threat with the controls that answer it, the requirements that these serve, and what their checks found.",
        notes,
        folds: threats.iter().take(MOST_FOLDS).map(|threat| threat_fold(threat, sources, &mut once)).collect(),
        folds_left_out: threats.len().saturating_sub(MOST_FOLDS),
        tables: Vec::new(),
    }
}

fn threat_fold(threat: &ThreatNode, sources: &Sources<'_>, once: &mut Once) -> Fold {
    let planned = |id: &String| threat.planned.contains(id);
    let in_place = threat.controls.iter().filter(|id| !planned(id)).count();
    let mut head = vec![strong(&threat.id), plain(" "), plain(&threat.title), plain(" ")];
    head.push(soft(threat.category.as_deref().unwrap_or("no category")));
    head.push(soft(" · "));
    head.push(match in_place {
        0 => unknown("no control in place answers it"),
        1 => soft("1 control"),
        several => soft(&format!("{several} controls")),
    });
    let found = threat.controls.iter().filter_map(|id| sources.found_in_all(id)).reduce(links::sum);
    if let Some(found) = found {
        head.push(soft(" · "));
        head.extend(counts(&found));
    }
    let mut answered: Vec<Line> = Vec::new();
    for id in &threat.controls {
        answered.extend(answering(id, planned(id), sources));
    }
    if answered.is_empty() {
        answered.push(vec![soft("no control")]);
    }
    let affects = threat.affects.iter().map(|one| affected(one, sources)).collect();
    let mut cells = vec![
        Cell::one("Affects", listed_up_to(40, affects, "nothing of this system is named")),
        Cell::new("Rated", rated(threat, sources)),
        Cell::new("Answered by", answered),
    ];
    if !threat.third_parties.is_empty() {
        cells.push(Cell::one("Third parties in it", listed(sources.links("party", &threat.third_parties), "")));
    }
    cells.push(Cell::new("The declaration's rules", sources.judged("declaration/threat", &threat.id)));
    cells.push(Cell::one("Declared", sources.declared_at(threat.at.as_ref())));
    Fold {
        anchor: once.first(sources.place("threat", &threat.id)),
        head,
        cells,
        controls: clean(&threat.controls.join(" ")),
    }
}

/// One control of a threat: requirements, counts, and the findings that need a look most.
fn answering(id: &str, planned: bool, sources: &Sources<'_>) -> Vec<Line> {
    let Some(control) = sources.inventory.controls.iter().find(|one| one.id == id) else {
        return vec![vec![plain(id)]];
    };
    let mut line = vec![sources.link("control", id), plain(" "), plain(&control.title)];
    if planned {
        line.push(soft(" (planned: it does not answer the threat yet)"));
    }
    let mut lines = vec![line];
    if !control.requirements.is_empty() {
        let mut serves = vec![soft("serves ")];
        serves.extend(listed_up_to(12, control.requirements.iter().map(|one| sources.requirement(one)).collect(), ""));
        lines.push(serves);
    }
    if control.checks.is_empty() {
        lines.push(vec![no_check(control)]);
    } else {
        let mut found = vec![soft(&number(control.checks.len(), "check")), soft(": ")];
        found.extend(sources.found_by(id));
        lines.push(found);
        lines.extend(sources.worst_of(id, MOST_WORST));
    }
    lines
}

fn no_check(control: &ControlNode) -> Piece {
    match &control.not_inspectable {
        Some(why) => soft(&format!("no check: no configuration shows it: {why}")),
        None => soft("no check"),
    }
}

fn rated(threat: &ThreatNode, sources: &Sources<'_>) -> Vec<Line> {
    let of_threat: Vec<_> = sources.inventory.risks.iter().filter(|row| row.threat == threat.id).collect();
    if of_threat.is_empty() {
        return vec![vec![match sources.inventory.register_elsewhere {
            true => unknown("in a register that this program does not read"),
            false => soft("no row of the risk register"),
        }]];
    }
    let mut lines = Vec::new();
    for row in of_threat {
        let RiskNode { likelihood, impact, treatment, owner, .. } = &row.risk;
        let words = format!(": likelihood {likelihood}, impact {impact}, {treatment}, owner {owner}");
        lines.push(vec![sources.link("risk", &row.id), plain(&words)]);
        lines.push(remains(&row.risk));
    }
    lines
}

/// What remains of a risk, and who accepted it.
pub fn remains(risk: &RiskNode) -> Line {
    let Some(level) = &risk.residual else { return vec![soft("what remains is not declared")] };
    let mut line = vec![plain(&format!("remains {level}"))];
    line.push(match &risk.within_tolerance {
        Some(rule) => plain(&format!(", within {rule}")),
        None => soft(", no tolerance is named"),
    });
    line.push(plain(", "));
    line.extend(accepted(risk));
    line
}

/// `key hot` leads to the key; a target, class or component has no place of its own.
fn affected(one: &str, sources: &Sources<'_>) -> Piece {
    let places = [("key ", "key"), ("wallet ", "wallet"), ("third party ", "party")];
    let place = places.iter().find_map(|(word, kind)| sources.place(kind, one.strip_prefix(word)?));
    link(one, place)
}

/// Every control: threats, requirements, task, documents, checks with what they found, acceptances.
pub fn controls(sources: &Sources<'_>) -> Part {
    let mut once = Once::default();
    let declared = &sources.inventory.controls;
    let mut folds: Vec<Fold> =
        declared.iter().take(MOST_FOLDS).map(|control| control_fold(control, sources, &mut once)).collect();
    // The program's own rules are put to the declaration by a control that nobody wrote.
    for id in controls_shown(sources.inventory, sources.gathered).skip(folds.len()) {
        folds.push(own_fold(id, sources, &mut once));
    }
    Part {
        id: "chains",
        title: "Control by control",
        short: "Control by control",
        count: folds.len() + declared.len().saturating_sub(MOST_FOLDS),
        lead: "Each control: the threats it answers, the requirements it serves, what people do, and what its checks found, down to each finding.",
        notes: if declared.is_empty() { vec![vec![plain("No control is declared.")]] } else { Vec::new() },
        folds,
        folds_left_out: declared.len().saturating_sub(MOST_FOLDS),
        tables: Vec::new(),
    }
}

/// The sealed outcome of a control.
fn outcome_of(id: &str, sources: &Sources<'_>) -> Piece {
    let sealed = sources.gathered.overview.controls.iter().map(|one| &one.value).find(|control| control.id == id);
    let of =
        |control: &Control| control.outcome.map(|one| outcome(one, control.counts.accepted == control.counts.deviates));
    match sealed.map(of) {
        Some(Some(mark)) => mark,
        Some(None) => soft("no checks"),
        None => soft("no outcome in this bundle"),
    }
}

fn control_fold(control: &ControlNode, sources: &Sources<'_>, once: &mut Once) -> Fold {
    let mut head = vec![strong(&control.id), plain(" "), plain(&control.title), plain(" ")];
    if control.status == ControlStatus::Planned {
        head.push(soft("planned · "));
    }
    head.push(outcome_of(&control.id, sources));
    let threats = control.threats.iter().map(|id| sources.link("threat", id)).collect();
    let requirements = control.requirements.iter().map(|one| sources.requirement(one)).collect();
    let mut cells = vec![
        Cell::one("Answers", listed_up_to(40, threats, "no threat")),
        Cell::one("Serves", listed_up_to(60, requirements, "no requirement")),
    ];
    if let Some(every) = &control.observed_every {
        cells.push(Cell::one("Looked at", vec![plain(&format!("every {every}, by this program"))]));
    }
    if let Some(task) = &control.task {
        cells.push(Cell::new("Task of people", task_lines(task)));
        cells.push(Cell::new("Done", done_lines(task)));
        cells.push(Cell::new("The task's rules", sources.judged("declaration/task", &control.id)));
    }
    let documents = control.documents.iter().map(|document| {
        let section = document.section.as_ref().map(|section| format!(", section {section}")).unwrap_or_default();
        let owner = document.owner.as_ref().map(|owner| format!(", owner {owner}")).unwrap_or_default();
        plain(&format!("{}{section}{owner}", document.name))
    });
    cells.push(Cell::one("Documents", listed_up_to(20, documents.collect(), "none")));
    cells.push(Cell::new("Checks", check_lines(control, sources)));
    let accepted = sources.inventory.acceptances.iter().filter(|one| one.control == control.id);
    let accepted: Vec<Line> = accepted.map(|one| acceptance_line(one, sources)).collect();
    if !accepted.is_empty() {
        cells.push(Cell::new("Acceptances", accepted));
    }
    cells.push(Cell::new("The declaration's rules", sources.judged("declaration/control", &control.id)));
    cells.push(Cell::one("Declared", sources.declared_at(control.at.as_ref())));
    Fold { anchor: once.first(sources.place("control", &control.id)), head, cells, controls: clean(&control.id) }
}

fn task_lines(task: &TaskNode) -> Vec<Line> {
    let records = task.records.as_ref().map(|folder| format!("records in {folder}"));
    let mut first = vec![match &task.every {
        Some(every) => plain(&format!("every {every}")),
        None => unknown("no frequency"),
    }];
    if let Some(window) = &task.detection_window {
        first.push(plain(&format!(" · detection window {window}")));
    }
    first.push(plain(" · "));
    first.push(said(records.as_deref(), "no records"));
    vec![first, vec![said(task.because.as_deref(), "no reason is declared")]]
}

fn done_lines(task: &TaskNode) -> Vec<Line> {
    let mut done: Vec<_> = task.done.iter().collect();
    done.sort_by(|one, other| other.on.cmp(&one.on));
    let mut lines: Vec<Line> = done
        .iter()
        .take(MOST_DONE)
        .map(|one| {
            let record = one.record.as_ref().map(|record| format!("record {record}"));
            vec![plain(&format!("{} by {}, ", one.on, one.by)), said(record.as_deref(), "no record")]
        })
        .collect();
    match done.len() {
        0 => lines.push(vec![unknown("no day is declared")]),
        many if many > MOST_DONE => lines.push(vec![soft(&format!("and {} earlier days", many - MOST_DONE))]),
        _ => {}
    }
    lines
}

fn check_lines(control: &ControlNode, sources: &Sources<'_>) -> Vec<Line> {
    let mut lines = Vec::new();
    for used in &control.checks {
        let on = used.targets.as_ref().map_or("every target that has any".to_owned(), |targets| targets.join(", "));
        let mut line = vec![code(&used.check), soft(&format!(" on {on}"))];
        if !used.parameters.is_empty() {
            let parameters = serde_json::Value::Object(used.parameters.clone()).to_string();
            line.push(soft(&format!(" with {}", short(&parameters, MOST_OF_PARAMETERS))));
        }
        lines.push(line);
        if let Some(none) = &used.expect_none {
            lines.push(vec![soft(&format!("none expected: {none}"))]);
        }
        lines.extend(sources.found(&control.id, &used.check, used.targets.as_deref()));
    }
    if lines.is_empty() {
        lines.push(vec![no_check(control)]);
    }
    lines
}

fn acceptance_line(one: &AcceptanceNode, sources: &Sources<'_>) -> Line {
    let words = format!(
        ": {} (`{}` at {}), approved by {} from {} until {}",
        one.reason, one.check, one.subject, one.approved_by, one.approved, one.expires
    );
    let sealed = sources.gathered.acceptances.iter().find(|(_, sealed)| sealed.id == one.id);
    let approver = sealed.map(|(at, _)| sources.gathered.approvals.get(at).map(|known| known.approver));
    let state = match approver {
        Some(Some(Approver::Shown)) => known("approval shown"),
        Some(_) => soft("(the custodian's claim)"),
        None => soft("(not in force in this run; the custodian's claim)"),
    };
    vec![link(&one.id, Some("acceptances".to_owned())), plain(&words), plain(" "), state]
}

/// A control that is in the bundle and not in the declaration.
fn own_fold(id: &str, sources: &Sources<'_>, once: &mut Once) -> Fold {
    let sealed = sources.gathered.overview.controls.iter().map(|one| &one.value).find(|control| control.id == id);
    let title = sealed.map_or("", |control| control.title.as_str());
    let mut lines: Vec<Line> = Vec::new();
    for (check, found) in sources.declared.found.of_control(id) {
        let mut line = vec![code(check), plain(" ")];
        line.extend(counts(&found));
        lines.push(line);
        let open = found.deviates + found.undetermined > 0;
        lines.extend(sources.found(id, check, None).into_iter().skip(1).filter(|_| open));
    }
    if lines.is_empty() {
        lines.push(vec![unknown("no finding")]);
    }
    let head = vec![strong(id), plain(" "), plain(title), plain(" "), outcome_of(id, sources)];
    let accepted = sources.inventory.acceptances.iter().filter(|one| one.control == id);
    let accepted: Vec<Line> = accepted.map(|one| acceptance_line(one, sources)).collect();
    let mut cells =
        vec![Cell::one("Whose", vec![plain("this program's own: nobody declared it")]), Cell::new("Checks", lines)];
    if !accepted.is_empty() {
        cells.push(Cell::new("Acceptances", accepted));
    }
    Fold { anchor: once.first(sources.place("control", id)), head, cells, controls: clean(id) }
}

fn number(count: usize, word: &str) -> String {
    if count == 1 { format!("1 {word}") } else { format!("{count} {word}s") }
}
