//! `witnessmark acceptances`: what an approver signs, and whether they have.

use std::fmt::Write as _;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow};
use bundle::approval::{FILE_MAX, SignedApproval};
use bundle::limits::PAE_MAX;
use bundle::trust::{Role, Trust};
use declaration::{Plan, PlannedAcceptance};
use model::printable::line;
use model::{Digest, ExitStatus};

use crate::args::{Acceptances, SignAcceptance};
use crate::commands::{approved, keys};
use crate::context::{self, Context};
use crate::failure::{CommandResult, Failure};
use crate::output::{self, Format};
use crate::outputs::{AcceptanceListed, AcceptancesOutput};
use crate::passphrase;

pub fn run(command: Acceptances) -> CommandResult {
    match command {
        Acceptances::List { declaration, trust, printed } => {
            let context = context::usable(&declaration.declaration, crate::clock::now()?)?;
            let trust = keys::read_trust(&trust)?;
            let seen = examine(&context, &context.plan()?, Some(&trust));
            match printed.format {
                Format::Json => {
                    let (entity, system) = context.about();
                    let acceptances = seen.iter().map(Seen::listed).collect();
                    output::json(&AcceptancesOutput { entity, system, acceptances })?;
                }
                Format::Human => output::text(&rendered(&seen))?,
            }
        }
        Acceptances::Text { id, declaration, to_sign, words } => {
            let (context, plan) = unsigned_plan(&declaration.declaration)?;
            let planned = find(&plan, &id)?;
            let approval = approved::approval(&context, &plan, planned)?;
            let text = approval.render().map_err(Failure::tool)?;
            if words {
                output::text(&approved::in_words(&context, &plan, planned, &approval)?)?;
            } else if to_sign {
                // The encoding is a line of ASCII before the text, so it is text itself.
                output::exact(&String::from_utf8_lossy(&SignedApproval::pae(text.as_bytes())))?;
            } else {
                output::exact(&format!("{text}\n"))?;
            }
        }
        Acceptances::Sign(arguments) => sign(&arguments)?,
    }
    Ok(ExitStatus::Success)
}

/// What is known of one acceptance before a run.
#[derive(Debug)]
pub struct Seen {
    pub id: String,
    pub approved_by: String,
    pub expires: String,
    /// `shown` or `claimed`.
    pub approver: &'static str,
    pub because: String,
    /// Whether a signature is declared that shows nothing.
    pub broken: bool,
}

impl Seen {
    fn listed(&self) -> AcceptanceListed<'_> {
        AcceptanceListed {
            id: &self.id,
            approved_by: &self.approved_by,
            expires: &self.expires,
            approver: self.approver,
            because: &self.because,
        }
    }
}

/// Every acceptance of the plan, and whether its approver is shown. Without a trust file only what was signed is compared.
pub fn examine(context: &Context, plan: &Plan, trust: Option<&Trust>) -> Vec<Seen> {
    plan.acceptances
        .iter()
        .map(|planned| {
            let (shown, because) = match state(context, plan, planned, trust) {
                Ok(key) => (true, key),
                Err(why) => (false, why),
            };
            Seen {
                id: planned.id.clone(),
                approved_by: planned.approved_by.clone(),
                expires: planned.expires.to_string(),
                approver: if shown { "shown" } else { "claimed" },
                because,
                broken: !shown && planned.signature.is_some(),
            }
        })
        .collect()
}

/// By which key it is signed, or why no one is shown.
fn state(context: &Context, plan: &Plan, planned: &PlannedAcceptance, trust: Option<&Trust>) -> Result<String, String> {
    let path = planned.signature.as_ref().ok_or("no signature is declared")?;
    let attached = context.attached.iter().find(|(attached, _)| attached == path);
    let (_, bytes) = attached.ok_or_else(|| format!("`{path}` was not read"))?;
    let (signed, said) = SignedApproval::parse(bytes).map_err(|error| format!("`{path}`: {error}"))?;
    let today = approved::approval(context, plan, planned)
        .map_err(|failure| format!("what it would cover today cannot be said: {}", failure.in_short()))?;
    approved::covers(&said, &today).map_err(|why| format!("the text that `{path}` signs {why}"))?;
    let Some(trust) = trust else {
        return Ok("the declared text is signed; the signer was not checked".to_owned());
    };
    match signer(trust, &SignedApproval::pae(&signed.payload), &signed.signature) {
        Some((id, "approve")) => Ok(format!("signed by key {id}, trusted to approve")),
        Some((id, role)) => Err(format!("`{path}` is signed by key {id}, whose role is `{role}`: a key has one role")),
        None => Err(format!("`{path}` is signed by no key that the trust file names in the role `approve`")),
    }
}

/// The key of a trust file that signed this, and its role.
fn signer<'t>(trust: &'t Trust, pae: &[u8], signature: &[u8; 64]) -> Option<(Digest, &'t str)> {
    let keys = trust.keys.iter().map(|key| (key.spki.0, key.role.as_str()));
    let (key, role) = keys
        .chain([(trust.ledger.spki.0, "ledger")])
        .find(|(key, _)| verify::ed25519::verify(key.as_bytes(), pae, signature))?;
    Some((key.id(), role))
}

/// The plan of a declaration whose signatures may not exist yet: everything else that is wrong with it is an error.
fn unsigned_plan(declaration: &Path) -> Result<(Context, Plan), Failure> {
    let context = context::examine(declaration, crate::clock::now()?)?.context;
    let plan = context.plan()?;
    Ok((context, plan))
}

fn find<'p>(plan: &'p Plan, id: &str) -> Result<&'p PlannedAcceptance, Failure> {
    plan.acceptances.iter().find(|planned| planned.id == id).ok_or_else(|| {
        let known: Vec<&str> = plan.acceptances.iter().map(|planned| planned.id.as_str()).collect();
        let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
        Failure::input(anyhow!("the declaration has no acceptance `{id}`")).with_help(format!("it has: {known}"))
    })
}

/// Signs with a key file, or takes a signature made elsewhere, and writes the file that the declaration names.
fn sign(arguments: &SignAcceptance) -> Result<(), Failure> {
    let declaration = &arguments.declaration.declaration;
    let (context, plan) = unsigned_plan(declaration)?;
    let planned = find(&plan, &arguments.id)?;
    let approval = approved::approval(&context, &plan, planned)?;
    let text = approval.render().map_err(Failure::tool)?;
    let Some(path) = &planned.signature else {
        return Err(Failure::input(anyhow!("acceptance `{}` names no `signature`", planned.id))
            .with_help(format!("say where to keep it: `signature: acceptances/{}.sig`", planned.id)));
    };
    let pae = SignedApproval::pae(text.as_bytes());
    // Before anybody is asked for a passphrase.
    let unsigned = SignedApproval { payload: text.into_bytes(), signature: [0; 64] };
    let size = (unsigned.render().len() as u64).saturating_add(1);
    if size > FILE_MAX {
        return Err(Failure::input(anyhow!(
            "the signed words of acceptance `{}` would have {size} bytes, and a verifier reads {FILE_MAX}",
            planned.id
        ))
        .with_help("shorten its `reason`: what it rests on may stand in a document that it names"));
    }
    if arguments.signature.is_none() && pae.len() >= PAE_MAX {
        return Err(Failure::input(anyhow!(
            "the words of acceptance `{}` have {} bytes, and a key of this program signs fewer than {PAE_MAX}",
            planned.id,
            pae.len()
        ))
        .with_help("shorten its `reason`, or sign what `witnessmark acceptances text --to-sign` prints with another program and name the result with `--signature`"));
    }
    output::text(&approved::in_words(&context, &plan, planned, &approval)?)?;
    let signature = match (&arguments.key, &arguments.signature) {
        (_, Some(file)) => made_elsewhere(file)?,
        (Some(key), None) => {
            let ask = || passphrase::ask(arguments.passphrase_file.as_deref());
            keys::open_asking(key, ask)?.sign(&pae).map_err(Failure::tool)?
        }
        (None, None) => return Err(Failure::input(anyhow!("neither `--key` nor `--signature` is given"))),
    };
    let unchecked = no_other_role(&arguments.trust, &pae, &signature)?;
    let signed = SignedApproval { signature, ..unsigned };
    let target = folder_of(declaration).join(path);
    if let Some(folder) = target.parent() {
        std::fs::create_dir_all(folder)
            .with_context(|| format!("cannot create the folder `{}`", folder.display()))
            .map_err(Failure::input)?;
    }
    let mut options = OpenOptions::new();
    options.write(true).mode(0o644);
    // An approval is replaced by a later one of the same acceptance; which words were signed before is in earlier bundles.
    options.create(true).truncate(true);
    options
        .open(&target)
        .and_then(|mut file| file.write_all(format!("{}\n", signed.render()).as_bytes()).and_then(|()| file.sync_all()))
        .with_context(|| format!("cannot write `{}`", target.display()))
        .map_err(Failure::input)?;
    output::text(&format!("\nSigned acceptance {} into {}.\n{unchecked}", planned.id, target.display()))
}

/// Refuses a key that the trust file names for something else: who collects evidence, or keeps the ledger, does not approve. An approver may
/// sign where there is no trust file; then that is said.
fn no_other_role(file: &Path, pae: &[u8], signature: &[u8; 64]) -> Result<String, Failure> {
    if !file.exists() {
        let file = file.display();
        return Ok(format!(
            "There is no trust file `{file}` here: whether this key has another role was not looked up.\n"
        ));
    }
    match signer(&keys::read_trust(file)?, pae, signature) {
        Some((id, role)) if role != Role::Approve.as_str() => {
            Err(Failure::input(anyhow!("key {id} has the role `{role}` in `{}`: a key has one role", file.display()))
                .with_help("`witnessmark keys approver` creates a key for the person who approves"))
        }
        _ => Ok(String::new()),
    }
}

fn folder_of(declaration: &Path) -> PathBuf {
    declaration.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new(".")).to_owned()
}

/// 64 bytes, as `openssl pkeyutl -sign -rawin` writes them.
fn made_elsewhere(file: &Path) -> Result<[u8; 64], Failure> {
    let bytes =
        std::fs::read(file).with_context(|| format!("cannot read `{}`", file.display())).map_err(Failure::input)?;
    let length = bytes.len();
    bytes.try_into().map_err(|_| {
        Failure::input(anyhow!("`{}` has {length} bytes, an Ed25519 signature has 64", file.display()))
            .with_help("`openssl pkeyutl -sign -rawin -inkey KEY -in TO-SIGN -out FILE` writes one")
    })
}

fn rendered(seen: &[Seen]) -> String {
    let mut text = String::new();
    for one in seen {
        let by = line(&one.approved_by);
        writeln!(text, "{}  {by} until {}, approver {}", one.id, one.expires, one.approver).ok();
        writeln!(text, "    {}", line(&one.because)).ok();
    }
    if seen.is_empty() {
        text.push_str("The declaration accepts nothing.\n");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_declared_begins_no_line() {
        let one = Seen {
            id: "ACC-1".to_owned(),
            approved_by: "CISO\n::error::forged".to_owned(),
            expires: "2027-01-01".to_owned(),
            approver: "claimed",
            because: "`a\nACC-2` was not read".to_owned(),
            broken: false,
        };
        assert_eq!(
            rendered(&[one]),
            "ACC-1  CISO\u{fffd}\u{fffd}:error::forged until 2027-01-01, approver claimed\n    `a\u{fffd}ACC-2` was not read\n"
        );
    }
}
