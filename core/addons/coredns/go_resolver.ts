/** Go's own resolver, as far as CoreDNS uses it before it starts: A and AAAA of a name, and its words for what went wrong. */
import { type Errno, ipFamily, isIp } from "../../base/mod.ts";
import {
  answers,
  glibcCandidates,
  hostsByName,
  isMalformed,
  type Message,
  parseHosts,
  parseMessage,
  printMessage,
  queryMessage,
  resolverSettings,
} from "../../dns/mod.ts";
import { errorText } from "./frames.ts";
import type { Host } from "./plugin.ts";

type Found = readonly string[] | { readonly error: string };

/** The addresses of a name by /etc/hosts and the name servers of /etc/resolv.conf. */
export async function goLookup(host: Host, name: string): Promise<Found> {
  if (isIp(name)) return [name];
  const listed = hostsByName(parseHosts(host.readFile("/etc/hosts") ?? ""), name, 0);
  if (listed.length > 0) return listed.map(({ address }) => address);
  if (!isHostName(name)) return { error: `lookup ${name}: no such host` };
  const settings = resolverSettings({ read: (path) => host.readFile(path) });
  let error = `lookup ${name}: no such host`;
  for (const candidate of glibcCandidates(name, settings)) {
    const addresses: string[] = [];
    for (const type of ["A", "AAAA"]) {
      const found = await askServers(host, { name, candidate, type }, settings);
      if ("error" in found) error = found.error;
      else addresses.push(...found);
    }
    if (addresses.length > 0) return addresses;
  }
  return { error };
}

const LABEL = /^[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?$/;

/** What Go asks name servers for: the root, or labels of letters, digits, `-` and `_`, not all of digits. */
function isHostName(name: string): boolean {
  if (name === ".") return true;
  const labels = name.replace(/\.$/, "").split(".");
  return name.length < (name.endsWith(".") ? 255 : 254) && /[A-Za-z_-]/.test(name) &&
    labels.every((label) => LABEL.test(label));
}

interface Asked {
  /** What was typed. */
  readonly name: string;
  readonly candidate: string;
  readonly type: string;
}

async function askServers(
  host: Host,
  asked: Asked,
  { nameservers, attempts, timeout }: ReturnType<typeof resolverSettings>,
): Promise<Found> {
  let last: Found = { error: `lookup ${asked.name}: no such host` };
  for (let i = 0; i < attempts; i++) {
    for (const server of nameservers) {
      const reply = await ask(host, { ...asked, server, timeout });
      const place = `lookup ${asked.name} on ${server.includes(":") ? `[${server}]` : server}:53`;
      if (typeof reply === "string") last = { error: `${place}: ${reply}` };
      else if (reply.rcode === "NXDOMAIN") return { error: `${place}: no such host` };
      else if (reply.rcode !== "NOERROR") last = { error: `${place}: server misbehaving` };
      else {
        const found = reply.answers.filter(({ type }) => type === asked.type).map(({ data }) => data);
        return found.length > 0 ? found : { error: `${place}: no such host` };
      }
    }
  }
  return last;
}

/** A reply, or Go's words for why there is none. */
async function ask(
  host: Host,
  { candidate, type, server, timeout }: Asked & { readonly server: string; readonly timeout: number },
): Promise<Message | string> {
  const socket = host.net.udp(ipFamily(server) ?? 4);
  try {
    const local = socket.connect(server, 53);
    if ("errno" in local) return `dial udp ${server}:53: connect: ${errorText(local.errno)}`;
    const pair = `${local.address}:${local.port}->${server}:53`;
    const query = queryMessage(host.random.below(65536), { name: candidate, type, class: "IN" });
    const sent = socket.send(printMessage(query));
    if (typeof sent === "object") return `write udp ${pair}: write: ${errorText(sent.errno)}`;
    const deadline = host.clock.now() + timeout;
    for (;;) {
      const got = await socket.receive(Math.max(0, deadline - host.clock.now()));
      if (got === undefined) return `read udp ${pair}: i/o timeout`;
      if ("error" in got) return `read udp ${pair}: read: ${errorText(got.error.errno as Errno)}`;
      const message = parseMessage(got.datagram.data);
      if (!isMalformed(message) && answers(query, message)) return message;
    }
  } finally {
    socket.close();
  }
}
