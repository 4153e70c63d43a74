/** ipsets of every type that rules look at, and how many directions each wants. */

/** A set's name and its directions (`src,dst`). */
export interface SetUse {
  readonly name: string;
  readonly dims: 1 | 2 | 3;
}

/** Restore text for a router's sets. */
export const SETS = `create bad hash:net
add bad 10.0.1.6
add bad 198.51.100.0/24
add bad 10.0.3.0/24
add bad 10.0.3.20 nomatch
create exact hash:ip
add exact 10.0.1.5
add exact 8.8.8.8
create both list:set
add both bad
add both exact
create seen hash:ip
create later hash:ip timeout 600 counters
create pairs hash:ip,port
create svc hash:ip,port
add svc 10.0.3.20,tcp:80
add svc 10.96.0.1,udp:53
add svc 10.0.1.5,tcp:1000
add svc 10.0.1.6,sctp:80
create three hash:net,port
add three 10.0.0.0/16,udp:53
add three 203.0.113.0/24,tcp:0-1023
add three 8.8.8.0/24,icmp:8/0
add three 10.66.0.0/16,tcp:80 nomatch
create ways hash:ip,port,ip
add ways 10.0.1.5,tcp:80,8.8.8.8
add ways 10.0.3.20,udp:53,10.0.1.5
create far hash:ip,port,net
add far 10.0.1.5,tcp:443,10.66.0.0/16
add far 10.0.3.9,udp:1000,0.0.0.0/1
add far 8.8.8.8,icmp:8/0,10.0.0.0/8
create doors bitmap:port range 0-9000
add doors 53
add doors 80-443
add doors 8080
create row bitmap:ip range 10.0.1.0/24
add row 10.0.1.5-10.0.1.6
create tagged hash:ip skbinfo
add tagged 10.0.1.5 skbmark 0x2/0xff
create byport hash:net,iface
add byport 10.0.1.0/24,lan
add byport 10.0.0.0/16,dmz
add byport 0.0.0.0/0,wan nomatch
`;

/** What rules may look at. */
export const USES: readonly SetUse[] = [
  { name: "bad", dims: 1 },
  { name: "exact", dims: 1 },
  { name: "both", dims: 1 },
  { name: "later", dims: 1 },
  { name: "doors", dims: 1 },
  { name: "row", dims: 1 },
  { name: "svc", dims: 2 },
  { name: "pairs", dims: 2 },
  { name: "three", dims: 2 },
  { name: "byport", dims: 2 },
  { name: "ways", dims: 3 },
  { name: "far", dims: 3 },
];

/** The same for IPv6. */
export const SETS6 = `create bad hash:net family inet6
add bad 2001:db8:1::6
add bad 2001:db8:8::/64
add bad 2001:db8:3::/64
add bad 2001:db8:3::20 nomatch
create exact hash:ip family inet6
add exact 2001:db8:1::5
add exact 2001:db8:8::8
create both list:set
add both bad
add both exact
create seen hash:ip family inet6
create later hash:ip family inet6 timeout 600 counters
create pairs hash:ip,port family inet6
create svc hash:ip,port family inet6
add svc 2001:db8:3::20,tcp:80
add svc fd00:96::1,udp:53
add svc 2001:db8:1::5,tcp:1000
add svc 2001:db8:1::5,icmpv6:128/0
create three hash:net,port family inet6
add three 2001:db8:1::/64,udp:53
add three 2001:db8:9::/64,tcp:0-1023
add three fd00:66::/32,tcp:80 nomatch
create ways hash:ip,port,ip family inet6
add ways 2001:db8:1::5,tcp:80,2001:db8:8::8
add ways 2001:db8:3::20,udp:53,2001:db8:1::5
create far hash:ip,port,net family inet6
add far 2001:db8:1::5,tcp:443,fd00:66::/32
add far 2001:db8:3::9,udp:1000,::/1
create doors bitmap:port range 0-9000
add doors 53
add doors 80-443
create byport hash:net,iface family inet6
add byport 2001:db8:1::/64,lan
add byport 2001:db8::/32,dmz
`;

/** What rules of ip6tables may look at. */
export const USES6: readonly SetUse[] = USES.filter(({ name }) => name !== "row");
