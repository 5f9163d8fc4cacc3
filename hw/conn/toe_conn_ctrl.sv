// SPDX-License-Identifier: Apache-2.0
// The sequencer that opens and ends connections: one request at a time, at most 32 clocks each
// when the outputs are taken at once (walks of a listener's list take longer).
//
// toe_conn_manager grants a request while idle_o is high; everything here follows from it:
//   ended by an engine or by time -> read the record -> close, relisten or wait in TIME-WAIT
//   SYN     -> look it up again -> listener -> its first connection in LISTEN -> insert
//   connect -> choose a port -> insert;  accept -> into the listener's list
// The host hears of a new connection (open report) before the engines do, the receive engine
// before the transmit engine. alive ends before the first engine is told to kill.
module toe_conn_ctrl (
  input  logic                    clk_i,
  input  logic                    rst_ni,
  input  logic [31:0]             ipv4_i,
  input  logic [31:0]             iss_clock_i,

  // Grants, at most one, and what they are about.
  output logic                    idle_o,
  input  logic                    grant_end_i,
  input  toe_pkg::end_t           end_i,
  input  logic                    grant_syn_i,
  input  toe_pkg::segment_t       syn_i,
  input  logic                    grant_command_i,
  input  toe_pkg::command_t       command_i,
  input  logic                    grant_wait_i,     // head of the TIME-WAIT queue: kill if alive
  input  logic                    grant_recycle_i,  // the same, because no identifier is free
  input  logic [15:0]             wait_conn_i,
  input  logic [7:0]              wait_gen_i,
  input  logic                    wait_full_i,      // stale entries: TIME-WAIT is skipped
  output logic                    wait_push_o,      // conn_o, with meta's generation
  output logic                    recycled_o,       // a recycled connection is on its way out

  input  logic [15:0]             free_conn_i,
  input  logic                    free_valid_i,
  output logic                    free_take_o,

  // Record memory: data the clock after read.
  output logic [15:0]             conn_o,
  output logic                    meta_read_o,
  input  toe_conn_pkg::meta_t     meta_i,
  output logic                    meta_write_o,
  output toe_conn_pkg::meta_t     meta_o,
  output logic                    next_read_o,
  output logic [15:0]             next_raddr_o,
  input  logic [15:0]             next_i,
  output logic                    next_write_o,
  output logic [15:0]             next_waddr_o,
  output logic [15:0]             next_o,

  // toe_conn_lookup
  output logic                    op_start_o,
  output logic [1:0]              op_o,
  output toe_pkg::tuple_t         tuple_o,
  input  logic                    op_done_i,
  input  logic                    op_hit_i,
  input  logic                    op_full_i,
  input  logic [3:0]              inflight_i,
  input  logic                    given_i,

  // toe_siphash
  output logic                    hash_start_o,
  output logic [63:0]             hash_word0_o,
  output logic [63:0]             hash_word1_o,
  input  logic                    hash_valid_i,
  input  logic [31:0]             hash_i,

  // toe_conn_listeners; the port searched is tuple_o.local_port
  input  logic                    port_hit_i,
  input  logic [5:0]              port_index_i,
  input  logic                    listeners_full_i,
  input  logic [5:0]              listener_free_i,
  output logic                    listener_read_o,
  output logic [5:0]              listener_index_o,
  input  logic                    listener_valid_i,
  input  logic [15:0]             listener_port_i,
  input  toe_conn_pkg::listener_t listener_i,
  output logic                    listener_write_o,
  output toe_conn_pkg::listener_t listener_o,
  output logic                    listener_open_o,
  output logic                    listener_close_o,

  output toe_pkg::rx_ctl_t        rx_ctl_o,
  output logic                    rx_ctl_valid_o,
  input  logic                    rx_ctl_ready_i,
  output toe_pkg::tx_ctl_t        tx_ctl_o,
  output logic                    tx_ctl_valid_o,
  input  logic                    tx_ctl_ready_i,
  output toe_pkg::open_report_t   open_report_o,
  output logic                    open_report_valid_o,
  input  logic                    open_report_ready_i,
  output toe_pkg::response_t      response_o,
  output logic                    response_valid_o,
  input  logic                    response_ready_i,
  output toe_pkg::tx_segment_t    rst_o,
  output logic                    rst_valid_o,
  input  logic                    rst_ready_i,

  output logic                    cnt_conn_opened_active_o,
  output logic                    cnt_conn_opened_passive_o,
  output logic                    cnt_syn_no_listener_o,
  output logic                    cnt_syn_backlog_full_o
);

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

  localparam logic [6:0] PortTries = 7'd64;

  logic [4:0]              state_q;
  logic [3:0]              job_q;
  logic [2:0]              act_q;
  logic [15:0]             conn_q, cur_q, prev_q;
  logic [16:0]             left_q;
  logic                    first_q, no_free_q, auto_q, wait_q, reset_q;
  toe_conn_pkg::meta_t     meta_q;
  toe_conn_pkg::listener_t list_data_q;
  logic                    list_valid_q;
  logic [15:0]             list_port_q;
  logic [5:0]              list_q;
  logic [15:0]             list_gen_q;  // generation of the next listener
  toe_pkg::tuple_t         tuple_q;
  toe_pkg::command_t       cmd_q;
  toe_pkg::segment_t       seg_q;
  logic [1:0]              end_kind_q;
  logic [7:0]              status_q, wait_gen_q;
  logic [31:0]             iss_q, response_id_q;
  logic [3:0]              drain_q;
  logic [14:0]             port_base_q, port_count_q;
  logic [6:0]              tries_q;

  // A relisten needs the listener that the connection came from.
  logic list_mine, list_owned, list_own_gen;
  assign list_own_gen = list_data_q.generation == meta_q.listener_gen;
  assign list_mine = list_valid_q && list_own_gen;
  assign list_owned = list_valid_q && list_data_q.qp == cmd_q.qp && cmd_q.id[31:6] == 26'd0;

  // Jobs of commands; ids beyond the table are refused by toe_sq_exec.
  logic [3:0] command_job;
  always_comb begin
    case (command_i.opcode)
      toe_contract_pkg::OpcodeConnect: command_job = JobConnect;
      toe_contract_pkg::OpcodeListen: command_job = JobListen;
      toe_contract_pkg::OpcodeAccept: command_job = JobAccept;
      toe_contract_pkg::OpcodeUnlisten: command_job = JobUnlisten;
      toe_contract_pkg::OpcodeAbort: command_job = JobAbort;
      default: command_job = JobUnknown;
    endcase
  end

  logic wanted;  // the record is the one the abort means
  assign wanted = meta_q.alive && meta_q.generation == cmd_q.id[31:24] && meta_q.qp == cmd_q.qp;

  logic syn_refused;
  assign syn_refused = seg_q.flags[toe_pkg::FlagRst] || !seg_q.flags[toe_pkg::FlagSyn];

  always_ff @(posedge clk_i) begin
    case (state_q)
      StIdle: begin
        reset_q <= 1'b0;
        tries_q <= 7'd0;
        wait_q <= 1'b0;
        if (grant_end_i) begin
          job_q <= JobEnd;
          conn_q <= end_i.conn;
          end_kind_q <= end_i.kind;
          status_q <= end_i.status;
          state_q <= StRead;
        end else if (grant_wait_i || grant_recycle_i) begin
          job_q <= grant_recycle_i ? JobRecycle : JobWait;
          conn_q <= wait_conn_i;
          wait_gen_q <= wait_gen_i;
          status_q <= toe_contract_pkg::StatusOk;
          state_q <= StRead;
        end else if (grant_syn_i) begin
          job_q <= JobSyn;
          seg_q <= syn_i;
          tuple_q <= syn_i.tuple;
          state_q <= StSynFind;
        end else if (grant_command_i) begin
          job_q <= command_job;
          cmd_q <= command_i;
          conn_q <= (command_job == JobAbort) ? command_i.id[15:0] : free_conn_i;
          list_q <= command_i.id[5:0];
          response_id_q <= command_i.id;
          no_free_q <= !free_valid_i;
          tuple_q.remote_ip <= command_i.remote_ip;
          tuple_q.local_ip <= ipv4_i;
          tuple_q.remote_port <= command_i.remote_port;
          tuple_q.local_port <= command_i.local_port;
          auto_q <= command_i.local_port == 16'd0;
          state_q <= StDecode;
        end
      end

      StDecode: begin
        wait_q <= 1'b1;
        case (job_q)
          JobConnect, JobAbort: state_q <= StRead;
          JobAccept: state_q <= StRead;
          JobUnlisten: state_q <= StListRead;
          JobListen: if (wait_q) state_q <= StListen;  // the search takes two clocks
          default: begin
            status_q <= toe_contract_pkg::StatusBadOpcode;
            state_q <= StRespond;
          end
        endcase
      end

      StRead: state_q <= StLatch;
      StLatch: begin
        meta_q <= meta_i;
        state_q <= StExec;
      end

      StExec: begin
        act_q <= toe_conn_pkg::ActKill;
        if (job_q != JobConnect) tuple_q <= meta_q.tuple;
        if (job_q != JobAccept) list_q <= meta_q.listener;
        case (job_q)
          JobEnd: begin
            if (!meta_q.alive || meta_q.listed) begin
              state_q <= StIdle;
            end else if (end_kind_q == toe_pkg::EndTimeWait) begin
              state_q <= wait_full_i && !meta_q.time_wait ? StClose : StIdle;
            end else if (end_kind_q == toe_pkg::EndHandshake && meta_q.passive &&
                         !meta_q.time_wait) begin
              state_q <= StListRead;
            end else begin
              state_q <= StClose;
            end
          end
          JobWait, JobRecycle: begin
            state_q <= (meta_q.alive && meta_q.time_wait && meta_q.generation == wait_gen_q)
                       ? StClose : StIdle;
          end
          JobAbort: begin
            status_q <= toe_contract_pkg::StatusAborted;
            reset_q <= !meta_q.listed;
            state_q <= !wanted ? StIdle : meta_q.listed ? StListRead : StClose;
          end
          default: begin  // connect, accept
            status_q <= toe_contract_pkg::StatusNoConnection;
            if (no_free_q) state_q <= StRespond;
            else if (job_q == JobAccept) state_q <= StListRead;
            else state_q <= auto_q ? StPortBase : StInsert;
          end
        endcase
      end

      StListRead: state_q <= StListLatch;
      StListLatch: begin
        list_data_q <= listener_i;
        list_valid_q <= listener_valid_i;
        list_port_q <= listener_port_i;
        state_q <= StListExec;
      end

      StListExec: begin
        cur_q <= list_data_q.head;
        left_q <= list_data_q.count;
        first_q <= 1'b1;
        case (job_q)
          JobEnd: begin  // a handshake failed
            drain_q <= inflight_i;
            act_q <= list_mine ? toe_conn_pkg::ActRelisten : toe_conn_pkg::ActKill;
            state_q <= list_mine ? StDelete : StClose;
          end
          JobSyn: begin
            conn_q <= list_data_q.head;
            act_q <= toe_conn_pkg::ActSyn;
            state_q <= (list_data_q.count == 17'd0) ? StIdle : StInsert;
          end
          JobAccept: begin
            meta_q.alive <= 1'b1;
            meta_q.generation <= meta_q.generation + 8'd1;
            meta_q.qp <= cmd_q.qp;
            meta_q.listed <= 1'b1;
            meta_q.in_table <= 1'b0;
            meta_q.passive <= 1'b1;
            meta_q.time_wait <= 1'b0;
            meta_q.listener <= list_q;
            meta_q.listener_gen <= list_data_q.generation;
            meta_q.tuple <= {32'd0, ipv4_i, 16'd0, list_port_q};
            act_q <= toe_conn_pkg::ActListen;
            status_q <= toe_contract_pkg::StatusBadListener;
            state_q <= list_owned ? StCommit : StRespond;
          end
          JobUnlisten: begin
            status_q <= list_owned ? toe_contract_pkg::StatusOk
                                   : toe_contract_pkg::StatusBadListener;
            if (!list_owned) left_q <= 17'd0;
            state_q <= StRespond;
          end
          default: state_q <= StUnlink;  // abort
        endcase
      end

      // The lookup forgets the tuple, then the engines are told.
      StClose: begin
        meta_q.alive <= 1'b0;
        state_q <= meta_q.in_table ? StDelete : StRx;
      end
      StDelete: begin
        if (given_i && drain_q != 4'd0) drain_q <= drain_q - 4'd1;
        if (act_q == toe_conn_pkg::ActRelisten) begin
          if (op_done_i) begin
            drain_q <= inflight_i - {3'd0, given_i};
            meta_q.in_table <= 1'b0;
            meta_q.listed <= 1'b1;
            meta_q.tuple[95:64] <= 32'd0;  // remote address
            meta_q.tuple[31:16] <= 16'd0;  // and port
            state_q <= StDrain;
          end
        end else if (op_done_i) begin
          state_q <= StRx;
        end
      end
      StDrain: begin
        if (given_i && drain_q != 4'd0) drain_q <= drain_q - 4'd1;
        if (drain_q == 4'd0) state_q <= StCommit;
      end

      StSynFind: state_q <= StSynFound;
      StSynFound: begin
        list_q <= port_index_i;
        if (op_done_i) begin
          if (op_hit_i || syn_refused) state_q <= StIdle;
          else state_q <= port_hit_i && !seg_q.flags[toe_pkg::FlagAck] ? StListRead : StRst;
        end
      end

      StPortBase: begin
        port_base_q <= hash_i[14:0];
        if (hash_valid_i) state_q <= StPortTry;
      end
      StPortTry: begin
        tuple_q.local_port <= {1'b1, port_base_q + port_count_q};
        port_count_q <= port_count_q + 15'd1;
        tries_q <= tries_q + 7'd1;
        wait_q <= 1'b0;
        state_q <= StPortSearch;
      end
      StPortSearch: begin
        wait_q <= 1'b1;
        if (wait_q) state_q <= StPortCheck;
      end
      StPortCheck: begin
        status_q <= toe_contract_pkg::StatusAddressInUse;
        if (!port_hit_i) state_q <= StInsert;
        else state_q <= (tries_q == PortTries) ? StRespond : StPortTry;
      end

      StInsert: begin
        wait_q <= 1'b0;
        state_q <= StInserted;
      end
      StInserted: begin
        wait_q <= 1'b1;
        if (job_q == JobSyn && !wait_q) begin
          meta_q <= meta_i;
          cur_q <= next_i;
        end
        if (op_done_i) begin
          status_q <= op_hit_i ? toe_contract_pkg::StatusAddressInUse
                               : toe_contract_pkg::StatusNoConnection;
          if (!op_hit_i && !op_full_i) state_q <= StIss;
          else if (job_q == JobSyn) state_q <= StIdle;
          else if (op_hit_i && auto_q && tries_q != PortTries) state_q <= StPortTry;
          else state_q <= StRespond;
        end
      end

      StIss: begin
        iss_q <= iss_clock_i + hash_i;
        meta_q.tuple <= tuple_q;
        meta_q.in_table <= 1'b1;
        meta_q.listed <= 1'b0;
        meta_q.time_wait <= 1'b0;
        if (hash_valid_i) begin
          state_q <= StCommit;
          if (job_q == JobConnect) begin
            act_q <= toe_conn_pkg::ActActive;
            meta_q.alive <= 1'b1;
            meta_q.generation <= meta_q.generation + 8'd1;
            meta_q.qp <= cmd_q.qp;
            meta_q.passive <= 1'b0;
          end
        end
      end

      StCommit: state_q <= StReport;
      StReport: if (open_report_ready_i) state_q <= StRx;
      StRx: if (rx_ctl_ready_i) state_q <= StTx;
      StTx: begin
        if (tx_ctl_ready_i) state_q <= (job_q == JobUnlisten) ? StWalk : StIdle;
      end

      StListen: begin
        list_q <= listener_free_i;
        response_id_q <= port_hit_i || listeners_full_i ? cmd_q.id : {26'd0, listener_free_i};
        status_q <= port_hit_i ? toe_contract_pkg::StatusAddressInUse :
                    listeners_full_i ? toe_contract_pkg::StatusNoListener
                                     : toe_contract_pkg::StatusOk;
        if (!port_hit_i && !listeners_full_i) list_gen_q <= list_gen_q + 16'd1;
        state_q <= StRespond;
      end
      StRespond: begin
        if (response_ready_i) state_q <= (job_q == JobUnlisten) ? StWalk : StIdle;
      end
      StRst: if (rst_ready_i) state_q <= StIdle;

      StWalk: begin
        conn_q <= cur_q;
        left_q <= left_q - 17'd1;
        act_q <= toe_conn_pkg::ActKill;
        state_q <= (left_q == 17'd0) ? StIdle : StWalkLatch;
        wait_q <= 1'b0;
      end
      StWalkLatch: begin  // reads in its first clock
        wait_q <= 1'b1;
        status_q <= toe_contract_pkg::StatusListenerClosed;
        if (wait_q) begin
          meta_q <= meta_i;
          cur_q <= next_i;
          state_q <= StClose;
        end
      end

      StUnlink: state_q <= StUnlinkCheck;
      StUnlinkCheck: begin
        prev_q <= cur_q;
        cur_q <= next_i;
        first_q <= 1'b0;
        left_q <= left_q - 17'd1;
        state_q <= (cur_q == conn_q || left_q == 17'd1) ? StClose : StUnlink;
      end

      default: state_q <= StIdle;
    endcase

    if (!rst_ni) begin
      state_q <= StIdle;
      list_gen_q <= 16'd0;
      port_count_q <= 15'd0;
    end
  end

  assign idle_o = state_q == StIdle;
  assign conn_o = conn_q;
  assign free_take_o = state_q == StCommit && (act_q == toe_conn_pkg::ActActive ||
                                               act_q == toe_conn_pkg::ActListen);
  assign recycled_o = state_q == StClose && job_q == JobRecycle;

  // ---- records and lists
  logic ends_in_wait;
  assign ends_in_wait = state_q == StExec && job_q == JobEnd && meta_q.alive && !meta_q.listed &&
                        end_kind_q == toe_pkg::EndTimeWait && !meta_q.time_wait && !wait_full_i;
  assign wait_push_o = ends_in_wait;

  assign meta_read_o = state_q == StRead || state_q == StInsert ||
                       (state_q == StWalkLatch && !wait_q);
  assign meta_write_o = state_q == StClose || state_q == StCommit || ends_in_wait;
  always_comb begin
    meta_o = meta_q;
    if (state_q == StClose) meta_o.alive = 1'b0;
    if (ends_in_wait) meta_o.time_wait = 1'b1;
  end

  logic append;
  toe_conn_lists u_lists (
    .open_i        (listener_open_o),
    .append_i      (append),
    .unlink_i      (state_q == StUnlinkCheck && cur_q == conn_q),
    .pop_i         (state_q == StCommit && act_q == toe_conn_pkg::ActSyn),
    .conn_i        (conn_q),
    .qp_i          (cmd_q.qp),
    .first_i       (first_q),
    .cur_i         (cur_q),
    .prev_i        (prev_q),
    .data_i        (list_data_q),
    .generation_i  (list_gen_q),
    .next_i,
    .next_write_o,
    .next_waddr_o,
    .next_o,
    .listener_write_o,
    .listener_o
  );
  assign append = state_q == StCommit && meta_q.listed;
  assign listener_read_o = state_q == StListRead;
  assign listener_index_o = (state_q == StListen) ? listener_free_i : list_q;
  assign listener_open_o = state_q == StListen && !port_hit_i && !listeners_full_i;
  assign listener_close_o = state_q == StListExec && job_q == JobUnlisten && list_owned;
  assign next_read_o = meta_read_o || state_q == StUnlink;
  assign next_raddr_o = cur_q;

  // ---- lookup and hash
  logic relisten_start;
  assign relisten_start = state_q == StListExec && job_q == JobEnd && list_mine;
  assign op_start_o = state_q == StSynFind || state_q == StInsert || relisten_start ||
                      (state_q == StClose && meta_q.in_table);
  assign op_o = (state_q == StSynFind || state_q == StSynFound) ? toe_conn_pkg::OpFind :
                (state_q == StInsert || state_q == StInserted) ? toe_conn_pkg::OpInsert :
                                                                 toe_conn_pkg::OpDelete;
  assign tuple_o = tuple_q;

  // Initial sequence number: SipHash-2-4 of the 12 bytes local_ip, remote_ip, local_port,
  // remote_port, each little endian. Port offset (RFC 6056 algorithm 3): of the 10 bytes local_ip,
  // remote_ip, remote_port. The lengths keep the two apart.
  logic for_port;
  assign for_port = state_q == StDecode;
  assign hash_start_o = state_q == StDecode || state_q == StSynFind ||
                        (state_q == StInsert && job_q == JobConnect);
  assign hash_word0_o = {tuple_q.remote_ip, tuple_q.local_ip};
  assign hash_word1_o = for_port ? {8'd10, 40'd0, tuple_q.remote_port}
                                 : {8'd12, 24'd0, tuple_q.remote_port, tuple_q.local_port};

  // ---- outputs
  toe_conn_words u_words (
    .act_i         (act_q),
    .conn_i        (conn_q),
    .meta_i        (meta_q),
    .command_i     (cmd_q),
    .seg_i         (seg_q),
    .iss_i         (iss_q),
    .status_i      (status_q),
    .reset_i       (reset_q),
    .response_id_i (response_id_q),
    .rx_ctl_o,
    .tx_ctl_o,
    .open_report_o,
    .response_o,
    .rst_o
  );
  assign open_report_valid_o = state_q == StReport;
  assign rx_ctl_valid_o = state_q == StRx;
  assign tx_ctl_valid_o = state_q == StTx;
  assign response_valid_o = state_q == StRespond;
  assign rst_valid_o = state_q == StRst;

  assign cnt_conn_opened_active_o = state_q == StCommit && act_q == toe_conn_pkg::ActActive;
  assign cnt_conn_opened_passive_o = state_q == StCommit && act_q == toe_conn_pkg::ActSyn;
  assign cnt_syn_no_listener_o = state_q == StSynFound && op_done_i && !op_hit_i &&
                                 !syn_refused && !port_hit_i;
  assign cnt_syn_backlog_full_o = (state_q == StListExec && job_q == JobSyn &&
                                   list_data_q.count == 17'd0) ||
                                  (state_q == StInserted && job_q == JobSyn && op_done_i &&
                                   op_full_i);

endmodule
