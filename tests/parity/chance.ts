/**
 * What the kernel draws by chance where a recording could not tell. Two runs may draw the same by accident, and a hash keyed at
 * boot is the same in both, so these are written down as if they were certain. They are compared by what is certain about them:
 *
 * - a source port out of the range of an SNAT or MASQUERADE rule (nf_nat_l4proto_unique_tuple) is one of that range;
 * - the outer source port of vxlan (udp_flow_src_port, a keyed hash) is one of the local range, and the same in both directions
 *   of one exchange where it is the same in the recording; where one direction was drawn anew for its socket (`*` in the
 *   recording), nothing is said about the two.
 */
import type { FlowRecord, ProbeResult, Scenario, TupleRecord } from "./scenario.ts";

const NAT_RANGE = /-j (?:SNAT|MASQUERADE)\b.*?(?:--to-source \S*?:|--to-ports )(\d+)-(\d+)/;
const VXLAN_PORT = /type vxlan .*dstport (\d+)/;
const LOCAL_PORTS = [32768, 60999] as const;

const lines = (texts: Readonly<Record<string, string | readonly string[]>> | undefined) =>
  Object.values(texts ?? {}).flatMap((text) => typeof text === "string" ? text.split("\n") : text);

/** Rewrites the results of one side, recorded or ours, so that only what is certain is left to compare. */
export class Chance {
  readonly #ranges: readonly (readonly [number, number])[];
  readonly #tunnels: ReadonlySet<string>;
  /** Ports that probes chose: no tunnel's, wherever a rule may have sent it. */
  readonly #chosen: ReadonlySet<string>;
  /** Translated ends seen so far in this scenario: `address:port` to `address:{low-high}`. */
  readonly #ends = new Map<string, string>();

  /** `bothWays`: whether it is known if the two directions of a tunnel share a port; it is not where sockets drew theirs. */
  constructor(scenario: Scenario, readonly bothWays = true) {
    this.#ranges = [...lines(scenario.iptables), ...lines(scenario.ip6tables)].flatMap((line) => {
      const found = NAT_RANGE.exec(line);
      return found === null ? [] : [[Number(found[1]), Number(found[2])] as const];
    });
    this.#chosen = new Set(scenario.probes.flatMap(({ sport, dport }) => [`${sport}`, `${dport}`]));
    this.#tunnels = new Set(lines(scenario.ip).flatMap((line) => VXLAN_PORT.exec(line)?.[1] ?? []));
  }

  /** The result with the drawn ports named by where they were drawn from. */
  certain(result: ProbeResult): ProbeResult {
    if (this.#ranges.length === 0 && this.#tunnels.size === 0) return result;
    const conntrack = Object.fromEntries(
      Object.entries(result.conntrack ?? {}).map(([ns, flows]) => [ns, this.#flows(flows)]),
    );
    const out = result.out && { out: result.out.map((line) => this.#tunnelText(line)) };
    return this.#rename({ ...result, ...out, conntrack }) as ProbeResult;
  }

  /** A packet of a tunnel that came out of a port, or that an error quotes. */
  #tunnelText(line: string): string {
    return line.replace(
      /:(\d+)>([\d.]+|\[[0-9a-f:.]+\]):(\d+)/g,
      (text, from, to, door) => this.#tunnels.has(door) && !this.#chosen.has(from) ? `:{vxlan}>${to}:${door}` : text,
    );
  }

  #flows(flows: readonly FlowRecord[]): FlowRecord[] {
    for (const { reply, status } of flows) if (status.includes("SNAT")) this.#learn(String(reply.dst));
    return flows.map((flow) => this.#tunnel(flow, flows));
  }

  #learn(end: string): void {
    const [address, port] = parts(end);
    const range = this.#ranges.find(([low, high]) => Number(port) >= low && Number(port) <= high);
    if (range !== undefined) this.#ends.set(end, `${address}:{${range.join("-")}}`);
  }

  #tunnel(flow: FlowRecord, flows: readonly FlowRecord[]): FlowRecord {
    const { orig, reply } = flow;
    const [from, port] = parts(String(orig.src)), [to, door] = parts(String(orig.dst));
    if (orig.proto !== "udp" || !this.#tunnels.has(door) || !inLocalRange(port)) return flow;
    const back = (end: string | undefined) =>
      flows.some((other) => other.orig.src === `${to}:${end}` && other.orig.dst === `${from}:${door}`);
    const end = !this.bothWays
      ? `${from}:{vxlan}`
      : `${from}:{vxlan${back(port) ? ", both ways" : back("*") ? "*" : ""}}`;
    const renamed = (tuple: TupleRecord, side: "src" | "dst"): TupleRecord => ({ ...tuple, [side]: end });
    return { ...flow, orig: renamed(orig, "src"), reply: renamed(reply, "dst") };
  }

  /** Every text of a value with the translated ends renamed. */
  #rename(value: unknown): unknown {
    if (this.#ends.size === 0) return value;
    if (typeof value === "string") return this.#renameText(value);
    if (Array.isArray(value)) return value.map((one) => this.#rename(one));
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, this.#rename(one)]));
  }

  #renameText(text: string): string {
    return text.replace(/(?:\d+(?:\.\d+){3}|\[[0-9a-f:.]+\]):\d+/g, (end) => this.#ends.get(end) ?? end);
  }
}

/** Address and port of an end, the brackets of IPv6 left where they are. */
function parts(end: string): readonly [address: string, port: string] {
  const colon = end.lastIndexOf(":");
  return [end.slice(0, colon), end.slice(colon + 1)];
}

function inLocalRange(port: string | undefined): boolean {
  return Number(port) >= LOCAL_PORTS[0] && Number(port) <= LOCAL_PORTS[1];
}
