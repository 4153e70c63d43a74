import type { Link, Tunnel } from "../../../wasm/mod.ts";
import { isFailure, strerror } from "../../base/mod.ts";
import { Entry } from "./entry.ts";
import { Exit, garbage, notModelled, usage } from "./exit.ts";
import { linkExtras } from "./extras.ts";
import { addFallback, FALLBACK } from "./kinds/fallback.ts";
import { PLAIN, takeTunnelWord } from "./kinds/ipip.ts";
import type { IpObject, IpTool } from "./tool.ts";
import { IP_USAGE } from "./usage.ts";
import { abbreviated, type Words } from "./words.ts";

const VERBS = ["add", "change", "replace", "delete", "show", "lst", "list", "help", "prl", "6rd"] as const;
/** Modes of other devices: there are none of theirs, and none can be made. */
const OTHERS = /^(gre|sit|isatap|vti|ip6gre|vti6|ipip6|ip6ip6|ip4ip6|any)/;

interface Request {
  name?: string;
  mode?: "ipip" | "other";
  tunnel: Tunnel;
}

/** `ip tunnel`: those of mode ipip. */
export const ipTunnel: IpObject = (tool, words) => {
  const word = words.take() ?? "show";
  const verb = abbreviated(word, VERBS);
  switch (verb) {
    case "add":
    case "change":
    case "replace":
      return set(tool, words, verb);
    case "delete":
      return remove(tool, words);
    case "show":
    case "lst":
    case "list":
      return show(tool, words);
    case "help":
      throw usage(IP_USAGE["tunnel"]);
    case "prl":
    case "6rd":
      if (!words.more) throw new Exit(255, "Must specify device\n", true);
      throw notModelled(`ip: tunnel ${verb}`);
    case undefined:
      throw new Exit(255, `Command "${word}" is unknown, try "ip tunnel help"\n`, true);
  }
};

function takeRequest(tool: IpTool, words: Words, known: Tunnel = PLAIN): Request {
  const request: Request = { tunnel: known };
  while (words.more) {
    const word = words.next();
    if (word === "mode") request.mode = modeOf(words.next());
    else if (/^([io]?key|[io]?seq|[io]?csum|fwmark|prl-.*)$/.test(word)) {
      throw notModelled(`ip: tunnel ${word}`);
    } else {
      const tunnel = takeTunnelWord(tool, words, {
        word,
        tunnel: request.tunnel,
        expected: "an IP address",
        end: "",
      });
      if (tunnel !== undefined) request.tunnel = tunnel;
      else takeName(request, word === "name" ? words.next() : word);
    }
  }
  if (request.tunnel.ttl && !request.tunnel.pmtudisc) {
    throw new Exit(1, "ttl != 0 and nopmtudisc are incompatible\n");
  }
  return request;
}

function takeName(request: Request, word: string): void {
  if (word === "help") throw usage(IP_USAGE["tunnel"]);
  if (request.name !== undefined) {
    throw garbage("name", word);
  }
  request.name = word;
}

function modeOf(word: string): "ipip" | "other" {
  if (word === "ipip" || word === "ip/ip") return "ipip";
  if (OTHERS.test(word)) return "other";
  throw new Exit(255, `Unknown tunnel mode "${word}"\n`, true);
}

function set(tool: IpTool, words: Words, verb: "add" | "change" | "replace"): number {
  const named = verb === "add" ? undefined : tunnelNamed(tool, words.peek() ?? "");
  const { name, mode, tunnel } = takeRequest(tool, words, named?.tunnel);
  if (mode === "other") throw new Exit(1, `add tunnel "${name ?? ""}" failed: No such device\n`);
  if (mode === undefined && named === undefined) {
    throw new Exit(1, "cannot determine tunnel mode (ipip, gre, vti or sit)\n");
  }
  addFallback(tool, tool.ns);
  if (named !== undefined) {
    tool.plane.setLink(tool.ns, named.index, { tunnel });
    return 0;
  }
  const taken = name === undefined || tool.links().some((link) => link.name === name);
  const made = taken ? undefined : tool.plane.addLink(tool.ns, { kind: "ipip", name, tunnel });
  if (made === undefined || isFailure(made)) throw new Exit(1, `add tunnel "${FALLBACK}" failed: File exists\n`);
  linkExtras(tool.namespace, made).data = { mode: "ipip" };
  return 0;
}

function tunnelNamed(tool: IpTool, name: string): Link | undefined {
  return tool.links().find((link) => link.kind === "ipip" && link.name === name);
}

function remove(tool: IpTool, words: Words): number {
  const { name = "" } = takeRequest(tool, words);
  const link = tool.links().find((one) => one.name === name);
  const errno = link === undefined
    ? "ENODEV"
    : link.kind !== "ipip"
    ? "EOPNOTSUPP"
    : name === FALLBACK
    ? "EPERM"
    : undefined;
  if (errno !== undefined) throw new Exit(1, `delete tunnel "${name}" failed: ${strerror(errno)}\n`);
  if (link !== undefined) tool.plane.removeLink(tool.ns, link.index);
  return 0;
}

function show(tool: IpTool, words: Words): number {
  const asked = takeRequest(tool, words, { id: 0 });
  const passes = (link: Link): boolean => {
    const { remote, local } = asked.tunnel;
    return link.kind === "ipip" && (asked.name === undefined || link.name === asked.name) && asked.mode !== "other" &&
      (remote === undefined || link.tunnel?.remote === remote) && (local === undefined || link.tunnel?.local === local);
  };
  const entries = tool.links().filter(passes).map((link) => tunnelEntry(tool, link));
  tool.report(entries);
  return 0;
}

/** `t0: ip/ip remote 10.0.0.2 local 10.0.0.1 ttl inherit`. */
function tunnelEntry(tool: IpTool, link: Link): Entry {
  const { remote = "any", local = "any", dev, ttl = 0, tos = 0, pmtudisc } = link.tunnel ?? PLAIN;
  const mode = link.name === FALLBACK ? "any/ip" : "ip/ip";
  const entry = new Entry().put("ifname", link.name, `${link.name}: `).put("mode", mode, `${mode} `);
  entry.put("remote", remote, `remote ${remote} `).put("local", local, `local ${local}`);
  if (dev) entry.put("dev", tool.name(dev), ` dev ${tool.name(dev)}`);
  if (ttl === 0) entry.say(" ttl inherit");
  else entry.put("ttl", ttl, ` ttl ${ttl}`);
  const service = tos === 1 ? "inherit" : `0x${tos.toString(16)}`;
  if (tos !== 0) entry.put("tos", service, ` tos ${service}`);
  if (!pmtudisc) entry.put("pmtudisc", false, " nopmtudisc");
  if (tool.options.stats) entry.say(statistics(link));
  return entry.say("\n");
}

function statistics({ rx, tx }: Link): string {
  const line = (values: readonly number[], last: number): string =>
    `    ${values.map((value, at) => String(value).padEnd([10, 12, 6, 8, 8][at] ?? 0)).join(" ")} ${
      String(last).padEnd(6)
    }`;
  return "\nRX: Packets    Bytes        Errors CsumErrs OutOfSeq Mcasts\n" +
    `${line([rx.packets, rx.bytes, rx.errors, 0, 0], 0)}  \n` +
    "TX: Packets    Bytes        Errors DeadLoop NoRoute  NoBufs\n" +
    `${line([tx.packets, tx.bytes, tx.errors, 0, 0], 0)}`;
}
