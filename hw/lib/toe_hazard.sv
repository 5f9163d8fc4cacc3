// SPDX-License-Identifier: Apache-2.0
// What is in flight in a pipeline that owns one record per identifier: which stages are occupied,
// and which of them hold the identifier asked for. An event may enter if no occupied stage that
// withholds its record (pass_i low) has the same identifier.

module toe_hazard #(
  parameter int unsigned Queries = 2,
  parameter int unsigned Stages = 4,
  parameter int unsigned IdW = 16
) (
  input  logic                      clk_i,
  input  logic                      rst_ni,
  input  logic                      take_i,     // an event enters stage 0
  input  logic [IdW-1:0]            take_id_i,
  input  logic [Stages-1:0]         pass_i,     // the event in this stage holds nobody back
  output logic [Stages-1:0]         valid_o,    // occupied
  input  logic [Queries*IdW-1:0]    ask_id_i,
  output logic [Queries*Stages-1:0] same_o,     // Stages bits per query, stage 0 lowest
  output logic [Queries-1:0]        wait_o      // the event asked for must not enter now
);

  logic [Stages-1:0] valid_q;
  logic [Stages*IdW-1:0] id_q;
  assign valid_o = valid_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) valid_q <= '0;
    else valid_q <= {valid_q[Stages-2:0], take_i};
    if (take_i) id_q[IdW-1:0] <= take_id_i;
    for (int s = 1; s < Stages; s++) begin
      if (valid_q[s-1]) id_q[s*IdW +: IdW] <= id_q[(s-1)*IdW +: IdW];
    end
  end

  for (genvar q = 0; q < Queries; q++) begin : gen_query
    for (genvar s = 0; s < Stages; s++) begin : gen_stage
      assign same_o[q*Stages + s] =
          valid_q[s] && id_q[s*IdW +: IdW] == ask_id_i[q*IdW +: IdW];
    end
    assign wait_o[q] = |(same_o[q*Stages +: Stages] & ~pass_i);
  end

endmodule
