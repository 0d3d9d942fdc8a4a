//! Reasons of gaps in words, and whose move it is.

use model::RecordType;
use model::record::{Exchange, Failure, GapReason};
use verify::MarkCount;

/// What happened, as part of a sentence.
#[must_use]
pub const fn gap_words(reason: GapReason) -> &'static str {
    reason.words()
}

/// What has to be known before any count of a report is read, one line each: what is withheld, and the marks. Foreign texts are among them.
#[must_use]
pub fn first_words(report: &verify::Report) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(records) = report.records.as_ref().filter(|records| records.withheld > 0) {
        let (findings, hidden) = records.of_type(RecordType::Finding);
        lines.push(format!("{} of {} records are withheld.", records.withheld, records.count));
        if hidden > 0 {
            lines.push(format!(
                "{hidden} of {findings} findings are withheld: what is counted of them is the custodian's word."
            ));
        }
    }
    if let Some(marks) = &report.marks {
        lines.push(marks_line(marks));
    }
    lines
}

/// All marks of a bundle in one line.
#[must_use]
pub fn marks_line(marks: &[MarkCount]) -> String {
    let of = |one: &MarkCount| match one.findings {
        0 => format!("no finding that is shown, and uses of checks: {}", one.mark.words()),
        1 => format!("1 finding: {}", one.mark.words()),
        many => format!("{many} findings: {}", one.mark.words()),
    };
    match marks {
        [] => "No marks: judged by shipped texts, no parameter weaker than by default, read by collectors of ours at the sources' own endpoints.".to_owned(),
        marks => format!("Marks: {}.", marks.iter().map(of).collect::<Vec<_>>().join("; ")),
    }
}

/// A mark of one control. Its words are ours alone.
#[must_use]
pub fn control_mark(one: &MarkCount) -> String {
    match one.findings {
        0 => format!("a use of a check of which no finding is shown: {}", one.mark.words()),
        many => format!("{many} of its findings: {}", one.mark.words()),
    }
}

/// What came of an exchange: the status of its answer, or what went wrong. What is asked without HTTP answers without a status.
#[must_use]
pub fn answer_words(exchange: &Exchange) -> String {
    match (exchange.status, exchange.failure) {
        (Some(status), _) => status.to_string(),
        (None, failure) => failure.map_or("answered", Failure::as_str).to_owned(),
    }
}

/// How often, as a person says it.
#[must_use]
pub fn every(seconds: u64) -> String {
    let units = [("week", 604_800), ("day", 86_400), ("hour", 3_600), ("minute", 60)];
    let unit = units.into_iter().find(|(_, length)| seconds > 0 && seconds.is_multiple_of(*length));
    let (name, length) = unit.unwrap_or(("second", 1));
    match seconds / length {
        1 => format!("every {name}"),
        many => format!("every {many} {name}s"),
    }
}

/// Whose move it is, and which one.
#[must_use]
pub fn gap_move(reason: GapReason, right: Option<&str>) -> String {
    let right = right.unwrap_or("the call");
    match reason {
        GapReason::Denied => format!("whoever grants permissions at the source: allow `{right}` (`witnessmark rights` prints the policy)"),
        GapReason::ClosedByPolicy => format!("the organisation's administrators: exempt the reading role from the policy that denies `{right}`, or accept the gap in the declaration"),
        GapReason::Throttled | GapReason::Deadline => "you: run again when less is going on, or with a longer `--deadline`".to_owned(),
        GapReason::TimedOut | GapReason::Unreachable => "whoever runs the network between here and the source; then run again".to_owned(),
        GapReason::Unsupported => format!("no one for now: the source does not offer `{right}` here; provide other evidence for it"),
        GapReason::SourceError => "run again; if it recurs, the source's operator".to_owned(),
        GapReason::Malformed | GapReason::Truncated => "look at the answer (`show --exchange`): a proxy in between, or a change at the source that this version does not know".to_owned(),
        GapReason::TotalMismatch => "run again: something may have changed during the run; if it recurs, compare both answers".to_owned(),
        GapReason::WrongIdentity => "the declaration's owner: credentials and target do not belong together".to_owned(),
        GapReason::Unauthenticated => "you: renew the credentials".to_owned(),
        GapReason::WithheldSecret => "the owner of the resource: remove the secret from it".to_owned(),
        GapReason::Skipped => "whoever left it out, in the declaration or by `run --target`, if that was not intended".to_owned(),
        GapReason::Vanished => "no one: run again to see the current state".to_owned(),
        GapReason::CollectorFailed => "the developers of witnessmark: report it to them with the version and this text".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::every;

    #[test]
    fn a_schedule_is_said_in_its_largest_whole_unit() {
        let said: Vec<String> = [86_400, 604_800, 172_800, 43_200, 5_400, 61, 0].into_iter().map(every).collect();
        let wanted =
            ["every day", "every week", "every 2 days", "every 12 hours", "every 90 minutes", "every 61 seconds"];
        assert_eq!(said.get(..6).unwrap(), wanted);
        assert_eq!(said.last().unwrap(), "every 0 seconds");
    }
}
