/**
 * macvlan: `mode private|vepa|bridge|passthru [ flag nopromisc|nodst|null ] [ bcqueuelen N ]`;
 * ipvlan: `[ mode l2|l3|l3s ] [ bridge|private|vepa ]`.
 */
import type { LinkMode } from "../../../../wasm/mod.ts";
import { Exit, invalid } from "../exit.ts";
import { linkExtras } from "../extras.ts";
import { LINK_TYPE_USAGE } from "../link_usage.ts";
import { parseUnsigned } from "../words.ts";
import { type Kind, unknownKindWord } from "./kind.ts";

const MODES: readonly LinkMode[] = ["private", "vepa", "bridge", "passthru"];
const MODE_FLAGS = ["nopromisc", "nodst", "null"];
const QUEUE = 1000;

/** Devices with MACs of their own on another one. Frames of `mode source` have no mode of ours. */
export const macvlan: Kind = {
  take(_tool, words, request) {
    const word = words.next();
    if (word === "mode") {
      const text = words.next();
      const mode = MODES.find((name) => name === text);
      if (text === "source") throw new Exit(2, "ip: macvlan mode source is not modelled\n");
      if (mode === undefined) throw new Exit(1, wrongMode(text));
      request.mode = mode;
    } else if (word === "flag") {
      const text = words.next();
      if (!MODE_FLAGS.includes(text)) {
        throw new Exit(1, `Error: argument of "flag" must be "nopromisc", "nodst" or "null", not "${text}"\n`);
      }
      request.shown.macvlanFlag = text;
    } else if (word === "bcqueuelen") {
      const text = words.next();
      const length = parseUnsigned(text);
      if (length === undefined) throw invalid(text, `Invalid "bcqueuelen" value\n`);
      request.shown.bcqueuelen = length;
    } else if (word === "nopromisc") {
      if (request.mode !== "passthru") {
        throw new Exit(1, `macvlan: nopromisc flag only valid in passthru mode\n${LINK_TYPE_USAGE["macvlan"]}`);
      }
      request.shown.macvlanFlag = word;
    } else if (word === "macaddr") throw new Exit(2, "ip: macvlan macaddr is not modelled\n");
    else throw unknownKindWord("macvlan", "option", word);
  },
  put(entry, tool, link) {
    const { macvlanFlag, bcqueuelen = QUEUE } = linkExtras(tool.namespace, link.index).data ?? {};
    entry.put("mode", link.mode ?? "vepa", `mode ${link.mode} `);
    if (link.mode === "passthru" && macvlanFlag === "nopromisc") entry.put("nopromisc", "nopromisc", "nopromisc ");
    if (macvlanFlag === "nodst") entry.put("nodst", "nodst", "nodst ");
    entry.put("bcqueuelen", bcqueuelen, `bcqueuelen ${bcqueuelen} `);
    entry.put("usedbcqueuelen", bcqueuelen, `usedbcqueuelen ${bcqueuelen} `);
  },
};

const wrongMode = (word: string): string =>
  `Error: argument of "mode" must be "private", "vepa", "bridge", "passthru" or "source", not "${word}"\n`;

const LAYERS: readonly LinkMode[] = ["l2", "l3", "l3s"];
const FLAGS: readonly LinkMode[] = ["private", "vepa", "bridge"];

/** Devices with IP addresses of their own behind one MAC. */
export const ipvlan: Kind = {
  take(_tool, words, request) {
    const word = words.next();
    const flag = FLAGS.find((name) => name === word);
    if (word === "mode") {
      const text = words.next();
      const mode = LAYERS.find((name) => name === text);
      if (mode === undefined) throw new Exit(1, `Error: argument of "mode" must be either "l2", "l3" or "l3s"\n`);
      request.mode = mode;
    } else if (flag !== undefined && request.flag === undefined) request.flag = flag;
    else throw unknownKindWord("ipvlan", "option", word);
  },
  put(entry, _tool, link) {
    entry.put("mode", link.mode ?? "l3", ` mode ${link.mode} `);
    const flag = link.flag ?? "bridge";
    entry.put(flag, true, `${flag} `);
  },
};
