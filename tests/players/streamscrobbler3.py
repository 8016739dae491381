"""Prints what PyPI's streamscrobbler3 finds at URLs of streams and playlists: a line of JSON for each."""

import json
import sys

from streamscrobbler.streamscrobbler import get_server_info

for address in sys.argv[1:]:
    print(json.dumps(get_server_info(address)))
