// SPDX-License-Identifier: Apache-2.0
// Second and third stage of the receive engine: joins the trimmed payload with the runs that wait
// beyond a gap. Stage two compares the payload with each run, stage three, one clock later, gives
// the union of the payload and the runs that it touches, and the runs that stay, moved up to the
// first slots in their old order (the newest first, RFC 2018 4).
//
// Runs are disjoint and not adjacent. So at most one of those that the payload touches begins
// before it, and at most one ends behind it: these are the union's ends.

module toe_rx_runs (
  input  logic [3:0]   valid_i,
  input  logic [127:0] start_i,
  input  logic [127:0] end_i,
  input  logic [31:0]  text_start_i,
  input  logic [31:0]  text_end_i,
  output toe_rx_pkg::rx_touch_t touch_o,

  input  toe_rx_pkg::rx_touch_t touch_q_i,
  input  logic [3:0]   keep_q_i,       // valid runs that the event leaves alone
  input  logic [127:0] start_q_i,
  input  logic [127:0] end_q_i,
  input  logic [31:0]  text_start_q_i,
  input  logic [31:0]  text_end_q_i,
  output logic [31:0]  union_start_o,
  output logic [31:0]  union_end_o,
  output logic [3:0]   kept_valid_o,
  output logic [127:0] kept_start_o,
  output logic [127:0] kept_end_o
);

  // ---- Stage two ------------------------------------------------------------------------------
  logic [31:0] left[0:3];
  logic [31:0] right[0:3];
  logic [31:0] gap_left[0:3];
  logic [31:0] gap_right[0:3];
  logic [31:0] s_d[0:3];
  logic [31:0] e_d[0:3];
  for (genvar i = 0; i < 4; i++) begin : gen_compare
    assign left[i] = start_i[32*i +: 32] - text_end_i;
    assign right[i] = text_start_i - end_i[32*i +: 32];
    assign gap_left[i] = text_end_i - start_i[32*i +: 32];
    assign gap_right[i] = end_i[32*i +: 32] - text_start_i;
    assign s_d[i] = start_i[32*i +: 32] - text_start_i;
    assign e_d[i] = end_i[32*i +: 32] - text_end_i;
    assign touch_o.touch[i] = valid_i[i] && ~gap_left[i][31] && ~gap_right[i][31];
    assign touch_o.overlap[i] = valid_i[i] && left[i][31] && right[i][31];
    assign touch_o.begins_first[i] = s_d[i][31];
    assign touch_o.ends_first[i] = e_d[i][31];
  end
  logic [31:0] order_01, order_23;
  assign order_01 = start_i[31:0] - start_i[63:32];
  assign order_23 = start_i[95:64] - start_i[127:96];
  assign touch_o.ordered = {order_23[31], order_01[31]};

  // ---- Stage three: the union -------------------------------------------------------------------
  logic [3:0] longer_left, longer_right;
  assign longer_left = touch_q_i.touch & touch_q_i.begins_first;
  assign longer_right = touch_q_i.touch & ~touch_q_i.ends_first;
  assign union_start_o = ({32{longer_left[0]}} & start_q_i[31:0]) |
      ({32{longer_left[1]}} & start_q_i[63:32]) | ({32{longer_left[2]}} & start_q_i[95:64]) |
      ({32{longer_left[3]}} & start_q_i[127:96]) |
      ({32{longer_left == 4'd0}} & text_start_q_i);
  assign union_end_o = ({32{longer_right[0]}} & end_q_i[31:0]) |
      ({32{longer_right[1]}} & end_q_i[63:32]) | ({32{longer_right[2]}} & end_q_i[95:64]) |
      ({32{longer_right[3]}} & end_q_i[127:96]) |
      ({32{longer_right == 4'd0}} & text_end_q_i);

  // ---- Stage three: what stays ------------------------------------------------------------------
  // from[p]: the run that moves to slot p, one-hot: the one with p kept runs before it.
  logic [3:0] k;
  logic [3:0] from[0:3];
  assign k = keep_q_i;
  assign from[0] = {k[3] && k[2:0] == 3'd0, k[2] && k[1:0] == 2'd0, k[1] && ~k[0], k[0]};
  assign from[1] = {k[3] && (k[2:0] == 3'b001 || k[2:0] == 3'b010 || k[2:0] == 3'b100),
                    k[2] && (k[1] ^ k[0]), k[1] && k[0], 1'b0};
  assign from[2] = {k[3] && (k[2:0] == 3'b011 || k[2:0] == 3'b101 || k[2:0] == 3'b110),
                    k[2] && k[1] && k[0], 2'b00};
  assign from[3] = {k == 4'b1111, 3'b000};
  for (genvar p = 0; p < 4; p++) begin : gen_kept
    assign kept_valid_o[p] = from[p] != 4'd0;
    assign kept_start_o[32*p +: 32] = ({32{from[p][0]}} & start_q_i[31:0]) |
        ({32{from[p][1]}} & start_q_i[63:32]) | ({32{from[p][2]}} & start_q_i[95:64]) |
        ({32{from[p][3]}} & start_q_i[127:96]);
    assign kept_end_o[32*p +: 32] = ({32{from[p][0]}} & end_q_i[31:0]) |
        ({32{from[p][1]}} & end_q_i[63:32]) | ({32{from[p][2]}} & end_q_i[95:64]) |
        ({32{from[p][3]}} & end_q_i[127:96]);
  end

  logic unused_ok;
  assign unused_ok = &{1'b0, order_01, order_23, touch_q_i};
  for (genvar i = 0; i < 4; i++) begin : gen_unused
    logic unused_i;
    assign unused_i = &{1'b0, left[i], right[i], gap_left[i], gap_right[i], s_d[i], e_d[i]};
  end

endmodule
