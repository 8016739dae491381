#!/usr/bin/env python3
"""A link with delay and loss between two network namespaces, for kernels that have no netem.

    link.py OURS THEIRS NAMESPACE DELAY_MS LOSS_PER_CENT

makes the network cards OURS here and THEIRS in the namespace (TUN, packets of 1500 bytes), and carries what is sent to
one to the other, DELAY_MS later and without LOSS_PER_CENT of the packets, in both directions. Prints "up" when they are
there, and lives until it is killed. Needs root.
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
# Packets taken from one side before the other gets its turn.
AT_ONCE = 256
# What a router on the way would hold at most, in packets.
QUEUE_MAX = 100_000


def card(name):
    fd = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(fd, TUNSETIFF, struct.pack("16sH", name.encode(), IFF_TUN | IFF_NO_PI))
    return fd


def take(fd, queue, delay, loss, dice):
    """Takes what was sent to a card; what gets lost is lost now."""
    for _ in range(AT_ONCE):
        try:
            packet = os.read(fd, PACKET_MAX)
        except BlockingIOError:
            return
        except OSError:
            sys.exit()  # The card is gone, with its namespace.
        if dice.random() >= loss and len(queue) < QUEUE_MAX:
            queue.append((time.monotonic() + delay, packet))


def give(fd, queue):
    """Gives a card what has been on its way for long enough."""
    now = time.monotonic()
    while queue and queue[0][0] <= now:
        try:
            os.write(fd, queue[0][1])
        except BlockingIOError:
            return
        except OSError:
            pass  # The card is not up yet: the packet is lost, as it would be.
        queue.popleft()


def main():
    ours, theirs, namespace, delay, loss = sys.argv[1:]
    delay, loss = float(delay) / 1000, float(loss) / 100
    # The same losses in every run, as far as the packets are the same.
    dice = random.Random(1)
    here, there = card(ours), card(theirs)
    subprocess.run(["ip", "link", "set", theirs, "netns", namespace], check=True)
    print("up", flush=True)
    to_there, to_here = collections.deque(), collections.deque()
    while True:
        due = [queue[0][0] for queue in (to_there, to_here) if queue]
        wait = max(0.0, min(due) - time.monotonic()) if due else None
        readable, _, _ = select.select([here, there], [], [], wait)
        if here in readable:
            take(here, to_there, delay, loss, dice)
        if there in readable:
            take(there, to_here, delay, loss, dice)
        give(there, to_there)
        give(here, to_here)


main()
