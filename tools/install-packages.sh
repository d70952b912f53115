#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# install-packages.sh PURPOSE... - installs what tools/packages.txt lists and this machine lacks.
#
# Says what it does; touches nothing, not even the network, when all is there. No service is
# started: while apt runs, a policy-rc.d that forbids it stands in its place and is taken away
# again, whatever happens. Exit 0 all there, 1 could not install, 2 usage.
set -u

here=$(cd "$(dirname "$0")" && pwd) || exit 1
[ $# -gt 0 ] || {
    echo "usage: install-packages.sh build|quickstart|test|full|bench ..." >&2
    exit 2
}

wanted=
for purpose; do
    found=$(awk -v purpose="$purpose" '$1 == purpose { print $2 }' "$here/packages.txt")
    [ -n "$found" ] || {
        echo "install-packages.sh: no packages for '$purpose' in tools/packages.txt" >&2
        exit 2
    }
    wanted="$wanted $found"
done

command -v dpkg-query >/dev/null 2>&1 || {
    echo "This is not Debian; make sure that you have what these packages hold:$(echo " $wanted" | tr '\n' ' ')"
    exit 0
}

missing=
for package in $wanted; do
    case $(dpkg-query -W -f '${db:Status-Abbrev}' "$package" 2>/dev/null) in
    ?i*) ;;
    *) missing="$missing $package" ;;
    esac
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" -eq 0 ]; then
    as_root=
elif command -v sudo >/dev/null 2>&1; then
    as_root=sudo
else
    echo "Missing packages:$missing" >&2
    echo "Neither root nor sudo here. As root: apt-get install --no-install-recommends$missing" >&2
    exit 1
fi
echo "==> Installing with apt${as_root:+ (through sudo)}; no service is started:$missing"

# One at a time, so that two runs do not take each other's policy-rc.d for the machine's own. The
# rest runs as root in one piece: it cannot lose its rights half-way with the policy in place.
# shellcheck disable=SC2086,SC2016 # words are meant to split; the script expands its own names
$as_root env DEBIAN_FRONTEND=noninteractive sh -c '
    exec 9>/run/lock/storehook-install.lock
    command -v flock >/dev/null && flock 9
    policy=/usr/sbin/policy-rc.d
    saved=$policy.before-storehook
    restore() {
        rm -f "$policy"
        [ ! -e "$saved" ] || mv "$saved" "$policy"
    }
    trap restore EXIT
    trap "exit 129" HUP
    trap "exit 130" INT
    trap "exit 143" TERM
    [ ! -e "$policy" ] || [ -e "$saved" ] || mv "$policy" "$saved"
    printf "#!/bin/sh\nexit 101\n" >"$policy" && chmod 755 "$policy" || exit 1
    install() {
        apt-get install -q -y --no-install-recommends -o Dpkg::Use-Pty=0 \
            -o Acquire::Retries=3 -o DPkg::Lock::Timeout=300 "$@" 9>&-
    }
    # Nor shall a daemon that came along start with the machine from now on.
    enabled() {
        find /etc/systemd/system -path "*.wants/*" -printf "%f\n" 2>/dev/null | sort -u
    }
    before=$(enabled)
    if ! install "$@"; then
        echo "==> Not found in the package lists of this machine as they are; reading them anew"
        apt-get update -q -o Acquire::Retries=3 -o DPkg::Lock::Timeout=300 9>&- || exit 1
        install "$@" || exit 1
    fi
    for unit in $(enabled); do
        case " $(echo $before) " in
        *" $unit "*) ;;
        *.service | *.socket)
            systemctl disable "$unit" >/dev/null 2>&1 &&
                echo "==> $unit will not start with the machine: systemctl enable $unit if you want it"
            ;;
        esac
    done
' install $missing </dev/null
result=$?
if [ $result -ne 0 ]; then
    echo "install-packages.sh: could not install$missing (is there a network, is apt set up?)" >&2
    exit 1
fi
echo "==> Installed."
