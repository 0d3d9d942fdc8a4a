#!/usr/bin/env python3
"""A loopback proxy that writes every exchange to a tape for `witnessmark demo` (standard library only).

usage: recorder.py UPSTREAM_PORT TAPE [CA]     prints its own port, then serves until it is ended; with CA the upstream speaks TLS
"""
import http.client
import http.server
import json
import ssl
import sys
import threading

UPSTREAM, TAPE = int(sys.argv[1]), open(sys.argv[2], "w", encoding="utf-8")
TLS = ssl.create_default_context(cafile=sys.argv[3]) if len(sys.argv) > 3 else None
LOCK = threading.Lock()
# What a source sends that says something about the answer; the rest is the connection's.
KEPT = {"content-type", "x-amzn-requestid", "x-amz-request-id", "date", "x-amz-error-code", "audit-id", "x-github-request-id", "x-ratelimit-limit", "x-ratelimit-remaining", "link"}


def connect():
    if TLS is None:
        return http.client.HTTPConnection("127.0.0.1", UPSTREAM, timeout=30)
    return http.client.HTTPSConnection("127.0.0.1", UPSTREAM, timeout=30, context=TLS)


class Recorder(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        upstream = connect()
        upstream.request(self.command, self.path, body, {k: v for k, v in self.headers.items() if k.lower() != "connection"})
        response = upstream.getresponse()
        answer = response.read()
        headers = [(k.lower(), v) for k, v in response.getheaders() if k.lower() in KEPT]
        # An address of today would lead nowhere when it is played.
        if any("127.0.0.1" in value for _, value in headers):
            raise SystemExit(f"an answer to {self.path} names its own address: {headers}")
        line = {"method": self.command, "path": self.path, "target": self.headers.get("x-amz-target") or "", "request": body.decode(), "status": response.status, "headers": headers, "answer": answer.decode()}
        with LOCK:
            TAPE.write(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n")
            TAPE.flush()
        self.send_response_only(response.status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    do_GET = do_POST

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Recorder)
print(server.server_port, flush=True)
server.serve_forever()
