//! `witnessmark checks test`: the tests of checks, and the proof of what their outcomes need.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::anyhow;
use assess::CheckSet;
use model::ExitStatus;

use crate::context::rego_texts;
use crate::failure::{CommandResult, Failure};
use crate::output;

pub fn run(folder: &Path) -> CommandResult {
    let texts = rego_texts(folder).map_err(|e| {
        Failure::input(anyhow!(e).context(format!("cannot read the folder of checks `{}`", folder.display())))
    })?;
    let (tests, checks): (Vec<_>, Vec<_>) = texts.into_iter().partition(|(path, _)| path.ends_with("_test.rego"));
    // Libraries of ours may be imported, checks of ours are not tested here.
    let set = CheckSet::stock_libraries()
        .and_then(|libraries| libraries.with_own(checks.iter().map(|(path, text)| (path.as_str(), text.as_str()))))
        .map_err(Failure::input)?;
    if set.checks().next().is_none() {
        return Err(Failure::input(anyhow!("there is no check in `{}`", folder.display())).with_help(
            "a check is written to `checks/<collector>/<check>.rego`, its tests beside it to `<check>_test.rego`",
        ));
    }
    let report = assess::testing::run(&set, &tests);
    let mut text = String::new();
    for test in &report.tests {
        match &test.failure {
            None => writeln!(text, "ok      {} {}", test.check, test.name).ok(),
            Some(why) => writeln!(text, "FAILED  {} {}: {why}", test.check, test.name).ok(),
        };
    }
    for defect in &report.defects {
        let test = defect.test.as_deref().map(|test| format!(" (shown by {test})")).unwrap_or_default();
        writeln!(text, "DEFECT  {}{test}: {}", defect.check, defect.what).ok();
    }
    for warning in &report.warnings {
        let test = warning.test.as_deref().map(|test| format!(" (shown by {test})")).unwrap_or_default();
        writeln!(text, "WARNING {}{test}: {}", warning.check, warning.what).ok();
    }
    let failed = report.tests.iter().filter(|test| test.failure.is_some()).count();
    let (defects, warnings) = (report.defects.len(), report.warnings.len());
    let warned = if warnings == 0 { String::new() } else { format!(", {warnings} warnings") };
    writeln!(text, "{} tests, {failed} failed; {defects} defects{warned}", report.tests.len()).ok();
    output::text(&text)?;
    Ok(ExitStatus::when(report.is_good(), ExitStatus::Deviates))
}
