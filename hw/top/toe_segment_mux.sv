// SPDX-License-Identifier: Apache-2.0
// Gives the wire one segment at a time from three sources in turn: the transmit engine, resets of
// the receive engine, and resets and SYN cookies of the connection manager. A source that just went
// waits for the others, so a flood of stray segments cannot silence connections, nor the manager.

module toe_segment_mux (
  input  logic                 clk_i,
  input  logic                 rst_ni,
  input  toe_pkg::tx_segment_t engine_i,
  input  logic                 engine_valid_i,
  output logic                 engine_ready_o,
  input  toe_pkg::tx_segment_t stray_i,
  input  logic                 stray_valid_i,
  output logic                 stray_ready_o,
  input  toe_pkg::tx_segment_t refused_i,
  input  logic                 refused_valid_i,
  output logic                 refused_ready_o,

  output toe_pkg::tx_segment_t seg_o,
  output logic                 seg_valid_o,
  input  logic                 seg_ready_i,
  output logic                 cnt_tx_resets_o
);

  logic engine_went_q, stray_went_q;
  logic free, resets, take_engine, take_stray, take_refused, take;
  assign free = ~seg_valid_o || seg_ready_i;
  assign resets = stray_valid_i || refused_valid_i;
  assign take_engine = free && engine_valid_i && ~(engine_went_q && resets);
  assign take_stray = free && ~take_engine && stray_valid_i && ~(stray_went_q && refused_valid_i);
  assign take_refused = free && ~take_engine && ~take_stray && refused_valid_i;
  assign take = take_engine || take_stray || take_refused;
  assign engine_ready_o = take_engine;
  assign stray_ready_o = take_stray;
  assign refused_ready_o = take_refused;
  assign cnt_tx_resets_o = seg_valid_o && seg_ready_i && seg_o.flags[toe_pkg::FlagRst];

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      seg_valid_o <= 1'b0;
      engine_went_q <= 1'b0;
      stray_went_q <= 1'b0;
    end else begin
      if (free) seg_valid_o <= take;
      if (take) engine_went_q <= take_engine;
      if (take_stray || take_refused) stray_went_q <= take_stray;
    end
    if (take) seg_o <= take_engine ? engine_i : (take_stray ? stray_i : refused_i);
  end

endmodule
