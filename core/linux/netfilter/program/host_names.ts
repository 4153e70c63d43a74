/** Names of the addresses in a listing, asked as getnameinfo(3) asks: /etc/hosts first, then the name servers of /etc/resolv.conf. */
import packet from "dns-packet";
import { ipFamily, parseIp } from "../../../base/mod.ts";
import type { Process } from "../../process.ts";

interface Resolver {
  readonly servers: readonly string[];
  readonly timeout: number;
  readonly attempts: number;
}

/** The names that are known, by address; the addresses are asked one after another. */
export async function hostNames(process: Process, addresses: readonly string[]): Promise<Map<string, string>> {
  const hosts = parseHosts(process.files.read("/etc/hosts") ?? "");
  const resolver = parseResolver(process.files.read("/etc/resolv.conf") ?? "");
  const names = new Map<string, string>();
  for (const address of addresses) {
    const name = hosts.get(address) ?? await ask(process, address, resolver);
    if (name !== undefined) names.set(address, name);
  }
  return names;
}

function parseHosts(text: string): Map<string, string> {
  const names = new Map<string, string>();
  for (const line of text.split("\n")) {
    const [address, name] = line.replace(/#.*/, "").trim().split(/\s+/);
    if (address !== undefined && name !== undefined && !names.has(address)) names.set(address, name);
  }
  return names;
}

function parseResolver(text: string): Resolver {
  const words = text.split("\n").map((line) => line.trim().split(/\s+/));
  const options = words.filter(([key]) => key === "options").flatMap((line) => line.slice(1));
  const option = (name: string, otherwise: number) => {
    const found = options.find((one) => one.startsWith(`${name}:`));
    return found === undefined ? otherwise : Number(found.slice(name.length + 1));
  };
  const servers = words.filter(([key, server]) => key === "nameserver" && server !== undefined).map(([, server]) =>
    server as string
  );
  return {
    servers: servers.length > 0 ? servers : ["127.0.0.1"],
    timeout: option("timeout", 5) * 1000,
    attempts: option("attempts", 2),
  };
}

/** `4.3.2.1.in-addr.arpa`, or the nibbles of an IPv6 address under ip6.arpa. */
function reverseName(address: string): string {
  if (ipFamily(address) === 4) return `${address.split(".").reverse().join(".")}.in-addr.arpa`;
  const hex = (parseIp(address)?.value ?? 0n).toString(16).padStart(32, "0");
  return `${[...hex].reverse().join(".")}.ip6.arpa`;
}

async function ask(
  process: Process,
  address: string,
  { servers, timeout, attempts }: Resolver,
): Promise<string | undefined> {
  const id = process.random.below(65536);
  const query = packet.encode({
    type: "query",
    id,
    flags: 0x100,
    questions: [{ type: "PTR", name: reverseName(address) }],
  });
  for (let attempt = 0; attempt < attempts; attempt++) {
    for (const server of servers) {
      const answer = await exchange(process, server, { query, timeout });
      if (answer !== undefined) return answer === "" ? undefined : answer;
    }
  }
  return undefined;
}

/** One question to one server: the name, "" when there is none, undefined when the server did not answer. */
async function exchange(
  process: Process,
  server: string,
  { query, timeout }: { query: Uint8Array; timeout: number },
): Promise<string | undefined> {
  const socket = process.net.udp(ipFamily(server) ?? 4);
  socket.connect(server, 53);
  socket.send(query);
  const received = await socket.receive(timeout);
  socket.close();
  if (received === undefined || "error" in received) return undefined;
  const message = packet.decode(received.datagram.data) as {
    readonly answers?: readonly { readonly type: string; readonly data: unknown }[];
  };
  const found = message.answers?.find(({ type }) => type === "PTR");
  return typeof found?.data === "string" ? found.data : "";
}
