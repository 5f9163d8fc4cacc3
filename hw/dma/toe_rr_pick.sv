// SPDX-License-Identifier: Apache-2.0
// Round robin choice, combinational: the first wanting bit above last_i, else the first of all.

module toe_rr_pick #(
  parameter int unsigned Width = 8
) (
  input  logic [Width-1:0] want_i,
  input  logic [3:0]       last_i,
  output logic             any_o,
  output logic [3:0]       index_o
);

  logic [Width-1:0] above, upper, pool, lowest;

  always_comb begin
    for (int unsigned i = 0; i < Width; i++) above[i] = 4'(i) > last_i;
  end

  assign upper = want_i & above;
  assign pool = (upper != '0) ? upper : want_i;
  assign lowest = pool & (~pool + Width'(1));
  assign any_o = want_i != '0;

  always_comb begin
    index_o = 4'd0;
    for (int unsigned i = 0; i < Width; i++) begin
      if (lowest[i]) index_o = index_o | 4'(i);
    end
  end

endmodule
