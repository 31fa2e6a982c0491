# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154  # the lists are for scripts/kernel, whose are $cache and $work
# Kernels as Debian ships them, for scripts/kernel: fetched and unpacked into the cache, never installed. Sourced, never run;
# needs report.sh, packages.sh, i386_packages.sh, and arch_of, lock, step and clean_up of scripts/kernel.
#
# A kernel's folder, $cache/NAME-VERSION-RECIPE, holds bzImage, config, System.map, and in modules/ the modules that a guest needs
# with all they depend on, uncompressed, and `load-order`: their names, one per line, in the order in which they load.

# Name here -> the package that always depends on Debian's newest kernel of that kind.
declare -A stock_packages=([debian]=linux-image-amd64 [debian-6.12]=linux-image-6.12-cloud-amd64
    [debian-i386]=linux-image-686-pae)

# What unpacks them: depmod and modprobe know what a module depends on.
stock_tools=(kmod xz-utils)

# The port of the guest's agent, one of every disk controller that a virtual machine of ours can have, a file system, the same
# network card as our own kernels drive, the clock that wakes the machine, and Linux's record of the BIOS's disks.
stock_modules=(virtio_pci virtio_console virtio_blk ata_piix ahci sd_mod nvme ext4 virtio_net rtc_cmos edd)

# What a desk has: power button, keyboards and disks on USB. Debian's kernel for clouds has no USB.
declare -A stock_desk_modules=([debian]='button evdev xhci_pci usb_storage usbhid hid_generic')

# stock_modules_of NAME: one a line.
stock_modules_of() {
    # shellcheck disable=SC2086  # several words
    printf '%s\n' "${stock_modules[@]}" ${stock_desk_modules[$1]-}
}

# stock_recipe NAME: a short hash of what makes a folder what it is besides the package's version.
stock_recipe() {
    local hash
    hash=$(printf '%s\n' layout-1 "$1" "${stock_packages[$1]}" "$(stock_modules_of "$1")" | sha256sum)
    printf '%s\n' "${hash:0:8}"
}

# stock_home NAME: the folder of the newest version that the cache has; false when it has none. Asks nobody else: a kernel once
# fetched is good until somebody removes it.
stock_home() {
    local found
    found=$(printf '%s\n' "$cache/$1"-*-"$(stock_recipe "$1")"/bzImage | sort --version-sort | tail -n 1)
    [[ -e $found ]] && printf '%s\n' "${found%/bzImage}"
}

# fetch_stock NAME: makes the kernel's folder appear in the cache, complete or not at all. The lock is held.
fetch_stock() {
    local name=$1 started=$SECONDS package release home
    prepare_work "$name"
    if [[ $(arch_of "$name") == i386 ]]; then
        refresh_i386_lists "${stock_packages[$name]}"
        package=$(stock_package "$name" apt_i386)
        say "fetching $package"
        download_i386 "$work" "$package"
    else
        fetch_native "$name"
    fi
    release=${package#linux-image-}
    home=$cache/$name-$(dpkg-deb --field "$work"/*.deb Version)-$(stock_recipe "$name")
    step "unpacking $package" unpack_stock
    mv "$work/tree/boot/vmlinuz-$release" "$work/result/bzImage"
    mv "$work/tree/boot/config-$release" "$work/result/config"
    mv "$work/tree/boot/System.map-$release" "$work/result/System.map"
    step "collecting the modules of Linux $release" collect_modules "$name" "$release"
    rm -rf "$home"
    mv "$work/result" "$home"
    say "Linux $release is in the cache, after $((SECONDS - started)) s"
}

# fetch_native NAME: the package's file, for this machine's architecture; sets package.
fetch_native() {
    refresh_package_lists "${stock_packages[$1]}"
    package=$(stock_package "$1")
    say "fetching $package"
    download "$package" && return
    # The mirror may have a newer one by now, and no longer this.
    say "the mirror does not have it, fetching the package lists"
    as_root apt-get -qq update >&2
    package=$(stock_package "$1")
    download "$package" || fail "apt-get could not fetch $package (its own words are above); is the package mirror reachable?"
}

# stock_package NAME [APT]: the package with the kernel itself, which the metapackage depends on; APT stands before apt-cache.
stock_package() {
    local package
    package=$(${2-} apt-cache depends --no-recommends --no-suggests "${stock_packages[$1]}" | sed -n 's/^ *Depends: \(linux-image-.*\)/\1/p')
    [[ $package ]] || fail "apt does not say which kernel package ${stock_packages[$1]} stands for"
    printf '%s\n' "$package"
}

download() {
    # A scratch folder of ours is no place for apt's sandbox user.
    (cd "$work" && apt-get -qq -o APT::Sandbox::User=root download "$1" >&2)
}

unpack_stock() {
    dpkg-deb --extract "$work"/*.deb "$work/tree"
}

# collect_modules NAME RELEASE: fills result/modules. What is built in, or unknown to this kernel, is noted in the list as a
# comment.
collect_modules() {
    local module answer verb path
    local -A listed=()
    PATH=$PATH:/usr/sbin:/sbin
    mkdir "$work/result/modules"
    cd "$work/result/modules" || return
    depmod --basedir "$work/tree" "$2"
    printf '# Modules of Linux %s for guests of kjump, in the order in which they load.\n' "$2" >load-order
    for module in $(stock_modules_of "$1"); do
        # The module settings of this machine (/etc/modprobe.d) are none of the guest's business.
        if ! answer=$(modprobe --config /dev/null --dirname "$work/tree" --set-version "$2" --show-depends "$module" 2>&1); then
            [[ $answer == *' not found in directory '* ]] || { printf '%s\n' "$answer" && return 1; }
            printf '# not in this kernel: %s\n' "$module" >>load-order
        fi
        while read -r verb path _; do
            [[ $verb != builtin ]] || printf '# built in: %s\n' "$module" >>load-order
            [[ $verb == insmod && ! ${listed[$path]-} ]] || continue
            listed[$path]=yes
            unpack_module "$path"
        done <<<"$answer"
    done
}

# unpack_module PATH: into the current folder, and into its list.
unpack_module() {
    local name=${1##*/}
    case $name in
        *.ko) cp "$1" "$name" ;;
        *.ko.xz) name=${name%.xz} && xz --decompress --stdout "$1" >"$name" ;;
        *) printf 'no idea how to unpack %s\n' "$1" && return 1 ;;
    esac
    printf '%s\n' "$name" >>load-order
}
