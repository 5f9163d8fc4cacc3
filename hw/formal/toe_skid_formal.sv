// SPDX-License-Identifier: Apache-2.0
// toe_skid against a queue of two: same words in the same order, none lost, none twice, a word and
// its valid held until taken, one word a clock, ready independent of the consumer's ready in the
// same clock (it is a register).

module toe_skid_formal (
  input logic       clk_i,
  input logic       rst_ni,
  input logic [1:0] data_i,
  input logic       valid_i,
  input logic       ready_i
);

  logic in_ready, out_valid;
  logic [1:0] out;
  toe_skid #(.Width(2)) u_dut (
    .clk_i, .rst_ni, .in_data_i(data_i), .in_valid_i(valid_i), .in_ready_o(in_ready),
    .out_data_o(out), .out_valid_o(out_valid), .out_ready_i(ready_i)
  );

  logic [3:0] queue_q, shifted;
  logic [1:0] n_q, n_popped;
  logic push, pop, held_q, flow_q;
  logic [1:0] held_data_q;
  assign push = valid_i && in_ready;
  assign pop = out_valid && ready_i;
  assign n_popped = n_q - {1'b0, pop};
  assign shifted = pop ? queue_q >> 2 : queue_q;
  always_ff @(posedge clk_i) begin
    queue_q <= shifted;
    if (push && n_popped == 2'd0) queue_q[1:0] <= data_i;
    if (push && n_popped == 2'd1) queue_q[3:2] <= data_i;
    n_q <= rst_ni ? n_popped + {1'b0, push} : 2'd0;
    held_q <= rst_ni && out_valid && !ready_i;
    held_data_q <= out;
    flow_q <= rst_ni && ready_i && in_ready;
  end

  (* hierconn *) logic [1:0] \u_dut.skid_q ;
  logic running_q = 1'b0;
  always_ff @(posedge clk_i) running_q <= 1'b1;
  always_comb begin
    assume (rst_ni == running_q);
    if (running_q) begin
      a_full: assert (in_ready == (n_q != 2'd2));
      a_shown: assert (out_valid == (n_q != 2'd0));
      i_bound: assert (n_q <= 2'd2);
      if (out_valid) a_word: assert (out == queue_q[1:0]);
      if (held_q) a_held: assert (out_valid && out == held_data_q);
      if (flow_q) a_flow: assert (in_ready);
      if (n_q == 2'd2) i_second: assert (\u_dut.skid_q == queue_q[3:2]);
    end
  end
endmodule
