"""The files of an export and the one tar that holds them: docs/spec/bundle.md section 1."""
import re

from spelling import Malformed, need

# ---- bundle.md 1


FIXED = ["statement.sigstore.json", "redaction.sigstore.json", "leaves.txt", "ledger/checkpoint", "ledger/consistency",
         "ledger/since"]
SIZES = {"statement.sigstore.json": 65_536, "redaction.sigstore.json": 65_536, "ledger/checkpoint": 16_384,
         "ledger/consistency": 64 * 65, "ledger/since": 4_239, "leaves.txt": 6_500_000_000}
DECIMAL = "(?:0|[1-9][0-9]*)"
GROUPS = "(?:x[0-9]{3}/)*[0-9]{3}"


def place(path):
    """Where a file stands in a tar, as a key; Malformed where the format has no such file."""
    need(len(path) <= 100 and path.count("/") < 8, "a path beyond the limit")
    if path in FIXED:
        return (FIXED.index(path),)
    if re.fullmatch(rf"ledger/tile/(?:[0-7]|entries)/{GROUPS}(?:\.p/(?:[1-9][0-9]?|1[0-9][0-9]|2[0-4][0-9]|25[0-5]))?", path):
        need(not re.match("ledger/tile/[^/]+/x000/", path), "a number with another spelling")
        return 10, path.encode()
    match = re.fullmatch(rf"ledger/statements/({DECIMAL})\.json", path)
    if match:
        need(int(match[1]) < 2**40, "an index beyond the limit")
        return 11, int(match[1])
    match = re.fullmatch(rf"ledger/controls/({DECIMAL})\.txt", path)
    if match:
        need(int(match[1]) < 2**40, "an index beyond the limit")
        return 12, int(match[1])
    match = re.fullmatch(rf"anchors/({DECIMAL})/([a-z0-9-][a-z0-9.-]{{0,63}})", path)
    if match:
        need(int(match[1]) <= 2**40, "a size beyond the limit")
        return 13, int(match[1]), match[2].encode()
    if path == "records.jsonl":
        return (14,)
    match = re.fullmatch(r"raw/([0-9]{3})/([0-9]{9})", path)
    need(match and match[2].startswith(match[1]), f"a name outside the format: {path}")
    return 15, int(match[2])


def size_limit(path):
    if path in SIZES:
        return SIZES[path]
    for start, limit in (("raw/", 1_073_741_824), ("anchors/", 65_536), ("ledger/statements/", 16_384), ("ledger/controls/", 16_777_216), ("ledger/tile/", 16_777_472)):
        if path.startswith(start):
            return limit
    return 8_589_934_591


def header(block):
    """Path and size of the one header that section 1 allows."""
    end = block.find(b"\0")
    name = block[: min(end, 100) if end >= 0 else 100]
    digits = block[124:135]
    need(re.fullmatch(b"[0-7]{11}", digits), "no size")
    parts = [name.ljust(100, b"\0"), b"0000644\0", b"0000000\0", b"0000000\0", digits + b"\0", b"0" * 11 + b"\0", b" " * 8, b"0",
             bytes(100), b"ustar\0", b"00", bytes(32), bytes(32), b"0000000\0", b"0000000\0", bytes(155), bytes(12)]
    parts[6] = b"%06o\0 " % sum(b"".join(parts))
    need(b"".join(parts) == block, "another header")
    try:
        return name.decode("ascii"), int(digits, 8)
    except UnicodeDecodeError:
        raise Malformed("a path that is not ASCII") from None


def tar(data):
    """The files of a tar as they come: path, content, whether it is whole. Then Malformed or EOFError."""
    at, before = 0, ()
    while True:
        block = data[at : at + 512]
        if len(block) < 512:
            raise EOFError("the tar ends too early")
        at += 512
        if block == bytes(512):
            break
        path, size = header(block)
        key = place(path)
        need(key > before, f"{path} stands twice or in another order")
        before = key
        need(size <= size_limit(path), f"{path} is too large")
        content = data[at : at + size]
        if len(content) < size:
            yield path, content, False
            raise EOFError("the tar ends too early")
        yield path, content, True
        filled = at + size + -size % 512
        padding = data[at + size : filled]
        need(not any(padding), "something in the padding")
        if len(data) < filled:
            raise EOFError("the tar ends too early")
        at = filled
    last = data[at : at + 512]
    need(not any(last), "no second block of NUL")
    if len(last) < 512:
        raise EOFError("the tar ends too early")
    need(len(data) == at + 512, "bytes after the end")
