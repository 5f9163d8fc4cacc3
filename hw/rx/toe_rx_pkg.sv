// SPDX-License-Identifier: Apache-2.0
// The receive half of a connection, and what travels down the receive engine's pipeline.
// Written by toe_rx_engine alone.

/* verilator lint_off UNUSEDPARAM */
package toe_rx_pkg;

  // Phases of the receive half. With the transmit half's facts they give RFC 9293's state:
  // Sync covers ESTABLISHED to LAST-ACK; Dying waits for toe_conn_manager to end it.
  localparam logic [2:0] PhaseClosed = 3'd0;
  localparam logic [2:0] PhaseListen = 3'd1;
  localparam logic [2:0] PhaseSynSent = 3'd2;
  localparam logic [2:0] PhaseSynRcvd = 3'd3;
  localparam logic [2:0] PhaseSync = 3'd4;
  localparam logic [2:0] PhaseTimeWait = 3'd5;
  localparam logic [2:0] PhaseDying = 3'd6;

  localparam int unsigned Gaps = 4;

  // Time of an update of TS.Recent, in units of 67.1 s (2^16 ticks); wraps after 2.2 years.
  localparam int unsigned AgeW = 20;
  localparam logic [AgeW-1:0] AgeMax = 20'd30900;  // 24 days (RFC 7323 5.5)

  typedef struct packed {
    logic [2:0]   phase;
    logic         fin_rcvd;     // the peer's FIN is at RCV.NXT - 1
    logic         fin_acked;    // the peer acknowledged our FIN
    logic         close_first;  // our FIN had been sent when the peer's arrived
    logic         fin_ahead;    // a FIN beyond a gap is known, at fin_seq
    logic [31:0]  fin_seq;
    logic [31:0]  irs;
    logic [31:0]  rcv_nxt;
    logic [31:0]  edge_seq;     // first sequence number that the ring has no room for
    logic [51:0]  ring_page;
    logic [4:0]   ring_log2;
    logic         ts_on;        // both sides send timestamps (RFC 7323 3.2)
    logic [31:0]  ts_recent;    // TS.Recent
    logic [AgeW-1:0] ts_age;    // when it was taken
    logic [15:0]  ts_ack;       // Last.ACK.sent then, low bits
    logic [3:0]   run_valid;    // runs of data beyond a gap, disjoint, not adjacent, the one that
    logic [127:0] run_start;    // changed last in slot 0; no free slot before a used one
    logic [127:0] run_end;      // one past the last byte
  } rx_record_t;
  localparam int unsigned RecordW = 3 + 4 + 32 * 4 + 52 + 5 + 1 + 32 + AgeW + 16 + 4 + 256;

  // The values of the record that the next event of the connection may take over from stage 2.
  typedef struct packed {
    logic [31:0]     rcv_nxt;
    logic [31:0]     edge_seq;
    logic [31:0]     ts_recent;
    logic [AgeW-1:0] ts_age;
    logic [15:0]     ts_ack;
  } rx_next_t;
  localparam int unsigned NextW = 96 + AgeW + 16;

  localparam logic [1:0] KindCtl = 2'd0;
  localparam logic [1:0] KindSegment = 2'd1;
  localparam logic [1:0] KindHost = 2'd2;

  // What the first stage finds out about an event, relative to the record.
  typedef struct packed {
    logic        in_window;   // acceptable (RFC 9293 3.10.7.4, step 1)
    logic        seq_exact;   // SEG.SEQ = RCV.NXT
    logic        seq_inside;  // RCV.NXT <= SEG.SEQ < RCV.NXT + RCV.WND
    logic        seq_after;   // RCV.NXT < SEG.SEQ
    logic        seq_reaches; // its last number is not below RCV.NXT
    logic        ack_new;     // SND.UNA < SEG.ACK
    logic        ack_future;  // SND.MAX < SEG.ACK
    logic        ack_stale;   // SEG.ACK < SND.UNA - MAX.SND.WND (RFC 5961 5.2)
    logic        acks_fin;    // acknowledges everything, our FIN included
    logic        fin_sent;
    logic [31:0] snd_max;
    logic        in_order;    // trimmed text begins at RCV.NXT
    logic        fin_fits;    // FIN present and inside the window, or right at its edge
    logic        has_text;    // payload, SYN or FIN
    logic        old;         // payload below RCV.NXT, from SEG.SEQ to old_end
    logic [31:0] old_end;
    logic [31:0] text_start;  // of the trimmed payload
    logic [31:0] text_end;
    logic [15:0] skip;        // payload bytes cut off in front
    logic [15:0] text_len;    // payload bytes left
    logic [31:0] fin_at;      // sequence number of the FIN
    logic        ts_absent;   // no timestamp where there must be one (RFC 7323 3.2)
    logic        ts_reject;   // PAWS (RFC 7323 5.3)
    logic        ts_update;   // TS.Recent is to be taken from it, if the segment is accepted
    logic        ts_reuse;    // a SYN that may follow a connection in TIME-WAIT (RFC 6191)
    logic [AgeW-1:0] ts_age;  // now
    logic [15:0] ts_ack;      // Last.ACK.sent, low bits
    logic        in_flight;   // SND.UNA <= SEG.SEQ < SND.MAX: an ICMP error about it may be true
    logic [31:0] offset_edge; // KindHost: the new edge
    logic        offset_new;
    logic        offset_bad;
  } rx_facts_t;

  // What the second stage makes of an event. Of the first group at most one is set.
  typedef struct packed {
    logic stray;            // belongs to no connection: RST in answer
    logic to_manager;       // SYN, or what else toe_conn_manager has to judge
    logic reuse;            // SYN for a connection in TIME-WAIT: likewise
    logic absent;           // dropped in silence: no timestamp
    logic unacceptable;     // dropped; acknowledged but for RST
    logic rst_hit;          // the peer's RST ends the connection
    logic challenge;        // RFC 5961: dropped, and acknowledged as often as the rate allows
    logic bad_ack;          // RST in answer, in SYN-SENT and SYN-RECEIVED
    logic active_refused;   // RST for our SYN
    logic active_ok;        // SYN-ACK for our SYN
    logic active_crossed;   // SYN for our SYN: simultaneous open
    logic accepted;         // everything else is processed
    logic icmp_end;         // an ICMP error ends the handshake
    logic icmp_soft;        // toe_tx_engine is told
    logic ctl;
    logic host_ok;
    logic host_bad;
    // What goes with some of them.
    logic paws;             // unacceptable, or absent, for its timestamp
    logic handshake;        // accepted in SYN-RECEIVED: the connection is established
    logic crossed;          // so by the SYN-ACK of a simultaneous open
    logic new_bytes;        // accepted or active_ok, with text inside the window
    logic fin_here;         // accepted or active_ok, with a FIN inside the window
  } rx_verdict_t;

  // How the trimmed payload lies to each run, by the second stage.
  typedef struct packed {
    logic [3:0] touch;         // they overlap or are adjacent
    logic [3:0] overlap;
    logic [3:0] begins_first;  // the run begins before the payload
    logic [3:0] ends_first;    // the run ends before the payload does
    logic [1:0] ordered;       // run 0 lies before run 1, run 2 before run 3
  } rx_touch_t;

  // The third stage's candidates for a report of data received twice (RFC 2883), two of them.
  typedef struct packed {
    logic        low_valid;
    logic [31:0] low_start;
    logic [31:0] low_end;
    logic        high_valid;
    logic [31:0] high_start;
    logic [31:0] high_end;
  } rx_twice_t;

endpackage
/* verilator lint_on UNUSEDPARAM */
