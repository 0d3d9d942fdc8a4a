#!/bin/sh
# Guess:    a user with `tokenFile` is the same identity to every client; beside a `token` the file's counts, as the reference of kubeconfig
#           (v1) says and kubectl does, since the file is what is rotated.
# Versions: kubernetes for Python 37.0.1, @kubernetes/client-node 1.3.0.
# Done:     a file with `of-the-file`, once beside `token: of-the-text` and once alone; list namespaces of a server on loopback that notes
#           the header.
# Seen:                     token and tokenFile     tokenFile alone
#           Python          Bearer of-the-text      Bearer of-the-file
#           JavaScript      Bearer of-the-text      no Authorization header: the request is anonymous
# Means:    kubectl and a script beside it are two identities, each with permissions of its own, and the script goes on with a token that was
#           rotated away long ago, or asks as nobody. Keep one of the two in a kubeconfig, for JavaScript the token, and ask who you are
#           (SelfSubjectReview) before you believe what you may not see.
set -eu
cd "$(mktemp -d)"
server=
trap 'test -z "$server" || kill "$server"; rm -rf "$PWD"' EXIT
python3 -m venv venv
venv/bin/pip install -q kubernetes==37.0.1
npm install --silent --no-fund --no-audit @kubernetes/client-node@1.3.0

cat >server.py <<'EOF'
from http.server import BaseHTTPRequestHandler, HTTPServer


class Server(BaseHTTPRequestHandler):
    def do_GET(self):
        with open("seen", "a") as seen:
            print(self.headers["Authorization"], file=seen)
        body = b'{"kind": "NamespaceList", "apiVersion": "v1", "metadata": {}, "items": []}'
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


server = HTTPServer(("127.0.0.1", 0), Server)
with open("port", "w") as port:
    print(server.server_port, file=port)
server.serve_forever()
EOF
python3 server.py &
server=$!
while ! [ -s port ]; do sleep 0.1; done

config() { # file, user
	cat >"$1" <<EOF
apiVersion: v1
kind: Config
clusters: [{name: c, cluster: {server: "http://127.0.0.1:$(cat port)", insecure-skip-tls-verify: true}}] # JavaScript wants it for http
users: [{name: u, user: {$2}}]
contexts: [{name: only, context: {cluster: c, user: u}}]
current-context: only
EOF
}
printf of-the-file >token
config both.yaml "token: of-the-text, tokenFile: $PWD/token"
config file.yaml "tokenFile: $PWD/token"

cat >list.py <<'EOF'
from kubernetes import client, config

config.load_kube_config()
client.CoreV1Api().list_namespace()
EOF
cat >list.mjs <<'EOF'
import { CoreV1Api, KubeConfig } from "@kubernetes/client-node";

const config = new KubeConfig();
config.loadFromDefault();
await config.makeApiClient(CoreV1Api).listNamespace();
EOF

for which in both file; do
	export KUBECONFIG="$PWD/$which.yaml"
	venv/bin/python list.py
	node list.mjs
done
cat seen
printf '%s\n' 'Bearer of-the-text' 'Bearer of-the-text' 'Bearer of-the-file' None | cmp - seen
