//! The memory of a process and all its descendants, as Linux tells it.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;

use crate::command::{code, command_name, started, tell};

const PAUSE: Duration = Duration::from_millis(2);

/// Runs a command. Prints the largest sum, over its process tree, of proportional memory (a page that several
/// processes share counts once) that was seen at one moment, and the peak of each process by itself.
pub fn of(command: &[OsString]) -> anyhow::Result<ExitCode> {
    let mut child = started(command)?.spawn().with_context(|| format!("cannot start {}", command_name(command)))?;
    let mut tree = 0;
    // By process: its name and the most it had resident.
    let mut each: BTreeMap<u32, (String, u64)> = BTreeMap::new();
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        let mut sum = 0;
        for process in family(child.id()) {
            // A process may end while it is looked at.
            let Ok(status) = fs::read_to_string(format!("/proc/{process}/status")) else { continue };
            let name = status.lines().find_map(|line| line.strip_prefix("Name:")).unwrap_or_default().trim().to_owned();
            if let Some(peak) = kib(&status, "VmHWM:") {
                each.insert(process, (name, peak));
            }
            if let Ok(rollup) = fs::read_to_string(format!("/proc/{process}/smaps_rollup")) {
                sum += kib(&rollup, "Pss:").unwrap_or(0);
            }
        }
        tree = tree.max(sum);
        std::thread::sleep(PAUSE);
    };
    tell(&format!("process tree: {tree} KiB at most"))?;
    for (name, peak) in each.values() {
        tell(&format!("  {name}: {peak} KiB resident at most"))?;
    }
    Ok(code(status))
}

/// A process and its descendants.
fn family(root: u32) -> Vec<u32> {
    let mut found = vec![root];
    let mut next = 0;
    while let Some(process) = found.get(next).copied() {
        next += 1;
        let Ok(threads) = fs::read_dir(format!("/proc/{process}/task")) else { continue };
        for thread in threads.flatten() {
            let children = fs::read_to_string(thread.path().join("children")).unwrap_or_default();
            found.extend(children.split_whitespace().filter_map(|id| id.parse::<u32>().ok()));
        }
    }
    found
}

fn kib(text: &str, label: &str) -> Option<u64> {
    text.lines().find_map(|line| line.strip_prefix(label))?.split_whitespace().next()?.parse().ok()
}
