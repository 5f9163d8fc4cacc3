// SPDX-License-Identifier: Apache-2.0
// What congestion control remembers of a connection, and what travels down its pipelines. Windows
// are in units of 16 bytes and end at 32 MiB, twice the largest ring; curve times in 1,024 us.

/* verilator lint_off UNUSEDPARAM */
package toe_cc_pkg;

  // Register congestion_control.
  localparam logic [1:0] CcNewReno = 2'd0;
  localparam logic [1:0] CcCubic = 2'd1;
  localparam logic [1:0] CcDctcp = 2'd2;

  // 0.4 / s^3 is 0.92234 * 2^-31 per (1,024 us)^3; this is 0.92234 * 2^14.
  localparam logic [14:0] CubicC = 15'd15112;
  // (1 + beta) / 2 * 2^12 with beta 0.7: fast convergence.
  localparam logic [11:0] FastConvergence = 12'd3482;

  // toe_pkg::cc_event_t cut down to what is looked at, or a cube root that came back.
  localparam logic [2:0] OpRoot = 3'd7;
  typedef struct packed {
    logic [15:0] conn;
    logic [2:0]  op;            // toe_pkg::Cc* or OpRoot
    logic [1:0]  cc;
    logic        slow;          // in slow start
    logic        limited;       // the window, not the application, bounded what was sent
    logic        ece;
    logic [24:0] cwnd;          // bytes
    logic [13:0] mss;
    logic [25:0] acked;         // bytes
    logic [31:0] una;           // OpRoot: the root in bits 17:0
    logic [31:0] nxt;
    logic [15:0] rtt;           // 1,024 us
  } event_t;
  localparam int unsigned EventW = 16 + 3 + 2 + 3 + 25 + 14 + 26 + 64 + 16;

  localparam int unsigned RecordW = 133;
  typedef struct packed {
    logic [1:0]  cc;
    logic        started;       // a congestion avoidance stage runs
    logic        rooting;       // k is being computed
    logic        reduced;       // the window fell since: the next stage begins with another w_max
    logic        timed_out;     // it fell by timeout
    logic [20:0] w_max;         // RFC 9438 4.1.2: W_max
    logic [20:0] prior;         // cwnd_prior
    logic [20:0] w_est;         // W_est
    logic [25:0] acked;         // bytes towards the next growth of w_est; if reduced: where
                                // recovery ends, bits 25:0 of that sequence number
    logic [17:0] k;
    logic [19:0] epoch;         // when the stage began
  } cubic_t;
  typedef struct packed {
    logic [1:0]  cc;
    logic        started;       // window_end is valid
    logic [45:0] reserved;
    logic [25:0] acked;         // bytes in this observation window
    logic [25:0] marked;
    logic [31:0] window_end;    // RFC 8257 3.3: DCTCP.WindowEnd
  } dctcp_t;

  // First stage: comparisons of the event with the record.
  typedef struct packed {
    logic        same;          // the record is of the event's algorithm
    logic [19:0] t;             // since the stage began
    logic        prior_lt;      // prior < w_max
    logic [20:0] w_less;        // prior after fast convergence
    logic [26:0] sum;           // bytes acknowledged with this event
    logic [26:0] mark_sum;
    logic [26:0] threshold;     // bytes for which w_est grows by one MSS
    logic        recovering;    // una is before the end of recovery
    logic        window_over;   // una > window_end
  } facts_t;

  // Second stage: what would be the case at the beginning of a congestion avoidance stage, and
  // whether W_est grows.
  typedef struct packed {
    logic        begins;
    logic [20:0] w_fallen;      // W_max after a loss
    logic [20:0] w_max;         // of the stage that begins
    logic        at_once;       // its K is 0: w_max is not above cwnd
    logic [20:0] gap;           // w_max - cwnd
    logic        grows;
    logic [25:0] beyond;        // bytes acknowledged beyond that
  } choice_t;

  // A computation that was asked for.
  localparam logic [1:0] AskNone = 2'd0;
  localparam logic [1:0] AskReset = 2'd1;
  localparam logic [1:0] AskStep = 2'd2;   // CUBIC: bytes for one MSS of growth
  localparam logic [1:0] AskAlpha = 2'd3;  // DCTCP: a new fraction of marks
  typedef struct packed {
    logic [15:0] conn;
    logic [1:0]  ask;
    logic [13:0] mss;
    logic [24:0] cwnd;
    logic [20:0] w_max;
    logic [20:0] w_est;
    logic [25:0] marked;
    logic [25:0] acked;
  } point_t;
  localparam int unsigned PointW = 16 + 2 + 14 + 25 + 42 + 52;

  // A quotient to be formed.
  typedef struct packed {
    logic [15:0] conn;
    logic [1:0]  ask;
    logic        never;         // the window is not to grow
    logic [13:0] mss;
    logic [25:0] num;
    logic [25:0] den;           // not 0 unless `never`
  } fraction_t;

  // What the transmit engine was told.
  typedef struct packed {
    logic [15:0] alpha;         // 32768 is 1
    logic [8:0]  step;          // exponent, then 4 bits after the leading one; 0: as cwnd
    logic        untold;        // there was no room to tell it
  } told_t;
  localparam int unsigned ToldW = 26;
  localparam logic [8:0] StepNever = 9'h1ff;

endpackage
/* verilator lint_on UNUSEDPARAM */
