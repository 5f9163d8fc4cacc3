// SPDX-License-Identifier: Apache-2.0
// toe_rr_pick: picks only what wants, picks if anything wants, and one that goes on wanting is
// passed over at most once by each other.

module toe_rr_pick_formal (
  input logic       clk_i,
  input logic       rst_ni,
  input logic [4:0] want_i
);

  logic any;
  logic [3:0] index, last_q;
  toe_rr_pick #(.Width(5)) u_dut (.want_i, .last_i(last_q), .any_o(any), .index_o(index));

  // One of the five, whichever, waits: how often were others picked since, and how far is it from
  // the one picked last, going round.
  (* anyconst *) logic [2:0] who;
  logic [2:0] passed_q, ahead;
  assign ahead = last_q[2:0] < who ? who - last_q[2:0] : who + 3'd5 - last_q[2:0];
  always_ff @(posedge clk_i) begin
    if (!rst_ni) last_q <= 4'd0;
    else if (any) last_q <= index;
    passed_q <= rst_ni && want_i[who] && index != {1'b0, who} ? passed_q + 3'd1 : 3'd0;
  end

  logic running_q = 1'b0;
  always_ff @(posedge clk_i) running_q <= 1'b1;
  always_comb begin
    assume (rst_ni == running_q);
    assume (who < 3'd5);
    if (running_q) begin
      a_any: assert (any == (want_i != 5'd0));
      if (any) a_wants: assert (index < 4'd5 && want_i[index[2:0]]);
      i_last: assert (last_q < 4'd5);
      a_fair: assert (passed_q < 3'd5);
      if (passed_q != 3'd0) i_nearer: assert ({1'b0, passed_q} + {1'b0, ahead} <= 4'd5);
    end
  end
endmodule
