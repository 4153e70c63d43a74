/** The plugins podwire simulates, by name. All others of a release are read, named as not simulated, and passed by. */
import type { DnsPlugin } from "../plugin.ts";
import { acl } from "./acl.ts";
import { any } from "./any.ts";
import { bind } from "./bind.ts";
import { bufsize } from "./bufsize.ts";
import { cache } from "./cache.ts";
import { cancel } from "./cancel.ts";
import { chaos } from "./chaos.ts";
import { debug } from "./debug.ts";
import { dns64 } from "./dns64.ts";
import { dnssec } from "./dnssec.ts";
import { erratic } from "./erratic.ts";
import { errors } from "./errors.ts";
import { forward } from "./forward.ts";
import { header } from "./header.ts";
import { health } from "./health.ts";
import { hosts } from "./hosts.ts";
import { kubernetes } from "./kubernetes/kubernetes.ts";
import { loadbalance } from "./loadbalance.ts";
import { local } from "./local.ts";
import { log } from "./log.ts";
import { loop } from "./loop.ts";
import { metadata } from "./metadata.ts";
import { minimal } from "./minimal.ts";
import { nsid } from "./nsid.ts";
import { prometheus } from "./prometheus.ts";
import { ready } from "./ready.ts";
import { reload } from "./reload.ts";
import { rewrite } from "./rewrite/rewrite.ts";
import { root } from "./root.ts";
import { template } from "./template/template.ts";
import { view } from "./view.ts";
import { auto } from "./auto.ts";
import { file } from "./file.ts";
import { secondary } from "./secondary.ts";
import { trace } from "./trace.ts";
import { transfer } from "./transfer.ts";
import { autopath } from "./autopath.ts";
import { k8sExternal } from "./k8s_external.ts";
import { etcd, tls } from "./checked.ts";
import { whoami } from "./whoami.ts";

const ALL: readonly DnsPlugin[] = [
  acl,
  any,
  bind,
  bufsize,
  cache,
  cancel,
  chaos,
  debug,
  dns64,
  erratic,
  errors,
  forward,
  header,
  health,
  hosts,
  kubernetes,
  loadbalance,
  local,
  log,
  loop,
  metadata,
  minimal,
  nsid,
  prometheus,
  ready,
  reload,
  rewrite,
  root,
  template,
  view,
  auto,
  file,
  secondary,
  transfer,
  autopath,
  k8sExternal,
  dnssec,
  etcd,
  tls,
  trace,
  whoami,
];

/** Simulated plugins; their order in a chain is the release's ({@link pluginOrder}), not this one's. */
export const PLUGINS: ReadonlyMap<string, DnsPlugin> = new Map(ALL.map((plugin) => [plugin.name, plugin]));
