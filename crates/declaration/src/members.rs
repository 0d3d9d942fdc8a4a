//! What is written in each declared thing, member by member, and the facts through which a check could read it.
//!
//! Names (`id`, `title`, `name`, `what`) claim nothing. What steers the program itself (targets, `checks`, `observe`, what an acceptance covers,
//! its signature) is acted upon, and is no claim either. All else is somebody's word until a check reads it.

use std::collections::BTreeSet;

use diagnose::{Located, Span};

use crate::declared::{Control, Declaration, Key, KeyHolder, Review, Risk, ThirdParty, Treatment, Wallet};

/// A part of a kind of resources; of `declaration` what checks ask of the declaration itself.
type Fact = (&'static str, &'static str);

/// A member that is written.
pub struct Written {
    /// The kind of its thing.
    pub kind: &'static str,
    pub id: String,
    pub member: &'static str,
    pub at: Span,
    /// Each of them comes out otherwise if the member does.
    pub facts: &'static [Fact],
}

const ACCEPTANCE: &str = "declaration/acceptance";
const COMPONENT: &str = "declaration/component";
const CONTROL: &str = "declaration/control";
const DOCUMENT: &str = "declaration/document";
const EXCLUSION: &str = "declaration/exclusion";
const HOLDER: &str = "declaration/holder";
const KEY: &str = "declaration/key";
const REVIEWED: &str = "declaration/reviewed-part";
const RISK: &str = "declaration/risk";
const ROLE: &str = "declaration/role";
const SYSTEM: &str = "declaration/system";
const TASK: &str = "declaration/task";
const PARTY: &str = "declaration/third-party";
const THREAT: &str = "declaration/threat";
const WALLET: &str = "declaration/wallet";
const ASKED: Fact = ("declaration", "system");

/// Every member that is written and could be judged.
pub fn written(declaration: &Declaration) -> Vec<Written> {
    let mut all = Members(Vec::new());
    for one in &declaration.acceptances {
        let mut of = all.of(ACCEPTANCE, one.id.as_str());
        of.add("reason", Some(one.reason.at), &[(ACCEPTANCE, "reason")]);
        of.add("approved_by", Some(one.approved_by.at), &[(ACCEPTANCE, "approved_by")]);
        of.add("approved", Some(one.approved.at), &[(ACCEPTANCE, "approved")]);
        of.add("expires", Some(one.expires.at), &[(ACCEPTANCE, "expires")]);
    }
    for one in &declaration.components {
        let mut of = all.of(COMPONENT, one.id.as_str());
        of.add("evidence", first(&one.evidence), &[(COMPONENT, "evidence")]);
    }
    declaration.controls.iter().for_each(|one| control(&mut all, one));
    for one in &declaration.documents {
        let mut of = all.of(DOCUMENT, one.id.as_str());
        of.add("type", Some(one.kind.at), &[(DOCUMENT, "type")]);
        of.add("path", at(&one.path), &[(DOCUMENT, "sealed_sha256")]);
        of.add("sha256", at(&one.sha256), &[(DOCUMENT, "sha256")]);
        of.add("version", at(&one.version), &[(DOCUMENT, "version")]);
        of.add("owner", at(&one.owner), &[(DOCUMENT, "owner")]);
        of.add("approved_by", at(&one.approved_by), &[(DOCUMENT, "approved_by")]);
        of.add("approved", at(&one.approved), &[(DOCUMENT, "approved")]);
        of.add("reviewed", at(&one.reviewed), &[(DOCUMENT, "reviewed")]);
        of.add("review_every", at(&one.review_every), &[(DOCUMENT, "review_due")]);
        of.add("external", at(&one.external), &[(DOCUMENT, "external")]);
    }
    for one in &declaration.exclusions {
        let mut of = all.of(EXCLUSION, one.id.as_str());
        of.add("reason", Some(one.reason.at), &[(EXCLUSION, "reason")]);
        of.add("approved_by", at(&one.approved_by), &[(EXCLUSION, "approved_by")]);
        of.add("approved", at(&one.approved), &[(EXCLUSION, "approved")]);
        let seen = one.seen_as.as_ref().map(|names| names.written);
        of.add("seen_as", seen, &[(EXCLUSION, "seen_as"), ("joined/outside-party", "standing")]);
    }
    declaration.key_holders.iter().for_each(|one| holder(&mut all, one));
    let backups: BTreeSet<&str> =
        declaration.keys.iter().flat_map(|key| &key.backup_of).map(|id| id.as_str()).collect();
    declaration.keys.iter().for_each(|one| key(&mut all, one, &backups));
    reviewed_parts(&mut all, declaration);
    declaration.risks.iter().for_each(|one| risk(&mut all, one));
    for one in &declaration.roles {
        let accepts: &[Fact] =
            &[(ROLE, "executive"), (SYSTEM, "executives"), (RISK, "accepted_by"), (THREAT, "accepted")];
        all.of(ROLE, one.id.as_str()).add("executive", at(&one.executive), accepts);
    }
    let system = &declaration.system;
    let mut of = all.of(SYSTEM, system.id.as_str());
    of.add("designation", at(&system.designation), &[(SYSTEM, "designation"), ASKED]);
    of.add("standard", at(&system.standard), &[(SYSTEM, "standard"), ASKED]);
    of.add("level", at(&system.level), &[(SYSTEM, "level"), ASKED]);
    declaration.third_parties.iter().for_each(|one| third_party(&mut all, one));
    for one in declaration.threats.iter() {
        let mut of = all.of(THREAT, one.id.as_str());
        of.add("category", at(&one.category), &[(THREAT, "category"), (SYSTEM, "categories")]);
        of.add("affects", one.affects.as_ref().map(|affects| affects.written), &[(THREAT, "affects")]);
    }
    declaration.wallets.iter().for_each(|one| wallet(&mut all, one));
    all.0
}

fn control(all: &mut Members, one: &Control) {
    let mut of = all.of(CONTROL, one.id.as_str());
    of.add("requirements", first(&one.requirements), &[(CONTROL, "requirements")]);
    of.add("threats", first(&one.threats), &[(CONTROL, "threats"), (THREAT, "controls")]);
    of.add("status", at(&one.status), &[(CONTROL, "status"), (THREAT, "controls")]);
    of.add("not_inspectable", at(&one.not_inspectable), &[(CONTROL, "not_inspectable")]);
    // What is named by its path is counted as a thing.
    let named = one.documents.iter().find(|used| used.document.is_some()).map(|used| used.written);
    of.add("documents", named, &[(CONTROL, "documents")]);
    let Some(task) = &one.task else { return };
    let mut of = all.of(TASK, one.id.as_str());
    of.add(
        "every",
        at(&task.every),
        &[(TASK, "every"), (TASK, "due"), (TASK, "operated"), (TASK, "window_covers_every")],
    );
    of.add("grace", at(&task.grace), &[(TASK, "grace"), (TASK, "operated")]);
    of.add(
        "detection_window",
        at(&task.detection_window),
        &[(TASK, "detection_window"), (TASK, "window_covers_every")],
    );
    of.add("because", at(&task.because), &[(TASK, "because"), (TASK, "because_of")]);
    of.add("records", at(&task.records), &[(TASK, "records")]);
    let done = task.done.first().map(|done| done.written);
    of.add("done", done, &[(TASK, "done"), (TASK, "last_done"), (TASK, "late"), (TASK, "due"), (TASK, "operated")]);
}

fn holder(all: &mut Members, one: &KeyHolder) {
    let mut of = all.of(HOLDER, one.id.as_str());
    let identities = one.identities.by_target.first().map(|(target, _)| target.at);
    let joined: &[Fact] = &[
        (HOLDER, "identities"),
        ("joined/person", "identities"),
        ("joined/person", "found"),
        ("joined/reach", "entries"),
        ("joined/reaching-identity", "owners"),
    ];
    of.add("identities", identities, joined);
    of.add("roles", first(&one.roles), &[(HOLDER, "roles"), (ROLE, "holders"), ("joined/person", "roles")]);
    of.add("acknowledged", at(&one.acknowledged), &[(HOLDER, "acknowledged"), ("joined/person", "acknowledged")]);
    of.add("trained", at(&one.trained), &[(HOLDER, "trained"), ("joined/person", "trained")]);
    of.add("train_every", at(&one.train_every), &[(HOLDER, "training_due"), ("joined/person", "training_due")]);
    of.add("left", at(&one.left), &[(HOLDER, "left"), ("joined/person", "left")]);
}

fn key(all: &mut Members, one: &Key, backups: &BTreeSet<&str>) {
    let id = one.id.as_str();
    let mut of = all.of(KEY, id);
    of.add("class", Some(one.class.at), &[(KEY, "class"), (KEY, "in_compromise_plan"), (KEY, "covered_by")]);
    of.add("material", at(&one.material), &[(KEY, "material")]);
    let compared: &[Fact] = &[("joined/key", "differs"), ("joined/key", "compared")];
    of.add("spec", at(&one.spec), compared);
    of.add("origin", at(&one.origin), compared);
    let place = one.place.as_ref().map(|place| place.written);
    of.add("at", place, &[(KEY, "at"), ("joined/key", "at"), ("joined/key", "found")]);
    // Where a key lies matters to its backup alone.
    let apart: &[Fact] = if one.backup_of.is_empty() && !backups.contains(id) {
        &[(KEY, "location")]
    } else {
        &[(KEY, "location"), ("joined/key", "backups")]
    };
    of.add("location", at(&one.location), apart);
    of.add("backup_of", first(&one.backup_of), &[(KEY, "backup_of"), ("joined/key", "backups")]);
    let held: &[Fact] =
        &[(KEY, "holders"), ("joined/reach", "declared"), ("joined/person", "keys"), ("joined/wallet", "alone")];
    of.add("holders", first(&one.holders), held);
    of.add("wallets", first(&one.wallets), &[(KEY, "wallets"), (WALLET, "keys"), ("joined/wallet", "alone")]);
    of.add("reviewed", at(&one.reviewed), &[(KEY, "reviewed")]);
}

fn reviewed_parts(all: &mut Members, declaration: &Declaration) {
    if let Some(model) = &declaration.threat_model {
        let mut of = all.of(REVIEWED, "threat-model");
        of.add("version", Some(model.version.at), &[(REVIEWED, "version")]);
        of.add("declined", model.declined.first().map(|one| one.written), &[(SYSTEM, "declined")]);
        of.reviews(at(&model.review_every), &model.reviews);
    }
    if let Some(register) = &declaration.risk_register {
        let mut of = all.of(REVIEWED, "risk-register");
        of.add("framework", at(&register.framework), &[(SYSTEM, "framework")]);
        of.add("tolerances", register.tolerances.first().map(|one| one.written), &[(RISK, "tolerance")]);
        of.reviews(at(&register.review_every), &register.reviews);
    }
    if let Some(inventory) = &declaration.key_inventory {
        all.of(REVIEWED, "key-inventory").reviews(at(&inventory.review_every), &inventory.reviews);
    }
    if let Some(plan) = &declaration.compromise_plan {
        let mut of = all.of(REVIEWED, "compromise-plan");
        of.add("classes", first(&plan.classes), &[(KEY, "in_compromise_plan")]);
        of.add("document", at(&plan.document), &[(REVIEWED, "document")]);
        of.reviews(at(&plan.review_every), &plan.reviews);
    }
}

fn risk(all: &mut Members, one: &Risk) {
    let id = one.id.as_ref().unwrap_or(&one.threat);
    let mut of = all.of(RISK, id.as_str());
    of.add("likelihood", Some(one.likelihood.at), &[(RISK, "likelihood")]);
    of.add("impact", Some(one.impact.at), &[(RISK, "impact")]);
    // Only who bears a risk instead of answering its threat is looked at.
    let treated: &[Fact] = match one.treatment.value {
        Treatment::Accept => &[(RISK, "treatment"), (THREAT, "accepted")],
        _ => &[(RISK, "treatment")],
    };
    of.add("treatment", Some(one.treatment.at), treated);
    of.add("owner", Some(one.owner.at), &[(RISK, "owner")]);
    if let Some(residual) = &one.residual {
        of.add("residual.level", Some(residual.level.at), &[(RISK, "residual")]);
        of.add("residual.within_tolerance", at(&residual.within_tolerance), &[(RISK, "tolerance")]);
        of.add("residual.accepted_by", at(&residual.accepted_by), &[(RISK, "accepted_by"), (THREAT, "accepted")]);
        of.add("residual.accepted", at(&residual.accepted), &[(RISK, "accepted"), (THREAT, "accepted")]);
    }
    of.add("monitored", at(&one.monitored), &[(RISK, "monitored")]);
}

fn third_party(all: &mut Members, one: &ThirdParty) {
    let mut of = all.of(PARTY, one.id.as_str());
    of.add("role", Some(one.role.at), &[(PARTY, "role")]);
    of.add("in_threats", first(&one.in_threats), &[(PARTY, "threats"), (THREAT, "affects")]);
    of.add("keys", first(&one.keys), &[(PARTY, "keys")]);
    let certificate = one.certificate.as_ref().map(|held| held.written);
    of.add("certificate", certificate, &[(PARTY, "certificate"), (PARTY, "uncovered")]);
    of.add("covers", first(&one.covers), &[(PARTY, "covers"), (PARTY, "uncovered")]);
    of.add("reviewed", at(&one.reviewed), &[(PARTY, "reviewed"), (PARTY, "review_due")]);
    of.add("review_every", at(&one.review_every), &[(PARTY, "review_due")]);
    of.add("reviews", one.reviews.first().map(|one| one.written), &[(PARTY, "reviews"), (PARTY, "reviewed")]);
    let seen = one.seen_as.as_ref().map(|names| names.written);
    of.add(
        "seen_as",
        seen,
        &[(PARTY, "seen_as"), ("joined/third-party", "seen_as"), ("joined/outside-party", "standing")],
    );
}

fn wallet(all: &mut Members, one: &Wallet) {
    let mut of = all.of(WALLET, one.id.as_str());
    let signatures = one.signatures.as_ref().map(|signatures| signatures.written);
    of.add("signatures", signatures, &[(WALLET, "signatures"), (KEY, "wallets"), ("joined/wallet", "needed")]);
    of.add("workflow", one.workflow.first().map(|step| step.written), &[(WALLET, "workflow")]);
}

struct Members(Vec<Written>);

impl Members {
    fn of(&mut self, kind: &'static str, id: &str) -> Thing<'_> {
        Thing { all: &mut self.0, kind, id: id.to_owned() }
    }
}

/// One declared thing.
struct Thing<'m> {
    all: &'m mut Vec<Written>,
    kind: &'static str,
    id: String,
}

impl Thing<'_> {
    fn add(&mut self, member: &'static str, at: Option<Span>, facts: &'static [Fact]) {
        if let Some(at) = at {
            self.all.push(Written { kind: self.kind, id: self.id.clone(), member, at, facts });
        }
    }

    fn reviews(&mut self, every: Option<Span>, reviews: &[Review]) {
        self.add("review_every", every, &[(REVIEWED, "due"), (REVIEWED, "review_every")]);
        self.add("reviews", reviews.first().map(|one| one.written), &[(REVIEWED, "last"), (REVIEWED, "reviews")]);
    }
}

fn at<T>(one: &Option<Located<T>>) -> Option<Span> {
    one.as_ref().map(|one| one.at)
}

fn first<T>(list: &[Located<T>]) -> Option<Span> {
    list.first().map(|one| one.at)
}
