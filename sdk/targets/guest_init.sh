#!/bin/busybox sh
# SPDX-License-Identifier: MIT
# shellcheck shell=dash
# Init of the guest that LinuxVm boots: mounts what programs expect, lets the agent run the job, ends.
# The result goes through the agent's own port; what is printed here is for whoever reads the log.

/bin/busybox mkdir -p /bin /sbin /usr/bin /usr/sbin /dev /proc /sys /run /tmp /root /etc /mnt
/bin/busybox --install -s /bin
export PATH=/bin:/sbin:/usr/bin:/usr/sbin HOME=/root

mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
# /tmp and /run lie in memory anyway, and the job's files may be there: nothing is mounted over them.
mkdir -p /dev/pts /dev/shm
mount -t devpts devpts /dev/pts
mount -t tmpfs tmpfs /dev/shm
[ ! -d /sys/kernel/security ] || mount -t securityfs securityfs /sys/kernel/security
hostname kjump-guest

exec </dev/null >/dev/console 2>&1
cd /root || exit 1
kjump agent /kjump/job.json
echo "kjump-init: the agent ended with code $?"
# QEMU ends with a reset as well as with the power. A reset needs nothing of ACPI, whose registers firmware may
# have left unreachable when the job has been asleep: SeaBIOS 1.16 does on q35. A machine that is to survive resets
# says kjump_end=poweroff.
grep -q kjump_end=poweroff /proc/cmdline && poweroff -f
reboot -f
