#!/bin/sh
# Guess:    a response that `openssl ts -reply` writes can be read by the client that sigstore-python uses.
# Versions: OpenSSL 3.0.19 (Debian 12), rfc3161-client 1.0.9.
# Done:     stamp the same data twice, once asking for the certificates (`-cert`) and once not; read both responses.
# Seen:     openssl verifies both. decode_timestamp_response reads the one without certificates and rejects the one with them:
#           "InvalidSetOrdering, location: [..., SignedData::certificates, 1]". OpenSSL writes the signer's certificate and then what the
#           authority configured; the client wants the set in the order of DER.
#           RFC 5652 asks for DER of the signed attributes only, not of SignedData (section 5.3): the response is valid.
# Means:    whether a response can be read depends on which of two certificates happens to be longer, or first in bytes. Ask without
#           `-cert` and give the certificate to the verifier, or keep the response as it came and verify it with openssl as well.
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

openssl ts -query -data data -sha256 -cert -out with.tsq 2>/dev/null
openssl ts -query -data data -sha256 -out without.tsq 2>/dev/null
for which in with without; do
	openssl ts -reply -config tsa.cnf -queryfile $which.tsq -out $which.tsr 2>/dev/null
	openssl ts -verify -data data -in $which.tsr -CAfile root.pem -untrusted signer.pem 2>&1 | grep -x "Verification: OK"
done

venv/bin/python - <<'EOF'
from cryptography import x509
from rfc3161_client import VerifierBuilder, decode_timestamp_response

load = lambda name: x509.load_pem_x509_certificate(open(name, "rb").read())
verifier = VerifierBuilder().add_root_certificate(load("root.pem")).tsa_certificate(load("signer.pem")).build()
response = decode_timestamp_response(open("without.tsr", "rb").read())
assert verifier.verify_message(response, open("data", "rb").read())
print("without certificates: verified")
try:
    decode_timestamp_response(open("with.tsr", "rb").read())
    raise SystemExit("it reads both now")
except ValueError as error:
    print("with certificates:", error)
    assert "InvalidSetOrdering" in str(error) and "SignedData::certificates" in str(error)
EOF
