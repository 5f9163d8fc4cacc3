// SPDX-License-Identifier: Apache-2.0
// The transmit half of a connection, and what travels down the transmit engine's pipeline.
// Written by toe_tx_engine alone. Names as in RFC 9293 3.3.1 and RFC 5681.

/* verilator lint_off UNUSEDPARAM */
package toe_tx_pkg;

  localparam logic [2:0] PhaseClosed = 3'd0;
  localparam logic [2:0] PhaseListen = 3'd1;
  localparam logic [2:0] PhaseSynSent = 3'd2;
  localparam logic [2:0] PhaseSynRcvd = 3'd3;
  localparam logic [2:0] PhaseOpen = 3'd4;
  localparam logic [2:0] PhaseDying = 3'd5;  // gave up; waits for toe_conn_manager

  typedef struct packed {
    logic [2:0]  phase;
    logic        queued;      // its identifier is in the ready queue
    logic [31:0] iss;
    logic [31:0] snd_una;
    logic [31:0] snd_nxt;
    logic [31:0] snd_max;     // highest sequence number sent + 1
    logic [31:0] snd_lim;     // one past the last byte the host has provided
    logic        fin_req;     // FIN follows snd_lim
    logic        fin_sent;    // snd_max covers the FIN
    logic [31:0] snd_wnd;     // scaled
    logic [31:0] max_wnd;     // largest snd_wnd of this connection (RFC 5961 5.2)
    logic [31:0] snd_wl1;
    logic [31:0] snd_wl2;
    logic [15:0] mss;
    logic [3:0]  snd_ws;
    logic [3:0]  rcv_ws;
    logic        ws_on;       // the peer offered scaling, or we are about to
    logic [31:0] cwnd;
    logic [31:0] ssthresh;
    logic [31:0] credit;      // bytes acknowledged towards the next growth of cwnd (RFC 3465)
    logic [1:0]  dup_acks;
    logic        in_recovery; // fast recovery (RFC 6582)
    logic [31:0] recover;
    logic        rexmit;      // send the segment at SND.UNA again
    logic        probe;       // send a zero-window probe
    logic        rtt_known;   // srtt and rttvar hold measurements
    logic        rtt_running; // a measurement runs: rtt_seq was sent at rtt_start
    logic [31:0] rtt_seq;
    logic [31:0] rtt_start;
    logic [31:0] srtt;        // microseconds * 8
    logic [31:0] rttvar;      // microseconds * 4
    logic [31:0] rto;         // microseconds, without back-off
    logic [3:0]  backoff;
    logic [7:0]  retries;
    logic        rto_armed;
    logic [31:0] rto_at;
    logic        ack_now;
    logic        ack_owed;    // one segment is not acknowledged yet
    logic [31:0] ack_at;      // with ack_owed: when at the latest
    logic [31:0] last_ack;    // acknowledgement number sent last (RFC 7323 4.3)
    logic [31:0] adv_edge;    // highest right edge of the window announced
    logic [51:0] ring_page;
    logic [4:0]  ring_log2;
    logic [4:0]  rx_ring_log2;
  } tx_record_t;
  localparam int unsigned RecordW = 3 + 1 + 32 * 5 + 2 + 32 * 4 + 16 + 9 + 32 * 3 + 2 + 1 + 32 + 4 +
                                    32 * 5 + 4 + 8 + 1 + 32 + 2 + 32 * 3 + 52 + 10;

  localparam logic [2:0] KindCtl = 3'd0;
  localparam logic [2:0] KindRx = 3'd1;
  localparam logic [2:0] KindHost = 3'd2;
  localparam logic [2:0] KindTimer = 3'd3;
  localparam logic [2:0] KindTurn = 3'd4;  // its turn to send
  localparam logic [2:0] KindCc = 3'd5;    // toe_cc's answer

  // First stage: comparisons of the event with the record.
  typedef struct packed {
    logic        ack_new;       // SND.UNA < SEG.ACK <= SND.MAX
    logic        ack_same;      // SEG.ACK = SND.UNA
    logic        ack_valid;     // SND.UNA <= SEG.ACK <= SND.MAX
    logic        ack_all;       // SEG.ACK = SND.MAX
    logic        ack_past_nxt;  // SND.NXT < SEG.ACK
    logic        ack_recovers;  // recover <= SEG.ACK
    logic        una_past_recover;
    logic        rtt_covered;
    logic        newer;         // SND.WL1/WL2 test
    logic        flight_any;    // SND.UNA != SND.MAX
    logic [31:0] acked;
    logic [31:0] flight;        // SND.MAX - SND.UNA
    logic [31:0] wnd;           // scaled
    logic        wnd_same;
    logic [31:0] sample;        // microseconds
    logic [31:0] delta;         // sample - srtt / 8
    logic [31:0] lim;           // host: new snd_lim
    logic        lim_new;
    logic        lim_same;
    logic        lim_bad;
    logic        rto_due;
    logic        ack_due;
  } tx_facts_t;

  // Third stage: what could be sent.
  typedef struct packed {
    logic        data;          // payload or FIN at SND.NXT
    logic        fin;
    logic [15:0] len;
    logic        more;          // more at SND.NXT after this
    logic        waiting;       // the host has more than can be sent now
    logic [15:0] re_len;        // of the segment at SND.UNA
    logic        re_fin;
    logic [15:0] wnd_floor;     // window field, rounded down
    logic [31:0] adv_floor;     // right edge that it announces
    logic        adv_below;     // less than announced before: round up
    logic        wnd_update;    // worth telling the peer (RFC 9293 3.8.6.2.2)
    logic [31:0] rto_backed;    // rto << backoff, bounded
  } tx_plan_t;

  // Side effects of the second stage, acted upon in the last.
  typedef struct packed {
    logic       report;
    logic       bad_offset;
    logic       ending;
    logic [1:0] end_kind;
    logic       kill_reset;     // send RST now
    logic       rearm;          // restart the retransmission timer
    logic       rto_fired;
    logic       fast;
    logic       dup;
    logic       timed_out;
  } tx_notes_t;

endpackage
/* verilator lint_on UNUSEDPARAM */
