#!/bin/sh
# Guess:    the state that DescribeKey gives decides what a key can do: a disabled key, or one that is to be deleted, encrypts and signs nothing
#           ("Key states of AWS KMS keys").
# Versions: moto 5.2.5, boto3 1.44.8.
# Done:     an RSA signing key: sign while it is enabled, disabled and pending deletion; enable it while it is pending; turn its rotation on.
# Seen:     it signs in every state (AWS KMS: DisabledException, KMSInvalidStateException). EnableKey takes it out of pending deletion, which
#           in AWS KMS only CancelKeyDeletion does. EnableKeyRotation succeeds, and GetKeyRotationStatus says true, although an asymmetric
#           key has no rotation (AWS KMS: UnsupportedOperationException).
# Means:    a drill that disables a key and expects the service to stop passes or fails for no reason in moto, and a rule about rotation sees keys
#           that cannot exist. Test both elsewhere.
set -eu
cd "$(mktemp -d)"
trap 'rm -rf "$PWD"' EXIT
python3 -m venv venv
venv/bin/pip install -q 'moto[kms]==5.2.5' boto3==1.44.8
export AWS_ACCESS_KEY_ID=none AWS_SECRET_ACCESS_KEY=none AWS_DEFAULT_REGION=us-east-1
venv/bin/python - <<'EOF'
import boto3
from botocore.exceptions import ClientError
from moto import mock_aws

with mock_aws():
    kms = boto3.client("kms")
    key = kms.create_key(KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["KeyId"]
    seen = []

    def look(after):
        said = kms.describe_key(KeyId=key)["KeyMetadata"]
        try:
            kms.sign(KeyId=key, Message=b"m", SigningAlgorithm="RSASSA_PSS_SHA_256")
            signs = True
        except ClientError as error:
            signs = error.response["Error"]["Code"]
        seen.append((said["KeyState"], said["Enabled"], signs))
        print("%-20s KeyState %s, Enabled %s, signs: %s" % (after, *seen[-1]))

    look("CreateKey")
    kms.disable_key(KeyId=key)
    look("DisableKey")
    kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    look("ScheduleKeyDeletion")
    kms.enable_key(KeyId=key)
    look("EnableKey")
    kms.enable_key_rotation(KeyId=key)
    rotates = kms.get_key_rotation_status(KeyId=key)["KeyRotationEnabled"]
    print("rotation of an RSA key:", rotates)
    assert seen[:3] == [("Enabled", True, True), ("Disabled", False, True), ("PendingDeletion", False, True)], seen
    assert seen[3] == ("Enabled", True, True), seen
    assert rotates is True
EOF
