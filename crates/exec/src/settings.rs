//! `collector: exec` in a declaration.

use schemars::JsonSchema;
use sdk::Descriptor;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// What a target names under `collector` for a program of its own.
pub const NAME: &str = "exec";

/// Settings of a target that is read by a program.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ProgramSettings {
    /// The name that the program describes itself by. Kinds of resources, checks and records bear it: `openssh`.
    #[schemars(regex(pattern = r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$"), length(max = 64))]
    pub name: String,
    /// What the program must find: another identity is a gap, and nothing is read.
    #[schemars(length(min = 1, max = 1024))]
    pub identity: String,
    /// The program: absolute, or relative to the declaration's folder.
    #[schemars(length(min = 1))]
    pub program: String,
    /// Its arguments. No secrets: they are sealed, and other users of the machine see them.
    #[serde(default)]
    pub arguments: Vec<String>,
    /// Settings that the program knows.
    #[serde(default)]
    pub settings: Map<String, Value>,
    /// Names of variables of our environment that it is given. It gets `PATH`, `HOME`, `LANG`, `TZ` and `TMPDIR` anyway, and no others.
    #[serde(default)]
    pub environment: Vec<String>,
    /// Wall time in seconds, 300 without it.
    #[schemars(range(min = 1, max = 86400))]
    pub seconds: Option<u64>,
    /// Address space in MiB, 2048 without it.
    #[schemars(range(min = 16, max = 1048576))]
    pub memory_mib: Option<u64>,
    /// Output in MiB, 256 without it.
    #[schemars(range(min = 1, max = 1048576))]
    pub output_mib: Option<u64>,
}

/// What is known of `exec` itself. What a program reads only that program can say.
#[must_use]
pub fn descriptor() -> Descriptor {
    Descriptor {
        name: NAME.to_owned(),
        summary: "Any program that speaks the exec protocol; it says itself what it reads.".to_owned(),
        resources: Vec::new(),
        rights: Vec::new(),
        settings: schemars::schema_for!(ProgramSettings).to_value(),
        endpoints: Vec::new(),
        also: Vec::new(),
        thief: "What the program's own credentials allow. It runs as the user that runs witnessmark.".to_owned(),
    }
}
