"""Holds all that coldwave's API answers against the schemas it publishes.

schema.py http://127.0.0.1:8000: prints the name of each schema that an answer was found to fit. It goes on with events
until there was one of each kind, for which a listener comes.
"""

import json
import sys
import urllib.error
import urllib.request

from jsonschema import Draft202012Validator, FormatChecker

BASE = sys.argv[1]
EVENTS = {"station": "Station", "title": "TitleEvent", "listeners": "ListenersEvent"}


def asked(path):
    try:
        return json.load(urllib.request.urlopen(BASE + path, timeout=30))
    except urllib.error.HTTPError as error:
        return json.load(error)


def check(document, name, answer):
    schema = {"$ref": f"#/components/schemas/{name}", "components": document["components"]}
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema, format_checker=FormatChecker()).validate(answer)
    print(name, flush=True)


def events():
    """Kind and data of each."""
    kind = None
    for line in urllib.request.urlopen(BASE + "/api/v1/events", timeout=30):
        name, _, value = line.decode().rstrip("\n").partition(": ")
        if name == "event":
            kind = value
        elif name == "data":
            yield kind, json.loads(value)


def main():
    document = asked("/api/v1/openapi.json")
    check(document, "Stations", asked("/api/v1/stations"))
    check(document, "Station", asked("/api/v1/stations/1"))
    check(document, "History", asked("/api/v1/stations/1/history"))
    check(document, "Error", asked("/api/v1/stations/999"))
    listener = urllib.request.urlopen(BASE + "/live", timeout=30)
    left = set(EVENTS)
    for kind, data in events():
        check(document, EVENTS[kind], data)
        left.discard(kind)
        if not left:
            break
    listener.close()


main()
