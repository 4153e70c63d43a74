/** File systems images are built on: their files, environment and tools. */
import type { Base, Image } from "../image.ts";

const COMMON_TOOLS: readonly string[] = ["date", "id", "sleep", "timeout", "uname", "whoami"];

/** Tools of Debian's base image. */
export const DEBIAN_TOOLS: readonly string[] = [...COMMON_TOOLS, "getent", "hostname"];

/** Network applets of the busybox image (busybox's default configuration). */
export const BUSYBOX_TOOLS: readonly string[] = [
  ...COMMON_TOOLS,
  "arp",
  "arping",
  "hostname",
  "ifconfig",
  "ip",
  "nc",
  "netstat",
  "nslookup",
  "ping",
  "ping6",
  "ps",
  "route",
  "sysctl",
  "telnet",
  "traceroute",
  "traceroute6",
  "watch",
  "wget",
];

/** Alpine has musl's getent beside busybox. */
export const ALPINE_TOOLS: readonly string[] = [...BUSYBOX_TOOLS, "getent"];

const PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
const PASSWD = "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n";

const OS_RELEASE: Readonly<Record<Base, string | undefined>> = {
  debian: undefined,
  alpine: 'NAME="Alpine Linux"\nID=alpine\nVERSION_ID=3.22.1\nPRETTY_NAME="Alpine Linux v3.22"\n',
  busybox: undefined,
  scratch: undefined,
};

/** An image of a base with nothing of its own. */
export function baseImage(base: Base): Image {
  const osRelease = OS_RELEASE[base];
  return {
    base,
    entrypoint: [],
    command: base === "scratch" ? [] : base === "debian" ? ["bash"] : ["/bin/sh"],
    env: { PATH },
    workingDir: "/",
    user: "",
    files: {
      ...(base === "alpine" ? { "/lib/ld-musl-x86_64.so.1": "" } : {}),
      ...(base === "debian" ? {} : { "/etc/passwd": PASSWD, "/etc/nsswitch.conf": "" }),
      ...(osRelease === undefined ? {} : { "/etc/os-release": osRelease }),
    },
    tools: base === "debian"
      ? DEBIAN_TOOLS
      : base === "alpine"
      ? ALPINE_TOOLS
      : base === "busybox"
      ? BUSYBOX_TOOLS
      : [],
    programs: {},
    borrowed: [],
    shell: base !== "scratch",
    unknown: false,
  };
}
