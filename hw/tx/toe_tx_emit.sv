// SPDX-License-Identifier: Apache-2.0
// Fourth stage of the transmit engine: sends at most one segment, if the connection has its turn or
// there was room for one, puts the connection on the ready queue when something remains, and writes
// the record back. Combinational.
// Order of preference: handshake, what was lost, loss probe, new data, window probe,
// acknowledgement.

module toe_tx_emit (
  input  logic                   valid_i,
  input  toe_pkg::tx_event_t     event_i,
  input  toe_tx_pkg::tx_record_t rec_i,
  input  toe_tx_pkg::tx_plan_t   plan_i,
  input  toe_tx_pkg::tx_notes_t  notes_i,
  input  logic [31:0]            rcv_nxt_i,
  input  toe_pkg::config_t       cfg_i,
  input  toe_pkg::time_t         now_i,

  output toe_tx_pkg::tx_record_t rec_o,
  output toe_tx_pkg::tx_out_t    out_o,
  output logic                   ready_push_o,
  output logic                   retransmit_o,
  output logic                   sack_retransmit_o,
  output logic                   loss_probe_o,
  output logic                   probe_o,
  output logic                   dsack_o
);

  logic turn, waits, open, handshake, flight, syn_again;
  assign turn = valid_i && (event_i.turn || event_i.may_send);
  assign waits = rec_i.queued && ~event_i.turn;  // its place in the ready queue stays
  assign open = rec_i.phase == toe_tx_pkg::PhaseOpen;
  assign handshake = rec_i.phase == toe_tx_pkg::PhaseSynSent ||
                     rec_i.phase == toe_tx_pkg::PhaseSynRcvd;
  assign flight = rec_i.snd_max != rec_i.snd_una;
  assign syn_again = rec_i.snd_max != rec_i.iss;

  // ---- What wants to leave --------------------------------------------------------------------
  // The congestion window holds back what is new and all that is sent again but its first segment.
  logic [27:0] re_after, new_after;
  logic re_fits, new_fits;
  assign re_after = plan_i.headroom - {14'd0, plan_i.re_len} - {27'd0, plan_i.re_fin};
  assign new_after = plan_i.headroom - {14'd0, plan_i.len} - {27'd0, plan_i.fin};
  assign re_fits = ~re_after[27] && plan_i.re_room;
  assign new_fits = ~new_after[27];

  logic want_split, do_split;
  logic want_syn, want_re, want_tlp, want_data, want_probe, want_ack, want, tlp_new;
  assign want_syn = handshake && (~syn_again || rec_i.loss.force_one ||
                    (rec_i.owed.now && rec_i.phase == toe_tx_pkg::PhaseSynRcvd));
  assign want_split = open && rec_i.owed.split;
  assign want_re = plan_i.lost && flight && (rec_i.loss.force_one || re_fits);
  assign want_tlp = open && rec_i.loss.tlp_due && flight;
  assign tlp_new = plan_i.tlp_new;
  assign want_data = plan_i.data && (new_fits || (want_tlp && tlp_new));
  assign want_probe = open && rec_i.probe && ~flight;
  // With a connection opened by a SYN cookie the receive engine's window is still to come.
  assign want_ack = open && (rec_i.owed.now ||
                             (plan_i.wnd_update && event_i.kind != toe_tx_pkg::KindCtl));
  assign want = want_syn || want_split || want_re || want_tlp || want_data || want_probe ||
                want_ack;

  logic do_syn, do_re, do_tlp, do_data, do_probe, do_ack, send, rst;
  logic go;
  assign go = turn && ~want_split && ~want_syn;
  assign do_syn = turn && want_syn;
  assign do_split = turn && want_split;
  assign do_re = go && want_re;
  assign do_tlp = go && ~want_re && want_tlp && ~tlp_new;
  assign do_data = go && ~want_re && ~(want_tlp && ~tlp_new) && want_data;
  assign do_probe = go && ~want_re && ~want_tlp && ~want_data && want_probe;
  assign do_ack = go && ~want_re && ~want_tlp && ~want_data && ~want_probe && want_ack;
  assign send = do_syn || do_split || do_re || do_tlp || do_data || do_probe || do_ack;
  assign rst = valid_i && notes_i.kill_reset;

  // ---- The segment ----------------------------------------------------------------------------
  logic [13:0] len;
  logic [25:0] after;
  logic fin;
  assign fin = (do_data && plan_i.fin) || (do_re && plan_i.re_fin) || (do_tlp && plan_i.tlp_fin);
  assign len = do_data ? plan_i.len
             : (do_re ? plan_i.re_len : (do_tlp ? plan_i.tlp_len : 14'd0));
  always_comb begin
    out_o.send = send || rst;
    out_o.rst = rst;
    out_o.syn = do_syn;
    out_o.fin = fin;
    out_o.psh = len != 14'd0 && ~(do_data && plan_i.more) && ~(do_re && ~last_of_re) &&
                ~(do_tlp && ~last_of_tlp);
    out_o.retransmit = do_re || do_tlp || (do_syn && syn_again);
    // The sequence number: base and how far ahead of it.
    out_o.base = rec_i.snd_max;
    out_o.ahead = 26'd0;
    if (do_re) begin
      out_o.base = rec_i.snd_una;
      out_o.ahead = plan_i.re_at - rec_i.snd_una[25:0];
    end
    if (do_tlp) begin
      out_o.base = rec_i.snd_una;
      out_o.ahead = plan_i.tlp_at - rec_i.snd_una[25:0];
    end
    if (do_syn) out_o.base = rec_i.iss;
    if (do_probe) out_o.base = rec_i.snd_una - 32'd1;
    out_o.len = len;
    out_o.wnd = rst ? 16'd0 : plan_i.wnd;
    // SYN segments announce the whole ring, unscaled.
    if (do_syn) begin
      out_o.wnd = rec_i.rx_ring_log2 > 5'd15 ? 16'hffff : 16'd1 << rec_i.rx_ring_log2;
    end
    out_o.sack_count = send && open ? plan_i.sack_count : 3'd0;
    out_o.dsack = rec_i.owed.dsack_valid;
    // A SYN asks with both, a SYN-ACK agrees with ECE (RFC 3168 6.1.1).
    out_o.ece = rec_i.ecn_on && (do_syn || (open && ~rst && rec_i.owed.ece != do_split));
    out_o.cwr = rec_i.ecn_on && (do_syn ? rec_i.phase == toe_tx_pkg::PhaseSynSent
                                        : do_data && rec_i.cc.cwr_due);
    out_o.split = do_split;
    out_o.ect = do_data && rec_i.ecn_on && len != 14'd0;
    out_o.fin_first = fin && ~rec_i.fin_sent;
  end
  // Sent again up to the last byte that the host has provided.
  logic [25:0] re_left, tlp_left;
  logic last_of_re, last_of_tlp;
  assign re_left = rec_i.snd_lim - plan_i.re_at;
  assign tlp_left = rec_i.snd_lim - plan_i.tlp_at;
  assign last_of_re = re_left == {12'd0, plan_i.re_len};
  assign last_of_tlp = tlp_left == {12'd0, plan_i.tlp_len};
  assign after = (do_re ? plan_i.re_at : plan_i.tlp_at) + {12'd0, len} + {25'd0, fin};

  // ---- Timer ----------------------------------------------------------------------------------
  // The probe timeout where it is sooner than the retransmission timeout; a lone segment's
  // acknowledgement may be delayed (RFC 8985 7.2).
  logic persist, restart, use_pto;
  logic [31:0] pto, wait_us;
  assign persist = open && ~flight && plan_i.waiting && ~plan_i.data && ~rec_i.rto_armed;
  assign restart = persist || do_re || do_tlp ||
                   ((do_syn || do_data) && (~rec_i.rto_armed || rec_i.loss.pto));
  assign pto = plan_i.pto +
      ((do_data ? ~flight : plan_i.flight_one) ? {12'd0, cfg_i.delayed_ack_us} : 32'd0);
  assign use_pto = plan_i.pto_ok && (flight || do_data) && pto < plan_i.rto_backed && ~persist;
  assign wait_us = use_pto ? pto : plan_i.rto_backed;

  // ---- Next record ----------------------------------------------------------------------------
  logic stays, probe_left, take_last_hole;
  assign stays = do_split || do_re || (do_data && plan_i.more) || plan_i.recheck || take_last_hole;
  assign probe_left = do_tlp || (do_data && want_tlp);
  // NextSeg() rule 3 (RFC 6675 4): nothing else may leave, so what is below the highest block does.
  assign take_last_hole = valid_i && plan_i.last_hole && ~plan_i.headroom[27] &&
                          plan_i.headroom != 28'd0;
  always_comb begin
    rec_o = rec_i;
    if (do_syn || do_data) begin
      if (~(do_syn && syn_again)) begin
        rec_o.snd_max = rec_i.snd_max + {18'd0, len} + {31'd0, do_syn} + {31'd0, fin};
      end
      if (~flight) rec_o.since = now_i.ticks[27:0];
      if (fin) rec_o.fin_sent = 1'b1;
      if (~rec_i.rtt.running && ~(do_syn && syn_again)) begin
        rec_o.rtt.running = 1'b1;
        rec_o.rtt.seq = do_syn ? rec_i.iss[25:0] : rec_i.snd_max[25:0];
        rec_o.rtt.start = now_i.us[25:0];
      end
      rec_o.probe = 1'b0;
    end
    if (do_data) rec_o.cc.cwr_due = 1'b0;
    if (do_data && plan_i.search) begin
      rec_o.search.out = 1'b1;
      rec_o.search.first = rec_i.snd_max[25:0];
      rec_o.search.past = rec_o.snd_max[25:0];
    end
    if (do_probe) rec_o.probe = 1'b0;
    if (do_syn) rec_o.loss.force_one = 1'b0;
    if (do_re || do_tlp) rec_o.rtt.running = 1'b0;  // Karn
    if (do_re) begin
      rec_o.loss.force_one = 1'b0;
      rec_o.loss.high_rxt = after;
      rec_o.loss.rxt_max = rec_i.snd_max[25:0];
    end
    if (do_tlp && plan_i.tlp_at == rec_i.loss.high_rxt) begin
      rec_o.loss.high_rxt = after;
      rec_o.loss.rxt_max = rec_i.snd_max[25:0];
    end
    if (probe_left) begin
      rec_o.loss.tlp_due = 1'b0;
      rec_o.loss.tlp_out = ~rec_i.loss.in_recovery;
      rec_o.loss.tlp_rxt = do_tlp || (rec_i.loss.tlp_out && rec_i.loss.tlp_rxt);
      rec_o.loss.tlp_end = rec_o.snd_max[25:0];
      rec_o.loss.probes = rec_i.loss.probes + 3'd1;
    end
    if (take_last_hole) rec_o.loss.lost_edge = plan_i.last_edge;
    if (notes_i.rearm || restart) begin
      rec_o.rto_at = now_i.us + wait_us;
      rec_o.loss.pto = use_pto;
    end
    if (restart) rec_o.rto_armed = 1'b1;
    if (persist) rec_o.since = now_i.ticks[27:0];
    if (rec_i.snd_wnd > rec_i.max_wnd) rec_o.max_wnd = rec_i.snd_wnd;
    if (do_split) begin
      rec_o.owed.split = 1'b0;
    end else if (send) begin
      rec_o.owed.last = rcv_nxt_i;
      if (rec_i.phase == toe_tx_pkg::PhaseSynRcvd) rec_o.owed.last = rec_i.snd_wl1 + 32'd1;
      rec_o.owed.now = 1'b0;
      rec_o.owed.owed = 1'b0;
      if (open) begin
        rec_o.owed.adv_edge = plan_i.adv_edge;
        rec_o.owed.dsack_valid = 1'b0;
      end
    end
    rec_o.queued = waits || ready_push_o;
  end
  assign ready_push_o = valid_i && ~waits &&
                        (turn ? stays : want || plan_i.recheck || take_last_hole);

  assign retransmit_o = do_re || do_tlp || (do_syn && syn_again);
  assign sack_retransmit_o = do_re && rec_i.board.valid != '0;
  assign loss_probe_o = probe_left;
  assign probe_o = do_probe && plan_i.waiting;
  assign dsack_o = send && open && rec_i.owed.dsack_valid && plan_i.sack_count != 3'd0;

  logic unused_ok;
  assign unused_ok = &{1'b0, event_i, plan_i, notes_i, cfg_i, now_i, re_after, new_after};

endmodule
