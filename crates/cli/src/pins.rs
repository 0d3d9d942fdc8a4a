//! PINs that a person gives for one run: at the terminal, or through an open file descriptor. Never on the command line, where every
//! user of the machine could read them.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read as _;

use anyhow::anyhow;
use declaration::Plan;
use model::Secret;

use crate::failure::Failure;
use crate::passphrase;

const MOST_BYTES: usize = 1024;

/// Asks for the PINs of `prompts` and reads those of `descriptors` (`target=3`).
///
/// # Errors
/// When a target takes no PIN or is named twice, or there is no one to ask or nothing to read.
pub fn given(plan: &Plan, prompts: &[String], descriptors: &[String]) -> Result<BTreeMap<String, Secret>, Failure> {
    let mut pins = BTreeMap::new();
    for (target, number) in split(descriptors)? {
        takes_one(plan, target, &pins)?;
        pins.insert(target.to_owned(), read(target, number)?);
    }
    for target in prompts {
        takes_one(plan, target, &pins)?;
        let pin = passphrase::prompt(
            &format!("PIN of the token of `{target}` (it can sign; it is kept for this run only): "),
            "the PIN of a token is needed, and there is no terminal to prompt on",
            "pass it through a descriptor: `--pin-descriptor TARGET=3 3<FILE`",
        )?;
        pins.insert(target.clone(), usable(target, pin)?);
    }
    Ok(pins)
}

fn split(descriptors: &[String]) -> Result<Vec<(&str, u32)>, Failure> {
    let parse = |given: &'_ String| -> Option<(usize, u32)> {
        let at = given.rfind('=')?;
        Some((at, given.get(at + 1..)?.parse().ok()?))
    };
    descriptors
        .iter()
        .map(|given| match parse(given) {
            Some((at, number)) if number > 2 => Ok((given.get(..at).unwrap_or_default(), number)),
            _ => Err(Failure::input(anyhow!(
                "`--pin-descriptor {given}` is not `TARGET=NUMBER` with a number of 3 or more"
            ))
            .with_help("0, 1 and 2 are this program's own input and output")),
        })
        .collect()
}

fn takes_one(plan: &Plan, target: &str, pins: &BTreeMap<String, Secret>) -> Result<(), Failure> {
    let Some(planned) = plan.target(target) else {
        return Err(Failure::input(anyhow!("a PIN is given for `{target}`, but the declaration has no such target")));
    };
    // A program of someone else's is never given one.
    let takes_pin = |name: &str| collectors::find(name).is_some_and(|kind| kind.takes_pin());
    if !planned.collectors.iter().any(|collector| takes_pin(&collector.name)) {
        return Err(Failure::input(anyhow!("a PIN is given for `{target}`, but none of its collectors takes one")));
    }
    if pins.contains_key(target) {
        return Err(Failure::input(anyhow!("two PINs are given for `{target}`")));
    }
    Ok(())
}

fn read(target: &str, number: u32) -> Result<Secret, Failure> {
    let mut text = String::new();
    File::open(format!("/dev/fd/{number}"))
        .and_then(|file| file.take(MOST_BYTES as u64 + 2).read_to_string(&mut text))
        .map_err(|error| {
            Failure::input(
                anyhow!(error).context(format!("cannot read the PIN of `{target}` from descriptor {number}")),
            )
        })?;
    if text.ends_with('\n') {
        text.pop();
    }
    usable(target, Secret::new(text))
}

/// An empty PIN is a try that is lost, and so is a part of one.
fn usable(target: &str, pin: Secret) -> Result<Secret, Failure> {
    if pin.expose().len() > MOST_BYTES {
        return Err(Failure::input(anyhow!(
            "the PIN given for `{target}` has more than {MOST_BYTES} bytes: no login is tried with a part of it"
        )));
    }
    if pin.expose().is_empty() {
        return Err(Failure::input(anyhow!("the PIN given for `{target}` is empty: no login is attempted")));
    }
    Ok(pin)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pin_is_taken_whole_or_not_at_all() {
        for (size, taken) in [(0, false), (1, true), (1024, true), (1025, false)] {
            assert_eq!(usable("vault", Secret::new("7".repeat(size))).is_ok(), taken, "{size}");
        }
    }

    #[test]
    fn descriptors_are_of_a_target() {
        let split = |text: &str| split(&[text.to_owned()]).map(|found| (found[0].0.to_owned(), found[0].1)).ok();
        assert_eq!(split("vault-hsm=3"), Some(("vault-hsm".to_owned(), 3)));
        for wrong in ["vault-hsm", "vault-hsm=", "vault-hsm=x", "vault-hsm=0", "vault-hsm=-1"] {
            assert_eq!(split(wrong), None, "{wrong}");
        }
    }
}
