import { bridge } from "../iproute/bridge.ts";
import { ip } from "../iproute/ip.ts";
import { arp } from "../nettools/arp.ts";
import { ifconfig } from "../nettools/ifconfig.ts";
import { netstat } from "../nettools/netstat.ts";
import { route } from "../nettools/route.ts";
import { ss } from "../nettools/ss.ts";
import type { Program } from "../process.ts";
import { sysctl } from "../sysctl/program.ts";
import { tc } from "../tc/tc.ts";
import { dnsdomainname, domainname, hostname } from "./hostname.ts";
import { date, id, miiTool, nameif, ps, uname, whoami } from "./machine_info.ts";
import { nsenter, reboot, sleep, sudo, timeout, unshare, watch } from "./wrappers.ts";

/** The programs of a Linux machine that need nothing above its kernel, by the name they are called by. */
export const LINUX_PROGRAMS: ReadonlyMap<string, Program> = new Map<string, Program>([
  ["arp", arp],
  ["bridge", bridge],
  ["date", date],
  ["dnsdomainname", dnsdomainname],
  ["hostname", hostname],
  ["domainname", domainname],
  ["nisdomainname", domainname],
  ["ypdomainname", domainname],
  ["id", id],
  ["ifconfig", ifconfig],
  ["ip", ip],
  ["mii-tool", miiTool],
  ["nameif", nameif],
  ["netstat", netstat],
  ["nsenter", nsenter],
  ["ps", ps],
  ["reboot", reboot],
  ["route", route],
  ["sleep", sleep],
  ["ss", ss],
  ["sudo", sudo],
  ["sysctl", sysctl],
  ["tc", tc],
  ["timeout", timeout],
  ["uname", uname],
  ["unshare", unshare],
  ["watch", watch],
  ["whoami", whoami],
]);
