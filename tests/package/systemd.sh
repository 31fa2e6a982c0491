#!/usr/bin/env bash
# Rule: systemd-analyze verify has nothing to say about the units that are installed. systemd.sh PREFIX DIRECTORY
set -euo pipefail
prefix=$1
scratch=$2
rm -rf "$scratch"
mkdir -p "$scratch/systemd-hibernate.service.d"
cp "$prefix/lib/systemd/system/kjump-wake-repair.service" "$prefix/lib/kjump/systemd/kjump-hibernate.service" "$scratch"
# systemd's own unit, where there is none: what matters is that the drop-in fits one.
printf '[Unit]\nDescription=Hibernate\n[Service]\nType=oneshot\nExecStart=/bin/true\n' >"$scratch/systemd-hibernate.service"
cp "$prefix/lib/kjump/systemd/kjump-systemctl-hibernate.conf" "$scratch/systemd-hibernate.service.d/kjump.conf"
# The program is where this build was installed to, not where the units say.
sed -i "s|^\(ExecStart[A-Za-z]*=\)[^ ]*/kjump |\1$prefix/bin/kjump |" "$scratch"/*.service "$scratch"/*.d/*.conf
said=$(SYSTEMD_UNIT_PATH="$scratch:" systemd-analyze verify "$scratch"/*.service 2>&1 | grep -E "$scratch|kjump|hibernate" || true)
[[ -z $said ]] || { echo "$said" >&2; exit 1; }
