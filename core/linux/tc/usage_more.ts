/** Usage texts of `tc`: nouns and kinds that are not modelled (iproute2 6.1). */
export const MORE_TC_USAGE: Readonly<Record<string, string>> = {
  "chain": `Usage: tc chain [ add | del | get | show ] [ dev STRING ]
       tc chain [ add | del | get | show ] [ block BLOCK_INDEX ] ]
`,
  "action": `usage: tc actions <ACTSPECOP>*
Where: 	ACTSPECOP := ACR | GD | FL
	ACR := add | change | replace <ACTSPEC>*
	GD := get | delete | <ACTISPEC>*
	FL := ls | list | flush | <ACTNAMESPEC>
	ACTNAMESPEC :=  action <ACTNAME>
	ACTISPEC := <ACTNAMESPEC> <INDEXSPEC>
	ACTSPEC := action <ACTDETAIL> [INDEXSPEC] [HWSTATSSPEC] [SKIPSPEC]
	INDEXSPEC := index <32 bit indexvalue>
	HWSTATSSPEC := hw_stats [ immediate | delayed | disabled ]
	SKIPSPEC := [ skip_sw | skip_hw ]
	ACTDETAIL := <ACTNAME> <ACTPARAMS>
		Example ACTNAME is gact, mirred, bpf, etc
		Each action has its own parameters (ACTPARAMS)

`,
  "monitor": `Usage: tc [-timestamp [-tshort] monitor
`,
  "exec": `Usage: tc exec [ EXEC_TYPE ] [ help | OPTIONS ]
Where:
EXEC_TYPE := { bpf | etc. }
OPTIONS := ... try tc exec <desired EXEC_KIND> help
`,
  "qdisc fq": `Usage: ... fq	[ limit PACKETS ] [ flow_limit PACKETS ]
		[ quantum BYTES ] [ initial_quantum BYTES ]
		[ maxrate RATE  ] [ buckets NUMBER ]
		[ [no]pacing ] [ refill_delay TIME ]
		[ low_rate_threshold RATE ]
		[ orphan_mask MASK]
		[ timer_slack TIME]
		[ ce_threshold TIME ]
		[ horizon TIME ]
		[ horizon_{cap|drop} ]
`,
  "qdisc fq_codel": `Usage: ... fq_codel	[ limit PACKETS ] [ flows NUMBER ]
[ memory_limit BYTES ]
[ target TIME ] [ interval TIME ]
[ quantum BYTES ] [ [no]ecn ]
[ ce_threshold TIME ]
[ ce_threshold_selector VALUE/MASK ]
[ drop_batch SIZE ]
`,
  "qdisc codel": `Usage: ... codel [ limit PACKETS ] [ target TIME ]
		 [ interval TIME ] [ ecn | noecn ]
		 [ ce_threshold TIME ]
`,
  "qdisc sfq": `Usage: ... sfq	[ limit NUMBER ] [ perturb SECS ] [ quantum BYTES ]
		[ divisor NUMBER ] [ flows NUMBER] [ depth NUMBER ]
		[ headdrop ]
		[ redflowlimit BYTES ] [ min BYTES ] [ max BYTES ]
		[ avpkt BYTES ] [ burst PACKETS ] [ probability P ]
		[ ecn ] [ harddrop ]
`,
  "qdisc prio": `Usage: ... prio bands NUMBER priomap P1 P2...[multiqueue]
`,
  "qdisc red": `Usage: ... red	limit BYTES [min BYTES] [max BYTES] avpkt BYTES [burst PACKETS]
		[adaptive] [probability PROBABILITY] [bandwidth KBPS]
		[ecn] [harddrop] [nodrop]
		[qevent early_drop block IDX] [qevent mark block IDX]
`,
  "qdisc cake": `Usage: ... cake [ bandwidth RATE | unlimited* | autorate-ingress ]
                [ rtt TIME | datacentre | lan | metro | regional |
                  internet* | oceanic | satellite | interplanetary ]
                [ besteffort | diffserv8 | diffserv4 | diffserv3* ]
                [ flowblind | srchost | dsthost | hosts | flows |
                  dual-srchost | dual-dsthost | triple-isolate* ]
                [ nat | nonat* ]
                [ wash | nowash* ]
                [ split-gso* | no-split-gso ]
                [ ack-filter | ack-filter-aggressive | no-ack-filter* ]
                [ memlimit LIMIT ]
                [ fwmark MASK ]
                [ ptm | atm | noatm* ] [ overhead N | conservative | raw* ]
                [ mpu N ] [ ingress | egress* ]
                (* marks defaults)
`,
  "qdisc hfsc": `Usage: ... hfsc [ default CLASSID ]

 default: default class for unclassified packets
`,
  "qdisc mqprio": `Usage: ... mqprio	[num_tc NUMBER] [map P0 P1 ...]
			[queues count1@offset1 count2@offset2 ...] [hw 1|0]
			[mode dcb|channel]
			[shaper bw_rlimit SHAPER_PARAMS]
Where: SHAPER_PARAMS := { min_rate MIN_RATE1 MIN_RATE2 ...|
			  max_rate MAX_RATE1 MAX_RATE2 ... }
`,
  "qdisc multiq": `Usage: ... multiq [help]
`,
  "qdisc pie": `Usage: ... pie [ limit PACKETS ] [ target TIME ]
               [ tupdate TIME ] [ alpha ALPHA ] [ beta BETA ]
               [ bytemode | nobytemode ] [ ecn | noecn ]
               [ dq_rate_estimator | no_dq_rate_estimator ]
`,
  "qdisc fq_pie": `Usage: ... fq_pie [ limit PACKETS ] [ flows NUMBER ]
                  [ target TIME ] [ tupdate TIME ]
                  [ alpha NUMBER ] [ beta NUMBER ]
                  [ quantum BYTES ] [ memory_limit BYTES ]
                  [ ecn_prob PERCENTAGE ] [ [no]ecn ]
                  [ [no]bytemode ] [ [no_]dq_rate_estimator ]
`,
  "qdisc choke": `Usage: ... choke limit PACKETS bandwidth KBPS [ecn]
		 [ min PACKETS ] [ max PACKETS ] [ burst PACKETS ]
`,
  "qdisc drr": `Usage: ... drr
`,
  "qdisc qfq": `Usage: ... qfq
`,
  "qdisc sfb": `What is "help"?
Usage: ... sfb [ rehash SECS ] [ db SECS ]
	    [ limit PACKETS ] [ max PACKETS ] [ target PACKETS ]
	    [ increment FLOAT ] [ decrement FLOAT ]
	    [ penalty_rate PPS ] [ penalty_burst PACKETS ]
`,
  "qdisc skbprio": `Usage: ... <skbprio> [ limit NUMBER ]
`,
  "qdisc taprio": `Usage: ... taprio clockid CLOCKID
		[num_tc NUMBER] [map P0 P1 ...] 		[queues COUNT@OFFSET COUNT@OFFSET COUNT@OFFSET ...] 		[ [sched-entry index cmd gate-mask interval] ... ] 		[base-time time] [txtime-delay delay]
CLOCKID must be a valid SYS-V id (i.e. CLOCK_TAI)
`,
  "qdisc etf": `Usage: ... etf delta NANOS clockid CLOCKID [offload] [deadline_mode]
CLOCKID must be a valid SYS-V id (i.e. CLOCK_TAI)
`,
  "qdisc ets": `Usage: ... ets [bands NUMBER] [strict NUMBER] [quanta Q1 Q2...] [priomap P1 P2...]
`,
  "qdisc plug": `Usage: ... plug [block | release | release_indefinite | limit NUMBER]
`,
  "qdisc rr": `Usage: ... rr bands NUMBER priomap P1 P2... [multiqueue]
`,
  "qdisc gred": `Usage: tc qdisc { add | replace | change } ... gred setup vqs NUMBER
           default DEFAULT_VQ [ grio ] [ limit BYTES ] [ecn] [harddrop]
       tc qdisc change ... gred vq VQ [ prio VALUE ] limit BYTES
           min BYTES max BYTES avpkt BYTES [ burst PACKETS ]
           [ probability PROBABILITY ] [ bandwidth KBPS ] [ecn] [harddrop]
`,
  "qdisc dsmark": `Usage: dsmark indices INDICES [ default_index DEFAULT_INDEX ] [ set_tc_index ]
`,
  "qdisc cbq": `Usage: ... cbq bandwidth BPS avpkt BYTES [ mpu BYTES ]
               [ cell BYTES ] [ ewma LOG ]
`,
  "qdisc atm": `Usage: atm
`,
  "qdisc hhf": `Usage: ... hhf	[ limit PACKETS ] [ quantum BYTES]
		[ hh_limit NUMBER ]
		[ reset_timeout TIME ]
		[ admit_bytes BYTES ]
		[ evict_timeout TIME ]
		[ non_hh_weight NUMBER ]
`,
  "qdisc cbs": `Usage: ... cbs hicredit BYTES locredit BYTES sendslope BPS idleslope BPS
	   [offload 0|1]
`,
};
