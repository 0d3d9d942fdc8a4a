//! A source that is gone for a while, at the begin of a run and in the middle of it: what was sealed is what an undisturbed run seals. The
//! program is run as it is shipped, with its own patience; longer outages are in virtual time, beside `transport::ask`.

#![expect(clippy::unwrap_used, reason = "helpers of tests may stop at the first surprise")]

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bundle::trust::Trust;
use fakes::aws::{AwsFake, Size, World};
use fakes::github::{self as organisations, GithubFake};
use fakes::kubernetes::{K8sFake, UID};
use testkit::{Delivery, Handler, Reply, Request, Server, Wording};
use workspace_tests::contents::Contents;
use workspace_tests::desk::{Desk, template};
use workspace_tests::github;

const TOKEN: &str = "ghp_tokenOfTheEnvironment000000000000000";

/// Answers, is gone for a while, and answers again.
struct Outage {
    inner: Arc<dyn Handler>,
    /// So many requests are answered before.
    after: usize,
    lasts: Duration,
    came: AtomicUsize,
    began: Mutex<Option<Instant>>,
}

#[async_trait]
impl Handler for Outage {
    async fn answer(&self, request: &Request) -> Reply {
        if self.came.fetch_add(1, Ordering::Relaxed) >= self.after {
            let began = *self.began.lock().unwrap().get_or_insert_with(Instant::now);
            if began.elapsed() < self.lasts {
                return Reply::new(200, "text/plain", "").delivered(Delivery::Reset);
            }
        }
        self.inner.answer(request).await
    }

    fn wording(&self) -> &dyn Wording {
        self.inner.wording()
    }
}

#[derive(Clone, Copy, Debug)]
enum Source {
    Aws,
    Github,
    Kubernetes,
}

impl Source {
    const ALL: [Self; 3] = [Self::Aws, Self::Github, Self::Kubernetes];

    fn fake(self) -> Arc<dyn Handler> {
        match self {
            Self::Aws => Arc::new(AwsFake::new(World::new(Size::SMALL))),
            Self::Github => Arc::new(GithubFake::new(organisations::World::small(TOKEN))),
            Self::Kubernetes => Arc::new(K8sFake::small()),
        }
    }

    fn desk(self, server: &Server) -> Desk {
        match self {
            Self::Aws => {
                let mut desk = Desk::new(&template("111122223333", "[eu-west-1]"));
                desk.aws(&server.url(), "AKIAIOSFODNN7EXAMPLE", "an example of a secret key");
                desk
            }
            Self::Github => {
                let mut desk = Desk::new(&github::declaration(&server.url(), ""));
                desk.set("GITHUB_TOKEN", TOKEN);
                desk
            }
            Self::Kubernetes => cluster(server, "{token: canary}"),
        }
    }

    /// A run, and how many requests it made.
    fn run(self, after: usize, lasts: Duration) -> (Concluded, usize) {
        let outage =
            Arc::new(Outage { inner: self.fake(), after, lasts, came: AtomicUsize::new(0), began: Mutex::new(None) });
        let server = match self {
            Self::Kubernetes => Server::https(Arc::clone(&outage)),
            Self::Aws | Self::Github => Server::http(Arc::clone(&outage)),
        };
        let desk = self.desk(&server);
        (concluded(&desk), outage.came.load(Ordering::Relaxed))
    }
}

/// A cluster behind this server, for this user of its kubeconfig.
fn cluster(server: &Server, user: &str) -> Desk {
    let desk = Desk::new(&format!(
        "witnessmark: 1\nentity: Northbank Custody Ltd\nsystem: {{id: hot-wallet}}\ntargets:\n  - {{id: signing, collector: kubernetes-rbac, uid: {UID}, kubeconfig: kubeconfig}}\n\
         controls:\n  - id: K8S\n    title: No role may do everything\n    observe: {{every: 1d}}\n    checks: [{{use: kubernetes-rbac/no-wildcard-roles}}]\n"
    ));
    let roots = STANDARD.encode(server.roots().unwrap());
    let kubeconfig = format!(
        "apiVersion: v1\nkind: Config\ncurrent-context: signing\ncontexts: [{{name: signing, context: {{cluster: c, user: u}}}}]\n\
         clusters: [{{name: c, cluster: {{server: \"{}\", certificate-authority-data: {roots}}}}}]\nusers: [{{name: u, user: {user}}}]\n",
        server.url()
    );
    fs::write(desk.path("kubeconfig"), kubeconfig).unwrap();
    desk
}

/// What a run concluded: objects with their parts, gaps, findings.
#[derive(Debug, PartialEq, Eq)]
struct Concluded {
    objects: BTreeSet<(String, String, Vec<String>)>,
    gaps: BTreeSet<String>,
    findings: BTreeSet<(String, String)>,
}

fn concluded(desk: &Desk) -> Concluded {
    let (_, sealed) = desk.seal();
    let trust = Trust::parse(&fs::read(desk.path("keys/trust.json")).unwrap()).unwrap();
    let contents = Contents::of_store(&desk.path("evidence"), sealed.index, &trust);
    Concluded {
        objects: contents
            .resources
            .iter()
            .map(|one| (one.kind.clone(), one.id.clone(), one.parts.keys().cloned().collect()))
            .collect(),
        gaps: contents
            .gaps
            .iter()
            .map(|gap| format!("{:?} {:?} {:?}", gap.population, gap.right, gap.reason))
            .collect(),
        findings: contents.findings.iter().map(|one| (one.key(), one.outcome.to_string())).collect(),
    }
}

#[test]
fn a_source_that_is_gone_for_seconds_loses_nothing() {
    std::thread::scope(|scope| {
        for source in Source::ALL {
            scope.spawn(move || {
                let (undisturbed, requests) = source.run(usize::MAX, Duration::ZERO);
                assert!(!undisturbed.objects.is_empty() && requests > 4, "{source:?}");
                std::thread::scope(|scope| {
                    for millis in [300, 2_000, 6_000] {
                        for after in [0, requests / 2] {
                            let undisturbed = &undisturbed;
                            scope.spawn(move || {
                                let (found, asked) = source.run(after, Duration::from_millis(millis));
                                assert!(asked > requests, "{source:?}: nothing was asked again");
                                assert_eq!(&found, undisturbed, "{source:?}, {millis} ms after {after} requests");
                            });
                        }
                    }
                });
            });
        }
    });
}

/// Takes one token until it is revoked.
struct Revoked {
    inner: K8sFake,
    came: AtomicUsize,
    refused: AtomicBool,
}

#[async_trait]
impl Handler for Revoked {
    async fn answer(&self, request: &Request) -> Reply {
        let first = request.header("authorization") == Some("Bearer token-1");
        if first && self.came.fetch_add(1, Ordering::Relaxed) >= 4 {
            self.refused.store(true, Ordering::Relaxed);
            return Reply::new(401, "application/json", r#"{"kind":"Status","reason":"Unauthorized","code":401}"#);
        }
        self.inner.answer(request).await
    }

    fn wording(&self) -> &dyn Wording {
        self.inner.wording()
    }
}

#[test]
fn a_token_that_ends_before_it_said_it_would_is_asked_for_again() {
    let source = || Revoked { inner: K8sFake::small(), came: AtomicUsize::new(0), refused: AtomicBool::new(false) };
    let revoked = Arc::new(source());
    let server = Server::https(Arc::clone(&revoked));
    let user = "{exec: {apiVersion: client.authentication.k8s.io/v1, command: ./plugin, interactiveMode: Never}}";
    let desk = cluster(&server, user);
    let plugin = "#!/bin/sh\ncd \"$(dirname \"$0\")\"\necho >> asked\nn=$(wc -l < asked)\n\
                  echo '{\"apiVersion\":\"client.authentication.k8s.io/v1\",\"kind\":\"ExecCredential\",\"status\":{\"token\":\"token-'$n'\"}}'\n";
    fs::write(desk.path("plugin"), plugin).unwrap();
    let kubeconfig = fs::read_to_string(desk.path("kubeconfig")).unwrap();
    let absolute = kubeconfig.replace("./plugin", desk.path("plugin").to_str().unwrap());
    fs::write(desk.path("kubeconfig"), absolute).unwrap();
    fs::set_permissions(desk.path("plugin"), fs::Permissions::from_mode(0o700)).unwrap();
    let found = concluded(&desk);
    assert!(revoked.refused.load(Ordering::Relaxed), "the token was never refused");
    assert_eq!(
        fs::read_to_string(desk.path("asked")).unwrap().lines().count(),
        2,
        "it is asked for once more, and not by every call"
    );
    assert_eq!(found, Source::Kubernetes.run(usize::MAX, Duration::ZERO).0);
}
