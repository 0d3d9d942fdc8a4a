"""The form of each record, as far as it is seen from its line alone: docs/spec/bundle.md section 2, "Types and their members"."""
import ipaddress
import functools
import hashlib
import re

from spelling import (ascending, base64_text, date, digest, free, free_object, listed, matching, members, need,
                      one_of, pointer, text, time, tree, truth, whole)

# The table of "Order": name, whether it is always disclosed, how many there may be (section 10).
TABLE = [
    ("run", True, 1), ("host", False, None), ("declaration", False, 100_000), ("check", True, 4096), ("acceptance", False, 4096),
    ("assignment", True, 100_000), ("route", True, 100_000), ("peer", True, 4096), ("exchange", True, None),
    ("params", False, None), ("body", False, None), ("coverage", True, 100_000), ("gap", True, None),
    ("resource", False, None), ("derived", False, None), ("recorded", False, None), ("finding", False, None),
    ("control", True, 100_000),
]
TYPES = [name for name, _, _ in TABLE]
PLACE = {name: place for place, name in enumerate(TYPES)}
SHOWN = {name for name, shown, _ in TABLE if shown}
LIMIT = {name: limit for name, _, limit in TABLE if limit}
OVERRIDES = ["clock", "endpoint", "randomness", "replay", "target"]
UNPROVEN = ["plain-http", "no-certificates", "this-machine", "other-name"]
REASONS = ["denied", "closed-by-policy", "throttled", "unsupported", "timed-out", "unreachable", "source-error", "malformed",
           "truncated", "total-mismatch", "wrong-identity", "unauthenticated", "withheld-secret", "skipped", "vanished",
           "deadline", "collector-failed"]
LINE, ACCEPTANCE_LINE = 16_777_216, 16_384


class Reference(tuple):
    """A type, an ordinal, and the types that may be named there."""


def reference(*types):
    def read(value):
        match = re.fullmatch(r"([a-z]+):(0|[1-9][0-9]{0,15})", text(value), re.ASCII)
        need(match and match[1] in PLACE, "no reference")
        return Reference((match[1], int(match[2]), types))

    return read


NAME = r"[a-z0-9.\-_]{1,253}"
HOST = rf"(?:{NAME}|\[([a-f0-9:.]+)\])"


def address(value):
    """In brackets stands an IPv6 address of RFC 4291, without a zone."""
    if value is not None:
        try:
            ipaddress.IPv6Address(value)
        except ValueError:
            need(False, "no IPv6 address")


def endpoint(value):
    plain = text(value)
    match = re.fullmatch(rf"(?:local:{NAME}|(https?)://{HOST}(?::([1-9][0-9]{{0,4}}))?)", plain, re.ASCII)
    need(match, "no endpoint")
    address(match[2])
    if match[3]:
        need(int(match[3]) <= 65535, "no port")
        need((match[1], match[3]) not in (("https", "443"), ("http", "80")), "the scheme's own port")
    return plain


def proxy(value):
    plain = text(value)
    match = re.fullmatch(rf"https?://{HOST}:([1-9][0-9]{{0,4}})", plain, re.ASCII)
    need(match and int(match[2]) <= 65535, "no proxy")
    address(match[1])
    return plain


SUBJECT = members(("kind", text), ("id", text))
SYNTAX = one_of("json", "xml", "csv")


def place(syntax, path):
    """The table below "Locator"."""
    if syntax == "json":
        pointer(path)
    elif syntax == "xml":
        need(path.startswith("/"), "no path of elements")
        for element in path[1:].split("/"):
            match = re.fullmatch(r"([^/\[\]\s\x00-\x1f\x7f-\x9f]+)(?:\[([1-9][0-9]*)\])?", element)
            need(match and int(match[2] or 2) <= 2**53 - 1, "no path of elements")
    else:
        match = re.fullmatch(r"/([1-9][0-9]{0,15})", path, re.ASCII)
        need(match and int(match[1]) <= 2**53 - 1, "no row")


def inner_place(value):
    syntax, path = (listed(text, 2, 2))(value)
    need(syntax in ("json", "xml", "csv"), "no syntax")
    place(syntax, path)
    return syntax, path


IN_ANSWER = members(("exchange", reference("exchange")), ("syntax", SYNTAX), ("path", text),
                    ("decode?", listed(one_of("percent", "base64"), 1)), ("inner?", inner_place))
DECLARED = members(("declaration", reference("declaration")), ("line", whole(1)), ("column", whole(1)))


def locator(value):
    need(value[0] == "object" and value[1], "no locator")
    if value[1][0][1] == "declaration":
        return DECLARED(value)
    found = IN_ANSWER(value)
    place(found["syntax"], found["path"])
    need("inner" not in found or "decode" in found, "an inner place without decoding")
    return found


def parts(value):
    need(value[0] == "object", "no object")
    need(len(value[1]) <= 1024, "more than 1,024 parts")
    found, before = {}, None
    for raw, name, inner, _ in value[1]:
        text(("text", (raw, name)))
        need(before is None or before < name.encode(), "parts in another order")
        before = name.encode()
        found[name] = listed(locator, 1, 65_536)(inner)
    return found


def raw_number(value):
    return whole(0, 999_999_999)(value)


def certificate(value):
    data = base64_text(text(value))
    need(1 <= len(data) <= 65_536, "a certificate without bytes, or of too many")
    return data


COVERS_DEVIATION = members(("deviation", members(("control", text), ("check", text), ("subject", text), ("target?", text))))
COVERS_GAP = members(("gap", members(("target", text), ("population?", text), ("right?", text), ("part?", text),
                                     ("subject?", text), ("reason_is?", one_of(*REASONS)))))


def covers(value):
    need(value[0] == "object" and value[1], "covers nothing")
    return (COVERS_GAP if value[1][0][1] == "gap" else COVERS_DEVIATION)(value)


def inputs(value):
    found = listed(reference("declaration", "exchange", "coverage", "gap", "resource", "derived"))(value)
    keys = [(PLACE[kind], ordinal) for kind, ordinal, _ in found]
    need(all(a < b for a, b in zip(keys, keys[1:])), "inputs in another order")
    return found


REHEARSED = listed(members(("endpoint", endpoint), ("because", one_of(*UNPROVEN))), 1)


def rehearsed(value):
    found = REHEARSED(value)
    endpoints = [one["endpoint"].encode() for one in found]
    need(all(a < b for a, b in zip(endpoints, endpoints[1:])), "endpoints of a rehearsal in another order")
    return found


def here(place):
    """Whether the endpoint `https://...` is on this machine (section 2, "What is evidence")."""
    host = place.removeprefix("https://")
    if host.startswith("["):
        address = ipaddress.IPv6Address(host[1:host.index("]")])
        address = address.ipv4_mapped or address
        return address.is_loopback or address.is_unspecified
    name = host.partition(":")[0].rstrip(".")
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        address = ipaddress.IPv4Address(name)
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


ABOUT_REQUIREMENT, ABOUT_CONTROL = members(("requirement", text)), members(("control", text))


def about(value):
    need(value[0] == "object" and value[1], "about nothing")
    return (ABOUT_REQUIREMENT if value[1][0][1] == "requirement" else ABOUT_CONTROL)(value)


def every(value):
    need(value[0] == "object" and value[1], "never due")
    return (EVERY_DAYS if value[1][0][1] == "days" else EVERY_MONTHS)(value)


TEXTS = listed(text)
NUMBER = whole()
EVERY_MONTHS, EVERY_DAYS = members(("months", whole(1, 2**32 - 1))), members(("days", whole(1, 2**32 - 1)))
FORMS = {
    "run": [("id", text), ("tool", members(("name", text), ("version", text), ("sha256", digest))), ("assessment", NUMBER),
            ("clock", one_of("system", "set")), ("started", time), ("finished", time), ("plan", digest),
            ("purpose", one_of("readiness", "audit")), ("status", one_of("complete", "partial", "failed")),
            ("overrides", listed(one_of(*OVERRIDES))), ("challenge?", text), ("failure?", text)],
    "host": [("user", text), ("name", text), ("os", text),
             ("identities", listed(members(("target", text), ("collector", text), ("caller", text), ("found", text))))],
    "declaration": [("path", text), ("size", NUMBER), ("sha256", digest), ("raw", raw_number)],
    "check": [("id", text), ("role", one_of("check", "library")), ("sha256", digest),
              ("provenance", one_of("stock", "changed", "own")), ("text", text)],
    "acceptance": [("id", text), ("covers", covers), ("reason", text), ("approved_by", text), ("approved", date),
                   ("expires", date), ("payload?", digest)],
    "assignment": [("control", text), ("check", text), ("targets", TEXTS), ("parameters", free_object), ("weaker", TEXTS),
                   ("expect?", members(("none", text))), ("declared", free_object), ("now", time)],
    "route": [("target", text), ("collector", text), ("endpoints?", ascending(endpoint)), ("proxies?", ascending(proxy)),
              ("authorities?", ascending(digest)), ("pinned?", ascending(digest)), ("rehearsal?", rehearsed)],
    "peer": [("sha256", digest), ("certificates", listed(certificate, 1, 16))],
    "exchange": [("target", text), ("collector", text), ("endpoint", endpoint), ("peer?", reference("peer")),
                 ("operation", text), ("population?", text), ("page", NUMBER), ("attempt", whole(1, 2**32 - 1)),
                 ("started", time), ("status?", whole(0, 65535)), ("error?", text),
                 ("failure?", one_of("connect", "timeout", "reset", "cut", "tls", "too-large")), ("request_id?", text),
                 ("date?", text)],
    "params": [("exchange", reference("exchange")), ("subject?", SUBJECT), ("parameters", free_object)],
    "body": [("exchange", reference("exchange")), ("size", NUMBER),
             ("masked?", listed(members(("at", NUMBER), ("length", whole(1))), 1)), ("sha256?", digest), ("raw?", raw_number),
             ("withheld?", one_of("credential-bearing", "suspected-secret"))],
    "coverage": [("target", text), ("collector", text), ("population", text), ("calls", NUMBER), ("pages", NUMBER),
                 ("items", NUMBER), ("repeated?", whole(1)), ("complete", truth),
                 ("total?", members(("count", NUMBER), ("from", locator)))],
    "gap": [("target", text), ("collector", text), ("population?", text), ("subject?", SUBJECT), ("part?", text),
            ("right?", text), ("reason", one_of(*REASONS)), ("detail", text), ("exchange?", reference("exchange")),
            ("acceptance?", reference("acceptance"))],
    "resource": [("target", text), ("collector", text), ("population", text), ("kind", text), ("id", text), ("parts", parts),
                 ("facts", free_object)],
    "derived": [("target", text), ("collector", text), ("population", text), ("kind", text), ("id", text),
                ("inputs", inputs), ("facts", free_object)],
    "recorded": [("id", text), ("method", one_of("review", "inspect", "observe", "interview")), ("about", listed(about, 1, 256)),
                 ("by", text), ("role", one_of("entity", "implementer", "auditor")), ("on", date), ("done_on?", date),
                 ("expires", date), ("says", one_of("supports", "contradicts")), ("text", text),
                 ("attachments?", listed(members(("name", text), ("size", NUMBER), ("sha256", digest),
                                                 ("declaration?", reference("declaration"))), 1, 256))],
    "finding": [("control", text), ("check", text), ("target", text), ("population?", text), ("subject?", SUBJECT),
                ("outcome", one_of("conforms", "deviates", "undetermined", "not-applicable")),
                ("severity", one_of("info", "low", "medium", "high", "critical")),
                ("evidence", listed(members(("path?", lambda v: pointer(text(v))), ("actual?", free), ("expected?", free),
                                            ("because?", text)))),
                ("reason?", text),
                ("rests_on", listed(reference("declaration", "check", "assignment", "exchange", "coverage", "gap", "resource",
                                              "derived", "recorded"))),
                ("acceptance?", reference("acceptance"))],
    "control": [("id", text), ("title", text), ("requirements", TEXTS),
                ("outcome?", one_of("conforms", "deviates", "undetermined", "not-applicable")),
                ("counts", members(("conforms", NUMBER), ("deviates", NUMBER), ("undetermined", NUMBER),
                                   ("not_applicable", NUMBER), ("accepted", NUMBER))),
                ("observe?", members(("every_seconds", whole(1)), ("grace_seconds?", NUMBER))),
                ("task?", members(("every?", every), ("grace_days?", whole(0, 2**32 - 1)),
                                  ("done", listed(members(("on", date), ("record?", text))))))],
}
READ = {kind: members(("salt", matching("[A-Za-z0-9_-]{21}[AQgw]", "no salt")), ("t", text), *form)
        for kind, form in FORMS.items()}


def alone(kind, record):
    """What the members of one record say of each other, where the page calls it a matter of form."""
    if kind == "control":
        days = [done["on"] for done in record.get("task", {"done": []})["done"]]
        need(days == sorted(days), "days of a task in another order")
    if kind == "exchange":
        need("peer" not in record or record["endpoint"].startswith("https://"), "a peer without TLS")
    if kind == "body":
        kept = "sha256" in record and "raw" in record
        need(kept and "withheld" not in record or not ("sha256" in record or "raw" in record) and "withheld" in record,
             "neither kept nor withheld, or both")
        need(kept or "masked" not in record, "masked texts of a body that is not kept")
        end = -1
        for text in record.get("masked", []):
            need(text["at"] > end, "masked texts in another order, or not apart")
            end = text["at"] + text["length"]
            need(end <= record["size"], "a masked text outside of the body")
    if kind in ("declaration", "body"):
        need("raw" not in record or record["size"] <= 1_073_741_824, "a raw file beyond the limit")
    if kind == "coverage":
        need(record.get("repeated", 0) <= record["items"], "more repetitions than items")
    if kind == "recorded":
        named = [tuple(*one.items()) for one in record["about"]]
        need(len(set(named)) == len(named), "about one thing twice")
        if "done_on" in record:
            need(record["done_on"] <= record["on"], "done after it was seen")
            need(all(what == "control" for what, _ in named), "done, and about a requirement")
        names = [one["name"].encode() for one in record.get("attachments", [])]
        need(all(a < b for a, b in zip(names, names[1:])), "attachments in another order")
    if kind == "resource":
        need(set(record["facts"]) == set(record["parts"]), "facts that are not those of the parts")


class Later(Exception):
    """A run that was judged by later rules."""


@functools.lru_cache(maxsize=8192)
def parse(line):
    """The type and the members of a line that is shown. Raises Malformed, or Later for a run of a later version."""
    need(len(line) <= LINE, "a line beyond the limit")
    value = tree(line)
    need(value[0] == "object" and len(value[1]) > 2, "no record")
    (salt, _, salt_value, _), (name, _, kind_value, _) = value[1][:2]
    need(salt == "salt" and name == "t", "salt and type do not stand first")
    kind = text(kind_value)
    need(kind in PLACE, "a type that there is not")
    if kind == "run":
        version = next((inner for _, name, inner, _ in value[1] if name == "assessment"), None)
        if version and version[0] == "number" and re.fullmatch("0|[1-9][0-9]*", version[1]) and version[1] != "1":
            raise Later()
    need(kind != "acceptance" or len(line) <= ACCEPTANCE_LINE, "an acceptance beyond the limit")
    record = READ[kind](value)
    alone(kind, record)
    return kind, record


def peer_digest(certificates):
    whole_chain = b"".join(len(data).to_bytes(4, "big") + data for data in certificates)
    return hashlib.sha256(whole_chain).hexdigest()


__all__ = ["here", "LIMIT", "Later", "OVERRIDES", "PLACE", "REASONS", "Reference", "SHOWN", "TYPES", "parse", "peer_digest"]
