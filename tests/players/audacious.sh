#!/bin/sh
# Plays a stream with Audacious without a sound device for this many seconds, and prints the titles that it shows, for
# tests/programs/: dbus-run-session -- audacious.sh URL SECONDS. Its files are in $HOME.
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
