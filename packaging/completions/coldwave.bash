# bash completion of coldwave. tests/repository checks that it names every option.
_coldwave() {
    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} command=${COMP_WORDS[1]}
    local options="--config --check --against --listen --shuffle --example-config --version --help"
    COMPREPLY=()
    if [[ $command == probe && $COMP_CWORD -gt 1 ]]; then
        _coldwave_probe "$word" "$before"
        return
    fi
    case $before in
        -c | --config | convert)
            mapfile -t COMPREPLY < <(compgen -f -- "$word")
            compopt -o filenames
            return
            ;;
        --against)
            mapfile -t COMPREPLY < <(compgen -W "http://localhost:8000" -- "$word")
            return
            ;;
        -l | --listen)
            mapfile -t COMPREPLY < <(compgen -W "8000 127.0.0.1:8000 localhost:8000 [::1]:8000" -- "$word")
            return
            ;;
    esac
    case $command in
        relay | health) [[ $COMP_CWORD -gt 1 && $word != -* ]] && return ;;
    esac
    if [[ $word == -* ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$options -c -l -V -h" -- "$word")
        return
    fi
    mapfile -t COMPREPLY < <(compgen -f -- "$word")
    compopt -o filenames
    if [[ $COMP_CWORD -eq 1 ]]; then
        local commands
        mapfile -t commands < <(compgen -W "relay convert init health probe container" -- "$word")
        COMPREPLY+=("${commands[@]}")
    fi
}

# `coldwave probe` has options of its own.
_coldwave_probe() {
    local word=$1 before=$2
    local options="--seconds --timeout --json --brief --renditions --agent --name --ca --ignore --max-start
        --max-stall --max-silence --silence-level --max-drift --max-bitrate-difference --min-certificate-days
        --help"
    local findings="unreachable tls no-reply not-http status redirect playlist web-page encoding no-audio silent
        not-examined certificate redirect-from-tls slow-start name content-type bad-metaint bad-chunks bit-rate
        ended connection-lost stall too-slow too-fast torn-frame junk checksum damaged-frame lost-frame
        format-change wrong-metaint stray-metadata no-stream-title unterminated-title audio-in-block silence"
    case $before in
        --ca)
            mapfile -t COMPREPLY < <(compgen -f -- "$word")
            compopt -o filenames
            ;;
        --ignore) mapfile -t COMPREPLY < <(compgen -W "$findings" -- "$word") ;;
        # A number or a text follows.
        -s | --seconds | -t | --timeout | --agent | --name | --max-* | --min-* | --silence-level) ;;
        *)
            # The rest are URLs.
            [[ $word == -* ]] && mapfile -t COMPREPLY < <(compgen -W "$options -s -t -h" -- "$word")
            ;;
    esac
}
complete -F _coldwave coldwave
