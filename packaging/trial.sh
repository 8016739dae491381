# What the trials packaging/try-* have in common. They source it, and define `near`, which runs a program where the
# server can be reached, and `details`, which shows what helps to understand a failure.
# shellcheck shell=bash

trap 'echo "FAILED at line $LINENO" >&2' ERR

# Prints the comment at the top of the trial, and ends it.
usage() {
    sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//;p}' "$0"
    exit 2
}

say() { printf '\n--- %s\n' "$*"; }

fail() {
    printf 'FAILED: %s\n' "$*" >&2
    details >&2 || true
    exit 1
}

# Waits up to ten seconds until a command succeeds.
until_true() {
    local what=$1
    shift
    for _ in {1..100}; do
        if "$@" >/dev/null 2>&1; then return; fi
        sleep 0.1
    done
    fail "$what"
}

# Prints the loudness of three seconds of a stream, in dB. Silence is -91.
loudness() {
    near timeout 30 ffmpeg -nostdin -hide_banner -t 3 -i "$1" -af volumedetect -f null - 2>&1 |
        sed -n 's/.*mean_volume: \(-\?[0-9]*\).*/\1/p'
}

check_sound() {
    local found
    found=$(loudness "$1") || true
    [[ -n $found && $found -gt -60 ]] || fail "no sound at $1: ${found:-no audio} dB"
    echo "$1: sound, ${found} dB"
}
