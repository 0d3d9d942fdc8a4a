//! The module, its slots, and the token that is pinned.

use std::collections::BTreeMap;
use std::fs::File;

use cryptoki::context::{CInitializeArgs, CInitializeFlags, Info, Pkcs11};
use cryptoki::slot::{Slot, SlotInfo, TokenInfo};
use sdk::{
    CollectError, CoverageNote, Digest, ExchangeId, GapNote, GapReason, ResourceNote, SinkError, Source, Subject,
};
use serde_json::{Value, json};

use crate::ask::{self, About, TokenAnswer, TokenAsker, TokenRefusal};
use crate::resource::{self, Bounds, Caller, Maker, Pin, SLOT, TOKEN, TokenName};
use crate::rights::{GET_INFO, MECHANISM_INFO, MECHANISM_LIST, SLOT_INFO, SLOT_LIST, TOKEN_INFO};
use crate::settings::Settings;

/// A module that is loaded, with what it said of its slots.
pub struct Loaded {
    pub pkcs11: Pkcs11,
    sha256: String,
    info: Result<TokenAnswer<Info>, TokenRefusal>,
    list: ExchangeId,
    slots: Vec<SeenSlot>,
}

/// A slot and what was read of it.
struct SeenSlot {
    slot: Slot,
    info: Result<TokenAnswer<SlotInfo>, TokenRefusal>,
    /// `None`: there is none in it.
    token: Option<Result<TokenAnswer<TokenInfo>, TokenRefusal>>,
}

/// The pinned token.
pub struct Pinned {
    pub slot: Slot,
    pub info: TokenAnswer<TokenInfo>,
    hardware: Option<(bool, ExchangeId)>,
}

/// Loads the module and looks into all its slots. From here on foreign code runs in this process.
///
/// # Errors
/// When it cannot be loaded or does not list its slots, or the evidence cannot be written.
pub fn load(asker: &TokenAsker, settings: &Settings) -> Result<Loaded, CollectError> {
    let unusable = |problem: String| CollectError::Refused {
        reason: GapReason::CollectorFailed,
        right: None,
        detail: problem,
        exchange: None,
    };
    let digest = |what: &str| {
        File::open(&settings.module)
            .and_then(Digest::of_reader)
            .map_err(|error| unusable(format!("the module `{}` cannot be read{what}: {error}", settings.module)))
    };
    let before = digest("")?;
    let pkcs11 = Pkcs11::new(&settings.module).map_err(|error| {
        unusable(format!("the module `{}` cannot be loaded: {}", settings.module, ask::in_words(&error)))
    })?;
    if digest(" any more")? != before {
        return Err(unusable(format!(
            "the module `{}` was changed while it was loaded: which one runs is not known",
            settings.module
        )));
    }
    pkcs11.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)).map_err(|error| {
        unusable(format!("the module `{}` does not start: C_Initialize: {}", settings.module, ask::in_words(&error)))
    })?;
    let sha256 = hex::encode(before.as_bytes());
    let about = About::with(json!({"module": settings.module, "sha256": sha256}));
    let info = asker.ask(GET_INFO, about, || pkcs11.get_library_info(), library)?;
    let about = About::default().population(SLOT);
    let numbers = |slots: &Vec<Slot>| json!({"slots": slots.iter().map(Slot::id).collect::<Vec<_>>()});
    let listed = asker.ask(SLOT_LIST, about, || pkcs11.get_all_slots(), numbers)?.map_err(TokenRefusal::end)?;
    let mut slots = Vec::new();
    for slot in listed.value {
        slots.push(look(asker, &pkcs11, slot)?);
    }
    Ok(Loaded { pkcs11, sha256, info, list: listed.exchange, slots })
}

fn look(asker: &TokenAsker, pkcs11: &Pkcs11, slot: Slot) -> Result<SeenSlot, SinkError> {
    let about = || About {
        population: Some(SLOT.to_owned()),
        subject: Some(Subject { kind: SLOT.to_owned(), id: slot.id().to_string() }),
        parameters: json!({"slot": slot.id()}),
    };
    let info = asker.ask(SLOT_INFO, about(), || pkcs11.get_slot_info(slot), slot_info)?;
    let empty = info.as_ref().is_ok_and(|answer| !answer.value.token_present());
    let token =
        if empty { None } else { Some(asker.ask(TOKEN_INFO, about(), || pkcs11.get_token_info(slot), token_info)?) };
    Ok(SeenSlot { slot, info, token })
}

/// Asks again, right before something rests on it.
///
/// # Errors
/// When the evidence cannot be written.
pub fn now(
    asker: &TokenAsker,
    pkcs11: &Pkcs11,
    slot: Slot,
) -> Result<Result<TokenAnswer<TokenInfo>, TokenRefusal>, SinkError> {
    let about = About::with(json!({"slot": slot.id()})).population(TOKEN);
    asker.ask(TOKEN_INFO, about, || pkcs11.get_token_info(slot), token_info)
}

/// The one token of the declared names, by slots. Of two that are called the same nobody knows which is meant: neither is read, rather than one
/// for the other.
fn sole<T>(found: Vec<(u64, T)>, label: &str, serial: &str) -> Result<Option<T>, CollectError> {
    if found.len() > 1 {
        let slots: Vec<String> = found.iter().map(|(slot, _)| slot.to_string()).collect();
        return Err(CollectError::WrongIdentity {
            expected: format!("one `{label}` with serial number {serial}"),
            found: format!("{} of that label and serial number, in the slots {}", found.len(), slots.join(", ")),
        });
    }
    Ok(found.into_iter().next().map(|(_, one)| one))
}

/// The token of the declared names, of what the tokens in the slots say of themselves.
fn chosen<T>(
    seen: impl Iterator<Item = (u64, Result<(TokenName, T), TokenRefusal>)>,
    label: &str,
    serial: &str,
) -> Result<T, CollectError> {
    let (mut found, mut others, mut unread) = (Vec::new(), Vec::new(), None);
    for (slot, says) in seen {
        match says {
            Ok((name, token)) if name.serial == serial && name.label == label => found.push((slot, token)),
            Ok((name, _)) if name.initialized => {
                others.push(format!("`{}` with serial number {}", name.label, name.serial));
            }
            Ok(_) => {}
            Err(refusal) => unread = unread.or(Some(refusal)),
        }
    }
    if let Some(pinned) = sole(found, label, serial)? {
        return Ok(pinned);
    }
    // It may be the one that could not be asked: that is no other identity.
    if let Some(refusal) = unread {
        return Err(refusal.end());
    }
    Err(CollectError::WrongIdentity {
        expected: format!("`{label}` with serial number {serial}"),
        found: if others.is_empty() { "no initialised token".to_owned() } else { others.join(", ") },
    })
}

impl Loaded {
    /// What this function refused while the slots were looked into.
    pub fn refused(&self, right: &str) -> Option<&TokenRefusal> {
        let slots = self.slots.iter().flat_map(|seen| {
            let token = seen.token.as_ref().and_then(|token| token.as_ref().err());
            seen.info.as_ref().err().into_iter().chain(token)
        });
        self.info.as_ref().err().into_iter().chain(slots).find(|refusal| refusal.right == right)
    }

    /// The token with the declared label and serial number.
    ///
    /// # Errors
    /// When there is none: nothing more may be read.
    pub fn pinned(&self, settings: &Settings) -> Result<Pinned, CollectError> {
        let says = |seen: &SeenSlot| {
            let says = match seen.token.as_ref()? {
                Ok(answer) => {
                    let hardware = seen.info.as_ref().ok().map(|info| (info.value.hardware_slot(), info.exchange));
                    let name = TokenName {
                        label: trimmed(answer.value.label()).to_owned(),
                        serial: trimmed(answer.value.serial_number()).to_owned(),
                        initialized: answer.value.token_initialized(),
                    };
                    Ok((name, Pinned { slot: seen.slot, info: answer.clone(), hardware }))
                }
                Err(refusal) => Err(refusal.clone()),
            };
            Some((seen.slot.id(), says))
        };
        chosen(self.slots.iter().filter_map(says), &settings.token, &settings.serial)
    }

    /// Records every slot.
    ///
    /// # Errors
    /// When the evidence cannot be written.
    pub fn record_slots(&self, asker: &TokenAsker) -> Result<(), SinkError> {
        for seen in &self.slots {
            let id = seen.slot.id().to_string();
            let mut parts = BTreeMap::from([("id".to_owned(), vec![Source::json(self.list, "/slots")])]);
            let mut slot = resource::Slot { id: seen.slot.id(), ..resource::Slot::default() };
            let gap = |part: Option<&str>, refusal: &TokenRefusal| GapNote {
                population: Some(SLOT.to_owned()),
                subject: Some(Subject { kind: SLOT.to_owned(), id: id.clone() }),
                part: part.map(str::to_owned),
                right: Some(refusal.right.to_owned()),
                reason: refusal.reason,
                detail: refusal.detail.clone(),
                exchange: refusal.exchange,
            };
            match &seen.info {
                Ok(info) => {
                    slot.description = Some(trimmed(info.value.slot_description()).to_owned());
                    slot.manufacturer = Some(trimmed(info.value.manufacturer_id()).to_owned());
                    slot.hardware = Some(info.value.hardware_slot());
                    slot.removable = Some(info.value.removable_device());
                    for part in ["description", "manufacturer", "hardware", "removable"] {
                        parts.insert(part.to_owned(), vec![Source::json(info.exchange, format!("/{part}"))]);
                    }
                }
                Err(refusal) => {
                    for part in ["description", "manufacturer", "hardware", "removable"] {
                        asker.recorder.gap(gap(Some(part), refusal))?;
                    }
                }
            }
            match (&seen.token, &seen.info) {
                (Some(Ok(token)), _) => {
                    slot.token = Some(Some(TokenName {
                        label: trimmed(token.value.label()).to_owned(),
                        serial: trimmed(token.value.serial_number()).to_owned(),
                        initialized: token.value.token_initialized(),
                    }));
                    parts.insert("token".to_owned(), vec![Source::json(token.exchange, "")]);
                }
                (Some(Err(refusal)), _) => asker.recorder.gap(gap(Some("token"), refusal))?,
                (None, Ok(info)) => {
                    slot.token = Some(None);
                    parts.insert("token".to_owned(), vec![Source::json(info.exchange, "/token_present")]);
                }
                (None, Err(_)) => {}
            }
            asker.recorder.resource(ResourceNote {
                population: SLOT.to_owned(),
                kind: SLOT.to_owned(),
                id,
                parts,
                facts: sdk::facts(&slot)?,
            })?;
        }
        cover(asker, SLOT, self.slots.len())
    }

    /// Records the pinned token, as it is before anyone logs in.
    ///
    /// # Errors
    /// When the evidence cannot be written.
    pub fn record_token(
        &self,
        asker: &TokenAsker,
        settings: &Settings,
        pinned: &Pinned,
        (caller, told_by): (Caller, ExchangeId),
    ) -> Result<(), SinkError> {
        let info = &pinned.info.value;
        let id = trimmed(info.serial_number()).to_owned();
        let subject = Subject { kind: TOKEN.to_owned(), id: id.clone() };
        let gap = |part: &str, refusal: &TokenRefusal| GapNote {
            population: Some(TOKEN.to_owned()),
            subject: Some(subject.clone()),
            part: Some(part.to_owned()),
            right: Some(refusal.right.to_owned()),
            reason: refusal.reason,
            detail: refusal.detail.clone(),
            exchange: refusal.exchange,
        };
        let mut token = resource::Token {
            label: trimmed(info.label()).to_owned(),
            serial: trimmed(info.serial_number()).to_owned(),
            manufacturer: trimmed(info.manufacturer_id()).to_owned(),
            model: trimmed(info.model()).to_owned(),
            hardware_version: info.hardware_version().to_string(),
            firmware_version: info.firmware_version().to_string(),
            hardware: pinned.hardware.map(|(is, _)| is),
            module: None,
            write_protected: info.write_protected(),
            login_required: info.login_required(),
            protected_authentication_path: info.protected_authentication_path(),
            error_state: info.error_state(),
            user_pin: Pin {
                initialized: Some(info.user_pin_initialized()),
                count_low: info.user_pin_count_low(),
                final_try: info.user_pin_final_try(),
                locked: info.user_pin_locked(),
                to_be_changed: info.user_pin_to_be_changed(),
            },
            so_pin: Pin {
                initialized: None,
                count_low: info.so_pin_count_low(),
                final_try: info.so_pin_final_try(),
                locked: info.so_pin_locked(),
                to_be_changed: info.so_pin_to_be_changed(),
            },
            pin_length: Bounds { min: info.min_pin_length() as u64, max: info.max_pin_length() as u64 },
            mechanisms: None,
            caller,
        };
        let mut parts: BTreeMap<String, Vec<Source>> = BTreeMap::new();
        let from_flags =
            ["write_protected", "login_required", "protected_authentication_path", "error_state", "user_pin", "so_pin"];
        for part in ["label", "serial", "manufacturer", "model", "hardware_version", "firmware_version", "pin_length"] {
            parts.insert(part.to_owned(), vec![Source::json(pinned.info.exchange, format!("/{part}"))]);
        }
        for part in from_flags {
            parts.insert(part.to_owned(), vec![Source::json(pinned.info.exchange, "/flags")]);
        }
        parts.insert("caller".to_owned(), vec![Source::json(told_by, "")]);
        match pinned.hardware {
            Some((_, exchange)) => {
                parts.insert("hardware".to_owned(), vec![Source::json(exchange, "/hardware")]);
            }
            None => asker.recorder.gap(GapNote {
                population: Some(TOKEN.to_owned()),
                subject: Some(subject.clone()),
                part: Some("hardware".to_owned()),
                right: Some(SLOT_INFO.to_owned()),
                reason: GapReason::SourceError,
                detail: "its slot did not say what it is".to_owned(),
                exchange: None,
            })?,
        }
        match &self.info {
            Ok(info) => {
                parts.insert("module".to_owned(), vec![Source::json(info.exchange, "")]);
                token.module = Some(resource::Module {
                    path: settings.module.clone(),
                    sha256: self.sha256.clone(),
                    manufacturer: trimmed(info.value.manufacturer_id()).to_owned(),
                    description: trimmed(info.value.library_description()).to_owned(),
                    version: info.value.library_version().to_string(),
                    cryptoki: info.value.cryptoki_version().to_string(),
                });
            }
            Err(refusal) => asker.recorder.gap(gap("module", refusal))?,
        }
        match self.mechanisms(asker, pinned.slot)? {
            Ok((mechanisms, places)) => {
                parts.insert("mechanisms".to_owned(), places);
                token.mechanisms = Some(mechanisms);
            }
            Err(refusal) => asker.recorder.gap(gap("mechanisms", &refusal))?,
        }
        asker.recorder.resource(ResourceNote {
            population: TOKEN.to_owned(),
            kind: TOKEN.to_owned(),
            id,
            parts,
            facts: sdk::facts(&token)?,
        })?;
        cover(asker, TOKEN, 1)
    }

    /// Whose words the attributes of the token's keys are, and where that was read.
    pub fn maker(&self, pinned: &Pinned) -> Result<(Maker, Vec<Source>), TokenRefusal> {
        let library = self.info.as_ref().map_err(Clone::clone)?;
        let token = &pinned.info.value;
        let maker = Maker {
            manufacturer: trimmed(token.manufacturer_id()).to_owned(),
            model: trimmed(token.model()).to_owned(),
            library: trimmed(library.value.manufacturer_id()).to_owned(),
            library_description: trimmed(library.value.library_description()).to_owned(),
            library_version: library.value.library_version().to_string(),
        };
        let places = ["manufacturer", "description", "version"]
            .map(|member| Source::json(library.exchange, format!("/{member}")))
            .into_iter()
            .chain(["manufacturer", "model"].map(|member| Source::json(pinned.info.exchange, format!("/{member}"))));
        Ok((maker, places.collect()))
    }

    #[expect(clippy::type_complexity, reason = "a map and where it was read")]
    fn mechanisms(
        &self,
        asker: &TokenAsker,
        slot: Slot,
    ) -> Result<Result<(BTreeMap<String, Bounds>, Vec<Source>), TokenRefusal>, SinkError> {
        let about = || About::with(json!({"slot": slot.id()})).population(TOKEN);
        let names = |all: &Vec<cryptoki::mechanism::MechanismType>| json!({"mechanisms": all.iter().map(ToString::to_string).collect::<Vec<_>>()});
        let listed = match asker.ask(MECHANISM_LIST, about(), || self.pkcs11.get_mechanism_list(slot), names)? {
            Ok(listed) => listed,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let all = listed.value.clone();
        let sizes = asker.ask(
            MECHANISM_INFO,
            about(),
            || {
                all.into_iter()
                    .map(|mechanism| {
                        let info = self.pkcs11.get_mechanism_info(slot, mechanism)?;
                        let bounds = Bounds { min: info.min_key_size() as u64, max: info.max_key_size() as u64 };
                        Ok((mechanism.to_string(), bounds))
                    })
                    .collect::<Result<BTreeMap<_, _>, _>>()
            },
            |sizes| json!({"mechanisms": sizes}),
        )?;
        Ok(sizes.map(|sizes| {
            let places =
                vec![Source::json(listed.exchange, "/mechanisms"), Source::json(sizes.exchange, "/mechanisms")];
            (sizes.value, places)
        }))
    }
}

fn cover(asker: &TokenAsker, kind: &str, items: usize) -> Result<(), SinkError> {
    asker.recorder.coverage(CoverageNote {
        population: kind.to_owned(),
        calls: 1,
        pages: 1,
        items: items as u64,
        complete: true,
        total: None,
    })
}

/// Names are padded with blanks (PKCS#11 3.1, 3.1); some modules pad them with NUL.
#[must_use]
pub fn trimmed(name: &str) -> &str {
    name.trim_end_matches([' ', '\0'])
}

fn library(info: &Info) -> Value {
    json!({
        "manufacturer": trimmed(info.manufacturer_id()),
        "description": trimmed(info.library_description()),
        "version": info.library_version().to_string(),
        "cryptoki": info.cryptoki_version().to_string(),
    })
}

fn slot_info(info: &SlotInfo) -> Value {
    json!({
        "description": trimmed(info.slot_description()),
        "manufacturer": trimmed(info.manufacturer_id()),
        "hardware_version": info.hardware_version().to_string(),
        "firmware_version": info.firmware_version().to_string(),
        "token_present": info.token_present(),
        "removable": info.removable_device(),
        "hardware": info.hardware_slot(),
    })
}

/// Memory, sessions and the token's clock are left out: they change by themselves from one look to the next.
fn token_info(info: &TokenInfo) -> Value {
    json!({
        "label": trimmed(info.label()),
        "manufacturer": trimmed(info.manufacturer_id()),
        "model": trimmed(info.model()),
        "serial": trimmed(info.serial_number()),
        "hardware_version": info.hardware_version().to_string(),
        "firmware_version": info.firmware_version().to_string(),
        "pin_length": {"min": info.min_pin_length(), "max": info.max_pin_length()},
        "flags": {
            "CKF_RNG": info.rng(),
            "CKF_WRITE_PROTECTED": info.write_protected(),
            "CKF_LOGIN_REQUIRED": info.login_required(),
            "CKF_USER_PIN_INITIALIZED": info.user_pin_initialized(),
            "CKF_RESTORE_KEY_NOT_NEEDED": info.restore_key_not_needed(),
            "CKF_CLOCK_ON_TOKEN": info.clock_on_token(),
            "CKF_PROTECTED_AUTHENTICATION_PATH": info.protected_authentication_path(),
            "CKF_DUAL_CRYPTO_OPERATIONS": info.dual_crypto_operations(),
            "CKF_TOKEN_INITIALIZED": info.token_initialized(),
            "CKF_USER_PIN_COUNT_LOW": info.user_pin_count_low(),
            "CKF_USER_PIN_FINAL_TRY": info.user_pin_final_try(),
            "CKF_USER_PIN_LOCKED": info.user_pin_locked(),
            "CKF_USER_PIN_TO_BE_CHANGED": info.user_pin_to_be_changed(),
            "CKF_SO_PIN_COUNT_LOW": info.so_pin_count_low(),
            "CKF_SO_PIN_FINAL_TRY": info.so_pin_final_try(),
            "CKF_SO_PIN_LOCKED": info.so_pin_locked(),
            "CKF_SO_PIN_TO_BE_CHANGED": info.so_pin_to_be_changed(),
            "CKF_ERROR_STATE": info.error_state(),
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_two_tokens_that_are_called_the_same_neither_is_read() {
        assert!(matches!(sole::<()>(Vec::new(), "treasury", "01"), Ok(None)));
        assert!(matches!(sole(vec![(3, "a")], "treasury", "01"), Ok(Some("a"))));
        let Err(error) = sole(vec![(3, "a"), (7, "b")], "treasury", "01") else { panic!("one was taken") };
        assert!(matches!(error, CollectError::WrongIdentity { .. }));
        let words = error.to_string();
        assert!(words.contains("`treasury` with serial number 01") && words.contains("in the slots 3, 7"), "{words}");
    }

    #[test]
    fn of_two_tokens_the_one_of_both_names_is_read() {
        let name = |label: &str, serial: &str| TokenName {
            label: label.to_owned(),
            serial: serial.to_owned(),
            initialized: !label.is_empty(),
        };
        let refused = || TokenRefusal {
            right: TOKEN_INFO,
            reason: GapReason::SourceError,
            detail: "it is busy".to_owned(),
            exchange: None,
        };
        let pinned = |slots: &[Option<(&str, &str)>]| {
            let says = |(slot, says): (u64, &Option<(&str, &str)>)| {
                (slot, says.map(|(label, serial)| (name(label, serial), slot)).ok_or_else(refused))
            };
            chosen((0..).zip(slots).map(says), "treasury", "02").map_err(|error| error.to_string())
        };
        // One label, two serial numbers, and the other way round.
        assert_eq!(pinned(&[Some(("treasury", "01")), Some(("treasury", "02"))]), Ok(1));
        assert_eq!(pinned(&[Some(("treasury", "02")), Some(("spare", "02"))]), Ok(0));
        assert_eq!(pinned(&[None, Some(("treasury", "02"))]), Ok(1));
        let twice = pinned(&[Some(("treasury", "02")), Some(("", "")), Some(("treasury", "02"))]).unwrap_err();
        assert!(twice.contains("in the slots 0, 2"), "{twice}");
        let others = pinned(&[Some(("treasury", "01")), Some(("spare", "02")), Some(("", ""))]).unwrap_err();
        assert!(others.contains("`treasury` with serial number 01, `spare` with serial number 02"), "{others}");
        assert!(!others.contains("`` with"), "{others}");
        assert!(pinned(&[Some(("", ""))]).unwrap_err().contains("no initialised token"));
        // The one that could not be asked may be it.
        let unread = pinned(&[Some(("treasury", "01")), None]).unwrap_err();
        assert!(unread.contains("it is busy"), "{unread}");
    }

    #[test]
    fn names_are_padded_with_blanks_or_nul() {
        for padded in ["treasury", "treasury    ", "treasury\0\0", "treasury \0 \0", "treasury\0 "] {
            assert_eq!(trimmed(padded), "treasury");
        }
        assert_eq!(trimmed(" a b "), " a b");
    }
}
