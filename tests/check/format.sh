#!/usr/bin/env bash
# Rule: every C++ file is as clang-format 14 with .clang-format leaves it.
set -euo pipefail
git ls-files '*.cpp' '*.hpp' | xargs clang-format-14 --dry-run --Werror
