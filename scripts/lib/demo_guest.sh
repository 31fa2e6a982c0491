#!/bin/sh
# SPDX-License-Identifier: MIT
# The demo's part inside the guest: what a user would type. Arguments: what to ask the BIOS, names after `kjump bios`.

# What is remarked on standard error belongs where it happens, not behind everything else.
exec 2>&1

# step LINES COMMAND...: shows the command line as typed, runs it, shows as many lines of what it says, remembers a failure.
failed=0
step() {
    shown=$1
    shift
    printf '\n# %s\n' "$*"
    "$@" >/tmp/step || failed=1
    head -n "$shown" /tmp/step
    more=$(($(wc -l </tmp/step) - shown))
    [ "$more" -le 0 ] || printf '(and %s lines more)\n' "$more"
}

uptime_seconds() { cut -d. -f1 /proc/uptime; }
timer_interrupts() { awk '/LOC:/ { print $2 }' /proc/interrupts; }

dd if=/dev/urandom of=/tmp/precious bs=1M count=4 2>/dev/null
before_sum=$(md5sum </tmp/precious)
before_uptime=$(uptime_seconds)
before_ticks=$(timer_interrupts)

printf 'Linux %s, %s processors.\n' "$(uname -r)" "$(nproc)"
step 50 kjump doctor
step 50 kjump run /job/hello_real.kjump
for question in "$@"; do
    step 12 kjump bios "$question"
done

printf '\nLinux is still here:\n'
fact() { # TEXT CONDITION...
    text=$1
    shift
    if "$@"; then printf '  yes  %s\n' "$text"; else printf '  NO   %s\n' "$text"; failed=1; fi
}
sleep 1
fact "uptime goes on: $before_uptime s before, $(uptime_seconds) s now" [ "$(uptime_seconds)" -gt "$before_uptime" ]
fact "a file written before the jumps is intact" [ "$(md5sum </tmp/precious)" = "$before_sum" ]
fact "the disk answers: sector 0 says '$(head -c 15 /dev/sda)'" [ "$(head -c 15 /dev/sda)" = 'kjump demo disk' ]
fact "timer interrupts arrive: $before_ticks before, $(timer_interrupts) now" [ "$(timer_interrupts)" -gt "$before_ticks" ]
fact "all processors are back: online $(cat /sys/devices/system/cpu/online)" [ "$(nproc)" = "$(nproc --all)" ]
fact "no image stays loaded" [ "$(cat /sys/kernel/kexec_loaded)" = 0 ]
fact "the kernel's wake-up code is its own: $(kjump wake repair)" [ "$(kjump wake repair)" = 'nothing to repair' ]
exit $failed
