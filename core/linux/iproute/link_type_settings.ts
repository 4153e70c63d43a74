import type { LinkChange } from "../../../wasm/mod.ts";
import { Exit } from "./exit.ts";
import { unknownKindWord } from "./kinds/kind.ts";
import { number, portFlag } from "./link_values.ts";
import type { Words } from "./words.ts";

/** What stands behind `type bridge` and `type bridge_slave`: settings of the plane, and settings that are only shown. */
export interface TypeSettings {
  readonly change: { -readonly [K in keyof LinkChange]: LinkChange[K] };
  shown?: Readonly<Record<string, number>>;
}

/** Settings the plane has. */
const TYPE_SETTINGS: Readonly<Record<string, Readonly<Record<string, (word: string) => LinkChange>>>> = {
  bridge: {
    ageing_time: (word) => ({ ageing: number(word, "ageing_time") }),
    stp_state: (word) => ({ stp: number(word, "stp_state") !== 0 }),
    vlan_filtering: (word) => ({ vlanFiltering: number(word, "vlan_filtering") !== 0 }),
    vlan_default_pvid: (word) => ({ defaultPvid: number(word, "vlan_default_pvid") }),
    mcast_snooping: (word) => ({ mcastSnooping: number(word, "mcast_snooping") !== 0 }),
  },
  bridge_slave: {
    hairpin: (word) => ({ hairpin: portFlag(word, "hairpin") }),
    learning: (word) => ({ learning: portFlag(word, "learning") }),
    flood: (word) => ({ flood: portFlag(word, "flood") }),
    isolated: (word) => ({ isolated: portFlag(word, "isolated") }),
  },
};

/** A bridge's settings that no packet here feels: timers of the spanning tree, multicast snooping, statistics. */
const SHOWN =
  /^(forward_delay|hello_time|max_age|priority|vlan_stats_enabled|vlan_stats_per_port|no_linklocal_learn|mcast_(?!snooping$).*)$/;
/** Settings that are read and named: they would change what becomes of packets. */
const UNMODELLED =
  /^(fdb_flush|group_fwd_mask|group_address|vlan_protocol|nf_call_.*|state|priority|cost|guard|root_block|fastleave|proxy_arp|proxy_arp_wifi|mcast_.*|bcast_flood|neigh_suppress|vlan_tunnel|locked|backup_port|nobackup_port)$/;

/** Reads what stands behind `type TYPE` of a device that is there, or of a new bridge. */
export function takeTypeSettings(type: string, words: Words, request: TypeSettings): void {
  const settings = TYPE_SETTINGS[type];
  while (words.more) {
    const word = words.next();
    const read = settings?.[word];
    if (read !== undefined) Object.assign(request.change, read(words.next()));
    else if (type === "bridge" && SHOWN.test(word)) {
      request.shown = { ...request.shown, [word]: number(words.next(), word) };
    } else if (settings !== undefined && UNMODELLED.test(word)) {
      throw new Exit(2, `ip: ${type} ${word} is not modelled\n`);
    } else if (settings === undefined) words.rest();
    else throw unknownKindWord(type, "command", word);
  }
}
