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

  // And where it is in that.
  localparam logic [4:0] StIdle = 5'd0;
  localparam logic [4:0] StRead = 5'd1;         // record of conn_q
  localparam logic [4:0] StLatch = 5'd2;
  localparam logic [4:0] StExec = 5'd3;
  localparam logic [4:0] StListRead = 5'd4;     // listener list_q
  localparam logic [4:0] StListLatch = 5'd5;
  localparam logic [4:0] StListExec = 5'd6;
  localparam logic [4:0] StClose = 5'd7;
  localparam logic [4:0] StDelete = 5'd8;
  localparam logic [4:0] StDrain = 5'd9;        // relisten: old packets go by
  localparam logic [4:0] StCommit = 5'd10;
  localparam logic [4:0] StReport = 5'd11;
  localparam logic [4:0] StRx = 5'd12;
  localparam logic [4:0] StTx = 5'd13;
  localparam logic [4:0] StRespond = 5'd14;
  localparam logic [4:0] StRst = 5'd15;
  localparam logic [4:0] StSynFind = 5'd16;
  localparam logic [4:0] StSynFound = 5'd17;
  localparam logic [4:0] StInsert = 5'd18;
  localparam logic [4:0] StInserted = 5'd19;
  localparam logic [4:0] StIss = 5'd20;
  localparam logic [4:0] StPortBase = 5'd21;
  localparam logic [4:0] StPortTry = 5'd22;
  localparam logic [4:0] StPortSearch = 5'd23;  // two clocks
  localparam logic [4:0] StPortCheck = 5'd24;
  localparam logic [4:0] StDecode = 5'd25;
  localparam logic [4:0] StListen = 5'd26;
  localparam logic [4:0] StWalk = 5'd27;        // unlisten: next connection of the list
  localparam logic [4:0] StWalkLatch = 5'd28;
  localparam logic [4:0] StUnlink = 5'd29;      // abort in LISTEN: find it in the list
  localparam logic [4:0] StUnlinkCheck = 5'd30;

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
    logic [5:0]       listener;
    logic [15:0]      listener_gen;  // tells the listener from a later one in the same place
    logic [161:0]     tuple;         // toe_pkg::tuple_t
  } meta_t;
  localparam int unsigned MetaW = 39 + 162;

  // A listener; its port and whether it is valid are beside the table, to be searched.
  typedef struct packed {
    logic [3:0]  qp;
    logic [15:0] generation;
    logic [15:0] head;   // list of its connections in LISTEN, linked by the manager's next RAM
    logic [15:0] tail;
    logic [16:0] count;
  } listener_t;
  localparam int unsigned ListenerW = 69;

  localparam int unsigned EndW = 26;         // toe_pkg::end_t
  localparam int unsigned OwnerW = 13;       // toe_pkg::owner_t

endpackage
/* verilator lint_on UNUSEDPARAM */
