# How a run speaks and keeps time. Sourced by flow.sh.
#
#   REPORT=demo   ✓ and figures for people
#   REPORT=test   "ok N - what # figures" for machines (TAP)
#
# The caller sets $logs, a directory that outlives a failure.

passed=0 failed=0
figure=    # what the next check shows beside its text
took=      # seconds of the last timed command

title() { if [ "$REPORT" = test ]; then echo "# $1"; else printf '\n%s\n' "$1"; fi; }

# Lines of evidence below a check.
show() { if [ "$REPORT" = test ]; then sed 's/^/# /'; else sed 's/^/      /'; fi; }

pass() { # TEXT [FIGURE]
    passed=$((passed + 1))
    if [ "$REPORT" = test ]; then
        echo "ok $((passed + failed)) - $1${2:+ # $2}"
    else
        echo "  ✓ $1${2:+: $2}"
    fi
}

# The first failure ends the run: what follows would stand on it.
fail() { # TEXT [FILE that says more]
    failed=$((failed + 1))
    if [ "$REPORT" = test ]; then echo "not ok $((passed + failed)) - $1"; else echo "  ✗ $1"; fi
    if [ -s "${2:-}" ]; then tail -n 12 "$2" | show; fi
    echo "FAILED: $1. The logs are in $logs" >&2
    exit 1
}

# Does the command succeed? Its output goes to the log; $figure is shown and used up.
check() { # TEXT COMMAND…
    local text=$1 shown=$figure
    shift
    figure=
    if "$@" >>"$logs/run.log" 2>&1; then
        pass "$text" "$shown"
    else
        echo "failed: $*" >>"$logs/run.log"
        fail "$text${shown:+ (found: $shown)}" "${answer:-}"
    fi
}

seconds_since() { awk -v from="$1" -v to="$EPOCHREALTIME" 'BEGIN { printf "%.1f", to - from }'; } # an EPOCHREALTIME

# Run a command, its output to the log, and say what takes so long when it takes more than a second.
timed() { # TEXT COMMAND…
    local text=$1 start=$EPOCHREALTIME code=0
    shift
    still_busy "$text" &
    local ticker=$!
    echo "== $text: $*" >>"$logs/run.log"
    "$@" >>"$logs/run.log" 2>&1 || code=$?
    kill "$ticker" 2>/dev/null || true
    wait "$ticker" 2>/dev/null || true
    if [ -t 1 ]; then printf '\r\033[K'; fi
    took=$(seconds_since "$start")
    return $code
}

# On a terminal a counter, elsewhere a line after a second and then one every ten.
still_busy() {
    local n=0
    while sleep 1 >/dev/null 2>&1; do
        n=$((n + 1))
        if [ -t 1 ]; then
            printf '\r\033[K  … %s, %d s' "$1" "$n"
        elif [ $((n % 10)) = 1 ]; then
            echo "  … $1, $n s" | if [ "$REPORT" = test ]; then sed 's/^/#/'; else cat; fi
        fi
    done
}
