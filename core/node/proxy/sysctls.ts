import { parseGoDuration, type ProxyConfig } from "./config.ts";
import type { ServiceView } from "./view.ts";

/** kube-proxy's defaults for connections, and for those that wait to be closed. */
const ESTABLISHED = "24h";
const CLOSE_WAIT = "1h";

/** The sysctls kube-proxy sets when it starts: connection tracking's timeouts, and loopback routing where node ports need it. */
export function proxySysctls(view: ServiceView, config: ProxyConfig): Readonly<Record<string, string>> {
  const { tcpBeLiberal, tcpEstablishedTimeout, tcpCloseWaitTimeout, udpTimeout, udpStreamTimeout } = config.conntrack ??
    {};
  const timeouts: readonly (readonly [string, string | undefined])[] = [
    ["tcp_timeout_established", tcpEstablishedTimeout ?? ESTABLISHED],
    ["tcp_timeout_close_wait", tcpCloseWaitTimeout ?? CLOSE_WAIT],
    ["udp_timeout", udpTimeout],
    ["udp_timeout_stream", udpStreamTimeout],
  ];
  return {
    ...(view.localhostNodePorts ? { "net.ipv4.conf.all.route_localnet": "1" } : {}),
    ...(tcpBeLiberal === true ? { "net.netfilter.nf_conntrack_tcp_be_liberal": "1" } : {}),
    ...Object.fromEntries(timeouts.flatMap(([name, text]) => seconds(name, text))),
  };
}

/** Nothing where no time is given, or none at all: the kernel's own stays. */
function seconds(name: string, text: string | undefined): [string, string][] {
  const time = text === undefined ? 0 : Math.floor(parseGoDuration(text) / 1000);
  return time === 0 ? [] : [[`net.netfilter.nf_conntrack_${name}`, String(time)]];
}
