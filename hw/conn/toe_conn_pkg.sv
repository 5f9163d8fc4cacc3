// SPDX-License-Identifier: Apache-2.0
// Types that only the connection blocks share.

/* verilator lint_off UNUSEDPARAM */
package toe_conn_pkg;

  // What toe_conn_manager asks toe_conn_lookup to do with a four-tuple.
  localparam logic [1:0] OpFind = 2'd0;
  localparam logic [1:0] OpInsert = 2'd1;  // only if it is not there
  localparam logic [1:0] OpDelete = 2'd2;

  // What is done to a connection in the end: toe_pkg's RxCtl* and TxCtl*, whose values these are.
  localparam logic [2:0] ActListen = 3'd0;
  localparam logic [2:0] ActActive = 3'd1;
  localparam logic [2:0] ActSyn = 3'd2;
  localparam logic [2:0] ActRelisten = 3'd3;
  localparam logic [2:0] ActKill = 3'd4;

  // What toe_conn_ctrl works on.
  localparam logic [3:0] JobEnd = 4'd0;
  localparam logic [3:0] JobWait = 4'd1;
  localparam logic [3:0] JobRecycle = 4'd2;
  localparam logic [3:0] JobSyn = 4'd3;
  localparam logic [3:0] JobConnect = 4'd4;
  localparam logic [3:0] JobListen = 4'd5;
  localparam logic [3:0] JobAccept = 4'd6;
  localparam logic [3:0] JobUnlisten = 4'd7;
  localparam logic [3:0] JobAbort = 4'd8;
  localparam logic [3:0] JobUnknown = 4'd9;
  localparam logic [3:0] JobAck = 4'd10;    // perhaps of a SYN cookie
  localparam logic [3:0] JobReuse = 4'd11;  // SYN for a connection in TIME-WAIT; then JobSyn

  function automatic logic [3:0] job_of(input logic [7:0] opcode);
    case (opcode)
      toe_contract_pkg::OpcodeConnect: job_of = JobConnect;
      toe_contract_pkg::OpcodeListen: job_of = JobListen;
      toe_contract_pkg::OpcodeAccept: job_of = JobAccept;
      toe_contract_pkg::OpcodeUnlisten: job_of = JobUnlisten;
      toe_contract_pkg::OpcodeAbort: job_of = JobAbort;
      default: job_of = JobUnknown;
    endcase
  endfunction

  // And where it is in that.
  localparam logic [5:0] StIdle = 6'd0;
  localparam logic [5:0] StRead = 6'd1;         // record of conn_q
  localparam logic [5:0] StLatch = 6'd2;
  localparam logic [5:0] StExec = 6'd3;
  localparam logic [5:0] StListRead = 6'd4;     // listener list_q
  localparam logic [5:0] StListLatch = 6'd5;
  localparam logic [5:0] StListExec = 6'd6;
  localparam logic [5:0] StClose = 6'd7;
  localparam logic [5:0] StDelete = 6'd8;
  localparam logic [5:0] StDrain = 6'd9;        // relisten: old packets go by
  localparam logic [5:0] StCommit = 6'd10;
  localparam logic [5:0] StReport = 6'd11;
  localparam logic [5:0] StRx = 6'd12;
  localparam logic [5:0] StTx = 6'd13;
  localparam logic [5:0] StRespond = 6'd14;
  localparam logic [5:0] StRst = 6'd15;
  localparam logic [5:0] StSynFind = 6'd16;
  localparam logic [5:0] StSynFound = 6'd17;
  localparam logic [5:0] StInsert = 6'd18;
  localparam logic [5:0] StInserted = 6'd19;
  localparam logic [5:0] StIss = 6'd20;
  localparam logic [5:0] StPortBase = 6'd21;
  localparam logic [5:0] StPortTry = 6'd22;
  localparam logic [5:0] StPortSearch = 6'd23;  // two clocks
  localparam logic [5:0] StPortCheck = 6'd24;
  localparam logic [5:0] StDecode = 6'd25;
  localparam logic [5:0] StListen = 6'd26;
  localparam logic [5:0] StWalk = 6'd27;        // unlisten: next connection of the list
  localparam logic [5:0] StWalkLatch = 6'd28;
  localparam logic [5:0] StUnlink = 6'd29;      // abort in LISTEN: find it in the list
  localparam logic [5:0] StUnlinkCheck = 6'd30;
  localparam logic [5:0] StVerify = 6'd31;      // of an ACK's cookie
  localparam logic [5:0] StCookie = 6'd32;      // after the hash for the timestamp
  localparam logic [5:0] StCookieHash = 6'd33;
  localparam logic [5:0] StSynAck = 6'd34;      // with a cookie

  // What is hashed with the secret begins with the remote address, both ports and the kind of the
  // local address, and says in a byte what it is for, so that no result serves for two purposes.
  localparam logic [1:0] HashIss = 2'd0;     // RFC 6528; and of timestamps
  localparam logic [1:0] HashPort = 2'd1;    // RFC 6056 algorithm 3; without the local port
  localparam logic [1:0] HashCookie = 2'd2;  // RFC 4987 3.6; also irs, minute, MSS
  localparam logic [1:0] HashKey = 2'd3;     // second half of the lookup's key; of its first half

  // What toe_conn_manager remembers of a connection. `alive` ends when its end begins; the
  // identifier is free only when toe_report is done with it.
  typedef struct packed {
    logic             alive;
    logic [7:0]       generation;
    logic [3:0]       qp;
    logic             listed;        // in its listener's list: state LISTEN
    logic             in_table;      // the lookup knows its tuple
    logic             passive;       // came from `listener`
    logic             time_wait;
    logic [5:0]       wait_round;    // counts restarts of TIME-WAIT
    logic [5:0]       listener;
    logic [15:0]      listener_gen;  // tells the listener from a later one in the same place
    logic [161:0]     tuple;         // toe_pkg::tuple_t
  } meta_t;
  localparam int unsigned MetaW = 45 + 162;

  // A listener; its port and whether it is valid are beside the table, to be searched.
  typedef struct packed {
    logic [3:0]  qp;
    logic [15:0] generation;
    logic [15:0] head;   // list of its connections in LISTEN, linked by the manager's next RAM
    logic [15:0] tail;
    logic [16:0] count;
    logic [16:0] most;       // that ever waited at once: the backlog
    logic [4:0]  ring_log2;  // of the smallest receive ring that ever waited; 31: none did
  } listener_t;
  localparam int unsigned ListenerW = 91;

  // What is kept of a segment that the receive engine passes on: toe_pkg::segment_t's fields.
  typedef struct packed {
    logic [161:0] tuple;
    logic [31:0]  seq;
    logic [31:0]  ack;
    logic [15:0]  wnd;
    logic [7:0]   flags;
    logic [15:0]  len;
    logic         mss_valid;
    logic [15:0]  mss;
    logic         ws_valid;
    logic [3:0]   ws;
    logic         sack_ok;
    logic         ts_valid;
    logic [31:0]  ts_val;
    logic [31:0]  ts_ecr;
  } ask_t;
  localparam int unsigned AskW = 162 + 64 + 16 + 8 + 16 + 17 + 5 + 1 + 65;

  // What toe_conn_ctrl has in hand, beside command and tuple.
  typedef struct packed {
    logic [5:0]  state;
    logic [3:0]  job;
    logic [2:0]  act;
    logic [15:0] conn;
    meta_t       meta;
    logic        again;       // not the first clock of a state
    logic        no_free;     // for a command that needs an identifier
    logic        choose;      // a local port
    logic        reset;       // abort: with RST; ACK: its cookie is bad, or used up
    logic        used;        // ... used up
    logic        reuse;       // the SYN follows a connection in TIME-WAIT, which is closed
    logic [1:0]  end_kind;
    logic [7:0]  status;
    logic [13:0] wait_name;   // wait_round and generation of the head of the TIME-WAIT queue
    ask_t        seg;
    logic [1:0]  purpose;     // of the hash
    logic [31:0] iss;
    logic [15:0] ts_off;      // of toe_pkg::tx_ctl_t
    logic [31:0] response_id;
    listener_t   listener;
    logic        list_valid;
    logic [15:0] list_port;
    logic [5:0]  list_at;
    logic [15:0] list_gen;    // generation of the next listener
    logic [15:0] cur;         // place in its list
    logic [15:0] prev;
    logic [16:0] left;
    logic        first;
    logic [3:0]  drain;       // packets of before that are still to go by
  } ctrl_t;

  localparam int unsigned EndW = 26;         // toe_pkg::end_t
  localparam int unsigned OwnerW = 13;       // toe_pkg::owner_t

endpackage
/* verilator lint_on UNUSEDPARAM */
