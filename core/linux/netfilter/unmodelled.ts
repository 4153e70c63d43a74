/**
 * Extensions that are known by name and options but not evaluated: they parse, print, and compile to an operation that the
 * plane names in a trace when a packet comes by. A match of this kind never matches; a target counts and goes on.
 */
import { OP, TARGET } from "../../../wasm/mod.ts";
import type { Family } from "./address.ts";
import type { Extension, Option } from "./extension.ts";
import { quote } from "./quote.ts";

interface Word {
  readonly option: string;
  readonly not: boolean;
  readonly value?: string;
}

/** A match that is not evaluated. */
export interface UnmodelledMatch {
  readonly match: "unmodelled";
  readonly name: string;
  readonly words: readonly Word[];
}

/** A target that is not evaluated. */
export interface UnmodelledTarget {
  readonly target: "unmodelled";
  readonly name: string;
  readonly words: readonly Word[];
}

type Unmodelled = UnmodelledMatch | UnmodelledTarget;

/** Name, then options; `=` behind one that takes a value. */
const MATCHES: Readonly<Record<string, string>> = {
  ah: "ahspi=",
  bpf: "bytecode= object-pinned=",
  cgroup: "cgroup= path=",
  cluster: "cluster-total-nodes= cluster-local-node= cluster-local-nodemask= cluster-hash-seed=",
  connlabel: "label= set",
  dccp: "source-port= sport= destination-port= dport= dccp-types= dccp-option=",
  devgroup: "src-group= dst-group=",
  dst: "dst-len= dst-opts=",
  esp: "espspi=",
  eui64: "",
  frag: "fragid= fraglen= fragres fragfirst fragmore fraglast",
  hbh: "hbh-len= hbh-opts=",
  ipv6header: "header= soft",
  ipvs: "ipvs vproto= vaddr= vport= vdir= vmethod= vportctl=",
  mh: "mh-type=",
  osf: "genre= ttl= log=",
  realm: "realm=",
  rt: "rt-type= rt-segsleft= rt-len= rt-0-res rt-0-addrs= rt-0-not-strict",
};
/** Those of one family alone. */
const FAMILIES: Readonly<Record<string, Family>> = {
  realm: 4,
  osf: 4,
  ...Object.fromEntries(
    ["dst", "eui64", "frag", "hbh", "ipv6header", "mh", "rt", "DNPT", "SNPT"].map((name) => [name, 6]),
  ),
};
const TARGETS: Readonly<Record<string, string>> = {
  AUDIT: "type=",
  CONNSECMARK: "save restore",
  DNPT: "src-pfx= dst-pfx=",
  HMARK: "hmark-tuple= hmark-mod= hmark-offset= hmark-src-prefix= hmark-dst-prefix= hmark-rnd= hmark-proto=",
  IDLETIMER: "timeout= label= alarm",
  LED: "led-trigger-id= led-delay= led-always-blink",
  RATEEST: "rateest-name= rateest-interval= rateest-ewmalog=",
  SECMARK: "selctx=",
  SNPT: "src-pfx= dst-pfx=",
  SYNPROXY: "sack-perm timestamp ecn wscale= mss=",
  TCPOPTSTRIP: "strip-options=",
  TEE: "gateway= oif=",
  TPROXY: "on-port= on-ip= tproxy-mark=",
};

function options<V extends Unmodelled>(list: string): Option<V>[] {
  return list.split(" ").filter((word) => word !== "").map((word) => {
    const value = word.endsWith("=");
    const option = value ? word.slice(0, -1) : word;
    return {
      names: [option],
      value,
      multi: true,
      invertible: true,
      take: (draft, text, { not }) =>
        draft.words = [...draft.words, value ? { option, not, value: text } : { option, not }],
    };
  });
}

function words(value: Unmodelled, dashes: string): string {
  const one = ({ option, not, value }: Word) =>
    `${not ? " !" : ""} ${dashes}${option}${
      value === undefined ? "" : ` ${/[\s"'\\]/.test(value) ? quote(value) : value}`
    }`;
  return value.words.map(one).join("");
}

function said(value: Unmodelled, option: string): string | undefined {
  return value.words.find((word) => word.option === option)?.value;
}

function not(value: Unmodelled): string {
  return value.words.some((word) => word.not) ? "!" : "";
}

function hex(text: string | undefined): string {
  return `0x${Number(text ?? 0).toString(16)}`;
}

/** `VALUE[/MASK]` in hexadecimal. */
function marked(text: string | undefined): string {
  return (text ?? "0").split("/").map(hex).join("/");
}

/** `VALUE[/MASK]` in hexadecimal, the whole word's mask where none is said. */
function masked(text: string): string {
  const [value, mask] = text.split("/");
  return `${hex(value)}/${hex(mask ?? String(0xffff_ffff))}`;
}

/** Those whose real texts are not the options as they were given. */
const LISTED: Readonly<Record<string, (value: Unmodelled) => string>> = {
  esp: (m) => ` esp spi${not(m)}:${said(m, "espspi")}`,
  ah: (m) => ` ah spi${not(m)}:${said(m, "ahspi")}`,
  realm: (m) => ` realm ${not(m)}${marked(said(m, "realm"))}`,
  TEE: (t) => ` TEE gw:${said(t, "gateway")}${said(t, "oif") === undefined ? "" : ` oif=${said(t, "oif")}`}`,
  TPROXY: (t) =>
    ` TPROXY redirect ${said(t, "on-ip") ?? "0.0.0.0"}:${said(t, "on-port")} mark ${
      masked(said(t, "tproxy-mark") ?? "0/0")
    }`,
};
const SAVED: Readonly<Record<string, (value: Unmodelled) => string>> = {
  realm: (m) => `${not(m) && " !"} --realm ${marked(said(m, "realm"))}`,
  TPROXY: (t) =>
    ` --on-port ${said(t, "on-port")} --on-ip ${said(t, "on-ip") ?? "0.0.0.0"} --tproxy-mark ${
      masked(said(t, "tproxy-mark") ?? "0/0")
    }`,
};

function familyOf(name: string): { family?: Family } {
  const family = FAMILIES[name];
  return family === undefined ? {} : { family };
}

function match([name, list]: readonly [string, string]): Extension<UnmodelledMatch> {
  return {
    name,
    ...familyOf(name),
    op: OP.UNMODELLED,
    options: options(list),
    start: () => ({ match: "unmodelled", name, words: [] }),
    save: SAVED[name] ?? ((m) => words(m, "--")),
    list: LISTED[name] ?? ((m) => ` ${name}${words(m, "")}`),
    encode: (_, out) => out.text(name),
  };
}

function target([name, list]: readonly [string, string]): Extension<UnmodelledTarget> {
  return {
    name,
    ...familyOf(name),
    op: TARGET.UNMODELLED,
    options: options(list),
    start: () => ({ target: "unmodelled", name, words: [] }),
    save: SAVED[name] ?? ((t) => words(t, "--")),
    list: LISTED[name] ?? ((t) => ` ${name}${words(t, "")}`),
    encode: (_, out) => out.text(name),
  };
}

/** Matches that parse and print but are not evaluated. */
export const UNMODELLED_MATCHES: readonly Extension<UnmodelledMatch>[] = Object.entries(MATCHES).map(match);

/** Targets that parse and print but are not evaluated. */
export const UNMODELLED_TARGETS: readonly Extension<UnmodelledTarget>[] = Object.entries(TARGETS).map(target);
