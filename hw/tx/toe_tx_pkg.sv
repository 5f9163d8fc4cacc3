// SPDX-License-Identifier: Apache-2.0
// The transmit half of a connection, and what travels down the transmit engine's pipeline.
// Written by toe_tx_engine alone. Names as in RFC 9293 3.3.1, RFC 5681 and RFC 6675.
//
// Sequence numbers that lie near SND.UNA are kept as their low 26 bits: rings have at most 2^24
// bytes, so the sign of a difference of two of them is right (SeqW).

/* verilator lint_off UNUSEDPARAM */
package toe_tx_pkg;

  localparam logic [2:0] PhaseClosed = 3'd0;
  localparam logic [2:0] PhaseListen = 3'd1;
  localparam logic [2:0] PhaseSynSent = 3'd2;
  localparam logic [2:0] PhaseSynRcvd = 3'd3;
  localparam logic [2:0] PhaseOpen = 3'd4;
  localparam logic [2:0] PhaseDying = 3'd5;  // gave up; waits for toe_conn_manager

  localparam int unsigned SeqW = 26;
  localparam int unsigned Ranges = 4;        // of the scoreboard

  // Timeouts in a row before one is taken for a black hole: R1 (RFC 1122 4.2.3.5, RFC 4821 7.7).
  localparam logic [7:0] HoleRetries = 8'd3;

  localparam logic [1:0] CcNewReno = 2'd0;
  localparam logic [1:0] CcCubic = 2'd1;
  localparam logic [1:0] CcDctcp = 2'd2;

  // Round-trip time and timeout (RFC 6298).
  typedef struct packed {
    logic        known;       // srtt and rttvar hold measurements
    logic        running;     // a measurement runs: seq was sent at start
    logic [25:0] seq;
    logic [25:0] start;       // microseconds
    logic [28:0] srtt;        // microseconds * 8
    logic [27:0] rttvar;      // microseconds * 4
    logic [3:0]  backoff;
    logic        syn_lost;    // our SYN was sent again
  } tx_rtt_t;
  localparam int unsigned RttW = 2 + 26 * 2 + 29 + 28 + 5;

  // Congestion window.
  typedef struct packed {
    logic [1:0]  cc;
    logic [25:0] cwnd;
    logic [25:0] ssthresh;
    logic [25:0] credit;      // bytes acknowledged towards the next growth of cwnd (RFC 3465)
    logic [25:0] step;        // of toe_cc: credit that a growth takes; 0 means cwnd
    logic [10:0] alpha;       // of toe_cc (RFC 8257 3.3)
    logic [25:0] prior_cwnd;  // before the recovery that may be undone
    logic [25:0] prior_ssthresh;
    logic        in_cwr;      // ECE was answered; until `recover` is acknowledged
    logic        cwr_due;     // the next new data carry CWR
  } tx_cc_t;
  localparam int unsigned CcW = 2 + 26 * 6 + 11 + 2;

  // Loss recovery. What lies in [high_rxt, lost_edge) and was not selectively acknowledged counts
  // as lost and is to be sent again; what lies below high_rxt has been.
  typedef struct packed {
    logic        in_recovery; // fast recovery (RFC 6582, RFC 6675)
    logic        in_loss;     // after a timeout, until `recover` is acknowledged
    logic        undo_ok;     // the first ACK may still show that this was spurious (RFC 3522)
    logic        force_one;   // the first lost segment goes whatever the windows say
    logic [3:0]  dup_acks;
    logic [3:0]  threshold;   // DupThresh; grows with reordering
    logic [25:0] recover;     // RecoveryPoint; trails SND.UNA outside of recovery
    logic [25:0] high_rxt;    // HighRxt + 1
    logic [25:0] lost_edge;
    logic [25:0] rxt_max;     // SND.MAX when a segment was last sent again
    logic [31:0] rxt_ts;      // timestamp clock at the start; in SYN-RECEIVED the SYN's TSval
    logic        pto;         // the timer that runs is the probe timeout (RFC 8985 7)
    logic        tlp_due;     // a loss probe is to be sent
    logic        tlp_out;     // it was sent, and tlp_end was SND.MAX then
    logic        tlp_rxt;     // it was a retransmission
    logic [25:0] tlp_end;
    logic [2:0]  probes;      // probes since SND.UNA last moved
  } tx_loss_t;
  localparam int unsigned LossW = 4 + 8 + 26 * 4 + 32 + 4 + 26 + 3;

  // Ranges selectively acknowledged: disjoint, ascending, the highest in the last place.
  typedef struct packed {
    logic [Ranges-1:0]      valid;
    logic [Ranges*SeqW-1:0] first;
    logic [Ranges*SeqW-1:0] past;    // one past the last
  } tx_board_t;
  localparam int unsigned BoardW = Ranges * (1 + 2 * SeqW);

  // Search for the path MTU (RFC 4821 7.1). `mss` is search_low. A round of the search goes on
  // while `high` is SearchWorth or more above it; outside of one the next probe is of `top` bytes.
  localparam logic [13:0] SearchWorth = 14'd16;
  typedef struct packed {
    logic [13:0] top;         // most that both ends take
    logic        out;         // a probe is in flight: [first, past)
    logic        failed;      // it alone was lost, and recovery is for its sake
    logic [13:0] high;        // search_high: what was lost; 0 before a round
    logic        soon;        // the next round need not wait for 10 minutes
    logic [17:0] since;       // 1,024 ticks: when the search last moved
    logic [25:0] first;
    logic [25:0] past;
  } tx_search_t;
  localparam int unsigned SearchW = 14 * 2 + 3 + 18 + 52;

  // What we owe the peer.
  typedef struct packed {
    logic        now;         // acknowledge at once
    logic        owed;        // one segment is not acknowledged yet
    logic [25:0] at;          // with owed: when at the latest
    logic [31:0] last;        // acknowledgement number sent last (RFC 7323 4.3)
    logic [25:0] adv_edge;    // highest right edge of the window announced
    logic        ece;         // congestion is echoed (RFC 3168 6.1.3); DCTCP.CE (RFC 8257 3.2)
    logic        split;       // DCTCP.CE has changed: first acknowledge up to split_at with the old
    logic [25:0] split_at;
    logic        dsack_valid; // data received twice, to be reported (RFC 2883)
    logic [25:0] dsack_first;
    logic [25:0] dsack_past;
  } tx_owed_t;
  localparam int unsigned OwedW = 2 + 26 + 32 + 26 + 29 + 52;

  typedef struct packed {
    logic [2:0]  phase;
    logic        queued;      // its identifier is in the ready queue
    logic [31:0] iss;
    logic [31:0] snd_una;
    logic [31:0] snd_max;     // highest sequence number sent + 1
    logic [25:0] snd_lim;     // one past the last byte the host has provided
    logic        fin_req;     // FIN follows snd_lim
    logic        fin_sent;    // snd_max covers the FIN
    logic [29:0] snd_wnd;     // scaled
    logic [29:0] max_wnd;     // largest snd_wnd of this connection (RFC 5961 5.2)
    logic [31:0] snd_wl1;
    logic [13:0] mss;         // largest payload without options, by what is known of the path
    logic [3:0]  snd_ws;
    logic [3:0]  rcv_ws;
    logic        ws_on;       // the peer offered the option, or we are about to
    logic        ts_on;
    logic        sack_on;
    logic        ecn_on;
    logic [15:0] ts_off;      // upper half of what our timestamps are ahead of the card's clock
    logic        nodelay;     // connection_option
    logic        keepalive;
    logic        quickack;
    tx_rtt_t     rtt;
    tx_cc_t      cc;
    tx_loss_t    loss;
    tx_board_t   board;
    tx_search_t  search;
    tx_owed_t    owed;
    logic [7:0]  retries;     // of a segment, window probe or keep-alive probe
    logic        rto_armed;
    logic [31:0] rto_at;      // not armed: when the idle time will have been longer than RTO
    logic [27:0] since;       // ticks: when the peer was last heard of, or what it is to take last
                               // moved
    logic [27:0] user_timeout; // ticks; 0 means the register's
    logic        probe;       // send a zero-window or keep-alive probe
    logic [51:0] ring_page;
    logic [4:0]  ring_log2;
    logic [4:0]  rx_ring_log2;
  } tx_record_t;
  localparam int unsigned RecordW = 4 + 32 * 3 + 26 + 2 + 30 * 2 + 32 + 14 + 8 + 4 + 16 + 3 + RttW +
                                    CcW + LossW + BoardW + SearchW + OwedW + 8 + 33 + 56 + 1 + 52 +
                                    10;

  // A span of ticks for comparisons of 28 bits: 2^27 of them are 38 hours, and beyond that the sign
  // of a difference would turn.
  function automatic logic [27:0] bounded(input logic [31:0] ticks);
    bounded = ticks > 32'h07ff_ffff ? 28'h7ff_ffff : ticks[27:0];
  endfunction

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
    logic        ack_past_rxt;  // high_rxt < SEG.ACK
    logic        ack_past_lost; // lost_edge < SEG.ACK
    logic        rxt_past_lost; // lost_edge < high_rxt
    logic        ack_recovers;  // recover <= SEG.ACK
    logic        ack_tlp;       // tlp_end <= SEG.ACK
    logic        ack_past_tlp;  // tlp_end < SEG.ACK
    logic        una_past_recover;
    logic        rtt_covered;
    logic        newer;         // SND.WL1/WL2 test
    logic        flight_any;    // SND.UNA != SND.MAX
    logic [25:0] acked;
    logic [25:0] flight;        // SND.MAX - SND.UNA
    logic        flight_half;   // at least half of cwnd
    logic [29:0] wnd;           // scaled
    logic        wnd_same;
    logic        wnd_up;
    logic [25:0] sample;        // microseconds
    logic        ts_sampled;    // by timestamp
    logic [25:0] ts_sample;
    logic        ts_older;      // TSecr is older than what recovery sent
    logic        lost_pending;  // SND.UNA < lost_edge
    logic [31:0] lim;           // host: new snd_lim
    logic        lim_new;
    logic        lim_same;
    logic        lim_bad;
    logic        rto_due;
    logic        ack_due;
    logic        idle_due;      // nothing was in flight for longer than RTO
    logic        expired;       // user timeout
    logic        keepalive_due;
    logic        v6;            // the peer has an IPv6 address
    logic [13:0] path_mss;      // what an ICMP message leaves of the segment size, ...
    logic        path_smaller;  // ... which is less than what was
    logic [13:0] hole_mss;      // what a black hole leaves of it, ...
    logic        hole_smaller;  // ... which is less, and more was in flight at once
    logic        probe_acked;   // the path MTU probe was acknowledged
    logic        probe_alone;   // it is the only hole, and lies at SND.UNA
    logic        at_probe;      // it lies at SND.UNA
    logic        more_lost;     // more than it is lost
    logic [25:0] dctcp_cwnd;    // cwnd (1 - alpha / 2)
  } tx_facts_t;

  // First stage: one block of the segment against the scoreboard. Range i lies above or is touched;
  // what is neither lies below.
  typedef struct packed {
    logic              hit;     // a block that says something new
    logic              dsack;   // data arrived twice
    logic [25:0]       first;
    logic [25:0]       past;
    logic [Ranges-1:0] touched;
    logic [Ranges-1:0] above;
    logic [Ranges-1:0] earlier; // range begins before the block
    logic [Ranges-1:0] later;   // range ends after the block
    logic [Ranges-1:0] gone;    // SEG.ACK is not below the range
  } tx_sack_t;

  // Second stage: what the event means.
  typedef struct packed {
    logic is_ack;
    logic new_ack;
    logic dup;
    logic enter;      // fast recovery begins
    logic first_hole; // ... by duplicate ACKs: the lowest hole counts as lost
    logic partial;
    logic leave;
    logic loss_left;
    logic undo;
    logic sampled;
    logic timeout;
    logic pto;
    logic persist;
    logic keepalive;
    logic dying;
    logic too_long;   // ... for want of patience, not of retransmissions
    logic path;       // the path takes smaller segments only
    logic hole;       // ... and it is a timeout that says so (RFC 4821 7.7)
    logic spared;     // with enter: of the path MTU probe, which is no congestion
    logic probed;     // the path took the probe
    logic ece;        // answer congestion
    logic repaired;   // the loss probe was the one that arrived (RFC 8985 7.4)
    logic idle;
    logic grow;
  } tx_moves_t;

  // Third stage: what could be sent.
  typedef struct packed {
    logic        data;          // payload or FIN at SND.MAX, as far as the peer's window goes
    logic        fin;
    logic [13:0] len;
    logic        more;          // more at SND.MAX after this
    logic        search;        // it is a path MTU probe
    logic        waiting;       // the host has more than can be sent now
    logic        lost;          // something lost is to be sent again
    logic [25:0] re_at;
    logic [13:0] re_len;
    logic        re_fin;
    logic        re_room;       // the peer's window holds it
    logic [25:0] tlp_at;        // the same for a loss probe
    logic [13:0] tlp_len;
    logic        tlp_fin;
    logic        tlp_new;       // new data are the better probe
    logic        last_hole;     // holes remain that only their number does not make lost
    logic [25:0] last_edge;
    logic [27:0] headroom;      // cwnd less pipe, signed (RFC 6675 4)
    logic        recheck;       // loss recovery learnt something: look again
    logic [2:0]  sack_count;    // blocks to send
    logic [15:0] wnd;           // window field
    logic [25:0] adv_edge;      // right edge that it announces
    logic        wnd_update;    // worth telling the peer (RFC 9293 3.8.6.2.2)
    logic [31:0] rto_backed;    // rto << backoff, bounded
    logic [31:0] pto;           // probe timeout
    logic        pto_ok;        // may be armed
    logic        flight_one;    // at most a segment is in flight
  } tx_plan_t;

  // Side effects of the second stage, acted upon in the last ones.
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
    logic       too_long;
    logic       keepalive;
    logic       path;
    logic       first_hole;
    logic       undone;
    logic       dsack;
    logic       idle;
    logic       cc_valid;       // tell toe_cc
    logic [2:0] cc_op;
    logic [25:0] acked;
    logic [25:0] flight;
    logic [25:0] cwnd;
    logic       ece;
  } tx_notes_t;

  // Fourth stage: what leaves, for the fifth to put together.
  typedef struct packed {
    logic        send;
    logic        rst;
    logic        syn;
    logic        fin;
    logic        psh;
    logic        retransmit;
    logic [31:0] base;          // sequence number is base + ahead
    logic [25:0] ahead;
    logic [13:0] len;
    logic [15:0] wnd;
    logic [2:0]  sack_count;
    logic        dsack;
    logic        split;         // the acknowledgement number is owed.split_at
    logic        ece;
    logic        cwr;
    logic        ect;
    logic        fin_first;
  } tx_out_t;

endpackage
/* verilator lint_on UNUSEDPARAM */
