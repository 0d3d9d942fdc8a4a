"""Ed25519 as RFC 8032 has it, on whole numbers, verified as strictly as docs/spec/ledger.md section 1 says.

Quick enough for thousands of bundles: the multiples of a key are laid out once. It signs with published test keys only:
nothing here runs in constant time.
"""
import functools
import hashlib

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT = pow(2, (P - 1) // 4, P)
ZERO = (0, 1, 1, 0)


def add(p, q):
    """The sum of two points in extended coordinates (x, y, z, t), RFC 8032 section 5.1.4."""
    x1, y1, z1, t1 = p
    x2, y2, z2, t2 = q
    a = (y1 - x1) * (y2 - x2) % P
    b = (y1 + x1) * (y2 + x2) % P
    c = 2 * t1 * t2 * D % P
    d = 2 * z1 * z2 % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def encode(point):
    x, y, z, _ = point
    inverse = pow(z, P - 2, P)
    x, y = x * inverse % P, y * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


def decode(data):
    """The point of 32 bytes, or None where they are no point in its one spelling."""
    number = int.from_bytes(data, "little")
    sign, y = number >> 255, number & (1 << 255) - 1
    if y >= P:
        return None
    u, v = (y * y - 1) % P, (D * y * y + 1) % P
    x = u * pow(v, 3, P) * pow(u * pow(v, 7, P), (P - 5) // 8, P) % P
    if v * x * x % P != u:
        x = x * ROOT % P
    if v * x * x % P != u or (x == 0 and sign):
        return None
    if x & 1 != sign:
        x = P - x
    return x, y, 1, x * y % P


def small(point):
    """Whether the point's order divides 8."""
    for _ in range(3):
        point = add(point, point)
    return point[0] == 0 and point[1] == point[2]


def multiples(point):
    """For each byte of a scalar the 256 multiples that it may choose."""
    table = []
    for _ in range(32):
        row = [ZERO]
        for _ in range(255):
            row.append(add(row[-1], point))
        table.append(row)
        point = add(row[-1], point)
    return table


def times(table, scalar):
    total = ZERO
    for row, byte in zip(table, scalar.to_bytes(32, "little")):
        if byte:
            total = add(total, row[byte])
    return total


@functools.cache
def base():
    y = 4 * pow(5, P - 2, P) % P
    return multiples(decode(y.to_bytes(32, "little")))


@functools.lru_cache(maxsize=16)
def negated(key):
    """The multiples of minus the key's point; None where it is no key."""
    point = decode(key)
    if point is None or small(point):
        return None
    x, y, z, t = point
    return multiples((P - x, y, z, P - t))


@functools.lru_cache(maxsize=4096)
def verify(key, message, signature):
    """Whether the signature over the message is the key's (32 bytes)."""
    table = negated(key)
    if table is None or len(signature) != 64:
        return False
    r, s = signature[:32], int.from_bytes(signature[32:], "little")
    if s >= L:
        return False
    k = int.from_bytes(hashlib.sha512(r + key + message).digest(), "little") % L
    point = add(times(base(), s), times(table, k))
    return encode(point) == r and not small(point)


def expand(seed):
    h = hashlib.sha512(seed).digest()
    a = int.from_bytes(h[:32], "little") & (1 << 254) - 8 | 1 << 254
    return a, h[32:]


@functools.cache
def public(seed):
    return encode(times(base(), expand(seed)[0]))


def sign(seed, message):
    a, prefix = expand(seed)
    r = int.from_bytes(hashlib.sha512(prefix + message).digest(), "little") % L
    point = encode(times(base(), r))
    k = int.from_bytes(hashlib.sha512(point + public(seed) + message).digest(), "little") % L
    return point + ((r + k * a) % L).to_bytes(32, "little")
