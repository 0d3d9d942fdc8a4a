//! The chores of the workspace: `cargo xtask generate`.

fn main() {}
