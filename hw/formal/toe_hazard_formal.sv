// SPDX-License-Identifier: Apache-2.0
// toe_hazard in a pipeline whose last stage lets successors pass: two events of one identifier are
// never in the stages before the last; every event that enters passes all stages; nobody waits for
// an identifier that is not there.

module toe_hazard_formal (
  input logic       clk_i,
  input logic       rst_ni,
  input logic       want_i,
  input logic [1:0] id_i
);

  logic [3:0] valid;
  logic [7:0] same;
  logic [1:0] waits;
  logic take;
  assign take = want_i && !waits[0];
  toe_hazard #(.Queries(2), .Stages(4), .IdW(2)) u_dut (
    .clk_i, .rst_ni, .take_i(take), .take_id_i(id_i), .pass_i(4'b1000), .valid_o(valid),
    .ask_id_i({2'd3, id_i}), .same_o(same), .wait_o(waits)
  );

  // The pipeline itself.
  logic [3:0] v_q;
  logic [7:0] ids_q;
  logic [3:0] here, here3;
  always_ff @(posedge clk_i) begin
    v_q <= rst_ni ? {v_q[2:0], take} : 4'd0;
    ids_q <= {ids_q[5:0], id_i};
  end
  always_comb begin
    for (int s = 0; s < 4; s++) begin
      here[s] = v_q[s] && ids_q[2*s +: 2] == id_i;
      here3[s] = v_q[s] && ids_q[2*s +: 2] == 2'd3;
    end
  end

  (* hierconn *) logic [7:0] \u_dut.id_q ;
  logic running_q = 1'b0;
  always_ff @(posedge clk_i) running_q <= 1'b1;
  always_comb begin
    assume (rst_ni == running_q);
    if (running_q) begin
      a_valid: assert (valid == v_q);
      a_same: assert (same == {here3, here});
      a_wait: assert (waits == {here3[2:0] != 3'd0, here[2:0] != 3'd0});
      if (v_q[0] && v_q[1]) a_01: assert (ids_q[1:0] != ids_q[3:2]);
      if (v_q[0] && v_q[2]) a_02: assert (ids_q[1:0] != ids_q[5:4]);
      if (v_q[1] && v_q[2]) a_12: assert (ids_q[3:2] != ids_q[5:4]);
      if (v_q[0]) i_id0: assert (\u_dut.id_q [1:0] == ids_q[1:0]);
      if (v_q[1]) i_id1: assert (\u_dut.id_q [3:2] == ids_q[3:2]);
      if (v_q[2]) i_id2: assert (\u_dut.id_q [5:4] == ids_q[5:4]);
      if (v_q[3]) i_id3: assert (\u_dut.id_q [7:6] == ids_q[7:6]);
    end
  end
endmodule
