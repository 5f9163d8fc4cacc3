// SPDX-License-Identifier: Apache-2.0
// Third stage of the transmit engine: whether the next new segment is to be a path MTU probe,
// larger than the path is known to take (RFC 4821 7.4). Combinational.
//
// Only SACK says that a probe alone was lost, and only if enough follows it: four segments must be
// there and fit into both windows, or else its loss would end in a timeout.

module toe_tx_mtu_probe (
  input  toe_tx_pkg::tx_record_t rec_i,
  input  toe_pkg::config_t       cfg_i,
  input  logic [27:0]            ticks_i,
  input  logic [25:0]            pending_i,  // new data that the host has provided
  input  logic [25:0]            room_i,     // of the peer's window, signed
  output logic                   go_o,
  output logic [13:0]            mss_o       // without the room that options take
);

  localparam logic [17:0] Long = 18'd574;    // 10 minutes (RFC 1191 6.3, RFC 8201 4), rounded up
  localparam logic [17:0] Soon = 18'd2;

  logic [13:0] gain;
  logic [17:0] age;
  logic [25:0] needed;
  logic rested, calm, in_round;
  assign gain = rec_i.search.top - rec_i.mss;
  toe_tx_probe_size u_size (
    .search_i(rec_i.search), .mss_i(rec_i.mss), .in_round_o(in_round), .mss_o);
  assign age = ticks_i[27:10] - rec_i.search.since;
  assign rested = in_round || age >= (rec_i.search.soon ? Soon : Long);
  assign needed = {12'd0, mss_o} + {10'd0, rec_i.mss, 2'd0};
  assign calm = rec_i.phase == toe_tx_pkg::PhaseOpen && ~rec_i.loss.in_recovery &&
                ~rec_i.loss.in_loss && rec_i.board.valid == '0 && ~rec_i.loss.tlp_due;
  assign go_o = cfg_i.black_hole_probe && rec_i.sack_on && calm && ~rec_i.search.out &&
                gain >= toe_tx_pkg::SearchWorth && rested && pending_i >= needed &&
                rec_i.snd_wnd >= {4'd0, needed} && rec_i.cc.cwnd >= needed &&
                ~room_i[25] && room_i >= {12'd0, mss_o};

  logic unused_ok;
  assign unused_ok = &{1'b0, rec_i, cfg_i, ticks_i};

endmodule
