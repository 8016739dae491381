# fish completion of coldwave. tests/repository checks that it names every option.
set -l others 'not __fish_seen_subcommand_from probe'
complete -c coldwave -n $others -s c -l config -r -F -d 'Configuration file'
complete -c coldwave -n $others -l check -d 'Validate the configuration, print a summary and exit'
complete -c coldwave -n $others -l against -x -a 'http://localhost:8000' -d 'With --check: the running server to compare with'
complete -c coldwave -n $others -s l -l listen -x -a '8000 127.0.0.1:8000 localhost:8000' -d 'Address and port, or only a port'
complete -c coldwave -n $others -l shuffle -d 'Play the music in random order'
complete -c coldwave -n $others -l example-config -d 'Print a configuration with every key'
complete -c coldwave -n $others -s V -l version -d 'Print the version'
complete -c coldwave -s h -l help -d 'Print a summary of the options'
complete -c coldwave -n __fish_use_subcommand -a relay -d 'Relay the stream at an address'
complete -c coldwave -n __fish_use_subcommand -a convert -d 'Print an icecast.xml or sc_serv.conf as a configuration'
complete -c coldwave -n __fish_use_subcommand -a init -d 'Write a configuration with passwords of its own'
complete -c coldwave -n __fish_use_subcommand -a health -d 'Ask a running server whether it listens'
complete -c coldwave -n __fish_use_subcommand -a probe -d 'Say what a listener of a station hears'
complete -c coldwave -n __fish_use_subcommand -a container -d 'Read the configuration from the environment'

# `coldwave probe` has options of its own.
set -l probe '__fish_seen_subcommand_from probe'
set -l findings unreachable tls no-reply not-http status redirect playlist web-page encoding no-audio silent \
    not-examined certificate redirect-from-tls slow-start name content-type bad-metaint bad-chunks bit-rate ended \
    connection-lost stall too-slow too-fast torn-frame junk checksum damaged-frame lost-frame format-change \
    wrong-metaint stray-metadata no-stream-title unterminated-title audio-in-block silence
complete -c coldwave -n $probe -f
complete -c coldwave -n $probe -s s -l seconds -x -d 'How long to listen'
complete -c coldwave -n $probe -s t -l timeout -x -d 'How long everything before the stream may take'
complete -c coldwave -n $probe -l json -d 'Print JSON'
complete -c coldwave -n $probe -l brief -d 'Print one line for each stream'
complete -c coldwave -n $probe -l renditions -d 'Examine all streams in the playlist of the station'
complete -c coldwave -n $probe -l agent -x -d 'User agent to send'
complete -c coldwave -n $probe -l name -x -d 'The name that the station must have'
complete -c coldwave -n $probe -l ca -r -F -d 'Certificate authorities (PEM) to trust, too'
complete -c coldwave -n $probe -l ignore -x -a "$findings" -d 'Kind of finding that is only a note'
complete -c coldwave -n $probe -l max-start -x -d 'The most seconds until the first byte'
complete -c coldwave -n $probe -l max-stall -x -d 'The most seconds without a byte'
complete -c coldwave -n $probe -l max-silence -x -d 'The most seconds of silence'
complete -c coldwave -n $probe -l silence-level -x -d 'Level in dB below which audio is silence'
complete -c coldwave -n $probe -l max-drift -x -d 'Per cent by which the audio may be too fast or too slow'
complete -c coldwave -n $probe -l max-bitrate-difference -x -d 'Per cent between announced and measured bit rate'
complete -c coldwave -n $probe -l min-certificate-days -x -d 'For how many days the certificate must be valid'
