import type { Process, Program } from "../process.ts";
import { ipAddress } from "./address.ts";
import { runBatch } from "./batch.ts";
import { Exit, usage } from "./exit.ts";
import { ipLink } from "./link.ts";
import { ipMaddr } from "./maddr.ts";
import {
  ipAddrLabel,
  ipMroute,
  ipMrule,
  ipNetconf,
  ipNexthop,
  ipTcpMetrics,
  ipToken,
  ipTuntap,
  ipVrf,
  ipXfrm,
  unmodelled,
} from "./misc.ts";
import { ipMonitor } from "./monitor.ts";
import { ipNeigh } from "./neigh.ts";
import { ipNetns } from "./netns.ts";
import { type IpOptions, takeOptions, Version } from "./options.ts";
import { ipRoute } from "./route.ts";
import { ipRule } from "./rule.ts";
import { type IpObject, IpTool } from "./tool.ts";
import { ipTunnel } from "./tunnel.ts";
import { IP_USAGE } from "./usage.ts";
import { Words } from "./words.ts";

/** The nouns in iproute2's order: the first that a word is the beginning of is meant. */
const OBJECTS: readonly (readonly [string, IpObject])[] = [
  ["address", ipAddress],
  ["addrlabel", ipAddrLabel],
  ["maddress", ipMaddr],
  ["route", ipRoute],
  ["rule", ipRule],
  ["neighbor", ipNeigh],
  ["neighbour", ipNeigh],
  ["ntable", unmodelled("ntable")],
  ["ntbl", unmodelled("ntable")],
  ["link", ipLink],
  ["l2tp", unmodelled("l2tp")],
  ["fou", unmodelled("fou")],
  ["ila", unmodelled("ila")],
  ["macsec", unmodelled("macsec")],
  ["tunnel", ipTunnel],
  ["tunl", ipTunnel],
  ["tuntap", ipTuntap],
  ["tap", ipTuntap],
  ["token", ipToken],
  ["tcpmetrics", ipTcpMetrics],
  ["tcp_metrics", ipTcpMetrics],
  ["monitor", ipMonitor],
  ["xfrm", ipXfrm],
  ["mroute", ipMroute],
  ["mrule", ipMrule],
  ["netns", ipNetns],
  ["netconf", ipNetconf],
  ["vrf", ipVrf],
  ["sr", unmodelled("sr")],
  ["nexthop", ipNexthop],
  ["mptcp", unmodelled("mptcp")],
  ["ioam", unmodelled("ioam")],
  ["help", () => {
    throw usage(IP_USAGE[""]);
  }],
  ["stats", unmodelled("stats")],
];

/** `ip` of iproute2 6.1. */
export const ip: Program = async (process) => {
  try {
    const words = new Words(process.argv.slice(1));
    const options = takeOptions(words);
    if (options.batch !== undefined) return await inBatch(process, options);
    if (!words.more) throw usage(IP_USAGE[""]);
    return await runObject(IpTool.in(process, options), words);
  } catch (error) {
    if (error instanceof Version) {
      process.out("ip utility, iproute2-6.1.0, libbpf 1.1.2\n");
      return 0;
    }
    return report(process, error);
  }
};

function report(process: Process, error: unknown): number {
  if (!(error instanceof Exit)) throw error;
  process.err(error.text);
  return error.status;
}

function inBatch(process: Process, options: IpOptions): Promise<number> {
  const tool = IpTool.in(process, options);
  return runBatch(process, {
    program: "ip",
    tool,
    options,
    run: (words) => runObject(tool, words),
    report: (error) => report(process, error),
  });
}

function runObject(tool: IpTool, words: Words): number | Promise<number> {
  const word = words.next();
  const object = OBJECTS.find(([name]) => name.startsWith(word) && word !== "")?.[1];
  if (object === undefined) throw new Exit(1, `Object "${word}" is unknown, try "ip help".\n`);
  return object(tool, words);
}
