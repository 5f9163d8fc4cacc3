// SPDX-License-Identifier: Apache-2.0
// Third stage of the transmit engine: what the record would let leave now. Combinational.
// Usable window and silly-window avoidance: RFC 9293 3.8.6.2; timeout: RFC 6298 2.

module toe_tx_plan (
  input  toe_tx_pkg::tx_record_t rec_i,
  input  toe_pkg::rx_shadow_t    rx_i,
  input  toe_pkg::config_t       cfg_i,
  output logic [31:0]            rto_o,
  output toe_tx_pkg::tx_plan_t   plan_o
);

  function automatic logic [31:0] smaller(input logic [31:0] a, input logic [31:0] b);
    smaller = a < b ? a : b;
  endfunction

  // ---- New data at SND.NXT --------------------------------------------------------------------
  logic [31:0] window, right, room, pending, unsent, avail, mss, len, after;
  logic open, any, full, last, alone, fin_room, fin_here;
  assign open = rec_i.phase == toe_tx_pkg::PhaseOpen;
  assign mss = {16'd0, rec_i.mss};
  assign window = smaller(rec_i.snd_wnd, rec_i.cwnd);
  assign right = rec_i.snd_una + window;
  assign room = right - rec_i.snd_nxt;            // may be negative: the window shrank
  assign unsent = rec_i.snd_lim - rec_i.snd_nxt;  // -1 once the FIN has been sent
  assign pending = unsent[31] ? 32'd0 : unsent;
  assign avail = room[31] ? 32'd0 : smaller(room, pending);
  assign any = avail != 32'd0;
  assign len = smaller(avail, mss);
  assign after = unsent - len;
  assign full = len == mss;
  assign last = after == 32'd0;
  assign alone = rec_i.snd_nxt == rec_i.snd_una;
  assign fin_room = ~room[31] && room > len;
  assign fin_here = rec_i.fin_req && last && fin_room;

  // ---- The segment at SND.UNA -----------------------------------------------------------------
  logic [31:0] flight, held, re_len;
  assign flight = rec_i.snd_max - rec_i.snd_una;
  assign held = rec_i.snd_lim - rec_i.snd_una;
  assign re_len = smaller(smaller(flight, held), mss);

  // ---- The window to announce -----------------------------------------------------------------
  logic [31:0] space, floor_bytes, edge_floor, growth, half_ring, step;
  logic [31:0] shifted;
  logic [15:0] field;
  logic syn_phase;
  assign syn_phase = ~open;  // SYN segments announce unscaled
  assign space = rx_i.rcv_edge - rx_i.rcv_nxt;
  assign shifted = space >> (syn_phase ? 4'd0 : rec_i.rcv_ws);
  assign field = shifted > 32'd65535 ? 16'hffff : shifted[15:0];
  assign floor_bytes = {16'd0, field} << (syn_phase ? 4'd0 : rec_i.rcv_ws);
  assign edge_floor = rx_i.rcv_nxt + floor_bytes;
  assign growth = edge_floor - rec_i.adv_edge;
  assign half_ring = 32'd1 << (rec_i.rx_ring_log2 - 5'd1);
  assign step = smaller(half_ring, {15'd0, rec_i.mss, 1'b0});

  // ---- Timeout --------------------------------------------------------------------------------
  logic [31:0] measured, rto;
  logic [46:0] backed;
  assign measured = {3'd0, rec_i.srtt[31:3]} + rec_i.rttvar;
  always_comb begin
    rto = rec_i.rtt_known ? measured : rec_i.rto;
    if (rto < cfg_i.rto_min_us) rto = cfg_i.rto_min_us;
    if (rto > cfg_i.rto_max_us) rto = cfg_i.rto_max_us;
  end
  assign rto_o = rto;
  assign backed = {15'd0, rto} << rec_i.backoff;

  always_comb begin
    plan_o.data = open && ((any && (full || last || alone)) || fin_here);
    plan_o.fin = fin_here;
    plan_o.len = len[15:0];
    plan_o.more = pending != len || (rec_i.fin_req && ~fin_here && unsent == len);
    plan_o.waiting = pending != 32'd0 || (rec_i.fin_req && unsent == 32'd0);
    plan_o.re_len = re_len[15:0];
    plan_o.re_fin = rec_i.fin_sent && held == re_len;
    plan_o.wnd_floor = field;
    plan_o.adv_floor = edge_floor;
    plan_o.adv_below = growth[31];
    plan_o.wnd_update = open && ~growth[31] && growth >= step;
    plan_o.rto_backed = backed > {15'd0, cfg_i.rto_max_us} ? cfg_i.rto_max_us : backed[31:0];
  end

  logic unused_ok;
  assign unused_ok = &{1'b0, rec_i, rx_i, cfg_i, room, held};

endmodule
