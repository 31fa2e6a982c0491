# shellcheck shell=bash
# Debian packages our scripts need. Sourced, never run; needs report.sh.

# package_version NAME: version of an installed package on standard output; false when it is not installed.
package_version() {
    local state
    state=$(dpkg-query --show --showformat='${db:Status-Status} ${Version}' "$1" 2>/dev/null) || return 1
    [[ $state == 'installed '* ]] || return 1
    printf '%s\n' "${state#installed }"
}

# need_packages NAME...: installs those that are missing, and only those; says so before it does. Costs one dpkg-query otherwise.
need_packages() {
    local -a missing=()
    command -v dpkg-query >/dev/null || fail "this needs the Debian packages $*, and there is no dpkg here"
    mapfile -t missing < <(missing_packages "$@")
    ((${#missing[@]})) || return 0
    say "installing ${missing[*]}"
    refresh_package_lists "${missing[@]}"
    as_root apt-get "${apt_options[@]}" install "${missing[@]}" >&2 ||
        fail "apt-get could not install ${missing[*]} (its own words are above); install them by hand and start again"
}

apt_options=(-qq --yes --no-install-recommends -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0)

missing_packages() {
    local installed name
    installed=$(dpkg-query --show --showformat='${db:Status-Status} ${Package}\n' "$@" 2>/dev/null || true)
    for name in "$@"; do
        grep -qxF "installed $name" <<<"$installed" || printf '%s\n' "$name"
    done
}

# refresh_package_lists NAME...: fetches apt's lists when they do not know one of the packages.
refresh_package_lists() {
    apt-cache show --no-all-versions "$@" >/dev/null 2>&1 && return 0
    say "fetching the package lists"
    as_root apt-get -qq update >&2 || fail "apt-get update failed; is the package mirror reachable?"
}

as_root() {
    local -a become=()
    if ((EUID != 0)); then
        command -v sudo >/dev/null || fail "not root and no sudo, cannot run: $*"
        become=(sudo)
    fi
    "${become[@]}" env DEBIAN_FRONTEND=noninteractive "$@"
}
