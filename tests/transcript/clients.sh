#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# clients.sh MAILSTORED - real clients against a fresh mailstored: swaks delivers, curl and mutt read,
# mbsync synchronises both ways. What came back must be what went in, byte for byte. A client that is
# not installed is passed over; with none of them the test is skipped (77).
set -eu

mailstored=$1
top=$(mktemp -d "${TMPDIR:-/tmp}/clients.XXXXXX")
daemon=
clean_up() {
    [ -z "$daemon" ] || kill "$daemon" 2>/dev/null || :
    [ -z "$daemon" ] || wait "$daemon" || :
    rm -rf "$top"
}
trap clean_up EXIT
trap 'exit 1' HUP INT TERM

fail() {
    echo "FAIL: $*" >&2
    sed 's/^/    /' "$top/log" >&2
    exit 1
}

# openssl is what an administrator would use, too.
printf 'alice:%s\n' "$(openssl passwd -5 wonder)" >"$top/passwd"
cat >"$top/config" <<CONFIG
[store]
path=$top/store
[users]
passwd-file=$top/passwd
[lmtp]
listen=unix:$top/lmtp;127.0.0.1:0
[imap]
listen=127.0.0.1:0
[pop3]
listen=127.0.0.1:0
CONFIG
"$mailstored" --config "$top/config" 2>"$top/log" &
daemon=$!
tries=0
until grep -q ' ready ' "$top/log"; do
    tries=$((tries + 1))
    [ $tries -lt 400 ] || fail "mailstored does not start"
    kill -0 "$daemon" 2>/dev/null || fail "mailstored ended"
    sleep 0.05
done
port() {
    sed -n "s/.*listening service=$1 address=127\.0\.0\.1:\([0-9]*\)$/\1/p" "$top/log"
}
imap=imap://127.0.0.1:$(port imap)
pop3=pop3://127.0.0.1:$(port pop3)
tested=0
have() {
    command -v "$1" >/dev/null || { echo "no $1 here"; return 1; }
    tested=$((tested + 1))
}

# A message with an attachment, CRLF as on the wire, stuffed dots included.
{
    printf 'From: sender@example.org\r\nTo: alice@example.org\r\nSubject: a client'"'"'s test\r\n'
    printf 'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n'
    printf -- '--b\r\nContent-Type: text/plain\r\n\r\n.a dot\r\n..two\r\n'
    printf -- '--b\r\nContent-Type: application/octet-stream; name=x.bin\r\n'
    printf 'Content-Transfer-Encoding: base64\r\n\r\n'
    head -c 20000 /dev/urandom | base64 | sed 's/$/\r/'
    printf -- '--b--\r\n'
} >"$top/mail"

if have swaks; then
    tr -d '\r' <"$top/mail" >"$top/mail.lf" # swaks adds the CR itself
    for socket in "--socket $top/lmtp" "--server 127.0.0.1 --port $(port lmtp)"; do
        # shellcheck disable=SC2086 # words on purpose
        swaks --protocol LMTP $socket --from sender@example.org --to alice@example.org \
            --data "@$top/mail.lf" >"$top/swaks" 2>&1 || { cat "$top/swaks" >&2; fail swaks; }
    done
    if have curl; then
        curl -sS --user alice:wonder "$imap/INBOX;UID=1" >"$top/got"
        # swaks ends its data with a line end of its own.
        head -c "$(wc -c <"$top/mail")" "$top/got" | cmp - "$top/mail" || fail "swaks to curl"
        curl -sS --user alice:wonder "$pop3/2" >"$top/got"
        head -c "$(wc -c <"$top/mail")" "$top/got" | cmp - "$top/mail" || fail "swaks to curl by POP3"
    fi
fi

if have curl; then
    curl -sS --user alice:wonder "$imap/" -X 'CREATE Curl' || fail "curl CREATE"
    curl -sS --user alice:wonder "$imap/Curl" -T "$top/mail" || fail "curl APPEND"
    curl -sS --user alice:wonder "$imap/Curl;UID=1" >"$top/got" || fail "curl FETCH"
    cmp "$top/got" "$top/mail" || fail "curl: what came back differs"
    curl -sS --user alice:wonder "$imap/Curl;UID=1;SECTION=HEADER.FIELDS%20(SUBJECT)" |
        grep -q "a client's test" || fail "curl SECTION"
    curl -sS --user alice:wonder "$imap/Curl?SUBJECT%20client" | grep -q '^\* SEARCH 1' ||
        fail "curl SEARCH"
fi

if have mbsync; then
    mkdir "$top/maildir"
    cat >"$top/mbsyncrc" <<CONFIG
IMAPAccount here
Host 127.0.0.1
Port $(port imap)
User alice
Pass wonder
SSLType None

IMAPStore far
Account here

MaildirStore near
Path $top/maildir/
Inbox $top/maildir/INBOX
SubFolders Verbatim

Channel all
Far :far:
Near :near:
Patterns * !Public*
Create Both
Expunge Both
SyncState *
CONFIG
    mbsync -c "$top/mbsyncrc" all >"$top/mbsync" 2>&1 || { cat "$top/mbsync" >&2; fail mbsync; }
    found=0
    for file in "$top"/maildir/Curl/*/*; do
        [ -f "$file" ] || continue
        sed '/^X-TUID: /d' "$file" | sed 's/$/\r/' | cmp - "$top/mail" || fail "mbsync: pulled mail differs"
        found=$((found + 1))
    done
    [ $found = 1 ] || fail "mbsync: $found messages pulled instead of 1"
    # And back: a message put into the Maildir, a new folder, a flag.
    mkdir -p "$top/maildir/Pushed/cur" "$top/maildir/Pushed/new" "$top/maildir/Pushed/tmp"
    tr -d '\r' <"$top/mail" >"$top/maildir/Pushed/cur/1.push.host:2,FS"
    mbsync -c "$top/mbsyncrc" all >"$top/mbsync" 2>&1 || { cat "$top/mbsync" >&2; fail "mbsync push"; }
    curl -sS --user alice:wonder "$imap/Pushed" -X 'FETCH 1 (FLAGS)' | grep -q 'Flagged.*Seen' ||
        fail "mbsync: flags did not arrive"
    curl -sS --user alice:wonder "$imap/Pushed;UID=1" | sed '/^X-TUID: /d' | cmp - "$top/mail" ||
        fail "mbsync: pushed mail differs"
    # Deleted here, gone there.
    rm "$top/maildir/Pushed/cur/"*
    mbsync -c "$top/mbsyncrc" all >"$top/mbsync" 2>&1 || { cat "$top/mbsync" >&2; fail "mbsync expunge"; }
    curl -sS --user alice:wonder "$imap/" -X 'STATUS Pushed (MESSAGES)' | grep -q 'MESSAGES 0' ||
        fail "mbsync: the deleted message stayed"
fi

if have mutt && command -v script >/dev/null; then
    cat >"$top/muttrc" <<CONFIG
set folder="$imap"
set imap_user=alice
set imap_pass=wonder
set ssl_starttls=no
set tmpdir="$top"
set header_cache=
set ssl_force_tls=no
set wait_key=no
set quit=yes
set resolve=no
set confirmcreate=no
set confirmappend=no
set mbox_type=mbox
push "<first-entry><copy-message>$top/mutt.mbox<enter><flag-message><quit>"
CONFIG
    TERM=xterm timeout 30 script -qec \
        "mutt -n -F $top/muttrc -f $imap/Curl" /dev/null >"$top/mutt" 2>&1 </dev/null || :
    grep -q "a client's test" "$top/mutt.mbox" 2>/dev/null || fail "mutt: no message was saved"
    curl -sS --user alice:wonder "$imap/Curl" -X 'FETCH 1 (FLAGS)' | grep -q 'Flagged' ||
        fail "mutt: the flag did not arrive"
fi

[ $tested -gt 0 ] || exit 77
kill "$daemon"
wait "$daemon" || fail "mailstored ended with $?"
daemon=
echo "ok: $tested clients"
