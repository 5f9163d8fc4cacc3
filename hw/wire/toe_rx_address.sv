// SPDX-License-Identifier: Apache-2.0
// Judges the Ethernet destination and the IP addresses of received frames, whole frames at one per
// clock. Long addresses are compared in pieces of 16 bits first, and the pieces a clock later.
//
// Ours are: the MAC address; the IPv4 address; the IPv6 address ipv6_i unless 0, the link-local one
// made from the MAC address (RFC 4291 2.5.1, appendix A), the solicited-node addresses of both and
// the all-nodes address (RFC 4291 2.7.1, 2.8).

module toe_rx_address (
  input  logic         clk_i,
  input  logic [47:0]  mac_i,
  input  logic [31:0]  ipv4_i,
  input  logic [127:0] ipv6_i,
  input  logic         r1_valid_i,
  /* verilator lint_off UNUSEDSIGNAL */
  input  logic [431:0] r1_head_i,      // first 54 bytes of the frame
  /* verilator lint_on UNUSEDSIGNAL */
  input  logic         r2_valid_i,

  output logic         r3_unicast_o,   // to our MAC address
  output logic         r3_broadcast_o,
  output logic         r3_group_o,     // to the MAC address of an IPv6 group of ours
  output logic         r3_bad4_o,      // not for us, or from nobody there can be
  output logic         r3_bad6_o,
  output logic         r3_multicast_o, // IPv6 destination; else unicast
  output logic         r3_solicited_o, // solicited-node
  output logic         r3_link_o,      // our link-local address
  output logic         r3_nobody_o     // unspecified IPv6 source
);

  logic [127:0] link, src, dst;
  logic [47:0] to;
  logic [31:0] src4, dst4;
  logic has6_q;

  assign link = {64'hfe80_0000_0000_0000, mac_i[47:40] ^ 8'h02, mac_i[39:24], 16'hfffe,
                 mac_i[23:0]};
  for (genvar i = 0; i < 16; i++) begin : g_ip
    assign src[8*(15-i) +: 8] = r1_head_i[8*(22+i) +: 8];
    assign dst[8*(15-i) +: 8] = r1_head_i[8*(38+i) +: 8];
  end
  for (genvar i = 0; i < 6; i++) begin : g_mac
    assign to[8*(5-i) +: 8] = r1_head_i[8*i +: 8];
  end
  for (genvar i = 0; i < 4; i++) begin : g_ip4
    assign src4[8*(3-i) +: 8] = r1_head_i[8*(26+i) +: 8];
    assign dst4[8*(3-i) +: 8] = r1_head_i[8*(30+i) +: 8];
  end

  // ---- r2: pieces -------------------------------------------------------------------------------
  logic [7:0] src_zero_q, src_ours_q, src_link_q, dst_ours_q, dst_link_q;
  logic [6:0] dst_sol_q;
  logic src_one_q, src_ffff_q, src_ff_q, sol_ours_q, sol_link_q, dst_one_q;
  logic us_q, broadcast_q, group_sol_q, group_all_q, group_ours_q, group_link_q;
  logic src4_bad_q, dst4_bad_q;

  always_ff @(posedge clk_i) begin
    has6_q <= ipv6_i != '0;
    if (r1_valid_i) begin
      for (int i = 0; i < 8; i++) begin
        src_zero_q[i] <= src[16*i +: 16] == '0;
        src_ours_q[i] <= src[16*i +: 16] == ipv6_i[16*i +: 16];
        src_link_q[i] <= src[16*i +: 16] == link[16*i +: 16];
        dst_ours_q[i] <= dst[16*i +: 16] == ipv6_i[16*i +: 16];
        dst_link_q[i] <= dst[16*i +: 16] == link[16*i +: 16];
      end
      src_one_q <= src[15:0] == 16'd1;
      src_ffff_q <= src[47:32] == 16'hffff;
      src_ff_q <= src[127:120] == 8'hff;
      // ff02::1 and ff02::1:ff00:0/104
      dst_sol_q <= {dst[127:112] == 16'hff02, dst[111:96] == '0, dst[95:80] == '0,
                    dst[79:64] == '0, dst[63:48] == '0, dst[47:32] == 16'd1,
                    dst[31:24] == 8'hff};
      dst_one_q <= (dst[47:16] == '0) && (dst[15:0] == 16'd1);
      sol_ours_q <= dst[23:0] == ipv6_i[23:0];
      sol_link_q <= dst[23:0] == mac_i[23:0];
      us_q <= to == mac_i;
      broadcast_q <= to == '1;
      group_sol_q <= to[47:24] == 24'h3333ff;
      group_all_q <= to == 48'h3333_0000_0001;
      group_ours_q <= to[23:0] == ipv6_i[23:0];
      group_link_q <= to[23:0] == mac_i[23:0];
      // Nobody's address, loopback, multicast and above, or ours.
      src4_bad_q <= (src4[31:24] == 8'd0) || (src4[31:24] == 8'd127) || (src4[31:29] == 3'b111) ||
                    (src4 == ipv4_i);
      dst4_bad_q <= dst4 != ipv4_i;
    end
  end

  // ---- r3 ---------------------------------------------------------------------------------------
  logic nobody, solicited, all_nodes, ours, our_link, group, src_bad;

  assign nobody = src_zero_q == '1;
  assign solicited = (dst_sol_q == '1) && ((has6_q && sol_ours_q) || sol_link_q);
  assign all_nodes = (dst_sol_q[6:2] == '1) && dst_one_q;
  assign ours = has6_q && (dst_ours_q == '1);
  assign our_link = dst_link_q == '1;
  assign group = group_all_q || (group_sol_q && ((has6_q && group_ours_q) || group_link_q));
  // Multicast, loopback, IPv4-mapped, which must not be on a wire (RFC 4291 2.5.3, 2.7; RFC 4942
  // 2.2), or ours.
  assign src_bad = src_ff_q || ((src_zero_q[7:1] == '1) && src_one_q) ||
                   ((src_zero_q[7:3] == '1) && src_ffff_q) || (has6_q && (src_ours_q == '1)) ||
                   (src_link_q == '1);

  always_ff @(posedge clk_i) begin
    if (r2_valid_i) begin
      r3_unicast_o <= us_q;
      r3_broadcast_o <= broadcast_q;
      r3_group_o <= group;
      r3_bad4_o <= src4_bad_q || dst4_bad_q;
      // What came to a group's MAC address is for a group.
      r3_bad6_o <= src_bad || !(solicited || all_nodes || ((ours || our_link) && us_q));
      r3_multicast_o <= solicited || all_nodes;
      r3_solicited_o <= solicited;
      r3_link_o <= our_link;
      r3_nobody_o <= nobody;
    end
  end

endmodule
