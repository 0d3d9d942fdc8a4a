"""What records say of each other: docs/spec/bundle.md sections 2, 8 and 12."""
import re

import records as r
from spelling import Malformed, base64_text, need
from statement import OUTCOMES, dump, loads, same_bytes, sha


# ---- bundle.md 12


def approval(data):
    """The signed payload of a declared file that has the form of an approval; None for every other file."""
    if len(data) > 16_384:
        return None
    line = data[:-1] if data.endswith(b"\n") else data
    match = re.fullmatch(rb'\{"payload":"([A-Za-z0-9+/=]*)","payloadType":"application/vnd\.witnessmark\.acceptance\+json",'
                         rb'"signatures":\[\{"sig":"([A-Za-z0-9+/=]*)"\}\]\}', line)
    if not match:
        return None
    try:
        payload, signature = (base64_text(part.decode()) for part in match.groups())
    except Malformed:
        return None
    return payload if len(signature) == 64 else None


def approval_says(payload):
    """What is signed, as an object; None where it is of a later version."""
    top = loads(payload)
    need(isinstance(top, dict), "no acceptance")
    version = top.get("witnessmark_acceptance")
    need(isinstance(version, int) and version is not True and 1 <= version < 2**64, "no acceptance of a version")
    if version > 2:
        return None
    about = [name for name in ("targets", "check") if name in top and version == 2]
    names = ["witnessmark_acceptance", "id", "entity", "system", "covers", *about, "reason", "approved_by", "approved", "expires"]
    need(list(top) == names, "other members, or in another order")
    need(all(isinstance(top[name], str) for name in names if name not in ("witnessmark_acceptance", "covers", "targets", "check")), "no texts")
    same_bytes(dump(top), payload, "an approval in another spelling")
    need(isinstance(top["covers"], dict), "covers nothing")
    if version == 2:
        approved_targets(top)
    return top


def is_approval(data):
    """Whether a declared file is an approval, of whatever version."""
    payload = approval(data)
    try:
        if payload is not None:
            approval_says(payload)
        return payload is not None
    except Malformed:
        return False


def approved_targets(top):
    """Section 12, version 2."""
    deviation = "deviation" in top["covers"]
    targets = top.get("targets")
    need(isinstance(targets, list) and targets and ("check" in top) == deviation, "no targets, or a check that is missing or too much")
    if deviation:
        hash_text(top["check"])
    ascend([entry_of(one, ["target"], ["found", "programs", "parameters"])["target"] for one in targets])
    for one in targets:
        for name in ("found", "programs"):
            need(name not in one or isinstance(one[name], list) and one[name], "an empty list, or none")
        ascend(one.get("found", []))
        ascend([entry_of(program, ["collector", "sha256"], ["arguments"])["collector"] for program in one.get("programs", [])])
        for program in one.get("programs", []):
            hash_text(program["sha256"])
            arguments = program.get("arguments", ["-"])
            need(isinstance(arguments, list) and arguments and all(isinstance(text, str) for text in arguments), "no arguments")
        if "parameters" in one:
            hash_text(one["parameters"])
    need(any("parameters" in one for one in targets) == deviation, "parameters that are missing, or too much")


def hash_text(value):
    need(isinstance(value, str) and re.fullmatch("[0-9a-f]{64}", value, re.ASCII), "no digest")


def entry_of(value, members, maybe):
    need(isinstance(value, dict) and list(value) == members + [name for name in maybe if name in value], "other members")
    return value


def ascend(texts):
    need(all(isinstance(text, str) for text in texts), "no texts")
    keys = [text.encode() for text in texts]
    need(all(one < other for one, other in zip(keys, keys[1:])), "a list that does not ascend")


def matches(pattern, record):
    """Whether what `covers` says is about a record (section 12). The record's type is `finding` or `gap`."""
    kind, record = record
    subject = record.get("subject", {}).get("id")
    if kind == "finding":
        c = pattern.get("deviation")
        return (c is not None and record["outcome"] == "deviates" and c["control"] == record["control"]
                and c["check"] == record["check"] and c["subject"] == subject and c.get("target", record["target"]) == record["target"])
    c = pattern.get("gap")
    if c is None or c["target"] != record["target"]:
        return False
    if any(name in c and c[name] != record.get(name) for name in ("right", "part")):
        return False
    if c.get("reason_is", record["reason"]) != record["reason"] or "subject" in c and c["subject"] != subject:
        return False
    population = record.get("population")
    return "population" not in c or population is not None and c["population"] in (population, population.partition("@")[0])


# ---- bundle.md 2 and 8: what records say of each other


def false(condition, why, kind="contradiction"):
    """Raises where the condition does not hold; RecordFalse carries the class."""
    if not condition:
        raise RecordFalse(kind, why)


class RecordFalse(Exception):
    pass


def references(value):
    if isinstance(value, r.Reference):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from references(inner)


class Records:
    """The records of a bundle, read line by line."""

    def __init__(self, statement):
        self.statement = statement
        self.run = None
        self.later = False
        self.shown = {}  # (type, ordinal) to record
        self.withheld = {}  # type to lines
        self.keys = {}  # the order of the type that is read
        self.raw = {}  # number to (size, digest), of what is shown
        self.masked, self.masked_of, self.masked_count = {}, set(), 0  # number to texts; exchanges that no gap names
        self.raw_next = (0, 0)  # the lowest and highest number that may come next
        self.routes, self.coverage, self.unread, self.assigned = {}, {}, set(), set()
        self.only_gaps = {}
        self.counted, self.gaps_counted, self.cut = {}, {}, set()
        self.findings, self.accepted, self.controls = {}, {}, {}
        self.declared, self.asked = [], set()
        self.starts = [(lines, kind) for kind, lines in statement.segments.items()]
        self.segment = 0

    def type_at(self, line):
        while line not in self.starts[self.segment][0]:
            self.segment += 1
        lines, kind = self.starts[self.segment]
        return kind, line - lines.start

    # Section 2, "Lines" and "Order"

    def line(self, number, data):
        kind, ordinal = self.type_at(number)
        if data.startswith(b"~"):
            need(re.fullmatch(b"~[0-9a-f]{64}", data), "no leaf hash")
            false(kind not in r.SHOWN, f"a {kind} is withheld", "undisclosed")
            self.withheld.setdefault(kind, []).append(number)
            if kind in ("declaration", "body"):
                self.raw_next = self.raw_next[0], self.raw_next[1] + 1
            return
        if self.later:
            return
        try:
            named, record = r.parse(data)
        except r.Later:
            self.later = True
            return
        false(named == kind, f"a {named} among those of type {kind}")
        self.shown[kind, ordinal] = record
        self.order(kind, record)
        self.refer(kind, ordinal, record)
        getattr(self, "see_" + kind, lambda *_: None)(record, ordinal)

    def order(self, kind, record):
        subject = record.get("subject")
        pair = (subject["kind"].encode(), subject["id"].encode()) if subject else ()
        texts = lambda *names: tuple(record[name].encode() for name in names)
        maybe = lambda name: (record[name].encode(),) if name in record else ()
        once = True
        if kind == "declaration":
            key = record["raw"]
        elif kind in ("check", "acceptance"):
            key = texts("id")
        elif kind == "route":
            key = texts("target", "collector")
        elif kind == "peer":
            key = texts("sha256")
        elif kind == "exchange":
            key, once = (texts("target", "collector"), maybe("population")), False
        elif kind in ("params", "body"):
            key = record["exchange"][1]
        elif kind == "coverage":
            key = texts("target", "collector", "population")
        elif kind == "gap":
            key = (texts("target", "collector"), maybe("population"), pair, maybe("part"), maybe("right"),
                   r.REASONS.index(record["reason"]))
            once = False
        elif kind in ("resource", "derived"):
            key = texts("target", "kind", "id")
        elif kind == "finding":
            about = pair[:1] if subject else maybe("population")
            key = texts("control", "check", "target"), about or (b"",), pair[1:]
        else:
            return
        if kind in self.keys:
            before = self.keys[kind]
            false(before < key or not once and before == key, f"a {kind} that stands twice or in another order")
        self.keys[kind] = key

    def refer(self, kind, ordinal, record):
        for named, at, allowed in references(record):
            false(named in allowed, f"{named}:{at} may not be named there")
            end = ordinal if named == kind == "derived" else self.statement.number(named)
            false(at < end, f"{named}:{at} is not there")

    def own(self, exchange, record):
        false(all(exchange[name] == record[name] for name in ("target", "collector")), "an exchange of another target or collector")

    def place(self, locator, record):
        """What an answer's locator may lead into."""
        if "exchange" in locator:
            exchange = self.shown.get(locator["exchange"][:2])
            self.own(exchange, record)
            false(exchange and "failure" not in exchange, "a locator into an exchange that failed")
            self.proven(exchange)

    def proven(self, exchange):
        """Section 2, "What is evidence"."""
        route = self.routes.get((exchange["target"], exchange["collector"]), {})
        if {"endpoint", "replay"} & set(self.statement.rehearsal) or "rehearsal" in route:
            return
        false(not exchange["endpoint"].startswith("http://"), "an answer over plain HTTP")
        if exchange["endpoint"].startswith("https://"):
            false("peer" in exchange, "an answer without certificates")
            false("pinned" in route or not r.here(exchange["endpoint"]), "an answer from this machine")

    def raw_file(self, record):
        low, high = self.raw_next
        false(low <= record["raw"] <= high, "raw files that do not count up")
        self.raw_next = record["raw"] + 1, record["raw"] + 1
        self.raw[record["raw"]] = record["size"], record["sha256"]

    # Section 2, "Types and their members", and section 8

    def see_run(self, run, _):
        s = self.statement
        self.run = run
        same = [(run["id"], s.bundle), (run["tool"]["version"], s.version), (run["tool"]["sha256"], s.program),
                (run["started"], s.started), (run["finished"], s.finished), (run["status"], s.status),
                (set(run["overrides"]), set(s.rehearsal)), (run.get("challenge"), s.challenge),
                (run["plan"], s.basis["plan"] if s.basis else run["plan"])]
        false(all(a == b for a, b in same), "the run says otherwise than the statement")
        false(run["clock"] != "set" or "clock" in run["overrides"], "a set clock that is no override")
        false(("failure" in run) == (run["status"] == "failed"), "a failure of a run that did not fail, or none")

    def see_declaration(self, record, _):
        self.raw_file(record)
        self.declared.append(record["raw"])

    def see_recorded(self, record, _):
        if self.statement.kind != "record":
            return
        day = self.statement.started[:10]
        false(record["on"] <= day <= record["expires"], "a record that did not hold")
        sealed = [one for one in record.get("attachments", []) if "declaration" in one]
        false([one["declaration"][1] for one in sealed] == list(range(1, self.statement.number("declaration"))),
              "attachments that are not the declared files")
        for one in sealed:
            file = self.shown.get(one["declaration"][:2])
            false(file is None or (file["path"], file["size"], file["sha256"]) == (one["name"], one["size"], one["sha256"]),
                  "an attachment that is another file")

    def see_check(self, record, _):
        false(sha(record["text"].encode()) == record["sha256"], "a check with another digest")

    def see_acceptance(self, record, _):
        false(record["approved"] <= self.statement.started[:10] <= record["expires"], "an acceptance that did not hold")

    def see_assignment(self, record, _):
        false(record["now"] == self.statement.started, "a check that saw another time")
        self.assigned.add(record["control"])

    def see_route(self, record, _):
        self.routes[record["target"], record["collector"]] = record
        false("rehearsal" not in record or {"endpoint", "target"} & set(self.statement.rehearsal),
              "a rehearsal in a bundle that does not say so")

    def see_peer(self, record, _):
        false(r.peer_digest(record["certificates"]) == record["sha256"], "certificates with another digest")

    def see_exchange(self, record, _):
        self.asked.add((record["target"], record["collector"]))
        need(len(self.asked) <= 100_000, "more targets and collectors than the limit")
        false(self.statement.started <= record["started"] <= self.statement.finished, "an exchange outside the run")
        false(self.statement.status == "failed" or (record["target"], record["collector"]) in self.routes,
              "an exchange without a route")

    def see_body(self, record, _):
        if "raw" in record:
            self.proven(self.shown[record["exchange"][:2]])
            self.raw_file(record)
        if "masked" in record:
            self.masked_count += len(record["masked"])
            need(self.masked_count <= 1_000_000, "more masked texts than the limit")
            self.masked[record["raw"]] = record["masked"]
            self.masked_of.add(record["exchange"][:2])

    def see_coverage(self, record, _):
        self.coverage[record["target"], record["collector"], record["population"]] = record
        false(self.statement.status != "complete" or record["complete"], "a complete run with a list that is not")
        if "total" in record:
            self.place(record["total"]["from"], record)

    def see_gap(self, record, _):
        false(self.statement.status != "complete", "a complete run with a gap")
        if "exchange" in record:
            self.own(self.shown[record["exchange"][:2]], record)
            if record["reason"] == "withheld-secret":
                self.masked_of.discard(record["exchange"][:2])
        of = record["target"], record["collector"], record.get("population")
        subject, part = record.get("subject"), record.get("part")
        if subject and part is not None:
            self.unread.add((record["target"], subject["kind"], subject["id"], part))
        if subject and part is None:
            if subject["kind"] == (record.get("population") or "").partition("@")[0]:
                self.only_gaps.setdefault((record["target"], subject["kind"], subject["id"]), set()).add(of)
        if not subject and part is None and record["reason"] in ("truncated", "total-mismatch"):
            false(not self.coverage.get(of, {}).get("complete"), "a complete list beside its truncation")
        if subject:
            total = self.gaps_counted["all"] = self.gaps_counted.get("all", 0) + 1
            need(total <= 1_000_000, "more gaps with a subject than the limit")
        self.covered(("gap", record))

    def covered(self, record):
        if "acceptance" in record[1]:
            acceptance = self.shown.get(record[1]["acceptance"][:2])
            false(acceptance is None or matches(acceptance["covers"], record), "an acceptance of something else")

    def listed(self, record):
        of = record["target"], record["collector"], record["population"]
        false(of in self.coverage, "an object of a population that nobody listed")
        self.counted[of] = self.counted.get(of, 0) + 1
        # What vanished while it was read is an object and a gap, and counts once.
        self.only_gaps.pop((record["target"], record["kind"], record["id"]), None)
        for name, value in record["facts"].items():
            named = (record["target"], record["kind"], record["id"], name) in self.unread
            false(not named or value[0] in ("array", "object"), "a part that a gap calls unread")

    def see_resource(self, record, _):
        self.listed(record)
        for places in record["parts"].values():
            for locator in places:
                self.place(locator, record)

    def see_derived(self, record, _):
        self.listed(record)

    def see_finding(self, record, _):
        outcome = record["outcome"]
        false(outcome not in ("conforms", "deviates") or record["evidence"], "an outcome without evidence")
        false(outcome not in ("undetermined", "not-applicable") or "reason" in record, "an outcome without a reason")
        false(record["control"] in self.assigned, "a finding of a control that nobody assigned")
        counts = self.findings.setdefault(record["control"], dict.fromkeys([*OUTCOMES, "accepted"], 0))
        counts[outcome.replace("-", "_")] += 1
        if outcome == "deviates" and "acceptance" in record:
            counts["accepted"] += 1
        self.covered(("finding", record))

    def see_control(self, record, _):
        false(record["id"] not in self.controls, "a control that stands twice")
        self.controls[record["id"]] = record
        counts = record["counts"]
        seen = self.findings.get(record["id"], dict.fromkeys(counts, 0))
        if "finding" in self.withheld:
            false(all(counts[name] >= seen[name] for name in counts), "a control that counts otherwise")
        else:
            false(counts == seen, "a control that counts otherwise")
        false(counts["accepted"] <= counts["deviates"], "more accepted than deviate")
        if record["id"] in self.assigned:
            expected = next((name for name in ("deviates", "undetermined", "conforms", "not_applicable") if counts[name]),
                            "undetermined").replace("_", "-")
            false(record.get("outcome") == expected, "a control with another outcome")
        else:
            false("outcome" not in record and not any(counts.values()), "an outcome of a control that nobody assigned")

    def end(self):
        """What takes all records."""
        if self.later:
            return
        if "target" in self.statement.rehearsal:
            rehearsed = {target for (target, _), route in self.routes.items() if "rehearsal" in route}
            false(rehearsed and rehearsed != {target for target, _ in self.routes}, "a rehearsal in part of which no route says which")
        false(not self.masked_of, "a masked text that no gap tells of")
        for lists in self.only_gaps.values():
            for of in lists:
                self.counted[of] = self.counted.get(of, 0) + 1
        for of, coverage in self.coverage.items():
            if coverage["complete"]:
                listed, items = self.counted.get(of, 0), coverage["items"] - coverage.get("repeated", 0)
                hidden = "resource" in self.withheld or "derived" in self.withheld
                false(listed <= items if hidden else listed == items, "another number of objects than items")
        false(self.assigned <= set(self.controls), "an assigned control without a record")
        for name in [*OUTCOMES, "accepted"]:
            total = sum(control["counts"][name] for control in self.controls.values())
            false(total == self.statement.summary[name], "a summary that is not the sum over the controls")
