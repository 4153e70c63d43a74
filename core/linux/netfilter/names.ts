/**
 * Names of protocols and services as a Debian 12 machine resolves them (getprotobyname, getservbyname): what stands in its
 * `/etc/protocols` and `/etc/services`, the facts only.
 */

/** `number name,alias,...` entries joined by `;`. */
const PROTOCOLS = [
  "0 ip;1 icmp;2 igmp;3 ggp;4 ipencap,ip-encap;5 st;6 tcp;8 egp;9 igp;12 pup;17 udp;20 hmp;22 xns-idp;27 rdp;29 iso-tp4",
  "33 dccp;36 xtp;37 ddp;38 idpr-cmtp;41 ipv6;43 ipv6-route;44 ipv6-frag;45 idrp;46 rsvp;47 gre;50 esp,ipsec-esp",
  "51 ah,ipsec-ah;57 skip;58 ipv6-icmp;59 ipv6-nonxt;60 ipv6-opts;73 rspf,cphb;81 vmtp;88 eigrp;89 ospf,ospfigp",
  "93 ax.25;94 ipip;97 etherip;98 encap;103 pim;108 ipcomp;112 vrrp;115 l2tp;124 isis;132 sctp;133 fc",
  "135 mobility-header;136 udplite;137 mpls-in-ip;138 manet;139 hip;140 shim6;141 wesp;142 rohc;143 ethernet",
].join(";");

/** `port name/proto+proto,alias,...` entries joined by `;`; tcp where no protocol is given. */
const SERVICES = [
  "1 tcpmux;7 echo/tcp+udp;9 discard/tcp+udp,sink,null;11 systat,users;13 daytime/tcp+udp;15 netstat;17 qotd,quote",
  "19 chargen/tcp+udp,ttytst,source;20 ftp-data;21 ftp;21 fsp/udp,fspd;22 ssh;23 telnet;25 smtp,mail",
  "37 time/tcp+udp,timserver;43 whois,nicname;49 tacacs/tcp+udp;53 domain/tcp+udp;67 bootps/udp;68 bootpc/udp",
  "69 tftp/udp;70 gopher;79 finger;80 http,www;88 kerberos/tcp+udp,kerberos5,krb5,kerberos-sec;102 iso-tsap,tsap",
  "104 acr-nema,dicom;106 poppassd;110 pop3,pop-3;111 sunrpc/tcp+udp,portmapper;113 auth,authentication,tap,ident",
  "119 nntp,readnews,untp;123 ntp/udp;135 epmap,loc-srv;137 netbios-ns/udp;138 netbios-dgm/udp;139 netbios-ssn",
  "143 imap2,imap;161 snmp/tcp+udp;162 snmp-trap/tcp+udp,snmptrap;163 cmip-man/tcp+udp;164 cmip-agent/tcp+udp;174 mailq",
  "177 xdmcp/udp;179 bgp;199 smux;209 qmtp;210 z3950,wais;213 ipx/udp;319 ptp-event/udp;320 ptp-general/udp;345 pawserv",
  "346 zserv;369 rpc2portmap/tcp+udp;370 codaauth2/tcp+udp;371 clearcase/udp,Clearcase;389 ldap/tcp+udp",
  "427 svrloc/tcp+udp;443 https/tcp+udp;444 snpp;445 microsoft-ds;464 kpasswd/tcp+udp;465 submissions,ssmtp,smtps,urd",
  "487 saft;500 isakmp/udp;512 exec;512 biff/udp,comsat;513 login;513 who/udp,whod;514 shell,cmd,syslog;514 syslog/udp",
  "515 printer,spooler;517 talk/udp;518 ntalk/udp;520 route/udp,router,routed;538 gdomap/tcp+udp;540 uucp,uucpd",
  "543 klogin;544 kshell,krcmd;546 dhcpv6-client/udp;547 dhcpv6-server/udp;548 afpovertcp;554 rtsp/tcp+udp",
  "563 nntps,snntp;587 submission;607 nqs;623 asf-rmcp/udp;628 qmqp;631 ipp;636 ldaps/tcp+udp;646 ldp/tcp+udp",
  "655 tinc/tcp+udp;706 silc;749 kerberos-adm;750 kerberos4/tcp+udp,kerberos-iv,kdc",
  "751 kerberos-master/tcp+udp,kerberos_master;752 passwd-server/udp,passwd_server",
  "754 krb-prop,krb_prop,krb5_prop,hprop;775 moira-db,moira_db;777 moira-update,moira_update",
  "779 moira-ureg/udp,moira_ureg;783 spamd;853 domain-s/tcp+udp;871 supfilesrv;873 rsync;989 ftps-data;990 ftps",
  "992 telnets;993 imaps;995 pop3s;1080 socks;1093 proofd;1094 rootd;1099 rmiregistry;1127 supfiledbg;1178 skkserv",
  "1194 openvpn/tcp+udp;1210 predict/udp;1236 rmtcfg;1313 xtel;1314 xtelw;1352 lotusnote,lotusnotes;1433 ms-sql-s",
  "1434 ms-sql-m/udp;1524 ingreslock;1645 datametrics/tcp+udp,old-radius;1646 sa-msg-port/tcp+udp,old-radacct",
  "1649 kermit;1677 groupwise;1701 l2f/udp,l2tp;1812 radius/tcp+udp;1813 radius-acct/tcp+udp,radacct;2000 cisco-sccp",
  "2049 nfs/tcp+udp;2086 gnunet/tcp+udp;2101 rtcm-sc104/tcp+udp;2102 zephyr-srv/udp;2103 zephyr-clt/udp",
  "2104 zephyr-hm/udp;2119 gsigatekeeper;2121 iprop;2135 gris;2401 cvspserver;2430 venus/tcp+udp;2431 venus-se/tcp+udp",
  "2432 codasrv/tcp+udp;2433 codasrv-se/tcp+udp;2583 mon/tcp+udp;2600 zebrasrv;2601 zebra;2602 ripd;2603 ripngd",
  "2604 ospfd;2605 bgpd;2606 ospf6d;2607 ospfapi;2608 isisd;2628 dict;2792 f5-globalsite;2811 gsiftp;2947 gpsd",
  "3050 gds-db,gds_db;3130 icpv2/udp,icp;3205 isns/tcp+udp;3260 iscsi-target;3306 mysql;3389 ms-wbt-server",
  "3493 nut/tcp+udp;3632 distcc;3689 daap;3690 svn,subversion;4031 suucp;4094 sysrqd;4190 sieve;4353 f5-iquery",
  "4369 epmd;4373 remctl;4460 ntske;4500 ipsec-nat-t/udp;4557 fax;4559 hylafax;4569 iax/udp;4691 mtn;4899 radmin-port",
  "4949 munin,lrrd;5060 sip/tcp+udp;5061 sip-tls/tcp+udp;5222 xmpp-client,jabber-client;5269 xmpp-server,jabber-server",
  "5308 cfengine;5353 mdns/udp;5432 postgresql,postgres;5555 rplay/udp;5556 freeciv,rptp;5666 nrpe;5667 nsca;5671 amqps",
  "5672 amqp/sctp+tcp;5680 canna;6000 x11,x11-0;6001 x11-1;6002 x11-2;6003 x11-3;6004 x11-4;6005 x11-5;6006 x11-6",
  "6007 x11-7;6346 gnutella-svc/tcp+udp;6347 gnutella-rtr/tcp+udp;6379 redis;6444 sge-qmaster,sge_qmaster",
  "6445 sge-execd,sge_execd;6446 mysql-proxy;6514 syslog-tls;6566 sane-port,sane,saned;6667 ircd;6696 babel/udp",
  "6697 ircs-u;7000 bbs;7000 afs3-fileserver/udp;7001 afs3-callback/udp;7002 afs3-prserver/udp;7003 afs3-vlserver/udp",
  "7004 afs3-kaserver/udp;7005 afs3-volser/udp;7007 afs3-bos/udp;7008 afs3-update/udp;7009 afs3-rmtsys/udp",
  "7100 font-service,xfs;8021 zope-ftp;8080 http-alt,webcache;8081 tproxy;8088 omniorb;8140 puppet",
  "8990 clc-build-daemon;9098 xinetd;9101 bacula-dir;9102 bacula-fd;9103 bacula-sd;9418 git;9667 xmms2;9673 zope",
  "10000 webmin;10050 zabbix-agent;10051 zabbix-trapper;10080 amanda;10081 kamanda;10082 amandaidx;10083 amidxtape",
  "10809 nbd;11112 dicom;11371 hkp;17001 sgi-cmsd/udp;17002 sgi-crsd/udp;17003 sgi-gcd/udp;17004 sgi-cad;17500 db-lsp",
  "22125 dcap;22128 gsidcap;22273 wnn6;24554 binkp;27374 asp/tcp+udp;30865 csync2;57000 dircproxy;60177 tfido",
  "60179 fido",
].join(";");

const protocolNames = new Map<number, string>();
const protocolNumbers = new Map<string, number>();
for (const entry of PROTOCOLS.split(";")) {
  const [number = "", names = ""] = entry.split(" ");
  const all = names.split(",");
  protocolNames.set(Number(number), all[0] as string);
  for (const name of all) protocolNumbers.set(name, Number(number));
}

const serviceNames = new Map<string, string>();
const servicePorts = new Map<string, number>();
for (const entry of SERVICES.split(";")) {
  const [port = "", rest = ""] = entry.split(" ");
  const [head = "", ...aliases] = rest.split(",");
  const [name = "", protocols = "tcp"] = head.split("/");
  for (const protocol of protocols.split("+")) addService(Number(port), protocol, [name, ...aliases]);
}

function addService(port: number, protocol: string, names: readonly string[]): void {
  serviceNames.set(`${port}/${protocol}`, names[0] as string);
  if (!serviceNames.has(`${port}/`)) serviceNames.set(`${port}/`, names[0] as string);
  for (const name of names) {
    servicePorts.set(`${name}/${protocol}`, port);
    if (!servicePorts.has(`${name}/`)) servicePorts.set(`${name}/`, port);
  }
}

/** getprotobynumber(3): `tcp` for 6, undefined for a number without a name. */
export function protocolName(number: number): string | undefined {
  return protocolNames.get(number);
}

/** getprotobyname(3). */
export function protocolNumber(name: string): number | undefined {
  return protocolNumbers.get(name);
}

/** getservbyport(3): the service's name; `protocol` empty for any. */
export function serviceName(port: number, protocol: string): string | undefined {
  return serviceNames.get(`${port}/${protocol}`);
}

/** getservbyname(3): the port; `protocol` empty for any. */
export function servicePort(name: string, protocol: string): number | undefined {
  return servicePorts.get(`${name}/${protocol}`);
}
