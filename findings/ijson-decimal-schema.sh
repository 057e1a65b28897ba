#!/usr/bin/env bash
# ijson 3.6.0 with jsonschema 4.26.0: a number is refused by a bound, an enum or a const that has the same digits.
#
# Expected: 0.1 in the document satisfies `minimum: 0.1` and `enum: [0.1]` in the schema, and 2.0 is an integer.
# Happens: ijson makes Decimals, exact in the document's digits; a schema that was read with json holds floats, which
# are not. Compared exactly the float 0.1 is a little more than 0.1, and 0.3 a little less. So 0.1 lies below its own
# minimum, 0.3 above its own maximum and inside its own exclusive minimum, no enum of fractions matches, multipleOf
# raises TypeError, and 2.0 is no integer any more. 0.5 passes everywhere, as all do that a float holds exactly, which
# is why tests miss it.
# For an importer: streamed entries are rejected that the same schema accepts from json.loads.
# Do: use_float=True, or validate what is printed and read again; jsonschema_rs 0.60.3 does not mind.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
venv/bin/pip install -q ijson==3.6.0 jsonschema==4.26.0 jsonschema_rs==0.60.3

cat >expected <<'END'
ijson 3.6.0
jsonschema 4.26.0
jsonschema_rs 0.60.3
0.1 minimum 0.1: json True, ijson False, ijson with jsonschema_rs True
0.3 maximum 0.3: json True, ijson False, ijson with jsonschema_rs True
0.3 exclusiveMinimum 0.3: json False, ijson True, ijson with jsonschema_rs False
0.1 enum [0.1]: json True, ijson False, ijson with jsonschema_rs True
0.5 enum [0.5]: json True, ijson True, ijson with jsonschema_rs True
2.0 type 'integer': json True, ijson False, ijson with jsonschema_rs True
0.5 multipleOf 0.5: json True, ijson TypeError, ijson with jsonschema_rs True
END

venv/bin/python - >seen <<'END'
import json
from importlib.metadata import version

import ijson
import jsonschema
import jsonschema_rs

for package in ("ijson", "jsonschema", "jsonschema_rs"):
    print(package, version(package))


def valid(value, schema):
    try:
        return jsonschema.Draft202012Validator(schema).is_valid(value)
    except TypeError as error:
        return type(error).__name__


for document, keyword, wanted in (
    ("0.1", "minimum", "0.1"),
    ("0.3", "maximum", "0.3"),
    ("0.3", "exclusiveMinimum", "0.3"),
    ("0.1", "enum", "[0.1]"),
    ("0.5", "enum", "[0.5]"),
    ("2.0", "type", '"integer"'),
    ("0.5", "multipleOf", "0.5"),
):
    schema = {keyword: json.loads(wanted)}
    [streamed] = ijson.items(document.encode(), "")
    print(
        f"{document} {keyword} {schema[keyword]!r}: json {valid(json.loads(document), schema)}, "
        f"ijson {valid(streamed, schema)}, ijson with jsonschema_rs {jsonschema_rs.is_valid(schema, streamed)}"
    )
END

cat seen
diff expected seen || { echo "CHANGED: the lines with < were recorded, those with > were seen now." >&2; exit 1; }
echo "As recorded: a Decimal is compared with a float digit by digit."
