//! Reads one token behind a PKCS#11 module: what it is, and what its keys may be used for and whether they ever could leave it.
//!
//! A module is the vendor's own code in our process: this collector always runs in a process of its own. It opens a read-only
//! session, never uses a key, never changes anything. Without a login private objects do not show, and that is a gap.

mod ask;
mod attributes;
mod objects;
mod public;
pub mod resource;
pub mod rights;
mod settings;
mod token;

use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use cryptoki::session::{Session, UserType};
use sdk::{
    CallerIdentity, CollectError, Collector, CollectorKind, DeclaredCollector, Descriptor, Environment, ExchangeId,
    ForeignCode, GapNote, GapReason, Recorder, ResourceKind, RightState, RightStatus, RightsForm, RouteNote, Secret,
    SinkError, Target,
};
use serde_json::{Value, json};

use crate::ask::{About, TokenAsker, TokenRefusal};
use crate::resource::{CERTIFICATE, Caller, KEY, PUBLIC_KEY, SLOT, TOKEN};
use crate::rights::{FIND_OBJECTS, LOGIN, OPEN_SESSION};
use crate::settings::Settings;
use crate::token::{Loaded, Pinned};

const NAME: &str = "pkcs11";

/// Makers whose tokens have users of their own and show each only what is theirs or shared with them: after a login, too, there may
/// be keys that do not show.
const SHOW_EACH_THEIR_OWN: [&str; 4] = ["Cavium", "Marvell", "Yubico", "AWS CloudHSM"];

/// The collector `pkcs11`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Pkcs11;

#[async_trait]
impl CollectorKind for Pkcs11 {
    fn descriptor(&self) -> Descriptor {
        Descriptor {
            name: NAME.to_owned(),
            summary: "A token of a hardware security module: its state, and attributes of the keys in it.".to_owned(),
            resources: vec![
                ResourceKind::of::<resource::Slot>(SLOT),
                ResourceKind::of::<resource::Token>(TOKEN),
                ResourceKind::of::<resource::Key>(KEY),
                ResourceKind::of::<resource::PublicKey>(PUBLIC_KEY),
                ResourceKind::of::<resource::Certificate>(CERTIFICATE),
            ],
            rights: rights::rights(),
            settings: schemars::schema_for!(Settings).to_value(),
            endpoints: vec![ask::ENDPOINT.to_owned()],
            also: Vec::new(),
            thief: "Without a login: learn which token this is, what it can do, and its public keys. With the PIN of the normal user: \
                    sign, decrypt and unwrap with every key that user may use, and delete keys. PKCS#11 has no read-only user."
                .to_owned(),
        }
    }

    fn pinned_by(&self) -> &'static str {
        "serial"
    }

    fn rights_forms(&self) -> Vec<RightsForm> {
        vec![rights::FORM]
    }

    fn rights_in(&self, form: &str, _: &[DeclaredCollector]) -> Option<Value> {
        (form == rights::FORM.name).then(|| rights::IN_WORDS.into())
    }

    fn template(&self) -> Option<&'static str> {
        Some(include_str!("../../../policies/templates/pkcs11.yaml"))
    }

    fn takes_pin(&self) -> bool {
        true
    }

    fn foreign_code(&self, target: &Target) -> Option<ForeignCode> {
        // Settings that cannot be used are said to be so in that process, too.
        let settings = Settings::of(target).ok();
        Some(settings.map_or_else(ForeignCode::default, |settings| ForeignCode {
            environment: settings.environment,
            seconds: settings.seconds,
        }))
    }

    async fn connect(
        &self,
        target: &Target,
        environment: &Environment,
        recorder: &Recorder,
    ) -> Result<Box<dyn Collector>, CollectError> {
        let settings = Settings::of(target)?;
        // No network leads to a token.
        recorder.route(RouteNote::default())?;
        let attended = environment.pins.get(&target.id).cloned();
        let asker = TokenAsker { recorder: recorder.clone(), clock: environment.clock.clone() };
        Ok(Box::new(Token { settings, attended, asker, found: Mutex::new(None) }))
    }
}

/// One token.
struct Token {
    settings: Settings,
    /// A PIN that a person gave for this run.
    attended: Option<Secret>,
    asker: TokenAsker,
    found: Mutex<Option<(Loaded, Pinned)>>,
}

/// A PIN, and how it came here.
struct Given {
    pin: Secret,
    how: &'static str,
}

#[async_trait]
impl Collector for Token {
    async fn identify(&self, _: &Recorder) -> Result<CallerIdentity, CollectError> {
        let loaded = token::load(&self.asker, &self.settings)?;
        let pinned = loaded.pinned(&self.settings)?;
        let identity = CallerIdentity {
            caller: if self.wants_login() { "normal user" } else { "public session" }.to_owned(),
            found: token::trimmed(pinned.info.value.serial_number()).to_owned(),
        };
        *self.found.lock().unwrap_or_else(PoisonError::into_inner) = Some((loaded, pinned));
        Ok(identity)
    }

    async fn preflight(&self, _: &Recorder) -> Result<Vec<RightStatus>, CollectError> {
        let found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        let (loaded, pinned) = found.as_ref().ok_or_else(unidentified)?;
        let opened = self.open(loaded, pinned)?;
        let listed = opened.as_ref().ok().map(|(session, _)| {
            let class = cryptoki::object::Attribute::Class(cryptoki::object::ObjectClass::PUBLIC_KEY);
            let count = |found: &Vec<_>| json!({"objects": found.len()});
            self.asker.ask(FIND_OBJECTS, About::default(), || session.find_objects(&[class]), count)
        });
        let listed = listed.transpose()?;
        let mut statuses = Vec::new();
        for right in rights::rights() {
            let refusal = match right.name.as_str() {
                OPEN_SESSION => opened.as_ref().err(),
                FIND_OBJECTS => listed.as_ref().and_then(|listed| listed.as_ref().err()),
                other => loaded.refused(other),
            };
            let (state, detail) = match (right.name.as_str(), refusal) {
                (LOGIN, _) => self.may_log_in(pinned),
                (_, Some(refusal)) => (RightState::Denied, refusal.detail.clone()),
                (FIND_OBJECTS, None) if listed.is_none() => {
                    (RightState::Undecided, "no session could be opened".to_owned())
                }
                ("C_GetAttributeValue" | "C_GetMechanismList" | "C_GetMechanismInfo", None) => {
                    (RightState::Undecided, "not tried in preflight".to_owned())
                }
                (_, None) => (RightState::Granted, "answered".to_owned()),
            };
            statuses.push(RightStatus { right: right.name, state, scope: None, detail });
        }
        Ok(statuses)
    }

    async fn collect(&self, recorder: &Recorder) -> Result<(), CollectError> {
        if self.found.lock().unwrap_or_else(PoisonError::into_inner).is_none() {
            self.identify(recorder).await?;
        }
        // The module is not let go of while it is asked: whoever reads it next has to load it again.
        let found = self.found.lock().unwrap_or_else(PoisonError::into_inner).take();
        let (loaded, pinned) = found.ok_or_else(unidentified)?;
        loaded.record_slots(&self.asker)?;
        let nobody = Caller { user: "public".to_owned(), ..Caller::default() };
        match self.open(&loaded, &pinned)? {
            Ok((session, exchange)) => {
                let login = self.log_in(&loaded, &pinned, &session)?;
                let (caller, hidden) = match login {
                    Ok((caller, by)) => ((caller, by), self.shows_each_their_own(&pinned)),
                    Err(gap) => ((nobody, exchange), Some(gap)),
                };
                loaded.record_token(&self.asker, &self.settings, &pinned, caller)?;
                objects::read(&self.asker, &session, &loaded.maker(&pinned), hidden.as_ref())?;
            }
            Err(refusal) => {
                loaded.record_token(&self.asker, &self.settings, &pinned, (nobody, pinned.info.exchange))?;
                for kind in [KEY, PUBLIC_KEY, CERTIFICATE] {
                    self.asker.recorder.gap(GapNote { population: Some(kind.to_owned()), ..of(&refusal) })?;
                }
            }
        }
        // What a module does at its end is not evidence any more.
        let _ = loaded.pkcs11.finalize();
        Ok(())
    }
}

impl Token {
    const fn wants_login(&self) -> bool {
        self.attended.is_some() || self.settings.login.is_some()
    }

    /// A read-only session.
    fn open(&self, loaded: &Loaded, pinned: &Pinned) -> Result<Result<(Session, ExchangeId), TokenRefusal>, SinkError> {
        let about = About::with(json!({"slot": pinned.slot.id(), "read_only": true}));
        let opened = self.asker.ask(
            OPEN_SESSION,
            about,
            || loaded.pkcs11.open_ro_session(pinned.slot),
            |_| json!({"read_only": true}),
        )?;
        Ok(opened.map(|answer| (answer.value, answer.exchange)))
    }

    /// Logs in, once, if someone wants it and the token has tries to spare. Else the gap of what does not show therefore.
    fn log_in(
        &self,
        loaded: &Loaded,
        pinned: &Pinned,
        session: &Session,
    ) -> Result<Result<(Caller, ExchangeId), GapNote>, SinkError> {
        let hidden = |reason, detail: String, exchange| GapNote {
            population: None,
            subject: None,
            part: None,
            right: Some(LOGIN.to_owned()),
            reason,
            detail,
            exchange,
        };
        if !self.wants_login() {
            let detail = "no user is logged in: objects that the token shows only to its user are not read".to_owned();
            return Ok(Err(hidden(GapReason::Skipped, detail, None)));
        }
        let fresh = match token::now(&self.asker, &loaded.pkcs11, pinned.slot)? {
            Ok(fresh) => fresh,
            Err(refusal) => return Ok(Err(hidden(refusal.reason, refusal.detail, refusal.exchange))),
        };
        let info = &fresh.value;
        let serial = token::trimmed(info.serial_number());
        if serial != self.settings.serial {
            let detail = format!("the token was changed for `{serial}` in the meantime: no login is attempted");
            return Ok(Err(hidden(GapReason::WrongIdentity, detail, Some(fresh.exchange))));
        }
        if let Some(why) = no_tries_to_spare(info) {
            let detail = format!("no login is attempted: {why}");
            return Ok(Err(hidden(GapReason::Unauthenticated, detail, Some(fresh.exchange))));
        }
        let given = match self.given() {
            Ok(given) => given,
            Err(problem) => return Ok(Err(hidden(GapReason::Unauthenticated, problem, None))),
        };
        self.asker.recorder.secrets().add_pin(given.pin.clone());
        let pin = cryptoki::types::AuthPin::new(given.pin.expose().into());
        let about = About::with(json!({"slot": pinned.slot.id(), "user": "CKU_USER"}));
        let asked = self.asker.ask(
            LOGIN,
            about,
            || session.login(UserType::User, Some(&pin)),
            |()| json!({"user": "CKU_USER", "logged_in": true}),
        )?;
        Ok(match asked {
            Ok(answer) => {
                let accepted = self.settings.accepts_signing_credential.as_ref().filter(|_| given.how == "declared");
                let caller = Caller {
                    user: "user".to_owned(),
                    login: Some(given.how.to_owned()),
                    approved_by: accepted.map(|accepted| accepted.approved_by.clone()),
                    reason: accepted.map(|accepted| accepted.reason.clone()),
                };
                Ok((caller, answer.exchange))
            }
            Err(refusal) => {
                Err(hidden(refusal.reason, format!("{}: no second attempt is made", refusal.detail), refusal.exchange))
            }
        })
    }

    /// The PIN: a person's who is there before one that is somewhere.
    fn given(&self) -> Result<Given, String> {
        if let Some(pin) = &self.attended {
            return Ok(Given { pin: pin.clone(), how: "attended" });
        }
        let pin = self.settings.pin()?.ok_or_else(|| "no PIN is given".to_owned())?;
        Ok(Given { pin, how: "declared" })
    }

    fn may_log_in(&self, pinned: &Pinned) -> (RightState, String) {
        if !self.wants_login() {
            return (RightState::Denied, "the target does not ask for a login".to_owned());
        }
        match no_tries_to_spare(&pinned.info.value) {
            Some(why) => (RightState::Denied, why.to_owned()),
            None => (RightState::Undecided, "preflight attempts no login: a wrong PIN would count".to_owned()),
        }
    }

    /// After a login: the gap of what another user of such a token would see.
    fn shows_each_their_own(&self, pinned: &Pinned) -> Option<GapNote> {
        let maker = token::trimmed(pinned.info.value.manufacturer_id());
        let known = SHOW_EACH_THEIR_OWN.iter().any(|name| maker.starts_with(name));
        known.then(|| GapNote {
            population: None,
            subject: None,
            part: None,
            right: Some(LOGIN.to_owned()),
            reason: GapReason::Unsupported,
            detail: format!(
                "a token of {maker} has users of its own and shows each only what is theirs or shared with them"
            ),
            exchange: Some(pinned.info.exchange),
        })
    }
}

/// Why a login must not be tried: a wrong PIN would lock out those who need it.
fn no_tries_to_spare(info: &cryptoki::slot::TokenInfo) -> Option<&'static str> {
    if !info.user_pin_initialized() {
        Some("the token says that its user has no PIN yet")
    } else if info.user_pin_locked() {
        Some("the token says that its user's PIN is locked")
    } else if info.user_pin_final_try() {
        Some("the token says that one more wrong PIN locks it")
    } else if info.user_pin_count_low() {
        Some("the token says that a wrong PIN was entered since the last correct one")
    } else if info.protected_authentication_path() {
        Some("the token takes its PIN only on its own keypad, which takes a person")
    } else {
        None
    }
}

fn of(refusal: &TokenRefusal) -> GapNote {
    GapNote {
        population: None,
        subject: None,
        part: None,
        right: Some(refusal.right.to_owned()),
        reason: refusal.reason,
        detail: refusal.detail.clone(),
        exchange: refusal.exchange,
    }
}

fn unidentified() -> CollectError {
    CollectError::Credentials { problem: "the token was not identified".to_owned() }
}
