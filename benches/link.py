#!/usr/bin/env python3
"""A link with delay and loss between two network namespaces, for kernels that have no netem.

    link.py OURS THEIRS NAMESPACE DELAY_MS LOSS_PER_CENT

creates the network cards OURS in this namespace and THEIRS in the other one (TUN, packets of 1500 bytes), and forwards
packets from each to the other after DELAY_MS, dropping LOSS_PER_CENT of them. Prints "up" when both cards exist, and runs
until it is killed. Needs root.
"""

import collections
import fcntl
import os
import random
import select
import struct
import subprocess
import sys
import time

TUNSETIFF = 0x400454CA
IFF_TUN, IFF_NO_PI = 0x0001, 0x1000
PACKET_MAX = 2048
# The most packets read from one card before the other is served.
READS_MAX = 256
# The most packets in a queue, as in a router.
QUEUE_MAX = 100_000


def open_card(name):
    fd = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(fd, TUNSETIFF, struct.pack("16sH", name.encode(), IFF_TUN | IFF_NO_PI))
    return fd


def receive(fd, queue, delay, loss, rng):
    """Reads packets from a card into a queue, and drops some of them."""
    for _ in range(READS_MAX):
        try:
            packet = os.read(fd, PACKET_MAX)
        except BlockingIOError:
            return
        except OSError:
            sys.exit()  # The card was removed with its namespace.
        if rng.random() >= loss and len(queue) < QUEUE_MAX:
            queue.append((time.monotonic() + delay, packet))


def send(fd, queue):
    """Writes the packets of a queue that are due to a card."""
    now = time.monotonic()
    while queue and queue[0][0] <= now:
        try:
            os.write(fd, queue[0][1])
        except BlockingIOError:
            return
        except OSError:
            pass  # The card is not up yet, so the packet is lost.
        queue.popleft()


def main():
    ours, theirs, namespace, delay, loss = sys.argv[1:]
    delay, loss = float(delay) / 1000, float(loss) / 100
    # With the same packets, every run has the same losses.
    rng = random.Random(1)
    here, there = open_card(ours), open_card(theirs)
    subprocess.run(["ip", "link", "set", theirs, "netns", namespace], check=True)
    print("up", flush=True)
    to_there, to_here = collections.deque(), collections.deque()
    while True:
        due = [queue[0][0] for queue in (to_there, to_here) if queue]
        wait = max(0.0, min(due) - time.monotonic()) if due else None
        readable, _, _ = select.select([here, there], [], [], wait)
        if here in readable:
            receive(here, to_there, delay, loss, rng)
        if there in readable:
            receive(there, to_here, delay, loss, rng)
        send(there, to_there)
        send(here, to_here)


main()
