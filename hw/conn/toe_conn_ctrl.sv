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
  input  logic                    use_ts_i,
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
      toe_contract_pkg::OpcodeConnect: command_job = toe_conn_pkg::JobConnect;
      toe_contract_pkg::OpcodeListen: command_job = toe_conn_pkg::JobListen;
      toe_contract_pkg::OpcodeAccept: command_job = toe_conn_pkg::JobAccept;
      toe_contract_pkg::OpcodeUnlisten: command_job = toe_conn_pkg::JobUnlisten;
      toe_contract_pkg::OpcodeAbort: command_job = toe_conn_pkg::JobAbort;
      default: command_job = toe_conn_pkg::JobUnknown;
    endcase
  end

  logic wanted;  // the record is the one the abort means, and the host has not been told its end
  assign wanted = meta_q.alive && !meta_q.time_wait && meta_q.generation == cmd_q.id[31:24] &&
                  meta_q.qp == cmd_q.qp;

  logic syn_refused;
  assign syn_refused = seg_q.flags[toe_pkg::FlagRst] || !seg_q.flags[toe_pkg::FlagSyn];

  always_ff @(posedge clk_i) begin
    case (state_q)
      toe_conn_pkg::StIdle: begin
        reset_q <= 1'b0;
        tries_q <= 7'd0;
        wait_q <= 1'b0;
        if (grant_end_i) begin
          job_q <= toe_conn_pkg::JobEnd;
          conn_q <= end_i.conn;
          end_kind_q <= end_i.kind;
          status_q <= end_i.status;
          state_q <= toe_conn_pkg::StRead;
        end else if (grant_wait_i || grant_recycle_i) begin
          job_q <= grant_recycle_i ? toe_conn_pkg::JobRecycle : toe_conn_pkg::JobWait;
          conn_q <= wait_conn_i;
          wait_gen_q <= wait_gen_i;
          status_q <= toe_contract_pkg::StatusOk;
          state_q <= toe_conn_pkg::StRead;
        end else if (grant_syn_i) begin
          job_q <= toe_conn_pkg::JobSyn;
          seg_q <= syn_i;
          tuple_q <= syn_i.tuple;
          state_q <= toe_conn_pkg::StSynFind;
        end else if (grant_command_i) begin
          job_q <= command_job;
          cmd_q <= command_i;
          conn_q <= (command_job == toe_conn_pkg::JobAbort) ? command_i.id[15:0] : free_conn_i;
          list_q <= command_i.id[5:0];
          response_id_q <= command_i.id;
          no_free_q <= !free_valid_i;
          tuple_q.remote_ip <= command_i.remote_ip;
          tuple_q.local_kind <= command_i.local_kind;
          tuple_q.remote_port <= command_i.remote_port;
          tuple_q.local_port <= command_i.local_port;
          auto_q <= command_i.local_port == 16'd0;
          state_q <= toe_conn_pkg::StDecode;
        end
      end

      toe_conn_pkg::StDecode: begin
        wait_q <= 1'b1;
        case (job_q)
          toe_conn_pkg::JobConnect, toe_conn_pkg::JobAbort: state_q <= toe_conn_pkg::StRead;
          toe_conn_pkg::JobAccept: state_q <= toe_conn_pkg::StRead;
          toe_conn_pkg::JobUnlisten: state_q <= toe_conn_pkg::StListRead;
          toe_conn_pkg::JobListen: begin  // the search takes two clocks
            if (wait_q) state_q <= toe_conn_pkg::StListen;
          end
          default: begin
            status_q <= toe_contract_pkg::StatusBadOpcode;
            state_q <= toe_conn_pkg::StRespond;
          end
        endcase
      end

      toe_conn_pkg::StRead: state_q <= toe_conn_pkg::StLatch;
      toe_conn_pkg::StLatch: begin
        meta_q <= meta_i;
        state_q <= toe_conn_pkg::StExec;
      end

      toe_conn_pkg::StExec: begin
        act_q <= toe_conn_pkg::ActKill;
        if (job_q != toe_conn_pkg::JobConnect) tuple_q <= meta_q.tuple;
        if (job_q != toe_conn_pkg::JobAccept) list_q <= meta_q.listener;
        case (job_q)
          toe_conn_pkg::JobEnd: begin
            if (!meta_q.alive || meta_q.listed) begin
              state_q <= toe_conn_pkg::StIdle;
            end else if (end_kind_q == toe_pkg::EndTimeWait) begin
              state_q <= wait_full_i && !meta_q.time_wait ? toe_conn_pkg::StClose
                                                          : toe_conn_pkg::StIdle;
            end else if (end_kind_q == toe_pkg::EndHandshake && meta_q.passive &&
                         !meta_q.time_wait) begin
              state_q <= toe_conn_pkg::StListRead;
            end else begin
              state_q <= toe_conn_pkg::StClose;
            end
          end
          toe_conn_pkg::JobWait, toe_conn_pkg::JobRecycle: begin
            state_q <= (meta_q.alive && meta_q.time_wait && meta_q.generation == wait_gen_q)
                       ? toe_conn_pkg::StClose : toe_conn_pkg::StIdle;
          end
          toe_conn_pkg::JobAbort: begin
            status_q <= toe_contract_pkg::StatusAborted;
            reset_q <= !meta_q.listed;
            state_q <= !wanted ? toe_conn_pkg::StIdle :
                       meta_q.listed ? toe_conn_pkg::StListRead : toe_conn_pkg::StClose;
          end
          default: begin  // connect, accept
            status_q <= toe_contract_pkg::StatusNoConnection;
            if (no_free_q) state_q <= toe_conn_pkg::StRespond;
            else if (job_q == toe_conn_pkg::JobAccept) state_q <= toe_conn_pkg::StListRead;
            else state_q <= auto_q ? toe_conn_pkg::StPortBase : toe_conn_pkg::StInsert;
          end
        endcase
      end

      toe_conn_pkg::StListRead: state_q <= toe_conn_pkg::StListLatch;
      toe_conn_pkg::StListLatch: begin
        list_data_q <= listener_i;
        list_valid_q <= listener_valid_i;
        list_port_q <= listener_port_i;
        state_q <= toe_conn_pkg::StListExec;
      end

      toe_conn_pkg::StListExec: begin
        cur_q <= list_data_q.head;
        left_q <= list_data_q.count;
        first_q <= 1'b1;
        case (job_q)
          toe_conn_pkg::JobEnd: begin  // a handshake failed
            drain_q <= inflight_i;
            act_q <= list_mine ? toe_conn_pkg::ActRelisten : toe_conn_pkg::ActKill;
            state_q <= list_mine ? toe_conn_pkg::StDelete : toe_conn_pkg::StClose;
          end
          toe_conn_pkg::JobSyn: begin
            conn_q <= list_data_q.head;
            act_q <= toe_conn_pkg::ActSyn;
            state_q <= (list_data_q.count == 17'd0) ? toe_conn_pkg::StIdle : toe_conn_pkg::StInsert;
          end
          toe_conn_pkg::JobAccept: begin
            meta_q.alive <= 1'b1;
            meta_q.generation <= meta_q.generation + 8'd1;
            meta_q.qp <= cmd_q.qp;
            meta_q.listed <= 1'b1;
            meta_q.in_table <= 1'b0;
            meta_q.passive <= 1'b1;
            meta_q.time_wait <= 1'b0;
            meta_q.listener <= list_q;
            meta_q.listener_gen <= list_data_q.generation;
            meta_q.tuple <= {130'd0, 16'd0, list_port_q};
            act_q <= toe_conn_pkg::ActListen;
            status_q <= toe_contract_pkg::StatusBadListener;
            state_q <= list_owned ? toe_conn_pkg::StCommit : toe_conn_pkg::StRespond;
          end
          toe_conn_pkg::JobUnlisten: begin
            status_q <= list_owned ? toe_contract_pkg::StatusOk
                                   : toe_contract_pkg::StatusBadListener;
            if (!list_owned) left_q <= 17'd0;
            state_q <= toe_conn_pkg::StRespond;
          end
          default: state_q <= toe_conn_pkg::StUnlink;  // abort
        endcase
      end

      // The lookup forgets the tuple, then the engines are told.
      toe_conn_pkg::StClose: begin
        meta_q.alive <= 1'b0;
        state_q <= meta_q.in_table ? toe_conn_pkg::StDelete : toe_conn_pkg::StRx;
      end
      toe_conn_pkg::StDelete: begin
        if (given_i && drain_q != 4'd0) drain_q <= drain_q - 4'd1;
        if (act_q == toe_conn_pkg::ActRelisten) begin
          if (op_done_i) begin
            drain_q <= inflight_i - {3'd0, given_i};
            meta_q.in_table <= 1'b0;
            meta_q.listed <= 1'b1;
            meta_q.tuple[159:32] <= 128'd0;  // remote address
            meta_q.tuple[31:16] <= 16'd0;    // and port
            state_q <= toe_conn_pkg::StDrain;
          end
        end else if (op_done_i) begin
          state_q <= toe_conn_pkg::StRx;
        end
      end
      toe_conn_pkg::StDrain: begin
        if (given_i && drain_q != 4'd0) drain_q <= drain_q - 4'd1;
        if (drain_q == 4'd0) state_q <= toe_conn_pkg::StCommit;
      end

      toe_conn_pkg::StSynFind: state_q <= toe_conn_pkg::StSynFound;
      toe_conn_pkg::StSynFound: begin
        list_q <= port_index_i;
        if (op_done_i) begin
          if (op_hit_i || syn_refused) state_q <= toe_conn_pkg::StIdle;
          else state_q <= port_hit_i && !seg_q.flags[toe_pkg::FlagAck] ? toe_conn_pkg::StListRead
                                                                       : toe_conn_pkg::StRst;
        end
      end

      toe_conn_pkg::StPortBase: begin
        port_base_q <= hash_i[14:0];
        if (hash_valid_i) state_q <= toe_conn_pkg::StPortTry;
      end
      toe_conn_pkg::StPortTry: begin
        tuple_q.local_port <= {1'b1, port_base_q + port_count_q};
        port_count_q <= port_count_q + 15'd1;
        tries_q <= tries_q + 7'd1;
        wait_q <= 1'b0;
        state_q <= toe_conn_pkg::StPortSearch;
      end
      toe_conn_pkg::StPortSearch: begin
        wait_q <= 1'b1;
        if (wait_q) state_q <= toe_conn_pkg::StPortCheck;
      end
      toe_conn_pkg::StPortCheck: begin
        status_q <= toe_contract_pkg::StatusAddressInUse;
        if (!port_hit_i) state_q <= toe_conn_pkg::StInsert;
        else state_q <= (tries_q == PortTries) ? toe_conn_pkg::StRespond : toe_conn_pkg::StPortTry;
      end

      toe_conn_pkg::StInsert: begin
        wait_q <= 1'b0;
        state_q <= toe_conn_pkg::StInserted;
      end
      toe_conn_pkg::StInserted: begin
        wait_q <= 1'b1;
        if (job_q == toe_conn_pkg::JobSyn && !wait_q) begin
          meta_q <= meta_i;
          cur_q <= next_i;
        end
        if (op_done_i) begin
          status_q <= op_hit_i ? toe_contract_pkg::StatusAddressInUse
                               : toe_contract_pkg::StatusNoConnection;
          if (!op_hit_i && !op_full_i) state_q <= toe_conn_pkg::StIss;
          else if (job_q == toe_conn_pkg::JobSyn) state_q <= toe_conn_pkg::StIdle;
          else if (op_hit_i && auto_q && tries_q != PortTries) state_q <= toe_conn_pkg::StPortTry;
          else state_q <= toe_conn_pkg::StRespond;
        end
      end

      toe_conn_pkg::StIss: begin
        iss_q <= iss_clock_i + hash_i;
        meta_q.tuple <= tuple_q;
        meta_q.in_table <= 1'b1;
        meta_q.listed <= 1'b0;
        meta_q.time_wait <= 1'b0;
        if (hash_valid_i) begin
          state_q <= toe_conn_pkg::StCommit;
          if (job_q == toe_conn_pkg::JobConnect) begin
            act_q <= toe_conn_pkg::ActActive;
            meta_q.alive <= 1'b1;
            meta_q.generation <= meta_q.generation + 8'd1;
            meta_q.qp <= cmd_q.qp;
            meta_q.passive <= 1'b0;
          end
        end
      end

      toe_conn_pkg::StCommit: state_q <= toe_conn_pkg::StReport;
      toe_conn_pkg::StReport: if (open_report_ready_i) state_q <= toe_conn_pkg::StRx;
      toe_conn_pkg::StRx: if (rx_ctl_ready_i) state_q <= toe_conn_pkg::StTx;
      toe_conn_pkg::StTx: begin
        if (tx_ctl_ready_i) begin
          state_q <= (job_q == toe_conn_pkg::JobUnlisten) ? toe_conn_pkg::StWalk
                                                          : toe_conn_pkg::StIdle;
        end
      end

      toe_conn_pkg::StListen: begin
        list_q <= listener_free_i;
        response_id_q <= port_hit_i || listeners_full_i ? cmd_q.id : {26'd0, listener_free_i};
        status_q <= port_hit_i ? toe_contract_pkg::StatusAddressInUse :
                    listeners_full_i ? toe_contract_pkg::StatusNoListener
                                     : toe_contract_pkg::StatusOk;
        if (!port_hit_i && !listeners_full_i) list_gen_q <= list_gen_q + 16'd1;
        state_q <= toe_conn_pkg::StRespond;
      end
      toe_conn_pkg::StRespond: begin
        if (response_ready_i) begin
          state_q <= (job_q == toe_conn_pkg::JobUnlisten) ? toe_conn_pkg::StWalk
                                                          : toe_conn_pkg::StIdle;
        end
      end
      toe_conn_pkg::StRst: if (rst_ready_i) state_q <= toe_conn_pkg::StIdle;

      toe_conn_pkg::StWalk: begin
        conn_q <= cur_q;
        left_q <= left_q - 17'd1;
        act_q <= toe_conn_pkg::ActKill;
        state_q <= (left_q == 17'd0) ? toe_conn_pkg::StIdle : toe_conn_pkg::StWalkLatch;
        wait_q <= 1'b0;
      end
      toe_conn_pkg::StWalkLatch: begin  // reads in its first clock
        wait_q <= 1'b1;
        status_q <= toe_contract_pkg::StatusListenerClosed;
        if (wait_q) begin
          meta_q <= meta_i;
          cur_q <= next_i;
          state_q <= toe_conn_pkg::StClose;
        end
      end

      toe_conn_pkg::StUnlink: state_q <= toe_conn_pkg::StUnlinkCheck;
      toe_conn_pkg::StUnlinkCheck: begin
        prev_q <= cur_q;
        cur_q <= next_i;
        first_q <= 1'b0;
        left_q <= left_q - 17'd1;
        state_q <= (cur_q == conn_q || left_q == 17'd1) ? toe_conn_pkg::StClose
                                                        : toe_conn_pkg::StUnlink;
      end

      default: state_q <= toe_conn_pkg::StIdle;
    endcase

    if (!rst_ni) begin
      state_q <= toe_conn_pkg::StIdle;
      list_gen_q <= 16'd0;
      port_count_q <= 15'd0;
    end
  end

  assign idle_o = state_q == toe_conn_pkg::StIdle;
  assign conn_o = conn_q;
  assign tuple_o = tuple_q;
  assign next_raddr_o = cur_q;

  // Everything else that follows from the state; ports that are this module's go by their names.
  toe_conn_outputs u_outputs (
    .state_i        (state_q),
    .job_i          (job_q),
    .act_i          (act_q),
    .wait_i         (wait_q),
    .end_kind_i     (end_kind_q),
    .status_i       (status_q),
    .reset_i        (reset_q),
    .iss_i          (iss_q),
    .response_id_i  (response_id_q),
    .command_i      (cmd_q),
    .seg_i          (seg_q),
    .syn_refused_i  (syn_refused),
    .tuple_i        (tuple_q),
    .ipv4_i, .use_ts_i,
    .conn_i         (conn_q),
    .meta_i         (meta_q),
    .list_i         (list_q),
    .listener_i     (list_data_q),
    .list_gen_i     (list_gen_q),
    .list_mine_i    (list_mine),
    .list_owned_i   (list_owned),
    .first_i        (first_q), .cur_i(cur_q),
    .prev_i         (prev_q),
    .wait_full_i, .next_i, .op_done_i, .op_hit_i, .op_full_i, .port_hit_i, .listeners_full_i,
    .listener_free_i,
    .wait_push_o, .recycled_o, .free_take_o, .meta_read_o, .meta_write_o, .meta_o, .next_read_o,
    .next_write_o, .next_waddr_o, .next_o, .op_start_o, .op_o, .hash_start_o, .hash_word0_o,
    .hash_word1_o, .listener_read_o, .listener_index_o, .listener_write_o, .listener_o,
    .listener_open_o, .listener_close_o, .rx_ctl_o, .rx_ctl_valid_o, .tx_ctl_o, .tx_ctl_valid_o,
    .open_report_o, .open_report_valid_o, .response_o, .response_valid_o, .rst_o, .rst_valid_o,
    .cnt_conn_opened_active_o, .cnt_conn_opened_passive_o, .cnt_syn_no_listener_o,
    .cnt_syn_backlog_full_o
  );

endmodule
