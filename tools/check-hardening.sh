#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# check-hardening.sh BUILD-DIRECTORY - is each file that gets installed bound at once, with tables
# that nobody writes to afterwards, a stack that is no code, and checked copies?
set -eu
build=${1:?usage: check-hardening.sh BUILD-DIRECTORY}
found=0

# FILE WHAT PATTERN TEXT: fails unless a line of the text is so.
want() {
    printf '%s\n' "$4" | grep -Eq -- "$3" && return
    echo "$1: $2"
    found=1
}

for file in mailstore/ese/libesent.so.0 mailstore/ese/esentcheck mailstore/server/mailstored \
    libstorehook/libstorehook.so libstorehook/libstorehook-audit.so scanner/storehookd \
    scanner/storehookctl; do
    headers=$(readelf -hldW "$build/$file")
    want "$file" "is bound lazily: -Wl,-z,now" '\(FLAGS_1\).*NOW' "$headers"
    want "$file" "keeps its tables writable: -Wl,-z,relro" '^ *GNU_RELRO ' "$headers"
    want "$file" "can run its stack" '^ *GNU_STACK .* RW ' "$headers"
    want "$file" "stands at a fixed address: -pie" '^ *Type: +DYN ' "$headers"
done
# Of each program one function that has a checked form.
for file in mailstore/server/mailstored scanner/storehookd scanner/storehookctl; do
    want "$file" "copies unchecked: -D_FORTIFY_SOURCE" '_chk(@|$)' "$(nm -D --undefined-only "$build/$file")"
    want "$file" "has no stack protector" '__stack_chk_fail' "$(nm -D --undefined-only "$build/$file")"
done
[ $found -eq 0 ] || exit 1
echo "everything installed is hardened"
