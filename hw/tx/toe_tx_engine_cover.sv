// SPDX-License-Identifier: Apache-2.0
// Cover points of the transmit engine: what its tests must have met. Bound to toe_tx_engine in
// builds with coverage; scripts/coverage lists those that nothing visits.

module toe_tx_engine_cover (
  input logic                   clk_i,
  input logic                   rst_ni,
  input logic                   event_i,       // in the second stage: its kind and what it means
  input logic [2:0]             event_kind_i,
  input logic                   ack_valid_i,
  input logic                   turn_i,
  input logic                   may_send_i,
  input toe_tx_pkg::tx_record_t rec_i,
  input toe_tx_pkg::tx_facts_t  facts_i,
  input toe_tx_pkg::tx_sack_t   sack_i,
  input toe_tx_pkg::tx_moves_t  moves_i,
  input logic                   plan_valid_i,  // in the fourth stage
  input toe_tx_pkg::tx_plan_t   plan_i,
  input logic                   send_i,        // in the last stage
  input toe_tx_pkg::tx_out_t    out_i,
  input logic                   cc_told_i
);

  logic rx_ack;  // an acknowledgement of a connection that has sent its SYN
  assign rx_ack = event_kind_i == toe_tx_pkg::KindRx && ack_valid_i;

  // ---- What an event means (toe_tx_moves) ----------------------------------------------------
  move_new_ack: cover property (@(posedge clk_i) rst_ni && event_i && moves_i.new_ack);
  move_dup: cover property (@(posedge clk_i) rst_ni && event_i && moves_i.dup);
  move_enter: cover property (@(posedge clk_i) rst_ni && event_i && moves_i.enter);
  move_first_hole: cover property (@(posedge clk_i) rst_ni && event_i && moves_i.first_hole);
  move_partial: cover property (@(posedge clk_i) rst_ni && event_i && moves_i.partial);
  move_leave: cover property (@(posedge clk_i) rst_ni && event_i && moves_i.leave);
  move_loss_left: cover property (@(posedge clk_i) rst_ni && event_i && moves_i.loss_left);
  move_undo: cover property (@(posedge clk_i) rst_ni && event_i && moves_i.undo);
  move_sampled: cover property (@(posedge clk_i) rst_ni && event_i && moves_i.sampled);
  move_timeout: cover property (@(posedge clk_i) rst_ni && event_i && moves_i.timeout);
  move_pto: cover property (@(posedge clk_i) rst_ni && event_i && moves_i.pto);
  move_persist: cover property (@(posedge clk_i) rst_ni && event_i && moves_i.persist);
  move_keepalive: cover property (@(posedge clk_i) rst_ni && event_i && moves_i.keepalive);
  move_dying: cover property (@(posedge clk_i) rst_ni && event_i && moves_i.dying);
  move_too_long: cover property (@(posedge clk_i) rst_ni && event_i && moves_i.too_long);
  move_path: cover property (@(posedge clk_i) rst_ni && event_i && moves_i.path);
  move_hole: cover property (@(posedge clk_i) rst_ni && event_i && moves_i.hole);
  move_spared: cover property (@(posedge clk_i) rst_ni && event_i && moves_i.spared);
  move_probed: cover property (@(posedge clk_i) rst_ni && event_i && moves_i.probed);
  move_ece: cover property (@(posedge clk_i) rst_ni && event_i && moves_i.ece);
  move_repaired: cover property (@(posedge clk_i) rst_ni && event_i && moves_i.repaired);
  move_idle: cover property (@(posedge clk_i) rst_ni && event_i && moves_i.idle);
  move_grow: cover property (@(posedge clk_i) rst_ni && event_i && moves_i.grow);

  // ---- Acknowledgements ----------------------------------------------------------------------
  ack_beyond_snd_max: cover property (@(posedge clk_i) rst_ni &&
      event_i && rx_ack && ~facts_i.ack_valid && ~facts_i.ack_new);
  ack_of_everything: cover property (@(posedge clk_i) rst_ni &&
      event_i && moves_i.new_ack && facts_i.ack_all);
  ack_updates_window: cover property (@(posedge clk_i) rst_ni &&
      event_i && rx_ack && facts_i.newer && ~facts_i.wnd_same);
  sack_opens_a_range: cover property (@(posedge clk_i) rst_ni &&
      event_i && rx_ack && sack_i.hit && sack_i.touched == '0);
  sack_joins_a_range: cover property (@(posedge clk_i) rst_ni &&
      event_i && rx_ack && sack_i.hit && $countones(sack_i.touched) == 1);
  sack_joins_ranges: cover property (@(posedge clk_i) rst_ni &&
      event_i && rx_ack && sack_i.hit && $countones(sack_i.touched) > 1);
  sack_finds_no_range: cover property (@(posedge clk_i) rst_ni &&
      event_i && rx_ack && sack_i.hit && sack_i.touched == '0 && rec_i.board.valid == '1);
  sack_of_old_data: cover property (@(posedge clk_i) rst_ni && event_i && rx_ack && sack_i.dsack);
  scoreboard_full: cover property (@(posedge clk_i) rst_ni && event_i && rec_i.board.valid == '1);

  // ---- Segments ------------------------------------------------------------------------------
  sends_syn: cover property (@(posedge clk_i) rst_ni && send_i && out_i.syn);
  sends_syn_again: cover property (@(posedge clk_i) rst_ni &&
      send_i && out_i.syn && out_i.retransmit);
  sends_data: cover property (@(posedge clk_i) rst_ni &&
      send_i && out_i.len != 14'd0 && ~out_i.retransmit);
  sends_data_again: cover property (@(posedge clk_i) rst_ni &&
      send_i && out_i.len != 14'd0 && out_i.retransmit);
  sends_fin: cover property (@(posedge clk_i) rst_ni && send_i && out_i.fin && ~out_i.retransmit);
  sends_fin_with_data: cover property (@(posedge clk_i) rst_ni &&
      send_i && out_i.fin && out_i.len != 14'd0);
  sends_fin_again: cover property (@(posedge clk_i) rst_ni &&
      send_i && out_i.fin && out_i.retransmit);
  sends_pure_ack: cover property (@(posedge clk_i) rst_ni &&
      send_i && out_i.len == 14'd0 && ~out_i.syn && ~out_i.fin && ~out_i.rst);
  sends_reset: cover property (@(posedge clk_i) rst_ni && send_i && out_i.rst);
  sends_push: cover property (@(posedge clk_i) rst_ni && send_i && out_i.psh);
  sends_ranges: cover property (@(posedge clk_i) rst_ni && send_i && out_i.sack_count == 3'd1);
  sends_three_ranges: cover property (@(posedge clk_i) rst_ni &&
      send_i && out_i.sack_count >= 3'd3);
  sends_duplicate_range: cover property (@(posedge clk_i) rst_ni && send_i && out_i.dsack);
  sends_ece: cover property (@(posedge clk_i) rst_ni && send_i && out_i.ece);
  sends_cwr: cover property (@(posedge clk_i) rst_ni && send_i && out_i.cwr);
  sends_ect: cover property (@(posedge clk_i) rst_ni && send_i && out_i.ect);
  sends_ack_of_before_ce: cover property (@(posedge clk_i) rst_ni && send_i && out_i.split);

  // ---- Waiting -------------------------------------------------------------------------------
  waits_for_window: cover property (@(posedge clk_i) rst_ni &&
      plan_valid_i && plan_i.waiting && ~plan_i.data);
  waits_for_congestion_window: cover property (@(posedge clk_i) rst_ni &&
      plan_valid_i && plan_i.data && plan_i.headroom[27]);
  finds_no_queue_for_segments: cover property (@(posedge clk_i) rst_ni &&
      event_i && event_kind_i == toe_tx_pkg::KindRx && ~may_send_i);
  takes_turn_along: cover property (@(posedge clk_i) rst_ni &&
      event_i && event_kind_i == toe_tx_pkg::KindRx && turn_i);

  // ---- Congestion control --------------------------------------------------------------------
  cc_answers: cover property (@(posedge clk_i) rst_ni &&
      event_i && event_kind_i == toe_tx_pkg::KindCc);
  cc_is_told: cover property (@(posedge clk_i) rst_ni && cc_told_i);

  logic unused_ok;
  assign unused_ok = &{1'b0, rec_i, facts_i, sack_i, moves_i, plan_i, out_i};

endmodule

bind toe_tx_engine toe_tx_engine_cover u_cover (
  .clk_i, .rst_ni, .event_i(valid[1]), .event_kind_i(e2_q.kind), .ack_valid_i(e2_q.rx.ack_valid),
  .turn_i(e2_q.turn), .may_send_i(e2_q.may_send), .rec_i(r2_q), .facts_i(f2_q), .sack_i(s2_q),
  .moves_i(u_apply.moves), .plan_valid_i(valid[3]), .plan_i(p4_q), .send_i(seg_push),
  .out_i(o5_q), .cc_told_i(cc_event_valid_o)
);
