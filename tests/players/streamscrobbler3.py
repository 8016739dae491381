"""Prints what PyPI's streamscrobbler3 reads from the streams and playlists at these URLs: a line of JSON for each."""

import json
import sys

from streamscrobbler.streamscrobbler import get_server_info

for address in sys.argv[1:]:
    print(json.dumps(get_server_info(address)))
