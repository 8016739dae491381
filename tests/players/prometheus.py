"""Prints each sample that PyPI's prometheus_client reads from stdin: `family type sample labels value`."""

import json
import sys

from prometheus_client.parser import text_string_to_metric_families

for family in text_string_to_metric_families(sys.stdin.read()):
    for sample in family.samples:
        print(family.name, family.type, sample.name, json.dumps(sample.labels, sort_keys=True), sample.value, sep="\t")
