// SPDX-License-Identifier: Apache-2.0
// Types that cross blocks, and who writes which state. Nothing here has behaviour.
//
// Every connection-state field has exactly one writer block:
//   toe_conn_manager : tuple, owner (queue pair, generation), listener, free list, TIME-WAIT queue
//   toe_rx_engine    : RCV.NXT, IRS, consumed offset, gap records, receive ring, state of the
//                      receive half
//   toe_tx_engine    : SND.UNA, SND.NXT, SND.MAX, SND.WND, SND.WL1, SND.WL2, congestion window,
//                      RTT, RTO, transmit ring, pending acknowledgements, state of the
//                      transmit half
//   toe_timers       : the deadline each connection waits for
//   toe_report       : what the host was told and is to be told
// Streams are valid/ready: valid never waits for ready and is held, with its data, until taken.

/* verilator lint_off UNUSEDPARAM */
package toe_pkg;

  localparam int unsigned DataBytes = 64;
  localparam int unsigned DataBits = 512;
  localparam int unsigned ConnW = 16;
  localparam int unsigned GenW = 8;

  // TCP flags as in the header, FIN lowest.
  localparam int unsigned FlagFin = 0;
  localparam int unsigned FlagSyn = 1;
  localparam int unsigned FlagRst = 2;
  localparam int unsigned FlagPsh = 3;
  localparam int unsigned FlagAck = 4;
  localparam int unsigned FlagEce = 6;  // RFC 3168
  localparam int unsigned FlagCwr = 7;

  // Field ECN of the IP header (RFC 3168 5).
  localparam logic [1:0] EcnNotEct = 2'b00;
  localparam logic [1:0] EcnEct0 = 2'b10;
  localparam logic [1:0] EcnCe = 2'b11;

  localparam int unsigned SackBlocks = 4;  // most that fit into a header (RFC 2018 3)

  // A beat of a frame on the wire: byte 0 is data[7:0]. keep is a run of ones from bit 0.
  typedef struct packed {
    logic         last;
    logic [63:0]  keep;
    logic [511:0] data;
  } beat_t;

  // The four-tuple, remote side first. Host byte order: first octet in the highest bits. IPv4
  // addresses are written as IPv4-mapped ones (RFC 4291 2.5.5.2). The card has one address of each
  // kind, so the kind stands for the local address.
  localparam logic [1:0] LocalIpv4 = 2'd0;
  localparam logic [1:0] LocalIpv6 = 2'd1;
  localparam logic [1:0] LocalIpv6Link = 2'd2;
  localparam logic [95:0] Ipv4Mapped = 96'hffff;
  typedef struct packed {
    logic [1:0]   local_kind;
    logic [127:0] remote_ip;
    logic [15:0]  remote_port;
    logic [15:0]  local_port;
  } tuple_t;
  localparam int unsigned TupleW = 162;

  // A received TCP segment that passed every check of the wire; or, with icmp, an ICMP error about
  // a segment of ours: tuple and seq are that segment's, len and flags are 0. wnd is the next hop's
  // MTU, where a router of before RFC 1191 said none the plateau below the segment's length (RFC
  // 1191 7.1), and 0 if the error is not about it. Errors that hit a connection the engine counts.
  typedef struct packed {
    logic        icmp;
    logic        icmp_hard;     // hard error (RFC 9293 3.9.2.2), but not one about the MTU
    logic        ce;            // the IP header said Congestion Experienced
    tuple_t      tuple;         // remote = its source
    logic [31:0] seq;
    logic [31:0] ack;
    logic [15:0] wnd;           // as on the wire, not scaled
    logic [7:0]  flags;
    logic [15:0] len;           // payload bytes
    logic [7:0]  payload_start; // offset of the payload in the frame that waits in the frame buffer
    logic        mss_valid;     // MSS, WS and SACK permitted: of SYN segments only
    logic [15:0] mss;
    logic        ws_valid;
    logic [3:0]  ws;            // already limited to 14 (RFC 7323 2.3)
    logic        sack_ok;       // SYN: SACK permitted
    logic        ts_valid;
    logic [31:0] ts_val;
    logic [31:0] ts_ecr;
    logic [2:0]  sack_count;
    logic [255:0] sack;         // block i in bits 64 i + 63 : 64 i, its end in the upper half
  } segment_t;
  localparam int unsigned SegmentW = 3 + TupleW + 64 + 16 + 8 + 16 + 8 + 17 + 5 + 1 + 65 + 3 + 256;

  // A segment with the result of the connection lookup.
  typedef struct packed {
    logic             hit;
    logic [ConnW-1:0] conn;
    segment_t         seg;
  } rx_segment_t;
  localparam int unsigned RxSegmentW = 1 + ConnW + SegmentW;

  // toe_rx_engine -> toe_conn_manager, on syn_o, as a segment_t: SYNs without a connection;
  // segments without ACK, SYN and RST likewise, which a port in LISTEN drops; while SYN cookies are
  // out, ACKs without a connection; and a SYN for a connection in TIME-WAIT that may follow it (RFC
  // 6191): its ack, which has no meaning without the flag ACK, is SND.MAX of the old connection.
  //
  // Window scale that the card announces with a SYN cookie, as it knows no ring yet. A connection
  // made from one keeps it, whatever its ring: 65535 << 8 covers the largest.
  localparam logic [3:0] CookieWs = 4'd8;

  // toe_conn_manager -> toe_rx_engine.
  localparam logic [2:0] RxCtlListen = 3'd0;   // new record in LISTEN: ring and generation
  localparam logic [2:0] RxCtlActive = 3'd1;   // new record in SYN-SENT: ring and generation
  localparam logic [2:0] RxCtlSyn = 3'd2;      // LISTEN -> SYN-RECEIVED: irs
  localparam logic [2:0] RxCtlRelisten = 3'd3; // SYN-RECEIVED -> LISTEN
  localparam logic [2:0] RxCtlKill = 3'd4;     // -> CLOSED; final report of `status`
  typedef struct packed {
    logic [2:0]       op;
    logic [ConnW-1:0] conn;
    logic [51:0]      ring_page;  // card address of the receive ring / 4096
    logic [4:0]       ring_log2;  // log2 of its bytes
    logic [31:0]      irs;
    logic             ts_on;      // RxCtlSyn: both sides send timestamps
    logic [31:0]      ts_val;     // of the SYN
    logic [7:0]       status;
    logic             open;       // RxCtlSyn from a SYN cookie: the handshake is complete already,
                                  // straight to ESTABLISHED and reported so; ts_val is the ACK's
  } rx_ctl_t;

  // toe_conn_manager -> toe_tx_engine.
  localparam logic [2:0] TxCtlListen = 3'd0;   // new record: ring
  localparam logic [2:0] TxCtlActive = 3'd1;   // new record: ring, iss; sends SYN
  localparam logic [2:0] TxCtlSyn = 3'd2;      // LISTEN -> SYN-RECEIVED: iss, options; a SYN-ACK
  localparam logic [2:0] TxCtlRelisten = 3'd3;
  localparam logic [2:0] TxCtlKill = 3'd4;     // -> CLOSED; sends RST first if `reset`
  typedef struct packed {
    logic [2:0]       op;
    logic [ConnW-1:0] conn;
    logic [51:0]      ring_page;
    logic [4:0]       ring_log2;
    logic [4:0]       rx_ring_log2;
    logic [31:0]      iss;
    logic [31:0]      irs;
    logic [15:0]      wnd;
    logic             mss_valid;
    logic [15:0]      mss;
    logic             ws_valid;
    logic [3:0]       ws;
    logic             sack_ok;
    logic             ts_valid;
    logic [31:0]      ts_val;
    logic             ecn_ok;      // the SYN had ECE and CWR (RFC 3168 6.1.1)
    logic             reset;
    logic [2:0]       options;     // TxCtlListen, TxCtlActive: connection_option
    logic [1:0]       cc;          // and the algorithm, as in the register congestion_control
    logic             open;        // TxCtlSyn from a SYN cookie: our SYN is acknowledged already,
                                   // SND.UNA = SND.NXT = SND.MAX = iss + 1; wnd, to be shifted by
                                   // ws, and ts_val are the ACK's; nothing is sent for it; the
                                   // window scale announced (with ws_valid) was CookieWs
    logic [15:0]      ts_off;      // TxCtlActive, TxCtlSyn: upper half of what our timestamps are
                                   // ahead of now.ts_clock; depends on the two ends alone, so that
                                   // they grow from one connection to the next (RFC 6191 2)
  } tx_ctl_t;

  // toe_sq_exec -> engines: checked for owner and generation, offsets not yet checked.
  typedef struct packed {
    logic [ConnW-1:0] conn;
    logic [31:0]      offset;  // consumed_up_to
  } rx_host_t;
  typedef struct packed {
    logic [ConnW-1:0] conn;
    logic [31:0]      offset;  // sent_up_to
    logic             fin;
    logic             configure; // only the options below are meant
    logic [2:0]       options; // connection_option
    logic [1:0]       cc;      // the algorithm, as in the register congestion_control
    logic [31:0]      user_timeout;  // ticks; 0 means the register's
  } tx_host_t;

  // toe_rx_engine -> toe_tx_engine. While it waits it keeps `conn`, but may take up its successor.
  // Without ack_valid and want_ack: the host consumed, perhaps a larger window is to be announced.
  localparam logic [1:0] AckNone = 2'd0;
  localparam logic [1:0] AckDelayed = 2'd1;
  localparam logic [1:0] AckNow = 2'd2;
  typedef struct packed {
    logic [ConnW-1:0] conn;
    logic             ack_valid;   // ack, seq and wnd are to be processed
    logic             has_text;    // it carried payload, SYN or FIN: cannot be a duplicate ACK
    logic             established; // the handshake completed with this segment
    logic             syn_valid;   // peer's SYN seen in SYN-SENT: wnd unscaled, options valid
    logic             mss_valid;
    logic [15:0]      mss;
    logic             ws_valid;
    logic [3:0]       ws;
    logic [31:0]      seq;
    logic [31:0]      ack;
    logic [15:0]      wnd;
    logic [1:0]       want_ack;
    logic             sack_ok;      // with syn_valid
    logic             ts_valid;
    logic [31:0]      ts_val;
    logic [31:0]      ts_ecr;
    logic [2:0]       sack_count;
    logic [255:0]     sack;
    logic             ece;
    logic             cwr;
    logic             ce;           // new data carried Congestion Experienced
    logic             dsack_valid;  // data received twice, to be reported (RFC 2883)
    logic [31:0]      dsack_start;
    logic [31:0]      dsack_end;
    logic             icmp;         // an ICMP error, as in segment_t
    logic             icmp_hard;
  } tx_rx_t;
  localparam int unsigned TxRxW = 124 + 1 + 65 + 3 + 256 + 3 + 65 + 2;

  // What each engine shows the other: read-only copies of its record.
  typedef struct packed {
    logic [31:0] rcv_nxt;
    logic [31:0] rcv_edge;  // RCV.NXT + RCV.WND as the ring allows: first number not accepted
    logic [31:0] ts_recent; // TS.Recent (RFC 7323 4.3)
    logic [3:0]   run_valid;  // runs beyond gaps: 0 is the one changed last, and so on
    logic [127:0] run_start;
    logic [127:0] run_end;
  } rx_shadow_t;
  localparam int unsigned RxShadowW = 96 + 4 + 256;
  typedef struct packed {
    logic [31:0] snd_una;
    logic [31:0] snd_max;   // highest sequence number sent + 1
    logic        fin_sent;
    logic [31:0] last_ack;  // acknowledgement number sent last (RFC 7323 4.3)
    logic [31:0] max_wnd;   // largest window that the peer has offered (RFC 5961 5.2)
  } tx_shadow_t;
  localparam int unsigned TxShadowW = 129;

  // toe_tx_engine -> toe_cc: what congestion control learns, outside the engine's pipeline. Nobody
  // waits for it: toe_cc takes one a clock, or merges or drops those of op CcAck and CcIdle.
  localparam logic [2:0] CcReset = 3'd0;    // a new connection, or another algorithm
  localparam logic [2:0] CcAck = 3'd1;      // new data were acknowledged
  localparam logic [2:0] CcLoss = 3'd2;     // recovery began, or ECE was answered; cwnd: before it
  localparam logic [2:0] CcTimeout = 3'd3;  // retransmission timeout; cwnd: before it
  localparam logic [2:0] CcUndo = 3'd4;     // the latest of the two was spurious
  localparam logic [2:0] CcIdle = 3'd5;     // sends again after an idle time
  typedef struct packed {
    logic [ConnW-1:0] conn;
    logic [2:0]       op;
    logic [1:0]       cc;             // as in the register congestion_control
    logic             in_slow_start;
    logic [31:0]      cwnd;           // bytes
    logic [15:0]      mss;
    logic [31:0]      acked;          // bytes newly acknowledged
    logic [31:0]      flight;         // bytes sent and not acknowledged, before this event
    logic             ece;            // the segment echoed congestion
    logic [31:0]      snd_una;        // after this event
    logic [31:0]      snd_nxt;
    logic [31:0]      srtt;           // microseconds * 8
  } cc_event_t;
  // toe_cc -> toe_tx_engine.
  typedef struct packed {
    logic [ConnW-1:0] conn;
    logic [31:0]      step;   // bytes acknowledged for which cwnd grows by one MSS; 0: as many as
                              // cwnd has. If more are saved up already, one MSS is all they give
    logic [10:0]      alpha;  // DCTCP.Alpha * 1024 (RFC 8257 3.3), at most 1024
  } cc_answer_t;

  // Engine -> toe_conn_manager: the connection is to end. At most one per engine and connection,
  // but for the last kind, of which any may be lost.
  localparam logic [1:0] EndClosed = 2'd0;    // orderly, or `status` if not ok: free it
  localparam logic [1:0] EndHandshake = 2'd1; // SYN-RECEIVED failed: to LISTEN, or free if active
  localparam logic [1:0] EndTimeWait = 2'd2;  // entered TIME-WAIT
  localparam logic [1:0] EndTimeWaitAgain = 2'd3;  // in TIME-WAIT, a FIN came again: restart 2 MSL
  typedef struct packed {
    logic [1:0]       kind;
    logic [ConnW-1:0] conn;
    logic [7:0]       status;
  } end_t;

  // What a segment to send looks like; payload is still in host memory.
  typedef struct packed {
    tuple_t      tuple;
    logic [31:0] seq;
    logic [31:0] ack;
    logic [15:0] wnd;          // as on the wire
    logic [7:0]  flags;
    logic        mss_valid;    // MSS option (4 bytes)
    logic [15:0] mss;
    logic        ws_valid;     // NOP, window scale (4 bytes)
    logic [3:0]  ws;
    logic        sack_ok;      // SACK permitted
    logic        ts_valid;     // timestamps; 12 bytes with their padding
    logic [31:0] ts_val;
    logic [31:0] ts_ecr;
    logic [2:0]  sack_count;   // SACK blocks: NOP, NOP, 2 + 8 n bytes
    logic [255:0] sack;        // as in segment_t
    logic [1:0]  ecn;          // field of the IP header
    logic [51:0] ring_page;
    logic [4:0]  ring_log2;
    logic [23:0] ring_offset;  // of the first payload byte in the ring
    logic [15:0] len;          // payload bytes; 0 to mss
  } tx_segment_t;
  localparam int unsigned TxSegmentW = TupleW + 64 + 16 + 8 + 17 + 5 + 1 + 65 + 3 + 256 + 2 + 52 +
                                       5 + 24 + 16;

  // toe_rx_engine -> toe_dma_write: takes the payload that waits in the frame buffer, if any, and
  // writes len bytes of it to the ring; then, after the write response, passes on the report.
  typedef struct packed {
    logic [ConnW-1:0] conn;
    logic        has_frame;     // the frame buffer holds its frame: it is taken or discarded
    logic [7:0]  frame_start;   // offset of the first payload byte of the frame
    logic [15:0] skip;          // payload bytes to leave out in front
    logic [15:0] len;           // bytes to write; 0 = discard
    logic [51:0] ring_page;
    logic [4:0]  ring_log2;
    logic [23:0] ring_offset;
    logic        report;        // the fields below are to be passed on
    logic [31:0] received;      // stream offset received in order
    logic        established;
    logic        fin_received;
    logic        bad_offset;
    logic        detach;        // TIME-WAIT: final for the host, though the connection lives on
    logic        final_report;  // CLOSED
    logic [7:0]  status;
  } rx_job_t;

  // toe_dma_write -> toe_report, after the payload's write response.
  typedef struct packed {
    logic [ConnW-1:0] conn;
    logic [31:0] received;
    logic        established;
    logic        fin_received;
    logic        bad_offset;
    logic        detach;
    logic        final_report;
    logic [7:0]  status;
  } rx_report_t;

  // toe_tx_engine -> toe_report.
  typedef struct packed {
    logic [ConnW-1:0] conn;
    logic [31:0] acked;         // stream offset
    logic        fin_sent;
    logic        fin_acked;
    logic        bad_offset;
  } tx_report_t;

  // toe_conn_manager -> toe_report: a new record, or the tuple of one that left LISTEN.
  typedef struct packed {
    logic [ConnW-1:0] conn;
    logic             fresh;    // new record: all fields; else the tuple and state alone
    logic [GenW-1:0]  generation;
    logic [3:0]       qp;
    logic [31:0]      cookie;
    logic [3:0]       state;    // tcp_state
    logic             notify;   // tell the host
    tuple_t           tuple;
  } open_report_t;

  // Answer to a submission entry.
  typedef struct packed {
    logic [3:0]  qp;
    logic [7:0]  status;
    logic [31:0] id;            // listener, or what a refused entry named
    logic [31:0] cookie;
    logic [7:0]  opcode;
  } response_t;

  // toe_sq_exec -> toe_conn_manager: regions and slots already resolved and checked.
  typedef struct packed {
    logic [7:0]  opcode;
    logic [3:0]  qp;
    logic [31:0] id;            // connection or listener
    logic [31:0] cookie;
    logic [1:0]  local_kind;
    logic [127:0] remote_ip;    // as in tuple_t
    logic [15:0] remote_port;
    logic [15:0] local_port;
    logic [51:0] tx_ring_page;
    logic [4:0]  tx_ring_log2;
    logic [51:0] rx_ring_page;
    logic [4:0]  rx_ring_log2;
    logic [2:0]  options;       // for tx_ctl_t
    logic [1:0]  cc;
  } command_t;

  // Who may name a connection: read by toe_sq_exec, written by toe_conn_manager.
  typedef struct packed {
    logic            alive;
    logic [GenW-1:0] generation;
    logic [3:0]      qp;
  } owner_t;

  // Policy and addresses from the registers; constant while the card is enabled.
  typedef struct packed {
    logic         enable;
    logic [47:0]  mac;
    logic [31:0]  ipv4;
    logic [31:0]  netmask;
    logic [31:0]  gateway;
    logic [15:0]  mss;
    logic [7:0]   initial_window;
    logic [19:0]  delayed_ack_us;
    logic [31:0]  rto_initial_us;
    logic [31:0]  rto_min_us;
    logic [31:0]  rto_max_us;
    logic [7:0]   retries_max;
    logic [7:0]   syn_retries_max;
    logic [31:0]  time_wait_us;
    logic [31:0]  arp_age_us;
    logic [127:0] secret;
    logic [127:0] hash_key;
    logic         use_ws;            // register tcp_options
    logic         use_ts;
    logic         use_sack;
    logic         ecn_accept;
    logic         ecn_request;
    logic         black_hole_probe;
    logic         option_order;
    logic         time_wait_reuse;
    logic [1:0]   cc;
    logic         keep_window;       // no restart after idle time
    logic [3:0]   dup_ack_threshold;
    logic [4:0]   timestamp_shift;
    logic [31:0]  keepalive_idle;    // ticks of 1,024 us
    logic [31:0]  keepalive_interval;
    logic [7:0]   keepalive_probes;
    logic [31:0]  user_timeout;
    logic [31:0]  challenge_ack_rate;
    logic [1:0]   syn_cookies;
    logic [15:0]  pmtu_floor;
    logic [7:0]   time_to_live;
    logic         vlan_on;
    logic [15:0]  vlan_tci;
    logic [127:0] ipv6;
    logic [7:0]   ipv6_prefix;
    logic [127:0] ipv6_gateway;
  } config_t;

  // Card time. us is taken modulo 2^32; ticks are 1,024 us, for what may last longer than 2^31 us.
  typedef struct packed {
    logic [31:0] us;
    logic [31:0] ticks;
    logic [31:0] ts_clock;  // timestamp clock (RFC 7323 4.1), ticks every 2^timestamp_shift us
  } time_t;

  // Events of the engines: kind (toe_rx_pkg, toe_tx_pkg) says which payload counts.
  typedef struct packed {
    logic [1:0]             kind;
    logic [15:0]            conn;
    logic                   hit;
    rx_ctl_t       ctl;
    segment_t      seg;
    logic [31:0]            offset;
  } rx_event_t;

  typedef struct packed {
    logic [2:0]  kind;
    logic [15:0] conn;
    tx_ctl_t     ctl;
    tx_rx_t      rx;
    logic [31:0] offset;     // host: sent_up_to, or the user timeout; toe_cc: the step
    logic        fin;
    logic        configure;  // host: the options are meant, not sent_up_to
    logic [2:0]  options;
    logic [1:0]  cc;
    logic [10:0] alpha;      // of toe_cc
    logic        turn;       // it was the first in the ready queue and left it
    logic        may_send;   // the segment queue had room
  } tx_event_t;

endpackage
/* verilator lint_on UNUSEDPARAM */
