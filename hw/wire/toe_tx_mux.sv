// SPDX-License-Identifier: Apache-2.0
// Merges three sources of frames, whole frames at a time, each in turn when several want to send.
// A source that has begun a frame has the rest of it ready.

module toe_tx_mux (
  input  logic         clk_i,
  input  logic         rst_ni,
  input  logic [511:0] a_data_i,
  input  logic [63:0]  a_keep_i,
  input  logic         a_last_i,
  input  logic         a_valid_i,
  output logic         a_ready_o,
  input  logic [511:0] b_data_i,
  input  logic [63:0]  b_keep_i,
  input  logic         b_last_i,
  input  logic         b_valid_i,
  output logic         b_ready_o,
  input  logic [511:0] c_data_i,
  input  logic [63:0]  c_keep_i,
  input  logic         c_last_i,
  input  logic         c_valid_i,
  output logic         c_ready_o,
  output logic [511:0] m_data_o,
  output logic [63:0]  m_keep_o,
  output logic         m_last_o,
  output logic         m_valid_o,
  input  logic         m_ready_i
);

  logic [2:0] want, grant, choice, held_q, last_served_q;
  logic busy_q, ready, valid, last, take;
  logic [576:0] beat;

  assign want = {c_valid_i, b_valid_i, a_valid_i};

  // The source after the one served last comes first.
  always_comb begin
    choice = 3'b000;
    case (last_served_q)
      3'b001: choice = want[1] ? 3'b010 : (want[2] ? 3'b100 : {2'b00, want[0]});
      3'b010: choice = want[2] ? 3'b100 : (want[0] ? 3'b001 : {1'b0, want[1], 1'b0});
      default: choice = want[0] ? 3'b001 : (want[1] ? 3'b010 : {want[2], 2'b00});
    endcase
  end
  assign grant = busy_q ? held_q : choice;
  assign valid = (grant & want) != 3'b000;
  assign beat = grant[0] ? {a_last_i, a_keep_i, a_data_i} :
                grant[1] ? {b_last_i, b_keep_i, b_data_i} : {c_last_i, c_keep_i, c_data_i};
  assign last = beat[576];
  assign take = valid && ready;
  assign a_ready_o = ready && grant[0];
  assign b_ready_o = ready && grant[1];
  assign c_ready_o = ready && grant[2];

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      busy_q <= 1'b0;
      held_q <= 3'b001;
      last_served_q <= 3'b100;
    end else if (take) begin
      busy_q <= !last;
      held_q <= grant;
      last_served_q <= grant;
    end
  end

  toe_skid #(.Width(577)) u_out (
    .clk_i, .rst_ni,
    .in_data_i(beat), .in_valid_i(valid), .in_ready_o(ready),
    .out_data_o({m_last_o, m_keep_o, m_data_o}), .out_valid_o(m_valid_o), .out_ready_i(m_ready_i)
  );

endmodule
