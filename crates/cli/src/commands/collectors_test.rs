//! `witnessmark collectors test`: the conformance suite for programs that speak the exec protocol.

use std::fmt::Write as _;
use std::time::Duration;

use anyhow::anyhow;
use exec::{Limits, Move, Report};
use model::ExitStatus;
use model::printable::{block, line};
use serde_json::{Map, Value};

use crate::args::TestProgram;
use crate::commands::run::runtime;
use crate::failure::{CommandResult, Failure};
use crate::output::{self, Format};

pub fn run(arguments: &TestProgram) -> CommandResult {
    let settings = match &arguments.settings {
        None => Map::new(),
        Some(path) => {
            let text = std::fs::read(path)
                .map_err(|e| Failure::input(anyhow!(e).context(format!("cannot read `{}`", path.display()))))?;
            match serde_json::from_slice(&text) {
                Ok(Value::Object(settings)) => settings,
                Ok(_) => return Err(Failure::input(anyhow!("`{}` is not a JSON object", path.display()))),
                Err(e) => return Err(Failure::input(anyhow!(e).context(format!("`{}` is not JSON", path.display())))),
            }
        }
    };
    let program = arguments.program.canonicalize().map_err(|e| {
        Failure::input(anyhow!(e).context(format!("cannot find the program `{}`", arguments.program.display())))
    })?;
    let limits = Limits { wall: Duration::from_secs(arguments.seconds), ..Limits::default() };
    let report = runtime()?.block_on(exec::test(
        &program,
        &arguments.arguments,
        settings,
        &arguments.environment,
        limits,
        crate::clock::running()?,
    ));
    match arguments.printed.format {
        Format::Json => output::json(&report)?,
        Format::Human => output::text(&rendered(&report))?,
    }
    Ok(ExitStatus::when(report.is_good(), ExitStatus::Deviates))
}

fn rendered(report: &Report) -> String {
    let mut text = String::new();
    for point in &report.points {
        if point.wrong.is_empty() {
            writeln!(text, "ok      {}", point.name).ok();
            continue;
        }
        let whose = match point.whose {
            Move::Author => "the program has to change",
            Move::Caller => "call it differently: path, file mode, `--settings`, `--environment`",
        };
        for wrong in &point.wrong {
            writeln!(text, "FAILED  {}: {}", point.name, line(wrong)).ok();
        }
        writeln!(text, "        whose move: {whose}").ok();
    }
    let failed = report.points.iter().filter(|point| !point.wrong.is_empty()).count();
    writeln!(text, "{} points, {failed} failed", report.points.len()).ok();
    if let Some(identity) = &report.identity {
        writeln!(text, "it found `{}`: the `identity` of a target that reads this", line(identity)).ok();
    }
    if failed > 0 && !report.stderr.is_empty() {
        writeln!(text, "it wrote to stderr:").ok();
        for said in block(&report.stderr).lines() {
            writeln!(text, "  │ {said}").ok();
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use exec::Point;

    use super::*;

    #[test]
    fn what_a_program_says_begins_no_line() {
        let wrong = vec!["a\nok      forged".to_owned()];
        let report = Report {
            points: vec![Point { name: "hello", wrong, whose: Move::Author }],
            identity: Some("me\u{202e}".to_owned()),
            stderr: "one\n::error::two\n".to_owned(),
        };
        assert_eq!(
            rendered(&report),
            "FAILED  hello: a\u{fffd}ok      forged\n        whose move: the program has to change\n1 points, 1 failed\n\
             it found `me\u{fffd}`: the `identity` of a target that reads this\n\
             it wrote to stderr:\n  │ one\n  │ \u{fffd}:error::two\n"
        );
    }
}
