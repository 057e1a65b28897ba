#!/usr/bin/env bash
# tenacity 9.2.1: both exponential waits with jitter have none where a bound takes over.
#
# Expected: jitter spreads clients in every round. wait_random_exponential is described as a random time in a window
# that grows, wait_exponential_jitter as exponential backoff with jitter, limited by a minimum and a maximum.
# Happens: wait_exponential_jitter adds the jitter and cuts at max= afterwards, so each wait from then on is exactly
# max. wait_random_exponential draws between min= and the window, and a window below min= is raised to it: exactly min.
# For an importer: in an outage of minutes all workers, and all machines, knock in the same second, over and over; and
# with a min= that should be polite, also in the first rounds, which is when a server comes back from a hiccup.
# Do: spread outside the bound, as with wait_random_exponential(max=50) + wait_random(0, 10), without a min=.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
venv/bin/pip install -q tenacity==9.2.1

cat >expected <<'END'
tenacity 9.2.1
wait_exponential_jitter(max=60, jitter=5)
  attempt 1: spread
  attempt 5: spread
  attempt 7: always 60.0
  attempt 30: always 60.0
wait_random_exponential(min=10, max=60)
  attempt 1: always 10.0
  attempt 4: always 10.0
  attempt 5: spread
  attempt 30: spread
wait_random_exponential(max=50) + wait_random(0, 10)
  attempt 1: spread
  attempt 30: spread
END

venv/bin/python - >seen <<'END'
from importlib.metadata import version
from types import SimpleNamespace

from tenacity import wait_exponential_jitter, wait_random, wait_random_exponential

print("tenacity", version("tenacity"))


def shown(title, wait, attempts):
    print(title)
    for attempt in attempts:
        drawn = {wait(SimpleNamespace(attempt_number=attempt)) for _ in range(1000)}
        print(f"  attempt {attempt}:", "spread" if len(drawn) > 900 else f"always {drawn.pop()}")


shown("wait_exponential_jitter(max=60, jitter=5)", wait_exponential_jitter(max=60, jitter=5), (1, 5, 7, 30))
shown("wait_random_exponential(min=10, max=60)", wait_random_exponential(min=10, max=60), (1, 4, 5, 30))
both = wait_random_exponential(max=50) + wait_random(0, 10)
shown("wait_random_exponential(max=50) + wait_random(0, 10)", both, (1, 30))
END

cat seen
diff expected seen || { echo "CHANGED: the lines with < were recorded, those with > were seen now." >&2; exit 1; }
echo "As recorded: at max= of the one, and below min= of the other, there is no jitter."
