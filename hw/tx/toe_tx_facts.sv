// SPDX-License-Identifier: Apache-2.0
// First stage of the transmit engine: compares an event with its connection's record.
// Combinational.

module toe_tx_facts (
  input  toe_pkg::tx_event_t     event_i,
  input  toe_tx_pkg::tx_record_t rec_i,
  input  toe_pkg::tuple_t        tuple_i,
  input  toe_pkg::config_t       cfg_i,
  input  toe_pkg::time_t         now_i,
  output toe_tx_pkg::tx_facts_t  facts_o
);

  // ---- Acknowledgement numbers ----------------------------------------------------------------
  logic [31:0] ack_u, ack_m, seq_w;
  logic [25:0] ack, una, ack_x, ack_l, ack_r, ack_t, una_r, ack_s, flight, lost, rxt_l;
  logic upto_max;
  assign ack = event_i.rx.ack[25:0];
  assign una = rec_i.snd_una[25:0];
  assign ack_u = event_i.rx.ack - rec_i.snd_una;
  assign ack_m = event_i.rx.ack - rec_i.snd_max;
  assign ack_x = ack - rec_i.loss.high_rxt;
  assign ack_l = ack - rec_i.loss.lost_edge;
  assign ack_r = ack - rec_i.loss.recover;
  assign ack_t = ack - rec_i.loss.tlp_end;
  assign una_r = una - rec_i.loss.recover;
  assign ack_s = ack - rec_i.rtt.seq;
  assign seq_w = event_i.rx.seq - rec_i.snd_wl1;
  assign flight = rec_i.snd_max[25:0] - una;
  assign rxt_l = rec_i.loss.lost_edge - rec_i.loss.high_rxt;
  assign lost = rec_i.loss.lost_edge - una;
  assign upto_max = ack_m[31] || ack_m == 32'd0;

  // ---- Window: that of a SYN segment is never scaled (RFC 7323 2.2) ---------------------------
  logic [29:0] wnd;
  assign wnd = {14'd0, event_i.rx.wnd} << (event_i.rx.syn_valid ? 4'd0 : rec_i.snd_ws);

  // ---- Round-trip time by timestamp (RFC 7323 4.1); what is absurd is not one -----------------
  logic [31:0] ts_now, ts_gone, ts_age;
  logic [42:0] ts_us;
  logic ts_here;
  assign ts_here = rec_i.ts_on && event_i.rx.ts_valid;
  assign ts_now = now_i.ts_clock + {rec_i.ts_off, 16'd0};
  assign ts_gone = ts_now - event_i.rx.ts_ecr;
  assign ts_us = {27'd0, ts_gone[15:0]} << cfg_i.timestamp_shift;
  assign ts_age = event_i.rx.ts_ecr - rec_i.loss.rxt_ts;

  // ---- Progress of the host: stream offset 0 is ISS + 1, one beyond SND.UNA until the SYN is
  // acknowledged.
  logic [31:0] lim, base, held;
  logic [25:0] lim_d;
  logic outside;
  assign lim = rec_i.iss + 32'd1 + event_i.offset;
  assign lim_d = lim[25:0] - rec_i.snd_lim;
  assign base = rec_i.snd_una == rec_i.iss ? rec_i.iss + 32'd1 : rec_i.snd_una;
  assign held = lim - base;
  assign outside = ~held[31] && held > (32'd1 << rec_i.ring_log2);

  // ---- Time -----------------------------------------------------------------------------------
  logic [31:0] rto_d;
  logic [25:0] owed_d;
  assign rto_d = now_i.us - rec_i.rto_at;
  assign owed_d = now_i.us[25:0] - rec_i.owed.at;

  // User timeout (RFC 9293 3.8.3) and keep-alive (3.8.4), as toe_tx_build set the timer. Without
  // flight the timer that runs is that of a closed window.
  logic [27:0] quiet, patience, idle;
  logic flying;
  assign flying = rec_i.snd_max != rec_i.snd_una;
  assign quiet = now_i.ticks[27:0] - rec_i.since;
  toe_tx_patience u_patience (.rec_i, .cfg_i, .patience_o(patience), .idle_o(idle));

  // ---- Path MTU (RFC 1191, RFC 8201): headers of 40 and 60 bytes ------------------------------
  logic v6;
  logic [15:0] least, headers, mtu, path;
  assign v6 = tuple_i.remote_ip[127:32] != toe_pkg::Ipv4Mapped;
  assign least = v6 ? 16'd1280 : (cfg_i.pmtu_floor < 16'd88 ? 16'd88 : cfg_i.pmtu_floor);
  assign mtu = event_i.rx.wnd < least ? least : event_i.rx.wnd;
  assign headers = v6 ? 16'd60 : 16'd40;
  assign path = mtu - headers;

  // A black hole (RFC 4821 7.7): down to 1024 bytes, then by halves, but not below the least MTU.
  localparam logic [15:0] BaseMss = 16'd1024;
  logic [15:0] lower, least_mss, hole;
  assign lower = rec_i.retries == toe_tx_pkg::HoleRetries ? BaseMss : {3'd0, rec_i.mss[13:1]};
  assign least_mss = least - headers;
  assign hole = lower < least_mss ? least_mss : lower;

  // ---- The path MTU probe ---------------------------------------------------------------------
  logic [25:0] ack_p, beyond_p;
  logic [25:0] lowest;
  always_comb begin
    lowest = 26'd0;
    for (int i = toe_tx_pkg::Ranges - 1; i >= 0; i--) begin
      if (rec_i.board.valid[i]) lowest = rec_i.board.first[26*i +: 26];
    end
  end
  assign ack_p = ack - rec_i.search.past;
  assign beyond_p = rec_i.loss.lost_edge - rec_i.search.past;

  // ---- DCTCP's window after a mark (RFC 8257 3.4) ---------------------------------------------
  logic [36:0] cut;
  assign cut = 37'(rec_i.cc.cwnd) * 37'(rec_i.cc.alpha);

  always_comb begin
    facts_o.ack_valid = ~ack_u[31] && upto_max;
    facts_o.ack_new = ~ack_u[31] && ack_u != 32'd0 && upto_max;
    facts_o.ack_same = ack_u == 32'd0;
    facts_o.ack_all = ack_m == 32'd0;
    facts_o.ack_past_rxt = ~ack_x[25] && ack_x != 26'd0;
    facts_o.ack_past_lost = ~ack_l[25] && ack_l != 26'd0;
    facts_o.rxt_past_lost = rxt_l[25];
    facts_o.ack_recovers = ~ack_r[25];
    facts_o.ack_tlp = ~ack_t[25];
    facts_o.ack_past_tlp = ~ack_t[25] && ack_t != 26'd0;
    // Without SACK an acknowledgement up to `recover` may be of the recovery (RFC 6582 3.2).
    facts_o.una_past_recover = ~una_r[25] && (una_r != 26'd0 || rec_i.sack_on);
    facts_o.rtt_covered = rec_i.rtt.running && ~ack_s[25] && ack_s != 26'd0;
    // SND.WL2 is never above SND.UNA, so SND.UNA does in its place.
    facts_o.newer = (~seq_w[31] && seq_w != 32'd0) || (seq_w == 32'd0 && ~ack_u[31]);
    facts_o.flight_any = flight != 26'd0;
    facts_o.acked = ack_u[25:0];
    facts_o.flight = flight;
    facts_o.flight_half = {1'b0, flight, 1'b0} >= {2'd0, rec_i.cc.cwnd};
    facts_o.wnd = wnd;
    facts_o.wnd_same = wnd == rec_i.snd_wnd;
    facts_o.wnd_up = wnd > rec_i.snd_wnd;
    facts_o.sample = now_i.us[25:0] - rec_i.rtt.start;
    facts_o.ts_sampled = ts_here && ts_gone[31:16] == 16'd0 && ts_us[42:26] == 17'd0;
    facts_o.ts_sample = ts_us[25:0];
    facts_o.ts_older = ts_here && ts_age[31];
    facts_o.lost_pending = ~lost[25] && lost != 26'd0;
    facts_o.lim = lim;
    facts_o.lim_new = ~held[31] && ~lim_d[25] && lim_d != 26'd0;
    facts_o.lim_same = ~held[31] && lim_d == 26'd0;
    facts_o.lim_bad = outside || (~held[31] && ~lim_d[25] && lim_d != 26'd0 &&
        (rec_i.fin_req || rec_i.phase == toe_tx_pkg::PhaseListen));
    facts_o.rto_due = rec_i.rto_armed && ~rto_d[31];
    facts_o.ack_due = rec_i.owed.owed && ~owed_d[25];
    facts_o.idle_due = ~rec_i.rto_armed && ~rto_d[31];
    facts_o.expired = (flying || rec_i.rto_armed) && patience != 28'd0 && quiet > patience;
    facts_o.keepalive_due = rec_i.keepalive && rec_i.phase == toe_tx_pkg::PhaseOpen && ~flying &&
                            ~rec_i.rto_armed && quiet > idle;
    facts_o.v6 = v6;
    facts_o.path_mss = path[13:0];
    facts_o.path_smaller = event_i.rx.icmp && event_i.rx.wnd != 16'd0 &&
                           path < {2'd0, rec_i.mss};
    facts_o.hole_mss = hole[13:0];
    facts_o.hole_smaller = hole < {2'd0, rec_i.mss} && flight > {10'd0, hole};
    facts_o.probe_acked = ~ack_p[25];
    facts_o.more_lost = facts_o.lost_pending && ~beyond_p[25] && beyond_p != 26'd0;
    facts_o.at_probe = una == rec_i.search.first;
    facts_o.probe_alone = facts_o.at_probe && rec_i.board.valid != '0 &&
                          lowest == rec_i.search.past && ~facts_o.more_lost;
    facts_o.dctcp_cwnd = rec_i.cc.cwnd - cut[36:11];
  end

  logic unused_ok;
  assign unused_ok = &{1'b0, event_i, rec_i, tuple_i, cfg_i, now_i, ack_r, ack_t, rxt_l, rto_d,
                       owed_d, ts_age, cut, ts_gone, ack_p};

endmodule
