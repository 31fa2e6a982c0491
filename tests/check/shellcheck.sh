#!/usr/bin/env bash
# Rule: shellcheck has nothing to say about any of our scripts.
set -euo pipefail
# Scripts are known by their first line: most have no extension.
git ls-files -z | xargs -0 grep -lE '^#!.*\b(ba)?sh\b|^# shellcheck shell=' | xargs shellcheck --external-sources --source-path=SCRIPTDIR
