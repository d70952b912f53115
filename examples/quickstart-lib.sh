# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh disable=SC2034,SC2154 # names that quickstart.sh sets or reads
#
# quickstart-lib.sh - what quickstart.sh is made of: processes, clients, the table. Sourced.

password=secret
wrong=0
rows=0
our_pids=

die() {
    echo "quickstart.sh: $*" >&2
    show_logs
    exit 1
}

show_logs() {
    for log in "$scratch"/*.log; do
        [ ! -s "$log" ] || { echo "--- $(basename "$log")" && tail -n 15 "$log"; } >&2
    done
}

clean_up() {
    trap - EXIT HUP INT TERM
    # shellcheck disable=SC2086 # a list
    for pid in $our_pids; do kill -TERM "$pid" 2>/dev/null; done
    # shellcheck disable=SC2086
    for pid in $our_pids; do wait "$pid" 2>/dev/null; done
    rm -rf "$scratch"
}

# wait_until SECONDS COMMAND... - until it succeeds.
wait_until() {
    tries=$(($1 * 20))
    shift
    while ! "$@" >/dev/null 2>&1; do
        tries=$((tries - 1))
        [ $tries -gt 0 ] || return 1
        sleep 0.05
    done
}

programs_to_build() {
    echo mailstore/server/mailstored libstorehook/libstorehook.so scanner/storehookd scanner/storehookctl
}

free_port() {
    python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

everybody() {
    seq -f 'user%02g' -s , 1 50
}

write_store_configuration() { # NAME IMAP-PORT POP3-PORT
    cat >"$scratch/$1.conf" <<CONF
[store]
path=$scratch/$1
[lmtp]
listen=unix:$scratch/$1.lmtp
[imap]
listen=127.0.0.1:$2
[pop3]
listen=127.0.0.1:$3
[users]
passwd-file=$scratch/passwd
CONF
}

write_configuration() {
    mkdir "$scratch/sent" "$scratch/got" "$scratch/state"
    hash=$(openssl passwd -6 -salt storehook "$password")
    for user in alice bob $(everybody | tr , ' '); do echo "$user:$hash"; done >"$scratch/passwd"
    lmtp=$scratch/store.lmtp
    store_port=$(free_port) pop3_port=$(free_port) bare_port=$(free_port)
    imap_port=$store_port
    write_store_configuration store "$store_port" "$pop3_port"
    write_store_configuration bare "$bare_port" "$(free_port)"
    cat >"$scratch/storehookd.conf" <<CONF
[service]
socket=$scratch/scanner.sock
state-directory=$scratch/state
[signatures]
directory=${QUICKSTART_SIGNATURES:-$top/examples/signatures}
[rules]
file=$top/examples/rules.conf
[clients]
executables=$top/build/mailstore/server/mailstored
CONF
    export STOREHOOK_SOCKET="$scratch/scanner.sock"
}

control() {
    build/scanner/storehookctl --config "$scratch/storehookd.conf" "$@" >/dev/null ||
        echo "storehookctl $* failed" >&2
}

status() { # JQ-EXPRESSION
    build/scanner/storehookctl --config "$scratch/storehookd.conf" --json status | jq -r "$1"
}

is_protected() {
    [ "$(status '.protection == "protected" and ([.clients[] | select(.hooked)] | length > 0)')" = true ]
}

is_up() {
    status .ok
}

signatures_in_use() {
    status '.signatures | "\(.count) in \(.source)" + (if .bundled then ", for trying out" else "" end)'
}

counter() {
    case $1 in
    scans) status .scans.scanned ;;
    cache-hits) status '.scans["cache-hits"]' ;;
    unscanned) status .unscanned.total ;;
    esac
}

start_scanner() {
    build/scanner/storehookd --config "$scratch/storehookd.conf" >>"$scratch/storehookd.log" 2>&1 &
    scanner_pid=$!
    our_pids="$our_pids $scanner_pid"
    wait_until 30 is_up || die "storehookd does not answer"
}

kill_scanner() {
    kill -KILL "$scanner_pid"
    wait "$scanner_pid" 2>/dev/null
}

accepts() { # PORT
    python3 -c 'import socket, sys; socket.create_connection(("127.0.0.1", int(sys.argv[1])), 1)' "$1"
}

start_store() { # NAME CONFIGURATION [VARIABLE=VALUE...]
    name=$1 configuration=$2
    shift 2
    env "$@" build/mailstore/server/mailstored --config "$configuration" >>"$scratch/$name.log" 2>&1 &
    started_pid=$!
    our_pids="$our_pids $started_pid"
    wait_until 20 accepts "$(sed -n '/^\[imap\]/{n;s/.*://p;}' "$configuration")" ||
        die "mailstored ($name) does not answer"
}

addresses() {
    echo "$1" | sed 's/,/@example.org,/g; s/$/@example.org/'
}

deliver() { # SUBJECT USERS KIND [OPTION OF make-mail.py...]
    subject=$1 users=$2 what=$3
    shift 3
    python3 tests/e2e/make-mail.py "$what" --to "$(addresses "$users")" --subject "$subject" \
        --output "$scratch/sent/$subject.eml" --data "$scratch/sent/$subject.data" "$@" || exit 1
    swaks --protocol LMTP --socket "$lmtp" --from sender@example.org --to "$(addresses "$users")" \
        --data "@$scratch/sent/$subject.data" --no-data-fixup >"$scratch/swaks.log" 2>&1
    accepted=$?
    grep -q '^<\*\*' "$scratch/swaks.log" && accepted=1
    [ "$accepted" -eq 0 ] || grep '^<\*\*' "$scratch/swaks.log" | head -n 3 >&2
    return 0
}

append() { # SUBJECT USER KIND
    subject=$1
    python3 tests/e2e/make-mail.py "$3" --to "$2@example.org" --subject "$subject" \
        --output "$scratch/sent/$subject.eml" || exit 1
    curl -s -m 20 -u "$2:$password" "imap://127.0.0.1:$imap_port/INBOX" \
        -T "$scratch/sent/$subject.eml" >"$scratch/curl.log" 2>&1
    accepted=$?
}

found() { # USER: numbers of the messages with this subject
    curl -s -m 20 -u "$1:$password" "imap://127.0.0.1:$imap_port/INBOX?SUBJECT%20$subject" |
        tr -d '\r' | sed -n 's/^\* SEARCH *//p'
}

fetch() { # USER NUMBER
    curl -s -m 20 -u "$1:$password" "imap://127.0.0.1:$imap_port/INBOX;MAILINDEX=$2" \
        -o "$scratch/got/$subject.eml"
}

incident() { # JQ-EXPRESSION over the incidents of this subject
    build/scanner/storehookctl --config "$scratch/storehookd.conf" --json incidents |
        jq -r --arg subject "$subject" "[.incidents[] | select(.subject == \$subject)] | $1"
}

in_words() {
    case $1 in
    eicar) echo "EICAR attached" ;;
    eicar-zip) echo "EICAR in a zip" ;;
    eicar-nested) echo "EICAR in a message in a message" ;;
    eicar-broken-base64) echo "EICAR inline in broken base64" ;;
    eicar-body) echo "EICAR in the words themselves" ;;
    esac
}

table_head() {
    echo
    printf '%-32s  %-22s  %-54s  %s\n' "SENT" "ARRIVED" "WHY" ""
}

section() {
    printf '%s\n' "-- $1"
}

row() { # SENT ARRIVED WHY RIGHT(0 or 1)
    rows=$((rows + 1))
    mark=ok
    [ "$4" -eq 0 ] || { mark=WRONG && wrong=$((wrong + 1)); }
    printf '%-32s  %-22s  %-54.54s  %s\n' "$1" "$2" "$3" "$mark"
}

table_foot() {
    echo
    if [ "$wrong" -eq 0 ]; then
        echo "$rows of $rows as it should be."
    else
        echo "$wrong of $rows went otherwise than they should have."
        show_logs
    fi
}

expect_true() { # WHAT WHY COMMAND...
    what=$1 why=$2
    shift 2
    "$@" >/dev/null 2>&1
    row "$what" "-" "$why" $?
}

expect_same() { # WHAT USER [WHY]
    numbers=$(found "$2")
    right=1 arrived="nothing"
    case $numbers in
    "") ;;
    *" "*) arrived="more than once" ;;
    *)
        fetch "$2" "$numbers"
        arrived="something else"
        cmp -s "$scratch/sent/$subject.eml" "$scratch/got/$subject.eml" &&
            right=0 arrived="byte for byte"
        ;;
    esac
    [ "$accepted" -eq 0 ] || right=1 arrived="$arrived (refused)"
    row "$1" "$arrived" "${3:-clean}" $right
}

expect_nothing() { # WHAT USERS VERDICT
    right=0 total=0 seen=0
    for user in $(echo "$2" | tr , ' '); do
        total=$((total + 1))
        [ -z "$(found "$user")" ] || seen=$((seen + 1))
    done
    arrived=nothing
    [ $total -eq 1 ] || arrived="nothing, $total times"
    [ $seen -eq 0 ] || { right=1 && arrived="in $seen of $total mailboxes"; }
    [ "$accepted" -eq 0 ] || { right=1 && arrived="$arrived (refused)"; }
    why=$(incident 'map(select(.name != "" and .name != null)) | (.[0] // .) | "\(.verdict): \(.name), \(.action)"')
    [ "$(incident '.[0].verdict')" = "$3" ] || right=1
    row "$1" "$arrived" "$why" $right
}

expect_notice() { # WHAT USER VERDICT
    right=1 arrived=nothing
    numbers=$(found "$2")
    case $numbers in
    "" | *" "*) ;;
    *)
        fetch "$2" "$numbers"
        arrived="as it was sent"
        cmp -s "$scratch/sent/$subject.eml" "$scratch/got/$subject.eml" ||
            right=0 arrived="a notice in its place"
        ;;
    esac
    [ "$(incident 'map(select(.attachment == "notes.txt")) | .[0].verdict')" = "$3" ] || right=1
    row "$1" "$arrived" "$(incident '.[0] | "\(.verdict): \(.name), \(.action)"')" $right
}

# One for the attachment, one for the message's words; not one a recipient.
expect_few_scans() { # WHAT SCANS-BEFORE
    more=$(($(counter scans) - $2))
    right=1
    [ "$more" -ge 1 ] && [ "$more" -le 2 ] && right=0
    row "$1" "-" "$more scan(s), not 50" $right
}

# Two messages with words of their own and one attachment.
expect_one_scan() { # WHAT SCANS-BEFORE
    more=$(($(counter scans) - $2))
    right=1
    [ "$more" -eq 3 ] && [ -n "$(found bob)" ] && right=0
    row "$1" "both" "$more scans: two of words, one of the attachment" $right
}

counted_more_than() {
    [ "$(counter unscanned)" -gt "$1" ]
}

# The store tells once a second, or when the service is back.
expect_more_unscanned() { # WHAT BEFORE
    wait_until 5 counted_more_than "$2"
    more=$(($(counter unscanned) - $2))
    right=1
    [ "$more" -gt 0 ] && right=0
    row "$1" "-" "storehookctl status: $more rows more" $right
}

serve_until_interrupted() {
    cat <<TEXT

Everything is running. Users alice, bob and user01 to user50, password "$password".
  LMTP   swaks --protocol LMTP --socket "$lmtp" --to alice@example.org
  IMAP   127.0.0.1:$store_port      curl -u alice:$password imap://127.0.0.1:$store_port/INBOX
  POP3   127.0.0.1:$pop3_port
  admin  "$top/build/scanner/storehookctl" --config "$scratch/storehookd.conf" status
  logs   $scratch/*.log
Press Ctrl-C to stop; nothing is kept.
TEXT
    wait "$store_pid"
}
