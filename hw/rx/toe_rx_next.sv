// SPDX-License-Identifier: Apache-2.0
// Second stage of the receive engine, beside toe_rx_judge: whether the event will change nothing of
// the record but what is in toe_rx_pkg::rx_next_t, and what that becomes. A short cut through
// toe_rx_judge and toe_rx_decide for established connections without gaps and for closed ones, so
// that a successor need not wait; the engine asserts that both agree. Combinational.

module toe_rx_next (
  input  toe_pkg::rx_event_t          event_i,
  input  toe_rx_pkg::rx_record_t      rec_i,
  input  toe_rx_pkg::rx_facts_t       facts_i,
  output logic                        simple_o,
  output toe_rx_pkg::rx_next_t        next_o
);

  logic syn, fin, rst, ack, quiet, gone, plain, segment, host, host_ok, good;
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
  assign plain = ack && ~syn && ~fin && ~rst && ~event_i.seg.icmp;
  // With `plain`: it will be accepted.
  assign good = quiet && segment && facts_i.in_window && ~facts_i.ts_absent &&
                ~facts_i.ts_reject && ~facts_i.ack_future && ~facts_i.ack_stale;
  assign host_ok = quiet && host && facts_i.offset_new && ~facts_i.offset_bad;

  // An event without a connection has no record to change.
  assign simple_o = ~event_i.hit || (gone && (segment || host)) ||
      (quiet && (host || (segment && plain && (facts_i.in_order || facts_i.text_len == 16'd0))));
  always_comb begin
    next_o.rcv_nxt = good && facts_i.text_len != 16'd0 ? facts_i.text_end : rec_i.rcv_nxt;
    next_o.edge_seq = host_ok ? facts_i.offset_edge : rec_i.edge_seq;
    next_o.ts_recent = rec_i.ts_recent;
    next_o.ts_age = rec_i.ts_age;
    next_o.ts_ack = rec_i.ts_ack;
    if (good && facts_i.ts_update) begin
      next_o.ts_recent = event_i.seg.ts_val;
      next_o.ts_age = facts_i.ts_age;
      next_o.ts_ack = facts_i.ts_ack;
    end
  end

  logic unused_ok;
  assign unused_ok = &{1'b0, event_i, rec_i, facts_i};

endmodule
