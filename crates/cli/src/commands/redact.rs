//! `witnessmark redact`: a copy of a bundle that says less, signed by whoever withholds, and verified before it is handed out.

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io::{BufWriter, Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use agent::redact::{Chooser, Cut, Effect, measure};
use agent::seal::{self, Less};
use anyhow::{Context as _, anyhow};
use bundle::redact::Redaction;
use bundle::sigstore::{CounterSigned, Envelope};
use bundle::statement::{StatementError, pae};
use bundle::trust::{Role, Trust};
use declaration::{RedactionPlan, RulePart, Selector, WithholdRule, WrittenRule, read_redaction_plan};
use model::{ExitStatus, RecordRef};
use report::Basis;
use store::HeadFile;
use verify::{Approver, Report, Unobserved, VerifiedBundle};

use crate::args::{Format, Redact, RuleArguments};
use crate::bundles::Bundle;
use crate::commands::redact_text::{self, Asked, Written};
use crate::commands::{keys, ledger};
use crate::failure::{CommandResult, Failure};
use crate::outputs::{CopyOutput, RedactOutput, TurnedOutput, WithheldOutput};
use crate::{clock, context, output, passphrase, summary};

pub fn run(arguments: &Redact) -> CommandResult {
    let mut plan = Planned::read(arguments)?;
    let trust_file = arguments.keys.keys.join(keys::TRUST);
    let trust = keys::read_trust(&trust_file)?;
    let key = arguments.key.clone().unwrap_or_else(|| arguments.keys.keys.join(keys::REDACTOR));
    if !arguments.dry_run {
        // Nobody types a passphrase, or waits for a large bundle, to learn of these.
        free(arguments.out.as_deref())?;
        there(&key)?;
    }
    let bundle = Bundle::named(&arguments.bundle)?;

    let rules = plan.rules();
    let mut chooser = Chooser::new(&rules);
    let (verified, _) = summary::verified(&bundle, &trust, &mut chooser)?;
    let choice = chooser.finish();
    plan.all_match(&choice.unmatched(), &bundle)?;
    let statement = verified.statement();
    let (cut, effect) = measure(choice, bundle.open()?.as_mut(), statement)
        .with_context(|| format!("cannot read the bundle `{}` once more", bundle.name()))
        .map_err(Failure::tool)?;
    let shown = approvers_shown(&verified);
    let may_turn = shown.len();
    let asked = Asked { bundle: statement, effect: &effect, withheld: &cut.redacted.withheld, may_turn };
    // Whoever signs is known later, and does not change whether it can be signed.
    let unsigned = redaction(&verified, &cut, &statement.predicate.entity)?;
    rendered(&unsigned)?;
    let Some(out) = arguments.out.as_deref().filter(|_| !arguments.dry_run) else {
        say(arguments, &verified, &asked, None)?;
        return Ok(ExitStatus::Success);
    };

    let signer = keys::open_asking(&key, || passphrase::ask(arguments.keys.passphrase_file.as_deref()))?;
    let by = signs_for(&trust, &*signer, &key)?;
    let redaction = Redaction { by: by.unwrap_or_else(|| statement.predicate.entity.clone()), ..unsigned };
    let signed = rendered(&redaction)?;
    let signature = signer.sign(&pae(&signed)).map_err(Failure::tool)?;
    let envelope = Envelope { statement: signed, signature };
    let file = CounterSigned { envelope, signer_id: keys::public(&*signer)?.id() }.render();

    let less = Less { cut: &cut, statement, redaction: file.as_bytes() };
    write(arguments, &trust, &bundle, less, out)?;
    let (copy, report) = proven(out, &trust, &verified, &effect).inspect_err(|_| {
        // What does not verify is handed to nobody.
        fs::remove_file(out).ok();
    })?;
    let turned = shown.difference(&approvers_shown(&copy)).count();
    let told = redact_text::Written { out, trust: &trust_file, redaction: &redaction, report: &report, turned };
    say(arguments, &verified, &asked, Some(&told))?;
    Ok(ExitStatus::Success)
}

/// Says what was done; with nothing written, what would be.
fn say(
    arguments: &Redact,
    of: &VerifiedBundle,
    asked: &Asked<'_>,
    written: Option<&Written<'_>>,
) -> Result<(), Failure> {
    if arguments.printed.format == Format::Human {
        let text = written.map_or_else(|| redact_text::dry_run(asked), |written| redact_text::written(asked, written));
        return output::text(&text);
    }
    let records = &asked.bundle.predicate.records;
    let withheld = asked.withheld.iter().map(|one| WithheldOutput {
        kind: one.t,
        count: one.count,
        of: records.count_of(one.t),
        reason: &one.reason,
    });
    let copy = written.map(|written| CopyOutput {
        file: written.out.display().to_string(),
        by: &written.redaction.by,
        made: written.redaction.made,
        records_sha256: written.redaction.records_sha256,
        level: written.report.level,
    });
    output::json(&RedactOutput {
        from: &Basis::of(of, Vec::new(), asked.effect.word.withheld_before),
        copy,
        withheld: withheld.collect(),
        effect: asked.effect,
        approvers: TurnedOutput {
            shown: asked.may_turn,
            shown_by: asked.shown_by(),
            claimed: written.map(|written| written.turned),
        },
    })
}

/// Rules, and where they come from.
enum Planned {
    Plan(PathBuf, RedactionPlan),
    Options(WithholdRule),
}

impl Planned {
    fn read(arguments: &Redact) -> Result<Self, Failure> {
        let Some(file) = &arguments.plan else {
            let reason = arguments.reason.clone().unwrap_or_default();
            return WithholdRule::read(&written(&arguments.rule, reason)).map(Self::Options).map_err(|faults| {
                let all: Vec<String> = faults.iter().map(|f| format!("{}{}", option(f.part), f.message)).collect();
                let help = faults.into_iter().find_map(|fault| fault.help);
                Failure::input(anyhow!("{}", all.join("; "))).with_help_if(help)
            });
        };
        let mut bytes = Vec::new();
        // One byte more than it may have says that it is too long.
        let most = diagnose::yaml::MAX_FILE as u64 + 1;
        File::open(file)
            .and_then(|opened| opened.take(most).read_to_end(&mut bytes))
            .with_context(|| format!("cannot read `{}`", file.display()))
            .map_err(|e| Failure::input(e).with_help("`witnessmark redact --help` shows what a plan looks like"))?;
        let plan = read_redaction_plan(&file.display().to_string(), &bytes);
        if plan.has_errors() {
            return Err(unusable(&plan, file, "cannot be used", "correct what is shown above; nothing is withheld"));
        }
        Ok(Self::Plan(file.clone(), plan))
    }

    fn rules(&self) -> Vec<WithholdRule> {
        match self {
            Self::Plan(_, plan) => plan.rules.iter().map(|one| one.rule.clone()).collect(),
            Self::Options(rule) => vec![rule.clone()],
        }
    }

    /// A rule about nothing was meant to be about something.
    fn all_match(&mut self, unmatched: &[usize], bundle: &Bundle) -> Result<(), Failure> {
        const HELP: &str = "`witnessmark show` lists what there is; nothing is written, so that nothing is shown that was meant to be withheld";
        if unmatched.is_empty() {
            return Ok(());
        }
        match self {
            Self::Options(_) => {
                Err(Failure::input(anyhow!("`{}` has no record that these options are about", bundle.name()))
                    .with_help(HELP))
            }
            Self::Plan(file, plan) => {
                let places: Vec<_> = unmatched.iter().filter_map(|at| plan.rules.get(*at)).map(|one| one.at).collect();
                for at in places {
                    plan.fault(at, format!("`{}` has no record that this rule is about", bundle.name()), HELP);
                }
                Err(unusable(
                    plan,
                    file,
                    "does not fit this bundle",
                    "correct or remove the rules that are shown above",
                ))
            }
        }
    }
}

fn unusable(plan: &RedactionPlan, file: &Path, what: &str, help: &str) -> Failure {
    let text = plan.render(context::colour());
    anstream::eprint!("{text}");
    Failure::input(anyhow!("the plan `{}` {what}", file.display())).with_help(help)
}

/// The rule that the options say.
fn written(options: &RuleArguments, reason: String) -> WrittenRule {
    let patterns = |selector| match selector {
        Selector::Target => &options.target,
        Selector::Collector => &options.collector,
        Selector::Operation => &options.operation,
        Selector::Kind => &options.kind,
        Selector::Subject => &options.subject,
        Selector::Id => &options.id,
        Selector::Control => &options.control,
        Selector::Check => &options.check,
        Selector::Path => &options.path,
        Selector::Reference => &options.reference,
    };
    WrittenRule {
        records: (!options.records.is_empty()).then(|| options.records.clone()),
        selectors: Selector::ALL
            .into_iter()
            .map(|selector| (selector, patterns(selector).clone()))
            .filter(|(_, patterns)| !patterns.is_empty())
            .collect(),
        answers: options.answers,
        reason,
    }
}

fn option(part: RulePart) -> String {
    match part {
        RulePart::Whole => String::new(),
        RulePart::Records(_) => "`--records`: ".to_owned(),
        RulePart::Selector(selector, _) => format!("`--{}`: ", selector.key()),
        RulePart::Answers => "`--answers`: ".to_owned(),
        RulePart::Reason => "`--reason`: ".to_owned(),
    }
}

/// Nothing is ever overwritten.
fn free(out: Option<&Path>) -> Result<(), Failure> {
    match out {
        Some(out) if out.symlink_metadata().is_ok() => {
            Err(Failure::input(anyhow!("`{}` is there already", out.display()))
                .with_help("name a file that does not exist"))
        }
        _ => Ok(()),
    }
}

fn there(key: &Path) -> Result<(), Failure> {
    if key.symlink_metadata().is_ok() {
        return Ok(());
    }
    let shown = key.display();
    Err(Failure::input(anyhow!("there is no key file `{shown}` to sign for what is withheld")).with_help(format!(
        "make one with `witnessmark keys recorder --out {shown}`, and name it in the trust file; `--dry-run` needs none"
    )))
}

/// Whose key it is, where the trust file says so. The format wants one of the role `record`.
fn signs_for(trust: &Trust, signer: &dyn sign::Signer, file: &Path) -> Result<Option<String>, Failure> {
    let public = keys::public(signer)?;
    let named = trust.keys.iter().find(|one| one.role == Role::Record && one.spki.0 == public);
    let Some(named) = named else {
        let other = trust.keys.iter().find(|one| one.spki.0 == public).map(|one| one.role.as_str());
        let problem = match other {
            Some(role) => format!("the trust file names the key `{}` in the role `{role}`", file.display()),
            None => format!("the trust file does not name the key `{}`", file.display()),
        };
        let first = match other {
            Some(_) => "one key has one role: make another one with `witnessmark keys recorder --out FILE`. Then ",
            None => "",
        };
        let public = if other.is_some() { "FILE.pub".to_owned() } else { format!("{}.pub", file.display()) };
        return Err(Failure::input(anyhow!(
            "{problem}, and not in the role `record`: nobody would accept a copy that it signs"
        ))
        .with_help(format!(
            "{first}`witnessmark keys trust --recorder {public} --holder NAME --as entity` adds it; whoever keeps the trust file puts the result in its place, and hands it to the auditor"
        )));
    };
    Ok(named.holder.as_ref().map(|holder| holder.name.clone()))
}

fn redaction(verified: &VerifiedBundle, cut: &Cut, by: &str) -> Result<Redaction, Failure> {
    Ok(Redaction {
        statement_sha256: verified.statement_sha256(),
        records_sha256: cut.redacted.records_sha256,
        by: by.to_owned(),
        made: clock::now()?,
        withheld: cut.redacted.withheld.clone(),
    })
}

fn rendered(redaction: &Redaction) -> Result<Vec<u8>, Failure> {
    redaction.render().map_err(|error| match error {
        StatementError::TooLong { .. } => Failure::input(anyhow!(
            "what is signed of a redaction has fewer than 4096 bytes, and {} pairs of a type and a reason have no room in them",
            redaction.withheld.len()
        ))
        .with_help("give rules the same reason, or shorter ones"),
        other => Failure::tool(other),
    })
}

fn write(arguments: &Redact, trust: &Trust, bundle: &Bundle, less: Less<'_>, out: &Path) -> Result<(), Failure> {
    let file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(out)
        .with_context(|| format!("cannot create `{}`", out.display()))
        .map_err(|e| {
            Failure::input(e).with_help("name a file that does not exist, in a folder that this user may write")
        })?;
    let tar = BufWriter::new(file);
    let written = match bundle {
        Bundle::Stored { store, index } => {
            let head = arguments.keys.head.clone().unwrap_or_else(|| arguments.keys.keys.join(keys::HEAD));
            // What other bundles say of their controls is none of this copy.
            let (ledger, since) = (arguments.with_ledger, arguments.since);
            let beside = seal::Beside { ledger, controls: false, since };
            let memory = HeadFile::new(&head);
            seal::export_less(&**store, &memory, trust, *index, beside, less, tar).map_err(ledger::seal_failure)
        }
        Bundle::At(_) => bundle.open().and_then(|mut source| {
            seal::less(source.as_mut(), &bundle.name(), less, tar).map_err(ledger::seal_failure)
        }),
    };
    written.and_then(|mut tar| tar.flush().and_then(|()| tar.get_ref().sync_all()).map_err(Failure::tool)).inspect_err(
        |_| {
            // Half a tar would be taken for evidence.
            fs::remove_file(out).ok();
        },
    )
}

/// Verifies the copy with what an auditor verifies it with, and that it withholds what was said.
fn proven(
    out: &Path,
    trust: &Trust,
    of: &VerifiedBundle,
    effect: &Effect,
) -> Result<(VerifiedBundle, Report), Failure> {
    let (copy, report) = summary::verified(&Bundle::At(out.to_owned()), trust, &mut Unobserved)?;
    let signed = report.records.as_ref().filter(|records| records.redaction.is_some()).map(|records| records.withheld);
    if copy.statement_sha256() != of.statement_sha256() || signed != Some(effect.withheld) {
        return Err(Failure::tool(anyhow!(
            "`{}` is removed: it does not withhold, signed for, the {} records that it should",
            out.display(),
            effect.withheld
        )));
    }
    // Whoever sees less must not be shown more: what speaks against it would be what is withheld.
    let more: Vec<String> =
        approvers_shown(&copy).difference(&approvers_shown(of)).map(|record| format!("`{record}`")).collect();
    if !more.is_empty() {
        return Err(Failure::input(anyhow!(
            "`{}` is removed: it would show who approved {}, and the bundle that is copied does not, because of what is withheld",
            out.display(),
            more.join(", ")
        ))
        .with_help("withhold these acceptances, too, or show more of the rest"));
    }
    Ok((copy, report))
}

/// The acceptances whose approver is shown.
fn approvers_shown(bundle: &VerifiedBundle) -> BTreeSet<RecordRef> {
    let shown = bundle.acceptances().iter().filter(|one| one.approver == Approver::Shown);
    shown.map(|one| one.record).collect()
}
