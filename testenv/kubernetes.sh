#!/usr/bin/env bash
# Keys and settings for a real API server on loopback, and starting it. Used by tests, which stop what is started here
# by the process ids that are written down.
#
#   testenv/kubernetes.sh PROGRAMS DIR PORT    PORT to PORT+3 must be free
#
# Leaves in DIR: ca.crt, admin.{crt,key} (system:masters), tokens.csv, audit.log, and NAME.pid for etcd, apiserver, manager.
set -euo pipefail
programs=$1 dir=$2 port=$3
mkdir -p "$dir"
cd "$dir"

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca.crt -days 2 -subj /CN=test-authority 2>/dev/null
certificate() {
	openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$1.key" -out "$1.csr" -subj "$2" 2>/dev/null
	openssl x509 -req -in "$1.csr" -CA ca.crt -CAkey ca.key -CAcreateserial -days 2 -out "$1.crt" -extfile <(printf '%b' "$3") 2>/dev/null
}
certificate server /CN=kube-apiserver 'subjectAltName=IP:127.0.0.1,DNS:localhost\nextendedKeyUsage=serverAuth\n'
certificate admin /O=system:masters/CN=test-admin 'extendedKeyUsage=clientAuth\n'
certificate manager /CN=system:kube-controller-manager 'extendedKeyUsage=clientAuth\n'
openssl genrsa -out accounts.key 2048 2>/dev/null
openssl rsa -in accounts.key -pubout -out accounts.pub 2>/dev/null
echo 'collector-test-token-000000000000,collector,uid-collector,"auditors"' >tokens.csv
cat >audit.yaml <<A
apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules: [{level: Metadata}]
A

start() {
	local name=$1
	shift
	setsid "$@" >"$name.log" 2>&1 </dev/null &
	echo $! >"$name.pid"
}
etcd=http://127.0.0.1:$((port + 1)) peer=http://127.0.0.1:$((port + 2))
start etcd "$programs/etcd" --data-dir etcd --listen-client-urls "$etcd" --advertise-client-urls "$etcd" \
	--listen-peer-urls "$peer" --initial-advertise-peer-urls "$peer" --initial-cluster "default=$peer" --unsafe-no-fsync
start apiserver "$programs/kube-apiserver" --etcd-servers="$etcd" --bind-address=127.0.0.1 --advertise-address=127.0.0.1 \
	--secure-port="$port" --cert-dir=. --tls-cert-file=server.crt --tls-private-key-file=server.key --client-ca-file=ca.crt \
	--token-auth-file=tokens.csv --service-account-key-file=accounts.pub --service-account-signing-key-file=accounts.key \
	--service-account-issuer=https://kubernetes.default.svc --service-cluster-ip-range=10.0.0.0/24 \
	--authorization-mode=Node,RBAC --enable-admission-plugins=NodeRestriction --endpoint-reconciler-type=none \
	--audit-policy-file=audit.yaml --audit-log-path=audit.log
admin() { curl --silent --noproxy '*' --cacert ca.crt --cert admin.crt --key admin.key "$@"; }
for _ in $(seq 1200); do
	[[ $(admin -o ready -w '%{http_code}' "https://127.0.0.1:$port/readyz") == 200 ]] && break
	kill -0 "$(cat apiserver.pid)" || { tail -5 apiserver.log >&2; exit 1; }
	sleep 0.1
done
cat >manager.kubeconfig <<Y
apiVersion: v1
kind: Config
clusters: [{name: test, cluster: {server: "https://127.0.0.1:$port", certificate-authority: ca.crt}}]
users: [{name: manager, user: {client-certificate: manager.crt, client-key: manager.key}}]
contexts: [{name: test, context: {cluster: test, user: manager}}]
current-context: test
Y
# Aggregated ClusterRoles have no rules before this one has written them.
start manager "$programs/kube-controller-manager" --kubeconfig=manager.kubeconfig --bind-address=127.0.0.1 \
	--secure-port=$((port + 3)) --cert-dir=. --leader-elect=false --use-service-account-credentials=true \
	--controllers=clusterrole-aggregation-controller,serviceaccount-controller,serviceaccount-token-controller,root-ca-certificate-publisher-controller,namespace-controller \
	--service-account-private-key-file=accounts.key --root-ca-file=ca.crt
for _ in $(seq 600); do
	admin "https://127.0.0.1:$port/apis/rbac.authorization.k8s.io/v1/clusterroles/admin" | grep -q '"verbs"' && exit 0
	sleep 0.1
done
tail -5 manager.log >&2
exit 1
