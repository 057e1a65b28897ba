#!/usr/bin/env bash
# orjson 3.13.0: an integer beyond 64 bits is read as a float without a word, and only refused when it is written.
#
# Expected: its documentation gives the range of integers that it reads and writes, and writing one outside it is an
# error.
# Happens: reading is none. 18446744073709551616 becomes 1.8446744073709552e+19, two ids that differ in their last
# digits become equal, and the text that is written back is another one. json and msgspec read all digits.
# For an importer: ids of 20 digits and more in a file of labels (decimal forms of UUIDs and hashes) are changed, or
# merged, by a step that seems to do nothing but loads and dumps, and the type differs from entry to entry in one
# column.
# Do: read what is passed on with json or msgspec, or compare types: a float where the schema says integer.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
venv/bin/pip install -q orjson==3.13.0 msgspec==0.22.0

cat >expected <<'END'
orjson 3.13.0
msgspec 0.22.0
18446744073709551615: orjson 18446744073709551615, msgspec 18446744073709551615
18446744073709551616: orjson 1.8446744073709552e+19, msgspec 18446744073709551616
18446744073709551617: orjson 1.8446744073709552e+19, msgspec 18446744073709551617
-9223372036854775809: orjson -9.223372036854776e+18, msgspec -9223372036854775809
two different ids are equal: orjson True, msgspec False
18446744073709551616, read and written: orjson 1.8446744073709552e+19, msgspec 18446744073709551616
18446744073709551616, written by orjson: JSONEncodeError
END

venv/bin/python - >seen <<'END'
from importlib.metadata import version

import msgspec
import orjson

for package in ("orjson", "msgspec"):
    print(package, version(package))
for text in ("18446744073709551615", "18446744073709551616", "18446744073709551617", "-9223372036854775809"):
    print(f"{text}: orjson {orjson.loads(text)!r}, msgspec {msgspec.json.decode(text)!r}")
pair = b"[18446744073709551616, 18446744073709551617]"
equal = [len(set(loads(pair))) == 1 for loads in (orjson.loads, msgspec.json.decode)]
print(f"two different ids are equal: orjson {equal[0]}, msgspec {equal[1]}")
text = "18446744073709551616"
back = orjson.dumps(orjson.loads(text)), msgspec.json.encode(msgspec.json.decode(text))
print(f"{text}, read and written: orjson {back[0].decode()}, msgspec {back[1].decode()}")
try:
    orjson.dumps(int(text))
except orjson.JSONEncodeError:
    print(f"{text}, written by orjson: JSONEncodeError")
END

cat seen
diff expected seen || { echo "CHANGED: the lines with < were recorded, those with > were seen now." >&2; exit 1; }
echo "As recorded: reading loses digits where writing would refuse."
