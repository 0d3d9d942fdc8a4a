//! A child with the worker's limits that misbehaves on command: the last word of the check's id says how.
//!
//! Dying, hanging and growing are ours to do here, so that no test needs a text that makes somebody else's engine do so. Each of them
//! stops by itself soon after the limit that is to stop it, in case there is none.

use std::collections::HashMap;
use std::hint::black_box;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use witnessmark_assess::{WorkerError, worker_with};

/// What the child ends with when a limit did not hold.
const NOT_STOPPED: i32 = 99;

pub fn main() -> Result<(), WorkerError> {
    worker_with(|_limits| {
        let mut checks = HashMap::new();
        let mut asked = 0;
        move |line: &[u8], answer: &mut String| {
            let said: Value = serde_json::from_slice(line)?;
            if let Some(check) = said.get("check") {
                if check["id"] == "test/exits-when-loaded" {
                    std::process::exit(3);
                }
                *answer = json!({"loaded": {"id": check["id"], "error": null}}).to_string();
            } else if let Some(assignment) = said.get("assignment") {
                let id = assignment["check"].as_str().unwrap_or_default().to_owned();
                checks.insert(assignment["n"].as_u64(), id);
            } else if let Some(subject) = said.get("subject") {
                let mut answers = Vec::new();
                let mut number = subject["s"].as_u64().unwrap_or_default();
                for job in subject["jobs"].as_array().into_iter().flatten() {
                    match checks.get(&job["n"].as_u64()).map(String::as_str) {
                        Some("test/good") => {}
                        Some("test/lies") => number += 1,
                        Some("test/counts") => {
                            asked += 1;
                            answers.push(json!([job["n"], "conforms", [{"because": format!("asked {asked}")}], 0]));
                            continue;
                        }
                        Some(other) => misbehave(other)?,
                        None => {}
                    }
                    answers.push(json!([job["n"], "conforms", [{"path": "/size"}], 0]));
                }
                *answer = json!({"s": number, "r": answers}).to_string();
            }
            Ok(())
        }
    })
}

fn misbehave(how: &str) -> Result<(), WorkerError> {
    match how {
        "test/exits" => std::process::exit(3),
        "test/aborts" => std::process::abort(),
        "test/hangs" => std::thread::sleep(Duration::from_secs(60)),
        "test/breaks-off" => {
            io::stdout().write_all(b"{\"s\":")?;
            io::stdout().flush()?;
            std::process::exit(0);
        }
        "test/babbles" => io::stdout().write_all(b"no answer\n")?,
        "test/grows" => {
            let mut kept = Vec::new();
            while kept.len() < 1024 {
                kept.push(black_box(vec![1_u8; 1 << 20]));
            }
        }
        "test/descends" => {
            descend(1 << 20);
        }
        "test/works" => {
            let begun = Instant::now();
            while begun.elapsed() < Duration::from_secs(60) {
                black_box(begun);
            }
        }
        "test/writes" => std::fs::write(written(std::os::unix::process::parent_id())?, "x")?,
        _ => {}
    }
    if matches!(how, "test/lies" | "test/babbles") {
        return Ok(());
    }
    std::process::exit(NOT_STOPPED)
}

/// A kibibyte of stack for each level.
fn descend(levels: usize) -> usize {
    let frame = black_box([levels; 128]);
    if levels == 0 { frame.len() } else { descend(levels - 1) + black_box(frame)[0] }
}

/// The file that `test/writes` of this parent would write.
pub fn written(parent: u32) -> io::Result<PathBuf> {
    Ok(std::env::current_exe()?.with_file_name(format!("odd-{parent}")))
}
