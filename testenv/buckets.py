#!/usr/bin/env python3
"""Makes and reads buckets of an S3-compatible object store on loopback, with a client that is not ours.

usage: buckets.py ENDPOINT KEY SECRET make BUCKET           a bucket
       buckets.py ENDPOINT KEY SECRET locked BUCKET         one that keeps each object for a day (COMPLIANCE)
       buckets.py ENDPOINT KEY SECRET versions BUCKET       prints every version with its lock, as JSON
       buckets.py ENDPOINT KEY SECRET destroy BUCKET NAME   tries to delete the newest version; prints what it was told
"""
import json
import sys

import boto3
from botocore.exceptions import ClientError

endpoint, key, secret, command, bucket, *rest = sys.argv[1:]
if not endpoint.startswith(("http://127.0.0.1:", "http://localhost:")):
    sys.exit("only loopback is asked")
s3 = boto3.client("s3", endpoint_url=endpoint, aws_access_key_id=key, aws_secret_access_key=secret, region_name="us-east-1")


def versions():
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
        yield from page.get("Versions", [])


if command == "make":
    s3.create_bucket(Bucket=bucket)
elif command == "locked":
    s3.create_bucket(Bucket=bucket, ObjectLockEnabledForBucket=True)
    rule = {"DefaultRetention": {"Mode": "COMPLIANCE", "Days": 1}}
    s3.put_object_lock_configuration(Bucket=bucket, ObjectLockConfiguration={"ObjectLockEnabled": "Enabled", "Rule": rule})
elif command == "versions":
    found = []
    for one in versions():
        # moto refuses the version of what has none that it lists itself.
        version = {} if one["VersionId"] == "null" else {"VersionId": one["VersionId"]}
        head = s3.head_object(Bucket=bucket, Key=one["Key"], **version)
        found.append({"name": one["Key"], "latest": one["IsLatest"], "mode": head.get("ObjectLockMode")})
    print(json.dumps(found))
elif command == "destroy":
    (version,) = [one["VersionId"] for one in versions() if one["Key"] == rest[0] and one["IsLatest"]]
    try:
        s3.delete_object(Bucket=bucket, Key=rest[0], VersionId=version)
        print("deleted")
    except ClientError as error:
        print(error.response["Error"]["Code"])
else:
    sys.exit(__doc__)
