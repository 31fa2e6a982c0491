#!/usr/bin/env bash
# Rule: the whole tree, payloads included, builds without a warning with clang 14 too.
set -euo pipefail
export CMAKE_CXX_COMPILER_LAUNCHER=ccache
cmake --preset clang >/dev/null
cmake --build --preset clang
