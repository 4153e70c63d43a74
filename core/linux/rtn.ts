/** Types of routes and of addresses by their numbers in rtnetlink (RTN_* of linux/rtnetlink.h). */
export const RTN: readonly string[] =
  "unspec unicast local broadcast anycast multicast blackhole unreachable prohibit throw nat xresolve".split(" ");
