// SPDX-License-Identifier: Apache-2.0
// Second stage of the receive engine, beside toe_rx_runs: whether the event will change nothing of
// the record but RCV.NXT and the window's edge, and what these become. A short cut through
// toe_rx_decide for established connections without gaps and for closed ones, so that a successor
// need not wait; the engine asserts that both agree. Combinational.

module toe_rx_next (
  input  toe_pkg::rx_event_t     event_i,
  input  toe_rx_pkg::rx_record_t rec_i,
  input  toe_rx_pkg::rx_facts_t  facts_i,
  output logic                   simple_o,
  output logic [31:0]            rcv_nxt_o,
  output logic [31:0]            edge_seq_o
);

  logic syn, fin, rst, ack, quiet, gone, plain, segment, host, text, host_ok;
  assign syn = event_i.seg.flags[toe_pkg::FlagSyn];
  assign fin = event_i.seg.flags[toe_pkg::FlagFin];
  assign rst = event_i.seg.flags[toe_pkg::FlagRst];
  assign ack = event_i.seg.flags[toe_pkg::FlagAck];
  assign segment = event_i.kind == toe_rx_pkg::KindSegment;
  assign host = event_i.kind == toe_rx_pkg::KindHost;

  // Nothing waits beyond a gap, nothing ends.
  assign quiet = rec_i.phase == toe_rx_pkg::PhaseSync && rec_i.run_valid == 4'd0 &&
                 ~rec_i.fin_ahead && ~rec_i.fin_rcvd && (rec_i.fin_acked || ~facts_i.acks_fin);
  assign gone = rec_i.phase == toe_rx_pkg::PhaseClosed || rec_i.phase == toe_rx_pkg::PhaseDying;
  assign plain = ack && ~syn && ~fin && ~rst;
  assign text = quiet && segment && facts_i.text_len != 16'd0 && facts_i.in_window &&
                ~facts_i.ack_future && ~facts_i.ack_stale;
  assign host_ok = quiet && host && facts_i.offset_new && ~facts_i.offset_bad;

  // An event without a connection has no record to change.
  assign simple_o = ~event_i.hit || (gone && (segment || host)) ||
      (quiet && (host || (segment && plain && (facts_i.in_order || facts_i.text_len == 16'd0))));
  assign rcv_nxt_o = text ? facts_i.text_end : rec_i.rcv_nxt;
  assign edge_seq_o = host_ok ? facts_i.offset_edge : rec_i.edge_seq;

  logic unused_ok;
  assign unused_ok = &{1'b0, event_i, rec_i, facts_i};

endmodule
