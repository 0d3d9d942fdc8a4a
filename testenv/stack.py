#!/usr/bin/env python3
"""Makes a stack of a CloudFormation template in an emulator on loopback, and prints what came of it as JSON.

usage: stack.py ENDPOINT TEMPLATE [PARAMETER=VALUE…]

Roles with their trust and policies, the types of everything else, outputs. Keys are not looked at: moto 5.2.5 keeps the policy of a
key that a stack makes in a form that it cannot read again (DescribeKey answers 500).
"""
import ast
import json
import sys

import boto3
from botocore.config import Config

endpoint, template, *parameters = sys.argv[1:]
if not endpoint.startswith("http://127.0.0.1:"):
    sys.exit("only loopback is asked")


def client(service):
    return boto3.client(
        service, endpoint_url=endpoint, region_name="eu-west-1", aws_access_key_id="test", aws_secret_access_key="test",
        config=Config(retries={"max_attempts": 0}))


def document(policy):
    # What a stack gave a role is answered by moto 5.2.5 as Python writes it.
    return ast.literal_eval(policy) if isinstance(policy, str) else policy


cloudformation, iam = client("cloudformation"), client("iam")
with open(template, encoding="utf-8") as file:
    body = file.read()
pairs = (one.split("=", 1) for one in parameters)
stack = cloudformation.create_stack(
    StackName="witnessmark", TemplateBody=body, Capabilities=["CAPABILITY_NAMED_IAM"],
    Parameters=[{"ParameterKey": name, "ParameterValue": value} for name, value in pairs])["StackId"]
made = cloudformation.describe_stacks(StackName=stack)["Stacks"][0]
found = {
    "status": made["StackStatus"], "roles": {}, "others": [],
    "outputs": {one["OutputKey"]: one["OutputValue"] for one in made.get("Outputs", [])},
}
for resource in cloudformation.describe_stack_resources(StackName=stack)["StackResources"]:
    kind, name = resource["ResourceType"], resource["PhysicalResourceId"]
    if kind == "AWS::IAM::Role":
        role = iam.get_role(RoleName=name)["Role"]
        policies = {
            one: document(iam.get_role_policy(RoleName=name, PolicyName=one)["PolicyDocument"])
            for one in iam.list_role_policies(RoleName=name)["PolicyNames"]}
        found["roles"][name] = {
            "trust": role["AssumeRolePolicyDocument"], "policies": policies,
            "attached": iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]}
    else:
        found["others"].append(kind)
cloudformation.delete_stack(StackName=stack)
print(json.dumps(found))
