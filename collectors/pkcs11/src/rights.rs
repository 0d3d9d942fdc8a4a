//! The functions of PKCS#11 that are called, and what each feeds.

use sdk::{Feed, Right, RightsForm};

use crate::resource::{CERTIFICATE, KEY, PUBLIC_KEY, SLOT, TOKEN};

pub const FORM: RightsForm =
    RightsForm { name: "pkcs11-user", help: "Users that a PKCS#11 token knows, and which one to log in as" };

pub const GET_INFO: &str = "C_GetInfo";
pub const SLOT_LIST: &str = "C_GetSlotList";
pub const SLOT_INFO: &str = "C_GetSlotInfo";
pub const TOKEN_INFO: &str = "C_GetTokenInfo";
pub const MECHANISM_LIST: &str = "C_GetMechanismList";
pub const MECHANISM_INFO: &str = "C_GetMechanismInfo";
pub const OPEN_SESSION: &str = "C_OpenSession";
pub const LOGIN: &str = "C_Login";
pub const FIND_OBJECTS: &str = "C_FindObjects";
pub const ATTRIBUTES: &str = "C_GetAttributeValue";

/// Functions that come with those of [`rights`] and give nothing to read: loading, opening, ending.
pub const BRACKETS: [&str; 8] = [
    "C_GetFunctionList",
    "C_GetInterface",
    "C_Initialize",
    "C_FindObjectsInit",
    "C_FindObjectsFinal",
    "C_Logout",
    "C_CloseSession",
    "C_Finalize",
];

/// Functions that are never called, whatever the token allows: they use a key or change something.
pub const NEVER: [&str; 24] = [
    "C_InitToken",
    "C_InitPIN",
    "C_SetPIN",
    "C_SetOperationState",
    "C_CreateObject",
    "C_CopyObject",
    "C_DestroyObject",
    "C_SetAttributeValue",
    "C_EncryptInit",
    "C_DecryptInit",
    "C_DigestInit",
    "C_DigestKey",
    "C_SignInit",
    "C_SignRecoverInit",
    "C_VerifyInit",
    "C_VerifyRecoverInit",
    "C_GenerateKey",
    "C_GenerateKeyPair",
    "C_WrapKey",
    "C_UnwrapKey",
    "C_DeriveKey",
    "C_SeedRandom",
    "C_GenerateRandom",
    "C_LoginUser",
];

#[must_use]
pub fn rights() -> Vec<Right> {
    let objects = || [KEY, PUBLIC_KEY, CERTIFICATE].map(Feed::list).to_vec();
    let right = |name: &str, feeds: Vec<Feed>, deniable: bool, note: &str| Right {
        name: name.to_owned(),
        feeds,
        deniable,
        note: note.to_owned(),
    };
    vec![
        right(GET_INFO, vec![Feed::part(TOKEN, "module")], false, "which library this is, as it says itself"),
        right(
            SLOT_LIST,
            vec![Feed::list(SLOT), Feed::list(TOKEN)],
            false,
            "the slots of the module, and the token that is pinned",
        ),
        right(SLOT_INFO, vec![Feed::list(SLOT)], false, "what each slot is"),
        right(
            TOKEN_INFO,
            vec![Feed::list(TOKEN), Feed::part(SLOT, "token")],
            false,
            "serial number, firmware, state of the PINs",
        ),
        right(MECHANISM_LIST, vec![Feed::part(TOKEN, "mechanisms")], true, "what the token can do"),
        right(MECHANISM_INFO, vec![Feed::part(TOKEN, "mechanisms")], true, "key sizes of each mechanism"),
        right(OPEN_SESSION, objects(), true, "a read-only session; a token may have none left"),
        right(
            LOGIN,
            vec![Feed::list(KEY)],
            true,
            "only where the target says `login: user`, or a person gives the PIN for one run: only a user who is logged in sees private objects. The PIN that logs in can also sign: PKCS#11 has no read-only user",
        ),
        right(FIND_OBJECTS, objects(), true, "which objects there are, with C_FindObjectsInit and C_FindObjectsFinal"),
        right(ATTRIBUTES, objects(), true, "attributes of each object; never a key's value"),
    ]
}

/// What a person has to set up for this, in words: PKCS#11 has no language for rights.
pub const IN_WORDS: &str = "\
# PKCS#11 knows three callers: no user (the public session), the normal user, the security officer.
#
# 1. No user. Needs no PIN. Shows the token, its mechanisms, and objects with CKA_PRIVATE=false: as a rule public keys and
#    certificates. This is what witnessmark does unless it is told otherwise. Private keys are sealed as not read.
#
# 2. The normal user. Shows private keys and their attributes, and can SIGN, DECRYPT and UNWRAP with them, and delete them:
#    PKCS#11 has no read-only user. Three ways, best first:
#    * A token that has users of its own (CloudHSM, Luna, nShield, YubiHSM): make one that owns nothing and to which the keys
#      are shown but not usable. The vendor's manual says what such a user sees.
#    * A person gives the PIN for one run:           witnessmark run --pin TARGET
#    * The PIN lies on the machine, and someone has signed for that:
#          login: user
#          accepts_signing_credential: {approved_by: NAME, reason: WHY}
#          pin_file: /run/credentials/witnessmark/pin
#
# 3. The security officer. Never used.
";
