// SPDX-License-Identifier: Apache-2.0
// Second stage of the receive engine, beside toe_rx_runs and toe_rx_next: what becomes of an event
// (RFC 9293 3.10.7, RFC 5961 3 to 5, RFC 7323 5, RFC 5927 4). Combinational.
//
// States are the phases of toe_rx_pkg; FIN of ours is the transmit half's and seen through
// facts.acks_fin and fin_sent.

module toe_rx_judge (
  input  toe_pkg::rx_event_t      event_i,
  input  toe_rx_pkg::rx_record_t  rec_i,
  input  toe_rx_pkg::rx_facts_t   facts_i,
  input  logic                    time_wait_reuse_i,
  input  logic                    stray_acks_i,  // ACKs of no connection go to toe_conn_manager
  output toe_rx_pkg::rx_verdict_t verdict_o
);

  logic syn, fin, rst, ack, seg, icmp, host, gone, known, first, second, wait_phase;
  assign syn = event_i.seg.flags[toe_pkg::FlagSyn];
  assign fin = event_i.seg.flags[toe_pkg::FlagFin];
  assign rst = event_i.seg.flags[toe_pkg::FlagRst];
  assign ack = event_i.seg.flags[toe_pkg::FlagAck];
  assign seg = event_i.kind == toe_rx_pkg::KindSegment && ~event_i.seg.icmp;
  assign icmp = event_i.kind == toe_rx_pkg::KindSegment && event_i.seg.icmp;
  assign host = event_i.kind == toe_rx_pkg::KindHost;
  assign gone = rec_i.phase == toe_rx_pkg::PhaseClosed || rec_i.phase == toe_rx_pkg::PhaseDying;
  assign known = event_i.hit && ~gone && rec_i.phase != toe_rx_pkg::PhaseListen;
  assign first = rec_i.phase == toe_rx_pkg::PhaseSynSent;
  assign second = rec_i.phase == toe_rx_pkg::PhaseSynRcvd;
  assign wait_phase = rec_i.phase == toe_rx_pkg::PhaseTimeWait;

  // ---- SYN-SENT -------------------------------------------------------------------------------
  logic opening, opening_bad, active_ok;
  assign opening = seg && known && first;
  assign opening_bad = ack && (facts_i.ack_future || ~facts_i.ack_new);
  assign active_ok = opening && ~rst && syn && ack && ~opening_bad;

  // ---- All later states -----------------------------------------------------------------------
  logic live, reuse, absent, unacceptable, passed, crossed, repeated_syn, ack_outside, receiving;
  logic challenge, handshake, bad_handshake, accepted;
  assign reuse = seg && known && wait_phase && syn && ~ack && ~rst && time_wait_reuse_i &&
                 facts_i.ts_reuse;
  assign live = seg && known && ~first && ~reuse;
  assign absent = live && facts_i.ts_absent;
  // Simultaneous open: the peer's SYN-ACK repeats its SYN and acknowledges ours (RFC 9293
  // figure 8).
  assign crossed = second && syn && ack && ~rst && event_i.seg.seq == rec_i.irs &&
                   facts_i.ack_new && ~facts_i.ack_future;
  // Our answer to a SYN, or to a SYN-ACK, was lost: nothing that could be an attack.
  assign repeated_syn = syn && ~rst && ~facts_i.seq_reaches && ~crossed;
  assign unacceptable = live && ~absent &&
                        (facts_i.ts_reject || ~facts_i.in_window || repeated_syn);
  assign passed = live && ~facts_i.ts_absent && ~facts_i.ts_reject && facts_i.in_window &&
                  ~repeated_syn;
  assign ack_outside = ~syn && ack && ~second && (facts_i.ack_future || facts_i.ack_stale);
  assign challenge = passed && (rst ? facts_i.seq_inside && ~facts_i.seq_exact
                                    : (syn && ~crossed) || ack_outside);
  assign receiving = passed && ~rst && (~syn || crossed) && ack;
  assign handshake = receiving && second;
  assign bad_handshake = handshake && (facts_i.ack_future || ~facts_i.ack_new);
  assign accepted = receiving && ~ack_outside && ~bad_handshake;

  // ---- Events of other kinds ------------------------------------------------------------------
  logic icmp_true, host_open, host_offset;
  assign icmp_true = icmp && known && ~wait_phase && facts_i.in_flight;
  assign host_open = rec_i.phase == toe_rx_pkg::PhaseSync || wait_phase || second;
  assign host_offset = host && ~gone;

  always_comb begin
    // A port in LISTEN drops what has neither SYN nor ACK (RFC 9293 3.10.7.2, fourth).
    verdict_o.to_manager = seg && ~event_i.hit && ~rst &&
                           (~ack || (~syn && stray_acks_i));
    verdict_o.stray = seg && ~event_i.hit && ~rst && ~verdict_o.to_manager;
    verdict_o.reuse = reuse;
    verdict_o.absent = absent;
    verdict_o.unacceptable = unacceptable;
    verdict_o.rst_hit = passed && rst && facts_i.seq_exact;
    verdict_o.challenge = challenge;
    verdict_o.bad_ack = (opening && opening_bad && ~rst) || bad_handshake;
    verdict_o.active_refused = opening && rst && ack && ~opening_bad;
    verdict_o.active_ok = active_ok;
    verdict_o.active_crossed = opening && ~rst && syn && ~ack;
    verdict_o.accepted = accepted;
    verdict_o.icmp_end = icmp_true && event_i.seg.icmp_hard && (first || second);
    verdict_o.icmp_soft = icmp_true && ~(event_i.seg.icmp_hard && (first || second));
    verdict_o.ctl = event_i.kind == toe_rx_pkg::KindCtl;
    // After the peer's FIN the window is of no use to anybody: it stays as it is.
    verdict_o.host_ok = host_offset && host_open && facts_i.offset_new && ~facts_i.offset_bad &&
                        ~rec_i.fin_rcvd;
    verdict_o.host_bad = host_offset && (host_open ? facts_i.offset_bad : event_i.offset != 32'd0);
    verdict_o.paws = absent || (live && facts_i.ts_reject);
    verdict_o.handshake = accepted && second;
    verdict_o.crossed = accepted && crossed;
    verdict_o.new_bytes = (accepted || active_ok) && facts_i.text_len != 16'd0 && ~wait_phase;
    verdict_o.fin_here = (accepted || active_ok) && facts_i.fin_fits && ~wait_phase;
  end

  logic unused_ok;
  assign unused_ok = &{1'b0, event_i, facts_i, rec_i, fin};

endmodule
