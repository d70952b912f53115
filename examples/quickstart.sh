#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# quickstart.sh [--serve] - see the whole path work, on real messages, in a scratch directory.
#
# Installs what is missing, builds, starts storehookd and a hooked mailstored, delivers by LMTP with
# swaks, reads by IMAP with curl, and prints what was sent, what arrived, and why. Exits 1 if
# anything went otherwise than it should. With --serve the daemons stay up for you to try.
set -u

top=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd) || exit 1
case "${1:-}" in
"" | --serve) ;;
--help | -h)
    echo "usage: sh examples/quickstart.sh [--serve]"
    exit 0
    ;;
*)
    echo "usage: sh examples/quickstart.sh [--serve]" >&2
    exit 2
    ;;
esac
serve=${1:-}
PATH=/usr/bin:/bin:/usr/sbin:/sbin:$PATH
export PYTHONDONTWRITEBYTECODE=1
cd "$top" || exit 1

# shellcheck source=examples/quickstart-lib.sh
. examples/quickstart-lib.sh

sh tools/install-packages.sh build quickstart || exit 1
[ -f build/build.ninja ] || meson setup build >/dev/null || exit 1
echo "==> Building"
# shellcheck disable=SC2046 # a list
ninja -C build $(programs_to_build) || exit 1

# A socket's path has 107 bytes.
above=${TMPDIR:-/tmp}
[ ${#above} -le 60 ] || above=/tmp
scratch=$(mktemp -d "$above/quickstart.XXXXXX") || exit 1
trap clean_up EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

echo "==> Starting storehookd and a hooked mailstored in $scratch"
write_configuration
start_scanner
# By a relative path: the loader takes blanks and colons as the ends of names.
start_store hooked "$scratch/store.conf" LD_PRELOAD=build/libstorehook/libstorehook.so
store_pid=$started_pid
# On a busy machine the store's first question may have been too late; it asks again at a write.
wait_until 3 is_protected || deliver knock bob plain
wait_until 20 is_protected || die "storehookctl status does not say that the store is protected"
echo "    signatures: $(signatures_in_use)"

table_head
section "What arrives"
deliver clean-1 alice clean --size 100000
expect_same "clean, 100 KB attached" alice
deliver body-1 alice plain
expect_same "only words" alice

section "What does not"
for kind in eicar eicar-zip eicar-nested eicar-broken-base64 eicar-body; do
    deliver "$kind-1" alice "$kind"
    expect_nothing "$(in_words $kind)" alice infected
done
deliver program-1 alice renamed-program
expect_notice "a program renamed to notes.txt" alice blocked

section "Once is enough"
before=$(counter scans)
deliver everybody-1 "$(everybody)" eicar-zip --seed 50
expect_nothing "infected, to 50 recipients" "$(everybody)" infected
expect_few_scans "the same, counted" "$before"
before=$(counter scans)
deliver twice-1 alice clean --size 50000 --seed twice
deliver twice-2 bob clean --size 50000 --seed twice
expect_one_scan "the same attachment twice" "$before"

section "Not only by LMTP"
append append-1 alice eicar
expect_nothing "infected, by IMAP APPEND" alice infected

section "Without the scanner mail flows on, counted"
unscanned=$(counter unscanned)
control stop
deliver stopped-1 alice eicar
expect_same "storehookctl stop; infected" alice "switched off: not scanned"
control start
wait_until 5 is_protected
expect_more_unscanned "counted as unscanned" "$unscanned"
deliver stopped-2 alice eicar
expect_nothing "storehookctl start; infected" alice infected

unscanned=$(counter unscanned)
kill_scanner
deliver killed-1 alice eicar
expect_same "storehookd killed; infected" alice "nobody there: not scanned"
start_scanner
sleep 0.2 # a store that found nobody asks again after 0.1 s, when it writes
deliver killed-2 alice eicar
expect_nothing "storehookd started; infected" alice infected
expect_more_unscanned "counted as unscanned" "$unscanned"
expect_true "the store was never restarted" "same process, $store_pid" kill -0 "$store_pid"

section "The same program without the hook"
start_store bare "$scratch/bare.conf"
lmtp=$scratch/bare.lmtp imap_port=$bare_port
deliver bare-1 alice eicar
expect_same "mailstored alone; infected" alice "no hook, no protection"
kill "$started_pid" # else the status of --serve would go on about it
lmtp=$scratch/store.lmtp imap_port=$store_port

table_foot
[ -z "$serve" ] || serve_until_interrupted
[ "$wrong" -eq 0 ] || exit 1
