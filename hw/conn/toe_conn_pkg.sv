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
    logic [95:0]      tuple;         // toe_pkg::tuple_t
  } meta_t;
  localparam int unsigned MetaW = 135;

  // A listener; its port and whether it is valid are beside the table, to be searched.
  typedef struct packed {
    logic [3:0]  qp;
    logic [15:0] generation;
    logic [15:0] head;   // list of its connections in LISTEN, linked by the manager's next RAM
    logic [15:0] tail;
    logic [16:0] count;
  } listener_t;
  localparam int unsigned ListenerW = 69;

  localparam int unsigned SegmentW = 230;    // toe_pkg::segment_t
  localparam int unsigned RxSegmentW = 247;  // toe_pkg::rx_segment_t
  localparam int unsigned EndW = 26;         // toe_pkg::end_t
  localparam int unsigned OwnerW = 13;       // toe_pkg::owner_t
  localparam int unsigned TupleW = 96;       // toe_pkg::tuple_t

endpackage
/* verilator lint_on UNUSEDPARAM */
