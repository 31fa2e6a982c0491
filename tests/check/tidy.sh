#!/usr/bin/env bash
# Rule: clang-tidy 14 with .clang-tidy finds nothing in the host side.
#
# It looks at the sources as the build compiles them, several as one: nearly all of its time goes into the headers that they have in
# common (18.7 s for eight files of sdk/targets, 18.3 s for one of sdk/hibernate). What it finds is the same, but for the #include of a .cpp
# file, which is what such a source consists of. Sources that passed once, with every header that they include, are not looked at
# again, in this worktree or another one.
#
# uses: KJUMP_BUILD, the build directory; KJUMP_CACHE, the cache's root (default ${XDG_CACHE_HOME:-~/.cache}/kjump)
set -euo pipefail
database=$KJUMP_BUILD/tidy/database
stamps=${KJUMP_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/kjump}/tidy
mkdir -p "$stamps"
cmake --preset dev -B "$database" -DKJUMP_I386=OFF >/dev/null
rules=$({ cat .clang-tidy "$0"; clang-tidy-14 --version; } | sha256sum)
export database stamps rules

tidy() {
    clang-tidy-14 --quiet --checks=-bugprone-suspicious-include "$@"
}

# fingerprint SOURCE COMMAND: of the command that compiles it and of all that it includes, wherever the worktree lies.
fingerprint() {
    { echo "$rules"; echo "$2"; bash -c "$2 -M" | tr ' ' '\n' | grep '^/' | sort -u | xargs cat; } | sed "s|$PWD||g" |
        sha256sum | cut -c1-40
}

check_source() {
    local source=${1%%$'\t'*} command=${1#*$'\t'} stamp output
    stamp=$stamps/$(fingerprint "$source" "$command")
    [[ ! -e $stamp ]] || return 0
    output=$(tidy -p "$database" "$source" 2>&1) || { echo "$output" >&2; return 1; }
    touch "$stamp"
}
export -f tidy fingerprint check_source

# A check that sees nothing in included sources would pass everything.
probe=$KJUMP_BUILD/tidy/probe
mkdir -p "$probe/sdk"
echo 'int probe(int value) { if (value == 0) { return 1; } else { return 2; } }' >"$probe/sdk/probe.cpp"
echo "#include \"$probe/sdk/probe.cpp\"" >"$probe/unity.cxx"
cp .clang-tidy "$probe"
if tidy "$probe/unity.cxx" -- -std=c++20 >"$probe/out" 2>&1 || ! grep -q readability-else-after-return "$probe/out"; then
    echo "clang-tidy does not find what is wrong with a source that is included" >&2
    exit 1
fi

# One line for each source that the compiler sees: its name, and the command without what it writes.
sources=$(python3 - "$database/compile_commands.json" <<'PY'
import json, os, re, shlex, subprocess, sys

entries = [e for e in json.load(open(sys.argv[1])) if "/sdk/" in e["file"]]
covered = set()
for entry in entries:
    covered.add(os.path.realpath(entry["file"]))
    if "/Unity/" in entry["file"]:
        covered.update(os.path.realpath(f) for f in re.findall(r'#include "(.*\.cpp)"', open(entry["file"]).read()))
for file in subprocess.check_output(["git", "ls-files", "sdk/*.cpp"], text=True).split():
    if os.path.realpath(file) not in covered:
        sys.exit(f"{file} is not compiled by this build")
for entry in entries:
    words = [w for w in shlex.split(entry["command"]) if w not in ("-c", "-MD") and not w.endswith("ccache")]
    for flag in ("-o", "-MT", "-MF"):
        if flag in words:
            at = words.index(flag)
            del words[at:at + 2]
    print(entry["file"] + "\t" + shlex.join(words))
PY
)
# shellcheck disable=SC2016
xargs -P "$(nproc)" -d '\n' -I{} bash -c 'check_source "$1"' _ {} <<<"$sources"
