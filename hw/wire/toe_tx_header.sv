// SPDX-License-Identifier: Apache-2.0
// Builds Ethernet, IPv4 and TCP headers with their checksums: three clocks, one frame per clock.
// IPv4: no options, identification 0, DF, TTL 64. Sums are of byte-swapped words, so the result has
// the order of the wire.

module toe_tx_header (
  input  logic         clk_i,
  input  logic         rst_ni,
  input  logic [47:0]  mac_i,          // ours
  input  logic [31:0]  ipv4_i,
  input  toe_pkg::tx_segment_t seg_i,
  input  logic [47:0]  peer_mac_i,
  input  logic [31:0]  payload_sum_i,  // 0 if there is none
  input  logic         valid_i,
  output logic [495:0] header_o,       // zero behind its end
  output logic [5:0]   end_o,          // bytes of the frame modulo 64
  output logic         no_payload_o,
  output logic         valid_o,
  output logic         busy_o
);

  function automatic logic [15:0] swap(input logic [15:0] x);
    swap = {x[7:0], x[15:8]};
  endfunction
  function automatic logic [31:0] swap4(input logic [31:0] x);
    swap4 = {x[7:0], x[15:8], x[23:16], x[31:24]};
  endfunction
  function automatic logic [47:0] swap6(input logic [47:0] x);
    swap6 = {x[7:0], x[15:8], x[23:16], x[31:24], x[39:32], x[47:40]};
  endfunction

  logic [5:0] tcp_bytes;      // TCP header
  logic [63:0] options;
  logic [31:0] mss_option, ws_option;

  assign mss_option = {swap(seg_i.mss), 16'h0402};
  assign ws_option = {4'd0, seg_i.ws, 24'h030301};
  assign tcp_bytes = 6'd20 + {3'd0, seg_i.mss_valid, 2'd0} + {3'd0, seg_i.ws_valid, 2'd0};
  always_comb begin
    if (seg_i.mss_valid) options = {seg_i.ws_valid ? ws_option : 32'd0, mss_option};
    else options = {32'd0, seg_i.ws_valid ? ws_option : 32'd0};
  end

  // ---- h1: sums of four words; the header but for lengths and checksums -------------------------
  logic [18:0] h1_addr_q, h1_ports_q, h1_ack_q, h1_opt_q, h1_len_q, h1_ip_q;
  logic [495:0] h1_header_q, h2_header_q, h3_header_q, fields;
  logic [15:0] h1_total_q;
  logic [5:0] h2_total_q;
  logic h1_empty_q, h2_empty_q, h3_empty_q;
  logic [3:1] v_q;
  logic [15:0] flags_word;

  assign flags_word = {tcp_bytes[5:2], 4'd0, seg_i.flags};
  assign fields = {
      options,
      16'd0, 16'd0, swap(seg_i.wnd), swap(flags_word),
      swap4(seg_i.ack), swap4(seg_i.seq),
      swap(seg_i.tuple.remote_port), swap(seg_i.tuple.local_port),
      swap4(seg_i.tuple.remote_ip[31:0]), swap4(ipv4_i),
      16'd0, 8'd6, 8'd64, 16'h0040, 16'd0, 16'd0, 16'h0045,
      16'h0008, swap6(mac_i), swap6(peer_mac_i)};

  always_ff @(posedge clk_i) begin
    if (valid_i) begin
      h1_header_q <= fields;
      h1_total_q <= seg_i.len + 16'(tcp_bytes) + 16'd20;
      h1_empty_q <= seg_i.len == '0;
      h1_addr_q <= (19'(swap(ipv4_i[31:16])) +
                    19'(swap(ipv4_i[15:0]))) +
                   (19'(swap(seg_i.tuple.remote_ip[31:16])) +
                    19'(swap(seg_i.tuple.remote_ip[15:0])));
      h1_ports_q <= (19'(swap(seg_i.tuple.local_port)) + 19'(swap(seg_i.tuple.remote_port))) +
                    (19'(swap(seg_i.seq[31:16])) + 19'(swap(seg_i.seq[15:0])));
      h1_ack_q <= (19'(swap(seg_i.ack[31:16])) + 19'(swap(seg_i.ack[15:0]))) +
                  (19'(swap(seg_i.wnd)) + 19'(swap(flags_word)));
      h1_opt_q <= (19'(options[15:0]) + 19'(options[31:16])) +
                  (19'(options[47:32]) + 19'(options[63:48]));
      // The length of the segment is that of payload and header: swapping is linear in ones'
      // complement.
      h1_len_q <= (19'(swap(seg_i.len)) + 19'({tcp_bytes, 8'd0})) +
                  (19'(payload_sum_i[15:0]) + 19'(payload_sum_i[31:16]));
      h1_ip_q <= 19'(swap(seg_i.len)) + 19'({tcp_bytes, 8'd0});
    end
    if (!rst_ni) v_q <= '0;
    else v_q <= {v_q[2:1], valid_i};
  end

  // ---- h2: one sum each -------------------------------------------------------------------------
  logic [20:0] h2_tcp_q;
  logic [19:0] h2_ip_q;

  always_ff @(posedge clk_i) begin
    if (v_q[1]) begin
      h2_header_q <= h1_header_q;
      h2_header_q[8*16 +: 16] <= swap(h1_total_q);
      h2_total_q <= h1_total_q[5:0];
      h2_empty_q <= h1_empty_q;
      h2_tcp_q <= ((21'(h1_addr_q) + 21'(h1_ports_q)) + (21'(h1_ack_q) + 21'(h1_opt_q))) +
                  (21'(h1_len_q) + 21'h00600);
      // C506 is 4500 + 4000 + 4006, and 20 bytes of IPv4 header.
      h2_ip_q <= (20'(h1_addr_q) + 20'(h1_ip_q)) + (20'h006c5 + 20'h01400);
    end
  end

  // ---- h3: folded -------------------------------------------------------------------------------
  logic [16:0] tcp_fold, ip_fold;
  logic [15:0] tcp_sum, ip_sum;
  logic [5:0] h3_end_q;

  assign tcp_fold = 17'(h2_tcp_q[15:0]) + 17'(h2_tcp_q[20:16]);
  assign tcp_sum = ~(tcp_fold[15:0] + 16'(tcp_fold[16]));
  assign ip_fold = 17'(h2_ip_q[15:0]) + 17'(h2_ip_q[19:16]);
  assign ip_sum = ~(ip_fold[15:0] + 16'(ip_fold[16]));

  always_ff @(posedge clk_i) begin
    if (v_q[2]) begin
      h3_header_q <= h2_header_q;
      h3_header_q[8*24 +: 16] <= ip_sum;
      h3_header_q[8*50 +: 16] <= tcp_sum;
      h3_end_q <= h2_total_q + 6'd14;
      h3_empty_q <= h2_empty_q;
    end
  end

  assign header_o = h3_header_q;
  assign end_o = h3_end_q;
  assign no_payload_o = h3_empty_q;
  assign valid_o = v_q[3];
  assign busy_o = v_q != '0;

  // The ring is the reader's business.
  logic unused;
  assign unused = ^{seg_i};

endmodule
