#!/usr/bin/env python3
"""Makes the same small custody company in any AWS-protocol emulator on loopback.

usage: seed.py ENDPOINT ACCESS_KEY company              users, roles, keys, aliases, grants
       seed.py ENDPOINT ACCESS_KEY credentials          an SSH key, certificates; prints the certificate as JSON
       seed.py ENDPOINT ACCESS_KEY evidence             a trail, and the bucket it delivers to
       seed.py ENDPOINT ACCESS_KEY eks                  a cluster of EKS, and whom it lets in
       seed.py ENDPOINT ACCESS_KEY organization         an organisation with a policy
       seed.py ENDPOINT ACCESS_KEY reader POLICY.json   a user with exactly this policy; prints its credentials as JSON
       seed.py ENDPOINT ACCESS_KEY calls OTHER_KEY      prints what ministack's trail has of this access key, as JSON
       seed.py ENDPOINT ACCESS_KEY SECRET probe         prints which calls beyond reading these credentials may make
"""
import datetime
import json
import sys

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

endpoint, access_key, *rest = sys.argv[1:]
if not endpoint.startswith(("http://127.0.0.1:", "http://localhost:")):
    sys.exit("only loopback is seeded")


def client(service, secret="test", region="eu-west-1"):
    return boto3.client(
        service, endpoint_url=endpoint, region_name=region, aws_access_key_id=access_key,
        aws_secret_access_key=secret, config=Config(retries={"max_attempts": 0}),
    )


def allow(*actions):
    statement = [{"Effect": "Allow", "Action": list(actions), "Resource": "*"}]
    return json.dumps({"Version": "2012-10-17", "Statement": statement})


def company():
    iam, kms = client("iam"), client("kms")
    account = client("sts").get_caller_identity()["Account"]
    iam.create_account_alias(AccountAlias="northbank")
    iam.update_account_password_policy(
        MinimumPasswordLength=16, RequireSymbols=True, RequireNumbers=True, RequireUppercaseCharacters=True,
        RequireLowercaseCharacters=True, AllowUsersToChangePassword=True, MaxPasswordAge=90, PasswordReusePrevention=24)
    policy = iam.create_policy(PolicyName="read-keys", PolicyDocument=allow("kms:DescribeKey"))["Policy"]["Arn"]
    iam.create_group(GroupName="signers")
    iam.attach_group_policy(GroupName="signers", PolicyArn=policy)
    iam.put_group_policy(GroupName="signers", PolicyName="sign", PolicyDocument=allow("kms:Sign"))
    for name in ("alice", "bob"):
        iam.create_user(UserName=name, Path="/people/", Tags=[{"Key": "team", "Value": "signing"}])
        iam.add_user_to_group(GroupName="signers", UserName=name)
        iam.create_login_profile(UserName=name, Password="An example 4711!")
        device = iam.create_virtual_mfa_device(VirtualMFADeviceName=name)["VirtualMFADevice"]["SerialNumber"]
        iam.enable_mfa_device(
            UserName=name, SerialNumber=device, AuthenticationCode1="123456", AuthenticationCode2="654321")
    iam.create_user(UserName="pipeline", Path="/machines/")
    iam.put_user_policy(UserName="pipeline", PolicyName="own", PolicyDocument=allow("sts:GetCallerIdentity"))
    iam.create_access_key(UserName="pipeline")
    trust = {"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{account}:root"}, "Action": "sts:AssumeRole"}]}
    iam.create_role(RoleName="signer", AssumeRolePolicyDocument=json.dumps(trust), Description="signs transfers")
    iam.attach_role_policy(RoleName="signer", PolicyArn=policy)
    iam.put_role_policy(RoleName="signer", PolicyName="sign", PolicyDocument=allow("kms:Sign"))
    for name, spec, usage in (
        ("hot-signing", "ECC_SECG_P256K1", "SIGN_VERIFY"), ("backups", "SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT")):
        key = kms.create_key(
            Description=name, KeySpec=spec, KeyUsage=usage, Tags=[{"TagKey": "system", "TagValue": "hot-wallet"}])
        key = key["KeyMetadata"]["KeyId"]
        kms.create_alias(AliasName=f"alias/{name}", TargetKeyId=key)
        if spec == "SYMMETRIC_DEFAULT":
            kms.enable_key_rotation(KeyId=key)
            kms.create_grant(KeyId=key, GranteePrincipal=f"arn:aws:iam::{account}:role/signer", Operations=["Decrypt"])


def credentials():
    """What moto knows of credentials beside passwords and access keys."""
    iam = client("iam")
    iam.create_user(UserName="old-tools", Path="/machines/")
    key = ec.generate_private_key(ec.SECP256R1())
    ssh = key.public_key().public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH).decode()
    iam.upload_ssh_public_key(UserName="old-tools", SSHPublicKeyBody=ssh)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "old-tools")])
    now = datetime.datetime.now(datetime.timezone.utc)
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    made = made.serial_number(4711).not_valid_before(now).not_valid_after(now + datetime.timedelta(days=30))
    pem = made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()
    iam.upload_signing_certificate(UserName="old-tools", CertificateBody=pem)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()).decode()
    iam.upload_server_certificate(ServerCertificateName="signer-api", CertificateBody=pem, PrivateKey=private)
    print(json.dumps({"certificate": pem}))


def evidence():
    s3, trails = client("s3"), client("cloudtrail")
    account = client("sts").get_caller_identity()["Account"]
    name = "northbank-evidence"
    s3.create_bucket(
        Bucket=name, ObjectLockEnabledForBucket=True,
        CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    s3.put_object_lock_configuration(Bucket=name, ObjectLockConfiguration={
        "ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": {"Mode": "COMPLIANCE", "Years": 2}}})
    closed = dict.fromkeys(
        ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True)
    s3.put_public_access_block(Bucket=name, PublicAccessBlockConfiguration=closed)
    s3.put_bucket_encryption(Bucket=name, ServerSideEncryptionConfiguration={
        "Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]})
    trail = f"arn:aws:cloudtrail:eu-west-1:{account}:trail/keys"
    write = {"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"}, "Action": "s3:PutObject",
        "Resource": f"arn:aws:s3:::{name}/*", "Condition": {"StringEquals": {"aws:SourceArn": trail}}}]}
    s3.put_bucket_policy(Bucket=name, Policy=json.dumps(write))
    s3.create_bucket(Bucket="northbank-trail", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    trails.create_trail(Name="keys", S3BucketName=name, IsMultiRegionTrail=True, EnableLogFileValidation=True)
    trails.start_logging(Name="keys")
    trails.put_event_selectors(TrailName="keys", EventSelectors=[{
        "ReadWriteType": "All", "IncludeManagementEvents": True,
        "ExcludeManagementEventSources": ["kms.amazonaws.com"]}])


def eks():
    eks = client("eks")
    account = client("sts").get_caller_identity()["Account"]
    eks.create_cluster(
        name="signing", roleArn=f"arn:aws:iam::{account}:role/cluster", resourcesVpcConfig={"subnetIds": ["subnet-1"]},
        accessConfig={"authenticationMode": "API", "bootstrapClusterCreatorAdminPermissions": False})
    policy = "arn:aws:eks::aws:cluster-access-policy/AmazonEKS{}Policy".format
    for name, groups, policies in (
        ("platform", [], {"ClusterAdmin": {"type": "cluster"}}),
        ("viewers", ["viewers"], {"View": {"type": "cluster"}, "Edit": {"type": "namespace", "namespaces": ["signer"]}}),
    ):
        principal = f"arn:aws:iam::{account}:role/{name}"
        # AWS makes a name up where none is given; the emulator leaves it empty.
        eks.create_access_entry(
            clusterName="signing", principalArn=principal, kubernetesGroups=groups, username=name + ":{{SessionName}}")
        for which, scope in policies.items():
            eks.associate_access_policy(
                clusterName="signing", principalArn=principal, policyArn=policy(which), accessScope=scope)
    eks.create_pod_identity_association(
        clusterName="signing", namespace="pay", serviceAccount="signer", roleArn=f"arn:aws:iam::{account}:role/signer")


def organization():
    organization = client("organizations")
    organization.create_organization(FeatureSet="ALL")
    root = organization.list_roots()["Roots"][0]["Id"]
    unit = organization.create_organizational_unit(ParentId=root, Name="custody")["OrganizationalUnit"]["Id"]
    deny = [{"Effect": "Deny", "Action": ["kms:ScheduleKeyDeletion", "kms:DisableKey"], "Resource": "*"}]
    policy = organization.create_policy(
        Name="keys-stay", Description="nobody deletes keys", Type="SERVICE_CONTROL_POLICY",
        Content=json.dumps({"Version": "2012-10-17", "Statement": deny}))["Policy"]["PolicySummary"]["Id"]
    organization.attach_policy(PolicyId=policy, TargetId=unit)


def reader(path):
    iam = client("iam")
    iam.create_user(UserName="witnessmark")
    with open(path, encoding="utf-8") as policy:
        iam.put_user_policy(UserName="witnessmark", PolicyName="rights", PolicyDocument=policy.read())
    made = iam.create_access_key(UserName="witnessmark")["AccessKey"]
    print(json.dumps({"access_key": made["AccessKeyId"], "secret": made["SecretAccessKey"]}))


def calls(of):
    """Pairs of the call, as far as the trail names it, and its request id."""
    seen = {}
    for region in ("eu-west-1", "us-east-1"):
        trails = client("cloudtrail", region=region)
        before = [None]

        # boto3 cuts times to seconds. The emulator has no pages: what is older than the oldest is asked for next.
        def until(params, **_):
            if before[0]:
                params["body"] = json.dumps(json.loads(params["body"]) | {"EndTime": before[0]}).encode()

        trails.meta.events.register("before-call.cloudtrail.LookupEvents", until)
        while True:
            events = trails.lookup_events(
                LookupAttributes=[{"AttributeKey": "AccessKeyId", "AttributeValue": of}])["Events"]
            new = [event for event in events if event["EventId"] not in seen]
            if not new:
                break
            for event in new:
                detail = json.loads(event["CloudTrailEvent"])
                # In IAM's protocol the action is a parameter.
                name = (detail["requestParameters"] or {}).get("Action", event["EventName"])
                service = event["EventSource"].removesuffix(".amazonaws.com")
                seen[event["EventId"]] = (f"{service}:{name}", detail["requestID"])
            before[0] = min(event["EventTime"] for event in events).timestamp()
    print(json.dumps(list(seen.values())))


def probe(secret):
    iam, kms = client("iam", secret), client("kms", secret)
    calls = {
        "iam:CreateUser": lambda: iam.create_user(UserName="intruder"),
        "iam:ListGroups": lambda: iam.list_groups(),
        "kms:CreateKey": lambda: kms.create_key(),
        "kms:ScheduleKeyDeletion": lambda: kms.schedule_key_deletion(KeyId="1234abcd-12ab-34cd-56ef-1234567890ab"),
        "sts:AssumeRole": lambda: client("sts", secret).assume_role(
            RoleArn="arn:aws:iam::123456789012:role/signer", RoleSessionName="probe"),
    }
    allowed = []
    for name, call in calls.items():
        try:
            call()
            allowed.append(name)
        except ClientError as refusal:
            if not refusal.response["Error"]["Code"].startswith("AccessDenied"):
                allowed.append(f"{name}: {refusal.response['Error']['Code']}")
    print(json.dumps(allowed))


if rest == ["company"]:
    company()
elif rest == ["credentials"]:
    credentials()
elif rest == ["eks"]:
    eks()
elif rest == ["evidence"]:
    evidence()
elif rest == ["organization"]:
    organization()
elif len(rest) == 2 and rest[0] == "reader":
    reader(rest[1])
elif len(rest) == 2 and rest[0] == "calls":
    calls(rest[1])
elif len(rest) == 2 and rest[1] == "probe":
    probe(rest[0])
else:
    sys.exit(__doc__)
