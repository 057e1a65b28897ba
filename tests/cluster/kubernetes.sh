#!/usr/bin/env bash
# Applies config/kubernetes to a real API server, and lets the real Job controller judge how pods end.
#
#     tests/cluster/kubernetes.sh [FOLDER]       FOLDER keeps the programs; else they are built anew, in 5 to 15 minutes
#
# It builds etcd, kube-apiserver, kube-controller-manager and kubectl of the versions below from their Go modules, and
# starts them on loopback, with no node: so no pod runs, and this script writes into the status of a pod how it ended.
# Needed are Go, and 2 GB of room. It takes no part in CI. It ends with 0 where everything was as it is expected.
set -euo pipefail

kubernetes=1.37.2
libraries=0.37.2
etcd=3.7.3
top=$(cd "$(dirname "$0")/../.." && pwd)
place=$(mktemp -d)
programs=${1:-$place/programs}
started=()
# The last first: a server of the API waits for its store when it ends.
stop_all() {
  for ((i = ${#started[@]} - 1; i >= 0; i--)); do
    kill "${started[i]}" 2>/dev/null && { sleep 1; kill -9 "${started[i]}" 2>/dev/null || true; }
  done
  wait 2>/dev/null
  rm -rf "$place"
}
trap stop_all EXIT

build() {
  mkdir -p "$programs/kubernetes" "$programs/etcd"
  export CGO_ENABLED=0
  cd "$programs/etcd"
  [ -f go.mod ] || go mod init etcd.test
  [ -x "$programs/etcd-server" ] || { go get "go.etcd.io/etcd/server/v3@v$etcd" && go build -p 1 -o "$programs/etcd-server" go.etcd.io/etcd/server/v3; }
  cd "$programs/kubernetes"
  go mod download "k8s.io/kubernetes@v$kubernetes"
  # Its libraries lie beside it in its repository, and are modules of their own outside.
  {
    printf 'module kubernetes.test\n\ngo 1.26.0\n\ngodebug default=go1.26\n\nrequire k8s.io/kubernetes v%s\n\n' "$kubernetes"
    sed -n "s#^\t\(k8s.io/[a-z-]*\) => ./staging.*#replace \1 => \1 v$libraries#p" \
      "$(go env GOMODCACHE)/k8s.io/kubernetes@v$kubernetes/go.mod"
  } > go.mod
  printf 'package tools\n\nimport (\n\t_ "k8s.io/kubernetes/cmd/%s"\n)\n' kubectl > tools.go
  sed -i '1i //go:build tools\n' tools.go
  local name stamp
  stamp="-X k8s.io/component-base/version.gitVersion=v$kubernetes -X k8s.io/component-base/version.gitMajor=1"
  stamp+=" -X k8s.io/component-base/version.gitMinor=${kubernetes:2:2}"
  for name in kubectl kube-apiserver kube-controller-manager; do
    [ -x "$programs/$name" ] \
      || nice go build -mod=mod -p 1 -ldflags "-s -w $stamp" -o "$programs/$name" "k8s.io/kubernetes/cmd/$name"
  done
}

free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

start() {
  "$@" >"$place/$(basename "$1").log" 2>&1 &
  started+=("$!")
}

serve() {
  local store peers api
  store=$(free_port) peers=$(free_port) api=$(free_port)
  start "$programs/etcd-server" --data-dir "$place/etcd" --listen-client-urls "http://127.0.0.1:$store" \
    --advertise-client-urls "http://127.0.0.1:$store" --listen-peer-urls "http://127.0.0.1:$peers" \
    --initial-advertise-peer-urls "http://127.0.0.1:$peers" --initial-cluster "default=http://127.0.0.1:$peers"
  openssl genrsa -out "$place/accounts.key" 2048 2>/dev/null
  echo 'of-this-test,admin,1,system:masters' > "$place/tokens"
  start "$programs/kube-apiserver" --etcd-servers "http://127.0.0.1:$store" --bind-address 127.0.0.1 \
    --secure-port "$api" --cert-dir "$place/certificates" --token-auth-file "$place/tokens" \
    --service-account-issuer https://fleet.test --service-account-key-file "$place/accounts.key" \
    --service-account-signing-key-file "$place/accounts.key" --authorization-mode RBAC
  export KUBECONFIG=$place/kubeconfig
  kubectl config set-cluster here --server "https://127.0.0.1:$api" --insecure-skip-tls-verify >/dev/null
  kubectl config set-credentials admin --token of-this-test >/dev/null
  kubectl config set-context here --cluster here --user admin --namespace labels >/dev/null
  kubectl config use-context here >/dev/null
  until_so 120 "the API server answers" kubectl get --raw /readyz
  start "$programs/kube-controller-manager" --kubeconfig "$KUBECONFIG" --controllers 'job-controller,namespace-controller' \
    --secure-port "$(free_port)" --bind-address 127.0.0.1 --cert-dir "$place/manager" --leader-elect=false
}

kubectl() { "$programs/kubectl" "$@"; }

# Waits until a command succeeds, for so many seconds; says what was so.
until_so() {
  local seconds=$1 what=$2
  shift 2
  for ((i = 0; i < seconds * 4; i++)); do
    if "$@" >/dev/null 2>&1; then echo "ok: $what"; return; fi
    sleep 0.25
  done
  echo "NOT SO: $what" >&2
  "$@" >&2 || true
  tail -n 20 "$place"/*.log >&2
  exit 1
}

refused() {
  local what=$1 why=$2 said
  shift 2
  if said=$("$@" 2>&1) || [[ $said != *"$why"* ]]; then echo "NOT SO: $what: $said" >&2; exit 1; fi
  echo "ok: $what"
}

# The pod of an index that has not ended, and how it ends.
pod_of() {
  kubectl get pods -l "job-name=work,batch.kubernetes.io/job-completion-index=$1" \
    -o 'jsonpath={range .items[?(@.status.phase=="Pending")]}{.metadata.name}{end}'
}
ends() {
  local index=$1 code=$2 conditions=${3:-[]} phase=Failed
  [ "$code" != 0 ] || phase=Succeeded
  kubectl patch pod "$(pod_of "$index")" --subresource=status --type=merge -p "{\"status\": {\"phase\": \"$phase\",
    \"conditions\": $conditions, \"containerStatuses\": [{\"name\": \"bulk-importer\", \"image\": \"x\", \"imageID\": \"x\",
    \"ready\": false, \"restartCount\": 0, \"state\": {\"terminated\": {\"exitCode\": $code}}}]}}" >/dev/null
}
job_says() { [ "$(kubectl get job work -o "jsonpath=$1")" = "$2" ]; }
is_begun_again() {
  local pod
  pod=$(pod_of "$1") && [ -n "$pod" ] && [ "$(kubectl get pod "$pod" -o "jsonpath=$2")" = "$3" ]
}

build
serve
cd "$top"

for variant in bucket volume; do
  kubectl create namespace labels >/dev/null 2>&1 || true
  kubectl apply --server-side --dry-run=server -k "config/kubernetes/$variant" | sed "s/^/$variant: /"
done
said=$(kubectl apply --server-side --force-conflicts --warnings-as-errors -k config/kubernetes/volume 2>&1) || { echo "$said" >&2; exit 1; }
echo "ok: all is applied, without a warning of the restricted profile"

changed() { kubectl create --dry-run=server -f <(kubectl create -f config/kubernetes/volume/work.yaml --dry-run=client -o json | python3 -c "
import json, sys
job = json.load(sys.stdin)
job['metadata']['name'] = 'other'
$1
print(json.dumps(job))"); }
refused "a policy for failures goes with no other replacement of pods" 'supported values: "Failed"' \
  changed "job['spec']['podReplacementPolicy'] = 'TerminatingOrFailed'"
refused "code 0 cannot be listed" "must not be 0" \
  changed "job['spec']['podFailurePolicy']['rules'][1]['onExitCodes']['values'] = [0, 2]"
refused "codes have to be in order" "must be ordered" \
  changed "job['spec']['podFailurePolicy']['rules'][1]['onExitCodes']['values'] = [8, 2]"

kubectl patch job work --type=merge -p '{"spec":{"suspend":false}}' >/dev/null
until_so 60 "when it is no longer suspended, as many pods are made as the plan has seats" job_says '{.status.active}' 8
kubectl get pod "$(pod_of 3)" -o jsonpath='{.spec.containers[0].env}' | grep -q JOB_COMPLETION_INDEX
echo "ok: a pod finds its index in JOB_COMPLETION_INDEX"
failures='{.metadata.annotations.batch\.kubernetes\.io/job-index-failure-count}'

ends 0 0
until_so 30 "0 completes an index" job_says '{.status.completedIndexes}' 0
ends 1 1; ends 2 3; ends 3 4; ends 4 10
until_so 30 "1, 3, 4 and 10 fail their index, and no other" job_says '{.status.failedIndexes}' 1-4
ends 5 6
ends 6 143 '[{"type": "DisruptionTarget", "status": "True"}]'
ends 7 143
until_so 90 "a pod that Kubernetes took away is replaced and not counted" is_begun_again 6 "$failures" 0
until_so 90 "6 is tried again and counted" is_begun_again 5 "$failures" 1
until_so 90 "143 is tried again and counted, where Kubernetes did not take the pod away" is_begun_again 7 "$failures" 1
ends 5 8
until_so 30 "8 ends the whole Job" job_says '{.status.conditions[?(@.type=="Failed")].reason}' PodFailurePolicy
echo "All of it is as expected, with Kubernetes $kubernetes."
