// SPDX-License-Identifier: Apache-2.0
// CUBIC's window (RFC 9438 4.2 to 4.5): how far the curve at t + RTT and the window of a Reno
// sender are above cwnd. Twelve stages, one point a clock, never stops. Out of it comes the
// fraction that the next block forms: cwnd by the distance, which times MSS is `step`; for DCTCP
// marked by acknowledged bytes.

module toe_cc_curve (
  input  logic                    clk_i,
  input  logic                    rst_ni,
  input  toe_cc_pkg::point_t      point_i,
  input  logic [19:0]             t_i,
  input  logic [15:0]             rtt_i,
  input  logic [17:0]             k_i,
  input  logic                    valid_i,
  output toe_cc_pkg::fraction_t   fraction_o,
  output logic                    valid_o,
  output logic                    busy_o
);

  logic [12:1] v_q;
  always_ff @(posedge clk_i) begin
    if (!rst_ni) v_q <= '0;
    else v_q <= {v_q[11:1], valid_i};
  end
  assign valid_o = v_q[12];
  assign busy_o = v_q != '0;

  // What the multipliers do not need waits for them.
  logic [toe_cc_pkg::PointW-1:0] wait_bits;
  toe_cc_pkg::point_t p8;
  logic wait_valid, wait_ready;
  logic [4:0] wait_count;
  toe_fifo #(.Width(toe_cc_pkg::PointW), .Depth(16)) u_wait (
    .clk_i, .rst_ni, .in_data_i(point_i), .in_valid_i(valid_i), .in_ready_o(wait_ready),
    .out_data_o(wait_bits), .out_valid_o(wait_valid), .out_ready_i(v_q[8]), .count_o(wait_count)
  );
  assign p8 = wait_bits;

  // ---- |t + RTT - K| ^ 3 * C * MSS ------------------------------------------------------------
  logic [21:0] x1_q, x1_abs;
  logic [27:0] c1_q;
  logic [17:0] d2_q, d3_q, c2_q, c3_q, c4_q, c5_q;
  logic [35:0] square3_q, low4_q, high4_q;
  logic [53:0] cube5;
  logic [41:0] cube5_q;
  logic [38:0] low6_q, high6_q;
  logic [59:0] rise7_q;
  logic [25:0] rise8_q;
  logic [8:2] below_q;  // before K the curve is below W_max
  assign x1_abs = x1_q[21] ? ~x1_q + 22'd1 : x1_q;
  assign cube5 = {18'd0, low4_q} + {high4_q, 18'd0};
  always_ff @(posedge clk_i) begin
    if (valid_i) begin
      x1_q <= {2'd0, t_i} + {6'd0, rtt_i} - {4'd0, k_i};
      c1_q <= point_i.mss * toe_cc_pkg::CubicC;
    end
    if (v_q[1]) begin
      d2_q <= x1_abs[21:18] != 4'd0 ? 18'h3ffff : x1_abs[17:0];
      c2_q <= c1_q[27:10];
    end
    if (v_q[2]) begin
      square3_q <= d2_q * d2_q;
      d3_q <= d2_q;
      c3_q <= c2_q;
    end
    if (v_q[3]) begin
      low4_q <= square3_q[17:0] * d3_q;
      high4_q <= square3_q[35:18] * d3_q;
      c4_q <= c3_q;
    end
    if (v_q[4]) begin
      cube5_q <= cube5[53:12];
      c5_q <= c4_q;
    end
    if (v_q[5]) begin
      low6_q <= cube5_q[20:0] * c5_q;
      high6_q <= cube5_q[41:21] * c5_q;
    end
    if (v_q[6]) rise7_q <= {21'd0, low6_q} + {high6_q, 21'd0};
    if (v_q[7]) rise8_q <= rise7_q[59:49] != 11'd0 ? 26'h3ffffff : rise7_q[48:23];
    below_q <= {below_q[7:2], x1_q[21]};
  end

  // ---- How far above cwnd ---------------------------------------------------------------------
  toe_cc_pkg::point_t p9_q, p10_q, p11_q;
  logic signed [27:0] target9_q, curve10_q, reno10_q;
  logic [26:0] above11_q;
  logic never11_q, reno_any, reno_whole;
  logic [25:0] half11;
  // W_est grows by whole segments, so what it is above cwnd is one at least.
  assign reno_any = reno10_q > 28'sd0;
  assign reno_whole = reno10_q >= $signed({14'd0, p10_q.mss});
  assign half11 = {2'd0, p11_q.cwnd[24:1]};
  toe_cc_pkg::fraction_t out_q;
  always_ff @(posedge clk_i) begin
    if (v_q[8]) begin
      p9_q <= p8;
      target9_q <= below_q[8] ? {3'd0, p8.w_max, 4'd0} - {2'd0, rise8_q}
                              : {3'd0, p8.w_max, 4'd0} + {2'd0, rise8_q};
    end
    if (v_q[9]) begin
      p10_q <= p9_q;
      curve10_q <= target9_q - $signed({3'd0, p9_q.cwnd});
      reno10_q <= $signed({3'd0, p9_q.w_est, 4'd0}) - $signed({3'd0, p9_q.cwnd});
    end
    if (v_q[10]) begin
      p11_q <= p10_q;
      if (curve10_q > reno10_q && ~(reno_any && curve10_q < $signed({14'd0, p10_q.mss}))) begin
        above11_q <= curve10_q[26:0];
      end else begin
        above11_q <= reno_whole ? reno10_q[26:0] : {13'd0, p10_q.mss};
      end
      never11_q <= curve10_q <= 28'sd0 && ~reno_any;
    end
    if (v_q[11]) begin
      out_q.conn <= p11_q.conn;
      out_q.ask <= p11_q.ask;
      out_q.mss <= p11_q.mss;
      out_q.never <= never11_q;
      // Not beyond 1.5 cwnd in one round trip.
      if (p11_q.ask == toe_cc_pkg::AskAlpha) begin
        out_q.num <= p11_q.marked;
        out_q.den <= p11_q.acked;
      end else begin
        out_q.num <= {1'b0, p11_q.cwnd};
        out_q.den <= above11_q > {1'b0, half11} ? half11 : above11_q[25:0];
      end
    end
  end
  assign fraction_o = out_q;

  logic unused_ok;
  assign unused_ok = &{1'b0, p11_q, wait_valid, wait_ready, wait_count, cube5[11:0], c1_q[9:0],
                       rise7_q[22:0]};

`ifndef YOSYS
  always_ff @(posedge clk_i) begin
    if (rst_ni) assert (!(v_q[8] && !wait_valid)) else $error("point lost");
  end
`endif

endmodule
