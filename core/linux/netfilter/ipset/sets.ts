import type { PlaneApi } from "../../../../wasm/mod.ts";
import { isFailure } from "../../../base/mod.ts";
import type { Namespace, StateKey } from "../../namespace.ts";
import { equalWords, masked, maskOf, type Words } from "../address.ts";
import { parseElements, printElement } from "./element.ts";
import { type Extras, type IpSet, type Member, type Part, refuse, type SetHeader } from "./model.ts";
import { decodeMembers, encodeSet, type SetNames } from "./words.ts";

const KEY: StateKey<IpSets> = { label: "ipset" };

/** The sets of a namespace. */
export function setsOf(namespace: Namespace): IpSets {
  return namespace.state(KEY, () => new IpSets(namespace.plane, namespace.id));
}

const NO_SET = "The set with the given name does not exist";

/**
 * The named sets of one namespace. Members live in the plane, where rules fill and age them; a session takes them out,
 * changes them, and {@link settle} puts them back.
 */
export class IpSets implements SetNames {
  /** In the order of the kernel's slots. */
  readonly #sets: (IpSet | undefined)[] = [];
  readonly #fresh = new Set<IpSet>();
  readonly #dirty = new Set<IpSet>();
  /** How many rules name a set, asked of whoever keeps rules. */
  readonly users: ((name: string) => number)[] = [];

  constructor(readonly plane: PlaneApi, readonly ns: number) {}

  /** Every set, in the order they are listed. */
  get sets(): IpSet[] {
    return this.#sets.filter((set) => set !== undefined);
  }

  find(name: string): IpSet | undefined {
    return this.#sets.find((set) => set?.name === name);
  }

  idOf(name: string): number {
    return this.find(name)?.id ?? -1;
  }

  nameOf(id: number): string {
    return this.#sets[id]?.name ?? "";
  }

  /** How many rules and list sets use a set. */
  references(set: IpSet): number {
    const lists = this.sets.filter((other) => [...other.members.values()].some((m) => namesSet(m.parts, set.name)));
    return lists.length + this.users.reduce((sum, count) => sum + count(set.name), 0);
  }

  /** The set, with the members the plane has now. */
  current(name: string): IpSet {
    const set = this.find(name) ?? refuse(NO_SET);
    if (!this.#fresh.has(set)) {
      set.members = decodeMembers(this.plane.setMembers(this.ns, set.id), set, this);
      this.#fresh.add(set);
    }
    return set;
  }

  create(name: string, header: SetHeader, exist: boolean): void {
    const before = this.find(name);
    if (before !== undefined) {
      if (exist && before.header.type === header.type && before.header.family === header.family) return;
      refuse("Set cannot be created: set with the same name already exists");
    }
    let id = this.#sets.findIndex((set) => set === undefined);
    if (id < 0) id = this.#sets.length;
    const set: IpSet = { name, id, header, members: new Map() };
    this.#sets[id] = set;
    this.#fresh.add(set);
    this.#push(set);
  }

  add(name: string, text: string, given: { extras: Partial<Extras>; exist: boolean; place?: Place }): void {
    const set = this.current(name);
    const extras = extrasFor(set.header, given.extras);
    // Elements of a range go in one after the other: those before one that cannot stay.
    this.#dirty.add(set);
    for (const parts of parseElements(text, set.header)) {
      this.#checkRange(parts, set.header);
      const key = printElement(parts, set.header);
      if (set.members.has(key)) {
        if (!given.exist) refuse("Element cannot be added to the set: it's already added");
      } else this.#makeRoom(set);
      const member: Member = { ...extras, parts };
      if (given.place === undefined) set.members.set(key, member);
      else placeMember(set, key, member, given.place);
    }
  }

  #makeRoom(set: IpSet): void {
    const { type, maxelem, forceadd, size = 8 } = set.header;
    if (type.method === "hash" && set.members.size >= maxelem) {
      const [first] = set.members.keys();
      if (!forceadd || first === undefined) refuse("Hash is full, cannot add more elements");
      set.members.delete(first);
    }
    if (type.method === "list" && set.members.size >= size) refuse("Set is full, more elements cannot be added.");
  }

  #checkRange(parts: readonly Part[], header: SetHeader): void {
    const [part] = parts;
    const named = part?.kind === "set" ? this.find(part.name) : undefined;
    if (part?.kind === "set" && named === undefined) {
      refuse("Set to be added/deleted/tested as element does not exist.");
    }
    if (named?.header.type.method === "list") refuse("Sets with list:set type cannot be added to the set.");
    if (header.range === undefined || part === undefined) return;
    const value = part.kind === "port" ? part.port : part.kind === "ip" ? part.ip[0] as number : 0;
    if (value < header.range[0] || value > header.range[1]) refuse("Element is out of the range of the set");
  }

  del(name: string, text: string, exist: boolean): void {
    const set = this.current(name);
    for (const parts of parseElements(text, set.header)) {
      this.#checkRange(parts, set.header);
      if (!set.members.delete(printElement(parts, set.header)) && !exist) {
        refuse("Element cannot be deleted from the set: it's not added");
      }
    }
    this.#dirty.add(set);
  }

  /** Whether an element is in the set, and the text it is named by. */
  test(name: string, text: string): { readonly found: boolean; readonly text: string } {
    const set = this.current(name);
    const [parts = []] = parseElements(text, set.header);
    this.#checkRange(parts, set.header);
    const key = printElement(parts, set.header);
    const exact = set.members.get(key);
    if (exact !== undefined) return { found: !exact.nomatch, text: key };
    return { found: covered(set, parts), text: key };
  }

  flush(name?: string): void {
    for (const set of name === undefined ? this.sets : [this.current(name)]) {
      set.members = new Map();
      this.#fresh.add(set);
      this.#dirty.add(set);
    }
  }

  destroy(name?: string): void {
    const doomed = name === undefined ? this.sets : [this.find(name) ?? refuse(NO_SET)];
    const used = (set: IpSet) =>
      name === undefined ? this.users.some((count) => count(set.name) > 0) : this.references(set) > 0;
    for (const set of doomed) if (set.header.type.method === "list") this.current(set.name);
    if (doomed.some(used)) refuse("Set cannot be destroyed: it is in use by a kernel component");
    for (const set of doomed) {
      this.plane.dropSet(this.ns, set.id);
      this.#sets[set.id] = undefined;
      this.#dirty.delete(set);
    }
  }

  rename(name: string, to: string): void {
    const set = this.find(name) ?? refuse(NO_SET);
    if (this.references(set) > 0) refuse("Set cannot be renamed: it is in use by another system");
    if (this.find(to) !== undefined) refuse("Set cannot be renamed: a set with the new name already exists");
    set.name = to;
  }

  /** Swaps what two names stand for. */
  swap(name: string, other: string): void {
    if (this.find(name) === undefined) refuse(NO_SET);
    if (this.find(other) === undefined) refuse("Sets cannot be swapped: the second set does not exist");
    const a = this.current(name), b = this.current(other);
    if (a.header.type !== b.header.type || a.header.family !== b.header.family) {
      refuse("The sets cannot be swapped: their type does not match");
    }
    [a.header, b.header] = [b.header, a.header];
    [a.members, b.members] = [b.members, a.members];
    this.#dirty.add(a);
    this.#dirty.add(b);
  }

  #push(set: IpSet): void {
    const failure = this.plane.loadSet(this.ns, set.id, encodeSet(set, this));
    if (isFailure(failure)) throw new Error(`the plane refused set ${set.name}: ${failure.errno}`);
  }

  /** Ends a session: what changed goes to the plane, and the plane is asked anew next time. */
  settle(): void {
    for (const set of this.#dirty) this.#push(set);
    this.#dirty.clear();
    this.#fresh.clear();
  }
}

/** `before` or `after` a member of a list. */
export interface Place {
  readonly side: "before" | "after";
  readonly of: string;
}

function placeMember(set: IpSet, key: string, member: Member, place: Place): void {
  if (!set.members.has(place.of)) refuse("Sets with the given name as element does not exist in the list set.");
  const list = [...set.members].filter(([name]) => name !== key);
  const index = list.findIndex(([name]) => name === place.of) + (place.side === "after" ? 1 : 0);
  list.splice(index, 0, [key, member]);
  set.members = new Map(list);
}

function namesSet(parts: readonly Part[], name: string): boolean {
  return parts.some((part) => part.kind === "set" && part.name === name);
}

/** What is kept beside an element, checked against what the set was made for. */
function extrasFor(header: SetHeader, given: Partial<Extras>): Extras {
  if (given.nomatch && !header.type.dimensions.includes("net")) refuse("Unknown argument: `nomatch'", 2);
  if (given.timeout !== undefined && header.timeout === undefined) {
    refuse("Timeout cannot be used: set was created without timeout support");
  }
  if ((given.packets !== undefined || given.bytes !== undefined) && !header.counters) {
    refuse("Packet/byte counters cannot be used: set was created without counter support");
  }
  if (given.comment !== undefined && !header.comment) {
    refuse("Comment cannot be used: set was created without comment support");
  }
  if ((given.skbmark ?? given.skbprio ?? given.skbqueue) !== undefined && !header.skbinfo) {
    refuse("Skbinfo mapping cannot be used: set was created without skbinfo support");
  }
  const timeout = given.timeout ?? (header.timeout ?? 0) * 1000;
  return { nomatch: false, packets: 0, bytes: 0, ...given, timeout };
}

/** Whether a more general network of the set holds the element; the most specific one decides. */
function covered(set: IpSet, parts: readonly Part[]): boolean {
  let best = -1, found = false;
  for (const member of set.members.values()) {
    const length = coverage(member.parts, parts);
    if (length <= best) continue;
    best = length;
    found = !member.nomatch;
  }
  return found;
}

function coverage(held: readonly Part[], asked: readonly Part[]): number {
  let sum = 0;
  for (const [i, part] of held.entries()) {
    const other = asked[i];
    if (part.kind === "net" && other?.kind === "net") {
      if (!isWhole(other) || !inside(part, other.ip)) return -1;
      sum += part.length;
    } else if (JSON.stringify(part) !== JSON.stringify(other)) return -1;
  }
  return sum;
}

const isWhole = (net: { readonly ip: Words; readonly length: number }) => net.length === net.ip.length * 32;

function inside(net: { readonly ip: Words; readonly length: number }, ip: Words): boolean {
  return equalWords(masked(ip, maskOf(net.length, ip.length === 1 ? 4 : 6)), net.ip);
}
