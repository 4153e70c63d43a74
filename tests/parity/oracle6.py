"""What the oracle needs for IPv6: scenarios that say `ipv6`, ip6tables with their counters, sockets and conntrack entries of that family.

A scenario without `ipv6` is built and run as ever: all of it stays behind a test of `on`. With it namespaces speak IPv6 without duplicate
address detection, router solicitations, limits on errors and flow labels of their own, so that two runs say the same; `ip` lines that begin
with `-6` go to `ip -6`; `ip6tables` is loaded as `iptables` is; sockets are IPv6 ones where a listener says `family: 6` or the destination
is an IPv6 address.
"""
import errno
import re
import select
import socket
import struct
import time

import oracle

ON = {"now": False}
QUIET = [
    ("net/ipv6/conf/default/accept_dad", 0),
    ("net/ipv6/conf/default/router_solicitations", 0),
    ("net/ipv6/conf/default/mldv2_unsolicited_report_interval", 1),
    ("net/ipv6/conf/lo/accept_dad", 0),
    ("net/ipv6/icmp/ratelimit", 0),
    ("net/ipv6/auto_flowlabels", 0),
]
# Groups are reported twice, a millisecond or so after a device is up: they are over when the first probe is sent.
SETTLE = 0.06


# Reports about groups and redirects, which the plane does not send, go no further than the socket that sends them.
SILENCE = """table ip6 silence {
  chain out {
    type filter hook output priority -450
    icmpv6 type { mld-listener-report, mld-listener-done, mld2-listener-report, nd-redirect } drop
  }
}
"""


def quiet_open(path, *more):
    """The oracle switches IPv6 off by writing two files; here they stay as they are, and the quiet ones are written."""
    if ON["now"] and path.endswith("/disable_ipv6") and path.startswith("/proc/sys/net/ipv6/conf/"):
        for key, value in QUIET:
            with open("/proc/sys/" + key, "w") as file:
                file.write(str(value))
        return open("/dev/null", *more)
    return open(path, *more)


def run_lines(plain):
    """`ip -batch` takes one family: lines of IPv6 go by themselves, in order. Tun ports get no address of their own making."""
    def both(net, ns, lines):
        if not ON["now"] or ns is None:
            return plain(net, ns, lines)
        part, six = [], False
        for line in lines + [None]:
            wants = line is not None and line.startswith("-6 ")
            if part and (line is None or wants != six):
                ns.run(["/bin/ip", *(["-6"] if six else []), "-batch", "-"], "\n".join(part) + "\n")
                part = []
            six = wants
            if line is None:
                break
            tun = re.fullmatch(r"link set (\S+) up", line)
            if tun and f"{ns.name}:{tun[1]}" in net.tun:
                part.append(f"link set {tun[1]} addrgenmode none")
            part.append(line[3:] if six else line)
    return both


class Counters6(oracle.IptCounters):
    """The same walk over the entries of ip6tables, which are longer."""
    def __init__(self, ns, table):
        self.ns, self.table, self.map = ns, table.encode(), None
        with ns:
            self.sk = socket.socket(socket.AF_INET6, socket.SOCK_RAW | socket.SOCK_CLOEXEC, socket.IPPROTO_RAW)

    def _raw(self):
        fd, c = self.sk.fileno(), oracle.ctypes
        info = c.create_string_buffer(84)
        info[:len(self.table)] = self.table
        length = c.c_uint32(84)
        if oracle.libc.getsockopt(fd, 41, oracle.SO_GET_INFO, info, c.byref(length)):
            return None
        valid, *rest = struct.unpack_from("<I5I5III", info.raw, 32)
        hooks, ends, size = rest[:5], rest[5:10], rest[11]
        buffer = c.create_string_buffer(40 + size)
        struct.pack_into("32sI", buffer, 0, self.table, size)
        length = c.c_uint32(40 + size)
        if oracle.libc.getsockopt(fd, 41, oracle.SO_GET_ENTRIES, buffer, c.byref(length)):
            raise OSError(c.get_errno(), "GET_ENTRIES")
        # A view in which an entry's offsets and counters stand where those of IPv4 do: 52 bytes further in front.
        return valid, hooks, ends, memoryview(buffer)[40:]

    def read(self):
        raw = self._raw()
        if raw is None:
            return []
        valid, hooks, ends, data = raw
        if self.map is None or self.size != len(data):
            self.size, self.map = len(data), self._walk(raw)
        return [(chain, number, struct.unpack_from("<Q", data, at)[0]) for at, chain, number in self.map]

    def _walk(self, raw):
        valid, hooks, ends, data = raw
        starts = {hooks[h]: oracle.HOOKS[h] for h in range(5) if valid >> h & 1}
        last = {ends[h] for h in range(5) if valid >> h & 1}
        found, at, chain, number, built_in = [], 0, None, 0, False
        while at < len(data):
            target, following = struct.unpack_from("<HH", data, at + 140)
            name = bytes(data[at + target + 2: at + target + 31]).split(b"\0")[0]
            if at in starts:
                chain, number, built_in = starts[at], 0, True
            if name == b"ERROR":
                chain = bytes(data[at + target + 32: at + target + 62]).split(b"\0")[0].decode()
                number, built_in = 0, False
            elif built_in and at in last:
                found.append((at + 152, chain, "policy"))
            else:
                number += 1
                found.append((at + 152, chain, number))
            at += following
        # The last entry of a user chain is its implicit RETURN.
        return [
            (at, chain, "return" if (i + 1 == len(found) or found[i + 1][1] != chain) and chain not in oracle.HOOKS else number)
            for i, (at, chain, number) in enumerate(found)
        ]


def tuple6(plain):
    def either(data):
        parts = oracle._attrs(data)
        ip, proto = oracle._attrs(parts.get(1, b"")), oracle._attrs(parts.get(2, b""))
        if 3 not in ip:
            return plain(data)
        src, dst = (socket.inet_ntop(socket.AF_INET6, bytes(ip[key])) for key in (3, 4))
        number = proto[1][0] if 1 in proto else 0
        if 7 in proto:
            ident = struct.unpack(">H", proto[7])[0]
            return dict(proto="icmpv6", src=src, dst=dst, id=ident, type=proto[8][0], code=proto[9][0])
        port = lambda key: struct.unpack(">H", proto[key])[0] if key in proto else 0
        return dict(proto={6: "tcp", 17: "udp"}.get(number, number), src=f"[{src}]:{port(2)}", dst=f"[{dst}]:{port(3)}")
    return either


def listen6(plain):
    def either(net, line):
        if line.get("family") != 6:
            return plain(net, line)
        tcp = line["proto"] == "tcp"
        with net.ns[line["ns"]]:
            s = socket.socket(socket.AF_INET6, (socket.SOCK_STREAM if tcp else socket.SOCK_DGRAM) | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        s.setsockopt(41, 26, line.get("v6only", 0))
        s.bind((line.get("addr", "::"), line["port"]))
        if tcp:
            s.listen(1024)
        else:
            s.setsockopt(41, 49, 1)  # IPV6_RECVPKTINFO
        net.lst[(line["ns"], line["proto"], line["port"], "6" + line.get("addr", ""))] = s
    return either


def bare(address):
    """An address without its device; a mapped one is the IPv4 one it stands for."""
    return address.split("%")[0].removeprefix("::ffff:")


def end(address):
    """`[address]:port`, IPv4's `address:port`."""
    ip = bare(address[0])
    return f"[{ip}]:{address[1]}" if ":" in ip else f"{ip}:{address[1]}"


def serve(net, probe, result, accepted, listeners=None):
    """What listeners got: connections are taken, datagrams answered from the address they were sent to."""
    for (ns, proto, port, where), s in (listeners or net.lst).items():
        if proto != probe["proto"] or not where.startswith("6"):
            continue
        if proto == "tcp":
            try:
                got, peer = s.accept()
            except BlockingIOError:
                continue
            accepted.append(got)
            result.update(outcome="delivered", received_by=ns, seen_src=end(peer), seen_dst=end(got.getsockname()))
            continue
        try:
            data, extra, _, peer = s.recvmsg(4096, 128)
        except (BlockingIOError, ConnectionRefusedError):
            continue
        info = next(x for level, kind, x in extra if (level, kind) == (41, 50))
        to = socket.inet_ntop(socket.AF_INET6, info[:16])
        result.update(outcome="delivered", received_by=ns, seen_src=end(peer), seen_dst=end((to, port)))
        try:
            s.sendmsg([b"R" + data], [(41, 50, info[:16] + struct.pack("i", 0))], 0, peer)
        except OSError:
            pass


OUTCOMES = {(2, 3): "unreachable", (2, 11): "ttl-exceeded", (3, 1): "unreachable", (3, 3): "ttl-exceeded"}


def look(probe, s, result):
    """What the client's socket says: connected, an answer, a pending error, an entry of the error queue."""
    if probe["proto"] == "tcp":
        poll = select.poll()
        poll.register(s, select.POLLOUT | select.POLLERR)
        if poll.poll(0):
            error = s.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            if error == 0:
                result["client_sees"] = "connected"
            else:
                result.update(outcome="refused" if error == errno.ECONNREFUSED else "unreachable", errno=errno.errorcode[error])
    else:
        try:
            data, peer = s.recvfrom(4096)
            if probe["proto"] == "udp":
                result["client_sees"] = "reply"
            elif data[0] == 129 and struct.unpack(">H", data[4:6])[0] == probe.get("id", 0x1234):
                result.update(outcome="delivered", client_sees="reply from " + bare(peer[0]))
        except BlockingIOError:
            pass
        except OSError as error:
            result["errno"] = errno.errorcode[error.errno]
    try:
        _, extra, _, _ = s.recvmsg(512, 512, socket.MSG_ERRQUEUE)
    except OSError:
        return
    for level, kind, x in extra:
        if (level, kind) not in ((41, 25), (0, 11)):
            continue
        number, origin, icmp, code, _, _, _ = struct.unpack_from("<IBBBBII", x)
        if origin == 1:
            result.update(outcome="error", errno=errno.errorcode.get(number, number))
        elif origin in (2, 3):
            port = (origin, icmp, code) in ((2, 3, 3), (3, 1, 4))
            six = struct.unpack_from("<H", x, 16)[0] == socket.AF_INET6
            offender = bare(socket.inet_ntop(socket.AF_INET6, x[24:40])) if six else socket.inet_ntoa(x[20:24])
            outcome = "refused" if port else OUTCOMES.get((origin, icmp), "icmp-error")
            result.update(outcome=outcome, icmp=[icmp, code], icmp_from=offender)


def open6(net, probe):
    kind = {"tcp": socket.SOCK_STREAM, "udp": socket.SOCK_DGRAM, "icmp": socket.SOCK_RAW}[probe["proto"]]
    with net.ns[probe["from"]]:
        s = socket.socket(socket.AF_INET6, kind | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC, 58 if probe["proto"] == "icmp" else 0)
    s.setsockopt(41, 25, 1)  # IPV6_RECVERR
    if probe["proto"] != "icmp":
        s.setsockopt(0, 11, 1)  # IP_RECVERR, for mapped destinations
    else:
        words = [0xffffffff] * 8
        words[129 >> 5] &= ~(1 << (129 & 31)) & 0xffffffff
        s.setsockopt(58, 1, struct.pack("<8I", *words))  # ICMP6_FILTER: echo replies alone
    if "ttl" in probe:
        s.setsockopt(41, 16, probe["ttl"])
        if "::ffff:" in probe["dst"]:
            s.setsockopt(0, socket.IP_TTL, probe["ttl"])
    if "mark" in probe:
        s.setsockopt(socket.SOL_SOCKET, 36, probe["mark"])
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if "src" in probe or "sport" in probe:
        s.bind((probe.get("src", "::"), probe.get("sport", 0)))
    return s


def probe6(plain):
    def either(net, probe, settle=0.002, want=("counters", "conntrack")):
        if "inject" in probe or ":" not in probe["dst"]:
            return plain(net, probe, settle, want)
        before, result, accepted = net.counters(), dict(probe=probe, outcome="dropped"), []
        try:
            s = open6(net, probe)
        except OSError as error:
            return dict(result, outcome="error", errno=errno.errorcode[error.errno])
        data = probe.get("payload", "oracle").encode()
        try:
            if probe["proto"] == "tcp":
                error = s.connect_ex((probe["dst"], probe["dport"]))
                if error not in (0, errno.EINPROGRESS):
                    result.update(outcome="error", errno=errno.errorcode[error])
            elif probe["proto"] == "udp":
                s.connect((probe["dst"], probe["dport"]))
                s.send(data)
            else:
                head = struct.pack(">BBHHH", 128, 0, 0, probe.get("id", 0x1234), probe.get("seq", 1))
                s.sendto(head + data, (probe["dst"], 0))
        except OSError as error:
            result.update(outcome="error", errno=errno.errorcode.get(error.errno, error.errno))
        until = time.perf_counter() + settle
        while result["outcome"] == "dropped":
            serve(net, probe, result, accepted)
            look(probe, s, result)
            if result["outcome"] != "dropped" or time.perf_counter() >= until:
                break
            time.sleep(0.0002)
        after = net.counters()
        result["rules"] = {key: value - before.get(key, 0) for key, value in after.items() if value != before.get(key, 0)}
        result["conntrack"] = {ns: flows for ns, events in net.ct.items() if (flows := events.drain())}
        for got in accepted:
            got.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            got.close()
        s.close()
        for events in net.ct.values():
            events.drain()
        return result
    return either


def counters6(plain):
    def both(net):
        found = plain(net)
        for ns, tables in getattr(net, "ctr6", {}).items():
            for table, reader in tables.items():
                for chain, number, value in reader.read():
                    if number != "return":
                        found[f"{ns}/{table}6/{chain}/{number}"] = value
        return found
    return both


def built(plain):
    """The rules of ip6tables come last, when the noise of new devices is over: some count what they see."""
    def ready(net):
        if ON["now"] and not hasattr(net, "ctr6"):
            net.ctr6 = {}
            for ns in net.ns.values():
                ns.run(["nft", "-f", "-"], SILENCE)
            time.sleep(SETTLE)
            for ns, text in net.sc.get("ip6tables", {}).items():
                text = text if isinstance(text, str) else "\n".join(text) + "\n"
                net.ns[ns].run(["ip6tables-legacy-restore"], text)
                net.ctr6[ns] = {t: Counters6(net.ns[ns], t) for t in re.findall(r"^\*(\w+)", text, re.M)}
        return plain(net)
    return ready


def close6(plain):
    def both(net):
        for tables in getattr(net, "ctr6", {}).values():
            for reader in tables.values():
                reader.sk.close()
        plain(net)
    return both


def of_the_house(packet):
    """Whether a packet that came out of a tun port is a report about groups, which the kernel sends to a group when it likes."""
    six = packet[0] >> 4 == 6 and packet[6] == 0 and len(packet) > 48
    return six and packet[24] == 0xff and packet[40] == 58 and packet[48] in (131, 132, 143)


def install():
    oracle.open = quiet_open
    net = oracle.Net
    net._ip = run_lines(net._ip)
    net.listen = listen6(net.listen)
    net.counters = counters6(net.counters)
    net.drain_all = built(net.drain_all)
    net.close = close6(net.close)
    net.probe = probe6(net.probe)
    oracle._tuple = tuple6(oracle._tuple)
    serve4 = net._collect

    def collect(own, probe, proto, s, result, accepted):
        """Listeners of IPv6 take IPv4 as well; those of the other kind are looked after as ever."""
        all_listeners = own.lst
        own.lst = {key: value for key, value in all_listeners.items() if not key[3].startswith("6")}
        serve(own, probe, result, accepted, all_listeners)
        serve4(own, probe, proto, s, result, accepted)
        own.lst = all_listeners

    net._collect = collect


def begin(scenario):
    """Whether the scenario that follows speaks IPv6."""
    ON["now"] = bool(scenario.get("ipv6"))


