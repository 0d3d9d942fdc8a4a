//! A page as a browser shows it: Chromium without a window, steered over a pipe by its DevTools protocol
//! (<https://chromedevtools.github.io/devtools-protocol/>).
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "what a test is built from stops at the first surprise"
)]

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;
use testkit::system;

/// How long the browser may take for one answer, beside all else that runs.
const PATIENCE: Duration = Duration::from_secs(240);

/// How a page is looked at.
#[derive(Clone, Copy, Debug)]
pub struct View {
    /// CSS pixels.
    pub width: u32,
    pub height: u32,
    /// A phone's: what the page says of its own width counts.
    pub mobile: bool,
    pub dark: bool,
    pub script: bool,
}

impl View {
    pub const DESKTOP: Self = Self { width: 1280, height: 900, mobile: false, dark: false, script: true };
    pub const PHONE: Self = Self { width: 360, height: 740, mobile: true, ..Self::DESKTOP };
}

/// One page in a browser of its own, and what happened in it.
#[derive(Debug)]
pub struct Browser {
    process: Child,
    orders: ChildStdin,
    answers: Receiver<Value>,
    session: Option<String>,
    count: u64,
    events: Vec<Value>,
    _profile: TempDir,
}

impl Browser {
    /// Starts a browser and shows a file in it.
    #[must_use]
    pub fn open(file: &Path, view: View) -> Self {
        let mut browser = Self::start();
        let target = browser.call("Target.createTarget", &json!({"url": "about:blank"}));
        let attached = browser.call("Target.attachToTarget", &json!({"targetId": target["targetId"], "flatten": true}));
        browser.session = attached["sessionId"].as_str().map(str::to_owned);
        for domain in ["Page", "Runtime", "Log", "Network"] {
            browser.call(&format!("{domain}.enable"), &json!({}));
        }
        browser.call(
            "Emulation.setDeviceMetricsOverride",
            &json!({"width": view.width, "height": view.height, "deviceScaleFactor": 1, "mobile": view.mobile}),
        );
        browser.media("", view.dark);
        browser.call("Emulation.setScriptExecutionDisabled", &json!({"value": !view.script}));
        browser.call("Page.navigate", &json!({"url": address(file)}));
        browser.until("Page.loadEventFired");
        browser
    }

    fn start() -> Self {
        let unpacked = system("WITNESSMARK_TEST_BROWSER");
        let unpacked = Path::new(&unpacked);
        let libraries = unpacked.join("lib");
        let profile = tempfile::tempdir().expect("a folder");
        // The browser takes orders at descriptor 3 and answers at 4.
        let mut process = Command::new("sh")
            .args(["-c", r#"exec "$@" 3<&0 4>&1 </dev/null >/dev/null 2>&1"#, "sh"])
            .arg(unpacked.join("root/usr/lib/chromium/chromium-headless-shell"))
            .args(["--remote-debugging-pipe", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"])
            .args([
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--disable-dev-shm-usage",
            ])
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .env("LD_LIBRARY_PATH", format!("{}:{}", libraries.display(), libraries.join("pulseaudio").display()))
            .env("FONTCONFIG_FILE", unpacked.join("fonts.conf"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the browser");
        let orders = process.stdin.take().expect("a pipe");
        let mut said = BufReader::new(process.stdout.take().expect("a pipe"));
        let (send, answers) = channel();
        thread::spawn(move || {
            let mut message = Vec::new();
            while said.read_until(0, &mut message).is_ok_and(|length| length > 0) {
                message.pop();
                let message = serde_json::from_slice(&std::mem::take(&mut message)).expect("JSON of the browser");
                if send.send(message).is_err() {
                    return;
                }
            }
        });
        Self { process, orders, answers, session: None, count: 0, events: Vec::new(), _profile: profile }
    }

    /// One command of the protocol.
    ///
    /// # Panics
    /// When the browser refuses it or does not answer.
    pub fn call(&mut self, method: &str, parameters: &Value) -> Value {
        self.count += 1;
        let mut order = json!({"id": self.count, "method": method, "params": parameters});
        if let (Some(order), Some(session)) = (order.as_object_mut(), &self.session) {
            order.insert("sessionId".to_owned(), json!(session));
        }
        self.orders.write_all(format!("{order}\0").as_bytes()).expect("a browser that listens");
        loop {
            let message = self.next(method);
            if message["id"] != json!(self.count) {
                self.events.push(message);
                continue;
            }
            assert!(message["error"].is_null(), "{method}: {}", message["error"]);
            return message["result"].clone();
        }
    }

    fn next(&self, what: &str) -> Value {
        let message = self.answers.recv_timeout(PATIENCE).unwrap_or_else(|error| panic!("{what}: {error}"));
        // Nothing in the page goes on until somebody answers it.
        assert_ne!(message["method"], "Page.javascriptDialogOpening", "{message}");
        message
    }

    fn until(&mut self, event: &str) {
        while !self.events.iter().any(|seen| seen["method"] == event) {
            let message = self.next(event);
            self.events.push(message);
        }
    }

    /// `""` for a screen, `"print"` for paper.
    pub fn media(&mut self, media: &str, dark: bool) {
        let scheme = if dark { "dark" } else { "light" };
        self.call(
            "Emulation.setEmulatedMedia",
            &json!({"media": media, "features": [{"name": "prefers-color-scheme", "value": scheme}]}),
        );
    }

    /// The value of an expression in the page, awaited where it is a promise.
    ///
    /// # Panics
    /// When it throws.
    pub fn value(&mut self, expression: &str) -> Value {
        let answer = self
            .call("Runtime.evaluate", &json!({"expression": expression, "returnByValue": true, "awaitPromise": true}));
        assert!(answer["exceptionDetails"].is_null(), "{expression}: {}", answer["exceptionDetails"]);
        answer["result"]["value"].clone()
    }

    /// Waits until an expression is true.
    ///
    /// # Panics
    /// When it does not become true.
    #[track_caller]
    pub fn wait_for(&mut self, expression: &str) {
        let end = Instant::now() + PATIENCE;
        while self.value(expression) != Value::Bool(true) {
            assert!(Instant::now() < end, "never true: {expression}");
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// Presses a key once: `Tab`, `Enter`, `Escape`, `ArrowDown`.
    pub fn press(&mut self, key: &str) {
        let (code, text) = match key {
            "Tab" => (9, ""),
            "Enter" => (13, "\r"),
            "Escape" => (27, ""),
            "ArrowDown" => (40, ""),
            other => panic!("no code is known for the key {other}"),
        };
        let down = if text.is_empty() { "rawKeyDown" } else { "keyDown" };
        let mut event = json!({"type": down, "key": key, "code": key, "windowsVirtualKeyCode": code, "text": text});
        self.call("Input.dispatchKeyEvent", &event);
        event["type"] = json!("keyUp");
        self.call("Input.dispatchKeyEvent", &event);
    }

    /// Writes into what has the focus.
    pub fn write(&mut self, text: &str) {
        self.call("Input.insertText", &json!({"text": text}));
    }

    /// What the page asked for, and what the browser complained of.
    pub fn happened(&mut self) -> Happened {
        // What comes before the answer to this has been seen.
        self.value("new Promise(done => setTimeout(done, 50)).then(() => true)");
        let mut happened = Happened::default();
        for event in &self.events {
            match event["method"].as_str() {
                Some("Network.requestWillBeSent") => {
                    let url = &event["params"]["request"]["url"];
                    happened.requests.push(url.as_str().unwrap_or_default().to_owned());
                }
                Some("Log.entryAdded" | "Runtime.exceptionThrown" | "Runtime.consoleAPICalled") => {
                    happened.complaints.push(event["params"].to_string());
                }
                _ => {}
            }
        }
        happened
    }
}

/// What [`Browser::happened`] tells.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Happened {
    pub requests: Vec<String>,
    pub complaints: Vec<String>,
}

/// The address of a file.
#[must_use]
pub fn address(file: &Path) -> String {
    format!("file://{}", file.display())
}

impl Drop for Browser {
    fn drop(&mut self) {
        // It ends when nobody can give it orders any more; a test that failed may not wait for that.
        self.process.kill().ok();
        self.process.wait().ok();
    }
}
