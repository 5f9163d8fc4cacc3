// SPDX-License-Identifier: Apache-2.0
// Queue of verified segments, and the options of SYN segments among them: maximum segment size (RFC
// 9293 3.7.1) and window scale (RFC 7323 2.2), three clocks per option while the queue holds the
// rest. A SYN with a malformed option list is dropped. Other segments pass without delay. For every
// segment with payload frame_o says, in order, whether its stored frame is kept.

module toe_rx_options #(
  parameter int unsigned Depth = 32
) (
  input  logic              clk_i,
  input  logic              rst_ni,
  input  toe_pkg::segment_t in_seg_i,
  input  logic [319:0]      in_options_i,
  input  logic [3:0]        in_words_i,
  input  logic              in_valid_i,
  output logic              in_ready_o,
  output toe_pkg::segment_t seg_o,
  output logic              seg_valid_o,
  input  logic              seg_ready_i,
  output logic              frame_keep_o,
  output logic              frame_valid_o,
  input  logic              hold_drop_i,   // a drop must not be counted in this clock
  output logic              drop_o,
  output logic              empty_o
);

  localparam int unsigned SegW = toe_pkg::SegmentW;
  localparam int unsigned CountW = $clog2(Depth + 1);

  logic [SegW-1:0] seg_in, seg_head;
  logic [323:0] opt_head;
  logic [CountW-1:0] count, opt_count;
  logic head_valid, head_syn, opt_valid, opt_in_ready, pop, take;
  toe_pkg::segment_t head;

  assign seg_in = in_seg_i;
  assign head = seg_head;
  assign empty_o = count == '0;
  // A SYN without options needs no look.
  logic in_look;
  assign in_look = in_seg_i.flags[toe_pkg::FlagSyn] && (in_words_i != 4'd0);

  toe_fifo #(.Width(SegW + 1), .Depth(Depth)) u_segments (
    .clk_i, .rst_ni,
    .in_data_i({in_look, seg_in}), .in_valid_i, .in_ready_o,
    .out_data_o({head_syn, seg_head}), .out_valid_o(head_valid), .out_ready_i(pop),
    .count_o(count)
  );
  toe_fifo #(.Width(324), .Depth(Depth)) u_options (
    .clk_i, .rst_ni,
    .in_data_i({in_words_i, in_options_i}), .in_valid_i(in_valid_i && in_ready_o && in_look),
    .in_ready_o(opt_in_ready),
    .out_data_o(opt_head), .out_valid_o(opt_valid), .out_ready_i(pop && head_syn),
    .count_o(opt_count)
  );

  // Three clocks per option: fetch kind, length and value; judge them alone; judge the end,
  // advance.
  localparam logic [1:0] StepFetch = 2'd0;
  localparam logic [1:0] StepJudge = 2'd1;
  localparam logic [1:0] StepAdvance = 2'd2;
  logic [1:0] step_q;
  logic done_q, bad_q, mss_valid_q, ws_valid_q;
  logic [15:0] mss_q;
  logic [3:0] ws_q;
  logic [5:0] at_q, end_pos;
  logic [6:0] next_q;
  logic [31:0] win_q;
  logic [7:0] kind, olen;
  logic is_end_q, is_wrong_q, is_mss_q, is_ws_q, is_nop;

  // With a tiny MSS a peer would have its data in countless segments, and with 0 in endless ones.
  localparam logic [15:0] MssMin = 16'd64;
  logic [15:0] mss_said;
  assign mss_said = {win_q[23:16], win_q[31:24]};

  assign kind = win_q[7:0];
  assign olen = win_q[15:8];
  assign end_pos = {opt_head[323:320], 2'b00};
  assign is_nop = kind == 8'd1;

  always_ff @(posedge clk_i) begin
    if (opt_valid && step_q == StepFetch) begin
      win_q <= 32'({24'd0, opt_head[319:0]} >> {at_q, 3'b000});
    end
    if (step_q == StepJudge) begin
      next_q <= 7'(at_q) + (is_nop ? 7'd1 : 7'(olen[5:0]));
      is_end_q <= kind == 8'd0;
      is_wrong_q <= !is_nop && ((olen < 8'd2) || (olen > 8'd40) || (end_pos - at_q < 6'd2));
      is_mss_q <= (kind == 8'd2) && (olen == 8'd4);
      is_ws_q <= (kind == 8'd3) && (olen == 8'd3);
    end
    if (!rst_ni || pop) begin
      step_q <= StepFetch;
      done_q <= 1'b0;
      bad_q <= 1'b0;
      at_q <= '0;
      mss_valid_q <= 1'b0;
      ws_valid_q <= 1'b0;
    end else if (head_valid && head_syn && opt_valid && !done_q) begin
      step_q <= (step_q == StepAdvance) ? StepFetch : step_q + 2'd1;
      if (step_q == StepAdvance) begin
        at_q <= next_q[5:0];
        if (is_end_q) begin
          done_q <= 1'b1;
        end else if (is_wrong_q || (next_q > 7'(end_pos))) begin
          bad_q <= 1'b1;
          done_q <= 1'b1;
        end else begin
          done_q <= next_q == 7'(end_pos);
          if (is_mss_q) begin
            mss_valid_q <= 1'b1;
            mss_q <= mss_said < MssMin ? MssMin : mss_said;
          end
          if (is_ws_q) begin
            ws_valid_q <= 1'b1;
            ws_q <= (win_q[23:16] > 8'd14) ? 4'd14 : win_q[19:16];
          end
        end
      end
    end
  end

  always_comb begin
    seg_o = head;
    seg_o.mss_valid = head_syn && mss_valid_q;
    seg_o.mss = (head_syn && mss_valid_q) ? mss_q : 16'd0;
    seg_o.ws_valid = head_syn && ws_valid_q;
    seg_o.ws = (head_syn && ws_valid_q) ? ws_q : 4'd0;
  end

  assign seg_valid_o = head_valid && (!head_syn || (done_q && !bad_q));
  assign take = seg_valid_o && seg_ready_i;
  assign drop_o = head_valid && head_syn && bad_q && !hold_drop_i;
  assign pop = take || drop_o;
  assign frame_valid_o = pop && (head.len != '0);
  assign frame_keep_o = take;

`ifndef YOSYS
`ifndef SYNTHESIS
  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      assert (opt_count <= count);
      assert (!(in_valid_i && in_ready_o && !opt_in_ready));
      assert ($bits(toe_pkg::segment_t) == SegW);
    end
  end
`endif
`endif

endmodule
