// SPDX-License-Identifier: Apache-2.0
// Cover points of the receive engine: what its tests must have met. Bound to toe_rx_engine in
// builds with coverage; scripts/coverage lists those that nothing visits.

module toe_rx_engine_cover (
  input logic                    clk_i,
  input logic                    rst_ni,
  input logic                    event_i,       // in the last stage: verdict, facts, runs met
  input toe_rx_pkg::rx_verdict_t verdict_i,
  input toe_rx_pkg::rx_facts_t   facts_i,
  input toe_rx_pkg::rx_twice_t   twice_i,
  input logic [3:0]              touch_i,
  input logic [3:0]              run_valid_i,
  input logic                    write_i,       // of the record: before, after
  input toe_rx_pkg::rx_record_t  before_i,
  input toe_rx_pkg::rx_record_t  after_i,
  input logic                    no_room_i,     // all runs are taken
  input logic                    end_i,
  input toe_pkg::end_t           ending_i,
  input logic                    challenge_ok_i,
  input logic                    newer_i,       // stage 1 takes values over from stage 2 or 3
  input logic                    forward_i      // the event entered as an earlier one left
);

  logic stored;  // beyond a gap
  assign stored = event_i && verdict_i.new_bytes && ~facts_i.in_order && ~no_room_i;

  // ---- Verdicts (toe_rx_judge) ---------------------------------------------------------------
  stray: cover property (@(posedge clk_i) rst_ni && event_i && verdict_i.stray);
  to_manager: cover property (@(posedge clk_i) rst_ni && event_i && verdict_i.to_manager);
  reuse: cover property (@(posedge clk_i) rst_ni && event_i && verdict_i.reuse);
  absent: cover property (@(posedge clk_i) rst_ni && event_i && verdict_i.absent);
  unacceptable: cover property (@(posedge clk_i) rst_ni && event_i && verdict_i.unacceptable);
  rst_hit: cover property (@(posedge clk_i) rst_ni && event_i && verdict_i.rst_hit);
  challenge: cover property (@(posedge clk_i) rst_ni && event_i && verdict_i.challenge);
  bad_ack: cover property (@(posedge clk_i) rst_ni && event_i && verdict_i.bad_ack);
  active_refused: cover property (@(posedge clk_i) rst_ni && event_i && verdict_i.active_refused);
  active_ok: cover property (@(posedge clk_i) rst_ni && event_i && verdict_i.active_ok);
  active_crossed: cover property (@(posedge clk_i) rst_ni && event_i && verdict_i.active_crossed);
  accepted: cover property (@(posedge clk_i) rst_ni && event_i && verdict_i.accepted);
  icmp_end: cover property (@(posedge clk_i) rst_ni && event_i && verdict_i.icmp_end);
  icmp_soft: cover property (@(posedge clk_i) rst_ni && event_i && verdict_i.icmp_soft);
  host_ok: cover property (@(posedge clk_i) rst_ni && event_i && verdict_i.host_ok);
  host_bad: cover property (@(posedge clk_i) rst_ni && event_i && verdict_i.host_bad);
  paws: cover property (@(posedge clk_i) rst_ni && event_i && verdict_i.paws);
  handshake: cover property (@(posedge clk_i) rst_ni && event_i && verdict_i.handshake);
  crossed: cover property (@(posedge clk_i) rst_ni && event_i && verdict_i.crossed);

  // ---- Text ----------------------------------------------------------------------------------
  text_in_order: cover property (@(posedge clk_i) rst_ni &&
      event_i && verdict_i.new_bytes && facts_i.in_order && run_valid_i == 4'd0);
  text_trimmed_in_front: cover property (@(posedge clk_i) rst_ni &&
      event_i && verdict_i.new_bytes && facts_i.skip != 16'd0);
  text_opens_a_gap: cover property (@(posedge clk_i) rst_ni && stored && touch_i == 4'd0);
  text_beside_four_runs: cover property (@(posedge clk_i) rst_ni &&
      stored && run_valid_i == 4'b1111);
  text_joins_a_run: cover property (@(posedge clk_i) rst_ni && stored && $countones(touch_i) == 1);
  text_joins_two_runs: cover property (@(posedge clk_i) rst_ni &&
      stored && $countones(touch_i) == 2);
  text_joins_more_runs: cover property (@(posedge clk_i) rst_ni &&
      stored && $countones(touch_i) > 2);
  text_fills_a_gap: cover property (@(posedge clk_i) rst_ni &&
      event_i && verdict_i.new_bytes && facts_i.in_order && touch_i != 4'd0);
  text_fills_several_gaps: cover property (@(posedge clk_i) rst_ni &&
      event_i && verdict_i.new_bytes && facts_i.in_order && $countones(touch_i) > 1);
  text_finds_no_run: cover property (@(posedge clk_i) rst_ni && no_room_i);
  text_received_before: cover property (@(posedge clk_i) rst_ni &&
      event_i && verdict_i.accepted && facts_i.old);
  text_in_part_received_before: cover property (@(posedge clk_i) rst_ni &&
      event_i && verdict_i.new_bytes && (twice_i.low_valid || twice_i.high_valid));
  text_of_syn_ack: cover property (@(posedge clk_i) rst_ni &&
      event_i && verdict_i.active_ok && verdict_i.new_bytes);
  sequence_numbers_wrap: cover property (@(posedge clk_i) rst_ni &&
      write_i && before_i.phase == toe_rx_pkg::PhaseSync && before_i.rcv_nxt[31] &&
      ~after_i.rcv_nxt[31]);

  // ---- FIN -----------------------------------------------------------------------------------
  fin_in_order: cover property (@(posedge clk_i) rst_ni &&
      event_i && verdict_i.fin_here && after_i.fin_rcvd && ~before_i.fin_rcvd);
  fin_ahead: cover property (@(posedge clk_i) rst_ni &&
      write_i && after_i.fin_ahead && ~before_i.fin_ahead);
  fin_ahead_is_reached: cover property (@(posedge clk_i) rst_ni &&
      write_i && before_i.fin_ahead && after_i.fin_rcvd);
  fin_at_the_edge: cover property (@(posedge clk_i) rst_ni &&
      write_i && ~before_i.fin_rcvd && after_i.fin_rcvd && verdict_i.fin_here &&
      facts_i.fin_at == before_i.edge_seq);
  fin_of_ours_acknowledged: cover property (@(posedge clk_i) rst_ni &&
      write_i && after_i.fin_acked && ~before_i.fin_acked);
  both_closed_time_wait: cover property (@(posedge clk_i) rst_ni &&
      write_i && after_i.phase == toe_rx_pkg::PhaseTimeWait && before_i.phase != after_i.phase);
  both_closed_last_ack: cover property (@(posedge clk_i) rst_ni &&
      end_i && ending_i.kind == toe_pkg::EndClosed &&
      ending_i.status == toe_contract_pkg::StatusOk);
  time_wait_begins_anew: cover property (@(posedge clk_i) rst_ni &&
      end_i && ending_i.kind == toe_pkg::EndTimeWaitAgain);

  // ---- Resets and ICMP errors ----------------------------------------------------------------
  reset_in_syn_received: cover property (@(posedge clk_i) rst_ni &&
      end_i && verdict_i.rst_hit && before_i.phase == toe_rx_pkg::PhaseSynRcvd);
  reset_in_time_wait: cover property (@(posedge clk_i) rst_ni &&
      end_i && verdict_i.rst_hit && before_i.phase == toe_rx_pkg::PhaseTimeWait);
  challenge_not_at_this_rate: cover property (@(posedge clk_i) rst_ni &&
      event_i && verdict_i.challenge && ~challenge_ok_i);

  // ---- Events of one connection close to each other ------------------------------------------
  newer_than_the_record: cover property (@(posedge clk_i) rst_ni && newer_i);
  record_of_the_last_stage: cover property (@(posedge clk_i) rst_ni && forward_i);

  logic unused_ok;
  assign unused_ok = &{1'b0, verdict_i, facts_i, twice_i, before_i, after_i, ending_i};

endmodule

bind toe_rx_engine toe_rx_engine_cover u_cover (
  .clk_i, .rst_ni, .event_i(valid[3]), .verdict_i(v4_q), .facts_i(f4_q), .twice_i(d4_q),
  .touch_i(t4_q), .run_valid_i(rv4_q), .write_i(write), .before_i(r4_q), .after_i(rec_wr),
  .no_room_i(cnt_rx_gaps_exhausted_o), .end_i(end_push), .ending_i(ending),
  .challenge_ok_i(challenge_ok), .newer_i(valid[0] && newer_valid_q),
  .forward_i(take && same[3])
);
