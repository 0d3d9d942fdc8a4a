#!/bin/sh
# Guess:    with two files in KUBECONFIG every client talks to the same cluster: the first file to set current-context wins, and so does the
#           first to define a name ("Merging kubeconfig files" in the documentation of Kubernetes).
# Versions: kubernetes for Python 37.0.1, @kubernetes/client-node 1.3.0.
# Done:     two files, each with a cluster, a user and a context of its own; load both and ask which server would be called.
#           Then a second pair, where both files define the cluster `shared`.
# Seen:     both clients take the current-context of the LAST file. Of a cluster that is defined twice, Python takes the first definition;
#           JavaScript loads nothing ("Duplicate cluster: shared").
# Means:    a tool in Python or JavaScript, started in the shell in which kubectl works, may read and change another cluster than kubectl
#           shows. Give the context by name (`load_kube_config(context=...)`, `setCurrentContext`), and write down which server was called.
set -eu
cd "$(mktemp -d)"
trap 'rm -rf "$PWD"' EXIT
python3 -m venv venv
venv/bin/pip install -q kubernetes==37.0.1
npm install --silent --no-fund --no-audit @kubernetes/client-node@1.3.0

config() { # file, cluster, server, context
	cat >"$1" <<EOF
apiVersion: v1
kind: Config
clusters: [{name: $2, cluster: {server: "$3"}}]
users: [{name: user-of-$4, user: {token: none}}]
contexts: [{name: $4, context: {cluster: $2, user: user-of-$4}}]
current-context: $4
EOF
}
config first.yaml one https://first.example one
config second.yaml two https://second.example two
config shared-first.yaml shared https://first.example one
config shared-second.yaml shared https://second.example two

cat >server.py <<'EOF'
from kubernetes import client, config

config.load_kube_config()
print(client.Configuration.get_default_copy().host)
EOF
cat >server.mjs <<'EOF'
import { KubeConfig } from "@kubernetes/client-node";

const config = new KubeConfig();
try {
  config.loadFromDefault();
  console.log(config.getCurrentCluster().server);
} catch (error) {
  console.log(error.message);
}
EOF

check() { # name, files, the answers of both
	export KUBECONFIG="$2"
	seen="$(venv/bin/python server.py) | $(node server.mjs)"
	echo "$1: $seen"
	[ "$seen" = "$3" ]
}
check "Python | JavaScript, two contexts" first.yaml:second.yaml "https://second.example | https://second.example"
check "the same, one cluster defined twice" shared-first.yaml:shared-second.yaml "https://first.example | Duplicate cluster: shared"
