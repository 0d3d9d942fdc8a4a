//! `witnessmark collectors test`: the conformance suite for programs that speak the exec protocol.

use std::fmt::Write as _;
use std::time::Duration;

use anyhow::anyhow;
use exec::{Limits, Move, Report};
use model::ExitStatus;
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
            writeln!(text, "FAILED  {}: {wrong}", point.name).ok();
        }
        writeln!(text, "        whose move: {whose}").ok();
    }
    let failed = report.points.iter().filter(|point| !point.wrong.is_empty()).count();
    writeln!(text, "{} points, {failed} failed", report.points.len()).ok();
    if let Some(identity) = &report.identity {
        writeln!(text, "it found `{identity}`: the `identity` of a target that reads this").ok();
    }
    if failed > 0 && !report.stderr.is_empty() {
        let clean: String = report.stderr.chars().filter(|c| !c.is_control() || *c == '\n').collect();
        writeln!(text, "it wrote to stderr: {clean}").ok();
    }
    text
}
