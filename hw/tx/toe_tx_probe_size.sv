// SPDX-License-Identifier: Apache-2.0
// How large the path MTU probe is that is next, or under way (RFC 4821 7.3): halfway in a round of
// the search, and else the most that both ends take. Combinational.

module toe_tx_probe_size (
  input  toe_tx_pkg::tx_search_t search_i,
  input  logic [13:0]            mss_i,       // search_low
  output logic                   in_round_o,
  output logic [13:0]            mss_o
);

  logic [14:0] width, sum;
  assign width = {1'b0, search_i.high} - {1'b0, mss_i};
  assign sum = {1'b0, search_i.high} + {1'b0, mss_i};
  assign in_round_o = ~width[14] && width[13:0] >= toe_tx_pkg::SearchWorth;
  assign mss_o = in_round_o ? sum[14:1] : search_i.top;

  logic unused_ok;
  assign unused_ok = &{1'b0, search_i, sum[0]};

endmodule
