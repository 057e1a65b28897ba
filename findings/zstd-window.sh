#!/usr/bin/env bash
# backports.zstd 1.8.0: what it writes as a stream with a window above 2^27 it refuses to read, were it five bytes.
#
# Expected: window_log from 10 to 31 is allowed, and what the module wrote it reads; if a window is too large, large
# files fail, and a test with a small one shows nothing.
# Happens: where the size is known beforehand (compress) the window shrinks to it, and all is well. Written as a
# stream, the frame declares the whole window, and open() with its defaults says that it requires too much memory: for
# a file of five bytes, before the first byte comes out.
# For an importer: a partner's `.zst` of `--long=28` kind needs an option to be read, whatever its size; a test file
# that was made with compress() proves nothing about those that a stream writer makes.
# Do: give readers window_log_max, bounded by the memory that one may take (2^window_log bytes for each open file).
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
venv/bin/pip install -q 'backports.zstd==1.8.0'

cat >expected <<'END'
backports.zstd 1.8.0
window_log 28 is allowed: True
compress(): read b'five!'
open(): ZstdError, requires too much memory: True
open(), with window_log_max 28: read b'five!'
END

venv/bin/python - >seen <<'END'
import io
from importlib.metadata import version

from backports import zstd

print("backports.zstd", version("backports.zstd"))
lowest, highest = zstd.CompressionParameter.window_log.bounds()
print("window_log 28 is allowed:", lowest <= 28 <= highest)
options = {zstd.CompressionParameter.window_log: 28}
streamed = io.BytesIO()
with zstd.open(streamed, "wb", options=options) as writer:
    writer.write(b"five!")


def told(title, file, **more):
    try:
        print(f"{title}: read {zstd.open(io.BytesIO(file), **more).read()}")
    except zstd.ZstdError as error:
        print(f"{title}: ZstdError, requires too much memory: {'requires too much memory' in str(error)}")


told("compress()", zstd.compress(b"five!", options=options))
told("open()", streamed.getvalue())
more = {zstd.DecompressionParameter.window_log_max: 28}
told("open(), with window_log_max 28", streamed.getvalue(), options=more)
END

cat seen
diff expected seen || { echo "CHANGED: the lines with < were recorded, those with > were seen now." >&2; exit 1; }
echo "As recorded: how it was written decides, and not how large it is."
