//! Turns what was gathered into what the template shows.

use std::collections::BTreeMap;

use bundle::statement::{Kind, Summary};
use model::record::{Coverage, Evidence, Finding, Gap, InDeclaration, Locator, Resource, RunStatus, Syntax};
use model::{Outcome, RecordRef, Severity};
use serde_json::value::RawValue;
use verify::{AcceptanceReport, Approver, VerifiedBundle};

use super::gather::{self, Answer, Gathered, MOST_OF_EXCERPT, MOST_OF_GROUNDS, anchor};
use super::head::Head;
use super::person;
use super::pieces::{Mark, mark};
use super::select::rank;
use super::template::{
    AcceptanceView, AcceptanceWords, AcceptedBy, AnswerView, CheckRow, ControlRow, CoverageRow, DeclarationView,
    EvidenceView, ExchangeView, FindingView, GapLine, GapView, GroundView, PartView, PlaceView, Reference,
    ResourceView, SCRIPT, STYLE, Section, Side, Tile, View,
};
use super::text::{clean, clean_block, short, word};
use crate::equal;
use crate::grounds::{Ground, statement_words};
use crate::overview::{GapGroup, MarkedControl};
use crate::words::{self, answer_words, control_mark, gap_move, gap_words};

/// Characters of one value.
const MOST_OF_VALUE: usize = 600;
/// Characters of what a source said.
const MOST_OF_DETAIL: usize = 320;
/// References listed at one finding.
const MOST_REFERENCES: usize = 30;
/// Controls, and rows of other tables.
const MOST_ROWS: usize = 1_000;

impl View {
    pub fn of(
        bundle: &VerifiedBundle,
        report: &verify::Report,
        gathered: &Gathered,
        side: Side,
        style_hash: &str,
        script_hash: &str,
    ) -> Self {
        let said = &bundle.statement().predicate;
        let overview = &gathered.overview;
        let summary = &said.summary;
        let sections = sections(summary, gathered, bundle, &side);
        let records = report.records.as_ref();
        let title = format!("{}, {}: bundle {}", clean(&said.entity), clean(&said.system), said.chain.index);
        let head = Head::of(bundle, report, gathered, &side);
        Self {
            style_hash: style_hash.to_owned(),
            script_hash: script_hash.to_owned(),
            foot_hash: super::hash(&head.foot),
            foot: head.foot,
            top: head.facts,
            person: (said.kind == Kind::Record).then(|| person::view(report, gathered)),
            style: STYLE,
            script: SCRIPT,
            title,
            entity: clean(&said.entity),
            system: clean(&said.system),
            banners: banners(bundle, report, gathered),
            // Out of the signed statement: it also counts findings that are withheld in this copy.
            tiles: vec![
                tile("deviates", in_all(summary, 0), "deviate, not accepted", "#deviates"),
                tile("unknown", in_all(summary, 1), "undetermined", "#undetermined"),
                tile("unknown", summary.gaps, "gaps", "#not-read"),
                tile("accepted", in_all(summary, 2), "deviate, accepted", "#accepted"),
                tile("conforms", in_all(summary, 3), "conform", "#conforms"),
                tile("na", in_all(summary, 4), "not applicable", "#not-applicable"),
            ],
            facts: identity(bundle, gathered),
            levels: report
                .levels
                .iter()
                .map(|l| (format!("{} {}", l.level, l.name), l.reached, clean(&l.because)))
                .collect(),
            rests: report.rests_on_custodian.iter().map(|line| clean(line)).collect(),
            verify_version: env!("CARGO_PKG_VERSION"),
            statement: bundle.statement_sha256().to_string(),
            controls: overview.controls.iter().take(MOST_ROWS).map(|one| control(one, bundle, &side)).collect(),
            controls_left_out: left_out(overview.controls.len(), overview.controls_not_shown),
            most_listed: crate::overview::MOST_SHOWN,
            findings_in_all: sections.iter().map(|s| s.in_all).sum(),
            findings_withheld: overview.withheld.get("finding").copied().unwrap_or_default(),
            findings_shown: sections.iter().map(|s| s.shown).sum(),
            sections,
            by_check: by_check(gathered),
            gap_groups: overview.gaps.iter().map(|group| gap_group(group, gathered)).collect(),
            gaps_in_all: overview.gaps_in_all,
            gap_groups_not_shown: overview.gap_groups_not_shown,
            not_kept: records.map_or(0, |r| r.bodies_not_kept),
            texts_masked: records.map_or(0, |r| r.texts_masked),
            withheld: overview.withheld.iter().map(|(kind, count)| (kind.clone(), *count)).collect(),
            withheld_by: records
                .and_then(|r| r.redaction.as_ref())
                .map(|r| format!("Withheld by {} on {}: {}.", clean(&r.by), r.made, clean(&r.reasons.join("; ")))),
            coverage: coverage(gathered),
            coverage_left_out: left_out(overview.coverage.len(), overview.coverage_not_shown),
            acceptances: acceptances(gathered),
            acceptances_left_out: gathered.approvals.len().saturating_sub(MOST_ROWS),
            checks: gathered
                .checks
                .iter()
                .map(|(id, library, sha256)| (clean(id), text_words(bundle, id, *library), sha256.clone()))
                .collect(),
            declarations: gathered
                .declarations
                .iter()
                .map(|(at, d, answer)| DeclarationView {
                    anchor: anchor(*at).unwrap_or_default(),
                    path: clean(&d.path),
                    size: d.size,
                    sha256: d.sha256.to_string(),
                    text: answer_view(answer),
                })
                .collect(),
            resources: resources(gathered),
            resources_left_out: gathered.resources_left_out,
            exchanges: exchanges(gathered),
            exchanges_left_out: gathered.exchanges_left_out,
            answers_cut: gathered.answers.values().any(|a| a.size > a.begin.len()),
            side,
            drift: None,
        }
    }
}

fn banners(bundle: &VerifiedBundle, report: &verify::Report, gathered: &Gathered) -> Vec<(String, String)> {
    let said = &bundle.statement().predicate;
    let mut banners = Vec::new();
    if said.status == RunStatus::Failed {
        let why = report.records.as_ref().and_then(|r| r.failure.as_deref()).unwrap_or("no reason is recorded");
        banners.push((
            "This run failed.".to_owned(),
            format!("Nothing can be concluded from it. What it says: {}", clean(why)),
        ));
    }
    if !said.rehearsal.is_empty() {
        let title =
            if bundle.rehearsals().is_whole() { "This is a rehearsal." } else { "This is a rehearsal in part." };
        let words = verify::rehearsal::words(&said.rehearsal, bundle.rehearsals());
        banners.push((title.to_owned(), format!("It is {}.", clean(&words))));
    }
    let withheld: u64 = gathered.overview.withheld.values().sum();
    if withheld > 0 {
        let on = report.records.as_ref().map_or(0, |r| r.findings_on_withheld);
        let text = format!(
            "{withheld} records are withheld in it, and {on} findings rest on some of them. That they were sealed is proven; what they say is not shown."
        );
        banners.push(("This is a redacted copy.".to_owned(), text));
    }
    banners
}

fn identity(bundle: &VerifiedBundle, gathered: &Gathered) -> Vec<(String, String)> {
    let said = &bundle.statement().predicate;
    let mut facts = vec![
        ("Run".to_owned(), said.bundle.clone()),
        ("Position".to_owned(), format!("bundle {} of ledger {}", said.chain.index, clean(&said.chain.origin))),
        ("From".to_owned(), said.started.to_string()),
        ("To".to_owned(), said.finished.to_string()),
        (
            "Status".to_owned(),
            match said.status {
                _ if said.kind == Kind::Record => "a person's record: nothing was asked for",
                RunStatus::Complete => "complete: everything asked for was read",
                RunStatus::Partial => "partial: sealed with gaps",
                RunStatus::Failed => "failed",
            }
            .to_owned(),
        ),
    ];
    if let Some(run) = &gathered.overview.run {
        facts.push(("Purpose".to_owned(), word(&run.purpose)));
        facts.push(("Clock".to_owned(), word(&run.clock)));
        facts.push(("Plan".to_owned(), format!("sha256 {}", run.plan)));
    }
    if let Some(challenge) = &said.challenge {
        facts.push(("Auditor's challenge".to_owned(), clean(challenge)));
    }
    if let Some(every) = said.chain.every_seconds {
        facts.push(("Schedule".to_owned(), format!("a bundle {}", words::every(every))));
    }
    facts.push((
        "Collected by".to_owned(),
        format!("witnessmark {}, sha256 {}", clean(&said.tool.version), said.tool.sha256),
    ));
    match &gathered.overview.host {
        Some(host) => {
            facts.push((
                "On".to_owned(),
                format!("{} as {} ({})", clean(&host.name), clean(&host.user), clean(&host.os)),
            ));
            for identity in &host.identities {
                facts.push((
                    format!("At {}", clean(&identity.target)),
                    format!(
                        "{}: as {}, found {}",
                        clean(&identity.collector),
                        clean(&identity.caller),
                        clean(&identity.found)
                    ),
                ));
            }
        }
        None => facts.push(("On".to_owned(), "not in this copy".to_owned())),
    }
    facts
}

/// Whether the top of the page says it of all that is in the bundle already.
fn said_at_the_top(mark: verify::Mark, bundle: &VerifiedBundle) -> bool {
    mark == verify::Mark::Rehearsal && bundle.rehearsals().is_whole()
}

fn control(
    MarkedControl { value: control, marks }: &MarkedControl,
    bundle: &VerifiedBundle,
    side: &Side,
) -> ControlRow {
    let c = &control.counts;
    let outcome = control.outcome.map_or(Mark { class: "na", sign: "–", words: "no checks" }, |o| {
        mark(o, o == Outcome::Deviates && c.accepted == c.deviates)
    });
    ControlRow {
        href: side.control(&control.id),
        id: clean(&control.id),
        title: clean(&control.title),
        requirements: clean(&control.requirements.join(", ")),
        marks: marks.iter().filter(|one| !said_at_the_top(one.mark, bundle)).map(control_mark).collect(),
        outcome,
        conforms: c.conforms,
        deviates: c.deviates,
        accepted: c.accepted,
        undetermined: c.undetermined,
        not_applicable: c.not_applicable,
    }
}

const fn tile(class: &'static str, count: u64, words: &'static str, target: &'static str) -> Tile {
    Tile { class, count, words, target }
}

/// How many findings of a rank the signed statement counts.
/// How many have no row: those that are known, and those that were not kept.
fn left_out(known: usize, more: u64) -> usize {
    known.saturating_sub(MOST_ROWS).saturating_add(usize::try_from(more).unwrap_or(usize::MAX))
}

const fn in_all(summary: &Summary, rank: u8) -> u64 {
    match rank {
        0 => summary.deviates.saturating_sub(summary.accepted),
        1 => summary.undetermined,
        2 => summary.accepted,
        3 => summary.conforms,
        _ => summary.not_applicable,
    }
}

fn sections(summary: &Summary, gathered: &Gathered, bundle: &VerifiedBundle, side: &Side) -> Vec<Section> {
    let titles = [
        ("deviates", "Deviates from what is declared", "What was read is not as the declaration says it is.", true),
        ("undetermined", "Undetermined", "Something these depend on was not read. Undetermined is not clean.", true),
        (
            "accepted",
            "Deviates, and is accepted",
            "The declaration accepts these for a time. They still deviate.",
            true,
        ),
        ("conforms", "Conforms", "What was read is as declared.", false),
        ("not-applicable", "Does not apply", "The check does not apply to these.", false),
    ];
    titles
        .into_iter()
        .zip(0_u8..)
        .map(|((id, title, lead, open), number)| {
            let of_rank = |f: &&(&u64, &Finding)| rank(f.1.outcome, f.1.acceptance.is_some()) == number;
            let mut findings: Vec<_> =
                gathered.findings.iter().collect::<Vec<_>>().iter().filter(of_rank).copied().collect();
            findings.sort_by_key(|(ordinal, f)| (std::cmp::Reverse(f.severity), **ordinal));
            let shown = findings.len();
            let said = |(ordinal, f): &(&u64, &Finding)| {
                equal::said(f, &bundle.marks().map(|marks| marks.of(**ordinal, f)).unwrap_or_default())
            };
            let view = |(ordinal, f): (&u64, &Finding)| finding(*ordinal, f, gathered, bundle, side);
            let groups = equal::together(findings, said);
            let groups = groups.into_iter().map(|group| group.into_iter().map(view).collect()).collect();
            Section {
                id,
                title,
                lead,
                in_all: in_all(summary, number),
                shown: u64::try_from(shown).unwrap_or(u64::MAX),
                open,
                groups,
            }
        })
        .collect()
}

fn finding(number: u64, f: &Finding, gathered: &Gathered, bundle: &VerifiedBundle, side: &Side) -> FindingView {
    let (about, about_kind) = match (&f.subject, &f.population) {
        (Some(subject), _) => (clean(&gathered.aliases.named(&subject.id)), clean(&subject.kind)),
        (None, Some(population)) => (format!("all of {}", clean(population)), "population".to_owned()),
        (None, None) => ("the target as a whole".to_owned(), "target".to_owned()),
    };
    let assignment = f.rests_on.iter().find_map(|at| gathered.assignments.get(at));
    let marks = bundle.marks().map(|marks| marks.of(number, f)).unwrap_or_default();
    let grounds = gathered.grounds.get(&number).map(|grounds| grounds.shown.as_slice()).unwrap_or_default();
    FindingView {
        number,
        mark: mark(f.outcome, f.acceptance.is_some()),
        severity: severity(f.severity),
        check: clean(&f.check),
        control: clean(&f.control),
        chain: side.control(&f.control),
        target: match bundle.rehearsals().includes(&f.target) {
            true => format!("{} (a rehearsal, not evidence)", clean(&f.target)),
            false => clean(&f.target),
        },
        about,
        about_kind,
        evidence: f.evidence.iter().map(evidence).collect(),
        reason: f.reason.as_deref().map(clean),
        reason_apart: f.reason.as_deref().map(|reason| {
            let (words, records) = equal::apart(reason);
            (clean(&words), clean(&records.join(", ")))
        }),
        grounds: grounds.iter().take(MOST_OF_GROUNDS).map(|one| ground(one, gathered)).collect(),
        grounds_left_out: (grounds.len().saturating_sub(MOST_OF_GROUNDS) as u64)
            .saturating_add(gathered.grounds.get(&number).map_or(0, |grounds| grounds.not_shown)),
        acceptance: f.acceptance.map(|at| accepted_by(at, gathered)),
        parameters: assignment.map(|a| short(a.parameters.get(), MOST_OF_VALUE)).filter(|p| p != "{}"),
        marks: marks.iter().filter(|one| !said_at_the_top(one.mark, bundle)).map(|one| clean(&one.words())).collect(),
        places: gathered.places_of(number, f).into_iter().map(|l| place(l, gathered)).collect(),
        gaps: f
            .rests_on
            .iter()
            .filter_map(|at| Some((at, gathered.gaps.get(at)?)))
            .take(MOST_REFERENCES)
            .map(|(at, g)| gap_line(*at, g, gathered))
            .collect(),
        references: f.rests_on.iter().take(MOST_REFERENCES).map(|at| reference(*at, gathered)).collect(),
        references_left_out: f.rests_on.len().saturating_sub(MOST_REFERENCES),
    }
}

/// A statement, rule or grant with the places it was read from; where these are not in this copy, that is said.
fn ground(ground: &Ground, gathered: &Gathered) -> GroundView {
    let read = |locator: &Locator| {
        let problem = match locator {
            Locator::Answer(place) => match gathered.exchanges.get(&place.exchange.ordinal) {
                None => Some("the exchange is not in this page or not in this copy"),
                Some((.., None)) => Some("the answer is withheld in this copy"),
                Some((.., Some(body))) if body.withheld.is_some() => Some("the answer was not kept"),
                Some(_) => None,
            },
            Locator::Declared(_) => None,
        };
        (reference(locator.record(), gathered), locator_path(locator, gathered), problem)
    };
    let record = ground.record.as_ref().and_then(|record| record.parse::<RecordRef>().ok());
    GroundView {
        record: record.map(|at| reference(at, gathered)),
        kind: clean(&ground.kind),
        id: clean(&gathered.aliases.named(&ground.id)),
        path: clean(&ground.path),
        statement: ground
            .statement
            .iter()
            .flat_map(statement_words)
            .map(|(label, words)| (label, short(&words, MOST_OF_VALUE)))
            .collect(),
        text: ground.text.as_deref().map(|text| short(text, MOST_OF_EXCERPT)),
        from: ground.locators.iter().take(2).map(read).collect(),
        problem: ground.problem.as_deref().map(clean),
    }
}

fn evidence(evidence: &Evidence) -> EvidenceView {
    let value = |value: &Option<Box<RawValue>>| value.as_ref().map(|v| short(v.get(), MOST_OF_VALUE));
    EvidenceView {
        because: evidence.because.as_deref().map(clean),
        path: evidence.path.as_deref().map(clean),
        actual: value(&evidence.actual),
        expected: value(&evidence.expected),
    }
}

fn place(locator: &Locator, gathered: &Gathered) -> PlaceView {
    let exchange = match locator {
        Locator::Answer(place) => gathered.exchanges.get(&place.exchange.ordinal),
        Locator::Declared(_) => None,
    };
    let in_answer = matches!(locator, Locator::Answer(_));
    let found = gathered.excerpts.get(locator);
    let excerpt = match found {
        Some(Ok(text)) => Ok(short(text, MOST_OF_EXCERPT)),
        Some(Err(why)) => Err(*why),
        None if in_answer => Err("the answer is not in this page or not in this copy"),
        None => Err("the file is not in this page or not in this copy"),
    };
    let cut = in_answer && matches!(found, Some(Ok(text)) if text.chars().count() > MOST_OF_EXCERPT);
    PlaceView {
        record: reference(locator.record(), gathered),
        operation: exchange.map(|(e, ..)| clean(&e.operation)).unwrap_or_default(),
        path: locator_path(locator, gathered),
        excerpt,
        cut,
    }
}

fn locator_path(locator: &Locator, gathered: &Gathered) -> String {
    let locator = match locator {
        Locator::Answer(place) => place,
        Locator::Declared(place) => {
            let InDeclaration { declaration, line, column } = place;
            return match gathered.paths.get(declaration) {
                Some(path) => format!("{}:{line}:{column}", clean(path)),
                None => format!("line {line}, column {column}"),
            };
        }
    };
    let mut path = format!("{} {}", syntax(locator.syntax), clean(&locator.path));
    for step in &locator.decode {
        path.push_str(&format!(", {}-decoded", word(step)));
    }
    if let Some((inner, within)) = &locator.inner {
        path.push_str(&format!(", in it {} {}", syntax(*inner), clean(within)));
    }
    path
}

const fn syntax(syntax: Syntax) -> &'static str {
    match syntax {
        Syntax::Json => "JSON",
        Syntax::Xml => "XML",
        Syntax::Csv => "CSV",
    }
}

fn reference(at: RecordRef, gathered: &Gathered) -> Reference {
    let there = match at.kind {
        model::RecordType::Declaration => gathered.declarations.iter().any(|(shown, ..)| *shown == at),
        model::RecordType::Resource => gathered.resources.contains_key(&at),
        model::RecordType::Derived => gathered.derived.contains_key(&at),
        model::RecordType::Exchange => gathered.exchanges.contains_key(&at.ordinal),
        _ => false,
    };
    Reference { text: at.to_string(), href: anchor(at).filter(|_| there), withheld: gathered.withheld.contains(&at) }
}

fn by_check(gathered: &Gathered) -> Vec<CheckRow> {
    let mut rows: BTreeMap<&str, [u64; 5]> = BTreeMap::new();
    for (group, count) in &gathered.groups {
        if let Some(cell) = rows.entry(&group.check).or_default().get_mut(usize::from(group.rank)) {
            *cell += count;
        }
    }
    rows.into_iter().map(|(check, counts)| CheckRow { check: clean(check), counts }).collect()
}

fn gap_line(at: RecordRef, gap: &Gap, gathered: &Gathered) -> GapLine {
    GapLine {
        record: at.to_string(),
        words: gap_words(gap.reason),
        subject: gap.subject.as_ref().map(|s| clean(&gathered.aliases.named(&s.id))).unwrap_or_default(),
        detail: short(&gap.detail, MOST_OF_DETAIL),
        exchange: gap.exchange.map(|e| reference(e, gathered)),
        accepted: gap.acceptance.map(|at| accepted_by(at, gathered)),
    }
}

fn gap_group(group: &GapGroup, gathered: &Gathered) -> GapView {
    let key = gather::group_key(&group.example.value);
    let members: Vec<GapLine> = gathered
        .gaps
        .iter()
        .filter(|(_, gap)| gather::group_key(gap) == key)
        .map(|(at, gap)| gap_line(*at, gap, gathered))
        .collect();
    let what = match (&group.of, &group.part) {
        (Some(of), Some(part)) => format!("{part} of {of}"),
        (Some(of), None) => of.clone(),
        (None, Some(part)) => part.clone(),
        (None, None) => "everything".to_owned(),
    };
    GapView {
        count: group.count,
        words: gap_words(group.reason),
        right: group.right.as_deref().map(clean).unwrap_or_default(),
        what: clean(&what),
        target: clean(&group.target),
        collector: clean(&group.collector),
        advice: clean(&gap_move(group.reason, group.right.as_deref())),
        accepted: group.accepted,
        left_out: group.count.saturating_sub(u64::try_from(members.len()).unwrap_or(u64::MAX)),
        members,
    }
}

fn coverage(gathered: &Gathered) -> Vec<CoverageRow> {
    let mut rows: Vec<&Coverage> = gathered.coverage.values().collect();
    // What was not read to its end first.
    rows.sort_by_key(|c| c.complete);
    rows.into_iter()
        .take(MOST_ROWS)
        .map(|c| CoverageRow {
            target: clean(&c.target),
            population: clean(&c.population),
            complete: c.complete,
            items: c.items,
            pages: c.pages,
            calls: c.calls,
            total: c.total.as_ref().map(|t| t.count),
        })
        .collect()
}

/// Every acceptance of the bundle, as it is sealed, and what the verifier says of its approval.
fn acceptances(gathered: &Gathered) -> Vec<AcceptanceView> {
    let view = |known: &AcceptanceReport| AcceptanceView {
        by: accepted_by(known.record, gathered),
        covered: known.covered,
        words: gathered.acceptances.get(&known.record).map(|a| AcceptanceWords {
            reason: clean(&a.reason),
            approved_by: clean(&a.approved_by),
            approved: a.approved.to_string(),
            expires: a.expires.to_string(),
        }),
    };
    gathered.approvals.values().take(MOST_ROWS).map(view).collect()
}

/// An acceptance by its id, or by its place among the records where it is not in this copy.
fn accepted_by(at: RecordRef, gathered: &Gathered) -> AcceptedBy {
    let id = gathered.acceptances.get(&at).map_or_else(|| at.to_string(), |a| clean(&a.id));
    match gathered.approvals.get(&at) {
        Some(known) => AcceptedBy { id, shown: known.approver == Approver::Shown, because: clean(&known.because) },
        None => AcceptedBy { id, shown: false, because: "nothing is known of its approval".to_owned() },
    }
}

fn resources(gathered: &Gathered) -> Vec<ResourceView> {
    let of_resource = |(at, r): (&RecordRef, &Resource)| ResourceView {
        anchor: anchor(*at).unwrap_or_default(),
        record: at.to_string(),
        kind: clean(&r.kind),
        id: clean(&gathered.aliases.named(&r.id)),
        parts: parts(&r.facts)
            .into_iter()
            .map(|(part, value)| {
                let from = r.parts.get(&part).into_iter().flatten().take(10);
                let from = from.map(|l| (reference(l.record(), gathered), locator_path(l, gathered))).collect();
                PartView { name: clean(&part), value: short(value.get(), MOST_OF_VALUE), from }
            })
            .collect(),
        inputs: Vec::new(),
        inputs_left_out: 0,
    };
    let derived = gathered.derived.iter().map(|(at, d)| ResourceView {
        anchor: anchor(*at).unwrap_or_default(),
        record: at.to_string(),
        kind: clean(&d.kind),
        id: clean(&gathered.aliases.named(&d.id)),
        parts: parts(&d.facts)
            .into_iter()
            .map(|(part, value)| PartView {
                name: clean(&part),
                value: short(value.get(), MOST_OF_VALUE),
                from: Vec::new(),
            })
            .collect(),
        inputs: d.inputs.iter().take(MOST_REFERENCES).map(|i| reference(*i, gathered)).collect(),
        inputs_left_out: d.inputs.len().saturating_sub(MOST_REFERENCES),
    });
    derived.chain(gathered.resources.iter().map(of_resource)).collect()
}

fn exchanges(gathered: &Gathered) -> Vec<ExchangeView> {
    gathered
        .exchanges
        .iter()
        .map(|(number, (e, params, body))| {
            let status = answer_words(e);
            let mut facts = vec![
                ("Endpoint", clean(&e.endpoint)),
                ("Attempt", e.attempt.to_string()),
                ("Peer's certificates", e.peer.map_or_else(|| "without TLS".to_owned(), |p| p.to_string())),
            ];
            if let Some(error) = &e.error {
                facts.push(("Error", clean(error)));
            }
            match params {
                Some(params) => facts.push(("Parameters", short(params.parameters.get(), MOST_OF_VALUE))),
                None => facts.push(("Parameters", "not in this copy".to_owned())),
            }
            if let Some(body) = body {
                match (&body.raw, &body.sha256, &body.withheld) {
                    (Some(raw), Some(sha256), _) => facts.push((
                        "Answer",
                        format!("{}, {} bytes, sha256 {sha256}", bundle::layout::raw(*raw), body.size),
                    )),
                    (_, _, Some(why)) => facts.push(("Answer", format!("not kept: {}", why.as_str()))),
                    _ => {}
                }
            } else {
                facts.push(("Answer", "not in this copy, or none came".to_owned()));
            }
            ExchangeView {
                anchor: format!("exchange-{number}"),
                record: format!("exchange:{number}"),
                operation: clean(&e.operation),
                status: clean(&status),
                started: e.started.to_string(),
                request_id: e.request_id.as_deref().map_or_else(|| "none given".to_owned(), clean),
                facts,
                answer: gathered.answers.get(number).map(answer_view),
            }
        })
        .collect()
}

fn answer_view(answer: &Answer) -> AnswerView {
    let text = match std::str::from_utf8(&answer.begin) {
        Ok(text) => clean_block(text),
        // Cut in the middle of a character, or no text at all.
        Err(error) if error.error_len().is_none() => {
            clean_block(&String::from_utf8_lossy(answer.begin.get(..error.valid_up_to()).unwrap_or_default()))
        }
        Err(_) => format!("(not text) {}", hex(&answer.begin)),
    };
    AnswerView { text, cut: answer.begin.len() < answer.size, shown: answer.begin.len(), size: answer.size }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().take(512).map(|b| format!("{b:02x}")).collect::<Vec<_>>().join(" ")
}

fn parts(facts: &RawValue) -> BTreeMap<String, Box<RawValue>> {
    serde_json::from_str(facts.get()).unwrap_or_default()
}

const fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Info => "info",
        Severity::Low => "low",
        Severity::Medium => "medium",
        Severity::High => "high",
        Severity::Critical => "critical",
    }
}

/// Whether a sealed text is a shipped one, as far as this program knows.
fn text_words(bundle: &VerifiedBundle, id: &str, library: bool) -> String {
    let what = if library { "library, " } else { "" };
    let marks = bundle.marks().map(|marks| marks.of_text(id));
    match marks.as_deref() {
        None => format!("{what}not compared with a shipped text"),
        Some([]) => format!("{what}as shipped"),
        Some(marks) => format!("{what}{}", marks.iter().map(|mark| mark.words()).collect::<Vec<_>>().join("; ")),
    }
}
