# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# storehookctl.bash - completion of storehookctl's commands and options, for bash-completion.

_storehookctl() {
    local current=$2 previous=$3 words='' command='' i

    COMPREPLY=()
    case $previous in
    --config | -c)
        mapfile -t COMPREPLY < <(compgen -f -- "$current")
        return
        ;;
    =) # a word of its own for bash
        [ "${COMP_WORDS[COMP_CWORD - 2]}" != --verdict ] ||
            words='infected blocked suspicious encrypted ambiguous not-fully-scanned not-scanned'
        mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
        return
        ;;
    esac
    for ((i = 1; i < COMP_CWORD; i++)); do
        case ${COMP_WORDS[i]} in
        --config | -c | =) ((i++)) ;;
        -*) ;;
        *) command+=${command:+ }${COMP_WORDS[i]} ;;
        esac
    done
    case $command in
    '')
        words='status stop start reload incidents unscanned quarantine condemned allow deny
               --config --json --help --version'
        ;;
    quarantine) words='list show release delete' ;;
    condemned) words='list release' ;;
    allow | deny) words='list add remove' ;;
    incidents) words='--since= --until= --verdict= --sender= --recipient= --reference= --limit=' ;;
    unscanned) words='--limit=' ;;
    'quarantine list') words='--until= --limit=' ;;
    'quarantine release'*) words='--to=' ;;
    'allow add' | 'allow remove' | 'deny add' | 'deny remove') words='--signature' ;;
    esac
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
    [[ ${COMPREPLY[*]} != *= ]] || compopt -o nospace 2>/dev/null
}
complete -F _storehookctl storehookctl
