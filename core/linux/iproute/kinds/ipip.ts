/** ipip: `[ remote ADDR ] [ local ADDR ] [ ttl N|inherit ] [ tos N|inherit ] [ [no]pmtudisc ] [ dev NAME ] [ mode ipip|any ]`. */
import type { Link, Tunnel } from "../../../../wasm/mod.ts";
import { isIp } from "../../../base/mod.ts";
import type { Entry } from "../entry.ts";
import { Exit, invalid } from "../exit.ts";
import { linkExtras } from "../extras.ts";
import type { IpTool } from "../tool.ts";
import { parseUnsigned, type Words } from "../words.ts";
import { LINK_TYPE_USAGE } from "../link_usage.ts";
import { type Kind, putTos } from "./kind.ts";

/** A tunnel with nothing said about it. */
export const PLAIN: Tunnel = { id: 0, ttl: 0, tos: 0, pmtudisc: true };
const UNMODELLED = /^(external|encap.*|fwmark|6rd-.*)$/;

/** Tunnels of IP in IP. */
export const ipip: Kind = {
  take(tool, words, request) {
    const word = words.next();
    const tunnel = request.tunnel ?? PLAIN;
    if (word === "mode") {
      const mode = words.next();
      if (mode !== "ipip" && mode !== "any" && mode !== "ipv4/ipv4" && mode !== "ip4ip4") {
        if (mode === "mplsip" || mode === "mpls/ipv4") throw new Exit(2, "ip: ipip mode mplsip is not modelled\n");
        throw invalid(mode, "Cannot guess tunnel mode.");
      }
      request.shown.mode = mode === "any" ? "any" : "ipip";
    } else if (UNMODELLED.test(word)) throw new Exit(2, `ip: ipip ${word} is not modelled\n`);
    else if (word !== "noencap") {
      const read = takeTunnelWord(tool, words, { word, tunnel });
      if (read === undefined) throw new Exit(1, LINK_TYPE_USAGE["ipip"] ?? "");
      request.tunnel = read;
    }
    if (request.tunnel?.ttl && !request.tunnel.pmtudisc) {
      throw new Exit(255, "ttl != 0 and nopmtudisc are incompatible\n", true);
    }
  },
  check(_tool, request) {
    request.tunnel ??= PLAIN;
  },
  put(entry, tool, link) {
    const { mode = "any" } = linkExtras(tool.namespace, link.index).data ?? {};
    entry.put("proto", mode, `${mode} `);
    putTunnel(entry, tool, link);
  },
};

/** The words `ip link` and `ip tunnel` share; undefined for others. */
export function takeTunnelWord(
  tool: IpTool,
  words: Words,
  { word, tunnel, expected = "inet address", end = "." }: {
    readonly word: string;
    readonly tunnel: Tunnel;
    /** What an end of the tunnel that is none should have been, and how the complaint ends. */
    readonly expected?: string;
    readonly end?: string;
  },
): Tunnel | undefined {
  switch (word) {
    case "remote":
    case "local": {
      const said = words.next();
      const address = endpoint(said, `Error: ${expected} is expected rather than "${said}"${end}\n`);
      const { [word]: _, ...rest } = tunnel;
      return address === undefined ? rest : { ...rest, [word]: address };
    }
    case "ttl":
    case "hoplimit":
    case "hlim":
      return { ...tunnel, ttl: ttl(words.next()) };
    case "tos":
    case "tclass":
    case "dsfield":
      return { ...tunnel, tos: tos(words.next()) };
    case "dev":
      return { ...tunnel, dev: tool.device(words.next()).index };
    case "pmtudisc":
    case "nopmtudisc":
      return { ...tunnel, pmtudisc: word === "pmtudisc" };
    default:
      return undefined;
  }
}

/** An end of a tunnel; `any` is none. */
function endpoint(word: string, problem: string): string | undefined {
  if (word === "any" || word === "0.0.0.0") return undefined;
  if (!isIp(word) || word.includes(":")) {
    throw new Exit(1, problem, true);
  }
  return word;
}

function ttl(word: string): number {
  if (word === "inherit") return 0;
  const value = parseUnsigned(word, 255);
  if (value === undefined) throw invalid(word, "invalid TTL\n");
  return value;
}

function tos(word: string): number {
  if (word === "inherit") return 1;
  const value = /^(0x)?[0-9a-f]{1,2}$/i.test(word) ? parseInt(word, 16) : undefined;
  if (value === undefined) throw invalid(word, "bad TOS value");
  return value;
}

function putTunnel(entry: Entry, tool: IpTool, link: Link): void {
  const { remote = "any", local = "any", dev, ttl = 0, tos = 0, pmtudisc = false } = link.tunnel ?? PLAIN;
  entry.put("remote", remote, `remote ${remote} `).put("local", local, `local ${local} `);
  if (dev) entry.put("link", tool.name(dev), `dev ${tool.name(dev)} `);
  entry.put("ttl", ttl, `ttl ${ttl === 0 ? "inherit" : ttl} `);
  putTos(entry, tos);
  entry.put("pmtudisc", pmtudisc, pmtudisc ? "pmtudisc " : "nopmtudisc ");
}
