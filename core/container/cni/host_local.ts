/**
 * host-local: hands out the addresses of a host's own ranges, and remembers them in files as the real one does:
 *
 *     /var/lib/cni/networks/NAME/10.244.1.2            container id, CRLF, interface
 *     /var/lib/cni/networks/NAME/last_reserved_ip.0    where the search goes on
 */
import { addToIp, lastIp, nthIp, printIp, requireCidr, requireIp } from "../../base/mod.ts";
import type { Machine } from "../../linux/mod.ts";
import type { CniCall, CniError, CniResult, IpamConf, IpamRange } from "./types.ts";

const DATA_DIR = "/var/lib/cni/networks";

/** The plugin. */
export function hostLocal(call: CniCall): CniResult | CniError {
  const { conf, command } = call;
  const ipam = conf.ipam as IpamConf;
  const folder = `${ipam.dataDir ?? DATA_DIR}/${conf.name}`;
  return command === "ADD" ? reserve(call, ipam, folder) : release(call, folder);
}

function reserve({ conf, env, host }: CniCall, ipam: IpamConf, folder: string): CniResult | CniError {
  const ips: { address: string; gateway: string }[] = [];
  for (const [set, [range]] of rangeSets(ipam).entries()) {
    if (range === undefined) continue;
    const address = nextFree(host.machine, folder, { range, set });
    if (address === undefined) {
      return {
        cniVersion: conf.cniVersion,
        code: 11,
        msg: `failed to allocate for range ${set}: no IP addresses available in range set: ${printRange(range)}`,
      };
    }
    host.machine.files.put(`${folder}/${address}`, `${env.containerId}\r\n${env.ifname}`);
    host.machine.files.put(`${folder}/last_reserved_ip.${set}`, address);
    ips.push({ address: `${address}/${requireCidr(range.subnet).length}`, gateway: gatewayOf(range) });
  }
  return { cniVersion: conf.cniVersion, ips, ...(ipam.routes === undefined ? {} : { routes: ipam.routes }) };
}

function release({ conf, env, host }: CniCall, folder: string): CniResult {
  const { files } = host.machine;
  for (const name of files.list(folder) ?? []) {
    if (files.read(`${folder}/${name}`) === `${env.containerId}\r\n${env.ifname}`) files.remove(`${folder}/${name}`);
  }
  return { cniVersion: conf.cniVersion };
}

function rangeSets(ipam: IpamConf): readonly (readonly IpamRange[])[] {
  return [...(ipam.subnet === undefined ? [] : [[{ subnet: ipam.subnet }]]), ...ipam.ranges ?? []];
}

/** The first free address behind the last one handed out, from the start again at the end; never the gateway. */
function nextFree(
  machine: Machine,
  folder: string,
  { range, set }: { readonly range: IpamRange; readonly set: number },
): string | undefined {
  const taken = new Set(machine.files.list(folder) ?? []);
  const { start, end } = bounds(range);
  const last = requireIp(machine.files.read(`${folder}/last_reserved_ip.${set}`) ?? end).value;
  const [from, to] = [requireIp(start).value, requireIp(end).value];
  const size = to - from + 1n;
  for (let step = 1n; step <= size; step++) {
    const address = addToIp(start, (last - from + step) % size);
    if (!taken.has(address) && address !== gatewayOf(range)) return address;
  }
  return undefined;
}

function bounds({ subnet, rangeStart, rangeEnd }: IpamRange): { readonly start: string; readonly end: string } {
  const cidr = requireCidr(subnet);
  const last = lastIp(cidr);
  const end = cidr.ip.family === 4 ? { ...last, value: last.value - 1n } : last;
  return { start: rangeStart ?? printIp(nthIp(cidr, 1)), end: rangeEnd ?? printIp(end) };
}

function gatewayOf({ subnet, gateway }: IpamRange): string {
  return gateway ?? printIp(nthIp(requireCidr(subnet), 1));
}

function printRange(range: IpamRange): string {
  const { start, end } = bounds(range);
  return `${start}-${end}`;
}
