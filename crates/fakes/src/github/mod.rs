//! A GitHub that asks for credentials, knows roles and permissions, pages by `Link`, and has limits.
//!
//! What it does not say itself it fills in from GitHub's own description, against which every answer is held by
//! `tests/tests/alone/github.rs`.

mod answers;
mod description;
pub mod error;
mod reply;
pub mod routes;
mod wording;
mod world;

use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use async_trait::async_trait;
use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use serde_json::{Value, json};
use testkit::{Handler, Reply, Request, Wording, lock};

use reply::{epoch, json_reply};

pub use wording::GithubWording;
pub use world::{
    Access, App, Installed, Kind, Limits, PERMISSIONS, Person, Protection, Repository, Ruleset, TwoFactor, World,
};

/// The fake. Clones are the same one.
#[derive(Clone)]
pub struct GithubFake {
    world: Arc<World>,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    asked: u64,
    minted: Vec<Access>,
    /// Since when the window of the primary limit is open, and how many requests came in it.
    window: Option<(Instant, u64)>,
    refused: Refused,
}

/// How often a limit was reached.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Refused {
    pub primary: u64,
    pub secondary: u64,
    /// Requests that came while a limit said to wait.
    pub too_early: u64,
}

impl fmt::Debug for GithubFake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GithubFake").field("world", &self.world).finish_non_exhaustive()
    }
}

impl GithubFake {
    #[must_use]
    pub fn new(world: World) -> Self {
        Self { world: Arc::new(world), state: Arc::default() }
    }

    /// How often its limits were reached.
    #[must_use]
    pub fn refused(&self) -> Refused {
        lock(&self.state).refused
    }

    /// What the limits say to one more request.
    fn limited(&self) -> Option<Reply> {
        let mut state = lock(&self.state);
        state.asked += 1;
        if let Some((limit, seconds)) = self.world.limits.primary {
            let now = Instant::now();
            let (since, used) = state.window.unwrap_or((now, 0));
            let fresh = now.duration_since(since).as_secs() >= seconds;
            let (since, used) = if fresh { (now, 0) } else { (since, used) };
            if used >= limit {
                state.window = Some((since, used + 1));
                state.refused.primary += 1;
                state.refused.too_early += u64::from(used > limit);
                let left = seconds.saturating_sub(now.duration_since(since).as_secs());
                return Some(error::primary_limit(limit, epoch() + left));
            }
            state.window = Some((since, used + 1));
        }
        if self.world.limits.secondary.is_some_and(|every| state.asked.is_multiple_of(every)) {
            state.refused.secondary += 1;
            return Some(error::secondary_limit(1));
        }
        None
    }

    /// Whose request it is.
    fn access(&self, token: &str) -> Option<Access> {
        let state = lock(&self.state);
        self.world.access.iter().chain(&state.minted).find(|one| one.token == token).cloned()
    }

    /// A token for an installation, for a token that the App signed.
    fn mint(&self, installation: &str, assertion: &str) -> Reply {
        let Some(app) = &self.world.app else {
            return error::bad_credentials();
        };
        if !signed(app, assertion) {
            return error::error(401, "A JSON web token could not be decoded");
        }
        if installation != app.installation.to_string() {
            return error::not_found();
        }
        let mut state = lock(&self.state);
        // Shaped like GitHub's, and found in no output.
        let token = format!("ghs_mintedbythefake{:020}", state.minted.len());
        state.minted.push(Access {
            token: token.clone(),
            kind: Kind::Installation,
            owner: false,
            permissions: app.permissions.clone(),
        });
        let expires = "2099-01-01T00:00:00Z";
        json_reply(201, &description::filled("installation-token", json!({"token": token, "expires_at": expires})))
    }
}

/// Whether the App signed this for the present moment, for at most the ten minutes that GitHub allows.
fn signed(app: &App, assertion: &str) -> bool {
    claims(app, assertion).is_some_and(|claims| {
        let number = |name: &str| claims[name].as_u64().unwrap_or(0);
        let named = claims["iss"] == app.id || claims["iss"].as_str() == Some(&*app.id.to_string());
        named && number("iat") <= epoch() && epoch() < number("exp") && number("exp") - number("iat") <= 660
    })
}

/// What was claimed, if the App's key signed it (RS256, RFC 7515 and 7518).
fn claims(app: &App, assertion: &str) -> Option<Value> {
    let (signed, signature) = assertion.rsplit_once('.')?;
    let (header, claims) = signed.split_once('.')?;
    let decoded = |text: &str| BASE64_URL_SAFE_NO_PAD.decode(text).ok();
    let header: Value = serde_json::from_slice(&decoded(header)?).ok()?;
    if header["alg"] != "RS256" {
        return None;
    }
    let known = rustls::crypto::aws_lc_rs::default_provider().signature_verification_algorithms;
    let (_, rs256) = known.mapping.iter().find(|(scheme, _)| *scheme == rustls::SignatureScheme::RSA_PKCS1_SHA256)?;
    rs256.first()?.verify_signature(&app.public_key, signed.as_bytes(), &decoded(signature)?).ok()?;
    serde_json::from_slice(&decoded(claims)?).ok()
}

#[async_trait]
impl Handler for GithubFake {
    async fn answer(&self, request: &Request) -> Reply {
        let reply = self.decide(request);
        let id = format!("F00D:{:04X}:{}", request.path.len(), request.body.len());
        reply.with_header("x-github-request-id", id).with_header("date", "Mon, 05 Jan 2026 10:00:00 GMT")
    }

    fn wording(&self) -> &dyn Wording {
        &GithubWording
    }
}

impl GithubFake {
    fn decide(&self, request: &Request) -> Reply {
        let Some((route, arguments)) = routes::find(&request.method, &request.path) else {
            return error::not_found();
        };
        let authorization = request.header("authorization").unwrap_or_default();
        let token = authorization.strip_prefix("Bearer ").or_else(|| authorization.strip_prefix("token "));
        let Some(token) = token else {
            return error::error(401, "Requires authentication");
        };
        if request.header("user-agent").is_none_or(str::is_empty) {
            return error::error(
                403,
                "Request forbidden by administrative rules. Please make sure your request has a User-Agent header",
            );
        }
        if let Some(limited) = self.limited() {
            return limited;
        }
        if request.method == "POST" {
            return self.mint(arguments.first().map_or("", String::as_str), token);
        }
        let Some(access) = self.access(token) else {
            return error::bad_credentials();
        };
        let named = if route.name.starts_with("GET /repos/") {
            arguments.first() == Some(&self.world.login)
                && self.world.repositories.iter().any(|one| Some(&one.name) == arguments.get(1))
        } else {
            arguments.first() == Some(&self.world.login)
        };
        if !named {
            return error::not_found();
        }
        let two_factor = route.name.contains("filter=2fa_");
        if !route.needs.met_by(&access) || (two_factor && !self.shows_two_factor(&access)) {
            return refusal(two_factor, &route, &access);
        }
        let reply = answers::answer(&self.world, &access, route.name, &arguments, request);
        match access.kind {
            Kind::Classic => reply
                .with_header("x-oauth-scopes", access.permissions.join(", "))
                .with_header("x-accepted-oauth-scopes", route.needs.scope),
            Kind::FineGrained | Kind::Installation => match route.needs.permission {
                Some(permission) => reply.with_header("x-accepted-github-permissions", format!("{permission}=read")),
                None => reply,
            },
        }
    }

    fn shows_two_factor(&self, access: &Access) -> bool {
        match access.kind {
            Kind::Installation => self.world.apps_see_two_factor,
            Kind::Classic | Kind::FineGrained => access.owner,
        }
    }
}

/// GitHub has several ways to say no.
fn refusal(two_factor: bool, route: &routes::Route, access: &Access) -> Reply {
    let reply = match access.kind {
        _ if two_factor => error::error(422, "Only owners can use this filter."),
        Kind::Installation => error::denied(),
        Kind::FineGrained => error::error(403, "Resource not accessible by personal access token"),
        Kind::Classic if route.needs.app => error::error(403, "Must authenticate as a GitHub App"),
        Kind::Classic if route.name.starts_with("GET /repos/") => error::not_found(),
        Kind::Classic => error::error(403, "You must be an admin of this organization"),
    };
    match route.needs.permission {
        Some(permission) if access.kind != Kind::Classic => {
            reply.with_header("x-accepted-github-permissions", format!("{permission}=read"))
        }
        _ => reply,
    }
}
