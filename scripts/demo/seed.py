#!/usr/bin/env python3
"""Makes the small custody company of `witnessmark demo` in an AWS emulator.

usage: seed.py ENDPOINT day1|day2|day3|reader [POLICY]     each day is made on top of the one before; `reader` prints credentials with exactly that policy
The demonstration replays what the emulator answered; nothing in it is written by hand.
"""
import json
import sys

import boto3
from botocore.config import Config

ENDPOINT, DAY = sys.argv[1], sys.argv[2]
ACCOUNT, REGION, OUTSIDE = "111122223333", "eu-west-1", "999988887777"


def client(service):
    return boto3.client(service, endpoint_url=ENDPOINT, region_name=REGION, aws_access_key_id="test", aws_secret_access_key="test", config=Config(retries={"max_attempts": 0}))


iam, kms = client("iam"), client("kms")


def document(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def arn(kind_and_name, account=ACCOUNT):
    return f"arn:aws:iam::{account}:{kind_and_name}"


def key_policy(*more):
    root = {"Sid": "AccountAdministers", "Effect": "Allow", "Principal": {"AWS": arn("root")}, "Action": "kms:*", "Resource": "*"}
    return document(root, *more)


def console_user(name, group=None, device=True):
    iam.create_user(UserName=name)
    iam.create_login_profile(UserName=name, Password="Demo-Only-2026-Passphrase!", PasswordResetRequired=False)
    if group:
        iam.add_user_to_group(GroupName=group, UserName=name)
    if device:
        serial = iam.create_virtual_mfa_device(VirtualMFADeviceName=name)["VirtualMFADevice"]["SerialNumber"]
        iam.enable_mfa_device(UserName=name, SerialNumber=serial, AuthenticationCode1="123456", AuthenticationCode2="234567")


def day1():
    # Makes the emulator provide the keys that AWS manages, as every account has them; two of their aliases are enough here.
    for alias in kms.list_aliases()["Aliases"]:
        if alias["AliasName"] not in ("alias/aws/ebs", "alias/aws/s3"):
            kms.delete_alias(AliasName=alias["AliasName"])
    # The emulator gives these keys no policy, so that nobody may even look at them. This is the one that AWS gives to aws/ebs.
    managed = document(
        {"Sid": "Allow access through EBS for all principals in the account that are authorized to use EBS", "Effect": "Allow", "Principal": {"AWS": "*"}, "Action": ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:CreateGrant", "kms:DescribeKey"], "Resource": "*", "Condition": {"StringEquals": {"kms:CallerAccount": ACCOUNT, "kms:ViaService": f"ec2.{REGION}.amazonaws.com"}}},
        {"Sid": "Allow direct access to key metadata to the account", "Effect": "Allow", "Principal": {"AWS": arn("root")}, "Action": ["kms:Describe*", "kms:Get*", "kms:List*", "kms:RevokeGrant"], "Resource": "*"})
    for key in kms.list_keys(Limit=1000)["Keys"]:
        kms.put_key_policy(KeyId=key["KeyId"], PolicyName="default", Policy=managed)
    iam.update_account_password_policy(MinimumPasswordLength=16, RequireSymbols=True, RequireNumbers=True, RequireUppercaseCharacters=True, RequireLowercaseCharacters=True, AllowUsersToChangePassword=True, MaxPasswordAge=365, PasswordReusePrevention=24)
    iam.create_account_alias(AccountAlias="northbank-custody")
    iam.create_group(GroupName="officers")
    iam.put_group_policy(GroupName="officers", PolicyName="use-hot-signing", PolicyDocument=document(
        {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}},
        {"Effect": "Allow", "Action": ["kms:DescribeKey", "kms:GetPublicKey"], "Resource": "*"}))
    console_user("anna.officer", "officers")
    console_user("ben.officer", "officers")
    iam.create_user(UserName="backup-agent")
    iam.create_access_key(UserName="backup-agent")
    iam.create_role(RoleName="signer", AssumeRolePolicyDocument=document(
        {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}))
    iam.create_role(RoleName="key-administrator", AssumeRolePolicyDocument=document(
        {"Effect": "Allow", "Principal": {"AWS": arn("user/anna.officer")}, "Action": "sts:AssumeRole", "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}))
    policy = iam.create_policy(PolicyName="sign-with-hot-key", PolicyDocument=document(
        {"Effect": "Allow", "Action": "kms:Sign", "Resource": f"arn:aws:kms:{REGION}:{ACCOUNT}:key/*"}))["Policy"]["Arn"]
    iam.attach_role_policy(RoleName="signer", PolicyArn=policy)

    hot = kms.create_key(Description="signs customer withdrawals", KeySpec="ECC_SECG_P256K1", KeyUsage="SIGN_VERIFY", Policy=key_policy(
        {"Sid": "SignerSigns", "Effect": "Allow", "Principal": {"AWS": arn("role/signer")}, "Action": ["kms:Sign", "kms:GetPublicKey"], "Resource": "*"}),
        Tags=[{"TagKey": "wallet", "TagValue": "hot"}])["KeyMetadata"]["KeyId"]
    kms.create_alias(AliasName="alias/hot-signing", TargetKeyId=hot)
    backup = kms.create_key(Description="encrypts backups of key shares", Policy=key_policy(), Tags=[{"TagKey": "purpose", "TagValue": "backup"}])["KeyMetadata"]["KeyId"]
    kms.create_alias(AliasName="alias/share-backup", TargetKeyId=backup)
    kms.enable_key_rotation(KeyId=backup, RotationPeriodInDays=180)
    kms.create_grant(KeyId=backup, GranteePrincipal=arn("user/backup-agent"), Operations=["Encrypt", "GenerateDataKey"], Name="backup-agent")


def day2():
    console_user("m.visitor", device=False)
    iam.create_service_specific_credential(UserName="m.visitor", ServiceName="codecommit.amazonaws.com")
    hot = kms.describe_key(KeyId="alias/hot-signing")["KeyMetadata"]["KeyId"]
    kms.put_key_policy(KeyId=hot, PolicyName="default", Policy=key_policy(
        {"Sid": "SignerSigns", "Effect": "Allow", "Principal": {"AWS": arn("role/signer")}, "Action": ["kms:Sign", "kms:GetPublicKey"], "Resource": "*"},
        {"Sid": "Support", "Effect": "Allow", "Principal": {"AWS": arn("root", OUTSIDE)}, "Action": "kms:*", "Resource": "*"}))
    backup = kms.describe_key(KeyId="alias/share-backup")["KeyMetadata"]["KeyId"]
    kms.create_grant(KeyId=backup, GranteePrincipal=arn("role/restore", OUTSIDE), Operations=["Decrypt"], Name="restore")


def reader():
    """The user whose rights are exactly those that `witnessmark rights` prints."""
    with open(sys.argv[3], encoding="utf-8") as file:
        policy = file.read()
    iam.create_user(UserName="witnessmark")
    iam.put_user_policy(UserName="witnessmark", PolicyName="read", PolicyDocument=policy)
    # AWS lets everyone ask who he is; the emulator wants it granted.
    iam.put_user_policy(UserName="witnessmark", PolicyName="who-am-i", PolicyDocument=document({"Effect": "Allow", "Action": "sts:GetCallerIdentity", "Resource": "*"}))
    key = iam.create_access_key(UserName="witnessmark")["AccessKey"]
    print(f"export AWS_REGION={REGION} AWS_ACCESS_KEY_ID={key['AccessKeyId']} AWS_SECRET_ACCESS_KEY={key['SecretAccessKey']}")


def day3():
    """Somebody takes one right away from the reader."""
    iam.put_user_policy(UserName="witnessmark", PolicyName="no-grants", PolicyDocument=document({"Effect": "Deny", "Action": "kms:ListGrants", "Resource": "*"}))


{"day1": day1, "day2": day2, "day3": day3, "reader": reader}[DAY]()
