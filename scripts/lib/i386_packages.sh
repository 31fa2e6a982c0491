# shellcheck shell=bash
# shellcheck disable=SC2154  # $cache_root is theirs who source this
# Debian packages for i386, on a machine that need not have that architecture. Sourced, never run; needs report.sh.
#
# They are fetched and unpacked, never installed. apt gets a state of its own, so that this machine's foreign architectures, package
# lists and packages stay what they are: an installed g++-multilib or i386 library would change what other builds find.

# apt_i386 TOOL ARGUMENT...: apt-get or apt-cache as on an i386 Debian with this machine's sources.
apt_i386() {
    local tool=$1 state=$cache_root/apt-i386
    shift
    mkdir -p "$state/lists/partial" "$state/archives/partial"
    : >>"$state/status"
    "$tool" -o Dir::State="$state" -o Dir::State::Lists="$state/lists" -o Dir::State::status="$state/status" -o Dir::Cache="$state" \
        -o APT::Architecture=i386 -o APT::Architectures=i386 -o APT::Sandbox::User=root "$@"
}

# refresh_i386_lists NAME...: fetches the lists when they do not know one of the packages.
refresh_i386_lists() {
    apt_i386 apt-cache show --no-all-versions "$@" >/dev/null 2>&1 && return 0
    say "fetching the package lists of i386"
    # A mirror may be in the middle of an update of one list while the others serve.
    apt_i386 apt-get -qq update >&2 || say "some lists did not come, going on with the others"
    apt_i386 apt-cache show --no-all-versions "$@" >/dev/null || fail "apt does not know all of: $*; is the package mirror reachable?"
}

# download_i386 FOLDER NAME...: the packages' files, with the newest lists if the ones we have are out of date.
download_i386() {
    local folder=$1
    shift
    (cd "$folder" && apt_i386 apt-get -qq download "$@" >&2) && return
    say "the mirror does not have them, fetching the package lists of i386"
    apt_i386 apt-get -qq update >&2 || true
    (cd "$folder" && apt_i386 apt-get -qq download "$@" >&2) ||
        fail "apt-get could not fetch $* (its own words are above); is the package mirror reachable?"
}
