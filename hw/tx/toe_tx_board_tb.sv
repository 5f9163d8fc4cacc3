// SPDX-License-Identifier: Apache-2.0
// The scoreboard alone: what an acknowledgement does to it, and what loss recovery reads from it.
// Flat ports for its test.

module toe_tx_board_tb (
  input  logic         clk_i,
  input  logic         load_i,       // forget everything; una_i, max_i and the rest count
  input  logic         step_i,       // an acknowledgement
  input  logic [31:0]  una_i,
  input  logic [31:0]  max_i,
  input  logic [31:0]  ack_i,
  input  logic [2:0]   count_i,
  input  logic [255:0] sack_i,
  input  logic [25:0]  high_rxt_i,
  input  logic [25:0]  lost_edge_i,
  input  logic [25:0]  rxt_max_i,
  input  logic [25:0]  cwnd_i,
  input  logic [13:0]  mss_i,
  input  logic [3:0]   threshold_i,
  input  logic         in_recovery_i,
  input  logic         first_hole_i,

  output logic [31:0]  una_o,
  output logic [3:0]   valid_o,
  output logic [103:0] first_o,
  output logic [103:0] past_o,
  output logic         dsack_o,
  output logic         recheck_o,
  output logic [25:0]  lost_edge_o,
  output logic         restart_o,
  output logic         lost_o,
  output logic [25:0]  at_o,
  output logic [13:0]  span_o,
  output logic         last_hole_o,
  output logic [25:0]  last_edge_o,
  output logic [27:0]  headroom_o
);

  toe_pkg::tx_event_t ack;
  toe_tx_pkg::tx_record_t rec;
  toe_tx_pkg::tx_sack_t sack;
  toe_tx_pkg::tx_board_t board_q, board;
  logic [31:0] una_q, max_q, ack_u, ack_m;
  logic new_ack;

  always_comb begin
    ack = '0;
    ack.kind = toe_tx_pkg::KindRx;
    ack.rx.ack_valid = 1'b1;
    ack.rx.ack = ack_i;
    ack.rx.sack_count = count_i;
    ack.rx.sack = sack_i;
    rec = '0;
    rec.phase = toe_tx_pkg::PhaseOpen;
    rec.sack_on = 1'b1;
    rec.snd_una = una_q;
    rec.snd_max = max_q;
    rec.board = board_q;
    rec.cc.cwnd = cwnd_i;
    rec.loss.high_rxt = high_rxt_i;
    rec.loss.lost_edge = lost_edge_i;
    rec.loss.rxt_max = rxt_max_i;
    rec.loss.threshold = threshold_i;
    rec.loss.in_recovery = in_recovery_i;
  end
  assign ack_u = ack_i - una_q;
  assign ack_m = max_q - ack_i;
  assign new_ack = ~ack_u[31] && ack_u != 32'd0 && ~ack_m[31];

  toe_tx_sack_facts u_facts (.event_i(ack), .rec_i(rec), .sack_o(sack));
  toe_tx_board u_board (
    .board_i(board_q), .sack_i(sack), .new_ack_i(new_ack), .hit_i(sack.hit), .clear_i(load_i),
    .board_o(board));
  toe_tx_loss u_loss (
    .rec_i(rec), .first_hole_i, .mss_i, .recheck_o, .lost_edge_o, .restart_o, .lost_o, .at_o,
    .span_o, .last_hole_o, .last_edge_o, .headroom_o);

  always_ff @(posedge clk_i) begin
    if (load_i || step_i) board_q <= board;
    if (load_i) begin
      una_q <= una_i;
      max_q <= max_i;
    end else if (step_i && new_ack) begin
      una_q <= ack_i;
    end
  end
  assign una_o = una_q;
  assign valid_o = board_q.valid;
  assign first_o = board_q.first;
  assign past_o = board_q.past;
  assign dsack_o = sack.dsack;

  logic unused_ok;
  assign unused_ok = &{1'b0, ack_u, ack_m};

endmodule
