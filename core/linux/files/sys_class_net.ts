import type { Link, Ns } from "../../../wasm/mod.ts";
import type { Machine } from "../machine.ts";
import type { Mount } from "./mount.ts";

const BROADCAST = "ff:ff:ff:ff:ff:ff";
const isLoopback = (link: Link): boolean => link.kind === "" && link.name === "lo";

/** Flag bits of `flags`, as in linux/if.h. */
function flagBits(link: Link): number {
  const kind = isLoopback(link) ? 0x8 : 0x2 | 0x1000;
  return kind | (link.up ? 0x1 : 0) | (link.promisc ? 0x100 : 0) | (link.arp ? 0 : 0x80);
}

/** Files of `/sys/class/net/DEV`; undefined where reading fails (carrier of a device that is down). */
const FILES: Readonly<Record<string, (link: Link) => string | undefined>> = {
  addr_assign_type: () => "3",
  addr_len: () => "6",
  address: (link) => link.mac,
  broadcast: (link) => (isLoopback(link) ? "00:00:00:00:00:00" : BROADCAST),
  carrier: (link) => (link.up ? (link.carrier ? "1" : "0") : undefined),
  dev_id: () => "0x0",
  dev_port: () => "0",
  dormant: () => "0",
  flags: (link) => `0x${flagBits(link).toString(16)}`,
  ifalias: () => "",
  ifindex: (link) => String(link.index),
  iflink: (link) => String(link.link === 0 ? link.index : link.link),
  link_mode: () => "0",
  mtu: (link) => String(link.mtu),
  operstate: (link) => link.operstate.toLowerCase(),
  speed: (link) => (link.kind === "veth" ? "10000" : undefined),
  tx_queue_len: (link) => String(link.txqlen),
  type: (link) => (isLoopback(link) ? "772" : link.kind === "ipip" ? "768" : "1"),
};

/** Files of `/sys/class/net/DEV/statistics`. */
const STATISTICS: Readonly<Record<string, (link: Link) => number>> = {
  rx_bytes: (link) => link.rx.bytes,
  rx_dropped: (link) => link.rx.dropped,
  rx_errors: (link) => link.rx.errors,
  rx_packets: (link) => link.rx.packets,
  tx_bytes: (link) => link.tx.bytes,
  tx_dropped: (link) => link.tx.dropped,
  tx_errors: (link) => link.tx.errors,
  tx_packets: (link) => link.tx.packets,
};

/** `/sys/class/net`: a folder per device of the namespace. */
export function sysClassNet(machine: Machine, ns: Ns): Mount {
  const { plane } = machine;
  const folder = (path: string): Link | undefined => {
    const name = path.split("/")[0];
    return name === "" ? undefined : plane.links(ns).find((link) => link.name === name);
  };
  return {
    read: (path) => {
      const link = folder(path);
      const [, file = "", counter] = path.split("/");
      if (link === undefined) return undefined;
      if (file === "statistics") return line(STATISTICS[counter ?? ""]?.(link));
      return counter === undefined ? line(FILES[file]?.(link)) : portFile(plane.links(ns), link, `${file}/${counter}`);
    },
    list: (path) => {
      if (path === "") return plane.links(ns).map((link) => link.name);
      const link = folder(path);
      const [, file] = path.split("/");
      if (link === undefined) return undefined;
      if (file === "statistics") return Object.keys(STATISTICS);
      return file === undefined ? [...Object.keys(FILES), "statistics"] : undefined;
    },
    write: (path, text) => {
      const link = folder(path);
      const [, file, setting] = path.split("/");
      if (link === undefined) return { errno: "ENOENT" };
      if (file === "brport" && setting === "hairpin_mode") {
        return plane.setLink(ns, link.index, { hairpin: text.trim() !== "0" }) ?? undefined;
      }
      if (file === "mtu") return plane.setLink(ns, link.index, { mtu: Number(text) }) ?? undefined;
      return { errno: "EACCES" };
    },
    mode: (path) => (/(^|\/)(mtu|hairpin_mode|ifalias|tx_queue_len|flags)$/.test(path) ? 0o644 : 0o444),
  };
}

/** `DEV/brport/...` of a bridge's port and `DEV/bridge/...` of a bridge. */
function portFile(links: readonly Link[], link: Link, file: string): string | undefined {
  if (file === "brport/hairpin_mode" && link.master !== 0) return line(link.hairpin ? 1 : 0);
  if (file === "brport/isolated" && link.master !== 0) return line(link.isolated ? 1 : 0);
  if (file === "bridge/stp_state" && link.kind === "bridge") return line(link.stp ? 1 : 0);
  if (file === "bridge/vlan_filtering" && link.kind === "bridge") return line(link.vlanFiltering ? 1 : 0);
  if (file === "bridge/ageing_time" && link.kind === "bridge") return line(Math.round(link.ageing * 100));
  if (file === "master/ifindex") return line(links.find((other) => other.index === link.master)?.index);
  return undefined;
}

function line(value: string | number | undefined): string | undefined {
  return value === undefined ? undefined : `${value}\n`;
}
