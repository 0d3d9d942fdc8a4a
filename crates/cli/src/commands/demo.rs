//! `witnessmark demo`: the whole way, offline, with the real collectors on recorded answers.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};

use agent::collect::Silent;
use agent::run::Ran;
use anyhow::{Context as _, anyhow};
use bundle::read::TarSource;
use bundle::trust::Trust;
use demo::{DAYS, DECLARATION, Day, RECORDS};
use history::{Drifted, Past};
use model::record::{ClockSource, Override, Purpose};
use model::{ExitStatus, Outcome as Judgement, Secret, Timestamp};
use report::Overview;
use sdk::{Clock, StaticCredentials};
use store::{HeadFile, Place};
use tokio::runtime::Runtime;
use verify::{Demands, Unobserved};

use crate::args::Demo;
use crate::commands::run::{Making, make, run_id, runtime, sdk_environment};
use crate::commands::{drift, keys, ledger};
use crate::context;
use crate::failure::{CommandResult, Failure};
use crate::output;
use crate::stores;

/// The demonstration's keys guard nothing; whoever tries it must be able to go on with them.
const PASSPHRASE: &str = "demo";

/// What the demonstration works with.
struct Stage {
    folder: PathBuf,
    declaration: PathBuf,
    opened: keys::Opened,
    place: Place,
    replay: demo::Replay,
    runtime: Runtime,
}

pub fn run(arguments: &Demo, quiet: bool) -> CommandResult {
    let stage = set_up(arguments.dir.as_deref())?;
    say(quiet, &intro(&stage))?;
    for (number, day) in DAYS.iter().enumerate() {
        let (ran, overview) = one_day(&stage, day, number)?;
        let past =
            Past { store: &*stage.place.store, trust: &stage.opened.trust, rehearsals: ran.verified.rehearsals() };
        let drifted = drift::of_bundle(&past, ran.sealed.index)?;
        say(quiet, &rendered(day, number, &ran, &overview, drifted.as_ref()))?;
    }
    let mut text = String::from("An auditor verifies, knowing only trust.json:\n");
    let mut tars = Vec::new();
    for index in 0..DAYS.len() as u64 {
        let tar = export(&stage, index)?;
        let accepted = verdict(&fs::read(&tar).map_err(Failure::tool)?, &stage.opened.trust);
        writeln!(text, "  {}  {accepted}", name_of(&tar)).ok();
        if !accepted.starts_with("accepted") {
            return Err(Failure::tool(anyhow!("bundle {index} of the demonstration is not accepted: {accepted}")));
        }
        tars.push(tar);
    }
    text.push_str(&altered(&stage, tars.get(1).map(PathBuf::as_path))?);
    text.push_str(&closing(&stage));
    output::text(&text)?;
    Ok(ExitStatus::Success)
}

fn set_up(dir: Option<&Path>) -> Result<Stage, Failure> {
    let folder = match dir {
        Some(dir) => {
            fs::create_dir_all(dir)
                .with_context(|| format!("cannot create `{}`", dir.display()))
                .map_err(Failure::input)?;
            let mut entries = fs::read_dir(dir).map_err(|e| Failure::input(anyhow!(e)))?;
            if entries.next().is_some() {
                return Err(Failure::input(anyhow!("`{}` is not empty", dir.display())).with_help("name a new folder"));
            }
            dir.to_owned()
        }
        None => tempfile::Builder::new()
            .prefix("witnessmark-demo-")
            .tempdir()
            .map_err(|e| Failure::tool(anyhow!(e).context("cannot create a temporary folder")))?
            .keep(),
    };
    let declaration = folder.join("witnessmark.yaml");
    write_new(&declaration, DECLARATION.as_bytes())
        .with_context(|| format!("cannot write `{}`", declaration.display()))
        .map_err(Failure::input)?;
    for (path, text) in RECORDS {
        let path = folder.join(path);
        let made = path.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| write_new(&path, text.as_bytes()));
        made.with_context(|| format!("cannot write `{}`", path.display())).map_err(Failure::input)?;
    }
    let passphrase = Secret::new(PASSPHRASE.to_owned());
    let key_folder = folder.join("keys");
    keys::create(&key_folder, "northbank.example/hot-wallet", keys::Holders::default(), &passphrase)?;
    let opened = keys::open_with(&key_folder, &passphrase)?;
    let evidence = folder.join("evidence");
    ledger::init(&evidence, &opened)?;
    let place = stores::open(&evidence)?;
    let runtime = runtime()?;
    let [first, ..] = &DAYS;
    // One for all days: another port would be another way to the targets.
    let replay = runtime
        .block_on(demo::serve(first.tape().map_err(Failure::tool)?))
        .map_err(|e| Failure::tool(anyhow!(e).context("cannot listen on 127.0.0.1")))?;
    Ok(Stage { folder, declaration, opened, place, replay, runtime })
}

/// Replays one recorded day through the real collectors, and seals it.
fn one_day(stage: &Stage, day: &Day, number: usize) -> Result<(Ran, Overview), Failure> {
    let now = moment(number)?;
    let risk = stage.folder.join("risk.yaml");
    if number > 0 {
        fs::remove_file(&risk).map_err(|e| Failure::tool(anyhow!(e).context("cannot replace `risk.yaml`")))?;
    }
    write_new(&risk, day.risk().as_bytes())
        .map_err(|e| Failure::tool(anyhow!(e).context("cannot write `risk.yaml`")))?;
    let context = context::usable(&stage.declaration, now)?;
    stage.replay.put(day.tape().map_err(Failure::tool)?);
    let deadline = Timestamp::from_millis(now.as_millis() + 600_000).map_err(Failure::tool)?;
    let mut environment = sdk_environment(&run_id(now)?, deadline, 16)?;
    environment.clock = Clock::new(move || now);
    environment.overrides.endpoint_url = Some(stage.replay.url());
    environment.overrides.credentials = Some(StaticCredentials {
        access_key_id: "demonstration".to_owned(),
        secret_access_key: Secret::new("no secret at all".to_owned()),
    });
    environment.overrides.token = Some(Secret::new("no token at all".to_owned()));
    let made = make(
        Making {
            context: &context,
            opened: &stage.opened,
            place: &stage.place,
            environment,
            only: &[],
            clock: ClockSource::Set,
            overrides: vec![Override::Clock, Override::Endpoint, Override::Replay],
            purpose: Purpose::Readiness,
            // Whoever judged the first two days asked for the third.
            challenge: (number == 2).then(|| "n-7431".to_owned()),
            despite_clock: false,
            replayed: Some(day.name),
            progress: &Silent,
        },
        &stage.runtime,
    )?;
    let unmatched = stage.replay.unmatched();
    if unmatched.is_empty() {
        Ok(made)
    } else {
        Err(Failure::tool(anyhow!("the recording of {} has no answer to: {}", day.name, unmatched.join("; "))))
    }
}

/// The moment of a day: the days follow each other from the recording on.
fn moment(number: usize) -> Result<Timestamp, Failure> {
    let recorded = Timestamp::from_rfc3339(demo::RECORDED_AT.trim()).map_err(Failure::tool)?;
    let days = i64::try_from(number).unwrap_or(0);
    Timestamp::from_millis(recorded.as_millis() + days * 86_400_000).map_err(Failure::tool)
}

fn write_new(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    fs::File::create_new(path)?.write_all(bytes)
}

fn export(stage: &Stage, index: u64) -> Result<PathBuf, Failure> {
    let tar = stage.folder.join(format!("bundle-{index}.tar"));
    let file = fs::File::create_new(&tar)
        .map_err(|e| Failure::tool(anyhow!(e).context(format!("cannot create `{}`", tar.display()))))?;
    let memory = HeadFile::new(&stage.opened.head);
    let mut out = agent::seal::export(
        &*stage.place.store,
        &memory,
        &stage.opened.trust,
        index,
        agent::seal::Beside::default(),
        BufWriter::new(file),
    )
    .map_err(Failure::tool)?;
    out.flush().map_err(|e| Failure::tool(anyhow!(e)))?;
    Ok(tar)
}

/// What the verifier says of a tar, in one line.
fn verdict(tar: &[u8], trust: &Trust) -> String {
    let mut source = TarSource::new(tar, "bundle.tar");
    let demands = Demands { allow_rehearsal: true, ..Demands::of_evidence(trust) };
    let verdict = verify::verify(&mut source, &demands, &mut Unobserved);
    match verdict.bundle {
        Some(bundle) => {
            format!("accepted, level {} ({}), as the rehearsal it is", bundle.level(), bundle.level().name())
        }
        None => {
            let why = verdict.report.problems.first().map(|p| p.message.clone()).unwrap_or_default();
            format!("REFUSED, exit code {}: {why}", verdict.report.exit_code)
        }
    }
}

/// Makes a copy in which the intruder's name is another, and shows that it is refused.
fn altered(stage: &Stage, tar: Option<&Path>) -> Result<String, Failure> {
    let tar = tar.ok_or_else(|| Failure::tool(anyhow!("the demonstration exported no second bundle")))?;
    let mut bytes = fs::read(tar).map_err(|e| Failure::tool(anyhow!(e)))?;
    let (from, to) = (b"m.visitor", b"a.officer");
    let at = bytes
        .windows(from.len())
        .position(|window| window == from)
        .ok_or_else(|| Failure::tool(anyhow!("`{}` does not name the intruder", tar.display())))?;
    if let Some(place) = bytes.get_mut(at..at + to.len()) {
        place.copy_from_slice(to);
    }
    let copy = stage.folder.join("bundle-1-altered.tar");
    write_new(&copy, &bytes).map_err(|e| Failure::tool(anyhow!(e)))?;
    let verdict = verdict(&bytes, &stage.opened.trust);
    if verdict.starts_with("accepted") {
        return Err(Failure::tool(anyhow!("the altered copy was accepted")));
    }
    Ok(format!("\nSomeone alters a copy: m.visitor becomes a.officer, once.\n  {}  {verdict}\n", name_of(&copy)))
}

fn intro(stage: &Stage) -> String {
    format!(
        "Northbank Custody Ltd signs withdrawals with keys in AWS KMS and on an HSM token. The signer runs in a Kubernetes cluster, its\n\
         code is on GitHub. One declaration says how all of that is guarded. Three recorded days follow, read by the real\n\
         collectors without any network; the token needs its vendor's module, so what its collector recorded is replayed.\n\
         Everything is in {}/\n\n",
        stage.folder.display()
    )
}

fn rendered(day: &Day, number: usize, ran: &Ran, overview: &Overview, drifted: Option<&Drifted>) -> String {
    let c = &overview.counts;
    let mut text = format!(
        "Day {}, {}: bundle {}, exit code {}\n",
        number + 1,
        day.title,
        ran.sealed.index,
        ran.verdict.exit_status()
    );
    writeln!(
        text,
        "  read {} exchanges; {} findings conform, {} deviate ({} accepted), {} undetermined, {} not applicable; {} gaps",
        overview.exchanges, c.conforms, c.deviates, c.accepted, c.undetermined, c.not_applicable, overview.gaps_in_all
    )
    .ok();
    if let Some(Drifted { drift, since, .. }) = drifted {
        let causes: Vec<String> =
            drift.by_cause.iter().map(|(cause, count)| format!("{} {count}", cause.as_str())).collect();
        writeln!(
            text,
            "  since bundle {}: {} differences, {} cannot be compared; causes: {}",
            since.statement().predicate.chain.index,
            drift.changed(),
            drift.incomparable(),
            causes.join(", ")
        )
        .ok();
    }
    for finding in overview.findings.iter().filter(|f| f.value.outcome == Judgement::Deviates) {
        let subject = finding
            .value
            .subject
            .as_ref()
            .map_or(finding.value.target.as_str(), |s| s.id.rsplit(':').next().unwrap_or_default());
        let accepted =
            finding.value.acceptance.map(|at| format!("  (accepted: {})", report::acceptance_name(&ran.verified, at)));
        let accepted = accepted.unwrap_or_default();
        writeln!(text, "  deviates      {:<38} {subject}{accepted}", finding.value.check).ok();
    }
    let unknown: Vec<_> = overview.findings.iter().filter(|f| f.value.outcome == Judgement::Undetermined).collect();
    for finding in unknown.iter().take(2) {
        writeln!(
            text,
            "  undetermined  {:<38} {}",
            finding.value.check,
            finding.value.reason.as_deref().unwrap_or_default()
        )
        .ok();
    }
    if unknown.len() > 2 {
        writeln!(text, "  undetermined  … and {} more", unknown.len() - 2).ok();
    }
    let mut unread: BTreeMap<String, u64> = BTreeMap::new();
    for group in &overview.gaps {
        let right = group.right.as_deref().map(|right| format!(": {right}")).unwrap_or_default();
        *unread.entry(format!("{}{right}", report::gap_words(group.reason))).or_default() += group.count;
    }
    for (what, count) in unread {
        writeln!(text, "  not read      {count} × {what}").ok();
    }
    text.push('\n');
    text
}

fn closing(stage: &Stage) -> String {
    let folder = stage.folder.display();
    format!(
        "\nWhat you saw: every run, good or bad, leaves one sealed bundle, chained to those before it. What deviates is shown with the\n\
         place that proves it. What could not be read is not clean: it is undetermined, with the denied call beside it. Anyone who has\n\
         trust.json can detect a single altered byte, even without this program (docs/auditor-guide.md).\n\n\
         Try next:\n\
         \x20 witnessmark show --store {folder}/evidence --trust {folder}/keys/trust.json\n\
         \x20 witnessmark-verify {folder}/bundle-1.tar --trust {folder}/keys/trust.json --allow-rehearsal\n\
         \x20 witnessmark validate -d {folder}/witnessmark.yaml\n\n\
         (from a checkout: `cargo run -- show …`, `cargo run -p witnessmark-verifier -- …`; the passphrase of the keys is `{PASSPHRASE}`)\n"
    )
}

fn say(quiet: bool, text: &str) -> Result<(), Failure> {
    if quiet { Ok(()) } else { output::text(text) }
}

fn name_of(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}
