//! From the targets of a plan to the collectors that read them: built in, in a process of their own, or programs.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use agent::collect::Job;
use anyhow::anyhow;
use declaration::Plan;
use exec::{Isolated, Limits, Program, Sandbox, Start, Warnings};
use sdk::{CollectorKind, ForeignCode};

use crate::failure::{Failure, warn};

/// The collectors of the chosen targets (all of them where none is named), and those of the others. Programs of chosen targets
/// are asked what they are; those of others are not started. `replayed`: collectors of foreign code say what they wrote on this
/// recorded day of the demonstration.
///
/// # Errors
/// When a target is named that is not declared.
pub async fn chosen(
    plan: &Plan,
    folder: &Path,
    only: &[String],
    replayed: Option<&str>,
) -> Result<(Vec<Job>, Vec<Job>), Failure> {
    if let Some(unknown) = only.iter().find(|id| plan.target(id).is_none()) {
        let known: Vec<&str> = plan.targets.iter().map(|target| target.id.as_str()).collect();
        return Err(Failure::input(anyhow!("the declaration has no target `{unknown}`"))
            .with_help(format!("it declares: {}", known.join(", "))));
    }
    let kinds: HashMap<String, Arc<dyn CollectorKind>> =
        collectors::all().into_iter().map(|kind| (kind.descriptor().name, kind)).collect();
    let built_in: Vec<String> = kinds.keys().cloned().collect();
    let folder = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    let warnings: Warnings = Arc::new(|text: &str| warn(text));
    let start = Start { folder: &folder, built_in: &built_in, warnings: Warnings::clone(&warnings) };
    let (mut jobs, mut left_out) = (Vec::new(), Vec::new());
    for target in &plan.targets {
        let wanted = only.is_empty() || only.contains(&target.id);
        for collector in &target.collectors {
            let read = sdk::Target { id: target.id.clone(), settings: collector.settings.clone() };
            let kind: Arc<dyn CollectorKind> = match kinds.get(&collector.name) {
                Some(kind) => match kind.foreign_code(&read) {
                    Some(code) => isolated(kind, foreign(code), replayed, &warnings)?,
                    None if target.isolate => isolated(kind, ours(), None, &warnings)?,
                    None => Arc::clone(kind),
                },
                None if collector.name == exec::NAME && wanted => {
                    Arc::new(Program::of_target(&collector.settings, &start).await)
                }
                None if collector.name == exec::NAME => Arc::new(Program::left_out(&collector.settings, &start)),
                None => continue,
            };
            if wanted { &mut jobs } else { &mut left_out }.push(Job { target: read, kind });
        }
    }
    Ok((jobs, left_out))
}

/// How much a process is given.
struct Room {
    environment: Option<Vec<String>>,
    limits: Limits,
}

/// Our own code: everything we have, until the run's own deadline.
fn ours() -> Room {
    let limits = Limits { wall: Duration::from_secs(86_400), ..Limits::default() };
    Room { environment: None, limits }
}

/// Code that a target names: what its collector says.
fn foreign(code: ForeignCode) -> Room {
    let usual = Limits::default();
    let limits = Limits { wall: code.seconds.map_or(usual.wall, Duration::from_secs), ..usual };
    Room { environment: Some(code.environment), limits }
}

fn isolated(
    kind: &Arc<dyn CollectorKind>,
    room: Room,
    replayed: Option<&str>,
    warnings: &Warnings,
) -> Result<Arc<dyn CollectorKind>, Failure> {
    let program = std::env::current_exe()
        .map_err(|e| Failure::tool(anyhow!(e).context("cannot find this program's own executable")))?;
    let name = kind.descriptor().name;
    let arguments = match replayed {
        None => vec!["__collect".into(), name.into()],
        Some(day) => vec!["__replay".into(), name.into(), day.into()],
    };
    let sandbox = Sandbox { program, arguments, environment: room.environment, limits: room.limits };
    Ok(Arc::new(Isolated::new(Arc::clone(kind), sandbox, Warnings::clone(warnings))))
}
