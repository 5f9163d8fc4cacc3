// SPDX-License-Identifier: Apache-2.0
// Walks one list of TCP options (RFC 9293 3.1), whatever their order: a clock for a NOP or for
// what has 2, 4 or 8 bytes, more for the rest; 42 clocks at most. Options that are unknown, or
// known with another length than theirs, are skipped; of two of a kind the later counts. A length
// below 2 or beyond the header's end is malformed.

module toe_rx_option_walk (
  input  logic         clk_i,
  input  logic         rst_ni,
  input  logic [319:0] in_options_i,
  input  logic [3:0]   in_words_i,     // 4-byte words of options
  input  logic         in_valid_i,
  output logic         in_ready_o,

  output logic         done_o,         // what follows is valid and stays until taken
  input  logic         take_i,
  output logic         bad_o,          // malformed
  output logic         mss_valid_o,
  output logic [15:0]  mss_o,
  output logic         ws_valid_o,
  output logic [3:0]   ws_o,           // at most 14 (RFC 7323 2.3)
  output logic         sack_ok_o,
  output logic         ts_valid_o,
  output logic [31:0]  ts_val_o,
  output logic [31:0]  ts_ecr_o,
  output logic [2:0]   sack_count_o,
  output logic [255:0] sack_o          // as in toe_pkg::segment_t
);

  logic [319:0] opt_q;
  logic [5:0] left_q;   // bytes of the list from opt_q's first on
  logic [5:0] skip_q;   // bytes of an option that was judged
  logic busy_q, done_q, bad_q, in_sack_q;
  logic mss_valid_q, ws_valid_q, sack_ok_q, ts_valid_q;
  logic [15:0] mss_q;
  logic [3:0] ws_q;
  logic [63:0] ts_q;
  logic [2:0] sack_count_q;
  logic [255:0] sack_q;

  logic [7:0] kind, len;
  logic judge, is_end, is_nop, is_sack, wrong, load;
  logic [5:0] consumed;
  logic [5:1] step_of;  // without its lowest bit
  logic [3:0] shift;    // one-hot: 8, 4, 2, 1 bytes

  function automatic logic [31:0] swapped(input logic [31:0] w);
    swapped = {w[7:0], w[15:8], w[23:16], w[31:24]};
  endfunction

  assign in_ready_o = !busy_q;
  assign load = in_valid_i && !busy_q;
  assign kind = opt_q[7:0];
  assign len = opt_q[15:8];
  assign judge = skip_q == '0;
  assign is_end = (left_q == '0) || (kind == 8'd0);
  assign is_nop = kind == 8'd1;
  // Two bytes and one to four blocks (RFC 2018 3).
  assign is_sack = (kind == 8'd5) &&
                   ((len == 8'd10) || (len == 8'd18) || (len == 8'd26) || (len == 8'd34));
  // With one byte left, whatever lies behind is too short or too long.
  assign wrong = !is_nop && ((len < 8'd2) || (len > 8'(left_q)));

  // The largest power of two that fits; of SACK first kind and length, so that blocks align.
  assign step_of = judge ? (is_nop ? 5'd0 : (is_sack ? 5'd1 : len[5:1])) : skip_q[5:1];
  always_comb begin
    if (step_of[5:3] != '0) shift = 4'b1000;
    else if (step_of[2]) shift = 4'b0100;
    else if (step_of[1]) shift = 4'b0010;
    else shift = 4'b0001;
  end
  assign consumed = {2'b00, shift};

  always_ff @(posedge clk_i) begin
    if (load) begin
      opt_q <= in_options_i;
    end else if (busy_q && !done_q) begin
      opt_q <= ({320{shift[3]}} & {64'd0, opt_q[319:64]}) |
               ({320{shift[2]}} & {32'd0, opt_q[319:32]}) |
               ({320{shift[1]}} & {16'd0, opt_q[319:16]}) |
               ({320{shift[0]}} & {8'd0, opt_q[319:8]});
    end
  end

  // With a tiny MSS a peer would have its data in countless segments, and with 0 in endless ones.
  localparam logic [15:0] MssMin = 16'd64;
  logic [15:0] mss_said;
  assign mss_said = {opt_q[23:16], opt_q[31:24]};

  always_ff @(posedge clk_i) begin
    if (busy_q && !done_q && judge) begin
      if ((kind == 8'd2) && (len == 8'd4)) mss_q <= mss_said < MssMin ? MssMin : mss_said;
      if ((kind == 8'd3) && (len == 8'd3)) ws_q <= (opt_q[23:16] > 8'd14) ? 4'd14 : opt_q[19:16];
      if ((kind == 8'd8) && (len == 8'd10)) ts_q <= {swapped(opt_q[79:48]), swapped(opt_q[47:16])};
    end
    if (busy_q && !done_q && !judge && in_sack_q) begin
      for (int i = 0; i < 4; i++) begin
        if (sack_count_q == 3'(i)) begin
          sack_q[64*i +: 64] <= {swapped(opt_q[63:32]), swapped(opt_q[31:0])};
        end
      end
    end
    if (!rst_ni) begin
      busy_q <= 1'b0;
      done_q <= 1'b0;
    end else if (!busy_q) begin
      busy_q <= in_valid_i;
    end else if (done_q) begin
      busy_q <= !take_i;
      done_q <= !take_i;
    end else begin
      done_q <= judge && (is_end || wrong);
    end
    if (load) begin
      left_q <= {in_words_i, 2'b00};
      skip_q <= '0;
      bad_q <= 1'b0;
      in_sack_q <= 1'b0;
      mss_valid_q <= 1'b0;
      ws_valid_q <= 1'b0;
      sack_ok_q <= 1'b0;
      ts_valid_q <= 1'b0;
      sack_count_q <= '0;
    end else if (busy_q && !done_q) begin
      left_q <= left_q - consumed;
      if (judge) begin
        skip_q <= is_nop ? '0 : len[5:0] - consumed;
        bad_q <= wrong && !is_end;
        in_sack_q <= is_sack;
        if (!is_end && !wrong) begin
          if ((kind == 8'd2) && (len == 8'd4)) mss_valid_q <= 1'b1;
          if ((kind == 8'd3) && (len == 8'd3)) ws_valid_q <= 1'b1;
          if ((kind == 8'd4) && (len == 8'd2)) sack_ok_q <= 1'b1;
          if ((kind == 8'd8) && (len == 8'd10)) ts_valid_q <= 1'b1;
          if (is_sack) sack_count_q <= '0;
        end
      end else begin
        skip_q <= skip_q - consumed;
        if (in_sack_q) sack_count_q <= sack_count_q + 3'd1;
      end
    end
  end

  assign done_o = done_q;
  assign bad_o = bad_q;
  assign mss_valid_o = mss_valid_q;
  assign mss_o = mss_q;
  assign ws_valid_o = ws_valid_q;
  assign ws_o = ws_q;
  assign sack_ok_o = sack_ok_q;
  assign ts_valid_o = ts_valid_q;
  assign ts_val_o = ts_q[31:0];
  assign ts_ecr_o = ts_q[63:32];
  assign sack_count_o = sack_count_q;
  for (genvar i = 0; i < 4; i++) begin : g_sack
    assign sack_o[64*i +: 64] = sack_q[64*i +: 64] & {64{sack_count_q > 3'(i)}};
  end

endmodule
