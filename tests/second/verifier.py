#!/usr/bin/env python3
"""A second verifier, written from docs/spec/bundle.md, ledger.md and verify-classes.md alone.

usage: verifier.py TRUST BUNDLE.tar ...   (with `-` in place of bundles: their paths, one on each line of the input)

Says of each bundle in one line of JSON: the file, the exit code, the class of the first problem (null: accepted), the level
to which it holds (null: not even its contents), and in words what the first problem is. Requires level L2 and allows neither
rehearsals, failed runs nor unsigned redactions; judges no anchors. Standard library only. It shares no code with the one in
Rust: where the two differ, one of them or the page is wrong.
"""
import hashlib
import itertools
import json
import re
import sys

sys.dont_write_bytecode = True

import ed25519
from contents import RecordFalse, Records, approval, approval_says, is_approval
from files import tar
from ledger import (Ledger, Note, c2sp_id, consistency, entry_of, envelope_of, inclusion, key_id, leaf, parse_envelope, prior_root,
                    root, together)
from spelling import Malformed, need
from statement import Later, RedactionStatement, Statement, Trust, counter_signed, dump, loads, pae, same_bytes, sha, sigstore

FALSE = {"malformed", "altered", "signature", "position", "rewritten", "contradiction", "undisclosed"}
(FILES, STATEMENT_FILE, SIGNATURE, STATEMENT, LEAVES, RECORDS, RAW, POSITION, CHECKPOINT, LEDGER, ANCHORS, REDACTION, APPROVALS,
 DEMANDS) = range(1, 15)


class Stop(Exception):
    """Something false in steps 1 to 7."""


# ---- bundle.md 9


class Verification:
    """One bundle."""

    def __init__(self, trust, data):
        self.trust, self.data = trust, data
        self.problems = []
        self.files = {}
        self.parts = self.statement = self.records = None
        self.complete = True  # whether records.jsonl was read to its end

    def add(self, step, kind, why):
        self.problems.append((kind not in FALSE, step, len(self.problems), kind, str(why)))
        if kind in FALSE and step <= RAW:
            raise Stop

    def run(self):
        try:
            self.contents()
            stopped = False
        except Stop:
            stopped = True
        level = None
        if not stopped and self.statement:
            level = self.claims()
        if self.problems:
            *_, kind, why = min(self.problems)
            return (1 if kind == "unreadable" else 20 if kind in FALSE else 21), kind, level, why
        return 0, None, level, None

    # Steps 1 to 7, as the files come

    def contents(self):
        whole = {}
        try:
            for path, content, complete in tar(self.data):
                self.files[path] = content
                if complete:
                    whole[path] = content
                self.file(path, content, complete)
        except Malformed as why:
            self.add(FILES, "malformed", why)
        except EOFError as why:
            self.ended = True
            self.add(FILES, "missing-part", why)
            self.files = whole
        else:
            self.ended = False
            for path in ("statement.sigstore.json", "leaves.txt", "records.jsonl"):
                if path not in whole:
                    self.add(FILES, "missing-part", f"{path} is not there")
            self.raw_missing()

    def file(self, path, content, complete):
        if path == "statement.sigstore.json" and complete:
            self.statement_file(content)
        elif not self.statement:
            return
        elif path == "leaves.txt" and complete:
            self.leaves(content)
        elif path == "records.jsonl":
            self.lines(content, complete)
        elif path.startswith("raw/") and complete:
            self.raw(int(path[-9:]), content)

    def statement_file(self, content):
        try:
            parts = sigstore(content)
        except Malformed as why:
            self.add(STATEMENT_FILE, "malformed", why)
        except Later as later:
            try:
                payload, signature = parse_envelope(later.args[0])
                need(any(ed25519.verify(key, pae(payload), signature) for key, _, _ in self.trust.keys), "nobody signed it")
            except Malformed as why:
                self.add(STATEMENT_FILE, "malformed", why)
            self.add(STATEMENT_FILE, "unsupported", "another version of the statement file")
            return
        if not ed25519.verify(parts["key"], pae(parts["payload"]), parts["signature"]):
            self.add(SIGNATURE, "signature", "the signature is not the key's")
        try:
            self.statement = Statement(parts["payload"])
        except Malformed as why:
            self.add(STATEMENT, "malformed", why)
        except Later as why:
            self.add(STATEMENT, "unsupported", why)
            return
        self.parts = parts
        if self.statement.kind not in ("run", "record"):
            self.add(STATEMENT, "unsupported", "a bundle of another kind")

    def leaves(self, content):
        if sha(content) != self.statement.leaves:
            self.add(LEAVES, "altered", "leaves.txt is another one")
        if not re.fullmatch(b"(?:[0-9a-f]{64}\n)*", content):
            self.add(LEAVES, "malformed", "leaves.txt is no list of hashes")
        self.hashes = [bytes.fromhex(line.decode()) for line in content.split(b"\n")[:-1]]
        if len(self.hashes) != self.statement.count or root(self.hashes).hex() != self.statement.root:
            self.add(LEAVES, "altered", "leaves.txt has another root")

    hashes = None

    def lines(self, content, complete):
        """Step 6."""
        *lines, rest = content.split(b"\n")
        if rest and complete:
            lines.append(rest)
        self.complete = complete
        self.records = Records(self.statement)
        known = self.statement.kind in ("run", "record")
        if self.hashes is None and complete:
            # Without leaves.txt nobody knows which line is altered, only that one is.
            hashed = [bytes.fromhex(line[1:].decode()) if re.fullmatch(b"~[0-9a-f]{64}", line) else leaf(line) for line in lines]
            if root(hashed).hex() != self.statement.root:
                self.add(RECORDS, "altered", "other records")
        seen = []
        for number, line in enumerate(lines):
            if number >= self.statement.count:
                self.add(RECORDS, "altered", "a record too many")
            withheld = re.fullmatch(b"~([0-9a-f]{64})", line)
            hashed = bytes.fromhex(withheld[1].decode()) if withheld else leaf(line)
            if line.startswith(b"~") and not withheld:
                self.add(RECORDS, "altered", f"line {number} is withheld and stands for no leaf")
            seen.append(hashed)
            if self.hashes is not None and hashed != self.hashes[number]:
                self.add(RECORDS, "altered", f"line {number} is another one")
            if rest and complete and number == len(lines) - 1:
                self.add(RECORDS, "malformed", "the last line has no line feed")
            try:
                if known or withheld:
                    self.records.line(number, line)
                    self.basis(line)
            except Malformed as why:
                self.add(RECORDS, "malformed", f"line {number}: {why}")
            except RecordFalse as problem:
                self.add(RECORDS, problem.args[0], f"line {number}: {problem.args[1]}")
        if not complete:
            return
        if len(lines) != self.statement.count or root(seen).hex() != self.statement.root:
            self.add(RECORDS, "altered", "other records")
        if not self.records.withheld and sha(content) != self.statement.records:
            self.add(RECORDS, "altered", "records.jsonl is another one")
        if self.records.later:
            self.add(RECORDS, "unsupported", "judged by later rules")
        elif known:
            try:
                self.records.end()
            except RecordFalse as problem:
                self.add(RECORDS, problem.args[0], problem.args[1])
            signed = self.statement.basis or {}
            for name, digest in (self.taken or {}).items():
                hidden = name == "declaration" and any(line.startswith(b"~") for line in lines[slice(*self.where("declaration"))])
                if name in signed and not hidden and signed[name] != digest.hexdigest():
                    self.add(RECORDS, "contradiction", f"other {name} than the statement says")

    taken = None
    CUTS = {"declaration": ("declaration", b',"raw":'), "check": ("checks", None), "assignment": ("parameters", b',"now":'), "route": ("targets", None)}

    def where(self, kind):
        lines = self.statement.segments.get(kind, range(0))
        return lines.start, lines.stop

    def basis(self, line):
        """bundle.md section 3: what the digests of `basis` are taken of."""
        if self.taken is None:
            self.taken = {name: hashlib.sha256() for name, _ in self.CUTS.values()}
        match = re.match(b'{"salt":"[^"]{22}","t":"([a-z]+)",', line)
        if match and match[1].decode() in self.CUTS:
            name, cut = self.CUTS[match[1].decode()]
            members = line[match.end():]
            self.taken[name].update((members[: members.rindex(cut)] if cut else members) + b"\n")

    def reads_raw(self):
        return self.records and self.complete and self.statement.kind in ("run", "record") and not self.records.later

    def raw(self, number, content):
        """Step 7."""
        if not self.reads_raw():
            return
        if number not in self.records.raw:
            self.add(RAW, "altered", f"raw file {number} is named by no record that is shown")
        if self.records.raw[number] != (len(content), sha(content)):
            self.add(RAW, "altered", f"raw file {number} is another one")
        for text in self.records.masked.get(number, []):
            if set(content[text["at"]:text["at"] + text["length"]]) != {ord("*")}:
                self.add(RAW, "contradiction", f"raw file {number} shows what is masked")

    def raw_missing(self):
        if self.statement and self.reads_raw():
            for number in self.records.raw:
                if f"raw/{number // 1_000_000:03}/{number:09}" not in self.files:
                    self.add(RAW, "missing-part", f"raw file {number} is not there")

    # Steps 8 to 14

    def claims(self):
        level = "L0"
        if self.parts["key"] in self.trust.signers(Trust.ROLES[self.statement.kind], self.statement.index):
            level = "L1"
        before = len([p for p in self.problems if not p[0]])
        trusted = self.position()
        holds = before == len([p for p in self.problems if not p[0]])
        s, named = self.statement, (self.trust.entity, self.trust.system)
        if trusted and any(name not in (None, own) for name, own in zip(named, (s.entity, s.system))):
            self.add(CHECKPOINT, "contradiction", "of another system than the trust file names")
        if trusted:
            # What is said of a ledger that nobody trusts decides nothing.
            self.checkpoint()
            if holds:
                self.ledger()
        for path in self.files:
            if path.startswith("anchors/"):
                self.add(ANCHORS, "unsupported", f"{path} is not judged")
        if level == "L1" and trusted and not any(not undecided and step <= LEDGER for undecided, step, *_ in self.problems):
            level = "L2"
        self.redaction()
        self.approvals()
        if level != "L2":
            self.add(STATEMENT if level == "L0" else POSITION, "level-not-reached", f"holds to {level}")
        if self.statement.rehearsal:
            self.add(DEMANDS, "rehearsal", "a rehearsal")
        if self.statement.status == "failed":
            self.add(DEMANDS, "failed-run", "a run that failed")
        return level

    def position(self):
        """Step 8. Whether the ledger and its key are the trusted ones."""
        s, parts, trust = self.statement, self.parts, self.trust
        wrong = lambda why: self.add(POSITION, "position", why)
        trusted = (s.origin == trust.origin and parts["log"] == key_id(trust.ledger)
                   and trust.within(trust.sizes, parts["size"]))
        try:
            note = Note(parts["checkpoint"].encode())
        except Malformed as why:
            wrong(why)
            return trusted
        if note.origin != f"{s.origin} - {int.from_bytes(parts['log'][:4], 'big')}":
            # Sigstore's number is that of the short key id that the signature line has.
            wrong("a head of another origin")
        if [(name, short) for name, short, _ in note.signatures] != [(s.origin, parts["log"][:4])]:
            wrong("a head that is not signed by the ledger key alone")
        elif parts["log"] == key_id(trust.ledger) and not ed25519.verify(trust.ledger, note.body, note.signatures[0][2]):
            wrong("the head's signature is not the ledger key's")
        if (note.size, note.root) != (parts["size"], parts["root"]):
            wrong("head, root and size do not agree")
        if parts["index"] != s.index or parts["size"] != s.index + 1:
            wrong("another place than the statement says")
        if not inclusion(leaf(parts["entry"]), parts["index"], parts["size"], parts["hashes"], parts["root"]):
            wrong("it is not in the ledger")
        if prior_root(parts["hashes"]).hex() != s.prior_root:
            wrong("another ledger before it")
        return trusted

    newest = None

    def checkpoint(self):
        """Step 9."""
        trust, parts = self.trust, self.parts
        proof = self.files.get("ledger/consistency")
        if "ledger/checkpoint" not in self.files:
            if (proof is not None or "ledger/since" in self.files) and not self.ended:
                self.add(CHECKPOINT, "malformed", "a proof without a head")
            return
        try:
            note = Note(self.files["ledger/checkpoint"])
        except Malformed as why:
            self.add(CHECKPOINT, "position", why)
            return
        mine = [signature for name, short, signature in note.signatures
                if (name, short) == (trust.origin, c2sp_id(trust.origin, trust.ledger))]
        if note.origin != trust.origin or len(mine) != 1:
            self.add(CHECKPOINT, "position", "the newest head is not signed by the ledger key exactly once")
            return
        if not trust.within(trust.sizes, note.size):
            self.add(CHECKPOINT, "unknown-key", "a head of a size that the ledger key is not trusted for")
            return
        if not ed25519.verify(trust.ledger, note.body, mine[0]):
            self.add(CHECKPOINT, "position", "the newest head's signature is not the ledger key's")
            return
        before = len(self.problems)
        if note.size < parts["size"] or note.size == parts["size"] and note.root != parts["root"]:
            self.add(CHECKPOINT, "position", "an older or another head")
        elif note.size == parts["size"]:
            if proof is not None:
                self.add(CHECKPOINT, "malformed", "a proof that nobody needs")
        elif proof is None:
            if not self.ended:
                self.add(CHECKPOINT, "missing-part", "ledger/consistency is not there")
        elif not re.fullmatch(b"(?:[0-9a-f]{64}\n){0,64}", proof):
            self.add(CHECKPOINT, "malformed", "no list of hashes")
        else:
            hashes = [bytes.fromhex(line.decode()) for line in proof.split(b"\n")[:-1]]
            if not consistency(parts["size"], parts["root"], note.size, note.root, hashes):
                self.add(CHECKPOINT, "position", "the newest head does not continue the one inside")
        if before == len(self.problems) and "ledger/since" in self.files:
            self.since(note, self.files["ledger/since"])
        self.newest = note

    def since(self, note, data):
        """ledger.md section 5: what the newest head continues beside the one inside."""
        match = re.fullmatch(b"([1-9][0-9]*) ([0-9a-f]{64})\n((?:[0-9a-f]{64}\n){0,64})", data)
        if not match or int(match[1]) > 2**40:
            self.add(CHECKPOINT, "malformed", "no size, root and list of hashes")
        elif int(match[1]) == note.size:
            self.add(CHECKPOINT, "malformed", "a proof that a head continues itself")
        else:
            hashes = [bytes.fromhex(line.decode()) for line in match[3].split(b"\n")[:-1]]
            if not consistency(int(match[1]), bytes.fromhex(match[2].decode()), note.size, note.root, hashes):
                self.add(CHECKPOINT, "position", "the newest head does not continue the one that is named")

    def ledger(self):
        """Step 10, with ledger.md sections 4 and 7."""
        tiles = {path[7:]: data for path, data in self.files.items() if path.startswith("ledger/tile/")}
        statements = {int(path[18:-5]): data for path, data in self.files.items() if path.startswith("ledger/statements/")}
        controls = {int(path[16:-4]): data for path, data in self.files.items() if path.startswith("ledger/controls/")}
        if not tiles and not statements and not controls:
            return
        if self.newest is None:
            if "ledger/checkpoint" not in self.files and not self.ended:
                self.add(LEDGER, "missing-part", "ledger/checkpoint is not there")
            return
        book = Ledger(self.newest.size)
        for path in sorted(set(tiles) - book.paths()) + sorted((set(statements) | set(controls)) - set(range(book.size))):
            self.add(LEDGER, "malformed", f"{path} does not belong to this ledger")
            return
        missing = sorted(book.paths() - set(tiles)) + [n for n in range(book.size) if n not in statements]
        if missing:
            if not self.ended:
                self.add(LEDGER, "missing-part", f"{missing[0]} is not there")
            return
        try:
            wrong = book.tiles(tiles, self.newest.root)
        except Malformed as why:
            wrong = why
        if wrong:
            self.add(LEDGER, "altered", wrong)
            return
        previous, self.owner, shown = None, None, set()
        for index in range(book.size):
            problem, previous = self.ledger_statement(book, index, statements[index], previous)
            problem = problem or self.ledger_controls(statements[index], controls.get(index), shown)
            if problem:
                self.add(LEDGER, *problem)
                return

    def ledger_statement(self, book, index, data, previous):
        try:
            payload, signature = parse_envelope(loads(data))
            same_bytes(envelope_of(payload, signature), data, "an envelope in another spelling")
        except Malformed as why:
            return ("malformed", f"statement {index}: {why}"), None
        signers = {key for key, _, _ in self.trust.keys if ed25519.verify(key, pae(payload), signature)}
        if not signers:
            return ("unknown-key", f"statement {index} is signed by nobody who is trusted"), None
        try:
            s = Statement(payload)
        except Malformed as why:
            return ("malformed", f"statement {index}: {why}"), None
        except Later as why:
            return ("unsupported", f"statement {index}: {why}"), None
        signers &= set(self.trust.signers(Trust.ROLES[s.kind], index))
        if not signers:
            return ("unknown-key", f"statement {index} is signed by nobody who is trusted for it"), None
        follows = (s.index == index and s.origin == self.trust.origin and s.previous == previous
                   and s.prior_root == root(book.leaves[:index]).hex()
                   and book.entries[index] in [entry_of(payload, signature, key) for key in signers])
        if not follows:
            return ("position", f"statement {index} is not the one of its place"), None
        self.owner = self.owner or (s.entity, s.system)
        named = (self.trust.entity or self.owner[0], self.trust.system or self.owner[1])
        other = None if (s.entity, s.system) == named else ("contradiction", f"statement {index} is of another system")
        return other, sha(payload)

    def ledger_controls(self, statement, data, shown):
        """ledger.md section 4, controls: of a statement that is proven. `shown`: digests whose texts and uses stood in a file before."""
        if data is None:
            return None
        s = Statement(parse_envelope(loads(statement))[0])
        if s.kind not in ("run", "record") or s.status == "failed" or set(s.rehearsal) - {"target"}:
            return "malformed", f"a file of controls of entry {s.index}, which has none"
        basis = s.basis or {}
        once = {kind: (kind, basis[name]) for kind, name in (("check", "checks"), ("assignment", "parameters")) if name in basis}
        types = ("recorded",) if s.kind == "record" else ("check", "assignment", "route", "control")
        wanted = [kind for kind in types
                  if kind in s.segments and once.get(kind) not in shown and (kind != "route" or s.rehearsal)]
        lines, digests, ids = data.split(b"\n"), {}, []
        if lines.pop() or lines[:1] != [b"witnessmark-controls/1"]:
            return "malformed", f"controls of entry {s.index}: no such file"
        del lines[0]
        for kind in wanted:
            segment = s.segments[kind]
            if lines[:1] != [kind.encode()] or len(lines) <= len(segment):
                return "malformed", f"controls of entry {s.index}: no records of type {kind}"
            own, lines = lines[1 : 1 + len(segment)], lines[1 + len(segment) :]
            many = next((at for at, line in enumerate(lines) if not re.fullmatch(b"[0-9a-f]{64}", line)), len(lines))
            proof, lines = [bytes.fromhex(line.decode()) for line in lines[:many]], lines[many:]
            if not together([leaf(line) for line in own], segment[0], s.count, proof, bytes.fromhex(s.root)):
                return "altered", f"controls of entry {s.index}: other records of type {kind}"
            if not all(line[31:].startswith(f'","t":"{kind}"'.encode()) for line in own):
                return "contradiction", f"controls of entry {s.index}: a record of another type than {kind}"
            # What changes with every run is left out, as in `basis` (bundle.md section 3).
            texts = [line[9 + 22 + 7 + len(kind) + 2 :] for line in own]
            if kind == "assignment":
                texts = [text[: text.rindex(b',"now":')] for text in texts]
            digests[kind] = sha(b"".join(text + b"\n" for text in texts))
            if kind == "control":
                ids = [loads(line).get("id") if isinstance(loads(line), dict) else None for line in own]
        if lines:
            return "malformed", f"controls of entry {s.index}: more than belongs there"
        if any(digests[kind] != once[kind][1] for kind in wanted if kind in once):
            return "contradiction", f"controls of entry {s.index}: other digests than in the statement"
        shown.update(once.values())
        return ("contradiction", f"a control twice in entry {s.index}") if len(set(map(str, ids))) < len(ids) else None

    def redaction(self):
        """Step 12."""
        withheld = self.records.withheld if self.records else {}
        data = self.files.get("redaction.sigstore.json")
        if data is None:
            if withheld and not self.ended:
                self.add(REDACTION, "unsigned-redaction", "nobody signed for what is withheld")
            return
        try:
            payload, signature, hint = counter_signed(data)
            signer = next((key for key in self.trust.signers("record") if key_id(key) == hint), None)
            if signer is None:
                if withheld and not self.ended:
                    self.add(REDACTION, "unsigned-redaction", "nobody who is trusted signed for what is withheld")
                return
            if not ed25519.verify(signer, pae(payload), signature):
                self.add(REDACTION, "signature", "the redaction's signature is not the key's")
                return
            says = RedactionStatement(payload)
        except Malformed as why:
            self.add(REDACTION, "malformed", why)
            return
        except Later:
            self.add(REDACTION, "unsupported", "a redaction of another version")
            return
        if says.statement != sha(self.parts["payload"]):
            self.add(REDACTION, "altered", "a redaction of another bundle")
        records = self.files.get("records.jsonl")
        if records is None:
            return
        if says.records != sha(records):
            self.add(REDACTION, "altered", "a redaction of other records")
        said = {kind: list(groups) for kind, groups in itertools.groupby(says.withheld, lambda group: group["t"])}
        counted = {kind: (sum(g["count"] for g in groups), min(g["first"] for g in groups), max(g["last"] for g in groups))
                   for kind, groups in said.items()}
        if counted != {kind: (len(lines), lines[0], lines[-1]) for kind, lines in withheld.items()}:
            self.add(REDACTION, "contradiction", "other records are withheld than the redaction says")

    def approvals(self):
        """Step 13, section 12."""
        if not self.reads_raw():
            return
        files = [self.files.get(f"raw/{number // 1_000_000:03}/{number:09}") for number in self.records.declared]
        payloads = {sha(payload): payload for payload in (approval(data) for data in files if data is not None) if payload is not None}
        if sum(is_approval(data) for data in files if data is not None) > 4096:
            self.add(APPROVALS, "malformed", "more approvals than the limit")
            return
        whole = None not in files and "declaration" not in self.records.withheld
        for (kind, _), record in self.records.shown.items():
            if kind != "acceptance" or "payload" not in record:
                continue
            payload = payloads.get(record["payload"])
            if payload is None:
                if whole:
                    self.add(APPROVALS, "contradiction", "no declared file has the approval's payload")
                continue
            try:
                says = approval_says(payload)
            except Malformed as why:
                self.add(APPROVALS, "contradiction", f"the approval does not say what the acceptance says: {why}")
                continue
            if says is None:
                continue
            same = {name: record[name] for name in ("id", "covers", "reason", "approved_by", "approved", "expires")}
            same |= {"entity": self.statement.entity, "system": self.statement.system}
            if {name: says[name] for name in same} != same or dump(says["covers"]) != dump(record["covers"]):
                self.add(APPROVALS, "contradiction", "the approval says something else than the acceptance")

    ended = False


def main():
    with open(sys.argv[1], "rb") as file:
        trust = Trust(file.read())
    paths = (line.rstrip("\n") for line in sys.stdin) if sys.argv[2:] == ["-"] else sys.argv[2:]
    for path in paths:
        with open(path, "rb") as file:
            code, kind, level, why = Verification(trust, file.read()).run()
        print(json.dumps({"file": path, "exit": code, "class": kind, "level": level, "why": why}))


if __name__ == "__main__":
    main()
