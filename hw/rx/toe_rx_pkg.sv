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
    logic [3:0]   run_valid;    // runs of data beyond a gap, disjoint, not adjacent, unordered
    logic [127:0] run_start;
    logic [127:0] run_end;      // one past the last byte
  } rx_record_t;
  localparam int unsigned RecordW = 3 + 4 + 32 * 4 + 52 + 5 + 4 + 256;

  localparam logic [1:0] KindCtl = 2'd0;
  localparam logic [1:0] KindSegment = 2'd1;
  localparam logic [1:0] KindHost = 2'd2;

  // What the first stage finds out about a segment, relative to the record.
  typedef struct packed {
    logic        in_window;   // acceptable (RFC 9293 3.10.7.4, step 1)
    logic        seq_exact;   // SEG.SEQ = RCV.NXT
    logic        seq_inside;  // RCV.NXT <= SEG.SEQ < RCV.NXT + RCV.WND
    logic        ack_new;     // SND.UNA < SEG.ACK
    logic        ack_future;  // SND.MAX < SEG.ACK
    logic        ack_stale;   // further below SND.UNA than any window (RFC 5961 5.2)
    logic        acks_fin;    // acknowledges everything, our FIN included
    logic        fin_sent;
    logic        in_order;    // trimmed text begins at RCV.NXT
    logic        fin_fits;    // FIN present and inside the window
    logic        has_text;    // payload, SYN or FIN
    logic [31:0] text_start;  // of the trimmed payload
    logic [31:0] text_end;
    logic [15:0] skip;        // payload bytes cut off in front
    logic [15:0] text_len;    // payload bytes left
    logic [31:0] fin_at;      // sequence number of the FIN
    logic [31:0] offset_edge; // KindHost: the new edge
    logic        offset_new;
    logic        offset_bad;
  } rx_facts_t;

endpackage
/* verilator lint_on UNUSEDPARAM */
