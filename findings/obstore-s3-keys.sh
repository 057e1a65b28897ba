#!/usr/bin/env bash
# obstore 0.12.1: S3 keys that S3 allows are listed under other names, read as other objects, or end a listing.
#
# Expected: a key is any text to S3, `a`, `a/`, `/a` and `a//b` are four objects, and a prefix is the beginning of a
# key.
# Happens: slashes at the ends are cut off. The folder marker `labels/`, as consoles make it, is listed as `labels`,
# and to read it brings the object `labels`; `/lead.json` is listed as `lead.json`, which is not there. One key with an
# empty part anywhere below the prefix ends the listing of everything with an error. A prefix matches whole parts:
# `lab` finds nothing.
# For an importer: what a listing names may not be there, or be something else; one upload of somebody's broken script
# with `//` in its key hides a whole bucket.
# Do: ask for the exact keys of the sources, or list with an S3 client where a bucket is not your own.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
venv/bin/pip install -q --no-compile obstore==0.12.1 'moto[s3]==5.2.5' boto3==1.44.5 flask==3.1.3 flask-cors==6.0.5

cat >expected <<'END'
obstore 0.12.1
boto3 lists: /lead.json labels labels/ labels/a.json labels/b.json
obstore lists: labels labels labels/a.json labels/b.json lead.json
obstore reads 'labels/': the body of 'labels'
obstore reads 'lead.json': FileNotFoundError
obstore, prefix 'labels': labels/a.json labels/b.json
obstore, prefix 'lab': nothing
with labels//c.json, boto3 lists 6 keys
with labels//c.json, obstore lists: InvalidPathError
END

venv/bin/python - >seen 2>log <<'END' || { cat log >&2; exit 1; }
import socket
from importlib.metadata import version

import boto3
import obstore
from moto.server import ThreadedMotoServer
from obstore.exceptions import BaseError
from obstore.store import S3Store

print("obstore", version("obstore"))
with socket.socket() as free:
    free.bind(("127.0.0.1", 0))
    port = free.getsockname()[1]
server = ThreadedMotoServer(ip_address="127.0.0.1", port=port, verbose=False)
server.start()
url = f"http://127.0.0.1:{port}"
client = boto3.client(
    "s3", endpoint_url=url, region_name="us-east-1", aws_access_key_id="id", aws_secret_access_key="secret"
)
store = S3Store(
    "bucket", endpoint=url, region="us-east-1", access_key_id="id", secret_access_key="secret",
    client_options={"allow_http": True},
)  # fmt: skip


def put(key):
    client.put_object(Bucket="bucket", Key=key, Body=f"the body of {key!r}".encode())


def listed(prefix=None):
    return " ".join(sorted(found["path"] for found in obstore.list(store, prefix).collect())) or "nothing"


def told(what, call):
    try:
        print(f"{what}: {call()}")
    except (BaseError, FileNotFoundError) as error:
        print(f"{what}: {type(error).__name__}")


client.create_bucket(Bucket="bucket")
for key in ("labels", "labels/", "labels/a.json", "labels/b.json", "/lead.json"):
    put(key)
print("boto3 lists:", " ".join(found["Key"] for found in client.list_objects_v2(Bucket="bucket")["Contents"]))
told("obstore lists", listed)
for key in ("labels/", "lead.json"):
    told(f"obstore reads {key!r}", lambda: bytes(obstore.get(store, key).bytes()).decode())
client.delete_object(Bucket="bucket", Key="labels/")
for prefix in ("labels", "lab"):
    told(f"obstore, prefix {prefix!r}", lambda: listed(prefix))
put("labels/")
put("labels//c.json")
print(f"with labels//c.json, boto3 lists {client.list_objects_v2(Bucket='bucket')['KeyCount']} keys")
told("with labels//c.json, obstore lists", listed)
server.stop()
END

cat seen
diff expected seen || { echo "CHANGED: the lines with < were recorded, those with > were seen now." >&2; exit 1; }
echo "As recorded: a path of obstore is no S3 key."
