# bash completion of coldwave. tests/repository checks that it names every option.
_coldwave() {
    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} command=${COMP_WORDS[1]}
    local options="--config --check --against --listen --shuffle --example-config --version --help"
    COMPREPLY=()
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
        relay | health | probe) [[ $COMP_CWORD -gt 1 && $word != -* ]] && return ;;
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
complete -F _coldwave coldwave
