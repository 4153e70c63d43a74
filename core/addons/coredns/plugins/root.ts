import type { DnsPlugin } from "../plugin.ts";

/** root: the folder that relative paths of later plugins start at. */
export const root: DnsPlugin = {
  name: "root",
  setup(corefile, { host, warn }) {
    let folder = "";
    while (corefile.next()) {
      if (!corefile.nextArg()) throw corefile.argError("a folder");
      folder = corefile.word();
    }
    if (host.listFolder?.(folder) === undefined) warn(`[WARNING] plugin/root: Root path does not exist: ${folder}`);
    return { root: folder };
  },
};
