// SPDX-License-Identifier: Apache-2.0
// Third stage of the transmit engine: what the record would let leave now. Combinational.
// Usable window and silly-window avoidance: RFC 9293 3.8.6.2; timeouts: RFC 6298 2, RFC 8985 7.2.

module toe_tx_plan (
  input  toe_tx_pkg::tx_record_t rec_i,
  input  logic                   first_hole_i,
  input  toe_pkg::rx_shadow_t    rx_i,
  input  toe_pkg::config_t       cfg_i,
  input  logic [27:0]            ticks_i,
  output logic [25:0]            lost_edge_o,
  output logic                   restart_o,
  output toe_tx_pkg::tx_plan_t   plan_o
);

  function automatic logic [25:0] smaller(input logic [25:0] a, input logic [25:0] b);
    smaller = a < b ? a : b;
  endfunction

  logic open;
  logic [25:0] una, snd_max;
  assign open = rec_i.phase == toe_tx_pkg::PhaseOpen;
  assign una = rec_i.snd_una[25:0];
  assign snd_max = rec_i.snd_max[25:0];

  // ---- Room that options take from a segment's payload (RFC 6691) ------------------------------
  logic [2:0] runs, blocks;
  logic [13:0] mss, taken;
  assign runs = {2'd0, rx_i.run_valid[0]} + {2'd0, rx_i.run_valid[1]} +
                {2'd0, rx_i.run_valid[2]} + {2'd0, rx_i.run_valid[3]} +
                {2'd0, rec_i.owed.dsack_valid};
  // Three fit beside timestamps, four without (RFC 2018 3).
  always_comb begin
    blocks = runs;
    if (rec_i.ts_on && runs > 3'd3) blocks = 3'd3;
    if (runs > 3'd4) blocks = rec_i.ts_on ? 3'd3 : 3'd4;
    if (~rec_i.sack_on || ~open) blocks = 3'd0;
  end
  assign taken = (rec_i.ts_on ? 14'd12 : 14'd0) + (blocks != 3'd0 ? {8'd0, blocks, 3'd4} : 14'd0);
  assign mss = rec_i.mss - taken;

  // ---- New data at SND.MAX --------------------------------------------------------------------
  logic [25:0] wnd, room, unsent, pending, avail, len, mss_w;
  logic [13:0] probe_mss;
  logic search, any, full, last, alone, half, early_fin, fin_room, fin_here, fit;
  assign mss_w = {12'd0, mss};
  assign wnd = rec_i.snd_wnd[29:25] != 5'd0 ? 26'h1ff_ffff : rec_i.snd_wnd[25:0];
  assign room = una + wnd - snd_max;              // may be negative: the window shrank
  assign unsent = rec_i.snd_lim - snd_max;        // -1 once the FIN has been sent
  assign pending = unsent[25] ? 26'd0 : unsent;
  assign avail = room[25] ? 26'd0 : smaller(room, pending);
  toe_tx_mtu_probe u_probe (
    .rec_i, .cfg_i, .ticks_i, .pending_i(pending), .room_i(room), .go_o(search),
    .mss_o(probe_mss));
  assign any = avail != 26'd0;
  assign len = search ? {12'd0, probe_mss - taken} : smaller(avail, mss_w);
  assign full = search || len == mss_w;
  assign last = unsent == len;
  assign alone = snd_max == una;
  assign fin_room = ~room[25] && room > len;
  assign fin_here = rec_i.fin_req && last && fin_room;
  assign half = {4'd0, len, 1'b0} >= {1'b0, rec_i.max_wnd};
  // A segment that is not full leaves if it is all there is, and with Nagle only if nothing is in
  // flight (RFC 9293 3.7.4) or nothing will follow; if it is half of the largest window; or when
  // the persist timer says that it has waited long enough (3.8.6.2.1).
  assign fit = full || (last && (rec_i.nodelay || alone || rec_i.fin_req)) ||
               (alone && (half || rec_i.probe));
  // CLOSE in SYN-RECEIVED (RFC 9293 3.10.4).
  assign early_fin = rec_i.phase == toe_tx_pkg::PhaseSynRcvd && rec_i.snd_max != rec_i.iss &&
                     pending == 26'd0;

  // ---- Loss recovery --------------------------------------------------------------------------
  logic [25:0] re_at, last_edge;
  logic [13:0] re_span;
  logic recheck, lost, last_hole;
  logic [27:0] headroom;
  toe_tx_loss u_loss (
    .rec_i, .first_hole_i, .mss_i(mss), .recheck_o(recheck), .lost_edge_o, .restart_o,
    .lost_o(lost), .at_o(re_at), .span_o(re_span), .last_hole_o(last_hole),
    .last_edge_o(last_edge), .headroom_o(headroom));

  // A probe sends the first hole again, or, when none is known, the last segment (RFC 8985 7.3);
  // those after it the first.
  logic [25:0] flight, tlp_at, tlp_hole, tlp_span, re_end, tlp_end, re_left;
  logic re_fin, tlp_fin, tlp_first;
  logic [25:0] lowest;
  always_comb begin
    lowest = 26'd0;
    for (int i = toe_tx_pkg::Ranges - 1; i >= 0; i--) begin
      if (rec_i.board.valid[i]) lowest = rec_i.board.first[26*i +: 26];
    end
  end
  assign flight = snd_max - una;
  assign tlp_hole = rec_i.board.valid == '0 ? flight : lowest - una;
  assign tlp_span = smaller(tlp_hole, mss_w);
  assign tlp_first = rec_i.loss.in_recovery || rec_i.board.valid != '0 ||
                     rec_i.loss.probes != 3'd0;
  assign tlp_at = tlp_first ? una : snd_max - tlp_span;

  // Of the numbers sent again the last may be that of the FIN, behind snd_lim.
  assign re_end = re_at + {12'd0, re_span};
  assign tlp_end = tlp_at + tlp_span;
  assign re_fin = rec_i.fin_sent && re_end - rec_i.snd_lim == 26'd1;
  assign tlp_fin = rec_i.fin_sent && tlp_end - rec_i.snd_lim == 26'd1;
  assign re_left = una + wnd - re_end;

  // ---- The window to announce -----------------------------------------------------------------
  // Nothing small (RFC 9293 3.8.6.2.2): until a segment or half the ring is free the right edge
  // stays where it was announced; and it is never taken back, so the field is rounded up then.
  logic [25:0] nxt, space, floor_bytes, edge_floor, growth, half_ring, step, kept, kept_edge;
  logic [25:0] shifted, kept_shifted;
  logic [3:0] ws;
  logic [15:0] field, kept_field;
  logic shrinks, worth;
  assign ws = open ? rec_i.rcv_ws : 4'd0;  // SYN segments announce unscaled
  assign nxt = rx_i.rcv_nxt[25:0];
  assign space = rx_i.rcv_edge[25:0] - nxt;
  assign shifted = (space[25] ? 26'd0 : space) >> ws;
  assign field = shifted > 26'd65535 ? 16'hffff : shifted[15:0];
  assign floor_bytes = {10'd0, field} << ws;
  assign edge_floor = nxt + floor_bytes;
  assign growth = edge_floor - rec_i.owed.adv_edge;
  assign half_ring = 26'd1 << (rec_i.rx_ring_log2 - 5'd1);
  assign step = smaller(half_ring, {12'd0, rec_i.mss});
  assign shrinks = growth[25];
  assign worth = ~growth[25] && growth >= step;
  assign kept = rec_i.owed.adv_edge - nxt;
  assign kept_shifted = ((kept[25] ? 26'd0 : kept) + ((26'd1 << ws) - 26'd1)) >> ws;
  assign kept_field = kept_shifted > 26'd65535 ? 16'hffff : kept_shifted[15:0];
  assign kept_edge = nxt + ({10'd0, kept_field} << ws);
  logic [25:0] update_step;
  assign update_step = smaller(half_ring, {11'd0, rec_i.mss, 1'b0});

  // ---- Timeouts -------------------------------------------------------------------------------
  localparam logic [31:0] RtoAfterLostSyn = 32'd3_000_000;  // RFC 6298 5.7
  logic [31:0] measured, rto, start, pto, twice;
  logic [46:0] backed;
  logic [2:0] doublings;
  assign measured = {6'd0, rec_i.rtt.srtt[28:3]} + {4'd0, rec_i.rtt.rttvar};
  assign start = open && rec_i.rtt.syn_lost && cfg_i.rto_initial_us < RtoAfterLostSyn
      ? RtoAfterLostSyn : cfg_i.rto_initial_us;
  always_comb begin
    rto = rec_i.rtt.known ? measured : start;
    if (rto < cfg_i.rto_min_us) rto = cfg_i.rto_min_us;
    if (rto > cfg_i.rto_max_us) rto = cfg_i.rto_max_us;
  end
  assign backed = {15'd0, rto} << rec_i.rtt.backoff;
  // Twice the round trip, or more where it varies much; doubled with each probe (RFC 9002 6.2.1).
  assign twice = {5'd0, rec_i.rtt.srtt[28:2]};
  assign doublings = rec_i.loss.probes + {2'd0, rec_i.loss.tlp_due};
  // Not sooner than a queue on the path may take to fill: a probe that comes too early is data sent
  // twice for nothing.
  localparam logic [31:0] PtoMin = 32'd250;
  logic [31:0] longer;
  assign longer = twice > measured ? twice : measured;
  assign pto = (longer > PtoMin ? longer : PtoMin) << doublings;

  always_comb begin
    plan_o.data = open ? (any && fit) || fin_here : early_fin && fin_here;
    plan_o.fin = fin_here;
    plan_o.len = len[13:0];
    plan_o.search = search;
    plan_o.more = pending != len || (rec_i.fin_req && ~fin_here && unsent == len);
    plan_o.waiting = pending != 26'd0 || (rec_i.fin_req && unsent == 26'd0);
    plan_o.lost = open && lost;
    plan_o.re_at = re_at;
    plan_o.re_len = re_span - {13'd0, re_fin};
    plan_o.re_fin = re_fin;
    plan_o.re_room = ~re_left[25];
    plan_o.tlp_at = tlp_at;
    plan_o.tlp_len = tlp_span[13:0] - {13'd0, tlp_fin};
    plan_o.tlp_fin = tlp_fin;
    plan_o.last_hole = last_hole && pending == 26'd0;
    plan_o.last_edge = last_edge;
    plan_o.headroom = headroom;
    plan_o.recheck = recheck;
    plan_o.sack_count = blocks;
    plan_o.wnd = worth ? field : kept_field;
    plan_o.adv_edge = worth ? edge_floor : kept_edge;
    if (shrinks) begin
      plan_o.wnd = field == 16'hffff ? field : field + 16'd1;
      plan_o.adv_edge = field == 16'hffff ? edge_floor : edge_floor + (26'd1 << ws);
    end
    plan_o.wnd_update = open && ~growth[25] && growth >= update_step;
    plan_o.rto_backed = backed > {15'd0, cfg_i.rto_max_us} ? cfg_i.rto_max_us : backed[31:0];
    plan_o.pto = pto;
    plan_o.pto_ok = open && rec_i.sack_on && rec_i.rtt.known && rec_i.rtt.backoff == 4'd0 &&
                    ~rec_i.loss.in_loss && rec_i.snd_wnd != 30'd0 && doublings != 3'd7;
    plan_o.tlp_new = plan_o.data && ~tlp_first;
    plan_o.flight_one = flight <= mss_w;
  end

  logic unused_ok;
  assign unused_ok = &{1'b0, rec_i, rx_i, cfg_i, re_left};

endmodule
