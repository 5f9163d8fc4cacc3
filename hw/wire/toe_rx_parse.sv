// SPDX-License-Identifier: Apache-2.0
// Verifies received frames at one beat per clock: Ethernet II with 802.1Q tag (toe_rx_vlan takes it
// out), ARP, IPv4 (RFC 791), IPv6 (RFC 8200), ICMP and TCP (RFC 9293 3.1) with their checksums.
// Eight clocks after a beat entered s0 it leaves at beat_*_o; with a frame's last beat exactly one
// of the ok_*_o and drop_*_o flags is set and the record is valid.
//
//  s0 input  s1 header window  s2,s3 beat's sums, transport header found  s4 frame's sum
//  s5,s6 folded, header moved into place  s7 lengths, kinds  s8 verdict
//
// What waits for the verdict without being looked at waits in small memories.

module toe_rx_parse (
  input  logic         clk_i,
  input  logic         rst_ni,
  input  logic         enable_i,  // with a frame's first beat: else it is dropped silently
  input  logic [47:0]  mac_i,
  input  logic [31:0]  ipv4_i,
  input  logic [127:0] ipv6_i,    // beside the link-local address; 0: none
  input  logic         vlan_on_i,
  input  logic [11:0]  vlan_id_i,

  input  logic [511:0] s_axis_tdata_i,
  input  logic [63:0]  s_axis_tkeep_i,
  input  logic         s_axis_tlast_i,
  input  logic         s_axis_tuser_i,
  input  logic         s_axis_tvalid_i,

  output logic [511:0] beat_data_o,
  output logic         beat_last_o,
  output logic         beat_valid_o,
  output logic         beat_tcp_o,   // of a frame that may be TCP, respectively ICMP
  output logic         beat_icmp_o,

  output logic         ok_tcp_o,     // TCP, or an ICMP error about a segment of ours
  output logic         ok_icmp_o,    // ICMP echo request
  output logic         ok_arp_o,
  output logic         ok_echo6_o,   // ICMPv6 echo request to one of our unicast addresses
  output logic         ok_nd_o,      // neighbour solicitation or advertisement
  output logic         drop_eth_o,
  output logic         drop_ip_o,
  output logic         drop_ip6_o,
  output logic         drop_tcp_o,

  output toe_pkg::segment_t seg_o,        // without options
  output logic [319:0] options_o,
  output logic [159:0] early_options_o,   // their first words a clock before
  output logic [3:0]   options_words_o,
  // IPv6 extension headers of a segment: what is in them and its checksum are yet to be judged.
  output logic         extended_o,
  output logic [511:0] extension_o,       // the bytes behind the IPv6 header
  output logic [3:0]   extension_units_o, // of 8 bytes
  output logic [1:0]   extension_first_o, // as in toe_rx_walk
  output logic [16:0]  extension_sum_o,   // of pseudo header, extension headers and segment
  output logic         arp_reply_o,       // else a request
  output logic [47:0]  arp_sender_mac_o,
  output logic [31:0]  arp_sender_ip_o,
  output logic [31:0]  arp_target_ip_o,

  // Neighbour discovery, valid with ok_nd_o: everything RFC 4861 7.1 asks for was verified.
  output logic         nd_solicit_o,      // else an advertisement
  output logic [127:0] nd_source_ip_o,    // 0: the sender has none yet (RFC 4862 5.4)
  output logic [47:0]  nd_source_mac_o,   // of the Ethernet header
  output logic [127:0] nd_target_ip_o,
  output logic [1:0]   nd_target_kind_o,  // 0 not ours; LocalIpv6, LocalIpv6Link
  output logic         nd_lladdr_valid_o, // option source (solicitation) or target (advertisement)
  output logic [47:0]  nd_lladdr_o,       //   link-layer address
  output logic         nd_router_o,       // flags of an advertisement
  output logic         nd_solicited_o,
  output logic         nd_override_o,
  output logic         nd_multicast_o,    // the packet's destination was a multicast address

  output logic         busy_o
);

  // ---- s0, s1: input, header window -------------------------------------------------------------
  logic [511:0] s0_data;
  logic [63:0] s0_keep;
  logic s0_last, s0_user, s0_first, s0_valid, s0_foreign, s0_is6, entry_busy;
  logic [16:0] s0_total;

  toe_rx_vlan u_vlan (
    .clk_i, .rst_ni, .enable_i, .vlan_on_i, .vlan_id_i,
    .s_axis_tdata_i, .s_axis_tkeep_i, .s_axis_tlast_i, .s_axis_tuser_i, .s_axis_tvalid_i,
    .data_o(s0_data), .keep_o(s0_keep), .last_o(s0_last), .user_o(s0_user), .first_o(s0_first),
    .valid_o(s0_valid), .foreign_o(s0_foreign), .is6_o(s0_is6), .total_o(s0_total),
    .busy_o(entry_busy)
  );

  logic [1:0] s0_index_q, s0_index;  // beat of the frame, saturating at 3
  logic s1_valid_q, s1_last_q, s1_user_q, s1_first_q, s1_foreign_q, s1_is6_q;
  logic s1_long_arp_q, s1_long_eth_q, s1_tcp_q, s1_icmp_q;
  logic [16:0] s1_total_q;
  logic [511:0] win0_q, win1_q;
  logic [399:0] win2_q;
  logic r1_valid, r2_valid, r3_valid, r4_valid, r5_valid, r6_valid, r7_valid;
  logic [8:2] v_q, last_q, tcp_q, icmp_q;
  logic [7:0] s0_protocol4, s0_protocol6;
  logic s0_is4;

  assign s0_index = s0_first ? 2'd0 : s0_index_q;
  assign s0_is4 = s0_data[8*12 +: 16] == 16'h0008;
  assign s0_protocol4 = s0_data[8*23 +: 8];
  assign s0_protocol6 = s0_data[8*20 +: 8];

  always_ff @(posedge clk_i) begin
    if (s0_valid) begin
      s1_last_q <= s0_last;
      s1_user_q <= s0_user;
      s1_first_q <= s0_first;
      s0_index_q <= (s0_index == 2'd3) ? 2'd3 : s0_index + 2'd1;
      if (s0_first) begin
        win0_q <= s0_data;
        s1_long_eth_q <= s0_keep[13];
        s1_long_arp_q <= s0_keep[41];
        s1_foreign_q <= s0_foreign;
        s1_is6_q <= s0_is6;
        s1_total_q <= s0_total;
        // Behind extension headers there may be TCP.
        s1_tcp_q <= (s0_is4 && (s0_protocol4 == 8'd6)) ||
                    (s0_is6 && ((s0_protocol6 == 8'd6) || (s0_protocol6 == 8'd0) ||
                                (s0_protocol6 == 8'd43) || (s0_protocol6 == 8'd60)));
        s1_icmp_q <= (s0_is4 && (s0_protocol4 == 8'd1)) || (s0_is6 && (s0_protocol6 == 8'd58));
      end
      if (s0_index == 2'd1) win1_q <= s0_data;
      if (s0_index == 2'd2) win2_q <= s0_data[399:0];
    end
    last_q <= {last_q[7:2], s1_last_q};
    tcp_q <= {tcp_q[7:2], s1_tcp_q};
    icmp_q <= {icmp_q[7:2], s1_icmp_q};
    if (!rst_ni) begin
      s1_valid_q <= 1'b0;
      v_q <= '0;
    end else begin
      s1_valid_q <= s0_valid;
      v_q <= {v_q[7:2], s1_valid_q};
    end
  end

  assign r1_valid = s1_valid_q && s1_last_q;
  assign r2_valid = v_q[2] && last_q[2];
  assign r3_valid = v_q[3] && last_q[3];
  assign r4_valid = v_q[4] && last_q[4];
  assign r5_valid = v_q[5] && last_q[5];
  assign r6_valid = v_q[6] && last_q[6];
  assign r7_valid = v_q[7] && last_q[7];

  logic r2_cut;
  logic [31:0] r4_datagram_sum;
  logic [21:0] r4_header_sum;
  toe_rx_sums u_sums (
    .clk_i, .rst_ni,
    .s0_data_i(s0_data), .s0_keep_i(s0_keep), .s0_last_i(s0_last), .s0_first_i(s0_first),
    .s0_second_i(s0_index == 2'd1), .s0_valid_i(s0_valid), .s0_is6_i(s0_is6),
    .s0_total_i(s0_total), .r2_cut_o(r2_cut), .r4_sum_o(r4_datagram_sum),
    .r4_header_sum_o(r4_header_sum)
  );

  // ---- r1: addresses, transport header, and what only waits -------------------------------------
  toe_wire_pkg::rx_facts_t r2_d, r2_q, r3_d, r3_q, r4_d, r4_q, r5_d, r5_q, r6_d, r6_q;
  logic r3_unicast, r3_broadcast, r3_group, r3_bad4, r3_bad6, r3_multicast, r3_solicited, r3_link;
  logic r3_nobody, r1_extended, r4_tcp, r4_icmp, r4_extended;
  logic [1:0] r4_first;
  logic [3:0] r4_units, r4_shift;
  logic [4:0] r4_words;

  toe_rx_address u_address (
    .clk_i, .mac_i, .ipv4_i, .ipv6_i, .r1_valid_i(r1_valid), .r1_head_i(win0_q[431:0]),
    .r2_valid_i(r2_valid),
    .r3_unicast_o(r3_unicast), .r3_broadcast_o(r3_broadcast), .r3_group_o(r3_group),
    .r3_bad4_o(r3_bad4), .r3_bad6_o(r3_bad6), .r3_multicast_o(r3_multicast),
    .r3_solicited_o(r3_solicited), .r3_link_o(r3_link), .r3_nobody_o(r3_nobody)
  );
  toe_rx_walk u_walk (
    .clk_i, .r1_valid_i(r1_valid), .r1_is6_i(s1_is6_q),
    .r1_protocol_i(s1_is6_q ? win0_q[8*20 +: 8] : win0_q[8*23 +: 8]),
    .r1_ihl_i(win0_q[115:112]), .r1_area_i({win1_q[431:0], win0_q[511:432]}),
    .r1_extended_o(r1_extended), .r2_valid_i(r2_valid), .r3_valid_i(r3_valid),
    .r4_tcp_o(r4_tcp), .r4_icmp_o(r4_icmp), .r4_extended_o(r4_extended), .r4_first_o(r4_first),
    .r4_units_o(r4_units), .r4_words_o(r4_words), .r4_shift_o(r4_shift)
  );

  logic [479:0] r6_th;  // transport header
  toe_rx_align u_align (
    .clk_i, .rst_ni, .r1_valid_i(r1_valid), .r1_is6_i(s1_is6_q), .r1_ihl_i(win0_q[113:112]),
    .r1_window_i({win2_q, win1_q, win0_q[511:272]}), .r4_valid_i(r4_valid), .r4_skip_i(r4_q.arp),
    .r4_shift_i(r4_shift), .r5_valid_i(r5_valid), .r6_header_o(r6_th)
  );

  // Who sent it: MAC address and IPv6 source or IPv4-mapped one. Of ARP the sender's addresses,
  // whether it is a reply, the target's address.
  logic r1_is4, r1_arp, r8_extended_q;
  logic [175:0] r1_sender, r7_sender;

  assign r1_is4 = win0_q[111:96] == 16'h0008;
  assign r1_arp = win0_q[111:96] == 16'h0608;
  always_comb begin
    if (s1_is6_q) r1_sender = {win0_q[8*6 +: 48], win0_q[8*22 +: 128]};
    else if (r1_arp) r1_sender = {win0_q[8*22 +: 80], 63'd0, win0_q[8*21+1], win0_q[8*38 +: 32]};
    else r1_sender = {win0_q[8*6 +: 48], win0_q[8*26 +: 32], 16'hffff, 80'd0};
  end
  toe_rx_wait #(.Width(176)) u_sender (
    .clk_i, .rst_ni, .push_i(r1_valid), .data_i(r1_sender), .pop_i(r7_valid), .data_o(r7_sender)
  );

  // What lies behind an IPv6 header.
  toe_rx_wait #(.Width(512)) u_extension (
    .clk_i, .rst_ni, .push_i(r1_valid && r1_extended), .data_i({win1_q[431:0], win0_q[511:432]}),
    .pop_i(v_q[8] && last_q[8] && r8_extended_q), .data_o(extension_o)
  );

  // ---- r2, r3: headers' fields ------------------------------------------------------------------
  logic [31:0] r2_sip_q;
  logic [17:0] r3_pseudo_q;
  logic arp_bad, bad4, bad6;

  // Ethernet and IPv4 addresses, operation 1 or 2, a unicast sender.
  assign arp_bad = (win0_q[159:112] != 48'h0406_0008_0100) || (win0_q[167:160] != 8'd0) ||
                   ((win0_q[175:168] != 8'd1) && (win0_q[175:168] != 8'd2)) || win0_q[176] ||
                   (s1_first_q && !s1_long_arp_q);
  // Version, length of the header, fragment.
  assign bad4 = (win0_q[119:116] != 4'd4) || (win0_q[115:112] < 4'd5) ||
                (win0_q[8*21 +: 8] != '0) || ((win0_q[8*20 +: 8] & 8'h3f) != '0);
  // Version; no payload, or a jumbogram's (RFC 2675).
  assign bad6 = (win0_q[119:116] != 4'd6) || (win0_q[8*18 +: 16] == '0);

  always_comb begin
    r2_d = '0;
    r2_d.eth_bad = s1_user_q || s1_foreign_q || !s1_long_eth_q ||
                   !(r1_is4 || s1_is6_q || r1_arp) || (r1_arp && arp_bad);
    r2_d.arp = r1_arp;
    r2_d.is6 = s1_is6_q;
    r2_d.bad = s1_is6_q ? bad6 : bad4;
    r2_d.plain = s1_is6_q || (win0_q[115:112] == 4'd5);
    r2_d.hop_max = win0_q[8*21 +: 8] == 8'd255;
    r2_d.ce = (s1_is6_q ? win0_q[8*15+4 +: 2] : win0_q[8*15 +: 2]) == toe_pkg::EcnCe;
    r2_d.len = s1_total_q;
    r3_d = r2_q;
    r3_d.bad = r2_q.bad || r2_cut;
  end

  always_ff @(posedge clk_i) begin
    if (r1_valid) begin
      r2_q <= r2_d;
      r2_sip_q <= win0_q[8*26 +: 32];
    end
    if (r2_valid) begin
      r3_q <= r3_d;
      // Whose destination is not ours is dropped anyway.
      r3_pseudo_q <= (18'(r2_sip_q[15:0]) + 18'(r2_sip_q[31:16])) +
                     (18'({ipv4_i[7:0], ipv4_i[15:8]}) + 18'({ipv4_i[23:16], ipv4_i[31:24]}));
    end
  end

  // ---- r4, r5: addresses judged, transport header found; its length; sums folded ----------------
  // Protocols as they lie in a beat.
  localparam logic [15:0] ProtocolTcp = 16'h0600;
  localparam logic [15:0] ProtocolIcmp6 = 16'h3a00;
  logic [18:0] r4_pseudo_q;   // were it TCP
  logic [18:0] r4_pseudo;
  logic [16:0] r5_header_sum_q, r5_header_end;
  logic [19:0] r5_sum_q;
  logic [17:0] r6_sum_q;

  always_comb begin
    r4_d = r3_q;
    r4_d.eth_bad = r3_q.eth_bad || !(r3_unicast || (r3_broadcast && r3_q.arp) ||
                                     (r3_group && r3_q.is6));
    r4_d.bad = r3_q.bad || (r3_q.is6 ? r3_bad6 : r3_bad4);
    r4_d.multicast = r3_multicast;
    r4_d.solicited = r3_solicited;
    r4_d.link = r3_link;
    r4_d.nobody = r3_nobody;
    r5_d = r4_q;
    // TCP has one sender and one receiver.
    r5_d.bad = r4_q.bad || !(r4_tcp || r4_icmp) ||
               (r4_tcp && r4_q.is6 && (r4_q.multicast || r4_q.nobody));
    r5_d.plain = r4_q.plain && !r4_extended;
    r5_d.tcp = r4_tcp;
    r5_d.extended = r4_extended;
    r5_d.first = r4_first;
    r5_d.units = r4_units;
    r5_d.words = r4_words;
    r5_d.len = r4_q.len - 17'({r4_words, 2'b00});  // below zero: bit 16
    r6_d = r5_q;
    r6_d.bad = r5_q.bad || r5_q.len[16] || (!r5_q.is6 && (r5_header_end != 17'h0ffff));
  end
  assign r4_pseudo = r4_tcp ? r4_pseudo_q : (r4_q.is6 ? {3'd0, ProtocolIcmp6} : 19'd0);
  assign r5_header_end = 17'(r5_header_sum_q[15:0]) + 17'(r5_header_sum_q[16]);

  always_ff @(posedge clk_i) begin
    if (r3_valid) begin
      r4_q <= r4_d;
      r4_pseudo_q <= (r3_q.is6 ? 19'd0 : 19'(r3_pseudo_q)) + 19'(ProtocolTcp);
    end
    if (r4_valid) begin
      r5_q <= r5_d;
      r5_sum_q <= 20'(r4_datagram_sum[15:0]) + 20'(r4_datagram_sum[31:16]) + 20'(r4_pseudo);
      r5_header_sum_q <= 17'(r4_header_sum[15:0]) + 17'(r4_header_sum[21:16]);
    end
    if (r5_valid) begin
      r6_q <= r6_d;
      // The pseudo header's length, but for ICMP of IPv4.
      r6_sum_q <= 18'(r5_sum_q[15:0]) + 18'(r5_sum_q[19:16]) +
                  ((r5_q.is6 || r5_q.tcp) ? 18'({r5_q.len[7:0], r5_q.len[15:8]}) : 18'd0);
    end
  end

  // ---- r7: lengths, kinds -----------------------------------------------------------------------
  toe_wire_pkg::rx_facts_t r7_q;
  logic r7_tcp_bad_q, r7_sum_bad_q, r7_echo, r7_nd, r7_error, r7_hard, r7_lladdr_valid;
  logic [16:0] r6_sum_end, r7_sum_q, r7_payload_q;
  logic [5:0] r7_header_words_q;
  logic [479:0] r7_th_q;
  logic [3:0] doff;
  logic [15:0] r7_mtu;
  logic [1:0] r7_kind;
  logic [127:0] r7_quoted_ip;
  logic [31:0] r7_quoted_ports, r7_quoted_seq;
  logic [47:0] r7_lladdr;

  toe_rx_icmp u_icmp (
    .clk_i, .mac_i, .ipv4_i, .ipv6_i,
    .r6_valid_i(r6_valid && !r6_q.tcp), .r6_message_i(r6_th[447:0]), .r6_len_i(r6_q.len),
    .r6_is6_i(r6_q.is6), .r6_plain_i(r6_q.plain), .r6_hop_max_i(r6_q.hop_max),
    .r6_multicast_i(r6_q.multicast), .r6_solicited_i(r6_q.solicited), .r6_nobody_i(r6_q.nobody),
    .r7_message_i(r7_th_q[447:0]), .r7_echo_o(r7_echo), .r7_nd_o(r7_nd), .r7_error_o(r7_error),
    .r7_hard_o(r7_hard), .r7_mtu_o(r7_mtu), .r7_kind_o(r7_kind), .r7_remote_ip_o(r7_quoted_ip),
    .r7_ports_o(r7_quoted_ports), .r7_seq_o(r7_quoted_seq),
    .r7_lladdr_valid_o(r7_lladdr_valid), .r7_lladdr_o(r7_lladdr)
  );

  assign doff = r6_th[103:100];
  assign r6_sum_end = 17'(r6_sum_q[15:0]) + 17'(r6_sum_q[17:16]);

  always_ff @(posedge clk_i) begin
    if (r6_valid) begin
      r7_q <= r6_q;
      r7_tcp_bad_q <= doff < 4'd5;
      r7_sum_q <= r6_sum_end;
      r7_sum_bad_q <= r6_sum_end != 17'h0ffff;
      r7_payload_q <= r6_q.len - 17'({doff, 2'b00});  // below zero: bit 16
      r7_header_words_q <= 6'(r6_q.words) + 6'(doff);
      if (!r6_q.arp) r7_th_q <= r6_th;
    end
  end

  // ---- s8: verdict ------------------------------------------------------------------------------
  logic [8:0] r8_verdict_q;  // in the order of the outputs below
  logic r7_ip, r7_message, r7_tcp_ok, r7_drop;

  assign r7_ip = !r7_q.eth_bad && !r7_q.arp && !r7_q.bad;
  assign r7_message = r7_ip && !r7_q.tcp && !r7_sum_bad_q;  // ICMP
  assign r7_tcp_ok = !r7_tcp_bad_q && !r7_payload_q[16] && (!r7_sum_bad_q || r7_q.extended);
  assign r7_drop = !r7_q.eth_bad && !r7_q.arp &&
                   (r7_q.bad || (!r7_q.tcp && (r7_sum_bad_q || !(r7_echo || r7_nd || r7_error))));

  always_ff @(posedge clk_i) begin
    if (!rst_ni || !r7_valid) begin
      r8_verdict_q <= '0;
    end else begin
      r8_verdict_q <= {(r7_ip && r7_q.tcp && r7_tcp_ok) || (r7_message && r7_error),
                       r7_message && r7_echo && !r7_q.is6,
                       !r7_q.eth_bad && r7_q.arp,
                       r7_message && r7_echo && r7_q.is6,
                       r7_message && r7_nd,
                       r7_q.eth_bad,
                       r7_drop && !r7_q.is6,
                       r7_drop && r7_q.is6,
                       r7_ip && r7_q.tcp && !r7_tcp_ok};
    end
  end
  assign {ok_tcp_o, ok_icmp_o, ok_arp_o, ok_echo6_o, ok_nd_o, drop_eth_o, drop_ip_o, drop_ip6_o,
          drop_tcp_o} = r8_verdict_q;

  // ---- s8: record -------------------------------------------------------------------------------
  /* verilator lint_off UNUSEDSIGNAL */
  toe_wire_pkg::rx_facts_t r8_q;
  logic [479:0] r8_th_q;  // checksum and urgent pointer are done with
  /* verilator lint_on UNUSEDSIGNAL */
  logic r8_hard_q, r8_lladdr_valid_q;
  logic [1:0] r8_kind_q;
  logic [16:0] r8_sum_q;
  logic [15:0] r8_len_q, r8_wnd_q;
  logic [7:0] r8_start_q;
  logic [3:0] r8_words_q;
  logic [175:0] r8_sender_q;   // as it lay in the beat
  logic [127:0] r8_quoted_ip_q, r8_source, r8_target;
  logic [31:0] r8_ports_q, r8_seq_q;  // {remote, local}
  logic [47:0] r8_lladdr_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) r8_extended_q <= 1'b0;
    else if (r7_valid) r8_extended_q <= r7_q.extended;
    if (r7_valid) begin
      r8_q <= r7_q;
      r8_hard_q <= r7_hard;
      r8_kind_q <= r7_kind;
      r8_sum_q <= r7_sum_q;
      r8_len_q <= r7_q.tcp ? r7_payload_q[15:0] : 16'd0;
      r8_wnd_q <= r7_q.tcp ? {r7_th_q[119:112], r7_th_q[127:120]} : r7_mtu;
      r8_words_q <= r7_q.tcp ? r7_th_q[103:100] - 4'd5 : 4'd0;
      r8_start_q <= 8'd14 + {r7_header_words_q, 2'b00};
      r8_sender_q <= r7_sender;
      r8_ports_q <= r7_q.tcp ? {r7_th_q[7:0], r7_th_q[15:8], r7_th_q[23:16], r7_th_q[31:24]} :
                               r7_quoted_ports;
      r8_seq_q <= r7_q.tcp ? {r7_th_q[39:32], r7_th_q[47:40], r7_th_q[55:48], r7_th_q[63:56]} :
                             r7_quoted_seq;
      if (!r7_q.arp) r8_th_q <= r7_th_q;
    end
    if (r7_valid && !r7_q.tcp) begin
      r8_quoted_ip_q <= r7_quoted_ip;
      r8_lladdr_valid_q <= r7_lladdr_valid;
      r8_lladdr_q <= r7_lladdr;
    end
  end

  assign options_o = r8_th_q[479:160];
  assign early_options_o = r7_th_q[319:160];
  assign options_words_o = r8_words_q;
  assign extended_o = r8_q.extended;
  assign extension_units_o = r8_q.units;
  assign extension_first_o = r8_q.first;
  assign extension_sum_o = r8_sum_q;

  for (genvar i = 0; i < 16; i++) begin : g_source
    assign r8_source[8*(15-i) +: 8] = r8_sender_q[8*i +: 8];
    assign r8_target[8*(15-i) +: 8] = r8_th_q[8*(8+i) +: 8];
  end
  for (genvar i = 0; i < 6; i++) begin : g_mac
    assign nd_source_mac_o[8*(5-i) +: 8] = r8_sender_q[128+8*i +: 8];
    assign arp_sender_mac_o[8*(5-i) +: 8] = r8_sender_q[96+8*i +: 8];
  end
  for (genvar i = 0; i < 4; i++) begin : g_arp
    assign arp_sender_ip_o[8*(3-i) +: 8] = r8_sender_q[144+8*i +: 8];
    assign arp_target_ip_o[8*(3-i) +: 8] = r8_sender_q[8*i +: 8];
  end
  assign arp_reply_o = r8_sender_q[32];

  assign nd_solicit_o = !r8_th_q[3];  // 135, 136
  assign nd_source_ip_o = r8_source;
  assign nd_target_ip_o = r8_target;
  assign nd_target_kind_o = r8_kind_q;
  assign nd_lladdr_valid_o = r8_lladdr_valid_q;
  assign nd_lladdr_o = r8_lladdr_q;
  assign nd_router_o = r8_th_q[8*4+7];
  assign nd_solicited_o = r8_th_q[8*4+6];
  assign nd_override_o = r8_th_q[8*4+5];
  assign nd_multicast_o = r8_q.multicast;

  always_comb begin
    seg_o = '0;
    seg_o.icmp = !r8_q.tcp;
    seg_o.icmp_hard = !r8_q.tcp && r8_hard_q;
    seg_o.ce = r8_q.tcp && r8_q.ce;
    if (!r8_q.tcp) seg_o.tuple.local_kind = r8_kind_q;
    else if (!r8_q.is6) seg_o.tuple.local_kind = toe_pkg::LocalIpv4;
    else seg_o.tuple.local_kind = r8_q.link ? toe_pkg::LocalIpv6Link : toe_pkg::LocalIpv6;
    seg_o.tuple.remote_ip = r8_q.tcp ? r8_source : r8_quoted_ip_q;
    seg_o.tuple.remote_port = r8_ports_q[31:16];
    seg_o.tuple.local_port = r8_ports_q[15:0];
    seg_o.seq = r8_seq_q;
    seg_o.ack = r8_q.tcp ? {r8_th_q[71:64], r8_th_q[79:72], r8_th_q[87:80], r8_th_q[95:88]} : '0;
    seg_o.wnd = r8_wnd_q;
    seg_o.flags = r8_q.tcp ? r8_th_q[111:104] : '0;
    seg_o.len = r8_len_q;
    seg_o.payload_start = r8_start_q;
  end

  // ---- the beats, delayed to their verdict ------------------------------------------------------
  logic [511:0] s7_data, s8_data_q;

  toe_rx_wait #(.Width(512), .Depth(16)) u_beats (
    .clk_i, .rst_ni, .push_i(s0_valid), .data_i(s0_data), .pop_i(v_q[7]), .data_o(s7_data)
  );
  always_ff @(posedge clk_i) begin
    if (v_q[7] && (tcp_q[7] || icmp_q[7])) s8_data_q <= s7_data;
  end

  assign beat_data_o = s8_data_q;
  assign beat_last_o = last_q[8];
  assign beat_valid_o = v_q[8];
  assign beat_tcp_o = tcp_q[8];
  assign beat_icmp_o = icmp_q[8];
  assign busy_o = entry_busy || s1_valid_q || (v_q != '0);

endmodule
