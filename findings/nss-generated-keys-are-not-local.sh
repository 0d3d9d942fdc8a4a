#!/bin/sh
# Guess:    a key that C_GenerateKey or C_GenerateKeyPair made on a token has CKA_LOCAL true, as PKCS#11 3.1 says (4.7.2).
# Versions: NSS softoken 2:3.87.1-1+deb12u4 (Debian 12), PyKCS11 1.5.20.
# Done:     generate an AES key, an EC key pair and an RSA key pair, in the session and on the token, sensitive and not extractable; import
#           one as it is, one that says of itself that it is local, one that says that it has a past. Read.
# Seen:     for every one of them CKA_LOCAL false, beside CKA_ALWAYS_SENSITIVE and CKA_NEVER_EXTRACTABLE true, which an imported key never
#           has. CKA_KEY_GEN_MECHANISM is not there at all. Whoever imports a key can write CKA_LOCAL true, and not the other two.
# Means:    "was it generated here, or brought in?" has the wrong answer in NSS: a rule that asks for CKA_LOCAL rejects every key. Ask for
#           CKA_ALWAYS_SENSITIVE and CKA_NEVER_EXTRACTABLE there; both are false for keys that were imported.
set -eu
cd "$(mktemp -d)"
trap 'rm -rf "$PWD"' EXIT
apt-get download -q libnss3=2:3.87.1-1+deb12u4 libnss3-tools=2:3.87.1-1+deb12u4 libnspr4=2:4.35-1 >&2
for package in ./*.deb; do dpkg -x "$package" system; done
python3 -m venv venv
venv/bin/pip install -q PyKCS11==1.5.20

export LD_LIBRARY_PATH="$PWD/system/usr/lib/x86_64-linux-gnu:$PWD/system/usr/lib/x86_64-linux-gnu/nss"
mkdir database
system/usr/bin/certutil -N -d "sql:$PWD/database" --empty-password
venv/bin/python - "$(find system -name libsoftokn3.so)" "$PWD/database" <<'EOF'
import ctypes
import sys

from PyKCS11 import *


class InitializeArguments(ctypes.Structure):
    """CK_C_INITIALIZE_ARGS as NSS reads it: with its parameters in a text."""

    _fields_ = [(name, ctypes.c_void_p) for name in ("create", "destroy", "lock", "unlock")] + [
        ("flags", ctypes.c_ulong),
        ("parameters", ctypes.c_char_p),
        ("reserved", ctypes.c_void_p),
    ]


module = ctypes.CDLL(sys.argv[1])
functions = ctypes.c_void_p()
assert module.C_GetFunctionList(ctypes.byref(functions)) == 0
# After the version, padded to a pointer, the first function is C_Initialize.
initialize = ctypes.CFUNCTYPE(ctypes.c_ulong, ctypes.c_void_p)(ctypes.c_void_p.from_address(functions.value + 8).value)
parameters = "configdir='sql:%s' certPrefix='' keyPrefix='' secmod='secmod.db' flags=" % sys.argv[2]
arguments = InitializeArguments(flags=2, parameters=parameters.encode())
assert initialize(ctypes.addressof(arguments)) == 0

library = PyKCS11Lib()
library.load(sys.argv[1])
slot = next(s for s in library.getSlotList() if library.getTokenInfo(s).label.strip() == "NSS Certificate DB")
session = library.openSession(slot, CKF_SERIAL_SESSION | CKF_RW_SESSION)
session.login("")
ASKED = [CKA_LOCAL, CKA_ALWAYS_SENSITIVE, CKA_NEVER_EXTRACTABLE, CKA_KEY_GEN_MECHANISM]
seen = {}
for place, stored in [("session", CK_FALSE), ("token", CK_TRUE)]:
    where = [(CKA_TOKEN, stored)]
    secret = [*where, (CKA_SENSITIVE, CK_TRUE), (CKA_EXTRACTABLE, CK_FALSE)]
    aes = [(CKA_CLASS, CKO_SECRET_KEY), (CKA_KEY_TYPE, CKK_AES), *secret]
    p256 = [(CKA_CLASS, CKO_PUBLIC_KEY), (CKA_KEY_TYPE, CKK_EC), (CKA_EC_PARAMS, bytes.fromhex("06082a8648ce3d030107"))]
    rsa = [(CKA_CLASS, CKO_PUBLIC_KEY), (CKA_KEY_TYPE, CKK_RSA), (CKA_MODULUS_BITS, 2048), (CKA_PUBLIC_EXPONENT, (1, 0, 1))]
    made = {
        "AES": session.generateKey([*aes, (CKA_VALUE_LEN, 32)], MechanismAESGENERATEKEY),
        "EC": session.generateKeyPair(p256 + where, secret, Mechanism(CKM_EC_KEY_PAIR_GEN, None))[1],
        "RSA": session.generateKeyPair(rsa + where, secret, Mechanism(CKM_RSA_PKCS_KEY_PAIR_GEN, None))[1],
        "AES imported": session.createObject([*aes, (CKA_VALUE, bytes(range(32)))]),
        "AES local": session.createObject([*aes, (CKA_VALUE, bytes(range(32))), (CKA_LOCAL, CK_TRUE)]),
        "AES past": session.createObject(
            [*aes, (CKA_VALUE, bytes(range(32))), (CKA_ALWAYS_SENSITIVE, CK_TRUE), (CKA_NEVER_EXTRACTABLE, CK_TRUE)]
        ),
    }
    for name, handle in made.items():
        seen[place, name] = session.getAttributeValue(handle, ASKED)
        print("%-8s%-13s local %s, always sensitive %s, never extractable %s, mechanism %s" % (place, name, *seen[place, name]))
for (_, name), said in seen.items():
    inside = name in ("AES", "EC", "RSA")
    assert said == [name == "AES local", inside, inside, None], seen
EOF
