# shellcheck shell=bash
# Messages of our scripts. Sourced, never run.
#
# All of it goes to standard error, so that a script's standard output carries nothing but its result. Every line starts with the
# name of the script that speaks.

# say TEXT...: one line about what is going on.
say() {
    printf '%s: %s\n' "${0##*/}" "$*" >&2
}

# fail TEXT...: one line about what went wrong, then the end of the script.
fail() {
    say "error: $*"
    exit 1
}
