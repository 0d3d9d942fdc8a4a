#!/bin/sh
# Guess:    tst_info.gen_time is the time in the token.
# Versions: rfc3161-client 1.0.9, OpenSSL 3.0.19 (Debian 12).
# Done:     stamp with an authority that gives milliseconds (clock_precision_digits = 3), as RFC 3161, 2.4.2 allows; read the time.
# Seen:     openssl says "12:00:00.757", rfc3161-client 12:00:00 with microsecond 0: the fraction is cut off, not rounded, without a word.
# Means:    tokens of one second cannot be put in order, and a token may seem to be earlier than the event it was made after. Read the fraction
#           from TSTInfo itself before comparing such times.
set -eu
cd "$(mktemp -d)"
trap 'rm -rf "$PWD"' EXIT
python3 -m venv venv
venv/bin/pip install -q rfc3161-client==1.0.9 cryptography==50.0.2

# An authority of our own: a root, and a signer for time stamps below it.
openssl req -x509 -newkey rsa:2048 -nodes -keyout root.key -out root.pem -days 3650 -subj "/CN=Root" 2>/dev/null
openssl req -newkey rsa:2048 -nodes -keyout signer.key -out signer.csr -subj "/CN=Time stamps" 2>/dev/null
printf 'extendedKeyUsage = critical, timeStamping\nkeyUsage = critical, digitalSignature\n' >extensions
openssl x509 -req -in signer.csr -CA root.pem -CAkey root.key -CAcreateserial -days 365 -extfile extensions -out signer.pem 2>/dev/null

cat >tsa.cnf <<'EOF'
[tsa]
default_tsa = ours
[ours]
serial = serial
crypto_device = builtin
signer_cert = signer.pem
signer_key = signer.key
certs = root.pem
signer_digest = sha256
default_policy = 1.2.3.4
digests = sha256
ess_cert_id_chain = no
ess_cert_id_alg = sha256
clock_precision_digits = 3
EOF
echo 01 >serial
echo "what is stamped" >data

openssl ts -query -data data -sha256 -out query 2>/dev/null
for round in 1 2 3 4 5; do
	openssl ts -reply -config tsa.cnf -queryfile query -out response 2>/dev/null
	written=$(openssl ts -reply -in response -text 2>/dev/null | sed -n 's/^Time stamp: .*:\([0-9]*\.*[0-9]*\) [0-9]* GMT$/\1/p')
	read=$(venv/bin/python -c '
from rfc3161_client import decode_timestamp_response
time = decode_timestamp_response(open("response", "rb").read()).tst_info.gen_time
print("%02d %d" % (time.second, time.microsecond))')
	echo "written: second $written; read: second and microsecond $read"
	[ "$read" = "${written%.*} 0" ]
	case $written in *.*) fractions=seen ;; esac
done
[ "${fractions:-}" = seen ] # Of five, hardly all fall on a whole second.
