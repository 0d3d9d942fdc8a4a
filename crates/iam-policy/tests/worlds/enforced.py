# Puts generated worlds of two accounts into a running ministack that decides by policies, and calls it as each of their users and roles.
# usage: python enforced.py http://127.0.0.1:PORT <worlds.json >answers.json
# A world is {people, key, actions}; one of the people {arn, inline, managed, group, boundary, trust}, policies as documents. Its accounts and its
# key get names that nobody else uses. An answer is {acts: [[person, action]], becomes: [[person, person]], asked, unasked}.
# A key of another account is not found by ministack's server, which then asks the caller's own policies alone: there its evaluator is given
# the key's policy, its owner and the caller's policies, and is held to what the server said of the latter.
import contextlib
import datetime
import hashlib
import hmac
import http.client
import itertools
import json
import secrets
import sys
import urllib.parse
import xml.etree.ElementTree as xml

from ministack.core import iam_evaluator as evaluator

OWN, OTHER = "111122223333", "444455556666"
KEY_ID = "1234abcd-12ab-34cd-56ef-1234567890ab"
REGION = "eu-west-1"
authority = sys.argv[1].removeprefix("http://")


def digest(key, text):
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


def call(service, credentials, body, target=None, secure=True):
    """The status and the body of an answer. Signed as AWS documents it: Signature Version 4."""
    access_key, secret, token = credentials
    region = REGION if service == "kms" else "us-east-1"
    now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ")
    headers = {"host": authority, "x-amz-date": now, "content-type":
               "application/x-amz-json-1.1" if target else "application/x-www-form-urlencoded; charset=utf-8"}
    if target:
        headers["x-amz-target"] = target
    if token:
        headers["x-amz-security-token"] = token
    signed = ";".join(sorted(headers))
    lines = "".join(f"{name}:{headers[name]}\n" for name in sorted(headers))
    request = f"POST\n/\n\n{lines}\n{signed}\n{hashlib.sha256(body.encode()).hexdigest()}"
    scope = f"{now[:8]}/{region}/{service}/aws4_request"
    text = f"AWS4-HMAC-SHA256\n{now}\n{scope}\n{hashlib.sha256(request.encode()).hexdigest()}"
    key = digest(digest(digest(digest(f"AWS4{secret}".encode(), now[:8]), region), service), "aws4_request")
    headers["authorization"] = (f"AWS4-HMAC-SHA256 Credential={access_key}/{scope}, SignedHeaders={signed}, "
                                f"Signature={digest(key, text).hex()}")
    # As a proxy in front of it says that the caller came by TLS.
    headers["x-forwarded-proto"] = "https" if secure else "http"
    # A new connection each time: on one that is kept, each answer waits 40 ms for an acknowledgement.
    with contextlib.closing(http.client.HTTPConnection(authority)) as line:
        line.request("POST", "/", body, headers)
        answer = line.getresponse()
        return answer.status, answer.read().decode()


def form(service, credentials, action, secure=True, **members):
    version = {"iam": "2010-05-08", "sts": "2011-06-15"}[service]
    return call(service, credentials, urllib.parse.urlencode({"Action": action, "Version": version, **members}), secure=secure)


def kms(credentials, action, members, secure=True):
    return call("kms", credentials, json.dumps(members), f"TrentService.{action}", secure)


def made(answer):
    status, body = answer
    if status != 200:
        sys.exit(f"ministack did not take the world: {status} {body}")
    return body


def texts(body, *names):
    found = {element.tag.rpartition("}")[2]: element.text for element in xml.fromstring(body).iter()}
    return tuple(found[name] for name in names)


# What is said to whoever may call, when something else than permission is missing.
LATER = ("InvalidCiphertextException", "DisabledException", "NotFoundException", "LimitExceeded")


def let(answer):
    status, body = answer
    if status == 200:
        return True
    if "AccessDenied" in body:
        return False
    if any(code in body for code in LATER):
        return True
    sys.exit(f"an answer that is neither of the two: {status} {body}")


def text(document):
    return json.dumps(document)


def put(one, root):
    """Makes a user or role; their credentials."""
    kind, name = one["arn"].rpartition(":")[2].split("/")
    account = one["arn"].split(":")[4]
    what = kind.capitalize()
    iam = lambda action, **members: made(form("iam", root, action, **members))
    named = {f"{what}Name": name}
    if kind == "role":
        # Its trust comes when somebody has come to be it.
        trust = {"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": f"arn:aws:iam::{account}:root"}}]}
        iam("CreateRole", AssumeRolePolicyDocument=text(trust), **named)
    else:
        iam("CreateUser", **named)
    for document in one["inline"]:
        iam(f"Put{what}Policy", PolicyName="own", PolicyDocument=text(document), **named)
    for n, document in enumerate(one["managed"]):
        body = iam("CreatePolicy", PolicyName=f"{kind}-{name}-{n}", PolicyDocument=text(document))
        iam(f"Attach{what}Policy", PolicyArn=texts(body, "Arn")[0], **named)
    if one["group"]:
        iam("CreateGroup", GroupName=f"of-{name}")
        for document in one["group"]:
            iam("PutGroupPolicy", GroupName=f"of-{name}", PolicyName="own", PolicyDocument=text(document))
        iam("AddUserToGroup", GroupName=f"of-{name}", UserName=name)
    if one["boundary"]:
        body = iam("CreatePolicy", PolicyName=f"edge-{kind}-{name}", PolicyDocument=text(one["boundary"]))
        iam(f"Put{what}PermissionsBoundary", PermissionsBoundary=texts(body, "Arn")[0], **named)
    if kind == "user":
        return (*texts(iam("CreateAccessKey", **named), "AccessKeyId", "SecretAccessKey"), None)
    body = made(form("sts", root, "AssumeRole", RoleArn=one["arn"], RoleSessionName="asked"))
    credentials = texts(body, "AccessKeyId", "SecretAccessKey", "SessionToken")
    iam("UpdateAssumeRolePolicy", PolicyDocument=text(one["trust"]), **named)
    return credentials


def from_elsewhere(one, action, world, key, secure):
    """What ministack's evaluator says, given the policy of a key of another account; and what it says of the caller's own policies alone."""
    account = one["arn"].split(":")[4]
    kind, name = one["arn"].rpartition(":")[2].split("/")
    caller = one["arn"] if kind == "user" else f"arn:aws:sts::{account}:assumed-role/{name}/asked"
    asked = evaluator.EvalContext(
        principal_arn=caller, principal_type="User" if kind == "user" else "AssumedRole", principal_account=account,
        action=f"kms:{action}", resource_arn=key, region=REGION, source_ip="127.0.0.1", secure_transport=secure)
    parsed = lambda documents: [evaluator.parse_policy_document(document) for document in documents]
    limits = [parsed([one["boundary"]])] if one["boundary"] else []
    own = evaluator.evaluate(asked, parsed(one["inline"] + one["managed"] + one["group"]), *limits)
    both = evaluator.combine_resource_policy(
        own, asked, world["key"], key.split(":")[4], required=True, limits=tuple(limits))
    return both.decision == "Allow", own.decision == "Allow"


def ask(world):
    number = lambda: str(10 ** 11 + secrets.randbelow(9 * 10 ** 11))
    own, other = number(), number()
    root = {account: (account, "test", None) for account in (own, other)}
    key = json.loads(made(kms(root[own], "CreateKey", {})))["KeyMetadata"]
    mine = json.dumps(world).replace(OWN, own).replace(OTHER, other).replace(KEY_ID, key["KeyId"])
    world, key = json.loads(mine), key["Arn"]
    made(kms(root[own], "PutKeyPolicy", {"KeyId": key, "PolicyName": "default", "Policy": text(world["key"])}))
    people = world["people"]
    account = lambda one: one["arn"].split(":")[4]
    credentials = [put(one, root[account(one)]) for one in people]
    acts, becomes, asked, unasked = [], [], 0, 0
    for (n, one), action in itertools.product(enumerate(people), world["actions"]):
        members = {"KeyId": key}
        if action == "Decrypt":
            members["CiphertextBlob"] = "AAAA"
        if action == "PutKeyPolicy":
            members |= {"PolicyName": "default", "Policy": text(world["key"])}
        asked += 1
        said = []
        for secure in (True, False):
            may = let(kms(credentials[n], action, members, secure))
            if account(one) == other:
                there, alone = from_elsewhere(one, action, world, key, secure)
                if alone != may:
                    sys.exit(f"ministack's server and its evaluator differ on {action} by {one}")
                may = there
            said.append(may)
        if any(said):
            acts.append([n, action])
    for (n, one), (m, target) in itertools.product(enumerate(people), enumerate(people)):
        if n == m:
            continue
        if ":role/" in target["arn"]:
            way = ("sts", credentials[n], "AssumeRole")
            members = {"RoleArn": target["arn"], "RoleSessionName": "asked"}
        elif account(one) == account(target):
            way, members = ("iam", credentials[n], "CreateAccessKey"), {"UserName": target["arn"].rpartition("/")[2]}
        else:
            # The call has no way to name a user of another account.
            unasked += 1
            continue
        asked += 1
        if any([let(form(*way, secure=secure, **members)) for secure in (True, False)]):
            becomes.append([n, m])
    return {"acts": acts, "becomes": becomes, "asked": asked, "unasked": unasked}


print(json.dumps([ask(world) for world in json.load(sys.stdin)]))
