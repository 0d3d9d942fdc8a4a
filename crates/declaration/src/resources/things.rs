//! From the types of a declaration to the facts of its things.

use std::collections::{BTreeMap, BTreeSet};

use diagnose::{Cadence, Id, Located, Span};
use model::{Date, Digest};

use super::facts::{
    AcceptanceFacts, AcceptedFacts, AcceptorFacts, AffectsFacts, AnsweringControl, CertificateFacts, ComponentFacts,
    ControlFacts, Day, DeclinedFacts, DocumentFacts, DoneFacts, ExclusionFacts, HolderFacts, IdentityFacts, KeyFacts,
    KeyPlaceFacts, KeyWallet, LateFacts, ReviewFacts, ReviewedPartFacts, RiskFacts, RoleFacts, SeenAsFacts,
    SignaturesFacts, StepFacts, SystemFacts, TaskFacts, ThirdPartyFacts, ThreatFacts, ToleranceFacts, WalletFacts,
};
use super::indices::{Indices, naming};
use super::{ThingError, Things};
use crate::declared::{
    Acceptance, Control, ControlStatus, Declaration, Document, Key, KeyHolder, Review, Risk, Role, SeenAs, Task,
    ThirdParty, Threat, Treatment, Wallet,
};
use crate::own_rules;

impl Things<'_> {
    pub(super) fn all(&mut self, attached: &[(String, Vec<u8>)]) -> Result<(), ThingError> {
        let declaration = &self.loaded.declaration;
        let indices = Indices::of(declaration);
        declaration.acceptances.iter().try_for_each(|one| self.acceptance(one))?;
        for one in &declaration.components {
            let (threats, at) = naming(&indices.components, one.id.as_str());
            let facts = ComponentFacts { name: text(&one.name), evidence: ids(&one.evidence), threats };
            let places = [("name", of(&one.name)), ("evidence", each(&one.evidence)), ("threats", at)];
            self.add("declaration/component", one.id.as_str(), one.written, &facts, &places)?;
        }
        declaration.controls.iter().try_for_each(|one| self.control(one))?;
        declaration.documents.iter().try_for_each(|one| self.document(one, attached))?;
        for one in &declaration.exclusions {
            let facts = ExclusionFacts {
                what: one.what.value.clone(),
                reason: one.reason.value.clone(),
                approved_by: text(&one.approved_by),
                approved: date(&one.approved),
                seen_as: seen_as(&one.seen_as),
            };
            let places = [
                ("what", vec![one.what.at]),
                ("reason", vec![one.reason.at]),
                ("approved_by", of(&one.approved_by)),
                ("approved", of(&one.approved)),
                ("seen_as", one.seen_as.iter().map(|names| names.written).collect()),
            ];
            self.add("declaration/exclusion", one.id.as_str(), one.written, &facts, &places)?;
        }
        declaration.key_holders.iter().try_for_each(|one| self.holder(one, &indices))?;
        let wallets = declaration.wallets.iter().map(|wallet| (wallet.id.as_str(), wallet)).collect();
        declaration.keys.iter().try_for_each(|one| self.key(one, &indices, &wallets))?;
        self.reviewed_parts()?;
        declaration.risks.rows.iter().try_for_each(|one| self.risk(one))?;
        declaration.roles.iter().try_for_each(|one| self.role(one, &indices))?;
        self.system()?;
        for control in &declaration.controls {
            if let Some(task) = &control.task {
                self.task(control, task)?;
            }
        }
        declaration.third_parties.iter().try_for_each(|one| self.third_party(one, &indices))?;
        declaration.threats.iter().try_for_each(|one| self.threat(one, &indices))?;
        declaration.wallets.iter().try_for_each(|one| self.wallet(one, &indices))
    }

    fn acceptance(&mut self, one: &Acceptance) -> Result<(), ThingError> {
        let controls = &self.loaded.declaration.controls;
        let used = one.control.as_ref().zip(one.check.as_ref()).map(|(control, check)| {
            let mut of_control = controls.iter().filter(|c| c.id.value == control.value).flat_map(|c| &c.checks);
            if control.as_str() == super::DECLARATION {
                return own_rules::may_use(&self.loaded.declaration, &check.value);
            }
            of_control.any(|used| used.check.value == check.value)
        });
        let facts = AcceptanceFacts {
            reason: one.reason.value.clone(),
            approved_by: one.approved_by.value.clone(),
            approved: day(one.approved.value),
            expires: day(one.expires.value),
            control: id(&one.control),
            check: one.check.as_ref().map(ToString::to_string),
            subject: text(&one.subject),
            target: id(&one.target),
            used,
            seen: None,
        };
        let places = [
            ("reason", vec![one.reason.at]),
            ("approved_by", vec![one.approved_by.at]),
            ("approved", vec![one.approved.at]),
            ("expires", vec![one.expires.at]),
            ("control", of(&one.control)),
            ("check", of(&one.check)),
            ("subject", of(&one.subject)),
            ("target", of(&one.target)),
            ("used", of(&one.check)),
        ];
        self.add("declaration/acceptance", one.id.as_str(), one.written, &facts, &places)
    }

    fn control(&mut self, one: &Control) -> Result<(), ThingError> {
        let documents = one.documents.iter().filter_map(|d| match (&d.document, &d.path) {
            (Some(id), _) => Some(id.to_string()),
            (None, path) => text(path),
        });
        let facts = ControlFacts {
            title: one.title.value.clone(),
            requirements: one.requirements.iter().map(ToString::to_string).collect(),
            threats: ids(&one.threats),
            status: status(one),
            checks: one.checks.iter().map(|used| used.check.to_string()).collect(),
            not_inspectable: text(&one.not_inspectable),
            documents: documents.collect(),
            task: one.task.is_some(),
            every_seconds: one.observe.as_ref().map(|observe| observe.every.seconds()),
            grace_seconds: one.observe.as_ref().and_then(|observe| observe.grace.as_ref()).map(|grace| grace.seconds()),
            observed: None,
        };
        let places = [
            ("title", vec![one.title.at]),
            ("requirements", each(&one.requirements)),
            ("threats", each(&one.threats)),
            ("status", of(&one.status)),
            ("checks", one.checks.iter().map(|used| used.check.at).collect()),
            ("not_inspectable", of(&one.not_inspectable)),
            ("documents", one.documents.iter().map(|document| document.written).collect()),
            ("task", one.task.iter().map(|task| task.written).collect()),
            ("every_seconds", one.observe.iter().map(|observe| observe.every.at).collect()),
            ("grace_seconds", one.observe.iter().filter_map(|observe| Some(observe.grace.as_ref()?.at)).collect()),
        ];
        self.add("declaration/control", one.id.as_str(), one.written, &facts, &places)
    }

    fn document(&mut self, one: &Document, attached: &[(String, Vec<u8>)]) -> Result<(), ThingError> {
        let path = one.path.as_ref().and_then(|path| self.loaded.path(path).ok());
        let sealed = path.as_ref().and_then(|path| attached.iter().find(|(name, _)| name == path));
        let reviewed = date(&one.reviewed).max(date(&one.approved));
        let facts = DocumentFacts {
            title: one.title.value.clone(),
            kind: one.kind.to_string(),
            sealed_sha256: sealed.map(|(_, bytes)| Digest::of(bytes).to_string()),
            path,
            sha256: one.sha256.as_ref().map(ToString::to_string),
            version: text(&one.version),
            owner: text(&one.owner),
            approved_by: text(&one.approved_by),
            approved: date(&one.approved),
            reviewed: date(&one.reviewed),
            review_every: cadence(&one.review_every),
            review_due: due(reviewed, &one.review_every),
            external: one.external.as_ref().is_some_and(|external| external.value),
            seen: None,
        };
        let places = [
            ("title", vec![one.title.at]),
            ("type", vec![one.kind.at]),
            ("path", of(&one.path)),
            ("sha256", of(&one.sha256)),
            ("sealed_sha256", of(&one.path)),
            ("version", of(&one.version)),
            ("owner", of(&one.owner)),
            ("approved_by", of(&one.approved_by)),
            ("approved", of(&one.approved)),
            ("reviewed", of(&one.reviewed)),
            ("review_every", of(&one.review_every)),
            ("review_due", [of(&one.review_every), of(&one.reviewed), of(&one.approved)].concat()),
            ("external", of(&one.external)),
        ];
        self.add("declaration/document", one.id.as_str(), one.written, &facts, &places)
    }

    fn holder(&mut self, one: &KeyHolder, indices: &Indices<'_>) -> Result<(), ThingError> {
        let by_target = &one.identities.by_target;
        let identities = by_target.iter().flat_map(|(target, identities)| {
            let target = &target.value;
            identities.iter().map(move |one| IdentityFacts { target: target.clone(), identity: one.value.clone() })
        });
        let (keys, keys_at) = naming(&indices.keys_of_holder, one.id.as_str());
        let facts = HolderFacts {
            identities: identities.collect(),
            keys,
            roles: ids(&one.roles),
            acknowledged: date(&one.acknowledged),
            trained: date(&one.trained),
            train_every: cadence(&one.train_every),
            training_due: due(date(&one.trained), &one.train_every),
            left: date(&one.left),
            seen: None,
        };
        let places = [
            ("identities", by_target.iter().flat_map(|(_, identities)| each(identities)).collect()),
            ("keys", keys_at),
            ("roles", each(&one.roles)),
            ("acknowledged", of(&one.acknowledged)),
            ("trained", of(&one.trained)),
            ("train_every", of(&one.train_every)),
            ("training_due", [of(&one.train_every), of(&one.trained)].concat()),
            ("left", of(&one.left)),
        ];
        self.add("declaration/holder", one.id.as_str(), one.written, &facts, &places)
    }

    fn key(&mut self, one: &Key, indices: &Indices<'_>, wallets: &BTreeMap<&str, &Wallet>) -> Result<(), ThingError> {
        let (named_by, named_at) = naming(&indices.keys, one.id.as_str());
        let target = one.place.as_ref().map(|place| naming(&indices.targets, place.target.as_str()));
        let of_wallets = one.wallets.iter().map(|wallet| naming(&indices.wallets, wallet.as_str()));
        let covering = std::iter::once(naming(&indices.classes, one.class.as_str())).chain(of_wallets).chain(target);
        let (mut covered_by, mut covered_at) = (BTreeSet::new(), Vec::new());
        for (threats, at) in covering {
            covered_by.extend(threats);
            covered_at.extend(at);
        }
        let plan = self.loaded.declaration.compromise_plan.as_ref();
        let in_plan: Vec<Span> = plan
            .map(|plan| plan.classes.iter().filter(|class| class.value == one.class.value).map(|c| c.at).collect())
            .unwrap_or_default();
        let signatures = |wallet: &Located<Id>| {
            wallets.get(wallet.as_str()).and_then(|wallet| wallet.signatures.as_ref()).map(|s| s.needed.value)
        };
        let facts = KeyFacts {
            class: one.class.to_string(),
            material: id(&one.material),
            spec: text(&one.spec),
            origin: text(&one.origin),
            location: text(&one.location),
            backup_of: ids(&one.backup_of),
            at: one
                .place
                .as_ref()
                .map(|place| KeyPlaceFacts { target: place.target.to_string(), key: place.key.value.clone() }),
            holders: ids(&one.holders),
            wallets: one.wallets.iter().map(|w| KeyWallet { id: w.to_string(), signatures: signatures(w) }).collect(),
            reviewed: date(&one.reviewed),
            named_by,
            covered_by: covered_by.into_iter().collect(),
            in_compromise_plan: !in_plan.is_empty(),
        };
        let places = [
            ("class", vec![one.class.at]),
            ("material", of(&one.material)),
            ("spec", of(&one.spec)),
            ("origin", of(&one.origin)),
            ("location", of(&one.location)),
            ("backup_of", each(&one.backup_of)),
            ("at", one.place.iter().map(|place| place.key.at).collect()),
            ("holders", each(&one.holders)),
            ("wallets", each(&one.wallets)),
            ("reviewed", of(&one.reviewed)),
            ("named_by", named_at),
            ("covered_by", covered_at),
            ("in_compromise_plan", in_plan),
        ];
        self.add("declaration/key", one.id.as_str(), one.written, &facts, &places)
    }

    fn reviewed_parts(&mut self) -> Result<(), ThingError> {
        let declaration = &self.loaded.declaration;
        let plan = declaration.compromise_plan.as_ref();
        let inventory = declaration.key_inventory.as_ref();
        let register = declaration.risk_register.as_ref();
        let model = declaration.threat_model.as_ref();
        // A list that is declared is reviewed, whether or not it says how. Where it does not, it stands at its own name.
        let has = |name: &str| self.loaded.has_part(name);
        let parts = [
            ("compromise-plan", plan.map(|p| (p.written, &p.review_every, p.reviews.as_slice())), None),
            ("key-inventory", inventory.map(|i| (i.written, &i.review_every, i.reviews.as_slice())), has("keys")),
            ("risk-register", register.map(|r| (r.written, &r.review_every, r.reviews.as_slice())), has("risks")),
            ("threat-model", model.map(|m| (m.written, &m.review_every, m.reviews.as_slice())), has("threats")),
        ];
        for (name, declared, listed) in parts {
            let (at, every, reviews) = match (declared, listed) {
                (Some(declared), _) => declared,
                (None, Some(at)) => (at, &None, [].as_slice()),
                (None, None) => continue,
            };
            let last = latest(reviews);
            let facts = ReviewedPartFacts {
                review_every: cadence(every),
                reviews: reviews.iter().map(review).collect(),
                due: due(last.map(|review| day(review.on.value)), every),
                last: last.map(review),
                seen: None,
            };
            let last_at: Vec<Span> = last.iter().map(|review| review.written).collect();
            let places = [
                ("review_every", of(every)),
                ("reviews", reviews.iter().map(|review| review.written).collect()),
                ("due", [of(every), last_at.clone()].concat()),
                ("last", last_at),
            ];
            self.add("declaration/reviewed-part", name, at, &facts, &places)?;
        }
        Ok(())
    }

    fn risk(&mut self, one: &Risk) -> Result<(), ThingError> {
        let declaration = &self.loaded.declaration;
        let residual = one.residual.as_ref();
        let within = residual.and_then(|residual| residual.within_tolerance.as_ref());
        let by = residual.and_then(|residual| residual.accepted_by.as_ref());
        let accepted = residual.and_then(|residual| residual.accepted.as_ref());
        let stated = declaration.risk_register.iter().flat_map(|register| &register.tolerances);
        let facts = RiskFacts {
            threat: one.threat.to_string(),
            likelihood: one.likelihood.value.clone(),
            impact: one.impact.value.clone(),
            treatment: one.treatment.value,
            owner: one.owner.value.clone(),
            residual: residual.map(|residual| residual.level.value.clone()),
            tolerance: within.map(|within| ToleranceFacts {
                id: within.value.clone(),
                levels: stated
                    .clone()
                    .find(|rule| rule.id.as_str() == within.value)
                    .map(|rule| rule.levels.iter().map(|level| level.value.clone()).collect()),
            }),
            accepted_by: by.map(|by| acceptor(declaration, &by.value)),
            accepted: accepted.map(|accepted| day(accepted.value)),
            monitored: date(&one.monitored),
            seen: None,
        };
        let places = [
            ("threat", vec![one.threat.at]),
            ("likelihood", vec![one.likelihood.at]),
            ("impact", vec![one.impact.at]),
            ("treatment", vec![one.treatment.at]),
            ("owner", vec![one.owner.at]),
            ("residual", residual.iter().map(|residual| residual.level.at).collect()),
            ("tolerance", within.iter().map(|within| within.at).collect()),
            ("accepted_by", by.iter().map(|by| by.at).collect()),
            ("accepted", accepted.iter().map(|accepted| accepted.at).collect()),
            ("monitored", of(&one.monitored)),
        ];
        let id = one.id.as_ref().unwrap_or(&one.threat);
        self.add("declaration/risk", id.as_str(), one.written, &facts, &places)
    }

    fn role(&mut self, one: &Role, indices: &Indices<'_>) -> Result<(), ThingError> {
        let (holders, at) = naming(&indices.holders_of_role, one.id.as_str());
        let facts = RoleFacts { title: one.title.value.clone(), executive: is_executive(one), holders };
        let places = [("title", vec![one.title.at]), ("executive", of(&one.executive)), ("holders", at)];
        self.add("declaration/role", one.id.as_str(), one.written, &facts, &places)
    }

    fn system(&mut self) -> Result<(), ThingError> {
        let declaration = &self.loaded.declaration;
        let system = &declaration.system;
        let categories: BTreeSet<String> = declaration.threats.iter().filter_map(|t| id(&t.category)).collect();
        let declined = declaration.threat_model.iter().flat_map(|model| &model.declined);
        let framework = declaration.risk_register.as_ref().map(|register| &register.framework);
        let executives = declaration.roles.iter().filter(|role| is_executive(role));
        let facts = SystemFacts {
            designation: system.designation.as_ref().map(|d| d.value),
            standard: system.standard.as_ref().map(ToString::to_string),
            level: system.level.as_ref().map(|level| level.value),
            keys: declaration.keys.len(),
            threats: declaration.threats.len(),
            controls: declaration.controls.len(),
            third_parties: declaration.third_parties.len(),
            threat_model: declaration.threat_model.is_some(),
            compromise_plan: declaration.compromise_plan.is_some(),
            categories: categories.into_iter().collect(),
            declined: declined
                .clone()
                .map(|one| DeclinedFacts { category: one.category.to_string(), reason: one.reason.value.clone() })
                .collect(),
            executives: executives.clone().map(|role| role.id.to_string()).collect(),
            of_other_systems: self.loaded.of_other_systems(),
            framework: framework.and_then(text),
            risks: declaration.risks.len(),
            environment: environment(declaration),
            seen: None,
        };
        let part = |name: &str| self.loaded.has_part(name).into_iter().collect::<Vec<Span>>();
        let places = [
            ("designation", of(&system.designation)),
            ("standard", of(&system.standard)),
            ("level", of(&system.level)),
            ("keys", part("keys")),
            ("threats", part("threats")),
            ("controls", part("controls")),
            ("third_parties", part("third_parties")),
            ("threat_model", part("threat_model")),
            ("compromise_plan", part("compromise_plan")),
            ("categories", part("threats")),
            ("declined", declined.map(|one| one.written).collect()),
            ("executives", executives.map(|role| role.written).collect()),
            ("of_other_systems", part("systems")),
            ("framework", framework.map(of).unwrap_or_default()),
            ("risks", part("risks")),
        ];
        self.add("declaration/system", system.id.as_str(), system.written, &facts, &places)
    }

    fn task(&mut self, control: &Control, one: &Task) -> Result<(), ThingError> {
        let because = text(&one.because);
        let named = |threat: &&Located<Id>| because.as_ref().is_some_and(|text| names(text, threat.as_str()));
        let last = one.done.iter().max_by_key(|done| done.on.value);
        let mut days: Vec<Date> = one.done.iter().map(|done| done.on.value).collect();
        days.sort_unstable();
        let late = days.iter().zip(days.iter().skip(1)).filter_map(|(before, done)| {
            let due = one.every.as_ref()?.after(*before)?;
            (due < *done).then(|| LateFacts { due: day(due), done: day(*done) })
        });
        let last_done = last.map(|done| day(done.on.value));
        let reviews = self.loaded.declaration.threat_model.iter().flat_map(|model| &model.reviews);
        let first = reviews.min_by_key(|review| review.on.value);
        let facts = TaskFacts {
            every: cadence(&one.every),
            detection_window: cadence(&one.detection_window),
            window_covers_every: one.every.as_ref().zip(one.detection_window.as_ref()).map(|(e, w)| w.covers(e)),
            because_of: control.threats.iter().filter(named).map(ToString::to_string).collect(),
            because,
            threats: ids(&control.threats),
            records: text(&one.records),
            done: one
                .done
                .iter()
                .map(|d| DoneFacts { on: day(d.on.value), by: d.by.value.clone(), record: text(&d.record) })
                .collect(),
            late: late.collect(),
            last_done,
            due: due(last_done, &one.every),
            model_since: first.map(|review| day(review.on.value)),
            kept: one.records.as_ref().and_then(|folder| self.loaded.kept(&folder.at).cloned()),
            grace: cadence(&one.grace),
            operated: None,
            seen: None,
        };
        let last_at: Vec<Span> = last.iter().map(|done| done.on.at).collect();
        let places = [
            ("every", of(&one.every)),
            ("detection_window", of(&one.detection_window)),
            ("window_covers_every", [of(&one.every), of(&one.detection_window)].concat()),
            ("because", of(&one.because)),
            ("because_of", of(&one.because)),
            ("threats", each(&control.threats)),
            ("records", of(&one.records)),
            ("done", one.done.iter().map(|done| done.written).collect()),
            ("late", one.done.iter().map(|done| done.on.at).collect()),
            ("due", [of(&one.every), last_at.clone()].concat()),
            ("last_done", last_at),
            ("model_since", first.iter().map(|review| review.on.at).collect()),
            ("kept", of(&one.records)),
            ("grace", of(&one.grace)),
        ];
        self.add("declaration/task", control.id.as_str(), one.written, &facts, &places)
    }

    fn third_party(&mut self, one: &ThirdParty, indices: &Indices<'_>) -> Result<(), ThingError> {
        let (naming_it, naming_at) = naming(&indices.third_parties, one.id.as_str());
        let threats: BTreeSet<String> = ids(&one.in_threats).into_iter().chain(naming_it).collect();
        let last = latest(&one.reviews).map(|review| day(review.on.value));
        let reviewed = date(&one.reviewed).max(last);
        let certificate = one.certificate.as_ref();
        let covered = |requirement: &crate::ids::RequirementId| {
            certificate.is_some_and(|certificate| {
                let listed = &certificate.covers;
                let level = self.loaded.levels.get(&requirement.to_string());
                certificate.standard.as_str() == requirement.standard
                    && level.is_none_or(|level| *level <= certificate.level.value)
                    && (listed.is_empty() || listed.iter().any(|one| one.value == *requirement))
            })
        };
        let uncovered: Vec<_> = one.covers.iter().filter(|requirement| !covered(&requirement.value)).collect();
        let reviews_at: Vec<Span> = one.reviews.iter().map(|review| review.written).collect();
        let facts = ThirdPartyFacts {
            role: one.role.to_string(),
            threats: threats.into_iter().collect(),
            keys: ids(&one.keys),
            certificate: certificate.map(|certificate| CertificateFacts {
                standard: certificate.standard.to_string(),
                system: certificate.system.value.clone(),
                level: certificate.level.value,
                expires: day(certificate.expires.value),
            }),
            covers: one.covers.iter().map(ToString::to_string).collect(),
            uncovered: uncovered.iter().map(ToString::to_string).collect(),
            reviewed,
            review_every: cadence(&one.review_every),
            review_due: due(reviewed, &one.review_every),
            reviews: one.reviews.iter().map(review).collect(),
            seen_as: seen_as(&one.seen_as),
            seen: None,
        };
        let places = [
            ("role", vec![one.role.at]),
            ("threats", [each(&one.in_threats), naming_at].concat()),
            ("keys", each(&one.keys)),
            ("certificate", certificate.iter().map(|c| c.expires.at).collect()),
            ("covers", each(&one.covers)),
            ("uncovered", uncovered.iter().map(|requirement| requirement.at).collect()),
            ("reviewed", [of(&one.reviewed), reviews_at.clone()].concat()),
            ("review_every", of(&one.review_every)),
            ("review_due", [of(&one.review_every), of(&one.reviewed), reviews_at.clone()].concat()),
            ("reviews", reviews_at),
            ("seen_as", one.seen_as.iter().map(|names| names.written).collect()),
        ];
        self.add("declaration/third-party", one.id.as_str(), one.written, &facts, &places)
    }

    fn threat(&mut self, one: &Threat, indices: &Indices<'_>) -> Result<(), ThingError> {
        let affects = one.affects.clone().unwrap_or_default();
        let (parties, parties_at) = naming(&indices.in_threats, one.id.as_str());
        let third_parties: BTreeSet<String> = ids(&affects.third_parties).into_iter().chain(parties).collect();
        let controls = indices.controls.get(one.id.as_str()).map(Vec::as_slice).unwrap_or_default();
        let risks = indices.risks.get(one.id.as_str()).map(Vec::as_slice).unwrap_or_default();
        let risk_id = |risk: &&Risk| risk.id.as_ref().unwrap_or(&risk.threat).to_string();
        let declaration = &self.loaded.declaration;
        let borne = |risk: &&Risk| {
            let residual = risk.residual.as_ref().filter(|_| risk.treatment.value == Treatment::Accept)?;
            let by = acceptor(declaration, &residual.accepted_by.as_ref()?.value);
            let on = day(residual.accepted.as_ref()?.value);
            Some((AcceptedFacts { id: risk_id(risk), on, executive: by.executive }, risk.treatment.at))
        };
        let (accepted, accepted_at): (Vec<AcceptedFacts>, Vec<Span>) = risks.iter().filter_map(borne).unzip();
        let facts = ThreatFacts {
            title: one.title.value.clone(),
            category: id(&one.category),
            affects: AffectsFacts {
                keys: ids(&affects.keys),
                targets: ids(&affects.targets),
                components: ids(&affects.components),
                third_parties: third_parties.into_iter().collect(),
                wallets: ids(&affects.wallets),
                classes: ids(&affects.classes),
            },
            controls: controls
                .iter()
                .map(|(control, _)| AnsweringControl { id: control.id.to_string(), status: status(control) })
                .collect(),
            risks: risks.iter().map(risk_id).collect(),
            accepted,
            seen: None,
        };
        let places = [
            ("title", vec![one.title.at]),
            ("category", of(&one.category)),
            ("affects", one.affects.iter().map(|affects| affects.written).chain(parties_at).collect()),
            ("controls", controls.iter().map(|(_, at)| *at).collect()),
            ("risks", risks.iter().map(|risk| risk.threat.at).collect()),
            ("accepted", accepted_at),
        ];
        self.add("declaration/threat", one.id.as_str(), one.written, &facts, &places)
    }

    fn wallet(&mut self, one: &Wallet, indices: &Indices<'_>) -> Result<(), ThingError> {
        let (keys, keys_at) = naming(&indices.keys_of_wallet, one.id.as_str());
        let facts = WalletFacts {
            title: one.title.value.clone(),
            signatures: one
                .signatures
                .as_ref()
                .map(|signatures| SignaturesFacts { needed: signatures.needed.value, of: signatures.of.value }),
            workflow: one
                .workflow
                .iter()
                .map(|step| StepFacts { what: step.what.value.clone(), by: ids(&step.by) })
                .collect(),
            keys,
        };
        let places = [
            ("title", vec![one.title.at]),
            ("signatures", one.signatures.iter().map(|signatures| signatures.written).collect()),
            ("workflow", one.workflow.iter().map(|step| step.written).collect()),
            ("keys", keys_at),
        ];
        self.add("declaration/wallet", one.id.as_str(), one.written, &facts, &places)
    }
}

/// The environment of the keys as far as it is declared: a change of it is a reason to review.
fn environment(declaration: &Declaration) -> String {
    let mut parts: Vec<String> = declaration.targets.iter().map(|target| format!("target {}", target.id)).collect();
    parts.extend(declaration.components.iter().map(|component| format!("component {}", component.id)));
    parts.extend(declaration.third_parties.iter().map(|party| format!("third party {}", party.id)));
    parts.extend(declaration.keys.iter().map(|key| {
        let place = key.place.as_ref().map(|place| format!(" at {} {}", place.target, place.key.value));
        format!("key {} {}{}", key.id, key.class, place.unwrap_or_default())
    }));
    parts.sort_unstable();
    Digest::of(parts.join("\n").as_bytes()).to_string()
}

fn day(date: Date) -> Day {
    Day { date, epoch: date.epoch() }
}

fn date(written: &Option<Located<Date>>) -> Option<Day> {
    written.as_ref().map(|date| day(date.value))
}

fn text(written: &Option<Located<String>>) -> Option<String> {
    written.as_ref().map(|text| text.value.clone())
}

fn id(written: &Option<Located<Id>>) -> Option<String> {
    written.as_ref().map(ToString::to_string)
}

fn ids(written: &[Located<Id>]) -> Vec<String> {
    written.iter().map(ToString::to_string).collect()
}

fn cadence(written: &Option<Located<Cadence>>) -> Option<String> {
    written.as_ref().map(ToString::to_string)
}

/// The last day on which it is due again. `None`: nothing says when, or it never was; or after the year 9998.
fn due(last: Option<Day>, every: &Option<Located<Cadence>>) -> Option<Day> {
    every.as_ref()?.after(last?.date).map(day)
}

fn of<T>(written: &Option<Located<T>>) -> Vec<Span> {
    written.iter().map(|one| one.at).collect()
}

fn each<T>(written: &[Located<T>]) -> Vec<Span> {
    written.iter().map(|one| one.at).collect()
}

fn seen_as(written: &Option<SeenAs>) -> Vec<SeenAsFacts> {
    let names = written.iter().flat_map(SeenAs::names);
    names.map(|(kind, name)| SeenAsFacts { kind: kind.to_owned(), name: name.value.clone() }).collect()
}

fn review(one: &Review) -> ReviewFacts {
    ReviewFacts {
        on: day(one.on.value),
        by: one.by.value.clone(),
        looked_at: text(&one.looked_at),
        changed: text(&one.changed),
    }
}

/// The latest; of several on one day the last that is written.
fn latest(reviews: &[Review]) -> Option<&Review> {
    reviews.iter().max_by_key(|review| review.on.value)
}

fn status(control: &Control) -> ControlStatus {
    control.status.as_ref().map_or(ControlStatus::Implemented, |status| status.value)
}

fn is_executive(role: &Role) -> bool {
    role.executive.as_ref().is_some_and(|executive| executive.value)
}

/// Who accepted a risk: the role of this id, else the one of this title.
fn acceptor(declaration: &Declaration, name: &str) -> AcceptorFacts {
    let mut roles = declaration.roles.iter();
    let by_id = roles.clone().find(|role| role.id.as_str() == name);
    let role = by_id.or_else(|| roles.find(|role| role.title.value == name));
    AcceptorFacts {
        name: name.to_owned(),
        role: role.map(|role| role.id.to_string()),
        executive: role.is_some_and(is_executive),
    }
}

/// Whether a sentence names this id, as a word of its own: `T-1` is not named by `T-10`.
fn names(sentence: &str, id: &str) -> bool {
    sentence.split(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-'))).any(|word| {
        // A full stop ends a sentence more often than an id.
        word == id || word.trim_end_matches(['.', '-']) == id
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_names_whole_ids() {
        for sentence in ["T-1: every month", "because of T-1.", "(T-1)", "T-2, T-1", "T-1 - always"] {
            assert!(names(sentence, "T-1"), "{sentence}");
        }
        for sentence in ["", "T-10 is why", "XT-1", "t-1", "T-", "T-1.2"] {
            assert!(!names(sentence, "T-1"), "{sentence}");
        }
    }
}
