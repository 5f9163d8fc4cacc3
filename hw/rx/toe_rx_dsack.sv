// SPDX-License-Identifier: Apache-2.0
// Third stage of the receive engine, beside toe_rx_runs: which of the trimmed payload waits beyond
// a gap already, to be reported as received twice (RFC 2883 4). Gives the first overlap of either
// pair of runs; the last stage takes the first of the two. Payload below RCV.NXT comes before
// either and is found by toe_rx_facts. Combinational.

module toe_rx_dsack (
  input  toe_rx_pkg::rx_touch_t touch_i,
  input  logic [127:0]          start_i,
  input  logic [127:0]          end_i,
  input  logic [31:0]           text_start_i,
  input  logic [31:0]           text_end_i,
  output toe_rx_pkg::rx_twice_t twice_o
);

  logic [31:0] s[0:3];
  logic [31:0] e[0:3];
  for (genvar i = 0; i < 4; i++) begin : gen_overlap
    assign s[i] = touch_i.begins_first[i] ? text_start_i : start_i[32*i +: 32];
    assign e[i] = touch_i.ends_first[i] ? end_i[32*i +: 32] : text_end_i;
  end

  logic take_0, take_2;
  assign take_0 = touch_i.overlap[0] && (~touch_i.overlap[1] || touch_i.ordered[0]);
  assign take_2 = touch_i.overlap[2] && (~touch_i.overlap[3] || touch_i.ordered[1]);
  always_comb begin
    twice_o.low_valid = touch_i.overlap[1:0] != 2'd0;
    twice_o.low_start = take_0 ? s[0] : s[1];
    twice_o.low_end = take_0 ? e[0] : e[1];
    twice_o.high_valid = touch_i.overlap[3:2] != 2'd0;
    twice_o.high_start = take_2 ? s[2] : s[3];
    twice_o.high_end = take_2 ? e[2] : e[3];
  end

  logic unused_ok;
  assign unused_ok = &{1'b0, touch_i};

endmodule
