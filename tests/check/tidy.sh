#!/usr/bin/env bash
# Rule: clang-tidy 14 with .clang-tidy finds nothing in the host side. A file whose preprocessed text passed once
# is not looked at again (stamps in the build directory).
set -euo pipefail
stamps=$KJUMP_BUILD/tidy
# The build compiles several files as one; clang-tidy wants to know how each would be compiled alone, and once.
database=$stamps/database
cmake --preset dev -B "$database" -DCMAKE_UNITY_BUILD=OFF -DKJUMP_I386=OFF >/dev/null
export stamps database
rules=$(sha256sum .clang-tidy)
export rules

check_file() {
    local command hash
    # The file's own compile command, but only preprocessing: its output is what clang-tidy will judge.
    command=$(python3 -c '
import json, os, re, shlex, sys
for entry in json.load(open(os.environ["database"] + "/compile_commands.json")):
    if os.path.realpath(entry["file"]) == os.path.realpath(sys.argv[1]):
        words = [w for w in shlex.split(entry["command"]) if w not in ("-c", "ccache") and not w.endswith("ccache")]
        out = words.index("-o")
        del words[out:out + 2]
        for flag in ("-MT", "-MF"):
            if flag in words:
                at = words.index(flag)
                del words[at:at + 2]
        words = [w for w in words if w != "-MD"]
        print("cd", shlex.quote(entry["directory"]), "&&", shlex.join(words + ["-E"]))
        break
' "$1")
    [[ -n $command ]] || { echo "$1 is not compiled by this build" >&2; return 1; }
    hash=$({ echo "$rules"; bash -c "$command"; } | sha256sum | cut -c1-32)
    [[ -e $stamps/$hash ]] && return 0
    clang-tidy-14 --quiet -p "$database" "$1" 2>"$stamps/$$.err" || { cat "$stamps/$$.err" >&2; return 1; }
    touch "$stamps/$hash"
}
export -f check_file

git ls-files 'sdk/*.cpp' | xargs -P "$(nproc)" -I{} bash -c 'check_file {}'
