// SPDX-License-Identifier: Apache-2.0
// First stage of the transmit engine: compares an event with its connection's record.
// Combinational.

module toe_tx_facts (
  input  toe_pkg::tx_event_t  event_i,
  input  toe_tx_pkg::tx_record_t rec_i,
  input  logic [31:0]            now_us_i,
  output toe_tx_pkg::tx_facts_t  facts_o
);

  logic [31:0] ack_u, ack_m, ack_n, ack_r, una_r, ack_s, seq_w, ack_w, flight, wnd, sample;
  logic [31:0] lim, lim_d, base, held, rto_d, ack_t;
  logic closing;
  assign ack_u = event_i.rx.ack - rec_i.snd_una;
  assign ack_m = event_i.rx.ack - rec_i.snd_max;
  assign ack_n = event_i.rx.ack - rec_i.snd_nxt;
  assign ack_r = event_i.rx.ack - rec_i.recover;
  assign una_r = rec_i.snd_una - rec_i.recover;
  assign ack_s = event_i.rx.ack - rec_i.rtt_seq;
  assign seq_w = event_i.rx.seq - rec_i.snd_wl1;
  assign ack_w = event_i.rx.ack - rec_i.snd_wl2;
  assign flight = rec_i.snd_max - rec_i.snd_una;
  // The window of a SYN segment is never scaled (RFC 7323 2.2).
  assign wnd = {16'd0, event_i.rx.wnd} << (event_i.rx.syn_valid ? 4'd0 : rec_i.snd_ws);
  assign sample = now_us_i - rec_i.rtt_start;

  // Stream offset 0 is ISS + 1; before the SYN is acknowledged SND.UNA lies one below it.
  assign lim = rec_i.iss + 32'd1 + event_i.offset;
  assign lim_d = lim - rec_i.snd_lim;
  assign base = rec_i.snd_una == rec_i.iss ? rec_i.iss + 32'd1 : rec_i.snd_una;
  assign held = lim - base;
  assign closing = rec_i.fin_req;

  assign rto_d = now_us_i - rec_i.rto_at;
  assign ack_t = now_us_i - rec_i.ack_at;

  always_comb begin
    facts_o.ack_valid = ~ack_u[31] && (ack_m[31] || ack_m == 32'd0);
    facts_o.ack_new = ~ack_u[31] && ack_u != 32'd0 && (ack_m[31] || ack_m == 32'd0);
    facts_o.ack_same = ack_u == 32'd0;
    facts_o.ack_all = ack_m == 32'd0;
    facts_o.ack_past_nxt = ~ack_n[31] && ack_n != 32'd0;
    facts_o.ack_recovers = ~ack_r[31];
    facts_o.una_past_recover = ~una_r[31] && una_r != 32'd0;
    facts_o.rtt_covered = rec_i.rtt_running && ~ack_s[31] && ack_s != 32'd0;
    facts_o.newer = (~seq_w[31] && seq_w != 32'd0) || (seq_w == 32'd0 && ~ack_w[31]);
    facts_o.flight_any = flight != 32'd0;
    facts_o.acked = ack_u;
    facts_o.flight = flight;
    facts_o.wnd = wnd;
    facts_o.wnd_same = wnd == rec_i.snd_wnd;
    facts_o.sample = sample;
    facts_o.delta = sample - {3'd0, rec_i.srtt[31:3]};
    facts_o.lim = lim;
    facts_o.lim_new = ~lim_d[31] && lim_d != 32'd0;
    facts_o.lim_same = lim_d == 32'd0;
    facts_o.lim_bad = ~lim_d[31] && lim_d != 32'd0 &&
        (closing || rec_i.phase == toe_tx_pkg::PhaseListen || held > (32'd1 << rec_i.ring_log2));
    facts_o.rto_due = rec_i.rto_armed && ~rto_d[31];
    facts_o.ack_due = rec_i.ack_owed && ~ack_t[31];
  end

  logic unused_ok;
  assign unused_ok = &{1'b0, event_i, rec_i, ack_r, ack_w, rto_d, ack_t};

endmodule
