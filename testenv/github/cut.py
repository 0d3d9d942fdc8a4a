"""Cuts GitHub's OpenAPI description down to the operations that the collector calls.

    python3 cut.py node_modules/@octokit/openapi/generated/ghec.json > description.json

Texts for readers, examples and webhooks are left out: nothing that decides whether an answer is valid.
"""

import json
import sys

KEPT = """
/orgs/{org}
/orgs/{org}/members
/orgs/{org}/outside_collaborators
/orgs/{org}/installations
/orgs/{org}/personal-access-tokens
/orgs/{org}/personal-access-token-requests
/orgs/{org}/credential-authorizations
/orgs/{org}/audit-log
/orgs/{org}/actions/permissions
/orgs/{org}/actions/permissions/workflow
/orgs/{org}/actions/oidc/customization/sub
/scim/v2/organizations/{org}/Users
/orgs/{org}/teams/{team_slug}/members
/repos/{owner}/{repo}
/repos/{owner}/{repo}/teams
/repos/{owner}/{repo}/rules/branches/{branch}
/repos/{owner}/{repo}/rulesets/{ruleset_id}
/repos/{owner}/{repo}/branches/{branch}/protection
/repos/{owner}/{repo}/environments
/repos/{owner}/{repo}/actions/permissions
/repos/{owner}/{repo}/actions/permissions/selected-actions
/repos/{owner}/{repo}/actions/permissions/workflow
/repos/{owner}/{repo}/actions/oidc/customization/sub
/repos/{owner}/{repo}/hooks
/repos/{owner}/{repo}/keys
/app/installations/{installation_id}/access_tokens
""".split()

FOR_READERS = {"description", "example", "examples", "externalDocs", "x-github", "summary", "tags", "x-webhooks"}


def bare(node, of_members=False):
    """Without what only readers need. Members of `properties` are names, not keywords."""
    if isinstance(node, dict):
        return {
            name: bare(value, name in ("properties", "schemas", "responses", "parameters", "examples") and not of_members)
            for name, value in node.items()
            if of_members or name not in FOR_READERS or (name == "description" and "content" in node)
        }
    if isinstance(node, list):
        return [bare(one) for one in node]
    return node


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        whole = json.load(file)
    paths = {}
    for path in KEPT:
        methods = whole["paths"][path]
        method = "get" if "get" in methods else "post"
        paths[path] = {method: methods[method]}
    components, open_references = {}, [paths]
    while open_references:
        node = open_references.pop()
        if isinstance(node, dict):
            reference = node.get("$ref")
            if isinstance(reference, str):
                _, _, section, name = reference.split("/")
                if name not in components.setdefault(section, {}):
                    components[section][name] = whole["components"][section][name]
                    open_references.append(components[section][name])
            open_references.extend(node.values())
        elif isinstance(node, list):
            open_references.extend(node)
    cut = {
        "openapi": whole["openapi"],
        "info": {"title": whole["info"]["title"], "version": whole["info"]["version"], "license": whole["info"]["license"]},
        "servers": [{"url": "https://api.github.com"}],
        "paths": bare(paths, of_members=True),
        "components": {section: bare(named, of_members=True) for section, named in components.items()},
    }
    for response in [r for m in cut["paths"].values() for o in m.values() for r in o["responses"].values()]:
        if "$ref" not in response:
            response.setdefault("description", "")
    for response in cut["components"].get("responses", {}).values():
        response.setdefault("description", "")
    for section in ("responses", "headers"):
        for one in cut["components"].get(section, {}).values():
            one.pop("examples", None)
    json.dump(cut, sys.stdout, separators=(",", ":"), sort_keys=True)
    sys.stdout.write("\n")


main()
