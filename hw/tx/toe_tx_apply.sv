// SPDX-License-Identifier: Apache-2.0
// Second stage of the transmit engine: what an event does to the record, sending apart.
// Combinational.
// The groups of the record have modules of their own; phase, numbers, window, options and timers
// are here (RFC 9293 3.10, RFC 7323 2 and 3, RFC 6298 5).

module toe_tx_apply (
  input  toe_pkg::tx_event_t     event_i,
  input  toe_tx_pkg::tx_record_t rec_i,
  input  toe_tx_pkg::tx_facts_t  facts_i,
  input  toe_tx_pkg::tx_sack_t   sack_i,
  input  toe_pkg::config_t       cfg_i,
  input  toe_pkg::time_t         now_i,
  output toe_tx_pkg::tx_record_t rec_o,
  output toe_tx_pkg::tx_notes_t  notes_o
);

  localparam logic [15:0] DefaultMss = 16'd536;  // RFC 9293 3.7.1
  localparam logic [15:0] LeastMss = 16'd48;     // room for every option and some data

  function automatic logic [13:0] mss_of(input logic [15:0] own, input logic valid,
                                         input logic [15:0] theirs);
    logic [15:0] least;
    least = valid ? (theirs < LeastMss ? LeastMss : theirs) : DefaultMss;
    mss_of = own < least ? own[13:0] : least[13:0];
  endfunction
  // RFC 7323: a shift that lets the field show the whole ring.
  function automatic logic [3:0] scale_for(input logic [4:0] log2);
    scale_for = log2 > 5'd15 ? 4'(log2 - 5'd15) : 4'd0;
  endfunction

  logic handshake, sent, ctl, ctl_syn, rx_syn;
  assign handshake = rec_i.phase == toe_tx_pkg::PhaseSynSent ||
                     rec_i.phase == toe_tx_pkg::PhaseSynRcvd;
  assign sent = handshake || rec_i.phase == toe_tx_pkg::PhaseOpen;
  assign ctl = event_i.kind == toe_tx_pkg::KindCtl;
  assign ctl_syn = ctl && event_i.ctl.op == toe_pkg::TxCtlSyn;
  assign rx_syn = event_i.kind == toe_tx_pkg::KindRx && sent && event_i.rx.syn_valid;

  // ---- Segment size: our own is for IPv4, whose header has 20 bytes less ----------------------
  logic [13:0] mss, agreed_mss;
  logic [15:0] own;
  logic agreed;
  assign own = cfg_i.mss - (facts_i.v6 ? 16'd20 : 16'd0);
  always_comb begin
    agreed = ctl_syn || rx_syn;
    agreed_mss = mss_of(own, event_i.rx.mss_valid, event_i.rx.mss);
    if (ctl_syn) agreed_mss = mss_of(own, event_i.ctl.mss_valid, event_i.ctl.mss);
    if (ctl && (event_i.ctl.op == toe_pkg::TxCtlListen ||
                event_i.ctl.op == toe_pkg::TxCtlActive)) begin
      agreed = 1'b1;
      agreed_mss = own[13:0];
    end
  end

  // ---- Parts of the record --------------------------------------------------------------------
  toe_tx_pkg::tx_moves_t moves;
  toe_tx_pkg::tx_rtt_t rtt;
  toe_tx_pkg::tx_cc_t cc;
  toe_tx_pkg::tx_loss_t loss;
  toe_tx_pkg::tx_board_t board;
  toe_tx_pkg::tx_search_t search;
  toe_tx_pkg::tx_owed_t owed;
  logic window_opened;
  logic [31:0] ts_now;
  assign ts_now = now_i.ts_clock + {rec_i.ts_off, 16'd0};
  // The persist timer ends with the zero window.
  assign window_opened = moves.is_ack && facts_i.ack_valid && facts_i.newer &&
                         ~event_i.rx.syn_valid && facts_i.wnd_up && ~facts_i.flight_any;

  toe_tx_moves u_moves (.event_i, .rec_i, .facts_i, .sack_i, .cfg_i, .moves_o(moves));
  toe_tx_search u_search (
    .rec_i, .facts_i, .moves_i(moves), .ticks_i(now_i.ticks[27:0]), .agreed_i(agreed),
    .agreed_mss_i(agreed_mss), .mss_o(mss), .search_o(search));
  toe_tx_rtt u_rtt (
    .event_i, .rtt_i(rec_i.rtt), .facts_i, .moves_i(moves), .handshake_i(handshake),
    .window_opened_i(window_opened), .rtt_o(rtt));
  toe_tx_cwnd u_cwnd (
    .event_i, .cc_i(rec_i.cc), .facts_i, .moves_i(moves), .cfg_i, .mss_i(mss),
    .syn_lost_i(rec_i.rtt.syn_lost && ~ctl), .sack_on_i(rec_i.sack_on),
    .first_i(rec_i.retries == 8'd0), .in_recovery_i(rec_i.loss.in_recovery),
    .in_loss_i(rec_i.loss.in_loss), .failed_i(rec_i.search.failed),
    .start_i(ctl_syn || rx_syn), .cc_o(cc));
  toe_tx_recover u_recover (
    .event_i, .rec_i, .facts_i, .sack_i, .moves_i(moves), .cfg_i, .ts_now_i(ts_now),
    .syn_i(rx_syn), .loss_o(loss));
  toe_tx_board u_board (
    .board_i(rec_i.board), .sack_i, .new_ack_i(moves.new_ack),
    .hit_i(sack_i.hit && moves.is_ack), .clear_i(ctl), .board_o(board));
  toe_tx_owed u_owed (
    .event_i, .rec_i, .facts_i, .cfg_i, .now_us_i(now_i.us), .sent_phase_i(sent), .owed_o(owed));

  always_comb begin
    rec_o = rec_i;
    rec_o.rtt = rtt;
    rec_o.cc = cc;
    rec_o.loss = loss;
    rec_o.board = board;
    rec_o.search = search;
    rec_o.owed = owed;
    rec_o.mss = mss;
    notes_o = '0;
    unique case (event_i.kind)
      toe_tx_pkg::KindCtl: begin
        notes_o.kill_reset = event_i.ctl.op == toe_pkg::TxCtlKill && event_i.ctl.reset &&
                             (rec_i.phase == toe_tx_pkg::PhaseSynRcvd ||
                              rec_i.phase == toe_tx_pkg::PhaseOpen);
        rec_o.fin_req = 1'b0;
        rec_o.fin_sent = 1'b0;
        rec_o.probe = 1'b0;
        rec_o.retries = 8'd0;
        rec_o.rto_armed = 1'b0;
        rec_o.since = now_i.ticks[27:0];
        rec_o.user_timeout = 28'd0;
        rec_o.max_wnd = 30'd0;
        unique case (event_i.ctl.op)
          toe_pkg::TxCtlListen, toe_pkg::TxCtlActive: begin
            rec_o.phase = event_i.ctl.op == toe_pkg::TxCtlListen ? toe_tx_pkg::PhaseListen
                                                                 : toe_tx_pkg::PhaseSynSent;
            rec_o.ring_page = event_i.ctl.ring_page;
            rec_o.ring_log2 = event_i.ctl.ring_log2;
            rec_o.rx_ring_log2 = event_i.ctl.rx_ring_log2;
            rec_o.rcv_ws = scale_for(event_i.ctl.rx_ring_log2);
            rec_o.snd_ws = 4'd0;
            rec_o.ws_on = cfg_i.use_ws;
            rec_o.ts_on = cfg_i.use_ts;
            rec_o.sack_on = cfg_i.use_sack;
            rec_o.ecn_on = cfg_i.ecn_request;
            rec_o.snd_wnd = 30'd0;
            rec_o.nodelay = event_i.ctl.options[0];
            rec_o.keepalive = event_i.ctl.options[1];
            rec_o.quickack = event_i.ctl.options[2];
          end
          toe_pkg::TxCtlSyn: begin
            rec_o.phase = toe_tx_pkg::PhaseSynRcvd;
            rec_o.ws_on = event_i.ctl.ws_valid && cfg_i.use_ws;
            rec_o.snd_ws = event_i.ctl.ws_valid && cfg_i.use_ws ? event_i.ctl.ws : 4'd0;
            // Scaling is used both ways or not at all (RFC 7323 2.2).
            rec_o.rcv_ws = event_i.ctl.ws_valid && cfg_i.use_ws ? scale_for(rec_i.rx_ring_log2)
                                                                : 4'd0;
            rec_o.ts_on = event_i.ctl.ts_valid && cfg_i.use_ts;
            rec_o.sack_on = event_i.ctl.sack_ok && cfg_i.use_sack;
            rec_o.ecn_on = event_i.ctl.ecn_ok && cfg_i.ecn_accept;
            rec_o.snd_wnd = {14'd0, event_i.ctl.wnd};
            rec_o.snd_wl1 = event_i.ctl.irs;
            if (event_i.ctl.open) begin  // by a SYN cookie: the ACK's window, what it announced
              rec_o.phase = toe_tx_pkg::PhaseOpen;
              rec_o.snd_wnd = {14'd0, event_i.ctl.wnd} << rec_o.snd_ws;
              rec_o.rcv_ws = event_i.ctl.ws_valid ? toe_pkg::CookieWs : 4'd0;
            end
          end
          toe_pkg::TxCtlRelisten: rec_o.phase = toe_tx_pkg::PhaseListen;
          default: rec_o.phase = toe_tx_pkg::PhaseClosed;
        endcase
        if (event_i.ctl.op != toe_pkg::TxCtlKill) begin
          rec_o.iss = event_i.ctl.iss;
          rec_o.snd_una = event_i.ctl.iss + {31'd0, event_i.ctl.open};
          rec_o.snd_max = event_i.ctl.iss + {31'd0, event_i.ctl.open};
          rec_o.snd_lim = event_i.ctl.iss[25:0] + 26'd1;
          rec_o.ts_off = event_i.ctl.ts_off;
        end
      end

      toe_tx_pkg::KindRx: if (sent) begin
        if (event_i.rx.syn_valid) begin
          rec_o.ws_on = event_i.rx.ws_valid && rec_i.ws_on;
          rec_o.snd_ws = event_i.rx.ws_valid && rec_i.ws_on ? event_i.rx.ws : 4'd0;
          if (!(event_i.rx.ws_valid && rec_i.ws_on)) rec_o.rcv_ws = 4'd0;
          rec_o.ts_on = event_i.rx.ts_valid && rec_i.ts_on;
          rec_o.sack_on = event_i.rx.sack_ok && rec_i.sack_on;
          // ECE alone agrees (RFC 3168 6.1.1); ECE and CWR in a SYN that crossed ours ask.
          rec_o.ecn_on = rec_i.ecn_on && event_i.rx.ece &&
                         event_i.rx.cwr != event_i.rx.established;
          rec_o.snd_wnd = facts_i.wnd;
          rec_o.snd_wl1 = event_i.rx.seq;
          if (!event_i.rx.established) rec_o.phase = toe_tx_pkg::PhaseSynRcvd;
        end
        if (event_i.rx.established) begin
          rec_o.phase = toe_tx_pkg::PhaseOpen;
          notes_o.report = 1'b1;
        end
        // What a closed window holds back waits, however often the peer says so.
        if (moves.new_ack || (~facts_i.flight_any && ~rec_i.rto_armed &&
            (event_i.rx.ack_valid || event_i.rx.want_ack != toe_pkg::AckNone))) begin
          rec_o.since = now_i.ticks[27:0];
        end
        if (moves.new_ack) begin
          rec_o.snd_una = event_i.rx.ack;
          rec_o.retries = 8'd0;
          rec_o.probe = 1'b0;
          rec_o.rto_armed = ~facts_i.ack_all;
          notes_o.rearm = 1'b1;
          notes_o.report = 1'b1;
        end
        if (moves.is_ack && facts_i.ack_valid) begin
          // The peer lives: a zero window never ends a connection (RFC 9293 3.8.6.1).
          if (!facts_i.flight_any || facts_i.wnd == 30'd0) rec_o.retries = 8'd0;
          if (facts_i.newer && !event_i.rx.syn_valid) begin
            rec_o.snd_wnd = facts_i.wnd;
            rec_o.snd_wl1 = event_i.rx.seq;
            if (window_opened) begin
              rec_o.rto_armed = 1'b0;
              rec_o.probe = 1'b0;
            end
          end
        end
      end

      toe_tx_pkg::KindHost: if (event_i.configure) begin
        rec_o.nodelay = event_i.options[0];
        rec_o.keepalive = event_i.options[1];
        rec_o.quickack = event_i.options[2];
        rec_o.user_timeout = toe_tx_pkg::bounded(event_i.offset);
      end else if (sent || rec_i.phase == toe_tx_pkg::PhaseListen) begin
        if (facts_i.lim_bad) begin
          notes_o.bad_offset = 1'b1;
        end else if (facts_i.lim_new || facts_i.lim_same) begin
          if (facts_i.lim_new) rec_o.snd_lim = facts_i.lim[25:0];
          if (event_i.fin && rec_i.phase != toe_tx_pkg::PhaseListen) rec_o.fin_req = 1'b1;
        end
      end

      toe_tx_pkg::KindTimer: if (moves.dying) begin
        rec_o.phase = toe_tx_pkg::PhaseDying;
        rec_o.rto_armed = 1'b0;
        rec_o.owed.owed = 1'b0;
        notes_o.ending = 1'b1;
        notes_o.timed_out = ~moves.too_long;
        notes_o.too_long = moves.too_long;
        notes_o.end_kind = rec_i.phase == toe_tx_pkg::PhaseSynRcvd ? toe_pkg::EndHandshake
                                                                   : toe_pkg::EndClosed;
      end else if (moves.timeout || moves.persist) begin
        rec_o.retries = rec_i.retries + 8'd1;
        // Some drop a SYN that asks for ECN: the third asks no more (RFC 3168 6.1.1.1).
        if (rec_i.phase == toe_tx_pkg::PhaseSynSent && rec_i.retries != 8'd0) begin
          rec_o.ecn_on = 1'b0;
        end
        if (moves.persist) rec_o.probe = 1'b1;
      end else if (moves.keepalive) begin
        rec_o.retries = rec_i.retries + 8'd1;
        rec_o.since = now_i.ticks[27:0];
        rec_o.probe = 1'b1;
        notes_o.keepalive = 1'b1;
      end

      default: ;
    endcase

    if (moves.timeout || moves.persist || moves.pto) notes_o.rearm = 1'b1;
    notes_o.path = moves.path || moves.hole;
    notes_o.rto_fired = moves.timeout;
    notes_o.fast = moves.enter;
    notes_o.dup = moves.dup;
    notes_o.first_hole = moves.first_hole;
    notes_o.undone = moves.undo;
    notes_o.dsack = sack_i.dsack && moves.is_ack;
    notes_o.idle = moves.idle && rec_i.cc.cwnd != cc.cwnd;

    notes_o.cc_valid = 1'b1;
    notes_o.cc_op = toe_pkg::CcAck;
    if (ctl || (event_i.kind == toe_tx_pkg::KindHost && event_i.configure)) begin
      notes_o.cc_op = toe_pkg::CcReset;
    end else if (moves.undo) begin
      notes_o.cc_op = toe_pkg::CcUndo;
    end else if (moves.timeout) begin
      notes_o.cc_op = toe_pkg::CcTimeout;
    end else if ((moves.enter && ~moves.spared && ~rec_i.cc.in_cwr) || moves.repaired ||
                 (moves.ece && rec_i.cc.cc != toe_tx_pkg::CcDctcp)) begin
      notes_o.cc_op = toe_pkg::CcLoss;
    end else if (moves.idle) begin
      notes_o.cc_op = toe_pkg::CcIdle;
    end else if (~(moves.new_ack && rec_i.phase == toe_tx_pkg::PhaseOpen)) begin
      notes_o.cc_valid = 1'b0;
    end
    notes_o.acked = moves.new_ack ? facts_i.acked : 26'd0;
    notes_o.flight = facts_i.flight;
    notes_o.cwnd = rec_i.cc.cwnd;
    notes_o.ece = moves.is_ack && rec_i.ecn_on && event_i.rx.ece;
  end

  logic unused_ok;
  assign unused_ok = &{1'b0, event_i, facts_i, sack_i, cfg_i, now_i, moves};

endmodule
