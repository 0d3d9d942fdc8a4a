"""docs/spec/ledger.md: the tree, its proofs, entries, tiles and heads; and the envelope of bundle.md section 4."""
import base64
import hashlib
import re

from spelling import base64_text, need, utf8

PREFIX = bytes.fromhex("302a300506032b6570032100")


def sha(data):
    return hashlib.sha256(data).digest()


def b64(data):
    return base64.b64encode(data).decode()


# ---- 1, 2


def pem(key):
    return f"-----BEGIN PUBLIC KEY-----\n{b64(PREFIX + key)}\n-----END PUBLIC KEY-----\n".encode()


def key_id(key):
    return sha(PREFIX + key)


def leaf(entry):
    return sha(b"\0" + entry)


def node(left, right):
    return sha(b"\1" + left + right)


empty = sha(b"")


def root(leaves):
    if not leaves:
        return empty
    level = list(leaves)
    while len(level) > 1:
        # The last one of an odd number goes up as it is: the same as splitting at the largest power of two.
        pairs = [node(a, b) for a, b in zip(level[::2], level[1::2])]
        level = pairs + level[len(pairs) * 2 :]
    return level[0]


def together(leaves, first, size, proof, top):
    """Section 2, entries after each other."""
    if not leaves or first + len(leaves) > size:
        return False
    leaves, proof, last = iter(leaves), iter(proof), first + len(leaves)

    def over(begin, end):
        if end <= first or begin >= last:
            return next(proof)
        if end - begin == 1:
            return next(leaves)
        k = 1 << (end - begin - 1).bit_length() - 1
        left = over(begin, begin + k)
        return node(left, over(begin + k, end))

    try:
        return over(0, size) == top and next(proof, None) is None
    except StopIteration:
        return False


def inclusion(r, index, size, proof, top):
    if index >= size:
        return False
    fn, sn = index, size - 1
    for h in proof:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            r = node(h, r)
            while not fn & 1 and fn != 0:
                fn, sn = fn >> 1, sn >> 1
        else:
            r = node(r, h)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and r == top


def consistency(m, a, n, b, p):
    if m > n:
        return False
    if m == n:
        return not p and a == b and (m > 0 or a == empty)
    if m == 0:
        return False
    if m & (m - 1) == 0:
        p = [a, *p]
    if not p:
        return False
    fn, sn = m - 1, n - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    fr = sr = p[0]
    for h in p[1:]:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            fr, sr = node(h, fr), node(h, sr)
            while not fn & 1 and fn != 0:
                fn, sn = fn >> 1, sn >> 1
        else:
            sr = node(sr, h)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and fr == a and sr == b


def prior_root(proof):
    """bundle.md section 9, step 8: what the proof of a tree's last entry says of the tree before."""
    if not proof:
        return empty
    r = proof[0]
    for h in proof[1:]:
        r = node(h, r)
    return r


# ---- 3, and bundle.md 4


def envelope_of(payload, signature):
    return (f'{{"payload":"{b64(payload)}","payloadType":"application/vnd.in-toto+json",'
            f'"signatures":[{{"sig":"{b64(signature)}"}}]}}')


def parse_envelope(value):
    """Payload and signature of parsed JSON; how it is spelled is the business of whoever renders it again."""
    need(isinstance(value, dict) and set(value) == {"payload", "payloadType", "signatures"}, "no envelope")
    need(value["payloadType"] == "application/vnd.in-toto+json", "another type of payload")
    signatures = value["signatures"]
    need(isinstance(signatures, list) and len(signatures) == 1, "not one signature")
    need(isinstance(signatures[0], dict) and set(signatures[0]) == {"sig"}, "another signature")
    need(isinstance(value["payload"], str) and isinstance(signatures[0]["sig"], str), "no texts")
    payload, signature = base64_text(value["payload"]), base64_text(signatures[0]["sig"])
    need(len(signature) == 64, "no signature of 64 bytes")
    return payload, signature


def entry_of(payload, signature, key):
    envelope = hashlib.sha256(envelope_of(payload, signature).encode()).hexdigest()
    return (f'{{"apiVersion":"0.0.1","kind":"dsse","spec":{{"envelopeHash":{{"algorithm":"sha256","value":"{envelope}"}},'
            f'"payloadHash":{{"algorithm":"sha256","value":"{hashlib.sha256(payload).hexdigest()}"}},'
            f'"signatures":[{{"signature":"{b64(signature)}","verifier":"{b64(pem(key))}"}}]}}}}').encode()


# ---- 4


def number(n):
    groups = [f"{n % 1000:03}"]
    while n >= 1000:
        n //= 1000
        groups.append(f"x{n % 1000:03}")
    return "/".join(reversed(groups))


class Ledger:
    """The tiles of the tree of `size` entries."""

    def __init__(self, size):
        self.size, self.leaves, self.entries = size, [], []

    def levels(self):
        level = 0
        while self.size >> 8 * level:
            yield level, self.size >> 8 * level
            level += 1

    @staticmethod
    def named(folder, count):
        """Of each tile the path and how many it holds."""
        for n in range((count + 255) // 256):
            width = min(256, count - 256 * n)
            yield f"tile/{folder}/{number(n)}" + (f".p/{width}" if width < 256 else ""), width

    def paths(self):
        found = {path for path, _ in self.named("entries", self.size)}
        for level, count in self.levels():
            found |= {path for path, _ in self.named(level, count)}
        return found

    def tiles(self, files, top):
        """What is wrong with the tiles, in words, or None; Malformed where one has another length."""
        for path, width in self.named("entries", self.size):
            data, at = files[path], 0
            for _ in range(width):
                size = int.from_bytes(data[at : at + 2], "big")
                need(len(data) >= at + 2 + size, f"{path} has another length")
                self.entries.append(data[at + 2 : at + 2 + size])
                at += 2 + size
            need(at == len(data), f"{path} has another length")
        hashes = self.leaves = [leaf(entry) for entry in self.entries]
        if root(hashes) != top:
            return "the entries are not those of the newest head"
        for level, count in self.levels():
            if level:
                hashes = [root(hashes[at : at + 256]) for at in range(0, 256 * count, 256)]
            for n, (path, width) in enumerate(self.named(level, count)):
                need(len(files[path]) == 32 * width, f"{path} has another length")
                if files[path] != b"".join(hashes[256 * n : 256 * n + width]):
                    return f"{path} is another one"
        return None


# ---- 5


class Note:
    """A checkpoint as a signed note."""

    def __init__(self, data):
        need(len(data) <= 16_384, "a note beyond the limit")
        text = utf8(data)
        need(not re.search("[\0-\x09\x0b-\x1f\x7f]", text), "control characters in a note")
        body, gap, signatures = text.rpartition("\n\n")
        need(gap and signatures.endswith("\n"), "no note")
        self.body = (body + "\n").encode()
        lines = body.split("\n")
        need(len(lines) == 3, "not three lines")
        self.origin = lines[0]
        need(self.origin, "no origin")
        need(re.fullmatch("0|[1-9][0-9]{0,18}", lines[1], re.ASCII) and int(lines[1]) < 2**63, "no size")
        self.size, self.root = int(lines[1]), base64_text(lines[2])
        need(len(self.root) == 32 and (self.size or self.root == empty), "no root")
        self.signatures = [self.signature(line) for line in signatures[:-1].split("\n")]
        need(len(self.signatures) <= 32, "more than 32 signatures")

    @staticmethod
    def signature(line):
        match = re.fullmatch("— ([^ ]+) ([^ ]+)", line)
        need(match and len(match[1].encode()) <= 256 and not re.search("[\\s+\0-\x1f\x7f-\x9f]", match[1]), "no signature line")
        data = base64_text(match[2])
        need(5 <= len(data) <= 4096, "no signature")
        return match[1], data[:4], data[4:]


def c2sp_id(origin, key):
    return sha(origin.encode() + b"\n\x01" + key)[:4]
