import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import type { BlockSpec, IPPool } from "../objects.ts";
import { Ipam, type IpamData, IpamError } from "./ipam.ts";
import { blockWalk } from "./walk.ts";

function memory(): IpamData {
  const blocks = new Map<string, BlockSpec>();
  const affinities = new Map<string, Set<string>>();
  const handles = new Map<string, Readonly<Record<string, number>>>();
  return {
    block: (cidr) => blocks.get(cidr),
    blocks: () => [...blocks.values()],
    putBlock: (block) => void blocks.set(block.cidr, block),
    removeBlock: (cidr) => void blocks.delete(cidr),
    affinities: (host) => [...affinities.get(host) ?? []],
    putAffinity: (host, cidr) => void affinities.set(host, (affinities.get(host) ?? new Set()).add(cidr)),
    removeAffinity: (host, cidr) => void affinities.get(host)?.delete(cidr),
    handle: (id) => handles.get(id),
    putHandle: (id, counts) => void (counts === undefined ? handles.delete(id) : handles.set(id, counts)),
  };
}

function ipam(cidr: string, blockSize: number, strictAffinity = false): Ipam {
  const pool = { metadata: { name: "pool" }, spec: { cidr, blockSize } } as IPPool;
  const config = { strictAffinity, autoAllocateBlocks: true };
  return new Ipam(memory(), { config, pools: [pool], reserved: [], now: 0, selects: () => true });
}

const ask = (host: string, count: number, handle: string) => ({ host, family: 4, count, handle }) as const;

Deno.test("a host begins with the block that its name draws, as the real library does", () => {
  for (
    const [host, block] of [["n1", "10.0.0.128/26"], ["n2", "10.0.0.64/26"], ["worker-7", "10.0.0.192/26"]] as const
  ) {
    assertEquals(blockWalk("10.0.0.0/24", 26, host).next().value, block);
  }
});

Deno.test("freed addresses come back last", () => {
  const one = ipam("10.0.0.0/24", 28);
  assertEquals(one.autoAssign(ask("n1", 2, "a")).addresses, ["10.0.0.224/28", "10.0.0.225/28"]);
  one.releaseHandle("a");
  assertEquals(one.autoAssign(ask("n1", 1, "b")).addresses, ["10.0.0.226/28"]);
  assertThrows(() => one.releaseHandle("a"), IpamError, 'ipamhandles.crd.projectcalico.org "a" not found');
});

Deno.test("an address that has to cool down is nobody's meanwhile", () => {
  const at = (now: number) => new Ipam(data, { ...first.settings, config, now });
  const first = ipam("10.0.0.0/30", 30);
  const data = first.data;
  const config = { ...first.settings.config, ipCooldownSeconds: 30 };
  assertEquals(at(0).autoAssign(ask("n1", 4, "a")).addresses.length, 4);
  assertEquals(at(1_000).release(["10.0.0.2"]), { released: ["10.0.0.2"], unallocated: [] });
  assertThrows(() => at(2_000).attributes("10.0.0.2"), IpamError, "IP is unassigned");
  assertEquals(at(30_999).autoAssign(ask("n1", 1, "b")).addresses, []);
  assertEquals(at(31_000).autoAssign(ask("n1", 1, "b")).addresses, ["10.0.0.2/30"]);
});

Deno.test("without a free block a host borrows from others, unless affinity is strict", () => {
  const loose = ipam("10.0.0.0/28", 29);
  for (const host of ["n1", "n2"]) loose.autoAssign(ask(host, 1, host));
  assertEquals(loose.autoAssign(ask("n3", 1, "c")).addresses.length, 1);
  const strict = ipam("10.0.0.0/28", 29, true);
  for (const host of ["n1", "n2"]) strict.autoAssign(ask(host, 1, host));
  assertEquals(strict.autoAssign(ask("n3", 1, "c")), {
    addresses: [],
    messages: ["No more free affine blocks and strict affinity enabled"],
  });
});

Deno.test("law: no address is anybody's twice, whoever comes and goes", () => {
  const call = fc.record({
    host: fc.constantFrom("n1", "n2", "n3"),
    count: fc.integer({ min: 1, max: 5 }),
    gone: fc.nat(9),
  });
  fc.assert(fc.property(fc.array(call, { maxLength: 40 }), (calls) => {
    const one = ipam("10.0.0.0/26", 29);
    const held = new Map<string, string[]>();
    calls.forEach(({ host, count, gone }, i) => {
      const given = one.autoAssign(ask(host, count, `h${i}`)).addresses.map((address) =>
        address.split("/")[0] as string
      );
      const taken = [...held.values()].flat();
      assertEquals(given.filter((address) => taken.includes(address)), []);
      if (given.length > 0) held.set(`h${i}`, given);
      const [handle] = [...held.keys()].slice(gone, gone + 1);
      if (handle === undefined) return;
      one.release(held.get(handle) ?? []);
      held.delete(handle);
    });
  }));
});
