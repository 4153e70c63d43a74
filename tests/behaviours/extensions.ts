/**
 * A rule for every match and target that kube-proxy, Docker, flannel, Calico, Weave and ufw write, with how often each of four packets
 * through a router meets it, as Linux 6.18 counted: a SYN, a datagram, an echo request, an INIT of SCTP.
 */
import type { PacketProbe } from "../parity/scenario.ts";
import { sctpPacket, tcpWith } from "../parity/random/packets.ts";

const base = { inject: "dut:lan", src: "10.0.1.5", dst: "8.8.8.8" };
const syn: PacketProbe = { ...base, proto: "tcp", sport: 1000, dport: 80, flags: "S", tos: 0x10 };

/** The packets: TCP with an MSS of 1460, UDP from another host, ICMP, SCTP. */
export const PACKETS: readonly PacketProbe[] = [
  tcpWith(syn, [2, 4, 5, 180], 64240),
  { ...base, src: "10.0.1.6", proto: "udp", sport: 1000, dport: 53 },
  { ...base, proto: "icmp", type: 8, id: 7 },
  sctpPacket({ ...base, proto: 132, sport: 1000, dport: 80 }, { chunks: ["INIT"], tag: 0, announces: 1 }),
];

/** `table rule`, as iptables-save prints it, and how often each packet meets it. */
export const RULES: readonly (readonly [rule: string, hits: string])[] = [
  ["filter -A FORWARD -p tcp -m tcp --dport 80 --tcp-flags FIN,SYN,RST,ACK SYN", "1000"],
  ["filter -A FORWARD -p tcp -m tcp --tcp-option 2", "1000"],
  ["filter -A FORWARD -p udp -m udp --sport 1000 --dport 53", "0100"],
  ["filter -A FORWARD -p sctp -m sctp --dport 80 --chunk-types any INIT", "0001"],
  ["filter -A FORWARD -p sctp -m sctp --chunk-types only DATA,INIT", "0001"],
  ["filter -A FORWARD -p icmp -m icmp --icmp-type 8", "0010"],
  ["filter -A FORWARD -p tcp -m multiport --dports 79,80:81", "1000"],
  ["filter -A FORWARD -m iprange --src-range 10.0.1.5-10.0.1.5", "1011"],
  ["filter -A FORWARD -m mac ! --mac-source 02:00:00:00:00:01", "0000"],
  ["filter -A FORWARD -m addrtype --dst-type UNICAST", "1111"],
  ["filter -A FORWARD -m conntrack --ctstate NEW --ctorigdst 8.8.8.8", "1111"],
  ["filter -A FORWARD -m state --state NEW", "1111"],
  ["filter -A FORWARD -m mark --mark 0x0", "1111"],
  ["filter -A FORWARD -m connmark --mark 0x0", "1111"],
  ["filter -A FORWARD -m statistic --mode nth --every 2 --packet 1", "0101"],
  ["filter -A FORWARD -m recent --set --name seen --mask 255.255.255.255 --rsource", "1111"],
  ["filter -A FORWARD -m limit --limit 1/hour --limit-burst 2", "1100"],
  [
    "filter -A FORWARD -m hashlimit --hashlimit-upto 1/hour --hashlimit-burst 1 --hashlimit-mode srcip --hashlimit-name one",
    "1100",
  ],
  ["filter -A FORWARD -m set --match-set hosts src", "1011"],
  ['filter -A FORWARD -m comment --comment "two words"', "1111"],
  ["filter -A FORWARD -m physdev --physdev-is-bridged", "0000"],
  ["filter -A FORWARD -m pkttype --pkt-type unicast", "1111"],
  ["filter -A FORWARD -m length --length 34:44", "1110"],
  ["filter -A FORWARD -m ttl --ttl-eq 63", "1111"],
  ["filter -A FORWARD -m tos --tos 0x10/0x10", "1000"],
  ["filter -A FORWARD -m dscp --dscp 0x04", "1000"],
  ["filter -A FORWARD -p tcp -m tcpmss --mss 1400:1500", "1000"],
  ["mangle -A POSTROUTING -m owner --socket-exists", "0000"],
  ["mangle -A PREROUTING -m socket", "0000"],
  ['filter -A FORWARD -m u32 --u32 "0x6&0xff=0x6"', "1000"],
  ['filter -A FORWARD -m string --string "oracle" --algo bm', "0110"],
  ["raw -A PREROUTING -m rpfilter --validmark", "1111"],
  ["filter -A FORWARD -m connbytes --connbytes 1 --connbytes-mode packets --connbytes-dir original", "1111"],
  ["filter -A FORWARD -m connlimit --connlimit-upto 100 --connlimit-mask 32 --connlimit-saddr", "1111"],
  ["filter -A FORWARD -m helper --helper ftp", "0000"],
  ["filter -A FORWARD -m time --datestart 2001-01-01T00:00:00 --datestop 2038-01-19T03:14:07", "1111"],
  ["filter -A FORWARD -m quota --quota 100", "1100"],
  ["filter -A FORWARD -m ecn --ecn-ip-ect 0", "1111"],
  ["filter -A FORWARD -m policy --dir in --pol none", "1111"],
  ["filter -A FORWARD -j ACCEPT", "1111"],
  ["filter -A FORWARD -j DROP", "1111"],
  ["filter -A FORWARD -j RETURN", "1111"],
  ["filter -A FORWARD -j REJECT --reject-with icmp-port-unreachable", "1111"],
  ["nat -A PREROUTING -j DNAT --to-destination 10.0.3.20", "1111"],
  ["nat -A POSTROUTING -j SNAT --to-source 203.0.113.9", "1111"],
  ["nat -A POSTROUTING -j MASQUERADE", "1111"],
  ["nat -A PREROUTING -j REDIRECT", "1111"],
  ["nat -A PREROUTING -j NETMAP --to 10.0.3.0/24", "1111"],
  ["mangle -A PREROUTING -j MARK --set-xmark 0x1/0xffffffff", "1111"],
  ["mangle -A PREROUTING -j CONNMARK --save-mark --nfmask 0xffffffff --ctmask 0xffffffff", "1111"],
  ["raw -A PREROUTING -j CT --notrack", "1111"],
  ["raw -A PREROUTING -j NOTRACK", "1111"],
  ['filter -A FORWARD -j LOG --log-prefix "seen "', "1111"],
  ["filter -A FORWARD -j NFLOG --nflog-group 7", "1111"],
  ["raw -A PREROUTING -j TRACE", "1111"],
  ["mangle -A PREROUTING -j TTL --ttl-set 9", "1111"],
  ["mangle -A PREROUTING -j DSCP --set-dscp 0x0a", "1111"],
  ["mangle -A PREROUTING -j TOS --set-tos 0x08/0xff", "1111"],
  ["mangle -A FORWARD -p tcp -m tcp --tcp-flags SYN,RST SYN -j TCPMSS --set-mss 1000", "1000"],
  ["filter -A FORWARD -j SET --add-set seen src", "1111"],
  ["mangle -A POSTROUTING -j CLASSIFY --set-class 0001:000a", "1111"],
  ["filter -A FORWARD -j NFQUEUE --queue-num 3 --queue-bypass", "1111"],
  ["mangle -A PREROUTING -j CHECKSUM --checksum-fill", "1111"],
  ["mangle -A PREROUTING -p tcp -j ECN --ecn-tcp-remove", "1000"],
];

/** The sets the rules speak of. */
export const SETS = "create hosts hash:ip\nadd hosts 10.0.1.5\ncreate seen hash:ip\n";
