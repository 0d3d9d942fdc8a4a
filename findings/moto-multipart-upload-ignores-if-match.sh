#!/bin/sh
# Guess:    a store that refuses a stale If-Match on PutObject refuses it on CompleteMultipartUpload, as S3 does.
# Versions: moto 5.2.5, boto3 1.44.8.
# Done:     write an object twice, then write and delete with the first ETag in If-Match, and with If-None-Match: *.
# Seen:                                 If-Match with the old ETag    If-None-Match: *
#           PutObject                   PreconditionFailed            PreconditionFailed
#           CompleteMultipartUpload     200, the object is replaced   PreconditionFailed
#           DeleteObject                PreconditionFailed            -
# Means:    a writer that compares and swaps, and sends large objects in parts, loses an update in moto that S3 would have refused; and a test for
#           lost updates passes or fails by the size of the object.
set -eu
cd "$(mktemp -d)"
trap 'rm -rf "$PWD"' EXIT
python3 -m venv venv
venv/bin/pip install -q 'moto[s3]==5.2.5' boto3==1.44.8
export AWS_ACCESS_KEY_ID=none AWS_SECRET_ACCESS_KEY=none AWS_DEFAULT_REGION=us-east-1
venv/bin/python - <<'EOF'
import boto3
from botocore.exceptions import ClientError
from moto import mock_aws


def answer(call, **arguments):
    try:
        return call(Bucket="evidence", Key="head", **arguments)["ResponseMetadata"]["HTTPStatusCode"]
    except ClientError as error:
        return error.response["Error"]["Code"]


with mock_aws():
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket="evidence")

    def in_parts(Bucket, Key, **condition):
        upload = {"Bucket": Bucket, "Key": Key, "UploadId": s3.create_multipart_upload(Bucket=Bucket, Key=Key)["UploadId"]}
        part = s3.upload_part(**upload, PartNumber=1, Body=b"third")
        parts = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
        return s3.complete_multipart_upload(**upload, MultipartUpload=parts, **condition)

    first = s3.put_object(Bucket="evidence", Key="head", Body=b"first")["ETag"]
    s3.put_object(Bucket="evidence", Key="head", Body=b"second")
    seen = {
        "put": (answer(s3.put_object, IfMatch=first), answer(s3.put_object, IfNoneMatch="*")),
        "delete": (answer(s3.delete_object, IfMatch=first),),
        "parts": (answer(in_parts, IfNoneMatch="*"), answer(in_parts, IfMatch=first)),
    }
    left = s3.get_object(Bucket="evidence", Key="head")["Body"].read()
    print(seen, left)
    failed = "PreconditionFailed"
    assert seen == {"put": (failed, failed), "delete": (failed,), "parts": (failed, 200)}, seen
    assert left == b"third", left
EOF
