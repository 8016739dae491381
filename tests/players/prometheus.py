"""Prints what PyPI's prometheus_client reads on standard input: each sample as `family type sample labels value`."""

import json
import sys

from prometheus_client.parser import text_string_to_metric_families

for family in text_string_to_metric_families(sys.stdin.read()):
    for sample in family.samples:
        print(family.name, family.type, sample.name, json.dumps(sample.labels, sort_keys=True), sample.value, sep="\t")
