import { defaultCorefile } from "../../core/kube/mod.ts";

/** Corefiles that mutations start from; the first is the one that mutated messages are asked. */
export const COREFILES: readonly string[] = [
  `.:53 {
    errors
    ready
    bufsize 1232
    rewrite stop {
        name regex (.*)\\.old\\.example\\.org {1}.example.org
        answer auto
    }
    rewrite edns0 local set 0xffee 0x61
    template IN A example.org {
        match "^(?P<n>[^.]*)\\.example\\.org\\.$"
        answer "{{ .Name }} 60 IN A 192.0.2.7"
        fallthrough
    }
    dns64 {
        translate_all
    }
    acl {
        block net 198.51.100.0/24
        allow
    }
    kubernetes cluster.local in-addr.arpa ip6.arpa {
        pods insecure
        fallthrough in-addr.arpa ip6.arpa
        ttl 30
    }
    hosts {
        10.0.0.1 www.example.org web
        fallthrough
    }
    file /zones/example.net example.net
    transfer example.net {
        to *
    }
    cache 30
    loadbalance
    minimal
    nsid here
    chaos CoreDNS someone
    any
    whoami
}
`,
  defaultCorefile("cluster.local"),
  `(common) {
    errors {
        consolidate 5m ".* i/o timeout$" warning
    }
    log . {combined} {
        class denial error
    }
}
example.org example.net:1053 {
    import common
    forward . 192.0.2.1 192.0.2.2:5353 {
        except a.example.org
        force_tcp
        prefer_udp
        expire 10s
        max_fails 3
        policy sequential
        health_check 5s no_rec
        failover SERVFAIL
    }
    cache {
        success 5000 3600 5
        denial 2500 1800
        prefetch 10 1m 10%
        serve_stale 1h verify
        servfail 10s
        keepttl
    }
}
. {
    import common
    erratic {
        drop 2
        truncate
        delay 3 50ms
    }
}
`,
  `10.0.0.0/8 2001:db8::/32 {
    whoami
    bind 127.0.0.1 ::1 {
        except 127.0.0.2
    }
    metadata
    view internal {
        expr incidr(client_ip(), '10.0.0.0/8') && name() endsWith 'x.'
    }
    header {
        response set aa ra
        query clear rd
    }
    cancel 1s
    local
    debug
}
dns://example.com:5300 tls://example.com {
    auto {
        directory /zones (.*) {1}
        reload 1m
    }
    secondary {
        transfer from 192.0.2.5
    }
    root /zones
    k8s_external example.com {
        apex dns
        ttl 10
        headless
    }
    autopath @kubernetes
    kubernetes cluster.local {
        endpoint_pod_names
        namespaces default kube-system
        labels app=x,tier!=y
        noendpoints
        ignore empty_service
    }
    rewrite name suffix .a.example.com .b.example.com answer auto
    rewrite class CH IN
    rewrite type ANY HINFO
    rewrite ttl exact x.example.com 30-300
    rewrite rcode regex .* NXDOMAIN NOERROR
    rewrite cname exact a. b.
    tls cert.pem key.pem ca.pem {
        client_auth require
    }
    dnssec {
        key file Kexample.com
        cache_capacity 100
    }
}
`,
];
