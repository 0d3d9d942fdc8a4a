"""Statements, envelopes and statement files: docs/spec/bundle.md sections 3 to 7, read, held to their rules, rendered again."""
import base64
import hashlib
import json
import re

import ed25519
import records as r
from ledger import entry_of, envelope_of, key_id, parse_envelope
from spelling import Malformed, base64_text, escaped, need, time_text, utf8

BUNDLE_TYPE, REDACTION_TYPE = "urn:witnessmark:evidence-bundle:v1", "urn:witnessmark:redaction:v1"
SIGSTORE = "application/vnd.dev.sigstore.bundle"
PREFIX = bytes.fromhex("302a300506032b6570032100")
OUTCOMES = ["conforms", "deviates", "undetermined", "not_applicable"]


class Later(Exception):
    """Of a version or kind that is not known here."""


def b64(data):
    return base64.b64encode(data).decode()


def sha(data):
    return hashlib.sha256(data).hexdigest()


def one_name(pairs):
    found = dict(pairs)
    need(len(found) == len(pairs), "a name stands twice")
    return found


def not_whole(number):
    raise Malformed(f"{number} is not whole")


def loads(data):
    """JSON of which only the values count, because it is rendered again."""
    try:
        value = json.loads(utf8(data), object_pairs_hook=one_name, parse_float=not_whole, parse_constant=not_whole)
        # No half of a surrogate pair, wherever it stands.
        json.dumps(value, ensure_ascii=False).encode()
        return value
    except (ValueError, RecursionError):
        raise Malformed("no JSON") from None


def dump(value):
    """Section 3: without spaces, with its escapes."""
    if isinstance(value, dict):
        return "{" + ",".join(f"{dump(name)}:{dump(inner)}" for name, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(dump, value)) + "]"
    return f'"{escaped(value)}"' if isinstance(value, str) else str(value)


def same_bytes(text, data, why):
    try:
        need(text.encode() == data, why)
    except UnicodeEncodeError:
        raise Malformed("half of a surrogate pair") from None


class Shape:
    """The members of parsed JSON, by their types."""

    def __init__(self, value):
        need(isinstance(value, dict), "no object")
        self.value = value

    def get(self, name, kind):
        value = self.value.get(name)
        need(type(value) is kind, f"`{name}` is not there or of another type")
        return Shape(value) if kind is dict else value

    def texts(self, *names):
        return [self.get(name, str) for name in names]

    def number(self, name, low=0, high=2**53 - 1):
        value = self.get(name, int)
        need(low <= value <= high, f"`{name}` is out of its range")
        return value

    def name(self, name):
        """N of section 3."""
        value = self.get(name, str)
        try:
            size = len(value.encode())
        except UnicodeEncodeError:
            raise Malformed("half of a surrogate pair") from None
        need(1 <= size <= 256 and not re.search("[\0-\x1f\x7f-\x9f]", value), f"`{name}` is no name")
        return value

    def digest(self, name):
        value = self.get(name, str)
        need(re.fullmatch("[0-9a-f]{64}", value), f"`{name}` is no digest")
        return value

    def time(self, name):
        return time_text(self.get(name, str))

    def one_of(self, name, *values):
        value = self.get(name, str)
        need(value in values, f"`{name}` is none of the list")
        return value


# ---- bundle.md 3, 6


def overrides(value):
    need(isinstance(value, list) and all(name in r.OVERRIDES for name in value), "no overrides")
    places = [r.OVERRIDES.index(name) for name in value]
    need(all(a < b for a, b in zip(places, places[1:])), "overrides in another order")
    return value


def segments(value, count, kind):
    """Of each type the first line and the number of lines."""
    found, line, place = {}, 0, -1
    need(isinstance(value, list), "no segments")
    for segment in value:
        segment = Shape(segment)
        name = segment.one_of("t", *r.TYPES)
        need(r.PLACE[name] > place, "segments in another order")
        place = r.PLACE[name]
        need(segment.number("first") == line, "segments with a hole")
        size = segment.number("count", 1, r.LIMIT.get(name, 100_000_000))
        found[name] = range(line, line + size)
        line += size
    need(line == count, "segments that are not all records")
    need(kind != "run" or len(found.get("run", ())) == 1, "not exactly one run")
    if kind == "record":
        need({"run", "declaration", "recorded"} <= set(found) <= {"run", "host", "declaration", "recorded"}, "other records than a person's")
        need(all(len(lines) == 1 for name, lines in found.items() if name != "declaration"), "more than one of a kind")
    return found


def subjects(statement, *names):
    listed = statement.get("subject", list)
    need(len(listed) == len(names), "other subjects")
    digests = []
    for name, subject in zip(names, listed):
        subject = Shape(subject)
        need(subject.get("name", str) == name, "another subject")
        digests.append(subject.get("digest", dict).digest("sha256"))
    return digests


def rendered_subjects(names, digests):
    return [{"name": name, "digest": {"sha256": digest}} for name, digest in zip(names, digests)]


class Statement:
    """Section 3: read, held to its rules, rendered again."""

    NAMES = ("leaves.txt", "records.jsonl")

    def __init__(self, data):
        top = Shape(loads(data))
        kinds = top.texts("_type", "predicateType")
        if kinds != ["https://in-toto.io/Statement/v1", BUNDLE_TYPE]:
            raise Later("another type of statement")
        predicate = top.get("predicate", dict)
        self.kind = predicate.get("kind", str)
        if self.kind not in ("run", "record", "baseline", "trust"):
            raise Later("another kind of bundle")
        need(len(pae(data)) < 4096, "more than 4,095 bytes to sign")
        self.leaves, self.records = subjects(top, *self.NAMES)
        self.bundle, self.entity, self.system = map(predicate.name, ("bundle", "entity", "system"))
        tool = predicate.get("tool", dict)
        self.version, self.program = tool.name("version"), tool.digest("sha256")
        self.started, self.finished = predicate.time("started"), predicate.time("finished")
        need(self.started <= self.finished, "finished before it started")
        self.status = predicate.one_of("status", "complete", "partial", "failed")
        need(self.kind != "record" or self.status == "complete", "a person's record that is not complete")
        self.rehearsal = overrides(predicate.value.get("rehearsal"))
        self.challenge = predicate.name("challenge") if "challenge" in predicate.value else None
        listed = predicate.get("records", dict)
        listed.one_of("hash", "rfc6962-sha256")
        self.count, self.root = listed.number("count", 1, 100_000_000), listed.digest("root")
        self.segments = segments(listed.value.get("segments"), self.count, self.kind)
        summary = predicate.get("summary", dict)
        self.summary = {name: summary.number(name) for name in [*OUTCOMES, "accepted", "gaps"]}
        need(sum(self.summary[name] for name in OUTCOMES) == self.number("finding"), "a summary of other findings")
        need(self.summary["accepted"] <= self.summary["deviates"], "more accepted than deviate")
        need(self.summary["gaps"] == self.number("gap"), "a summary of other gaps")
        self.basis = None
        if "basis" in predicate.value:
            need(self.kind == "run", "a basis of another kind than a run")
            basis = predicate.get("basis", dict)
            self.basis = {name: basis.digest(name) for name in ("plan", "declaration", "checks", "parameters", "targets")}
        self.chain(predicate.get("chain", dict))
        same_bytes(dump(self.template()), data, "a statement in another spelling")

    def number(self, kind):
        return len(self.segments.get(kind, ()))

    def chain(self, chain):
        self.origin = chain.name("origin")
        need(re.fullmatch(r"[A-Za-z0-9._/-]{1,256}", self.origin), "no origin")
        self.index = chain.number("index", 0, 2**40 - 1)
        need(chain.number("prior_size") == self.index, "another size before it")
        self.prior_root = chain.digest("prior_root")
        self.previous = chain.digest("previous_statement") if "previous_statement" in chain.value else None
        need((self.previous is None) == (self.index == 0), "a previous statement at index 0, or none")
        self.every = chain.number("every_seconds", 1) if "every_seconds" in chain.value else None

    def template(self):
        predicate = {"kind": self.kind, "bundle": self.bundle, "entity": self.entity, "system": self.system,
                     "tool": {"version": self.version, "sha256": self.program}, "started": self.started,
                     "finished": self.finished, "status": self.status, "rehearsal": self.rehearsal}
        if self.challenge is not None:
            predicate["challenge"] = self.challenge
        listed = [{"t": kind, "first": lines.start, "count": len(lines)} for kind, lines in self.segments.items()]
        predicate["records"] = {"hash": "rfc6962-sha256", "count": self.count, "root": self.root, "segments": listed}
        predicate["summary"] = self.summary
        if self.basis is not None:
            predicate["basis"] = self.basis
        chain = {"origin": self.origin, "index": self.index, "prior_size": self.index, "prior_root": self.prior_root}
        if self.previous is not None:
            chain["previous_statement"] = self.previous
        if self.every is not None:
            chain["every_seconds"] = self.every
        predicate["chain"] = chain
        return {"_type": "https://in-toto.io/Statement/v1",
                "subject": rendered_subjects(self.NAMES, (self.leaves, self.records)), "predicateType": BUNDLE_TYPE,
                "predicate": predicate}


def pae(payload, kind="application/vnd.in-toto+json"):
    return f"DSSEv1 {len(kind)} {kind} {len(payload)} ".encode() + payload


class RedactionStatement:
    """The statement of section 6."""

    NAMES = ("statement", "records.jsonl")

    def __init__(self, data):
        top = Shape(loads(data))
        if top.texts("_type", "predicateType") != ["https://in-toto.io/Statement/v1", REDACTION_TYPE]:
            raise Later("another type of redaction")
        need(len(pae(data)) < 4096, "more than 4,095 bytes to sign")
        self.statement, self.records = subjects(top, *self.NAMES)
        predicate = top.get("predicate", dict)
        self.withheld, keys = [], []
        for group in predicate.get("withheld", list):
            group = Shape(group)
            kind, reason = group.one_of("t", *r.TYPES), group.name("reason")
            first, last, count = group.number("first"), group.number("last"), group.number("count", 1)
            need(first <= last and count <= last - first + 1, "more lines than there is room for")
            self.withheld.append({"t": kind, "first": first, "last": last, "count": count, "reason": reason})
            keys.append((r.PLACE[kind], reason.encode()))
        need(keys and all(a < b for a, b in zip(keys, keys[1:])), "withheld in another order, or nothing")
        rendered = {"_type": "https://in-toto.io/Statement/v1",
                    "subject": rendered_subjects(self.NAMES, (self.statement, self.records)),
                    "predicateType": REDACTION_TYPE,
                    "predicate": {"by": predicate.name("by"), "made": predicate.time("made"), "withheld": self.withheld}}
        same_bytes(dump(rendered), data, "a redaction in another spelling")


# ---- bundle.md 4, 5


def sigstore(data):
    """The parts of `statement.sigstore.json`. Raises Later with the envelope where another version is meant."""
    top = Shape(loads(data))
    media = top.get("mediaType", str)
    if media != SIGSTORE + ".v0.3+json" and media.startswith(SIGSTORE):
        raise Later(top.value.get("dsseEnvelope"))
    payload, signature = parse_envelope(top.value.get("dsseEnvelope"))
    material = top.get("verificationMaterial", dict)
    entries = material.get("tlogEntries", list)
    need(len(entries) == 1, "not one place in a ledger")
    entry = Shape(entries[0])
    key = verifier(base64_text(entry.get("canonicalizedBody", str)))
    proof = entry.get("inclusionProof", dict)
    checkpoint = proof.get("checkpoint", dict).get("envelope", str)
    hashes = [base64_text(text) for text in proof.get("hashes", list) if need(isinstance(text, str), "no text") is None]
    need(len(hashes) <= 64 and all(len(data) == 32 for data in hashes), "no hashes, or more than 64")
    index, size = proof.get("logIndex", str), proof.get("treeSize", str)
    need(all(re.fullmatch("0|[1-9][0-9]{0,18}", text, re.ASCII) for text in (index, size)), "no numbers")
    top_hash, log = base64_text(proof.get("rootHash", str)), base64_text(entry.get("logId", dict).get("keyId", str))
    need(len(top_hash) == 32 and len(log) == 32, "no hash of 32 bytes")
    body = entry_of(payload, signature, key)
    again = (f'{{"dsseEnvelope":{envelope_of(payload, signature)},"mediaType":"{SIGSTORE}.v0.3+json","verificationMaterial":'
             f'{{"publicKey":{{"hint":"{b64(key_id(key))}"}},"tlogEntries":[{{"canonicalizedBody":"{b64(body)}","inclusionProof":'
             f'{{"checkpoint":{{"envelope":"{escaped(checkpoint)}"}},"hashes":{dump([b64(h) for h in hashes])},"logIndex":"{index}",'
             f'"rootHash":"{b64(top_hash)}","treeSize":"{size}"}},"integratedTime":"1","kindVersion":{{"kind":"dsse",'
             f'"version":"0.0.1"}},"logId":{{"keyId":"{b64(log)}"}},"logIndex":"{index}"}}]}}}}')
    same_bytes(again, data, "the statement file in another spelling")
    return {"payload": payload, "signature": signature, "key": key, "entry": body, "checkpoint": checkpoint, "hashes": hashes,
            "index": int(index), "size": int(size), "root": top_hash, "log": log}


def verifier(entry):
    """The signer's key that a ledger entry names (ledger.md 3)."""
    signatures = Shape(loads(entry)).get("spec", dict).get("signatures", list)
    need(len(signatures) == 1, "not one signature")
    text = utf8(base64_text(Shape(signatures[0]).get("verifier", str)))
    match = re.fullmatch("-----BEGIN PUBLIC KEY-----\n(.{60})\n-----END PUBLIC KEY-----\n", text)
    need(match, "no PEM")
    return spki(match[1])


def spki(text):
    data = base64_text(text)
    need(len(data) == 44 and data.startswith(PREFIX), "no Ed25519 key")
    point = ed25519.decode(data[12:])
    need(point is not None and not ed25519.small(point), "no Ed25519 key")
    return data[12:]


def counter_signed(data):
    """The parts of `redaction.sigstore.json`, section 6: payload, signature, id of the key."""
    top = Shape(loads(data))
    media = top.get("mediaType", str)
    if media != SIGSTORE + ".v0.3+json" and media.startswith(SIGSTORE):
        raise Later(top.value.get("dsseEnvelope"))
    payload, signature = parse_envelope(top.value.get("dsseEnvelope"))
    hint = base64_text(top.get("verificationMaterial", dict).get("publicKey", dict).get("hint", str))
    need(len(hint) == 32, "no key id")
    again = (f'{{"dsseEnvelope":{envelope_of(payload, signature)},"mediaType":"{SIGSTORE}.v0.3+json",'
             f'"verificationMaterial":{{"publicKey":{{"hint":"{b64(hint)}"}}}}}}')
    same_bytes(again, data, "the redaction file in another spelling")
    return payload, signature, hint


# ---- bundle.md 7


class Trust:
    ROLES = {"run": "run", "baseline": "run", "trust": "run", "record": "record"}

    def __init__(self, data):
        top = json.loads(data, object_pairs_hook=one_name)
        if top["witnessmark_trust"] != 1 or set(top) != {"witnessmark_trust", "ledger", "keys", "tsa", "witnesses"}:
            raise ValueError("no trust file of version 1")
        self.origin, self.ledger = top["ledger"]["origin"], spki(top["ledger"]["spki"])
        self.sizes = top["ledger"]["sizes"]
        self.entity, self.system = top["ledger"].get("entity"), top["ledger"].get("system")
        self.keys = [(spki(key["spki"]), key["role"], key["indices"]) for key in top["keys"]]
        roles = {(key, role) for key, role, _ in self.keys} | {(spki(one["spki"]), "witness") for one in top["witnesses"]} | {(self.ledger, "ledger")}
        if len(roles) != len({key for key, _ in roles}):
            raise ValueError("a key with two roles")

    @staticmethod
    def within(bounds, number):
        return (bounds[0] is None or bounds[0] <= number) and (bounds[1] is None or number <= bounds[1])

    def signers(self, role, index=None):
        return [key for key, name, bounds in self.keys if name == role and (index is None or self.within(bounds, index))]
