# SPDX-License-Identifier: MIT OR GPL-2.0-only
# What is measured: the one table. bench/run reads it on the host, bench/guest.sh in the machine.
#
# row NAME GROUP SEES MARKS SETUP TEXT
#   GROUP  linux ours
#   SEES   what must arrive: as-sent, rewritten (the destination), translated (source and destination), prefixed (the
#          source), clamped (the MSS), answered (the payload, from the router to the receiver), redirected (rewritten, by a
#          router that looks for no neighbour), dropped (nothing: what comes to the router is counted)
#   MARKS  with commas between:
#     optional   may fail: the run does not fail with it
#     no-alloc   must not allocate for a packet
#     new-flows  each packet has its own source port
#     apart      needs a network of its own
#     ip6        IPv6; above plain6, as the others are above plain
#     segments   what arrives is many packets in one: only these are counted
#     calls      not packets: reads of a device, above those of the device in C
#     message=M  not a payload of some bytes, but the message M of tools/messages.h, above plain-M
#   SETUP  a function of guest.sh, and its arguments
row plain       linux as-sent    apart           ':'                               'plain forwarding'
row mangle      linux as-sent    -               'empty_table'                     'an empty mangle table'
row mark        linux as-sent    -               'rule MARK --set-mark 1'          'a rule -j MARK'
row c-send     linux as-sent    -               'rule BENCH --send'               'a target in C, sends a copy of its own'
row server      linux answered   apart           'server'                          'a server in C, recvfrom() and sendto()'
row c-nothing   linux as-sent    -               'rule BENCH'                      'a target in C that does nothing'
row c-rewrite   linux rewritten  -               'rule BENCH --daddr 2.1.1.1'      'a target in C, rewrite'
row raw-c-drop  linux dropped    apart           'raw_rule DROP'                   'raw PREROUTING: a rule -j DROP'
row raw-c-pass  linux as-sent    apart           'raw_rule ACCEPT'                 'raw PREROUTING: a rule -j ACCEPT'
row tc-rewrite  linux rewritten  optional,apart  'tc_bpf rewrite egress'           'tc, BPF: rewrite'
row tc-ingress  linux rewritten  optional,apart  'tc_bpf rewrite ingress'          'tc, BPF: rewrite on ingress'
row tc-c-pass   linux as-sent    optional,apart  'tc_bpf pass ingress'             'tc, BPF: pass on ingress'
row tc-c-drop   linux dropped    optional,apart  'tc_bpf drop ingress'             'tc, BPF: drop on ingress'
row tc-c-out    linux as-sent    optional,apart  'tc_bpf pass egress'              'tc, BPF: pass on egress'
row xdp-c-pass  linux as-sent    optional,apart  'xdp_bpf pass'                    'XDP, BPF: pass'
row xdp-c-drop  linux dropped    optional,apart  'xdp_bpf drop'                    'XDP, BPF: drop'
row xdp-c-dnat  linux rewritten  optional,apart  'xdp_bpf rewrite'                 'XDP, BPF: rewrite'
row xdp-c-send  linux redirected optional,apart  'xdp_bpf send'                    'XDP, BPF: rewrite and redirect'
row nft-rewrite linux rewritten  apart           'nft_set 2.1.1.1'                 'nft, stateless: ip daddr set'
row nft-ingress linux rewritten  apart           'nft_ingress ip daddr set 2.1.1.1' 'nft, stateless: ip daddr set on ingress'
row nft-in-pass linux as-sent    apart           'nft_ingress accept'              'nft: accept on ingress'
row nft-in-drop linux dropped    apart           'nft_ingress drop'                'nft: drop on ingress'
row nat         linux translated apart           'nat 2.1.1.1 10.0.0.1'            'conntrack DNAT + SNAT, long flow'
row nat-new     linux translated apart,new-flows 'nat 2.1.1.1 10.0.0.1'            'conntrack DNAT + SNAT, new flows'
row nfq-accept  linux as-sent    -               'queue accept'                    'NFQUEUE to C: accept'
row nfq-rewrite linux rewritten  -               'queue 2.1.1.1'                   'NFQUEUE to C: rewrite'
row plain6      linux as-sent    ip6,apart       ':'                               'IPv6: plain forwarding'
row nft-rewrite6 linux rewritten ip6,apart       'nft_set 2001:db8:1::1'           'IPv6: nft: ip6 daddr set'
row mangle6     linux as-sent    ip6             'empty_table'                     'IPv6: an empty mangle table'
row snpt6       linux prefixed   ip6             'rule SNPT --src-pfx fd00:a::/64 --dst-pfx 2001:db8:1::/64' 'IPv6: a rule -j SNPT'
row nft-port    linux as-sent    apart           'nft_rule udp dport 53 drop'      'nft: udp dport'
row nft-set     linux as-sent    apart           'nft_prefixes'                    'nft: a set of 100,000 prefixes'
row plain-syn   linux as-sent    apart,message=syn ':'                             'a SYN: plain forwarding'
row tcpmss      linux clamped    message=syn     'rule TCPMSS --set-mss 1200 -p tcp --tcp-flags SYN,RST SYN' 'a SYN: a rule -j TCPMSS'
row nft-mss     linux clamped    apart,message=syn 'nft_rule tcp flags & (syn | rst) == syn tcp option maxseg size set 1200' 'a SYN: nft: tcp option maxseg'
row plain-dns   linux as-sent    apart,message=dns ':'                             'a DNS question: plain forwarding'
row string-dns  linux as-sent    message=dns     'rule DROP -p udp --dport 53 -m string --algo bm --icase --hex-string |07|example|03|org|' 'a DNS question: -m string'
row nft-dns     linux as-sent    apart,message=dns 'nft_rule udp dport 53 @th,160,128 0x03777777076578616d706c65036f7267 drop' 'a DNS question: nft, bytes at a place'
row plain-tls   linux as-sent    apart,message=tls ':'                             'a ClientHello: plain forwarding'
row string-tls  linux as-sent    message=tls     'rule DROP -p tcp --dport 443 -m string --algo bm --string forbidden.example' 'a ClientHello: -m string'
row device-c    linux as-sent    calls           'read_device bench-c bench_device' 'a device in C: a read'
row const       ours  as-sent    no-alloc        'script const'                    'return XT_CONTINUE'
row const-local ours  as-sent    no-alloc        'script const-local'              'the same, local <const>'
row const-percpu ours as-sent    no-alloc        'percpu const'                    'the same, --percpu'
row read        ours  as-sent    no-alloc        'script read'                     'one field read'
row dnat        ours  rewritten  no-alloc        'script dnat'                     'DNAT, as in the thesis'
row attach-const ours as-sent   no-alloc,apart  'attached const'                  'attached, no table: return XT_CONTINUE'
row attach-raw  ours  rewritten  no-alloc,apart  'attached dnat --object raw'      'attached: DNAT, as in the thesis'
row attach-dnat ours  rewritten  no-alloc,apart  'attached dnat-ip'                'attached: DNAT, given the IP header'
row ingress-raw ours  rewritten  no-alloc,apart  'attached_in ingress dnat --object raw' 'attached to ingress: DNAT, as in the thesis'
row ingress-dnat ours rewritten  no-alloc,apart  'attached_in ingress dnat-ip --object ip' 'attached to ingress: DNAT, given the IP header'
row raw-pass    ours  as-sent    no-alloc,apart  'in_raw const'                    'raw PREROUTING: return XT_CONTINUE'
row raw-drop    ours  dropped    no-alloc,apart  'in_raw drop'                     'raw PREROUTING: return NF_DROP'
row ingress-pass ours as-sent    no-alloc,apart  'attached_in ingress const'       'attached to ingress: return XT_CONTINUE'
row ingress-drop ours dropped    no-alloc,apart  'attached_in ingress drop'        'attached to ingress: return NF_DROP'
row ingress-eth ours  rewritten  no-alloc,apart  'attached_in ingress dnat-eth'    'attached to ingress: DNAT, given the frame'
row tc-pass     ours  as-sent    no-alloc,optional,apart 'attached_in tc-ingress const' 'tc-ingress: return XT_CONTINUE'
row tc-drop     ours  dropped    no-alloc,optional,apart 'attached_in tc-ingress drop' 'tc-ingress: return NF_DROP'
row tc-dnat     ours  rewritten  no-alloc,optional,apart 'attached_in tc-ingress dnat-eth' 'tc-ingress: DNAT, given the frame'
row tc-out-pass ours  as-sent    no-alloc,optional,apart 'attached_out const'      'tc-egress: return XT_CONTINUE'
row tc-out-dnat ours  rewritten  no-alloc,optional,apart 'attached_out dnat-eth'   'tc-egress: DNAT, given the frame'
row xdp-pass    ours  as-sent    no-alloc,optional,apart 'attached_in xdp const'   'XDP: return XT_CONTINUE'
row xdp-drop    ours  dropped    no-alloc,optional,apart 'attached_in xdp drop'    'XDP: return NF_DROP'
row xdp-dnat    ours  rewritten  no-alloc,optional,apart 'attached_in xdp dnat-eth' 'XDP: DNAT, given the frame'
row xdp-percpu  ours  rewritten  no-alloc,optional,apart 'attached_in xdp dnat-eth --percpu' 'the same, --percpu'
row xdp-send    ours  redirected no-alloc,optional,apart 'redirected send-eth'     'XDP: DNAT and nf.redirect()'
row dnat-short  ours  rewritten  no-alloc        'script dnat-short'               'DNAT, shorthand'
row filter      ours  as-sent    no-alloc        'script filter'                   '5-tuple filter, 1,000 entries'
row loop        ours  as-sent    no-alloc        'script loop'                     'a loop over the payload'"'s bytes"
row xor         ours  as-sent    no-alloc        'script xor'                      'the same, each byte written, too'
row ports       ours  as-sent    no-alloc        'script ports'                    'a decision by ports'
row count       ours  as-sent    no-alloc        'script count'                    'packets and bytes of each source'
row key         ours  as-sent    no-alloc        'script key'                      'a 5-tuple joined into one key'
row dscp        ours  as-sent    no-alloc        'script dscp'                     'DSCP by port'
row bucket      ours  as-sent    no-alloc        'script bucket'                   'a token bucket'
row balance     ours  rewritten  no-alloc        'script balance'                  'a backend by hash'
row portmap     ours  rewritten  no-alloc        'script portmap'                  'a port map, two writes'
row inline      ours  rewritten  no-alloc        'script inline'                   'DNAT by port'
row helper      ours  rewritten  no-alloc        'script helper'                   'the same, headers by a function'
row four        ours  as-sent    no-alloc        'script four'                     'four bytes of the payload'
row by-chain    ours  as-sent    no-alloc        'script by-chain'                 'udp.dport'
row by-name     ours  as-sent    no-alloc        'script by-name'                  'p.udp.dport'
row set         ours  as-sent    no-alloc        'script_prefixes set'             'a set of 100,000 prefixes'
row limit       ours  as-sent    no-alloc        'script limit'                    'nf.limit() for each source'
row flow        ours  as-sent    no-alloc        'script flow'                     'a count in p:flow()'
row cut         ours  as-sent    no-alloc        'script cut'                      'f:cut(): a connection that is cut'
row offload     ours  as-sent    apart           'offloaded offload'               'f:offload(): a connection that the flowtable carries'
row mss         ours  clamped    no-alloc,message=syn 'script mss_clamp'           'a SYN: examples/mss_clamp.lua'
row dns         ours  as-sent    message=dns     'script dns_filter'               'a DNS question: dns_filter.lua'
row sni         ours  as-sent    message=tls     'script sni_filter'               'a ClientHello: sni_filter.lua'
row send        ours  as-sent    -               'script send'                    'the same by nf.send()'
row send-64k    ours  as-sent    apart,segments  'segments bytes.new(60000)'       '60,000 bytes by nf.send{ segment = 1400 }'
row send-lent   ours  as-sent    apart,segments  'segments lent()'                 'the same, of a shared table, to which it refers'
row search      ours  as-sent    -               'script search'                   'a pattern search in the payload'
row cut6        ours  as-sent    ip6,no-alloc    'script cut'                      'IPv6: a connection that is cut'
row dnat6       ours  rewritten  ip6,no-alloc    'script dnat6'                    'IPv6: DNAT'
row prefix6     ours  prefixed   ip6             'script prefix6'                  'IPv6: a prefix translated'
row inline6     ours  rewritten  ip6,no-alloc    'script inline6'                  'IPv6: DNAT by port'
row hook-const  ours  as-sent    apart           'runtime hook-const'              'netfilter.register(): a hook that returns'
row hook-data   ours  rewritten  apart           'runtime hook-data'               'the same, rewrite by offsets and bytes'
row hook-packet ours  rewritten  apart           'runtime hook-packet'             'the same by skb:packet()'
row device-lua  ours  as-sent    calls           'read_device bench-lua'           'a device in Lua: a read'

# unit NAME MARKS TEXT [SCRIPT [SETUP]]: an operation of scripts/units.lua, or of another; SETUP: in place of the function script
unit field      -        'ip:ttl()'
unit get        -        'field:get(), integer'
unit get_text   -        'field:get(), address'
unit set        -        'field:set(), integer'
unit set_text   -        'field:set(), address'
unit short_get  -        'x = ip.ttl'
unit short_set  -        'ip.ttl = 9'
unit data       -        'ip:data(packet_udp)'
unit byte       -        'x = array[i]'
unit byte_set   -        'array[i] = x'
unit table      -        'x = t[2]'
unit table_key  -        'x = t.key'
unit global     -        'x = NF_DROP'
unit call       -        'call of a Lua function'
unit call_c     -        'call of a C function'
unit equal      -        'x = s == t, short strings'
unit less       -        'x = s < t, strings'
unit add        -        'x = x + x'
unit limit      -        'nf.limit(t)'
unit limit_key  -        'nf.limit(t, field)'
unit shared_get     -   't[k] of a shared table, 1,000 entries' units-shared
unit shared_get_1m  -   'the same, 1,000,000 entries'           units-shared
unit shared_text    -   't[s], a string'                        units-shared
unit shared_set     -   't[k] = x'                              units-shared
unit shared_set_1m  -   'the same, 1,000,000 entries'           units-shared
unit shared_add     -   't:add(k, 1)'                           units-shared
unit shared_add_1m  -   'the same, 1,000,000 entries'           units-shared
unit set_own    -   'set:has(), 1,000 prefixes'           units-sets script_sets
unit set_named  -   'the same of set.named()'             units-sets script_sets
