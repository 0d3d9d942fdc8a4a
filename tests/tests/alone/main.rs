//! Tests that need nothing beside the Rust toolchain. One program: linking one for each file took longer than most of them run.

#![expect(
    clippy::disallowed_methods,
    reason = "tests read real clocks, take their systems from the environment and write files for themselves alone"
)]

mod action;
mod approvals;
mod architecture;
mod ask;
mod auditors_guide;
mod aws_profiles;
mod chain;
mod cli;
mod continuity;
mod declared;
mod demo;
mod denied;
mod deploy;
mod documents;
mod drift;
mod e2e_determinism;
mod e2e_paging;
mod e2e_way;
mod environment;
mod errors;
mod evidence;
mod exec;
mod exports;
mod features;
mod foreign_text;
mod format;
mod format_cli;
mod format_properties;
mod format_vectors;
mod github;
mod guide;
mod held_keys;
mod history;
mod html_findings;
mod html_people;
mod html_report;
mod imports;
mod init;
mod init_template;
mod joined_people;
mod keys;
mod kubernetes_declared;
mod leaks;
mod marks;
mod matrix;
mod mutation;
mod operating;
mod operation;
mod outages;
mod outputs;
mod records;
mod redact;
mod run_options;
mod second;
mod show_findings;
mod signals;
mod templates;
mod verbose;
