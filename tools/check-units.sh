#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# check-units.sh BUILD - are the units of systemd/ sound, with programs that are built, and is every
# user that they name made? Does logrotate take its example?
cd "$(dirname "$0")/.." || exit 1
command -v systemd-analyze >/dev/null || {
    echo "systemd is not installed; not checked"
    exit 77
}
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
bad=0

ln -s "$PWD/$1" "$scratch/build" # its own path may have blanks
for unit in storehookd mailstored; do
    # Nothing is installed here: the programs of the build stand for those.
    sed -E "s,^(Exec[A-Za-z]+=)[^ ]*/,\1$scratch/build/bin/," "$1/systemd/$unit.service" >"$scratch/$unit.service"
    grep -q '^StartLimitIntervalSec=0$' "$scratch/$unit.service" || {
        echo "$unit.service: after five failures in ten seconds it would stay down"
        bad=1
    }
    # shellcheck disable=SC2013 # words
    for user in $(sed -nE 's/^(User|Group|SupplementaryGroups)=//p' "$scratch/$unit.service"); do
        grep -q "^u $user " systemd/storehook.sysusers || {
            echo "$unit.service: systemd/storehook.sysusers makes no user $user"
            bad=1
        }
    done
done
sed -i "s,/bin/storehook,/scanner/storehook,; s,/bin/mailstored,/mailstore/server/mailstored," "$scratch"/*.service
systemd-analyze verify --man=no --recursive-errors=no "$scratch"/*.service >"$scratch/said" 2>&1 || bad=1
if [ -s "$scratch/said" ]; then
    cat "$scratch/said"
    bad=1
fi
# Of 100: what is open is what the services need (sockets, other processes for storehookd).
systemd-analyze security --offline=true --threshold=25 "$scratch"/*.service >"$scratch/said" || {
    cat "$scratch/said"
    bad=1
}
# It minds files that others may write to, which a checkout may be.
install -m 644 examples/storehook.logrotate "$scratch/logrotate"
if command -v logrotate >/dev/null &&
    logrotate --debug --state "$scratch/state" "$scratch/logrotate" 2>&1 | grep -i '^error'; then
    bad=1
fi
[ $bad -eq 0 ] && echo "units are sound"
