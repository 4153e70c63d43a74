import { contains, parseCidr, parseIp } from "../../../base/mod.ts";
import type { DnsQuery } from "../plugin.ts";
import type { ExprFunction } from "./expression.ts";
import type { Kind, Value } from "./value.ts";

type Of = (query: DnsQuery, args: readonly Value[]) => Value;

const FUNCTIONS: Readonly<Record<string, readonly [Kind, Of]>> = {
  bufsize: ["number", ({ edns, proto }) => (proto === "tcp" ? 65535 : Math.max(edns?.udpSize ?? 512, 512))],
  class: ["string", ({ question }) => question.class],
  client_ip: ["string", ({ client }) => client.address],
  do: ["bool", ({ edns }) => edns?.dnssecOk ?? false],
  id: ["number", ({ message }) => message.id],
  incidr: ["bool", (_, [ip, cidr]) => isInCidr(String(ip), String(cidr))],
  metadata: ["string", ({ labels }, [label]) => labels?.get(String(label)) ?? ""],
  name: ["string", ({ name }) => name],
  opcode: ["number", ({ message }) => ({ QUERY: 0, NOTIFY: 4, UPDATE: 5 })[message.opcode] ?? 0],
  port: ["string", ({ client }) => String(client.port)],
  proto: ["string", ({ proto }) => proto],
  server_ip: ["string", ({ local }) => local.address],
  server_port: ["string", ({ local }) => String(local.port)],
  size: ["number", ({ size }) => size],
  type: ["string", ({ question }) => question.type],
};

function isInCidr(ip: string, cidr: string): boolean {
  const [address, net] = [parseIp(ip), parseCidr(cidr)];
  if (address === undefined) throw new Error("first argument is not an IP address");
  if (net === undefined) throw new Error(`invalid CIDR address: ${cidr}`);
  return net.ip.family === address.family && contains(net, address);
}

/** The functions of expressions about a query; without one they can be compiled only. */
export function queryFunctions(query?: DnsQuery): ReadonlyMap<string, ExprFunction> {
  return new Map(
    Object.entries(FUNCTIONS).map(([name, [gives, of]]) => {
      const call = (args: readonly Value[]): Value => {
        if (query === undefined) throw new Error(`${name} is called without a query`);
        return of(query, args);
      };
      return [name, { gives, call }];
    }),
  );
}
