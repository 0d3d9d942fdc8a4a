//! A real API server of a test's own, on loopback, with etcd and the controllers that RBAC needs.
#![expect(clippy::expect_used, clippy::panic, reason = "what a test stands on stops at the first surprise")]

use std::io::Write as _;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use testkit::system;

/// Stopped when dropped: the API server before etcd.
#[derive(Debug)]
pub struct Cluster {
    folder: PathBuf,
    port: u16,
}

impl Cluster {
    /// # Panics
    /// When it does not start.
    #[must_use]
    pub fn start(folder: &Path) -> Self {
        let programs = system("WITNESSMARK_TEST_KUBERNETES");
        let mut said = String::new();
        for attempt in 0..3 {
            let folder = folder.join(format!("cluster-{attempt}"));
            let port = four_free_ports();
            let cluster = Self { folder, port };
            let output = Command::new(crate::root().join("testenv/kubernetes.sh"))
                .args([programs.as_str(), &cluster.folder.display().to_string(), &port.to_string()])
                .output()
                .expect("testenv/kubernetes.sh can be run");
            if output.status.success() {
                return cluster;
            }
            said = String::from_utf8_lossy(&output.stderr).into_owned();
        }
        panic!("the API server does not start: {said}");
    }

    /// `https://127.0.0.1:<port>`
    #[must_use]
    pub fn url(&self) -> String {
        format!("https://127.0.0.1:{}", self.port)
    }

    /// A file that the start left: `ca.crt`, `audit.log`.
    #[must_use]
    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// A kubeconfig of `system:masters`.
    ///
    /// # Panics
    /// When it cannot be written.
    #[must_use]
    pub fn admin(&self) -> PathBuf {
        let user = "{client-certificate: admin.crt, client-key: admin.key}";
        self.kubeconfig("admin", user)
    }

    /// A kubeconfig of the user `collector`, who has no rights of their own.
    ///
    /// # Panics
    /// When it cannot be written.
    #[must_use]
    pub fn collector(&self) -> PathBuf {
        self.kubeconfig("collector", "{token: collector-test-token-000000000000}")
    }

    /// A kubeconfig of a service account that exists, with a token that the API server makes for it.
    ///
    /// # Panics
    /// When there is no such account, or no file can be written.
    #[must_use]
    pub fn service_account(&self, namespace: &str, name: &str) -> PathBuf {
        let token = self.kubectl(&["create", "token", name, "--namespace", namespace], "");
        self.kubeconfig(name, &format!("{{token: \"{}\"}}", token.trim()))
    }

    /// What `kubectl` prints, called by `system:masters`; `input` is what it reads.
    ///
    /// # Panics
    /// When it fails.
    #[must_use]
    pub fn kubectl(&self, arguments: &[&str], input: &str) -> String {
        let mut child = Command::new(Path::new(&system("WITNESSMARK_TEST_KUBERNETES")).join("kubectl"))
            .arg("--kubeconfig")
            .arg(self.admin())
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("kubectl can be run");
        child.stdin.take().expect("its input").write_all(input.as_bytes()).expect("kubectl reads");
        let output = child.wait_with_output().expect("kubectl ends");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "kubectl {arguments:?}: {said}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    fn kubeconfig(&self, name: &str, user: &str) -> PathBuf {
        let path = self.file(&format!("{name}.kubeconfig"));
        let text = format!(
            "apiVersion: v1\nkind: Config\nclusters: [{{name: test, cluster: {{server: \"{}\", certificate-authority: ca.crt}}}}]\n\
             users: [{{name: test, user: {user}}}]\ncontexts: [{{name: test, context: {{cluster: test, user: test}}}}]\n\
             current-context: test\n",
            self.url()
        );
        // Whole at once: another thread may be reading the one of the same name.
        let mut file = tempfile::NamedTempFile::new_in(&self.folder).expect("a file beside it");
        file.write_all(text.as_bytes()).expect("a kubeconfig can be written");
        file.persist(&path).expect("a kubeconfig can be put in its place");
        path
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        for name in ["manager", "apiserver", "etcd"] {
            let Ok(pid) = std::fs::read_to_string(self.file(&format!("{name}.pid"))) else {
                continue;
            };
            let pid = pid.trim();
            let gone = || !Path::new("/proc").join(pid).exists();
            let kill = |signal: &str| Command::new("kill").args([signal, pid]).status();
            let _ = kill("-TERM");
            for _ in 0..50 {
                if gone() {
                    break;
                }
                std::thread::sleep(Duration::from_millis(100));
            }
            if !gone() {
                let _ = kill("-KILL");
            }
        }
    }
}

/// The first of four ports in a row that are free now.
fn four_free_ports() -> u16 {
    loop {
        let first = testkit::free_port();
        let free = |port: u16| TcpListener::bind(("127.0.0.1", port)).is_ok();
        if (1..4).all(|next| free(first + next)) {
            return first;
        }
    }
}
