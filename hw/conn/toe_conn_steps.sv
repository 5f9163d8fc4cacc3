// SPDX-License-Identifier: Apache-2.0
// The steps of toe_conn_ctrl: what is in hand (toe_conn_pkg::ctrl_t) and what comes after what.
// What it says and does meanwhile is in toe_conn_outputs. Ports are as in toe_conn_ctrl.
module toe_conn_steps (
  input  logic                    clk_i,
  input  logic                    rst_ni,
  input  toe_pkg::config_t        cfg_i,
  input  logic [31:0]             iss_clock_i,

  input  logic                    grant_end_i,
  input  toe_pkg::end_t           end_i,
  input  logic                    grant_syn_i,
  input  logic                    grant_ack_i,
  input  toe_conn_pkg::ask_t      ask_i,
  input  logic                    grant_command_i,
  input  toe_pkg::command_t       command_i,
  input  logic                    grant_wait_i,
  input  logic                    grant_recycle_i,
  input  logic [15:0]             wait_conn_i,
  input  logic [13:0]             wait_name_i,
  input  logic                    wait_full_i,
  input  logic [15:0]             free_conn_i,
  input  logic                    free_valid_i,

  input  toe_conn_pkg::meta_t     meta_i,
  input  logic [15:0]             next_i,
  input  logic                    op_done_i,
  input  logic                    op_hit_i,
  input  logic [15:0]             op_found_i,
  input  logic                    op_full_i,
  input  logic [3:0]              inflight_i,
  input  logic                    given_i,
  input  logic                    hash_valid_i,
  input  logic [47:0]             hash_i,
  input  logic                    port_hit_i,
  input  logic [5:0]              port_index_i,
  input  logic                    listeners_full_i,
  input  logic [5:0]              listener_free_i,
  input  logic                    listener_valid_i,
  input  logic [15:0]             listener_port_i,
  input  toe_conn_pkg::listener_t listener_i,

  input  logic                    rx_ctl_ready_i,
  input  logic                    tx_ctl_ready_i,
  input  logic                    open_report_ready_i,
  input  logic                    response_ready_i,
  input  logic                    rst_ready_i,

  input  logic [15:0]             port_i,           // toe_conn_ports
  input  logic                    ports_tried_i,
  input  logic                    cookie_good_i,    // toe_conn_cookie
  input  logic                    cookie_used_i,
  input  toe_conn_pkg::ask_t      opened_i,

  output toe_conn_pkg::ctrl_t     q_o,
  output toe_pkg::tuple_t         tuple_o,
  output toe_pkg::command_t       command_o,
  output logic                    list_mine_o,      // the connection came from the listener in hand
  output logic                    list_owned_o,     // the command may name it
  output logic                    answer_cookie_o   // the SYN is answered with a cookie
);

  toe_conn_pkg::ctrl_t     q;
  toe_pkg::tuple_t         tuple_q;
  toe_pkg::command_t       cmd_q;

  logic passive;
  assign passive = q.job == toe_conn_pkg::JobSyn || q.job == toe_conn_pkg::JobAck;

  // A relisten needs the listener that the connection came from.
  logic list_own_gen;
  assign list_own_gen = q.listener.generation == q.meta.listener_gen;
  assign list_mine_o = q.list_valid && list_own_gen;
  assign list_owned_o = q.list_valid && q.listener.qp == cmd_q.qp && cmd_q.id[31:6] == 26'd0;

  // Ids beyond the table are refused by toe_sq_exec.
  logic [3:0] command_job;
  assign command_job = toe_conn_pkg::job_of(command_i.opcode);

  logic wanted;  // the record is the one the abort means, and the host has not been told its end
  assign wanted = q.meta.alive && !q.meta.time_wait && q.meta.generation == cmd_q.id[31:24] &&
                  q.meta.qp == cmd_q.qp;

  // A segment without a connection, as the listener in hand sees it.
  logic seg_syn, seg_text, none_waits, few_wait;
  logic [31:0] iss_floor;
  logic iss_behind;
  assign seg_syn = q.seg.flags[toe_pkg::FlagSyn];
  assign seg_text = q.seg.len != 16'd0 || q.seg.flags[toe_pkg::FlagFin];
  assign none_waits = q.listener.count == 17'd0;
  // A quarter of the backlog is kept for those who come back with a cookie, so that SYNs of
  // strangers, each of which holds a connection until it times out, cannot shut everybody out.
  assign few_wait = q.listener.count <= {2'b0, q.listener.most[16:2]};
  assign answer_cookie_o = q.job == toe_conn_pkg::JobSyn && !q.reuse &&
                           (cfg_i.syn_cookies[1] || (cfg_i.syn_cookies[0] && few_wait));
  // The peer may still get old segments of the connection in TIME-WAIT that this one follows: its
  // numbers begin beyond a window of their end (RFC 6191 2), though the ISN clock, which is slower
  // than data can be, may be behind.
  assign iss_floor = q.seg.ack + 32'h10000;
  assign iss_behind = 1'((q.iss - iss_floor) >> 31);

  always_ff @(posedge clk_i) begin
    case (q.state)
      toe_conn_pkg::StIdle: begin
        q.reset <= 1'b0;
        q.used <= 1'b0;
        q.reuse <= 1'b0;
        q.again <= 1'b0;
        if (grant_end_i) begin
          q.job <= toe_conn_pkg::JobEnd;
          q.conn <= end_i.conn;
          q.end_kind <= end_i.kind;
          q.status <= end_i.status;
          q.state <= toe_conn_pkg::StRead;
        end else if (grant_wait_i || grant_recycle_i) begin
          q.job <= grant_recycle_i ? toe_conn_pkg::JobRecycle : toe_conn_pkg::JobWait;
          q.conn <= wait_conn_i;
          q.wait_name <= wait_name_i;
          q.status <= toe_contract_pkg::StatusOk;
          q.state <= toe_conn_pkg::StRead;
        end else if (grant_syn_i || grant_ack_i) begin
          q.job <= grant_ack_i ? toe_conn_pkg::JobAck : toe_conn_pkg::JobSyn;
          q.seg <= ask_i;
          q.purpose <= grant_ack_i ? toe_conn_pkg::HashCookie : toe_conn_pkg::HashIss;
          tuple_q <= ask_i.tuple;
          q.state <= toe_conn_pkg::StSynFind;
        end else if (grant_command_i) begin
          q.job <= command_job;
          q.purpose <= (command_i.local_port == 16'd0) ? toe_conn_pkg::HashPort
                                                       : toe_conn_pkg::HashIss;
          cmd_q <= command_i;
          q.conn <= (command_job == toe_conn_pkg::JobAbort) ? command_i.id[15:0] : free_conn_i;
          q.list_at <= command_i.id[5:0];
          q.response_id <= command_i.id;
          q.no_free <= !free_valid_i;
          tuple_q.remote_ip <= command_i.remote_ip;
          tuple_q.local_kind <= command_i.local_kind;
          tuple_q.remote_port <= command_i.remote_port;
          tuple_q.local_port <= command_i.local_port;
          q.choose <= command_i.local_port == 16'd0;
          q.state <= toe_conn_pkg::StDecode;
        end
      end

      toe_conn_pkg::StDecode: begin
        q.again <= 1'b1;
        case (q.job)
          toe_conn_pkg::JobConnect, toe_conn_pkg::JobAbort: q.state <= toe_conn_pkg::StRead;
          toe_conn_pkg::JobAccept: q.state <= toe_conn_pkg::StRead;
          toe_conn_pkg::JobUnlisten: q.state <= toe_conn_pkg::StListRead;
          toe_conn_pkg::JobListen: begin  // the search takes two clocks
            if (q.again) q.state <= toe_conn_pkg::StListen;
          end
          default: begin
            q.status <= toe_contract_pkg::StatusBadOpcode;
            q.state <= toe_conn_pkg::StRespond;
          end
        endcase
      end

      toe_conn_pkg::StRead: q.state <= toe_conn_pkg::StLatch;
      toe_conn_pkg::StLatch: begin
        q.meta <= meta_i;
        q.state <= toe_conn_pkg::StExec;
      end

      toe_conn_pkg::StExec: begin
        q.act <= toe_conn_pkg::ActKill;
        if (q.job != toe_conn_pkg::JobConnect) tuple_q <= q.meta.tuple;
        if (q.job != toe_conn_pkg::JobAccept && q.job != toe_conn_pkg::JobReuse)
          q.list_at <= q.meta.listener;
        case (q.job)
          toe_conn_pkg::JobEnd: begin
            if (!q.meta.alive || q.meta.listed) begin
              q.state <= toe_conn_pkg::StIdle;
            end else if (q.end_kind[1]) begin  // TIME-WAIT, perhaps again
              q.state <= wait_full_i && !q.meta.time_wait && !q.end_kind[0]
                         ? toe_conn_pkg::StClose : toe_conn_pkg::StIdle;
            end else if (q.end_kind == toe_pkg::EndHandshake && q.meta.passive &&
                         !q.meta.time_wait) begin
              q.state <= toe_conn_pkg::StListRead;
            end else begin
              q.state <= toe_conn_pkg::StClose;
            end
          end
          toe_conn_pkg::JobWait, toe_conn_pkg::JobRecycle: begin
            q.state <= (q.meta.alive && q.meta.time_wait &&
                        {q.meta.wait_round, q.meta.generation} == q.wait_name)
                       ? toe_conn_pkg::StClose : toe_conn_pkg::StIdle;
          end
          toe_conn_pkg::JobReuse: begin
            q.status <= toe_contract_pkg::StatusOk;
            q.state <= q.meta.alive && q.meta.time_wait ? toe_conn_pkg::StListRead
                                                        : toe_conn_pkg::StIdle;
          end
          toe_conn_pkg::JobAbort: begin
            q.status <= toe_contract_pkg::StatusAborted;
            q.reset <= !q.meta.listed;
            q.state <= !wanted ? toe_conn_pkg::StIdle :
                       q.meta.listed ? toe_conn_pkg::StListRead : toe_conn_pkg::StClose;
          end
          default: begin  // connect, accept
            q.status <= toe_contract_pkg::StatusNoConnection;
            if (q.no_free) q.state <= toe_conn_pkg::StRespond;
            else if (q.job == toe_conn_pkg::JobAccept) q.state <= toe_conn_pkg::StListRead;
            else q.state <= q.choose ? toe_conn_pkg::StPortBase : toe_conn_pkg::StInsert;
          end
        endcase
      end

      toe_conn_pkg::StListRead: q.state <= toe_conn_pkg::StListLatch;
      toe_conn_pkg::StListLatch: begin
        q.listener <= listener_i;
        q.list_valid <= listener_valid_i;
        q.list_port <= listener_port_i;
        q.state <= toe_conn_pkg::StListExec;
      end

      toe_conn_pkg::StListExec: begin
        q.cur <= q.listener.head;
        q.left <= q.listener.count;
        q.first <= 1'b1;
        q.again <= 1'b0;
        case (q.job)
          toe_conn_pkg::JobEnd: begin  // a handshake failed
            q.drain <= inflight_i;
            q.act <= list_mine_o ? toe_conn_pkg::ActRelisten : toe_conn_pkg::ActKill;
            q.state <= list_mine_o ? toe_conn_pkg::StDelete : toe_conn_pkg::StClose;
          end
          toe_conn_pkg::JobSyn, toe_conn_pkg::JobAck: begin
            q.conn <= q.listener.head;
            q.act <= toe_conn_pkg::ActSyn;
            // Later data of a peer whose cookie nobody could take look like a bad cookie: they get
            // no RST, so that what follows the SYN, sent again, may still find one in LISTEN.
            q.state <= answer_cookie_o ? toe_conn_pkg::StCookie :
                       q.used ? toe_conn_pkg::StRst :
                       none_waits || (q.reset && seg_text) ? toe_conn_pkg::StIdle :
                       q.reset ? toe_conn_pkg::StRst : toe_conn_pkg::StInsert;
          end
          toe_conn_pkg::JobReuse: begin  // worth it?
            q.state <= none_waits ? toe_conn_pkg::StIdle : toe_conn_pkg::StClose;
          end
          toe_conn_pkg::JobAccept: begin
            q.meta.alive <= 1'b1;
            q.meta.generation <= q.meta.generation + 8'd1;
            q.meta.qp <= cmd_q.qp;
            q.meta.listed <= 1'b1;
            q.meta.in_table <= 1'b0;
            q.meta.passive <= 1'b1;
            q.meta.time_wait <= 1'b0;
            q.meta.listener <= q.list_at;
            q.meta.listener_gen <= q.listener.generation;
            q.meta.tuple <= {146'd0, q.list_port};
            q.act <= toe_conn_pkg::ActListen;
            q.status <= toe_contract_pkg::StatusBadListener;
            q.state <= list_owned_o ? toe_conn_pkg::StCommit : toe_conn_pkg::StRespond;
          end
          toe_conn_pkg::JobUnlisten: begin
            q.status <= list_owned_o ? toe_contract_pkg::StatusOk
                                   : toe_contract_pkg::StatusBadListener;
            if (!list_owned_o) q.left <= 17'd0;
            q.state <= toe_conn_pkg::StRespond;
          end
          default: q.state <= toe_conn_pkg::StUnlink;  // abort
        endcase
      end

      // The lookup forgets the tuple, then the engines are told.
      toe_conn_pkg::StClose: begin
        q.meta.alive <= 1'b0;
        q.state <= q.meta.in_table ? toe_conn_pkg::StDelete : toe_conn_pkg::StRx;
      end
      toe_conn_pkg::StDelete: begin
        if (given_i && q.drain != 4'd0) q.drain <= q.drain - 4'd1;
        if (q.act == toe_conn_pkg::ActRelisten) begin
          if (op_done_i) begin
            q.drain <= inflight_i - {3'd0, given_i};
            q.meta.in_table <= 1'b0;
            q.meta.listed <= 1'b1;
            q.meta.tuple[161:16] <= 146'd0;  // all but the local port
            q.state <= toe_conn_pkg::StDrain;
          end
        end else if (op_done_i) begin
          q.state <= toe_conn_pkg::StRx;
        end
      end
      toe_conn_pkg::StDrain: begin
        if (given_i && q.drain != 4'd0) q.drain <= q.drain - 4'd1;
        if (q.drain == 4'd0) q.state <= toe_conn_pkg::StCommit;
      end

      toe_conn_pkg::StSynFind: q.state <= toe_conn_pkg::StSynFound;
      toe_conn_pkg::StSynFound: begin
        q.list_at <= port_index_i;
        if (op_done_i) begin
          if (op_hit_i) begin
            q.conn <= op_found_i;
            q.job <= toe_conn_pkg::JobReuse;
            q.state <= cfg_i.time_wait_reuse && seg_syn && port_hit_i ? toe_conn_pkg::StRead
                                                                      : toe_conn_pkg::StIdle;
          end else if (!port_hit_i) begin
            q.state <= toe_conn_pkg::StRst;
          end else if (q.job == toe_conn_pkg::JobAck) begin
            q.state <= toe_conn_pkg::StVerify;
          end else begin
            q.state <= seg_syn ? toe_conn_pkg::StListRead : toe_conn_pkg::StIdle;
          end
        end
      end
      toe_conn_pkg::StVerify: begin
        q.again <= hash_valid_i;
        if (q.again) begin
          if (cookie_good_i && !cookie_used_i) q.seg <= opened_i;
          q.purpose <= toe_conn_pkg::HashIss;
          q.iss <= q.seg.ack - 32'd1;
          q.reset <= !cookie_good_i || cookie_used_i;
          q.used <= cookie_good_i && cookie_used_i;
          q.state <= toe_conn_pkg::StListRead;
        end
      end
      toe_conn_pkg::StCookie: begin
        q.ts_off <= hash_i[47:32];
        if (hash_valid_i) begin
          q.purpose <= toe_conn_pkg::HashCookie;
          q.state <= toe_conn_pkg::StCookieHash;
        end
      end
      toe_conn_pkg::StCookieHash: begin
        q.again <= 1'b1;
        if (q.again && hash_valid_i) q.state <= toe_conn_pkg::StSynAck;
      end
      toe_conn_pkg::StSynAck: if (rst_ready_i) q.state <= toe_conn_pkg::StIdle;

      toe_conn_pkg::StPortBase: begin
        if (hash_valid_i) begin
          q.purpose <= toe_conn_pkg::HashIss;
          q.state <= toe_conn_pkg::StPortTry;
        end
      end
      toe_conn_pkg::StPortTry: begin
        tuple_q.local_port <= port_i;
        q.again <= 1'b0;
        q.state <= toe_conn_pkg::StPortSearch;
      end
      toe_conn_pkg::StPortSearch: begin
        q.again <= 1'b1;
        if (q.again) q.state <= toe_conn_pkg::StPortCheck;
      end
      toe_conn_pkg::StPortCheck: begin
        q.status <= toe_contract_pkg::StatusAddressInUse;
        if (!port_hit_i) q.state <= toe_conn_pkg::StInsert;
        else q.state <= ports_tried_i ? toe_conn_pkg::StRespond : toe_conn_pkg::StPortTry;
      end

      toe_conn_pkg::StInsert: begin
        q.again <= 1'b0;
        q.state <= toe_conn_pkg::StInserted;
      end
      toe_conn_pkg::StInserted: begin
        q.again <= 1'b1;
        if (passive && !q.again) begin
          q.meta <= meta_i;
          q.cur <= next_i;
        end
        if (op_done_i) begin
          q.status <= op_hit_i ? toe_contract_pkg::StatusAddressInUse
                               : toe_contract_pkg::StatusNoConnection;
          if (!op_hit_i && !op_full_i) q.state <= toe_conn_pkg::StIss;
          else if (passive) q.state <= toe_conn_pkg::StIdle;
          else if (op_hit_i && q.choose && !ports_tried_i) q.state <= toe_conn_pkg::StPortTry;
          else q.state <= toe_conn_pkg::StRespond;
        end
      end

      toe_conn_pkg::StIss: begin
        if (q.job != toe_conn_pkg::JobAck) q.iss <= iss_clock_i + hash_i[31:0];
        q.ts_off <= hash_i[47:32];
        q.meta.tuple <= tuple_q;
        q.meta.in_table <= 1'b1;
        q.meta.listed <= 1'b0;
        q.meta.time_wait <= 1'b0;
        if (hash_valid_i) begin
          q.state <= toe_conn_pkg::StCommit;
          if (q.job == toe_conn_pkg::JobConnect) begin
            q.act <= toe_conn_pkg::ActActive;
            q.meta.alive <= 1'b1;
            q.meta.generation <= q.meta.generation + 8'd1;
            q.meta.qp <= cmd_q.qp;
            q.meta.passive <= 1'b0;
          end
        end
      end

      toe_conn_pkg::StCommit: q.state <= toe_conn_pkg::StReport;
      toe_conn_pkg::StReport: begin
        if (q.reuse && iss_behind) q.iss <= iss_floor;
        if (open_report_ready_i) q.state <= toe_conn_pkg::StRx;
      end
      toe_conn_pkg::StRx: if (rx_ctl_ready_i) q.state <= toe_conn_pkg::StTx;
      toe_conn_pkg::StTx: begin
        if (tx_ctl_ready_i) begin
          q.state <= (q.job == toe_conn_pkg::JobUnlisten) ? toe_conn_pkg::StWalk :
                     (q.job == toe_conn_pkg::JobReuse) ? toe_conn_pkg::StSynFind
                                                       : toe_conn_pkg::StIdle;
          q.reuse <= q.job == toe_conn_pkg::JobReuse;
          if (q.job == toe_conn_pkg::JobReuse) q.job <= toe_conn_pkg::JobSyn;
        end
      end

      toe_conn_pkg::StListen: begin
        q.list_at <= listener_free_i;
        q.response_id <= port_hit_i || listeners_full_i ? cmd_q.id : {26'd0, listener_free_i};
        q.status <= port_hit_i ? toe_contract_pkg::StatusAddressInUse :
                    listeners_full_i ? toe_contract_pkg::StatusNoListener
                                     : toe_contract_pkg::StatusOk;
        if (!port_hit_i && !listeners_full_i) q.list_gen <= q.list_gen + 16'd1;
        q.state <= toe_conn_pkg::StRespond;
      end
      toe_conn_pkg::StRespond: begin
        if (response_ready_i) begin
          q.state <= (q.job == toe_conn_pkg::JobUnlisten) ? toe_conn_pkg::StWalk
                                                          : toe_conn_pkg::StIdle;
        end
      end
      toe_conn_pkg::StRst: if (rst_ready_i) q.state <= toe_conn_pkg::StIdle;

      toe_conn_pkg::StWalk: begin
        q.conn <= q.cur;
        q.left <= q.left - 17'd1;
        q.act <= toe_conn_pkg::ActKill;
        q.state <= (q.left == 17'd0) ? toe_conn_pkg::StIdle : toe_conn_pkg::StWalkLatch;
        q.again <= 1'b0;
      end
      toe_conn_pkg::StWalkLatch: begin  // reads in its first clock
        q.again <= 1'b1;
        q.status <= toe_contract_pkg::StatusListenerClosed;
        if (q.again) begin
          q.meta <= meta_i;
          q.cur <= next_i;
          q.state <= toe_conn_pkg::StClose;
        end
      end

      toe_conn_pkg::StUnlink: q.state <= toe_conn_pkg::StUnlinkCheck;
      toe_conn_pkg::StUnlinkCheck: begin
        q.prev <= q.cur;
        q.cur <= next_i;
        q.first <= 1'b0;
        q.left <= q.left - 17'd1;
        q.state <= (q.cur == q.conn || q.left == 17'd1) ? toe_conn_pkg::StClose
                                                        : toe_conn_pkg::StUnlink;
      end

      default: q.state <= toe_conn_pkg::StIdle;
    endcase

    if (!rst_ni) begin
      q.state <= toe_conn_pkg::StIdle;
      q.list_gen <= 16'd0;
    end
  end

  assign q_o = q;
  assign tuple_o = tuple_q;
  assign command_o = cmd_q;

  logic unused;
  assign unused = ^{cfg_i};

endmodule
