// SPDX-License-Identifier: Apache-2.0
// Second and third stage of the receive engine: joins the trimmed payload with the runs that wait
// beyond a gap. Runs are kept disjoint and not adjacent, so each is compared by itself. Stage two
// says which runs the payload touches; stage three, one clock later, gives the union, and the runs
// that stay, moved up to the first slots in their old order (the newest first, RFC 2018 4).

module toe_rx_runs (
  input  logic [3:0]   valid_i,
  input  logic [127:0] start_i,
  input  logic [127:0] end_i,
  input  logic [31:0]  text_start_i,
  input  logic [31:0]  text_end_i,
  output logic [3:0]   touch_o,

  input  logic [3:0]   touch_q_i,
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

endmodule
