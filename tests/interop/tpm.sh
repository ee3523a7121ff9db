# Starts, stops and power-cycles the TPM under test. The state of the running one is in $TPM_HOME: pid, port, state/.
# TPM_KIND is swtpm (Debian's, the reference), donjon, or tcg (a simulator built from the TCG's reference code); TPM_PROTOCOL is swtpm or mssim.
# Both protocols use two ports: PORT for commands and PORT+1 for control (swtpm) or platform (mssim).

ctl() {
    python3 "$INTEROP/ctrl.py" "$TPM_PROTOCOL" "$(cat "$TPM_HOME/port")" "$@"
}

port_is_open() {
    (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

# Prints a port P such that nobody listens on P and P+1.
free_ports() {
    local port
    while true; do
        port=$((20000 + (RANDOM % 10000) * 2))
        port_is_open "$port" || port_is_open $((port + 1)) || break
    done
    echo "$port"
}

# tpm_start: the TPM under test on its state directory, powered on, not yet started up. A port may be taken between
# the look and the launch, so a start that fails is tried again elsewhere.
tpm_start() {
    local try
    for try in 1 2 3 4 5; do
        ! tpm_start_on "$(free_ports)" || return 0
    done
    echo "the TPM under test did not start in $try tries; its log:" >&2
    cat "$TPM_HOME/tpm.log" >&2
    return 1
}

tpm_start_on() {
    local port=$1
    mkdir -p "$TPM_HOME/state"
    echo "$port" >"$TPM_HOME/port"
    case $TPM_KIND:$TPM_PROTOCOL in
        swtpm:swtpm) launch "$TPM_BINARY" socket --tpm2 --tpmstate "dir=$TPM_HOME/state" \
            --server "type=tcp,port=$port" --ctrl "type=tcp,port=$((port + 1))" --flags not-need-init ;;
        swtpm:mssim) launch python3 "$INTEROP/mssim-bridge.py" "$port" \
            "$TPM_BINARY" socket --tpm2 --tpmstate "dir=$TPM_HOME/state" ;;
        donjon:swtpm) # like 0.7.1, which cases on power cuts are written for: no shutdown that nobody asked for
            ln -sf "$TPM_BINARY" "$TPM_HOME/swtpm"
            launch "$TPM_HOME/swtpm" socket --tpm2 --tpmstate "dir=$TPM_HOME/state" \
                --server "type=tcp,port=$port" --ctrl "type=tcp,port=$((port + 1))" --flags not-need-init,disable-auto-shutdown ;;
        donjon:mssim) launch "$TPM_BINARY" tpm serve --mssim "$port" --state "$TPM_HOME/state" --startup none ;;
        tcg:mssim) launch env -C "$TPM_HOME/state" "$TPM_BINARY" "$port" ;;
        *) echo "no such TPM: $TPM_KIND over $TPM_PROTOCOL" >&2; return 1 ;;
    esac
    await_ready "$port" || return
    export TPM2TOOLS_TCTI="$TPM_PROTOCOL:host=127.0.0.1,port=$port"
    # IBM's tools speak the swtpm data channel as "raw"; their session files may stay readable here.
    export TPM_ENCRYPT_SESSIONS=0
    export TPM_INTERFACE_TYPE=socsim TPM_SERVER_NAME=127.0.0.1 TPM_COMMAND_PORT=$port TPM_PLATFORM_PORT=$((port + 1))
    if [ "$TPM_PROTOCOL" = mssim ]; then export TPM_SERVER_TYPE=mssim; else export TPM_SERVER_TYPE=raw; fi
    [ "$TPM_PROTOCOL" = swtpm ] || ctl on
}

launch() {
    "$@" >>"$TPM_HOME/tpm.log" 2>&1 </dev/null &
    echo $! >"$TPM_HOME/pid"
    disown
}

await_ready() {
    local _
    for _ in $(seq 500); do
        port_is_open $(($1 + 1)) && return 0
        if ! kill -0 "$(cat "$TPM_HOME/pid")" 2>/dev/null; then break; fi
        sleep 0.01
    done
    return 1
}

# tpm_stop [SIGNAL]: end the process (TERM unless told) and wait until it is gone.
tpm_stop() {
    local pid
    pid=$(cat "$TPM_HOME/pid")
    kill "-${1:-TERM}" "$pid" 2>/dev/null || true
    while kill -0 "$pid" 2>/dev/null; do sleep 0.01; done
}

# tpm_power_cycle: power off and on again (_TPM_Init), the process stays.
tpm_power_cycle() {
    ctl cycle
}

# tpm_restart [SIGNAL]: a new process on the same state; KILL is a power cut in the middle of everything.
tpm_restart() {
    tpm_stop "${1:-TERM}"
    tpm_start
}
