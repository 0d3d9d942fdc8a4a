//! What a bundle holds of what approvers signed for: which targets the run found, read by which programs, judged by which texts with
//! which parameters.

use std::collections::{BTreeMap, BTreeSet};

use bundle::approval::{Approval, ApprovedProgram, Differs, check_digest};
use conclude::is_built_in;
use model::record::{Acceptance, Assignment, Check, Coverage, Covers, Exchange, Host, JOINED, OWN_CONTROL, Params};
use model::{Digest, rego};
use serde::Deserialize;

/// So many bytes are kept of what approvals may name (`docs/spec/bundle.md` §10).
const ROOM: usize = 16 << 20;
/// An entry of a map costs as much beside its text.
const ENTRY: usize = 64;
/// Where a program that is not ours is said to be started.
const PROGRAM: (&str, &str) = ("local:exec", "describe");

/// Facts that come before the approvals themselves, in the order of a bundle.
#[derive(Debug, Default)]
pub(crate) struct Held {
    /// By target, its identities. Nothing: the record that says them is withheld.
    found: Option<BTreeMap<String, BTreeSet<String>>>,
    /// By target and collector, the program that reads it.
    programs: BTreeMap<String, BTreeMap<String, Program>>,
    /// Starts of programs, by exchange: their parameters come later.
    starts: BTreeMap<u64, (String, String)>,
    /// By id, the digest of a text, and the libraries it needs; nothing for a text that no engine reads.
    texts: BTreeMap<String, (Digest, Option<Vec<String>>)>,
    /// By control and check of an acceptance, of each target the digest of the parameters; nothing where uses say different ones.
    parameters: BTreeMap<(String, String), BTreeMap<String, Option<Digest>>>,
    used: usize,
}

/// What is known of a program that is not ours.
#[derive(Debug)]
enum Program {
    /// Its start is there, and what was started is withheld or was not found out; or something was read by it, and no start is there.
    Unread,
    Is(ApprovedProgram),
    /// Started more than once: a program reports what it likes, and may have reported another start.
    Many,
}

/// As the start of a program is recorded.
#[derive(Deserialize)]
struct Started {
    sha256: Option<Digest>,
    #[serde(default)]
    arguments: Vec<String>,
}

impl Held {
    /// Whether there was more than is kept: then nothing can be compared.
    pub(crate) const fn is_full(&self) -> bool {
        self.used > ROOM
    }

    /// Takes the room of an entry with these texts, if it is there.
    pub(crate) fn room(&mut self, texts: &[&str]) -> bool {
        self.used = texts.iter().fold(self.used.saturating_add(ENTRY), |sum, text| sum.saturating_add(text.len()));
        !self.is_full()
    }

    pub(crate) fn host(&mut self, host: &Host) {
        let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for one in &host.identities {
            if self.room(&[&one.target, &one.found]) {
                found.entry(one.target.clone()).or_default().insert(one.found.clone());
            }
        }
        self.found = Some(found);
    }

    pub(crate) fn check(&mut self, check: &Check) {
        let short = check.text.len() <= rego::TEXT_MAX;
        let libraries = if short { rego::libraries(&check.text) } else { Vec::new() };
        let texts: Vec<&str> = libraries.iter().map(String::as_str).chain([check.id.as_str()]).collect();
        let entries = libraries.len().saturating_mul(ENTRY);
        self.used = self.used.saturating_add(entries);
        if self.room(&texts) {
            self.texts.insert(check.id.clone(), (check.sha256, short.then_some(libraries)));
        }
    }

    /// An acceptance comes before the uses of its check.
    pub(crate) fn acceptance(&mut self, acceptance: &Acceptance) {
        if let Covers::Deviation { control, check, .. } = &acceptance.covers
            && self.room(&[control, check])
        {
            self.parameters.entry((control.clone(), check.clone())).or_default();
        }
    }

    pub(crate) fn assignment(&mut self, assignment: &Assignment) {
        let of = (assignment.control.clone(), assignment.check.clone());
        if !self.parameters.contains_key(&of) {
            return;
        }
        let digest = Digest::of(assignment.parameters.get().as_bytes());
        for target in &assignment.targets {
            if self.room(&[target])
                && let Some(uses) = self.parameters.get_mut(&of)
            {
                let known = uses.entry(target.clone()).or_insert(Some(digest));
                *known = known.filter(|known| *known == digest);
            }
        }
    }

    pub(crate) fn exchange(&mut self, ordinal: u64, exchange: &Exchange) {
        if (exchange.endpoint.as_str(), exchange.operation.as_str()) != PROGRAM
            || !self.room(&[&exchange.target, &exchange.collector, &exchange.target, &exchange.collector])
        {
            return;
        }
        let (target, collector) = (exchange.target.clone(), exchange.collector.clone());
        self.starts.insert(ordinal, (target.clone(), collector.clone()));
        let known = self.programs.entry(target).or_default().entry(collector);
        known.and_modify(|program| *program = Program::Many).or_insert(Program::Unread);
    }

    /// All exchanges come before the first of them.
    pub(crate) fn params(&mut self, params: &Params) {
        let Some((target, collector)) = self.starts.get(&params.exchange.ordinal).cloned() else { return };
        let text = params.parameters.get();
        if !self.room(&[text, &collector]) {
            return;
        }
        let Ok(Started { sha256: Some(sha256), arguments }) = serde_json::from_str(text) else { return };
        if let Some(program @ Program::Unread) = self.programs.get_mut(&target).and_then(|of| of.get_mut(&collector)) {
            *program = Program::Is(ApprovedProgram { collector, sha256, arguments });
        }
    }

    /// All starts come before it: who read something here and was not started is a program of which nothing is known.
    pub(crate) fn coverage(&mut self, coverage: &Coverage) {
        let (target, collector) = (&coverage.target, &coverage.collector);
        let known = self.programs.get(target).is_some_and(|of| of.contains_key(collector));
        if known || is_built_in(collector) || !self.room(&[target, collector]) {
            return;
        }
        self.programs.entry(target.clone()).or_default().insert(collector.clone(), Program::Unread);
    }

    /// In what this bundle is otherwise than an approval says; `covered` are the targets of what its acceptance covers here.
    ///
    /// # Errors
    /// The first difference.
    pub(crate) fn is_as(&self, approval: &Approval, covered: &BTreeSet<String>) -> Result<(), Differs> {
        if approval.names_ids_only() {
            return Err(Differs::IdsOnly);
        }
        let (only, uses) = match &approval.covers {
            Covers::Deviation { control, check, target, .. } => {
                (target.as_ref(), self.parameters.get(&(control.clone(), check.clone())))
            }
            Covers::Gap { target, .. } => (Some(target), None),
        };
        // Where no target is named it is about each that the control puts the check to, whether a finding of it is shown or not.
        let used = uses.iter().filter(|_| only.is_none()).flat_map(|uses| uses.keys());
        let about: BTreeSet<&str> = covered.iter().chain(only).chain(used).map(String::as_str).collect();
        for id in &about {
            self.target(approval, id)?;
        }
        let joined = about.contains(JOINED);
        if joined && self.found.is_none() {
            return Err(Differs::Withheld);
        }
        // What is joined rests on every target that was found; and what was approved by name is that wherever it is met.
        let met = self.found.iter().flat_map(BTreeMap::keys).map(String::as_str);
        for id in met.filter(|id| !about.contains(id) && (joined || approval.target(id).is_ok())) {
            self.target(approval, id)?;
        }
        let Covers::Deviation { check, .. } = &approval.covers else { return Ok(()) };
        approval.by_check(check, self.check_with_libraries(check))?;
        about.iter().try_for_each(|id| {
            approval.target(id)?.judged_with(check, uses.and_then(|uses| uses.get(*id)).copied().flatten())
        })
    }

    fn target(&self, approval: &Approval, id: &str) -> Result<(), Differs> {
        let approved = approval.target(id)?;
        if [OWN_CONTROL, JOINED].contains(&id) {
            return Ok(());
        }
        let found = self.found.as_ref().ok_or(Differs::Withheld)?;
        let found: Vec<&str> = found.get(id).into_iter().flatten().map(String::as_str).collect();
        if found.is_empty() {
            return Err(Differs::Unidentified { target: id.to_owned(), approved: approved.found.join("`, `") });
        }
        let programs = self.programs.get(id).into_iter().flatten().map(|(collector, program)| match program {
            Program::Is(program) => (collector.as_str(), Some(program)),
            Program::Unread | Program::Many => (collector.as_str(), None),
        });
        approved.is(found, programs)
    }

    /// The digest of a check with every library it needs; nothing where one of these texts is not there, or cannot be told apart.
    fn check_with_libraries(&self, check: &str) -> Option<Digest> {
        let mut wanted = vec![check];
        let mut needed: BTreeMap<&str, &Digest> = BTreeMap::new();
        while let Some(id) = wanted.pop() {
            let (digest, libraries) = self.texts.get(id)?;
            if needed.insert(id, digest).is_none() {
                wanted.extend(libraries.as_ref()?.iter().map(String::as_str));
            }
        }
        Some(check_digest(needed))
    }
}

#[cfg(test)]
mod tests {
    use bundle::approval::ApprovedTarget;
    use model::record::{CheckRole, Identity, Provenance};
    use model::{RecordRef, RecordType, Timestamp};
    use serde_json::value::RawValue;

    use super::*;

    const CHECK: &str = "package checks.a.b\n\nimport data.lib.one\n";
    const ONE: &str = "package lib.one\n\nimport data . lib . # the other one\n  two as other\n";
    const TWO: &str = "package lib.two\n\n# data.lib.three is a comment\nx := \"data.lib.four\"\n";

    fn raw(text: &str) -> Box<RawValue> {
        RawValue::from_string(text.to_owned()).unwrap()
    }

    fn text(id: &str, role: CheckRole, text: &str) -> Check {
        let sha256 = Digest::of(text.as_bytes());
        Check { id: id.to_owned(), role, sha256, provenance: Provenance::Own, text: text.to_owned() }
    }

    fn covers(target: Option<&str>) -> Covers {
        Covers::Deviation {
            control: "C".to_owned(),
            check: "a/b".to_owned(),
            subject: "s".to_owned(),
            target: target.map(str::to_owned),
        }
    }

    fn host(of: &[(&str, &str)]) -> Host {
        let identity = |(target, found): &(&str, &str)| Identity {
            target: (*target).to_owned(),
            collector: "openssh".to_owned(),
            caller: "me".to_owned(),
            found: (*found).to_owned(),
        };
        Host {
            user: String::new(),
            name: String::new(),
            os: String::new(),
            identities: of.iter().map(identity).collect(),
        }
    }

    fn used(check: &str, targets: &[&str], parameters: &str) -> Assignment {
        Assignment {
            control: "C".to_owned(),
            check: check.to_owned(),
            targets: targets.iter().map(|target| (*target).to_owned()).collect(),
            parameters: raw(parameters),
            weaker: Vec::new(),
            expect: None,
            declared: raw("{}"),
            now: Timestamp::from_millis(0).unwrap(),
        }
    }

    /// A bundle in which a program reads `prod`, with these parameters of its start, and this text of the second library.
    fn held(starts: &[&str], two: &str) -> Held {
        let mut held = Held::default();
        held.host(&host(&[("prod", "1"), ("dev", "2")]));
        held.check(&text("a/b", CheckRole::Check, CHECK));
        held.check(&text("lib/one", CheckRole::Library, ONE));
        held.check(&text("lib/two", CheckRole::Library, two));
        held.check(&text("lib/unused", CheckRole::Library, "package lib.unused\n"));
        let day = "2026-01-01".parse().unwrap();
        held.acceptance(&Acceptance {
            id: "A".to_owned(),
            covers: covers(None),
            reason: String::new(),
            approved_by: String::new(),
            approved: day,
            expires: day,
            payload: None,
        });
        held.assignment(&used("a/b", &["prod", "dev", JOINED], "{\"max\":1}"));
        held.assignment(&used("a/c", &["prod", "dev", JOINED], "{}"));
        let exchange = |operation: &str| Exchange {
            target: "prod".to_owned(),
            collector: "openssh".to_owned(),
            endpoint: "local:exec".to_owned(),
            peer: None,
            operation: operation.to_owned(),
            population: None,
            page: 0,
            attempt: 1,
            started: Timestamp::from_millis(0).unwrap(),
            status: None,
            error: None,
            failure: None,
            request_id: None,
            date: None,
        };
        held.exchange(0, &exchange("read"));
        for ordinal in 1..=starts.len() as u64 {
            held.exchange(ordinal, &exchange("describe"));
        }
        for (ordinal, start) in (1..).zip(starts) {
            let exchange = RecordRef::new(RecordType::Exchange, ordinal);
            held.params(&Params { exchange, subject: None, parameters: raw(start) });
        }
        held
    }

    fn start(file: &[u8]) -> String {
        format!("{{\"program\":\"./p\",\"arguments\":[\"--all\"],\"version\":1,\"sha256\":\"{}\"}}", Digest::of(file))
    }

    fn approval(target: Option<&str>) -> Approval {
        let program = ApprovedProgram {
            collector: "openssh".to_owned(),
            sha256: Digest::of(b"p"),
            arguments: vec!["--all".to_owned()],
        };
        let of = |target: &str, found: &[&str], programs| ApprovedTarget {
            target: target.to_owned(),
            found: found.iter().map(|text| (*text).to_owned()).collect(),
            programs,
            parameters: Some(Digest::of(b"{\"max\":1}")),
        };
        let digests = [CHECK, ONE, TWO].map(|text| Digest::of(text.as_bytes()));
        Approval {
            witnessmark_acceptance: Approval::version(),
            id: "A".to_owned(),
            entity: "E".to_owned(),
            system: "s".to_owned(),
            covers: covers(target),
            targets: vec![
                of("dev", &["2"], Vec::new()),
                of(JOINED, &[], Vec::new()),
                of("prod", &["1"], vec![program]),
            ],
            check: Some(check_digest(["a/b", "lib/one", "lib/two"].into_iter().zip(&digests))),
            reason: String::new(),
            approved_by: String::new(),
            approved: "2026-01-01".to_owned(),
            expires: "2026-01-01".to_owned(),
        }
    }

    fn covered(targets: &[&str]) -> BTreeSet<String> {
        targets.iter().map(|target| (*target).to_owned()).collect()
    }

    #[test]
    fn what_was_approved_is_shown() {
        let held = held(&[&start(b"p")], TWO);
        for target in [None, Some("prod"), Some("dev"), Some(JOINED)] {
            assert_eq!(held.is_as(&approval(target), &covered(&[])), Ok(()), "{target:?}");
        }
        assert_eq!(held.is_as(&approval(None), &covered(&["prod", "dev", JOINED])), Ok(()));
    }

    /// Whoever withholds a finding takes nothing away from what an approval is compared with.
    #[test]
    fn without_a_target_it_is_about_each_that_the_check_is_put_to() {
        let mut held = held(&[&start(b"p")], TWO);
        let of = |held: &Held, target: Option<&str>, shown: &[&str]| held.is_as(&approval(target), &covered(shown));
        held.assignment(&used("a/c", &["other"], "{\"max\":1}"));
        assert_eq!(of(&held, None, &[]), Ok(()), "another check's targets are no matter");
        held.assignment(&used("a/b", &["new"], "{\"max\":1}"));
        for shown in [&["new"][..], &["prod"], &[]] {
            let differs = of(&held, None, shown).unwrap_err();
            assert!(matches!(&differs, Differs::Target { target } if target == "new"), "{shown:?}: {differs}");
        }
        assert_eq!(of(&held, Some("prod"), &[]), Ok(()), "where one is named, the others are no matter");
        held.found = None;
        assert_eq!(of(&held, None, &[]), Err(Differs::Withheld));
    }

    #[test]
    fn another_library_of_a_library_is_another_check() {
        let held_of = |two: &str| held(&[&start(b"p")], two);
        let differs = held_of("package lib.two\n\nx := 2\n").is_as(&approval(None), &covered(&["prod"])).unwrap_err();
        assert!(matches!(differs, Differs::Check { .. }), "{differs}");
        // A text that no engine reads is not told apart from another one.
        let long = format!("{TWO}{}", " ".repeat(rego::TEXT_MAX));
        let another = held_of(&long);
        let differs = another.is_as(&approval(None), &covered(&[])).unwrap_err();
        assert!(matches!(differs, Differs::UnknownCheck { .. }), "{differs}");
    }

    #[test]
    fn another_program_was_not_approved() {
        let is = |starts: &[&str]| held(starts, TWO).is_as(&approval(Some("prod")), &covered(&[]));
        assert!(matches!(is(&[&start(b"another")]), Err(Differs::Program { .. })));
        assert!(matches!(is(&[&start(b"p").replace("--all", "--some")]), Err(Differs::Program { .. })));
        assert!(matches!(is(&[&start(b"p").replace("sha256", "unread")]), Err(Differs::UnknownProgram { .. })));
        // A program that reports the start of another one, or its own again, is not told by what it reports.
        for starts in [[start(b"p"), start(b"another")], [start(b"another"), start(b"p")], [start(b"p"), start(b"p")]] {
            let starts: Vec<&str> = starts.iter().map(String::as_str).collect();
            assert!(matches!(is(&starts), Err(Differs::UnknownProgram { .. })), "{starts:?}");
        }
        // No program is fewer than what was approved.
        assert_eq!(is(&[]), Ok(()));
    }

    /// What no start is there of was read by something else than what was approved.
    #[test]
    fn a_program_without_a_start_is_not_known() {
        let read = |collector: &str, starts: &[&str]| {
            let mut held = held(starts, TWO);
            held.coverage(
                &serde_json::from_value(
                    serde_json::json!({"target": "prod", "collector": collector, "population": "a/b",
                    "calls": 1, "pages": 1, "items": 1, "complete": true}),
                )
                .unwrap(),
            );
            held.is_as(&approval(Some("prod")), &covered(&[]))
        };
        assert_eq!(read("openssh", &[&start(b"p")]), Ok(()));
        for (collector, starts) in [("openssh", &[][..]), ("another", &[&start(b"p")]), ("exec", &[])] {
            let starts: Vec<&str> = starts.iter().map(|start: &&String| start.as_str()).collect();
            let differs = read(collector, &starts).unwrap_err();
            assert!(matches!(&differs, Differs::UnknownProgram { collector: of, .. } if of == collector), "{differs}");
        }
        // What is built in, what is declared and what is joined is read by the program of the run.
        for built_in in conclude::SOURCES.iter().map(|source| source.name).chain([OWN_CONTROL, JOINED]) {
            assert_eq!(read(built_in, &[]), Ok(()), "{built_in}");
        }
    }

    /// Nobody approved one of several parameters: whichever comes last.
    #[test]
    fn uses_that_say_different_parameters_are_not_what_was_approved() {
        let (approved, other) = ("{\"max\":1}", "{\"max\":2}");
        for second in [&[approved][..], &[other], &[other, approved], &[approved, other, approved]] {
            let mut held = held(&[&start(b"p")], TWO);
            second.iter().for_each(|parameters| held.assignment(&used("a/b", &["prod"], parameters)));
            let is = held.is_as(&approval(Some("prod")), &covered(&[]));
            assert_eq!(is.is_err(), second.contains(&other), "{second:?}");
            assert!(is.is_ok() || matches!(&is, Err(Differs::Parameters { target, .. }) if target == "prod"), "{is:?}");
            assert_eq!(held.is_as(&approval(Some("dev")), &covered(&[])), Ok(()), "of another target");
        }
    }

    /// A target that was approved by name has to be that wherever the run met it, also where nothing is accepted of it.
    #[test]
    fn what_was_approved_by_name_is_that_wherever_it_is_met() {
        let mut held = held(&[&start(b"p")], TWO);
        assert_eq!(held.is_as(&approval(Some("prod")), &covered(&[])), Ok(()));
        held.host(&host(&[("prod", "1"), ("dev", "9")]));
        let differs = held.is_as(&approval(Some("prod")), &covered(&[])).unwrap_err();
        assert!(
            matches!(&differs, Differs::Identity { target, found, .. } if target == "dev" && found == "9"),
            "{differs}"
        );
        // What was not approved, and is not asked about, is no matter.
        held.host(&host(&[("prod", "1"), ("dev", "2"), ("new", "9")]));
        assert_eq!(held.is_as(&approval(Some("prod")), &covered(&[])), Ok(()));
    }

    #[test]
    fn what_is_joined_rests_on_every_target_that_was_found() {
        let mut held = held(&[&start(b"p")], TWO);
        held.host(&host(&[("prod", "1"), ("dev", "2"), ("new", "3")]));
        assert_eq!(held.is_as(&approval(Some("prod")), &covered(&[])), Ok(()));
        let differs = held.is_as(&approval(Some(JOINED)), &covered(&[])).unwrap_err();
        assert!(matches!(&differs, Differs::Target { target } if target == "new"), "{differs}");
        held.found = None;
        assert_eq!(held.is_as(&approval(Some(JOINED)), &covered(&[])), Err(Differs::Withheld));
    }

    /// What may be compared is bounded, whatever the bundle: then nothing is shown.
    #[test]
    fn no_more_is_kept_than_there_is_room_for() {
        let mut held = held(&[&start(b"p")], TWO);
        let long = "x".repeat(ROOM / 8);
        let many: Vec<(String, String)> = (0..16).map(|n| (format!("{n}{long}"), String::new())).collect();
        let many: Vec<(&str, &str)> = many.iter().map(|(target, found)| (target.as_str(), found.as_str())).collect();
        held.host(&host(&many));
        assert!(held.is_full());
        assert!(held.found.as_ref().unwrap().len() < 9);
    }
}
