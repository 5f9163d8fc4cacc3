// SPDX-License-Identifier: Apache-2.0
// Judges ICMP messages whose addresses and lengths were found right; the checksum is not seen here.
// Echo requests (RFC 792, RFC 4443 4.1), neighbour discovery (RFC 4861 7.1) with at most 32 bytes
// of options, and errors about TCP segments of ours (RFC 792; RFC 4443 3), whose quote is as this
// card sends: without IPv4 options or extension headers. Source quench is nothing (RFC 6633).
//
// The next hop's MTU is what the router says. One that says 0 is older than RFC 1191: then it is
// the largest plateau (RFC 1191 7.1) below the quoted segment's length. An MTU below 1280 in IPv6
// makes the message void (RFC 8201 4).

module toe_rx_icmp (
  input  logic         clk_i,
  input  logic [47:0]  mac_i,
  input  logic [31:0]  ipv4_i,
  input  logic [127:0] ipv6_i,

  input  logic         r6_valid_i,
  /* verilator lint_off UNUSEDSIGNAL */
  input  logic [447:0] r6_message_i,   // first 56 bytes
  /* verilator lint_on UNUSEDSIGNAL */
  input  logic [16:0]  r6_len_i,       // bytes of the message
  input  logic         r6_is6_i,
  input  logic         r6_plain_i,     // no IPv4 options or extension headers before it
  input  logic         r6_hop_max_i,   // hop limit 255: from the link
  input  logic         r6_multicast_i, // destination
  input  logic         r6_solicited_i, // destination is a solicited-node address
  input  logic         r6_nobody_i,    // source unspecified

  /* verilator lint_off UNUSEDSIGNAL */
  input  logic [447:0] r7_message_i,   // the same, a clock later
  /* verilator lint_on UNUSEDSIGNAL */
  output logic         r7_echo_o,
  output logic         r7_nd_o,
  output logic         r7_error_o,
  output logic         r7_hard_o,         // RFC 9293 3.9.2.2, but for the MTU
  output logic [15:0]  r7_mtu_o,          // 0: the error is not about it
  output logic [1:0]   r7_kind_o,         // whose the quoted source or the target is; IPv4 or
                                          //   nobody's: 0
  output logic [127:0] r7_remote_ip_o,    // destination of the quoted segment
  output logic [31:0]  r7_ports_o,        // its {destination, source} port
  output logic [31:0]  r7_seq_o,
  output logic         r7_lladdr_valid_o,
  output logic [47:0]  r7_lladdr_o
);

  localparam int unsigned EchoMax4 = 1480;  // in 1500 bytes of datagram
  localparam int unsigned EchoMax6 = 1460;

  logic [127:0] link, address;
  assign link = {64'hfe80_0000_0000_0000, mac_i[47:40] ^ 8'h02, mac_i[39:24], 16'hfffe,
                 mac_i[23:0]};

  function automatic logic [15:0] swap16(input logic [15:0] w);
    swap16 = {w[7:0], w[15:8]};
  endfunction
  function automatic logic [31:0] swap32(input logic [31:0] w);
    swap32 = {w[7:0], w[15:8], w[23:16], w[31:24]};
  endfunction

  // ---- r6: what kind of message, what is in it --------------------------------------------------
  logic [7:0] kind, code;
  logic solicit, advert, unreachable4, error4, error6, too_big4, too_big6, quote4, quote6;
  logic nd_len, nd_source, enough4, enough6, small_mtu;
  logic [15:0] quoted_len, mtu4, mtu6_low, mtu6_high;
  logic [2:0] nd_units;

  assign kind = r6_message_i[7:0];
  assign code = r6_message_i[15:8];
  assign enough4 = !r6_len_i[16] && (r6_len_i[15:0] >= 16'd36);
  assign enough6 = !r6_len_i[16] && (r6_len_i[15:0] >= 16'd56);
  assign unreachable4 = (kind == 8'd3) && (code[7:4] == '0);
  assign error4 = unreachable4 || (kind == 8'd11) || (kind == 8'd12);
  assign error6 = (kind == 8'd1) || (kind == 8'd2) || (kind == 8'd3) || (kind == 8'd4);
  assign too_big4 = (kind == 8'd3) && (code == 8'd4);
  assign too_big6 = kind == 8'd2;
  assign mtu4 = swap16(r6_message_i[8*6 +: 16]);
  assign mtu6_high = swap16(r6_message_i[8*4 +: 16]);
  assign mtu6_low = swap16(r6_message_i[8*6 +: 16]);
  assign small_mtu = (mtu6_high == '0) && (mtu6_low < 16'd1280);
  assign quoted_len = swap16(r6_message_i[8*10 +: 16]);
  // Version 4, header of 20 bytes, no fragment but the first, TCP, room for a TCP header.
  assign quote4 = (r6_message_i[8*8 +: 8] == 8'h45) && (r6_message_i[8*17 +: 8] == 8'd6) &&
                  (r6_message_i[8*14 +: 5] == '0) && (r6_message_i[8*15 +: 8] == '0) &&
                  (quoted_len >= 16'd40) && (swap32(r6_message_i[8*20 +: 32]) == ipv4_i);
  assign quote6 = (r6_message_i[8*8+4 +: 4] == 4'd6) && (r6_message_i[8*14 +: 8] == 8'd6) &&
                  (swap16(r6_message_i[8*12 +: 16]) >= 16'd20);

  assign solicit = (kind == 8'd135) && (code == '0);
  assign advert = (kind == 8'd136) && (code == '0);
  assign nd_len = (r6_len_i[16:6] == '0) && (r6_len_i[2:0] == '0) && (r6_len_i[5:3] >= 3'd3);
  assign nd_units = r6_len_i[5:3] - 3'd3;
  // From nobody: to the solicited-node address (RFC 4861 7.1.1). An advertisement is from somebody,
  // and not an answer if it is for all (7.1.2).
  assign nd_source = (solicit && (!r6_nobody_i || r6_solicited_i)) ||
                     (advert && !r6_nobody_i && !(r6_multicast_i && r6_message_i[8*4+6]));

  // The address that must be ours: a target, or the source of a quote.
  for (genvar i = 0; i < 16; i++) begin : g_address
    assign address[8*(15-i) +: 8] = kind[7] ? r6_message_i[8*(8+i) +: 8] :
                                              r6_message_i[8*(16+i) +: 8];
  end

  // Options have 8, 16 .. bytes: at which of four places does one begin, and do they end in time?
  logic [3:0] one, match;
  logic [2:0] two;
  logic [1:0] three;
  logic four, reach2, reach3, reach4;
  logic [4:0] reach;
  for (genvar k = 0; k < 4; k++) begin : g_option
    assign one[k] = r6_message_i[8*(25+8*k) +: 8] == 8'd1;
    assign match[k] = one[k] && reach[k] && (nd_units > 3'(k)) &&
                      (r6_message_i[8*(24+8*k) +: 8] == (solicit ? 8'd1 : 8'd2));
    if (k < 3) assign two[k] = r6_message_i[8*(25+8*k) +: 8] == 8'd2;
    if (k < 2) assign three[k] = r6_message_i[8*(25+8*k) +: 8] == 8'd3;
  end
  assign four = r6_message_i[8*25 +: 8] == 8'd4;
  assign reach2 = (one[0] && one[1]) || two[0];
  assign reach3 = (reach2 && one[2]) || (one[0] && two[1]) || three[0];
  assign reach4 = (reach3 && one[3]) || (reach2 && two[2]) || (one[0] && three[1]) || four;
  assign reach = {reach4, reach3, reach2, one[0], 1'b1};

  // ---- r7 ---------------------------------------------------------------------------------------
  localparam int unsigned Plateaus = 10;
  localparam logic [16*Plateaus-1:0] Plateau = {16'd68, 16'd296, 16'd508, 16'd1006, 16'd1492,
                                                16'd2002, 16'd4352, 16'd8166, 16'd17914, 16'd32000};
  logic [Plateaus-1:0] below_q;
  logic [7:0] ours_q, link_q;
  logic [3:0] match_q;
  logic [15:0] mtu_q;
  logic echo_q, nd_q, error4_q, error6_q, hard_q, too_big_q, has6_q, is6_q, nobody_q, target_bad_q;
  logic nd_end_q;

  always_ff @(posedge clk_i) begin
    has6_q <= ipv6_i != '0;
    if (r6_valid_i) begin
      is6_q <= r6_is6_i;
      nobody_q <= r6_nobody_i;
      echo_q <= r6_plain_i && (code == '0) && !r6_len_i[16] && (r6_len_i[15:3] != '0) &&
                (r6_is6_i ? (kind == 8'd128) && !r6_multicast_i && !r6_nobody_i &&
                            (r6_len_i[15:0] <= 16'(EchoMax6)) :
                            (kind == 8'd8) && (r6_len_i[15:0] <= 16'(EchoMax4)));
      error4_q <= !r6_is6_i && error4 && quote4 && enough4;
      error6_q <= r6_is6_i && r6_plain_i && error6 && quote6 && enough6 && !r6_multicast_i &&
                  !r6_nobody_i && !(too_big6 && small_mtu);
      hard_q <= r6_is6_i ? (kind == 8'd1) && ((code == 8'd1) || (code == 8'd4)) :
                           (kind == 8'd3) && ((code == 8'd2) || (code == 8'd3));
      too_big_q <= r6_is6_i ? too_big6 : too_big4;
      if (!r6_is6_i) mtu_q <= mtu4;
      else mtu_q <= (mtu6_high != '0) ? 16'hffff : mtu6_low;
      for (int i = 0; i < Plateaus; i++) below_q[i] <= Plateau[16*i +: 16] < quoted_len;

      nd_q <= r6_is6_i && r6_plain_i && r6_hop_max_i && nd_len && nd_source;
      nd_end_q <= reach[nd_units];
      target_bad_q <= r6_message_i[8*8 +: 8] == 8'hff;
      match_q <= match;
      for (int i = 0; i < 8; i++) begin
        ours_q[i] <= address[16*i +: 16] == ipv6_i[16*i +: 16];
        link_q[i] <= address[16*i +: 16] == link[16*i +: 16];
      end
    end
  end

  logic ours, our_link;
  logic [15:0] plateau;
  assign ours = has6_q && (ours_q == '1);
  assign our_link = link_q == '1;

  always_comb begin
    plateau = 16'd68;
    for (int i = Plateaus - 1; i >= 0; i--) begin
      if (below_q[i]) plateau = Plateau[16*i +: 16];
    end
  end

  assign r7_echo_o = echo_q;
  // From nobody there is no source link-layer address.
  assign r7_nd_o = nd_q && nd_end_q && !target_bad_q && !(nobody_q && (match_q != '0));
  assign r7_error_o = error4_q || (error6_q && (ours || our_link));
  assign r7_hard_o = hard_q;
  assign r7_kind_o = !is6_q ? toe_pkg::LocalIpv4 :
                     (ours ? toe_pkg::LocalIpv6 : (our_link ? toe_pkg::LocalIpv6Link : 2'd0));
  always_comb begin
    if (!too_big_q) r7_mtu_o = 16'd0;
    else if (mtu_q == '0) r7_mtu_o = plateau;
    else r7_mtu_o = mtu_q;
  end

  for (genvar i = 0; i < 16; i++) begin : g_remote
    if (i < 12) begin : g_high
      assign r7_remote_ip_o[8*(15-i) +: 8] = is6_q ? r7_message_i[8*(32+i) +: 8] :
                                             (i < 10 ? 8'h00 : 8'hff);
    end else begin : g_low
      assign r7_remote_ip_o[8*(15-i) +: 8] = is6_q ? r7_message_i[8*(32+i) +: 8] :
                                                     r7_message_i[8*(12+i) +: 8];
    end
  end
  assign r7_ports_o = is6_q ? {swap16(r7_message_i[8*50 +: 16]), swap16(r7_message_i[8*48 +: 16])} :
                              {swap16(r7_message_i[8*30 +: 16]), swap16(r7_message_i[8*28 +: 16])};
  assign r7_seq_o = swap32(is6_q ? r7_message_i[8*52 +: 32] : r7_message_i[8*32 +: 32]);

  logic [47:0] lladdr;
  always_comb begin
    lladdr = '0;
    for (int k = 3; k >= 0; k--) begin
      if (match_q[k]) lladdr = r7_message_i[8*(26+8*k) +: 48];
    end
  end
  assign r7_lladdr_valid_o = match_q != '0;
  for (genvar i = 0; i < 6; i++) begin : g_lladdr
    assign r7_lladdr_o[8*(5-i) +: 8] = lladdr[8*i +: 8];
  end

endmodule
