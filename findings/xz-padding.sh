#!/usr/bin/env bash
# python-xz 0.7.0 beside the lzma module of Python: with padding between two streams the module reads the first alone.
#
# Expected: the .xz format allows streams one behind another, with zero bytes in fours between and behind them, and
# `lzma.open` is documented to read a file of several streams.
# Happens: behind a padded stream `lzma` stops as if the file had ended there, without an error. Where the padding is
# at the end and nothing follows, the same valid file is refused as truncated.
# For an importer: a file that was put together from padded parts loses all but the first of them, and the run looks
# complete; one that is padded at its end loses nothing, and is called damaged.
# Do: feed LZMADecompressor yourself, skip zeros in fours in unused_data, and begin a new one for the next stream.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
venv/bin/pip install -q python-xz==0.7.0

cat >expected <<'END'
python-xz 0.7.0
two streams: lzma b'first second', python-xz b'first second'
padding between: lzma b'first ', python-xz b'first second'
padding behind: lzma EOFError, python-xz b'first second'
END

venv/bin/python - >seen <<'END'
import io
import lzma
from importlib.metadata import version

import xz

print("python-xz", version("python-xz"))
first, second, padding = lzma.compress(b"first "), lzma.compress(b"second"), bytes(4)


def read(opener, file):
    try:
        with opener(io.BytesIO(file)) as opened:
            return opened.read()
    except EOFError as error:
        return type(error).__name__


for title, file in (
    ("two streams", first + second),
    ("padding between", first + padding + second),
    ("padding behind", first + second + padding),
):
    print(f"{title}: lzma {read(lzma.open, file)}, python-xz {read(xz.open, file)}")
END

cat seen
diff expected seen || { echo "CHANGED: the lines with < were recorded, those with > were seen now." >&2; exit 1; }
echo "As recorded: what stands behind a padding is not read, and nobody says so."
