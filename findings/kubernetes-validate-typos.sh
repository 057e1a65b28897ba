#!/usr/bin/env bash
# kubernetes-validate 1.37.0: what a server refuses passes in strict mode, a kind that does not exist among it.
#
# Expected: a manifest that passes strict validation against the schema of a version is one that a server of that version
# takes, so far as it can be known without a server; a kind that is misspelt fails.
# Happens: a `Jobb` is said with WARN, and the exit code is 0. Of a key that stands there twice the last counts. The words
# that a field may have are not in the schema, nor how fields go together: a Job passes whose policy for failures has an
# action that does not exist, lists code 0 and a code twice, replaces pods in a way that does not go with it, and restarts
# containers. The API server of Kubernetes 1.37.2 refuses each of these.
# For an importer: the exit codes that are tried again, and those that end everything, stand in just that policy. A check
# in CI that is green says nothing of them; the first to see the mistake is the night of the migration.
# Do: `kubectl apply --dry-run=server` against a server of the version, which needs no node; in CI call the library, whose
# `validate` raises for an unknown kind, and test the values of the policy by yourself.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
venv/bin/pip install -q --no-compile kubernetes-validate==1.37.0 jsonschema==4.26.0 pyyaml==6.0.3

cat >expected <<'END'
kubernetes-validate 1.37.0
good: 0, passed
kind: Jobb: 0, Couldn't find schema
a key twice: 0, passed
action: Counted: 0, passed
values: [2, 0, 2]: 0, passed
podReplacementPolicy: TerminatingOrFailed: 0, passed
restartPolicy: Always: 0, passed
memory: 512Megs: 0, passed
an unknown field: 1, did not validate
the library, kind: Jobb: SchemaNotFoundError
END

venv/bin/python - >seen 2>log <<'END' || { cat log >&2; exit 1; }
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import kubernetes_validate
import yaml

GOOD = """
apiVersion: batch/v1
kind: Job
metadata: {name: work}
spec:
  podReplacementPolicy: Failed
  podFailurePolicy:
    rules:
      - action: Count
        onExitCodes: {operator: In, values: [2, 3]}
  template:
    spec:
      restartPolicy: Never
      containers:
        - name: work
          image: work
          resources: {limits: {memory: 512Mi}}
"""
CHANGES = {
    "good": ("", ""),
    "kind: Jobb": ("kind: Job", "kind: Jobb"),
    "a key twice": ("restartPolicy: Never", "restartPolicy: Always\n      restartPolicy: Never"),
    "action: Counted": ("Count", "Counted"),
    "values: [2, 0, 2]": ("[2, 3]", "[2, 0, 2]"),
    "podReplacementPolicy: TerminatingOrFailed": ("Policy: Failed", "Policy: TerminatingOrFailed"),
    "restartPolicy: Always": ("Never", "Always"),
    "memory: 512Megs": ("512Mi", "512Megs"),
    "an unknown field": ("image: work", "image: work\n          imagee: work"),
}
WORDS = ("passed", "Couldn't find schema", "did not validate")

print("kubernetes-validate", version("kubernetes-validate"))
for name, (old, new) in CHANGES.items():
    Path("job.yaml").write_text(GOOD.replace(old, new, 1) if old else GOOD)
    command = [Path(sys.executable).with_name("kubernetes-validate"), "--strict", "-k", "1.37", "job.yaml"]
    done = subprocess.run(command, capture_output=True, text=True)
    said = next((word for word in WORDS if word in done.stdout + done.stderr), done.stdout + done.stderr)
    print(f"{name}: {done.returncode}, {said}")
try:
    kubernetes_validate.validate(yaml.safe_load(GOOD.replace("kind: Job", "kind: Jobb")), "1.37", strict=True)
    print("the library, kind: Jobb: passed")
except kubernetes_validate.SchemaNotFoundError as error:
    print("the library, kind: Jobb:", type(error).__name__)
END
cat seen
diff expected seen || { echo "CHANGED: the lines with < were recorded, those with > were seen now." >&2; exit 1; }
echo "As recorded: what passes there may be refused by every server."
