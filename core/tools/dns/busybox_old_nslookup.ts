/** busybox's nslookup up to 1.28: the C library looks up, every address is shown with its name. */
import { type DnsHost, gaiFailed, getaddrinfo, nameOfAddress, resolverSettings } from "../../dns/mod.ts";
import type { Process } from "../../linux/mod.ts";

const USAGE = `BusyBox v1.28.4 (2018-07-17 15:21:40 UTC) multi-call binary.

Usage: nslookup HOST [DNS_SERVER]

Query the nameserver for the IP address of the given HOST
optionally using a specified DNS server
`;

/** The program. */
export async function busyboxOldNslookup(process: Process): Promise<number> {
  const [name, server, more] = process.argv.slice(1);
  if (name === undefined || name.startsWith("-") || more !== undefined) {
    process.err(USAGE);
    return 1;
  }
  const place = server === undefined ? process : asking(process, server);
  await show(process, place, { name: resolverSettings(place.files).nameservers[0] as string, title: "Server:" });
  process.out("\n");
  return await show(process, place, { name, title: "Name:" }) ? 0 : 1;
}

/** The same place with another name server. */
function asking({ files, net, clock, random }: Process, server: string): DnsHost {
  const read = (path: string): string | undefined => {
    const text = files.read(path);
    if (path !== "/etc/resolv.conf") return text;
    return `${(text ?? "").replace(/^nameserver.*$/gm, "")}\nnameserver ${server}\n`;
  };
  return { files: { read }, net, clock, random };
}

async function show(
  process: Process,
  place: DnsHost,
  { name, title }: { readonly name: string; readonly title: string },
): Promise<boolean> {
  const info = await getaddrinfo(place, name);
  if (gaiFailed(info)) {
    process.err(`nslookup: can't resolve '${name}'\n`);
    return false;
  }
  process.out(`${title.padEnd(10)} ${name}\n`);
  for (const [i, address] of info.addresses.entries()) {
    const named = await nameOfAddress(place, address);
    process.out(`Address ${i + 1}: ${address}${named === undefined ? "" : ` ${named}`}\n`);
  }
  return true;
}
