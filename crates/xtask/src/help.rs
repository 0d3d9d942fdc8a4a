//! The help of every command of both programs, as a terminal of a fixed width shows it.

use clap::Command;

/// Columns.
const WIDTH: usize = 100;

/// By the name of its file: the long help of a program and of each of its commands.
pub fn pages() -> Vec<(String, String)> {
    let mut found = Vec::new();
    for program in [witnessmark::args::program(), witnessmark_verifier::args::program()] {
        let mut program = program.term_width(WIDTH);
        program.build();
        let name = program.get_name().to_owned();
        page(&mut program, &name, &mut found);
    }
    found
}

fn page(command: &mut Command, name: &str, found: &mut Vec<(String, String)>) {
    let help = command.render_long_help().to_string();
    let lines: Vec<&str> = help.lines().map(str::trim_end).collect();
    found.push((format!("{name}.txt"), format!("{}\n", lines.join("\n").trim_end())));
    for below in command.get_subcommands_mut().filter(|below| below.get_name() != "help") {
        let name = format!("{name}-{}", below.get_name());
        page(below, &name, found);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_has_its_page() {
        let pages = pages();
        let names: Vec<&str> = pages.iter().map(|(name, _)| name.as_str()).collect();
        for name in
            ["witnessmark.txt", "witnessmark-run.txt", "witnessmark-keys-new.txt", "witnessmark-verify-audit.txt"]
        {
            assert!(names.contains(&name), "{names:?}");
        }
        for (name, text) in &pages {
            assert!(text.contains("Usage: witnessmark"), "{name}: {text}");
            assert!(!text.contains('\u{1b}'), "colour in {name}");
            let wide = text.lines().find(|line| line.chars().count() > WIDTH);
            assert_eq!(wide, None, "in {name}");
        }
    }

    /// What a program starts of itself is nothing for a person, nor for the completion of a shell.
    #[test]
    fn nothing_is_hidden() {
        fn hidden(command: &Command) -> bool {
            command.is_hide_set()
                || command.get_name().starts_with("__")
                || command.get_arguments().any(clap::Arg::is_hide_set)
                || command.get_subcommands().any(hidden)
        }
        for mut program in [witnessmark::args::program(), witnessmark_verifier::args::program()] {
            program.build();
            assert!(!hidden(&program), "{}", program.get_name());
        }
    }
}
