#!/bin/sh
# Guess:    S3's mode COMPLIANCE holds in moto as it does in S3: the date can be moved later and never earlier, and the mode cannot be changed.
# Versions: moto 5.2.5, boto3 1.44.8.
# Done:     an object locked in COMPLIANCE for ten days; shorten it to five, then change the mode to GOVERNANCE, then delete the version.
# Seen:     deleting is refused at first. Both changes are accepted (S3 answers 403 AccessDenied), and after them a caller who asks to bypass
#           GOVERNANCE deletes the version: 204.
# Means:    a test against moto that "nobody can shorten the retention of the evidence" tests nothing. Use a store that enforces it; MinIO does.
set -eu
cd "$(mktemp -d)"
trap 'rm -rf "$PWD"' EXIT
python3 -m venv venv
venv/bin/pip install -q 'moto[s3]==5.2.5' boto3==1.44.8
export AWS_ACCESS_KEY_ID=none AWS_SECRET_ACCESS_KEY=none AWS_DEFAULT_REGION=us-east-1
venv/bin/python - <<'EOF'
from datetime import datetime, timedelta, timezone

import boto3
from botocore.exceptions import ClientError
from moto import mock_aws


def answer(call, **arguments):
    try:
        return call(**arguments)["ResponseMetadata"]["HTTPStatusCode"]
    except ClientError as error:
        return error.response["Error"]["Code"]


with mock_aws():
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket="evidence", ObjectLockEnabledForBucket=True)
    now = datetime.now(timezone.utc).replace(microsecond=0)
    ten, five = now + timedelta(days=10), now + timedelta(days=5)
    put = s3.put_object(Bucket="evidence", Key="k", Body=b"", ObjectLockMode="COMPLIANCE", ObjectLockRetainUntilDate=ten)
    version = {"Bucket": "evidence", "Key": "k", "VersionId": put["VersionId"]}
    change = s3.put_object_retention
    seen = [
        answer(s3.delete_object, **version),
        answer(change, **version, Retention={"Mode": "COMPLIANCE", "RetainUntilDate": five}),
        answer(change, **version, Retention={"Mode": "GOVERNANCE", "RetainUntilDate": five}),
        answer(s3.delete_object, **version, BypassGovernanceRetention=True),
    ]
    print("delete: %s, shorten: %s, GOVERNANCE: %s, delete with bypass: %s" % tuple(seen))
    assert seen == ["AccessDenied", 200, 200, 204], seen
EOF
