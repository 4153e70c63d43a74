import { SERVICES } from "./services.ts";
/** The files of a fresh machine that tools read, by path: what a minimal Debian has. */
export function defaultFiles(name: string): Record<string, string> {
  return {
    "/etc/hostname": `${name}\n`,
    "/etc/hosts": `127.0.0.1 localhost\n127.0.1.1 ${name}\n`,
    "/etc/resolv.conf": "",
    "/etc/nsswitch.conf": "hosts: files dns\n",
    "/etc/host.conf": "multi on\n",
    "/etc/sysctl.conf": "",
    "/etc/protocols": PROTOCOLS,
    "/etc/services": SERVICES,
    "/etc/iproute2/rt_tables": RT_TABLES,
    "/etc/os-release": OS_RELEASE,
    "/etc/passwd": PASSWD,
    "/etc/group": "root:x:0:\nnogroup:x:65534:\n",
    "/root/.keep": "",
    "/tmp/.keep": "",
    "/run/.keep": "",
    "/var/log/.keep": "",
    "/home/.keep": "",
    "/usr/share/.keep": "",
    "/proc/version": "Linux version 6.1.0 (debian-kernel@lists.debian.org) #1 SMP\n",
    "/proc/uptime": "0.00 0.00\n",
  };
}

const PROTOCOLS = `ip	0	IP
icmp	1	ICMP
igmp	2	IGMP
tcp	6	TCP
udp	17	UDP
gre	47	GRE
esp	50	IPSEC-ESP
ah	51	IPSEC-AH
ipv6-icmp	58	IPv6-ICMP
sctp	132	SCTP
udplite	136	UDPLite
`;

const RT_TABLES = `#
# reserved values
#
255	local
254	main
253	default
0	unspec
#
# local
#
#1	inr.ruhep
`;

const OS_RELEASE = `PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"
NAME="Debian GNU/Linux"
VERSION_ID="12"
VERSION="12 (bookworm)"
VERSION_CODENAME=bookworm
ID=debian
`;

const PASSWD = `root:x:0:0:root:/root:/bin/bash
nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin
`;
