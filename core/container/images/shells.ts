/** Images that are a shell and tools. */
import type { ImageRow } from "../image.ts";
import type { ImageReference } from "../reference.ts";
import { ALPINE_TOOLS, baseImage, BUSYBOX_TOOLS, DEBIAN_TOOLS } from "./bases.ts";
import { busyboxOldNslookup, PROGRAMS } from "../../tools/mod.ts";
import type { Program } from "../../linux/mod.ts";
import { untilAsked } from "./serve.ts";

const DNS_TOOLS = ["dig", "host", "nslookup"];
/** What nicolaka/netshoot and its like carry, by our names. */
const DEBUG_TOOLS = [
  ...ALPINE_TOOLS,
  "arp",
  "arping",
  "bridge",
  "conntrack",
  "curl",
  "ethtool",
  "getent",
  "hostname",
  "ifconfig",
  "ip",
  "ip6tables",
  "ip6tables-save",
  "ipset",
  "iptables",
  "iptables-save",
  "nc",
  "netstat",
  "nft",
  "ping",
  "ping6",
  "route",
  "ss",
  "sysctl",
  "tc",
  "tcpdump",
  "telnet",
  "tracepath",
  "traceroute",
  "wget",
  ...DNS_TOOLS,
];

/** The tools of bind where an image has them beside busybox's. */
const BIND_PROGRAMS: Readonly<Record<string, Program>> = { nslookup: PROGRAMS.get("nslookup") as Program };

const OLD_PROGRAMS: Readonly<Record<string, Program>> = { nslookup: busyboxOldNslookup };

/** Up to 1.28 busybox's nslookup was another. */
function isOld({ tag }: ImageReference): boolean {
  const [, minor] = /^1\.(\d+)/.exec(tag ?? "") ?? [];
  return minor !== undefined && Number(minor) <= 28;
}

/** BusyBox, its official image: glibc, static. */
const BUSYBOX: ImageRow = {
  repositories: [
    "busybox",
    "registry.k8s.io/busybox",
    "gcr.io/google-containers/busybox",
    "registry.k8s.io/e2e-test-images/busybox",
  ],
  make: (reference) => ({
    ...baseImage("busybox"),
    command: ["sh"],
    tools: BUSYBOX_TOOLS,
    programs: isOld(reference) ? OLD_PROGRAMS : {},
    files: {
      ...baseImage("busybox").files,
      ...(/musl/.test(reference.tag ?? "") ? { "/lib/ld-musl-x86_64.so.1": "" } : {}),
    },
  }),
};

const ALPINE: ImageRow = {
  repositories: ["alpine", "alpine/git", "alpine/helm", "bash"],
  make: () => ({ ...baseImage("alpine"), tools: ALPINE_TOOLS }),
};

const DEBIAN: ImageRow = {
  repositories: [
    "debian",
    "ubuntu",
    "registry.k8s.io/build-image/debian-base",
    "python",
    "node",
    "golang",
    "ruby",
    "perl",
    "openjdk",
  ],
  make: () => ({ ...baseImage("debian"), tools: DEBIAN_TOOLS }),
};

const CURL: ImageRow = {
  repositories: ["curlimages/curl", "quay.io/curl/curl", "appropriate/curl", "byrnedo/alpine-curl"],
  make: (reference) => ({
    ...baseImage("alpine"),
    entrypoint: reference.repository === "appropriate/curl" ? ["curl"] : ["/entrypoint.sh"],
    command: reference.repository === "appropriate/curl" ? [] : ["curl"],
    user: "curl_user",
    tools: [...ALPINE_TOOLS, "curl"],
    programs: {
      // The image's script puts `curl` in front of arguments that begin with a dash.
      "/entrypoint.sh": (process) => {
        const [first = "", ...rest] = process.argv.slice(1);
        return process.exec(first.startsWith("-") ? ["curl", first, ...rest] : [first, ...rest]);
      },
    },
  }),
};

const NETSHOOT: ImageRow = {
  repositories: ["nicolaka/netshoot", "praqma/network-multitool", "wbitt/network-multitool", "*/network-multitool"],
  make: () => ({ ...baseImage("alpine"), command: ["zsh"], tools: DEBUG_TOOLS, programs: BIND_PROGRAMS }),
};

const DNSUTILS: ImageRow = {
  repositories: [
    "tutum/dnsutils",
    "registry.k8s.io/e2e-test-images/jessie-dnsutils",
    "registry.k8s.io/e2e-test-images/dnsutils",
    "gcr.io/kubernetes-e2e-test-images/dnsutils",
    "gcr.io/kubernetes-e2e-test-images/jessie-dnsutils",
  ],
  make: () => ({
    ...baseImage("debian"),
    command: ["sleep", "infinity"],
    tools: [...DEBIAN_TOOLS, ...DNS_TOOLS, "ping", "wget", "nc"],
  }),
};

const DNSTOOLS: ImageRow = {
  repositories: ["infoblox/dnstools"],
  make: () => ({
    ...baseImage("alpine"),
    tools: [...ALPINE_TOOLS, ...DNS_TOOLS, "curl", "tcpdump"],
    programs: BIND_PROGRAMS,
  }),
};

/** pause: holds a pod's namespaces open. */
const PAUSE: ImageRow = {
  repositories: ["registry.k8s.io/pause", "k8s.gcr.io/pause", "gcr.io/google_containers/pause", "*/pause"],
  make: () => ({
    ...baseImage("scratch"),
    entrypoint: ["/pause"],
    programs: {
      "/pause": async (
        process,
      ) => (await untilAsked(process), process.err("Shutting down, got signal: Terminated\n"), 0),
    },
  }),
};

/** The rows, the more special ones first. */
export const SHELL_ROWS: readonly ImageRow[] = [BUSYBOX, ALPINE, DEBIAN, CURL, NETSHOOT, DNSUTILS, DNSTOOLS, PAUSE];
