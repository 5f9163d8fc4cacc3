// SPDX-License-Identifier: Apache-2.0
// Second and third stage of the receive engine: which of the trimmed payload waits beyond a gap
// already, to be reported as received twice (RFC 2883 4). Stage two compares, stage three, one
// clock later, gives the first overlap of either pair of runs; the last stage takes the first of
// the two. Payload below RCV.NXT comes before either and is found by toe_rx_facts.

module toe_rx_dsack (
  input  logic [3:0]   valid_i,
  input  logic [127:0] start_i,
  input  logic [127:0] end_i,
  input  logic [31:0]  text_start_i,
  input  logic [31:0]  text_end_i,
  output logic [3:0]   overlap_o,
  output logic [3:0]   before_o,    // the run begins before the text
  output logic [3:0]   within_o,    // the run ends before the text
  output logic [1:0]   order_o,     // run 0 begins before run 1, run 2 before run 3

  input  logic [3:0]   overlap_q_i,
  input  logic [3:0]   before_q_i,
  input  logic [3:0]   within_q_i,
  input  logic [1:0]   order_q_i,
  input  logic [127:0] start_q_i,
  input  logic [127:0] end_q_i,
  input  logic [31:0]  text_start_q_i,
  input  logic [31:0]  text_end_q_i,
  output toe_rx_pkg::rx_twice_t twice_o
);

  logic [31:0] left[0:3];
  logic [31:0] right[0:3];
  logic [31:0] s_d[0:3];
  logic [31:0] e_d[0:3];
  for (genvar i = 0; i < 4; i++) begin : gen_compare
    assign left[i] = start_i[32*i +: 32] - text_end_i;
    assign right[i] = end_i[32*i +: 32] - text_start_i;
    assign s_d[i] = start_i[32*i +: 32] - text_start_i;
    assign e_d[i] = end_i[32*i +: 32] - text_end_i;
    assign overlap_o[i] = valid_i[i] && left[i][31] && ~right[i][31] && right[i] != 32'd0;
    assign before_o[i] = s_d[i][31];
    assign within_o[i] = e_d[i][31];
  end
  logic [31:0] order_01, order_23;
  assign order_01 = start_i[31:0] - start_i[63:32];
  assign order_23 = start_i[95:64] - start_i[127:96];
  assign order_o = {order_23[31], order_01[31]};

  logic [31:0] s[0:3];
  logic [31:0] e[0:3];
  for (genvar i = 0; i < 4; i++) begin : gen_overlap
    assign s[i] = before_q_i[i] ? text_start_q_i : start_q_i[32*i +: 32];
    assign e[i] = within_q_i[i] ? end_q_i[32*i +: 32] : text_end_q_i;
  end

  logic take_0, take_2;
  assign take_0 = overlap_q_i[0] && (~overlap_q_i[1] || order_q_i[0]);
  assign take_2 = overlap_q_i[2] && (~overlap_q_i[3] || order_q_i[1]);
  always_comb begin
    twice_o.low_valid = overlap_q_i[1:0] != 2'd0;
    twice_o.low_start = take_0 ? s[0] : s[1];
    twice_o.low_end = take_0 ? e[0] : e[1];
    twice_o.high_valid = overlap_q_i[3:2] != 2'd0;
    twice_o.high_start = take_2 ? s[2] : s[3];
    twice_o.high_end = take_2 ? e[2] : e[3];
  end

  logic unused_ok;
  assign unused_ok = &{1'b0, order_01, order_23};
  for (genvar i = 0; i < 4; i++) begin : gen_unused
    logic unused_i;
    assign unused_i = &{1'b0, left[i], s_d[i], e_d[i]};
  end

endmodule
