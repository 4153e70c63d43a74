"""The oracle as a process that answers: one scenario a line on standard input, one line of results each on standard output.

A probe may carry a whole packet as `bytes` (hex), and be given to the port of another name as well. Packets that come out of tun
ports are answered as bytes (`wire`), for the tests describe them themselves. A scenario that cannot be built is answered by its error.
"""
import atexit
import json
import os
import sys

sys.path.insert(0, sys.argv[1])
import oracle  # noqa: E402
import oracle6  # noqa: E402

SCTP_STATES = [
    "NONE", "CLOSED", "COOKIE_WAIT", "COOKIE_ECHOED", "ESTABLISHED",
    "SHUTDOWN_SENT", "SHUTDOWN_RECD", "SHUTDOWN_ACK_SENT", "HEARTBEAT_SENT",
]


def inject(net, probe, want):
    """Gives a tun port a packet; what came out of any, in the order of ports."""
    before = net.counters()
    result = {"outcome": "dropped"}
    try:
        os.write(net.tun[probe["inject"]], probe["_bytes"] if "_bytes" in probe else oracle.mkip(probe))
    except OSError as error:
        result["errno"] = oracle.errno.errorcode[error.errno]
    wire = []
    for name, tun in net.tun.items():
        while True:
            try:
                packet = os.read(tun, 65536)
                if not oracle6.of_the_house(packet):
                    wire.append([name, packet.hex()])
            except BlockingIOError:
                break
    if wire:
        result["outcome"] = "forwarded" if any(name != probe["inject"] for name, _ in wire) else "returned"
    result["wire"] = wire
    after = net.counters()
    result["rules"] = {key: value - before.get(key, 0) for key, value in after.items() if value != before.get(key, 0)}
    result["conntrack"] = {name: flows for name, events in net.ct.items() if (flows := events.drain())}
    return result


REDIRECT_LOAD = "/proc/sys/net/ipv4/route/redirect_load"


def redirect_load(ticks):
    """Sets how long a second redirect to one peer has to wait, a sysctl of the initial namespace only; what it was before."""
    with open(REDIRECT_LOAD, "r+") as file:
        old = file.read().strip()
        file.seek(0)
        file.write(str(ticks))
    return old


def keep_limits():
    """Limits of the whole machine as no clock moves them; another oracle that ended has set them back."""
    oracle.route_error_limit(0)
    redirect_load(100_000)


def sctp_state(attributes):
    """What an entry's CTA_PROTOINFO says of an association."""
    info = oracle._attrs(attributes.get(4, b""))
    sctp = oracle._attrs(info[3]) if 3 in info else {}
    return SCTP_STATES[sctp[1][0]] if 1 in sctp else None


def watch_sctp():
    """The oracle's listener knows TCP's states; this one adds SCTP's to the entries it gives."""
    attrs, state = oracle._attrs, {}

    def remember(data):
        found = attrs(data)
        if 1 in found and 2 in found:
            now = sctp_state(found) if 4 in found else None
            if now is not None:
                state[bytes(found.get(12, found[1]))] = (oracle._tuple(found[1]), now)
        return found

    def drain(events):
        state.clear()
        oracle._attrs = remember
        flows = plain(events)
        oracle._attrs = attrs
        for flow in flows:
            for tuple_, now in state.values():
                if flow["orig"] == tuple_:
                    flow["sctp_state"] = now
        return flows

    plain = oracle.CtEvents.drain
    oracle.CtEvents.drain = drain


oracle.Net.inject = inject
oracle6.install()
watch_sctp()

atexit.register(redirect_load, redirect_load(100_000))
for line in sys.stdin:
    scenario = json.loads(line)
    oracle6.begin(scenario)
    keep_limits()
    for probe in scenario["probes"]:
        if "bytes" in probe:
            probe["_bytes"] = bytes.fromhex(probe["bytes"])
    try:
        results = oracle.run(scenario)["results"]
        for result in results:
            result.pop("probe", None)
        answer = {"results": results}
    except Exception as error:  # whatever the tools complained about is the answer
        answer = {"error": str(error)}
    print(json.dumps(answer), flush=True)
