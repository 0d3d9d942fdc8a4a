//! Keys as they are found: by which names, and what is known of them.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::facts::By;
use crate::unread::{Part, Unread};
use crate::world::{Object, Target, World};

pub(super) const KMS: &str = "aws-kms/key";
pub(super) const PKCS11: &str = "pkcs11/key";
const PUBLIC_KEY: &str = "pkcs11/public-key";

/// What the join reads.
pub(super) const READS: &[(&str, &[&str])] = &[
    (KMS, &["arn", "key_id", "region", "manager", "spec", "usage", "origin", "multi_region", "aliases"]),
    (PKCS11, &["class", "key_type", "label", "key_id", "local", "curve", "bits", "sign", "fingerprint"]),
    (PUBLIC_KEY, &["key_id", "fingerprint"]),
    // Keys that a program of the entity's own found.
    (
        "*/key",
        &[
            "label",
            "name",
            "key_id",
            "arn",
            "alias",
            "aliases",
            "fingerprint",
            "region",
            "account",
            "spec",
            "origin",
            "class",
            "sign",
        ],
    ),
];

/// Something about a key; `None`: the source has nothing of this name.
pub(super) type Seen<T> = Result<Option<T>, Unread>;

/// A key that was found: once, at however many targets it was read.
#[derive(Clone, Debug)]
pub(crate) struct FoundKey {
    /// What it is, wherever it is read: an ARN, a token and a name on it, or a target and a name there.
    pub identity: String,
    /// Target, kind and id of what was read. Nothing was recorded of one that is not `there`.
    pub at: Vec<(String, String, String, bool)>,
    /// Other objects that were looked at.
    pub beside: Vec<(String, String, String)>,
    pub names: BTreeMap<String, By>,
    /// Why it may have more names.
    pub more_names: Option<Unread>,
    pub account: Option<String>,
    pub region: Option<String>,
    /// Why nobody can say in which account and region it lies.
    pub unplaced: Option<Unread>,
    pub token: Option<String>,
    pub managed: Result<bool, Unread>,
    pub signs: Seen<bool>,
    pub spec: Seen<String>,
    pub origin: Seen<String>,
    /// `private-key` or `secret-key`.
    pub material: Seen<String>,
    /// What keys that are copies of each other have in common.
    pub copies: Seen<String>,
}

/// The kinds of keys that may be found at a target. None: no collector of it looks for keys.
pub(super) fn kinds_at<'w>(world: &'w World<'_>, target: &Target<'_>) -> Vec<&'w str> {
    let mut kinds: Vec<&str> = [KMS, PKCS11].into_iter().filter(|kind| target.is_read_by(collector_of(kind))).collect();
    if let Some(program) = target.program() {
        let of_program = |kind: &&str| kind.split_once('/') == Some((program, "key"));
        kinds.extend(world.known_kinds(target.id).filter(of_program).filter(|kind| ![KMS, PKCS11].contains(kind)));
    }
    kinds
}

fn collector_of(kind: &str) -> &str {
    kind.split_once('/').map_or(kind, |(collector, _)| collector)
}

/// Every key that was found at any target, by identity.
pub(crate) fn all(world: &World<'_>) -> Vec<FoundKey> {
    let mut keys: BTreeMap<String, FoundKey> = BTreeMap::new();
    for target in world.targets() {
        for kind in kinds_at(world, target) {
            let tokens = Tokens::of(world, target, kind);
            for object in world.objects_at(target.id, kind) {
                let mut key = match kind {
                    KMS => of_kms(world, object),
                    PKCS11 => of_token(world, target, object, &tokens),
                    _ => of_program(world, target, object),
                };
                key.at.push((target.id.to_owned(), kind.to_owned(), object.id.to_string(), true));
                merge(&mut keys, key);
            }
            for (id, why) in world.missing(target.id, kind) {
                let mut key = unread(target, kind, id, &why);
                key.at.push((target.id.to_owned(), kind.to_owned(), id.to_owned(), false));
                merge(&mut keys, key);
            }
        }
    }
    keys.into_values().collect()
}

fn merge(keys: &mut BTreeMap<String, FoundKey>, key: FoundKey) {
    let Some(known) = keys.get_mut(&key.identity) else {
        keys.insert(key.identity.clone(), key);
        return;
    };
    known.at.extend(key.at);
    known.beside.extend(key.beside);
    known.names.extend(key.names);
    // Who read all of its names read those that the other lacks.
    known.more_names = known.more_names.take().and(key.more_names);
    known.unplaced = known.unplaced.take().and(key.unplaced);
    known.account = known.account.take().or(key.account);
    known.region = known.region.take().or(key.region);
    prefer(&mut known.managed, key.managed);
    prefer(&mut known.signs, key.signs);
    prefer(&mut known.spec, key.spec);
    prefer(&mut known.origin, key.origin);
    prefer(&mut known.material, key.material);
    prefer(&mut known.copies, key.copies);
}

/// What was read counts more than what was not; of what was read twice, the first.
fn prefer<T>(known: &mut Result<T, Unread>, other: Result<T, Unread>) {
    if known.is_err() {
        *known = other;
    }
}

/// Partition, service, region, account, and the rest. <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html>
pub(super) fn arn(text: &str) -> Option<[&str; 5]> {
    let mut parts = text.strip_prefix("arn:")?.splitn(5, ':');
    let mut next = || parts.next();
    Some([next()?, next()?, next()?, next()?, next()?])
}

fn of_kms(world: &World<'_>, object: &Object) -> FoundKey {
    let text = |part: &str| world.part::<String>(object, part).whole();
    let arn_text = text("arn").unwrap_or_else(|_| object.id.to_string());
    let place = arn(&arn_text);
    let aliases = world.part::<Vec<String>>(object, "aliases");
    let more_names = aliases.why().cloned();
    let mut names = kms_names(&arn_text);
    if let Ok(key_id) = text("key_id") {
        names.insert(key_id, By::KeyId);
    }
    for alias in aliases.known().into_iter().flatten() {
        if let Some([partition, service, region, account, _]) = place {
            names.insert(format!("arn:{partition}:{service}:{region}:{account}:{alias}"), By::AliasArn);
        }
        names.insert(alias, By::Alias);
    }
    let spec = text("spec");
    // <https://docs.aws.amazon.com/kms/latest/developerguide/symm-asymm-choose-key-spec.html>
    let secret = |spec: &String| spec == "SYMMETRIC_DEFAULT" || spec.starts_with("HMAC_");
    let material = |spec: &String| Some(if secret(spec) { "secret-key" } else { "private-key" }.to_owned());
    #[derive(Deserialize)]
    struct MultiRegion {
        primary: Elsewhere,
    }
    #[derive(Deserialize)]
    struct Elsewhere {
        arn: String,
    }
    let primary = world.part::<Option<MultiRegion>>(object, "multi_region").whole();
    FoundKey {
        at: Vec::new(),
        beside: Vec::new(),
        names,
        more_names,
        account: place.map(|[_, _, _, account, _]| account.to_owned()),
        region: place.map(|[_, _, region, _, _]| region.to_owned()),
        unplaced: None,
        token: None,
        managed: text("manager").map(|manager| manager == "AWS"),
        signs: text("usage").map(|usage| Some(usage == "SIGN_VERIFY")),
        material: spec.as_ref().map(material).map_err(Clone::clone),
        spec: spec.map(Some),
        origin: text("origin").map(Some),
        copies: primary.map(|multi| multi.map(|multi| multi.primary.arn)),
        identity: arn_text,
    }
}

/// The names that are in an ARN of KMS: itself and the id of the key.
fn kms_names(text: &str) -> BTreeMap<String, By> {
    let id = arn(text).and_then(|[_, _, _, _, rest]| rest.strip_prefix("key/")).map(|id| (id.to_owned(), By::KeyId));
    [(text.to_owned(), By::Arn)].into_iter().chain(id).collect()
}

/// What the public keys of a token say of the private ones.
#[derive(Default)]
struct Tokens {
    /// By CKA_ID: fingerprint, and the id of the public key.
    fingerprints: HashMap<String, Vec<(String, String)>>,
    open: Option<Unread>,
}

impl Tokens {
    fn of(world: &World<'_>, target: &Target<'_>, kind: &str) -> Self {
        if kind != PKCS11 {
            return Self::default();
        }
        let mut tokens = Self { fingerprints: HashMap::new(), open: world.listing(target.id, PUBLIC_KEY).open() };
        for object in world.objects_at(target.id, PUBLIC_KEY) {
            let fingerprint = world.part::<Option<String>>(object, "fingerprint");
            match (world.part::<String>(object, "key_id").whole(), fingerprint.whole()) {
                (Ok(key_id), Ok(Some(fingerprint))) if !key_id.is_empty() => {
                    tokens.fingerprints.entry(key_id).or_default().push((fingerprint, object.id.to_string()));
                }
                (Err(why), _) | (_, Err(why)) => {
                    tokens.open = Unread::all(tokens.open.take().into_iter().chain([why]));
                }
                _ => {}
            }
        }
        tokens
    }
}

fn of_token(world: &World<'_>, target: &Target<'_>, object: &Object, tokens: &Tokens) -> FoundKey {
    fn gap<T>(part: &Part<T>) -> Option<Unread> {
        part.why().cloned()
    }
    let label = world.part::<String>(object, "label");
    let key_id = world.part::<String>(object, "key_id");
    let own = world.part::<Option<String>>(object, "fingerprint");
    let mut more: Vec<Unread> = [gap(&label), gap(&key_id), gap(&own)].into_iter().flatten().collect();
    let serial = target.setting("serial").map(str::to_owned);
    let mut names = BTreeMap::from([(object.id.to_string(), By::Id)]);
    let mut beside = Vec::new();
    match own.known().flatten() {
        Some(fingerprint) => {
            names.insert(fingerprint, By::Fingerprint);
        }
        None => more.extend(tokens.open.clone()),
    }
    let key_id = key_id.known().filter(|key_id| !key_id.is_empty());
    for (fingerprint, public) in key_id.iter().filter_map(|key_id| tokens.fingerprints.get(key_id)).flatten() {
        names.insert(fingerprint.clone(), By::Fingerprint);
        beside.push((target.id.to_owned(), PUBLIC_KEY.to_owned(), public.clone()));
    }
    names.extend(key_id.map(|key_id| (key_id, By::KeyId)));
    names.extend(label.known().filter(|label| !label.is_empty()).map(|label| (label, By::Label)));
    let class = world.part::<String>(object, "class").whole();
    let is_private = |class: String| if class == "private" { "private-key" } else { "secret-key" }.to_owned();
    FoundKey {
        identity: match &serial {
            Some(serial) => format!("token {serial} {}", object.id),
            None => format!("{} {} {}", target.id, object.kind, object.id),
        },
        at: Vec::new(),
        beside,
        names,
        more_names: Unread::all(more),
        account: None,
        region: None,
        unplaced: None,
        token: serial,
        managed: Ok(false),
        signs: world.part::<Option<bool>>(object, "sign").whole(),
        spec: token_spec(world, object),
        origin: world
            .part::<bool>(object, "local")
            .whole()
            .map(|local| Some(if local { "local" } else { "imported" }.to_owned())),
        material: class.map(is_private).map(Some),
        copies: Ok(None),
    }
}

/// The curve, or type and bits: `secp256k1`, `RSA_4096`, `AES_256`.
fn token_spec(world: &World<'_>, object: &Object) -> Seen<String> {
    if let Some(curve) = world.part::<Option<String>>(object, "curve").whole()? {
        return Ok(Some(curve));
    }
    let kind = world.part::<String>(object, "key_type").whole()?;
    let kind = kind.strip_prefix("CKK_").unwrap_or(&kind);
    let bits = world.part::<Option<u64>>(object, "bits").whole()?;
    Ok(Some(bits.map_or_else(|| kind.to_owned(), |bits| format!("{kind}_{bits}"))))
}

/// What a program of the entity's own found. Its kinds have the parts that it gives them: one that is not there is none.
fn of_program(world: &World<'_>, target: &Target<'_>, object: &Object) -> FoundKey {
    let mut names = BTreeMap::from([(object.id.to_string(), By::Id)]);
    let mut more = Vec::new();
    let mut add = |part: &str, by: By| match seen::<OneOrMany>(world, object, part) {
        Ok(found) => names.extend(found.into_iter().flat_map(OneOrMany::all).map(|name| (name, by))),
        Err(why) => more.push(why),
    };
    for (part, by) in [
        ("name", By::Name),
        ("label", By::Label),
        ("alias", By::Alias),
        ("aliases", By::Alias),
        ("key_id", By::KeyId),
        ("fingerprint", By::Fingerprint),
        ("arn", By::Arn),
    ] {
        add(part, by);
    }
    let text = |part: &str| seen::<String>(world, object, part);
    let (account, region) = (text("account"), text("region"));
    FoundKey {
        identity: format!("{} {} {}", target.id, object.kind, object.id),
        at: Vec::new(),
        beside: Vec::new(),
        names,
        more_names: Unread::all(more),
        unplaced: Unread::all(account.as_ref().err().into_iter().chain(region.as_ref().err()).cloned()),
        account: account.ok().flatten(),
        region: region.ok().flatten(),
        token: None,
        managed: Ok(false),
        signs: seen(world, object, "sign"),
        spec: text("spec"),
        origin: text("origin"),
        material: Ok(None),
        copies: Ok(None),
    }
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl OneOrMany {
    fn all(self) -> Vec<String> {
        match self {
            Self::One(text) => vec![text],
            Self::Many(texts) => texts,
        }
    }
}

/// A part that need not be there; `null` is none.
fn seen<T: DeserializeOwned>(world: &World<'_>, object: &Object, part: &str) -> Seen<T> {
    if !object.has(part) && world.why(object, part).is_none() {
        return Ok(None);
    }
    world.part::<Option<T>>(object, part).whole()
}

/// A key that was listed and of which nothing else is known.
fn unread(target: &Target<'_>, kind: &str, id: &str, why: &Unread) -> FoundKey {
    let place = arn(id).filter(|_| kind == KMS);
    let token = target.setting("serial").filter(|_| kind == PKCS11).map(str::to_owned);
    FoundKey {
        identity: match (kind, &token) {
            (KMS, _) => id.to_owned(),
            (_, Some(serial)) => format!("token {serial} {id}"),
            _ => format!("{} {kind} {id}", target.id),
        },
        at: Vec::new(),
        beside: Vec::new(),
        names: if place.is_some() { kms_names(id) } else { BTreeMap::from([(id.to_owned(), By::Id)]) },
        more_names: Some(why.clone()),
        account: place.map(|[_, _, _, account, _]| account.to_owned()),
        region: place.map(|[_, _, region, _, _]| region.to_owned()),
        unplaced: Some(why.clone()).filter(|_| place.is_none() && token.is_none()),
        token,
        managed: Err(why.clone()),
        signs: Err(why.clone()),
        spec: Err(why.clone()),
        origin: Err(why.clone()),
        material: Err(why.clone()),
        copies: Err(why.clone()),
    }
}

impl FoundKey {
    /// Whether this kind of name is its own wherever it is found.
    pub(super) fn is_certain(&self, by: By) -> bool {
        let kms = self.at.iter().any(|(_, kind, _, _)| kind == KMS);
        matches!(by, By::Arn | By::Fingerprint | By::AliasArn) || kms && by == By::KeyId
    }

    /// The targets at which it was read, ascending, each once.
    pub(crate) fn targets(&self) -> BTreeSet<&str> {
        self.at.iter().map(|(target, ..)| target.as_str()).collect()
    }
}
