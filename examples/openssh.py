#!/usr/bin/env python3
"""Reads how an OpenSSH server is really configured (`sshd -T`), for Witnessmark.

A collector in the standard library alone, made to be copied from: docs/spec/exec-protocol.md. It reads one line with what is
asked, writes lines with what it found, and says of everything it could not read why. It never judges.
"""

import base64
import hashlib
import json
import subprocess
import sys

KIND = "openssh/server"
READ_KEY = "read host key"
SHOW = "sshd -T"

DESCRIPTOR = {
    "name": "openssh",
    "summary": "The effective configuration of an OpenSSH server.",
    "resources": [
        {
            "kind": KIND,
            # The properties are the parts: what can be unread by itself, and what checks ask for.
            "schema": {
                "type": "object",
                "additionalProperties": False,
                "properties": {
                    "options": {
                        "description": "Every option by its name in lower case, with all its values in order.",
                        "type": "object",
                        "additionalProperties": {"type": "array", "items": {"type": "string"}},
                    },
                },
            },
        }
    ],
    "rights": [
        {
            "name": SHOW,
            "feeds": [{"kind": KIND}, {"kind": KIND, "part": "options"}],
            "deniable": True,
            "note": "Prints the configuration as the server would use it. Needs to read its private host keys: root, or sudo.",
        },
        {
            "name": READ_KEY,
            "feeds": [],
            "deniable": True,
            "note": "The public host key, by whose fingerprint the server is pinned.",
        },
    ],
    "settings": {
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "command": {
                "description": "What is run in place of `/usr/sbin/sshd`, with its first arguments: [sudo, -n, /usr/sbin/sshd].",
                "type": "array",
                "items": {"type": "string"},
                "minItems": 1,
            },
            "host_key": {"description": "The public host key, /etc/ssh/ssh_host_ed25519_key.pub without it.", "type": "string"},
        },
    },
    "endpoints": ["local:openssh"],
    "thief": "Learn who may log in and how. Nothing can be changed with it, unless the command is given by a sudo rule that "
    "allows more than `sshd -T`.",
}


def say(word, members):
    print(json.dumps({word: members}), flush=True)


class Collector:
    def __init__(self, settings):
        self.command = settings.get("command", ["/usr/sbin/sshd"]) + ["-T"]
        self.host_key = settings.get("host_key", "/etc/ssh/ssh_host_ed25519_key.pub")
        self.exchanges = 0
        self.found = None

    def exchange(self, operation, parameters, body=None, error=None):
        """Sends one request with its exact answer, before anything rests on it."""
        self.exchanges += 1
        sent = {"id": self.exchanges, "endpoint": "local:openssh", "operation": operation, "parameters": parameters}
        if body is not None:
            sent["body"] = {"base64": base64.b64encode(body).decode()}
        if error is not None:
            sent["error"] = error
        say("exchange", sent)
        return self.exchanges

    def identify(self):
        try:
            with open(self.host_key, "rb") as file:
                text = file.read(65536)
            fingerprint = hashlib.sha256(base64.b64decode(text.split()[1], validate=True)).digest()
        except (OSError, IndexError, ValueError) as error:
            asked = self.exchange(READ_KEY, {"path": self.host_key}, error=type(error).__name__)
            reason = "denied" if isinstance(error, PermissionError) else "source-error"
            say("error", {"reason": reason, "right": READ_KEY, "detail": f"the public host key: {error}", "exchange": asked})
            return
        self.exchange(READ_KEY, {"path": self.host_key}, body=text)
        self.found = "SHA256:" + base64.b64encode(fingerprint).decode().rstrip("=")
        say("identity", {"caller": "the user that runs this program", "found": self.found})

    def show(self):
        """Runs `sshd -T`: the exchange, its output, and why there is none."""
        try:
            ran = subprocess.run(self.command, capture_output=True, stdin=subprocess.DEVNULL, timeout=60)
        except (OSError, subprocess.TimeoutExpired) as error:
            asked = self.exchange(SHOW, {"command": self.command}, error=type(error).__name__)
            return asked, None, ("timed-out" if isinstance(error, subprocess.TimeoutExpired) else "unreachable", str(error))
        if ran.returncode == 0:
            return self.exchange(SHOW, {"command": self.command}, body=ran.stdout), ran.stdout, None
        asked = self.exchange(SHOW, {"command": self.command}, body=ran.stderr, error=f"exit code {ran.returncode}")
        words = ran.stderr.decode(errors="replace").strip()
        refused = "Permission denied" in words or "no hostkeys available" in words
        return asked, None, ("denied" if refused else "source-error", words)

    def preflight(self):
        _, _, why = self.show()
        if why is None:
            state, detail = "granted", "it answered"
        else:
            state, detail = ("denied" if why[0] == "denied" else "undecided"), why[1]
        say("right", {"right": SHOW, "state": state, "detail": detail})
        say("right", {"right": READ_KEY, "state": "granted", "detail": "it was read"})
        say("done", {})

    def collect(self):
        asked, output, why = self.show()
        if why is not None:
            # Not read is not empty: the gap says so, and the coverage that the list was not seen to its end.
            say("gap", {"population": KIND, "right": SHOW, "reason": why[0], "detail": why[1], "exchange": asked})
            say("coverage", {"population": KIND, "calls": 1, "pages": 0, "items": 0, "complete": False})
            say("done", {})
            return
        options = {}
        for line in output.decode(errors="replace").splitlines():
            name, _, value = line.partition(" ")
            options.setdefault(name, []).append(value)
        say(
            "resource",
            {
                "kind": KIND,
                "id": self.found,
                # An empty path is the whole answer.
                "parts": {"options": [{"exchange": asked, "path": ""}]},
                "facts": {"options": options},
            },
        )
        say("coverage", {"population": KIND, "calls": 1, "pages": 1, "items": 1, "complete": True})
        say("done", {})


def main():
    collector = None
    for line in sys.stdin:
        ((request, members),) = json.loads(line).items()
        if request == "describe":
            if members["version"] != 1:
                say("error", {"reason": "unsupported", "detail": "only version 1 of the protocol is spoken here"})
                return
            say("descriptor", DESCRIPTOR)
        elif request == "identify":
            collector = Collector(members["settings"])
            collector.identify()
        elif request == "preflight":
            collector.preflight()
        elif request == "collect":
            collector.collect()


main()
