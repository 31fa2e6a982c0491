#!/usr/bin/env bash
# readme.sh README PREFIX WORK: takes the payload and the CMakeLists.txt out of the README, builds them against the
# kjump installed in PREFIX, runs the image on the vm target, and expects what the README promises.
set -euo pipefail
readme=$1 prefix=$2 work=$3

# block LANGUAGE: the first fenced block of that language.
block() {
    sed -n "/^\`\`\`$1\$/,/^\`\`\`\$/{/^\`\`\`/d;p}" "$readme"
}

rm -rf "$work"
mkdir -p "$work"
block nasm >"$work/hello.asm"
block cmake >"$work/CMakeLists.txt"
[[ -s $work/hello.asm && -s $work/CMakeLists.txt ]] || { echo "the README has no example any more" >&2; exit 1; }
cmake -S "$work" -B "$work/build" -DCMAKE_PREFIX_PATH="$prefix" >/dev/null
cmake --build "$work/build"
"$prefix/bin/kjump" inspect "$work/build/hello.kjump"
"$prefix/bin/kjump" run "$work/build/hello.kjump" --target vm | tee "$work/output"
grep -qx 'The BIOS says: 639 KiB of conventional memory.' "$work/output"
