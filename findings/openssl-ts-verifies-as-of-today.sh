#!/bin/sh
# Guess:    a time stamp outlives the certificate it was made with: that is what it is for. `openssl ts -verify` asks whether the
#           certificate was valid at the time in the token.
# Versions: OpenSSL 3.0.19, faketime 0.9.10-2.1 (Debian 12), rfc3161-client 1.0.9.
# Done:     a certificate for time stamps valid through 2020, a token made in June 2020, verified today.
# Seen:     openssl says "certificate has expired", "Verification: FAILED"; with `-attime` of the token's own time, "Verification: OK".
#           rfc3161-client, which takes the time from the token, verifies it.
# Means:    evidence with a time stamp fails at the auditor's the day the authority changes its certificate, with no change to the
#           evidence. Read the time first, give it as `-attime`, and see that the certificate was not revoked by then.
set -eu
cd "$(mktemp -d)"
trap 'rm -rf "$PWD"' EXIT
python3 -m venv venv
venv/bin/pip install -q rfc3161-client==1.0.9 cryptography==50.0.2

apt-get download -q libfaketime=0.9.10-2.1 >&2
dpkg -x libfaketime_*.deb system
in_2020() { LD_PRELOAD="$(find "$PWD/system" -name libfaketime.so.1)" FAKETIME="2020-$1 12:00:00" openssl "$2" $3 2>/dev/null; }

in_2020 01-01 req "-x509 -newkey rsa:2048 -nodes -keyout root.key -out root.pem -days 7300 -subj /CN=Root"
openssl req -newkey rsa:2048 -nodes -keyout signer.key -out signer.csr -subj "/CN=Time stamps" 2>/dev/null
printf 'extendedKeyUsage = critical, timeStamping\nkeyUsage = critical, digitalSignature\n' >extensions
in_2020 01-01 x509 "-req -in signer.csr -CA root.pem -CAkey root.key -CAcreateserial -days 365 -extfile extensions -out signer.pem"

cat >tsa.cnf <<'EOF'
[tsa]
default_tsa = ours
[ours]
serial = serial
crypto_device = builtin
signer_cert = signer.pem
signer_key = signer.key
signer_digest = sha256
default_policy = 1.2.3.4
digests = sha256
ess_cert_id_chain = no
ess_cert_id_alg = sha256
clock_precision_digits = 3
EOF
echo 01 >serial
echo "what is stamped" >data

openssl ts -query -data data -sha256 -cert -out query 2>/dev/null
in_2020 06-01 ts "-reply -config tsa.cnf -queryfile query -out response"
openssl ts -reply -in response -text 2>/dev/null | grep "^Time stamp: Jun  1 12:00:00.* 2020 GMT$"

verify() { openssl ts -verify -data data -in response -CAfile root.pem "$@" 2>&1; }
echo "today: $(verify | tr '\n' ' ')"
! verify >/dev/null
verify | grep -q "certificate has expired"
echo "as of the token: $(verify -attime "$(date -u -d 2020-06-01T12:00:00Z +%s)" | tail -n 1)"
verify -attime "$(date -u -d 2020-06-01T12:00:00Z +%s)" >/dev/null

venv/bin/python - <<'EOF'
from cryptography import x509
from rfc3161_client import VerifierBuilder, decode_timestamp_response

root = x509.load_pem_x509_certificate(open("root.pem", "rb").read())
response = decode_timestamp_response(open("response", "rb").read())
assert VerifierBuilder().add_root_certificate(root).build().verify_message(response, open("data", "rb").read())
print("rfc3161-client: verified, as of", response.tst_info.gen_time)
EOF
