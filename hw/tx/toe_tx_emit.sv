// SPDX-License-Identifier: Apache-2.0
// Last stage of the transmit engine: sends at most one segment, if the connection has its turn or
// waits for none, puts the connection on the ready queue when something remains, and sets its
// timer. Combinational.
// Order of preference: retransmission, handshake, new data, window probe, acknowledgement.

module toe_tx_emit (
  input  logic                   valid_i,
  input  toe_pkg::tx_event_t  event_i,
  input  toe_tx_pkg::tx_record_t rec_i,
  input  toe_tx_pkg::tx_plan_t   plan_i,
  input  toe_tx_pkg::tx_notes_t  notes_i,
  input  toe_pkg::rx_shadow_t    rx_i,
  input  toe_pkg::tuple_t        tuple_i,
  input  toe_pkg::config_t       cfg_i,
  input  logic [31:0]            now_us_i,

  output toe_tx_pkg::tx_record_t rec_o,
  output logic                   seg_valid_o,
  output toe_pkg::tx_segment_t   seg_o,
  output logic                   ready_push_o,
  output logic                   report_valid_o,
  output toe_pkg::tx_report_t    report_o,
  output logic                   end_valid_o,
  output toe_pkg::end_t          end_o,
  output logic                   timer_armed_o,
  output logic [31:0]            timer_at_o,
  output logic                   retransmit_o,
  output logic                   probe_o
);

  logic turn, open, handshake, flight;
  assign turn = valid_i && (event_i.turn || (event_i.may_send && ~rec_i.queued));
  assign open = rec_i.phase == toe_tx_pkg::PhaseOpen;
  assign handshake = rec_i.phase == toe_tx_pkg::PhaseSynSent ||
                     rec_i.phase == toe_tx_pkg::PhaseSynRcvd;
  assign flight = rec_i.snd_max != rec_i.snd_una;

  // ---- What wants to leave --------------------------------------------------------------------
  logic want_re, want_syn, want_data, want_probe, want_ack, want;
  assign want_re = open && rec_i.rexmit && flight;
  assign want_syn = handshake && (rec_i.snd_nxt == rec_i.iss ||
                    (rec_i.ack_now && rec_i.phase == toe_tx_pkg::PhaseSynRcvd));
  assign want_data = plan_i.data;
  assign want_probe = open && rec_i.probe && ~flight;
  assign want_ack = open && (rec_i.ack_now || plan_i.wnd_update);
  assign want = want_re || want_syn || want_data || want_probe || want_ack;

  logic do_re, do_syn, do_data, do_probe, do_ack, send, rst;
  assign do_re = turn && want_re;
  assign do_syn = turn && want_syn;
  assign do_data = turn && ~want_re && want_data;
  assign do_probe = turn && ~want_re && ~want_data && want_probe;
  assign do_ack = turn && ~want_re && ~want_data && ~want_probe && want_ack;
  assign send = do_re || do_syn || do_data || do_probe || do_ack;
  assign rst = valid_i && notes_i.kill_reset;

  // ---- The segment ----------------------------------------------------------------------------
  logic [31:0] seq, after, past_max, offset, ahead;
  logic [15:0] len, wnd;
  logic fin, syn;
  assign syn = do_syn;
  assign fin = (do_data && plan_i.fin) || (do_re && plan_i.re_fin);
  assign len = do_data ? plan_i.len : (do_re ? plan_i.re_len : 16'd0);
  always_comb begin
    seq = rec_i.snd_max;
    if (do_re) seq = rec_i.snd_una;
    if (do_syn) seq = rec_i.iss;
    if (do_data || rst) seq = rec_i.snd_nxt;
    if (do_probe) seq = rec_i.snd_una - 32'd1;
  end
  assign after = seq + {16'd0, len} + {31'd0, syn} + {31'd0, fin};
  assign past_max = after - rec_i.snd_max;
  assign ahead = rec_i.snd_max - rec_i.snd_nxt;
  assign offset = seq - rec_i.iss - 32'd1;
  // A window already announced is never taken back: the field is rounded up then. SYN segments
  // announce the whole ring, unscaled.
  logic round_up;
  assign round_up = plan_i.adv_below && plan_i.wnd_floor != 16'hffff;
  assign wnd = syn ? (rec_i.rx_ring_log2 > 5'd15 ? 16'hffff : 16'd1 << rec_i.rx_ring_log2)
                   : plan_i.wnd_floor + {15'd0, round_up};
  logic [23:0] mask;
  assign mask = 24'((32'd1 << rec_i.ring_log2) - 32'd1);

  always_comb begin
    seg_o.tuple = tuple_i;
    seg_o.seq = seq;
    seg_o.ack = rx_i.rcv_nxt;
    if (rec_i.phase == toe_tx_pkg::PhaseSynSent) seg_o.ack = 32'd0;
    // The receive engine may still be on its way to SYN-RECEIVED; SND.WL1 is IRS then.
    if (rec_i.phase == toe_tx_pkg::PhaseSynRcvd) seg_o.ack = rec_i.snd_wl1 + 32'd1;
    seg_o.wnd = rst ? 16'd0 : wnd;
    seg_o.flags = 8'd0;
    seg_o.flags[toe_pkg::FlagFin] = fin;
    seg_o.flags[toe_pkg::FlagSyn] = syn;
    seg_o.flags[toe_pkg::FlagRst] = rst;
    seg_o.flags[toe_pkg::FlagPsh] = len != 16'd0 && ~plan_i.more;
    seg_o.flags[toe_pkg::FlagAck] = rec_i.phase != toe_tx_pkg::PhaseSynSent;
    seg_o.mss_valid = syn;
    seg_o.mss = cfg_i.mss;
    seg_o.ws_valid = syn && rec_i.ws_on;  // a SYN-ACK offers scaling only if the SYN did
    seg_o.ws = rec_i.rcv_ws;
    seg_o.sack_ok = 1'b0;
    seg_o.ts_valid = 1'b0;
    seg_o.ts_val = 32'd0;
    seg_o.ts_ecr = 32'd0;
    seg_o.sack_count = 3'd0;
    seg_o.sack = 256'd0;
    seg_o.ecn = toe_pkg::EcnNotEct;
    seg_o.ring_page = rec_i.ring_page;
    seg_o.ring_log2 = rec_i.ring_log2;
    seg_o.ring_offset = offset[23:0] & mask;
    seg_o.len = len;
  end
  assign seg_valid_o = send || rst;

  // ---- Next record ----------------------------------------------------------------------------
  logic stays, persist;
  assign stays = do_re || do_probe || (do_data && plan_i.more);
  assign persist = open && ~flight && plan_i.waiting && ~plan_i.data && ~rec_i.rto_armed;
  always_comb begin
    rec_o = rec_i;
    if (do_re) rec_o.rexmit = 1'b0;
    if (do_probe || do_data) rec_o.probe = 1'b0;
    if (do_syn || do_data) begin
      rec_o.snd_nxt = after;
      if (~past_max[31]) rec_o.snd_max = after;
      if (fin) rec_o.fin_sent = 1'b1;
      if (~rec_i.rtt_running && rec_i.snd_nxt == rec_i.snd_max) begin
        rec_o.rtt_running = 1'b1;
        rec_o.rtt_seq = rec_i.snd_nxt;
        rec_o.rtt_start = now_us_i;
      end
    end
    if (notes_i.rearm || persist || do_re || ((do_syn || do_data) && ~rec_i.rto_armed)) begin
      rec_o.rto_armed = 1'b1;
      rec_o.rto_at = now_us_i + plan_i.rto_backed;
    end
    // A retransmission counts on the data already sent, so SND.NXT moves only if it went back.
    if (do_re && rec_i.snd_nxt == rec_i.snd_una) rec_o.snd_nxt = after;
    if (rec_i.snd_wnd > rec_i.max_wnd) rec_o.max_wnd = rec_i.snd_wnd;
    if (send) begin
      rec_o.last_ack = seg_o.ack;
      rec_o.ack_now = 1'b0;
      rec_o.ack_owed = 1'b0;
    end
    if (send && open) begin
      rec_o.adv_edge = round_up ? plan_i.adv_floor + (32'd1 << rec_i.rcv_ws) : plan_i.adv_floor;
    end
    rec_o.queued = (rec_i.queued && ~turn) || ready_push_o;
  end
  assign ready_push_o = valid_i && (turn ? stays : (want && ~rec_i.queued));

  // ---- Messages -------------------------------------------------------------------------------
  logic fin_first, fin_acked;
  assign fin_first = fin && ~rec_i.fin_sent;
  assign fin_acked = rec_i.fin_sent && ~flight;
  assign report_valid_o = valid_i && (notes_i.report || notes_i.bad_offset || fin_first);
  always_comb begin
    report_o.conn = event_i.conn;
    report_o.acked = rec_i.snd_una == rec_i.iss ? 32'd0
        : rec_i.snd_una - rec_i.iss - 32'd1 - {31'd0, fin_acked};
    report_o.fin_sent = rec_o.fin_sent;
    report_o.fin_acked = fin_acked;
    report_o.bad_offset = notes_i.bad_offset;
    end_o.kind = notes_i.end_kind;
    end_o.conn = event_i.conn;
    end_o.status = toe_contract_pkg::StatusTimedOut;
  end
  assign end_valid_o = valid_i && notes_i.ending;

  logic [31:0] sooner;
  assign sooner = rec_o.rto_at - rec_o.ack_at;
  assign timer_armed_o = rec_o.rto_armed || rec_o.ack_owed;
  assign timer_at_o = rec_o.rto_armed && (~rec_o.ack_owed || sooner[31]) ? rec_o.rto_at
                                                                         : rec_o.ack_at;

  assign retransmit_o = do_re || (do_data && ahead != 32'd0) ||
                        (do_syn && rec_i.snd_max != rec_i.iss);
  assign probe_o = do_probe;

  logic unused_ok;
  assign unused_ok = &{1'b0, event_i, plan_i, notes_i, rx_i, cfg_i, offset, past_max, sooner};

endmodule
