#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# run.sh - installs what is missing, builds, runs every test. See --help.
#
# Four builds: plain (every suite), ASan+UBSan (the suites that run in one process or drive our own
# daemons), TSan (what has threads), libFuzzer (the corpus of each fuzz target, and new input). Ends
# with one line "N passed, N failed". Works from any directory, needs no terminal, can be run twice,
# kills only what it started.
set -u

usage() {
    cat <<'TEXT'
usage: sh tests/run.sh [--quick] [--full] [--suite NAME]... [--bench [ARGUMENT...]] [--help]

  --quick        only the house checks and the plain build's tests, the slow ones shortened
  --full         installs LibreOffice too, and has it make and read documents
  --suite NAME   only this one; can be given more than once. NAME is one of
                   house      layers, exports, hardening, headers, format, lint, words, documents,
                              shell scripts, --help, units
                   ese message server libstorehook filters scanner    unit tests of one folder
                   unit       all unit tests
                   transcript preload crash detection fuzz e2e        see tests/
                   quickstart examples/quickstart.sh
                   asan tsan  what runs under the sanitizers
                   libfuzzer  seconds of new input for each fuzz target
  --bench        measure instead of test; arguments after it go to tests/bench/run-bench.py
  --help         this text

Exit status: 0 when nothing failed, 1 when something did, 2 for wrong usage.
TEXT
}

top=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd) || exit 1
unit_suites="ese message server libstorehook filters scanner"
plain_suites="$unit_suites transcript preload crash detection fuzz e2e"
# The corpora of the fuzz targets run under the same two with libFuzzer.
asan_suites="$unit_suites transcript preload crash detection"
# The service forks instead of threading; its clients, in the store, are threads.
tsan_suites="ese message server libstorehook transcript preload"

quick=
suites=
while [ $# -gt 0 ]; do
    case $1 in
    --quick) quick=1 ;;
    --full) export STOREHOOK_TEST_FULL=1 ;;
    --suite)
        [ $# -gt 1 ] || { usage >&2; exit 2; }
        shift
        case " house unit quickstart asan tsan libfuzzer $plain_suites " in
        *" $1 "*) suites="$suites $1" ;;
        *) echo "run.sh: no suite '$1'" >&2; usage >&2; exit 2 ;;
        esac
        ;;
    --bench)
        shift
        bench=1
        break
        ;;
    --help | -h) usage; exit 0 ;;
    *) echo "run.sh: unknown option '$1'" >&2; usage >&2; exit 2 ;;
    esac
    shift
done

exec </dev/null
# Debian's own meson and python3, whatever a developer has in front of them.
PATH=/usr/bin:/bin:/usr/sbin:/sbin:$PATH
export PATH
cd "$top" || exit 1
started=$(date +%s)
passed=0
failed=0
skipped=0
failures=
child=
ahead=
courtesy=

# All that tests make lies here, so that nothing stays. Short: a socket's path has 107 bytes.
scratch=$(mktemp -d /tmp/shtest.XXXXXX) || exit 1
export TMPDIR="$scratch"
export PYTHONDONTWRITEBYTECODE=1

# shellcheck disable=SC2317,SC2329 # called by trap
clean_up() {
    trap - EXIT HUP INT TERM
    for process in $child $ahead; do
        kill -TERM "$process" 2>/dev/null
        wait "$process" 2>/dev/null
    done
    rm -rf "$scratch"
}
trap clean_up EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

# In the background and waited for, so that a signal to this script is answered at once.
run() {
    "$@" &
    child=$!
    wait "$child"
    run_status=$?
    child=
    return $run_status
}

say() {
    printf '\n==> [%3ds] %s\n' "$(($(date +%s) - started))" "$*"
}

wanted() {
    [ -z "$suites" ] && return 0
    for one; do
        case " $suites " in *" $one "*) return 0 ;; esac
    done
    return 1
}

finish() {
    say "done"
    rm -f "$scratch/log"
    left=$(cd "$scratch" && find . -mindepth 1 | head -n 20)
    if [ -n "$left" ]; then
        printf 'tests left behind in TMPDIR:\n%s\n' "$left"
        failed=$((failed + 1)) failures="$failures left-behind"
    fi
    [ -z "$failures" ] || printf 'failed:%s\n' "$failures"
    [ "$skipped" -eq 0 ] || printf 'skipped: %d (see above why)\n' "$skipped"
    printf '%d passed, %d failed\n' "$passed" "$failed"
    [ "$failed" -eq 0 ] && exit 0
    exit 1
}

# A script that is one test: 0 passed, 77 skipped, else failed. Its output is shown when it failed.
script_test() {
    name=$1
    shift
    begun=$(date +%s)
    run timeout -k 10 "${limit:-120}" "$@" >"$scratch/log" 2>&1
    case $run_status in
    0) passed=$((passed + 1)) result=ok ;;
    77) skipped=$((skipped + 1)) result="skipped: $(tail -n 1 "$scratch/log")" ;;
    *) failed=$((failed + 1)) failures="$failures $name" result=FAILED ;;
    esac
    printf '%-40s %s (%ds)\n' "$name" "$result" "$(($(date +%s) - begun))"
    [ "$result" != FAILED ] || sed 's/^/    /' "$scratch/log"
}

# The options of a build. What sanitizers add to the code makes gcc warn where there is nothing: the
# plain build is the one without warnings. Their libraries have a crypt_r() of their own that calls
# on libcrypt, which the linker would then leave out as not needed. -O1 and nothing but line numbers
# compile in half the time.
# shellcheck disable=SC2317,SC2329 # called by configure()
options_of() {
    sanitizers="-Dwerror=false -Db_lundef=false -Doptimization=1 -Dc_args=-g1"
    case $1 in
    build-asan) echo "-Db_sanitize=address,undefined -Db_asneeded=false $sanitizers" ;;
    build-tsan) echo "-Db_sanitize=thread -Db_asneeded=false $sanitizers" ;;
    build-fuzz) echo "-Dfuzzer=true -Db_sanitize=address,undefined $sanitizers" ;;
    esac
}

# Configured once; a directory that meson cannot use any more is made anew. To be run() as compile().
# shellcheck disable=SC2317,SC2329 # called by run()
configure() {
    [ -f "$1/build.ninja" ] && return 0
    rm -rf "$1"
    [ "$1" != build-fuzz ] || export CC=clang
    # shellcheck disable=SC2046 # a list
    exec meson setup "$1" $(options_of "$1")
}

# compile DIRECTORY [SUITE...]: all, or only what tests of these suites need.
# shellcheck disable=SC2317,SC2329 # called by run()
compile() {
    directory=$1
    shift
    # shellcheck disable=SC2046,SC2086 # lists
    NINJA_STATUS='[%f/%t] ' exec $courtesy ninja -C "$directory" \
        $([ $# -eq 0 ] || python3 tools/meson-results.py --targets "$directory" "$@")
}

# build_ahead asan|tsan|libfuzzer...: while the tests of an earlier build run, by what those leave of
# the processors. Nothing is told or counted: build() comes to it again, and goes on from there.
build_ahead() {
    [ -z "$ahead" ] || return 0
    build_politely "$@" &
    ahead=$!
}

build_politely() {
    trap 'kill "$child" 2>/dev/null; exit 1' TERM
    courtesy="nice -n 19"
    for one; do
        wanted "$one" || continue
        # shellcheck disable=SC2086 # lists
        case $one in
        asan) set -- build-asan $asan_suites ;;
        tsan) set -- build-tsan $tsan_suites ;;
        libfuzzer) set -- build-fuzz fuzz ;;
        esac
        run configure "$1" && run compile "$@"
        : >"$scratch/ahead.$1"
    done >/dev/null 2>&1
}

build() {
    directory=$1
    say "building $directory"
    if [ -n "$ahead" ] && [ ! -e "$scratch/ahead.$directory" ]; then
        kill "$ahead" 2>/dev/null
        wait "$ahead"
        ahead=
    fi
    rm -f "$scratch/ahead.$directory"
    run configure "$directory" >"$scratch/log" 2>&1 || {
        tail -n 30 "$scratch/log"
        failed=$((failed + 1)) failures="$failures configure:$directory"
        return 1
    }
    run compile "$@" && passed=$((passed + 1)) && return 0
    failed=$((failed + 1)) failures="$failures build:$directory"
    return 1
}

# meson_tests DIRECTORY MULTIPLIER SUITE... - counts from meson's own log, shows each failed one's.
meson_tests() {
    directory=$1 multiplier=$2
    shift 2
    # One more at a time than there are processors: some of them mostly wait.
    arguments=$(python3 tools/meson-results.py --existing "$directory" "$@")
    [ -n "$arguments" ] || {
        echo "no tests of: $*"
        return 0
    }
    rm -f "$directory/meson-logs/testlog.json"
    # shellcheck disable=SC2086 # one --suite a word
    run env CK_TIMEOUT_MULTIPLIER="$((2 * multiplier))" \
        meson test -C "$directory" --no-rebuild --timeout-multiplier "$multiplier" \
        --num-processes "$(($(nproc) + 1))" --print-errorlogs $arguments
    counts=$(python3 tools/meson-results.py "$directory") || counts="0 1 0 $directory:no-results"
    # shellcheck disable=SC2086 # four fields
    set -- $counts
    passed=$((passed + $1)) failed=$((failed + $2)) skipped=$((skipped + $3))
    shift 3
    [ $# -eq 0 ] || failures="$failures $*"
}

say "what this machine lacks"
purposes="build quickstart test${STOREHOOK_TEST_FULL:+ full}"
[ -z "${bench:-}" ] || purposes="build quickstart bench"
# shellcheck disable=SC2086 # a list
run sh tools/install-packages.sh $purposes || {
    failed=1 failures=" install-packages"
    finish
}

if [ -n "${bench:-}" ]; then
    build build || finish
    run python3 tests/bench/run-bench.py --build "$top/build" "$@"
    exit $run_status
fi

# shellcheck disable=SC2086 # a list
if wanted unit quickstart asan tsan house $plain_suites; then
    plain=1
    build build || plain=
fi

sanitized=
if [ -z "$quick" ] || [ -n "$suites" ]; then
    sanitized=1
    build_ahead asan tsan libfuzzer
fi

if wanted house; then
    say "the house in order"
    script_test layers python3 tools/check-layers.py
    script_test layers-self-test python3 tools/check-layers.py --self-test
    [ -z "$plain" ] || script_test exports python3 tools/check-exports.py build
    [ -z "$plain" ] || script_test hardening sh tools/check-hardening.sh build
    limit=600 script_test headers python3 tools/check-headers.py
    script_test format sh tools/check-format.sh
    [ -z "$plain" ] || limit=600 script_test tidy sh tools/check-tidy.sh build
    script_test words python3 tools/check-words.py
    script_test documents python3 tools/check-docs.py
    script_test shell sh tools/check-shell.sh
    [ -z "$plain" ] || script_test help python3 tools/check-help.py build
    [ -z "$plain" ] || script_test units sh tools/check-units.sh build
fi

[ -z "$quick" ] || export STOREHOOK_TEST_QUICK=1
chosen=
for suite in $plain_suites; do
    case " $unit_suites " in *" $suite "*) group=unit ;; *) group= ;; esac
    wanted "$suite" ${group:+"$group"} && chosen="$chosen $suite"
done
if [ -n "$chosen" ] && [ -n "$plain" ]; then
    say "tests:$chosen"
    # shellcheck disable=SC2086 # a list
    meson_tests build 3 $chosen # the limits are of a machine of two processors, with room on top
fi

if wanted quickstart && [ -n "$plain" ]; then
    say "quickstart"
    # From a folder with a blank in its name, as people have them.
    ln -s "$top" "$scratch/with blank"
    limit=300 script_test quickstart sh "$scratch/with blank/examples/quickstart.sh"
    rm -f "$scratch/with blank"
fi

if [ -n "$sanitized" ]; then
    # A build for the sanitizers looks at the same code: the shorter form of the slow tests will do.
    export STOREHOOK_TEST_QUICK=1
    export ASAN_OPTIONS="${ASAN_OPTIONS:-abort_on_error=1:detect_stack_use_after_return=1}"
    export UBSAN_OPTIONS="${UBSAN_OPTIONS:-halt_on_error=1:print_stacktrace=1}"
    export TSAN_OPTIONS="${TSAN_OPTIONS:-halt_on_error=1:second_deadlock_stack=1}"
    # GLib hands slices from thread to thread by locks that the sanitizers do not see.
    export G_SLICE=always-malloc
    # shellcheck disable=SC2086 # a list
    if wanted asan && build build-asan $asan_suites; then
        build_ahead tsan libfuzzer
        say "under ASan and UBSan: $asan_suites"
        # shellcheck disable=SC2086 # a list
        meson_tests build-asan 4 $asan_suites
    fi
    # shellcheck disable=SC2086 # a list
    if wanted tsan && build build-tsan $tsan_suites; then
        build_ahead libfuzzer
        say "under TSan: $tsan_suites"
        # shellcheck disable=SC2086 # a list
        meson_tests build-tsan 6 $tsan_suites
    fi
    if wanted libfuzzer && build build-fuzz fuzz; then
        say "new input for the fuzz targets"
        meson_tests build-fuzz 1 fuzz
    fi
fi
finish
