/** The tools by the name they are called by. */
import { LINUX_PROGRAMS, NETFILTER_PROGRAMS, type Program } from "../linux/mod.ts";
import { arping } from "./arping/arping.ts";
import { curl } from "./curl/curl.ts";
import { busyboxNslookup } from "./dns/busybox_nslookup.ts";
import { dig } from "./dns/dig.ts";
import { getent } from "./dns/getent.ts";
import { host } from "./dns/host.ts";
import { nsd } from "./dns/nsd.ts";
import { nslookup } from "./dns/nslookup.ts";
import { unbound } from "./dns/unbound.ts";
import { dnsmasq } from "./dnsmasq/dnsmasq.ts";
import { busyboxNc } from "./nc/busybox_nc.ts";
import { nc } from "./nc/nc.ts";
import { busyboxTelnet, telnet } from "./nc/telnet.ts";
import { busyboxPing } from "./ping/busybox_ping.ts";
import { ping } from "./ping/ping.ts";
import { tracepath } from "./tracepath/tracepath.ts";
import { busyboxTraceroute } from "./traceroute/busybox_traceroute.ts";
import { tcpdump } from "./tcpdump/tcpdump.ts";
import { traceroute } from "./traceroute/traceroute.ts";
import { busyboxWget } from "./wget/busybox_wget.ts";
import { wget } from "./wget/wget.ts";

/** The programs of this room. */
const OWN: readonly (readonly [string, Program])[] = [
  ["ping", ping],
  ["ping4", ping],
  ["ping6", ping],
  ["arping", arping],
  ["curl", curl],
  ["nc", nc],
  ["netcat", nc],
  ["telnet", telnet],
  ["dig", dig],
  ["nslookup", nslookup],
  ["host", host],
  ["getent", getent],
  ["tcpdump", tcpdump],
  ["traceroute", traceroute],
  ["traceroute6", traceroute],
  ["tracepath", tracepath],
  ["dnsmasq", dnsmasq],
  ["nsd", nsd],
  ["unbound", unbound],
  ["wget", wget],
];

/** Every program of a Debian machine. */
export const PROGRAMS: ReadonlyMap<string, Program> = new Map([...LINUX_PROGRAMS, ...NETFILTER_PROGRAMS, ...OWN]);

/** Programs that busybox has in its own form. */
export const BUSYBOX_PROGRAMS: ReadonlyMap<string, Program> = new Map([
  ["nc", busyboxNc],
  ["telnet", busyboxTelnet],
  ["nslookup", busyboxNslookup],
  ["ping", busyboxPing],
  ["ping6", busyboxPing],
  ["traceroute", busyboxTraceroute],
  ["traceroute6", busyboxTraceroute],
  ["wget", busyboxWget],
]);
