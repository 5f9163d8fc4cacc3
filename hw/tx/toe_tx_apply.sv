// SPDX-License-Identifier: Apache-2.0
// Second stage of the transmit engine: what an event does to the record, sending apart.
// Acknowledgements: RFC 9293 3.10.7.4 step 5, NewReno RFC 5681 and RFC 6582. Timeouts: RFC 6298 5.

module toe_tx_apply (
  input  toe_pkg::tx_event_t  event_i,
  input  toe_tx_pkg::tx_record_t rec_i,
  input  toe_tx_pkg::tx_facts_t  facts_i,
  input  toe_pkg::config_t       cfg_i,
  input  logic [31:0]            now_us_i,
  output toe_tx_pkg::tx_record_t rec_o,
  output toe_tx_pkg::tx_notes_t  notes_o
);

  localparam logic [15:0] DefaultMss = 16'd536;  // RFC 9293 3.7.1

  function automatic logic [15:0] smaller(input logic [15:0] a, input logic [15:0] b);
    smaller = a < b ? a : b;
  endfunction
  // RFC 7323: a shift that lets the field show the whole ring.
  function automatic logic [3:0] scale_for(input logic [4:0] log2);
    scale_for = log2 > 5'd15 ? 4'(log2 - 5'd15) : 4'd0;
  endfunction

  logic handshake_phase, sent_phase;
  assign handshake_phase = rec_i.phase == toe_tx_pkg::PhaseSynSent ||
                           rec_i.phase == toe_tx_pkg::PhaseSynRcvd;
  assign sent_phase = handshake_phase || rec_i.phase == toe_tx_pkg::PhaseOpen;

  logic [15:0] ctl_mss, rx_mss, grown;
  assign ctl_mss = smaller(cfg_i.mss, event_i.ctl.mss_valid ? event_i.ctl.mss : DefaultMss);
  assign rx_mss = smaller(cfg_i.mss, event_i.rx.mss_valid ? event_i.rx.mss : DefaultMss);
  assign grown = facts_i.acked > {16'd0, rec_i.mss} ? rec_i.mss : facts_i.acked[15:0];

  logic [31:0] half_flight, two_mss, ssthresh_new, delta_abs, credit_sum;
  assign half_flight = {1'b0, facts_i.flight[31:1]};
  assign two_mss = {15'd0, rec_i.mss, 1'b0};
  assign ssthresh_new = half_flight > two_mss ? half_flight : two_mss;
  assign delta_abs = facts_i.delta[31] ? 32'd0 - facts_i.delta : facts_i.delta;
  assign credit_sum = rec_i.credit + facts_i.acked;

  logic is_ack, dup, third;
  assign is_ack = event_i.kind == toe_tx_pkg::KindRx && event_i.rx.ack_valid && sent_phase;
  assign dup = is_ack && facts_i.ack_same && facts_i.flight_any && ~event_i.rx.has_text &&
               facts_i.wnd_same && ~event_i.rx.established;
  assign third = dup && rec_i.dup_acks == 2'd2 && ~rec_i.in_recovery && facts_i.una_past_recover;

  logic retries_over;
  assign retries_over = rec_i.retries >= (handshake_phase ? cfg_i.syn_retries_max
                                                          : cfg_i.retries_max);

  always_comb begin
    rec_o = rec_i;
    notes_o = '0;
    unique case (event_i.kind)
      toe_tx_pkg::KindCtl: begin
        notes_o.kill_reset = event_i.ctl.op == toe_pkg::TxCtlKill && event_i.ctl.reset &&
                             (rec_i.phase == toe_tx_pkg::PhaseSynRcvd ||
                              rec_i.phase == toe_tx_pkg::PhaseOpen);
        rec_o.fin_req = 1'b0;
        rec_o.fin_sent = 1'b0;
        rec_o.dup_acks = 2'd0;
        rec_o.in_recovery = 1'b0;
        rec_o.rexmit = 1'b0;
        rec_o.probe = 1'b0;
        rec_o.rtt_known = 1'b0;
        rec_o.rtt_running = 1'b0;
        rec_o.backoff = 4'd0;
        rec_o.retries = 8'd0;
        rec_o.rto_armed = 1'b0;
        rec_o.ack_now = 1'b0;
        rec_o.ack_owed = 1'b0;
        rec_o.rto = cfg_i.rto_initial_us;
        rec_o.credit = 32'd0;
        rec_o.max_wnd = 32'd0;
        rec_o.ssthresh = 32'h3fff_ffff;
        unique case (event_i.ctl.op)
          toe_pkg::TxCtlListen, toe_pkg::TxCtlActive: begin
            rec_o.phase = event_i.ctl.op == toe_pkg::TxCtlListen ? toe_tx_pkg::PhaseListen
                                                                 : toe_tx_pkg::PhaseSynSent;
            rec_o.ring_page = event_i.ctl.ring_page;
            rec_o.ring_log2 = event_i.ctl.ring_log2;
            rec_o.rx_ring_log2 = event_i.ctl.rx_ring_log2;
            rec_o.rcv_ws = scale_for(event_i.ctl.rx_ring_log2);
            rec_o.snd_ws = 4'd0;
            rec_o.ws_on = 1'b1;
            rec_o.mss = cfg_i.mss;
            rec_o.snd_wnd = 32'd0;
          end
          toe_pkg::TxCtlSyn: begin
            rec_o.phase = toe_tx_pkg::PhaseSynRcvd;
            rec_o.mss = ctl_mss;
            rec_o.snd_ws = event_i.ctl.ws_valid ? event_i.ctl.ws : 4'd0;
            // Scaling is used both ways or not at all (RFC 7323 2.2).
            rec_o.rcv_ws = event_i.ctl.ws_valid ? scale_for(rec_i.rx_ring_log2) : 4'd0;
            rec_o.ws_on = event_i.ctl.ws_valid;
            rec_o.snd_wnd = {16'd0, event_i.ctl.wnd};
            rec_o.snd_wl1 = event_i.ctl.irs;
            rec_o.snd_wl2 = event_i.ctl.iss;
            // As if the whole ring had been announced, so that no window update follows at once.
            rec_o.adv_edge = event_i.ctl.irs + 32'd1 + (32'd1 << rec_i.rx_ring_log2);
            rec_o.cwnd = 32'(cfg_i.initial_window) * 32'(ctl_mss);
            if (event_i.ctl.open) begin  // by a SYN cookie: the ACK's window, what it announced
              rec_o.phase = toe_tx_pkg::PhaseOpen;
              rec_o.snd_wnd = {16'd0, event_i.ctl.wnd} << rec_o.snd_ws;
              rec_o.rcv_ws = event_i.ctl.ws_valid ? toe_pkg::CookieWs : 4'd0;
            end
          end
          toe_pkg::TxCtlRelisten: rec_o.phase = toe_tx_pkg::PhaseListen;
          default: rec_o.phase = toe_tx_pkg::PhaseClosed;
        endcase
        if (event_i.ctl.op != toe_pkg::TxCtlKill) begin
          rec_o.iss = event_i.ctl.iss;
          rec_o.snd_una = event_i.ctl.iss + {31'd0, event_i.ctl.open};
          rec_o.snd_nxt = event_i.ctl.iss + {31'd0, event_i.ctl.open};
          rec_o.snd_max = event_i.ctl.iss + {31'd0, event_i.ctl.open};
          rec_o.snd_lim = event_i.ctl.iss + 32'd1;
          rec_o.recover = event_i.ctl.iss;
        end
      end

      toe_tx_pkg::KindRx: if (sent_phase) begin
        if (event_i.rx.syn_valid) begin
          rec_o.mss = rx_mss;
          rec_o.snd_ws = event_i.rx.ws_valid ? event_i.rx.ws : 4'd0;
          if (!event_i.rx.ws_valid) rec_o.rcv_ws = 4'd0;
          rec_o.ws_on = event_i.rx.ws_valid;
          rec_o.adv_edge = event_i.rx.seq + 32'd1 + (32'd1 << rec_i.rx_ring_log2);
          rec_o.cwnd = 32'(cfg_i.initial_window) * 32'(rx_mss);
          rec_o.snd_wnd = facts_i.wnd;
          rec_o.snd_wl1 = event_i.rx.seq;
          rec_o.snd_wl2 = event_i.rx.ack;
          if (!event_i.rx.established) begin
            rec_o.phase = toe_tx_pkg::PhaseSynRcvd;
            rec_o.snd_nxt = rec_i.iss;
          end
        end
        if (event_i.rx.established) begin
          rec_o.phase = toe_tx_pkg::PhaseOpen;
          notes_o.report = 1'b1;
        end
        if (is_ack && facts_i.ack_new) begin
          rec_o.snd_una = event_i.rx.ack;
          if (facts_i.ack_past_nxt) rec_o.snd_nxt = event_i.rx.ack;
          rec_o.backoff = 4'd0;
          rec_o.retries = 8'd0;
          rec_o.probe = 1'b0;
          rec_o.rexmit = 1'b0;
          rec_o.dup_acks = 2'd0;
          rec_o.rto_armed = ~facts_i.ack_all;
          notes_o.rearm = ~facts_i.ack_all;
          notes_o.report = 1'b1;
          if (facts_i.rtt_covered) begin
            rec_o.rtt_running = 1'b0;
            rec_o.rtt_known = 1'b1;
            if (rec_i.rtt_known) begin
              rec_o.srtt = rec_i.srtt + facts_i.delta;
              rec_o.rttvar = rec_i.rttvar - {2'd0, rec_i.rttvar[31:2]} + delta_abs;
            end else begin
              rec_o.srtt = {facts_i.sample[28:0], 3'd0};
              rec_o.rttvar = {facts_i.sample[30:0], 1'b0};
            end
          end
          if (rec_i.in_recovery) begin
            if (facts_i.ack_recovers) begin
              rec_o.in_recovery = 1'b0;
              rec_o.cwnd = rec_i.ssthresh;
              rec_o.credit = 32'd0;
            end else begin
              // Partial acknowledgement: the next hole is lost too (RFC 6582 3.2).
              rec_o.rexmit = 1'b1;
              rec_o.cwnd = (rec_i.cwnd > facts_i.acked ? rec_i.cwnd - facts_i.acked : 32'd0)
                           + {16'd0, rec_i.mss};
            end
          end else if (!handshake_phase) begin
            if (rec_i.cwnd < rec_i.ssthresh) begin
              rec_o.cwnd = rec_i.cwnd + {16'd0, grown};
            end else if (credit_sum >= rec_i.cwnd) begin
              rec_o.cwnd = rec_i.cwnd + {16'd0, rec_i.mss};
              rec_o.credit = credit_sum - rec_i.cwnd;
            end else begin
              rec_o.credit = credit_sum;
            end
            if (rec_i.cwnd[31:28] != 4'd0) rec_o.cwnd = rec_i.cwnd;
          end
        end
        if (dup) begin
          notes_o.dup = 1'b1;
          if (rec_i.dup_acks != 2'd3) rec_o.dup_acks = rec_i.dup_acks + 2'd1;
          if (rec_i.in_recovery) rec_o.cwnd = rec_i.cwnd + {16'd0, rec_i.mss};
          if (third) begin
            notes_o.fast = 1'b1;
            rec_o.rexmit = 1'b1;
            rec_o.in_recovery = 1'b1;
            rec_o.recover = rec_i.snd_max;
            rec_o.ssthresh = ssthresh_new;
            rec_o.cwnd = ssthresh_new + two_mss + {16'd0, rec_i.mss};
            rec_o.rtt_running = 1'b0;
          end
        end
        if (is_ack && facts_i.ack_valid) begin
          // The peer lives: a zero window never ends a connection (RFC 9293 3.8.6.1).
          if (!facts_i.flight_any || facts_i.wnd == 32'd0) rec_o.retries = 8'd0;
          if (facts_i.newer && !event_i.rx.syn_valid) begin
            rec_o.snd_wnd = facts_i.wnd;
            rec_o.snd_wl1 = event_i.rx.seq;
            rec_o.snd_wl2 = event_i.rx.ack;
            // The persist timer ends with the zero window.
            if (facts_i.wnd > rec_i.snd_wnd && !facts_i.flight_any) begin
              rec_o.backoff = 4'd0;
              rec_o.rto_armed = 1'b0;
              rec_o.probe = 1'b0;
            end
          end
        end
        if (event_i.rx.want_ack == toe_pkg::AckNow) rec_o.ack_now = 1'b1;
        if (event_i.rx.want_ack == toe_pkg::AckDelayed) begin
          if (rec_i.ack_owed || cfg_i.delayed_ack_us == 20'd0) begin
            rec_o.ack_now = 1'b1;
          end else begin
            rec_o.ack_owed = 1'b1;
            rec_o.ack_at = now_us_i + {12'd0, cfg_i.delayed_ack_us};
          end
        end
      end

      toe_tx_pkg::KindHost: if (~event_i.configure &&
                              (sent_phase || rec_i.phase == toe_tx_pkg::PhaseListen)) begin
        if (facts_i.lim_bad) begin
          notes_o.bad_offset = 1'b1;
        end else if (facts_i.lim_new || facts_i.lim_same) begin
          if (facts_i.lim_new) rec_o.snd_lim = facts_i.lim;
          if (event_i.fin && rec_i.phase != toe_tx_pkg::PhaseListen) rec_o.fin_req = 1'b1;
        end
      end

      toe_tx_pkg::KindTimer: if (sent_phase) begin
        if (facts_i.ack_due) begin
          rec_o.ack_now = 1'b1;
          rec_o.ack_owed = 1'b0;
        end
        if (facts_i.rto_due) begin
          if (retries_over) begin
            rec_o.phase = toe_tx_pkg::PhaseDying;
            rec_o.rto_armed = 1'b0;
            rec_o.ack_owed = 1'b0;
            notes_o.ending = 1'b1;
            notes_o.timed_out = 1'b1;
            notes_o.end_kind = rec_i.phase == toe_tx_pkg::PhaseSynRcvd ? toe_pkg::EndHandshake
                                                                       : toe_pkg::EndClosed;
          end else begin
            notes_o.rearm = 1'b1;
            rec_o.retries = rec_i.retries + 8'd1;
            if (rec_i.backoff != 4'd15) rec_o.backoff = rec_i.backoff + 4'd1;
            rec_o.rtt_running = 1'b0;  // Karn: never measure a retransmission (RFC 6298 3)
            if (facts_i.flight_any) begin
              notes_o.rto_fired = 1'b1;
              rec_o.snd_nxt = rec_i.snd_una;
              rec_o.in_recovery = 1'b0;
              rec_o.recover = rec_i.snd_max;
              rec_o.dup_acks = 2'd0;
              // The first segment goes whatever the window says (RFC 9293 3.8.6: a lost update).
              rec_o.rexmit = ~handshake_phase;
              rec_o.credit = 32'd0;
              rec_o.cwnd = {16'd0, rec_i.mss};
              if (rec_i.retries == 8'd0) rec_o.ssthresh = ssthresh_new;
            end else begin
              rec_o.probe = 1'b1;
            end
          end
        end
      end

      default: ;
    endcase
  end

  logic unused_ok;
  assign unused_ok = &{1'b0, event_i, facts_i, cfg_i};

endmodule
