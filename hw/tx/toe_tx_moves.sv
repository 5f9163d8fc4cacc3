// SPDX-License-Identifier: Apache-2.0
// Second stage of the transmit engine: what an event means to loss recovery and congestion control.
// Combinational. RFC 5681, RFC 6582, RFC 6675, RFC 6298 5, RFC 8985 7, RFC 3168 6.1.2, RFC 3522,
// RFC 4821 7.

module toe_tx_moves (
  input  toe_pkg::tx_event_t     event_i,
  input  toe_tx_pkg::tx_record_t rec_i,
  input  toe_tx_pkg::tx_facts_t  facts_i,
  input  toe_tx_pkg::tx_sack_t   sack_i,
  input  toe_pkg::config_t       cfg_i,
  output toe_tx_pkg::tx_moves_t  moves_o
);

  logic handshake, open, sent;
  assign handshake = rec_i.phase == toe_tx_pkg::PhaseSynSent ||
                     rec_i.phase == toe_tx_pkg::PhaseSynRcvd;
  assign open = rec_i.phase == toe_tx_pkg::PhaseOpen;
  assign sent = handshake || open;

  // ---- Acknowledgements -----------------------------------------------------------------------
  logic is_ack, new_ack, repeated, dup, calm, enough, third, late, recovering;
  assign is_ack = event_i.kind == toe_tx_pkg::KindRx && event_i.rx.ack_valid && sent;
  assign new_ack = is_ack && facts_i.ack_new;
  // RFC 5681 2; with SACK it is one that says something new (RFC 6675 2).
  assign repeated = ~event_i.rx.has_text && facts_i.wnd_same && ~event_i.rx.established;
  assign dup = is_ack && facts_i.ack_same && facts_i.flight_any &&
               (rec_i.sack_on ? sack_i.hit : repeated);
  assign recovering = rec_i.loss.in_recovery || rec_i.loss.in_loss;
  assign calm = open && ~recovering;
  assign enough = {1'b0, rec_i.loss.dup_acks} + 5'd1 >= {1'b0, rec_i.loss.threshold};
  assign third = dup && enough && calm && (facts_i.una_past_recover || rec_i.cc.in_cwr);
  // The scoreboard said so in the last event of this connection.
  assign late = calm && facts_i.lost_pending && ~(new_ack && facts_i.ack_past_lost);

  // A path MTU probe that alone is lost is no congestion (RFC 4821 7.6.2); what else is lost while
  // it is sent again is.
  logic worse;
  assign worse = rec_i.loss.in_recovery && rec_i.search.failed && facts_i.more_lost &&
                 ~(new_ack && facts_i.ack_past_lost);

  // ---- Timers ---------------------------------------------------------------------------------
  logic due, over, expired, asked;
  assign expired = event_i.kind == toe_tx_pkg::KindTimer && sent && facts_i.expired;
  assign asked = event_i.kind == toe_tx_pkg::KindTimer && facts_i.keepalive_due;
  assign due = event_i.kind == toe_tx_pkg::KindTimer && sent && facts_i.rto_due;
  assign over = rec_i.retries >= (handshake ? cfg_i.syn_retries_max : cfg_i.retries_max);

  // ---- Congestion echoed: once in a round trip ------------------------------------------------
  logic marked;
  assign marked = is_ack && open && rec_i.ecn_on && event_i.rx.ece && facts_i.ack_valid && calm &&
                  (~rec_i.cc.in_cwr || facts_i.ack_recovers);

  always_comb begin
    moves_o.is_ack = is_ack;
    moves_o.new_ack = new_ack;
    moves_o.dup = dup;
    // A handshake has no window that could be given back.
    moves_o.undo = new_ack && open && rec_i.loss.undo_ok && recovering && facts_i.ts_older;
    moves_o.enter = third || late || worse;
    moves_o.spared = (third || late) && rec_i.search.out && facts_i.probe_alone && ~new_ack;
    moves_o.probed = new_ack && calm && rec_i.search.out && facts_i.probe_acked;
    moves_o.first_hole = third;
    moves_o.partial = new_ack && rec_i.loss.in_recovery && ~facts_i.ack_recovers;
    moves_o.leave = new_ack && rec_i.loss.in_recovery && facts_i.ack_recovers;
    moves_o.loss_left = new_ack && rec_i.loss.in_loss && facts_i.ack_recovers;
    moves_o.sampled = new_ack && (facts_i.rtt_covered || (facts_i.ts_sampled &&
        (recovering || rec_i.rtt.backoff != 4'd0 || ~rec_i.rtt.known)));
    moves_o.pto = due && rec_i.loss.pto && ~expired;
    moves_o.too_long = expired || (asked && rec_i.retries >= cfg_i.keepalive_probes);
    moves_o.dying = moves_o.too_long || (due && ~rec_i.loss.pto && over);
    moves_o.timeout = due && ~rec_i.loss.pto && ~over && ~expired && facts_i.flight_any;
    moves_o.persist = due && ~rec_i.loss.pto && ~over && ~facts_i.flight_any;
    moves_o.keepalive = asked && ~moves_o.too_long;
    moves_o.path = event_i.kind == toe_tx_pkg::KindRx && open && facts_i.path_smaller;
    moves_o.hole = moves_o.timeout && open && cfg_i.black_hole_probe && facts_i.hole_smaller &&
                   rec_i.retries >= toe_tx_pkg::HoleRetries;
    moves_o.ece = marked;
    moves_o.repaired = new_ack && calm && rec_i.loss.tlp_out && rec_i.loss.tlp_rxt &&
                       facts_i.ack_past_tlp && ~sack_i.dsack;
    moves_o.idle = event_i.kind == toe_tx_pkg::KindHost && open && ~event_i.configure &&
                   facts_i.lim_new && ~facts_i.flight_any && facts_i.idle_due &&
                   ~cfg_i.keep_window;
    // Only a window that was used may grow (RFC 7661 4.3).
    moves_o.grow = new_ack && open && ~rec_i.loss.in_recovery && ~rec_i.cc.in_cwr &&
                   facts_i.flight_half;
  end

  logic unused_ok;
  assign unused_ok = &{1'b0, event_i, rec_i, facts_i, sack_i, cfg_i};

endmodule
