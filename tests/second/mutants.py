#!/usr/bin/env python3
"""Mutants of the vectors' good bundles, most of them signed anew with the vectors' own published keys.

usage: mutants.py VECTORS FOLDER [NUMBER [SEED]]

Writes NUMBER mutants (6,000 where nothing else is said) into FOLDER, and says how many of each kind: of every member of every type some. The same ones each time.
Whether one is to be accepted or refused is said by nobody here: that is for two verifiers to agree on.
"""
import collections
import functools
import io
import json
import os
import random
import re
import sys
import tarfile

sys.dont_write_bytecode = True

import ed25519
import ledger
from records import FORMS, REASONS
from spelling import tree
from statement import b64, dump, pae, sha

COLLECTOR, LOG, RECORDER, STRANGER = (bytes([n]) * 32 for n in (1, 2, 3, 9))
ORIGIN = "northbank.example/hot-wallet"
ORDER = ["run", "host", "declaration", "check", "acceptance", "assignment", "route", "peer", "exchange", "params", "body",
         "coverage", "gap", "resource", "derived", "recorded", "finding", "control"]


# ---- texts of JSON as trees that can be changed


def grown(value):
    kind, inner = value
    if kind == "object":
        return ["object", [[f'"{raw}"', grown(v)] for raw, _, v, _ in inner]]
    if kind == "array":
        return ["array", [grown(v) for v in inner]]
    if kind == "text":
        return ["raw", f'"{inner[0]}"']
    if kind == "word":
        return ["raw", {None: "null", True: "true", False: "false"}[inner]]
    return ["raw", inner]


def written(node):
    kind, inner = node
    if kind == "object":
        return "{" + ",".join(f"{name}:{written(v)}" for name, v in inner) + "}"
    if kind == "array":
        return "[" + ",".join(map(written, inner)) + "]"
    return inner


def nodes(node, path=""):
    yield path, node
    if node[0] == "object":
        for name, inner in node[1]:
            yield from nodes(inner, f"{path}/{name.strip(chr(34))}")
    elif node[0] == "array":
        for at, inner in enumerate(node[1]):
            yield from nodes(inner, f"{path}/{at}")


def others(raw):
    """Other texts in place of a text or a number: of another type, spelled otherwise, out of range, and good ones."""
    yield from (("null", "null"), ("list", "[]"), ("object", "{}"), ("truth", "true"))
    if not raw.startswith('"'):
        yield from (("text", f'"{raw}"'), ("fraction", raw + ".0"), ("exponent", raw + "e0"), ("negative", "-1"),
                    ("zeros", "0" + raw), ("limit", str(2**53)), ("highest", str(2**53 - 1)), ("zero", "0"), ("space", " " + raw))
        if raw.isdigit():
            yield from (("more", str(int(raw) + 1)), ("less", str(max(int(raw) - 1, 0))))
        return
    inner = raw[1:-1]
    yield from (("number", "7"), ("empty", '""'), ("longer", f'"{inner}x"'), ("space", " " + raw), ("after", raw + " "),
                ("text", '"other"'), ("slash", f'"{inner}\\/"'), ("feed", f'"{inner}\\n"'), ("code", f'"{inner}\\u000a"'),
                ("control", f'"{inner}\\u001F"'), ("low", f'"{inner}\\u001f"'), ("half", f'"{inner}\\ud83d"'), ("bare", f'"{inner}\x01"'),
                ("beyond", f'"{inner}\\u00e4"'), ("umlaut", f'"{inner}ä😀"'), ("pair", f'"{inner}\\ud83d\\ude00"'), ("delete", f'"{inner}\x7f"'))
    if inner:
        yield "escape", f'"\\u{ord(inner[0]):04x}{inner[1:]}"'
        yield "shorter", f'"{inner[:-1]}"' if not inner.endswith('\\') else '"a"'
        yield "upper", f'"{inner.upper()}"'
    match = re.fullmatch(r"([a-z]+):([0-9]+)", inner)
    if match:
        kind, at = match[1], int(match[2])
        yield from ((f"ordinal{n}", f'"{kind}:{n}"') for n in (0, 1, 2, 3, 40, 2**53) if n != at)
        yield from ((f"of-{name}", f'"{name}:0"') for name in ORDER if name != kind)
        yield from (("zeroed", f'"{kind}:0{at}"'), ("signed", f'"{kind}:+{at}"'), ("stranger", f'"thing:{at}"'))
    match = re.fullmatch(r"(20[0-9]{2}|2099)-([0-9]{2}-[0-9]{2})(T.*)?", inner)
    if match:
        rest = match[3] or ""
        yield from ((name, f'"{text}"') for name, text in (
            ("earlier", f"2021-{match[2]}{rest}"), ("later", f"2031-{match[2]}{rest}"), ("old", f"1969-{match[2]}{rest}"),
            ("no-day", f"2026-02-29{rest}"), ("leap-day", f"2028-02-29{rest}"), ("no-month", f"2026-13-01{rest}"), ("year-0", f"0000-01-01{rest}"), ("year-9998", f"9998-12-31{rest}"), ("year-9999", f"9999-01-01{rest}")))
        if rest:
            yield from ((name, f'"{inner[:10]}{text}"') for name, text in (
                ("hour-24", "T24:00:00.000Z"), ("second-60", "T10:06:60.000Z"), ("no-millis", "T10:07:00Z"), ("micros", "T10:07:00.000000Z"),
                ("zone", "T10:07:00.000+00:00"), ("blank", " 10:07:00.000Z"), ("small", "t10:07:00.000z"), ("minute", "T10:07:01.000Z")))
    for place in ("/", "http", "local:", "https"):
        if inner.startswith(place):
            yield from ((f"place-{n}", f'"{text}"') for n, text in enumerate(PLACES[place]))
            break


ENDS = ["https://a", "https://a:1", "https://a:0", "https://a:01", "https://a:443", "https://a:80", "https://a:65535", "https://a:65536", "http://a", "http://a:80",
        "http://a:443", "https://", "https://a/", "https://a?b", "https://u@a", "https://[::1]", "https://[::1]:6443", "https://[::G]",
        "https://::1", "https://a_b.c-d", "https://ä", "https://A", "ftp://a", "local:", "local:a-1", "local:A", "local:a_b", "local:a.b",
        "https://a:", "https://[1]", "https://[]", "https://[::ffff:1.2.3.4]", "http://a:65536", "http://a:8080/", "https://.", "https://-a"]
PLACES = {"/": ["", "/", "/a~0b", "/a~1b", "/a~2", "/~", "a", "//", "/a//b", "/R[1]", "/R[2]", "/R[02]", "/R[0]", "/R[2]x", "/R]", "/R S", "/1", "/0", "/01",
                "/1/2", "/ä", "/R[9007199254740992]", "/9007199254740991", "/9007199254740992", "/R\u00a0S", "/R[-1]", "/[2]", "/R/", "/+1"],
          "http": ENDS, "https": ENDS, "local:": ENDS}


def changed(text, number, change, *what):
    """The text with its node `number` changed."""
    whole = grown(tree(text.encode()))
    change(next(node for at, (_, node) in enumerate(nodes(whole)) if at == number), *what)
    return written(whole)


def put(node, other):
    node[:] = ["raw", other]


def clear(node):
    node[1].clear()


def remove(node, at):
    node[1].pop(at)


def double(node, at):
    node[1].insert(at, node[1][at])


def swap(node, at):
    node[1].insert(at - 1, node[1].pop(at))


def rename(node, at, name):
    node[1][at][0] = name


def insert(node, at, other):
    node[1].insert(at, other)


def changes(text):
    """Of each text with one thing changed the label, and what makes it."""
    for number, (path, (kind, inner)) in enumerate(nodes(grown(tree(text.encode())))):
        of = functools.partial(functools.partial, changed, text, number)
        if kind == "raw":
            for name, other in others(inner):
                if other != inner:
                    yield f"{path} {name}", of(put, other)
            continue
        swapped = ("list", "[]") if kind == "object" else ("object", "{}")
        for name, other in (("null", "null"), ("text", '"x"'), ("number", "1"), swapped):
            yield f"{path} {name}", of(put, other)
        if inner:
            yield f"{path} empty", of(clear)
        for at in range(len(inner)):
            here = f"{path} {inner[at][0]}" if kind == "object" else f"{path} {at}"
            yield f"{here} removed", of(remove, at)
            yield f"{here} twice", of(double, at)
            if at:
                yield f"{here} swapped", of(swap, at)
            if kind == "object":
                name = inner[at][0]
                yield f"{here} renamed", of(rename, at, '"other"')
                yield f"{here} name-escaped", of(rename, at, f'"\\u{ord(name[1]):04x}{name[2:]}')
                yield f"{here} spaced", of(rename, at, " " + name)
        if kind == "object":
            yield f"{path} more", of(insert, len(inner), ['"zz"', ["raw", "1"]])
            yield f"{path} more-first", of(insert, 0, ['"aa"', ["raw", "{}"]])
        else:
            yield f"{path} more", of(insert, len(inner), ["raw", '"zz"'])
            yield f"{path} more-number", of(insert, len(inner), ["raw", "1"])


# ---- sealing


def statement_file(payload, prior, index, *, signer=COLLECTOR, log=LOG, **other):
    """A statement file; `other` are its parts that are to be wrong. Gives also the root of its ledger."""
    signature = other.get("signature") or ed25519.sign(signer, pae(payload))
    key = ed25519.public(signer)
    entry = ledger.entry_of(payload, signature, key)
    proof = other.get("proof", prior)
    root = ledger.leaf(entry)
    for h in prior:
        root = ledger.node(h, root)
    log_id = ledger.key_id(ed25519.public(log))
    head = other.get("head") or f"{ORIGIN} - {int.from_bytes(log_id[:4], 'big')}\n{index + 1}\n{b64(root)}\n"
    note = other.get("note") or f"{head}\n— {ORIGIN} {b64(log_id[:4] + ed25519.sign(log, head.encode()))}\n"
    place = str(other.get("place", index))
    text = ('{"dsseEnvelope":%s,"mediaType":"application/vnd.dev.sigstore.bundle.v0.3+json","verificationMaterial":{"publicKey":{"hint":"%s"},'
            '"tlogEntries":[{"canonicalizedBody":"%s","inclusionProof":{"checkpoint":{"envelope":%s},"hashes":%s,"logIndex":"%s",'
            '"rootHash":"%s","treeSize":"%s"},"integratedTime":"1","kindVersion":{"kind":"dsse","version":"0.0.1"},"logId":{"keyId":"%s"},'
            '"logIndex":"%s"}]}}') % (
        ledger.envelope_of(payload, signature), b64(ledger.key_id(key)), b64(entry), dump(note), dump([b64(h) for h in proof]), place,
        b64(other.get("root", root)), other.get("size", index + 1), b64(log_id), place)
    return text.encode(), root


def checkpoint(size, root, body=None, signer=LOG, line=None):
    body = body or f"{ORIGIN}\n{size}\n{b64(root)}\n"
    line = line or f"— {ORIGIN} {b64(ledger.c2sp_id(ORIGIN, ed25519.public(signer)) + ed25519.sign(signer, body.encode()))}\n"
    return f"{body}\n{line}".encode()


def entry_header(path, size, **other):
    info = tarfile.TarInfo(path)
    info.size, info.mode = size, 0o644
    block = bytearray(info.tobuf(tarfile.USTAR_FORMAT)[:512])
    block[329:337] = block[337:345] = b"0000000\0"
    return summed(block)


def summed(block):
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block)


def rank(path):
    fixed = ["statement.sigstore.json", "redaction.sigstore.json", "leaves.txt", "ledger/checkpoint", "ledger/consistency", "ledger/since"]
    if path in fixed:
        return fixed.index(path), ""
    number = re.fullmatch(r"ledger/statements/(\d+)\.json", path)
    folders = ["ledger/tile/", "ledger/statements/", "anchors/", "records.jsonl", "raw/"]
    at = next((n for n, start in enumerate(folders) if path.startswith(start)), 9)
    return 10 + at, f"{int(number[1]):09}" if number else path


def packed(files):
    out = io.BytesIO()
    for path in sorted(files, key=rank):
        data = files[path]
        out.write(entry_header(path, len(data)) + data + bytes(-len(data) % 512))
    out.write(bytes(1024))
    return out.getvalue()


def unpacked(path):
    with tarfile.open(path) as tar:
        return {member.name: tar.extractfile(member).read() for member in tar}


def payload_of(files):
    envelope = json.loads(files["statement.sigstore.json"])["dsseEnvelope"]
    return ledger.base64_text(envelope["payload"])


class Base:
    """A good bundle that is sealed anew after a change."""

    def __init__(self, name, files):
        self.name, self.files = name, files
        self.payload = payload_of(files)
        self.statement = json.loads(self.payload)
        self.lines = files["records.jsonl"].decode().split("\n")[:-1]
        place = json.loads(files["statement.sigstore.json"])["verificationMaterial"]["tlogEntries"][0]
        self.prior = [ledger.base64_text(text) for text in place["inclusionProof"]["hashes"]]
        self.index = int(place["logIndex"])
        self.signer = RECORDER if self.statement["predicate"]["kind"] == "record" else COLLECTOR

    def at(self, kind):
        return [n for n, line in enumerate(self.lines) if f'"t":"{kind}"' in line[:50]]

    def sealed(self, lines=None, change=None, payload=None, files=None, segments=True, raw=None, head=False, **other):
        """The tar. `lines` are the records, `change` changes the statement, `payload` is its text, `files` what becomes of them."""
        lines = self.lines if lines is None else lines
        records = "".join(line + "\n" for line in lines).encode()
        hashes = [ledger.leaf(line.encode()) for line in lines]
        leaves = "".join(h.hex() + "\n" for h in hashes).encode()
        if payload is None:
            statement = json.loads(self.payload)
            statement["subject"][0]["digest"]["sha256"] = sha(leaves)
            statement["subject"][1]["digest"]["sha256"] = sha(records)
            listed = statement["predicate"]["records"]
            listed["count"], listed["root"] = len(lines), ledger.root(hashes).hex()
            if segments:
                kinds = [(re.search(r'"t":"([a-z]+)"', line[:60]) or [0, "run"])[1] for line in lines]
                found = collections.Counter(kinds)
                listed["segments"], first = [], 0
                for kind in ORDER:
                    if found[kind]:
                        listed["segments"].append({"t": kind, "first": first, "count": found[kind]})
                        first += found[kind]
                statement["predicate"]["summary"]["gaps"] = found["gap"]
            if change:
                change(statement)
            payload = dump(statement).encode()
        out = {path: data for path, data in self.files.items() if path.startswith("raw/")} if raw is None else dict(raw)
        out["statement.sigstore.json"], root = statement_file(payload, self.prior, self.index, **{"signer": self.signer, **other})
        out["leaves.txt"], out["records.jsonl"] = leaves, records
        if head:
            out["ledger/checkpoint"] = checkpoint(self.index + 1, root)
        if files:
            files(out)
        return packed(out)

    def line(self, at, text, **other):
        return self.sealed(self.lines[:at] + [text] + self.lines[at + 1 :], **other)


# ---- what is changed


def rich(base):
    """A base with members that the vectors do not have, and a person's record."""
    lines = list(base.lines)

    def spell(kind, ordinal, old, new):
        at = base.at(kind)[ordinal]
        assert old in lines[at], (kind, old, lines[at])
        lines[at] = lines[at].replace(old, new, 1)

    spell("host", 0, '"identities":[', '"identities":[{"target":"a","collector":"b","caller":"c","found":"d"},')
    spell("assignment", 0, '"weaker":[]', '"weaker":["max_days"],"expect":{"none":"there are none"}')
    spell("exchange", 3, '"request_id"', '"failure":"timeout","request_id"')
    spell("exchange", 2, '}', ',"date":"Mon, 23 Nov 2026 10:06:51 GMT"}')
    spell("coverage", 0, '"items":2', '"items":4,"repeated":2')
    spell("finding", 0, '"expected":true}', '"expected":true,"because":"the page says so"}')
    spell("finding", 0, '"subject":', '"population":"aws-kms/key@eu-west-1","subject":')
    spell("run", 0, '"overrides":[]', '"overrides":[],"challenge":"n-1"')
    spell("resource", 0, '"syntax":"json","path":"/Keys/0"}', '"syntax":"csv","path":"/3","decode":["base64","percent"],"inner":["xml","/A/B[2]"]}')
    payload = ('{"witnessmark_acceptance":2,"id":"AC-7","entity":"Northbank Custody Ltd","system":"hot-wallet","covers":{"deviation":'
               '{"control":"AC-USE","check":"aws-kms/key-rotates","subject":"k-1","target":"aws-prod"}},'
               f'"targets":[{{"target":"aws-prod","found":["111122223333","4"],"programs":[{{"collector":"openssh","sha256":"{sha(b"p")}","arguments":["-a"]}}],'
               f'"parameters":"{sha(b"{}")}"}},{{"target":"joined"}}],"check":"{sha(b"check")}","reason":"by hand",'
               '"approved_by":"C","approved":"2026-01-01","expires":"2027-01-01"}')
    return rich_with(base, lines, payload)


def approved(payload):
    kind = "application/vnd.witnessmark.acceptance+json"
    signature = ed25519.sign(RECORDER, pae(payload.encode(), kind))
    return f'{{"payload":"{b64(payload.encode())}","payloadType":"{kind}","signatures":[{{"sig":"{b64(signature)}"}}]}}'.encode()


def rich_with(base, lines, payload, file=None):
    """The declared file is an approval with this payload."""
    lines, files = list(lines), dict(base.files)
    file = approved(payload) if file is None else file
    files["raw/000/000000000"] = file
    at = base.at("declaration")[0]
    lines[at] = re.sub(r'"size":\d+,"sha256":"[^"]*"', f'"size":{len(file)},"sha256":"{sha(file)}"', lines[at])
    at = base.at("acceptance")[0]
    says = ('"id":"AC-7","covers":{"deviation":{"control":"AC-USE","check":"aws-kms/key-rotates","subject":"k-1","target":"aws-prod"}},'
            '"reason":"by hand","approved_by":"C","approved":"2026-01-01","expires":"2027-01-01"')
    lines[at] = lines[at][:38] + f'acceptance",{says},"payload":"{sha(payload.encode())}"}}'
    at = base.at("gap")[0]
    lines[at] = lines[at].replace('"reason":"denied"', '"reason":"throttled"')
    at = base.at("gap")[-1]
    gap = json.loads(lines[at])
    if "acceptance" not in gap:
        lines[at] = lines[at][:-1] + ',"acceptance":"acceptance:1"}'
        over = {"gap": {"target": gap["target"], "population": gap["population"], "subject": gap["subject"]["id"]}}
        more = ('{"salt":"AAAAAAAAAAAAAAAAAAAAAA","t":"acceptance","id":"AC-8","covers":%s,"reason":"by hand","approved_by":"C","approved":"2026-01-01",'
                '"expires":"2027-01-01"}') % dump(over)
        lines.insert(base.at("acceptance")[0] + 1, more)
    if not any('"t":"recorded"' in line[:50] for line in lines):
        at = next(n for n, line in enumerate(lines) if '"t":"finding"' in line[:50])
        lines.insert(at, '{"salt":"AAAAAAAAAAAAAAAAAAAAAA","t":"recorded","id":"r1","method":"review","about":[{"requirement":"ccss-9.0:1.01.1.1"}],"by":"p1","role":"entity","on":"2026-11-01","expires":"2027-11-01","says":"contradicts","text":"seen"}')
    files["records.jsonl"] = "".join(line + "\n" for line in lines).encode()
    made = Base("rich", files)
    made.payload = made.payload.replace(b',"records":', b',"challenge":"n-1","records":', 1)
    made.statement = json.loads(made.payload)
    return made


def record_changes(base):
    for at, line in enumerate(base.lines):
        kind = re.search(r'"t":"([a-z]+)"', line)[1]
        for label, text in changes(line):
            yield f"record {kind} {label}", lambda at=at, text=text: base.line(at, text())
            if kind == "run":
                yield f"record+statement {kind} {label}", lambda at=at, text=text: base.line(at, text(), change=lambda s: follow(s, text()))


def follow(statement, run):
    """The statement says what the run says, as far as that can be read."""
    try:
        run.encode("utf-16")
        run, predicate = json.loads(run), statement["predicate"]
        json.dumps(run, ensure_ascii=False).encode()
        predicate.update({"bundle": run["id"], "tool": {"version": run["tool"]["version"], "sha256": run["tool"]["sha256"]}, "started": run["started"],
                          "finished": run["finished"], "status": run["status"]})
        predicate["rehearsal"] = [name for name in ("clock", "endpoint", "randomness", "replay", "target") if name in run["overrides"]]
    except (ValueError, KeyError, TypeError):
        pass


def salted(line, random):
    salt = b64(random.randbytes(16)).rstrip("=").replace("+", "-").replace("/", "_")
    return f'{{"salt":"{salt}"' + line[32:]


def line_changes(base, random):
    """Lines removed, twice, in another place, withheld, with another salt."""
    lines = base.lines
    for at, line in enumerate(lines):
        kind = re.search(r'"t":"([a-z]+)"', line)[1]
        yield f"line {kind} removed", lambda at=at: base.sealed(lines[:at] + lines[at + 1 :])
        yield f"line {kind} twice", lambda at=at: base.sealed(lines[: at + 1] + lines[at:])
        yield f"line {kind} last", lambda at=at: base.sealed(lines[:at] + lines[at + 1 :] + [lines[at]])
        if at:
            yield f"line {kind} earlier", lambda at=at: base.sealed(lines[: at - 1] + [lines[at], lines[at - 1]] + lines[at + 1 :])
        for n in range(3):
            text = salted(line, random)
            yield f"line {kind} salted", lambda at=at, text=text: base.line(at, text)
        for n, text in enumerate(("", "~", "~" + "0" * 64, "~" + ledger.leaf(line.encode()).hex(), "{}", "[]", "1", '{"salt":"AAAAAAAAAAAAAAAAAAAAAA"}', line + "\r", " " + line, line + line, "\ufeff" + line)):
            yield f"line {kind} other{n}", lambda at=at, text=text: base.line(at, text, segments=False)
        yield f"line {kind} unsigned", lambda at=at, line=line: base.sealed(files=lambda f: f.__setitem__("records.jsonl", f["records.jsonl"].replace(line.encode(), salted(line, random).encode())))
        for signer in (RECORDER, STRANGER, None):
            yield f"line {kind} withheld", lambda at=at, signer=signer: withheld(base, [at], signer)
    for n in range(60):
        chosen = sorted(random.sample(range(len(lines)), random.randrange(1, 5)))
        yield "lines withheld", lambda chosen=chosen: withheld(base, chosen, RECORDER)
    hide = [at for at, line in enumerate(lines) if re.search(r'"t":"([a-z]+)"', line)[1] not in
            ("run", "check", "assignment", "route", "peer", "exchange", "coverage", "gap", "control")]
    for n in range(90):
        chosen = sorted(random.sample(hide, min(random.randrange(1, 6), len(hide))))
        yield "lines withheld that may be", lambda chosen=chosen: withheld(base, chosen, RECORDER)


def withheld(base, chosen, signer, payload=None, **other):
    """A redacted copy: lines of `chosen` by their leaves, signed for by `signer`, or by nobody."""
    files = {}

    def change(out):
        lines = out["records.jsonl"].decode().split("\n")[:-1]
        groups = {}
        for at in chosen:
            record = json.loads(lines[at])
            if "raw" in record:
                out.pop("raw/000/%09d" % record["raw"], None)
            groups.setdefault(record["t"], []).append(at)
            lines[at] = "~" + ledger.leaf(lines[at].encode()).hex()
        out["records.jsonl"] = "".join(line + "\n" for line in lines).encode()
        if signer is None:
            return
        statement = {"_type": "https://in-toto.io/Statement/v1", "subject": [
            {"name": "statement", "digest": {"sha256": sha(payload_of(out))}}, {"name": "records.jsonl", "digest": {"sha256": sha(out["records.jsonl"])}}],
            "predicateType": "urn:witnessmark:redaction:v1", "predicate": {"by": "Northbank", "made": "2026-11-22T08:00:00.000Z", "withheld": [
                {"t": kind, "first": groups[kind][0], "last": groups[kind][-1], "count": len(groups[kind]), "reason": "staff"}
                for kind in sorted(groups, key=ORDER.index)]}}
        text = dump(statement) if payload is None else payload(dump(statement))
        out["redaction.sigstore.json"] = counter_signed(text.encode(), signer)
        if other.get("file"):
            out["redaction.sigstore.json"] = other["file"](out["redaction.sigstore.json"])

    return base.sealed(files=change)


def counter_signed(payload, signer):
    return ('{"dsseEnvelope":%s,"mediaType":"application/vnd.dev.sigstore.bundle.v0.3+json","verificationMaterial":{"publicKey":{"hint":"%s"}}}' % (
        ledger.envelope_of(payload, ed25519.sign(signer, pae(payload))), b64(ledger.key_id(ed25519.public(signer))))).encode()


def redaction_changes(base):
    chosen = [base.at("host")[0], base.at("finding")[0], base.at("finding")[1]]
    sample = {}
    withheld(base, chosen, RECORDER, payload=lambda text: sample.setdefault("statement", text))
    withheld(base, chosen, RECORDER, file=lambda data: sample.setdefault("file", data))
    for label, text in changes(sample["statement"]):
        yield f"redaction {label}", lambda text=text: withheld(base, chosen, RECORDER, payload=lambda _: text())
    for label, text in changes(sample["file"].decode()):
        yield f"redaction file {label}", lambda text=text: withheld(base, chosen, RECORDER, file=lambda _: text().encode())


def statement_changes(base):
    text = base.payload.decode()
    sealed = base.sealed(payload=base.payload)
    for label, other in changes(text):
        yield f"statement {label}", lambda other=other: base.sealed(payload=other().encode())
    for label, other in changes(unpacked_bytes(sealed)["statement.sigstore.json"].decode()):
        yield f"statement file {label}", lambda other=other: base.sealed(
            payload=base.payload, files=lambda f: f.__setitem__("statement.sigstore.json", other().encode()))
    for name, signer in (("recorder", RECORDER), ("stranger", STRANGER)):
        yield f"signed by {name}", lambda signer=signer: base.sealed(payload=base.payload, signer=signer)
        yield f"logged by {name}", lambda signer=signer: base.sealed(payload=base.payload, log=signer)
    kinds = [("record", RECORDER), ("baseline", COLLECTOR), ("trust", COLLECTOR), ("record", COLLECTOR)]
    for kind, signer in kinds:
        yield f"kind {kind}", lambda kind=kind, signer=signer: base.sealed(
            change=lambda s: s["predicate"].__setitem__("kind", kind), signer=signer)
    for name, other in (("place", {"place": 1}), ("size", {"size": 4}), ("root", {"root": bytes(32)}), ("proof", {"proof": []}),
                        ("proof-long", {"proof": base.prior + [bytes(32)]}), ("signature", {"signature": bytes(64)}),
                        ("size-small", {"size": 2}), ("root-short", {"root": bytes(31)})):
        yield f"position {name}", lambda other=other: base.sealed(payload=base.payload, **other)


def unpacked_bytes(data):
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        return {member.name: tar.extractfile(member).read() for member in tar}


def head_changes(base):
    """Heads of both kinds, with their text signed anew."""
    files = unpacked_bytes(base.sealed(payload=base.payload, head=True))
    place = json.loads(files["statement.sigstore.json"])["verificationMaterial"]["tlogEntries"][0]["inclusionProof"]
    root = ledger.base64_text(place["rootHash"])
    inner = place["checkpoint"]["envelope"].split("\n\n")[0] + "\n"
    log_id = ledger.key_id(ed25519.public(LOG))
    bodies = lambda body: [
        body + "more\n", body.replace("\n3\n", "\n03\n"), body.replace("\n3\n", "\n2\n"), body.replace("\n3\n", "\n4\n"), body.replace("\n3\n", "\n0\n"),
        body.replace("\n3\n", f"\n{2**63}\n"), body.replace("\n3\n", f"\n{2**63 - 1}\n"), body.replace("\n3\n", "\n+3\n"), body.replace("northbank", "southbank"), body.replace("\n3\n", "\n3\n\n"),
        body[:-2] + "\n", body.replace("=\n", "\n"), " " + body, body.replace("\n", "\r\n"), body.replace("hot-", "hot-\t"), "\n" + body, body.replace("\n3\n", "\n3 \n"),
        body.replace(b64(root), b64(bytes(32))), body.replace(b64(root), b64(bytes(31)))]
    lines = lambda line: [line * 2, line.replace("— ", "—"), line.replace("— ", "- "), line[:-1], line + "\n", line + "x", line.replace(ORIGIN, "other"), line.replace(ORIGIN, ORIGIN + "+"),
                          f"— witness {b64(bytes(70))}\n" + line, line + f"— witness {b64(bytes(70))}\n", line + f"— wit\u00a0ness {b64(bytes(70))}\n", line + f"— witness {b64(bytes(4))}\n", line + f"— witness {b64(bytes(5))}\n",
                          line + f"— witness {b64(bytes(4096))}\n", line + f"— witness {b64(bytes(4097))}\n", line + f"— {'w' * 256} {b64(bytes(9))}\n", line + f"— {'w' * 257} {b64(bytes(9))}\n",
                          line + f"— w {b64(bytes(9))}\n" * 31, line + f"— w {b64(bytes(9))}\n" * 32, line.replace("=", ""), line[:-9] + ("B" if line[-9] != "B" else "C") + line[-8:],
                          line.replace(" ", "  "), line + "\n" + line, "", "\n"]
    for n, body in enumerate(bodies(inner)):
        yield f"head inside {n}", lambda body=body: base.sealed(payload=base.payload, head=body)
    line = f"— {ORIGIN} {b64(log_id[:4] + ed25519.sign(LOG, inner.encode()))}\n"
    for n, other in enumerate(lines(line)):
        yield f"head inside line {n}", lambda other=other: base.sealed(payload=base.payload, note=f"{inner}\n{other}")
    body = f"{ORIGIN}\n{base.index + 1}\n{b64(root)}\n"
    put = lambda data, **more: base.sealed(payload=base.payload, files=lambda f: f.update({"ledger/checkpoint": data, **more}))
    for n, other in enumerate(bodies(body)):
        yield f"checkpoint {n}", lambda other=other: put(checkpoint(0, b"", body=other))
    line = checkpoint(0, b"", body=body).decode().split("\n\n")[1]
    for n, other in enumerate(lines(line)):
        yield f"checkpoint line {n}", lambda other=other: put(f"{body}\n{other}".encode())
    for n, signer in enumerate((RECORDER, STRANGER)):
        yield f"checkpoint of another {n}", lambda signer=signer: put(checkpoint(base.index + 1, root, signer=signer))
    for n, data in enumerate((b"", b"\n", b"0" * 64 + b"\n", b"0" * 65 * 64, b"x")):
        yield f"proof not needed {n}", lambda data=data: put(checkpoint(base.index + 1, root), **{"ledger/consistency": data})
        yield f"proof without head {n}", lambda data=data: base.sealed(payload=base.payload, files=lambda f: f.update({"ledger/consistency": data}))


def enveloped(payload, signer=COLLECTOR):
    return ledger.envelope_of(payload, ed25519.sign(signer, pae(payload))).encode()


def ledger_changes(files):
    """An export with its ledger, whose files are changed one by one; where it tells, signed anew."""
    proof = files["ledger/consistency"]
    with_files = lambda **more: packed({**files, **more})
    texts = [proof + proof, proof[:-1], proof.upper(), proof + b"\n", b"", proof[:-2] + b"\n", b" " + proof, proof.replace(b"\n", b"\r\n"), b"0" * 64 + b"\n",
             (b"0" * 64 + b"\n") * 64, (b"0" * 64 + b"\n") * 65]
    for n, text in enumerate(texts):
        yield f"consistency {n}", lambda text=text: packed({**files, "ledger/consistency": text})
    head, size = ledger.Note(files["ledger/checkpoint"]), json.loads(ledger.base64_text(json.loads(files["statement.sigstore.json"])["dsseEnvelope"]["payload"]))
    own = size["predicate"]["chain"]["index"] + 1
    inside = json.loads(files["statement.sigstore.json"])["verificationMaterial"]["tlogEntries"][0]["inclusionProof"]
    top = ledger.base64_text(inside["rootHash"]).hex()
    since = f"{own} {top}\n".encode() + proof
    texts = [since, since[:-1], since + b"\n", b"", b"\n", since.upper(), b"0" + since, b"+" + since, since.replace(b" ", b"  ", 1), since + proof, f"{own} {top}\n".encode(),
             f"{head.size} {head.root.hex()}\n".encode(), f"{head.size + 1} {top}\n".encode() + proof, b"0 " + since.split(b" ", 1)[1], f"{2**40 + 1} {top}\n".encode() + proof,
             f"{own} {'0' * 64}\n".encode() + proof, since.replace(b"\n", b"\r\n")]
    for n, text in enumerate(texts):
        yield f"since {n}", lambda text=text: packed({**files, "ledger/since": text})
        yield f"since without a head {n}", lambda text=text: packed({path: data for path, data in {**files, "ledger/since": text}.items() if path != "ledger/checkpoint"})
        yield f"since without a proof {n}", lambda text=text: packed({path: data for path, data in {**files, "ledger/since": text}.items() if path != "ledger/consistency"})
    for path in [path for path in files if path.startswith("ledger/")]:
        without = {name: data for name, data in files.items() if name != path}
        yield f"without {path}", lambda without=without: packed(without)
        data = files[path]
        for n, text in enumerate((b"", data + b"\0", data[:-1], data + data, data[:1] + b"\0\1" + data[1:], b"\xff" + data[1:], data + b"\n", b" " + data)):
            yield f"{path} {n}", lambda path=path, text=text: packed({**files, path: text})
        for at in range(0, len(data), max(1, len(data) // 12)):
            other = data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
            yield f"{path} flipped", lambda path=path, other=other: packed({**files, path: other})
    for path in ("ledger/tile/0/001", "ledger/tile/0/000", "ledger/tile/0/000.p/2", "ledger/tile/1/000", "ledger/tile/8/000", "ledger/tile/entries/000", "ledger/tile/0/x000/001",
                 "ledger/tile/0/000.p/256", "ledger/tile/0/000.p/03", "ledger/tile/00/000", "ledger/statements/3.json", "ledger/statements/03.json", "ledger/statements/x.json",
                 "ledger/other", "anchors/3/a", "anchors/3/.a", "anchors/03/a", "anchors/3/A", "anchors/3/a/b", "anchors/3/" + "a" * 65, "anchors/3/" + "a" * 64, "raw/000/000000001", "raw/001/000000001",
                 "raw/000/1", "other", "records.json", "raw/000/000000002", "leaves.txt2"):
        yield f"with {path}", lambda path=path: packed({**files, path: b"x"})
    trunk = {path: data for path, data in files.items() if not path.startswith("ledger/")}
    for start in ("ledger/tile", "ledger/statements", "ledger/checkpoint", "ledger/consistency"):
        yield f"only {start}", lambda start=start: packed({**trunk, **{p: d for p, d in files.items() if p.startswith(start)}})
        yield f"all but {start}", lambda start=start: packed({p: d for p, d in files.items() if not p.startswith(start)})
    for index in range(3):
        path = f"ledger/statements/{index}.json"
        payload = ledger.base64_text(json.loads(files[path])["payload"])
        for label, text in list(changes(payload.decode()))[::9]:
            yield f"{path} {label}", lambda path=path, text=text: packed({**files, path: enveloped(text().encode())})
        for label, text in list(changes(files[path].decode()))[::3]:
            yield f"{path} envelope {label}", lambda path=path, text=text: packed({**files, path: text().encode()})
        for signer in (RECORDER, STRANGER):
            yield f"{path} another signer", lambda path=path, payload=payload, signer=signer: packed({**files, path: enveloped(payload, signer)})


FIELDS = [(0, 100), (100, 8), (108, 8), (116, 8), (124, 12), (136, 12), (148, 8), (156, 1), (157, 100), (257, 6), (263, 2), (265, 32), (297, 32), (329, 8), (337, 8),
          (345, 155), (500, 12)]


def tar_changes(data, random):
    at, headers = 0, []
    while any(data[at : at + 512]):
        headers.append(at)
        size = int(data[at + 124 : at + 135], 8)
        at += 512 + size + -size % 512
    for header in headers:
        for start, size in FIELDS:
            for again in (True, False):
                for value in (b"1", b"\0", b" ", b"a"):
                    block = bytearray(data[header : header + 512])
                    place = start + random.randrange(size)
                    if block[place : place + 1] == value:
                        continue
                    block[place : place + 1] = value
                    block = summed(block) if again and start != 148 else bytes(block)
                    yield f"tar field {start}", lambda header=header, block=block: data[:header] + block + data[header + 512 :]
        size = int(data[header + 124 : header + 135], 8)
        if size % 512:
            pad = header + 512 + size
            yield "tar padding", lambda pad=pad: data[:pad] + b"\1" + data[pad + 1 :]
        over = header + 512 + size + -size % 512
        yield "tar without", lambda header=header, over=over: data[:header] + data[over:]
        yield "tar twice", lambda header=header, over=over: data[:over] + data[header:]
        yield "tar last", lambda header=header, over=over: data[:header] + data[over:-1024] + data[header:over] + bytes(1024)
        yield "tar empty block", lambda header=header: data[:header] + bytes(512) + data[header:]
        yield "tar cut at header", lambda header=header: data[:header]
        yield "tar cut in header", lambda header=header: data[: header + 77]
        yield "tar cut after header", lambda header=header: data[: header + 512]
        yield "tar cut in content", lambda header=header, size=size: data[: header + 512 + size // 2]
        yield "tar ended early", lambda header=header: data[:header] + bytes(1024)
    for n in (1, 511, 512, 513, 1023, 1024):
        yield f"tar shorter {n}", lambda n=n: data[:-n]
        yield f"tar longer {n}", lambda n=n: data + bytes(n)
    yield "tar nothing", lambda: b""
    for _ in range(300):
        place, bit = random.randrange(len(data)), 1 << random.randrange(8)
        yield "bit flipped", lambda place=place, bit=bit: data[:place] + bytes([data[place] ^ bit]) + data[place + 1 :]


def raw_changes(base):
    for path in [path for path in base.files if path.startswith("raw/")]:
        data = base.files[path]
        for n, other in enumerate((b"", data + b"\n", data[:-1], data.upper(), None)):
            def change(files, path=path, other=other):
                files[path] = other
                if other is None:
                    del files[path]
            yield f"raw {n}", lambda change=change: base.sealed(files=change)
    for path in ("raw/000/000000009", "raw/000/000000004"):
        yield "raw more", lambda path=path: base.sealed(files=lambda f: f.__setitem__(path, b"x"))
    for path in ("leaves.txt", "records.jsonl", "statement.sigstore.json"):
        yield f"without {path}", lambda path=path: base.sealed(files=lambda f: f.pop(path))
    leaves = lambda change: base.sealed(files=lambda f: f.__setitem__("leaves.txt", change(f["leaves.txt"])))
    for n, change in enumerate((lambda d: d[65:], lambda d: d + d[:65], lambda d: d[:-1], lambda d: d.upper(), lambda d: d + b"\n", lambda d: b"")):
        yield f"leaves {n}", lambda change=change: leaves(change)

        def signed(statement, change=change):
            lines = "".join(ledger.leaf(line.encode()).hex() + "\n" for line in base.lines).encode()
            statement["subject"][0]["digest"]["sha256"] = sha(change(lines))
        yield f"leaves signed {n}", lambda change=change, signed=signed: base.sealed(change=signed, files=lambda f: f.__setitem__("leaves.txt", change(f["leaves.txt"])))


def approval_changes(base, plain):
    """What the signed approval says, and how it is written."""
    payload = ledger.base64_text(json.loads(base.files["raw/000/000000000"])["payload"]).decode()
    lines = base.lines
    for label, text in changes(payload):
        yield f"approval {label}", lambda text=text: remade(base, text())
    ids = json.loads(payload)
    ids = dump({name: value for name, value in {**ids, "witnessmark_acceptance": 1}.items() if name not in ("targets", "check")})
    yield "approval of ids", lambda: remade(base, ids)
    for label, text in changes(ids):
        yield f"approval of ids {label}", lambda text=text: remade(base, text())
    for version in ("0", "3", "4294967296", "18446744073709551616", "3.0", "-1", "true", '"3"'):
        text = payload.replace(":2,", f":{version},", 1)
        yield f"approval of version {version}", lambda text=text: remade(base, text)
        yield f"approval of version {version} in short", lambda version=version: remade(base, f'{{"more":[],"witnessmark_acceptance":{version}}}')
    file = base.files["raw/000/000000000"].decode()
    for label, text in changes(file):
        yield f"approval file {label}", lambda text=text: remade(base, payload, text().encode())
    for n, text in enumerate((file + "\n", file + "\n\n", file + "\r\n", " " + file, file + " " * (16_384 - len(file)), "x" * 16_385, "")):
        yield f"approval file {n}", lambda text=text: remade(base, payload, text.encode())


def remade(base, payload, file=None):
    other = rich_with(base, base.lines, payload, file)
    return other.sealed()


def judged_changes(base):
    """Roll-ups and findings that change together, rightly and wrongly."""
    outcomes = ["conforms", "deviates", "undetermined", "not-applicable"]
    findings, controls = base.at("finding"), base.at("control")
    for at in findings:
        for outcome in outcomes:
            for evidence in (True, False):
                for reason in (True, False):
                    for told in range(3):
                        yield f"judged {outcome}", lambda at=at, outcome=outcome, evidence=evidence, reason=reason, told=told: judged(base, at, outcome, evidence, reason, told)
    for at in controls:
        for outcome in outcomes + [None]:
            yield f"control {outcome}", lambda at=at, outcome=outcome: base.line(at, re.sub(r'"outcome":"[a-z-]*",', f'"outcome":"{outcome}",' if outcome else "", base.lines[at]))


def judged(base, at, outcome, evidence, reason, told):
    lines = list(base.lines)
    record = json.loads(lines[at])
    record["outcome"] = outcome
    record["evidence"] = [{"path": "/a", "actual": 1}] if evidence else []
    if outcome != "deviates" and told:
        record.pop("acceptance", None)
    record.pop("reason", None)
    if reason:
        record["reason"] = "why"
    order = ["salt", "t", "control", "check", "target", "population", "subject", "outcome", "severity", "evidence", "reason", "rests_on", "acceptance"]
    lines[at] = json.dumps({name: record[name] for name in order if name in record}, separators=(",", ":"), ensure_ascii=False)
    totals = collections.Counter()
    if told:
        for place in base.at("control"):
            control = json.loads(lines[place])
            mine = [json.loads(lines[n]) for n in base.at("finding")]
            mine = [finding for finding in mine if finding["control"] == control["id"]]
            counts = {name: sum(f["outcome"].replace("-", "_") == name for f in mine) for name in control["counts"]}
            counts["accepted"] = sum(f["outcome"] == "deviates" and "acceptance" in f for f in mine)
            control["counts"] = counts
            totals.update(counts)
            if "outcome" in control:
                control["outcome"] = next((name for name in ("deviates", "undetermined", "conforms", "not_applicable") if counts[name]), "undetermined").replace("_", "-")
            lines[place] = json.dumps(control, separators=(",", ":"), ensure_ascii=False)

    def change(statement):
        if told == 2:
            statement["predicate"]["summary"].update({name: totals[name] for name in ("conforms", "deviates", "undetermined", "not_applicable", "accepted")})

    return base.sealed(lines, change=change)


def together_changes(base):
    """Records that change together, as rules between them are kept or broken."""
    def spelled(at, change):
        record = json.loads(base.lines[at])
        change(record)
        return dump({name: value for name, value in record.items() if value is not None})

    def both(changes, **other):
        lines = list(base.lines)
        for at, change in changes:
            lines[at] = spelled(at, change)
        return base.sealed(lines, **other)

    def ordered(record, kind, **more):
        """Members in the order of the page."""
        whole = {**record, **more}
        record.clear()
        record.update({name: whole[name] for name in ("salt", "t", *(member.rstrip("?") for member, _ in FORMS[kind])) if name in whole})

    one = lambda at, change, **other: (lambda: both([(at, change)], **other))
    for at in base.at("coverage"):
        for items in range(6):
            for repeated in (None, 0, 1, 2, 3):
                for complete in (True, False):
                    yield "coverage", one(at, lambda r, i=items, n=repeated, c=complete: ordered(r, "coverage", items=i, repeated=n, complete=c))
    gap = base.at("gap")[0]
    subjects = ({"kind": "aws-kms/key", "id": "k-2"}, {"kind": "aws-kms/key", "id": "k-9"}, {"kind": "aws-kms/other", "id": "k-2"}, None)
    for reason in REASONS:
        for subject in subjects:
            for part in ("rotation", "id", None):
                for population in ("aws-kms/key@eu-west-1", "aws-kms/roster", None):
                    yield "gap", one(gap, lambda r, a=reason, s=subject, p=part, o=population: ordered(r, "gap", reason=a, subject=s, part=p, population=o))
    run = base.statement["predicate"]
    for at in base.at("exchange"):
        for when in ("started", "finished"):
            for millis in (-1, 0, 1):
                text = run[when][:-4] + "%03dZ" % (int(run[when][-4:-1]) + millis)
                yield "exchange time", one(at, lambda r, t=text: ordered(r, "exchange", started=t))
        for failure in ("connect", "timeout", "reset", "cut", "tls", "too-large"):
            for status in (None, 0, 200, 65535):
                yield "exchange failure", one(at, lambda r, f=failure, s=status: ordered(r, "exchange", failure=f, status=s))
        for place in ("http://a", "https://a", "https://localhost.", "https://127.9.9.9:1", "https://[::ffff:127.0.0.1]", "https://[::]", "local:a"):
            for peer in ("peer:0", None):
                yield "exchange endpoint", one(at, lambda r, e=place, p=peer: ordered(r, "exchange", endpoint=e, peer=p))
    resource = base.at("resource")[0]
    facts = ("null", '"x"', "1", "true", "[]", "{}", "[1]")
    for number, fact in enumerate(facts):
        for named in (True, False):
            def known(r, fact=fact):
                r["facts"]["rotation"] = json.loads(fact)
                r["parts"].setdefault("rotation", r["parts"]["id"])

            def says(r, named=named):
                ordered(r, "gap", subject={"kind": "aws-kms/key", "id": "k-1" if named else "k-2"}, part="rotation", population="aws-kms/key@eu-west-1")
            yield f"fact beside its gap {number}", lambda known=known, says=says: both([(resource, known), (gap, says)])
    for syntax in ("json", "xml", "csv"):
        for path in ("", "/", "/1", "/0", "/a/b", "/R[1]", "x"):
            for decode in (None, ["percent"], ["base64", "percent"], []):
                for inner in (None, ["json", ""], ["xml", "/A"], ["csv", "/1"], ["csv", "/x"]):
                    def there(r, made=(syntax, path, decode, inner)):
                        names = ("syntax", "path", "decode", "inner")
                        r["parts"]["id"] = [{"exchange": "exchange:0", **{name: value for name, value in zip(names, made) if value is not None}}]
                    yield "locator", one(resource, there)
    for status in ("complete", "partial", "failed"):
        for failure in (None, "it failed"):
            for at in (None, *base.at("coverage")):
                def change(statement, status=status):
                    statement["predicate"]["status"] = status

                def ends(r, status=status, failure=failure):
                    ordered(r, "run", status=status, failure=failure)
                changes = [(base.at("run")[0], ends)] + ([(at, lambda r: r.update(complete=False))] if at else [])
                yield "run ends", lambda changes=changes, change=change: both(changes, change=change)
                shown = [n for n in range(len(base.lines)) if n not in base.at("gap")]
                bare = [base.lines[n] for n in shown]
                yield "run without gaps", lambda ends=ends, change=change, bare=bare: base.sealed([spelled(0, ends)] + bare[1:], change=change)


def all_mutants(vectors, random):
    good = lambda name: unpacked(os.path.join(vectors, name + ".tar"))
    usual, forms, small = Base("usual", good("good-usual")), Base("forms", good("good-forms")), Base("small", good("good-newest"))
    full = rich(forms)
    person = Base("person", good("good-record"))
    masked, some, failed = (Base(name, good(name)) for name in ("good-masked", "rehearsal-of-some", "failed-run"))
    others = [*record_changes(masked), *record_changes(some), *record_changes(failed)]
    bases = (usual, forms, full, person, masked, some, failed)
    groups = {
        "records": list(record_changes(full)), "others": others, "together": list(together_changes(full)), "person": [*record_changes(person), *line_changes(person, random), *statement_changes(person)], "lines": [*line_changes(full, random), *line_changes(usual, random)], "statement": list(statement_changes(full)),
        "redaction": list(redaction_changes(full)), "heads": list(head_changes(small)), "ledger": list(ledger_changes(good("good-with-ledger"))),
        "raw": [*raw_changes(full), *raw_changes(small), *raw_changes(person)], "approvals": list(approval_changes(full, forms)), "judged": list(judged_changes(full)),
        "tar": [*tar_changes(packed(good("good-older")), random), *tar_changes(packed(good("good-redacted")), random)],
    }
    return groups, bases


def members_of(bases):
    """The types that the bases have, each with its members."""
    found = collections.defaultdict(set)
    for base in bases:
        for line in base.lines:
            record = json.loads(line)
            found[record["t"]].update(record)
    return found


def place_of(label):
    """Which member of which type a mutant changes; lists count as one."""
    return re.sub(r"/\d+", "/*", label.rsplit(" ", 1)[0])


def chosen_of(group, share, chance):
    """So many of a group, of each member some and otherwise by chance."""
    order = chance.sample(range(len(group)), len(group))
    seen = collections.Counter()
    for at in order:
        seen[place_of(group[at][0])] += 1
    each = max(1, share // max(1, 2 * len(seen)))
    seen.clear()
    first, rest = [], []
    for at in order:
        place = place_of(group[at][0])
        seen[place] += 1
        (first if seen[place] <= each else rest).append(at)
    return sorted((first + rest)[:share])


# The share of each group in the whole, where it has that many.
SHARES = {"records": 46, "others": 8, "together": 12, "person": 8, "lines": 9, "statement": 12, "redaction": 5, "heads": 4, "ledger": 6, "raw": 2, "approvals": 5, "judged": 3, "tar": 10}


def main():
    vectors, folder = sys.argv[1:3]
    number = int(sys.argv[3]) if len(sys.argv) > 3 else 6000
    chance = random.Random(int(sys.argv[4]) if len(sys.argv) > 4 else 1)
    groups, bases = all_mutants(vectors, chance)
    known = members_of(bases)
    missing = [f"{kind}.{name}" for kind, form in FORMS.items() for name in (member.rstrip("?") for member, _ in form) if name not in known[kind]]
    if missing:
        sys.exit(f"no base has a member of the page: {missing}")
    total = sum(SHARES.values())
    said, written_names = {}, 0
    for name, group in groups.items():
        share = min(len(group), number * SHARES[name] // total)
        chosen = chosen_of(group, share, chance)
        said[name] = f"{share} of {len(group)}"
        for at in chosen:
            label, make = group[at]
            short = re.sub("[^A-Za-z0-9]+", "-", label).strip("-")[:80]
            with open(os.path.join(folder, f"{written_names:05}-{short}.tar"), "wb") as file:
                file.write(make())
            written_names += 1
    print(json.dumps({"mutants": written_names, **said}))


if __name__ == "__main__":
    main()
