# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154  # the lists are for those who source this, $root is theirs
# Building kjump itself. Sourced, never run; needs report.sh and packages.sh. $root is the repository.

# Debian 12 packages of the build; the kernels' own are in scripts/kernel.
build_packages=(g++ cmake ninja-build nasm lld pkg-config libelf-dev liblz4-dev libxxhash-dev libdw-dev nettle-dev zlib1g-dev libfmt-dev libexpected-dev
    nlohmann-json3-dev libcli11-dev libgtest-dev libgmock-dev ccache)
# What runs the virtual machines, and what goes into them.
run_packages=(qemu-system-x86 busybox-static)
# The rest of the test command: second compiler, fuzzing runtime, linters, a stock kexec.
check_packages=(clang clang-format clang-tidy libclang-rt-14-dev shellcheck kexec-tools ovmf binutils python3 gdb e2fsprogs systemd makedumpfile)
# What only nightly tests need: a second reader of dumps, a boot loader on a disc.
nightly_packages=(crash grub-common grub-pc-bin xorriso mtools)

# build_kjump PRESET [TARGET...]: configures and builds; output only when something goes wrong.
build_kjump() {
    local preset=$1 log
    shift
    log=$(mktemp)
    export CMAKE_CXX_COMPILER_LAUNCHER=ccache
    # Paths in the tree count as relative, so that another clone finds what this one has compiled.
    export CCACHE_BASEDIR=$root CCACHE_NOHASHDIR=1
    if ! { (cd "$root" && cmake --preset "$preset" && cmake --build --preset "$preset" ${1:+--target "$@"}); } >"$log" 2>&1; then
        grep -E 'error|FAILED' "$log" | head -n 20 >&2
        fail "kjump does not build with preset $preset; the whole log is $log"
    fi
    rm -f "$log"
}
