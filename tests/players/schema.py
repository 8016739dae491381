"""Validates the responses of coldwave's API against the schemas that it publishes.

schema.py http://127.0.0.1:8000: prints the name of the schema of each valid response. It reads events
until one of each kind has arrived. It connects a listener, because that causes events.
"""

import json
import sys
import urllib.error
import urllib.request

from jsonschema import Draft202012Validator, FormatChecker

BASE = sys.argv[1]
EVENTS = {"station": "Station", "title": "TitleEvent", "listeners": "ListenersEvent"}


def get(path):
    """Returns the parsed body of the response, also if its status is an error."""
    try:
        return json.load(urllib.request.urlopen(BASE + path, timeout=30))
    except urllib.error.HTTPError as error:
        return json.load(error)


def check(document, name, response):
    """Validates a response against the schema `name` of the OpenAPI document, and prints the name."""
    schema = {"$ref": f"#/components/schemas/{name}", "components": document["components"]}
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema, format_checker=FormatChecker()).validate(response)
    print(name, flush=True)


def events():
    """Yields the kind and the data of each event."""
    kind = None
    for line in urllib.request.urlopen(BASE + "/api/v1/events", timeout=30):
        name, _, value = line.decode().rstrip("\n").partition(": ")
        if name == "event":
            kind = value
        elif name == "data":
            yield kind, json.loads(value)


def main():
    document = get("/api/v1/openapi.json")
    check(document, "Stations", get("/api/v1/stations"))
    check(document, "Station", get("/api/v1/stations/1"))
    check(document, "History", get("/api/v1/stations/1/history"))
    check(document, "Error", get("/api/v1/stations/999"))
    listener = urllib.request.urlopen(BASE + "/live", timeout=30)
    missing = set(EVENTS)
    for kind, data in events():
        check(document, EVENTS[kind], data)
        missing.discard(kind)
        if not missing:
            break
    listener.close()


main()
