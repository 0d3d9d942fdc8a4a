//! A kubeconfig's plugin for credentials, `users[].user.exec`: a program that prints an `ExecCredential`
//! (<https://kubernetes.io/docs/reference/config-api/client-authentication.v1/>). It is run here and not by kube, which waits for it without
//! a limit on the thread that all sources share, runs it twice, and leaves it behind when it hangs.

use std::io::IsTerminal as _;
use std::process::{Output, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderValue;
use kube::config::{AuthInfo, ExecConfig, ExecInteractiveMode};
use rustix::process::{Pid, Signal, kill_process_group};
use sdk::{Clock, CollectError, GapReason, Secret, Timestamp};
use serde::Deserialize;
use serde_json::json;
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::process::Command;
use tokio::sync::Mutex;

/// How long one may take.
const MOST: Duration = Duration::from_secs(60);
/// Bytes of what it prints that are read: a credential is far below that.
const MOST_PRINTED: u64 = 1 << 20;
/// Bytes of its complaint that are repeated.
const MOST_REPEATED: usize = 400;
/// A token that ends within this time is as good as ended.
const ABOUT_TO_END_MILLIS: i64 = 10_000;

/// Why it gave nothing.
#[derive(Clone, Debug)]
pub struct Failure {
    pub reason: GapReason,
    pub detail: String,
}

impl From<Failure> for CollectError {
    fn from(failure: Failure) -> Self {
        match failure.reason {
            GapReason::Unauthenticated => Self::Credentials { problem: failure.detail },
            reason => Self::Refused { reason, right: None, detail: failure.detail, exchange: None },
        }
    }
}

/// Tokens of a plugin: the last one, and another when that ends.
#[derive(Debug)]
pub struct Tokens {
    plugin: ExecConfig,
    last: Mutex<Token>,
    /// The number of the newest token that the server did not take.
    refused: AtomicU64,
}

#[derive(Debug)]
struct Token {
    secret: Secret,
    ends: Option<Timestamp>,
    /// Counted from 1.
    number: u64,
}

#[derive(Deserialize)]
struct PluginAnswer {
    #[serde(rename = "apiVersion")]
    api_version: String,
    kind: String,
    status: Option<Status>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Status {
    expiration_timestamp: Option<String>,
    token: Option<String>,
    client_certificate_data: Option<String>,
    client_key_data: Option<String>,
}

impl Status {
    fn ends(&self, plugin: &ExecConfig) -> Result<Option<Timestamp>, Failure> {
        let parse = |text: &String| {
            Timestamp::from_rfc3339(text)
                .map_err(|_| useless(plugin, "its `expirationTimestamp` is not an RFC 3339 time"))
        };
        self.expiration_timestamp.as_ref().map(parse).transpose()
    }
}

/// Runs a plugin, and puts a certificate that it gave into what is known of the user, where there is none. A token that it gave is given
/// back with the way to the next one.
///
/// # Errors
/// When it cannot be run, fails, does not end in time, or gives nothing that can be used.
pub async fn ask(plugin: &ExecConfig, user: &mut AuthInfo, left: Option<Duration>) -> Result<Option<Tokens>, Failure> {
    let status = status(plugin, left).await?;
    let ends = status.ends(plugin)?;
    match (status.client_certificate_data, status.client_key_data) {
        // One that the kubeconfig gives beside the plugin counts more, as in kubectl.
        (Some(_), Some(_)) if user.client_certificate_data.is_some() => {}
        (Some(certificate), Some(key)) => {
            user.client_certificate_data = Some(STANDARD.encode(certificate));
            user.client_key_data = Some(STANDARD.encode(key).into());
        }
        (None, None) if status.token.is_none() => {
            return Err(useless(plugin, "it gave neither a token nor a certificate"));
        }
        (None, None) => {}
        _ => return Err(useless(plugin, "it gave a certificate without its key, or a key without its certificate")),
    }
    let token = status.token.map(|token| Token { secret: Secret::new(token), ends, number: 1 });
    Ok(token.map(|token| Tokens { plugin: plugin.clone(), last: Mutex::new(token), refused: AtomicU64::new(0) }))
}

impl Tokens {
    /// The value of `Authorization`, and the token's number. Runs the plugin again when the last token has ended, is about to, or was
    /// refused; others wait for that in the meantime.
    ///
    /// # Errors
    /// As [`ask`]; when the new token is none that a header can hold.
    pub async fn authorization(&self, clock: &Clock, left: Option<Duration>) -> Result<(HeaderValue, u64), Failure> {
        let mut last = self.last.lock().await;
        let ends = last.ends.is_some_and(|ends| ends.as_millis() - clock.now().as_millis() < ABOUT_TO_END_MILLIS);
        if ends || self.refused.load(Ordering::Relaxed) >= last.number {
            let status = status(&self.plugin, left).await?;
            let ends = status.ends(&self.plugin)?;
            let token = status.token.ok_or_else(|| useless(&self.plugin, "asked for a second token, it gave none"))?;
            *last = Token { secret: Secret::new(token), ends, number: last.number + 1 };
        }
        let mut value = HeaderValue::try_from(format!("Bearer {}", last.secret.expose()))
            .map_err(|_| useless(&self.plugin, "its token has characters that a request header cannot hold"))?;
        value.set_sensitive(true);
        Ok((value, last.number))
    }

    /// The server did not take this token: it ended before it said that it would, as a token does that is revoked. The next attempt gets
    /// another one, as kubectl's does.
    pub fn refused(&self, number: u64) {
        self.refused.fetch_max(number, Ordering::Relaxed);
    }
}

/// Runs the plugin once.
async fn status(plugin: &ExecConfig, left: Option<Duration>) -> Result<Status, Failure> {
    let output = run(plugin, left.unwrap_or_default().min(MOST)).await?;
    if !output.status.success() {
        return Err(useless(plugin, &format!("it ended with {}{}", output.status, complaint(&output.stderr))));
    }
    // Some print YAML, which kubectl reads too; JSON is YAML.
    let answer: PluginAnswer = serde_saphyr::from_slice(&output.stdout).map_err(|_| {
        useless(plugin, "what it printed is not an ExecCredential with `apiVersion`, `kind` and `status`")
    })?;
    if answer.kind != "ExecCredential"
        || plugin.api_version.as_ref().is_some_and(|wanted| *wanted != answer.api_version)
    {
        return Err(useless(
            plugin,
            "what it printed is not an ExecCredential of the version that the kubeconfig names",
        ));
    }
    answer.status.ok_or_else(|| useless(plugin, "its ExecCredential has no `status`"))
}

async fn run(plugin: &ExecConfig, most: Duration) -> Result<Output, Failure> {
    let attended = std::io::stdin().is_terminal() && plugin.interactive_mode != Some(ExecInteractiveMode::Never);
    if plugin.interactive_mode == Some(ExecInteractiveMode::Always) && !attended {
        return Err(useless(plugin, "it wants to ask a person (`interactiveMode: Always`), and there is no terminal"));
    }
    let program = plugin.command.as_deref().ok_or_else(|| useless(plugin, "the kubeconfig names no `command`"))?;
    let mut command = Command::new(program);
    command.args(plugin.args.iter().flatten()).stdout(Stdio::piped()).kill_on_drop(true);
    for variable in plugin.env.iter().flatten() {
        if let (Some(name), Some(value)) = (variable.get("name"), variable.get("value")) {
            command.env(name, value);
        }
    }
    // What opens our signing keys is none of its business.
    for name in sdk::variable_names().filter(|name| name.to_string_lossy().starts_with("WITNESSMARK_")) {
        command.env_remove(name);
    }
    let mut asked =
        json!({"apiVersion": plugin.api_version, "kind": "ExecCredential", "spec": {"interactive": attended}});
    if let (true, Some(spec)) = (plugin.provide_cluster_info, asked.get_mut("spec")) {
        *spec = json!({"interactive": attended, "cluster": plugin.cluster});
    }
    command.env("KUBERNETES_EXEC_INFO", asked.to_string());
    if attended {
        // In our own group: another would be stopped when it reads from the terminal.
        command.stdin(Stdio::inherit()).stderr(Stdio::inherit());
    } else {
        command.stdin(Stdio::null()).stderr(Stdio::piped()).process_group(0);
    }
    let mut child = command.spawn().map_err(|error| useless(plugin, &format!("it cannot be started: {error}")))?;
    let mut group = Group(child.id().filter(|_| !attended));
    let printed = (child.stdout.take(), child.stderr.take());
    let ended = async {
        let (stdout, stderr) = futures_util::future::join(bounded(printed.0), bounded(printed.1)).await;
        Ok::<_, std::io::Error>(Output { status: child.wait().await?, stdout, stderr })
    };
    let output = tokio::time::timeout(most, ended).await.map_err(|_| Failure {
        reason: GapReason::TimedOut,
        detail: format!("{} did not end within {} s, and was ended", named(plugin), most.as_secs()),
    })?;
    // What it left running on purpose, a cache of sessions for instance, goes on.
    group.0 = None;
    output.map_err(|error| useless(plugin, &error.to_string()))
}

/// A process group, and with it all that a plugin started, which ends with this.
struct Group(Option<u32>);

impl Drop for Group {
    fn drop(&mut self) {
        let group = self.0.and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
        // One that is gone cannot be killed, which is as well.
        let _ = group.map(|group| kill_process_group(group, Signal::KILL));
    }
}

async fn bounded(from: Option<impl AsyncRead + Unpin>) -> Vec<u8> {
    let mut bytes = Vec::new();
    if let Some(from) = from {
        // What was read until it broke off is judged like all else that it printed.
        let _ = from.take(MOST_PRINTED).read_to_end(&mut bytes).await;
    }
    bytes
}

/// The end of what it complained of, on one line.
fn complaint(stderr: &[u8]) -> String {
    let text = String::from_utf8_lossy(stderr);
    let words: Vec<&str> =
        text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty()).collect();
    let mut line = words.join(" ");
    let cut = line.len().saturating_sub(MOST_REPEATED);
    let cut = (cut..line.len()).find(|at| line.is_char_boundary(*at)).unwrap_or(line.len());
    line.drain(..cut);
    if line.is_empty() { String::new() } else { format!(": {line}") }
}

fn named(plugin: &ExecConfig) -> String {
    format!("the kubeconfig's plugin for credentials, `{}`,", plugin.command.as_deref().unwrap_or_default())
}

fn useless(plugin: &ExecConfig, problem: &str) -> Failure {
    Failure { reason: GapReason::Unauthenticated, detail: format!("{} cannot be used: {problem}", named(plugin)) }
}
