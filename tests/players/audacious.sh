#!/bin/sh
# Plays a stream with Audacious to a null device until it has played for SECONDS. Prints the title that it
# shows and the seconds played: dbus-run-session -- audacious.sh URL SECONDS. Audacious keeps its files in
# $HOME. For tests/programs/.
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
