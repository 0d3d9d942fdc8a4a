#!/usr/bin/env python3
"""A loopback proxy that writes every exchange to a tape for `witnessmark demo` (standard library only).

usage: recorder.py UPSTREAM_PORT TAPE      prints its own port, then serves until it is ended
"""
import http.client
import http.server
import json
import sys
import threading

UPSTREAM, TAPE = int(sys.argv[1]), open(sys.argv[2], "w", encoding="utf-8")
LOCK = threading.Lock()
# What a source sends that says something about the answer; the rest is the connection's.
KEPT = {"content-type", "x-amzn-requestid", "x-amz-request-id", "date", "x-amz-error-code"}


class Recorder(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        upstream = http.client.HTTPConnection("127.0.0.1", UPSTREAM, timeout=30)
        upstream.request(self.command, self.path, body, {k: v for k, v in self.headers.items() if k.lower() != "connection"})
        response = upstream.getresponse()
        answer = response.read()
        headers = [(k.lower(), v) for k, v in response.getheaders() if k.lower() in KEPT]
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
