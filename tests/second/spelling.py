"""The spelling of JSON in records: docs/spec/bundle.md section 2, "Lines", "One spelling", "Free JSON".

`tree` reads a text without losing how it is spelled; the functions below it are the types that the page names.
"""
import base64
import datetime
import re

NUMBER_LIMIT, DEPTH, MEMBERS = 2**53 - 1, 64, 1_000_000
NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
STRING = re.compile(r'"((?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*)"')
ESCAPE = re.compile(r'\\(?:u([0-9a-fA-F]{4})|(.))')
SHORT = {'"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
LONG = {value: "\\" + name for name, value in SHORT.items() if name != "/"}


class Malformed(Exception):
    """Not in the form that the page demands, seen from one file or record alone."""


def need(condition, why):
    if not condition:
        raise Malformed(why)


# ---- RFC 8259 and what section 2 adds. A value is a pair: its kind, and what is in it.


def decoded(raw):
    if "\\" not in raw:
        return raw
    text = ESCAPE.sub(lambda m: chr(int(m[1], 16)) if m[1] else SHORT[m[2]], raw)
    # Two escapes of a surrogate pair are one character; half a pair is refused.
    try:
        return text.encode("utf-16", "surrogatepass").decode("utf-16")
    except UnicodeDecodeError:
        raise Malformed("half of a surrogate pair") from None


def string_at(text, at):
    match = STRING.match(text, at)
    need(match, "no text")
    return match[1], match.end()


def value_at(text, at, depth):
    first = text[at : at + 1]
    if first == '"':
        raw, at = string_at(text, at)
        return ("text", (raw, decoded(raw))), at
    if first == "{":
        return object_at(text, at, depth + 1)
    if first == "[":
        return array_at(text, at, depth + 1)
    for word, value in (("true", True), ("false", False), ("null", None)):
        if text.startswith(word, at):
            return ("word", value), at + len(word)
    match = NUMBER.match(text, at)
    need(match, "no JSON without white space")
    return ("number", match[0]), match.end()


def object_at(text, at, depth):
    need(depth <= DEPTH, "more than 64 open arrays and objects")
    members, names = [], set()
    at += 1
    if text.startswith("}", at):
        return ("object", members), at + 1
    while True:
        raw, at = string_at(text, at)
        name = decoded(raw)
        need(name not in names, "a name that stands twice")
        names.add(name)
        need(text.startswith(":", at), "no colon")
        start = at + 1
        value, at = value_at(text, start, depth)
        members.append((raw, name, value, text[start:at]))
        need(len(members) <= MEMBERS, "too many members")
        if text.startswith("}", at):
            return ("object", members), at + 1
        need(text.startswith(",", at), "no comma")
        at += 1


def array_at(text, at, depth):
    need(depth <= DEPTH, "more than 64 open arrays and objects")
    elements = []
    at += 1
    if text.startswith("]", at):
        return ("array", elements), at + 1
    while True:
        value, at = value_at(text, at, depth)
        elements.append(value)
        need(len(elements) <= MEMBERS, "too many elements")
        if text.startswith("]", at):
            return ("array", elements), at + 1
        need(text.startswith(",", at), "no comma")
        at += 1


def utf8(data):
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise Malformed("no UTF-8") from None


def tree(data):
    text = utf8(data)
    value, end = value_at(text, 0, 0)
    need(end == len(text), "something after the JSON")
    return value


# ---- Our own values


def escaped(text):
    """Section 3: the escapes of strings."""
    return re.sub('[\0-\x1f"\\\\]', lambda found: LONG.get(found[0]) or f"\\u{ord(found[0]):04x}", text)


def text(value):
    need(value[0] == "text", "no text")
    raw, plain = value[1]
    need(raw == plain and "\\" not in raw or raw == escaped(plain), "another escape")
    return plain


def whole(low=0, high=NUMBER_LIMIT):
    def read(value):
        need(value[0] == "number" and re.fullmatch(r"0|[1-9][0-9]{0,19}", value[1]), "no whole number")
        number = int(value[1])
        need(low <= number <= high, "a number out of its range")
        return number

    return read


def truth(value):
    need(value[0] == "word" and value[1] is not None, "neither true nor false")
    return value[1]


def one_of(*names):
    def read(value):
        plain = text(value)
        need(plain in names, f"`{plain}` is not in the list")
        return plain

    return read


def matching(pattern, why):
    form = re.compile(pattern)

    def read(value):
        plain = text(value)
        need(form.fullmatch(plain), why)
        return plain

    return read


DIGEST = re.compile("[0-9a-f]{64}")
digest = matching("[0-9a-f]{64}", "no digest")


def date_text(plain):
    need(re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", plain, re.ASCII), "no date")
    try:
        day = datetime.date.fromisoformat(plain)
    except ValueError:
        raise Malformed("a day that there is not") from None
    need(1970 <= day.year <= 9998, "a year before 1970 or after 9998")
    return plain


def date(value):
    return date_text(text(value))


def time_text(plain):
    match = re.fullmatch(r"([0-9-]{10})T([0-9]{2}):([0-9]{2}):([0-9]{2})\.[0-9]{3}Z", plain, re.ASCII)
    need(match, "no time")
    date_text(match[1])
    need(int(match[2]) < 24 and int(match[3]) < 60 and int(match[4]) < 60, "a time that there is not")
    return plain


def time(value):
    return time_text(text(value))


def base64_text(plain):
    """ledger.md section 1: one value has one spelling."""
    try:
        data = base64.b64decode(plain.encode("ascii"), validate=True)
    except ValueError:
        raise Malformed("no base64") from None
    need(base64.b64encode(data).decode() == plain, "base64 in another spelling")
    return data


def listed(read, low=0, high=MEMBERS):
    def all_of(value):
        need(value[0] == "array" and low <= len(value[1]) <= high, "no list of that length")
        return [read(element) for element in value[1]]

    return all_of


def ascending(read):
    """A list marked `[]`, ascending, each once."""
    inner = listed(read, 1)

    def all_of(value):
        values = inner(value)
        keys = [element.encode() for element in values]
        need(all(a < b for a, b in zip(keys, keys[1:])), "not ascending, each once")
        return values

    return all_of


def free(value):
    """Free JSON keeps the bytes of its source."""
    return value


def free_object(value):
    need(value[0] == "object", "no object")
    return {name: inner for _, name, inner, _ in value[1]}


def members(*known):
    """An object with these members in this order; a name that ends with `?` may be left out."""
    known = [(name.rstrip("?"), name.endswith("?"), read) for name, read in known]

    def read_all(value):
        need(value[0] == "object", "no object")
        found, given = {}, iter(value[1])
        raw, _, inner, _ = next(given, (None,) * 4)
        for name, optional, read in known:
            if raw == name:
                need(inner != ("word", None) or read is free, f"`{name}` is null")
                found[name] = read(inner)
                raw, _, inner, _ = next(given, (None,) * 4)
            else:
                need(optional, f"`{name}` is not in its place")
        need(raw is None, f"`{raw}` is unknown or in another place")
        return found

    return read_all


def pointer(plain):
    need(re.fullmatch(r"(?:/(?:[^~/]|~[01])*)*", plain, re.DOTALL), "no RFC 6901 pointer")
    return plain
