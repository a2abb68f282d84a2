# fish completion of plusclouds-agent(8)

complete -c plusclouds-agent -f
complete -c plusclouds-agent -n __fish_use_subcommand -a check -d 'Validate the configuration, test the connection'
complete -c plusclouds-agent -n __fish_use_subcommand -a snapshot -d 'Print one telemetry payload'
complete -c plusclouds-agent -n __fish_use_subcommand -l version -d 'Print the version'
complete -c plusclouds-agent -l help -d 'Print a summary'
complete -c plusclouds-agent -n 'not __fish_seen_subcommand_from snapshot' -l config -r -F -d 'Read this configuration'
complete -c plusclouds-agent -n '__fish_seen_subcommand_from check' -l offline -d 'Do not connect'
complete -c plusclouds-agent -n '__fish_seen_subcommand_from check' -l settings -d 'Print every key with its value'
complete -c plusclouds-agent -n '__fish_seen_subcommand_from snapshot' -l watch -d 'Show this machine until Ctrl-C'
