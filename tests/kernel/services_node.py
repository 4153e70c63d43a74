"""A node in a network namespace of its own: two tun ports, rules loaded, packets in and out.

Reads JSON on standard input: {"setup": [command line], "load": [program, argument ...], "text": rules, "packets": [[[port, hex] ...] ...]}.
Writes for each list of packets what came out: [[port, hex] ...], or the loader's complaint as {"error": text}.
"""
import fcntl
import json
import os
import select
import struct
import subprocess
import sys

TUNSETIFF = 0x400454CA
IFF_TUN, IFF_NO_PI = 1, 0x1000
PORTS = ("pods", "eth0")


def tun(name):
    port = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(port, TUNSETIFF, struct.pack("16sH22x", name.encode(), IFF_TUN | IFF_NO_PI))
    return port


def drain(tuns, wait):
    out = []
    while True:
        ready, _, _ = select.select(list(tuns.values()), [], [], wait)
        if not ready:
            return out
        for name, port in tuns.items():
            if port in ready:
                out.append([name, os.read(port, 65536).hex()])


def main():
    job = json.load(sys.stdin)
    tuns = {name: tun(name) for name in PORTS}
    for line in job["setup"]:
        subprocess.run(line, shell=True, check=True)
    loaded = subprocess.run(job["load"], input=job["text"], text=True, capture_output=True)
    if loaded.returncode != 0:
        print(json.dumps({"error": loaded.stderr}))
        return
    drain(tuns, 0.05)
    answers = []
    for packets in job["packets"]:
        for port, packet in packets:
            os.write(tuns[port], bytes.fromhex(packet))
        answers.append(drain(tuns, 0.004))
    print(json.dumps(answers))


main()
