//! A rule of a redaction, from a plan or from a command line: which records are withheld, and why.

use diagnose::help_known;
use model::{RecordType, is_statement_text};

use super::glob::Glob;

/// By what a rule selects records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Selector {
    /// Target, as the declaration names it; of `params` and `body` that of their exchange.
    Target,
    Collector,
    /// Of `params` and `body`: what was asked, as the source spells it.
    Operation,
    /// Kind of what a record is about.
    Kind,
    /// Id of what a record is about. A resource is about itself; of a body, what its request asked about.
    Subject,
    /// Id of an acceptance, of an object, of a person's record.
    Id,
    Control,
    Check,
    /// Path of a declared file.
    Path,
    /// `body:3`
    Reference,
}

impl Selector {
    pub const ALL: [Self; 10] = [
        Self::Target,
        Self::Collector,
        Self::Operation,
        Self::Kind,
        Self::Subject,
        Self::Id,
        Self::Control,
        Self::Check,
        Self::Path,
        Self::Reference,
    ];

    /// The key in a plan, and the option of the command line.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Target => "target",
            Self::Collector => "collector",
            Self::Operation => "operation",
            Self::Kind => "kind",
            Self::Subject => "subject",
            Self::Id => "id",
            Self::Control => "control",
            Self::Check => "check",
            Self::Path => "path",
            Self::Reference => "reference",
        }
    }

    /// What records of a type can be selected by.
    #[must_use]
    pub const fn of(kind: RecordType) -> &'static [Self] {
        match kind {
            RecordType::Host => &[Self::Reference],
            RecordType::Declaration => &[Self::Path, Self::Reference],
            RecordType::Acceptance => {
                &[Self::Target, Self::Subject, Self::Id, Self::Control, Self::Check, Self::Reference]
            }
            RecordType::Params | RecordType::Body => {
                &[Self::Target, Self::Collector, Self::Operation, Self::Kind, Self::Subject, Self::Reference]
            }
            RecordType::Resource | RecordType::Derived => {
                &[Self::Target, Self::Collector, Self::Kind, Self::Subject, Self::Id, Self::Reference]
            }
            RecordType::Recorded => &[Self::Id, Self::Reference],
            RecordType::Finding => {
                &[Self::Target, Self::Kind, Self::Subject, Self::Control, Self::Check, Self::Reference]
            }
            RecordType::Run
            | RecordType::Check
            | RecordType::Assignment
            | RecordType::Route
            | RecordType::Peer
            | RecordType::Exchange
            | RecordType::Coverage
            | RecordType::Gap
            | RecordType::Control => &[],
        }
    }
}

/// A rule as somebody wrote it.
#[derive(Clone, Debug, Default)]
pub struct WrittenRule {
    /// Types of records; without them, all types that have what it selects by.
    pub records: Option<Vec<String>>,
    pub selectors: Vec<(Selector, Vec<String>)>,
    /// Withhold the answers too from which its resources were read.
    pub answers: bool,
    pub reason: String,
}

/// A rule that can be held against records: about each record of one of its types for which each of its selectors has a pattern that matches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WithholdRule {
    /// Ascending, never one that is always disclosed.
    pub records: Vec<RecordType>,
    pub selectors: Vec<(Selector, Vec<Glob>)>,
    pub answers: bool,
    pub reason: String,
}

/// Which part of a rule is wrong; the number is that of the value in its list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RulePart {
    Whole,
    Records(usize),
    Selector(Selector, usize),
    Answers,
    Reason,
}

/// What is wrong with a part of a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleFault {
    pub part: RulePart,
    pub message: String,
    pub help: Option<String>,
}

impl WithholdRule {
    /// Reads a rule.
    ///
    /// # Errors
    /// All that is wrong with it.
    pub fn read(written: &WrittenRule) -> Result<Self, Vec<RuleFault>> {
        let mut faults = Vec::new();
        let mut fault = |part, message: String, help: Option<String>| faults.push(RuleFault { part, message, help });
        let mut records = Vec::new();
        match &written.records {
            Some(names) => {
                for (at, name) in names.iter().enumerate() {
                    match withheld_type(name) {
                        Ok(kind) => records.push(kind),
                        Err((message, help)) => fault(RulePart::Records(at), message, help),
                    }
                }
                if names.is_empty() {
                    fault(RulePart::Whole, "`records` names no type".to_owned(), None);
                }
            }
            None if written.selectors.is_empty() => {
                let help = "name types of records, or what they are about: `records: body`, `subject: \"*/alice\"`";
                fault(RulePart::Whole, "it would withhold everything".to_owned(), Some(help.to_owned()));
            }
            None => records.extend(RecordType::ALL.into_iter().filter(|kind| {
                let has = Selector::of(*kind);
                !has.is_empty() && written.selectors.iter().all(|(selector, _)| has.contains(selector))
            })),
        }
        records.sort_unstable();
        records.dedup();
        if written.records.is_none() && !written.selectors.is_empty() && records.is_empty() {
            let keys: Vec<&str> = written.selectors.iter().map(|(selector, _)| selector.key()).collect();
            fault(RulePart::Whole, format!("no type of records has all of these: {}", keys.join(", ")), None);
        }
        let mut selectors = Vec::new();
        for (selector, patterns) in &written.selectors {
            for kind in records.iter().filter(|kind| !Selector::of(**kind).contains(selector)) {
                let has: Vec<&str> = Selector::of(*kind).iter().map(|one| one.key()).collect();
                let help = format!("they can be selected by {}", has.join(", "));
                let message = format!("records of the type `{kind}` have no {}", selector.key());
                fault(RulePart::Selector(*selector, 0), message, Some(help));
            }
            if patterns.is_empty() {
                fault(RulePart::Selector(*selector, 0), format!("`{}` has no pattern", selector.key()), None);
            }
            let mut globs = Vec::new();
            for (at, pattern) in patterns.iter().enumerate() {
                match Glob::read(pattern) {
                    Ok(glob) => globs.push(glob),
                    Err(problem) => {
                        fault(
                            RulePart::Selector(*selector, at),
                            format!("`{pattern}` is not a pattern: {problem}"),
                            None,
                        );
                    }
                }
            }
            selectors.push((*selector, globs));
        }
        if written.answers && !records.is_empty() && !records.contains(&RecordType::Resource) {
            let help = "it withholds what resources were read from; `records: body` names answers by themselves";
            let message = "`answers` needs records of the type `resource`".to_owned();
            fault(RulePart::Answers, message, Some(help.to_owned()));
        }
        if !is_statement_text(&written.reason) {
            let message = "the reason has 1 to 256 bytes on one line, without control characters".to_owned();
            fault(RulePart::Reason, message, Some("it is signed, and whoever gets the copy reads it".to_owned()));
        }
        if !faults.is_empty() {
            return Err(faults);
        }
        Ok(Self { records, selectors, answers: written.answers, reason: written.reason.clone() })
    }
}

/// The type of this name, or why no record of it is withheld, and what helps.
fn withheld_type(name: &str) -> Result<RecordType, (String, Option<String>)> {
    let Ok(kind) = name.parse::<RecordType>() else {
        let known: Vec<&str> = RecordType::ALL.iter().filter(|t| !t.always_disclosed()).map(|t| t.as_str()).collect();
        let (message, help) = match name {
            "statement" | "leaves" | "ledger" => {
                (format!("`{name}` is not a record: what is signed and where it stands is in every copy"), None)
            }
            _ => (format!("there are no records of a type `{name}`"), help_known(name, &known, "there are")),
        };
        return Err((message, help));
    };
    if kind.always_disclosed() {
        return Err((format!("records of the type `{kind}` are always disclosed"), Some(why(kind).to_owned())));
    }
    Ok(kind)
}

/// Why a type is always disclosed.
const fn why(kind: RecordType) -> &'static str {
    match kind {
        RecordType::Run => "who reads a copy has to know when, by which program and in which state it was made",
        RecordType::Check => "an outcome means nothing to whoever does not see what was judged by",
        RecordType::Assignment => "its parameters and expectations say how strictly was judged",
        RecordType::Route | RecordType::Peer => "it says whether the answers came from the source itself",
        RecordType::Exchange => {
            "that something was asked is always shown; what was asked about (`params`) and the answer (`body`) can be withheld"
        }
        RecordType::Coverage => "it says how completely a list was read",
        RecordType::Gap => "what was not read is kept from nobody who judges: unknown is not clean",
        RecordType::Control => "its outcome and counts are what the rest is held against",
        _ => "the format says so",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(records: Option<&[&str]>, selectors: &[(Selector, &str)]) -> WrittenRule {
        WrittenRule {
            records: records.map(|names| names.iter().map(ToString::to_string).collect()),
            selectors: selectors.iter().map(|(selector, pattern)| (*selector, vec![(*pattern).to_owned()])).collect(),
            answers: false,
            reason: "personal data".to_owned(),
        }
    }

    #[test]
    fn without_types_a_rule_is_about_all_that_have_what_it_names() {
        let rule = |selectors: &[(Selector, &str)]| WithholdRule::read(&written(None, selectors)).unwrap().records;
        use RecordType as T;
        assert_eq!(
            rule(&[(Selector::Subject, "*/alice")]),
            [T::Acceptance, T::Params, T::Body, T::Resource, T::Derived, T::Finding]
        );
        assert_eq!(rule(&[(Selector::Kind, "k"), (Selector::Control, "c")]), [T::Finding]);
        assert_eq!(rule(&[(Selector::Path, "*.csv")]), [T::Declaration]);
        let none = WithholdRule::read(&written(None, &[(Selector::Path, "a"), (Selector::Kind, "b")]));
        assert_eq!(none.unwrap_err()[0].part, RulePart::Whole);
    }

    /// Every type is either always disclosed, with a reason of its own, or can be selected.
    #[test]
    fn what_is_always_disclosed_is_refused_with_its_reason() {
        for kind in RecordType::ALL {
            let read = WithholdRule::read(&written(Some(&[kind.as_str()]), &[]));
            assert_eq!(read.is_err(), kind.always_disclosed(), "{kind}");
            assert_eq!(Selector::of(kind).is_empty(), kind.always_disclosed(), "{kind}");
            if let Err(faults) = read {
                assert!(faults[0].message.contains("always disclosed"), "{faults:?}");
                assert!(faults[0].help.as_deref().is_some_and(|help| help != "the format says so"), "{faults:?}");
            }
        }
        let said = |name: &str| WithholdRule::read(&written(Some(&[name]), &[])).unwrap_err().remove(0);
        assert!(said("statement").message.contains("is not a record"));
        assert!(said("bodies").help.is_some_and(|help| help.contains("body")));
    }

    #[test]
    fn each_fault_names_its_part() {
        let parts = |rule: &WrittenRule| -> Vec<RulePart> {
            WithholdRule::read(rule).unwrap_err().iter().map(|fault| fault.part).collect()
        };
        assert_eq!(parts(&written(None, &[])), [RulePart::Whole]);
        assert_eq!(parts(&written(Some(&[]), &[])), [RulePart::Whole]);
        assert_eq!(parts(&written(Some(&["host"]), &[(Selector::Kind, "a")])), [RulePart::Selector(Selector::Kind, 0)]);
        assert_eq!(parts(&written(None, &[(Selector::Id, r"a\")])), [RulePart::Selector(Selector::Id, 0)]);
        let body = WrittenRule { answers: true, ..written(Some(&["body"]), &[]) };
        assert_eq!(parts(&body), [RulePart::Answers]);
        for reason in ["", "two\nlines", &"x".repeat(257)] {
            assert_eq!(
                parts(&WrittenRule { reason: reason.to_owned(), ..written(Some(&["body"]), &[]) }),
                [RulePart::Reason]
            );
        }
    }
}
