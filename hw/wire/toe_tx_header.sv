// SPDX-License-Identifier: Apache-2.0
// Builds Ethernet, 802.1Q, IPv4 or IPv6, and TCP headers with their checksums: three clocks, one
// frame per clock. IPv4: no options, identification 0, DF. IPv6: flow label by a hash of addresses
// and ports (RFC 6437), no extension headers. Inside, the first octet of the wire is highest.
//
// A TCP checksum covers addresses, ports and so on in 16-bit words whatever their place in the
// header: h1 sums groups of four words, h2 sums of groups, h3 all, and the folded sum goes into
// the header on the way out. An IPv4-mapped address has the sum of the IPv4 address.

module toe_tx_header (
  input  logic         clk_i,
  input  logic         rst_ni,
  /* verilator lint_off UNUSEDSIGNAL */
  input  toe_pkg::config_t cfg_i,
  input  logic [127:0] own_link_i,     // of toe_own_addresses
  input  logic [18:0]  sum_ipv4_i,
  input  logic [18:0]  sum_ipv6_i,
  input  logic [18:0]  sum_link_i,
  input  toe_pkg::tx_segment_t seg_i,  // the ring is the reader's business
  /* verilator lint_on UNUSEDSIGNAL */
  input  logic [3:0]   offset_i,       // the TCP header's words (data offset)
  input  logic [47:0]  peer_mac_i,
  input  logic [31:0]  payload_sum_i,  // little-endian words; 0 if there is none
  input  logic         valid_i,
  output logic [943:0] header_o,       // first byte in bits 7:0; zero behind its end
  output logic [5:0]   end_o,          // bytes of the frame modulo 64
  output logic         long_o,         // the header reaches beyond the first beat
  output logic         body_late_o,    // the payload begins in the second beat
  output logic         no_payload_o,
  output logic         valid_o,
  output logic         busy_o
);

  function automatic logic [17:0] four(input logic [63:0] x);
    four = (18'(x[15:0]) + 18'(x[31:16])) + (18'(x[47:32]) + 18'(x[63:48]));
  endfunction

  // ---- h1 ---------------------------------------------------------------------------------------
  logic [159:0] fixed;
  logic [287:0] blocks;
  logic [2:0] fixed_words;
  logic [17:0] options_sum;

  toe_tx_options u_options (
    .order_i(cfg_i.option_order), .valid_i, .seg_i, .fixed_o(fixed), .fixed_words_o(fixed_words),
    .blocks_o(blocks), .sum_o(options_sum)
  );

  // What stays as it is on its way: peer's MAC, kind, remote address, ports to window, ECN.
  localparam int unsigned PassW = 48 + 2 + 128 + 128 + 2;
  logic [PassW-1:0] pass, h1_pass_q, h2_pass_q, h3_pass_q;
  logic [159:0] h1_fixed_q;
  logic [287:0] h1_blocks_q;
  logic [2:0] h1_fixed_words_q;
  logic [17:0] h1_remote_hi_q, h1_remote_lo_q, h1_ports_q, h1_ack_q, h1_time_q, h1_options_q;
  logic [17:0] h1_len_q, h1_block0_q, h1_block1_q, h1_block2_q, h1_block3_q;
  logic [18:0] h1_own_q;
  logic [16:0] h1_iplen_q;
  logic [16:0] h1_ttl_q, h2_ttl_q;
  logic [15:0] h1_tcp_len_q, h2_tcp_len_q, h3_tcp_len_q;
  logic [3:0] h1_offset_q;
  logic [19:0] h1_label_q, h2_label_q, h3_label_q, label_mix;
  logic h1_empty_q, h2_empty_q, h3_empty_q, h1_six_q;
  logic [3:1] v_q;
  logic [15:0] flags_word;
  logic [159:0] flow;

  assign flags_word = {offset_i, 4'd0, seg_i.flags};
  assign pass = {peer_mac_i, seg_i.tuple.local_kind, seg_i.tuple.remote_ip,
                 seg_i.tuple.local_port, seg_i.tuple.remote_port, seg_i.seq, seg_i.ack,
                 flags_word, seg_i.wnd, seg_i.ecn};
  assign flow = {seg_i.tuple.remote_ip, seg_i.tuple.remote_port, seg_i.tuple.local_port};

  always_ff @(posedge clk_i) begin
    if (valid_i) begin
      h1_pass_q <= pass;
      h1_six_q <= seg_i.tuple.local_kind != toe_pkg::LocalIpv4;
      h1_fixed_q <= fixed;
      h1_fixed_words_q <= fixed_words;
      h1_blocks_q <= blocks;
      h1_tcp_len_q <= seg_i.len + {10'd0, offset_i, 2'b00};
      h1_offset_q <= offset_i;
      h1_empty_q <= seg_i.len == '0;
      h1_label_q <= ((flow[19:0] ^ flow[39:20]) ^ (flow[59:40] ^ flow[79:60])) ^
                    ((flow[99:80] ^ flow[119:100]) ^ (flow[139:120] ^ flow[159:140]));
      case (seg_i.tuple.local_kind)
        toe_pkg::LocalIpv4: h1_own_q <= sum_ipv4_i;
        toe_pkg::LocalIpv6: h1_own_q <= sum_ipv6_i;
        default: h1_own_q <= sum_link_i;
      endcase
      h1_remote_hi_q <= four(seg_i.tuple.remote_ip[127:64]);
      h1_remote_lo_q <= four(seg_i.tuple.remote_ip[63:0]);
      h1_ports_q <= four({seg_i.tuple.local_port, seg_i.tuple.remote_port, seg_i.seq});
      h1_ack_q <= four({seg_i.ack, seg_i.wnd, flags_word});
      h1_time_q <= seg_i.ts_valid ? four({seg_i.ts_val, seg_i.ts_ecr}) : 18'd0;
      h1_options_q <= options_sum;
      h1_block0_q <= four(blocks[255:192]);
      h1_block1_q <= four(blocks[191:128]);
      h1_block2_q <= four(blocks[127:64]);
      h1_block3_q <= four(blocks[63:0]);
      // Length and protocol of the pseudo header; the sum of the payload comes byte-swapped.
      h1_len_q <= four({seg_i.len, 10'd0, offset_i, 2'b00,
                        payload_sum_i[7:0], payload_sum_i[15:8],
                        payload_sum_i[23:16], payload_sum_i[31:24]});
      h1_iplen_q <= 17'(seg_i.len) + 17'({offset_i, 2'b00});
      // Version, length of the header, ECN; DF; TTL, TCP; 20 bytes of header.
      h1_ttl_q <= 17'h0851a + {15'd0, seg_i.ecn} + {1'b0, cfg_i.time_to_live, 8'd0};
    end
    if (!rst_ni) v_q <= '0;
    else v_q <= {v_q[2:1], valid_i};
  end

  // ---- h2: options in their place, sums of groups -----------------------------------------------
  logic [319:0] h2_moved, h2_options_q, h3_options_q;
  logic [20:0] h2_sum0_q, h2_sum1_q, h2_sum2_q;
  logic [19:0] h2_ip_q;
  logic [6:0] h2_bytes_d, h2_bytes_q;  // of the whole header: 54 to 118
  logic [5:0] h2_end_q;

  always_comb begin
    case (h1_fixed_words_q)
      3'd0: h2_moved = {h1_blocks_q, 32'd0};
      3'd1: h2_moved = {32'd0, h1_blocks_q};
      3'd2: h2_moved = {64'd0, h1_blocks_q[287:32]};
      3'd3: h2_moved = {96'd0, h1_blocks_q[287:64]};
      3'd4: h2_moved = {128'd0, h1_blocks_q[287:96]};
      default: h2_moved = {160'd0, h1_blocks_q[287:128]};
    endcase
  end
  assign h2_bytes_d = (h1_six_q ? 7'd54 : 7'd34) + {4'd0, cfg_i.vlan_on, 2'b00} +
                      {1'b0, h1_offset_q, 2'b00};
  assign label_mix = h1_label_q + {h1_label_q[10:0], 9'd0};

  always_ff @(posedge clk_i) begin
    if (v_q[1]) begin
      h2_pass_q <= h1_pass_q;
      h2_options_q <= h2_moved | {h1_fixed_q, 160'd0};
      h2_tcp_len_q <= h1_tcp_len_q;
      h2_empty_q <= h1_empty_q;
      h2_ttl_q <= h1_ttl_q;
      h2_bytes_q <= h2_bytes_d;
      h2_end_q <= h1_tcp_len_q[5:0] + (h1_six_q ? 6'd54 : 6'd34) + {3'd0, cfg_i.vlan_on, 2'b00};
      h2_label_q <= label_mix;
      h2_sum0_q <= (21'(h1_remote_hi_q) + 21'(h1_remote_lo_q)) +
                   (21'(h1_ports_q) + 21'(h1_ack_q));
      h2_sum1_q <= (21'(h1_block0_q) + 21'(h1_block1_q)) +
                   (21'(h1_block2_q) + 21'(h1_block3_q));
      h2_sum2_q <= (21'(h1_time_q) + 21'(h1_options_q)) + (21'(h1_len_q) + 21'(h1_own_q));
      h2_ip_q <= (20'(h1_remote_hi_q) + 20'(h1_remote_lo_q)) + (20'(h1_iplen_q) + 20'(h1_own_q));
    end
  end

  // ---- h3: whole sums ---------------------------------------------------------------------------
  logic [22:0] h3_tcp_q;
  logic [20:0] h3_ip_q;
  logic [5:0] h3_end_q;
  logic h3_long_q, h3_late_q;

  always_ff @(posedge clk_i) begin
    if (v_q[2]) begin
      h3_pass_q <= h2_pass_q;
      h3_options_q <= h2_options_q;
      h3_tcp_len_q <= h2_tcp_len_q;
      h3_empty_q <= h2_empty_q;
      h3_end_q <= h2_end_q;
      h3_long_q <= h2_bytes_q > 7'd64;
      h3_late_q <= h2_bytes_q[6];
      h3_label_q <= (h2_label_q == '0) ? 20'd1 : h2_label_q;  // 0 would say: no label
      h3_tcp_q <= (23'(h2_sum0_q) + 23'(h2_sum1_q)) + (23'(h2_sum2_q) + 23'd6);
      h3_ip_q <= 21'(h2_ip_q) + 21'(h2_ttl_q);
    end
  end

  // ---- out: sums folded, everything in its place ------------------------------------------------
  logic [16:0] tcp_fold, ip_fold;
  logic [15:0] tcp_sum, ip_sum, ip_total;
  logic [47:0] to_mac;
  logic [1:0] kind, ecn;
  logic [127:0] to, fields;  // fields: ports to window
  logic [479:0] tcp;
  logic [159:0] v4;
  logic [319:0] v6;
  logic [95:0] macs;
  logic [943:0] frame;

  assign tcp_fold = 17'(h3_tcp_q[15:0]) + 17'(h3_tcp_q[22:16]);
  assign tcp_sum = ~(tcp_fold[15:0] + 16'(tcp_fold[16]));
  assign ip_fold = 17'(h3_ip_q[15:0]) + 17'(h3_ip_q[20:16]);
  assign ip_sum = ~(ip_fold[15:0] + 16'(ip_fold[16]));
  assign ip_total = h3_tcp_len_q + 16'd20;

  assign {to_mac, kind, to, fields, ecn} = h3_pass_q;
  assign tcp = {fields, tcp_sum, 16'd0, h3_options_q};
  assign v4 = {14'h1140, ecn, ip_total, 32'h0000_4000, cfg_i.time_to_live, 8'd6, ip_sum,
               cfg_i.ipv4, to[31:0]};
  assign v6 = {10'b0110_0000_00, ecn, h3_label_q, h3_tcp_len_q, 8'd6, cfg_i.time_to_live,
               (kind == toe_pkg::LocalIpv6) ? cfg_i.ipv6 : own_link_i, to};
  assign macs = {to_mac, cfg_i.mac};

  // Without a header to give, a simulation need not work.
  always_comb begin
    frame = 'x;
    header_o = 'x;
    if (v_q[3]) begin
      if (kind == toe_pkg::LocalIpv4) begin
        frame = cfg_i.vlan_on ? {macs, 16'h8100, cfg_i.vlan_tci, 16'h0800, v4, tcp, 160'd0} :
                                {macs, 16'h0800, v4, tcp, 192'd0};
      end else begin
        frame = cfg_i.vlan_on ? {macs, 16'h8100, cfg_i.vlan_tci, 16'h86dd, v6, tcp} :
                                {macs, 16'h86dd, v6, tcp, 32'd0};
      end
      for (int i = 0; i < 59; i++) header_o[8*i +: 8] = frame[8*(117-i) +: 8];
      for (int i = 59; i < 118; i++) header_o[8*i +: 8] = frame[8*(117-i) +: 8];
    end
  end

  assign end_o = h3_end_q;
  assign long_o = h3_long_q;
  assign body_late_o = h3_late_q;
  assign no_payload_o = h3_empty_q;
  assign valid_o = v_q[3];
  assign busy_o = v_q != '0;

`ifndef YOSYS
`ifndef SYNTHESIS
  always_ff @(posedge clk_i) begin
    if (rst_ni && valid_i) begin
      assert ((seg_i.tuple.local_kind == toe_pkg::LocalIpv4) ==
              (seg_i.tuple.remote_ip[127:32] == toe_pkg::Ipv4Mapped));
    end
  end
`endif
`endif

endmodule
