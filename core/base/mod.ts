/** The bricks: addresses, clock, chance, errors. Everything may stand on them; they stand on nothing. */
export * from "./bytes.ts";
export * from "./canonical.ts";
export * from "./cidr.ts";
export * from "./clock.ts";
export * from "./errno.ts";
export * from "./error.ts";
export * from "./feed.ts";
export * from "./ip.ts";
export * from "./mac.ts";
export * from "./order.ts";
export * from "./random.ts";
export * from "./unified.ts";
