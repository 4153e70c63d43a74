/** A CNI network configuration list, as it lies in /etc/cni/net.d (CNI specification 1.0, section 1). */
export interface ConfList {
  readonly name: string;
  readonly cniVersion: string;
  readonly plugins: readonly ({ readonly type: string } & Readonly<Record<string, unknown>>)[];
}

/** Its text. */
export function cniConflist(list: ConfList): string {
  return JSON.stringify(list, null, 2) + "\n";
}
