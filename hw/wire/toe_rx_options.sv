// SPDX-License-Identifier: Apache-2.0
// Options of verified segments, and the queue of those segments. The layouts that nearly all
// segments have (RFC 7323 appendix A) are known at a glance, so such segments pass at one per
// clock: none, timestamps, SACK blocks, both, and the usual ones of SYN segments. Others are walked
// (toe_rx_option_walk) while the queue holds what follows, and so are the few IPv6 extension
// headers that there are (toe_rx_extension). A segment with a malformed list, or with a wrong sum
// behind extension headers, is dropped. For every segment with payload frame_o says, in order,
// whether its stored frame is kept.
//
// MSS, window scale and SACK permitted count in SYN segments alone (RFC 9293 3.2, RFC 7323 2.2,
// RFC 2018 2).

module toe_rx_options #(
  parameter int unsigned Depth = 32
) (
  input  logic              clk_i,
  input  logic              rst_ni,
  /* verilator lint_off UNUSEDSIGNAL */
  input  logic [159:0]      early_options_i, // in_options_i's first words a clock earlier
  /* verilator lint_on UNUSEDSIGNAL */
  input  toe_pkg::segment_t in_seg_i,
  input  logic [319:0]      in_options_i,
  input  logic [3:0]        in_words_i,
  input  logic              in_extended_i,  // extension headers: their sum and options wait, too
  input  logic [511:0]      in_extension_i,
  input  logic [3:0]        in_units_i,
  input  logic [1:0]        in_first_i,
  input  logic [16:0]       in_sum_i,
  input  logic              in_valid_i,
  output logic              in_ready_o,
  output toe_pkg::segment_t seg_o,
  output logic              seg_valid_o,
  input  logic              seg_ready_i,
  output logic              frame_keep_o,
  output logic              frame_valid_o,
  input  logic              hold_drop_i,   // a drop must not be counted in this clock
  output logic              drop_o,        // malformed options, wrong sum
  output logic              drop_ip6_o,    // extension headers
  output logic              empty_o
);

  localparam int unsigned SegW = toe_pkg::SegmentW;
  localparam int unsigned CountW = $clog2(Depth + 1);

  // ---- known layouts ----------------------------------------------------------------------------
  function automatic logic [31:0] swapped(input logic [31:0] w);
    swapped = {w[7:0], w[15:8], w[23:16], w[31:24]};
  endfunction

  localparam logic [31:0] NopNopTs = 32'h0a08_0101;  // first byte lowest
  localparam logic [31:0] OkTs = 32'h0a08_0204;      // SACK permitted, timestamps
  localparam logic [31:0] NopNopOk = 32'h0204_0101;
  localparam logic [23:0] NopNopSack = 24'h05_0101;
  localparam logic [15:0] Mss = 16'h0402;
  localparam logic [23:0] NopWs = 24'h03_0301;

  /* verilator lint_off UNUSEDSIGNAL */
  logic [31:0] e0, e1, e2, e3, e4, w0, w1, w2, w3, w4;
  /* verilator lint_on UNUSEDSIGNAL */
  logic syn, ts_w0_q, sack_w0_q, sack_w3_q, sack_w0, sack_w3, known, ts_known, sack_known;
  logic [2:0] blocks_w0_q, blocks_w3_q;
  logic mss_w0_q, ws_w1_q, ws_w2_q, ws_w4_q, ok_w1_q, ok_w2_q, ok_ts_w1_q, ok_ts_w2_q;
  logic l_mw, l_ms, l_msw, l_mws, l_mtw, l_mwt, l_m, l_syn;
  logic [2:0] blocks;
  logic [255:0] sack_first, sack_third;
  logic [15:0] mss_said;
  logic [7:0] ws_said;

  assign {e4, e3, e2, e1, e0} = early_options_i;
  assign {w4, w3, w2, w1, w0} = in_options_i[159:0];

  // Words that are what a known layout has there, in registers when the segment comes.
  always_ff @(posedge clk_i) begin
    ts_w0_q <= e0 == NopNopTs;
    // 2 and 8 n bytes, n from 1 to 4.
    sack_w0_q <= (e0[26:0] == {3'd2, NopNopSack}) && (e0[31:30] == 2'd0);
    sack_w3_q <= (e3[26:0] == {3'd2, NopNopSack}) && (e3[31:30] == 2'd0);
    blocks_w0_q <= e0[29:27];
    blocks_w3_q <= e3[29:27];
    mss_w0_q <= e0[15:0] == Mss;
    ws_w1_q <= e1[23:0] == NopWs;
    ws_w2_q <= e2[23:0] == NopWs;
    ws_w4_q <= e4[23:0] == NopWs;
    ok_w1_q <= e1 == NopNopOk;
    ok_w2_q <= e2 == NopNopOk;
    ok_ts_w1_q <= e1 == OkTs;
    ok_ts_w2_q <= e2 == OkTs;
  end

  // SACK blocks must fill the rest: 2 n words behind one, or behind four words.
  assign sack_w0 = sack_w0_q && in_words_i[0] && (blocks_w0_q == in_words_i[3:1]) &&
                   (in_words_i[3:1] != 3'd0);
  assign sack_w3 = sack_w3_q && !in_words_i[0] && (in_words_i > 4'd4) &&
                   (blocks_w3_q == in_words_i[3:1] - 3'd2);
  assign ts_known = ts_w0_q && ((in_words_i == 4'd3) || sack_w3);
  assign sack_known = sack_w0 || (ts_w0_q && sack_w3);
  assign syn = in_seg_i.flags[toe_pkg::FlagSyn];
  assign l_m = (in_words_i == 4'd1) && mss_w0_q;
  assign l_mw = (in_words_i == 4'd2) && mss_w0_q && ws_w1_q;
  assign l_ms = (in_words_i == 4'd2) && mss_w0_q && ok_w1_q;
  assign l_msw = (in_words_i == 4'd3) && mss_w0_q && ok_w1_q && ws_w2_q;
  assign l_mws = (in_words_i == 4'd3) && mss_w0_q && ws_w1_q && ok_w2_q;
  assign l_mtw = (in_words_i == 4'd5) && mss_w0_q && ok_ts_w1_q && ws_w4_q;
  assign l_mwt = (in_words_i == 4'd5) && mss_w0_q && ws_w1_q && ok_ts_w2_q;
  assign l_syn = syn && (l_m || l_mw || l_ms || l_msw || l_mws || l_mtw || l_mwt);
  assign known = (in_words_i == 4'd0) || ts_known || sack_known || l_syn;

  // With a tiny MSS a peer would have its data in countless segments, and with 0 in endless ones.
  localparam logic [15:0] MssMin = 16'd64;
  assign mss_said = {w0[23:16], w0[31:24]};
  assign ws_said = l_mtw ? w4[31:24] : (l_msw ? w2[31:24] : w1[31:24]);
  assign blocks = ts_w0_q ? blocks_w3_q : blocks_w0_q;

  for (genvar i = 0; i < 4; i++) begin : g_sack
    assign sack_first[64*i +: 64] = {swapped(in_options_i[64*i+64 +: 32]),
                                     swapped(in_options_i[64*i+32 +: 32])};
    if (i < 3) begin : g_third
      assign sack_third[64*i +: 64] = {swapped(in_options_i[64*i+160 +: 32]),
                                       swapped(in_options_i[64*i+128 +: 32])};
    end else begin : g_none
      assign sack_third[64*i +: 64] = 64'd0;
    end
  end

  toe_pkg::segment_t seg_in;
  logic [63:0] ts_field;
  assign ts_field = l_mtw ? {w3, w2} : (l_mwt ? {w4, w3} : {w2, w1});

  always_comb begin
    seg_in = in_seg_i;
    seg_in.mss_valid = l_syn;
    seg_in.mss = (mss_said < MssMin) ? MssMin : mss_said;
    seg_in.ws_valid = l_syn && !l_m && !l_ms;
    seg_in.ws = (ws_said > 8'd14) ? 4'd14 : ws_said[3:0];
    seg_in.sack_ok = l_syn && !l_m && !l_mw;
    seg_in.ts_valid = ts_known || (syn && (l_mtw || l_mwt));
    seg_in.ts_val = swapped(ts_field[31:0]);
    seg_in.ts_ecr = swapped(ts_field[63:32]);
    seg_in.sack_count = sack_known ? blocks : 3'd0;
    for (int i = 0; i < 4; i++) begin
      seg_in.sack[64*i +: 64] =
          (ts_w0_q ? sack_third[64*i +: 64] : sack_first[64*i +: 64]) &
          {64{sack_known && (blocks > 3'(i))}};
    end
  end

  // ---- queues -----------------------------------------------------------------------------------
  localparam int unsigned ExtDepth = 8;
  localparam int unsigned ExtW = 512 + 4 + 2 + 17;
  logic [SegW-1:0] seg_word, seg_head;
  logic [323:0] opt_head;
  logic [ExtW-1:0] ext_head;
  logic [CountW-1:0] count, opt_count;
  logic [$clog2(ExtDepth+1)-1:0] ext_count;
  logic head_valid, head_walk, head_extended, seg_ready, opt_ready, ext_ready, push, pop, take;
  logic opt_valid, walk_ready, walk_done, walk_bad;
  logic ext_valid, judge_ready, judge_done, judge_bad, judge_sum_bad, judged, wrong, discard;
  toe_pkg::segment_t head;
  logic mss_valid, ws_valid, sack_ok, ts_valid;
  logic [15:0] mss;
  logic [3:0] ws;
  logic [31:0] ts_val, ts_ecr;
  logic [2:0] sack_count;
  logic [255:0] sack;

  assign seg_word = seg_in;
  assign head = seg_head;
  assign empty_o = count == '0;
  assign in_ready_o = seg_ready && (ext_ready || !in_extended_i);
  assign push = in_valid_i && in_ready_o;

  toe_fifo #(.Width(SegW + 2), .Depth(Depth)) u_segments (
    .clk_i, .rst_ni,
    .in_data_i({in_extended_i, !known, seg_word}), .in_valid_i(push), .in_ready_o(seg_ready),
    .out_data_o({head_extended, head_walk, seg_head}), .out_valid_o(head_valid),
    .out_ready_i(pop), .count_o(count)
  );
  toe_fifo #(.Width(324), .Depth(Depth)) u_options (
    .clk_i, .rst_ni,
    .in_data_i({in_words_i, in_options_i}), .in_valid_i(push && !known), .in_ready_o(opt_ready),
    .out_data_o(opt_head), .out_valid_o(opt_valid), .out_ready_i(walk_ready),
    .count_o(opt_count)
  );
  toe_fifo #(.Width(ExtW), .Depth(ExtDepth)) u_extensions (
    .clk_i, .rst_ni,
    .in_data_i({in_sum_i, in_first_i, in_units_i, in_extension_i}),
    .in_valid_i(push && in_extended_i), .in_ready_o(ext_ready),
    .out_data_o(ext_head), .out_valid_o(ext_valid), .out_ready_i(judge_ready),
    .count_o(ext_count)
  );
  // Both work ahead: what they look at may be done before its segment is the first.
  toe_rx_option_walk u_walk (
    .clk_i, .rst_ni,
    .in_options_i(opt_head[319:0]), .in_words_i(opt_head[323:320]), .in_valid_i(opt_valid),
    .in_ready_o(walk_ready),
    .done_o(walk_done), .take_i(pop && head_walk), .bad_o(walk_bad),
    .mss_valid_o(mss_valid), .mss_o(mss), .ws_valid_o(ws_valid), .ws_o(ws), .sack_ok_o(sack_ok),
    .ts_valid_o(ts_valid), .ts_val_o(ts_val), .ts_ecr_o(ts_ecr),
    .sack_count_o(sack_count), .sack_o(sack)
  );

  toe_rx_extension u_extension (
    .clk_i, .rst_ni,
    .in_data_i(ext_head[511:0]), .in_units_i(ext_head[515:512]), .in_first_i(ext_head[517:516]),
    .in_sum_i(ext_head[534:518]), .in_valid_i(ext_valid), .in_ready_o(judge_ready),
    .done_o(judge_done), .take_i(pop && head_extended), .bad_o(judge_bad),
    .sum_bad_o(judge_sum_bad)
  );

  always_comb begin
    seg_o = head;
    if (head_walk) begin
      seg_o.mss_valid = mss_valid && head.flags[toe_pkg::FlagSyn];
      seg_o.mss = mss;
      seg_o.ws_valid = ws_valid && head.flags[toe_pkg::FlagSyn];
      seg_o.ws = ws;
      seg_o.sack_ok = sack_ok && head.flags[toe_pkg::FlagSyn];
      seg_o.ts_valid = ts_valid;
      seg_o.ts_val = ts_val;
      seg_o.ts_ecr = ts_ecr;
      seg_o.sack_count = sack_count;
      seg_o.sack = sack;
    end
  end

  assign judged = head_valid && (!head_walk || walk_done) && (!head_extended || judge_done);
  assign discard = head_extended && judge_bad;
  assign wrong = (head_walk && walk_bad) || (head_extended && judge_sum_bad);
  assign seg_valid_o = judged && !discard && !wrong;
  assign take = seg_valid_o && seg_ready_i;
  assign drop_ip6_o = judged && discard && !hold_drop_i;
  assign drop_o = judged && !discard && wrong && !hold_drop_i;
  assign pop = take || drop_o || drop_ip6_o;
  assign frame_valid_o = pop && (head.len != '0);
  assign frame_keep_o = take;

`ifndef YOSYS
`ifndef SYNTHESIS
  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      assert (opt_count <= count);
      assert (!(push && !opt_ready));
      assert (CountW'(ext_count) <= count);
      assert ($bits(toe_pkg::segment_t) == SegW);
    end
  end
`endif
`endif

endmodule
