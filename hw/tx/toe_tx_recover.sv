// SPDX-License-Identifier: Apache-2.0
// Second stage of the transmit engine: what counts as lost, and how far it was sent again.
// Combinational. RFC 6582, RFC 6675 5, RFC 6298 5, RFC 8985 7 (docs/decisions/0005).

module toe_tx_recover (
  input  toe_pkg::tx_event_t     event_i,
  input  toe_tx_pkg::tx_record_t rec_i,
  input  toe_tx_pkg::tx_facts_t  facts_i,
  input  toe_tx_pkg::tx_sack_t   sack_i,
  input  toe_tx_pkg::tx_moves_t  moves_i,
  input  toe_pkg::config_t       cfg_i,
  input  logic [31:0]            ts_now_i,   // our timestamp clock
  input  logic                   syn_i,      // the peer's SYN came in SYN-SENT
  output toe_tx_pkg::tx_loss_t   loss_o
);

  logic [25:0] ack, una, snd_max, mss, hole_end, hole_len, from;
  assign ack = event_i.rx.ack[25:0];
  assign una = rec_i.snd_una[25:0];
  assign snd_max = rec_i.snd_max[25:0];
  assign mss = {12'd0, rec_i.mss};
  // One segment at the new SND.UNA, for what knows of no other hole.
  assign from = moves_i.new_ack ? ack : una;
  assign hole_end = from + mss;
  assign hole_len = snd_max - hole_end;

  always_comb begin
    loss_o = rec_i.loss;
    if (event_i.kind == toe_tx_pkg::KindCtl) begin
      loss_o = '0;
      loss_o.threshold = cfg_i.dup_ack_threshold;
      loss_o.recover = event_i.ctl.iss[25:0];
      loss_o.high_rxt = event_i.ctl.iss[25:0];
      loss_o.lost_edge = event_i.ctl.iss[25:0];
      loss_o.rxt_ts = event_i.ctl.ts_val;
    end

    // ---- New data acknowledged
    if (moves_i.new_ack) begin
      loss_o.dup_acks = 4'd0;
      loss_o.probes = 3'd0;
      loss_o.force_one = 1'b0;
      loss_o.undo_ok = 1'b0;
      if (facts_i.ack_past_rxt) loss_o.high_rxt = ack;
      if (facts_i.ack_past_lost) loss_o.lost_edge = ack;
      // RecoveryPoint must not fall behind so far that its sign turns.
      if (~rec_i.loss.in_recovery && ~rec_i.loss.in_loss && ~rec_i.cc.in_cwr &&
          facts_i.una_past_recover) begin
        loss_o.recover = una;
      end
      if (facts_i.ack_tlp && (~rec_i.loss.tlp_rxt || sack_i.dsack || facts_i.ack_past_tlp)) begin
        loss_o.tlp_out = 1'b0;
      end
    end
    // The original and the probe both arrived (RFC 8985 7.4.2).
    if (moves_i.is_ack && facts_i.ack_same && facts_i.ack_tlp && rec_i.loss.tlp_rxt &&
        ~event_i.rx.has_text) begin
      loss_o.tlp_out = 1'b0;
    end
    if (moves_i.dup && rec_i.loss.dup_acks != 4'd15) begin
      loss_o.dup_acks = rec_i.loss.dup_acks + 4'd1;
    end
    // Data that arrived twice were not lost but late: wait longer next time (RFC 4653 3.1).
    if (moves_i.is_ack && sack_i.dsack && ~rec_i.loss.in_loss && ~rec_i.loss.tlp_out &&
        rec_i.loss.threshold < 4'd12) begin
      loss_o.threshold = rec_i.loss.threshold + 4'd1;
    end

    // ---- Recovery
    if (moves_i.partial) begin
      if (~rec_i.sack_on) begin
        // The next hole is lost too (RFC 6582 3.2).
        loss_o.high_rxt = ack;
        loss_o.lost_edge = hole_len[25] ? snd_max : hole_end;
        loss_o.force_one = 1'b1;
      end else if (rec_i.loss.probes != 3'd0 && ~facts_i.ack_past_rxt) begin
        // A probe got through: what was sent again before it did not.
        loss_o.high_rxt = ack;
        if (facts_i.rxt_past_lost) loss_o.lost_edge = rec_i.loss.high_rxt;
      end
    end
    if (moves_i.leave || moves_i.loss_left) begin
      loss_o.in_recovery = 1'b0;
      loss_o.in_loss = 1'b0;
      if (rec_i.loss.threshold > cfg_i.dup_ack_threshold) begin
        loss_o.threshold = rec_i.loss.threshold - 4'd1;
      end
    end
    if (moves_i.enter) begin
      loss_o.in_recovery = 1'b1;
      loss_o.recover = snd_max;
      loss_o.force_one = 1'b1;
      loss_o.undo_ok = rec_i.ts_on && ~moves_i.spared && ~rec_i.loss.in_recovery;
      loss_o.rxt_ts = ts_now_i;
      loss_o.tlp_out = 1'b0;
      if (moves_i.first_hole && ~rec_i.sack_on) begin
        loss_o.high_rxt = una;
        loss_o.lost_edge = hole_len[25] ? snd_max : hole_end;
      end
    end
    if (moves_i.ece || moves_i.repaired) loss_o.recover = snd_max;
    // All in flight goes again: after a timeout, or at once what was too large for the path, in
    // pieces that fit (RFC 1191 6.4).
    if (moves_i.timeout || moves_i.path) begin
      loss_o.in_recovery = 1'b0;
      loss_o.in_loss = 1'b1;
      loss_o.recover = snd_max;
      loss_o.high_rxt = una;
      loss_o.lost_edge = snd_max;
      loss_o.force_one = 1'b1;  // whatever the window says (RFC 9293 3.8.6: a lost update)
    end
    if (moves_i.timeout) begin
      loss_o.dup_acks = 4'd0;
      loss_o.threshold = cfg_i.dup_ack_threshold;
      loss_o.tlp_out = 1'b0;
      loss_o.tlp_due = 1'b0;
      if (~rec_i.loss.in_recovery && ~rec_i.loss.in_loss) begin
        loss_o.undo_ok = rec_i.ts_on;
        loss_o.rxt_ts = ts_now_i;
      end
    end
    if (moves_i.path) loss_o.undo_ok = 1'b0;  // that is no congestion
    if (moves_i.undo) begin
      loss_o.in_recovery = 1'b0;
      loss_o.in_loss = 1'b0;
      loss_o.force_one = 1'b0;
      loss_o.high_rxt = ack;
      loss_o.lost_edge = ack;
      loss_o.recover = una;
    end
    if (moves_i.pto) begin
      loss_o.pto = 1'b0;
      loss_o.tlp_due = 1'b1;
    end
    if (moves_i.new_ack) loss_o.tlp_due = 1'b0;
    // Simultaneous open: our SYN goes again, as SYN-ACK.
    if (syn_i && ~event_i.rx.established) begin
      loss_o.force_one = 1'b1;
      loss_o.rxt_ts = event_i.rx.ts_val;
    end
  end

  logic unused_ok;
  assign unused_ok = &{1'b0, event_i, rec_i, facts_i, sack_i, moves_i, cfg_i, hole_len};

endmodule
