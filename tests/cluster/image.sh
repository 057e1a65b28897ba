#!/usr/bin/env bash
# Builds the image of config/container/Dockerfile and runs it: as nobody, on a read-only root, until SIGTERM.
#
#     tests/cluster/image.sh [BASE.tar]      BASE.tar is the root of a system with Python; else Debian's is made
#
# For a machine without a registry of images: Debian's own packages make the base (mmdebstrap). Needed are root, and
# Debian's packages buildah, podman, runc and mmdebstrap. It takes no part in CI. It ends with 0 where all was as expected.
set -euo pipefail

top=$(cd "$(dirname "$0")/../.." && pwd)
place=$(mktemp -d)
base=${1:-$place/base.tar}
image=localhost/bulk-importer:test
# Limits are named because a machine may not let them be raised, which is what podman does by itself.
limits=(--ulimit nofile=1024:1024 --ulimit nproc=1000:1000)
stores=(--root "$place/store" --runroot "$place/run")
trap 'podman_ rm -fa >/dev/null 2>&1 || true; rm -rf "$place"' EXIT

buildah_() { STORAGE_DRIVER=vfs BUILDAH_ISOLATION=chroot buildah --root "$place/made" --runroot "$place/making" "$@"; }
podman_() { podman "${stores[@]}" --storage-driver vfs --cgroup-manager cgroupfs --runtime runc "$@"; }
run() { podman_ run --pull never --network host --read-only --tmpfs /tmp --cap-drop all "${limits[@]}" "$@"; }
so() { echo "ok: $1"; }
not_so() { echo "NOT SO: $1" >&2; exit 1; }

[ -f "$base" ] || mmdebstrap --quiet --variant=minbase --include=python3,python3-venv,ca-certificates bookworm "$base"
root=$(buildah_ from scratch)
buildah_ add --quiet "$root" "$base" / >/dev/null
buildah_ commit --quiet "$root" localhost/base:test >/dev/null
mounts=()
for each in /etc/pip.conf /etc/ssl/certs; do [ ! -e "$each" ] || mounts+=(--volume "$each:$each:ro"); done
buildah_ build --quiet --network host "${mounts[@]}" --build-arg BASE=localhost/base:test \
  --build-arg REVISION="$(git -C "$top" rev-parse HEAD)" -f "$top/config/container/Dockerfile" -t "$image" "$top" >/dev/null
buildah_ push --quiet "$image" "docker-archive:$place/image.tar:$image"
podman_ load --quiet -i "$place/image.tar" >/dev/null
so "it is built, of files whose digests are known"

podman_ image inspect "$image" --format '{{.Config.User}} {{index .Labels "org.opencontainers.image.revision"}}' \
  | grep -qx "65532:65532 $(git -C "$top" rev-parse HEAD)" || not_so "a user who is nobody, and labels"
so "it has a user who is nobody, and labels"
run --rm --entrypoint python3 "$image" -c '
import json
parts = {each["name"] for each in json.load(open("/opt/bulk-importer/share/sbom/bulk-importer.cdx.json"))["components"]}
assert {"aiohttp", "ijson", "orjson", "tenacity"} <= parts, parts
assert "pip" not in parts, parts
try:
    open("/opt/bulk-importer/x", "w")
except OSError:
    pass
else:
    raise SystemExit("it can be written")
'
so "it lists what is in it, and cannot be written"
[ "$(run --rm "$image" settings --json | python3 -c 'import json, sys; print(json.load(sys.stdin)["doubt_wait"]["origin"])')" \
  = "file /etc/bulk-importer/container.toml" ] || not_so "its settings are those for containers"
so "its settings are those for containers"
run --rm "$image" demo >"$place/demo.txt" 2>&1 || { cat "$place/demo.txt"; not_so "an import, interrupted, and resumed"; }
so "in it an import is interrupted, resumed, and delivered"

code=0
run --rm "$image" import /nowhere.json --server http://127.0.0.1:9 --project p --wait-for-server 0 2>/dev/null || code=$?
[ "$code" = 3 ] || not_so "a source that is not there ends with 3, and not with $code"
so "its exit code is that of the program"
# It waits for a server that is not there; as the first process it has to listen to signals itself.
mkdir -m 777 "$place/data"
echo '[]' > "$place/data/labels.json"
chmod 666 "$place/data/labels.json"
run --detach --name stopped --volume "$place/data:/data" "$image" \
  import /data/labels.json --checkpoint /data/state --server http://127.0.0.1:9 --project p --wait-for-server 10m >/dev/null
for ((i = 0; i < 100; i++)); do podman_ logs stopped 2>&1 | grep -q project && break; sleep 0.2; done
began=$SECONDS
podman_ kill --signal TERM stopped >/dev/null
code=$(podman_ wait stopped)
[ "$code" = 143 ] || { podman_ logs stopped; not_so "SIGTERM ends it with 143, and not with $code"; }
[ $((SECONDS - began)) -lt 10 ] || not_so "SIGTERM ends it within its grace"
so "SIGTERM ends it with 143, as the first process"
echo "All of it is as expected."
