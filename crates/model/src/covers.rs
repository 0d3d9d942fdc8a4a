//! What an acceptance covers. The run, the signed approval and the verifier match with this one text: none of them can
//! cover more or less than another.

use crate::Outcome;
use crate::record::{Covers, Finding, Gap};

impl Covers {
    /// Whether it is about this finding: one that deviates, since nothing else needs an acceptance.
    #[must_use]
    pub fn finding(&self, finding: &Finding) -> bool {
        match self {
            Self::Deviation { control, check, subject, target } => {
                finding.outcome == Outcome::Deviates
                    && finding.control == *control
                    && finding.check == *check
                    && finding.subject.as_ref().is_some_and(|s| s.id == *subject)
                    && target.as_ref().is_none_or(|t| finding.target == *t)
            }
            Self::Gap { .. } => false,
        }
    }

    /// Whether it is about this gap.
    #[must_use]
    pub fn gap(&self, gap: &Gap) -> bool {
        match self {
            Self::Deviation { .. } => false,
            Self::Gap { target, population, right, part, subject, reason_is } => {
                let same_population = |wanted: &String| {
                    gap.population
                        .as_ref()
                        .is_some_and(|p| p == wanted || p.split_once('@').is_some_and(|(kind, _)| kind == wanted))
                };
                gap.target == *target
                    && population.as_ref().is_none_or(same_population)
                    && reason_is.is_none_or(|reason| gap.reason == reason)
                    && right.as_ref().is_none_or(|r| gap.right.as_ref() == Some(r))
                    && part.as_ref().is_none_or(|p| gap.part.as_ref() == Some(p))
                    && subject.as_ref().is_none_or(|s| gap.subject.as_ref().is_some_and(|g| g.id == *s))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Severity;
    use crate::record::{GapReason, Subject};

    fn finding(outcome: Outcome) -> Finding {
        Finding {
            control: "KM-1".to_owned(),
            check: "aws-kms/key-rotates".to_owned(),
            target: "prod".to_owned(),
            population: None,
            subject: Some(Subject { kind: "aws-kms/key".to_owned(), id: "key-1".to_owned() }),
            outcome,
            severity: Severity::High,
            evidence: Vec::new(),
            reason: None,
            rests_on: Vec::new(),
            acceptance: None,
        }
    }

    fn gap() -> Gap {
        Gap {
            target: "prod".to_owned(),
            collector: "aws-kms".to_owned(),
            population: Some("aws-kms/key@us-east-1".to_owned()),
            subject: Some(Subject { kind: "aws-kms/key".to_owned(), id: "key-1".to_owned() }),
            part: Some("rotation".to_owned()),
            right: Some("kms:GetKeyRotationStatus".to_owned()),
            reason: GapReason::Throttled,
            detail: String::new(),
            exchange: None,
            acceptance: None,
        }
    }

    #[test]
    fn a_deviation_is_one_check_of_one_control_on_one_subject() {
        let covers = |control: &str, check: &str, subject: &str, target: Option<&str>| Covers::Deviation {
            control: control.to_owned(),
            check: check.to_owned(),
            subject: subject.to_owned(),
            target: target.map(str::to_owned),
        };
        let check = "aws-kms/key-rotates";
        let deviates = finding(Outcome::Deviates);
        assert!(covers("KM-1", check, "key-1", None).finding(&deviates));
        assert!(covers("KM-1", check, "key-1", Some("prod")).finding(&deviates));
        for other in [
            covers("KM-2", check, "key-1", None),
            covers("KM-1", "aws-kms/key-not-external", "key-1", None),
            covers("KM-1", check, "key-10", None),
            covers("KM-1", check, "key-1", Some("dev")),
        ] {
            assert!(!other.finding(&deviates), "{other:?}");
        }
        for outcome in [Outcome::Conforms, Outcome::Undetermined, Outcome::NotApplicable] {
            assert!(!covers("KM-1", check, "key-1", None).finding(&finding(outcome)), "{outcome:?}");
        }
        // About the population as a whole, and no subject of it.
        let whole = Finding { subject: None, ..finding(Outcome::Deviates) };
        assert!(!covers("KM-1", check, "key-1", None).finding(&whole));
        assert!(!covers("KM-1", check, "key-1", None).gap(&gap()));
    }

    #[test]
    fn a_gap_is_every_one_that_no_member_excludes() {
        let any = Covers::Gap {
            target: "prod".to_owned(),
            population: None,
            right: None,
            part: None,
            subject: None,
            reason_is: None,
        };
        assert!(any.gap(&gap()));
        assert!(!any.finding(&finding(Outcome::Deviates)));
        let with = |member: &str, value: &str| {
            let mut json = serde_json::to_value(&any).unwrap();
            json["gap"][member] = value.into();
            serde_json::from_value::<Covers>(json).unwrap().gap(&gap())
        };
        for (member, same, other) in [
            ("target", "prod", "dev"),
            ("population", "aws-kms/key", "aws-kms/alias"),
            ("population", "aws-kms/key@us-east-1", "aws-kms/key@eu-west-1"),
            ("right", "kms:GetKeyRotationStatus", "kms:ListKeys"),
            ("part", "rotation", "policy"),
            ("subject", "key-1", "key-2"),
            ("reason_is", "throttled", "closed-by-policy"),
        ] {
            assert!(with(member, same), "{member}: {same}");
            assert!(!with(member, other), "{member}: {other}");
        }
        // What the gap does not say is not what the acceptance asks for.
        let target_wide = Gap { population: None, subject: None, part: None, right: None, ..gap() };
        assert!(any.gap(&target_wide));
        for member in ["population", "right", "part", "subject"] {
            let mut json = serde_json::to_value(&any).unwrap();
            json["gap"][member] = "aws-kms/key".into();
            assert!(!serde_json::from_value::<Covers>(json).unwrap().gap(&target_wide), "{member}");
        }
    }
}
