// SPDX-License-Identifier: Apache-2.0
// Second and third stage of the receive engine: joins the trimmed payload with the runs that wait
// beyond a gap. Runs are kept unordered, disjoint and not adjacent, so each is compared by itself.
// Stage one says which runs the payload touches; stage two, one clock later, gives the union.

module toe_rx_runs (
  input  logic [3:0]   valid_i,
  input  logic [127:0] start_i,
  input  logic [127:0] end_i,
  input  logic [31:0]  text_start_i,
  input  logic [31:0]  text_end_i,
  output logic [3:0]   touch_o,

  input  logic [3:0]   touch_q_i,
  input  logic [127:0] start_q_i,
  input  logic [127:0] end_q_i,
  input  logic [31:0]  text_start_q_i,
  input  logic [31:0]  text_end_q_i,
  output logic [31:0]  union_start_o,
  output logic [31:0]  union_end_o
);

  logic [31:0] left[0:3];
  logic [31:0] right[0:3];
  for (genvar i = 0; i < 4; i++) begin : gen_touch
    assign left[i] = start_i[32*i +: 32] - text_end_i;
    assign right[i] = end_i[32*i +: 32] - text_start_i;
    assign touch_o[i] = valid_i[i] && (left[i][31] || left[i] == 32'd0) && ~right[i][31];
  end

  // Candidates that do not touch count as the payload itself.
  logic [31:0] s[0:3];
  logic [31:0] e[0:3];
  for (genvar i = 0; i < 4; i++) begin : gen_candidate
    assign s[i] = touch_q_i[i] ? start_q_i[32*i +: 32] : text_start_q_i;
    assign e[i] = touch_q_i[i] ? end_q_i[32*i +: 32] : text_end_q_i;
  end

  function automatic logic [31:0] earlier(input logic [31:0] a, input logic [31:0] b);
    earlier = $signed(a - b) < 0 ? a : b;
  endfunction
  function automatic logic [31:0] later(input logic [31:0] a, input logic [31:0] b);
    later = $signed(a - b) < 0 ? b : a;
  endfunction

  assign union_start_o = earlier(earlier(earlier(s[0], s[1]), earlier(s[2], s[3])), text_start_q_i);
  assign union_end_o = later(later(later(e[0], e[1]), later(e[2], e[3])), text_end_q_i);

endmodule
