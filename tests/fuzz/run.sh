#!/usr/bin/env bash
# Rule: no input makes this parser crash, hang, overrun or leak. run.sh NAME runs build/fuzz's fuzz_NAME for
# KJUMP_FUZZ_SECONDS seconds (default 10); a finding is kept in build/fuzz/findings.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
program=$root/build/fuzz/tests/fuzz/fuzz_$1
[[ -x $program ]] || { echo "$program is missing: cmake --preset fuzz && cmake --build --preset fuzz" >&2; exit 1; }
corpus=$root/build/fuzz/corpus/$1
findings=$root/build/fuzz/findings
mkdir -p "$corpus" "$findings"
seeds=$root/tests/fuzz/seeds/$1
[[ ! -d $seeds ]] || cp -n "$seeds"/* "$corpus/"
"$program" -max_total_time="${KJUMP_FUZZ_SECONDS:-10}" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
    -artifact_prefix="$findings/$1-" "$corpus" 2>&1 | tail -n 25
