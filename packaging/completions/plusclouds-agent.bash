# bash completion of plusclouds-agent(8)

_plusclouds_agent() {
  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} command='' words
  [ "$COMP_CWORD" -lt 2 ] || command=${COMP_WORDS[1]}
  if [ "$before" = --config ]; then
    compopt -o filenames
    mapfile -t COMPREPLY < <(compgen -f -- "$word")
    return
  fi
  case $command in
    check) words='--config --offline --settings --help' ;;
    snapshot) words='--watch --help' ;;
    '') words='check snapshot --config --version --help' ;;
    *) words='' ;;
  esac
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
}
complete -F _plusclouds_agent plusclouds-agent
