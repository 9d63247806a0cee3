"""Hold back what passes a host's cable for some time: for kernels without the netem queue.

    delay_relay.py PORT TAP SECONDS     run in the switch's namespace by `benchmarks.hosts_network`

Frames that come from PORT (the switch's end of the cable) leave at TAP, which is made here and put into the
bridge in the port's place, and the other way round, in order.
"""

import collections
import fcntl
import os
import select
import socket
import struct
import subprocess
import sys
import time

_ALL_PROTOCOLS = 3
_TUNSETIFF = 0x400454CA
_TAP_WITHOUT_HEADER = 0x0002 | 0x1000
_SOL_PACKET, _IGNORE_OUTGOING = 263, 23
_FRAMES_AT_ONCE = 64


def open_tap(name: str) -> int:
    """A network device whose frames this process reads and writes."""
    device = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(device, _TUNSETIFF, struct.pack("16sH22x", name.encode(), _TAP_WITHOUT_HEADER))
    subprocess.run(["ip", "link", "set", name, "mtu", "9000", "master", "br0", "up"], check=True)
    os.set_blocking(device, False)
    return device


def open_port(name: str) -> socket.socket:
    """All frames that arrive at a device which is no longer in the bridge."""
    raw = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(_ALL_PROTOCOLS))
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 32 << 20)
    raw.setsockopt(_SOL_PACKET, _IGNORE_OUTGOING, 1)
    raw.bind((name, 0))
    subprocess.run(["ip", "link", "set", name, "nomaster", "promisc", "on"], check=True)
    raw.setblocking(False)
    return raw


def main(port: str, tap: str, seconds: float) -> None:
    device, raw = open_tap(tap), open_port(port)
    ways = [
        (lambda: raw.recv(65536), lambda frame: os.write(device, frame), collections.deque()),
        (lambda: os.read(device, 65536), raw.send, collections.deque()),
    ]
    poll = select.poll()
    poll.register(raw.fileno(), select.POLLIN)
    poll.register(device, select.POLLIN)
    print("ready", flush=True)
    while True:
        due = min((held[0][0] for _, _, held in ways if held), default=None)
        poll.poll(None if due is None else max(0.0, (due - time.monotonic()) * 1e3))
        for read, _, held in ways:
            take_in(read, held, time.monotonic() + seconds)
        now = time.monotonic()
        for _, write, held in ways:
            while held and held[0][0] <= now:
                pass_on(write, held.popleft()[1])


def take_in(read, held: collections.deque, due: float) -> None:
    """Keep what has arrived until it is due."""
    for _ in range(_FRAMES_AT_ONCE):
        try:
            held.append((due, read()))
        except OSError:  # nothing more, or the cable is gone
            return


def pass_on(write, frame: bytes) -> None:
    """Send a frame; what does not fit is lost, as on any network."""
    try:
        write(frame)
    except OSError:
        pass


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], float(sys.argv[3]))
