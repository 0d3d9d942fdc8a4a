#!/usr/bin/env python3
"""A second verifier, written from docs/spec/bundle.md and docs/spec/ledger.md alone.

usage: second_verifier.py TRUST BUNDLE.tar
Prints "accepted <index>" and exits 0, or "refused: <why>" and exits 1.
Standard library and openssl only. It shares no code with the one in Rust; where the two differ, one of
them or the specification is wrong. It does not judge roll-ups and references (sections 8 and 2, "Types").
"""
import base64, hashlib, json, os, re, subprocess, sys, tempfile

LINE, FILE, PAE = 16777216, 8589934591, 4096
TYPES = ["run", "host", "declaration", "check", "assignment", "exchange", "params", "body", "coverage", "gap",
         "resource", "derived", "recorded", "finding", "control"]
SHOWN = {"run", "check", "exchange", "coverage", "gap", "control"}
PREFIX = bytes.fromhex("302a300506032b6570032100")


class Refused(Exception):
    pass


def need(condition, why):
    if not condition:
        raise Refused(why)


def sha(data):
    return hashlib.sha256(data).digest()


def b64(data):
    return base64.b64encode(data).decode()


def unb64(text):
    need(isinstance(text, str), "no base64")
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError:
        raise Refused("no base64")
    need(b64(data) == text, "base64 with another spelling")
    return data


def one_name(pairs):
    need(len(dict(pairs)) == len(pairs), "a name stands twice")
    return dict(pairs)


def no_float(text):
    raise Refused("a number that is not whole")


def parse(data, numbers=no_float):
    try:
        return json.loads(data, object_pairs_hook=one_name, parse_float=numbers, parse_constant=no_float)
    except (ValueError, RecursionError):
        raise Refused("no JSON")


def dump(value):
    """Our spelling: json's escapes are the ones of section 3, but for DEL, which stays itself there too."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


# ---- ledger.md 1, 2


def key_id(spki):
    return sha(spki)


def pem(spki):
    return f"-----BEGIN PUBLIC KEY-----\n{b64(spki)}\n-----END PUBLIC KEY-----\n".encode()


def signed_by(spki, message, signature):
    need(len(spki) == 44 and spki.startswith(PREFIX) and len(signature) == 64, "no Ed25519")
    with tempfile.TemporaryDirectory() as folder:
        paths = [os.path.join(folder, name) for name in ("key", "message", "signature")]
        for path, content in zip(paths, (pem(spki), message, signature)):
            with open(path, "wb") as file:
                file.write(content)
        key, text, sig = paths
        done = subprocess.run(["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", key, "-rawin", "-in", text,
                               "-sigfile", sig], capture_output=True)
        return done.returncode == 0


def leaf(data):
    return sha(b"\0" + data)


def node(left, right):
    return sha(b"\1" + left + right)


def tree(leaves):
    if not leaves:
        return sha(b"")
    if len(leaves) == 1:
        return leaves[0]
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return node(tree(leaves[:k]), tree(leaves[k:]))


def inclusion(hash, index, size, proof, root):
    need(index < size, "index beyond the tree")
    fn, sn, r = index, size - 1, hash
    for h in proof:
        need(sn != 0, "the proof is too long")
        if fn & 1 or fn == sn:
            r = node(h, r)
            while not fn & 1 and fn != 0:
                fn, sn = fn >> 1, sn >> 1
        else:
            r = node(r, h)
        fn, sn = fn >> 1, sn >> 1
    need(sn == 0 and r == root, "not in the ledger")


def consistency(m, a, n, b, p):
    need(m <= n, "the ledger shrank")
    if m == n:
        need(not p and a == b and (m or a == sha(b"")), "another root of the same size")
        return
    need(m != 0, "from the empty ledger")
    if m & (m - 1) == 0:
        p = [a] + p
    need(p, "no proof")
    fn, sn = m - 1, n - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    fr = sr = p[0]
    for h in p[1:]:
        need(sn != 0, "the proof is too long")
        if fn & 1 or fn == sn:
            fr, sr = node(h, fr), node(h, sr)
            while not fn & 1 and fn != 0:
                fn, sn = fn >> 1, sn >> 1
        else:
            sr = node(sr, h)
        fn, sn = fn >> 1, sn >> 1
    need(sn == 0 and fr == a and sr == b, "the ledger does not continue")


# ---- ledger.md 5


def checkpoint(text, trust, sigstore):
    need(len(text) <= 16384, "checkpoint too long")
    at = text.rfind("\n\n")
    need(at > 0, "no note")
    body, lines = text[: at + 1], text[at + 2:]
    need(lines.endswith("\n") and not re.search("[\0-\t\x0b-\x1f\x7f]", body), "no note")
    origin, spki = trust["ledger"]["origin"], unb64(trust["ledger"]["spki"])
    if sigstore:
        own = key_id(spki)[:4]
        first = f"{origin} - {int.from_bytes(own, 'big')}"
    else:
        own = sha(origin.encode() + b"\n\1" + spki[12:])[:4]
        first = origin
    ours = []
    signatures = lines[:-1].split("\n")
    for line in signatures:
        match = re.fullmatch("\u2014 ([^\\s+]{1,256}) (\\S+)", line)
        need(match, "signature line")
        blob = unb64(match[2])
        need(4 < len(blob) <= 4096, "signature line")
        if match[1] == origin and blob[:4] == own:
            ours.append(blob[4:])
    need(len(signatures) <= 32 and len(ours) == 1 and (not sigstore or len(signatures) == 1), "not signed once")
    parts = body[:-1].split("\n")
    need(len(parts) == 3 and parts[0] == first, "the head of another ledger")
    need(re.fullmatch("0|[1-9][0-9]{0,18}", parts[1]) and int(parts[1]) < 1 << 63, "size")
    size, root = int(parts[1]), unb64(parts[2])
    need(len(root) == 32, "root")
    low, high = trust["ledger"]["sizes"]
    need(size >= low and (high is None or size <= high), "the ledger key is not trusted at this size")
    need(signed_by(spki, body.encode(), ours[0]), "signature of the head")
    return size, root


# ---- bundle.md 3, 4, 5


def members(value, names, optional=()):
    need(isinstance(value, dict) and [n for n in names if n in value or n not in optional] == list(value),
         "members of the statement")


def whole(value, low=0, high=2**53 - 1):
    need(type(value) is int and low <= value <= high, "a number of the statement")


def name(value):
    need(isinstance(value, str) and 1 <= len(value.encode()) <= 256
         and not re.search("[\0-\x1f\x7f-\x9f]", value), "a text of the statement")


def digest(value):
    need(isinstance(value, str) and re.fullmatch("[0-9a-f]{64}", value), "a digest of the statement")


def time(value):
    need(isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", value), "a time")


def statement(payload):
    need(len(pae(payload)) < PAE, "the statement is too long")
    s = parse(payload)
    need(dump(s) == payload, "the statement is spelled otherwise")
    members(s, ["_type", "subject", "predicateType", "predicate"])
    need(s["_type"] == "https://in-toto.io/Statement/v1", "type")
    need(s["predicateType"] == "urn:witnessmark:evidence-bundle:v1", "predicate type")
    need([x.get("name") for x in s["subject"]] == ["leaves.txt", "records.jsonl"], "subjects")
    for subject in s["subject"]:
        members(subject, ["name", "digest"])
        members(subject["digest"], ["sha256"])
        digest(subject["digest"]["sha256"])
    p = s["predicate"]
    members(p, ["kind", "bundle", "entity", "system", "tool", "started", "finished", "status", "rehearsal", "challenge",
                "records", "summary", "chain"], {"challenge"})
    need(p["kind"] in ("run", "record", "baseline", "trust"), "kind")
    members(p["tool"], ["version", "sha256"])
    for text in [p["bundle"], p["entity"], p["system"], p["tool"]["version"], p.get("challenge", "-")]:
        name(text)
    digest(p["tool"]["sha256"])
    time(p["started"])
    time(p["finished"])
    need(p["started"] <= p["finished"], "finished before it started")
    need(p["status"] in ("complete", "partial", "failed"), "status")
    order = [o for o in ("clock", "endpoint", "randomness", "replay") if o in p["rehearsal"]]
    need(order == p["rehearsal"], "rehearsal")
    r = p["records"]
    members(r, ["hash", "count", "root", "segments"])
    need(r["hash"] == "rfc6962-sha256", "records.hash")
    whole(r["count"], 1, 100_000_000)
    digest(r["root"])
    at, last, counts = 0, -1, {}
    for segment in r["segments"]:
        members(segment, ["t", "first", "count"])
        need(segment["t"] in TYPES and TYPES.index(segment["t"]) > last, "order of segments")
        last = TYPES.index(segment["t"])
        whole(segment["count"], 1)
        need(type(segment["first"]) is int and segment["first"] == at, "segments with holes")
        at += segment["count"]
        counts[segment["t"]] = segment["count"]
    need(at == r["count"] and counts.get("run") == 1, "segments")
    u = p["summary"]
    outcomes = ["conforms", "deviates", "undetermined", "not_applicable"]
    members(u, outcomes + ["accepted", "gaps"])
    for count in u.values():
        whole(count)
    need(sum(u[o] for o in outcomes) == counts.get("finding", 0) and u["accepted"] <= u["deviates"]
         and u["gaps"] == counts.get("gap", 0), "summary")
    c = p["chain"]
    members(c, ["origin", "index", "prior_size", "prior_root", "previous_statement", "every_seconds"],
            {"previous_statement", "every_seconds"})
    need(isinstance(c["origin"], str) and re.fullmatch("[A-Za-z0-9._/-]{1,256}", c["origin"]), "origin")
    whole(c["index"], 0, 2**40 - 1)
    need(c["prior_size"] == c["index"], "prior size")
    digest(c["prior_root"])
    need((c["index"] == 0) == ("previous_statement" not in c), "previous statement")
    digest(c.get("previous_statement", "0" * 64))
    need(c["index"] > 0 or c["prior_root"] == sha(b"").hex(), "prior root")
    whole(c.get("every_seconds", 1), 1)
    return s


def pae(payload):
    return b"DSSEv1 28 application/vnd.in-toto+json %d %s" % (len(payload), payload)


def envelope(payload, signature):
    return dump({"payload": b64(payload), "payloadType": "application/vnd.in-toto+json",
                 "signatures": [{"sig": b64(signature)}]})


def entry(payload, signature, spki):
    return dump({"apiVersion": "0.0.1", "kind": "dsse", "spec": {
        "envelopeHash": {"algorithm": "sha256", "value": sha(envelope(payload, signature)).hex()},
        "payloadHash": {"algorithm": "sha256", "value": sha(payload).hex()},
        "signatures": [{"signature": b64(signature), "verifier": b64(pem(spki))}]}})


def statement_file(data, trust):
    need(len(data) <= 65536, "statement file too long")
    f = parse(data)
    try:
        e, = f["verificationMaterial"]["tlogEntries"]
        sig, = f["dsseEnvelope"]["signatures"]
        payload, signature = unb64(f["dsseEnvelope"]["payload"]), unb64(sig["sig"])
        verifier = unb64(parse(unb64(e["canonicalizedBody"]))["spec"]["signatures"][0]["verifier"])
        spki = unb64(verifier.split(b"\n")[1].decode())
        proof = [unb64(h) for h in e["inclusionProof"]["hashes"]]
        index, size = int(e["logIndex"]), int(e["inclusionProof"]["treeSize"])
        root, log = unb64(e["inclusionProof"]["rootHash"]), unb64(e["logId"]["keyId"])
        head = e["inclusionProof"]["checkpoint"]["envelope"]
    except (KeyError, IndexError, TypeError, ValueError, AttributeError):
        raise Refused("parts of the statement file")
    body = entry(payload, signature, spki)
    again = {"dsseEnvelope": json.loads(envelope(payload, signature)),
             "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
             "verificationMaterial": {"publicKey": {"hint": b64(key_id(spki))}, "tlogEntries": [{
                 "canonicalizedBody": b64(body),
                 "inclusionProof": {"checkpoint": {"envelope": head}, "hashes": [b64(h) for h in proof],
                                    "logIndex": str(index), "rootHash": b64(root), "treeSize": str(size)},
                 "integratedTime": "1", "kindVersion": {"kind": "dsse", "version": "0.0.1"},
                 "logId": {"keyId": b64(log)}, "logIndex": str(index)}]}}
    need(dump(again) == data, "the statement file is spelled otherwise")
    need(len(proof) <= 64 and all(len(h) == 32 for h in proof + [root, log]), "hashes")
    need(signed_by(spki, pae(payload), signature), "signature of the statement")
    s = statement(payload)
    p = s["predicate"]
    role = "record" if p["kind"] == "record" else "run"
    need(any(unb64(k["spki"]) == spki and k["role"] == role and k["indices"][0] <= index
             and (k["indices"][1] is None or index <= k["indices"][1]) for k in trust["keys"]), "unknown key")
    c = p["chain"]
    need(c["origin"] == trust["ledger"]["origin"] and log == key_id(unb64(trust["ledger"]["spki"])), "another ledger")
    need(c["index"] == index and size == index + 1, "index")
    need(checkpoint(head, trust, True) == (size, root), "the head says otherwise")
    inclusion(leaf(body), index, size, proof, root)
    prior = sha(b"")
    for number, h in enumerate(proof):
        prior = h if number == 0 else node(h, prior)
    need(prior.hex() == c["prior_root"], "prior root")
    return s, size, root


# ---- bundle.md 1, 2


def number(value, digits):
    return b"%0*o" % (digits, value)


def tar(data):
    at, files, order = 0, {}, []
    while data[at:at + 512] != bytes(512):
        header = data[at:at + 512]
        need(len(header) == 512, "the tar ends too early")
        path = header[:100].rstrip(b"\0")
        need(re.fullmatch(rb"[0-7]{11}\0", header[124:136]), "size in the tar")
        size = int(header[124:135], 8)
        plain = path.ljust(100, b"\0") + b"0000644\0" + b"0000000\0" * 2 + number(size, 11) + b"\0" + b"0" * 11 + b"\0"
        plain += b" " * 8 + b"0" + bytes(100) + b"ustar\x0000" + bytes(64) + b"0000000\0" * 2 + bytes(167)
        plain = plain[:148] + number(sum(plain), 6) + b"\0 " + plain[156:]
        need(plain == header, "header of the tar")
        at += 512
        content, at = data[at:at + size], at + size
        padding = -size % 512
        need(len(content) == size and data[at:at + padding] == bytes(padding), "contents of the tar")
        at += padding
        try:
            path = path.decode("ascii")
        except UnicodeDecodeError:
            raise Refused("a path that is not ASCII")
        order.append(place(path))
        files[path] = content
    need(data[at:] == bytes(1024), "end of the tar")
    need(all(a < b for a, b in zip(order, order[1:])), "order in the tar")
    return files


def place(path):
    fixed = ["statement.sigstore.json", "redaction.sigstore.json", "leaves.txt", "ledger/checkpoint", "ledger/consistency"]
    if path in fixed:
        return fixed.index(path), 0, path
    if re.fullmatch(r"ledger/tile/([0-7]|entries)/(x\d{3}/)*\d{3}(\.p/[1-9]\d{0,2})?", path):
        return 5, 0, path
    if match := re.fullmatch(r"ledger/statements/(0|[1-9]\d*)\.json", path):
        return 6, int(match[1]), ""
    if match := re.fullmatch(r"anchors/(0|[1-9]\d*)/([a-z0-9-][a-z0-9.-]{0,63})", path):
        return 7, int(match[1]), match[2]
    if path == "records.jsonl":
        return 8, 0, ""
    match = re.fullmatch(r"raw/(\d{3})/((\d{3})\d{6})", path)
    need(match and match[1] == match[3], "a name that does not belong to a bundle")
    return 9, int(match[2]), ""


def lines(data):
    need(data.endswith(b"\n"), "the last line has no end")
    return data[:-1].split(b"\n")


def records(files, s):
    p = s["predicate"]["records"]
    need(sha(files["leaves.txt"]).hex() == s["subject"][0]["digest"]["sha256"], "leaves.txt")
    leaves = lines(files["leaves.txt"])
    need(all(re.fullmatch(b"[0-9a-f]{64}", l) for l in leaves) and len(leaves) == p["count"], "leaves.txt")
    need(tree([bytes.fromhex(l.decode()) for l in leaves]).hex() == p["root"], "root of the records")
    kinds = [segment["t"] for segment in p["segments"] for _ in range(segment["count"])]
    found = lines(files["records.jsonl"])
    need(len(found) == len(kinds), "number of records")
    raw, withheld = {}, 0
    for line, kind, expected in zip(found, kinds, leaves):
        if line.startswith(b"~"):
            need(line == b"~" + expected and kind not in SHOWN, "a record is withheld that must be shown")
            withheld += 1
            continue
        need(len(line) <= LINE and leaf(line).hex().encode() == expected, "a record is not the sealed one")
        start = re.match(rb'\{"salt":"[A-Za-z0-9_-]{21}[AQgw]","t":"%s"[,}]' % kind.encode(), line)
        need(start, "a record's start")
        record = parse(line, numbers=str)
        if kind in ("body", "declaration") and "raw" in record:
            need(not raw or record["raw"] > max(raw), "numbers of raw files")
            raw[record["raw"]] = record
    if withheld == 0:
        need(sha(files["records.jsonl"]).hex() == s["subject"][1]["digest"]["sha256"], "records.jsonl")
        need(list(raw) == list(range(len(raw))), "numbers of raw files")
    given = {int(path.split("/")[2]): content for path, content in files.items() if path.startswith("raw/")}
    need(list(given) == list(raw), "raw files missing or stray")
    for ordinal, record in raw.items():
        content = given[ordinal]
        need(len(content) == record["size"] and sha(content).hex() == record["sha256"], "a raw file is not the sealed one")


def main(trust_path, bundle_path):
    with open(trust_path, "rb") as file:
        trust = parse(file.read())
    with open(bundle_path, "rb") as file:
        files = tar(file.read())
    for path in ("statement.sigstore.json", "leaves.txt", "records.jsonl"):
        need(path in files, f"{path} is missing")
    s, size, root = statement_file(files["statement.sigstore.json"], trust)
    records(files, s)
    if "ledger/checkpoint" in files:
        newest = checkpoint(files["ledger/checkpoint"].decode(), trust, False)
        proof = []
        if newest[0] > size:
            text = files.get("ledger/consistency", b"")
            need(text == b"" or all(re.fullmatch(b"[0-9a-f]{64}", l) for l in lines(text)), "consistency")
            proof = [bytes.fromhex(l.decode()) for l in lines(text)] if text else []
        need(("ledger/consistency" in files) == (newest[0] > size), "consistency")
        consistency(size, root, *newest, proof)
    print("accepted", s["predicate"]["chain"]["index"])


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except (Refused, UnicodeDecodeError) as why:
        print("refused:", why)
        sys.exit(1)
