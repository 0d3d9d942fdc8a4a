#!/bin/sh
# Guess:    a key that came to a token by C_UnwrapKey says the same of itself as one that was generated or imported there.
# Versions: SoftHSM 2.6.1-2.1 (Debian 12), python-pkcs11 0.10.1.
# Done:     generate an AES-256 key, wrap it, unwrap it in the same token; read the attributes of both.
# Seen:     generated  CKA_VALUE_LEN 32, CKA_CHECK_VALUE 3 bytes
#           copied     CKA_VALUE_LEN 32, CKA_CHECK_VALUE 3 bytes
#           unwrapped  CKA_VALUE_LEN 0,  CKA_CHECK_VALUE empty     (the value itself is whole: 32 bytes, and it encrypts as before)
# Means:    an inventory of key lengths takes an unwrapped AES-256 key for one of 0 bits, and a ceremony that compares check values across
#           tokens compares with nothing. The caller cannot put it right: C_UnwrapKey takes no CKA_VALUE_LEN (PKCS#11 3.1, AES secret key
#           objects). Take 0 for "not said"; such a key has CKA_LOCAL false.
set -eu
cd "$(mktemp -d)"
trap 'rm -rf "$PWD"' EXIT
apt-get download -q libsofthsm2=2.6.1-2.1 softhsm2=2.6.1-2.1 >&2
for package in ./*.deb; do dpkg -x "$package" system; done
python3 -m venv venv
venv/bin/pip install -q python-pkcs11==0.10.1

mkdir tokens
printf 'directories.tokendir = %s/tokens\n' "$PWD" >softhsm2.conf
export SOFTHSM2_CONF="$PWD/softhsm2.conf"
module="$PWD/system/usr/lib/softhsm/libsofthsm2.so"
system/usr/bin/softhsm2-util --module "$module" --init-token --free --label finding --so-pin 12345678 --pin 1234 >&2

venv/bin/python - "$module" <<'EOF'
import sys

import pkcs11
from pkcs11 import Attribute, KeyType, Mechanism, MechanismFlag, ObjectClass

token = pkcs11.lib(sys.argv[1]).get_token(token_label="finding")
readable = {Attribute.EXTRACTABLE: True, Attribute.SENSITIVE: False}
with token.open(rw=True, user_pin="1234") as session:
    wrapping = session.generate_key(KeyType.AES, 256, capabilities=MechanismFlag.WRAP | MechanismFlag.UNWRAP)
    generated = session.generate_key(KeyType.AES, 256, template=readable)
    copied = generated.copy({Attribute.LABEL: "copy"})
    wrapped = wrapping.wrap_key(generated, mechanism=Mechanism.AES_KEY_WRAP)
    unwrapped = wrapping.unwrap_key(
        ObjectClass.SECRET_KEY, KeyType.AES, wrapped, mechanism=Mechanism.AES_KEY_WRAP, template=readable
    )
    seen = {}
    for name, key in [("generated", generated), ("copied", copied), ("unwrapped", unwrapped)]:
        seen[name] = (key[Attribute.VALUE_LEN], len(key[Attribute.CHECK_VALUE]), len(key[Attribute.VALUE]))
        print("%-10s value_len %2d, check value of %d bytes, value of %d bytes" % (name, *seen[name]))
    assert unwrapped[Attribute.VALUE] == generated[Attribute.VALUE]
    assert seen["generated"] == seen["copied"] == (32, 3, 32), seen
    assert seen["unwrapped"] == (0, 0, 32), seen
    assert unwrapped[Attribute.LOCAL] is False
EOF
