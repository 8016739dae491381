#!/bin/sh
# Has Audacious play a stream to nowhere for tests/programs/, and says what it shows, until it has played for so many
# seconds: dbus-run-session -- audacious.sh URL SECONDS. It keeps what it keeps in $HOME.
cat >"$HOME/.asoundrc" <<'END'
pcm.!default { type null }
ctl.!default { type null }
END
audacious --headless "$1" &
while kill -0 $! && sleep 0.5; do
    echo "title: $(audtool current-song)"
    played=$(audtool current-song-output-length-seconds)
    echo "played: $played"
    [ "${played:-0}" -lt "$2" ] || audtool shutdown
done 2>/dev/null
wait $!
