import { HOOK, OP, SOCKETMATCH } from "../../../../wasm/mod.ts";
import type { Extension } from "../extension.ts";

/** `-m socket`. */
export interface SocketMatch {
  readonly match: "socket";
  readonly transparent: boolean;
  readonly nowildcard: boolean;
  readonly restoreMark: boolean;
}

function words(m: SocketMatch): string {
  return (m.transparent ? " --transparent" : "") + (m.nowildcard ? " --nowildcard" : "") +
    (m.restoreMark ? " --restore-skmark" : "");
}

/** libxt_socket. */
export const socket: Extension<SocketMatch> = {
  name: "socket",
  op: OP.SOCKET,
  hooks: (1 << HOOK.PREROUTING) | (1 << HOOK.INPUT),
  options: [
    { names: ["transparent"], value: false, take: (draft) => draft.transparent = true },
    { names: ["nowildcard"], value: false, take: (draft) => draft.nowildcard = true },
    { names: ["restore-skmark"], value: false, take: (draft) => draft.restoreMark = true },
  ],
  start: () => ({ match: "socket", transparent: false, nowildcard: false, restoreMark: false }),
  save: words,
  list: (m) => " socket" + words(m),
  encode(m, out) {
    out.word(
      (m.transparent ? SOCKETMATCH.TRANSPARENT : 0) | (m.nowildcard ? SOCKETMATCH.NOWILDCARD : 0) |
        (m.restoreMark ? SOCKETMATCH.RESTORE_MARK : 0),
    );
  },
};
