#!/usr/bin/env bash
#
# Runs an image in Bochs, a second and stricter model of the processor: the carrier of target vm, on a CD image that GRUB boots.
# By hand, not part of the test set: apt install bochs bochs-term bochsbios vgabios grub-pc-bin grub-common xorriso mtools
#
#   tests/bochs/run.sh KJUMP IMAGE [REQUEST [DEADLINE]]     with KJUMP the program, REQUEST the payload's request as text
#
# out:  one line: jumps made, breaches of the return contract (0: none), outcome (abi::Outcome), status, vector of a fault,
#       and whether the local APIC was in x2APIC mode, which the carrier turns on where the processor has it
# uses: BOCHS_CPU, a processor model of Bochs (default corei7_sandy_bridge_2600k), or x2apic: Bochs's own processor with one
# exit: 0 it ran; 1 Bochs did not reach the carrier's end, its log is shown

set -euo pipefail

kjump=$1 image=$2 request=${3-} deadline=${4-30}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/cd/boot/grub"

# What kjump gives QEMU, GRUB can give to the carrier just as well: the wrapper keeps carrier and plan.
cat >"$work/qemu" <<'WRAPPER'
#!/bin/sh
previous=
for word; do
    case $previous in -kernel) cp "$word" "$KEEP/carrier" ;; -initrd) cp "$word" "$KEEP/plan" ;; esac
    previous=$word
done
exit 1
WRAPPER
chmod +x "$work/qemu"
printf '%s' "$request" >"$work/request"
KEEP=$work/cd/boot KJUMP_QEMU=$work/qemu "$kjump" run "$image" --target vm --cpu qemu64 --in "$work/request" \
    --deadline "$deadline" >/dev/null 2>&1 || true

printf 'set timeout=0\nmenuentry kjump {\n multiboot /boot/carrier\n module /boot/plan\n}\n' >"$work/cd/boot/grub/grub.cfg"
grub-mkrescue -o "$work/cd.iso" "$work/cd" >/dev/null 2>&1

# abi/carrier.hpp: CarrierResult, and the copies of the exchange; abi/exchange.hpp: outcome, status, the fault's vector, hardware notes.
result=0x2000000 copy=0x2010000
end=$(nm "$work/cd/boot/carrier" | awk '/ carrier_jump_loop.done$/ { print $1 }')
cat >"$work/debugger" <<DEBUGGER
pb 0x$end
c
xp /5wx $result
xp /8wx $copy
xp /1wx $((copy + 280))
xp /1wx $((copy + 72))
q
DEBUGGER
model=${BOCHS_CPU:-corei7_sandy_bridge_2600k} features=
if [[ $model == x2apic ]]; then
    model=bx_generic features='cpuid: level=6, x86_64=1, mmx=1, sep=1, simd=sse4_2, 1g_pages=1, apic=x2apic'
fi
cat >"$work/bochsrc" <<BOCHSRC
$features
megs: 256
romimage: file=/usr/share/bochs/BIOS-bochs-latest
vgaromimage: file=/usr/share/bochs/VGABIOS-lgpl-latest
cpu: model=$model, count=1, ips=200000000, reset_on_triple_fault=0
clock: sync=none, time0=utc
ata0: enabled=1, ioaddr1=0x1f0, ioaddr2=0x3f0, irq=14
ata0-master: type=cdrom, path=$work/cd.iso, status=inserted
boot: cdrom
display_library: term
log: $work/log
panic: action=fatal
BOCHSRC
# Its only displays are a terminal and VNC.
TERM=xterm timeout 120 script -qec "bochs-bin -q -f $work/bochsrc -rc $work/debugger" "$work/screen" </dev/null >/dev/null 2>&1 || true
mapfile -t words < <(grep -a '^0x0*20[01]' "$work/screen" | sed 's/^[^:]*>://' | grep -oE '0x[0-9a-f]{8}')
if ((${#words[@]} < 15)); then
    grep -E 'exception|PANIC|RIP=|CR[0-4]=' "$work/log" | tail -n 12
    exit 1
fi
x2apic=
((words[14] & 1)) && x2apic=", x2APIC mode"
printf '%s %s: jumps %d breaches %#x outcome %d status %d vector %#x%s\n' "$(basename "$image")" "$request" "${words[1]}" \
    "${words[4]}" "${words[11]}" "${words[12]}" "${words[13]-0}" "$x2apic"
