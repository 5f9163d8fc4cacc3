// SPDX-License-Identifier: Apache-2.0
// SYN cookies (RFC 4987 3.6): a connection's beginning is kept by the peer until it acknowledges.
//
// The initial sequence number of the SYN-ACK is {hash[27:0], minute[0], MSS index[2:0]}. The keyed
// hash covers tuple, the peer's initial number, minute (of 67 s), MSS index and whether the SYN had
// timestamps. The one bit of the minute says which of the present and the last one was meant,
// so one hash decides about an ACK, a cookie is good for 67 to 134 s, and a forged one in 2^28 is
// taken. Window scale, SACK and ECN of the SYN wait in the low bits of our timestamp, which the
// peer echoes; they are not covered, as only the peer itself is harmed by others. Without
// timestamps they are not negotiated.
//
// A cookie opens one connection. Otherwise a segment that its peer sent before the connection ended
// would open another with the same numbers, and the peer might take the bytes of both for one
// stream. The last cookies that did are kept by their hashes; under a flood of honest ones some are
// forgotten before their time.
module toe_conn_cookie #(
  parameter int unsigned UsedLog2 = 12
) (
  input  logic                 clk_i,
  input  logic                 rst_ni,
  input  toe_pkg::config_t     cfg_i,
  input  toe_pkg::time_t       now_i,

  input  logic                 load_i,       // a segment comes to seg_i with the next clock
  input  logic                 mark_i,       // its SYN-ACK is to be made
  input  logic                 is_ack_i,     // it is an ACK, not a SYN
  input  toe_conn_pkg::ask_t   seg_i,
  input  logic [4:0]           ring_log2_i,  // of the listener
  input  logic [15:0]          ts_off_i,     // of toe_pkg::tx_ctl_t
  input  logic [27:0]          hash_i,       // of what follows
  output logic [3:0]           facts_o,      // timestamps, MSS index
  output logic [15:0]          minute_o,
  output logic [31:0]          irs_o,

  output logic                 good_o,       // the ACK's cookie is ours and fresh, a clock later
  output logic                 used_o,       // it has opened a connection before
  input  logic                 take_i,       // it opens one
  output toe_conn_pkg::ask_t   opened_o,     // what the SYN had said, with the ACK's own numbers
  output toe_pkg::tx_segment_t syn_ack_o,
  input  logic                 sent_i,       // it was sent
  output logic                 stray_acks_o  // cookies are out
);

  toe_pkg::tuple_t tuple;
  assign tuple = seg_i.tuple;

  // ---- Segment sizes: the largest that the peer takes
  function automatic logic [15:0] size(input logic [2:0] i);
    case (i)
      3'd0: size = 16'd64;
      3'd1: size = 16'd536;
      3'd2: size = 16'd1220;
      3'd3: size = 16'd1360;
      3'd4: size = 16'd1440;
      3'd5: size = 16'd1460;
      3'd6: size = 16'd4036;
      default: size = 16'd8940;
    endcase
  endfunction
  logic [15:0] mss;  // of the SYN; defaults of RFC 9293 3.7.1
  logic [7:1]  fits;
  logic [2:0]  index, index_q, facts_index;
  assign mss = seg_i.mss_valid ? seg_i.mss : (tuple.local_kind == toe_pkg::LocalIpv4) ? 16'd536
                                                                                      : 16'd1220;
  for (genvar i = 1; i < 8; i++) begin : gen_fits
    assign fits[i] = mss >= size(3'(i));
  end
  assign index[2] = fits[4];
  assign index[1] = fits[6] || (fits[2] && !fits[4]);
  assign index[0] = fits[7] || (fits[5] && !fits[6]) || (fits[3] && !fits[4]) ||
                    (fits[1] && !fits[2]);

  // ---- What is hashed
  logic [31:0] cookie;
  logic [15:0] minute_q;
  logic        has_ts;
  assign cookie = seg_i.ack - 32'd1;
  assign has_ts = seg_i.ts_valid && cfg_i.use_ts;
  assign facts_index = is_ack_i ? cookie[2:0] : index_q;
  assign facts_o = {has_ts, facts_index};
  assign minute_o = (is_ack_i && cookie[3] != minute_q[0]) ? minute_q - 16'd1 : minute_q;
  assign irs_o = is_ack_i ? seg_i.seq - 32'd1 : seg_i.seq;
  always_ff @(posedge clk_i) good_o <= hash_i == cookie[31:4];

  // ---- Cookies used up, the last of each index: {rest of the hash}
  localparam int unsigned UsedW = 28 - UsedLog2;
  logic [UsedW-1:0] used_rest;
  toe_ram_1r1w #(.Width(UsedW), .Depth(1 << UsedLog2)) u_used (
    .clk_i,
    .wr_en_i(take_i), .wr_addr_i(cookie[4 +: UsedLog2]), .wr_data_i(cookie[31 -: UsedW]),
    .rd_en_i(is_ack_i), .rd_addr_i(cookie[4 +: UsedLog2]), .rd_data_o(used_rest)
  );
  always_ff @(posedge clk_i) used_o <= used_rest == cookie[31 -: UsedW];

  // ---- The SYN-ACK
  logic        ecn, ws_on, sack_on;
  logic [5:0]  options;  // SACK, ECN, window scale or 15
  logic [15:0] ts_high;
  logic [31:0] ts_now, ts_q;
  assign ecn = cfg_i.ecn_accept && seg_i.flags[toe_pkg::FlagEce] && seg_i.flags[toe_pkg::FlagCwr];
  assign ws_on = has_ts && seg_i.ws_valid && cfg_i.use_ws;
  assign sack_on = has_ts && seg_i.sack_ok && cfg_i.use_sack;
  assign options = {sack_on, ecn && has_ts, ws_on ? seg_i.ws : 4'd15};
  // The latest value that has these low bits and is not in the future.
  assign ts_high = now_i.ts_clock[31:16] + ts_off_i;
  assign ts_now = {{ts_high, now_i.ts_clock[15:6]} - 26'(options > now_i.ts_clock[5:0]), options};

  always_comb begin
    syn_ack_o = '0;
    syn_ack_o.tuple = seg_i.tuple;
    syn_ack_o.seq = {hash_i, minute_q[0], index_q};
    syn_ack_o.ack = seg_i.seq + 32'd1;
    syn_ack_o.wnd = (ring_log2_i == 5'd31) ? 16'd4096
                  : (ring_log2_i >= 5'd16) ? 16'hffff : 16'd1 << ring_log2_i[3:0];
    syn_ack_o.flags[toe_pkg::FlagSyn] = 1'b1;
    syn_ack_o.flags[toe_pkg::FlagAck] = 1'b1;
    syn_ack_o.flags[toe_pkg::FlagEce] = ecn && has_ts;
    syn_ack_o.mss_valid = 1'b1;
    // RFC 9293 3.7.1: an IPv6 header is 20 bytes longer.
    syn_ack_o.mss = (tuple.local_kind == toe_pkg::LocalIpv4) ? cfg_i.mss : cfg_i.mss - 16'd20;
    syn_ack_o.ws_valid = ws_on;
    syn_ack_o.ws = toe_pkg::CookieWs;
    syn_ack_o.sack_ok = sack_on;
    syn_ack_o.ts_valid = has_ts;
    syn_ack_o.ts_val = ts_q;
    syn_ack_o.ts_ecr = seg_i.ts_val;
  end

  // ---- What an ACK brings back
  always_comb begin
    opened_o = seg_i;
    opened_o.seq = irs_o;
    opened_o.mss_valid = 1'b1;
    opened_o.mss = size(cookie[2:0]);
    opened_o.ws_valid = has_ts && cfg_i.use_ws && seg_i.ts_ecr[3:0] != 4'd15;
    opened_o.ws = seg_i.ts_ecr[3:0];
    opened_o.flags[toe_pkg::FlagEce] = has_ts && cfg_i.ecn_accept && seg_i.ts_ecr[4];
    opened_o.flags[toe_pkg::FlagCwr] = opened_o.flags[toe_pkg::FlagEce];
    opened_o.sack_ok = has_ts && cfg_i.use_sack && seg_i.ts_ecr[5];
    opened_o.ts_valid = has_ts;
  end

  // ---- Cookies are out as long as one that was sent is good
  logic        out_q;
  logic [15:0] last_q, age;
  assign age = now_i.ticks[31:16] - last_q;
  always_ff @(posedge clk_i) begin
    index_q <= index;  // the cookie comes many clocks after the SYN
    if (load_i) minute_q <= now_i.ticks[31:16];
    if (mark_i) ts_q <= ts_now;
    if (sent_i) last_q <= minute_q;
    if (!rst_ni) out_q <= 1'b0;
    else if (sent_i) out_q <= 1'b1;
    else if (age > 16'd1) out_q <= 1'b0;
  end
  assign stray_acks_o = out_q;

  logic unused;
  assign unused = ^{cfg_i, now_i, tuple};

endmodule
