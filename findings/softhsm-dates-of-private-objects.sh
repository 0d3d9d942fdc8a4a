#!/bin/sh
# Guess:    CKA_START_DATE and CKA_END_DATE, once set, can be read by the user whose key it is.
# Versions: SoftHSM 2.6.1-2.1 (Debian 12), PyKCS11 1.5.20.
# Done:     generate two AES keys with both dates in their templates, one with CKA_PRIVATE false and one with CKA_PRIVATE true; log in; read.
# Seen:     private false: 19990101 and 20300101. Private true: CKR_GENERAL_ERROR for each date, and CKR_GENERAL_ERROR for the whole call
#           when a date is asked for together with other attributes (the label is then not given either). A key without dates gives two
#           empty ones, until C_SetAttributeValue sets one: that is accepted, and from then on the date cannot be read.
# Means:    just the objects one would date, private keys, cannot show their dates, and a tool that reads attributes in one call loses all of
#           them. Ask for each date in a call of its own, and keep "refused" apart from "not set".
set -eu
cd "$(mktemp -d)"
trap 'rm -rf "$PWD"' EXIT
apt-get download -q libsofthsm2=2.6.1-2.1 softhsm2=2.6.1-2.1 >&2
for package in ./*.deb; do dpkg -x "$package" system; done
python3 -m venv venv
venv/bin/pip install -q PyKCS11==1.5.20

mkdir tokens
printf 'directories.tokendir = %s/tokens\n' "$PWD" >softhsm2.conf
export SOFTHSM2_CONF="$PWD/softhsm2.conf"
module="$PWD/system/usr/lib/softhsm/libsofthsm2.so"
system/usr/bin/softhsm2-util --module "$module" --init-token --free --label finding --so-pin 12345678 --pin 1234 >&2

venv/bin/python - "$module" <<'EOF'
import sys

from PyKCS11 import *

library = PyKCS11Lib()
library.load(sys.argv[1])
slot = next(s for s in library.getSlotList(tokenPresent=True) if library.getTokenInfo(s).label.strip() == "finding")
session = library.openSession(slot, CKF_SERIAL_SESSION | CKF_RW_SESSION)
session.login("1234")


def key(*more):
    template = [(CKA_CLASS, CKO_SECRET_KEY), (CKA_KEY_TYPE, CKK_AES), (CKA_VALUE_LEN, 32), (CKA_LABEL, "k"), *more]
    return session.generateKey(template, MechanismAESGENERATEKEY)


def ask(what):
    try:
        return what()
    except PyKCS11Error as error:
        return CKR[error.value]


def read(handle, *attributes):
    # All in one call, as bytes.
    found = ask(lambda: session.getAttributeValue(handle, list(attributes), True))
    return [bytes(v).decode() if isinstance(v, tuple) else v for v in found] if isinstance(found, list) else found


dates = [(CKA_START_DATE, b"19990101"), (CKA_END_DATE, b"20300101")]
public, private = key(*dates, (CKA_PRIVATE, CK_FALSE)), key(*dates, (CKA_PRIVATE, CK_TRUE))
undated = key((CKA_PRIVATE, CK_TRUE))
seen = {}
for name, handle in [("public", public), ("private", private), ("private, undated", undated)]:
    seen[name] = [read(handle, CKA_START_DATE), read(handle, CKA_END_DATE), read(handle, CKA_LABEL, CKA_END_DATE)]
    session.setAttributeValue(handle, [(CKA_END_DATE, b"20310101")])
    seen[name].append(read(handle, CKA_END_DATE))
    print("%-17s" % name, *seen[name])
error = "CKR_GENERAL_ERROR"
assert seen["public"] == [["19990101"], ["20300101"], ["k", "20300101"], ["20310101"]], seen
assert seen["private"] == [error] * 4, seen
assert seen["private, undated"] == [[""], [""], ["k", ""], error], seen
EOF
