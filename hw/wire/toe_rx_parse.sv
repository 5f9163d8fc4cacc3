// SPDX-License-Identifier: Apache-2.0
// Verifies received frames at one beat per clock: Ethernet II, ARP, IPv4 (RFC 791), ICMP echo and
// TCP (RFC 9293 3.1) with their checksums. Six clocks after a beat came it leaves at beat_*_o; with
// a frame's last beat exactly one of the ok_*_o and drop_*_o flags is set and the record is valid.
//
// The datagram is summed as a whole: a valid IPv4 header sums to zero, so what remains is the sum
// of the segment, whose pseudo header is added from the record.
//
//  s0 input  s1 masks, header window  s2,s3 beat's sums  s4 frame's sum  s5 folded  s6 verdict

module toe_rx_parse (
  input  logic         clk_i,
  input  logic         rst_ni,
  input  logic         enable_i,  // with a frame's first beat: else it is dropped silently
  input  logic [47:0]  mac_i,
  input  logic [31:0]  ipv4_i,
  /* verilator lint_off UNUSEDSIGNAL */
  input  logic [127:0] ipv6_i,    // beside the link-local address; 0: none
  input  logic         vlan_on_i,
  input  logic [11:0]  vlan_id_i,
  /* verilator lint_on UNUSEDSIGNAL */

  input  logic [511:0] s_axis_tdata_i,
  input  logic [63:0]  s_axis_tkeep_i,
  input  logic         s_axis_tlast_i,
  input  logic         s_axis_tuser_i,
  input  logic         s_axis_tvalid_i,

  output logic [511:0] beat_data_o,
  output logic         beat_last_o,
  output logic         beat_valid_o,
  output logic         beat_tcp_o,   // of a frame that calls itself TCP, respectively ICMP
  output logic         beat_icmp_o,

  output logic         ok_tcp_o,
  output logic         ok_icmp_o,
  output logic         ok_arp_o,
  output logic         ok_echo6_o,   // ICMPv6 echo request to one of our unicast addresses
  output logic         ok_nd_o,      // neighbour solicitation or advertisement
  output logic         drop_eth_o,
  output logic         drop_ip_o,
  output logic         drop_ip6_o,
  output logic         drop_tcp_o,

  output toe_pkg::segment_t seg_o,        // without options
  output logic [319:0] options_o,
  output logic [3:0]   options_words_o,
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

  // ---- s0: registered input -------------------------------------------------------------------
  logic [511:0] s0_data_q;
  logic [63:0] s0_keep_q;
  logic s0_last_q, s0_user_q, s0_valid_q, s0_first_q;
  logic next_first_q, taking_q, take;

  assign take = next_first_q ? enable_i : taking_q;

  always_ff @(posedge clk_i) begin
    if (s_axis_tvalid_i) begin
      s0_data_q <= s_axis_tdata_i;
      s0_keep_q <= s_axis_tkeep_i;
      s0_last_q <= s_axis_tlast_i;
      s0_user_q <= s_axis_tuser_i;
      s0_first_q <= next_first_q;
    end
    if (!rst_ni) begin
      s0_valid_q <= 1'b0;
      next_first_q <= 1'b1;
      taking_q <= 1'b0;
    end else begin
      s0_valid_q <= s_axis_tvalid_i && take;
      if (s_axis_tvalid_i) begin
        next_first_q <= s_axis_tlast_i;
        taking_q <= take;
      end
    end
  end

  // ---- s1: masks and the header window ----------------------------------------------------------
  logic [63:0] s1_keep_q;
  logic s1_last_q, s1_user_q, s1_valid_q, s1_first_q, s1_second_q, s1_tcp_q, s1_icmp_q;
  logic [511:0] s1_data_q;
  logic [63:0] s1_mask_d, s1_mask_q;    // bytes of the datagram
  logic [63:0] s1_hmask_d, s1_hmask_q;  // bytes of the IPv4 header
  logic [16:0] s1_left_d, s1_left_q;    // bytes from this beat's start to the datagram's end
  logic [1:0] s0_index_q, s0_index;     // beat of the frame, saturating at 3
  logic [3:0] s1_ihl_q, s1_shift_q;
  /* verilator lint_off UNUSEDSIGNAL */
  logic [511:0] win0_q;  // the sender's MAC address is not looked at
  /* verilator lint_on UNUSEDSIGNAL */
  logic [511:0] win1_q;
  logic [47:0] win2_q;
  logic [15:0] s0_total;

  assign s0_total = {s0_data_q[8*16 +: 8], s0_data_q[8*17 +: 8]};
  assign s0_index = s0_first_q ? 2'd0 : s0_index_q;

  always_comb begin
    if (s0_first_q) s1_left_d = 17'(s0_total) + 17'd14;
    else if (s1_left_q[16:6] == '0) s1_left_d = '0;
    else s1_left_d = s1_left_q - 17'd64;
  end

  for (genvar i = 0; i < 64; i++) begin : g_mask
    logic in_first, in_next;
    if (i < 14) begin : g_eth
      assign in_first = 1'b0;
    end else begin : g_ip
      assign in_first = (s0_total[15:6] != '0) || (s0_total[5:0] > 6'(i - 14));
    end
    if (i == 63) begin : g_end
      assign in_next = s1_left_q[16:7] != '0;
    end else begin : g_within
      assign in_next = (s1_left_q[16:7] != '0) || (s1_left_q[6] && (s1_left_q[5:0] > 6'(i)));
    end
    assign s1_mask_d[i] = s0_first_q ? in_first : in_next;
    if (i >= 14 && i < 34) begin : g_fixed
      assign s1_hmask_d[i] = s0_first_q;
    end else if (i >= 34) begin : g_opt
      assign s1_hmask_d[i] = s0_first_q && (s0_data_q[115:112] > 4'((i - 14) / 4));
    end else if (i < 10) begin : g_second
      assign s1_hmask_d[i] = (s0_index == 2'd1) && (s1_ihl_q > 4'((i + 50) / 4));
    end else begin : g_none
      assign s1_hmask_d[i] = 1'b0;
    end
  end

  always_ff @(posedge clk_i) begin
    if (s0_valid_q) begin
      s1_data_q <= s0_data_q;
      s1_keep_q <= s0_keep_q;
      s1_last_q <= s0_last_q;
      s1_user_q <= s0_user_q;
      s1_first_q <= s0_first_q;
      s1_second_q <= s0_index == 2'd1;
      s1_mask_q <= s1_mask_d;
      s1_hmask_q <= s1_hmask_d;
      s1_left_q <= s1_left_d;
      s0_index_q <= (s0_index == 2'd3) ? 2'd3 : s0_index + 2'd1;
      if (s0_first_q) begin
        win0_q <= s0_data_q;
        s1_ihl_q <= s0_data_q[115:112];
        s1_shift_q <= s0_data_q[115:112] - 4'd5;
        s1_tcp_q <= (s0_data_q[111:96] == 16'h0008) && (s0_data_q[8*23 +: 8] == 8'd6);
        s1_icmp_q <= (s0_data_q[111:96] == 16'h0008) && (s0_data_q[8*23 +: 8] == 8'd1);
      end
      if (s0_index == 2'd1) win1_q <= s0_data_q;
      if (s0_index == 2'd2) win2_q <= s0_data_q[47:0];
    end
    if (!rst_ni) s1_valid_q <= 1'b0;
    else s1_valid_q <= s0_valid_q;
  end

  // ---- s2..s5: sums -----------------------------------------------------------------------------
  logic [5:2] v_q, last_q, tcp_q, icmp_q;
  logic [3:2] first_q, second_q;
  logic [7:0] s2_hole_q;
  logic s2_over_q, s2_cut, s3_cut_q;
  logic [20:0] s3_sum, s3_hsum;
  logic [31:0] s4_sum_q;
  logic [21:0] s4_hsum_q;
  logic [19:0] s5_sum_q;
  logic [16:0] s5_hsum_q;
  logic [18:0] r4_pseudo_q;
  logic r1_valid, r2_valid, r3_valid, r4_valid, r5_valid;

  // The frame ends before the datagram does, or has holes, in this beat or one before.
  assign s2_cut = (s2_hole_q != '0) || s2_over_q || (!first_q[2] && s3_cut_q);
  assign r1_valid = s1_valid_q && s1_last_q;
  assign r2_valid = v_q[2] && last_q[2];
  assign r3_valid = v_q[3] && last_q[3];
  assign r4_valid = v_q[4] && last_q[4];
  assign r5_valid = v_q[5] && last_q[5];

  toe_checksum u_sum (
    .clk_i, .valid_i(s1_valid_q), .data_i(s1_data_q), .keep_i(s1_mask_q), .sum_o(s3_sum)
  );
  toe_checksum u_header_sum (
    .clk_i, .valid_i(s1_valid_q && (s1_first_q || s1_second_q)), .data_i(s1_data_q),
    .keep_i(s1_hmask_q), .sum_o(s3_hsum)
  );

  always_ff @(posedge clk_i) begin
    last_q <= {last_q[4:2], s1_last_q};
    first_q <= {first_q[2], s1_first_q};
    second_q <= {second_q[2], s1_second_q};
    tcp_q <= {tcp_q[4:2], s1_tcp_q};
    icmp_q <= {icmp_q[4:2], s1_icmp_q};
    if (s1_valid_q) begin
      for (int g = 0; g < 8; g++) begin
        s2_hole_q[g] <= (s1_mask_q[8*g +: 8] & ~s1_keep_q[8*g +: 8]) != '0;
      end
      s2_over_q <= s1_last_q && (s1_left_q > 17'd64);
    end
    if (v_q[2]) s3_cut_q <= s2_cut;
    if (v_q[3]) s4_sum_q <= first_q[3] ? 32'(s3_sum) : s4_sum_q + 32'(s3_sum);
    if (v_q[3] && first_q[3]) s4_hsum_q <= 22'(s3_hsum);
    else if (v_q[3] && second_q[3]) s4_hsum_q <= s4_hsum_q + 22'(s3_hsum);
    if (r4_valid) begin
      s5_sum_q <= 20'(s4_sum_q[15:0]) + 20'(s4_sum_q[31:16]) + 20'(r4_pseudo_q);
      s5_hsum_q <= 17'(s4_hsum_q[15:0]) + 17'(s4_hsum_q[21:16]);
    end
    if (!rst_ni) v_q <= '0;
    else v_q <= {v_q[4:2], s1_valid_q};
  end

  // ---- record: r2 fields of the first beat, TCP header moved by 0..12 bytes ---------------------
  logic r2_eth_bad_q, r2_arp_q, r2_ip_bad_q, r2_content_bad_q, r2_tcp_q;
  logic [3:0] r2_ihl_q;
  logic [1:0] r2_shift_q;
  logic [15:0] r2_total_q;
  logic [31:0] r2_sip_q, r2_dip_q;
  logic [735:0] r2_win_q;
  logic [799:0] window;
  logic [31:0] w_sip, w_dip;
  logic [15:0] w_total;
  logic w_us, w_broadcast, w_arp_bad, w_sip_bad, w_icmp_bad, w_ip, w_arp;

  assign window = {win2_q, win1_q, win0_q[511:272]};
  assign w_sip = {win0_q[8*26 +: 8], win0_q[8*27 +: 8], win0_q[8*28 +: 8], win0_q[8*29 +: 8]};
  assign w_dip = {win0_q[8*30 +: 8], win0_q[8*31 +: 8], win0_q[8*32 +: 8], win0_q[8*33 +: 8]};
  assign w_total = {win0_q[8*16 +: 8], win0_q[8*17 +: 8]};
  assign w_us = {win0_q[7:0], win0_q[15:8], win0_q[23:16], win0_q[31:24], win0_q[39:32],
                 win0_q[47:40]} == mac_i;
  assign w_broadcast = win0_q[47:0] == '1;
  assign w_ip = win0_q[111:96] == 16'h0008;
  assign w_arp = win0_q[111:96] == 16'h0608;
  // Ethernet and IPv4 addresses, operation 1 or 2, a unicast sender.
  assign w_arp_bad = (win0_q[159:112] != 48'h0406_0008_0100) || (win0_q[167:160] != 8'd0) ||
                     ((win0_q[175:168] != 8'd1) && (win0_q[175:168] != 8'd2)) || win0_q[176];
  // Nobody's address, loopback, multicast and above, or ours.
  assign w_sip_bad = (w_sip[31:24] == 8'd0) || (w_sip[31:24] == 8'd127) ||
                     (w_sip[31:29] == 3'b111) || (w_sip == ipv4_i);
  assign w_icmp_bad = (s1_ihl_q != 4'd5) || (w_total > 16'd1500) || (w_total < 16'd28) ||
                      (win0_q[287:272] != 16'h0008);

  always_ff @(posedge clk_i) begin
    if (r1_valid) begin
      r2_eth_bad_q <= s1_user_q || (s1_first_q && !s1_keep_q[13]) || !(w_ip || w_arp) ||
                      !(w_us || (w_broadcast && w_arp)) ||
                      (w_arp && (w_arp_bad || (s1_first_q && !s1_keep_q[41])));
      r2_arp_q <= w_arp;
      r2_ip_bad_q <= (win0_q[119:116] != 4'd4) || (s1_ihl_q < 4'd5) || w_sip_bad ||
                     (w_dip != ipv4_i) || (win0_q[8*21 +: 8] != '0) ||
                     ((win0_q[8*20 +: 8] & 8'h3f) != '0);
      r2_content_bad_q <= !(s1_tcp_q || (s1_icmp_q && !w_icmp_bad));
      r2_tcp_q <= s1_tcp_q;
      r2_ihl_q <= s1_ihl_q;
      r2_shift_q <= s1_shift_q[3:2];
      r2_total_q <= w_total;
      r2_sip_q <= w_arp ? {win0_q[8*28 +: 8], win0_q[8*29 +: 8], win0_q[8*30 +: 8],
                           win0_q[8*31 +: 8]} : w_sip;
      r2_dip_q <= w_arp ? {win0_q[8*38 +: 8], win0_q[8*39 +: 8], win0_q[8*40 +: 8],
                           win0_q[8*41 +: 8]} : w_dip;
      if (s1_tcp_q) begin
        case (s1_shift_q[1:0])
          2'd0: r2_win_q <= window[735:0];
          2'd1: r2_win_q <= window[767:32];
          2'd2: r2_win_q <= window[799:64];
          default: r2_win_q <= {32'd0, window[799:96]};
        endcase
      end else begin
        r2_win_q[63:0] <= win0_q[223:160];  // ARP: operation and sender's address
      end
    end
  end

  // ---- r3: TCP header moved by 0, 16 or 32 bytes, so the 60 bytes are in place ------------------
  logic r3_eth_bad_q, r3_arp_q, r3_ip_bad_q, r3_tcp_q;
  logic [16:0] r3_tcp_len_q;  // below zero: bit 16
  logic [3:0] r3_ihl_q;
  logic [17:0] r3_pseudo_q;
  logic [31:0] r3_sip_q, r3_dip_q;
  logic [479:0] r3_th_q;

  always_ff @(posedge clk_i) begin
    if (r2_valid) begin
      r3_eth_bad_q <= r2_eth_bad_q;
      r3_arp_q <= r2_arp_q;
      r3_ip_bad_q <= r2_ip_bad_q || r2_content_bad_q || s2_cut;
      r3_tcp_q <= r2_tcp_q;
      r3_tcp_len_q <= 17'(r2_total_q) - 17'({r2_ihl_q, 2'b00});
      r3_ihl_q <= r2_ihl_q;
      r3_sip_q <= r2_sip_q;
      r3_dip_q <= r2_dip_q;
      r3_pseudo_q <= (18'({r2_sip_q[7:0], r2_sip_q[15:8]}) +
                      18'({r2_sip_q[23:16], r2_sip_q[31:24]})) +
                     (18'({r2_dip_q[7:0], r2_dip_q[15:8]}) +
                      18'({r2_dip_q[23:16], r2_dip_q[31:24]}));
      if (r2_tcp_q) begin
        case (r2_shift_q)
          2'd0: r3_th_q <= r2_win_q[479:0];
          2'd1: r3_th_q <= r2_win_q[607:128];
          default: r3_th_q <= r2_win_q[735:256];
        endcase
      end else begin
        r3_th_q[63:0] <= r2_win_q[63:0];
      end
    end
  end

  // ---- r4: lengths ------------------------------------------------------------------------------
  logic r4_eth_bad_q, r4_arp_q, r4_ip_bad_q, r4_tcp_bad_q, r4_tcp_q;
  logic [16:0] r4_len_q;
  logic [4:0] r4_header_words_q;
  logic [31:0] r4_sip_q, r4_dip_q;
  logic [479:0] r4_th_q;
  logic [3:0] doff;

  assign doff = r3_th_q[103:100];

  always_ff @(posedge clk_i) begin
    if (r3_valid) begin
      r4_eth_bad_q <= r3_eth_bad_q;
      r4_arp_q <= r3_arp_q;
      r4_ip_bad_q <= r3_ip_bad_q || r3_tcp_len_q[16];
      r4_tcp_bad_q <= (doff < 4'd5);
      r4_tcp_q <= r3_tcp_q;
      r4_len_q <= r3_tcp_len_q - 17'({doff, 2'b00});
      r4_header_words_q <= 5'(r3_ihl_q) + 5'(doff);
      r4_sip_q <= r3_sip_q;
      r4_dip_q <= r3_dip_q;
      r4_pseudo_q <= r3_tcp_q ? 19'(r3_pseudo_q) +
                     19'({r3_tcp_len_q[7:0], r3_tcp_len_q[15:8]}) + 19'h0600 : 19'd0;
      if (r3_tcp_q) r4_th_q <= r3_th_q;
      else r4_th_q[63:0] <= r3_th_q[63:0];
    end
  end

  // ---- r5, s6: verdict --------------------------------------------------------------------------
  logic r5_eth_bad_q, r5_arp_q, r5_ip_bad_q, r5_tcp_bad_q, r5_tcp_q;
  logic [15:0] r5_len_q;
  logic [7:0] r5_start_q;
  logic [31:0] r5_sip_q, r5_dip_q;
  logic [479:0] r5_th_q;
  logic [16:0] sum_end, hsum_end;
  logic sum_bad, hsum_bad;
  logic ok_tcp_q, ok_icmp_q, ok_arp_q, drop_eth_q, drop_ip_q, drop_tcp_q;
  logic [31:0] r6_sip_q, r6_dip_q;
  logic [15:0] r6_len_q;
  logic [7:0] r6_start_q;
  /* verilator lint_off UNUSEDSIGNAL */
  logic [479:0] r6_th_q;  // checksum and urgent pointer are done with
  /* verilator lint_on UNUSEDSIGNAL */

  assign sum_end = 17'(s5_sum_q[15:0]) + 17'(s5_sum_q[19:16]);
  assign hsum_end = 17'(s5_hsum_q[15:0]) + 17'(s5_hsum_q[16]);
  assign sum_bad = sum_end != 17'h0ffff;
  assign hsum_bad = hsum_end != 17'h0ffff;

  always_ff @(posedge clk_i) begin
    if (r4_valid) begin
      r5_eth_bad_q <= r4_eth_bad_q;
      r5_arp_q <= r4_arp_q;
      r5_ip_bad_q <= r4_ip_bad_q;
      r5_tcp_bad_q <= r4_tcp_bad_q || r4_len_q[16];
      r5_tcp_q <= r4_tcp_q;
      r5_len_q <= r4_len_q[15:0];
      r5_start_q <= 8'd14 + {1'b0, r4_header_words_q, 2'b00};
      r5_sip_q <= r4_sip_q;
      r5_dip_q <= r4_dip_q;
      if (r4_tcp_q) r5_th_q <= r4_th_q;
      else r5_th_q[63:0] <= r4_th_q[63:0];
    end
    if (r5_valid) begin
      r6_sip_q <= r5_sip_q;
      r6_dip_q <= r5_dip_q;
      r6_len_q <= r5_len_q;
      r6_start_q <= r5_start_q;
      if (r5_tcp_q) r6_th_q <= r5_th_q;
      else r6_th_q[63:0] <= r5_th_q[63:0];
    end
    if (!rst_ni || !r5_valid) begin
      ok_tcp_q <= 1'b0;
      ok_icmp_q <= 1'b0;
      ok_arp_q <= 1'b0;
      drop_eth_q <= 1'b0;
      drop_ip_q <= 1'b0;
      drop_tcp_q <= 1'b0;
    end else begin
      drop_eth_q <= r5_eth_bad_q;
      ok_arp_q <= !r5_eth_bad_q && r5_arp_q;
      drop_ip_q <= !r5_eth_bad_q && !r5_arp_q &&
                   (r5_ip_bad_q || hsum_bad || (!r5_tcp_q && sum_bad));
      drop_tcp_q <= !r5_eth_bad_q && !r5_arp_q && !r5_ip_bad_q && !hsum_bad && r5_tcp_q &&
                    (r5_tcp_bad_q || sum_bad);
      ok_tcp_q <= !r5_eth_bad_q && !r5_arp_q && !r5_ip_bad_q && !hsum_bad && r5_tcp_q &&
                  !r5_tcp_bad_q && !sum_bad;
      ok_icmp_q <= !r5_eth_bad_q && !r5_arp_q && !r5_ip_bad_q && !hsum_bad && !r5_tcp_q &&
                   !sum_bad;
    end
  end

  assign ok_tcp_o = ok_tcp_q;
  assign ok_icmp_o = ok_icmp_q;
  assign ok_arp_o = ok_arp_q;
  assign drop_eth_o = drop_eth_q;
  assign drop_ip_o = drop_ip_q;
  assign drop_tcp_o = drop_tcp_q;
  // Not told from other frames yet.
  assign {ok_echo6_o, ok_nd_o, drop_ip6_o, nd_solicit_o, nd_source_ip_o, nd_source_mac_o,
          nd_target_ip_o, nd_target_kind_o, nd_lladdr_valid_o, nd_lladdr_o, nd_router_o,
          nd_solicited_o, nd_override_o, nd_multicast_o} = '0;
  assign arp_reply_o = r6_th_q[9];
  assign arp_sender_mac_o = {r6_th_q[23:16], r6_th_q[31:24], r6_th_q[39:32], r6_th_q[47:40],
                             r6_th_q[55:48], r6_th_q[63:56]};
  assign arp_sender_ip_o = r6_sip_q;
  assign arp_target_ip_o = r6_dip_q;
  assign options_o = r6_th_q[479:160];
  assign options_words_o = r6_th_q[103:100] - 4'd5;

  always_comb begin
    seg_o.icmp = 1'b0;
    seg_o.icmp_hard = 1'b0;
    seg_o.ce = 1'b0;
    seg_o.tuple.local_kind = toe_pkg::LocalIpv4;
    seg_o.tuple.remote_ip = {toe_pkg::Ipv4Mapped, r6_sip_q};
    seg_o.tuple.remote_port = {r6_th_q[7:0], r6_th_q[15:8]};
    seg_o.tuple.local_port = {r6_th_q[23:16], r6_th_q[31:24]};
    seg_o.seq = {r6_th_q[39:32], r6_th_q[47:40], r6_th_q[55:48], r6_th_q[63:56]};
    seg_o.ack = {r6_th_q[71:64], r6_th_q[79:72], r6_th_q[87:80], r6_th_q[95:88]};
    seg_o.wnd = {r6_th_q[119:112], r6_th_q[127:120]};
    seg_o.flags = r6_th_q[111:104];
    seg_o.len = r6_len_q;
    seg_o.payload_start = r6_start_q;
    seg_o.mss_valid = 1'b0;
    seg_o.mss = '0;
    seg_o.ws_valid = 1'b0;
    seg_o.ws = '0;
    seg_o.sack_ok = 1'b0;
    seg_o.ts_valid = 1'b0;
    seg_o.ts_val = 32'd0;
    seg_o.ts_ecr = 32'd0;
    seg_o.sack_count = 3'd0;
    seg_o.sack = 256'd0;
  end

  // ---- the beats, delayed to their verdict ------------------------------------------------------
  (* ram_style = "distributed" *) logic [511:0] delay_mem [0:7];
  logic [2:0] delay_wptr_q, delay_rptr_q;
  logic [511:0] s6_data_q;
  logic s6_valid_q, s6_last_q, s6_tcp_q, s6_icmp_q, keep5;

  assign keep5 = v_q[5] && (tcp_q[5] || icmp_q[5]);

  always_ff @(posedge clk_i) begin
    if (s0_valid_q) delay_mem[delay_wptr_q] <= s0_data_q;
  end

  always_ff @(posedge clk_i) begin
    if (keep5) s6_data_q <= delay_mem[delay_rptr_q];
    if (v_q[5]) begin
      s6_last_q <= last_q[5];
      s6_tcp_q <= tcp_q[5];
      s6_icmp_q <= icmp_q[5];
    end
    if (!rst_ni) begin
      delay_wptr_q <= '0;
      delay_rptr_q <= '0;
      s6_valid_q <= 1'b0;
    end else begin
      s6_valid_q <= v_q[5];
      if (s0_valid_q) delay_wptr_q <= delay_wptr_q + 3'd1;
      if (v_q[5]) delay_rptr_q <= delay_rptr_q + 3'd1;
    end
  end

  assign beat_data_o = s6_data_q;
  assign beat_last_o = s6_last_q;
  assign beat_valid_o = s6_valid_q;
  assign beat_tcp_o = s6_tcp_q;
  assign beat_icmp_o = s6_icmp_q;
  assign busy_o = s0_valid_q || s1_valid_q || (v_q != '0) || s6_valid_q ||
                  (!next_first_q && taking_q);

endmodule
