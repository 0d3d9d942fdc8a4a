//! A plan of a redaction: YAML, every fault with its place.

use diagnose::{
    Code, Decode, Diagnostic, Located, OneOrMany, Reporter, Severity, SourceMap, Span, has_errors, record, yaml,
};

use super::rule::{RuleFault, RulePart, Selector, WithholdRule, WrittenRule};
use crate::{placeholders, steering};

/// Most rules of a plan. What is signed of a redaction has fewer than 4,096 bytes, and has no room for the reasons of more.
pub const MOST_RULES: usize = 64;

record! {
    /// Which records of a bundle are withheld from a copy, and why.
    pub struct WrittenPlan ("plan") {
        required {
            /// Version of this form: 1.
            witnessmark_redaction: Located<u32>,
            /// Rules. A record is withheld for the reason of the first one that is about it.
            withhold: Vec<PlannedRule>,
        }
        optional {}
    }
}

record! {
    /// A rule: about each record of one of these types that has what it names. Patterns: `*` any text, `?` one character.
    pub struct PlannedRule ("rule") {
        required {
            /// Why; signed, and shown to whoever gets the copy.
            reason: Located<String>,
        }
        optional {
            /// Types of records. Without them, all types that have what the rule names.
            records: Option<OneOrMany<Located<String>>>,
            /// Targets; of `params` and `body` that of their exchange.
            target: Option<OneOrMany<Located<String>>>,
            /// Collectors.
            collector: Option<OneOrMany<Located<String>>>,
            /// Operations that were asked for, as the source spells them.
            operation: Option<OneOrMany<Located<String>>>,
            /// Kinds of what records are about.
            kind: Option<OneOrMany<Located<String>>>,
            /// Ids of what records are about.
            subject: Option<OneOrMany<Located<String>>>,
            /// Ids of acceptances, objects and people's records.
            id: Option<OneOrMany<Located<String>>>,
            /// Controls.
            control: Option<OneOrMany<Located<String>>>,
            /// Checks.
            check: Option<OneOrMany<Located<String>>>,
            /// Paths of declared files.
            path: Option<OneOrMany<Located<String>>>,
            /// Records by their names: `body:3`.
            reference: Option<OneOrMany<Located<String>>>,
            /// Withhold the whole answers too from which the resources of this rule were read.
            answers: Option<Located<bool>>,
        }
    }
}

impl PlannedRule {
    fn patterns(&self, selector: Selector) -> Option<&OneOrMany<Located<String>>> {
        match selector {
            Selector::Target => &self.target,
            Selector::Collector => &self.collector,
            Selector::Operation => &self.operation,
            Selector::Kind => &self.kind,
            Selector::Subject => &self.subject,
            Selector::Id => &self.id,
            Selector::Control => &self.control,
            Selector::Check => &self.check,
            Selector::Path => &self.path,
            Selector::Reference => &self.reference,
        }
        .as_ref()
    }

    /// What could be read of it.
    fn written(&self) -> WrittenRule {
        let texts = |list: &OneOrMany<Located<String>>| list.as_slice().iter().map(|text| text.value.clone()).collect();
        let selectors = Selector::ALL.into_iter();
        WrittenRule {
            records: self.records.as_ref().map(texts),
            selectors: selectors.filter_map(|one| self.patterns(one).map(|list| (one, texts(list)))).collect(),
            answers: self.answers.as_ref().is_some_and(|answers| answers.value),
            // That it is missing was said.
            reason: if self.reason.is_written() { self.reason.value.clone() } else { "missing".to_owned() },
        }
    }

    /// Whether every value of it could be read: what could not was reported, and is no pattern.
    fn was_read(&self) -> bool {
        let mut lists = Selector::ALL.into_iter().filter_map(|one| self.patterns(one)).chain(self.records.as_ref());
        let written = |list: &OneOrMany<Located<String>>| list.as_slice().iter().all(Located::is_written);
        lists.all(written) && self.answers.as_ref().is_none_or(Located::is_written)
    }

    /// Where a part of it stands.
    fn place(&self, part: RulePart) -> Span {
        let of = |list: Option<&OneOrMany<Located<String>>>, at: usize| {
            list.and_then(|list| list.as_slice().get(at)).map(|text| text.at)
        };
        let at = match part {
            RulePart::Whole => None,
            RulePart::Records(at) => of(self.records.as_ref(), at),
            RulePart::Selector(selector, at) => of(self.patterns(selector), at),
            RulePart::Answers => self.answers.as_ref().map(|answers| answers.at),
            RulePart::Reason => Some(self.reason.at),
        };
        at.filter(|at| at.is_some()).unwrap_or(self.written)
    }
}

/// A rule of a plan, and where it stands.
#[derive(Clone, Debug)]
pub struct PlanRule {
    pub rule: WithholdRule,
    pub at: Span,
    /// Counted from 1.
    pub line: usize,
}

/// A plan that was read, with everything that is wrong with it.
#[derive(Debug)]
pub struct RedactionPlan {
    /// In the order in which they are written; those with faults are left out, and a plan with faults is not used.
    pub rules: Vec<PlanRule>,
    pub diagnostics: Vec<Diagnostic>,
    sources: SourceMap,
}

impl RedactionPlan {
    #[must_use]
    pub fn has_errors(&self) -> bool {
        has_errors(&self.diagnostics)
    }

    /// All that is wrong, as text for a person.
    #[must_use]
    pub fn render(&self, colour: bool) -> String {
        diagnose::render(&self.diagnostics, &self.sources, colour)
    }

    /// Adds what was found when the plan was held against a bundle.
    pub fn fault(&mut self, at: Span, message: String, help: &str) {
        let diagnostic = Diagnostic::new(&self.sources, Severity::Error, at, Code::UnknownReference, message);
        self.diagnostics.push(Diagnostic { help: Some(help.to_owned()), ..diagnostic });
    }
}

/// Reads a plan. `name` is what a person is shown.
#[must_use]
pub fn read_redaction_plan(name: &str, bytes: &[u8]) -> RedactionPlan {
    let mut sources = SourceMap::default();
    let text = std::str::from_utf8(bytes).ok().filter(|text| text.len() <= yaml::MAX_FILE);
    // Of what is no text, or far too long, nothing is shown.
    let number = sources.add(name.to_owned(), text.unwrap_or_default().to_owned());
    let mut reporter = Reporter::new(&sources);
    let mut rules = Vec::new();
    match text {
        Some(text) => {
            if let Some(tree) = yaml::parse(number, text, &mut reporter) {
                placeholders::report(&tree, &mut reporter);
                steering::report(&tree, &mut reporter);
                let plan = WrittenPlan::decode(&tree, &mut reporter);
                rules = held(&plan, &sources, &mut reporter);
            }
        }
        None => {
            let problem = match bytes.len() {
                size if size > yaml::MAX_FILE => format!("it has {size} bytes, and a plan at most {}", yaml::MAX_FILE),
                _ => "it is not UTF-8".to_owned(),
            };
            reporter.error(Span::new(number, 0..0), Code::Unreadable, problem);
        }
    }
    let mut diagnostics = reporter.found;
    diagnostics.sort_by_key(|d| (d.at, d.severity));
    RedactionPlan { rules, diagnostics, sources }
}

/// What its form leaves open.
fn held(plan: &WrittenPlan, sources: &SourceMap, reporter: &mut Reporter<'_>) -> Vec<PlanRule> {
    let version = &plan.witnessmark_redaction;
    if version.is_written() && version.value != 1 {
        let problem = format!("the plan is of version {}, and this program reads version 1", version.value);
        reporter.error(version.at, Code::BadValue, problem).help("a newer `witnessmark` may read it");
    }
    if plan.withhold.is_empty() && reporter.found.is_empty() {
        reporter
            .error(plan.written, Code::BadValue, "it has no rule")
            .help("what nothing is withheld from is an export: `witnessmark export`");
    }
    if let Some(one) = plan.withhold.get(MOST_RULES) {
        let problem = format!("it has {} rules, and a plan at most {MOST_RULES}", plan.withhold.len());
        reporter.error(one.written, Code::BadValue, problem).help("a rule may have several patterns");
    }
    let mut rules = Vec::new();
    for one in plan.withhold.iter().filter(|one| one.was_read()) {
        match WithholdRule::read(&one.written()) {
            Ok(rule) => {
                let line = sources.places(one.written).map_or(0, |(start, _)| start.line);
                rules.push(PlanRule { rule, at: one.written, line });
            }
            Err(faults) => {
                // A key that was mistyped selects nothing, and was said.
                let said = reporter.found.iter().any(|found| is_inside(found.at, one.written));
                for RuleFault { part, message, help } in faults {
                    if part != RulePart::Whole || !said {
                        reporter.error(one.place(part), Code::BadValue, message).maybe_help(help);
                    }
                }
            }
        }
    }
    rules
}

fn is_inside(inner: Span, outer: Span) -> bool {
    let (inside, around) = (inner.range(), outer.range());
    inner.file() == outer.file() && around.start <= inside.start && inside.end <= around.end
}

#[cfg(test)]
mod tests {
    use model::RecordType;

    use super::*;

    fn said(text: &str) -> Vec<(Option<usize>, String)> {
        let plan = read_redaction_plan("plan.yaml", text.as_bytes());
        plan.diagnostics.iter().map(|one| (one.line, one.message.clone())).collect()
    }

    #[test]
    fn a_good_plan_has_its_rules_in_order() {
        let text = "witnessmark_redaction: 1\nwithhold:\n  - {records: body, target: prod-*, reason: customer data}\n  \
                    - subject: [\"*/alice\", \"*/bob\"]\n    answers: true\n    reason: names of staff\n";
        let plan = read_redaction_plan("plan.yaml", text.as_bytes());
        assert!(!plan.has_errors(), "{}", plan.render(false));
        let lines: Vec<usize> = plan.rules.iter().map(|rule| rule.line).collect();
        assert_eq!(lines, [3, 4]);
        assert_eq!(plan.rules[0].rule.records, [RecordType::Body]);
        let [(Selector::Subject, globs)] = plan.rules[1].rule.selectors.as_slice() else { panic!("{plan:?}") };
        assert!(globs.len() == 2 && globs[1].matches("user/bob") && plan.rules[1].rule.answers);
    }

    #[test]
    fn every_fault_of_a_bad_plan_is_said_at_its_line() {
        let text = "witnessmark_redaction: 2\nwithhold:\n  - {records: [body, gap], reason: r}\n  - {target: a}\n  \
                    - {subjects: x, reason: r}\n  - {records: host, kind: k, reason: \"\"}\n  - {id: 'a\\', reason: r}\n  \
                    - {target: 12, reason: r}\n  - {records: run, targt: x, reason: r}\n";
        let said = said(text);
        let expected = [
            (1, "the plan is of version 2, and this program reads version 1"),
            (3, "records of the type `gap` are always disclosed"),
            (4, "`reason` is missing in this rule"),
            (5, "unknown key `subjects`"),
            (6, "records of the type `host` have no kind"),
            (6, "the text is empty"),
            (7, "`a\\` is not a pattern: it ends with a single `\\`"),
            (8, "expected a text, found the number `12`"),
            (9, "records of the type `run` are always disclosed"),
            (9, "unknown key `targt`"),
        ];
        let mut found: Vec<(usize, &str)> =
            said.iter().map(|(line, message)| (line.unwrap(), message.as_str())).collect();
        found.sort_unstable();
        assert_eq!(found, expected);
    }

    #[test]
    fn what_is_no_plan_is_said() {
        assert!(!said("").is_empty());
        assert_eq!(said("witnessmark_redaction: 1\nwithhold: []\n")[0].1, "it has no rule");
        assert!(said("witnessmark_redaction: 1\n")[0].1.contains("`withhold` is missing"));
        let not_text = read_redaction_plan("plan.yaml", &[0xff, 0xfe]);
        assert!(not_text.has_errors() && not_text.rules.is_empty());
        let many = "  - {records: body, reason: r}\n".repeat(MOST_RULES + 1);
        assert_eq!(said(&format!("witnessmark_redaction: 1\nwithhold:\n{many}"))[0].0, Some(3 + MOST_RULES));
    }
}
